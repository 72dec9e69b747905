--- A worker of a job: claims rows, makes their calls, and records what came of them.

local batch = require "convoke.jobs.batch"
local client = require "convoke.client"
local core = require "convoke.core"
local engine = require "convoke.engine"
local errors = require "convoke.errors"
local new_signal = require "convoke.jobs.signal"
local params = require "convoke.jobs.params"
local response = require "convoke.call.response"
local tasks = require "convoke.tasks"

local unpack = table.unpack or unpack -- luacheck: ignore 143 113

local work = {}

local chunk = 50 -- rows that are added at once: a frame waits for no more than that
local look_around = 1 -- seconds between looks for rows that others have left
local gathering = 0.005 -- seconds that a free place waits for others at most
local poll = 0.25 -- seconds between questions whether a limit has room
local most_looks = 3 -- times that an unclear row is looked up
local longest_rest = 30 -- seconds without a new call after failures
local lease_margin = 15 -- seconds that a lease lasts longer than its call

-- What has stopped a worker for good: the store, or a credential that the API refuses.
local function break_off(worker, err)
  worker.fault = worker.fault or err
  worker.stopping = true
  worker.signal:raise()
end

-- Returns what a method of the store has returned; where that has failed nothing more is begun.
local function checked(worker, value, why)
  if value == nil then break_off(worker, worker.job:failure(why)) end
  return value, why
end

-- Whether an error is that of Ctrl-C in the interpreter.
local function is_interrupt(message)
  return type(message) == "string" and message:find("interrupted!", 1, true) ~= nil
end

work.is_interrupt = is_interrupt

-- Starts f(worker, ...) as a task of the worker.
-- @param ended  function that is called when it has ended
local function start(worker, ended, f, ...)
  local task = tasks.spawn(f, worker, ...)
  task.observed = true
  function task.ending()
    ended()
    local why = task.state ~= "done" and task.results[1]
    if is_interrupt(why) then
      worker.interrupted, worker.stopping = true, true
    elseif why then
      worker.raised, worker.stopping = worker.raised or { why }, true
    end
    worker.signal:raise()
  end
end

local function nothing() end

-- How many calls are under way.
local function busy(worker) return worker.callers - #worker.resting end

-- Calls ------------------------------------------------

local lost = "its claim has been taken over by another worker"

-- Lets a further call of a claim begin only when the limits have room for it.
-- @return nothing, or the error that the call ends with; its `awaits_room` is the seconds for which
--   there is none
local function await_room(worker, claim, run, is_look)
  local store = worker.store
  if claim.calls ~= "none" then checked(worker, store:count_call(claim.calls == "look")) end
  claim.calls = "none" -- is left to be counted, until the next one begins
  while true do
    local has_room, why = store:has_room(is_look, claim)
    if has_room then return nil end
    if has_room == nil then
      return response.failure(run.operation, "cancelled", "the store failed: " .. why, false)
    end
    if core.now() + math.max(poll, why or 0) >= run.deadline then
      local err = response.failure(run.operation, "timeout", "its turn comes after the deadline",
        false)
      err.awaits_room = why or poll
      return err
    end
    engine.sleep(poll)
  end
end

-- Makes sure that claims outlast a call that is about to be sent. Returns nothing, or the error
-- that it ends with.
local function hold_on(worker, run, claims)
  local store, now = worker.store, worker.store:now()
  if now + (run.deadline - core.now()) >= claims[1].lease then
    local renewed = checked(worker, store:renew(claims, worker.lease))
    if not renewed then return response.failure(run.operation, "cancelled", lost, false) end
    now = store:now()
  end
  if now >= claims[1].lease then
    return response.failure(run.operation, "cancelled", lost, false)
  end
end

-- What is asked right before each request of a claim: whether it may be sent.
local function new_gate(worker, claim)
  local claims = { claim }
  return function(run)
    local is_look = run.options.looks_for ~= nil
    if claim.calls and worker.job.limits[1] then
      local err = await_room(worker, claim, run, is_look)
      claim.awaits_room = err and err.awaits_room -- a failed look-up leaves the call another error
      if err then return err end
    end
    claim.calls = is_look and "look" or "call"
    return hold_on(worker, run, claims)
  end
