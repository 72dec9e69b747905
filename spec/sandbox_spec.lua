-- The sandbox as a server: starting and ending it, its control path, planned faults, and what it
-- makes of clients that misbehave.

local cqueues = require "cqueues"
local client = require "spec.support.sandbox_client"
local json = require "convoke.sandbox.json"
local sandbox = require "convoke.sandbox"
local socket = require "socket"
local web = require "convoke.sandbox.web"

local unpack = table.unpack or unpack -- luacheck: ignore

describe("the sandbox's clock", function()
  it("shows in the Date of every answer, moved or not", function()
    local server = sandbox.start {}
    finally(function() server:stop() end)
    local core = require "convoke.core"
    local clerk = require("convoke").clerk { url = server.clerk.url,
      secret_key = server.clerk.secret_key }
    local function date()
      local _, _, meta = assert(clerk.invitations:list {})
      return assert(core.http_date(meta.headers.date))
    end
    assert.is_true(math.abs(date() - os.time()) <= 2)
    server:advance(86400)
    assert.is_true(math.abs(date() - os.time() - 86400) <= 2)
  end)
end)

describe("the sandbox's JSON", function()
  it("keeps apart [] and {}, null and absence, integers and floats", function()
    local text = '{"a":[],"b":{},"c":null,"d":1732060800000,"e":0.1}'
    assert.equal(text, json.encode(assert(json.decode(text))))
  end)

  it("refuses what is not JSON", function()
    for _, text in ipairs { "", "{", "[1,]", '{"a":1,}', "{a:1}", "'a'", "01", "1.", ".5", "+1",
                            "NaN", '"\1"', '"\\x"', '"\\ud800"', '"\255"', "nul", "1 2", "// x\n1",
                            ("["):rep(100000), "1e999" } do
      local value, why = json.decode(text)
      assert.is_nil(value, text)
      assert.is_string(why)
    end
  end)

  it("writes numbers so that they read back equal", function()
    for _, n in ipairs { 0.1, 1 / 3, 1e300, 5e-324, 2 ^ 53, -7, 1726905997123.456 } do
      assert.equal(n, json.decode(json.encode(n)))
    end
  end)

  it("reads escapes, surrogate pairs included", function()
    assert.equal('"/\\\n\195\169\240\159\152\128', json.decode([["\"\/\\\n\u00e9\ud83d\ude00"]]))
  end)
end)

