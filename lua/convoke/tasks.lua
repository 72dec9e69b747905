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

local PARKED = {} -- what a task yields; anything else was meant for somebody else
local by_coroutine = {} -- every task that has not ended, or whose end is not told yet
local first, last -- the queue of tasks that can go on, linked by `following`
local pushed = 0 -- how many have been put there so far
local alive = 0 -- tasks that have not ended
local resumed = 0 -- those among them that run now, or wait in a blocking way
local run_waiters = {} -- token -> host of coroutines that wait in run() for the last task

-- A debug hook (Ctrl-C in an interpreter is one) may raise between any two instructions. Code that
-- changes the above in more than one step sets this mark meanwhile; code that finds it set calls
-- repair().
local unsound = false

-- Adds a task to the queue. Needs no memory, so that no task is lost, nor the end of a call.
local function link(task)
  pushed = pushed + 1
  task.queued, task.number, task.following = true, pushed, false
  if last then last.following = task else first = task end
  last = task
end

-- Makes the queue and the counts anew from the tasks that there are. Every suspended task gets a
-- turn, which does no harm: a task looks whether what it waits for has come. Needs no memory.
local function repair()
  unsound = true
  first, last, alive, resumed = nil, nil, 0, 0
  for thread, task in pairs(by_coroutine) do
    local status = status_of(thread)
    if not task.ended then alive = alive + 1 end
    if status == "running" or status == "normal" then
      task.queued, resumed = false, resumed + 1
    else
      link(task)
    end
  end
  unsound = false
end

local function push_ready(task)
  if unsound then repair() end
  if task.queued or task.ended then return end
  unsound = true
  link(task)
  unsound = false
end

scheduler.repair = repair

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

-- The timer that a task waits for; one from before was left by an interrupt.
function scheduler.note_timer(task, timer)
  local before = task.timer
  task.timer = timer
  if before then timers.remove(before) end
end

function scheduler.busy() return alive > 0 end

function scheduler.ready() return first ~= nil end

--- Parks the running task until it gets a turn again.
-- @param native  the call that it waits for: cancelling the task cancels that; or nil
function scheduler.park(task, native)
  local before = task.call
  task.call = native or false
  yield(PARKED)
  task.call = before
end

scheduler.wake = push_ready

function scheduler.drive() end -- step(), run() and await() do

local function name_of(task) return "task " .. task.count end

