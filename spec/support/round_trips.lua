--- Random values that are written as JSON text, read, sent again and read once more; each time they
-- must be what they were.

local convoke = require "convoke"
local core = require "convoke.core"

local round_trips = {}

local array, object = getmetatable(convoke.array {}), getmetatable(convoke.object {})
local random = math.random

-- Values as JSON text -----------------------------------------------------------------------------

local function digits(count)
  local text = { tostring(random(1, 9)) }
  for i = 2, count do text[i] = tostring(random(0, 9)) end
  return table.concat(text)
end

local borders = { "0", "-1", "9007199254740991", "9007199254740992", "9007199254740993",
  "-9007199254740993", "9223372036854775806", "9223372036854775807", "-9223372036854775807",
  "-9223372036854775808", "-0.0", "5e-324", "1.7976931348623157e308", "2.2250738585072014e-308",
  "1e22", "1e23", "0.1" }

local function number_text()
  local kind = random(4)
  if kind == 1 then return borders[random(#borders)] end
  local sign = random(2) == 1 and "-" or ""
  if kind == 2 then return sign .. digits(random(18)) end
  if kind == 3 then return ("%s%d.%d"):format(sign, random(0, 9999), random(1, 9999)) end
  local mantissa = random(0, 0x3ffffff) * 0x8000000 + random(0, 0x7ffffff)
  return sign .. ("%.17g"):format((mantissa + 0.0) * 2.0 ^ random(-1074, 960)) .. "e0"
end

local pieces = { "a", "team", " ", "\\n", "\\u0000", "\\\"", "\\\\", "\\/", "é", "€", "𝄞",
  "\\u00e9", "\\ud834\\udd1e", "$integer", "~", "\\u2028", ("long "):rep(8) }

local function string_text()
  local text = {}
  for i = 1, random(0, 6) do text[i] = pieces[random(#pieces)] end
  return '"' .. table.concat(text) .. '"'
end

--- The text of a random value that nests at most so deep.
function round_trips.text(depth)
  local kind = random(depth > 0 and 8 or 6)
  if kind == 1 then return ({ "null", "true", "false" })[random(3)] end
  if kind <= 4 then
    local text = number_text()
    -- What %.17g writes may hold an exponent of its own.
    return (text:gsub("^(.*e.*)e0$", "%1"))
  end
  if kind <= 6 then return string_text() end
  local members = {}
  for i = 1, random(0, 4) do
    local value = round_trips.text(depth - 1)
    members[i] = kind == 7 and value or ('"k%d":%s'):format(random(6), value)
  end
  local inner = table.concat(members, random(2) == 1 and "," or " ,\n")
  return kind == 7 and "[" .. inner .. "]" or "{" .. inner .. "}"
end

-- Comparing ---------------------------------------------------------------------------------------

local function is_exact(value)
  return type(value) == "number" and math.type(value) ~= "float"
end

-- Whether a whole float and an int64, which JSON text cannot tell apart, are the same number.
local function same_whole(number, int64)
  return ("%.0f"):format(number) == tostring(int64)
end

--- Whether two values are the same to the last digit, the marks of tables included.
-- @param loose  whether whole floats may have become integers, as they do in JSON text
function round_trips.same(one, other, loose)
  if type(one) == "number" and type(other) == "number" then
    return one == other and 1 / one == 1 / other
      and (loose or not math.type or is_exact(one) == is_exact(other))
  end
  if loose and type(one) == "number" and type(other) == "table" then
    return same_whole(one, other)
  end
  if type(one) ~= type(other) then return false end
  if type(one) ~= "table" then return one == other end
  local mark = getmetatable(one)
  if mark ~= getmetatable(other) then return false end
  if mark ~= array and mark ~= object then return one == other end -- int64
  for key, value in pairs(one) do
    if other[key] == nil or not round_trips.same(value, other[key], loose) then return false end
  end
  for key in pairs(other) do
    if one[key] == nil then return false end
  end
  return true
end

-- The trip ----------------------------------------------------------------------------------------

--- A function that sends a value as free-form metadata and returns the JSON text that left.
function round_trips.sender()
  local body
  local clerk = convoke.clerk { secret_key = "sk_test_1", retries = 0, transport = {
    send = function(request)
      body = request.body
      return { status = 200, headers = {}, body = '{"id":"i"}' }
    end,
  } }
  return function(value)
    assert(clerk.invitations:create { email_address = "a", public_metadata = { v = value } })
    return (body:match '^{"email_address":"a","public_metadata":{"v":(.*)}}$')
  end
end

--- Reads, sends and reads again `count` random values, `together` of them in one call.
-- Whole floats come back as integers: JSON has one kind of number. Raises where one has changed.
function round_trips.run(count, together)
  local send = round_trips.sender()
  for _ = 1, count, together do
    local texts = {}
    for i = 1, together do texts[i] = round_trips.text(4) end
    local text = "[" .. table.concat(texts, ",") .. "]"
    local first = assert(core.read(text))
    local sent = send(first)
    local second = assert(core.read(sent))
    for i = 1, together do
      if not round_trips.same(first[i], second[i], true) then
        error(("%s was sent as %s"):format(texts[i], send(first[i])), 0)
      end
    end
    -- What the first trip has made integers stays the same in every later one.
    assert(round_trips.same(second, core.read(send(second))), "another value the second time")
  end
end

return round_trips
