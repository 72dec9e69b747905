--- When a failed call may be made again, and after how long.

local core = require "convoke.core"

local retry = {}

local first_pause, longest_pause = 0.5, 8 -- seconds

-- Statuses after which a repeat helps, if a repeat can do no harm.
local passing = { [408] = true, [500] = true, [502] = true, [503] = true, [504] = true }

-- Failures without an answer after which a repeat helps.
local passing_kinds = { resolve = true, connect = true, timeout = true, network = true }

--- Whether the call may be sent again: never where it may have happened and is not idempotent.
-- @param operation  of the catalogue; its `idempotent` counts
-- @param err        the error of the last try: kind, outcome, status, code
-- @param vendor     whose `passing_codes` count, see vendors/clerk.lua
function retry.allowed(operation, err, vendor)
  local kind = err.kind
  if kind == "http" then
    if err.status == 429 then return true end
    local passes = vendor.passing_codes and vendor.passing_codes[err.code]
    if passes and (operation.idempotent or err.outcome == "refused") then return true end
    if err.status == 503 and err.outcome == "refused" then return true end
    return operation.idempotent and passing[err.status] == true
  end
  return passing_kinds[kind] == true and (operation.idempotent or err.outcome == "not_sent")
end

--- Where chance comes from: a function that returns a number from 0 to below 1. Replaceable.
-- That of the core differs between programs that start together; Lua's own may not.
retry.chance = core.chance

--- Seconds to wait before try number `attempt` + 1: doubling, with up to a half taken off by
-- chance; what the server asked for counts more.
-- @param retry_after  seconds or nil
function retry.pause(attempt, retry_after)
  if retry_after then return retry_after end
  local pause = math.min(first_pause * 2 ^ (attempt - 1), longest_pause)
  return pause * (1 - retry.chance() / 2)
end

--- Whether a call is sent again after a failure, and when. Takes the price off the budget if so.
-- @param operation  of the catalogue
-- @param err        the error of the last try
-- @param attempt    how many tries have counted so far, from 1
-- @param retries    how many repeats there may be
-- @param left       seconds until the deadline
-- @param state      of the client: its `budget` and its `vendor`
-- @return seconds to wait before; or nil and why not: "final" (a repeat is not allowed or of no
--   use), "retries", "deadline" or "budget" (there is not enough left of it)
function retry.plan(operation, err, attempt, retries, left, state)
  if not retry.allowed(operation, err, state.vendor) then return nil, "final" end
  if attempt > retries then return nil, "retries" end
  local seconds = retry.pause(attempt, err.retry_after)
  if seconds >= left then return nil, "deadline" end
  if not state.budget:take() then return nil, "budget" end
  return seconds
end

-- A budget keeps an outage from being multiplied: each repeat takes from it, each success gives a
-- little back; an empty one means no repeats.
local Budget = {}
Budget.__index = Budget

local full, price, gain = 500, 5, 1

--- The budgets of clients -> the name of the API.
retry.budgets = setmetatable({}, { __mode = "k" })

--- A full retry budget: `tokens`, at most `full`. A client has one.
-- @param api  the name of its API, or nil: it is no client's
function retry.budget(api)
  local budget = setmetatable({ tokens = full, full = full }, Budget)
  retry.budgets[budget] = api
  return budget
end

--- Takes what one repeat costs; false: there is not enough.
function Budget:take()
  if self.tokens < price then return false end
  self.tokens = self.tokens - price
  return true
end

--- Gives back for a success.
function Budget:give()
  if self.tokens < self.full then self.tokens = self.tokens + gain end
end

return retry
