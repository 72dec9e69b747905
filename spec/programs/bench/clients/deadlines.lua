--- What deadlines cost that fall together, and how well one is kept among many: calls to servers
-- that never answer.
--   calls=3000  in_flight=64 (the others wait for their turn)
-- Prints begin= and end=, microseconds of processor time a call, and latest=, milliseconds that one
-- of the calls among the others took longer than its deadline.

local convoke = require "convoke"
local socket = require "socket"

local plan = { calls = 3000, in_flight = false }
for _, word in ipairs(arg) do
  local name, value = word:match "^([%w_]+)=(%d+)$"
  plan[name] = tonumber(value)
end

local listeners = {}
local backlog = 4000 -- connections that the system makes for a server that takes none

local function silent_client()
  local listener = assert(socket.bind("127.0.0.1", 0, backlog))
  listeners[#listeners + 1] = listener
  local _, port = listener:getsockname()
  return convoke.clerk { url = ("http://127.0.0.1:%d/v1"):format(port), retries = 0,
    secret_key = "sk_test_1", max_in_flight = plan.in_flight or nil }
end

local clients = {}
for i = 1, math.ceil((plan.calls + 100) / backlog) do clients[i] = silent_client() end
local probes = silent_client()

local patience = 2 + plan.calls / 1500 -- seconds in which all of them begin, on a busy machine, too
local deadline = convoke.now() + patience + 3
local started = os.clock()
local begun, latest = nil, 0

local function probe(timeout)
  local due = convoke.now() + timeout
  local _, err = probes.invitations:list({}, { timeout = timeout })
  assert(err.kind == "timeout", err)
  latest = math.max(latest, convoke.now() - due)
end

convoke.run(function()
  for i = 1, plan.calls do
    convoke.spawn(function()
      local _, err = clients[i % #clients + 1].invitations:list({}, { timeout = 600,
        deadline = deadline })
      assert(err.kind == "timeout", err)
    end)
  end
  for i = 1, 40 do convoke.spawn(probe, i / 20) end -- while the others begin
  convoke.sleep(deadline - 2.6 - convoke.now())
  begun = os.clock() - started
  for i = 1, 40 do convoke.spawn(probe, i / 20) end -- while they wait
  convoke.sleep(deadline - 0.1 - convoke.now())
  started = os.clock()
end)
print(("begin=%.1f end=%.1f latest=%.1f"):format(begun / plan.calls * 1e6,
  (os.clock() - started) / plan.calls * 1e6, latest * 1e3))
os.exit(0, false)
