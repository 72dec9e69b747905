--- What calls do, as lines: `convoke.log { level = "info" }`, or CONVOKE_LOG=info in the
-- environment.

local core = require "convoke.core"
local hooks = require "convoke.observe.hooks"
local misuse = require "convoke.misuse"
local tasks = require "convoke.tasks"

local log = {}

local levels = { "warn", "info", "debug", "trace" }
local ranks = {}
for rank, level in ipairs(levels) do ranks[level] = rank end

-- Events ------------------------------------------------

-- The level of an event.
local function level_of(event)
  local hook = event.hook
  if hook == "done" and not event.looks_for then
    return event.outcome == "done" and "info" or "warn"
  end
  local is_news = hook == "retry" or (hook == "wait" and event.reason == "retry_after")
  return is_news and "info" or "debug"
end

-- The fields of lines, in their order, and by which hooks they are told.
local fields = { "time", "level", "event", "call", "operation", "method", "path", "look_for",
  "attempt", "status", "kind", "outcome", "code", "request_id", "reason", "verdict", "settled",
  "seconds", "elapsed", "message" }
local of_results = { status = true, kind = true, outcome = true, code = true, request_id = true,
  message = true, settled = true }

-- A text whose secrets are struck though no credential is known: paths of client:request() hold
-- whatever a program puts there.
local function strike(text)
  return text and require("convoke.observe.dump").text(text)
end

local function record_of(event, level)
  local hook = event.hook
  local record = { time = os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(core.time())), level = level,
    event = hook, call = event.id, operation = event.operation, method = event.method,
    path = strike(event.path), look_for = event.looks_for, attempt = event.attempt,
    reason = event.reason, verdict = event.verdict, seconds = event.seconds }
  if hook == "attempt" or hook == "done" then
    for name in pairs(of_results) do record[name] = event[name] end
    record.message = strike(record.message)
  end
  if hook == "done" then record.elapsed = event.elapsed end
  return record
end

-- Formats ------------------------------------------------

-- A value of a line: quoted where it would not be one word, and never more than a line.
local function word(value)
  if type(value) == "number" then
    return value % 1 == 0 and ("%d"):format(value) or ("%.3f"):format(value)
  end
  local text = tostring(value)
  if text ~= "" and not text:find '[%c%s="\\\127-\255]' then return text end
  return '"' .. text:gsub('[%c"\\]', function(c)
    return (c == '"' or c == "\\") and "\\" .. c or c == "\n" and "\\n"
      or ("\\x%02x"):format(c:byte())
  end) .. '"'
end

local function line_of(record)
  local words = {}
  for _, name in ipairs(fields) do
    if record[name] ~= nil then words[#words + 1] = name .. "=" .. word(record[name]) end
  end
  return table.concat(words, " ")
end

-- The lines of a part of an exchange, each with its direction in front.
local function lines_of_part(direction, first, part)
  local function add(lines, text) lines[#lines + 1] = direction .. " " .. text end
  local lines, names = {}, {}
  add(lines, first)
  for name in pairs(part.headers) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do add(lines, name .. ": " .. part.headers[name]) end
  if part.body then add(lines, part.body) end
  local visible = require("convoke.cli.text").visible
  for i, line in ipairs(lines) do lines[i] = visible(line) end
  return lines
end

local formats = {}

function formats.text(sink, record, sent, came)
  sink(line_of(record), record.level)
  if not sent then return end
  for _, line in ipairs(lines_of_part(">", sent.method .. " " .. sent.url, sent)) do
    sink(line, "trace")
  end
  for _, line in ipairs(came and lines_of_part("<", tostring(came.status), came) or {}) do
    sink(line, "trace")
  end
end

function formats.json(sink, record, sent, came)
  record.request, record.answer = sent, came
  sink(require("convoke.cli.text").json(record), sent and "trace" or record.level)
end

-- Logs ------------------------------------------------

local function to_standard_error(line) io.stderr:write(line, "\n") end

local rules = {
  level = { function(value) return ranks[value] ~= nil end,
    "one of: " .. table.concat(levels, ", ") },
  sink = { function(value) return type(value) == "function" end, "a function" },
  format = { function(value) return formats[value] ~= nil end, 'the string "text" or "json"' },
}

local stop -- ends the log that there is, or nil
local from_environment -- the level that CONVOKE_LOG names, or nil

local function begin(level, sink, format)
  local most, write = ranks[level], formats[format]
  local own = {}
  local function tell(event)
    local of_event = level_of(event)
    if ranks[of_event] > most then return end
    local sent, came
    if most == ranks.trace and event.hook == "attempt" then
      local native = hooks.native()
      sent, came = require("convoke.observe.dump").exchange(native, event.status,
        event.path)
    end
    write(sink, record_of(event, of_event), sent, came)
  end
  for _, name in ipairs(hooks.names) do own[name] = tell end
  if stop then stop() end
  stop = hooks.observe(own, "convoke.log")
end

--- Writes from now on what the calls of all clients do, instead of what was asked for before.
-- @param options  table: level, "warn" (calls that fail), "info" (all calls, repeats and waits
--   that the API asks for; the default), "debug" (every event) or "trace" (requests and answers,
--   too); sink, a function(line, level), default: standard error; format, "text" or "json". The
--   level that CONVOKE_LOG names counts more. Or false: nothing is written any more
function log.set(options)
  if options == false then
    if stop then stop = stop() end
    return
  end
  if options ~= nil and type(options) ~= "table" then
    misuse.raise "convoke.log: options must be a table or false"
  end
  for name, value in pairs(options or {}) do
    local rule = rules[name]
    if not rule then
      misuse.raise(("convoke.log: unknown option %s%s"):format(tostring(name),
        misuse.suggestion(name, rules)))
    end
    if not rule[1](value) then
      misuse.raise(("convoke.log: option %s must be %s"):format(name, rule[2]))
    end
  end
  options = options or {}
  begin(from_environment or options.level or "info", options.sink or to_standard_error,
    options.format or "text")
end

--- Begins what CONVOKE_LOG asks for.
-- @param level  its value
function log.from_environment(level)
  if level == "" or level == "off" then return end
  if not ranks[level] then
    tasks.report(("CONVOKE_LOG must be one of: %s; it is %s"):format(table.concat(levels, ", "),
      level))
    return
  end
  from_environment = level
  log.set()
end

return log
