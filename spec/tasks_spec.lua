local convoke = require "convoke"
local limit = require "spec.support.limit"
local lua = require "spec.support.lua"
local sandbox = require "convoke.sandbox"
local tasks = require "convoke.tasks"

local PATH = "/v1/invitations"

describe("tasks", function()
  local server, clerk, reports, report

  setup(function()
    server = sandbox.start()
    report = tasks.report
  end)

  teardown(function()
    server:stop()
    tasks.report = report
  end)

  before_each(function()
    clerk = convoke.clerk { url = server.clerk.url, secret_key = server.clerk.secret_key }
    reports = {}
    tasks.report = function(message) reports[#reports + 1] = message end
  end)

  after_each(function()
    clerk:close()
    server:clear_faults()
    assert.same({}, reports)
  end)

  local function delay(seconds, times)
    server:fault { api = "clerk", path = PATH, delay = seconds, times = times or 1 }
  end

  local function list() return clerk.invitations:list { limit = 1 } end

  -- Steps, as a frame loop does, until done() is true.
  local function step_until(done)
    local stop = convoke.now() + 5
    while not done() do
      assert.is_true(convoke.now() < stop, "it takes too long")
      convoke.step(0.001)
    end
  end

  local function seconds_of(f)
    local before = convoke.now()
    f()
    return convoke.now() - before
  end

  describe("run", function()
    it("passes arguments and returns all that the function returns", function()
      local function echo(...) return select("#", ...), ... end
      assert.same({ 3, 1, nil, "x" }, { convoke.run(echo, 1, nil, "x") })
    end)

    it("raises the error of the function with the place it came from", function()
      local function broken() error("it broke") end
      local ok, message = pcall(convoke.run, broken)
      assert.is_false(ok)
      assert.matches("tasks_spec.lua:%d+: it broke", message)
      assert.matches("stack traceback:.*tasks_spec.lua:%d+", message)
    end)

    it("raises an error object as it is, with the traceback beside it", function()
      local ok, err = pcall(convoke.run, function() error(select(2, clerk.invitations:list {
        limit = -1 })) end)
      assert.is_false(ok)
      assert.equal("invalid", err.kind)
      assert.matches("stack traceback", err.traceback)
    end)

    it("returns when every task has ended, also those nobody awaits", function()
      local ended = 0
      convoke.run(function()
        for _ = 1, 3 do
          convoke.spawn(function()
            convoke.sleep(0.02)
            ended = ended + 1
          end)
        end
      end)
      assert.equal(3, ended)
    end)

    it("can be called in a task", function()
      assert.equal(7, convoke.run(function() return convoke.run(function() return 7 end) end))
    end)

    it("lets calls wait at the same time", function()
      delay(0.1, 10)
      local answers = 0
      local seconds = seconds_of(function()
        convoke.run(function()
          for _ = 1, 10 do
            convoke.spawn(function()
              assert(list())
              answers = answers + 1
            end)
          end
        end)
      end)
      assert.equal(10, answers)
      assert.is_true(seconds < limit(0.5), seconds)
    end)

    it("walks pages in several tasks at the same time", function()
      if not lua.yields_anywhere then return pending "plain Lua 5.1" end
      for i = 1, 5 do
        assert(clerk.invitations:create { email_address = ("walk%d@example.com"):format(i) })
      end
      local function count()
        local n = 0
        for _ in clerk.invitations:each { limit = 2 } do n = n + 1 end
        return n
      end
      local counts = convoke.run(function() return convoke.all { count, count, count } end)
      assert.same({ count(), count(), count(), n = 3 }, counts)
      assert.is_true(counts[1] >= 5)
      server:reset "clerk"
    end)

    it("lets a call be made under pcall and in a metamethod where Lua can yield there", function()
      if not lua.yields_anywhere then return pending "plain Lua 5.1" end
      local lazy = setmetatable({}, { __index = function() return list() end })
      local ok, value = convoke.run(function()
        return pcall(function() return lazy.anything end)
      end)
      assert.is_true(ok)
      assert.is_table(value)
    end)

    if lua.yields_anywhere or rawget(_G, "jit") then
      it("lets no call be made where C waits for it, and sends nothing", function()
        local before = #server:requests "clerk"
        convoke.run(function()
          local made, why = pcall(string.gsub, "text", "%w+", function() list() end)
          assert.is_false(made)
          assert.truthy(why:find("cannot wait in a function that C calls", 1, true))
          assert.truthy(list())
        end)
        assert.equal(before + 1, #server:requests "clerk")
      end)
    end

    it("blocks for a call in a coroutine of somebody else, and never yields to it", function()
      delay(0.05)
      local seen = {}
      convoke.run(function()
        convoke.spawn(function()
          convoke.sleep(0)
          seen[#seen + 1] = "other"
        end)
        local next_item = coroutine.wrap(function()
          coroutine.yield(assert(list()) and "first")
          seen[#seen + 1] = "called"
          coroutine.yield "second"
        end)
        assert.equal("first", next_item())
        assert.equal("second", next_item())
        seen[#seen + 1] = "through"
      end)
      assert.same({ "called", "through", "other" }, seen)
    end)

    it("refuses anything but a function", function()
      assert.has_error(function() convoke.run(7) end, "convoke.run: a function is needed")
      assert.has_error(function() convoke.spawn() end, "convoke.spawn: a function is needed")
    end)
  end)

  describe("await", function()
    it("returns the values to everybody who asks, early or late", function()
      convoke.run(function()
        local slow = convoke.spawn(function()
          convoke.sleep(0.01)
          return 1, nil, 3
        end)
        local function ask() return { slow:await() } end
        local both = convoke.all { ask, ask }
        assert.same({ 1, nil, 3 }, both[1])
        assert.same({ 1, nil, 3 }, both[2])
        assert.same({ 1, nil, 3 }, ask())
      end)
    end)

    it("raises the task's error, with the task's traceback, and reports nothing", function()
      if not lua.yields_anywhere then return pending "plain Lua 5.1" end
      convoke.run(function()
        local task = convoke.spawn(function()
          local function inner() error "deep" end
          inner()
        end)
        local ok, message = pcall(task.await, task)
        assert.is_false(ok)
        assert.matches("deep\nstack traceback:.*inner", message)
        local _, again = pcall(task.await, task)
        assert.equal(message, again)
      end)
    end)

    it("loses no task where another one is woken for two things", function()
      delay(0.2, 4)
      local others = { convoke.spawn(list), convoke.spawn(list) }
      local task = convoke.spawn(function()
        pcall(list) -- plain Lua 5.1 cannot yield there: it goes on at once, and so does its call
        others[1]:await()
        others[3]:await()
      end)
      others[3] = convoke.spawn(list)
      local following = convoke.spawn(function() others[2]:await() end)
      local start = convoke.now()
      while convoke.now() < start + 0.1 do convoke.step() end
      while convoke.now() < start + 0.4 do end -- then all the answers are there
      convoke.step()
      step_until(function() return task:status() == "done" and following:status() == "done" end)
    end)

    it("drives tasks where there is no task around it", function()
      delay(0.02)
      local task = convoke.spawn(function() return list() end)
      assert.is_table(task:await())
      assert.equal("done", task:status())
    end)

    it("is an error in the task itself, and in a circle of tasks", function()
      local itself
      itself = convoke.spawn(function() itself:await() end)
      local ok, message = pcall(itself.await, itself)
      assert.is_false(ok)
      assert.matches("cannot wait for itself", message)

      local circle = {}
      for i = 1, 3 do circle[i] = convoke.spawn(function() circle[i % 3 + 1]:await() end) end
      for i = 1, 3 do
        ok, message = pcall(circle[i].await, circle[i])
        assert.is_false(ok)
        assert.matches("cannot wait for itself", message)
      end
    end)

    it("is an error in a coroutine that holds up the very task it waits for", function()
      local task
      task = convoke.spawn(function()
        return select(2, pcall(coroutine.wrap(function() task:await() end)))
      end)
      assert.matches("nothing left to wait for", (task:await()))
    end)

    it("lets tasks go on that wait in a blocking way inside each other", function()
      local function in_a_coroutine(f) return coroutine.wrap(f)() end
      local ended = {}
      convoke.run(function()
        local leaf = convoke.spawn(function()
          convoke.sleep(0.01)
          ended[#ended + 1] = "leaf"
        end)
        local middle = convoke.spawn(function()
          in_a_coroutine(function() leaf:await() end)
          ended[#ended + 1] = "middle"
        end)
        in_a_coroutine(function() middle:await() end)
        ended[#ended + 1] = "top"
      end)
      assert.same({ "leaf", "middle", "top" }, ended)
    end)
  end)

  describe("an error that nobody awaits", function()
    local function take_report()
      local message = reports[1]
      reports[1] = nil
      return message
    end

    it("is reported at the end of run", function()
      convoke.run(function() convoke.spawn(function() error "unseen" end) end)
      assert.matches("task %d+ failed, and nobody awaited it:.*unseen.*traceback", take_report())
    end)

    it("is reported when the task is collected, where there is no run", function()
      convoke.spawn(function() error "dropped" end)
      convoke.step()
      collectgarbage()
      collectgarbage()
      assert.matches("dropped", take_report())
    end)

    it("is not reported for cancelled tasks", function()
      local task = convoke.spawn(function() convoke.sleep(60) end)
      convoke.step()
      task:cancel()
      convoke.step()
      assert.equal("cancelled", task:status())
    end)
  end)

  it("go on by step alone when they were spawned outside run", function()
    delay(0.03)
    local task = convoke.spawn(function()
      convoke.sleep(0.01)
      return (assert(list()))
    end)
    assert.equal("waiting", task:status())
    step_until(function() return task:status() ~= "waiting" end)
    assert.equal("done", task:status())
    assert.is_table(task:await())
  end)

  it("show their state", function()
    local task
    task = convoke.spawn(function()
      assert.equal("running", task:status())
      assert.matches("^convoke.task %d+ %(running%)$", tostring(task))
    end)
    task:await()
    assert.equal("done", task:status())
  end)

  it("fail when they yield to somebody who is not there", function()
    local task = convoke.spawn(function() coroutine.yield(1) end)
    local ok, message = pcall(task.await, task)
    assert.is_false(ok)
    assert.matches("yielded to somebody who is not there.*tasks_spec", message)
  end)

  describe("all", function()
    it("returns first and second results in order, however long each takes", function()
      local functions = {}
      for i = 1, 5 do
        functions[i] = function()
          convoke.sleep((6 - i) / 200)
          if i == 3 then return nil, "third" end
          return i
        end
      end
      local values, others = convoke.all(functions)
      assert.same({ 1, 2, nil, 4, 5, n = 5 }, values)
      assert.same({ nil, nil, "third", n = 5 }, others)
    end)

    it("runs no more at a time than the limit says", function()
      local now, most, functions = 0, 0, {}
      for i = 1, 12 do
        functions[i] = function()
          now = now + 1
          most = math.max(most, now)
          convoke.sleep(0.005)
          now = now - 1
          return i
        end
      end
      local values = convoke.all(functions, { limit = 4 })
      assert.equal(4, most)
      assert.equal(12, values[12])
    end)

    it("gives the error of one that raises in its place, and loses no result of the others",
      function()
        local thrown, functions = { "thrown" }, {}
        for i = 1, 9 do
          functions[i] = function()
            convoke.sleep((i % 2) / 200)
            if i == 2 then error "second" end
            if i % 3 == 0 then error(thrown) end
            return i, -i
          end
        end
        for most = 1, 9, 4 do
          local values, errors = convoke.all(functions, { limit = most })
          assert.same({ 1, nil, nil, 4, 5, nil, 7, 8, nil, n = 9 }, values)
          assert.matches("tasks_spec.lua:%d+: second", errors[2])
          errors[2] = nil
          assert.same({ -1, nil, thrown, -4, -5, thrown, -7, -8, thrown, n = 9 }, errors)
        end
      end)

    it("goes on with the functions that are left when all that run have raised", function()
      local values, errors = convoke.all({ error, error, function() return "third" end },
        { limit = 2 })
      assert.same({ nil, nil, "third", n = 3 }, values)
      assert.is_nil(errors[3])
    end)

    it("takes its tasks along when the task that waits for them is cancelled", function()
      local reached = false
      local task = convoke.spawn(function()
        convoke.all { function()
          convoke.sleep(0.02)
          reached = true
        end }
      end)
      convoke.step()
      convoke.step()
      task:cancel()
      convoke.run(function() convoke.sleep(0.04) end)
      assert.is_false(reached)
      assert.equal("cancelled", task:status())
    end)

    it("of nothing is nothing", function()
      assert.same({ { n = 0 }, { n = 0 } }, { convoke.all {} })
    end)

    it("says what is wrong with its arguments", function()
      assert.has_error(function() convoke.all() end, "convoke.all: an array of functions is needed")
      assert.has_error(function() convoke.all { print, 7 } end,
        "convoke.all: element 2 is not a function")
      for _, wrong in ipairs { 0, 1.5, "2" } do
        assert.has_error(function() convoke.all({ print }, { limit = wrong }) end,
          "convoke.all: limit must be a whole number from 1")
      end
      assert.has_error(function() convoke.all({ print }, { limits = 2 }) end,
        "convoke.all: unknown option limits; did you mean limit?")
      assert.has_error(function() convoke.all({ print }, { [1] = 2 }) end,
        "convoke.all: unknown option 1")
      assert.has_error(function() convoke.all({ print }, 2) end,
        "convoke.all: options must be a table")
    end)
  end)

  describe("sleep", function()
    it("wakes tasks in the order of their times", function()
      local order = {}
      convoke.run(function()
        for _, time in ipairs { 5, 1, 4, 2, 3 } do
          convoke.spawn(function()
            convoke.sleep(time / 100)
            order[#order + 1] = time
          end)
        end
      end)
      assert.same({ 1, 2, 3, 4, 5 }, order)
    end)

    it("lasts as long as it says, in a task and outside", function()
      for _, around in ipairs { convoke.run, pcall } do
        local seconds = seconds_of(function() around(convoke.sleep, 0.05) end)
        assert.is_true(seconds >= 0.05 and seconds < limit(0.25), seconds)
      end
    end)

    it("refuses what is no time", function()
      for _, wrong in ipairs { -1, 0 / 0, "1" } do
        assert.has_error(function() convoke.sleep(wrong) end,
          "convoke.sleep: seconds must be a number from 0")
      end
    end)
  end)

  describe("cancel", function()
    -- Spawns, steps so often, cancels; returns the task and how await() ends.
    local function cancel_after(steps, f)
      local task = convoke.spawn(f)
      for _ = 1, steps do convoke.step() end
      assert.is_true(task:cancel())
      return task, select(2, pcall(task.await, task))
    end

    local function is_cancelled(task, err)
      assert.equal("cancelled", task:status())
      assert.equal("cancelled", err.kind)
      assert.equal("not_sent", err.outcome)
      assert.matches("^task %d+: .*cancelled", tostring(err))
    end

    it("keeps a task from starting", function()
      local started = false
      is_cancelled(cancel_after(0, function() started = true end))
      assert.is_false(started)
    end)

    it("ends a sleep at once", function()
      local seconds = seconds_of(function()
        is_cancelled(cancel_after(1, function() convoke.sleep(60) end))
      end)
      assert.is_true(seconds < limit(1), seconds)
      assert.is_nil(convoke.timeout())
    end)

    it("ends waiting for another task, and leaves that one alone", function()
      local other = convoke.spawn(function()
        convoke.sleep(0.02)
        return "fine"
      end)
      is_cancelled(cancel_after(1, function() other:await() end))
      assert.equal("fine", other:await())
    end)

    it("makes a call in flight return the error, and the next thing raise it", function()
      delay(1)
      local returned
      local task, err = cancel_after(3, function()
        returned = { list() }
        list()
      end)
      assert.is_nil(returned[1])
      assert.equal("cancelled", returned[2].kind)
      assert.equal("clerk.invitations.list", returned[2].operation)
      is_cancelled(task, err)
      assert.equal(0, convoke.stats().in_flight)
    end)

    it("ends a pause between two tries of a call", function()
      server:fault { api = "clerk", path = PATH, status = 503, retry_after = 20 }
      local task, value, err
      local seconds = seconds_of(function()
        task = convoke.spawn(function() value, err = list() end)
        step_until(function() return convoke.timeout() and convoke.timeout() > 10
          and convoke.stats().in_flight == 0 end)
        task:cancel()
        task:await()
      end)
      assert.is_true(seconds < limit(2), seconds)
      assert.is_nil(value)
      assert.equal("cancelled", err.kind)
      assert.equal(1, err.attempts)
    end)

    it("of the running task raises at the next thing it waits for", function()
      local after
      local task
      task = convoke.spawn(function()
        assert.is_true(task:cancel())
        after = true
        convoke.sleep(0)
        after = false
      end)
      is_cancelled(task, select(2, pcall(task.await, task)))
      assert.is_true(after)
    end)

    it("of a task that has ended says that there was nothing to end", function()
      local task = convoke.spawn(function() return 1 end)
      assert.equal(1, task:await())
      assert.is_false(task:cancel())
      assert.equal("done", task:status())
    end)

    it("wins against a task that catches errors and tries again, without holding up others",
      function()
        local tries, others = 0, 0
        local stubborn = convoke.spawn(function()
          repeat
            tries = tries + 1
            local ok = pcall(convoke.sleep, 0.001)
          until ok and tries > 1000 or tries == 50
        end)
        convoke.step()
        stubborn:cancel()
        convoke.run(function()
          convoke.sleep(0.001)
          others = others + 1
        end)
        assert.equal(1, others)
        assert.equal(50, tries)
      end)
  end)

  if lua.closes_variables then
    it("close their to-be-closed variables however they end, and cancel at the end of a scope",
      function()
        local closed = {}
        local function ending(name, how)
          local chunk = assert(load([[
            local closed, name, how = ...
            local guard <close> = setmetatable({}, { __close = function() closed[name] = true end })
            return how()]]))
          return convoke.spawn(chunk, closed, name, how)
        end
        local failing = ending("failed", function() error "x" end)
        local sleeping = ending("cancelled", function() convoke.sleep(60) end)
        local yielding = ending("yielded", coroutine.yield)
        convoke.step()
        assert(load("local task <close> = ..."))(sleeping)
        convoke.step()
        for _, task in ipairs { failing, sleeping, yielding } do
          assert.is_false(pcall(task.await, task))
        end
        assert.same({ failed = true, cancelled = true, yielded = true }, closed)
      end)
  end

  it("are cheap: 10,000 at once cost no more each than 1,000", function()
    local canned = convoke.clerk { url = server.clerk.url, secret_key = server.clerk.secret_key,
      transport = { send = function()
        convoke.sleep(0.001)
        return { status = 200, body = "[]" }
      end } }
    local function each_of(count)
      local ended = 0
      collectgarbage()
      local before = os.clock()
      convoke.run(function()
        for _ = 1, count do
          convoke.spawn(function()
            assert(canned.invitations:list {})
            ended = ended + 1
          end)
        end
      end)
      assert.equal(count, ended)
      return (os.clock() - before) / count
    end
    each_of(100)
    if os.getenv "CONVOKE_TEST_GC" then return end -- the collector's cost is another matter
    local few = math.min(each_of(1000), each_of(1000))
    local many = each_of(10000)
    assert.is_true(many < 4 * few, ("%.1f and %.1f microseconds"):format(few * 1e6, many * 1e6))
  end)

  it("make real calls by the thousand through a few connections", function()
    local narrow = convoke.clerk { url = server.clerk.url, secret_key = server.clerk.secret_key,
      max_in_flight = 16 }
    local opened, answers = convoke.stats().connections_opened, 0
    convoke.run(function()
      for _ = 1, 2000 do
        convoke.spawn(function()
          assert(narrow.invitations:list { limit = 1 })
          answers = answers + 1
        end)
      end
    end)
    narrow:close()
    assert.equal(2000, answers)
    assert.is_true(convoke.stats().connections_opened - opened <= 16)
  end)

  it("find the connections of those before them again", function()
    local opened, calls = convoke.stats().connections_opened, {}
    for i = 1, 24 do calls[i] = list end
    for _ = 1, 8 do
      delay(0.02, 24) -- all are in flight at once, and end at once
      local answers = convoke.all(calls)
      assert.truthy(answers[24])
    end
    assert.is_true(convoke.stats().connections_opened - opened <= 24,
      ("%d connections"):format(convoke.stats().connections_opened - opened))
  end)
end)
