--- Edgegap V1: game sessions; and what came after them, in rooms of their own.

local deployments = require "convoke.sandbox.edgegap_deployments"
local errors = require "convoke.sandbox.edgegap_errors"
local relays = require "convoke.sandbox.edgegap_relays"
local clock_text = require("convoke.sandbox.clock").plain
local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local room = require "convoke.sandbox.room"
local router = require "convoke.sandbox.router"
local sequence = require "convoke.sandbox.sequence"
local web = require "convoke.sandbox.web"

local message, read_body = errors.message, errors.read_body

local TOKEN = "5a4d1bd0-0000-4000-8000-5a4db0c5a4db"
local VERSION = "v1.0" -- the active version of every application
local DISABLED_VERSION = "v0.1"
local READY_AFTER = 0.3 -- seconds from creation until a session is linked
local SOCKETS = 16 -- a deployment's sockets; each user takes one

-- ---------------------------------------------------------------------------------------------
-- Shapes of the bodies

local text = { type = "string" }
local number = { type = "number" }
local texts = { type = "array", items = text }

local selector = { type = "object", required = { "tag" }, fields = {
  tag = { type = "string", length = { 1, 20 } }, tag_only = { type = "boolean" },
  env = { type = "object", required = { "key", "value" }, fields = { key = text, value = text } },
} }

local filter = errors.filter

local session_shape = { type = "object", required = { "app_name" }, fields = {
  app_name = text, version_name = text, ip_list = texts, deployment_request_id = text,
  geo_ip_list = { type = "array", items = { type = "object",
    required = { "ip", "latitude", "longitude" },
    fields = { ip = text, latitude = number, longitude = number } } },
  location = { type = "object", required = { "latitude", "longitude" },
               fields = { latitude = number, longitude = number } },
  city = text, country = text, continent = text, administrative_division = text, region = text,
  selectors = { type = "array", items = selector }, webhook_url = text,
  filters = { type = "array", items = filter(text) }, skip_telemetry = { type = "boolean" },
} }

local users_shape = { type = "object", required = { "ip_list" }, fields = { ip_list = texts } }

local bulk_stop_shape = { type = "object", required = { "filters" }, fields = {
  filters = { type = "array", items = filter {
    type = "string", words = { "session_id", "deployment_tags", "request_id" } } },
} }

local function not_found() return message(404, "Session not found") end

-- ---------------------------------------------------------------------------------------------
-- Deployments and sessions

local function new_deployment(service, app, version)
  local id = ids.hex(12)
  local host = id .. ".pr.edgegap.net"
  local deployment = {
    request_id = id, public_ip = "203.0.113.7", status = "Ready", ready = true,
    whitelisting_active = false, fqdn = host,
    ports = { ["7777"] = { external = 31669, internal = 7777, protocol = "UDP", name = "7777",
                           tls_upgrade = false, link = host .. ":31669", proxy = 65002 } },
    location = { city = "Montreal", country = "Canada", continent = "North America",
                 administrative_division = "Quebec", timezone = "Eastern Time",
                 latitude = 45.508888, longitude = -73.561668 },
    tags = json.array(), sockets = SOCKETS,
  }
  service.deployed = service.deployed + 1
  local made = { id = id, app = app, version = version, shown = deployment, used = 0, tagged = {},
                 number = service.deployed }
  service.deployments[id] = made
  return made
end

-- Where the deployments of a version have room.
local function room_of(service, app, version)
  local key = app .. "\0" .. version
  service.rooms[key] = service.rooms[key] or room.new(SOCKETS)
  return service.rooms[key]
end

-- Notes that users have come to a deployment, or left it (a negative count).
local function take_sockets(service, deployment, count)
  deployment.used = deployment.used + count
  room_of(service, deployment.app, deployment.version)
    :note(deployment, SOCKETS - deployment.used)
end

