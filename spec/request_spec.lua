-- Requests: what leaves for the server, byte by byte where it matters.

local answers = require "spec.support.answers"
local cjson = require "cjson"
local compile = require "spec.support.compile"
local convoke = require "convoke"
local reference = require "spec.support.reference"
local echo_server = require "spec.support.echo_server"
local preloaded = require "spec.support.preloaded"

local null = convoke.null

-- Undoes percent-encoding; a plus stays one.
local function decoded(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- Path and query values, by name, of a request line's target.
local function parts(target)
  local path, query = target:match "^([^?]*)%??(.*)$"
  local values = {}
  for name, value in query:gmatch "([^&=]+)=([^&]*)" do values[decoded(name)] = decoded(value) end
  return path, values
end

-- Values that break addresses put together carelessly.
local hard = {
  "a/b", "a?b=c", "a#b", "a%b", "a%2Fb", "a+b", "a b", " ", "+", "%", "/", "//", "?", "#", "&", "=",
  "a&b=c", "a=b", ";", ":", "@", "!", "$", "'", "(", ")", "*", ",", "[", "]", "\\", "|", "^", "`",
  "{", "}", "<", ">", '"', "~", "-._~", "...", "..a", "../x", "./x", "x/..", "é", "€", "𝄞",
  "日本語", "\t", "\1", "\127", "%00", "%2e%2e", "http://evil.example/", "//evil.example",
  "x\\..\\y", ("x"):rep(4000), "100%", "nul\0nul", "a\r\nX-Evil: 1",
}

describe("a request", function()
  local server

  setup(function() server = echo_server.start() end)
  teardown(function() server:stop() end)
  before_each(function()
    server:answer { body = answers.any }
    server:requests()
  end)

  local function client(api, extra)
    local options = { url = server.url, retries = 0 }
    if api == "clerk" then options.secret_key = "sk_test_1" end
    if api == "cvat" or api == "edgegap" then options.token = "token_1" end
    for name, value in pairs(extra or {}) do options[name] = value end
    return convoke[api](options)
  end

  local function assert_invalid(field, ok, err)
    assert.is_nil(ok)
    assert.equal("invalid", err.kind)
    local fields = {}
    for i, fault in ipairs(err.fields) do fields[i] = fault.field end
    assert.equal(field, table.concat(fields, " "))
    assert.equal(0, #server:requests())
  end

  describe("address", function()
    it("carries path values as given", function()
      local edgegap = client "edgegap"
      for _, value in ipairs(hard) do
        assert(edgegap.sessions:get(value))
        local target = server:request().target
        assert.is_nil(target:find("[^%w%-._~/%%]"), target)
        local path = parts(target)
        local segment = path:match "^/v1/session/([^/]*)$"
        assert(segment, path)
        assert.equal(value, decoded(segment))
      end
    end)

    it("may have steps in it that lead nowhere, which the query survives", function()
      assert(client("clerk", { url = server.url .. "/a/./b/../c" }).invitations:list { limit = 7 })
      assert.equal("/a/c/invitations?limit=7", server:request().target)
    end)

    it("carries path values as given amid a path, and among the parameters", function()
      local clerk = client "clerk"
      for _, value in ipairs(hard) do
        assert(clerk.invitations:revoke { invitation_id = value })
        local segment = server:request().target:match "^/invitations/([^/?]*)/revoke$"
        assert.equal(value, segment and decoded(segment))
      end
    end)

    it("carries query values as given", function()
      local clerk, cvat = client "clerk", client "cvat"
      for _, value in ipairs(hard) do
        assert(clerk.invitations:list { query = value, order_by = value })
        local target = server:request().target
        assert.is_nil(target:find("[^%w%-._~/%%?&=]"), target)
        local path, values = parts(target)
        assert.equal("/invitations", path)
        assert.same({ query = value, order_by = value }, values)
        assert(cvat.invitations:list { filter = value })
        path, values = parts(server:request().target)
        assert.equal("/api/invitations", path)
        assert.same({ filter = value }, values)
      end
    end)

    it("carries any bytes of text as given", function()
      math.randomseed(19)
      local clerk, edgegap = client "clerk", client "edgegap"
      for _ = 1, 60 do
        local made = {}
        for i = 1, math.random(1, 30) do
          made[i] = math.random() < 0.8 and string.char(math.random(0, 127)) or "é"
        end
        local value = table.concat(made)
        assert(clerk.invitations:list { query = value })
        local _, values = parts(server:request().target)
        assert.equal(value, values.query)
        if value ~= "." and value ~= ".." then
          assert(edgegap.sessions:get(value))
          assert.equal(value, decoded(server:request().target:match "^/v1/session/([^/]*)$"))
        end
      end
    end)

    it("has spaces as %20 and a plus as %2B", function()
      assert(client "clerk".invitations:list { query = "a b+c", order_by = "+created_at" })
      assert.equal("/invitations?query=a%20b%2Bc&order_by=%2Bcreated_at", server:request().target)
    end)

    it("has letters, digits and - . _ ~ as they are, and nothing else", function()
      local all = {}
      for byte = 1, 126 do all[byte] = string.char(byte) end
      assert(client "clerk".invitations:list { query = table.concat(all) })
      local plain = server:request().target:match "query=(.*)$":gsub("%%%x%x", "")
      assert.equal("-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~", plain)
    end)

    it("has numbers and booleans in plain form", function()
      assert(client "clerk".invitations:list { limit = 500, offset = 0, paginated = false })
      assert.equal("/invitations?paginated=false&limit=500&offset=0", server:request().target)
      assert(client "clerk".invitations:list { limit = 10.0, offset = 1e6 })
      assert.equal("/invitations?limit=10&offset=1000000", server:request().target)
    end)

    it("has no query without values, and an empty value where one is given", function()
      assert(client "clerk".invitations:list {})
      assert.equal("/invitations", server:request().target)
      assert(client "clerk".invitations:list { query = "" })
      assert.equal("/invitations?query=", server:request().target)
    end)

    it("refuses path values that a path would swallow", function()
      for _, value in ipairs { "", ".", ".." } do
        assert_invalid("session_id", client "edgegap".sessions:get(value))
        assert_invalid("token", client "gencove".invitations:read_token(value))
        assert_invalid("key", client "cvat".invitations:get(value))
        assert_invalid("invitation_id", client "clerk".invitations:revoke(value))
      end
    end)

    it("stays below the client's own path", function()
      local below = client("clerk", { url = server.url .. "/a/b" })
      assert(below.invitations:revoke "../../x")
      assert.equal("/a/b/invitations/..%2F..%2Fx/revoke", server:request().target)
    end)

    it("of Gencove has slashes where the vendor wants them", function()
      local invitations = client "gencove".invitations
      assert(invitations:list())
      assert(invitations:create { email = "a@b.example" })
      assert(invitations:read_token "t")
      assert(invitations:accept "t")
      server:answer { status = 204 }
      assert(invitations:delete "i")
      local lines = {}
      for i, request in ipairs(server:requests()) do
        lines[i] = request.method .. " " .. request.target
      end
      assert.same({ "GET /invitations/", "POST /invitations/", "GET /invitations-token/t",
        "PATCH /invitations-token/t", "DELETE /invitations/i" }, lines)
    end)

    it("is right for each of the 27 operations", function()
      local function one_of(schema)
        if schema.enum then return schema.enum[1] end
        if schema.type == "string" then return "x y" end
        if schema.type == "integer" or schema.type == "number" then return 5 end
        if schema.type == "boolean" then return true end
        if schema.type == "array" then return { one_of(schema.items) } end
        local made = {}
        for _, field in ipairs(schema.fields or {}) do made[field.name] = one_of(field) end
        return made
      end
      local clients = {}
      for _, operation in ipairs(reference) do
        clients[operation.api] = clients[operation.api] or client(operation.api)
        local params, expected, path, body = {}, {}, operation.path, nil
        for _, param in ipairs(operation.params) do
          local value = one_of(param)
          if param.where == "path" then
            path = path:gsub("{" .. param.name .. "}", "x%%20y")
            params[param.name] = value
          elseif param.required or param.where == "body" then
            params[param.name] = value
            if param.where == "body" then
              body = body or {}
              body[param.name] = value
            else
              expected[param.name] = tostring(value)
            end
          end
        end
        local whole = answers.whole(operation)
        server:answer { status = whole and 200 or 204, body = whole or "" }
        local resource, verb = operation.name:match "^%a+%.([^.]+)%.(.*)$"
        local target = clients[operation.api][resource]
        local ok, err = target[verb](target, params)
        assert(ok ~= nil, tostring(err))
        local request = server:request()
        assert.equal(operation.method, request.method)
        local sent_path, query = parts(request.target)
        assert.equal(path, sent_path)
        assert.same(expected, query)
        if operation.api == "convex" then
          body = { args = body or {}, format = "convex_encoded_json" }
        end
        if body then
          assert.same(body, cjson.decode(request.body))
          assert.equal("application/json", request.headers["content-type"])
          assert.equal(tostring(#request.body), request.headers["content-length"])
        else
          assert.equal("", request.body)
          assert.is_nil(request.headers["content-type"])
        end
      end
    end)
  end)

  describe("body", function()
    it("goes with POST, PUT, PATCH and DELETE alike", function()
      local sessions = client "edgegap".sessions
      assert(sessions:add_users("s", { ip_list = { "1.2.3.4" } }))
      assert(sessions:remove_users("s", { ip_list = { "1.2.3.4" } }))
      local requests = server:requests()
      for i, method in ipairs { "PUT", "DELETE" } do
        assert.equal(method .. " /v1/session/s/users HTTP/1.1",
          requests[i].raw:match "^[^\r\n]*")
        assert.equal('{"ip_list":["1.2.3.4"]}', requests[i].body)
        assert.equal("23", requests[i].headers["content-length"])
        assert.equal("application/json", requests[i].headers["content-type"])
      end
      assert(client "cvat".invitations:update("k", { role = "worker" }))
      local request = server:request()
      assert.equal("PATCH", request.method)
      assert.equal('{"role":"worker"}', request.body)
    end)

    it("is {} where one is expected and no field is given", function()
      assert(client "gencove".invitations:accept "t")
      assert.equal("{}", server:request().body)
      assert(client "gencove".invitations:accept("t", {}))
      assert.equal("{}", server:request().body)
      assert(client "cvat".invitations:update "k")
      assert.equal("{}", server:request().body)
    end)

    it("is none where none is expected", function()
      assert(client "clerk".invitations:revoke "i")
      local request = server:request()
      assert.equal("POST", request.method)
      assert.equal("", request.body)
      assert.equal("0", request.headers["content-length"])
      assert.is_nil(request.headers["content-type"])
      server:answer { body = '{"message":"","session_id":"s"}' }
      assert(client "edgegap".sessions:delete "s")
      request = server:request()
      assert.equal("DELETE", request.method)
      assert.is_nil(request.headers["content-type"])
      assert.is_nil(request.headers["transfer-encoding"])
    end)

    it("of large size goes at once, without asking first", function()
      local text = ("x"):rep(3 * 1024 * 1024)
      assert(client "clerk".invitations:create { email_address = text })
      local request = server:request()
      assert.is_nil(request.headers.expect)
      assert.equal(#text + #'{"email_address":""}', #request.body)
    end)

    it("of Convex is an envelope", function()
      server:answer { body = '{"status":"success","value":null}' }
      assert(client "convex".invite_codes:apply_invite_code { code = "c" })
      local request = server:request()
      assert.equal("/api/run/inviteCodes/applyInviteCode", request.target)
      assert.equal('{"args":{"code":"c"},"format":"convex_encoded_json"}',
        request.body)
      assert(client "convex":mutation("users:add", { name = "a" }))
      request = server:request()
      assert.equal("POST /api/mutation", request.method .. " " .. request.target)
      assert.equal('{"path":"users:add","args":[{"name":"a"}],"format":"convex_encoded_json"}',
        request.body)
    end)

    it("of a bulk stop without filters goes only when that is said", function()
      local sessions = client "edgegap".sessions
      server:answer { body = '{"processable":[]}' }
      assert_invalid("filters", sessions:bulk_stop { filters = {} })
      assert_invalid("filters", sessions:bulk_stop { filters = convoke.array {} })
      assert_invalid("filters", sessions:bulk_stop({ filters = {} }, { allow_empty = false }))
      assert_invalid("filters", sessions:bulk_stop({}, { allow_empty = true }))
      assert_invalid("filters", sessions:bulk_stop({ filters = null }, { allow_empty = true }))
      assert(sessions:bulk_stop({ filters = {} }, { allow_empty = true }))
      assert.equal('{"filters":[]}', server:request().body)
    end)

    it("of a bulk stop with a filter that says nothing goes only when that is said", function()
      local sessions = client "edgegap".sessions
      server:answer { body = '{"processable":[]}' }
      local function filter(kind, values, field)
        return { field = field or "session_id", filter_type = kind, values = values }
      end
      local one = filter("any", { "s" })
      for _, kind in ipairs { "not", "all", "any" } do
        for _, values in ipairs { {}, convoke.array {}, { "" }, { "", " \t" } } do
          local empty = filter(kind, values, "deployment_tags")
          assert_invalid("filters[1].values", sessions:bulk_stop { filters = { empty } })
          assert_invalid("filters[2].values", sessions:bulk_stop { filters = { one, empty } })
          assert_invalid("filters[1].values",
            sessions:bulk_stop({ filters = { empty, one } }, { allow_empty = false }))
          assert.equal(0, #server:requests())
          assert(sessions:bulk_stop({ filters = { one, empty } }, { allow_empty = true }))
          assert.equal(1, #server:requests())
        end
      end
      assert(sessions:bulk_stop { filters = { one, filter("not", { "", "x" }) } })
    end)
  end)

  describe("headers", function()
    it("say what is wanted and who asks", function()
      assert(client "clerk".invitations:list())
      local headers = server:request().headers
      assert.equal("application/json", headers.accept)
      assert.matches("^convoke/%d+%.%d+%.%d+$", headers["user-agent"])
      assert.equal("127.0.0.1:" .. server.port, headers.host)
    end)

    it("tell Convex the name and version of its client, and nobody else", function()
      client("convex"):query("module:function", {})
      assert.equal("convoke-" .. convoke.version, server:request().headers["convex-client"])
      assert(client("clerk").invitations:list())
      assert.is_nil(server:request().headers["convex-client"])
    end)

    it("come once each", function()
      assert(client("clerk", { api_version = "2026-05-12" }).invitations:create({
        email_address = "a" }, { headers = { ["x-a"] = "1", ["User-Agent"] = "me",
        ["clerk-api-version"] = "2025-11-10", ["ACCEPT"] = "application/json; q=1" } }))
      local request = server:request()
      for name, count in pairs(request.counts) do assert.equal(1, count, name) end
      assert.equal("me", request.headers["user-agent"])
      assert.equal("2025-11-10", request.headers["clerk-api-version"])
      assert.equal("application/json; q=1", request.headers.accept)
    end)

    it("ask for the encoding that the caller wants, if any", function()
      local options = { headers = { ["accept-encoding"] = "identity" } }
      assert(client("clerk").invitations:list({}, options))
      local request = server:request()
      assert.equal(1, request.counts["accept-encoding"])
      assert.equal("identity", request.headers["accept-encoding"])
    end)

    it("of Clerk tell the version that the client was given, or the newest one known", function()
      local function version(api_version)
        assert(client("clerk", { api_version = api_version }).invitations:list())
        return server:request().headers["clerk-api-version"]
      end
      assert.equal("2025-04-10", version "2025-04-10")
      assert.equal("2026-05-12", version(nil))
      assert.is_nil(version(false)) -- something on the way may add one: two are refused
      assert.is_false(pcall(client, "clerk", { api_version = true }))
      for _, wrong in ipairs { "", "a\r\nX-Evil: 1", "a\0b", 5 } do
        assert.is_false(pcall(client, "clerk", { api_version = wrong }))
      end
    end)

    it("of CVAT ask for its own kind of JSON", function()
      assert(client "cvat".invitations:list())
      assert.equal("application/vnd.cvat+json", server:request().headers.accept)
    end)

    it("of one call go with that call only", function()
      local clerk = client "clerk"
      local given = { ["X-Trace"] = "abc", ["X-Other"] = "é; =," }
      assert(clerk.invitations:list({}, { headers = given }))
      local headers = server:request().headers
      assert.equal("abc", headers["x-trace"])
      assert.equal("é; =,", headers["x-other"])
      assert(clerk.invitations:list())
      assert.is_nil(server:request().headers["x-trace"])
    end)

    it("of a listing go with each of its pages", function()
      server:answer({ body = '[{"id":"a"}]' }, { body = "[]" })
      local clerk = client "clerk"
      for _ in clerk.invitations:each({ limit = 1 }, { headers = { ["X-Trace"] = "abc" } }) do end
      local requests = server:requests()
      assert.equal(2, #requests)
      for _, request in ipairs(requests) do assert.equal("abc", request.headers["x-trace"]) end
    end)

    it("cannot be smuggled in by a value", function()
      local cvat, clerk = client "cvat", client "clerk"
      for _, evil in ipairs { "a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\0b", "\n" } do
        assert_invalid("X-Organization", cvat.invitations:list { ["X-Organization"] = evil })
        assert_invalid("headers.X-A", clerk.invitations:list({}, { headers = { ["X-A"] = evil } }))
        assert.is_false(pcall(client, "clerk", { user_agent = evil }))
        local ok, err = clerk.invitations:list({}, { headers = { ["X-A" .. evil] = "b" } })
        assert.is_nil(ok)
        assert.equal("invalid", err.kind)
      end
      assert.equal(0, #server:requests())
    end)

    it("with names that are none are refused", function()
      local clerk = client "clerk"
      for _, name in ipairs { "", " ", "X A", "X:A", "X-A:", "é", "X\tA", "(x)", "a,b", "a;b" } do
        local ok, err = clerk.invitations:list({}, { headers = { [name] = "b" } })
        assert.is_nil(ok)
        assert.equal("invalid", err.kind)
        assert.matches("not a header name", err.fields[1].message, 1, true)
      end
      local ok, err = clerk.invitations:list({}, { headers = { "X-A: b" } })
      assert.is_nil(ok)
      assert.equal("headers", err.fields[1].field)
      assert.equal(0, #server:requests())
    end)

    it("that are no text, or nothing, are refused", function()
      local clerk = client "clerk"
      for _, value in ipairs { 5, true, {}, "", " ", "\t" } do
        assert_invalid("headers.X-A", clerk.invitations:list({}, { headers = { ["X-A"] = value } }))
      end
      assert_invalid("X-Organization",
        client "cvat".invitations:list { ["X-Organization"] = "" })
    end)

    it("that convoke sets itself cannot be replaced", function()
      local clerk = client "clerk"
      for _, name in ipairs { "Authorization", "authorization", "Cookie", "Host", "Referer",
        "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "Expect", "Upgrade",
        "X-CSRFToken" } do
        assert_invalid("headers." .. name,
          clerk.invitations:list({}, { headers = { [name] = "x" } }))
      end
    end)

    it("and parameters with faults are all named at once", function()
      local _, err = client "clerk".invitations:list({ limit = 0, what = 1 },
        { headers = { ["X-A"] = "\n", Host = "x" } })
      local fields = {}
      for i, fault in ipairs(err.fields) do fields[i] = fault.field end
      table.sort(fields)
      assert.same({ "headers.Host", "headers.X-A", "limit", "what" }, fields)
    end)
  end)

  describe("of CVAT acts in an organisation", function()
    -- Query values and the header of the only request.
    local function context()
      local request = server:request()
      local _, query = parts(request.target)
      query["X-Organization"] = request.headers["x-organization"]
      return query
    end

    it("that the client names", function()
      local cvat = client("cvat", { org = "acme é" })
      assert(cvat.invitations:list())
      assert.same({ org = "acme é" }, context())
      assert(cvat.invitations:get "k")
      assert.same({ org = "acme é" }, context())
      assert(cvat.invitations:create { role = "worker", email = "a@b.example" })
      assert.same({ org = "acme é" }, context())
      assert(cvat.invitations:update("k", {}))
      assert.same({ org = "acme é" }, context())
      server:answer { status = 204 }
      assert(cvat.invitations:delete "k")
      assert.same({ org = "acme é" }, context())
      server:answer { body = '{"results":[]}' }
      assert(client("cvat", { org_id = 7 }).invitations:list())
      assert.same({ org_id = "7" }, context())
    end)

    it("or that the call names, in parameters or options", function()
      local cvat = client("cvat", { org = "acme" })
      assert(cvat.invitations:list { org = "other" })
      assert.same({ org = "other" }, context())
      assert(cvat.invitations:list { org_id = 5 })
      assert.same({ org_id = "5" }, context())
      assert(cvat.invitations:list({}, { org = "other" }))
      assert.same({ org = "other" }, context())
      assert(cvat.invitations:list(nil, { org_id = 5 }))
      assert.same({ org_id = "5" }, context())
      assert(cvat.invitations:get("k", nil, { org = "other" }))
      assert.same({ org = "other" }, context())
      cvat = client("cvat", { org_id = 7 })
      assert(cvat.invitations:list { ["X-Organization"] = "other" })
      assert.same({ ["X-Organization"] = "other" }, context())
      assert(cvat.invitations:list { org = "other" })
      assert.same({ org = "other" }, context())
    end)

    it("or none, or the personal one", function()
      assert(client "cvat".invitations:list())
      assert.same({}, context())
      assert(client "cvat".invitations:list { org = "" })
      assert.same({ org = "" }, context())
      assert(client("cvat", { org = "acme" }).invitations:list { org = "" })
      assert.same({ org = "" }, context())
      assert(client("cvat", { org = "acme" }).invitations:list({}, { org = "" }))
      assert.same({ org = "" }, context())
      assert(client("cvat", { org = "" }).invitations:list())
      assert.same({ org = "" }, context())
    end)

    it("but not in two", function()
      local cvat = client "cvat"
      assert_invalid("org_id", cvat.invitations:list { org = "a", org_id = 1 })
      assert_invalid("org_id", cvat.invitations:list { ["X-Organization"] = "a", org_id = 1 })
      assert_invalid("org", cvat.invitations:list { ["X-Organization"] = "a", org = "b" })
      assert_invalid("org_id org_id org", cvat.invitations:get("k",
        { ["X-Organization"] = "a", org = "b", org_id = 1 }))
      assert.is_false(pcall(client, "cvat", { org = "a", org_id = 1 }))
      for _, default in ipairs { {}, { org = "c" }, { org_id = 3 } } do
        local list = client("cvat", default).invitations
        assert.is_false(pcall(list.list, list, {}, { org = "a", org_id = 1 }))
        assert_invalid("org", list:list({ org_id = 1 }, { org = "a" }))
        assert_invalid("org_id", list:list({ org = "a" }, { org_id = 1 }))
        assert_invalid("org", list:list({ org = "a" }, { org = "b" }))
        assert_invalid("org", list:list({ ["X-Organization"] = "a" }, { org = "b" }))
        assert_invalid("org_id", list:get("k", { ["X-Organization"] = "a" }, { org_id = 2 }))
        assert.is_false(pcall(list:each({ org = "a" }, { org = "b" })))
        assert.equal(0, #server:requests())
      end
    end)

    it("that may be said twice in the same words", function()
      local cvat = client "cvat"
      assert(cvat.invitations:list { ["X-Organization"] = "a", org = "a" })
      assert.same({ ["X-Organization"] = "a", org = "a" }, context())
      assert(cvat.invitations:list({ org = "a" }, { org = "a" }))
      assert.same({ org = "a" }, context())
    end)

    it("on every page of a listing", function()
      local link = "http://elsewhere.example/?page=2"
      server:answer({ body = '{"count":2,"next":"' .. link .. '","results":[{"key":"a"}]}' },
        { body = '{"count":2,"next":null,"results":[{"key":"b"}]}' })
      local cvat, keys = client("cvat", { org = "acme" }), {}
      for invitation in cvat.invitations:each({}, { org = "other" }) do
        keys[#keys + 1] = invitation.key
      end
      assert.same({ "a", "b" }, keys)
      for i, request in ipairs(server:requests()) do
        local _, query = parts(request.target)
        assert.equal("other", query.org)
        assert.equal(i == 2 and "2" or nil, query.page)
      end
    end)

    it("takes all as a page size, and no other word", function()
      assert(client "cvat".invitations:list { page_size = "all" })
      assert.same({ page_size = "all" }, context())
      assert_invalid("page_size", client "cvat".invitations:list { page_size = "ALL" })
      assert_invalid("page", client "cvat".invitations:list { page = "all" })
      local _, err = client "cvat".invitations:list { page_size = "alles" }
      assert.equal("must be a number or one of: all", err.fields[1].message)
    end)
  end)

  it("asks for gzip, if libcurl can read that", function()
    assert(client "clerk".invitations:list {})
    assert.equal("gzip", server:request().headers["accept-encoding"])
    local library = compile("no_zlib", "libcurl")
    local output = preloaded(library, ([[
      local clerk = require("convoke").clerk { url = %q, secret_key = "sk_test_1" }
      print(clerk.invitations:list {} ~= nil)
    ]]):format(server.url))
    os.remove(library)
    assert.equal("true\n", output)
    assert.is_nil(server:request().headers["accept-encoding"])
  end)

  it("as a transport of one's own sees it is what the server sees", function()
    local seen
    local passing = { send = function(request)
      seen = request
      return convoke.transport.send(request)
    end }
    local clerk = client("clerk", { transport = passing })
    assert(clerk.invitations:create({ email_address = "é" }, { headers = { ["X-A"] = "b" } }))
    local request = server:request()
    assert.equal(request.method, seen.method)
    assert.equal(server.url .. request.target, seen.url)
    assert.equal(request.body, seen.body)
    for name, value in pairs(seen.headers) do
      if name ~= "Authorization" then assert.equal(request.headers[name:lower()], value) end
    end
  end)
end)
