-- What is read can be sent again unchanged: random values.

local core = require "convoke.core"
local round_trips = require "spec.support.round_trips"

describe("random values", function()
  it("are the same when they are read, sent and read again", function()
    math.randomseed(1)
    round_trips.run(4000, 50)
  end)

  it("are told apart from others by what compares them", function()
    local function same(one, other)
      return round_trips.same(core.read(one), core.read(other))
    end
    assert.is_true(same('{"a":[1,null]}', ' {"a" : [1,null]}'))
    for _, pair in ipairs { { "[]", "{}" }, { "0.0", "-0.0" }, { "[1]", "[1,null]" },
      { '{"a":null}', "{}" }, { "9007199254740992", "9007199254740993" }, { '"a"', '"b"' } } do
      assert.is_false(same(pair[1], pair[2]), pair[1])
    end
    if math.type then assert.is_false(same("1", "1.0")) end
  end)
end)
