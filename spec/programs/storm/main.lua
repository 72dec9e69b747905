-- lua spec/programs/storm/main.lua [SEED [COUNT [TASKS [RETRIES [TIMEOUT]]]]]: runs a storm, prints
-- what became of it, fails when a single result is wrong. SEED 0 takes one by the clock.

local storm = require "spec.programs.storm.storm"

local seed = tonumber(arg[1]) or 0
if seed == 0 then seed = os.time() % 100000 + 1 end
local count, tasks = tonumber(arg[2]) or 10000, tonumber(arg[3]) or 64
print(("storm: seed %d, %d invitations, %d tasks"):format(seed, count, tasks))
io.stdout:flush()
math.randomseed(seed)

local report = storm.run { seed = seed, count = count, tasks = tasks, retries = tonumber(arg[4]),
  timeout = tonumber(arg[5]) }

local function line(label, text, ...)
  print(("  %-24s"):format(label) .. text:format(...))
end

local counts, fates = report.counts, report.fates
local exchanges = 0
for name, number in pairs(fates) do
  if name ~= "connections" then exchanges = exchanges + number end
end
line("exchanges", "%d on %d connections in %.1f seconds", exchanges, fates.connections,
  report.seconds)
line("broken before", "%d", fates.cut_before)
line("broken after", "%d", fates.cut_after)
line("broken, executed later", "%d", fates.cut_late)
line("429, 503", "%d, %d", fates.throttled, fates.unavailable)
line("503 after execution", "%d", fates.lost_gateway)
line("creates, look-ups sent", "%d, %d", counts.creates, counts.lists)
line("made", "%d, of which %d after repeats, %d found by looking", counts.made, counts.repeated,
  counts.found)
line("refused", "%d (%d that stood there before)", counts.refused, counts.stood)
line("not sent", "%d", counts.not_sent)
line("given up", "%d", counts.given_up)
line("removed again", "%d, not %d, of which unknown %d", counts.removed, counts.not_removed,
  counts.unknown_removals)
line("unknown", "%d, of which the books hold %d", counts.unknown, counts.unknown_made)
for why, number in pairs(report.reasons) do line("  " .. why, "%d", number) end
line("wrong", "%d", #report.faults)
for i = 1, math.min(20, #report.faults) do print("    " .. report.faults[i]) end
if os.getenv "VERBOSE" then
  for _, call in ipairs(report.calls) do
    if call.err and call.err.outcome == "unknown" then print("    " .. storm.describe(call)) end
  end
end

if fates.failed > 0 then
  print(("  the sandbox failed to answer %d times"):format(fates.failed))
  os.exit(1)
end
print(#report.faults == 0 and "storm: nothing lost, nothing doubled, nothing reported wrongly"
  or "storm: FAILED")
os.exit(#report.faults == 0 and 0 or 1)
