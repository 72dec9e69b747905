--- Compares what the core reads of JSON with what Python's json does.
--
--   lua5.4 spec/programs/fuzz/python.lua COUNT [SEED]
--
-- Prints the first documents that differ, then how many were read and how many both refused.

local convoke = require "convoke"
local core = require "convoke.core"

if not math.type then
  print "python   not compared: this Lua does not tell integers from floats"
  os.exit()
end

local count = tonumber(arg[1])
local seed = tonumber(arg[2]) or os.time()
local array_mark = getmetatable(convoke.array {})

local function hex(text)
  return (text:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local show

local function show_table(value)
  local parts = {}
  if getmetatable(value) == array_mark then
    for i, member in ipairs(value) do parts[i] = show(member) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys)
  for i, key in ipairs(keys) do parts[i] = show(key) .. ":" .. show(value[key]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- A value as python.py writes it.
function show(value)
  if value == convoke.null then return "n" end
  if value == true then return "t" end
  if value == false then return "f" end
  if math.type(value) == "integer" then return ("i%d"):format(value) end
  if math.type(value) == "float" then return "d" .. hex(string.pack(">d", value)) end
  if type(value) == "string" then return "s" .. hex(value) end
  return show_table(value)
end

local function verdict(document)
  local value, why = core.read(document)
  if value == nil then return "refused", why end
  return show(value)
end

local python = assert(io.popen(("python3 spec/programs/fuzz/python.py %d %d"):format(seed, count)))
local read, refused, different = 0, 0, 0
local document_size, told_size = python:read("n", "n", 1)
while document_size do
  local document, told = python:read(document_size), python:read(told_size)
  local own, why = verdict(document)
  read = read + 1
  if own == "refused" and told == own then refused = refused + 1 end
  if own ~= told then
    different = different + 1
    if different <= 5 then
      print(("document: %s\nhere:     %s %s\nPython:   %s"):format(document, own, why or "", told))
    end
  end
  document_size, told_size = python:read("n", "n", 1)
end
local ended = python:close()

print(("python   %9d documents, %d refused by both, %d different (seed %d)"):format(read, refused,
  different, seed))
os.exit(ended and different == 0 and read == count and refused > 0 and refused < count)
