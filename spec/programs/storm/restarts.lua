--- Restarts: many creates of every vendor through a relay that goes down and comes up again, and an
-- audit of the results against the sandbox's own books.
--
--   local report = restarts.run { seed = 7, count = 100, http2 = true }
--   report.faults   -- what was wrong, as texts: none is good
--   report.counts   -- api -> how its calls ended

local convoke = require "convoke"
local gateways = require "spec.programs.storm.gateway"
local programs = require "spec.support.program"
local socket = require "socket"

local restarts = {}

--- The vendors.
restarts.apis = { "clerk", "gencove", "cvat", "edgegap", "convex" }

local longest_delay = 1 -- seconds, and more than the relay keeps a request back
local round = 250 -- so many creates of each vendor before the sandbox is emptied
local most_clients = 8 -- for each vendor: a retry budget of one would soon be spent

local function address_of(number) return ("guest%dx@storm.example"):format(number) end
local function number_in(text) return tonumber(text and text:match "guest(%d+)x@") end

-- Each vendor: `options(sandbox)`, of its client; `before(client, box)`, what its creates need;
-- `create(client, number, needed)`; `id(value)`; `read(books)`, an array of { id =, number = }.
local vendors = {}

vendors.clerk = {
  options = function(box) return { secret_key = box.secret_key } end,
  create = function(client, number)
    return client.invitations:create { email_address = address_of(number),
      public_metadata = { number = number } }
  end,
  id = function(value) return value.id end,
  read = function(books)
    local found = {}
    for i, each in ipairs(books.invitations) do
      found[i] = { id = each.id, number = each.public_metadata.number }
    end
    return found
  end,
}

