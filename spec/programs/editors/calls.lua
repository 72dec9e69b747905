--- Lua programs for an editor's checker: one with correct calls of every operation, one with calls
-- that are wrong in one way each.

local own_methods = require "spec.programs.docs.own_methods"
local samples = require "spec.programs.memory.samples"

local calls = {}

local kinds = { "a bad word", "a wrong type", "something required is missing", "a misspelt field" }
calls.kinds = kinds

-- Writing Lua -------------------------------------------------------------------------------------

local write -- below

local function write_table(value)
  local parts, keys = {}, {}
  for i, element in ipairs(value) do parts[i] = write(element) end
  for key in pairs(value) do
    if type(key) == "string" then keys[#keys + 1] = key end
  end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local is_plain = key:find "^[%a_][%w_]*$" and key ~= "function"
    local name = is_plain and key or ("[%q]"):format(key)
    parts[#parts + 1] = name .. " = " .. write(value[key])
  end
  return #parts == 0 and "{}" or "{ " .. table.concat(parts, ", ") .. " }"
end

function write(value)
  if type(value) == "table" then return write_table(value) end
  if type(value) == "string" then return ("%q"):format(value) end
  return tostring(value)
end

-- Calls -------------------------------------------------------------------------------------------

local function is_path(param) return param.where == "path" end

local function without_optional(fields, value)
  for _, field in ipairs(fields) do
    local inner = value[field.name]
    if not field.required then
      value[field.name] = nil
    elseif field.fields and inner then
      without_optional(field.fields, inner)
    elseif field.items and field.items.fields and inner then
      for _, element in ipairs(inner) do without_optional(field.items.fields, element) end
    end
  end
end

-- A call in pieces: path (an array of values), params (a table, or nil), and how it is written.
local function call_of(operation, positional, minimal)
  local params = samples.params(operation)
  if minimal then without_optional(operation.params, params) end
  local path = {}
  if positional then
    for _, param in ipairs(operation.params) do
      if is_path(param) then
        path[#path + 1] = params[param.name]
        params[param.name] = nil
      end
    end
  end
  return { operation = operation, path = path, params = params, options = nil }
end

local function arguments_of(call)
  local parts = {}
  for i = 1, call.path_count or #call.path do parts[i] = write(call.path[i]) end
  if next(call.params) or call.options or #parts == 0 then
    parts[#parts + 1] = write(call.params)
  end
  if call.options then parts[#parts + 1] = write(call.options) end
  return table.concat(parts, ", ")
end

local function spell(call, verb)
  local operation = call.operation
  if own_methods.arguments(operation) then
    local parts = {}
    for i, value in ipairs(own_methods.from_params(operation, call.params)) do
      parts[i] = write(value)
    end
    return ("%s:%s(%s)"):format(operation.api, operation.verb, table.concat(parts, ", "))
  end
  return ("%s.%s:%s(%s)"):format(operation.api, operation.resource, verb or operation.verb,
    arguments_of(call))
end

local head = 'local convoke = require "convoke"\n'

local function clients(names)
  local lines = { head }
  for _, name in ipairs(names) do
    lines[#lines + 1] = ("local %s = convoke.%s { url = \"http://127.0.0.1:1\", retries = 1 }\n")
      :format(name, name)
  end
  return table.concat(lines)
end

local function first_field(operation)
  if operation.envelope == "each" then return nil end
  local answer = operation.answer
  local fields = (answer.items or answer).fields
  return fields and fields[1].name
end

-- Lines that use what a call returns as a program would.
local function use(lines, operation, text, is_main)
  lines[#lines + 1] = "do"
  lines[#lines + 1] = ("  local value = assert(%s)"):format(text)
  local field = first_field(operation)
  if field and operation.answer.type == "object" and #operation.success == 1 then
    lines[#lines + 1] = ("  print(value.%s)"):format(field)
  elseif field and operation.answer.type ~= "object" then
    lines[#lines + 1] = ("  for _, one in ipairs(value) do print(one.%s) end"):format(field)
  else
    lines[#lines + 1] = "  print(value)"
  end
  lines[#lines + 1] = "end"
  lines[#lines + 1] = "do"
  lines[#lines + 1] = ("  local value, err, meta = %s"):format(text)
  -- That there is either a value or an error is known of the main way to write a call, and not
  -- where the value may be anything.
  lines[#lines + 1] = is_main and operation.answer.type ~= "any"
    and "  if not value then print(err.kind, err.outcome) else print(meta.attempts) end"
    or "  if err and meta == nil then print(err.kind, err.outcome, value) end"
  lines[#lines + 1] = "end"
end

--- The text of a program with nothing wrong in it, and how many calls are in it.
function calls.correct(operations, names)
  local lines, count = { clients(names) }, 0
  local function add(operation, text, is_main)
    use(lines, operation, text, is_main)
    count = count + 2
  end
  for _, operation in ipairs(operations) do
    local has_path = operation.path_params[1] ~= nil
    -- A function of Convex may be called by less than its name, but by no method of its own.
    for _, minimal in ipairs(own_methods.arguments(operation) and { false } or { false, true }) do
      add(operation, spell(call_of(operation, true, minimal)), true)
      if has_path then add(operation, spell(call_of(operation, false, minimal))) end
    end
    local named = call_of(operation, false, false)
    add(operation, ("%s:call(%q, %s)"):format(operation.api, operation.id, arguments_of(named)))
    if not own_methods.arguments(operation) then
      local with = call_of(operation, true, true)
      with.options = { timeout = 5, retries = 0, headers = { Prefer = "x" } }
      add(operation, spell(with), true)
    end
    if operation.paging and operation.verb == "list" then
      local call = call_of(operation, true, true)
      lines[#lines + 1] = ("for one in %s do print(one) end"):format(spell(call, "each"))
      lines[#lines + 1] = ("for _, one in ipairs(assert(%s)) do print(one) end"):format(
        spell(call, "all"))
      count = count + 2
    end
  end
  return table.concat(lines, "\n") .. "\n", count
end

-- Mistakes ----------------------------------------------------------------------------------------

-- A generator of the same numbers everywhere.
local function random_from(seed)
  return function(count)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return math.floor(seed / 65536) % count + 1
  end
end

-- Calls visit(field, holder, key, fields beside it) for each value below `fields`, at any depth.
local function each_value(fields, holder, visit)
  for _, field in ipairs(fields) do
    local value = holder[field.name]
    if value ~= nil then
      visit(field, holder, field.name, fields)
      if field.fields and type(value) == "table" then each_value(field.fields, value, visit) end
      if field.items and type(value) == "table" and value[1] ~= nil then
        visit(field.items, value, 1, {})
        if field.items.fields then each_value(field.items.fields, value[1], visit) end
      end
    end
  end
end

-- What `word` could be mistyped as: none of the `others`.
local function misspell(word, random, others)
  local typed
  local at, way = random(#word), random(3)
  if way == 1 and #word > 2 then
    typed = word:sub(1, at - 1) .. word:sub(at + 1)
  elseif way == 2 then
    typed = word:sub(1, at) .. word:sub(at, at) .. word:sub(at + 1)
  else
    typed = word .. "s"
  end
  for _, other in ipairs(others) do
    if typed == other then return misspell(word, random, others) end
  end
  return typed
end

local function names_of(fields)
  local names = {}
  for i, field in ipairs(fields) do names[i] = field.name end
  return names
end

local wrong_values = { string = { 7, true, {} }, integer = { "seven", 1.5, true }, number = { "one",
  true, {} }, boolean = { "yes", 1 }, array = { "one", 7, true }, object = { "one", 7, true } }

-- What may be done to a call, by the kind of mistake: arrays of functions that do it.
local function mistakes_in(call, random)
  local found = { {}, {}, {}, {} }
  local function add(kind, act) table.insert(found[kind], act) end
  local function visit(field, holder, key, fields)
    if field.enum and type(holder[key]) == "string" then
      add(1, function() holder[key] = misspell(holder[key], random, field.enum) end)
    end
    local wrong = not field.also and wrong_values[field.type]
    if wrong then add(2, function() holder[key] = wrong[random(#wrong)] end) end
    if field.required and type(key) == "string" then
      add(3, function() holder[key] = nil end)
    end
    if type(key) == "string" then
      add(4, function()
        local value = holder[key]
        holder[key] = nil
        holder[misspell(key, random, names_of(fields))] = value
      end)
    end
  end
  local operation = call.operation
  if own_methods.arguments(operation) then return found end
  each_value(operation.params, call.params, visit)
  for i in ipairs(call.path) do
    add(2, function() call.path[i] = ({ true, 7 })[random(2)] end)
  end
  if #call.path > 0 and not next(call.params) then
    add(3, function() table.remove(call.path) end)
  end
  return found
end

--- A program with `count` wrong calls, a line each and as many of each kind, and the kinds by line.
function calls.wrong(operations, names, count, seed)
  local random = random_from(seed)
  local text = clients(names)
  local lines, by_line = { text }, {}
  local line = select(2, text:gsub("\n", ""))+ 1
  local made, tries, seen = 0, 0, {}
  while made < count do
    tries = tries + 1
    if tries > 100 * count then error("there are not so many different mistakes", 0) end
    local kind = made % #kinds + 1
    local call = call_of(operations[random(#operations)], random(2) == 1, random(3) == 1)
    local found = mistakes_in(call, random)[kind]
    if found[1] then
      found[random(#found)]()
      local spelt = spell(call)
      if not seen[spelt] then
        seen[spelt] = true
        made = made + 1
        line = line + 1
        lines[#lines + 1] = spelt
        by_line[line] = kind
      end
    end
  end
  return table.concat(lines, "\n") .. "\n", by_line
end

return calls
