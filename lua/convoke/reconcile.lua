--- Settling an unknown outcome by looking: was the object made, or not?
--
-- A create whose answer got lost is looked up where the API lets one: what was made since the call
-- began is the call's own, what stood there before is not.

local core = require "convoke.core"

local reconcile = {}

-- What earlier calls of this program were given, id -> when it was made; that is not what a later
-- call made. Bounded: the latest few thousand.
local given, order, latest = {}, {}, 0
local most_given = 4096

local function remember(id, time)
  if type(id) ~= "string" then return end
  if not given[id] then
    latest = latest % most_given + 1
    if order[latest] then given[order[latest]] = nil end
    order[latest] = id
  end
  given[id] = time or true
end

-- Times ------------------------------------------------

local function days_from_civil(year, month, day)
  if month <= 2 then year = year - 1 end
  local era = math.floor(year / 400)
  local of_era = year - era * 400
  local of_year = math.floor((153 * (month + (month > 2 and -3 or 9)) + 2) / 5) + day - 1
  local of_era_days = of_era * 365 + math.floor(of_era / 4) - math.floor(of_era / 100) + of_year
  return era * 146097 + of_era_days - 719468
end

-- Seconds since the epoch of a date-time of RFC 3339, or nil.
local function parse_time(text)
  if type(text) ~= "string" then return nil end
  local year, month, day, hour, minute, second, zone =
    text:match "^(%d%d%d%d)-(%d%d)-(%d%d)[T ](%d%d):(%d%d):(%d%d%.?%d*)(.*)$"
  if not year then return nil end
  local sign, hours, minutes = zone:match "^([+-])(%d%d):?(%d%d)$"
  local offset = sign and (hours * 3600 + minutes * 60) * (sign == "-" and -1 or 1) or 0
  return days_from_civil(tonumber(year), tonumber(month), tonumber(day)) * 86400
    + hour * 3600 + minute * 60 + second - offset
end

local resolution = 0.001 -- seconds: what the servers' times of creation are rounded down to

-- What is known of a server's clock: how far it is ahead of ours, at least and at most, in seconds.
local Clock = {}
Clock.__index = Clock

--- A clock that nothing is known of.
function reconcile.clock()
  return setmetatable({ least = -math.huge, most = math.huge }, Clock)
end

-- The server showed a time between `from` and `to` at some moment between `sent` and `received`.
function Clock:learn(from, to, sent, received)
  local least, most = from - received, to - sent
  if least > self.most or most < self.least then -- one of the clocks was set
    self.least, self.most = least, most
  else
    self.least, self.most = math.max(self.least, least), math.min(self.most, most)
  end
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

-- Each way: `id(object)`; `list`, the operation to look with; `query(params)`, its parameters;
-- `matches(object, params)`; `time(object)` in seconds; `many(params)`, whether the API allows
-- several at once; `refusal(err)`, whether a refusal says that one is there.
local ways = {}

ways["clerk.invitations.create"] = {
  list = "list_invitations",
  id = function(object) return object.id end,
  query = function(params) return { status = "pending", query = params.email_address } end,
  matches = function(object, params)
    return same_address(object.email_address, params.email_address)
  end,
  time = function(object)
    return type(object.created_at) == "number" and object.created_at / 1000
  end,
  many = function(params) return params.ignore_existing == true end,
  refusal = function(err) return err.code == "duplicate_record" end,
}

ways["gencove.invitations.create"] = {
  list = "invitations_list",
  id = function(object) return object.id end,
  query = function() return { status = "pending" } end,
  matches = function(object, params) return same_address(object.email, params.email) end,
  time = function(object)
    return type(object.last_status) == "table" and parse_time(object.last_status.created)
  end,
  refusal = function(err) return err.status == 400 end,
}

ways["cvat.invitations.create"] = {
  list = "invitations_list",
  id = function(object) return object.key end,
  query = function(params)
    return { org = params.org, org_id = params.org_id, sort = "-created_date",
      ["X-Organization"] = params["X-Organization"] }
  end,
  -- Answers carry no address. An account made for an invitation is named after the address, an
  -- older account in any way its owner likes.
  matches = function(object, params)
    if object.role ~= params.role or type(object.user) ~= "table" then return false end
    local name, email = object.user.username, params.email
    local mailbox = type(email) == "string" and email:match "^[^@]*" or ""
    return name == email or (type(name) == "string" and name:sub(1, #mailbox) == mailbox
      and name:sub(#mailbox + 1):find "^%d*$" ~= nil)
  end,
  time = function(object) return parse_time(object.created_date) end,
  newest_first = true,
  refusal = function(err)
    return err.status == 400 and type(err.message) == "string"
      and err.message:find("member of the organization already", 1, true) ~= nil
  end,
}

--- Notes what a call was given, and when by both clocks.
function reconcile.note(operation, value, clock, sent)
  local way = ways[operation.name]
  if not way or type(value) ~= "table" then return end
  local time = way.time(value)
  remember(way.id(value), time)
  if time then clock:learn(time, time + resolution, sent, core.time()) end
end

--- Whether there is a way to look for what the operation makes.
function reconcile.can_look(operation)
  return ways[operation.name] ~= nil
end

--- Whether a refusal, after a try with an unknown outcome, may be the echo of that try.
function reconcile.is_echo(operation, err)
  local way = ways[operation.name]
  return way ~= nil and err.kind == "http" and way.refusal(err)
end

-- Sorts what the listing shows: what may be the call's own, and whether something older is there.
local function sort_out(way, params, objects, began)
  local fresh, older = {}, false
  for object in objects do
    if type(object) ~= "table" then return nil end
    local time = way.time(object)
    if way.newest_first and time and time < began then break end
    if way.matches(object, params) then
      if time and time >= began and given[way.id(object)] ~= time then
        fresh[#fresh + 1] = object
      else
        older = true
      end
    end
  end
  return fresh, older
end

--- Looks for what a create has made.
-- @param operation  of the catalogue, one that can_look() knows
-- @param params     of the call
-- @param began      when the call began, by core.time()
-- @param clock      the server's
-- @param each       function(list operation id, params): an iterator over what is listed; the
--   clock has learned from the answer once it gave something
-- @param ask        function(list operation id, params): makes one more listing after a moment,
--   for its Date; false when there is no time for that
-- @return "made" and the object; "absent"; or "unclear"
function reconcile.look(operation, params, began, clock, each, ask)
  local way = ways[operation.name]
  local query = way.query(params)
  local function sorted()
    local objects = {}
    for object in each(way.list, query) do objects[#objects + 1] = object end
    local position = 0
    return sort_out(way, params, function()
      position = position + 1
      return objects[position]
    end, clock:earliest(began))
  end
  local fresh, older = sorted()
  -- A Date is no better than a second: an object as old as that may be another's. A few more Dates
  -- tell better.
  if fresh and #fresh > 0 and clock:is_vague() then
    local tries = 0
    while clock:is_vague() and tries < 10 and ask(way.list, query) do tries = tries + 1 end
    fresh, older = sorted()
  end
  if not fresh then return "unclear" end
  local several = way.many ~= nil and way.many(params)
  if older and several then return "unclear" end
  if #fresh == 0 then return "absent" end
  if #fresh > 1 then return "unclear" end
  return "made", fresh[1]
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
