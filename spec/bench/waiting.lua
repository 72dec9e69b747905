--- What convoke does to a program that has other things to do: pauses, wake-ups, a worker of nginx.

local report = require "spec.bench.report"
local run = require "spec.bench.run"

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

-- The rows of the two tables: key, name.
local kinds = {
  { "steps", "a step" },
  { "own", "a step, its processor time alone" },
  { "small_steps", "a step, collecting in small steps" },
  { "small_own", "the same, its processor time alone" },
  { "machine", "looking at the clock for 0.9 ms" },
}

--- step(0.001) with 1,000 calls in flight, again and again.
function waiting.pauses(found, server)
  report.title "Pauses: step(0.001) with 1,000 calls in flight, for six seconds"
  local program = ("%s spec/bench/clients/frames.lua url=%s/v1 seconds=6 budget=0.001 width=1000")
    :format(lua, server.plain)
  local text, small = run.capture(program), run.capture(program .. " small=true")
  local lines = { steps = line_of(text, "steps"), own = line_of(text, "own"),
    machine = line_of(text, "machine"), small_steps = line_of(small, "steps"),
    small_own = line_of(small, "own") }
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
  report.say(("%d calls ended in that time; the program lets each be followed by another at once. "
    .. "Small steps: `collectgarbage(\"incremental\", 200, 100, 8)`, by the program.")
    :format(tonumber(text:match "\ncalls=(%d+)")))
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
  local numbers = run.numbers(run.capture(("%s spec/bench/clients/idle.lua seconds=3 "
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
    luajit spec/bench/openresty.lua 1.5]]
  report.say "```text"
  report.say((text:gsub("\n$", "")))
  report.say "```"
  found.openresty = {}
  for width, ratio in text:gmatch "\n%s*(%d+)%s+convoke%s+%S+%s+%S+%s+(%S+)" do
    found.openresty[tonumber(width)] = tonumber(ratio)
  end
end

return waiting
