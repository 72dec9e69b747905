--- Tables for people: columns that fit the terminal, wide cells cut.

local text = require "convoke.cli.text"

local layout = {}

local gap = "  "
local least = 24 -- columns that a text keeps at least when it is cut
local most = 44 -- that anything else keeps
local most_key = 32 -- that what tells rows apart keeps

-- Width of texts ------------------------------------------------

local one_character = "[%z\1-\127\194-\244][\128-\191]*"

-- The code point of a character in UTF-8.
local function code_point(character)
  local first = character:byte()
  if first < 128 then return first end
  local value = first % (first < 224 and 32 or first < 240 and 16 or 8)
  for i = 2, #character do value = value * 64 + character:byte(i) % 64 end
  return value
end

local wide = { { 0x1100, 0x115F }, { 0x2E80, 0xA4CF }, { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF },
  { 0xFE30, 0xFE6F }, { 0xFF00, 0xFF60 }, { 0x1F300, 0x1F64F }, { 0x1F900, 0x1F9FF },
  { 0x20000, 0x3FFFD } }

-- How many columns a character takes.
local function columns_of(character)
  if #character < 2 then return 1 end
  local code = code_point(character)
  if (code >= 0x300 and code <= 0x36F) or code == 0x200B or code == 0x200D then return 0 end
  for _, range in ipairs(wide) do
    if code >= range[1] and code <= range[2] then return 2 end
  end
  return 1
end

--- How many columns a text takes on a terminal.
function layout.width(value)
  if not value:find "[\128-\255]" then return #value end
  local width = 0
  for character in value:gmatch(one_character) do width = width + columns_of(character) end
  return width
end

--- A text of at most so many columns; where it is cut it ends with an ellipsis.
function layout.cut(value, width)
  if layout.width(value) <= width then return value end
  local kept, used = {}, 0
  for character in value:gmatch(one_character) do
    used = used + columns_of(character)
    if used > width - 1 then break end
    kept[#kept + 1] = character
  end
  return table.concat(kept) .. "…"
end

local function pad(value, width)
  return value .. (" "):rep(width - layout.width(value))
end

-- Cells ------------------------------------------------

-- Moments are told in milliseconds by some; a person wants a date.
local function moment(value, name)
  if type(value) ~= "number" or value < 1e11 or value > 1e14 then return nil end
  if not name:find "_at$" and not name:find "[Tt]ime$" then return nil end
  return os.date("!%Y-%m-%d %H:%M", math.floor(value / 1000))
end

--- What a person reads in a cell.
-- @param name  of the field
function layout.cell(value, schema, name)
  return moment(value, name or "") or text.visible((text.plain(value, schema)))
end

-- Columns ------------------------------------------------

-- Makes the widest ones narrower until all fit.
local function shrink(columns, width)
  local total = (#columns - 1) * #gap
  for _, column in ipairs(columns) do total = total + column.width end
  while total > width do
    local widest
    for _, column in ipairs(columns) do
      if column.width > column.least and (not widest or column.width > widest.width) then
        widest = column
      end
    end
    if not widest then break end
    widest.width, total = widest.width - 1, total - 1
  end
end

-- The leading columns that fit when each is as narrow as it may be.
local function that_fit(columns, width)
  local used = -#gap
  for i, column in ipairs(columns) do
    used = used + #gap + column.least
    if used > width and i > 1 then
      local kept = {}
      for k = 1, i - 1 do kept[k] = columns[k] end
      return kept
    end
  end
  return columns
end

-- How narrow a column may get: what is short is worth nothing when it is cut, a text is.
local function least_of(column, keep_all)
  if keep_all then return math.min(column.width, 4) end
  if column.is_key then return math.min(column.width, most_key) end
  if column.is_text then
    return math.min(column.width, math.max(least, layout.width(column.name)))
  end
  return math.min(column.width, most)
end

--- Chooses columns and how wide they are.
-- @param columns  array of { name, is_key (it tells rows apart), is_text (it may be cut) }; width
--   and index are added
-- @param rows     array of arrays of cells, from which widths are taken
-- @param width    of the terminal, or nil: nothing is cut
-- @param keep_all whether every column must stay
-- @return those of the columns that are shown
function layout.columns(columns, rows, width, keep_all)
  for i, column in ipairs(columns) do
    local natural = layout.width(column.name)
    for _, row in ipairs(rows) do natural = math.max(natural, layout.width(row[i] or "")) end
    column.index, column.width = i, natural
    column.least = least_of(column, keep_all)
  end
  if not width then return columns end
  if not keep_all then columns = that_fit(columns, width) end
  shrink(columns, width)
  return columns
end

--- One line of cells.
function layout.line(columns, row)
  local parts = {}
  for i, column in ipairs(columns) do
    local cell = layout.cut(row[column.index] or "", column.width)
    parts[i] = i == #columns and cell or pad(cell, column.width)
  end
  return (table.concat(parts, gap):gsub(" +$", ""))
end

return layout
