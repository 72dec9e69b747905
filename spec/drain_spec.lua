local convoke = require "convoke"
local engine = require "convoke.engine"
local raw_server = require "spec.support.raw_server"

describe("drain", function()
  local server, clerk

  setup(function() server = raw_server.start() end)
  teardown(function() server:stop() end)

  local fine = raw_server.answer(200, "[]")
  local busy = raw_server.answer(503, '{"errors":[]}', "Retry-After: 1\r\n")

  before_each(function()
    clerk = convoke.clerk { url = server.url, secret_key = "sk_test_1234567890", timeout = 20 }
  end)

  after_each(function()
    clerk:close()
    convoke.use "tasks"
    assert.equal(0, convoke.stats().in_flight)
    assert.is_false(engine.busy())
  end)

  local function list() return clerk.invitations:list { limit = 1 } end

  local function answer_after(seconds)
    server:play { { { "receive" }, { "sleep", seconds }, { "send", fine }, { "again" } } }
  end

  -- Tasks whose calls are in flight; returns what they return: value, err by number.
  local function begin(count)
    local values, errors = {}, {}
    for i = 1, count do
      convoke.spawn(function() values[i], errors[i] = list() end)
    end
    repeat convoke.step() until convoke.stats().in_flight == count
    return values, errors
  end

  it("waits for what is in flight, and begins nothing meanwhile", function()
    answer_after(0.1)
    local values = begin(3)
    local refused
    convoke.spawn(function()
      convoke.sleep(0.01)
      refused = { list() }
    end)
    assert.equal(0, convoke.drain())
    for i = 1, 3 do assert.is_table(values[i]) end
    assert.equal("cancelled", refused[2].kind)
    assert.equal("not_sent", refused[2].outcome)
    assert.matches("convoke.drain", tostring(refused[2]))
    assert.equal(3, #server:requests())
    assert.is_table(list())
  end)

  it("cancels what is left after the time, and says how many that were", function()
    server:play { { { "receive" }, { "sleep", 60 } } }
    local values, errors = begin(4)
    local again
    convoke.spawn(function()
      convoke.sleep(60)
      again = true
    end):cancel()
    assert.equal(4, convoke.drain(0.05))
    for i = 1, 4 do
      assert.is_nil(values[i])
      assert.equal("cancelled", errors[i].kind)
      assert.equal("unknown", errors[i].outcome)
    end
    assert.is_nil(again)
    convoke.step()
    answer_after(0)
    assert.is_table(list())
  end)

  it("waits for a call that pauses between two tries", function()
    server:play { { { "receive" }, { "send", busy }, { "receive" }, { "send", fine } } }
    local value, err, meta
    convoke.spawn(function() value, err, meta = list() end)
    repeat convoke.step() until #engine.pausing() == 1
    assert.equal(0, convoke.drain())
    assert.is_table(value, tostring(err))
    assert.equal(2, meta.attempts)
  end)

  it("cancels a call that pauses, when its time is over", function()
    server:play { { { "receive" }, { "send", busy }, { "again" } } }
    local err
    convoke.spawn(function() err = select(2, list()) end)
    repeat convoke.step() until #engine.pausing() == 1
    assert.equal(1, convoke.drain(0))
    assert.equal("cancelled", err.kind)
    assert.equal(1, #server:requests())
  end)

  it("with nothing in flight returns at once, also with time without end", function()
    assert.equal(0, convoke.drain())
    assert.equal(0, convoke.drain(math.huge))
    assert.equal(0, convoke.run(convoke.drain, 0))
  end)

  it("works in tasks, several of which can do so at a time", function()
    answer_after(0.1)
    local values = begin(2)
    local counts = convoke.run(function()
      return convoke.all { convoke.drain, convoke.drain, function() return convoke.drain(5) end }
    end)
    assert.same({ 0, 0, 0, n = 3 }, counts)
    assert.is_table(values[1])
    assert.is_table(values[2])
    assert.is_table(list())
  end)

  it("that is stopped by an error lets calls begin again", function()
    server:play { { { "receive" }, { "sleep", 60 } } }
    begin(1)
    for count = 1, 60 do
      local drained, why = pcall(function()
        debug.sethook(function()
          debug.sethook()
          error("enough", 0)
        end, "", count)
        convoke.drain(0.02)
        debug.sethook()
      end)
      debug.sethook()
      if drained then break end
      assert.matches("enough", tostring(why))
    end
    convoke.drain(0)
    answer_after(0)
    assert.is_table(list())
    -- What was stopped may have left its timer, which is over after its 0.02 seconds.
    local stop = convoke.now() + 10
    while engine.busy() and convoke.now() < stop do convoke.step() end
  end)

  it("refuses what is no time", function()
    for _, wrong in ipairs { -1, 0 / 0, "1" } do
      assert.has_error(function() convoke.drain(wrong) end,
        "convoke.drain: seconds must be a number from 0")
    end
  end)
end)
