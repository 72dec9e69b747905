--- Reading CSV as RFC 4180 describes it: one record at a time, however long the file is.

local csv = {}

local most = 1024 * 1024 -- bytes of one record; a quote that nothing closes would take in the rest

-- Splits the text of a record. Returns its fields; or nil and what is wrong with it; or nil, nil
-- where a quoted field goes on in the next line.
local function split(text, separator)
  local fields, at, size = {}, 1, #text
  while true do
    if text:byte(at) == 34 then -- "
      local from, parts = at + 1, {}
      local quote = text:find('"', from, true)
      while quote and text:byte(quote + 1) == 34 do
        parts[#parts + 1] = text:sub(from, quote)
        from = quote + 2
        quote = text:find('"', from, true)
      end
      if not quote then return nil end
      parts[#parts + 1] = text:sub(from, quote - 1)
      fields[#fields + 1] = table.concat(parts)
      at = quote + 1
    else
      local stop = (text:find(separator, at, true) or size + 1) - 1
      local field = text:sub(at, stop)
      if field:find('"', 1, true) then
        return nil, "has a quote within a field that does not begin with one"
      end
      fields[#fields + 1] = field
      at = stop + 1
    end
    if at > size then return fields end
    if text:sub(at, at) ~= separator then return nil, "has text behind a closing quote" end
    at = at + 1
  end
end

--- A reader of records.
-- @param next_line  function that returns the next line without its end, and nil after the last
-- @param separator  of the fields, one byte
-- @return a function that returns the fields of the next record and the number of the line where
--   it begins; false, that number and what is wrong with it; or nothing after the last. Empty lines
--   are left out. After a record whose quote nothing closes it goes on with the line after its
--   first one.
function csv.reader(next_line, separator)
  local number = 0 -- of the line that was taken last
  local again, first = {}, 1 -- lines that are read once more

  local function take()
    local line = again[first]
    if line then
      again[first] = nil
      first = first + 1
    else
      line = next_line()
    end
    if line then number = number + 1 end
    return line
  end

  -- Goes back to the line after the first one of a record.
  local function go_back(lines, begins)
    local kept = {}
    for i = 2, #lines do kept[i - 1] = lines[i] end
    for i = first, first + #again do kept[#kept + 1] = again[i] end
    again, first, number = kept, 1, begins
  end

  local function take_filled()
    local line = take()
    while line and (line == "" or line == "\r") do line = take() end
    return line
  end

  return function()
    local line = take_filled()
    if not line then return nil end
    local begins, lines, size = number, { line }, #line
    while true do
      local text = table.concat(lines, "\n")
      if text:byte(-1) == 13 then text = text:sub(1, -2) end
      local fields, wrong = split(text, separator)
      if fields then return fields, begins end
      if wrong then
        if lines[2] then go_back(lines, begins) end
        return false, begins, wrong
      end
      line = size <= most and take()
      while line and not line:find('"', 1, true) do -- the field does not end here
        lines[#lines + 1], size = line, size + #line + 1
        line = size <= most and take()
      end
      if not line then
        go_back(lines, begins)
        return false, begins, "has a quote that nothing closes"
      end
      lines[#lines + 1], size = line, size + #line + 1
    end
  end
end

return csv
