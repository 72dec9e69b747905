--- The operations of a document: listed when it is loaded, and made into what the core knows at
-- their first use.

local core = require "convoke.core"
local names = require "convoke.openapi.names"
local security = require "convoke.openapi.security"
local types = require "convoke.openapi.types"

local operations = {}

local child, token = types.child, types.token

local methods = { get = true, post = true, put = true, patch = true, delete = true, head = true,
  options = true, trace = true }

local events = "text/event-stream"

local function is_table(value) return type(value) == "table" end

-- Listing ------------------------------------------------

-- What a list needs to know of an operation, without reading all of it.
local function read_row(path, place, name, tree, node)
  local function get(member_name)
    local member = tree:member(node, member_name)
    if member then return (tree:read(member)) end
  end
  local id = get "operationId"
  return { method = name:upper(), path = path, item = place, address = place .. "/" .. name,
    tags = get "tags", security = get "security",
    own_id = type(id) == "string" and id ~= "" and id or nil,
    summary = types.summary(get "summary") or types.summary(get "description"),
    deprecated = get "deprecated" == true or nil, marked = get "x-idempotent" == true or nil }
end

local most_steps = 64 -- from one reference to the next

-- What the consequence is of parts that are not supported.
local left_out = "it is left out"
local not_received = "requests that the API makes are not received"

