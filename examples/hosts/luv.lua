--- luv: three listings at the same time, in coroutines that libuv's loop makes go on.
--
--   CLERK_SECRET_KEY=... lua5.4 examples/hosts/luv.lua

local convoke = require "convoke"
local uv = require "luv"

convoke.use "luv"

local clerk = convoke.clerk {}

for _, status in ipairs { "pending", "accepted", "revoked" } do
  coroutine.wrap(function()
    local list, err = clerk.invitations:list { status = status }
    print(status, list and #list or err)
  end)()
end

uv.run() -- ends with the last call
