--- What several counters tell of the same calls, for the storm's audit: they must agree exactly.
--
-- A counter is begun before the calls, and gives figures after them, by name: "calls", "done",
-- "attempts", "retries", "looks", and "made <api>", creates that have gone well. A further one is
-- a member more of counts.counters.

local convoke = require "convoke"
local exposition = require "spec.support.exposition"
local hooks = require "convoke.observe.hooks"

local counts = {}

local apis = { "clerk", "gencove", "cvat" }

-- name -> function that begins; it returns a function that ends it and returns the figures
counts.counters = {}

function counts.counters.hooks()
  local figures, own = { calls = 0, done = 0, attempts = 0, retries = 0, looks = 0 }, {}
  for _, api in ipairs(apis) do figures["made " .. api] = 0 end
  local function add(name) figures[name] = figures[name] + 1 end
  function own.call() add "calls" end
  function own.attempt() add "attempts" end
  function own.retry() add "retries" end
  function own.settle() add "looks" end
  function own.done(event)
    add "done"
    if event.operation == event.api .. ".invitations.create" and event.outcome == "done" then
      add("made " .. event.api)
    end
  end
  local stop = hooks.observe(own)
  return function()
    stop()
    return figures
  end
end

function counts.counters.metrics()
  local metrics = convoke.metrics()
  return function()
    local families = exposition.read(metrics:text())
    metrics:stop()
    local function sum(...) return exposition.sum(families, ...) end
    local figures = { done = sum "convoke_calls_total", attempts = sum "convoke_attempts_total",
      calls = sum("convoke_call_duration_seconds", nil, "_count")
        + sum "convoke_calls_in_flight",
      retries = sum "convoke_retries_total", looks = sum "convoke_looks_total" }
    for _, api in ipairs(apis) do
      figures["made " .. api] = sum("convoke_calls_total",
        { operation = api .. ".invitations.create", outcome = "done" })
    end
    return figures
  end
end

--- Begins all counters.
-- @return a function that ends them and returns their figures by name
function counts.begin()
  local finish = {}
  for name, begin in pairs(counts.counters) do finish[name] = begin() end
  return function()
    local all = {}
    for name, stop in pairs(finish) do all[name] = stop() end
    return all
  end
end

--- What the sandbox's books tell: "made <api>", how many of what calls say they have made is there.
-- What was removed CVAT's books forget.
-- @param calls, books  as storm.audit() takes them
function counts.of_books(calls, books)
  local figures, there = {}, {}
  for _, api in ipairs(apis) do
    figures["made " .. api] = 0
    for _, entries in pairs(books[api]) do
      for _, entry in ipairs(entries) do there[api .. " " .. entry.id] = true end
    end
  end
  for _, call in ipairs(calls) do
    local key = call.id and call.api .. " " .. call.id
    if key and (there[key] or (call.removal and call.api == "cvat")) then
      figures["made " .. call.api] = figures["made " .. call.api] + 1
      there[key] = nil -- for two calls it does not count twice
    end
  end
  return figures
end

--- Where counters disagree.
-- @param all  name of the counter -> its figures; one need not have all
-- @return array of texts
function counts.disagreements(all)
  local by_figure, found, names = {}, {}, {}
  for counter, figures in pairs(all) do
    for figure, value in pairs(figures) do
      by_figure[figure] = by_figure[figure] or {}
      table.insert(by_figure[figure], ("%s %d"):format(counter, value))
      by_figure[figure].least = math.min(by_figure[figure].least or value, value)
      by_figure[figure].most = math.max(by_figure[figure].most or value, value)
    end
  end
  for figure in pairs(by_figure) do names[#names + 1] = figure end
  table.sort(names)
  for _, figure in ipairs(names) do
    local values = by_figure[figure]
    table.sort(values)
    if values.least ~= values.most then
      found[#found + 1] = ("%s: %s"):format(figure, table.concat(values, ", "))
    end
  end
  return found
end

return counts
