--- Laying text out for a terminal of 80 columns.

local lay = {}

lay.width = 80

local most_name = 30 -- of the first of two columns

--- A text in lines of at most the width, broken between words.
-- @param text    without newlines
-- @param indent  spaces before each line
-- @param first   what the first line begins with, instead of the spaces; or nil
function lay.wrap(text, indent, first)
  local spaces = (" "):rep(indent)
  local lines, line = {}, first or spaces
  local is_empty = true
  for word in text:gmatch "%S+" do
    if not is_empty and #line + 1 + #word > lay.width then
      lines[#lines + 1] = line
      line, is_empty = spaces, true
    end
    line = is_empty and line .. word or line .. " " .. word
    is_empty = false
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

--- Rows of a name and a text in two columns.
-- @param rows    array of { name, text } and, where it stands below another one, level (1, 2, ...)
-- @param indent  spaces before the names
-- @return text
function lay.columns(rows, indent)
  local widest = 0
  for _, row in ipairs(rows) do
    local size = #row[1] + 2 * (row.level or 0)
    if size <= most_name then widest = math.max(widest, size) end
  end
  local lines = {}
  for i, row in ipairs(rows) do
    local name = (" "):rep(indent + 2 * (row.level or 0)) .. row[1]
    local column = indent + widest + 2
    if #name + 2 > column then -- too long to stand beside its text
      lines[i] = name .. "\n" .. lay.wrap(row[2], column)
    else
      lines[i] = lay.wrap(row[2], column, name .. (" "):rep(column - #name))
    end
  end
  return table.concat(lines, "\n")
end

--- Words as people enumerate them: "a, b or c".
function lay.enumerate(words, last)
  if #words < 2 then return words[1] or "" end
  return table.concat(words, ", ", 1, #words - 1) .. (last or " or ") .. words[#words]
end

return lay
