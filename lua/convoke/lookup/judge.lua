--- Judging what a listing shows: has a create whose outcome is unknown made an object, or not?
--
-- What was made since a call began and shows all that it asked for is the call's own; what stood
-- there before, or shows something else, is another's; what is neither for certain proves nothing.

local fits = require("convoke.lookup.fits").levels
local pending_creates = require "convoke.lookup.pending_creates"

local judge = {}

local wanted, was_given = pending_creates.wanted, pending_creates.was_given

--- Whether a refusal, after a try with an unknown outcome, may be the echo of that try.
function judge.is_echo(entry, err)
  return err.kind == "http" and entry.habits.refusal(err)
end

--- Whether nothing is made beside what a try may have made, when the create is sent again.
function judge.is_exclusive(entry)
  local habits = entry.habits
  return habits.exclusive and not habits.many(wanted(entry))
end

--- Whether a create makes a second one beside the first.
function judge.makes_many(entry)
  return entry.habits.many(wanted(entry))
end

-- Looking ------------------------------------------------

local trusted = 99 -- so many objects in order, a page of them, show the order of a listing
local deepest = 5000 -- so many objects are read at most where something old would explain a refusal

-- To whom an object belongs that fits a call: "own", to the call; "other", to a call that it fits
-- better; "open": another call may still find out whether it is its own; or "contested": it may as
-- well belong to another call.
local function whose(habits, entry, object, fit, echo)
  local verdict = "own"
  pending_creates.each_rival(entry, function(rival)
    local its_fit = habits.fit(object, wanted(rival))
    if its_fit < fit or verdict == "other" then return end
    if its_fit > fit then
      verdict = "other"
    elseif rival.on_wire then
      verdict = "open"
    elseif habits.names_only and not habits.same_address(wanted(rival), wanted(entry)) then
      -- A call that can still ask again goes first; two that wait for each other would never end.
      local hopeful = echo and not rival.ended and not rival.waiting
      verdict = (hopeful or verdict == "open") and "open" or "contested"
    end -- calls that asked for the very same cannot tell the difference
  end)
  return verdict
end

-- Collects what a listing shows, each object once: pages shift while others create. Nothing, where
-- an object is none. A listing that comes newest first ends with the page that holds something old,
-- or `enough` objects later.
local function collect(habits, objects, is_old, newest_first, enough)
  local found, seen = {}, {}
  local in_order, before = true, math.huge -- where nobody has promised it, a long listing shows it
  local object = objects() -- plain Lua 5.1 lets no `for` wait
  while object ~= nil do
    if type(object) ~= "table" then return nil end
    local id, time = object[habits.id], habits.time(object)
    if id == nil or not seen[id] then
      in_order = in_order and time ~= nil and time <= before
      before = time or before
      if #found >= enough and (newest_first or in_order) and time and is_old(time) then break end
      found[#found + 1] = object
      if id ~= nil then seen[id] = true end
    end
    object = objects()
  end
  return found
end

-- Sorts what was collected: by their fits, what may be the call's own and was made since it began;
-- `doubtful`, of whose time nothing is proved; `others`, whether there is something of another's
-- for the same address: true, or "likely"; whether somebody may still be given what is there.
local function sort_out(habits, entry, objects, clock, echo)
  local sorted = { [fits.perhaps] = {}, [fits.nearly] = {}, [fits.surely] = {}, doubtful = {},
    others = false, contested = false, open = false }
  local function note_other(same_address)
    if same_address == true or (same_address and not sorted.others) then
      sorted.others = same_address
    end
  end
  pending_creates.reap_collected()
  for _, object in ipairs(objects) do
    local fit, same_address = habits.fit(object, wanted(entry))
    local time = habits.time(object)
    local age = clock:judge(time, entry.began, entry.wall)
    if fit == fits.differs or (fit > fits.differs
      and (age == "old" or was_given(object[habits.id], time))) then
      note_other(same_address)
    elseif fit > fits.differs then
      local owner = whose(habits, entry, object, fit, echo)
      if owner == "other" then
        note_other(same_address and "likely")
      elseif age == "open" then
        table.insert(sorted.doubtful, object)
      else
        table.insert(sorted[fit], object)
        sorted.contested = sorted.contested or owner == "contested"
        sorted.open = sorted.open or (owner == "open" and fit > fits.perhaps)
      end
    end
  end
  return sorted
end

-- Judges what was sorted, as look() returns it.
local function conclude(habits, entry, sorted, echo)
  local sure, near, unsure = sorted[fits.surely], sorted[fits.nearly], sorted[fits.perhaps]
  local beside_others = sorted.others and habits.many(wanted(entry))
  if sorted.open or beside_others or #sure > 1 then return "unclear" end
  if #sure == 1 and not sorted.contested then return "made", sure[1] end
  -- The API's answer to the same question tells more than names that are alike.
  if habits.names_only and not echo then return "nothing" end
  if #sure == 0 and #near == 1 and not sorted.contested then return "made", near[1] end
  if #sure + #near + #sorted.doubtful > 0 then return "unclear" end
  if #unsure > 0 then return "unsure" end
  if sorted.others == true then return "another" end
  return sorted.others and "likely another" or "nothing"
end

-- Asks for more Dates where objects may be older than the call: whole seconds are too coarse.
local function ask_for_time(habits, query, clock, entry, sorted, ask)
  local matters = false
  for fit = fits.nearly, fits.surely do
    for _, object in ipairs(sorted[fit]) do
      matters = matters or clock:may_be_older(habits.time(object), entry.began)
    end
  end
  local tries = 0
  while matters and clock:is_vague() and tries < 2 and ask(habits.list, query, 0.5 / 2 ^ tries) do
    tries = tries + 1
  end
  return tries > 0
end

--- Looks for what a create has made.
-- @param entry  of the call, as pending_creates.enter() gave it; its `turn` says which look for a
--   failed try this is, from 1, and `deep`, whether to look for what is old, too
-- @param clock  the server's
-- @param echo   the API has said that there is one
-- @param each   function(list operation id, params): an iterator over what is listed; the
--   clock has learned from the answer once it gave something
-- @param ask    function(list operation id, params, seconds): makes one more listing after so long,
--   for its Date; false when there is no time for that
-- @param let_pass  function(): lets a moment pass; false when there is no time for that
-- @return "made" and the object; "another", there is one for that address that is another's;
--   "likely another"; "nothing"; "unsure", there is only what may be for any address; or "unclear",
--   something is there that may be the call's
function judge.look(entry, clock, echo, each, ask, let_pass)
  local habits = entry.habits
  local query, newest_first = habits.query(wanted(entry), entry.turn)
  local function is_old(time) return clock:judge(time, entry.began, entry.wall) == "old" end
  local enough = entry.deep and deepest or trusted
  local function listed()
    return collect(habits, each(habits.list, query), is_old, newest_first, enough)
  end
  local objects = listed()
  if not objects then return "unclear" end
  local function sort() return sort_out(habits, entry, objects, clock, echo) end
  local sorted = sort()
  if ask_for_time(habits, query, clock, entry, sorted, ask) then sorted = sort() end
  entry.waiting = sorted.open
  while sorted.open and let_pass() do sorted = sort() end
  entry.waiting = false
  local verdict, object = conclude(habits, entry, sorted, echo)
  -- What others remove moves what comes after it to pages that have been read.
  if echo and verdict ~= "made" and verdict ~= "unclear" and #objects > trusted then
    objects = listed()
    if not objects then return "unclear" end
    return conclude(habits, entry, sort(), echo)
  end
  return verdict, object
end

return judge
