--- Hooks: functions that are told what becomes of calls. They are a client's (its options `hooks`
-- and `log`) or everybody's (`convoke.hooks`, and what else observes all calls).
--
-- A call that is observed has one table, its event. Each hook is given it, filled in as far as the
-- call has come:
--   hook       which one is told: one of hooks.names
--   id         the number of the call in this Lua state, from 1
--   api, operation, method, path  such as "clerk", "clerk.invitations.create", "POST",
--     "/invitations"
--   looks_for  the name of the operation whose lost work this call looks for; else nil
--   started    by convoke.now(); elapsed, seconds from then on
--   attempt    how many attempts have begun
--   status, outcome, error  of the last attempt, in `done` of the call; without an error `outcome`
--     is "done". kind, code, message and request_id as the error has them
--   seconds    that the attempt or the look took; before a wait, how long it will be at least
--   reason     of a wait: "turn", "retry_after", "backoff" or "look"; of a retry: "failed", "held"
--     (the API named a time), "credential" (it was renewed) or "nothing found" (by looking)
--   verdict    of a look: "found", "another", "nothing" or "unclear"
--   trace_id, span_id  of the call's span, where convoke.trace is on
--   value, meta  what the call returns; settled, "look-up" where looking has found it; in `done`

local core = require "convoke.core"
local tasks = require "convoke.tasks"

local hooks = {}

local now, tell = core.now, core.tell

--- What hooks are called, in the order in which they may come first.
hooks.names = { "call", "wait", "attempt", "settle", "retry", "done" }

--- Those who observe all calls: an array of { label =, hooks = }, or false where there are none.
hooks.shared = false

--- What makes spans of calls, see trace.lua, or false. It is told of a call before its hooks are
-- and, unlike them, of each attempt before that is sent.
hooks.tracer = false

--- Whether somebody observes all calls.
hooks.watched = false

local function set_watched() hooks.watched = (hooks.shared or hooks.tracer) and true or false end

--- Has spans made of the calls that begin from now on.
-- @param tracer  false: no more
function hooks.trace(tracer)
  hooks.tracer = tracer
  set_watched()
end

local known = {}
for _, name in ipairs(hooks.names) do known[name] = true end

--- What a function of the user's has done that raised a value.
function hooks.words_of(value)
  local ok, words = pcall(tostring, value)
  words = ok and words or "an error that cannot be shown"
  if words:find("attempt to yield", 1, true) then return "yielded, though nothing waits for it" end
  return "failed: " .. words
end

-- Events ------------------------------------------------

-- What events do not hold themselves: the facts of their operation, and fields of the error or of
-- what the call returned. A table more for each call would be dear.
local from_error = { kind = true, code = true, message = true }
local from_either = { request_id = true, settled = true }

local metatables = setmetatable({}, { __mode = "k" }) -- of events, by operation

local function metatable_of(api, operation)
  local metatable = metatables[operation]
  if metatable then return metatable end
  local facts = { api = api.name, operation = operation.name, method = operation.method,
    path = operation.path }

  local function read(event, name)
    local fact = facts[name]
    if fact then return fact end
    if name == "elapsed" then return now() - event.started end
    local err = rawget(event, "error")
    if from_error[name] then return err and err[name] end
    local either = from_either[name] and (err or rawget(event, "meta"))
    return either and either[name]
  end

  local function pairs_of(event)
    local shown = {}
    for name, value in next, event do shown[name] = value end
    for name in next, facts do shown[name] = facts[name] end
    for name in next, from_error do shown[name] = read(event, name) end
    for name in next, from_either do shown[name] = read(event, name) end
    shown.elapsed = event.elapsed
    return next, shown, nil
  end

  metatable = { __index = read, __pairs = pairs_of }
  metatables[operation] = metatable
  return metatable
end

-- Telling ------------------------------------------------

local telling = false -- a hook runs now

