--- A Convex deployment: the HTTP way of calling functions, `/api/run/...` and `/api/mutation`.

local basexx = require "basexx"
local functions = require "convoke.sandbox.convex_functions"
local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local router = require "convoke.sandbox.router"
local values = require "convoke.sandbox.convex_values"
local web = require "convoke.sandbox.web"

-- Two signed-in users (tokens of the shape header.payload.signature) and the deployment's key.
local ADMIN, USER = "user_sandbox_admin", "user_sandbox_plain"
local JWT_HEADER = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9."
local TOKEN = JWT_HEADER .. "eyJzdWIiOiJ1c2VyX3NhbmRib3hfYWRtaW4ifQ.c2FuZGJveA"
local USER_TOKEN = JWT_HEADER .. "eyJzdWIiOiJ1c2VyX3NhbmRib3hfcGxhaW4ifQ.c2FuZGJveA"
local DEPLOY_KEY = "dev:posh-chihuahua-941|sandboxsandboxsandbox"

-- ---------------------------------------------------------------------------------------------
-- Refusals of the server itself (the third layer of answers)

local messages = {
  BadAdminKey = "The provided admin key was invalid for this instance",
  HeaderParseFailure = "Failed to parse the user of the admin key",
  InternalServerError = "Your request couldn't be completed. Try again later.",
  InvalidAdminKey = "Invalid admin key",
  InvalidAuthHeader = "Could not parse JWT payload. Check that the token is a valid JWT format "
    .. "with three base64-encoded parts separated by dots.",
  InvalidClientVersion = "Failed to parse client version. Expected format: <name>-<version>",
  InvalidHeaderFailure = "Invalid Authorization header",
  MissingIdentifier = "Path or function name not provided in path, e.g. /api/run/messages/list",
  OptimisticConcurrencyControlFailure = 'Documents read from or written to the "sessions" table '
    .. "changed while this mutation was being run and on every subsequent retry. "
    .. "See https://docs.convex.dev/error#1",
  TooManyConcurrentRequests =
    "Too many concurrent requests. Your backend is limited to 16 concurrent mutations.",
  Unauthenticated = "Could not verify OIDC token claim. Check that the token signature is valid "
    .. "and the token hasn't expired.",
}

local function refusal(status, code, message)
  return web.json(status, { code = code, message = message or messages[code] or code })
end

-- ---------------------------------------------------------------------------------------------
-- Reading a request; each returns nil and an answer when it refuses.

-- Who calls: { scheme, secret } from the header or, without one, the query; `{}` without either.
local function read_header(request)
  local header = request.headers.authorization
  if not header then
    local key = request.query:get "adminKey"
    return key and { scheme = "convex ", secret = key } or {}
  end
  if #header < 7 then return nil, refusal(400, "InvalidHeaderFailure") end
  local scheme, secret = header:sub(1, 7):lower(), header:sub(8)
  if scheme == "bearer " or scheme == "convex " then return { scheme = scheme, secret = secret } end
  return nil, refusal(400, "InvalidAdminKey")
end

local users = { [TOKEN] = ADMIN, [USER_TOKEN] = USER }

-- The user that a deploy key acts as, from the text behind it: base64 of JSON.
local function user_of_key(text)
  local known = pcall(basexx.from_base64, text) and basexx.from_base64(text)
  local user = known and json.decode(known)
  if not json.is_object(user) then return nil end
  if type(user.tokenIdentifier) == "string" then return user.tokenIdentifier:match "[^|]*$" end
  return type(user.issuer) == "string" and type(user.subject) == "string" and user.subject or nil
end

-- A key is `<type>:<name>|<secret>`, of which the secret alone counts; a user may stand behind it.
local function authenticate_by_key(key)
  local secret, user_text = key:gsub("^[^|]*|", ""):match "^([^:]*):?(.*)$"
  if secret ~= DEPLOY_KEY:match "|(.*)$" then return nil, refusal(401, "BadAdminKey") end
  if user_text == "" then return {} end
  local user = user_of_key(user_text)
  if not user then return nil, refusal(400, "HeaderParseFailure") end
  return { user = user }
end

local function authenticate(given)
  if not given.scheme then return {} end
  if given.scheme == "convex " then return authenticate_by_key(given.secret) end
  if not given.secret:find("^[%w_-]+%.[%w_-]+%.[%w_-]+$") then
    return nil, refusal(401, "InvalidAuthHeader")
  end
  if not users[given.secret] then return nil, refusal(401, "Unauthenticated") end
  return { user = users[given.secret] }
end

