-- Replies of Redis: what is read of them does not hang on the pieces in which they come. And
-- addresses of its servers: nothing that is said of one shows its password.

local fuzz = ...

local address = require "convoke.jobs.address"

fuzz.watch(true)

fuzz.words { "+OK\r\n", "-ERR x\r\n", ":-12\r\n", "$3\r\nabc\r\n", "$-1\r\n", "*2\r\n", "*-1\r\n",
  "*0\r\n", "\r\n", "_\r\n", "#t\r\n", ",1.5\r\n", "%1\r\n", ">1\r\n", "redis://", "rediss://",
  "redis+unix://", "user:", "@", "[::1]", ":6379", "/3", "?prefix=", "database=", "%2f", "%00" }

local secret = "sesame-street-1"

local function try_address(text)
  local found, why = address.read(text)
  if found then
    assert(not found.name:find "[%z]", "a name with a zero byte")
    assert((found.host == nil) == (found.path ~= nil), "neither a host nor a path")
  else
    assert(type(why) == "string" and #why < 200)
  end
  for _, scheme in ipairs { "redis", "rediss", "redis+unix" } do
    found, why = address.read(("%s://:%s@%s"):format(scheme, secret, (text:gsub("[/@?]", "."))))
    local shown = found and found.name or why
    assert(not shown:find(secret, 1, true), "a message shows the password")
    assert(not found or found.password == secret, "another password")
  end
end

return function()
  local piece = fuzz.below(16) + 1
  if fuzz.below(8) == 0 then return try_address(fuzz.rest()) end
  local text = fuzz.rest()
  local whole, is_wrong = fuzz.replies(text, #text + 1)
  local parts, is_wrong_too = fuzz.replies(text, piece)
  assert(whole == parts, "pieces of other bytes make other replies")
  assert(is_wrong == is_wrong_too, "what is wrong hangs on the pieces")
end
