--- Clerk's Backend API: application invitations.

local errors = require "convoke.sandbox.clerk_errors"
local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local organizations = require "convoke.sandbox.clerk_organizations"
local router = require "convoke.sandbox.router"
local sequence = require "convoke.sandbox.sequence"
local sessions = require "convoke.sandbox.clerk_sessions"
local waitlist = require "convoke.sandbox.clerk_waitlist"
local web = require "convoke.sandbox.web"

local SECRET_KEY = "sk_test_sandboxsandboxsandboxsandboxsandbox1"
local TAKEN_ADDRESS = "member@example.com" -- already a user of the application
local DAY = 24 * 60 * 60 * 1000 -- milliseconds
local DEFAULT_DAYS = 30
local MOST_ROWS = 10 -- of a bulk request

local VERSIONS = {}
for _, version in ipairs { "2021-02-05", "2024-10-01", "2025-03-12", "2025-04-10", "2025-11-10",
                           "2026-05-12" } do
  VERSIONS[version] = true
end

-- ---------------------------------------------------------------------------------------------
-- Parameters of create

local function is_text(v) return type(v) == "string" end
local function is_boolean(v) return type(v) == "boolean" end

local fields = {
  email_address = { test = function(v) return is_text(v) and web.is_email(v) end,
                    wants = "a valid email address" },
  public_metadata = { test = json.is_object, wants = "a valid object" },
  redirect_url = { test = function(v) return is_text(v) and v:find("^https?://[^/%s]") ~= nil end,
                   wants = "a valid url" },
  notify = { test = is_boolean, wants = "a boolean", nullable = true },
  ignore_existing = { test = is_boolean, wants = "a boolean", nullable = true },
  expires_in_days = { wants = "an integer from 1 to 365", nullable = true, test = function(v)
    return type(v) == "number" and v % 1 == 0 and v >= 1 and v <= 365
  end },
  template_slug = { wants = "invitation or waitlist_invitation", test = function(v)
    return v == "invitation" or v == "waitlist_invitation"
  end },
}

-- Checks the fields of an invitation to create.
local function check_fields(data)
  return errors.check_fields(data, fields, { "email_address" })
end

-- ---------------------------------------------------------------------------------------------
-- Invitations

local function status_of(service, invitation)
  if invitation.status == "pending" and service.clock:milliseconds() >= invitation.expires_at then
    return "expired"
  end
  return invitation.status
end

local function render(service, invitation)
  local status = status_of(service, invitation)
  return {
    object = "invitation", id = invitation.id, email_address = invitation.email_address,
    public_metadata = invitation.public_metadata, status = status, url = invitation.url,
    revoked = status == "revoked" and true or nil, expires_at = invitation.expires_at,
    created_at = invitation.created_at, updated_at = invitation.updated_at,
  }
end

local function pending_for(service, address)
  for _, invitation in ipairs(service.by_address[address:lower()] or {}) do
    if status_of(service, invitation) == "pending" then return invitation end
  end
end

-- What a search for an address goes by, so that it need not look at each invitation: the three
-- characters before the @. Returns nil where there are none such.
local function tail_of(text) return text:match "(...)@" end

