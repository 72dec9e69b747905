--- A second opinion: what a request's JSON must say for the values given, and which values a model
-- allows. Written from the descriptions in the catalogue, without the core's help.

local cjson = require "cjson"
local core = require "convoke.core"

local judge = {}

local null = cjson.null
local array, object = getmetatable(core.array {}), getmetatable(core.object {})
local int64, raw_bytes = getmetatable(core.int64(0)), getmetatable(core.bytes "")

local function is_wrapped(value)
  local mark = getmetatable(value)
  return mark == int64 or mark == raw_bytes
end

-- The number that an int64 stands for; nil: somebody has changed it.
local function number_of(value)
  local raw = rawget(value, 1)
  return type(raw) == "string" and #raw == 8 and string.unpack("<i8", raw) or nil
end

local function is_whole_wrapped(value)
  if getmetatable(value) == int64 then return number_of(value) ~= nil end
  return type(rawget(value, 1)) == "string"
end

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

-- Convex's form of what JSON has no word for.
local function same_wrapped(path, name, raw, decoded)
  if next(decoded, (next(decoded))) ~= nil or decoded[name] ~= judge.base64(raw) then
    complain(path, "a Convex value was changed")
  end
end

--- Raises unless what was decoded is what was given.
-- @param alike  function(one, other): whether two finite numbers are the same; default ==
function judge.same(path, given, decoded, alike)
  if getmetatable(given) == int64 and type(decoded) == "number" then given = number_of(given) end
  local kind = math.type(given) or type(given)
  if kind == "float" and (not is_finite(given) or 1 / given == -math.huge)
    and type(decoded) == "table" then
    return same_wrapped(path, "$float", string.pack("<d", given), decoded)
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
  elseif is_wrapped(given) then
    local name = getmetatable(given) == int64 and "$integer" or "$bytes"
    same_wrapped(path, name, given[1], decoded)
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

-- Whether Convex's only plain number, a double, can be the value.
local function fits_double(value)
  return math.type(value) == "float" or math.tointeger(value + 0.0) == value
end

function good.number(schema, value, convex)
  if getmetatable(value) == int64 then
    local number = number_of(value)
    return number ~= nil and good_number(schema, number)
  end
  return type(value) == "number" and (convex and not is_finite(value) or is_finite(value)
    and good_number(schema, value)) and (not convex or fits_double(value))
end

function good.integer(schema, value)
  if getmetatable(value) == int64 then
    local number = number_of(value)
    return number ~= nil and good_number(schema, number)
  end
  return type(value) == "number" and math.tointeger(value) ~= nil and good_number(schema, value)
end

function good.boolean(_, value)
  return type(value) == "boolean"
end

function good.array(schema, value, convex)
  if type(value) ~= "table" or is_wrapped(value) or not is_list(value) then
    return false
  end
  if #value < (schema.min_length or 0) or #value > (schema.max_length or #value) then
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
    local good_name = not convex
      or key:sub(1, 1) ~= "$" and #key <= 1024 and not key:find "[^ -~]"
    if not good_name or not judge.allows(schema.items, each, convex) then return false end
  end
  return true
end

function good.object(schema, value, convex)
  if type(value) ~= "table" or is_wrapped(value) then return false end
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
  if kind == "number" then
    if convex then return fits_double(value) end
    return is_finite(value)
  end
  if kind == "string" then return utf8.len(value) ~= nil end
  if kind == "boolean" or value == null then return true end
  if kind ~= "table" then return false end
  if is_wrapped(value) then
    return (convex or getmetatable(value) == int64) and is_whole_wrapped(value)
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

--- Whether there is a value in it that lua-cjson takes for a plain table.
function judge.holds_wrapped(value)
  if type(value) ~= "table" then return false end
  if is_wrapped(value) then return true end
  for _, member in pairs(value) do
    if judge.holds_wrapped(member) then return true end
  end
  return false
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
