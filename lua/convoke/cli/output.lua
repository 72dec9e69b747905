--- Results on standard output, in the format that was asked for.

local core = require "convoke.core"
local exit = require "convoke.cli.exit"
local layout = require "convoke.cli.table"
local text = require "convoke.cli.text"

local output = {}

-- Standard output ------------------------------------------------

--- Writes to standard output; a failure ends the command, for a result that nobody got is none.
function output.write(...)
  local written, why = io.stdout:write(...)
  if not written then exit.stop(exit.status.fault, "cannot write the result: " .. tostring(why)) end
end

--- Sends on what was written.
function output.flush()
  local flushed, why = io.stdout:flush()
  if not flushed then exit.stop(exit.status.fault, "cannot write the result: " .. tostring(why)) end
end

--- Whether what goes to a terminal may have colours.
-- @param columns  of the terminal, or nil: it is none
function output.is_coloured(columns)
  local no_colour = os.getenv "NO_COLOR"
  return columns ~= nil and (no_colour == nil or no_colour == "") and os.getenv "TERM" ~= "dumb"
end

-- Fields ------------------------------------------------

-- A field by its name, which may hold dots.
local function field_of(item, name)
  if type(item) ~= "table" then return nil end
  local value = item[name]
  if value ~= nil then return value end
  value = item
  for key in name:gmatch "[^.]+" do
    if not text.is_object(value) then return nil end
    value = value[key]
  end
  return value
end

local function schema_of(schema, name)
  for key in name:gmatch "[^.]+" do
    local found
    for _, field in ipairs(schema and schema.fields or {}) do
      if field.name == key then found = field end
    end
    schema = found
  end
  return schema
end

-- An item with only the chosen fields, and a schema that says their order.
local function picked(item, schema, names)
  if not names or not text.is_object(item) then return item, schema end
  local kept, fields = {}, {}
  for i, name in ipairs(names) do
    kept[name] = field_of(item, name)
    if kept[name] == nil then kept[name] = core.null end
    local of = schema_of(schema, name) or { type = "any" }
    fields[i] = { name = name, type = of.type, fields = of.fields, items = of.items }
  end
  return kept, { type = "object", fields = fields }
end

