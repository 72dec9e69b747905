--- JSON text for the sandbox.
-- A mock server is also a judge, so it reads strictly (RFC 8259, valid UTF-8) and keeps apart what
-- the common Lua libraries run together: `[]` from `{}`, null from absence, integers from floats.
--
-- Lua side: arrays carry a metatable (`json.array`), objects are all other tables, null is
-- `json.null`. Objects are written with sorted keys, so the same value is always the same text.

local json = {}

local find, sub, byte, char = string.find, string.sub, string.byte, string.char
local format, concat, floor = string.format, table.concat, math.floor
local math_type = math.type or function() return nil end

local MAX_DEPTH = 512

local array_mt = { __name = "json.array" }
local raw_mt = { __name = "json.raw" }

--- JSON null.
json.null = setmetatable({}, { __tostring = function() return "null" end })

--- Marks a table as a JSON array. `t` (table, default a new one) is returned.
function json.array(t)
  return setmetatable(t or {}, array_mt)
end

--- True when `v` is a JSON array.
function json.is_array(v)
  return type(v) == "table" and getmetatable(v) == array_mt
end

--- True when `v` is a JSON object.
function json.is_object(v)
  return type(v) == "table" and v ~= json.null and getmetatable(v) ~= array_mt
end

--- A value that is written as the given JSON text (string), unchecked.
function json.raw(text)
  return setmetatable({ text = text }, raw_mt)
end

-- Length of the valid UTF-8 sequence that starts at `i`, or nil.
local function utf8_length(s, i)
  local a, b, c, d = byte(s, i, i + 3)
  local function tail(x) return x and x >= 0x80 and x <= 0xBF end
  if a < 0x80 then return 1 end
  if a >= 0xC2 and a <= 0xDF then return tail(b) and 2 or nil end
  if a >= 0xE0 and a <= 0xEF then
    if not (tail(b) and tail(c)) then return nil end
    if (a == 0xE0 and b < 0xA0) or (a == 0xED and b > 0x9F) then return nil end
    return 3
  end
  if a >= 0xF0 and a <= 0xF4 then
    if not (tail(b) and tail(c) and tail(d)) then return nil end
    if (a == 0xF0 and b < 0x90) or (a == 0xF4 and b > 0x8F) then return nil end
    return 4
  end
  return nil
end

--- True when the string is valid UTF-8.
function json.is_utf8(s)
  local i = find(s, "[\128-\255]")
  while i do
    local n = utf8_length(s, i)
    if not n then return false end
    i = find(s, "[\128-\255]", i + n)
  end
  return true
end

-- ---------------------------------------------------------------------------------------------
-- Writing

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f",
                  ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escape(c)
  return escapes[c] or format("\\u%04x", byte(c))
end

local function quote(s)
  return '"' .. s:gsub('[%c"\\]', escape) .. '"'
end

--- The shortest decimal text that reads back as the same number.
-- @param n number, finite
-- @return string
function json.number_text(n)
  if n ~= n or n == math.huge or n == -math.huge then error("not a JSON number", 2) end
  if math_type(n) == "integer" then return format("%d", n) end
  if n == floor(n) and n > -2 ^ 53 and n < 2 ^ 53 and not (n == 0 and 1 / n < 0) then
    return format("%.0f", n)
  end
  local text
  for digits = 15, 17 do
    text = format("%." .. digits .. "g", n)
    if tonumber(text) == n then break end
  end
  return text
end

local encode_value

local function encode_object(t, out, n)
  local keys = {}
  for k in pairs(t) do
    if type(k) ~= "string" then error("object key is not a string: " .. tostring(k)) end
    keys[#keys + 1] = k
  end
  table.sort(keys)
  n = n + 1; out[n] = "{"
  for i, k in ipairs(keys) do
    n = n + 1; out[n] = (i > 1 and "," or "") .. quote(k) .. ":"
    n = encode_value(t[k], out, n)
  end
  n = n + 1; out[n] = "}"
  return n
end

function encode_value(v, out, n)
  local kind = type(v)
  if kind == "table" then
    local mt = getmetatable(v)
    if v == json.null then
      n = n + 1; out[n] = "null"
    elseif mt == raw_mt then
      n = n + 1; out[n] = v.text
    elseif mt == array_mt then
      n = n + 1; out[n] = "["
      for i = 1, #v do
        if i > 1 then n = n + 1; out[n] = "," end
        n = encode_value(v[i], out, n)
      end
      n = n + 1; out[n] = "]"
    else
      n = encode_object(v, out, n)
    end
    return n
  end
  n = n + 1
  if kind == "string" then
    out[n] = quote(v)
  elseif kind == "number" then
    out[n] = json.number_text(v)
  elseif kind == "boolean" then
    out[n] = tostring(v)
  else
    error("cannot write a " .. kind .. " as JSON")
  end
  return n
end

--- Writes a value as JSON text. Raises on values JSON does not have.
-- @param v any JSON value
-- @return string
function json.encode(v)
  local out = {}
  encode_value(v, out, 0)
  return concat(out)
end

-- ---------------------------------------------------------------------------------------------
-- Reading. Errors are raised as { at = position, why = text } and caught in json.decode.

local function fail(at, why)
  error({ at = at, why = why }, 0)
end

local function skip(s, i)
  return find(s, "[^ \t\r\n]", i) or #s + 1
end

local function code_point(n)
  if n < 0x80 then return char(n) end
  if n < 0x800 then return char(0xC0 + floor(n / 0x40), 0x80 + n % 0x40) end
  if n < 0x10000 then
    return char(0xE0 + floor(n / 0x1000), 0x80 + floor(n / 0x40) % 0x40, 0x80 + n % 0x40)
  end
  return char(0xF0 + floor(n / 0x40000), 0x80 + floor(n / 0x1000) % 0x40,
              0x80 + floor(n / 0x40) % 0x40, 0x80 + n % 0x40)
end

local plain_escapes = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f",
                        n = "\n", r = "\r", t = "\t" }

