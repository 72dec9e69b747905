--- Names on the command line: which operation its first words mean.

local catalogue = require "convoke.catalogue"
local core = require "convoke.core"
local exit = require "convoke.cli.exit"

local names = {}

--- Sorts an array of texts and returns it.
local function sorted(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

--- Names may be written with hyphens.
function names.plain(word) return (word:gsub("%-", "_")) end

--- The resources of an API, sorted.
function names.resources(api)
  local set = {}
  for _, operation in ipairs(api.operations) do
    if operation.resource then set[operation.resource] = true end
  end
  return sorted(set)
end

--- The operations of a resource in the order of the catalogue; nil: those that belong to none.
function names.operations(api, resource)
  local found = {}
  for _, operation in ipairs(api.operations) do
    if operation.resource == resource then found[#found + 1] = operation end
  end
  return found
end

local added = {} -- name of an API of a document -> { api, the words before its operations }

--- Makes the API of a document known, by its name.
-- @param words  what it is called on the line: "openapi shop.json"
function names.add(api, words) added[api.name] = { api, words } end

--- The words that an API is called by: "clerk", "openapi shop.json".
function names.words_of_api(name)
  return added[name] and added[name][2] or name
end

--- The words that an operation is called by: "clerk invitations create".
function names.words(operation)
  local name, rest = operation.name:match "^([^.]+)%.(.*)$"
  return names.words_of_api(name) .. " " .. rest:gsub("%.", " ")
end

--- What to add where a name is not known.
-- @param known  array of names
function names.hint(name, known)
  local nearest = core.nearest(name, known)
  if nearest then return "Did you mean " .. nearest .. "?" end
  return "Known are: " .. table.concat(known, ", ")
end

--- An API by its name, or nil.
function names.api(word)
  if added[word] then return added[word][1] end
  for _, name in ipairs(catalogue.names) do
    if name == word then return catalogue.api(name) end
  end
end

local function verbs(operations)
  local list = {}
  for i, operation in ipairs(operations) do list[i] = operation.verb end
  return list
end

--- The operation with that name ("clerk.invitations.create"), or nil.
function names.operation(name)
  local of_document = added[(name or ""):match "^[^.]*"]
  for _, operation in ipairs(of_document and of_document[1].operations or {}) do
    if operation.name == name then return operation end
  end
  return not of_document and catalogue.find(name) or nil
end

--- What words mean, as far as they go.
-- @param words  array: an API, and a resource and a verb, or the vendor's name of an operation
-- @return api, resource (text, or nil), operation (or nil), how many words were used. Ends the
--   command
--   where a word is none of the names.
function names.resolve(words)
  local first = words[1]
  local api = names.api(first)
  if not api then
    exit.usage(("there is no API or command %s"):format(first),
      names.hint(first, names.first_words()))
  end
  local second = words[2]
  if not second then return api, nil, nil, 1 end
  for _, operation in ipairs(api.operations) do
    if operation.id == second then return api, operation.resource, operation, 2 end
  end
  local plain = names.plain(second)
  local free = names.operations(api, nil)
  for _, operation in ipairs(free) do
    if operation.verb == plain then return api, nil, operation, 2 end
  end
  local of_resource = names.operations(api, plain)
  if not of_resource[1] then
    local known = names.resources(api)
    for _, verb in ipairs(verbs(free)) do known[#known + 1] = verb end
    exit.usage(("%s has no %s"):format(first, second), names.hint(plain, known))
  end
  local third = words[3]
  if not third then return api, plain, nil, 2 end
  for _, operation in ipairs(of_resource) do
    if operation.verb == names.plain(third) then return api, plain, operation, 3 end
  end
  exit.usage(("%s %s has no %s"):format(first, second, third),
    names.hint(names.plain(third), verbs(of_resource)))
end

--- Commands beside the APIs: name and what it does, in the order of the help.
names.commands = {
  { "help", "Tell about an API, a resource, an operation or a topic" },
  { "whoami", "Show which addresses and credentials would be used, and from where" },
  { "openapi", "Call any other API, by its OpenAPI document: convoke openapi FILE" },
  { "doctor", "Say what is wrong where calls fail: libraries, TLS, proxies, network" },
  { "completion", "Print what makes bash, zsh or fish complete names" },
  { "job", "Make one call for each row of a file, once, however often stopped" },
  { "sandbox", "Serve the five APIs on this machine until stopped" },
  { "repl", "Look around in an interactive Lua; --sandbox: offline" },
}

--- What the first word may be.
function names.first_words()
  local words = {}
  for i, name in ipairs(catalogue.names) do words[i] = name end
  for _, command in ipairs(names.commands) do words[#words + 1] = command[1] end
  return words
end

return names
