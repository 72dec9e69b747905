--- A Convex deployment: the HTTP way of calling functions, `/api/run/...`, `/api/mutation` and so
-- on.

local callers = require "convoke.sandbox.convex_callers"
local functions = require "convoke.sandbox.convex_functions"
local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local refusal = require("convoke.sandbox.convex_errors").refusal
local router = require "convoke.sandbox.router"
local times = require "convoke.sandbox.convex_times"
local values = require "convoke.sandbox.convex_values"
local web = require "convoke.sandbox.web"

local LARGEST_BODY = 16 * 1024 * 1024 + 2000 -- bytes

-- ---------------------------------------------------------------------------------------------
-- Reading a request; each returns nil and an answer when it refuses.

local function bad_body(text)
  return nil, refusal(400, "BadJsonBody",
                      "Failed to deserialize the JSON body into the target type: " .. text)
end

-- Checks the part of a body that says what to call.
local function check_call(body, needs_path)
  if not json.is_object(body) then return bad_body "expected an object" end
  if needs_path and type(body.path) ~= "string" then return bad_body "missing field `path`" end
  if body.args == nil then return bad_body "missing field `args`" end
  if body.format ~= nil and body.format ~= json.null and type(body.format) ~= "string" then
    return bad_body "format: expected a string"
  end
  return body
end

local function read_json(request)
  if web.media_type(request.headers["content-type"]) ~= "application/json" then
    return nil, refusal(400, "BadJsonBody",
                        "Expected request with `Content-Type: application/json`")
  end
  if #request.body > LARGEST_BODY then
    return nil, refusal(400, "BadJsonBody",
                        "Failed to buffer the request body: length limit exceeded")
  end
  local body, why, at = json.decode(request.body)
  if body == nil then
    return nil, refusal(400, "BadJsonBody",
      ("Failed to parse the request body as JSON: %s at line 1 column %d"):format(why, at))
  end
  return body
end

local function read_body(request, needs_path)
  local body, answer = read_json(request)
  if body == nil then return nil, answer end
  return check_call(body, needs_path)
end

-- "module:function" of a path, without ".js" endings; nil and an answer when it is none.
local function canonical_name(path)
  local module, name = path:match("^(.-):([^:]*)$")
  if not module then module, name = path, "default" end
  module = module:gsub("%.js$", "")
  if not module:find("^[%a_][%w_/.]*$") or not name:find("^[%a_$][%w_$]*$") then
    return nil, refusal(400, "BadConvexFunctionIdentifier",
                        path .. " is not a valid path to a Convex function.")
  end
  return module .. ":" .. name
end

local formats = { json = "json", convex_clean_json = "json", export_json = "json",
                  convex_encoded_json = "encoded", convex_json = "encoded" }

-- ---------------------------------------------------------------------------------------------
-- Running a function

local function error_text(detail)
  return ("[Request ID: %s] Server Error\n%s"):format(ids.hex(16), detail)
end

local kind_names = { mutation = "Mutation", query = "Query", action = "Action" }

-- Why nobody may call a function so, or nil. `kind` is what it is called as; nil: the path says
-- nothing of that.
local function unavailable(name, entry, call, kind)
  if not entry and not kind then
    return ("Could not find function for '%s'. Did you forget to run `npx convex dev`?")
      :format(name)
  end
  if not entry or entry.internal and (kind or not call.is_admin) then
    return ("Could not find public function for '%s'."):format(name)
  end
  if kind and kind ~= entry.kind then
    return ("Trying to execute %s as %s, but it is defined as %s."):format(name, kind_names[kind],
      kind_names[entry.kind])
  end
end

