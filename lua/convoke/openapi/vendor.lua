--- Error bodies of APIs that nobody has described more closely: problem documents (RFC 9457) and
-- the shapes that most others have.

local errors = require "convoke.errors"

local vendor = {}

local text_or_nil = errors.text_or_nil

local function is_table(value) return type(value) == "table" end

-- A word for machines, or nil.
local function code_of(value)
  if type(value) == "number" then return tostring(value) end
  return text_or_nil(value)
end

local code_names = { "code", "error_code", "errorCode", "err", "reason", "type", "name" }
local message_names = { "message", "detail", "error_description", "description", "msg", "title",
  "error_message", "errorMessage", "details" }
local place_names = { "field", "param", "path", "loc", "property", "location", "key", "name",
  "pointer", "attribute" }

local function first_of(object, wanted, read)
  for _, name in ipairs(wanted) do
    local value = read(object[name])
    if value then return value end
  end
end

-- Where an element of a list of errors says that it is: a text, or an array of names.
local function place_of(value)
  if is_table(value) then
    local parts = {}
    for _, part in ipairs(value) do parts[#parts + 1] = tostring(part) end
    return parts[1] and table.concat(parts, ".") or nil
  end
  return text_or_nil(value)
end

-- Adds rows for a list of errors, or for an object of messages by field.
local function add_rows(rows, list)
  if list[1] == nil then
    errors.add_fields(rows, list)
    return
  end
  for _, element in ipairs(list) do
    if #rows >= 100 then return end
    if is_table(element) then
      local place = first_of(element, place_names, place_of)
        or is_table(element.source) and place_of(element.source.pointer or element.source.parameter)
        or is_table(element.meta) and first_of(element.meta, { "param_name", "field" }, place_of)
      local message = first_of(element, message_names, text_or_nil)
      if message and place then rows[#rows + 1] = { field = place, message = message } end
    end
  end
end

-- The object that tells most: the body itself, what it wraps, or the first of a list of errors.
local function teller_of(data)
  if is_table(data.error) and data.error[1] == nil then return data.error end
  local list = is_table(data.errors) and data.errors or is_table(data.error) and data.error or data
  if is_table(list[1]) and not first_of(data, { "message", "detail", "title" }, text_or_nil) then
    return list[1]
  end
  return data
end

--- What an error body says.
function vendor.read_error(data, facts)
  if not is_table(data) then
    facts.message = text_or_nil(data)
    return
  end
  local teller = teller_of(data)
  facts.code = first_of(teller, code_names, code_of)
    or (teller ~= data and first_of(data, code_names, code_of) or nil) or text_or_nil(data.error)
  facts.message = first_of(teller, message_names, text_or_nil)
    or first_of(data, message_names, text_or_nil) or text_or_nil(data.error)
  if facts.message == facts.code and type(data.error) == "string" and data.error:find "%s" then
    facts.code = nil
  end
  facts.request_id = first_of(data, { "request_id", "requestId", "trace_id" }, text_or_nil)
    or text_or_nil(teller.request_id)
  local rows = {}
  for _, name in ipairs { "errors", "invalid_params", "invalid-params", "details", "fields",
      "validation_errors", "context_info", "detail" } do
    local list = teller[name] or data[name]
    if is_table(list) and #rows == 0 then add_rows(rows, list) end
  end
  if #rows == 0 and data[1] ~= nil then add_rows(rows, data) end
  local own = place_of(teller.param)
  if #rows == 0 and own and facts.message then
    rows[1] = { field = own, message = facts.message }
  end
  facts.fields = rows
  if not facts.message and #rows > 0 then facts.message = errors.summarize(rows) end
end

--- What clients of a document know beside it.
function vendor.new()
  return { creates = {}, done = {}, read_error = vendor.read_error, errors_can_be_text = true }
end

return vendor
