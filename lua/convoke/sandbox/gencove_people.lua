--- Gencove's people: the organization and its users, their roles, accounts and what logs them in.
--
-- There is one organization. Who registers without an invitation has an account and none of that.

local clock_iso = require("convoke.sandbox.clock").iso
local django = require "convoke.sandbox.django"
local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local sequence = require "convoke.sandbox.sequence"
local web = require "convoke.sandbox.web"

local people = {}

local API_KEY = "sandboxsandbox.sandboxsandboxsandboxsandbox"
local EMAIL, PASSWORD = "ann@example.com", "sandbox-password"
local JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoiYW5uIn0.c2FuZGJveA"

local ACCESS_LIFE = 30 * 60 -- seconds an issued access token lives
local REFRESH_LIFE = 24 * 60 * 60
local PAGE, LARGEST_PAGE = 20, 200
local SHORTEST_PASSWORD = 8

local OWNER = { id = "5a1c3b1e-7f5e-4b55-8c64-2e2a6f4f8e10", name = "Ann Owner" }

--- The organization, as invitations show it.
people.organization = { id = "7d0e0a52-9a8e-4f8b-9f5b-3a1c5c9d6e77", name = "Example Org" }

--- The owner, as whatever she has caused shows her.
people.owner = OWNER

--- The role that the server chooses where none is asked for.
people.default_role = "member"

local ROLES = {
  organization = {
    { name = "owner", permissions = json.array { "invite_users", "manage_users" } },
    { name = "admin", permissions = json.array { "invite_users" } },
    { name = people.default_role, permissions = json.array {} },
  },
  project = {
    { name = "project_admin", permissions = json.array { "view_project", "share_project" } },
    { name = "viewer", permissions = json.array { "view_project" } },
  },
}

-- ---------------------------------------------------------------------------------------------
-- Accounts

-- An account; the role, its name, makes it one of the organization's users.
local function add_account(service, account)
  account.id = account.id or ids.uuid()
  account.created = service.clock:now()
  service.accounts:append(account)
  service.account_by_id[account.id] = account
  service.account_by_address[account.email:lower()] = account
  return account
end

local function give_role(service, account, name)
  if account.role then
    service.roles[account.role.id] = nil
  else
    service.members:append(account)
  end
  account.role = { id = ids.uuid(), name = name }
  service.roles[account.role.id] = account.role
  return account.role
end

--- Makes the person with an address a user of the organization, who may have to register yet.
-- @param role name of a role
function people.join(service, email, role)
  local account = service.account_by_address[email:lower()]
    or add_account(service, { email = email, is_active = true })
  give_role(service, account, role)
end

--- A service's accounts at its start.
function people.begin(service)
  service.accounts, service.members = sequence.new(), sequence.new() -- all, and the organization's
  service.account_by_id, service.account_by_address = {}, {}
  service.roles = {} -- id -> the role that somebody has
  service.access, service.refresh = {}, {} -- token -> { account, expires, ended }
  local ann = add_account(service, { id = OWNER.id, email = EMAIL, name = OWNER.name,
                                     password = PASSWORD, is_active = true })
  give_role(service, ann, "owner")
  service.access[JWT] = { account = ann, expires = math.huge }
  service.credentials.api_key, service.credentials.jwt = API_KEY, JWT
  service.credentials.email, service.credentials.password = EMAIL, PASSWORD
end

local function roles_of(account)
  local role = account.role
  return { organization = role and { id = role.id, name = role.name } }
end

local function show_member(account)
  return { id = account.id, email = account.email, is_active = account.is_active,
           has_mfa_device = false, name = account.name, roles = roles_of(account),
           is_support = false }
end