-- Adds the rows of a path, and of what it refers to where it has not the same method itself.
local function add_rows(rows, source, path, place, note)
  local seen = {}
  for _ = 1, most_steps do
    local tree, node = source:node(place)
    if not tree then types.refuse(node) end
    if tree:kind(node) ~= "object" then note(place, "a path that is no object", left_out) end
    local names_of, nodes = tree:members(node)
    for i, name in ipairs(names_of or {}) do
      if methods[name] and not seen[name] then
        if tree:kind(nodes[i]) == "object" then
          seen[name] = true
          rows[#rows + 1] = read_row(path, place, name, tree, nodes[i])
        else
          note(place .. "/" .. name, "an operation that is no object", left_out)
        end
      end
    end
    local ref = tree:kind(node) == "object" and tree:member(node, "$ref")
    ref = ref and tree:read(ref)
    if type(ref) ~= "string" then return end
    if tree:member(node, "parameters") then
      note(place .. "/parameters", "parameters beside a reference",
        "operations behind the reference have only their own")
    end
    place = source:address(ref, place)
  end
  types.refuse(place .. ": references lead to references without an end")
end

--- What lists and names need to know of each operation, in the order of the text.
-- @param note  function(place, what, consequence) for what is not supported
function operations.rows(source, note)
  local rows = {}
  local paths = source.root:find "/paths"
  for _, path in ipairs(paths and source:members(paths) or {}) do
    local place = "#/paths/" .. token(path.name)
    if path.name:sub(1, 1) == "/" then
      add_rows(rows, source, path.name, place, note)
    elseif path.name:sub(1, 2) ~= "x-" then
      note(place, "a path that does not begin with a slash", left_out)
    end
  end
  if source.root:find "/webhooks" then note("#/webhooks", "webhooks", not_received) end
  return rows
end

-- Takes their ids from operations that share one, and notes where that is.
-- @return table: an id that several have -> why it names none of them
local function part_doubles(rows, note)
  local seen, doubles = {}, {}
  for _, row in ipairs(rows) do
    local id = row.own_id
    local first = id and seen[id]
    if first then
      local place = row.address .. "/operationId"
      note(place, ("the id %s, which %s has, too"):format(id, first.address),
        "neither is called by it, but by its method and path")
      doubles[id] = ("is the id of %s and %s: call them by their methods and paths, as in %q")
        :format(first.address, row.address, row.method .. " " .. row.path)
      first.is_double, row.is_double = true, true
    elseif id then
      seen[id] = row
    end
  end
  for _, row in ipairs(rows) do
    row.given_id = not row.is_double and row.own_id or nil
  end
  return doubles
end

--- Names operations.
-- @param rows      see operations.rows(); get what names.assign() gives them
-- @param rules     see names.assign()
-- @param note      function(place, what, consequence) for what is not supported
-- @param is_named  they have their names already
-- @return table: an id that several have -> why it names none of them
function operations.name(rows, rules, note, is_named)
  local doubles = part_doubles(rows, note)
  if not is_named then names.assign(rows, rules) end
  return doubles
end

-- A path without its fragment.
local function without_fragment(path)
  return path:find("#", 1, true) and path:match "^[^#]*" or path
end

-- The names in braces of a path, in their order.
local function path_names(path)
  local found = {}
  path = without_fragment(path)
  local from = path:find("{", 1, true)
  while from do
    local _, to, name = path:find("{([^}]*)}", from)
    if not to then return found end
    found[#found + 1] = name
    from = path:find("{", to + 1, true)
  end
  return found
end

-- Whether an operation is among those that `only` asks for: ids or tags.
local function is_wanted(only, row)
  if not only then return true end
  if row.own_id and only[row.own_id] then return true end
  for _, tag in ipairs(is_table(row.tags) and row.tags or {}) do
    if only[tag] then return true end
  end
  return false
end

-- Parameters ------------------------------------------------

local ignored_headers = { accept = true, ["content-type"] = true, authorization = true }
local scalars = { string = true, integer = true, number = true, boolean = true }

local function is_scalar(of)
  return scalars[of.type] and not of.branches and not of.union and not of.nullable and not of.bytes
end

local Compiler = {}
Compiler.__index = Compiler

-- The media type without its parameters, in small letters.
local function base_of(media)
  return (media:gsub(";.*$", ""):gsub("%s+", ""):lower())
end

local function is_json(media)
  local base = base_of(media)
  return base == "application/json" or base:find "%+json$" ~= nil or base == "text/json"
end

-- The parameters of an operation by place and name, those of its path first.
function Compiler:declared(row, operation)
  local found, order = {}, {}
  local function add(node)
    for i = 0, is_table(node.value) and #node.value - 1 or -1 do
      local each = self.types:follow(child(node, i))
      local param = each.value
      if is_table(param) and type(param.name) == "string" and type(param["in"]) == "string" then
        local key = param["in"] .. " " .. param.name
        if not found[key] then order[#order + 1] = key end
        found[key] = each
      else
        self.note(each.address, "a parameter without a name or a place", "it is not sent")
      end
    end
  end
  local item = row.item .. "/parameters"
  if self.source:has(item) then
    add { value = self.source:at(item), address = item }
  end
  if operation.value.parameters then add(child(operation, "parameters")) end
  local list = {}
  for i, key in ipairs(order) do list[i] = found[key] end
  return list
end

-- The style of a parameter that is more than one plain text; nil for others.
local function set_style(field, param, of, where)
  local default = (where == "query" or where == "cookie") and "form" or "simple"
  local style = type(param.style) == "string" and param.style or default
  local explode = param.explode
  if explode == nil then explode = style == "form" or style == "deepObject" end
  local plain = is_scalar(of) and where ~= "cookie" and style ~= "label" and style ~= "matrix"
    and not (param.allowReserved == true and where ~= "header")
  if plain then return end
  field.style, field.explode = style, explode == true or nil
  field.reserved = param.allowReserved == true or nil
end

local known_styles = { simple = true, label = true, matrix = true, form = true,
  spaceDelimited = true, pipeDelimited = true, deepObject = true }

-- A parameter as the catalogue has it, or nil where it is not supported.
function Compiler:param(node)
  local param = node.value
  local where = param["in"]
  local field = { name = param.name, where = where, summary = types.summary(param.description),
    required = where == "path" or param.required == true,
    deprecated = param.deprecated == true or nil }
  if is_table(param.content) then
    local media = next(param.content)
    if not media then return nil end
    local schema = is_table(param.content[media].schema)
      and child(node, "content", media, "schema") or { value = {}, address = node.address }
    local of = self.types:compile(schema)
    if is_json(media) then
      field.style = "json"
    elseif not is_scalar(of) then
      field.style = where == "query" and "form" or "simple"
    end
    return self.types:share(field, of)
  end
  local schema = param.schema ~= nil and child(node, "schema")
    or { value = {}, address = node.address .. "/schema" }
  if param.style and not known_styles[param.style] then
    self.note(node.address .. "/style", "the style " .. tostring(param.style),
      "the parameter is written in the usual style")
    param = setmetatable({ style = false }, { __index = param })
  end
  local default = is_table(schema.value) and schema.value.default
  if default ~= nil and default ~= false and not is_table(default) and default ~= core.null then
    field.default = default
  end
  local of = self.types:compile(schema)
  set_style(field, param, of, where)
  return self.types:share(field, of)
end

-- The path as it is sent: without a fragment, and with what no path may hold encoded.
local function wire_path(path)
  local plain = path:gsub("#.*$", "")
  return (plain:gsub("{[^}]*}", "\1%0\1"):gsub("[^\1]+", function(part)
    if part:find "^{.*}$" then return part end
    return (part:gsub("[^%w%-._~!$&'()*+,;=:@/?%%]", function(c)
      return ("%%%02X"):format(c:byte())
    end))
  end):gsub("\1", ""))
end

-- The parameters in the order that the core wants: those of the path first, as they stand in it.
function Compiler:params(row, operation)
  local declared, by_path, params = self:declared(row, operation), {}, {}
  for _, node in ipairs(declared) do
    if node.value["in"] == "path" then by_path[node.value.name] = node end
  end
  local in_path = {}
  for _, name in ipairs(path_names(row.path)) do
    local node = by_path[name]
    in_path[name] = true
    params[#params + 1] = node and self:param(node)
      or { name = name, where = "path", required = true, type = "string" }
  end
  for _, node in ipairs(declared) do
    local param = node.value
    local where = param["in"]
    if where == "query" or where == "cookie"
      or (where == "header" and not ignored_headers[param.name:lower()]) then
      params[#params + 1] = self:param(node)
    elseif where == "path" and not in_path[param.name] then
      self.note(node.address, "a parameter that the path does not have", "it is not sent")
    elseif where ~= "path" and where ~= "header" then
      self.note(node.address .. "/in", ("parameters in %s"):format(where), "it is not sent")
    end
  end
  return params
end

-- Parameters of one name in several places: the first keeps it, the others are called `query.name`.
local function tell_apart(params)
  local seen = {}
  for _, field in ipairs(params) do
    local name = rawget(field, "name")
    if seen[name] and field.where ~= "path" then
      rawset(field, "wire", name)
      rawset(field, "name", field.where .. "." .. name)
    end
    seen[rawget(field, "name")] = true
  end
  return seen
end

-- Bodies ------------------------------------------------

local ranges = { ["*/*"] = "application/octet-stream",
  ["application/*"] = "application/octet-stream", ["image/*"] = "image/png",
  ["text/*"] = "text/plain" }

-- What a media type, which may be a range, is sent as.
local function concrete(media, has_schema)
  local base = base_of(media)
  if has_schema and (base == "*/*" or base == "application/*") then return "application/json" end
  return ranges[base] or media
end

-- Whether a media type, in small letters, is one of a range such as "image/*".
local function is_within(media, range)
  local family = media:match "^([%w!#$&^_.+-]+)/[%w!#$&^_.+-]+$"
  return family ~= nil and (range == "*/*" or range == family .. "/*")
end

local function form_of(media)
  local base = base_of(media)
  if base == "multipart/form-data" then return "multipart" end
  if base == "application/x-www-form-urlencoded" then return "form" end
  return is_json(media) and "json" or "raw"
end

local rank = { json = 1, multipart = 2, form = 3, raw = 4 }

-- The media types of a body, the one that is sent where nothing else is asked for first.
local function media_types(content)
  local list = {}
  for media in pairs(content) do list[#list + 1] = media end
  table.sort(list, function(one, other)
    local a, b = rank[form_of(one)], rank[form_of(other)]
    if a ~= b then return a < b end
    return one < other
  end)
  return list
end

-- How a field of a form is written, as the media type's `encoding` says.
local function set_encoding(field, encoding, form)
  if not is_table(encoding) then encoding = {} end
  local kind = type(encoding.contentType) == "string" and encoding.contentType:match "^[^,]*"
  if form == "multipart" then
    kind = kind and (kind:gsub("%s", ""))
    if kind and not kind:find "%*" then field.style, field.part_type = "form", kind end
    if kind and not is_json(kind) and not kind:find "^text/" and field.type == "string" then
      field.bytes = true
    elseif field.type == "any" and not field.branches and not field.union
      and not is_json(kind or "") then
      field.type, field.bytes = "string", true
    end
    return
  end
  if encoding.style or encoding.explode ~= nil or encoding.allowReserved then
    local style = known_styles[encoding.style] and encoding.style or "form"
    field.style, field.explode = style, encoding.explode
    if field.explode == nil then field.explode = style == "form" or style == "deepObject" end
    field.explode = field.explode or nil
    field.reserved = encoding.allowReserved == true or nil
  elseif kind and is_json(kind) then
    field.style = "json"
  end
end

-- The type of a body, or of a form with all its fields.
function Compiler:type_of_body(form, schema)
  if form == "raw" then return { type = "string", bytes = true } end
  local of
  if form == "json" then
    of = self.types:compile(schema)
  else
    of = self.types:compile_form(schema)
  end
  self.types:finish()
  return of
end

-- The fields of a body that stand among the parameters, whose names are `seen`; nil: it is one
-- parameter.
function Compiler:spread(form, of, seen, address)
  local fields = form ~= "raw" and of.type == "object" and not of.nullable and not of.branches
    and of.fields
  if form == "raw" or form == "json" then
    for _, field in ipairs(fields or {}) do
      if seen[field.name] then return nil end
    end
    return fields
  end
  if not fields and of.type ~= "object" then
    self.note(address, "a form whose fields are not listed", "it is sent without any")
  end
  return fields or {}
end

-- Adds the fields of a body to the parameters.
local function add_fields(into, form, fields, seen, encodings)
  local needs = false
  for _, field in ipairs(fields) do
    local own = {}
    for name, value in pairs(field) do own[name] = value end
    own.where = "body"
    if seen[own.name] then own.wire, own.name = own.name, "body." .. own.name end
    if form ~= "json" then set_encoding(own, encodings[field.name], form) end
    into.params[#into.params + 1] = own
    needs = needs or field.required
  end
  -- A form is sent even when it is empty, as others do.
  if form == "form" and into.optional_body then into.optional_body = needs or nil end
end

-- Adds the body of an operation to it: its fields among the parameters, or as one of them.
-- @param wanted  the media type that is sent, where a range has been asked for as that; or nil
function Compiler:add_body(into, media, node, body, wanted)
  local has_schema = is_table(node.value.schema) and next(node.value.schema) ~= nil
  local sent = wanted or concrete(media, has_schema)
  local form = form_of(sent)
  into.body, into.body_form = true, form ~= "json" and form or nil
  into.content_type = sent ~= "application/json" and sent or nil
  into.optional_body = body.required ~= true or nil
  local schema = node.value.schema ~= nil and child(node, "schema")
    or { value = {}, address = node.address .. "/schema" }
  local of = self:type_of_body(form, schema)
  local seen = tell_apart(into.params)
  local fields = self:spread(form, of, seen, schema.address)
  if not fields then
    into.whole_body = true
    into.params[#into.params + 1] = self.types:share({
      name = seen.body and "request_body" or "body", where = "body",
      required = body.required == true, summary = types.summary(body.description) }, of)
    return
  end
  add_fields(into, form, fields, seen,
    is_table(node.value.encoding) and node.value.encoding or {})
  into.rest = of.rest or (form ~= "json" and of.items) or nil
end

-- Answers ------------------------------------------------

local function status_of(code)
  if code:find "^%dXX$" or code:find "^%dxx$" then return tonumber(code:sub(1, 1)) end
  return tonumber(code)
end

-- What an answer with that code holds: its type and its media types, none where it has no body.
function Compiler:answer(node)
  local content = node.value.content
  local list = is_table(content) and media_types(content) or {}
  for _, media in ipairs(list) do
    if is_json(media) then
      local entry = child(node, "content", media)
      if entry.value.schema == nil then return { type = "any" }, list end
      local of = self.types:compile(child(entry, "schema"))
      return self.types:share({}, of), list
    end
  end
  return { type = "any" }, list
end

function Compiler:answers(into, operation)
  self.types.mode = "answer"
  local responses = operation.value.responses
  local good, others, accepted, json_only = {}, {}, {}, true
  local codes = {}
  for code in pairs(is_table(responses) and responses or {}) do codes[#codes + 1] = code end
  table.sort(codes)
  into.success, into.errors, into.bodiless = {}, {}, {}
  for _, code in ipairs(codes) do
    local status = status_of(code)
    local class = status and (status < 10 and status or math.floor(status / 100))
    if class == 2 then
      good[#good + 1] = { code, status }
    elseif class == 3 or code == "default" then
      others[#others + 1] = { code, status or 0 }
    elseif status and status >= 100 then
      table.insert(into.errors, status)
    end
  end
  into.answers = {}
  for _, pair in ipairs(#good > 0 and good or others) do
    local node = self.types:follow(child(operation, "responses", pair[1]))
    local of, media = self:answer(node)
    of.status = pair[2]
    table.insert(into.answers, of)
    if pair[2] >= 100 then table.insert(into.success, pair[2]) end
    if #media == 0 then into.bodiless[pair[2]] = true end
    for _, each in ipairs(media) do
      json_only = json_only and base_of(each) == "application/json"
      if base_of(each) == events then into.has_events = true end
      if not is_json(each) then into.typed_answer = true end
      accepted[#accepted + 1] = each
    end
  end
  if #good == 0 then into.bodiless[0] = true end -- nothing is said of a success
  -- The more exact first: a status, then a class, then all others.
  table.sort(into.answers, function(one, other) return one.status > other.status end)
  into.redirects = #good == 0 and next(into.success) ~= nil or nil
  into.answer = into.answers[1] and self.types:share({}, into.answers[1]) or { type = "any" }
  if not json_only then into.accept = operations.accept(accepted) end
  self.types.mode = "request"
end

--- The Accept header for an answer's media types: those of JSON, or else all. Beside JSON a stream
-- of events is second best.
function operations.accept(list)
  local json, all, seen = {}, {}, {}
  for _, media in ipairs(list) do
    local base = base_of(media)
    if not seen[base] then
      seen[base] = true
      all[#all + 1] = base
      if is_json(media) then json[#json + 1] = base end
    end
  end
  if json[1] and seen[events] then json[#json + 1] = events .. ";q=0.5" end
  return table.concat(#json > 0 and json or all, ", ")
end

-- The whole ------------------------------------------------

local safe = { GET = true, HEAD = true, OPTIONS = true, TRACE = true }
local idempotent = { GET = true, HEAD = true, OPTIONS = true, TRACE = true, PUT = true,
  DELETE = true }

-- Which number of api.securities the alternatives of an operation are; nil: it takes no credential.
function Compiler:security(alternatives)
  if not is_table(alternatives) or #alternatives == 0 then return nil end
  return self.securities[security.key(alternatives)]
end

-- Finds the header parameter that makes a repeat of an operation harmless.
local function idempotency_key(params)
  for _, field in ipairs(params) do
    if field.where == "header" and (field.wire or field.name):lower() == "idempotency-key" then
      return field.name
    end
  end
end

--- Fills in what an operation lacks and makes it known to the core.
-- @param operation  of the list, which then is as those of convoke.operations are
-- @param media      the media type of its body, where not the usual one is asked for; or nil
-- @param wanted     the media type that is sent for it, where it is a range; or nil
function Compiler:fill(operation, media, wanted)
  local row = operation[self.key]
  local value, why = self.source:at(row.address)
  if not value then types.refuse(why) end
  local node = { value = value, address = row.address }
  self.types.mode = "request"
  if is_table(value.callbacks) and next(value.callbacks) and not media then
    self.note(row.address .. "/callbacks", "callbacks", not_received)
  end
  operation.params = self:params(row, node)
  operation.body = false
  tell_apart(operation.params)
  if is_table(value.requestBody) then
    local body = self.types:follow(child(node, "requestBody"))
    local content = is_table(body.value) and body.value.content
    content = is_table(content) and content or {}
    local list = media_types(content)
    operation.media_types = list
    media = media or list[1]
    if media and content[media] then
      self:add_body(operation, media, child(body, "content", media), body.value, wanted)
    end
  end
  self:answers(operation, node)
  self.types:finish()
  operation.wire_path = wire_path(row.path)
  operation.server = self.server_of(row, value)
  local alternatives = value.security
  if alternatives == nil then alternatives = self.default_security end
  operation.security = self:security(alternatives)
  operation.no_credential = operation.security == nil
  local key = idempotency_key(operation.params)
  if operation.idempotent == nil then
    operation.idempotency_key, operation.idempotent = key, key ~= nil
  end
  require("convoke.openapi.paging").find(operation, self.paging) -- first needed here
  local fine, wrong = pcall(self.document.compile, self.document, operation.index, operation)
  if not fine then types.refuse(row.address .. ": " .. tostring(wrong):gsub("^.-:%d+: ", "")) end
end

--- The same operation with another media type for its body.
-- @param media  one of operation.media_types, or what one of them that is a range stands for
-- @return an operation; or nil and what is wrong with the media type
function Compiler:variant(operation, media)
  local types_of, wanted = operation.media_types or {}, base_of(media)
  local found, sent
  for _, each in ipairs(types_of) do
    local base = base_of(each)
    if base == wanted or base_of(concrete(each, true)) == wanted
      or base_of(concrete(each, false)) == wanted then
      found, sent = each, nil
      break
    elseif not found and is_within(wanted, base) then
      found, sent = each, wanted
    end
  end
  if not found then
    return nil, ("must be one of: %s"):format(table.concat(types_of, ", "))
  end
  if found == types_of[1] and not sent then return operation end
  self.variants[operation] = self.variants[operation] or {}
  local made = self.variants[operation][sent or found]
  if made then return made end
  if self.variant_count >= self.count then return nil, "is one of too many that are in use" end
  made = self.make(operation[self.key], self.count + self.variant_count)
  self.variant_count = self.variant_count + 1
  self:fill(made, found, sent)
  self.variants[operation][sent or found] = made
  return made
end

local no_limits = {} -- unless the option names some

-- What an operation has from the beginning, and what fills in the rest when somebody asks.
local function make_operation(compiler, row, index, metatable)
  return setmetatable({
    [compiler.key] = row,
    is_of_document = true, api = compiler.name, id = row.id, resource = row.resource,
    verb = row.verb, name = compiler.name .. "." .. row.resource .. "." .. row.verb,
    method = row.method, path = without_fragment(row.path), summary = row.summary,
    deprecated = row.deprecated, safe = safe[row.method] == true,
    idempotent = row.marked or idempotent[row.method] or nil, -- nil: not known yet
    index = index,
    path_params = path_names(row.path), item_id = false, envelope = false, limits = no_limits,
  }, metatable)
end

local lazy = { params = true, answer = true, answers = true, body = true, whole_body = true,
  optional_body = true, success = true, errors = true, paging = true, pager = true,
  media_types = true, bodiless = true, redirects = true, security = true, no_credential = true,
  idempotency_key = true, idempotent = true, server = true, rest = true, content_type = true,
  accept = true, has_events = true }

--- Lists the operations of a document.
-- @param facts  table: source, rows (all of the document's; named already where their verbs are
--   there), name, is_old, only (set of ids and tags, or nil), rules (for names), note, paging (the
--   option, or nil), default_security, server_of(row, operation)
-- @return array of operations; what completes them: a table with fields `document` and
--   `securities`, which the caller sets, as it does `methods.__index`, and a method `fill`; and a
--   table: an id that several have -> what is wrong
function operations.list(facts)
  local rows = {}
  for _, row in ipairs(facts.rows) do
    if is_wanted(facts.only, row) then rows[#rows + 1] = row end
  end
  local is_named = rows[1] and rows[1].verb and not (facts.only or facts.rules)
  local doubles = operations.name(rows, facts.rules, facts.note, is_named)
  local compiler = setmetatable(facts, Compiler)
  compiler.key = {}
  compiler.types = types.compiler(facts.source, facts.is_old, facts.note)
  local metatable = {}
  -- What operations can do, in a field __index that the caller sets.
  compiler.methods = { __index = {}, __tostring = function(operation)
    return ("%s (%s %s)"):format(operation.name, operation.method, operation.path)
  end }
  metatable.__tostring = compiler.methods.__tostring
  -- Reading a field that is not there yet completes the operation, except its index, which the core
  -- is given before; it is listed in `lazy` so that other names stay nil.
  function metatable.__index(operation, name)
    if not lazy[name] then return compiler.methods.__index[name] end
    setmetatable(operation, compiler.methods)
    local before = {}
    for key in pairs(operation) do before[key] = true end
    local fine, why = pcall(compiler.fill, compiler, operation)
    if not fine then -- nothing is left of it, so that the next one fails for the same reason
      for key in pairs(lazy) do
        if not before[key] then operation[key] = nil end
      end
      setmetatable(operation, metatable)
      compiler.types:forget()
      error(is_table(why) and why.document and facts.name .. ": " .. why.document or why, 0)
    end
    return operation[name]
  end
  local list = {}
  for i, row in ipairs(rows) do list[i] = make_operation(compiler, row, i - 1, metatable) end
  compiler.count, compiler.variant_count, compiler.variants = #list, 0, {}
  function compiler.make(row, index)
    return make_operation(compiler, row, index, compiler.methods)
  end
  return list, compiler, doubles
end

return operations
