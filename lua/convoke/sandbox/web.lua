--- Small HTTP helpers: percent encoding, queries, cookies, forms and replies.

local basexx = require "basexx"
local json = require "convoke.sandbox.json"

local web = {}

--- Decodes percent escapes. A `%` that starts no escape is kept.
-- @param s string
-- @param plus true to read `+` as a space (queries and forms)
function web.decode(s, plus)
  if plus then s = s:gsub("%+", " ") end
  return (s:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

--- Percent-encodes everything but RFC 3986's unreserved characters.
function web.encode(s)
  return (s:gsub("[^%w%-%._~]", function(c) return string.format("%%%02X", c:byte()) end))
end

--- The same for queries and forms as Python's `quote_plus` writes them: a space is a plus.
function web.encode_plus(s)
  return (web.encode(s):gsub("%%20", "+"))
end

local values_mt = {}
values_mt.__index = values_mt

--- The last value given for `name`, or nil.
function values_mt:get(name)
  local all = self.by_name[name]
  return all and all[#all]
end

--- Every value given for `name`, in order (array, possibly empty).
function values_mt:all(name)
  return self.by_name[name] or {}
end

--- Reads a query string or a form body.
-- @param text string or nil, such as `a=1&b=%20`
-- @return values: `:get(name)`, `:all(name)`, `.list` of { name, value }
function web.values(text)
  local values = setmetatable({ list = {}, by_name = {} }, values_mt)
  for pair in (text or ""):gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=?(.*)$")
    name, value = web.decode(name, true), web.decode(value, true)
    values.list[#values.list + 1] = { name, value }
    values.by_name[name] = values.by_name[name] or {}
    table.insert(values.by_name[name], value)
  end
  return values
end

--- Writes a query string from an array of { name, value } (strings or numbers).
function web.query_text(list)
  local out = {}
  for i, pair in ipairs(list) do
    out[i] = web.encode(pair[1]) .. "=" .. web.encode(tostring(pair[2]))
  end
  return table.concat(out, "&")
end

--- The absolute URL of a request with some query values replaced; for links to other pages.
-- @param request request
-- @param changes table, name to new value; false removes the name
function web.url_with(request, changes)
  local list, done = {}, {}
  for _, pair in ipairs(request.query.list) do
    local name, change = pair[1], changes[pair[1]]
    if change == nil then
      list[#list + 1] = pair
    elseif change and not done[name] then
      list[#list + 1] = { name, change }
    end
    done[name] = true
  end
  for name, change in pairs(changes) do
    if change and not done[name] then list[#list + 1] = { name, change } end
  end
  local query = web.query_text(list)
  return request.origin .. request.path .. (query ~= "" and "?" .. query or "")
end

--- Cookies of a request: table, name to value.
function web.cookies(request)
  local out = {}
  for pair in (request.headers.cookie or ""):gmatch("[^;]+") do
    local name, value = pair:match("^%s*([^=]-)%s*=%s*(.-)%s*$")
    if name then out[name] = value end
  end
  return out
end

--- User and password of an `Authorization: Basic` value's second word, or nil.
function web.basic_credentials(word)
  local ok, text = pcall(basexx.from_base64, word)
  if not ok or not text then return nil end
  return text:match("^([^:]*):(.*)$")
end

--- The media type of a header value, lower case, without parameters; "" for nil.
function web.media_type(value)
  return ((value or ""):match("^%s*([^;%s]*)") or ""):lower()
end

--- A whole number written plainly in decimal, or nil.
function web.integer(text)
  return text and text:match("^%s*[+-]?%d+%s*$") and #text < 16 and tonumber(text) or nil
end

local function valid_domain(domain)
  if domain:lower() == "localhost" then return true end
  local labels = 0
  for label in (domain .. "."):gmatch("(.-)%.") do
    if not label:find("^[%w\128-\255][%w%-\128-\255]*$") or label:sub(-1) == "-" or #label > 63 then
      return false
    end
    labels = labels + 1
  end
  local last = domain:match("[^%.]+$")
  return labels > 1 and #last >= 2 and not last:find("^%d+$")
end

--- True for an address such as `ada@example.com`.
function web.is_email(text)
  local user, domain = text:match("^([^%s@]+)@([^%s@]+)$")
  if not user or #text > 320 then return false end
  if not user:find("^[%w!#$%%&'*+/=?^_`{|}~%-%.]+$") then return false end
  if user:sub(1, 1) == "." or user:sub(-1) == "." or user:find("..", 1, true) then return false end
  return valid_domain(domain)
end

--- Cuts a list to a window.
-- @return array of at most `limit` items after the first `offset`
function web.slice(list, offset, limit)
  local out = json.array()
  for i = offset + 1, math.min(#list, offset + limit) do out[#out + 1] = list[i] end
  return out
end

--- An answer.
-- @param status integer
-- @param content_type string or nil
-- @param body string or nil
-- @param headers table, lower-case name to value (string, or array for repeated ones), or nil
function web.reply(status, content_type, body, headers)
  local all = {}
  if content_type then all["content-type"] = content_type end
  for name, value in pairs(headers or {}) do all[name] = value end
  return { status = status, headers = all, body = body or "" }
end

--- A JSON answer (`application/json`). `value` is any JSON value.
function web.json(status, value, headers)
  return web.reply(status, "application/json", json.encode(value), headers)
end

return web
