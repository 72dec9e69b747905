--- Tries the examples of the reference: makes a call of the tour as a page shows it, with the ids,
-- tokens and addresses of this run in the place of those that the page has.

local catalogue = require "convoke.catalogue"
local cjson = require "cjson"
local convoke = require "convoke"
local examples = require "spec.programs.docs.examples"
local raw_server = require "spec.support.raw_server"

local trials = {}

local quote = raw_server.quote

-- What differs ------------------------------------------------------------------------------------

-- Adds to `pairs_of` the strings of one value that are others in another one of the same shape.
local function differences(shown, actual, pairs_of)
  if type(shown) == "string" and type(actual) == "string" and shown ~= actual then
    pairs_of[#pairs_of + 1] = { shown, actual }
  elseif type(shown) == "table" and type(actual) == "table" then
    for key, value in pairs(shown) do differences(value, actual[key], pairs_of) end
  end
  return pairs_of
end

local function replace(text, pairs_of)
  table.sort(pairs_of, function(a, b) return #a[1] > #b[1] end)
  for _, pair in ipairs(pairs_of) do
    local pattern = pair[1]:gsub("%p", "%%%0")
    text = text:gsub(pattern, (pair[2]:gsub("%%", "%%%%")))
  end
  return text
end

-- The variables that a page's examples read, as they are in this run.
local function variables_of(call)
  local api, variables = catalogue.api(call.operation.api), {}
  local url = call.client.url
  variables[api.name:upper() .. "_URL"] = url
  if api.url_environment then
    local suffix = api.url_suffix or ""
    if url:sub(-#suffix) == suffix then url = url:sub(1, -#suffix - 1) end
    variables[api.url_environment] = url
  end
  for _, auth in ipairs(api.auths) do
    local value = call.client[auth.option]
    if value ~= nil and not (call.operation.no_credential and api.anonymous) then
      local named = auth.environment and auth.environment[1]
      variables[named or (api.name .. "_" .. auth.option):upper()] =
        type(value) == "function" and value() or value
    end
  end
  return variables
end

-- Lua ---------------------------------------------------------------------------------------------

-- A module like convoke whose clients read these variables instead of the environment's.
local function module_with(variables, call)
  local api = catalogue.api(call.operation.api)
  return setmetatable({ [api.name] = function(options)
    options.url = options.url or call.client.url
    for _, auth in ipairs(api.auths) do
      local named = auth.environment and auth.environment[1]
      if named and variables[named] then options[auth.option] = variables[named] end
    end
    return convoke[api.name](options)
  end }, { __index = convoke })
end

function trials.lua(text, call)
  local variables = variables_of(call)
  local module = module_with(variables, call)
  local value
  local environment = setmetatable({
    require = function(name) return name == "convoke" and module or require(name) end,
    os = setmetatable({ getenv = function(name) return variables[name] end }, { __index = os }),
    print = function() end,
    assert = function(given, why, ...)
      if value == nil then value = given end
      if not given then error(why, 0) end
      return given, why, ...
    end,
  }, { __index = _G })
  local chunk
  if setfenv then -- Lua 5.1
    chunk = setfenv(assert(loadstring(text)), environment)
  else
    chunk = assert(load(text, "=example", "t", environment))
  end
  chunk()
  return value
end

-- Commands ----------------------------------------------------------------------------------------

-- Runs a command with variables; returns what it printed, or raises.
local function run(command, variables)
  local words = {}
  for name, value in pairs(variables) do words[#words + 1] = name .. "=" .. quote(value) end
  local pipe = assert(io.popen(("env %s sh -c %s 2>&1; echo \":$?\""):format(
    table.concat(words, " "), quote(command))))
  local output, status = pipe:read("*a"):match "^(.*):(%d+)\n$"
  pipe:close()
  if status ~= "0" then error(("%s\nended with %s: %s"):format(command, status, output), 0) end
  return output
end

local function decoded(output)
  if output:find "^%s*$" then return true end
  return cjson.decode(output)
end

function trials.curl(text, call)
  local api = catalogue.api(call.operation.api)
  if api.url then text = replace(text, { { api.url, call.client.url } }) end
  local silent = text:gsub("^curl ", "curl --silent --show-error --fail-with-body ")
  local value = decoded(run(silent, variables_of(call)))
  if call.operation.envelope == "each" then return value.results end
  if call.operation.envelope then
    if value.status ~= "success" then error(silent .. "\nanswered " .. cjson.encode(value), 0) end
    value = value.value
  end
  return value
end

function trials.shell(text, call)
  local command = text:gsub("^convoke ", function() return trials.command .. " " end)
  local variables, path = variables_of(call), os.tmpname()
  local profiles = examples.profiles(call)
  if profiles then
    local file = assert(io.open(path, "w"))
    assert(file:write(profiles))
    file:close()
    variables.CONVOKE_CONFIG = path
  end
  local good, output = pcall(run, command:gsub("\n$", "") .. " --output json", variables)
  os.remove(path)
  if not good then error(output, 0) end
  return decoded(output)
end

--- The words by which the command `convoke` is run here, as text for a shell.
trials.command = ("XDG_CONFIG_HOME=/nonexistent %s -e %s lua/convoke/cli/main.lua"):format(
  quote(raw_server.interpreter()),
  quote(("package.path, package.cpath = %q, %q"):format(package.path, package.cpath)))

--- Makes a call of the tour by an example.
-- @param example  of examples.add()
-- @param kind     "lua", "shell" or "curl"
-- @param call     of tour.run()
-- @return what the tour is given
function trials.make(example, kind, call)
  local text = replace(example[kind], differences(example.shown, call.params, {}))
  local good, value = pcall(trials[kind], text, call)
  if not good then
    error(("the %s example of %s failed: %s\n%s"):format(kind, call.operation.name,
      tostring(value), text), 0)
  end
  return value
end

return trials
