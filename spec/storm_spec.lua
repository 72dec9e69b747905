-- A small storm: `make storm` runs a large one.

local storm = require "spec.programs.storm.storm"

describe("the storm's audit", function()
  -- One call for one address and what the books hold for it; returns the faults as one text.
  local function faults(call, held)
    call.api, call.kind, call.number, call.address = "clerk", call.kind or "fresh", 1, "a@b.example"
    call.attempts, call.retries, call.timeout = call.attempts or 1, 6, 30
    call.tries = call.tries or { { verb = "create", what = "200" } }
    local report = storm.audit({ call }, { clerk = { ["a@b.example"] = held } })
    return table.concat(report.faults, "\n"), report
  end

  local function ended(outcome) return { outcome = outcome } end

  local looked = { { verb = "create", what = "network" }, { verb = "list", what = "200" } }
  local failed = { { verb = "create", what = "network" }, { verb = "list", what = "network" } }

  it("finds nothing wrong with what is right", function()
    assert.equal("", faults({ id = "1" }, { { id = "1", number = 1 } }))
    assert.equal("", faults({ err = ended "refused" }, nil))
    assert.equal("", faults({ err = ended "refused", stood = "1" }, { { id = "1", number = 0 } }))
    assert.equal("", faults({ err = ended "unknown", tries = failed }, { { id = "1" } }))
    assert.equal("", faults({ err = ended "unknown", tries = failed }, nil))
  end)

  it("finds what is missing, doubled, another's or older", function()
    assert.truthy(faults({ id = "1" }, nil):find "missing")
    assert.truthy(faults({ id = "1" }, { { id = "2" } }):find "missing or another's")
    assert.truthy(faults({ id = "1" }, { { id = "1" }, { id = "2" } }):find "doubled")
    assert.truthy(faults({ id = "1" }, { { id = "1", number = 7 } }):find "another call's")
    assert.truthy(faults({ id = "1", stood = "1" }, { { id = "1" } }):find "an older one")
  end)

  it("finds refusals of what was made, and what could have been known", function()
    assert.truthy(faults({ err = ended "refused" }, { { id = "1" } }):find "refused, but made")
    assert.truthy(faults({ err = ended "not_sent" }, { { id = "1" } }):find "refused, but made")
    assert.truthy(faults({ err = ended "unknown", tries = looked }, { { id = "1" } })
      :find "a look%-up could tell")
    assert.truthy(faults({ err = ended "unknown", tries = { looked[1] } }, { { id = "1" } })
      :find "a look%-up could tell")
  end)

  it("finds removals that were none, and such as were denied", function()
    local done, failed_so = { done = true }, { err = ended "refused" }
    local there, gone = { { id = "1" } }, { { id = "1", removed = true } }
    assert.equal("", faults({ id = "1", removal = done }, gone))
    assert.equal("", faults({ id = "1", removal = failed_so }, there))
    assert.equal("", faults({ id = "1", removal = { err = ended "unknown" } }, gone))
    assert.truthy(faults({ id = "1", removal = done }, there):find "reported as removed, but there")
    assert.truthy(faults({ id = "1", removal = failed_so }, gone):find "removed, but reported")
  end)

  it("finds one that two calls were given", function()
    local function call(number)
      return { api = "gencove", kind = "twins", number = number, address = "a@b.example", id = "1",
        attempts = 1, retries = 6, tries = { { verb = "create", what = "201" } } }
    end
    local report = storm.audit({ call(1), call(2) },
      { gencove = { ["a@b.example"] = { { id = "1" } } } })
    assert.equal(1, #report.faults)
    assert.truthy(report.faults[1]:find "reported as made twice")
  end)
end)

describe("the storm's counters", function()
  local counts = require "spec.programs.storm.counts"

  it("are found to disagree by the least difference", function()
    assert.same({}, counts.disagreements { a = { calls = 1, done = 2 }, b = { calls = 1 } })
    assert.same({ "calls: a 1, b 2" }, counts.disagreements { a = { calls = 1 },
      b = { calls = 2 } })
  end)
end)

describe("a storm", function()
  local report

  setup(function() report = storm.run { seed = 7, count = 300 } end)

  it("loses nothing, doubles nothing and has nothing reported wrongly", function()
    assert.equal("", table.concat(report.faults, "\n"))
  end)

  it("keeps nobody from inviting", function()
    local counts = report.counts
    assert.is_true(counts.made + counts.stood > 0.9 * 300)
    assert.equal(300, counts.made + counts.refused + counts.not_sent + counts.unknown)
  end)

  it("is counted alike by hooks, metrics, results and the books", function()
    local all = report.counters
    local made = 0
    for _, api in ipairs { "clerk", "gencove", "cvat" } do
      made = made + all.books["made " .. api]
      assert.is_true(all.hooks["made " .. api] > 0)
    end
    assert.equal(report.counts.made, made)
    assert.is_true(all.metrics.retries > 10)
    assert.is_true(all.metrics.looks > 10)
    assert.same(all.hooks, all.metrics)
  end)

  it("has raged", function()
    local fates = report.fates
    for _, name in ipairs { "cut_before", "cut_after", "cut_late", "throttled", "unavailable",
      "lost_gateway" } do
      assert.is_true(fates[name] > 0, name)
    end
    assert.equal(0, fates.failed)
    assert.is_true(report.counts.found > 10)
    assert.is_true(report.counts.repeated > 10)
    assert.is_true(report.counts.removed > 10)
  end)

  it("deals the same first blows to the same calls again", function()
    local again = storm.run { seed = 7, count = 60, retries = 0, timeout = 10 }
    local other = storm.run { seed = 8, count = 60, retries = 0, timeout = 10 }
    local function same(one, two)
      local number = 0
      for i = 1, 60 do
        local first, second = one.calls[i].tries[1].what, two.calls[i].tries[1].what
        number = number + (first == second and 1 or 0)
      end
      return number
    end
    assert.is_true(same(report, again) > 54, same(report, again)) -- stale connections are chance
    assert.is_true(same(report, other) < 54, same(report, other))
  end)
end)
