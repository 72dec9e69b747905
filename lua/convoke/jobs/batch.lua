--- Calls for several rows of a job at once, where an API has such a call, with a result for each
-- row.

local catalogue = require "convoke.catalogue"
local client = require "convoke.client"
local fits = require("convoke.lookup.fits").levels
local params = require "convoke.jobs.params"
local prepare = require("convoke.call.run").prepare

local batch = {}

--- The call for several rows of an operation.
-- @param size  rows that it is to take
-- @return { size, scope, operation }, scope being its name; or nil and why there is none
function batch.of(state, operation, size)
  local habits = state.creates[operation.name]
  local bulk = habits and habits.bulk
  if not bulk then return nil, operation.name .. " has no call for several rows" end
  local found = catalogue.by_name(state.api)[bulk.operation]
  if size > bulk.most then
    return nil, ("%s takes %d rows at most"):format(found.name, bulk.most)
  end
  return { size = size, scope = found.name, operation = found }
end

-- Which of the objects that were made is whose: array of objects by the places of the rows' params.
-- The order of an answer need not be that of the rows.
local function sort_out(habits, asked, objects)
  local found, best = {}, {}
  for _, object in ipairs(objects) do
    local whose
    for i, wanted in ipairs(asked) do
      local fit = type(object) == "table" and habits.fit(object, wanted) or fits.not_at_all
      if fit > fits.differs and fit > (whose and best[whose] or 0) and fit > (best[i] or 0) then
        whose, best[i] = i, fit
      end
    end
    if whose then found[whose] = object end
  end
  return found
end

-- The results of rows whose call was refused here, before anything was sent: those that are in
-- order are sent without the others.
local function after_check(worker, asked, err)
  local results, faults = {}, 0
  for i, wanted in ipairs(asked) do
    local fine, fault = prepare(worker.state, worker.operation, wanted, {})
    results[i] = fine and { state = "pending" } or { state = "invalid", error = tostring(fault) }
    if not fine then faults = faults + 1 end
  end
  if faults > 0 then return results end
  for i in ipairs(asked) do results[i] = { state = "invalid", error = tostring(err) } end
  return results
end

--- Makes the call of several claims.
-- @param options  of call.perform()
-- @param result_after  function(err) that is called once where the call has failed: the result of a
--   row of it
-- @return array of results, as Store:finish() takes them
function batch.perform(worker, claims, options, result_after)
  local asked, results = {}, {}
  for i, claim in ipairs(claims) do asked[i] = params.read(claim.params) end
  local objects, err = client.perform(worker.state, worker.batch.operation, { body = asked },
    options)
  if err and err.kind == "invalid" then return after_check(worker, asked, err) end
  local habits = worker.state.creates[worker.operation.name]
  local found = err and {} or sort_out(habits, asked, objects)
  local missed = err and result_after(err) or { state = "sent", again = 0 }
  for i in ipairs(claims) do
    local object, result = found[i], {}
    if object then
      result.state, result.object = "done", tostring(object[habits.id])
    else
      for name, value in pairs(missed) do result[name] = value end
    end
    results[i] = result
  end
  if not err then worker.failures = 0 end
  return results
end

return batch
