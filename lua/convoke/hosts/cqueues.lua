--- cqueues: calls made in a coroutine of a controller yield to it.

local cqueues = require "cqueues"
local condition = require "cqueues.condition"

local host = { name = "cqueues" }

local drivers = setmetatable({}, { __mode = "k" }) -- controllers that drive the engine

function host.running()
  local controller, inside = cqueues.running()
  if controller and inside then return { woken = false, condition = condition.new() } end
end

function host.park(token)
  while not token.woken do token.condition:wait() end
  token.woken = false
end

function host.wake(token)
  token.woken = true
  token.condition:signal()
end

function host.sleep(seconds)
  cqueues.sleep(seconds)
end

local function watch(controller, engine)
  local pollable = { pollfd = engine.pollfd, events = function() return "r" end }
  function pollable.timeout() return engine.timeout() end
  engine.step()
  while engine.busy() do
    cqueues.poll(pollable)
    engine.step()
  end
  drivers[controller] = nil
end

function host.drive(engine)
  local controller = cqueues.running()
  if not controller or drivers[controller] then return end
  drivers[controller] = true
  controller:wrap(watch, controller, engine)
end

return host
