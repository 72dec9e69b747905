-- A call in flight, from its turn to its end.

local convoke = require "convoke"
local core = require "convoke.core"
local lfs = require "lfs"
local native = require "spec.support.native"
local raw_server = require "spec.support.raw_server"
local socket = require "socket"

local answer, always = raw_server.answer, raw_server.always
local invitation = '{"id":"inv_1","object":"invitation"}'

local server
setup(function() server = raw_server.start() end)
teardown(function() server:stop() end)

-- The rise of the counters while f(...) runs.
local function counted(f, ...)
  local before, rise = convoke.stats(), {}
  f(...)
  for name, value in pairs(convoke.stats()) do rise[name] = value - before[name] end
  return rise
end

local prepare = native.prepare
local step_until = native.step_until

local function run_native(text) return native.run_core(server.url, text) end

local function new_client(max_in_flight, address)
  return native.client(address or server.url, max_in_flight)
end

-- Descriptors of this process: number -> what it is, for those that match.
local function descriptors(pattern)
  local found, count = {}, 0
  for name in lfs.dir "/proc/self/fd" do
    local target = lfs.symlinkattributes("/proc/self/fd/" .. name, "target")
    if target and target:match(pattern) then
      found[tonumber(name)] = target
      count = count + 1
    end
  end
  return found, count
end

