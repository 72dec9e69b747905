--- A program that has a loop of its own, with many calls in flight: how long does step() keep it?
--   width= in flight, seconds=, budget= of each step, url=
--   collect= how Lua's collector works, see below; without it as this Lua begins
-- Before and after it does nothing but look at the clock, in turns nearly as long as a step may be:
-- what the machine itself takes from a program. And of the steps it tells the processor time of the
-- process, too, which others on the machine have no part in.

local plan = require "spec.programs.bench.clients.plan"
local convoke = require "convoke"

local now = convoke.now
local seconds, budget = plan.seconds, plan.budget

-- How the collector of Lua 5.4 can work; the program `lua5.4` begins in generational mode, a new
-- Lua state in incremental mode.
local collectors = {
  incremental = function() collectgarbage "incremental" end,
  small = function() collectgarbage("incremental", 200, 8, 8) end,
  between = function()
    collectgarbage("incremental", 200, 8, 8)
    collectgarbage "stop"
  end,
}

-- What a program does between two frames: when it collects there, for 0.3 ms at most.
local function rest()
  if plan.collect ~= "between" then return end
  local stop = now() + 0.0003
  repeat until collectgarbage("step", 0) or now() > stop
end

-- Runs turn() again and again; returns how long each took, and its processor time.
local function turns(duration, turn)
  local list, own, stop, count = {}, {}, now() + duration, 0
  collectgarbage()
  local before = now()
  while before < stop do
    local processor = os.clock()
    before = now()
    turn()
    local after = now()
    count = count + 1
    list[count], own[count] = after - before, os.clock() - processor
    rest()
  end
  return list, own
end

local function look_at_clock()
  local stop = now() + budget * 0.9
  while now() < stop do end
end

local function say(name, list)
  table.sort(list)
  local count, over = #list, 0
  local limits, text = { 0.1, 0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2, 5, 10, 1e9 }, {}
  local at = 1
  for i, limit in ipairs(limits) do
    local before = at
    while at <= count and list[at] * 1000 < limit do at = at + 1 end
    text[i] = at - before
  end
  for i = count, 1, -1 do
    if list[i] <= 0.001 then break end
    over = over + 1
  end
  local function part(share) return list[math.max(1, math.ceil(count * share))] * 1000 end
  print(("%s count=%d over=%d median=%.3f p99=%.3f p999=%.3f most=%.3f histogram=%s"):format(name,
    count, over, part(0.5), part(0.99), part(0.999), part(1), table.concat(text, ",")))
end

if plan.collect then collectors[plan.collect]() end

local idle = turns(seconds / 2, look_at_clock)

local client = convoke.clerk { url = plan.url, secret_key = "sk_test_bench" }
local over, made = false, 0
for i = 1, plan.width do
  convoke.spawn(function()
    while not over do
      assert(client.invitations:create(plan.invitation(i)))
      made = made + 1
    end
  end)
end
while made < 2 * plan.width do convoke.step(0.01) end -- connections stand
made = 0
local steps, own = turns(seconds, function() convoke.step(budget) end)
local during = made
over = true
while convoke.step(0.01) > 0 do end

for _, turn in ipairs((turns(seconds / 2, look_at_clock))) do idle[#idle + 1] = turn end
say("machine", idle)
say("steps", steps)
say("own", own)
print("calls=" .. during)
