--- Planned faults: what a test wants to go wrong with the next matching requests.
--
-- A plan is a table (all fields optional):
--   method   only this method
--   path     only paths that begin with this text, or match it as a Lua pattern
--   times    how many requests it applies to (default 1)
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
                execute = "boolean" }

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
  if plan.status and (plan.status < 200 or plan.status > 599 or plan.status % 1 ~= 0) then
    return nil, "status must be from 200 to 599"
  end
  plan.times = plan.times or 1
  if plan.retry_after ~= nil and not plan.status then plan.status = 429 end
  return plan
end

local function begins_or_matches(path, wanted)
  if path:sub(1, #wanted) == wanted then return true end
  local ok, found = pcall(string.find, path, wanted)
  return ok and found ~= nil
end

--- Takes the first plan that applies to a request, counting it down.
-- @param plans array of plans, changed
-- @return plan or nil
function faults.take(plans, request)
  for i, plan in ipairs(plans) do
    if (not plan.method or plan.method:upper() == request.method)
      and (not plan.path or begins_or_matches(request.path, plan.path)) then
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
  if plan.retry_after ~= nil then reply.headers["retry-after"] = tostring(plan.retry_after) end
  return reply
end

return faults
