--- Calls that meet faults: many of them at once, each with what is to become of it.

local answers = require "spec.support.answers"
local all = require "spec.support.all"
local convoke = require "convoke"
local reference = require "spec.support.reference"
local raw_server = require "spec.support.raw_server"

local faults = {}

--- Seconds that a busy machine may add to a deadline.
faults.patience = 3

--- How many cases there were so far.
faults.total = 0

--- One byte in so many has to do where the collector is kept busy, or CONVOKE_STRIDE says so.
faults.stride = os.getenv "CONVOKE_TEST_GC" and 23 or tonumber(os.getenv "CONVOKE_STRIDE") or 1

local generation = 0 -- of the server's acts: a late request counts for nothing in the next one

local deadline = 60 -- seconds, unless a case says otherwise; a busy machine may need them

--- A credential for each API.
faults.credentials = {
  clerk = { secret_key = "sk_test_1234567890" },
  convex = { token = "user-token-1234567890" },
  cvat = { token = "0123456789abcdef" },
  edgegap = { token = "11111111-2222-3333-4444-555555555555" },
  gencove = { api_key = "key-1234567890" },
}

--- A client that tries once.
function faults.client(api, url, more)
  local options = { url = url, retries = 0, timeout = deadline }
  for name, value in pairs(more and more.credentials or faults.credentials[api]) do
    options[name] = value
  end
  for name, value in pairs(more or {}) do
    if name ~= "credentials" then options[name] = value end
  end
  return convoke[api](options)
end

--- One for each API.
function faults.new_clients(url, more)
  local clients = {}
  for api in pairs(faults.credentials) do clients[api] = faults.client(api, url, more) end
  return clients
end

function faults.close(clients)
  for _, client in pairs(clients) do client:close() end
end

--- Starts the server that the cases meet: `faults.server`; and clients for it: `faults.clients`.
function faults.start()
  faults.server = raw_server.start()
  faults.clients = faults.new_clients(faults.server.url)
end

--- Ends them.
function faults.stop()
  faults.close(faults.clients)
  faults.server:stop()
end

--- Says how many cases there were, and that they were enough.
-- @param name   of the spec
-- @param least  how many there must have been
function faults.report(name, least)
  print(("%s: %d cases"):format(name, faults.total))
  assert(faults.total >= math.floor(least / faults.stride))
end

--- Every operation of the reference pages and a sample of the others: `operation`, `name`, `api`,
-- `arguments`; `body`, a whole answer, or nil where there is none; `value`, what a call returns
-- then.
faults.operations = {}

