-- Proves that no more than ten lines of code stand twice in csrc and lua: what is the same has one
-- place. Lines count as the same when at most three names or values differ between the two places.
-- Comments, blank lines, white space, lone braces and the loading of other files do not count, nor
-- do the tables of facts in csrc/apis, whose rows are read beside a vendor's contract, nor the
-- annotations in lua/convoke/meta that are made from them.
-- Run from the project's folder; prints each pair of places and fails.

local most_lines, most_differences = 10, 3

-- One line as a list of its words and strings, and as the shape that is left without them.
local function take_apart(line)
  local words = {}
  local shape = line:gsub('"[^"]*"', function(text)
    words[#words + 1] = text
    return "\1"
  end):gsub("[%w_]+", function(word)
    words[#words + 1] = word
    return "\1"
  end):gsub("%s+", "")
  return { words = words, shape = shape }
end

local function is_loading(line)
  return line:find "^%s*#%s*include" or line:find "^%s*local [%w_, ]+ = require%A"
    or line:find "^%s*local [%w_]+ = [%w_.]+$"
end

local function lines_of(path)
  local list, number, in_comment = {}, 0, false
  local is_c = path:find "%.[ch]$"
  for text in io.lines(path) do
    local line = text
    number = number + 1
    if not is_c then
      line = line:gsub("^%s*%-%-.*$", ""):gsub("%s%-%-%s.*$", "")
    elseif in_comment then
      local rest = line:match "%*/(.*)$"
      line, in_comment = rest or "", rest == nil
    else
      line = line:gsub("/%*.-%*/", "")
      if line:find("/*", 1, true) then line, in_comment = line:match "^(.-)/%*", true end
    end
    if line:find "%w" and not is_loading(line) then
      local parts = take_apart(line)
      parts.number = number
      list[#list + 1] = parts
    end
  end
  return list
end

-- Counts the lines from two places on that are the same but for few words.
local function common(one, first, other, other_first)
  local length, differences, seen = 0, 0, {}
  while one[first + length] and other[other_first + length]
    and not (one == other and other_first + length == first) do
    local a, b = one[first + length], other[other_first + length]
    if a.shape ~= b.shape then break end
    for i, word in ipairs(a.words) do
      local pair = word .. "\0" .. b.words[i]
      if word ~= b.words[i] and not seen[pair] then
        seen[pair] = true
        differences = differences + 1
      end
    end
    if differences > most_differences then break end
    length = length + 1
  end
  return length
end

local files = {}
local places = {} -- shapes of most_lines + 1 lines -> where they begin
local found = 0

local function check(path)
  local list = lines_of(path)
  files[path] = list
  local free = 1 -- the first line that is in no pair yet
  for first = 1, #list - most_lines do
    local shapes = {}
    for i = first, first + most_lines do shapes[#shapes + 1] = list[i].shape end
    local key = table.concat(shapes, "\n")
    places[key] = places[key] or {}
    for _, place in ipairs(places[key]) do
      local length = common(list, first, files[place.path], place.first)
      if first >= free and length > most_lines then
        print(("%s:%d repeats %d lines of %s:%d"):format(path, list[first].number, length,
          place.path, files[place.path][place.first].number))
        found = found + 1
        free = first + length
      end
    end
    table.insert(places[key], { path = path, first = first })
  end
end

local names = assert(io.popen "find csrc lua -type f | sort")
for path in names:lines() do
  local is_code = path:find "%.[ch]$" or path:find "%.lua$"
  local is_facts = path:find "^csrc/apis/" or path:find "^lua/convoke/meta/"
  if is_code and not is_facts then check(path) end
end
names:close()

if found > 0 then os.exit(1) end