-- The columns of items: those of the model that any of them has, then others.
local function columns_of(items, schema)
  local seen, names = {}, {}
  local function add(name)
    if not seen[name] then
      seen[name] = true
      names[#names + 1] = name
    end
  end
  for _, item in ipairs(items) do
    if text.is_object(item) then
      for _, name in ipairs((text.keys(item, schema))) do seen[name] = false end
    end
  end
  for _, field in ipairs(schema and schema.fields or {}) do
    if seen[field.name] == false then add(field.name) end
  end
  for _, item in ipairs(items) do
    for _, name in ipairs(text.is_object(item) and text.keys(item, schema) or {}) do add(name) end
  end
  return names
end

-- The columns of a model, without a look at items.
local function columns_of_model(schema)
  local names = {}
  for i, field in ipairs(schema and schema.fields or {}) do names[i] = field.name end
  return names
end

-- Formats ------------------------------------------------
--
-- Each has: value(answer, schema), for what is no list; and for lists begin(), item(item), page():
-- the items so far are a page, and finish(). `self` holds schema (of items), fields, width, colour.

local formats = {}
for _, name in ipairs { "json", "jsonl", "lua", "csv", "lines", "table" } do
  formats[name] = {}
  formats[name].__index = formats[name]
  formats[name].begin = function() end
  formats[name].page = function() end
  formats[name].finish = function() end
end

-- These show whole answers, with what stands beside a list in them.
formats.json.whole_answers, formats.lua.whole_answers = true, true

function formats.json:value(answer, schema)
  local value, of = picked(answer, schema, self.fields)
  output.write(text.json(value, of, self.is_terminal and "" or nil), "\n")
end

function formats.json:begin() self.count = 0 end

function formats.json:item(item)
  self.count = self.count + 1
  local value, schema = picked(item, self.schema, self.fields)
  output.write(self.count == 1 and "[" or ",", self.is_terminal and "\n  " or self.count > 1
    and "\n" or "",
    text.json(value, schema, self.is_terminal and "  " or nil))
end

function formats.json:finish()
  output.write(self.count == 0 and "[" or self.is_terminal and "\n" or "", "]\n")
end

function formats.jsonl:value(answer, schema)
  local value, of = picked(answer, schema, self.fields)
  output.write(text.json(value, of), "\n")
end

function formats.jsonl:item(item) self:value(item, self.schema) end

function formats.lua:value(answer, schema)
  local value, of = picked(answer, schema, self.fields)
  output.write("return ", text.lua(value, of), "\n")
end

formats.lua.begin = function() output.write "return {" end

function formats.lua:item(item)
  local value, schema = picked(item, self.schema, self.fields)
  self.any = true
  output.write("\n  ", text.lua(value, schema, "  "), ",")
end

function formats.lua:finish() output.write(self.any and "\n" or "", "}\n") end

-- Cells of an item under names; what is no object is a cell itself.
local function cells(item, names, schema, make)
  if not text.is_object(item) then return { make(item, schema, "") } end
  local row = {}
  for i, name in ipairs(names) do
    row[i] = make(field_of(item, name), schema_of(schema, name), name)
  end
  return row
end

local function csv_cell(value, schema)
  local cell = text.plain(value, schema)
  if cell:find '[",\r\n]' or cell:find "^ " or cell:find " $" then
    cell = '"' .. cell:gsub('"', '""') .. '"'
  end
  return cell
end

function formats.csv:item(item)
  if not self.names then
    self.names = self.fields or columns_of_model(self.schema)
    if not self.names[1] then self.names = columns_of({ item }, self.schema) end
    if text.is_object(item) then
      local head = {}
      for i, name in ipairs(self.names) do head[i] = csv_cell(name) end
      output.write(table.concat(head, ","), "\n")
    end
  end
  output.write(table.concat(cells(item, self.names, self.schema, csv_cell), ","), "\n")
end

-- A list without items still has a head.
function formats.csv:finish()
  local names = not self.names and (self.fields or columns_of_model(self.schema)) or {}
  if names[1] then output.write(table.concat(names, ","), "\n") end
end

function formats.csv:value(answer, schema)
  if answer == true or answer == core.null then return end
  self.schema = schema
  self:item(answer)
end

local function line_cell(value, schema) return text.visible((text.plain(value, schema))) end

function formats.lines:item(item)
  local names = self.fields or columns_of_model(self.schema)
  if not names[1] then names = columns_of({ item }, self.schema) end
  output.write(table.concat(cells(item, names, self.schema, line_cell), "\t"), "\n")
end

function formats.lines:value(answer, schema)
  if answer == true or answer == core.null then return end
  self.schema = schema
  self:item(answer)
end

-- Tables ------------------------------------------------

local function styled(self, style, line)
  return self.colour and ("\27[%sm%s\27[0m"):format(style, line) or line
end

-- Fields that say the same of every item tell a person nothing.
local function worth_showing(names, schema)
  local kept = {}
  for _, name in ipairs(names) do
    local field = schema_of(schema, name)
    if not (field and field.enum and #field.enum == 1) then kept[#kept + 1] = name end
  end
  return kept
end

-- The columns in the order in which a person wants them: what tells items apart first, then short
-- facts, then what has parts.
local function in_order_of_use(self, names)
  local key, simple, nested = {}, {}, {}
  for _, name in ipairs(names) do
    local field = schema_of(self.schema, name)
    local kind = field and field.type
    local long = kind == "object" or kind == "array" or kind == "any" or (name:find "url" ~= nil)
    local into = name == self.key and key or long and nested or simple
    into[#into + 1] = name
  end
  for _, name in ipairs(simple) do key[#key + 1] = name end
  for _, name in ipairs(nested) do key[#key + 1] = name end
  return key
end

-- Columns for names, with what the layout wants to know of them.
local function described(self, names)
  local columns = {}
  for i, name in ipairs(names) do
    local field = schema_of(self.schema, name)
    local is_short = field and (field.enum or field.type == "integer" or field.type == "number"
      or field.type == "boolean" or field.format == "date-time")
    columns[i] = { name = name, is_key = name == self.key, is_text = not is_short }
  end
  return columns
end

function formats.table:begin() self.waiting = {} end

function formats.table:item(item) self.waiting[#self.waiting + 1] = item end

-- Prints the items so far; the first page says how wide the columns are.
function formats.table:page()
  local items = self.waiting
  if not items[1] then return end
  self.waiting = {}
  local names = self.names or self.fields
    or in_order_of_use(self, worth_showing(columns_of(items, self.schema), self.schema))
  if not names[1] then names = { "value" } end
  local rows = {}
  for i, item in ipairs(items) do rows[i] = cells(item, names, self.schema, layout.cell) end
  if not self.columns then
    self.names = names
    self.columns = layout.columns(described(self, names), rows, self.width, self.fields ~= nil)
    output.write(styled(self, "1", layout.line(self.columns, names)), "\n")
  end
  for _, row in ipairs(rows) do output.write(layout.line(self.columns, row), "\n") end
end

function formats.table:finish()
  self:page()
  if not self.columns then
    self.tell "nothing there"
  elseif #self.columns < #self.names then
    local left = {}
    for _, name in ipairs(self.names) do left[name] = true end
    for _, column in ipairs(self.columns) do left[column.name] = nil end
    local hidden = {}
    for _, name in ipairs(self.names) do
      if left[name] then hidden[#hidden + 1] = name end
    end
    self.tell(("not shown: %s; --fields or -o json shows them"):format(
      table.concat(hidden, ", ")))
  end
end

-- An object is shown with a field on each line.
function formats.table:value(answer, schema)
  if answer == true or answer == core.null then return self.tell "done" end
  if not text.is_object(answer) then
    output.write(text.visible((text.plain(answer, schema))), "\n")
    return
  end
  local names = self.fields or (text.keys(answer, schema))
  if not names[1] then return self.tell "nothing there" end
  local widest = 0
  for _, name in ipairs(names) do widest = math.max(widest, layout.width(name)) end
  for _, name in ipairs(names) do
    local value = layout.cell(field_of(answer, name), schema_of(schema, name), name)
    if self.width then value = layout.cut(value, math.max(self.width - widest - 2, 10)) end
    local label = name .. (" "):rep(widest - layout.width(name))
    output.write((styled(self, "1", label) .. "  " .. value):gsub(" +$", ""), "\n")
  end
end

-- Making one ------------------------------------------------

--- The writer of a format.
-- @param format  of options.lua, or nil: a table on a terminal, else JSON
-- @param about   table: schema (of a list's items), fields (array, or nil), key (the field that
--   tells items
--   apart, or nil), tell (function(note) for a person)
-- @return an object with value(answer, schema); and begin(), item(item), page(), finish()
function output.new(format, about)
  local columns = core.columns(1)
  format = format or (columns and "table" or "json")
  local writer = { schema = about.schema, fields = about.fields, key = about.key, tell = about.tell,
    is_terminal = columns ~= nil,
    width = columns or tonumber(os.getenv "COLUMNS" or ""),
    colour = output.is_coloured(columns) }
  return setmetatable(writer, formats[format])
end

return output
