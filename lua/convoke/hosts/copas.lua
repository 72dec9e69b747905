--- copas: calls made in a thread of its loop yield to it.

local copas = require "copas"

local host = { name = "copas" }

local addthread = copas.addthread
local engine_fd = -1

-- Threads ------------------------------------------------

-- Which coroutines are its threads copas keeps to itself, so they are noted as they begin: those
-- made from now on. A thread that serves a connection is noted with it.
local threads = setmetatable({}, { __mode = "k" })

local function noting(handler, is_server)
  if type(handler) == "thread" then threads[handler] = true end
  if type(handler) ~= "function" then return handler end
  return function(...)
    threads[coroutine.running()] = is_server and (...) or true
    return handler(...)
  end
end

if copas.addnamedthread then -- addthread passes on to it
  local addnamedthread = copas.addnamedthread

  function copas.addnamedthread(one, other, ...) -- name and handler, in either order
    return addnamedthread(noting(one), noting(other), ...)
  end
else
  function copas.addthread(thread, ...)
    return addthread(noting(thread), ...)
  end
end

local addserver = copas.addserver

function copas.addserver(server, handler, ...)
  return addserver(server, noting(handler, true), ...)
end

function host.running()
  local running = coroutine.running()
  return running and threads[running] and running
end

-- Parking ------------------------------------------------

if copas.wakeup then
  local pause = copas.pauseforever or function() copas.sleep(-1) end

  function host.park() pause() end

  function host.wake(thread) copas.wakeup(thread) end
else
  -- Before version 2 copas waits for sockets only. It puts a thread that yields into the queue
  -- that the thread names, here one that nobody looks through.
  local nowhere = { insert = function() end, push = function() end }
  local parked = setmetatable({}, { __mode = "k" })

  function host.park(thread)
    parked[thread] = true
    coroutine.yield(thread, nowhere)
    parked[thread] = nil
  end

  function host.wake(thread)
    if not parked[thread] then return end
    parked[thread] = nil
    addthread(thread)
    -- The connection that it served copas closes only where it resumes the thread by itself.
    local served = threads[thread]
    if coroutine.status(thread) == "dead" and served ~= true and copas.autoclose then
      served:close()
    end
  end
end

-- Driving ------------------------------------------------

-- What copas takes for a socket: it calls receive(), and when that says "timeout" it waits until
-- getfd() is readable or dirty() is true, then calls receive() again.
local function new_descriptor(engine)
  local received = true -- receive() is called again after a wait
  return {
    getfd = function() return engine_fd end,
    dirty = function() return not engine.busy() end,
    settimeout = function() return true end,
    close = function() return true end,
    receive = function()
      received = not received
      if not received then return nil, "timeout", "" end
      return true
    end,
  }
end

local driving = false
local driver -- the thread that does, once it has begun

function host.drive(engine)
  engine_fd = engine.pollfd() -- another after a fork
  if driving and not (driver and coroutine.status(driver) == "dead") then return end
  driving, driver = true, nil
  local descriptor = new_descriptor(engine)
  addthread(function()
    driver = coroutine.running()
    engine.turn()
    while engine.busy() do
      copas.receive(descriptor)
      engine.turn()
    end
    driving = false
  end)
end

return host
