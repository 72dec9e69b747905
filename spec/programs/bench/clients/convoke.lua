--- convoke, doing what the command line says; see plan.lua.
--   tasks=true makes calls one after another in a task
--   hooks=true has hooks of all kinds told of each call
--   metrics=true counts the calls by convoke.metrics
--   trace=true makes spans of them by convoke.trace, which go no further

local plan = require "spec.programs.bench.clients.plan"
local convoke = require "convoke"

local settings = { ca_file = plan.ca, http_version = plan.http and tostring(plan.http),
  max_in_flight = plan.connections }
local works = {}

if plan.hooks then
  settings.hooks = {}
  for _, name in ipairs(require("convoke.observe.hooks").names) do
    settings.hooks[name] = function() end
  end
end

if plan.metrics then convoke.metrics() end
if plan.trace then convoke.trace { sink = function() end } end

local function of_clerk(work)
  return function()
    settings.url, settings.secret_key = plan.url, "sk_test_bench"
    return work(convoke.clerk(settings).invitations)
  end
end

works.create = of_clerk(function(invitations)
  return function(number)
    local invitation, err = invitations:create(plan.invitation(number))
    if not invitation then error(err) end
    assert(invitation.id)
  end
end)

works.list = of_clerk(function(invitations)
  return function()
    local page, err = invitations:list { limit = 500 }
    if not page then error(err) end
    assert(#page.data == 500)
  end
end)

-- The 27 operations in turn; or the largest create of the API that is named.
function works.requests()
  local operations = require "spec.programs.bench.operations"
  local clients = operations.clients(plan.url, settings)
  local list = plan.api and { operations.largest[plan.api] } or operations.list
  return function(number)
    local value, err = operations.call(clients, list[number % #list + 1])
    if not value then error(err) end
  end
end

local one = works[plan.workload]()

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
