--- A plain HTTP client for the sandbox's own specs; on purpose not the library under test.

local cqueues = require "cqueues"
local http_request = require "http.request"
local socket = require "socket"
local json = require "convoke.sandbox.json"

local client = {}

local TIMEOUT = 10 -- seconds

local function exchange(method, url, options)
  local request = http_request.new_from_uri(url)
  request.follow_redirects, request.expect_100_timeout = false, 1
  request.headers:upsert(":method", method)
  request.headers:delete("user-agent")
  local body = options.body
  if options.json ~= nil then
    body = json.encode(options.json)
    request.headers:upsert("content-type", "application/json")
  end
  for name, value in pairs(options.headers or {}) do request.headers:upsert(name, value) end
  if body then request:set_body(body) end
  local headers, stream = assert(request:go(TIMEOUT))
  local text = assert(stream:get_body_as_string(TIMEOUT))
  stream:shutdown()
  return { status = tonumber(headers:get(":status")), headers = headers, body = text,
           json = json.decode(text) }
end

--- Sends one request and reads the whole answer. In a cqueues coroutine others go on meanwhile.
-- @param method string
-- @param url string
-- @param options table or nil: `headers` (name to value), `body` (text) or `json` (value)
-- @return table: status (number), headers (lua-http headers), body (text), json (value or nil)
function client.send(method, url, options)
  if cqueues.running() then return exchange(method, url, options or {}) end
  local loop, answer = cqueues.new(), nil
  loop:wrap(function() answer = exchange(method, url, options or {}) end)
  local ok, why = loop:loop()
  loop:close()
  assert(ok, why)
  return answer
end

--- A function `call(method, path, options)` for one API with fixed headers.
-- A header given as false in `options.headers` is left out.
function client.for_api(url, fixed)
  return function(method, path, options)
    local copy = { headers = {} }
    for name, value in pairs(options or {}) do
      if name ~= "headers" then copy[name] = value end
    end
    for name, value in pairs(fixed or {}) do copy.headers[name] = value end
    for name, value in pairs(options and options.headers or {}) do
      copy.headers[name] = value or nil
    end
    return client.send(method, url .. path, copy)
  end
end

--- Opens a bare TCP connection to an address such as `http://127.0.0.1:8900/v1`.
function client.connect(url)
  local host, port = url:match("^http://([^:/]+):(%d+)")
  local connection = assert(socket.connect(host, tonumber(port)))
  connection:settimeout(TIMEOUT)
  return connection
end

--- Sends raw bytes on a new connection and reads until the server closes it.
-- @return what came back (string, possibly empty)
function client.raw(url, bytes)
  local connection = client.connect(url)
  connection:send(bytes)
  local all, _, part = connection:receive("*a")
  connection:close()
  return all or part
end

return client
