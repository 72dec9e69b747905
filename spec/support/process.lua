--- fork(), wait(child) and exit(status), see process.c, as text for programs that specs run.

local compile = require "spec.support.compile"

local process = {}

local library

--- Lua text that sets the local variable `process`.
function process.prelude()
  local headers = os.getenv "LUA_PC" or (os.getenv "LUA" or "lua5.4"):match "[^/]*$"
  library = library or compile("process", headers)
  return ("local process = assert(package.loadlib(%q, 'luaopen_process'))()\n"):format(library)
end

--- Forgets and removes what was compiled.
function process.remove()
  if library then os.remove(library) end
  library = nil
end

return process
