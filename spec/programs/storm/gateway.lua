--- A gateway that speaks HTTP/2 over TLS and passes requests on to servers that speak HTTP/1.1, in
-- a process of its own that ends with its parent.
--
--   local gateway = require("spec.programs.storm.gateway").start { 8900, 8902 }
--   ... "https://localhost:" .. gateway.ports[1] leads to 8900, gateway.certificate is a file ...
--   gateway:stop()
--
-- What it has received whole it passes on, whatever becomes of the connection meanwhile.

local quote = require("spec.support.raw_server").quote

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

--- The child's program: prints its ports, its certificate and an empty line.
function gateway.main(ports)
  local cqueues, signal = require "cqueues", require "cqueues.signal"
  local tls, pem = require("spec.support.echo_server").tls_for "localhost"
  tls:setAlpnSelect(function() return "h2" end)
  signal.ignore(signal.SIGPIPE)
  local cq = cqueues.new()
  for _, port in ipairs(ports) do
    local server = assert(require("http.server").listen { host = "127.0.0.1", port = 0, tls = true,
      ctx = tls, onstream = function(_, stream) serve(stream, port) end, onerror = function() end })
    assert(server:listen())
    local _, _, own = server:localname()
    io.stdout:write(own, " ")
    cq:wrap(function()
      while true do -- it gives up over connections that break
        server:loop()
        cqueues.sleep(0.001)
      end
    end)
  end
  cq:wrap(function()
    cqueues.poll { pollfd = 0, events = "r" } -- the parent is gone
    os.exit(0)
  end)
  io.stdout:write("\n", pem, "\n")
  io.stdout:flush()
  assert(cq:loop())
end

-- The parent --------------------------------------------------------------------------------------

local methods = {}
methods.__index = methods

--- Ends the gateway.
function methods:stop()
  self.process:close()
  os.remove(self.certificate)
end

--- Starts a gateway to loopback ports.
-- @param ports  array
-- @return an object with `ports`, in the same order, `certificate` and stop()
function gateway.start(ports)
  local fifo = os.tmpname()
  os.remove(fifo)
  assert(os.execute("mkfifo -m 600 " .. fifo))
  local program = ("package.path, package.cpath = %q, %q; "
    .. "require('spec.programs.storm.gateway').main { %s }"):format(package.path, package.cpath,
    table.concat(ports, ", "))
  local process = assert(io.popen(("exec %s -e %s >%s"):format(
    quote(require("spec.support.raw_server").interpreter()), quote(program), fifo), "w"))
  local pipe = assert(io.open(fifo, "r"))
  local own, pem = {}, {}
  for port in assert(pipe:read "*l", "the gateway did not start"):gmatch "%d+" do
    own[#own + 1] = tonumber(port)
  end
  for line in pipe:lines() do
    if line == "" then break end
    pem[#pem + 1] = line
  end
  pipe:close()
  os.remove(fifo)
  local certificate = os.tmpname()
  local file = assert(io.open(certificate, "w"))
  file:write(table.concat(pem, "\n"), "\n")
  file:close()
  return setmetatable({ process = process, ports = own, certificate = certificate }, methods)
end

return gateway
