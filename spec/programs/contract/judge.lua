--- Comparisons: each function adds what is wrong to an array of texts.

local cjson = require "cjson"

local judge = {}

local null = cjson.null

local function add(faults, text, ...)
  faults[#faults + 1] = text:format(...)
end

--- A value as one line.
function judge.show(value)
  if type(value) ~= "table" then
    return type(value) == "string" and ("%q"):format(value) or tostring(value)
  end
  local keys, texts = {}, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for i, key in ipairs(keys) do
    texts[i] = ("%s = %s"):format(tostring(key), judge.show(value[key]))
  end
  return "{ " .. table.concat(texts, ", ") .. " }"
end

--- Whether the mock server took the request as the document wants it.
-- @param response  table: status, headers, body; or nil
function judge.acceptance(faults, response)
  if not response then return add(faults, "no answer from the mock server") end
  for _, violation in ipairs(cjson.decode(response.headers["sl-violations"] or "[]")) do
    -- What it thinks of its own answers, which may be random, is no judgement on us.
    if violation.location[1] == "request" then
      add(faults, "%s: %s", table.concat(violation.location, "."), violation.message)
    end
  end
  if (response.headers["content-type"] or ""):find("problem+json", 1, true) then
    add(faults, "%s", response.body)
  end
end

-- Answers -----------------------------------------------------------------------------------------

local lua_types = { string = "string", boolean = "boolean", integer = "number", number = "number",
                    array = "table", object = "table" }

local compare

local function compare_objects(faults, got, raw, schema, path)
  local fields = {}
  for _, field in ipairs(schema.fields or {}) do fields[field.name] = field end
  local elements = schema.type == "object" and schema.items or { type = "any" }
  for key, value in pairs(raw) do
    compare(faults, got[key], value, fields[key] or elements, path .. "." .. key)
  end
  for key in pairs(got) do
    if raw[key] == nil then add(faults, "%s.%s is not in the answer", path, tostring(key)) end
  end
end

local function compare_arrays(faults, got, raw, schema, path)
  if #got ~= #raw then add(faults, "%s has %d elements, not %d", path, #got, #raw) end
  for i, value in ipairs(raw) do
    compare(faults, got[i], value, schema.items, ("%s[%d]"):format(path, i))
  end
end

-- `raw` is the same value as plain JSON.
function compare(faults, got, raw, schema, path)
  local kind = schema.type
  if kind == "either" then kind = raw[1] ~= nil and "array" or "object" end
  if raw == null then
    local kept = kind == "any" and got == null
    if got ~= nil and not kept then add(faults, "%s is null; got %s", path, judge.show(got)) end
    return
  end
  local wanted = lua_types[kind] or type(raw)
  if type(got) ~= wanted then
    return add(faults, "%s must be a %s; got %s", path, wanted, judge.show(got))
  end
  if kind == "integer" and math.type and math.type(got) ~= "integer" then
    add(faults, "%s must be an integer; got %s", path, judge.show(got))
  end
  if wanted ~= "table" then
    if got ~= raw then add(faults, "%s is %s, not %s", path, judge.show(got), judge.show(raw)) end
  elseif kind == "array" then
    compare_arrays(faults, got, raw, schema, path)
  else
    compare_objects(faults, got, raw, schema, path)
  end
end

-- The results of several functions: a value or an error each.
local function compare_results(faults, got, raw)
  if #got ~= #raw then add(faults, "%d results came, not %d", #got, #raw) end
  for i, result in ipairs(raw) do
    local one, path = got[i] or {}, ("results[%d]"):format(i)
    if result.status == "success" then
      compare(faults, one.value, result.value, { type = "any" }, path)
    elseif not one.err then
      add(faults, "%s is an error; got %s", path, judge.show(one))
    end
  end
end

--- Whether a value is what the answer says, with the types and the status of the document.
-- @param value     that the call returned
-- @param status    integer
-- @param body      string
-- @param document  the operation as openapi.read gives it
function judge.answer(faults, value, status, body, document)
  local documented = false
  for _, one in ipairs(document.success) do documented = documented or one == status end
  if not documented then add(faults, "the document knows no success %s", tostring(status)) end
  if document.answer.type == "null" then
    if value ~= true then add(faults, "an empty answer is true; got %s", judge.show(value)) end
    return
  end
  local raw = cjson.decode(body)
  if document.envelope == "each" then return compare_results(faults, value, raw.results) end
  if document.envelope then raw = raw.value end
  if raw == null then
    if value ~= null then add(faults, "the answer is null; got %s", judge.show(value)) end
    return
  end
  compare(faults, value, raw, document.answer, "answer")
end

--- Whether an error has the fields expected of it; a field expected as `false` must be absent.
function judge.fields(faults, err, expect)
  for name, wanted in pairs(expect) do
    local got = judge.show(err[name])
    if got ~= judge.show(wanted or nil) then
      add(faults, "error field %s is %s, not %s", name, got, judge.show(wanted))
    end
  end
end

-- Coverage ----------------------------------------------------------------------------------------

local function note(given, path, value)
  given[path] = true
  if value == null then given[path .. "=null"] = true end
  if type(value) ~= "table" then return end
  if next(value) == nil then given[path .. "=[]"] = true end
  for key, element in pairs(value) do
    note(given, type(key) == "number" and path .. "[]" or path .. "." .. key, element)
  end
end

--- Notes in `given` (a set) the arguments of a call: `[path value,] params`.
function judge.note(given, document, first, params)
  if type(first) ~= "table" then
    for _, param in ipairs(document.params) do
      if param.where == "path" then note(given, "." .. param.name, first) end
    end
    first = params
  end
  for name, value in pairs(first or {}) do note(given, "." .. name, value) end
end

local function look_for(faults, given, schema, path)
  if not given[path] then return add(faults, "%s was never given", path) end
  if schema.nullable and not given[path .. "=null"] then add(faults, "%s was never null", path) end
  if schema.type == "array" and not given[path .. "=[]"] then
    add(faults, "%s was never empty", path)
  end
  for _, field in ipairs(schema.fields or {}) do
    look_for(faults, given, field, path .. "." .. field.name)
  end
  if schema.type == "array" then look_for(faults, given, schema.items, path .. "[]") end
end

--- What of an operation's document was never given (array of texts): parameters, fields of them,
-- null where that is allowed, empty arrays.
function judge.missing(given, document)
  local faults = {}
  if not given then return { "it was never called" } end
  for _, param in ipairs(document.params) do look_for(faults, given, param, "." .. param.name) end
  return faults
end

-- The mock server's log ---------------------------------------------------------------------------

local function read_from(path, position)
  local file = assert(io.open(path))
  file:seek("set", position)
  local text = file:read "*a"
  file:close()
  return text
end

--- How long a log is (bytes).
function judge.size(path)
  local file = assert(io.open(path))
  local size = file:seek "end"
  file:close()
  return size
end

--- Whether the mock server received the headers that a case shows and none that it hides.
-- @param path    of its log, which tells each request's headers
-- @param before  size of the log before the call
function judge.received(faults, path, before, case)
  local text
  for _ = 1, 20 do
    text = read_from(path, before)
    if text:find("> Status:", 1, true) then break end
    os.execute "sleep 0.1" -- the log is written a little after the answer
  end
  for _, line in ipairs(case.shows or {}) do
    if not text:find("< \t" .. line .. "\n", 1, true) then
      add(faults, "the mock server received no header %s", line)
    end
  end
  for _, name in ipairs(case.hides or {}) do
    if text:find("< \t" .. name .. ":", 1, true) then
      add(faults, "the mock server received a header %s", name)
    end
  end
end

return judge
