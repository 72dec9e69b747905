--- Clients: made from the catalogue, one constructor an API.

local catalogue = require "convoke.catalogue"
local core = require "convoke.core"
local call = require "convoke.call.run"
local engine = require "convoke.engine"
local errors = require "convoke.errors"
local pace = require "convoke.call.pace"
local pages = require "convoke.pages"
local rates = require "convoke.call.rates"
local response = require "convoke.call.response"
local retry = require "convoke.call.retry"
local server_clock = require "convoke.lookup.server_clock"
local version = require "convoke.version"

local client = {}

local STATE = {} -- the key under which clients and resources keep what is not for users

-- Raising -----------------------------------------------------------------------------------------

local here = debug.getinfo(1, "S").source
local own = here:match "^(.*)client%.lua$" or here

-- Raises a message that points at the caller's line, however deep in the library the check is.
local function raise(message)
  local level = 2
  local info = debug.getinfo(level, "Sl")
  while info and (info.currentline < 1 or info.source:sub(1, #own) == own) do
    level = level + 1
    info = debug.getinfo(level, "Sl")
  end
  error((info and ("%s:%d: "):format(info.short_src, info.currentline) or "") .. message, 0)
end

-- Names ------------------------------------------------

local function sorted_names(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- "; did you mean url?" or "; known are: a, b"
local function suggestion(name, set)
  local names = sorted_names(set)
  local nearest = type(name) == "string" and core.nearest(name, names)
  if nearest then return "; did you mean " .. nearest .. "?" end
  return "; known are: " .. table.concat(names, ", ")
end

-- Checks of options ------------------------------------------------

local function is_number_from(least)
  return function(value)
    return type(value) == "number" and value >= least and value < math.huge
  end
end

local function is_whole_from(least)
  return function(value)
    return type(value) == "number" and value >= least and value < 2 ^ 53 and value % 1 == 0
  end
end

local function is(kind)
  return function(value) return type(value) == kind end
end

local function is_text(value)
  return type(value) == "string" and value ~= "" and not value:find("[%z\r\n]")
end

local positive = { function(v) return is_number_from(0)(v) and v > 0 end, "a number above 0" }
local whole = { is_whole_from(0), "a whole number from 0" }
local text = { is_text, "a string" }
local text_or_empty = { function(v) return v == "" or is_text(v) end, "a string" }
local text_or_false = { function(v) return v == false or is_text(v) end, "a string or false" }

-- name -> { check, what it must be }
local common_options = {
  url = text,
  timeout = positive,
  connect_timeout = positive,
  retries = whole,
  rate = { function() return true end, "" }, -- checked by make_pace()
  proxy = text,
  ca_file = text,
  cert = text,
  key = text,
  user_agent = text,
  max_response_bytes = { is_whole_from(1), "a whole number from 1" },
  max_in_flight = { is_whole_from(1), "a whole number from 1" },
  http_version = { function(v) return v == "1.1" or v == "2" end, 'the string "1.1" or "2"' },
  transport = {
    function(v) return type(v) == "table" and type(v.send) == "function" end,
    "a table with a function send",
  },
  allow_http = { is "boolean", "a boolean" },
  log = { is "function", "a function" },
}

local call_options = {
  timeout = positive,
  retries = whole,
  deadline = { is_number_from(0), "a number" },
  headers = { is "table", "a table" },
  allow_empty = { is "boolean", "a boolean" },
  reconcile = { is "boolean", "a boolean" },
}

local function check_option(where, known, name, value)
  local rule = known[name]
  if not rule then
    raise(("%s: unknown option %s%s"):format(where, tostring(name), suggestion(name, known)))
  end
  if not rule[1](value) then
    raise(("%s: option %s must be %s"):format(where, name, rule[2]))
  end
end

-- Credentials ------------------------------------------------

-- The credential that the options or the environment give, or nil; raises where the options give
-- two, or half of one.
-- @return position among the API's auths, auth, value, partner (the second half of a pair),
--   variable (of the environment, where it comes from there), all in one table
local function choose_auth(api, options, where)
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

local function missing_credential(api, where)
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

local function set_credential(state, chosen, where)
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

-- Addresses ------------------------------------------------

local function address_of(api, options, where)
  local address, source = options.url, "option url"
  local variable = api.url_environment
  if not address and variable then
    address, source = os.getenv(variable), variable
    if address == "" then address = nil end
    address = address and address:gsub("/+$", "")
    local suffix = api.url_suffix
    if address and suffix and address:sub(-#suffix) ~= suffix then address = address .. suffix end
  end
  address = address or api.url
  if not address then
    raise(("%s: an address is missing: give the option url%s"):format(where,
      variable and " (or the environment variable " .. variable .. ")" or ""))
  end
  address = address:gsub("/+$", "")
  local fault = core.address(address)
  if fault then raise(("%s: %s %s"):format(where, source, fault)) end
  return address
end

-- Constructing ------------------------------------------------

local function copy(rules)
  local copied = {}
  for name, rule in pairs(rules) do copied[name] = rule end
  return copied
end

-- What a client's option or a call's may be that stands in for a parameter or a header. An empty
-- text means something to a parameter.
local function field_rule(field)
  if field.type == "integer" then return whole end
  if field.default then return text_or_false end
  return field.param and text_or_empty or text
end

-- The options of one call to an API.
local function own_call_options(api)
  local known = copy(call_options)
  for _, field in ipairs(api.client_fields or {}) do
    if field.param then known[field.option] = field_rule(field) end
  end
  return known
end

-- Options an API has beyond the common ones.
local function own_options(api)
  local known = copy(common_options)
  local anything = { function() return true end, "a string" } -- checked with the credential
  for _, auth in ipairs(api.auths) do
    known[auth.option] = anything
    if auth.partner then known[auth.partner] = anything end
  end
  for _, field in ipairs(api.client_fields or {}) do
    known[field.option] = field_rule(field)
  end
  return known
end

local function apply_client_fields(api, options, where)
  local defaults, headers = {}, {}
  for _, field in ipairs(api.client_fields or {}) do
    local value = options[field.option]
    if value == nil then value = field.default end
    if value and field.param then
      if next(defaults) then
        raise(("%s: options %s and %s cannot be given together"):format(where, next(defaults),
          field.option))
      end
      defaults[field.param] = value
    elseif value then
      headers[field.header] = value
    end
  end
  return next(defaults) and defaults or nil, headers
end

-- The pace that the option `rate` asks for, or nil.
local function make_pace(api, rate, credential, where)
  if rate == nil then return nil end
  local limits, of_operations = rates.read(api, rate, credential)
  if not limits then raise(("%s: option rate %s"):format(where, of_operations)) end
  return pace.new(core.now, engine.nudge, limits, of_operations)
end

local function build(api, vendor, options, meta)
  local where = "convoke." .. api.name
  local known = own_options(api)
  for name, value in pairs(options) do check_option(where, known, name, value) end
  local address = address_of(api, options, where)
  local defaults, headers = apply_client_fields(api, options, where)
  for name, value in pairs(vendor.headers or {}) do headers[name] = value end
  local state = {
    api = api,
    vendor = vendor,
    creates = vendor.creates,
    address = address,
    timeout = options.timeout or 30,
    retries = options.retries or 2,
    transport = options.transport,
    log = options.log,
    defaults = defaults,
    call_options = own_call_options(api),
    free_options = nil, -- made with the first free request
    pausing = setmetatable({}, { __mode = "k" }), -- native calls that wait for their next try
    budget = retry.budget(),
    clock = server_clock.new(),
  }
  local native, why = core.client(api.name, {
    address = address,
    user_agent = options.user_agent or "convoke/" .. version,
    connect_timeout = options.connect_timeout or 5,
    max_response_bytes = options.max_response_bytes or 16 * 1024 * 1024,
    max_in_flight = options.max_in_flight or 0,
    http_version = options.http_version == "1.1" and 1 or options.http_version == "2" and 2 or 0,
    allow_http = options.allow_http,
    proxy = options.proxy,
    ca_file = options.ca_file or os.getenv "SSL_CERT_FILE",
    cert = options.cert,
    key = options.key,
    headers = headers,
  })
  if not native then raise(("%s: %s"):format(where, why)) end
  state.native = native
  local chosen = choose_auth(api, options, where)
  if chosen then
    local exposure = native:exposure()
    if exposure then raise(("%s: %s"):format(where, exposure)) end
    set_credential(state, chosen, where)
  elseif not api.anonymous then
    missing_credential(api, where)
  end
  state.pace = make_pace(api, options.rate, chosen and chosen.value, where)
  state.meta = meta
  -- Calls of a simple client are plain as long as nothing holds them back, see call/run.lua.
  state.simple = not (state.transport or state.log or state.credential)
  state.plain = state.simple and not state.pace
  return state
end

-- Calling ------------------------------------------------

local no_options = {}
local perform = call.perform

local function checked_options(state, operation, options, known)
  if options == nil then return no_options end
  if type(options) ~= "table" then raise("options must be a table, not " .. type(options)) end
  for name, value in pairs(options) do
    check_option(operation.name, known or state.call_options, name, value)
  end
  if not state.api.client_fields then return options end
  local given = copy(options)
  for _, field in ipairs(state.api.client_fields) do
    if field.param and options[field.option] ~= nil then
      if given.defaults then
        raise(("%s: options %s and %s cannot be given together"):format(operation.name,
          next(given.defaults), field.option))
      end
      given.defaults = { [field.param] = options[field.option] }
    end
  end
  return given
end

-- The error of a call whose options and parameters name two organisations, or nil.
local function clash(operation, params, defaults)
  if not defaults then return nil end
  local name, value = next(defaults)
  local faults = {}
  local function check(other, equal_is_fine)
    local given = params and params[other]
    if given ~= nil and not (equal_is_fine and given == value) then
      faults[#faults + 1] = { field = name,
        message = "among the options cannot be given together with the parameter " .. other }
    end
  end
  check(name, true)
  for _, pair in ipairs(operation.exclusions or {}) do
    if pair.one == name then check(pair.other, pair.equal_is_fine) end
    if pair.other == name then check(pair.one, pair.equal_is_fine) end
  end
  return faults[1] and errors.invalid(operation, faults)
end

local function check_params(operation, params)
  if params ~= nil and type(params) ~= "table" then
    raise(("%s: params must be a table, not %s"):format(operation.name, type(params)))
  end
end

local function too_many(operation)
  raise(("%s: too many arguments"):format(operation.name))
end

local function start(state, operation, path, params, options)
  if state.closed then raise("convoke." .. state.api.name .. ": the client is closed") end
  check_params(operation, params)
  options = checked_options(state, operation, options)
  if operation.whole_body and params and params[1] ~= nil then params = { body = params } end
  local err = clash(operation, params, options.defaults)
  if err then return nil, err end
  return perform(state, operation, params, options, path)
end

-- Makes a free request, see client:request().
local function start_free(state, method, path, parts, options)
  local free = require "convoke.call.free" -- most programs make none
  local where = { name = state.api.name .. ".request" }
  if state.closed then raise("convoke." .. state.api.name .. ": the client is closed") end
  state.free_options = state.free_options or free.options(state.call_options)
  options = checked_options(state, where, options, state.free_options)
  local operation, faults, wrong = free.operation(state, method, path, parts, options)
  if wrong then raise(("%s: %s"):format(where.name, wrong)) end
  if not operation then return nil, errors.invalid(where, faults) end
  return perform(state, operation, nil, options)
end

-- Walks a listing; `how` is pages.each or pages.all.
local function start_walk(how, state, operation, path, params, options)
  if state.closed then raise("convoke." .. state.api.name .. ": the client is closed") end
  check_params(operation, params)
  options = checked_options(state, operation, options)
  local function fetch(page_params)
    if state.closed then raise("convoke." .. state.api.name .. ": the client is closed") end
    local err = clash(operation, page_params, options.defaults)
    if err then return nil, err end
    local answer
    answer, err = perform(state, operation, page_params, options, path)
    return answer, err
  end
  local function fail(message)
    return errors.new { kind = "decode", outcome = "unknown", operation = operation.name,
      message = message }
  end
  return how(operation, params, fetch, fail)
end

-- Objects ------------------------------------------------

local function state_of(object, name)
  local state = type(object) == "table" and object[STATE]
  if not state then raise("call it with a colon: " .. name) end
  return state
end

-- Sorts out `[path values...,] [params [, options]]`.
-- @return the path value, or an array of several, or nil where they sit in params; params; options
local function arguments_of(operation, ...)
  local count, paths = #operation.path_params, nil
  local function rest(params, options, more)
    if more ~= nil then too_many(operation) end
    return paths, params, options
  end
  if count == 0 or type((...)) == "table" then return rest(...) end
  if count == 1 then
    paths = (...)
    return rest(select(2, ...))
  end
  paths = {}
  for i = 1, count do
    local value = select(i, ...)
    if type(value) == "table" then -- the others sit in it
      return rest(select(i, ...))
    end
    paths[i] = value
  end
  return rest(select(count + 1, ...))
end

-- A method for an operation: it takes `[params [, options]]`, or `[path value,] [params [,
-- options]]`.
local function method_for(operation)
  local spelling = (operation.resource or "client") .. ":" .. operation.verb
  local paths = #operation.path_params
  if paths == 0 and not operation.whole_body then
    return function(self, params, options, more)
      local state = type(self) == "table" and self[STATE]
      -- Most calls are like this; start() says what is wrong with others.
      if state and options == nil and more == nil and not state.closed
        and (params == nil or type(params) == "table") then
        return perform(state, operation, params)
      end
      state = state_of(self, spelling)
      if more ~= nil then too_many(operation) end
      return start(state, operation, nil, params, options)
    end
  end
  return function(self, ...)
    local state = state_of(self, spelling)
    return start(state, operation, arguments_of(operation, ...))
  end
end

-- Walks over listings: what they are called -> how they go.
local walks = { each = pages.each, all = pages.all }

-- A method that walks the pages of an operation. It takes what the operation's own method takes.
local function walk_for(name, operation, spelling)
  return function(self, ...)
    local state = state_of(self, spelling)
    return start_walk(walks[name], state, operation, arguments_of(operation, ...))
  end
end

-- client:each and client:all: a walk over the listing with that id.
local function walk_by_id(name, api)
  local known = {}
  for _, operation in ipairs(api.operations) do
    if operation.paging then known[operation.id] = walk_for(name, operation, "client:" .. name) end
  end
  return function(self, id, ...)
    state_of(self, "client:" .. name)
    local walk = known[id]
    if not walk then
      local why = next(known) and suggestion(id, known) or ": none of its listings has pages"
      raise(("convoke.%s has no listing %s%s"):format(api.name, tostring(id), why))
    end
    return walk(self, ...)
  end
end

-- An __index that raises for a name that is not there, and says which was probably meant.
local function strict(methods, what)
  return function(_, name)
    local method = methods[name]
    if method ~= nil then return method end
    if type(name) ~= "string" then return nil end
    raise(("%s has no %s%s"):format(what, name, suggestion(name, methods)))
  end
end

local function show_resource(resource)
  return rawget(resource, "name")
end

-- The method that waits for what an operation reads: wait(path value [, options]).
local function wait_for(operation, habits)
  local spelling = operation.resource .. ":wait"
  return function(self, id, options, more)
    local state = state_of(self, spelling)
    if state.closed then raise("convoke." .. state.api.name .. ": the client is closed") end
    if more ~= nil then too_many(operation) end
    local waiting = require "convoke.call.waiting" -- most programs do not wait
    local wrong = waiting.misuse(options == nil and no_options or options, habits)
    if wrong then raise(("%s.%s.wait: %s"):format(state.api.name, operation.resource, wrong)) end
    return waiting.wait(state, operation, id, options or no_options, habits, perform)
  end
end

-- The methods of an API's operations: tables of resources, by name, and functions by operation id.
local function make_resources(api, vendor)
  local resources, by_id = {}, {}
  for _, operation in ipairs(api.operations) do
    local method = method_for(operation)
    by_id[operation.id] = method
    if operation.resource then
      local resource = resources[operation.resource]
        or { methods = {}, name = ("convoke.%s.%s"):format(api.name, operation.resource) }
      resources[operation.resource] = resource
      resource.methods[operation.verb] = method
      local waits = vendor.waits and vendor.waits[operation.name]
      if waits then resource.methods.wait = wait_for(operation, waits) end
      if operation.paging and operation.verb == "list" then
        for name in pairs(walks) do
          resource.methods[name] = walk_for(name, operation, operation.resource .. ":" .. name)
        end
      end
    end
  end
  for _, resource in pairs(resources) do
    resource.metatable = { __index = strict(resource.methods, resource.name),
      __tostring = show_resource, __name = resource.name }
  end
  return resources, by_id
end

-- The methods that clients of all APIs have.
local function make_methods(api, by_id)
  local methods = {}

  --- Calls an operation by the name that the vendor's reference page gives it.
  function methods:call(name, ...)
    state_of(self, "client:call")
    local method = by_id[name]
    if not method then
      raise(("convoke.%s has no operation %s%s"):format(api.name, tostring(name),
        suggestion(name, by_id)))
    end
    return method(self, ...)
  end

  --- Reaches any endpoint of the API, below the client's address.
  -- @param method  "GET", "HEAD", "POST", "PUT", "PATCH" or "DELETE"
  -- @param path    such as "/users"
  -- @param parts   table or nil: query (values by name; an array repeats the name), headers, body
  --   (a string is sent as it is, any other value as JSON)
  -- @param options  as of other calls, and `idempotent`: it may be sent again though it does more
  --   than read
  -- @return as other calls; the value is free-form
  function methods:request(method, path, parts, options, more)
    local state = state_of(self, "client:request")
    if more ~= nil then too_many { name = api.name .. ".request" } end
    return start_free(state, method, path, parts, options)
  end

  --- Walk a listing, named as in client:call(): each(id, ...) returns an iterator over the elements
  -- of all pages, which raises the error; all(id, ...) an array of them, or nil and the error.
  methods.each = walk_by_id("each", api)
  methods.all = walk_by_id("all", api)

  --- Ends the client: its calls in flight end as `cancelled`, its credential is wiped, and calling
  -- it raises from now on.
  function methods:close()
    local state = state_of(self, "client:close")
    if state.closed then return end
    state.closed = true
    local natives = state.native:calls() -- those that pause between two tries are not among them
    for native in pairs(state.pausing) do natives[#natives + 1] = native end
    for _, native in ipairs(natives) do
      -- The caller of the one before may have gone on, and this one serve another client by now.
      if native:is_of(state.native) then engine.cancel(native) end
    end
    state.native:close()
  end

  return methods
end

-- The metatables of an API's client and resources, made once.
local function make_class(api, vendor)
  local resources, by_id = make_resources(api, vendor)
  local methods = make_methods(api, by_id)
  if vendor.add_methods then vendor.add_methods(methods, api.operations, by_id) end
  local known = {}
  for name in pairs(resources) do known[name] = false end
  for name, method in pairs(methods) do known[name] = method end
  local name = "convoke." .. api.name
  local metatable = {
    __index = strict(known, name),
    __name = name,
    __close = methods.close,
    __tostring = function(self)
      local state = rawget(self, STATE)
      return ("%s (%s%s)"):format(name, state.address, state.closed and ", closed" or "")
    end,
  }
  return { resources = resources, metatable = metatable, meta = response.meta_of(api) }
end

--- The constructor of an API's clients.
-- @param name  of the API
-- @return function(options) that returns a client, or raises for what is wrong with the options
function client.constructor(name)
  local class, vendor
  return function(options)
    if options ~= nil and type(options) ~= "table" then
      raise(("convoke.%s: options must be a table"):format(name))
    end
    vendor = vendor or require("convoke.vendors." .. name) -- only of those that are used
    local api = catalogue.api(name)
    class = class or make_class(api, vendor)
    local state = build(api, vendor, options or {}, class.meta)
    local made = { [STATE] = state }
    for key, resource in pairs(class.resources) do
      made[key] = setmetatable({ [STATE] = state, name = resource.name }, resource.metatable)
    end
    return setmetatable(made, class.metatable)
  end
end

return client
