-- The statuses that the sandbox gives beside those that the vendors' newest documents name, both
-- ways: it gives no others, and it gives each, be it only where a fault is planned.

local cjson = require "cjson"
local client = require "spec.support.sandbox_client"
local convoke = require "convoke"
local openapi = require "spec.support.openapi"
local sandbox = require "convoke.sandbox"

local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$"
local documents = here .. "/../../shared/contracts/today/"

-- Statuses that no request makes the sandbox give, and why.
local only_planned = {
  clerk = {
    reason = "plans, rights and locks, which a sandbox does not have, or a second way to say no",
    ["organization_invitations.create"] = "402 422",
    ["organization_invitations.create_bulk"] = "422",
    ["organization_invitations.get"] = "400 403",
    ["organization_invitations.revoke"] = "400",
    ["organization_invitations.list_all"] = "404",
    ["organization_invitations.list_of_user"] = "403",
    ["sessions.get"] = "400",
    ["sessions.revoke"] = "400",
    ["waitlist_entries.delete"] = "400 422",
    ["waitlist_entries.invite"] = "400",
    ["waitlist_entries.reject"] = "400 422",
  },
  convex = {
    reason = "the server's time runs out; no caller is looked at",
    action = "408", call_function = "408", mutation = "408", query = "408", query_at_ts = "408",
    query_batch = "408", query_ts = "401 408", run = "408",
  },
  cvat = {
    reason = "who sees an invitation may read it",
    ["invitations.get"] = "403",
  },
  edgegap = {
    reason = "of two statuses that say the same the sandbox gives one",
    ["deployments.get"] = "404",
    ["deployments.logs"] = "404",
    ["deployments.stop"] = "200 404",
    ["deployments.stop_self"] = "202 404",
    ["deployment_tags.create"] = "404",
    ["deployment_tags.list"] = "404",
    ["sessions.get"] = "400",
    ["sessions.users"] = "400",
    ["sessions.delete"] = "400",
    ["relay_sessions.revoke_user"] = "200",
  },
  gencove = {
    reason = "no query of the one is bad, and no right is missing to the others",
    ["organization_users.list"] = "400",
    ["invitations.accept"] = "403",
    ["invitations.read_token"] = "403",
    ["roles.list"] = "403",
    ["user.get"] = "403",
  },
}

-- Statuses that a server was seen to give, and the document does not name.
local undocumented = {
  cvat = {
    reason = "a number of an organization that is none, and a filter that nobody thought of, end "
      .. "in 500; a wrong token is refused even where none is wanted",
    ["invitations.get"] = "500", ["invitations.delete"] = "500", ["invitations.accept"] = "500",
    ["invitations.decline"] = "500", ["memberships.list"] = "500", ["memberships.get"] = "500",
    ["memberships.delete"] = "500", ["organizations.list"] = "500", ["server.about"] = "401",
    ["auth.login"] = "401",
  },
}

local UNKNOWN = "00000000-0000-4000-8000-000000000000"

-- A value that a parameter allows, as far as its description says.
local function sample(schema)
  if schema.enum then return schema.enum[1] end
  if schema.type == "integer" or schema.type == "number" then return schema.minimum or 1 end
  if schema.type == "boolean" then return true end
  if schema.type == "array" then return { sample(schema.items) } end
  if schema.type ~= "object" then
    return schema.format == "email" and "ada@example.com" or schema.format == "uuid" and UNKNOWN
      or ("a"):rep(schema.min_length or 1)
  end
  local made = {}
  for _, field in ipairs(schema.fields or {}) do
    if field.required then made[field.name] = sample(field) end
  end
  return made
end

