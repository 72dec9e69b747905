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

local certificates = require "spec.support.certificates"
local child_server = require "spec.support.child_server"

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

local function answer_to(request)
  local email = request.body:match '"email_address":"(.-)"'
  local body = ('{"object":"invitation","id":"inv_1","email_address":"%s","token":"%s"}')
    :format(email or "", request.headers.authorization or "")
  return answers[request.headers["x-answer"] or "sized"](body), email or request.target
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
    local request = child_server.read_request(connection)
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

--- The child's program.
function late_server.main()
  local child = child_server.new()
  local state = { sent = 0, connections = 0, requests = {},
    changed = require("cqueues.condition").new() }
  local made = certificates.for_server "127.0.0.1"
  child:listen("plain", function(connection) serve(state, connection) end, "bf")
  for name, protocol in pairs { tls12 = "TLSv1_2", tls13 = "TLS" } do
    local context = certificates.context(made, protocol)
    child:listen(name, function(connection) serve(state, connection, context) end, "bf")
  end
  child:listen("control", function(connection) obey(state, connection) end, "bf")
  child:run(made.certificate:toPEM())
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
  self.process:stop()
end

--- Starts the server.
function late_server.start()
  local process = child_server.start "spec.support.late_server"
  local urls = {}
  for _, kind in ipairs { "plain", "tls12", "tls13" } do
    local scheme = kind == "plain" and "http" or "https"
    urls[kind] = ("%s://127.0.0.1:%d"):format(scheme, process.ports[kind])
  end
  return setmetatable({ process = process, control = process:connect("control", 20), urls = urls,
    expected = 0, authority = process.certificate }, methods)
end

return late_server
