--- convoke.rows: the rows of a job, from a CSV or JSON Lines file, an array or an iterator. They
-- are read one at a time, never ahead.

local core = require "convoke.core"
local csv = require "convoke.jobs.csv"
local errors = require "convoke.errors"
local misuse = require "convoke.misuse"

local raise = misuse.raise

local Rows = {}
Rows.__index = Rows
Rows.__name = "convoke.rows"

local known = { format = true, separator = true }
local formats = { csv = "csv", tsv = "csv", txt = "csv", jsonl = "jsonl", ndjson = "jsonl",
  json = "jsonl" }

-- What reading fails with: the error object that is raised.
local function fail(message)
  error(errors.new { kind = "invalid", outcome = "not_sent", operation = "convoke.rows",
    message = message }, 0)
end

-- Files ------------------------------------------------

-- The lines of a file, without a mark of its encoding at the start. They end with LF; a CR before
-- it stays.
local function lines_of(path)
  local file, why = io.open(path, "rb")
  if not file then fail(tostring(why)) end
  local is_first = true
  return function()
    if not file then return nil end
    local line, wrong = file:read "*l"
    if not line then
      file:close()
      file = nil
      if wrong then fail(("%s: %s"):format(path, wrong)) end
    elseif is_first and (line:sub(1, 2) == "\255\254" or line:sub(1, 2) == "\254\255") then
      fail(path .. ": is not in UTF-8 but in UTF-16")
    elseif is_first and line:sub(1, 3) == "\239\187\191" then
      line = line:sub(4)
    end
    is_first = false
    return line
  end
end

-- The names of the columns, which the first record of a file has.
local function read_header(path, fields, why)
  if fields == nil then fail(path .. ": no header: the file is empty") end
  if not fields then fail(("%s:1: the header %s"):format(path, why)) end
  local seen = {}
  for i, name in ipairs(fields) do
    if name == "" then fail(("%s:1: column %d of the header has no name"):format(path, i)) end
    if seen[name] then fail(("%s:1: two columns are called %s"):format(path, name)) end
    seen[name] = true
  end
  return fields
end

local function iterate_csv(path, separator)
  local records = csv.reader(lines_of(path), separator)
  local fields, _, why = records()
  local names = read_header(path, fields, why)
  local columns = {}
  for _, name in ipairs(names) do columns[name] = true end
  return function()
    local record, line, wrong = records()
    if not record then return record, line, wrong end
    if #record ~= #names then
      return false, line, ("has %d fields, the header has %d"):format(#record, #names)
    end
    local row = {}
    for i, name in ipairs(names) do row[name] = record[i] end
    return row, line
  end, columns
end

local function iterate_jsonl(path)
  local next_line, number = lines_of(path), 0
  return function()
    local line
    repeat
      line = next_line()
      if not line then return nil end
      number = number + 1
    until line:find "%S"
    local value, why = core.read(line)
    if value == nil then return false, number, "is no JSON: " .. tostring(why) end
    if type(value) ~= "table" or not line:find "^%s*{" then
      return false, number, "is no JSON object"
    end
    return value, number
  end
end

-- Tables ------------------------------------------------

-- One by one what `following` returns, a row or nothing.
local function iterate_values(following)
  local number = 0
  return function()
    local value = following()
    if value == nil then return nil end
    number = number + 1
    if type(value) ~= "table" then
      return false, number, "is no table but a " .. type(value)
    end
    return value, number
  end
end

local function iterate_array(array)
  local at = 0
  return iterate_values(function()
    at = at + 1
    return array[at]
  end)
end

-- Making ------------------------------------------------

--- Begins anew with the first row; an iterator of one's own goes on where it is.
-- @return a function that returns the next row (a table) and the number of its line, or of the row
--   where there are no lines; or false, that number and what is wrong with that row; or nothing
--   after the last; and of CSV the columns, which all rows have: name -> true. It raises an error
--   object where the file cannot be read at all.
function Rows:open()
  return self.iterate()
end

--- The next row of a generic `for`, as the function of Rows:open() returns it; after the last it
-- begins anew.
function Rows:__call()
  self.walk = self.walk or self:open()
  local row, line, why = self.walk()
  if row == nil then self.walk = nil end
  return row, line, why
end

function Rows:__tostring()
  return ("convoke.rows (%s)"):format(self.name)
end

local function check_options(options)
  if type(options) ~= "table" then raise "convoke.rows: options must be a table" end
  for name in pairs(options) do
    if not known[name] then
      raise(("convoke.rows: unknown option %s%s"):format(tostring(name),
        misuse.suggestion(name, known)))
    end
  end
  local separator = options.separator
  if separator ~= nil and (type(separator) ~= "string" or not separator:find '^[^"\r\n]$') then
    raise "convoke.rows: option separator must be one character"
  end
end

-- The function that begins to read a file, and the file's format.
local function of_file(path, options)
  local extension = path:match "%.([^./]*)$"
  local format = options.format or formats[(extension or "csv"):lower()]
  if format ~= "csv" and format ~= "jsonl" then
    raise(('convoke.rows: the format of %s must be told: format = "csv" or "jsonl"'):format(path))
  end
  if format == "jsonl" then return function() return iterate_jsonl(path) end, format end
  local separator = options.separator or (extension == "tsv" and "\t" or ",")
  return function() return iterate_csv(path, separator) end, format
end

--- The rows of a job.
-- @param source   path of a file; an array of tables; or a function that returns a table each time,
--   and nil after the last
-- @param options  for files, or nil: format, "csv" (with a header) or "jsonl" (one object a line),
--   unless the file's name tells; separator, of CSV: one character
-- @return an object for convoke.job, or for a loop of one's own:
--   for row, line, why in rows do if not row then print(line, why) end end
return function(source, options)
  check_options(options or {})
  local iterate, format
  if type(source) == "string" then
    iterate, format = of_file(source, options or {})
  elseif type(source) == "function" then
    local walk = iterate_values(source)
    iterate = function() return walk end
  elseif type(source) == "table" and getmetatable(source) == Rows then
    return source
  elseif type(source) == "table" then
    iterate = function() return iterate_array(source) end
  else
    raise("convoke.rows: a path, an array or a function is needed, not " .. type(source))
  end
  local name = type(source) == "string" and source or type(source)
  return setmetatable({ iterate = iterate, format = format, name = name, walk = nil }, Rows)
end
