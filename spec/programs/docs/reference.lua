--- The reference page of an operation, in Markdown, made from the catalogue.

local catalogue = require "convoke.catalogue"
local examples = require "spec.programs.docs.examples"
local retry = require "convoke.call.retry"

local reference = {}

--- The headings of every page, in their order.
reference.sections = { "What it does", "Parameters", "Answer", "Errors", "Outcome and repeats",
  "Look-up", "Limits", "Examples" }

local function code(text) return "`" .. text .. "`" end

local function codes(list)
  local texts = {}
  for i, text in ipairs(list) do texts[i] = code(tostring(text)) end
  return table.concat(texts, ", ")
end

-- A text with its line breaks and indentation taken out.
local function flow(text)
  return (text:gsub("^%s+", ""):gsub("%s+", " "))
end

-- A text in a cell of a table.
local function cell(text)
  return (text:gsub("|", "\\|"):gsub("\n", " "))
end

local function shown(value)
  return code(type(value) == "string" and ("%q"):format(value) or tostring(value))
end

-- Types -------------------------------------------------------------------------------------------

local plurals = { string = "strings", integer = "integers", number = "numbers",
  boolean = "booleans", object = "objects", any = "values", array = "arrays" }

local function base_type(schema)
  if schema.type == "array" then
    local items = schema.items
    return "array of " .. (items and (items.model and "objects" or plurals[items.type]) or "values")
  end
  if schema.type == "either" then return "array of objects, or an object" end
  if schema.type == "object" and not schema.fields then return "free-form object" end
  return schema.type
end

