-- Credentials of clients of OpenAPI documents: which go where, and where none goes.

local cjson = require "cjson"
local convoke = require "convoke"
local echo_server = require "spec.support.echo_server"

local schemes = {
  bearerAuth = { type = "http", scheme = "bearer" },
  basicAuth = { type = "http", scheme = "basic" },
  headerKey = { type = "apiKey", ["in"] = "header", name = "X-Key" },
  queryKey = { type = "apiKey", ["in"] = "query", name = "key" },
  cookieKey = { type = "apiKey", ["in"] = "cookie", name = "session" },
  digestAuth = { type = "http", scheme = "digest" },
}

-- A document whose operation "x" asks for these alternatives, or for none.
local function document(alternatives, more)
  local list = alternatives or setmetatable({}, getmetatable(convoke.array {}))
  local made = { openapi = "3.1.0", info = { title = "Keys", version = "1" },
    components = { securitySchemes = schemes }, paths = { ["/x"] = { get = { operationId = "x",
      security = list, responses = { ["204"] = { description = "" } } } } } }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

describe("a client of an OpenAPI document", function()
  local server

  setup(function() server = echo_server.start() end)
  teardown(function() server:stop() end)
  before_each(function()
    server:answer { status = 204 }
    server:requests()
  end)

  local function call(alternatives, options, more)
    local given = { url = server.url, retries = 0 }
    for name, value in pairs(options or {}) do given[name] = value end
    return convoke.openapi(document(alternatives, more))(given):call "x"
  end

  local function sent(...)
    assert(call(...))
    return server:request()
  end

  it("sends what the scheme of an operation says", function()
    assert.equal("Bearer t1", sent({ { bearerAuth = {} } }, { bearerAuth = "t1" })
      .headers.authorization)
    assert.equal("Basic dTpw", sent({ { basicAuth = {} } }, { basic_auth = "u:p" })
      .headers.authorization)
    assert.equal("Basic dTo=", sent({ { basicAuth = {} } }, { username = "u" })
      .headers.authorization)
    assert.equal("Bot k y", sent({ { headerKey = {} } }, { headerKey = "Bot k y" })
      .headers["x-key"])
    assert.equal("/x?key=a%26b", sent({ { queryKey = {} } }, { queryKey = "a&b" }).target)
    assert.equal("session=c", sent({ { cookieKey = {} } }, { cookieKey = "c" }).headers.cookie)
  end)

  it("sends all that go together, and the first alternative that it can", function()
    local both = { { queryKey = {}, headerKey = {} }, { bearerAuth = {} } }
    local request = sent(both, { queryKey = "q", headerKey = "h", bearerAuth = "b" })
    assert.equal("/x?key=q", request.target)
    assert.equal("h", request.headers["x-key"])
    assert.is_nil(request.headers.authorization)
    request = sent(both, { queryKey = "q", bearerAuth = "b" })
    assert.equal("/x", request.target)
    assert.equal("Bearer b", request.headers.authorization)
  end)

  it("sends none where none is asked for", function()
    assert.is_nil(sent(nil, { bearerAuth = "b" }).headers.authorization)
    assert.is_nil(sent({ {}, { bearerAuth = {} } }).headers.authorization)
  end)

  it("refuses a call whose credential it lacks, and sends nothing", function()
    local _, err = call({ { bearerAuth = {} }, { queryKey = {} } }, { headerKey = "h" })
    assert.equal("invalid", err.kind)
    assert.matches("needs bearerAuth", err.message)
    _, err = call({ { digestAuth = {} } }, { bearerAuth = "b" })
    assert.matches("digestAuth %(not supported%)", err.message)
    assert.equal(0, #server:requests())
  end)

  it("takes a bearer token where the document names no scheme", function()
    local request = sent({ {} }, { token = "t1" }, { components = { schemas = {
      a = { type = "string" } } } })
    assert.is_nil(request.headers.authorization)
    local made = document({}, { components = { schemas = { a = { type = "string" } } } })
    made.paths["/x"].get.security = nil
    assert(convoke.openapi(made) { url = server.url, token = "t1" }:call "x")
    assert.equal("Bearer t1", server:request().headers.authorization)
  end)

  it("gives a free request what the document asks of all operations, else what it has", function()
    local function request(alternatives, options, more)
      options.url, options.retries = server.url, 0
      assert(convoke.openapi(document(alternatives, more))(options):request("GET", "/other"))
      return server:request()
    end
    local bearer, key = { { bearerAuth = {} } }, { { headerKey = {} } }
    local function both() return { bearerAuth = "b", headerKey = "k" } end
    local sends = request(bearer, both(), { security = key })
    assert.same({ nil, "k" }, { sends.headers.authorization, sends.headers["x-key"] })
    sends = request(bearer, { bearerAuth = "b" }, { security = key })
    assert.equal("Bearer b", sends.headers.authorization)
    sends = request({ { queryKey = {}, headerKey = {} } }, { queryKey = "q", headerKey = "h" })
    assert.same({ "/other?key=q", "h" }, { sends.target, sends.headers["x-key"] })
    sends = request(nil, { headerKey = "k" })
    assert.equal("k", sends.headers["x-key"])
    sends = request(bearer, {})
    assert.is_nil(sends.headers.authorization)
    server:answer({ status = 401 }, { status = 204 })
    local count = 0
    local function token()
      count = count + 1
      return "t" .. count
    end
    local c = convoke.openapi(document(bearer)) { url = server.url, retries = 0,
      bearerAuth = token }
    assert(c:request("GET", "/other"))
    assert.equal("Bearer t2", server:requests()[2].headers.authorization)
  end)

  it("lists schemes that it does not know", function()
    local api = convoke.openapi(document())
    assert.equal("#/components/securitySchemes/digestAuth", api.unsupported[1].place)
  end)

  it("gives no credential to plain http that leaves this machine", function()
    local api = convoke.openapi(document { { bearerAuth = {} } })
    assert.has_error(function() api { url = "http://api.example.com", bearerAuth = "b" } end)
    assert.has_error(function() api { url = "https://api.example.com", bearerAuth = "a\r\nb" } end)
  end)

  it("shows no secret, in errors or requests, whatever the server sends back", function()
    server:answer { status = 400, body = '{"message":"secret_1 and secret_2 are wrong"}' }
    local api = convoke.openapi(document { { queryKey = {}, headerKey = {} } })
    local c = api { url = server.url, retries = 0, queryKey = "secret_1", headerKey = "secret_2" }
    local _, err = c:call "x"
    assert.is_nil((tostring(err) .. cjson.encode { err.message }):find "secret_")
    local shown = assert(c:dry "x")
    for _, text in pairs(shown.headers) do assert.is_nil(text:find "secret_") end
    assert.is_nil(shown.url:find "secret_")
    assert.is_nil(tostring(c):find "secret_")
  end)

  it("asks a function for a token, and again after a 401", function()
    local asked = 0
    server:answer({ status = 401 }, { status = 204 })
    local c = convoke.openapi(document { { bearerAuth = {} } }) { url = server.url, retries = 0,
      bearerAuth = function()
        asked = asked + 1
        return "t" .. asked
      end }
    assert(c:call "x")
    local requests = server:requests()
    assert.equal("Bearer t1", requests[1].headers.authorization)
    assert.equal("Bearer t2", requests[2].headers.authorization)
  end)

  it("fetches a token for a program, uses it, and fetches another after a 401", function()
    local token = '{"access_token":"secret_%d","expires_in":3600}'
    server:answer({ body = token:format(1) }, { status = 204 }, { status = 204 }, { status = 401 },
      { body = token:format(2) }, { status = 204 })
    local made = document({ { oauth = { "read" } } }, { components = { securitySchemes = {
      oauth = { type = "oauth2", flows = { clientCredentials = { scopes = {},
        tokenUrl = server.url .. "/oauth/token?a=b" } } } } } })
    local c = convoke.openapi(made) { url = server.url, retries = 0, oauth = { client_id = "id",
      client_secret = "pw", scopes = { "read", "write" } } }
    for _ = 1, 3 do assert(c:call "x") end
    local requests = server:requests()
    assert.equal("/oauth/token?a=b", requests[1].target)
    assert.equal("Basic aWQ6cHc=", requests[1].headers.authorization)
    assert.equal("grant_type=client_credentials&scope=read%20write", requests[1].body)
    local seen = {}
    for i, request in ipairs(requests) do seen[i] = request.headers.authorization end
    assert.same({ "Basic aWQ6cHc=", "Bearer secret_1", "Bearer secret_1", "Bearer secret_1",
      "Basic aWQ6cHc=", "Bearer secret_2" }, seen)
  end)
end)
