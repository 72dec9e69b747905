--- A host of one's own: a table of four functions makes calls yield to any scheduler of coroutines,
-- here one of a few lines around luasocket's select.
--
--   CLERK_SECRET_KEY=... lua5.4 examples/hosts/own_host.lua

local convoke = require "convoke"
local socket = require "socket"

-- The scheduler ------------------------------------------------

local ready, alive = {}, 0 -- coroutines that can go on; those that have not ended

local function go(f)
  alive = alive + 1
  ready[#ready + 1] = coroutine.create(function()
    f()
    alive = alive - 1
  end)
end

local watched, on_readable

local function loop()
  while alive > 0 do
    local now = ready
    ready = {}
    for _, thread in ipairs(now) do
      if coroutine.status(thread) == "suspended" then assert(coroutine.resume(thread)) end
    end
    if watched and not ready[1] and alive > 0 then
      if socket.select({ watched }, nil, 1)[1] then on_readable() end
    end
  end
end

-- The host ------------------------------------------------

convoke.use {
  running = function() -- what the running coroutine is known by; nil where a call must block
    local thread, main = coroutine.running()
    return not main and thread or nil
  end,
  park = function() coroutine.yield() end,
  wake = function(thread) ready[#ready + 1] = thread end,
  drive = function(engine) -- there is something to watch over
    watched = { getfd = engine.pollfd, dirty = function() return false end }
    on_readable = engine.step
  end,
}

-- The work ------------------------------------------------

local clerk = convoke.clerk {}

for _, status in ipairs { "pending", "accepted", "revoked" } do
  go(function()
    local list, err = clerk.invitations:list { status = status }
    print(status, list and #list or err)
  end)
end

loop()
