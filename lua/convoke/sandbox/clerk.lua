--- Clerk's Backend API: application invitations.

local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local router = require "convoke.sandbox.router"
local sequence = require "convoke.sandbox.sequence"
local web = require "convoke.sandbox.web"

local SECRET_KEY = "sk_test_sandboxsandboxsandboxsandboxsandbox1"
local TAKEN_ADDRESS = "member@example.com" -- already a user of the application
local DAY = 24 * 60 * 60 * 1000 -- milliseconds
local DEFAULT_DAYS = 30

local VERSIONS = {}
for _, version in ipairs { "2021-02-05", "2024-10-01", "2025-03-12", "2025-04-10", "2025-11-10",
                           "2026-05-12" } do
  VERSIONS[version] = true
end

-- ---------------------------------------------------------------------------------------------
-- Errors: code to status, message and long message.

local catalogue = {
  api_version_invalid = { 400, "API version is invalid",
    "The given API version is unknown, or was given both as a header and in the query." },
  authorization_header_format_invalid = { 401, "Invalid Authorization header format",
    'Invalid Authorization header format. Must be "Bearer <YOUR_API_KEY>"' },
  authorization_invalid = { 403, "Unauthorized request",
    "You are not authorized to perform this request" },
  bad_request = { 400, "Bad request", "The request could not be understood" },
  clerk_key_invalid = { 401,
    "The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct.",
    "The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct." },
  gateway_timeout = { 504, "Gateway timeout", "The server did not answer in time" },
  internal_clerk_error = { 500, "Oops, an unexpected error occurred",
    "There was an internal error on our servers. We've been notified and are working on fixing "
      .. "it." },
  invitation_already_accepted = { 400,
    "Invitation is already accepted, try signing in instead.",
    "Invitation is already accepted, try signing in instead." },
  invitation_already_revoked = { 400, "Invitation is already revoked.",
    "Invitation is already revoked." },
  malformed_request_parameters = { 400, "Malformed request parameters",
    "The request parameters are malformed and could not be parsed" },
  operation_deprecated = { 410, "Operation deprecated", "This operation is no longer available" },
  request_body_invalid = { 400, "Request body invalid",
    "The request body is invalid. Please consult the API documentation for more information." },
  request_body_too_large = { 413, "Request body too large", "The request body is too large" },
  resource_locked = { 409, "Resource locked", "The resource is being changed; try again" },
  resource_not_found = { 404, "not found", "The requested resource was not found" },
  service_unavailable = { 503, "Service unavailable", "The service is unavailable; try again" },
  too_many_requests = { 429, "Too many requests", "Too many requests, retry later" },
  unsupported_content_type = { 415, "Content-Type is unsupported",
    "The Content-Type of the request must be application/json" },
}

-- An answer with an array of errors.
local function errors_reply(status, list)
  return web.json(status, { errors = json.array(list), clerk_trace_id = ids.hex(32) })
end

-- An answer from the catalogue.
local function problem(code, long_message)
  local status, message, long = catalogue[code][1], catalogue[code][2], catalogue[code][3]
  return errors_reply(status, {
    { code = code, message = message, long_message = long_message or long },
  })
end

local function parameter_error(code, name, message, long_message)
  return { code = code, message = message, long_message = long_message,
           meta = { param_name = name } }
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

