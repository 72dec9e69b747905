--- Values of parameters, read from texts as their types say.

local core = require "convoke.core"
local exit = require "convoke.cli.exit"

local values = {}

local read_standard_input -- whether that was done: it can be read once

--- What a file holds; "-" is standard input.
function values.file(path)
  local file = io.stdin
  if path == "-" then
    if read_standard_input then exit.usage "standard input can be read once only" end
    read_standard_input = true
  else
    local missing
    file, missing = io.open(path, "rb")
    if not file then exit.usage("cannot read " .. missing) end
  end
  local text, why = file:read "*a"
  if path ~= "-" then file:close() end
  if not text then exit.usage(("cannot read %s: %s"):format(path, why)) end
  return text
end

-- The text that a word stands for: @FILE is what the file holds, @@ begins a text with @. The last
-- line feed of a file counts where any bytes may be sent.
local function expand(word, schema)
  if word:sub(1, 2) == "@@" then return word:sub(2) end
  if word:sub(1, 1) ~= "@" then return word end
  local held = values.file(word:sub(2))
  return schema.bytes and held or (held:gsub("\r?\n$", ""))
end

local function is_whole_number(value)
  return type(value) == "number"
    or type(value) == "table" and getmetatable(value) == getmetatable(core.int64(0))
end

local function from_json(name, text)
  local value, why = core.read(text)
  if value == nil then
    exit.usage(("--%s: this is not JSON: %s"):format(name, why),
      ([[Such a value is written like '{"team":"red"}', or by field: --%s.team red]]):format(name))
  end
  return value
end

local readers = {}

function readers.string(text) return text end

function readers.boolean(text, name)
  if text == "true" then return true end
  if text == "false" then return false end
  exit.usage(("--%s must be true or false, not %s"):format(name, text))
end

-- What is no number stays a text, which the call refuses with its own words.
function readers.number(text)
  local value = core.read(text)
  return is_whole_number(value) and value or text
end

readers.integer = readers.number

function readers.object(text, name) return from_json(name, text) end

readers.array, readers.either = readers.object, readers.object

-- JSON where it is that, else the text itself.
function readers.any(text)
  local value = core.read(text)
  if value == nil then return text end
  return value
end

-- A text by its type. Where null may stand, the word null is it.
local function read(text, schema, name)
  if schema.nullable and text == "null" and schema.type ~= "string" then return core.null end
  return (readers[schema.type] or readers.any)(text, name)
end

-- An array is one JSON text, or an element for each time that the option is given.
local function read_array(texts, schema, name)
  if #texts == 1 and (texts[1]:find "^%s*%[" or texts[1] == "null") then
    return read(texts[1], schema, name)
  end
  local elements = core.array {}
  for i, text in ipairs(texts) do elements[i] = read(text, schema.items or { type = "any" },
    name) end
  return elements
end

--- The value of a parameter.
-- @param words   what was given for it, once or several times
-- @param schema  the parameter, as the catalogue has it
-- @param name    that messages call it by
function values.read(words, schema, name)
  local texts = {}
  for i, word in ipairs(words) do texts[i] = expand(word, schema) end
  if schema.type == "array" then return read_array(texts, schema, name) end
  if texts[2] then exit.usage(("--%s is given twice"):format(name)) end
  return read(texts[1], schema, name)
end

local typed = { number = true, integer = true, boolean = true, object = true, array = true }

--- The value of a parameter that is a cell of a table. What is not of its type stays a text, which
-- the call refuses with its own words. No cell is the name of a file.
-- @param schema  the parameter, or nil: there is none of that name
function values.of_cell(text, schema)
  if not (schema and typed[schema.type]) then return text end
  local value = core.read(text)
  if value == nil then return text end
  return value
end

local function field_named(schema, name)
  for _, field in ipairs(schema and schema.fields or {}) do
    if field.name == name then return field end
  end
end

--- Sets a field inside a parameter: `--public_metadata.team red`.
-- @param params  table of values by parameter, which is changed
-- @param schema  the parameter
-- @param path    array of names below it
-- @param word    what was given
function values.set_inside(params, schema, path, word)
  local name = schema.name
  if params[name] == nil then params[name] = core.object {} end
  local place, of = params[name], schema
  for i, key in ipairs(path) do
    if type(place) ~= "table" or getmetatable(place) == getmetatable(core.array {}) then
      exit.usage(("--%s.%s: %s is no object"):format(name, table.concat(path, "."),
        i == 1 and name or path[i - 1]))
    end
    of = field_named(of, key)
    if i == #path then
      of = of or { type = "any" }
      place[key] = read(expand(word, of), of, name .. "." .. table.concat(path, "."))
      return
    end
    if place[key] == nil then place[key] = core.object {} end
    place = place[key]
  end
end

--- All parameters of a call, out of JSON text.
-- @param source  where it is from, for messages
function values.document(text, source)
  local value, why = core.read(text)
  if type(value) ~= "table" then
    exit.usage(("the parameters in %s must be a JSON object%s"):format(source,
      value == nil and ": " .. why or ""))
  end
  return value
end

return values
