--- Tasks: coroutines of our own, whose calls yield.

local core = require "convoke.core"
local engine = require "convoke.engine"
local errors = require "convoke.errors"

local tasks = {}

local Task = {}
Task.__index = Task
Task.__name = "convoke.task"

local pack = table.pack or function(...) return { n = select("#", ...), ... } end
local unpack = table.unpack or unpack

-- The scheduler ------------------------------------------------

local by_coroutine = setmetatable({}, { __mode = "k" })
local ready, first, last = {}, 1, 0 -- a queue of tasks that can go on
local timers = {} -- a binary heap of { time, owner, token }: whom to wake
local alive = 0
local idle_waiters = {} -- run() in a foreign host waits for the last task

local function push_ready(task)
  if task.queued or task.ended then return end
  task.queued = true
  last = last + 1
  ready[last] = task
end

local function add_timer(time, owner, token)
  local timer = { time = time, owner = owner, token = token }
  local at = #timers + 1
  timers[at] = timer
  while at > 1 do
    local parent = math.floor(at / 2)
    if timers[parent].time <= time then break end
    timers[at], timers[parent] = timers[parent], timer
    at = parent
  end
  return timer
end

local function drop_first_timer()
  local count = #timers
  local moved = timers[count]
  timers[count] = nil
  count = count - 1
  if count == 0 then return end
  local at = 1
  while true do
    local child = at * 2
    if child > count then break end
    if child < count and timers[child + 1].time < timers[child].time then child = child + 1 end
    if moved.time <= timers[child].time then break end
    timers[at] = timers[child]
    at = child
  end
  timers[at] = moved
end

-- The first timer that still counts: those of cancelled sleepers do not.
local function first_timer()
  while timers[1] and timers[1].dropped do drop_first_timer() end
  return timers[1]
end

local function run_timers()
  local timer = first_timer()
  if not timer then return end
  local now = core.now()
  while timer and timer.time <= now do
    drop_first_timer()
    timer.dropped = true
    timer.owner.wake(timer.token)
    timer = first_timer()
  end
end

local scheduler = { name = "tasks", add_timer = add_timer }

function scheduler.running()
  local running, main = coroutine.running()
  if not running or main then return nil end
  return by_coroutine[running]
end

function scheduler.busy()
  return alive > 0 or first_timer() ~= nil
end

function scheduler.timeout()
  if first <= last then return 0 end
  local timer = first_timer()
  return timer and math.max(0, timer.time - core.now())
end

local function cancelled(task)
  return errors.new {
    kind = "cancelled",
    outcome = "not_sent",
    operation = task.name,
    message = "the task was cancelled",
  }
end

--- Raises in a cancelled task, after the others had a turn.
function scheduler.check(task)
  if not task.cancelling then return end
  push_ready(task)
  coroutine.yield()
  error(cancelled(task), 0)
end

function scheduler.park(task, native)
  task.call = native
  coroutine.yield()
  task.call = nil
end

function scheduler.wake(task)
  push_ready(task)
end

function scheduler.sleep(seconds, task)
  scheduler.check(task)
  local timer = add_timer(core.now() + seconds, scheduler, task)
  while not timer.dropped do
    coroutine.yield()
    if task.cancelling then
      timer.dropped = true
      error(cancelled(task), 0)
    end
  end
end

function scheduler.drive() end -- step(), run() and await() do

-- The life of a task ------------------------------------------------

--- Where the error of a task goes that nobody has asked for. Replaceable.
function tasks.report(message)
  io.stderr:write("convoke: ", message, "\n")
end

local unasked = setmetatable({}, { __mode = "k" }) -- failed tasks that nobody has asked about

local function report_if_unasked(task)
  if task.asked then return end
  task.asked = true
  tasks.report(("%s failed, and nobody awaited it: %s"):format(task.name,
    tostring(task.results[1])))
end

-- An object whose collection calls f; kept by what is to be watched.
local function on_collection(f)
  if not newproxy then return setmetatable({}, { __gc = f }) end -- luacheck: ignore 113
  local proxy = newproxy(true) -- luacheck: ignore 113
  getmetatable(proxy).__gc = f
  return proxy
end

local function wake_all(list)
  for i = 1, #list do list[i].owner.wake(list[i].token) end
end

local function finish(task, succeeded, ...)
  task.ended = true
  task.state = succeeded and "done" or task.cancelling and "cancelled" or "failed"
  task.results = pack(...)
  by_coroutine[task.coroutine] = nil
  task.coroutine = nil
  alive = alive - 1
  local awaiting = task.awaiting
  task.awaiting = nil
  if task.state == "failed" and not task.asked then
    unasked[task] = true
    task.sentinel = on_collection(function() report_if_unasked(task) end)
  end
  if awaiting then wake_all(awaiting) end
  if alive == 0 and idle_waiters[1] then
    local list = idle_waiters
    idle_waiters = {}
    wake_all(list)
  end
