--- What it takes to wait: so many calls that nobody answers, for so long; see plan.lua.
--   hold=MILLISECONDS connections= (the calls beyond those wait for their turn)

local plan = require "spec.programs.bench.clients.plan"
local convoke = require "convoke"

local client = convoke.clerk { url = plan.url, secret_key = "sk_test_bench",
  max_in_flight = plan.connections }

for i = 1, plan.width do
  convoke.spawn(function() client.invitations:create(plan.invitation(i)) end)
end
local stop = convoke.now() + plan.hold / 1000
while convoke.now() < stop do convoke.step(0.01) end
collectgarbage()
plan.print(plan.width, 0, 0)
print(("lua=%.1f"):format(collectgarbage "count"))
os.exit(0, false)
