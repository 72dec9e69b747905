--- How often a process is woken that waits: with nothing in flight, and with one call that nobody
-- answers.
--   url= (where nothing is answered), seconds=

local plan = require "spec.programs.bench.clients.plan"
local convoke = require "convoke"

-- Of all threads of the process.
local function wakeups()
  local total = 0
  local list = io.popen "cat /proc/$PPID/task/*/status"
  for line in list:lines() do
    local count = line:match "^voluntary_ctxt_switches:%s*(%d+)"
    total = total + (tonumber(count) or 0)
  end
  list:close()
  return total
end

local function during(wait)
  wait(0.2)
  local before = wakeups()
  local alone = wakeups() - before -- what looking costs
  before = wakeups()
  wait(plan.seconds)
  return math.max(0, wakeups() - before - alone - 1) -- the end of the wait is wanted
end

local client = convoke.clerk { url = plan.url, secret_key = "sk_test_bench", retries = 0,
  timeout = 600 }
local nothing = during(convoke.sleep)
local waiting
local task
convoke.run(function()
  task = convoke.spawn(function() client.invitations:create(plan.invitation(1)) end)
  waiting = during(convoke.sleep)
  task:cancel()
end)
print(("nothing=%d waiting=%d"):format(nothing, waiting))
