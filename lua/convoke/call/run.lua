--- The life of one call: it is prepared, tried, and tried again where that is allowed, until its
-- outcome is settled.
--
-- Most calls go well at their first try, and carry along no more than they need for that. A call
-- gets a table, a run, once its first try has failed, or where it is not a plain one.

local attempt = require "convoke.call.attempt"
local core = require "convoke.core"
local credential = require "convoke.call.credential"
local engine = require "convoke.engine"
local errors = require "convoke.errors"
local hooks = require "convoke.observe.hooks"
local judge = require "convoke.lookup.judge"
local pending_creates = require "convoke.lookup.pending_creates"
local response = require "convoke.call.response"
local retry = require "convoke.call.retry"
local settle = require "convoke.lookup.settle"
local turns = require "convoke.call.turns"

local run_module = {}

local now, prepare, retire = core.now, core.Client.prepare, core.Call.retire
local protected, try = engine.protected, attempt.once

--- How many tries of all calls were repeats of one that had failed.
run_module.retried = 0

-- What one call carries along from try to try:
--   state (of the client), operation, params, options, path (its path value), native (the call, as
--   the core has it), entry (of pending_creates, where one can look for what it makes, or nil);
--   started and deadline, by core.now(); attempts, tries made so far; retries, how many repeats
--   there may be; free, tries that do not count, because the server told them to wait; held_by,
--   the error of the last of those; unsettled, an earlier try may have happened; renewed, it
--   has got a new credential already; event, for those who observe it, or nil.
local function new_run(state, operation, params, options, path, started, deadline)
  return { state = state, operation = operation, params = params, options = options, path = path,
    native = nil, entry = nil, started = started, deadline = deadline, attempts = 0,
    retries = options.retries or state.retries, free = 0, held_by = nil, unsettled = false,
    renewed = false, event = nil }
end

-- How many tries have counted.
local function counted_tries(run) return run.attempts - run.free end

-- Ends a call that has gone well, and returns what it returns.
-- @param entry      of pending_creates, or nil
-- @param attempts   how many tries were made
-- @param log_lines  of an application, or nil
-- @param settled    "look-up": a look has found the value; nil: the API has answered with it
local function succeed(state, native, entry, started, attempts, value, status, log_lines, settled)
  local ended = now()
  local meta = { status = status, attempts = attempts, elapsed = ended - started }
  if log_lines then meta.log_lines = log_lines end
  if settled then meta.settled = settled end
  if entry then pending_creates.succeed(entry, value, state.clock, ended, settled ~= nil) end
  return value, nil, retire(native, meta, state.meta)
end

local function succeed_run(run, ...)
  return succeed(run.state, run.native, run.entry, run.started, run.attempts, ...)
end

-- What a call returns that has failed for good.
local function fail(run, err)
  if err.outcome == "made" and run.entry then
    pending_creates.succeed(run.entry, err.value, run.state.clock, now(), true)
  elseif run.entry then
    pending_creates.leave(run.entry, err.outcome == "unknown")
  end
  if err.kind == "timeout" and err.message:find("deadline", 1, true) then -- not connect_timeout
    err.message = ("%s (%.4g s)"):format(err.message, run.deadline - run.started)
  end
  err.attempts = run.attempts
  err.elapsed = now() - run.started
  return nil, err
end

-- Trying ------------------------------------------------

-- One try that is not plain: it waits for its turn. Returns as attempt.once() does.
local function try_in_turn(run)
  local state, operation = run.state, run.operation
  local before = now()
  if state.pace then
    local err = turns.await(run)
    if err then return nil, err end
    before = now()
    if run.entry and run.attempts == 0 then pending_creates.begin_now(run.entry, before) end
  end
  local gate = run.options.gate
  if gate then
    local err = gate(run)
    if err then return nil, err end
    before = now()
  end
  if before >= run.deadline then
    return nil, response.failure(operation, "timeout", "the deadline has passed", false)
  end
  if state.closed then return nil, response.closed(operation) end
  run.attempts = run.attempts + 1
  local event = run.event
  if event then hooks.send(run.native, event, run.attempts) end
  local value, err, status, log_lines
  if run.options.try then
    value, err, status, log_lines = run.options.try(run, run.deadline - before)
  else
    value, err, status, log_lines =
      try(state, operation, run.native, run.deadline - before, run.entry)
  end
  if event then hooks.attempt(state, run.native, event, err, status, now() - before) end
  return value, err, status, log_lines
