--- The times of a Convex deployment's commits, and its data as it was a while ago, for queries at a
-- time. A time is a whole number of microseconds since 1970; on the wire, nanoseconds in base64.

local basexx = require "basexx"
local functions = require "convoke.sandbox.convex_functions"

local times = {}

local WINDOW = 30 * 1000000 -- how old a time may be that is asked for

-- Times that were given out stay good: before the next commit the data are kept as they are.
--   latest     the last commit, or the last time that was given out
--   asked_for  whether a time was given out since the last commit
--   kept       array of { before, state }: the data before a commit, the oldest first
function times.begin(service)
  service.times = { latest = 0, asked_for = false, kept = {} }
end

local function forget_old(service)
  local kept, now = service.times.kept, service.clock:now() * 1000000
  while kept[1] and kept[1].before < now - WINDOW do table.remove(kept, 1) end
end

--- The time up to which everything is committed.
function times.now(service)
  local own = service.times
  own.latest = math.max(own.latest, math.floor(service.clock:now() * 1000000))
  own.asked_for = true
  return own.latest
end

--- Makes room for a commit; to be called before a mutation changes anything.
function times.commit(service)
  local own = service.times
  own.latest = math.max(own.latest + 1, math.floor(service.clock:now() * 1000000))
  if not own.asked_for then return end
  own.asked_for = false
  forget_old(service)
  own.kept[#own.kept + 1] = { before = own.latest, state = functions.copy_state(service.state) }
end

--- The data as of a time.
-- @return the state; nil where it is not kept any more; nil and true where that time is yet to come
function times.state_at(service, time)
  if time > times.now(service) then return nil, true end
  if time < service.clock:now() * 1000000 - WINDOW then return nil end
  for _, one in ipairs(service.times.kept) do
    if time < one.before then return one.state end
  end
  return service.state
end

--- A time as it goes over the wire: 8 bytes, the lowest first, in base64.
function times.write(time)
  local bytes, carry = {}, 0
  for i = 1, 8 do -- digit by digit, because a product does not fit into a float
    carry = carry + time % 256 * 1000
    time = math.floor(time / 256)
    bytes[i] = string.char(carry % 256)
    carry = math.floor(carry / 256)
  end
  return basexx.to_base64(table.concat(bytes))
end

--- Reads such a text. Returns nil where it is none.
function times.read(text)
  local ok, bytes = pcall(basexx.from_base64, text)
  if not ok or not bytes or #bytes ~= 8 then return nil end
  local time, rest = 0, 0
  for i = 8, 1, -1 do
    rest = rest * 256 + bytes:byte(i)
    time = time * 256 + math.floor(rest / 1000)
    rest = rest % 1000
  end
  return time
end

return times
