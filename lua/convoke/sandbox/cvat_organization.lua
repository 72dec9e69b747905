--- The organization that a request to CVAT is about, and what the caller may do there.

local django = require "convoke.sandbox.django"
local json = require "convoke.sandbox.json"
local membership_of = require("convoke.sandbox.cvat_data").membership_of
local web = require "convoke.sandbox.web"

local organization = {}

--- Refuses what the server's rules do not allow.
function organization.forbid()
  django.detail(403, "You do not have permission to perform this action.")
end

-- Refuses a wrong name of an organization; older versions do it with a page.
local function refuse(service, status, body)
  if service.version.has_html_refusals then django.page(400) end
  django.refuse(status, body)
end

local function check_names(service, id, slug, header)
  if id and (slug or header) then
    refuse(service, 400, json.array { 'You cannot specify "org_id" query parameter with "org" query'
      .. ' parameter or "X-Organization" HTTP header at the same time.' })
  end
  if slug and header and slug ~= header then
    refuse(service, 400, json.array { 'You cannot specify "org" query parameter and '
      .. '"X-Organization" HTTP header with different values.' })
  end
end

-- The organization with a slug or an id, or a refusal.
local function find(service, slug, id)
  local number = id and (web.integer(id) or django.page(500))
  for _, one in ipairs(service.organizations) do
    if one.slug == slug or one.id == number then return one end
  end
  refuse(service, 404, { detail = (slug or id) .. " organization does not exist." })
end

--- Reads what a request says about its organization.
-- @return table: `organization` and `membership` where one is named (`membership` is nil for
--   somebody who is no active member), `personal` for the empty name
function organization.read(service, request)
  local query, header = request.query, request.headers["x-organization"]
  local slug, id = query:get "org", query:get "org_id"
  if id == "" and not service.version.empty_id_is_personal then id = nil end
  check_names(service, id, slug, header)
  slug = slug or header
  if slug == "" or id == "" then return { personal = true } end
  if not slug and not id then return {} end
  local found = find(service, slug, id)
  local membership = membership_of(service, request.user, found)
  if membership and not membership.is_active then membership = nil end
  if not membership and service.version.member_refusal then
    django.detail(403, service.version.member_refusal)
  end
  return { organization = found, membership = membership }
end

--- Refuses who is no member of the organization that the request names.
function organization.members_only(context)
  if context.organization and not context.membership then organization.forbid() end
end

--- Whether the caller is owner or maintainer there.
function organization.manages(context)
  local role = context.membership and context.membership.role
  return role == "owner" or role == "maintainer"
end

return organization