end

local function id_of(worker, value)
  local habits = worker.state.creates[worker.operation.name]
  local id = type(value) == "table" and value[habits and habits.id or "id"]
  return id and tostring(id) or nil
end

-- Begins nothing for a while after a failure that concerns not the row but the API, or the way
-- there.
local function rest(worker)
  worker.failures = worker.failures + 1
  local seconds = math.min(longest_rest, 0.25 * 2 ^ worker.failures)
  worker.rests_until = core.now() + seconds
end

-- A row whose call may have happened: it is looked up again as long as that may tell more.
local function in_doubt(worker, claim, err, result)
  local operation = worker.operation
  local lookable = worker.state.creates[operation.name] and worker.retries > 0
  local room = err.awaits_room -- nothing is there, and sending it is allowed later
    or claim.awaits_room -- looking is
  if room then
    result.state, result.again = "sent", room
  elseif operation.idempotent and claim.looks < most_looks then
    rest(worker)
    result.state, result.again = "sent", worker.failures
  elseif err.kind == "cancelled" then
    result.state, result.again = "sent", 0
  elseif lookable and claim.looks < most_looks then
    result.state, result.again = "sent", 2 ^ (claim.looks + 1)
  else
    result.state = "unknown"
  end
end

-- The state of a row after a refusal.
local function after_refusal(worker, err)
  if err.status == 401 then
    break_off(worker, err)
    return "pending"
  elseif err.status == 429 or err.status == 408 or err.status == 503 then
    rest(worker)
    if err.retry_after then checked(worker, worker.store:hold(err.retry_after)) end
    return "pending"
  end
  return "refused"
end

-- What a call's outcome makes of its row, as Store:finish() takes it.
local function result_of(worker, claim, value, err, meta)
  local calls = claim.calls ~= "none" and claim.calls or nil
  if not err then
    worker.failures = 0
    return { state = "done", object = id_of(worker, value), calls = calls,
      found = meta.settled ~= nil }
  end
  local result = { status = err.status, code = err.code, error = tostring(err), calls = calls }
  if err.kind == "invalid" then
    result.state = "invalid"
  elseif err.outcome == "made" then
    result.state, result.object, result.found = "made", id_of(worker, err.value), true
  elseif err.outcome == "refused" then
    result.state = after_refusal(worker, err)
  elseif err.outcome == "not_sent" then
    rest(worker)
    result.state = "pending"
  else
    in_doubt(worker, claim, err, result)
  end
  if result.state ~= "pending" and result.state ~= "sent" then worker.failures = 0 end
  return result
end

-- Notes whether a result was recorded.
local function note_recorded(worker, claim, result, recorded)
  if recorded == false and result.found then
    -- Another row has that object, or somebody else the claim; the latter is refused again.
    recorded = checked(worker, worker.store:finish(claim, { state = "unknown",
      calls = result.calls,
      error = "what was found, " .. tostring(result.object) .. ", is another row's" }))
  end
  if recorded then worker.ended = worker.ended + 1 end
end

