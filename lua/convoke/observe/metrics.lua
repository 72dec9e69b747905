--- Counters of what calls do, for Prometheus: `convoke.metrics()`.
--
-- What is counted is known by keys: the name of a family and the values of its labels. Labels come
-- from the catalogue and from small sets, and there are at most so many operations, so that a
-- scraper never meets a new series for each user, address or answer.

local core = require "convoke.core"
local hooks = require "convoke.observe.hooks"
local metrics_dict = require "convoke.observe.metrics_dict"
local misuse = require "convoke.misuse"
local retry = require "convoke.call.retry"

local metrics = {}

local unpack = table.unpack or unpack -- luacheck: globals unpack

local separator = "\1" -- in keys
local most_operations = 1000 -- those that come later are counted as "other"
local bounds = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30 } -- seconds

-- Families ------------------------------------------------

local of_call = { "api", "operation", "purpose" }

local function labels_with(...)
  local labels = { of_call[1], of_call[2], of_call[3] }
  for _, name in ipairs { ... } do labels[#labels + 1] = name end
  return labels
end

-- In the order in which they are shown: name, type, labels, help.
local families = {
  { "convoke_calls_total", "counter", labels_with("outcome", "kind"), "Calls that are over." },
  { "convoke_attempts_total", "counter", labels_with "result",
    "Attempts that have ended, by status or kind of error." },
  { "convoke_retries_total", "counter", labels_with "reason", "Calls that were sent again." },
  { "convoke_waits_total", "counter", labels_with "reason", "Waits of calls that have begun." },
  { "convoke_looks_total", "counter", labels_with "verdict", "Looks for lost answers." },
  { "convoke_call_duration_seconds", "histogram", of_call,
    "Time from the beginning of a call to its end, waits included." },
  { "convoke_sent_bytes_total", "counter", {}, "Bytes of requests' bodies." },
  { "convoke_received_bytes_total", "counter", {}, "Bytes of answers' bodies." },
  { "convoke_connections_opened_total", "counter", {}, "Connections that were opened." },
  { "convoke_connections_reused_total", "counter", {}, "Requests on a kept connection." },
  { "convoke_calls_in_flight", "gauge", {}, "Calls that have begun and are not over." },
  { "convoke_calls_waiting", "gauge", { "reason" }, "Calls that wait now." },
  { "convoke_requests_queued", "gauge", {}, "Requests that wait for max_in_flight." },
  { "convoke_retry_budget_ratio", "gauge", { "api" },
    "Part of the retry budget that is left, of the client that has least." },
}

-- Counters that the core keeps: family -> the name in core.stats().
local of_core = {
  convoke_sent_bytes_total = "bytes_sent", convoke_received_bytes_total = "bytes_received",
  convoke_connections_opened_total = "connections_opened",
  convoke_connections_reused_total = "connections_reused",
}

local reasons = { "turn", "retry_after", "backoff", "look" }

-- Labels ------------------------------------------------

local function set_of(words)
  local set = {}
  for word in words:gmatch "%S+" do set[word] = word end
  return set
end

local kinds = set_of("invalid resolve connect tls timeout network decode too_large http cancelled "
  .. "memory store")
local statuses = set_of("200 201 202 204 301 302 303 304 307 308 400 401 402 403 404 405 408 409 "
  .. "410 413 415 422 429 500 501 502 503 504 560")

-- The kind of an error as a label. Transports of users may name others.
local function kind_label(kind)
  return kind == nil and "none" or kinds[kind] or "other"
end

local of_statuses = {} -- status -> its label, so that no text is made for each attempt
for text in pairs(statuses) do of_statuses[tonumber(text)] = text end

local function result_label(event)
  local status = event.status
  local kind = event.outcome ~= "done" and event.kind
  if kind and (kind ~= "http" or not status) then return kind_label(kind) end
  local known = of_statuses[status]
  if known then return known end
  local text = tostring(status)
  return statuses[text] or text:match "^[1-5]%d%d$" and text:sub(1, 1) .. "xx" or "other"
end

-- Counting ------------------------------------------------

local Metrics = {}

-- What one operation is counted by. Keys are made once: those of members in `keys`, by family and
-- last labels.
local function new_record(api, operation, purpose)
  local common = table.concat({ api, operation, purpose }, separator)
  local duration = "convoke_call_duration_seconds" .. separator .. common .. separator
  local record = { common = common, keys = {}, buckets = {}, sum = duration .. "sum" }
  for i = 1, #bounds + 1 do record.buckets[i] = duration .. i end
  return record
end

local function find_record(self, event)
  local looks = event.looks_for ~= nil
  local records = looks and self.looks or self.calls
  local operation = event.operation
  local record = records[operation]
  if record then return record end
  local purpose = looks and "look" or "call"
  if self.operations >= most_operations then
    record = records[""] or new_record("other", "other", purpose)
    records[""] = record
    return record
  end
  self.operations = self.operations + 1
  record = new_record(event.api, operation, purpose)
  records[operation] = record
  return record
end

-- Adds one to a family's member of a record.
local function count(self, record, family, label)
  local keys = record.keys[family]
  if not keys then
    keys = {}
    record.keys[family] = keys
  end
  local key = keys[label]
  if not key then
    key = table.concat({ family, record.common, label }, separator)
    keys[label] = key
  end
  self:add(key, 1)
end

local function add_duration(self, record, seconds)
  local place = 1
  while place <= #bounds and seconds > bounds[place] do place = place + 1 end
  self:add(record.buckets[place], 1)
  self:add(record.sum, seconds)
end

local done_without_error = "done" .. separator .. "none"

-- The hooks that count for an object.
local function observer_of(self)
  local own = {}

  local going = self.going

  -- That of a call that has begun since the counting did is known already.
  local function record_of(event) return going[event] or find_record(self, event) end

  function own.call(event)
    going[event] = find_record(self, event)
    if self.shared then self.shared:write(metrics.now(self)) end
  end

  function own.wait(event)
    count(self, record_of(event), "convoke_waits_total", event.reason)
    self.waiting[event] = event.attempt
    if self.shared then self.shared:write(metrics.now(self)) end
  end

  function own.attempt(event)
    count(self, record_of(event), "convoke_attempts_total", result_label(event))
  end

  function own.settle(event)
    count(self, record_of(event), "convoke_looks_total", event.verdict)
  end

  function own.retry(event)
    count(self, record_of(event), "convoke_retries_total", event.reason)
  end

  function own.done(event)
    local record, outcome = record_of(event), event.outcome
    going[event] = nil
    count(self, record, "convoke_calls_total", outcome == "done" and done_without_error
      or outcome .. separator .. kind_label(event.kind))
    add_duration(self, record, event.elapsed)
    if self.shared then self.shared:write(metrics.now(self)) end
  end

  return own
end

local function add_here(self, key, value)
  local counts = self.counts
  counts[key] = (counts[key] or 0) + value
end

--- What is so now, by key.
-- @return key -> value of the gauges; and key -> value of the counters that the core keeps
function metrics.now(self)
  local gauges, counters, stats = {}, {}, core.stats()
  local going, waiting = 0, {}
  for _ in pairs(self.going) do going = going + 1 end
  for event, attempt in pairs(self.waiting) do
    -- Until its next attempt has begun, or another hook was told.
    if event.hook == "wait" and event.attempt == attempt then
      waiting[event.reason] = (waiting[event.reason] or 0) + 1
    end
  end
  gauges.convoke_calls_in_flight, gauges.convoke_requests_queued = going, stats.queued
  for _, reason in ipairs(reasons) do
    gauges["convoke_calls_waiting" .. separator .. reason] = waiting[reason] or 0
  end
  for budget, api in pairs(retry.budgets) do
    local key, left = "convoke_retry_budget_ratio" .. separator .. api, budget.tokens / budget.full
    gauges[key] = math.min(gauges[key] or 1, left)
  end
  for family, name in pairs(of_core) do counters[family] = stats[name] end
  return gauges, counters
end

-- Showing ------------------------------------------------

-- All that was counted, by key.
local function collect(self)
  local gauges, counters = metrics.now(self)
  if self.shared then return self.shared:collect(gauges, counters) end
  local all = {}
  for _, part in ipairs { self.counts, gauges, counters } do
    for key, value in pairs(part) do all[key] = value end
  end
  return all
end

-- name of a family -> array of { values of the labels, value }, sorted.
local function sort_out(all)
  local found, keys = {}, {}
  for key in pairs(all) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local values = {}
    for part in key:gmatch "[^\1]+" do values[#values + 1] = part end
    local name = table.remove(values, 1)
    found[name] = found[name] or {}
    table.insert(found[name], { values, all[key] })
  end
  return found
end

local function labels_of(names, values)
  local labels = {}
  for i, name in ipairs(names) do labels[name] = values[i] end
  return labels
end

-- Puts the buckets of a histogram together: array of { values =, labels =, sum =, count =,
-- buckets = array of { le =, count = } }.
local function histograms_of(names, samples)
  local found, by_key = {}, {}
  for _, sample in ipairs(samples) do
    local values, value = sample[1], sample[2]
    local place = table.remove(values)
    local key = table.concat(values, separator)
    local histogram = by_key[key]
    if not histogram then
      histogram = { values = values, labels = labels_of(names, values), sum = 0, count = 0,
        buckets = {} }
      for i = 1, #bounds + 1 do
        histogram.buckets[i] = { le = bounds[i] or math.huge, count = 0 }
      end
      by_key[key] = histogram
      found[#found + 1] = histogram
    end
    if place == "sum" then
      histogram.sum = value
    else
      histogram.buckets[tonumber(place)].count = value
    end
  end
  for _, histogram in ipairs(found) do
    for _, bucket in ipairs(histogram.buckets) do
      histogram.count = histogram.count + bucket.count
      bucket.count = histogram.count
    end
  end
  return found
end

local escapes = { ["\\"] = "\\\\", ["\n"] = "\\n", ['"'] = '\\"' }

local function write_labels(names, values)
  local parts = {}
  for i, name in ipairs(names) do
    parts[i] = ('%s="%s"'):format(name, (values[i]:gsub('[\\\n"]', escapes)))
  end
  return parts[1] and "{" .. table.concat(parts, ",") .. "}" or ""
end

local function write_value(value)
  return value == math.huge and "+Inf" or ("%.14g"):format(value)
end

--- All metrics in Prometheus' text format 0.0.4.
function Metrics:text()
  local found, lines = sort_out(collect(self)), {}
  local function add(name, names, values, value)
    lines[#lines + 1] = ("%s%s %s"):format(name, write_labels(names, values), write_value(value))
  end
  for _, family in ipairs(families) do
    local name, kind, names, help = unpack(family)
    lines[#lines + 1] = ("# HELP %s %s"):format(name, help)
    lines[#lines + 1] = ("# TYPE %s %s"):format(name, kind)
    if kind == "histogram" then
      local with_le = labels_with "le"
      for _, each in ipairs(histograms_of(names, found[name] or {})) do
        local values = each.values
        for _, bucket in ipairs(each.buckets) do
          values[#names + 1] = write_value(bucket.le)
          add(name .. "_bucket", with_le, values, bucket.count)
        end
        add(name .. "_sum", names, values, each.sum)
        add(name .. "_count", names, values, each.count)
      end
    else
      for _, sample in ipairs(found[name] or {}) do add(name, names, sample[1], sample[2]) end
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

--- The same as a table.
-- @return name of a family -> array of { labels =, value = }; of a histogram { labels =, sum =,
--   count =, buckets = array of { le = seconds, count = so many took at most that } }
function Metrics:table()
  local found, shown = sort_out(collect(self)), {}
  for _, family in ipairs(families) do
    local name, kind, names = unpack(family)
    local samples = {}
    if kind == "histogram" then
      samples = histograms_of(names, found[name] or {})
      for _, each in ipairs(samples) do each.values = nil end
    else
      for i, sample in ipairs(found[name] or {}) do
        samples[i] = { labels = labels_of(names, sample[1]), value = sample[2] }
      end
    end
    shown[name] = samples
  end
  return shown
end

-- Beginning and ending ------------------------------------------------

local current -- what counts now, or nil

--- Ends the counting. The next convoke.metrics() begins with nothing, or with what its dictionary
-- holds.
function Metrics:stop()
  self.unobserve()
  if current == self then current = nil end
end

local metatable = { __index = Metrics, __name = "convoke.metrics", __tostring = Metrics.text }

-- The dictionary that the options name; or nil.
local function dict_of(options)
  if options == nil then return nil end
  if type(options) ~= "table" then misuse.raise "convoke.metrics: options must be a table" end
  for name in pairs(options) do
    if name ~= "dict" then
      misuse.raise(("convoke.metrics: unknown option %s%s"):format(tostring(name),
        misuse.suggestion(name, { dict = true })))
    end
  end
  return options.dict
end

--- Counts from now on what calls of this Lua state do, or goes on with it.
-- @param options  table or nil: dict, OpenResty's shared dictionary in which all workers count
-- @return the object: text(), which tostring() gives, too, table() and stop()
function metrics.begin(options)
  local dict = dict_of(options)
  if current then
    if dict ~= nil and dict ~= current.dict then
      misuse.raise("convoke.metrics is counting already, "
        .. (current.dict and "in the dictionary " .. current.dict or "without a dictionary"))
    end
    return current
  end
  local shared, why
  if dict ~= nil then
    shared, why = metrics_dict.open(dict)
    if not shared then misuse.raise("convoke.metrics: option dict " .. why) end
  end
  local weak = { __mode = "k" } -- events of calls that are collected are forgotten
  local self = setmetatable({ dict = dict, shared = shared, counts = {}, calls = {}, looks = {},
    operations = 0, going = setmetatable({}, weak), waiting = setmetatable({}, weak) },
    metatable)
  self.add = shared and function(_, key, value) shared:add(key, value) end or add_here
  self.unobserve = hooks.observe(observer_of(self), "convoke.metrics")
  current = self
  return self
end

return metrics
