--- Walking listings: one iterator for the four ways in which the APIs go on to the next page.

local pages = {}

local page_size = 100 -- asked for where the caller names none

-- A number out of a query of a link; the rest of the link is the server's idea of its own address.
local function number_in(link, name)
  if type(link) ~= "string" then return nil end
  return tonumber(link:match("[?&]" .. name .. "=(%d+)"))
end

-- Each way: `size`, the parameter for the page size; `items(answer)`, the elements of a page; and
-- `next(answer, params, count)`, the parameter and value for the next page, or nothing at the end.
local ways = {}

ways.offset = {
  size = "limit",
  items = function(answer) return answer.data or answer end,
  next = function(_, params, count)
    if count >= params.limit then return "offset", (params.offset or 0) + count end
  end,
}

ways.next_page = {
  size = "page_size",
  items = function(answer) return answer.results end,
  next = function(answer, params)
    if answer.next == nil then return end
    return "page", number_in(answer.next, "page") or (params.page or 1) + 1
  end,
}

ways.next_offset = {
  size = "limit",
  items = function(answer) return answer.results end,
  next = function(answer, params, count)
    local link = answer.meta and answer.meta.next
    if link == nil then return end
    return "offset", number_in(link, "offset") or (params.offset or 0) + count
  end,
}

ways.number = {
  size = "limit",
  items = function(answer) return answer.data end,
  next = function(answer, params)
    local pagination = answer.pagination
    if type(pagination) ~= "table" then return end
    if pagination.next_page_number then return "page", pagination.next_page_number end
    if pagination.has_next then return "page", (params.page or 1) + 1 end
  end,
}

--- An iterator over the elements of all pages, fetched as they are needed.
-- @param operation  of the catalogue, with `paging`
-- @param params     table or nil; a page or offset in it is where the walk begins
-- @param fetch      function(params) that returns an answer, or nil and an error
-- @param fail       function(message) that makes the error of a listing that does not go on
-- @return a function that returns the next element, or nil at the end, and raises the error
function pages.each(operation, params, fetch, fail)
  local way = ways[operation.paging]
  local asked = {}
  for name, value in pairs(params or {}) do asked[name] = value end
  asked[way.size] = asked[way.size] or page_size
  local items, position, name, value = {}, 0, nil, nil
  local ended = false

  local function turn()
    if name then asked[name] = value end
    local answer, err = fetch(asked)
    if err then error(err, 0) end
    items, position = way.items(answer), 0
    if type(items) ~= "table" then error(fail("the page has no list"), 0) end
    local before = asked[name or ""] or 0
    name, value = way.next(answer, asked, #items)
    if name and (type(value) ~= "number" or value <= (asked[name] or before)) then
      error(fail("the listing does not go on: the next page is not behind this one"), 0)
    end
    ended = name == nil
  end

  local started = false
  return function()
    while position >= #items do
      if started and ended then return nil end
      started = true
      turn()
    end
    position = position + 1
    return items[position]
  end
end

return pages
