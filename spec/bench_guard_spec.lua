-- The guard over the instructions that a call takes; what it guards is counted by `make check`.

local guard = require "spec.programs.bench.guard"

describe("the budget of instructions", function()
  local budget = {
    counted_with = { lua = "Lua 5.4", libcurl = "7.88", architecture = "x86_64" },
    margin = 0.03,
    thousands = { create = 200 },
  }

  local function judge(thousands) return guard.judge(budget, "create", thousands * 1000) end

  it("lets a call take what it took, give or take a little", function()
    for _, fine in ipairs { 195, 200, 205 } do assert.is_nil((judge(fine))) end
  end)

  it("stops a call that takes more", function()
    local line, too_high = judge(210)
    assert.is_true(too_high)
    assert.equal("create takes 210.0 thousand instructions, 5.0 % more than its budget of 200",
      line)
  end)

  it("can be lowered when a call takes less", function()
    local line, too_high = judge(180)
    assert.is_false(too_high)
    assert.matches("can be lowered$", line)
  end)

  it("is wanted for every workload", function()
    local _, too_high = guard.judge(budget, "another", 1)
    assert.is_true(too_high)
  end)

  it("says nothing about other libraries and processors", function()
    local here = { lua = "Lua 5.4", libcurl = "7.88", architecture = "x86_64" }
    assert.is_nil(guard.incomparable(budget, here))
    here.libcurl = "8.5"
    assert.equal("the budget is for libcurl 7.88, and here is 8.5",
      guard.incomparable(budget, here))
  end)
end)
