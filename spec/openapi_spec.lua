-- Clients of an OpenAPI document: what they are called, send and read.

local cjson = require "cjson"
local convoke = require "convoke"
local echo_server = require "spec.support.echo_server"

-- A document with these paths and, beside them, other members.
local function document(paths, more)
  local made = { openapi = "3.1.0", info = { title = "Some API", version = "1" }, paths = paths }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

local text = { type = "string" }
local fine = { ["200"] = { description = "fine",
  content = { ["application/json"] = { schema = {} } } } }

-- An operation with these parameters: { name, place, schema, more members }.
local function operation(id, params, more)
  local made = { operationId = id, responses = fine, parameters = {} }
  for i, row in ipairs(params or {}) do
    local param = { name = row[1], ["in"] = row[2], required = row[2] == "path" or row.required,
      schema = row[3] or text }
    for name, value in pairs(row) do if type(name) == "string" then param[name] = value end end
    made.parameters[i] = param
  end
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

local function json_body(schema, required)
  return { required = required, content = { ["application/json"] = { schema = schema } } }
end

describe("an OpenAPI document", function()
  local server

  setup(function() server = echo_server.start() end)
  teardown(function() server:stop() end)
  before_each(function()
    server:answer { body = "{}" }
    server:requests()
  end)

  local function client(made, options, more)
    local given = { url = server.url, retries = 0 }
    for name, value in pairs(options or {}) do given[name] = value end
    return convoke.openapi(made, more)(given)
  end

  -- The target of the request that a call of the only operation makes.
  local function target_of(params, values, path, more)
    local c = client(document({ [path or "/x"] = { get = operation("x", params, more) } }))
    assert(c:call("x", values))
    return server:request().target
  end

  describe("that is none", function()
    local function refused(given, what)
      local ok, err = pcall(convoke.openapi, given)
      assert.is_false(ok)
      assert.matches(what, err)
    end

    it("is refused with the place where that shows", function()
      refused({}, "#/openapi: .*version is missing")
      refused({ swagger = "2.0" }, "#/swagger: .*convert it to OpenAPI 3")
      refused({ openapi = "4.0.0" }, "#/openapi: version 4%.0%.0")
      refused({ openapi = "3.0.3" }, "#/paths: it is missing")
      refused("[]", "no object")
      refused('{"openapi": "3.0.3", "paths": {"/x": {"get": tru}}}', "byte 46 %(#/paths/~1x/get%)")
      refused("no such file.json", "cannot be read")
      refused(("["):rep(300), "nested too deep")
    end)

    it("is refused for references that lead nowhere or round and round", function()
      refused(document { ["/x"] = { ["$ref"] = "#/nowhere" } },
        "#/paths/~1x/%$ref: #/nowhere names nothing in the document")
      refused(document({}, { components = { schemas = { a = { ["$ref"] = "#/components/schemas/b" },
        b = { ["$ref"] = "#/components/schemas/a" } } } }), "without an end")
    end)

    it("may refer to other files, which are read where it lies", function()
      local folder = os.tmpname()
      os.remove(folder)
      assert(require("lfs").mkdir(folder))
      local function write(name, made)
        local file = assert(io.open(folder .. "/" .. name, "w"))
        file:write(cjson.encode(made))
        file:close()
      end
      write("api.json", document { ["/x"] = { post = operation("x", {}, {
        requestBody = json_body { ["$ref"] = "./types.json#/a~1b" } }) } })
      write("types.json", { ["a/b"] = { type = "object", properties = {
        c = { ["$ref"] = "#/d" } } }, d = { type = "integer" } })
      local c = convoke.openapi(folder .. "/api.json") { url = server.url, retries = 0 }
      assert(c:call("x", { c = 1 }))
      assert.equal('{"c":1}', server:request().body)
      local _, err = c:call("x", { c = "d" })
      assert.equal("c", err.fields[1].field)
      os.remove(folder .. "/types.json")
      local good, why = pcall(function()
        return convoke.openapi(folder .. "/api.json").operations[1].params
      end)
      assert.is_false(good)
      assert.matches("types.json#/a~1b: the file cannot be read", why)
      os.remove(folder .. "/api.json")
      os.remove(folder)
    end)

    it("says what it has that is not supported", function()
      local api = convoke.openapi(document { ["/x"] = { get = operation("x", {
        { "q", "query", { type = "string", pattern = "(?=a)" } } }, { responses = { ["200"] = {
          description = "", content = { ["application/json"] = {} } } } }) } })
      local places = {}
      for i, row in ipairs(api.unsupported) do places[i] = row.place end
      assert.same({ "#/paths/~1x/get/parameters/0/schema/pattern" }, places)
    end)

    it("may have a reference among its examples", function()
      assert(convoke.openapi(document { ["/x"] = { get = operation("x", {}, {
        responses = { ["200"] = { description = "", content = { ["application/json"] = {
          example = { ["$ref"] = "#/nowhere" } } } } } }) } }))
    end)

    it("is refused for a schema that is made of itself", function()
      local api = convoke.openapi(document({ ["/x"] = { post = operation("x", {}, {
        requestBody = json_body { ["$ref"] = "#/components/schemas/a" } }) } }, { components = {
          schemas = { a = { allOf = { { ["$ref"] = "#/components/schemas/a" } } } } } }))
      local ok, err = pcall(function() return api.operations[1].params end)
      assert.is_false(ok)
      assert.matches("#/components/schemas/a.* made of itself without an end", err)
    end)
  end)

  describe("names", function()
    local function names_of(paths, options)
      local found = {}
      for _, each in ipairs(convoke.openapi(document(paths), options).operations) do
        found[#found + 1] = each.resource .. ":" .. each.verb
      end
      table.sort(found)
      return table.concat(found, " ")
    end

    it("resources by tags or paths, and verbs by ids without these words", function()
      assert.equal("repos:get", names_of { ["/r"] = { get = operation("repos/get", {},
        { tags = { "repos" } }) } })
      assert.equal("accounts:create_many", names_of { ["/v1/accounts"] = {
        post = operation "CreateManyAccounts" } })
      assert.equal("pets:get_pets_by_id", names_of {
        ["/pets/{id}"] = { get = { responses = fine } } })
    end)

    it("operations by their whole ids where verbs would be the same", function()
      assert.equal("accounts:get_account accounts:get_accounts", names_of {
        ["/accounts"] = { get = operation "GetAccounts" },
        ["/accounts/{id}"] = { get = operation "GetAccount" } })
    end)

    it("nothing that Lua or a client has a meaning for", function()
      assert.equal("call_:end_", names_of { ["/x"] = { post = operation("end", {},
        { tags = { "call" } }) } })
    end)

    it("what the user names as the user says", function()
      assert.equal("people:get", names_of({ ["/x"] = { get = operation("get", {},
        { tags = { "Users API" } }) } }, { resources = { ["Users API"] = "people" } }))
    end)

    it("neither of two operations by an id that both have", function()
      local api = convoke.openapi(document { ["/a"] = { get = operation "x" },
        ["/b"] = { get = operation "x" } })
      assert.matches("#/paths/~1[ab]/get/operationId", api.unsupported[1].place)
      local c = api { url = server.url, retries = 0 }
      assert.has_error(function() c:call "x" end)
      assert(c:call "GET /b")
      assert.equal("/b", server:request().target)
    end)
  end)

  describe("makes requests", function()
    it("with path values by position or name, and a query", function()
      local c = client(document { ["/a/{b}/c/{d}"] = { get = operation("get", {
        { "d", "path", { type = "integer" } }, { "b", "path" }, { "q", "query" } },
        { tags = { "a" } }) } })
      assert(c.a:get("one/two", 3, { q = "a&b" }))
      assert.equal("/a/one%2Ftwo/c/3?q=a%26b", server:request().target)
      assert(c.a:get { b = "x", d = 4 })
      assert.equal("/a/x/c/4", server:request().target)
    end)

    it("with the fields of a JSON object among the parameters", function()
      local c = client(document { ["/x/{id}"] = { post = operation("x", { { "id", "path" } }, {
        requestBody = json_body({ type = "object", required = { "n" }, properties = {
          n = { type = "integer" }, list = { type = "array", items = text } } }, true) }) } })
      assert(c:call("x", "7", { n = 1, list = {} }))
      local request = server:request()
      assert.equal("application/json", request.headers["content-type"])
      assert.same({ n = 1, list = {} }, cjson.decode(request.body))
      assert.matches('"list":%[%]', request.body)
      local _, err = c:call("x", "7", { list = { 1 }, m = 2 })
      assert.equal("invalid", err.kind)
      assert.matches("n is required", err.message)
      assert.matches("list%[1%] must be a string", err.message)
      assert.matches("m is not a field", err.message)
      assert.equal(0, #server:requests())
    end)

    it("with a body as a whole where a field of it has a parameter's name", function()
      local c = client(document { ["/x/{name}"] = { patch = operation("x", {
        { "name", "path" } }, {
        requestBody = json_body { type = "object", properties = { name = text } } }) } })
      assert(c:call("x", { name = "old", body = { name = "new" } }))
      local request = server:request()
      assert.equal("/x/old", request.target)
      assert.equal('{"name":"new"}', request.body)
    end)

    it("without a body where none of it is given and none is needed", function()
      local c = client(document { ["/x"] = { delete = operation("x", {}, { requestBody =
        json_body { type = "object", required = { "a" }, properties = { a = text } } }) } })
      assert(c:call "x")
      local request = server:request()
      assert.is_nil(request.headers["content-type"])
      assert.equal("", request.body)
      assert(c:call("x", { a = "b" }))
      assert.equal('{"a":"b"}', server:request().body)
    end)

    it("that leave out the headers which are no parameters", function()
      local c = client(document { ["/x"] = { get = operation("x", { { "Authorization", "header" },
        { "X-Own", "header" } }) } })
      local _, err = c:call("x", { Authorization = "secret" })
      assert.equal("invalid", err.kind)
      assert(c:call("x", { ["X-Own"] = "1" }))
      assert.equal("1", server:request().headers["x-own"])
    end)

    it("with a key of their own where the document has one, and then repeats them", function()
      local c = client(document { ["/x"] = { post = operation("x", {
        { "Idempotency-Key", "header" } }) }, ["/y"] = { post = operation("y") } }, { retries = 1 })
      server:answer({ status = 502 }, { body = "{}" })
      assert(c:call "x")
      local requests = server:requests()
      local key = requests[1].headers["idempotency-key"]
      assert.matches("^%x+%-%x+%-4%x+%-%x+%-%x+$", key)
      assert.equal(key, requests[2].headers["idempotency-key"])
      assert(c:call("x", { ["Idempotency-Key"] = "own" }))
      assert.equal("own", server:request().headers["idempotency-key"])
      server:answer { status = 502 }
      local _, err = c:call "y"
      assert.equal("unknown", err.outcome)
      assert.equal(1, #server:requests())
      c:call("y", {}, { idempotent = true })
      assert.equal(2, #server:requests())
    end)

    it("whose body is of the media type that is asked for", function()
      local schema = { type = "object", properties = { a = text } }
      local c = client(document { ["/x"] = { post = operation("x", {}, { requestBody = {
        required = true, content = { ["application/json"] = { schema = schema },
          ["application/x-www-form-urlencoded"] = { schema = schema } } } }) } })
      assert(c:call("x", { a = "b" }, { content_type = "application/x-www-form-urlencoded" }))
      assert.equal("a=b", server:request().body)
      assert(c:call("x", { a = "b" }))
      assert.equal('{"a":"b"}', server:request().body)
      local _, err = c:call("x", { a = "b" }, { content_type = "text/plain" })
      assert.equal("content_type", err.fields[1].field)
    end)

    it("with fragments of paths left out and their queries kept", function()
      assert.equal("/x?a=b&c=d", target_of({ { "c", "query" } }, { c = "d" }, "/x?a=b#more"))
    end)

    it("in which an integer, a null or a word is what the document allows", function()
      local c = client(document { ["/x"] = { post = operation("x", {}, { requestBody = json_body {
        type = "object", properties = { a = { type = { "string", "null" } },
          b = { const = "x" }, c = { enum = { 1, 2 } }, d = { type = "number",
            exclusiveMinimum = 0 }, e = { oneOf = { { type = "integer" },
            { type = "object", required = { "f" }, properties = { f = text } } } } } } }) } })
      assert(c:call("x", { a = convoke.null, b = "x", c = 2, d = 0.5, e = { f = "g" } }))
      assert.same({ a = cjson.null, b = "x", c = 2, d = 0.5, e = { f = "g" } },
        cjson.decode(server:request().body))
      local _, err = c:call("x", { b = "y", c = 3, d = 0, e = { f = 1 } })
      assert.matches("b must be one of: x", err.message)
      assert.matches("c must be one of: 1, 2", err.message)
      assert.matches("d must be more than 0", err.message)
      assert.matches("e%.f must be a string", err.message)
    end)
  end)

  describe("writes values", function()
    local list, point = { type = "array", items = text },
      { type = "object", properties = { x = { type = "integer" }, y = text } }

    local function query(schema, value, more)
      local row = { "q", "query", schema }
      for name, member in pairs(more or {}) do row[name] = member end
      return (target_of({ row }, { q = value }):match "%?(.*)$")
    end

    it("of queries in each style", function()
      assert.equal("q=a%2Cb&q=c", query(list, { "a,b", "c" }))
      assert.equal("q=a%2Cb,c", query(list, { "a,b", "c" }, { explode = false }))
      assert.equal("q=a%20c", query(list, { "a", "c" },
        { style = "spaceDelimited", explode = false }))
      assert.equal("q=a%7Cc", query(list, { "a", "c" },
        { style = "pipeDelimited", explode = false }))
      assert.equal("x=1&y=%26", query(point, { x = 1, y = "&" }))
      assert.equal("q=x,1,y,b", query(point, { x = 1, y = "b" }, { explode = false }))
      assert.equal("q%5Bx%5D=1&q%5By%5D=b", query(point, { x = 1, y = "b" },
        { style = "deepObject" }))
      assert.equal("q=a/b?c%26", query(text, "a/b?c&", { allowReserved = true }))
      assert.is_nil(query(list, {}))
    end)

    it("of queries as JSON where the document says so", function()
      local target = target_of({ { "q", "query", false, content = { ["application/json"] = {
        schema = point } } } }, { q = { x = 1 } })
      assert.equal("/x?q=%7B%22x%22%3A1%7D", target)
    end)

    local function path(schema, value, more)
      local row = { "p", "path", schema }
      for name, member in pairs(more or {}) do row[name] = member end
      return target_of({ row }, { p = value }, "/x/{p}")
    end

    it("of paths in each style", function()
      assert.equal("/x/a%2F,b", path(list, { "a/", "b" }))
      assert.equal("/x/x,1,y,b", path(point, { x = 1, y = "b" }))
      assert.equal("/x/x=1,y=b", path(point, { x = 1, y = "b" }, { explode = true }))
      assert.equal("/x/.a,b", path(list, { "a", "b" }, { style = "label" }))
      assert.equal("/x/.a.b", path(list, { "a", "b" }, { style = "label", explode = true }))
      assert.equal("/x/;p=a,b", path(list, { "a", "b" }, { style = "matrix" }))
      assert.equal("/x/;p=a;p=b", path(list, { "a", "b" }, { style = "matrix", explode = true }))
      assert.equal("/x/;x=1;y=b", path(point, { x = 1, y = "b" }, { style = "matrix",
        explode = true }))
    end)

    it("of headers and cookies", function()
      local c = client(document { ["/x"] = { get = operation("x", { { "X-List", "header", list },
        { "a", "cookie" }, { "b", "cookie" } }) } })
      assert(c:call("x", { ["X-List"] = { "1", "2" }, a = "c;d", b = "e" }))
      local request = server:request()
      assert.equal("1,2", request.headers["x-list"])
      assert.equal("a=c%3Bd; b=e", request.headers.cookie)
      local _, err = c:call("x", { ["X-List"] = { "1\r\nX-Evil: 1" } })
      assert.equal("invalid", err.kind)
    end)

    local function body_of(media, schema, values, encoding)
      local c = client(document { ["/x"] = { post = operation("x", {}, { requestBody = {
        required = true, content = { [media] = { schema = schema, encoding = encoding } } } }) } })
      assert(c:call("x", values))
      return server:request()
    end

    it("of forms, nested ones too", function()
      local form = "application/x-www-form-urlencoded"
      local schema = { type = "object", properties = { a = text, list = list, point = point } }
      local request = body_of(form, schema, { a = "b&c d", list = { "1", "2" }, point = { x = 1 } })
      assert.equal(form, request.headers["content-type"])
      assert.equal("a=b%26c%20d&list=1&list=2&point=%7B%22x%22%3A1%7D", request.body)
      request = body_of(form, schema, { list = { "1", "2" }, point = { x = 1 } },
        { list = { style = "deepObject" }, point = { style = "deepObject" } })
      assert.equal("list%5B0%5D=1&list%5B1%5D=2&point%5Bx%5D=1", request.body)
    end)

    it("of multipart bodies, with files", function()
      local request = body_of("multipart/form-data", { type = "object", properties = {
        a = text, files = { type = "array", items = { type = "string", format = "binary" } },
        file = { type = "string", format = "binary" }, point = point } }, {
        a = "1\r\n", point = { x = 1 }, files = { "\0\255", "b" },
        file = { data = "c", filename = 'a"b.png', type = "image/png" } })
      local boundary = request.headers["content-type"]:match "^multipart/form%-data; boundary=(.+)$"
      local head = "--" .. boundary .. "\r\nContent-Disposition: form-data; name="
      local bytes = "\r\nContent-Type: application/octet-stream\r\n\r\n"
      assert.equal(head .. '"a"\r\n\r\n1\r\n\r\n'
        .. head .. '"file"; filename="a%22b.png"\r\nContent-Type: image/png\r\n\r\nc\r\n'
        .. head .. '"files"; filename="file"' .. bytes .. "\0\255\r\n"
        .. head .. '"files"; filename="file"' .. bytes .. "b\r\n"
        .. head .. '"point"\r\nContent-Type: application/json\r\n\r\n{"x":1}\r\n'
        .. "--" .. boundary .. "--\r\n", request.body)
    end)

    it("of other bodies as they are", function()
      local request = body_of("text/markdown", text, { body = "# \255" })
      assert.equal("text/markdown", request.headers["content-type"])
      assert.equal("# \255", request.body)
      request = body_of("application/json-patch+json", list, { body = { "a" } })
      assert.equal("application/json-patch+json", request.headers["content-type"])
      assert.equal('["a"]', request.body)
    end)
  end)

  describe("reads answers", function()
    local function answered(responses, answer)
      server:answer(answer)
      local c = client(document { ["/x"] = { get = operation("x", {},
        { responses = responses }) } })
      local value, err, meta = c:call "x"
      server:requests()
      return value, err, meta
    end

    local function ok(schema, media)
      return { ["200"] = { description = "", content = { [media or "application/json"] =
        { schema = schema } } } }
    end

    it("along their models: null fields are absent, other values are marked", function()
      local value = answered(ok { type = "object", properties = { a = text, free = {} } },
        { body = '{"a":null,"free":{"b":null,"c":[]},"d":12345678901234567}' })
      assert.is_nil(value.a)
      assert.equal(convoke.null, value.free.b)
      assert.equal(getmetatable(convoke.array {}), getmetatable(value.free.c))
      assert.matches("^12345678901234567", tostring(value.d))
    end)

    it("that are one of several, by the fields of all", function()
      local value = answered(ok { oneOf = { { type = "object", properties = { a = text } },
        { type = "object", properties = { b = { type = "object",
          properties = { c = text } } } } } },
        { body = '{"a":null,"b":{"c":null,"d":1}}' })
      assert.same({ b = { d = 1 } }, value)
    end)

    it("that are texts or bytes as strings", function()
      assert.equal("a,b", answered(ok(text, "text/csv"), { body = "a,b",
        headers = { ["Content-Type"] = "text/csv" } }))
      assert.equal("\0\255", answered(ok(nil, "image/png"), { body = "\0\255",
        headers = { ["Content-Type"] = "image/png" } }))
    end)

    it("that are empty where that is documented", function()
      assert.is_true(answered({ ["202"] = { description = "" } }, { status = 202 }))
      local _, err = answered(ok {}, { status = 200 })
      assert.equal("decode", err.kind)
      local value, _, meta = answered({ ["302"] = { description = "" } },
        { status = 302, headers = { Location = "/y" } })
      assert.is_true(value)
      assert.equal("/y", meta.headers.location)
    end)

    it("that say no, in the shapes that are usual", function()
      local function refused(body)
        local _, err = answered(ok {}, { status = 422, body = body })
        assert.equal("refused", err.outcome)
        return err
      end
      local err = refused '{"type":"https://e/x","title":"Not right","detail":"a is wrong"}'
      assert.equal("a is wrong", err.message)
      err = refused '{"error":{"code":"bad","message":"No","param":"a","type":"t"}}'
      assert.same({ "bad", "No", "a" }, { err.code, err.message, err.fields[1].field })
      err = refused('{"message":"Validation Failed","errors":'
        .. '[{"field":"name","code":"missing","message":"is missing"}]}')
      assert.same({ "Validation Failed", "name", "is missing" },
        { err.message, err.fields[1].field, err.fields[1].message })
      err = refused '{"error":"invalid_grant","error_description":"expired"}'
      assert.same({ "invalid_grant", "expired" }, { err.code, err.message })
      err = refused '{"detail":[{"loc":["body","a"],"msg":"field required"}]}'
      assert.same({ "body.a", "field required" }, { err.fields[1].field, err.fields[1].message })
    end)
  end)

  it("is no longer needed once its client is there", function()
    local c = client(document { ["/x"] = { post = operation("x", {}, { requestBody = json_body {
      type = "object", properties = { a = text } } }) } })
    for _ = 1, 3 do
      collectgarbage()
      assert(c:call("x", { a = "b" }))
    end
    assert.equal(3, #server:requests())
  end)

  it("is forgotten with its last client, and others read on", function()
    for i = 1, 30 do
      local name = "field" .. i
      local c = client(document { ["/x"] = { get = operation("x", {}, { responses = { ["200"] = {
        description = "", content = { ["application/json"] = { schema = { type = "object",
          properties = { [name] = text } } } } } } }) } })
      server:answer { body = '{"' .. name .. '":"a"}' }
      assert.same({ [name] = "a" }, (c:call "x"))
      c = nil -- luacheck: ignore
      collectgarbage()
    end
  end)
end)
