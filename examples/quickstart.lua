--- A tour of all 27 operations, against a sandbox of its own.
--
--   lua5.4 examples/quickstart.lua
--   lua5.4 examples/quickstart.lua --all     those beyond the vendors' reference pages, too
--
-- Each line begins with an operation's name and shows its answer; nothing leaves this machine.

local convoke = require "convoke"
local shows_all = arg ~= nil and arg[1] == "--all"
local sandbox = require("convoke.sandbox").start()

-- Showing -----------------------------------------------------------------------------------------

local telling = { "version", "detail", "username", "id", "_id", "session_id", "key", "token", "ts",
                  "access", "refresh", "name", "email", "email_address", "role",
                  "organization_slug", "status", "ready", "user_count" }

-- A value, or its beginning.
local function short(value)
  local text = tostring(value)
  return #text > 28 and text:sub(1, 25) .. "..." or text
end

-- An answer in a few words.
local function brief(answer)
  if answer == true then return "done" end -- there is no content
  if type(answer) == "table" and next(answer) == nil then return "done" end
  if answer == convoke.null then return "done (null)" end
  if type(answer) ~= "table" then return short(answer) end
  local words = {}
  for _, name in ipairs(telling) do
    if answer[name] ~= nil then words[#words + 1] = name .. "=" .. short(answer[name]) end
  end
  if words[1] then return table.concat(words, " ") end
  local list = answer.results or answer.data or answer.session_users or answer.processable
    or answer.tags or answer.sessions or answer.locations or answer
  return ("%d in a list"):format(#list)
end

local outcomes = {} -- by operation name: true when it worked

-- Prints the outcome of a call and passes the answer on; a failed call ends the tour of its API.
local function show(name, answer, err)
  outcomes[name] = err == nil
  print(("%-37s  %s"):format(name, err and "FAILED " .. tostring(err) or brief(answer)))
  if err then error(err, 0) end
  return answer
end

-- The tours ---------------------------------------------------------------------------------------

local tours = {}

function tours.clerk()
  local clerk = convoke.clerk { url = sandbox.clerk.url, secret_key = sandbox.clerk.secret_key }
  local invitation = show("clerk.invitations.create", clerk.invitations:create {
    email_address = "ada@example.com",
    public_metadata = { team = "red" },
  })
  show("clerk.invitations.list", clerk.invitations:list { status = "pending" })
  show("clerk.invitations.revoke", clerk.invitations:revoke(invitation.id))
end

function tours.convex()
  local convex = convoke.convex { url = sandbox.convex.url, token = sandbox.convex.token }
  show("convex.admins.create_user_profile", convex.admins:create_user_profile { role = "admin" })
  show("convex.invite_codes.apply_invite_code",
    convex.invite_codes:apply_invite_code { code = sandbox.convex.invite_code })
  local session = show("convex.sessions.create", convex.sessions:create {
    questionId = sandbox.convex.question_id,
    agentThreadId = "thread-1",
    assistantId = "assistant-1",
    functionName = "twoSum",
    inputParameters = { "nums", "target" },
  })
  show("convex.sessions.start_session", convex.sessions:start_session { sessionId = session })
  show("convex.editor_snapshots.create", convex.editor_snapshots:create {
    sessionId = session,
    editor = { language = "lua", content = "return {}", lastUpdated = os.time() * 1000,
               functionName = "twoSum", inputParameters = { "nums", "target" } },
    terminal = { output = "", isError = false },
  })
  show("convex.sessions.end_session", convex.sessions:end_session { sessionId = session })
end

function tours.cvat()
  local cvat = convoke.cvat { url = sandbox.cvat.url, token = sandbox.cvat.token,
                              org = sandbox.cvat.org }
  local invitation = show("cvat.invitations.create",
    cvat.invitations:create { email = sandbox.cvat.outsider_email, role = "worker" })
  show("cvat.invitations.get", cvat.invitations:get(invitation.key))
  show("cvat.invitations.list", cvat.invitations:list { page_size = 50 })
  show("cvat.invitations.update", cvat.invitations:update(invitation.key, { role = "worker" }))
  show("cvat.invitations.delete", cvat.invitations:delete(invitation.key))
end

function tours.gencove()
  local gencove = convoke.gencove { url = sandbox.gencove.url, api_key = sandbox.gencove.api_key }
  local invitation = show("gencove.invitations.create",
    gencove.invitations:create { email = "guest@example.com", role = "member" })
  show("gencove.invitations.list", gencove.invitations:list { status = "pending" })
  show("gencove.invitations.delete", gencove.invitations:delete(invitation.id))
  local token = sandbox.gencove.invitation_token -- comes by mail
  show("gencove.invitations.read_token", gencove.invitations:read_token(token))
  show("gencove.invitations.accept", gencove.invitations:accept(token, {}))
end

function tours.edgegap()
  local edgegap = convoke.edgegap { url = sandbox.edgegap.url, token = sandbox.edgegap.token }
  local session = show("edgegap.sessions.create",
    edgegap.sessions:create { app_name = "demo", ip_list = { "192.0.2.1" } })
  local id = session.session_id
  sandbox:advance(1, "edgegap") -- a session is ready a moment after its creation
  show("edgegap.sessions.get", edgegap.sessions:get(id))
  show("edgegap.sessions.add_users", edgegap.sessions:add_users(id, { ip_list = { "192.0.2.2" } }))
  show("edgegap.sessions.users", edgegap.sessions:users(id))
  show("edgegap.sessions.remove_users",
    edgegap.sessions:remove_users(id, { ip_list = { "192.0.2.1" } }))
  show("edgegap.sessions.list", edgegap.sessions:list { limit = 50 })
  show("edgegap.sessions.delete", edgegap.sessions:delete(id))
  local other = assert(edgegap.sessions:create { app_name = "demo", ip_list = { "192.0.2.3" } })
  show("edgegap.sessions.bulk_stop", edgegap.sessions:bulk_stop {
    filters = { { field = "session_id", filter_type = "any", values = { other.session_id } } },
  })
end

-- What came after the reference pages -------------------------------------------------------------

local further = {}

function further.clerk()
  local clerk = convoke.clerk { url = sandbox.clerk.url, secret_key = sandbox.clerk.secret_key,
                                api_version = "2024-10-01" } -- newer ones lack sessions.verify
  local org, user = sandbox.clerk.organization_id, sandbox.clerk.user_id
  local invitations, sessions = clerk.organization_invitations, clerk.sessions
  show("clerk.invitations.create_bulk", clerk.invitations:create_bulk {
    { email_address = "grace@example.com" }, { email_address = "edsger@example.com" },
  })
  local invitation = show("clerk.organization_invitations.create",
    invitations:create(org, { email_address = "ada@example.com", role = "org:member" }))
  show("clerk.organization_invitations.create_bulk",
    invitations:create_bulk(org, { { email_address = "alan@example.com", role = "org:admin" } }))
  show("clerk.organization_invitations.get", invitations:get(org, invitation.id))
  show("clerk.organization_invitations.list", invitations:list(org, { status = "pending" }))
  show("clerk.organization_invitations.list_pending", invitations:list_pending(org))
  show("clerk.organization_invitations.list_all", invitations:list_all { query = "ada" })
  show("clerk.organization_invitations.list_of_user", invitations:list_of_user(user))
  show("clerk.organization_invitations.revoke", invitations:revoke(org, invitation.id))
  local session = show("clerk.sessions.create", sessions:create { user_id = user })
  show("clerk.sessions.get", sessions:get(session.id))
  show("clerk.sessions.list", sessions:list { user_id = user })
  local token = show("clerk.sessions.create_token", sessions:create_token(session.id))
  show("clerk.sessions.create_token_from_template",
    sessions:create_token_from_template(session.id, "sandbox"))
  show("clerk.sessions.verify", sessions:verify(session.id, { token = token.jwt }))
  show("clerk.sessions.refresh", sessions:refresh(session.id, {
    expired_token = token.jwt, request_origin = "https://example.com",
    refresh_token = sandbox:books("clerk").sessions[1].refresh_token, -- which a browser holds
  }))
  show("clerk.sessions.revoke", sessions:revoke(session.id))
  local waitlist = clerk.waitlist_entries
  local entry = show("clerk.waitlist_entries.create",
    waitlist:create { email_address = "barbara@example.com" })
  local others = show("clerk.waitlist_entries.create_bulk", waitlist:create_bulk {
    { email_address = "donald@example.com" }, { email_address = "john@example.com" } })
  show("clerk.waitlist_entries.list", waitlist:list { status = "pending" })
  show("clerk.waitlist_entries.invite", waitlist:invite(entry.id))
  show("clerk.waitlist_entries.reject", waitlist:reject(others[1].id))
  show("clerk.waitlist_entries.delete", waitlist:delete(others[2].id))
end

function further.convex()
  local convex = convoke.convex { url = sandbox.convex.url, token = sandbox.convex.token }
  show("convex.query", convex:query("testing:read", { id = "1" }))
  show("convex.mutation", convex:mutation("testing:echo", { id = "2" }))
  show("convex.action", convex:action("testing:act", { id = "3" }))
  local ts = show("convex.query_ts", convex:query_ts()).ts
  show("convex.query_at_ts", convex:query_at_ts("questions:getAll", {}, ts))
  show("convex.query_batch", convex:query_batch {
    { path = "questions:getAll" }, { path = "userProfiles:getUserProfile" },
  })
  show("convex.run", convex:run("testing:echo", { id = "4" }))
  local admin = convoke.convex { url = sandbox.convex.url, deploy_key = sandbox.convex.deploy_key }
  show("convex.call_function", admin:call_function("testing:internal", { id = "5" }))
end

-- Of newer servers, as which the sandbox does not serve CVAT without being told.
local function tour_newer_cvat(newer)
  local cvat = convoke.cvat { url = newer.cvat.url, token = newer.cvat.token,
                              org = newer.cvat.org }
  local invitations = cvat.invitations
  local invitee = convoke.cvat { url = newer.cvat.url,
                                 token = newer.cvat.invitee_token }.invitations
  show("cvat.server.about", cvat.server:about())
  show("cvat.users.self", cvat.users:self())
  show("cvat.organizations.list", cvat.organizations:list { slug = newer.cvat.org })
  local function invite(email)
    return assert(invitations:create { email = email, role = "worker" })
  end
  local invitation = invite(newer.cvat.invitee_email)
  show("cvat.invitations.resend", invitations:resend(invitation.key))
  show("cvat.invitations.accept", invitee:accept(invitation.key))
  show("cvat.invitations.decline", invitee:decline(invitation.key))
  invite "guest@example.com"
  local list = show("cvat.memberships.list", cvat.memberships:list { user = "guest@example.com" })
  local id = list.results[1].id
  show("cvat.memberships.get", cvat.memberships:get(id))
  show("cvat.memberships.delete", cvat.memberships:delete(id))
  local login = show("cvat.auth.login", cvat.auth:login { username = newer.cvat.username,
                                                          password = newer.cvat.password })
  local other = convoke.cvat { url = newer.cvat.url, token = login.key }
  show("cvat.auth.logout", other.auth:logout()) -- of everyone who has this token
end

function further.cvat()
  local newer = require("convoke.sandbox").start { cvat = "2.80" }
  local ok, why = pcall(tour_newer_cvat, newer)
  newer:stop()
  if not ok then error(why, 0) end
end

function further.gencove()
  local url = sandbox.gencove.url
  local gencove = convoke.gencove { url = url, api_key = sandbox.gencove.api_key }
  show("gencove.organization.get", gencove.organization:get())
  show("gencove.roles.list", gencove.roles:list("organization"))
  local guest = show("gencove.user.register",
    gencove.user:register { email = "grace@example.com", password = "a long password" })
  local mail -- to grace
  for _, user in ipairs(sandbox:books("gencove").users) do
    if user.id == guest.id then mail = user end
  end
  show("gencove.user.activate",
    gencove.user:activate { uid = mail.uid, token = mail.activation_token })
  local users = gencove.organization_users
  local role = show("gencove.organization_users.create",
    users:create { user = guest.id, role = "member" })
  show("gencove.organization_roles.get", gencove.organization_roles:get(role.id))
  show("gencove.organization_users.list", users:list { search = "grace" })
  show("gencove.organization_users.update", users:update(guest.id, { name = "Grace" }))
  local tokens = show("gencove.jwt.create",
    gencove.jwt:create { email = "grace@example.com", password = "a long password" })
  local grace = convoke.gencove { url = url, jwt = tokens.access }
  show("gencove.user.get", grace.user:get())
  show("gencove.jwt.refresh", grace.jwt:refresh { refresh = tokens.refresh })
  show("gencove.jwt.verify", grace.jwt:verify { token = tokens.access })
  show("gencove.jwt.logout", grace.jwt:logout { refresh = tokens.refresh })
end

function further.edgegap()
  local edgegap = convoke.edgegap { url = sandbox.edgegap.url, token = sandbox.edgegap.token }
  local deployments, tags = edgegap.deployments, edgegap.deployment_tags
  local function start()
    return deployments:create { application = "demo", version = "v1", tags = { "tour" },
      users = { { user_type = "ip_address", user_data = { ip_address = "192.0.2.1" } } } }
  end
  local id = show("edgegap.deployments.create", start()).request_id
  assert(deployments:wait(id, { pause = 0.1 }))
  show("edgegap.deployments.get", deployments:get(id))
  show("edgegap.deployments.list", deployments:list {})
  show("edgegap.deployments.logs", deployments:logs(id))
  show("edgegap.deployment_tags.create", tags:create(id, { name = "blue" }))
  show("edgegap.deployment_tags.get", tags:get(id, "blue"))
  show("edgegap.deployment_tags.list", tags:list(id))
  show("edgegap.deployment_tags.update", tags:update(id, "blue", { name = "green" }))
  show("edgegap.deployment_tags.delete", tags:delete(id, "green"))
  show("edgegap.deployments.stop", deployments:stop(id))
  show("edgegap.deployments.stop_self", deployments:stop_self(assert(start()).request_id, "key"))
  assert(start())
  show("edgegap.deployments.bulk_stop", deployments:bulk_stop {
    filters = { { field = "deployment_tags", filter_type = "any", values = { "tour" } } },
  })
  show("edgegap.beacons.list", edgegap.beacons:list {})
  local relays = edgegap.relay_sessions
  local relay = show("edgegap.relay_sessions.create",
    relays:create { users = { { ip = "192.0.2.1" } } }).session_id
  show("edgegap.relay_sessions.get", relays:get(relay))
  show("edgegap.relay_sessions.list", relays:list {})
  local user = show("edgegap.relay_sessions.authorize_user",
    relays:authorize_user { session_id = relay, user_ip = "192.0.2.2" }).session_user
  show("edgegap.relay_sessions.revoke_user", relays:revoke_user { session_id = relay,
    authorization_token = user.authorization_token })
  show("edgegap.relay_sessions.delete", relays:delete(relay))
end

for _, api in ipairs { "clerk", "convex", "cvat", "gencove", "edgegap" } do
  print(("\n%s at %s"):format(api, sandbox[api].url))
  local ok, why = pcall(function()
    tours[api]()
    if shows_all and further[api] then further[api]() end
  end)
  if not ok then print("the tour of " .. api .. " ended early: " .. tostring(why)) end
end
-- Many calls at once ------------------------------------------------------------------------------

local function seconds_of(f)
  local started = convoke.now()
  f()
  return convoke.now() - started
end

local function race()
  local clerk = convoke.clerk { url = sandbox.clerk.url, secret_key = sandbox.clerk.secret_key }
  local count, calls = 200, {}
  local function call() assert(clerk.invitations:list { limit = 1 }) end
  for i = 1, count do calls[i] = call end
  sandbox:fault { api = "clerk", method = "GET", delay = 0.005, times = 2 * count }
  print(("\n%d calls to a server that takes 5 ms for each"):format(count))
  print(("one after another  %.2f s"):format(seconds_of(function()
    for i = 1, count do calls[i]() end
  end)))
  print(("all at once        %.2f s"):format(seconds_of(function()
    local _, errors = convoke.all(calls)
    for i = 1, errors.n do assert(not errors[i], errors[i]) end
  end)))
end

race()
sandbox:stop()

local working, shown = 0, 0
for _, operation in ipairs(convoke.operations) do
  if shows_all or not operation.extra then shown = shown + 1 end
  if outcomes[operation.name] then working = working + 1 end
end
print(("\n%d of %d operations work"):format(working, shown))
os.exit(working == shown and 0 or 1, true)
