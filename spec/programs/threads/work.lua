-- What each of the Lua states does; `number` is its own. Calls, tasks, errors, closing.

local convoke = require "convoke"

local clerk = convoke.clerk {} -- by the environment

local function create(i)
  local address = ("state%d-call%d@example.com"):format(number, i) -- luacheck: ignore 113
  local invitation = assert(clerk.invitations:create { email_address = address })
  assert(invitation.email_address == address, "the answer to another call")
  local again, err = clerk.invitations:create { email_address = address }
  assert(not again and err.code == "duplicate_record", tostring(err))
end

for round = 1, 3 do
  convoke.run(function()
    local calls = {}
    for i = 1, 10 do calls[i] = function() create(round * 100 + i) end end
    local _, errors = convoke.all(calls)
    for i = 1, errors.n do assert(not errors[i], errors[i]) end
  end)
  create(round)
  collectgarbage()
end

convoke.spawn(create, 1000) -- and the state is closed with a call in flight
convoke.step()
