--- The life of one call: prepare, send, wait, read, and again where that is allowed.

local core = require "convoke.core"
local engine = require "convoke.engine"
local errors = require "convoke.errors"
local judge = require "convoke.lookup.judge"
local observe = require "convoke.observe"
local pace = require "convoke.pace"
local pending_creates = require "convoke.lookup.pending_creates"
local retry = require "convoke.retry"
local settle = require "convoke.lookup.settle"

local now = core.now
local prepare = core.Client.prepare
local answer, retire = core.Call.answer, core.Call.retire

local call = {}

--- How many tries were repeats of one that had failed.
call.retried = 0

--- Seconds of a clock that never goes back; deadlines are given in it.
call.now = now

-- Sending ------------------------------------------------

local begin, send = engine.begin, engine.send

-- Sends a prepared call and waits for its end. Returns nothing, or why it was not sent as
-- native:failure() does.
local function send_and_wait(native, seconds)
  local sent, why = send(native, seconds, begin())
  if sent == nil then error(why, 0) end
  if not sent then return "memory", why, false end
end

--- The transport that is built in: sends a request table that a client made.
-- A transport of one's own can pass requests on to it. The credential is only in what it sends,
-- never in the table.
call.transport = {}

local natives = setmetatable({}, { __mode = "k" }) -- request table -> native call, seconds

--- Sends a request; returns { status =, headers =, body = }, or nil and an error's fields
-- (kind, message, sent).
function call.transport.send(request)
  local own = natives[request]
  if not own then error("convoke.transport.send: not a request made by a client", 2) end
  local native = own.native
  local kind, message, sent, status = send_and_wait(native, own.seconds)
  if not kind then kind, message, sent, status = native:failure() end
  if kind then return nil, { kind = kind, message = message, sent = sent, status = status } end
  return { status = (native:answer()), headers = native:headers(), body = native:body() }
end

-- One try through a transport of the user's own. Returns like native:failure().
local function send_by(state, native, seconds)
  local request = native:request()
  request.timeout = seconds
  natives[request] = { native = native, seconds = seconds }
  local response, err = state.transport.send(request)
  natives[request] = nil
  if type(response) == "table" then
    if type(response.status) ~= "number" then
      error("convoke: the transport's answer has no status", 0)
    end
    native:respond(response.status, response.headers, response.body)
    return native:failure()
  end
  if type(err) ~= "table" then err = { message = err } end
  local sent = err.sent
  if sent == nil then sent = true end
  local message = native:redact(tostring(err.message or "the transport failed"))
  return err.kind or "network", message, sent, err.status
end

-- Reading ------------------------------------------------

-- What a refusal by status means for what was asked: `refused` only where that is certain. A
-- redirect often says that the work is done (303 above all), and nothing is done by reading.
local function outcome_of(api, operation, status, code)
  if status < 200 then return "unknown" end
  if status < 400 then return operation.method == "GET" and "refused" or "unknown" end
  if status == 503 then
    for _, known in ipairs(api.not_executed_codes or {}) do
      if known == code then return "refused" end
    end
    return "unknown"
  end
  if status == 408 or (status >= 500 and status ~= 501 and status ~= 505) then return "unknown" end
  return "refused"
end

local headers_metatable = {
  --- Headers are looked up in any case.
  __index = function(headers, name)
    return type(name) == "string" and rawget(headers, name:lower()) or nil
  end,
}

-- A copy of what came from outside without secrets: a server may send back what it was sent.
local function hide(native, value)
  if type(value) == "string" then return native:redact(value) end
  if type(value) ~= "table" then return value end
  local copy = {}
  for name, member in pairs(value) do copy[hide(native, name)] = hide(native, member) end
  return setmetatable(copy, getmetatable(value)) -- its mark as an array, an object or an int64
end

-- The vendor's trace id; `header(from, name)` looks a header up.
local function request_id_of(api, header, from)
  for _, name in ipairs(api.request_id_headers or {}) do
    local id = header(from, name)
    if id then return id end
  end
end

