--- What may stand at a place of a line: the words that the Tab key offers. Nothing is called
-- or sent for it.

local catalogue = require "convoke.catalogue"
local client = require "convoke.client"
local words = require "convoke.help.words"

local keywords = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat
  return then true until while]]):gmatch "%a+" do keywords[#keywords + 1] = word end

local hosts = { "copas", "cqueues", "luv", "openresty", "tasks" }

-- Reading the line ------------------------------------------------

-- Where a long bracket that begins at this place ends, and where its text begins; nil: none begins.
local function long_bracket(text, at)
  local level = text:match("^%[(=*)%[", at)
  if not level then return nil end
  local _, closed = text:find("]" .. level .. "]", at, true)
  return closed or #text + 1, at + #level + 2
end

-- One token: kind ("name", "text", "number" or a sign), its text, where it ends; and for a text
-- that is still open, where it begins.
local function token_at(text, at)
  local from, to = text:find("^[%a_][%w_]*", at)
  if from then return "name", text:sub(from, to), to end
  from, to = text:find("^%d[%w.]*", at)
  if from then return "number", text:sub(from, to), to end
  local quote = text:match("^[\"']", at)
  if quote then
    local i = at + 1
    while i <= #text do
      local c = text:sub(i, i)
      if c == quote then return "text", text:sub(at + 1, i - 1), i end
      i = i + (c == "\\" and 2 or 1)
    end
    return "text", text:sub(at + 1), #text + 1, at + 1
  end
  local closed, first = long_bracket(text, at)
  if closed then return "text", text:sub(first, closed), closed, closed > #text and first or nil end
  from, to = text:find("^%.%.%.?", at)
  if not from then from, to = text:find("^[=~<>]=", at) end
  if not from then from, to = at, at end
  return text:sub(from, to), text:sub(from, to), to
end

-- The tokens before the word that is being written: array of { kind, text, open (index of its
-- bracket's opening token) }; where that word begins; and, in a text, true.
local function read(text)
  local tokens, at = {}, 1
  while true do
    at = text:find("%S", at)
    if not at then return tokens, #text + 1, false end
    if text:find("^%-%-", at) then return nil end -- a comment
    local kind, value, to, open = token_at(text, at)
    if open then return tokens, open, true end
    if kind == "name" and to == #text then return tokens, at, false end
    tokens[#tokens + 1] = { kind = kind, text = value }
    at = to + 1
  end
end

-- The brackets that are open at the end: array of indices of tokens, outermost first.
local function open_brackets(tokens)
  local open = {}
  for i, token in ipairs(tokens) do
    if token.kind == "(" or token.kind == "{" or token.kind == "[" then
      open[#open + 1] = i
    elseif token.kind == ")" or token.kind == "}" or token.kind == "]" then
      open[#open] = nil
    end
  end
  return open
end

-- The path that ends at a token: names with what stands before each, such as
-- { "clerk", ".", "invitations", ":", "create" }; nil where none ends there.
local function path_before(tokens, last)
  local path, i = {}, last
  while tokens[i] and tokens[i].kind == "name" do
    table.insert(path, 1, tokens[i].text)
    local sign = tokens[i - 1] and tokens[i - 1].kind
    if sign ~= "." and sign ~= ":" then return path end
    table.insert(path, 1, sign)
    i = i - 2
  end
  return nil
end

-- What paths mean ------------------------------------------------

local function is_api(name)
  for _, known in ipairs(catalogue.names) do
    if known == name then return true end
  end
  return false
end

-- A member of a plain table, without what its metatable would do; of the module also what it loads
-- later.
local function member(value, name)
  return type(value) == "table" and rawget(value, name) or nil
end

-- What a path names: a table with one of api (and resource, and verb), constructor, value.
local function resolve(path, globals)
  local value = rawget(globals, path[1])
  local api, resource = client.what(value)
  local openapi = package.loaded["convoke.openapi"]
  if value == nil and is_api(path[1]) then api = catalogue.api(path[1]) end -- yet to be made
  local found = { value = value, api = api, resource = resource }
  for i = 2, #path, 2 do
    local name = path[i + 1]
    if name == nil then break end
    if found.api and not found.resource and not found.verb then
      local is_resource = path[i] == "."
      if is_resource then found.resource = name else found.verb = name end
    elseif found.api then
      found.verb = name
    else
      local is_module = value ~= nil and value == package.loaded.convoke
      value = member(value, name)
      found = { value = value }
      found.api, found.resource = client.what(value)
      if is_module and is_api(name) then found.constructor = catalogue.api(name) end
    end
  end
  if openapi and not found.api then
    found.constructor = found.constructor or openapi.api_of(found.value)
  end
  return found
end

local function operation_of(found)
  if not found.api or not found.verb then return nil end
  local verb = found.verb
  for _, operation in ipairs(found.api.operations) do
    if operation.resource == found.resource then
      local walks = (verb == "each" or verb == "all" or verb == "wait") and found.resource
      local is_walked = walks and (verb == "wait" and operation.verb == "get"
        or verb ~= "wait" and operation.verb == "list")
      if operation.verb == verb or is_walked then return operation end
    end
  end
end

-- Words ------------------------------------------------

local function add_all(to, from)
  for _, word in ipairs(from) do to[#to + 1] = word end
end

local function keys_of(set, to)
  to = to or {}
  for name in pairs(set) do to[#to + 1] = name end
  return to
end

local function resources_of(api)
  local names = {}
  for _, operation in ipairs(api.operations) do
    if operation.resource then names[operation.resource] = true end
  end
  return keys_of(names)
end

local function verbs_of(api, resource)
  local names = {}
  for _, operation in ipairs(api.operations) do
    if operation.resource == resource then
      names[operation.verb] = true
      if resource and operation.paging and operation.verb == "list" then
        names.each, names.all = true, true
      end
    end
  end
  if resource and client.can_wait(api, resource) then names.wait = true end
  return keys_of(names)
end

local function methods_of(api)
  local names = verbs_of(api, nil)
  add_all(names, { "call", "request", "each", "all", "dry", "curl", "close" })
  return names
end

-- What may follow a path and its last sign.
local function members_of(found, sign)
  if found.api and found.resource then return verbs_of(found.api, found.resource) end
  if found.api then
    return sign == ":" and methods_of(found.api) or resources_of(found.api)
  end
  local names, value = {}, found.value
  if type(value) == "string" then value = string end
  if type(value) ~= "table" then return names end
  for name in next, value do
    if type(name) == "string" and (sign == "." or type(rawget(value, name)) == "function") then
      names[#names + 1] = name
    end
  end
  if value == package.loaded.convoke then add_all(names, { "operations", "show", "help" }) end
  local metatable = debug.getmetatable(value)
  local index = type(metatable) == "table" and rawget(metatable, "__index")
  if type(index) == "table" then
    for name in next, index do
      if type(name) == "string" and not name:find "^__" then names[#names + 1] = name end
    end
  end
  return names
end

local function global_words(globals)
  local names = {}
  for name in next, globals do
    if type(name) == "string" then names[#names + 1] = name end
  end
  add_all(names, keywords)
  add_all(names, catalogue.names)
  return names
end

-- Inside tables ------------------------------------------------

-- The number of arguments before the table that opens at a token, and the token that names the
-- function; nil where no call is.
local function call_around(tokens, at)
  local before = tokens[at - 1]
  if before and before.kind == "name" then return 0, at - 1 end
  if not before then return nil end
  local count, depth, i = 0, 0, at - 1
  while i >= 1 do
    local kind = tokens[i].kind
    if kind == ")" or kind == "}" or kind == "]" then depth = depth + 1 end
    if kind == "(" or kind == "{" or kind == "[" then
      if depth == 0 then
        if kind == "(" and tokens[i - 1] and tokens[i - 1].kind == "name" then
          return count, i - 1
        end
        return nil
      end
      depth = depth - 1
    end
    if kind == "," and depth == 0 then count = count + 1 end
    i = i - 1
  end
end

local function option_fields(names)
  local fields = {}
  for i, name in ipairs(names) do fields[i] = { name = name } end
  return fields
end

local function constructor_fields(api)
  local fields = option_fields(keys_of(words.client_options))
  for _, auth in ipairs(api.auths) do
    fields[#fields + 1] = { name = auth.option }
    if auth.partner then fields[#fields + 1] = { name = auth.partner } end
  end
  for _, field in ipairs(api.client_fields or {}) do
    fields[#fields + 1] = { name = field.option }
  end
  if api.securities then
    local security = require "convoke.openapi.security"
    for name in pairs(security.options(api.auths)) do fields[#fields + 1] = { name = name } end
  end
  return fields
end

-- The options of a call: those of all APIs, and what the client says of all its calls.
local function call_fields(api)
  local fields = option_fields(keys_of(words.call_options))
  for _, field in ipairs(api.client_fields or {}) do
    if field.param then fields[#fields + 1] = { name = field.option } end
  end
  if api.securities then -- of a document
    fields[#fields + 1] = { name = "content_type" }
    fields[#fields + 1] = { name = "idempotent" }
  end
  return fields
end

local by_id = { call = true, each = true, all = true, dry = true, curl = true }

-- The operation whose id is the first argument of a call: clerk:call("create_invitation", ...).
local function operation_by_id(tokens, name_at, api)
  local text = tokens[name_at + 2]
  if not text or text.kind ~= "text" then return nil end
  return catalogue.by_name(api)[text.text]
end

-- Parameters as a table has them whose first keys are given: body lists of whole bodies, too.
local function operation_schema(operation)
  local body
  for _, param in ipairs(operation.params) do
    if operation.whole_body and param.where == "body" then body = param end
  end
  return { fields = operation.params, items = body and body.items }
end

-- What the table that opens at a token holds, as a schema of the catalogue; or nil.
local schema_of

-- What the table holds that stands where it does in another one.
local function inner_schema(tokens, at, outer_at, globals)
  local outer = schema_of(tokens, outer_at, globals)
  if not outer then return nil end
  local before = tokens[at - 1]
  if before.kind == "=" and tokens[at - 2] and tokens[at - 2].kind == "name" then
    for _, field in ipairs(outer.fields or {}) do
      if field.name == tokens[at - 2].text then return field end
    end
    return nil
  end
  return outer.items -- an element of a list
end

function schema_of(tokens, at, globals)
  local inside = {}
  for i = 1, at - 1 do inside[i] = tokens[i] end
  local open = open_brackets(inside)
  local outer = open[#open]
  if outer and tokens[outer].kind == "{" then return inner_schema(tokens, at, outer, globals) end
  local count, name_at = call_around(tokens, at)
  local path = name_at and path_before(tokens, name_at)
  if not path then return nil end
  local found = resolve(path, globals)
  if found.constructor then return { fields = constructor_fields(found.constructor) } end
  if not found.api or not found.verb then return nil end
  local operation = operation_of(found)
  if operation then
    local paths = #operation.path_params
    if count > paths then return { fields = call_fields(found.api) } end
    if not operation.resource then return nil end -- its method may take other arguments
    -- Before its path values are given the table may hold them, and after that options follow it.
    local first = tokens[name_at + 1] and tokens[name_at + 1].kind == "("
    if first and count == 1 and paths > 0 and tokens[name_at + 2].kind == "{" then
      return { fields = call_fields(found.api) }
    end
    return operation_schema(operation)
  end
  if by_id[found.verb] and not found.resource and count > 0 then
    local of = operation_by_id(tokens, name_at, found.api)
    if of and count > 1 + #of.path_params then return { fields = call_fields(found.api) } end
    return of and operation_schema(of)
  end
  if found.verb == "request" and count == 2 then
    return { fields = option_fields { "query", "headers", "body" } }
  end
end

-- Names of fields that stand in the table already.
local function given_names(tokens, at)
  local given, depth = {}, 0
  for i = at + 1, #tokens do
    local kind = tokens[i].kind
    if kind == "{" or kind == "(" or kind == "[" then depth = depth + 1 end
    if kind == "}" or kind == ")" or kind == "]" then depth = depth - 1 end
    local next_token = tokens[i + 1]
    if depth == 0 and kind == "name" and next_token and next_token.kind == "=" then
      given[tokens[i].text] = true
    end
  end
  return given
end

local function field_words(schema, given)
  local names = {}
  for _, field in ipairs(schema.fields or {}) do
    if not given[field.name] then
      names[#names + 1] = field.name:find "^[%a_][%w_]*$" and field.name
        or ('["%s"]'):format(field.name)
    end
  end
  return names
end

-- The words of a field's enum, or of its elements'.
local function enum_of(field)
  return field.enum or field.items and field.items.enum or field.also
end

-- Where one stands ------------------------------------------------

-- The field whose value is being written: of the table around, or, in a list, of that around it.
local function field_at(tokens, open, globals)
  local at = open[#open]
  if not at or tokens[at].kind ~= "{" then return nil end
  local last = tokens[#tokens]
  if last.kind == "=" then
    local name = tokens[#tokens - 1]
    local schema = schema_of(tokens, at, globals)
    for _, field in ipairs(schema and schema.fields or {}) do
      if name and field.name == name.text then return field end
    end
    return nil
  end
  local schema = schema_of(tokens, at, globals) -- an element: { "ada", "
  return schema and schema.items
end

-- Names that the vendor gives the operations of an API, and ours where those are taken, too.
local function ids_of(api, verb)
  local names = {}
  for _, operation in ipairs(api.operations) do
    local walked = verb == "each" or verb == "all"
    if not walked or operation.paging then names[#names + 1] = operation.id end
    if verb == "dry" or verb == "curl" then names[#names + 1] = operation.name:match "%.(.*)" end
  end
  return names
end

local function help_words()
  local names = { "options", "errors", "functions" }
  add_all(names, catalogue.names)
  for _, operation in ipairs(catalogue.operations()) do names[#names + 1] = operation.name end
  for _, of in ipairs { words.client_options, words.call_options, words.kinds, words.outcomes } do
    keys_of(of, names)
  end
  return names
end

-- What may stand in a text.
local function text_words(tokens, open, globals)
  local field = #tokens > 0 and field_at(tokens, open, globals)
  if field then return enum_of(field) or {} end
  local at = #tokens
  if at > 0 and tokens[at].kind == "(" then at = at - 1 end
  local path = path_before(tokens, at)
  if not path then return {} end
  local name = path[#path]
  if name == "help" then return help_words() end
  if name == "use" then return hosts end
  local found = resolve(path, globals)
  if found.api and not found.resource and by_id[found.verb] then
    return ids_of(found.api, found.verb)
  end
  if found.api and found.verb == "request" then
    return { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" }
  end
  return {}
end

-- What may stand where no text is open.
local function plain_words(tokens, open, globals)
  local last = tokens[#tokens]
  local sign = last and last.kind
  if sign == "." or sign == ":" then
    local path = path_before(tokens, #tokens - 1)
    if path then return members_of(resolve(path, globals), sign) end
    return {}
  end
  local at = open[#open]
  if at and tokens[at].kind == "{" then
    if sign == "{" or sign == "," or sign == ";" then
      local schema = schema_of(tokens, at, globals)
      if schema then return field_words(schema, given_names(tokens, at)) end
    elseif sign == "=" then
      local field = field_at(tokens, open, globals)
      if field and field.type == "boolean" then return { "true", "false" } end
      local enum, names = field and enum_of(field), {}
      for i, word in ipairs(enum or {}) do names[i] = '"' .. word .. '"' end
      if enum then return names end
    end
  end
  return global_words(globals)
end

--- The words that may stand at a place of a line.
-- @param line      what has been written
-- @param position  how many of its characters stand before the cursor; nil: all
-- @param globals   table of the names that have values; nil: the globals
-- @return array of words, sorted; where, in the line, the word begins that they would replace
return function(line, position, globals)
  local text = line:sub(1, position or #line)
  local tokens, from, in_text = read(text)
  if not tokens then return {}, #text + 1 end
  globals = globals or _G
  local open = open_brackets(tokens)
  local candidates = in_text and text_words(tokens, open, globals)
    or plain_words(tokens, open, globals)
  local begun, found, seen = text:sub(from), {}, {}
  for _, word in ipairs(candidates) do
    if word:sub(1, #begun) == begun and not seen[word] then
      seen[word] = true
      found[#found + 1] = word
    end
  end
  table.sort(found)
  return found, from
end
