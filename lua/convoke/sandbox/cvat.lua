--- CVAT: invitations into organizations, with the calls around a login.

local auth = require "convoke.sandbox.cvat_auth"
local clock_iso = require("convoke.sandbox.clock").iso
local django = require "convoke.sandbox.django"
local filter = require "convoke.sandbox.cvat_filter"
local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local router = require "convoke.sandbox.router"
local sequence = require "convoke.sandbox.sequence"
local web = require "convoke.sandbox.web"

local TYPE = "application/vnd.cvat+json"
local PAGE = 10
local EXPIRY = 7 * 24 * 60 * 60 -- seconds after which an unanswered invitation shows as expired
local MOST_RESENDS, RESEND_WINDOW = 5, 60 * 60 -- of a user, in so many seconds
local ROLES = { "worker", "supervisor", "maintainer", "owner" }

-- ---------------------------------------------------------------------------------------------
-- The data at the start

local SESSION, CSRF = "sandboxsandboxsandboxsandbox0001", "sandboxsandboxsandboxsandboxCSRF"

-- `role` is the user's place in the first organization.
local seed_users = {
  { username = "olivia", email = "olivia@example.com", password = "sandbox-password",
    token = "0000000000000000000000000000000000000001", access_token = "sandbox-access-token",
    first_name = "Olivia", last_name = "Owner", role = "owner" },
  { username = "max", email = "max@example.com", password = "sandbox-password",
    token = "0000000000000000000000000000000000000002", role = "maintainer" },
  { username = "wes", email = "wes@example.com", password = "sandbox-password",
    token = "0000000000000000000000000000000000000003", role = "worker" },
  { username = "greta", email = "greta@example.com", password = "sandbox-password",
    token = "0000000000000000000000000000000000000004" },
  -- Who has to accept, as on servers with ORG_INVITATION_CONFIRM.
  { username = "ivy", email = "ivy@example.com", password = "sandbox-password", confirms = true,
    token = "0000000000000000000000000000000000000005" },
}

