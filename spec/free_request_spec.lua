-- client:request(): any endpoint of an API, as the catalogue does not know it.

local convoke = require "convoke"
local echo_server = require "spec.support.echo_server"
local raw_server = require "spec.support.raw_server"
local sandbox = require "convoke.sandbox"

describe("client:request", function()
  local server
  setup(function() server = echo_server.start() end)
  teardown(function() server:stop() end)
  before_each(function()
    server:answer { body = "{}" }
    server:requests()
  end)

  local function client(api, extra)
    local options = { url = server.url .. "/base", retries = 0, timeout = 5 }
    if api == "clerk" then options.secret_key = "sk_test_1" end
    if api == "cvat" or api == "edgegap" then options.token = "token_1" end
    for name, value in pairs(extra or {}) do options[name] = value end
    return convoke[api](options)
  end

  -- The request line and the body of what was sent, and all of it.
  local function sent()
    local requests = server:requests()
    assert.equal(1, #requests)
    local text = requests[1].raw
    return text:match "^(.-) HTTP/1.1\r\n", text:match "\r\n\r\n(.*)$", text
  end

  it("reaches an endpoint with the client's credential, headers and address", function()
    server:answer { body = '{"id":"user_1","tags":[],"big":9007199254740993}' }
    local user, err, meta = client("clerk"):request("GET", "/users/user_1")
    assert.is_nil(err)
    assert.equal("user_1", user.id)
    assert.equal(200, meta.status)
    assert.equal(1, meta.attempts)
    assert.equal("9007199254740993", tostring(user.big):gsub("%.0$", ""))
    local line, body, text = sent()
    assert.equal("GET /base/users/user_1", line)
    assert.equal("", body)
    assert.truthy(text:find("Authorization: Bearer sk_test_1\r\n", 1, true))
    assert.falsy(text:lower():find("content-type", 1, true))
  end)

  it("writes the query in the order of its names, whatever stands in it", function()
    local big = convoke.int64 "9223372036854775807"
    assert(client("clerk"):request("GET", "/x", { query = { b = { "1&2", true, 3 }, a = "é=",
      c = 1.5, d = big, e = {} } }))
    assert.equal("GET /base/x?a=%C3%A9%3D&b=1%262&b=true&b=3&c=1.5&d=9223372036854775807", (sent()))
  end)

  it("writes a body as JSON, and a string as it is", function()
    local c = client "clerk"
    assert(c:request("POST", "/users", { body = { name = "ada", tags = convoke.array {} } }))
    local line, body, text = sent()
    assert.equal("POST /base/users", line)
    assert.truthy(body == '{"name":"ada","tags":[]}' or body == '{"tags":[],"name":"ada"}', body)
    assert.truthy(text:find("Content-Type: application/json\r\n", 1, true))
    assert(c:request("PATCH", "/x", { body = "a=1", headers = {
      ["content-type"] = "application/x-www-form-urlencoded" } }))
    line, body, text = sent()
    assert.equal("PATCH /base/x", line)
    assert.equal("a=1", body)
    assert.truthy(text:find("\r\nContent-Type: application/x-www-form-urlencoded\r\n", 1, true))
    assert.falsy(text:find("Content-Type: application/json", 1, true))
    assert(c:request("PUT", "/x", { body = convoke.null }))
    line, body = sent()
    assert.equal("PUT /base/x", line)
    assert.equal("null", body)
    assert(c:request("DELETE", "/x"))
    line, body = sent()
    assert.equal("DELETE /base/x", line)
    assert.equal("", body)
    for _, method in ipairs { "POST", "PUT", "PATCH" } do
      assert(c:request(method, "/x"))
      line, body, text = sent()
      assert.equal(method .. " /base/x", line)
      assert.equal("", body)
      assert.truthy(text:lower():find("content-length: 0\r\n", 1, true))
    end
  end)

  it("asks for a head alone, and for others again on the same connection", function()
    server:stop()
    server = raw_server.start()
    server:play { { { "receive" },
      { "send", "HTTP/1.1 200 OK\r\nContent-Length: 999\r\nX-Count: 7\r\n\r\n" },
      { "receive" }, { "send", raw_server.answer(200, '{"a":1}') },
      { "receive" }, { "send", "HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\n" },
      { "receive" }, { "send", raw_server.answer(200, '{"a":2}') }, { "hold" } } }
    local c = client "clerk"
    local value, _, meta = c:request("HEAD", "/users")
    assert.is_true(value)
    assert.equal("7", meta.headers["X-Count"])
    assert.equal(1, c:request("GET", "/users").a)
    local nothing, err = c:request("HEAD", "/gone")
    assert.is_nil(nothing)
    assert.equal(404, err.status)
    assert.equal("refused", err.outcome)
    assert.equal(2, c:request("POST", "/users", { body = {} }).a)
    local requests = server:requests()
    for i, method in ipairs { "HEAD", "GET", "HEAD", "POST" } do
      assert.equal(method, requests[i].head:match "^%u+")
      assert.equal(requests[1].connection, requests[i].connection)
    end
    server:stop()
    server = echo_server.start()
  end)

  it("keeps a path within the address, and the request in one piece", function()
    local c = client "clerk"
    for path, line in pairs {
      ["/a b/é/%2F"] = "/base/a%20b/%C3%A9/%2F", ["//evil.example/x"] = "/base//evil.example/x",
      ["/a\r\nX-Evil: 1"] = "/base/a%0D%0AX-Evil:%201", ["/a\0b"] = "/base/a%00b",
      ["/@evil.example"] = "/base/@evil.example", ["/..a/.../"] = "/base/..a/.../",
      ["/{id}/users"] = "/base/%7Bid%7D/users", ["/a\\..\\b"] = "/base/a%5C..%5Cb",
    } do
      assert(c:request("GET", path))
      local asked, _, text = sent()
      assert.equal("GET " .. line, asked)
      assert.falsy(text:find("\r\nX-Evil", 1, true))
    end
    for _, path in ipairs { "", "users", "/a/../b", "/..", "/a/.", "/%2e%2E/x", "/.%2e", "/a?b=c",
        "/a#b", "/100%", "/%zz", "http://evil.example/" } do
      local nothing, err = c:request("GET", path)
      assert.is_nil(nothing)
      assert.equal("invalid", err.kind, path)
      assert.equal("not_sent", err.outcome)
      assert.equal("path", err.fields[1].field)
      assert.equal("clerk.request", err.operation)
    end
    assert.equal(0, #server:requests())
  end)

  it("names what is wrong with its parts, and sends nothing", function()
    local c = client "clerk"
    local cycle = {}
    cycle.a = cycle
    for field, parts in pairs {
      ["query.a"] = { query = { a = convoke.null } }, ["query.b"] = { query = { b = { {} } } },
      ["query"] = { query = { "x" } }, ["query.n"] = { query = { n = 0 / 0 } },
      ["body.a"] = { body = cycle }, ["headers[\"a b\"]"] = { headers = { ["a b"] = "1" } },
      ["headers.x"] = { headers = { x = "a\r\nb" } },
      ["headers.Content-Type"] = { headers = { ["content-type"] = "a\nb" }, body = "x" },
      ["headers.content-type"] = { headers = { ["content-type"] = "text/plain" } },
      ["headers.Host"] = { headers = { Host = "evil.example" } },
    } do
      local nothing, err = c:request("POST", "/x", parts)
      assert.is_nil(nothing)
      assert.equal("invalid", err.kind)
      assert.equal(field, err.fields[1].field)
    end
    assert.equal(0, #server:requests())
  end)

  it("raises what is misuse", function()
    local c = client "clerk"
    local function raises(text, ...)
      local ok, err = pcall(c.request, c, ...)
      assert.is_false(ok)
      assert.truthy(tostring(err):find(text, 1, true), tostring(err))
    end
    raises("the method must be GET", "get", "/x")
    raises("the method must be GET", nil, "/x")
    raises("the path must be a string", "GET")
    raises("the parts must be a table", "GET", "/x", 7)
    raises("unknown part qery; did you mean query?", "GET", "/x", { qery = {} })
    raises("query must be a table", "GET", "/x", { query = "a=b" })
    raises("headers must be a table", "GET", "/x", { headers = 1 })
    raises("a HEAD request has no body", "HEAD", "/x", { body = {} })
    raises("unknown option", "GET", "/x", nil, { reconcile = true })
    raises("option idempotent must be a boolean", "GET", "/x", nil, { idempotent = 1 })
    raises("too many arguments", "GET", "/x", nil, nil, 1)
    assert.error_matches(function() c.request("GET", "/x") end, "call it with a colon")
    c:close()
    raises("closed", "GET", "/x")
  end)

  it("repeats what only reads, and other requests where that is allowed", function()
    local c = client("clerk", { retries = 1 })
    local function answered(method, options)
      server:answer({ status = 502, body = "{}" }, { body = '{"a":1}' })
      local _, err, meta = c:request(method, "/x", nil, options)
      server:requests()
      return err and err.outcome or meta.attempts
    end
    assert.equal(2, answered "GET")
    assert.equal("unknown", answered "POST")
    assert.equal("unknown", answered "DELETE")
    assert.equal(2, answered("POST", { idempotent = true }))
    assert.equal("unknown", answered("PUT", { idempotent = false }))
  end)

  it("reads errors as those of the API, and says what else came", function()
    local c = client "clerk"
    server:answer { status = 422, body =
      '{"errors":[{"code":"form_param_missing","message":"is missing"}]}' }
    local _, err = c:request("POST", "/users", { body = {} })
    assert.equal("form_param_missing", err.code)
    assert.equal("refused", err.outcome)
    assert.equal("clerk.request", err.operation)
    server:answer { status = 200, body = "<html>" }
    _, err = c:request("GET", "/x")
    assert.equal("decode", err.kind)
    server:answer { status = 204, body = "" }
    assert.is_true(c:request("DELETE", "/x"))
    server:answer { status = 200, body = "null" }
    assert.equal(convoke.null, c:request("GET", "/x"))
    _, err = convoke.clerk({ url = "http://127.0.0.1:1", secret_key = "sk_test_1", retries = 0 })
      :request("GET", "/x")
    assert.equal("connect", err.kind)
    assert.equal("not_sent", err.outcome)
  end)

  it("sends what the client says of all its calls, unless it is given", function()
    local c = client("cvat", { org = "team" })
    assert(c:request("GET", "/api/memberships", { query = { page = 2 } }))
    assert.equal("GET /base/api/memberships?org=team&page=2", (sent()))
    assert(c:request("GET", "/api/memberships", { query = { org_id = 7 } }))
    assert.equal("GET /base/api/memberships?org_id=7", (sent()))
    assert(c:request("GET", "/x", { headers = { ["x-organization"] = "other" } }))
    assert.equal("GET /base/x", (sent()))
    assert(c:request("GET", "/x", nil, { org = "own" }))
    assert.equal("GET /base/x?org=own", (sent()))
    assert(c:request("GET", "/x", nil, { headers = { ["X-A"] = "1" }, timeout = 5 }))
    assert.truthy(select(3, sent()):find("X-A: 1\r\n", 1, true))
  end)

  it("tells of failures inside Convex's answers, and gives the others whole", function()
    local c = client "convex"
    server:answer { body = '{"status":"success","value":1,"logLines":[]}' }
    local answer = assert(c:request("POST", "/api/query", { body = { path = "a:b", args = {} } }))
    assert.equal("success", answer.status)
    assert.equal(1, answer.value)
    server:answer { body = '{"status":"error","errorMessage":"no","errorData":{"code":"X"}}' }
    local nothing, err = c:request("POST", "/api/mutation", { body = { path = "a:b", args = {} } })
    assert.is_nil(nothing)
    assert.equal("X", err.code)
    assert.equal("refused", err.outcome)
    server:answer { body = '{"ts":"AAAAAAAAAAA="}' }
    assert.equal("AAAAAAAAAAA=", c:request("POST", "/api/query_ts").ts)
  end)

  -- A client whose first call meets a 429 for half a minute, and the paths of what it sends.
  local function throttled()
    local paths = {}
    return client("clerk", { transport = { send = function(request)
      paths[#paths + 1] = request.method .. " " .. request.url:match "^%w+://[^/]+(/[^?]*)"
      if #paths > 1 then return { status = 200, headers = {}, body = "[]" } end
      return { status = 429, headers = { ["Retry-After"] = "30" }, body = "{}" }
    end } }), paths
  end

  it("that meets a 429 holds its own endpoint only", function()
    local own, paths = throttled()
    own:request("POST", "/users/1/lock")
    local _, err = own:request("POST", "/users/1/lock")
    assert.equal("not_sent", err.outcome)
    assert(own:request("GET", "/users/1/lock"))
    assert(own:request("POST", "/users/2/lock"))
    assert(own.invitations:list {})
    assert.equal(4, #paths)
  end)

  it("is held with the operation that it is, and holds it", function()
    local own, paths = throttled()
    own.invitations:create { email_address = "ada@example.com" }
    local _, err = own:request("POST", "/invitations", { body = {} })
    assert.equal("not_sent", err.outcome)
    assert.equal(1, #paths)
    own, paths = throttled()
    own:request("POST", "/invitations/inv_1/revoke")
    _, err = own.invitations:revoke "inv_2"
    assert.equal("not_sent", err.outcome)
    assert.equal(1, #paths)
  end)

  it("ends at its deadline, and is cancelled like other calls", function()
    local slow = raw_server.start()
    finally(function() slow:stop() end)
    slow:play { { { "receive" }, { "hold" } } }
    local c = convoke.clerk { url = slow.url, secret_key = "sk_test_1", retries = 0 }
    local _, err = c:request("GET", "/x", nil, { timeout = 0.1 })
    assert.equal("timeout", err.kind)
    assert.equal("unknown", err.outcome)
    convoke.run(function()
      local task = convoke.spawn(function() return c:request("POST", "/x") end)
      convoke.sleep(0.05)
      task:cancel()
      _, err = task:await()
      assert.equal("cancelled", err.kind)
    end)
  end)

  it("works with the sandbox, and with a transport of one's own", function()
    local s = sandbox.start()
    finally(function() s:stop() end)
    local c = convoke.clerk { url = s.clerk.url, secret_key = s.clerk.secret_key }
    local made = assert(c:request("POST", "/invitations", { body = { email_address = "a@b.de" } }))
    assert.equal(made.id, assert(c:request("GET", "/invitations", { query = { limit = 1 } }))[1].id)
    local seen
    local own = convoke.clerk { secret_key = "sk_test_1", transport = { send = function(request)
      seen = request
      return { status = 200, body = "[]" }
    end } }
    assert.same({}, own:request("PUT", "/x", { body = "text", query = { a = 1 } }))
    assert.equal("PUT", seen.method)
    assert.equal("https://api.clerk.com/v1/x?a=1", seen.url)
    assert.equal("text", seen.body)
    assert.equal("Bearer [redacted]", seen.headers.Authorization)
  end)
end)
