-- What a program knows of its own creates: which call an object may belong to.

local cjson = require "cjson"
local convoke = require "convoke"
local judge = require "convoke.lookup.judge"
local pending_creates = require "convoke.lookup.pending_creates"
local server_clock = require "convoke.lookup.server_clock"

local address = "ada@example.com"

describe("what is known of the creates of a program", function()
  local leave = pending_creates.leave

  -- The entry of a call that waits for its answer.
  local function enter(...)
    local entry = pending_creates.enter(...)
    entry.on_wire = true
    return entry
  end
  local operation = { name = "clerk.invitations.create", params = {}, path_params = {} }
  local of_clerk = require("convoke.vendors.clerk").creates["clerk.invitations.create"]
  local clock

  before_each(function() clock = server_clock.new() end)

  local function given(number)
    return { id = ("inv_%d"):format(number), created_at = os.time() * 1000 + number }
  end

  -- What a call finds that looks while `object` is listed, and `older` where there is one. The
  -- third value is how often it would have waited for others.
  local function look(entry, object, echo, older)
    local waited = 0
    local function each()
      local left = { object, older }
      return function() return table.remove(left, 1) end
    end
    local verdict, found = judge.look(entry, clock, echo, each, error, function()
      waited = waited + 1
      return false
    end)
    return verdict, found, waited
  end

  -- A call as the core has it, of which all that is asked is what was sent.
  local function call_with(params)
    return { request = function()
      return { url = "https://api.clerk.com/v1/invitations", headers = {},
        body = cjson.encode(params) }
    end }
  end

  it("keep calls apart however many are given something at a time", function()
    local native, open = {}, {}
    for i = 1, 3000 do
      local entry = enter(native, operation, of_clerk, { email_address = i }, convoke.now())
      for _, other in ipairs(open) do assert.is_not.equal(other, entry) end
      open[#open + 1] = entry
      if #open == 8 then
        local first = table.remove(open, 1)
        assert.equal(i - 7, first.params.email_address)
        pending_creates.succeed(first, given(i), clock, convoke.now())
      end
    end
    for _, entry in ipairs(open) do leave(entry, false) end
  end)

  it("take no memory for calls that were many once", function()
    local native, open = {}, {}
    for i = 1, 5000 do open[i] = enter(native, operation, of_clerk, {}, convoke.now()) end
    for i = 1, 5000 do
      leave(open[i], false)
      leave(open[i], false) -- which does no harm
      open[i] = nil
    end
    collectgarbage()
    local before = collectgarbage "count"
    leave(enter(native, operation, of_clerk, {}, convoke.now()), false)
    collectgarbage()
    assert.is_true(before - collectgarbage "count" > 500, before - collectgarbage "count")
  end)

  it("know what was given from what is new", function()
    local native, object = call_with { email_address = address }, given(5001)
    object.email_address = address
    local entry = enter(native, operation, of_clerk, { email_address = address }, convoke.now())
    assert.same({ "made", object, 0 }, { look(entry, object) })
    local other = enter(call_with {}, operation, of_clerk, {}, convoke.now())
    pending_creates.succeed(other, object, server_clock.new(), convoke.now())
    assert.equal("another", (look(entry, object)))
    leave(entry, false)
  end)

  it("wait for no call that was never heard of again", function()
    local of_cvat = { name = "cvat.invitations.create", params = {}, path_params = {} }
    local habits_of_cvat = require("convoke.vendors.cvat").creates["cvat.invitations.create"]
    local wanted = { email = "dora@example.com", role = "worker" }
    local object = { key = "k", role = "worker", user = { username = "dora1" },
      created_date = os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() + 3) }
    local native, alive = call_with(wanted), {}
    local entry = enter(native, of_cvat, habits_of_cvat, wanted, convoke.now())
    local other = enter(alive, of_cvat, habits_of_cvat,
      { email = "dora@other.example", role = "worker" },
      convoke.now())
    other.wanted = other.params -- it lives, and may be told yet that the object is its own
    local function waits() return (select(3, look(entry, object, true))) end
    assert.equal(1, waits())
    other.wanted, alive = nil, nil -- luacheck: ignore 311
    collectgarbage()
    collectgarbage()
    assert.equal(0, waits())
    leave(entry, false)
  end)

  it("remember calls of which nobody knows how they ended", function()
    local of_cvat = { name = "cvat.invitations.create", params = {}, path_params = {} }
    local habits_of_cvat = require("convoke.vendors.cvat").creates["cvat.invitations.create"]
    local natives, wanted = {}, { email = "eve@example.com", role = "worker" }
    for i = 1, 3 do -- they may be executed late
      local other = { email = ("eve%d@example.com"):format(i), role = "worker" }
      natives[i] = call_with(other)
      leave(enter(natives[i], of_cvat, habits_of_cvat, other, convoke.now()), true)
    end
    local native = call_with(wanted)
    local stop = convoke.now() + 0.01
    while convoke.now() < stop do end -- luacheck: ignore 542
    local entry = enter(native, of_cvat, habits_of_cvat, wanted, convoke.now())
    for i = 1, 3 do
      assert.equal("nothing", (look(entry, { key = "k" .. i, role = "worker",
        user = { username = "eve" .. i },
        created_date = os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() + 3) }, true)))
    end
    leave(entry, false)
  end)

  it("know by what it shows that an object is another's", function()
    local native = call_with { email_address = address, redirect_url = "https://a.example/",
      expires_in_days = 7 }
    local entry = enter(native, operation, of_clerk, nil, convoke.now())
    local function verdict_on(redirect_url, days)
      local object = given(8000)
      object.email_address, object.redirect_url = address, redirect_url
      object.expires_at = object.created_at + days * 86400000
      return (look(entry, object))
    end
    assert.equal("made", verdict_on("https://a.example/", 7))
    assert.equal("made", verdict_on(nil, 7))
    assert.equal("another", verdict_on("https://b.example/", 7))
    assert.equal("unsure", verdict_on("https://a.example/", 30))
    leave(entry, false)
  end)

  it("tell no new one from an old one where there may be many", function()
    local wanted = { email_address = address, ignore_existing = true }
    local native, object, older = call_with(wanted), given(7001), given(7000)
    object.email_address, older.email_address = address, address
    older.created_at = older.created_at - 3600000
    local entry = enter(native, operation, of_clerk, wanted, convoke.now())
    assert.equal("made", (look(entry, object)))
    assert.equal("unclear", (look(entry, object, false, older)))
    leave(entry, false)
  end)

  it("remember a call that was never heard of again", function()
    local of_cvat = { name = "cvat.invitations.create", params = {}, path_params = {} }
    local habits_of_cvat = require("convoke.vendors.cvat").creates["cvat.invitations.create"]
    local wanted = { email = "bo@example.com", role = "worker" }
    local object = { key = "k", role = "worker", user = { username = "bo1" },
      created_date = os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() + 3) }
    local native = call_with(wanted)
    local entry = enter(native, of_cvat, habits_of_cvat, wanted, convoke.now())
    assert.same({ "made", object, 0 }, { look(entry, object, true) }) -- it may well be its own
    local other = { email = "bo1@example.com", role = "worker" }
    enter({}, of_cvat, habits_of_cvat, other, convoke.now())
    collectgarbage()
    collectgarbage()
    assert.equal("nothing", (look(entry, object, true))) -- it is rather that of the other
    leave(entry, false)
  end)
end)
