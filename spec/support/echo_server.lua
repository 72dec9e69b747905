--- A server that keeps the exact bytes of every request and answers what it is told to.
--
--   local server = require("spec.support.echo_server").start()
--   server:answer { status = 200, body = "{}" }       -- from now on, to every request
--   server:answer({ status = 401 }, { body = "{}" })   -- in this order; the last one stays
--   server:requests()                                  -- and forgets them
--   server:stop()
--
-- It runs in a process of its own, which ends when its standard input does.

local certificates = require "spec.support.certificates"
local child_server = require "spec.support.child_server"

local echo_server = {}

-- The child ---------------------------------------------------------------------------------------

-- Frames on the control connection: the size in decimal, a line feed, the bytes.
local function frame(bytes)
  return #bytes .. "\n" .. bytes
end

local function read_frame(connection)
  local size = tonumber(connection:read "*l")
  if not size then return nil end
  return size == 0 and "" or connection:read(size)
end

-- One request with its body as it came, or nil at the end of the connection.
local function read_request(connection)
  local head = {}
  repeat
    local line = connection:read "*L"
    if not line then return nil end
    head[#head + 1] = line
  until line == "\r\n"
  local text = table.concat(head)
  local size = tonumber(text:lower():match "\ncontent%-length: *(%d+)")
  if size and size > 0 then text = text .. (connection:read(size) or "") end
  return text
end

-- (No iterators and no pcall around what waits: Lua 5.1 could not wait there.)
local function serve(state, connection, tls)
  if tls and not connection:starttls(tls) then return end
  while true do
    local request = read_request(connection)
    if not request then return end
    state.requests[#state.requests + 1] = request
    local answers = state.answers
    local answer = #answers > 1 and table.remove(answers, 1) or answers[1]
    connection:write(answer)
  end
end

-- Commands: "requests" gives them as frames after their count; "answers" takes frames.
local function obey(state, connection)
  while true do
    local command = read_frame(connection)
    if not command then return end
    if command == "requests" then
      local frames = { frame(tostring(#state.requests)) }
      for i, request in ipairs(state.requests) do frames[i + 1] = frame(request) end
      connection:write(table.concat(frames))
      state.requests = {}
    else
      state.answers = {}
      for i = 1, tonumber(command) do state.answers[i] = read_frame(connection) end
      connection:write(frame "done")
    end
  end
end

--- The child's program.
-- @param name  what its certificate is for; nil: plain http
function echo_server.main(name)
  local child = child_server.new()
  local state = { requests = {}, answers = { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" } }
  local made = name and certificates.for_server(name)
  local tls = made and certificates.context(made)
  child:listen("port", function(connection) serve(state, connection, tls) end)
  child:listen("control", function(connection) obey(state, connection) end)
  child:run(made and made.certificate:toPEM())
end

-- The parent --------------------------------------------------------------------------------------

local methods = {}
methods.__index = methods

local function send_frame(connection, bytes)
  assert(connection:send(frame(bytes)))
end

local function receive_frame(connection)
  local size = tonumber((assert(connection:receive "*l")))
  return size == 0 and "" or assert(connection:receive(size))
end

-- The bytes of an answer: `raw`, or made of status, headers (name to value) and body.
local function wire_text(answer)
  if answer.raw then return answer.raw end
  local body = answer.body or ""
  local lines = { ("HTTP/1.1 %d Status"):format(answer.status or 200) }
  for name, value in pairs(answer.headers or {}) do lines[#lines + 1] = name .. ": " .. value end
  if answer.status ~= 204 then lines[#lines + 1] = "Content-Length: " .. #body end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. body
end

--- Says what is answered: one after the other, the last one for good.
-- @param ...  tables: status, headers, body; or raw
function methods:answer(...)
  local answers = { ... }
  send_frame(self.control, tostring(#answers))
  for _, answer in ipairs(answers) do send_frame(self.control, wire_text(answer)) end
  receive_frame(self.control)
end

local function parse(text)
  local head, body = text:match "^(.-\r\n)\r\n(.*)$"
  local method, target = head:match "^(%S+) (%S+) HTTP/1%.1\r\n"
  local headers, counts = {}, {}
  for name, value in head:gmatch "\n([^:\r\n]+):[ \t]*([^\r\n]*)" do
    local lower = name:lower()
    headers[lower] = value
    counts[lower] = (counts[lower] or 0) + 1
  end
  return { raw = text, head = head, method = method, target = target, headers = headers,
    counts = counts, body = body }
end

--- The requests since the last time, oldest first, each with raw, head, method, target, headers
-- (by lower-case name), counts (how often each header came) and body.
function methods:requests()
  send_frame(self.control, "requests")
  local requests = {}
  for i = 1, tonumber(receive_frame(self.control)) do
    requests[i] = parse(receive_frame(self.control))
  end
  return requests
end

--- The only request since the last time; raises when there was another number of them.
function methods:request()
  local requests = self:requests()
  if #requests ~= 1 then error(("%d requests came, not one"):format(#requests), 2) end
  return requests[1]
end

--- Ends the server and removes its files.
function methods:stop()
  self.control:close()
  self.process:stop()
end

--- Starts a server on a free loopback port.
-- @param name  for TLS: what the server's certificate is for, such as "localhost"; else nil
-- @return an object with `url`, `port`, `certificate` (a file's name, with TLS) and methods above
function echo_server.start(name)
  local process = child_server.start("spec.support.echo_server", name)
  local port = process.ports.port
  return setmetatable({ process = process, control = process:connect "control", port = port,
    certificate = process.certificate,
    url = ("%s://%s:%s"):format(name and "https" or "http", name or "127.0.0.1", port) }, methods)
end

return echo_server