local function cancelled(task)
  return errors.new {
    kind = "cancelled",
    outcome = "not_sent",
    operation = name_of(task),
    message = task.reason or "the task was cancelled",
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
  while timers.waits(timer) and not task.cancelling do scheduler.park(task) end
  timers.remove(timer)
  if task.cancelling then error(cancelled(task), 0) end
end

-- The life of a task ------------------------------------------------

--- Reports the error of a task that nobody awaits. Replaceable.
function tasks.report(message)
  io.stderr:write("convoke: ", message, "\n")
end

local function first_line(message)
  return (tostring(message):match "[^\n]*")
end

local unobserved = setmetatable({}, { __mode = "k" }) -- failed tasks whose end nobody has awaited

local function report_if_unobserved(task)
  if task.observed then return end
  task.observed = true
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

-- Wakes all the coroutines of a table, and takes them out of it.
local function wake_all(hosts_by_token)
  local token, owner = next(hosts_by_token)
  while token ~= nil do
    hosts_by_token[token] = nil
    owner.wake(token)
    token, owner = next(hosts_by_token)
  end
end

local no_memory = { n = 1, "not enough memory" }
local interrupted = { n = 1, "interrupted: the error that the task failed with is lost" }

local function watch_unobserved(task)
  unobserved[task] = true
  task.sentinel = on_collection(function() report_if_unobserved(task) end)
end

-- Tells those concerned that a task has ended. Where memory runs out or an interrupt comes in the
-- midst, it is done once more: until all is done repair() finds the task.
local function conclude(task)
  if task.timer then timers.remove(task.timer) end
  if task.call then engine.abandon(task.call) end
  if task.state == "failed" and not task.observed then pcall(watch_unobserved, task) end
  if task.ending then pcall(task.ending, task) end
  if task.awaiting then wake_all(task.awaiting) end
  if alive == 0 then wake_all(run_waiters) end
  local thread = task.coroutine
  if thread then by_coroutine[thread] = nil end
  task.coroutine = nil
end

local function finish(task, state, results)
  task.results, task.state = results, state
  task.ended = true
  alive = alive - 1
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

local function fail(task, message)
  local packed, results = pcall(pack, message)
  finish(task, task.cancelling and "cancelled" or "failed", packed and results or no_memory)
end

-- Ends a coroutine that is not to go on; its variables with <close> are closed.
local function dispose(task)
  if coroutine.close then coroutine.close(task.coroutine) end
end

-- What a task runs. It keeps its results itself, for what comes after that runs in the program that
-- drives it, and may be interrupted there.
local function keep(task, ...)
  task.results = pack(...)
  task.returned = true
end

local function body(task, f, ...)
  task.arguments = nil -- it has begun
  keep(task, f(...))
end

-- Ends a task that has come back from resume() and is not parked.
local function end_task(task, succeeded, first_result)
  local thread = task.coroutine
  if task.returned then
    dispose(task)
    return finish(task, "done", task.results)
  end
  if succeeded then
    local message = debug.traceback(thread, "convoke: a task yielded to somebody who is not there;"
      .. " in tasks, wait with convoke.sleep, await and calls")
    dispose(task)
    return fail(task, message)
  end
  local told, message = pcall(with_traceback, thread, first_result)
  dispose(task)
  fail(task, told and message or first_result)
end

local function resume(task)
  if task.ended then return conclude(task) end
  local thread, arguments = task.coroutine, task.arguments
  local status = status_of(thread)
  if status == "dead" then -- what came after was interrupted, or memory ran out there
    local state = task.returned and "done" or task.cancelling and "cancelled" or "failed"
    return finish(task, state, task.results or interrupted)
  end
  -- A task that blocks, in a coroutine of its own say, looks by itself when it is through.
  if status ~= "suspended" then return end
  if arguments and task.cancelling then -- before it has begun
    dispose(task)
    return fail(task, cancelled(task))
  end
  local before = resumed
  local succeeded, result
  resumed = before + 1
  if not arguments then
    succeeded, result = resume_coroutine(thread)
  else
    succeeded, result = resume_coroutine(thread, task, task.f, unpack(arguments, 1, arguments.n))
  end
  resumed = before
  if result ~= PARKED then end_task(task, succeeded, result) end
end

local next_task = engine.next_task

local most_finished = 4 -- calls whose tasks go on before one of the others has its turn

-- Runs the tasks that can go on, one turn each, alternating with the tasks whose calls have
-- finished: neither keep the others waiting, however many they are.
local function run_ready(turn, stop, every)
  local turns, finished = 0, 0
  repeat
    local task = finished < most_finished and next_task()
    if task then
      finished = finished + 1
      if task.queued then task = nil end -- it has its turn in the queue
    elseif first and first.number <= turn and not unsound then
      task, finished = first, 0
      first = task.following or nil
      if not first then last = nil end
      task.queued = false
    elseif finished < most_finished then
      return
    else
      finished = 0
    end
    if task then
      resume(task)
      turns = turns + 1
    end
  until stop and turns % every == 0 and core.now() >= stop
end

--- Runs the tasks that can go on, one turn each, and hands finished calls to those that wait for
-- them; tasks that the time is up for stay in line.
-- @param stop   when to stop, by core.now(); nil: when all have had their turn
-- @param every  after how many tasks the clock is looked at
function scheduler.work(stop, every)
  if unsound then repair() end
  local before = resumed
  local went_on, why = pcall(run_ready, pushed, stop, every)
  if not went_on then -- interrupted, or for want of memory
    unsound = true
    resumed = before
    error(why, 0)
  end
end

--- The host that the engine parks tasks by; init.lua makes the two known to each other.
tasks.scheduler = scheduler

-- What users call ------------------------------------------------

local count = 0
local no_arguments = { n = 0 }

--- What a task that begins inherits from the code that begins it: a function that returns it, see
-- observe/trace.lua; or false.
tasks.inherit = false

--- What the running task has inherited, or false; nil: no task runs.
function tasks.inherited()
  if resumed == 0 then return nil end
  local task = in_running_thread(by_coroutine)
  return task and task.heritage
end

--- Starts f(...) as a task; it runs when tasks get their turn.
-- @return a task: await(), cancel(), status()
function tasks.spawn(f, ...)
  if type(f) ~= "function" then error("convoke.spawn: a function is needed", 2) end
  count = count + 1
  local task = setmetatable({
    count = count,
    state = "waiting", -- or how it ended
    f = f,
    coroutine = create(body),
    arguments = select("#", ...) > 0 and pack(...) or no_arguments,
    -- here from the start, so that setting them needs no memory
    observed = false, -- somebody knows how it ended, or waits for that
    awaiting = false, -- token -> host of those who wait for its end
    call = false, -- the native one that it waits for
    cancelling = false,
    ended = false,
    ending = false, -- function(task) of all(): what to do when it has ended
    following = false, -- the next in the queue of tasks that can go on
    heritage = false, -- see tasks.inherit
    number = 0, -- in that queue
    queued = false, -- is in it
    reason = false, -- why it is cancelled, in words
    results = false,
    returned = false, -- its function has, with these results
    timer = false, -- that it waits for
    waits_for = false, -- a task
  }, Task)
  if tasks.inherit then task.heritage = tasks.inherit() end
  if unsound then repair() end
  unsound = true
  by_coroutine[task.coroutine] = task
  alive = alive + 1
  link(task)
  unsound = false
  local driven, why = pcall(engine.drive)
  if driven then driven, why = pcall(engine.announce) end
  if driven then return task end
  task.cancelling, task.observed = true, true -- it never runs
  error(why, 0)
end

--- "waiting", "running", "done", "failed" or "cancelled".
function Task:status()
  local status = not self.ended and status_of(self.coroutine)
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

local function park_until_end(task, owner, token, mine)
  engine.drive()
  while not (task.ended or mine.cancelling) do
    task.awaiting = task.awaiting or {}
    task.awaiting[token] = owner
    mine.waits_for = task
    engine.park(owner, token)
    mine.waits_for = false
  end
end

-- Waits for the end of a task. Returns false if the task that waits is cancelled before.
local function join(task)
  task.observed = true
  if task.ended then return true end
  local owner, token = engine.here()
  if not owner then
    engine.block(function() return task.ended end)
    return true
  end
  local mine = owner == scheduler and token or {}
  if waits_for(task, mine) then error("convoke: a task cannot wait for itself", 0) end
  local parked, why = engine.protected(park_until_end, task, owner, token, mine)
  mine.waits_for = false
  if task.awaiting then task.awaiting[token] = nil end
  if not parked then error(why, 0) end
  return task.ended or false
end

--- Waits for the end of the task and returns what its function returned, or raises its error.
function Task:await()
  engine.check()
  if not join(self) then engine.check() end
  return outcome_of(self)
end

-- Cancels a task; `reason` is what those that wait for it are told, or nil.
local function cancel(self, reason)
  if self.ended then return false end
  self.reason = self.reason or reason or false
  self.cancelling = true
  self.observed = true
  if self.call then
    engine.cancel(self.call, self.reason ~= false)
  else
    push_ready(self)
    engine.announce()
  end
  return true
end

--- Ends the task: its call in flight returns the error `cancelled`, and the next thing it waits
-- for raises. Returns whether there was anything to end.
function Task:cancel()
  return cancel(self)
end

Task.__close = Task.cancel

-- Cancels a task because whoever waited for it was stopped by an error.
local function interrupt(task, why)
  cancel(task, "interrupted: what waited for the task was stopped by an error: " .. first_line(why))
end

-- Waits until all tasks have ended but those that cannot while we wait.
local function join_all_tasks()
  local owner, token = engine.here()
  if not owner then
    engine.block(function() return alive <= resumed end)
    return
  end
  while alive > 0 do
    run_waiters[token] = owner
    engine.park(owner, token)
  end
end

--- Runs f(...) as a task, and every task it starts, until all have ended.
-- @return what f returns; raises its error
function tasks.run(f, ...)
  if type(f) ~= "function" then error("convoke.run: a function is needed", 2) end
  local task = tasks.spawn(f, ...)
  task.observed = true
  if scheduler.running() then return task:await() end
  local joined, why = engine.protected(join_all_tasks)
  if not joined then
    interrupt(task, why)
    error(why, 0)
  end
  for failed in pairs(unobserved) do report_if_unobserved(failed) end
  unobserved = setmetatable({}, { __mode = "k" })
  return outcome_of(task)
end

local function check_all_options(options)
  if type(options) ~= "table" then error("convoke.all: options must be a table", 4) end
  for name in pairs(options) do
    if name ~= "limit" then
      local near = type(name) == "string" and core.nearest(name, { "limit" })
      error(("convoke.all: unknown option %s%s"):format(tostring(name),
        near and "; did you mean " .. near .. "?" or ""), 4)
    end
  end
  local limit = options.limit or math.huge
  if type(limit) ~= "number" or limit < 1 or limit ~= math.floor(limit) then
    error("convoke.all: limit must be a whole number from 1", 4)
  end
  return limit
end

local function check_all(functions, options)
  if type(functions) ~= "table" then error("convoke.all: an array of functions is needed", 3) end
  local total = functions.n or #functions
  for i = 1, total do
    if type(functions[i]) ~= "function" then
      error(("convoke.all: element %d is not a function"):format(i), 3)
    end
  end
  return total, math.min(options ~= nil and check_all_options(options) or math.huge, total)
end

-- What all() has in hand. Its workers are tasks, each of which runs one function after the other;
-- one that a function's error has ended is replaced.
local function new_group(functions, total)
  local values, others = { n = total }, { n = total }
  local places = {} -- by worker: which function it runs
  local group = { values = values, others = others, workers = {}, following = 0, stopped = false }

  function group.work(i)
    while group.following < total and not group.stopped do
      local at = group.following + 1
      places[i] = at
      group.following = at
      values[at], others[at] = functions[at]()
      places[i] = false
    end
  end

  function group.start(i)
    local task = tasks.spawn(group.work, i)
    task.observed = true
    group.workers[i] = task

    function task.ending()
      local at = places[i]
      if task.state == "done" or group.workers[i] ~= task then return end
      if at then others[at] = task.results[1] end
      places[i] = false
      if group.following < total and not group.stopped then group.start(i) end
    end
  end

  return group
end

-- The workers are not wanted any more: whoever waited for them was stopped by `why`.
local function stop_group(group, why)
  group.stopped = true
  for _, worker in pairs(group.workers) do interrupt(worker, why) end
end

local function run_group(group, limit)
  for i = 1, limit do group.start(i) end
  for i = 1, limit do
    local worker
    repeat -- until the last of those that had this place has ended
      worker = group.workers[i]
      if not join(worker) then
        stop_group(group, "cancelled")
        engine.check()
      end
    until worker == group.workers[i]
  end
end

--- Runs functions at the same time and waits for all of them, whatever becomes of one.
-- @param functions  array
-- @param options    { limit = n }: at most n at a time; nil: all. Raises for any other option.
-- @return an array of their first results, and an array of their second ones, both in order and
--   with `n`. A function that raised has nil in the first and its error in the second. Raises only
--   what stops the caller itself; what has not ended is cancelled then.
function tasks.all(functions, options)
  local total, limit = check_all(functions, options)
  engine.check()
  local group = new_group(functions, total)
  local done, why = engine.protected(run_group, group, limit)
  if not done then -- for want of memory, or because what waits is cancelled or interrupted
    stop_group(group, why)
    error(why, 0)
  end
  return group.values, group.others
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
