--- convoke.job: many calls that must all be done, once each, however often the program is stopped.

local batch = require "convoke.jobs.batch"
local catalogue = require "convoke.catalogue"
local client = require "convoke.client"
local core = require "convoke.core"
local engine = require "convoke.engine"
local errors = require "convoke.errors"
local estimate = require "convoke.jobs.estimate"
local misuse = require "convoke.misuse"
local params = require "convoke.jobs.params"
local progress = require "convoke.jobs.progress"
local rates = require "convoke.call.rates"
local report = require "convoke.jobs.report"
local rows_of = require "convoke.jobs.rows"
local new_signal = require "convoke.jobs.signal"
local stores = require "convoke.jobs.stores"
local tasks = require "convoke.tasks"
local work = require "convoke.jobs.work"

local raise = misuse.raise

local Job = {}
Job.__index = Job
Job.__name = "convoke.job"

local lately = 30 -- seconds over which the rate is measured

-- Options ------------------------------------------------

local function is_text(value) return type(value) == "string" and value ~= "" end

local function is_callable(value) return type(value) == "function" end

local function is_whole(value)
  return type(value) == "number" and value >= 1 and value < 2 ^ 31 and value % 1 == 0
end

local function is_positive(value)
  return type(value) == "number" and value > 0 and value < math.huge
end

local function anything() return true end

local known = {
  name = { is_text, "a string" },
  store = { is_text, "a path or an address such as redis://host:6379/0" },
  command = { is_callable, "a function" },
  client = { function(value) return client.state(value) ~= nil end, "a client" },
  operation = { is_text, "the name of an operation" },
  rows = { anything, "" },
  params = { is_callable, "a function" },
  key = { function(value) return is_text(value) or is_callable(value) end,
    "the name of a field or a function" },
  limit = { is_whole, "a whole number from 1" },
  batch = { is_whole, "a whole number from 1" },
  rate = { anything, "" },
  timeout = { is_positive, "a number above 0" },
  retries = { function(value) return value == 0 or is_whole(value) end, "a whole number from 0" },
  progress = { function(value) return type(value) == "boolean" end, "a boolean" },
}

local function check_spec(spec)
  if type(spec) ~= "table" then raise "convoke.job: a table is needed" end
  for name, value in pairs(spec) do
    local rule = known[name]
    if not rule then
      raise(("convoke.job: unknown option %s%s"):format(tostring(name),
        misuse.suggestion(name, known)))
    elseif not rule[1](value) then
      raise(("convoke.job: option %s must be %s"):format(name, rule[2]))
    end
  end
  for _, name in ipairs { "name", "store" } do
    if spec[name] == nil then raise("convoke.job: option " .. name .. " is missing") end
  end
  local kind, why = stores.find(spec.store)
  if not kind then raise("convoke.job: option store: " .. why) end
  if spec.rows ~= nil and spec.key == nil then
    raise "convoke.job: option key is missing: what makes a row one thing"
  end
  if spec.rows ~= nil and not (spec.client and spec.operation) then
    raise "convoke.job: options client and operation are needed with rows"
  end
end

local function find_operation(state, name)
  local operation = catalogue.by_name(state.api)[name]
  if not operation then
    raise(("convoke.job: %s has no operation %s%s"):format(state.api.name, name,
      misuse.suggestion(name, catalogue.by_name(state.api))))
  end
  return operation
end

-- The call for several rows, or nil; raises where there is none.
local function find_batch(state, operation, size)
  if not (operation and size and size > 1) then return nil end
  local found, why = batch.of(state, operation, size)
  if not found then raise("convoke.job: option batch: " .. why) end
  return found
end

