--- Sending spans to a collector, by OTLP over HTTP in JSON. No call waits for it: one request at a
-- time is under way, and whoever drives the engine drives it, too.

local client = require "convoke.client"
local core = require "convoke.core"
local engine = require "convoke.engine"
local misuse = require "convoke.misuse"
local otlp = require "convoke.observe.trace.otlp"
local retry = require "convoke.call.retry"
local tasks = require "convoke.tasks"
local version = require "convoke.version"

local exporter = {}

local Exporter = {}
Exporter.__index = Exporter

local now = core.now

local most_tries = 5 -- of one batch
local most_headers = 4

-- Statuses after which OTLP asks for a repeat.
local passing = { [429] = true, [502] = true, [503] = true, [504] = true }

-- The collector's client ------------------------------------------------

-- The headers as kinds of credentials: their values are secrets, and stay in C memory. A word in
-- front of a value, such as Bearer, is none.
-- @return auths as the catalogue has them, and the secrets
local function auths_of(headers)
  local names, auths, secrets = {}, {}, {}
  for name in pairs(headers) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do
    local prefix, secret = headers[name]:match "^([%w%-]+ +)(%S+)$"
    auths[i] = { option = "header " .. i, place = "header", name = name, prefix = prefix or "",
      spaces = true }
    secrets[i] = secret or headers[name]
  end
  return auths, secrets
end

-- A client of the collector, as the core has it, and the path of its address.
-- @param url      where spans go
-- @param headers  values by name
-- @param reach    options of a client, see options.lua
local function connect(url, headers, reach)
  local origin, path = url:match "^(%a[%w+.-]*://[^/?#]*)([^?#]*)$"
  local fault = not origin and (core.address(url) or "must not have a query (?)")
    or core.address(origin)
  if fault then misuse.raise(("convoke.trace: url %s"):format(fault)) end
  local auths, secrets = auths_of(headers)
  if #auths > most_headers then
    misuse.raise(("convoke.trace: at most %d headers"):format(most_headers))
  end
  local api = { name = "trace", title = "OTLP", accept = "application/json", anonymous = true,
    request_id_headers = {}, auths = auths, operations = {} }
  api.handle = core.document(1, api)
  local options = { url = origin,
    user_agent = ("convoke/%s OTel-OTLP-Exporter-Lua/%s"):format(version, version) }
  for name, value in pairs(reach) do options[name] = value end
  local native = client.state(client.constructor_of(api, {})(options)).native
  local places = {}
  for i, secret in ipairs(secrets) do
    fault = native:exposure()
    if not fault then
      local good, why = native:credential(i, secret, nil, i)
      fault = not good and ("the header %s %s"):format(auths[i].name, why)
    end
    if fault then misuse.raise("convoke.trace: " .. fault) end
    places[i] = i
  end
  native:join(0, places)
  return native, path ~= "" and path or "/"
end

-- The queue ------------------------------------------------

-- Spans wait as JSON texts, oldest first, until a collector has them. In the child of a fork those
-- of the parent are the parent's to send.
local function begin(self)
  self.forks, self.queue, self.first, self.last = core.forks(), {}, 1, 0
  self.sending = false -- how many of the first are on their way
  self.lost_at = 0 -- by core.now(): what is sending then was lost by an interrupt
  self.next_at = 0 -- when the next request is due
  self.not_before = 0 -- no request before, for the last one has failed
  self.told = false -- the collector has said so
  self.tries = 0 -- of the first batch, that have failed
  self.timer = false -- that is set, a token of engine.later()
  self.counts = { exported = 0, rejected = 0, failed = 0, dropped = 0, requests = 0 }
end

--- Sends spans from now on.
-- @param settings  url, headers, reach (options of a client); queue, how many spans may wait;
--   batch, how many go with one request; interval, seconds between two; timeout, seconds for one;
--   resource, attributes by name
-- @return an exporter; raises for an address or a header that cannot be
function exporter.new(settings)
  local self = setmetatable({ most = settings.queue, batch = settings.batch,
    interval = settings.interval, timeout = settings.timeout, reported = false, why = nil,
    stopped = false },
    Exporter)
  self.client, self.path = connect(settings.url, settings.headers, settings.reach)
  self.head, self.tail = otlp.frame(settings.resource)
  -- Whoever drives the engine calls these: nothing may come out of them.
  self.on_done = function(native) pcall(self.finish, self, native) end
  self.on_time = function()
    self.timer = false
    pcall(self.kick, self)
  end
  begin(self)
  return self
