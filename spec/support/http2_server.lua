--- A server that speaks HTTP/2 over TLS (lua-http's), in a process of its own that ends with its
-- parent. It answers every request with an invitation, after a moment; one with the header X-Act as
-- that says: "hold", never; "refuse", by RST_STREAM with REFUSED_STREAM.
--
-- The header X-After names what is to follow an answer: "goaway", "goaway close", "close", "ping".
-- server:followed() waits until that has been sent.

local certificates = require "spec.support.certificates"
local child_server = require "spec.support.child_server"

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

local function answer(stream, delay)
  local headers = require("http.headers").new()
  headers:append(":status", "200")
  headers:append("content-type", "application/json")
  headers:append("x-version", tostring(stream.connection.version))
  require("cqueues").sleep(delay)
  stream:write_headers(headers, false)
  stream:write_chunk(invitation, true)
end

--- The child's program.
-- @param delay  seconds before each answer
function http2_server.main(delay)
  local child, count = child_server.new(), 0
  local made = certificates.for_server "localhost"
  local tls = certificates.context(made)
  tls:setAlpnSelect(function(_, offered)
    for _, protocol in ipairs(offered) do
      if protocol == "h2" then return "h2" end
    end
    return "http/1.1"
  end)
  child:listen_http2("port", tls, function(stream)
    local request = assert(stream:get_headers())
    local act, wish = request:get "x-act", request:get "x-after"
    stream:get_body_as_string()
    count = count + 1
    if act == "refuse" then
      local refused = require("http.h2_error").errors.REFUSED_STREAM
      return stream:rst_stream(refused:new { message = "no" })
    end
    answer(stream, act == "hold" and 3600 or delay)
    if wish then follow(stream, wish) end
  end)
  child:listen("count", function(connection) connection:write(count, "\n") end)
  child:run(made.certificate:toPEM())
end

local methods = {}
methods.__index = methods

--- How many requests have come.
function methods:count()
  local connection = self.process:connect "count"
  local count = tonumber(assert(connection:receive "*l"))
  connection:close()
  return count
end

--- Waits until what a request had as X-After has followed its answer.
function methods:followed()
  return assert(self.process.output:read "*l")
end

--- Ends the server.
function methods:stop()
  self.process:stop()
end

--- Starts a server.
-- @param delay  seconds before each answer
-- @return an object with `url`, `port`, `certificate` (a file's name) and the methods above
function http2_server.start(delay)
  local process = child_server.start("spec.support.http2_server", delay)
  local port = process.ports.port
  return setmetatable({ process = process, port = port, certificate = process.certificate,
    url = "https://localhost:" .. port }, methods)
end

return http2_server
