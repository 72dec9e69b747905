--- Error objects: what every failed call returns as its second value.
--
-- Fields: kind, outcome, operation, message, and where they apply status, code, fields,
-- retry_after, budget_empty (true: it was not sent again because the client's retry budget was used
-- up), request_id, attempts, elapsed, data, body, log_lines, value (what was made although the API
-- reported a failure). The error bodies of the vendors are read here, a function for each of their
-- shapes.

local cjson = require "cjson"

local errors = {}

local null = cjson.null
local most_text = 4096 -- bytes of a raw body kept in an error
local most_words = 200 -- bytes of it that are words of the message
local most_rows, most_name = 100, 200 -- fields of an error, and bytes of a name among them

local metatable = { __name = "convoke.error" }

-- Tenths where there are any, rounded up: who waits for so long has waited long enough.
local function show_seconds(seconds)
  return (("%.1f"):format(math.ceil(seconds * 10) / 10):gsub("%.0$", ""))
end

--- One line: `clerk.invitations.create: 400 duplicate_record: ... (request 7f3a..., 1 attempt)`.
-- What it says beside: `retry after 30 s`, `retry budget empty`.
function metatable.__tostring(err)
  local what = err.kind ~= "http" and err.kind or nil
  local words = {}
  for _, word in ipairs { what or false, err.status or false, err.code or false } do
    if word then words[#words + 1] = tostring(word) end
  end
  local notes = {}
  if err.outcome == "made" then notes[1] = "made all the same" end
  if err.request_id then notes[#notes + 1] = "request " .. err.request_id end
  if err.attempts and err.attempts > 0 then
    notes[#notes + 1] = err.attempts .. (err.attempts == 1 and " attempt" or " attempts")
  end
  local line = err.operation .. ": " .. table.concat(words, " ")
  if err.message and err.message ~= "" then line = line .. ": " .. err.message end
  local wait = err.retry_after
  if wait and wait > 0 and (err.kind == "http" or err.kind == "timeout") then
    notes[#notes + 1] = ("retry after %s s"):format(show_seconds(wait))
  end
  if err.budget_empty then notes[#notes + 1] = "retry budget empty" end
  if #notes > 0 then line = line .. " (" .. table.concat(notes, ", ") .. ")" end
  return (line:gsub("%c+", " "))
end

function metatable.__concat(left, right)
  return tostring(left) .. tostring(right)
end

--- Makes an error object of a table of its fields.
function errors.new(fields)
  return setmetatable(fields, metatable)
end

--- Whether a value is an error object.
function errors.is(value)
  return type(value) == "table" and getmetatable(value) == metatable
end

--- The error of a call that was refused here; `faults` is an array of { field =, message = }.
function errors.invalid(operation, faults)
  local texts = {}
  for i, fault in ipairs(faults) do
    if i > 5 then
      texts[i] = ("and %d more"):format(#faults - 5)
      break
    end
    texts[i] = fault.field .. " " .. fault.message
  end
  return errors.new {
    kind = "invalid",
    outcome = "not_sent",
    operation = operation.name,
    message = table.concat(texts, "; "),
    fields = faults,
    attempts = 0,
    elapsed = 0,
  }
end

-- Reading the bodies of refusals ------------------------------------------------

local function text_or_nil(value)
  return type(value) == "string" and value ~= "" and value or nil
end

local function is_table(value)
  return type(value) == "table"
end

-- The texts of a list as one, or the text itself.
local function all_text(value)
  if not is_table(value) then return text_or_nil(value) end
  local texts = {}
  for _, text in ipairs(value) do texts[#texts + 1] = text_or_nil(text) end
  return text_or_nil(table.concat(texts, "; "))
end

local function sorted_keys(object)
  local keys = {}
  for key in pairs(object) do
    if type(key) == "string" then keys[#keys + 1] = key end
  end
  table.sort(keys)
  return keys
end

-- The first `size` bytes, less what they hold of a character that is cut.
local function first_bytes(text, size)
  local words = text:sub(1, size)
  if text:find("^[\128-\191]", size + 1) then words = words:gsub("[\192-\255][\128-\191]*$", "") end
  return words
end

-- Adds { field, message } rows for an object of messages by field, nested ones with their path. A
-- path is said again in each row, so that a large answer must not name its fields at any length.
local function add_fields(rows, object, path)
  for _, key in ipairs(sorted_keys(object)) do
    local value = object[key]
    local name = #key > most_name and first_bytes(key, most_name) .. "..." or key
    local field = path and path .. "." .. name or name
    if #rows >= most_rows then return end
    if type(value) == "string" then
      rows[#rows + 1] = { field = field, message = value }
    elseif is_table(value) and value[1] ~= nil then
      for i, element in ipairs(value) do
        if type(element) == "string" then
          rows[#rows + 1] = { field = field, message = element }
        elseif is_table(element) then
          add_fields(rows, element, ("%s[%d]"):format(field, i))
        end
      end
    elseif is_table(value) then
      add_fields(rows, value, field)
    end
  end
end

local function summarize(rows)
  local texts = {}
  for i, row in ipairs(rows) do texts[i] = row.field .. ": " .. row.message end
  return table.concat(texts, "; ")
end

local shapes = {}

-- {"errors":[{"code","message","long_message","meta":{"param_name"}}],"clerk_trace_id"}
function shapes.clerk(data, facts)
  local list = is_table(data.errors) and data.errors or {}
  local texts, rows = {}, {}
  facts.request_id = text_or_nil(data.clerk_trace_id)
  for _, item in ipairs(list) do
    if is_table(item) then
      local text = text_or_nil(item.long_message) or text_or_nil(item.message)
      local field = is_table(item.meta) and text_or_nil(item.meta.param_name)
      facts.code = facts.code or text_or_nil(item.code)
      facts.request_id = facts.request_id or text_or_nil(item.clerk_trace_id)
      texts[#texts + 1] = text
      if field then
        rows[#rows + 1] = { field = field, message = text or text_or_nil(item.code) or "" }
      end
    end
  end
  facts.message = text_or_nil(table.concat(texts, "; "))
  facts.fields = rows
end

-- Text that the framework uses for one field of the body only.
local whole_body = { non_field_errors = true, __all__ = true, detail = true }

-- {"detail":"..","code":".."}, ["..", ".."], "..", {"field":[".."]}, {"error":".."}, maintenance
function shapes.django(data, facts)
  if type(data) == "string" then
    facts.message = text_or_nil(data)
    return
  end
  if data.maintenance == true then
    facts.code = "maintenance"
    facts.message = text_or_nil(data.maintenance_message) or "down for maintenance"
    if text_or_nil(data.maintenance_eta) then
      facts.message = ("%s (expected back %s)"):format(facts.message, data.maintenance_eta)
    end
    return
  end
  if data[1] ~= nil then
    facts.message = all_text(data)
    return
  end
  facts.code = text_or_nil(data.code)
  facts.message = all_text(data.detail) or all_text(data.non_field_errors)
  if facts.message and data.detail ~= nil then return end
  local rows, named = {}, {}
  for key, value in pairs(data) do
    if not whole_body[key] then named[key] = value end
  end
  if next(named) == "error" and next(named, "error") == nil and text_or_nil(named.error) then
    facts.message = named.error -- a lone `error` is no field
    return
  end
  add_fields(rows, named)
  facts.fields = rows
  facts.message = facts.message or text_or_nil(summarize(rows))
end

-- {"message":"..","errors":{"field":".."}}; `details` is known from the vendor's own client
function shapes.edgegap(data, facts)
  local rows = {}
  if is_table(data.errors) then add_fields(rows, data.errors) end
  facts.fields = rows
  facts.message = text_or_nil(data.message) or text_or_nil(data.details)
  if #rows > 0 then
    facts.message = (facts.message and facts.message .. ": " or "") .. summarize(rows)
  end
end

-- The text without white space at its end. ("%s+$" would look at a run from each of its places.)
local function without_end(text)
  return text:match "^.*%S" or ""
end

-- The text of a development deployment: the request's id, "Server Error", then what was thrown.
local function read_convex_text(text, facts)
  facts.request_id = text:match("^%[Request ID: ([^%]]+)%]")
  local rest = text:gsub("^%[Request ID: [^%]]+%]%s*", "")
  local thrown = rest:gsub("^Server Error%s*", ""):gsub("^Uncaught ", "")
  thrown = without_end(thrown:gsub("\n[^%S\n]+at .*$", ""))
  local class, message = thrown:match("^(%a*Error):%s*(.*)$")
  if class then
    if class ~= "Error" then facts.code = class end
    thrown = message
  end
  facts.message = text_or_nil(thrown) or text_or_nil(rest) or "Server Error"
  local field = thrown:match("required field [`\"']([^`\"']+)[`\"']")
    or thrown:match("extra field [`\"']([^`\"']+)[`\"']")
    or thrown:match("Path: %.([^%s]+)")
  if facts.code == "ArgumentValidationError" and field then
    facts.fields = { { field = field, message = thrown:match("^[^\n]*") } }
  end
  -- An application error that was returned, not thrown, comes as text with JSON in it.
  local json = thrown:match("^ConvexError%s+(%b{})")
  local ok, value = pcall(cjson.decode, json or "")
  if not ok and value == "not enough memory" then error(value, 0) end
  if ok and is_table(value) and is_table(value.data) then return value.data end
end

-- {"status":"error","errorMessage","errorData"} with 200 and 560, else {"code","message"}
function shapes.convex(data, facts)
  if data.errorMessage == nil and data.status ~= "error" then
    facts.code = text_or_nil(data.code)
    facts.message = text_or_nil(data.message)
    return
  end
  local hidden = read_convex_text(text_or_nil(data.errorMessage) or "", facts)
  local thrown = data.errorData
  facts.log_lines = is_table(data.logLines) and data.logLines or nil
  if thrown == nil then thrown = hidden end
  facts.data = thrown
  if is_table(thrown) then
    facts.code = text_or_nil(thrown.code) or text_or_nil(thrown.name) or facts.code
    facts.message = text_or_nil(thrown.message) or facts.message
  elseif type(thrown) == "string" then
    facts.message = text_or_nil(thrown) or facts.message
  end
end

--- What an error body says, by the API's shape: { code, message, fields, request_id, data, ... }.
-- `data` is the decoded body (any JSON value) or nil.
function errors.read(shape, data)
  local facts = {}
  if is_table(data) or (shape == "django" and type(data) == "string") then
    shapes[shape](data, facts)
  end
  if facts.data == nil and data ~= null then facts.data = data end
  if facts.fields and #facts.fields == 0 then facts.fields = nil end
  return facts
end

-- Words for a status whose body says nothing.
local phrases = {
  [400] = "bad request",
  [401] = "not authenticated",
  [403] = "not allowed",
  [404] = "not found",
  [405] = "method not allowed",
  [406] = "not acceptable",
  [408] = "the server gave up waiting",
  [409] = "conflict",
  [410] = "gone",
  [413] = "the request is too large",
  [415] = "unsupported content type",
  [422] = "not processable",
  [429] = "too many requests",
  [500] = "internal server error",
  [502] = "bad gateway",
  [503] = "service unavailable",
  [504] = "gateway timeout",
}

-- What stands in a page's title, or nil.
local function title_of(text)
  local _, opened = text:find("<[tT][iI][tT][lL][eE][^<>]*>")
  local closed = opened and text:find("</", opened, true)
  return closed and text:sub(opened + 1, closed - 1)
end

--- Words for a body that is no JSON: the title of a page or the beginning of a text; nil: none.
function errors.describe_text(text)
  local plain = title_of(text) or text:gsub("<[^<>]*>", " ")
  plain = plain:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
  return text_or_nil(first_bytes(plain, most_words))
end

--- Words for a redirect. Of its target they show the origin and the short parts of its path: a
-- query, a user or a long part may be a secret (a login, the token of an invitation).
-- @param location  the Location header, or nil
function errors.redirection(location)
  local target = (location or ""):gsub("[?#].*$", "")
  local origin = target:match "^%a*:?//[^/]*" or ""
  local path = target:sub(#origin + 1):gsub("[^/]+", function(part)
    if #part > 20 then return "..." end
  end)
  target = first_bytes(origin:gsub("//.*@", "//") .. path, most_words)
  return "moved" .. (target ~= "" and " to " .. target or "") .. " (redirects are not followed)"
end

--- A phrase for a status.
function errors.phrase(status)
  return phrases[status] or (status >= 500 and "server error") or "refused"
end

errors.most_text = most_text

return errors
