-- A small storm of two programs: `make storm` runs a large one.

local two_programs = require "spec.programs.storm.two_programs"

describe("the audit of two programs", function()
  -- The faults as one text, where red and blue were told that about one address of Clerk's.
  local function faults(number, red, blue, held)
    local results = { red = {}, blue = {} }
    for _, api in ipairs { "clerk", "gencove", "cvat" } do
      results.red[api], results.blue[api] = {}, {}
      for i = 1, 2 do
        local no = { outcome = "refused", text = "no" }
        results.red[api][i], results.blue[api][i] = no, no
      end
    end
    results.red.clerk[number], results.blue.clerk[number] = red, blue
    local address = ("both%dx@storm.example"):format(number)
    local report = two_programs.audit(results,
      { clerk = { [address] = held }, gencove = {}, cvat = {} }, 2)
    return table.concat(report.faults, "\n")
  end

  local function ended(outcome) return { outcome = outcome, text = outcome } end

  local of_red, of_blue = { id = "1", shows = "red" }, { id = "1", shows = "blue" }

  it("finds nothing wrong with what is right", function()
    assert.equal("", faults(1, { id = "1" }, ended "refused", { of_red }))
    assert.equal("", faults(1, ended "unknown", ended "refused", { of_red }))
    assert.equal("", faults(1, ended "refused", ended "unknown", { of_blue }))
    assert.equal("", faults(2, { id = "1" }, { id = "1" }, { of_red })) -- the very same
    assert.equal("", faults(2, { id = "1" }, ended "refused", { of_red }))
  end)

  it("finds what is doubled, another's, missing, or there though denied", function()
    assert.truthy(faults(1, { id = "1" }, { id = "2" }, { of_red, of_blue }):find "made 2")
    assert.truthy(faults(1, { id = "1" }, { id = "1" }, { of_red }):find "not asked for")
    assert.truthy(faults(1, { id = "1" }, ended "refused", nil):find "not there")
    assert.truthy(faults(1, ended "refused", ended "refused", { of_red }):find "told refused")
    assert.truthy(faults(2, ended "refused", ended "refused", { of_red }):find "told refused")
    assert.truthy(faults(1, ended "not_sent", ended "unknown", { of_red }):find "told not_sent")
  end)
end)

describe("a storm of two programs", function()
  it("tells neither anything untrue", function()
    local report = two_programs.run { seed = 7, count = 30 }
    assert.equal("", table.concat(report.faults, "\n"))
    local counts = report.counts
    assert.equal(2 * 3 * 30, counts.made + counts.refused + counts.not_sent + counts.unknown)
    assert.is_true(counts.made > 60, counts.made)
    assert.is_true(counts.refused > 30, counts.refused)
  end)
end)
