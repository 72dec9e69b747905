-- What is known of a server's clock, and what times of creation prove by it.

local core = require "convoke.core"
local server_clock = require "convoke.lookup.server_clock"

describe("a server's clock", function()
  local clock, now, wall

  before_each(function()
    clock = server_clock.new()
    now, wall = core.clocks()
  end)

  local function http_date(time)
    return os.date("!%a, %d %b %Y %H:%M:%S GMT", math.floor(time))
  end

  -- An answer that came just now, from a server whose Date is so far ahead.
  local function learn_date(ahead, age)
    local moment, time = core.clocks()
    clock:learn_date(http_date(time + ahead), age, moment, moment)
  end

  -- What the time of an object says that was made so long after the call began.
  local function judge(after) return clock:judge(wall + after, now, wall) end

  it("is taken for ours where nothing is known, and proves little", function()
    assert.equal("new", judge(0.01))
    assert.equal("open", judge(-0.1))
    assert.equal("open", judge(10 - server_clock.blind_margin))
    assert.equal("old", judge(-10 - server_clock.blind_margin))
    assert.equal("open", clock:judge(nil, now, wall))
  end)

  it("is known from a Date to a second", function()
    learn_date(0)
    assert.equal("new", judge(0.01))
    assert.equal("open", judge(-0.5 - server_clock.margin / 2))
    assert.equal("old", judge(-1.1 - server_clock.margin))
    assert.is_true(clock:is_vague())
  end)

  it("may be hours away from ours", function()
    learn_date(-7200)
    assert.equal("new", judge(-7200))
    assert.equal("open", judge(-7200 - 0.5 - server_clock.margin / 2))
    assert.equal("old", judge(-7200 - 1.1 - server_clock.margin))
  end)

  it("is not known from an answer that a cache has kept", function()
    learn_date(-3600, "60")
    assert.equal("open", judge(-60))
    learn_date(-3600, "0")
    assert.equal("new", judge(-60))
  end)

  it("is not known from what is no Date", function()
    for _, text in ipairs { "", "soon", "Sun, 99 Nov 1994 08:49:37 GMT" } do
      clock:learn_date(text, nil, now, now)
    end
    clock:learn_date(nil, nil, now, now)
    assert.equal("old", judge(-10 - server_clock.blind_margin))
    assert.is_false(clock:is_vague())
  end)

  it("is known best from an object that a call was given", function()
    clock:learn_creation(wall - 30, now, core.now())
    assert.is_false(clock:is_vague())
    assert.equal("new", judge(-30))
    assert.equal("open", judge(-30.5))
    assert.equal("old", judge(-30.5 - server_clock.margin))
    learn_date(-29) -- an edge a second ahead changes nothing
    assert.equal("new", judge(-30))
    assert.equal("open", judge(-30.5))
  end)

  it("has been set where a Date and older knowledge contradict each other", function()
    clock:learn_creation(wall + 60, now, core.now())
    assert.equal("old", judge(0))
    learn_date(0)
    assert.equal("new", judge(0.01))
    learn_date(600)
    assert.equal("new", judge(600))
    assert.equal("old", judge(0))
  end)

  it("is several clocks where small contradictions come", function()
    clock:learn_creation(wall, now, core.now())
    clock:learn_creation(wall - 1, now, core.now())
    assert.equal("new", judge(-1))
    assert.equal("old", judge(-1.5 - server_clock.margin))
  end)

  it("proves less where our own clocks contradict each other", function()
    learn_date(0)
    assert.equal("old", judge(-5))
    -- the time of day has gone on by an hour that the other clock knows nothing of
    assert.equal("open", clock:judge(wall - 5, now, wall - 3600))
  end)
end)
