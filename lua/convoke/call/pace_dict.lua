--- The limits and holds of a pace that nginx's workers share, in a dictionary of shared memory.
--
-- Each call that begins writes its time under the next number of its limit, by an atomic `add`: two
-- workers that want the same number get it one after the other. The call of number n may begin when
-- `per` seconds have passed since that of number n - count. Nothing is locked, so that no worker
-- waits for another one, or is left waiting by one that has died.
--
-- The times are those of the machine's monotonic clock, which all workers read.

local shared_dict = require "convoke.hosts.shared_dict"

local pace_dict = {}

local entry_size = 256 -- bytes of the dictionary that one time takes, with room to spare
local longest_race = 100 -- numbers that others may take while one is looked for

-- Limits ------------------------------------------------

local Window = {}
Window.__index = Window

-- The number of the next call: what was written last, which may be a little behind.
local function next_number(self)
  return self.dict:get(self.key) or 0
end

--- The time, not before `earliest`, at which the call in a place of this worker's line (1: the
--- next one) may begin, if those before it begin as soon as they may. Other workers' lines are not
--- known.
function Window:ready_at(earliest, place)
  local rounds = math.floor((place - 1) / self.count) -- of calls that are yet to begin
  local number = next_number(self) + place - 1 - (rounds + 1) * self.count
  local begun = self.dict:get(self.key .. number)
  if begun and begun + self.per > earliest then earliest = begun + self.per end
  return earliest + rounds * self.per
end

--- Counts a call that begins now.
-- @return true; or false where other workers' calls have taken the room meanwhile
function Window:take(now)
  local number = next_number(self)
  for _ = 1, longest_race do
    local begun = self.dict:get(self.key .. (number - self.count))
    if begun and begun + self.per > now then return false end
    -- Kept for longer than it counts, so that who comes with an old number finds it taken.
    local added, why = self.dict:safe_add(self.key .. number, now, 2 * self.per + 10)
    if added then
      self.taken = number
      self.dict:set(self.key, number + 1)
      self.dict:delete(self.key .. (number - 2 * self.count)) -- no longer needed by anybody
      return true
    end
    if why ~= "exists" then
      error(("convoke: the dictionary of rate_dict is full (%s); it must be larger"):format(why), 0)
    end
    number = number + 1
  end
  return false
end

--- Uncounts the call that was counted last: it does not begin after all.
function Window:give_back()
  self.dict:delete(self.key .. self.taken)
end

-- Holds ------------------------------------------------

local Holds = {}
Holds.__index = Holds

--- The time before which nothing begins.
-- @param name  of an operation; "": of all
function Holds:get(name)
  return self.dict:get(self.prefix .. "hold/" .. name) or -math.huge
end

--- Lets nothing begin before a time.
-- @param now  the time
function Holds:set(name, until_when, now)
  if until_when > self:get(name) then
    self.dict:set(self.prefix .. "hold/" .. name, until_when, until_when - now + 1)
  end
end

-- Opening ------------------------------------------------

-- The number of calls whose times the limits keep.
local function count_times(limits, of_operations)
  local count = 0
  for _, limit in ipairs(limits or {}) do count = count + 2 * limit[1] end
  for _, own in pairs(of_operations or {}) do count = count + count_times(own) end
  return count
end

--- Opens a dictionary for the pace of a client.
-- @param name    of the dictionary
-- @param prefix  text that tells apart what is in one dictionary: the API and its address
-- @param limits, of_operations  as pace.new() takes them
-- @return a function(limit, scope) that makes the window of a limit of an operation ("": of all),
--   and what keeps the holds; or nil and what is wrong with the option
function pace_dict.open(name, prefix, limits, of_operations)
  local dict, why = shared_dict.find(name)
  if not dict then return nil, why end
  local bytes = count_times(limits, of_operations) * entry_size
  if dict.capacity and bytes > dict:capacity() then
    return nil, ("names a dictionary that is too small for these limits: they take %d KiB")
      :format(math.ceil(bytes / 1024))
  end
  prefix = "convoke/" .. prefix .. "/"
  local function window(limit, scope)
    local key = ("%s%s/%d/%.14g/"):format(prefix, scope, limit[1], limit.per)
    return setmetatable({ dict = dict, key = key, count = limit[1], per = limit.per }, Window)
  end
  return window, setmetatable({ dict = dict, prefix = prefix }, Holds)
end

return pace_dict
