local convoke = require "convoke"
local lua = require "spec.support.lua"
local process = require "spec.support.process"
local sandbox = require "convoke.sandbox"

local interpreter = os.getenv "LUA" or "lua5.4"

local PATH = "/v1/invitations"

-- What every program below begins with: a client, a call that waits, and a way to begin calls.
local PRELUDE = [[
  local convoke = require "convoke"
  local clerk = convoke.clerk { url = arg[1], secret_key = arg[2] }
  local function call() return clerk.invitations:list { limit = 1 } end
  local function begin(count)
    for _ = 1, count do convoke.spawn(call) end
    for _ = 1, 5 do convoke.step() end
    assert(convoke.stats().in_flight == count)
  end
]]

describe("lifetimes", function()
  local server, clerk

  setup(function() server = sandbox.start() end)
  teardown(function() server:stop() end)

  before_each(function()
    clerk = convoke.clerk { url = server.clerk.url, secret_key = server.clerk.secret_key }
  end)

  after_each(function()
    clerk:close()
    server:clear_faults()
    assert.equal(0, convoke.stats().in_flight)
  end)

  local function delay(seconds, times)
    server:fault { api = "clerk", path = PATH, delay = seconds, times = times or 1 }
  end

  -- Runs a program in a process of its own; returns what it printed, its exit status and seconds.
  local function run(program)
    local name = os.tmpname()
    local file = assert(io.open(name, "w"))
    file:write(PRELUDE, program)
    file:close()
    local before = convoke.now()
    local pipe = io.popen(("timeout 10 %s %s '%s' '%s' 2>&1; echo status $?"):format(interpreter,
      name, server.clerk.url, server.clerk.secret_key))
    local output, status = pipe:read("*a"):match "^(.*)status (%d+)\n$"
    pipe:close()
    os.remove(name)
    return output, tonumber(status), convoke.now() - before
  end

  describe("a program that ends with calls in flight", function()
    local function ends(program, expected_status, expected_output)
      delay(20, 20)
      local output, status, seconds = run(program)
      assert.equal(expected_output or "", output)
      assert.equal(expected_status, status)
      assert.is_true(seconds < 10, seconds)
    end

    it("ends at once, without a word, at the end of its text", function()
      ends("begin(20)", 0)
    end)

    it("ends at once when some of them wait for their turn", function()
      ends([[
        local narrow = convoke.clerk { url = arg[1], secret_key = arg[2], max_in_flight = 1 }
        for _ = 1, 5 do convoke.spawn(function() narrow.invitations:list {} end) end
        for _ = 1, 5 do convoke.step() end
        assert(convoke.stats().queued == 4)
      ]], 0)
    end)

    it("ends by an error with the error alone", function()
      delay(20, 20)
      local output, status = run "begin(20) error('enough', 0)"
      assert.equal(1, status)
      assert.matches("enough", output)
      assert.is_nil(output:find("convoke:", 1, true))
    end)

    it("ends by os.exit in a task, with and without closing the state", function()
      ends("begin(5) convoke.run(function() os.exit(3) end)", 3)
      ends("begin(5) convoke.run(function() os.exit(4, true) end)", 4)
    end)

    it("ends where a finalizer wants to begin another call", function()
      server:fault { api = "clerk", path = PATH, method = "GET", delay = 20, times = 2 }
      local output, status, seconds = run [[
        begin(2)
        local function final()
          pcall(function() clerk.invitations:create { email_address = "last@example.com" } end)
          convoke.stats()
          pcall(convoke.step)
        end
        if newproxy then
          keep = newproxy(true)
          getmetatable(keep).__gc = final
        else
          keep = setmetatable({}, { __gc = final })
        end
      ]]
      assert.equal("", output)
      assert.equal(0, status)
      assert.is_true(seconds < 10, seconds)
    end)

    it("ends where a finalizer closes a client whose calls are finalized already", function()
      ends([[
        local guard
        local function close() guard.client:close() end
        if newproxy then
          guard = {}
          local proxy = newproxy(true)
          getmetatable(proxy).__gc = close
          guard.proxy = proxy
        else
          guard = setmetatable({}, { __gc = close })
        end
        guard.client = convoke.clerk { url = arg[1], secret_key = arg[2] }
        convoke.spawn(function() guard.client.invitations:list() end)
        convoke.step()
        assert(convoke.stats().in_flight == 1)
      ]], 0)
    end)

    it("lets a finalizer make a call though all that served before are finalized", function()
      local output, status = run [[
        assert(call())
        local function final() print(type((call()))) end
        if newproxy then
          keep = newproxy(true)
          getmetatable(keep).__gc = final
        else
          keep = setmetatable({}, { __gc = final })
        end
        convoke.run(function()
          convoke.spawn(call)
          assert(call()) -- two at a time: one of them is younger than what is kept
        end)
      ]]
      assert.equal("table\n", output)
      assert.equal(0, status)
    end)
  end)

  describe("a client", function()
    it("ends its calls as cancelled when it is closed, also twice, and raises from then on",
      function()
        delay(5, 2)
        local errors = {}
        for i = 1, 2 do
          convoke.spawn(function() errors[i] = select(2, clerk.invitations:list {}) end)
        end
        for _ = 1, 5 do convoke.step() end
        clerk:close()
        clerk:close()
        convoke.step()
        for i = 1, 2 do assert.equal("cancelled", errors[i].kind) end
        assert.has_error(function() clerk.invitations:list {} end,
          "convoke.clerk: the client is closed")
      end)

    it("that is collected leaves its calls in flight alone", function()
      delay(0.05)
      local answer
      do
        local short_lived = convoke.clerk { url = server.clerk.url,
          secret_key = server.clerk.secret_key }
        local invitations = short_lived.invitations
        convoke.spawn(function() answer = invitations:list { limit = 1 } end)
      end
      local stop = convoke.now() + 5
      while not answer and convoke.now() < stop do
        convoke.step()
        collectgarbage()
      end
      assert.is_table(answer)
    end)

    it("that is closed makes no second try, nor a look for what the first one made", function()
      local c, sent
      local function send(_)
        sent = sent + 1
        c:close()
        return nil, { kind = "network", message = "broken" }
      end
      for verb, params in pairs { list = {}, create = { email_address = "ada@example.com" } } do
        c = convoke.clerk { secret_key = "sk_test_12345678", transport = { send = send } }
        sent = 0
        local value, err = c.invitations[verb](c.invitations, params)
        assert.is_nil(value)
        assert.equal("cancelled", err.kind)
        assert.equal("unknown", err.outcome)
        assert.matches("broken", err.message)
        assert.equal(1, sent)
      end
    end)

    it("that is closed ends its calls that pause between two tries at once", function()
      local sent = 0
      local function send()
        sent = sent + 1
        return { status = 429, headers = { ["Retry-After"] = "20" }, body = "{}" }
      end
      local c = convoke.clerk { secret_key = "sk_test_12345678", transport = { send = send } }
      local before = convoke.now()
      convoke.run(function()
        local task = convoke.spawn(function() return c.invitations:list() end)
        while sent == 0 do convoke.sleep(0) end
        c:close()
        local value, err = task:await()
        assert.is_nil(value)
        assert.equal("cancelled", err.kind)
      end)
      assert.equal(1, sent)
      assert.truthy(convoke.now() - before < 10)
    end)

    it("keeps no call whose coroutine a host drops before the next try", function()
      local natives, count = setmetatable({}, { __mode = "k" }), 0
      local function park(_, native)
        natives[native] = true
        count = count + 1
        coroutine.yield()
      end
      local function nothing() end
      local failing = { send = function() return nil, { kind = "connect", sent = false } end }
      local lasting = convoke.clerk { secret_key = "sk_test_1234567890", transport = failing }
      local dropped = coroutine.create(function() lasting.invitations:list {} end)
      convoke.use { park = park, wake = nothing, drive = nothing,
        running = function() return coroutine.running() == dropped and {} or nil end }
      assert(coroutine.resume(dropped))
      convoke.use "tasks"
      dropped = nil
      local stop = convoke.now() + 1 -- the pause is half as long
      while convoke.now() < stop do convoke.step() end
      for _ = 1, 3 do collectgarbage() end
      assert.equal(1, count)
      assert.is_nil(next(natives))
      lasting:close()
    end)

    if lua.closes_variables then
      it("is closed at the end of its scope", function()
        local made = assert(load [[
          local convoke, options = ...
          local client <close> = convoke.clerk(options)
          return client
        ]])(convoke, { secret_key = "sk_test_1" })
        assert.matches("closed", tostring(made))
      end)
    end
  end)

  it("survive a collection at any moment, in every mood of the collector", function()
    local moods = { "incremental", lua.generational and "generational" or nil }
    for _, mood in ipairs(moods) do
      if lua.generational then collectgarbage(mood) end
      convoke.run(function()
        for i = 1, 60 do
          convoke.spawn(function()
            local client = i % 3 == 0 and clerk or convoke.clerk { url = server.clerk.url,
              secret_key = server.clerk.secret_key }
            collectgarbage()
            local answer, _, meta = assert(client.invitations:list { limit = 1 })
            client = nil -- luacheck: ignore 311
            collectgarbage()
            assert(type(answer) == "table" and meta.headers["content-type"])
          end)
        end
      end)
      if lua.generational then collectgarbage "incremental" end
    end
  end)

  it("leave no descriptors behind: a hundred clients, one after another", function()
    local function count_descriptors()
      local pipe = io.popen "ls /proc/$PPID/fd | wc -l"
      local number = tonumber(pipe:read "*a")
      pipe:close()
      return number
    end
    local function use_one()
      local client = convoke.clerk { url = server.clerk.url, secret_key = server.clerk.secret_key }
      assert(client.invitations:list { limit = 1 })
      client:close()
    end
    use_one()
    local before = count_descriptors()
    for _ = 1, 100 do use_one() end
    assert.is_true(count_descriptors() <= before + 2)
  end)

  it("need descriptors: without them a call fails, and with them the next one works", function()
    local name = os.tmpname()
    local file = assert(io.open(name, "w"))
    file:write(PRELUDE, [[
      local core = require "convoke.core"
      collectgarbage "stop"
      local taken, worked, failed = {}, 0, 0
      repeat
        local one = io.open "/dev/null"
        taken[#taken + 1] = one
      until not one
      for left = #taken, 0, -1 do
        if taken[left + 1] then taken[left + 1]:close() end
        local wakeup, why = core.wakeup()
        assert(wakeup or type(why) == "string")
        if wakeup then wakeup:close() end
        local watched, complaint = pcall(convoke.pollfd)
        assert(watched or tostring(complaint):find "descriptor", complaint)
        local value, err = call()
        if value then worked = worked + 1 else failed = failed + 1 end
        assert(value or err.outcome == "not_sent", tostring(err))
        assert(value or worked == 0, tostring(err))
      end
      print(worked > 0, failed > 0)
    ]])
    file:close()
    local pipe = io.popen(("ulimit -n 40; timeout 20 %s '%s' '%s' '%s' 2>&1"):format(interpreter,
      name, server.clerk.url, server.clerk.secret_key))
    local said = pipe:read "*a"
    pipe:close()
    os.remove(name)
    assert.equal("true\ttrue\n", said)
  end)

  it("leave nothing behind of coroutines and tasks that were dropped", function()
    local watch = setmetatable({}, { __mode = "v" })
    convoke.run(function()
      for i = 1, 20 do
        local task = convoke.spawn(function()
          local mine = { clerk.invitations:list { limit = 1 } }
          watch[i] = mine
          return mine
        end)
        watch[100 + i] = task
      end
    end)
    collectgarbage()
    collectgarbage()
    assert.is_nil(next(watch))
  end)

  describe("after a fork", function()
    local prelude
    setup(function() prelude = process.prelude() end)
    teardown(process.remove)

    it("the child makes calls of its own and the parent keeps its answers", function()
      delay(0.2)
      local output, status = run(prelude .. [[
        local waiting = convoke.spawn(call)
        for _ = 1, 5 do convoke.step() end
        local child = process.fork()
        if child == 0 then
          local ok, value = pcall(convoke.run, call)
          process.exit(ok and type(value) == "table" and 0 or 1)
        end
        print(process.wait(child), type((waiting:await())))
      ]])
      assert.equal("0\ttable\n", output)
      assert.equal(0, status)
    end)

    it("the child knows nothing of what becomes of the parent's creates, nor repeats them",
      function()
        server:fault { api = "clerk", path = PATH, method = "POST", delay = 0.3, times = 1 }
        local output, status = run(prelude .. [[
          local function create(address)
            return clerk.invitations:create { email_address = address }
          end
          local waiting = convoke.spawn(create, "forked@example.com")
          for _ = 1, 5 do convoke.step() end
          local child = process.fork()
          local value, err = waiting:await()
          if child == 0 then
            print(err and err.kind, err and err.outcome, convoke.stats().started)
            io.stdout:flush()
            process.exit(0)
          end
          print(process.wait(child), value and value.status)
        ]])
        assert.equal("cancelled\tunknown\t0\n0\tpending\n", output)
        assert.equal(0, status)
      end)

    it("the child repeats no call of the parent's that has failed unheard", function()
      server:fault { api = "clerk", path = PATH, status = 503, delay = 0.1, times = 1 }
      local output, status = run(prelude .. [[
        local waiting = convoke.spawn(function() return call() end)
        for _ = 1, 5 do convoke.step() end
        local stop = convoke.now() + 0.4
        while convoke.now() < stop do end -- until the answer is there
        require("convoke.core").step() -- it has ended, and no task has gone on
        local child = process.fork()
        local came, value, err = pcall(waiting.await, waiting)
        if child == 0 then
          print(came and err and err.kind or value)
          io.stdout:flush()
          process.exit(0)
        end
        print(process.wait(child), type(value))
      ]])
      assert.equal("cancelled\n0\ttable\n", output)
      assert.equal(0, status)
    end)

    it("the child repeats no call that waits for its turn", function()
      server:reset "clerk"
      server:fault { api = "clerk", path = PATH, status = 429, retry_after = 2, times = 3 }
      local output, status = run(prelude .. [[
        local waiting = {}
        for i = 1, 3 do waiting[i] = convoke.spawn(function() return call() end) end
        local held = convoke.spawn(function() convoke.sleep(0.5) return call() end)
        local stop = convoke.now() + 10
        repeat convoke.step() until convoke.stats().finished == 3 or convoke.now() > stop
        repeat convoke.step() until convoke.now() > stop - 9
        local child = process.fork()
        local kinds = {}
        waiting[4] = held
        for i = 1, 4 do
          local value, err = waiting[i]:await()
          kinds[i] = err and err.kind or type(value)
        end
        if child == 0 then
          print(table.concat(kinds, " "))
          io.stdout:flush()
          process.exit(0)
        end
        print(process.wait(child), table.concat(kinds, " "))
      ]])
      assert.equal("cancelled cancelled cancelled cancelled\n0\ttable table table table\n", output)
      assert.equal(0, status)
      assert.equal(7, #server:requests "clerk")
    end)

    it("the child's copies of waiting tasks end as cancelled", function()
      delay(0.2)
      local output, status = run(prelude .. [[
        local waiting = convoke.spawn(function() return call() end)
        for _ = 1, 5 do convoke.step() end
        local child = process.fork()
        local value, err = waiting:await()
        if child == 0 then
          -- Whether the request has left is the parent's affair.
          process.exit(err and err.kind == "cancelled" and err.outcome == "unknown" and 0 or 1)
        end
        print(process.wait(child), type(value))
      ]])
      assert.equal("0\ttable\n", output)
      assert.equal(0, status)
    end)
  end)
end)
