--- What convoke does to a program that has other things to do: pauses, wake-ups, a worker of nginx.

local report = require "spec.programs.bench.report"
local run = require "spec.programs.bench.run"

local waiting = {}

local lua = os.getenv "LUA" or "lua5.4"

-- The line of frames.lua that begins with a word.
local function line_of(text, word)
  local line = ("\n" .. text):match("\n" .. word .. " ([^\n]*)")
  local numbers = run.numbers(line)
  numbers.histogram = line:match "histogram=(%S+)"
  return numbers
end

local LIMITS = { "0.1", "0.25", "0.5", "0.75", "0.9", "1", "1.1", "1.25", "1.5", "2", "5", "10",
  "more" }

-- How Lua's collector works meanwhile (see frames.lua), and what that is called.
local collectors = {
  { "generational", "generational mode" },
  { "incremental", "incremental mode" },
  { "small", "in small steps" },
  { "between", "between the steps" },
}

-- The rows of the two tables: key, name.
local kinds = {}
for _, collector in ipairs(collectors) do
  kinds[#kinds + 1] = { collector[1], "collecting: " .. collector[2] }
  kinds[#kinds + 1] = { collector[1] .. "_own", "its processor time alone" }
end
kinds[#kinds + 1] = { "machine", "looking at the clock for 0.9 ms" }

--- step(0.001) with 1,000 calls in flight, again and again.
function waiting.pauses(found, server)
  report.title "Pauses: step(0.001) with 1,000 calls in flight, for five seconds each"
  local lines, calls = {}, {}
  for _, collector in ipairs(collectors) do
    local key = collector[1]
    local text = run.capture(("%s spec/programs/bench/clients/frames.lua url=%s/v1 "
      .. "seconds=5 budget=0.001 width=1000%s"):format(lua, server.plain,
      key ~= "generational" and " collect=" .. key or ""))
    lines[key], lines[key .. "_own"] = line_of(text, "steps"), line_of(text, "own")
    lines.machine = line_of(text, "machine")
    calls[#calls + 1] = text:match "\ncalls=(%d+)"
  end
  found.pauses = lines
  local row = report.table { { "what", 34 }, { "how many", 8 }, { "over 1 ms", 9 },
    { "%", 7 }, { "median", 7 }, { "99 %", 7 }, { "99.9 %", 7 }, { "most", 7 } }
  for _, kind in ipairs(kinds) do
    local line = lines[kind[1]]
    row { kind[2], line.count, line.over, ("%.2f"):format(line.over / line.count * 100),
      ("%.3f"):format(line.median), ("%.3f"):format(line.p99), ("%.3f"):format(line.p999),
      ("%.3f"):format(line.most) }
  end
  report.say ""
  report.say(("%s calls ended in that time; the program lets each be followed by another at once. "
    .. "`lua5.4` begins in generational mode, a new Lua state in incremental mode. Small steps: "
    .. "`collectgarbage(\"incremental\", 200, 8, 8)`. Between the steps: the collector is stopped "
    .. "and has 0.3 ms at most after each step of ours."):format(table.concat(calls, ", ")))
  report.say "How many took less than so many milliseconds (and not less than the one before):"
  report.say ""
  local columns = { { "what", 34 } }
  for _, limit in ipairs(LIMITS) do columns[#columns + 1] = { limit, 5 } end
  row = report.table(columns)
  for _, kind in ipairs(kinds) do
    local cells = { kind[2] }
    for count in lines[kind[1]].histogram:gmatch "%d+" do cells[#cells + 1] = count end
    row(cells)
  end
end

--- Wake-ups of a process that waits for three seconds.
function waiting.idle(found)
  local port, stop = run.server()
  local numbers = run.numbers(run.capture(("%s spec/programs/bench/clients/idle.lua seconds=3 "
    .. "url=http://127.0.0.1:%d/hold"):format(lua, port)))
  stop()
  report.title "Wake-ups of all threads in three seconds of waiting"
  local row = report.table { { "what", 30 }, { "wake-ups", 8 } }
  row { "with nothing in flight", numbers.nothing }
  row { "with one call in flight", numbers.waiting }
  found.idle = numbers
end

--- openresty.lua, in the Lua that nginx has.
function waiting.openresty(found)
  report.title "OpenResty, an upstream that takes 20 ms"
  local text = run.capture [[unset MAKEFLAGS MFLAGS MAKELEVEL LUA_PATH LUA_CPATH LUA
    eval "$(make -s env LUA=luajit)"
    luajit spec/programs/bench/openresty.lua 1.5]]
  report.say "```text"
  report.say((text:gsub("\n$", "")))
  report.say "```"
  found.openresty = {}
  for width, ratio in text:gmatch "\n%s*(%d+)%s+convoke%s+%S+%s+%S+%s+(%S+)" do
    found.openresty[tonumber(width)] = tonumber(ratio)
  end
end

return waiting
