--- What a person is told on standard error.

local core = require "convoke.core"
local names = require "convoke.cli.names"
local text = require "convoke.cli.text"

local report = {}

local function is_coloured()
  local no_colour = os.getenv "NO_COLOR"
  return (no_colour == nil or no_colour == "") and os.getenv "TERM" ~= "dumb"
    and core.columns(2) ~= nil
end

local function head()
  return is_coloured() and "\27[1;31mconvoke:\27[0m " or "convoke: "
end

--- A line for what went wrong, and one about what to do.
function report.failure(message, hint)
  io.stderr:write(head(), text.visible(message), "\n")
  if hint then io.stderr:write("  ", text.visible(hint), "\n") end
end

--- A note for a person who looks on; programs do not get it.
function report.note(message)
  if core.columns(2) then io.stderr:write("(", text.visible(message), ")\n") end
end

--- The words of what the library raises where it is misused, without where that was raised.
function report.misuse(why)
  return (why:gsub("^[^\n]-:%d+: ", ""):gsub("^convoke%.(%l+): ", "%1: "))
end

-- The listing that would show what an operation has made, or nil.
local function listing_of(operation)
  for _, other in ipairs(names.api(operation.api).operations) do
    if other.resource == operation.resource and other.verb == "list" then return other end
  end
end

-- What follows from an outcome for somebody who would call again.
local advice = {}

function advice.invalid(_, words)
  return ("Nothing was sent. See: convoke %s --help"):format(words)
end

function advice.not_sent(err)
  return err.retry_after and "Nothing was sent: call again later."
    or "Nothing was sent: calling again is safe."
end

function advice.refused(err, _, operation)
  local is_built_in = not (operation and operation.is_of_document)
  if is_built_in and (err.status == 401 or err.status == 403) then
    return "The API said no, and nothing was done. convoke whoami shows what was used."
  end
  return "The API said no, and nothing was done."
end

function advice.unknown(_, _, operation)
  if operation and operation.safe then return "It only reads: calling again is safe." end
  if operation and operation.idempotent then
    return "It may have been done. Calling again is safe: a repeat changes no more."
  end
  local listing = operation and listing_of(operation)
  return "It may have been done: look before you call again"
    .. (listing and (" (convoke %s)."):format(names.words(listing)) or ".")
end

function advice.made() return "It was made all the same: do not call again." end

--- An error of a call: its line, its fields where they are several, and what follows.
-- @param command  word of the command whose help tells more, where it is no operation's; or nil
function report.error(err, command)
  report.failure(tostring(err))
  local fields = err.fields or {}
  for _, row in ipairs(fields[2] and fields or {}) do
    io.stderr:write("  ", text.visible(("%s: %s"):format(row.field, row.message)), "\n")
  end
  local operation = names.operation(err.operation)
  local advise = advice[err.kind == "invalid" and "invalid" or err.outcome]
  local words = operation and names.words(operation) or command or "help"
  if advise then io.stderr:write("  ", advise(err, words, operation), "\n") end
end

return report
