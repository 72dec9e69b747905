--- A client of Redis that a program brings, a function, in the place of a connection of ours.
--
-- nginx's own sockets wait in coroutines of nginx's only, which tasks of ours are not: a command of
-- a task is handed to a timer of nginx's, while the task is parked.

local engine = require "convoke.engine"
local timers = require "convoke.timers"

local foreign = {}

local Foreign = {}
Foreign.__index = Foreign

local unpack = unpack or table.unpack -- luacheck: std max

-- Numbers with all their digits, as core.redis writes them.
local function word(value)
  if type(value) ~= "number" then return value end
  if value % 1 == 0 and value > -2 ^ 63 and value < 2 ^ 63 then
    return ("%d"):format(value)
  end
  return ("%.17g"):format(value)
end

-- A reply as lua-resty-redis gives it, in our form: its null is a userdata, and an error within an
-- array a pair of false and a text.
local function translate(reply, nested)
  if type(reply) == "userdata" then return false end
  if type(reply) ~= "table" then return reply end
  if nested and reply[1] == false and type(reply[2]) == "string" then
    return { error = reply[2] }
  end
  local made = {}
  for i = 1, #reply do made[i] = translate(reply[i], true) end
  return made
end

local function pass_on(reply, why)
  if reply == nil then return nil, tostring(why or "no reply"), "connection" end
  if reply == false and why ~= nil then return nil, tostring(why), "answer" end
  return translate(reply)
end

-- Timers of nginx's ------------------------------------------------

local most_timers = 8
local patience = 1 -- seconds; nginx drops a timer when too many run, so another is begun then
local queue = {} -- commands of tasks that no timer has taken: { ask, words, owner, token }
local serving = 0 -- how many timers run

local function serve()
  serving = serving + 1
  while queue[1] do
    local piece = table.remove(queue, 1)
    piece.taken = true
    piece.fine, piece.reply, piece.why = pcall(piece.ask, unpack(piece.words))
    piece.ended = true
    piece.owner.wake(piece.token)
    engine.announce()
  end
  serving = serving - 1
end

-- Waits until a timer has carried the command out.
local function await(piece)
  while not piece.ended do
    if not piece.taken and serving < most_timers then
      local begun, why = _G.ngx.timer.at(0, serve)
      if not begun and serving == 0 then
        piece.ended, piece.fine, piece.why = true, true, "nginx begins no timer: " .. why
        break
      end
    end
    local timer = timers.add(patience, piece.owner, piece.token)
    engine.announce()
    engine.park(piece.owner, piece.token)
    timers.remove(timer)
  end
end

local function ask_in_timer(piece)
  queue[#queue + 1] = piece
  engine.drive()
  local waited, fault = engine.protected(await, piece)
  for i = #queue, 1, -1 do -- what nobody waits for is not begun any more
    if queue[i] == piece then table.remove(queue, i) end
  end
  if not waited then error(fault, 0) end
  if not piece.fine then error(piece.reply, 0) end
  return pass_on(piece.reply, piece.why)
end

-- The connection ------------------------------------------------

--- Sends a command: see hiredis.lua.
function Foreign:command(...)
  if self.closed then return nil, self.name .. ": the connection is closed", "connection" end
  local words = { ... }
  for i = 1, #words do words[i] = word(words[i]) end
  local owner, token = nil, nil
  if rawget(_G, "ngx") then owner, token = engine.own() end
  if not owner then return pass_on(self.ask(unpack(words))) end
  return ask_in_timer { ask = self.ask, words = words, owner = owner, token = token }
end

--- Sends nothing more.
function Foreign:close()
  self.closed = true
end

function Foreign:__tostring() return self.name end

--- Makes a connection of a function: see hiredis.lua.
-- @param ask           the function
-- @param name, prefix  of the connection
function foreign.open(ask, name, prefix)
  return setmetatable({ ask = ask, name = name, prefix = prefix }, Foreign)
end

return foreign