end

-- Waits before the call goes on. Returns whether it does: a call that was cancelled does not, and
-- `err` says so then.
-- @param reason  of the wait, for hooks
local function pause(run, seconds, err, reason)
  local state, native, waited, going_on = run.state, run.native, true, false
  hooks.reason(state, native, run.event, "wait", reason, seconds)
  if not state.closed then
    state.pausing[native] = true
    waited, going_on = protected(engine.pause, native, state.instant and 0 or seconds)
    state.pausing[native] = nil
  end
  if not waited then error(going_on, 0) end
  if not going_on then
    err.kind = "cancelled"
    err.message = "cancelled before the next try; the last one: " .. tostring(err.message)
  end
  return going_on
end

-- After a failure ------------------------------------------------

local function set_unsettled(run)
  run.unsettled = true
  if run.entry then run.entry.unsettled = true end
end

local function tell_look(run, verdict, seconds)
  hooks.settle(run.state, run.native, run.event, verdict, seconds)
end

local look = settle.new(function(...) return run_module.perform(...) end, pause, tell_look)

-- Whether a call that was refused or not sent is sent again; waits until it is time for that.
local function may_repeat(run, err)
  if run.attempts == 0 then return false end
  local seconds, why = retry.plan(run.operation, err, counted_tries(run), run.retries,
    run.deadline - now(), run.state)
  err.budget_empty = why == "budget" or nil
  return seconds ~= nil
    and pause(run, seconds, err, err.retry_after and "retry_after" or "backoff")
end

-- Lets a moment pass before the first look: the server may still be working on the try. Returns
-- whether the call goes on.
local function pause_before_look(run, err)
  local left = run.deadline - now()
  return left > 0
    and pause(run, math.min(retry.pause(counted_tries(run)), left / 4), err, "look")
end

-- Settles by looking a failure after which something may be there. Returns as after_failure() does.
-- @param echo  whether the API has said that there is one already
local function settle_by_looking(run, err, echo)
  local composed = not echo and err.status == 500 -- by the server: it is no lost answer
  local lost = not echo and not composed
  local can_repeat = lost and counted_tries(run) <= run.retries
    and not judge.makes_many(run.entry)
  local refused = err.outcome
  err.outcome = "unknown"
  if not pause_before_look(run, err) then return "over" end
  local then_repeat = can_repeat and (judge.is_exclusive(run.entry) and "at once" or "later")
  local verdict, object, status = look(run, err, echo, then_repeat)
  if verdict == "made" then
    if not composed then return "done", object, status end
    err.outcome, err.value = "made", object
    return "over"
  end
  if echo then
    if verdict == "another" or verdict == "likely another" then err.outcome = refused end
    return "over"
  end
  if not (can_repeat and settle.shows_nothing(verdict)) then return "over" end
  return "again", "nothing found"
end

