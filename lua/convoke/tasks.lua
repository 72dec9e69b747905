--- Tasks: coroutines of our own, whose calls yield.

local core = require "convoke.core"
local engine = require "convoke.engine"
local errors = require "convoke.errors"
local timers = require "convoke.timers"

local tasks = {}

local Task = {}
Task.__index = Task
Task.__name = "convoke.task"

local pack = table.pack or function(...) return { n = select("#", ...), ... } end
local unpack = table.unpack or unpack

-- nginx puts its own coroutines, which belong to one request, in the place of Lua's. Tasks are
-- Lua's, because they go on in whatever request drives us.
-- luacheck: push ignore 143
local create = coroutine._create or coroutine.create
local resume_coroutine = coroutine._resume or coroutine.resume
local status_of = coroutine._status or coroutine.status
local yield = coroutine._yield or coroutine.yield
-- luacheck: pop

-- The scheduler: the host that tasks are parked by ------------------------------------------------

local scheduler = { name = "tasks" }

local submit, waiters = core.Call.submit, core.waiters()
local PARKED = {} -- what a task yields; anything else was meant for somebody else
local by_coroutine = setmetatable({}, { __mode = "k" })
local first, last -- tasks that can go on, in a row by `following`
local pushed = 0 -- how many have been put there so far
local alive = 0 -- tasks that have not ended
local resumed = 0 -- those among them that run now, or wait in a blocking way
local run_waiters = {} -- token -> host of coroutines that wait in run() for the last task

-- Needs no memory: neither a task that is to go on gets lost, nor a call's end.
local function enqueue(task)
  pushed = pushed + 1
  task.queued, task.number, task.following = true, pushed, false
  if last then last.following = task else first = task end
  last = task
end

local function push_ready(task)
  if not (task.queued or task.ended) then enqueue(task) end
end

local in_running_thread = core.in_running_thread

--- The task that runs. Raises in one that cannot be parked just there.
function scheduler.running()
  if resumed == 0 then return nil end
  local task, can_yield = in_running_thread(by_coroutine)
  if task and not can_yield then
    error("convoke: a task cannot wait in a function that C calls, such as that of string.gsub or "
      .. "table.sort", 0)
  end
  return task
end

function scheduler.busy() return alive > 0 end

function scheduler.ready() return first ~= nil end

function scheduler.park(task, native)
  task.call = native or false
  yield(PARKED)
  task.call = false
end

--- Sends a native call and parks the task until it is finished. In between nothing needs memory.
-- @return true; or false and why it was not sent
function scheduler.send(task, native, seconds)
  local number, why = submit(native, seconds, task)
  if not number then return false, why end
  task.call = native
  repeat yield(PARKED) until waiters[number] ~= task -- it may have been woken for something else
  task.call = false
  return true
end

scheduler.wake = push_ready

function scheduler.drive() end -- step(), run() and await() do

local function name_of(task) return "task " .. task.count end

local function cancelled(task)
  return errors.new {
    kind = "cancelled",
    outcome = "not_sent",
    operation = name_of(task),
    message = "the task was cancelled",
  }
end

--- Raises in a cancelled task, after the others had a turn.
function scheduler.check(task)
  if not task.cancelling then return end
  push_ready(task)
  scheduler.park(task)
  error(cancelled(task), 0)
end

function scheduler.sleep(seconds, task)
  scheduler.check(task)
  local timer = timers.add(seconds, scheduler, task)
  while timer.at and not task.cancelling do scheduler.park(task) end
  timers.remove(timer)
  if task.cancelling then error(cancelled(task), 0) end
end

-- The life of a task ------------------------------------------------

--- Where the error of a task goes that nobody has asked for. Replaceable.
function tasks.report(message)
  io.stderr:write("convoke: ", message, "\n")
end

local unasked = setmetatable({}, { __mode = "k" }) -- failed tasks that nobody has asked about

local function report_if_unasked(task)
  if task.asked then return end
  task.asked = true
  tasks.report(("%s failed, and nobody awaited it: %s"):format(name_of(task),
    tostring(task.results[1])))
end

-- An object whose collection calls f; kept by what is to be watched.
local function on_collection(f)
  if not newproxy then return setmetatable({}, { __gc = f }) end -- luacheck: ignore 113
  local proxy = newproxy(true) -- luacheck: ignore 113
  getmetatable(proxy).__gc = f
  return proxy
end

-- Takes out whom it wakes.
local function wake_all(hosts_by_token)
  local token, owner = next(hosts_by_token)
  while token ~= nil do
    hosts_by_token[token] = nil
    owner.wake(token)
    token, owner = next(hosts_by_token)
  end
end

-- One of several tasks of all() has failed: the others are not wanted any more.
local function fail_group(group, task)
  if group.failed then return end
  group.failed = task
  for _, other in ipairs(group) do
    if other then other:cancel() end
  end
end

local no_memory = { n = 1, "not enough memory" }

local function watch_unasked(task)
  unasked[task] = true
  task.sentinel = on_collection(function() report_if_unasked(task) end)
