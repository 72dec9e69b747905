--- Streams of events (text/event-stream), read as WHATWG HTML says in 9.2.6.

local events = {}

local Parser = {}
Parser.__index = Parser

--- A parser of one stream.
-- @param most  bytes that one event may have
function events.parser(most)
  return setmetatable({ text = "", at = 1, most = most, size = 0, line = {}, data = {},
    event = nil, id = nil, retry = nil, after_cr = false, begun = false }, Parser)
end

--- Gives it the next piece of the stream. All events of the one before must have been read.
function Parser:feed(text)
  self.text, self.at = text, 1
end

-- Notes a part of a line, which counts towards the size of the event.
local function keep(self, part)
  if part == "" then return end
  self.line[#self.line + 1] = part
  self.size = self.size + #part
end

-- The next line without its end, or nil: it has not come as a whole.
local function next_line(self)
  if self.after_cr and self.at <= #self.text then
    self.after_cr = false
    if self.text:byte(self.at) == 10 then self.at = self.at + 1 end
  end
  local stop = self.text:find("[\r\n]", self.at)
  keep(self, self.text:sub(self.at, (stop or 0) - 1))
  if not stop then
    self.text, self.at = "", 1
    return nil
  end
  self.after_cr, self.at = self.text:byte(stop) == 13, stop + 1
  local line = table.concat(self.line)
  self.line = {}
  if not self.begun then
    self.begun = true
    line = line:gsub("^\239\187\191", "") -- the mark of UTF-8
  end
  return line
end

-- Notes a field, which was so many bytes of the stream. Only data is kept, and counts.
local function note_field(self, name, value, size)
  if name == "data" then
    self.data[#self.data + 1] = value
    return
  end
  self.size = self.size - size
  if name == "event" then
    self.event = value
  elseif name == "id" and not value:find("%z") then
    self.id = value ~= "" and value or nil
  elseif name == "retry" and value:find "^%d+$" then
    self.retry = tonumber(value)
  end
end

-- The event that an empty line ends, or nil: it has no data.
local function end_event(self)
  local data, event = self.data, self.event
  self.data, self.event, self.size = {}, nil, 0
  if not data[1] then return nil end
  return { data = table.concat(data, "\n"), event = event ~= "" and event or "message",
    id = self.id, retry = self.retry }
end

--- The next event of what was fed, or nil: more is to come; or nil and what is wrong.
function Parser:next()
  local line = next_line(self)
  while line do
    local made
    if line == "" then
      made = end_event(self)
    else -- without a name before the colon it is a comment
      local name, value = line:match "^([^:]*): ?(.*)$"
      note_field(self, name or line, value or "", #line)
    end
    if made then return made end
    line = next_line(self)
  end
  if self.size > self.most then return nil, "an event is larger than max_response_bytes allows" end
  return nil
end

return events
