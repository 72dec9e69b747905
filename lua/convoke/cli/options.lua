--- The options that every operation's command has beside its parameters.

local catalogue = require "convoke.catalogue"
local exit = require "convoke.cli.exit"
local names = require "convoke.cli.names"

local options = {}

--- In the order of the help: name, short (a letter), value (what stands for its value in the help;
-- nil: it has none), words (those it may be), summary.
options.list = {
  { name = "output", short = "o", value = "FORMAT",
    words = { "table", "json", "jsonl", "csv", "lines", "lua" },
    summary = "table, json, jsonl, csv, lines or lua; without it a table on a terminal, else "
      .. "JSON (also --output)" },
  { name = "fields", value = "A,B", summary = "Only these fields; a.b is one inside another" },
  { name = "all", summary = "Every page of a listing, printed as it comes" },
  { name = "dry-run", summary = "Print the request and send nothing" },
  { name = "curl", summary = "Print the request as a curl command and send nothing" },
  { name = "timeout", value = "SECONDS", summary = "What the whole call may take (default 30)" },
  { name = "retries", value = "COUNT", summary = "How often it may be sent again (default 2)" },
  { name = "profile", value = "NAME", summary = "Address and credential of this profile" },
  { name = "verbose", short = "v",
    summary = "Tell each attempt, look and wait on standard error; -vv the headers, too" },
  { name = "help", short = "h", summary = "Show this help" },
}

local by_name, by_short = {}, {}
for _, option in ipairs(options.list) do
  by_name[option.name], by_short[option.short or ""] = option, option
end

--- Adds an option that not all commands have; see options.list.
function options.add(option)
  options.list[#options.list + 1] = option
  by_name[option.name] = option
end

--- The option of that name (hyphens may be underscores), or nil.
function options.named(name)
  return by_name[(name:gsub("_", "-"))]
end

--- The option of that letter, or nil.
function options.short(letter)
  return letter ~= "" and by_short[letter] or nil
end

-- The APIs that words name; all of them where there are none.
local function apis_of(words)
  local apis = {}
  for i, word in ipairs(words[1] and words or catalogue.names) do
    apis[i] = names.api(word)
      or exit.usage("there is no API " .. word, names.hint(word, catalogue.names))
  end
  return apis
end

--- Reads the words of a command about APIs. Ends it where one is not known.
-- @param words    array: names of APIs, and options
-- @param command  its name
-- @param own      set of the options without a value that only it has, or nil
-- @return array of the APIs named, or of all; the values of the options by name, true where they
--   have none; whether an API was named
function options.read(words, command, own)
  local plain, given, i = {}, {}, 1
  while words[i] do
    local word = words[i]
    local name, value = word:match "^%-%-([^=]+)=?(.*)$"
    local option = name and options.named(name) or options.short(word:match "^%-(%a)$" or "")
    if word:sub(1, 1) ~= "-" then
      plain[#plain + 1] = word
    elseif own and own[name] then
      given[name] = true
    elseif not option then
      exit.usage("unknown option " .. word, ("See: convoke %s --help"):format(command))
    elseif option.value and (value or "") == "" then
      i = i + 1
      given[option.name] = words[i] or exit.usage(("%s wants a value"):format(word))
    else
      given[option.name] = option.value and value or true
    end
    i = i + 1
  end
  local known = {}
  for _, word in ipairs(options.named "output".words) do known[word] = true end
  if given.output and not known[given.output] then
    exit.usage("unknown format " .. given.output, options.named "output".summary)
  end
  return apis_of(plain), given, plain[1] ~= nil
end

return options
