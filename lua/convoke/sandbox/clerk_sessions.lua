--- Clerk's sessions.

local errors = require "convoke.sandbox.clerk_errors"
local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local lists = require "convoke.sandbox.clerk_lists"
local organizations = require "convoke.sandbox.clerk_organizations"
local web = require "convoke.sandbox.web"

local sessions = {}

local LIFE = 7 * 24 * 60 * 60 * 1000 -- milliseconds
local TEMPLATE = "sandbox" -- the only one of the JWT templates
local GONE_SINCE = "2025-04-10" -- the version of the API that has no verify any more
local STATUSES = { abandoned = true, active = true, ended = true, expired = true, removed = true,
                   replaced = true, revoked = true }

local function status_of(service, session)
  if session.status == "active" and service.clock:milliseconds() >= session.expire_at then
    return "expired"
  end
  return session.status
end

local function render(service, session)
  return {
    object = "session", id = session.id, user_id = session.user_id, client_id = session.client_id,
    actor = json.null, status = status_of(service, session), latest_activity = json.null,
    last_active_organization_id = session.organization_id or json.null, tasks = json.null,
    last_active_at = session.created_at, expire_at = session.expire_at,
    abandon_at = session.created_at + 4 * LIFE, created_at = session.created_at,
    updated_at = session.updated_at,
  }
end

-- Wraps a handler, which gets the session that the path names.
-- @param unknown  code of the refusal where there is none; nil: the usual one
local function of_session(handler, unknown)
  return function(service, request)
    local session = service.session_by_id[request.values.session_id]
    if not session then
      if unknown then return errors.problem(unknown) end
      return errors.problem("resource_not_found",
        "No session was found with id " .. request.values.session_id)
    end
    return handler(service, request, session)
  end
end

local function list(service, request)
  local client, user = request.query:get "client_id", request.query:get "user_id"
  if not client and not user then
    return errors.bad_parameter("form_param_missing", "client_id",
      "at least one parameter must be provided",
      "at least one of `[client_id user_id]` must be provided")
  end
  local found = {}
  for _, session in ipairs(service.sessions) do
    if (not client or session.client_id == client) and (not user or session.user_id == user) then
      found[#found + 1] = session
    end
  end
  return lists.answer(request, found, {
    statuses = STATUSES, names_parameter = true, plain = true,
    status_of = function(one) return status_of(service, one) end,
    render = function(one) return render(service, one) end,
  })
end

local function create(service, request)
  local data, refusal = errors.body_object(request)
  if not data then return refusal end
  if type(data.user_id) ~= "string" then
    return errors.bad_parameter("form_param_missing", "user_id", "is missing",
                                "user_id must be included.")
  end
  if data.user_id ~= organizations.USER_ID then
    return errors.problem("resource_not_found", "No user was found with id " .. data.user_id)
  end
  local now = service.clock:milliseconds()
  local session = {
    id = "sess_" .. ids.alphanumeric(27), user_id = data.user_id, status = "active",
    client_id = "client_" .. ids.alphanumeric(27), organization_id = data.active_organization_id,
    expire_at = now + LIFE, created_at = now, updated_at = now, position = #service.sessions + 1,
    refresh_token = "rt_" .. ids.alphanumeric(40),
  }
  service.sessions[session.position], service.session_by_id[session.id] = session, session
  return web.json(200, render(service, session))
end

local function revoke(service, _, session)
  if session.status ~= "revoked" then
    session.status, session.updated_at = "revoked", service.clock:milliseconds()
  end
  return web.json(200, render(service, session))
end

-- A token that looks like one and is signed by nobody.
local function new_token(session)
  local token = ("%s.%s.%s"):format(ids.alphanumeric(20), ids.alphanumeric(60),
                                    ids.alphanumeric(43))
  session.tokens = session.tokens or {}
  session.tokens[token] = true
  return { object = "token", jwt = token }
end

local function refresh(_, request, session)
  local data, refusal = errors.body_object(request)
  if not data then return refusal end
  for _, name in ipairs { "expired_token", "refresh_token", "request_origin" } do
    if type(data[name]) ~= "string" then return errors.problem "request_body_invalid" end
  end
  if data.refresh_token ~= session.refresh_token then
    return errors.problem "invalid_session_token"
  end
  if session.is_refreshed then
    return errors.problem "session_refresh_expired_session_token_consumed"
  end
  session.is_refreshed = true
  local token = new_token(session)
  if data.format ~= "cookie" then return web.json(200, token) end
  return web.json(200, { object = "cookies",
    cookies = json.array { "__session=" .. token.jwt .. "; Path=/" } })
end

local function create_token(_, request, session)
  local template = request.values.template_name
  if template and template ~= TEMPLATE then
    return errors.problem("resource_not_found",
      "No JWT template exists with name: " .. template)
  end
  return web.json(200, new_token(session))
end

-- Versions since GONE_SINCE have it no more; what comes without a version is the oldest.
local function verify(service, request, session)
  local version = request.headers["clerk-api-version"] or request.query:get "__clerk_api_version"
  if version and version >= GONE_SINCE then return errors.problem "operation_deprecated" end
  local data, refusal = errors.body_object(request)
  if not data then return refusal end
  if not (session.tokens and session.tokens[data.token]) then
    return errors.problem "invalid_session_token"
  end
  return web.json(200, render(service, session))
end

local below = "/v1/sessions/{session_id}"

--- The routes, see router.new().
sessions.routes = {
  { "GET", "/v1/sessions", list },
  { "POST", "/v1/sessions", create },
  { "GET", below, of_session(function(service, _, session)
    return web.json(200, render(service, session))
  end) },
  { "POST", below .. "/revoke", of_session(revoke) },
  { "POST", below .. "/refresh", of_session(refresh, "invalid_session_token") },
  { "POST", below .. "/tokens", of_session(create_token) },
  { "POST", below .. "/tokens/{template_name}", of_session(create_token) },
  { "POST", below .. "/verify", of_session(verify) },
}

--- Gives a service what is kept here.
function sessions.begin(service)
  service.sessions, service.session_by_id = {}, {}
end

--- Adds what the service holds to its books; with the refresh tokens, which browsers hold.
function sessions.add_books(service, books)
  books.sessions = json.array()
  for i, session in ipairs(service.sessions) do
    books.sessions[i] = render(service, session)
    books.sessions[i].refresh_token = session.refresh_token
  end
end

return sessions
