-- The engine of the core: calls that block, and the descriptor of its loop.

local convoke = require "convoke"
local core = require "convoke.core"
local limit = require "spec.support.limit"
local native = require "spec.support.native"
local raw_server = require "spec.support.raw_server"

local answer, always = raw_server.answer, raw_server.always
local invitation = '{"id":"inv_1","object":"invitation"}'
local secret = "sk_test_1234567890"

local server
setup(function() server = raw_server.start() end)
teardown(function() server:stop() end)

local function clerk(scripts, more)
  if scripts then server:play(scripts) end
  local options = { url = server.url, secret_key = secret, retries = 0, timeout = 5 }
  for name, value in pairs(more or {}) do options[name] = value end
  return convoke.clerk(options)
end

-- Without looking for what a lost answer has left behind.
local function create(c, options)
  options = options or {}
  options.reconcile = false
  return c.invitations:create({ email_address = "ada@example.com" }, options)
end

local prepare = native.prepare
local step_until = native.step_until
local readable = native.readable

local function new_client(max_in_flight, address)
  return native.client(address or server.url, max_in_flight)
end

local function run(text) return native.run(server.url, text) end

describe("a blocking call", function()
  it("can be made wherever Lua code runs", function()
    local c = clerk { always(answer(200, invitation)) }
    local function id() return assert(create(c)).id end
    assert.equal("inv_1", coroutine.wrap(id)())
    assert.equal("inv_1", coroutine.wrap(function() return coroutine.wrap(id)() end)())
    assert.equal("inv_1", select(2, pcall(id)))
    assert.equal("<inv_1>", (("x"):gsub("x", function() return "<" .. id() .. ">" end)))
    local object = setmetatable({}, { __index = id, __tostring = id, __lt = function()
      return id() == "inv_1"
    end })
    assert.equal("inv_1", object.anything)
    assert.equal("inv_1", tostring(object))
    assert.truthy(object < setmetatable({}, getmetatable(object)))
    local list = { 2, 1 }
    table.sort(list, function(a, b) return id() and a < b end)
    assert.same({ 1, 2 }, list)
    local left = 2
    for each in function()
      left = left - 1
      return left >= 0 and id() or nil
    end do
      assert.equal("inv_1", each)
    end
  end)

  it("survives the death of the coroutine that made one", function()
    local c = clerk { always(answer(200, invitation)) }
    for _ = 1, 5 do
      local task = coroutine.create(function()
        create(c)
        coroutine.yield()
      end)
      assert(coroutine.resume(task))
      task = nil -- luacheck: ignore
      collectgarbage()
      assert(create(c))
    end
  end)

  it("works while the collector runs at every moment", function()
    local c = clerk { always(answer(200, invitation, "X-A: b\r\n")) }
    local hook, mask, count = debug.gethook()
    debug.sethook(function() collectgarbage() end, "", 40)
    local ok, err = pcall(function()
      for _ = 1, 3 do
        local value, _, meta = create(c)
        assert(value.id == "inv_1" and meta.headers["x-a"] == "b")
        local _, refusal = c.invitations:create {}
        assert(refusal.kind == "invalid")
      end
    end)
    debug.sethook(hook, mask, count)
    assert(ok, err)
  end)

  it("leaves nothing in memory", function()
    local c = clerk { always(answer(200, invitation)) }
    local function used()
      collectgarbage()
      collectgarbage()
      return collectgarbage "count"
    end
    for _ = 1, 50 do create(c) end
    local before = used()
    for _ = 1, 200 do create(c) end
    assert.truthy(used() < before + 20, ("%g, then %g KiB"):format(before, used()))
  end)
end)

describe("the descriptor", function()
  it("tells those that wait on it when there is work, so that stepping then is enough", function()
    server:play { { { "receive" }, { "sleep", 0.05 },
      { "trickle", answer(200, invitation), 0.001 } } }
    local fd = core.pollfd()
    local call = prepare(new_client())
    call:submit(5)
    local turns = 0
    while not call:done() and turns < 1000 do
      assert.truthy(readable(fd, 2), "nothing for two seconds")
      core.step()
      turns = turns + 1
    end
    assert.truthy(call:done())
    assert.equal(200, (call:answer()))
    while core.finished() do end
    local wakes = 0 -- of a timer that was armed for what is over by now
    while wakes < 10 and readable(fd, 0.25) do
      core.step()
      wakes = wakes + 1
    end
    assert.truthy(wakes <= 2, wakes)
  end)

  it("tells of deadlines, too", function()
    server:play { { { "receive" }, { "hold" } } }
    local fd = core.pollfd()
    local call = prepare(new_client())
    call:submit(0.15)
    local start = core.now()
    while not call:done() and core.now() < start + 5 do
      assert.truthy(readable(fd, 1))
      core.step()
    end
    assert.equal("timeout", (call:failure()))
    assert.truthy(core.now() - start < limit(0.6))
    while core.finished() do end
  end)

  it("stays readable while finished calls wait to be taken", function()
    server:play { always(answer(200, invitation)) }
    local fd = core.pollfd()
    local call = prepare(new_client())
    call:submit(5)
    assert.truthy(readable(fd, 0)) -- there is work at once
    assert.truthy(step_until(function() return call:done() end))
    assert.truthy(readable(fd, 0))
    assert.truthy(readable(fd, 0))
    assert.equal(0, core.timeout())
    assert.equal(call, core.finished())
    assert.is_nil(core.finished())
    core.step()
    assert.is_false(readable(fd, 0))
  end)

  it("is not armed for calls that nobody watches", function()
    if core.poller ~= "epoll" then return pending "there is no timer descriptor" end
    server:play { always(answer(200, invitation)) }
    local output = run [[
      local convoke = require "convoke"
      local c = convoke.clerk { url = url, secret_key = "sk_test_1234567890" }
      for _ = 1, 20 do assert(c.invitations:create { email_address = "ada@example.com" }) end
      local lfs = require "lfs"
      for name in lfs.dir "/proc/self/fd" do
        local target = lfs.symlinkattributes("/proc/self/fd/" .. name, "target")
        if target and target:find "timerfd" then
          local text = io.open("/proc/self/fdinfo/" .. name):read "*a"
          print("ticks", text:match "ticks: *(%d+)", text:match "it_value: *(%b())")
        end
      end
    ]]
    assert.equal("ticks\t0\t(0, 0)\nexit 0\n", output)
  end)

  it("and all others come with the first call, not with require", function()
    local output = run [[
      local lfs = require "lfs"
      local function count()
        local number = 0
        for name in lfs.dir "/proc/self/fd" do number = number + 1 end
        return number
      end
      local before = count()
      local convoke = require "convoke"
      local c = convoke.clerk { url = url, secret_key = "sk_test_1234567890" }
      local stats, timeout, step = convoke.stats(), convoke.timeout(), convoke.step()
      print(count() - before, stats.started, timeout, step)
    ]]
    assert.equal("0\t0\tnil\t0\nexit 0\n", output)
  end)
end)
