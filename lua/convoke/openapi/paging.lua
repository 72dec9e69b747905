--- How listings of a document go on: found in their parameters and answers, or told by the user.
--
-- A pager is what an operation has for this: `style`, and beside it, as the style needs them,
-- `items` (the field that holds the elements; nil: the answer is the list), `size` and `place`
-- (parameters), `next` (the field, or the path to it, that says where the next page is), `more`
-- (the field that says whether there is one). Styles:
--   link     the header Link names the next page
--   next     a field names it: an address, or a value of the parameter `place`
--   last_id  `place` is the id of the last element seen
--   offset   `place` counts elements, from 0
--   page     `place` counts pages, from 1

local misuse = require "convoke.misuse"

local paging = {}

local list_names = { "data", "items", "entries", "results", "values", "records", "elements" }
local size_names = { "limit", "per_page", "page_size", "pageSize", "PageSize", "perPage", "count",
  "max_results", "maxResults", "size" }
local page_names = { "page", "page_number", "pageNumber", "Page" }
local offset_names = { "offset", "start", "skip" }
local cursor_names = { "cursor", "marker", "page_token", "pageToken", "next_token", "nextToken",
  "continuation", "after", "page", "PageToken" }
local last_names = { "starting_after", "after", "after_id" }
local next_fields = { "next_cursor", "next_marker", "next_page_token", "nextPageToken",
  "next_token", "nextToken", "next_page", "next_page_uri", "next_url", "next", "nextCursor",
  "nextLink" }
local next_holders = { "pagination", "paging", "meta", "page_info", "links", "response_metadata",
  "_links" }

local usual_size = 100

local function is_table(value) return type(value) == "table" end

-- Finding ------------------------------------------------

local function query_params(operation)
  local found = {}
  for _, field in ipairs(operation.params) do
    if field.where == "query" then found[field.wire or field.name] = field end
  end
  return found
end

local function first_of(names, set)
  for _, name in ipairs(names) do
    if set[name] then return name end
  end
end

local function fields_of(of)
  local found = {}
  for _, field in ipairs(of and of.fields or {}) do found[field.name] = field end
  return found
end

-- Which field of an answer holds the elements, and their type; false where there is none.
local function list_of(answer)
  if answer.type == "array" then return nil, answer.items end
  local fields = fields_of(answer)
  for _, name in ipairs(list_names) do
    local field = fields[name]
    if field and field.type == "array" then return name, field.items end
  end
  local only
  for name, field in pairs(fields) do
    if field.type == "array" and is_table(field.items) and field.items.fields then
      if only then return false end
      only = name
    end
  end
  if only then return only, fields[only].items end
  return false
end

-- The path to the field that says where the next page is.
local function next_of(fields)
  local name = first_of(next_fields, fields)
  if name then return name end
  for _, holder in ipairs(next_holders) do
    local inner = fields[holder] and first_of(next_fields, fields_of(fields[holder]))
    if inner then return holder .. "." .. inner end
  end
end

-- The parameter that takes what a field of that name says.
local function place_for(next_name, params)
  local plain = next_name:gsub("^.*%.", ""):gsub("^next_?", ""):gsub("_uri$", "")
  plain = plain:sub(1, 1):lower() .. plain:sub(2)
  if params[plain] then return plain end
  return first_of(cursor_names, params)
end

local function detect(operation)
  local params = query_params(operation)
  local items, element = list_of(operation.answer)
  if items == false then return nil end
  local fields, size = fields_of(operation.answer), first_of(size_names, params)
  local id = fields_of(element).id and "id" or nil
  local pager = { items = items, size = size, id = id,
    total = fields.total_count and "total_count" or nil }
  local last, page = first_of(last_names, params), first_of(page_names, params)
  local offset, next_name = first_of(offset_names, params), next_of(fields)
  local next_place = next_name and place_for(next_name, params)
  if fields.has_more and last and id then
    pager.style, pager.place, pager.more = "last_id", last, "has_more"
  elseif next_place then
    pager.style, pager.place, pager.next = "next", next_place, next_name
  elseif offset and size then
    pager.style, pager.place = "offset", offset
  elseif page then
    pager.style, pager.place = "page", page
  elseif first_of(cursor_names, params) and size then
    pager.style, pager.place = "link", first_of(cursor_names, params)
  else
    return nil
  end
  return pager
