--- Every operation while memory runs out: the first time and later, once and for good.
--
-- A run is one call during which the chance number k of a source to fail fails. It has to end
-- with a right result, with an error object or with Lua's "not enough memory"; its outcome has to
-- be what the server saw; what is sent has to be what is always sent; the same call has to work
-- right after it; and when the client is closed as much memory has to be in use as before.
--
-- Run by main.c. Global `argument`: how many chances of a row are tried at most; nil: all.

local memory = require "memory"
local convoke = require "convoke"
local samples = require "spec.memory.samples"

local most = tonumber(argument) or math.huge -- luacheck: ignore 113
local forever = 2 ^ 50
local passed, failed = 0, 0
local shown = 40 -- failures that are described

-- Where lua-cjson lies; package.searchpath is not in Lua 5.1.
for template in package.cpath:gmatch "[^;]+" do
  local name = template:gsub("%?", "cjson")
  local file = io.open(name)
  if file then
    file:close()
    memory.keep(name)
    break
  end
end

local credentials = {
  clerk = { secret_key = "sk_test_of_nobody" },
  convex = { token = "token-of-nobody" },
  cvat = { username = "nobody", password = "password-of-nobody" },
  edgegap = { token = "token-of-nobody" },
  gencove = { api_key = "key-of-nobody" },
}

-- Telling ------------------------------------------------

