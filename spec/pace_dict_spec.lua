-- The pace that workers share, against a dictionary that stands in for nginx's. How real workers
-- share one is tried in openresty_spec.lua.

local convoke = require "convoke"
local pace = require "convoke.call.pace"
local pace_dict = require "convoke.call.pace_dict"

-- A dictionary as nginx has them, without a time to live. `between` is called once between the look
-- at a number and its taking: then another worker is at work.
local function new_dict(size)
  local values, dict = {}, {}
  function dict.capacity() return size or 2 ^ 20 end
  function dict.get(_, key) return values[key] end
  function dict.set(_, key, value) values[key] = value return true end
  function dict.delete(_, key) values[key] = nil end
  function dict.safe_add(self, key, value)
    local between = self.between
    self.between = nil
    if between then between() end
    if values[key] ~= nil then return nil, "exists" end
    values[key] = value
    return true
  end
  function dict.count()
    local count = 0
    for _ in pairs(values) do count = count + 1 end
    return count
  end
  return dict
end

describe("The pace that workers share", function()
  local world = _G
  local before = rawget(world, "ngx")
  local dict, time

  before_each(function()
    dict, time = new_dict(), 1000
    rawset(world, "ngx", { shared = { limits = dict } })
  end)
  after_each(function() rawset(world, "ngx", before) end)

  -- A worker's pace.
  local function worker(limits, own)
    local window, holds = assert(pace_dict.open("limits", "clerk/here", limits, own))
    return pace.new(function() return time end, function() end, limits, own, window, holds)
  end

  -- One call of an operation; returns whether it begins now.
  local function begins(of, name, deadline)
    local ticket = of:enter(name or "a", deadline or math.huge, {}, true)
    local verdict, seconds = of:check(ticket)
    of:leave(ticket)
    return verdict, seconds
  end

  it("lets no more calls begin than one worker might, wherever a window lies", function()
    local limits = { { 5, per = 10 }, { 8, per = 60 } }
    local workers, begun = { worker(limits), worker(limits), worker(limits) }, {}
    for round = 1, 600 do
      time = time + (round * 7919 % 13) / 13
      local of = workers[round * 31 % 3 + 1]
      if begins(of) then begun[#begun + 1] = time end
    end
    assert.is_true(#begun > 35)
    for _, limit in ipairs(limits) do
      for i = 1, #begun - limit[1] do
        assert.is_true(begun[i + limit[1]] - begun[i] >= limit.per)
      end
    end
    assert.is_true(dict.count() <= 2 * (5 + 8) + 2, dict.count()) -- what is old is thrown away
  end)

  it("gives a place to one worker only when two want it at the same moment", function()
    local limits = { { 1, per = 10 } }
    local one, two = worker(limits), worker(limits)
    local other
    dict.between = function() other = begins(two) end
    local verdict, seconds = begins(one)
    assert.is_true(other)
    assert.is_false(verdict)
    assert.is_true(seconds < 0.1)
    verdict, seconds = begins(one)
    assert.is_false(verdict)
    assert.equal(10, seconds)
    time = time + 10
    assert.is_true(begins(one))
    assert.is_false((begins(two)))
  end)

  it("takes the next place where another worker was faster and there is room", function()
    local limits = { { 2, per = 10 } }
    local one, two = worker(limits), worker(limits)
    local other
    dict.between = function() other = begins(two) end
    assert.is_true(begins(one))
    assert.is_true(other)
    assert.is_false((begins(one)))
    assert.is_false((begins(two)))
  end)

  it("counts a call in all its limits or in none", function()
    local limits, own = { { 1, per = 10 } }, { a = { { 2, per = 3600 } } }
    local one, two = worker(limits, own), worker(limits, own)
    local first = true
    dict.between = function() -- a look later: when the limit of all is asked
      dict.between = first and function() assert.is_true(begins(two, "b")) end or nil
      first = false
    end
    assert.is_false((begins(one))) -- took a place of its own limit, and none of all
    time = time + 10
    assert.is_true(begins(one))
    time = time + 10
    assert.is_true(begins(two))
    time = time + 10
    local verdict, seconds = begins(one)
    assert.is_false(verdict)
    assert.is_true(seconds > 3500)
  end)

  it("goes on when a worker died between taking a place and saying so", function()
    local limits = { { 2, per = 10 } }
    local one, two = worker(limits), worker(limits)
    local set = dict.set
    dict.set = function() error("killed", 0) end
    assert.is_false((pcall(begins, one)))
    dict.set = set
    assert.is_true(begins(two))
    assert.is_false((begins(two)))
    time = time + 10
    assert.is_true(begins(two))
    assert.is_true(begins(two))
    assert.is_false((begins(two)))
  end)

  it("ends a call at once whose turn comes after its deadline", function()
    local limits = { { 1, per = 10 } }
    assert.is_true(begins(worker(limits)))
    local verdict, seconds = begins(worker(limits), "a", time + 5)
    assert.is_nil(verdict)
    assert.equal(10, seconds)
  end)

  it("shares holds, of an operation and of all", function()
    local one, two = worker(), worker()
    one:hold("a", 10)
    local verdict, seconds = begins(two, "a")
    assert.is_false(verdict)
    assert.equal(10, seconds)
    assert.is_true(begins(two, "b"))
    one:hold("a", 5) -- a shorter one takes nothing away
    assert.equal(10, select(2, begins(two, "a")))
    two:hold(nil, 20)
    assert.equal(20, select(2, begins(one, "b")))
    time = time + 20
    assert.is_true(begins(one, "a"))
  end)

  it("wants a dictionary that is there and large enough", function()
    local function wrong(text, options)
      options.secret_key = "sk_test_x"
      local ok, why = pcall(convoke.clerk, options)
      assert.is_false(ok)
      assert.is_truthy(tostring(why):find(text, 1, true), why)
    end
    wrong("convoke.clerk: option rate_dict names no shared dictionary of nginx; declare it: "
      .. "lua_shared_dict other 1m;", { rate_dict = "other" })
    wrong("convoke.clerk: option rate_dict must be the name of a dictionary", { rate_dict = 1 })
    wrong("convoke.clerk: option rate_dict names a dictionary that is too small for these limits: "
      .. "they take 5000 KiB", { rate_dict = "limits", rate = { 10000, per = 1 } })
    rawset(world, "ngx", nil)
    wrong("convoke.clerk: option rate_dict is for OpenResty: nothing else has shared dictionaries",
      { rate_dict = "limits" })
  end)

  it("says what to do where the dictionary is full of other things", function()
    local one = worker { { 1, per = 10 } }
    dict.safe_add = function() return nil, "no memory" end
    local ok, why = pcall(begins, one)
    assert.is_false(ok)
    assert.equal("convoke: the dictionary of rate_dict is full (no memory); it must be larger", why)
  end)
end)
