-- Caches of OpenAPI documents: one that is damaged changes nothing; one that is made to mislead,
-- with all hashes right, does no harm to the program.

local convoke = require "convoke"
local core = require "convoke.core"

local fuzz = ...
fuzz.watch(true)

local below = fuzz.below

local folder = os.tmpname() .. ".d"

local text = [[{ "openapi": "3.1.0", "info": { "title": "The shop", "version": "1" },
  "servers": [ { "url": "https://shop.example" } ], "paths": {
    "/a/{id}": { "parameters": [ { "name": "id", "in": "path", "required": true } ],
      "get": { "operationId": "getA", "tags": ["as"], "responses": { "200": { "content": {
        "application/json": { "schema": { "$ref": "#/components/schemas/A" } } } } } } },
    "/b": { "post": { "operationId": "addB", "security": [ { "key": [] }, {} ], "requestBody": {
      "content": { "application/json": { "schema": { "$ref": "#/components/schemas/A" } } } },
      "responses": { "204": {} } } } },
  "components": { "securitySchemes": { "key": { "type": "apiKey", "in": "header", "name": "K" } },
    "schemas": { "A": { "type": "object", "properties": { "a": { "$ref": "#/components/schemas/A" },
      "b": { "type": "string", "multipleOf": 2 } } } } } }]]

-- All that operations of the document say.
local function told()
  local lines = {}
  local api = convoke.openapi(text, { name = "shop", cache = folder })
  for _, operation in ipairs(api.operations) do
    lines[#lines + 1] = operation.name
    for _, param in ipairs(operation.params) do lines[#lines + 1] = param.name end
    for _, field in ipairs(operation.answer.fields or {}) do lines[#lines + 1] = field.name end
  end
  for _, row in ipairs(api.unsupported) do lines[#lines + 1] = row.place end
  local client = api { key = "k", transport = { send = function() return { status = 204 } end } }
  lines[#lines + 1] = tostring(client:call("addB", { b = "x" }))
  return table.concat(lines, " ")
end

local plain = told()
local place = require("convoke.openapi.cache").place(folder, text)

local function read()
  local file = assert(io.open(place, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

local whole = read()

-- The texts of a cache, in their order.
local function texts_of(bytes)
  local texts, at = {}, 41
  while at + 16 <= #bytes - 8 do
    local size = bytes:byte(at) + bytes:byte(at + 1) * 256 + bytes:byte(at + 2) * 65536
    texts[#texts + 1] = bytes:sub(at + 16, at + 15 + size)
    at = at + 16 + size
  end
  return texts
end

local texts = texts_of(whole)

local function change(bytes)
  local at = 1 + below(#bytes)
  return bytes:sub(1, at - 1) .. fuzz.text():sub(1, 1) .. bytes:sub(at + 1)
end

local function try_damaged()
  local bytes = whole
  for _ = 0, below(3) do bytes = change(bytes) end
  if below(4) == 0 then bytes = bytes:sub(1, below(#bytes)) end
  local file = assert(io.open(place, "wb")) -- which keeps its mode
  file:write(bytes)
  file:close()
  assert(told() == plain, "a damaged cache has changed something")
end

-- Of the same length, so that the others stand where they are looked for.
local function change_number(json)
  local changed = json:gsub("%d", function(digit)
    return below(8) == 0 and tostring(below(10)) or digit
  end)
  return changed
end

local function try_misleading()
  local recorder, root = assert(core.recorder(place)), 0
  for _, each in ipairs(texts) do
    if below(4) == 0 then each = below(2) == 0 and change(each) or change_number(each) end
    root = recorder:add(each)
  end
  if below(8) == 0 then root = recorder:add(fuzz.text()) end
  if below(8) == 0 then root = below(65536) end
  assert(recorder:finish(root))
  pcall(told)
  os.remove(place)
  told()
end

return function()
  if below(2) == 0 then try_damaged() else try_misleading() end
end