-- What stands in a valid body, and bodies that are not valid.
local function bodies_of(operation)
  local valid = {}
  for _, param in ipairs(operation.params) do
    if param.where == "body" and param.required then valid[param.name] = sample(param) end
  end
  if operation.envelope then -- which the catalogue says nothing of
    valid.path, valid.args, valid.ts = "a:b", {}, "AAAAAAAAAAA="
    valid.queries = { { path = "a:b", args = {} } }
  end
  local bad = { "{", "[]", "{}", "7" }
  for _, wrong in ipairs { "7", '""', "null" } do
    local members = {}
    for _, param in ipairs(operation.params) do
      if param.where == "body" then members[#members + 1] = ("%q:%s"):format(param.name, wrong) end
    end
    bad[#bad + 1] = "{" .. table.concat(members, ",") .. "}"
  end
  return cjson.encode(operation.whole_body and valid.body or valid), bad
end

-- Requests of an operation by somebody who has not read its description.
-- @param call  function(path, query, body): makes one
local function provoke(operation, call)
  local path = operation.path:gsub("{[^}]+}", UNKNOWN)
  local valid, bad = bodies_of(operation)
  if not operation.body then valid, bad = nil, {} end
  call(path, nil, valid)
  call((operation.path:gsub("{[^}]+}", "abcdef012345")), nil, valid)
  for _, body in ipairs(bad) do call(path, nil, body) end
  for _, param in ipairs(operation.params) do
    if param.where == "query" then
      call(path, { [param.name] = "x" }, valid)
      call(path, { [param.name] = "0" }, valid)
    end
  end
end

-- Clients with other credentials than the valid ones, which may be called for.
local strangers = {
  clerk = { { secret_key = "sk_test_other" } },
  convex = { { token = "a.b.c" }, { deploy_key = "other" }, {} },
  cvat = { { token = "other" } },
  edgegap = { { token = "other" } },
  gencove = { { jwt = "a.b.c" }, {} },
}

local tours = {}

function tours.clerk(s, new_client)
  local org, user = s.clerk.organization_id, s.clerk.user_id
  local clerk = new_client { secret_key = s.clerk.secret_key, api_version = "2024-10-01" }
  local invitations, entries = clerk.organization_invitations, clerk.waitlist_entries
  local id = clerk.invitations:create({ email_address = "a@example.com" }).id
  clerk.invitations:revoke(id)
  clerk.invitations:revoke(id)
  clerk.invitations:revoke "inv_none"
  clerk.invitations:create { email_address = "member@example.com" }
  clerk.invitations:create_bulk { { email_address = "b@example.com" } }
  clerk.invitations:create_bulk { { email_address = "b@example.com" } }
  clerk.invitations:create_bulk { { email_address = "member@example.com" } }
  local function invite(address, more)
    local params = { email_address = address, role = "org:member" }
    for name, value in pairs(more or {}) do params[name] = value end
    return invitations:create(org, params)
  end
  local made = invite "c@example.com"
  invite "c@example.com"
  invite("d@example.com", { inviter_user_id = "user_x" })
  invitations:create_bulk(org, { { email_address = "e@example.com", role = "org:admin" } })
  invitations:create_bulk(org, { { email_address = "e@example.com", role = "org:admin" } })
  invitations:create_bulk(org, { { email_address = "f@example.com", role = "org:admin",
                                   inviter_user_id = "user_x" } })
  invitations:get(org, made.id)
  invitations:list(org)
  clerk:request("GET", "/organizations/" .. org .. "/invitations", { query = { limit = "x" } })
  clerk:request("GET", "/organizations/" .. org .. "/invitations", { query = { status = "x" } })
  invitations:list_pending(org)
  clerk:request("GET", "/organizations/" .. org .. "/invitations/pending",
    { query = { limit = "x" } })
  invitations:list_of_user(user)
  clerk:request("GET", "/users/" .. user .. "/organization_invitations",
    { query = { limit = "x" } })
  invitations:revoke(org, made.id, { requesting_user_id = "user_x" })
  invitations:revoke(org, made.id)
  local session = clerk.sessions:create { user_id = user }
  clerk.sessions:get(session.id)
  clerk:request("GET", "/sessions", { query = { user_id = user, limit = "x" } })
  local token = clerk.sessions:create_token(session.id).jwt
  clerk.sessions:create_token_from_template(session.id, "sandbox")
  clerk.sessions:verify(session.id, { token = token })
  clerk.sessions:verify(session.id, { token = "x" })
  new_client({ secret_key = s.clerk.secret_key }).sessions:verify(session.id, { token = token })
  local params = { expired_token = token, request_origin = "https://example.com",
    refresh_token = s:books("clerk").sessions[1].refresh_token }
  clerk.sessions:refresh(session.id, params)
  clerk.sessions:refresh(session.id, params)
  clerk.sessions:revoke(session.id)
  local entry = entries:create { email_address = "g@example.com" }
  local others = entries:create_bulk { { email_address = "h@example.com" },
                                       { email_address = "i@example.com" } }
  entries:create_bulk { { email_address = "j@example.com" }, { email_address = "J@example.com" } }
  entries:invite(entry.id)
  entries:invite(entry.id)
  clerk:request("POST", "/waitlist_entries/" .. others[1].id .. "/invite",
    { body = { ignore_existing = 7 } })
  entries:delete(entry.id)
  entries:reject(others[1].id)
  entries:reject(others[1].id)
  entries:delete(others[2].id)
end

function tours.convex(s, new_client)
  local convex = new_client { token = s.convex.token }
  convex.admins:create_user_profile { role = "admin" }
  convex.invite_codes:apply_invite_code { code = s.convex.invite_code }
  local id = convex.sessions:create { questionId = s.convex.question_id, agentThreadId = "t",
    assistantId = "a", functionName = "f", inputParameters = {} }
  convex.sessions:start_session { sessionId = id }
  convex.editor_snapshots:create { sessionId = id, editor = { language = "lua", content = "",
    lastUpdated = 1, functionName = "f", inputParameters = {} },
    terminal = { output = "", isError = false } }
  convex.sessions:end_session { sessionId = id }
  local ts = convex:query_ts().ts
  new_client({}):request("POST", "/api/query_ts", { headers = { ["Convex-Client"] = "x" } })
  convex:query_at_ts("questions:getAll", {}, ts)
  convex:query_at_ts("questions:getAll", {}, "////////fw==")
  s:advance(31, "convex")
  convex:query_at_ts("questions:getAll", {}, ts)
  convex:query_batch { { path = "questions:getAll" } }
  convex:query_batch { { path = "..:x" } }
  convex:run("testing:echo", {})
  for _, kind in ipairs { "query", "mutation", "action" } do
    convex[kind](convex, "testing:echo")
  end
  convex:call_function("testing:read", {})
  new_client({ deploy_key = s.convex.deploy_key }):call_function("testing:read", {})
end

function tours.edgegap(s, new_client)
  local edgegap = new_client { token = s.edgegap.token }
  local sessions, deployments, tags = edgegap.sessions, edgegap.deployments, edgegap.deployment_tags
  local relays = edgegap.relay_sessions
  local id = sessions:create({ app_name = "demo", ip_list = { "192.0.2.1" } }).session_id
  s:advance(1, "edgegap")
  sessions:get(id)
  sessions:users(id)
  sessions:add_users(id, { ip_list = { "192.0.2.2" } })
  local many = {}
  for i = 1, 40 do many[i] = "198.51.100." .. i end
  sessions:add_users(id, { ip_list = many })
  sessions:remove_users(id, { ip_list = { "192.0.2.1" } })
  local deployment = sessions:get(id).deployment.request_id
  sessions:create { app_name = "demo", ip_list = many, deployment_request_id = deployment }
  sessions:delete(id)
  sessions:delete(id)
  local function start(application)
    return deployments:create { application = application, version = "v1",
      users = { { user_type = "ip_address", user_data = { ip_address = "192.0.2.1" } } } }
  end
  start "unplaceable"
  local made = start("demo").request_id
  deployments:get(made)
  deployments:logs(made)
  tags:create(made, { name = "blue" })
  tags:create(made, { name = "blue" })
  tags:create(made, { name = "red" })
  tags:list(made)
  tags:get(made, "blue")
  tags:get(made, "none")
  tags:update(made, "blue", { name = "red" })
  tags:update(made, "blue", { name = "green" })
  tags:update(made, "none", { name = "x" })
  tags:delete(made, "green")
  tags:delete(made, "green")
  deployments:stop(made)
  deployments:stop(made)
  deployments:stop_self(start("demo").request_id, "key")
  local relay = relays:create({ users = { { ip = "192.0.2.1" } } }).session_id
  relays:get(relay)
  local user = relays:authorize_user({ session_id = relay, user_ip = "192.0.2.2" }).session_user
  relays:authorize_user { session_id = relay, user_ip = "192.0.2.2" }
  relays:revoke_user { session_id = relay, authorization_token = user.authorization_token }
  relays:delete(relay)
end

function tours.gencove(s, new_client)
  local gencove = new_client { api_key = s.gencove.api_key }
  local token = s.gencove.invitation_token
  gencove.invitations:delete(gencove.invitations:create({ email = "a@example.com" }).id)
  gencove.invitations:read_token(token)
  gencove.invitations:accept(token)
  gencove.invitations:accept(token)
  local id = gencove.user:register({ email = "b@example.com", password = "long enough" }).id
  local mail
  for _, user in ipairs(s:books("gencove").users) do
    if user.id == id then mail = { uid = user.uid, token = user.activation_token } end
  end
  gencove.user:activate(mail)
  gencove.user:activate(mail)
  local tokens = gencove.jwt:create { email = "b@example.com", password = "long enough" }
  local other = new_client { jwt = tokens.access } -- who belongs to no organization
  other.invitations:list()
  other.invitations:create { email = "c@example.com" }
  other.invitations:delete(UNKNOWN)
  other.organization:get()
  other.organization_users:list()
  other.organization_users:create { user = UNKNOWN, role = "owner" }
  other.organization_users:update(UNKNOWN, {})
  other.organization_roles:get(UNKNOWN)
  other.user:get()
  local role = gencove.organization_users:create { user = id, role = "member" }
  gencove.organization_roles:get(role.id)
  gencove.organization_users:update(id, { name = "B" })
  gencove:request("PATCH", "/organization-users/" .. id, { body = { is_active = "x" } })
  gencove.roles:list "project"
  gencove.jwt:refresh { refresh = tokens.refresh }
  gencove.jwt:verify { token = tokens.access }
  gencove.jwt:logout { refresh = tokens.refresh }
end

-- The server of 2.15, whose update works with the query `accepted` alone.
function tours.cvat(s, new_client)
  local cvat = new_client { token = s.cvat.token, org = s.cvat.org }
  local invitee = new_client { token = s.cvat.invitee_token }
  local outsider = new_client { token = s.cvat.outsider_token }
  local function invite(address)
    return cvat.invitations:create({ email = address, role = "worker" }).key
  end
  local key = invite(s.cvat.invitee_email)
  local path = "/api/invitations/" .. key
  cvat.invitations:get(key)
  cvat.invitations:list { org_id = "1", ["X-Organization"] = "x" }
  cvat:request("GET", "/api/invitations", { query = { org = s.cvat.org, org_id = 1 } })
  cvat:request("GET", path, { query = { org = s.cvat.org, org_id = 1 } })
  cvat:request("DELETE", path, { query = { org = s.cvat.org, org_id = 1 } })
  cvat:request("GET", "/api/memberships", { query = { org = s.cvat.org, org_id = 1 } })
  for _, resource in ipairs { "invitations", "memberships" } do
    outsider[resource]:list { org = s.cvat.org }
    invitee[resource]:get(resource == "invitations" and key or 1)
  end
  outsider.invitations:create { email = "x@example.com", role = "worker" }
  cvat.invitations:update(key, { role = "worker" })
  invitee.invitations:update(key)
  invitee.invitations:delete(key)
  for _, verb in ipairs { "accept", "decline" } do cvat.invitations[verb](cvat.invitations, key) end
  invitee.invitations:resend(key)
  cvat.invitations:resend(key)
  cvat:request("PATCH", path, { body = { role = "x" } })
  invitee:request("PATCH", path, { query = { accepted = 1 } })
  cvat.invitations:resend(key)
  invitee.invitations:decline(key)
  key = invite(s.cvat.invitee_email)
  invitee.invitations:accept(key)
  invitee.invitations:accept(key)
  cvat.invitations:delete(key)
  invite "a@example.com"
  local id = cvat.memberships:list({ user = "a@example.com" }).results[1].id
  cvat.memberships:get(id)
  cvat.memberships:delete(id)
  cvat.memberships:delete(1)
  cvat.memberships:delete(id)
  cvat.memberships:get(id)
  cvat.auth:login { username = s.cvat.username, password = s.cvat.password }
end

local function set_of(text)
  local set = {}
  for status in tostring(text or ""):gmatch "%d+" do set[tonumber(status)] = true end
  return set
end

local function words(set)
  local list = {}
  for status in pairs(set) do list[#list + 1] = status end
  table.sort(list)
  return table.concat(list, " ")
end

-- The operation that a request is of: the one whose path says most.
local function operation_of(operations, base, request)
  local best, least = nil, math.huge
  for _, operation in ipairs(operations) do
    local pattern = (base .. operation.path):gsub("[%-%.%+]", "%%%0"):gsub("{[^}]+}", "[^/]+")
    local _, open = operation.path:gsub("{", "")
    if operation.method == request.method and request.path:find("^" .. pattern .. "$")
      and open < least then
      best, least = operation, open
    end
  end
  return best
end

-- All statuses that were given, by operation.
local function explore(s, api, operations)
  local url, seen = s[api].url, {}
  local base = url:match "^%w+://[^/]+(.*)$"
  local function note()
    for _, request in ipairs(s:requests(api)) do
      local operation = operation_of(operations, base, request)
      if operation then
        seen[operation] = seen[operation] or {}
        seen[operation][request.status] = true
      end
    end
  end
  local function new_client(options)
    options.url, options.retries = url, 0
    return convoke[api](options)
  end
  tours[api](s, new_client)
  note()
  s:reset(api)
  local known = {}
  for _, name in ipairs { "secret_key", "token", "api_key" } do
    if s[api][name] and not next(known) then known[name] = s[api][name] end
  end
  local by_known, by_others = new_client(known), {}
  for i, options in ipairs(strangers[api]) do by_others[i] = new_client(options) end
  for _, operation in ipairs(operations) do
    local function ask(by, path, query, body)
      by:request(operation.method, path, { query = query, body = body,
        headers = body and { ["Content-Type"] = "application/json" } })
    end
    provoke(operation, function(...) ask(by_known, ...) end)
    local path = operation.path:gsub("{[^}]+}", UNKNOWN)
    local body = operation.body and bodies_of(operation) or nil
    for _, by in ipairs(by_others) do ask(by, path, nil, body) end
    client.send(operation.method, url .. path)
    note()
    s:reset(api)
  end
  return seen
end

for _, api in ipairs { "clerk", "convex", "cvat", "edgegap", "gencove" } do
  describe("the statuses of the sandbox's " .. api, function()
    local path = documents .. api .. ".openapi.json"
    local file = io.open(path)
    if not file then
      pending("the newest contract of " .. api .. " is not here")
      return
    end
    file:close()
    local s, seen
    local operations, ours = {}, {}
    for _, operation in ipairs(convoke.operations) do
      if operation.api == api then
        operations[#operations + 1] = operation
        ours[operation.method .. " " .. operation.path] = operation
      end
    end
    local described = openapi.read(path, function(method, route)
      return ours[method .. " " .. route] ~= nil
    end).operations

    setup(function()
      s = sandbox.start { cvat = "2.15" }
      seen = explore(s, api, operations)
    end)
    teardown(function() s:stop() end)

    for route, operation in pairs(ours) do
      local documented = {}
      for _, list in ipairs { described[route].success, described[route].errors } do
        for _, status in ipairs(list) do documented[status] = true end
      end

      it("of " .. operation.name .. " are those that its document names", function()
        local own_name = operation.name:gsub("^%w+%.", "")
        local given, others, lacking = seen[operation], {}, {}
        for status in pairs(given) do others[status] = not documented[status] or nil end
        for status in pairs(documented) do
          lacking[status] = not given[status] and status ~= 429 and status < 500 or nil
        end
        assert.equal((undocumented[api] or {})[own_name] or "", words(others))
        assert.equal(words(set_of(only_planned[api][own_name])), words(lacking))
      end)
    end

    it("can all be planned, each with a body that an error is read from", function()
      local statuses = {}
      for _, operation in pairs(described) do
        for _, status in ipairs(operation.errors) do statuses[status] = true end
      end
      local url = s[api].url
      local by = convoke[api] { url = url, retries = 0, secret_key = s[api].secret_key,
        token = s[api].token, api_key = s[api].api_key }
      for status in pairs(statuses) do
        s:fault { api = api, status = status }
        local _, err = by:request("GET", "/x")
        assert.equal(status, err.status)
        assert.is_string(err.message)
      end
    end)
  end)
end
