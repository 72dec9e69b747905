--- HTTP/1.1 for the sandbox, on lua-http: listening, reading requests, writing answers.

local cqueues = require "cqueues"
local errno = require "cqueues.errno"
local http_headers = require "http.headers"
local http_server = require "http.server"
local yieldable_pcall = require("http.util").yieldable_pcall -- Lua 5.1's own does not yield
local endpoint = require "convoke.sandbox.endpoint"
local web = require "convoke.sandbox.web"

local server = {}

local MAX_BODY = 16 * 1024 * 1024 -- bytes
local MAX_LINE = 64 * 1024 -- bytes of a request line or header line
local DRAIN = 64 * 1024 * 1024 -- bytes of a refused body that are read, so that the answer arrives
local WRITE_TIMEOUT = 30 -- seconds
local REQUEST_TIMEOUT = 10
local IDLE_TIMEOUT = 120

local reasons = {
  [400] = "Bad Request", [408] = "Request Timeout", [413] = "Content Too Large",
  [431] = "Request Header Fields Too Large",
}

-- Waits until the answers to earlier requests of a pipelined connection are written.
local function wait_turn(stream)
  while stream.connection.pipeline:peek() ~= stream do
    if stream.state == "closed" then return false end
    cqueues.poll(stream.pipeline_cond, 1)
  end
  return true
end

-- Calls a method of a stream; lua-http raises on some malformed input where it means to return.
local function attempt(stream, method, ...)
  local ok, value, why, code = yieldable_pcall(stream[method], stream, ...)
  if ok then return value, why, code end
  return nil, value, errno.EILSEQ
end

