-- What of a document is looked at before a call is sent: patterns, paths behind references, limits.

local convoke = require "convoke"
local core = require "convoke.core"
local lfs = require "lfs"

local function document(paths, more)
  local made = { openapi = "3.1.0", info = { title = "Some API", version = "1" }, paths = paths }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

local function get(id, params)
  return { get = { operationId = id, parameters = params,
    responses = { ["204"] = { description = "" } } } }
end

local nowhere = { url = "http://127.0.0.1:1" }

describe("a pattern", function()
  -- Whether a value for a parameter with the pattern is sent.
  local function takes(pattern, value)
    local api = convoke.openapi(document { ["/x"] = get("x", { { name = "q", ["in"] = "query",
      schema = { type = "string", pattern = pattern } } }) })
    assert.same({}, api.unsupported)
    local request, err = api(nowhere):dry("x", { q = value })
    if not request then assert.equal("must match " .. pattern, err.fields[1].message) end
    return request ~= nil
  end

  local function check(pattern, good, bad)
    for _, value in ipairs(good) do assert.is_true(takes(pattern, value), pattern .. value) end
    for _, value in ipairs(bad) do assert.is_false(takes(pattern, value), pattern .. value) end
  end

  it("is found anywhere, unless it says where", function()
    check("b", { "b", "abc" }, { "ac" })
    check("^b", { "bc" }, { "ab" })
    check("b$", { "ab" }, { "bc" })
    check("^$", { "" }, { "a" })
    check("a^", {}, { "a", "aa" })
  end)

  it("has characters, classes and escapes", function()
    check("^.$", { "a", "\195\188", "\240\159\152\128" }, { "ab", "\n", "" })
    check("^[a-c_-]+$", { "abc_-" }, { "d" })
    check("^[^a-c]$", { "d", "\195\188" }, { "a" })
    check("^[]$", {}, { "a", "" })
    check("^[^]$", { "a", "\n" }, { "" })
    check([[^\d\w\s$]], { "1a ", "2_\194\160" }, { "aa ", "1- " })
    check([[^\D\W\S$]], { "a-b" }, { "1-b", "aab", "a- " })
    check([[^[\d\-x][^\s]$]], { "1a", "-b", "xc" }, { "a1", "1 " })
    check([[^\x41\u0042\u{43}\.\/\t$]], { "ABC./\t" }, { "ABCx/\t" })
    check([[^\uD83D\uDE00$]], { "\240\159\152\128" }, { "u" })
  end)

  it("repeats and chooses", function()
    check("^a*b+c?$", { "b", "aabbc" }, { "a", "bcc" })
    check("^a{2}b{1,2}c{2,}$", { "aabcc", "aabbccc" }, { "abcc", "aabbbcc", "aabc" })
    check("^a{0}b{0,1}?c*?$", { "", "b", "bcc" }, { "a", "bb" })
    check("^a{b$", { "a{b" }, { "ab" })
    check("^(foo|ba(?:r|z)+|)$", { "foo", "barz", "" }, { "ba", "foobarz" })
    check("^(?<year>\\d{4})-x|y$", { "2020-x1", "1y" }, { "020-x" })
    check("^(a*)*(b|)+$", { "", "aab" }, { "c" })
    check("^(ab{1,2}){2}$", { "abab", "abbab" }, { "ab", "abbb" })
  end)

  it("takes time by the length of the text, whatever it is", function()
    local long = ("a"):rep(20000)
    local before = os.clock()
    check("^(a|a)*(a|aa)*(a*)*b$", { long .. "b" }, { long })
    assert.is_true(os.clock() - before < 5)
    assert.is_true(takes("^(a{20}){40}$", ("b"):rep(20000))) -- too much work: the server decides
  end)

  it("is listed where it is not supported, which takes no long time to see", function()
    local before = os.clock()
    for _, pattern in ipairs { "(?=a)", "(?<!a)", "(?i)a", [[\bx]], [[(a)\1]], [[\p{L}]], "[b-a]",
        "a{2,1}", "(", "a)", "*", "a**", "[", "\\", "[\\", [[\u12]], [[\u{110000000}]], "a\0b",
        "(a{50}){50}", ("("):rep(60) .. (")"):rep(60), ("a"):rep(1001), [[[a-\d]] .. "]",
        "(((((((){99}){99}){99}){99}){99}){99})" } do
      local api = convoke.openapi(document { ["/x"] = get("x", { { name = "q", ["in"] = "query",
        schema = { type = "string", pattern = pattern } } }) })
      assert.equal(1, #api.unsupported, pattern)
      assert.matches("^pattern: it ", api.unsupported[1].what)
      assert.equal("#/paths/~1x/get/parameters/0/schema/pattern", api.unsupported[1].place)
      assert(api(nowhere):dry("x", { q = "anything" }))
    end
    assert.is_true(os.clock() - before < 20)
  end)

  it("is one of all that are merged", function()
    local schema = { allOf = { { type = "string", pattern = "^a" }, { pattern = "b$" },
      { pattern = "^a" } } }
    local api = convoke.openapi(document { ["/x"] = get("x", { { name = "q", ["in"] = "query",
      schema = schema } }) })
    assert.equal(1, #api.unsupported)
    assert.equal("#/paths/~1x/get/parameters/0/schema/allOf/1/pattern", api.unsupported[1].place)
    assert.is_nil((api(nowhere):dry("x", { q = "b" })))
    assert(api(nowhere):dry("x", { q = "a" }))
  end)

  it("survives what is cut anywhere, and any bytes", function()
    local text = [[^(?:a|[^\d\-x-z]{2,3}?)+\u{1F600}\x41[\]\w]*$|(?<n>b{1,})]]
    for i = 0, #text do
      core.pattern(text:sub(1, i))
      core.pattern(text:sub(i + 1))
      core.pattern(text:sub(1, i) .. "\255\254" .. text:sub(i + 2))
    end
  end)
end)

describe("a path", function()
  it("may be a reference, in the document or to another file", function()
    local folder = os.tmpname()
    os.remove(folder)
    assert(lfs.mkdir(folder))
    local file = assert(io.open(folder .. "/paths.json", "w"))
    file:write [[{"one": {"parameters": [{"name": "q", "in": "query", "schema": {"$ref":
      "#/type"}}], "get": {"operationId": "far", "responses": {}}}, "type": {"type": "integer"}}]]
    file:close()
    file = assert(io.open(folder .. "/api.json", "w"))
    file:write [[{"openapi": "3.1.0", "info": {"title": "t", "version": "1"},
      "servers": [{"url": "https://api.example"}], "paths": {
      "/far/{id}": {"$ref": "paths.json#/one"},
      "/near": {"$ref": "#/components/pathItems/near", "post": {"operationId": "own",
        "responses": {}}}}, "components": {"pathItems": {"near": {
          "servers": [{"url": "https://other.example"}],
          "get": {"operationId": "near", "responses": {}},
          "post": {"operationId": "hidden", "responses": {}}}}}}]]
    file:close()
    for _ = 1, 2 do -- the second time from the cache
      local api = convoke.openapi(folder .. "/api.json", { cache = folder })
      local client = api(nowhere)
      assert.equal(3, #api.operations)
      assert.same({}, api.unsupported)
      assert.equal("http://127.0.0.1:1/far/7?q=1", client:dry("far", "7", { q = 1 }).url)
      assert.is_nil((client:dry("far", "7", { q = "a" })))
      assert.equal("GET", client:dry("near").method)
      assert.equal("https://other.example/near", api {}:dry("near").url)
      assert.equal("POST", client:dry("own").method)
    end
    os.remove(folder .. "/paths.json")
    assert.error_matches(function() convoke.openapi(folder .. "/api.json") end,
      "paths.json#/one: the file cannot be read")
    for name in lfs.dir(folder) do os.remove(folder .. "/" .. name) end
    os.remove(folder)
  end)

  it("says where parameters beside a reference are lost", function()
    local api = convoke.openapi(document({ ["/x"] = { ["$ref"] = "#/components/pathItems/x",
      parameters = {} } }, { components = { pathItems = { x = get "x" } } }))
    assert.equal("#/paths/~1x/parameters", api.unsupported[1].place)
  end)
end)

describe("a document that means harm", function()
  -- A document with one operation whose body has that schema, and with those schemas beside it.
  local function body_of(schema, schemas)
    return document({ ["/x"] = { post = { operationId = "x", responses = {}, requestBody = {
      content = { ["application/json"] = { schema = schema } } } } } },
      { components = { schemas = schemas } })
  end

  local function refused(made, what)
    local before = os.clock()
    local api = convoke.openapi(made)
    assert.equal("the operation cannot be called", api.unsupported[1].consequence)
    assert.matches(what, api.unsupported[1].what)
    assert.error_matches(function() return api.operations[1].params end, what)
    assert.is_true(os.clock() - before < 20)
  end

  it("may not hold unions that double with each level", function()
    local schemas = { a60 = { type = "string" } }
    for i = 0, 59 do
      local following = { ["$ref"] = "#/components/schemas/a" .. i + 1 }
      schemas["a" .. i] = { type = "object", properties = { p = {} },
        oneOf = { following, following } }
    end
    refused(body_of({ ["$ref"] = "#/components/schemas/a0" }, schemas),
      "#/components/schemas/a%d+: its unions hold too many schemas")
  end)

  it("may not nest types without an end, and says where it does", function()
    local schema = {}
    for _ = 1, 180 do schema = { type = "array", items = schema } end
    refused(body_of(schema), "#/paths/~1x/post: types are nested too deep")
  end)

  it("may not have addresses that grow", function()
    collectgarbage()
    local before = collectgarbage "count"
    for _, url in ipairs { ("{a}"):rep(100000), "http://x/" .. ("{a}"):rep(1000) } do
      local api = convoke.openapi(document({ ["/x"] = get "x" }, { servers = { { url = url,
        variables = { a = { default = ("{a}"):rep(100000) } } } } }))
      assert.equal(1, #api.operations)
    end
    assert.is_true(collectgarbage "count" - before < 50000)
  end)
end)

describe("limits", function()
  local paths = { ["/a"] = get "getA", ["/b"] = get "getB" }

  it("are those that rate = 'documented' keeps", function()
    local sent = 0
    local api = convoke.openapi(document(paths), { limits = { 100, per = 60,
      getA = { 2, per = 3600 } } })
    local client = api { url = "http://127.0.0.1:1", rate = "documented", transport = {
      send = function()
        sent = sent + 1
        return { status = 204 }
      end } }
    assert(client:call "getA")
    assert(client:call "getA")
    local _, err = client:call("getA", nil, { timeout = 0.1 })
    assert.equal("not_sent", err.outcome)
    assert.is_true(err.retry_after > 3000)
    assert(client:call "getB")
    assert.equal(3, sent)
    for _, operation in ipairs(api.operations) do
      local shared = operation.limits[#operation.limits]
      assert.same({ 100, per = 60, shared = true }, shared)
      assert.equal(operation.id == "getA" and 2 or 1, #operation.limits)
    end
  end)

  it("must name operations and numbers", function()
    for _, case in ipairs { { { getC = { 1, per = 1 } }, "limits names no operation: getC" },
        { { 0, per = 1 }, "limits must be" }, { {}, "limits must be" },
        { "documented", "limits must be a table" } } do
      assert.error_matches(function()
        convoke.openapi(document(paths), { limits = case[1] })
      end, case[2])
    end
    assert.error_matches(function()
      convoke.openapi(document(paths)) { url = "http://127.0.0.1:1", rate = "documented" }
    end, "no limits are documented")
  end)
end)
