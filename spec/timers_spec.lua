require "convoke"
local core = require "convoke.core"
local timers = require "convoke.timers"

describe("timers", function()
  local woken
  local owner = { wake = function(token) woken[#woken + 1] = token end }

  before_each(function() woken = {} end)

  it("wake at their times, whatever the order in which they were set, or taken back", function()
    local expected, kept, seed = {}, {}, 7
    for i = 1, 300 do
      seed = (seed * 16807) % 2147483647
      kept[i] = timers.add(-seed, owner, -seed)
    end
    for i = 1, 300, 3 do
      timers.remove(kept[i])
      timers.remove(kept[i]) -- harmless
    end
    for i = 1, 300 do
      if i % 3 ~= 1 then expected[#expected + 1] = kept[i].token end
    end
    table.sort(expected)
    timers.run()
    assert.same(expected, woken)
    assert.is_nil(timers.timeout())
  end)

  it("with the same time wake in the order in which they were set", function()
    local expected = {}
    for i = 1, 100 do
      timers.add(-math.huge, owner, i)
      expected[i] = i
    end
    timers.run()
    assert.same(expected, woken)
  end)

  it("that are hastened wake now, in the order in which that was done", function()
    local kept = {}
    for i = 1, 5 do kept[i] = timers.add(3600, owner, i) end
    timers.hasten(kept[4])
    timers.hasten(kept[2])
    local stop = core.now()
    repeat until core.now() > stop
    timers.run()
    assert.same({ 4, 2 }, woken)
    timers.hasten(kept[4]) -- harmless, it has woken
    for _, i in ipairs { 1, 3, 5 } do timers.remove(kept[i]) end
    assert.is_nil(timers.timeout())
  end)
end)
