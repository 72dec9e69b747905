--- A wait of one task that others end.

local engine = require "convoke.engine"
local timers = require "convoke.timers"

local Signal = {}
Signal.__index = Signal

--- Waits until somebody raises the signal, which may have happened already.
-- @param seconds  that it waits at most; nil: for ever
function Signal:wait(seconds)
  engine.check()
  local owner, token = engine.here()
  local timer = seconds and timers.add(seconds, owner, token)
  self.owner, self.token = owner, token
  engine.drive()
  if timer then engine.announce() end
  while not self.raised and (not timer or timers.waits(timer)) do engine.park(owner, token) end
  if timer then timers.remove(timer) end
  self.raised, self.owner, self.token = false, nil, nil
end

--- Ends the wait, or the next one.
function Signal:raise()
  self.raised = true
  if self.owner then self.owner.wake(self.token) end
end

--- A new signal.
return function()
  return setmetatable({ raised = false, owner = nil, token = nil }, Signal)
end
