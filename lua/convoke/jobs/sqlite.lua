--- The store of jobs on one machine: a SQLite file, for any number of processes.
--
-- A store of another kind has the same methods. Each parks the task that calls it, and returns nil
-- and why where the store has failed: then nothing has changed, and nothing more may be sent.

local core = require "convoke.core"
local database = require "convoke.jobs.database"
local reading = require "convoke.jobs.reading"
local schema = require "convoke.jobs.schema"
local store_clock = require "convoke.jobs.store_clock"

local statement = database.statement
local unpack = table.unpack or unpack -- luacheck: ignore 143 113

local Store = {}
Store.__index = Store

local keep = 5 -- seconds that calls count for longer than their limits say: servers' clocks differ

-- Time ------------------------------------------------

-- What tells one start of the machine from the next.
local function boot_id()
  local file = io.open "/proc/sys/kernel/random/boot_id"
  if file then
    local id = file:read "*l"
    file:close()
    return id
  end
  local clock, wall = core.clocks()
  return ("%d"):format(math.floor((wall - clock) / 3600))
end

-- Its first process has begun to count.
Store.now, Store.clocks_at = store_clock.now, store_clock.clocks_at

-- Jobs ------------------------------------------------

local job_columns = "id, api, operation, settings, paused, loaded, made_at"

local function job_of(row)
  return row and { id = row[1], api = row[2], operation = row[3], settings = row[4],
    paused = row[5] == 1, loaded = row[6] == 1, made_at = row[7] }
end

