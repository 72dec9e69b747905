--- Gencove v2: invitations, and the two calls that give and refresh JSON web tokens.

local clock_iso = require("convoke.sandbox.clock").iso
local django = require "convoke.sandbox.django"
local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local router = require "convoke.sandbox.router"
local sequence = require "convoke.sandbox.sequence"
local web = require "convoke.sandbox.web"

local API_KEY = "sandboxsandbox.sandboxsandboxsandboxsandbox"
local EMAIL, PASSWORD = "ann@example.com", "sandbox-password"
local JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoiYW5uIn0.c2FuZGJveA"
local INVITATION_TOKEN = "sandbox-invitation-token"

local ACCESS_LIFE = 30 * 60 -- seconds an issued access token lives
local REFRESH_LIFE = 24 * 60 * 60
local INVITATION_LIFE = 30 * 24 * 60 * 60
local PAGE, LARGEST_PAGE = 20, 200
local DEFAULT_ROLE = "member"

local ACTOR = { id = "5a1c3b1e-7f5e-4b55-8c64-2e2a6f4f8e10", name = "Ann Owner" }
local ORGANIZATION = { id = "7d0e0a52-9a8e-4f8b-9f5b-3a1c5c9d6e77", name = "Example Org" }

-- ---------------------------------------------------------------------------------------------
-- Who calls

local CHALLENGE = { ["www-authenticate"] = 'Bearer realm="api"' }

local function check_jwt(service, token)
  if token == JWT then return end
  local expires = service.access[token]
  if expires and service.clock:now() < expires then return end
  django.refuse(401, {
    detail = "Given token not valid for any token type", code = "token_not_valid",
    messages = json.array { { token_class = "AccessToken", token_type = "access",
                              message = "Token is invalid or expired" } },
  }, CHALLENGE)
end

-- A bad token is refused everywhere; a missing one only where `required`.
local function authenticate(service, request, required)
  local scheme, rest = (request.headers.authorization or ""):match("^(%S+)%s*(.-)%s*$")
  if scheme == "Bearer" then
    if rest == "" or rest:find("%s") then
      django.refuse(401, { detail = "Authorization header must contain two space-delimited values",
                           code = "bad_authorization_header" }, CHALLENGE)
    end
    return check_jwt(service, rest)
  end
  if scheme and scheme:lower() == "api-key" and rest == API_KEY then return end
  if required then
    django.detail(401, "Authentication credentials were not provided.", CHALLENGE)
  end
end

local function new_jwt()
  return ("eyJhbGciOiJIUzI1NiJ9.%s.%s"):format(ids.alphanumeric(40), ids.alphanumeric(43))
end

local function jwt_create(service, request)
  local data = django.fields(django.data(request), {
    email = { required = true }, password = { required = true }, otp_token = { blank = true } })
  if data.email ~= EMAIL or data.password ~= PASSWORD then
    django.detail(401, "No active account found with the given credentials", CHALLENGE)
  end
  local access, refresh, now = new_jwt(), new_jwt(), service.clock:now()
  service.access[access], service.refresh[refresh] = now + ACCESS_LIFE, now + REFRESH_LIFE
  return web.json(200, { refresh = refresh, access = access })
end

local function jwt_refresh(service, request)
  local data = django.fields(django.data(request), { refresh = { required = true } })
  local expires = service.refresh[data.refresh]
  if not expires or service.clock:now() >= expires then
    django.refuse(401, { detail = "Token is invalid or expired", code = "token_not_valid" },
                  CHALLENGE)
  end
  local access = new_jwt()
  service.access[access] = service.clock:now() + ACCESS_LIFE
  return web.json(200, { access = access })
end

-- ---------------------------------------------------------------------------------------------
-- Invitations

local function new_status(word, created)
  return { id = ids.uuid(), status = word, created = clock_iso(created), actor = ACTOR }
end

