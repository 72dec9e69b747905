--- What `convoke doctor` says of the file of profiles, and of each API's address and credential.
-- Secrets are not shown, and no command that gives one is run.

local access = require "convoke.access"
local catalogue = require "convoke.catalogue"
local convoke = require "convoke"
local core = require "convoke.core"
local exit = require "convoke.cli.exit"
local names = require "convoke.cli.names"
local option_rules = require "convoke.options"
local profiles = require "convoke.cli.profiles"
local report = require "convoke.cli.report"
local certificates = require "convoke.cli.doctor.certificates"

local settings = {}

-- What was raised, as a message and a hint. What Lua quotes of a file may be a secret.
local function words_of(why)
  if exit.is_stop(why) then return (why.message:gsub(" near .*$", "")), why.hint end
  return report.misuse(tostring(why))
end

-- The file ------------------------------------------------

-- What is wrong with what a profile says of an API, or nil.
local function fault_of(api, profile, given)
  local done, why = pcall(profiles.sources, api, profile)
  if not done then return words_of(why) end
  local known = option_rules.of_clients(api)
  for name, value in pairs(given) do
    if type(value) ~= "table" or not known[name] then
      done, why = pcall(option_rules.check, api.name, known, name, value)
      if not done then return ("profile %s: %s"):format(profile, report.misuse(tostring(why))) end
    end
  end
end

-- Adds a row for each fault of the profiles; returns whether there is one.
local function add_faults(add, config)
  local sound = true
  local function tell(message, advice)
    sound = false
    add { name = "profiles", state = "wrong", found = message, advice = advice }
  end
  for profile, of_apis in pairs(config.profiles) do
    for name, given in pairs(type(of_apis) == "table" and of_apis or {}) do
      local api = type(name) == "string" and names.api(name)
      local fault = api and type(given) == "table" and fault_of(api, profile, given)
      if type(name) == "string" and not api then
        tell(("profile %s: there is no API %s"):format(profile, name),
          names.hint(name, catalogue.names))
      elseif fault then
        tell(fault)
      end
    end
  end
  return sound
end

--- Adds rows about the file of profiles.
-- @param add  function(row)
-- @return whether profiles can be used
function settings.add_file(add)
  local path = profiles.path()
  local done, config = pcall(profiles.read)
  if not done then
    local message, hint = words_of(config)
    add { name = "profiles", state = "wrong", found = message, advice = hint }
    return false
  end
  if not config then
    add { name = "profiles", state = "ok", found = ("none: there is no %s"):format(path) }
    return true
  end
  local known = profiles.names()
  local found = ("%s: %s"):format(path, known[1] and table.concat(known, ", ") or "none")
  if config.default then found = found .. (" (default: %s)"):format(tostring(config.default)) end
  if config.default and not config.profiles[config.default] then
    add { name = "profiles", state = "wrong", found = found, advice = "The default is none of "
      .. "them: mend its name, or take it out." }
    return false
  end
  if add_faults(add, config) then add { name = "profiles", state = "ok", found = found } end
  return true
end

-- Credentials ------------------------------------------------

-- Where a value comes from; the text of a command may hold a secret.
local function place_of(source)
  return (source.text:gsub("the command `.*`,", "a command,"))
end

-- Where the credential comes from, or that there is none; and the state of that.
local function credential_of(api, sources)
  local secrets, from = profiles.secrets(api), {}
  for option, source in pairs(sources) do
    if secrets[option] then from[#from + 1] = ("%s from %s"):format(option, place_of(source)) end
  end
  table.sort(from)
  if from[1] then return table.concat(from, ", "), "ok" end
  local variables = profiles.variables(api)
  for i, name in ipairs(variables) do
    variables[i] = ("$%s is %s"):format(name, os.getenv(name) == "" and "empty" or "not set")
  end
  return (api.anonymous and "none, which is allowed: " or "none: ")
    .. table.concat(variables, ", "), "note"
end

-- Whether all secrets are at hand without running a command.
local function is_at_hand(sources)
  for _, source in pairs(sources) do
    if source.get and source.text:find("^the command") then return false end
  end
  return true
end

-- What is wrong with a client of these sources, or nil.
local function client_fault(api, profile, sources)
  if not is_at_hand(sources) then return nil end
  local done, client = pcall(function()
    return convoke[api.name](profiles.options(api, profile))
  end)
  if not done then return words_of(client) end
  client:close()
end

-- The options of an API's client that are no secret.
local function plain_options(api, sources)
  local options, secrets = {}, profiles.secrets(api)
  for option, source in pairs(sources) do
    if not secrets[option] and not source.by_client then options[option] = source.value end
  end
  return options
end

--- Adds rows about an API's address and credential.
-- @param add      function(row)
-- @param api      of the catalogue
-- @param profile  its name, or nil
-- @return table for the test of its connection: address (nil: none that can be used), options (of
--   a client, without secrets), is_used (somebody has set it up)
function settings.add_api(add, api, profile)
  local done, sources = pcall(profiles.sources, api, profile)
  if not done then
    local message, hint = words_of(sources)
    add { name = api.name, state = "wrong", found = message, advice = hint }
    return { is_used = true, options = {} }
  end
  local is_used = profiles.has_credential(api, sources) or sources.url ~= nil
  local found, state = credential_of(api, sources)
  local fault = is_used and client_fault(api, profile, sources)
  local about = { is_used = is_used, options = plain_options(api, sources) }
  local good, address = pcall(access.address_of, api, about.options, api.name)
  if good and not core.address(address) then about.address = address end
  if is_used and not good then fault = fault or words_of(address) end
  add { name = api.name, found = fault or found, state = fault and "wrong" or state }
  local ca_file = about.options.ca_file
  if type(ca_file) == "string" then
    local row = certificates.look_at(ca_file, "the profile's",
      "No https call works with it: mend the profile's ca_file.")
    row.name = api.name
    add(row)
  end
  return about
end

return settings
