--- Creates as the rows of a job, or without one: the difference is what a job costs. See plan.lua.
--   store=    a path or an address of Redis; without it `width` tasks make the calls
--   refused=  true: all rows are refused before anything is sent
--   work=     true: it brings no rows, and works on those of another program
--   frames=   true: the program has a loop of its own, and tells how long step(0.001) kept it

local plan = require "spec.programs.bench.clients.plan"
local convoke = require "convoke"

local client = convoke.clerk { url = plan.url, secret_key = "sk_test_bench" }

-- An iterator over so many rows.
local function rows_of(count)
  local last = 0
  return function()
    last = last + 1
    local row = last <= count and plan.invitation(last) or nil
    if row and plan.refused then row.expires_in_days = "soon" end
    return row
  end
end

local function by_tasks(count)
  local rows = rows_of(count)
  convoke.run(function()
    for _ = 1, plan.width do
      convoke.spawn(function()
        for row in rows do assert(client.invitations:create(row)) end
      end)
    end
  end)
end

-- Runs f, which waits, and tells the longest turn of this program's loop; and of one that does
-- nothing but look at the clock for nearly as long: what the machine takes from a program.
local function in_frames(f)
  local task, longest, count, long, began = convoke.spawn(f), 0, 0, 0, convoke.now()
  while task:status() ~= "done" do
    local before = convoke.now()
    convoke.step(0.001)
    local seconds = convoke.now() - before
    longest, count = math.max(longest, seconds), count + 1
    if seconds > 0.002 then long = long + 1 end
  end
  task:await()
  local idle, idle_long, stop = 0, 0, 2 * convoke.now() - began
  while convoke.now() < stop do
    local before = convoke.now()
    repeat until convoke.now() >= before + 0.0009
    local seconds = convoke.now() - before
    idle = math.max(idle, seconds)
    if seconds > 0.002 then idle_long = idle_long + 1 end
  end
  print(("frames=%d long=%d longest=%.3f machine=%d idle=%.3f"):format(count, long, longest * 1000,
    idle_long, idle * 1000))
end

local function by_job(count)
  if plan.work and count ~= plan.calls then return end
  local job = convoke.job { name = "bench" .. count, store = plan.store, client = client,
    operation = "invitations.create", key = not plan.work and "email_address" or nil,
    limit = plan.width, rows = not plan.work and rows_of(count) or nil }
  local function run()
    while plan.work and not job:status() do convoke.sleep(0.01) end -- nobody has made it yet
    local report
    repeat report = assert(job:run()) until report.total == count
    assert((plan.refused and report.invalid or report.done) == count)
  end
  if plan.frames and count == plan.calls then in_frames(run) else run() end
end

plan.measure(plan.store and by_job or by_tasks, convoke.now)
