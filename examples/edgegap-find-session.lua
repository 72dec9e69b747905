--- Finds a player a place in a game session by Edgegap, or makes a session, and waits for it.
--
--   EDGEGAP_API_TOKEN=... lua5.4 edgegap-find-session.lua APP TAG PLAYER_IP [MOST_PLAYERS]
--
-- Listed sessions do not say what they run, so those made here carry TAG (at most 20 characters),
-- and only sessions on deployments with that tag are joined. Prints the session's id and the
-- addresses to connect to. A session that is not ready after 60 seconds, or after as many as
-- EDGEGAP_PATIENCE says, is deleted.
-- Exit status: 0 when the player has a place, 1 when not, 2 for wrong usage.

local convoke = require "convoke"

local patience = tonumber(os.getenv "EDGEGAP_PATIENCE" or 60) -- seconds to wait for a session

local app, tag, player, most_players = arg[1], arg[2], arg[3], tonumber(arg[4] or 8)
if not player or not most_players or #arg > 4 then
  io.stderr:write("usage: edgegap-find-session.lua APP TAG PLAYER_IP [MOST_PLAYERS]\n")
  os.exit(2)
end

local function fail(message)
  message = tostring(message):gsub("^%S+:%d+: ", "") -- a raised one names a line of this file
  io.stderr:write("edgegap-find-session: ", message, "\n")
  os.exit(1)
end

local ok, edgegap = pcall(convoke.edgegap, {}) -- the token comes from the environment
if not ok then fail(edgegap) end
local sessions = edgegap.sessions

local function has_tag(deployment)
  for _, one in ipairs(deployment and deployment.tags or {}) do
    if one == tag then return true end
  end
  return false
end

-- A session with room for the player, who is in it then; or nil.
local function join()
  for listed in sessions:each() do
    local session = listed.ready and listed.user_count < most_players
      and sessions:get(listed.session_id)
    if session and has_tag(session.deployment)
      and sessions:add_users(session.session_id, { ip_list = { player } }) then
      return session
    end -- else it has just ended or filled up
  end
end

-- Ends a session that nobody will play in. One that has gone already is fine.
local function give_up(id, why)
  local deleted, err = sessions:delete(id)
  local gone = deleted or err.status == 404 or err.status == 410
  fail(("session %s %s; %s"):format(id, why, gone and "it is deleted" or "not deleted: " .. err))
end

local function create()
  local id = assert(sessions:create {
    app_name = app,
    ip_list = { player },
    selectors = { { tag = tag } },
  }).session_id
  local session, err = sessions:wait(id, { timeout = patience })
  if session then return session end
  if err.kind == "timeout" then give_up(id, ("was not ready after %g seconds"):format(patience)) end
  give_up(id, (err.status and "cannot be looked at: " or "failed: ")
    .. (err.status and tostring(err) or err.message))
end

local found, session = pcall(function() return join() or create() end)
if not found then fail(session) end
print("session " .. session.session_id)
for name, port in pairs(session.deployment and session.deployment.ports or {}) do
  print(("%s %s %s:%d"):format(name, port.protocol, session.deployment.fqdn, port.external))
end
