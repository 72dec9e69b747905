--- Calls a function of the caller's (`log`) so that it cannot change a result.

local tasks = require "convoke.tasks"

local observe = {}

local function words_of(value)
  local ok, words = pcall(tostring, value)
  words = ok and words or "an error that cannot be shown"
  if words:find("attempt to yield", 1, true) then return "yielded, though nothing waits for it" end
  return "failed: " .. words
end

--- Calls f(text). What it raises does not reach the call that it is told of, and it cannot yield:
-- no host or scheduler may be made to wait for it. The first failure of a client is reported.
-- @param state   of the client: a table in which it is noted that a failure was reported
-- @param name    what the option is called, for the report
-- @param redact  function(text) that strikes secrets out
function observe.tell(state, name, redact, f, text)
  -- No Lua can yield across gsub(), and it leaves the running coroutine the one that it is.
  local ok, why = pcall(string.gsub, "x", "x", function() f(text) end)
  if ok or state.reported then return end
  state.reported = true
  pcall(tasks.report, redact(("convoke.%s: the function %s %s (said once; results are not touched)")
    :format(state.api.name, name, words_of(why))))
end

return observe
