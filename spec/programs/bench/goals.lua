--- What was aimed at, and whether it was met.

local report = require "spec.programs.bench.report"

local goals = {}

local A, B, C, CJ = "a: bare multi loop", "b: careful C, JSON", "c: easy_perform",
  "c: the same, JSON"

-- The figure at a place of what was found, or nil where that was not measured.
local function at(found, key, ...)
  local value = found[key]
  for _, name in ipairs { ... } do value = value and value[name] end
  return value
end

local function least(list)
  local smallest
  for _, value in pairs(list or {}) do smallest = math.min(value, smallest or value) end
  return smallest
end

local function rows(found)
  local function ratio(key, client) return at(found, key, client, "ratio") end
  return {
    { "CPU a call, 64 in flight, against (b)", "most", 1, ratio("flight64", B) },
    { "the same against (a)", "most", 1.25, ratio("flight64", A) },
    { "one after another, against (c), which reads no JSON", "most", 1, ratio("sequential", C) },
    { "the same against (c) with JSON", "most", 1.1, ratio("sequential", CJ) },
    { "10,000 in flight against 64 in flight, CPU a call", "most", 1.3,
      ratio("flight10000", "convoke, 64 in flight") },
    { "decoding a list of 500 against lua-cjson alone", "most", 0.8,
      ratio("decode", "lua-cjson alone") },
    { "KiB a call in flight beyond libcurl's own", "most", 4, at(found, "memory", "beyond") },
    { "ms of require \"convoke\"", "under", 5, at(found, "start", "whole") },
    { "the same by processor time", "under", 5, at(found, "start", "processor") },
    { "ms: pauses of step(0.001), 1,000 in flight, 99.9 %", "under", 1,
      at(found, "pauses", "between", "p999") },
    { "the same by processor time", "under", 1, at(found, "pauses", "between_own", "p999") },
    { "the same, collecting in small steps meanwhile", "under", 1,
      at(found, "pauses", "small_own", "p999") },
    { "the same in incremental mode", "under", 1, at(found, "pauses", "incremental_own", "p999") },
    { "the same in generational mode", "under", 1,
      at(found, "pauses", "generational_own", "p999") },
    { "the machine's own, for comparison", "none", nil, at(found, "pauses", "machine", "p999") },
    { "OpenResty: throughput against a cosocket client (least)", "least", 0.95,
      least(found.openresty) },
    { "µs of CPU that a row of a job adds in SQLite", "most", 100, at(found, "jobs", "SQLite") },
    { "the same in Redis, the worker alone", "most", 150, at(found, "jobs", "Redis") },
    { "CPU a call against (d) lua-http", "show", nil, ratio("sequential", "d: lua-http, kept") },
    { "CPU a call against (e) socket.http", "show", nil, ratio("sequential", "e: socket.http") },
    { "CPU a call against (e) a socket with HTTP of one's own", "show", nil,
      ratio("sequential", "e: socket, own HTTP") },
    { "CPU a call against (f) requests", "show", nil, ratio("sequential", "f: requests") },
    { "CPU a call against (f) aiohttp", "show", nil, ratio("sequential", "f: aiohttp") },
  }
end

local judges = {
  most = { "at most %g", function(figure, goal) return figure <= goal end },
  under = { "under %g", function(figure, goal) return figure < goal end },
  least = { "at least %g", function(figure, goal) return figure >= goal end },
  show = { "several times less", function(figure) return figure < 0.5 end },
  none = { "", function() return nil end },
}

--- Prints the table of those that something was found for.
function goals.table(found)
  local row
  for _, goal in ipairs(rows(found)) do
    local figure, judge = goal[4], judges[goal[2]]
    if figure and not row then
      report.title "Goals"
      row = report.table { { "what", 58 }, { "goal", 18 }, { "figure", 8 }, { "", 6 } }
    end
    if figure then
      local met = judge[2](figure, goal[3])
      row { goal[1], judge[1]:format(goal[3]), ("%.2f"):format(figure),
        met == nil and "" or met and "met" or "missed" }
    end
  end
end

return goals
