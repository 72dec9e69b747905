-- OpenAPI documents, sound and unsound: what is wrong with one is said, in words; what is made of
-- the others takes any values and reads any answers. And trees of JSON texts, beside the reader of
-- answers.

local fuzz = ...

local convoke = require "convoke"
local core = require "convoke.core"

fuzz.watch(true)

local below = fuzz.below

local keywords = { "type", "properties", "items", "required", "enum", "const", "allOf", "oneOf",
  "anyOf", "additionalProperties", "nullable", "minimum", "maximum", "exclusiveMinimum",
  "minLength", "maxItems", "format", "readOnly", "default", "$ref", "description", "pattern",
  "discriminator", "title", "not" }
local kinds = { "string", "integer", "number", "boolean", "object", "array", "null", "odd" }
local names = { "a", "b", "id", "data", "next", "limit", "page", "a/b", "~", "$ref", "é", "x y" }
local refs = { "#/components/schemas/a", "#/components/schemas/b", "#/components/schemas/c", "#",
  "#/paths", "#/nowhere", "#/components/schemas/a/properties/a", "", "other.json#/a", "#/%7E0",
  "http://e.x/y", "#/components/schemas/b/allOf/0" }
local styles = { "simple", "label", "matrix", "form", "spaceDelimited", "pipeDelimited",
  "deepObject", "odd" }
local places = { "path", "query", "header", "cookie", "body" }
local media = { "application/json", "application/x-www-form-urlencoded", "multipart/form-data",
  "text/plain", "*/*", "application/problem+json", "image/png" }

local function one_of(list) return list[below(#list) + 1] end

local schema

-- A list of some things.
local function some(make, most)
  local list = convoke.array {}
  for i = 1, below(most + 1) do list[i] = make() end
  return list
end

-- The value of a keyword: mostly of the right kind.
local function keyword_value(name, depth)
  if below(40) == 0 then return fuzz.any() end
  local function deeper() return schema(depth + 1) end
  if name == "type" then
    return below(4) == 0 and some(function() return one_of(kinds) end, 3) or one_of(kinds)
  elseif name == "properties" then
    local found = {}
    for _ = 1, below(4) do found[one_of(names)] = deeper() end
    return found
  elseif name == "required" then
    return some(function() return one_of(names) end, 3)
  elseif name == "enum" then
    return some(fuzz.any, 3)
  elseif name == "const" or name == "default" then
    return fuzz.any()
  elseif name == "allOf" or name == "oneOf" or name == "anyOf" then
    return some(deeper, 3)
  elseif name == "additionalProperties" then
    local choice = below(3)
    if choice == 2 then return deeper() end
    return choice == 1
  elseif name == "items" or name == "not" then
    return deeper()
  elseif name == "nullable" or name == "readOnly" then
    return below(2) == 0
  elseif name == "$ref" then
    return one_of(refs)
  elseif name == "format" then
    return one_of { "binary", "date", "int64" }
  elseif name:find "^m" or name:find "^e" then
    return below(20) - 5
  end
  return one_of(names)
end

function schema(depth)
  if depth > 5 then return {} end
  local made = {}
  for _ = 1, below(5) do
    local name = one_of(keywords)
    made[name] = keyword_value(name, depth)
  end
  if below(3) == 0 then made = { ["$ref"] = one_of(refs) } end
  return made
end

local function content(depth)
  local found = {}
  for _ = 1, below(3) do
    found[one_of(media)] = { schema = schema(depth), encoding = { a = { style = one_of(styles),
      explode = below(2) == 0, contentType = one_of(media) } } }
  end
  return found
end

local function param()
  local made = { name = one_of(names), ["in"] = one_of(places), required = below(2) == 0 }
  if below(2) == 0 then made.style, made.explode = one_of(styles), below(2) == 0 end
  if below(6) == 0 then made.content = content(2) else made.schema = schema(2) end
  return below(12) == 0 and { ["$ref"] = one_of(refs) } or made
end

local function operation()
  local made = { operationId = one_of(names), parameters = some(param, 3),
    responses = { ["200"] = { description = "", content = content(1) },
      [one_of { "default", "2XX", "404", "odd", "204" }] = { description = "" } } }
  if below(2) == 0 then made.requestBody = { required = below(2) == 0, content = content(1) } end
  if below(4) == 0 then made.tags = some(function() return one_of(names) end, 2) end
  if below(4) == 0 then made.security = some(function() return { [one_of(names)] = {} } end, 2) end
  return made
end

local function document()
  local paths = {}
  for _ = 1, below(3) + 1 do
    paths[one_of { "/x", "/{a}", "/{a}/{b}", "/x?y={a}", "odd", "/x#y", "/é x" }] = {
      [one_of { "get", "post", "put", "options", "odd" }] = operation() }
  end
  local scheme = { type = one_of { "http", "apiKey", "oauth2", "odd" }, name = one_of(names),
    scheme = one_of { "basic", "bearer" }, ["in"] = one_of(places) }
  return { openapi = one_of { "3.0.3", "3.1.0" }, paths = paths,
    security = below(3) == 0 and {} or nil, components = { securitySchemes = { a = scheme },
      schemas = { a = schema(0), b = schema(0), c = schema(0) } } }
end

-- Raises a fault of ours; what is wrong with a document is said in our own words.
local function check_words(why)
  local text = tostring(why)
  local signs = { "attempt to", "bad argument", "stack overflow", "expected, got", "loop in" }
  for _, sign in ipairs(signs) do
    if text:find(sign, 1, true) then error("not in our words: " .. text, 0) end
  end
end

local allowed = { invalid = true, decode = true, http = true, too_large = true }

local function call(client, each)
  local params = {}
  for _, field in ipairs(each.params) do
    if below(4) > 0 then params[field.name] = fuzz.any() end
  end
  local fine, value, err = pcall(client.call, client, each.id, params)
  if not fine then check_words(value) end
  if fine and value == nil then
    assert(allowed[err.kind], "an error of the kind " .. tostring(err.kind))
  end
end

local function try_document()
  local fine, api = pcall(convoke.openapi, document(), { name = "fuzz" })
  if not fine then return check_words(api) end
  for _, each in ipairs(api.operations) do
    local good, why = pcall(function() return each.params end)
    if not good then return check_words(why) end
  end
  assert(type(api.unsupported) == "table")
  local client = api { url = "http://127.0.0.1:1", retries = 0, transport = { send = function()
    return { status = 200, body = fuzz.text(),
      headers = { ["Content-Type"] = one_of(media) } }
  end } }
  for _, each in ipairs(api.operations) do call(client, each) end
end

-- A text is a tree exactly where it is a value.
local function try_tree()
  local text = fuzz.rest()
  local tree, why, byte = core.tree(text)
  local value, other = core.read(text)
  if tree == nil then
    assert(byte >= 1 and byte <= #text + 1, "a fault outside the text")
    local may = value == nil or why:find "deep" or why:find "more values"
    assert(may, "the tree finds a fault: " .. why)
    return
  end
  assert(value ~= nil or other:find "deep", "the tree finds no fault: " .. tostring(other))
  tree:references()
  for node = 0, 3 do
    local found, kind = pcall(tree.kind, tree, node)
    if found then
      assert(type(kind) == "string")
      assert(tree:find(tree:pointer(node)) ~= nil or tree:pointer(node):find "[%z\1]")
      tree:read(node)
    end
  end
end

return function()
  if below(4) == 0 then try_tree() else try_document() end
end
