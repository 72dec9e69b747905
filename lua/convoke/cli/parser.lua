--- The command line of one operation: its parser, built of the catalogue when it is asked for.
--
-- argparse declares, checks and explains the options. What it has no form for is sorted out before:
-- fields inside a parameter (--public_metadata.team), names that are an option's, too
-- (--param.NAME), values that begin with a hyphen (--order_by -created_at), and @FILE in the place
-- of all parameters.

local core = require "convoke.core"
local exit = require "convoke.cli.exit"
local names = require "convoke.cli.names"
local options = require "convoke.cli.options"
local values = require "convoke.cli.values"

local parser = {}

local unpack = table.unpack or unpack -- luacheck: ignore

local function load_argparse()
  -- Debian has modules of pure Lua for the older Luas only, and the newer ones read them.
  local path = package.path
  package.path = path .. ";/usr/share/lua/5.4/?.lua;/usr/share/lua/5.1/?.lua"
  local found, argparse = pcall(require, "argparse")
  package.path = path
  if not found then
    exit.stop(exit.status.fault, "the command needs the Lua module argparse, which is not there",
      "Debian and Ubuntu: apt install lua-argparse; elsewhere: luarocks install argparse")
  end
  return argparse
end

-- Names ------------------------------------------------

--- What the option for a parameter is called, without hyphens.
function parser.option_of(param)
  return options.named(param.name) and "param." .. param.name or param.name
end

local function params_of(operation)
  local params = {}
  for _, param in ipairs(operation.params) do params[param.name] = param end
  return params
end

