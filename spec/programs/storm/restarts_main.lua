-- lua spec/programs/storm/restarts_main.lua [SEED [COUNT [TASKS]]]: makes so many creates of each
-- vendor over HTTP/1.1, and as many over HTTP/2, while what they go through restarts; prints what
-- became of them, fails when a single result is wrong. SEED 0 takes one by the clock.

local restarts = require "spec.programs.storm.restarts"

local seed = tonumber(arg[1]) or 0
if seed == 0 then seed = os.time() % 100000 + 1 end
local count, tasks = tonumber(arg[2]) or 1000, tonumber(arg[3]) or 64
local only = os.getenv "HTTP" -- "1.1" or "2", or nothing
math.randomseed(seed)

local wrong = 0
for _, version in ipairs { "1.1", "2" } do
  if not only or only == version then
    print(("restarts: seed %d, HTTP/%s, %d creates of each vendor, %d tasks"):format(seed, version,
      count, tasks))
    io.stdout:flush()
    local report = restarts.run { seed = seed, count = count, tasks = tasks,
      http2 = version == "2" }
    print(("  %d outages, %d connections, %.1f seconds"):format(report.outages, report.connections,
      report.seconds))
    for _, api in ipairs(restarts.apis) do
      local ends = {}
      for name, number in pairs(report.counts[api]) do ends[#ends + 1] = name .. " " .. number end
      table.sort(ends)
      print(("  %-8s %s"):format(api, table.concat(ends, "; ")))
    end
    print("  wrong: " .. #report.faults)
    for i = 1, math.min(20, #report.faults) do print("    " .. report.faults[i]) end
    wrong = wrong + #report.faults
  end
end

print(wrong == 0 and "restarts: nothing lost, nothing doubled, nothing reported wrongly"
  or "restarts: FAILED")
os.exit(wrong == 0 and 0 or 1)
