--- Gencove v2: invitations. The people around them are in gencove_people.lua.

local clock_iso = require("convoke.sandbox.clock").iso
local django = require "convoke.sandbox.django"
local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local people = require "convoke.sandbox.gencove_people"
local router = require "convoke.sandbox.router"
local sequence = require "convoke.sandbox.sequence"
local web = require "convoke.sandbox.web"

local INVITATION_TOKEN = "sandbox-invitation-token"
local INVITATION_LIFE = 30 * 24 * 60 * 60 -- seconds

-- ---------------------------------------------------------------------------------------------
-- Invitations

local function new_status(word, created)
  return { id = ids.uuid(), status = word, created = clock_iso(created), actor = people.owner }
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
           expires = clock_iso(invitation.expires), organization = people.organization,
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
  local page, count = selected(service, status, people.window(request))
  local results = json.array()
  for i, invitation in ipairs(page) do results[i] = show(invitation) end
  return people.page(request, results, count)
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
  local role = data.role ~= "" and data.role or people.default_role
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
  people.join(service, invitation.email, invitation.role)
  return web.json(200, show_details(invitation))
end

-- ---------------------------------------------------------------------------------------------
-- The service

-- The fourth value of a route: who may call it ("member" of the organization, "user" with a login,
-- "anyone"); nil: nobody looks at the credential, be it good or bad.
local all_routes = {
  { "GET", "/api/v2/invitations/", list, "member" },
  { "POST", "/api/v2/invitations/", create, "member" },
  { "DELETE", "/api/v2/invitations/{invitation_id}", delete, "member" },
  { "GET", "/api/v2/invitations-token/{token}", read_token, "anyone" },
  { "PATCH", "/api/v2/invitations-token/{token}", accept, "user" },
}
for _, route in ipairs(people.routes) do all_routes[#all_routes + 1] = route end
local routes = router.new(all_routes)

local service_mt = {}
service_mt.__index = service_mt

--- Answers a request.
function service_mt:answer(request)
  local route, reply = django.route(self, request)
  if not route then return reply end
  return django.protect(web.json, function()
    local who = route[4]
    if who then request.account = people.authenticate(self, request, who ~= "anyone") end
    if who == "member" then people.require_member(request) end
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
  local books = { invitations = out }
  people.add_books(self, books)
  return books
end

--- Accepts an invitation for who registers with its token.
-- @return the name of the role that it gives; nil where it is none that is pending
function service_mt:accept_invitation(token)
  local invitation = self.by_token[token]
  if not invitation or settle(self, invitation).last_status.status ~= "pending" then return nil end
  invitation.last_status = new_status("accepted", self.clock:now())
  return invitation.role
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
    by_address = {}, credentials = { invitation_token = INVITATION_TOKEN },
  }, service_mt)
  people.begin(self)
  add_invitation(self, "invitee@example.com", people.default_role, INVITATION_TOKEN)
  return self
end

return gencove
