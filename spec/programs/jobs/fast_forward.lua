--- A clock that runs ahead while nothing goes on: programs that are started with it, servers, too,
-- live through an hour in a moment, and all of them at the same time (see fast_forward.c).
--
--   local clock = fast_forward.new()
--   files.start(text, clock:environment()); sandbox.start { lua = clock:interpreter() }
--   if clock:is_idle() then clock:jump(60) end
--   clock:remove()
--
-- A jump is as if the machine had been suspended. None falls into an exchange: before each, all
-- threads of all programs are asleep and stay so for a moment, and what one process of a machine
-- sends another is there, and has woken it, when the sending ends.

local compile = require "spec.support.compile"
local convoke = require "convoke"
local quote = require("spec.support.raw_server").quote
local raw_interpreter = require("spec.support.raw_server").interpreter

local fast_forward = {}

local Clock = {}
Clock.__index = Clock

local moment = 0.002 -- seconds for which all threads are to stay asleep

local function write_bytes(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

-- The file that says by how much the clocks are ahead.
local function write_ahead(self)
  local left, bytes = math.floor(self.ahead * 1e6), {}
  for i = 1, 8 do
    bytes[i] = string.char(math.floor(left % 256))
    left = math.floor(left / 256)
  end
  local file = assert(io.open(self.path, "r+b")) -- not a new one: programs look at this one
  file:write(table.concat(bytes))
  file:close()
end

--- A new clock, which is not ahead yet.
-- @return a clock; `ahead`: by how many seconds
function fast_forward.new()
  local self = setmetatable({ ahead = 0, path = os.tmpname(), library = compile "fast_forward",
    threads = {}, read = 0, wrapper = nil }, Clock)
  write_bytes(self.path, ("\0"):rep(8))
  write_bytes(self.path .. ".threads", "")
  return self
end

--- Assignments for the shell that begins a program which shall go by the clock.
-- @param library  that the program is to load, too; or nil
function Clock:environment(library)
  return ("LD_PRELOAD=%s%s FAST_FORWARD=%s"):format(library and library .. ":" or "", self.library,
    self.path)
end

--- The path of an interpreter of this Lua that goes by the clock.
function Clock:interpreter()
  if not self.wrapper then
    self.wrapper = self.path .. ".sh"
    write_bytes(self.wrapper, ("#!/bin/sh\nexport %s\nexec %s \"$@\"\n"):format(self:environment(),
      quote(raw_interpreter())))
    os.execute("chmod 700 " .. quote(self.wrapper))
  end
  return self.wrapper
end

--- Has no jump fall into what a program does that does not go by the clock.
-- @param pid  of a program with one thread
function Clock:watch(pid)
  self.threads[("%d/task/%d"):format(pid, pid)] = true
end

-- Threads that have been begun since the last look.
local function read_threads(self)
  local file = assert(io.open(self.path .. ".threads", "rb"))
  file:seek("set", self.read)
  local text = file:read "*a"
  file:close()
  local whole = text:match "^.*\n" or ""
  self.read = self.read + #whole
  for thread in whole:gmatch "[^\n]+" do self.threads[thread] = true end
end

-- How often each thread has been asleep so far; nil where one of them is not.
local function look(self)
  read_threads(self)
  local seen = {}
  for thread in pairs(self.threads) do
    local file = io.open("/proc/" .. thread .. "/status", "rb")
    local text = file and file:read "*a"
    if file then file:close() end
    local state = text and text:match "\nState:%s*(%a)" or "X"
    if state == "X" or state == "Z" then
      self.threads[thread] = nil
    elseif state ~= "S" then
      return nil
    else
      seen[thread] = text:match "voluntary_ctxt_switches.*$"
    end
  end
  return seen
end

local function is_same(before, now, process)
  for thread, times in pairs(now) do
    local is_free = process and thread:find("^" .. process .. "/")
    if before[thread] ~= times and not is_free then return false end
  end
  return true
end

--- Whether all programs sleep, and have done so for a moment.
-- @return false, or what Clock:has_been_idle() is to be given
function Clock:is_idle()
  local before = look(self)
  if not before then return false end
  convoke.sleep(moment)
  local now = look(self)
  return now and is_same(before, now) and now
end

--- Whether all programs sleep, and have done so all the time since is_idle().
-- @param since    what that returned
-- @param process  number of one that need not have slept all the time; or nil
function Clock:has_been_idle(since, process)
  local now = look(self)
  return now ~= nil and is_same(since, now, process)
end

--- Puts the clocks forward.
function Clock:jump(seconds)
  self.ahead = self.ahead + seconds
  write_ahead(self)
end

--- Removes what the clock consists of.
function Clock:remove()
  for _, path in ipairs { self.library, self.path, self.path .. ".threads", self.wrapper } do
    os.remove(path)
  end
end

return fast_forward
