-- Credentials: each goes where it belongs, and is seen nowhere else.

local answers = require "spec.support.answers"
local convoke = require "convoke"
local core = require "convoke.core"
local echo_server = require "spec.support.echo_server"

local function raised(f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok, "nothing was raised")
  return tostring(message)
end

local function contains(text, part) return text:find(part, 1, true) ~= nil end

local true_getenv = os.getenv
local function with_environment(variables, f)
  os.getenv = function(name) return variables[name] end -- luacheck: ignore
  local results = { pcall(f) }
  os.getenv = true_getenv -- luacheck: ignore
  if not results[1] then error(results[2], 0) end
  return results[2]
end

local function base64(text) return (require("basexx").to_base64(text)) end

-- A call of each API that needs nothing.
local try = {
  clerk = function(client) return client.invitations:create { email_address = "a@b.example" } end,
  convex = function(client) return client.sessions:end_session { sessionId = "s" } end,
  cvat = function(client) return client.invitations:list() end,
  gencove = function(client) return client.invitations:list() end,
  edgegap = function(client) return client.sessions:list() end,
}

-- An answer that each call takes.
local good = answers.any

-- Each way to prove who one is: the options for two secrets, and what the server must see.
local ways = {
  { api = "clerk", option = "secret_key", variable = "CLERK_SECRET_KEY",
    header = function(a) return "Bearer " .. a end },
  { api = "convex", option = "token", renewable = true,
    header = function(a) return "Bearer " .. a end },
  { api = "convex", option = "deploy_key", variable = "CONVEX_DEPLOY_KEY",
    header = function(a) return "Convex " .. a end },
  { api = "cvat", option = "access_token", variable = "CVAT_ACCESS_TOKEN", renewable = true,
    header = function(a) return "Bearer " .. a end },
  { api = "cvat", option = "token", renewable = true,
    header = function(a) return "Token " .. a end },
  { api = "cvat", option = "username", partner = "password",
    header = function(a, b) return "Basic " .. base64(a .. ":" .. b) end },
  { api = "cvat", option = "session_id", partner = "csrf_token", renewable = true,
    header = function() end },
  { api = "cvat", option = "signature", renewable = true, header = function() end },
  { api = "gencove", option = "api_key", variable = "GENCOVE_API_KEY",
    header = function(a) return "Api-Key " .. a end },
  { api = "gencove", option = "jwt", renewable = true,
    header = function(a) return "Bearer " .. a end },
  { api = "edgegap", option = "token", variable = "EDGEGAP_API_TOKEN", renewable = true,
    header = function(a) return "token " .. a end },
}

local function name_of(way) return way.api .. " " .. way.option end

