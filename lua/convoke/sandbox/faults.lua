--- Planned faults: what a test wants to go wrong with the next matching requests.
--
-- A plan is a table (all fields optional):
--   method   only this method
--   path     only paths that begin with this text, or match it as a Lua pattern
--   times    how many requests it applies to (default 1; with every, chance or rate: no end)
--   every    only every nth request that matches
--   chance   only so large a part of those that match (0 to 1), by chance; with `seed` (a whole
--            number, default 1) the same ones each time
--   rate     only those beyond so many in `per` seconds (default 1) by this API's clock: a limit of
--            rate; the answer is 429 (unless `status` says otherwise) with Retry-After
--   status   answer with this status; `body` (text, or a value sent as JSON) and `headers` go with
--            it, without `body` the vendor's own words for that status are used
--   execute  true: the request does its work first, then fails; default: it fails before any work
--   delay    seconds before the answer (other requests go on); alone, the answer is the true one
--   cut      close the connection after this many bytes of the answer, head included (0: none)
--   cut_body the same, counted from the first byte of the body
--   retry_after  value of a Retry-After header (default status then: 429)

local json = require "convoke.sandbox.json"
local web = require "convoke.sandbox.web"

local faults = {}

local types = { method = "string", path = "string", times = "number", status = "number",
                headers = "table", delay = "number", cut = "number", cut_body = "number",
                execute = "boolean", every = "number", chance = "number", seed = "number",
                rate = "number", per = "number" }
local whole = { every = 1, rate = 0, seed = 1, times = 1 } -- name -> the least that it may be

--- Reads a plan from outside.
-- @param plan any value
-- @return the plan (table); or nil and what is wrong (string)
function faults.read(plan)
  if not json.is_object(plan) then return nil, "a fault is an object" end
  for name, value in pairs(plan) do
    if name ~= "body" and name ~= "retry_after" then
      if not types[name] then return nil, "unknown field " .. name end
      if type(value) ~= types[name] then return nil, name .. " must be a " .. types[name] end
    end
  end
  for name, least in pairs(whole) do
    local value = plan[name]
    if value and (value < least or value % 1 ~= 0 or value >= 2147483647) then
      return nil, ("%s must be a whole number from %d"):format(name, least)
    end
  end
  if plan.chance and not (plan.chance >= 0 and plan.chance <= 1) then
    return nil, "chance must be from 0 to 1"
  end
  if plan.per and not (plan.rate and plan.per > 0) then
    return nil, "per must be above 0, beside rate"
  end
  if plan.seed and not plan.chance then return nil, "seed goes with chance" end
  if plan.status and (plan.status < 200 or plan.status > 599 or plan.status % 1 ~= 0) then
    return nil, "status must be from 200 to 599"
  end
  plan.times = plan.times or (plan.every or plan.chance or plan.rate) and math.huge or 1
  if (plan.retry_after ~= nil or plan.rate) and not plan.status then plan.status = 429 end
  return plan
end

local function begins_or_matches(path, wanted)
  if path:sub(1, #wanted) == wanted then return true end
  local ok, found = pcall(string.find, path, wanted)
  return ok and found ~= nil
end

-- A number from 0 to 1, the next one of a plan's own row: its requests meet the same each time.
local function next_chance(plan)
  plan.drawn = (plan.drawn or plan.seed or 1) * 16807 % 2147483647
  if not plan.begun then -- small seeds give small first numbers
    plan.begun = true
    for _ = 1, 8 do plan.drawn = plan.drawn * 16807 % 2147483647 end
  end
  return plan.drawn / 2147483647
end

-- Counts a request against a limit of rate. Returns whether it is too much, and the seconds to
-- wait.
local function exceeds(plan, now)
  local window = plan.window
  if not window or now >= window.ends or now < window.ends - window.per then
    window = { ends = now + (plan.per or 1), per = plan.per or 1, count = 0 }
    plan.window = window
  end
  window.count = window.count + 1
  return window.count > plan.rate, math.max(1, math.ceil(window.ends - now))
end

-- Whether a plan applies to a request that matches it.
local function comes_up(plan, now)
  if plan.every then
    plan.seen = (plan.seen or 0) + 1
    if plan.seen % plan.every ~= 0 then return false end
  end
  if plan.chance and next_chance(plan) >= plan.chance then return false end
  if not plan.rate then return true end
  local exceeded, wait = exceeds(plan, now)
  plan.wait = wait
  return exceeded
end

--- Takes the first plan that applies to a request, counting it down.
-- @param plans array of plans, changed
-- @param now number, seconds by the API's clock
-- @return plan or nil
function faults.take(plans, request, now)
  for i, plan in ipairs(plans) do
    if (not plan.method or plan.method:upper() == request.method)
      and (not plan.path or begins_or_matches(request.path, plan.path))
      and comes_up(plan, now) then
      plan.times = plan.times - 1
      if plan.times <= 0 then table.remove(plans, i) end
      return plan
    end
  end
end

--- Whether a request under this plan does its work.
function faults.executes(plan)
  if plan.execute then return true end
  return not plan.status and plan.cut ~= 0
end

--- The answer a plan puts in place of the true one.
-- @param plan table with `status`
-- @param problem function(status) giving the vendor's own answer for a status
function faults.reply(plan, problem)
  local body = plan.body
  local reply
  if body == nil then
    reply = problem(plan.status)
  elseif type(body) == "string" then
    reply = web.reply(plan.status, "text/plain; charset=utf-8", body)
  else
    reply = web.json(plan.status, body)
  end
  for name, value in pairs(plan.headers or {}) do reply.headers[name:lower()] = tostring(value) end
  local wait = plan.retry_after
  if wait == nil then wait = plan.wait end
  if wait ~= nil then reply.headers["retry-after"] = tostring(wait) end
  return reply
end

return faults
