--- Values as JSON or as Lua, with the fields of a model in its order and others sorted behind them.

local core = require "convoke.core"

local text = {}

local array_mark = getmetatable(core.array {})
local int64_mark = getmetatable(core.int64(0))
local bytes_mark = getmetatable(core.bytes "")

-- Kinds of values ------------------------------------------------

--- Whether a value is shown as a list.
-- @param schema  of the value, or nil: it decides about an empty table
function text.is_list(value, schema)
  if type(value) ~= "table" then return false end
  local mark = getmetatable(value)
  if mark == array_mark then return true end
  if mark ~= nil then return false end
  if next(value) == nil then return schema ~= nil and (schema.type == "array"
    or schema.type == "either") end
  return value[1] ~= nil
end

--- Whether a value is an object: a table that is no list and no number or bytes.
function text.is_object(value, schema)
  if type(value) ~= "table" or text.is_list(value, schema) then return false end
  local mark = getmetatable(value)
  return mark ~= int64_mark and mark ~= bytes_mark
end

--- The schema of a list's elements: of an array, or of an answer that holds one list.
function text.items_schema(schema)
  if not schema then return nil end
  if schema.items then return schema.items end
  for _, field in ipairs(schema.fields or {}) do
    if field.type == "array" and field.items then return field.items end
  end
end

--- The names of an object's fields, in order, and their schemas by name.
function text.keys(object, schema)
  local keys, schemas = {}, {}
  for _, field in ipairs(schema and schema.fields or {}) do
    if object[field.name] ~= nil then keys[#keys + 1] = field.name end
    schemas[field.name] = field
  end
  local others = {}
  for key in pairs(object) do
    if schemas[key] == nil then others[#others + 1] = tostring(key) end
  end
  table.sort(others)
  for _, key in ipairs(others) do keys[#keys + 1] = key end
  return keys, schemas
end

-- The shortest text that reads as the same number.
local function number_text(value)
  if math.type and math.type(value) == "integer" then return ("%d"):format(value) end
  for digits = 15, 17 do
    local written = ("%." .. digits .. "g"):format(value)
    if tonumber(written) == value then return written end
  end
end

local base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function base64(bytes)
  local written = bytes:gsub("..?.?", function(part)
    local a, b, c = part:byte(1, 3)
    local number = a * 65536 + (b or 0) * 256 + (c or 0)
    local digits = {}
    for i = 4, 1, -1 do
      local digit = number % 64
      digits[i] = i > #part + 1 and "=" or base64_digits:sub(digit + 1, digit + 1)
      number = (number - digit) / 64
    end
    return table.concat(digits)
  end)
  return written
end

-- Dialects ------------------------------------------------

-- What JSON and Lua write differently.
local json, lua = {}, {}

local short = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
  ["\b"] = "\\b", ["\f"] = "\\f" }

-- Control characters of both kinds are escaped: a terminal would obey them.
function json.string(value)
  local written = value:gsub('[%c"\\]', function(c) return short[c]
    or ("\\u%04x"):format(c:byte()) end)
  written = written:gsub("\194([\128-\159])", function(c) return ("\\u%04x"):format(c:byte()) end)
  return '"' .. written .. '"'
end

function json.number(value)
  if value ~= value then return '"NaN"' end
  if value == math.huge then return '"Infinity"' end
  if value == -math.huge then return '"-Infinity"' end
  return number_text(value)
end

function json.int64(value) return tostring(value) end
function json.bytes(value) return '"' .. base64(value:raw()) .. '"' end
function json.key(name) return json.string(name) .. ":" end
json.null, json.open_list, json.close_list = "null", "[", "]"

function lua.string(value)
  local written = value:gsub('[%c"\\\128-\255]', function(c)
    if c == "\n" then return "\\n" end
    if c == '"' or c == "\\" then return "\\" .. c end
    return c:byte() < 128 and ("\\%03d"):format(c:byte()) or c
  end)
  written = written:gsub("\194([\128-\159])", function(c) return ("\\194\\%d"):format(c:byte()) end)
  return '"' .. written .. '"'
end

function lua.number(value)
  if value ~= value then return "0/0" end
  if value == math.huge then return "math.huge" end
  if value == -math.huge then return "-math.huge" end
  local written = number_text(value)
  return math.type and math.type(value) == "float" and written:find "^%-?%d+$" and written .. ".0"
    or written
end

function lua.int64(value) return ('require("convoke").int64("%s")'):format(tostring(value)) end
function lua.bytes(value)
  return ('require("convoke").bytes(%s)'):format(lua.string(value:raw()))
end

local keywords = {}
for word in ("and break do else elseif end false for function goto if in local nil "
  .. "not or repeat return then true until while"):gmatch "%a+" do keywords[word] = true end

function lua.key(name)
  if name:find "^[%a_][%w_]*$" and not keywords[name] then return name .. " =" end
  return "[" .. lua.string(name) .. "] ="
end

lua.null, lua.open_list, lua.close_list = 'require("convoke").null', "{", "}"

-- Writing ------------------------------------------------

local write

local function write_parts(parts, open, close, indent)
  if not parts[1] then return open .. close end
  if not indent then return open .. table.concat(parts, ",") .. close end
  local inner = indent .. "  "
  return open .. "\n" .. inner .. table.concat(parts, ",\n" .. inner) .. "\n" .. indent .. close
end

local function write_table(dialect, value, schema, indent)
  local parts, inner = {}, indent and indent .. "  "
  if text.is_list(value, schema) then
    local items = text.items_schema(schema)
    for i = 1, #value do parts[i] = write(dialect, value[i], items, inner) end
    return write_parts(parts, dialect.open_list, dialect.close_list, indent)
  end
  local keys, schemas = text.keys(value, schema)
  for i, key in ipairs(keys) do
    parts[i] = dialect.key(key) .. (indent and " " or "")
      .. write(dialect, value[key], schemas[key], inner)
  end
  return write_parts(parts, "{", "}", indent)
end

function write(dialect, value, schema, indent)
  if value == nil or value == core.null then return dialect.null end
  local kind = type(value)
  if kind == "string" then return dialect.string(value) end
  if kind == "number" then return dialect.number(value) end
  if kind ~= "table" then return tostring(value) end
  local mark = getmetatable(value)
  if mark == int64_mark then return dialect.int64(value) end
  if mark == bytes_mark then return dialect.bytes(value) end
  return write_table(dialect, value, schema, indent)
end

--- JSON of a value.
-- @param schema  of the value, as the catalogue has it, or nil
-- @param indent  what its lines begin with; nil: it is one line
function text.json(value, schema, indent) return write(json, value, schema, indent) end

--- A Lua expression for a value, on several lines.
function text.lua(value, schema, indent) return write(lua, value, schema, indent or "") end

-- Plain text ------------------------------------------------

local visible = { ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r" }

--- A text in which nothing moves a terminal's cursor.
function text.visible(value)
  value = value:gsub("%c", function(c) return visible[c] or ("\\x%02x"):format(c:byte()) end)
  return (value:gsub("\194([\128-\159])", function(c) return ("\\x%02x"):format(c:byte()) end))
end

--- What stands in a cell for a value: the text itself, JSON of what has parts, nothing for null.
function text.plain(value, schema)
  if value == nil or value == core.null then return "" end
  if type(value) == "string" then return value end
  local written = text.json(value, schema)
  return type(value) == "number" and written:gsub('"', "") or written
end

return text