-- Reports the first failure of a client's hooks, or of a shared observer; a secret in it is struck.
local function report(state, native, observer, name, why)
  local where = observer.shared and observer or state
  if where.reported then return end
  where.reported = true
  local whose = observer.shared and "convoke" or "convoke." .. state.api.name
  local text = ("%s: the function %s %s (said once; results are not touched)"):format(whose,
    observer.label or "hooks." .. name, hooks.words_of(why))
  pcall(tasks.report, (native or state.native):redact(text))
end

--- Calls a function of the user's. What it raises does not reach the call that it is told of, and
-- it cannot yield: no host or scheduler may be made to wait for it. Calls that it makes are not
-- observed.
-- @return nothing, or true and what it raised
function hooks.tell(f, value)
  local before = telling
  telling = true
  local failed, why = tell(f, value)
  telling = before
  return failed, why
end

-- Calls a hook as hooks.tell() does; written out, for it is on the path of each call.
local function tell_one(state, native, observer, event, name)
  local f = observer.hooks[name]
  if not f then return end
  local before = telling
  telling = true
  local failed, why = tell(f, event)
  telling = before
  if failed then report(state, native, observer, name, why) end
end

-- Tells all observers of a call.
-- @param native  the call as the core has it, or nil: there is none
local function tell_all(state, native, event, name)
  event.hook = name
  local own, shared = state.observers, hooks.shared
  if own then
    tell_one(state, native, own[1], event, name)
    if own[2] then tell_one(state, native, own[2], event, name) end
  end
  if not shared then return end
  for i = 1, #shared do tell_one(state, native, shared[i], event, name) end
end

local count = 0 -- of calls that were observed

--- Begins to observe a call.
-- @param state    of the client
-- @param options  of the call, or nil: looks_for, within (the event of the call that looks), and
--   traceparent and tracestate
-- @return its event; nil: nobody observes it, or a hook makes it
function hooks.begin(state, operation, options)
  local tracer = hooks.tracer
  if telling or not (state.observers or hooks.watched) then return nil end
  count = count + 1
  -- The fields that most calls get, so that the table does not grow.
  local event = setmetatable({ hook = "call", id = count, started = now(), attempt = 0,
    status = nil, outcome = nil, seconds = nil, value = nil, meta = nil, elapsed = nil },
    metatables[operation] or metatable_of(state.api, operation))
  if options and options.looks_for then event.looks_for = options.looks_for end
  if tracer then tracer:begin(state, event, options) end
  tell_all(state, nil, event, "call")
  return event
end

local current -- the call of the attempt that was told last, as the core has it

--- The call whose attempt hooks are told of now, as the core has it.
function hooks.native() return current end

--- Notes that an attempt begins.
-- @param number  of the attempt, from 1
function hooks.send(native, event, number)
  event.attempt = number
  if hooks.tracer then hooks.tracer:send(native, event) end
end

--- Tells that an attempt has ended.
-- @param native       the call as the core has it
-- @param event        of the call; or nil: nobody observes it
-- @param err, status  what it brought
-- @param seconds      that it took
function hooks.attempt(state, native, event, err, status, seconds)
  if not event then return end
  event.status = status
  if err then
    event.error, event.outcome, event.status = err, err.outcome, err.status or status
  else
    event.error, event.outcome = nil, "done"
  end
  event.seconds, event.reason = seconds, nil
  if hooks.tracer then hooks.tracer:attempt(native, event) end
  current = native
  tell_all(state, native, event, "attempt")
  current = nil
end

--- Tells that a call waits, or is made again.
-- @param name     "wait" or "retry"
-- @param seconds  that it will wait, or nil
function hooks.reason(state, native, event, name, reason, seconds)
  if not event then return end
  event.reason, event.seconds = reason, seconds
  if hooks.tracer then hooks.tracer:note(event, name) end
  tell_all(state, native, event, name)
end

local verdicts = { made = "found", nothing = "nothing", another = "another",
  ["likely another"] = "another" }

--- Tells that a look has ended.
-- @param verdict  of judge.look()
function hooks.settle(state, native, event, verdict, seconds)
  if not event then return end
  event.verdict, event.seconds, event.reason = verdicts[verdict] or "unclear", seconds, nil
  if hooks.tracer then hooks.tracer:note(event, "settle") end
  tell_all(state, native, event, "settle")
