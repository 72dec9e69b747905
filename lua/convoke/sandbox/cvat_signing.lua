--- The signatures of addresses that CVAT took until version 2.46, as Django's `signing.dumps` makes
-- them. A server never gave one away (its signing endpoint fails); who knows its key can make them.

local basexx = require "basexx"
local digest = require "openssl.digest"
local hmac = require "openssl.hmac"
local json = require "convoke.sandbox.json"
local web = require "convoke.sandbox.web"

local signing = {}

local LIFE = 30 -- seconds
local DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

local function base62(number)
  local out = ""
  repeat
    local digit = number % 62
    out = DIGITS:sub(digit + 1, digit + 1) .. out
    number = (number - digit) / 62
  until number == 0
  return out
end

-- The number, or nil.
local function from_base62(text)
  local number = 0
  for digit in text:gmatch "." do
    local at = DIGITS:find(digit, 1, true)
    if not at then return nil end
    number = number * 62 + at - 1
  end
  return number
end

local function base64(bytes)
  return (basexx.to_url64(bytes):gsub("=+$", ""))
end

-- An address in one form of spelling, without its signature.
local function normal(url)
  local base, query = url:match "^([^?]*)%??(.*)$"
  local kept = {}
  for pair in query:gmatch "[^&]+" do
    local name, equals, value = pair:match "^([^=]*)(=?)(.*)$"
    name = web.decode(name, true)
    if name ~= "sign" then
      kept[#kept + 1] = web.encode_plus(name) .. equals .. web.encode_plus(web.decode(value, true))
    end
  end
  return #kept > 0 and base .. "?" .. table.concat(kept, "&") or base
end

local function hexadecimal(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local function sha256(text)
  return digest.new("sha256"):final(text)
end

-- The last part of a signature.
local function seal(key, url, signed)
  local derived = sha256(hexadecimal(sha256(normal(url))) .. "signer" .. key)
  return base64(hmac.new(derived, "sha256"):final(signed))
end

--- Signs an address.
-- @param key   string, which the server alone knows
-- @param user  table with `id` and `username`
-- @param url   the full address
-- @param time  seconds since 1970
-- @return string, for the query `sign`
function signing.sign(key, user, url, time)
  local data = json.encode { user_id = user.id, username = user.username }
  local signed = base64(data) .. ":" .. base62(math.floor(time))
  return signed .. ":" .. seal(key, url, signed)
end

--- Checks a signature.
-- @param key   string
-- @param sign  string
-- @param url   the full address that came
-- @param time  seconds since 1970
-- @return table with `user_id` and `username`; or nil and "Invalid signature." or "This URL has
--   expired."
function signing.read(key, sign, url, time)
  local signed, seconds, sealed = sign:match "^([^:]+:([^:]+)):([^:]+)$"
  if not signed or seal(key, url, signed) ~= sealed then return nil, "Invalid signature." end
  local since = from_base62(seconds)
  if not since or time - since > LIFE then return nil, "This URL has expired." end
  return json.decode(basexx.from_url64(signed:match "^[^:]+"))
end

return signing
