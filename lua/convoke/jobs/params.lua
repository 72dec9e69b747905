--- The parameters of a row as JSON text, and back. All that a call takes comes back as it was:
-- numbers with each digit, marked tables, and values that only Convex knows, which stand as objects
-- with the one member "$convoke": the kind and the value. An object that has such a member itself
-- stands in one of kind "object".

local core = require "convoke.core"

local params = {}

local restore_members

local special = {
  object = function(value) return restore_members(value) end,
  number = function(text)
    if text == "nan" then return 0 / 0 end
    return text == "inf" and math.huge or -math.huge
  end,
  int64 = core.int64,
  bytes = function(text)
    return core.bytes((text:gsub("%x%x", function(digits)
      return string.char(tonumber(digits, 16))
    end)))
  end,
  table = function() return {} end,
}

local function restore(value)
  if type(value) ~= "table" then return value end
  local tag = rawget(value, "$convoke")
  if type(tag) == "table" and special[tag[1]] then return special[tag[1]](tag[2]) end
  return restore_members(value)
end

function restore_members(value)
  for name, member in pairs(value) do
    if type(member) == "table" then value[name] = restore(member) end
  end
  return value
end

--- Writes parameters.
-- @param value  table
-- @return text; or nil and what is wrong with it
params.write = core.write

--- Reads parameters that params.write() has written.
function params.read(text)
  local value = core.read(text)
  if text:find('"$convoke"', 1, true) then value = restore(value) end
  return type(value) == "table" and setmetatable(value, nil) or {}
end

return params
