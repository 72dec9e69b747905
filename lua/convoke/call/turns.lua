--- When a call may begin: the pace of its client, holds that servers ask for, and convoke.drain.

local core = require "convoke.core"
local engine = require "convoke.engine"
local hooks = require "convoke.observe.hooks"
local pace = require "convoke.call.pace"
local response = require "convoke.call.response"

local turns = {}

local now = core.now
local failure = response.failure

-- Gates ------------------------------------------------

local gates = {} -- closed ones; while there is any, nothing new begins

--- Whether one is closed.
turns.draining = false

-- Native calls that wait for their first turn. Weak, because a call may be collected meanwhile.
local not_begun = setmetatable({}, { __mode = "k" })

--- From now on no call begins, until open_gate() is called with the same table. Those that wait for
-- their first turn end.
-- @param gate  any table
function turns.close_gate(gate)
  gates[gate] = true
  turns.draining = true
  for native in pairs(not_begun) do engine.nudge(native) end
end

--- Lets calls begin again, unless another gate is closed.
function turns.open_gate(gate)
  gates[gate] = nil
  turns.draining = next(gates) ~= nil
end

--- The error of a call that may not begin because a gate is closed.
-- @param operation  of the catalogue
function turns.refuse(operation)
  return failure(operation, "cancelled", "nothing new begins while convoke.drain waits", false)
end

-- Turns ------------------------------------------------

-- The name of the limits that an operation shares with no other: free requests have lanes of
-- their own, see free.lua.
local function lane_of(operation)
  return operation.lane and operation.lane() or operation.name
end

--- Takes the pace from a client that has no limit and no hold any more.
-- @param state  of the client
function turns.end_pace(state)
  if not (state.pace and state.pace:is_over()) then return end
  state.pace, state.plain = nil, state.simple
end

--- Waits until the pace of the client lets a call begin.
-- @param run  the call, see run.lua
-- @return nothing, or the error that it ends with
function turns.await(run)
  local state, operation, native = run.state, run.operation, run.native
  local joined = state.pace -- the client may have another one when this has ended
  local told = false
  local ticket = joined:enter(lane_of(operation), run.deadline, native, not engine.here())
  local function wait(seconds)
    local is_new = run.attempts == 0 and not run.options.looks_for
    if state.closed or (turns.draining and is_new) then return false end
    if not told then
      told = true
      local reason = run.held_by and "retry_after" or "turn"
      hooks.reason(state, native, run.event, "wait", reason, seconds)
    end
    state.pausing[native] = true
    if is_new then not_begun[native] = true end
    local going_on = engine.pause(native, seconds)
    state.pausing[native], not_begun[native] = nil, nil
    return going_on and not (turns.draining and is_new)
  end
  local waited, verdict, seconds = engine.protected(joined.await, joined, ticket, wait)
  joined:leave(ticket)
  if not waited then
    state.pausing[native], not_begun[native] = nil, nil
    error(verdict, 0)
  end
  turns.end_pace(state)
  if verdict then return nil end
  if state.closed then return response.closed(operation) end
  if verdict == false then
    if turns.draining and not native:revoked() then return turns.refuse(operation) end
    return failure(operation, "cancelled", "cancelled before its turn", false)
  end
  local err = run.held_by
    or failure(operation, "timeout", "its turn comes after the deadline", false)
  err.retry_after = seconds
  return err
end

--- After a 429 that says for how long: holds back all calls that share its limit until then.
-- @param run  the call, see run.lua
-- @param err  of its last try
-- @return whether the call itself waits for that time and is sent again, which costs it nothing
function turns.hold(run, err)
  local seconds = err.status == 429 and err.kind == "http" and err.retry_after
  if not seconds or seconds <= 0 or err == run.held_by then return false end
  local state = run.state
  if not state.pace then
    state.pace = pace.new(now, engine.nudge)
    state.plain = false
  end
  state.pace:hold(not state.api.shared_limit and lane_of(run.operation) or nil,
    state.instant and 0 or seconds)
  if run.options.on_hold then run.options.on_hold(seconds) end
  if run.retries == 0 or now() + seconds >= run.deadline then return false end
  run.free, run.held_by = run.free + 1, err
  return true
end

return turns
