--- Makes each sample call of a document with a client of ours, against a server that judges
-- requests.
--
--   lua5.4 spec/programs/openapi/exam.lua DOCUMENT CALLS ADDRESS [CACHE]
--
-- With a folder CACHE the document is loaded twice, the second time from its cache there.
-- CALLS holds a JSON object a line: key, operation_id, method, path_template, params (by place),
-- body, content_type. Prints what went wrong, by reason, and one line of figures; the exit status
-- says whether every call was accepted and its answer read.

local core = require "convoke.core"
local convoke = require "convoke"

local document, calls, address = arg[1], arg[2], arg[3]

local function decode(text) return assert(core.read(text)) end

local cached = arg[4] and { cache = arg[4] } or nil
if cached then convoke.openapi(document, cached) end
local began = os.clock()
local construct = convoke.openapi(document, cached)
local ready = os.clock() - began

local function from_base64(text)
  local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  local bits, count, out = 0, 0, {}
  for letter in text:gmatch "[%w+/]" do
    bits, count = bits * 64 + alphabet:find(letter, 1, true) - 1, count + 6
    if count >= 8 then
      count = count - 8
      out[#out + 1] = string.char(math.floor(bits / 2 ^ count) % 256)
      bits = bits % 2 ^ count
    end
  end
  return table.concat(out)
end

-- A sample's value as it is given to a client: with the bytes of files in it.
local function value_of(sample)
  if type(sample) ~= "table" then return sample end
  if sample["$binary"] then return from_base64(sample["$binary"]) end
  local made = {}
  for key, value in pairs(sample) do made[key] = value_of(value) end
  return setmetatable(made, getmetatable(sample))
end

-- Any credential for each of the schemes.
local function credentials()
  local options = { url = address, timeout = 60, retries = 0 }
  local source = assert(io.open(document, "rb"))
  local decoded = decode(source:read "*a")
  source:close()
  local server = decoded.servers and decoded.servers[1]
  local path = server and server.url:gsub("{([^}]*)}", function(name)
    return tostring(server.variables[name].default)
  end):gsub("^%a[%w+.-]*://[^/]*", ""):gsub("/+$", "") or ""
  options.url = address .. path
  local schemes = decoded.components and decoded.components.securitySchemes or {}
  for name, scheme in pairs(schemes) do
    options[name] = scheme.type == "http" and scheme.scheme == "basic" and "user:password"
      or "exam-token"
  end
  if not next(schemes) then options.token = "exam-token" end
  return options
end

local by_id, by_place = {}, {}
for _, operation in ipairs(construct.operations) do
  by_id[operation.id] = operation
  by_place[operation.method .. " " .. operation.path] = operation
end

-- The parameters of a sample as our clients take them.
local function params_of(operation, sample)
  local given, names = {}, {}
  for _, field in ipairs(operation.params) do
    names[field.where .. " " .. (field.wire or field.name)] = field.name
  end
  for place, values in pairs(sample.params) do
    for name, value in pairs(values) do
      local known = names[place .. " " .. name]
      if known then given[known] = value_of(value) end
    end
  end
  if sample.content_type ~= convoke.null then
    local whole = operation.whole_body and (names["body body"] or names["body request_body"])
    if whole then
      given[whole] = value_of(sample.body)
    else
      for name, value in pairs(sample.body) do
        given[names["body " .. name] or name] = value_of(value)
      end
    end
  end
  return given
end

local client = construct(credentials())
local counts = { called = 0, accepted = 0, unread = 0, refused = 0, here = 0, missing = 0 }
local reasons, shown = {}, {}

local function note(kind, key, why)
  counts[kind] = counts[kind] + 1
  local short = kind .. ": " .. why:gsub("%d+", "N"):sub(1, 90)
  reasons[short] = (reasons[short] or 0) + 1
  if #shown < (tonumber(os.getenv "SHOW") or 12) then
    shown[#shown + 1] = ("  %s %s: %s"):format(kind, key, why:sub(1, 400))
  end
end

local started = convoke.now()
for line in io.lines(calls) do
  local sample = decode(line)
  if not sample.skip then
    counts.called = counts.called + 1
    local operation = by_id[sample.key]
      or by_place[sample.method .. " " .. sample.path_template:gsub("#.*$", "")]
    if not operation then
      note("missing", sample.key, "no such operation")
    else
      local media = sample.content_type ~= convoke.null and sample.content_type or nil
      local variant = media and construct.variant(operation, media) or operation
      local fine, value, err = pcall(client.call, client, operation.id,
        params_of(variant, sample), { content_type = media })
      if not fine then
        note("here", sample.key, "raised " .. tostring(value))
      elseif err and err.kind == "invalid" then
        note("here", sample.key, err.message)
      elseif err and err.kind == "http" and type(err.data) == "table" and err.data.exam then
        note("refused", sample.key, tostring(err.data.reason))
      elseif err then
        note("unread", sample.key, tostring(err))
      elseif value == nil then
        note("unread", sample.key, "nothing came")
      else
        counts.accepted = counts.accepted + 1
      end
    end
  end
end
local took = convoke.now() - started

for _, text in ipairs(shown) do print(text) end
local sorted = {}
for why, count in pairs(reasons) do sorted[#sorted + 1] = { count, why } end
table.sort(sorted, function(one, other)
  if one[1] ~= other[1] then return one[1] > other[1] end
  return one[2] < other[2]
end)
for i = 1, math.min(#sorted, 12) do print(("  %4d  %s"):format(sorted[i][1], sorted[i][2])) end
print(("%s: %d operations, %d calls, %d accepted, %d refused by the judge, %d refused here, "
  .. "%d answers not read, %d without an operation; ready in %.3f s, calls took %.1f s"):format(
  document:match "[^/]+$", #construct.operations, counts.called, counts.accepted, counts.refused,
  counts.here, counts.unread, counts.missing, ready, took))
os.exit(counts.accepted == counts.called)
