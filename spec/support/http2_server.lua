--- A server that speaks HTTP/2 over TLS (lua-http's), in a process of its own that ends with its
-- parent. It answers every request with an invitation, after a moment.

local http2_server = {}

local invitation = '{"object":"invitation","id":"inv_1","status":"pending"}'

--- The child's program: prints its port, its certificate and an empty line.
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
  local server = assert(require("http.server").listen {
    host = "127.0.0.1", port = 0, tls = true, ctx = tls,
    onstream = function(_, stream)
      assert(stream:get_headers())
      stream:get_body_as_string()
      cqueues.sleep(delay)
      local headers = headers_class.new()
      headers:append(":status", "200")
      headers:append("content-type", "application/json")
      headers:append("x-version", tostring(stream.connection.version))
      stream:write_headers(headers, false)
      stream:write_chunk(invitation, true)
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
  io.stdout:write(port, "\n", pem, "\n")
  io.stdout:flush()
  assert(cq:loop())
end

local methods = {}
methods.__index = methods

--- Ends the server.
function methods:stop()
  self.process:close()
  os.remove(self.certificate)
end

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- Starts a server.
-- @param delay  seconds before each answer
-- @return an object with `url`, `certificate` (a file's name) and stop()
function http2_server.start(delay)
  local fifo = os.tmpname()
  os.remove(fifo)
  assert(os.execute("mkfifo -m 600 " .. fifo))
  local program = ("package.path = %q; require('spec.support.http2_server').main(%s)")
    :format(package.path, delay)
  local process = assert(io.popen(("exec %s -e %s >%s"):format(
    quote(os.getenv "LUA" or "lua5.4"), quote(program), fifo), "w"))
  local pipe = assert(io.open(fifo, "r"))
  local port, pem = pipe:read "*l", {}
  for line in pipe:lines() do
    if line == "" then break end
    pem[#pem + 1] = line
  end
  pipe:close()
  os.remove(fifo)
  assert(port, "the HTTP/2 server did not start")
  local certificate = os.tmpname()
  local file = assert(io.open(certificate, "w"))
  file:write(table.concat(pem, "\n"), "\n")
  file:close()
  return setmetatable({ process = process, certificate = certificate,
    url = "https://localhost:" .. port }, methods)
end

return http2_server
