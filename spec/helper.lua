-- Loaded by busted before the specs: sets the collector's mood (CONVOKE_TEST_GC) and looks after
-- every spec file whether it has left descriptors open.

local busted = require "busted"
local lfs = require "lfs"

-- What to do so that the collector runs at the worst moments.
local moods = {
  -- always collecting, in the smallest steps
  step = function()
    collectgarbage("setpause", 0)
    collectgarbage("setstepmul", 1000)
  end,
  -- Lua 5.4's other collector, with a major collection after little growth
  generational = function()
    collectgarbage("generational", 1, 10)
  end,
  -- a whole collection every few thousand instructions
  stress = function()
    debug.sethook(function() collectgarbage() end, "", 5000)
  end,
}

local mood = os.getenv "CONVOKE_TEST_GC"
if mood then
  local set = moods[mood] or error("CONVOKE_TEST_GC: step, generational or stress, not " .. mood)
  set()
end

-- Idle keep-alive connections stay with the engine, as does the engine itself.
local MOST_SOCKETS_KEPT = 32

-- Returns what is open, as a count for each kind of thing, or nothing where /proc does not tell.
local function open_descriptors()
  local ok, iterator, state = pcall(lfs.dir, "/proc/self/fd")
  if not ok then return nil end
  local counts = { socket = 0 }
  for name in iterator, state do
    local target = lfs.symlinkattributes("/proc/self/fd/" .. name, "target")
    -- The listing's own descriptor is gone when asked about, or names the listing.
    if target and name:match "%d" and not target:match "^/proc/.*/fd$" then
      local kind = target:match "^(socket):" or target:match "^(pipe):" or target
      counts[kind] = (counts[kind] or 0) + 1
    end
  end
  return counts
end

-- Says what is open after a spec file that was not before, or nil.
local function left_open(before, after)
  local lines = {}
  for kind, count in pairs(after) do
    local allowed = before[kind] or 0
    if kind == "socket" then
      allowed = math.max(allowed, MOST_SOCKETS_KEPT)
    elseif kind:match "^anon_inode:" then
      allowed = math.max(allowed, 1)
    end
    if count > allowed then lines[#lines + 1] = ("%s (%d, not %d)"):format(kind, count, allowed) end
  end
  table.sort(lines)
  return lines[1] and "left open: " .. table.concat(lines, ", ")
end

local before = {}

busted.subscribe({ "file", "start" }, function(file)
  before[file] = open_descriptors()
  return nil, true
end)

busted.subscribe({ "file", "end" }, function(file)
  collectgarbage()
  collectgarbage() -- the first one ran finalizers, this one frees what only they held
  local after = before[file] and open_descriptors()
  local complaint = after and left_open(before[file], after)
  if complaint then busted.publish({ "error", "file" }, file, nil, complaint, {}) end
  return nil, true
end)