end

-- Texts get the traceback of the task they come from; error objects keep theirs beside them.
local function with_traceback(task, message)
  if type(message) == "string" then return debug.traceback(task.coroutine, message) end
  if errors.is(message) and not message.traceback then
    message.traceback = debug.traceback(task.coroutine)
  end
  return message
end

local function after_resume(task, succeeded, ...)
  if not succeeded then
    finish(task, false, with_traceback(task, (...)))
  elseif coroutine.status(task.coroutine) == "dead" then
    finish(task, true, ...)
  else
    task.state = "waiting"
  end
end

local function resume(task)
  task.queued = false
  if task.ended then return end
  local arguments = task.arguments
  task.arguments = nil
  if arguments and task.cancelling then
    finish(task, false, cancelled(task))
    return
  end
  task.state = "running"
  if arguments then
    after_resume(task, coroutine.resume(task.coroutine, unpack(arguments, 1, arguments.n)))
  else
    after_resume(task, coroutine.resume(task.coroutine))
  end
end

--- Runs the tasks that can go on, one turn each, or until the time is up.
function scheduler.work(stop)
  run_timers()
  local turn = last
  while first <= turn do
    local task = ready[first]
    ready[first] = nil
    first = first + 1
    resume(task)
    if stop and core.now() >= stop then return end
  end
  if first > last then first, last = 1, 0 end
end

engine.set_scheduler(scheduler)

local count = 0

--- Starts f(...) as a task; it runs when tasks get their turn.
-- @return a task: await(), cancel(), status()
function tasks.spawn(f, ...)
  if type(f) ~= "function" then error("convoke.spawn: a function is needed", 2) end
  count = count + 1
  local task = setmetatable({
    name = "task " .. count,
    state = "waiting",
    coroutine = coroutine.create(f),
    arguments = pack(...),
  }, Task)
  by_coroutine[task.coroutine] = task
  alive = alive + 1
  push_ready(task)
  engine.hurry()
  engine.drive()
  return task
end

--- "waiting", "running", "done", "failed" or "cancelled".
function Task:status()
  return self.state
end

function Task:__tostring()
  return ("convoke.%s (%s)"):format(self.name, self.state)
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

-- Waits for the end of a task.
local function join(task)
  task.asked = true
  if task.ended then return end
  local owner, token = engine.here()
  if not owner then
    engine.block(function() return task.ended end)
    return
  end
  local mine = owner == scheduler and token
  if mine then
    scheduler.check(mine)
    if waits_for(task, mine) then error("convoke: a task cannot wait for itself", 0) end
    mine.waits_for = task
  end
  engine.drive()
  while not task.ended do
    task.awaiting = task.awaiting or {}
    table.insert(task.awaiting, { owner = owner, token = token })
    owner.park(token)
    if mine and mine.cancelling then error(cancelled(mine), 0) end
  end
  if mine then mine.waits_for = nil end
end

--- Waits for the end of the task and returns what its function returned, or raises its error.
function Task:await()
  join(self)
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
    engine.hurry()
  end
  return true
end

Task.__close = Task.cancel

--- Runs f(...) as a task, and every task it starts, until all have ended.
-- @return what f returns; raises its error
function tasks.run(f, ...)
  if type(f) ~= "function" then error("convoke.run: a function is needed", 2) end
  local owner, token = engine.here()
  local task = tasks.spawn(f, ...)
  if owner == scheduler then return task:await() end
  if owner then
    while alive > 0 do
      idle_waiters[#idle_waiters + 1] = { owner = owner, token = token }
      owner.park(token)
    end
  else
    engine.block(function() return alive == 0 end)
  end
  task.asked = true
  for failed in pairs(unasked) do report_if_unasked(failed) end
  unasked = setmetatable({}, { __mode = "k" })
  return outcome_of(task)
end

--- Runs functions at the same time and waits for all of them.
-- @param functions  array
-- @param options    { limit = n }: at most n at a time; nil: all
-- @return an array of their first results, and an array of their second ones, both in order and
--   with `n`; raises what one of them raises, after the others are cancelled
function tasks.all(functions, options)
  if type(functions) ~= "table" then error("convoke.all: an array of functions is needed", 2) end
  local total = functions.n or #functions
  local limit = options and options.limit or total
  if type(limit) ~= "number" or (limit < 1 and total > 0) then
    error("convoke.all: limit must be a whole number from 1", 2)
  end
  local values, others, following = { n = total }, { n = total }, 0
  local workers = {}
  local function work()
    while following < total do
      following = following + 1
      local at = following
      values[at], others[at] = functions[at]()
    end
  end
  for i = 1, math.min(limit, total) do workers[i] = tasks.spawn(work) end
  for i = 1, #workers do
    join(workers[i])
    if workers[i].state ~= "done" then
      for j = i + 1, #workers do workers[j]:cancel() end
      return outcome_of(workers[i])
    end
  end
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
