--- help(x): what a client, resource, verb, operation, error, option or name is, for people at a
-- prompt. All about operations comes from the catalogue.

local catalogue = require "convoke.catalogue"
local core = require "convoke.core"
local errors = require "convoke.errors"
local lay = require "convoke.help.lay"
local operation_page = require "convoke.help.operation"
local show = require "convoke.show"
local words = require "convoke.help.words"

local help = {}

-- Pages ------------------------------------------------

local function join(...)
  local parts = {}
  for i = 1, select("#", ...) do
    local part = select(i, ...)
    if part then parts[#parts + 1] = part end
  end
  return table.concat(parts, "\n")
end

-- Rows of a table of texts, by name.
local function rows_of(texts)
  local names, rows = {}, {}
  for name in pairs(texts) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do rows[i] = { name, texts[name] } end
  return rows
end

-- The verbs of a resource with what each does, or, of an API, those of no resource.
local function verbs(api, resource)
  local rows = {}
  for _, operation in ipairs(api.operations) do
    if operation.resource == resource then
      rows[#rows + 1] = { operation.verb, operation.summary or operation.id }
      if operation.paging and operation.verb == "list" then
        rows[#rows + 1] = { "each, all", "every page of the list, in a loop or as an array" }
      end
    end
  end
  return rows
end

local function resources_of(api)
  local names, seen = {}, {}
  for _, operation in ipairs(api.operations) do
    local name = operation.resource
    if name and not seen[name] then
      seen[name] = true
      names[#names + 1] = name
    end
  end
  return names
end

local function resource_page(api, resource)
  local client = require "convoke.client"
  local rows = verbs(api, resource)
  if client.can_wait(api, resource) then
    rows[#rows + 1] = { "wait", "look until it is ready: wait(id, { timeout = 60 })" }
  end
  return join(("%s.%s, of %s"):format(api.name, resource, api.title), "", lay.columns(rows, 2), "",
    lay.wrap(("help(%s.%s.%s), and so on, tells of each."):format(api.name, resource,
      rows[1][1]), 0))
end

local function credentials(api)
  local rows = {}
  for _, auth in ipairs(api.auths) do
    local variables = table.concat(auth.environment or {}, ", ")
    rows[#rows + 1] = { auth.option, table.concat {
      auth.summary or "Credential", auth.partner and "; with " .. auth.partner or "",
      variables ~= "" and " (" .. variables .. ")" or "",
      auth.renewable and "; or a function that returns it" or "",
    } }
  end
  for _, field in ipairs(api.client_fields or {}) do
    rows[#rows + 1] = { field.option, field.summary }
  end
  rows[#rows + 1] = { "url", "address; " .. (api.url or "it must be given")
    .. (api.url_environment and " (" .. api.url_environment .. ")" or "") }
  return lay.columns(rows, 2)
end

local function api_page(api, client)
  local rows, resources = {}, resources_of(api)
  for _, name in ipairs(resources) do
    local of = {}
    for _, row in ipairs(verbs(api, name)) do of[#of + 1] = row[1] end
    rows[#rows + 1] = { "." .. name, table.concat(of, ", ") }
  end
  local methods = {}
  for _, operation in ipairs(api.operations) do
    if not operation.resource then
      methods[#methods + 1] = { operation_page.signature(operation):match ":.*",
        operation.summary or operation.id }
    end
  end
  for _, name in ipairs { "call", "request", "each", "all", "dry", "curl", "close" } do
    methods[#methods + 1] = { ":" .. words.methods[name][1], words.methods[name][2] }
  end
  return join(client and tostring(client) or "convoke." .. api.name .. " { options }",
    "  " .. api.title, "", "Resources and their verbs", lay.columns(rows, 2), "",
    "Other methods", lay.columns(methods, 2), "", "Options of the constructor", credentials(api),
    "", lay.wrap(('help(%s.%s) tells of a resource, help "options" of the other options.')
      :format(api.name, resources[1]), 0))
end

local function options_page()
  return join("Options of a constructor, beside credential and address",
    lay.columns(rows_of(words.client_options), 2), "",
    "Options of a call, its last argument", lay.columns(rows_of(words.call_options), 2))
end

local function errors_page()
  return join("A call that fails returns nil and an error: local value, err = ...", "",
    "Fields of an error", lay.columns(rows_of(words.error_fields), 2), "",
    "Kinds", lay.columns(rows_of(words.kinds), 2), "",
    "Outcomes: what to know before you call again", lay.columns(rows_of(words.outcomes), 2))
end

local function overview()
  local rows = {}
  for i, name in ipairs(catalogue.names) do
    local api = catalogue.api(name)
    rows[i] = { name, ("%s: %s"):format(api.title, table.concat(resources_of(api), ", ")) }
  end
  return join(
    "convoke calls these APIs; convoke.clerk { options } makes a client of the first.", "",
    lay.columns(rows, 2), "",
    lay.columns({
      { "help(clerk)", "a client, its resources and their verbs" },
      { "help(clerk.invitations)", "a resource" },
      { "help(clerk.invitations.create)", "an operation: parameters, answer, errors, example" },
      { 'help "invite"', "whatever is about that" },
      { "help(err)", "an error" },
      { 'help "options"', "options of clients and of calls" },
      { 'help "errors"', "kinds and outcomes of errors" },
      { 'help "functions"', "what else convoke has: tasks, values, printing" },
      { 'help "sandbox"', "a server on this machine to try all this with" },
    }, 2))
end

local function functions_page()
  local convoke, rows = require "convoke", {}
  for _, row in ipairs(rows_of(words.functions)) do
    local is_loaded, value = pcall(function() return convoke[row[1]] end)
    if is_loaded and value ~= nil then rows[#rows + 1] = row[2] end
  end
  return lay.columns(rows, 2)
end

local function error_page(err)
  local operation = catalogue.find(err.operation)
  return join(show.error_text(err), "", lay.columns({
    { "kind", ("%s. %s"):format(tostring(err.kind), words.kinds[err.kind] or "") },
    { "outcome", ("%s. %s"):format(tostring(err.outcome), words.outcomes[err.outcome] or "") },
  }, 2), operation and err.kind ~= "invalid"
    and ('help "%s" says what it takes.'):format(operation.name) or nil)
end

-- Names ------------------------------------------------

-- An operation, an API, or one of its resources, by a name of ours.
local function of_name(name)
  local operation = catalogue.find(name)
  if operation then return operation_page.text(operation) end
  local of, rest = name:match "^([^.]*)%.?(.*)$"
  for _, known in ipairs(catalogue.names) do
    if known == of then
      local api = catalogue.api(of)
      if rest == "" then return api_page(api) end
      if #verbs(api, rest) > 0 then return resource_page(api, rest) end
    end
  end
end

local function list_of(operations, said)
  local rows = {}
  for i, operation in ipairs(operations) do
    rows[i] = { catalogue.spelling(operation), operation.summary }
  end
  return join(said, lay.columns(rows, 2))
end

-- Operations that the function says yes to: the page of the only one, or a list of them.
-- @param said  above that list
local function of_operations(said, fits)
  local found = {}
  for _, operation in ipairs(catalogue.operations()) do
    if fits(operation) then found[#found + 1] = operation end
  end
  if #found == 1 then return operation_page.text(found[1]) end
  if #found > 1 then return list_of(found, said) end
end

local function parameter_page(name)
  local rows = {}
  for _, operation in ipairs(catalogue.operations()) do
    for _, param in ipairs(operation.params) do
      if param.name == name then
        rows[#rows + 1] = { catalogue.spelling(operation), operation_page.type_of(param)
          .. (param.required and "; required" or "") .. (param.summary and ". " .. param.summary
            or "") }
      end
    end
  end
  if rows[1] then return join(("%s, a parameter of"):format(name), lay.columns(rows, 2)) end
end

-- What the words beside the catalogue say about a name.
local function of_words(name)
  local parts, client_option = {}, words.client_options[name]
  local function add(label, text)
    if text then parts[#parts + 1] = lay.wrap(("%s: %s"):format(label, text), 2, "") end
  end
  add("Option of a constructor", client_option)
  add("Option of a call", words.call_options[name])
  add("Kind of an error", words.kinds[name])
  add("Outcome of a call", words.outcomes[name])
  add("Field of an error", words.error_fields[name])
  for _, of in ipairs { words.functions, words.methods } do
    if of[name] then parts[#parts + 1] = lay.columns({ of[name] }, 0) end
  end
  for _, known in ipairs(catalogue.names) do
    local api = catalogue.api(known)
    for _, auth in ipairs(api.auths) do
      if auth.option == name or auth.partner == name then
        add("Option of convoke." .. known, auth.summary)
      end
    end
    for _, field in ipairs(api.client_fields or {}) do
      if field.option == name then add("Option of convoke." .. known, field.summary) end
    end
  end
  if parts[1] then return table.concat(parts, "\n") end
end

-- Whatever has the word, or its stem, in its name or in what is said about it: "invite" finds
-- invitations, too.
local function search(text)
  local wanted = text:lower()
  local stem = wanted:gsub("s$", ""):gsub("ations?$", ""):gsub("ing$", ""):gsub("e$", "")
  if #stem >= 4 then wanted = stem end
  local function has(words_of) return words_of:lower():find(wanted, 1, true) end
  return of_operations(('About "%s"'):format(text), function(operation)
    return has(operation.name) or has(operation.id) or has(operation.summary)
  end)
end

local topics = { options = options_page, errors = errors_page, functions = functions_page,
  convoke = overview, sandbox = function()
    return lay.wrap("The sandbox is a server on this machine that behaves as the five vendors do, "
      .. "for trying things. A program starts one of its own:", 0)
      .. '\n  sandbox = require("convoke.sandbox").start()\n'
      .. "In a shell it serves until it is stopped, and clients find it by their variables:\n"
      .. "  convoke sandbox --shell >sandbox.env &\n"
      .. "  . ./sandbox.env\n"
      .. "convoke repl --sandbox has clients of one ready."
  end }

local function nearest_name(name)
  local names, seen = {}, {}
  local function add(each)
    if not seen[each] then
      seen[each] = true
      names[#names + 1] = each
    end
  end
  for _, operation in ipairs(catalogue.operations()) do
    add(operation.name)
    add(operation.id)
    add(operation.verb)
    if operation.resource then add(operation.resource) end
    for _, param in ipairs(operation.params) do add(param.name) end
  end
  for _, of in ipairs { words.client_options, words.call_options, words.kinds, words.outcomes,
    words.functions, topics } do
    for each in pairs(of) do add(each) end
  end
  for _, each in ipairs(catalogue.names) do add(each) end
  return core.nearest(name, names)
end

local function by_name(text)
  local name = text:gsub("^%s+", ""):gsub("%s+$", ""):gsub("[%s:]+", "."):gsub("^convoke%.", "")
  if name == "" then return overview() end
  local page = topics[name] and topics[name]() or of_name(name)
    or of_operations(name .. " is one of these", function(o) return o.id == name end)
    or of_operations(name .. " is one of these", function(o)
      return name:find(".", 1, true) and o.name:sub(-#name - 1) == "." .. name
        or o.resource == name
    end)
    or of_words(name)
  -- A word that is an option may be a parameter, too.
  local parameter = parameter_page(name)
  if page and parameter then page = page .. "\n\n" .. parameter end
  page = page or parameter or search(text)
  if page then return page end
  local near = nearest_name(name)
  return ('Nothing is called "%s". %shelp() lists what there is.'):format(text,
    near and ("Did you mean %s? "):format(near) or "")
end

-- Things ------------------------------------------------

local function of_table(x)
  local client = require "convoke.client"
  if errors.is(x) then return error_page(x) end
  local api, resource = client.what(x)
  if resource then return resource_page(api, resource) end
  if api then return api_page(api, x) end
  local openapi = package.loaded["convoke.openapi"]
  api = openapi and openapi.api_of(x)
  if api then return api_page(api, x) end
  if catalogue.is_operation(x) then return operation_page.text(x) end
  if x == require "convoke" then return overview() end
end

local function of_function(x)
  local operation, api, walks = catalogue.operation_of(x)
  if operation and walks then
    local spelling = catalogue.spelling(operation, walks)
    local what = walks == "wait" and "looks again and again until it is ready, and returns it"
      or walks == "each" and "an iterator over every page; it raises the error"
      or "an array of everything on every page; or nil and the error"
    return join(lay.wrap(("%s: %s. It takes what this one takes."):format(spelling, what), 0), "",
      operation_page.text(operation, api))
  end
  if operation then return operation_page.text(operation, api) end
  local convoke = require "convoke"
  for name, row in pairs(words.functions) do
    if rawget(convoke, name) == x then return lay.columns({ row }, 0) end
  end
  for _, name in ipairs(catalogue.names) do
    if convoke[name] == x then return api_page(catalogue.api(name)) end
  end
end

--- Help as text.
-- @param ...  a client, resource, verb, operation, error or name; nothing: what there is
function help.text(...)
  if select("#", ...) == 0 then return overview() end
  local x = ...
  local page
  if type(x) == "string" then
    page = by_name(x)
  elseif type(x) == "table" then
    page = of_table(x)
  elseif type(x) == "function" then
    page = of_function(x)
  elseif x == core.null then
    page = "convoke.null: JSON's null."
  end
  return page or ("A value of the type %s; convoke.show prints it."):format(type(x))
end

--- convoke.help([x]): prints it.
return setmetatable(help, { __call = function(_, ...)
  print(help.text(...))
end, __tostring = function() return "help(x) tells about x; help() lists what there is" end })
