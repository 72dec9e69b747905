--- How fast calls may begin: the limits that a client was given, the holds that servers ask for.
--
-- A limit is a sliding window: never more than so many calls begin within any so many seconds,
-- wherever one lays the window. A hold is what a 429 with Retry-After asks for: nothing begins
-- before a time. Calls that cannot begin yet wait in lanes, one an operation, and begin in the
-- order in which they came, as far as the limits of their own operation let them.
--
-- Nothing here waits or reads a clock by itself; both are given, see pace.new(). Limits and holds
-- can be shared with other processes, too; the order of calls is kept within each process.

local pace = {}

local patience = 1 -- seconds: a call that does not take its turn within them loses it
local race = 0.001 -- seconds until the next look after another process was faster
local news = 0.5 -- seconds: a hold that grows by less is not worth waking everybody for

-- Limits ------------------------------------------------

-- The last `count` times at which calls began, in a ring.
local Window = {}
Window.__index = Window

local function new_window(limit)
  return setmetatable({ count = limit[1], per = limit.per, begun = 0, times = {} }, Window)
end

local function new_windows(limits, scope, make)
  local windows = {}
  for i, limit in ipairs(limits or {}) do windows[i] = make(limit, scope) end
  return windows
end

-- The time, not before `earliest`, at which the call in a place of the line (1: the next one) may
-- begin, if the calls before it begin as soon as they may.
function Window:ready_at(earliest, place)
  local at = (self.begun + place - 1) % self.count + 1
  local rounds = math.floor((place - 1) / self.count) -- of calls that are yet to begin
  local begun = self.times[at]
  if begun and begun + self.per > earliest then earliest = begun + self.per end
  return earliest + rounds * self.per
end

-- Counts a call that begins now; returns true.
function Window:take(now)
  self.times[self.begun % self.count + 1] = now
  self.begun = self.begun + 1
  return true
end

local function give_back(windows, last)
  for i = 1, last or #windows do windows[i]:give_back() end
end

-- Counts a call in all of these windows, or in none; returns whether it did. Only other processes
-- can be in the way, where these share the windows.
local function take(windows, now)
  for i, window in ipairs(windows) do
    if not window:take(now) then
      give_back(windows, i - 1)
      return false
    end
  end
  return true
end

-- Lanes ------------------------------------------------

local Pace = {}
Pace.__index = Pace

local natives = setmetatable({}, { __mode = "kv" }) -- ticket -> native call; nil: collected

--- A new pace.
-- @param clock   function that returns the time in seconds; it never goes back
-- @param wake    function(native) that ends the wait of a call, see Pace:await()
-- @param limits  array of { count, per = seconds } that all calls share, or nil
-- @param own     name of an operation -> array of such for its calls alone, or nil
-- @param window  function(limit, scope) that makes the window of a limit, and
-- @param holds   what keeps the holds, where other processes share both, see pace_dict.lua; or nil
function pace.new(clock, wake, limits, own, window, holds)
  window = window or new_window
  local self = setmetatable({ clock = clock, wake = wake, shared = new_windows(limits, "", window),
    lanes = {}, held_until = -math.huge, holds = holds, arrivals = 0,
    limited = limits ~= nil or own ~= nil or holds ~= nil }, Pace)
  for name, each in pairs(own or {}) do
    self:lane(name).windows = new_windows(each, name, window)
  end
  return self
end

-- The lane of an operation.
--   line, first, last: its tickets in the order in which they came; those that have left are
--     taken out once they are first
--   count: how many wait; woken: how many of them were woken to begin together and have not yet
--   told: the end of the last hold that the waiting calls were told of
function Pace:lane(name)
  local lane = self.lanes[name]
  if not lane then
    lane = { name = name, windows = {}, held_until = -math.huge, told = -math.huge, line = {},
      first = 1, last = 0, count = 0, woken = 0 }
    self.lanes[name] = lane
  end
  return lane
end

-- The end of the holds that bind all lanes, not before now.
local function held_until(self, now)
  local until_when = math.max(now, self.held_until)
  return self.holds and math.max(until_when, self.holds:get "") or until_when
end

-- The time at which the call in a place of a lane may begin by the limits of its own operation.
local function lane_ready_at(self, lane, now, place)
  local earliest = math.max(held_until(self, now), lane.held_until)
  if self.holds then earliest = math.max(earliest, self.holds:get(lane.name)) end
  local ready = earliest
  for _, window in ipairs(lane.windows) do
    ready = math.max(ready, window:ready_at(earliest, place))
  end
  return ready
