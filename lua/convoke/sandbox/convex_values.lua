--- Convex's value types in JSON: reading arguments, writing results.
--
-- Lua side: Float64 is a number, Int64 is { int64 = decimal text, bytes = 8 bytes }, bytes are
-- { bytes64 = base64 }; the rest is as in convoke.sandbox.json.

local basexx = require "basexx"
local json = require "convoke.sandbox.json"

local values = {}

local int64_mt = { __name = "int64" }
local bytes_mt = { __name = "bytes" }

-- Decimal text of a two's complement number of 8 little-endian bytes. Digit by digit, because
-- LuaJIT and Lua 5.1 have no 64-bit integers.
local function decimal(text)
  local digits, negative = { text:byte(1, 8) }, text:byte(8) >= 128
  if negative then
    local carry = 1
    for i = 1, 8 do
      local byte = 255 - digits[i] + carry
      carry = byte > 255 and 1 or 0
      digits[i] = byte % 256
    end
  end
  local out, left = {}, true
  while left do
    local rest = 0
    left = false
    for i = 8, 1, -1 do
      local n = rest * 256 + digits[i]
      digits[i] = math.floor(n / 10)
      rest = n % 10
      left = left or digits[i] > 0
    end
    table.insert(out, 1, ("%d"):format(rest))
  end
  return (negative and "-" or "") .. table.concat(out)
end

-- Strict base64; nil when the text is not.
local function from_base64(text)
  if type(text) ~= "string" or #text % 4 ~= 0 or not text:find("^[%w+/]*=?=?$") then return nil end
  return basexx.from_base64(text)
end

local function eight_bytes(text, kind)
  local bytes = from_base64(text)
  if not bytes then error(kind .. " must be encoded as base64", 0) end
  if #bytes ~= 8 then error(kind .. " must be 8 bytes long", 0) end
  return bytes
end

-- The floats JSON numbers cannot say: NaN, infinities and minus zero.
local function special_float(text)
  local bytes = eight_bytes(text, "Float64")
  local b7, b8 = bytes:byte(7, 8)
  local negative, exponent = b8 >= 128, (b8 % 128) * 16 + math.floor(b7 / 16)
  local zero = bytes:sub(1, 6) == ("\0"):rep(6) and b7 % 16 == 0
  if exponent == 2047 then
    if not zero then return 0 / 0 end
    return negative and -math.huge or math.huge
  end
  if exponent == 0 and zero then return 0.0 * (negative and -1 or 1) end -- -0.0 is 0.0 to 5.1
  error("Float64 should be encoded as a number", 0)
end

local wrappers = {}

wrappers["$integer"] = function(text)
  local bytes = eight_bytes(text, "Int64")
  return setmetatable({ int64 = decimal(bytes), base64 = text }, int64_mt)
end

wrappers["$float"] = special_float

wrappers["$bytes"] = function(text)
  if not from_base64(text) then error("Bytes must be encoded as base64", 0) end
  return setmetatable({ base64 = text }, bytes_mt)
end

-- What a value may be: levels, elements of an array, fields of an object, bytes of a field's name.
local most_levels, most_elements, most_fields, most_name = 64, 8192, 1024, 1024

local function refuse(text, ...)
  error(text:format(...), 0)
end

local function check_name(name)
  if name:sub(1, 1) == "$" then
    refuse("Field name %s starts with a '$', which is reserved.", name)
  elseif #name > most_name then
    refuse("Field name is too long (%d > maximum %d)", #name, most_name)
  elseif name:find "[^ -~]" then
    refuse("Field name %s has invalid character: Field names can only contain non-control ASCII "
      .. "characters", name)
  end
end

local read

local function read_array(value, level)
  if #value > most_elements then
    refuse("Array length is too long (%d > maximum length %d)", #value, most_elements)
  end
  local out = json.array()
  for i, one in ipairs(value) do out[i] = read(one, level + 1) end
  return out
end

local function read_object(value, level)
  local key, inner = next(value)
  if key and next(value, key) == nil and wrappers[key] then return wrappers[key](inner) end
  local out, fields = {}, 0
  for name, one in pairs(value) do
    check_name(name)
    fields = fields + 1
    out[name] = read(one, level + 1)
  end
  if fields > most_fields then
    refuse("Object has too many fields (%d > maximum number %d)", fields, most_fields)
  end
  return out
end

-- `level` counts the arrays and objects around the value.
function read(value, level)
  local is_array = json.is_array(value)
  if not is_array and not json.is_object(value) then return value end
  if level >= most_levels then
    refuse("Value is too nested (maximum nesting %d)", most_levels)
  end
  return (is_array and read_array or read_object)(value, level)
end

--- Reads a JSON value as Convex arguments.
-- @return the value; or nil and why it is refused (string)
function values.read(value)
  local ok, result = pcall(read, value, 0)
  if ok then return result end
  return nil, tostring(result)
end

local lua_types = { number = "float64", string = "string", boolean = "boolean", table = "object" }

--- The type of a value as validators name it.
function values.type(value)
  local mt = getmetatable(value)
  if value == json.null then return "null" end
  if mt == int64_mt then return "int64" end
  if mt == bytes_mt then return "bytes" end
  if json.is_array(value) then return "array" end
  return lua_types[type(value)]
end

-- Float64 as the server's language prints it: a whole number keeps its ".0".
local function float_text(n)
  if n % 1 == 0 and n > -1e15 and n < 1e15 then return json.raw(("%.1f"):format(n)) end
  return json.raw(json.number_text(n))
end

local floats = { ["nan"] = "AAAAAAAA+H8=", ["inf"] = "AAAAAAAA8H8=", ["-inf"] = "AAAAAAAA8P8=" }

local function write_float(n, encoded)
  if n ~= n then return encoded and { ["$float"] = floats["nan"] } or "NaN" end
  if n == math.huge then return encoded and { ["$float"] = floats["inf"] } or "Infinity" end
  if n == -math.huge then return encoded and { ["$float"] = floats["-inf"] } or "-Infinity" end
  if encoded and n == 0 and 1 / n < 0 then return { ["$float"] = "AAAAAAAAAIA=" } end
  return float_text(n)
end

--- Writes a value as a JSON value.
-- @param encoded true for `convex_encoded_json` (wrappers), else `json` (lossy)
function values.write(value, encoded)
  local kind = values.type(value)
  if kind == "float64" then return write_float(value, encoded) end
  if kind == "int64" then return encoded and { ["$integer"] = value.base64 } or value.int64 end
  if kind == "bytes" then return encoded and { ["$bytes"] = value.base64 } or value.base64 end
  if kind ~= "array" and kind ~= "object" then return value end
  local out = kind == "array" and json.array() or {}
  for name, one in pairs(value) do out[name] = values.write(one, encoded) end
  return out
end

return values
