--- Walking listings, each element once, whatever is created or removed meanwhile.
--
-- Pages of a list that changes shift: where earlier elements vanish, those behind move up, and who
-- reads on by counting never sees them. So each window (the part of the list that one request asks
-- for) begins at or before the last element seen. A window that holds a seen element continues the
-- walk: what stands between that element and the window's end is in it. Where it holds none,
-- elements before it have vanished, and the walk steps back until a window does, or until it is
-- where it began. What has been seen is recognised by its id and left out.
--
-- Where only page numbers exist, a page and a size are chosen that make such a window: after 100
-- elements page 2 of 99. A server that allows small pages only may leave none; then the walk reads
-- on by counting, and begins again at the end until a whole walk shows nothing new.

local pages = {}

local page_size = 100 -- elements a page, where the caller names no number
local most_walks = 32 -- a removal of everything within the loop takes as many as its size has bits
local most_repeats = 20 -- windows in a row that show the same; a list can grow as fast as we read

-- A number out of a query of a link; the rest of the link is the server's idea of its own address.
local function number_in(link, name)
  if type(link) ~= "string" then return nil end
  return tonumber(link:match("[?&]" .. name .. "=(%d+)"))
end

-- Whether a value is the number of an element or a page.
local function is_place(value)
  return type(value) == "number" and value % 1 == 0 and math.abs(value) < 2 ^ 53
end

local nowhere = "nowhere" -- follows a page whose link to the next one cannot be read

-- What a link or a number says about the next page: true, there is one; `nowhere`, it is not
-- behind this one. Who sends us back would keep us for ever.
local function is_behind(place, here)
  if place == nil then return true end
  return is_place(place) and place > here or nowhere
end

-- Each style: `size`, the parameter for the page size; `place`, the one that says where a page
-- begins; `by_number`, whether that is the number of a page, from 1, or of an element, from 0;
-- `items(answer)`, the elements of a page; and `more(answer, window, count)`, whether there are
-- more behind it: true, false (or nil) or `nowhere`.
local styles = {}

styles.offset = {
  size = "limit",
  place = "offset",
  items = function(answer) return answer.data or answer end,
  more = function(answer, window, count)
    local total = answer.total_count
    if type(total) == "number" then return window.start + count < total end
    return count >= window.size
  end,
}

styles.next_page = {
  size = "page_size",
  place = "page",
  by_number = true,
  items = function(answer) return answer.results end,
  more = function(answer, window)
    local link = answer.next
    return link and is_behind(number_in(link, "page"), window.place)
  end,
}

styles.next_offset = {
  size = "limit",
  place = "offset",
  items = function(answer) return answer.results end,
  more = function(answer, window)
    local meta = answer.meta
    if meta == nil then return false end
    if type(meta) ~= "table" then return nowhere end
    return meta.next and is_behind(number_in(meta.next, "offset"), window.place)
  end,
}

styles.number = {
  size = "limit",
  place = "page",
  by_number = true,
  items = function(answer) return answer.data or answer.sessions or answer.tags end,
  more = function(answer, window)
    local pagination = answer.pagination
    if pagination == nil then return false end
    if type(pagination) ~= "table" then return nowhere end
    if pagination.next_page_number then
      return is_behind(pagination.next_page_number, window.place)
    end
    return pagination.has_next and true
  end,
}

styles.short_page = {
  size = "limit",
  place = "page",
  by_number = true,
  items = function(answer) return answer.locations or answer.count and {} end,
  more = function(_, window, count) return count >= window.size end,
}