describe("a call in flight", function()
  it("is held by the engine alone", function()
    server:play { { { "receive" }, { "sleep", 0.1 }, { "send", answer(200, invitation) } } }
    local client = new_client()
    local weak = setmetatable({}, { __mode = "v" })
    coroutine.wrap(function()
      weak.call = prepare(client)
      weak.call:submit(5)
      core.step()
    end)()
    client = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.truthy(weak.call)
    local taken
    step_until(function()
      taken = taken or core.finished()
      return taken
    end)
    assert.equal(weak.call, taken)
    assert.equal(200, (taken:answer()))
    taken = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.is_nil(weak.call)
  end)

  it("goes on when its client is closed", function()
    server:play { always(answer(200, invitation)) }
    local client = new_client()
    local call = prepare(client)
    call:submit(5)
    client:close()
    assert.truthy(step_until(function() return call:done() end))
    assert.equal(200, (call:answer()))
    while core.finished() do end
  end)

  it("ends when it is cancelled, at whatever moment", function()
    local client = new_client()
    for steps = 0, 6 do
      server:play { { { "receive" }, { "hold" } } }
      local call = prepare(client)
      call:submit(5)
      for _ = 1, steps do core.wait(0.002) end
      call:cancel()
      assert.truthy(call:done())
      assert.equal("cancelled", (call:failure()))
      call:cancel()
      assert.is_nil(core.finished())
      assert.truthy(step_until(function() return core.stats().in_flight == 0 end), steps)
      if steps == 0 then assert.equal(0, #server:requests()) end
    end
  end)

  it("cannot be sent a second time, nor after it was cancelled", function()
    server:play { { { "receive" }, { "hold" } } }
    local client = new_client()
    for steps = 0, 3 do
      local call = prepare(client)
      call:submit(5)
      assert.is_false((pcall(call.submit, call, 5)))
      assert.is_false((pcall(call.respond, call, 200)))
      for _ = 1, steps do core.wait(0.002) end
      call:cancel()
      assert.is_false((pcall(call.submit, call, 5)))
      assert.truthy(step_until(function() return core.stats().in_flight == 0 end))
      assert.is_false((pcall(call.submit, call, 5)))
      assert.equal("cancelled", (call:failure()))
    end
  end)

  -- The first connection of a process, with a time of libcurl's own a millisecond earlier: then it
  -- goes on until its next one.
  it("keeps a deadline that libcurl misses", function()
    local url, release = raw_server.silent_address()
    finally(release)
    assert.equal("timeout exit 0", (run_native(([[
      url = %q
      local call, began = prepare(new_client()), core.now()
      call:submit(0.201)
      while not call:done() do core.wait(10) end
      assert(core.now() - began < 2, core.now() - began)
      io.write((call:failure()), " ")
    ]]):format(url)):gsub("%s+$", "")))
  end)

  describe("by a handle that was used before", function()
    local rest = answer(200, invitation):match "^[^\n]*\n(.*)$"
    local long = ("x"):rep(40000)
    local answers = {
      answer(200, invitation),
      "HTTP/1.1 200 OK\r\nX-Long: " .. long .. "\r\n" .. rest,
      "HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\n\tc\r\n" .. rest,
      "HTTP/1.1 100 Continue\r\n\r\n" .. answer(200, invitation),
      "HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n" .. answer(200, invitation),
    }

    local function make(client)
      local call = prepare(client)
      call:submit(5)
      assert.truthy(step_until(function() return call:done() end))
      while core.finished() do end
      return call
    end

    it("an answer is as it was sent", function()
      local until_the_end = "HTTP/1.1 200 OK\r\n\r\n" .. invitation
      for _, one in ipairs(answers) do
        for i = 0, #answers do
          server:play { { { "receive" }, { "send", one }, { "receive" },
            { "send", answers[i] or until_the_end } } }
          local client = new_client(1)
          for _ = 1, 2 do
            local call = make(client)
            assert.is_nil((call:failure()))
            assert.equal(invitation, call:body())
          end
        end
      end
    end)

    -- Makes a call that is answered by `before` and then, on the same connection, another one that
    -- is answered by `after`. (Nothing promises that a connection is used again: else once more.)
    local function make_after(client, before, after)
      local call
      for _ = 1, 3 do
        server:play { { { "receive" }, { "send", before }, { "receive" }, { "send", after } } }
        assert.equal(invitation, make(client):body())
        call = make(client)
        if server:connections() == 1 then return call end
      end
      error "no connection was used again"
    end

    -- libcurl 7.83.0 to 8.0.1 would write into memory that it has freed.
    it("an answer that begins amid a header is none", function()
      for _, before in ipairs(answers) do
        for _, folded in ipairs { " folded", "\tfolded: x", " " .. long, " " } do
          for _, start in ipairs { "", "HTTP/1.1 100 Continue\r\n\r\n" } do
            local broken = start .. "HTTP/1.1 200 OK\r\n" .. folded .. "\r\n" .. rest
            local client = new_client(1)
            for _ = 1, 2 do
              assert.equal("network", (make_after(client, before, broken):failure()))
            end
            server:play { { { "receive" }, { "send", broken } } }
            assert.equal("network", (make(new_client(1)):failure()))
          end
        end
      end
    end)
  end)

  it("beyond max_in_flight waits for its turn", function()
    server:play { { { "receive" }, { "sleep", 0.03 }, { "send", answer(200, invitation) },
      { "again" } } }
    local client, calls = new_client(2), {}
    for i = 1, 6 do
      calls[i] = prepare(client)
      calls[i]:submit(5)
    end
    calls[4]:cancel()
    assert.truthy(step_until(function() return core.stats().in_flight == 0 end))
    assert.truthy(server:connections() <= 2)
    assert.equal(5, #server:requests())
    assert.equal("cancelled", (calls[4]:failure()))
    for _, i in ipairs { 1, 2, 3, 5, 6 } do assert.equal(200, (calls[i]:answer())) end
    while core.finished() do end
  end)

  it("cancelled before libcurl looks at it counts nothing of an earlier one", function()
    server:play { always(answer(200, invitation)) }
    local client = new_client()
    local one, other = prepare(client), prepare(client)
    one:submit(5)
    assert.truthy(step_until(function() return one:done() end))
    local rise = counted(function()
      other:submit(5)
      other:cancel()
    end)
    assert.equal(1, rise.cancelled)
    for _, name in ipairs { "connections_opened", "connections_reused", "bytes_sent",
      "bytes_received" } do
      assert.equal(0, rise[name], name)
    end
    while core.finished() do end
  end)

  it("that has ended is not submitted again before it is handed over", function()
    server:play { always(answer(200, invitation)) }
    local call = prepare(new_client())
    call:submit(5)
    assert.truthy(step_until(function() return call:done() end))
    assert.has_error(function() call:submit(5) end)
    assert.equal(call, (core.finished()))
    assert.is_nil((core.finished()))
    call:submit(5)
    assert.truthy(step_until(function() return call:done() end))
    assert.equal(call, (core.finished()))
    assert.equal(0, core.stats().in_flight)
  end)

  it("has its turn though the one before it ended by its deadline between two steps", function()
    server:play { { { "receive" }, { "hold" } }, always(answer(200, invitation)) }
    local client = new_client(1)
    local late, waiting = prepare(client), prepare(client)
    late:submit(0.1)
    waiting:submit(5)
    for _ = 1, 5 do core.step() end
    socket.sleep(0.3)
    assert.truthy(step_until(function() return waiting:done() end, 3))
    assert.equal("timeout", (late:failure()))
    assert.equal(200, (waiting:answer()))
    while core.finished() do end
  end)

  it("waits for its turn as long as it may, whatever the others do", function()
    server:play { { { "receive" }, { "hold" } } }
    local clients, first, waiting = {}, {}, {}
    for i = 1, 3 do
      clients[i] = new_client(1)
      first[i] = prepare(clients[i])
      first[i]:submit(5)
    end
    for i, seconds in ipairs { 0.05, 0.2, 5 } do -- the latest queue is looked at first
      waiting[i] = { prepare(clients[i]), prepare(clients[i]) }
      waiting[i][1]:submit(seconds)
      waiting[i][2]:submit(seconds * 2)
    end
    core.step()
    assert.equal(6, core.stats().queued)
    for i = 1, 2 do
      for _, call in ipairs(waiting[i]) do
        assert.truthy(step_until(function() return call:done() end, 2))
        assert.equal("timeout", (call:failure()))
      end
    end
    assert.equal(2, core.stats().queued)
    for _, call in ipairs(waiting[3]) do
      assert.is_false(call:done())
      call:cancel()
    end
    for i = 1, 3 do first[i]:cancel() end
    assert.truthy(step_until(function() return core.stats().in_flight == 0 end))
    while core.finished() do end
  end)

  it("begins after a look at the clock, and not together with many others", function()
    server:play { { { "receive" }, { "hold" } } }
    local client, calls = new_client(), {}
    for i = 1, 20 do
      calls[i] = prepare(client)
      calls[i]:submit(5)
    end
    local steps, left = 0, core.stats().queued
    while left > 0 do
      local before = left
      core.step(0)
      steps, left = steps + 1, core.stats().queued
      assert.is_true(before - left <= 2, before - left)
      assert.is_true(steps <= 20)
    end
    for _, call in ipairs(calls) do call:cancel() end
    assert.truthy(step_until(function() return core.stats().in_flight == 0 end))
    while core.finished() do end
  end)

  it("leaves its connection open, but not for long where fewer are needed", function()
    -- How many are kept follows the calls before, those of others, too.
    local many, turns = 120, 20000
    local script = {}
    for turn = 1, turns do
      script[#script + 1] = { "receive" }
      if turn <= 2 then script[#script + 1] = { "sleep", 2 } end -- until all are under way
      script[#script + 1] = { "send", answer(200, invitation) }
    end
    server:play { script }
    local client = new_client()
    local function make(count)
      for _ = 1, count do prepare(client):submit(10) end
      assert.truthy(step_until(function() return core.stats().in_flight == 0 end, 10))
      while core.finished() do end
    end
    local before, opened = select(2, descriptors "^socket:"), core.stats().connections_opened
    make(many)
    make(many)
    assert.equal(many, core.stats().connections_opened - opened)
    local made = 2
    local function kept() return select(2, descriptors "^socket:") - before end
    while kept() >= many * 0.8 and made < turns do
      for _ = 1, 100 do make(1) end
      made = made + 100
    end
    assert.is_true(kept() < many * 0.8, kept())
    assert.equal(many, core.stats().connections_opened - opened)
  end)

  it("gets its answer while many others wait to begin", function()
    server:play { always(answer(200, invitation)) }
    local client, nobodys = new_client(), new_client(0, "http://127.0.0.1:1")
    -- Returns how many had no answer when so many others had begun, and what part of those had not.
    local function try(seconds)
      local answered, refused = {}, {}
      for i = 1, 30 do
        answered[i] = prepare(client)
        answered[i]:submit(60)
      end
      for _ = 1, 30 do core.step(0) end
      socket.sleep(seconds) -- the answers come
      for i = 1, 2000 do
        refused[i] = prepare(nobodys)
        refused[i]:submit(60)
      end
      local queued, left = core.stats().queued, #answered
      while left > 0 and core.stats().queued > 0 do
        core.step(0.004)
        while left > 0 and answered[left]:done() do left = left - 1 end
      end
      local part = core.stats().queued / queued
      for _, call in ipairs(refused) do call:cancel() end
      assert.truthy(step_until(function() return core.stats().in_flight == 0 end))
      while core.finished() do end
      return left, part
    end
    local left, part
    for turn = 1, 5 do -- a server that has no processor for that long answers later
      left, part = try(0.3 * turn)
      if left == 0 then break end
    end
    assert.equal(0, left)
    assert.is_true(part > 0.25, part)
  end)

  it("that waits too long for its turn was not sent", function()
    server:play { { { "receive" }, { "hold" } } }
    local client = new_client(1)
    local first, second = prepare(client), prepare(client)
    first:submit(1)
    second:submit(0.05)
    assert.truthy(step_until(function() return second:done() end, 0.5))
    local kind, _, sent = second:failure()
    assert.equal("timeout", kind)
    assert.is_false(sent)
    first:cancel()
    assert.truthy(step_until(function() return core.stats().in_flight == 0 end))
    while core.finished() do end
  end)

  it("does no harm when the state is closed", function()
    server:play { { { "receive" }, { "sleep", 0.02 }, { "send", answer(200, invitation) },
      { "hold" } } }
    for name, text in pairs {
      ["submitted"] = "",
      ["under way"] = "core.wait(0.01); core.step()",
      ["finished, not taken"] = "step_until(function() return call:done() end)",
      ["cancelled"] = "call:cancel()",
      ["cancelled under way"] = "core.wait(0.01); call:cancel(); core.step()",
      ["forgotten"] = "call, client = nil, nil; collectgarbage(); collectgarbage()",
      ["closed"] = "client:close()",
      ["waiting for its turn"] = "client = new_client(1); for _ = 1, 5 do call = prepare(client) "
        .. "call:submit(5) end; core.wait(0.01)",
      ["and finalizers want more"] = "local other = prepare(client); at_end = function() "
        .. "pcall(other.submit, other, 5); pcall(core.step); pcall(core.wait, 0); "
        .. "pcall(core.finished); pcall(call.cancel, call); pcall(client.close, client) end; "
        .. "last = with_finalizer(function() at_end() end)",
    } do
      local output = run_native("local client = new_client(); local call = prepare(client); "
        .. "call:submit(5)\n" .. text .. "\nprint 'end'")
      assert.equal("end\nexit 0\n", output, name)
    end
  end)
end)
