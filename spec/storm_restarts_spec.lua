-- A few creates while what is between restarts: `make storm MODE=restarts` makes thousands.

local restarts = require "spec.programs.storm.restarts"

describe("the audit of creates during restarts", function()
  -- What is wrong with the end of a call for which the books hold those ids.
  local function faults(ended, ...)
    local held, report = {}, { faults = {}, counts = {} }
    for i, id in ipairs { ... } do held[i] = { id = id, number = 1 } end
    ended.api, ended.number = "edgegap", 1
    restarts.audit({ ended }, held, report)
    return table.concat(report.faults, "\n")
  end

  local function failed(outcome) return { err = { outcome = outcome } } end

  it("finds nothing wrong with what is right", function()
    assert.equal("", faults({ id = "a" }, "a"))
    assert.equal("", faults(failed "unknown"))
    assert.equal("", faults(failed "unknown", "a"))
    assert.equal("", faults(failed "made", "a"))
    assert.equal("", faults(failed "not_sent"))
  end)

  it("finds what is lost, doubled, another's or reported wrongly", function()
    assert.truthy(faults({ id = "a" }):find "reported as made, but missing")
    assert.truthy(faults(failed "made"):find "reported as made, but missing")
    assert.truthy(faults({ id = "a" }, "b"):find "another's")
    assert.truthy(faults({ id = "a" }, "a", "b"):find "doubled")
    assert.truthy(faults(failed "unknown", "a", "b"):find "doubled")
    assert.truthy(faults(failed "not_sent", "a"):find "executed, but reported as not_sent")
    assert.truthy(faults(failed "refused", "a"):find "executed, but reported as refused")
    assert.truthy(faults(failed "refused"):find "nobody refuses")
  end)

  it("finds one object that two calls were given", function()
    local report = { faults = {}, counts = {} }
    restarts.audit({ { api = "edgegap", number = 1, id = "a" },
      { api = "edgegap", number = 2, id = "a" } },
      { { id = "a", number = 1 }, { id = "a", number = 2 } }, report)
    assert.equal(1, #report.faults)
    assert.truthy(report.faults[1]:find "reported as made twice")
  end)
end)

describe("restarts of what is between", function()
  for _, http2 in ipairs { false, true } do
    it("lose, double and misreport nothing over HTTP/" .. (http2 and "2" or "1.1"), function()
      local report = restarts.run { seed = 7, count = 8, http2 = http2 }
      assert.equal("", table.concat(report.faults, "\n"))
      assert.is_true(report.outages > 0)
      for _, api in ipairs(restarts.apis) do
        local counts = report.counts[api]
        assert.equal(8, (counts.made or 0) + (counts.unknown or 0) + (counts.not_sent or 0), api)
      end
    end)
  end
end)