end

--- Tells that a call is done, with what it returns.
function hooks.done(state, event, value, err, meta)
  if not event then return end
  if err then
    event.error, event.outcome, event.status = err, err.outcome, err.status
  else -- nothing of an earlier attempt's failure
    event.error, event.outcome, event.status = nil, "done", meta.status
  end
  event.value, event.meta, event.elapsed = value, meta, (err or meta).elapsed or event.elapsed
  event.seconds, event.reason, event.verdict = nil, nil, nil
  tell_all(state, nil, event, "done")
  if hooks.tracer then hooks.tracer:done(event) end
end

-- Observers ------------------------------------------------

--- What is wrong with a table of hooks, or nil.
function hooks.fault(given)
  if type(given) ~= "table" then return "must be a table of functions" end
  for name, f in pairs(given) do
    if not known[name] then
      local nearest = type(name) == "string" and core.nearest(name, hooks.names)
      return ("has no %s; %s"):format(tostring(name), nearest and "did you mean " .. nearest .. "?"
        or "known are: " .. table.concat(hooks.names, ", "))
    end
    if type(f) ~= "function" then return ("must have a function for %s"):format(name) end
  end
end

-- A line for an attempt, as the option `log` is given it.
local function line_of(event)
  local kind = event.kind
  return ("%s %s %s %s in %.3f s (attempt %d%s)"):format(event.operation, event.method, event.path,
    kind and kind ~= "http" and kind or event.status, event.seconds, event.attempt,
    event.looks_for and ", look-up for " .. event.looks_for or "")
end

--- The observers that a client's options ask for, one or two; or nil.
-- @param given  table of functions by the names of hooks, or nil
-- @param log    function(line), or nil
function hooks.of_client(given, log)
  if not (given or log) then return nil end
  local observers = {}
  if log then
    observers[1] = { label = "log",
      hooks = { attempt = function(event) log(line_of(event)) end } }
  end
  if given then
    local own = {} -- a later change of the caller's table does not matter
    for name, f in pairs(given) do own[name] = f end
    observers[#observers + 1] = { hooks = own }
  end
  return observers
end

--- Lets an observer see the calls of all clients, from the next call on.
-- @param own    table of functions by the names of hooks; it may change later
-- @param label  what reports of failures call it; nil: they name the hook
-- @return a function that ends it
function hooks.observe(own, label)
  local observer = { hooks = own, label = label, shared = true }
  local function others()
    local found = {}
    for _, one in ipairs(hooks.shared or {}) do
      if one ~= observer then found[#found + 1] = one end
    end
    return found
  end
  -- New tables each time: a hook may begin or end an observer while they are walked.
  local all = others()
  all[#all + 1] = observer
  hooks.shared = all
  set_watched()
  return function()
    local rest = others()
    hooks.shared = rest[1] and rest or false
    set_watched()
  end
end

local common, stop = {}, nil -- the hooks of convoke.hooks, and what ends them

-- What users see as convoke.hooks: assigning to a field sets that hook, or takes it away.
local face = setmetatable({}, {
  __index = common,
  __newindex = function(_, name, f)
    local fault = hooks.fault { [name] = f or function() end }
    if fault then error("convoke.hooks " .. fault, 2) end
    common[name] = f
    if next(common) and not stop then stop = hooks.observe(common) end
    if not next(common) and stop then stop = stop() end
  end,
  __pairs = function() return next, common, nil end,
  __tostring = function() return "convoke.hooks" end,
})

--- convoke.hooks, a table to which one assigns functions.
hooks.face = face

--- Sets all hooks of convoke.hooks at once, as `convoke.hooks = { ... }` does.
-- @param given  table of functions by the names of hooks
-- @return nothing, or what is wrong with it
function hooks.set_all(given)
  local fault = hooks.fault(given)
  if fault then return "convoke.hooks " .. fault end
  for _, name in ipairs(hooks.names) do face[name] = given[name] end
end

return hooks