local function add_invitation(service, invitation)
  local address, last = invitation.email_address:lower(), service.last
  -- The clock can be set back; then what came later is not what is newer.
  service.disordered = service.disordered or last ~= nil and invitation.created_at < last.created_at
  service.last = invitation
  invitation.lower, invitation.position = address, service.invitations.count + 1
  invitation.searched = address .. "\n" .. invitation.id:lower() -- once: there may be many
  service.invitations:append(invitation)
  service.kept:append(invitation)
  service.by_id[invitation.id], service.by_ticket[invitation.ticket] = invitation, invitation
  local same = service.by_address[address] or {}
  service.by_address[address], same[#same + 1] = same, invitation
  local tail = tail_of(address)
  if tail then
    service.by_tail[tail] = service.by_tail[tail] or sequence.new()
    service.by_tail[tail]:append(invitation)
  end
end

-- An invitation that is no longer pending stands in no create's way.
local function forget_pending(service, invitation)
  local same = service.by_address[invitation.lower]
  for i, one in ipairs(same) do
    if one == invitation then
      table.remove(same, i)
      break
    end
  end
  if not same[1] then service.by_address[invitation.lower] = nil end
end

-- The refusal of addresses that have a user, or a pending invitation, or stand among them twice;
-- nil where there are none such.
local function refuse_existing(service, addresses)
  local seen, pending = {}, json.array()
  for _, address in ipairs(addresses) do
    local lower = address:lower()
    if service.users[lower] then
      return errors.bad_parameter("form_identifier_exists", "email_address", "already exists",
        "That email address is taken. Please try another.")
    end
    if seen[lower] or pending_for(service, lower) then pending[#pending + 1] = address end
    seen[lower] = true
  end
  if not pending[1] then return nil end
  return errors.reply(400, { {
    code = "duplicate_record", message = "duplicate",
    long_message = "There are already pending invitations for the following email addresses: "
      .. table.concat(pending, ", "),
    meta = { email_addresses = pending },
  } })
end

-- Makes an invitation of checked fields.
local function make_invitation(service, request, data)
  local now = service.clock:milliseconds()
  local invitation = {
    id = "inv_" .. ids.alphanumeric(27), email_address = data.email_address,
    public_metadata = data.public_metadata or {}, status = "pending", ticket = ids.alphanumeric(40),
    expires_at = now + (data.expires_in_days or DEFAULT_DAYS) * DAY,
    created_at = now, updated_at = now,
  }
  if data.notify ~= false then
    invitation.url = request.origin .. "/v1/tickets/accept?ticket=" .. invitation.ticket
  end
  add_invitation(service, invitation)
  return invitation
end

local function create(service, request)
  local data, refusal = errors.body_object(request)
  if not data then return refusal end
  local faults = check_fields(data)
  if #faults > 0 then return errors.reply(422, faults) end
  refusal = not data.ignore_existing and refuse_existing(service, { data.email_address })
  if refusal then return refusal end
  return web.json(200, render(service, make_invitation(service, request, data)))
end

-- All or nothing, which the vendor does not document.
local function create_bulk(service, request)
  local rows, refusal = errors.body_rows(request, MOST_ROWS)
  if not rows then return refusal end
  local addresses = {}
  for _, row in ipairs(rows) do
    for _, name in ipairs { "public_metadata", "redirect_url" } do -- null only in such rows
      if row[name] == json.null then row[name] = nil end
    end
    local faults = check_fields(row)
    if #faults > 0 then return errors.reply(422, faults) end
    if not row.ignore_existing then addresses[#addresses + 1] = row.email_address end
  end
  refusal = refuse_existing(service, addresses)
  if refusal then return refusal end
  local made = json.array()
  for i, row in ipairs(rows) do
    made[i] = render(service, make_invitation(service, request, row))
  end
  return web.json(200, made)
end

local function revoke(service, request)
  local id = request.values.invitation_id
  local invitation = service.by_id[id]
  if not invitation then
    return errors.problem("resource_not_found", ("No invitation was found with id %s."):format(id))
  end
  if invitation.status ~= "pending" then
    return errors.problem("invitation_already_" .. invitation.status)
  end
  invitation.status, invitation.updated_at = "revoked", service.clock:milliseconds()
  forget_pending(service, invitation)
  service.kept:remove(invitation)
  return web.json(200, render(service, invitation))
end

-- The link of an invitation: whoever follows it signs up.
local function accept(service, request)
  local invitation = service.by_ticket[request.query:get("ticket") or ""]
  if invitation and status_of(service, invitation) == "pending" then
    invitation.status, invitation.updated_at = "accepted", service.clock:milliseconds()
    forget_pending(service, invitation)
    service.users[invitation.lower] = true
    return web.reply(200, "text/html; charset=utf-8", "<!doctype html><p>Welcome.</p>\n")
  end
  return web.reply(404, "text/html; charset=utf-8",
                   "<!doctype html><p>This invitation is no longer valid.</p>\n")
end

-- ---------------------------------------------------------------------------------------------
-- The list

local STATUSES = { pending = true, accepted = true, revoked = true, expired = true }
local ORDERS = { created_at = true, email_address = true, expires_at = true }

-- Reads the query of list; returns a table, or nil where something is malformed.
local function list_options(query)
  local options = { limit = web.integer(query:get("limit") or "10"),
                    offset = web.integer(query:get("offset") or "0"),
                    text = (query:get("query") or ""):lower() }
  if not options.limit or options.limit < 1 or options.limit > 500 then return nil end
  if not options.offset or options.offset < 0 then return nil end
  for _, status in ipairs(query:all("status")) do
    if not STATUSES[status] then return nil end
    options.statuses = options.statuses or {}
    options.statuses[status] = true
  end
  local sign, order = (query:get("order_by") or "-created_at"):match("^([+-]?)(.*)$")
  if not ORDERS[order] then return nil end
  options.order, options.descending = order, sign == "-"
  local paginated = query:get("paginated") or "false"
  if paginated ~= "true" and paginated ~= "false" then return nil end
  options.paginated = paginated == "true"
  return options
end

-- The invitations that a list is about, in the order in which they came or the other way round.
-- Without `all` it may end with the page that is asked for.
local function selected(service, options, backwards, all)
  local out, statuses, text = {}, options.statuses, options.text
  local enough = all and math.huge or options.offset + options.limit
  local source = statuses and statuses.revoked and service.invitations or service.kept
  local tail = tail_of(text)
  if tail then source = service.by_tail[tail] or sequence.new() end
  for invitation in source:each(backwards) do
    local status = status_of(service, invitation)
    if (statuses and statuses[status] or not statuses and status ~= "revoked")
      and (text == "" or invitation.searched:find(text, 1, true)) then
      out[#out + 1] = invitation
      if #out >= enough then break end
    end
  end
  return out
end

local function sort(found, order, descending)
  table.sort(found, function(a, b)
    if descending then a, b = b, a end
    if a[order] ~= b[order] then return a[order] < b[order] end
    return a.position < b.position -- several in one millisecond keep their order
  end)
end

local function list(service, request)
  local options = list_options(request.query)
  if not options then return errors.problem("malformed_request_parameters") end
  local as_they_came = options.order == "created_at" and not service.disordered
  local plain = not options.statuses and options.text == ""
  local found = selected(service, options, as_they_came and options.descending,
    not as_they_came or options.paginated and not plain)
  if not as_they_came then sort(found, options.order, options.descending) end
  local data = json.array()
  for i, invitation in ipairs(web.slice(found, options.offset, options.limit)) do
    data[i] = render(service, invitation)
  end
  if not options.paginated then return web.json(200, data) end
  return web.json(200, { data = data, total_count = plain and service.kept.count or #found })
end

-- ---------------------------------------------------------------------------------------------
-- The service

local table_of_routes = {
  { "POST", "/v1/invitations", create },
  { "GET", "/v1/invitations", list },
  { "POST", "/v1/invitations/bulk", create_bulk },
  { "POST", "/v1/invitations/{invitation_id}/revoke", revoke },
}
for _, room in ipairs { organizations, sessions, waitlist } do
  for _, route in ipairs(room.routes) do table_of_routes[#table_of_routes + 1] = route end
end
local routes = router.new(table_of_routes)

local function check_key(request)
  local scheme, key = (request.headers.authorization or ""):match("^(%S+) +(%S+)$")
  if not scheme or scheme:lower() ~= "bearer" then
    return errors.problem("authorization_header_format_invalid")
  end
  if key ~= SECRET_KEY then return errors.problem("clerk_key_invalid") end
end

local function check_version(request)
  local header = request.headers["clerk-api-version"]
  local query = request.query:get("__clerk_api_version")
  local version = header or query
  if header and query or version and not VERSIONS[version] then
    return errors.problem("api_version_invalid")
  end
end

local service_mt = {}
service_mt.__index = service_mt

function service_mt:dispatch(request)
  if request.method == "GET" and request.path == "/v1/tickets/accept" then
    return accept(self, request)
  end
  local refusal = check_key(request) or check_version(request)
  if refusal then return refusal end
  local route, found = routes:find(request.method, request.path)
  if route then
    request.values = found
    return route[3](self, request)
  end
  if #found > 0 then return web.reply(405, nil, "", { allow = table.concat(found, ", ") }) end
  return errors.problem("resource_not_found")
end

--- Answers a request; every answer carries its trace id.
function service_mt:answer(request)
  local reply = self:dispatch(request)
  reply.headers["clerk-trace-id"] = reply.body:match('"clerk_trace_id":"(%x+)"') or ids.hex(32)
  return reply
end

--- Everything the API holds.
function service_mt:books()
  local out = json.array()
  for invitation in self.invitations:each() do out[#out + 1] = render(self, invitation) end
  local books = { invitations = out }
  for _, room in ipairs { organizations, sessions, waitlist } do room.add_books(self, books) end
  local users = json.array()
  for address in pairs(self.users) do users[#users + 1] = address end
  table.sort(users)
  books.users = users
  return books
end

local codes = {
  [401] = "clerk_key_invalid", [403] = "authorization_invalid", [404] = "resource_not_found",
  [409] = "resource_locked", [410] = "operation_deprecated", [413] = "request_body_too_large",
  [415] = "unsupported_content_type", [429] = "too_many_requests",
  [503] = "service_unavailable", [504] = "gateway_timeout",
}

--- The vendor's own words for a status, for planned faults.
function service_mt.problem(_, status)
  local code = codes[status] or status >= 500 and "internal_clerk_error" or "bad_request"
  local reply = errors.problem(code)
  reply.status = status
  return reply
end

local clerk = { name = "clerk", base = "/v1" }

--- A new service on a clock.
function clerk.new(clock)
  local self = setmetatable({
    clock = clock, users = { [TAKEN_ADDRESS] = true },
    -- all invitations, those that are not revoked, and where to find one; of an address those that
    -- may be pending
    invitations = sequence.new(), kept = sequence.new(), by_id = {}, by_ticket = {},
    by_address = {}, by_tail = {},
    credentials = { secret_key = SECRET_KEY, organization_id = organizations.ID,
                    user_id = organizations.USER_ID },
  }, service_mt)
  for _, room in ipairs { organizations, sessions, waitlist } do room.begin(self) end
  return self
end

-- What the other rooms need of invitations.
service_mt.render_invitation, service_mt.make_invitation = render, make_invitation
service_mt.refuse_existing, service_mt.status_of = refuse_existing, status_of
service_mt.taken_address = TAKEN_ADDRESS

return clerk
