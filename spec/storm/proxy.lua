--- Starts the proxy of proxy.c, compiled when it is wanted.
--
--   local proxy = require("spec.storm.proxy").start(7, { 8900, 8902 })
--   ... proxy.ports[1] leads to 8900, proxy.ports[2] to 8902 ...
--   proxy:counts()   -- { passed = 51, cut_before = 4, ..., connections = 33 }
--   proxy:stop()

local socket = require "socket"
local quote = require("spec.support.raw_server").quote

local proxy = {}

local PATIENCE = 10 -- seconds that a question to the proxy may take

local methods = {}

local function ask(self, method)
  local connection = assert(socket.connect("127.0.0.1", self.ports[1]))
  connection:settimeout(PATIENCE)
  assert(connection:send(method .. " /_storm HTTP/1.1\r\n\r\n"))
  local answer = connection:receive "*a"
  connection:close()
  return answer
end

--- How often each fate befell an exchange, and how many connections came.
function methods:counts()
  local counts = {}
  for name, number in assert(ask(self, "GET")):match("\r\n\r\n(.*)"):gmatch "(%S+) (%d+)\n" do
    counts[name] = tonumber(number)
  end
  return counts
end

--- Ends the proxy.
function methods:stop()
  ask(self, "POST")
  self.process:close()
  os.remove(self.program)
end

local function compile()
  local program = os.tmpname()
  local command = ("env -u LD_PRELOAD %s -std=c11 -D_DEFAULT_SOURCE -O2 -pthread -o %s %s 2>&1")
    :format(os.getenv "CC" or "cc", quote(program), "spec/storm/proxy.c")
  local pipe = assert(io.popen(command))
  local said = pipe:read "*a"
  pipe:close()
  if said ~= "" then error(said) end
  return program
end

--- Starts a proxy.
-- @param seed   whole number: it decides what goes wrong
-- @param ports  array of loopback ports to lead to
function proxy.start(seed, ports)
  local program = compile()
  local process = assert(io.popen(("exec env -u LD_PRELOAD %s %d %s"):format(quote(program), seed,
    table.concat(ports, " "))))
  local self = setmetatable({ process = process, program = program, ports = {} },
    { __index = methods })
  for port in assert(process:read "*l", "the proxy did not start"):gmatch "%d+" do
    self.ports[#self.ports + 1] = tonumber(port)
  end
  return self
end

return proxy