describe("a credential", function()
  local server

  setup(function() server = echo_server.start() end)
  teardown(function() server:stop() end)
  before_each(function()
    server:answer { body = good }
    server:requests()
  end)

  local function client_by(way, secret, partner, extra)
    local options = { url = server.url, retries = 0, [way.option] = secret }
    if way.partner then options[way.partner] = partner or "partner_secret" end
    for name, value in pairs(extra or {}) do options[name] = value end
    return convoke[way.api](options)
  end

  describe("goes to its place", function()
    for _, way in ipairs(ways) do
      it("from the option: " .. name_of(way), function()
        assert(try[way.api](client_by(way, "secret-1.a_b~c", "partner_secret")))
        local request = server:request()
        assert.equal(way.header("secret-1.a_b~c", "partner_secret"), request.headers.authorization)
        for _, count in pairs(request.counts) do assert.equal(1, count) end
      end)

      if way.variable then
        it("from the environment: " .. name_of(way), function()
          with_environment({ [way.variable] = "secret_env" }, function()
            assert(try[way.api](convoke[way.api] { url = server.url }))
          end)
          assert.equal(way.header "secret_env", server:request().headers.authorization)
        end)
      end
    end

    it("from either of Edgegap's variables, the first one first", function()
      local function sent(variables)
        with_environment(variables, function()
          assert(try.edgegap(convoke.edgegap { url = server.url }))
        end)
        return server:request().headers.authorization
      end
      assert.equal("token one", sent { EDGEGAP_API_TOKEN = "one", EDGEGAP_API_KEY = "two" })
      assert.equal("token two", sent { EDGEGAP_API_KEY = "two" })
      assert.equal("token two", sent { EDGEGAP_API_KEY = "token two" })
    end)

    it("with its word only once, in whatever letters it was given", function()
      local function sent(api, options)
        options.url = server.url
        assert(try[api](convoke[api](options)))
        return server:request().headers.authorization
      end
      assert.equal("token k-1", sent("edgegap", { token = "token k-1" }))
      assert.equal("token k-1", sent("edgegap", { token = "Token k-1" }))
      assert.equal("token tokenk", sent("edgegap", { token = "tokenk" }))
      assert.equal("Bearer k-1", sent("clerk", { secret_key = "bearer k-1" }))
      assert.equal("Convex a:b|c", sent("convex", { deploy_key = "Convex a:b|c" }))
      assert.equal("Api-Key k", sent("gencove", { api_key = "Api-Key k" }))
      assert.equal("Basic " .. base64 "Basic me:word",
        sent("cvat", { username = "Basic me", password = "word" }))
    end)

    it("as cookies, with the CSRF token and the origin", function()
      assert(client_by(ways[7], "session_1", "csrf_1", { url = server.url .. "/deep/er" })
        .invitations:create { role = "worker", email = "a@b.example" })
      local headers = server:request().headers
      assert.equal("sessionid=session_1; csrftoken=csrf_1", headers.cookie)
      assert.equal("csrf_1", headers["x-csrftoken"])
      assert.equal(server.url .. "/", headers.referer)
    end)

    it("as user name and password of any kind", function()
      local function sent(user, password)
        assert(try.cvat(client_by(ways[6], user, password)))
        return server:request().headers.authorization
      end
      assert.equal("Basic " .. base64 "ada:pass word:with : colons",
        sent("ada", "pass word:with : colons"))
      assert.equal("Basic " .. base64 "ädä:pässwörd€", sent("ädä", "pässwörd€"))
      for size = 1, 12 do
        assert.equal("Basic " .. base64("u:" .. ("p"):rep(size)), sent("u", ("p"):rep(size)))
      end
    end)

    it("as a signature in the query, encoded", function()
      local cvat = client_by(ways[8], "1pQ:a/b+c=&d")
      assert(cvat.invitations:list())
      assert.equal("/api/invitations?sign=1pQ%3Aa%2Fb%2Bc%3D%26d", server:request().target)
      assert(cvat.invitations:list { page = 2 })
      assert.equal("/api/invitations?page=2&sign=1pQ%3Aa%2Fb%2Bc%3D%26d", server:request().target)
    end)

    it("or is none", function()
      with_environment({}, function()
        for _, api in ipairs { "convex", "gencove" } do
          assert(try[api](convoke[api] { url = server.url }))
          local headers = server:request().headers
          assert.is_nil(headers.authorization)
          assert.is_nil(headers.cookie)
        end
      end)
    end)

    it("of its client, not of another's", function()
      local one, other = client_by(ways[1], "first"), client_by(ways[1], "second")
      for _ = 1, 3 do
        assert(try.clerk(one))
        assert.equal("Bearer first", server:request().headers.authorization)
        assert(try.clerk(other))
        assert.equal("Bearer second", server:request().headers.authorization)
      end
    end)
  end)

  describe("with a fault raises without showing it", function()
    for _, way in ipairs(ways) do
      it(name_of(way), function()
        for _, bad in ipairs { "shown\r\nX-Evil: 1", "shown\n", "shown\r", "shown\0", "\0", "",
          "shown\127", "shown\27[0m", "shown\t" } do
          local message = raised(client_by, way, bad)
          assert(contains(message, "option " .. way.option), message)
          assert.is_false(contains(message, "shown"))
          if way.partner then
            message = raised(client_by, way, "fine", bad)
            assert(contains(message, "option " .. way.partner), message)
            assert.is_false(contains(message, "shown"))
          end
        end
        assert.equal(0, #server:requests())
      end)
    end

    it("a user name with a colon", function()
      assert(contains(raised(client_by, ways[6], "a:b", "word"), "colon"))
    end)

    it("a cookie with a character that ends it", function()
      for _, way in ipairs(ways) do
        if way.option == "session_id" then
          for _, bad in ipairs { ";", ",", '"', "\\" } do
            assert(contains(raised(client_by, way, "a" .. bad .. "b", "fine"), "cookies"))
            assert(contains(raised(client_by, way, "fine", "a" .. bad .. "b"), "cookies"))
          end
        end
      end
    end)

    it("a token with a space in it", function()
      assert(contains(raised(client_by, ways[1], "two words"), "space"))
      assert(contains(raised(client_by, ways[1], "Bearer "), "space"))
    end)
  end)

  describe("given by a function", function()
    for _, way in ipairs(ways) do
      if way.renewable then
        it("is asked for at each call, and once more after a 401: " .. name_of(way), function()
          local asked = {}
          local client = client_by(way, function(refused)
            asked[#asked + 1] = refused
            return "secret_" .. #asked
          end)
          assert(try[way.api](client))
          server:answer({ status = 401, body = "{}" }, { body = good })
          local value, err, meta = try[way.api](client)
          assert(value, tostring(err))
          assert.equal(2, meta.attempts)
          assert.same({ false, false, true }, asked)
          local requests = server:requests()
          assert.equal(3, #requests)
          for i, request in ipairs(requests) do
            assert(contains(request.head, "secret_" .. i))
            assert.is_false(contains(request.head, "secret_" .. i - 1))
            assert.equal(requests[1].body, request.body)
          end
        end)
      end
    end

    it("is told the whole address, without a credential, that each call goes to", function()
      local told = {}
      local client = client_by(ways[8], function(refused, url)
        told[#told + 1] = tostring(refused) .. " " .. url
        return "secret_" .. #told
      end)
      assert(client.invitations:list { page = 2, org = "a b" })
      server:answer({ status = 401, body = "{}" }, { body = good })
      assert(client.invitations:get("k/1"))
      assert.same({ "false " .. server.url .. "/api/invitations?org=a%20b&page=2",
        "false " .. server.url .. "/api/invitations/k%2F1",
        "true " .. server.url .. "/api/invitations/k%2F1" }, told)
      assert.equal("/api/invitations/k%2F1?sign=secret_3", server:requests()[3].target)
    end)

    it("may make calls of its own, in tasks too", function()
      local login = client_by(ways[8], "signed")
      local client = client_by(ways[8], function()
        assert(login.invitations:get "login")
        return "secret_1"
      end)
      server:answer { body = good }
      assert(client.invitations:get "one")
      convoke.run(function()
        local tasks = {}
        for i = 1, 3 do
          tasks[i] = convoke.spawn(function() return assert(client.invitations:get("k" .. i)) end)
        end
        for _, task in ipairs(tasks) do assert(task:await()) end
      end)
      assert.equal(8, #server:requests())
    end)

    it("is not asked where the parameters are wrong", function()
      local asked = false
      local client = client_by(ways[8], function() asked = true end)
      local value, err = client.invitations:list { page = "x" }
      assert.is_nil(value)
      assert.equal("page", err.fields[1].field)
      assert.is_false(asked)
    end)

    local edgegap = ways[11]

    it("is all that is new in the second request, whatever became of the parameters", function()
      local params = { role = "user" }
      local client = convoke.convex { url = server.url, retries = 0, token = function(refused)
        if refused then params.role = nil end
        return refused and "secret_new" or "secret_old"
      end }
      server:answer({ status = 401, body = "{}" }, { body = good })
      assert(client.admins:create_user_profile(params))
      local requests = server:requests()
      assert(contains(requests[2].head, "secret_new"))
      assert.is_false(contains(requests[2].head, "secret_old"))
      assert.equal(requests[1].body, requests[2].body)
    end)

    it("is asked for only once more", function()
      local asked = 0
      local client = client_by(edgegap, function()
        asked = asked + 1
        return "secret_" .. asked
      end, nil, { retries = 5 })
      server:answer { status = 401, body = '{"message":"no"}' }
      local value, err = try.edgegap(client)
      assert.is_nil(value)
      assert.equal("http", err.kind)
      assert.equal("refused", err.outcome)
      assert.equal(401, err.status)
      assert.equal(2, err.attempts)
      assert.equal(2, asked)
      assert.equal(2, #server:requests())
    end)

    it("is not asked for again after other refusals", function()
      local asked = 0
      local client = client_by(edgegap, function()
        asked = asked + 1
        return "secret_1"
      end)
      for _, status in ipairs { 400, 403, 404, 410, 422, 500 } do
        asked = 0
        server:answer { status = status, body = "{}" }
        local value, err = try.edgegap(client)
        assert.is_nil(value)
        assert.equal(status, err.status)
        assert.equal(1, asked)
      end
    end)

    it("that fails ends the call before anything is sent", function()
      local function fails(source, ...)
        local value, err = try.edgegap(client_by(edgegap, source))
        assert.is_nil(value)
        assert.equal("invalid", err.kind)
        assert.equal("not_sent", err.outcome)
        assert.equal("token", err.fields[1].field)
        assert.equal("edgegap.sessions.list", err.operation)
        for _, part in ipairs { ... } do assert(contains(err.message, part), err.message) end
        assert.equal(0, #server:requests())
        return err
      end
      fails(function() error "the vault is closed" end, "the vault is closed")
      fails(function() error { code = 5 } end, "failed")
      fails(function() return nil, "the vault is empty" end, "the vault is empty")
      fails(function() end, "no string")
      fails(function() return 5 end, "no string")
      fails(function() return "" end, "empty")
      local err = fails(function() return "shown\r\nX-Evil: 1" end, "control character")
      assert.is_false(contains(tostring(err), "shown"))
    end)

    it("that fails after a 401 leaves that as the error", function()
      local asked = 0
      local client = client_by(edgegap, function()
        asked = asked + 1
        if asked > 1 then error "the vault is closed" end
        return "secret_1"
      end)
      server:answer { status = 401, body = '{"message":"too old"}' }
      local value, err = try.edgegap(client)
      assert.is_nil(value)
      assert.equal(401, err.status)
      assert.equal("too old", err.message)
      assert.equal(1, #server:requests())
    end)

    it("may make calls itself", function()
      local inner = convoke.gencove { url = server.url, api_key = "login" }
      local client = client_by(edgegap, function()
        assert(inner.invitations:list())
        return "made"
      end)
      assert(try.edgegap(client))
      local requests = server:requests()
      assert.equal("Api-Key login", requests[1].headers.authorization)
      assert.equal("token made", requests[2].headers.authorization)
    end)

    it("that closes the client ends the call without harm", function()
      for _, at in ipairs { 1, 2 } do
        local client, asked = nil, 0
        client = client_by(edgegap, function()
          asked = asked + 1
          if asked == at then client:close() end
          return "late"
        end)
        server:answer { status = 401, body = "{}" }
        local value, err = try.edgegap(client)
        assert.is_nil(value)
        assert.equal(at == 1 and "not_sent" or "refused", err.outcome)
        assert.equal(at - 1, #server:requests())
      end
    end)

    it("goes with each page of a listing, renewed amid it", function()
      server:answer({ body = '{"data":[{"session_id":"a"}],"pagination":{"next_page_number":2}}' },
        { status = 401, body = "{}" }, { body = '{"data":[{"session_id":"b"}],"pagination":{}}' })
      local asked, ids = 0, {}
      local client = client_by(edgegap, function()
        asked = asked + 1
        return "secret_" .. asked
      end)
      for session in client.sessions:each() do ids[#ids + 1] = session.session_id end
      assert.same({ "a", "b" }, ids)
      for i, request in ipairs(server:requests()) do
        assert.equal("token secret_" .. i, request.headers.authorization)
      end
    end)
  end)

  it("given as text is not sent twice after a 401", function()
    for _, way in ipairs(ways) do
      server:answer { status = 401, body = "{}" }
      local value, err = try[way.api](client_by(way, "secret_1", nil, { retries = 3 }))
      assert.is_nil(value)
      assert.equal(401, err.status)
      assert.equal(1, err.attempts)
      assert.equal(1, #server:requests())
    end
  end)

  describe("over plain http", function()
    local elsewhere = {
      "http://api.example.com", "HTTP://api.example.com", "http://10.0.0.1", "http://0.0.0.0",
      "http://127.evil.example", "http://127.0.0.1.evil.example", "http://localhost.evil.example",
      "http://evil.example/127.0.0.1", "http://evil.example/localhost", "http://localhost.",
      "http://notlocalhost", "http://localhost-evil.example", "http://127.0.0.999",
      "http://127.0.0.256",
      "http://127.0.0.1000", "http://127...1", "http://127.0.0.", "http://127.0.0.1.", "http://127",
      "http://127.0.0.0.1", "http://128.0.0.1", "http://[::2]", "http://[::ffff:10.0.0.1]",
      "http://[fe80::1]", "http://169.254.169.254", "http://host.docker.internal",
      "http://１２７.0.0.1",
    }
    for _, address in ipairs(elsewhere) do
      it("does not go to " .. address, function()
        for _, secret in ipairs { "shown", function() return "shown" end } do
          local message = raised(convoke.edgegap, { url = address, token = secret })
          assert(contains(message, "plain http"), message)
          assert(contains(message, "allow_http"))
          assert.is_false(contains(message, "shown"))
        end
        assert(convoke.edgegap { url = address, token = "shown", allow_http = true })
        assert.is_false(pcall(convoke.edgegap, { url = address, token = "a", allow_http = false }))
        with_environment({ EDGEGAP_API_URL = address, EDGEGAP_API_KEY = "shown" }, function()
          assert(contains(raised(convoke.edgegap), "plain http"))
        end)
        with_environment({}, function() convoke.convex { url = address } end) -- nothing to hide
      end)
    end

    for _, address in ipairs { "http://user@127.0.0.1", "http://127.0.0.1@evil.example",
      "http://127.0.0.1:80@evil.example", "http://localhost:x@evil.example",
      "http://127.0.0.1#@evil.example", "http://127.0.0.1?@evil.example",
      "http://127.0.0.1\\@evil.example", "http://[::1].evil.example", "http://[::1]evil.example",
      "http://127.0.0.1%2eevil.example", "http://127.0.0.1%00.evil.example" } do
      it("does not go to the look-alike " .. address, function()
        assert.is_false(pcall(convoke.edgegap, { url = address, token = "shown" }))
        assert.is_false(pcall(convoke.edgegap, { url = address, token = "a", allow_http = true }))
      end)
    end

    it("is not taken below Lua either", function()
      local list
      for _, operation in ipairs(convoke.operations) do
        if operation.name == "edgegap.sessions.list" then list = operation.index end
      end
      local function take(address, proxy, allow_http)
        local native = core.client("edgegap", { address = address, user_agent = "spec",
          connect_timeout = 5, max_response_bytes = 1000, max_in_flight = 0, http_version = 0,
          proxy = proxy, allow_http = allow_http })
        local taken, why = native:credential(1, "shown")
        local headers = native:prepare(list, {}):request().headers
        assert.equal(taken ~= nil, headers.Authorization ~= nil)
        native:close()
        return why
      end
      assert(contains(take "http://api.example.com", "plain http to http://api.example.com;"))
      assert(contains(take("http://127.0.0.1", "http://a.example"), "plain http to"))
      assert.is_nil(take("http://api.example.com", nil, true))
      assert.is_nil(take "http://127.0.0.1")
      assert.is_nil(take("http://127.0.0.1", "http://user:word@localhost:3128"))
      assert.is_nil(take("https://api.example.com", "http://a.example"))
    end)

    it("is not reached by an address that libcurl would complete to plain http", function()
      for _, address in ipairs { "api.example.com", "//api.example.com", "http:/api.example.com",
        "http:///api.example.com", "api.example.com:80", "https://api.example.com\0",
        "ftp://api.example.com", "http://127.0.0.1:1@api.example.com" } do
        local message = raised(core.client, "edgegap", { address = address, user_agent = "spec",
          connect_timeout = 5, max_response_bytes = 1000, max_in_flight = 0, http_version = 0 })
        assert(contains(message, "the address "), message)
      end
    end)

    it("goes to this machine", function()
      for _, address in ipairs { "http://127.0.0.1", "http://127.1.2.3:80",
        "http://127.255.255.255", "http://localhost", "http://LOCALHOST:1", "http://localhost/path",
        "http://[::1]",
        "http://[::1]:8080/x" } do
        assert(convoke.edgegap { url = address, token = "fine" })
      end
    end)

    it("does not go through a proxy elsewhere", function()
      for _, proxy in ipairs { "http://proxy.example:3128", "proxy.example:3128", "10.0.0.1",
        "http://127.0.0.1@proxy.example:3128", "http://127.0.0.1:1@proxy.example",
        "proxy.example?@127.0.0.1", "http://proxy.example#@localhost",
        "proxy.example/?://localhost", "proxy.example?x://127.0.0.1", "http://[::1]proxy.example",
        "http://localhost:1x", "http://127.0.0.1:proxy.example", "http://a@proxy.example@127.0.0.1",
        "localhost://proxy.example", "http:///proxy.example" } do
        local options = { url = "http://127.0.0.1:1", token = "shown", proxy = proxy }
        assert(contains(raised(convoke.edgegap, options), "proxy"))
        options.allow_http = true
        assert(convoke.edgegap(options))
        options.url = "https://api.example.com"
        options.allow_http = nil
        assert(convoke.edgegap(options))
      end
    end)

    it("goes through a proxy on this machine", function()
      for _, start in ipairs { "http://", "", "http://user:word@" } do
        local proxy = start .. "127.0.0.1:" .. server.port
        local client = client_by(ways[11], "fine", nil,
          { url = "http://127.0.0.1:1", proxy = proxy })
        assert(try.edgegap(client))
        local request = server:request()
        assert.equal("http://127.0.0.1:1/v1/sessions", request.target)
        assert.equal("token fine", request.headers.authorization)
      end
    end)

    it("does not follow a proxy of the environment away from this machine", function()
      local lua = true_getenv "LUA" or "lua5.4"
      local trap = echo_server.start()
      local script = ([[local c = require("convoke").edgegap { url = "%s", token = "fine" }
        print(c.sessions:list() and "answered")]]):format(server.url)
      local pipe = io.popen(("http_proxy=%s ALL_PROXY=%s %s -e '%s' 2>&1")
        :format(trap.url, trap.url, lua, script))
      local said = pipe:read "*a"
      pipe:close()
      local trapped = #trap:requests()
      trap:stop()
      assert.equal("answered\n", said)
      assert.equal(0, trapped)
      assert.equal(1, #server:requests())
    end)

    it("is not told to a proxy that leads to https", function()
      server:answer { status = 403, body = "no" }
      for _, way in ipairs(ways) do
        local client = client_by(way, "secret_1", "secret_2", { proxy = server.url, retries = 0,
          url = "https://api.example.invalid" })
        local value, err = try[way.api](client)
        assert.is_nil(value)
        assert.equal("not_sent", err.outcome)
        local request = server:request()
        assert.equal("CONNECT", request.method)
        assert.is_false(contains(request.raw, "secret_"))
        assert.is_false(contains(request.raw, base64 "secret_1:secret_2"))
      end
    end)
  end)

  describe("does not follow a redirect", function()
    local trap

    setup(function() trap = echo_server.start() end)
    teardown(function() trap:stop() end)

    for _, status in ipairs { 300, 301, 302, 303, 307, 308 } do
      it("with status " .. status, function()
        for _, way in ipairs(ways) do
          for _, target in ipairs { trap.url .. "/x", "/x", "//127.0.0.1:" .. trap.port } do
            server:answer { status = status, headers = { Location = target } }
            local value, err = try[way.api](client_by(way, "secret_1"))
            assert.is_nil(value)
            assert.equal("http", err.kind)
            assert.equal(status, err.status)
            assert.equal(1, #server:requests())
          end
        end
        assert.equal(0, #trap:requests())
      end)
    end
  end)

  describe("over TLS", function()
    local secure, other

    setup(function()
      secure, other = echo_server.start "localhost", echo_server.start "elsewhere.example"
      secure:answer { body = good }
      other:answer { body = good }
    end)
    teardown(function()
      secure:stop()
      other:stop()
    end)

    it("goes to a server whose authority is trusted", function()
      assert(try.clerk(client_by(ways[1], "secret_1", nil,
        { url = secure.url, ca_file = secure.certificate })))
      assert.equal("Bearer secret_1", secure:request().headers.authorization)
    end)

    it("does not go to a server that nobody vouches for", function()
      for _, ca_file in ipairs { false, other.certificate } do
        for _, way in ipairs(ways) do
          local value, err = try[way.api](client_by(way, "secret_1", nil,
            { url = secure.url, ca_file = ca_file or nil, allow_http = true }))
          assert.is_nil(value)
          assert.equal("tls", err.kind)
          assert.equal("not_sent", err.outcome)
          assert(contains(err.message, ca_file or "trusting"), err.message)
        end
      end
      assert.equal(0, #secure:requests())
    end)

    it("does not go to a server of another name", function()
      local value, err = try.clerk(client_by(ways[1], "secret_1", nil,
        { url = "https://localhost:" .. other.port, ca_file = other.certificate }))
      assert.is_nil(value)
      assert.equal("tls", err.kind)
      assert.equal(0, #other:requests())
    end)

    it("does not go when the trusted certificates cannot be read", function()
      local value, err = try.clerk(client_by(ways[1], "secret_1", nil,
        { url = secure.url, ca_file = "/nowhere/ca.pem" }))
      assert.is_nil(value)
      assert.equal("tls", err.kind)
      assert(contains(err.message, "/nowhere/ca.pem"))
      assert.equal(0, #secure:requests())
    end)

    it("trusts SSL_CERT_FILE when no file is given", function()
      with_environment({ SSL_CERT_FILE = secure.certificate }, function()
        assert(try.clerk(client_by(ways[1], "secret_1", nil, { url = secure.url })))
      end)
      assert.equal(1, #secure:requests())
    end)

    it("cannot be told not to check", function()
      for _, option in ipairs { "verify", "insecure", "ssl_verify", "verify_peer", "tls" } do
        assert(contains(raised(client_by, ways[1], "secret_1", nil, { [option] = false }),
          "unknown option " .. option))
      end
    end)
  end)
end)
