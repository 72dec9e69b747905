--- Programs in C that serve specs, compiled when they are wanted.
--
--   local programs = require "spec.support.program"
--   local program = programs.start("spec/programs/soak/server.c", { "7", "8900" })
--   print(program:read())   -- the next line of what it says
--   program:stop()
--
-- Such a program ends when nobody reads its output any more.

local quote = require("spec.support.raw_server").quote

local program = {}

local methods = {}

--- The next line that the program says, or nil when it has ended.
function methods:read()
  return self.process:read "*l"
end

--- Ends the program and removes it.
function methods:stop()
  self.process:close()
  os.remove(self.path)
end

local function compile(source)
  local path = os.tmpname()
  local pipe = assert(io.popen(("env -u LD_PRELOAD %s -std=c11 -D_GNU_SOURCE -O2 -pthread "
    .. "-o %s %s 2>&1"):format(os.getenv "CC" or "cc", quote(path), quote(source))))
  local said = pipe:read "*a"
  pipe:close()
  if said ~= "" then error(said, 3) end
  return path
end

--- Compiles and starts a program.
-- @param source     path of its one file
-- @param arguments  array of strings and numbers, or nil
function program.start(source, arguments)
  local path = compile(source)
  local words = { "exec env -u LD_PRELOAD", quote(path) }
  for _, word in ipairs(arguments or {}) do words[#words + 1] = quote(tostring(word)) end
  local process = assert(io.popen(table.concat(words, " ")))
  return setmetatable({ process = process, path = path }, { __index = methods })
end

return program
