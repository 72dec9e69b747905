--- Waiting for what becomes ready some time after it was created: it is looked at again and again,
-- more seldom each time.

local core = require "convoke.core"
local engine = require "convoke.engine"
local errors = require "convoke.errors"
local response = require "convoke.call.response"
local retry = require "convoke.call.retry"

local waiting = {}

local now = core.now
local growth = 1.5 -- of the pause between two looks
local shortest = 0.02 -- seconds: less is not worth another look

local function is_seconds(value)
  return type(value) == "number" and value >= 0 and value < math.huge
end

--- What is wrong with the options of a wait, or nil.
-- @param options  what was given
-- @param habits   see waiting.wait()
function waiting.misuse(options, habits)
  if type(options) ~= "table" then return "options must be a table, not " .. type(options) end
  for name, value in pairs(options) do
    if name == "timeout" or name == "pause" then
      if not is_seconds(value) then return ("option %s must be a number from 0"):format(name) end
    elseif name == "until" then
      if type(value) ~= "string" or not habits.states[value] then
        local words = {}
        for word in pairs(habits.states) do words[#words + 1] = word end
        table.sort(words)
        return "option until must be one of: " .. table.concat(words, ", ")
      end
    else
      local near = type(name) == "string" and core.nearest(name, { "pause", "timeout", "until" })
      return ("unknown option %s; %s"):format(tostring(name),
        near and "did you mean " .. near .. "?" or "known are: pause, timeout, until")
    end
  end
end

-- The error of something that will not become what is waited for.
local function hopeless(operation, reason, word, object)
  return errors.new { kind = "http", outcome = "refused", operation = operation.name, code = word,
    message = reason, data = object }
end

local function too_late(operation, state, seconds, object, habits)
  return errors.new { kind = "timeout", outcome = "unknown", operation = operation.name,
    data = object, message = ("not %s after %g seconds%s: it may still become so"):format(state,
      seconds, object and " (" .. tostring(habits.word(object)) .. ")" or "") }
end

--- Looks at an object until it is in a state.
-- @param state      of the client
-- @param operation  of the catalogue: how to look
-- @param id         the path value
-- @param options    checked: timeout (seconds for all of it), until (the state), pause (seconds
--   before the second look)
-- @param habits     of the vendor: first and longest, pauses in seconds; patience, in seconds;
--   states, name -> function(object) that says whether it is in it; state, which one is meant where
--   none is named; word(object), what the vendor calls its state; failed(object, state), why it
--   will never be in that state, or nil; gone, the state of what is not found any more, or nil
-- @param perform    function(state, operation, params, options, path) that makes a call
-- @return the object, nil, meta; or true where it is gone and that was waited for; or nil and the
--   error
function waiting.wait(state, operation, id, options, habits, perform)
  local seconds, wanted = options.timeout or habits.patience, options["until"] or habits.state
  local deadline, pause = now() + seconds, options.pause or habits.first
  local last
  while true do
    if state.closed then return nil, response.closed(operation) end
    local object, err, meta = perform(state, operation, nil, { deadline = deadline }, id)
    local longer = 0
    if err then
      local gone = err.status == 404 or err.status == 410
      if gone and habits.gone == wanted then return true end
      if not retry.allowed(operation, err, state.vendor) then return nil, err end
      longer = err.retry_after or 0
    else
      last = object
      if habits.states[wanted](object) then return object, nil, meta end
      local reason = habits.failed(object, wanted)
      if reason then return nil, hopeless(operation, reason, habits.word(object), object) end
    end
    local left = deadline - now()
    if left <= shortest or longer >= left then
      if longer > 0 and err then return nil, err end
      return nil, too_late(operation, wanted, seconds, last, habits)
    end
    local seconds_off = math.max(longer, math.min(pause, math.max(left / 2, shortest)))
    local slept, why = engine.protected(engine.sleep, state.instant and 0 or seconds_off)
    if not slept then
      if type(why) ~= "table" or why.kind ~= "cancelled" then error(why, 0) end
      return nil, response.failure(operation, "cancelled", "cancelled before the next look", true)
    end
    pause = math.min(pause * growth, habits.longest)
  end
end

return waiting
