--- What the servers of specs have in common that are written with cqueues: a process of their own,
-- which ends with its parent, connections that are served side by side, and certificates.
--
-- In the child, a module's function `main`:
--   local child = child_server.new()
--   child:listen("plain", function(connection) ... end)
--   child:run(pem)
-- In the parent:
--   local process = child_server.start("spec.support.some_server", argument...)
--   process.ports.plain, process.certificate, process:stop()

local child_server = {}

-- The child ---------------------------------------------------------------------------------------

local child_methods = {}
child_methods.__index = child_methods

--- What a child's program begins with. `cq` is its controller.
function child_server.new()
  local signal = require "cqueues.signal"
  signal.ignore(signal.SIGPIPE)
  return setmetatable({ cq = require("cqueues").new(), ports = {} }, child_methods)
end

--- Serves every connection to a new loopback port with handle(connection), and then closes it.
-- (No iterators and no pcall around what waits there: Lua 5.1 could not wait.)
-- @param name    what the parent knows the port by
-- @param handle  function(connection)
-- @param mode    of writing: "bn", at once (unless said), or "bf", when it is flushed
function child_methods:listen(name, handle, mode)
  local socket = require "cqueues.socket"
  local listener = assert(socket.listen { host = "127.0.0.1", port = 0, nodelay = true })
  assert(listener:listen())
  self.cq:wrap(function()
    while true do
      local connection = listener:accept { nodelay = true }
      connection:setmode("b", mode or "bn")
      connection:onerror(function(_, _, why) return why end)
      self.cq:wrap(function()
        handle(connection)
        connection:close()
      end)
    end
  end)
  local _, _, port = listener:localname()
  self.ports[name] = port
end

--- The same by a server of lua-http's, over TLS.
-- @param context  for TLS
-- @param handle   function(stream)
function child_methods:listen_http2(name, context, handle)
  local cqueues = require "cqueues"
  local server = assert(require("http.server").listen { host = "127.0.0.1", port = 0, tls = true,
    ctx = context, onstream = function(_, stream) handle(stream) end, onerror = function() end })
  assert(server:listen())
  self.cq:wrap(function()
    while true do -- it gives up over connections that break
      server:loop()
      cqueues.sleep(0.001)
    end
  end)
  local _, _, port = server:localname()
  self.ports[name] = port
end

--- Tells the parent the ports and a certificate (or several, as PEM; nil: none), and serves until
-- it is gone.
function child_methods:run(pem)
  for name, port in pairs(self.ports) do io.stdout:write(name, " ", port, "\n") end
  io.stdout:write(pem or "", "\n")
  io.stdout:flush()
  self.cq:wrap(function()
    require("cqueues").poll { pollfd = 0, events = "r" } -- the parent is gone
    os.exit(0)
  end)
  while true do self.cq:loop() end
end

--- Reads a request.
-- @return table: method, target, headers (by name in small letters), body; nil at the end
function child_server.read_request(connection)
  local method, target = (connection:read "*l" or ""):match "^(%u+) (%S+)"
  if not method then return nil end
  local request = { method = method, target = target, headers = {}, body = "" }
  while true do
    local line = connection:read "*l"
    if not line then return nil end
    local name, value = line:match "^([^:]+): *(.-)\r?$"
    if not name then break end
    request.headers[name:lower()] = value
  end
  local size = tonumber(request.headers["content-length"] or 0)
  if size > 0 then request.body = connection:read(size) end
  return request.body and request
end

-- The parent --------------------------------------------------------------------------------------

local methods = {}
methods.__index = methods

--- Ends the server and removes its certificate.
function methods:stop()
  self.process:close()
  self.output:close()
  if self.certificate then os.remove(self.certificate) end
end

--- Connects to one of the server's ports with LuaSocket, to wait for at most so many seconds (10).
function methods:connect(name, timeout)
  local connection = assert(require("socket").connect("127.0.0.1", self.ports[name]))
  connection:settimeout(timeout or 10)
  connection:setoption("tcp-nodelay", true)
  return connection
end

local function written_to_file(text)
  local name = os.tmpname()
  local file = assert(io.open(name, "w"))
  file:write(text)
  file:close()
  return name
end

--- What runs a program, as text for a shell. Its Lua is the one under test, or the one that
-- CONVOKE_SANDBOX_LUA names, which has cqueues and luaossl where the one under test does not.
-- @param text  of the program
function child_server.command(text)
  local raw_server = require "spec.support.raw_server"
  local other = os.getenv "CONVOKE_SANDBOX_LUA"
  local paths = other and ("package.path = %q .. package.path"):format(package.path .. ";")
    or ("package.path, package.cpath = %q, %q"):format(package.path, package.cpath)
  -- Another Lua has compiled modules of its own.
  local lua = other and "env -u LUA_CPATH " .. raw_server.quote(other)
    or raw_server.quote(raw_server.interpreter())
  return ("exec %s -e %s"):format(lua, raw_server.quote(paths .. "; " .. text))
end

--- Starts a server.
-- @param module  its name; its function `main` is run in the child
-- @param ...     numbers and strings for main()
-- @return table: ports, name -> number; certificate, a file's name, if it has one; output, a file
--   from which more can be read that the child prints
function child_server.start(module, ...)
  local arguments = { ... }
  for i, argument in ipairs(arguments) do
    arguments[i] = type(argument) == "string" and ("%q"):format(argument) or tostring(argument)
  end
  local fifo = os.tmpname()
  os.remove(fifo)
  assert(os.execute("mkfifo -m 600 " .. fifo))
  local program = ("require(%q).main(%s)"):format(module, table.concat(arguments, ", "))
  -- The server ends when its standard input does.
  local process = assert(io.popen(("%s >%s"):format(child_server.command(program), fifo), "w"))
  local output = assert(io.open(fifo, "r"))
  os.remove(fifo)
  local ports, pem, line = {}, {}, output:read "*l"
  while line and line ~= "" do
    local name, port = line:match "^(%w+) (%d+)$"
    if name then ports[name] = tonumber(port) else pem[#pem + 1] = line .. "\n" end
    line = output:read "*l"
  end
  assert(next(ports), module .. " did not start")
  return setmetatable({ process = process, output = output, ports = ports,
    certificate = pem[1] and written_to_file(table.concat(pem)) }, methods)
end

return child_server