local function add_invitation(service, email, role, token)
  local now = service.clock:now()
  local invitation = { id = ids.uuid(), email = email, role = role, token = token,
                       expires = now + INVITATION_LIFE, last_status = new_status("pending", now) }
  service.invitations:append(invitation)
  service.by_id[invitation.id], service.by_token[token] = invitation, invitation
  local same = service.by_address[email:lower()] or {}
  service.by_address[email:lower()], same[#same + 1] = same, invitation
  return invitation
end

-- Brings an invitation up to the clock.
local function settle(service, invitation)
  if invitation.last_status.status == "pending" and service.clock:now() >= invitation.expires then
    invitation.last_status = new_status("expired", invitation.expires)
  end
  return invitation
end

local function show(invitation)
  return { id = invitation.id, email = invitation.email, last_status = invitation.last_status,
           expires = clock_iso(invitation.expires), role = invitation.role }
end

local function show_details(invitation)
  return { token = invitation.token, last_status = invitation.last_status,
           expires = clock_iso(invitation.expires), organization = ORGANIZATION,
           role = invitation.role }
end

-- The invitation in an index (`by_id`, `by_token`), as it stands now.
local function find(service, index, value)
  local invitation = service[index][value]
  if invitation then return settle(service, invitation) end
  django.detail(404, "Not found.")
end

local STATUSES = { all = true, pending = true, accepted = true, expired = true, revoked = true }

-- A page of those with one status or all, newest first, and how many there are.
local function selected(service, status, offset, limit)
  local all = service.invitations
  if status == "all" then
    local page = all:slice(offset, limit, true)
    for _, invitation in ipairs(page) do settle(service, invitation) end
    return page, all.count
  end
  local page, count = {}, 0
  for invitation in all:each(true) do
    if settle(service, invitation).last_status.status == status then
      count = count + 1
      if count > offset and #page < limit then page[#page + 1] = invitation end
    end
  end
  return page, count
end

local function list(service, request)
  local status = request.query:get("status") or "all"
  if status == "" then status = "all" end
  if not STATUSES[status] then
    django.refuse(400, { status = json.array {
      ("Select a valid choice. %s is not one of the available choices."):format(status) } })
  end
  -- As the framework does, unreadable numbers mean the default.
  local limit = web.integer(request.query:get("limit"))
  limit = limit and limit > 0 and math.min(limit, LARGEST_PAGE) or PAGE
  local offset = math.max(web.integer(request.query:get("offset")) or 0, 0)
  local page, count = selected(service, status, offset, limit)
  local results = json.array()
  for i, invitation in ipairs(page) do results[i] = show(invitation) end
  local next_page = offset + limit < count
    and web.url_with(request, { limit = limit, offset = offset + limit })
  local previous = offset > 0 and web.url_with(request, {
    limit = limit, offset = offset > limit and offset - limit or false })
  return web.json(200, {
    meta = { count = count, next = next_page or json.null, previous = previous or json.null },
    results = results,
  })
end

local function create(service, request)
  local data = django.fields(django.data(request), {
    email = { required = true, email = true, max = 254 }, role = { blank = true, default = "" } })
  local same = service.by_address[data.email:lower()] or {}
  for i = #same, 1, -1 do
    local status = settle(service, same[i]).last_status.status
    if status == "pending" then
      django.refuse(400, { email = json.array {
        "A pending invitation for this email address exists already." } })
    elseif status == "accepted" then
      django.refuse(400, json.array { "This user is a member of the organization already." })
    end
    table.remove(same, i) -- revoked or expired for good
  end
  local role = data.role ~= "" and data.role or DEFAULT_ROLE
  return web.json(201, show(add_invitation(service, data.email, role, ids.alphanumeric(32))))
end

local function delete(service, request)
  local invitation = find(service, "by_id", request.values.invitation_id:lower())
  local status = invitation.last_status.status
  if status == "revoked" then django.detail(404, "Not found.") end
  if status == "accepted" then
    django.detail(400, "An accepted invitation cannot be deleted.")
  end
  invitation.last_status = new_status("revoked", service.clock:now())
  return web.reply(204)
end

local function read_token(service, request)
  return web.json(200, show_details(find(service, "by_token", request.values.token)))
end

local function accept(service, request)
  local invitation = find(service, "by_token", request.values.token)
  django.fields(django.data(request), { role = { blank = true, max = 255 } })
  local status = invitation.last_status.status
  if status ~= "pending" then
    django.detail(400, ("This invitation is %s."):format(status))
  end
  invitation.last_status = new_status("accepted", service.clock:now())
  return web.json(200, show_details(invitation))
end

-- ---------------------------------------------------------------------------------------------
-- The service

-- The fourth value of a route: whether it needs a login.
local routes = router.new {
  { "GET", "/api/v2/invitations/", list, true },
  { "POST", "/api/v2/invitations/", create, true },
  { "DELETE", "/api/v2/invitations/{invitation_id}", delete, true },
  { "GET", "/api/v2/invitations-token/{token}", read_token, false },
  { "PATCH", "/api/v2/invitations-token/{token}", accept, true },
  { "POST", "/api/v2/jwt-create/", jwt_create, false },
  { "POST", "/api/v2/jwt-refresh/", jwt_refresh, false },
}

local service_mt = {}
service_mt.__index = service_mt

--- Answers a request.
function service_mt:answer(request)
  local route, reply = django.route(self, request)
  if not route then return reply end
  return django.protect(web.json, function()
    authenticate(self, request, route[4])
    return route[3](self, request)
  end)
end

--- Everything the API holds, tokens included.
function service_mt:books()
  local out = json.array()
  for invitation in self.invitations:each() do
    local shown = show(settle(self, invitation))
    shown.token = invitation.token
    out[#out + 1] = shown
  end
  return { invitations = out }
end

local details = {
  [401] = "Authentication credentials were not provided.",
  [403] = "You do not have permission to perform this action.", [404] = "Not found.",
  [429] = "Request was throttled. Expected available in 10 seconds.",
}

--- The vendor's own words for a status, for planned faults.
function service_mt.problem(_, status)
  if status == 503 then
    return web.json(503, { maintenance = true, maintenance_eta = "2022-10-21T17:00:00",
      maintenance_message = "Gencove is currently undergoing maintenance." })
  end
  if status >= 500 then
    return web.reply(status, "text/html", "<html><body><h1>Server Error</h1></body></html>\n")
  end
  return web.json(status, { detail = details[status] or "Something is wrong with this request." })
end

local gencove = { name = "gencove", base = "/api/v2" }

--- A new service on a clock.
function gencove.new(clock)
  local self = setmetatable({
    clock = clock, router = routes, invitations = sequence.new(), by_id = {}, by_token = {},
    by_address = {}, access = {}, refresh = {},
    credentials = { api_key = API_KEY, jwt = JWT, email = EMAIL, password = PASSWORD,
                    invitation_token = INVITATION_TOKEN },
  }, service_mt)
  add_invitation(self, "invitee@example.com", DEFAULT_ROLE, INVITATION_TOKEN)
  return self
end

return gencove
