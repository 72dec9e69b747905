--- Runs Lua text in a process of its own, with a library before all others (see compile.lua).

--- @param library      what to preload
-- @param text         the program
-- @param environment  settings as the shell has them, or nil
-- @return what it prints, errors too
return function(library, text, environment)
  local script = os.tmpname()
  local file = assert(io.open(script, "w"))
  file:write(text)
  file:close()
  local preload = os.getenv "LD_PRELOAD"
  local pipe = io.popen(("timeout -k 5 20 env %s LD_PRELOAD='%s%s' %s %s 2>&1"):format(
    environment or "", preload and preload .. ":" or "", library, os.getenv "LUA" or "lua5.4",
    script))
  local output = pipe:read "*a"
  pipe:close()
  os.remove(script)
  return output
end
