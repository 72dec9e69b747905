--- The tour of examples/quickstart.lua, which calls every operation, with somebody looking at its
-- calls: where the examples of the reference come from, and where they are tried.

local catalogue = require "convoke.catalogue"
local own_methods = require "spec.programs.docs.own_methods"

local tour = {}

local path = "examples/quickstart.lua"

local function copy(value)
  if type(value) ~= "table" or getmetatable(value) ~= nil then return value end
  local made = {}
  for key, each in pairs(value) do made[key] = copy(each) end
  return made
end

-- What a call is given, as one table that holds the path values, too; and its options.
local function sort_arguments(operation, ...)
  local arguments, count = { ... }, #operation.path_params
  local params, at = {}, 1
  if own_methods.arguments(operation) then
    local given, options = own_methods.to_params(operation, arguments)
    return copy(given), options
  end
  while at <= count and arguments[at] ~= nil and type(arguments[at]) ~= "table" do
    params[operation.path_params[at]] = arguments[at]
    at = at + 1
  end
  local rest = copy(arguments[at] or {})
  if operation.whole_body and rest[1] ~= nil then rest = { body = rest } end
  for key, value in pairs(rest) do params[key] = value end
  return params, arguments[at + 1]
end

-- A table that passes on to `object` what `special` does not know.
local function behind(object, special)
  return setmetatable({}, { __index = function(_, name)
    if special[name] ~= nil then return special[name] end
    local found = object[name]
    if type(found) ~= "function" then return found end
    return function(_, ...) return found(object, ...) end
  end })
end

-- A client whose calls go by `on_call`.
local function watched_client(api, client, options, on_call)
  local function method(operation, object, name)
    return function(_, ...)
      local arguments = { n = select("#", ...), ... }
      local params, call_options = sort_arguments(operation, ...)
      return on_call({ operation = operation, params = params, options = call_options,
        client = options, proceed = function()
          return object[name](object, (table.unpack or unpack)(arguments, 1, arguments.n))
        end })
    end
  end
  local special, verbs = {}, {}
  for _, operation in ipairs(api.operations) do
    local resource = operation.resource
    if resource then
      verbs[resource] = verbs[resource] or {}
      verbs[resource][operation.verb] = method(operation, client[resource], operation.verb)
      special[resource] = behind(client[resource], verbs[resource])
    elseif own_methods.arguments(operation) then
      special[operation.verb] = method(operation, client, operation.verb)
    end
  end
  return behind(client, special)
end

local function read_source()
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  local cut, times = text:gsub("\nrace%(%)\n", "\n") -- many calls at once, which say nothing new
  assert(times == 1, path .. " has no race()")
  return cut
end

--- Runs the tour.
-- @param on_call  function(call) in place of each call; call: operation, params (path values, too),
--   options of the call, client (the options of its client), proceed() (does what the tour would
--   do). What it returns is what the tour is given.
-- @return the lines that the tour printed; raises where it failed
function tour.run(on_call)
  local real = require "convoke"
  local module = setmetatable({}, { __index = real })
  for _, name in ipairs(catalogue.names) do
    module[name] = function(options)
      return watched_client(catalogue.api(name), real[name](options), options, on_call)
    end
  end
  local lines, status = {}, nil
  local environment = setmetatable({
    arg = { "--all" },
    require = function(name) return name == "convoke" and module or require(name) end,
    print = function(...)
      local words = { ... }
      for i = 1, select("#", ...) do words[i] = tostring(words[i]) end
      lines[#lines + 1] = table.concat(words, "\t")
    end,
    os = setmetatable({ exit = function(code) status = code end }, { __index = os }),
  }, { __index = _G })
  local chunk
  if setfenv then -- Lua 5.1
    chunk = setfenv(assert(loadstring(read_source(), "@" .. path)), environment)
  else
    chunk = assert(load(read_source(), "@" .. path, "t", environment))
  end
  chunk()
  if status ~= 0 then error("the tour failed:\n" .. table.concat(lines, "\n"), 0) end
  return lines
end

--- The first call that the tour makes of each operation.
-- @return name -> { operation, params, client }
function tour.record()
  local found = {}
  tour.run(function(call)
    local name = call.operation.name
    found[name] = found[name] or { operation = call.operation, params = call.params,
      client = call.client }
    return call.proceed()
  end)
  return found
end

return tour
