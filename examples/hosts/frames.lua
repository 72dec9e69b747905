--- A frame loop: three listings at the same time, in tasks that every frame gives a millisecond.
--
--   CLERK_SECRET_KEY=... lua5.4 examples/hosts/frames.lua

local convoke = require "convoke"
local socket = require "socket" -- for its sleep only

local clerk = convoke.clerk {}
local left = 3

for _, status in ipairs { "pending", "accepted", "revoked" } do
  convoke.spawn(function()
    local list, err = clerk.invitations:list { status = status }
    print(status, list and #list or err)
    left = left - 1
  end)
end

while left > 0 do
  convoke.step(0.001) -- never waits
  socket.sleep(1 / 60) -- here the game would draw its frame
end
