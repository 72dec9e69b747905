--- YAML written as JSON, in the order of its text.
--
-- The module `yaml` (of lyaml, on libyaml) reads the text and tells of it piece by piece; what the
-- pieces mean is decided here, by YAML 1.2 (its core schema): dates, `on` and `yes` are texts, 0777
-- is 777, and keys are texts whatever they look like. Merge keys (`<<`) are those of YAML 1.1. What
-- aliases stand for is written out each time, so there is a bound on what comes of a text.

local cjson = require "cjson"

local yaml = {}

local deepest = 200 -- levels, as JSON documents have
local most_bytes = 64 * 1024 * 1024

-- How many pieces may come of a text of that size: aliases make it longer, but within measure.
local function most_pieces(size) return 100000 + 10 * size end

local function refuse(message) error({ yaml = message }, 0) end

local function quoted(text) return (cjson.encode(text):gsub("\\/", "/")) end

-- Plain words ------------------------------------------------

local words = { [""] = "null", ["~"] = "null", null = "null", Null = "null", NULL = "null",
  ["true"] = "true", True = "true", TRUE = "true",
  ["false"] = "false", False = "false", FALSE = "false" }

-- A number as JSON has it, or nil.
local function number_of(text)
  local digits = text:match "^0o([0-7]+)$"
  if digits then return ("%d"):format(tonumber(digits, 8)) end
  digits = text:match "^0x(%x+)$"
  if digits then return ("%d"):format(tonumber(digits, 16)) end
  local sign, rest = text:match "^([-+]?)(%.?%d.*)$"
  if not rest then return nil end
  local whole, part, exponent = rest:match "^(%d*)(%.?%d*)(.*)$"
  if exponent ~= "" then
    exponent = exponent:match "^[eE][-+]?%d+$"
    if not exponent then return nil end
  end
  whole = whole:gsub("^0+(%d)", "%1")
  if whole == "" then whole = "0" end
  if part == "." then part = "" end
  return (sign == "-" and "-" or "") .. whole .. part .. exponent
end

-- The JSON of a scalar.
local function scalar(event)
  local tag = event.tag and event.tag:match "^tag:yaml%.org,2002:(.*)$"
  local is_plain = event.plain_implicit and not event.tag
  if is_plain or tag == "int" or tag == "float" or tag == "bool" or tag == "null" then
    local found = words[event.value] or number_of(event.value)
    if found then return found end
  end
  return quoted(event.value)
end

-- Composing ------------------------------------------------

-- What is being written: `out`, pieces of text; `anchors`, by name: what value() returns and `from`
-- and `to`, which of the pieces it is.
local Writer = {}
Writer.__index = Writer

-- Bounds the work that aliases and merge keys can make of a short text.
function Writer:count(bytes)
  self.pieces, self.bytes = self.pieces + 1, self.bytes + bytes
  if self.pieces > self.most or self.bytes > most_bytes then
    refuse "is too large once its aliases are written out"
  end
end