-- Reads the escape whose backslash is at `i`; returns its text and the next position.
local function read_escape(s, i)
  local c = sub(s, i + 1, i + 1)
  if plain_escapes[c] then return plain_escapes[c], i + 2 end
  local hex = c == "u" and s:match("^%x%x%x%x", i + 2)
  if not hex then fail(i, "invalid escape") end
  local n = tonumber(hex, 16)
  i = i + 6
  if n >= 0xD800 and n <= 0xDBFF then
    local low = s:match("^\\u(%x%x%x%x)", i)
    low = low and tonumber(low, 16)
    if not low or low < 0xDC00 or low > 0xDFFF then fail(i - 6, "unpaired surrogate") end
    return code_point(0x10000 + (n - 0xD800) * 0x400 + low - 0xDC00), i + 6
  end
  if n >= 0xDC00 and n <= 0xDFFF then fail(i - 6, "unpaired surrogate") end
  return code_point(n), i
end

-- Reads the string whose opening quote is at `i`.
local function read_string(s, i)
  local start, pieces, n = i, nil, 0
  i = i + 1
  while true do
    local stop = find(s, '[%c"\\]', i)
    if not stop then fail(start, "unterminated string") end
    local c = sub(s, stop, stop)
    if c == '"' then
      local rest = sub(s, i, stop - 1)
      if not pieces then return rest, stop + 1 end
      pieces[n + 1] = rest
      return concat(pieces), stop + 1
    end
    pieces = pieces or {}
    if c == "\\" then
      pieces[n + 1] = sub(s, i, stop - 1)
      pieces[n + 2], i = read_escape(s, stop)
      n = n + 2
    elseif c == "\127" then -- DEL counts as %c but is allowed in JSON text
      pieces[n + 1] = sub(s, i, stop)
      n, i = n + 1, stop + 1
    else
      fail(stop, "control character in string")
    end
  end
end

local function read_number(s, i)
  local whole = s:match("^-?%d+", i)
  if not whole or whole:find("^-?0%d") then fail(i, "invalid number") end
  local stop = i + #whole
  local fraction = s:match("^%.%d+", stop) or ""
  stop = stop + #fraction
  local exponent = s:match("^[eE][+-]?%d+", stop) or ""
  stop = stop + #exponent
  if find(s, "^[%.eE%d]", stop) then fail(i, "invalid number") end
  local n = tonumber(whole .. fraction .. exponent)
  if n == math.huge or n == -math.huge then fail(i, "number out of range") end
  return n, stop
end

local read_value

local function read_array(s, i, depth)
  local t, n = json.array(), 0
  i = skip(s, i + 1)
  if sub(s, i, i) == "]" then return t, i + 1 end
  while true do
    n = n + 1
    t[n], i = read_value(s, i, depth)
    i = skip(s, i)
    local c = sub(s, i, i)
    if c == "]" then return t, i + 1 end
    if c ~= "," then fail(i, "expected ',' or ']'") end
    i = skip(s, i + 1)
  end
end

local function read_object(s, i, depth)
  local t = {}
  i = skip(s, i + 1)
  if sub(s, i, i) == "}" then return t, i + 1 end
  while true do
    if sub(s, i, i) ~= '"' then fail(i, "expected a property name") end
    local key
    key, i = read_string(s, i)
    i = skip(s, i)
    if sub(s, i, i) ~= ":" then fail(i, "expected ':'") end
    t[key], i = read_value(s, skip(s, i + 1), depth)
    i = skip(s, i)
    local c = sub(s, i, i)
    if c == "}" then return t, i + 1 end
    if c ~= "," then fail(i, "expected ',' or '}'") end
    i = skip(s, i + 1)
  end
end

local words = { t = { "true", true }, f = { "false", false }, n = { "null", json.null } }

function read_value(s, i, depth)
  if depth > MAX_DEPTH then fail(i, "nested too deeply") end
  local c = sub(s, i, i)
  if c == '"' then return read_string(s, i) end
  if c == "{" then return read_object(s, i, depth + 1) end
  if c == "[" then return read_array(s, i, depth + 1) end
  local word = words[c]
  if word then
    if sub(s, i, i + #word[1] - 1) ~= word[1] then fail(i, "unexpected word") end
    return word[2], i + #word[1]
  end
  if c == "" then fail(i, "unexpected end") end
  return read_number(s, i)
end

--- Reads one JSON text.
-- @param s string
-- @return the value; or nil, message (string) and position (bytes, from 1) when it is not JSON
function json.decode(s)
  local bad = not json.is_utf8(s)
  if bad then return nil, "invalid UTF-8", 1 end
  local ok, value, stop = pcall(read_value, s, skip(s, 1), 1)
  if not ok then
    if type(value) ~= "table" then error(value, 0) end
    return nil, value.why, value.at
  end
  stop = skip(s, stop)
  if stop <= #s then return nil, "unexpected text after the value", stop end
  return value
end

return json
