-- lua spec/programs/soak/main.lua [COUNT [TASKS]]: makes so many calls of all kinds, prints now and
-- then the memory and the descriptors that they hold, fails when that grows. Compared are moments
-- of rest, when convoke has forgotten what it was given lately: after a quarter of the calls and at
-- the end; the one after half of them is shown.

local convoke = require "convoke"
local lfs = require "lfs"
local compile = require "spec.support.compile"
local program = require "spec.support.program"

local count, tasks = tonumber(arg[1]) or 1000000, tonumber(arg[2]) or 64
local samples = 20
local per_sample = math.ceil(count / samples)

-- What may be more at the end than after a quarter, in KiB: tables that have doubled, idle
-- connections, and in RSS, which is there for what the other two do not see, fragments.
local most_growth = { lua = 256, heap = 512, rss = 8192 }
-- Connections wait for their next call, now many, now few: so many more than the most of the first
-- half of the samples may be open in the second.
local most_more = 48
local rest = 3 -- seconds after which a create makes convoke forget what was given before

local server = program.start("spec/programs/soak/server.c")
local origin = "http://127.0.0.1:" .. server:read()

local function open(way, options)
  options = options or {}
  options.url, options.secret_key = ("%s/%s/v1"):format(origin, way), "sk_test_soaking"
  return convoke.clerk(options)
end

-- Counting ----------------------------------------------------------------------------------------

local made = {} -- what a call was for -> how many
local wrong = {} -- what did not end as it should -> how many

local function note(name, right, what)
  made[name] = (made[name] or 0) + 1
  if right then return end
  local text = name .. ": " .. tostring(what)
  wrong[text] = (wrong[text] or 0) + 1
end

-- The workloads -----------------------------------------------------------------------------------

local number = 0

local function invitation()
  number = number + 1
  return { email_address = ("guest%d@example.com"):format(number),
    public_metadata = { number = number, team = "red" } }
end

local clients = {
  well = open "well",
  refuse = open "refuse",
  busy = open("busy", { retries = 1 }),
  garble = open("garble", { retries = 0 }),
  cut = open("cut", { retries = 0 }),
  hold = open("hold", { retries = 0 }),
}

local workloads = {}

function workloads.create()
  local value, err = clients.well.invitations:create(invitation())
  note("create", value and value.status == "pending", err)
end

