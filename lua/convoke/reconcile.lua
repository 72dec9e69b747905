--- Settling an unknown outcome by looking: was the object made, or not?
--
-- A create whose answer got lost is looked up where the API lets one: what was made since the call
-- began is the call's own, what stood there before is not.

local cjson = require "cjson"
local core = require "convoke.core"

local reconcile = {}

-- The creates that go on, each with an entry in a slot, which is used again: a set would be
-- built anew all the time. The call is weak: who dies in between leaves none.
local entries, calls, free -- by slot; the last, in a row, slots without a call
local slots, free_count
local most_idle = 256 -- so many entries are kept when none is of use

local function begin_anew()
  entries, calls, free = {}, setmetatable({}, { __mode = "v" }), {}
  slots, free_count = 0, 0
end

begin_anew()

-- Creates of which nobody knows how they ended; the latest of them. They may be executed for a
-- while yet.
local doubtful, last_doubtful, most_doubtful = {}, 0, 256
local longest_doubt = 60 -- seconds

local function decode_percents(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local decode = cjson.new().decode -- a program may have set its own to anything

-- The parameters of a call, read off its request: the caller's own table may have changed since.
local function read_request(call)
  local request = call:request()
  local params = request.body and decode(request.body) or {}
  for name, value in (request.url:match "%?(.*)" or ""):gmatch "([^&=]+)=([^&]*)" do
    params[name] = decode_percents(value)
  end
  params["X-Organization"] = request.headers["X-Organization"] -- the one parameter that is a header
  return params
end

-- What a call has asked for. Who died is known by the caller's table alone.
local function asked(entry)
  if not entry.asked then
    local call = calls[entry.slot]
    entry.asked = call and read_request(call) or entry.params or {}
  end
  return entry.asked
end

-- Takes an entry out of use.
local function clear(entry, in_doubt)
  if in_doubt then
    local following = last_doubtful % most_doubtful + 1
    doubtful[following] = { operation = entry.operation, asked = asked(entry), unsettled = true,
      ended = core.now() }
    last_doubtful = following
  end
  calls[entry.slot] = nil
  entry.params, entry.started, entry.asked = nil, nil, nil
  free_count = free_count + 1
  free[free_count] = entry.slot -- there is room
end

-- A coroutine that is never resumed, or out of memory, has told nobody how its call ended.
local function bury_dead()
  for slot, entry in ipairs(entries) do
    if entry.started and not calls[slot] then clear(entry, entry.on_wire or entry.unsettled) end
  end
end

-- What calls of this program were given, by ids and the times of their making: no other call has
-- made that. Each is kept while calls go on that might find it, and longer by how little is known
-- of the server's clock.
local given = core.book()
local add = given.add
local least_doubt = 2 -- seconds

local function make_room(now)
  local oldest = now
  bury_dead()
  for _, entry in ipairs(entries) do
    if entry.started and entry.started < oldest then oldest = entry.started end
  end
  given:make_room(oldest)
end

-- Whether a call was given the object that was made at that time.
local function was_given(id, time)
  return type(id) == "string" and given:has(id, time)
end

-- Times ------------------------------------------------

local resolution = 0.001 -- seconds: what the servers' times of creation are rounded down to

-- What is known of a server's clock: how far it is ahead of ours, at least and at most, in seconds.
local Clock = {}
Clock.__index = Clock

--- A clock that nothing is known of.
function reconcile.clock()
  return setmetatable({ least = -math.huge, most = math.huge, doubt = least_doubt, told = 0,
    asks_from = 0 }, Clock)
end

-- The server showed a time between `from` and `to` at some moment between `sent` and `received`.
function Clock:learn(from, to, sent, received)
  local least, most = from - received, to - sent
  if least > self.most or most < self.least then -- one of the clocks was set
    self.least, self.most = least, most
  else
    if least > self.least then self.least = least end
    if most < self.most then self.most = most end
  end
  self.doubt = math.max(least_doubt, self.most - self.least)
end

--- Learns from the Date of an answer, which tells whole seconds.
function Clock:learn_date(date, sent, received)
  local seconds = type(date) == "string" and core.http_date(date)
  if seconds then self:learn(seconds, seconds + 1, sent, received) end
end

-- The earliest time by the server's clock that `moment` of ours can have been.
function Clock:earliest(moment)
  if self.least == -math.huge then return moment - 1 end
  return moment + self.least - resolution
end

--- Whether another Date would tell more.
function Clock:is_vague()
  return self.least > -math.huge and self.most - self.least > 0.1
end

-- What can be looked up ------------------------------------------------

local function same_address(one, other)
  return type(one) == "string" and type(other) == "string" and one:lower() == other:lower()
end

-- Whether two free-form values say the same; null and absence are one.
local function same_value(one, other)
  if one == cjson.null then one = nil end
  if other == cjson.null then other = nil end
  if type(one) ~= "table" or type(other) ~= "table" then return one == other end
  for name, member in pairs(one) do
    if not same_value(member, other[name]) then return false end
  end
  for name, member in pairs(other) do
    if one[name] == nil and not same_value(nil, member) then return false end
  end
  return true
end

-- How well an object fits what a call asked for. Only what surely fits is taken as it is.
local not_at_all, perhaps, nearly, surely = 0, 1, 2, 3

-- Each way: `id`, the field that has an object's; `list`, the operation to look with;
-- `query(params)`, its parameters; `fit(object, params)`, how well an object fits; `time(object)`,
-- when it was made, in seconds, or nil; `many(params)`,
-- whether the API allows several at once; `newest_first`, the listing is asked for in that order;
-- `refusal(err)`, whether a refusal says that one is there; `harmless`, where asking again can but
-- be refused, and calls for different addresses may look alike in what is listed.
local ways = {}
reconcile.ways = ways -- operation name -> how to look for what it makes

ways["clerk.invitations.create"] = {
  list = "list_invitations",
  id = "id",
  query = function(params) return { status = "pending", query = params.email_address } end,
  fit = function(object, params)
    if not same_address(object.email_address, params.email_address) then return not_at_all end
    return same_value(object.public_metadata or {}, params.public_metadata or {}) and surely
      or perhaps
  end,
  time = function(object)
    local time = object.created_at
    return type(time) == "number" and time / 1000 or nil
  end,
  many = function(params) return params.ignore_existing == true end,
  refusal = function(err) return err.code == "duplicate_record" end,
}

ways["gencove.invitations.create"] = {
  list = "invitations_list",
  id = "id",
  query = function() return { status = "pending" } end,
  fit = function(object, params)
    if not same_address(object.email, params.email) then return not_at_all end
    local role = params.role
    return (role == nil or role == "" or object.role == role) and surely or perhaps
  end,
  time = function(object)
    local status = object.last_status
    return type(status) == "table" and core.date_time(status.created) or nil
  end,
  refusal = function(err) return err.status == 400 end,
}

ways["cvat.invitations.create"] = {
  list = "invitations_list",
  id = "key",
  query = function(params)
    return { org = params.org, org_id = tonumber(params.org_id), sort = "-created_date",
      ["X-Organization"] = params["X-Organization"] }
  end,
  -- Answers carry no address. An account made for an invitation is named after the address, with
  -- digits behind it when that name is taken; an older account in any way its owner likes.
  fit = function(object, params)
    if object.role ~= params.role or type(object.user) ~= "table" then return not_at_all end
    local name, email = object.user.username, params.email
    local mailbox = type(email) == "string" and email:match "^[^@]*" or ""
    if type(name) ~= "string" then return perhaps end
    if name == email or name == mailbox then return surely end
    return name:sub(1, #mailbox) == mailbox and name:sub(#mailbox + 1):find "^%d+$" and nearly
      or perhaps
  end,
  time = function(object) return core.date_time(object.created_date) end,
  newest_first = true,
  harmless = true,
  refusal = function(err)
    return err.status == 400 and type(err.message) == "string"
      and err.message:find("member of the organization already", 1, true) ~= nil
  end,
}

-- Calls that may have made what another call finds -----------------------------------------------

--- Notes that a call begins which may be looked for.
-- @param native   the call as the core has it
-- @param params   of the operation, or nil
-- @param started  when it began, by core.now()
-- @return an entry: operation, params, started; `on_wire`, it waits for an answer, and `unsettled`,
--   an earlier try may have happened, both to be kept up; `waiting`, for what becomes of others
function reconcile.enter(native, operation, params, started)
  if free_count == slots and slots > most_idle then begin_anew() end
  if free_count == 0 then
    local slot = slots + 1
    free[slot] = slot -- so that giving it back needs no memory
    entries[slot] = { slot = slot, operation = false, params = nil, started = nil, asked = nil,
      on_wire = true, unsettled = false, waiting = false }
    free[1], free_count, slots = slot, 1, slot
  end
  local entry = entries[free[free_count]]
  calls[entry.slot] = native -- there may be no memory for that
  free_count = free_count - 1
  entry.operation, entry.params, entry.started = operation, params, started
  entry.on_wire, entry.unsettled, entry.waiting = true, false, false
  return entry
end

--- Notes that such a call is over without having been given anything. Harmless when it is over.
-- @param outcome  "unknown" where it may have happened
function reconcile.leave(entry, outcome)
  if not entry.started then return end
  clear(entry, outcome == "unknown")
end

-- Calls f(other call) for all that may have made an object that a call has found.
local function each_rival(entry, f)
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

-- Whose an object is that fits a call: "own"; "other", a call's that it fits better; "open" while
-- another call may still tell that it is its own, or not; or "contested", when it may be another's
-- as well.
local function whose(way, entry, object, fit, echo)
  local verdict = "own"
  each_rival(entry, function(rival)
    local fits = way.fit(object, asked(rival))
    if fits < fit or verdict == "other" then return end
    if fits > fit then
      verdict = "other"
    elseif rival.on_wire then
      verdict = "open"
    elseif way.harmless and not same_address(asked(rival).email, asked(entry).email) then
      -- Who can still ask again goes first; two that wait for each other would wait for ever.
      local hopeful = echo and not rival.ended and not rival.waiting
      verdict = (hopeful or verdict == "open") and "open" or "contested"
    end -- who asked for the very same cannot tell the difference
  end)
  return verdict
end

-- A clock learns from so many answers, then from none for so many seconds: more would tell little.
local telling, rest = 16, 2

-- Learns what an answer tells about the server's clock, now that it has come.
local function learn(clock, entry, time)
  local received, now = core.time(), core.now()
  clock:learn(time, time + resolution, received - (now - entry.started), received)
  clock.told = clock.told + 1
  if clock.told == telling then clock.told, clock.asks_from = 0, now + rest end
end

--- Notes that such a call is over, and what it was given; it is `now` by core.now().
function reconcile.succeed(entry, value, clock, now)
  local way = ways[entry.operation.name]
  local id = type(value) == "table" and value[way.id]
  if type(id) == "string" then
    local time = way.time(value)
    if time and now >= clock.asks_from then learn(clock, entry, time) end
    if not add(given, id, time, now + clock.doubt) then
      make_room(now)
      add(given, id, time, now + clock.doubt)
    end
  end
  clear(entry, false)
end

--- Whether a refusal, after a try with an unknown outcome, may be the echo of that try.
function reconcile.is_echo(operation, err)
  local way = ways[operation.name]
  return way ~= nil and err.kind == "http" and way.refusal(err)
end

-- Looking ------------------------------------------------

local trusted = 99 -- so many objects in order, a page of them, show the order of a listing

-- Collects what a listing shows of about the time since the call began, each object once: pages
-- shift while others create. Nothing, where an object is none.
local function collect(way, objects, earliest)
  local found, seen = {}, {}
  local in_order, before = true, math.huge -- where nobody has promised it, a long listing shows it
  local object = objects() -- plain Lua 5.1 lets no `for` wait
  while object ~= nil do
    if type(object) ~= "table" then return nil end
    local id, time = object[way.id], way.time(object)
    if id == nil or not seen[id] then
      in_order = in_order and time ~= nil and time <= before
      before = time or before
      if time and time < earliest() and (way.newest_first or (in_order and #found >= trusted)) then
        break
      end
      found[#found + 1] = object
      if id ~= nil then seen[id] = true end
    end
    object = objects()
  end
  return found
end

-- Sorts what was collected: what surely fits and may be the call's own; what perhaps fits; whether
-- there is something older or another's; whether somebody may still be given what is there.
local function sort_out(way, entry, objects, began, echo)
  local sorted = { [perhaps] = {}, [nearly] = {}, [surely] = {}, others = false, contested = false,
    open = false }
  bury_dead()
  for _, object in ipairs(objects) do
    local fit, time = way.fit(object, asked(entry)), way.time(object)
    if fit > not_at_all then
      if time and time >= began and not was_given(object[way.id], time) then
        local owner = whose(way, entry, object, fit, echo)
        if owner == "other" then
          sorted.others = true
        else
          table.insert(sorted[fit], object)
          sorted.contested = sorted.contested or owner == "contested"
          sorted.open = sorted.open or (owner == "open" and fit > perhaps)
        end
      else
        sorted.others = true
      end
    end
  end
  return sorted
end

-- Judges what was sorted, as look() returns it.
local function judge(way, entry, sorted, echo)
  local several = way.many ~= nil and way.many(asked(entry))
  local sure, near, unsure = sorted[surely], sorted[nearly], sorted[perhaps]
  if sorted.open or (sorted.others and several) or #sure > 1 then return "unclear" end
  if #sure == 1 and not sorted.contested then return "made", sure[1] end
  -- The API's answer to the same question tells more than names that are alike.
  if way.harmless and not echo then return "absent" end
  if #sure == 0 and #near == 1 and not sorted.contested then return "made", near[1] end
  return #sure + #near + #unsure > 0 and "unclear" or "absent"
end

--- Looks for what a create has made.
-- @param entry  of the call, as enter() gave it
-- @param clock  the server's
-- @param echo   the API has said that there is one
-- @param each   function(list operation id, params): an iterator over what is listed; the
--   clock has learned from the answer once it gave something
-- @param ask    function(list operation id, params): makes one more listing after a moment,
--   for its Date; false when there is no time for that
-- @param let_pass  function(): lets a moment pass; false when there is no time for that
-- @return "made" and the object; "absent"; or "unclear"
function reconcile.look(entry, clock, echo, each, ask, let_pass)
  local way = ways[entry.operation.name]
  local query = way.query(asked(entry))
  local began = core.time() - (core.now() - entry.started)
  local function earliest() return clock:earliest(began) end
  local function listed() return collect(way, each(way.list, query), earliest) end
  local objects = listed()
  if not objects then return "unclear" end
  local sorted = sort_out(way, entry, objects, earliest(), echo)
  -- A Date is no better than a second: an object as old as that may be another's. A few more Dates
  -- tell better.
  if clock:is_vague() and #sorted[surely] + #sorted[nearly] > 0 then
    local tries = 0
    while clock:is_vague() and tries < 10 and ask(way.list, query) do tries = tries + 1 end
    objects = listed()
    if not objects then return "unclear" end
    sorted = sort_out(way, entry, objects, earliest(), echo)
  end
  entry.waiting = sorted.open
  while sorted.open and let_pass() do sorted = sort_out(way, entry, objects, earliest(), echo) end
  entry.waiting = false
  local verdict, object = judge(way, entry, sorted, echo)
  -- What others remove moves what comes after it to pages that have been read.
  if echo and verdict == "absent" and #objects > trusted then
    objects = listed()
    if not objects then return "unclear" end
    return judge(way, entry, sort_out(way, entry, objects, earliest(), echo), echo)
  end
  return verdict, object
end

-- What is gone already ------------------------------------------------

-- How a repeat says that what was asked for has been done before.
local gone = {
  ["clerk.invitations.revoke"] = function(err) return err.code == "invitation_already_revoked" end,
  ["cvat.invitations.delete"] = function(err) return err.status == 404 end,
  ["gencove.invitations.delete"] = function(err) return err.status == 404 end,
  ["edgegap.sessions.delete"] = function(err) return err.status == 404 or err.status == 410 end,
}

--- Whether a refusal, after a try with an unknown outcome, means that the try has done its work.
function reconcile.is_done(operation, err)
  local says_so = gone[operation.name]
  return says_so ~= nil and err.kind == "http" and says_so(err)
end

--- What a call returns whose work an earlier try has done: true where the answer has no body, else
-- what is certain of the object.
function reconcile.done_value(operation, path, err)
  if operation.answer.type == "null" then return true end
  local name = operation.path_params[1]
  local value = { message = err.message }
  value[name] = type(path) == "table" and path[name] or path
  if operation.name == "clerk.invitations.revoke" then
    return { id = value[name], status = "revoked", revoked = true, object = "invitation" }
  end
  return value
end

return reconcile
