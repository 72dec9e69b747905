-- JSON, beside lua-cjson: the same values written by both, and the same texts read by both.

local fuzz = ...

local cjson = require "cjson.safe".new()
local core = require "convoke.core"
local judge = require "spec.fuzz.judge"

fuzz.words(require "spec.fuzz.words")
cjson.encode_number_precision(14)
cjson.encode_invalid_numbers(false)
cjson.decode_invalid_numbers(false)
cjson.decode_max_depth(200)
cjson.encode_max_depth(200)

local operations = {}
for _, name in ipairs { "clerk", "convex", "cvat", "edgegap", "gencove" } do
  for _, operation in ipairs(core.catalogue().apis[name].operations) do
    operations[#operations + 1] = operation
  end
end

-- lua-cjson writes fourteen digits.
local function nearly(one, other)
  return one == other or math.abs(one - other) <= math.abs(one) * 1e-13
    or math.abs(one) > 1e308 or math.abs(one) < 1e-300
end

local function try_writing()
  local value, convex = fuzz.any(), fuzz.below(2) == 1
  local text, faults = fuzz.write(value, convex)
  if not text then
    assert(#faults > 0)
    return
  end
  assert(judge.allows({ type = "any" }, value, convex), "written, though it may not be")
  local ours = { cjson.decode("[" .. text .. "]") }
  assert(ours[1], tostring(ours[2]) .. ": " .. text)
  judge.same("ours", { value }, ours[1])
  local theirs = cjson.encode(value)
  if theirs and not convex then
    judge.same("theirs", cjson.decode("[" .. theirs .. "]"), ours[1], nearly)
  end
end

-- A number as short as it can be that is still the same.
local function try_number()
  local value = fuzz.any()
  if type(value) ~= "number" or value ~= value or math.abs(value) == math.huge then return end
  local text = fuzz.number(value)
  assert(text:find "^%-?%d+%.?%d*e?%-?%d*$" and not text:find "^%-?0%d" and not text:find "%.$"
    and not text:find "%.e" and not text:find "e$", "no JSON number: " .. text)
  assert(tonumber(text) + 0.0 == value + 0.0, ("%.17g became %s"):format(value, text))
  local digits = text:gsub("e.*", ""):gsub("%D", ""):gsub("^0+", "")
  assert(#digits <= 17 and (#digits <= 15 or tonumber(("%.15g"):format(value)) ~= value + 0.0),
    "longer than it need be: " .. text)
  local theirs = cjson.decode("[" .. text .. "]")[1]
  assert(theirs == value + 0.0, "lua-cjson reads another number: " .. text)
end

local null = cjson.null

-- What answers become: whole numbers integers, null fields of models absent, all else unchanged.
local function same_read(path, schema, plain, got)
  schema = schema or {}
  local kind = type(plain)
  if kind == "number" then
    assert(got == plain, path .. " is another number")
    local whole = plain == math.floor(plain) and plain >= -0x1p63 and plain < 0x1p63
    if whole and schema.type ~= "number" then
      assert(math.type(got) == "integer", path .. " is no integer")
    end
  elseif kind ~= "table" then
    assert(got == plain, path .. " is another " .. kind)
  else
    assert(type(got) == "table", path .. " is no table")
    local model = schema.fields and not (schema.type == "either" and #plain > 0)
    local fields = {}
    for _, field in ipairs(schema.fields or {}) do fields[field.name] = field end
    for key, member in pairs(plain) do
      local here = path .. "." .. tostring(key)
      if model and member == null and type(key) == "string" then
        assert(got[key] == nil, here .. " is null")
      else
        local inner
        if model then inner = fields[key] else inner = schema.items end
        same_read(here, inner, member, got[key])
      end
    end
    for key in pairs(got) do assert(plain[key] ~= nil, path .. " got " .. tostring(key)) end
  end
end

local function try_reading()
  local operation = operations[fuzz.below(#operations) + 1]
  local text
  if fuzz.below(4) == 0 then
    text = fuzz.text()
  else
    text = cjson.encode { fuzz.answer(operation.api, operation.index) }
  end
  local plain = text and cjson.decode(text)
  if type(plain) ~= "table" or plain[1] == nil then return end
  local got, good = fuzz.read(operation.api, operation.index, cjson.decode(text)[1])
  same_read("answer", operation.answer, plain[1], got)
  local wanted = operation.answer.type
  local kind = type(plain[1])
  if plain[1] == null then return assert(good) end
  if wanted == "string" or wanted == "boolean" then assert(good == (kind == wanted)) end
  if wanted == "integer" or wanted == "number" then assert(good == (kind == "number")) end
  if wanted == "array" or wanted == "either" then assert(good == (kind == "table")) end
  if wanted == "object" then assert(good == (kind == "table" and #plain[1] == 0)) end
end

return function()
  local kind = fuzz.below(4)
  if kind == 0 then
    try_number()
  elseif kind < 3 then
    try_writing()
  else
    try_reading()
  end
end
