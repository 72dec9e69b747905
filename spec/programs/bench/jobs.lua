--- What a job adds to its calls: processor time of the store's thread, too; and how long it keeps a
-- program that has other things to do.

local files = require "spec.support.job_files"
local report = require "spec.programs.bench.report"
local run = require "spec.programs.bench.run"

local jobs = {}

local client = (os.getenv "LUA" or "lua5.4") .. " spec/programs/bench/clients/job.lua width=32"
local rows = 6000
local processes = 4

local function once(words)
  local numbers = run.numbers(run.capture(client .. " " .. words))
  numbers.cpu = numbers.cpu / numbers.calls * 1e6
  return numbers
end

-- The stores that there are: name -> function that returns the words for an empty one.
local function stores()
  local found = { { "SQLite", function() return "store=" .. files.path() end } }
  local redis_server = require "spec.support.redis_server"
  local why = redis_server.missing()
  if why then return found, function() end, why end
  local redis = redis_server.start(redis_server.durable)
  local taken = 0
  found[2] = { "Redis, the worker alone", function()
    taken = taken + 1
    return ("store='%s'"):format(redis:address { prefix = "bench" .. taken })
  end }
  return found, function() redis:stop() end
end

-- Rows a second of several programs that share a store.
local function rate(words, count)
  local commands = {}
  for i = 1, count do
    commands[i] = ("%s %s warmup=1 calls=%d%s & a%d=$!"):format(client, words, rows,
      i > 1 and " work=true" or "", i)
  end
  for i = 1, count do commands[#commands + 1] = ("wait $a%d || exit 1"):format(i) end
  local longest = 0
  local text = run.capture(table.concat(commands, "\n"))
  for wall in text:gmatch "wall=([%d.]+)" do longest = math.max(longest, tonumber(wall)) end
  return rows / longest
end

local function medians(url, words_of, rounds)
  local added, bare, rates = {}, {}, {}
  for i = 1, rounds do
    bare[i] = once(("%s calls=%d"):format(url, rows)).cpu
    added[i] = once(("%s calls=%d %s"):format(url, rows, words_of())).cpu - bare[i]
    rates[i] = rate(url .. " " .. words_of(), 1)
  end
  return report.median(bare), report.median(rates), report.median(added)
end

--- Jobs against the server that answers by heart, in stores of each kind.
function jobs.run(found, rounds)
  local port, stop = run.server()
  local url = ("url=http://127.0.0.1:%d/v1"):format(port)
  local kinds, stop_stores, why = stores()
  report.title(("Jobs: %d rows, 32 calls at once"):format(rows))
  local line = report.table { { "store", 24 }, { "µs CPU without", 14 }, { "added", 7 },
    { "least", 7 }, { "most", 7 }, { "rows a second", 13 }, { processes .. " programs", 10 } }
  found.jobs = {}
  for _, kind in ipairs(kinds) do
    local bare, each, added, least, most = medians(url, kind[2], rounds)
    line { kind[1], ("%.1f"):format(bare), ("%.1f"):format(added), ("%.1f"):format(least),
      ("%.1f"):format(most), ("%.0f"):format(each),
      ("%.0f"):format(rate(url .. " " .. kind[2](), processes)) }
    found.jobs[kind[1]:match "%a+"] = added
  end
  report.say ""
  if why then report.say("Not measured: Redis. " .. why) end
  local sqlite = kinds[1][2]
  local few = once(("%s refused=true calls=%d %s"):format(url, rows, sqlite()))
  local many = once(("%s refused=true calls=%d %s"):format(url, 5 * rows, sqlite()))
  report.say(("Resident MiB at most, with rows that are refused here: %.1f for %d, %.1f for %d.")
    :format(few.peak / 1024, rows, many.peak / 1024, 5 * rows))
  -- How long it keeps a loop.
  local frames = once(("%s frames=true calls=%d %s"):format(url, rows, sqlite()))
  report.say(("`step(0.001)` of a program that runs the job: %d turns, %d of them longer than 2 ms,"
    .. " the longest %.1f ms."):format(frames.frames, frames.long, frames.longest))
  report.say(("In as much time without a job the machine took the processor away for longer %d "
    .. "times, for %.1f ms at most."):format(frames.machine, frames.idle))
  stop()
  stop_stores()
  files.remove()
end

return jobs
