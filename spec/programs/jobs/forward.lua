--- Forwards connections of other machines to loopback ports: a program for child_server.start().

local child_server = require "spec.support.child_server"

local forward = {}

-- Carries bytes one way until either end is closed.
local function carry(from, to)
  local bytes = from:read(-65536)
  while bytes and to:write(bytes) and to:flush() do bytes = from:read(-65536) end
  to:shutdown "w"
end

local function new_mode(connection)
  connection:setmode("bn", "bn")
  connection:onerror(function(_, _, why) return why end)
  return connection
end

--- @param ...  ports; the one that leads to 8900 has the name "8900"
function forward.main(...)
  local socket = require "cqueues.socket"
  local child = child_server.new()
  child.ports.process = tonumber(assert(io.open "/proc/self/stat"):read "*n") -- its number
  for _, port in ipairs { ... } do
    local listener = assert(socket.listen { host = "0.0.0.0", port = 0, nodelay = true })
    assert(listener:listen())
    local _, _, own = listener:localname()
    child.ports[tostring(port)] = own
    child.cq:wrap(function()
      while true do
        local near = new_mode(listener:accept { nodelay = true })
        local far = new_mode(socket.connect { host = "127.0.0.1", port = port, nodelay = true })
        local open = 2
        local function finish()
          open = open - 1
          if open == 0 then
            near:close()
            far:close()
          end
        end
        child.cq:wrap(function() carry(near, far) finish() end)
        child.cq:wrap(function() carry(far, near) finish() end)
      end
    end)
  end
  child:run()
end

return forward