end

-- The time at which a call may begin by the limits of its lane and those that all lanes share;
-- `place_of_all` is its place among the calls of all lanes.
local function turn_at(self, lane, now, place, place_of_all)
  local ready = lane_ready_at(self, lane, now, place)
  for _, window in ipairs(self.shared) do
    ready = math.max(ready, window:ready_at(held_until(self, now), place_of_all))
  end
  return ready
end

local function wake_up(self, ticket)
  local native = natives[ticket]
  if native then self.wake(native) end
end

-- The first ticket of a lane that still waits, or nil.
local function first_of(lane)
  while lane.first <= lane.last do
    local ticket = lane.line[lane.first]
    if ticket and ticket.waits then return ticket end -- an interrupt may leave a hole
    lane.line[lane.first] = nil
    lane.first = lane.first + 1
  end
  lane.count, lane.woken = 0, 0
end

local function join_line(self, ticket)
  local lane = self:lane(ticket.lane.name) -- the old one may have been dropped meanwhile
  ticket.lane = lane
  local at = lane.last + 1
  self.arrivals = self.arrivals + 1
  ticket.number, ticket.at, ticket.waits, ticket.due = self.arrivals, at, true, nil
  lane.line[at] = ticket
  lane.last, lane.count = at, lane.count + 1
end

local function leave_line(ticket)
  local lane = ticket.lane
  ticket.waits = false
  lane.count = lane.count - 1
  if ticket.woken then lane.woken = lane.woken - 1 end
  ticket.woken = false
end

-- Wakes at once all calls of a lane that may begin now. If each woke the next one, a program that
-- calls step() once a tick would begin one call a tick.
local function wake_together(self, lane, now)
  local at, woken = lane.first, 0
  while at <= lane.last and turn_at(self, lane, now, woken + 1, woken + 1) <= now do
    local ticket = lane.line[at]
    at = at + 1
    if ticket.waits then
      woken = woken + 1
      ticket.woken = true
      wake_up(self, ticket)
    end
  end
  lane.woken = woken
end

-- Wakes the calls of a lane whose turn has come.
local function wake_next(self, lane, now)
  local head = first_of(lane)
  if not head then return end
  head.due = turn_at(self, lane, now, 1, 1)
  if lane.woken <= 0 then wake_together(self, lane, now) end
  wake_up(self, head)
end

-- After a ticket has left a lane: wakes what comes next there and, where limits are shared, the
-- first ticket of each other lane.
local function move_up(self, lane, now)
  wake_next(self, lane, now)
  if not self.shared[1] then return end
  for _, other in pairs(self.lanes) do
    local head = other ~= lane and first_of(other)
    if head then wake_up(self, head) end
  end
end

-- The first ticket of a lane. It takes out of line those before it whose call was collected, or
-- that have not taken their turn: their coroutine may never be resumed.
local function first_awake(self, lane, now)
  local head = first_of(lane)
  while head do
    head.due = head.due or turn_at(self, lane, now, 1, 1)
    if natives[head] ~= nil and now - head.due < patience then return head end
    leave_line(head)
    head = first_of(lane)
    if head then head.due = nil end
  end
end

-- At least how many calls of other operations begin before this one by the shared limits: those
-- that came before it and wait for no limit of their own.
local function count_others(self, ticket, now)
  local others = 0
  for _, lane in pairs(self.shared[1] and self.lanes or {}) do
    local head = lane ~= ticket.lane and first_awake(self, lane, now)
    if head and head.number < ticket.number and lane_ready_at(self, lane, now, 1) <= now then
      local all_before = ticket.number == self.arrivals and not lane.windows[1]
      others = others + (all_before and lane.count or 1)
    end
  end
  return others
end

-- The place of a ticket in its lane, from 1.
local function place_of(ticket)
  local lane = ticket.lane
  if ticket.at == lane.last then return lane.count end
  local place = 0
  for at = lane.first, ticket.at do
    if lane.line[at].waits then place = place + 1 end
  end
  return place
end

-- Drops a lane in which nothing is kept: free requests can have any number of them.
local function forget_idle(self, lane)
  if lane.count == 0 and not lane.windows[1] and lane.held_until <= self.clock() then
    self.lanes[lane.name] = nil
  end