describe("starting the sandbox", function()
  it("gives an address and credentials for each API", function()
    local server = sandbox.start()
    finally(function() server:stop() end)
    for _, api in ipairs { "clerk", "convex", "cvat", "gencove", "edgegap" } do
      assert.matches("^http://127%.0%.0%.1:%d+", server[api].url)
    end
    assert.matches("/v1$", server.clerk.url)
    assert.matches("/api/v2$", server.gencove.url)
    assert.matches("^sk_test_", server.clerk.secret_key)
  end)

  it("takes five ports in a row from the one it is given", function()
    local first, started, server
    for attempt = 1, 5 do -- one of the ports may be taken
      first = 10000 + (math.floor(socket.gettime() * 1000) + attempt * 997) % 20000
      started, server = pcall(sandbox.start, { port = first })
      if started then break end
    end
    assert(started, server)
    finally(function() server:stop() end)
    for i, api in ipairs { "clerk", "convex", "cvat", "gencove", "edgegap" } do
      assert.equal(tostring(first + i - 1), server[api].url:match(":(%d+)"))
    end
  end)

  it("says why when the interpreter cannot be run", function()
    assert.has_error(function() sandbox.start { lua = "/nonexistent/lua" } end)
    local _, why = pcall(sandbox.start, { lua = "/nonexistent/lua" })
    assert.matches("the sandbox did not start: .*/nonexistent/lua", why)
  end)

  -- Runs a Lua text in another process with these programs before all others in its PATH: name ->
  -- shell script. Returns what it printed.
  local function run_beside(programs, text)
    local pipe = io.popen("mktemp -d", "r")
    local folder = pipe:read "*l"
    pipe:close()
    for name, script in pairs(programs) do
      local file = assert(io.open(folder .. "/" .. name, "w"))
      file:write("#!/bin/sh\n", script, "\n")
      file:close()
      os.execute("chmod +x " .. folder .. "/" .. name)
    end
    local interpreter = require("spec.support.raw_server").interpreter()
    local program = ("package.path = %q; package.cpath = %q; "):format(package.path, package.cpath)
      .. text
    pipe = io.popen(("PATH=%s:$PATH %s -e '%s' 2>&1"):format(folder, interpreter,
      program:gsub("'", "'\\''")), "r")
    local said = pipe:read "*a"
    pipe:close()
    os.execute("rm -r " .. folder)
    return said
  end

  it("meets its starter in a folder that is closed to others", function()
    local said = run_beside({ mkfifo = [[
      for last; do :; done
      stat -c "folder %a %u" "$(dirname "$last")" >&2
      PATH=/usr/bin:/bin exec mkfifo "$@" ]] },
      [[local one = require("convoke.sandbox").start() one:stop() print "stopped"]])
    local pipe = io.popen("id -u", "r")
    local user = pipe:read "*l"
    pipe:close()
    assert.matches("folder 700 " .. user, said)
    assert.matches("stopped", said)
  end)

  it("does not start where its pipe cannot be made", function()
    local said = run_beside({ mkfifo = "echo cannot: exists >&2; exit 1" },
      [[print(pcall(require("convoke.sandbox").start))]])
    assert.matches("^[^\n]*cannot: exists", said)
    assert.matches("false\t.*the sandbox did not start", said)
  end)

  describe("as a program", function()
    local function run_main(arguments)
      local out = os.tmpname()
      local interpreter = require("spec.support.raw_server").interpreter()
      local main = package.searchpath and package.searchpath("convoke.sandbox.main", package.path)
        or "lua/convoke/sandbox/main.lua"
      local pipe = io.popen(("%s %s %s >%s 2>&1 </dev/null & echo $!"):format(interpreter, main,
        arguments, out), "r")
      local id = pipe:read "*l"
      pipe:close()
      local function text()
        local file = assert(io.open(out))
        local all = file:read "*a"
        file:close()
        return all
      end
      return text, function()
        os.execute("kill " .. id)
        os.remove(out)
      end
    end

    local function wait_for(text, pattern)
      local deadline = socket.gettime() + 20
      while not text():find(pattern) and socket.gettime() < deadline do socket.sleep(0.02) end
      return text()
    end

    it("prints one line with addresses, credentials and its control token", function()
      local text, stop = run_main ""
      finally(stop)
      local line = wait_for(text, "\n")
      local told = json.decode(line)
      assert.matches("^%x+$", told.control_token)
      for _, api in ipairs { "clerk", "convex", "cvat", "gencove", "edgegap" } do
        assert.matches("^http://127%.0%.0%.1:%d+", told[api].url)
      end
    end)

    it("prints lines for a shell with --shell", function()
      local text, stop = run_main "--shell"
      finally(stop)
      local lines = wait_for(text, "CONVOKE_SANDBOX_TOKEN='%x+'\n")
      local file = os.tmpname()
      local handle = assert(io.open(file, "w"))
      handle:write(lines)
      handle:close()
      local interpreter = require("spec.support.raw_server").interpreter()
      local program = ("package.path, package.cpath = %q, %q; "):format(package.path, package.cpath)
        .. [[local convoke = require "convoke"
        for _, client in ipairs { convoke.clerk {}, convoke.gencove {},
            convoke.cvat { url = os.getenv "CVAT_URL" } } do
          assert(client.invitations:list {})
        end
        assert(convoke.edgegap {}.sessions:list {})
        assert(convoke.convex {}:mutation("testing:echo", {}))
        print "all five" ]]
      local pipe = io.popen((". %s; %s -e '%s' 2>&1"):format(file, interpreter, program), "r")
      local said = pipe:read "*a"
      pipe:close()
      os.remove(file)
      assert.equal("all five\n", said)
      for line in lines:gmatch "[^\n]+" do assert.matches("^export [%u_]+='[^']*'$", line) end
    end)
  end)

  it("refuses options it does not have", function()
    assert.has_error(function() sandbox.start { prot = 8900 } end, "unknown option prot")
  end)

  it("names the package when lua-http is missing", function()
    local loaded = package.loaded["http.server"]
    local path = package.path
    package.loaded["http.server"] = nil
    package.preload["http.server"] = function() error "not here" end
    local ok, why = pcall(sandbox.main, {})
    package.loaded["http.server"], package.preload["http.server"] = loaded, nil
    package.path = path
    assert.is_false(ok)
    assert.matches("^the sandbox needs lua%-http .*apt install lua%-http", why)
    assert.not_matches("\n", why)
  end)

  it("says why when a port is taken", function()
    local server = sandbox.start()
    finally(function() server:stop() end)
    local port = tonumber(server.clerk.url:match(":(%d+)"))
    local ok, why = pcall(sandbox.start, { port = port })
    assert.is_false(ok)
    assert.matches("cannot listen on port " .. port, why, 1, true)
  end)

  it("stops, twice if need be, and then answers no more", function()
    local server = sandbox.start()
    server:stop()
    server:stop()
    local host, port = server.clerk.url:match("//([^:]+):(%d+)")
    assert.is_nil(socket.connect(host, tonumber(port)))
  end)

  it("ends with its parent, even when that is killed", function()
    local out = os.tmpname()
    finally(function() os.remove(out) end)
    local interpreter = arg[-1] or "lua5.4"
    local i = -1
    while arg[i] do
      interpreter = arg[i]
      i = i - 1
    end
    -- The child is a Lua that starts a sandbox, tells its address and kills itself.
    local program = ("package.path = %q; package.cpath = %q; ")
      :format(package.path, package.cpath)
      .. "io.stdout:write(require('convoke.sandbox').start().clerk.url) io.stdout:flush() "
      .. "os.execute('kill -9 $PPID')"
    os.execute(("%s -e '%s' >%s 2>/dev/null"):format(interpreter, program:gsub("'", "'\\''"), out))
    local file = assert(io.open(out))
    local url = file:read("*a")
    file:close()
    local host, port = url:match("//([^:]+):(%d+)")
    assert.is_string(port, "the child did not start a sandbox: " .. url)
    local connection
    for _ = 1, 50 do
      connection = socket.connect(host, tonumber(port))
      if not connection then break end
      connection:close()
      socket.sleep(0.05)
    end
    assert.is_nil(connection)
  end)
end)

