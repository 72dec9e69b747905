-- The ids of what calls were given.

local core = require "convoke.core"

describe("a ids", function()
  local ids

  before_each(function() ids = core.issued_ids() end)

  -- Adds as reconciling does.
  local function add(text, time, till, now)
    if ids:add(text, time, till) then return end
    ids:make_room(now or 0)
    assert.is_true(ids:add(text, time, till))
  end

  it("has what was noted, with its time and no other", function()
    assert.is_false(ids:has("inv_1", 7))
    add("inv_1", 7, 10)
    add("inv_2", 8.25, 10)
    add("", 9, 10)
    assert.is_true(ids:has("inv_1", 7))
    assert.is_true(ids:has("inv_2", 8.25))
    assert.is_true(ids:has("", 9))
    assert.is_false(ids:has("inv_1", 8.25))
    assert.is_false(ids:has("inv_3", 7))
  end)

  it("has nothing under a text whose time is not known", function()
    add("inv_1", nil, 10)
    for _, time in ipairs { 0, 1, 0 / 0, math.huge } do
      assert.is_false(ids:has("inv_1", time))
    end
    assert.equal(1, ids:count())
  end)

  it("keeps any number of notes for as long as they are to be kept", function()
    for i = 1, 5000 do add("inv_" .. i, i, 10, 5) end
    assert.equal(5000, ids:count())
    for i = 1, 5000 do assert.is_true(ids:has("inv_" .. i, i)) end
  end)

  it("forgets the first ones when it needs room, and stays small", function()
    for i = 1, 100000 do add("inv_" .. i, i, i + 100, i) end
    assert.is_true(ids:count() <= 512, ids:count())
    for i = 99901, 100000 do assert.is_true(ids:has("inv_" .. i, i)) end
    assert.is_false(ids:has("inv_1", 1))
  end)

  it("forgets nothing behind a note that is to be kept", function()
    add("long", 1, 1000)
    for i = 1, 300 do add("inv_" .. i, i, i, 500) end
    assert.is_true(ids:has("long", 1))
    assert.is_true(ids:has("inv_1", 1))
    ids:make_room(1001)
    assert.equal(0, ids:count())
    add("again", 2, 2000)
    assert.is_true(ids:has("again", 2))
  end)
end)
