--- Waiting: which coroutine waits for which call, and what makes it go on.
--
-- The C core never yields and never calls Lua. Code that needs an answer waits here: a task or a
-- coroutine of a host is parked until its call is finished, any other code blocks. step() drives
-- the core; the program calls it, or run(), or the host's own loop.

local core = require "convoke.core"
local timers = require "convoke.timers"

local engine = {}

local submit, cancel, wait_for = core.Call.submit, core.Call.cancel, core.Call.wait
local finished = core.finished

-- By the number of a call in flight:
local waiters = core.waiters() -- the token of the parked coroutine that waits for it, or false
local owners = {} -- the host that gave the token, where that is not our own scheduler
-- Native call -> { owner, token, timer } of the coroutine that waits for its next try. Weak,
-- because a coroutine may be collected while it waits.
local pausers = setmetatable({}, { __mode = "k" })
-- Token -> host of the coroutines that foreign hosts have parked; weak for the same reason.
local parked = setmetatable({}, { __mode = "k" })
-- A finished call has been taken from the core, and its waiter is not woken yet. Still true at the
-- next dispatch(), it means that an error came between the two.
local handing = false
local host -- a foreign host in use, or nil
local scheduler -- the host of our own tasks; init.lua hands it over
local watched = false -- somebody watches the descriptor
local longest_wait = 3600 -- seconds; then look again
local slice = 0.002 -- seconds that tasks go on before the core has its turn

-- Who waits ------------------------------------------------

-- The host that has parked the waiter of a call; the call's number is not in use any more.
local function take_owner(number)
  local owner = owners[number]
  if not owner then return scheduler end
  owners[number] = nil
  return owner
end

-- The foreign host that can park the running coroutine and its token there, if any.
local function foreign()
  local token = host.running()
  if token then return host, token end
end

--- Returns the host that can park the running coroutine, and its token there; nothing where the
-- caller must block. Raises in a task that cannot be parked just there.
function engine.here()
  local task = scheduler.running()
  if task then return scheduler, task end
  if host then return foreign() end
end

--- Returns the host of our own tasks and the task that runs; nothing outside of tasks.
function engine.own()
  local task = scheduler.running()
  if task then return scheduler, task end
end

--- Does what engine.here() does for a caller that begins something new: raises in a cancelled task.
function engine.begin()
  local task = scheduler.running()
  if task then
    if task.cancelling then scheduler.check(task) end
    return scheduler, task
  end
  if host then return foreign() end
end

-- Work that no coroutine waits for ------------------------------------------------

-- What is to be done when a call has ended that nobody waits for, { native =, done = } by its
-- number, or when a time has come, true by its token. Loops of hosts go on as long as there is any.
local asides = {}

-- @param number  that the call had
local function end_aside(number, native)
  local aside = asides[number]
  if not aside or aside.native ~= native then return end
  asides[number] = nil
  aside.done(native)
end

local function drive_aside()
  if host then host.drive(engine) end
  engine.announce()
end

--- Sends a native call that nobody waits for.
-- @param seconds  that it may take
-- @param done     function(native) that is called when it has ended, by whoever drives the engine;
--   it must not raise or yield. In the child of a fork it is never called
-- @return true; or nil and why it was not sent. What the host raises is raised; then it was sent
function engine.send_aside(native, seconds, done)
  local number, why = submit(native, seconds, nil)
  if not number then return nil, why end
  asides[number] = { native = native, done = done }
  drive_aside()
  return true
end

-- The host that its timers are woken by.
local aside_host = {
  wake = function(token)
    asides[token] = nil
    token.f()
  end,
}

--- Calls a function after a time, unless the program ends before or nobody drives the engine then.
-- @param f  as `done` of engine.send_aside()
-- @return a token for engine.not_later()
function engine.later(seconds, f)
  local token = { f = f }
  token.timer = timers.add(seconds, aside_host, token)
  asides[token] = true
  drive_aside()
  return token
end

--- Takes that back. Harmless when its time has come.
function engine.not_later(token)
  timers.remove(token.timer)
  asides[token] = nil
  engine.announce()
end

-- Work that goes on elsewhere ------------------------------------------------

-- Threads of stores tell by a descriptor that work of theirs has ended. What is known of them, by
-- descriptor:
--   pending()     how many pieces of such work have not been taken
--   take(forked)  takes what has ended and wakes those who wait for it; in the child of a fork it
--     is told so, once, and forgotten
local guests = {}

