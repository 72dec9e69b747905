--- `convoke job ...`: jobs from the shell.

local catalogue = require "convoke.catalogue"
local convoke = require "convoke"
local core = require "convoke.core"
local errors = require "convoke.errors"
local exit = require "convoke.cli.exit"
local names = require "convoke.cli.names"
local params = require "convoke.jobs.params"
local profiles = require "convoke.cli.profiles"
local progress = require "convoke.jobs.progress"
local report = require "convoke.cli.report"
local reports = require "convoke.jobs.report"
local stores = require "convoke.jobs.stores"
local values = require "convoke.cli.values"

local job = {}

local help = [==[
Usage: convoke job run STORE --operation "clerk invitations create" --rows FILE --key COLUMN
         [--map PARAM=COLUMN]... [--params 'return {...}'] [options]
       convoke job work STORE [options]
       convoke job status|pause|resume STORE [--name NAME]
       convoke job retry STORE [--refused] [--invalid] [--unknown --yes] [--name NAME]
       convoke job report STORE [FILE] [--name NAME]

A job makes one call for each row of a CSV or JSON Lines file, once, however often it is stopped:
run it again and it goes on. STORE is a SQLite file, which any number of processes may work on, or
redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE][?prefix=WORD], for any number of machines; it may
also be given as --store STORE.

   run      adds the rows, and works until all have ended
   work     works on the rows that are there
   status   says how many rows are in which state
   pause    has all workers begin nothing more; resume has them go on
   retry    makes rows pending again that have ended without being done
   report   writes what became of each row, to FILE or standard output

   --name NAME        of the job (default: the one of the store; for a new one: job)
   --rows FILE        with a header, or one JSON object a line
   --key COLUMN       what makes a row one thing
   --map PARAM=COLUMN a parameter of the call is a column (default: each column is a parameter);
                      cells of CSV are read as its type says, and empty ones are left out
   --params CHUNK     Lua that returns the parameters; `row` is the row
   --rate N/SECONDS   calls that may begin, by all workers; or documented
   --limit N          calls at the same time (default 32)
   --batch N          rows that travel in one call, where the API has such a one
   --timeout SECONDS  what a call may take; --retries COUNT: how often it may be sent again
   --profile NAME     address and credential of this profile
   -o FORMAT          of status: lines or json; of report: csv, json or jsonl
   --quiet            no progress on standard error

Exit status: 0 all done, 3 some refused, 4 some unknown, 6 some made though the API reported a
failure, 2 some invalid or called wrongly, 5 the store failed, 130 interrupted, 1 a fault.
]==]

local with_value = { name = true, operation = true, rows = true, key = true, map = true,
  params = true, rate = true, limit = true, batch = true, timeout = true, retries = true,
  profile = true, store = true, output = true }
local flags = { refused = true, invalid = true, unknown = true, yes = true, quiet = true,
  help = true }

-- Reading the words ------------------------------------------------

-- The option that a word is: its name, and its value where that stands in the word, too; nil: it is
-- none. The name of one that is not known begins with a hyphen.
local function option_of(word)
  if word == "-h" then return "help" end
  local short = word:match "^%-o(.*)$"
  if short then return "output", short ~= "" and short or nil end
  local name, value = word:match "^%-%-([^=]+)=?(.*)$"
  if not name then return word:match "^%-.+" end
  if not (with_value[name] or flags[name]) then return "--" .. name end
  return name, word:find("=", 1, true) and value or nil
end