--- Adds to what the API holds its users, with what the mail for an activation says.
function people.add_books(service, books)
  books.users = json.array()
  for account in service.accounts:each() do
    local shown = show_member(account)
    shown.uid, shown.activation_token = account.uid, account.activation_token
    books.users[#books.users + 1] = shown
  end
end

-- ---------------------------------------------------------------------------------------------
-- Who calls

local CHALLENGE = { ["www-authenticate"] = 'Bearer realm="api"' }

local function refuse_token(text, extra)
  local body = { detail = text, code = "token_not_valid" }
  body.messages = extra
  django.refuse(401, body, CHALLENGE)
end

-- The account of a token among those of its kind, or nil.
local function account_of(service, tokens, token)
  local entry = tokens[token]
  if entry and not entry.ended and service.clock:now() < entry.expires then return entry.account end
end

--- Finds out who calls. A bad token is refused everywhere; a missing one only where `required`.
-- @return the account, or nil
function people.authenticate(service, request, required)
  local scheme, rest = (request.headers.authorization or ""):match("^(%S+)%s*(.-)%s*$")
  local account
  if scheme == "Bearer" then
    if rest == "" or rest:find("%s") then
      django.refuse(401, { detail = "Authorization header must contain two space-delimited values",
                           code = "bad_authorization_header" }, CHALLENGE)
    end
    account = account_of(service, service.access, rest)
    if not account then
      refuse_token("Given token not valid for any token type", json.array {
        { token_class = "AccessToken", token_type = "access",
          message = "Token is invalid or expired" } })
    end
  elseif scheme and scheme:lower() == "api-key" and rest == API_KEY then
    account = service.account_by_id[OWNER.id]
  end
  if account and not account.is_active then
    django.refuse(401, { detail = "User is inactive", code = "user_inactive" }, CHALLENGE)
  end
  if required and not account then
    django.detail(401, "Authentication credentials were not provided.", CHALLENGE)
  end
  return account
end

--- Refuses a caller who is no user of the organization.
function people.require_member(request)
  if not request.account.role then
    django.detail(403, "You do not have permission to perform this action.")
  end
end

-- ---------------------------------------------------------------------------------------------
-- Logins

local function new_jwt(tokens, account, expires)
  local token = ("eyJhbGciOiJIUzI1NiJ9.%s.%s"):format(ids.alphanumeric(40), ids.alphanumeric(43))
  tokens[token] = { account = account, expires = expires }
  return token
end

local function jwt_create(service, request)
  local data = django.fields(django.data(request), {
    email = { required = true }, password = { required = true }, otp_token = { blank = true },
    backup_token = { blank = true } })
  local account = service.account_by_address[data.email:lower()]
  if not (account and account.is_active and account.password == data.password) then
    django.detail(401, "No active account found with the given credentials", CHALLENGE)
  end
  local now = service.clock:now()
  return web.json(200, { refresh = new_jwt(service.refresh, account, now + REFRESH_LIFE),
                         access = new_jwt(service.access, account, now + ACCESS_LIFE) })
end

-- The refresh token in a body and its account.
local function read_refresh(service, request)
  local token = django.fields(django.data(request), { refresh = { required = true } }).refresh
  local account = account_of(service, service.refresh, token)
  if account then return token, account end
  local entry = service.refresh[token]
  refuse_token(entry and entry.ended and "Token is blacklisted" or "Token is invalid or expired")
end

local function jwt_refresh(service, request)
  local _, account = read_refresh(service, request)
  return web.json(200, {
    access = new_jwt(service.access, account, service.clock:now() + ACCESS_LIFE) })
end

local function jwt_verify(service, request)
  local token = django.fields(django.data(request), { token = { required = true } }).token
  if not account_of(service, service.access, token)
    and not account_of(service, service.refresh, token) then
    refuse_token("Token is invalid or expired")
  end
  return web.json(200, {})
end

local function jwt_logout(service, request)
  local token = read_refresh(service, request)
  service.refresh[token].ended = true
  return web.json(200, { refresh = token })
end

-- ---------------------------------------------------------------------------------------------
-- Accounts: registering, activating, the own one

local function refuse_field(name, text)
  django.refuse(400, { [name] = json.array { text } })
end

local function register(service, request)
  local data = django.fields(django.data(request), {
    email = { required = true, email = true, max = 254 }, password = { required = true },
    name = { blank = true, max = 254 }, invitation_token = { blank = true, max = 32 },
    organization_name = { blank = true, max = 254 } })
  if #data.password < SHORTEST_PASSWORD then
    refuse_field("password", ("This password is too short. It must contain at least %d characters.")
      :format(SHORTEST_PASSWORD))
  end
  local known = service.account_by_address[data.email:lower()]
  if known and known.password then
    refuse_field("email", "A user with this email address already exists.")
  end
  local token = data.invitation_token ~= "" and data.invitation_token or nil
  local role = token and service:accept_invitation(token)
  if token and not role then refuse_field("invitation_token", "This invitation is not valid.") end
  local account = known or add_account(service, { email = data.email })
  account.name, account.password, account.is_active = data.name, data.password, false
  account.uid, account.activation_token = ids.alphanumeric(4), ids.alphanumeric(32)
  if role then give_role(service, account, role) end
  return web.json(201, { id = account.id, email = account.email, name = data.name,
                         invitation_token = token, organization_name = data.organization_name })
end

local function activate(service, request)
  local data = django.fields(django.data(request), { uid = { required = true },
                                                     token = { required = true } })
  for account in service.accounts:each() do
    if account.uid == data.uid then
      if account.activation_token ~= data.token then
        refuse_field("token", "Invalid token for given user.")
      end
      if account.activated then django.detail(403, "Stale token for given user.") end
      account.activated, account.is_active = true, true
      return web.json(200, { uid = data.uid, token = data.token })
    end
  end
  refuse_field("uid", "Invalid user id or user doesn't exist.")
end

local function user(_, request)
  local account = request.account
  return web.json(200, { id = account.id, email = account.email, name = account.name,
                         uploads_enabled = true, explorer_enabled = true,
                         created = clock_iso(account.created), is_support = false })
end

-- ---------------------------------------------------------------------------------------------
-- The organization

--- The part of a listing that is asked for: how many to skip, and how many there may be.
function people.window(request)
  -- As the framework does, unreadable numbers mean the default.
  local limit = web.integer(request.query:get("limit"))
  limit = limit and limit > 0 and math.min(limit, LARGEST_PAGE) or PAGE
  return math.max(web.integer(request.query:get("offset")) or 0, 0), limit
end

--- The answer with a page of a listing.
-- @param results array, what stands on the page
-- @param count integer, results on all pages
function people.page(request, results, count)
  local offset, limit = people.window(request)
  local next_page = offset + limit < count
    and web.url_with(request, { limit = limit, offset = offset + limit })
  local previous = offset > 0 and web.url_with(request, {
    limit = limit, offset = offset > limit and offset - limit or false })
  return web.json(200, {
    meta = { count = count, next = next_page or json.null, previous = previous or json.null },
    results = results,
  })
end

local function organization(_, request)
  return web.json(200, {
    id = people.organization.id, name = people.organization.name,
    expire_uploads_period_days = 0, archive_period_days = 0, archive_restore_period_days = 0,
    roles = roles_of(request.account), uploads_enabled = true, delete_samples_enabled = true,
    project_sharing_enabled = true, account_on_hold = false,
  })
end

local function list_users(service, request)
  local wanted = (request.query:get("search") or ""):lower()
  local offset, limit = people.window(request)
  local results, count = json.array(), 0
  for account in service.members:each() do
    local text = ("%s\n%s\n%s"):format(account.name or "", account.email, account.id):lower()
    if text:find(wanted, 1, true) then
      count = count + 1
      if count > offset and #results < limit then results[#results + 1] = show_member(account) end
    end
  end
  return people.page(request, results, count)
end

local function add_user(service, request)
  local data = django.fields(django.data(request), {
    user = { required = true, uuid = true }, role = { required = true, max = 255 } })
  local account = service.account_by_id[data.user:lower()]
  if not account then django.detail(404, "Not found.") end
  local known = false
  for _, role in ipairs(ROLES.organization) do known = known or role.name == data.role end
  if not known then
    refuse_field("role", ("Object with name=%s does not exist."):format(data.role))
  end
  if account.role and account.role.name == data.role then
    refuse_field("non_field_errors", "The fields user, role must make a unique set.")
  end
  return web.json(201, give_role(service, account, data.role))
end

local function update_user(service, request)
  local account = service.account_by_id[request.values.user_id:lower()]
  if not account or not account.role then django.detail(404, "Not found.") end
  local data = django.fields(django.data(request), {
    is_active = { boolean = true }, name = { blank = true, max = 254 } })
  if data.is_active ~= nil then account.is_active = data.is_active end
  account.name = data.name or account.name
  return web.json(200, show_member(account))
end

local function get_role(service, request)
  local role = service.roles[request.values.role_id:lower()]
  if not role then django.detail(404, "Not found.") end
  return web.json(200, role)
end

local function list_roles(_, request)
  local roles = ROLES[request.values.applies_to]
  if not roles then django.detail(404, "Not found.") end
  return people.page(request, web.slice(roles, people.window(request)), #roles)
end

-- As in gencove.lua.
people.routes = {
  { "GET", "/api/v2/organization/", organization, "member" },
  { "GET", "/api/v2/organization-users/", list_users, "member" },
  { "POST", "/api/v2/organization-users/", add_user, "member" },
  { "PATCH", "/api/v2/organization-users/{user_id}", update_user, "member" },
  { "GET", "/api/v2/organization-roles/{role_id}", get_role, "member" },
  { "GET", "/api/v2/roles/{applies_to}", list_roles, "user" },
  { "GET", "/api/v2/user/", user, "user" },
  { "POST", "/api/v2/user-register/", register },
  { "POST", "/api/v2/user-activate/", activate },
  { "POST", "/api/v2/jwt-create/", jwt_create },
  { "POST", "/api/v2/jwt-refresh/", jwt_refresh },
  { "POST", "/api/v2/jwt-verify/", jwt_verify },
  { "POST", "/api/v2/jwt-logout/", jwt_logout, "user" },
}

return people