function Writer:put(piece)
  self:count(#piece)
  self.out[#self.out + 1] = piece
end

function Writer:put_range(from, to)
  for i = from, to do self:put(self.out[i]) end
end

function Writer:next()
  local event = self.events()
  if not event then refuse "ends too soon" end
  return event
end

function Writer:alias(event)
  local anchor = self.anchors[event.anchor]
  if not anchor then refuse(("has an alias of nothing: *%s"):format(event.anchor)) end
  if not anchor.to then refuse(("has a value that holds itself: *%s"):format(event.anchor)) end
  self:put_range(anchor.from, anchor.to)
  return anchor
end

function Writer:sequence(depth)
  local elements = {}
  self:put "["
  while true do
    local event = self:next()
    if event.type == "SEQUENCE_END" then break end
    if #elements > 0 then self:put "," end
    elements[#elements + 1] = self:value(event, depth + 1).members or false
  end
  self:put "]"
  return { elements = elements }
end

-- The text of a key, and whether it stands there plainly.
function Writer:key(event)
  if event.type == "SCALAR" then return event.value, event.style == "PLAIN" end
  local anchor = event.type == "ALIAS" and self.anchors[event.anchor]
  if not (anchor and anchor.key) then refuse "has a key that is no text" end
  return anchor.key
end

-- Reads the value of a merge key: a mapping or a list of them, the first of which counts most.
-- @param merged  gets: name -> { from, to }, or a text where the value itself is taken back
function Writer:merge(depth, merged)
  local mark = #self.out
  local node = self:value(self:next(), depth + 1)
  for _, members in ipairs(node.elements or { node.members or false }) do
    if not members then refuse "has a merge key (<<) whose value is no mapping" end
    for name, range in pairs(members) do
      self:count(0)
      if merged[name] == nil then
        merged[name] = range[2] <= mark and range or table.concat(self.out, "", range[1], range[2])
      end
    end
  end
  for i = #self.out, mark + 1, -1 do self.out[i] = nil end
  for name, anchor in pairs(self.anchors) do
    if (anchor.to or 0) > mark then self.anchors[name] = nil end
  end
end

-- Returns a table: members, name -> { from, to }.
function Writer:mapping(depth)
  local members, merged, is_first = {}, {}, true
  local function begin(key)
    self:put((is_first and "" or ",") .. quoted(key) .. ":")
    is_first = false
    return #self.out + 1
  end
  self:put "{"
  while true do
    local event = self:next()
    if event.type == "MAPPING_END" then break end
    local key, is_plain = self:key(event)
    if key == "<<" and is_plain then
      self:merge(depth, merged)
    else
      local from = begin(key)
      self:value(self:next(), depth + 1)
      members[key] = { from, #self.out }
    end
  end
  local names = {}
  for name in pairs(merged) do
    if not members[name] then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local from, range = begin(name), merged[name]
    if type(range) == "string" then self:put(range) else self:put_range(range[1], range[2]) end
    members[name] = { from, #self.out }
  end
  self:put "}"
  return { members = members }
end

-- Writes a value. Returns a table: members of a mapping, elements (the members of each, or false)
-- of a sequence, or key, the text of a scalar.
function Writer:value(event, depth)
  if depth > deepest then refuse "is nested too deep" end
  if event.type == "ALIAS" then return self:alias(event) end
  local name, from, node = event.anchor, #self.out + 1
  if name then self.anchors[name] = {} end
  if event.type == "MAPPING_START" then
    node = self:mapping(depth)
  elseif event.type == "SEQUENCE_START" then
    node = self:sequence(depth)
  else
    self:put(scalar(event))
    node = { key = event.value }
  end
  if name then
    node.from, node.to = from, #self.out
    self.anchors[name] = node
  end
  return node
end

local function compose(parser, text)
  local writer = setmetatable({ events = parser(text), out = {}, anchors = {}, bytes = 0,
    pieces = 0, most = most_pieces(#text) }, Writer)
  local event
  repeat event = writer:next() until event.type ~= "STREAM_START"
  if event.type == "STREAM_END" then refuse "is empty" end
  event = writer:next()
  if event.type ~= "MAPPING_START" then refuse "is no OpenAPI document" end
  writer:value(event, 0)
  repeat event = writer:next() until event.type ~= "DOCUMENT_END"
  if event.type ~= "STREAM_END" then refuse "holds several documents" end
  return table.concat(writer.out)
end

--- Writes YAML as JSON.
-- @param parser  the function `parser` of the module yaml
-- @param text    YAML
-- @return JSON text; or nil and what is wrong
function yaml.to_json(parser, text)
  local fine, json = pcall(compose, parser, text)
  if fine then return json end
  if type(json) == "table" and json.yaml then return nil, json.yaml end
  local why = tostring(json):gsub("%s+", " ")
  return nil, "is neither JSON nor YAML: " .. why:sub(1, 200)
end

return yaml