end

-- Tells of the end of a task. Can be done once more where memory ran out in the midst.
local function conclude(task)
  if task.state == "failed" and not task.asked then pcall(watch_unasked, task) end
  if task.state ~= "done" and task.group then pcall(fail_group, task.group, task) end
  if task.awaiting then wake_all(task.awaiting) end
  if alive == 0 then wake_all(run_waiters) end
end

local function finish(task, succeeded, ...)
  alive = alive - 1
  task.ended, task.results = true, no_memory
  task.state = task.cancelling and "cancelled" or "failed"
  local packed, results = pcall(pack, ...)
  if packed then
    task.results = results
    if succeeded then task.state = "done" end
  end
  conclude(task)
end

-- Texts get the traceback of the task they come from; error objects keep theirs beside them.
local function with_traceback(thread, message)
  if type(message) == "string" and not message:find("\nstack traceback:\n", 1, true) then
    return debug.traceback(thread, message)
  end
  if errors.is(message) and not message.traceback then
    message.traceback = debug.traceback(thread)
  end
  return message
end

-- Ends a coroutine that is not to go on; its variables with <close> are closed.
local function dispose(task)
  local thread = task.coroutine
  by_coroutine[thread] = nil
  task.coroutine = nil
  if coroutine.close then coroutine.close(thread) end
end

local function after_resume(task, thread, succeeded, first_result, ...)
  resumed = resumed - 1
  if first_result == PARKED then return end
  if succeeded and status_of(thread) == "suspended" then
    local message = debug.traceback(thread, "convoke: a task yielded to somebody who is not there;"
      .. " in tasks, wait with convoke.sleep, await and calls")
    dispose(task)
    return finish(task, false, message)
  end
  if succeeded then
    dispose(task)
    return finish(task, true, first_result, ...)
  end
  local told, message = pcall(with_traceback, thread, first_result)
  dispose(task)
  finish(task, false, told and message or first_result)
end

local function resume(task)
  if task.ended then return conclude(task) end
  local thread, arguments = task.coroutine, task.arguments
  local status = thread and status_of(thread) or "dead"
  if status == "dead" then return finish(task, false, no_memory[1]) end -- what it returned is lost
  -- One that blocks, in a coroutine of its own say, looks by itself when it is through.
  if status ~= "suspended" then return end
  if not arguments then
    resumed = resumed + 1
    return after_resume(task, thread, resume_coroutine(thread))
  end
  task.arguments = nil
  if task.cancelling then
    dispose(task)
    return finish(task, false, cancelled(task))
  end
  resumed = resumed + 1
  after_resume(task, thread, resume_coroutine(thread, unpack(arguments, 1, arguments.n)))
end

local next_task = engine.next_task
local at_work -- the task that goes on

-- Runs the tasks that can go on, one turn each, then those whose calls have finished.
local function run_ready(turn, stop)
  while first and first.number <= turn do
    local task = first
    first = task.following or nil
    if not first then last = nil end
    at_work, task.queued = task, false
    resume(task)
    if stop and core.now() >= stop then return end
  end
  local task = next_task()
  while task do
    if not task.queued then -- else it has its turn there
      at_work = task
      resume(task)
      if stop and core.now() >= stop then return end
    end
    task = next_task()
  end
end

--- Runs the tasks that can go on, one turn each, and hands finished calls to those that wait for
-- them; tasks that the time is up for stay in line.
function scheduler.work(stop)
  local resumed_before, at_work_before = resumed, at_work
  at_work = nil
  local went_on, why = pcall(run_ready, pushed, stop)
  if not went_on then -- for want of memory; the task has its turn again, which does no harm
    resumed = resumed_before
    if at_work and not at_work.queued then enqueue(at_work) end
  end
  at_work = at_work_before
  if not went_on then error(why, 0) end
  if stop then engine.dispatch() end -- the others get in line
end

engine.set_scheduler(scheduler)

-- What users call ------------------------------------------------

local count = 0
local no_arguments = { n = 0 }

--- Starts f(...) as a task; it runs when tasks get their turn.
-- @return a task: await(), cancel(), status()
function tasks.spawn(f, ...)
  if type(f) ~= "function" then error("convoke.spawn: a function is needed", 2) end
  count = count + 1
  local task = setmetatable({
    count = count,
    state = "waiting", -- or how it ended
    coroutine = create(f),
    arguments = select("#", ...) > 0 and pack(...) or no_arguments,
    -- here from the start, so that setting them needs no memory
    asked = false, -- somebody knows how it ended, or wants to
    awaiting = false, -- token -> host of those who wait for its end
    call = false, -- the native one that it waits for
    cancelling = false,
    ended = false,
    following = false, -- the next in the row of those that can go on
    group = false, -- of all()
    number = 0, -- in that row
    queued = false, -- is in it
    results = false,
    waits_for = false, -- a task
  }, Task)
  by_coroutine[task.coroutine] = task
  alive = alive + 1
  enqueue(task)
  local driven, why = pcall(engine.drive)
  if driven then driven, why = pcall(engine.announce) end
  if driven then return task end
  task.cancelling, task.asked = true, true -- it never runs
  error(why, 0)
