--- A second opinion: what a request's JSON must say for the values given, and which values a model
-- allows. Written from the descriptions in the catalogue, without the core's help.

local cjson = require "cjson"
local core = require "convoke.core"

local judge = {}

local null = cjson.null
local wrapper, array, object = getmetatable(core.int64(0)), getmetatable(core.array {}),
  getmetatable(core.object {})

local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

--- RFC 4648.
function judge.base64(bytes)
  local out = {}
  for i = 1, #bytes, 3 do
    local a, b, c = bytes:byte(i, i + 2)
    local group = a << 16 | (b or 0) << 8 | (c or 0)
    for place = 0, 3 do
      local digit = group >> (18 - 6 * place) & 63
      out[#out + 1] = place > (c and 3 or b and 2 or 1) and "=" or digits:sub(digit + 1, digit + 1)
    end
  end
  return table.concat(out)
end

local function is_finite(number)
  return number == number and number ~= math.huge and number ~= -math.huge
end

local function complain(path, format, ...)
  error(path .. ": " .. format:format(...), 0)
end

--- Raises unless what was decoded is what was given.
-- @param alike  function(one, other): whether two finite numbers are the same; default ==
function judge.same(path, given, decoded, alike)
  local kind = math.type(given) or type(given)
  if kind == "float" and (not is_finite(given) or 1 / given == -math.huge)
    and type(decoded) == "table" then
    given, kind = setmetatable({ "$float", string.pack("<d", given) }, wrapper), "table"
  end
  if kind == "integer" or kind == "float" then
    if type(decoded) ~= "number" then complain(path, "%s became a %s", given, type(decoded)) end
    local equal
    if alike then equal = alike(given + 0.0, decoded) else equal = given + 0.0 == decoded end
    if not equal then complain(path, "%.17g became %.17g", given, decoded) end
  elseif kind ~= "table" then
    if given ~= decoded then
      complain(path, "%q became %q", tostring(given), tostring(decoded))
    end
  elseif type(decoded) ~= "table" then
    complain(path, "a table became a %s", type(decoded))
  elseif getmetatable(given) == wrapper then
    if next(decoded, (next(decoded))) ~= nil or decoded[given[1]] ~= judge.base64(given[2]) then
      complain(path, "a Convex value was changed")
    end
  else
    for key, value in pairs(given) do
      judge.same(path .. "." .. tostring(key), value, decoded[key], alike)
    end
    for key in pairs(decoded) do
      if given[key] == nil then complain(path, "got the member %q", tostring(key)) end
    end
  end
end

-- Which values are allowed ------------------------------------------------

local function among(list, value)
  for _, each in ipairs(list or {}) do
    if each == value then return true end
  end
  return false
end

local function is_list(value)
  local count = 0
  for key in pairs(value) do
    if math.type(key) ~= "integer" or key < 1 then return false end
    count = count + 1
  end
  return count == #value and getmetatable(value) ~= object
end

local function is_names(value)
  for key in pairs(value) do
    if type(key) ~= "string" or not utf8.len(key) then return false end
  end
  return getmetatable(value) ~= array
end

local function good_number(schema, value)
  return (not schema.minimum or value >= schema.minimum)
    and (not schema.maximum or value <= schema.maximum)
end

local good = {}

function good.string(schema, value)
  local length = type(value) == "string" and utf8.len(value)
  return length and length >= (schema.min_length or 0)
    and (not schema.max_length or length <= schema.max_length)
    and (not schema.enum or among(schema.enum, value))
end

function good.number(schema, value, convex)
  return type(value) == "number" and (convex and not is_finite(value) or is_finite(value)
    and good_number(schema, value))
end

function good.integer(schema, value)
  return type(value) == "number" and math.tointeger(value) ~= nil and good_number(schema, value)
end

function good.boolean(_, value)
  return type(value) == "boolean"
end

function good.array(schema, value, convex)
  if type(value) ~= "table" or getmetatable(value) == wrapper or not is_list(value) then
    return false
  end
  for _, each in ipairs(value) do
    if not judge.allows(schema.items, each, convex) then return false end
  end
  return true
end

local function good_names(schema, value, convex)
  if not is_names(value) then return false end
  for key, each in pairs(value) do
    if convex and key:sub(1, 1) == "$" or not judge.allows(schema.items, each, convex) then
      return false
    end
  end
  return true
end

function good.object(schema, value, convex)
  if type(value) ~= "table" or getmetatable(value) == wrapper then return false end
  if not schema.fields then return good_names(schema, value, convex) end
  if getmetatable(value) == array then return false end
  local known = {}
  for _, field in ipairs(schema.fields) do
    known[field.name] = true
    local member = value[field.name]
    if member == nil and field.required then return false end
    if member ~= nil and not judge.allows(field, member, convex) then return false end
  end
  for key in pairs(value) do
    if not known[key] then return false end
  end
  return true
end

function good.any(_, value, convex)
  local kind = type(value)
  if kind == "number" then return convex or is_finite(value) end
  if kind == "string" then return utf8.len(value) ~= nil end
  if kind == "boolean" or value == null then return true end
  if kind ~= "table" then return false end
  if getmetatable(value) == wrapper then
    return convex and type(value[1]) == "string" and type(value[2]) == "string"
  end
  local mark = getmetatable(value)
  if mark == array or mark ~= object and next(value) ~= nil and is_list(value) then
    return good.array({}, value, convex)
  end
  return good_names({}, value, convex)
end

--- Whether a request may hold the value there. Nesting is not limited here.
function judge.allows(schema, value, convex)
  schema = schema or { type = "any" }
  if value == null then return schema.nullable or schema.type == "any" or schema.type == "null" end
  if schema.also and among(schema.also, value) then return true end
  return good[schema.type](schema, value, convex) and true or false
end

--- A value as text, for messages.
function judge.show(value, depth)
  depth = depth or 0
  if type(value) == "string" then return ("%q"):format(value) end
  if type(value) ~= "table" then return value == null and "null" or tostring(value) end
  if depth > 4 then return "{...}" end
  local mark = getmetatable(value)
  local parts = {}
  for key, member in pairs(value) do
    parts[#parts + 1] = ("[%s] = %s"):format(judge.show(key), judge.show(member, depth + 1))
  end
  return (mark and mark.__name or "") .. "{" .. table.concat(parts, ", ") .. "}"
end

return judge