--- The metatable of what stands around the value of an API's answers: what has to be looked up
-- among the headers, which are at 1, is looked up when it is asked for.
function call.meta_of(api)
  local metatable = {}

  function metatable.__index(meta, name)
    local value
    if name == "headers" then
      value = setmetatable(core.headers(rawget(meta, 1)), headers_metatable)
    elseif name == "request_id" then
      value = request_id_of(api, core.header, rawget(meta, 1))
    end
    if value then rawset(meta, name, value) end
    return value
  end

  --- Shows what is documented, where the Lua version asks (5.1 does not).
  function metatable.__pairs(meta)
    local shown = { headers = meta.headers, request_id = meta.request_id }
    for name, value in next, meta do
      if type(name) == "string" then shown[name] = value end
    end
    return next, shown, nil
  end

  return metatable
end

-- Whether an application failed inside an answer that the protocol calls a success.
local function failed_inside(state, operation, status, data)
  return operation.envelope and state.vendor.has_failed(status, data)
end

-- The error for an answer that says no, or that says nothing one can read.
local function refusal(state, operation, native, status, data, fault)
  local api = state.api
  local err = hide(native, errors.read(state.vendor, data))
  err.status = status
  err.operation = operation.name
  err.request_id = err.request_id or request_id_of(api, native.header, native)
  err.retry_after = native:retry_after()
  if fault then
    local body = native:body(errors.most_text)
    err.body = body ~= "" and body or nil
    err.message = errors.describe_text(body)
  end
  if status >= 200 and status < 300 and fault then
    err.kind, err.outcome = "decode", "unknown"
    err.message = fault == "empty" and "the answer is empty"
      or ("the answer cannot be read (%s)"):format(fault)
        .. (err.message and ": " .. err.message or "")
  else
    err.kind = "http"
    err.outcome = not fault and failed_inside(state, operation, status, data) and "refused"
      or outcome_of(api, operation, status, err.code)
    if status >= 300 and status < 400 then
      err.message = errors.redirection(native:header "Location")
        .. (err.message and ": " .. err.message or "")
    end
    err.message = err.message or errors.phrase(status)
  end
  return errors.new(err)
end

-- The error of a try that brought no answer. What was `sent` decides, not how it ended: a kept
-- connection may die after the request was executed, and the reconnect be refused.
local function failure(operation, kind, message, sent, status)
  return errors.new {
    kind = kind,
    outcome = sent and "unknown" or "not_sent",
    operation = operation.name,
    message = message,
    status = status,
  }
end

local function closed(operation)
  return failure(operation, "cancelled", "the client was closed", false)
end

-- Performing ------------------------------------------------

-- The value of an answer in an envelope, or nil and the error.
local function unwrap(state, operation, native, status, data)
  local value, log_lines, fault = state.vendor.unwrap(data)
  if fault then return nil, refusal(state, operation, native, status, data, fault), status end
  return value, nil, status, log_lines and hide(native, log_lines)
end

-- What came of a call that has ended, whose answer(native) is given. Returns value, err, status,
-- log lines.
local function read(state, operation, native, status, data, fault)
  if not status then return nil, failure(operation, native:failure()) end
  local success = status >= 200 and status < 300
  if success and not fault and not operation.envelope then return data, nil, status end
  local bare = status == 204 or (operation.answer.type == "null" and not operation.envelope)
  if fault == "empty" and success and bare then return true, nil, status end
  if fault or not success or failed_inside(state, operation, status, data) then
    return nil, refusal(state, operation, native, status, data, fault), status
  end
  return unwrap(state, operation, native, status, data)
end

-- Sends and reads. Returns value, err, status, log lines.
local function exchange(state, operation, native, seconds)
  local kind, message, sent, seen
  if state.transport then
    kind, message, sent, seen = send_by(state, native, seconds)
  else
    kind, message = send_and_wait(native, seconds)
  end
  if kind then return nil, failure(operation, kind, message, sent, seen) end
  return read(state, operation, native, answer(native))
end

