-- Loaded by busted before the specs: sets the collector's mood (CONVOKE_TEST_GC) and looks after
-- every spec file whether it has left descriptors open, calls in flight or things in the registry.

local busted = require "busted"
local lfs = require "lfs"
pcall(require, "luv") -- its loop keeps descriptors for good; from here on they count as open before

-- What to do so that the collector runs at the worst moments.
local version = tonumber(_VERSION:match "%d%.%d")
local moods = {
  -- never at rest: the next round begins at once, in small steps
  step = function()
    if version >= 5.5 then
      collectgarbage "incremental"
      collectgarbage("param", "pause", 100)
      collectgarbage("param", "stepmul", 300)
      collectgarbage("param", "stepsize", 512)
    elseif version >= 5.4 then
      collectgarbage("incremental", 100, 300, 9)
    else
      collectgarbage("setpause", 100)
      collectgarbage("setstepmul", 300)
    end
  end,
  -- the other collector of Lua 5.4 and later, with a major collection after little growth
  generational = function()
    collectgarbage("generational", 1, 10)
    if version >= 5.5 then
      collectgarbage("param", "minormul", 1)
      collectgarbage("param", "minormajor", 10)
    end
  end,
  -- a whole collection every 20,000 instructions
  stress = function()
    debug.sethook(function() collectgarbage() end, "", 20000)
  end,
}

local mood = os.getenv "CONVOKE_TEST_GC"
if mood then
  local set = moods[mood] or error("CONVOKE_TEST_GC: step, generational or stress, not " .. mood)
  set()
end

-- The core, for its counters; specs that require it load it anew.
local core = require "convoke.core"
package.loaded["convoke.core"] = nil

-- Returns what is open, as a count for each kind of thing, or nil where /proc does not tell.
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

local at_start = open_descriptors()

-- Says what a spec file has left behind, or nil. The engine stays, and so may every connection that
-- it has opened: the next call to the same server would take it.
local function left_behind(before, after, connections)
  local lines = {}
  for kind, count in pairs(after) do
    local allowed = before[kind] or 0
    if kind == "socket" then
      allowed = math.max(allowed, at_start.socket + 2) + connections -- 2: libcurl wakes itself
    elseif kind == "pipe" and core.poller == "poll" then
      allowed = allowed + 4 -- the engine's
    elseif kind:match "^anon_inode:" then
      local engine = kind:find "eventfd" and 3 or 1 -- newer libcurls wake themselves by up to two
      allowed = math.max(allowed, (at_start[kind] or 0) + engine)
    end
    if count > allowed then lines[#lines + 1] = ("%s (%d, not %d)"):format(kind, count, allowed) end
  end
  table.sort(lines)
  return lines[1] and "left open: " .. table.concat(lines, ", ")
end

local LIBRARIES = 60 -- registry entries of libraries that a spec file is the first to load

-- How many entries the Lua state's registry has, and how many calls in flight are kept there.
local function registered()
  local registry, entries, calls = debug.getregistry(), 0, 0
  local call = registry["convoke.core.call"]
  for key, value in pairs(registry) do
    -- A number below a number is a reference that was given back.
    if type(key) ~= "number" or type(value) ~= "number" then entries = entries + 1 end
    if type(key) == "userdata" and type(value) == "table" then
      for inner, kept in pairs(value) do -- spare ones stand below numbers
        local flies = type(inner) == "userdata" and call and debug.getmetatable(kept) == call
        if flies then calls = calls + 1 end
      end
    end
  end
  return entries, calls
end

local function left_registered(allowed)
  local entries, calls = registered()
  return calls > 0 and ("left in the registry: %d calls"):format(calls)
    or entries > allowed and ("left in the registry: %d entries, not %d"):format(entries, allowed)
end

local before, opened, entries_before = {}, {}, {}

busted.subscribe({ "file", "start" }, function(file)
  before[file], opened[file] = open_descriptors(), core.stats().connections_opened
  entries_before[file] = registered()
  return nil, true
end)

busted.subscribe({ "file", "end" }, function(file)
  collectgarbage()
  collectgarbage() -- the first one ran finalizers, this one frees what only they held
  local stats, after = core.stats(), open_descriptors()
  local complaint = stats.in_flight > 0 and ("left in flight: %d"):format(stats.in_flight)
    or left_registered(entries_before[file] + LIBRARIES)
    or after and left_behind(before[file], after, stats.connections_opened - opened[file])
  if complaint then busted.publish({ "error", "file" }, file, nil, complaint, {}) end
  return nil, true
end)
