--- What several schemas say together, as allOf has it.

local merge = {}

local function is_table(value) return type(value) == "table" end

--- One token of a JSON pointer.
function merge.token(name)
  return (tostring(name):gsub("~", "~0"):gsub("/", "~1"))
end

--- A part of what stands at a node, by the names and positions (from 0) that lead there.
function merge.child(node, ...)
  local value, address = node.value, node.address
  for _, name in ipairs { ... } do
    value = value[type(name) == "number" and name + 1 or name]
    address = address .. "/" .. merge.token(name)
  end
  return { value = value, address = address }
end

local child = merge.child

local function set_of(list)
  local set = {}
  for _, value in ipairs(list) do set[value] = true end
  return set
end

local whole_of = { integer = "number" }

-- The types that both sets allow.
local function intersect_types(one, other)
  if not one then return other end
  local both = {}
  for name in pairs(one) do
    if other[name] or other[whole_of[name]] then both[name] = true end
  end
  for name in pairs(other) do
    if one[whole_of[name]] then both[name] = true end
  end
  return both
end

local function larger(one, other) return one and math.max(one, other) or other end
local function smaller(one, other) return one and math.min(one, other) or other end

-- Adds what bounds a schema has. `exclusiveMinimum` is a flag in 3.0 and a number in 3.1.
local function merge_bounds(flat, schema)
  local function bound(name, exclusive, flag, pick)
    local value, other = schema[name], schema[exclusive]
    if type(value) == "number" then
      local picked = pick(flat[name], value)
      if picked ~= flat[name] then flat[name], flat[flag] = picked, other == true or nil end
    end
    if type(other) == "number" then
      local picked = pick(flat[name], other)
      if picked == other then flat[name], flat[flag] = other, true end
    end
  end
  bound("minimum", "exclusiveMinimum", "above", larger)
  bound("maximum", "exclusiveMaximum", "below", smaller)
  for name, pick in pairs { minLength = larger, minItems = larger, maxLength = smaller,
      maxItems = smaller } do
    if type(schema[name]) == "number" then flat[name] = pick(flat[name], schema[name]) end
  end
end

local function merge_enum(flat, values)
  if not flat.enum then
    flat.enum = values
    return
  end
  local known, both = set_of(values), {}
  for _, value in ipairs(flat.enum) do
    if known[value] then both[#both + 1] = value end
  end
  flat.enum = both
end

local known_types = { string = true, integer = true, number = true, boolean = true, object = true,
  array = true }

--- Whether a schema's `type` may have that value.
function merge.is_type(name) return name == "null" or known_types[name] == true end

local function merge_type(flat, given)
  local set = {}
  for _, name in ipairs(is_table(given) and given or { given }) do
    if name == "null" then flat.nullable = true elseif known_types[name] then set[name] = true end
  end
  if next(set) or is_table(given) then flat.types = intersect_types(flat.types, set) end
  if given == "null" then flat.only_null = true end
end

--- Adds the members of one schema, which is no reference, to those merged so far.
-- @param flat  the description: types (set or nil), nullable, only_null, enum, minimum, maximum,
--   above, below, minLength, maxLength, minItems, maxItems, properties (name -> array of nodes),
--   has_properties, required (set), rest (a node or true), closed, items (nodes), unions (nodes),
--   format, title, is_media
-- @param node  { value =, address = }
function merge.members(flat, node)
  local schema = node.value
  if schema.type ~= nil then merge_type(flat, schema.type) end
  if schema.nullable == true then flat.nullable = true end
  if is_table(schema.enum) then merge_enum(flat, schema.enum) end
  if schema.const ~= nil then merge_enum(flat, { schema.const }) end
  merge_bounds(flat, schema)
  if is_table(schema.properties) then
    flat.has_properties = true
    for name in pairs(schema.properties) do
      local list = flat.properties[name] or {}
      flat.properties[name] = list
      list[#list + 1] = child(node, "properties", name)
    end
  end
  for _, name in ipairs(is_table(schema.required) and schema.required or {}) do
    flat.required[name] = true
  end
  local rest = schema.additionalProperties
  local patterns = schema.patternProperties
  if is_table(patterns) and next(patterns) then rest = true end -- they are not checked
  if rest ~= nil then
    local says_more = is_table(rest) and next(rest) ~= nil
    flat.rest = says_more and child(node, "additionalProperties") or rest ~= false
    if flat.closed or rest == false then flat.closed, flat.rest = true, nil end
  end
  if is_table(schema.items) then flat.items[#flat.items + 1] = child(node, "items") end
  for _, name in ipairs { "oneOf", "anyOf" } do
    if is_table(schema[name]) and schema[name][1] ~= nil then
      local union = child(node, name)
      union.told = is_table(schema.discriminator) and schema.discriminator or nil
      flat.unions[#flat.unions + 1] = union
    end
  end
  flat.format = flat.format or schema.format
  flat.title = flat.title or schema.title
  if schema.contentMediaType and not schema.contentEncoding then flat.is_media = true end
  if schema.readOnly == true then flat.read_only = true end
  if schema.writeOnly == true then flat.write_only = true end
end

return merge
