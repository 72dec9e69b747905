--- When a job will have ended: by the limits of its pace where these hold it up, else by how fast
-- its rows have ended lately.

local estimate = {}

-- Seconds until the last of so many calls may begin under a limit. A place in its window is free
-- again `per` seconds after the call that had it, so the calls take the places in turn.
-- @param calls  that have not begun
-- @param limit  count, per (seconds), times (when calls that count have ended, oldest first),
--   under_way (calls)
-- @param now    on the clock of `times`
-- @return seconds, and whether there is no free place now
local function wait_of(calls, limit, now)
  local free = math.max(0, limit.count - #limit.times - limit.under_way)
  local behind = calls - free
  if behind <= 0 then return 0, free == 0 end
  local place = (behind - 1) % limit.count + 1
  return math.max(0, (limit.times[place] or now) - now
    + limit.per * math.ceil(behind / limit.count)), free == 0
end

--- Seconds until all rows will have ended.
-- @param pending  rows that have not begun
-- @param sent     rows under way
-- @param limits   array of limits, as above, with `each`, the rows that travel in a call
-- @param now      on the clock of their times
-- @param rate     rows that have ended a second, lately; or 0
-- @return seconds; or nil: nothing is known yet
function estimate.seconds(pending, sent, limits, now, rate)
  local longest, is_full = 0, false
  for _, limit in ipairs(limits) do
    local seconds, full = wait_of(math.ceil(pending / limit.each), limit, now)
    longest, is_full = math.max(longest, seconds), is_full or full
  end
  if is_full and longest > 0 then return longest end
  if rate > 0 then return math.max(longest, (pending + sent) / rate) end
  return longest > 0 and longest or nil
end

return estimate
