--- Where addresses and credentials come from: the environment, and profiles in a file of the
-- user's.
--
-- The file is ~/.config/convoke/config.lua, or what $CONVOKE_CONFIG names:
--
--   return {
--     default = "work",
--     profiles = {
--       work = {
--         clerk = { secret_key = { command = "pass show clerk" } },
--         cvat = { url = "https://cvat.example.com", access_token = { env = "WORK_CVAT_TOKEN" } },
--       },
--     },
--   }
--
-- A secret stands there as the variable or the command that gives it, never itself.

local core = require "convoke.core"
local exit = require "convoke.cli.exit"
local misuse = require "convoke.misuse"
local names = require "convoke.cli.names"
local client_options = require "convoke.options"

local profiles = {}

-- The file ------------------------------------------------

--- Where the file is, and whether the user named it.
function profiles.path()
  local named = os.getenv "CONVOKE_CONFIG"
  if named and named ~= "" then return named, true end
  local folder = os.getenv "XDG_CONFIG_HOME"
  if not folder or folder == "" then folder = (os.getenv "HOME" or "") .. "/.config" end
  return folder .. "/convoke/config.lua", false
end

local function bad(path, what) exit.usage(("%s: %s"):format(path, what)) end

local function check_table(path, value, what)
  if type(value) ~= "table" then bad(path, what .. " must be a table") end
end

--- Reads the file. Ends the command where it is no good.
-- @return what it returns, or nil: there is none; its path
function profiles.read()
  local path, is_named = profiles.path()
  local file = io.open(path, "r")
  if not file then
    if is_named then bad(path, "cannot be read ($CONVOKE_CONFIG names it)") end
    return nil, path
  end
  local source, fault = file:read "*a"
  file:close()
  if not source then bad(path, "cannot be read: " .. tostring(fault)) end
  local environment = { os = { getenv = os.getenv } }
  local chunk, why
  if rawget(_G, "setfenv") then
    chunk, why = loadstring(source, "=" .. path) -- luacheck: ignore
    if chunk then setfenv(chunk, environment) end -- luacheck: ignore
  else
    chunk, why = load(source, "=" .. path, "t", environment)
  end
  if not chunk then bad(path, why) end
  local done, config = pcall(chunk)
  if not done then bad(path, tostring(config)) end
  check_table(path, config, "what it returns")
  check_table(path, config.profiles, "profiles")
  return config, path
end

-- Sources of values ------------------------------------------------

-- Options of an API's client that are secrets.
local function secrets_of(api)
  local secrets = {}
  for _, auth in ipairs(api.auths) do
    if auth.partner and auth.place == "basic" then
      secrets[auth.partner] = true -- a user's name is none
    else
      secrets[auth.option] = true
      if auth.partner then secrets[auth.partner] = true end
    end
  end
  return secrets
end

-- Where a profile's value comes from.
-- @return table: text (for people), and value or get (function that returns it)
local function source_of(path, profile, name, given, is_secret)
  local where = ("profile %s"):format(profile)
  if type(given) == "table" and type(given.env) == "string" then
    return { text = ("$%s, as %s says"):format(given.env, where), get = function()
      local value = os.getenv(given.env)
      if not value or value == "" then
        exit.usage(("%s takes %s from $%s, which is not set"):format(where, name, given.env))
      end
      return value
    end, is_missing = not os.getenv(given.env) }
  end
  if type(given) == "table" and type(given.command) == "string" then
    return { text = ("the command `%s`, as %s says"):format(given.command, where), get = function()
      local pipe = io.popen(given.command, "r")
      local line = pipe and pipe:read "*l"
      local has_worked = pipe and pipe:close() -- Lua 5.1 does not tell
      if line and line ~= "" and not has_worked then
        exit.usage(("%s takes %s from a command that fails: %s"):format(where, name,
          given.command))
      end
      if not line or line == "" then
        exit.usage(("%s takes %s from a command that says nothing: %s"):format(where, name,
          given.command))
      end
      return line
    end }
  end
  if is_secret then
    bad(path, ("%s of %s is a secret: name where it comes from, "
      .. '{ env = "NAME" } or { command = "..." }')
      :format(name, where))
  end
  return { text = where, value = given }
end

