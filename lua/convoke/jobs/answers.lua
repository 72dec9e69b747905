--- Pieces of work that a thread of a store does for tasks: whoever asks for one is parked until it
-- has ended.

local core = require "convoke.core"
local engine = require "convoke.engine"

local answers = {}

local Answers = {}
Answers.__index = Answers

local longest_wait = 60 -- seconds; then look again

--- Begins to see to what a thread has done.
-- @param native  what has the thread, a userdata of core:
--   submit(...): hands work over; returns its number, or nil: out of memory;
--   next(): the number of what has ended, and what that has brought: a value, or nil and why there
--     is none; or nothing;
--   drop(): next() goes on to another one;
--   pending(), fd(), is_parents(), close()
-- @return nil: too many are seen to
function answers.open(native)
  local self = setmetatable({
    native = native,
    fd = native:fd(),
    ended = {}, -- number -> { what it has brought }
    waiting = {}, -- number -> { owner, token }
  }, Answers)
  return engine.watch(self.fd, self) and self or nil
end

--- For the engine: how many pieces are under way.
function Answers:pending()
  return self.native:pending()
end

local function wake(waits)
  if waits.owner then waits.owner.wake(waits.token) end
end

--- For the engine: takes what has ended, and wakes those who wait for it.
function Answers:take(forked)
  local native, ended, waiting = self.native, self.ended, self.waiting
  if forked then self.forked = true end
  local number, value, why, kind = native:next()
  while number do -- an interrupt between two lines loses nothing: it is shown again
    local waits = waiting[number]
    if waits then
      ended[number] = { value, why, kind }
      wake(waits)
    end
    native:drop()
    number, value, why, kind = native:next()
  end
  if self.forked then self:give_up("left to the process that forked", "connection") end
end

--- Tells all who wait for an answer that none comes.
function Answers:give_up(why, kind)
  for number, waits in pairs(self.waiting) do
    self.ended[number] = { nil, why, kind }
    wake(waits)
  end
end

local function await(self, number, owner, token)
  if owner then engine.drive() end
  while not self.ended[number] do
    if owner then
      engine.park(owner, token)
    else
      core.wait(longest_wait)
      engine.dispatch()
    end
  end
end

--- Hands work over and waits until it has ended.
-- @param ...  for native:submit()
-- @return what it has brought: a value; or nil and why there is none
function Answers:ask(...)
  local owner, token = engine.here()
  local number = self.native:submit(...)
  if not number then return nil, "out of memory" end
  self.waiting[number] = { owner = owner, token = token }
  local waited, fault = engine.protected(await, self, number, owner, token)
  self.waiting[number] = nil
  local answer = self.ended[number]
  self.ended[number] = nil
  if not waited then error(fault, 0) end
  return answer[1], answer[2], answer[3]
end

--- Sees to it no longer and closes what has the thread.
function Answers:close(why, kind)
  engine.watch(self.fd, nil)
  self.native:close()
  self:give_up(why, kind)
end

return answers
