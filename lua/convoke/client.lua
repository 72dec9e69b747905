--- Clients: made from the catalogue, one constructor an API.

local access = require "convoke.access"
local catalogue = require "convoke.catalogue"
local core = require "convoke.core"
local call = require "convoke.call.run"
local engine = require "convoke.engine"
local errors = require "convoke.errors"
local hooks = require "convoke.observe.hooks"
local misuse = require "convoke.misuse"
local option_rules = require "convoke.options"
local pace = require "convoke.call.pace"
local pace_dict = require "convoke.call.pace_dict"
local pages = require "convoke.pages"
local rates = require "convoke.call.rates"
local response = require "convoke.call.response"
local retry = require "convoke.call.retry"
local server_clock = require "convoke.lookup.server_clock"
local version = require "convoke.version"

local client = {}
local note_method = catalogue.note_method
local raise, suggestion = misuse.raise, misuse.suggestion

local STATE = {} -- the key under which clients and resources keep what is not for users

-- Constructing ------------------------------------------------

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

-- The pace that the options `rate` and `rate_dict` ask for, or nil.
local function make_pace(api, options, credential, address, where)
  if options.rate == nil and options.rate_dict == nil then return nil end
  local limits, of_operations, window, holds
  if options.rate ~= nil then
    limits, of_operations = rates.read(api, options.rate, credential)
    if not limits then raise(("%s: option rate %s"):format(where, of_operations)) end
  end
  if options.rate_dict ~= nil then
    local prefix = api.name .. "/" .. address
    window, holds = pace_dict.open(options.rate_dict, prefix, limits, of_operations)
    if not window then raise(("%s: option rate_dict %s"):format(where, holds)) end
  end
  return pace.new(core.now, engine.nudge, limits, of_operations, window, holds)
end

-- The file that an option names. A document may have a credential that is called `key`; then the
-- option is that.
local function file_of(api, options, name)
  for _, auth in ipairs(api.auths) do
    if auth.option == name then return nil end
  end
  return options[name]
end