-- A name in a profile that is no API's and looks like this one's, or nil.
local function slip_for(api, profile)
  local others = {}
  for name in pairs(profile) do
    if type(name) == "string" and not names.api(name) then others[#others + 1] = name end
  end
  return core.nearest(api.name, others)
end

-- The file's profile of an API, by the sources of its options; nil: there is none.
-- @param wanted  name of a profile, or nil: the default one
local function from_file(api, wanted)
  local config, path = profiles.read()
  local name = wanted or config and config.default
  if wanted and not (config and config.profiles[wanted]) then
    local known = {}
    for each in pairs(config and config.profiles or {}) do known[#known + 1] = tostring(each) end
    table.sort(known)
    exit.usage(("there is no profile %s in %s"):format(wanted, path),
      known[1] and "Known are: " .. table.concat(known, ", "))
  end
  local profile = name and config.profiles[name]
  if name and not profile then bad(path,
    ("default names %s, which is no profile"):format(tostring(name))) end
  if not profile then return nil end
  check_table(path, profile, "profile " .. name)
  if profile[api.name] == nil then
    local slip = slip_for(api, profile)
    if slip then bad(path, ("profile %s: there is no API %s; did you mean %s?"):format(name, slip,
      api.name)) end
    if wanted then exit.usage(("profile %s says nothing of %s"):format(name, api.name)) end
    return nil
  end
  check_table(path, profile[api.name], ("%s of profile %s"):format(api.name, name))
  local sources, secrets, known = {}, secrets_of(api), client_options.of_clients(api)
  for option, given in pairs(profile[api.name]) do
    if not known[option] then -- which may be a misspelt secret
      bad(path, ("%s: unknown option %s%s"):format(api.name, tostring(option),
        misuse.suggestion(option, known)))
    end
    sources[option] = source_of(path, name, option, given, secrets[option])
  end
  return sources, name
end

-- The environment ------------------------------------------------

-- A variable that is set, of an array of names.
local function variable_set(variables)
  for _, name in ipairs(variables) do
    local value = os.getenv(name)
    if value and value ~= "" then return name, value end
  end
end

-- The variables for an option: those that clients read, and for the rest one named after it.
local function variables_for(api, option, known)
  if known and known[1] then return known, true end
  return { (api.name .. "_" .. option):upper() }, false
end

local function from_variable(name, value, is_read_by_client)
  return { text = "$" .. name, value = value, by_client = is_read_by_client }
end

-- What the environment says of an API, by option.
local function from_environment(api)
  local sources = {}
  local variables, by_client = variables_for(api, "url", api.url_environment
    and { api.url_environment })
  local name, value = variable_set(variables)
  if name then sources.url = from_variable(name, value, by_client) end
  for _, auth in ipairs(api.auths) do
    variables, by_client = variables_for(api, auth.option, auth.environment)
    name, value = variable_set(variables)
    local partner_name, partner
    if auth.partner then partner_name, partner = variable_set((variables_for(api,
      auth.partner))) end
    if name and (partner or not auth.partner) then
      sources[auth.option] = from_variable(name, value, by_client)
      if partner then sources[auth.partner] = from_variable(partner_name, partner, false) end
      break -- one credential
    end
  end
  return sources
end

--- The variables that would give a credential of an API: an array of names.
function profiles.variables(api)
  local variables = {}
  for _, auth in ipairs(api.auths) do
    for _, name in ipairs(auth.environment or {}) do variables[#variables + 1] = name end
  end
  return variables[1] and variables or (variables_for(api, api.auths[1].option))
end

-- Both ------------------------------------------------

-- Whether sources hold a credential of the API.
local function has_credential(api, sources)
  for _, auth in ipairs(api.auths) do
    if sources[auth.option] then return true end
  end
  return false
end

-- Takes over what is not there yet; of credentials all or nothing.
local function add_missing(api, sources, others)
  local secret, has_one = {}, has_credential(api, sources)
  for _, auth in ipairs(api.auths) do
    secret[auth.option] = true
    if auth.partner then secret[auth.partner] = true end
  end
  for option, source in pairs(others) do
    if sources[option] == nil and not (has_one and secret[option]) then sources[option] = source end
  end
end

--- Where everything comes from that a client of an API is made with.
-- @param wanted  the profile that the user asked for, or nil: the environment first, then the
--   default one
-- @return table of sources by option, each with text (for people); the profile's name, or nil
function profiles.sources(api, wanted)
  local of_profile, name = from_file(api, wanted)
  local first, second = from_environment(api), of_profile or {}
  if wanted then first, second = second, first end
  add_missing(api, first, second)
  return first, of_profile and name
end

--- Options for a client of an API.
-- @param wanted  name of a profile, or nil
-- @param is_dry  nothing is sent, so no secret is fetched
function profiles.options(api, wanted, is_dry)
  local sources, secrets = profiles.sources(api, wanted), secrets_of(api)
  local options = {}
  for option, source in pairs(sources) do
    if is_dry and secrets[option] then
      options[option] = "hidden"
    elseif not source.by_client or (wanted and option ~= "url") then
      if source.get then options[option] = source.get() else options[option] = source.value end
    end
  end
  return options
end

--- The names of all profiles, sorted.
function profiles.names()
  local config = profiles.read()
  local found = {}
  for name in pairs(config and config.profiles or {}) do found[#found + 1] = tostring(name) end
  table.sort(found)
  return found
end

--- The options of an API's clients that are secrets: a set of their names.
profiles.secrets = secrets_of

--- Whether sources hold a credential of the API.
profiles.has_credential = has_credential

return profiles
