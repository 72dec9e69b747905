--- The core's own functions, below what Lua makes of them: clients, calls, waiting; and Lua texts
-- that are run in a process of their own.

local core = require "convoke.core"
local raw_server = require "spec.support.raw_server"
local socket = require "socket"

local native = {}

--- Runs Lua text with this process's paths; `url` is a global in it. Returns what it printed, with
-- its exit status at the end.
function native.run(url, text)
  local prelude = ("package.path, package.cpath = %q, %q; url = %q; ")
    :format(package.path, package.cpath, url)
  local name = os.tmpname()
  local file = assert(io.open(name, "w"))
  file:write(prelude, text)
  file:close()
  local pipe = assert(io.popen(("%s %s 2>&1; echo exit $?"):format(
    raw_server.quote(raw_server.interpreter()), name), "r"))
  local output = pipe:read "*a"
  pipe:close()
  os.remove(name)
  return output
end

local PRELUDE = [[
  local function with_finalizer(f)
    if not newproxy then return setmetatable({}, { __gc = f }) end
    local object = newproxy(true)
    getmetatable(object).__gc = f
    return object
  end
  at_end = function() end
  first = with_finalizer(function() at_end() end) -- older than the engine, so it outlives it
  local core = require "convoke.core"
  require "convoke"
  local function new_client(max_in_flight)
    return core.client("clerk", { address = url, user_agent = "spec", connect_timeout = 5,
      max_response_bytes = 1000000, max_in_flight = max_in_flight or 0, http_version = 0,
      direct = true })
  end
  local function prepare(client)
    return assert(client:prepare(0, { email_address = "ada@example.com" }))
  end
  local function step_until(done, seconds)
    local stop = core.now() + (seconds or 2)
    while not done() and core.now() < stop do core.wait(0.01) end
  end
]]

--- The same, and the text may use new_client([max_in_flight]), prepare(client), step_until and
-- at_end, a function that runs after the engine is gone.
function native.run_core(url, text)
  return native.run(url, PRELUDE .. text)
end

--- A client of Clerk's API at `url`.
function native.client(url, max_in_flight)
  return core.client("clerk", { address = url, user_agent = "spec", connect_timeout = 5,
    max_response_bytes = 1000000, max_in_flight = max_in_flight or 0, http_version = 0,
    direct = true })
end

--- A call of such a client that creates an invitation.
function native.prepare(client)
  return assert(client:prepare(0, { email_address = "ada@example.com" }))
end

--- Steps until done() is true, for so many seconds (2) at most; returns done().
function native.step_until(done, seconds)
  local stop = core.now() + (seconds or 2)
  while not done() and core.now() < stop do core.wait(0.01) end
  return done()
end

--- Whether the descriptor becomes readable within so many seconds.
function native.readable(fd, seconds)
  local set = { getfd = function() return fd end, dirty = function() return false end }
  return socket.select({ set }, nil, seconds)[1] ~= nil
end

return native
