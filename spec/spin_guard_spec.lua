-- A libcurl that has descriptors watched which fire for nothing: no loop spins because of them.

local compile = require "spec.support.compile"
local preloaded = require "spec.support.preloaded"
local raw_server = require "spec.support.raw_server"

describe("a descriptor that fires for nothing", function()
  local server, library

  setup(function()
    server = raw_server.start()
    library = compile("idle_alarm", "libcurl")
  end)
  teardown(function()
    server:stop()
    os.remove(library)
  end)

  -- Runs Lua text with such a libcurl; returns what it prints. The first call's answer comes late.
  local function run(mood, delay, text)
    local body = "[" .. (" "):rep(2000000) .. "]"
    server:play { { { "receive" }, { "sleep", delay }, { "send", raw_server.answer(200, "[]") },
      { "receive" }, { "send", raw_server.answer(200, body) } } }
    return preloaded(library, ([[
      local convoke = require "convoke"
      local core = require "convoke.core"
      local socket = require "socket"
      local clerk = convoke.clerk { url = "http://127.0.0.1:%s/v1", retries = 0,
        secret_key = "sk_test_1234567890" }
      local steps = 0
      local function count(name)
        local f = core[name]
        core[name] = function(...) steps = steps + 1 return f(...) end
      end
      count "step" count "wait"
      local started = convoke.now()
      local function list() return assert(clerk.invitations:list {}) end
    ]]):format(server.port) .. text, "IDLE_ALARM=" .. mood)
  end

  -- Some 130 events go by before anybody looks, then it rests for ever longer.
  local few = 400

  it("does not make a blocking call spin", function()
    local steps, clock = run("extra", 1, "list() print(steps, os.clock())"):match "^(%d+)\t(%S+)\n$"
    assert.is_true(tonumber(steps) < few, steps)
    assert.is_true(tonumber(clock) < 0.5, clock)
  end)

  it("does not make a loop spin that watches ours", function()
    local steps, events = run("extra", 1, [[
      local done, events = false, 0
      convoke.spawn(function() list() done = true end)
      local fd = convoke.pollfd()
      local descriptor = { getfd = function() return fd end, dirty = function() return false end }
      while not done do
        if socket.select({ descriptor }, nil, 5)[1] then
          events = events + 1
          convoke.step()
        end
      end
      print(steps, events)
    ]]):match "^(%d+)\t(%d+)\n$"
    assert.is_true(tonumber(steps) < few, steps)
    assert.is_true(tonumber(events) < few, events)
  end)

  it("is looked at again, so that a suspicion does no more than delay", function()
    for _, times in ipairs { 60, 133 } do -- 128 and the first five rests, 31 ms together
      assert.equal("true\n", run(times, 0, "list() print(convoke.now() - started < 10)"))
    end
  end)

  it("is not suspected while there are bytes in it, however many", function()
    assert.equal("true\n", run("sips", 0, "list() list() print(convoke.now() - started < 10)"))
  end)
end)
