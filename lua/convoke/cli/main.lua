--- The command `convoke`.
--
--   lua main.lua clerk invitations create --email_address ada@example.com
--
-- `convoke --help` tells the rest. What it prints on standard output is results and nothing else;
-- its exit status is the outcome, see exit.lua.

-- `require` passes the module's name, the command line does not.
if ... ~= "convoke.cli.main" then
  local root = (arg[0] or ""):match "^(.*)convoke/cli/main%.lua$"
  if root then package.path = root .. "?.lua;" .. root .. "?/init.lua;" .. package.path end
  os.exit(require "convoke.cli.main"(arg), true)
end

local exit = require "convoke.cli.exit"
local names = require "convoke.cli.names"
local options = require "convoke.cli.options"
local report = require "convoke.cli.report"

-- Splits words into those that name an operation and the others, which its parser reads.
-- @return named (array), rest (array)
local function split(words)
  local named, rest, i = {}, {}, 1
  local wanted = 3
  while words[i] and #named < wanted do
    local word = words[i]
    local name = word:match "^%-%-([^=]+)"
    local option = name and options.named(name) or options.short(word:match "^%-(%a)" or "")
    if word:sub(1, 1) ~= "-" then
      named[#named + 1] = word
      if #named > 1 then
        local _, _, operation = names.resolve(named)
        if operation then wanted = #named end
      end
    elseif not option then
      exit.usage("unknown option " .. word, "Options of an operation stand behind its name")
    else
      rest[#rest + 1] = word
      local has_value = word:find "=" or (not name and #word > 2)
      if option.value and not has_value then
        i = i + 1
        rest[#rest + 1] = words[i]
      end
    end
    i = i + 1
  end
  for k = i, #words do rest[#rest + 1] = words[k] end
  return named, rest
end

local function wants_help(rest)
  for _, word in ipairs(rest) do
    if word == "--help" or word == "-h" then return true end
  end
  return false
end

local function run_operation(words)
  local named, rest = split(words)
  if not named[1] then return require("convoke.cli.help").overview() end
  local api, resource, operation = names.resolve(named)
  local help = require "convoke.cli.help"
  if not operation then
    if wants_help(rest) then return help.show(api, resource) end
    exit.usage(("convoke %s wants %s"):format(table.concat(named, " "),
      resource and "a verb" or "a resource and a verb"), help.what_there_is(api, resource))
  end
  local params, common = require("convoke.cli.parser").read(operation, rest)
  if common.help then return help.operation(operation) end
  return require("convoke.cli.call").run(api, operation, params, common)
end

local function rest_of(words)
  local rest = {}
  for i = 2, #words do rest[i - 1] = words[i] end
  return rest
end

local commands = {}

function commands.help(words)
  local about = words[1] ~= "help" and commands[words[1]]
  if about and not (words[1] == "openapi" and words[2]) then return about { "--help" } end
  return require("convoke.cli.help").command(words)
end

function commands.job(words) return require("convoke.cli.job").run(words) end

function commands.openapi(words)
  return require("convoke.cli.openapi").run(words, run_operation)
end

function commands.whoami(words) return require("convoke.cli.whoami").run(words) end

function commands.doctor(words) return require("convoke.cli.doctor").run(words) end

function commands.completion(words) return require("convoke.cli.completion").script(words) end

commands["--version"] = function() return require("convoke.cli.help").version() end

-- What the scripts of `convoke completion` ask.
function commands.__complete(words) return require("convoke.cli.completion").answer(words) end

-- Usage of a command, where it is asked for.
local function says_usage(words, usage)
  if not wants_help(words) then return false end
  require("convoke.cli.output").write("Usage: convoke ", usage, "\n")
  return true
end

local sandbox_usage = [[
sandbox [--port N] [--shell] [--cvat VERSION] [--no-cvat-mail]

Serves Clerk, Convex, CVAT, Gencove and Edgegap on this machine, until Ctrl-C.
It prints addresses and keys as a line of JSON; with --shell for a shell:

   convoke sandbox --shell >sandbox.env &
   . ./sandbox.env

   --port N         Clerk's port, the others follow (free ones)
   --cvat VERSION   2.2, 2.15 or 2.80 (2.2)
   --no-cvat-mail   its CVAT cannot send mail]]

function commands.sandbox(words)
  if says_usage(words, sandbox_usage) then return exit.status.done end
  local _, why = pcall(require("convoke.sandbox").main, words) -- which does not return
  local message = tostring(why):match "^[^\n]*"
  local is_usage = tostring(why):find("\nusage:", 1, true) ~= nil
  exit.stop(is_usage and exit.status.usage or exit.status.fault, message,
    is_usage and "See: convoke sandbox --help" or nil)
end

local repl_usage = [[
repl [--sandbox]

An interactive Lua with a client of each API whose key is there; help() tells
the rest. With --sandbox the clients are of a sandbox of its own, and nothing
leaves this machine.]]

function commands.repl(words)
  if says_usage(words, repl_usage) then return exit.status.done end
  local sandbox = false
  for _, word in ipairs(words) do
    if word ~= "--sandbox" then exit.usage("unknown argument " .. word, "Known is: --sandbox") end
    sandbox = true
  end
  require("convoke.repl").start { sandbox = sandbox }
  return exit.status.done
end

local function run(words)
  local command = commands[words[1]]
  if command then return command(rest_of(words)) end
  return run_operation(words)
end

-- Has standard streams that are closed lead nowhere: a connection or a file that got the number of
-- one would get what is printed.
local function hold_standard_streams()
  exit.held = {} -- which keeps them open
  for i = 1, 3 do exit.held[i] = io.open("/dev/null", "rb") end
end

--- Runs the command.
-- @param words  array of what follows its name
-- @return the exit status
return function(words)
  hold_standard_streams()
  local done, status = xpcall(function() return run(words) end, function(why)
    if exit.is_stop(why) or type(why) ~= "string" then return why end
    if os.getenv "CONVOKE_DEBUG" then return debug.traceback(why, 2) end
    return why:match "^(.-)\nstack traceback:" or why -- which tasks add
  end)
  if done then
    local flushed, why = io.stdout:flush()
    if flushed then return status end
    report.failure("cannot write the result: " .. tostring(why))
    return exit.status.fault
  end
  local stop = status
  if exit.is_stop(stop) then
    pcall(io.stdout.flush, io.stdout)
    report.failure(stop.message, stop.hint)
    return stop.status
  end
  report.failure("internal fault: " .. tostring(stop))
  return exit.status.fault
end
