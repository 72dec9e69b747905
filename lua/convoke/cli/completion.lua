--- Completion in bash, zsh and fish. Their scripts ask `convoke __complete SHELL WORD...`, so that
-- they know what the catalogue knows: nothing is listed twice, and nothing is asked of a network.

local catalogue = require "convoke.catalogue"
local exit = require "convoke.cli.exit"
local names = require "convoke.cli.names"
local options = require "convoke.cli.options"
local output = require "convoke.cli.output"
local text = require "convoke.cli.text"

local completion = {}

-- Scripts ------------------------------------------------

local scripts = {}

scripts.bash = [==[
# Completion of convoke in bash: source <(convoke completion bash)
_convoke() {
  local IFS=$'\n'
  COMPREPLY=($(convoke __complete bash "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  case ${COMPREPLY[0]} in *,) compopt -o nospace ;; esac
}
complete -o default -F _convoke convoke
]==]

scripts.zsh = [==[
#compdef convoke
# Completion of convoke in zsh: source <(convoke completion zsh), after compinit.
_convoke() {
  local -a found
  found=("${(@f)$(convoke __complete zsh "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then
    _describe -V convoke found
  else
    _files
  fi
}
if [[ "${funcstack[1]}" = _convoke ]]; then _convoke "$@"; else compdef _convoke convoke; fi
]==]

scripts.fish = [==[
# Completion of convoke in fish: convoke completion fish | source
function __convoke_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  convoke __complete fish $words[2..-1] "$current" 2>/dev/null
end
complete -c convoke -f -a '(__convoke_complete)'
]==]

local shells = { "bash", "zsh", "fish" }

--- `convoke completion SHELL`. Returns the exit status.
function completion.script(words)
  local shell = words[1]
  if not shell or shell == "--help" or shell == "-h" then
    output.write("Usage: convoke completion bash|zsh|fish\n\n",
      "bash, in ~/.bashrc:                   source <(convoke completion bash)\n",
      "zsh, in ~/.zshrc, after compinit:     source <(convoke completion zsh)\n",
      "fish, in ~/.config/fish/config.fish:  convoke completion fish | source\n")
    return shell and exit.status.done or exit.status.usage
  end
  if not scripts[shell] then
    exit.usage("there is no completion for " .. shell, names.hint(shell, shells))
  end
  output.write(scripts[shell])
  return exit.status.done
end

-- Candidates ------------------------------------------------
--
-- Functions get add(word, what it means) and add each word that may stand there.

-- What may follow the words that name an operation so far.
local function add_names(add, named)
  local first, second = named[1], named[2]
  if not first then
    for _, name in ipairs(catalogue.names) do add(name, catalogue.api(name).title) end
    for _, command in ipairs(names.commands) do add(command[1], command[2]) end
    return
  end
  local api = names.api(first)
  if not api or named[3] then return end
  if not second then
    for _, resource in ipairs(names.resources(api)) do add(resource, "") end
    for _, operation in ipairs(names.operations(api, nil)) do add(operation.verb,
      operation.summary) end
    return
  end
  for _, operation in ipairs(names.operations(api, names.plain(second))) do
    add(operation.verb, operation.summary)
  end
end

local function add_options(add, operation, used)
  local parser = require "convoke.cli.parser"
  for _, param in ipairs(operation and operation.params or {}) do
    local name = "--" .. parser.option_of(param)
    local fits = not param.alias_of and (not used[name] or param.type == "array")
    if fits then add(name, param.summary) end
  end
  for _, option in ipairs(options.list) do
    local fits = option.name ~= "all" or operation and operation.paging
    if fits and not used["--" .. option.name] then add("--" .. option.name, option.summary) end
  end
end

-- The fields of an answer, the last name of a list being written.
local function add_fields(add, operation, written)
  local before = written:match "^(.*,)" or ""
  local schema = operation.answer
  if operation.paging or schema.type == "array" then schema = text.items_schema(schema) end
  for _, field in ipairs(schema and schema.fields or {}) do add(before .. field.name,
    field.summary) end
end

local function add_profiles(add)
  for _, name in ipairs(require("convoke.cli.profiles").names()) do add(name, "") end
end

-- What may be the value of an option; nil: it has none.
local function value_adder(operation, word)
  local name = word:match "^%-%-(.+)$"
  local option = name and options.named(name) or options.short(word:match "^%-(%a)$" or "")
  local wanted = name and (name:match "^param%.(.+)$" or not options.named(name) and name)
  for _, param in ipairs(operation and operation.params or {}) do
    if wanted and (param.name == wanted or param.name == names.plain(wanted)) then
      return function(add)
        for _, value in ipairs(param.enum or {}) do add(value, "") end
        if param.type == "boolean" then
          add("true", "")
          add("false", "")
        end
      end, param.type == "boolean"
    end
  end
  if not (option and option.value) then return nil end
  return function(add, written)
    for _, value in ipairs(option.words or {}) do add(value, "") end
    if option.name == "fields" and operation then add_fields(add, operation, written) end
    if option.name == "profile" then add_profiles(add) end
  end
end

-- What stands on the line: the words that name an operation, the operation, and the options used.
local function read_line(words)
  local named, used, operation, skip = {}, {}, nil, false
  for i = 1, #words - 1 do
    local word = words[i]
    if skip then
      skip = false
    elseif word:sub(1, 1) == "-" then
      used[word:match "^[^=]+"] = true
      local adder, may_stand_alone = value_adder(operation, word)
      skip = adder ~= nil and not may_stand_alone and not word:find "="
    elseif not operation then
      named[#named + 1] = word
      if #named > 1 then
        local done, _, _, found = pcall(names.resolve, named)
        operation = done and found or nil
      end
    end
  end
  return named, operation, used
end

-- bash takes `--name=value` for three words.
local function join_equals(words)
  local joined = {}
  for _, word in ipairs(words) do
    local last = joined[#joined]
    if last and (word == "=" or last:find "^%-%-[^=]+=$") then
      joined[#joined] = last .. word
    else
      joined[#joined + 1] = word
    end
  end
  return joined
end

-- Words of commands of their own.
local own_words = {
  completion = { "bash", "zsh", "fish" }, repl = { "--sandbox" },
  job = { "run", "work", "status", "pause", "resume", "retry", "report" },
  sandbox = { "--port", "--shell", "--cvat", "--no-cvat-mail" },
  openapi = {}, -- a file's name, which the shell completes
}

-- The words about a document's API as those about one that is built in.
local function words_of_document(words)
  local before = {}
  for i = 1, #words - 1 do before[i] = words[i] end
  local read, rest = pcall(require("convoke.cli.openapi").words_of, before)
  if not read then return { "openapi", "" } end
  rest[#rest + 1] = words[#words]
  return rest
end

-- Adds what may stand in the place of the last word.
local function add_all(add, words)
  if words[1] == "openapi" and #words > 2 then words = words_of_document(words) end
  local current, before = words[#words], words[#words - 1] or ""
  local command = words[1]
  if #words > 1 and own_words[command] then
    for _, word in ipairs(own_words[command]) do
      if #words == 2 or word:sub(1, 1) == "-" then add(word, "") end
    end
    return
  elseif #words > 1 and command == "help" then
    table.remove(words, 1)
    return add_names(add, (read_line(words)))
  elseif #words > 1 and (command == "whoami" or command == "doctor") then
    if before == "--profile" then return add_profiles(add) end
    for _, name in ipairs(catalogue.names) do add(name, catalogue.api(name).title) end
    if command == "doctor" then add("--offline", "Test no connection") end
    return add("--profile", options.named("profile").summary)
  end
  local named, operation, used = read_line(words)
  local option, written = current:match "^(%-%-[^=]+)=(.*)$"
  local adder, may_stand_alone = value_adder(operation, option or before)
  if option then
    return adder and adder(function(word, meaning) add(option .. "=" .. word, meaning) end, written)
  end
  if adder then
    adder(add, current)
    if not may_stand_alone then return end
  end
  if not operation and current:sub(1, 1) ~= "-" then return add_names(add, named) end
  add_options(add, operation, used)
end

-- One line for a shell.
local function line_for(shell, word, meaning, cut)
  if shell == "bash" then return word:sub(cut + 1) end
  meaning = text.visible(meaning)
  if shell == "fish" then return word .. "\t" .. meaning end
  return word:gsub("[\\:]", "\\%0") .. (meaning ~= "" and ":" .. meaning or "")
end

--- `convoke __complete SHELL WORD...`: what the last word may become, a line each. Returns the exit
-- status.
function completion.answer(given)
  local shell, words = given[1], {}
  for i = 2, #given do words[i - 1] = given[i] end
  if not words[1] then words[1] = "" end
  if shell == "bash" then words = join_equals(words) end
  local current = words[#words]
  local cut = shell == "bash" and #(current:match "^%-%-[^=]+=" or "") or 0
  add_all(function(word, meaning)
    if word:sub(1, #current) == current then
      output.write(line_for(shell, word, meaning or "", cut), "\n")
    end
  end, words)
  return exit.status.done
end

return completion