--- Finds a job, and makes it where `make` says what it is.
-- @param name  of the job
-- @param make  api, operation, settings (text); or nil
-- @return the job: those, id, paused, loaded, made_at; false: there is none
function Store:open_job(name, make)
  local statements = {}
  if make then
    statements[1] = statement("INSERT INTO job(name, api, operation, settings, made_at) VALUES"
      .. "(?1, ?2, ?3, ?4, ?5) ON CONFLICT(name) DO NOTHING", name, make.api, make.operation,
      make.settings, self:now())
  end
  statements[#statements + 1] =
    statement("SELECT " .. job_columns .. " FROM job WHERE name = ?1", name)
  local results, why = self.file:ask(statements)
  if not results then return nil, why end
  local job = job_of(results[#results][1])
  self.job = job and job.id
  return job or false
end

--- The jobs of the store: array of { name, api, operation }.
function Store:jobs()
  local results, why = self.file:ask {
    statement "SELECT name, api, operation FROM job ORDER BY id" }
  if not results then return nil, why end
  local jobs = {}
  for i, row in ipairs(results[1]) do
    jobs[i] = { name = row[1], api = row[2], operation = row[3] }
  end
  return jobs
end

--- Changes the settings of the job.
function Store:set(settings)
  return self.file:ask { statement("UPDATE job SET settings = ?2 WHERE id = ?1", self.job,
    settings) }
end

--- Sets the limits of the pace that claim() keeps.
-- @param limits  array of { scope, count, per = seconds }
-- @param batch   { size =, scope = name of the operation that takes so many rows }; or nil
function Store:limit(limits, batch)
  self.limits, self.batch = limits, batch
end

--- Becomes a worker of the job.
function Store:enter()
  local results, why = self.file:ask {
    statement("INSERT INTO worker(job, since) VALUES(?1, ?2) RETURNING id", self.job, self:now()),
    statement "SELECT hold(last_insert_rowid())",
  }
  if not results then return nil, why end
  if results[2][1][1] ~= 1 then return nil, self.path .. "-workers cannot be locked" end
  self.worker = results[1][1][1]
  return true
end

--- Is no longer one. What it has claimed is left to the others.
function Store:leave()
  return self.file:ask { statement("UPDATE worker SET gone = 1 WHERE id = ?1", self.worker) }
end

-- Rows ------------------------------------------------

local add_row = "INSERT INTO row(job, key, line, state, params, reading)"
  .. " VALUES(?1, ?2, ?3, 'pending', ?4, ?5) ON CONFLICT(job, bad, key) DO NOTHING"
local add_bad = "INSERT INTO row(job, key, bad, line, state, error, ended_at, reading) VALUES"
  .. "(?1, ?2, 1, ?3, 'invalid', ?4, ?5, ?6)"
  .. " ON CONFLICT(job, bad, key) DO UPDATE SET error = ?4, reading = max(reading, ?6)"
local remove_bad = "DELETE FROM row WHERE job = ?1 AND bad = 1 AND reading < ?2"
local what_is = "SELECT line, reading FROM row WHERE job = ?1 AND bad = 0 AND key = ?2"
local move_row = "UPDATE row SET line = ?3, reading = ?4 WHERE job = ?1 AND bad = 0 AND key = ?2"

-- A statement that adds those of the rows that are in order, and these rows; or nil.
local function add_statement(self, rows)
  local values, good = { add_row, each = 5 }, {}
  for _, row in ipairs(rows) do
    if not row.fault then
      local at = 5 * #good + 1
      values[at + 1], values[at + 2], values[at + 3], values[at + 4], values[at + 5] =
        self.job, row.key, row.line, row.params, self.worker
      good[#good + 1] = row
    end
  end
  values.n = 5 * #good
  return good[1] and values, good
end

-- Adds the rows that are in order. Returns what the file had of them before, as Reading:sort()
-- takes it.
local function add_good(self, rows)
  local adding, good = add_statement(self, rows)
  if not adding then return {} end
  local results, why = self.file:ask { adding }
  if not results then return nil, why end
  local statements, old, before = {}, {}, {}
  for i, row in ipairs(good) do
    if results[1][1][i] == 0 then
      old[#old + 1] = row
      statements[#old] = statement(what_is, self.job, row.key)
    end
  end
  if not old[1] then return before end
  results, why = self.file:ask(statements)
  if not results then return nil, why end
  for i, row in ipairs(old) do
    before[row] = { line = results[i][1][1], reading = results[i][1][2] }
  end
  return before
end

--- Adds the next rows of the source, those that are there already excepted.
-- @param rows  array of { key, line, params = text }, and of { line, fault = why } for bad ones
-- @param last  whether these are the last of the source
function Store:add(rows, last)
  self.reading = self.reading or reading.new(self.worker)
  local before, why = add_good(self, rows)
  if not before then return nil, why end
  -- What else is to be changed; nothing, mostly.
  local statements, now = {}, self:now()
  local bad, moved = self.reading:sort(rows, before)
  for _, row in ipairs(bad) do
    statements[#statements + 1] = statement(add_bad, self.job, ("%d"):format(row.line), row.line,
      row.fault, now, self.worker)
  end
  for _, row in ipairs(moved) do
    statements[#statements + 1] = statement(move_row, self.job, row.key, row.line, self.worker)
  end
  if last then
    self.reading = nil
    statements[#statements + 1] = statement(remove_bad, self.job, self.worker)
    statements[#statements + 1] = statement("UPDATE job SET loaded = 1 WHERE id = ?1", self.job)
  end
  return not statements[1] or self.file:ask(statements)
end

-- Pace ------------------------------------------------

-- The limits that a call of a kind counts for: "call", of one row; "batch", of several; "look", of
-- another operation, to find what a row has made.
local function limits_for(self, kind)
  local limits = {}
  for _, limit in ipairs(self.limits) do
    local scope = limit[1]
    local own = self.batch and scope == self.batch.scope and "batch" or "call"
    if scope == "*" or kind == own then limits[#limits + 1] = limit end
  end
  return limits
end

-- SQL for the rows that stand for a call under way which a limit counts.
local function under_way(self, scope)
  local rows = "(SELECT count(*) FROM row WHERE job = ?1 AND state = 'sent'"
  if not self.batch then return rows .. ")" end
  if scope == "*" then return rows .. " AND coalesce(batch, 1) > 0)" end
  return rows .. (scope == self.batch.scope and " AND batch = 1)" or " AND batch IS NULL)")
end

-- SQL for what a limit counts, whose scope and seconds are the values from `at` on: the rows that
-- are sent, for those may reach the server at any moment until they are answered, and what has
-- ended within its time.
local function counted(self, limit, at)
  return ("(%s + (SELECT coalesce(sum(calls), 0) FROM pace WHERE job = ?1 AND scope = ?%d"
    .. " AND at > ?2 - ?%d))"):format(under_way(self, limit[1]), at, at + 1)
end

-- SQL for how many rows may be sent now, at most ?3: the limits' values follow from `first` on.
-- @param each  rows that one call takes
local function room(self, limits, first, each)
  local terms = { "?3" }
  for i, limit in ipairs(limits) do
    local at = first + (i - 1) * 3
    terms[#terms + 1] = ("%d * (?%d - %s)"):format(each, at, counted(self, limit, at + 1))
  end
  local least = terms[2] and "min(" .. table.concat(terms, ", ") .. ")" or "?3"
  return ("(SELECT CASE WHEN paused OR held_until > ?2 THEN 0 ELSE max(0, %s) END FROM job"
    .. " WHERE id = ?1)"):format(least)
end

local function add_limits(values, limits)
  for _, limit in ipairs(limits) do
    values[#values + 1] = limit[2]
    values[#values + 1] = limit[1]
    values[#values + 1] = limit.per
  end
  values.n = #values - 1
  return values
end

-- Adds statements that count calls of a kind which have ended just now.
local function add_call(self, statements, kind, count)
  local seen = {}
  for _, limit in ipairs(limits_for(self, kind)) do
    if not seen[limit[1]] then
      seen[limit[1]] = true
      statements[#statements + 1] = statement("INSERT INTO pace(job, scope, at, calls)"
        .. " VALUES(?1, ?2, ?3, ?4)", self.job, limit[1], self:now(), count)
    end
  end
end

--- Counts a call of a claim that has ended and that another one follows. (The last one is counted
-- by finish(), and the one under way by the claim itself, as long as it lasts.)
-- @param shared_only  whether it was of another operation, as looks are
function Store:count_call(shared_only)
  local statements = {}
  add_call(self, statements, shared_only and "look" or "call", 1)
  return self.file:ask(statements)
end

-- When more calls of a kind may begin than now, at the earliest: at the end of a hold, or when the
-- oldest call that counts is out of its window.
local function next_turn(self, kind)
  local parts = { "SELECT CASE WHEN held_until > ?2 THEN held_until END FROM job WHERE id = ?1" }
  local values = { false, self.job, self:now() }
  for _, limit in ipairs(limits_for(self, kind)) do
    local at = #values
    parts[#parts + 1] = ("SELECT min(at) + ?%d FROM pace WHERE job = ?1 AND scope = ?%d"
      .. " AND at > ?2 - ?%d"):format(at, at + 1, at)
    values[at + 1], values[at + 2] = limit.per, limit[1]
  end
  values[1] = "SELECT min(column1) FROM (SELECT NULL AS column1 UNION ALL "
    .. table.concat(parts, " UNION ALL ") .. ")"
  values.n = #values - 1
  return values
end

-- SQL for the time before which there is no room, or NULL: the end of a hold, or when each limit
-- that is full has let go of as many calls as are too many. Values as in room().
local function room_at(self, limits, first)
  local parts = {
    "SELECT CASE WHEN held_until > ?2 THEN held_until END AS at FROM job WHERE id = ?1" }
  for i, limit in ipairs(limits) do
    local count = first + (i - 1) * 3
    local scope, per = count + 1, count + 2
    parts[#parts + 1] = ("SELECT (SELECT at + ?%d FROM (SELECT at, sum(calls) OVER (ORDER BY at,"
      .. " rowid) AS upto FROM pace WHERE job = ?1 AND scope = ?%d AND at > ?2 - ?%d)"
      .. " WHERE over.n >= 0 AND upto > over.n ORDER BY at LIMIT 1) FROM (SELECT %s - ?%d AS n)"
      .. " AS over")
      :format(per, scope, per, counted(self, limit, scope), count)
  end
  return "(SELECT max(at) FROM (" .. table.concat(parts, " UNION ALL ") .. "))"
end

--- Whether a claim may make a further call now, after the ones that were counted. A claim with
-- `split`, whose last call has been counted when it was ended, stands for a call from then on.
-- @param shared_only  whether that is of another operation
-- @param claim        the claim
-- @return true; or false, and how many seconds that stays so at least, or nil
function Store:has_room(shared_only, claim)
  local kind = shared_only and "look" or "call"
  local limits = limits_for(self, kind)
  local has_room = room(self, limits, 4, 1) .. " > 0"
  local values = add_limits({ false, self.job, self:now(), 1 }, limits)
  for i, limit in ipairs(limits) do -- for the claim itself is counted
    local is_counted = not self.batch or not claim.split or claim.split == "call"
      or (claim.split == "look" and limit[1] == "*")
    if is_counted then values[2 + i * 3] = values[2 + i * 3] + 1 end
  end
  local later = { unpack(values, 1, values.n + 1) }
  later[1], later.n = "SELECT " .. room_at(self, limits, 4), limits[1] and values.n or 2
  if claim.split then
    local at = #values
    values[1] = ("UPDATE row SET batch = ?%d WHERE id = ?%d AND fence = ?%d AND %s RETURNING 1")
      :format(at, at + 1, at + 2, has_room)
    if shared_only and claim.split ~= "call" then values[at + 1] = 2 end
    values[at + 2], values[at + 3], values.n = claim.id, claim.fence, at + 2
  else
    values[1] = "SELECT 1 WHERE " .. has_room
  end
  local results, why = self.file:ask { values, later }
  if not results then return nil, why end
  local turn = results[2][1][1]
  if not results[1][1] then return false, turn and math.max(0, turn - self:now()) end
  if claim.split and claim.split ~= "call" then claim.split = kind end
  return true
end

--- Lets no worker begin a row for a time.
-- @param seconds  from now
function Store:hold(seconds)
  return self.file:ask { statement("UPDATE job SET held_until = max(held_until, ?2) WHERE id = ?1",
    self.job, self:now() + seconds) }
end

-- Claims ------------------------------------------------

local claim_pending = "UPDATE row SET state = 'sent', fence = fence + 1, worker = ?4, lease = ?5,"
  .. " sent_at = ?2, attempts = attempts + 1, batch = NULL WHERE id IN (SELECT id FROM row"
  .. " WHERE job = ?1 AND state = 'pending' ORDER BY id LIMIT %s) RETURNING id, key, params, fence"

-- The same, where %d rows travel together; the last ones, too few for a call, unless ?6 allows it.
local claim_batches = "UPDATE row SET state = 'sent', fence = fence + 1, worker = ?4, lease = ?5,"
  .. " sent_at = ?2, attempts = attempts + 1, batch = (fresh.n %% %d = 1) FROM (SELECT id,"
  .. " row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS total FROM (SELECT id FROM row"
  .. " WHERE job = ?1 AND state = 'pending' ORDER BY id LIMIT %s)) AS fresh WHERE row.id = fresh.id"
  .. " AND (?6 OR fresh.n <= fresh.total - fresh.total %% %d) RETURNING id, key, params, fence"

local is_lost = "row.job = ?1 AND row.state = 'sent' AND (row.lease <= ?2 OR EXISTS"
  .. " (SELECT 1 FROM worker WHERE worker.id = row.worker AND worker.gone))"

local claim_lost = "UPDATE row SET fence = fence + 1, worker = ?4, lease = ?5,"
  .. " attempts = attempts + 1, looks = looks + 1 WHERE id IN (SELECT id FROM row WHERE " .. is_lost
  .. " ORDER BY id LIMIT ?3) RETURNING id, key, params, fence, sent_at, looks, batch"

-- A call of several rows whose worker is gone has ended for all that is known.
local end_batches = "UPDATE row SET batch = 0 WHERE batch = 1 AND " .. is_lost
local count_batches = "INSERT INTO pace(job, scope, at, calls) SELECT ?1, ?3, ?2, 1 FROM row"
  .. " WHERE batch = 1 AND " .. is_lost

-- Workers whose processes are gone.
local mark_gone = "UPDATE worker SET gone = 1 WHERE job = ?1 AND NOT gone AND id <> ?2"
  .. " AND NOT is_held(id)"

local forget_pace = "DELETE FROM pace WHERE job = ?1 AND at < ?2"

local function claims_of(rows, lease)
  local claims, is_sorted = {}, true
  for i, row in ipairs(rows) do
    claims[i] = { id = row[1], key = row[2], params = row[3], fence = row[4], sent_at = row[5],
      looks = row[6] or 0, split = row[7] == 2 and "look" or row[7] and "none",
      was_refused = row[7] == -1, lease = lease }
    is_sorted = is_sorted and (i == 1 or rows[i - 1][1] < row[1])
  end
  if not is_sorted then
    table.sort(claims, function(one, other) return one.id < other.id end)
  end
  return claims
end

-- The statement that claims pending rows.
local function claim_statement(self, count, now, lease, all)
  local batch = self.batch
  if not batch then
    local values = { claim_pending:format(room(self, self.limits, 6, 1)), self.job, now, count,
      self.worker, lease }
    return add_limits(values, self.limits)
  end
  local limits = limits_for(self, "batch")
  local values = { claim_batches:format(batch.size, room(self, limits, 7, batch.size), batch.size),
    self.job, now, count, self.worker, lease, all }
  return add_limits(values, limits)
end

local end_row = "UPDATE row SET state = ?3, worker = NULL, lease = ?4, ended_at = ?5, object = ?6,"
  .. " status = ?7, code = ?8, error = ?9, batch = ?10 WHERE id = ?1 AND fence = ?2"
  .. " AND state = 'sent'"
-- A row that has the same object has ended after that was made, and so after this row was sent, but
-- for what clocks may differ by. (The + keeps SQLite from looking at all rows of the job.)
local end_found = end_row .. " AND NOT EXISTS (SELECT 1 FROM row AS other WHERE other.ended_at >"
  .. " row.sent_at - 60 AND +other.job = row.job AND other.object = ?6 AND other.id <> row.id)"

-- Adds what ends a claim to a statement for many; `ending` notes where.
local function add_end(values, ending, now)
  local claim, result = ending.claim, ending.result
  local is_open = result.state == "pending" or result.state == "sent"
  local at, null = values.n + 1, core.null
  values[at + 1], values[at + 2], values[at + 3] = claim.id, claim.fence, result.state
  values[at + 4] = result.again and now + result.again or null
  values[at + 5] = is_open and null or now
  values[at + 6], values[at + 7] = result.object or null, result.status or null
  values[at + 8], values[at + 9] = result.code or null, result.error or null
  values[at + 10] = result.state == "sent" and (result.was_refused and -1 or 0) or null
  values.n = at + 9
  ending.values, ending.set = values, values.n / 10
end

-- The statements that end claims. The objects that were found come last: they may be those of other
-- rows that end now.
local function end_statements(ended, now)
  local plain, found = { end_row, each = 10, n = 0 }, { end_found, each = 10, n = 0 }
  for _, ending in ipairs(ended) do
    add_end(ending.result.found and found or plain, ending, now)
  end
  local statements = {}
  if plain.n > 0 then statements[1] = plain end
  if found.n > 0 then statements[#statements + 1] = found end
  return statements
end

-- Whether each claim was ended, by what the statements for that have brought.
local function read_ended(ended, statements, results)
  local changed, list = {}, {}
  for i, values in ipairs(statements) do changed[values] = results[i][1] end
  for i, ending in ipairs(ended) do list[i] = changed[ending.values][ending.set] > 0 end
  return list
end

-- Adds statements that count the last calls of claims that end, those of a kind in one.
local function add_calls(self, statements, ended)
  local counts = {}
  for _, each in ipairs(ended) do
    local kind = each.result.calls
    if kind then counts[kind] = (counts[kind] or 0) + 1 end
  end
  for kind, count in pairs(counts) do add_call(self, statements, kind, count) end
end

--- Ends claims, and claims rows: from now on they are sent, durably.
-- @param count    how many at most
-- @param seconds  that the lease lasts
-- @param all      where several travel together: the last ones, too, which are too few for a call
-- @param ended    array of { claim =, result = } to be ended as finish() does; or nil
-- @return array of claims: id, key, params (text), fence, lease (until when); and how things stand:
--   open (rows that are pending or sent, by anybody: more than none, or 0), turn (when more may
--   begin, or nil), paused, ended (for each of `ended` what finish() returns). Each `size` claims
--   in a row of a job with batches are for one call.
function Store:claim(count, seconds, all, ended)
  local now = self:now()
  ended = ended or {}
  local ends = end_statements(ended, now)
  local statements = { unpack(ends) }
  add_calls(self, statements, ended)
  local at = #statements
  statements[at + 1] = claim_statement(self, count, now, now + seconds, all)
  statements[at + 2] = statement("SELECT EXISTS (SELECT 1 FROM row WHERE job = ?1"
    .. " AND state IN ('pending', 'sent')), paused FROM job WHERE id = ?1", self.job)
  statements[at + 3] = next_turn(self, self.batch and "batch" or "call")
  local results, why = self.file:ask(statements)
  if not results then return nil, why end
  local standing = results[at + 2][1]
  local stands = { open = standing[1], paused = standing[2] == 1, turn = results[at + 3][1][1],
    ended = read_ended(ended, ends, results) }
  return claims_of(results[at + 1], now + seconds), stands
end

--- Claims rows that other workers have left in state sent: those of workers that are gone, and
-- those whose lease is over. They are to be looked up.
-- @return array of claims as claim() gives them, with sent_at, looks (how often that was tried) and
--   split, where it does not stand for a call that is yet to be counted: "none"; or for a look-up:
--   "look"; and was_refused, where the API refused a call of several rows that it was part of
function Store:claim_lost(count, seconds)
  local now = self:now()
  local longest = 0
  for _, limit in ipairs(self.limits) do longest = math.max(longest, limit.per) end
  local statements = {
    statement(mark_gone, self.job, self.worker),
    statement(forget_pace, self.job, now - longest - keep),
  }
  if self.batch then
    for _, limit in ipairs(limits_for(self, "batch")) do
      statements[#statements + 1] = statement(count_batches, self.job, now, limit[1])
    end
    statements[#statements + 1] = statement(end_batches, self.job, now)
  end
  statements[#statements + 1] = statement(claim_lost, self.job, now, count, self.worker,
    now + seconds)
  local results, why = self.file:ask(statements)
  if not results then return nil, why end
  return claims_of(results[#results], now + seconds)
end

--- Makes claims last longer.
-- @param claims  array
-- @return whether they are all still ours
function Store:renew(claims, seconds)
  local lease, statements = self:now() + seconds, {}
  for i, claim in ipairs(claims) do
    statements[i] = statement("UPDATE row SET lease = ?3 WHERE id = ?1 AND fence = ?2"
      .. " AND state = 'sent'", claim.id, claim.fence, lease)
  end
  local results, why = self.file:ask(statements)
  if not results then return nil, why end
  for i, claim in ipairs(claims) do
    if results[i].changes == 0 then return false end
    claim.lease = lease
  end
  return true
end

--- Ends a claim.
-- @param result  state: pending, done, refused, invalid, made, unknown, or sent, to be looked up by
--   somebody after `again` seconds; object, status, code, error, or nil; found: the object was
--   found by looking, so that it must not be another row's; calls: what its last call was, "call",
--   "look" or "batch", or nil where none was made; was_refused: as of claim_lost()
-- @return true; or false: the claim was somebody else's by now, or the object another row's
function Store:finish(claim, result)
  local statements = end_statements({ { claim = claim, result = result } }, self:now())
  if result.calls then add_call(self, statements, result.calls, 1) end
  local results, why = self.file:ask(statements)
  if not results then return nil, why end
  return results[1].changes > 0
end

-- Looking at it ------------------------------------------------

--- How many rows are in each state: a table with all states; `rate`, how many have ended a second
-- in the last so many seconds; paused, workers (how many there are).
function Store:counts(seconds)
  local now = self:now()
  local results, why = self.file:ask {
    statement(mark_gone, self.job, self.worker or 0),
    statement("SELECT state, count(*) FROM row WHERE job = ?1 GROUP BY state", self.job),
    statement("SELECT count(*), min(sent_at) FROM row WHERE +job = ?1 AND ended_at > ?2"
      .. " AND bad = 0", self.job, now - seconds),
    statement("SELECT paused, (SELECT count(*) FROM worker WHERE job = ?1 AND NOT gone) FROM job"
      .. " WHERE id = ?1", self.job),
  }
  if not results then return nil, why end
  local counts = { pending = 0, sent = 0, done = 0, refused = 0, invalid = 0, made = 0,
    unknown = 0 }
  for _, row in ipairs(results[2]) do counts[row[1]] = row[2] end
  local ended, since = results[3][1][1], math.max(results[3][1][2] or 0, now - seconds)
  counts.rate = now > since and ended / (now - since) or 0
  counts.paused, counts.workers = results[4][1][1] == 1, results[4][1][2]
  return counts
end

--- What of the limits is used: for each `times`, when calls that count have ended, and `under_way`,
-- how many have not; and the time of the store.
function Store:used()
  local statements, now = {}, self:now()
  for i, limit in ipairs(self.limits) do
    statements[2 * i - 1] = statement("SELECT at, calls FROM pace WHERE job = ?1 AND scope = ?2"
      .. " AND at > ?3 ORDER BY at", self.job, limit[1], now - limit.per)
    statements[2 * i] = statement("SELECT " .. under_way(self, limit[1]), self.job)
  end
  local results, why = self.file:ask(statements)
  if not results then return nil, why end
  local used = {}
  for i in ipairs(self.limits) do
    local times = {}
    for _, row in ipairs(results[2 * i - 1]) do
      for _ = 1, row[2] do times[#times + 1] = row[1] end
    end
    used[i] = { times = times, under_way = results[2 * i][1][1] }
  end
  return used, now
end

--- Rows in the order in which they were added, some at a time.
-- @param after  id of the row before the first one, 0 at the start
-- @param count  how many
-- @return array of rows: id, key, line, state, object, attempts, status, code, error, sent_at,
--   ended_at, params
function Store:rows(after, count)
  local results, why = self.file:ask { statement("SELECT id, key, line, state, object, attempts,"
    .. " status, code, error, sent_at, ended_at, params, bad FROM row WHERE job = ?1 AND id > ?2"
    .. " ORDER BY id LIMIT ?3", self.job, after, count) }
  if not results then return nil, why end
  local rows = {}
  for i, row in ipairs(results[1]) do
    rows[i] = { id = row[1], key = row[13] == 0 and row[2] or nil, line = row[3], state = row[4],
      object = row[5], attempts = row[6], status = row[7], code = row[8], error = row[9],
      sent_at = row[10], ended_at = row[11], params = row[12] }
  end
  return rows
end

--- Has workers begin nothing more, or again.
function Store:pause(paused)
  return self.file:ask { statement("UPDATE job SET paused = ?2 WHERE id = ?1", self.job, paused) }
end

--- Makes rows of some states pending again.
-- @param states  array
-- @return how many
function Store:retry(states)
  local statements = {}
  for i, state in ipairs(states) do
    statements[i] = statement("UPDATE row SET state = 'pending', sent_at = NULL, ended_at = NULL,"
      .. " looks = 0, object = NULL, status = NULL, code = NULL, error = NULL"
      .. " WHERE job = ?1 AND state = ?2 AND bad = 0", self.job, state)
  end
  local results, why = self.file:ask(statements)
  if not results then return nil, why end
  local count = 0
  for _, result in ipairs(results) do count = count + result.changes end
  return count
end

--- Closes the store.
function Store:close()
  self.file:close()
end

-- Opening ------------------------------------------------

--- Opens a store.
-- @param path  of the file
-- @return the store, or nil, why
return function(path)
  local file, why = database.open(path, schema)
  if not file then return nil, why end
  local clock, wall = core.clocks()
  local id = boot_id()
  local rows
  rows, why = file:ask {
    statement("INSERT INTO boot SELECT ?1, max(?2, coalesce((SELECT max(ended_at) FROM row"
      .. " WHERE ended_at IS NOT NULL) - ?3, ?2)) WHERE NOT EXISTS (SELECT 1 FROM boot"
      .. " WHERE id = ?1)", id, wall - clock, clock),
    statement("SELECT ahead FROM boot WHERE id = ?1", id),
  }
  if not rows then
    file:close()
    return nil, why
  end
  return setmetatable({ file = file, ahead = rows[2][1][1], path = path, job = nil, worker = nil,
    limits = {}, reading = nil }, Store)
end
