--- luasocket with lua-cjson; see plan.lua.
--   kept=true: HTTP of our own on one kept connection, else its socket.http, a connection a call

local cjson = require "cjson"
local ltn12 = require "ltn12"
local plan = require "spec.programs.bench.clients.plan"
local socket = require "socket"
local socket_http = require "socket.http"

local host, port, prefix = plan.url:match "^http://([^:/]+):(%d+)(.*)$"
local list = plan.workload == "list"
local path = prefix .. "/invitations" .. (list and "?limit=500" or "")

local function by_socket_http(body)
  local parts = {}
  local _, status = assert(socket_http.request {
    url = ("http://%s:%s%s"):format(host, port, path),
    method = body and "POST" or "GET",
    headers = { authorization = "Bearer sk_test_bench", accept = "application/json",
      ["clerk-api-version"] = "2026-05-12",
      ["content-type"] = body and "application/json", ["content-length"] = body and #body },
    source = body and ltn12.source.string(body),
    sink = ltn12.sink.table(parts),
  })
  assert(status == 200)
  return table.concat(parts)
end

local connection
local function connect()
  connection = assert(socket.connect(host, tonumber(port)))
  connection:setoption("tcp-nodelay", true)
  connection:settimeout(30)
end

local head = ("%s %s HTTP/1.1\r\nHost: %s:%s\r\nAuthorization: Bearer sk_test_bench\r\n"
  .. "Accept: application/json\r\nClerk-API-Version: 2026-05-12\r\n")
  :format(list and "GET" or "POST", path, host, port)
local body_head = "Content-Type: application/json\r\nContent-Length: "

local function by_kept_connection(body)
  assert(connection:send(body and head .. body_head .. #body .. "\r\n\r\n" .. body
    or head .. "\r\n"))
  local line = assert(connection:receive "*l")
  assert(line:match "^HTTP/1%.1 (%d+)" == "200")
  local size
  repeat
    line = assert(connection:receive "*l")
    local name, value = line:match "^([^:]+):%s*(.*)$"
    if name and name:lower() == "content-length" then size = tonumber(value) end
  until line == ""
  return assert(connection:receive(size))
end

local exchange = by_socket_http
if plan.kept then
  exchange = by_kept_connection
  connect()
end

plan.measure(function(calls)
  for i = 1, calls do
    local text = exchange(not list and cjson.encode(plan.invitation(i)) or nil)
    local answer = cjson.decode(text)
    assert(answer.id or #answer.data == 500)
  end
end, socket.gettime)
