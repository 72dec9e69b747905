--- The store of jobs for many machines: Redis 7 or newer, or Valkey.
--
-- It has the methods of sqlite.lua. Rows are in a stream whose consumers are the workers; what has
-- to happen as a whole is a script on the server, by the server's clock (see scripts.lua). What is
-- asked again because its answer was lost changes nothing twice.

local core = require "convoke.core"
local engine = require "convoke.engine"
local hiredis = require "convoke.jobs.hiredis"
local reading = require "convoke.jobs.reading"
local scripts = require "convoke.jobs.scripts"
local store_clock = require "convoke.jobs.store_clock"

local unpack = table.unpack or unpack -- luacheck: ignore 113

local Store = {}
Store.__index = Store

local first_pause, longest_pause = 0.05, 0.5 -- seconds between attempts while the server is away
local patience, tell_every = 0.3, 60 -- seconds until that is told, and until it is again
local oldest = 7 -- version of Redis
local largest_part = 1048576 -- bytes of rows that are added by one command, and one row more
local most_ends = 50 -- claims that end by one command

-- Asking ------------------------------------------------

-- Answers of a server that will be there soon.
local passing = { LOADING = true, BUSY = true, MASTERDOWN = true, CLUSTERDOWN = true,
  TRYAGAIN = true, READONLY = true, NOREPLICAS = true, MISCONF = true }

local function text_of(value)
  if value == nil or value == false then return "" end
  if value == true then return "1" end
  if type(value) == "number" and value % 1 == 0 then return ("%d"):format(value) end
  return tostring(value)
end

-- Sends a command, and again while the server is away and `waits` says so.
-- @return the reply, and the moment of core.clocks() when it was asked for; or nil, why there is
--   none, and what the server said
local function ask(self, ...)
  local pause, since = first_pause, nil
  while true do
    local clock = core.clocks()
    local reply, why, kind = self.connection:command(...)
    if reply ~= nil then return reply, clock end
    local is_away = kind == "connection" or passing[why:match "^%u+"]
    local shown = why:find(self.path, 1, true) == 1 and why or self.path .. ": " .. why
    if self.closed or not (is_away and self.waits()) then return nil, shown, why end
    local now = core.now()
    since = since or now
    if now - since > patience and now >= self.tells_at then
      self.tells_at = now + tell_every
      self.tell(shown)
    end
    engine.sleep(pause * (0.5 + core.chance()))
    pause = math.min(longest_pause, pause * 2)
  end
end

-- Runs a script. Its reply begins with the server's time.
-- @return the reply; or nil and why there is none
local function run(self, name, ...)
  local arguments = {}
  for i = 1, select("#", ...) do arguments[i] = text_of((select(i, ...))) end
  while true do
    local digest, why, said = self.digests[name], nil, "NOSCRIPT"
    if digest then
      local reply
      reply, why, said = ask(self, "EVALSHA", digest, "1", self.key, unpack(arguments))
      if reply then
        -- The server's time when it was asked, or a little more: no lease seems to last longer
        -- than it does.
        self.ahead = tonumber(reply[1]) - why
        return reply
      end
    end
    if said:sub(1, 8) ~= "NOSCRIPT" then return nil, why end
    digest, why = ask(self, "SCRIPT", "LOAD", scripts[name])
    if not digest then return nil, why end
    self.digests[name] = digest
  end
end

