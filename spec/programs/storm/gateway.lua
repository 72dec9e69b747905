--- A gateway that speaks HTTP/2 over TLS and passes requests on to servers that speak HTTP/1.1, in
-- a process of its own that ends with its parent.
--
--   local gateway = require("spec.programs.storm.gateway").start { 8900, 8902 }
--   ... "https://localhost:" .. gateway.ports[1] leads to 8900, gateway.certificate is a file ...
--   gateway:stop()
--
-- What it has received whole it passes on, whatever becomes of the connection meanwhile.

local certificates = require "spec.support.certificates"
local child_server = require "spec.support.child_server"

local gateway = {}

-- The child ---------------------------------------------------------------------------------------

local hop = { connection = true, host = true, ["content-length"] = true,
  ["transfer-encoding"] = true }

-- Sends a request by HTTP/1.1; returns status, lines of the head, body.
local function forward(port, headers, body)
  local connection = require("cqueues.socket").connect("127.0.0.1", port)
  connection:setmode("b", "bf")
  local lines = { ("%s %s HTTP/1.1"):format(headers:get ":method", headers:get ":path"),
    "Host: " .. headers:get ":authority", "Connection: close", "Content-Length: " .. #body }
  for name, value in headers:each() do
    if not name:find "^:" and not hop[name] then lines[#lines + 1] = name .. ": " .. value end
  end
  connection:write(table.concat(lines, "\r\n"), "\r\n\r\n", body)
  connection:flush()
  local answer = connection:read "*a"
  connection:close()
  local head, rest = (answer or ""):match "^(.-)\r\n\r\n(.*)$"
  return head and head:match "^HTTP/1.1 (%d+)", head, rest
end

local function serve(stream, port)
  local headers = stream:get_headers()
  local body = headers and stream:get_body_as_string()
  if not body then return end
  local status, head, rest = forward(port, headers, body)
  local answer = require("http.headers").new()
  answer:append(":status", status or "502")
  for name, value in (head or ""):gmatch "\r\n([^:]+): *([^\r]*)" do
    if not hop[name:lower()] then answer:append(name:lower(), value) end
  end
  stream:write_headers(answer, false)
  stream:write_chunk(rest or "", true)
end

--- The child's program.
-- @param ...  ports to pass on to
function gateway.main(...)
  local child = child_server.new()
  local made = certificates.for_server "localhost"
  local tls = certificates.context(made)
  tls:setAlpnSelect(function() return "h2" end)
  for i, port in ipairs { ... } do
    child:listen_http2(tostring(i), tls, function(stream) serve(stream, port) end)
  end
  child:run(made.certificate:toPEM())
end

-- The parent --------------------------------------------------------------------------------------

local methods = {}
methods.__index = methods

--- Ends the gateway.
function methods:stop()
  self.process:stop()
end

--- Starts a gateway to loopback ports.
-- @param ports  array
-- @return an object with `ports`, in the same order, `certificate` and stop()
function gateway.start(ports)
  local process = child_server.start("spec.programs.storm.gateway", (unpack or table.unpack)(ports))
  local own = {}
  for i in ipairs(ports) do own[i] = process.ports[tostring(i)] end
  return setmetatable({ process = process, ports = own, certificate = process.certificate },
    methods)
end

return gateway
