--- The annotations that editors read: a file of `---@meta` for each API, made from the catalogue.
--
-- Every class of a request inherits from table<"name"|..., any>, which names all of its fields: a
-- field of no other name is reported, which nothing else makes EmmyLua's checker do in a table.

local annotations = {}

local identifier = "^[%a_][%w_]*$"
local keywords = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat
  return then true until while]]):gmatch "%a+" do
  keywords[word] = true
end

local function is_plain(name)
  return name:find(identifier) and not keywords[name]
end

local function quoted(word)
  return '"' .. word .. '"'
end

-- '"a"|"b"'
local function union(words)
  local texts = {}
  for i, word in ipairs(words) do texts[i] = quoted(word) end
  return table.concat(texts, "|")
end

-- A name that Lua can have for what is called anything.
local function plain_name(name)
  local plain = name:gsub("[^%w_]", "_"):gsub("^%d", "_%0")
  return keywords[plain] and plain .. "_" or plain
end

-- A type that something may follow: unions in parentheses.
local function grouped(text)
  return text:find("|", 1, true) and "(" .. text .. ")" or text
end

-- Types -------------------------------------------------------------------------------------------

-- What a value of a request is called, and one of an answer, by its type in the catalogue.
local sent = { string = "string", integer = "integer|convoke.Int64", number = "number",
  boolean = "boolean", object = "table<string, any>", any = "any", null = "convoke.Null" }
local read = { string = "string", integer = "integer", number = "number", boolean = "boolean",
  object = "table<string, any>", any = "any", null = "convoke.Null" }

-- What models of a document are called, by their fields: two may have the same name there.
local own_names = setmetatable({}, { __mode = "k" })

-- The class of a model; those of requests are stricter, and have a name of their own.
local function class_of(api, model, is_sent)
  return ("convoke.%s.%s%s"):format(api, model, is_sent and "Params" or "")
end

local type_of -- below