local function add_user(service, fields)
  local user = { id = #service.users + 1, is_active = true, first_name = "", last_name = "" }
  for name, value in pairs(fields) do user[name] = value end
  service.users[user.id] = user
  local found = service.user_by
  found.email[user.email:lower()] = found.email[user.email:lower()] or user
  for _, name in ipairs { "username", "token", "access_token" } do
    if user[name] then found[name][user[name]] = user end
  end
  return user
end

local function add_membership(service, user, organization, role, is_active)
  local membership = { user = user, organization = organization, role = role,
                       is_active = is_active }
  table.insert(service.memberships, membership)
  local of = service.memberships_of[user] or {}
  service.memberships_of[user], of[organization] = of, membership
  return membership
end

local function add_organization(service, slug, owner)
  local organization = { id = #service.organizations + 1, slug = slug }
  table.insert(service.organizations, organization)
  add_membership(service, owner, organization, "owner", true)
  return organization
end

local function seed(service)
  for _, fields in ipairs(seed_users) do add_user(service, fields) end
  local users = service.users
  local first = add_organization(service, "sandbox", users[1])
  for i = 2, 3 do add_membership(service, users[i], first, users[i].role, true) end
  add_organization(service, "elsewhere", users[4])
  local session = { id = SESSION, csrf = CSRF, user = users[1] }
  service.sessions[SESSION], service.session_of[1] = session, session
end

local function membership_of(service, user, organization)
  local of = service.memberships_of[user]
  return of and of[organization]
end

-- ---------------------------------------------------------------------------------------------
-- The organization a request is about

-- `.organization` and `.membership` where one is named, `.personal` for the empty slug.
local function read_context(service, request)
  local query, header = request.query, request.headers["x-organization"]
  local slug, id = query:get("org"), query:get("org_id")
  if id and (slug or header) then
    django.refuse(400, json.array { 'You cannot specify "org_id" query parameter with "org" query '
      .. 'parameter or "X-Organization" HTTP header at the same time.' })
  end
  if slug and header and slug ~= header then
    django.refuse(400, json.array { 'You cannot specify "org" query parameter and "X-Organization" '
      .. "HTTP header with different values." })
  end
  slug = slug or header
  if slug == "" then return { personal = true } end
  if not slug and not id then return {} end
  for _, organization in ipairs(service.organizations) do
    if organization.slug == slug or (id and organization.id == web.integer(id)) then
      local membership = membership_of(service, request.user, organization)
      if not membership or not membership.is_active then
        django.detail(403, "You should be an active member in the organization.")
      end
      return { organization = organization, membership = membership }
    end
  end
  django.detail(404, (slug or id) .. " organization does not exist.")
end

local function manages(context)
  local role = context.membership and context.membership.role
  return role == "owner" or role == "maintainer"
end

local function forbid()
  django.detail(403, "You do not have permission to perform this action.")
end

-- ---------------------------------------------------------------------------------------------
-- Invitations

local function show_user(request, user)
  return { url = request.origin .. "/api/users/" .. user.id, id = user.id,
           username = user.username, first_name = user.first_name, last_name = user.last_name }
end

local function show(service, request, invitation)
  local membership = invitation.membership
  local expired = json.null -- an invitation that was accepted at once was never sent
  if invitation.sent then
    expired = not membership.is_active and service.clock:now() >= invitation.sent + EXPIRY
  end
  local organization = membership.organization
  return {
    key = invitation.key, created_date = clock_iso(invitation.created),
    owner = show_user(request, invitation.owner), role = membership.role,
    user = show_user(request, membership.user), organization = organization.id, expired = expired,
    organization_info = { id = organization.id, slug = organization.slug },
  }
end

local function concerns(user, invitation)
  return invitation.owner == user or invitation.membership.user == user
end

-- Whether the caller may see an invitation in this context.
local function is_visible(request, context, invitation)
  local inside = not context.organization
    or invitation.membership.organization == context.organization
  return inside and not context.personal
    and (manages(context) or concerns(request.user, invitation))
end

-- All invitations, or those of one organization.
local function invitations_in(service, organization)
  if not organization then return service.invitations end
  local inside = service.inside[organization] or sequence.new()
  service.inside[organization] = inside
  return inside
end

-- The invitations the caller may see in this context.
local function visible(service, request, context)
  local out = {}
  for invitation in invitations_in(service, context.organization):each() do
    if is_visible(request, context, invitation) then out[#out + 1] = invitation end
  end
  return out
end

local function find(service, request, context)
  local invitation = service.by_key[request.values.key]
  if invitation and is_visible(request, context, invitation) then return invitation end
  django.detail(404, "Not found.")
end

local function change_allowed(request, context, invitation)
  if invitation.owner ~= request.user and not manages(context) then forbid() end
end

-- The user of an address; an unknown one becomes a new, inactive user.
local function user_of(service, email)
  local found = service.user_by.email[email:lower()]
  if found then return found end
  local name, taken = email:match("^[^@]*"), service.user_by.username
  local username, number = name, service.last_number[name] or 0
  while taken[username] do
    number = number + 1
    username = name .. number
  end
  service.last_number[name] = number -- up to here all are taken
  return add_user(service, { username = username, email = email, is_active = false })
end

local MAY_INVITE = {
  owner = { worker = true, supervisor = true, maintainer = true },
  maintainer = { worker = true, supervisor = true },
}

local function create(service, request, context)
  local data = django.data(request)
  local may = context.membership and MAY_INVITE[context.membership.role]
  if not may then forbid() end
  local role = json.is_object(data) and data.role
  for _, known in ipairs(ROLES) do
    if role == known and not may[role] then forbid() end
  end
  local fields = django.fields(data, { role = { required = true, choices = ROLES },
                                       email = { required = true, email = true } })
  local user = user_of(service, fields.email)
  if membership_of(service, user, context.organization) then
    django.refuse(400, json.array { "The user is a member of the organization already." })
  end
  local membership = add_membership(service, user, context.organization, fields.role,
                                    user.is_active and not user.confirms)
  service.created = service.created + 1
  local now = service.clock:now()
  local invitation = { key = ids.alphanumeric(64), created = now, owner = request.user,
                       membership = membership, sent = not membership.is_active and now or nil,
                       position = service.created }
  service.invitations:append(invitation)
  invitations_in(service, context.organization):append(invitation)
  service.by_key[invitation.key] = invitation
  service.disordered = service.disordered or now < service.latest -- the clock was set back
  service.latest = now
  return 201, show(service, request, invitation)
end

-- The page a request asks for: number, size, or a refusal when it lies past the end.
local function read_page(query, count)
  local size = query:get("page_size")
  local limit = size == "all" and math.max(count, 1) or web.integer(size)
  if not limit or limit < 1 then limit = PAGE end
  local pages = math.max(1, math.ceil(count / limit))
  local given = query:get("page") or "1"
  local page = given == "last" and pages or web.integer(given)
  if not page or page < 1 or page > pages then django.detail(404, "Invalid page.") end
  return page, limit, pages
end

-- Whether a list is to show an organization's invitations as they came, the newest first.
local function is_plain(service, query, context)
  for _, name in ipairs { "filter", "search", "owner", "sort" } do
    if query:get(name) then return false end
  end
  return context.organization and manages(context) and not service.disordered
end

local function list(service, request, context)
  local plain = is_plain(service, request.query, context)
  local found = plain and invitations_in(service, context.organization)
    or filter.apply(visible(service, request, context), request.query)
  local count = plain and found.count or #found
  local page, limit, pages = read_page(request.query, count)
  local results, offset = json.array(), (page - 1) * limit
  local shown = plain and found:slice(offset, limit, true) or web.slice(found, offset, limit)
  for i, invitation in ipairs(shown) do
    results[i] = show(service, request, invitation)
  end
  local function link(number)
    return web.url_with(request, { page = number > 1 and number or false })
  end
  return 200, { count = count, results = results,
                next = page < pages and link(page + 1) or json.null,
                previous = page > 1 and link(page - 1) or json.null }
end

local function retrieve(service, request, context)
  return 200, show(service, request, find(service, request, context))
end

-- The fields are checked and then ignored: what a PATCH does is to send the invitation again, or
-- with `?accepted` to accept it.
local function update(service, request, context)
  local invitation = find(service, request, context)
  local membership = invitation.membership
  if request.query:get("accepted") then
    if membership.user ~= request.user then forbid() end
    membership.is_active = true
    return 200, show(service, request, invitation)
  end
  change_allowed(request, context, invitation)
  django.fields(django.data(request), { role = { choices = ROLES }, email = { email = true } })
  if invitation.sent then invitation.sent = service.clock:now() end
  return 200, show(service, request, invitation)
end

local function remove_invitation(service, invitation)
  service.invitations:remove(invitation)
  invitations_in(service, invitation.membership.organization):remove(invitation)
  service.by_key[invitation.key] = nil
end

-- Deletes the record only; the membership stays.
local function destroy(service, request, context)
  local invitation = find(service, request, context)
  change_allowed(request, context, invitation)
  remove_invitation(service, invitation)
  return 204
end

local function invitee_only(request, invitation)
  if invitation.membership.user ~= request.user then forbid() end
end

local function accept_invitation(service, request, context)
  local invitation = find(service, request, context)
  local membership = invitation.membership
  invitee_only(request, invitation)
  if show(service, request, invitation).expired == true then
    django.refuse(400,
      "Your invitation is expired. Please contact organization owner to renew it.")
  end
  if membership.is_active then django.refuse(400, "Your invitation is already accepted.") end
  membership.is_active = true
  return 200, { organization_slug = membership.organization.slug }
end

-- Deletes the membership and with it the invitation, an accepted one, too.
local function decline(service, request, context)
  local invitation = find(service, request, context)
  local membership = invitation.membership
  invitee_only(request, invitation)
  for i, one in ipairs(service.memberships) do
    if one == membership then table.remove(service.memberships, i) end
  end
  service.memberships_of[membership.user][membership.organization] = nil
  remove_invitation(service, invitation)
  return 204
end

-- Refuses who has sent too many again; what is refused for other reasons counts, too.
local function throttle(service, request)
  local now, recent = service.clock:now(), {}
  for _, time in ipairs(service.resent[request.user] or {}) do
    if time > now - RESEND_WINDOW then recent[#recent + 1] = time end
  end
  if #recent >= MOST_RESENDS then
    local seconds = math.ceil(recent[1] + RESEND_WINDOW - now)
    django.detail(429, ("Request was throttled. Expected available in %d seconds."):format(seconds),
      { ["retry-after"] = tostring(seconds) })
  end
  recent[#recent + 1] = now
  service.resent[request.user] = recent
end

local function resend(service, request, context)
  throttle(service, request)
  local invitation = find(service, request, context)
  change_allowed(request, context, invitation)
  if invitation.membership.is_active then
    django.refuse(400, "This invitation is already accepted.")
  end
  invitation.sent = service.clock:now()
  return 204
end

local function about()
  return 200, { name = "Computer Vision Annotation Tool", version = "2.15.0", subtitle = "",
                description = "CVAT is completely re-designed and re-implemented version of Video "
                  .. "Annotation Tool from Irvine, California tool." }
end

local function self_user(_, request)
  local shown = show_user(request, request.user)
  shown.email, shown.is_active = request.user.email, true
  return 200, shown
end

-- ---------------------------------------------------------------------------------------------
-- The service

-- The fourth value of a route: whether it needs a login; the fifth: whether it reads the
-- organization context.
local routes = router.new {
  { "GET", "/api/invitations", list, true, true },
  { "POST", "/api/invitations", create, true, true },
  { "GET", "/api/invitations/{key}", retrieve, true, true },
  { "PATCH", "/api/invitations/{key}", update, true, true },
  { "DELETE", "/api/invitations/{key}", destroy, true, true },
  { "POST", "/api/invitations/{key}/accept", accept_invitation, true, true },
  { "POST", "/api/invitations/{key}/decline", decline, true, true },
  { "POST", "/api/invitations/{key}/resend", resend, true, true },
  { "POST", "/api/auth/login", auth.login, false },
  { "POST", "/api/auth/logout", auth.logout, false },
  { "POST", "/api/auth/signing", auth.signing, true },
  { "GET", "/api/server/about", about, false },
  { "GET", "/api/users/self", self_user, true },
}

-- Picks the renderer: nil for the vendor's JSON, "html" for the web page. Refuses what the server
-- cannot send.
local function negotiate(request)
  local accept = request.headers.accept
  if not accept or accept:match("^%s*$") then return nil end
  local html
  for range in accept:gmatch("[^,]+") do
    local media = web.media_type(range)
    if media == TYPE or media == "*/*" or media == "application/*" then
      local version = range:match(";%s*version=([^;%s]+)")
      if version and version ~= "2.0" then
        django.detail(406, 'Invalid version in "Accept" header.')
      end
      return nil
    end
    html = html or media == "text/html" or media == "text/*"
  end
  if not html then django.detail(406, "Could not satisfy the request Accept header.") end
  return "html"
end

local function render(status, body, headers)
  return web.reply(status, body ~= nil and TYPE or nil, body ~= nil and json.encode(body) or "",
                   headers)
end

local function render_page(status, body)
  local text = json.encode(body):gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" })
  return web.reply(status, "text/html; charset=utf-8",
                   "<!DOCTYPE html>\n<html><body><pre>" .. text .. "</pre></body></html>\n")
end

local service_mt = {}
service_mt.__index = service_mt

local function handle(service, request, route)
  local page = negotiate(request)
  request.user = auth.authenticate(service, request, route[4])
  local context = route[5] and read_context(service, request) or {}
  local status, body = route[3](service, request, context)
  if page and body ~= nil then return render_page(status, body) end
  return render(status, body)
end

--- Answers a request.
function service_mt:answer(request)
  local route, reply = django.route(self, request)
  if not route then return reply end
  reply = django.protect(render, handle, self, request, route)
  if request.set_cookies then reply.headers["set-cookie"] = request.set_cookies end
  return reply
end

--- Everything the server holds.
function service_mt:books()
  local request = { origin = "" }
  local books = { users = json.array(), memberships = json.array(), invitations = json.array(),
                  organizations = json.array() }
  for i, user in ipairs(self.users) do
    books.users[i] = { id = user.id, username = user.username, email = user.email,
                       is_active = user.is_active }
  end
  for i, organization in ipairs(self.organizations) do books.organizations[i] = organization end
  for i, one in ipairs(self.memberships) do
    books.memberships[i] = { user = one.user.id, organization = one.organization.id,
                             role = one.role, is_active = one.is_active }
  end
  for invitation in self.invitations:each() do
    table.insert(books.invitations, show(self, request, invitation))
  end
  return books
end

local details = {
  [401] = "Authentication credentials were not provided.",
  [403] = "You do not have permission to perform this action.", [404] = "Not found.",
  [406] = "Could not satisfy the request Accept header.",
  [429] = "Request was throttled. Expected available in 12 seconds.",
}

--- The vendor's own words for a status, for planned faults; faults above 500 are a proxy's page.
function service_mt.problem(_, status)
  if status >= 500 then
    return web.reply(status, "text/html", ("<html>\n<head><title>%d</title></head>\n<body>\n"
      .. "<center><h1>%d</h1></center>\n</body>\n</html>\n"):format(status, status))
  end
  return render(status, { detail = details[status] or "Bad request." })
end

local cvat = { name = "cvat", base = "" }

--- A new service on a clock.
function cvat.new(clock)
  local self = setmetatable({
    clock = clock, router = routes, users = {}, organizations = {}, memberships = {},
    invitations = sequence.new(), by_key = {}, sessions = {}, session_of = {}, signatures = {},
    created = 0, latest = 0,
    user_by = { email = {}, username = {}, token = {}, access_token = {} },
    resent = {}, -- user -> times
    memberships_of = {}, -- user -> organization -> membership
    inside = {}, -- organization -> its invitations
    last_number = {}, -- user name -> the last number that was put after it
  }, service_mt)
  seed(self)
  local user = self.users[1]
  self.credentials = {
    token = user.token, access_token = user.access_token, username = user.username,
    password = user.password, session_id = SESSION, csrf_token = CSRF,
    org = self.organizations[1].slug, org_id = self.organizations[1].id,
    other_org = self.organizations[2].slug, maintainer_token = self.users[2].token,
    worker_token = self.users[3].token, outsider_token = self.users[4].token,
    outsider_email = self.users[4].email, invitee_token = self.users[5].token,
    invitee_email = self.users[5].email,
  }
  return self
end

return cvat