-- A line for a try, which may be a look for what another operation has made.
local function log(run, err, status, seconds)
  local operation, native, wanted = run.operation, run.native, run.options.looks_for
  local line = ("%s %s %s %s in %.3f s (attempt %d%s)"):format(operation.name, operation.method,
    operation.path, err and err.kind ~= "http" and err.kind or status, seconds, run.attempt,
    wanted and ", look-up for " .. wanted or "")
  observe.tell(run.state, "log", function(text) return native:redact(text) end, run.state.log, line)
end

-- Asks the function that gives a short-lived credential. Returns true, or nil and an error.
local function renew(state, operation, refused)
  local ok, value, reason = pcall(state.credential.source, refused)
  if state.closed then return nil, closed(operation) end
  local fault
  if not ok and value == "not enough memory" then error(value, 0) end -- which is not its fault
  if not ok then
    fault = "failed: " .. tostring(value)
  elseif type(value) ~= "string" then
    fault = "gave no string" .. (reason and ": " .. tostring(reason) or "")
  else
    local credential = state.credential
    local good, what = state.native:credential(credential.way, value, credential.partner)
    if good then return true end
    fault = "gave a credential that " .. what
  end
  local option = state.credential.option
  return nil, errors.invalid(operation, { { field = option, message = fault } })
end

-- What one call carries along from try to try, once its first one has failed, or where that is not
-- a plain one:
--   state, operation, params, options, path (its path value), native; started and deadline by
--   now(), attempt, retries; free: tries that count for nothing, because they were told to wait;
--   refusal: the error of the last of those; on_wire: a try waits for its answer; unsettled: an
--   earlier try may have happened; renewed: its credential was asked for anew; entry: where what
--   it makes can be looked up, see pending_creates.enter().
local function new_run(state, operation, params, options, path, started, deadline)
  options = options or {}
  return { state = state, operation = operation, params = params, options = options, path = path,
    native = nil, started = started, deadline = deadline, attempt = 0,
    free = 0, refusal = nil, retries = options.retries or state.retries, on_wire = false,
    unsettled = false, renewed = false, entry = nil }
end

-- A call prepared as state and options say, or nil and its faults.
local function prepare_by(state, operation, params, options, path)
  if not options then
    return prepare(state.native, operation.index, params, state.defaults, nil, nil, path)
  end
  return prepare(state.native, operation.index, params, options.defaults or state.defaults,
    options.headers, options.allow_empty, path)
end

-- What a call returns that has gone well, though not at its first try or not plainly.
-- @param settled  "look-up" where the value was found by looking
local function succeed(run, value, status, log_lines, settled)
  local state, ended = run.state, now()
  if run.entry then
    pending_creates.succeed(run.entry, value, state.clock, ended, settled ~= nil)
  end
  return value, nil, retire(run.native, { status = status, attempts = run.attempt,
    elapsed = ended - run.started, log_lines = log_lines, settled = settled }, state.meta)
end

-- Notes whether a try waits for its answer, for those that look for what they have made.
local function set_on_wire(run, on_wire)
  run.on_wire = on_wire
  if run.entry then run.entry.on_wire = on_wire end
end

local function set_unsettled(run)
  run.unsettled = true
  if run.entry then run.entry.unsettled = true end
end

-- Waiting for a turn ------------------------------------------------

local gates = {} -- of those that have it so that nothing begins, see call.close_gate()
local draining = false
-- Native calls that wait for their first turn; the keys are weak, as those who wait may die.
local not_begun = setmetatable({}, { __mode = "k" })

local function refuse(operation)
  return failure(operation, "cancelled", "nothing new begins while convoke.drain waits", false)
end

