--- Reads OpenAPI 3.0 documents into the form of `convoke.operations`, and takes both apart into
-- facts that can be compared one by one.
local cjson = require "cjson"

local openapi = {}

-- Every keyword of a schema is either read below or says nothing that could be compared.
local read_keywords = {
  "type", "nullable", "minimum", "maximum", "minLength", "maxLength", "format", "pattern", "enum",
  "default", "properties", "required", "items", "additionalProperties", "readOnly", "allOf",
  "oneOf", "minItems", "maxItems", "writeOnly",
}
local silent_keywords = { "description", "title", "example", "examples", "x-derived",
  "x-beyond", "x-since" }

local known_keywords = {}
for _, list in ipairs { read_keywords, silent_keywords } do
  for _, keyword in ipairs(list) do known_keywords[keyword] = true end
end

local function resolve(document, node)
  local name
  while node["$ref"] do
    local target = document
    for step in node["$ref"]:gsub("^#/", ""):gmatch "[^/]+" do
      name, target = step, assert(target[step], "dangling reference " .. node["$ref"])
    end
    node = target
  end
  return node, name
end

local function set_of(list)
  local set = {}
  for _, value in ipairs(list or {}) do set[value] = true end
  return set
end

-- All parts as one node; a later part's property replaces an earlier one's.
local function merge_all_of(document, parts)
  local merged, name = { type = "object", properties = {}, required = {} }, nil
  for _, part in ipairs(parts) do
    local node, part_name = resolve(document, part)
    name = name or part_name
    for key, property in pairs(node.properties or {}) do merged.properties[key] = property end
    for _, key in ipairs(node.required or {}) do table.insert(merged.required, key) end
  end
  return merged, name
end

local read_schema

-- What only the server writes has no place in a request.
local function read_fields(document, node, side)
  local fields, required = {}, set_of(node.required)
  for name, property in pairs(node.properties) do
    if not (side == "request" and resolve(document, property).readOnly) then
      local field = read_schema(document, property, side)
      field.name, field.required = name, required[name] or false
      table.insert(fields, field)
    end
  end
  return fields
end

-- A choice of two objects as one that may have the fields of both: the words of a field are those
-- of both, and what is required of one only is required of none.
local function join(one, other)
  local by_name, joined = {}, { type = "object", fields = {} }
  for _, field in ipairs(one.fields) do by_name[field.name] = field end
  for _, field in ipairs(other.fields) do
    local first = by_name[field.name]
    if first and first.enum then
      for _, word in ipairs(first.enum) do table.insert(field.enum, word) end
    elseif not first then
      field.required = false
    end
    by_name[field.name] = nil
    table.insert(joined.fields, field)
  end
  for _, field in pairs(by_name) do
    field.required = false
    table.insert(joined.fields, field)
  end
  return joined
end

