--- Starts the proxy of proxy.c.
--
--   local proxy = require("spec.programs.storm.proxy").start(7, { 8900, 8902 })
--   ... proxy.ports[1] leads to 8900, proxy.ports[2] to 8902 ...
--   proxy:counts()   -- { passed = 51, cut_before = 4, ..., connections = 33 }
--   proxy:stop()

local socket = require "socket"
local programs = require "spec.support.program"

local proxy = {}

local PATIENCE = 10 -- seconds that a question to the proxy may take

local methods = {}

--- How often each fate befell an exchange, and how many connections came.
function methods:counts()
  local connection = assert(socket.connect("127.0.0.1", self.ports[1]))
  connection:settimeout(PATIENCE)
  assert(connection:send "GET /_storm HTTP/1.1\r\n\r\n")
  local answer = assert(connection:receive "*a")
  connection:close()
  local counts = {}
  for name, number in answer:match("\r\n\r\n(.*)"):gmatch "(%S+) (%d+)\n" do
    counts[name] = tonumber(number)
  end
  return counts
end

--- Ends the proxy.
function methods:stop()
  self.program:stop()
end

--- Starts a proxy.
-- @param seed   whole number: it decides what goes wrong
-- @param ports  array of loopback ports to lead to
function proxy.start(seed, ports)
  local arguments = { seed }
  for _, port in ipairs(ports) do arguments[#arguments + 1] = port end
  local program = programs.start("spec/programs/storm/proxy.c", arguments)
  local self = setmetatable({ program = program, ports = {} }, { __index = methods })
  for port in assert(program:read(), "the proxy did not start"):gmatch "%d+" do
    self.ports[#self.ports + 1] = tonumber(port)
  end
  return self
end

return proxy
