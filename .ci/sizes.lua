-- Proves that files and functions stay of a size that fits into a head: files of at most 700 lines
-- and functions of at most 60, from the line that names them to the one that closes them.
-- Run from the project's folder; prints what is longer and fails.

local most_file_lines, most_function_lines = 700, 60
local wrong = 0

local function complain(...)
  print(string.format(...))
  wrong = wrong + 1
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

local function check_function(path, name, first, last)
  if last - first + 1 > most_function_lines then
    complain("%s:%d: %s has %d lines, %d is the limit", path, first, name, last - first + 1,
      most_function_lines)
  end
end

-- As clang-format lays it out: only the body of a function has its braces at the left margin.
local function check_c(path, text)
  local number, first, name, inside = 0, nil, nil, false
  for line in text:gmatch "([^\n]*)\n" do
    number = number + 1
    if line == "{" and first then
      inside = true
    elseif inside and line == "}" then
      check_function(path, name, first, number)
      first, inside = nil, false
    elseif not inside then
      local found = line:match "^[%a_].-([%w_]+)%)?%("
      if found then
        first, name = number, found
      elseif not line:find "^%s" then
        first = nil
      end
    end
  end
end

-- Comments, strings and long brackets with nothing but their line breaks left, so that words in
-- them open no block.
local function bare(text)
  local out, at = {}, 1
  local function skip(to)
    out[#out + 1] = " " .. text:sub(at, to):gsub("[^\n]", "")
    at = to + 1
  end
  while at <= #text do
    local byte = text:sub(at, at)
    local level = text:match("^%-?%-?%[(=*)%[", at)
    if level and byte ~= "[" and text:sub(at, at + 1) ~= "--" then level = nil end
    if level then
      skip(select(2, text:find("]" .. level .. "]", at, true)) or #text)
    elseif text:find("^%-%-", at) then
      skip((text:find("\n", at, true) or #text + 1) - 1)
    elseif byte == '"' or byte == "'" then
      local stop = at
      repeat
        stop = stop + 1
        local c = text:sub(stop, stop)
        if c == "\\" then stop = stop + 1 end
      until c == byte or c == ""
      skip(stop)
    else
      local stop = (text:find("[%-%[\"']", at + 1) or #text + 1) - 1
      out[#out + 1] = text:sub(at, stop)
      at = stop + 1
    end
  end
  return table.concat(out)
end

local opens = { ["function"] = true, ["if"] = true, ["do"] = true, ["repeat"] = true }
local closes = { ["end"] = true, ["until"] = true }

local function check_lua(path, text)
  local number, open = 0, {}
  for line in (bare(text) .. "\n"):gmatch "([^\n]*)\n" do
    number = number + 1
    for word in line:gmatch "[%a_][%w_]*" do
      if opens[word] then
        open[#open + 1] = { word = word, first = number,
          name = line:match "function%s+([%w_.:]+)" or line:match "([%w_.]+)%s*=%s*function"
            or "a function" }
      elseif closes[word] then
        local block = table.remove(open)
        if block and block.word == "function" then
          check_function(path, block.name, block.first, number)
        end
      end
    end
  end
  if open[1] then complain("%s: a block that begins in line %d has no end", path, open[1].first) end
end

-- The functions of specs are chapters around their tests; they are held to the length of a file.
local list = assert(io.popen "find csrc lua spec examples .ci -type f -name '*.[chl]*' | sort")
for path in list:lines() do
  local is_c, is_lua = path:find "%.[ch]$", path:find "%.lua$"
  if is_c or is_lua then
    local text = read(path)
    local _, lines = text:gsub("\n", "\n")
    if lines > most_file_lines and not path:find "^lua/convoke/meta/" then -- generated
      complain("%s has %d lines, %d is the limit", path, lines, most_file_lines)
    end
    if is_c then
      check_c(path, text)
    elseif not path:find "^spec/" then
      check_lua(path, text)
    end
  end
end
list:close()

if wrong > 0 then os.exit(1) end
