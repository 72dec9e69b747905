-- Adds up what gcov knows of all builds that ran: lua report.lua LEAST DIRECTORY...
--
-- Prints how many lines of each file of csrc ran in any of them, then those that ran in none, with
-- the reason where reasons.lua has one. Ends with 1 when less than LEAST per cent ran.

local cjson = require "cjson"
local reasons = dofile "spec/programs/coverage/reasons.lua"

local least = tonumber(arg[1])
local lines = {} -- file -> line -> { count, function }

local function each_line(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text:gmatch "[^\n]+"
end

local function add(file)
  for _, line in ipairs(file.lines) do
    local number = line.line_number
    lines[file.file] = lines[file.file] or {}
    local known = lines[file.file][number] or { count = 0, name = line.function_name }
    known.count = known.count + line.count
    lines[file.file][number] = known
  end
end

local directories = {}
for i = 2, #arg do directories[#directories + 1] = ("'%s'"):format(arg[i]) end
local find = ("find %s -name '*.gcda'"):format(table.concat(directories, " "))
local runs = 0
for gcda in each_line(find) do
  for json in each_line(("gcov --json-format --stdout '%s'"):format(gcda)) do
    for _, file in ipairs(cjson.decode(json).files) do
      if file.file:find "^csrc/" then add(file) end
    end
  end
  runs = runs + 1
end

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local function source_of(file)
  local source = {}
  for line in io.lines(file) do source[#source + 1] = line end
  return source
end

-- Why a line cannot run here: by its function, or by a piece of its text.
local function reason_of(file, name, text)
  local known = reasons[file] or {}
  if known[name] then return known[name] end
  for piece, reason in pairs(known) do
    if text:find(piece, 1, true) then return reason end
  end
  return "no reason"
end

local all, ran, silent, last_place = 0, 0, {}, nil
print(("%-26s %6s %6s %8s"):format("file", "lines", "ran", "per cent"))
for _, file in ipairs(sorted_keys(lines)) do
  local here, ran_here, source = 0, 0, source_of(file)
  for _, number in ipairs(sorted_keys(lines[file])) do
    local line = lines[file][number]
    here = here + 1
    if line.count > 0 then
      ran_here = ran_here + 1
    else
      local text = source[number] or ""
      local reason = reason_of(file, line.name, text)
      local place = ("%s, %s: %s"):format(file, line.name or "?", reason)
      if place ~= last_place then silent[#silent + 1] = place end
      silent[#silent + 1] = ("  %4d %s"):format(number, text)
      last_place = place
    end
  end
  print(("%-26s %6d %6d %8.1f"):format(file, here, ran_here, 100 * ran_here / here))
  all, ran = all + here, ran + ran_here
end
local percent = 100 * ran / math.max(all, 1)
print(("%-26s %6d %6d %8.1f"):format("all", all, ran, percent))

print("\nlines that did not run, and why:")
for _, line in ipairs(silent) do print(line) end
print(("\n%.1f %% of the lines of csrc ran, %d %% at least should; %d object files"):format(percent,
  least, runs))
os.exit(percent >= least and 0 or 1)