local tried = {}
for _, operation in ipairs(reference) do tried[#tried + 1] = operation end
for _, operation in ipairs(reference.beyond) do tried[#tried + 1] = operation end

for i, operation in ipairs(tried) do
  local body, value = answers.whole(operation)
  if not body then value = true end
  if value == nil then value = convoke.null end
  faults.operations[i] = { operation = operation, api = operation.api, name = operation.name,
    arguments = answers.arguments[operation.name], body = body, value = value }
end

--- A case: the fields of an operation and some more.
function faults.case(of, fields)
  for name, value in pairs(of) do
    if fields[name] == nil then fields[name] = value end
  end
  return fields
end

-- What became of a call: "right", or kind and outcome.
local function verdict(case, value, err)
  if value ~= nil and err ~= nil then return "a value and an error" end
  if value ~= nil then return answers.same(value, case.value) and "right" or "a wrong value" end
  if not tostring(err):find(case.name, 1, true) then return "no error object" end
  return err.kind .. " " .. err.outcome
end

-- What is wrong with an error beside its kind and outcome, or nil.
local function fault_of(case, err)
  local line = tostring(err)
  for _, secret in pairs(faults.credentials[case.api]) do
    if line:find(secret, 1, true) then return "the error shows a secret" end
  end
  if line:find "%c" then return "more than one line" end
  if type(err.message) ~= "string" or err.message == "" then return "no message" end
  if err.operation ~= case.name then return "operation " .. tostring(err.operation) end
  if err.attempts ~= (case.attempts or 1) then return "attempts: " .. tostring(err.attempts) end
end

-- Makes the call of a case. Returns what is wrong, or nil.
local function perform(case, client)
  local options = { timeout = case.timeout, retries = case.retries, reconcile = case.reconcile,
    headers = case.headers or {} }
  if case.act then -- else the client's address says it
    options.headers["X-Act"] = ("%s %s %d"):format(case.act, case.id, case.number or 0)
  end
  local start = convoke.now()
  local value, err, meta = client:call(case.operation.id, case.arguments, options)
  local seconds = convoke.now() - start
  local what, expected = verdict(case, value, err), case.expect
  if case.note then case.note(what) end
  -- On a busy machine a short deadline can come first; the server must not have been asked by then.
  case.unsent = case.timeout and expected == "timeout unknown" and what == "timeout not_sent"
  local fits = what == expected or type(expected) == "table" and expected[what]
  if not (fits or case.unsent) then
    return ("%s (%s)"):format(what, tostring(err))
  end
  if seconds > (case.timeout or deadline) + faults.patience then
    return ("took %g s"):format(seconds)
  end
  local status = (err or meta).status
  if case.status and status ~= case.status then return "status " .. tostring(status) end
  if err then return fault_of(case, err) or case.check_error and case.check_error(err, seconds) end
  return case.check and case.check(value, meta, seconds)
end

--- Makes the calls of all cases, many at once, and raises when one ends otherwise than expected.
-- A case has the fields of an operation and
--   where      words for people
--   act, number, id   what the server is asked for (see raw_server); the id is made up unless given
--   client     unless the API's of `clients` is to be used
--   timeout, retries, reconcile  of the call
--   expect     a verdict, or a set of them (verdict -> true)
--   status, attempts  what the result says
--   headers    of the request
--   note       function(verdict)
--   check, check_error  function(value, meta, seconds), function(err, seconds) that return what is
--     wrong
--   asked      how many requests the server gets in all (1); false: any number
-- @param cases    array
-- @param limit    how many at once (64)
-- @param clients  API -> client, if it is not the server that counts the requests which they ask
function faults.try(cases, limit, clients)
  local calls, complaints = {}, {}
  local server = not clients and faults.server
  clients = clients or faults.clients
  local function complain(case, wrong)
    complaints[#complaints + 1] = ("%s, %s: %s"):format(case.name, case.where, wrong)
  end
  for i, case in ipairs(cases) do
    case.id = case.id or ("%d-%d"):format(generation, i)
    calls[i] = function()
      local wrong = perform(case, case.client or clients[case.api])
      if wrong then complain(case, wrong) end
    end
  end
  convoke.run(function() all(calls, { limit = limit or 64 }) end)
  local served = server and server:served() or {}
  for _, case in ipairs(cases) do
    local asked = case.asked == nil and 1 or case.asked
    local count = served[case.id] or 0
    local least = asked
    if case.unsent then asked, least = 0, 0 elseif case.timeout then least = 0 end
    if server and asked and (count > asked or count < least) then
      complain(case, ("asked %d times, not %d"):format(count, asked))
    end
  end
  faults.total = faults.total + #cases
  if #complaints > 0 then
    error(("%d of %d cases are wrong:\n%s"):format(#complaints, #cases,
      table.concat(complaints, "\n", 1, math.min(#complaints, 5))), 0)
  end
end

--- Sets what the server does to requests (see raw_server); no connection is left from before.
function faults.set_acts(acts)
  generation = generation + 1
  faults.server:acts(acts)
  faults.server:play { { { "act" }, { "again" } } }
end

--- Tries every operation with what there is for it.
-- @param acts_of  function(of) that returns acts by name, and the fields of their cases by name
-- @param fields   of all cases
-- @param limit    how many at once
function faults.try_all(acts_of, fields, limit)
  local acts, cases = {}, {}
  for i, of in ipairs(faults.operations) do
    local own, more = acts_of(of)
    for name, act in pairs(own) do
      acts[name .. i] = act
      local own_case = faults.case(of, { act = name .. i, where = name })
      for key, value in pairs(fields or {}) do own_case[key] = value end
      for key, value in pairs(more and more[name] or {}) do own_case[key] = value end
      cases[#cases + 1] = own_case
    end
  end
  faults.set_acts(acts)
  faults.try(cases, limit)
end

return faults
