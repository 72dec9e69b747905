--- What Edgegap's rooms have in common: refusals, bodies, pages, bulk filters.

local json = require "convoke.sandbox.json"
local shape = require "convoke.sandbox.shape"
local web = require "convoke.sandbox.web"

local errors = {}

local PAGE = 10 -- elements, where none are asked for

--- An answer with a message.
function errors.message(status, words)
  return web.json(status, { message = words })
end

--- The value, or null for nil.
function errors.or_null(value)
  if value == nil then return json.null end
  return value
end

--- The JSON body of a request checked against a shape, or nil and an answer.
function errors.read_body(request, rules)
  if web.media_type(request.headers["content-type"]) ~= "application/json" then
    return nil, errors.message(400,
      "The request body must be JSON (Content-Type: application/json)")
  end
  local data, why = json.decode(request.body)
  if data == nil then return nil, errors.message(400, "Failed to decode JSON object: " .. why) end
  local faults = shape.faults(data, rules)
  if faults then
    return nil, web.json(400, { message = "Input payload validation failed", errors = faults })
  end
  return data
end

--- The page that a request asks for: offset, limit and what the answer tells of pages; or nil and
-- an answer.
-- @param count  of all elements
-- @param is_lenient  whether numbers that are none count as absent
function errors.page(request, count, is_lenient)
  local page = web.integer(request.query:get "page" or "1")
  local limit = web.integer(request.query:get "limit" or tostring(PAGE))
  if is_lenient then
    page, limit = page and page > 0 and page or 1, limit and limit > 0 and limit or PAGE
  end
  if not page or page < 1 or not limit or limit < 1 then
    return nil, web.json(400, { message = "Input payload validation failed", errors = {
      [(not page or page < 1) and "page" or "limit"] = "must be a positive integer" } })
  end
  local pages = math.max(1, math.ceil(count / limit))
  return { offset = (page - 1) * limit, limit = limit, pagination = {
    number = page, paginator = { num_pages = pages },
    next_page_number = errors.or_null(page < pages and page + 1 or nil),
    previous_page_number = errors.or_null(page > 1 and page - 1 or nil),
    has_next = page < pages, has_previous = page > 1,
  } }
end

--- The shape of a filter on such a field.
function errors.filter(field)
  return { type = "object", required = { "field", "filter_type", "values" }, fields = {
    field = field, values = { type = "array", items = { type = "string" } },
    filter_type = { type = "string", words = { "any", "all", "not" } },
  } }
end

--- Whether something with these texts in the field of a filter passes it.
function errors.passes(texts, rule)
  local have, hits = {}, 0
  for _, text in ipairs(texts) do have[text] = true end
  for _, value in ipairs(rule.values) do
    if have[value] then hits = hits + 1 end
  end
  if rule.filter_type == "any" then return hits > 0 end
  if rule.filter_type == "all" then return hits == #rule.values end
  return hits == 0
end

return errors
