--- Metrics that nginx's workers count together, in a dictionary of shared memory.
--
-- Each count is an entry to which workers add. Their keys stand in a row, entry after entry: who
-- has a new one adds it at the first free place, by an atomic `add`, so that none is lost and none
-- stands twice. Thus a scrape needs no list of all keys, which would lock the dictionary.
-- What is so just now each worker writes under its own number, whenever a call begins, waits or
-- ends.

local shared_dict = require "convoke.hosts.shared_dict"

local metrics_dict = {}

local prefix = "convoke/metrics/"

local Shared = {}
Shared.__index = Shared

-- Reads on in the row of keys.
local function read_row(self)
  local key = self.dict:get(prefix .. "row/" .. #self.row + 1)
  while key do
    self.row[#self.row + 1], self.known[key] = key, true
    key = self.dict:get(prefix .. "row/" .. #self.row + 1)
  end
end

-- Makes an entry for a new key. Raises where the dictionary is full: hooks report that.
local function announce(self, key)
  read_row(self)
  while not self.known[key] do
    self.dict:safe_add(prefix .. "count/" .. key, 0)
    local _, why = self.dict:safe_add(prefix .. "row/" .. #self.row + 1, key)
    if why == "no memory" then
      error("the dictionary is full; it must be larger", 0)
    end
    read_row(self)
  end
end

--- Adds to the count of a key.
function Shared:add(key, value)
  if not self.known[key] then announce(self, key) end
  local _, why = self.dict:incr(prefix .. "count/" .. key, value)
  if why == "not found" then -- others have filled the dictionary and driven it out
    self.dict:safe_add(prefix .. "count/" .. key, 0)
    self.dict:incr(prefix .. "count/" .. key, value)
  end
end

--- Writes what is so now in this worker, and adds what its core has counted since the last time.
-- @param gauges, counters  see metrics.now()
function Shared:write(gauges, counters)
  local worker = self.ngx.worker.id()
  if not worker then return end -- the master, before it forks
  for key, value in pairs(gauges) do
    if self.written[key] ~= value then
      self.dict:set(("%s%d/%s"):format(prefix, worker, key), value)
      self.written[key] = value
    end
  end
  for key, value in pairs(counters) do
    local more = value - (self.written[key] or 0)
    if more ~= 0 or not self.known[key] then
      self:add(key, more)
      self.written[key] = value
    end
  end
end

--- What all workers have counted, by key.
-- @param gauges, counters  of this worker, see metrics.now()
function Shared:collect(gauges, counters)
  self:write(gauges, counters)
  read_row(self)
  local all = {}
  for _, key in ipairs(self.row) do
    all[key] = self.dict:get(prefix .. "count/" .. key)
    local api = key:match "^convoke_calls_total\1([^\1]*)"
    if api then gauges["convoke_retry_budget_ratio\1" .. api] = 1 end
  end
  for key in pairs(gauges) do
    local least = key:find "^convoke_retry_budget_ratio"
    local total = least and 1 or 0
    for worker = 0, self.ngx.worker.count() - 1 do
      local value = self.dict:get(("%s%d/%s"):format(prefix, worker, key))
      if value then total = least and math.min(total, value) or total + value end
    end
    all[key] = total
  end
  return all
end

--- Opens a dictionary.
-- @param name  of it
-- @return an object; or nil and what is wrong with the option
function metrics_dict.open(name)
  local dict, why = shared_dict.find(name)
  if not dict then return nil, why end
  return setmetatable({ dict = dict, ngx = rawget(_G, "ngx"), row = {}, known = {}, written = {} },
    Shared)
end

return metrics_dict
