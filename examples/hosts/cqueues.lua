--- cqueues: three listings at the same time, in coroutines of a controller.
--
--   CLERK_SECRET_KEY=... lua5.4 examples/hosts/cqueues.lua

local convoke = require "convoke"
local cqueues = require "cqueues"

convoke.use "cqueues"

local clerk = convoke.clerk {}
local controller = cqueues.new()

for _, status in ipairs { "pending", "accepted", "revoked" } do
  controller:wrap(function()
    local list, err = clerk.invitations:list { status = status }
    print(status, list and #list or err)
  end)
end

assert(controller:loop())
