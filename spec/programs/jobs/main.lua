--- A job of many rows at a sandbox that breaks exchanges, by programs that are killed at random:
-- the books must say what the store says.
--
--   lua spec/programs/jobs/main.lua [SEED [ROWS [KILLS [PROCESSES [RATE [STORE [BATCH]]]]]]]
--
-- SEED 0 takes one by the clock. One exchange in five is broken, half of those after the server has
-- done its work. RATE is how many calls may begin a second; 0: any number; documented: as many as
-- Clerk allows, 100 invitations an hour, while hours go by in a moment (see hours.lua). STORE:
-- sqlite, or redis; then programs run on machines of their own, network namespaces if there can be
-- some, with clocks five minutes apart; Redis is killed once and comes back, and links are cut for
-- a while. BATCH: rows that travel in one call, 1; with more of them no rate is looked at.

local convoke = require "convoke"
local fast_forward = require "spec.programs.jobs.fast_forward"
local files = require "spec.support.job_files"
local hours = require "spec.programs.jobs.hours"
local machines = require "spec.programs.jobs.machines"
local stores = require "convoke.jobs.stores"
local worker_text = require "spec.support.job_worker"

local function argument(at, default) return tonumber(arg[at]) or default end

local seed, rows, kills = argument(1, 0), argument(2, 10000), argument(3, 50)
local processes, rate = argument(4, 4), argument(5, 0)
local is_documented, in_redis = arg[5] == "documented", arg[6] == "redis"
local batch = argument(7, 1)
assert(not is_documented or batch == 1, "RATE=documented is for single rows")
if seed == 0 then seed = os.time() % 100000 + 1 end
math.randomseed(seed)
print(("jobs: seed %d, %d rows, %d processes, %d kills"):format(seed, rows, processes, kills))
io.stdout:flush()

local clock = is_documented and fast_forward.new()
local sandbox = require("convoke.sandbox").start { lua = clock and clock:interpreter() }
for i, execute in ipairs { true, false } do
  sandbox:fault { api = "clerk", method = "POST", chance = 0.1, seed = seed + i, cut = 0,
    execute = execute }
end
local clerk = convoke.clerk { url = sandbox.clerk.url, secret_key = sandbox.clerk.secret_key,
  timeout = 120 }
local redis = in_redis and
  require("spec.support.redis_server").start(require("spec.support.redis_server").durable,
    clock and clock:environment())
local store = redis and redis:address() or files.path()
local job = convoke.job { name = "storm", store = store, client = clerk,
  operation = "invitations.create", rate = is_documented and "documented" or nil }

-- The job's store, as the passing of hours needs it.
local function open_store()
  assert(job:status())
  local opened = assert(stores.open(store))
  assert(opened:open_job "storm")
  opened:limit(job.limits)
  return opened
end

local passing = clock and hours.new(clock, open_store(), sandbox, redis)

-- Machines ------------------------------------------------

local net, clocks
if redis then
  clocks = require "spec.support.compile" "clocks"
  local missing = machines.missing()
  if missing then
    print("  all programs are on one machine: " .. missing)
  else
    net = machines.start(processes, { tonumber(sandbox.clerk.url:match ":(%d+)"), redis.port })
    if clock then clock:watch(net.pid) end
  end
end

-- An address on this machine, as machine `at` has it.
local function seen_from(at, address)
  if not net then return address end
  return (address:gsub("127%.0%.0%.1:(%d+)", function(port)
    return net[at].host .. ":" .. net.ports[tonumber(port)]
  end))
end

local function start(at)
  return files.start(worker_text { url = seen_from(at, sandbox.clerk.url),
    key = sandbox.clerk.secret_key, store = seen_from(at, store), rows = rows,
    timeout = redis and 10 or 60,
    rate = is_documented and "documented" or rate > 0 and { rate, per = 1 } or nil,
    batch = batch > 1 and batch or nil,
    set = redis and math.floor(300 * (at - 1) / math.max(1, processes - 1)) - 150 or nil },
    clock and clock:environment(clocks) or clocks and "LD_PRELOAD=" .. clocks,
    net and net[at].through)
end

local workers, last, cut = {}, 0, nil

-- How many rows have ended, and whether there are some that nobody has begun.
local function ended()
  if cut and convoke.now() >= cut.till then
    net:link(cut.at, true)
    cut = nil
  end
  local status = job:status()
  last = status and status.total - status.pending - status.sent or last
  return last, status and status.pending > 0
end

-- Lets time pass: so many seconds, or hours in them.
local function pass(seconds)
  if passing then passing:pass(seconds) else convoke.sleep(seconds) end
end

