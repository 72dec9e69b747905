--- convoke.drain: waiting for the calls that are under way, while nothing new is begun.

local core = require "convoke.core"
local engine = require "convoke.engine"
local turns = require "convoke.call.turns"
local timers = require "convoke.timers"

local nobody = { wake = function() end } -- the owner of a timer that only ends a wait

-- The calls that are under way: in flight, or between two tries.
local function under_way()
  local natives = engine.pausing()
  for _, native in ipairs(core.calls()) do natives[#natives + 1] = native end
  for native in pairs(engine.streams) do
    if not (native:done() or native:awaited()) then natives[#natives + 1] = native end
  end
  return natives
end

local function is_idle()
  return core.in_flight() == 0 and not engine.pausing()[1]
end

-- Waits until no call is under way, or until `stop`, by core.now().
local function await(stop)
  local function done() return is_idle() or core.now() >= stop end
  if engine.here() then
    while not done() do engine.sleep(math.min(0.005, math.max(0, stop - core.now()))) end
    return
  end
  local timer = stop < math.huge and timers.add(stop - core.now(), nobody, {})
  local ended, why = pcall(engine.block, done)
  if timer then timers.remove(timer) end
  if not ended then error(why, 0) end
end

-- Cancels what is left. Returns how many calls that were.
local function cancel_rest()
  local natives = under_way()
  for _, native in ipairs(natives) do engine.cancel(native) end
  return #natives
end

--- Waits until the calls that are under way have ended; meanwhile calls that are to begin end as
-- `cancelled` with the outcome `not_sent`. Afterwards calls begin again.
-- @param seconds  that it waits at most, from 0; nil: until all have ended
-- @return how many calls were left then, which are cancelled
return function(seconds)
  if seconds ~= nil and (type(seconds) ~= "number" or seconds ~= seconds or seconds < 0) then
    error("convoke.drain: seconds must be a number from 0", 2)
  end
  local stop, gate = core.now() + (seconds or math.huge), {}
  local drained, left = engine.protected(function()
    turns.close_gate(gate)
    await(stop)
    local left = cancel_rest()
    if left > 0 then -- their callers go on, and can begin nothing yet
      if engine.here() then engine.sleep(0) else engine.step() end
    end
    turns.open_gate(gate)
    return left
  end)
  turns.open_gate(gate) -- also where an error ended the wait
  if not drained then error(left, 0) end
  return left
end
