--- Credentials of a document's clients: its security schemes, and which of them an operation takes.

local names = require "convoke.openapi.names"

local security = {}

local function is_table(value) return type(value) == "table" end

-- What the catalogue knows of a scheme, or nil and why it is not supported.
local function auth_of(scheme)
  local kind = scheme.type
  if kind == "http" then
    local word = tostring(scheme.scheme or ""):lower()
    if word == "basic" then
      return { place = "basic", name = "Authorization", prefix = "Basic ", pair = true }
    elseif word == "bearer" then
      return { place = "header", name = "Authorization", prefix = "Bearer ", renewable = true }
    end
    return nil, ("HTTP authentication by %s"):format(word == "" and "nothing" or word)
  elseif kind == "oauth2" or kind == "openIdConnect" then
    local flow = is_table(scheme.flows) and scheme.flows.clientCredentials
    return { place = "header", name = "Authorization", prefix = "Bearer ", renewable = true,
      is_oauth = kind == "oauth2", token_url = is_table(flow) and flow.tokenUrl or nil }
  elseif kind == "apiKey" and type(scheme.name) == "string" and scheme.name ~= "" then
    if scheme["in"] == "header" then
      return { place = "header", name = scheme.name, prefix = "", spaces = true, renewable = true }
    elseif scheme["in"] == "query" then
      return { place = "query", name = scheme.name }
    elseif scheme["in"] == "cookie" then
      return { place = "header", name = "Cookie", prefix = scheme.name .. "=" }
    end
  end
  return nil, ("security schemes of type %s"):format(tostring(kind))
end

