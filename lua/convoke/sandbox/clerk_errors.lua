--- Clerk's error bodies, and the checks of a request's fields.

local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local web = require "convoke.sandbox.web"

local errors = {}

-- Code to status, message and long message.
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
  already_a_member_in_organization = { 400, "already a member",
    "The address is already a member of the organization." },
  bulk_size_exceeded = { 400, "bulk size exceeded",
    "Parameters exceed the maximum allowed bulk processing size." },
  invalid_session_token = { 400, "Invalid session token",
    "The token provided could not be successfully verified" },
  not_a_member_in_organization = { 403, "not a member",
    "Current user is not a member of the organization. Only organization members can perform this "
      .. "action." },
  organization_invitation_not_pending = { 404, "not pending",
    "The organization invitation is not in the 'pending' status." },
  organization_invitation_not_unique = { 400, "organization invitation not unique",
    "Organizations cannot have duplicate pending invitations for an email address." },
  session_refresh_expired_session_token_consumed = { 401, "Session token was used already",
    "The expired session token has been exchanged already." },
  waitlist_entry_already_completed = { 409, "Waitlist entry already completed",
    "The waitlist entry has already been completed." },
  waitlist_entry_already_invited = { 409, "Waitlist entry already invited",
    "The waitlist entry has already been invited." },
  waitlist_entry_already_rejected = { 409, "Waitlist entry already rejected",
    "The waitlist entry has already been rejected." },
}

--- An answer with an array of errors.
function errors.reply(status, list)
  return web.json(status, { errors = json.array(list), clerk_trace_id = ids.hex(32) })
end

--- An answer from the catalogue.
function errors.problem(code, long_message)
  local status, message, long = catalogue[code][1], catalogue[code][2], catalogue[code][3]
  return errors.reply(status, {
    { code = code, message = message, long_message = long_message or long },
  })
end

--- An error that names a parameter.
function errors.of_parameter(code, name, message, long_message)
  return { code = code, message = message, long_message = long_message,
           meta = { param_name = name } }
end

--- An answer about one parameter, with 422.
function errors.bad_parameter(code, name, message, long_message)
  return errors.reply(422, { errors.of_parameter(code, name, message, long_message) })
end

--- The JSON value of a request's body: nil for none, or nil and an answer.
function errors.body_value(request)
  if request.body == "" then return nil end
  if web.media_type(request.headers["content-type"]) ~= "application/json" then
    return nil, errors.problem "unsupported_content_type"
  end
  local data = json.decode(request.body)
  if data == nil then return nil, errors.problem "request_body_invalid" end
  return data
end

--- The JSON object of a request, or nil and an answer.
function errors.body_object(request)
  local data, refusal = errors.body_value(request)
  if refusal then return nil, refusal end
  if data == nil then return {} end
  if not json.is_object(data) then return nil, errors.problem "request_body_invalid" end
  return data
end

--- The rows of a bulk request, each an object, or nil and an answer.
-- @param most  how many there may be
function errors.body_rows(request, most)
  local data, refusal = errors.body_value(request)
  if refusal then return nil, refusal end
  if not json.is_array(data) or #data == 0 then
    return nil, errors.problem "request_body_invalid"
  end
  if #data > most then
    return nil, errors.problem("bulk_size_exceeded",
      ("Parameters exceed the maximum allowed bulk processing size of %d."):format(most))
  end
  for _, row in ipairs(data) do
    if not json.is_object(row) then return nil, errors.problem "request_body_invalid" end
  end
  return data
end

local function is_given(value) return value ~= nil and value ~= json.null end

--- Checks the fields of an object, and drops nulls.
-- @param data      the object
-- @param fields    name -> { test = function, wants = words, nullable }
-- @param required  array of names
-- @param is_open   whether unknown fields are let through
-- @return an array of errors; empty: all is well
function errors.check_fields(data, fields, required, is_open)
  local faults, names = {}, {}
  for name in pairs(data) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(required) do
    if not is_given(data[name]) then
      faults[#faults + 1] = errors.of_parameter("form_param_missing", name, "is missing",
                                                name .. " must be included.")
      data[name] = nil
    end
  end
  for _, name in ipairs(names) do
    local field, value = fields[name], data[name]
    if not field then
      if not is_open then
        faults[#faults + 1] = errors.of_parameter("form_param_unknown", name, "is unknown",
          name .. " is not a valid parameter for this request.")
      end
    elseif value == json.null and field.nullable then
      data[name] = nil
    elseif value ~= nil and not field.test(value) then
      faults[#faults + 1] = errors.of_parameter("form_param_format_invalid", name, "is invalid",
        ("%s must be %s."):format(name, field.wants))
    end
  end
  return faults
end

return errors
