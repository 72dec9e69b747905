--- How `convoke doctor` tests connections: by one request for headers to each API, without a
-- credential, by the same way as calls go.

local access = require "convoke.access"
local advice = require "convoke.cli.doctor.advice"
local convoke = require "convoke"
local core = require "convoke.core"
local engine = require "convoke.engine"
local version = require "convoke.version"

local connections = {}

local slow = 2 -- seconds
local most_skew = 60 -- seconds, between this machine's clock and a server's

-- A client of the core's that has no credential.
local function client_of(api, about)
  local given = about.options
  return core.client(api.handle or api.name, {
    address = about.address, user_agent = given.user_agent or "convoke/" .. version,
    connect_timeout = given.connect_timeout or 5, max_response_bytes = 2 ^ 20, max_in_flight = 0,
    http_version = given.http_version == "1.1" and 1 or given.http_version == "2" and 2 or 0,
    proxy = given.proxy, ca_file = access.ca_file(given), cert = given.cert, key = given.key,
    times_phases = true,
  })
end

-- The seconds that each phase took, of the moments when they were over.
local function durations(phases)
  local took, before = {}, 0
  for _, pair in ipairs { { "resolve", "resolved" }, { "connect", "connected" },
      { "tls", "secured" }, { "first_byte", "answered" } } do
    local at = phases[pair[2]]
    if at then
      took[pair[1]] = math.max(at - before, 0)
      before = at
    end
  end
  return took, before
end

-- How far this machine's clock is from a server's, as text for people; nil: it is not.
local function skew_of(date)
  local theirs = date and core.http_date(date)
  local seconds = theirs and theirs - core.time() or 0
  if math.abs(seconds) <= most_skew then return nil end
  return ("%.0f s %s"):format(math.abs(seconds), seconds > 0 and "behind" or "ahead of")
end

-- What an answer says of the connection. Any status will do: the request has no credential.
local function judge(row, native, took)
  local status = native:answer()
  row.status, row.state = status, "ok"
  row.found = ("%s reached in %s"):format(row.url, advice.time(took))
  local skew = skew_of(native:header "Date")
  if status == 407 then
    row.state, row.found = "wrong", row.url .. ": the proxy asks for a name and a password (407)"
    row.advice = advice.proxy
  elseif status >= 500 then
    row.state, row.found = "warning", ("%s, which answers %d"):format(row.found, status)
    row.advice = "The connection works; who runs the server has a fault, or a proxy between."
  elseif skew then
    row.state, row.found = "warning", ("%s; this clock is %s the server's"):format(row.found, skew)
    row.advice = "Certificates and tokens need the right time: set this machine's clock."
  elseif took > slow then
    row.state, row.advice = "warning", advice.of_slow(row)
  end
end

--- Tests the connection to an API's address.
-- @param api      of the catalogue
-- @param about    what settings.add_api() returned, with an address
-- @param seconds  that it may take
-- @return a row: state, found, advice, url, status (of the answer), resolve, connect, tls,
--   first_byte (seconds that each took, as far as it came), kind (of the failure)
function connections.test(api, about, seconds)
  local row = { name = api.name, url = about.address }
  local client, why = client_of(api, about)
  if not client then
    row.state, row.found = "wrong", why
    return row
  end
  local native = client:prepare_free("HEAD", "/", nil, nil, nil, nil)
  local sent, fault = engine.send(native, seconds, engine.begin())
  if not sent then error(fault, 0) end
  local took, all = durations(native:phases())
  for phase, each in pairs(took) do row[phase] = each end
  local kind, message = native:failure()
  if kind then
    row.state, row.kind, row.found = "wrong", kind, ("%s: %s"):format(row.url, message)
    row.advice = advice.of_failure(kind, message, row)
  else
    judge(row, native, all)
  end
  client:close()
  return row
end

--- Tests the connections to several APIs at once.
-- @param add      function(row), called in their order, each as soon as it can be
-- @param targets  array of { api, about }
-- @param seconds  that each may take
function connections.add(add, targets, seconds)
  convoke.run(function()
    local tasks = {}
    for i, target in ipairs(targets) do
      tasks[i] = convoke.spawn(connections.test, target[1], target[2], seconds)
    end
    for _, task in ipairs(tasks) do add(task:await()) end
  end)
end

return connections