end

--- How many spans no collector has yet.
function Exporter:size()
  if core.forks() ~= self.forks then begin(self) end
  return self.last - self.first + 1
end

local function take(self, count)
  for i = self.first, self.first + count - 1 do self.queue[i] = nil end
  self.first = self.first + count
end

-- Says once that spans are lost.
local function complain(self, why)
  self.why = self.client:redact(why)
  if self.reported then return end
  self.reported = true
  pcall(tasks.report, ("convoke.trace: spans are lost: %s (said once; see its stats())"):format(
    self.why))
end

--- Adds a span; where too many wait it is dropped.
function Exporter:add(span)
  if self:size() >= self.most then
    self.counts.dropped = self.counts.dropped + 1
    return complain(self, ("more than %d wait"):format(self.most))
  end
  self.queue[self.last + 1] = otlp.span(span)
  self.last = self.last + 1
end

-- Sending ------------------------------------------------

local function lose(self, count, why)
  take(self, count)
  self.tries = 0
  self.counts.failed = self.counts.failed + count
  complain(self, why)
end

-- What follows a request that has failed in a way that may pass.
local function fail(self, count, why, retry_after)
  self.why = self.client:redact(why)
  self.tries = self.tries + 1
  self.told = retry_after ~= nil
  self.not_before = now() + retry.pause(self.tries, retry_after)
  if self.tries >= most_tries then lose(self, count, why) end
end

local function drop_timer(self)
  local timer = self.timer
  self.timer = false
  if timer then engine.not_later(timer) end
end

local function send(self)
  drop_timer(self)
  local count = math.min(self:size(), self.batch)
  local body = self.head .. table.concat(self.queue, ",", self.first, self.first + count - 1)
    .. self.tail
  local native = assert(self.client:prepare_free("POST", self.path, nil, nil, body))
  self.counts.requests = self.counts.requests + 1
  self.sending, self.lost_at = count, now() + self.timeout + 1
  local sent, why = engine.send_aside(native, self.timeout, self.on_done)
  if not sent then
    self.sending = false
    fail(self, count, why)
  end
end

--- Begins a request, if one is due.
-- @param hurry  do not wait for the interval
function Exporter:kick(hurry)
  local waiting, time = self:size(), now()
  if self.sending and time >= self.lost_at then self.sending = false end
  if self.sending or waiting == 0 or time < self.not_before then return end
  if hurry or time >= self.next_at or waiting >= self.batch then return send(self) end
  if self.timer or self.stopped then return end
  self.timer = engine.later(self.next_at - time, self.on_time)
end

--- Reads what came of a request.
function Exporter:finish(native)
  local count = self.sending
  if not count then return end
  self.sending, self.next_at = false, now() + self.interval
  local status, data = native:answer()
  if status and status >= 200 and status < 300 then
    local rejected, why = otlp.rejected(data)
    rejected = math.min(rejected, count)
    take(self, count)
    self.counts.exported = self.counts.exported + count - rejected
    self.counts.rejected = self.counts.rejected + rejected
    self.tries, self.not_before, self.told = 0, 0, false
    if rejected > 0 then complain(self, "the collector rejects some: " .. (why or "")) end
  elseif status and not passing[status] then
    lose(self, count, ("the collector answered %d"):format(status))
  elseif status then
    fail(self, count, ("the collector answered %d"):format(status), native:retry_after())
  else
    local kind, message = native:failure()
    fail(self, count, ("%s: %s"):format(kind, message))
  end
  self:kick()
end

--- Sends what waits, without regard to the interval.
-- @param seconds  that this may take
-- @return true; or nil and why not: spans are left, or were lost meanwhile
function Exporter:flush(seconds)
  if self:size() == 0 then return true end
  local stop, counts = now() + seconds, self.counts
  local before = counts.failed + counts.rejected
  if not self.told then self.not_before = 0 end
  self:kick(true)
  while self:size() > 0 and now() < stop do
    engine.sleep(math.max(0, math.min(0.005, stop - now())))
    self:kick(true)
  end
  local left = self:size()
  if left == 0 and counts.failed + counts.rejected == before then return true end
  local what = left > 0 and ("%d spans are left"):format(left) or "spans were lost"
  return nil, self.why and ("%s (%s)"):format(what, self.why) or what
end

--- Begins no request by itself any more: no loop goes on for what a flush has left.
function Exporter:stop()
  self.stopped = true
end

return exporter