-- Has a result recorded, with the next claims: a write to the disk, or a question to the server,
-- serves several rows then. Lost before that, it is looked up.
local function record(worker, claim, result)
  worker.results[#worker.results + 1] = { claim = claim, result = result }
end

-- Records the results that wait, and claims up to `count` rows. Returns what Store:claim() does.
local function exchange(worker, count)
  local results = worker.results
  worker.results = {}
  local claims, standing = checked(worker, worker.store:claim(count, worker.lease,
    not worker.loading, results))
  if not claims then return nil end
  for i, each in ipairs(results) do
    note_recorded(worker, each.claim, each.result, standing.ended[i])
  end
  return claims, standing
end

-- What a call of a worker is given.
local function options_of(worker, gate, retries)
  return { timeout = worker.timeout, retries = retries, gate = gate, on_hold = worker.on_hold }
end

-- Makes the call of a claim.
local function make_call(worker, claim)
  local options = options_of(worker, new_gate(worker, claim), worker.retries)
  if claim.sent_at then
    local began, wall = worker.store:clocks_at(claim.sent_at)
    options.resumes = { began = began, wall = wall, was_refused = claim.was_refused }
    claim.calls = claim.split == "look" and "look" or claim.split and "none" or "call"
  end
  local value, err, meta = client.perform(worker.state, worker.operation,
    params.read(claim.params), options)
  record(worker, claim, result_of(worker, claim, value, err, meta))
end

-- The result of a row whose call of several has failed. Where something may have been made, of
-- which the API does not say what, it is looked for, and the row sent by itself.
local function result_after(worker, err)
  local result = { state = "sent", again = 0, status = err.status, code = err.code,
    error = tostring(err) }
  if err.outcome == "not_sent" then
    rest(worker)
    result.state, result.again = "pending", nil
  elseif err.outcome == "refused" then
    result.was_refused = true
    if after_refusal(worker, err) == "pending" then result.state, result.again = "pending", nil end
  elseif err.kind ~= "cancelled" then
    result.again = 2 -- it may be executed yet
  end
  return result
end

-- Makes the call of several claims.
local function make_batch(worker, claims)
  local was_sent = false
  local function gate(run)
    -- One request: what has room for a second one nobody has asked.
    if was_sent then
      return response.failure(run.operation, "cancelled", "it is sent again later", false)
    end
    local err = hold_on(worker, run, claims)
    was_sent = not err
    return err
  end
  local results = batch.perform(worker, claims, options_of(worker, gate, 0), function(err)
    return result_after(worker, err)
  end)
  results[1].calls = was_sent and "batch" or nil
  for i, claim in ipairs(claims) do
    record(worker, claim, results[i])
    if results[i].state == "sent" then worker.looks_at = 0 end -- to be looked for
  end
end

-- Whether so many calls have ended as are waited for.
local function tell_ended(worker)
  if busy(worker) <= worker.awaited then worker.signal:raise() end
end

-- Makes one call after the other, as long as there are some.
local function make_calls(worker, caller)
  while caller.f do
    caller.f(worker, caller.claim)
    caller.f, caller.claim = nil, nil
    table.insert(worker.resting, caller)
    tell_ended(worker)
    if not worker.is_over then caller.signal:wait() end
  end
end

local function forget_caller(worker, caller)
  for i = #worker.resting, 1, -1 do
    if worker.resting[i] == caller then table.remove(worker.resting, i) end
  end
  worker.callers = worker.callers - 1
end

-- Makes a call in a task that rests, or in a new one, which is dearer than the call's other costs.
local function begin_call(worker, f, claim)
  local caller = table.remove(worker.resting)
  if caller then
    caller.f, caller.claim = f, claim
    caller.signal:raise()
    return
  end
  caller = { f = f, claim = claim, signal = new_signal() }
  worker.callers = worker.callers + 1
  start(worker, function() forget_caller(worker, caller) end, make_calls, caller)
end

-- Begins the calls of claims that are pending until now.
local function begin_calls(worker, claims)
  local size = worker.batch and worker.batch.size
  if not size then
    for _, claim in ipairs(claims) do begin_call(worker, make_call, claim) end
    return
  end
  for first = 1, #claims, size do
    begin_call(worker, make_batch, { unpack(claims, first, math.min(first + size - 1, #claims)) })
  end
end

-- Rows ------------------------------------------------

-- Adds a chunk of rows. Returns whether there may be more.
local function load_chunk(worker, walk)
  local job, rows = worker.job, {}
  local more = true
  while more and #rows < chunk do
    local row, line, why = walk()
    if row == nil then
      more = false
    elseif not row then
      rows[#rows + 1] = { line = line, fault = why }
    else
      rows[#rows + 1] = job:row(row, line)
    end
  end
  return checked(worker, worker.store:add(rows, not more)) ~= nil and more
end

local function load_rows(worker)
  local walk, columns = worker.job.rows:open()
  if columns then worker.job:check_columns(columns) end
  while not worker.stopping and load_chunk(worker, walk) do
    worker.signal:raise()
    engine.sleep(0) -- others have their turn
  end
end

local function begin_loading(worker)
  if not worker.job.rows then return end
  worker.loading = true
  start(worker, function() worker.loading = false end, load_rows)
end

-- Working ------------------------------------------------

-- Claims rows that others have left, now and then. Returns how many.
local function claim_lost(worker)
  local now = core.now()
  if now < worker.looks_at then return 0 end
  local count = worker.limit - busy(worker)
  local claims = checked(worker, worker.store:claim_lost(count, worker.lease))
  if not claims then return 0 end
  if #claims < count then worker.looks_at = now + look_around end
  for _, claim in ipairs(claims) do begin_call(worker, make_call, claim) end
  return #claims
end

-- Claims rows that are pending. Returns how long to wait for more; nil: there is no more to do.
local function claim_pending(worker)
  local resting = worker.rests_until - core.now()
  local count = resting <= 0 and worker.limit - busy(worker) or 0
  if worker.batch then count = count * worker.batch.size end
  local claims, standing = exchange(worker, count)
  if not claims then return 0 end
  begin_calls(worker, claims)
  worker.paused = standing.paused
  if standing.open == 0 and not worker.loading then return nil end
  local turn = standing.turn and standing.turn - worker.store:now()
  local seconds = look_around
  if turn and turn > 0 then seconds = math.min(seconds, turn) end
  if resting > 0 then seconds = math.min(seconds, resting) end
  return math.max(0.005, seconds)
end

-- Waits a moment until half of the calls can be claimed at once: a write to the disk for each would
-- be dear.
local function gather(worker)
  local stop = core.now() + gathering
  worker.awaited = worker.limit / 2
  while busy(worker) > worker.awaited and not worker.stopping do
    local left = stop - core.now()
    if left <= 0 then break end
    worker.signal:wait(left)
  end
  worker.awaited = math.huge
end

local function work_on(worker)
  while not worker.stopping do
    local seconds = look_around
    if busy(worker) < worker.limit then
      gather(worker)
      claim_lost(worker)
      seconds = worker.stopping and 0 or claim_pending(worker)
      if not seconds then break end
    end
    if not worker.stopping then worker.signal:wait(seconds) end
  end
  while busy(worker) > 0 or worker.loading do
    if worker.results[1] then exchange(worker, 0) else worker.signal:wait(look_around) end
  end
  if worker.results[1] then exchange(worker, 0) end
end

--- Has the tasks of a worker end that make no call just now; after what is under way the others do.
function work.leave(worker)
  worker.is_over = true
  for _, caller in ipairs(worker.resting) do caller.signal:raise() end
end

--- Works on a job until it is done, is stopped, or the store fails.
-- @param job    see job.lua; its store is open
-- @param ready  function(worker) that is called before the first row is claimed, or nil: what is
--   loaded before is all there is
-- @return the worker: fault, an error, or nil; raised, an array of what one of its tasks has raised
--   and its caller is to raise, or nil; interrupted; ended, how many rows it has ended
function work.run(job, ready)
  local settings = job.settings
  local worker = { job = job, store = job.store, state = job.state, operation = job.operation,
    batch = job.batch, limit = job.limit, timeout = settings.timeout, retries = settings.retries,
    lease = settings.timeout + lease_margin, signal = new_signal(), ended = 0,
    callers = 0, -- tasks that make calls
    resting = {}, -- those of them that make none now
    awaited = math.huge, -- the signal is raised when no more calls than that are under way
    results = {}, -- that wait to be recorded
    failures = 0, rests_until = 0, looks_at = 0, stopping = job.stopping, interrupted = false,
    loading = false, paused = false, is_over = false, fault = nil, raised = nil }
  function worker.on_hold(seconds)
    start(worker, nothing, function() checked(worker, job.store:hold(seconds)) end)
  end
  job.worker = worker
  local function is_wanted() return not worker.stopping end
  if checked(worker, job.store:enter(is_wanted, function(why) job:tell_away(why) end)) then
    begin_loading(worker)
    if ready then ready(worker) end
    work_on(worker)
    work.leave(worker)
    while worker.callers > 0 do worker.signal:wait(look_around) end
    job.store:leave()
  end
  job.worker = nil
  if worker.raised and errors.is(worker.raised[1]) then
    worker.fault, worker.raised = worker.fault or worker.raised[1], nil
  end
  return worker
end

--- Has a worker begin nothing more.
function work.stop(worker)
  worker.stopping = true
  worker.signal:raise()
end

return work
