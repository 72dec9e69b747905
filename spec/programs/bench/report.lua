--- Tables, printed while they grow and kept for build/bench.md.

local report = {}

local lines = {}

--- One line of prose, or several.
function report.say(text)
  print(text)
  lines[#lines + 1] = text
end

function report.title(text)
  report.say "" report.say("## " .. text) report.say ""
end

--- Begins a table. Returns a function that adds a row.
-- @param columns  array of { title, width }; the first is aligned left
function report.table(columns)
  local function row(cells)
    local words = {}
    for i, column in ipairs(columns) do
      local text = tostring(cells[i] == nil and "" or cells[i])
      local room = (" "):rep(column[2] - #(text:gsub("[\128-\191]", "")))
      words[i] = i == 1 and text .. room or room .. text
    end
    report.say("| " .. table.concat(words, " | ") .. " |")
  end
  local titles, rules = {}, {}
  for i, column in ipairs(columns) do
    titles[i] = column[1]
    rules[i] = ("-"):rep(column[2] - 1) .. (i == 1 and "-" or ":")
  end
  row(titles)
  row(rules)
  return row
end

--- All that was said, as a file.
function report.write(file)
  local handle = assert(io.open(file, "w"))
  handle:write(table.concat(lines, "\n"), "\n")
  handle:close()
end

--- The middle of some numbers, the least and the most.
function report.median(numbers)
  local sorted = {}
  for i, number in ipairs(numbers) do sorted[i] = number end
  table.sort(sorted)
  local n = #sorted
  local middle = n % 2 == 1 and sorted[(n + 1) / 2] or (sorted[n / 2] + sorted[n / 2 + 1]) / 2
  return middle, sorted[1], sorted[n]
end

return report
