--- Settling an unknown outcome by looking: the requests of a look, and how long looking goes on.

local core = require "convoke.core"
local errors = require "convoke.errors"
local judge = require "convoke.lookup.judge"
local pages = require "convoke.pages"
local retry = require "convoke.call.retry"

local settle = {}

local now = core.now

local function find_operation(api, id)
  for _, operation in ipairs(api.operations) do
    if operation.id == id then return operation end
  end
end

-- The listings of one look.
--   list(id, query)  an answer; an empty one where asking failed
--   failed           whether that, or reading it, has failed
--   passing          whether it failed in a way that may pass
--   status           of the last answer
local function new_listings(run, perform)
  local state, self = run.state, { failed = false, passing = false, status = nil }

  function self.list(id, query)
    local sent, operation = core.clocks(), find_operation(state.api, id)
    local listed, fault, meta
    if state.closed then
      fault = errors.new { kind = "cancelled", outcome = "not_sent", operation = operation.name,
        message = "the client was closed" }
    else
      listed, fault, meta = perform(state, operation, query, { deadline = run.deadline,
        defaults = run.options.defaults, headers = run.options.headers,
        looks_for = run.operation.name, within = run.event, gate = run.options.gate })
    end
    if fault then
      -- A page that was there a moment ago, before somebody removed something.
      local past_end = fault.status == 404 and (query.page or 1) > 1
      if not past_end then
        self.failed, self.passing = true, retry.allowed(operation, fault, state.vendor)
      end
      return { data = {}, results = {} }
    end
    self.status = meta.status
    local headers = meta.headers
    state.clock:learn_date(headers.date, headers.age, sent, (core.clocks()))
    return listed
  end

  function self.each(id, query)
    local function fetch(page_params)
      local listed = self.list(id, page_params)
      return not self.failed and listed or nil -- which ends the walk
    end
    local function fail() self.failed = true end
    return pages.each(find_operation(state.api, id), query, fetch, fail)
  end

  return self
end

-- Looks once. Returns the verdict, the object, the status of the listing, and whether the look
-- failed in a way that may pass.
local function look_once(run, err, echo, perform, pause)
  local listings = new_listings(run, perform)
  local function let_pass(seconds)
    seconds = seconds or 0.1
    if listings.failed or run.deadline - now() < 1 + seconds then return false end
    listings.failed = not pause(run, seconds, err, "look")
    return not listings.failed
  end
  local function ask(id, query, seconds)
    if not let_pass(seconds) then return false end
    listings.list(id, query)
    return not listings.failed
  end
  local verdict, object = judge.look(run.entry, run.state.clock, echo, listings.each, ask,
    let_pass)
  return listings.failed and "unclear" or verdict, object, listings.status, listings.passing
end

-- After so many looks, some four seconds, a lost request is taken not to be executed any more.
local enough = 4

-- Whether another look may show more than look number `turn`: listings lag behind, and a request
-- that seems lost may be executed yet. What is another's beyond doubt stays so.
local function may_change(verdict, turn)
  return verdict == "nothing" or verdict == "unsure"
    or (verdict == "likely another" and turn < enough)
end

--- Whether a verdict leaves nothing that may be the call's own.
function settle.shows_nothing(verdict)
  return verdict == "nothing" or verdict == "another" or verdict == "likely another"
end

-- Seconds until the next look: doubling, with little chance in it, since lags are to be outlasted.
local function pause_of(turn)
  return math.min(0.5 * 2 ^ (turn - 1), 8) * (1 - retry.chance() / 8)
end

-- Looks until something is certain, as long as the deadline and the retries allow.
-- @param run   the call, see call/run.lua
-- @param err   the error of its last try; a cancelled pause makes it `cancelled`
-- @param echo  whether the API has said that there is one
-- @param then_repeat  what follows where nothing is seen: "at once", it is sent again, which
--   can do no harm; "later", it is, once it is likely that nothing comes any more; nil: nothing
-- @return the verdict of judge.look(), the object, the status of the listing
local function look(run, err, echo, then_repeat, perform, pause, tell)
  local most = run.retries + 2
  local patience = then_repeat == "at once" and 1 or then_repeat and math.min(most, enough) or most
  local turn, explanation = 0, nil
  local verdict, object, status, passing, again
  repeat
    turn = turn + 1
    -- The second look for the reason of a refusal is for what is old, too.
    run.entry.turn, run.entry.deep = turn, echo and turn == 2
    local began = now()
    verdict, object, status, passing = look_once(run, err, echo, perform, pause)
    tell(run, verdict, now() - began)
    if verdict == "likely another" then explanation = verdict end
    if verdict == "nothing" then verdict = explanation or verdict end -- it was further down
    local left = run.deadline - now()
    again = (turn < patience and may_change(verdict, turn))
      or (passing and turn < most and run.state.budget:take())
    again = again and left > 0.1 and pause(run, math.min(pause_of(turn), left / 2), err, "look")
  until not again
  return verdict, object, status
end

--- A function that looks for what a call has made: look(run, err, echo, then_repeat).
-- @param perform  function(state, operation, params, options) that makes a call, see call/run.lua
-- @param pause    function(run, seconds, err, reason) that lets time pass; returns whether the call
--   goes on
-- @param tell     function(run, verdict, seconds) that is told of each look
function settle.new(perform, pause, tell)
  return function(run, err, echo, then_repeat)
    return look(run, err, echo, then_repeat, perform, pause, tell)
  end
end

return settle