end

-- What the user tells of an operation, or of all.
local function told_of(told, operation)
  local rule = told and (told[operation.id] or told[operation.name] or told["*"])
  if not is_table(rule) then return rule end
  local copied = {}
  for name, value in pairs(rule) do copied[name] = value end
  return copied
end

local styles = { "last_id", "link", "next", "offset", "page" }

--- What is wrong with the option `paging`; nil: nothing.
-- @param told  see paging.find()
function paging.fault(told, operations)
  local known, by_style = { ["*"] = true }, {}
  for _, operation in ipairs(operations) do
    if operation.id then known[operation.id] = true end
    known[operation.name] = true
  end
  for _, style in ipairs(styles) do by_style[style] = true end
  for name, rule in pairs(told) do
    if not known[name] then
      return ("there is no operation %s%s"):format(tostring(name), misuse.suggestion(name, known))
    elseif rule ~= false and not is_table(rule) then
      return name .. " must be a table, or false"
    elseif rule and not by_style[rule.style] then
      return ("%s: the style must be one of: %s"):format(name, table.concat(styles, ", "))
    end
  end
end

--- Finds out how an operation's pages follow each other; sets `paging`, `item_id` and `pager` where
-- they do.
-- @param operation  of the list, with its params and answer
-- @param told       the option `paging`: id of an operation, or "*" -> pager, or false: it has no
--   pages
function paging.find(operation, told)
  local rule = told_of(told, operation)
  if rule == false or operation.method ~= "GET" then return end
  local pager = is_table(rule) and rule or detect(operation)
  if not pager then return end
  operation.pager, operation.paging = pager, pager.style
  operation.item_id = pager.id or false
  pager.by_number = pager.style == "page"
  local field = query_params(operation)[pager.size]
  pager.most = field and (field.maximum and math.min(field.maximum, usual_size) or field.default)
  if type(pager.most) ~= "number" then pager.most = nil end
end

-- Reading pages ------------------------------------------------

-- What stands at a path such as "meta.next".
local function at(answer, path)
  for name in path:gmatch "[^.]+" do
    if not is_table(answer) then return nil end
    answer = answer[name]
  end
  return answer
end

local function items_of(pager, answer)
  if pager.items then return is_table(answer) and at(answer, pager.items) end
  return answer
end

