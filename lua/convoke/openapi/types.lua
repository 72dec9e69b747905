--- Schemas (JSON Schema, as OpenAPI 3.0 and 3.1 have it) made into the types of the catalogue.
--
-- A type is a table of the shape that csrc/lua/catalogue.h tells. It is made in one of two ways:
-- "request", where it says what may be sent, and "answer", which takes what comes. A schema that is
-- referred to becomes one type, however often, and a type may hold itself.

local merge = require "convoke.openapi.merge"
local core = require "convoke.core"
local null = core.null

local types = {}

local unpack = table.unpack or unpack

local child = merge.child

local Compiler = {}
Compiler.__index = Compiler

local most_merged = 400 -- schemas that one is made of
local most_work = 20000 -- schemas merged for one body or answer, each as often as it is
local most_branches = 100
local most_nested = 60 -- unions within each other that have no name

-- Checked by the server alone.
local unchecked = { "multipleOf", "uniqueItems", "not", "minProperties", "maxProperties",
  "patternProperties", "propertyNames", "if", "dependentRequired", "dependentSchemas", "contains",
  "prefixItems", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef" }

-- Members of a schema that say nothing about values.
local notes = { description = true, title = true, deprecated = true, example = true,
  examples = true, externalDocs = true, xml = true, nullable = true, readOnly = true,
  writeOnly = true, default = true }

local function is_table(value) return type(value) == "table" end

local function sorted_keys(object)
  local keys = {}
  for key in pairs(object) do
    if type(key) == "string" then keys[#keys + 1] = key end
  end
  table.sort(keys)
  return keys
end

-- Raises what is wrong with the document.
local function refuse(message)
  error({ document = message }, 0)
end

-- Following and merging ------------------------------------------------

function Compiler:follow(node)
  local value, address = self.source:follow(node.value, node.address)
  if value == nil then refuse(address) end
  return { value = value, address = address }
end

-- Whether a schema is nothing but a reference, apart from notes. Siblings of one count from 3.1 on.
function Compiler:is_reference(schema)
  if type(schema["$ref"]) ~= "string" then return false end
  if self.is_old then return true end
  for name in pairs(schema) do
    if name ~= "$ref" and not notes[name] and not name:find "^x%-" then return false end
  end
  return true
end

local function add_all(list, values)
  for _, value in ipairs(values) do list[#list + 1] = value end
end

-- Notes a part of a schema that is not what it should be.
function Compiler:misshapen(place, what, consequence)
  if self.noted[place] then return end
  self.noted[place] = true
  self.note(place, what, consequence or "it counts for nothing")
end

local lists = { "allOf", "oneOf", "anyOf", "enum", "required" }

function Compiler:check_shape(node)
  local schema, given = node.value, node.value.type
  for _, name in ipairs(lists) do
    local value = schema[name]
    if value ~= nil and not (is_table(value) and (value[1] ~= nil or not next(value))) then
      self:misshapen(node.address .. "/" .. name, name .. " that is no array")
    end
  end
  if schema.properties ~= nil and not is_table(schema.properties) then
    self:misshapen(node.address .. "/properties", "properties that is no object")
  end
  if given == nil then return end
  for _, name in ipairs(is_table(given) and given or { given }) do
    if not merge.is_type(name) then
      self:misshapen(node.address .. "/type", "the type " .. tostring(name))
    end
  end
end

-- Merges a schema, and all that it refers to and says with allOf, into one description.
function Compiler:merge(flat, node, stack)
  local schema = node.value
  flat.count, self.work = flat.count + 1, self.work + 1
  if self.work > most_work then refuse(node.address .. ": its unions hold too many schemas") end
  if flat.count > most_merged then refuse(node.address .. ": it is made of too many schemas") end
  if not is_table(schema) then
    if type(schema) ~= "boolean" then
      self:misshapen(node.address, "a schema that is no object", "any value is taken")
    end
    return
  end
  if type(schema["$ref"]) == "string" then
    self:merge_part(flat, self:follow(node), stack)
    if self.is_old then return end
  end
  self:check_shape(node)
  merge.members(flat, node)
  for _, name in ipairs(unchecked) do
    if schema[name] ~= nil and schema[name] ~= false then self:unchecked(node, name) end
  end
  if self.mode == "request" then self:merge_pattern(flat, node) end
  for i = 0, is_table(schema.allOf) and #schema.allOf - 1 or -1 do
    self:merge_part(flat, child(node, "allOf", i), stack)
  end
end

-- Takes over the pattern of a schema, unless that is not supported or a second one.
function Compiler:merge_pattern(flat, node)
  local pattern = node.value.pattern
  if type(pattern) ~= "string" then return end
  local why = pattern:find("%z") and "has a zero" or core.pattern(pattern)
  if not why and (flat.pattern or pattern) == pattern then
    flat.pattern = pattern
  else
    self:unchecked(node, "pattern", why)
  end
end

-- Merges a schema that another one is made of. `stack`: the addresses of those around it.
function Compiler:merge_part(flat, part, stack)
  if stack[part.address] then
    refuse(part.address .. ": a schema is made of itself without an end")
  end
  stack[part.address] = true
  self:merge(flat, part, stack)
  stack[part.address] = nil
end

function Compiler:flatten(...)
  local flat = { properties = {}, required = {}, items = {}, unions = {}, count = 0 }
  for _, node in ipairs { ... } do self:merge(flat, node, {}) end
  return flat
end

-- Notes that a keyword is not looked at in requests; `why` or nil says more.
function Compiler:unchecked(node, name, why)
  local place = node.address .. "/" .. name
  if self.mode ~= "request" or self.noted[place] then return end
  self.noted[place] = true
  self.note(place, why and ("%s: it %s"):format(name, why) or name,
    "not checked before it is sent: the server decides")
end

-- Types ------------------------------------------------

-- What a type is called, for people: the last part of the address of a named schema.
local function name_of(address, flat)
  local name = address:match "/schemas/([^/]+)$" or address:match "/([^/]+)$"
  return type(flat.title) == "string" and not address:find "/schemas/[^/]+$" and flat.title
    or name and name:gsub("~1", "/"):gsub("~0", "~") or "the object"
end

local scalar_types = { string = true, integer = true, number = true, boolean = true }

-- The only type of a description, or nil where there are several or none.
local function only_type(set)
  local first = set and next(set)
  if not first or next(set, first) then return nil end
  return first
end

local function infer_type(flat)
  if flat.types then return only_type(flat.types) end
  if flat.has_properties or next(flat.required) or flat.rest or flat.closed then return "object" end
  if flat.items[1] then return "array" end
  local kind
  for _, value in ipairs(flat.enum or {}) do
    local own = type(value)
    if value ~= null then
      if kind and kind ~= own then return nil end
      kind = own
    end
  end
  return scalar_types[kind] and kind or nil
end

local function text_of_number(value)
  if value % 1 == 0 and math.abs(value) < 2 ^ 53 then return ("%d"):format(value) end
  return ("%.17g"):format(value)
end

-- The words that an enum allows, and whether null is among them; nil: they are no words.
local function words_of(values)
  local words, nullable = {}, false
  for _, value in ipairs(values) do
    if value == null then
      nullable = true
    elseif type(value) == "string" then
      words[#words + 1] = value
    elseif type(value) == "number" then
      words[#words + 1] = text_of_number(value)
    elseif type(value) == "boolean" then
      words[#words + 1] = tostring(value)
    else
      return nil, nullable
    end
  end
  return words, nullable
end

function Compiler:fill_enum(into, flat, address)
  if not flat.enum then return end
  local words, nullable = words_of(flat.enum)
  if nullable then into.nullable = true end
  if words and words[1] and scalar_types[into.type] and self.mode ~= "answer" then
    into.enum = words
  elseif words and words[1] and into.type == "string" then
    into.enum = words
  elseif self.mode == "request" and not (words and #words == 0 and nullable) then
    self.note(address .. "/enum", "enum", "not checked before it is sent: the server decides")
  end
end

local function fill_bounds(into, flat)
  if into.type == "integer" or into.type == "number" then
    into.minimum, into.maximum, into.above, into.below = flat.minimum, flat.maximum, flat.above,
      flat.below
    if into.type == "integer" then
      if into.minimum and into.above and into.minimum % 1 == 0 then
        into.minimum, into.above = into.minimum + 1, nil
      end
      if into.maximum and into.below and into.maximum % 1 == 0 then
        into.maximum, into.below = into.maximum - 1, nil
      end
    end
  elseif into.type == "string" then
    into.min_length, into.max_length, into.pattern = flat.minLength, flat.maxLength, flat.pattern
  elseif into.type == "array" then
    into.min_length, into.max_length = flat.minItems, flat.maxItems
  end
  if into.min_length == 0 then into.min_length = nil end
  if into.max_length == 0 then into.max_length = nil end
end

-- A schema that is all of several.
local function all_of(nodes)
  if #nodes == 1 then return nodes[1] end
  local addresses = {}
  for i, node in ipairs(nodes) do addresses[i] = node.address end
  return { parts = nodes, address = table.concat(addresses, "&") }
end

-- A schema that is one of several. Those that are the same count once.
local function any_of(nodes)
  local seen, kept, addresses = {}, {}, {}
  for _, node in ipairs(nodes) do
    if not seen[node.address] then
      seen[node.address] = true
      kept[#kept + 1], addresses[#addresses + 1] = node, node.address
    end
  end
  if #kept == 1 then return kept[1] end
  table.sort(addresses)
  return { choices = kept, address = table.concat(addresses, "|") }
end

-- The first line of a description.
function types.summary(text)
  if type(text) ~= "string" then return nil end
  local line = text:match "^%s*([^\r\n]+)"
  return line and line:gsub("%s+$", "") or nil
end

-- A field of a model: what its type says comes from that table, once it is complete.
function Compiler:field(name, node, required)
  local of = self:compile(node)
  local schema = is_table(node.value) and node.value or {}
  local field = { name = name, required = required, summary = types.summary(schema.description),
    deprecated = schema.deprecated == true or nil }
  local default = schema.default
  if default ~= nil and default ~= null and not is_table(default) then field.default = default end
  return self:share(field, of)
end

--- Makes a table that has, beside its own members, those of a type that may not be complete yet.
function Compiler:share(own, of, address)
  local step = of
  while step do
    if step == own then
      refuse((address or "#") .. ": a schema is made of itself without an end")
    end
    local metatable = getmetatable(step)
    step = metatable and metatable.__index
  end
  self.shared[#self.shared + 1] = { own, of }
  return setmetatable(own, { __index = of })
end

--- Forgets all types, as some may be incomplete: what they are for has failed.
function Compiler:forget()
  self.memo, self.shared, self.nested, self.work = { request = {}, answer = {} }, {}, 0, 0
end

--- Completes the tables that share() has made.
function Compiler:finish()
  for _, pair in ipairs(self.shared) do
    local own, of = pair[1], pair[2]
    setmetatable(own, nil)
    while of do
      for name, value in pairs(of) do
        if own[name] == nil then own[name] = value end
      end
      local metatable = getmetatable(of)
      of = metatable and metatable.__index
    end
  end
  self.shared, self.work = {}, 0
end

function Compiler:fill_object(into, flat, address)
  into.type = "object"
  local names = sorted_keys(flat.properties)
  if self.mode == "request" then
    for name in pairs(flat.required) do
      if not flat.properties[name] then names[#names + 1] = name end
    end
    table.sort(names)
  end
  if #names == 0 and not flat.closed then
    if is_table(flat.rest) then into.items = self:compile(flat.rest) end
    return
  end
  into.model = name_of(address, flat)
  local fields = {}
  into.fields = fields
  for i, name in ipairs(names) do
    local nodes = flat.properties[name]
    local required = flat.required[name] == true
    if nodes then
      local schema = nodes[1].value
      if is_table(schema) and (self.mode == "request" and schema.readOnly == true
          or self.mode == "answer" and schema.writeOnly == true) then
        required = false
      end
      fields[i] = self:field(name, all_of(nodes), required)
    else
      fields[i] = { name = name, required = required, type = "any" }
    end
  end
  if is_table(flat.rest) then
    into.rest = self:compile(flat.rest)
  elseif flat.rest or (self.mode == "answer" and not next(flat.required)) then
    into.rest = { type = "any" }
  end
end

-- Fills a type from a description without unions.
function Compiler:fill_plain(into, flat, address)
  local kind = infer_type(flat)
  if flat.nullable then into.nullable = true end
  if kind == "object" then
    self:fill_object(into, flat, address)
  elseif kind == "array" then
    into.type = "array"
    into.items = flat.items[1] and self:compile(all_of(flat.items)) or { type = "any" }
  elseif kind then
    into.type = kind
    into.format = type(flat.format) == "string" and flat.format or nil
    if kind == "string" and (flat.format == "binary" or flat.is_media) then into.bytes = true end
  elseif flat.only_null then
    into.type, into.nullable = "null", true
  elseif flat.types and next(flat.types) then
    self:fill_types(into, flat, address)
  else
    into.type = "any"
    if flat.is_media then into.type, into.bytes = "string", true end
  end
  self:fill_enum(into, flat, address)
  fill_bounds(into, flat)
end

-- Fills a type from a description that allows values of several types.
function Compiler:fill_types(into, flat, address)
  into.type = "any"
  local branches = {}
  for _, name in ipairs(sorted_keys(flat.types)) do
    local own = {}
    for key, value in pairs(flat) do own[key] = value end
    own.types, own.enum, own.nullable = { [name] = true }, nil, nil
    local branch = {}
    self:fill_plain(branch, own, address)
    branches[#branches + 1] = branch
  end
  if self.mode == "request" then
    into.branches = branches
    return
  end
  into.union = true
  for _, branch in ipairs(branches) do
    into.items = into.items or branch.type == "array" and branch.items or nil
    if branch.fields then
      into.fields, into.model, into.rest = branch.fields, branch.model, branch.rest
    end
  end
end

-- Whether a schema says no more than what is required: it narrows the schema around it.
local function only_requires(schema)
  if not is_table(schema) then return true end
  for name in pairs(schema) do
    if name ~= "required" and not notes[name] then return false end
  end
  return true
end

local function copy_flat(flat)
  local copied = {}
  for key, value in pairs(flat) do copied[key] = value end
  for _, key in ipairs { "properties", "required", "items", "unions" } do
    copied[key] = {}
    for name, value in pairs(flat[key]) do
      copied[key][name] = value
    end
  end
  for name, list in pairs(copied.properties) do
    local own = {}
    add_all(own, list)
    copied.properties[name] = own
  end
  return copied
end

local function says_something(flat)
  return flat.types or flat.has_properties or next(flat.required) or flat.enum or flat.items[1]
    or flat.unions[1] or flat.rest or flat.closed or flat.minimum or flat.maximum
end

-- The descriptions of a union's branches, each with what is said beside the union. Null is no
-- branch, but makes the type nullable.
function Compiler:branches_of(into, flat)
  local union = table.remove(flat.unions, 1)
  local beside, found = says_something(flat), {}
  local narrows = true
  for _, schema in ipairs(union.value) do narrows = narrows and only_requires(schema) end
  if narrows then
    if self.mode == "request" then
      self.note(union.address, "required", "not checked before it is sent: the server decides")
    end
    return nil
  end
  found.union = union
  for i = 0, math.min(#union.value, most_branches) - 1 do
    local node = child(union, i)
    local target = is_table(node.value) and self:follow(node) or node
    if is_table(target.value) and target.value.type == "null" then
      into.nullable = true
    elseif not beside then
      found[#found + 1] = { node = node }
    else
      local merged = copy_flat(flat)
      self:merge(merged, node, {})
      found[#found + 1] = { flat = merged, address = union.address .. "/" .. i, node = node }
    end
  end
  return found
end

-- The words by which a value says of which branch of a union it is, beside the branches; one that
-- several words name comes again at the end. nil: there are none, or not of all.
function Compiler:words_of_branches(found, branches)
  local told, words, by_address = found.union.told, {}, {}
  if not told or type(told.propertyName) ~= "string" then return nil end
  local mapping = is_table(told.mapping) and told.mapping or {}
  for _, word in ipairs(sorted_keys(mapping)) do
    local ref = tostring(mapping[word])
    if not ref:find "[/#]" then ref = "#/components/schemas/" .. merge.token(ref) end
    local address = self.source:address(ref, found.union.address)
    by_address[address] = by_address[address] or {}
    table.insert(by_address[address], word)
  end
  local count = #found
  for i, branch in ipairs(found) do
    local value = branch.node.value
    if not is_table(value) or type(value["$ref"]) ~= "string" then return nil end
    local address = self.source:address(value["$ref"], branch.node.address)
    local own = by_address[address] or { (address:match "[^/]*$":gsub("~1", "/"):gsub("~0", "~")) }
    words[i] = own[1]
    for k = 2, #own do
      count = count + 1
      branches[count], words[count] = branches[i], own[k]
    end
  end
  return words
end

function Compiler:fill_request_union(into, found)
  local branches = {}
  for i, branch in ipairs(found) do
    if branch.flat then
      branches[i] = {}
      self:fill(branches[i], branch.flat, branch.address)
    else
      branches[i] = self:compile(branch.node)
    end
  end
  if #branches == 1 then
    self:share(into, branches[1])
  else
    into.type, into.branches = "any", branches
    into.branch_words = self:words_of_branches(found, branches)
    into.told_by = into.branch_words and found.union.told.propertyName or nil
  end
end

-- The description of what has the fields of any of several objects.
local function united_of(objects)
  local united = { properties = {}, required = {}, items = {}, unions = {}, rest = nil }
  for i, flat in ipairs(objects) do
    united.has_properties = united.has_properties or flat.has_properties
    united.title = united.title or flat.title
    for name, nodes in pairs(flat.properties) do
      local list = united.properties[name] or {}
      united.properties[name] = list
      list[#list + 1] = all_of(nodes)
    end
    if i == 1 then
      for name in pairs(flat.required) do united.required[name] = true end
    end
    for name in pairs(united.required) do
      if not flat.required[name] then united.required[name] = nil end
    end
    if flat.rest then united.rest = true end
  end
  for name, list in pairs(united.properties) do united.properties[name] = { any_of(list) } end
  return united
end

-- One description for all branches of a union in an answer: their fields together, each of which
-- may be absent that not all require.
function Compiler:fill_answer_union(into, found, address)
  local objects, arrays, scalars, kinds = {}, {}, 0, {}
  local function sort_in(flat, depth)
    if flat.nullable then into.nullable = true end
    if flat.unions[1] and depth < 8 then
      local inner = self:branches_of(into, flat)
      for _, branch in ipairs(inner or {}) do
        sort_in(branch.flat or self:flatten(branch.node), depth + 1)
      end
      if inner then return end
    end
    local kind = infer_type(flat)
    if kind == "object" then
      objects[#objects + 1] = flat
    elseif kind == "array" then
      add_all(arrays, flat.items)
      kinds.array = true
    else
      scalars = scalars + 1
      kinds[kind or "any"] = true
    end
  end
  for _, branch in ipairs(found) do sort_in(branch.flat or self:flatten(branch.node), 0) end
  if #objects == 0 and not kinds.array then
    into.type = only_type(kinds) or "any"
    return
  end
  if #objects > 0 then self:fill_object(into, united_of(objects), address) end
  if arrays[1] then into.items = self:compile(any_of(arrays)) end
  if #objects == 0 and scalars == 0 then
    into.type, into.items = "array", into.items or { type = "any" }
  elseif scalars > 0 or kinds.array then
    if #objects > 0 and not into.fields then into.items = arrays[1] and into.items or nil end
    into.type, into.union = "any", true
  end
end

-- Fills a type from a description.
function Compiler:fill(into, flat, address)
  self.nested = self.nested + 1
  if self.nested > most_nested * 20 then refuse(address .. ": schemas are nested too deep") end
  if flat.nullable then into.nullable = true end
  local found
  while flat.unions[1] and not found do found = self:branches_of(into, flat) end
  if not found then
    self:fill_plain(into, flat, address)
  elseif #found == 0 then
    into.type = "null"
  elseif self.mode == "request" then
    self:fill_request_union(into, found)
  else
    self:fill_answer_union(into, found, address)
  end
  self.nested = self.nested - 1
end

--- The type of a schema.
-- @param node  { value =, address = }: the schema, decoded, and where it stands
-- @return a type, which is complete once finish() has been called
function Compiler:compile(node)
  local memo = self.memo[self.mode]
  local known = memo[node.address]
  if known then return known end
  local made = {}
  if not node.parts and not node.choices then
    local schema = node.value
    if is_table(schema) and self:is_reference(schema) then
      local target = self:follow(node)
      -- What a reference says beside it is of no account but for null and a summary, which fields
      -- have.
      if not (schema.nullable == true and not self.is_old) then return self:compile(target) end
    elseif is_table(schema) and is_table(schema.allOf) and #schema.allOf == 1
      and schema.type == nil then
      local plain = true
      for name in pairs(schema) do plain = plain and (name == "allOf" or notes[name]) end
      local part = child(node, "allOf", 0)
      if plain and is_table(part.value) and self:is_reference(part.value) then
        memo[node.address] = made
        made.nullable = schema.nullable == true or nil
        return self:share(made, self:compile(self:follow(part)), node.address)
      end
    end
  end
  memo[node.address] = made
  if node.choices then
    local found = {}
    for i, choice in ipairs(node.choices) do
      found[i] = choice.parts and { flat = self:flatten(unpack(choice.parts)) }
        or { node = choice }
    end
    if #node.choices > 12 or select(2, node.address:gsub("|", "")) > 40 then
      made.type = "any"
    else
      self:fill_answer_union(made, found, node.choices[1].address)
    end
    return made
  end
  local flat = node.parts and self:flatten(unpack(node.parts)) or self:flatten(node)
  self:fill(made, flat, node.parts and node.parts[1].address or node.address)
  return made
end

--- The type of the body of a form: where that is a union, the fields of all its branches together.
function Compiler:compile_form(node)
  local flat, made = self:flatten(node), {}
  local found
  while flat.unions[1] and not found do found = self:branches_of(made, flat) end
  if found then
    self:fill_answer_union(made, found, node.address)
  else
    self:fill_plain(made, flat, node.address)
  end
  return made
end

--- A compiler of a document's schemas.
-- @param source  see convoke.openapi.source
-- @param is_old  whether the document is OpenAPI 3.0
-- @param note    function(place, what, consequence) for what is not supported
function types.compiler(source, is_old, note)
  return setmetatable({ source = source, is_old = is_old, note = note, mode = "request",
    memo = { request = {}, answer = {} }, noted = {}, shared = {}, nested = 0, work = 0 }, Compiler)
end

types.child, types.refuse, types.token = child, refuse, merge.token

return types
