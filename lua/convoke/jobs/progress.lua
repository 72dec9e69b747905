--- How a job gets on, on standard error: a line that is written over on a terminal, else a line now
-- and then.

local core = require "convoke.core"

local progress = {}

local states = { "done", "refused", "invalid", "made", "unknown" }

--- Seconds as people read them: "40 s", "12 min", "5 h", "3 days".
function progress.duration(seconds)
  if seconds < 90 then return ("%.0f s"):format(seconds) end
  if seconds < 90 * 60 then return ("%.0f min"):format(seconds / 60) end
  if seconds < 48 * 3600 then return ("%.0f h"):format(seconds / 3600) end
  return ("%.0f days"):format(seconds / 86400)
end

-- What a status says in words.
local function words_of(status)
  local parts = {}
  for _, state in ipairs(states) do
    local count = status[state]
    if count > 0 or state == "done" then parts[#parts + 1] = ("%d %s"):format(count, state) end
  end
  parts[#parts + 1] = ("%d left"):format(status.pending + status.sent)
  if status.paused then
    parts[#parts + 1] = "paused"
  elseif status.rate and status.rate > 0 then
    local rate = status.rate
    parts[#parts + 1] = rate >= 1 and ("%.0f/s"):format(rate) or ("%.0f/h"):format(rate * 3600)
    if status.seconds_left then
      parts[#parts + 1] = "ends in " .. progress.duration(status.seconds_left)
    end
  end
  return table.concat(parts, ", ")
end

local function bar_of(status, width)
  local ended = status.total - status.pending - status.sent
  local full = status.total > 0 and math.floor(width * ended / status.total) or 0
  return "[" .. ("#"):rep(full) .. ("."):rep(width - full) .. "]"
end

--- The text of a status in so many columns, or as a line of a log.
-- @param columns  of the terminal; nil: it is none
function progress.line(name, status, columns)
  local words = name .. ": " .. words_of(status)
  if not columns then return words end
  local width = math.min(30, columns - #words - 4)
  if width >= 5 then words = bar_of(status, width) .. " " .. words end
  return words:sub(1, columns - 1)
end

--- A view of a job.
-- @param name    of the job
-- @param output  with write(); standard error unless given
-- @return show(status), every: seconds between two of them, is_terminal, finish(status)
function progress.new(name, output)
  local out = output or io.stderr
  local is_terminal = not output and core.columns(2) ~= nil
  local view = { every = is_terminal and 0.2 or 30, is_terminal = is_terminal }

  function view.show(status)
    if is_terminal then
      out:write("\r", progress.line(name, status, core.columns(2) or 80), "\27[K")
    else
      out:write(progress.line(name, status), "\n")
    end
    out:flush()
  end

  function view.finish(status)
    view.show(status)
    if is_terminal then out:write "\n" end
  end

  return view
end

return progress
