-- Usage: lua convoke.lua DOCUMENT ADDRESS [CACHE]
-- Prints what a client of ours costs: processor time and memory until it is ready, and of a call.

local convoke = require "convoke"

local document, address, cache = arg[1], arg[2], arg[3]

-- The most memory that the process has had, in MB.
local function memory()
  for line in io.lines "/proc/self/status" do
    local size = line:match "^VmHWM:%s*(%d+)"
    if size then return size / 1024 end
  end
end

local function milliseconds() return os.clock() * 1000 end

local warm = convoke.clerk { url = address, secret_key = "sk_test_x" } -- loads libcurl
warm:request("GET", "/")
require "convoke.openapi"
collectgarbage()
local before, began = memory(), milliseconds()
local github = convoke.openapi(document, { cache = cache }) { url = address }
local ready = milliseconds() - began
local peak_ready = memory() - before
local first_began = milliseconds()
assert(github.repos:get("lua", "lua"))
local first = milliseconds() - first_began
local count = 2000
for _ = 1, count do assert(github.repos:get("lua", "lua")) end
local calls_began = milliseconds()
for _ = 1, count do assert(github.repos:get("lua", "lua")) end
local each = (milliseconds() - calls_began) / count
print(("%-22s ready %6.0f ms, %4.0f MB; first call %.1f ms, then %.0f us"):format(
  cache and "convoke with a cache" or "convoke", ready, peak_ready, first, each * 1000))
