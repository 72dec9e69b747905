--- Values as a person wants to read them: indented Lua, long values cut; errors in lines that say
-- what to do next.

local catalogue = require "convoke.catalogue"
local core = require "convoke.core"
local errors = require "convoke.errors"
local lay = require "convoke.help.lay"

local show = {}

local array, object = getmetatable(core.array {}), getmetatable(core.object {})
local int64, bytes = getmetatable(core.int64(0)), getmetatable(core.bytes "")

local most_text = 60 -- bytes of a string; of a longer one some fewer are shown
local most_items = 20 -- elements of an array, and half as many of one within another
local most_fields = 60 -- of an object
local most_depth = 8

-- Scalars ------------------------------------------------

local escapes = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\\"] = "\\\\", ['"'] = '\\"' }

local function quote(text)
  return '"' .. text:gsub('[%c\\"\127]', function(c)
    return escapes[c] or ("\\%03d"):format(c:byte())
  end) .. '"'
end

local function with_commas(count)
  local digits = ("%d"):format(count)
  repeat
    local more
    digits, more = digits:gsub("^(%d+)(%d%d%d)", "%1,%2")
  until more == 0
  return digits
end

-- A string in quotes; of a long one the beginning, never a part of a character.
local function show_text(text)
  if #text <= most_text then return quote(text) end
  local size = most_text - 20
  while size > 0 and text:find("^[\128-\191]", size + 1) do size = size - 1 end
  return ('%s --[[ of %s bytes ]]'):format(quote(text:sub(1, size) .. "..."), with_commas(#text))
end

local function show_number(number)
  if number ~= number then return "0/0" end
  if number == math.huge then return "1/0" end
  if number == -math.huge then return "-1/0" end
  if math.type and math.type(number) == "integer" then return ("%d"):format(number) end
  local text = ("%.14g"):format(number)
  if tonumber(text) ~= number then text = ("%.17g"):format(number) end
  if math.type and not text:find "[%.en]" then text = text .. ".0" end
  return text
end

-- What a value of the library's own is, or nil for a plain table.
local function show_own(value)
  local metatable = getmetatable(value)
  if metatable == int64 then return ('convoke.int64 "%s"'):format(tostring(value)) end
  if metatable == bytes then return "convoke.bytes " .. show_text(value:raw()) end
  if metatable == nil or metatable == array or metatable == object then return nil end
  if metatable.__name == "convoke.request" then return tostring(value) end -- what would be sent
  if errors.is(value) or (type(value) == "table" and metatable.__tostring) then
    return "<" .. tostring(value) .. ">"
  end
end

local function show_scalar(value)
  local kind = type(value)
  if value == core.null then return "convoke.null" end
  if kind == "string" then return show_text(value) end
  if kind == "number" then return show_number(value) end
  if kind == "nil" or kind == "boolean" then return tostring(value) end
  if kind == "function" then
    local operation, _, walks = catalogue.operation_of(value)
    if operation then return "<" .. catalogue.spelling(operation, walks) .. ">" end
  end
  return show_own(value) or "<" .. tostring(value) .. ">"
end

-- Tables ------------------------------------------------

local words = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat
  return then true until while]]):gmatch "%a+" do words[word] = true end

local function show_key(key)
  if type(key) == "string" and key:find "^[%a_][%w_]*$" and not words[key] then return key end
  return "[" .. show_scalar(key) .. "]"
end

-- Numbers come before texts, and those before what has no order.
local function is_before(one, other)
  local a, b = type(one), type(other)
  if a == b and (a == "number" or a == "string") then return one < other end
  if a ~= b and (a == "number" or b == "number") then return a == "number" end
  if a ~= b and (a == "string" or b == "string") then return a == "string" end
  return tostring(one) < tostring(other)
end

