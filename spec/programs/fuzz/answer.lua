-- Answers and error bodies of all operations: whatever comes, a call returns a value or an error of
-- a known kind, and no error shows a secret.

local fuzz = ...

local cjson = require "cjson"
local convoke = require "convoke"
local core = require "convoke.core"
local errors = require "convoke.errors"
local looking = require "convoke.lookup.judge"
local server_clock = require "convoke.lookup.server_clock"
local judge = require "spec.programs.fuzz.judge"

fuzz.watch(true)

local function set(...)
  local names = {}
  for _, name in ipairs { ... } do names[name] = true end
  return names
end

local kinds = set("decode", "too_large", "http")
local outcomes = set("refused", "unknown")
local verdicts = set("made", "another", "likely another", "nothing", "unsure",
  "unclear")

-- Clients ------------------------------------------------

local url = "http://127.0.0.1:1"
local answers -- what the transport brings next, one after the other
local transport = {}

function transport.send()
  return table.remove(answers, 1) or { status = 200, body = "{}" }
end

local credentials = {
  clerk = { { secret_key = "sk_test_fuzz/secret=1" } },
  convex = { { token = "tok.fuzz.secret.2" }, { deploy_key = "dev:fuzz|secret3" }, {} },
  cvat = {
    { access_token = "acc-fuzz-secret4" }, { token = "tok-fuzz-secret5" },
    { username = "ada", password = "pass fuzz secret 6" },
    { session_id = "sessfuzzsecret7", csrf_token = "csrffuzzsecret8" },
    { signature = "sig:fuzz/secret=9" },
  },
  edgegap = { { token = "token fuzz-secret-10" } },
  gencove = { { api_key = "key+fuzz+secret11" }, { jwt = "jwt.fuzz.secret12" }, {} },
}
local public = set("username")
-- In which other forms they travel.
local derived = {
  password = function() return judge.base64 "ada:pass fuzz secret 6" end,
  signature = function(secret)
    return (secret:gsub("[^%w]", function(c) return ("%%%02X"):format(c:byte()) end))
  end,
  token = function(secret) return (secret:gsub("^token ", "")) end,
}

