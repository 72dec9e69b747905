--- luv: calls made in any coroutine but the main one yield; libuv's loop makes them go on.

local uv = require "luv"

local host = { name = "luv" }

local closed = false -- the loop is: luv would crash if it was asked for a handle

-- luv does not tell whether its loop is closed, so that is noted as it is done.
local function watch_loop(module)
  local loop_close = module.loop_close
  uv, closed = module, false

  function module.loop_close(...)
    local result, why, name = loop_close(...)
    if result and module == uv then closed = true end
    return result, why, name
  end
end

watch_loop(uv)

-- Loading luv anew makes another loop.
local function is_closed()
  local module = package.loaded.luv
  if module and module ~= uv then watch_loop(module) end
  return closed
end

local parked = setmetatable({}, { __mode = "k" }) -- coroutines that have yielded to us
local poll, watched -- the handle that watches the engine, and its descriptor
local stopped = false -- that handle is

function host.running()
  if closed and is_closed() then return nil end
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
  if closed and is_closed() then return end
  local fd = engine.pollfd()
  if not (poll and watched == fd) or poll:is_closing() then -- uv.walk() finds it, too
    host.rest() -- after a fork there is another descriptor
    poll, watched, stopped = uv.new_poll(fd), fd, true
  end
  if stopped then poll:start("r", function() engine.turn() end) end
  stopped = false
end

-- Outside of the loop luv crashes at the end of the Lua state if the loop has not come round to a
-- handle that was closed. So it comes round at once if nothing else is in it, else the handle is
-- kept.
local function rest_outside()
  if not stopped then poll:stop() end
  stopped = true
  if uv.loop_alive() then return end
  poll:close()
  poll = nil
  uv.run "nowait"
end

-- With no active handle the loop can end.
function host.rest()
  if not poll then return end
  if not (closed or poll:is_closing()) then
    if uv.loop_mode and not uv.loop_mode() then return rest_outside() end
    poll:close()
  end
  poll = nil
end

return host
