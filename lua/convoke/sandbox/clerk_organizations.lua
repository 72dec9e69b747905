--- Clerk's invitations into organizations.

local errors = require "convoke.sandbox.clerk_errors"
local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local lists = require "convoke.sandbox.clerk_lists"
local web = require "convoke.sandbox.web"

local organizations = { ID = "org_sandbox", USER_ID = "user_sandbox" }

local DAY = 24 * 60 * 60 * 1000 -- milliseconds
local DEFAULT_DAYS = 30
local MOST_ROWS = 10 -- of a bulk request
local ROLES = { ["org:admin"] = "Admin", ["org:member"] = "Member" }
local STATUSES = { pending = true, accepted = true, revoked = true, expired = true }
local ORDERS = { created_at = true, email_address = true }

local function is_text(value) return type(value) == "string" end
local function nullable(test, wants) return { test = test, wants = wants, nullable = true } end

local fields = {
  email_address = { test = function(v) return is_text(v) and web.is_email(v) end,
                    wants = "a valid email address" },
  role = { test = is_text, wants = "a role" },
  inviter_user_id = nullable(is_text, "a user id"),
  public_metadata = nullable(json.is_object, "a valid object"),
  private_metadata = nullable(json.is_object, "a valid object"),
  redirect_url = nullable(is_text, "a valid url"),
  notify = nullable(function(v) return type(v) == "boolean" end, "a boolean"),
  expires_in_days = nullable(function(v)
    return type(v) == "number" and v % 1 == 0 and v >= 1 and v <= 365
  end, "an integer from 1 to 365"),
}

local function or_null(value)
  if value == nil then return json.null end
  return value
end

local function status_of(service, invitation)
  if invitation.status == "pending" and service.clock:milliseconds() >= invitation.expires_at then
    return "expired"
  end
  return invitation.status
end

local function render(service, invitation)
  local inviter = invitation.inviter_id
  return {
    object = "organization_invitation", id = invitation.id, role = invitation.role,
    email_address = invitation.email_address, role_name = ROLES[invitation.role],
    inviter_id = or_null(inviter), organization_id = invitation.organization_id,
    public_inviter_data = inviter and {
      user_id = inviter, first_name = json.null, last_name = json.null, has_image = false,
      image_url = "https://img.example.com/a.png", identifier = service.taken_address,
    } or json.null,
    status = status_of(service, invitation), public_metadata = invitation.public_metadata,
    private_metadata = invitation.private_metadata, url = or_null(invitation.url),
    expires_at = invitation.expires_at, created_at = invitation.created_at,
    updated_at = invitation.updated_at,
  }
end

-- The wider lists tell of the organization, too.
local function render_with_organization(service, invitation)
  local shown = render(service, invitation)
  shown.public_organization_data = { id = organizations.ID, name = "Sandbox", slug = "sandbox",
                                     has_image = false }
  return shown
end

-- The refusal of rows for an organization, or nil. Drops their nulls.
local function refuse(service, rows)
  local seen = {}
  for _, row in ipairs(rows) do
    local faults = errors.check_fields(row, fields, { "email_address", "role" }, true)
    if #faults > 0 then return errors.reply(422, faults) end
    local address = row.email_address:lower()
    if not ROLES[row.role] then
      return errors.problem("resource_not_found", "Organization role not found")
    end
    if row.inviter_user_id and row.inviter_user_id ~= organizations.USER_ID then
      return errors.problem "not_a_member_in_organization"
    end
    if address == service.taken_address then
      return errors.problem("already_a_member_in_organization",
        row.email_address .. " is already a member of the organization.")
    end
    local pending = seen[address]
    for _, one in ipairs(service.organization_invitations) do
      pending = pending
        or one.email_address:lower() == address and status_of(service, one) == "pending"
    end
    if pending then return errors.problem "organization_invitation_not_unique" end
    seen[address] = true
  end
end

