--- What `convoke help` and --help print.

local catalogue = require "convoke.catalogue"
local core = require "convoke.core"
local exit = require "convoke.cli.exit"
local names = require "convoke.cli.names"
local output = require "convoke.cli.output"
local version = require "convoke.version"

local help = {}

local most_columns = 79

-- Lines of names and what stands beside them, which is wrapped.
local function rows(list)
  local widest = 0
  for _, row in ipairs(list) do widest = math.max(widest, #row[1]) end
  local lines = {}
  for _, row in ipairs(list) do
    local line = ("   %s%s  "):format(row[1], (" "):rep(widest - #row[1]))
    for word in row[2]:gmatch "%S+" do
      if #line + #word >= most_columns and line:find "%S" then
        lines[#lines + 1] = line
        line = (" "):rep(widest + 5)
      end
      line = line .. " " .. word
    end
    lines[#lines + 1] = line
  end
  return table.concat(lines, "\n")
end

--- The first page.
function help.text_of_overview()
  local apis = {}
  for i, name in ipairs(catalogue.names) do
    apis[i] = { name, table.concat(names.resources(catalogue.api(name)), " ") }
  end
  return table.concat({
    "Usage: convoke API RESOURCE VERB [VALUE...] [options]",
    "       convoke COMMAND ...",
    "",
    "Calls the sessions, invitations and mutations of five HTTP APIs.",
    "",
    "APIs and their resources:", rows(apis), "",
    "Commands:", rows(names.commands), "",
    "Try:",
    "   convoke help clerk invitations create",
    "   convoke clerk invitations create --email_address ada@example.com --dry-run",
    "   convoke clerk invitations list --status pending --all -o csv >pending.csv",
    "",
    "Keys come from the environment (CLERK_SECRET_KEY, ...) or a profile: convoke",
    "whoami tells which. Without a key or a network: convoke repl --sandbox",
  }, "\n") .. "\n"
end

--- Prints the version.
function help.version()
  output.write("convoke ", version, "\n")
  return exit.status.done
end

--- Prints the first page.
function help.overview()
  output.write(help.text_of_overview())
  return exit.status.done
end

local function list_of(operations)
  local list = {}
  for i, operation in ipairs(operations) do
    list[i] = { operation.name:match "%.(.*)":gsub("%.", " "), operation.summary or operation.id }
  end
  return rows(list)
end

--- One line that says what may follow.
function help.what_there_is(api, resource)
  local known = {}
  for _, operation in ipairs(resource and names.operations(api, resource) or {}) do
    known[#known + 1] = operation.verb
  end
  if not resource then known = names.resources(api) end
  return "Known are: " .. table.concat(known, ", ")
end

--- Prints what an API or a resource has.
function help.show(api, resource)
  local operations = resource and names.operations(api, resource) or api.operations
  output.write(("%s\n\nUsage: convoke %s %s VERB [VALUE...] [options]\n\nOperations:\n%s\n"):format(
    api.title, names.words_of_api(api.name), resource or "RESOURCE", list_of(operations)))
  return exit.status.done
end

--- Prints the help of an operation.
function help.operation(operation)
  local parser = require "convoke.cli.parser"
  local columns = core.columns(1)
  output.write(parser.make(operation, math.max(60, math.min(columns or 80, 100))):get_help(), "\n")
  return exit.status.done
end

--- `convoke help ...`.
function help.command(words)
  if words[1] == "openapi" then words = require("convoke.cli.openapi").words_of(words) end
  local first = words[1]
  if not first then return help.overview() end
  if names.api(first) then
    local api, resource, operation = names.resolve(words)
    if not operation then return help.show(api, resource) end
    help.operation(operation)
    local page = require("convoke.help").text(operation)
    local more = page:match "\n(Answer\n.*)$":gsub("\nExample\n", "\nExample in Lua\n")
    output.write("\n", more, "\n")
    return exit.status.done
  end
  local text = require("convoke.help").text(table.concat(words, " "))
  if text:find '^Nothing is called "' then
    exit.usage(("there is no help about %s"):format(table.concat(words, " ")),
      names.hint(first, names.first_words()))
  end
  output.write(text, "\n")
  return exit.status.done
end

return help
