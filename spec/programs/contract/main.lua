--- Calls every operation through convoke against mock servers that were made from the vendors'
-- documents, and judges both sides: the server must accept each request, the answer must be read
-- with the types that the document gives.
--
--   lua main.lua [DOCUMENTS LOGS api=address...]
--
-- What is called stands in cases/*.lua, a file an API. Prints a line a case; the exit status is 1
-- when one failed. Without addresses all cases count as skipped.
--
-- A case is an array of the operation's name and its arguments, with
--   name     what makes it special (string or nil)
--   prefer   which documented answer the mock server shall give, such as "example=paginated"
--   options  more options of the call (table or nil)
--   expect   the fields of the error that must come back (table); without: success
-- A case file returns
--   credentials  array of cases, each with `client` (options of the constructor), `shows` (header
--                lines that the server must have received) and `hides` (headers that it must not);
--                the first one's client makes all other calls
--   calls        array of cases that succeed; those without `prefer` are made a second time with
--                a random answer, unless `fixed` is true
--   extras       array of cases of operations beyond the reference pages, which succeed; one with
--                `client` (options of the constructor) is made by a client of its own
--   refusals     array of cases with `prefer` and `expect`

package.path = "spec/programs/?.lua;spec/?.lua;" .. package.path

local convoke = require "convoke"
local judge = require "contract.judge"
local openapi = require "support.openapi"

local unpack = table.unpack or unpack -- luacheck: ignore

local apis = { "clerk", "convex", "cvat", "edgegap", "gencove" }
local counts = { passed = 0, failed = 0, skipped = 0 }

local function report(what, faults)
  local good = #faults == 0
  local outcome = good and "passed" or "failed"
  counts[outcome] = counts[outcome] + 1
  print((good and "ok    " or "FAIL  ") .. what)
  for _, fault in ipairs(faults) do print("      " .. fault) end
end

-- A client with a transport that keeps what went over the wire last, in `seen`.
local function new_client(run, credential)
  local seen = {}
  function seen.send(request)
    local response, err = convoke.transport.send(request)
    seen.response = response
    return response, err
  end
  local options = { url = run.address, transport = seen }
  for name, value in pairs(credential) do options[name] = value end
  return convoke[run.api](options), seen
end

-- Makes the call of a case; returns value, err, meta.
local function perform(client, case, prefer)
  local resource, verb = case[1]:match("^%w+%.([%w_]+)%.([%w_]+)$")
  local owner = resource and client[resource] or client
  local arguments = { unpack(case, 2) }
  if resource and type(arguments[#arguments]) ~= "table" then arguments[#arguments + 1] = {} end
  local options = { retries = 0, headers = prefer and { Prefer = prefer } }
  for name, value in pairs(case.options or {}) do options[name] = value end
  arguments[#arguments + 1] = options
  return owner[verb or case[1]:match "[^.]*$"](owner, unpack(arguments))
end

-- What is wrong with the outcome of a case (array of texts).
local function faults_of(run, seen, case, value, err, meta)
  local faults = {}
  if case.expect then
    if not err then return { "no error; the answer was " .. judge.show(value) } end
    -- A refusal that was not asked for is the mock server's own judgement.
    if case.prefer then judge.acceptance(faults, seen.response) end
    judge.fields(faults, err, case.expect)
    return faults
  end
  judge.acceptance(faults, seen.response)
  if err then
    faults[#faults + 1] = tostring(err)
  else
    judge.answer(faults, value, meta.status, seen.response.body, run.documents[case[1]])
  end
  return faults
end

local function describe(case, note)
  local notes = {}
  for _, text in ipairs { case.name or false, case.prefer or false, note or false } do
    if text then notes[#notes + 1] = text end
  end
  return case[1] .. (notes[1] and " (" .. table.concat(notes, ", ") .. ")" or "")
end

-- All calls; whether they give between them all that the document knows; random answers.
local function run_calls(run, client, seen)
  local given = {}
  for _, case in ipairs(run.cases.calls) do
    report(describe(case), faults_of(run, seen, case, perform(client, case, case.prefer)))
    given[case[1]] = given[case[1]] or {}
    judge.note(given[case[1]], run.documents[case[1]], unpack(case, 2))
  end
  for _, name in ipairs(run.names) do
    report(name .. " (every documented parameter was given)",
      judge.missing(given[name], run.documents[name]))
  end
  for _, case in ipairs(run.cases.calls) do
    if not case.prefer and not run.cases.fixed then
      report(describe(case, "random answer"),
        faults_of(run, seen, case, perform(client, case, "dynamic=true")))
    end
  end
end

-- Calls of the extra operations: each is called at least once, where the file has any.
local function run_extras(run, client, seen)
  local called = {}
  for _, case in ipairs(run.cases.extras or {}) do
    local by, answers = client, seen
    if case.client then by, answers = new_client(run, case.client) end
    report(describe(case), faults_of(run, answers, case, perform(by, case, case.prefer)))
    called[case[1]] = true
  end
  for _, name in ipairs(run.extra_names or {}) do
    report(name .. " (was called)", called[name] and {} or { "it was never called" })
  end
end

local function run_refusals(run, client, seen)
  for _, case in ipairs(run.cases.refusals) do
    report(describe(case), faults_of(run, seen, case, perform(client, case, case.prefer)))
  end
end

local function run_credentials(run)
  for _, case in ipairs(run.cases.credentials) do
    local client, seen = new_client(run, case.client)
    local before = judge.size(run.log)
    local faults = faults_of(run, seen, case, perform(client, case))
    judge.received(faults, run.log, before, case)
    report(describe(case, "credential"), faults)
    client:close()
  end
end

-- Adds the operations that a document tells to `documents`, by name.
-- @param is_extra  whether those beyond the reference pages are meant, or the others
-- @return their names
local function read_document(documents, api, path, is_extra)
  local ours, names = {}, {}
  for _, operation in ipairs(convoke.operations) do
    if operation.api == api and operation.extra == is_extra then
      ours[operation.method .. " " .. operation.path] = operation.name
      names[#names + 1] = operation.name
    end
  end
  local described = openapi.read(path, function(method, route)
    return ours[method .. " " .. route] ~= nil
  end).operations
  for route, name in pairs(ours) do
    documents[name] = assert(described[route], name .. " is not in the document")
  end
  return names
end

local function run_api(api, cases, address, folder, logs)
  local run = { api = api, cases = cases, address = address, log = logs .. "/" .. api .. ".log" }
  local document = ("/%s.openapi.json"):format(api)
  run.documents = {}
  run.names = read_document(run.documents, api, folder .. document, false)
  run.extra_names = cases.extras
    and read_document(run.documents, api, folder .. "/today" .. document, true)
  local client, seen = new_client(run, cases.credentials[1].client)
  run_calls(run, client, seen)
  run_extras(run, client, seen)
  run_refusals(run, client, seen)
  client:close()
  run_credentials(run)
end

local addresses = {}
for i = 3, #arg do
  local api, address = arg[i]:match("^(%w+)=(.+)$")
  addresses[api] = address
end
for _, api in ipairs(apis) do
  local cases = require("contract.cases." .. api)
  if addresses[api] then
    run_api(api, cases, addresses[api], arg[1], arg[2])
  else
    print("SKIPPED: nothing judges " .. api .. "; its document is not in ../shared/contracts")
    counts.skipped = counts.skipped + #cases.calls + #cases.refusals + #cases.credentials
  end
end
local skipped = counts.skipped > 0 and (", %d skipped"):format(counts.skipped) or ""
print(("%d passed, %d failed%s"):format(counts.passed, counts.failed, skipped))
os.exit(counts.failed == 0 and 0 or 1)