-- Waits until the pace of the client lets the call begin. Returns nothing, or the error.
local function await_turn(run)
  local state, operation, native = run.state, run.operation, run.native
  local waits_in = state.pace -- the client's may be another one afterwards
  local ticket = waits_in:enter(operation.name, run.deadline, native, not engine.here())
  local function wait(seconds)
    local is_new = run.attempt == 0 and not run.options.looks_for
    if state.closed or (draining and is_new) then return false end
    state.pausing[native] = true
    if is_new then not_begun[native] = true end
    local going_on = engine.pause(native, seconds)
    state.pausing[native], not_begun[native] = nil, nil
    return going_on and not (draining and is_new)
  end
  local waited, verdict, seconds = engine.protected(waits_in.await, waits_in, ticket, wait)
  waits_in:leave(ticket)
  if not waited then
    state.pausing[native], not_begun[native] = nil, nil
    error(verdict, 0)
  end
  call.end_pace(state)
  if verdict then return nil end
  if state.closed then return closed(operation) end
  if verdict == false then
    if draining and not native:revoked() then return refuse(operation) end
    return failure(operation, "cancelled", "cancelled before its turn", false)
  end
  local err = run.refusal
    or failure(operation, "timeout", "its turn comes after the deadline", false)
  err.retry_after = seconds
  return err
end

-- After a 429 that says for how long: nothing of its kind begins until then. Returns whether the
-- call itself waits for that time and is sent again, which costs it nothing.
local function hold(run, err)
  local seconds = err.status == 429 and err.kind == "http" and err.retry_after
  if not seconds or seconds <= 0 or err == run.refusal then return false end
  local state = run.state
  if not state.pace then
    state.pace = pace.new(now, engine.nudge)
    state.plain = false
  end
  state.pace:hold(not state.api.shared_limit and run.operation.name or nil, seconds)
  if run.retries == 0 or now() + seconds >= run.deadline then return false end
  run.free, run.refusal = run.free + 1, err
  return true
end

--- Lets a client go without a pace again once nothing is held.
function call.end_pace(state)
  if not (state.pace and state.pace:is_over()) then return end
  state.pace, state.plain = nil, state.simple
end

-- Trying ------------------------------------------------

-- One try within the deadline; it is `before` now. Returns value, err, status, log lines.
local function try_once(run, before)
  if run.state.pace then
    local err = await_turn(run)
    if err then return nil, err end
    before = now()
    if run.entry and run.attempt == 0 then pending_creates.begin_now(run.entry, before) end
  end
  if before >= run.deadline then
    return nil, failure(run.operation, "timeout", "the deadline has passed", false)
  end
  if run.state.closed then return nil, closed(run.operation) end
  run.attempt = run.attempt + 1
  set_on_wire(run, true)
  local state, operation = run.state, run.operation
  local value, err, status, log_lines =
    exchange(state, operation, run.native, run.deadline - before)
  set_on_wire(run, false)
  if state.log then
    log(run, err, status, now() - before)
  end
  return value, err, status, log_lines
end

-- Waits before the call goes on. Returns whether it is to: not once it is cancelled.
local function pause(run, seconds, err)
  local state, native, waited, going_on = run.state, run.native, true, false
  if not state.closed then
    state.pausing[native] = true
    waited, going_on = engine.protected(engine.pause, native, seconds)
    state.pausing[native] = nil
  end
  if not waited then error(going_on, 0) end
  if not going_on then
    err.kind = "cancelled"
    err.message = "cancelled before the next try; the last one: " .. tostring(err.message)
  end
  return going_on
end

-- How many tries have counted.
local function tries(run) return run.attempt - run.free end

-- Whether a refusal or a try that was not sent may be followed by another; waits for that one.
local function may_repeat(run, err)
  if run.attempt == 0 then return false end
  local seconds, why = retry.plan(run.operation, err, tries(run), run.retries,
    run.deadline - now(), run.state.budget)
  err.budget_empty = why == "budget" or nil
  return seconds ~= nil and pause(run, seconds, err)
end

-- Lets a moment pass before the first look after a try, which the server may still be at. Returns
-- whether the call goes on.
local function pause_before_look(run, err)
  local left = run.deadline - now()
  return left > 0 and pause(run, math.min(retry.pause(tries(run)), left / 4), err)
end