-- Puts a session on a deployment, whose sockets its users take.
local function occupy(service, session, deployment)
  session.deployment = deployment
  take_sockets(service, deployment, #session.users)
end

local function free_deployment(service, session)
  return room_of(service, session.app, session.version):first(#session.users)
    or new_deployment(service, session.app, session.version)
end

local function add_tags(deployment, session)
  local tags = deployment.shown.tags
  for _, one in ipairs(session.selectors) do
    if not deployment.tagged[one.tag] then
      deployment.tagged[one.tag], tags[#tags + 1] = true, one.tag
    end
  end
end

-- Brings a session up to the clock: a moment after its creation it is linked to a deployment.
local function settle(service, session)
  if session.status ~= "Waiting..." or session.terminated then return session end
  if service.clock:now() < session.created + READY_AFTER then return session end
  if #session.users > SOCKETS then
    session.status, session.error = "Unprocessable", "No deployment has enough sockets"
    return session
  end
  if not session.deployment then occupy(service, session, free_deployment(service, session)) end
  add_tags(session.deployment, session)
  session.status, session.ready, session.linked = "Ready", true, true
  return session
end

local function find_session(service, id)
  local session = service.by_id[id]
  return session and settle(service, session)
end

local function terminate(service, session)
  session.terminated = true
  service.live:remove(session)
  if session.deployment then take_sockets(service, session.deployment, -#session.users) end
end

local function live_session(service, request)
  local session = find_session(service, request.values.session_id)
  return session and not session.terminated and session or nil
end

local function has_user(session, ip)
  for i, user in ipairs(session.users) do
    if user.ip == ip then return i end
  end
end

local function show(service, session)
  local deployment
  if session.linked then
    deployment = {}
    for name, value in pairs(session.deployment.shown) do deployment[name] = value end
    deployment.sockets_usage = session.deployment.used
    deployment.is_joinable_by_session = deployment.sockets_usage < SOCKETS
  end
  return {
    session_id = session.id, status = session.status, ready = session.ready,
    linked = session.linked, kind = "Seat", user_count = #session.users, app_version = 42,
    create_time = clock_text(session.created),
    elapsed = math.floor(service.clock:now() - session.created), error = session.error,
    session_users = session.users, session_ips = session.users, deployment = deployment,
    webhook_url = session.webhook_url,
  }
end

local function show_context(session)
  return {
    session_id = session.id, status = session.status, ready = session.ready,
    linked = session.linked, kind = "Seat", user_count = #session.users,
    deployment_request_id = session.linked and session.deployment.id or nil,
    webhook_url = session.webhook_url,
  }
end

-- ---------------------------------------------------------------------------------------------
-- Operations

local function make_users(data)
  local users = json.array()
  local session = { users = users }
  for _, ip in ipairs(data.ip_list or {}) do
    if not has_user(session, ip) then users[#users + 1] = { ip = ip } end
  end
  for _, one in ipairs(data.geo_ip_list or {}) do
    if not has_user(session, one.ip) then
      users[#users + 1] = { ip = one.ip, latitude = one.latitude, longitude = one.longitude }
    end
  end
  return users
end

local function create(service, request)
  local data, refusal = read_body(request, session_shape)
  if not data then return refusal end
  local version = data.version_name or VERSION
  if version == DISABLED_VERSION then
    return message(400, ("Application version %s is not active"):format(version))
  end
  local users, deployment = make_users(data), nil
  if data.deployment_request_id then
    deployment = service.deployments[data.deployment_request_id]
    if not deployment then return message(400, "Deployment not found") end
    if deployment.used + #users > SOCKETS then
      return message(409, "The deployment has no free socket left")
    end
  end
  local session = {
    id = ids.hex(12) .. "-S", app = data.app_name, version = version, users = users,
    selectors = data.selectors or json.array(), status = "Waiting...",
    ready = false, linked = false, webhook_url = data.webhook_url, created = service.clock:now(),
    number = service.sessions.count + 1,
  }
  if deployment then occupy(service, session, deployment) end
  service.sessions:append(session)
  service.live:append(session)
  service.by_id[session.id] = session
  return web.json(200, {
    session_id = session.id, app = session.app, version = version,
    deployment_request_id = data.deployment_request_id, selectors = session.selectors,
    webhook_url = data.webhook_url,
  })
end

local function get(service, request)
  local session = live_session(service, request)
  if not session then return not_found() end
  return web.json(200, show(service, session))
end

local function delete(service, request)
  local session = find_session(service, request.values.session_id)
  if not session then return not_found() end
  if session.terminated then return message(410, "Instance already terminated") end
  terminate(service, session)
  return web.json(200, { message = ("Session %s will be deleted"):format(session.id),
                         session_id = session.id })
end

local function users(service, request)
  local session = live_session(service, request)
  if not session then return not_found() end
  return web.json(200, { session_users = session.users })
end

local function add_users(service, request)
  local data, refusal = read_body(request, users_shape)
  if not data then return refusal end
  local session = live_session(service, request)
  if not session then return not_found() end
  local new = {}
  for _, ip in ipairs(data.ip_list) do
    if not has_user(session, ip) and not has_user({ users = new }, ip) then
      new[#new + 1] = { ip = ip }
    end
  end
  local used = session.deployment and session.deployment.used or #session.users
  if used + #new > SOCKETS then return message(422, "No free socket left in the deployment") end
  for _, user in ipairs(new) do table.insert(session.users, user) end
  if session.deployment then take_sockets(service, session.deployment, #new) end
  return web.json(200, { session_users = session.users })
end

local function remove_users(service, request)
  local data, refusal = read_body(request, users_shape)
  if not data then return refusal end
  local session = live_session(service, request)
  if not session then return not_found() end
  for _, ip in ipairs(data.ip_list) do
    local position = has_user(session, ip)
    if position then
      table.remove(session.users, position)
      if session.deployment then take_sockets(service, session.deployment, -1) end
    end
  end
  return web.json(200, { session_users = session.users })
end


local function list(service, request)
  local page, refusal = errors.page(request, service.live.count)
  if not page then return refusal end
  local data = json.array()
  for i, session in ipairs(service.live:slice(page.offset, page.limit)) do
    data[i] = show_context(settle(service, session))
  end
  return web.json(200, { data = data, total_count = service.live.count,
                         pagination = page.pagination })
end

-- What a bulk filter's field means for a session: array of texts.
local function field_values(session, field)
  if field == "session_id" then return { session.id } end
  if not session.linked then return {} end
  if field == "request_id" then return { session.deployment.id } end
  return session.deployment.shown.tags
end

local function passes(session, rule)
  return errors.passes(field_values(session, rule.field), rule)
end

-- The sessions that a bulk stop looks at: those that a filter names, where one does, else all.
local function candidates(service, filters)
  local out, seen = {}, {}
  for _, rule in ipairs(filters) do
    if rule.field == "session_id" and rule.filter_type == "any" then
      for _, id in ipairs(rule.values) do
        local session = service.by_id[id]
        if session and not session.terminated and not seen[id] then
          seen[id], out[#out + 1] = true, settle(service, session)
        end
      end
      table.sort(out, function(a, b) return a.number < b.number end)
      return out
    end
  end
  for session in service.live:each() do out[#out + 1] = settle(service, session) end
  return out
end

-- Stops the sessions that pass every filter; without filters that is every session.
local function bulk_stop(service, request)
  local data, refusal = read_body(request, bulk_stop_shape)
  if not data then return refusal end
  local stopped = json.array()
  for _, session in ipairs(candidates(service, data.filters)) do
    local chosen = true
    for _, rule in ipairs(data.filters) do chosen = chosen and passes(session, rule) end
    if chosen then
      terminate(service, session)
      stopped[#stopped + 1] = { session_id = session.id }
    end
  end
  return web.json(200, { processable = stopped })
end

-- ---------------------------------------------------------------------------------------------
-- The service

local all_routes = {
  { "POST", "/v1/session", create },
  { "GET", "/v1/session/{session_id}", get },
  { "DELETE", "/v1/session/{session_id}", delete },
  { "GET", "/v1/session/{session_id}/users", users },
  { "PUT", "/v1/session/{session_id}/users", add_users },
  { "DELETE", "/v1/session/{session_id}/users", remove_users },
  { "GET", "/v1/sessions", list },
  { "POST", "/v1/sessions/bulk-stop", bulk_stop },
}
for _, room_of_more in ipairs { deployments, relays } do
  for _, route in ipairs(room_of_more.routes) do all_routes[#all_routes + 1] = route end
end
local routes = router.new(all_routes)

local function check_token(request)
  local word, key = (request.headers.authorization or ""):match("^(%S+) (%S+)$")
  if not word or word:lower() ~= "token" then return message(401, "Unauthorized") end
  if key ~= TOKEN then return message(403, "Forbidden") end
end

local service_mt = {}
service_mt.__index = service_mt

--- Answers a request.
function service_mt:answer(request)
  local refusal = check_token(request)
  if refusal then return refusal end
  local route, found = routes:find(request.method, request.path)
  if route then
    request.values = found
    return route[3](self, request)
  end
  if #found > 0 then
    local reply = message(405, "The method is not allowed for the requested URL.")
    reply.headers.allow = table.concat(found, ", ")
    return reply
  end
  return message(404, "The requested URL was not found on the server. If you entered the URL "
    .. "manually please check your spelling and try again.")
end

--- Everything the API holds; terminated sessions too.
function service_mt:books()
  local out = json.array()
  for session in self.sessions:each() do
    local shown = show(self, settle(self, session))
    shown.terminated = session.terminated or false
    out[#out + 1] = shown
  end
  local books = { sessions = out }
  deployments.add_books(self, books)
  relays.add_books(self, books)
  return books
end

local words = {
  [400] = "Input payload validation failed", [401] = "Unauthorized", [403] = "Forbidden",
  [404] = "Session not found", [409] = "Conflict", [410] = "Instance already terminated",
  [422] = "Unprocessable Entity", [429] = "Too Many Requests", [500] = "Internal Server Error",
}

--- The vendor's own words for a status, for planned faults.
function service_mt.problem(_, status)
  return message(status, words[status] or "Internal Server Error")
end

local edgegap = { name = "edgegap", base = "" }

--- A new service on a clock.
function edgegap.new(clock)
  local self = setmetatable({
    clock = clock, deployments = {}, deployed = 0, rooms = {},
    sessions = sequence.new(), live = sequence.new(), by_id = {}, -- live: not terminated
    credentials = { token = TOKEN },
  }, service_mt)
  deployments.begin(self)
  relays.begin(self)
  return self
end

return edgegap
