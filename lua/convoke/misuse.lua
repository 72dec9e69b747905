--- Misuse of the library: what raises, and how it says so.

local core = require "convoke.core"

local misuse = {}

-- Raising -----------------------------------------------------------------------------------------

local here = debug.getinfo(1, "S").source
local own = here:match "^(.*)misuse%.lua$" or here

--- Raises a message that points at the caller's line, however deep in the library the check is.
function misuse.raise(message)
  local level = 2
  local info = debug.getinfo(level, "Sl")
  while info and (info.currentline < 1 or info.source:sub(1, #own) == own) do
    level = level + 1
    info = debug.getinfo(level, "Sl")
  end
  error((info and ("%s:%d: "):format(info.short_src, info.currentline) or "") .. message, 0)
end

-- Names ------------------------------------------------

local function sorted_names(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = name end
  table.sort(names)
  return names
end

--- What to add where a name is not known: "; did you mean url?" or "; known are: a, b".
-- @param name  that was given
-- @param set   table whose keys are the names
function misuse.suggestion(name, set)
  local names = sorted_names(set)
  local nearest = type(name) == "string" and core.nearest(name, names)
  if nearest then return "; did you mean " .. nearest .. "?" end
  return "; known are: " .. table.concat(names, ", ")
end

return misuse