-- What a call returns whose work an earlier try has done: true, or what is certain of the object
-- where the operation answers with one.
local function value_of_done(run, done, err)
  if not done.value then return true end
  local names, path = run.operation.path_params, run.path
  if type(path) == "table" then path = path[#names] end
  local last = names[#names] -- or nil: the path has none
  return done.value(path or last and run.params[last], err)
end

-- Decides what follows a failed try. Returns "again", now, as all waiting is done, and why, where a
-- look is the reason; "done", a value and, where it was found by looking, the status of the
-- listing; or "over".
local function after_failure(run, err)
  local operation, unsettled = run.operation, run.unsettled
  local refused = err.outcome == "refused"
  local may_reconcile = run.options.reconcile ~= false
  if err.outcome == "unknown" then set_unsettled(run) end
  if may_reconcile and unsettled and err.kind == "http" then
    local done = run.state.vendor.done[operation.name]
    if done and done.says_so(err) then return "done", value_of_done(run, done, err) end
  end
  -- A caller that wants no retries wants no other requests either.
  local lookable = run.entry and run.retries > 0 and may_reconcile
  local echo = lookable and unsettled and judge.is_echo(run.entry, err)
  if lookable and (err.outcome == "unknown" or echo) then
    return settle_by_looking(run, err, echo)
  end
  if may_repeat(run, err) then return "again" end
  -- An earlier try may have happened, whatever became of this one.
  if unsettled and (err.outcome == "not_sent" or (refused and not response.is_get(operation))) then
    local verdict, object, status
    local resumes = run.options.resumes
    local twice_refused = refused and resumes and resumes.was_refused
    if lookable and run.deadline > now() then
      verdict, object, status = look(run, err, false, twice_refused and "at once" or nil)
    end
    if verdict == "made" then return "done", object, status end
    local is_settled = verdict == "another" and judge.is_exclusive(run.entry)
      or (twice_refused and settle.shows_nothing(verdict))
    if not is_settled then err.outcome = "unknown" end
  end
  return "over"
end

-- Asks for a credential anew after a refusal that says that the one it had is over. Returns whether
-- the call is to be made again with it.
local function renew_once(run)
  run.renewed = true
  if run.operation.no_credential then return false end
  return credential.renew(run.state, run.operation, run.native, true) == true
end

-- Whether the call belongs to the process that has forked this one. The parent goes on with it, so
-- it may happen yet, whatever was sent; in this process it is over, and `err` says so.
local function belongs_to_parent(run, err)
  local _, is = run.native:revoked()
  if not is then return false end
  if err.kind ~= "cancelled" then err.kind, err.message = "cancelled", tostring(err.message) end
  err.outcome = "unknown"
  if not err.message:find("left to the process that forked", 1, true) then
    err.message = "left to the process that forked: " .. err.message
  end
  return true
end

-- Tries until the outcome is settled. Returns what perform() does.
-- @param err  of the first try; or nil: that is yet to be made
local function try_until_settled(run, err)
  local state = run.state
  while true do
    local value, status, log_lines
    if not err then value, err, status, log_lines = try_in_turn(run) end
    if not err then
      state.budget:give()
      return succeed_run(run, value, status, log_lines)
    end
    local verdict, object, seen
    local reason -- of a repeat, for hooks
    if state.credential and not run.renewed and err.status == 401 and renew_once(run) then
      verdict, reason = "again", "credential"
    elseif turns.hold(run, err) then
      verdict, reason = "again", "held"
    else
      verdict, object, seen = after_failure(run, err)
    end
    if verdict ~= "done" and belongs_to_parent(run, err) then verdict = "over" end
    if verdict == "done" then
      return succeed_run(run, object, seen or err.status, nil, seen and "look-up")
    elseif verdict == "over" then
      return fail(run, err)
    end
    run_module.retried = run_module.retried + 1
    hooks.reason(state, run.native, run.event, "retry", reason or object or "failed")
    err = nil
  end
end

-- Passes on what try_until_settled() returned. What it raised ends the call, too.
local function conclude(run, finished, ...)
  if finished then return ... end
  local entry = run.entry
  attempt.abandon(run.native, entry, run.unsettled or (entry and entry.on_wire))
  error((...), 0)
end

-- Performing ------------------------------------------------

-- When a call ends at the latest, by core.now().
local function deadline_of(state, options, started)
  local deadline = started + (options.timeout or state.timeout)
  local given = options.deadline
  return given and given < deadline and given or deadline
end

local no_options = {} -- of a call that was given none

-- Prepares a call as its client and its options say. Returns it, or nil and its faults.
local function prepare_by(state, operation, params, options, path)
  local free = operation.free
  if free then
    return state.native:prepare_free(operation.method, operation.path, free.query, free.headers,
      free.body, free.type)
  end
  return prepare(state.native, operation.index, params, options.defaults or state.defaults,
    options.headers, options.allow_empty, path, options.sources)
end

--- Prepares a call as perform() does, and sends nothing.
-- @return the call, as the core has it; or nil, err
function run_module.prepare(state, operation, params, options, path)
  local native, faults = prepare_by(state, operation, params, options, path)
  if native and options.sources and options.sources[1] then
    local why = "is read while it is sent, and nothing is"
    native, faults = nil, { { field = "body", message = why } }
  end
  if not native then return nil, errors.invalid(operation, faults) end
  return native
end

-- Takes up a call that a program has made which ended before it had the answer: as if this one had
-- made it, and lost the answer. Returns the error of that try.
-- @param began, wall  when it was made at the earliest, by core.clocks()
local function take_up(run, began, wall)
  run.attempts = 1
  if run.entry then run.entry.began, run.entry.wall = began, wall end
  return response.failure(run.operation, "network",
    "the program that made the call ended before it had the answer", true)
end

-- Makes one call, see run_module.perform().
-- @param event  of those who observe it, or nil
local function carry_out(state, operation, params, options, path, event)
  local given = options or no_options
  if turns.draining and not given.looks_for then return nil, turns.refuse(operation) end
  local started = now()
  local deadline = deadline_of(state, given, started)
  local native, faults = prepare_by(state, operation, params, given, path)
  if not native then return nil, errors.invalid(operation, faults) end
  if state.credential and not operation.no_credential then
    local renewed, why = credential.renew(state, operation, native, false)
    if not renewed then return nil, why end
  end
  local habits = state.creates[operation.name]
  local entry = habits and pending_creates.enter(native, operation, habits, params, started)
  local first_err
  -- The first try of a plain call: it waits for no turn, and needs no run.
  if state.plain and deadline > started
    and (given == no_options or not (given.gate or given.try)) then
    if event then hooks.send(native, event, 1) end
    local value, err, status, log_lines = try(state, operation, native, deadline - started, entry)
    if event then hooks.attempt(state, native, event, err, status, now() - started) end
    if not err then
      state.budget:give()
      return succeed(state, native, entry, started, 1, value, status, log_lines)
    end
    first_err = err
  end
  local run = new_run(state, operation, params, given, path, started, deadline)
  run.native, run.entry, run.event, run.attempts = native, entry, event, first_err and 1 or 0
  local resumes = given.resumes
  if resumes then first_err = take_up(run, resumes.began, resumes.wall) end
  return conclude(run, protected(try_until_settled, run, first_err))
end

-- Tells those who observe a call that it is over, and passes on what it returned or raised.
local function finish(state, operation, event, finished, value, ...)
  if finished then
    hooks.done(state, event, value, ...)
    return value, ...
  end
  hooks.done(state, event, nil, errors.new { kind = "cancelled", outcome = "unknown",
    operation = operation.name, message = "an error stopped it", attempts = event.attempt })
  error(value, 0)
end

--- Makes one call.
-- @param state      of the client (see client.lua)
-- @param operation  of the catalogue
-- @param params     table or nil
-- @param options    checked table: timeout, retries, deadline, headers, allow_empty, reconcile,
--   defaults, traceparent, tracestate, looks_for (name of the operation that a look-up is for),
--   within (the event of the call that looks, or nil), try, a function(run, seconds) that makes
--   each try in its own way, sources, a table for what of the body is read while it is sent; and of
--   jobs gate, a
--   function(run) that is called before each try and may return an error instead of it, on_hold, a
--   function(seconds) that is told of each Retry-After, and resumes, { began =, wall = } by
--   core.clocks(): a program that has ended made the call then, or, with was_refused, it was part
--   of one that the API has refused, without saying what became of the parts; or nil
-- @param path       the path value, where the operation has one and it does not sit in params
-- @return value, nil, meta; or nil, err
function run_module.perform(state, operation, params, options, path)
  local event = (state.observers or hooks.watched) and hooks.begin(state, operation, options)
  if not event then return carry_out(state, operation, params, options, path) end
  return finish(state, operation, event,
    protected(carry_out, state, operation, params, options, path, event))
end

--- Ends a call that is refused before it can begin.
-- @return nil, err
function run_module.refuse(state, operation, err)
  hooks.done(state, hooks.begin(state, operation), nil, err)
  return nil, err
end

return run_module