local function make(service, request, row)
  local now, all = service.clock:milliseconds(), service.organization_invitations
  local invitation = {
    id = "orginv_" .. ids.alphanumeric(27), email_address = row.email_address, role = row.role,
    inviter_id = row.inviter_user_id, organization_id = organizations.ID, status = "pending",
    public_metadata = row.public_metadata or {}, private_metadata = row.private_metadata or {},
    url = row.notify ~= false and request.origin .. "/v1/tickets/accept?ticket="
      .. ids.alphanumeric(40) or nil,
    expires_at = now + (row.expires_in_days or DEFAULT_DAYS) * DAY, created_at = now,
    updated_at = now, position = #all + 1,
  }
  all[#all + 1] = invitation
  service.organization_invitation_by_id[invitation.id] = invitation
  return render(service, invitation)
end

-- Wraps a handler: the organization of the path has to exist.
local function in_organization(handler)
  return function(service, request)
    if request.values.organization_id ~= organizations.ID then
      return errors.problem("resource_not_found", "Given organization not found.")
    end
    return handler(service, request)
  end
end

local function create(service, request)
  local row, refusal = errors.body_object(request)
  refusal = not row and refusal or refuse(service, { row })
  return refusal or web.json(200, make(service, request, row))
end

-- All or nothing, which the vendor does not document.
local function create_bulk(service, request)
  local rows, refusal = errors.body_rows(request, MOST_ROWS)
  refusal = not rows and refusal or refuse(service, rows)
  if refusal then return refusal end
  local made = json.array()
  for i, row in ipairs(rows) do made[i] = make(service, request, row) end
  return web.json(200, { data = made, total_count = #made })
end

-- A listing of those that pass a test.
local function list_of(test, options)
  return function(service, request)
    local found = {}
    for _, one in ipairs(service.organization_invitations) do
      if test(service, one, request) then found[#found + 1] = one end
    end
    local show = options.wide and render_with_organization or render
    return lists.answer(request, found, {
      statuses = options.statuses, names_parameter = options.orders ~= nil,
      orders = options.orders,
      status_of = function(one) return status_of(service, one) end,
      render = function(one) return show(service, one) end,
    })
  end
end

local list = list_of(function(_, one, request)
  local address = request.query:get "email_address"
  return not address or one.email_address:lower() == address:lower()
end, { statuses = STATUSES, orders = ORDERS })

local list_pending = list_of(function(service, one)
  return status_of(service, one) == "pending"
end, {})

local list_all = list_of(function(_, one, request)
  local text = (request.query:get "query" or ""):lower()
  return text == "" or one.email_address:lower():find(text, 1, true) ~= nil
    or one.id:lower():find(text, 1, true) ~= nil
end, { statuses = STATUSES, orders = ORDERS, wide = true })

local list_of_known_user = list_of(function(service, one)
  return one.email_address:lower() == service.taken_address
end, { statuses = STATUSES, wide = true })

local function list_of_user(service, request)
  if request.values.user_id ~= organizations.USER_ID then
    return errors.problem("resource_not_found",
      "No user was found with id " .. request.values.user_id)
  end
  return list_of_known_user(service, request)
end

local function get(service, request)
  local one = service.organization_invitation_by_id[request.values.invitation_id]
  if not one then return errors.problem("resource_not_found", "Resource not found") end
  return web.json(200, render(service, one))
end

local function revoke(service, request)
  local data, refusal = errors.body_object(request)
  if not data then return refusal end
  local one = service.organization_invitation_by_id[request.values.invitation_id]
  if not one then return errors.problem("resource_not_found", "Resource not found") end
  local by = data.requesting_user_id
  if by ~= nil and by ~= json.null and by ~= organizations.USER_ID then
    return errors.problem "not_a_member_in_organization"
  end
  if status_of(service, one) ~= "pending" then
    return errors.problem "organization_invitation_not_pending"
  end
  one.status, one.updated_at = "revoked", service.clock:milliseconds()
  return web.json(200, render(service, one))
end

local below = "/v1/organizations/{organization_id}/invitations"

--- The routes, see router.new().
organizations.routes = {
  { "POST", below, in_organization(create) },
  { "GET", below, in_organization(list) },
  { "POST", below .. "/bulk", in_organization(create_bulk) },
  { "GET", below .. "/pending", in_organization(list_pending) },
  { "GET", below .. "/{invitation_id}", in_organization(get) },
  { "POST", below .. "/{invitation_id}/revoke", in_organization(revoke) },
  { "GET", "/v1/organization_invitations", list_all },
  { "GET", "/v1/users/{user_id}/organization_invitations", list_of_user },
}

--- Gives a service what is kept here.
function organizations.begin(service)
  service.organization_invitations, service.organization_invitation_by_id = {}, {}
end

--- Adds what the service holds to its books.
function organizations.add_books(service, books)
  books.organization_invitations = json.array()
  for i, one in ipairs(service.organization_invitations) do
    books.organization_invitations[i] = render(service, one)
  end
end

return organizations
