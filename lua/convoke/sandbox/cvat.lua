--- CVAT: invitations into organizations, memberships, and the calls around a login.

local auth = require "convoke.sandbox.cvat_auth"
local data = require "convoke.sandbox.cvat_data"
local django = require "convoke.sandbox.django"
local ids = require "convoke.sandbox.ids"
local invitations = require "convoke.sandbox.cvat_invitations"
local json = require "convoke.sandbox.json"
local members = require "convoke.sandbox.cvat_members"
local organization = require "convoke.sandbox.cvat_organization"
local router = require "convoke.sandbox.router"
local sequence = require "convoke.sandbox.sequence"
local versions = require "convoke.sandbox.cvat_versions"
local web = require "convoke.sandbox.web"

local TYPE = "application/vnd.cvat+json"
local SIGNING_KEY = "sandbox-signing-key-0000000000000001"

local function about(service, request)
  local facts = service.version
  local shown = { name = "Computer Vision Annotation Tool", description = facts.description,
                  version = facts.version }
  if facts.has_logo then
    shown.logo_url, shown.subtitle = request.origin .. "/static/logo.svg", ""
  end
  return 200, shown
end

-- ---------------------------------------------------------------------------------------------
-- Routes

-- The fourth value of a route: whether it needs a login; the fifth: whether it reads the
-- organization; the sixth: what it looks at before that.
local function routes_of(facts)
  local list = {
    { "GET", "/api/invitations", invitations.list, true, true, invitations.read_body },
    { "POST", "/api/invitations", invitations.create, true, true, invitations.read_body },
    { "GET", "/api/invitations/{key}", invitations.retrieve, true, true },
    { "DELETE", "/api/invitations/{key}", invitations.destroy, true, true },
    { "GET", "/api/memberships", members.list, true, true },
    { "GET", "/api/memberships/{id}", members.retrieve, true, true },
    { "DELETE", "/api/memberships/{id}", members.destroy, true, true },
    { "GET", "/api/organizations", members.organizations, true },
    { "GET", "/api/users/self", members.self, true },
    { "POST", "/api/auth/login", auth.login, false },
    { "POST", "/api/auth/logout", auth.logout, true },
    { "GET", "/api/server/about", about, facts.about_needs_login },
  }
  local function add(...) list[#list + 1] = { ... } end
  if facts.patch then add("PATCH", "/api/invitations/{key}", invitations.update, true, true) end
  if facts.takes_signatures then add("POST", "/api/auth/signing", auth.signing, true) end
  for _, verb in ipairs(facts.has_verbs and { "accept", "decline", "resend" } or {}) do
    add("POST", "/api/invitations/{key}/" .. verb, invitations[verb], true, true)
  end
  return router.new(list)
end

-- Lists, on which the server trips over methods that it has not.
local LISTS = { ["/api/invitations"] = true, ["/api/memberships"] = true,
                ["/api/organizations"] = true }

local METHODS = { "GET", "POST", "PUT", "PATCH", "DELETE" }

-- The header Allow of a path.
local function allowed(service, path)
  local has, list = {}, {}
  for _, method in ipairs(select(2, service.router:find("?", path))) do has[method] = true end
  for _, method in ipairs(METHODS) do
    if has[method] then list[#list + 1] = method end
  end
  if has.GET then list[#list + 1] = "HEAD" end
  list[#list + 1] = "OPTIONS"
  return table.concat(list, ", ")
end

-- ---------------------------------------------------------------------------------------------
-- Answers

-- Picks the renderer: nil for the vendor's JSON, "html" for the web page. Refuses what the server
-- cannot send.
local function negotiate(request)
  local accept = request.headers.accept
  if not accept or accept:match("^%s*$") then return nil end
  local html
  for range in accept:gmatch("[^,]+") do
    local media = web.media_type(range)
    if media == TYPE or media == "*/*" or media == "application/*" then
      local version = range:match(";%s*version=([^;%s]+)")
      if version and version ~= "2.0" then
        django.detail(406, 'Invalid version in "Accept" header.')
      end
      return nil
    end
    html = html or media == "text/html" or media == "text/*"
  end
  if not html then django.detail(406, "Could not satisfy the request Accept header.") end
  return "html"
end

local function render(status, body, headers)
  local reply = web.reply(status, body ~= nil and TYPE or nil,
                          body ~= nil and json.encode(body) or "", headers)
  reply.is_rendered = true
  return reply
end

local function render_page(status, body)
  local text = json.encode(body):gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" })
  local reply = web.reply(status, "text/html; charset=utf-8",
    "<!DOCTYPE html>\n<html><body><pre>" .. text .. "</pre></body></html>\n")
  reply.is_rendered = true
  return reply
end

local function refuse_method(service, request)
  if LISTS[request.path] then django.page(500) end
  if request.path:find "/resend$" then invitations.throttle(service, request) end
end

local service_mt = {}
service_mt.__index = service_mt

local function handle(service, request, route)
  local page = negotiate(request)
  request.user = auth.authenticate(service, request, route[4])
  if route.is_unmapped then refuse_method(service, request) end
  if route[6] then route[6](service, request) end
  local context = route[5] and organization.read(service, request) or {}
  local status, body = route[3](service, request, context)
  if page and body ~= nil then return render_page(status, body) end
  return render(status, body)
end

--- Answers a request.
function service_mt:answer(request)
  local route, reply = django.route(self, request)
  if route then
    reply = django.protect(render, handle, self, request, route)
    if reply.is_rendered then reply.headers.allow = allowed(self, request.path) end
    if request.set_cookies then reply.headers["set-cookie"] = request.set_cookies end
  end
  if self.version.has_request_ids then reply.headers["x-request-id"] = ids.uuid() end
  return reply
end

--- Everything the server holds; invitations with all that any version shows.
function service_mt:books()
  local request = { origin = "" }
  local books = { users = json.array(), memberships = json.array(), invitations = json.array(),
                  organizations = json.array() }
  for i, user in ipairs(self.users) do
    books.users[i] = { id = user.id, username = user.username, email = user.email,
                       is_active = user.is_active }
  end
  for i, one in ipairs(self.organizations) do
    books.organizations[i] = { id = one.id, slug = one.slug }
  end
  for i, one in ipairs(self.memberships) do
    books.memberships[i] = { id = one.id, user = one.user.id, organization = one.organization.id,
                             role = one.role, is_active = one.is_active }
  end
  for invitation in self.invitations:each() do
    table.insert(books.invitations,
      invitations.show(self, request, invitation, versions["2.80"]))
  end
  return books
end

local details = {
  [401] = "Authentication credentials were not provided.",
  [403] = "You do not have permission to perform this action.", [404] = "Not found.",
  [406] = "Could not satisfy the request Accept header.",
  [429] = "Request was throttled. Expected available in 12 seconds.",
}

--- The vendor's own words for a status, for planned faults; faults above 500 are a proxy's page.
function service_mt.problem(_, status)
  if status == 500 then return django.protect(render, django.page, status) end
  if status > 500 then
    return web.reply(status, "text/html", ("<html>\n<head><title>%d</title></head>\n<body>\n"
      .. "<center><h1>%d</h1></center>\n</body>\n</html>\n"):format(status, status))
  end
  return render(status, { detail = details[status] or "Bad request." })
end

-- What the first line tells: the credentials that this version takes, and who is who.
local function credentials_of(service)
  local users, facts = service.users, service.version
  local owner = users[1]
  return {
    token = owner.token, username = owner.username, password = owner.password,
    session_id = data.SESSION, csrf_token = data.CSRF,
    access_token = facts.takes_access_tokens and owner.access_token or nil,
    signing_key = facts.takes_signatures and SIGNING_KEY or nil,
    org = service.organizations[1].slug, org_id = service.organizations[1].id,
    other_org = service.organizations[2].slug, maintainer_token = users[2].token,
    worker_token = users[3].token, outsider_token = users[4].token,
    outsider_email = users[4].email, invitee_token = users[5].token,
    invitee_email = users[5].email,
  }
end

local cvat = { name = "cvat", base = "" }

--- Reads the options of the sandbox that are for this service.
-- @param options table: `cvat` (version, or nil), `cvat_mail` (false: the server sends no mail)
-- @return settings for new(); or nil and what is wrong
function cvat.read_options(options)
  local name = options.cvat or versions.default
  if type(versions[name]) ~= "table" then
    return nil, ("no CVAT %s: there are 2.2, 2.15 and 2.80"):format(tostring(name))
  end
  return { version = versions[name], has_mail = options.cvat_mail ~= false }
end

--- A new service on a clock.
-- @param clock    clock
-- @param settings by read_options()
function cvat.new(clock, settings)
  local self = setmetatable({
    clock = clock, version = settings.version, has_mail = settings.has_mail,
    router = routes_of(settings.version), signing_key = SIGNING_KEY,
    users = {}, organizations = {}, memberships = {},
    invitations = sequence.new(), by_key = {}, sessions = {}, session_of = {},
    created = 0, latest = 0, last_membership = 0,
    user_by = { email = {}, username = {}, token = {}, access_token = {} },
    resent = {}, -- user -> times
    strangers = {}, -- times
    memberships_of = {}, -- user -> organization -> membership
    inside = {}, -- organization -> its invitations
  }, service_mt)
  data.seed(self)
  self.credentials = credentials_of(self)
  return self
end

return cvat
