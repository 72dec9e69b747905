--- What recordings must not hold, and what stands there instead: "[struck 1]", "[struck 2]", ...,
-- one for each value, wherever that comes up.

local secret_names = require "convoke.observe.secret_names"

local strike = {}

-- What looks like a token that tells of itself (a JWT), or like a key of these APIs.
local looks = { "eyJ[%w_%-]+%.[%w_%-]+%.?[%w_%-]*", "sk_live_[%w_%-]+", "sk_test_[%w_%-]+" }

local shortest = 4 -- bytes of a value that is struck out of the middle of a text

local mark = "%[struck (%d%d?%d?%d?%d?%d?%d?)%]"

local Striker = {}
Striker.__index = Striker

--- @param names     of more fields and parts of addresses that are struck out
-- @param patterns  of Lua's: what fits is struck out wherever it stands
-- @param last      the highest number that is taken
function strike.new(names, patterns, last)
  local all = {}
  for _, list in ipairs { looks, patterns or {} } do
    for _, pattern in ipairs(list) do all[#all + 1] = pattern end
  end
  local own = {}
  for _, name in ipairs(names or {}) do own[secret_names.plain(name)] = true end
  return setmetatable({ names = own, patterns = all, last = last or 0,
    first = last or 0, -- numbers up to here are those of a recording
    numbers = {}, values = {}, longest_first = nil }, Striker)
end

--- Whether the user has named this field.
function Striker:is_named(name)
  return name ~= nil and self.names[secret_names.plain(name)] == true
end

--- Whether texts of a field with this name are struck out.
function Striker:is_secret(name)
  return name ~= nil and (secret_names.ends(name) or self:is_named(name))
end

local function unescaped(text)
  return (text:gsub("%+", " "):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

--- Notes that a value is struck out from now on.
-- @param number  that stands for it, if one does already
function Striker:learn(value, number)
  local key = value:lower() -- servers change the case of addresses
  if value == "" or value:find("^" .. mark .. "$") or self.numbers[key] then return end
  if not number then
    self.last = self.last + 1
    number = self.last
  end
  self.numbers[key], self.values[number] = number, value
  self.longest_first = nil
end

--- Notes that a value of a path is struck out from now on.
-- @param value  as it is written there
function Striker:learn_segment(value)
  self:learn(unescaped((value:gsub("%+", "%%2B"))))
end

--- The value that a number stands for, or nil.
function Striker:value_of(number) return self.values[number] end

local function find_query(text, each)
  for name, value in text:gmatch "[?&;]([^=&#%s;]+)=([^&#%s;]*)" do each(name, value) end
end

--- Notes what is secret in a text.
-- @param name  of the field that it stands in, or nil
function Striker:look_at(text, name)
  if self:is_secret(name) then self:learn(text) end
  for _, pattern in ipairs(self.patterns) do
    for found in text:gmatch(pattern) do self:learn(found) end
  end
  find_query(text, function(part, value)
    if self:is_secret(part) then
      self:learn(value)
      self:learn(unescaped(value))
    end
  end)
end

-- The values, longer ones first: one may be a part of another.
local function needles_of(self)
  if self.longest_first then return self.longest_first end
  local list = {}
  for value, number in pairs(self.numbers) do
    list[#list + 1] = { text = value, number = number, whole = #value < shortest }
  end
  table.sort(list, function(a, b)
    if #a.text ~= #b.text then return #a.text > #b.text end
    return a.text < b.text
  end)
  self.longest_first = list
  return list
end

-- Replaces a text in another whatever their case is.
local function replace(text, needle, with)
  local lowered, at, pieces = text:lower(), 1, {}
  while true do
    local first, last = lowered:find(needle, at, true)
    if not first then break end
    pieces[#pieces + 1] = text:sub(at, first - 1)
    pieces[#pieces + 1] = with
    at = last + 1
  end
  if at == 1 then return text end
  pieces[#pieces + 1] = text:sub(at)
  return table.concat(pieces)
end

-- The text with its secrets struck out where they stand as they are.
local function strike_plain(self, text)
  for _, needle in ipairs(needles_of(self)) do
    local with = ("\1%d\2"):format(needle.number) -- in which no value can be found
    if not needle.whole then
      text = replace(text, needle.text, with)
    elseif text:lower() == needle.text then
      text = with
    end
  end
  return (text:gsub("\1(%d+)\2", "[struck %1]"))
end

--- The text with its secrets struck out, those that were noted before.
function Striker:out(text)
  text = strike_plain(self, text)
  if not text:find "[%%+]" then return text end
  -- Parts of addresses and forms, in which each byte may be encoded or not.
  return (text:gsub("[^%s/?&=#;]+", function(part)
    if not part:find "[%%+]" then return part end
    for _, plain in ipairs { unescaped((part:gsub("%+", "%%%%2B"))), unescaped(part) } do
      local struck = strike_plain(self, plain)
      if struck ~= plain then return struck end
    end
  end))
end

--- Whether a number of a recording may stand for the value to which learn() gave another one.
function Striker:may_bind(number, own)
  if number == own then return true end
  local value, bound = self.values[own], self.values[number]
  return value ~= nil and not bound and own > self.first and number <= self.first
end

--- Has a number of a recording stand for that value from now on.
function Striker:bind(number, own)
  if number == own then return end
  local value = self.values[own]
  self.values[number], self.values[own] = value, nil
  self.numbers[value:lower()], self.longest_first = number, nil
end

--- The highest number of what was struck out of a text; 0: nothing was.
function strike.highest(text)
  local highest = 0
  for digits in text:gmatch(mark) do highest = math.max(highest, tonumber(digits)) end
  return highest
end

--- Splits a text at what was struck out of it: the text with "[struck]" for each, and the numbers.
function strike.split(text)
  local numbers = {}
  local shape = text:gsub(mark, function(digits)
    numbers[#numbers + 1] = tonumber(digits)
    return "[struck]"
  end)
  return shape, numbers
end

--- The text with the values that this program has for what was struck out.
-- @param value_of  function(number) that returns one, or nil: the text there stays
function strike.back(text, value_of)
  return (text:gsub(mark, function(digits) return value_of(tonumber(digits)) end))
end

return strike
