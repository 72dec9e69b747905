-- The example programs, run as their users run them, against a sandbox.

local convoke = require "convoke"
local otlp = require "spec.support.otlp"
local raw_server = require "spec.support.raw_server"
local socket = require "socket"

local interpreter = os.getenv "LUA" or "lua5.4"

-- What the programs read; only what a test sets may reach them.
local variables = {
  "CLERK_SECRET_KEY", "CLERK_API_URL", "CONVEX_URL", "CONVEX_TOKEN", "CONVEX_DEPLOY_KEY",
  "CVAT_URL", "CVAT_ACCESS_TOKEN", "CVAT_USERNAME", "CVAT_PASSWORD", "EDGEGAP_API_TOKEN",
  "EDGEGAP_API_KEY", "EDGEGAP_API_URL", "EDGEGAP_PATIENCE", "GENCOVE_API_KEY", "GENCOVE_JWT",
  "GENCOVE_HOST", "OTEL_EXPORTER_OTLP_ENDPOINT",
}

local function quote(text)
  return "'" .. tostring(text):gsub("'", "'\\''") .. "'"
end

-- Runs a program. `environment`: name to value; `input`: text of its standard input.
-- Returns all its output and its exit status.
local function run(program, arguments, environment, input)
  local words = { "env" }
  for _, name in ipairs(variables) do
    words[#words + 1] = "-u " .. name
  end
  for name, value in pairs(environment or {}) do
    words[#words + 1] = quote(name .. "=" .. value)
  end
  words[#words + 1] = quote(interpreter)
  words[#words + 1] = program
  for _, word in ipairs(arguments) do words[#words + 1] = quote(word) end
  local command = ("printf %%s %s | %s 2>&1; echo status $?")
    :format(quote(input or ""), table.concat(words, " "))
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  local output, status = text:match "^(.*)status (%d+)\n$"
  return output, tonumber(status)
end

-- A file with the given text; its name.
local function temporary(text)
  local name = os.tmpname()
  local file = assert(io.open(name, "wb"))
  file:write(text)
  file:close()
  return name
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line end
  return lines
end

local function assert_says(output, text)
  assert.is_truthy(output:find(text, 1, true), ("%q is not in:\n%s"):format(text, output))
end

describe("examples", function()
  local sandbox

  setup(function() sandbox = require("convoke.sandbox").start { cvat = "2.80" } end)
  teardown(function() sandbox:stop() end)
  before_each(function() sandbox:reset() end)

  describe("quickstart.lua", function()
    local function is_served(output)
      local host, port = output:match "clerk at http://([%d.]+):(%d+)"
      local connection = socket.connect(host, tonumber(port))
      if connection then connection:close() end
      return connection ~= nil
    end

    -- Whether the output has a line for each operation that is expected, and none for others.
    local function check(output, is_expected)
      local lines, count = lines_of(output), 0
      for _, operation in ipairs(convoke.operations) do
        local shown = 0
        for _, line in ipairs(lines) do
          if line:match "^(%S+)  " == operation.name then shown = shown + 1 end
        end
        assert.equal(is_expected(operation) and 1 or 0, shown, operation.name)
        count = count + shown
      end
      assert.equal(("%d of %d operations work"):format(count, count), lines[#lines])
      return count
    end

    it("shows the 27 operations, each on a line of its own, and counts them", function()
      local output, status = run("examples/quickstart.lua", {})
      assert.equal(0, status, output)
      assert.equal(27, check(output, function(operation) return not operation.extra end))
    end)

    it("shows all operations where it is asked to", function()
      local output, status = run("examples/quickstart.lua --all", {})
      assert.equal(0, status, output)
      assert.equal(#convoke.operations, check(output, function() return true end))
    end)

    it("groups the operations by their API", function()
      local output = run("examples/quickstart.lua", {})
      local group
      for _, line in ipairs(lines_of(output)) do
        group = line:match "^(%w+) at http" or group
        local api = line:match "^(%w+)%.[%w_]+%."
        if api then assert.equal(group, api) end
      end
    end)

    it("is much faster with calls at once than one after another", function()
      local output = run("examples/quickstart.lua", {})
      local slow = tonumber(output:match "one after another +([%d.]+) s")
      local fast = tonumber(output:match "all at once +([%d.]+) s")
      assert.is_true(slow >= 200 * 0.005)
      assert.is_true(fast < slow / 2)
    end)

    it("ends its sandbox", function()
      assert.is_false(is_served((run("examples/quickstart.lua", {}))))
    end)

    it("fails, and goes on with the other APIs, when an operation does", function()
      local prelude = temporary([[
        local sandbox = require "convoke.sandbox"
        local start = sandbox.start
        function sandbox.start(...)
          local started = start(...)
          started:fault { api = "cvat", method = "DELETE", status = 403 }
          return started
        end
        dofile "examples/quickstart.lua"
      ]])
      local output, status = run(prelude, {})
      os.remove(prelude)
      assert.equal(1, status)
      assert.is_truthy(output:find("\ncvat.invitations.delete +FAILED .- 403"), output)
      assert_says(output, "edgegap.sessions.bulk_stop")
      assert_says(output, "26 of 27 operations work")
      assert.is_false(is_served(output))
    end)
  end)

  describe("clerk-invite-team.lua", function()
    local function invite(arguments, input, environment)
      environment = environment or {}
      environment.CLERK_SECRET_KEY = environment.CLERK_SECRET_KEY or sandbox.clerk.secret_key
      environment.CLERK_API_URL = environment.CLERK_API_URL or sandbox.clerk.url:gsub("/v1$", "")
      return run("examples/clerk-invite-team.lua", arguments, environment, input)
    end

    it("invites each address of a file once", function()
      local file = temporary(
        "# the team\nada@example.com  # boss\n\n  bob@example.com\nADA@example.com")
      local output, status = invite { file, "https://example.com/welcome" }
      os.remove(file)
      assert.equal(0, status, output)
      assert.same({ "invited         ada@example.com", "invited         bob@example.com",
                    "2 invited, 0 before, 0 failed" }, lines_of(output))
      local requests = sandbox:requests "clerk"
      assert.equal(2, #requests)
      assert_says(requests[1].body, '"redirect_url":"https://example.com/welcome"')
    end)

    it("tells people invited or registered before from failures", function()
      invite({ "-" }, "ada@example.com\n")
      local output, status = invite({ "-" }, "ada@example.com\nmember@example.com\nnobody\n")
      assert.equal(1, status)
      assert.same({ "invited before  ada@example.com", "has an account  member@example.com",
                    "FAILED          nobody: email_address must be a valid email address.",
                    "0 invited, 2 before, 1 failed" }, lines_of(output))
      output, status = invite({ "-" }, "ada@example.com\nmember@example.com\n")
      assert.equal(0, status, output)
    end)

    it("says when an invitation may have been sent all the same", function()
      sandbox:fault { api = "clerk", method = "POST", status = 500, execute = true }
      sandbox:fault { api = "clerk", method = "GET", status = 403 } -- nor can one look
      local output, status = invite({ "-" }, "ada@example.com\n")
      assert.equal(1, status)
      assert_says(output, "(it may have been sent)")
      assert.equal(1, #sandbox:books("clerk").invitations)
    end)

    it("stops at a wrong key and at the rate limit", function()
      local output, status = invite({ "-" }, "a@example.com\nb@example.com\n",
        { CLERK_SECRET_KEY = "sk_test_wrong" })
      assert.equal(1, status)
      assert_says(output, "clerk_key_invalid")
      assert.equal(1, #sandbox:requests "clerk")
      sandbox:fault { api = "clerk", retry_after = 3600, times = 9 }
      output, status = invite({ "-" }, "a@example.com\nb@example.com\n")
      assert.equal(1, status)
      assert_says(output, "run it again in 3600 seconds")
    end)

    it("names a missing key, a missing file and its usage", function()
      local output, status = run("examples/clerk-invite-team.lua", { "-" })
      assert.equal(1, status)
      assert_says(output, "clerk-invite-team: convoke.clerk: a credential is missing")
      assert_says(output, "CLERK_SECRET_KEY")
      output, status = invite { "no/such/file" }
      assert.equal(1, status)
      assert_says(output, "clerk-invite-team: no/such/file: No such file")
      output, status = invite {}
      assert.equal(2, status)
      assert_says(output, "usage: clerk-invite-team.lua FILE")
    end)
  end)

  describe("clerk-invite-csv.lua", function()
    it("invites each row of a file once, reports, and goes on where it was", function()
      local file = temporary("email,team\nada@example.com,red\nbroken\nmember@example.com,blue\n"
        .. "bob@example.com,blue\nada@example.com,red\n")
      local environment = { CLERK_SECRET_KEY = sandbox.clerk.secret_key,
        CLERK_API_URL = sandbox.clerk.url:gsub("/v1$", "") }
      for _ = 1, 2 do
        local output, status = run("examples/clerk-invite-csv.lua", { file }, environment)
        assert.equal(1, status)
        assert_says(output, "2 invited, 1 refused, 2 bad, 0 unknown, 0 left")
        assert.equal(3, #sandbox:requests "clerk")
      end
      local rows = {}
      for row in convoke.rows(file .. ".report", { format = "csv" }) do
        rows[#rows + 1] = ("%s %s %s"):format(row.line, row.key, row.state)
      end
      table.sort(rows)
      assert.same({ "2 ada@example.com done", "3  invalid", "4 member@example.com refused",
        "5 bob@example.com done", "6  invalid" }, rows)
      for _, ending in ipairs { "", ".db", ".db-wal", ".db-shm", ".db-workers", ".report" } do
        os.remove(file .. ending)
      end
    end)
  end)

  describe("jobs/start.sh", function()
    it("ends, and all that it has started, where its file or its server is not there", function()
      if require("spec.support.redis_server").missing() then return pending "no redis-server" end
      if (os.getenv "LD_PRELOAD" or ""):find "asan" then
        return pending "redis-server does not start with a sanitizer's library"
      end
      local function start(port, file)
        local pipe = assert(io.popen(("LUA=%s REDIS_PORT=%s timeout 30 sh examples/jobs/start.sh "
          .. "%s 2>&1; echo status $?"):format(quote(interpreter), port, file)))
        local text = pipe:read "*a" -- until all have ended
        pipe:close()
        return text
      end
      local text = start(require("spec.support.nginx").free_port(), "/nowhere/people.csv")
      assert.matches("worker: .*/nowhere/people.csv: No such file", text)
      assert.matches("status 3\n$", text)
      assert.matches("status 3\n$", start("66000", "/nowhere/people.csv")) -- no port at all
    end)

    it("invites the people of a file by three workers that share a Redis", function()
      local missing = require("spec.support.redis_server").missing()
      if missing then return pending(missing) end
      if (os.getenv "LD_PRELOAD" or ""):find "asan" then
        return pending "redis-server does not start with a sanitizer's library"
      end
      local file = temporary "email\nada@example.com\nbroken,\nbob@example.com\n"
      local pipe = assert(io.popen(("LUA=%s REDIS_PORT=%d timeout 60 sh examples/jobs/start.sh "
        .. "%s 2>&1"):format(quote(interpreter), require("spec.support.nginx").free_port(), file)))
      local lines = lines_of(pipe:read "*a")
      pipe:close()
      assert.equal(3, #lines, table.concat(lines, "\n"))
      for _, line in ipairs(lines) do
        assert.equal("2 invited, 0 refused, 1 bad, 0 unknown, 0 left", line)
      end
      local states = {}
      for row in convoke.rows(file .. ".report", { format = "csv" }) do
        states[tonumber(row.line)] = row.state
      end
      assert.same({ [2] = "done", [3] = "invalid", [4] = "done" }, states)
      os.remove(file)
      os.remove(file .. ".report")
    end)
  end)

  describe("edgegap-find-session.lua", function()
    local function find(arguments, environment)
      environment = environment or {}
      environment.EDGEGAP_API_TOKEN = environment.EDGEGAP_API_TOKEN or sandbox.edgegap.token
      environment.EDGEGAP_API_URL = sandbox.edgegap.url
      return run("examples/edgegap-find-session.lua", arguments, environment)
    end

    local function sessions() return sandbox:books("edgegap").sessions end

    it("makes a session, waits until it is ready and shows where to connect", function()
      local output, status = find { "demo", "red", "192.0.2.1" }
      assert.equal(0, status, output)
      local id, port = output:match "^session (%S+)\n7777 UDP [%w.-]+:(%d+)\n$"
      assert.equal(sessions()[1].session_id, id, output)
      assert.equal("31669", port)
    end)

    it("joins a session of the same tag that has room, else makes one", function()
      find { "demo", "red", "192.0.2.1" }
      local output, status = find { "demo", "red", "192.0.2.2" }
      assert.equal(0, status, output)
      assert.equal(1, #sessions())
      assert.equal(2, sessions()[1].user_count)
      assert_says(output, sessions()[1].session_id)
      assert.equal(0, select(2, find { "demo", "red", "192.0.2.3", "2" }))
      assert.equal(2, #sessions())
    end)

    it("deletes a session that is not ready in time", function()
      local output, status = find({ "demo", "red", "192.0.2.1" }, { EDGEGAP_PATIENCE = "0" })
      assert.equal(1, status)
      assert_says(output, "was not ready after 0 seconds; it is deleted")
      assert.is_true(sessions()[1].terminated)
    end)

    it("deletes a session that it cannot look at, and says when it cannot delete it", function()
      sandbox:fault { api = "edgegap", method = "GET", path = "/v1/session/", status = 403 }
      local output, status = find { "demo", "red", "192.0.2.1" }
      assert.equal(1, status)
      assert_says(output, "cannot be looked at: edgegap.sessions.get: 403")
      assert_says(output, "; it is deleted")
      assert.is_true(sessions()[1].terminated)
      sandbox:fault { api = "edgegap", method = "GET", path = "/v1/session/", status = 403 }
      sandbox:fault { api = "edgegap", method = "DELETE", status = 403 }
      output, status = find { "demo", "red", "192.0.2.1" }
      assert.equal(1, status)
      assert_says(output, "; not deleted: edgegap.sessions.delete: 403")
    end)

    it("names a wrong token, a missing one and its usage", function()
      local output, status = find({ "demo", "red", "192.0.2.1" }, { EDGEGAP_API_TOKEN = "wrong" })
      assert.equal(1, status)
      assert_says(output, "edgegap-find-session: edgegap.sessions.list: 403")
      output, status = run("examples/edgegap-find-session.lua", { "demo", "red", "192.0.2.1" })
      assert.equal(1, status)
      assert_says(output, "EDGEGAP_API_TOKEN")
      output, status = find { "demo", "red" }
      assert.equal(2, status)
      assert_says(output, "usage: edgegap-find-session.lua APP TAG PLAYER_IP")
    end)
  end)

  describe("gencove-accept.lua", function()
    local token

    local function accept(arguments, input, environment)
      environment = environment or { GENCOVE_JWT = sandbox.gencove.jwt }
      environment.GENCOVE_HOST = sandbox.gencove.url:gsub("/api/v2$", "")
      return run("examples/gencove-accept.lua", arguments, environment, input)
    end

    local function status_of_invitation()
      for _, invitation in ipairs(sandbox:books("gencove").invitations) do
        if invitation.token == token then return invitation.last_status.status end
      end
    end

    before_each(function() token = sandbox.gencove.invitation_token end)

    it("shows an invitation and accepts it after asking", function()
      local output, status = accept({ token }, "yes\n")
      assert.equal(0, status, output)
      assert_says(output, "organisation  Example Org\nrole          member\n")
      assert_says(output, "status        pending\nAccept? [y/N] accepted\n")
      assert.equal("accepted", status_of_invitation())
    end)

    it("does not accept when the answer is no or there is none", function()
      for _, answer in ipairs { "no\n", "" } do
        local output, status = accept({ token }, answer)
        assert.equal(1, status)
        assert_says(output, "gencove-accept: not accepted")
        assert.equal("pending", status_of_invitation())
      end
    end)

    it("asks nothing with --yes, and is content with an accepted invitation", function()
      local output, status = accept({ token, "--yes" }, nil,
        { GENCOVE_API_KEY = sandbox.gencove.api_key })
      assert.equal(0, status, output)
      output, status = accept { token, "--yes" }
      assert.equal(0, status, output)
      assert_says(output, "status        accepted")
    end)

    it("looks again when the answer was lost", function()
      sandbox:fault { api = "gencove", method = "PATCH", execute = true, status = 502 }
      local output, status = accept { token, "--yes" }
      assert.equal(0, status, output)
      assert.equal("accepted", status_of_invitation())
    end)

    it("names an unknown token, an invitation past its time and a missing login", function()
      local output, status = accept { "no-such-token", "--yes" }
      assert.equal(1, status)
      assert_says(output, "gencove-accept: there is no such invitation")
      output, status = accept({ token, "--yes" }, nil, {})
      assert.equal(1, status)
      assert_says(output, "log in first: GENCOVE_JWT or GENCOVE_API_KEY")
      sandbox:advance(400 * 24 * 3600, "gencove")
      output, status = accept { token, "--yes" }
      assert.equal(1, status)
      assert_says(output, "this invitation is expired; ask for a new one")
      output, status = accept {}
      assert.equal(2, status)
      assert_says(output, "usage: gencove-accept.lua TOKEN [--yes]")
    end)
  end)

  describe("recorded.lua", function()
    it("says the same without network and key once it has recorded", function()
      local clerk = convoke.clerk { url = sandbox.clerk.url, secret_key = sandbox.clerk.secret_key }
      assert(clerk.invitations:create { email_address = "recorded@example.com" })
      local file = os.tmpname()
      os.remove(file)
      local environment = { CLERK_SECRET_KEY = sandbox.clerk.secret_key,
        CLERK_API_URL = sandbox.clerk.url:gsub("/v1$", "") }
      local output, status = run("examples/recorded.lua", { file }, environment)
      assert.equal(0, status, output)
      assert_says(output, "pending\trecorded@example.com")
      output, status = run("examples/recorded.lua", { file })
      os.remove(file)
      assert.equal(0, status, output)
      assert_says(output, "pending\t[struck 1]")
      assert_says(output, "replayed, 0 new")
      assert.equal(2, select(2, run("examples/recorded.lua", {})))
    end)
  end)

  describe("traces.lua", function()
    local function trace(environment)
      environment.CLERK_SECRET_KEY = sandbox.clerk.secret_key
      environment.CLERK_API_URL = sandbox.clerk.url:gsub("/v1$", "")
      return run("examples/traces.lua", {}, environment)
    end

    it("shows the spans of its calls", function()
      local output, status = trace {}
      assert.equal(0, status, output)
      local lines = lines_of(output)
      assert.equal(7, #lines, output)
      for i = 1, 4 do assert.matches("^%x+ %x+ [%w.]+ ?[%w/]* %d+ ms$", lines[i]) end
      assert.same({ "pending\t0", "accepted\t0", "4 spans" }, { lines[5], lines[6], lines[7] })
    end)

    it("sends them to a collector", function()
      local collector = raw_server.start()
      collector:play { raw_server.always(raw_server.answer(200, "{}")) }
      local output, status = trace { OTEL_EXPORTER_OTLP_ENDPOINT = collector.url }
      local spans, resource = otlp.spans(collector:requests())
      collector:stop()
      assert.equal(0, status, output)
      assert.equal("pending\t0\naccepted\t0\n4 spans\n", output)
      assert.equal(4, #spans)
      assert.equal("invitations", resource["service.name"])
    end)
  end)

  describe("cvat-invite-annotators.lua", function()
    local function invite(arguments, input, environment)
      environment = environment or {}
      environment.CVAT_URL = sandbox.cvat.url
      if not environment.CVAT_USERNAME then
        environment.CVAT_ACCESS_TOKEN = environment.CVAT_ACCESS_TOKEN or sandbox.cvat.access_token
      end
      return run("examples/cvat-invite-annotators.lua", arguments, environment, input)
    end

    it("invites each address of a file into the organisation", function()
      local file = temporary "ann@example.com\n# later: eve@example.com\nbo@example.com # new\n"
      local output, status = invite { sandbox.cvat.org, file, "supervisor" }
      os.remove(file)
      assert.equal(0, status, output)
      assert.same({ "invited  ann@example.com", "invited  bo@example.com",
                    "2 invited, 0 members before, 0 failed" }, lines_of(output))
      for _, invitation in ipairs(sandbox:books("cvat").invitations) do
        assert.equal("supervisor", invitation.role)
        assert.equal(sandbox.cvat.org, invitation.organization_info.slug)
      end
      assert.equal(2, #sandbox:books("cvat").invitations)
    end)

    it("tells members from failures, and takes a user name and password too", function()
      local login = { CVAT_USERNAME = sandbox.cvat.username, CVAT_PASSWORD = sandbox.cvat.password }
      local output, status = invite({ sandbox.cvat.org, "-" },
        "max@example.com\nnobody\nann@example.com\n", login)
      assert.equal(1, status)
      assert.same({ "member   max@example.com",
                    "FAILED   nobody: email: Enter a valid email address.",
                    "invited  ann@example.com", "1 invited, 1 members before, 1 failed" },
        lines_of(output))
      output, status = invite({ sandbox.cvat.org, "-" }, "ann@example.com\n")
      assert.equal(0, status, output)
    end)

    it("stops at a wrong login, organisation or role", function()
      local people = "ann@example.com\nbo@example.com\n"
      local output, status = invite({ sandbox.cvat.org, "-" }, people,
        { CVAT_ACCESS_TOKEN = "wrong-token" })
      assert.equal(1, status)
      assert_says(output, "cvat-invite-annotators: cvat.invitations.create: 401")
      output, status = invite({ "no-such-org", "-" }, people)
      assert.equal(1, status)
      assert_says(output, "no-such-org organization does not exist")
      output, status = invite({ sandbox.cvat.org, "-", "king" }, people)
      assert.equal(1, status)
      assert_says(output, "invalid: role")
      assert.equal(0, #sandbox:books("cvat").invitations)
    end)

    it("names what is missing and its usage", function()
      local output, status = run("examples/cvat-invite-annotators.lua", { "org", "-" })
      assert.equal(1, status)
      assert_says(output, "CVAT_URL must hold the server's address")
      output, status = run("examples/cvat-invite-annotators.lua", { "org", "-" },
        { CVAT_URL = sandbox.cvat.url })
      assert.equal(1, status)
      assert_says(output, "CVAT_ACCESS_TOKEN")
      output, status = invite { sandbox.cvat.org, "no/such/file" }
      assert.equal(1, status)
      assert_says(output, "no/such/file: No such file")
      output, status = invite { sandbox.cvat.org }
      assert.equal(2, status)
      assert_says(output, "usage: cvat-invite-annotators.lua ORGANISATION FILE [ROLE]")
    end)
  end)

  describe("convex-interview.lua", function()
    local file

    local function interview(arguments, environment)
      environment = environment or {}
      environment.CONVEX_URL = sandbox.convex.url
      environment.CONVEX_TOKEN = environment.CONVEX_TOKEN or sandbox.convex.user_token
      return run("examples/convex-interview.lua", arguments, environment)
    end

    setup(function() file = temporary "return 1 + 1 -- größer\n" end)
    teardown(function() os.remove(file) end)

    it("records a session from start to end", function()
      local output, status = interview { sandbox.convex.question_id, "twoSum", file, file }
      assert.equal(0, status, output)
      local books = sandbox:books "convex"
      assert.equal(1, #books.sessions)
      assert.equal("completed", books.sessions[1].status)
      assert.is_truthy(books.sessions[1].startTime)
      assert_says(output, "session  " .. books.sessions[1]._id)
      local recorded = 0
      for _, snapshot in ipairs(books.editorSnapshots) do
        if snapshot.editor.content == "return 1 + 1 -- größer\n" then recorded = recorded + 1 end
      end
      assert.equal(2, recorded)
      assert.is_truthy(output:find "\nended\n$", output)
    end)

    it("ends the session when a snapshot is refused", function()
      sandbox:fault { api = "convex", path = "/api/run/editorSnapshots", status = 560 }
      local output, status = interview { sandbox.convex.question_id, "twoSum", file, file }
      assert.equal(1, status)
      assert_says(output, "convex-interview: convex.editor_snapshots.create: 560")
      local books = sandbox:books "convex"
      assert.equal("completed", books.sessions[1].status)
    end)

    it("says that the session could not be ended, and begins none while it is active", function()
      sandbox:fault { api = "convex", path = "/api/run/sessions/endSession", status = 403 }
      local output, status = interview { sandbox.convex.question_id, "twoSum", file }
      assert.equal(1, status)
      assert_says(output, "convex-interview: convex.sessions.end_session: 403")
      output, status = interview { sandbox.convex.question_id, "twoSum", file }
      assert.equal(1, status)
      assert_says(output, "convex-interview: end the session that is active first")
      assert.equal(1, #sandbox:books("convex").sessions)
    end)

    it("names a wrong question, a wrong or missing token, a missing file and its usage", function()
      local output, status = interview { "j57sandboxquestion00000000000001", "twoSum", file }
      assert.equal(1, status)
      assert_says(output, "Question not found")
      output, status = interview({ sandbox.convex.question_id, "twoSum", file },
        { CONVEX_TOKEN = "not-a-token" })
      assert.equal(1, status)
      assert_says(output, "401 InvalidAuthHeader")
      output, status = run("examples/convex-interview.lua", { "q", "f", file })
      assert.equal(1, status)
      assert_says(output, "CONVEX_TOKEN must hold the user's token")
      output, status = interview { sandbox.convex.question_id, "twoSum", "no/such/file" }
      assert.equal(1, status)
      assert_says(output, "no/such/file: No such file")
      assert.equal(0, #sandbox:books("convex").sessions)
      output, status = interview { sandbox.convex.question_id, "twoSum" }
      assert.equal(2, status)
      assert_says(output, "usage: convex-interview.lua QUESTION_ID FUNCTION FILE...")
    end)
  end)
end)
