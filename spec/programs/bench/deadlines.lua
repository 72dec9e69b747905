--- What the deadlines of many calls cost: `make deadlines`.
--
-- Each row is a process of its own whose calls are never answered and whose deadlines fall
-- together. The system's part, closing a connection, is in the figures. ROUNDS=3 takes the least of
-- three, where the machine has other work, too.

local report = require "spec.programs.bench.report"
local run = require "spec.programs.bench.run"

local lua = os.getenv "LUA" or "lua5.4"
local rounds = tonumber(os.getenv "ROUNDS") or 1
local goal = 25 -- microseconds that one may take

local function least(words)
  local best
  for _ = 1, rounds do
    local found = run.numbers(run.capture(
      ("%s spec/programs/bench/clients/deadlines.lua %s"):format(lua, words)))
    best = best and best["end"] <= found["end"] and best or found
  end
  return best
end

report.title "Deadlines that fall together: microseconds of processor time a call"
local row = report.table { { "calls", 34 }, { "to begin", 9 }, { "to end", 9 },
  { "ms late, one among them", 24 } }
local ends = {}
for _, calls in ipairs { 3000, 6000, 12000, 18000 } do
  local found = least("calls=" .. calls)
  ends[#ends + 1] = found["end"]
  row { ("%d"):format(calls), found.begin, found["end"], found.latest }
end
for _, calls in ipairs { 3000, 12000 } do
  local found = least(("calls=%d in_flight=64"):format(calls))
  row { ("%d, of which 64 at a time"):format(calls), found.begin, found["end"], found.latest }
end
report.say ""
report.say(("18000 take %.2f times as long each as 3000; the goal is at most %d microseconds.")
  :format(ends[4] / ends[1], goal))
