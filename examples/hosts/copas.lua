--- copas: three listings at the same time, in threads of its loop.
--
--   CLERK_SECRET_KEY=... lua5.4 examples/hosts/copas.lua

local convoke = require "convoke"
local copas = require "copas"

convoke.use "copas" -- before threads and servers are added

local clerk = convoke.clerk {}
local left = 3

for _, status in ipairs { "pending", "accepted", "revoked" } do
  copas.addthread(function()
    local list, err = clerk.invitations:list { status = status }
    print(status, list and #list or err)
    left = left - 1
  end)
end

while left > 0 do copas.step() end