-- The limits that claims keep: array of { scope, count, per = seconds }.
local function limits_of(state, operation, rate, several)
  if rate == nil then return {} end
  local all, own = rates.read(state.api, rate, state.credential_kind or nil)
  if not all then raise("convoke.job: option rate " .. own) end
  local limits = {}
  for _, limit in ipairs(all) do
    limits[#limits + 1] = { "*", limit[1], per = limit.per }
  end
  for _, name in ipairs { operation.name, several and several.scope } do
    for _, limit in ipairs(own[name] or {}) do
      limits[#limits + 1] = { name, limit[1], per = limit.per }
    end
  end
  return limits
end

-- The store ------------------------------------------------

--- For work.lua: the error of a store that has failed.
function Job:failure(why)
  return errors.new { kind = "store", outcome = "not_sent", operation = "convoke.job " .. self.name,
    message = tostring(why) }
end

--- For work.lua: says that the store is waited for.
function Job:tell_away(why)
  io.stderr:write(self.name, ": ", why, "; it waits until the store is back\n")
end

-- The settings that this program asks for; nil where it leaves them to the store.
local function wanted_settings(self)
  local state = self.state
  if not (state and self.operation) then return nil end
  local limits = {}
  for i, limit in ipairs(self.limits) do
    limits[i] = { scope = limit[1], count = limit[2], per = limit.per }
  end
  return { batch = self.batch and self.batch.size or nil,
    timeout = self.given.timeout or state.timeout,
    retries = self.given.retries or state.retries, limits = core.array(limits) }
end

-- Takes over what the store says of a job that others may have made.
local function adopt(self, found, wanted)
  if self.operation and self.operation.name ~= found.operation then
    return nil, ("the job %s in %s is of %s, not of %s"):format(self.name, self.path,
      found.operation, self.operation.name)
  end
  local settings = params.read(found.settings)
  local given = self.given
  if wanted and (self.has_rate or given.timeout or given.retries or given.batch) then
    if not self.has_rate then wanted.limits = settings.limits end
    if not given.batch then wanted.batch = settings.batch end
    local changed, why = self.store:set(params.write(wanted))
    if not changed then return nil, why end
    settings = wanted
  end
  if self.state and not self.operation then
    local short = found.operation:match "%.(.*)"
    self.operation = found.api == self.state.api.name and catalogue.by_name(self.state.api)[short]
    if not self.operation then
      return nil, ("the job %s in %s is of another API: %s"):format(self.name, self.path,
        found.api)
    end
  end
  self.settings, self.loaded, self.operation_name = settings, found.loaded, found.operation
  self.limits = {}
  for i, limit in ipairs(settings.limits) do
    self.limits[i] = { limit.scope, limit.count, per = limit.per }
  end
  if self.state then self.batch = find_batch(self.state, self.operation, settings.batch) end
  self.store:limit(self.limits, self.batch)
  return true
end

local function open_store(self)
  local store, why = stores.open(self.address, self.command)
  if not store then return nil, why end
  self.store = store
  local wanted = wanted_settings(self)
  local make = wanted and { api = self.state.api.name, operation = self.operation.name,
    settings = params.write(wanted) }
  local found
  found, why = store:open_job(self.name, make)
  if found then
    found, why = adopt(self, found, wanted)
  elseif found == false then
    why = ("%s has no job %s"):format(self.path, self.name)
  end
  if found then return true end
  self.store = nil
  store:close()
  return nil, why
end

-- Calls f(self, ...) while the store is open. Returns what it returns, or nil and the error of the
-- store.
local function with_store(self, f, ...)
  while self.opening do engine.sleep(0.002) end -- by another task
  if not self.store then
    self.opening = true
    local called, opened, why = engine.protected(open_store, self)
    self.opening = false
    if not called then
      if self.store then self.store:close() end
      self.store = nil
      error(opened, 0)
    end
    if not opened then return nil, self:failure(why) end
  end
  self.users = self.users + 1
  local called, value, why = engine.protected(f, self, ...)
  self.users = self.users - 1
  if self.users == 0 then
    self.store:close()
    self.store = nil
  end
  if not called then error(value, 0) end
  if value == nil and why ~= nil and not errors.is(why) then why = self:failure(why) end
  return value, why
end

-- Rows ------------------------------------------------

--- For work.lua: raises an error object where rows lack a column that is needed, for then something
-- is wrong with all of them.
-- @param columns  name -> true
function Job:check_columns(columns)
  for _, name in ipairs(self.needs) do
    if not columns[name] then
      local hint = misuse.suggestion(name, columns)
      error(errors.new { kind = "invalid", outcome = "not_sent",
        operation = "convoke.job " .. self.name, message = ("%s has no column %s%s"):format(
          self.rows.name, name, #hint < 200 and hint or "") }, 0) -- a header may be anything
    end
  end
end

--- For work.lua: a row as Store:add() takes it.
function Job:row(row, line)
  local key = self.key
  local found, value = true, row[key]
  if type(key) == "function" then found, value = pcall(key, row) end
  if not found then return { line = line, fault = "key: " .. tostring(value) } end
  if value == nil or value == "" or value == core.null then
    return { line = line, fault = "has no " .. (type(key) == "string" and key or "key") }
  end
  local made, asked, why = true, row, nil
  if self.make_params then made, asked, why = pcall(self.make_params, row) end
  if not made then return { line = line, fault = "params: " .. tostring(asked) } end
  if type(asked) ~= "table" then
    return { line = line, fault = "params: " .. tostring(why or "no table was returned") }
  end
  local text
  text, why = params.write(asked)
  if not text then return { line = line, fault = "params: " .. why } end
  value = tostring(value)
  if not (core.is_utf8(value) and core.is_utf8(text)) then
    return { line = line, fault = "has text that is not UTF-8" }
  end
  return { line = line, key = value, params = text }
end

-- Status ------------------------------------------------

-- Whether a limit counts the calls of rows: beside a call for several that for one is an exception.
local function holds_up(self, limit)
  return not self.settings.batch or limit[1] ~= self.operation_name
end

-- Rows a second that the limits allow in the long run; nil: there are none.
local function rate_of(self)
  local least
  for _, limit in ipairs(self.limits) do
    local rate = limit[2] / limit.per * (self.settings.batch or 1)
    if holds_up(self, limit) and (not least or rate < least) then least = rate end
  end
  return least
end

-- The limits that hold the job up, as estimate.lua takes them; nil, why where the store has failed.
local function limits_in_use(self)
  local used, now = {}, 0
  if self.limits[1] then
    used, now = self.store:used()
    if not used then return nil, now end
  end
  local limits = {}
  for i, limit in ipairs(self.limits) do
    if holds_up(self, limit) then
      limits[#limits + 1] = { count = limit[2], per = limit.per, times = used[i].times,
        under_way = used[i].under_way, each = self.settings.batch or 1 }
    end
  end
  return limits, now
end

local function read_status(self)
  local counts, why = self.store:counts(lately)
  if not counts then return nil, why end
  local status = { name = self.name, paused = counts.paused, workers = counts.workers, total = 0 }
  for _, state in ipairs { "pending", "sent", "done", "refused", "invalid", "made", "unknown" } do
    status[state] = counts[state]
    status.total = status.total + counts[state]
  end
  status.rate = rate_of(self) or counts.rate
  local left = status.pending + status.sent
  if left == 0 then return status end
  local limits, now = limits_in_use(self)
  if not limits then return nil, now end
  if limits[1] or not self.limits[1] then
    status.seconds_left = estimate.seconds(status.pending, status.sent, limits, now, counts.rate)
  end
  if not status.seconds_left and status.rate > 0 then status.seconds_left = left / status.rate end
  if status.seconds_left then status.ends_at = core.time() + status.seconds_left end
  return status
end

--- How the job stands.
-- @return table: how many rows are pending, sent, done, refused, invalid, made, unknown, and their
--   total; paused; workers; rate (rows a second: that of the limits, else of the last half minute);
--   seconds_left and ends_at (seconds since 1970), where they can be told; or nil, err
function Job:status()
  return with_store(self, read_status)
end

local function make_report(self, target, format)
  local written, why = true, nil
  if target then written, why = report.write(self.store, target, format) end
  if not written then return nil, why end
  return read_status(self)
end

--- Writes what became of each row: line, key, state, id (of what was made), attempts, status, code,
-- error, sent_at, ended_at.
-- @param target  path of a file, or an open one; nil: nothing is written
-- @param format  "csv", "json" (an array of objects) or "jsonl"; default: the file's name tells,
--   else "csv"
-- @return what status() returns; or nil, err
function Job:report(target, format)
  if format ~= nil and not report.formats[format] then
    raise(("job:report: there is no format %s%s"):format(tostring(format),
      misuse.suggestion(tostring(format), report.formats)))
  end
  return with_store(self, make_report, target, format)
end

-- Steering ------------------------------------------------

--- Has all workers of the job, in whatever process, begin nothing more within a second or so.
-- @return true; or nil, err
function Job:pause()
  return with_store(self, function()
    local paused, why = self.store:pause(true)
    return paused and true, why
  end)
end

--- Has them go on.
-- @return true; or nil, err
function Job:resume()
  return with_store(self, function()
    local resumed, why = self.store:pause(false)
    return resumed and true, why
  end)
end

local retryable = { refused = true, invalid = true, unknown = true }

--- Makes rows pending once more that have ended without being done.
-- @param states   array of "refused", "invalid" and "unknown"; default: { "refused" }
-- @param options  yes: needed for "unknown", for what such rows ask for may have been done, and
--   would be done twice
-- @return how many rows; or nil, err
function Job:retry(states, options)
  states = states or { "refused" }
  for _, state in ipairs(states) do
    if not retryable[state] then
      raise(("job:retry: rows in state %s cannot be tried again%s"):format(tostring(state),
        misuse.suggestion(state, retryable)))
    end
    if state == "unknown" and not (options and options.yes) then
      raise("job:retry: what rows in state unknown ask for may have been done, and would be done "
        .. "twice: look at the report, and say { yes = true } if that is no harm")
    end
  end
  return with_store(self, function() return self.store:retry(states) end)
end

-- Running ------------------------------------------------

local function warn(self, text)
  self.warning = (self.warning and self.warning .. "\n" or "") .. text
  io.stderr:write(self.name, ": ", text, "\n")
end

-- Says so where the job takes longer than what it makes is good for.
local function check_duration(self, worker)
  local habits = self.state.creates[self.operation.name]
  local rate = rate_of(self)
  if not (rate and habits and habits.lasts) then return end
  -- What is left can be told once all rows are there.
  while not self.loaded and worker.loading do worker.signal:wait(1) end
  local counts = self.store:counts(lately)
  local first = self.store:rows(0, 1)
  if not (counts and first and first[1]) then return end
  local seconds = counts.pending / rate
  local lasts = habits.lasts(first[1].params and params.read(first[1].params) or {})
  if seconds > lasts then
    warn(self, ("at this rate it takes %s, but what it makes is good for %s only"):format(
      progress.duration(seconds), progress.duration(lasts)))
  end
end

local function show_progress(self, view, signal)
  if not view.is_terminal then signal:wait(view.every) end
  while not signal.over do
    local before = core.now()
    local status = read_status(self)
    if status then view.show(status) end
    signal:wait(math.max(view.every, 20 * (core.now() - before)))
  end
end

local function run_in_task(self)
  local signal, view = new_signal(), self.is_shown and progress.new(self.name)
  if view then tasks.spawn(show_progress, self, view, signal).observed = true end
  local before = core.now()
  local worker = work.run(self, function(worker)
    if self.store.warning then warn(self, self.store.warning) end
    check_duration(self, worker)
  end)
  signal.over = true
  signal:raise()
  if worker.raised then error(worker.raised[1], 0) end
  if worker.fault then return nil, worker.fault end
  local ended, why = read_status(self)
  if not ended then return nil, why end
  ended.elapsed, ended.warning = core.now() - before, self.warning
  ended.interrupted = worker.interrupted or self.interrupted or false
  if view then view.finish(ended) end
  return ended
end

-- Blocks until the task has ended. After Ctrl-C, or another error that comes from outside, nothing
-- more is begun, and what is under way ends within its deadlines.
local function block_on(self, task)
  local waited, why = pcall(task.await, task)
  if waited or task.ended then return waited, why end
  self.interrupted, self.stopping = true, true
  io.stderr:write(("\n%s: ending what is under way; run it again to go on. Ctrl-C again stops at "
    .. "once.\n"):format(self.name))
  if self.worker then work.stop(self.worker) end
  pcall(task.await, task)
  return task.ended and work.is_interrupt(why), why
end

--- Works on the job until all its rows have ended, together with the other programs that do.
-- @return what status() returns, with elapsed (seconds), interrupted (by Ctrl-C; a further run goes
--   on) and warning (text); or nil, err where the store has failed, the API refuses the credential,
--   or the rows cannot be read at all
function Job:run()
  if not (self.state and (self.operation or not self.rows)) then
    raise "job:run: options client and operation are missing"
  end
  if self.worker then raise "job:run: it runs already" end
  self.stopping, self.interrupted, self.warning = false, false, nil
  local task = tasks.spawn(with_store, self, run_in_task)
  task.observed = true
  function task.ending() -- also where an error has ended it
    if self.worker then work.leave(self.worker) end
  end
  if not engine.here() then
    local waited, why = block_on(self, task)
    if not waited then error(why, 0) end
  end
  return task:await()
end

--- Ends run(): nothing more is begun, and what is under way ends within its deadlines.
function Job:stop()
  self.stopping = true
  if self.worker then work.stop(self.worker) end
end

function Job:__tostring()
  return ("convoke.job (%s in %s)"):format(self.name, self.path)
end

--- A job.
-- @param spec  name, of the job; store, path of a SQLite file or redis://host:6379/0, with command,
--   function that sends commands to Redis (default: hiredis is used); and to work on it client,
--   operation, rows (see convoke.rows), params (function(row) that returns the parameters; default:
--   the row itself), key (a field, or function(row)), limit (calls at the same time, 32), batch
--   (rows that travel in one call, 1), rate, timeout and retries (of a call; default: the
--   client's), progress
-- @return the job; raises for misuse. Its methods wait as calls do: run, pause, resume, status,
--   report, retry
return function(spec)
  check_spec(spec)
  local state = spec.client and client.state(spec.client)
  local operation = spec.operation and state and find_operation(state, spec.operation)
  local several = find_batch(state, operation, spec.batch)
  local self = setmetatable({
    name = spec.name, address = spec.store, command = spec.command,
    path = select(2, stores.find(spec.store)), state = state, operation = operation or nil,
    rows = spec.rows ~= nil and rows_of(spec.rows) or nil,
    make_params = spec.params, key = spec.key,
    needs = { type(spec.key) == "string" and spec.key or nil }, -- columns; the command adds some
    limit = spec.limit or 32,
    is_shown = spec.progress or false,
    batch = several, -- { size, scope, operation }, or nil
    limits = operation and limits_of(state, operation, spec.rate, several) or {},
    has_rate = spec.rate ~= nil,
    settings = nil, -- timeout, retries, limits: as the store has them
    given = { timeout = spec.timeout, retries = spec.retries, batch = spec.batch },
    store = nil, users = 0, opening = false, -- open while somebody uses it
    worker = nil, stopping = false,
  }, Job)
  return self
end
