--- Free requests: any endpoint of an API, with the client's credential, deadline, retries and
-- errors.

local core = require "convoke.core"

local free = {}

local methods = { GET = true, HEAD = true, POST = true, PUT = true, PATCH = true, DELETE = true }
local int64 = getmetatable(core.int64(0))
local part_names = { "body", "headers", "query" }

local function is_boolean(value) return type(value) == "boolean" end

--- The options of a free request.
-- @param known  name -> rule of the options of the API's calls, see client.lua
function free.options(known)
  local own = { idempotent = { is_boolean, "a boolean" } }
  for name, rule in pairs(known) do own[name] = rule end
  own.allow_empty, own.reconcile, own.content_type, own.sink = nil, nil, nil, nil
  return own
end

--- Whether a value is the method of a free request.
function free.is_method(value) return methods[value] == true end

--- What to say to somebody who names a free request in one text, "GET /users"; nil: it is none.
-- @param name  of the method that was called: "dry" or "curl"
function free.advice(name, text)
  local method, path = tostring(text):match "^(%u+) (/.*)$"
  if not methods[method] then return nil end
  return ('; any other endpoint is %s("%s", "%s", parts, options)'):format(name, method, path)
end

-- What is wrong with the arguments of a free request, or nil.
local function misuse(method, path, parts)
  if type(method) ~= "string" or not methods[method] then
    return "the method must be GET, HEAD, POST, PUT, PATCH or DELETE, not " .. tostring(method)
  end
  if type(path) ~= "string" then return "the path must be a string, not " .. type(path) end
  if parts == nil then return nil end
  if type(parts) ~= "table" then return "the parts must be a table, not " .. type(parts) end
  for name in pairs(parts) do
    local near = type(name) == "string" and core.nearest(name, part_names)
    if name ~= "query" and name ~= "headers" and name ~= "body" then
      return ("unknown part %s; %s"):format(tostring(name), near and "did you mean " .. near .. "?"
        or "known are: " .. table.concat(part_names, ", "))
    end
  end
  for _, name in ipairs { "query", "headers" } do
    if parts[name] ~= nil and type(parts[name]) ~= "table" then
      return ("%s must be a table, not %s"):format(name, type(parts[name]))
    end
  end
  if parts.body ~= nil and method == "HEAD" then return "a HEAD request has no body" end
end

-- An array of name, value, name, value, ... in the order of the names; an array repeats its name.
local function flatten(query, faults)
  local names, flat = {}, {}
  for name in pairs(query) do
    if type(name) == "string" then
      names[#names + 1] = name
    else
      faults[#faults + 1] = { field = "query", message = "has a key that is no text" }
    end
  end
  table.sort(names)
  local function add(name, value) flat[#flat + 1], flat[#flat + 2] = name, value end
  for _, name in ipairs(names) do
    local value = query[name]
    if type(value) == "table" and getmetatable(value) ~= int64 then
      for _, each in ipairs(value) do add(name, each) end
    else
      add(name, value)
    end
  end
  return flat
end

-- The names of an API's parameters that say the same as the one with this name.
local function names_like(api, name)
  local alike = { [name:lower()] = true }
  for _, operation in ipairs(api.operations) do
    for _, pair in ipairs(operation.exclusions or {}) do
      if pair.one == name then alike[pair.other:lower()] = true end
      if pair.other == name then alike[pair.one:lower()] = true end
    end
  end
  return alike
end

-- Adds to the query what the client says of all its calls, such as CVAT's organization, unless the
-- request says it in some way.
local function add_defaults(api, query, headers, defaults)
  for name, value in pairs(defaults or {}) do
    local alike = names_like(api, name)
    local function has(given)
      for each in pairs(given) do
        if type(each) == "string" and alike[each:lower()] then return true end
      end
    end
    if not has(query) and not has(headers) then query[name] = value end
  end
end

-- Takes the type of the body out of the headers: others may not set it, a free request may.
local function take_type(headers)
  for name, value in pairs(headers) do
    if type(name) == "string" and name:lower() == "content-type" and type(value) == "string" then
      headers[name] = nil
      return value
    end
  end
end

-- api -> array of { method, pattern of a path, name } of its operations.
local routes = setmetatable({}, { __mode = "k" })

local function routes_of(api)
  local known = routes[api]
  if known then return known end
  known = {}
  for i, operation in ipairs(api.operations) do
    local pattern = operation.path:gsub("[^%w{}_/]", "%%%0"):gsub("{[^{}/]+}", "[^/]+")
    known[i] = { operation.method, "^" .. pattern .. "$", operation.name }
  end
  routes[api] = known
  return known
end

-- What a 429 holds back and a pace counts with a request: the operation of the catalogue that it
-- is, or else its own endpoint.
local function lane_of(api, method, path)
  for _, route in ipairs(routes_of(api)) do
    if route[1] == method and path:find(route[2]) then return route[3] end
  end
  return method .. " " .. path
end

--- The operation of a free request, as the catalogue would have it.
-- @param state    of the client
-- @param method   "GET" and so on
-- @param path     below the client's address, such as "/users"
-- @param parts    query, headers, body, as client:request() takes them; or nil
-- @param options  checked ones: `idempotent` allows repeats of what does not only read; `defaults`
--   and those of the client go into the query where nothing that says the same is given
-- @return the operation, whose field `free` holds what Client:prepare_free takes; or nil and an
--   array of faults; or nil, nil and what the caller has done wrong
function free.operation(state, method, path, parts, options)
  local api = state.api
  local wrong = misuse(method, path, parts)
  if wrong then return nil, nil, wrong end
  local reads, faults, query, headers = method == "GET" or method == "HEAD", {}, {}, {}
  for name, value in pairs(parts and parts.query or {}) do query[name] = value end
  for name, value in pairs(options.headers or {}) do headers[name] = value end
  for name, value in pairs(parts and parts.headers or {}) do headers[name] = value end
  add_defaults(api, query, headers, options.defaults or state.defaults)
  local content_type = parts and parts.body ~= nil and take_type(headers) or nil
  local flat = flatten(query, faults)
  if faults[1] then return nil, faults end
  return {
    api = api.name, id = "request", name = api.name .. ".request", method = method, path = path,
    lane = function() return lane_of(api, method, path) end, path_params = {}, safe = reads,
    idempotent = reads or options.idempotent == true,
    answer = { type = "any" }, envelope = state.vendor.has_failed and "free" or nil,
    free = { query = flat, headers = headers, body = parts and parts.body, type = content_type },
  }
end

return free
