--- Limits of many calls an hour, in less time than that: hours go by while nothing goes on, and the
-- requests that a sandbox has had are held against the limits at the end.

local convoke = require "convoke"

local hours = {}

local Hours = {}
Hours.__index = Hours

local margin = 0.5 -- seconds before a turn at which a long jump ends
local shortest = 1 -- seconds of the first jump to where nobody knows what comes
local longest = 4 -- the most during calls, which wait between their requests
local tolerance = 0.002 -- seconds: the sandbox tells milliseconds
local kept = 200 -- requests that the sandbox can tell of
local enough = 50 -- of them are noted at once: asking takes as long as some calls
local while_busy = 0.1 -- seconds between notes while calls go on without a pause

--- Hours for a job.
-- @param clock    see fast_forward.lua
-- @param store    of the job, open, whose limits are known to it
-- @param sandbox  whose Clerk the job calls; it goes by the clock
-- @param server   of the store, with its number as `pid`; or nil
function hours.new(clock, store, sandbox, server)
  return setmetatable({ clock = clock, store = store, sandbox = sandbox, server = server,
    step = shortest, seen = nil, still_until = 0, all = {}, creates = {}, last = nil, missed = 0,
    noted_at = 0, next_note = 0 }, Hours)
end

--- Has no hour go by for a time, in seconds: something is on its way that nobody can see.
function Hours:stand_still(seconds)
  self.still_until = math.max(self.still_until, convoke.now() + seconds)
end

-- What tells one request of the sandbox's from the others.
local function name_of(request)
  return ("%.6f %d %s %s"):format(request.time, request.connection, request.target, request.body)
end

--- Notes the requests that the sandbox has had since the last time.
function Hours:note_requests()
  local requests = self.sandbox:requests "clerk"
  local first = 1
  for i = #requests, 1, -1 do
    if name_of(requests[i]) == self.last then
      first = i + 1
      break
    end
  end
  if first == 1 and #requests == kept then self.missed = self.missed + 1 end
  for i = first, #requests do
    local request = requests[i]
    self.all[#self.all + 1] = request.time
    if request.method == "POST" then self.creates[#self.creates + 1] = request.time end
    self.last = name_of(request)
  end
end

-- How many rows workers hold, and when the first of the others that were sent is to be taken up,
-- by the store's clock: true where that cannot be told, nil where there are no others. Returns nil
-- where the store is away.
local function held(store)
  if store.file then
    local results = store.file:ask { { "SELECT count(worker), min(CASE WHEN worker IS NULL THEN"
      .. " lease END) FROM row WHERE job = ?1 AND state = 'sent'", store.job, n = 1 } }
    if results then return results[1][1][1], results[1][1][2] end
    return nil
  end
  local pending = store.connection:command("XPENDING", store.key:gsub("job$", "rows"), "workers")
  if not pending then return nil end
  local count, again_at = 0, nil
  for _, consumer in ipairs(pending[4] or {}) do
    if consumer[1] == "nobody" then again_at = true else count = count + tonumber(consumer[2]) end
  end
  return count, again_at
end

-- What of the limits is used, as text; and when they let a row begin that they do not now, or nil.
local function standing(limits, used)
  local words, turn = {}, nil
  for i, limit in ipairs(limits) do
    local times = used[i].times
    words[i] = ("%d %d %.6f"):format(#times, used[i].under_way, times[#times] or 0)
    local over = #times + used[i].under_way - limit[2]
    local ends = over >= 0 and times[over + 1]
    if ends then turn = math.max(turn or 0, ends + limit.per) end
  end
  return table.concat(words, " "), turn
end

-- Notes requests when there are many new ones, or when so much time is to go by that the store
-- forgets how many there are. Returns whether it did.
-- @param used  of each limit; that of all requests counts
-- @param step  seconds that are to go by
local function note_some(self, used, step)
  for i, limit in ipairs(self.store.limits) do
    local times = used[i].times
    local first = #times
    while first > 0 and times[first] > self.noted_at do first = first - 1 end
    local count = limit[1] == "*" and #times - first or 0
    if count >= enough or count > 0 and step > limit.per / 4 then
      self.noted_at = times[#times]
      self:note_requests()
      return true
    end
  end
end

-- How far the clock may jump: to what comes next, where that is known, else a little farther than
-- the last time.
-- @param turn      when limits let a row begin, by the clock of `now`; or nil
-- @param calls     under way
-- @param again_at  as of held()
local function next_step(self, turn, now, calls, again_at)
  local next_at = turn
  if again_at and again_at ~= true then next_at = math.min(turn or again_at, again_at) end
  local left = next_at and next_at - now - margin
  if left and left <= 0 then return shortest end
  if calls > 0 then return math.min(self.step, longest, left or longest) end
  return again_at == true and math.min(self.step, left or longest) or left or shortest
end

--- Lets time go by, at once if nothing goes on, else for a moment.
function Hours:tick()
  local since = convoke.now() >= self.still_until and self.clock:is_idle()
  if not since then
    if convoke.now() >= self.next_note then
      self:note_requests()
      self.next_note = convoke.now() + while_busy
    end
    return convoke.sleep(0.005)
  end
  local store = self.store
  local used, now = store:used()
  local calls, again_at = held(store)
  if not (used and calls) then return convoke.sleep(0.05) end -- the store is away
  local seen, turn = standing(store.limits, used)
  if seen ~= self.seen then self.seen, self.step = seen, shortest end
  local step = next_step(self, turn, now, calls, again_at)
  local server = self.server and self.server.pid
  if note_some(self, used, step) or not self.clock:has_been_idle(since, server) then return end
  self.clock:jump(step)
  self.step = 2 * self.step
  store.ahead = (store.ahead or 0) + step -- as far as this program's clock counts
end

--- Lets time go by for some seconds of this program's clock.
function Hours:pass(seconds)
  local stop = convoke.now() + seconds
  repeat self:tick() until convoke.now() >= stop
end

-- Complains of each call that a limit would not have allowed.
local function compare(times, limit, what, complain)
  table.sort(times)
  local count, per = limit[2], limit.per
  for i = count + 1, #times do
    local seconds = times[i] - times[i - count]
    if seconds < per - tolerance then
      complain("%d %s within %.3f s, where %d within %g s are allowed", count + 1, what, seconds,
        count, per)
    end
  end
end

--- Holds what the sandbox has had against the limits.
-- @param made      when invitations were made, by the sandbox's books
-- @param complain  function(format, ...)
function Hours:judge(made, complain)
  self:note_requests()
  for _, limit in ipairs(self.store.limits) do
    if limit[1] == "*" then
      compare(self.all, limit, "requests", complain)
    else
      compare(self.creates, limit, "creates", complain)
      compare(made, limit, "invitations", complain)
    end
  end
  if self.missed > 0 then complain("%d times requests were not seen", self.missed) end
  print(("  simulated                %.1f hours, %d requests"):format(self.clock.ahead / 3600,
    #self.all))
end

return hours