local words = require "spec.programs.fuzz.words"
local clients, secrets_of = {}, {}
for api, ways in pairs(credentials) do
  clients[api] = {}
  for i, options in ipairs(ways) do
    local secrets = {}
    for name, secret in pairs(options) do
      if not public[name] then
        secrets[#secrets + 1] = derived[name] and derived[name](secret)
        if api ~= "edgegap" then secrets[#secrets + 1] = secret end
      end
    end
    options.url, options.transport, options.retries = url, transport, 0
    options.max_response_bytes = 1 << 17
    clients[api][i] = convoke[api](options)
    secrets_of[clients[api][i]] = secrets
    for _, secret in ipairs(secrets) do words[#words + 1] = secret end
  end
end
table.sort(words)
fuzz.words(words)

-- Parameters that every operation accepts.
local function sample(schema)
  if schema.enum then return schema.enum[1] end
  if schema.type == "integer" or schema.type == "number" then return schema.minimum or 1 end
  if schema.type == "boolean" then return true end
  if schema.type == "array" then return { sample(schema.items) } end
  if schema.type ~= "object" then
    return schema.format == "email" and "ada@example.com" or ("a"):rep(schema.min_length or 1)
  end
  local object = {}
  for _, field in ipairs(schema.fields or {}) do
    if field.required then object[field.name] = sample(field) end
  end
  return object
end

local operations, params = {}, {}
for _, name in ipairs { "clerk", "convex", "cvat", "edgegap", "gencove" } do
  for _, operation in ipairs(core.catalogue().apis[name].operations) do
    operations[#operations + 1] = operation
    params[operation] = {}
    for _, param in ipairs(operation.params) do
      if param.required or param.where == "path" then
        params[operation][param.name] = sample(param)
      end
    end
    if operation.envelope == "named" then params[operation].args = { a = 1 } end
  end
end

-- Answers ------------------------------------------------

local statuses = { 200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 409, 410, 422, 429, 500, 501,
  503, 560, 0, 100, -1, 299, 300, 999, 99999 }

local function some_json(operation)
  local kind = fuzz.below(4)
  local value
  if kind == 0 then
    value = fuzz.any()
  else
    value = fuzz.answer(operation.api, operation.index)
    if operation.envelope and operation.envelope ~= "each" and kind > 1 then
      value = { status = fuzz.below(4) == 0 and fuzz.any() or "success", value = value,
        logLines = fuzz.below(4) == 3 and fuzz.any() or nil }
    end
  end
  local ok, text = pcall(cjson.encode, value)
  return ok and text or "null"
end

-- What error bodies are made of, in any combination.
local error_names = { "errors", "code", "message", "long_message", "meta", "param_name",
  "clerk_trace_id", "detail", "non_field_errors", "error", "maintenance", "maintenance_message",
  "maintenance_eta", "details", "status", "errorMessage", "errorData", "logLines", "value", "data",
  "name", "email" }

local function error_value(depth)
  local kind = fuzz.below(8)
  if depth > 6 or kind < 3 then return fuzz.text() end
  if kind == 3 then return fuzz.any() end
  local value = {}
  for i = 1, fuzz.below(5) do
    local key = kind < 6 and error_names[fuzz.below(#error_names) + 1] or i
    value[key] = error_value(depth + 1)
  end
  return value
end

local function error_json()
  local ok, text = pcall(cjson.encode, error_value(0))
  return ok and text or "{}"
end

local function some_body(operation)
  local kind = fuzz.below(8)
  if kind < 3 then return some_json(operation) end
  if kind < 6 then return error_json() end
  if kind == 6 then return fuzz.text() end
  return fuzz.text() .. some_json(operation) .. fuzz.text()
end

local header_names = { "Retry-After", "Date", "X-Request-Id", "Content-Type", "clerk-trace-id",
  "convex-request-id", "x-request-id" }

local function some_answer(operation)
  local headers = {}
  for _ = 1, fuzz.below(4) do
    local name = header_names[fuzz.below(#header_names + 1) + 1] or fuzz.text()
    headers[name] = fuzz.text()
  end
  return { status = statuses[fuzz.below(#statuses) + 1], headers = headers,
    body = some_body(operation) }
end

-- Checks ------------------------------------------------

local current -- the client at work

local function check_no_secret(where, value, seen)
  if type(value) == "string" then
    for _, secret in ipairs(secrets_of[current]) do
      if value:find(secret, 1, true) then
        error(where .. " shows " .. secret .. ": " .. value, 0)
      end
    end
  elseif type(value) == "table" and not seen[value] then
    seen[value] = true
    for key, member in pairs(value) do
      check_no_secret(where .. " key", key, seen)
      check_no_secret(where .. "." .. tostring(key), member, seen)
    end
  end
end

local function check_optional(err, name, kind)
  local value = err[name]
  if value ~= nil and type(value) ~= kind then
    error(("err.%s is a %s: %s"):format(name, type(value), tostring(value)), 0)
  end
end

local function check_error(operation, err)
  assert(errors.is(err), "no error object: " .. tostring(err))
  assert(kinds[err.kind], "a kind that cannot be: " .. tostring(err.kind))
  local is_made = err.outcome == "made" and err.value ~= nil
    and operation.name == "edgegap.deployments.create"
  assert(is_made or outcomes[err.outcome], "an outcome that cannot be: " .. tostring(err.outcome))
  assert(err.kind == "http" or err.outcome == "unknown", "nobody refused that")
  assert(err.operation == operation.name, "another operation")
  assert(type(err.message) == "string" and err.message ~= "", "an error that says nothing")
  check_optional(err, "code", "string")
  check_optional(err, "status", "number")
  check_optional(err, "request_id", "string")
  check_optional(err, "retry_after", "number")
  check_optional(err, "fields", "table")
  check_optional(err, "body", "string")
  check_optional(err, "log_lines", "table")
  assert(err.attempts == 1 and err.elapsed >= 0 or err.attempts == nil and err.status == nil,
    "attempts or elapsed") -- a listing that goes on nowhere is no failed try
  local wait = err.retry_after
  assert(not wait or wait >= 0 and wait < math.huge, "no time to wait: " .. tostring(wait))
  assert(not err.body or #err.body <= 4096, "too much of the body")
  for i, row in ipairs(err.fields or {}) do
    assert(type(row.field) == "string" and type(row.message) == "string", "field " .. i)
  end
  local line = tostring(err)
  assert(not line:find "%c", "more than a line: " .. line)
  check_no_secret("tostring(err)", line)
  check_no_secret("err", err, {})
end

local function check_value(operation, value, meta)
  if not value and operation.answer.type ~= "any" then
    error("a success that is false: " .. operation.name, 0)
  end
  assert(type(meta.status) == "number" and meta.attempts == 1, "meta")
  for name, text in pairs(meta.headers) do
    assert(type(name) == "string" and name == name:lower() and type(text) == "string", "a header")
  end
  if meta.request_id ~= nil then assert(type(meta.request_id) == "string", "meta.request_id") end
  check_no_secret("headers", meta.headers, {})
  check_no_secret("log lines", meta.log_lines, {})
end

local options = { retries = 0, reconcile = false, allow_empty = nil }

local function try_call(client, operation)
  answers = { some_answer(operation) }
  local value, err, meta = client:call(operation.id, params[operation], options)
  if err ~= nil then
    assert(value == nil)
    check_error(operation, err)
  else
    check_value(operation, value, meta)
  end
end

-- A listing comes to an end, with an error object if it breaks.
local function try_each(client, operation)
  answers = {}
  local pages = fuzz.below(6) + 1
  for i = 1, pages do
    answers[i] = some_answer(operation)
    if answers[i].status < 400 then answers[i].status = 200 end
  end
  local count = 0
  local ok, err = pcall(function()
    for _ in client:each(operation.id, params[operation], options) do count = count + 1 end
  end)
  if not ok then check_error(operation, err) end
end

-- How what an operation makes can be looked for, or nil.
local function habits_of(operation)
  return require("convoke.vendors." .. operation.api).creates[operation.name]
end

-- What an unknown outcome is settled by.
local function try_look(operation)
  local objects = {}
  for _ = 1, fuzz.below(4) do
    local ok, object = pcall(cjson.decode, some_json(operation))
    if ok then objects[#objects + 1] = object end
  end
  local clock = server_clock.new()
  clock:learn_date(fuzz.text(), fuzz.text(), 0, 1)
  local function each()
    local position = 0
    return function()
      position = position + 1
      return objects[position]
    end
  end
  local function never() return false end
  local entry = { operation = operation, habits = habits_of(operation), params = params[operation],
    started = core.now(), began = core.clocks() - core.time(), wall = 0,
    turn = 1 } -- with the epoch
  local verdict = looking.look(entry, clock, fuzz.below(2) == 1, each, never, never)
  assert(verdicts[verdict], "no verdict: " .. tostring(verdict))
end

return function()
  local operation = operations[fuzz.below(#operations) + 1]
  local all = clients[operation.api]
  current = all[fuzz.below(#all) + 1]
  local what = fuzz.below(8)
  if what == 6 and operation.paging then
    try_each(current, operation)
  elseif what == 7 and habits_of(operation) then
    try_look(operation)
  else
    try_call(current, operation)
  end
end
