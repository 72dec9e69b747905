-- Answers byte by byte, over a real connection: whatever comes, a call ends in time with a value or
-- with an error that fits.

local fuzz = ...

local cjson = require "cjson"
local convoke = require "convoke"
local errors = require "convoke.errors"

local words = require "spec.programs.fuzz.words"
for _, word in ipairs {
  "HTTP/1.1 200 OK\r\n", "HTTP/1.1 204 No Content\r\n", "HTTP/1.0 404 \r\n",
  "HTTP/1.1 100 Continue\r\n", "HTTP/1.1 101 Switching Protocols\r\n", "HTTP/2 200\r\n",
  "HTTP/0.9", "ICY 200 OK\r\n", "\r\n\r\n", "Content-Length: ", "Transfer-Encoding: chunked\r\n",
  "Content-Encoding: gzip\r\n", "Connection: ", "close\r\n", "keep-alive\r\n", "Upgrade: h2c\r\n",
  "Location: http://127.0.0.1:1/\r\n", "0\r\n\r\n", "5\r\n", "ffffffff\r\n", "Trailer: X\r\n",
  "Set-Cookie: a=b\r\n", "WWW-Authenticate: Basic\r\n", "\31\139\8\0\0\0\0\0\0\3", "\0\0\0",
  "{\"id\":1}", "[]", "2\r\n[]\r\n",
} do words[#words + 1] = word end
fuzz.words(words)

local clerk = convoke.clerk { url = "http://127.0.0.1:" .. fuzz.serve(),
  secret_key = "wire-secret-1", timeout = 10, retries = 0, max_response_bytes = 1 << 16 }
local alone = { reconcile = false }

local function set(...)
  local names = {}
  for _, name in ipairs { ... } do names[name] = true end
  return names
end

local kinds = set("network", "decode", "too_large", "http")
local outcomes = set("refused", "unknown")

local statuses = { "200 OK", "200 OK", "201 Created", "204 No Content", "304 ", "404 Not Found",
  "429 ", "503 Service Unavailable", "100 Continue", "999", "000", "20", "2000" }
local names = { "Content-Length", "Transfer-Encoding", "Content-Encoding", "Connection",
  "Retry-After", "Content-Type", "X-Request-Id" }
local bodies = { '{"id":"inv_1"}', "[]", "null", '[{"id":"inv_1"}]', "{" }

-- An answer that is one, but for what may be wrong with it.
local function likely()
  local body = fuzz.below(4) == 3 and fuzz.text() or bodies[fuzz.below(#bodies) + 1]
  local lines = { "HTTP/1.1 " .. statuses[fuzz.below(#statuses) + 1] }
  local chunked = fuzz.below(4) == 3
  if chunked then
    lines[2] = "Transfer-Encoding: chunked"
    body = ("%x\r\n%s\r\n0\r\n\r\n"):format(#body + fuzz.below(8) // 6, body)
  elseif fuzz.below(4) > 0 then
    lines[2] = ("Content-Length: %d"):format(#body + fuzz.below(8) // 6)
  end
  for _ = 1, fuzz.below(4) do
    local name = names[fuzz.below(#names + 1) + 1] or fuzz.text()
    lines[#lines + 1] = name .. ": " .. fuzz.text()
  end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. body
end

return function()
  local kind = fuzz.below(4)
  local answer = kind == 0 and fuzz.rest() or kind == 1 and fuzz.text() .. fuzz.text() or likely()
  fuzz.say(answer)
  local value, err, meta
  if kind == 3 then
    value, err, meta = clerk.invitations:create({ email_address = "a@example.com" }, alone)
  else
    value, err, meta = clerk.invitations:list()
  end
  assert(convoke.stats().in_flight == 0, "something is in flight still")
  if not err then
    assert(value ~= nil and meta.status >= 200 and meta.status < 300, "no success")
    assert(value == true or pcall(cjson.encode, value), "no value")
    return
  end
  assert(value == nil and errors.is(err), "no error object")
  assert(kinds[err.kind], "cannot be: " .. tostring(err))
  assert(outcomes[err.outcome], "cannot be " .. err.outcome .. ": " .. tostring(err))
  assert(err.kind == "http" or err.outcome == "unknown", "nobody refused that: " .. tostring(err))
  local line = tostring(err)
  assert(not line:find "%c" and not line:find("wire-secret-1", 1, true), line)
end
