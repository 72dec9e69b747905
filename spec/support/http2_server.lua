--- A server that speaks HTTP/2 over TLS (lua-http's), in a process of its own that ends with its
-- parent. It answers every request with an invitation, after a moment; one with the header X-Act as
-- that says: "hold", never; "refuse", by RST_STREAM with REFUSED_STREAM.
--
-- The header X-After names what is to follow an answer: "goaway", "goaway close", "close", "ping".
-- server:followed() waits until that has been sent.

local http2_server = {}

local invitation = '{"object":"invitation","id":"inv_1","status":"pending"}'

-- Sends what is to follow an answer, and says so. Returns nothing.
local function follow(stream, wish)
  local cqueues = require "cqueues"
  local connection = stream.connection
  cqueues.sleep(0.001) -- a packet of its own
  if wish:find "goaway" then connection:write_goaway_frame(stream.id, 0) end
  if wish:find "ping" then connection.stream0:write_ping_frame(false, "12345678") end
  if wish:find "close" then connection.socket:shutdown "rw" end
  cqueues.sleep(0.001)
  io.stdout:write(wish, "\n")
  io.stdout:flush()
end

-- Tells whoever connects how many requests came. Returns the port.
local function tell_count(cq, requests)
  local listener = assert(require("cqueues.socket").listen { host = "127.0.0.1", port = 0 })
  assert(listener:listen())
  cq:wrap(function()
    while true do
      local connection = listener:accept()
      connection:write(requests.count, "\n")
      connection:close()
    end
  end)
  local _, _, port = listener:localname()
  return port
end

--- The child's program: prints its ports, its certificate and an empty line.
-- @param delay  seconds before each answer
function http2_server.main(delay)
  local cqueues = require "cqueues"
  local headers_class = require "http.headers"
  local tls, pem = require("spec.support.echo_server").tls_for "localhost"
  tls:setAlpnSelect(function(_, offered)
    for _, protocol in ipairs(offered) do
      if protocol == "h2" then return "h2" end
    end
    return "http/1.1"
  end)
  require("cqueues.signal").ignore(require("cqueues.signal").SIGPIPE)
  local requests = { count = 0 }
  local server = assert(require("http.server").listen {
    host = "127.0.0.1", port = 0, tls = true, ctx = tls,
    onstream = function(_, stream)
      local request = assert(stream:get_headers())
      local act, wish = request:get "x-act", request:get "x-after"
      stream:get_body_as_string()
      requests.count = requests.count + 1
      if act == "refuse" then
        local refused = require("http.h2_error").errors.REFUSED_STREAM
        return stream:rst_stream(refused:new { message = "no" })
      end
      cqueues.sleep(act == "hold" and 3600 or delay)
      local headers = headers_class.new()
      headers:append(":status", "200")
      headers:append("content-type", "application/json")
      headers:append("x-version", tostring(stream.connection.version))
      stream:write_headers(headers, false)
      stream:write_chunk(invitation, true)
      if wish then follow(stream, wish) end
    end,
    onerror = function() end,
  })
  assert(server:listen())
  local _, _, port = server:localname()
  local cq = cqueues.new()
  cq:wrap(function()
    while true do -- it gives up over connections that break
      server:loop()
      cqueues.sleep(0.001)
    end
  end)
  cq:wrap(function()
    cqueues.poll { pollfd = 0, events = "r" } -- the parent is gone
    os.exit(0)
  end)
  io.stdout:write(port, " ", tell_count(cq, requests), "\n", pem, "\n")
  io.stdout:flush()
  assert(cq:loop())
end

local methods = {}
methods.__index = methods

--- How many requests have come.
function methods:count()
  local connection = assert(require("socket").connect("127.0.0.1", self.count_port))
  connection:settimeout(10)
  local count = tonumber(assert(connection:receive "*l"))
  connection:close()
  return count
end

--- Waits until what a request had as X-After has followed its answer.
function methods:followed()
  return assert(self.pipe:read "*l")
end

--- Ends the server.
function methods:stop()
  self.process:close()
  self.pipe:close()
  os.remove(self.certificate)
end

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- Starts a server.
-- @param delay  seconds before each answer
-- @return an object with `url`, `port`, `certificate` (a file's name) and the methods above
function http2_server.start(delay)
  local fifo = os.tmpname()
  os.remove(fifo)
  assert(os.execute("mkfifo -m 600 " .. fifo))
  local program = ("package.path = %q; require('spec.support.http2_server').main(%s)")
    :format(package.path, delay)
  local process = assert(io.popen(("exec %s -e %s >%s"):format(
    quote(os.getenv "LUA" or "lua5.4"), quote(program), fifo), "w"))
  local pipe = assert(io.open(fifo, "r"))
  local ports, pem = pipe:read "*l", {}
  for line in pipe:lines() do
    if line == "" then break end
    pem[#pem + 1] = line
  end
  os.remove(fifo)
  assert(ports, "the HTTP/2 server did not start")
  local certificate = os.tmpname()
  local file = assert(io.open(certificate, "w"))
  file:write(table.concat(pem, "\n"), "\n")
  file:close()
  local port, count_port = ports:match "(%d+) (%d+)"
  return setmetatable({ process = process, pipe = pipe, certificate = certificate,
    port = tonumber(port), count_port = tonumber(count_port),
    url = "https://localhost:" .. port }, methods)
end

return http2_server
