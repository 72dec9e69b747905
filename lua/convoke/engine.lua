--- Waiting: who waits for which call, and who makes it go on.
--
-- The C core never yields and never calls Lua. Whoever needs an answer waits here: a task or a
-- coroutine of a host is parked until its call is finished, anything else blocks. What drives the
-- core is step(), called by the program, by run(), or by the host's own loop.

local core = require "convoke.core"

local engine = {}

local waiters = {} -- native call -> host, for parked calls
local tokens = {} -- native call -> what the host knows the parked coroutine by
local host -- a foreign host in use, or nil
local scheduler -- the host of our own tasks; set by tasks.lua
local watched = false -- somebody watches the descriptor
local longest_wait = 3600 -- seconds; then look again

--- The host that the running coroutine can be parked by and its token there; nothing where it
-- must block.
function engine.here()
  local token = scheduler.running()
  if token then return scheduler, token end
  if host then
    token = host.running()
    if token then return host, token end
  end
end

--- Hands finished calls to those that wait for them.
function engine.dispatch()
  local native = core.finished()
  while native do
    local owner, token = waiters[native], tokens[native]
    if owner then
      waiters[native], tokens[native] = nil, nil
      owner.wake(token)
    end
    native = core.finished()
  end
end

--- Whether there is anything to drive: calls in flight, tasks, or sleepers.
function engine.busy()
  return core.in_flight() > 0 or scheduler.busy()
end

--- Seconds until there is work by time, or nil: 0 when there is some now.
function engine.timeout()
  local calls, tasks = core.timeout(), scheduler.timeout()
  if calls and tasks then return math.min(calls, tasks) end
  return calls or tasks
end

--- Does what is to be done without waiting, for about `budget` seconds (default: all of it).
-- @return how many calls are in flight
function engine.step(budget)
  local stop = budget and core.now() + budget
  core.step(budget)
  engine.dispatch()
  scheduler.work(stop)
  if watched then core.alarm(scheduler.timeout()) end
  return core.in_flight()
end

--- Blocks until `done()` is true, driving calls and tasks.
function engine.block(done)
  while true do
    engine.dispatch()
    scheduler.work()
    if done() then return end
    local timeout = engine.timeout()
    if not timeout and core.in_flight() == 0 then
      error("convoke: all tasks wait, and there is nothing left to wait for", 0)
    end
    core.wait(timeout or longest_wait)
  end
end

--- Makes the host's loop watch over what is in flight.
function engine.drive()
  if host then host.drive(engine) end
end

--- The descriptor to watch for reading; it becomes readable by time, too.
function engine.pollfd()
  watched = true
  core.alarm(scheduler.timeout())
  return core.pollfd()
end

--- Tells those that watch the descriptor that a task can go on sooner than they know.
function engine.hurry()
  if watched then core.alarm(scheduler.timeout()) end
end

--- Wakes a coroutine of a host after a time.
function engine.wake_later(seconds, owner, token)
  scheduler.add_timer(core.now() + seconds, owner, token)
  engine.hurry()
end

--- Raises where nothing new may be begun: in a cancelled task.
function engine.check()
  local owner, token = engine.here()
  if owner == scheduler then scheduler.check(token) end
end

--- Waits until a native call is finished.
function engine.wait(native)
  local owner, token = engine.here()
  if not owner then
    while not native:done() do
      core.wait(longest_wait)
      engine.dispatch()
    end
    return
  end
  engine.drive()
  while not native:done() do
    waiters[native], tokens[native] = owner, token
    owner.park(token, native)
  end
  waiters[native], tokens[native] = nil, nil
end

--- Ends a native call; whoever waits for it goes on.
function engine.cancel(native)
  native:cancel()
  local owner, token = waiters[native], tokens[native]
  if owner then
    waiters[native], tokens[native] = nil, nil
    owner.wake(token)
  end
end

--- Lets time pass.
-- @param seconds  at least 0
function engine.sleep(seconds)
  local owner, token = engine.here()
  if owner then
    owner.sleep(seconds, token)
    return
  end
  local stop = core.now() + seconds
  local left = seconds
  while left > 0 do
    core.wait(left)
    engine.dispatch()
    left = stop - core.now()
  end
end

local needed = { "running", "park", "wake", "sleep", "drive" }

--- Makes calls yield to a host.
-- @param name  "cqueues", "copas", "luv", "openresty", "tasks" (our own tasks only), or a table:
--   running() -> token or nil: what the running coroutine is known by, if it may be parked;
--   park(token): yields until wake(token); may return early;
--   wake(token): makes it go on; must not run it before it has parked, nor fail if it is gone;
--   sleep(seconds, token): yields for so long (see engine.wake_later);
--   drive(engine): from now on calls engine.step() whenever engine.pollfd() is readable and when
--   engine.timeout() seconds are over, until engine.busy() is false. Called whenever there is
--   something to drive; if the host drives already it does nothing.
function engine.use(name)
  if name == "tasks" or name == nil then
    host = nil
    return
  end
  local given = name
  if type(name) == "string" then
    local found, module = pcall(require, "convoke.hosts." .. name)
    if not found then
      local missing = ("module 'convoke.hosts.%s' not found"):format(name)
    local unknown = tostring(module):find(missing, 1, true)
      error(unknown and ("convoke.use: no host called %s; known are: cqueues, copas, luv, "
        .. "openresty, tasks"):format(name) or module, 2)
    end
    given = module
  end
  if type(given) ~= "table" then error("convoke.use: a host is a name or a table", 2) end
  for _, field in ipairs(needed) do
    if type(given[field]) ~= "function" then
      error("convoke.use: the host has no function " .. field, 2)
    end
  end
  host = given
end

--- The host of our own tasks makes itself known.
function engine.set_scheduler(tasks)
  scheduler = tasks
end

return engine
