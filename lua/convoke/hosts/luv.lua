--- luv: calls made in any coroutine but the main one yield; libuv's loop makes them go on.

local uv = require "luv"

local host = { name = "luv" }

local parked = setmetatable({}, { __mode = "k" }) -- coroutines that have yielded to us
local poll, watched -- the handle that watches the engine, and its descriptor

function host.running()
  local running, main = coroutine.running()
  if running and not main then return running end
end

function host.park(running)
  parked[running] = true
  coroutine.yield()
  parked[running] = nil
end

-- An error in a coroutine that we resumed belongs to the loop, as any error in a callback.
local function raise_in_loop(message)
  local timer = uv.new_timer()
  timer:start(0, 0, function()
    timer:close()
    error(message, 0)
  end)
end

function host.wake(running)
  if not parked[running] then return end
  parked[running] = nil
  local succeeded, message = coroutine.resume(running)
  if not succeeded then raise_in_loop(debug.traceback(running, tostring(message))) end
end

function host.drive(engine)
  local fd = engine.pollfd()
  if poll and watched == fd then return end
  host.rest() -- after a fork there is another descriptor
  poll, watched = uv.new_poll(fd), fd
  poll:start("r", function() engine.turn() end)
end

-- With no handle the loop can end.
function host.rest()
  if not poll then return end
  poll:close()
  poll = nil
end

return host