local function decoded(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

-- The query of an address: name -> text.
local function query_of(address)
  local values = {}
  for name, value in (address:match "%?([^#]*)" or ""):gmatch "([^&=]+)=([^&]*)" do
    values[decoded(name)] = decoded(value)
  end
  return values
end

-- The address that a Link header (RFC 8288) calls the next one.
local function next_link(header)
  for target, rest in (header or ""):gmatch "<([^>]*)>([^<]*)" do
    local rel = rest:match ';%s*[Rr][Ee][Ll]%s*=%s*"?([^";,]*)'
    for word in (rel or ""):gmatch "%S+" do
      if word:lower() == "next" then return target end
    end
  end
end

-- A text of an address as the value of a parameter.
local function typed(field, text)
  if field.type == "integer" or field.type == "number" then return tonumber(text) end
  if field.type == "boolean" then return text == "true" end
  return text
end

-- Takes what an address says of parameters that the caller has not set, and of the place.
-- @param given  by the caller
-- @param query  of the page before
local function follow(operation, pager, given, query, address)
  local following, moved = {}, false
  for name, value in pairs(query) do following[name] = value end
  for name, text in pairs(query_of(address)) do
    local field = query_params(operation)[name]
    if field and (given[field.name] == nil or name == pager.place or name == "page") then
      local value = typed(field, text)
      moved = moved or value ~= query[field.name]
      following[field.name] = value
    end
  end
  return moved and following or nil
end

-- The parameters of the page behind one, or nil.
local function next_params(operation, pager, given, query, answer, items, meta)
  local link = next_link(meta and meta.headers and meta.headers.link)
  if link then return follow(operation, pager, given, query, link) end
  local moved = {}
  for name, value in pairs(query) do moved[name] = value end
  if pager.style == "next" then
    local value = at(answer, pager.next)
    if type(value) == "string" and value:find "[?/]" and value:find "=" then
      return follow(operation, pager, given, query, value)
    end
    if value == nil or value == "" or value == false then return nil end
    if type(value) ~= "string" and type(value) ~= "number" then return nil end
    local field = query_params(operation)[pager.place]
    moved[pager.place] = field and field.type == "string" and tostring(value) or value
  elseif pager.style == "last_id" then
    local last = items[#items]
    if #items == 0 or (pager.more and at(answer, pager.more) ~= true) then return nil end
    moved[pager.place] = is_table(last) and last[pager.id or "id"] or nil
  elseif pager.style == "offset" then
    local size = query[pager.size]
    if #items == 0 or (type(size) == "number" and #items < size) then return nil end
    moved[pager.place] = (query[pager.place] or given[pager.place] or 0) + #items
  elseif pager.style == "page" then
    local size = query[pager.size]
    if #items == 0 or (type(size) == "number" and #items < size) then return nil end
    moved[pager.place] = (query[pager.place] or 1) + 1
  else
    return nil
  end
  if moved[pager.place] == nil or moved[pager.place] == query[pager.place] then return nil end
  return moved
end

-- Walking ------------------------------------------------

-- An element is given once where it has an id.
local function is_fresh(seen, pager, element)
  local id = pager.id and is_table(element) and element[pager.id]
  if id == nil or id == false then return true end
  local key = is_table(id) and tostring(id) or id
  if seen[key] then return false end
  seen[key] = true
  return true
end

local function begin(pager, params)
  local query = {}
  for name, value in pairs(params or {}) do query[name] = value end
  if pager.size and pager.most and query[pager.size] == nil then query[pager.size] = pager.most end
  return query
end

--- A walk over the elements of all pages. Takes and returns what pages.walk() does.
function paging.walk(operation, params, fetch, fail)
  local pager, seen = operation.pager, {}
  local query, items, position, places = begin(pager, params), {}, 0, {}

  -- Reads a page. Returns nothing, or what ends the walk: true, or nil and the error.
  local function turn()
    local answer, err, meta = fetch(query)
    if err then return nil, err end
    local list = answer ~= nil and items_of(pager, answer)
    if answer == nil then return true end
    if not is_table(list) then return nil, fail "the page has no list" end
    items, position = {}, 0
    for _, element in ipairs(list) do
      if is_fresh(seen, pager, element) then items[#items + 1] = element end
    end
    query = next_params(operation, pager, params or {}, query, answer, list, meta)
    local place = query and tostring(query[pager.place])
    if place and places[place] then
      return nil, fail "the listing does not go on: the next page is one that has been read"
    end
    if place then places[place] = true end
  end

  return function()
    while position >= #items do
      if not query then return nil end
      local over, err = turn()
      if err then return nil, err end
      if over then return nil end
    end
    position = position + 1
    return items[position]
  end
end

--- The style that pages.walk() reads windows by, or nil: the listing is walked from page to page.
function paging.window_style(operation)
  local pager = operation.pager
  local by_place = pager.style == "offset" or pager.style == "page"
  if not by_place or not pager.id or not pager.size then return nil end
  return {
    size = pager.size, place = pager.place, by_number = pager.by_number, most = pager.most,
    items = function(answer) return items_of(pager, answer) end,
    more = function(answer, window, count)
      local total = pager.total and is_table(answer) and answer[pager.total]
      if type(total) == "number" and not pager.by_number then
        return window.start + count < total
      end
      return count > 0 and (count >= window.size or window.size == math.huge)
    end,
  }
end

return paging
