-- Every host does the same things; what is special to one stands at the end.

local yields_anywhere = require("spec.support.lua").yields_anywhere
local convoke = require "convoke"
local engine = require "convoke.engine"
local sandbox = require "convoke.sandbox"

local cqueues = require "cqueues"
local limit = require "spec.support.limit"
local uv = require "luv"

-- Debian has no copas for every Lua, and luasocket's http must not be there first.
local has_copas, copas = pcall(require, "copas")
local socket = require "socket"

local PATH = "/v1/invitations"

-- How a host starts functions and runs them to their end, and its own way to let time pass.
local hosts = {}

hosts.cqueues = {
  run = function(functions)
    local controller = cqueues.new()
    for _, f in ipairs(functions) do controller:wrap(f) end
    assert(controller:loop())
    assert.is_true(controller:empty())
  end,
  sleep = cqueues.sleep,
}

hosts.luv = {
  run = function(functions)
    for _, f in ipairs(functions) do assert(coroutine.resume(coroutine.create(f))) end
    uv.run()
    local handles = 0
    uv.walk(function() handles = handles + 1 end)
    assert.equal(0, handles)
  end,
  sleep = function(seconds)
    local running = coroutine.running()
    local timer = uv.new_timer()
    timer:start(math.ceil(seconds * 1000), 0, function()
      timer:close()
      assert(coroutine.resume(running))
    end)
    coroutine.yield()
  end,
}

hosts.copas = has_copas and {
  run = function(functions)
    local alive = #functions
    for _, f in ipairs(functions) do
      copas.addthread(function()
        f()
        alive = alive - 1
      end)
    end
    local stop = convoke.now() + 20
    while (alive > 0 or engine.busy()) and convoke.now() < stop do copas.step(0.1) end
    copas.step(0) -- lets the driver see that there is nothing more to do
    assert.equal(0, alive)
    assert.is_false(copas.step(0.05)) -- nothing is left that would wake it
  end,
  sleep = function(seconds) -- copas 1 has no clock of its own
    local stop = convoke.now() + seconds
    while convoke.now() < stop do convoke.sleep(0.001) end
  end,
} or nil

-- A loop of the program's own: it watches one descriptor, and the functions are tasks.
hosts.select = {
  use = "tasks",
  run = function(functions)
    local tasks = {}
    for i, f in ipairs(functions) do tasks[i] = convoke.spawn(f) end
    local fd = convoke.pollfd()
    local descriptor = { getfd = function() return fd end, dirty = function() return false end }
    local stop = convoke.now() + 20
    while engine.has_tasks() and convoke.now() < stop do
      if socket.select({ descriptor }, nil, 1)[1] then engine.turn() end
    end
    for _, task in ipairs(tasks) do task:await() end
  end,
  sleep = convoke.sleep,
}