-- The keys of a table beyond its array part, in order.
local function sorted_keys(value, size)
  local keys = {}
  for key in next, value do
    local in_array = type(key) == "number" and key % 1 == 0 and key >= 1 and key <= size
    if not in_array then keys[#keys + 1] = key end
  end
  table.sort(keys, is_before)
  return keys
end

local render -- below

-- The parts of a table, each as text: elements, fields, and what was left out.
local function parts_of(printer, value, path, depth, is_free)
  local parts, size = {}, #value
  local most = depth == 0 and most_items or math.ceil(most_items / 2)
  for i = 1, math.min(size, most) do
    parts[i] = render(printer, rawget(value, i), ("%s[%d]"):format(path, i), depth + 1, is_free)
  end
  if size > most then parts[#parts + 1] = ("-- and %s more"):format(with_commas(size - most)) end
  local keys = sorted_keys(value, size)
  for i, key in ipairs(keys) do
    if i > most_fields then
      parts[#parts + 1] = ("-- and %s more fields"):format(with_commas(#keys - most_fields))
      break
    end
    local name = show_key(key)
    local at = path .. (name:sub(1, 1) == "[" and name or "." .. name)
    parts[#parts + 1] = name .. " = " .. render(printer, rawget(value, key), at, depth + 1, is_free)
  end
  return parts
end

-- How a table's mark is written, where its content does not say it: the outermost mark of a
-- free-form value, and those of empty tables.
local function mark_of(value, is_free)
  local metatable = getmetatable(value)
  if metatable ~= array and metatable ~= object then return "" end
  local content = #value > 0 and array or next(value) ~= nil and object
  if is_free and content == metatable then return "" end
  return metatable == array and "convoke.array " or "convoke.object "
end

-- Parts of which none is long, as many in a line as fit.
local function fill(printer, parts, indent)
  local lines, line = {}, indent
  for i, part in ipairs(parts) do
    local more = part .. (i < #parts and "," or "")
    if line ~= indent and #line + 1 + #more > printer.width then
      lines[#lines + 1] = line
      line = indent
    end
    line = line == indent and line .. more or line .. " " .. more
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

local function are_short(parts)
  for _, part in ipairs(parts) do
    if #part > 12 or part:find "[={}]" then return false end
  end
  return true
end

-- On one line where it fits there, else a part a line.
local function join(printer, parts, mark, depth)
  if #parts == 0 then return mark .. "{}" end
  local line = mark .. "{ " .. table.concat(parts, ", ") .. " }"
  local is_plain = not line:find("\n", 1, true) and not line:find("-- and ", 1, true)
  -- With a key before it and a comma behind.
  if is_plain and depth > 0 and #line <= printer.width - 2 * depth - 22 then return line end
  local indent = ("  "):rep(depth + 1)
  local note = parts[#parts]:find "^%-%-" and table.remove(parts)
  if are_short(parts) then parts = { (fill(printer, parts, indent):sub(#indent + 1)) } end
  parts[#parts + 1] = note or nil
  for i, part in ipairs(parts) do
    parts[i] = indent .. part .. (part:find "^%-%-" and "" or ",")
  end
  return mark .. "{\n" .. table.concat(parts, "\n") .. "\n" .. ("  "):rep(depth) .. "}"
end

function render(printer, value, path, depth, is_free)
  if type(value) ~= "table" or show_own(value) then return show_scalar(value) end
  local before = printer.seen[value]
  if before then return ("{} --[[ %s again ]]"):format(before) end
  local mark = mark_of(value, is_free)
  if depth >= most_depth and next(value) ~= nil then return mark .. "{} --[[ deeper ]]" end
  printer.seen[value] = path
  local parts = parts_of(printer, value, path, depth, is_free or mark ~= "")
  printer.seen[value] = nil
  return join(printer, parts, mark, depth)
end

-- Errors ------------------------------------------------

local function seconds(number)
  return (("%.1f"):format(math.ceil(number * 10) / 10):gsub("%.0$", "")) .. " s"
end

-- The listing in which one can look for what a call may have made, or nil.
local function listing_of(name)
  local operation = catalogue.find(name)
  for _, other in ipairs(operation and catalogue.api(operation.api).operations or {}) do
    if other.resource == operation.resource and other.verb == "list" then return other end
  end
end

-- What to do about a refusal with such a status.
local advice = {
  [400] = "Mend the request, then call again.",
  [401] = "Check the client's credential.",
  [402] = "The account's plan does not allow it.",
  [403] = "The client's credential may not do this.",
  [404] = "Nothing has that id or name.",
  [409] = "It is in conflict with what is there.",
  [422] = "Mend the request, then call again.",
  [429] = "Give the client a rate, or call again later.",
}

-- When it makes sense to call again.
local function again(err)
  if err.retry_after and err.retry_after > 0 then
    return ("Call again after %s."):format(seconds(err.retry_after))
  end
  if err.budget_empty then return "Wait before you call again: many calls have failed lately." end
  return "It is safe to call again."
end

local next_step = {}

function next_step.not_sent(err)
  if err.kind == "invalid" then
    return ('Nothing was sent. Mend this and call again; help "%s" says what it takes.')
      :format(err.operation)
  end
  return "Nothing was sent. " .. again(err)
end

function next_step.refused(err)
  local what = advice[err.status] or "Mend the request, then call again."
  if err.retry_after and err.retry_after > 0 then what = again(err) end
  return "The API refused; nothing was done. " .. what
end

function next_step.made(err)
  local about = "The API reported a failure, yet it was made."
  if err.value ~= nil then about = about .. " It is in the error's field value." end
  return about .. " Do not call again."
end

function next_step.unknown(err)
  local operation = catalogue.find(err.operation)
  if operation and operation.idempotent then
    return "It may have happened. It is safe to call again: a repeat changes no more."
  end
  local listing = listing_of(err.operation)
  return "It may have happened. Look before you call again"
    .. (listing and (": %s {}"):format(catalogue.spelling(listing)) or ".")
end

-- An error's own line, without what its fields say in lines of their own.
local function headline(err)
  if not err.fields or not err.fields[1] then return tostring(err) end
  local copy = {}
  for name, value in pairs(err) do copy[name] = value end
  local said = err.kind == "invalid" or err.message == errors.summarize(err.fields)
  if said then copy.message = nil end
  return tostring(errors.new(copy))
end

--- An error as a person reads it: one line, then its fields, a line each, then what to do next.
-- @param err  an error object
-- @return text
function show.error_text(err)
  local lines, widest = { headline(err) }, 0
  local rows = err.fields or {}
  for _, row in ipairs(rows) do widest = math.max(widest, math.min(#row.field, 30)) end
  for _, row in ipairs(rows) do
    local text = ("  %-" .. widest .. "s  %s"):format(row.field, row.message)
    lines[#lines + 1] = text:gsub("%c+", " ")
  end
  local advise = next_step[err.outcome]
  if advise then lines[#lines + 1] = lay.wrap(advise(err), 0) end
  return table.concat(lines, "\n")
end

-- What a client or a resource has, by name: text, or nil for any other value.
local function show_members(value)
  if not require("convoke.client").what(value) then return nil end
  local names = {}
  for name in getmetatable(value).__pairs(value) do names[#names + 1] = name end
  return lay.wrap(table.concat(names, ", "), 2)
end

-- For users ------------------------------------------------

--- A value as text.
-- @param value    of any type
-- @param options  table or nil: width (of a line, 80)
-- @return text, without a newline at its end
function show.text(value, options)
  if errors.is(value) then return show.error_text(value) end
  local members = show_members(value)
  if members then return show_own(value) .. "\n" .. members end
  local operation = type(value) == "function" and catalogue.operation_of(value)
  if operation then
    return show_scalar(value) .. "\n" .. lay.wrap(operation.summary or operation.id, 2)
  end
  local printer = { width = options and options.width or 80, seen = {} }
  return render(printer, value, "_", 0, false)
end

--- What a call returned as text: the value; or, where there is none, the error.
function show.result(value, err, ...)
  if value == nil and errors.is(err) then return show.error_text(err) end
  if value == nil and type(err) == "string" and select("#", ...) == 0 then
    return "nil --[[ " .. err .. " ]]"
  end
  return show.text(value)
end

--- convoke.show(value [, err]): prints it.
return setmetatable(show, { __call = function(_, ...)
  print(show.result(...))
end })
