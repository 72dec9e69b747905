--- CVAT's invitations into organizations.

local auth = require "convoke.sandbox.cvat_auth"
local clock_iso = require("convoke.sandbox.clock").iso
local data = require "convoke.sandbox.cvat_data"
local django = require "convoke.sandbox.django"
local filter = require "convoke.sandbox.cvat_filter"
local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local organization = require "convoke.sandbox.cvat_organization"
local pages = require "convoke.sandbox.cvat_pages"
local sequence = require "convoke.sandbox.sequence"
local web = require "convoke.sandbox.web"

local invitations = {}

local EXPIRY = 7 * 24 * 60 * 60 -- seconds after which an unanswered invitation shows as expired
local MOST_RESENDS, RESEND_WINDOW = 5, 60 * 60 -- of a user, in so many seconds
local LONGEST_ADDRESS = 254 -- characters
local ROLES = { "worker", "supervisor", "maintainer", "owner" }

local forbid, manages = organization.forbid, organization.manages

local kind = {
  fields = {
    owner = { type = "string", read = function(one) return one.owner.username end },
    user_id = { type = "integer", read = function(one) return one.membership.user.id end },
    accepted = { type = "boolean", read = function(one) return one.membership.is_active end },
    created_date = { read = function(one) return one.created end },
  },
  columns = {},
  search = { "owner" },
  sort = { owner = true, created_date = true },
  order = "-created_date",
}
for _, name in ipairs { "key", "created_date", "owner", "membership" } do
  kind.columns[name] = function() return true end
end

-- Whether an invitation that was sent has run out; one that was accepted does so, too.
local function is_expired(service, invitation)
  return service.clock:now() >= invitation.sent + EXPIRY
end

--- An invitation as answers show it.
-- @param version facts (see cvat_versions.lua) of the server that shows it
function invitations.show(service, request, invitation, version)
  local membership = invitation.membership
  local shown = {
    key = invitation.key, created_date = clock_iso(invitation.created),
    owner = data.show_user(request, invitation.owner), role = membership.role,
    user = data.show_user(request, membership.user), organization = membership.organization.id,
  }
  if version.shows_expiry then
    shown.expired = json.null -- one that was accepted at once was never sent
    if invitation.sent then shown.expired = is_expired(service, invitation) end
    shown.organization_info = { id = membership.organization.id,
                                slug = membership.organization.slug }
  end
  if version.shows_acceptance then shown.accepted = membership.is_active end
  return shown
end

local function show(service, request, invitation)
  return invitations.show(service, request, invitation, service.version)
end

local UPLOAD = "application/offset+octet-stream"

--- Reads the body, by which the rights are judged as well; the server trips over one that is no
-- object. Where forms are taken, what comes as an upload is taken, too, for nothing.
-- @return object
function invitations.read_body(service, request)
  local takes_forms = service.version.takes_forms
  if takes_forms and web.media_type(request.headers["content-type"]) == UPLOAD then return {} end
  local body = django.data(request, not takes_forms)
  if not json.is_object(body) then django.page(500) end
  return body
end

-- Whether the caller may see an invitation in this context.
local function is_visible(request, context, invitation)
  local inside = not context.organization
    or invitation.membership.organization == context.organization
  local concerned = invitation.owner == request.user or invitation.membership.user == request.user
  return inside and not context.personal and (manages(context) or concerned)
end

-- All invitations, or those of one organization.
local function invitations_in(service, one)
  if not one then return service.invitations end
  local inside = service.inside[one] or sequence.new()
  service.inside[one] = inside
  return inside
end

local function find(service, request, context)
  local invitation = service.by_key[request.values.key]
  if invitation and is_visible(request, context, invitation) then return invitation end
  django.detail(404, "Not found.")
end

-- Who has sent an invitation may change it, and who manages the organization.
local function change_allowed(request, context, invitation)
  if invitation.owner ~= request.user and not manages(context) then forbid() end
end

local function invitee_only(request, invitation)
  if invitation.membership.user ~= request.user then forbid() end
end

-- ---------------------------------------------------------------------------------------------
-- Inviting

-- The user of an address. Newer versions make an account for one that nobody has.
local function user_of(service, email)
  local found = service.user_by.email[email:lower()]
  if found then return found end
  if not service.version.makes_accounts then
    django.refuse(400, json.array { ("You cannot invite an user with %s email. It is not a valid "
      .. "email in the system."):format(email) })
  end
  if #email > LONGEST_ADDRESS then django.page(500) end
  local mailbox, domain = email:match "^(.*)@(.*)$"
  return data.add_user(service, { username = email, email = mailbox .. "@" .. domain:lower(),
                                  confirms = true })
end

local MAY_INVITE = {
  owner = { worker = true, supervisor = true, maintainer = true },
  maintainer = { worker = true, supervisor = true },
}

-- Refuses who may invite nobody, or nobody for this role.
local function check_role(context, role)
  local may = context.membership and MAY_INVITE[context.membership.role]
  if not may then forbid() end
  for _, known in ipairs(ROLES) do
    if role == known and not may[role] then forbid() end
  end
end

