--- Exit statuses of the command, and how it ends early.

local exit = {}

--- What each status means; an error's outcome is one, too.
exit.status = {
  done = 0, fault = 1, usage = 2, refused = 3, unknown = 4, not_sent = 5, made = 6,
    interrupted = 130,
}

--- The status for an error object of a call.
function exit.of(err)
  if err.kind == "invalid" then return exit.status.usage end
  return exit.status[err.outcome] or exit.status.unknown
end

local metatable = { __name = "convoke.cli.stop",
  __tostring = function(stop) return stop.message end }

--- Ends the command: raises what main.lua catches.
-- @param status   of exit.status
-- @param message  for standard error, or nil
-- @param hint     a second line, or nil
function exit.stop(status, message, hint)
  error(setmetatable({ status = status, message = message or "", hint = hint }, metatable), 0)
end

--- Ends the command because it was called wrongly.
function exit.usage(message, hint)
  exit.stop(exit.status.usage, message, hint)
end

--- Whether a raised value comes from here.
function exit.is_stop(value)
  return type(value) == "table" and getmetatable(value) == metatable
end

return exit
