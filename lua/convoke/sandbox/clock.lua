--- The time of one sandbox API: real time plus what tests have added.

local cqueues = require "cqueues"

local clock = {}
clock.__index = clock

-- os.time has no fraction; the monotonic clock supplies it.
local started_at, started_monotonic = os.time(), cqueues.monotime()

--- A new clock showing the real time.
function clock.new()
  return setmetatable({ offset = 0 }, clock)
end

--- Seconds since 1970 (number, with a fraction).
function clock:now()
  return started_at + (cqueues.monotime() - started_monotonic) + self.offset
end

--- Milliseconds since 1970 (whole number).
function clock:milliseconds()
  return math.floor(self:now() * 1000)
end

--- Moves the clock by `seconds` (number; may be negative).
function clock:advance(seconds)
  self.offset = self.offset + seconds
end

-- Date and time of `t` with six digits of fraction, joined by `separator`.
local function date_time(t, separator)
  local whole = math.floor(t)
  local micro = math.floor((t - whole) * 1e6)
  return os.date("!%Y-%m-%d" .. separator .. "%H:%M:%S", whole) .. string.format(".%06d", micro)
end

--- ISO 8601 text in UTC, such as `2025-03-22T20:23:38.000000Z`.
-- @param t number, seconds since 1970
function clock.iso(t)
  return date_time(t, "T") .. "Z"
end

--- An HTTP date, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
function clock.http(t)
  return os.date("!%a, %d %b %Y %H:%M:%S GMT", math.floor(t))
end

--- The same instant with a space and no zone, such as `2024-05-26 12:00:45.831041`.
function clock.plain(t)
  return date_time(t, " ")
end

return clock