-- The type without null.
local function bare_type(api, schema, is_sent)
  if schema.type == "either" then return class_of(api, schema.model .. "OrList") end
  if schema.model then
    return class_of(api, own_names[schema.fields] or schema.model, is_sent)
  end
  if schema.branches then
    local texts, seen = {}, {}
    for _, branch in ipairs(schema.branches) do
      local text = type_of(api, branch, is_sent)
      if not seen[text] then texts[#texts + 1], seen[text] = text, true end
    end
    return table.concat(texts, "|")
  end
  if schema.type == "array" then
    return (schema.items and grouped(type_of(api, schema.items, is_sent)) or "any") .. "[]"
  end
  if schema.items then
    return ("table<string, %s>"):format(type_of(api, schema.items, is_sent))
  end
  if schema.enum and schema.type ~= "string" then return table.concat(schema.enum, "|") end
  if schema.enum then return union(schema.enum) .. (is_sent and "" or "|string") end
  local plain = (is_sent and sent or read)[schema.type]
  return schema.also and plain .. "|" .. union(schema.also) or plain
end

function type_of(api, schema, is_sent)
  local text = bare_type(api, schema, is_sent)
  if is_sent and schema.nullable and text ~= "any" then text = text .. "|convoke.Null" end
  return text
end

-- What a call returns first.
local function answer_type(operation)
  local answer = operation.answer
  if operation.envelope == "each" then return "convoke.QueryResult[]" end
  if operation.is_of_document then
    if #operation.answers == 0 then return "any" end
    local kinds = next(operation.bodiless) and "|true" or ""
    if operation.typed_answer then kinds = kinds .. "|string" end
    local text = type_of(operation.api, answer, false)
    return text == "any" and kinds ~= "" and kinds:sub(2) or text .. kinds
  end
  if answer.type == "null" then return operation.envelope and "convoke.Null" or "true" end
  local text = type_of(operation.api, answer, false)
  for _, status in ipairs(operation.success) do
    if status == 204 then return text .. "|true" end
  end
  return text
end

-- Comments ----------------------------------------------------------------------------------------

local function shown(value)
  return type(value) == "string" and quoted(value) or tostring(value)
end

-- What a field's type does not say: "1 to 365; default 30".
local function details(schema)
  local list = {}
  if schema.minimum and schema.maximum then
    list[1] = ("%s to %s"):format(schema.minimum, schema.maximum)
  elseif schema.minimum then
    list[1] = ("from %s"):format(schema.minimum)
  elseif schema.maximum then
    list[1] = ("up to %s"):format(schema.maximum)
  end
  local unit = schema.type == "string" and "characters" or "elements"
  if schema.max_length then list[#list + 1] = ("at most %d %s"):format(schema.max_length, unit) end
  if schema.min_length and schema.min_length > 0 then
    list[#list + 1] = ("at least %d %s"):format(schema.min_length, unit)
  end
  if schema.format then list[#list + 1] = schema.format end
  if schema.default ~= nil then list[#list + 1] = "default " .. shown(schema.default) end
  return #list > 0 and table.concat(list, "; ") or nil
end

local function remark(field)
  local more = details(field)
  local text = field.summary or ""
  if more then text = text == "" and more or ("%s (%s)"):format(text, more) end
  return text
end

-- Lines -------------------------------------------------------------------------------------------

local Page = {}
Page.__index = Page

function Page:add(pattern, ...)
  local line = select("#", ...) > 0 and pattern:format(...) or pattern
  self[#self + 1] = (line:gsub("%s+$", ""))
end

local function field_line(page, name, is_optional, kind, text)
  local shown_name = is_plain(name) and name or ('["%s"]'):format(name)
  page:add("---@field %s%s %s %s", shown_name, is_optional and "?" or "", kind, text)
end

-- The class of a table that is given to convoke, with fields of these names only.
-- @param fields   of the catalogue; `optional` names those that need not be there beside its own
-- @param parents  classes that it inherits from, or nil
-- @param known    names of the fields of the parents
-- @param rest     the schema of what it may hold beside them, or nil
local function request_class(page, api, name, fields, optional, parents, known, rest)
  local names = {}
  for _, other in ipairs(known or {}) do names[#names + 1] = other end
  for _, field in ipairs(fields) do names[#names + 1] = field.name end
  local keys = #names > 0 and not rest and ("table<%s, any>"):format(union(names)) or nil
  page:add("---@class %s%s%s%s%s", name, (parents or keys) and ": " or "", parents or "",
    parents and keys and ", " or "", keys or "")
  for _, field in ipairs(fields) do
    field_line(page, field.name, not field.required or optional[field.name],
      field.kind or type_of(api, field, true), remark(field))
  end
  if rest then page:add("---@field [string] %s", type_of(api, rest, true)) end
  page:add ""
end

local function answer_class(page, api, name, fields)
  page:add("---@class %s", name)
  for _, field in ipairs(fields) do
    field_line(page, field.name, not field.required or field.nullable,
      type_of(api, field, false), remark(field))
  end
  page:add ""
end

-- Models ------------------------------------------------------------------------------------------

-- A name for the model of a document that no other one has.
local function own_name(schema, is_sent, seen)
  local name, count = plain_name(schema.model), 1
  local own = name
  while seen[own .. (is_sent and "Params" or "")] do
    count = count + 1
    own = name .. count
  end
  own_names[schema.fields] = own
  return own
end

-- Calls visit(model name, schema, is_sent) for each model below a schema, the innermost first.
local function each_model(schema, is_sent, seen, visit)
  local held = schema.fields or schema -- a model of a document may hold itself
  if seen[is_sent][held] then return end
  seen[is_sent][held] = true
  local model = schema.model
  if model and seen.is_document then
    model = own_name(schema, is_sent, seen)
    seen[model .. (is_sent and "Params" or "")] = true
  end
  for _, field in ipairs(schema.fields or {}) do each_model(field, is_sent, seen, visit) end
  for _, branch in ipairs(schema.branches or {}) do each_model(branch, is_sent, seen, visit) end
  if schema.items then each_model(schema.items, is_sent, seen, visit) end
  local key = model and model .. (is_sent and "Params" or "")
  if not model or seen[key] and not seen.is_document then return end
  seen[key] = true
  visit(model, schema, is_sent)
end

local function add_models(page, api)
  local seen, lists = { [true] = {}, [false] = {}, is_document = api.construct ~= nil }, {}
  if seen.is_document then -- names of other classes
    for _, name in ipairs { "Client", "Options", "Constructor" } do seen[name] = true end
    for _, operation in ipairs(api.operations) do seen[operation.resource] = true end
  end
  local function visit(model, schema, is_sent)
    if is_sent then
      request_class(page, api.name, class_of(api.name, model, true), schema.fields, {}, nil, nil,
        schema.rest)
    else
      answer_class(page, api.name, class_of(api.name, model), schema.fields)
    end
  end
  for _, operation in ipairs(api.operations) do
    for _, param in ipairs(operation.params) do each_model(param, true, seen, visit) end
    each_model(operation.answer, false, seen, visit)
    local answer = operation.answer
    if answer.type == "either" and not lists[answer.model] then
      lists[answer.model] = true
      local name = class_of(api.name, answer.model)
      page:add("---@class %sOrList: %s An array, or with `paginated` what it inherits", name, name)
      page:add("---@field [integer] %s", type_of(api.name, answer.items, false))
      page:add ""
    end
  end
end

-- Operations --------------------------------------------------------------------------------------

local function options_class(api)
  if api.construct then return "convoke.DocumentCallOptions" end
  for _, field in ipairs(api.client_fields or {}) do
    if field.param then return ("convoke.%s.CallOptions"):format(api.name) end
  end
  return "convoke.CallOptions"
end

local function is_path(param)
  return param.where == "path"
end

-- The parameters of an operation: those of the path, the others, and whether one of those is
-- required.
local function sort_params(operation)
  local paths, others, needed = {}, {}, false
  for _, param in ipairs(operation.params) do
    local list = is_path(param) and paths or others
    list[#list + 1] = param
    if not is_path(param) and param.required then needed = true end
  end
  return paths, others, needed
end

local function params_class(operation)
  return ("convoke.%s.Params"):format(operation.name)
end

-- The element type of the array that is the whole body, or nil.
local function row_type(operation)
  if not operation.whole_body then return nil end
  for _, param in ipairs(operation.params) do
    if param.name == "body" then return type_of(operation.api, param, true) end
  end
end

-- The tables that a call takes: all in one, and what stays beside path values.
local function add_params(page, operation)
  local paths, others = sort_params(operation)
  request_class(page, operation.api, params_class(operation), operation.params, {}, nil, nil,
    operation.rest)
  if #paths == 0 then return end
  local optional = {}
  for _, param in ipairs(paths) do optional[param.name] = true end
  if #others == 0 then return end
  request_class(page, operation.api, params_class(operation) .. "BesidePath", operation.params,
    optional, nil, nil, operation.rest)
end

-- The ways to write the arguments: arrays of { name, type, is_optional, summary }; the first is the
-- main one.
local function signatures_of(operation)
  local paths, others, needed = sort_params(operation)
  local options = { "options", options_class(operation.api_table), true }
  local rows = row_type(operation)
  local whole = params_class(operation)
  if rows then whole = whole .. "|" .. rows end
  if #paths == 0 then return { { { "params", whole, not needed }, options } } end
  local first = {}
  for _, param in ipairs(paths) do
    first[#first + 1] = { plain_name(param.name), type_of(operation.api, param, true), false,
      param.summary }
  end
  local rest = #others > 0 and params_class(operation) .. "BesidePath" or "{}"
  if rows then rest = rest .. "|" .. rows end
  first[#first + 1] = { "params", rest, not needed }
  first[#first + 1] = options
  return { first, { { "params", params_class(operation), false }, options } }
end

local function argument_list(signature)
  local texts = {}
  for i, argument in ipairs(signature) do
    texts[i] = ("%s%s: %s"):format(argument[1], argument[3] and "?" or "", argument[2])
  end
  return table.concat(texts, ", ")
end

-- A type or nil. What a parenthesis in the returns of an overload means is not the same to all.
local function or_nil(kind)
  return kind:find("|", 1, true) and kind .. "|nil" or kind .. "?"
end

-- Tells EmmyLua that there is either a value or an error, so that one test is enough.
local function add_pairs(page, kind, meta)
  page:add("---@return_overload %s, nil%s", kind, meta and ", convoke.Meta" or "")
  page:add("---@return_overload nil, convoke.Error%s", meta and ", nil" or "")
end

local function add_returns(page, kind)
  page:add("---@return %s value", or_nil(kind))
  page:add "---@return convoke.Error? err"
  page:add "---@return convoke.Meta? meta"
  add_pairs(page, kind, true)
end

local function add_method(page, owner, verb, self_type, signatures, returns)
  local inline = {}
  for i, kind in ipairs(returns) do inline[i] = kind[1] end
  for i = 2, #signatures do
    page:add("---@overload fun(self: %s, %s): %s", self_type, argument_list(signatures[i]),
      table.concat(inline, ", "))
  end
  for _, argument in ipairs(signatures[1]) do
    page:add("---@param %s%s %s %s", argument[1], argument[3] and "?" or "", argument[2],
      argument[4] or "")
  end
  for _, kind in ipairs(returns) do page:add("---@return %s %s", kind[1], kind[2]) end
  if returns[2] then
    add_pairs(page, (returns[1][1]:gsub("%?$", ""):gsub("|nil$", "")), returns[3])
  end
  local names = {}
  for i, argument in ipairs(signatures[1]) do names[i] = argument[1] end
  page:add("function %s:%s(%s) end", owner, verb, table.concat(names, ", "))
  page:add ""
end

local function usual_returns(kind)
  return { { or_nil(kind), "value" }, { "convoke.Error?", "err" },
    { "convoke.Meta?", "meta" } }
end

-- "`POST /invitations`; the vendor calls it `create_invitation`. It may be repeated."
local function add_summary(page, operation)
  page:add("--- %s.", operation.summary or operation.id)
  page:add "---"
  page:add("--- `%s %s`, the vendor's `%s`.%s", operation.method, operation.path, operation.id,
    operation.safe and " It only reads." or operation.idempotent
      and " A repeat changes no more than one call." or "")
  for _, pair in ipairs(operation.exclusions or {}) do
    page:add("--- `%s` and `%s` exclude each other%s.", pair.one, pair.other,
      pair.equal_is_fine and ", unless they say the same" or "")
  end
  if operation.deprecated then page:add "---@deprecated" end
end

-- The type of the elements of a listing, or nil.
local function element_type(operation)
  local answer = operation.answer
  if answer.items and (answer.type == "either" or answer.type == "array") then
    return type_of(operation.api, answer.items, false)
  end
  for _, field in ipairs(answer.fields or {}) do
    if field.type == "array" and field.items and field.items.model then
      return type_of(operation.api, field.items, false)
    end
  end
end

local function add_walks(page, owner, self_type, operation)
  local signatures = signatures_of(operation)
  local element = element_type(operation) or "any"
  local summary = operation.summary or operation.id
  page:add("--- Walks all pages: %s. An error is raised.", summary)
  add_method(page, owner, "each", self_type, signatures, { { ("fun(): %s?"):format(element), "" } })
  page:add("--- Reads all pages: %s.", summary)
  add_method(page, owner, "all", self_type, signatures,
    { { element .. "[]?", "elements" }, { "convoke.Error?", "err" } })
end

local function add_wait(page, owner, operation, habits)
  local states = {}
  for state in pairs(habits.states) do states[#states + 1] = state end
  table.sort(states)
  local options = ("convoke.%s.%s.WaitOptions"):format(operation.api, operation.resource)
  request_class(page, operation.api, options, {
    { name = "timeout", kind = "number", summary = "Seconds for all of it",
      default = habits.patience },
    { name = "until", kind = union(states), summary = "What is waited for",
      default = habits.state },
    { name = "pause", kind = "number", summary = "Seconds before the second look",
      default = habits.first },
  }, {})
  local id = operation.params[1]
  page:add "--- Looks again and again until it is ready, or another state is reached."
  page:add("---@param %s string %s", id.name, id.summary or "")
  page:add("---@param options? %s", options)
  add_returns(page, answer_type(operation))
  page:add("function %s:wait(%s, options) end", owner, id.name)
  page:add ""
end

-- The resources of an API in the order of the catalogue: { name, operations }.
local function resources_of(api)
  local resources, by_name = {}, {}
  for _, operation in ipairs(api.operations) do
    operation.api_table = api
    local name = operation.resource
    if name and not by_name[name] then
      by_name[name] = { name = name }
      resources[#resources + 1] = by_name[name]
    end
    if name then table.insert(by_name[name], operation) end
  end
  return resources
end

local function add_resource(page, api, vendor, resource)
  local class = ("convoke.%s.%s"):format(api.name, resource.name)
  for _, operation in ipairs(resource) do add_params(page, operation) end
  page:add("---@class %s", class)
  page:add("local %s = {}", resource.name)
  page:add ""
  for _, operation in ipairs(resource) do
    add_summary(page, operation)
    add_method(page, resource.name, operation.verb, class, signatures_of(operation),
      usual_returns(answer_type(operation)))
    if operation.paging and operation.verb == "list" then
      add_walks(page, resource.name, class, operation)
    end
    local habits = vendor.waits and vendor.waits[operation.name]
    if habits then add_wait(page, resource.name, operation, habits) end
  end
end

-- Clients -----------------------------------------------------------------------------------------

-- The options of the constructor that the API has beside the common ones.
local function own_options(api)
  local options = {}
  local function add(name, kind, summary)
    options[#options + 1] = { name = name, kind = kind, summary = summary }
  end
  for _, auth in ipairs(api.auths) do
    local variables = table.concat(auth.environment or {}, ", ")
    if variables ~= "" then variables = "; the environment variable " .. variables end
    local kind = auth.renewable and "string|fun(refused?: boolean): string" or "string"
    if auth.pair or auth.is_oauth then kind = kind .. "|table" end
    add(auth.option, kind,
      (auth.summary or "Credential") .. variables)
    if auth.partner then
      add(auth.partner, "string", ("Goes together with `%s`"):format(auth.option))
    end
  end
  if api.construct then
    local known = require("convoke.openapi.security").options(api.auths)
    for _, auth in ipairs(api.auths) do known[auth.option] = nil end
    local others = {}
    for name in pairs(known) do others[#others + 1] = name end
    table.sort(others)
    for _, name in ipairs(others) do add(name, "any", "Another name of a credential") end
  end
  for _, field in ipairs(api.client_fields or {}) do
    local kind = field.default and "string|false" or read[field.type]
    add(field.option, kind, field.summary)
    options[#options].default = field.default
  end
  return options
end

local function add_options(page, api, common, of_calls)
  request_class(page, api.name, ("convoke.%s.Options"):format(api.name), own_options(api), {},
    "convoke.ClientOptions", common)
  local fields = {}
  for _, field in ipairs(api.client_fields or {}) do
    if field.param then
      fields[#fields + 1] = { name = field.option, kind = read[field.type],
        summary = field.summary }
    end
  end
  if #fields > 0 then
    request_class(page, api.name, options_class(api), fields, {}, "convoke.CommonCallOptions",
      of_calls)
  end
end

-- client:call, client:each and client:all, by the vendor's names.
local function add_calls_by_name(page, api, class)
  local by_name = {}
  for _, operation in ipairs(api.operations) do by_name[#by_name + 1] = operation end
  table.sort(by_name, function(a, b) return a.id < b.id end)
  local function add(verb, summary, wanted, returns)
    local found = {} -- { id, arguments, operation }
    for _, operation in ipairs(by_name) do
      for _, signature in ipairs(wanted(operation) and signatures_of(operation) or {}) do
        local arguments = { { "id", quoted(operation.id), false } }
        for _, argument in ipairs(signature) do arguments[#arguments + 1] = argument end
        found[#found + 1] = { arguments = arguments, returns = returns(operation) }
      end
    end
    if not found[1] then return end
    page:add("--- %s.", summary)
    -- All are equal; the first one is the function's own, for one that takes anything would hide
    -- what is wrong with a call.
    for i = 2, #found do
      page:add("---@overload fun(self: %s, %s): %s", class, argument_list(found[i].arguments),
        table.concat(found[i].returns, ", "))
    end
    local names = {}
    for i, argument in ipairs(found[1].arguments) do
      names[i] = argument[1]
      page:add("---@param %s%s %s", argument[1], argument[3] and "?" or "", argument[2])
    end
    for _, kind in ipairs(found[1].returns) do page:add("---@return %s", kind) end
    page:add("function client:%s(%s) end", verb, table.concat(names, ", "))
    page:add ""
  end
  add("call", "Calls an operation by the vendor's name", function() return true end,
    function(operation)
      return { or_nil(answer_type(operation)), "convoke.Error?", "convoke.Meta?" }
    end)
  local function is_paged(operation) return operation.paging and element_type(operation) end
  add("each", "Walks all pages of a listing, by the vendor's name; an error is raised", is_paged,
    function(operation) return { ("fun(): %s?"):format(element_type(operation)) } end)
  add("all", "Reads all pages of a listing, by the vendor's name", is_paged,
    function(operation) return { element_type(operation) .. "[]?", "convoke.Error?" } end)
end

-- Methods that an API's clients have beside its resources: client:mutation(name, args, options).
-- @param arguments_of  see annotations.make()
local function add_own_methods(page, api, arguments_of)
  for _, operation in ipairs(api.operations) do
    local arguments = arguments_of(operation)
    if arguments then
      local by_name, names = {}, {}
      for _, param in ipairs(operation.params) do by_name[param.name] = param end
      add_summary(page, operation)
      for i, name in ipairs(arguments) do
        local param = by_name[name]
        names[i] = name
        if name == "path" then
          page:add('---@param path string Such as "module:function"')
        else
          page:add("---@param %s%s %s %s", name, param.required and "" or "?",
            type_of(api.name, param, true), param.summary or "")
        end
      end
      page:add("---@param options? %s", options_class(api))
      add_returns(page, answer_type(operation))
      names[#names + 1] = "options"
      page:add("function client:%s(%s) end", operation.verb, table.concat(names, ", "))
      page:add ""
    end
  end
end

-- client:call of a document, which may have more operations than one would list one by one.
local function add_call(page, api)
  local ids = {}
  for i, operation in ipairs(api.operations) do ids[i] = operation.id end
  table.sort(ids)
  page:add "--- Calls an operation by its id."
  page:add("---@param id %s", #ids > 0 and union(ids) or "string")
  page:add "---@param ... any Values of its path, its parameters, options"
  add_returns(page, "any")
  page:add "function client:call(id, ...) end"
  page:add ""
end

local function add_client(page, api, resources, arguments_of)
  local class = ("convoke.%s.Client"):format(api.name)
  page:add("---@class %s: convoke.Client %s", class, api.title)
  for _, resource in ipairs(resources) do
    page:add("---@field %s convoke.%s.%s", resource.name, api.name, resource.name)
  end
  page:add "local client = {}"
  page:add ""
  if api.construct then return add_call(page, api) end
  add_calls_by_name(page, api, class)
  add_own_methods(page, api, arguments_of)
  page:add "---@class convoke"
  page:add("---@field %s fun(options?: convoke.%s.Options): %s Makes a client of the %s",
    api.name, api.name, class, api.title)
end

-- The whole ---------------------------------------------------------------------------------------

-- The fields of a class in the text of a file of annotations.
local function fields_in(text, class)
  local names = {}
  local body = assert(text:match("%-%-%-@class " .. class:gsub("%p", "%%%0") .. "[^\n]*\n(.-)\n\n"),
    class)
  for name in body:gmatch "%-%-%-@field ([%w_]+)" do names[#names + 1] = name end
  return names
end

--- The annotations of every API.
-- @param catalogue  convoke.catalogue
-- @param module     the text of lua/convoke/meta/convoke.lua, which is written by hand
-- @param vendor_of  function(name of an API) that returns its table of lua/convoke/vendors/
-- @param arguments_of  function(operation) that returns the names of the parameters that the
--   arguments of a method are which takes them in its own way, or nil
-- @return name of an API -> text of its file
function annotations.make(catalogue, module, vendor_of, arguments_of)
  local texts = {}
  local common = fields_in(module, "convoke.ClientOptions")
  local of_calls = fields_in(module, "convoke.CommonCallOptions")
  for _, name in ipairs(catalogue.names) do
    local api = catalogue.api(name)
    local page = setmetatable({}, Page)
    page:add("---@meta convoke.meta.%s", name)
    page:add("-- Annotations of the %s for editors, written by `make meta`.", api.title)
    page:add ""
    local resources = resources_of(api)
    add_models(page, api)
    add_options(page, api, common, of_calls)
    for _, resource in ipairs(resources) do add_resource(page, api, vendor_of(name), resource) end
    for _, operation in ipairs(api.operations) do
      if not operation.resource then add_params(page, operation) end
    end
    add_client(page, api, resources, arguments_of)
    texts[name] = table.concat(page, "\n") .. "\n"
  end
  return texts
end

--- The annotations of the API of a document.
-- @param api     see convoke.openapi.api_of()
-- @param common  array of the names of the options that all constructors have
-- @return text of a file
function annotations.of_document(api, common)
  local page = setmetatable({}, Page)
  page:add("---@meta convoke.meta.%s", api.name)
  page:add("-- Annotations of %s for editors. Tell them what a constructor is:", api.title)
  page:add("--   local construct = convoke.openapi(document) ---@type convoke.%s.Constructor",
    api.name)
  page:add ""
  local resources = resources_of(api)
  add_models(page, api)
  add_options(page, api, common, {})
  for _, resource in ipairs(resources) do add_resource(page, api, {}, resource) end
  add_client(page, api, resources)
  page:add("---@class convoke.%s.Constructor: convoke.Document", api.name)
  page:add("---@overload fun(options?: convoke.%s.Options): convoke.%s.Client", api.name, api.name)
  return table.concat(page, "\n") .. "\n"
end

return annotations