function workloads.list()
  local values, err = clients.well.invitations:list { limit = 10, status = "pending" }
  note("list", values and #values == 10, err)
end

function workloads.invalid()
  local _, err = clients.well.invitations:create { email_addres = "ada@example.com" }
  note("invalid", err and err.kind == "invalid", err)
end

function workloads.refused()
  local _, err = clients.refuse.invitations:create(invitation())
  note("refused", err and err.status == 422 and err.fields[1].field == "email_address", err)
end

function workloads.busy()
  local _, err = clients.busy.invitations:revoke "inv_1"
  note("busy", err and err.status == 429 and err.outcome == "refused", err)
end

function workloads.garbled()
  local _, err = clients.garble.invitations:create(invitation())
  note("garbled", err and err.kind == "decode" and err.outcome == "unknown", err)
end

function workloads.cut()
  local _, err = clients.cut.invitations:create(invitation())
  note("cut", err and err.kind == "network" and err.outcome == "unknown", err)
end

function workloads.timeout()
  local _, err = clients.hold.invitations:create(invitation(), { timeout = 0.02 })
  note("timeout", err and err.kind == "timeout", err)
end

function workloads.cancelled()
  local err
  local task = convoke.spawn(function()
    local _
    _, err = clients.hold.invitations:create(invitation())
  end)
  convoke.sleep(0.005)
  task:cancel()
  pcall(task.await, task)
  note("cancelled", err == nil or err.kind == "cancelled", err)
end

-- A client that lives for two calls, the second of which it does not see the end of.
function workloads.closed()
  local client = open "well"
  local values, err = client.invitations:list { limit = 10 }
  note("closed", values, err)
  local hasty = open "hold"
  local task = convoke.spawn(function()
    local _, why = hasty.invitations:list {}
    note("closed", why and why.kind == "cancelled", why)
  end)
  convoke.sleep(0.002)
  hasty:close()
  task:await()
  if number % 2 == 0 then client:close() end -- the others are left to the collector
end

-- How many in a thousand; what is left over creates.
local shares = { { "list", 250 }, { "invalid", 20 }, { "refused", 80 }, { "busy", 20 },
  { "garbled", 40 }, { "cut", 40 }, { "timeout", 10 }, { "cancelled", 10 }, { "closed", 10 } }

local function pick()
  local chance = math.random(0, 999)
  for _, share in ipairs(shares) do
    if chance < share[2] then return workloads[share[1]] end
    chance = chance - share[2]
  end
  return workloads.create
end

-- Works until so many calls have ended, by tasks and then, for the last few, by blocking calls.
local function work(limit)
  convoke.run(function()
    for _ = 1, tasks do
      convoke.spawn(function()
        while convoke.stats().finished < limit - 10 do pick()() end
      end)
    end
  end)
  for _ = 1, 10 do workloads.create() end
end

-- Samples -----------------------------------------------------------------------------------------

local function rss()
  for line in io.lines "/proc/self/status" do
    local size = line:match "^VmRSS:%s*(%d+)"
    if size then return tonumber(size) end
  end
end

local library = compile("heap", os.getenv "LUA_PC" or (os.getenv "LUA" or "lua5.4"):match "[^/]*$")
local heap_in_use = assert(package.loadlib(library, "luaopen_heap"))()
os.remove(library)

local function descriptors()
  local open_now = 0
  for name in lfs.dir "/proc/self/fd" do
    if name:match "%d" then open_now = open_now + 1 end
  end
  return open_now
end

local function sample(started)
  collectgarbage()
  collectgarbage()
  local stats, heap = convoke.stats(), heap_in_use()
  return { calls = stats.finished, seconds = convoke.now() - started, rss = rss(), heap = heap,
    lua = collectgarbage "count", descriptors = descriptors(), in_flight = stats.in_flight }
end

local function show(one, resting)
  print(("%10d %8.1f %9d %9.0f %9.0f %12d%s"):format(one.calls, one.seconds, one.rss, one.heap,
    one.lua, one.descriptors, resting and "  at rest" or ""))
  io.stdout:flush()
end

-- What has grown from one sample to another, as texts.
local function growth(before, after)
  local found = {}
  for name, most in pairs(most_growth) do
    if after[name] > before[name] + most then
      found[#found + 1] = ("%s: %.0f after %d calls, %.0f after %d"):format(name, before[name],
        before.calls, after[name], after.calls)
    end
  end
  if after.in_flight > 0 then found[#found + 1] = "calls are left in flight" end
  return found
end

-- The most descriptors among some samples.
local function most_descriptors(list, first, last)
  local most = 0
  for i = first, last do most = math.max(most, list[i].descriptors) end
  return most
end

local function growth_of_descriptors(list)
  local before = most_descriptors(list, 1, samples / 2)
  local later = most_descriptors(list, samples / 2 + 1, samples)
  if later <= before + most_more then return {} end
  return { ("descriptors: up to %d at first, up to %d later"):format(before, later) }
end

-- The run -----------------------------------------------------------------------------------------

-- Has each client as many calls in flight as there are tasks: it keeps a handle of libcurl's for
-- each, which holds 25 KiB with newer ones. By chance alone that many come together late.
local function fill_clients()
  for _, workload in pairs(workloads) do
    convoke.run(function()
      for _ = 1, tasks do convoke.spawn(workload) end
    end)
  end
end

math.randomseed(7)
local started, list, resting = convoke.now(), {}, {}
fill_clients()
print "     calls  seconds   RSS KiB  heap KiB   Lua KiB  descriptors"
for i = 1, samples do
  work(i * per_sample)
  list[i] = sample(started)
  show(list[i])
  if i == samples / 4 or i == samples / 2 or i == samples then
    convoke.sleep(rest)
    collectgarbage()
    workloads.create()
    resting[#resting + 1] = sample(started)
    show(resting[#resting], true)
  end
end

local names = {}
for name, times in pairs(made) do names[#names + 1] = ("%s %d"):format(name, times) end
table.sort(names)
print(table.concat(names, ", "))
local faults = growth(resting[1], resting[3])
for _, text in ipairs(growth_of_descriptors(list)) do faults[#faults + 1] = text end
for text, times in pairs(wrong) do
  faults[#faults + 1] = ("%d ended as they should not: %s"):format(times, text)
end
for _, client in pairs(clients) do client:close() end
server:stop()
for _, text in ipairs(faults) do print("soak: " .. text) end
print(#faults == 0 and "soak: flat" or "soak: FAILED")
os.exit(#faults == 0 and 0 or 1)