-- Settles by looking a failure after which something may be there. Returns as weigh() does.
-- @param echo  the API has said that there is one already
local function look_for_it(run, err, echo)
  local composed = not echo and err.status == 500 -- by the server: it is no lost answer
  local lost = not echo and not composed
  local can_repeat = lost and tries(run) <= run.retries and not judge.makes_many(run.entry)
  local refused = err.outcome
  err.outcome = "unknown"
  if not pause_before_look(run, err) then return "over" end
  local then_repeat = can_repeat and (judge.is_exclusive(run.entry) and "at once" or "later")
  local verdict, object, status = settle.look(run, err, echo, then_repeat)
  if verdict == "made" then
    if not composed then return "done", object, status end
    err.outcome, err.value = "made", object
    return "over"
  end
  if echo then
    if verdict == "another" or verdict == "likely another" then err.outcome = refused end
    return "over"
  end
  return can_repeat and settle.shows_nothing(verdict) and "again" or "over"
end

-- What a call returns whose work an earlier try has done: true where the answer has no body, else
-- what is certain of the object.
local function value_of_done(run, done, err)
  if not done.value then return true end
  return done.value(run.path or run.params[run.operation.path_params[1]], err)
end

-- After a failed try: whether the matter is settled. Returns "again", "done" and a value, or
-- "over".
local function weigh(run, err)
  local operation = run.operation
  local unsettled = run.unsettled
  local refused = err.outcome == "refused"
  if err.outcome == "unknown" then set_unsettled(run) end
  if run.options.reconcile ~= false and unsettled and err.kind == "http" then
    local done = run.state.vendor.done[operation.name]
    if done and done.says_so(err) then return "done", value_of_done(run, done, err) end
  end
  -- Who wants no retries wants no other requests either.
  local lookable = run.entry and run.retries > 0 and run.options.reconcile ~= false
  local echo = lookable and unsettled and judge.is_echo(run.entry, err)
  if lookable and (err.outcome == "unknown" or echo) then return look_for_it(run, err, echo) end
  if may_repeat(run, err) then return "again" end
  -- An earlier try may have happened, whatever became of this one.
  if unsettled and (err.outcome == "not_sent" or (refused and operation.method ~= "GET")) then
    local verdict, object, status
    if lookable and run.deadline > now() then
      verdict, object, status = settle.look(run, err, false, nil)
    end
    if verdict == "made" then return "done", object, status end
    if verdict ~= "another" or not judge.is_exclusive(run.entry) then
      err.outcome = "unknown"
    end
  end
  return "over"
end

-- Asks for a credential anew after a refusal that says that the one it had is over. Returns whether
-- the call is to be made again with it.
local function renew_once(run)
  run.renewed = true
  if not renew(run.state, run.operation, true) then return false end
  run.native:renew(run.state.native)
  return true
end

-- Whether the call is that of the process that has forked this one. That one goes on with it, so it
-- may happen yet, whatever was sent; here it is over.
local function is_parents(run, err)
  local _, is = run.native:revoked()
  if not is then return false end
  if err.kind ~= "cancelled" then err.kind, err.message = "cancelled", tostring(err.message) end
  err.outcome = "unknown"
  if not err.message:find("left to the process that forked", 1, true) then
    err.message = "left to the process that forked: " .. err.message
  end
  return true
end

-- Tries until the matter is settled. Returns as call.perform() does.
-- @param err  of the first try; or nil: it is yet to be made
local function go_on(run, err)
  local state = run.state
  while true do
    local value, status, log_lines
    if not err then value, err, status, log_lines = try_once(run, now()) end
    if not err then
      state.budget:give()
      return succeed(run, value, status, log_lines)
    end
    local verdict, object, seen
    if state.credential and not run.renewed and err.status == 401 and renew_once(run) then
      verdict = "again"
    elseif hold(run, err) then
      verdict = "again"
    else
      verdict, object, seen = weigh(run, err)
    end
    if verdict ~= "done" and is_parents(run, err) then verdict = "over" end
    if verdict == "done" then
      return succeed(run, object, seen or err.status, nil, seen and "look-up")
    elseif verdict == "over" then
      if err.outcome == "made" then
        pending_creates.succeed(run.entry, err.value, state.clock, now(), true)
      elseif run.entry then
        pending_creates.leave(run.entry, err.outcome == "unknown")
      end
      err.attempts = run.attempt
      err.elapsed = now() - run.started
      return nil, err
    end
    call.retried = call.retried + 1
    err = nil
  end
