--- Man pages, by pandoc: one an API, and that of the command `convoke`.

local catalogue = require "convoke.catalogue"
local exit = require "convoke.cli.exit"
local names = require "convoke.cli.names"
local options = require "convoke.cli.options"
local reference = require "spec.programs.docs.reference"

local manual = {}

local function code(text) return "`" .. text .. "`" end

-- A text in which nothing is a sign of Markdown.
local function plain(text)
  return (text:gsub("[\\`*_<>$#~^@%[%]|\"']", "\\%0"))
end

-- An entry of a list of definitions.
local function definition(term, text)
  return ("%s\n:   %s\n"):format(term, text == "" and "&nbsp;" or text)
end

local function block(text)
  return "    " .. text:gsub("\n(.)", "\n    %1")
end

-- APIs --------------------------------------------------------------------------------------------

local function option_entries(api)
  local entries = { definition("`url`", (api.url and "The address; " .. code(api.url)
    .. " unless given" or "The address")
    .. (api.url_environment and ("; environment: %s"):format(code(api.url_environment)) or "")) }
  for _, auth in ipairs(api.auths) do
    local variables = auth.environment and auth.environment[1]
      and "; environment: " .. code(table.concat(auth.environment, ", ")) or ""
    entries[#entries + 1] = definition(code(auth.option)
      .. (auth.partner and ", " .. code(auth.partner) or ""), plain(auth.summary) .. variables)
  end
  for _, field in ipairs(api.client_fields) do
    entries[#entries + 1] = definition(code(field.option), plain(field.summary)
      .. (field.default and "; " .. code(field.default) .. " unless given" or ""))
  end
  return table.concat(entries, "\n")
end

local function answer_line(operation)
  local answer = operation.answer
  if operation.envelope == "each" then
    return "an array of tables with `value` and `log_lines`, or `err`"
  end
  if answer.type == "null" then return operation.envelope and "`convoke.null`" or "`true`" end
  local fields = answer.type == "object" and answer.fields or (answer.items or {}).fields
  local found = {}
  for i, field in ipairs(fields or {}) do found[i] = code(field.name) end
  local head = (answer.type == "array" or answer.type == "either") and "an array of objects"
    or found[1] and "a table" or reference.type_of(answer)
  return found[1] and ("%s with %s"):format(head, table.concat(found, ", ")) or head
end

