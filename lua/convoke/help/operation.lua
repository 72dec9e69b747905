--- The help page of an operation, made from the catalogue.

local catalogue = require "convoke.catalogue"
local errors = require "convoke.errors"
local example = require "convoke.help.example"
local lay = require "convoke.help.lay"
local words = require "convoke.help.words"

local page = {}

-- Types ------------------------------------------------

local function number(value)
  return (("%.14g"):format(value):gsub("%.0$", ""))
end

local function default_of(value)
  if type(value) == "string" then return ("%q"):format(value) end
  return type(value) == "number" and number(value) or tostring(value)
end

-- "from 1 to 365", and so on; nil: no bounds.
local function bounds(least, most, unit)
  if not least and not most then return nil end
  if not most then return ("from %s%s"):format(number(least), unit) end
  if not least then return ("at most %s%s"):format(number(most), unit) end
  return ("%s to %s%s"):format(number(least), number(most), unit)
end

local plural = { string = "strings", integer = "integers", number = "numbers",
  boolean = "booleans", object = "objects", array = "arrays", any = "values", either = "values",
  null = "nulls" }

local function words_of(schema)
  local quoted = {}
  for i, word in ipairs(schema.enum) do quoted[i] = ("%q"):format(word) end
  return lay.enumerate(quoted)
end

--- A type in words, such as "integer, 1 to 365".
-- @param schema  a parameter, a field, an answer, or items of the catalogue
function page.type_of(schema)
  local kind, unit = schema.type, ""
  local text = kind or "any value"
  if schema.enum then
    text = words_of(schema)
  elseif kind == "array" then
    local items = schema.items or { type = "any" }
    text = "array of " .. (items.enum and words_of(items) or plural[items.type] or "values")
    unit = " of them"
  elseif kind == "either" then
    text = "array, or object with its own fields"
  elseif kind == "any" then
    text = "any value"
  elseif kind == "null" then
    text = "null"
  elseif kind == "string" then
    unit = " characters"
    if schema.format then text = ("string (%s)"):format(schema.format) end
  end
  local limits = bounds(schema.minimum, schema.maximum, "")
    or bounds(schema.min_length, schema.max_length, unit)
  if limits and not schema.enum then text = text .. ", " .. limits end
  for _, word in ipairs(schema.also or {}) do text = ("%s, or %q"):format(text, word) end
  if schema.nullable then text = text .. ", or null" end
  return text
end

-- Parameters and answers ------------------------------------------------

