-- OpenAPI documents that are YAML.

local convoke = require "convoke"

local has_yaml = pcall(require, "yaml")

describe("an OpenAPI document in YAML", function()
  local function yaml_it(name, f)
    it(name, has_yaml and f or function() pending "the Lua module yaml (Debian: lua-yaml)" end)
  end

  local head = "openapi: 3.1.0\ninfo: {title: Some API, version: 1.0}\n"

  -- The parameters' default values of a document whose operation is written so.
  local function defaults(text)
    local api = convoke.openapi(head .. "paths:\n  /x:\n    get:\n      parameters:\n" .. text)
    local found = {}
    for _, param in ipairs(api.operations[1].params) do found[param.name] = param.default end
    return found, api
  end

  local function default(value, more)
    return (defaults(("        - {name: a, in: query, schema: {default: %s}}\n%s"):format(value,
      more or ""))).a
  end

  yaml_it("is read as JSON is, with the operations in the order of the text", function()
    local api = convoke.openapi(head .. [[
servers:
  - url: https://shop.example/v1   # a comment
paths:
  /zebras:
    get:
      operationId: listZebras
      parameters: [{name: to, in: query, schema: {type: string, enum: [up, down]}}]
      responses: {200: {description: fine}}
  /apes/{id}:
    delete:
      operationId: deleteApe
      summary: >-
        Takes
        one away
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {"204": {description: gone}, default: {description: "no \u00e9"}}
]])
    assert.equal("Some API", api.title)
    assert.equal("listZebras", api.operations[1].id)
    assert.equal("Takes one away", api.operations[2].summary)
    assert.same({ "up", "down" }, api.operations[1].params[1].enum)
    assert.same({ 204 }, api.operations[2].success)
    local request = assert(api.operations[2]:dry { id = 7 })
    assert.matches("DELETE https://shop.example/v1/apes/7", tostring(request))
  end)

  yaml_it("has texts where YAML 1.1 had dates, truths and numbers by sixty", function()
    for _, word in ipairs { "2024-01-31", "2024-01-31T10:00:00Z", "on", "off", "yes", "No", "y",
        "12:30:45", "1_000", "0b11", "1.2.3", "=", ".inf", "'true'", '"12"', "!!str 12", "+",
        "-" } do
      local text = word:gsub("^!!str ", ""):gsub("^['\"](.*)['\"]$", "%1")
      assert.equal(text, default(word))
    end
  end)

  yaml_it("has the numbers and truths of YAML 1.2", function()
    for word, value in pairs { ["0777"] = 777, ["0o17"] = 15, ["0x1F"] = 31, ["+12"] = 12,
        ["-0.5"] = -0.5, [".5"] = 0.5, ["5."] = 5, ["1e3"] = 1000, ["True"] = true, ["TRUE"] = true,
        ["!!int '12'"] = 12 } do
      assert.equal(value, default(word), word)
    end
    assert.is_nil(default "~")
    assert.is_nil(default "")
  end)

  yaml_it("has keys that are texts, whatever they look like", function()
    local _, api = defaults [[
        - name: a
          in: query
          style: deepObject
          schema:
            type: object
            properties:
              on: {type: string}
              yes: {type: string}
              2024-01-31: {type: string}
              0777: {type: string}
              1.0: {type: string}
              null: {type: string}
              "a\"b": {type: string}
]]
    local names = {}
    for i, field in ipairs(api.operations[1].params[1].fields) do names[i] = field.name end
    assert.same({ "0777", "1.0", "2024-01-31", 'a"b', "null", "on", "yes" }, names)
  end)

  yaml_it("has what anchors name, and merge keys", function()
    local found = defaults [[
        - &first {name: a, in: query, schema: &word {type: string, default: x}}
        - {name: b, in: query, schema: *word}
        - {<<: *first, name: c}
        - {name: d, <<: [{schema: {default: y}}, *first]}
        - {<<: {in: query, name: never, schema: {<<: *word, default: z}}, name: e}
        - {"in": query, name: &f f, schema: {default: *f}}
]]
    assert.same({ a = "x", b = "x", c = "x", d = "y", e = "z", f = "f" }, found)
  end)

  local function refused(text, what)
    local fine, why = pcall(convoke.openapi, text)
    assert.is_false(fine)
    assert.matches(what, why)
  end

  yaml_it("that is none is refused in words", function()
    refused("openapi: [3.1.0\ninfo:\n", "neither JSON nor YAML: .*line")
    refused("just\ntext\n", "is no OpenAPI document")
    refused("# nothing\n\n", "is empty")
    refused(head .. "a: *b\n", "alias of nothing: %*b")
    refused(head .. "a: &b [*b]\n", "holds itself: %*b")
    refused(head .. "<<: [1]\n", "whose value is no mapping")
    refused(head .. "? [a]\n: b\n", "key that is no text")
    refused(head .. "...\n---\nb: 1\n", "several documents")
    refused("openapi: 2.0\nswagger: '2.0'\n", "convert it to OpenAPI 3")
  end)

  yaml_it("that grows without measure is refused in little time", function()
    local bomb = { head, "a0: &a0 {k: lol}\n" }
    for i = 1, 60 do
      bomb[#bomb + 1] = ("a%d: &a%d [*a%d, *a%d, *a%d]\n"):format(i, i, i - 1, i - 1, i - 1)
    end
    refused(table.concat(bomb), "too large once its aliases")
    local merges = { head, "m: &m {" }
    for i = 1, 3000 do merges[#merges + 1] = ("k%d: 1, "):format(i) end
    merges[#merges + 1] = "z: 1}\n"
    for i = 1, 3000 do merges[#merges + 1] = ("n%d: {<<: *m}\n"):format(i) end
    refused(table.concat(merges), "too large once its aliases")
    refused(head .. "a: " .. ("["):rep(500) .. ("]"):rep(500), "nested too deep")
    local round = {}
    round.round = round
    refused({ openapi = "3.1.0", paths = {}, ["x-round"] = round }, "holds itself")
    local held = {}
    for _ = 1, 60 do held = { held, held } end
    refused({ openapi = "3.1.0", paths = {}, ["x-held"] = held }, "holds more than 3000000 values")
  end)

  yaml_it("has a cache, as others do", function()
    local name, folder = os.tmpname(), os.tmpname()
    os.remove(folder)
    local file = assert(io.open(name, "w"))
    file:write(head, "paths: {/x: {get: {operationId: getX, responses: {}}}}\n")
    file:close()
    assert.equal("getX", convoke.openapi(name, { cache = folder }).operations[1].id)
    local to_json = package.loaded["convoke.openapi.yaml"].to_json
    package.loaded["convoke.openapi.yaml"].to_json = function() error "the document was read" end
    local fine, api = pcall(convoke.openapi, name, { cache = folder })
    package.loaded["convoke.openapi.yaml"].to_json = to_json
    os.remove(name)
    os.execute("rm -rf " .. folder)
    assert.is_true(fine, tostring(api))
    assert.equal("getX", api.operations[1].id)
  end)

  it("names the module that is missing", function()
    local loaded, preload, path = package.loaded.yaml, package.preload.yaml, package.path
    local cpath = package.cpath
    pcall(convoke.openapi, head) -- loads all else that it needs
    package.loaded.yaml, package.preload.yaml, package.path, package.cpath = nil, nil, "", ""
    local fine, why = pcall(convoke.openapi, head .. "paths: {}\n")
    package.loaded.yaml, package.preload.yaml = loaded, preload
    package.path, package.cpath = path, cpath
    assert.is_false(fine)
    assert.matches("YAML needs the Lua module lyaml %(Debian: lua%-yaml%), or yaml", why)
  end)

  it("is read by a module that gives tables, too", function()
    local loaded = package.loaded.yaml
    package.loaded.yaml = { eval = function()
      return { openapi = "3.1.0", info = { title = "By table", version = 1 },
        paths = { ["/x"] = { get = { operationId = "getX", responses = { [200] = {} } } } } }
    end }
    local fine, api = pcall(convoke.openapi, head)
    package.loaded.yaml = loaded
    assert.is_true(fine, tostring(api))
    assert.equal("By table", api.title)
    assert.same({ 200 }, api.operations[1].success)
  end)
end)