--- Reads the schemes of a document.
-- @param schemes  components.securitySchemes, resolved: name -> scheme
-- @param prefix   what the environment variables begin with: "GITHUB"
-- @param note     function(place, what, consequence) for what is not supported
-- @return array of auths as the catalogue has them, each with `scheme`, its name
function security.read(schemes, prefix, note)
  local auths, sorted = {}, {}
  for name in pairs(schemes) do sorted[#sorted + 1] = name end
  table.sort(sorted)
  for _, name in ipairs(sorted) do
    local auth, why = auth_of(schemes[name])
    if auth then
      auth.scheme, auth.option = name, names.snake(name)
      auth.summary = type(schemes[name].description) == "string" and schemes[name].description
        or nil
      auth.environment = { prefix .. "_" .. auth.option:upper() }
      auths[#auths + 1] = auth
    else
      note("#/components/securitySchemes/" .. name, why, "no credential of this kind is sent")
    end
  end
  if not next(schemes) then
    auths[1] = { place = "header", name = "Authorization", prefix = "Bearer ", renewable = true,
      scheme = "token", option = "token", environment = { prefix .. "_TOKEN" },
      summary = "a bearer token: the document names no security scheme" }
  end
  return auths
end

--- The name of what an operation asks for: alternatives of schemes, in any order of their names.
function security.key(alternatives)
  local parts = {}
  for i, alternative in ipairs(alternatives) do
    local sorted = {}
    for name in pairs(is_table(alternative) and alternative or {}) do sorted[#sorted + 1] = name end
    table.sort(sorted)
    parts[i] = table.concat(sorted, "\1")
  end
  return table.concat(parts, "\2")
end

-- Options that stand for a scheme beside its own name in snake case: the name as it is, `token` for
-- the only bearer token, `username` and `password` for the only pair.
local function aliases_of(auths)
  local aliases, bearers, pairs_of_two = {}, {}, {}
  for _, auth in ipairs(auths) do
    aliases[auth.scheme] = auth
    if auth.prefix == "Bearer " then bearers[#bearers + 1] = auth end
    if auth.pair then pairs_of_two[#pairs_of_two + 1] = auth end
  end
  for _, auth in ipairs(auths) do aliases[auth.option] = auth end
  if #bearers == 1 and not aliases.token then aliases.token = bearers[1] end
  return aliases, #pairs_of_two == 1 and pairs_of_two[1] or nil
end

--- The options that clients have for credentials: name -> true.
function security.options(auths)
  local aliases, pair = aliases_of(auths)
  local known = {}
  for name in pairs(aliases) do known[name] = true end
  if pair then known.username, known.password = true, true end
  return known
end

-- The two texts of a pair: "user:password", { user, password } or { username =, password = }.
local function split_pair(value)
  if is_table(value) then
    return value.username or value[1], value.password or value[2] or ""
  elseif type(value) == "string" then
    local user, password = value:match "^([^:]*):(.*)$"
    return user or value, password or ""
  end
end

-- What the options and the environment give for each scheme: auth -> { value, partner, source }.
local function given_by(auths, options)
  local aliases, pair = aliases_of(auths)
  local given = {}
  for name, auth in pairs(aliases) do
    local value = options[name]
    if value ~= nil then given[auth] = { value = value, source = "option " .. name } end
  end
  if pair and options.username ~= nil then
    given[pair] = { value = { options.username, options.password or "" },
      source = "option username" }
  end
  if next(given) then return given end
  for _, auth in ipairs(auths) do
    for _, variable in ipairs(auth.environment) do
      local value = os.getenv(variable)
      if value and value ~= "" then given[auth] = { value = value, source = variable } end
    end
  end
  return given
end

-- Gives a client one credential. `reach`: the options of its constructor, for where tokens come
-- from.
local function set_one(state, position, auth, given, where, raise, reach)
  local value, partner, is_fresh = given.value, nil, nil
  if auth.pair then
    value, partner = split_pair(value)
  elseif is_table(value) and auth.is_oauth then
    local why
    value, is_fresh = require("convoke.openapi.tokens").source(auth, value, reach)
    if not value then why, is_fresh = is_fresh, nil end
    if why then raise(("%s: %s %s"):format(where, given.source, why)) end
  end
  if auth.renewable and type(value) == "function" then
    if state.credential then
      raise(("%s: %s: only one credential of a client may be a function, or fetched by one")
        :format(where, given.source))
    end
    state.credential = { source = value, position = position, option = auth.option,
      is_fresh = is_fresh, set = function(text)
        local good, fault = state.native:credential(position, text, nil, position)
        if good then security.join(state) end
        return good, fault
      end }
    return
  end
  if type(value) ~= "string" or (auth.pair and type(partner) ~= "string") then
    raise(("%s: %s must be %s"):format(where, given.source, auth.pair
      and 'a string "user:password", or { username =, password = }'
      or auth.renewable and "a string or a function" or "a string"))
  end
  local good, fault = state.native:credential(position, value, partner, position)
  if not good then raise(("%s: %s %s"):format(where, given.source, fault)) end
end

--- Joins the credentials of a client for each set of operations that take the same ones, and for
-- free requests. The places of the client's sets are first those of the single schemes, and behind
-- them those of api.securities.
function security.join(state)
  state.native:join(0, state.chosen.free)
  for i, chosen in pairs(state.chosen.sets) do
    state.native:join(#state.api.auths + i, chosen)
  end
end

--- Options with something for each scheme where neither they nor the environment give any: for
-- clients that send nothing.
-- @param state  of such a client
function security.placeholders(state, options)
  local auths = state.api.auths
  if next(given_by(auths, options)) or state.native:exposure() then return options end
  local filled = {}
  for name, value in pairs(options) do filled[name] = value end
  for _, auth in ipairs(auths) do
    filled[auth.option] = auth.pair and "user:password" or "secret"
  end
  return filled
end

-- Which of the alternatives a client can meet: an array of positions of auths, or nil and what is
-- missing.
local function choose(alternatives, positions, has)
  local missing, anonymous
  for _, alternative in ipairs(alternatives) do
    local chosen, lacks = {}, {}
    for name in pairs(alternative) do
      local position = positions[name]
      if position and has[position] then
        chosen[#chosen + 1] = position
      else
        lacks[#lacks + 1] = position and name or name .. " (not supported)"
      end
    end
    table.sort(chosen)
    if #lacks == 0 and #chosen > 0 then return chosen end
    if #lacks == 0 then anonymous = true end
    table.sort(lacks)
    missing = missing or table.concat(lacks, " and ")
  end
  if anonymous then return {} end
  return nil, missing
end

-- What free requests carry, an array of positions of auths: what the document asks of all its
-- operations, else what most of them take, else the first that the client has.
local function of_free_requests(api, sets, has)
  for i = 1, #api.securities do -- in that order
    if sets[i] and sets[i][1] then return sets[i] end
  end
  for position = 1, #api.auths do
    if has[position] then return { position } end
  end
  return {}
end

--- Gives a client its credentials.
-- @param state    of the client; gets `unmet`: number of api.securities -> what is missing
-- @param options  of the constructor
-- @param where    for messages
-- @param raise    function(message)
function security.apply(state, options, where, raise)
  local api = state.api
  local given, positions, has = given_by(api.auths, options), {}, {}
  local sets = {}
  state.unmet = {}
  if next(given) then
    local exposure = state.native:exposure()
    if exposure then raise(("%s: %s"):format(where, exposure)) end
  end
  for position, auth in ipairs(api.auths) do
    positions[auth.scheme] = position
    if given[auth] then
      set_one(state, position, auth, given[auth], where, raise, options)
      has[position] = true
    end
  end
  for i, alternatives in ipairs(api.securities) do
    local chosen, missing = choose(alternatives, positions, has)
    if chosen then
      sets[i] = chosen
    else
      state.unmet[#api.auths + i] = missing
    end
  end
  state.chosen = { sets = sets, free = of_free_requests(api, sets, has) }
  if not (state.credential and state.credential.set) then security.join(state) end
end

return security
