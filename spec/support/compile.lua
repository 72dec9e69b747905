--- Libraries that only specs need, compiled from the C files beside this one.

local compiler = os.getenv "CC" or "cc"
-- The servers' Lua may be of another architecture than the one under test.
local for_servers = os.getenv "CONVOKE_SANDBOX_CC" or compiler

local function capture(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

--- Compiles a C file; returns the library's path. The caller removes it.
-- @param name      of the file, without `.c`
-- @param includes  what it includes headers of, as pkg-config calls it, or nil
-- @param served    whether it is for the Lua that runs servers
return function(name, includes, served)
  local library = os.tmpname()
  local flags = includes and ("$(pkg-config --cflags %s)"):format(includes) or ""
  local is_mac = capture "uname -s":find "Darwin"
  local shared = is_mac and "-bundle -undefined dynamic_lookup" or "-shared"
  local said = capture(("env -u LD_PRELOAD %s %s -fPIC -O1 -Wall %s -o %s spec/support/%s.c -ldl")
    :format(served and for_servers or compiler, shared, flags, library, name))
  if said ~= "" then error(said, 2) end
  return library
end
