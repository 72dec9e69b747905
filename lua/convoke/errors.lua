--- Error objects: what every failed call returns as its second value.
--
-- Fields: kind, outcome, operation, message, and where they apply status, code, fields,
-- retry_after, budget_empty (true: it was not sent again because the client's retry budget was used
-- up), request_id, attempts, elapsed, data, body, log_lines, value (what was made although the API
-- reported a failure). Each vendor's file in vendors/ knows what its error bodies look like.

local null = require("convoke.core").null

local errors = {}

local most_text = 4096 -- bytes of a raw body kept in an error
local most_words = 200 -- bytes of it that are words of the message
local most_rows, most_name = 100, 200 -- fields of an error, and bytes of a name among them

local metatable = { __name = "convoke.error" }

-- Seconds with at most one decimal place, rounded up: to wait for what is shown is long enough.
local function show_seconds(seconds)
  return (("%.1f"):format(math.ceil(seconds * 10) / 10):gsub("%.0$", ""))
end

--- One line: `clerk.invitations.create: 400 duplicate_record: ... (request 7f3a..., 1 attempt)`.
-- Where they apply, `retry after 30 s` and `retry budget empty` follow.
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

--- A text that says something, or nil for any other value.
function errors.text_or_nil(value)
  return type(value) == "string" and value ~= "" and value or nil
end

local text_or_nil = errors.text_or_nil

local function is_table(value)
  return type(value) == "table"
end

--- The texts of a list as one, or the text itself; nil where there is none.
function errors.all_text(value)
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

--- Adds { field =, message = } rows for an object of messages by field, nested ones with their
-- path. Rows and names are cut: a path is said again in each row, so that a large answer must not
-- name its fields at any length.
-- @param rows    array that the rows are added to
-- @param object  field -> text, array of texts, or object of such
-- @param path    of the object, or nil
function errors.add_fields(rows, object, path)
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
          errors.add_fields(rows, element, ("%s[%d]"):format(field, i))
        end
      end
    elseif is_table(value) then
      errors.add_fields(rows, value, field)
    end
  end
end

--- Rows as one text: `email: is not valid; role: ...`.
function errors.summarize(rows)
  local texts = {}
  for i, row in ipairs(rows) do texts[i] = row.field .. ": " .. row.message end
  return table.concat(texts, "; ")
end

--- What an error body says: a table of the fields of an error that it tells (code, message, fields,
-- request_id, data, log_lines).
-- @param vendor  the vendor's file; its read_error(data, facts) fills such a table
-- @param data    the decoded body (any JSON value), or nil
function errors.read(vendor, data)
  local facts = {}
  if is_table(data) or (vendor.errors_can_be_text and type(data) == "string") then
    vendor.read_error(data, facts)
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