vendors.gencove = {
  options = function(box) return { api_key = box.api_key } end,
  create = function(client, number)
    return client.invitations:create { email = address_of(number) }
  end,
  id = function(value) return value.id end,
  read = function(books)
    local found = {}
    for _, each in ipairs(books.invitations) do
      local number = number_in(each.email)
      if number then found[#found + 1] = { id = each.id, number = number } end
    end
    return found
  end,
}

vendors.cvat = {
  options = function(box) return { token = box.token, org = box.org } end,
  create = function(client, number)
    return client.invitations:create { email = address_of(number), role = "worker" }
  end,
  id = function(value) return value.key end,
  read = function(books)
    local found, addresses = {}, {}
    for _, user in ipairs(books.users) do addresses[user.id] = user.email end
    for _, each in ipairs(books.invitations) do
      local number = number_in(addresses[each.user.id])
      if number then found[#found + 1] = { id = each.key, number = number } end
    end
    return found
  end,
}

vendors.edgegap = {
  options = function(box) return { token = box.token } end,
  create = function(client, number)
    return client.sessions:create { app_name = "storm",
      webhook_url = ("https://storm.example/%d"):format(number) }
  end,
  id = function(value) return value.session_id end,
  read = function(books)
    local found = {}
    for i, each in ipairs(books.sessions) do
      found[i] = { id = each.session_id, number = tonumber(each.webhook_url:match "%d+$") }
    end
    return found
  end,
}

vendors.convex = {
  options = function(box) return { token = box.token } end,
  before = function(client, box)
    return assert(client.sessions:create { questionId = box.question_id, agentThreadId = "t",
      assistantId = "a", functionName = "f", inputParameters = { "x" } })
  end,
  create = function(client, number, session)
    return client.editor_snapshots:create { sessionId = session,
      editor = { language = "python", content = "number " .. number, lastUpdated = 1,
        functionName = "f", inputParameters = {} },
      terminal = { output = "", isError = false } }
  end,
  id = function(value) return value end,
  read = function(books)
    local found = {}
    for _, each in ipairs(books.editorSnapshots) do
      local number = each.editor.content:match "^number (%d+)$"
      if number then found[#found + 1] = { id = each._id, number = tonumber(number) } end
    end
    return found
  end,
}

-- The calls ---------------------------------------------------------------------------------------

local function connect(sandbox, api, own)
  local box = sandbox[api]
  local options = vendors[api].options(box)
  options.url = box.url
  for name, value in pairs(own) do options[name] = value end
  return convoke[api](options)
end

-- An API's address with another origin.
local function moved(url, origin) return (url:gsub("^%w+://[^/]+", origin)) end

-- Makes the calls, so many at a time.
local function make_all(clients, needed, calls, tasks)
  convoke.run(function()
    local position = 0
    for _ = 1, tasks do
      convoke.spawn(function()
        while position < #calls do
          position = position + 1
          local call = calls[position]
          local vendor = vendors[call.api]
          local value, err, meta = vendor.create(clients[call.api][call.number % most_clients + 1],
            call.number, needed[call.api])
          call.id, call.err = value ~= nil and vendor.id(value) or nil, err
          call.meta = meta
        end
      end)
    end
  end)
end

-- The audit ---------------------------------------------------------------------------------------

-- What is wrong with the end of a call for which the books hold `held`, or nil.
local function fault_of(call, held, taken)
  if #held > 1 then return "doubled" end
  if call.err then
    local outcome = call.err.outcome
    if #held == 1 and outcome ~= "unknown" and outcome ~= "made" then
      return "executed, but reported as " .. outcome
    end
    if outcome == "refused" then return "refused, though nobody refuses here" end
    return #held == 0 and outcome == "made" and "reported as made, but missing" or nil
  end
  if #held == 0 then return "reported as made, but missing" end
  if held[1].id ~= call.id then return "another's was taken for its own" end
  if taken[call.id] then return "reported as made twice" end
  taken[call.id] = true
end

--- Compares the ends of one vendor's calls with what its books hold.
-- @param calls   array of { api =, number =, id = or err = }
-- @param held    array of { id =, number = }
-- @param report  { faults =, counts = }, to be added to
function restarts.audit(calls, held, report)
  local by_number, taken = {}, {}
  for _, entry in ipairs(held) do
    local list = by_number[entry.number] or {}
    by_number[entry.number], list[#list + 1] = list, entry
  end
  for _, call in ipairs(calls) do
    local counts = report.counts[call.api] or {}
    report.counts[call.api] = counts
    local function add(name) counts[name] = (counts[name] or 0) + 1 end
    local entries = by_number[call.number] or {}
    local fault = fault_of(call, entries, taken)
    if fault then
      report.faults[#report.faults + 1] = ("%s #%d: %s; held: %d; %s"):format(call.api, call.number,
        fault, #entries, call.err and tostring(call.err) .. " [" .. call.err.outcome .. "]"
          or "id " .. tostring(call.id))
    end
    add(call.err and call.err.outcome or "made")
    if call.err and call.err.outcome == "unknown" and #entries > 0 then add "unknown, but there" end
    if call.meta and call.meta.attempts > 1 then add "repeated" end
    if call.meta and call.meta.settled then add "found" end
  end
end

-- The whole ---------------------------------------------------------------------------------------

local function port_of(url) return tonumber(url:match ":(%d+)") end

local function start_relay(seed, ports)
  local arguments = { seed }
  for i, port in ipairs(ports) do arguments[i + 1] = port end
  local relay = programs.start("spec/programs/storm/relay.c", arguments)
  relay.ports = {}
  for port in assert(relay:read(), "the relay did not start"):gmatch "%d+" do
    relay.ports[#relay.ports + 1] = tonumber(port)
  end
  return relay
end

-- How many outages and connections there were.
local function ask(relay)
  local connection = assert(socket.connect("127.0.0.1", relay.ports[#relay.ports]))
  connection:settimeout(10)
  local outages, connections = assert(connection:receive "*l"):match "(%d+) (%d+)"
  connection:close()
  return tonumber(outages), tonumber(connections)
end

-- Makes and audits some creates of each vendor.
local function run_round(sandbox, clients, first, last, options, report)
  local calls, needed = {}, {}
  for _, api in ipairs(restarts.apis) do
    sandbox:reset(api)
    if vendors[api].before then
      local client = connect(sandbox, api, {})
      needed[api] = vendors[api].before(client, sandbox[api])
      client:close()
    end
  end
  for number = first, last do
    for _, api in ipairs(options.apis or restarts.apis) do
      calls[#calls + 1] = { api = api, number = number }
    end
  end
  make_all(clients, needed, calls, options.tasks or 64)
  convoke.sleep(longest_delay)
  for _, api in ipairs(restarts.apis) do
    local own = {}
    for _, call in ipairs(calls) do
      if call.api == api then own[#own + 1] = call end
    end
    restarts.audit(own, vendors[api].read(sandbox:books(api)), report)
  end
end

--- Lets creates meet restarts.
-- @param options  seed; count, of creates of each vendor; tasks (64); retries (6); timeout (30
--   seconds); http2, over TLS, else HTTP/1.1
-- @return { faults =, counts =, outages =, connections =, seconds = }
function restarts.run(options)
  local sandbox = require("convoke.sandbox").start { cvat = "2.15" }
  local report, targets, clients = { faults = {}, counts = {} }, {}, {}
  for i, api in ipairs(restarts.apis) do targets[i] = port_of(sandbox[api].url) end
  local gateway = options.http2 and gateways.start(targets)
  local relay = start_relay(options.seed, gateway and gateway.ports or targets)
  for i, api in ipairs(restarts.apis) do
    local origin = (gateway and "https://localhost:" or "http://127.0.0.1:") .. relay.ports[i]
    clients[api] = {}
    for n = 1, most_clients do
      clients[api][n] = connect(sandbox, api, { url = moved(sandbox[api].url, origin),
        ca_file = gateway and gateway.certificate or nil, retries = options.retries or 6,
        timeout = options.timeout or 30 })
    end
  end
  local started = convoke.now()
  for first = 1, options.count, round do
    local last = math.min(first + round - 1, options.count)
    run_round(sandbox, clients, first, last, options, report)
  end
  report.seconds = convoke.now() - started
  for _, api in ipairs(restarts.apis) do
    for _, client in ipairs(clients[api]) do client:close() end
  end
  report.outages, report.connections = ask(relay)
  relay:stop()
  if gateway then gateway:stop() end
  sandbox:stop()
  return report
end

return restarts