-- The files of a client that curl would be told of, too.
local function files_of(api, options)
  local files = {}
  for _, pair in ipairs { { "ca_file", "cacert" }, { "cert", "cert" }, { "key", "key" } } do
    local path = file_of(api, options, pair[1])
    if path then files[#files + 1] = { option = pair[2], path = path } end
  end
  return files
end

-- Gives a new client the credential that the options or the environment hold. Returns what was
-- chosen.
-- @param is_dry  it sends nothing, and only notes of what kind the credential is
-- @param has_answers  its transport may answer without one, see observe/cassette.lua
local function apply_credential(state, options, where, is_dry, has_answers)
  local api, native = state.api, state.native
  if api.securities then -- a document's clients may have several
    local security = require "convoke.openapi.security"
    local given = options
    if is_dry or has_answers then options = security.placeholders(state, options) end
    state.lacks_credential = has_answers and given ~= options and api.auths[1] ~= nil
    security.apply(state, options, where, raise)
    return nil
  end
  local chosen = access.choose_auth(api, options, where)
  state.auth = chosen and chosen.auth or is_dry and api.auths[1] or nil
  if is_dry then return chosen end
  if chosen then
    local exposure = native:exposure()
    if exposure then raise(("%s: %s"):format(where, exposure)) end
    access.set_credential(state, chosen, where)
  elseif has_answers then
    state.lacks_credential = not api.anonymous
  elseif not api.anonymous then
    access.missing_credential(api, where)
  end
  return chosen
end

-- The state of a client: all that its calls need.
-- @param is_dry  it sends nothing: a credential or an address may be missing
local function build(api, vendor, options, meta, is_dry)
  local where = "convoke." .. api.name
  local known = option_rules.of_clients(api)
  for name, value in pairs(options) do option_rules.check(where, known, name, value) end
  local fault = options.hooks ~= nil and hooks.fault(options.hooks)
  if fault then raise(("%s: option hooks %s"):format(where, fault)) end
  local transport = options.transport
  local has_answers = transport and transport.has_answers
  local address = access.address_of(api, options, where,
    (is_dry or has_answers) and access.no_address)
  local defaults, headers = apply_client_fields(api, options, where)
  for name, value in pairs(vendor.headers or {}) do headers[name] = value end
  local state = {
    api = api,
    vendor = vendor,
    creates = vendor.creates,
    address = address,
    files = files_of(api, options),
    auth = nil, -- the kind of credential that it sends, as the catalogue has it
    timeout = options.timeout or 30,
    max_response_bytes = options.max_response_bytes or 16 * 1024 * 1024,
    retries = options.retries or 2,
    transport = transport,
    instant = transport and transport.instant, -- pauses take no time
    lacks_credential = nil, -- or an address: it can get answers from its transport only
    observers = hooks.of_client(options.hooks, options.log),
    defaults = defaults,
    call_options = option_rules.of_calls(api),
    free_options = nil, -- made with the first free request
    pausing = setmetatable({}, { __mode = "k" }), -- native calls that wait for their next try
    budget = retry.budget(not is_dry and api.name or nil),
    clock = server_clock.new(),
  }
  local native, why = core.client(api.handle or api.name, {
    own_servers = options.url == nil,
    address = address,
    user_agent = options.user_agent or "convoke/" .. version,
    connect_timeout = options.connect_timeout or 5,
    max_response_bytes = state.max_response_bytes,
    max_in_flight = options.max_in_flight or 0,
    http_version = options.http_version == "1.1" and 1 or options.http_version == "2" and 2 or 0,
    allow_http = options.allow_http,
    proxy = options.proxy,
    ca_file = access.ca_file(options),
    cert = file_of(api, options, "cert"),
    key = file_of(api, options, "key"),
    headers = headers,
  })
  if not native then raise(("%s: %s"):format(where, why)) end
  state.native = native
  local chosen = apply_credential(state, options, where, is_dry, has_answers)
  if is_dry then return state end
  access.apply_transport(state)
  state.pace = make_pace(api, options, chosen and chosen.value, address, where)
  state.meta, state.credential_kind = meta, chosen and rates.kind(api, chosen.value)
  -- Calls of a simple client are plain as long as nothing holds them back, see call/run.lua.
  state.simple = not (state.transport or state.credential)
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
    option_rules.check(operation.name, known or state.call_options, name, value)
  end
  if not state.api.client_fields then return options end
  local given = option_rules.copy(options)
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

-- @param how  what is done once all is checked: perform, or call.prepare
local function start(how, state, operation, path, params, options)
  if state.closed then raise("convoke." .. state.api.name .. ": the client is closed") end
  check_params(operation, params)
  options = checked_options(state, operation, options)
  if operation.is_of_document then
    local named, given = require("convoke.openapi.calls").begin(state, operation, params, options)
    if not named then return nil, given end
    operation, options = named, given
  end
  if operation.whole_body and params and params[1] ~= nil then params = { body = params } end
  local err = clash(operation, params, options.defaults)
  if not err and options.try and how == perform then
    return require("convoke.call.streams").closing(perform(state, operation, params, options, path))
  end
  if not err then return how(state, operation, params, options, path) end
  if how ~= perform then return nil, err end -- no call
  return call.refuse(state, operation, err)
end

-- Makes a free request, see client:request(); `how` as above.
local function start_free(how, state, method, path, parts, options)
  local free = require "convoke.call.free" -- most programs make none
  local where = { name = state.api.name .. ".request" }
  if state.closed then raise("convoke." .. state.api.name .. ": the client is closed") end
  state.free_options = state.free_options or free.options(state.call_options)
  options = checked_options(state, where, options, state.free_options)
  local operation, faults, wrong = free.operation(state, method, path, parts, options)
  if wrong then raise(("%s: %s"):format(where.name, wrong)) end
  if not operation then return nil, errors.invalid(where, faults) end
  return how(state, operation, nil, options)
end

-- Shows the request of a prepared call, which is not sent: "dry" as a table, "curl" as a command.
local function show_request(name, state, operation, native, err)
  if not native then return nil, err end
  local dry = require "convoke.call.dry"
  local request = dry.request(state, operation, native)
  return name == "curl" and dry.command(state, request) or request
end

-- The same of a call that is yet to be prepared; or nil, err.
local function preview(name, state, operation, ...)
  return show_request(name, state, operation, start(call.prepare, state, operation, ...))
end

-- Walks a listing; `how` is pages.each or pages.all.
local function start_walk(how, state, operation, path, params, options)
  if state.closed then raise("convoke." .. state.api.name .. ": the client is closed") end
  check_params(operation, params)
  options = checked_options(state, operation, options)
  local refused
  if operation.is_of_document then
    local named, given = require("convoke.openapi.calls").begin(state, operation, params, options)
    options, refused = named and given or options, not named and given or nil
  end
  local function fetch(page_params)
    if state.closed then raise("convoke." .. state.api.name .. ": the client is closed") end
    local err = refused or clash(operation, page_params, options.defaults)
    if err then return call.refuse(state, operation, err) end
    local answer, meta
    answer, err, meta = perform(state, operation, page_params, options, path)
    return answer, err, meta
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
  if paths == 0 and not operation.is_of_document and not operation.whole_body then
    return function(self, params, options, more)
      local state = type(self) == "table" and self[STATE]
      -- Most calls are like this; start() says what is wrong with others.
      if state and options == nil and more == nil and not state.closed
        and (params == nil or type(params) == "table") then
        return perform(state, operation, params)
      end
      state = state_of(self, spelling)
      if more ~= nil then too_many(operation) end
      return start(perform, state, operation, nil, params, options)
    end
  end
  return function(self, ...)
    local state = state_of(self, spelling)
    return start(perform, state, operation, arguments_of(operation, ...))
  end
end

-- Walks over listings: what they are called -> how they go.
local walks = { each = pages.each, all = pages.all }

-- Whether an operation may be a listing; of a document's this is known once it is used.
local function may_have_pages(operation)
  return operation.is_of_document or operation.paging
end

-- A method that walks the pages of an operation. It takes what the operation's own method takes.
local function walk_for(name, operation, spelling)
  return function(self, ...)
    local state = state_of(self, spelling)
    if not operation.paging then raise(operation.name .. " has no pages") end
    return start_walk(walks[name], state, operation, arguments_of(operation, ...))
  end
end

-- client:each and client:all: a walk over the listing with that id.
local function walk_by_id(name, api)
  local known
  return function(self, id, ...)
    state_of(self, "client:" .. name)
    if not known then -- a document may have a thousand of them
      known = {}
      for _, operation in ipairs(api.operations) do
        if may_have_pages(operation) then
          known[operation.id] = walk_for(name, operation, "client:" .. name)
        end
      end
    end
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

-- A __pairs that goes over what there is for users, in the order of its names. (Lua 5.1 and LuaJIT
-- know none; there pairs() also gives the key under which we keep what is ours.)
local function walk_members(members)
  return function(self)
    local names, i = {}, 0
    for name in pairs(members) do names[#names + 1] = name end
    table.sort(names)
    return function()
      i = i + 1
      local name = names[i]
      if name then return name, self[name] end
    end, self, nil
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
    note_method(method, operation, api)
    if operation.is_of_document then by_id[operation.method .. " " .. operation.path] = method end
    if operation.resource then
      local resource = resources[operation.resource]
        or { methods = {}, name = ("convoke.%s.%s"):format(api.name, operation.resource) }
      resources[operation.resource] = resource
      resource.methods[operation.verb] = method
      local waits = vendor.waits and vendor.waits[operation.name]
      if waits then
        resource.methods.wait = wait_for(operation, waits)
        note_method(resource.methods.wait, operation, api, "wait")
      end
      if operation.verb == "list" and may_have_pages(operation) then
        for name in pairs(walks) do
          local walk = walk_for(name, operation, operation.resource .. ":" .. name)
          resource.methods[name] = walk
          note_method(walk, operation, api, name)
        end
      end
    end
  end
  for _, resource in pairs(resources) do
    resource.metatable = { __index = strict(resource.methods, resource.name),
      __pairs = walk_members(resource.methods), __tostring = show_resource,
      __name = resource.name }
  end
  return resources, by_id
end

-- Raises for a name that no operation has.
-- @param advice  what to do instead; nil: the nearest of the names in `known`
local function no_operation(api, name, known, advice)
  local why = api.doubles and api.doubles[name]
  if why then raise(("convoke.%s: %s %s"):format(api.name, name, why)) end
  raise(("convoke.%s has no operation %s%s"):format(api.name, tostring(name),
    advice or suggestion(name, known)))
end

-- client:dry and client:curl: what a call with that id, or a free request, would send.
local function preview_by_id(name, api)
  local known -- made when it is first asked for, as few programs do
  return function(self, id, ...)
    local state = state_of(self, "client:" .. name)
    known = known or catalogue.by_name(api)
    local operation = known[id]
    if operation then return preview(name, state, operation, arguments_of(operation, ...)) end
    local free = require "convoke.call.free"
    if not free.is_method(id) then
      no_operation(api, id, known, not api.handle and free.advice(name, id))
    end
    if select("#", ...) > 3 then too_many { name = api.name .. ".request" } end
    return show_request(name, state, no_options, start_free(call.prepare, state, id, ...))
  end
end

-- The methods that clients of all APIs have.
local function make_methods(api, by_id)
  local methods = {}

  --- Calls an operation by the name that the vendor's reference page gives it.
  function methods:call(name, ...)
    state_of(self, "client:call")
    local method = by_id[name]
    if not method then no_operation(api, name, by_id) end
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
    return start_free(perform, state, method, path, parts, options)
  end

  --- Walk a listing, named as in client:call(): each(id, ...) returns an iterator over the elements
  -- of all pages, which raises the error; all(id, ...) an array of them, or nil and the error.
  methods.each = walk_by_id("each", api)
  methods.all = walk_by_id("all", api)

  --- What a call would send; nothing is sent. dry(id, ...) returns the request as a table, curl(id,
  -- ...) as a curl command. They take what client:call() takes, our own name of an operation
  -- ("invitations.create"), and what client:request() takes; wrong values give nil and the error.
  methods.dry = preview_by_id("dry", api)
  methods.curl = preview_by_id("curl", api)

  --- Ends the client: its calls in flight end as `cancelled`, its credential is wiped, and calling
  -- it raises from now on.
  function methods:close()
    local state = state_of(self, "client:close")
    if state.closed then return end
    state.closed = true
    local natives = state.native:calls() -- those that pause between two tries are not among them
    for _, others in ipairs { state.pausing, engine.streams } do
      for native in pairs(others) do natives[#natives + 1] = native end
    end
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
    __pairs = walk_members(known),
    __name = name,
    __close = methods.close,
    __tostring = function(self)
      local state = rawget(self, STATE)
      return ("%s (%s%s)"):format(name, state.address, state.closed and ", closed" or "")
    end,
  }
  return { resources = resources, metatable = metatable, meta = response.meta_of(api) }
end

-- The state that an operation is shown with.
-- @param with  a client of its API, options of the constructor, or nil
-- @param api, vendor  whose it is; nil: the catalogue knows
local function state_for(operation, with, api, vendor)
  local name = operation.api
  if type(with) == "table" and with[STATE] then
    local state = with[STATE]
    if state.api.name ~= name then
      raise(("%s: a client of %s cannot call it"):format(operation.name, state.api.name))
    end
    return state
  end
  if with ~= nil and type(with) ~= "table" then
    raise(operation.name .. ": the second argument must be a client or its options")
  end
  vendor = vendor or require("convoke.vendors." .. name)
  return build(api or catalogue.api(name), vendor, with or {}, nil, true)
end

--- The state of a client, for other rooms; nil: it is no client.
function client.state(object)
  return type(object) == "table" and rawget(object, STATE) or nil
end

--- Makes a call for a job.
-- @param options  as call.perform() takes them
function client.perform(state, operation, params, options)
  if operation.whole_body and params[1] ~= nil then params = { body = params } end
  return perform(state, operation, params, options)
end

-- The function that shows what a call would send, by preview().
-- @param api, vendor  as of state_for()
local function previewer(what, api, vendor)
  return function(operation, params, with)
    return preview(what, state_for(operation, with, api, vendor), operation, nil, params)
  end
end

--- What a call to an operation would send, without a client: see Operation:dry in catalogue.lua.
client.dry = previewer "dry"

--- The same as a curl command.
client.curl = previewer "curl"

--- The methods dry and curl of the operations of a document.
function client.previews_of(api, vendor)
  return { dry = previewer("dry", api, vendor), curl = previewer("curl", api, vendor) }
end

--- What a value is.
-- @return the API of which it is a client; and the name of the resource, if it is one; or nil
function client.what(value)
  local state = type(value) == "table" and rawget(value, STATE)
  if not state then return nil end
  local name = rawget(value, "name")
  return state.api, name and name:match "[^.]*$"
end

--- The names of the options that the constructor of an API takes, sorted.
function client.options(api)
  local names = {}
  for name in pairs(option_rules.of_clients(api)) do names[#names + 1] = name end
  table.sort(names)
  return names
end

--- Whether a resource has the method wait().
function client.can_wait(api, resource)
  if api.handle then return false end -- of a document
  for name in pairs(require("convoke.vendors." .. api.name).waits or {}) do
    if name:match "^[^.]*%.([^.]*)" == resource then return true end
  end
  return false
end

-- Makes a client of a class.
local function construct(api, vendor, class, options)
  local state = build(api, vendor, options or {}, class.meta)
  local made = { [STATE] = state }
  for key, resource in pairs(class.resources) do
    made[key] = setmetatable({ [STATE] = state, name = resource.name }, resource.metatable)
  end
  return setmetatable(made, class.metatable)
end

local function check_constructor(name, options)
  if options ~= nil and type(options) ~= "table" then
    raise(("convoke.%s: options must be a table"):format(name))
  end
end

--- The constructor of an API's clients.
-- @param name  of the API
-- @return function(options) that returns a client, or raises for what is wrong with the options
function client.constructor(name)
  local class, vendor
  return function(options)
    check_constructor(name, options)
    vendor = vendor or require("convoke.vendors." .. name) -- only of those that are used
    local api = catalogue.api(name)
    class = class or make_class(api, vendor)
    return construct(api, vendor, class, options)
  end
end

--- The constructor of clients of an API that is described at run time.
-- @param api     as the catalogue has it, with `handle`, its document in the core
-- @param vendor  what vendors/ would have for it
-- @return function(options), as above
function client.constructor_of(api, vendor)
  local class
  return function(options)
    check_constructor(api.name, options)
    class = class or make_class(api, vendor)
    return construct(api, vendor, class, options)
  end
end

return client
