--- luv: calls made in any coroutine but the main one yield; libuv's loop makes them go on.

local uv = require "luv"

local host = { name = "luv" }

local parked = setmetatable({}, { __mode = "k" }) -- coroutines that have yielded to us
local failures = {} -- what resumed coroutines raised, for the loop to report
local poll, polled_fd -- the handle that watches the engine, and its descriptor
local active = false

function host.running()
  local running, main = coroutine.running()
  if running and not main then return running end
end

function host.park(running)
  parked[running] = true
  coroutine.yield()
  parked[running] = nil
end

local function resume(running)
  if not parked[running] then return end
  parked[running] = nil
  local succeeded, message = coroutine.resume(running)
  if not succeeded then failures[#failures + 1] = debug.traceback(running, tostring(message)) end
end

host.wake = resume

-- An error in a coroutine that we resumed belongs to the loop, as any error in a callback.
local function raise_failures()
  if not failures[1] then return end
  local message = table.concat(failures, "\n")
  failures = {}
  error(message, 0)
end

function host.sleep(seconds, running)
  local timer = uv.new_timer()
  local done = false
  timer:start(math.ceil(seconds * 1000), 0, function()
    timer:close()
    done = true
    resume(running)
    raise_failures()
  end)
  while not done do host.park(running) end
end

function host.drive(engine)
  if active then return end
  local fd = engine.pollfd()
  if fd ~= polled_fd then -- at first, and after a fork
    poll, polled_fd = uv.new_poll(fd), fd
  end
  active = true
  poll:start("r", function()
    engine.step()
    if not engine.busy() then
      active = false
      poll:stop() -- so that the loop can end
    end
    raise_failures()
  end)
end

return host