local function has_guests_work()
  for _, guest in pairs(guests) do
    if guest:pending() > 0 then return true end
  end
  return false
end

local function take_guests(forked)
  local all = {} -- one may go while they are called
  for _, guest in pairs(guests) do all[#all + 1] = guest end
  for _, guest in ipairs(all) do guest:take(forked) end
end

--- Sees to a guest from now on.
-- @param fd     its descriptor
-- @param guest  as above; nil: no longer
-- @return whether it does
function engine.watch(fd, guest)
  guests[fd] = guest
  if core.watch(fd, guest ~= nil) then return true end
  guests[fd] = nil
  return false
end

-- Driving ------------------------------------------------

-- Wakes every parked coroutine; each looks whether what it waits for has come. This is for the case
-- that an error, of a debug hook say, came between the end of a call and the waking of its waiter:
-- which one that was is not known any more.
local function wake_everybody()
  handing = false
  scheduler.repair()
  local tokens = {}
  for token in pairs(parked) do tokens[#tokens + 1] = token end
  for _, token in ipairs(tokens) do
    local owner = parked[token]
    if owner then owner.wake(token) end
  end
end

--- Wakes the waiters of all calls that have finished.
function engine.dispatch()
  if handing then wake_everybody() end
  if next(guests) then take_guests(false) end
  handing = true
  local native, number, token = finished()
  while native do
    if token then take_owner(number).wake(token) else end_aside(number, native) end
    native, number, token = finished()
  end
  handing = false
end

local dispatch = engine.dispatch

--- Parks the running coroutine by its host. It may be woken early.
-- @param owner   the host
-- @param token   of the running coroutine there
-- @param native  the call that it waits for, or nil
function engine.park(owner, token, native)
  if owner == scheduler then return owner.park(token, native) end
  parked[token] = owner
  owner.park(token, native)
  parked[token] = nil
end

local park = engine.park

--- Wakes the waiters of finished calls until one of them is a task.
-- @return that task, which is not woken; nil where no task's call has finished
function engine.next_task()
  local native, number, token = finished()
  while native do
    if token then
      local owner = owners[number]
      if not owner then return token end
      owners[number] = nil
      owner.wake(token)
    else
      end_aside(number, native)
    end
    native, number, token = finished()
  end
end

--- Whether a coroutine waits for a call or a time, or a task has not ended.
function engine.busy()
  return core.waiting() > 0 or timers.timeout() ~= nil or scheduler.busy()
    or next(asides) ~= nil or has_guests_work()
end

--- Whether there is work that no coroutine of a host waits for: tasks, or what was sent aside.
function engine.has_tasks()
  return scheduler.busy() or next(asides) ~= nil
end

-- Seconds until there is work in Lua, for tasks and timers; or nil.
local function own_timeout()
  return scheduler.ready() and 0 or timers.timeout()
end

--- Seconds until there is work by time, 0 where there is some now; or nil.
function engine.timeout()
  local calls, own = core.timeout(), own_timeout()
  if calls and own then return math.min(calls, own) end
  return calls or own
end

--- Tells the core when there is work in Lua, so that the descriptor becomes readable in time; tells
-- the host when there is nothing left to drive.
function engine.announce()
  if watched then core.alarm(own_timeout()) end
  if host and host.rest and not engine.busy() then host.rest() end
end

-- In the child of a fork the parent's calls have ended without being reported: their waiters are
-- woken and look. Returns whether there was one.
local function wake_orphans()
  local found = {}
  for number, token in pairs(waiters) do
    if token and not core.is_in_flight(number) then found[#found + 1] = number end
  end
  for _, number in ipairs(found) do take_owner(number).wake(core.forget(number)) end
  return found[1] ~= nil
end

-- In the child of a fork: wakes those, too, that wait between two tries.
local function leave_parent()
  asides = {}
  wake_orphans()
  take_guests(true)
  guests = {}
  handing = true
end

local function work_on_tasks(forked, stop, every)
  if forked then leave_parent() end
  if next(guests) then take_guests(false) end
  if timers.run() or handing then wake_everybody() end
  scheduler.work(stop, every)
end

-- Works on calls first, then on tasks, until it is time to stop.
local function work(budget, stop)
  work_on_tasks(core.step(budget), stop, 1)
end

local used = 0.75 -- of a budget; after that nothing is begun: what was begun last takes time, too

-- Gives calls half of what is left of the budget, so that tasks have their part, and again while
-- there is more to do.
local function work_for(budget)
  local before = core.now()
  local stop, shortest = before + used * budget, budget / 10
  repeat
    local part = (stop - before) / 2
    work(part, stop)
    local now = core.now()
    local idle = now - before < part
    before = now
  until idle or stop - now < shortest
end

local function step_once(budget)
  if budget and budget > 0 then work_for(budget) else work(budget, budget and core.now()) end
end

--- Does what is to be done without waiting, for about `budget` seconds (default: all of it).
-- @return how many calls are in flight
function engine.step(budget)
  if not watched then
    step_once(budget)
  else
    local succeeded, why = pcall(step_once, budget)
    if not succeeded then
      core.alarm(0) -- what was left lying is for the next step, and those that watch call it
      error(why, 0)
    end
  end
  engine.announce()
  return core.in_flight()
end

--- Does a part of the work, small enough for a host's loop that has other work, too. The descriptor
-- stays readable for the rest.
function engine.turn()
  return engine.step(0.002)
end

--- Returns the descriptor to watch for reading; it becomes readable by time, too.
function engine.pollfd()
  watched = true
  core.alarm(own_timeout())
  return core.pollfd()
end

--- Makes the host's loop drive what is in flight.
function engine.drive()
  if host then host.drive(engine) end
end

--- Blocks until `done()` is true, driving calls and tasks.
function engine.block(done)
  local forked = false
  while true do
    work_on_tasks(forked, core.now() + slice, 8)
    if done() then break end
    local timeout = engine.timeout()
    local stuck = not timeout and core.in_flight() == 0 and not has_guests_work()
    forked = core.wait(stuck and 0 or timeout or longest_wait)
    if stuck and not forked and not wake_orphans() then
      error("convoke: all tasks wait, and there is nothing left to wait for", 0)
    end
  end
  engine.announce()
end

-- Blocks for a time, or until `ended(native)` is true. Tasks do not go on meanwhile.
local function block_for(seconds, ended, native)
  local stop = core.now() + seconds
  local left = seconds
  while left > 0 and not ended(native) do
    if core.wait(math.min(left, longest_wait)) then leave_parent() end
    engine.dispatch()
    left = stop - core.now()
  end
  engine.announce()
end

-- Waiting ------------------------------------------------

--- pcall() for what may yield. In a coroutine of plain Lua 5.1 it is a bare call: nothing can yield
-- out of a pcall() there.
engine.protected = pcall
if _VERSION == "Lua 5.1" and not rawget(_G, "jit") then
  function engine.protected(f, ...)
    if coroutine.running() then return true, f(...) end
    return pcall(f, ...)
  end
end

--- Raises where nothing new may be begun: in a cancelled task.
function engine.check()
  local task = scheduler.running()
  if task then scheduler.check(task) end
end

-- Blocks until a native call is finished.
local function block_on(native)
  while not wait_for(native, longest_wait) do dispatch() end
  if watched or host then engine.announce() end
end

-- Sends a native call and waits until it is finished, parked or blocking. Returns as engine.send()
-- does, but raises what is raised.
local function send_and_wait(native, seconds, owner, token)
  local is_task = owner == scheduler
  if is_task then
    if token.call then engine.abandon(token.call) end -- an interrupt has stopped what waited for it
    token.call = native -- before it is sent, lest an interrupt come between
  end
  local number, why = submit(native, seconds, token)
  if number and owner then
    if not is_task then owners[number] = owner end
    if host then host.drive(engine) end
    while waiters[number] == token do -- until it is woken for this
      if is_task then owner.park(token, native) else park(owner, token, native) end
    end
  elseif number then
    block_on(native)
  end
  if is_task then token.call = false end
  return number ~= nil, why
end

local function pass_on(native, waited, ...)
  if waited then return ... end
  local number = cancel(native) -- here already: there may be no memory for more levels of Lua
  if number then owners[number] = nil end
  return nil, (...)
end

--- Sends a native call and waits until it is finished.
-- @param seconds       that it may take
-- @param owner, token  as engine.begin() gave them
-- @return true; or false and why it was not sent: memory ran out; or nil and what was raised while
--   it waited, whereupon engine.abandon() is to follow
function engine.send(native, seconds, owner, token)
  if owner == scheduler and not host then
    -- The scheduler ends the call of a task that ends, so no error has to be caught here.
    return send_and_wait(native, seconds, owner, token)
  end
  return pass_on(native, engine.protected(send_and_wait, native, seconds, owner, token))
end

--- Ends a native call whose caller cannot wait for it any more: no call is left in flight that
-- nobody waits for. Needs no memory.
function engine.abandon(native)
  local number = cancel(native)
  if number then owners[number] = nil end
  pausers[native] = nil
  pcall(engine.announce)
end

local function park_until(timer, owner, token, ended, native)
  engine.drive()
  engine.announce()
  while timers.waits(timer) and not ended(native) do park(owner, token, native) end
end

-- Parks the running coroutine for a time, or until `ended(native)` is true.
local function park_for(seconds, owner, token, ended, native)
  local timer = timers.add(seconds, owner, token)
  if native then pausers[native] = { owner = owner, token = token, timer = timer } end
  local waited, why = engine.protected(park_until, timer, owner, token, ended, native)
  if native then pausers[native] = nil end
  timers.remove(timer)
  if not waited then error(why, 0) end
end

--- Waits before a call is made again. Raises as engine.send() does.
-- @return whether that time is over; false: the call was cancelled before
function engine.pause(native, seconds)
  local owner, token = engine.here()
  if owner then
    park_for(seconds, owner, token, native.revoked, native)
  else
    block_for(seconds, native.revoked, native)
  end
  return not native:revoked()
end

--- The native calls whose callers are parked until their next try.
function engine.pausing()
  local natives = {}
  for native, pauser in pairs(pausers) do
    if pauser.timer and pauser.timer.at then natives[#natives + 1] = native end
  end
  return natives
end

--- Native calls whose answers are handed over piece by piece, unless they have been collected.
engine.streams = setmetatable({}, { __mode = "k" })

--- Ends the pause of a native call, as if its time were over. Harmless when it does not pause, or
-- blocks.
function engine.nudge(native)
  local pauser = pausers[native]
  if not (pauser and pauser.timer) then return end
  timers.hasten(pauser.timer)
  engine.announce()
end

--- Ends a native call, in flight or between two tries; whoever waits for it goes on.
-- @param interrupted  what waited for it was stopped by an error: the call's own error says so
function engine.cancel(native, interrupted)
  local number, token = cancel(native, interrupted)
  if token then
    take_owner(number).wake(token)
  elseif number then
    end_aside(number, native)
  end
  local pauser = pausers[native]
  if pauser then pauser.owner.wake(pauser.token) end
  engine.announce()
end

local function never() return false end

--- Lets time pass.
-- @param seconds  at least 0
function engine.sleep(seconds)
  local owner, token = engine.here()
  if not owner then
    block_for(seconds, never)
  elseif owner.sleep then
    owner.sleep(seconds, token)
  else
    park_for(seconds, owner, token, never)
  end
end

-- Hosts ------------------------------------------------

local needed = { "running", "park", "wake", "drive" }

local function load_host(name)
  local module_name = "convoke.hosts." .. name
  local found, module = pcall(require, module_name)
  if found then return module end
  if tostring(module):find(("module '%s' not found"):format(module_name), 1, true) then
    module = ("convoke.use: no host called %s; known are: cqueues, copas, luv, openresty, tasks")
      :format(name)
  end
  error(module, 3)
end

--- Makes calls yield to a host.
-- @param name  "cqueues", "copas", "luv", "openresty", "tasks" (our own tasks only), or a table:
--   running() -> token or nil: what the running coroutine is known by, if it may be parked;
--   park(token): yields until wake(token); may return early;
--   wake(token): makes it go on; must not run it before it has parked, nor fail if it is gone;
--   drive(engine): from now on calls engine.turn() whenever engine.pollfd() is readable, until
--   engine.busy() is false. Called whenever there is something to drive; if the host drives
--   already it does nothing;
--   rest() (not needed): engine.busy() is false; called whenever that may be news;
--   sleep(seconds, token) (not needed): yields for so long, by the host's own clock.
function engine.use(name)
  if name == "tasks" or name == nil then
    host = nil
    return
  end
  local given = type(name) == "string" and load_host(name) or name
  if type(given) ~= "table" then error("convoke.use: a host is a name or a table", 2) end
  for _, field in ipairs(needed) do
    if type(given[field]) ~= "function" then
      error("convoke.use: the host has no function " .. field, 2)
    end
  end
  host = given
end

--- Hands over the host that tasks of our own are parked by, before anything else is called.
-- @param tasks  as convoke.use() wants one, and more: see tasks.lua
function engine.set_scheduler(tasks)
  scheduler = tasks
end

return engine
