--- convoke, doing what the command line says; see plan.lua.
--   tasks=true makes calls one after another in a task

local plan = require "spec.bench.clients.plan"
local convoke = require "convoke"

local client = convoke.clerk { url = plan.url, secret_key = "sk_test_bench", ca_file = plan.ca,
  http_version = plan.http and tostring(plan.http), max_in_flight = plan.connections }

local works = {}

function works.create(number)
  local invitation, err = client.invitations:create(plan.invitation(number))
  if not invitation then error(err) end
  return invitation.id
end

function works.list()
  local page, err = client.invitations:list { limit = 500 }
  if not page then error(err) end
  return #page.data == 500
end

local one = works[plan.workload]

-- In so many tasks at once; each goes on with the next call.
local function perform(calls)
  if plan.width == 1 and not plan.tasks then
    for i = 1, calls do one(i) end
    return
  end
  local started = 0
  local function work()
    while started < calls do
      started = started + 1
      one(started)
    end
  end
  convoke.run(function()
    for _ = 1, plan.width do convoke.spawn(work) end
  end)
end

plan.measure(perform, convoke.now)
