--- What convoke takes when it starts, at rest, and for each call in flight.

local report = require "spec.programs.bench.report"
local run = require "spec.programs.bench.run"

local memory = {}

local lua = os.getenv "LUA" or "lua5.4"

-- Medians of the numbers that a program prints, of so many runs.
local function medians(command, times)
  local lists, found = {}, {}
  for _ = 1, times do
    for name, number in pairs(run.numbers(run.capture(command))) do
      lists[name] = lists[name] or {}
      table.insert(lists[name], number)
    end
  end
  for name, list in pairs(lists) do found[name] = report.median(list) end
  return found
end

--- `require "convoke"` in fresh processes.
function memory.start(found)
  report.title "Starting: milliseconds in a fresh process, median of 40"
  local program = lua .. " spec/programs/bench/clients/start.lua"
  medians(program, 5) -- the files are in memory from now on
  local all = medians(program, 40)
  local row = report.table { { "what", 50 }, { "ms", 8 } }
  row { "require \"convoke\"", ("%.2f"):format(all.convoke * 1000) }
  row { "the same, processor time alone", ("%.2f"):format(all.processor * 1000) }
  row { "the first client, which loads libcurl", ("%.2f"):format(all.client * 1000) }
  found.start = { whole = all.convoke * 1000, processor = all.processor * 1000 }
end

local function kib(number) return ("%.1f"):format(number) end

-- Resident KiB that a program ends with, and those that its Lua uses if it tells.
local function resident(command)
  local numbers = medians(command, 3)
  return numbers.rss, numbers.lua
end

--- Memory in flight: the calls are never answered. At rest: after a thousand of them.
function memory.of_calls(found, server)
  local port, stop = run.server()
  local hold = " hold=700 url=http://127.0.0.1:" .. port .. "/hold"
  local bare = run.folder .. "/rival kind=bare" .. hold
  local ours = lua .. " spec/programs/bench/clients/hold.lua" .. hold
  local few, many = 100, 1100
  local function each(program)
    local less, lua_less = resident(program .. " width=" .. few)
    local more, lua_more = resident(program .. " width=" .. many)
    return (more - less) / (many - few), lua_more and (lua_more - lua_less) / (many - few)
  end
  report.title "Memory: resident KiB of the process"
  local row = report.table { { "what", 60 }, { "KiB", 9 } }
  local libcurls = each(bare)
  local whole, of_lua = each(ours)
  row { "a call in flight, the bare loop: libcurl's own", kib(libcurls) }
  row { "a call in flight, convoke, with its task and parameters", kib(whole) }
  row { "convoke beyond libcurl's own", kib(whole - libcurls) }
  row { "of which Lua uses, after a collection", kib(of_lua) }
  local queued = (resident(ours .. " connections=100 width=10100")
    - resident(ours .. " connections=100 width=100")) / 10000
  row { "a call that waits for its turn (max_in_flight), with its task", kib(queued) }
  stop()
  local url = " url=" .. server.plain .. "/v1"
  row { lua .. " alone", kib(resident(lua .. " spec/programs/bench/clients/nothing.lua")) }
  row { "convoke after 1,000 calls one after another",
    kib(resident(lua .. " spec/programs/bench/clients/convoke.lua calls=1000" .. url)) }
  row { "convoke after 10,000 calls, 64 at a time",
    kib(resident(lua .. " spec/programs/bench/clients/convoke.lua width=64 calls=10000" .. url)) }
  row { "careful C after the same",
    kib(resident(run.folder .. "/rival kind=careful width=64 calls=10000" .. url)) }
  found.memory = { beyond = whole - libcurls, queued = queued }
end

return memory