-- Checks the body of create; returns an array of errors (empty: fine) and drops nulls.
local function check_fields(data)
  local faults, names = {}, {}
  for name in pairs(data) do names[#names + 1] = name end
  table.sort(names)
  if data.email_address == nil or data.email_address == json.null then
    faults[1] = parameter_error("form_param_missing", "email_address", "is missing",
                                "email_address must be included.")
    data.email_address = nil
  end
  for _, name in ipairs(names) do
    local field, value = fields[name], data[name]
    if not field then
      faults[#faults + 1] = parameter_error("form_param_unknown", name, "is unknown",
        name .. " is not a valid parameter for this request.")
    elseif value == json.null and field.nullable then
      data[name] = nil
    elseif value ~= nil and not field.test(value) then
      faults[#faults + 1] = parameter_error("form_param_format_invalid", name, "is invalid",
        ("%s must be %s."):format(name, field.wants))
    end
  end
  return faults
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

local function add_invitation(service, invitation)
  local address, last = invitation.email_address:lower(), service.last
  -- The clock can be set back; then what came later is not what is newer.
  service.disordered = service.disordered or last ~= nil and invitation.created_at < last.created_at
  service.last = invitation
  invitation.lower, invitation.position = address, service.invitations.count + 1
  service.invitations:append(invitation)
  service.kept:append(invitation)
  service.by_id[invitation.id], service.by_ticket[invitation.ticket] = invitation, invitation
  local same = service.by_address[address] or {}
  service.by_address[address], same[#same + 1] = same, invitation
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

local function refuse_existing(service, address)
  if service.users[address:lower()] then
    return errors_reply(422, { parameter_error("form_identifier_exists", "email_address",
      "already exists", "That email address is taken. Please try another.") })
  end
  if pending_for(service, address) then
    return errors_reply(400, { {
      code = "duplicate_record", message = "duplicate",
      long_message = "There are already pending invitations for the following email addresses: "
        .. address,
      meta = { email_addresses = json.array { address } },
    } })
  end
end

-- The JSON object of a request, or nil and an answer.
local function body_object(request)
  if request.body == "" then return {} end
  if web.media_type(request.headers["content-type"]) ~= "application/json" then
    return nil, problem("unsupported_content_type")
  end
  local data = json.decode(request.body)
  if not json.is_object(data) then return nil, problem("request_body_invalid") end
  return data
end

local function create(service, request)
  local data, refusal = body_object(request)
  if not data then return refusal end
  local faults = check_fields(data)
  if #faults > 0 then return errors_reply(422, faults) end
  if not data.ignore_existing then
    refusal = refuse_existing(service, data.email_address)
    if refusal then return refusal end
  end
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
  return web.json(200, render(service, invitation))
end

local function revoke(service, request)
  local id = request.values.invitation_id
  local invitation = service.by_id[id]
  if not invitation then
    return problem("resource_not_found", ("No invitation was found with id %s."):format(id))
  end
  if invitation.status ~= "pending" then
    return problem("invitation_already_" .. invitation.status)
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
  for invitation in source:each(backwards) do
    if (not statuses or statuses[status_of(service, invitation)])
      and (text == "" or invitation.lower:find(text, 1, true)
        or invitation.id:lower():find(text, 1, true)) then
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
  if not options then return problem("malformed_request_parameters") end
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

local routes = router.new {
  { "POST", "/v1/invitations", create },
  { "GET", "/v1/invitations", list },
  { "POST", "/v1/invitations/{invitation_id}/revoke", revoke },
}

local function check_key(request)
  local scheme, key = (request.headers.authorization or ""):match("^(%S+) +(%S+)$")
  if not scheme or scheme:lower() ~= "bearer" then
    return problem("authorization_header_format_invalid")
  end
  if key ~= SECRET_KEY then return problem("clerk_key_invalid") end
end

local function check_version(request)
  local header = request.headers["clerk-api-version"]
  local query = request.query:get("__clerk_api_version")
  local version = header or query
  if header and query or version and not VERSIONS[version] then
    return problem("api_version_invalid")
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
  return problem("resource_not_found")
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
  local users = json.array()
  for address in pairs(self.users) do users[#users + 1] = address end
  table.sort(users)
  return { invitations = out, users = users }
end

local codes = {
  [401] = "clerk_key_invalid", [403] = "authorization_invalid", [404] = "resource_not_found",
  [409] = "resource_locked", [410] = "operation_deprecated", [413] = "request_body_too_large",
  [415] = "unsupported_content_type", [429] = "too_many_requests",
  [503] = "service_unavailable", [504] = "gateway_timeout",
}

--- The vendor's own words for a status, for planned faults.
function service_mt.problem(_, status)
  local reply = problem(codes[status] or status >= 500 and "internal_clerk_error" or "bad_request")
  reply.status = status
  return reply
end

local clerk = { name = "clerk", base = "/v1" }

--- A new service on a clock.
function clerk.new(clock)
  return setmetatable({
    clock = clock, users = { [TAKEN_ADDRESS] = true },
    -- all invitations, those that are not revoked, and where to find one; of an address those that
    -- may be pending
    invitations = sequence.new(), kept = sequence.new(), by_id = {}, by_ticket = {},
    by_address = {},
    credentials = { secret_key = SECRET_KEY },
  }, service_mt)
end

return clerk
