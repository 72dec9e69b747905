--- The report of `convoke doctor` for a person.

local advice = require "convoke.cli.doctor.advice"
local core = require "convoke.core"
local layout = require "convoke.cli.table"
local output = require "convoke.cli.output"
local text = require "convoke.cli.text"

local sheet = {}

local name_columns, state_columns = 14, 7
local indent = 2 + state_columns + 2 + name_columns + 1
local styles = { ok = "32", note = "2", warning = "33", wrong = "1;31" }
local phases = { { "resolve", "resolve" }, { "connect", "connect" }, { "tls", "TLS" },
  { "first_byte", "first byte" } }

local function pad(value, columns)
  return value .. (" "):rep(columns - layout.width(value))
end

-- Lines of at most so many columns; words stay whole.
local function wrapped(value, columns)
  local lines, line = {}, ""
  for word in value:gmatch "%S+" do
    if line ~= "" and layout.width(line) + 1 + layout.width(word) > columns then
      lines[#lines + 1] = line
      line = ""
    end
    line = line == "" and word or line .. " " .. word
  end
  lines[#lines + 1] = line
  return lines
end

-- "resolve 2 ms, connect 31 ms, ...", or nil.
local function times_of(row)
  local parts = {}
  for _, phase in ipairs(phases) do
    local seconds = row[phase[1]]
    if seconds then parts[#parts + 1] = ("%s %s"):format(phase[2], advice.time(seconds)) end
  end
  return parts[1] and table.concat(parts, ", ")
end

local function things(count, what, few, many)
  if count == 0 then return nil end
  return count == 1 and ("1 thing %s %s"):format(few, what)
    or ("%d things %s %s"):format(count, many, what)
end

--- A new one: begin(part), add(row), finish(). On a terminal it has colours, and each part is shown
-- before the next one is looked at.
function sheet.new()
  local columns, counts = core.columns(1), { wrong = 0, warning = 0 }
  local is_coloured = output.is_coloured(columns)
  local width = math.max((columns or 80) - indent, 30)
  local is_first = true

  local function styled(style, value)
    return is_coloured and ("\27[%sm%s\27[0m"):format(style, value) or value
  end

  local function write_lines(value, style)
    for _, line in ipairs(wrapped(value, width)) do
      output.write((" "):rep(indent), style and styled(style, line) or line, "\n")
    end
  end

  local self = {}

  function self.begin(part)
    output.write(is_first and "" or "\n", styled("1", part), "\n")
    output.flush()
    is_first = false
  end

  function self.add(row)
    counts[row.state] = (counts[row.state] or 0) + 1
    local lines = wrapped(text.visible(row.found), width)
    output.write("  ", styled(styles[row.state], pad(row.state, state_columns)), "  ",
      pad(row.name, name_columns), " ", lines[1], "\n")
    for i = 2, #lines do output.write((" "):rep(indent), lines[i], "\n") end
    local times = times_of(row)
    if times then write_lines(times, "2") end
    if row.advice then write_lines(text.visible(row.advice)) end
    output.flush()
  end

  function self.finish()
    local parts = { things(counts.wrong, "wrong", "is", "are") }
    parts[#parts + 1] = things(counts.warning, "a look", "wants", "want")
    local style = counts.wrong > 0 and styles.wrong or counts.warning > 0 and styles.warning
      or styles.ok
    output.write("\n", styled(style, parts[1] and table.concat(parts, ", ") .. "."
      or "Nothing is wrong."), "\n")
  end

  return self
end

return sheet