-- Waits until so many rows have ended. Counting a hundred thousand takes as long as many calls: it
-- is not done more often than it lets the workers work.
local function wait_for(goal)
  local before, deadline = -1, 0
  while true do
    local began = convoke.now()
    local count = ended()
    if count >= goal then return end
    local now = convoke.now()
    if count ~= before then before, deadline = count, now + 120 end
    if now > deadline then
      for _, worker in ipairs(workers) do
        worker:signal "KILL"
        print(worker:wait())
      end
      print(("jobs: FAILED: %d rows have ended, and nothing goes on"):format(last))
      os.exit(1)
    end
    pass(math.max(passing and 0.2 or 0.005, (passing and 20 or 3) * (now - began)))
  end
end

-- Ends Redis, and starts it again.
local function restart()
  redis:signal "KILL"
  redis:wait()
  convoke.sleep(0.5)
  redis:restart()
  local before, back = ended(), convoke.now()
  wait_for(before + 1)
  print(("  went on after Redis was back  %.2f s"):format(convoke.now() - back))
end

-- Cuts a link, now and then for longer than a call may take.
local function cut_link(at)
  if cut then return end
  local seconds = math.random() < 0.3 and 12 or 1
  net:link(at, false)
  cut = { at = at, till = convoke.now() + seconds }
  -- The system repeats what it could not send after up to the same time again.
  if passing then passing:stand_still(2 * seconds + 2) end
end

-- Killing ------------------------------------------------

local began = convoke.now()
local slowest = 0
for i = 1, processes do workers[i] = start(i) end
for kill = 1, kills do
  local goal = rows * kill / (kills + 1)
  wait_for(goal)
  pass(math.random() * 0.1)
  local at = math.random(processes)
  workers[at]:signal "KILL"
  workers[at]:wait()
  local before, has_more = ended()
  local killed = convoke.now()
  workers[at] = start(at)
  wait_for(math.min(before + 1, rows))
  -- What the dead hold waits for the end of its lease in Redis: the others go on with the rest.
  if has_more then slowest = math.max(slowest, convoke.now() - killed) end
  if redis and kill == math.ceil(kills / 2) then restart() end
  if net and kill % 4 == 2 then cut_link(at % processes + 1) end
end
while cut do -- until the link is mended
  ended()
  convoke.sleep(0.05)
end
if passing then wait_for(rows) end
local said = {}
for i, worker in ipairs(workers) do said[i] = worker:wait() end
local seconds = convoke.now() - began

-- Comparing ------------------------------------------------

local faults = {}
local function complain(...) faults[#faults + 1] = string.format(...) end

local made, times = {}, {}
for _, invitation in ipairs(sandbox:books("clerk").invitations) do
  local address = invitation.email_address
  made[address] = (made[address] or 0) + 1
  if address:find "^p%d+@" then times[#times + 1] = invitation.created_at / 1000 end
end
local csv = files.path ".csv"
local report = assert(job:report(csv))
local seen, unknown_made = 0, 0
for row in convoke.rows(csv) do
  seen = seen + 1
  local count = made[row.key] or 0
  if count > 1 then complain("%s was made %d times", row.key, count) end
  if (row.state == "done" or row.state == "made") and count == 0 then
    complain("%s is %s, and was not made", row.key, row.state)
  elseif row.state == "unknown" then
    unknown_made = unknown_made + count
  elseif row.state ~= "done" and row.state ~= "made" then
    complain("%s is %s: %s", row.key, row.state, row.error)
  end
end
if seen ~= rows then complain("%d rows are in the store", seen) end
if passing then passing:judge(times, complain) end
table.sort(times)
for i = rate + 1, rate > 0 and batch == 1 and #times or 0 do
  if times[i] - times[i - rate] < 0.999 then
    complain("%d calls within %.3f s", rate + 1, times[i] - times[i - rate])
  end
end

print(("  ended                    %.1f s, %.0f rows a second"):format(seconds, rows / seconds))
print(("  done, unknown            %d, %d of which the books hold %d"):format(report.done,
  report.unknown, unknown_made))
if not passing then print(("  slowest to go on         %.2f s after a kill"):format(slowest)) end
print(("  wrong                    %d"):format(#faults))
for i = 1, math.min(20, #faults) do print("    " .. faults[i]) end
for _, text in ipairs(#faults > 0 and said or {}) do print("    " .. text:gsub("\n+$", "")) end
if passing then passing.store:close() end
clerk:close()
sandbox:stop()
if net then net:stop() end
if redis then redis:stop() end
if clocks then os.remove(clocks) end
if clock then clock:remove() end
files.remove()
print(#faults == 0 and "jobs: nothing lost, nothing doubled" or "jobs: FAILED")
os.exit(#faults == 0 and 0 or 1)
