--- CVAT's memberships, organizations and accounts.

local clock_iso = require("convoke.sandbox.clock").iso
local data = require "convoke.sandbox.cvat_data"
local django = require "convoke.sandbox.django"
local filter = require "convoke.sandbox.cvat_filter"
local invitations = require "convoke.sandbox.cvat_invitations"
local json = require "convoke.sandbox.json"
local organization = require "convoke.sandbox.cvat_organization"
local pages = require "convoke.sandbox.cvat_pages"
local web = require "convoke.sandbox.web"

local members = {}

local function always() return true end

local function names(...)
  local out = {}
  for _, name in ipairs { ... } do out[name] = true end
  return out
end

-- A list's answer, of an array.
local function answer(service, request, list, show)
  return pages.answer(service, request, #list, function(offset, limit)
    return web.slice(list, offset, limit)
  end, function(one) return show(service, request, one) end)
end

-- ---------------------------------------------------------------------------------------------
-- Memberships

local membership_kind = {
  fields = {
    user = { type = "string", read = function(one) return one.user.username end },
    role = { type = "string", read = function(one) return one.role end },
    id = { type = "integer", read = function(one) return one.id end },
  },
  columns = { id = always, user = always, role = always, organization = always,
              is_active = always,
              joined_date = function(one) return one.joined ~= nil end,
              invitation = function(one) return one.invitation ~= nil end },
  search = { "user", "role" },
  sort = names("user", "role", "id"),
  order = "-id",
}

local function show_membership(_, request, one)
  return { id = one.id, user = data.show_user(request, one.user),
           organization = one.organization.id, is_active = one.is_active, role = one.role,
           joined_date = one.joined and clock_iso(one.joined) or json.null,
           invitation = one.invitation and one.invitation.key or json.null }
end

-- Whether the caller sees a membership, as an active member with a role in its organization or as
-- nobody there. Older versions show no pending ones.
local function may_see(service, user, one, role)
  local manages = role == "owner" or role == "maintainer"
  if manages and service.version.manages_pending then return true end
  return one.is_active and (role ~= nil or one.user == user)
end

local function role_in(service, user, one)
  local own = data.membership_of(service, user, one)
  return own and own.is_active and own.role or nil
end

function members.list(service, request, context)
  organization.members_only(context)
  local found = {}
  for _, one in ipairs(service.memberships) do
    local role = context.membership and context.membership.role
    local inside = not context.organization or one.organization == context.organization
    if not context.organization and one.user ~= request.user then inside = false end
    if inside and not context.personal and may_see(service, request.user, one, role) then
      found[#found + 1] = one
    end
  end
  local queries = next(service.version.queries) and names("user", "role") or {}
  local list = filter.apply(membership_kind, membership_kind.sort, queries, found, request.query)
  return answer(service, request, list, show_membership)
end

local function find(service, request, context)
  local id = web.integer(request.values.id)
  for _, one in ipairs(service.memberships) do
    local elsewhere = context.personal
      or (context.organization and context.organization ~= one.organization)
    if one.id == id and not elsewhere then return one end
  end
  django.detail(404, "Not found.")
end

function members.retrieve(service, request, context)
  local one = find(service, request, context)
  local role = role_in(service, request.user, one.organization)
  if not may_see(service, request.user, one, role) then organization.forbid() end
  return 200, show_membership(service, request, one)
end

-- Whether somebody with this role may end a membership.
local function may_remove(service, user, one, role)
  local newer = service.version.manages_pending
  if not role or one.role == "owner" or not (newer or one.is_active) then return false end
  if one.user == user then return one.is_active and (newer or one.role ~= "maintainer") end
  return role == "owner" or (role == "maintainer" and one.role ~= "maintainer")
end

function members.destroy(service, request, context)
  local one = find(service, request, context)
  local role = role_in(service, request.user, one.organization)
  if not may_remove(service, request.user, one, role) then organization.forbid() end
  invitations.remove_membership(service, one)
  return 204
end

-- ---------------------------------------------------------------------------------------------
-- Organizations

local organization_kind = {
  fields = {
    id = { type = "integer", read = function(one) return one.id end },
    slug = { type = "string", read = function(one) return one.slug end },
    name = { type = "string", read = function(one) return one.slug end },
    owner = { type = "string", read = function(one) return one.owner.username end },
  },
  columns = { id = always, slug = always, name = always, owner = always },
  search = { "name", "owner", "slug" },
  sort = names("id", "slug", "name", "owner"),
  order = "-id",
}

local function show_organization(_, request, one)
  local created = clock_iso(one.created)
  return { id = one.id, slug = one.slug, name = one.slug, description = "",
           created_date = created, updated_date = created, contact = {},
           owner = data.show_user(request, one.owner) }
end

function members.organizations(service, request)
  local found = {}
  for _, one in ipairs(service.organizations) do
    if role_in(service, request.user, one) then found[#found + 1] = one end
  end
  local queries = next(service.version.queries) and names("slug", "name", "owner") or {}
  local list = filter.apply(organization_kind, organization_kind.sort, queries, found,
    request.query)
  return answer(service, request, list, show_organization)
end

-- ---------------------------------------------------------------------------------------------
-- The caller

function members.self(_, request)
  local user = request.user
  local shown = data.show_user(request, user)
  shown.email, shown.groups, shown.is_active = user.email, json.array { "user" }, user.is_active
  shown.is_staff, shown.is_superuser = false, false
  shown.last_login = user.last_login and clock_iso(user.last_login) or json.null
  shown.date_joined = user.date_joined
  return 200, shown
end

return members
