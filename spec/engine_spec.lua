local convoke = require "convoke"
local core = require "convoke.core"
local engine = require "convoke.engine"
local limit = require "spec.support.limit"
local raw_server = require "spec.support.raw_server"
local sandbox = require "convoke.sandbox"
local socket = require "socket"

local PATH = "/v1/invitations"

-- The engine's descriptor as luasocket's select wants it.
local function descriptor()
  local fd = convoke.pollfd()
  return { getfd = function() return fd end, dirty = function() return false end }
end

-- A loop of one's own that knows nothing of convoke but the descriptor. Returns how often it woke.
local function loop_until(done, seconds)
  local engine_socket, wakes = { descriptor() }, 0
  local stop = convoke.now() + (seconds or 5)
  while not done() and convoke.now() < stop do
    local readable = socket.select(engine_socket, nil, stop - convoke.now())
    if readable[1] then
      wakes = wakes + 1
      convoke.step()
    end
  end
  return wakes
end

local function is_readable(seconds)
  return socket.select({ descriptor() }, nil, seconds or 0)[1] ~= nil
end

describe("the engine", function()
  local server, clerk

  local function new_client(more)
    local options = { url = server.clerk.url, secret_key = server.clerk.secret_key }
    for name, value in pairs(more or {}) do options[name] = value end
    return convoke.clerk(options)
  end

  local function list(client, options)
    return (client or clerk).invitations:list({ limit = 1 }, options)
  end

  local function delay(seconds, times)
    server:fault { api = "clerk", path = PATH, delay = seconds, times = times or 1 }
  end

  -- Spawns a call; returns a table that gets its results.
  local function begin(client, options)
    local result = {}
    convoke.spawn(function()
      result.value, result.err, result.meta = list(client, options)
      result.ended = convoke.now()
    end)
    return result
  end

  setup(function() server = sandbox.start() end)
  teardown(function() server:stop() end)
  before_each(function() clerk = new_client() end)

  after_each(function()
    clerk:close()
    server:clear_faults()
    convoke.use "tasks"
    assert.equal(0, convoke.stats().in_flight)
    assert.is_false(engine.busy())
  end)

  describe("in a frame loop", function()
    it("finishes calls by step alone and says how many are in flight", function()
      delay(0.05, 3)
      local results = { begin(), begin(), begin() }
      local most, frames = 0, 0
      local stop = convoke.now() + 5
      while not (results[1].ended and results[2].ended and results[3].ended) do
        assert.is_true(convoke.now() < stop)
        most = math.max(most, convoke.step(0.001))
        frames = frames + 1
        socket.sleep(0.002)
      end
      assert.equal(3, most)
      assert.is_true(frames >= 10, frames)
      assert.equal(0, convoke.step(0.001))
      for _, result in ipairs(results) do assert.is_table(result.value) end
    end)

    it("never waits in step, whatever is in flight", function()
      delay(0.1)
      local result, longest = begin(), 0
      while not result.ended do
        local before = convoke.now()
        convoke.step(0.001)
        longest = math.max(longest, convoke.now() - before)
        socket.sleep(0.005)
      end
      assert.is_true(longest < limit(0.03), longest)
    end)

    it("stops about when the budget is used up, and goes on in the next frame", function()
      local turns = 0
      for _ = 1, 40 do
        convoke.spawn(function()
          local stop = convoke.now() + 0.001
          while convoke.now() < stop do end
          turns = turns + 1
        end)
      end
      local before = convoke.now()
      convoke.step(0.005)
      local seconds = convoke.now() - before
      assert.is_true(turns >= 1 and turns <= 8, turns)
      assert.is_true(seconds < limit(0.02), seconds)
      while turns < 40 do convoke.step(0.005) end
    end)

    it("ends its work within the budget, not a little later", function()
      local now, time, left = core.now, 1000, 100
      finally(function() core.now = now end)
      core.now = function() return time end
      for _ = 1, left do
        convoke.spawn(function()
          time = time + 0.0003
          left = left - 1
        end)
      end
      while left > 0 do
        local before, had = time, left
        convoke.step(0.004)
        assert.is_true(time - before <= 0.004, time - before)
        assert.is_true(had - left >= 9 or left == 0, had - left) -- most of it is used
      end
    end)
  end)

  describe("in a loop of one's own", function()
    it("is driven by one descriptor", function()
      assert.equal("r", convoke.events())
      delay(0.05, 20)
      local results = {}
      for i = 1, 20 do results[i] = begin() end
      loop_until(function()
        for _, result in ipairs(results) do
          if not result.ended then return false end
        end
        return true
      end)
      for _, result in ipairs(results) do assert.is_table(result.value) end
    end)

    it("wakes it a few times a call, and never while a call only waits", function()
      list()
      delay(0.5)
      local result = begin()
      local wakes = loop_until(function() return result.ended end)
      assert.is_table(result.value)
      assert.is_true(wakes <= 8, wakes)
    end)

    it("never wakes it when nothing is in flight", function()
      local result = begin(nil, { timeout = 0.25 }) -- whose time is not looked at any more
      loop_until(function() return result.ended end)
      loop_until(function() return not is_readable() end, 1)
      assert.is_table(result.value)
      assert.is_nil(convoke.timeout())
      assert.equal(0, loop_until(function() return false end, 0.4))
      assert.is_true(list() ~= nil) -- a blocking call leaves nothing behind either
      convoke.step()
      assert.equal(0, loop_until(function() return false end, 0.2))
    end)

    it("does not forget a time-out that is due later than one that was", function()
      local short = begin(nil, { timeout = 5 })
      loop_until(function() return short.ended end)
      delay(2)
      local before = convoke.now()
      local result = begin(nil, { timeout = 0.2, retries = 0 })
      loop_until(function() return result.ended end)
      assert.equal("timeout", result.err.kind)
      assert.is_true(result.ended - before < 1)
    end)

    it("wakes it by time for those that sleep", function()
      local woken
      convoke.spawn(function()
        convoke.sleep(0.05)
        woken = convoke.now()
      end)
      local before = convoke.now()
      local wakes = loop_until(function() return woken end)
      assert.is_true(woken - before >= 0.05 and woken - before < 0.5)
      assert.is_true(wakes <= 4, wakes)
    end)

    it("tells it of what changed between two looks", function()
      local task = convoke.spawn(function() convoke.sleep(60) end)
      loop_until(function() return not is_readable() end, 1)
      task:cancel()
      assert.is_true(is_readable())
      loop_until(function() return task:status() == "cancelled" end)

      delay(1)
      local result = begin()
      loop_until(function() return convoke.stats().in_flight == 1 end)
      loop_until(function() return not is_readable() end, 0.3)
      clerk:close()
      assert.is_true(is_readable())
      loop_until(function() return result.ended end)
      assert.equal("cancelled", result.err.kind)
    end)

    it("is readable for a call that ends within the very step that sends it", function()
      -- Nobody listens: the connection is refused at once, and no socket ever fires.
      local nobody = assert(socket.bind("127.0.0.1", 0))
      local _, port = nobody:getsockname()
      nobody:close()
      local refused = convoke.clerk { url = "http://127.0.0.1:" .. port, secret_key = "sk_test_1" }
      for _ = 1, 20 do
        local result = begin(refused, { retries = 0 })
        loop_until(function() return result.ended end, 2)
        assert.equal("connect", result.err.kind)
      end
      refused:close()
    end)

    it("says how long it may wait where it cannot watch a descriptor", function()
      delay(0.02)
      local result = begin()
      local stop = convoke.now() + 5
      while not result.ended do
        assert.is_true(convoke.now() < stop)
        local timeout = convoke.timeout()
        assert.is_true(timeout == nil or timeout >= 0)
        socket.sleep(math.min(timeout or 0.005, 0.005))
        convoke.step()
      end
      assert.is_nil(convoke.timeout())
    end)
  end)

  describe("with a host of one's own", function()
    -- A scheduler of coroutines around luasocket's select, and the table that makes it a host.
    local function new_loop()
      local host, ready, alive, driven = {}, {}, 0, nil

      function host.running()
        local running, main = coroutine.running()
        return not main and running or nil
      end

      function host.park() coroutine.yield() end

      function host.wake(thread) ready[#ready + 1] = thread end

      function host.drive(given) driven = given end

      local function go(f)
        alive = alive + 1
        ready[#ready + 1] = coroutine.create(function()
          f()
          alive = alive - 1
        end)
      end

      local function run()
        while alive > 0 do
          local list_now = ready
          ready = {}
          for _, thread in ipairs(list_now) do
            if coroutine.status(thread) == "suspended" then assert(coroutine.resume(thread)) end
          end
          if alive > 0 and not ready[1] then
            socket.select({ descriptor() }, nil, 5)
            driven.step()
          end
        end
      end

      return host, go, run
    end

    it("lets its coroutines wait for calls, times and tasks together", function()
      local host, go, run = new_loop()
      convoke.use(host)
      delay(0.05, 10)
      local answers, order = 0, {}
      for _ = 1, 10 do
        go(function()
          assert(list())
          answers = answers + 1
        end)
      end
      go(function()
        convoke.sleep(0.02)
        order[#order + 1] = "slept"
        order[#order + 1] = convoke.spawn(function() return list() and "task" end):await()
        order[#order + 1] = convoke.run(function() return "run" end)
      end)
      local before = convoke.now()
      run()
      assert.equal(10, answers)
      assert.same({ "slept", "task", "run" }, order)
      assert.is_true(convoke.now() - before < limit(0.6))
    end)

    it("raises what is missing in the table", function()
      local host = new_loop()
      host.wake = nil
      assert.has_error(function() convoke.use(host) end,
        "convoke.use: the host has no function wake")
      assert.has_error(function() convoke.use(7) end, "convoke.use: a host is a name or a table")
      assert.has_error(function() convoke.use "cqueue" end, "convoke.use: no host called cqueue; "
        .. "known are: cqueues, copas, luv, openresty, tasks")
    end)
  end)

  describe("with max_in_flight", function()
    local narrow
    before_each(function() narrow = new_client { max_in_flight = 2, retries = 0 } end)
    after_each(function() narrow:close() end)

    it("lets calls wait for their turn instead of failing", function()
      delay(0.15, 6)
      local before, answers, queued = convoke.now(), 0, 0
      convoke.run(function()
        for _ = 1, 6 do
          convoke.spawn(function()
            assert(list(narrow))
            answers = answers + 1
          end)
        end
        repeat
          convoke.sleep(0)
          queued = convoke.stats().queued
        until queued == 4 and convoke.stats().in_flight == 6 or answers > 0
      end)
      assert.equal(6, answers)
      assert.equal(4, queued)
      assert.equal(0, convoke.stats().queued)
      assert.is_true(convoke.now() - before >= 0.45)
    end)

    it("ends a call that waits until its deadline, which was never sent", function()
      delay(0.4, 2)
      local started = #server:requests "clerk"
      convoke.run(function()
        convoke.spawn(list, narrow)
        convoke.spawn(list, narrow)
        convoke.sleep(0.01)
        local before = convoke.now()
        local value, err = list(narrow, { timeout = 0.05 })
        assert.is_nil(value)
        assert.equal("timeout", err.kind)
        assert.equal("not_sent", err.outcome)
        assert.is_true(convoke.now() - before < limit(0.3))
      end)
      assert.equal(started + 2, #server:requests "clerk")
    end)

    it("gives the turn of a cancelled call to the next, and cancels those that wait", function()
      delay(2, 2)
      local first, second, third, fourth = begin(narrow), begin(narrow), nil, nil
      local third_task = convoke.spawn(function() third = { list(narrow) } end)
      convoke.spawn(function() fourth = { list(narrow) } end)
      for _ = 1, 5 do convoke.step() end
      third_task:cancel()
      convoke.step()
      assert.equal("cancelled", third[2].kind)
      assert.equal("not_sent", third[2].outcome)
      narrow:close()
      local stop = convoke.now() + 10
      while not (first.ended and second.ended and fourth) and convoke.now() < stop do
        convoke.step()
      end
      assert.equal("cancelled", first.err.kind)
      assert.equal("cancelled", second.err.kind)
      assert.equal("cancelled", fourth[2].kind)
    end)
  end)

  describe("counts", function()
    it("what is started, finished, failed, cancelled and made again", function()
      local before = convoke.stats()
      assert(list())
      server:fault { api = "clerk", path = PATH, status = 503, retry_after = 0 }
      assert(list())
      server:fault { api = "clerk", path = PATH, delay = 1 }
      assert.is_nil((list(nil, { timeout = 0.05, retries = 0 })))
      delay(1)
      local result = begin()
      for _ = 1, 5 do convoke.step() end
      clerk:close()
      convoke.step()
      assert.equal("cancelled", result.err.kind)
      local after = convoke.stats()
      local function grown(name) return after[name] - before[name] end
      assert.equal(5, grown "started")
      assert.equal(4, grown "finished")
      assert.equal(1, grown "failed")
      assert.equal(1, grown "cancelled")
      assert.equal(1, grown "retried")
      assert.is_true(grown "connections_opened" + grown "connections_reused" >= 4)
      assert.is_true(grown "bytes_received" > 0)
    end)

    it("what was cancelled as in flight no more, also before it was sent", function()
      local result
      local task = convoke.spawn(function() result = { list() } end)
      engine.step(0)
      task:cancel()
      assert.equal(0, convoke.stats().in_flight)
      convoke.step()
      assert.equal("cancelled", result[2].kind)
    end)
  end)

  it("gives a broken connection's call its error, wherever the bytes end", function()
    local raw = raw_server.start()
    local client = convoke.clerk { url = raw.url, secret_key = "sk_test_1", retries = 0 }
    raw:play { { { "receive" }, { "send", "HTTP/1.1 200 OK\r\nContent-Le" }, { "reset" } } }
    local result = begin(client)
    loop_until(function() return result.ended end)
    assert.equal("network", result.err.kind)
    client:close()
    raw:stop()
  end)
end)
