--- `convoke openapi FILE ...`: the command for an API that has an OpenAPI document.

local convoke = require "convoke"
local exit = require "convoke.cli.exit"
local names = require "convoke.cli.names"
local options = require "convoke.cli.options"
local output = require "convoke.cli.output"

local openapi = {}

local usage = [[
Usage: convoke openapi FILE RESOURCE VERB [VALUE...] [options]
       convoke openapi FILE OPERATION-ID [VALUE...] [options]
       convoke openapi FILE
       convoke openapi FILE --annotations >api.lua

Calls an operation of the API that an OpenAPI document (3.0 or 3.1) describes; as
JSON, or as YAML where the Lua module lyaml or yaml is there. Without an
operation it tells which there are. Options are those of the other APIs, and

   --server SERVER   An address, the number of one of the document's servers,
                     or NAME=VALUE for a variable of its address
   --annotations     Print annotations of a client for editors (LuaLS, EmmyLua)

Credentials come from environment variables that are called after the file and
the security scheme (GITHUB_BEARER_AUTH; GITHUB_TOKEN where the document names
no scheme), or a profile; the address from --server or GITHUB_URL.

What was read is kept below $XDG_CACHE_HOME/convoke (or ~/.cache/convoke).
]]

-- The folder for what was read of documents, or nil.
local function cache_folder()
  local folder = os.getenv "XDG_CACHE_HOME"
  if folder and folder ~= "" then return folder .. "/convoke" end
  local home = os.getenv "HOME"
  return home and home ~= "" and home .. "/.cache/convoke" or nil
end

-- The option `server` of convoke.openapi that a word on the line means.
local function server_of(word)
  if not word then return nil end
  local name, value = word:match "^([%w_.-]+)=(.*)$"
  if name then return { [name] = value } end
  return tonumber(word) or word
end

-- Splits words into the file, what --server says, whether annotations are asked for, and the rest.
local function split(words)
  local file, server, rest, wants_annotations = nil, nil, {}, false
  local i = 1
  while words[i] do
    local word = words[i]
    local given = word:match "^%-%-server=(.*)$"
    if given then
      server = given
    elseif word == "--server" then
      i = i + 1
      server = words[i] or exit.usage "--server wants a value"
    elseif word == "--annotations" then
      wants_annotations = true
    elseif not file and word:sub(1, 1) ~= "-" then
      file = word
    else
      rest[#rest + 1] = word
    end
    i = i + 1
  end
  return file, server, rest, wants_annotations
end

--- Reads the document that words name and makes its API known to the command.
-- @param words  what follows `openapi`
-- @return the API; the words with its name in the place of the file's, without --server; whether
--   annotations are asked for. Ends the command where there is no such document. nil where
--   no file is named
function openapi.load(words)
  local file, server, rest, wants_annotations = split(words)
  if not file then return nil end
  local done, made = pcall(convoke.openapi, file,
    { server = server_of(server), cache = cache_folder() })
  if not done then
    exit.usage((tostring(made):gsub("^[^\n]-:%d+: ", ""):gsub("^convoke%.openapi: ", "")))
  end
  local api = require("convoke.openapi").api_of(made)
  names.add(api, "openapi " .. file)
  options.add { name = "server", value = "SERVER",
    summary = "Address, number of one of the document's servers, or NAME=VALUE" }
  table.insert(rest, 1, api.name)
  return api, rest, wants_annotations
end

--- The words behind `openapi` with the API's name in the place of the file's, see openapi.load().
-- @param words  `openapi` and what follows it
function openapi.words_of(words)
  local rest = {}
  for i = 2, #words do rest[i - 1] = words[i] end
  return (select(2, openapi.load(rest))) or exit.usage "convoke openapi wants a file"
end

--- `convoke openapi ...`. Returns the exit status.
-- @param words          what follows it
-- @param run_operation  function(words): the command for an API
function openapi.run(words, run_operation)
  local api, rest, wants_annotations = openapi.load(words)
  if not api then
    output.write(usage)
    local is_asked = words[1] == "--help" or words[1] == "-h"
    return is_asked and exit.status.done or exit.status.usage
  end
  if wants_annotations then
    local common = {}
    local known = require("convoke.help.words").client_options
    for name in pairs(known) do common[#common + 1] = name end
    table.sort(common)
    output.write(require("convoke.help.annotations").of_document(api, common))
    return exit.status.done
  end
  if not rest[2] then return require("convoke.cli.help").show(api) end
  return run_operation(rest)
end

return openapi
