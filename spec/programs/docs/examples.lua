--- Examples of a call for the reference: in Lua, in the shell and with curl. The values are those
-- of the tour (tour.lua), so they are what an API answers.

local catalogue = require "convoke.catalogue"
local own_methods = require "spec.programs.docs.own_methods"
local cjson = require "cjson"
local command_options = require "convoke.cli.options"

local examples = {}

local width = 78
local longest = 40 -- characters of a string; more is cut, where it is shown

-- Values that are shown ---------------------------------------------------------------------------

local function is_plain_table(value)
  return type(value) == "table" and getmetatable(value) == nil
end

-- A value with its long strings, tokens mostly, cut.
local function shorten(value)
  if type(value) == "string" and #value > longest then return value:sub(1, 24) .. "..." end
  if not is_plain_table(value) then return value end
  local made = {}
  for key, each in pairs(value) do made[key] = shorten(each) end
  return made
end

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do
    if type(key) == "string" then keys[#keys + 1] = key end
  end
  table.sort(keys)
  return keys
end

-- Text of many arguments: in a line where they fit, else a line each.
local function enclose(parts, open, close, indent, used)
  local line = open .. " " .. table.concat(parts, ", ") .. " " .. close
  if #parts == 0 then return open .. close end
  if #line + #indent + used <= width and not line:find "\n" then return line end
  return ("%s\n%s  %s,\n%s%s"):format(open, indent, table.concat(parts, ",\n" .. indent .. "  "),
    indent, close)
end

local keyword = { ["until"] = true, ["end"] = true, ["in"] = true, ["for"] = true, ["and"] = true,
  ["function"] = true, ["not"] = true, ["or"] = true }

-- A value as Lua writes it.
local function as_lua(value, indent, used, order)
  if type(value) == "string" then return ("%q"):format(value) end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for i, each in ipairs(value) do parts[i] = as_lua(each, indent .. "  ", 0) end
  for _, key in ipairs(order or sorted_keys(value)) do
    if value[key] ~= nil then
      local name = key:find "^[%a_][%w_]*$" and not keyword[key] and key or ("[%q]"):format(key)
      parts[#parts + 1] = name .. " = " .. as_lua(value[key], indent .. "  ", #name + 4)
    end
  end
  return enclose(parts, "{", "}", indent, used)
end

local function as_json(value)
  if not is_plain_table(value) then
    return (cjson.encode(value):gsub("\\/", "/"))
  end
  local parts = {}
  for i, each in ipairs(value) do parts[i] = as_json(each) end
  if value[1] ~= nil then return "[" .. table.concat(parts, ",") .. "]" end
  for _, key in ipairs(sorted_keys(value)) do
    parts[#parts + 1] = as_json(key) .. ":" .. as_json(value[key])
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- Clients -----------------------------------------------------------------------------------------

-- The credential that the tour used, or nil: the auth and the variable that holds it.
local function credential_of(example)
  local api = catalogue.api(example.operation.api)
  if example.operation.no_credential and api.anonymous then return nil end
  for _, auth in ipairs(api.auths) do
    if example.client[auth.option] ~= nil then
      local named = auth.environment and auth.environment[1]
      return auth, named or ("%s_%s"):format(example.operation.api, auth.option):upper(), named
    end
  end
end

-- Options that a call needs beside address and credential.
local function extra_options(example)
  local client = example.client
  local extra = { org = client.org }
  if example.operation.name == "clerk.sessions.verify" then
    extra.api_version = client.api_version -- newer versions lack it
  end
  return extra
end

local function constructor(example)
  local api = catalogue.api(example.operation.api)
  local options, parts = extra_options(example), {}
  if not api.url and not api.url_environment then
    parts[1] = ('url = os.getenv "%s_URL"'):format(api.name:upper())
  end
  local auth, variable, is_read = credential_of(example)
  if auth and not is_read then
    parts[#parts + 1] = ('%s = os.getenv "%s"'):format(auth.option, variable)
  end
  for _, name in ipairs(sorted_keys(options)) do
    parts[#parts + 1] = ("%s = %q"):format(name, options[name])
  end
  local head = ("local %s = convoke.%s "):format(api.name, api.name)
  return head .. enclose(parts, "{", "}", "", #head)
end

-- Lua ---------------------------------------------------------------------------------------------

local function ordered_names(operation)
  local names = {}
  for i, param in ipairs(operation.params) do names[i] = param.name end
  return names
end

local function arguments_of(example, used)
  local operation, params = example.operation, example.shown
  local parts, rest = {}, {}
  for key, value in pairs(params) do rest[key] = value end
  if own_methods.arguments(operation) then
    for i, value in ipairs(own_methods.from_params(operation, params)) do
      parts[i] = as_lua(value, "", used)
    end
    return "(" .. table.concat(parts, ", ") .. ")"
  end
  for i, name in ipairs(operation.path_params) do
    parts[i] = as_lua(params[name], "", 0)
    rest[name] = nil
  end
  if operation.whole_body then rest = rest.body end
  local order = not rest[1] and ordered_names(operation) or nil
  if #parts == 0 then return " " .. as_lua(rest, "", used, order) end
  if next(rest) ~= nil then
    local before = #table.concat(parts, ", ") + 4
    parts[#parts + 1] = as_lua(rest, "", used + before, order)
  end
  return "(" .. table.concat(parts, ", ") .. ")"
end

local telling = { "id", "_id", "session_id", "request_id", "key", "email", "email_address", "jwt",
  "status", "name", "access", "token", "role", "total_count", "message", "organization_slug" }

-- A line that shows something of an answer, or nil.
local function shows(operation)
  local answer = operation.answer
  if answer.type == "null" then return nil end
  if answer.type == "array" or answer.type == "either" or operation.envelope == "each" then
    return "print(#answer)"
  end
  for _, status in ipairs(operation.success) do
    if status == 204 then return "print(answer)" end -- it may be true
  end
  local has = {}
  for _, field in ipairs(answer.fields or {}) do has[field.name] = field.type end
  for _, name in ipairs(telling) do
    if has[name] then return ("print(answer.%s)"):format(name) end
  end
  local first = answer.fields and answer.fields[1]
  if not first then return "print(answer)" end
  return ("print(%sanswer.%s)"):format(first.type == "array" and "#" or "", first.name)
end

local function lua_text(example)
  local operation = example.operation
  local spelling = operation.resource
    and ("%s.%s:%s"):format(operation.api, operation.resource, operation.verb)
    or ("%s:%s"):format(operation.api, operation.verb)
  local show = shows(operation)
  local head = (show and "local answer = " or "") .. "assert(" .. spelling
  local lines = { 'local convoke = require "convoke"', constructor(example), "",
    head .. arguments_of(example, #head + 1) .. ")", show }
  if operation.paging and operation.verb == "list" then
    lines[#lines + 1] = ""
    lines[#lines + 1] = ("for each in %s.%s:each%s do"):format(operation.api, operation.resource,
      arguments_of(example, #spelling + 12))
    lines[#lines + 1] = ("  print(each.%s) -- of every page"):format(operation.item_id or "id")
    lines[#lines + 1] = "end"
  end
  return table.concat(lines, "\n") .. "\n"
end

-- The shell ---------------------------------------------------------------------------------------

local function as_word(value)
  local text = is_plain_table(value) and as_json(value) or tostring(value)
  if text:find "^[%w_./:@%%+,=-]+$" then return text end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function join_words(words)
  local line = table.concat(words, " ")
  return (#line <= width and line or table.concat(words, " \\\n  ")) .. "\n"
end

local function shell_text(example)
  local operation, params = example.operation, {}
  for key, value in pairs(example.shown) do params[key] = value end
  for key, value in pairs(extra_options(example)) do
    if key == "org" then params[key] = value end
  end
  local command = { "convoke", operation.api, operation.resource, operation.verb }
  if not operation.resource then command = { "convoke", operation.api, operation.verb } end
  local words = { table.concat(command, " ") }
  for _, name in ipairs(ordered_names(operation)) do
    local value = params[name]
    if value ~= nil then
      local option = command_options.named(name) and "param." .. name or name
      words[#words + 1] = ("--%s %s"):format(option, as_word(value))
    end
  end
  if extra_options(example).api_version then words[#words + 1] = "--profile older" end
  return join_words(words)
end

--- The file of profiles that the examples in the shell want, and what it is for; or nil.
function examples.profiles(example)
  local options = extra_options(example)
  if not options.api_version then return nil end
  return ('return { profiles = { older = { clerk = { api_version = "%s" } } } }\n'):format(
    options.api_version)
end

-- curl --------------------------------------------------------------------------------------------

local function curl_text(example)
  local api = catalogue.api(example.operation.api)
  local options = extra_options(example)
  options.url = api.url or require("convoke.access").no_address
  local auth = credential_of(example)
  if auth then options[auth.option] = "a-credential" end
  return assert(example.operation:curl(example.shown, options)) .. "\n"
end

--- Adds to what tour.record() has found the texts of its examples.
-- @return found, each with `shown` (params as the texts have them), `lua`, `shell` and `curl`
function examples.add(found)
  for _, example in pairs(found) do
    example.shown = shorten(example.params)
    example.lua, example.shell = lua_text(example), shell_text(example)
    example.curl = curl_text(example)
  end
  return found
end

return examples
