--- lua-http on one kept connection, with lua-cjson; see plan.lua.

local cjson = require "cjson"
local cqueues = require "cqueues"
local http_client = require "http.client"
local new_headers = require "http.headers".new
local plan = require "spec.programs.bench.clients.plan"

local host, port, prefix = plan.url:match "^http://([^:/]+):(%d+)(.*)$"
local list = plan.workload == "list"
local connection = assert(http_client.connect({ host = host, port = tonumber(port) }, 30))

local function exchange(body)
  local headers = new_headers()
  headers:append(":method", list and "GET" or "POST")
  headers:append(":scheme", "http")
  headers:append(":authority", host .. ":" .. port)
  headers:append(":path", prefix .. "/invitations" .. (list and "?limit=500" or ""))
  headers:append("authorization", "Bearer sk_test_bench", true)
  headers:append("accept", "application/json")
  headers:append("clerk-api-version", "2026-05-12")
  if body then
    headers:append("content-type", "application/json")
    headers:append("content-length", tostring(#body))
  end
  local stream = assert(connection:new_stream())
  assert(stream:write_headers(headers, not body, 30))
  if body then assert(stream:write_body_from_string(body, 30)) end
  local answer = assert(stream:get_headers(30))
  assert(answer:get ":status" == "200")
  return cjson.decode((assert(stream:get_body_as_string(30))))
end

plan.measure(function(calls)
  for i = 1, calls do
    local answer = exchange(not list and cjson.encode(plan.invitation(i)) or nil)
    assert(answer.id or #answer.data == 500)
  end
end, cqueues.monotime)