local function dump(value)
  if type(value) ~= "table" then return tostring(value) end
  local names, parts = {}, {}
  for name in pairs(value) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for i, name in ipairs(names) do parts[i] = tostring(name) .. "=" .. dump(value[name]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function report(what, complaint)
  if not complaint then
    passed = passed + 1
    return
  end
  failed = failed + 1
  if failed <= shown then print(("FAILED %s: %s"):format(what, complaint:sub(1, 400))) end
end

-- What is right ------------------------------------------------

local function is_memory_error(message)
  return type(message) == "string" and message:find "not enough memory" ~= nil
end

-- What libcurl says when an allocation of its own has failed; it has no one word for that.
local kinds_of = {
  lua = { memory = true },
  core = { memory = true },
  curl = { memory = true, resolve = true, connect = true, network = true, too_large = true },
  action = { memory = true, network = true },
  watch = { memory = true, network = true },
}

-- Errors tell how long they took, which is never the same.
local function without_time(value)
  if type(value) == "table" and value.elapsed then value.elapsed = 0 end
  return value
end

-- What a call ended with and what it sent, as one text.
local function end_of(value, err)
  local _, _, request = memory.requests()
  return dump(value == nil and without_time(err) or value) .. "\n" .. request
end

-- What is wrong with how a call ended, or nil.
local function judge(case, source, good, value, err)
  if not good then
    return not is_memory_error(value) and "raised " .. tostring(value) or nil
  end
  local begun = memory.requests() -- of which the server saw the beginning
  if end_of(value, err) == case.right then return nil end
  if value ~= nil then return "a wrong answer or request: " .. end_of(value) end
  if type(err) ~= "table" then return "no error object: " .. tostring(err) end
  if not kinds_of[source][err.kind] then return "a wrong error: " .. dump(err) end
  begun = begun - math.max(0, (err.attempts or 0) - 1) -- what was refused before
  if err.outcome == "not_sent" and begun > 0 then return "had been sent: " .. tostring(err) end
  if err.outcome == "unknown" and begun == 0 then return "was never sent: " .. tostring(err) end
  if err.message == "" or err.message == nil then return "no message" end
end

-- Rows ------------------------------------------------

-- Steps through the chances: all of them, or some, the first and the last among them.
local function chances_of(count)
  local step = math.max(1, (count - 1) / (most - 1))
  local at = 1 - step
  return function()
    at = at + step
    if at < count + 0.5 then return math.floor(at + 0.5) end
  end
end

local function settle()
  collectgarbage()
  collectgarbage()
  return memory.live "core", memory.live "curl"
end

-- One run of a case. Returns what is wrong or nil, and how many chances to fail there were.
local function run_once(case, source, k, more)
  memory.answer(case.answers())
  local call, close = case.make()
  if case.warm then call() end
  memory.answer(case.answers())
  local good, failures, count, value, err = memory.try(source, k, more, call)
  local complaint = judge(case, source, good, value, err)
  memory.answer(case.answers())
  local well, again, why = pcall(call)
  if not complaint and not well then
    complaint = "raised when called again: " .. tostring(again)
  elseif not complaint and end_of(again, why) ~= case.right then
    complaint = "went wrong when called again: " .. end_of(again, why)
  elseif failures == 0 and k <= count then
    complaint = "nothing failed"
  end
  pcall(call) -- a connection that was used twice holds a block less than a new one
  close()
  return complaint, count
end

-- All runs of a case whose failures come from one source; `more` chances fail together with one.
local function row(case, source, more)
  local times = more == 0 and "once" or more == 1 and "twice" or "from then on"
  local what = ("%s, %s %s"):format(case.name, source, times)
  local complaint, count = run_once(case, source, forever, 0)
  if complaint then return report(what, "without a failure: " .. complaint) end
  local core, curl = settle()
  for k in chances_of(count) do
    local name = ("%s, %d of %d"):format(what, k, count)
    complaint = run_once(case, source, k, more)
    local core_now, curl_now = settle()
    if core_now ~= core or curl_now ~= curl then
      complaint = (complaint and complaint .. "; " or "")
        .. ("%d blocks of the core's left, %d of libcurl's"):format(core_now - core,
          curl_now - curl)
      core, curl = core_now, curl_now
    end
    report(name, complaint)
  end
end

local function sweep(case)
  memory.answer(case.answers())
  local call, close = case.make()
  case.right = end_of(call())
  close()
  for _, source in ipairs(case.sources or { "lua", "core", "curl" }) do
    row(case, source, 0)
    if source == "lua" then row(case, source, 1) end -- Lua collects garbage and tries once more
    row(case, source, forever)
  end
end

-- Cases ------------------------------------------------

local apis = {} -- in order
local operations = {} -- by API
for _, operation in ipairs(convoke.operations) do
  local api = operation.api
  if not operations[api] then
    operations[api] = {}
    apis[#apis + 1] = api
  end
  table.insert(operations[api], operation)
end

local function construct(api, more)
  local options = { url = memory.url, timeout = 10, retries = 0 }
  for name, value in pairs(credentials[api]) do options[name] = value end
  for name, value in pairs(more or {}) do options[name] = value end
  return convoke[api](options)
end

-- Calls of one client.
local function warm(name, operation, answers, more)
  local params, options = samples.params(operation), { reconcile = false }
  return { name = name, warm = true, answers = answers, make = function()
    local client = construct(operation.api, more)
    return function() return client:call(operation.id, params, options) end,
      function() client:close() end
  end }
end

-- Calls of a client each.
local function cold(name, operation, answers, more)
  local params, options = samples.params(operation), { reconcile = false }
  return { name = name, answers = answers, make = function()
    local client
    return function()
      client = construct(operation.api, more)
      return client:call(operation.id, params, options)
    end, function() if client then client:close() end end
  end }
end

for _, api in ipairs(apis) do
  for _, operation in ipairs(operations[api]) do
    local answer = samples.answer(operation)
    sweep(warm(operation.name, operation, function() return answer end))
  end
end

for _, api in ipairs(apis) do
  local operation = operations[api][1]
  local answer, refusal = samples.answer(operation), samples.refusal(api)
  sweep(cold(operation.name .. ", the first call", operation, function() return answer end))
  sweep(warm(operation.name .. ", refused", operation, function() return refusal end))
  sweep(warm(operation.name .. ", asked again", operation, function()
    return samples.again(), answer
  end, { retries = 1 }))
end

print(("%d passed, %d failed"):format(passed, failed))
return failed == 0
