--- A loop of one's own around luasocket's select: one descriptor stands for all calls.
--
--   CLERK_SECRET_KEY=... lua5.4 examples/hosts/select.lua

local convoke = require "convoke"
local socket = require "socket"

local clerk = convoke.clerk {}
local left = 3

for _, status in ipairs { "pending", "accepted", "revoked" } do
  convoke.spawn(function()
    local list, err = clerk.invitations:list { status = status }
    print(status, list and #list or err)
    left = left - 1
  end)
end

local calls = { -- what select takes for a socket
  getfd = function() return convoke.pollfd() end,
  dirty = function() return false end,
}

while left > 0 do
  local readable = socket.select({ calls }, nil, 1) -- beside the program's own sockets
  if readable[calls] then convoke.step() end
end