local function operation_part(operation)
  local habits = operation.safe and "It only reads." or operation.idempotent
    and "A repeat changes no more than one call." or "A repeat may do it a second time."
  local parts = { "## " .. operation.name:gsub("_", "\\_"),
    ("%s. %s, the vendor\\'s %s. %s"):format(plain(operation.summary),
      code(operation.method .. " " .. operation.path), code(operation.id), habits) }
  for _, param in ipairs(operation.params) do
    reference.walk(param, param.name, 1, function(name, field)
      parts[#parts + 1] = definition(("%s (%s%s)"):format(code(name),
        plain(reference.type_of(field)), field.required and ", required" or ""),
        reference.about(field, plain))
    end)
  end
  parts[#parts + 1] = "Returns " .. answer_line(operation) .. "."
  return table.concat(parts, "\n\n")
end

local synopsis = [=[
local convoke = require "convoke"
local API = convoke.API { OPTION = VALUE, ... }
local value, err, meta =
  API.RESOURCE:VERB([PATH VALUES,] [PARAMS [, OPTIONS]])]=]

local function api_page(api)
  local parts = { "# NAME", ("convoke-%s - the %s from Lua"):format(api.name, plain(api.title)),
    "# SYNOPSIS", block((synopsis:gsub("API", api.name))),
    "# OPTIONS", "Those that all clients have are in **convoke**(3).", option_entries(api),
    "# OPERATIONS" }
  for _, operation in ipairs(api.operations) do parts[#parts + 1] = operation_part(operation) end
  parts[#parts + 1] = "# SEE ALSO"
  parts[#parts + 1] = "**convoke**(1), **convoke**(3)"
  return table.concat(parts, "\n\n") .. "\n"
end

-- The command -------------------------------------------------------------------------------------

local command_synopsis = [=[
convoke API RESOURCE VERB [VALUE...] [--NAME VALUE]... [OPTIONS]
convoke COMMAND ...]=]

local command_examples = [=[
convoke clerk invitations create --email_address ada@example.com
convoke clerk invitations revoke inv_1 --dry-run
convoke clerk invitations list --status pending --all -o csv
convoke help clerk invitations create]=]

local how_parameters_are_given = [=[
Every operation is a command, called by the names that its page has, with spaces for the dots.
Values of the path may stand behind the verb; every parameter is an option of its name, whose
value is text, or JSON where the parameter is a table. A field inside is *--NAME.FIELD VALUE*.
All of them at once are *@FILE*, a JSON object, or *-* for standard input. A parameter that bears
the name of an option below is *--param.NAME*. **convoke help API RESOURCE VERB** tells the
parameters; they are in **convoke-clerk**(3) and the pages beside it, too.

Results go to standard output, and nothing else does.]=]

local status_words = { done = "done", fault = "a fault of the command itself",
  usage = "called wrongly, or the parameters are invalid; nothing was sent",
  refused = "the API said no, and nothing was done",
  unknown = "it may have happened: look before you ask again", not_sent = "nothing was sent",
  made = "the API reported a failure, yet the object exists", interrupted = "interrupted" }

-- The exit statuses, the smallest first.
local function status_entries()
  local found, entries = {}, {}
  for name, status in pairs(exit.status) do found[#found + 1] = { status, name } end
  table.sort(found, function(a, b) return a[1] < b[1] end)
  for _, each in ipairs(found) do
    entries[#entries + 1] = definition(tostring(each[1]), assert(status_words[each[2]], each[2]))
  end
  return table.concat(entries, "\n")
end

local function environment_entries()
  local entries = { definition("`CONVOKE_CONFIG`", "The file of profiles"),
    definition("`NO_COLOR`", "No colours") }
  for _, name in ipairs(catalogue.names) do
    local api, variables = catalogue.api(name), {}
    variables[1] = api.url_environment or (name .. "_url"):upper()
    for _, auth in ipairs(api.auths) do
      local own = { (name .. "_" .. auth.option):upper() }
      for _, variable in ipairs(auth.environment and auth.environment[1] and auth.environment
        or own) do
        variables[#variables + 1] = variable
      end
      if auth.partner then variables[#variables + 1] = (name .. "_" .. auth.partner):upper() end
    end
    for i, variable in ipairs(variables) do variables[i] = code(variable) end
    entries[#entries + 1] = definition(table.concat(variables, ", "),
      ("Address and credential of the %s"):format(plain(api.title)))
  end
  return table.concat(entries, "\n")
end

local function command_page()
  local commands, switches = {}, {}
  for i, command in ipairs(names.commands) do
    commands[i] = definition(code(command[1]), plain(command[2]))
  end
  for i, option in ipairs(options.list) do
    local short = option.short and ("**-%s**, "):format(option.short) or ""
    local value = option.value and (" *%s*"):format(option.value) or ""
    switches[i] = definition(("%s**\\--%s**%s"):format(short, option.name, value),
      plain(option.summary))
  end
  local see = { "**convoke**(3)" }
  for _, name in ipairs(catalogue.names) do see[#see + 1] = ("**convoke-%s**(3)"):format(name) end
  return table.concat({ "# NAME", "convoke - sessions, invitations and mutations of five HTTP APIs",
    "# SYNOPSIS", block(command_synopsis), "# DESCRIPTION", how_parameters_are_given,
    "# COMMANDS", table.concat(commands, "\n"), "# OPTIONS", table.concat(switches, "\n"),
    "# EXIT STATUS", status_entries(), "# ENVIRONMENT", environment_entries(), "# FILES",
    definition("`~/.config/convoke/config.lua`",
      "Profiles: addresses, and where secrets come from"),
    "# EXAMPLES", block(command_examples), "# SEE ALSO", table.concat(see, ", ") }, "\n\n") .. "\n"
end

-- Writing -----------------------------------------------------------------------------------------

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  assert(file:write(text))
  assert(file:close())
end

local function write_page(folder, name, section, text, version)
  local source = os.tmpname()
  write(source, text)
  local target = ("%s/%s.%d"):format(folder, name, section)
  local command = "pandoc --standalone --from markdown-smart --to man --output %s "
    .. "-M title='%s' -M section=%d -M footer='convoke %s' -M header='%s' %s"
  local status = os.execute(command:format(target, name:upper(), section, version,
    section == 1 and "User Commands" or "Lua modules", source))
  os.remove(source)
  assert(status == true or status == 0, "pandoc failed")
  local page = read(target)
  write(target, (page:gsub("\n%.hy\n", "\n.nh\n.ad l\n", 1))) -- names stay whole
end

--- The man pages in Markdown: an array of { name, section, text }.
function manual.pages()
  local pages = { { name = "convoke", section = 1, text = command_page() } }
  for _, name in ipairs(catalogue.names) do
    pages[#pages + 1] = { name = "convoke-" .. name, section = 3,
      text = api_page(catalogue.api(name)) }
  end
  return pages
end

--- Writes the man pages.
-- @param folder   that is there
-- @param version  of convoke
function manual.write(folder, version)
  for _, page in ipairs(manual.pages()) do
    write_page(folder, page.name, page.section, page.text, version)
  end
end

return manual