for name, host in pairs(hosts) do
  describe(name, function()
    local server, clerk

    setup(function() server = sandbox.start() end)
    teardown(function() server:stop() end)

    before_each(function()
      convoke.use(host.use or name)
      clerk = convoke.clerk { url = server.clerk.url, secret_key = server.clerk.secret_key }
    end)

    after_each(function()
      clerk:close()
      server:clear_faults()
      convoke.use "tasks"
      assert.equal(0, convoke.stats().in_flight)
      assert.is_false(engine.busy())
    end)

    local function list(options) return clerk.invitations:list({ limit = 1 }, options) end

    local function delay(seconds, times)
      server:fault { api = "clerk", path = PATH, delay = seconds, times = times or 1 }
    end

    local function run(...)
      local before = convoke.now()
      host.run { ... }
      return convoke.now() - before
    end

    it("makes 1,000 calls at once in far less time than one after another", function()
      delay(0.05, 1000)
      local answers, functions = 0, {}
      for i = 1, 1000 do
        functions[i] = function()
          assert(list())
          answers = answers + 1
        end
      end
      local before = convoke.now()
      host.run(functions)
      assert.equal(1000, answers)
      assert.is_true(convoke.now() - before < limit(1000 * 0.05 / 20))
    end)

    -- Processor time of the longest step and of all of them, for 1,000 calls.
    local function steps_of_many()
      local functions, longest, all, step = {}, 0, 0, engine.step
      for i = 1, 1000 do
        functions[i] = function() assert(list()) end
      end
      engine.step = function(...)
        local before = os.clock()
        local in_flight = step(...)
        longest, all = math.max(longest, os.clock() - before), all + os.clock() - before
        return in_flight
      end
      local ok, why = pcall(host.run, functions)
      engine.step = step
      assert(ok, why)
      return longest, all
    end

    it("does the work of 1,000 calls that begin at once in small parts", function()
      assert(list()) -- before it libcurl closes what an earlier server has left
      local collects = not os.getenv "CONVOKE_TEST_GC"
      if collects then collectgarbage "stop" end -- it looks at 1,000 coroutines at once
      local longest, all
      for _ = 1, collects and 3 or 1 do -- the machine may have pauses of its own
        longest, all = steps_of_many()
        if longest < all / 3 then break end
      end
      if not collects then return end
      collectgarbage "restart"
      assert.is_true(longest < all / 3, ("%g of %g seconds"):format(longest, all))
    end)

    it("goes on with its other work while calls wait", function()
      delay(0.3)
      local ticks, answered = 0, false
      run(function()
        assert(list())
        answered = true
      end, function()
        while not answered do
          host.sleep(0.005)
          ticks = ticks + 1
        end
      end)
      assert.is_true(ticks >= 20, ticks)
    end)

    it("ends as soon as the work ends, and runs again", function()
      for _ = 1, 3 do
        local answered
        run(function()
          assert(list())
          answered = convoke.now()
        end)
        assert.is_true(convoke.now() - answered < limit(0.2))
      end
    end)

    it("brings errors, time-outs and repeats to the coroutine that called", function()
      server:fault { api = "clerk", path = PATH, method = "GET", status = 503, retry_after = 0 }
      local seconds = run(function()
        local _, _, meta = assert(list())
        assert.equal(2, meta.attempts)

        local value, err = clerk.invitations:create { email_address = "no address" }
        assert.is_nil(value)
        assert.equal("http", err.kind)

        delay(2)
        value, err = list { timeout = 0.1, retries = 0 }
        assert.is_nil(value)
        assert.equal("timeout", err.kind)
      end)
      assert.is_true(seconds < limit(1), seconds)
    end)

    it("lets calls wait for the end of a hold, and then go on", function()
      server:fault { api = "clerk", path = PATH, method = "GET", status = 429, retry_after = 2,
        times = 1 }
      local ended, before = 0, convoke.stats().finished
      local functions = { function()
        local _, _, meta = assert(list())
        assert.equal(2, meta.attempts)
        ended = ended + 1
      end }
      for i = 2, 21 do
        functions[i] = function() -- comes later, and is held from the beginning
          repeat host.sleep(0.02) until convoke.stats().finished > before
          local _, _, meta = assert(list())
          assert.equal(1, meta.attempts)
          assert.is_true(meta.elapsed > 0.1)
          ended = ended + 1
        end
      end
      run((unpack or table.unpack)(functions))
      assert.equal(21, ended)
    end)

    it("goes on with its other work while it waits for what is not ready", function()
      server:reset "edgegap" -- the log of its requests, too
      server:fault { api = "edgegap", method = "GET", status = 503, every = 1 }
      local edgegap = convoke.edgegap { url = server.edgegap.url, token = server.edgegap.token,
        retries = 0 }
      local ready
      run(function()
        local made = assert(edgegap.deployments:create { application = "game", version = "v1",
          users = { { user_type = "ip_address", user_data = { ip_address = "192.0.2.1" } } } })
        ready = assert(edgegap.deployments:wait(made.request_id, { pause = 0.02, timeout = 30 }))
      end, function()
        repeat host.sleep(0.01) until #server:requests "edgegap" >= 4 -- a create and three looks
        assert.is_nil(ready)
        server:advance(1, "edgegap")
        server:clear_faults "edgegap"
      end)
      edgegap:close()
      assert.is_true(ready.running)
    end)

    it("cancels calls in flight and between tries when their client is closed", function()
      server:reset "clerk" -- the log of its requests, too
      delay(5, 3)
      local ended, failing = 0, false
      local function expect_cancelled()
        local value, err = list()
        assert.is_nil(value)
        assert.equal("cancelled", err.kind)
        ended = ended + 1
      end
      local stop = convoke.now() + limit(20) -- a function that fails would leave the others waiting
      local function wait_until(done)
        while not done() do
          assert.is_true(convoke.now() < stop)
          host.sleep(0.005)
        end
      end
      local before = convoke.stats().finished
      local seconds = run(expect_cancelled, expect_cancelled, expect_cancelled, function()
        wait_until(function() return #server:requests "clerk" >= 3 end)
        server:fault { api = "clerk", path = PATH, status = 503, retry_after = 20 }
        failing = true
      end, function()
        wait_until(function() return failing end)
        expect_cancelled()
      end, function()
        wait_until(function() return convoke.stats().finished > before end)
        assert.equal(0, ended)
        clerk:close()
      end)
      assert.equal(4, ended)
      assert.is_true(seconds < limit(2), seconds)
    end)

    it("lets its coroutines sleep by convoke.sleep, all at the same time", function()
      local order, functions = {}, {}
      for _, time in ipairs { 3, 1, 2 } do
        functions[#functions + 1] = function()
          convoke.sleep(time / 50)
          order[#order + 1] = time
        end
      end
      local seconds = run((unpack or table.unpack)(functions))
      assert.same({ 1, 2, 3 }, order)
      assert.is_true(seconds >= 0.06 and seconds < limit(0.5), seconds)
    end)

    it("runs tasks beside its own coroutines, which can wait for them", function()
      if not yields_anywhere then return pending "plain Lua 5.1" end
      delay(0.05, 2)
      local got = {}
      run(function()
        local task = convoke.spawn(function() return list() and "task" end)
        got[1] = task:await()
        got[2] = convoke.run(function()
          convoke.spawn(function()
            convoke.sleep(0.02)
            got[3] = "spawned"
          end)
          return list() and "run"
        end)
        assert.equal("spawned", got[3])
        got[4] = #convoke.all { list, list, list }
        local _, err = pcall(task.await, convoke.spawn(function() error "no" end))
        assert.matches("no", err)
      end, function()
        local task = convoke.spawn(function() convoke.sleep(60) end)
        convoke.sleep(0.01)
        task:cancel()
        local ok, err = pcall(task.await, task)
        assert.is_false(ok)
        assert.equal("cancelled", err.kind)
      end)
      assert.same({ "task", "run", "spawned", 3 }, got)
    end)

    it("takes tasks along that were begun outside, and blocks for calls there", function()
      delay(0.02, 2)
      assert.is_table((list()))
      assert.equal("run", convoke.run(function() return list() and "run" end))
      local seconds = run(function() end)
      assert.is_true(seconds < limit(0.5), seconds)
    end)

    it("can drain, and then goes on", function()
      delay(0.1, 1)
      local values, left = {}, nil
      run(function() values[1] = list() end, function()
        while convoke.stats().in_flight == 0 do host.sleep(0.005) end
        left = convoke.drain()
        values[2] = list()
      end)
      assert.equal(0, left)
      assert.is_table(values[1])
      assert.is_table(values[2])
    end)

    it("is never woken while nothing is in flight", function()
      run(function() assert(list()) end)
      local steps, step = 0, engine.step
      engine.step = function(...)
        steps = steps + 1
        return step(...)
      end
      run(function() host.sleep(0.2) end)
      engine.step = step
      -- Only where the host lets time pass by the engine's clock does it drive the engine at all.
      assert.is_true(steps == 0 or name == "copas" or name == "select", steps)
    end)
  end)
end

describe("cqueues", function()
  local server, clerk

  setup(function()
    server = sandbox.start()
    clerk = convoke.clerk { url = server.clerk.url, secret_key = server.clerk.secret_key }
  end)
  teardown(function()
    clerk:close()
    server:stop()
  end)
  before_each(function() convoke.use "cqueues" end)
  after_each(function() convoke.use "tasks" end)

  local function list() return clerk.invitations:list { limit = 1 } end

  local function delay(seconds, times)
    server:fault { api = "clerk", path = PATH, delay = seconds, times = times or 1 }
  end

  it("controllers in one program get their answers, whichever of them runs", function()
    delay(0.05, 2)
    local first, second, ended = cqueues.new(), cqueues.new(), {}
    first:wrap(function() ended.first = list() end)
    second:wrap(function() ended.second = list() end)
    first:step(0)
    second:step(0)
    local stop = convoke.now() + 0.5
    while convoke.now() < stop do second:step(0.05) end -- takes the answers of both
    assert.is_table(ended.second)
    assert.is_true(second:empty())
    local before = convoke.now()
    assert(first:loop(2))
    assert.is_table(ended.first)
    assert.is_true(first:empty())
    assert.is_true(convoke.now() - before < limit(0.5))
  end)

  it("controllers inside each other wait together", function()
    delay(0.05, 4)
    local answers, before = 0, convoke.now()
    local function one()
      assert(list())
      answers = answers + 1
    end
    local outer, inner = cqueues.new(), cqueues.new()
    inner:wrap(one)
    inner:wrap(one)
    outer:wrap(one)
    outer:wrap(function() assert(inner:loop()) end)
    outer:wrap(one)
    assert(outer:loop())
    assert.equal(4, answers)
    assert.is_true(convoke.now() - before < limit(0.5))
  end)

  it("blocks for a call in a coroutine that is not the controller's", function()
    local controller, seen = cqueues.new(), {}
    controller:wrap(function()
      for value in coroutine.wrap(function() coroutine.yield((assert(list()))) end) do
        seen[#seen + 1] = type(value)
      end
    end)
    assert(controller:loop())
    assert.same({ "table" }, seen)
  end)

  it("gives a coroutine's error to its loop and goes on with the others", function()
    local controller, answered = cqueues.new(), false
    controller:wrap(function()
      list()
      error "mine"
    end)
    controller:wrap(function() answered = list() ~= nil end)
    local messages = {}
    for message in controller:errors() do messages[#messages + 1] = message end
    assert.equal(1, #messages)
    assert.matches("mine", messages[1])
    assert.is_true(answered)
  end)
end)

local interpreter = os.getenv "LUA" or "lua5.4"

describe("a host of one's own", function()
  it("that fails leaves no call in flight, which would keep others from their turn", function()
    local server = sandbox.start()
    finally(function()
      convoke.use "tasks"
      server:stop()
    end)
    local clerk = convoke.clerk { url = server.clerk.url, secret_key = server.clerk.secret_key,
      max_in_flight = 1, timeout = 5 }
    local function nothing() end
    for _, failing in ipairs { "drive", "park" } do
      local host = { running = function() return {} end, park = nothing, wake = nothing,
        drive = nothing }
      host[failing] = function() error("not enough memory", 0) end
      convoke.use(host)
      server:fault { api = "clerk", delay = 3, times = 1 }
      local made, why = pcall(clerk.invitations.list, clerk.invitations, {})
      convoke.use "tasks"
      assert.is_false(made)
      assert.equal("not enough memory", why)
      assert.equal(0, convoke.stats().in_flight)
      assert.is_false(engine.busy())
      server:reset()
      assert(clerk.invitations:list {})
    end
  end)
end)

describe("the example of", function()
  local server

  setup(function()
    server = sandbox.start()
    local clerk = convoke.clerk { url = server.clerk.url, secret_key = server.clerk.secret_key }
    for i = 1, 3 do
      local made = assert(clerk.invitations:create { email_address = i .. "@example.com" })
      if i == 3 then assert(clerk.invitations:revoke(made.id)) end
    end
    clerk:close()
  end)
  teardown(function() server:stop() end)

  for _, name in ipairs { "cqueues", "luv", "copas", "frames", "select", "own_host" } do
    it(name .. " prints what three calls answer", function()
      if name == "copas" and not has_copas then return pending "copas is not there" end
      local pipe = io.popen(("CLERK_SECRET_KEY='%s' CLERK_API_URL='%s' timeout 10 %s "
        .. "examples/hosts/%s.lua 2>&1"):format(server.clerk.secret_key, server.clerk.url,
        interpreter, name))
      local lines = {}
      for line in pipe:lines() do lines[#lines + 1] = line end
      pipe:close()
      table.sort(lines)
      assert.same({ "accepted\t0", "pending\t2", "revoked\t1" }, lines)
    end)
  end
end)

describe("luv", function()
  it("gets the error of a coroutine as that of a callback", function()
    local program = os.tmpname()
    local file = assert(io.open(program, "w"))
    file:write [[
      local convoke = require "convoke"
      convoke.use "luv"
      local clerk = convoke.clerk { secret_key = "sk_test_1", url = "http://127.0.0.1:9",
        retries = 0 }
      coroutine.wrap(function()
        clerk.invitations:list {}
        error "out of the coroutine"
      end)()
      require("luv").run()
    ]]
    file:close()
    local pipe = io.popen(("%s %s 2>&1"):format(interpreter, program))
    local output = pipe:read "*a"
    pipe:close()
    os.remove(program)
    assert.matches("out of the coroutine", output)
    assert.matches("traceback", output)
  end)
end)

if has_copas then
  describe("copas", function()
    it("lets the handlers of its servers call, and closes their connections as ever", function()
      convoke.use "copas"
      local api = sandbox.start()
      local clerk = convoke.clerk { url = api.clerk.url, secret_key = api.clerk.secret_key }
      local listener = assert(socket.bind("127.0.0.1", 0))
      local _, port = listener:getsockname()
      local fail = false
      copas.addserver(listener, function(connection)
        assert(clerk.invitations:list { limit = 1 })
        if fail then
          local set_handler = copas.seterrorhandler or copas.setErrorHandler
          set_handler(function() end)
          error "expected"
        end
        connection:send "answered\n"
      end)
      local function ask()
        local asking = assert(socket.connect("127.0.0.1", port))
        asking:settimeout(0)
        local part, all, why = ""
        local stop = convoke.now() + 5
        repeat
          copas.step(0.02)
          all, why, part = asking:receive("*a", part)
        until all or why ~= "timeout" or convoke.now() > stop
        asking:close()
        return all or why
      end
      assert.equal("answered\n", ask())
      fail = true
      assert.not_equal("timeout", ask())
      listener:close()
      clerk:close()
      api:stop()
      convoke.use "tasks"
    end)
  end)
end
