--- Clerk's listings but for that of application invitations: a page, a few filters, an order.

local errors = require "convoke.sandbox.clerk_errors"
local json = require "convoke.sandbox.json"
local web = require "convoke.sandbox.web"

local lists = {}

-- The statuses that are asked for, as a set; nil: all; or nil and an answer.
local function wanted_statuses(query, words, is_strict)
  local wanted
  for _, status in ipairs(query:all "status") do
    if not words[status] then
      if not is_strict then return nil, errors.problem "malformed_request_parameters" end
      return nil, errors.bad_parameter("form_param_value_invalid", "status", "is invalid",
        status .. " does not match one of the allowed values for parameter status")
    end
    wanted = wanted or {}
    wanted[status] = true
  end
  return wanted
end

local function sort(items, field, descending)
  table.sort(items, function(a, b)
    if descending then a, b = b, a end
    local left, right = a[field] or 0, b[field] or 0
    if left ~= right then return left < right end
    return a.position < b.position
  end)
end

--- Answers a listing.
-- @param request  of the listing
-- @param items    array; each has `status`, `created_at` and `position`
-- @param options  statuses (set of words that may be asked for; nil: no such filter), orders (set
--   of fields to sort by; nil: newest first), plain (an array unless paginated=true is asked for),
--   names_parameter (a status that is none is a 422 about it; else the request is malformed),
--   status_of(item), render(item)
function lists.answer(request, items, options)
  local query = request.query
  local limit = web.integer(query:get "limit" or "10")
  local offset = web.integer(query:get "offset" or "0")
  local order_by = options.orders and query:get "order_by" or "-created_at"
  local sign, order = order_by:match "^([+-]?)(.*)$"
  if not limit or limit < 1 or limit > 500 or not offset or offset < 0
    or not (order == "created_at" or options.orders[order]) then
    return errors.problem "malformed_request_parameters"
  end
  local wanted, refusal
  if options.statuses then
    wanted, refusal = wanted_statuses(query, options.statuses, options.names_parameter)
  end
  if refusal then return refusal end
  local found = {}
  for _, item in ipairs(items) do
    if not wanted or wanted[options.status_of(item)] then found[#found + 1] = item end
  end
  sort(found, order, sign == "-")
  local data = json.array()
  for i, item in ipairs(web.slice(found, offset, limit)) do data[i] = options.render(item) end
  if options.plain and query:get "paginated" ~= "true" then return web.json(200, data) end
  return web.json(200, { data = data, total_count = #found })
end

return lists