-- What a type does not say: bounds, lengths, format.
local function bounds_of(schema)
  local list = {}
  local is_text = schema.type == "string"
  if schema.minimum and schema.maximum then
    list[1] = ("%s to %s"):format(schema.minimum, schema.maximum)
  elseif schema.minimum then
    list[1] = ("from %s"):format(schema.minimum)
  elseif schema.maximum then
    list[1] = ("up to %s"):format(schema.maximum)
  end
  local unit = is_text and "characters" or "elements"
  local least = schema.min_length and schema.min_length > 0 and schema.min_length
  if least and schema.max_length then
    list[#list + 1] = ("%d to %d %s"):format(least, schema.max_length, unit)
  elseif schema.max_length then
    list[#list + 1] = ("at most %d %s"):format(schema.max_length, unit)
  elseif least then
    list[#list + 1] = least == 1 and "not empty" or ("at least %d %s"):format(least, unit)
  end
  if schema.format and schema.format ~= "int64" then list[#list + 1] = schema.format end
  if schema.nullable then list[#list + 1] = "or null" end
  return list
end

--- The type of a schema with its bounds: "integer, 1 to 365".
function reference.type_of(schema)
  local parts = bounds_of(schema)
  table.insert(parts, 1, base_type(schema))
  return table.concat(parts, ", ")
end

--- What a field is about, its words and its default.
-- @param escape  function(text) for the summary, or nil
function reference.about(field, escape)
  local text = (escape or tostring)(field.summary or "")
  local words = field.enum or field.also or (field.items or {}).enum
  if words and #words > 1 then
    text = ("%s%sOne of %s"):format(text, text == "" and "" or ". ", codes(words))
  end
  if field.default ~= nil then
    text = ("%s%sDefault: %s"):format(text, text == "" and "" or ". ", shown(field.default))
  end
  return text
end

--- Calls add(name, field, level) for a field and those within it, to a depth.
function reference.walk(field, name, level, add)
  add(name, field, level)
  if level >= 3 then return end
  local inner = field.fields or (field.items or {}).fields
  local before = name .. (field.items and field.items.fields and "[]." or ".")
  for _, each in ipairs(inner or {}) do
    reference.walk(each, before .. each.name, level + 1, add)
  end
end

-- Sections ----------------------------------------------------------------------------------------

local write = {}

write["What it does"] = function(add, operation)
  add(operation.summary .. ".")
  local lines = { ("It sends %s to `%s`, which the vendor calls %s."):format(
    code(operation.method), operation.path, code(operation.id)) }
  lines[2] = operation.extra and "It is beyond the vendor's reference page."
    or "It is one of the 27 operations of the reference pages."
  if operation.no_credential then lines[3] = "The client's credential is not sent." end
  if operation.paging then
    lines[#lines + 1] = operation.verb == "list"
      and "It returns one page; `each` and `all` take the same arguments and walk all pages."
      or ("It returns one page; `client:each(%q, ...)` and `client:all` walk all pages."):format(
        operation.id)
  end
  add(table.concat(lines, " "))
end

write.Parameters = function(add, operation)
  if #operation.params == 0 then return add "None." end
  local rows = { "| name | type | where | what |", "| --- | --- | --- | --- |" }
  for _, param in ipairs(operation.params) do
    reference.walk(param, param.name, 1, function(name, field, level)
      rows[#rows + 1] = ("| %s%s | %s | %s | %s |"):format(code(name),
        field.required and " **required**" or "", reference.type_of(field),
        level == 1 and param.where or "", cell(reference.about(field)))
    end)
  end
  add(table.concat(rows, "\n"))
  if #operation.path_params > 0 then
    add(("Path values come first in Lua (%s), or sit in the table of parameters."):format(
      codes(operation.path_params)))
  end
  if operation.whole_body then
    add "The array of `body` may be given as it is, in the place of the table of parameters."
  end
  for _, pair in ipairs(operation.exclusions or {}) do
    add(("%s and %s exclude each other%s."):format(code(pair.one), code(pair.other),
      pair.equal_is_fine and ", unless they say the same" or ""))
  end
  if operation.non_empty then
    add(("%s must hold something, unless the option `allow_empty = true` allows that it may match "
      .. "everything."):format(code(operation.non_empty)))
  end
end

local function answer_words(operation)
  local answer = operation.answer
  if operation.envelope == "each" then
    return "An array with a table for each query: `value` and `log_lines`, or `err`. Made of:"
  end
  if answer.type == "null" then
    return operation.envelope and "`convoke.null`." or "`true`: the answer has no content."
  end
  if answer.type == "any" then return "Any value." end
  if answer.type == "array" then return "An array, whose elements have these fields:" end
  if answer.type == "either" then
    return "An array, whose elements have these fields; with `paginated`, an object with the array "
      .. "`data` and `total_count`:"
  end
  if answer.fields then return "A table with these fields, of which the optional may be `nil`:" end
  if answer.type == "object" then return "A free-form table." end
  return ("A %s."):format(answer.type)
end

write.Answer = function(add, operation)
  add(answer_words(operation))
  local answer = operation.answer
  local fields = answer.type == "object" and answer.fields or (answer.items or {}).fields
  if fields then
    local rows = { "| field | type | what |", "| --- | --- | --- |" }
    for _, field in ipairs(fields) do
      reference.walk(field, field.name, 1, function(name, each)
        rows[#rows + 1] = ("| %s%s | %s | %s |"):format(code(name),
          each.required and "" or " *optional*", reference.type_of(each),
          cell(reference.about(each)))
      end)
    end
    add(table.concat(rows, "\n"))
  end
  add(("Status %s. The third result holds `status`, `headers`, `request_id`, `attempts` and "
    .. "`elapsed`."):format(codes(operation.success)))
end

local meanings = { [400] = "what was asked is wrong; `fields` says where",
  [401] = "the credential is missing, wrong or has ended",
  [402] = "the plan does not cover it", [403] = "the credential may not do this",
  [404] = "there is no such thing", [405] = "the server does not know this method here",
  [408] = "the server waited too long", [409] = "it clashes with what is there",
  [410] = "it is gone", [412] = "a condition does not hold",
  [415] = "the server reads no such body",
  [422] = "what was asked cannot be done; `fields` says why", [429] = "too many calls",
  [500] = "the server failed", [502] = "a gateway got no answer", [503] = "the server is busy",
  [504] = "a gateway waited too long", [560] = "the function failed" }

-- What becomes of a call that ends with a status: its outcome, and whether it is tried again.
local function fate(operation, status, is_looked_for)
  local err = { kind = "http", status = status, outcome = "refused" }
  if status == 429 then return "`refused`", "after `Retry-After`, or a pause" end
  if status >= 500 and status ~= 560 or status == 408 then err.outcome = "unknown" end
  local outcome = code(err.outcome)
  if is_looked_for and status == 500 then outcome = outcome .. ", or `made` where it is found" end
  return outcome, retry.allowed(operation, err, {}) and "yes" or "no"
end

write.Errors = function(add, operation, vendor)
  if #operation.errors > 0 then
    local rows = { "| status | means | outcome | tried again |", "| --- | --- | --- | --- |" }
    for _, status in ipairs(operation.errors) do
      local outcome, again = fate(operation, status, (vendor.creates or {})[operation.name])
      rows[#rows + 1] = ("| %d | %s | %s | %s |"):format(status,
        meanings[status] or (status < 500 and "the API says no" or "the server failed"), outcome,
        again)
    end
    add(table.concat(rows, "\n"))
  end
  if operation.envelope then
    add(flow [[
      Convex answers 200 where a function fails, too: the error says so all the same, with the
      function's own `code`, `message` and `data`, and the outcome is `refused`.]])
  end
  if vendor.leaves and vendor.leaves[operation.name] then
    add(flow [[
      A refusal may leave something behind: then the outcome is `made`, and `err.value` tells
      what.]])
  end
  add(flow [[
      Values that the table of parameters does not allow are refused before anything is sent:
    `kind` is `invalid`, `outcome` is `not_sent`. Without an answer `kind` says what went wrong
    (`resolve`, `connect`, `tls`, `timeout`, `network`), see [Errors](errors.html).]])
end

write["Outcome and repeats"] = function(add, operation, vendor)
  if operation.safe then
    add(flow [[
      It only reads. After passing failures (no connection, 408, 429, 5xx) it is sent again, at
      most `retries` times (2) and within `timeout`.]])
  elseif operation.idempotent then
    add(flow [[
      A repeat changes no more than one call does. After passing failures (no connection, 408,
      429, 5xx) it is sent again, at most `retries` times (2) and within `timeout`.]])
  else
    add(flow [[
      A repeat may do it a second time. It is sent again only where that is sure to do no harm:
      when nothing was sent, after 429, and after a 503 that says that nothing was done. A failure
      after a byte has left has the outcome `unknown`.]])
  end
  if vendor.creates and vendor.creates[operation.name] then
    add "A lost answer is looked for first, as the next section says."
  end
  if vendor.done and vendor.done[operation.name] then
    add(flow [[
      Where the answer was lost and the repeat says that all has been done before, the call
      counts as done.]])
  end
end

write["Look-up"] = function(add, operation, vendor)
  local entry = vendor.creates and vendor.creates[operation.name]
  if operation.safe then return add "There is nothing to look up: it only reads." end
  if not entry then
    return add(operation.idempotent
      and "There is none: a lost answer is settled by a repeat."
      or "There is none: a lost answer leaves the outcome `unknown`. Look before you ask again.")
  end
  add(flow([[
    A lost answer is settled by looking with %s: what was made since the call began and equals what
    was asked is the answer, and the third result says `settled = "look-up"`. What is not found is
    sent again; what cannot be proved stays `unknown`. The options `reconcile = false` and
    `retries = 0` turn this off. See [Errors](errors.html).]]):format(code(entry.list)))
end

local function span(seconds)
  local units = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } }
  for _, unit in ipairs(units) do
    if seconds % unit[1] == 0 then
      local count = seconds / unit[1]
      return count == 1 and "a " .. unit[2] or ("%d %ss"):format(count, unit[2])
    end
  end
end

write.Limits = function(add, operation)
  if #operation.limits == 0 then
    return add "The vendor documents none. See [Pace](pace.html) for one of your own."
  end
  local rows = {}
  for _, limit in ipairs(operation.limits) do
    local whose = limit.credential
      and (", for credentials that begin with `%s`"):format(limit.credential) or ""
    rows[#rows + 1] = ("- %d calls %s%s%s"):format(limit[1],
      limit.per == 3600 and "an hour" or "in " .. span(limit.per),
      limit.shared and ", together with the other operations" or "", whose)
  end
  add(table.concat(rows, "\n"))
  add "The client's option `rate = \"documented\"` keeps to them, see [Pace](pace.html)."
end

local function variables_of(example)
  local api, names = catalogue.api(example.operation.api), {}
  for name in (example.lua .. example.curl):gmatch "%u+_[%u_]+" do
    if name:find("^" .. api.name:upper()) and not names[name] then
      names[name] = true
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

write.Examples = function(add, _, _, example)
  local names = variables_of(example)
  if names[1] then
    add(("The environment holds %s."):format(codes(names)))
  end
  for _, kind in ipairs { { "lua", "Lua", "lua" }, { "shell", "Shell", "sh" },
    { "curl", "curl", "sh" } } do
    add("### " .. kind[2])
    local profiles = kind[1] == "shell" and examples.profiles(example)
    if profiles then add(("The file of profiles says `%s`."):format((profiles:gsub("\n$", "")))) end
    add(("```%s\n%s```"):format(kind[3], example[kind[1]]))
  end
end

--- The page of an operation.
-- @param operation  of the catalogue
-- @param vendor     its API's table of lua/convoke/vendors/
-- @param example    of examples.add()
-- @return Markdown, with the headings of reference.sections
function reference.page(operation, vendor, example)
  local parts = { "# " .. operation.name }
  local function add(text) parts[#parts + 1] = text end
  for _, name in ipairs(reference.sections) do
    add("## " .. name)
    write[name](add, operation, vendor, example)
  end
  return table.concat(parts, "\n\n") .. "\n"
end

return reference
