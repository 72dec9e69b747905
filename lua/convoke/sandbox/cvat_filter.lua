--- Choosing and ordering what CVAT's lists hold: the queries `filter` (JSON Logic), `search` and
-- `sort`, and those that name a field.
--
-- A kind of list is described by a table:
--   fields   field name -> { type = "string", "integer" or "boolean", read = function(item) } that
--            sort, search and filters may name
--   columns  names that a lone `var` may have -> function(item), which tells whether it is not null
--   search   array of field names in which `search` looks
--   sort     field name -> true
--   order    the order without `sort`

local django = require "convoke.sandbox.django"
local json = require "convoke.sandbox.json"

local filter = {}

local function bad(text)
  django.refuse(400, json.array { text })
end

-- What the server did not think of ends in its page for failures.
local function fail()
  django.page(500)
end

-- Python's text of a value, as messages quote it.
local function python(value)
  if value == json.null then return "None" end
  if type(value) == "boolean" then return value and "True" or "False" end
  if type(value) == "number" then return json.number_text(value) end
  if type(value) == "string" then return "'" .. value .. "'" end
  local parts = {}
  if json.is_array(value) then
    for i, one in ipairs(value) do parts[i] = python(one) end
    return "[" .. table.concat(parts, ", ") .. "]"
  end
  for name, one in pairs(value) do parts[#parts + 1] = python(name) .. ": " .. python(one) end
  return "{" .. table.concat(parts, ", ") .. "}"
end

local booleans = { t = true, ["True"] = true, ["1"] = true, ["true"] = true,
                   f = false, ["False"] = false, ["0"] = false, ["false"] = false }

-- Readers of a value that a rule compares with.
local converters = {
  string = function(value)
    if type(value) == "boolean" then return value and "True" or "False" end
    if type(value) == "number" then return json.number_text(value) end
    return type(value) == "string" and value or fail()
  end,
  integer = function(value)
    if type(value) == "boolean" then return value and 1 or 0 end
    if type(value) == "string" then
      return value:find "^%s*[+-]?%d+%s*$" and tonumber(value) or fail()
    end
    return type(value) == "number" and math.floor(value) or fail()
  end,
  boolean = function(value)
    if type(value) == "number" then value = json.number_text(value) end
    if type(value) == "string" then value = booleans[value] end
    if type(value) ~= "boolean" then fail() end
    return value
  end,
}

-- The field that a `{"var": name}` means.
local function field_of(kind, terms, value)
  if not json.is_object(value) then fail() end
  local name = value.var
  if name == nil then bad("filter: 'var' term is not supported") end
  local field = type(name) ~= "table" and terms[name] and kind.fields[name]
  return field or bad(("filter: %s term is not supported"):format(python(name)))
end

local comparisons = {
  ["=="] = function(a, b) return a == b end,
  ["<"] = function(a, b) return a < b end,
  ["<="] = function(a, b) return a <= b end,
  [">"] = function(a, b) return a > b end,
  [">="] = function(a, b) return a >= b end,
}

-- A test of an item: whether its field stands so to a value.
local function compare(field, operator, value)
  if value == json.null then
    if operator ~= "==" then fail() end
    return function(item) return field.read(item) == nil end
  end
  value = converters[field.type](value)
  if type(value) == "boolean" and operator ~= "==" then fail() end
  local holds = comparisons[operator]
  return function(item)
    local own = field.read(item)
    return own ~= nil and holds(own, value)
  end
end

local evaluate

local function negate(kind, terms, rule)
  local inner = evaluate(kind, terms, rule)
  return function(item) return not inner(item) end
end

-- `and` and `or`: the value that decides is false or true.
local function combine(kind, terms, rules, decisive)
  if not json.is_array(rules) or #rules == 0 then fail() end
  local parts = {}
  for i, one in ipairs(rules) do parts[i] = evaluate(kind, terms, one) end
  return function(item)
    for _, part in ipairs(parts) do
      if part(item) == decisive then return decisive end
    end
    return not decisive
  end
end

local function is_among(kind, terms, args)
  if #args < 2 then fail() end
  if not json.is_object(args[1]) then
    local field = field_of(kind, terms, args[2])
    local text = converters.string(args[1])
    return function(item)
      local own = field.read(item)
      return own ~= nil and tostring(own):find(text, 1, true) ~= nil
    end
  end
  local field, values = field_of(kind, terms, args[1]), {}
  if not json.is_array(args[2]) then fail() end
  for i, one in ipairs(args[2]) do values[i] = converters[field.type](one) end
  return function(item)
    local own = field.read(item)
    for _, value in ipairs(values) do
      if own == value then return true end
    end
    return false
  end
end

local function between(kind, terms, args)
  local field = field_of(kind, terms, args[2])
  local above, below = compare(field, ">=", args[1]), compare(field, "<=", args[3])
  return function(item) return above(item) and below(item) end
end

-- Turns a rule into a test of an item.
function evaluate(kind, terms, rule)
  if not json.is_object(rule) or next(rule) == nil then fail() end
  local operator, args = next(rule)
  if operator == "and" or operator == "or" then
    return combine(kind, terms, args, operator == "or")
  elseif operator == "!" then
    return negate(kind, terms, args)
  elseif operator == "!!" then
    return evaluate(kind, terms, args)
  elseif operator == "var" then
    return type(args) == "string" and kind.columns[args] or fail()
  end
  local is_list = json.is_array(args)
  if comparisons[operator] or operator == "in" then
    if not is_list then fail() end
    if comparisons[operator] and #args == 2 then
      return compare(field_of(kind, terms, args[1]), operator, args[2])
    elseif operator == "in" then
      return is_among(kind, terms, args)
    elseif operator == "<=" and #args == 3 then
      return between(kind, terms, args)
    end
  end
  bad(("filter: %s operation with %s arguments is not implemented")
    :format(operator, python(args)))
end

-- The test that a `filter` query asks for, or nil.
local function rule_test(kind, terms, text)
  if not text or text == "" then return nil end
  local rule = json.decode(text)
  if rule == nil then bad "filter: Json syntax should be used" end
  if rule == "" or (type(rule) == "table" and rule ~= json.null and next(rule) == nil) then
    bad "filter shouldn't be empty"
  end
  return evaluate(kind, terms, rule)
end

-- The test that a `search` query asks for, or nil: every word must be in one of the fields.
local function search_test(kind, text)
  local words = {}
  for word in (text or ""):lower():gmatch "[^%s,]+" do words[#words + 1] = word end
  if not words[1] then return nil end
  return function(item)
    for _, word in ipairs(words) do
      local found = false
      for _, name in ipairs(kind.search) do
        local own = kind.fields[name].read(item)
        found = found or (own ~= nil and tostring(own):lower():find(word, 1, true) ~= nil)
      end
      if not found then return false end
    end
    return true
  end
end

-- All tests that a query asks for.
local function tests_of(kind, terms, queries, query)
  local tests = {}
  tests[1] = rule_test(kind, terms, query:get "filter")
  tests[#tests + 1] = search_test(kind, query:get "search")
  for name in pairs(queries) do
    local value = query:get(name)
    if value then tests[#tests + 1] = compare(kind.fields[name], "==", value) end
  end
  return tests
end

-- The fields to sort by, as an array of { read =, descending = }.
local function read_order(kind, text)
  local out = {}
  for term in (text or ""):gmatch "[^,]+" do
    local sign, name = term:match "^%s*(%-?)(.-)%s*$"
    if kind.sort[name] then
      out[#out + 1] = { read = kind.fields[name].read, descending = sign == "-" }
    end
  end
  return out[1] and out or read_order(kind, kind.order)
end

--- Whether a query chooses nothing and asks for no order but the usual one.
-- @param kind see above
-- @param queries table, names of the fields that the query may name -> true
-- @param query values
function filter.is_plain(kind, queries, query)
  local sort = query:get "sort"
  if sort and sort ~= kind.order then return false end
  if query:get "filter" or query:get "search" then return false end
  for name in pairs(queries) do
    if query:get(name) then return false end
  end
  return true
end

--- Applies a list's queries.
-- @param kind see above
-- @param terms table, names of the fields that `filter` may name -> true
-- @param queries table, names of the fields that the query may name -> true
-- @param items array, the oldest first
-- @param query values
-- @return array, chosen and ordered
function filter.apply(kind, terms, queries, items, query)
  local tests, out, position = tests_of(kind, terms, queries, query), {}, {}
  for i, item in ipairs(items) do
    local fits = true
    for _, test in ipairs(tests) do fits = fits and test(item) end
    if fits then
      out[#out + 1] = item
      position[item] = i
    end
  end
  local order = read_order(kind, query:get "sort")
  table.sort(out, function(a, b)
    for _, by in ipairs(order) do
      local first, second = by.read(a), by.read(b)
      if first ~= second then
        if by.descending then return first > second end
        return first < second
      end
    end
    if order[1].descending then return position[a] > position[b] end
    return position[a] < position[b]
  end)
  return out
end

return filter