local function read_body(request, needs_path)
  if web.media_type(request.headers["content-type"]) ~= "application/json" then
    return nil, refusal(400, "BadJsonBody",
                        "Expected request with `Content-Type: application/json`")
  end
  local body, why, at = json.decode(request.body)
  if body == nil then
    return nil, refusal(400, "BadJsonBody",
      ("Failed to parse the request body as JSON: %s at line 1 column %d"):format(why, at))
  end
  local function bad(text)
    return nil, refusal(400, "BadJsonBody",
                        "Failed to deserialize the JSON body into the target type: " .. text)
  end
  if not json.is_object(body) then return bad("expected an object") end
  if needs_path and type(body.path) ~= "string" then return bad("missing field `path`") end
  if body.args == nil then return bad("missing field `args`") end
  if not json.is_object(body.args) and not json.is_array(body.args) then
    return bad("args: expected an object or an array")
  end
  if body.format ~= nil and body.format ~= json.null and type(body.format) ~= "string" then
    return bad("format: expected a string")
  end
  return body
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

-- Runs the function `name`; returns its value, or nil and a failure { text, data }. `kind` is what
-- it is called as; nil: the path says nothing of that.
local function run(service, name, args, call, kind)
  local entry = functions.list[name]
  if not entry then
    local text = kind and "Could not find public function for '%s'."
      or "Could not find function for '%s'. Did you forget to run `npx convex dev`?"
    return nil, { text = text:format(name) }
  end
  if kind and kind ~= entry.kind then
    return nil, { text = ("Trying to execute %s as %s, but it is defined as %s."):format(name,
      kind_names[kind], kind_names[entry.kind]) }
  end
  if json.is_array(args) then
    if #args ~= 1 then
      return nil, { text = ("ArgumentValidationError: Expected 1 argument, received %d.")
        :format(#args) }
    end
    args = args[1]
  end
  local given, why = values.read(args)
  if given == nil then
    return nil, { text = ("Invalid arguments for %s: %s"):format(name, why) }
  end
  why = entry.args(given, "")
  if why then return nil, { text = "ArgumentValidationError: " .. why } end
  local ok, value = pcall(entry.run, service.state, call, given)
  if ok then return value end
  if type(value) ~= "table" then error(value, 0) end
  if value.convex_error then
    return nil, { data = value.data,
                  text = "Uncaught ConvexError: " .. json.encode(values.write(value.data)) }
  end
  return nil, { text = ("Uncaught Error: %s\n    at handler (../convex/%s.ts:1:1)\n")
    :format(value.text, name:match("^[^:]*")) }
end

-- Runs a function and puts its result in the answer's envelope.
local function call_function(service, name, body, identity, kind)
  local logs = json.array()
  local call = { user = identity.user, log = function(line) logs[#logs + 1] = line end }
  local value, failure = run(service, name, body.args, call, kind)
  -- As in the server, the word is read after the function has run.
  local word = body.format
  if word == nil or word == json.null then word = "json" end
  local format = formats[word]
  if not format then
    return refusal(400, "BadFormat", "format param must be one of [`json`]. Got " .. word)
  end
  local answer = { logLines = #logs > 0 and logs or nil }
  if failure then
    answer.status, answer.errorMessage = "error", error_text(failure.text)
    if failure.data ~= nil then
      answer.errorData = values.write(failure.data, format == "encoded")
    end
  else
    answer.status, answer.value = "success", values.write(value, format == "encoded")
  end
  return web.json(200, answer)
end

-- Header, client version and body are read before the caller is known, as in the server.
local function serve(service, request, name_of, kind)
  local given, answer = read_header(request)
  if not given then return answer end
  local client = request.headers["convex-client"]
  if client and not client:find("-", 1, true) then
    return refusal(400, "InvalidClientVersion")
  end
  local body, identity, name
  body, answer = read_body(request, name_of == nil)
  if not body then return answer end
  identity, answer = authenticate(given)
  if not identity then return answer end
  name, answer = (name_of or function() return canonical_name(body.path) end)()
  if not name then return answer end
  return call_function(service, name, body, identity, kind)
end

local function run_path(service, request)
  return serve(service, request, function()
    local parts = {}
    for part in request.values.path:gmatch("[^/]+") do parts[#parts + 1] = web.decode(part) end
    if #parts < 2 then return nil, refusal(400, "MissingIdentifier") end
    local name = table.remove(parts)
    return canonical_name(table.concat(parts, "/") .. ":" .. name)
  end)
end

-- A route for functions of one kind that the body names.
local function by_name(kind)
  return function(service, request) return serve(service, request, nil, kind) end
end

-- ---------------------------------------------------------------------------------------------
-- The service

local routes = router.new {
  { "POST", "/api/run/{path*}", run_path },
  { "POST", "/api/mutation", by_name "mutation" },
  { "POST", "/api/query", by_name "query" },
  { "POST", "/api/action", by_name "action" },
}

local service_mt = {}
service_mt.__index = service_mt

--- Answers a request.
function service_mt:answer(request)
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
  return setmetatable({
    state = functions.new_state(clock, ADMIN),
    credentials = {
      token = TOKEN, user_token = USER_TOKEN, deploy_key = DEPLOY_KEY,
      question_id = functions.question_id, invite_code = "sandbox-user-code",
      admin_invite_code = "sandbox-admin-code",
    },
  }, service_mt)
end

return convex