-- The parameter that an option means; nil: none.
-- @return it, and the names below it (array) where a field inside it is meant
local function param_for(params, name)
  local rest = name:match "^param%.(.+)$"
  if not rest and options.named(name) then return nil end
  rest = rest or name
  if params[rest] then return params[rest] end
  local head, tail = rest:match "^([^.]+)%.(.+)$"
  head = head or rest
  local param = params[head] or params[names.plain(head)]
  if not (param and tail) then return param end
  local path = {}
  for key in tail:gmatch "[^.]+" do path[#path + 1] = key end
  return param, path
end

-- Declaring ------------------------------------------------

local value_words = { string = "TEXT", integer = "N", number = "N", object = "JSON", array = "JSON",
  either = "JSON", any = "VALUE" }

local function value_name(param)
  if param.enum then return table.concat(param.enum, "|") end
  if param.type == "boolean" then return "true|false" end
  if param.type == "array" and (param.items or {}).type == "string" then return "TEXT..." end
  return value_words[param.type] or "VALUE"
end

local function shown(value)
  if value == "" then return '""' end
  return tostring(value)
end

local function summary_of(param)
  local notes = {}
  if param.required then notes[1] = "required" end
  if param.minimum and param.maximum then
    notes[#notes + 1] = ("%s to %s"):format(shown(param.minimum), shown(param.maximum))
  elseif param.minimum then
    notes[#notes + 1] = "from " .. shown(param.minimum)
  elseif param.maximum then
    notes[#notes + 1] = "at most " .. shown(param.maximum)
  end
  if param.format and param.format ~= "int64" then notes[#notes + 1] = param.format end
  if param.default ~= nil then notes[#notes + 1] = "default " .. shown(param.default) end
  local text = param.summary or ""
  return notes[1] and ("%s (%s)"):format(text, table.concat(notes, ", ")) or text
end

local function usage_of(operation)
  local words = { "Usage: convoke", names.words(operation) }
  for _, name in ipairs(operation.path_params) do words[#words + 1] = name:upper() end
  for _, param in ipairs(operation.params) do
    if param.required and param.where ~= "path" then
      words[#words + 1] = ("--%s %s"):format(parser.option_of(param), value_name(param))
    end
  end
  words[#words + 1] = "[options]"
  local lines, width = { words[1] .. " " .. words[2] }, 79
  for i = 3, #words do
    if #lines[#lines] + #words[i] < width then
      lines[#lines] = lines[#lines] .. " " .. words[i]
    else
      lines[#lines + 1] = "         " .. words[i]
    end
  end
  return table.concat(lines, "\n")
end

-- The example of a call that stands at the end of the help.
local function notes_of(operation)
  local notes = {}
  local has_object = false
  for _, param in ipairs(operation.params) do
    has_object = has_object or param.type == "object" or param.type == "any"
  end
  if operation.params[1] then
    notes[#notes + 1] = "All parameters as one JSON object: @FILE, or - for standard input. "
      .. "@FILE in the place of a value is what the file holds."
    if has_object then
      notes[#notes + 1] = "A field inside JSON: --NAME.FIELD VALUE; VALUE is JSON where it can be "
        .. "read as such, else text."
    end
  end
  notes[#notes + 1] = "Exit status: 0 done, 2 called wrongly, 3 refused, "
    .. "4 unknown whether it was done, 5 not sent, 6 made though the API reported a failure, "
    .. "1 a fault of the command."
  return table.concat(notes, "\n\n")
end

local function add_param(made, param, into)
  into[#into + 1] = made:option("--" .. parser.option_of(param)):hidden(param.alias_of ~= nil)
    :target(param.name):argname(value_name(param)):description(summary_of(param))
    :count "*":action "append"
end

local function add_option(made, option, into)
  local added
  if option.value then
    local spelled = option.short and "-" .. option.short or "--" .. option.name
    added = made:option(spelled):argname(option.value):count "*":action "append"
    if option.short then added:hidden_name("--" .. option.name) end
  else
    added = made:flag((option.short and "-" .. option.short .. " " or "") .. "--" .. option.name)
      :count "*"
  end
  into[#into + 1] = added:target("option " .. option.name):description(option.summary)
end

--- argparse's parser of an operation.
-- @param width  columns of its help, or nil: as wide as it comes
function parser.make(operation, width)
  local made = load_argparse()("convoke " .. names.words(operation),
    (operation.summary or operation.id) .. ".")
  made:add_help(false)
  made:usage(usage_of(operation))
  made:help_max_width(width or 80):help_vertical_space(0):help_description_margin(34)
    :epilog(notes_of(operation))
  if #operation.path_params > 0 or operation.params[1] then
    made:argument("values"):args "*":hidden(true)
  end
  local params, common = {}, {}
  for _, param in ipairs(operation.params) do add_param(made, param, params) end
  for _, option in ipairs(options.list) do
    add_option(made, option, common)
    if option.name == "all" and not operation.paging then common[#common]:hidden(true) end
  end
  if params[1] then made:group("Parameters", unpack(params)) end
  made:group("Options", unpack(common))
  return made
end

-- Sorting out ------------------------------------------------

-- The words of one operation while they are sorted: `plain`, what argparse is given; `inside`,
-- fields of parameters; `documents`, where all parameters come from.
local Sorter = {}
Sorter.__index = Sorter

function Sorter:next_value(name)
  self.position = self.position + 1
  local value = self.words[self.position]
  if value == nil then exit.usage(("--%s wants a value"):format(name)) end
  return value
end

-- The value of a boolean may be left out.
function Sorter:next_boolean()
  local following = self.words[self.position + 1]
  if following ~= "true" and following ~= "false" and following ~= "null" then return "true" end
  self.position = self.position + 1
  return following
end

function Sorter:add_param(param, path, name, value)
  if path then
    self.inside[#self.inside + 1] = { param = param, path = path, word = value
      or self:next_value(name) }
    return
  end
  value = value or (param.type == "boolean" and self:next_boolean()) or self:next_value(name)
  self.plain[#self.plain + 1] = ("--%s=%s"):format(parser.option_of(param), value)
end

function Sorter:add_long(word)
  local name, value = word:match "^%-%-([^=]+)=(.*)$"
  name = name or word:sub(3)
  local param, path = param_for(self.params, name)
  local option = not param and options.named(name)
  local denied = name:match "^no[-_](.+)$"
  denied = denied and param_for(self.params, denied)
  if param then
    self:add_param(param, path, name, value)
  elseif option and option.value then
    self.plain[#self.plain + 1] = ("--%s=%s"):format(option.name, value or self:next_value(name))
  elseif option then
    self.plain[#self.plain + 1] = "--" .. option.name .. (value and "=" .. value or "")
  elseif denied and denied.type == "boolean" and not value then
    self:add_param(denied, nil, name, "false")
  else
    self:unknown(name)
  end
end

function Sorter:unknown(name)
  local known = {}
  for _, param in pairs(self.params) do known[#known + 1] = parser.option_of(param) end
  for _, option in ipairs(options.list) do known[#known + 1] = option.name end
  local nearest = core.nearest(name, known)
  exit.usage(("unknown option --%s"):format(name), nearest
    and ("Did you mean --%s?"):format(nearest)
    or ("See: convoke %s --help"):format(names.words(self.operation)))
end

function Sorter:add_short(word)
  local option = options.short(word:sub(2, 2))
  if not option then exit.usage("unknown option " .. word) end
  if option.value then
    local value = word:sub(3)
    if value == "" then value = self:next_value(option.name) end
    self.plain[#self.plain + 1] = ("--%s=%s"):format(option.name, value)
  else
    self.plain[#self.plain + 1] = word
  end
end

function Sorter:sort()
  local words, rest = self.words, false
  while self.position < #words do
    self.position = self.position + 1
    local word = words[self.position]
    if rest then
      self.values[#self.values + 1] = word
    elseif word == "--" then
      rest = true
    elseif word == "-" or word:find "^@[^@]" then
      self.documents[#self.documents + 1] = word == "-" and word or word:sub(2)
    elseif word:find "^%-%-" then
      self:add_long(word)
    elseif word:find "^%-" then
      self:add_short(word)
    else
      self.values[#self.values + 1] = word
    end
  end
end

-- Putting together ------------------------------------------------

local function text_of_option(given, name)
  local list = given["option " .. name]
  if type(list) == "table" then list = list[#list] end
  return list
end

local function number_option(given, name, is_fine, what)
  local text = text_of_option(given, name)
  if text == nil then return nil end
  local value = tonumber(text)
  if not value or not is_fine(value) then exit.usage(("--%s must be %s, not %s"):format(name, what,
    text)) end
  return value
end

local function is_set(given, name) return (given["option " .. name] or 0) > 0 end

-- The options of the command, checked.
local function common_of(given)
  local common = {
    output = text_of_option(given, "output"),
    profile = text_of_option(given, "profile"),
    all = is_set(given, "all"),
    dry_run = is_set(given, "dry-run"),
    curl = is_set(given, "curl"),
    help = is_set(given, "help"),
    verbose = given["option verbose"] or 0,
    timeout = number_option(given, "timeout", function(n) return n > 0 and n < math.huge end,
      "a number of seconds above 0"),
    retries = number_option(given, "retries", function(n) return n >= 0 and n % 1 == 0 end,
      "a whole number from 0"),
  }
  local words = options.named "output".words
  local known = common.output == nil
  for _, word in ipairs(words) do known = known or word == common.output end
  if not known then
    exit.usage(("--output must be one of %s, not %s"):format(table.concat(words, ", "),
      common.output))
  end
  local fields = text_of_option(given, "fields")
  if fields then
    common.fields = {}
    for name in fields:gmatch "[^,%s]+" do common.fields[#common.fields + 1] = name end
    if not common.fields[1] then exit.usage "--fields wants names, such as id,status" end
  end
  return common
end

-- Whether nothing was said about parameters although some are required.
local function wants_document(operation, sorter, given)
  if sorter.documents[1] or sorter.values[1] or sorter.inside[1] then return false end
  local required = false
  for _, param in ipairs(operation.params) do
    if given[param.name] and given[param.name][1] then return false end
    required = required or param.required
  end
  return required and core.is_piped(0)
end

local function take_path_values(operation, sorter, params)
  local path_params, by_name = operation.path_params, params_of(operation)
  for i, value in ipairs(sorter.values) do
    local name = path_params[i]
    if not name then
      exit.usage(("what is %s for? %s"):format(value, #path_params == 0
        and "this takes no values without a name" or ("this takes " .. table.concat(path_params,
          ", "))))
    end
    if params[name] ~= nil then exit.usage(("%s is given twice"):format(name)) end
    params[name] = values.read({ value }, by_name[name] or { type = "string" }, name)
  end
end

--- Reads the words behind an operation's name.
-- @param operation  of the catalogue
-- @param words      array of them
-- @return params (table), common: output, profile, all, dry_run, curl, help, verbose (a count),
--   timeout,
--   retries, fields (array). Ends the command where they are wrong.
function parser.read(operation, words)
  local sorter = setmetatable({ operation = operation, words = words, position = 0, plain = {},
    values = {}, inside = {}, documents = {}, params = params_of(operation) }, Sorter)
  sorter:sort()
  local made = parser.make(operation)
  local parsed, given = made:pparse(sorter.plain)
  if not parsed then exit.usage(given) end
  local common = common_of(given)
  if common.help then return {}, common end
  if wants_document(operation, sorter, given) then sorter.documents[1] = "-" end
  local params = {}
  for _, source in ipairs(sorter.documents) do
    local document = values.document(values.file(source), source == "-" and "standard input"
      or source)
    if operation.whole_body and document[1] ~= nil then document = { body = document } end
    for name, value in pairs(document) do params[name] = value end
  end
  local on_line = {}
  for _, param in ipairs(operation.params) do
    local texts = given[param.name]
    if texts and texts[1] then
      on_line[param.name] = values.read(texts, param, parser.option_of(param))
    end
  end
  take_path_values(operation, sorter, on_line)
  for name, value in pairs(on_line) do params[name] = value end
  for _, field in ipairs(sorter.inside) do
    values.set_inside(params, field.param, field.path, field.word)
  end
  return params, common
end

return parser