-- Runs the function `name` on a state; returns its value, or nil and a failure { text, data }.
local function run(state, name, args, call, kind)
  local entry = functions.list[name]
  local why = unavailable(name, entry, call, kind)
  if why then return nil, { text = why } end
  if not json.is_array(args) then args = json.array { args } end
  if #args ~= 1 then
    return nil, { text = ("ArgumentValidationError: Expected 1 argument, received %d.")
      :format(#args) }
  end
  local given
  given, why = values.read(args[1])
  if given == nil then
    return nil, { text = ("Invalid arguments for %s: %s"):format(name, why) }
  end
  why = entry.args(given, "")
  if why then return nil, { text = "ArgumentValidationError: " .. why } end
  if entry.kind == "mutation" then call.commit() end
  local ok, value = pcall(entry.run, state, call, given)
  if ok then return value end
  if type(value) ~= "table" then error(value, 0) end
  if value.convex_error then
    return nil, { data = value.data,
                  text = "Uncaught ConvexError: " .. json.encode(values.write(value.data)) }
  end
  return nil, { text = ("Uncaught Error: %s\n    at handler (../convex/%s.ts:1:1)\n")
    :format(value.text, name:match("^[^:]*")) }
end

-- How values are written: "json" or "encoded"; or nil and an answer.
local function read_format(word, fallback)
  if word == nil or word == json.null then return fallback end
  local format = formats[word]
  if format then return format end
  return nil, refusal(400, "BadFormat", "format param must be one of [`json`]. Got " .. word)
end

-- What a function has come to, as the answer tells it.
local function tell(value, failure, logs, format)
  local told = { logLines = #logs > 0 and logs or nil }
  if failure then
    told.status, told.errorMessage = "error", error_text(failure.text)
    if failure.data ~= nil then
      told.errorData = values.write(failure.data, format == "encoded")
    end
  else
    told.status, told.value = "success", values.write(value, format == "encoded")
  end
  return told
end

-- A call as functions see it.
local function new_call(service, identity)
  local call = { user = identity.user, is_admin = identity.is_admin, logs = json.array() }
  function call.log(line) call.logs[#call.logs + 1] = line end
  function call.commit() times.commit(service) end
  return call
end

-- Runs a function and puts its result in the answer's envelope.
-- @param how  `kind`; `format`, where the body names none; `state`
local function call_function(service, name, body, identity, how)
  local call = new_call(service, identity)
  local value, failure = run(how.state or service.state, name, body.args, call, how.kind)
  local format, answer = read_format(body.format, how.format) -- after the run, as in the server
  if not format then return answer end
  return web.json(200, tell(value, failure, call.logs, format))
end

-- What all calls have in common: who calls, and the body. Returns these, or nil and an answer.
local function read_call(request, needs_path)
  local given, answer = callers.read(request)
  if not given then return nil, answer end
  local body
  body, answer = read_body(request, needs_path)
  if not body then return nil, answer end
  return given, body
end

-- A route for functions of one kind that the body names.
local function by_name(kind)
  return function(service, request)
    local given, body = read_call(request, true)
    if not given then return body end
    local name, answer = canonical_name(body.path)
    if not name then return answer end
    local identity
    identity, answer = callers.authenticate(given)
    if not identity then return answer end
    return call_function(service, name, body, identity, { kind = kind, format = request.format })
  end
end

local function run_path(service, request)
  local given, body = read_call(request)
  if not given then return body end
  local identity, answer = callers.authenticate(given)
  if not identity then return answer end
  local parts = {}
  for part in request.values.path:gmatch("[^/]+") do parts[#parts + 1] = web.decode(part) end
  if #parts < 2 then return refusal(400, "MissingIdentifier") end
  local own_name = table.remove(parts)
  local name
  name, answer = canonical_name(table.concat(parts, "/") .. ":" .. own_name)
  if not name then return answer end
  return call_function(service, name, body, identity, { format = "json" })
end

-- Any function, for deploy keys.
local function any_function(service, request)
  local given, body = read_call(request, true)
  if not given then return body end
  local identity, answer = callers.authenticate(given)
  if not identity then return answer end
  if not identity.is_admin then return refusal(403, "BadDeployKey") end
  local name
  name, answer = canonical_name(body.path)
  if not name then return answer end
  local component = body.componentPath
  if component and component ~= json.null and component ~= "" then
    name = name .. " in component " .. tostring(component) -- the app has no components
  end
  return call_function(service, name, body, identity, { format = request.format })
end

-- A query as of a time. What is wrong with the time is a fault of the server to the caller.
local function query_at_ts(service, request)
  local given, body = read_call(request, true)
  if not given then return body end
  if type(body.ts) ~= "string" then return (select(2, bad_body "missing field `ts`")) end
  local name, answer = canonical_name(body.path)
  if not name then return answer end
  local identity
  identity, answer = callers.authenticate(given)
  if not identity then return answer end
  local time = times.read(body.ts)
  if not time then return refusal(500, "InternalServerError") end
  local state, ahead = times.state_at(service, time)
  if not state then return refusal(ahead and 500 or 503, "InternalServerError") end
  return call_function(service, name, body, identity,
    { kind = "query", format = request.format, state = state })
end

local function query_ts(service)
  return web.json(200, { ts = times.write(times.now(service)) })
end

local function query_batch(service, request)
  local given, answer = callers.read(request)
  if not given then return answer end
  local body
  body, answer = read_json(request)
  if body == nil then return answer end
  local queries = json.is_object(body) and body.queries
  if not json.is_array(queries) then return (select(2, bad_body "missing field `queries`")) end
  for _, query in ipairs(queries) do
    local fine
    fine, answer = check_call(query, true)
    if not fine then return answer end
  end
  local identity
  identity, answer = callers.authenticate(given)
  if not identity then return answer end
  local results = json.array()
  for i, query in ipairs(queries) do
    local format, name
    format, answer = read_format(query.format, request.format)
    if not format then return answer end
    name, answer = canonical_name(query.path)
    if not name then return answer end
    local call = new_call(service, identity)
    local value, failure = run(service.state, name, query.args, call, "query")
    results[i] = tell(value, failure, call.logs, format)
  end
  return web.json(200, { results = results })
end

-- The server declares this, but cannot read the arguments that it asks for.
local function query_by_get(_, request)
  local what = "args: invalid type: newtype struct, expected any valid JSON value"
  for _, name in ipairs { "args", "path" } do
    if not request.query:get(name) then what = ("missing field `%s`"):format(name) end
  end
  return refusal(400, "BadQueryArgs", "Failed to deserialize query string: " .. what)
end

-- ---------------------------------------------------------------------------------------------
-- The service

local routes = router.new {
  { "POST", "/api/run/{path*}", run_path },
  { "POST", "/api/mutation", by_name "mutation" },
  { "POST", "/api/query", by_name "query" },
  { "POST", "/api/action", by_name "action" },
  { "POST", "/api/function", any_function },
  { "POST", "/api/query_ts", query_ts },
  { "POST", "/api/query_at_ts", query_at_ts },
  { "POST", "/api/query_batch", query_batch },
  { "GET", "/api/query", query_by_get },
}

local service_mt = {}
service_mt.__index = service_mt

--- Answers a request.
function service_mt:answer(request)
  local client, refused = callers.client(request) -- which comes before anything else
  if not client then return refused end
  request.format = client.encoded and "encoded" or "json"
  local reply = client.refused or self:route(request)
  reply.headers["x-convex-deprecation-state"] = client.state
  reply.headers["x-convex-deprecation-message"] = client.message
  return reply
end

function service_mt:route(request)
  local route, found = routes:find(request.method, request.path)
  if route then
    request.values = found
    return route[3](self, request)
  end
  if #found > 0 then return web.reply(405, nil, "", { allow = table.concat(found, ", ") }) end
  return refusal(404, "NotFound", "No matching routes found")
end

-- The rows of a table as an array, sorted by id.
local function rows(map)
  local out = json.array()
  for _, row in pairs(map) do out[#out + 1] = values.write(row, true) end
  table.sort(out, function(a, b) return a._id < b._id end)
  return out
end

--- Everything the deployment holds.
function service_mt:books()
  local state = self.state
  return { sessions = rows(functions.settled_sessions(state)), profiles = rows(state.profiles),
           editorSnapshots = rows(state.editorSnapshots), questions = rows(state.questions),
           inviteCodes = state.inviteCodes }
end

local codes = {
  [400] = "BackendIsNotRunning", [401] = "Unauthenticated", [403] = "Forbidden",
  [404] = "NotFound", [409] = "Conflict", [429] = "TooManyConcurrentRequests",
  [500] = "InternalServerError", [503] = "OptimisticConcurrencyControlFailure",
}

--- The vendor's own words for a status, for planned faults.
function service_mt.problem(_, status)
  if status == 408 then return web.reply(408) end
  if status == 200 or status == 560 then
    local text = error_text("Uncaught Error: planned")
    return web.json(status, { status = "error", errorMessage = text })
  end
  return refusal(status, codes[status] or "InternalServerError")
end

local convex = { name = "convex", base = "" }

--- A new service on a clock.
function convex.new(clock)
  local self = setmetatable({
    clock = clock, state = functions.new_state(clock, callers.admin),
    credentials = {
      question_id = functions.question_id, invite_code = "sandbox-user-code",
      admin_invite_code = "sandbox-admin-code",
    },
  }, service_mt)
  for name, value in pairs(callers.credentials) do self.credentials[name] = value end
  times.begin(self)
  return self
end

return convex
