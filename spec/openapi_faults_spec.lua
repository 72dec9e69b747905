-- What is wrong with a document, or with the options that go with it, is said in words that name
-- the place.

local convoke = require "convoke"

local fine = { ["200"] = { description = "fine" } }

local function document(paths, more)
  local made = { openapi = "3.1.0", info = { title = "Some API", version = "1" }, paths = paths,
    servers = { { url = "https://api.example/v1" } } }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

local function body(schema, media)
  return { required = true, content = { [media or "application/json"] = { schema = schema } } }
end

-- A document with one operation, "x", that takes this body.
local function taking(...)
  return document { ["/x"] = { post = { operationId = "x", requestBody = body(...),
    responses = fine } } }
end

local function options_fail(made, options, pattern)
  local loaded, err = pcall(convoke.openapi, made, options)
  assert.is_false(loaded)
  assert.matches(pattern, err)
end

-- What a document lists as unsupported: place -> what.
local function unsupported(made)
  local found = {}
  for _, row in ipairs(convoke.openapi(made).unsupported) do found[row.place] = row.what end
  return found
end

describe("an option of convoke.openapi", function()
  local made = document { ["/x"] = { get = { operationId = "getX", tags = { "Things" },
    responses = fine } } }

  it("that names what the document does not have is refused, with what was meant", function()
    options_fail(made, { only = { "Thigns" } }, "option only: .*Thigns; did you mean Things%?")
    assert.equal(1, #convoke.openapi(made, { only = { "getX" } }).operations)
    options_fail(made, { paging = { getY = false } }, "option paging: .*getY; did you mean getX%?")
    assert(convoke.openapi(made, { paging = { getX = false, ["*"] = { style = "link" } } }))
  end)

  it("that is of no known form is refused", function()
    options_fail(made, { paging = { getX = { style = "nxt" } } },
      "option paging: getX: the style must be one of: last_id, link, next, offset, page")
    options_fail(made, { paging = { getX = 7 } }, "option paging: getX must be a table, or false")
    options_fail(made, { resources = "x" }, "option resources must be a table or a function")
    options_fail(made, { server = true }, "option server must be a number, a table or an address")
  end)

  it("fills a server's variables by their names and words only", function()
    local servers = { { url = "https://{region}.example/{base}", variables = {
      region = { default = "eu", enum = { "eu", "us" } }, base = { default = "v1" } } } }
    local with = document({ ["/x"] = { get = { operationId = "x", responses = fine } } },
      { servers = servers })
    local function url(given)
      return convoke.openapi(with, { name = "t", server = given }) {}:dry("x").url
    end
    assert.equal("https://us.example/v2/x", url { region = "us", base = "v2" })
    options_fail(with, { server = { region = "xx" } },
      "option server: region must be one of: eu, us")
    options_fail(with, { server = { regoin = "us" } },
      "option server: .*no variable regoin; did you mean region%?")
  end)
end)

describe("a document", function()
  it("that is no file, empty or not text is refused in words that say so", function()
    options_fail("/tmp", nil, "/tmp cannot be read: it is a folder")
    options_fail("", nil, "the document is empty")
    options_fail(" \n", nil, "the document is empty")
    options_fail("<html></html>", nil, "<html></html> cannot be read")
    options_fail({ openapi = 3.1 }, nil, "#/openapi: the version is no text")
  end)

  it("may begin with a byte order mark", function()
    local text = '\239\187\191{"openapi":"3.0.3","info":{"title":"Marked"},"paths":{}}'
    assert.equal("Marked", convoke.openapi(text).title)
  end)

  it("lists what it leaves out", function()
    local found = unsupported(document({
      ["x"] = { get = { responses = fine } }, ["/y"] = "none", ["/z"] = { get = "none" },
      ["/a/{b}"] = { post = { responses = fine, callbacks = { done = {} }, parameters = {
        { ["in"] = "query" }, { name = "c", ["in"] = "path", required = true } } } },
    }, { webhooks = { made = { post = { responses = fine } } } }))
    assert.same({
      ["#/paths/x"] = "a path that does not begin with a slash",
      ["#/paths/~1y"] = "a path that is no object",
      ["#/paths/~1z/get"] = "an operation that is no object",
      ["#/paths/~1a~1{b}/post/callbacks"] = "callbacks",
      ["#/paths/~1a~1{b}/post/parameters/0"] = "a parameter without a name or a place",
      ["#/paths/~1a~1{b}/post/parameters/1"] = "a parameter that the path does not have",
      ["#/webhooks"] = "webhooks",
    }, found)
  end)

  it("lists what in its schemas is no schema", function()
    local place = "#/paths/~1x/post/requestBody/content/application~1json/schema/properties/"
    assert.same({
      [place .. "a"] = "a schema that is no object", [place .. "b/type"] = "the type strng",
      [place .. "c/enum"] = "enum that is no array",
      [place .. "d/allOf"] = "allOf that is no array",
      [place .. "e/properties"] = "properties that is no object",
      [place .. "f/required"] = "required that is no array",
    }, unsupported(taking { type = "object", properties = {
      a = "string", b = { type = "strng" }, c = { enum = "x" },
      d = { allOf = { type = "string" } }, e = { properties = 5 }, f = { required = true },
      g = true, h = { type = { "string", "null" } },
    } }))
  end)

  it("lists an operation that cannot be called, and why", function()
    local made = taking { ["$ref"] = "https://other.example/types.json#/X" }
    made.paths["/y"] = { get = { operationId = "y", responses = fine } }
    local api = convoke.openapi(made, { name = "t" })
    assert.equal(1, #api.unsupported)
    local row = api.unsupported[1]
    assert.equal("#/paths/~1x/post", row.place)
    assert.matches("on another machine", row.what)
    assert.equal("the operation cannot be called", row.consequence)
    assert.equal("https://api.example/v1/y", api {}:dry("y").url)
    for _ = 1, 2 do -- each time, whatever was found out before
      assert.error_matches(function() api {}:call("x", { body = 1 }) end, "on another machine")
      assert.error_matches(function()
        for _, operation in ipairs(api.operations) do assert.is_table(operation.params) end
      end, "on another machine")
    end
  end)

  it("is not looked at for ever for operations that cannot be called", function()
    local paths = {}
    for i = 1, 300 do
      paths["/x" .. i] = { post = { requestBody = body { ["$ref"] = "https://x.example/y.json" },
        responses = fine } }
    end
    local list = convoke.openapi(document(paths), { name = "t" }).unsupported
    assert.equal(101, #list)
    assert.equal("the rest is not looked at", list[1].consequence)
  end)

  it("does not take what is left of one broken operation for the types of another", function()
    local made = taking { ["$ref"] = "#/components/schemas/Holder" }
    made.paths["/y"] = { post = { operationId = "y", responses = fine,
      requestBody = body { ["$ref"] = "#/components/schemas/Holder" } } }
    made.components = { schemas = { Holder = { type = "object", properties = {
      broken = { ["$ref"] = "https://x.example/y.json" } } } } }
    local list = convoke.openapi(made, { name = "t" }).unsupported
    assert.same({ "#/paths/~1x/post", "#/paths/~1y/post" }, { list[1].place, list[2].place })
  end)
end)

describe("a call of a document's operation", function()
  local function call(made, params, options)
    local seen
    local client = convoke.openapi(made, { name = "t" }) { retries = 0, transport = {
      send = function(request)
        seen = request
        return { status = 204, headers = {}, body = "" }
      end } }
    local _, err = client:call("x", params, options)
    return seen, err
  end

  it("says what its body is called where that is one parameter", function()
    local _, err = call(taking { type = "object", additionalProperties = { type = "integer" } },
      { a = 1 })
    assert.matches("a is not a field of x:post, whose body is the parameter body", err.message)
  end)

  it("that fits no branch of a union is told what the one lacks that it says it is", function()
    local function ref(name) return { ["$ref"] = "#/components/schemas/" .. name } end
    local function model(...)
      local made = { type = "object", required = { ... }, properties = {} }
      for _, name in ipairs { ... } do made.properties[name] = { type = "string" } end
      return made
    end
    local made = taking { type = "object", properties = { pet = {
      oneOf = { ref "Cat", ref "Dog", ref "Old bird" }, discriminator = { propertyName = "kind",
        mapping = { cat = "#/components/schemas/Cat", tomcat = "Cat", dog = "Dog" } } } } }
    made.components = { schemas = { Cat = model("kind", "lives"),
      Dog = model("kind", "bark", "tail"), ["Old bird"] = model("kind", "wings", "song", "age") } }
    local function fault(pet)
      local seen, err = call(made, { pet = pet })
      return seen and seen.body or err.message
    end
    assert.equal("pet.bark is required; pet.tail is required", fault { kind = "dog" })
    assert.equal("pet.lives is required", fault { kind = "tomcat" })
    assert.equal("pet.lives is required", fault { kind = "cat" })
    assert.matches("pet.age is required", fault { kind = "Old bird" })
    local words = "pet.kind must be one of: cat, dog, Old bird, tomcat"
    assert.equal(words, fault { kind = "fish" })
    assert.equal(words, fault {})
    assert.matches("pet must be an object, not number", fault(7))
    assert.matches('"lives":"9"', fault { kind = "fish", lives = "9" }) -- any branch fits
  end)

  it("takes names that only a pattern of the schema allows", function()
    local seen, err = call(taking { type = "object", properties = { a = { type = "string" } },
      patternProperties = { ["^x-"] = { type = "string" } }, additionalProperties = false },
      { a = "b", ["x-c"] = "d" })
    assert.is_nil(err)
    assert.truthy(seen.body:find('"x-c":"d"', 1, true))
  end)

  it("may have any media type of a range", function()
    local made = taking({ type = "string", format = "binary" }, "image/*")
    assert.equal("image/gif",
      call(made, { body = "GIF89a" }, { content_type = "image/gif" }).headers["Content-Type"])
    assert.equal("image/png", call(made, { body = "PNG" }).headers["Content-Type"])
    local _, err = call(made, { body = "x" }, { content_type = "text/plain" })
    assert.equal("must be one of: image/*", err.fields[1].message)
  end)

  it("writes lists that pipes part without a character that servers refuse", function()
    local made = document { ["/x"] = { get = { operationId = "x", responses = fine, parameters = { {
      name = "q", ["in"] = "query", style = "pipeDelimited", explode = false,
      schema = { type = "array", items = { type = "string" } } } } } } }
    assert.equal("https://api.example/v1/x?q=a%7Cb", call(made, { q = { "a", "b" } }).url)
  end)
end)

describe("a client of a document", function()
  it("takes one credential that is a function, and no second one", function()
    local function scheme(name) return { type = "http", scheme = name } end
    local api = convoke.openapi(document({}, { components = { securitySchemes = {
      one = scheme "bearer", two = scheme "Bearer" } } }), { name = "t" })
    local function token() return "t" end
    assert(api { one = token, two = "text" })
    assert.error_matches(function() api { one = token, two = token } end,
      "only one credential of a client may be a function")
  end)
end)
