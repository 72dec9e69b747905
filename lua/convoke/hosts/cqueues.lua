--- cqueues: calls made in a coroutine of a controller yield to it.

local cqueues = require "cqueues"
local condition = require "cqueues.condition"

local host = { name = "cqueues" }

-- Controller -> { waiting = how many of its coroutines are parked; driver = the coroutine that
-- drives the engine there, or nil; idle = the condition that wakes the driver once none of them is
-- parked any more }. Every controller has a driver of its own, since the program decides which of
-- them runs.
local states = setmetatable({}, { __mode = "k" })

local function state_of(controller)
  local state = states[controller]
  if not state then
    state = { waiting = 0 }
    states[controller] = state
  end
  return state
end

function host.running()
  local controller, inside = cqueues.running()
  if controller and inside then
    return { state = state_of(controller), woken = false, condition = condition.new() }
  end
end

function host.park(token)
  local state = token.state
  state.waiting = state.waiting + 1
  while not token.woken do token.condition:wait() end
  token.woken = false
  state.waiting = state.waiting - 1
  -- The call may have been finished by another controller's driver.
  if state.waiting == 0 and state.idle then state.idle:signal() end
end

function host.wake(token)
  token.woken = true
  token.condition:signal()
end

function host.sleep(seconds)
  cqueues.sleep(seconds)
end

-- Tells drivers that have none of their controller's coroutines to work for.
local function signal_idle()
  for _, state in pairs(states) do
    if state.idle and state.waiting == 0 then state.idle:signal() end
  end
end

host.rest = signal_idle

local function watch(state, engine)
  state.driver = coroutine.running()
  local descriptor = { pollfd = engine.pollfd(), events = "r" }
  engine.turn()
  while state.waiting > 0 or engine.has_tasks() do
    cqueues.poll(descriptor, state.idle)
    engine.turn()
    if not engine.has_tasks() then signal_idle() end
  end
  state.idle = nil
end

function host.drive(engine)
  local controller = cqueues.running()
  if not controller then return end
  local state = state_of(controller)
  local driver = state.driver
  if state.idle and not (driver and coroutine.status(driver) == "dead") then return end
  state.driver = nil
  state.idle = condition.new()
  controller:wrap(watch, state, engine)
end

return host