local function add(service, request, membership)
  service.created = service.created + 1
  local now = service.clock:now()
  local invitation = { key = ids.alphanumeric(64), created = now, owner = request.user,
                       membership = membership }
  membership.invitation = invitation
  service.invitations:append(invitation)
  invitations_in(service, membership.organization):append(invitation)
  service.by_key[invitation.key] = invitation
  service.disordered = service.disordered or now < service.latest -- the clock was set back
  service.latest = now
  return invitation
end

-- Sends an invitation by mail; without a server for mail that fails. (Older versions send none.)
local function send(service, invitation)
  if service.version.sends_mail and not service.has_mail then
    django.refuse(500, "Email backend is not configured.")
  end
  invitation.sent = service.clock:now()
end

function invitations.create(service, request, context)
  local body = invitations.read_body(service, request)
  check_role(context, body.role)
  local fields = django.fields(body, { role = { required = true, choices = ROLES },
                                       email = { required = true, email = true } })
  local user = user_of(service, fields.email)
  if data.membership_of(service, user, context.organization) then
    django.refuse(400, json.array { "The user is a member of the organization already." })
  end
  local membership = data.add_membership(service, user, context.organization, fields.role,
                                         not user.confirms)
  local invitation = add(service, request, membership)
  if not membership.is_active then send(service, invitation) end -- what was made is kept
  return 201, show(service, request, invitation)
end

-- ---------------------------------------------------------------------------------------------
-- Reading

-- The invitations that the caller may see in this context.
local function visible(service, request, context)
  local out = {}
  for invitation in invitations_in(service, context.organization):each() do
    if is_visible(request, context, invitation) then out[#out + 1] = invitation end
  end
  return out
end

function invitations.list(service, request, context)
  organization.members_only(context)
  local version, found = service.version, nil
  if context.organization and manages(context) and not service.disordered
      and filter.is_plain(kind, version.queries, request.query) then
    found = invitations_in(service, context.organization) -- as they came
  end
  local list = not found and filter.apply(kind, version.terms, version.queries,
    visible(service, request, context), request.query)
  return pages.answer(service, request, found and found.count or #list, function(offset, limit)
    return found and found:slice(offset, limit, true) or web.slice(list, offset, limit)
  end, function(invitation) return show(service, request, invitation) end)
end

function invitations.retrieve(service, request, context)
  return 200, show(service, request, find(service, request, context))
end

-- ---------------------------------------------------------------------------------------------
-- Changing

-- With `?accepted` this accepts. Else the fields are checked and then ignored: where it works, the
-- invitation is sent again.
function invitations.update(service, request, context)
  local invitation = find(service, request, context)
  local body, accepts = invitations.read_body(service, request), request.query:get "accepted"
  if accepts then
    invitee_only(request, invitation)
  else
    change_allowed(request, context, invitation)
  end
  django.fields(body, { role = { choices = ROLES }, email = { email = true } })
  if accepts then
    if not invitation.membership.is_active then data.activate(service, invitation.membership) end
  elseif service.version.patch == "fails" then
    django.page(500)
  elseif invitation.sent then
    invitation.sent = service.clock:now()
  end
  return 200, show(service, request, invitation)
end

--- Takes an invitation out.
function invitations.remove(service, invitation)
  service.invitations:remove(invitation)
  invitations_in(service, invitation.membership.organization):remove(invitation)
  service.by_key[invitation.key] = nil
  invitation.membership.invitation = nil
end

--- Takes a membership out, and its invitation with it.
function invitations.remove_membership(service, membership)
  if membership.invitation then invitations.remove(service, membership.invitation) end
  data.remove_membership(service, membership)
end

-- Deletes the record only; the membership stays.
function invitations.destroy(service, request, context)
  local invitation = find(service, request, context)
  change_allowed(request, context, invitation)
  invitations.remove(service, invitation)
  return 204
end

function invitations.accept(service, request, context)
  local invitation = find(service, request, context)
  local membership = invitation.membership
  invitee_only(request, invitation)
  if invitation.sent and is_expired(service, invitation) then
    django.refuse(400,
      "Your invitation is expired. Please contact organization owner to renew it.")
  end
  if membership.is_active then django.refuse(400, "Your invitation is already accepted.") end
  data.activate(service, membership)
  return 200, { organization_slug = membership.organization.slug }
end

-- Deletes the membership and with it the invitation, an accepted one, too.
function invitations.decline(service, request, context)
  local invitation = find(service, request, context)
  invitee_only(request, invitation)
  invitations.remove_membership(service, invitation.membership)
  return 204
end

--- Refuses who has sent too many again; what is refused for other reasons counts, too.
function invitations.throttle(service, request)
  local now, recent = service.clock:now(), {}
  for _, time in ipairs(service.resent[request.user] or {}) do
    if time > now - RESEND_WINDOW then recent[#recent + 1] = time end
  end
  service.resent[request.user] = recent
  if #recent >= MOST_RESENDS then auth.throttled(recent[1] + RESEND_WINDOW - now) end
  recent[#recent + 1] = now
end

function invitations.resend(service, request, context)
  invitations.throttle(service, request)
  local invitation = find(service, request, context)
  change_allowed(request, context, invitation)
  if invitation.membership.is_active then
    django.refuse(400, "This invitation is already accepted.")
  end
  send(service, invitation)
  return 204
end

return invitations
