--- One reading of a source of rows: which of its rows a store has already, wherever they stand now,
-- and which come twice. It remembers no keys, so that it takes no memory for a million rows.
--
-- A store keeps with each row the line on which it was found last, and the number of the reading
-- that found it there first. No two rows have both of these in common. Readings are numbered in the
-- order in which they began. One that has come to the end of its source has told the store of all
-- bad rows: those of earlier readings are mended, or gone.

local reading = {}

local Reading = {}
Reading.__index = Reading

--- Begins to read a source from its first row.
-- @param id  number of this reading
function reading.new(id)
  -- Stretches of rows that stand where they stood: their first and last lines, in ascending order,
  -- and the reading that all of a stretch were found by.
  return setmetatable({ id = id, firsts = {}, lasts = {}, ids = {}, goes_on = false }, Reading)
end

-- Notes that a row stands where it stood.
local function note_same(self, had)
  local count = #self.firsts
  if not (self.goes_on and self.ids[count] == had.reading) then
    count = count + 1
    self.firsts[count], self.ids[count], self.goes_on = had.line, had.reading, true
  end
  self.lasts[count] = had.line
end

-- Whether a row was noted as one that stands where it stood.
local function is_same(self, had)
  local low, high = 0, #self.firsts -- the last stretch that begins there or before is between
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if self.firsts[middle] <= had.line then low = middle else high = middle - 1 end
  end
  return low > 0 and had.line <= self.lasts[low] and self.ids[low] == had.reading
end

-- Whether a row comes for the second time in this reading.
local function is_double(self, row, had)
  return had.line ~= row.line and (had.reading == self.id or is_same(self, had))
end

--- Sorts the next rows, in their order.
-- @param rows    array of { key, line, ... }, and of { line, fault = why } for bad ones
-- @param before  what the store had of them, by those rows that it had: { line, reading }
-- @return array of { line, fault } for bad rows, and of rows that have moved to another line
function Reading:sort(rows, before)
  local bad, moved = {}, {}
  local now_at = {} -- lines of rows that have moved, which `before` does not know yet
  for _, row in ipairs(rows) do
    local had = before[row]
    if had and now_at[row.key] then had = { line = now_at[row.key], reading = self.id } end
    local fault = row.fault or had and is_double(self, row, had)
      and ("its key is that of line %d"):format(had.line)
    if fault then
      bad[#bad + 1] = { line = row.line, fault = fault }
    elseif had and had.line ~= row.line then
      moved[#moved + 1], now_at[row.key] = row, row.line
    end
    if had and had.line == row.line and had.reading ~= self.id then
      note_same(self, had)
    else
      self.goes_on = false
    end
  end
  return bad, moved
end

return reading
