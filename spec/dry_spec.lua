-- Requests that are shown and not sent: operation:dry, operation:curl, client:dry, client:curl.

local convoke = require "convoke"
local sandbox = require "convoke.sandbox"
local samples = require "spec.programs.memory.samples"

-- What a shell that runs the commands has in its environment.
local function exports(words)
  local lines = {}
  for name, value in pairs(words) do lines[#lines + 1] = ("export %s='%s'"):format(name, value) end
  return table.concat(lines, "\n") .. "\n"
end

local function run(text)
  local file = os.tmpname()
  local handle = assert(io.open(file, "w"))
  handle:write(text)
  handle:close()
  local pipe = assert(io.popen("env -u LD_PRELOAD sh " .. file .. " 2>&1"))
  local said = pipe:read "*a"
  pipe:close()
  os.remove(file)
  return said
end

-- What of a request must be the same whoever sent it.
local function essence(request)
  local headers = {}
  for name, value in pairs(request.headers) do
    if name ~= "user-agent" and name ~= "accept-encoding" then headers[name] = value end
  end
  return { method = request.method, target = request.target, body = request.body,
    headers = headers }
end

describe("a dry run", function()
  local server, clients, environment

  setup(function()
    server = sandbox.start()
    clients = {
      clerk = convoke.clerk { url = server.clerk.url, secret_key = server.clerk.secret_key },
      convex = convoke.convex { url = server.convex.url, token = server.convex.token },
      cvat = convoke.cvat { url = server.cvat.url, token = server.cvat.token },
      edgegap = convoke.edgegap { url = server.edgegap.url, token = server.edgegap.token },
      gencove = convoke.gencove { url = server.gencove.url, api_key = server.gencove.api_key },
    }
    environment = exports {
      CLERK_SECRET_KEY = server.clerk.secret_key, CONVEX_TOKEN = server.convex.token,
      CVAT_TOKEN = server.cvat.token, EDGEGAP_API_TOKEN = server.edgegap.token,
      GENCOVE_API_KEY = server.gencove.api_key,
    }
  end)

  teardown(function() server:stop() end)

  -- The last requests that an API has got: the one before the last, the last.
  local function last_two(api)
    local all = server:requests(api)
    return essence(all[#all - 1]), essence(all[#all])
  end

  it("shows what a call sends, and curl sends the same, for every operation", function()
    local commands = { environment }
    for _, operation in ipairs(convoke.operations) do
      local params = samples.params(operation)
      commands[#commands + 1] = assert(operation:curl(params, clients[operation.api]))
        .. " --silent --output /dev/null\n"
    end
    assert.equal("", run(table.concat(commands)))
    local by_curl = {}
    for api in pairs(clients) do by_curl[api] = server:requests(api) end
    server:reset()
    local place = {}
    for _, operation in ipairs(convoke.operations) do
      local api, params = operation.api, samples.params(operation)
      place[api] = (place[api] or 0) + 1
      local shown = assert(operation:dry(params, clients[api]))
      clients[api]:call(operation.id, params, { retries = 0 })
      local all = server:requests(api)
      local sent = all[#all]
      assert.equal(operation.method, shown.method, operation.name)
      assert.equal(server[api].url:match "^%w+://[^/]+" .. sent.target, shown.url)
      assert.same(sent.body ~= "" and sent.body or nil, shown.body)
      assert.same(essence(sent), essence(by_curl[api][place[api]]), operation.name)
    end
  end)

  it("shows a secret as the variable that holds it, whatever kind of credential it is", function()
    local cvat = server.cvat
    local kinds = {
      { { access_token = "s3cret-of-cvat" }, { Authorization = "Bearer $CVAT_ACCESS_TOKEN" } },
      { { token = "s3cret-of-cvat" }, { Authorization = "Token $CVAT_TOKEN" } },
      { { username = "ada", password = "s3cret-of-cvat" },
        { Authorization = "Basic base64($CVAT_USERNAME:$CVAT_PASSWORD)" } },
      { { session_id = "s3cret-of-cvat", csrf_token = "s3cret-too" },
        { Cookie = "sessionid=$CVAT_SESSION_ID; csrftoken=$CVAT_CSRF_TOKEN",
          ["X-CSRFToken"] = "$CVAT_CSRF_TOKEN", Referer = cvat.url:match "^%w+://[^/]+" .. "/" } },
      { { signature = "s3cret-of-cvat" }, {}, "?org=team&sign=$CVAT_SIGNATURE" },
      { { token = function() return "s3cret-of-cvat" end },
        { Authorization = "Token $CVAT_TOKEN" } },
    }
    local variables = exports { CVAT_ACCESS_TOKEN = "s3cret-of-cvat", CVAT_TOKEN = "s3cret-of-cvat",
      CVAT_USERNAME = "ada", CVAT_PASSWORD = "s3cret-of-cvat", CVAT_SESSION_ID = "s3cret-of-cvat",
      CVAT_CSRF_TOKEN = "s3cret-too", CVAT_SIGNATURE = "s3cret-of-cvat" }
    for _, kind in ipairs(kinds) do
      kind[1].url = cvat.url
      local client = convoke.cvat(kind[1])
      local request = assert(client:dry("invitations_destroy", "key one", { org = "team" }))
      for name, value in pairs(kind[2]) do assert.equal(value, request.headers[name]) end
      local query = kind[3] or "?org=team"
      assert.equal(cvat.url .. "/api/invitations/key%20one" .. query, request.url)
      local command = client:curl("invitations.delete", "key one", { org = "team" })
      for _, text in ipairs { tostring(request), command } do assert.is_nil(text:find "s3cret") end
      client:call("invitations_destroy", "key one", { org = "team" }, { retries = 0 })
      assert.equal("", run(variables .. command .. " --silent --output /dev/null\n"))
      assert.same(last_two "cvat")
    end
  end)

  it("needs neither a client nor a credential, and names what is missing", function()
    local operations = {}
    for _, operation in ipairs(convoke.operations) do operations[operation.name] = operation end
    local address = { email = "ada@example.com", role = "worker" }
    local request = assert(operations["cvat.invitations.create"]:dry(address,
      { url = "https://cvat.example/" }))
    assert.equal("https://cvat.example/api/invitations", request.url)
    assert.equal("Bearer $CVAT_ACCESS_TOKEN", request.headers.Authorization)
    local query = { path = "module:f" }
    if not os.getenv "CONVEX_URL" then
      assert.equal("$CONVEX_URL/api/query", assert(operations["convex.query"]:dry(query)).url)
      local command = operations["convex.query"]:curl(query)
      assert.truthy(command:find('curl "$CONVEX_URL/api/query"', 1, true))
      local variables = { CONVEX_URL = server.convex.url, CONVEX_TOKEN = server.convex.token }
      assert.equal("", run(exports(variables) .. command .. " --silent --output /dev/null\n"))
      local all = server:requests "convex"
      assert.equal("/api/query", all[#all].target)
      assert.equal("Bearer " .. server.convex.token, all[#all].headers.authorization)
    end
  end)

  it("knows the credentials of a document's clients, and several of them", function()
    local function get(security) return { get = { responses = {}, security = security } } end
    local shop = convoke.openapi({
      openapi = "3.1.0", info = { title = "Shop", version = "1" },
      servers = { { url = "https://shop.example" } },
      components = { securitySchemes = {
        key = { type = "apiKey", ["in"] = "query", name = "api_key" },
        team = { type = "apiKey", ["in"] = "header", name = "X-Team" },
        login = { type = "http", scheme = "basic" },
        bearer = { type = "http", scheme = "bearer" },
      } },
      paths = { ["/both"] = get { { key = {}, team = {} } }, ["/login"] = get { { login = {} } },
        ["/bearer"] = get { { bearer = {} } }, ["/free"] = get {},
        ["/bearers"] = get { { bearer = {} } } },
    }, { name = "shop" })
    local client = shop { key = "s3cret-1", team = "s3cret-2", login = "ada:s3cret-3",
      token = "s3cret-4" }
    local wanted = {
      ["/both"] = { "https://shop.example/both?api_key=$SHOP_KEY", "X-Team", "$SHOP_TEAM",
        "X-Team: $SHOP_TEAM" },
      ["/login"] = { "https://shop.example/login", "Authorization", "Basic base64($SHOP_LOGIN)",
        '--user "$SHOP_LOGIN"' },
      ["/bearer"] = { "https://shop.example/bearer", "Authorization", "Bearer $SHOP_BEARER",
        "Authorization: Bearer $SHOP_BEARER" },
      ["/bearers"] = { "https://shop.example/bearers", "Authorization", "Bearer $SHOP_BEARER",
        "Authorization: Bearer $SHOP_BEARER" },
      ["/free"] = { "https://shop.example/free", "Authorization", nil, "curl" },
    }
    for _, operation in ipairs(shop.operations) do
      local expected = wanted[operation.path]
      for _, with in ipairs { client, {} } do
        local request = assert(operation:dry({}, with))
        local command = assert(operation:curl({}, with))
        assert.equal(expected[1], request.url)
        assert.equal(expected[3], request.headers[expected[2]])
        assert.truthy(command:find(expected[4], 1, true), command)
        assert.is_nil((tostring(request) .. command):find "s3cret")
        assert.is_nil((tostring(request) .. command):find "redacted")
      end
      assert.truthy(tostring(operation):find(operation.path, 1, true))
      local by_path = client:curl("GET " .. operation.path)
      assert.equal(client:curl(operation.id), by_path)
    end
    local request = assert(client:dry("GET", "/more", { query = { a = 1 } })) -- as most of them
    assert.equal("https://shop.example/more?a=1", request.url)
    assert.equal("Bearer $SHOP_BEARER", request.headers.Authorization)
    local with_key = shop { key = "s3cret-1", team = "s3cret-2" }
    assert.equal("https://shop.example/more?a=1&api_key=$SHOP_KEY",
      assert(with_key:dry("GET", "/more", { query = { a = 1 } })).url)
    assert.truthy(with_key:curl("PUT", "/more"):find("X-Team: $SHOP_TEAM", 1, true))
  end)

  it("shows a free request, too, and curl sends the same", function()
    local requests = {
      { "GET", "/invitations", { query = { limit = 2, status = { "pending", "a b" } } } },
      { "POST", "/users", { body = { name = "it's $HOME" }, headers = { ["X-Note"] = "`ls`" } } },
      { "PATCH", "/users/7", { body = "a=1", headers = { ["Content-Type"] = "text/plain" } } },
      { "PUT", "/users/{id}/a b" }, { "DELETE", "/users/7" }, { "HEAD", "/users" },
    }
    for _, request in ipairs(requests) do
      local method, path, parts = request[1], request[2], request[3]
      local shown = assert(clients.clerk:dry(method, path, parts, { timeout = 5 }))
      local command = assert(clients.clerk:curl(method, path, parts))
      assert.equal("Bearer $CLERK_SECRET_KEY", shown.headers.Authorization)
      clients.clerk:request(method, path, parts, { retries = 0 })
      assert.equal("", run(environment .. command
        .. " --silent --output /dev/null --max-time 5 || echo failed\n"))
      local sent, by_curl = last_two "clerk"
      assert.same(sent, by_curl)
      assert.same({ method, server.clerk.url:match "^%w+://[^/]+" .. sent.target },
        { shown.method, shown.url })
      assert.equal(sent.body ~= "" and sent.body or nil, shown.body)
    end
  end)

  it("of a free request says what is wrong with it as the request would", function()
    server:reset()
    local request, err = clients.clerk:dry("GET", "/a/../b")
    assert.same({ nil, "invalid", "path", "clerk.request" },
      { request, err.kind, err.fields[1].field, err.operation })
    local command, why = clients.clerk:curl("POST", "/x", { query = { a = { {} } } })
    assert.same({ nil, "query.a" }, { command, why.fields[1].field })
    local function raises(text, ...)
      local fine, raised = pcall(clients.clerk.dry, clients.clerk, ...)
      assert.same({ false, true }, { fine, tostring(raised):find(text) ~= nil }, raised)
    end
    raises("unknown part qery; did you mean query", "GET", "/x", { qery = {} })
    raises("unknown option", "GET", "/x", nil, { reconcile = true })
    raises("too many arguments", "GET", "/x", nil, nil, 1)
    raises('dry%("GET", "/users", parts, options%)', "GET /users")
    assert.same({}, server:requests "clerk")
  end)

  it("keeps every character of what is sent away from the shell", function()
    local text = "it's $HOME `ls` \"quoted\" \\ and\nmore"
    local params = { email_address = "ada@example.com", public_metadata = { text = text } }
    local options = { headers = { ["X-Note"] = "a 'b' $CLERK_SECRET_KEY" } }
    local command = assert(clients.clerk:curl("create_invitation", params, options))
    assert.equal("", run(environment .. command .. " --silent --output /dev/null\n"))
    clients.clerk:call("create_invitation", params, { retries = 0, headers = options.headers })
    local by_curl, sent = last_two "clerk"
    assert.same(sent, by_curl)
  end)

  it("returns the error of a call whose values are wrong, and sends nothing", function()
    server:reset()
    local request, err = clients.clerk:dry("create_invitation", { expires_in_days = 400 })
    assert.is_nil(request)
    assert.same({ "invalid", "not_sent" }, { err.kind, err.outcome })
    local _, by_call = clients.clerk.invitations:create { expires_in_days = 400 }
    assert.same(by_call.fields, err.fields)
    local command, why = clients.clerk:curl("create_invitation", {})
    assert.same({ nil, "invalid" }, { command, why.kind })
    assert.truthy(clients.clerk:dry("create_invitation", { email_address = "ada@example.com" }))
    assert.same({}, server:requests "clerk")
  end)

  it("is what an operation can do, which says what it is", function()
    assert.equal("clerk.invitations.create (POST /invitations)", tostring(convoke.operations[1]))
  end)

  it("raises for misuse as a call does", function()
    local operation = convoke.operations[1]
    assert.error_matches(function() clients.clerk:dry "create_invitatoin" end, "did you mean")
    local function wrong() clients.clerk:curl("create_invitation", 1) end
    assert.error_matches(wrong, "params must be")
    assert.error_matches(function() operation:dry({}, clients.edgegap) end, "a client of edgegap")
    assert.error_matches(function() operation:dry({}, { nme = 1 }) end, "unknown option nme")
    assert.error_matches(function() operation:dry({}, 5) end, "a client or its options")
    local closed = convoke.clerk { secret_key = "sk_test_nobody" }
    closed:close()
    assert.error_matches(function() closed:dry("create_invitation", {}) end, "closed")
  end)
end)
