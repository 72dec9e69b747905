-- JSON, beside lua-cjson: the same values written by both, and the same texts read by both.

local fuzz = ...

local cjson = require "cjson.safe".new()
local core = require "convoke.core"
local judge = require "spec.programs.fuzz.judge"

fuzz.words(require "spec.programs.fuzz.words")
cjson.encode_number_precision(14)
cjson.encode_invalid_numbers(false)
cjson.decode_invalid_numbers(false)
cjson.decode_max_depth(201)
cjson.encode_max_depth(201)

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
  local theirs = not judge.holds_wrapped(value) and cjson.encode(value)
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

-- Whether the text of a number has neither fraction nor exponent, so that it is an integer.
local function is_whole(number)
  return number == math.floor(number) and math.abs(number) < 1e14 and 1 / number ~= -math.huge
end

-- What answers become: whole numbers integers, null fields of models absent, all else unchanged.
local function same_read(path, schema, plain, got)
  schema = schema or {}
  local kind = type(plain)
  if kind == "number" then
    assert(got == plain, path .. " is another number")
    if is_whole(plain) and schema.type ~= "number" then
      assert(math.type(got) == "integer", path .. " is no integer")
    end
  elseif kind ~= "table" then
    assert(got == plain, path .. " is another " .. kind)
  else
    assert(type(got) == "table", path .. " is no table")
    local model = schema.fields and schema.type ~= "array" and #plain == 0
    -- A value of another kind than promised is read as a free-form one.
    if schema.type == "array" and #plain == 0 then schema = {} end
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

-- Whether a value that is no table is read where that is promised.
local function check_kind(wanted, value, good)
  local kind = type(value)
  if value == null then return assert(good) end
  if kind == "number" and math.abs(value) == math.huge then return assert(not good) end
  local text = kind ~= "string" or utf8.len(value)
  if wanted == "string" or wanted == "boolean" then
    assert(good == (kind == wanted and text ~= nil))
  end
  local beyond = wanted == "integer" and kind == "number"
    and (value >= 0x1p63 or value < -0x1p63)
  if wanted == "integer" or wanted == "number" then
    assert(good == (kind == "number" and not beyond))
  end
  if wanted == "either" or wanted == "array" or wanted == "object" then assert(not good) end
end

-- An answer that lua-cjson has written.
local function try_answer()
  local operation = operations[fuzz.below(#operations) + 1]
  local text = cjson.encode(fuzz.answer(operation.api, operation.index))
  local plain = text and cjson.decode("[" .. text .. "]")
  if not plain or plain[1] == nil then return end
  local got, good = fuzz.read(operation.api, operation.index, text)
  if good then same_read("answer", operation.answer, plain[1], got) end
  if type(plain[1]) ~= "table" then check_kind(operation.answer.type, plain[1], good) end
end

-- Any text: what we take lua-cjson takes, too, for the same value. It takes more: what is not
-- UTF-8, numbers beyond a double, half surrogate pairs.
local function try_text()
  local text = fuzz.text()
  local got = core.read(text)
  if got == nil then return end
  local plain = cjson.decode("[" .. text .. "]")
  assert(plain, "lua-cjson does not read " .. text)
  judge.same("read", plain[1], got, nearly)
end

return function()
  local kind = fuzz.below(6)
  if kind == 0 then
    try_number()
  elseif kind < 3 then
    try_writing()
  elseif kind < 5 then
    try_answer()
  else
    try_text()
  end
end
