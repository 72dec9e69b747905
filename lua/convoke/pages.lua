--- Walking listings: one iterator for the four styles of paging that the APIs have.

local pages = {}

local page_size = 100 -- elements a page, where the caller names no number

-- A number out of a query of a link; the rest of the link is the server's idea of its own address.
local function number_in(link, name)
  if type(link) ~= "string" then return nil end
  return tonumber(link:match("[?&]" .. name .. "=(%d+)"))
end

local nowhere = "nowhere" -- what follows a page that says so in a way that cannot be read

-- Each style: `size`, the parameter for the page size; `place`, the one that says where a page
-- begins, and `first`, what it is at the beginning; `items(answer)`, the elements of a page; and
-- `next(answer, here, count, size)`, where the next page begins, or nothing at the end.
local styles = {}

styles.offset = {
  size = "limit",
  place = "offset",
  first = 0,
  items = function(answer) return answer.data or answer end,
  next = function(answer, here, count, size)
    local total = answer.total_count
    if type(total) == "number" then return here + count < total and here + count or nil end
    if count >= size then return here + count end
  end,
}

styles.next_page = {
  size = "page_size",
  place = "page",
  first = 1,
  items = function(answer) return answer.results end,
  next = function(answer, here)
    if answer.next then return number_in(answer.next, "page") or here + 1 end
  end,
}

styles.next_offset = {
  size = "limit",
  place = "offset",
  first = 0,
  items = function(answer) return answer.results end,
  next = function(answer, here, count)
    local meta = answer.meta
    if meta == nil then return end
    if type(meta) ~= "table" then return nowhere end
    local link = meta.next
    if link then return number_in(link, "offset") or here + count end
  end,
}

styles.number = {
  size = "limit",
  place = "page",
  first = 1,
  items = function(answer) return answer.data end,
  next = function(answer, here)
    local pagination = answer.pagination
    if pagination == nil then return end
    if type(pagination) ~= "table" then return nowhere end
    if pagination.next_page_number then return pagination.next_page_number end
    if pagination.has_next then return here + 1 end
  end,
}

-- Whether a value is a list; an empty table may be one.
local function is_list(value)
  return type(value) == "table" and (#value > 0 or next(value) == nil)
end

-- Whether a value is the number of an element or a page.
local function is_place(value)
  return type(value) == "number" and value % 1 == 0 and math.abs(value) < 2 ^ 53
end

--- An iterator over the elements of all pages, fetched as they are needed.
-- @param operation  of the catalogue, with `paging`
-- @param params     table or nil; a page or offset in it is where the walk begins
-- @param fetch      function(params) that returns an answer, or nil and an error
-- @param fail       function(message) that makes the error of a listing that does not go on; when
--   it returns nil the walk ends there
-- @return a function that returns the next element, or nil at the end, and raises the error
function pages.each(operation, params, fetch, fail)
  local style = styles[operation.paging]
  local query = {}
  for name, value in pairs(params or {}) do query[name] = value end
  query[style.size] = query[style.size] or page_size
  local items, position = {}, 0
  local here, following = nil, query[style.place] or style.first

  local function broken(message)
    items = {}
    local err = fail(message)
    if err then error(err, 0) end
    following = nil
  end

  local function turn()
    if here then query[style.place] = following end
    local answer, err = fetch(query)
    if err then error(err, 0) end
    items = type(answer) == "table" and style.items(answer)
    if not is_list(items) then return broken "the page has no list" end
    here, position = following, 0
    following = style.next(answer, here, #items, query[style.size])
    -- Whoever sends us back, or on without giving anything, would keep us for ever.
    if following and (not is_place(following) or following <= here or #items == 0) then
      broken "the listing does not go on: the next page is not behind this one"
    end
  end

  return function()
    while position >= #items do
      if not following then return nil end
      turn()
    end
    position = position + 1
    return items[position]
  end
end

return pages
