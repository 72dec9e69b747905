--- Checks JSON values against a described shape and words what is wrong as Python's jsonschema
-- does.
--
-- A shape is a table: `type` ("string", "integer", "number", "boolean", "array", "object"), and for
-- objects `fields` (name to shape) and `required` (array of names), for arrays `items` (shape), for
-- strings `words` (array) and `length` ({ least, most }).

local json = require "convoke.sandbox.json"

local shape = {}

local tests = {
  string = function(v) return type(v) == "string" end,
  boolean = function(v) return type(v) == "boolean" end,
  number = function(v) return type(v) == "number" end,
  integer = function(v) return type(v) == "number" and v % 1 == 0 end,
  array = json.is_array,
  object = json.is_object,
}

-- The value as Python would print it, near enough.
local function shown(value)
  if type(value) == "string" then return "'" .. value .. "'" end
  if value == json.null then return "None" end
  if value == true then return "True" end
  if value == false then return "False" end
  return json.encode(value)
end

local function check_string(value, rules)
  local length = rules.length
  if length and #value < length[1] then return shown(value) .. " is too short" end
  if length and #value > length[2] then return shown(value) .. " is too long" end
  if rules.words then
    for _, word in ipairs(rules.words) do
      if word == value then return nil end
    end
    return ("%s is not one of ['%s']"):format(shown(value), table.concat(rules.words, "', '"))
  end
end

local function under(path, name)
  return path == "" and tostring(name) or path .. "." .. name
end

local function walk(value, rules, path, faults)
  if not tests[rules.type](value) then
    faults[path] = ("%s is not of type '%s'"):format(shown(value), rules.type)
  elseif rules.type == "string" then
    faults[path] = check_string(value, rules)
  elseif rules.type == "array" and rules.items then
    for i, item in ipairs(value) do walk(item, rules.items, under(path, i - 1), faults) end
  elseif rules.type == "object" then
    for _, name in ipairs(rules.required or {}) do
      if value[name] == nil then
        faults[under(path, name)] = ("'%s' is a required property"):format(name)
      end
    end
    for name, inner in pairs(rules.fields or {}) do
      if value[name] ~= nil then walk(value[name], inner, under(path, name), faults) end
    end
  end
end

--- Checks a value.
-- @return nil when it fits, else a table: path (such as `filters.0.field`) to message
function shape.faults(value, rules)
  local faults = {}
  walk(value, rules, "", faults)
  return next(faults) and faults or nil
end

return shape