-- The arguments that limits are for a script, and what else it is given.
local function with_limits(self, ...)
  local arguments = { self.batch and self.batch.scope or "", #self.limits }
  for _, limit in ipairs(self.limits) do
    local count = #arguments
    arguments[count + 1], arguments[count + 2], arguments[count + 3] = limit[1], limit[2], limit.per
  end
  local count = #arguments
  for i = 1, select("#", ...) do arguments[count + i] = (select(i, ...)) or false end
  return arguments
end

-- The name of something that is told once, however often it is asked for.
local function next_name(self)
  self.asked = self.asked + 1
  return ("%s:%d"):format(self.worker, self.asked)
end

-- Time ------------------------------------------------

-- The server counts.
Store.now, Store.clocks_at = store_clock.now, store_clock.clocks_at

-- Jobs ------------------------------------------------

--- Finds a job, and makes it where `make` says what it is.
-- @param name  of the job
-- @param make  api, operation, settings (text); or nil
-- @return the job: those, paused, loaded, made_at; false: there is none
function Store:open_job(name, make)
  self.key = ("{%s:%s}:job"):format(self.prefix, name)
  local reply, why
  if make then
    reply, why = run(self, "open", scripts.version, make.api, make.operation, make.settings)
    if reply then
      local listed
      listed, why = ask(self, "SADD", self.prefix .. ":jobs", name)
      if not listed then return nil, why end
    end
  else
    reply, why = run(self, "open")
  end
  if not reply then return nil, why end
  local found = reply[2]
  if not found[1] then return false end
  if tonumber(found[1]) ~= scripts.version then
    return nil, ("%s: the job %s was made by a newer convoke"):format(self.path, name)
  end
  return { api = found[2], operation = found[3], settings = found[4], paused = found[5] == "1",
    loaded = found[6] == "1", made_at = tonumber(found[7]) }
end

--- The jobs of the store: array of { name, api, operation }.
function Store:jobs()
  local names, why = ask(self, "SMEMBERS", self.prefix .. ":jobs")
  if not names then return nil, why end
  table.sort(names)
  local jobs = {}
  for _, name in ipairs(names) do
    local found
    found, why = self:open_job(name)
    if found == nil then return nil, why end
    if found then
      jobs[#jobs + 1] = { name = name, api = found.api, operation = found.operation }
    end
  end
  return jobs
end

--- Changes the settings of the job.
function Store:set(settings)
  return run(self, "set", "settings", settings)
end

--- Sets the limits of the pace that claim() keeps.
-- @param limits  array of { scope, count, per = seconds }
-- @param batch   { size =, scope = name of the operation that takes so many rows }; or nil
function Store:limit(limits, batch)
  self.limits, self.batch = limits, batch
end

-- What can be lost when the server ends, as far as it tells; nil: nothing.
local function danger_of(self, info)
  if info.aof_enabled ~= "1" then
    return "keeps no append-only file: when it ends, calls that were made may be made again"
  end
  local policy = info.maxmemory ~= "0" and info.maxmemory_policy or ""
  if policy:find "^allkeys" then
    return ("may throw away rows when its memory is full (maxmemory-policy %s)"):format(policy)
  end
  local reply = ask(self, "CONFIG", "GET", "appendfsync")
  local how = reply and reply[2] or "is not told"
  if how == "always" then return nil end
  return ("does not write its file at once (appendfsync %s): when its machine ends, calls of the "
    .. "last moments may be made again"):format(how)
end

--- Becomes a worker of the job. From now on commands wait while the server is away.
-- @param is_wanted  function that returns whether to wait
-- @param tell       function(why) that is told when the waiting begins
-- @return true; `warning` says what can be lost, or is nil
function Store:enter(is_wanted, tell)
  local entered, why = run(self, "enter", self.worker)
  if not entered then return nil, why end
  self.waits, self.tell = is_wanted, tell
  local danger = danger_of(self, self.info)
  self.warning = danger and ("the store %s %s"):format(self.path, danger)
  return true
end

--- Is no longer one. What it has claimed is left to the others.
function Store:leave()
  return run(self, "leave", self.worker)
end

-- Rows ------------------------------------------------

-- Runs a script for many things: as often as their texts are too long for one time. What is done
-- twice is done once, so parts are no worse than the whole.
-- @param things  array
-- @param begin   function(is_last) that returns the script's first arguments, as an array
-- @param each    function(thing) that returns three arguments, texts
-- @return array of the replies; or nil and why not
local function run_in_parts(self, name, things, begin, each)
  local replies, at = {}, 1
  repeat
    local arguments, size = begin(false), 0
    while things[at] and size < largest_part do
      local count = #arguments
      local first, second, third = each(things[at])
      arguments[count + 1], arguments[count + 2], arguments[count + 3] = first, second, third
      at, size = at + 1, size + #second + #third
    end
    if not things[at] then
      for i, argument in ipairs(begin(true)) do arguments[i] = argument end
    end
    local reply, why = run(self, name, unpack(arguments))
    if not reply then return nil, why end
    replies[#replies + 1] = reply
  until not things[at]
  return replies
end

-- Begins to read the source, unless it has begun. Returns nil, why where the store fails.
local function begin_reading(self)
  if self.reading then return true end
  local reply, why = run(self, "read")
  if not reply then return nil, why end
  self.reading = reading.new(reply[2])
  return true
end

-- Adds rows. Returns what there was of them before, as Reading:sort() takes it.
local function add_good(self, rows)
  local good, before = {}, {}
  for _, row in ipairs(rows) do
    if not row.fault then good[#good + 1] = row end
  end
  if not good[1] then return before end
  local replies, why = run_in_parts(self, "add", good,
    function() return { self.reading.id } end,
    function(row) return ("%d"):format(row.line), row.key, row.params end)
  if not replies then return nil, why end
  local count = 0
  for _, reply in ipairs(replies) do
    for _, had in ipairs(reply[2]) do
      count = count + 1
      if had ~= 0 then
        before[good[count]] = { line = tonumber(had[1]), reading = tonumber(had[2]) }
      end
    end
  end
  return before
end

--- Adds the next rows of the source, those that are there already excepted.
-- @param rows  array of { key, line, params = text }, and of { line, fault = why } for bad ones
-- @param last  whether these are the last of the source
function Store:add(rows, last)
  local begun, why = begin_reading(self)
  if not begun then return nil, why end
  local before
  before, why = add_good(self, rows)
  if not before then return nil, why end
  local bad, moved = self.reading:sort(rows, before)
  local changes = {}
  for _, row in ipairs(bad) do changes[#changes + 1] = { "bad", row.line, row.fault } end
  for _, row in ipairs(moved) do changes[#changes + 1] = { "moved", row.line, row.key } end
  if not (last or changes[1]) then return true end
  local id = self.reading.id
  if last then self.reading = nil end
  local replies, fault = run_in_parts(self, "amend", changes,
    function(is_end) return { id, last and is_end } end,
    function(change) return change[1], ("%d"):format(change[2]), change[3] end)
  return replies and true, fault
end

-- Pace ------------------------------------------------

--- Counts a call of a claim that has ended and that another one follows. (The last one is counted
-- by finish(), and the one under way by the claim itself, as long as it lasts.)
-- @param shared_only  whether it was of another operation, as looks are
function Store:count_call(shared_only)
  return run(self, "count_call", unpack(with_limits(self, shared_only and "look" or "call",
    next_name(self))))
end

--- Whether a claim may make a further call now, after the ones that were counted. A claim with
-- `split`, whose last call has been counted when it was ended, stands for a call from then on.
-- @param shared_only  whether that is of another operation
-- @param held         the claim
-- @return true; or false, and how many seconds that stays so at least, or nil
function Store:has_room(shared_only, held)
  local reply, why = run(self, "has_room", unpack(with_limits(self, held.id, held.fence,
    shared_only and "look" or "call")))
  if not reply then return nil, why end
  local turn = tonumber(reply[3])
  return reply[2] == 1, turn and math.max(0, turn - self:now())
end

--- Lets no worker begin a row for a time.
-- @param seconds  from now
function Store:hold(seconds)
  return run(self, "hold", seconds)
end

-- Claims ------------------------------------------------

-- Adds what finish() is told to the arguments of a script.
local function add_ends(arguments, ended, first, last)
  for i = first, last do
    local held, result = ended[i].claim, ended[i].result
    local mark = result.found and 1 or result.was_refused and 2
    for _, value in ipairs { held.id, held.fence, result.state, result.again or false,
      result.object or false, result.status or false, result.code or false, result.error or false,
      mark or false, result.calls or false } do
      arguments[#arguments + 1] = value
    end
  end
  return arguments
end

-- Notes for each of an array of ends whether it was recorded. Returns that array.
local function note_ends(recorded, answer)
  for _, value in ipairs(answer) do recorded[#recorded + 1] = value == 1 end
  return recorded
end

local function claims_of(reply, seconds)
  local claims, lease = {}, tonumber(reply[1]) + seconds
  for i, row in ipairs(reply[2]) do
    local kind = row[7] or nil -- what it stands for, see scripts.lua
    claims[i] = { id = row[1], key = row[2], params = row[3], fence = row[4],
      sent_at = tonumber(row[5] or nil), looks = tonumber(row[6] or 0), split = kind,
      was_refused = kind == "refused", lease = lease }
  end
  return claims
end

--- Ends claims, and claims rows: from now on they are sent, durably.
-- @param count    how many at most
-- @param seconds  that the lease lasts
-- @param all      where several travel together: the last ones, too, which are too few for a call
-- @param ended    array of { claim =, result = } to be ended as finish() does; or nil
-- @return array of claims: id, key, params (text), fence, lease (until when); and how things stand:
--   open (rows that are pending or sent, by anybody), turn (when more may begin, or nil), paused,
--   ended (for each of `ended` what finish() returns). Each `size` claims in a row of a job with
--   batches are for one call.
function Store:claim(count, seconds, all, ended)
  ended = ended or {}
  local recorded, first = {}, 1
  while #ended - first >= most_ends do
    local last = first + most_ends - 1
    local reply, why = run(self, "finish", unpack(add_ends(with_limits(self), ended, first, last)))
    if not reply then return nil, why end
    note_ends(recorded, reply[2])
    first = last + 1
  end
  local arguments = with_limits(self, self.worker, seconds, next_name(self), count,
    self.batch and self.batch.size or 1, all)
  local reply, why = run(self, "claim", unpack(add_ends(arguments, ended, first, #ended)))
  if not reply then return nil, why end
  return claims_of(reply, seconds), { open = reply[3], paused = reply[4] == 1,
    turn = tonumber(reply[5]), ended = note_ends(recorded, reply[6]) }
end

--- Claims rows that other workers have left in state sent: those whose lease is over. They are to
-- be looked up.
-- @return array of claims as claim() gives them, with sent_at, looks (how often that was tried) and
--   split, where it does not stand for a call that is yet to be counted: "none" or "refused"; and
--   was_refused, where the API refused a call of several rows that it was part of
function Store:claim_lost(count, seconds)
  local reply, why = run(self, "claim_lost", unpack(with_limits(self, self.worker, seconds,
    next_name(self), count)))
  if not reply then return nil, why end
  return claims_of(reply, seconds)
end

--- Makes claims last longer, all of them or none.
-- @param claims  array
-- @return whether they are all still ours
function Store:renew(claims, seconds)
  local arguments = { self.worker, seconds }
  for _, held in ipairs(claims) do
    arguments[#arguments + 1] = held.id
    arguments[#arguments + 1] = held.fence
  end
  local reply, why = run(self, "renew", unpack(arguments))
  if not reply then return nil, why end
  if reply[2] == 0 then return false end
  for _, held in ipairs(claims) do held.lease = tonumber(reply[1]) + seconds end
  return true
end

--- Ends a claim.
-- @param result  state: pending, done, refused, invalid, made, unknown, or sent, to be looked up by
--   somebody after `again` seconds; object, status, code, error, or nil; found: the object was
--   found by looking, so that it must not be another row's; calls: what its last call was, "call",
--   "look" or "batch", or nil where none was made; was_refused: as of claim_lost()
-- @return true; or false: the claim was somebody else's by now, or the object another row's
function Store:finish(held, result)
  local ended = { { claim = held, result = result } }
  local reply, why = run(self, "finish", unpack(add_ends(with_limits(self), ended, 1, 1)))
  if not reply then return nil, why end
  return reply[2][1] == 1
end

-- Looking at it ------------------------------------------------

--- How many rows are in each state: a table with all states; `rate`, how many have ended a second
-- in the last so many seconds; paused, workers (how many there are).
function Store:counts(seconds)
  local reply, why = run(self, "counts", seconds)
  if not reply then return nil, why end
  local counts = { pending = 0, sent = 0, done = 0, refused = 0, invalid = 0, made = 0,
    unknown = 0, rate = tonumber(reply[3]), paused = reply[4] == 1, workers = reply[5] }
  for i = 1, #reply[2], 2 do counts[reply[2][i]] = tonumber(reply[2][i + 1]) end
  return counts
end

--- What of the limits is used: for each `times`, when calls that count have ended, and `under_way`,
-- how many have not; and the time of the store.
function Store:used()
  local reply, why = run(self, "used", unpack(with_limits(self)))
  if not reply then return nil, why end
  local used = {}
  for i, found in ipairs(reply[2]) do
    local times = {}
    for k, time in ipairs(found[1]) do times[k] = tonumber(time) end
    used[i] = { times = times, under_way = found[2] }
  end
  return used, tonumber(reply[1])
end

-- A row from its entry in the stream and its hash.
local function row_of(found)
  local id, fields, state = tonumber(found[1]), found[2], found[3]
  local line = tonumber(state[9] or fields[2])
  if fields[3] == "bad" then
    return { id = id, line = line, state = "invalid", attempts = 0, error = state[6] or fields[4],
      ended_at = tonumber(fields[6]) }
  end
  return { id = id, line = line, key = fields[4], params = fields[6], state = state[1] or "pending",
    attempts = tonumber(state[2] or 0), object = state[3] or nil,
    status = tonumber(state[4]), code = state[5] or nil, error = state[6] or nil,
    sent_at = tonumber(state[7]), ended_at = tonumber(state[8]) }
end

--- Rows in the order in which they were added, some at a time.
-- @param after  id of the row before the first one, 0 at the start
-- @param count  how many
-- @return array of rows: id, key, line, state, object, attempts, status, code, error, sent_at,
--   ended_at, params
function Store:rows(after, count)
  local reply, why = run(self, "rows", after, count)
  if not reply then return nil, why end
  local rows = {}
  for i, found in ipairs(reply[2]) do rows[i] = row_of(found) end
  return rows
end

--- Has workers begin nothing more, or again.
function Store:pause(paused)
  return run(self, "set", "paused", paused and 1 or 0)
end

--- Makes rows of some states pending again.
-- @param states  array
-- @return how many
function Store:retry(states)
  local name, count = next_name(self), 0
  for _, state in ipairs(states) do
    local reply, why
    repeat
      reply, why = run(self, "retry", state, name)
      if not reply then return nil, why end
      count = reply[3]
    until reply[2] == 0
  end
  return count
end

--- Closes the store.
function Store:close()
  self.closed = true
  self.connection:close()
end

-- Opening ------------------------------------------------

-- What the server tells of itself; or nil, why.
local function info_of(self)
  local text, why = ask(self, "INFO")
  if not text then return nil, why end
  local info = {}
  for name, value in text:gmatch "([%w_]+):([^\r\n]*)" do info[name] = value end
  local version = info.redis_version or "of an unknown version"
  if (tonumber(version:match "^%d+") or 0) < oldest then
    return nil, ("%s: Redis %s is too old; %d is needed"):format(self.path, version, oldest)
  end
  return info
end

-- The name of a consumer that nobody else has: "machine:process:number".
local function worker_name()
  local function first_of(path)
    local file = io.open(path)
    local word = file and file:read "*l"
    if file then file:close() end
    return word and word:match "^[%w_.-]+" or ""
  end
  return ("%s:%s:%.0f"):format(first_of "/proc/sys/kernel/hostname", first_of "/proc/self/stat",
    core.chance() * 2 ^ 53)
end

--- Opens a store.
-- @param address  see address.lua
-- @param command  client of the program's own, see hiredis.lua; or nil
-- @return the store, or nil, why
return function(address, command)
  local connection, why = hiredis.open(address, { command = command })
  if not connection then return nil, why end
  local self = setmetatable({ connection = connection, path = connection.name,
    prefix = connection.prefix or "convoke", key = nil, worker = worker_name(), asked = 0,
    ahead = nil, limits = {}, batch = nil, digests = {}, closed = false, tells_at = 0,
    reading = nil,
    waits = function() return false end, tell = nil }, Store)
  self.info, why = info_of(self)
  if self.info then return self end
  connection:close()
  return nil, why
end
