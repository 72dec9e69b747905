--- Network namespaces as machines, each with a link of its own to this one, which can be cut.
--
--   local net = machines.start(4, { 8900, 6379 })
--   net[1].through   -- words before a program that runs there
--   net[1].host, net.ports[8900]   -- what leads from there to 127.0.0.1:8900 here
--   net.pid          -- the process by which it leads there
--   net:link(1, false); net:link(1, true); net:stop()

local child_server = require "spec.support.child_server"

local machines = {}

local function run(...)
  local command = string.format(...)
  local done = os.execute(command .. " >/dev/null 2>&1")
  return done == true or done == 0
end

--- Why there can be none, or nil.
function machines.missing()
  if not run "ip netns list" then return "there is no command ip" end
  if not run "test $(id -u) = 0 && unshare --net true" then
    return "network namespaces are not allowed"
  end
end

local methods = {}
methods.__index = methods

--- Cuts a link, or mends it: nothing passes, and no end is told.
function methods.link(_, at, is_up)
  assert(run("ip link set cvkj%d %s", at, is_up and "up" or "down"))
end

-- Removes one, if it is there.
local function remove(at)
  run("ip link del cvkj%d", at) -- the namespace goes only when the last program in it has ended
  run("ip netns del cvkj%d", at)
end

function methods:stop()
  self.forward:stop()
  for i = 1, #self do remove(i) end
end

--- Makes some.
-- @param ports  of this machine's loopback that they may reach
function machines.start(count, ports)
  local self = setmetatable({ ports = {} }, methods)
  for i = 1, count do
    remove(i)
    assert(run("ip netns add cvkj%d && ip link add cvkj%d type veth peer name eth0 netns cvkj%d "
      .. "&& ip addr add 10.213.%d.1/24 dev cvkj%d && ip link set cvkj%d up "
      .. "&& ip -n cvkj%d addr add 10.213.%d.2/24 dev eth0 && ip -n cvkj%d link set eth0 up "
      .. "&& ip -n cvkj%d link set lo up", i, i, i, i, i, i, i, i, i, i))
    self[i] = { through = "ip netns exec cvkj" .. i, host = ("10.213.%d.1"):format(i) }
  end
  self.forward = child_server.start("spec.programs.jobs.forward", (unpack or table.unpack)(ports))
  for name, port in pairs(self.forward.ports) do
    if name == "process" then self.pid = port else self.ports[tonumber(name)] = port end
  end
  return self
end

return machines
