--- What is known of a server's clock, and what that says of the time when an object was made.
--
-- Our own moments are those of core.clocks(): a clock that goes on while the machine is suspended.
-- The server's times are those of objects that calls were given, which tell the clock that counts,
-- and the Date of answers, which tells whole seconds and may be an edge's.

local core = require "convoke.core"

local server_clock = {}

--- So many seconds around the beginning of a call prove nothing: an object that seems to have been
-- made up to so long before is neither the call's for certain nor another's.
server_clock.margin = 2

--- Seconds of that margin where the server has told no time at all.
server_clock.blind_margin = 600

local resolution = 0.001 -- seconds: what times of creation are rounded down to
local node_skew = 0.05 -- seconds that the clocks of one service's machines may differ by
local date_is_vague = 0.3 -- seconds: more Dates would tell more

-- Bounds of how far the server's clock is ahead of ours: { least, most }.

-- Takes one more observation into account. Small contradictions are those of several clocks, large
-- ones mean that a clock was set.
local function narrow(bounds, least, most)
  if not bounds then return { least, most } end
  local gap = math.max(least - bounds[2], bounds[1] - most)
  if gap > server_clock.margin then return { least, most } end
  if gap > 0 then return { math.min(least, bounds[1]), math.max(most, bounds[2]) } end
  return { math.max(least, bounds[1]), math.min(most, bounds[2]) }
end

local Clock = {}
Clock.__index = Clock

--- A clock that nothing is known of. Fields: `doubt`, seconds by which times of creation may seem
-- to be off; `asks_from`, by core.now(): until then more times of creation would tell little.
function server_clock.new()
  return setmetatable({ made = nil, dates = nil, doubt = server_clock.margin + 1, told = 0,
    asks_from = 0 }, Clock)
end

-- The bounds that tell most, whether they are by times of creation, and nil where nothing is known.
local function best(clock)
  local made, dates = clock.made, clock.dates
  if made and (not dates or made[2] - made[1] < 1) then return made, true end
  return dates, false
end

local function note_doubt(clock)
  local known = best(clock)
  clock.doubt = server_clock.margin + math.max(1, known[2] - known[1])
end

local telling, rest = 16, 2 -- learns from so many objects, then from none for so many seconds

--- Learns from an object that a call was given: it was made at `time` by the server's clock,
-- between `sent`, a moment of ours, and now.
-- @param now  by core.now()
function Clock:learn_creation(time, sent, now)
  self.made = narrow(self.made, time - core.clocks(), time + resolution - sent)
  note_doubt(self)
  self.told = self.told + 1
  if self.told == telling then self.told, self.asks_from = 0, now + rest end
end

--- Learns from the Date of an answer. One that a cache has kept (Age) tells nothing.
-- @param date      text of the header, or nil
-- @param age       text of the header Age, or nil
-- @param sent, received  our moments of asking and of the answer
function Clock:learn_date(date, age, sent, received)
  local seconds = type(date) == "string" and core.http_date(date)
  if not seconds or (tonumber(age) or 0) > 0 then return end
  self.dates = narrow(self.dates, seconds - received, seconds + 1 - sent)
  local made, dates = self.made, self.dates
  if made and math.max(dates[1] - made[2], made[1] - dates[2]) > server_clock.margin then
    self.made = nil -- it has been set since
  end
  note_doubt(self)
end

--- Whether a few more Dates would tell better what is new.
function Clock:is_vague()
  local known, by_creation = best(self)
  return known ~= nil and not by_creation and known[2] - known[1] > date_is_vague
end

--- Whether an object may have been made before the call began, so that more Dates would matter.
-- @param time, began  as of Clock:judge()
function Clock:may_be_older(time, began)
  local known = best(self)
  return known ~= nil and time < began + known[2]
end

--- What an object's time says of it: "new", made since the call began; "old", before; or
-- "open".
-- @param time   when it was made by the server's clock, in seconds, or nil
-- @param began  our moment when the call began
-- @param wall   the time of day then, by core.clocks()
function Clock:judge(time, began, wall)
  if not time then return "open" end
  local now, wall_now = core.clocks()
  -- Where one clock has gone on and the other has not, or was set, nobody knows by how much.
  local astray = math.abs((wall_now - wall) - (now - began))
  if astray < node_skew then astray = 0 end
  local known, by_creation = best(self)
  local least, margin = wall_now - now, server_clock.blind_margin -- it is taken to be ours
  if known then least, margin = known[1] - (by_creation and node_skew or 0), server_clock.margin end
  if time >= began + least - resolution then return "new" end
  if self.made and self.dates then
    least = math.min(least, self.made[1] - node_skew, self.dates[1])
  end
  return time < began + least - margin - astray and "old" or "open"
end

return server_clock
