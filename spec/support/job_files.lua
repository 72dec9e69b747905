--- Files of jobs for specs: stores, programs that work on them in processes of their own.

local quote = require("spec.support.raw_server").quote
local interpreter = require("spec.support.raw_server").interpreter

local files = {}

local made = {} -- paths
local running = {} -- programs that nobody has waited for

--- A path where nothing is yet. It is removed, with what stores put beside it, by files.remove().
function files.path(ending)
  local path = os.tmpname()
  os.remove(path)
  path = path .. (ending or ".db")
  made[#made + 1] = path
  return path
end

--- Writes a file; returns its path.
function files.write(text, ending)
  local path = files.path(ending)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

--- The whole of a file.
function files.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

--- Removes them all, and kills the programs that still run.
function files.remove()
  for program in pairs(running) do
    program:signal "KILL"
    program:wait()
  end
  for _, path in ipairs(made) do
    for _, ending in ipairs { "", "-wal", "-shm", "-workers", "-journal" } do
      os.remove(path .. ending)
    end
  end
  made = {}
end

--- Has SQLite carry out a statement on a store.
function files.change(store, sql)
  local database = require "convoke.jobs.database"
  local file = assert(database.open(store, require "convoke.jobs.schema"))
  assert(file:ask { database.statement(sql) })
  file:close()
end

--- Has leases of a SQLite store be over; a dead program's rows are taken over at once.
function files.pass_leases(store, _, program)
  if not program then
    files.change(store, "UPDATE row SET lease = 0 WHERE state = 'sent'")
  end
end

local Program = {}
Program.__index = Program

--- Sends it a signal, such as "KILL" or "INT".
function Program:signal(name)
  os.execute(("kill -%s %d 2>/dev/null"):format(name, self.pid))
end

--- Waits until it has ended; returns what it printed.
function Program:wait()
  local text = self.output:read "*a"
  self.output:close()
  running[self] = nil
  return text
end

--- Starts Lua text as a program, with this process's paths.
-- @param before   text for the shell that becomes it, such as limits; or nil
-- @param through  words of a program that becomes it, such as "env A=b"; or nil
function files.start(text, before, through)
  local prelude = ("package.path, package.cpath = %q, %q; "):format(package.path, package.cpath)
  local path = files.write(prelude .. text, ".lua")
  -- The shell prints the number of the process that it becomes.
  local output = assert(io.popen(("echo $$; %s exec %s %s %s 2>&1"):format(before or "",
    through or "", quote(interpreter()), quote(path)), "r"))
  local pid = assert(tonumber(output:read "*l"))
  local program = setmetatable({ output = output, pid = pid }, Program)
  running[program] = true
  return program
end

return files