end

-- Turns ------------------------------------------------

--- Gets in line. Each ticket is to be given back by Pace:leave().
-- @param name      of the operation
-- @param deadline  by the clock
-- @param native    the call, kept weakly
-- @param alone     whether all other calls stand still while this one waits, as it blocks: then it
--   waits for the limits only, not for the calls before it
-- @return the ticket
function Pace:enter(name, deadline, native, alone)
  local ticket = { lane = self:lane(name), deadline = deadline, alone = alone, number = 0, at = 0,
    waits = false, woken = false, due = nil }
  natives[ticket] = native
  if not alone then join_line(self, ticket) end
  return ticket
end

--- Gives up a place in line. Harmless when that has been done.
function Pace:leave(ticket)
  local lane = ticket.lane
  if ticket.waits then
    local was_first = first_of(lane) == ticket
    leave_line(ticket)
    if was_first then move_up(self, lane, self.clock()) end
  end
  forget_idle(self, lane)
end

-- Whether no call is before that of a ticket, and when its turn comes by the limits.
local function look_ahead(self, ticket, now)
  local lane = ticket.lane
  if ticket.alone then return true, turn_at(self, lane, now, 1, 1) end
  if not ticket.waits or lane.line[ticket.at] ~= ticket then -- anew
    join_line(self, ticket)
    lane = ticket.lane
  end
  local place = first_of(lane) == ticket and 1
    or first_awake(self, lane, now) == ticket and 1 or place_of(ticket)
  local others = count_others(self, ticket, now)
  return place == 1 and others == 0, turn_at(self, lane, now, place, place + others)
end

--- Asks whether a call may begin, and counts it if so.
-- @return true: it begins now; or false and the seconds to wait before the next question; or nil
--   and the seconds until its turn, which comes after its deadline
function Pace:check(ticket)
  local now = self.clock()
  local is_first, turn = look_ahead(self, ticket, now)
  local lane = ticket.lane
  if turn >= ticket.deadline or now >= ticket.deadline then return nil, turn - now end
  if is_first and turn <= now then
    if not take(lane.windows, now) then return false, race end
    if not take(self.shared, now) then
      give_back(lane.windows)
      return false, race
    end
    if ticket.waits then
      leave_line(ticket)
      move_up(self, lane, now)
    end
    return true
  end
  if first_of(lane) == ticket then ticket.due = turn end
  -- The calls before it wake one that is not first; it also looks by itself whether they are there.
  local seconds = turn - now + (is_first and 0 or patience)
  return false, math.min(seconds, ticket.deadline - now)
end

--- Waits for a turn.
-- @param wait  function(seconds) that lets time pass, until `wake` is called for the call; returns
--   whether the call is to go on
-- @return true; or false: it is not to go on; or nil and the seconds until its turn, which comes
--   after its deadline
function Pace:await(ticket, wait)
  while true do
    local verdict, seconds = self:check(ticket)
    if verdict ~= false then return verdict, seconds end
    if not wait(seconds) then return false end
  end
end

-- Wakes the calls of a lane whose deadline comes before the end of a hold: they end at once.
local function tell(self, lane, until_when)
  local head = first_of(lane)
  if head then head.due = math.max(head.due or until_when, until_when) end
  if until_when < lane.told + news then return end
  lane.told = until_when
  for at = lane.first, lane.last do
    local ticket = lane.line[at]
    if ticket.waits and ticket.deadline <= until_when then wake_up(self, ticket) end
  end
end

--- Lets no call of an operation begin for a time.
-- @param name     of the operation; nil: of all
-- @param seconds  from now
function Pace:hold(name, seconds)
  local now = self.clock()
  local until_when = now + seconds
  if self.holds then self.holds:set(name or "", until_when, now) end
  if name then
    local lane = self:lane(name)
    lane.held_until = math.max(lane.held_until, until_when)
    return tell(self, lane, until_when)
  end
  self.held_until = math.max(self.held_until, until_when)
  for _, lane in pairs(self.lanes) do tell(self, lane, until_when) end
end

--- Whether the pace is of no use any more: there is no limit, no hold, and no call that waits.
function Pace:is_over()
  local now = self.clock()
  if self.limited or self.held_until > now then return false end
  for _, lane in pairs(self.lanes) do
    if lane.held_until > now or first_of(lane) then return false end
  end
  return true
end

return pace
