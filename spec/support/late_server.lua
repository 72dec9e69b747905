--- A server that sends bytes nobody asked for after its answers, over plain TCP, TLS 1.2 and TLS
-- 1.3, and tells when they have left. It runs in a process of its own, which ends with its parent.
--
--   local server = late_server.start()
--   server.urls         -- "plain", "tls12", "tls13" -> address
--   server.authority    -- the name of a file with the certificate of all
--   ... a call with the headers X-Answer and X-Later ...
--   server:wait()       -- until the bytes that were wished for since the last wait have been sent
--   server:report()     -- { connections =, requests = { [e-mail address or path] = count } }; and
--                       -- forgets them
--   server:stop()
--
-- A request is answered with the e-mail address of its body and the credential of its head.
--   X-Answer   "sized" (unless said), "chunked", "empty" (200, a length of 0), "204"
--   X-Later    what follows the answer, "none" unless said: see `extras`; "close": the end
--   X-Packet   "later" (unless said): in a packet of its own; "same": in that of the answer;
--              "next": in that of the answer, but in the next record of TLS where there is one

local socket = require "socket"

local late_server = {}

-- The child ---------------------------------------------------------------------------------------

local stale = '{"object":"invitation","id":"inv_stale","email_address":"stale","token":"stale"}'

local function sized(body)
  return ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s")
    :format(#body, body)
end

local extras = {
  answer = sized(stale),
  garbage = "\0\255 nobody asked for this\r\n\r\n",
  chunk = "0\r\n\r\n",
  half = sized(stale):sub(1, -40),
}

local answers = {
  sized = sized,
  chunked = function(body)
    return ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n")
      :format(#body, body)
  end,
  empty = function() return sized "" end,
  ["204"] = function() return "HTTP/1.1 204 No Content\r\n\r\n" end,
}

-- One request { path =, headers = by name in small letters, body = }, or nil at the end.
local function read_request(connection)
  local line = connection:read "*l"
  local request = { path = line and line:match "^%u+ (%S+)", headers = {}, body = "" }
  if not request.path then return nil end
  while true do
    local header = connection:read "*l"
    if not header then return nil end
    local name, value = header:match "^([^:]+): *(.-)\r?$"
    if not name then break end
    request.headers[name:lower()] = value
  end
  local size = tonumber(request.headers["content-length"] or 0)
  if size > 0 then request.body = connection:read(size) end
  return request.body and request
end

local function answer_to(request)
  local email = request.body:match '"email_address":"(.-)"'
  local body = ('{"object":"invitation","id":"inv_1","email_address":"%s","token":"%s"}')
    :format(email or "", request.headers.authorization or "")
  return answers[request.headers["x-answer"] or "sized"](body), email or request.path
end

-- Sends what is to follow an answer. Returns whether the connection goes on.
local function answer(state, connection, request)
  local cqueues = require "cqueues"
  local text, name = answer_to(request)
  local wish, packet = request.headers["x-later"] or "none", request.headers["x-packet"] or "later"
  state.requests[name] = (state.requests[name] or 0) + 1
  if packet == "same" then text = text .. (extras[wish] or "") end
  connection:write(text)
  connection:flush()
  if wish == "none" then return true end
  if packet == "later" then cqueues.sleep(0.001) end -- a packet of its own
  if packet ~= "same" and wish ~= "close" then
    connection:write(extras[wish])
    connection:flush()
  elseif wish == "close" then
    connection:shutdown "rw"
    connection:close()
    cqueues.sleep(0.001) -- closed once this coroutine waits
  end
  state.sent = state.sent + 1
  state.changed:signal()
  return wish ~= "close"
end

-- (No iterators and no pcall around what waits: Lua 5.1 could not wait there.)
local function serve(state, connection, context)
  if context and not connection:starttls(context) then return end
  state.connections = state.connections + 1
  while true do
    local request = read_request(connection)
    if not request or not answer(state, connection, request) then return end
  end
end

local function obey(state, connection)
  while true do
    local line = connection:read "*l"
    if not line then return end
    local wanted = tonumber(line:match "^wait (%d+)")
    if wanted then
      while state.sent < wanted do state.changed:wait() end
      connection:write "done\n"
    else
      connection:write(state.connections, "\n")
      for name, count in pairs(state.requests) do connection:write(count, " ", name, "\n") end
      connection:write ".\n"
      state.connections, state.requests = 0, {}
    end
    connection:flush()
  end
end

-- Serves connections with handle(connection). Returns the port.
local function listen(cq, handle)
  local cqueues_socket = require "cqueues.socket"
  local listener = assert(cqueues_socket.listen { host = "127.0.0.1", port = 0, nodelay = true })
  assert(listener:listen())
  cq:wrap(function()
    while true do
      local connection = listener:accept { nodelay = true }
      connection:setmode("b", "bf")
      connection:onerror(function(_, _, why) return why end)
      cq:wrap(function()
        handle(connection)
        connection:close()
      end)
    end
  end)
  local _, _, port = listener:localname()
  return port
end

--- The child's program: prints "kind port" lines, the certificate and an empty line.
function late_server.main()
  local cqueues, signal = require "cqueues", require "cqueues.signal"
  local cq = cqueues.new()
  local state = { sent = 0, connections = 0, requests = {},
    changed = require("cqueues.condition").new() }
  signal.ignore(signal.SIGPIPE)
  local contexts, pem = require("spec.support.echo_server").tls_versions "127.0.0.1"
  local function kind(name, handle)
    io.stdout:write(name, " ", listen(cq, handle), "\n")
  end
  kind("plain", function(connection) serve(state, connection) end)
  for name, context in pairs(contexts) do
    kind(name, function(connection) serve(state, connection, context) end)
  end
  kind("control", function(connection) obey(state, connection) end)
  io.stdout:write(pem, "\n")
  io.stdout:flush()
  cq:wrap(function()
    cqueues.poll { pollfd = 0, events = "r" } -- the parent is gone
    os.exit(0)
  end)
  while true do cq:loop() end
end

-- The parent --------------------------------------------------------------------------------------

local methods = {}
methods.__index = methods

--- Waits until the bytes have left that calls wished for.
-- @param count  how many calls did since the last wait; 1 unless said
function methods:wait(count)
  self.expected = self.expected + (count or 1)
  assert(self.control:send(("wait %d\n"):format(self.expected)))
  assert(self.control:receive "*l")
end

--- What came since the last report: connections, and requests by e-mail address or path.
function methods:report()
  assert(self.control:send "report\n")
  local report = { connections = tonumber((assert(self.control:receive "*l"))), requests = {} }
  for line in function() return assert(self.control:receive "*l") end do
    if line == "." then return report end
    local count, name = line:match "^(%d+) (.*)$"
    report.requests[name] = tonumber(count)
  end
end

--- Ends the server.
function methods:stop()
  self.control:close()
  self.process:close()
  os.remove(self.authority)
end

--- Starts the server.
function late_server.start()
  local quote = require("spec.support.raw_server").quote
  local fifo = os.tmpname()
  os.remove(fifo)
  os.execute("mkfifo -m 600 " .. fifo)
  local program = ("package.path, package.cpath = %q, %q; "
    .. "require('spec.support.late_server').main()"):format(package.path, package.cpath)
  local process = assert(io.popen(("exec %s -e %s >%s"):format(
    quote(require("spec.support.raw_server").interpreter()), quote(program), fifo), "w"))
  local pipe = assert(io.open(fifo, "r"))
  local urls, pem, control = {}, {}, nil
  for line in pipe:lines() do
    if line == "" then break end
    local kind, port = line:match "^(%w+) (%d+)$"
    if kind == "control" then
      control = port
    elseif kind then
      urls[kind] = (kind == "plain" and "http" or "https") .. "://127.0.0.1:" .. port
    else
      pem[#pem + 1] = line
    end
  end
  pipe:close()
  os.remove(fifo)
  assert(control, "the server did not start")
  local connection = assert(socket.connect("127.0.0.1", control))
  connection:settimeout(20)
  connection:setoption("tcp-nodelay", true)
  local authority = os.tmpname()
  local file = assert(io.open(authority, "w"))
  file:write(table.concat(pem, "\n"), "\n")
  file:close()
  return setmetatable({ process = process, control = connection, urls = urls, expected = 0,
    authority = authority }, methods)
end

return late_server
