--- Whom to wake at what time: a binary heap, the earliest first, and of those with the same time
-- the one that was set first.

local core = require "convoke.core"

local timers = {}

local heap, count = {}, 0 -- of { time, number, owner, token, at = its place in the heap }
local numbered = 0 -- times that were set so far

local function comes_before(one, other)
  return one.time < other.time or one.time == other.time and one.number < other.number
end

local function place(timer, at)
  heap[at], timer.at = timer, at
end

local function rise(timer, at)
  while at > 1 do
    local parent = math.floor(at / 2)
    if not comes_before(timer, heap[parent]) then break end
    place(heap[parent], at)
    at = parent
  end
  place(timer, at)
end

local function sink(timer, at)
  while at * 2 <= count do
    local child = at * 2
    if child < count and comes_before(heap[child + 1], heap[child]) then child = child + 1 end
    if comes_before(timer, heap[child]) then break end
    place(heap[child], at)
    at = child
  end
  place(timer, at)
end

--- Has a coroutine woken after a time.
-- @param seconds  from now
-- @param owner    the host that the coroutine is parked by
-- @param token    what the host knows it by
-- @return a timer; its field `at` is nil once its time has come
function timers.add(seconds, owner, token)
  numbered = numbered + 1
  local timer = { time = core.now() + seconds, number = numbered, owner = owner, token = token,
    at = 0 }
  heap[count + 1] = timer -- there may be no memory for that
  count = count + 1
  rise(timer, count)
  return timer
end

--- Takes a timer back. Harmless when its time has come.
function timers.remove(timer)
  local at, last = timer.at, heap[count]
  if not at then return end
  timer.at = nil
  heap[count] = nil
  count = count - 1
  if last == timer then return end
  sink(last, at)
  rise(last, last.at)
end

--- Makes the time of a timer come now. Harmless when it has come.
function timers.hasten(timer)
  local now = core.now()
  if not timer.at or timer.time <= now then return end
  numbered = numbered + 1
  timer.time, timer.number = now, numbered
  rise(timer, timer.at)
end

--- Wakes those whose time has come.
function timers.run()
  if count == 0 then return end
  local now = core.now()
  while count > 0 and heap[1].time <= now do
    local timer = heap[1]
    timers.remove(timer)
    timer.owner.wake(timer.token)
  end
end

--- Seconds until the first one's time, or nil.
function timers.timeout()
  return count > 0 and math.max(0, heap[1].time - core.now()) or nil
end

return timers