describe("the sandbox", function()
  local server, clerk, convex

  setup(function()
    server = sandbox.start { request_timeout = 1, idle_timeout = 2 }
    clerk = client.for_api(server.clerk.url,
                           { authorization = "Bearer " .. server.clerk.secret_key })
    convex = client.for_api(server.convex.url)
  end)

  teardown(function() server:stop() end)
  before_each(function() server:reset() end)

  local function invite(address, options)
    options = options or {}
    options.json = { email_address = address }
    return clerk("POST", "/invitations", options)
  end

  describe("control path", function()
    it("shows the books and puts them back to the start", function()
      assert.equal(200, invite("ada@example.com").status)
      local before = server:books("clerk").invitations
      assert.equal(1, #before)
      assert.equal("ada@example.com", before[1].email_address)
      server:reset()
      assert.equal(0, #server:books("clerk").invitations)
    end)

    it("resets one API alone", function()
      invite("ada@example.com")
      server:reset("edgegap")
      assert.equal(1, #server:books("clerk").invitations)
    end)

    it("shows the requests as they came", function()
      clerk("GET", "/invitations?query=a%2Bb", { headers = { ["x-test"] = "yes" } })
      invite("ada@example.com")
      local log = server:requests("clerk")
      assert.equal(2, #log)
      assert.equal("GET", log[1].method)
      assert.equal("/v1/invitations?query=a%2Bb", log[1].target)
      assert.equal("/v1/invitations", log[1].path)
      assert.equal("query=a%2Bb", log[1].query)
      assert.equal("yes", log[1].headers["x-test"])
      assert.equal(200, log[1].status)
      assert.equal('{"email_address":"ada@example.com"}', log[2].body)
    end)

    it("moves the clock", function()
      invite("ada@example.com")
      server:advance(31 * 24 * 60 * 60, "clerk")
      assert.equal("expired", clerk("GET", "/invitations").json[1].status)
    end)

    it("refuses controls it does not have and plans it cannot read", function()
      assert.has_error(function() server:fault { api = "clerk", statsu = 500 } end)
      assert.has_error(function() server:fault { api = "clerk", status = "500" } end)
      assert.has_error(function() server:books("nobody") end)
      local origin = server.clerk.url:gsub("/v1$", "")
      local headers = { authorization = "Bearer " .. server.control_token }
      assert.equal(404, client.send("POST", origin .. "/_control/nothing",
        { headers = headers }).status)
      assert.equal(400, client.send("POST", origin .. "/_control/clock",
        { body = "{", headers = headers }).status)
    end)

    -- A control request with some headers; returns its status.
    local function controlled(headers, method, path)
      local origin = server.clerk.url:gsub("/v1$", "")
      return client.send(method or "POST", origin .. "/_control/" .. (path or "reset"),
        { headers = headers }).status
    end

    it("wants the token that only its starter knows", function()
      invite("ada@example.com")
      local token = server.control_token
      assert.matches("^%x+$", token)
      assert.is_true(#token >= 32)
      local other = sandbox.start()
      finally(function() other:stop() end)
      for _, given in ipairs { "", "Bearer ", "Bearer " .. token:sub(1, -2),
          "Bearer " .. token .. "0", "Basic " .. token, token, "Bearer " .. server.clerk.secret_key,
          "Bearer " .. other.control_token } do
        for _, path in ipairs { "reset", "clock", "faults", "stop", "nothing" } do
          assert.equal(401, controlled({ authorization = given }, "POST", path))
        end
        assert.equal(401, controlled({ authorization = given }, "GET", "books"))
      end
      assert.equal(401, controlled())
      assert.equal(1, #server:books("clerk").invitations)
      assert.equal(200, controlled { authorization = "Bearer " .. token })
      assert.equal(0, #server:books("clerk").invitations)
    end)

    it("is closed to web pages and to names that only lead here", function()
      invite("ada@example.com")
      local port = server.clerk.url:match(":(%d+)")
      local authorization = "Bearer " .. server.control_token
      for _, host in ipairs { "evil.example.com", "evil.example.com:" .. port, "127.0.0.1",
          "127.0.0.1:1", "localhost.evil.example.com:" .. port } do
        assert.equal(403, controlled { authorization = authorization, [":authority"] = host })
      end
      for _, origin in ipairs { "http://evil.example.com", "null", "http://localhost:" .. port } do
        assert.equal(403, controlled { authorization = authorization, origin = origin })
      end
      assert.equal(1, #server:books("clerk").invitations)
      for _, host in ipairs { "127.0.0.1:" .. port, "localhost:" .. port, "LOCALHOST:" .. port } do
        assert.equal(200, controlled { authorization = authorization, [":authority"] = host })
      end
    end)
  end)

  describe("planned faults", function()
    it("answer in the vendor's words, as often as planned", function()
      server:fault { api = "clerk", status = 429, retry_after = 2, times = 2 }
      for _ = 1, 2 do
        local answer = clerk("GET", "/invitations")
        assert.equal(429, answer.status)
        assert.equal("2", answer.headers:get("retry-after"))
        assert.equal("too_many_requests", answer.json.errors[1].code)
      end
      assert.equal(200, clerk("GET", "/invitations").status)
    end)

    it("apply to the method and path they name", function()
      server:fault { api = "clerk", status = 500, method = "POST", path = "/v1/invitations$" }
      server:fault { api = "clerk", status = 503, path = "/revoke$" }
      assert.equal(200, clerk("GET", "/invitations").status)
      assert.equal(503, clerk("POST", "/invitations/inv_x/revoke").status)
      assert.equal(500, invite("ada@example.com").status)
    end)

    it("come before the work, or after it when told so", function()
      server:fault { api = "clerk", status = 500, method = "POST" }
      assert.equal(500, invite("ada@example.com").status)
      assert.equal(0, #server:books("clerk").invitations)
      server:fault { api = "clerk", status = 500, method = "POST", execute = true }
      assert.equal(500, invite("ada@example.com").status)
      assert.equal(1, #server:books("clerk").invitations)
    end)

    it("send the body and headers they are given", function()
      server:fault { api = "clerk", status = 502, body = "<html>", headers = {
        ["Content-Type"] = "text/html" } }
      local answer = clerk("GET", "/invitations")
      assert.equal("<html>", answer.body)
      assert.equal("text/html", answer.headers:get("content-type"))
      server:fault { api = "clerk", status = 200, body = { hello = json.null } }
      assert.equal('{"hello":null}', clerk("GET", "/invitations").body)
    end)

    it("cut the answer where they are told, with or without the work done", function()
      local line = ("POST /v1/invitations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
        .. "Content-Type: application/json\r\nContent-Length: 28\r\n\r\n%s")
        :format(server.clerk.secret_key, '{"email_address":"a@b.test"}')
      server:fault { api = "clerk", cut = 0 }
      assert.equal("", client.raw(server.clerk.url, line))
      assert.equal(0, #server:books("clerk").invitations)
      server:fault { api = "clerk", cut = 0, execute = true }
      assert.equal("", client.raw(server.clerk.url, line))
      assert.equal(1, #server:books("clerk").invitations)
      server:reset()
      server:fault { api = "clerk", cut = 20 }
      assert.equal(20, #client.raw(server.clerk.url, line))
      server:reset()
      server:fault { api = "clerk", cut_body = 5 }
      assert.matches("\r\n\r\n.....$", client.raw(server.clerk.url, line))
    end)

    it("delay one answer while others go on", function()
      server:fault { api = "clerk", delay = 0.6, path = "/v1/invitations" }
      local started, slow, fast = cqueues.monotime(), nil, nil
      local cq = cqueues.new()
      cq:wrap(function()
        clerk("GET", "/invitations")
        slow = cqueues.monotime() - started
      end)
      cq:wrap(function()
        cqueues.sleep(0.1)
        clerk("GET", "/invitations")
        fast = cqueues.monotime() - started
      end)
      assert(cq:loop())
      cq:close()
      assert.is_true(slow >= 0.6, "slow: " .. slow)
      assert.is_true(fast < 0.5, "fast: " .. fast)
    end)

    -- The statuses of so many lists, as digits: "2" for 200, "4" for 429, "5" for 503.
    local function statuses(count)
      local digits = {}
      for i = 1, count do
        digits[i] = tostring(clerk("GET", "/invitations").status):sub(1, 1)
      end
      return table.concat(digits)
    end

    it("come at every nth request, as often as planned", function()
      server:fault { api = "clerk", status = 503, every = 3 }
      assert.equal("225225225", statuses(9))
      server:clear_faults()
      server:fault { api = "clerk", status = 503, every = 2, times = 2 }
      assert.equal("25252222", statuses(8))
      server:clear_faults()
      server:fault { api = "clerk", status = 503, every = 2, method = "POST" }
      assert.equal("2222", statuses(4))
    end)

    it("come by chance, the same again with the same seed", function()
      local function draw(seed)
        server:clear_faults()
        server:fault { api = "clerk", status = 503, chance = 0.3, seed = seed }
        return statuses(100)
      end
      local first = draw(42)
      assert.equal(first, draw(42))
      assert.are_not.equal(first, draw(43))
      local _, count = first:gsub("5", "")
      assert.is_true(count >= 10 and count <= 50, "faults: " .. count)
      server:clear_faults()
      server:fault { api = "clerk", status = 503, chance = 0 }
      server:fault { api = "clerk", status = 500, chance = 1 }
      assert.equal(500, clerk("GET", "/invitations").status)
    end)

    it("keep a limit of rate, in the vendor's words and with Retry-After", function()
      server:fault { api = "clerk", rate = 3, per = 60, path = "/v1/invitations" }
      assert.equal("22244", statuses(5))
      local answer = clerk("GET", "/invitations")
      assert.equal("too_many_requests", answer.json.errors[1].code)
      local wait = tonumber(answer.headers:get "retry-after")
      assert.is_true(wait >= 1 and wait <= 60)
      assert.equal(429, invite("ada@example.com").status)
      assert.equal(0, #server:books("clerk").invitations)
      server:advance(wait, "clerk")
      assert.equal("2224", statuses(4))
    end)

    it("are refused where their numbers make no sense", function()
      for _, plan in ipairs { { every = 0 }, { every = 1.5 }, { chance = 2 }, { chance = -0.1 },
          { seed = 3 }, { per = 1 }, { rate = 1, per = 0 }, { rate = -1 }, { times = 0 },
          { rate = 0.5 } } do
        plan.api = "clerk"
        assert.has_error(function() server:fault(plan) end)
      end
    end)

    it("are forgotten on request", function()
      server:fault { api = "clerk", status = 500, times = 100 }
      server:clear_faults()
      assert.equal(200, clerk("GET", "/invitations").status)
    end)
  end)

  describe("connections", function()
    local get = "GET /v1/invitations HTTP/1.1\r\nHost: x\r\n\r\n"

    local function status_lines(text)
      local out = {}
      for status in text:gmatch("HTTP/1%.1 (%d%d%d)") do out[#out + 1] = status end
      return table.concat(out, " ")
    end

    it("are kept alive", function()
      local connection = client.connect(server.clerk.url)
      for _ = 1, 3 do
        connection:send(get)
        assert.matches("^HTTP/1.1 401", connection:receive("*l"))
        local length
        repeat
          local line = connection:receive("*l")
          length = line:match("^[Cc]ontent%-[Ll]ength: (%d+)") or length
        until line == ""
        connection:receive(tonumber(length))
      end
      connection:close()
      local log = server:requests("clerk")
      assert.equal(3, #log)
      assert.equal(log[1].connection, log[3].connection)
    end)

    it("answer pipelined requests in order", function()
      local last = get:gsub("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
      server:fault { api = "clerk", status = 503, delay = 0.2 }
      assert.equal("503 401 401", status_lines(client.raw(server.clerk.url, get .. get .. last)))
    end)

    it("are served many at a time", function()
      local cq, done = cqueues.new(), 0
      for i = 1, 64 do
        cq:wrap(function()
          assert.equal(200, invite(("user%d@example.com"):format(i)).status)
          done = done + 1
        end)
      end
      assert(cq:loop())
      cq:close()
      assert.equal(64, done)
      assert.equal(64, #server:books("clerk").invitations)
    end)

    it("end when they are idle, and when a request stops half way", function()
      local started = socket.gettime()
      assert.equal("", client.raw(server.clerk.url, ""))
      assert.is_true(socket.gettime() - started < 6)
      assert.matches("408", status_lines(client.raw(server.clerk.url, "GET /v1/invi")))
      assert.equal("408", status_lines(client.raw(server.clerk.url,
        "POST /v1/invitations HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc")))
    end)

    it("answer rubbish with 400 or nothing, never by dying", function()
      local rubbish = {
        "\0\1\2\3\4\5\6\7\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\22\3\1\2\0\1\0\1\252\3\3",
        "GET / HTTP/1.1\r\nbad header\r\n\r\n", "GET / HTTP/1.1\r\nname : value\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: nonsense,,;\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
        "GET / HTTP/1.1\r\nTE: ;;;\r\n\r\n",
      }
      for _, bytes in ipairs(rubbish) do
        local connection = client.connect(server.clerk.url)
        connection:send(bytes)
        connection:shutdown("send")
        local text, _, part = connection:receive("*a")
        connection:close()
        assert.is_nil(status_lines(text or part):match("[23]%d%d"), bytes)
      end
      assert.equal(200, clerk("GET", "/invitations").status)
    end)

    it("refuse too many and too long headers with 431 or 400", function()
      local many = "GET / HTTP/1.1\r\n" .. ("X-A: b\r\n"):rep(500) .. "\r\n"
      assert.equal("431", status_lines(client.raw(server.clerk.url, many)))
      local long = "GET / HTTP/1.1\r\nX-A: " .. ("b"):rep(200000) .. "\r\n\r\n"
      assert.matches("^4%d%d$", status_lines(client.raw(server.clerk.url, long)))
      local fine = client.send("GET", server.clerk.url .. "/invitations",
                               { headers = { ["x-long"] = ("b"):rep(30000) } })
      assert.equal(401, fine.status)
    end)
  end)

  describe("bodies", function()
    it("of 16 MiB are read, in one piece or in chunks", function()
      local text = ("x"):rep(16 * 1024 * 1024 - 40)
      local answer = convex("POST", "/api/run/testing/echo", { json = { args = { a = text } } })
      assert.equal(200, answer.status)
      assert.equal(#text, #answer.json.value.a)
      local chunk = ("%x\r\n%s\r\n"):format(20, '{"args":{"a":"bcde"}')
      local chunked = "POST /api/run/testing/echo HTTP/1.1\r\nConnection: close\r\n"
        .. "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        .. chunk .. "1\r\n}\r\n0\r\n\r\n"
      assert.matches('"a":"bcde"', client.raw(server.convex.url, chunked))
    end)

    it("beyond that are refused with 413, the answer arriving", function()
      local answer = convex("POST", "/api/run/testing/echo",
                            { body = ("x"):rep(17 * 1024 * 1024) })
      assert.equal(413, answer.status)
      assert.equal("Content Too Large\n", answer.body)
    end)

    it("announced with Expect: 100-continue are asked for", function()
      local connection = client.connect(server.clerk.url)
      connection:send("POST /v1/invitations HTTP/1.1\r\nContent-Length: 2\r\n"
        .. "Expect: 100-continue\r\n\r\n")
      assert.matches("^HTTP/1.1 100", connection:receive("*l"))
      connection:receive("*l")
      connection:send("{}")
      assert.matches("^HTTP/1.1 401", connection:receive("*l"))
      connection:close()
    end)
  end)

  describe("given any value", function()
    local values = { '""', '"x"', '"a@example.com"', "0", "-1", "1.5", "1e300", "true", "null",
                     "[]", "[[]]", "{}", '{"$bytes":"aGk="}', '{"a":{"b":[null]}}',
                     '["1.1.1.1"]' }

    -- Calls an operation with the credentials of its API; whatever is sent, the server has not
    -- stumbled itself.
    local function try(api, method, path, body)
      local keys = { clerk = "Bearer " .. server.clerk.secret_key,
                     cvat = "Token " .. server.cvat.token,
                     gencove = "Api-Key " .. server.gencove.api_key,
                     edgegap = "token " .. server.edgegap.token,
                     convex = "Bearer " .. server.convex.token }
      local answer = client.send(method, server[api].url .. path, { body = body, headers = {
        authorization = keys[api], ["content-type"] = "application/json" } })
      assert.is_true(answer.status < 500, path .. " " .. (body or "") .. ": " .. answer.body)
    end

    -- A body in which one field holds the i-th value and the others something else each time.
    local function body_with(names, chosen, i)
      local fields = {}
      for k, name in ipairs(names) do
        local value = values[k == chosen and i or (i + k) % #values + 1]
        fields[k] = ('"%s":%s'):format(name, value)
      end
      return "{" .. table.concat(fields, ",") .. "}"
    end

    it("in a body, has an answer", function()
      local targets = {
        { "clerk", "POST", "/invitations", { "email_address", "public_metadata", "redirect_url",
          "notify", "expires_in_days", "template_slug" } },
        { "gencove", "POST", "/invitations/", { "email", "role" } },
        { "gencove", "PATCH", "/invitations-token/" .. server.gencove.invitation_token,
          { "role" } },
        { "gencove", "POST", "/jwt-create/", { "email", "password" } },
        { "gencove", "POST", "/jwt-refresh/", { "refresh" } },
        { "cvat", "POST", "/api/invitations?org=sandbox", { "email", "role" } },
        { "cvat", "POST", "/api/auth/login", { "username", "email", "password" } },
        { "cvat", "POST", "/api/auth/signing", { "url" } },
        { "edgegap", "POST", "/v1/session", { "app_name", "ip_list", "geo_ip_list", "selectors",
          "filters", "location", "deployment_request_id" } },
        { "edgegap", "POST", "/v1/sessions/bulk-stop", { "filters" } },
        { "convex", "POST", "/api/mutation", { "path", "args", "format" } },
        { "convex", "POST", "/api/run/testing/echo", { "args", "format" } },
        { "convex", "POST", "/api/run/sessions/create", { "args" } },
      }
      for _, target in ipairs(targets) do
        local api, method, path, names = unpack(target)
        for i, value in ipairs(values) do
          try(api, method, path, value)
          for chosen in ipairs(names) do try(api, method, path, body_with(names, chosen, i)) end
        end
      end
    end)

    it("in a query, has an answer", function()
      for _, value in ipairs { "", "%", "\0", "\255", "{}", "[]", '{"==":[]}', '{"var":{}}',
                               '{"and":1}', "99999999999999999999", "-1", "+1" } do
        value = web.encode(value)
        for _, name in ipairs { "filter", "search", "sort", "page", "page_size", "org_id" } do
          try("cvat", "GET", "/api/invitations?" .. name .. "=" .. value)
        end
        for _, name in ipairs { "limit", "offset", "query", "order_by", "status", "page" } do
          try("clerk", "GET", "/invitations?" .. name .. "=" .. value)
          try("gencove", "GET", "/invitations/?" .. name .. "=" .. value)
          try("edgegap", "GET", "/v1/sessions?" .. name .. "=" .. value)
        end
      end
    end)
  end)

  it("answers HEAD like GET, without a body", function()
    local answer = clerk("HEAD", "/invitations")
    assert.equal(200, answer.status)
    assert.equal("", answer.body)
  end)
end)