local function write_reply(stream, reply, head_only)
  local headers = http_headers.new()
  headers:append(":status", tostring(reply.status))
  for name, value in pairs(reply.headers) do
    for _, one in ipairs(type(value) == "table" and value or { value }) do
      headers:append(name, one)
    end
  end
  local bare = head_only or reply.body == ""
  if not bare then headers:append("content-length", tostring(#reply.body)) end
  if attempt(stream, "write_headers", headers, bare, WRITE_TIMEOUT) and not bare then
    attempt(stream, "write_chunk", reply.body, true, WRITE_TIMEOUT)
  end
end

-- The whole answer as it stands on the wire; for answers that are cut.
local function wire_text(reply)
  local head = { ("HTTP/1.1 %d %s"):format(reply.status, reasons[reply.status] or "Status") }
  for name, value in pairs(reply.headers) do
    for _, one in ipairs(type(value) == "table" and value or { value }) do
      head[#head + 1] = name .. ": " .. one
    end
  end
  head[#head + 1] = "content-length: " .. #reply.body
  return table.concat(head, "\r\n") .. "\r\n\r\n", reply.body
end

-- Writes raw text as the answer to a stream; returns whether that was still possible.
local function write_raw(stream, text)
  local socket = wait_turn(stream) and stream.connection.socket
  if not socket then return false end
  return text == "" or socket:xwrite(text, "n", WRITE_TIMEOUT) ~= nil
end

-- Ends a stream and its connection. lua-http's own way out waits for the rest of the request, for
-- ever when the client has gone in the middle of it.
local function abandon(stream)
  if not wait_turn(stream) then return end
  if stream.connection.socket then stream.connection.socket:shutdown("rw") end
  stream:set_state("closed")
end

local function write_cut(stream, reply)
  local head, body = wire_text(reply)
  if reply.cut_body then
    write_raw(stream, head .. body:sub(1, reply.cut_body))
  else
    write_raw(stream, (head .. body):sub(1, reply.cut))
  end
  abandon(stream)
end

-- Reads and forgets a body that is too large: a client that is still writing would otherwise meet a
-- reset instead of the answer.
local function drain(stream, timeout)
  local left, deadline = DRAIN, cqueues.monotime() + timeout
  while left > 0 do
    local chunk = attempt(stream, "get_next_chunk", deadline - cqueues.monotime())
    if not chunk then return end
    left = left - #chunk
  end
end

local function status_of(code)
  if code == errno.ETIMEDOUT then return 408 end
  if code == errno.E2BIG then return 431 end
  if code == errno.EILSEQ then return 400 end
end

-- The request's body; or nil and the status that refuses it (nil too: the client has gone).
local function read_body(stream, headers, timeout)
  local given = headers:get("content-length")
  local length = given and tonumber(given) or 0
  if length < 0 then return nil, 400 end
  if length > MAX_BODY then return nil, 413 end
  if (headers:get("expect") or ""):lower() == "100-continue" then stream:write_continue(timeout) end
  local pieces, size = {}, 0
  while true do
    local chunk, why, code = attempt(stream, "get_next_chunk", timeout)
    if chunk == nil then
      if why == nil and size >= length then return table.concat(pieces) end
      return nil, code == errno.E2BIG and 413 or status_of(code)
    end
    size = size + #chunk
    if size > MAX_BODY then return nil, 413 end
    pieces[#pieces + 1] = chunk
  end
end

-- Refuses a request that could not be read; the connection ends with it. Without a status the
-- client has gone and nothing is said.
local function refuse(stream, status, timeout)
  if status then
    local text = reasons[status] .. "\n"
    local reply = web.reply(status, "text/plain; charset=utf-8", text, { connection = "close" })
    local head, body = wire_text(reply)
    if write_raw(stream, head .. body) and status == 413 then
      stream.connection.socket:shutdown("w")
      drain(stream, timeout)
    end
  end
  abandon(stream)
end

local function plain_headers(headers)
  local out = {}
  for name, value in headers:each() do
    local plain = name == ":authority" and "host" or name
    if plain:sub(1, 1) ~= ":" then
      local separator = plain == "cookie" and "; " or ", "
      out[plain] = out[plain] and out[plain] .. separator .. value or value
    end
  end
  return out
end

local function make_request(self, stream, headers, body)
  -- An absolute target (a client that takes us for a proxy) is read as its path.
  local target = headers:get(":path") or "/"
  local path, query_text = target:gsub("^https?://[^/?]*", ""):match("^([^?]*)%??(.*)$")
  local plain = plain_headers(headers)
  return {
    method = headers:get(":method"), target = target, path = path ~= "" and path or "/",
    query_text = query_text, query = web.values(query_text), headers = plain, body = body,
    origin = "http://" .. (plain.host or self.host), connection = self:connection_number(stream),
  }
end

local function serve(self, stream)
  stream.connection:setmaxline(MAX_LINE)
  local timeout = self.request_timeout
  local headers, why, code = attempt(stream, "get_headers", timeout)
  if not headers then
    -- A message without a code is lua-http's word for a header it does not understand.
    return refuse(stream, status_of(code) or why and not code and 400 or nil, timeout)
  end
  local body, status = read_body(stream, headers, timeout)
  if not body then return refuse(stream, status, timeout) end
  local reply = self.endpoint:answer(make_request(self, stream, headers, body))
  reply.headers.date = reply.headers.date or self.endpoint:date()
  if reply.delay then cqueues.sleep(reply.delay) end
  if reply.cut or reply.cut_body then return write_cut(stream, reply) end
  write_reply(stream, reply, headers:get(":method") == "HEAD")
  if reply.stop then os.exit(0) end
end

local listener = {}
listener.__index = listener

-- Connections are numbered in the order of their first request, so tests can see reuse.
function listener:connection_number(stream)
  local numbers = self.numbers
  if not numbers[stream.connection] then
    self.connections = self.connections + 1
    numbers[stream.connection] = self.connections
  end
  return numbers[stream.connection]
end

-- lua-http lets a connection that never says a word stay for ever.
local function close_silent_connections(http, cq, timeout)
  local add_socket = http.add_socket
  function http.add_socket(this, socket)
    cq:wrap(function()
      socket:onerror(function(_, _, code) return code end)
      if socket:fill(1, timeout) then return add_socket(this, socket) end
      socket:close()
    end)
    return true
  end
end

--- Serves an API on a loopback port.
-- @param cq cqueues controller that runs the server
-- @param api API module (see endpoint.new)
-- @param options port (0 picks a free one), request_timeout (seconds a request may take to arrive),
--   idle_timeout (seconds a connection may stay idle), control_token (text that the control path
--   wants), settings (of the API, see endpoint.new)
-- @return listener with `.endpoint`, `.port`, `.origin`; or nil and why
function server.listen(cq, api, options)
  local self = setmetatable({
    endpoint = endpoint.new(api, options.settings), connections = 0,
    numbers = setmetatable({}, { __mode = "k" }),
    request_timeout = options.request_timeout or REQUEST_TIMEOUT,
  }, listener)
  local http, why = http_server.listen {
    cq = cq, host = "127.0.0.1", port = options.port or 0, tls = false, version = 1.1,
    reuseaddr = true, intra_stream_timeout = options.idle_timeout or IDLE_TIMEOUT,
    onstream = function(_, stream) serve(self, stream) end,
    onerror = function() end, -- a broken connection is the client's affair
  }
  if not http then return nil, why end
  local ok
  ok, why = http:listen(5)
  if not ok then return nil, why end
  close_silent_connections(http, cq, options.idle_timeout or IDLE_TIMEOUT)
  local _, host, port = http:localname()
  self.http, self.port = http, port
  self.host = host .. ":" .. port
  self.endpoint:open_control(options.control_token, port)
  self.origin = "http://" .. self.host
  return self
end

return server
