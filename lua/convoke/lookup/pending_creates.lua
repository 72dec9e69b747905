--- The creates that this program has under way, and what became of earlier ones: with these one can
-- tell which of its calls an object belongs to.

local core = require "convoke.core"

local clocks = core.clocks

local pending_creates = {}

-- The creates that go on, each with an entry in a slot, which is used again: a set would be
-- built anew all the time. The call is weak: a call that is collected leaves none.
local entries, calls, free -- by slot; the last, in a row, slots without a call
local slots, free_count
local most_idle = 256 -- so many entries are kept when none is of use

local function begin_anew()
  entries, calls, free = {}, setmetatable({}, { __mode = "v" }), {}
  slots, free_count = 0, 0
end

begin_anew()

-- The latest creates of which nobody knows how they ended. The server may yet execute them for a
-- while.
local doubtful, last_doubtful, most_doubtful = {}, 0, 256
local longest_doubt = 60 -- seconds

local function decode_percents(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- Adds the values that stand in the path of an address.
local function read_path(url, operation, params)
  if not operation.path_params[1] then return end
  local pattern = operation.path:gsub("[%-%.%+]", "%%%0"):gsub("{[^}]+}", "([^/]+)") .. "$"
  local values = { url:match("^[^?]*"):match(pattern) }
  for i, name in ipairs(operation.path_params) do
    params[name] = values[i] and decode_percents(values[i])
  end
end

-- The parameters of a call as they were sent. The caller may have changed its table since, so they
-- are read from the request; to copy them before would make each call that goes well dearer.
local function params_as_sent(call, operation)
  local request = call:request()
  local params = request.body and core.read(request.body) or {}
  for name, value in (request.url:match "%?(.*)" or ""):gmatch "([^&=]+)=([^&]*)" do
    params[name] = decode_percents(value)
  end
  read_path(request.url, operation, params)
  for _, param in ipairs(operation.params) do
    if param.where == "header" then params[param.name] = request.headers[param.name] end
  end
  return params
end

--- What a call has asked for: parameter name -> value. A collected call has no request any more:
-- then the caller's own table is used, which may have changed.
function pending_creates.wanted(entry)
  if not entry.wanted then
    local call = calls[entry.slot]
    entry.wanted = call and params_as_sent(call, entry.operation) or entry.params or {}
  end
  return entry.wanted
end

-- Takes an entry out of use.
local function clear(entry, in_doubt)
  if in_doubt then
    local following = last_doubtful % most_doubtful + 1
    doubtful[following] = { operation = entry.operation, wanted = pending_creates.wanted(entry),
      unsettled = true, ended = core.now() }
    last_doubtful = following
  end
  calls[entry.slot] = nil
  entry.params, entry.started, entry.wanted = nil, nil, nil
  free_count = free_count + 1
  free[free_count] = entry.slot -- there is room
end

--- Takes the entries of collected calls out of use: a coroutine that is never resumed, or out of
-- memory, has told nobody how its call ended.
function pending_creates.reap_collected()
  for slot, entry in ipairs(entries) do
    if entry.started and not calls[slot] then clear(entry, entry.on_wire or entry.unsettled) end
  end
end

-- The objects that calls of this program were given, by id and time of creation: no other call has
-- made those. Each is kept as long as calls go on that might find it, and longer by the doubt about
-- the server's clock.
local given = core.issued_ids()
local add = given.add

local function make_room(now)
  local oldest = now
  pending_creates.reap_collected()
  for _, entry in ipairs(entries) do
    if entry.started and entry.started < oldest then oldest = entry.started end
  end
  given:make_room(oldest)
end

--- Whether a call was given the object that was made at that time.
function pending_creates.was_given(id, time)
  return type(id) == "string" and type(time) == "number" and given:has(id, time)
end

--- Notes that a call begins which may be looked for.
-- @param native   the call as the core has it
-- @param habits   how its vendor lets one look for what it makes, see vendors/clerk.lua
-- @param params   of the operation, or nil
-- @param started  when it began, by core.now()
-- @return an entry: operation, habits, params, started; began and wall, when, by core.clocks();
--   `on_wire`, it waits for an answer, and `unsettled`, an earlier try may have happened, both to
--   be kept up; `waiting`, for what becomes of others; `turn` and `deep`, see judge.look()
function pending_creates.enter(native, operation, habits, params, started)
  if free_count == slots and slots > most_idle then begin_anew() end
  if free_count == 0 then
    local slot = slots + 1
    free[slot] = slot -- so that giving it back needs no memory
    entries[slot] = { slot = slot, operation = false, params = nil, started = nil, wanted = nil,
      habits = false,
      began = 0, wall = 0, turn = 1, deep = false,
      on_wire = false, unsettled = false, waiting = false }
    free[1], free_count, slots = slot, 1, slot
  end
  local entry = entries[free[free_count]]
  calls[entry.slot] = native -- there may be no memory for that
  free_count = free_count - 1
  entry.operation, entry.habits = operation, habits
  entry.params, entry.started = params, started
  entry.on_wire, entry.unsettled, entry.waiting = false, false, false
  entry.began, entry.wall = clocks()
  entry.turn, entry.deep = 1, false
  return entry
end

--- Notes that such a call begins only now: it has waited for its turn, and nothing was sent before.
-- @param now  by core.now()
function pending_creates.begin_now(entry, now)
  entry.started = now
  entry.began, entry.wall = clocks()
end

--- Notes that such a call is over without having been given anything. Harmless when it is over.
-- @param in_doubt  whether it may have happened, for all that is known
function pending_creates.leave(entry, in_doubt)
  if entry.started then clear(entry, in_doubt) end
end

--- Notes that such a call is over, and what it was given.
-- @param value  the object
-- @param clock  the server's, which learns from it
-- @param now    by core.now()
-- @param found  whether it was found by looking, not answered
function pending_creates.succeed(entry, value, clock, now, found)
  local habits = entry.habits
  local id = type(value) == "table" and value[habits.id]
  if type(id) == "string" then
    local time = habits.time(value)
    if time and not found and now >= clock.asks_from then
      clock:learn_creation(time, entry.began, now)
    end
    local until_when = now + clock.doubt -- it is remembered so long after the calls that go on now
    if not add(given, id, time, until_when) then
      make_room(now)
      add(given, id, time, until_when)
    end
  end
  if entry.started then clear(entry, false) end
end

--- Calls f(other entry) for all calls that may have made an object that a call has found.
function pending_creates.each_rival(entry, f)
  for _, other in ipairs(entries) do
    if other ~= entry and other.started and other.operation == entry.operation
      and (other.on_wire or other.unsettled) then
      f(other)
    end
  end
  for _, other in ipairs(doubtful) do
    local overlaps = other.ended + longest_doubt > entry.started
    if other.operation == entry.operation and overlaps then f(other) end
  end
end

return pending_creates
