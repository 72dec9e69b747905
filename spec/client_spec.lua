-- Clients: options, environment, addresses, arguments, and what is raised for a mistake.

local answers = require "spec.support.answers"
local convoke = require "convoke"
local echo_server = require "spec.support.echo_server"
local lua = require "spec.support.lua"

local unpack = table.unpack or unpack

-- What a function raises, as text.
local function raised(f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok, "nothing was raised")
  return tostring(message)
end

-- Whether a text holds all of the others.
local function assert_tells(text, ...)
  for _, part in ipairs { ... } do
    assert(text:find(part, 1, true), ("%q does not tell %q"):format(text, part))
  end
end

-- A variable that is not named is not set.
local true_getenv = os.getenv
local function with_environment(variables, f)
  os.getenv = function(name) return variables[name] end -- luacheck: ignore
  local results = { pcall(f) }
  os.getenv = true_getenv -- luacheck: ignore
  if not results[1] then error(results[2], 0) end
  return unpack(results, 2)
end

local nowhere = "http://127.0.0.1:1"

local has_pairs = false
for _ in pairs(setmetatable({}, { __pairs = function() return next, { 1 } end })) do
  has_pairs = true
end

describe("a client", function()
  local server

  setup(function() server = echo_server.start() end)
  teardown(function() server:stop() end)
  before_each(function()
    server:answer { body = answers.any }
    server:requests()
  end)

  -- Constructors with enough to work, without the environment.
  local complete = {
    clerk = { secret_key = "sk_test_1" },
    convex = {},
    cvat = { token = "key" },
    edgegap = { token = "key" },
    gencove = { api_key = "key" },
  }

  local function construct(api, extra)
    local options = { url = server.url }
    for name, value in pairs(complete[api]) do options[name] = value end
    for name, value in pairs(extra or {}) do options[name] = value end
    return convoke[api](options)
  end

  local function clerk(extra) return construct("clerk", extra) end

  describe("of each API", function()
    for api in pairs(complete) do
      it("shows API and address as text: " .. api, function()
        local client = construct(api)
        assert.equal(("convoke.%s (%s)"):format(api, server.url), tostring(client))
        client:close()
        assert_tells(tostring(client), "closed", api)
      end)

      it("names its resources: " .. api, function()
        local client = construct(api)
        for _, operation in ipairs(convoke.operations) do
          local resource, verb = operation.name:match("^" .. api .. "%.([^.]+)%.([^.]+)$")
          if resource then
            assert.equal(("convoke.%s.%s"):format(api, resource), tostring(client[resource]))
            assert.is_function(client[resource][verb])
          end
        end
      end)

      it("refuses an option that does not exist: " .. api, function()
        assert_tells(raised(construct, api, { tiemout = 3 }), "convoke." .. api, "tiemout",
          "did you mean timeout?")
      end)
    end
  end)

  describe("option", function()
    it("that is unlike any other raises with all there are", function()
      local message = raised(clerk, { xyzzyplugh = true })
      assert_tells(message, "unknown option xyzzyplugh", "secret_key", "max_response_bytes")
    end)

    it("that is no name raises", function()
      assert_tells(raised(convoke.clerk, { "sk_test_1" }), "unknown option 1")
      assert_tells(raised(convoke.clerk, { [true] = "x" }), "unknown option true")
    end)

    it("table of another type raises", function()
      assert_tells(raised(convoke.clerk, "sk_test_1"), "options must be a table")
      assert.is_nil(raised(convoke.clerk, "sk_test_1"):find("sk_test_1", 1, true))
    end)

    local bad = {
      timeout = { 0, -1, 0 / 0, "3", math.huge },
      connect_timeout = { 0, -1, {} },
      retries = { -1, 1.5, "2", 0 / 0 },
      proxy = { 1, "", "http://a\r\nb" },
      ca_file = { true, "" },
      cert = { 5 },
      key = { {} },
      user_agent = { 1, "", "a\r\nX-Evil: 1", "a\0b", "a\nb" },
      max_response_bytes = { 0, -5, "many", 1.5 },
      max_in_flight = { 0, "x" },
      http_version = { "3", 1.1, 2 },
      transport = { "tcp", {}, { send = 1 } },
      allow_http = { "yes", 1 },
      log = { "stderr" },
      url = { 80, "", "http://a\nb" },
    }
    for name, values in pairs(bad) do
      it(name .. " of a wrong kind raises with its name", function()
        for _, value in ipairs(values) do
          assert_tells(raised(clerk, { [name] = value }), "convoke.clerk", "option " .. name,
            "must be")
        end
      end)
    end

    it("values of the right kind are taken", function()
      local client = clerk { timeout = 0.5, connect_timeout = 1, retries = 0, user_agent = "me/1",
        max_response_bytes = 1000, max_in_flight = 3, http_version = "1.1", allow_http = false,
        log = function() end }
      assert(client.invitations:list())
      assert.equal("me/1", server:request().headers["user-agent"])
    end)

    describe("log", function()
      local tasks = require "convoke.tasks"
      local reports, report

      before_each(function()
        reports, report = {}, tasks.report
        tasks.report = function(message) reports[#reports + 1] = message end
      end)
      after_each(function() tasks.report = report end)

      it("that raises loses no result and is reported once for a client", function()
        for _, raise_it in ipairs {
          function() error "the disk is full" end,
          function() error { "a table" } end,
          function() error(setmetatable({}, { __tostring = function() error "no" end })) end,
          function() return nil + 1 end,
        } do
          reports = {}
          local client = clerk { log = raise_it }
          for _ = 1, 3 do assert(client.invitations:list()) end
          local value, err = client.invitations:revoke "inv_\n"
          assert.is_true(value ~= nil or err ~= nil)
          assert.equal(1, #reports)
          assert_tells(reports[1], "convoke.clerk", "log", "failed")
        end
      end)

      it("that yields loses no result, in a task or out of one", function()
        local client = clerk { log = function() coroutine.yield "later" end }
        assert(client.invitations:list())
        assert.equal(1, #reports)
        assert_tells(reports[1], "convoke.clerk", "log", "yielded")
        client = clerk { log = function() coroutine.yield "later" end }
        local listed = convoke.run(function() return client.invitations:list() end)
        assert.is_table(listed)
        assert.equal(2, #reports)
      end)

      it("that raises keeps an error what it was", function()
        local client = clerk { url = nowhere, retries = 0, log = function() error "full" end }
        local value, err = client.invitations:list()
        assert.is_nil(value)
        assert.equal("connect", err.kind)
        assert.equal(1, #reports)
      end)

      it("that raises with a credential has it struck out of the report", function()
        local secret = "sk_test_" .. ("k3y"):rep(5)
        local client = clerk { secret_key = secret, log = function() error(secret) end }
        assert(client.invitations:list())
        assert.is_nil(reports[1]:find(secret, 1, true))
      end)

      it("still gets a line for each try", function()
        local lines = {}
        local client = clerk { log = function(line) lines[#lines + 1] = line end }
        assert(client.invitations:list())
        assert.equal(1, #lines)
        assert.matches("^clerk%.invitations%.list GET /invitations 200 in ", lines[1])
      end)
    end)

    it("tables are not kept: a later change does not matter", function()
      local options = { url = server.url, secret_key = "first_key" }
      local client = convoke.clerk(options)
      options.secret_key, options.url = "second_key", nowhere
      assert(client.invitations:list())
      assert.equal("Bearer first_key", server:request().headers.authorization)
    end)
  end)

  describe("credential", function()
    it("that is missing raises with the option and the variable", function()
      local function missing(api)
        return with_environment({}, function() return raised(convoke[api], { url = nowhere }) end)
      end
      assert_tells(missing "clerk", "secret_key", "CLERK_SECRET_KEY")
      assert_tells(missing "edgegap", "token", "EDGEGAP_API_TOKEN", "EDGEGAP_API_KEY")
      assert_tells(missing "cvat", "access_token", "CVAT_ACCESS_TOKEN", "token", "username",
        "password", "session_id", "csrf_token", "signature")
    end)

    it("is not asked for where calls work without one", function()
      with_environment({}, function()
        convoke.gencove {}
        convoke.convex { url = nowhere }
      end)
    end)

    it("given twice raises with both names", function()
      assert_tells(raised(convoke.convex, { url = nowhere, token = "aaaa", deploy_key = "bbbb" }),
        "token", "deploy_key")
      assert_tells(raised(convoke.gencove, { api_key = "aaaa", jwt = "bbbb" }), "api_key", "jwt")
      assert_tells(raised(convoke.cvat, { url = nowhere, token = "aaaa", username = "u",
        password = "bbbb" }), "token", "username")
    end)

    it("of two parts needs both", function()
      assert_tells(raised(convoke.cvat, { url = nowhere, username = "u" }), "username", "password")
      assert_tells(raised(convoke.cvat, { url = nowhere, password = "p" }), "username", "password")
      assert_tells(raised(convoke.cvat, { url = nowhere, session_id = "s" }), "csrf_token")
      assert_tells(raised(convoke.cvat, { url = nowhere, csrf_token = "s" }), "session_id")
      assert_tells(raised(convoke.cvat, { url = nowhere, username = "u", password = false }),
        "password")
      assert_tells(raised(convoke.cvat, { url = nowhere, username = "u", password = "" }),
        "password", "empty")
      assert_tells(raised(convoke.cvat, { url = nowhere, session_id = "s", csrf_token = "" }),
        "csrf_token", "empty")
    end)

    it("of two parts names the part that is at fault", function()
      local message = raised(convoke.cvat, { url = nowhere, username = "u", password = "p\n" })
      assert_tells(message, "option password")
      message = raised(convoke.cvat, { url = nowhere, username = "u\n", password = "p" })
      assert_tells(message, "option username")
      message = raised(convoke.cvat, { url = nowhere, session_id = "s", csrf_token = "a;b" })
      assert_tells(message, "option csrf_token")
    end)

    it("of a wrong type raises", function()
      for _, value in ipairs { 5, true, false, {}, function() end } do
        assert_tells(raised(convoke.clerk, { secret_key = value }), "secret_key",
          "must be a string")
      end
      assert_tells(raised(convoke.edgegap, { token = 5 }), "token", "a string or a function")
    end)

    it("comes from the environment", function()
      local client = with_environment({ CLERK_SECRET_KEY = "sk_env" }, function()
        return convoke.clerk { url = server.url }
      end)
      assert(client.invitations:list())
      assert.equal("Bearer sk_env", server:request().headers.authorization)
    end)

    it("that is given counts more than the environment's", function()
      local client = with_environment({ CVAT_ACCESS_TOKEN = "pat_env" }, function()
        return convoke.cvat { url = server.url, token = "given" }
      end)
      server:answer { body = '{"results":[]}' }
      assert(client.invitations:list())
      assert.equal("Token given", server:request().headers.authorization)
    end)

    it("that is an empty variable is none", function()
      assert_tells(with_environment({ CLERK_SECRET_KEY = "" }, function()
        return raised(convoke.clerk, {})
      end), "CLERK_SECRET_KEY")
    end)

    it("of the environment with a fault raises with the variable's name, not its value", function()
      local message = with_environment({ EDGEGAP_API_KEY = "secret\r\nvalue" }, function()
        return raised(convoke.edgegap, {})
      end)
      assert_tells(message, "EDGEGAP_API_KEY")
      assert.is_nil(message:find("secret", 1, true))
    end)
  end)

  describe("address", function()
    it("that is missing raises with the option and the variable", function()
      with_environment({}, function()
        assert_tells(raised(convoke.convex, {}), "option url", "CONVEX_URL")
        assert_tells(raised(convoke.cvat, { token = "aaaa" }), "option url")
      end)
    end)

    it("has the vendor's default", function()
      with_environment({}, function()
        assert_tells(tostring(convoke.clerk { secret_key = "k" }), "https://api.clerk.com/v1)")
        assert_tells(tostring(convoke.gencove {}), "https://api.gencove.com/api/v2)")
        assert_tells(tostring(convoke.edgegap { token = "k" }), "https://api.edgegap.com)")
      end)
    end)

    it("comes from the environment, with what the variable leaves out", function()
      local function address(api, variable, value, options)
        return with_environment({ [variable] = value }, function()
          return tostring(convoke[api](options)):match "%((.*)%)"
        end)
      end
      local key = { secret_key = "k" }
      for _, path in ipairs { "", "/", "/v1", "/v1/" } do
        assert.equal("https://a.example/v1",
          address("clerk", "CLERK_API_URL", "https://a.example" .. path, key))
      end
      assert.equal("https://a.example/api/v2",
        address("gencove", "GENCOVE_HOST", "https://a.example", {}))
      assert.equal("https://a.example", address("convex", "CONVEX_URL", "https://a.example/", {}))
      assert.equal("https://a.example", address("edgegap", "EDGEGAP_API_URL", "https://a.example",
        { token = "k" }))
      assert.equal("https://api.clerk.com/v1", address("clerk", "CLERK_API_URL", "", key))
    end)

    it("given counts more than the environment's and is taken as it is", function()
      local client = with_environment({ CLERK_API_URL = "https://other.example" }, function()
        return convoke.clerk { url = server.url .. "/base//", secret_key = "k" }
      end)
      assert(client.invitations:list())
      assert.equal("/base/invitations", server:request().target)
    end)

    local faults = {
      ["ftp://example.com"] = "scheme",
      ["file:///etc/passwd"] = "scheme",
      ["javascript://example.com"] = "scheme",
      ["example.com"] = "must begin with https",
      ["//example.com"] = "must begin with https",
      ["https:/example.com"] = "must begin with https",
      ["https://"] = "must begin with https",
      ["https:///path"] = "no valid host",
      ["https://user@example.com"] = "user name",
      ["https://user:word@example.com"] = "user name",
      ["https://example.com:80@evil.example"] = "user name",
      ["https://example.com/#x"] = "fragment",
      ["https://example.com#@evil.example"] = "fragment",
      ["https://example.com?x=1"] = "query",
      ["https://example.com/a b"] = "character",
      ["https://example.com/\t"] = "character",
      ["https://example.com\\@evil.example"] = "character",
      ["https://example.com:0"] = "port",
      ["https://example.com:99999"] = "port",
      ["https://example.com:65536"] = "port",
      ["https://example.com:"] = "port",
      ["https://example.com:80:90"] = "port",
      ["https://example.com:8x"] = "port",
      ["https://[::1"] = "host",
      ["https://[::1].example.com"] = "port",
      ["https://[evil]"] = "host",
      ["https://[c]"] = "host",
      ["https://[1:2:3]"] = "host",
      ["https://[:::1]"] = "host",
      ["https://[127.0.0.1]"] = "host",
      ["https://[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb]"] = "host",
      ["https://a%2fb"] = "host",
      ["https://exa\127mple.com"] = "character",
    }
    for address, word in pairs(faults) do
      it(("with a fault raises: %q"):format(address), function()
        assert_tells(raised(convoke.clerk, { url = address, secret_key = "k" }), "option url", word)
      end)
    end

    it("with a fault in the environment raises with the variable's name", function()
      with_environment({ CONVEX_URL = "happy-animal-1.convex.cloud" }, function()
        assert_tells(raised(convoke.convex, {}), "CONVEX_URL", "https://")
      end)
    end)

    it("with a zero byte raises", function()
      assert.is_false(pcall(convoke.clerk, { url = "https://a\0.example", secret_key = "k" }))
    end)
  end)

  describe("call", function()
    it("by the reference page's own name does the same", function()
      local client = clerk()
      assert(client:call("revoke_invitation", "inv_1"))
      assert(client.invitations:revoke("inv_1"))
      assert(client:call("revoke_invitation", { invitation_id = "inv_1" }))
      local requests = server:requests()
      assert.equal(3, #requests)
      assert.equal(requests[1].raw, requests[2].raw)
      assert.equal(requests[1].raw, requests[3].raw)
    end)

    it("by a name that is not there suggests one", function()
      assert_tells(raised(clerk().call, clerk(), "revoke_invitations"), "revoke_invitations",
        "did you mean revoke_invitation?")
      assert_tells(raised(clerk().call, clerk(), nil), "no operation nil")
    end)

    it("of a verb or resource that is not there suggests one", function()
      local client = clerk()
      assert_tells(raised(function() return client.invitation end),
        "convoke.clerk has no invitation", "did you mean invitations?")
      assert_tells(raised(function() return client.invitations.creat end),
        "convoke.clerk.invitations has no creat", "did you mean create?")
      assert_tells(raised(function() return client.invitations.zzz end), "create", "each", "list",
        "revoke")
    end)

    it("without a colon raises", function()
      local client = clerk()
      assert_tells(raised(client.invitations.create, { email_address = "a@b.example" }),
        "colon", "invitations:create")
      assert_tells(raised(client.close), "client:close")
      assert_tells(raised(client.call, "list_invitations"), "client:call")
      assert_tells(raised(client.invitations.each), "invitations:each")
    end)

    it("takes path values before, or among, the parameters", function()
      local client = construct "edgegap"
      server:answer { body = '{"session_users":[]}' }
      assert(client.sessions:add_users("s-1", { ip_list = {} }))
      assert(client.sessions:add_users { session_id = "s-1", ip_list = {} })
      assert(client.sessions:add_users({ session_id = "s-1", ip_list = {} }, { timeout = 5 }))
      assert(client.sessions:add_users("s-1", { ip_list = {} }, { timeout = 5 }))
      assert(client:call("put_users_session", "s-1", { ip_list = {} }))
      local requests = server:requests()
      assert.equal(5, #requests)
      for _, request in ipairs(requests) do assert.equal(requests[1].raw, request.raw) end
    end)

    it("takes options without parameters", function()
      assert(clerk().invitations:list(nil, { headers = { ["X-Mark"] = "a" } }))
      assert.equal("a", server:request().headers["x-mark"])
      assert(clerk().invitations:revoke("inv_1", nil, { headers = { ["X-Mark"] = "b" } }))
      assert.equal("b", server:request().headers["x-mark"])
    end)

    it("does not change or keep the tables it is given", function()
      local client = clerk()
      local params = { email_address = "a@b.example", public_metadata = { list = { 1 } } }
      local options = { timeout = 3, headers = { ["X-A"] = "1" } }
      assert(client.invitations:create(params, options))
      assert.same({ email_address = "a@b.example", public_metadata = { list = { 1 } } }, params)
      assert.same({ timeout = 3, headers = { ["X-A"] = "1" } }, options)
    end)

    it("with a path value given twice is refused", function()
      local sessions = construct("edgegap").sessions
      local ok, err = sessions:add_users("a", { session_id = "b", ip_list = {} })
      assert.is_nil(ok)
      assert.equal("invalid", err.kind)
      assert.equal("session_id", err.fields[1].field)
    end)

    it("with arguments of wrong types raises", function()
      local client = clerk()
      assert_tells(raised(client.invitations.create, client.invitations, "a@b.example"),
        "clerk.invitations.create", "params must be a table, not string")
      assert_tells(raised(client.invitations.revoke, client.invitations, "inv_1", "now"),
        "params must be a table")
      assert_tells(raised(client.invitations.list, client.invitations, {}, 5),
        "options must be a table")
      assert_tells(raised(client.invitations.each, client.invitations, 5), "params must be a table")
      assert_tells(raised(client.invitations.list, client.invitations, {}, {}, {}),
        "too many arguments")
      assert_tells(raised(client.invitations.revoke, client.invitations, "inv_1", {}, {}, {}),
        "too many arguments")
      assert_tells(raised(client.invitations.revoke, client.invitations, {}, {}, {}),
        "too many arguments")
      assert.equal(0, #server:requests())
    end)

    it("with an option of a wrong kind raises with its name", function()
      local list = clerk().invitations
      for name, value in pairs { timeout = 0, retries = -1, deadline = "soon", headers = "X: 1",
        allow_empty = 1 } do
        assert_tells(raised(list.list, list, {}, { [name] = value }), "clerk.invitations.list",
          "option " .. name)
        assert_tells(raised(list.each, list, {}, { [name] = value }), "option " .. name)
      end
      assert_tells(raised(list.list, list, {}, { timeuot = 1 }), "did you mean timeout?")
      assert_tells(raised(list.list, list, {}, { secret_key = "x" }), "unknown option secret_key")
    end)

    it("in another API has no organisation", function()
      local list = clerk().invitations
      assert_tells(raised(list.list, list, {}, { org = "a" }), "unknown option org")
    end)

    it("makes mutations only where they exist", function()
      assert.is_false(pcall(function() return clerk().mutation end))
      assert.is_function(construct("convex").mutation)
    end)
  end)

  describe("that is closed", function()
    it("raises for every call and stays closed", function()
      local client = clerk()
      client:close()
      client:close()
      local invitations = client.invitations
      for _, verb in ipairs { "create", "list", "revoke", "each" } do
        assert_tells(raised(invitations[verb], invitations), "convoke.clerk", "closed")
      end
      assert_tells(raised(client.call, client, "list_invitations"), "closed")
      assert.equal(0, #server:requests())
    end)

    it("raises in a listing that was begun before", function()
      local client = clerk()
      server:answer { body = '[{"id":"a"},{"id":"b"}]' }
      local next_one = client.invitations:each { limit = 2 }
      assert.equal("a", next_one().id)
      client:close()
      assert.equal("b", next_one().id)
      assert_tells(raised(next_one), "the client is closed")
    end)

    it("leaves other clients alone", function()
      local one, other = clerk(), clerk()
      one:close()
      assert(other.invitations:list())
    end)

    if lua.closes_variables then
      it("by going out of scope is closed", function()
        local load = loadstring or load
        local client = clerk()
        assert(load "local client <close> = ...")(client)
        assert_tells(tostring(client), "closed")
      end)
    end
  end)

  describe("that raises", function()
    -- Where this file calls, so that a stack trace is not needed.
    local function line_of(f)
      local message = raised(f)
      return tonumber(message:match "client_spec%.lua:(%d+):"), message
    end

    it("names the line of the caller", function()
      local client = clerk()
      local here = debug.getinfo(1, "l").currentline
      local lines = {
        (line_of(function() local _ = convoke.clerk { secret = 1 } end)),
        (line_of(function() local _ = client.invitations:list(5) end)),
        (line_of(function() local _ = client.invitations:list({}, { nothing = 1 }) end)),
        (line_of(function() local _ = client:call("nothing") end)),
        (line_of(function() local _ = client.nothing end)),
        (line_of(function() local _ = client.invitations.nothing end)),
        (line_of(function() local _ = client.invitations.list() end)),
        (line_of(function() local _ = client.invitations:each(5) end)),
        (line_of(function() local _ = client:call("list_invitations", 5) end)),
      }
      client:close()
      local closed = debug.getinfo(1, "l").currentline
      local after = {
        (line_of(function() local _ = client.invitations:list() end)),
        (line_of(function() local _ = client.invitations:each() end)),
        (line_of(function() local _ = client:call("list_invitations") end)),
      }
      for i = 1, 9 do assert.equal(here + 1 + i, lines[i]) end
      for i = 1, 3 do assert.equal(closed + 1 + i, after[i]) end
    end)
  end)

  it("is collected without a trace while others work", function()
    for i = 1, 50 do
      local client = clerk { timeout = 5 }
      if i % 10 == 0 then assert(client.invitations:list()) end
    end
    collectgarbage()
    collectgarbage()
    assert(clerk().invitations:list())
  end)

  it("reads the environment of its process", function()
    local interpreter = os.getenv "LUA" or "lua5.4"
    local script = [[local c = require("convoke").edgegap() io.write(tostring(c))]]
    local command = ("EDGEGAP_API_TOKEN=abcd EDGEGAP_API_URL=%s %s -e '%s' 2>&1")
      :format(nowhere, interpreter, script)
    local pipe = io.popen(command)
    local text = pipe:read "*a"
    pipe:close()
    assert.equal(("convoke.edgegap (%s)"):format(nowhere), text)
  end)
end)

describe("convoke.operations", function()
  it("has rows with what a reader needs, 27 of them of the reference pages", function()
    local seen, of_pages = {}, 0
    for _, operation in ipairs(convoke.operations) do
      assert.is_nil(seen[operation.name])
      seen[operation.name] = true
      if not operation.extra then of_pages = of_pages + 1 end
      assert.is_function(convoke[operation.api])
      assert.equal(operation.api, operation.name:match "^[^.]+")
      for _, field in ipairs { "id", "name", "path", "summary", "method" } do
        assert.is_string(operation[field])
        assert.is_true(#operation[field] > 0)
      end
      assert.is_boolean(operation.safe)
      assert.is_boolean(operation.idempotent)
      assert.is_table(operation.answer)
      assert.is_string(operation.answer.type)
      for _, param in ipairs(operation.params) do
        assert.is_string(param.name)
        assert.is_string(param.type)
        assert(({ path = 1, query = 1, header = 1, body = 1 })[param.where], param.where)
        assert.is_boolean(param.required)
        if param.where == "path" then
          assert.is_true(param.required)
          assert(operation.path:find("{" .. param.name .. "}", 1, true))
        end
      end
    end
    assert.equal(27, of_pages)
  end)

  it("counts every operation of the reference pages", function()
    local counts = {}
    for _, operation in ipairs(convoke.operations) do
      if not operation.extra then counts[operation.api] = (counts[operation.api] or 0) + 1 end
    end
    assert.same({ clerk = 3, convex = 6, cvat = 5, edgegap = 8, gencove = 5 }, counts)
  end)

  it("shows words, bounds and defaults of parameters", function()
    local params = {}
    for _, operation in ipairs(convoke.operations) do
      if operation.api == "clerk" and not operation.extra then
        for _, param in ipairs(operation.params) do params[param.name] = param end
      end
    end
    assert.same({ "pending", "accepted", "revoked", "expired" }, params.status.enum)
    assert.equal(1, params.expires_in_days.minimum)
    assert.equal(365, params.expires_in_days.maximum)
    assert.equal(30, params.expires_in_days.default)
    assert.is_true(params.notify.default)
    assert.is_false(params.ignore_existing.default)
  end)
end)

describe("a client", function()
  it("shows what there is to pairs(), by name, and nothing of its own", function()
    local clerk = convoke.clerk { secret_key = "sk_test_1234567890" }
    if not has_pairs then return pending "this Lua knows no __pairs" end
    local names, members = {}, {}
    for name, value in pairs(clerk) do
      names[#names + 1] = name
      assert.equal(clerk[name], value)
    end
    for name, value in pairs(clerk.invitations) do
      members[#members + 1] = name
      assert.is_function(value)
    end
    assert.same({ "all", "call", "close", "curl", "dry", "each", "invitations",
      "organization_invitations", "request", "sessions", "waitlist_entries" }, names)
    assert.same({ "all", "create", "create_bulk", "each", "list", "revoke" }, members)
  end)
end)
