--- A strict reader of Prometheus' text format 0.0.4. Raises for what a scraper would refuse, and
-- for what the conventions forbid.

local exposition = {}

local function check(condition, line, why)
  if not condition then error(("%s: %s"):format(why, line), 0) end
  return condition
end

local escapes = { ["\\"] = "\\", n = "\n", ['"'] = '"' }

-- Reads {name="value",...} from a position. Returns the labels and the position behind them.
local function read_labels(line, position)
  local labels = {}
  if line:sub(position, position) ~= "{" then return labels, position end
  position = position + 1
  while line:sub(position, position) ~= "}" do
    local name, at = line:match('^([%a_][%w_]*)="()', position)
    check(name, line, "no label")
    check(labels[name] == nil, line, "a label stands twice")
    local characters = {}
    while line:sub(at, at) ~= '"' do
      local c = check(line:match("^[^\n]", at), line, "a value has no end")
      if c == "\\" then
        at = at + 1
        c = check(escapes[line:sub(at, at)], line, "no escape")
      end
      characters[#characters + 1] = c
      at = at + 1
    end
    labels[name] = table.concat(characters)
    position = at + 1
    local comma = line:sub(position, position)
    check(comma == "," or comma == "}", line, "neither comma nor brace")
    if comma == "," then position = position + 1 end
  end
  return labels, position + 1
end

local function read_value(text, line)
  if text == "+Inf" then return math.huge end
  check(text:find "^%-?%d+%.?%d*$" or text:find "^%-?%d+%.?%d*[eE][+-]?%d+$", line, "no number")
  return tonumber(text)
end

-- A text that is the same for the same labels, without some.
local function key_of(labels, without)
  local parts = {}
  for name, value in pairs(labels) do
    if name ~= without then parts[#parts + 1] = ("%s=%q"):format(name, value) end
  end
  table.sort(parts)
  return table.concat(parts, ",")
end

local suffixes = { counter = { "" }, gauge = { "" }, histogram = { "_bucket", "_sum", "_count" } }

local function suffix_of(family, name)
  for _, suffix in ipairs(suffixes[family.type]) do
    if name == family.name .. suffix then return suffix end
  end
end

-- Buckets are cumulative, in order, and the last one is the count.
local function check_histogram(family)
  local groups = {}
  for _, sample in ipairs(family.samples) do
    local key = key_of(sample.labels, "le")
    local group = groups[key] or { buckets = {} }
    groups[key] = group
    if sample.suffix == "_bucket" then
      group.buckets[#group.buckets + 1] = { read_value(sample.labels.le, key), sample.value }
    else
      check(sample.labels.le == nil, key, "le beside buckets")
      group[sample.suffix] = sample.value
    end
  end
  for key, group in pairs(groups) do
    local least, count = -math.huge, 0
    for _, bucket in ipairs(group.buckets) do
      check(bucket[1] > least, key, "buckets are out of order")
      check(bucket[2] >= count, key, "buckets are not cumulative")
      least, count = bucket[1], bucket[2]
    end
    check(least == math.huge, key, "no bucket +Inf")
    check(group._count == count, key, "the count is not that of +Inf")
    check(group._sum, key, "no sum")
  end
end

local function check_family(family)
  if family.type == "histogram" then return check_histogram(family) end
  local is_counter = family.type == "counter"
  check(is_counter == (family.name:find "_total$" ~= nil), family.name, "_total is for counters")
  for _, sample in ipairs(family.samples) do
    check(not is_counter or sample.value >= 0, family.name, "a counter below 0")
  end
end

--- Reads a text.
-- @return name of a family -> { name =, help =, type =, samples = array of { labels =, value =,
--   suffix = } }
function exposition.read(text)
  local families, family, seen = {}, nil, {}
  check(text == "" or text:sub(-1) == "\n", text:sub(-20), "the last line has no end")
  for line in text:gmatch "([^\n]*)\n" do
    local name, help = line:match "^# HELP ([%a_:][%w_:]*) (.+)$"
    local typed, kind = line:match "^# TYPE ([%a_:][%w_:]*) (%a+)$"
    if name then
      check(not families[name], line, "a family stands twice")
      check(not help:gsub("\\[\\n]", ""):find("\\", 1, true), line, "no escape")
      family = { name = name, help = help, samples = {} }
      families[name] = family
    elseif typed then
      check(family and family.name == typed and not family.type, line, "TYPE is out of place")
      check(suffixes[kind], line, "no type")
      family.type = kind
    else
      local sample, at = line:match "^([%a_:][%w_:]*)()"
      check(sample and family and family.type, line, "a sample without a family")
      local suffix = check(suffix_of(family, sample), line, "a sample of another family")
      local labels, behind = read_labels(line, at)
      local value = read_value(check(line:match("^ (%S+)$", behind), line, "no value"), line)
      local key = sample .. " " .. key_of(labels)
      check(not seen[key], line, "a sample stands twice")
      seen[key] = true
      family.samples[#family.samples + 1] = { labels = labels, value = value, suffix = suffix }
    end
  end
  for _, each in pairs(families) do check_family(each) end
  return families
end

--- The sum of a family's samples that have these labels, of a histogram those of a suffix.
function exposition.sum(families, name, wanted, suffix)
  local sum = 0
  for _, sample in ipairs(families[name].samples) do
    local fits = suffix == nil or sample.suffix == suffix
    for label, value in pairs(wanted or {}) do fits = fits and sample.labels[label] == value end
    if fits then sum = sum + sample.value end
  end
  return sum
end

return exposition
