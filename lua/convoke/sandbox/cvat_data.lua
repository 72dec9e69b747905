--- What the sandbox's CVAT holds: users, organizations and memberships, and which are there at the
-- start.

local clock_iso = require("convoke.sandbox.clock").iso

local data = {}

data.SESSION, data.CSRF = "sandboxsandboxsandboxsandbox0001", "sandboxsandboxsandboxsandboxCSRF"

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

--- Adds a user.
-- @param fields table: username, email; password, token, access_token, confirms, first_name,
--   last_name
-- @return the user
function data.add_user(service, fields)
  local user = { id = #service.users + 1, is_active = true, first_name = "", last_name = "",
                 date_joined = clock_iso(service.clock:now()) }
  for name, value in pairs(fields) do user[name] = value end
  service.users[user.id] = user
  local found = service.user_by
  found.email[user.email:lower()] = found.email[user.email:lower()] or user
  for _, name in ipairs { "username", "token", "access_token" } do
    if user[name] then found[name][user[name]] = user end
  end
  return user
end

--- The membership of a user in an organization, or nil.
function data.membership_of(service, user, organization)
  local of = service.memberships_of[user]
  return of and of[organization]
end

--- Lets a member who was asked to join in.
function data.activate(service, membership)
  membership.is_active = true
  membership.joined = service.clock:now()
end

--- Adds a membership, and returns it.
function data.add_membership(service, user, organization, role, is_active)
  service.last_membership = service.last_membership + 1
  local membership = { id = service.last_membership, user = user, organization = organization,
                       role = role, is_active = false }
  if is_active then data.activate(service, membership) end
  table.insert(service.memberships, membership)
  local of = service.memberships_of[user] or {}
  service.memberships_of[user], of[organization] = of, membership
  return membership
end

--- Takes a membership out; its invitation is the caller's affair.
function data.remove_membership(service, membership)
  for i, one in ipairs(service.memberships) do
    if one == membership then
      table.remove(service.memberships, i)
      break
    end
  end
  service.memberships_of[membership.user][membership.organization] = nil
end

local function add_organization(service, slug, owner)
  local organization = { id = #service.organizations + 1, slug = slug, owner = owner,
                         created = service.clock:now() }
  table.insert(service.organizations, organization)
  data.add_membership(service, owner, organization, "owner", true)
  return organization
end

--- Fills a new service.
function data.seed(service)
  for _, fields in ipairs(seed_users) do data.add_user(service, fields) end
  local users = service.users
  local first = add_organization(service, "sandbox", users[1])
  for i = 2, 3 do data.add_membership(service, users[i], first, users[i].role, true) end
  add_organization(service, "elsewhere", users[4])
  local session = { id = data.SESSION, csrf = data.CSRF, user = users[1] }
  service.sessions[data.SESSION], service.session_of[1] = session, session
end

--- A user as answers about other things show one.
function data.show_user(request, user)
  return { url = request.origin .. "/api/users/" .. user.id, id = user.id,
           username = user.username, first_name = user.first_name, last_name = user.last_name }
end

return data