end

-- What raised while a call was under way is over, too.
local function drop(native, entry, in_doubt)
  pcall(engine.abandon, native) -- it may be over already
  if entry then pending_creates.leave(entry, in_doubt) end
end

-- Passes on what go_on() returned or raised.
local function conclude(run, finished, ...)
  if finished then return ... end
  drop(run.native, run.entry, run.on_wire or run.unsettled)
  error((...), 0)
end

-- A call that is not plain, from its beginning on: by a transport, with a log, with a function for
-- its credential, or too late.
local function perform_at_length(run)
  local state, operation = run.state, run.operation
  if state.credential then
    local renewed, why = renew(state, operation, false)
    if not renewed then return nil, why end
  end
  local faults
  run.native, faults = prepare_by(state, operation, run.params, run.options, run.path)
  if not run.native then return nil, errors.invalid(operation, faults) end
  local habits = state.vendor.creates[operation.name]
  if habits then
    run.entry = pending_creates.enter(run.native, operation, habits, run.params, run.started)
    run.entry.on_wire = false
  end
  return conclude(run, engine.protected(go_on, run))
end

-- A call that has ended, but not well at once: `sent` and `why` as engine.send() returned them, the
-- answer as native:answer() did.
local function go_on_with(run, native, entry, sent, why, status, data, fault)
  local value, err, log_lines
  if sent then
    value, err, status, log_lines = read(run.state, run.operation, native, status, data, fault)
  else
    err = failure(run.operation, "memory", why, false)
  end
  run.native, run.entry, run.attempt = native, entry, 1
  if not err then
    run.state.budget:give()
    return succeed(run, value, status, log_lines)
  end
  if entry then entry.on_wire = false end
  return conclude(run, engine.protected(go_on, run, err))
end

--- From now on no call begins, until open_gate() is called with the same table. Those that wait for
-- their first turn end.
function call.close_gate(gate)
  gates[gate] = true
  draining = true
  for native in pairs(not_begun) do engine.nudge(native) end
end

--- Lets calls begin again, unless another gate is closed.
function call.open_gate(gate)
  gates[gate] = nil
  draining = next(gates) ~= nil
end

--- Makes one call.
-- @param state      of the client (see client.lua)
-- @param operation  of the catalogue
-- @param params     table or nil
-- @param options    checked table: timeout, retries, deadline, headers, allow_empty, reconcile,
--   defaults, looks_for (the operation that a look-up is for); or nil
-- @param path       the path value, where the operation has one and it does not sit in params
-- @return value, nil, meta; or nil, err
function call.perform(state, operation, params, options, path)
  if draining and not (options and options.looks_for) then return nil, refuse(operation) end
  local started = now()
  local deadline = started + (options and options.timeout or state.timeout)
  if options and options.deadline and options.deadline < deadline then
    deadline = options.deadline
  end
  if not state.plain or deadline <= started then
    return perform_at_length(
      new_run(state, operation, params, options, path, started, deadline))
  end
  -- Most calls go well at their first try, and carry along no more than they need for that.
  local native, faults = prepare_by(state, operation, params, options, path)
  if not native then return nil, errors.invalid(operation, faults) end
  local owner, token = begin()
  local habits = state.vendor.creates[operation.name]
  local entry = habits and pending_creates.enter(native, operation, habits, params, started)
  local status, data, fault
  local sent, why = send(native, deadline - started, owner, token)
  if sent then
    status, data, fault = answer(native)
    if status and not fault and status >= 200 and status < 300 and not operation.envelope then
      local budget, ended = state.budget, now()
      if budget.tokens < budget.full then budget:give() end
      if entry then pending_creates.succeed(entry, data, state.clock, ended) end
      return data, nil, retire(native, { status = status, attempts = 1,
        elapsed = ended - started }, state.meta)
    end
  elseif sent == nil then
    drop(native, entry, true)
    error(why, 0)
  end
  return go_on_with(new_run(state, operation, params, options, path, started, deadline), native,
    entry, sent, why, status, data, fault)
end

settle.use(call.perform, pause)

return call
