-- An error that a debug hook raises, at any instruction, ends what it interrupts and nothing else.

local convoke = require "convoke"
local engine = require "convoke.engine"
local raw_server = require "spec.support.raw_server"
local tasks = require "convoke.tasks"
local yields_anywhere = require("spec.support.lua").yields_anywhere

local jit = rawget(_G, "jit")

-- Hooks are those of one coroutine each, but in LuaJIT one is for all, and may come anywhere.
local hooks_are_separate = not jit

describe("an interrupt", function()
  local server, clerk, report

  setup(function()
    server = raw_server.start()
    report = tasks.report
    tasks.report = function() end
    if jit then jit.off() end -- compiled code calls no hooks
  end)

  teardown(function()
    server:stop()
    tasks.report = report
    if jit then jit.on() end
  end)

  -- Each connection's first answer sends its call into a pause.
  before_each(function()
    local busy = raw_server.answer(503, '{"errors":[]}', "Retry-After: 0\r\n")
    local fine = raw_server.answer(200, "[]")
    local script = { { "receive" }, { "send", busy }, { "receive" }, { "send", fine }, { "again" } }
    server:play { script }
  end)

  after_each(function()
    assert.equal(0, convoke.stats().in_flight)
    assert.is_false(engine.busy())
  end)

  local function new_client()
    return convoke.clerk { url = server.url, secret_key = "sk_test_1234567890", retries = 9,
      timeout = 10 }
  end

  local function list() return clerk.invitations:list { limit = 1 } end

  -- Has an error raised after so many instructions of the running coroutine.
  local function arm(count)
    debug.sethook(function()
      debug.sethook()
      error("interrupted!", 0)
    end, "", count)
  end

  -- f(...) with an interrupt after so many instructions. Returns whether that came before its end.
  local function interrupted(count, f, ...)
    local went_on, why = pcall(function(...)
      arm(count)
      f(...)
      debug.sethook()
    end, ...)
    if went_on then return false end
    assert.matches("interrupted!", tostring(why))
    return true
  end

  local function step_until(done)
    local stop = convoke.now() + 20
    while not done() do
      assert.is_true(convoke.now() < stop, "it never ends")
      if hooks_are_separate then convoke.step(0.001) else pcall(convoke.step, 0.001) end
    end
  end

  local function have_ended(some, count)
    for i = 1, count do
      local status = some[i]:status()
      if status == "waiting" or status == "running" then return false end
    end
    return true
  end

  -- Some tasks that do all that tasks can do. Returns what they have come to, when all have ended.
  local function spawn_some()
    local some = {}
    some[1] = convoke.spawn(function() return list() and list() and "calls" end)
    some[2] = convoke.spawn(function()
      convoke.sleep(0.001)
      convoke.sleep(0)
      return "sleeps"
    end)
    some[3] = convoke.spawn(function() return some[1]:await() .. " and waits" end)
    some[4] = convoke.spawn(function()
      local values = convoke.all { list, function() convoke.sleep(0) return 1 end }
      return values[1] and values[2] and "all"
    end)
    some[5] = convoke.spawn(function() convoke.sleep(1000) end)
    return some
  end

  local fine = { "calls", "sleeps", "calls and waits", "all" }

  local function end_some(some)
    some[5]:cancel()
    local results = {}
    step_until(function() return have_ended(some, 5) end)
    for i = 1, 4 do
      local ended, value = pcall(some[i].await, some[i])
      results[i] = ended and value or "raised " .. tostring(value)
    end
    assert.equal("cancelled", some[5]:status())
    return results
  end

  -- The next call, task and step work.
  local function check_all_works()
    assert.is_table((assert(list())))
    assert.equal("a task", convoke.run(function() return list() and "a task" end))
    assert.equal(0, convoke.step())
    assert.equal(0, convoke.stats().in_flight)
    assert.is_false(engine.busy())
  end

  -- Tries f with interrupts after 1, 2, 3 instructions and so on, later after each fifth, until it
  -- ends before that. Returns how many interrupts there were.
  local function sweep(f)
    local points, count = 0, 1
    repeat
      clerk = new_client()
      local came = f(count)
      check_all_works()
      clerk:close()
      if came then points = points + 1 end
      count = count + (count < 60 and 1 or 5)
    until not came or count > 3000
    return points
  end

  it("of a program that steps tells it so, and stops no task", function()
    local points = sweep(function(count)
      local some = spawn_some()
      local came = interrupted(count, function()
        step_until(function() return have_ended(some, 4) end)
      end)
      local results = end_some(some)
      if hooks_are_separate then assert.same(fine, results, count) end
      return came
    end)
    assert.is_true(points > 40, points)
  end)

  it("of a blocking call ends that call", function()
    local points = sweep(function(count)
      return interrupted(count, function() assert(list()) end)
    end)
    assert.is_true(points > 20, points)
  end)

  it("of a program in run() ends what it runs, and tells those that wait for it", function()
    local points = sweep(function(count)
      local others = spawn_some()
      others[5]:cancel() -- run() waits for all
      local came = interrupted(count, convoke.run, function() return list() and list() end)
      local results = end_some(others)
      if hooks_are_separate then assert.same(fine, results, count) end
      return came
    end)
    assert.is_true(points > 70, points)
  end)

  -- A task that interrupts itself.
  local function interrupt_itself(count, f)
    local armed
    local task = convoke.spawn(function()
      armed = true
      arm(count)
      f()
      debug.sethook()
      armed = false
    end)
    local others = spawn_some()
    step_until(function() return have_ended({ task }, 1) end)
    debug.sethook()
    local results = end_some(others)
    local ended, why = pcall(task.await, task)
    if hooks_are_separate then
      assert.same(fine, results, count)
      assert.equal(armed, not ended)
    end
    if not ended then assert.matches("interrupted!", tostring(why)) end
    return armed
  end

  it("of a task ends the task, and its call", function()
    local points = sweep(function(count)
      return interrupt_itself(count, function()
        assert(list())
        convoke.sleep(0)
        convoke.all { list, list }
        convoke.spawn(list):await()
      end)
    end)
    assert.is_true(points > 70, points)
  end)

  -- Starts a task that runs f(count) for counts from 1, while no call is answered, and has check()
  -- look after some steps, until that returns false.
  local function without_answers(f, check)
    if not hooks_are_separate then return pending "LuaJIT" end
    server:play { { { "receive" }, { "sleep", 60 } } }
    clerk = new_client()
    local count, again = 0, true
    while again do
      count = count + 1
      local task = convoke.spawn(f, count)
      for _ = 1, 3 do convoke.step() end
      again = check(task)
      task:cancel()
      for _ = 1, 3 do convoke.step() end
    end
    clerk:close()
    assert.is_true(count > 20, count)
  end

  it("of a task leaves no call in flight that nobody waits for", function()
    without_answers(function(count)
      arm(count)
      list()
    end, function(task)
      local ended = have_ended({ task }, 1)
      assert.equal(ended and 0 or 1, convoke.stats().in_flight)
      return ended
    end)
  end)

  if yields_anywhere then
    it("that a task catches leaves the next call alone in flight", function()
      local caught
      without_answers(function(count)
        caught = false
        caught = not pcall(function()
          arm(count)
          list()
        end)
        list()
      end, function()
        assert.equal(1, convoke.stats().in_flight)
        return caught
      end)
    end)
  end

  if yields_anywhere then
    it("that a task catches lets it go on", function()
      local points = sweep(function(count)
        return interrupt_itself(count, function()
          local came = interrupted(count, function()
            assert(list())
            convoke.sleep(0)
            convoke.all { list, list }
            convoke.spawn(list):await()
          end)
          assert(list())
          convoke.sleep(0)
          if came then error("interrupted!", 0) end
        end)
      end)
      assert.is_true(points > 70, points)
    end)
  end
end)
