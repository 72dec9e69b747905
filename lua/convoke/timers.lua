--- Timers: which coroutine is woken at what time. They are in a binary heap, the earliest first,
-- and of those with the same time the one that was set first.

local core = require "convoke.core"

local timers = {}

local heap, count = {}, 0 -- of { time, number, owner, token, heap, at = its place in the heap }
local numbered = 0 -- times that were set so far

-- An error of a debug hook may leave the heap half changed; `changing` is still true then. Such a
-- heap is thrown away: all waiting coroutines are woken, look at the clock by waits(), and are put
-- into a new one.
local changing, waking, lost = false, false, false

local function check()
  if not changing then return end
  lost = true
  heap = {}
  count = 0
  changing = false
end

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

local function put(timer)
  check()
  heap[count + 1] = timer -- there may be no memory for that
  changing = true
  timer.heap = heap
  count = count + 1
  rise(timer, count)
  changing = false
end

--- Has a coroutine woken after a time.
-- @param seconds  from now
-- @param owner    the host that the coroutine is parked by
-- @param token    what the host knows it by
-- @return a timer, see timers.waits()
function timers.add(seconds, owner, token)
  numbered = numbered + 1
  local timer = { time = core.now() + seconds, number = numbered, owner = owner, token = token,
    at = 0, heap = false }
  put(timer)
  if owner.note_timer then owner.note_timer(token, timer) end
  return timer
end

--- Whether the time of a timer has not come yet. A coroutine that waits for it asks this each time
-- it is woken.
function timers.waits(timer)
  if not timer.at then return false end
  check()
  if timer.heap == heap then return true end
  if timer.time > core.now() then
    put(timer)
    return true
  end
  timer.at = nil
  return false
end

--- Takes a timer back. Harmless when its time has come.
function timers.remove(timer)
  check()
  local at, last = timer.at, heap[count]
  if not at or timer.heap ~= heap then
    timer.at = nil
    return
  end
  changing = true
  timer.at = nil
  heap[count] = nil
  count = count - 1
  if last ~= timer then
    sink(last, at)
    rise(last, last.at)
  end
  changing = false
end

--- Makes the time of a timer come now. Harmless when it has come.
function timers.hasten(timer)
  check()
  local now = core.now()
  if not timer.at or timer.time <= now then return end
  changing = true
  numbered = numbered + 1
  timer.time, timer.number = now, numbered
  if timer.heap == heap then rise(timer, timer.at) end
  changing = false
end

--- Wakes the coroutines whose time has come.
-- @return whether an interrupt has lost timers: then all waiting coroutines are to be woken
function timers.run()
  check()
  if count == 0 and not (lost or waking) then return false end
  local some_lost = lost or waking
  waking = true -- from here on it stands for `lost`, too
  lost = false
  local now = core.now()
  while count > 0 and heap[1].time <= now do
    local timer = heap[1]
    timers.remove(timer)
    timer.owner.wake(timer.token)
  end
  waking = false
  return some_lost
end

--- Seconds until the time of the first timer, or nil: there is none.
function timers.timeout()
  if lost or changing or waking then return 0 end
  return count > 0 and math.max(0, heap[1].time - core.now()) or nil
end

return timers
