--- copas: calls made in a thread of its loop yield to it.

local copas = require "copas"

local host = { name = "copas" }

-- Which coroutines are threads of copas: it keeps that to itself, so we look when it makes one.
local threads = setmetatable({}, { __mode = "k" })

if not copas.running then
  local addthread, addserver = copas.addthread, copas.addserver

  function copas.addthread(thread, ...)
    if type(thread) ~= "thread" then thread = coroutine.create(thread) end
    threads[thread] = true
    return addthread(thread, ...)
  end

  function copas.addserver(server, handler, ...)
    return addserver(server, function(...)
      threads[coroutine.running()] = true
      return handler(...)
    end, ...)
  end
end

-- copas waits for sockets only. These two pass for such: it calls receive(), and when that says
-- "timeout" it waits with getfd() and dirty(), then calls receive() again.
local function socket_class(class)
  class.__index = class
  function class.settimeout() return true end
  function class.close() return true end
  return class
end

local engine_fd = -1

-- Readable when the engine has work.
local Descriptor = socket_class {
  getfd = function() return engine_fd end,
  dirty = function() return false end,
  receive = function(self)
    self.asked = not self.asked
    if self.asked then return nil, "timeout", "" end
    return true
  end,
}

-- Readable once it is ready; until then it has no descriptor.
local Signal = socket_class {
  getfd = function(self) return self.ready and engine_fd or -1 end,
  dirty = function(self) return self.ready end,
  receive = function(self)
    if self.ready then return true end
    return nil, "timeout", ""
  end,
}

local active = false

function host.running()
  local running = coroutine.running()
  if threads[running] or (copas.running and copas.running == running) then
    return setmetatable({ ready = false }, Signal)
  end
end

function host.park(signal)
  copas.receive(signal)
  signal.ready = false
end

function host.wake(signal)
  signal.ready = true
end

function host.sleep(seconds, signal)
  local engine = require "convoke.engine"
  engine.wake_later(seconds, host, signal)
  host.drive(engine)
  host.park(signal)
end

function host.drive(engine)
  engine_fd = engine.pollfd()
  if active then return end
  active = true
  copas.addthread(function()
    local descriptor = setmetatable({}, Descriptor)
    engine.step()
    while engine.busy() do
      copas.receive(descriptor)
      engine.step()
    end
    active = false
  end)
end

return host