local function describe(field)
  local parts = { page.type_of(field) }
  if field.required and field.where then parts[#parts + 1] = "required" end
  if field.default ~= nil then parts[#parts + 1] = "default " .. default_of(field.default) end
  if field.alias_of then parts[#parts + 1] = "another way to say " .. field.alias_of end
  local text = table.concat(parts, "; ")
  return field.summary and text .. ". " .. field.summary or text
end

-- Rows of fields, and those of what is within them.
local function add_rows(rows, fields, level, is_param)
  for _, field in ipairs(fields) do
    local shown = field
    if is_param and level > 0 then -- there is no place, but some are required
      shown = setmetatable({ where = "body" }, { __index = field })
    end
    rows[#rows + 1] = { field.name, describe(shown), level = level }
    local inner = field.fields or field.items and field.items.fields
    if inner and level < 2 then add_rows(rows, inner, level + 1, is_param) end
  end
end

local function parameters(operation)
  if #operation.params == 0 then return "  none" end
  local rows = {}
  add_rows(rows, operation.params, 0, true)
  local lines = { lay.columns(rows, 2) }
  for _, pair in ipairs(operation.exclusions or {}) do
    lines[#lines + 1] = lay.wrap(("%s and %s cannot be given together%s."):format(pair.one,
      pair.other, pair.equal_is_fine and " unless they are the same" or ""), 2)
  end
  return table.concat(lines, "\n")
end

local function answer(operation)
  local schema = operation.answer
  local fields, rows = schema.fields, {}
  local what
  if schema.type == "null" then
    what = operation.envelope and "convoke.null: the function returns nothing"
      or "true: there is no content"
  elseif schema.type == "either" then
    what = "an array, or an object with these fields:"
  elseif schema.type == "array" and schema.items then
    fields = schema.items.fields
    what = "an array of " .. (plural[schema.items.type] or "values") .. (fields and ":" or "")
  elseif fields then
    what = "an object:"
  else
    what = page.type_of(schema)
  end
  if not fields then return lay.wrap(what, 2) end
  add_rows(rows, fields, 0, false)
  local text = lay.wrap(what, 2) .. "\n" .. lay.columns(rows, 4)
  local within = schema.type == "either" and schema.items and schema.items.fields
  for _, field in ipairs(within and fields or {}) do
    if field.items and field.items.fields == within then
      local same = ("Elements of the array are as those of %s."):format(field.name)
      return text .. "\n" .. lay.wrap(same, 2)
    end
  end
  if within then
    rows = {}
    add_rows(rows, within, 0, false)
    text = text .. "\n" .. lay.wrap("each element:", 2) .. "\n" .. lay.columns(rows, 4)
  end
  return text
end

-- Errors and limits ------------------------------------------------

local function repeats(operation)
  if operation.safe then return "It only reads, so it may be sent again at any time." end
  if operation.idempotent then
    return "A repeat changes no more than one call does, so it may be sent again."
  end
  local vendor = catalogue.find(operation.name) == operation
    and require("convoke.vendors." .. operation.api)
  if vendor and vendor.creates and vendor.creates[operation.name] then
    return "Sent again only where nothing was done; a lost answer is settled by looking."
  end
  return "Sent again only where nothing was done; a lost answer leaves the outcome unknown."
end

local function error_rows(operation)
  local rows = { { "invalid", "refused here; what is wrong is in err.fields" } }
  for _, status in ipairs(operation.errors or {}) do
    rows[#rows + 1] = { tostring(status), errors.phrase(status) }
  end
  return lay.columns(rows, 2) .. "\n" .. lay.wrap(repeats(operation), 2)
end

local function limits(operation)
  if #(operation.limits or {}) == 0 then return "  none that the vendor documents" end
  local lines = {}
  for i, limit in ipairs(operation.limits) do
    lines[i] = lay.wrap(("%s calls in %s s%s%s"):format(number(limit[1]), number(limit.per),
      limit.shared and ", of all operations together" or ", of this operation",
      limit.credential and (" (a key that begins with %s)"):format(limit.credential) or ""), 2)
  end
  return table.concat(lines, "\n")
end

-- The page ------------------------------------------------

--- How an operation is called: "clerk.invitations:create(params [, options])".
function page.signature(operation)
  local spelling = catalogue.spelling(operation)
  if not operation.resource then
    return operation.api .. ":" .. (words.spellings[operation.name]
      or ('call("%s", params [, options])'):format(operation.id))
  end
  local path = table.concat(operation.path_params, ", ")
  local rest = operation.whole_body and "list" or "params"
  if path == "" then return ("%s(%s [, options])"):format(spelling, rest) end
  return ("%s(%s [, %s [, options]])"):format(spelling, path, rest)
end

local function walks(operation)
  if not operation.paging then return nil end
  if operation.verb == "list" and operation.resource then
    return ("Every page: %s(params) in a loop, or %s(params) as an array.")
      :format(catalogue.spelling(operation, "each"), catalogue.spelling(operation, "all"))
  end
  return ('Every page: %s:each("%s", params) in a loop, or %s:all("%s", params) as an array.')
    :format(operation.api, operation.id, operation.api, operation.id)
end

local function indent(text)
  return "  " .. text:gsub("\n", "\n  ")
end

--- The sections of an operation's page, in order: array of { title, text }.
-- @param title  of its API
function page.sections(operation, title)
  return {
    { "Parameters", parameters(operation) },
    { "Answer", answer(operation) },
    { "Errors", error_rows(operation) },
    { "Limits", limits(operation) },
    { "Example", indent(example.of(operation)) },
    { "Reference", lay.wrap(("%s, as the reference of %s calls it"):format(operation.id,
      title), 2) },
  }
end

--- The page as text.
-- @param operation  of the catalogue or of a document
-- @param api        whose it is; nil: the catalogue knows
function page.text(operation, api)
  local title = api and api.title or operation.api
  if catalogue.find(operation.name) == operation then
    title = catalogue.api(operation.api).title
  end
  local lines = { lay.wrap(page.signature(operation), 4, ""),
    lay.wrap(((operation.summary or operation.id) .. "."):gsub("%.%.$", "."), 2),
    ("  %s %s"):format(operation.method, operation.path) }
  local walk = walks(operation)
  if walk then lines[#lines + 1] = lay.wrap(walk, 2) end
  for _, section in ipairs(page.sections(operation, title)) do
    lines[#lines + 1] = ""
    lines[#lines + 1] = section[1]
    lines[#lines + 1] = section[2]
  end
  lines[#lines + 1] = lay.wrap(('%s:dry("%s", ...) shows the request, %s:curl(...) the command.')
    :format(operation.api, operation.id, operation.api), 2)
  if catalogue.find(operation.name) == operation then
    lines[#lines + 1] = ("  In a shell: convoke help %s"):format((operation.name:gsub("%.", " ")))
  end
  return table.concat(lines, "\n")
end

return page
