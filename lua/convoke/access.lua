--- Where a client's calls go, and with which credential: what options and the environment say.

local core = require "convoke.core"
local raise = require("convoke.misuse").raise

local access = {}

--- What stands for an address that nobody has given, in clients that send nothing.
access.no_address = "https://address.invalid"

-- Credentials ------------------------------------------------

--- The credential that the options or the environment give, or nil; raises where the options give
-- two, or half of one.
-- @param api      of the catalogue
-- @param options  of the constructor
-- @param where    what messages begin with: "convoke.clerk"
-- @return position among the API's auths, auth, value, partner (the second half of a pair),
--   variable (of the environment, where it comes from there), all in one table
function access.choose_auth(api, options, where)
  local chosen
  for position, auth in ipairs(api.auths) do
    local given, partner = options[auth.option], auth.partner and options[auth.partner]
    if given ~= nil or partner ~= nil then
      if chosen then
        raise(("%s: options %s and %s are two credentials; give one"):format(where,
          chosen.auth.option, auth.option))
      end
      if given == nil or (auth.partner and partner == nil) then
        raise(("%s: option %s goes together with %s"):format(where,
          given == nil and auth.partner or auth.option,
          given == nil and auth.option or auth.partner))
      end
      chosen = { position = position, auth = auth, value = given, partner = partner }
    end
  end
  if chosen then return chosen end
  for position, auth in ipairs(api.auths) do
    for _, variable in ipairs(auth.environment or {}) do
      local value = os.getenv(variable)
      if value and value ~= "" and not auth.partner then
        return { position = position, auth = auth, value = value, variable = variable }
      end
    end
  end
end

--- Raises and says which options and variables would give a credential.
function access.missing_credential(api, where)
  local names = {}
  for _, auth in ipairs(api.auths) do
    local name = auth.partner and auth.option .. " with " .. auth.partner or auth.option
    if auth.environment and auth.environment[1] then
      name = name .. " (or the environment variable " .. table.concat(auth.environment, ", ") .. ")"
    end
    names[#names + 1] = name
  end
  raise(("%s: a credential is missing: give the option %s"):format(where,
    table.concat(names, ", or ")))
end

--- Gives a client the credential that was chosen; raises for one that no request could carry.
-- @param state   of the client, with its native part
-- @param chosen  as choose_auth() returns it
function access.set_credential(state, chosen, where)
  local auth, value, partner = chosen.auth, chosen.value, chosen.partner
  if auth.partner and type(partner) ~= "string" then
    raise(("%s: option %s must be a string"):format(where, auth.partner))
  end
  if auth.renewable and type(value) == "function" then
    state.credential = { source = value, position = chosen.position, partner = partner,
      option = auth.option }
    return
  end
  if type(value) ~= "string" then
    raise(("%s: option %s must be a string%s"):format(where, auth.option,
      auth.renewable and " or a function" or ""))
  end
  local good, fault, about_partner = state.native:credential(chosen.position, value, partner)
  if not good then
    local option = about_partner and auth.partner or auth.option
    raise(("%s: %s %s"):format(where, chosen.variable or "option " .. option, fault))
  end
end

--- Notes what a client cannot do, or need not, because its transport has the answers, see
-- observe/cassette.lua.
-- @param state  of the client, with its address and credential
function access.apply_transport(state)
  local transport = state.transport
  if state.address == access.no_address then state.lacks_credential = true end
  if transport and transport.sends_nothing and state.credential then -- nobody is asked for one
    state.credential.source = function() return "unused" end
  end
end

-- Addresses ------------------------------------------------

--- Where calls go: what the options say, or the environment, or the API's own address.
-- @param or_else  what stands for an address that is missing; nil: that raises
-- @return the address, without fault and closing slash
function access.address_of(api, options, where, or_else)
  local address, source = options.url, "option url"
  local variable = api.url_environment
  if not address and variable then
    address, source = os.getenv(variable), variable
    if address == "" then address = nil end
    address = address and address:gsub("/+$", "")
    local suffix = api.url_suffix
    if address and suffix and address:sub(-#suffix) ~= suffix then address = address .. suffix end
  end
  address = address or api.url or or_else
  if not address then
    raise(("%s: an address is missing: give the option url%s"):format(where,
      variable and " (or the environment variable " .. variable .. ")" or ""))
  end
  address = address:gsub("/+$", "")
  local fault = core.address(address)
  if fault then raise(("%s: %s %s"):format(where, source, fault)) end
  return address
end

--- The file of certificates that options or the environment name, or nil.
function access.ca_file(options)
  return options.ca_file or os.getenv "SSL_CERT_FILE"
end

return access
