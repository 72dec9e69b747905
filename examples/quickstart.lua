--- A tour of all 27 operations, against a sandbox of its own.
--
--   lua5.4 examples/quickstart.lua
--
-- Each line begins with an operation's name and shows its answer; nothing leaves this machine.

local convoke = require "convoke"
local sandbox = require("convoke.sandbox").start()

-- Showing -----------------------------------------------------------------------------------------

local telling = { "id", "_id", "session_id", "key", "token", "email", "email_address", "role",
                  "status", "ready", "user_count" }

-- A value, or its beginning.
local function short(value)
  local text = tostring(value)
  return #text > 28 and text:sub(1, 25) .. "..." or text
end

-- An answer in a few words.
local function brief(answer)
  if answer == true then return "done" end -- there is no content
  if answer == convoke.null then return "done (null)" end
  if type(answer) ~= "table" then return short(answer) end
  local words = {}
  for _, name in ipairs(telling) do
    if answer[name] ~= nil then words[#words + 1] = name .. "=" .. short(answer[name]) end
  end
  if words[1] then return table.concat(words, " ") end
  local list = answer.results or answer.data or answer.session_users or answer.processable or answer
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
    cvat.invitations:create { email = "guest@example.com", role = "worker" })
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

for _, api in ipairs { "clerk", "convex", "cvat", "gencove", "edgegap" } do
  print(("\n%s at %s"):format(api, sandbox[api].url))
  local ok, why = pcall(tours[api])
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

local working = 0
for _, operation in ipairs(convoke.operations) do
  if outcomes[operation.name] then working = working + 1 end
end
print(("\n%d of %d operations work"):format(working, #convoke.operations))
os.exit(working == #convoke.operations and 0 or 1, true)