local function refuse_option(shown)
  local known = {}
  for each in pairs(with_value) do known[#known + 1] = each end
  for each in pairs(flags) do known[#known + 1] = each end
  local nearest = core.nearest(shown:match "[^%-].*" or "", known)
  exit.usage("unknown option " .. shown, nearest and ("Did you mean --%s?"):format(nearest)
    or "See: convoke job --help")
end

-- Sorts the words into places (array) and options (table; those of --map an array).
local function sort(words)
  local places, given, maps, i = {}, {}, {}, 1
  while words[i] do
    local name, value = option_of(words[i])
    if not name then
      places[#places + 1] = words[i]
    elseif flags[name] then
      if value then exit.usage(("--%s takes no value"):format(name)) end
      given[name] = true
    elseif with_value[name] then
      if not value then
        i = i + 1
        value = words[i] or exit.usage(("--%s wants a value"):format(name))
      end
      if name == "map" then maps[#maps + 1] = value else given[name] = value end
    else
      refuse_option(name)
    end
    i = i + 1
  end
  given.map = maps
  return places, given
end

local function number_of(given, name)
  if given[name] == nil then return nil end
  return tonumber(given[name])
    or exit.usage(("--%s must be a number, not %s"):format(name, given[name]))
end

local function rate_of(text)
  if text == nil or text == "documented" then return text end
  local count, seconds = text:match "^(%d+)/([%d.]+)$"
  if not tonumber(seconds) then
    exit.usage(("--rate must be such as 100/3600, or documented, not %s"):format(text))
  end
  return { tonumber(count), per = tonumber(seconds) }
end

-- Reads --map: an array of { parameter, column }, and one of columns; nil: each column is one.
local function read_map(given)
  if not given.map[1] then return nil, {} end
  local pairs_of, columns = {}, {}
  for i, text in ipairs(given.map) do
    local param, column = text:match "^([^=]+)=(.+)$"
    if not param then exit.usage(("--map must be such as email_address=email, not %s")
      :format(text)) end
    pairs_of[i], columns[i] = { param, column }, column
  end
  return pairs_of, columns
end

-- The function that makes the parameters of a row, or nil; and the columns that it needs.
local function params_of(given, rows, operation)
  if given.params then
    if given.map[1] then exit.usage "--map and --params cannot be given together" end
    local load_text = loadstring or load -- luacheck: ignore 113
    local chunk, why = load_text("local row = ...; " .. given.params, "=--params")
    return chunk or exit.usage("--params is no Lua: " .. why), {}
  end
  local map, columns = read_map(given)
  local is_csv = rows.format == "csv"
  if not (map or is_csv) then return nil, columns end
  local known = {}
  for _, param in ipairs(operation.params) do known[param.name] = param end
  return function(row)
    local asked = {}
    local function take(name, value)
      if value == nil or value == "" then return end
      if is_csv then value = values.of_cell(value, known[name]) end
      asked[name] = value
    end
    for _, pair in ipairs(map or {}) do take(pair[1], row[pair[2]]) end
    for name, value in pairs(map and {} or row) do take(name, value) end
    return asked
  end, columns
end

-- Misuse that the library raises is the user's.
local function checked(f, ...)
  local done, value, more = pcall(f, ...)
  if done then return value, more end
  if exit.is_stop(value) or type(value) ~= "string" then error(value, 0) end
  exit.usage((value:gsub("^[^\n]-:%d+: ", ""):gsub("^convoke%.", "")))
end

-- Stores ------------------------------------------------

local function fail(err)
  if errors.is(err) then report.error(err, "job") else report.failure(tostring(err)) end
  return errors.is(err) and exit.of(err) or exit.status.fault
end

-- The job that a command is about: the one of that name, or the only one of the store.
local function find(path, name)
  local kind, shown = stores.find(path)
  if not kind then exit.usage(shown) end
  if kind == "convoke.jobs.sqlite" then
    local file = io.open(path, "rb")
    if not file then exit.stop(exit.status.usage, path .. ": there is no such file") end
    file:close()
  end
  local store, why = stores.open(path)
  local jobs
  if store then
    jobs, why = store:jobs()
    store:close()
  end
  if not jobs then exit.stop(exit.status.not_sent, why) end
  local known = {}
  for i, each in ipairs(jobs) do
    if each.name == name or (not name and #jobs == 1) then return each end
    known[i] = each.name
  end
  exit.usage(name and ("%s has no job %s"):format(shown, name)
    or shown .. (known[1] and " has several jobs: say which by --name" or " has no jobs"),
    known[1] and "Known are: " .. table.concat(known, ", ") or nil)
end

local function new_client(api, given)
  local options = profiles.options(api, given.profile, false)
  return checked(convoke[api.name], options)
end

-- Commands ------------------------------------------------

-- The status that a report's rows are worth.
local function status_of(rows)
  for _, state in ipairs { "unknown", "refused", "invalid", "made" } do
    if rows[state] > 0 then return exit.status[state == "invalid" and "usage" or state] end
  end
  return exit.status.done
end

-- Works on a job. Returns the exit status.
-- @param is_shown  whether progress is
local function run(made, is_shown)
  core.catch_interrupts("\nconvoke: what is under way is finished first; run it again to go on. "
    .. "Ctrl-C again stops at once\n")
  local rows, err = nil, nil
  convoke.run(function()
    local running = convoke.spawn(made.run, made)
    convoke.spawn(function()
      while not running.ended do -- whatever ends it
        if core.interrupted() then made:stop() end
        convoke.sleep(0.1)
      end
    end)
    rows, err = running:await()
  end)
  if not rows then return fail(err) end
  local stands_there = is_shown and core.columns(1) and core.columns(2) -- by the progress
  if not stands_there then io.stdout:write(progress.line(made.name, rows), "\n") end
  if core.interrupted() then return exit.status.interrupted end
  return status_of(rows)
end

local commands = {}

function commands.run(path, given)
  local words = {}
  for word in (given.operation or ""):gmatch "%S+" do words[#words + 1] = word end
  local api, _, operation = nil, nil, nil
  if words[1] then api, _, operation = names.resolve(words) end
  if not operation then
    exit.usage('--operation must name one, such as --operation "clerk invitations create"')
  end
  for _, name in ipairs { "rows", "key" } do
    if not given[name] then exit.usage("--" .. name .. " is missing") end
  end
  local rows = checked(convoke.rows, given.rows)
  local make_params, columns = params_of(given, rows, operation)
  local made = checked(convoke.job, { name = given.name or "job", store = path,
    client = new_client(api, given), operation = operation.id,
    rows = rows, params = make_params, key = given.key,
    limit = number_of(given, "limit"), batch = number_of(given, "batch"),
    rate = rate_of(given.rate),
    timeout = number_of(given, "timeout"), retries = number_of(given, "retries"),
    progress = not given.quiet })
  for _, column in ipairs(columns) do made.needs[#made.needs + 1] = column end
  return run(made, not given.quiet)
end

function commands.work(path, given)
  local found = find(path, given.name)
  return run(checked(convoke.job, { name = found.name, store = path,
    client = new_client(catalogue.api(found.api), given), limit = number_of(given, "limit"),
    progress = not given.quiet }), not given.quiet)
end

-- Commands that only look or steer: their job, and what a method of it returns.
local function ask(path, given, method, ...)
  local made = checked(convoke.job, { name = find(path, given.name).name, store = path })
  local value, err = checked(made[method], made, ...)
  return value, err, made
end

-- The format that was asked for, one of `known` (format -> anything).
local function format_of(given, known)
  local format = given.output
  if not format or known[format] then return format end
  local names_of = {}
  for name in pairs(known) do names_of[#names_of + 1] = name end
  table.sort(names_of)
  exit.usage(("--output must be one of %s, not %s"):format(table.concat(names_of, ", "), format))
end

function commands.status(path, given)
  local format = format_of(given, { json = true, lines = true })
  local rows, err, made = ask(path, given, "status")
  if not rows then return fail(err) end
  local text = format == "json" and params.write(rows) or progress.line(made.name, rows)
  io.stdout:write(text, "\n")
  return exit.status.done
end

function commands.pause(path, given)
  local paused, err = ask(path, given, "pause")
  return paused and exit.status.done or fail(err)
end

function commands.resume(path, given)
  local resumed, err = ask(path, given, "resume")
  return resumed and exit.status.done or fail(err)
end

function commands.retry(path, given)
  local states = {}
  for _, state in ipairs { "refused", "invalid", "unknown" } do
    if given[state] then states[#states + 1] = state end
  end
  if given.unknown and not given.yes then
    exit.usage("what rows in state unknown ask for may have been done, and would be done twice",
      "Look at: convoke job report STORE; then say --yes if that is no harm")
  end
  local count, err = ask(path, given, "retry", states[1] and states or nil, { yes = given.yes })
  if not count then return fail(err) end
  io.stdout:write(("%d rows are pending again\n"):format(count))
  return exit.status.done
end

function commands.report(path, given, file)
  local written, err = ask(path, given, "report", file or io.stdout,
    format_of(given, reports.formats))
  return written and exit.status.done or fail(err)
end

--- Runs it.
-- @param words  array of what follows `job`
-- @return the exit status
function job.run(words)
  local places, given = sort(words)
  local command = commands[places[1]]
  if given.help or not places[1] then
    io.stdout:write(help)
    return exit.status.done
  end
  if not command then
    local known = {}
    for name in pairs(commands) do known[#known + 1] = name end
    table.sort(known)
    exit.usage("convoke job has no " .. places[1], "Known are: " .. table.concat(known, ", "))
  end
  if given.store then table.insert(places, 2, given.store) end
  if not places[2] then exit.usage(("convoke job %s wants a store"):format(places[1])) end
  if places[4] or (places[3] and places[1] ~= "report") then
    exit.usage("what is " .. (places[4] or places[3]) .. " for?")
  end
  return command(places[2], given, places[3])
end

return job
