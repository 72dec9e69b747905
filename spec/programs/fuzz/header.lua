-- Headers of answers, raw as they come from the wire, and what is read in them: waits and dates.

local fuzz = ...

local core = require "convoke.core"

local words = require "spec.programs.fuzz.words"
for _, word in ipairs {
  "Retry-After:", "retry-after : ", "Date:", "\r\n", "\n", ":", "GMT", "UTC",
  "Sun, 06 Nov 1994 08:49:37 GMT",
  "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Thu, 01 Jan 1970 00:00:00 GMT",
  "Tue, 29 Feb 2028 23:59:60 GMT", "Mon", "Jan", "Dec", "31", "120",
  "99999999999999", "HTTP/1.1 200 OK\r\n",
} do words[#words + 1] = word end
fuzz.words(words)

local client = core.client("edgegap", { address = "https://api.example.com", user_agent = "fuzz",
  connect_timeout = 5, max_response_bytes = 1000, max_in_flight = 0, http_version = 0 })
assert(client:credential(1, "headersecret"))
local call = assert(client:prepare(0, { ip_list = {} }, nil, nil, false, "a"))

-- The same reading, done with patterns: names in lower case with their values, and a list.
local function read(raw)
  local by_name, list = {}, {}
  for line in raw:gmatch "[^\n]*" do
    local name, value = line:match "^([^:]+):[ \t]*(.*)$"
    if name then
      value = value:gsub("[ \t\r]+$", "")
      local key = name:lower()
      list[#list + 1] = { key, value }
      by_name[key] = by_name[key] and by_name[key] .. ", " .. value or value
    end
  end
  return by_name, list
end

local function first(list, name)
  for _, pair in ipairs(list) do
    if pair[1] == name then return pair[2] end
  end
end

-- libcurl takes more for a date than we do, and gives two-digit years another century from 70 to 99
-- on; what both take must be the same moment.
local function check_date(text)
  local ours = core.http_date(text)
  if not ours then return nil end
  assert(ours >= 0 and ours == math.floor(ours), "no moment: " .. text)
  local theirs = not text:find "%z" and fuzz.date(text)
  if theirs and theirs ~= ours and not text:find "[-, ]0*70[ -]" then
    error(("%q: %d, but libcurl reads %d"):format(text, ours, theirs), 0)
  end
  return ours
end

-- Dates made of parts, right more often than chance would have it.
local days = { "Mon", "Tue", "Wednesday", "Thursday", "Fri", "Sat", "Sunday" }
local months = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
  "Dec" }
local function some_date()
  local kind = fuzz.below(4)
  local day, month = fuzz.below(34), months[fuzz.below(12) + 1]
  local year = kind == 1 and fuzz.below(100) or 1900 + fuzz.below(65536) % 1000
  local hour, minute, second = fuzz.below(26), fuzz.below(62), fuzz.below(62)
  local week = days[fuzz.below(7) + 1]
  if kind == 1 then
    return ("%s, %02d-%s-%02d %02d:%02d:%02d GMT"):format(week, day, month, year, hour, minute,
      second)
  elseif kind == 2 then
    return ("%s %s %2d %02d:%02d:%02d %d"):format(week:sub(1, 3), month, day, hour, minute,
      second, year)
  end
  return ("%s, %02d %s %d %02d:%02d:%02d GMT"):format(week, day, month, year, hour, minute, second)
end

local function some_lines()
  local lines = {}
  for i = 1, fuzz.below(6) + 1 do
    local kind = fuzz.below(6)
    lines[i] = kind == 0 and "Retry-After: " .. fuzz.text() or kind == 1 and "Date: " .. some_date()
      or kind == 2 and "Retry-After: " .. some_date() or kind == 3 and fuzz.text()
      or kind == 4 and fuzz.text() .. ":" .. fuzz.text()
      or "retry-after: " .. fuzz.below(65536)
  end
  return table.concat(lines, fuzz.below(2) == 0 and "\r\n" or "\n")
end

local function check_retry_after(list)
  local wait = call:retry_after()
  local text = first(list, "retry-after")
  if not wait then
    assert(not text or not text:find "^%d+$" or #text > 15, "not seen: " .. tostring(text))
    return
  end
  assert(text and wait >= 0 and wait < math.huge, "no wait: " .. tostring(wait))
  if text:find "^%d+$" and #text < 16 then
    assert(wait == tonumber(text), "another wait than " .. text)
    return
  end
  local moment = check_date(text)
  assert(moment, "a wait made of nothing: " .. text)
  local date = first(list, "date")
  local base = date and check_date(date) or core.time()
  assert(math.abs(wait - math.max(0, moment - base)) < 2, "another wait than until " .. text)
end

return function()
  local kind = fuzz.below(4)
  if kind == 0 then
    check_date(some_date())
    check_date(fuzz.text())
    return
  end
  local raw = kind == 1 and fuzz.rest() or some_lines()
  fuzz.receive(call, raw)
  local by_name, list = read((raw:gsub("headersecret", ("*"):rep(12))))
  for _, pair in ipairs(list) do
    if not pair[1]:find "%z" then
      local value, wanted = call:header(pair[1]), first(list, pair[1])
      assert(value == wanted, ("%q is %q, not %q"):format(pair[1], tostring(value), wanted))
    end
  end
  check_retry_after(list)
  for name, value in pairs(call:headers()) do
    assert(value == by_name[name], ("%q is %q"):format(name, value))
    by_name[name] = nil
  end
  assert(next(by_name) == nil, "a header is lost")
end
