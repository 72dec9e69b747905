--- CVAT's pages: numbered, with absolute links.

local django = require "convoke.sandbox.django"
local json = require "convoke.sandbox.json"
local web = require "convoke.sandbox.web"

local pages = {}

local SIZE = 10

-- How many results a page holds.
local function read_size(version, text, count)
  if text == "all" and version.all_in_a_page then return math.max(count, 1) end
  local size = web.integer(text)
  if not size or size < 1 then return SIZE end
  return math.min(size, version.largest_page or size)
end

-- The request's address with another page; its words are in alphabetical order.
local function link(request, number)
  local list = {}
  for _, pair in ipairs(request.query.list) do
    if pair[1] ~= "page" then list[#list + 1] = { pair[1], pair[2], #list } end
  end
  if number > 1 then list[#list + 1] = { "page", tostring(number), #list } end
  table.sort(list, function(a, b)
    if a[1] ~= b[1] then return a[1] < b[1] end
    return a[3] < b[3]
  end)
  local words = {}
  for i, pair in ipairs(list) do
    words[i] = web.encode_plus(pair[1]) .. "=" .. web.encode_plus(pair[2])
  end
  local query = table.concat(words, "&")
  return request.origin .. request.path .. (query ~= "" and "?" .. query or "")
end

--- Answers a list.
-- @param service table with `version`
-- @param count integer, of all results
-- @param slice function(offset, limit) that gives an array
-- @param show function(item) that gives a JSON value
-- @return status, body; refuses with 404 a page past the end
function pages.answer(service, request, count, slice, show)
  local limit = read_size(service.version, request.query:get "page_size", count)
  local last = math.max(1, math.ceil(count / limit))
  local given = request.query:get "page" or "1"
  local page = given == "last" and last or web.integer(given)
  if not page or page < 1 or page > last then django.detail(404, "Invalid page.") end
  local results = json.array()
  for i, item in ipairs(slice((page - 1) * limit, limit)) do results[i] = show(item) end
  return 200, { count = count, results = results,
                next = page < last and link(request, page + 1) or json.null,
                previous = page > 1 and link(request, page - 1) or json.null }
end

return pages