-- Whether a value is a list; an empty table may be one.
local function is_list(value)
  return type(value) == "table" and (#value > 0 or next(value) == nil)
end

--- The elements of a page.
-- @param operation  of the catalogue
-- @param answer     what it has answered with
-- @return an array; nil: the operation lists nothing, or this is no page
function pages.items(operation, answer)
  local style = styles[operation.paging]
  local items = style and type(answer) == "table" and style.items(answer)
  return is_list(items) and items or nil
end

-- What an element is recognised by; nil: it has no id.
local function key_of(element, field)
  local id = type(element) == "table" and element[field]
  if type(id) == "string" or type(id) == "number" then return id end
  return type(id) == "table" and tostring(id) or nil -- a convoke.int64
end

-- Windows ------------------------------------------------

-- The page number and size whose window begins at element `target` (from 0) or before it and ends
-- furthest behind the next one; nil: there is none of at most `most` elements.
local function page_around(target, most)
  local best, gain = nil, 0
  for size = most, 2, -1 do
    if size - 1 <= gain then break end
    local behind = size - target % size - 1
    if behind > gain then best, gain = size, behind end
  end
  return best
end

local Walk = {}
Walk.__index = Walk

-- The window that holds element `target`, and more behind it where that is possible.
-- @return a window: start, the number of its first element; size; place, the parameter's value;
--   is_apart, it begins behind the last element seen
function Walk:window_at(target)
  local size = math.max(self.size, 2)
  if not self.style.by_number then return { start = target, size = size, place = target } end
  local best = page_around(target, self.size)
  while not best and not self.is_capped do -- the caller's size, which a few more do not hurt
    if target % size < size - 1 then best = size end
    size = size + 1
  end
  best = best or self.size
  local page = math.floor(target / best)
  return { start = page * best, size = best, place = page + 1 }
end

-- The window that goes on behind another one, which held `count` elements.
function Walk:window_behind(window, count)
  local target = window.start + count - 1
  local following = self:window_at(target)
  if following.start + following.size > target + 1 and (count > 1 or not self.is_capped) then
    return following
  end
  local by_number = self.style.by_number
  return { start = target + 1, size = self.size, is_apart = true,
    place = by_number and math.floor((target + 1) / self.size) + 1 or target + 1 }
end

-- The window where the walk begins; what the caller has not named is not asked for.
function Walk:first_window()
  local style = self.style
  local size, place = self.query[style.size], self.first_place
  size = is_place(size) and size > 0 and size or math.huge -- "all", or what will be refused
  local start = is_place(place) and place or 0
  if style.by_number then start = place and size < math.huge and (start - 1) * size or 0 end
  return { start = start, size = size, place = place or (style.by_number and 1 or 0) }
end

-- Walking ------------------------------------------------

function Walk:begin()
  self.walks = self.walks + 1
  self.window, self.is_first, self.step = self:first_window(), true, nil
  self.has_gaps, self.found = false, false
  self.base = self.window.start
end

-- Ends the walk, or begins again where something may have slipped through.
-- @return nothing, or the error of a list that changes too fast
function Walk:finish()
  if not (self.has_gaps and self.found) then
    self.is_over = true
  elseif self.walks >= most_walks then
    return self:broken "the listing changes faster than its small pages can be read"
  else
    self:begin()
  end
end

-- The error of a listing that cannot be walked; the walk is over where it is none.
function Walk:broken(message)
  local err = self.fail(message)
  self.is_over = err == nil
  return err
end

-- Goes back from a window that holds nothing seen: further each time.
function Walk:step_back(window)
  self.step = math.min(self.step and 2 * self.step or self.size - 1, 2 ^ 52)
  self.window, self.is_first = self:window_at(math.max(self.base,
    window.start - math.max(self.step, 1))), false
end

-- Takes what is new out of a window.
-- @return whether that is nothing, and the window looks like the one before
function Walk:take(window, items, keys)
  local fresh, seen = {}, self.seen
  for i = math.max(self.base - window.start, 0) + 1, #items do
    if not seen[keys[i]] then
      seen[keys[i]] = true
      fresh[#fresh + 1] = items[i]
    end
  end
  self.items, self.position = fresh, 0
  self.found = self.found or #fresh > 0
  local same = #fresh == 0 and keys[1] == self.head and keys[#keys] == self.tail
  self.head, self.tail = keys[1], keys[#keys]
  return same
end

-- Learns from a page that is not the last one how many elements the server gives at most. Where
-- pages are numbered, that tells where they begin.
function Walk:note_size(window, count)
  if count >= window.size then return end
  self.is_capped = window.size < math.huge
  self.size = math.min(self.size, count)
  if not (self.is_capped and self.style.by_number) then return end
  if self.is_first then self.base = (window.place - 1) * self.size end
  window.start = (window.place - 1) * self.size
end

-- Goes on behind a window that has been taken.
function Walk:advance(window, count, more)
  if not more then return self:finish() end
  self.window, self.is_first = self:window_behind(window, count), false
  self.has_gaps = self.has_gaps or self.window.is_apart == true
end

-- Reads what a window holds.
-- @return the answer, its elements and their keys; or nil and the error, if it is one
function Walk:read(window)
  local style, query = self.style, {}
  for name, value in pairs(self.query) do query[name] = value end
  if self.is_first then
    query[style.place] = self.first_place
  else
    query[style.place], query[style.size] = window.place, window.size
  end
  local answer, err = self.fetch(query)
  if err and err.status == 404 and window.start > self.base then return {}, {}, {} end -- it is gone
  if err then return nil, err end
  if answer == nil then
    self.is_over = true
    return nil
  end
  local items = type(answer) == "table" and style.items(answer)
  if not is_list(items) then return nil, self:broken "the page has no list" end
  local keys = {}
  for i, element in ipairs(items) do
    keys[i] = key_of(element, self.field)
    if keys[i] == nil then
      return nil, self:broken(("an element of the page has no %s"):format(self.field))
    end
  end
  return answer, items, keys
end

-- Whether a window continues the walk.
function Walk:is_continued_by(window, keys)
  if window.start <= self.base or window.is_apart then return true end
  for _, key in ipairs(keys) do
    if self.seen[key] then return true end
  end
  return false
end

-- Asks for the next window. Returns the error, if it is one.
function Walk:turn()
  local window = self.window
  local answer, items, keys = self:read(window)
  if not answer then return items end
  if not self:is_continued_by(window, keys) then return self:step_back(window) end
  self.step = nil
  local more = self.style.more(answer, window, #items)
  if more == nowhere or (more and #items == 0) then
    return self:broken "the listing does not go on: the next page is not behind this one"
  end
  if more then self:note_size(window, #items) end
  local same = self:take(window, items, keys)
  self.repeats = same and self.repeats + 1 or 0
  if self.repeats >= most_repeats then
    return self:broken "the listing does not go on: each page is the same"
  end
  return self:advance(window, #items, more)
end

--- A walk over the elements of all pages, fetched as they are needed.
-- @param operation  of the catalogue, with `paging` and `item_id`
-- @param params     table or nil; a page or offset in it is where the walk begins
-- @param fetch      function(params) that returns an answer; or nil and an error; or nil: the walk
--   ends there
-- @param fail       function(message) that makes the error of a listing that does not go on; when
--   it returns nil the walk ends there
-- @return a function that returns the next element; or nil at the end; or nil and an error, after
--   which it may be called again
function pages.walk(operation, params, fetch, fail)
  local style, query = styles[operation.paging], {}
  if operation.pager then -- of a document
    local paging = require "convoke.openapi.paging"
    style = paging.window_style(operation)
    if not style then return paging.walk(operation, params, fetch, fail) end
  end
  for name, value in pairs(params or {}) do query[name] = value end
  query[style.size] = query[style.size] or style.most or (not operation.pager and page_size or nil)
  local walk = setmetatable({ style = style, query = query, first_place = query[style.place],
    field = operation.item_id, fetch = fetch, fail = fail, seen = {}, items = {}, position = 0,
    walks = 0, repeats = 0, is_over = false, is_capped = false }, Walk)
  walk:begin()
  walk.size = walk.window.size
  return function()
    while walk.position >= #walk.items do
      if walk.is_over then return nil end
      local err = walk:turn()
      if err then return nil, err end
    end
    walk.position = walk.position + 1
    return walk.items[walk.position]
  end
end

--- An iterator over the elements of all pages, which raises the error. Takes what walk() takes.
function pages.each(...)
  local walk = pages.walk(...)
  return function()
    local element, err = walk()
    if err then error(err, 0) end
    return element
  end
end

--- All elements of all pages. Takes what walk() takes.
-- @return an array; or nil and the error
function pages.all(...)
  local walk, found = pages.walk(...), {}
  while true do
    local element, err = walk()
    if err then return nil, err end
    if element == nil then return found end
    found[#found + 1] = element
  end
end

return pages