local function read_either(document, node, side)
  assert(#node.oneOf == 2, "only a choice of two is understood")
  local list = read_schema(document, node.oneOf[1], side)
  local object = read_schema(document, node.oneOf[2], side)
  if list.type == "object" and object.type == "object" then return join(list, object) end
  assert(list.type == "array" and object.type == "object", "only a list or an object is understood")
  return { type = "either", items = list.items, model = object.model, fields = object.fields }
end

function read_schema(document, reference, side)
  local node, name = resolve(document, reference)
  for keyword in pairs(node) do
    assert(known_keywords[keyword], "unknown keyword " .. keyword)
  end
  if node.allOf then node, name = merge_all_of(document, node.allOf) end
  if node.oneOf then return read_either(document, node, side) end
  local schema = {
    type = node.type or "any",
    nullable = node.type and node.nullable or nil, -- anything may be null
    minimum = node.minimum,
    maximum = node.maximum,
    min_length = node.minLength or node.minItems,
    max_length = node.maxLength or node.maxItems,
    format = node.format,
    pattern = node.pattern,
    enum = node.enum,
    default = node.default,
  }
  if node.properties then
    schema.model, schema.fields = name, read_fields(document, node, side)
  elseif type(node.additionalProperties) == "table" then
    schema.items = read_schema(document, node.additionalProperties, side)
  end
  if node.items then schema.items = read_schema(document, node.items, side) end
  return schema
end

local function add_parameters(document, params, list)
  for _, reference in ipairs(list or {}) do
    local node = resolve(document, reference)
    local param = read_schema(document, node.schema, "request")
    param.name, param.where, param.required = node.name, node["in"], node.required or false
    table.insert(params, param)
  end
end

-- Convex puts the arguments into `args`, beside the `format` of the values. Returns what stands
-- around them ("run" where they are described, "named", "each" where there are several calls; or
-- nil), and the node that describes the parameters.
local function envelope_of(node, name)
  local properties = node.properties or {}
  if properties.queries then return "each", node end
  if not properties.args or not properties.format then return nil, node end
  local words = properties.format.enum
  assert(words[1] == "json" and (words[2] or "convex_encoded_json") == "convex_encoded_json")
  if properties.args.properties then
    assert(#node.required == 1 and node.required[1] == "args", name .. " demands more than args")
    return "run", properties.args
  end
  local rest = {}
  for key, property in pairs(properties) do rest[key] = key ~= "format" and property or nil end
  return "named", { type = "object", properties = rest, required = node.required }
end

local function add_body(document, operation, request_body)
  local _, content = next(request_body.content)
  local node, name = resolve(document, (request_body.content["application/json"] or content).schema)
  operation.envelope, node = envelope_of(node, name)
  operation.body = true
  if node.type == "array" then -- the whole body
    local param = read_schema(document, node, "request")
    param.name, param.where, param.required = "body", "body", true
    table.insert(operation.params, param)
    return
  end
  for _, field in ipairs(read_fields(document, node, "request")) do
    field.where = "body"
    table.insert(operation.params, field)
  end
end

local function add_answer(document, operation, response)
  if not response.content then
    operation.answer = { type = "null" }
    return
  end
  local media_type, content = next(response.content)
  assert(next(response.content, media_type) == nil, "more than one media type in an answer")
  operation.media_type = media_type
  local schema = content.schema
  if operation.envelope == "run" or operation.envelope == "named" then
    local choice = resolve(document, schema).oneOf
    local success, failure = resolve(document, choice[1]), resolve(document, choice[2])
    assert(success.properties.status.enum[1] == "success" and failure.title == "Error")
    schema = success.properties.value
  end
  operation.answer = read_schema(document, schema, "answer")
end

local function read_operation(document, method, path, item, node)
  local ways = node.security or document.security
  local operation = {
    method = method:upper(), path = path, params = {}, body = false, success = {}, errors = {},
    no_credential = #ways == 0 or nil,
  }
  for _, way in ipairs(ways) do
    operation.anonymous = operation.anonymous or next(way) == nil
  end
  add_parameters(document, operation.params, item.parameters)
  add_parameters(document, operation.params, node.parameters)
  if node.requestBody then add_body(document, operation, node.requestBody) end
  for status in pairs(node.responses) do
    local number = tonumber(status)
    table.insert(number < 300 and operation.success or operation.errors, number)
  end
  table.sort(operation.success)
  for i = #operation.success, 1, -1 do -- the first one with a body says most
    local answer = resolve(document, node.responses[tostring(operation.success[i])])
    if answer.content or not operation.answer then add_answer(document, operation, answer) end
  end
  return operation
end

--- Reads a document.
-- @param path string: the file
-- @param wants function(method, path) that says which operations are read; or nil: all
-- @return table: `operations` by "METHOD path", each with the fields of `convoke.operations` that
--   a document can tell, and `media_type`, `anonymous` (credentials may be left out); `servers`,
--   the addresses; `credentials`, a set of where credentials go ("header authorization"). Raises
--   when it meets something that it cannot read, so that nothing is passed over in silence.
function openapi.read(path, wants)
  local file = assert(io.open(path))
  local document = cjson.decode(file:read "*a")
  file:close()
  local result = { operations = {}, servers = {}, credentials = {} }
  for route, item in pairs(document.paths) do
    for method, node in pairs(item) do
      local wanted = method ~= "parameters" and (not wants or wants(method:upper(), route))
      if wanted then
        local operation = read_operation(document, method, route, item, node)
        result.operations[operation.method .. " " .. route] = operation
      end
    end
  end
  for _, server in ipairs(document.servers) do result.servers[server.url] = true end
  for _, scheme in pairs(document.components.securitySchemes) do
    local where = scheme.scheme == "basic" and "basic" or (scheme["in"] or "header")
    local name = scheme.name or "authorization"
    result.credentials[where .. " " .. name:lower()] = true
  end
  return result
end

local function words(list)
  local sorted = {}
  for i, value in ipairs(list) do sorted[i] = tostring(value) end
  table.sort(sorted)
  return table.concat(sorted, " ")
end

local function text(value)
  return type(value) == "number" and ("%.14g"):format(value) or tostring(value)
end

local plain_members = {
  "type", "where", "required", "nullable", "minimum", "maximum", "min_length", "max_length",
  "format", "pattern", "default", "model",
}

local function add_schema_facts(facts, prefix, schema)
  for _, member in ipairs(plain_members) do
    if schema[member] ~= nil then facts[prefix .. ":" .. member] = text(schema[member]) end
  end
  for _, member in ipairs { "enum", "also" } do
    if schema[member] then facts[prefix .. ":" .. member] = words(schema[member]) end
  end
  for _, field in ipairs(schema.fields or {}) do
    add_schema_facts(facts, prefix .. "." .. field.name, field)
  end
  if schema.items then add_schema_facts(facts, prefix .. "[]", schema.items) end
end

--- Takes an operation apart.
-- @param operation table: one of `convoke.operations` or of `openapi.read(...).operations`
-- @return table: names of facts such as "params.limit:maximum" or "answer.owner:nullable" to their
--   values as text
function openapi.facts(operation)
  local facts = {
    method = operation.method,
    path = operation.path,
    body = tostring(operation.body),
    credential = operation.no_credential and "none" or nil,
    envelope = operation.envelope,
    success = words(operation.success),
    errors = words(operation.errors),
  }
  for _, param in ipairs(operation.params) do
    local name = "params." .. param.name
    assert(facts[name .. ":type"] == nil, "two parameters of one name: " .. param.name)
    add_schema_facts(facts, name, param)
  end
  add_schema_facts(facts, "answer", operation.answer)
  return facts
end

return openapi
