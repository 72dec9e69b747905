--- The script of the game server: opens a session by Edgegap, waits until it is ready, moves
-- players in and out, and has a Convex app record the match. Arguments: APP VERSION QUESTION_ID.

local convoke = require "convoke"

local app, version, question = ...
if not question then error("usage: game.lua APP VERSION QUESTION_ID", 0) end

local PATIENCE = 30 -- seconds that the session may take to be ready
local PAUSE = 0.25 -- seconds between two looks at it
local MATCH = 1 -- seconds that a player stays

local edgegap = convoke.edgegap { timeout = 10 }
local convex = convoke.convex { token = os.getenv "CONVEX_TOKEN", timeout = 10 }

local game = { players = {} } -- what main.c asks: tick() and failure

local function say(...)
  print(("%5.1f s  %s"):format(convoke.now() - game.started, (string.format(...))))
end

-- The session, once it is ready.
local function open_session()
  local made = assert(edgegap.sessions:create { app_name = app, version_name = version,
    ip_list = { "198.51.100.1" } })
  say("session %s is asked for", made.session_id)
  game.session = made.session_id -- from here on somebody has to delete it
  local stop = convoke.now() + PATIENCE
  repeat
    local session = assert(edgegap.sessions:get(made.session_id))
    if session.ready then return session end
    if session.error then error(session.error, 0) end
    convoke.sleep(PAUSE)
  until convoke.now() > stop
  error(("session %s is not ready after %g seconds"):format(made.session_id, PATIENCE), 0)
end

-- One player: comes, stays for a while, and goes.
local function play(session, address)
  local list = { ip_list = { address } }
  assert(edgegap.sessions:add_users(session.session_id, list))
  game.players[address] = { x = 0, speed = 1 + #address % 3 }
  say("%s is in", address)
  convoke.sleep(MATCH)
  game.players[address] = nil
  assert(edgegap.sessions:remove_users(session.session_id, list))
  say("%s is out", address)
end

local function record_match(session, addresses)
  return assert(convex.sessions:create { questionId = question, agentThreadId = session.session_id,
    assistantId = "game-server", functionName = "match", inputParameters = addresses })
end

local function run_match()
  local session = open_session()
  say("it is ready")
  local addresses = { "203.0.113.20", "203.0.113.21" }
  local record = record_match(session, addresses)
  assert(convex.sessions:start_session { sessionId = record })
  local players = {}
  for i, address in ipairs(addresses) do
    players[i] = function() play(session, address) end
  end
  local _, errors = convoke.all(players)
  for i = 1, errors.n do
    if errors[i] then error(errors[i], 0) end
  end
  assert(convex.sessions:end_session { sessionId = record })
  say("the match is recorded as %s", record)
end

game.started = convoke.now()
game.running = true
convoke.spawn(function()
  local ok, why = pcall(run_match)
  if not ok then game.failure = tostring(why) end
  if game.session then
    local deleted, err = edgegap.sessions:delete(game.session)
    if not deleted and err.status ~= 404 and err.status ~= 410 then
      game.failure = game.failure or tostring(err)
    end
    say("session %s is deleted", game.session)
  end
  game.running = false
end)

--- One frame of the world. Returns whether there are more.
function game.tick()
  for _, player in pairs(game.players) do player.x = (player.x + player.speed / 60) % 100 end
  return game.running
end

return game