end

--- "waiting", "running", "done", "failed" or "cancelled".
function Task:status()
  local status = self.coroutine and status_of(self.coroutine)
  return (status == "running" or status == "normal") and "running" or self.state
end

function Task:__tostring()
  return ("convoke.%s (%s)"):format(name_of(self), self:status())
end

-- Whether `task` waits, through others, for `goal`.
local function waits_for(task, goal)
  while task do
    if task == goal then return true end
    task = task.waits_for
  end
  return false
end

local function outcome_of(task)
  local results = task.results
  if task.state == "done" then return unpack(results, 1, results.n) end
  error(results[1], 0)
end

-- Waits for the end of a task. Returns false if the task that waits is cancelled before.
local function join(task)
  task.asked = true
  if task.ended then return true end
  local owner, token = engine.here()
  if not owner then
    engine.block(function() return task.ended end)
    return true
  end
  local mine = owner == scheduler and token or {}
  if waits_for(task, mine) then error("convoke: a task cannot wait for itself", 0) end
  engine.drive()
  while not (task.ended or mine.cancelling) do
    task.awaiting = task.awaiting or {}
    task.awaiting[token] = owner
    mine.waits_for = task
    owner.park(token)
    mine.waits_for = false
  end
  if task.awaiting then task.awaiting[token] = nil end
  return task.ended or false
end

--- Waits for the end of the task and returns what its function returned, or raises its error.
function Task:await()
  engine.check()
  if not join(self) then engine.check() end
  return outcome_of(self)
end

--- Ends the task: its call in flight returns the error `cancelled`, and the next thing it waits
-- for raises. Returns whether there was anything to end.
function Task:cancel()
  if self.ended then return false end
  self.cancelling = true
  self.asked = true
  if self.call then
    engine.cancel(self.call)
  else
    push_ready(self)
    engine.announce()
  end
  return true
end

Task.__close = Task.cancel

-- Waits until all tasks have ended but those that cannot while we wait.
local function join_all_tasks()
  local owner, token = engine.here()
  if not owner then
    engine.block(function() return alive <= resumed end)
    return
  end
  while alive > 0 do
    run_waiters[token] = owner
    owner.park(token)
  end
end

--- Runs f(...) as a task, and every task it starts, until all have ended.
-- @return what f returns; raises its error
function tasks.run(f, ...)
  if type(f) ~= "function" then error("convoke.run: a function is needed", 2) end
  local task = tasks.spawn(f, ...)
  task.asked = true
  if scheduler.running() then return task:await() end
  local joined, why = engine.protected(join_all_tasks)
  if not joined then
    task:cancel()
    error(why, 0)
  end
  for failed in pairs(unasked) do report_if_unasked(failed) end
  unasked = setmetatable({}, { __mode = "k" })
  return outcome_of(task)
end

local function check_all(functions, options)
  if type(functions) ~= "table" then error("convoke.all: an array of functions is needed", 3) end
  local total = functions.n or #functions
  for i = 1, total do
    if type(functions[i]) ~= "function" then
      error(("convoke.all: element %d is not a function"):format(i), 3)
    end
  end
  local limit = options and options.limit or math.huge
  if type(limit) ~= "number" or limit < 1 or limit ~= math.floor(limit) then
    error("convoke.all: limit must be a whole number from 1", 3)
  end
  return total, math.min(limit, total)
end

--- Runs functions at the same time and waits for all of them.
-- @param functions  array
-- @param options    { limit = n }: at most n at a time; nil: all
-- @return an array of their first results, and an array of their second ones, both in order and
--   with `n`; raises what one of them raises, after the others are cancelled
function tasks.all(functions, options)
  local total, limit = check_all(functions, options)
  local values, others, following = { n = total }, { n = total }, 0
  local group = {} -- of tasks, false where there is none yet
  local function work()
    while following < total and not group.failed do
      following = following + 1
      local at = following
      values[at], others[at] = functions[at]()
    end
  end
  engine.check()
  for i = 1, limit do group[i] = false end
  local done, why = engine.protected(function()
    for i = 1, limit do
      local task = tasks.spawn(work)
      group[i] = task
      task.group, task.asked = group, true
    end
    for _, task in ipairs(group) do
      if not join(task) then
        fail_group(group, task)
        engine.check()
      end
    end
  end)
  if not done then
    fail_group(group, true) -- for want of memory, or because the task that waits is cancelled
    error(why, 0)
  end
  if group.failed then return outcome_of(group.failed) end
  return values, others
end

--- Lets time pass; in a task or a coroutine of a host the others go on meanwhile.
-- @param seconds  from 0
function tasks.sleep(seconds)
  if type(seconds) ~= "number" or seconds ~= seconds or seconds < 0 then
    error("convoke.sleep: seconds must be a number from 0", 2)
  end
  engine.sleep(seconds)
end

return tasks
