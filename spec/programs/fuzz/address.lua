-- Addresses and paths: what is taken for an address is one, requests stay on its host, and no value
-- of a path leaves its place. libcurl, which goes there, has the last word.

local fuzz = ...

local convoke = require "convoke"
local core = require "convoke.core"

local words = require "spec.programs.fuzz.words"
for _, word in ipairs {
  "HTTP://", "https:", "ftp://", "//", "user@", "user:pass@", "127.0.0.1:8080", "127.1", "0x7f.1",
  "127.0.0.08", "2130706433", "127.0.0.1.", "localhost.", "LOCALHOST", "[::1]:80",
  "[::ffff:127.0.0.1]",   "[fe80::1%25eth0]", "[::", ":0", ":65535", ":65536", ":", "/v1", "/v1/",
  "/a/../b", "/./", "/..", "%2f",
  "api.example.com", "ex\u{e4}mple.com", "socks5h://", "socks4a://", "127.", ".1", "10.0.0.1",
} do words[#words + 1] = word end
fuzz.words(words)

local secret = "address-secret-1"
local seen
local transport = {
  send = function(request)
    seen = request
    return { status = 200, body = "{}" }
  end,
}

local function is_loopback(host)
  host = host:lower()
  if host == "localhost" or host == "[::1]" then return true end
  local a, b, c, d = host:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$"
  return a == "127" and tonumber(b) < 256 and tonumber(c) < 256 and tonumber(d) < 256
end

local function same_server(one, other)
  return one.scheme == other.scheme and one.host == other.host and one.port == other.port
end

-- Returns whether it is taken for an address, and its parts as libcurl has them.
local function check_address(address)
  if core.address(address) then return false end
  local parts = fuzz.url(address)
  assert(parts, "libcurl takes it for no address: " .. address)
  assert(parts.scheme == "http" or parts.scheme == "https", "another scheme: " .. address)
  assert(not parts.user and not parts.password and not parts.query and not parts.fragment
    and parts.host ~= "", "more or less than an address: " .. address)
  local origin = fuzz.url(fuzz.origin(address))
  assert(same_server(origin, parts) and origin.path == "/", "another origin: " .. address)
  return true, parts
end

-- The path that libcurl makes of the base's and what is added.
local function check_path(parts, value)
  local made = fuzz.url(seen.url)
  assert(made, "no address: " .. seen.url)
  assert(same_server(made, parts) and not made.user and not made.query and not made.fragment,
    "another server: " .. seen.url)
  local before = parts.path:gsub("/$", "") .. "/v1/session/"
  assert(made.path:sub(1, #before) == before, ("left %s by %s"):format(before, seen.url))
  local segment = made.path:sub(#before + 1)
  assert(not segment:find "[/?#]" and fuzz.unescape(segment) == value,
    "another value: " .. made.path)
end

-- What libcurl would make of the proxy.
local function check_proxy(proxy)
  local ok, client = pcall(convoke.edgegap,
    { url = "http://127.0.0.1:1", token = secret, proxy = proxy, transport = transport })
  if not ok then return assert(not client:find(secret, 1, true)) end
  local parts = fuzz.url(proxy, true)
  assert(not parts or is_loopback(parts.host or ""),
    ("the credential goes to the proxy %s (%s)"):format(proxy, parts and parts.host or "?"))
  client:close()
end

local function check_client(address, value)
  local good, parts = check_address(address)
  local ok, client =
    pcall(convoke.edgegap, { url = address, token = secret, transport = transport, retries = 0 })
  if not ok then
    assert(type(client) == "string" and not client:find(secret, 1, true),
      "raised " .. tostring(client))
    assert(not good or parts.scheme == "http", "a good address was refused: " .. client)
    return
  end
  assert(not tostring(client):find(secret, 1, true), "shows the secret")
  good, parts = check_address((address:gsub("/+$", "")))
  assert(good and (parts.scheme == "https" or is_loopback(parts.host)),
    "the credential goes to " .. address)
  seen = nil
  local _, err = client.sessions:get(value)
  if seen then
    check_path(parts, value)
  else
    local odd = value == "" or value == "." or value == ".." or not utf8.len(value)
    assert(err.kind == "invalid" and odd, "refused: " .. tostring(err))
  end
  client:close()
end

local schemes = { "http://", "https://", "http://127.0.0.1", "https://api.example.com", "" }

return function()
  local kind = fuzz.below(4)
  if kind == 3 then return check_proxy(fuzz.text()) end
  local address = kind == 0 and fuzz.text() or schemes[fuzz.below(#schemes) + 1] .. fuzz.text()
  if kind == 1 then check_address(address) else check_client(address, fuzz.text()) end
end
