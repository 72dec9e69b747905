--- Edgegap's relay sessions, and its beacons.

local errors = require "convoke.sandbox.edgegap_errors"
local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local web = require "convoke.sandbox.web"

local relays = {}

local READY_AFTER = 0.3 -- seconds from creation
local BEACONS = 12

local message = errors.message
local text = { type = "string" }

local create_shape = { type = "object", required = { "users" }, fields = {
  users = { type = "array", items = { type = "object", required = { "ip" },
                                      fields = { ip = text } } },
  filters = { type = "array", items = errors.filter(text) }, webhook_url = text,
} }
local authorize_shape = { type = "object", required = { "session_id", "user_ip" },
                          fields = { session_id = text, user_ip = text } }
local revoke_shape = { type = "object", required = { "session_id", "authorization_token" },
                       fields = { session_id = text, authorization_token = { type = "integer" } } }

-- A number that needs more than 31 bits, as the vendor's do.
local function new_token(service)
  service.relay_tokens = service.relay_tokens + 1
  return 3500589645 + service.relay_tokens
end

local function new_user(service, ip)
  return { ip_address = ip, latitude = 45.5, longitude = -73.5,
           authorization_token = new_token(service) }
end

local function render(service, session)
  local ready = service.clock:now() >= session.created + READY_AFTER
  return {
    session_id = session.id, authorization_token = session.token,
    status = ready and "Linked" or "Initializing", ready = ready, linked = ready,
    session_users = session.users, webhook_url = session.webhook_url,
    relay = ready and { ip = "203.0.113.20", host = "relay.example.net", ports = {
      server = { port = 30012, protocol = "UDP", link = "relay.example.net:30012" },
      client = { port = 30013, protocol = "UDP", link = "relay.example.net:30013" },
    } } or nil,
  }
end

-- The live session with an id, or nil and an answer.
local function find(service, id)
  local session = service.relay_by_id[id]
  if not session then return nil, message(404, "Relay session not found") end
  return session
end

local function create(service, request)
  local data, refusal = errors.read_body(request, create_shape)
  if not data then return refusal end
  if not data.users[1] then return message(400, "At least one user is needed") end
  local users = json.array()
  for i, user in ipairs(data.users) do users[i] = new_user(service, user.ip) end
  local session = { id = ids.hex(12) .. "-S", token = new_token(service), users = users,
                    webhook_url = data.webhook_url, created = service.clock:now() }
  table.insert(service.relay_sessions, session)
  service.relay_by_id[session.id] = session
  return web.json(200, render(service, session))
end

local function list(service, request)
  local all = service.relay_sessions
  local page = errors.page(request, #all, true) -- no 400 is documented
  local sessions = json.array()
  for i, session in ipairs(web.slice(all, page.offset, page.limit)) do
    sessions[i] = render(service, session)
  end
  return web.json(200, { sessions = sessions, total_count = #all, pagination = page.pagination })
end

local function get(service, request)
  local session, refusal = find(service, request.values.session_id)
  return refusal or web.json(200, render(service, session))
end

local function delete(service, request)
  local session, refusal = find(service, request.values.session_id)
  if not session then return refusal end
  for i, one in ipairs(service.relay_sessions) do
    if one == session then table.remove(service.relay_sessions, i) end
  end
  service.relay_by_id[session.id] = nil
  return web.reply(204)
end

local function authorize(service, request)
  local data, refusal = errors.read_body(request, authorize_shape)
  if not data then return refusal end
  local session = find(service, data.session_id)
  if not session then return message(400, "Relay session not found") end
  for _, user in ipairs(session.users) do
    if user.ip_address == data.user_ip then return message(409, "The user is in it already") end
  end
  local user = new_user(service, data.user_ip)
  session.users[#session.users + 1] = user
  local shown = render(service, session)
  shown.session_users, shown.session_user = nil, user
  return web.json(200, shown)
end

local function revoke(service, request)
  local data, refusal = errors.read_body(request, revoke_shape)
  if not data then return refusal end
  local session = find(service, data.session_id)
  if not session then return message(404, "Relay session not found") end
  for i, user in ipairs(session.users) do
    if user.authorization_token == data.authorization_token then
      table.remove(session.users, i)
      return web.reply(204)
    end
  end
  return message(404, "User not found")
end

-- A page of beacons; the answer does not tell what other pages there are.
local function beacons(_, request)
  local page, refusal = errors.page(request, BEACONS)
  if not page then return refusal end
  local locations = json.array()
  for i = page.offset + 1, math.min(page.offset + page.limit, BEACONS) do
    locations[#locations + 1] = { host = "192.0.2." .. i,
      fqdn = ("b%d.beacon.example.net"):format(i),
      udp_port = 30001, tcp_port = 30002, location = { city = "Montreal", country = "Canada",
        continent = "North America", administrative_division = "Quebec",
        timezone = "Eastern Time", latitude = 45.508888, longitude = -73.561668 } }
  end
  return web.json(200, { locations = locations, count = #locations })
end

--- The routes, see router.new().
relays.routes = {
  { "POST", "/v1/relays/sessions", create },
  { "GET", "/v1/relays/sessions", list },
  { "GET", "/v1/relays/sessions/{session_id}", get },
  { "DELETE", "/v1/relays/sessions/{session_id}", delete },
  { "POST", "/v1/relays/sessions:authorize-user", authorize },
  { "POST", "/v1/relays/sessions:revoke-user", revoke },
  { "GET", "/v1/locations/beacons", beacons },
}

--- Gives a service what is kept here.
function relays.begin(service)
  service.relay_sessions, service.relay_by_id, service.relay_tokens = {}, {}, 0
end

--- Adds what the service holds to its books.
function relays.add_books(service, books)
  books.relay_sessions = json.array()
  for i, session in ipairs(service.relay_sessions) do
    books.relay_sessions[i] = render(service, session)
  end
end

return relays
