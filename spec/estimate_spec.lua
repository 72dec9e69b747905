-- When a job ends, by a clock of the spec's own.

local estimate = require "convoke.jobs.estimate"

describe("the estimated end of a job", function()
  -- Runs `rows` under limits as workers do, each call taking `latency` seconds of a clock of ours.
  -- Returns when it has ended, and array of { at =, ends =, rate = }: what was estimated.
  local function simulate(rows, limits, latency, places)
    local now, pending, under_way, ended, told = 0, rows, {}, {}, {}
    for _, limit in ipairs(limits) do limit.times, limit.each = {}, limit.each or 1 end
    while pending > 0 or under_way[1] do
      while under_way[1] and under_way[1] <= now do
        table.remove(under_way, 1)
        ended[#ended + 1] = now
        for _, limit in ipairs(limits) do table.insert(limit.times, now) end
      end
      local room = math.min(places - #under_way, pending)
      for _, limit in ipairs(limits) do
        while limit.times[1] and limit.times[1] <= now - limit.per do
          table.remove(limit.times, 1)
        end
        room = math.min(room, limit.count - #limit.times - #under_way)
      end
      for _ = 1, room do
        pending = pending - 1
        under_way[#under_way + 1] = now + latency
      end
      local lately, first = 0, now
      for i = #ended, 1, -1 do
        if ended[i] <= now - 30 then break end
        lately, first = lately + 1, math.max(now - 30, ended[i] - latency)
      end
      for _, limit in ipairs(limits) do limit.under_way = #under_way end
      local rate = now > first and lately / (now - first) or 0
      local seconds = estimate.seconds(pending, #under_way, limits, now, rate)
      told[#told + 1] = { at = now, ends = seconds and now + seconds, known = now >= 30 }
      now = now + 0.25
    end
    return now, told
  end

  local function check(rows, limits, latency, places)
    local ends, told = simulate(rows, limits, latency, places)
    local checked = 0
    for _, each in ipairs(told) do
      if each.known and each.at < ends * 0.9 then
        checked = checked + 1
        local off = math.abs(each.ends - ends) / (ends - each.at)
        assert(off <= 0.05, ("at %.2f s: %.1f instead of %.1f"):format(each.at, each.ends, ends))
      end
    end
    assert.is_true(checked > 10)
  end

  it("is within 5 % where a limit holds it up", function()
    check(1000, { { count = 100, per = 360 } }, 0.5, 32)
  end)

  it("is within 5 % where two limits hold it up, in turns", function()
    check(2000, { { count = 50, per = 10 }, { count = 200, per = 90 } }, 0.5, 32)
  end)

  it("is within 5 % where nothing but the API's own pace does", function()
    check(4000, {}, 1, 16)
    check(3000, { { count = 1000, per = 10 } }, 1, 16)
  end)

  it("is not told before anything is known", function()
    assert.is_nil(estimate.seconds(100, 0, {}, 0, 0))
  end)
end)
