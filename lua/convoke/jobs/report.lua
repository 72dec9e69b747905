--- Writing what became of each row of a job.

local params = require "convoke.jobs.params"

local report = {}

local page = 500 -- rows that are read at once
local columns = { "line", "key", "state", "id", "attempts", "status", "code", "error", "sent_at",
  "ended_at" }

local function quote(value)
  if value == nil then return "" end
  local text = tostring(value)
  if text:find '[",\r\n]' then return '"' .. text:gsub('"', '""') .. '"' end
  return text
end

local function csv_of(row)
  local fields = {}
  for i, column in ipairs(columns) do fields[i] = quote(row[column]) end
  return table.concat(fields, ",")
end

local function json_of(row)
  local shown = {}
  for _, column in ipairs(columns) do shown[column] = row[column] end
  return params.write(shown)
end

--- Name of a format -> what stands before the first row, between two of them and after the last,
-- and the text of a row.
report.formats = {
  csv = { before = table.concat(columns, ",") .. "\r\n", between = "\r\n", after = "\r\n",
    none = "", text_of = csv_of },
  json = { before = "[", between = ",\n", after = "]\n", none = "]\n", text_of = json_of },
  jsonl = { before = "", between = "\n", after = "\n", none = "", text_of = json_of },
}

local function time_of(seconds)
  return seconds and os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds)) or nil
end

-- What file:write() returns, in words of the report.
local function wrote(written, why)
  return written, why and "the report cannot be written: " .. why
end

local function write_rows(store, file, format)
  local last, is_first = 0, true
  local written, why = wrote(file:write(format.before))
  while written do
    local rows
    rows, why = store:rows(last, page)
    if not rows then return nil, why end
    if not rows[1] then return wrote(file:write(is_first and format.none or format.after)) end
    for _, row in ipairs(rows) do
      row.id, last = row.object, row.id
      row.sent_at, row.ended_at = time_of(row.sent_at), time_of(row.ended_at)
      written, why = wrote(file:write(is_first and "" or format.between, format.text_of(row)))
      if not written then return nil, why end
      is_first = false
    end
  end
  return nil, why
end

--- Writes it.
-- @param target  path of a file, or an open one
-- @param format  of report.formats; nil: the path tells, else it is csv
-- @return whether it is written; or nil, why
function report.write(store, target, format)
  local file = target
  if type(target) == "string" then
    local reason
    format = format or target:match "%.([^./]*)$"
    file, reason = io.open(target, "wb")
    if not file then return wrote(nil, reason) end
  end
  local written, why = write_rows(store, file, report.formats[format] or report.formats.csv)
  if file == target then return written, why end
  local closed, wrong = file:close()
  if not written then return nil, why end
  if not closed then return wrote(nil, ("%s: %s"):format(target, tostring(wrong))) end
  return true
end

return report
