-- Judging what a listing shows: how far it is read, and how often.

local cjson = require "cjson"
local convoke = require "convoke"
local judge = require "convoke.lookup.judge"
local pending_creates = require "convoke.lookup.pending_creates"
local server_clock = require "convoke.lookup.server_clock"

local address = "ada@example.com"

-- An operation of an API that creates, and how its vendor lets one look for what it makes.
local function creating(api)
  local name = api .. ".invitations.create"
  return { name = name, params = {}, path_params = {} },
    require("convoke.vendors." .. api).creates[name]
end

-- The time `seconds` ago, as APIs write it.
local function ago(seconds) return os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() - seconds) end

local shows = {
  gencove = function(id, email, seconds)
    return { id = id, email = email, role = "member", last_status = { created = ago(seconds) } }
  end,
  cvat = function(id, email, seconds)
    local role = email == address and "worker" or "supervisor"
    return { key = id, role = role, user = { username = email }, created_date = ago(seconds) }
  end,
}

-- Looks for an invitation of Ada. `listings` are what the server shows at the first listing, the
-- second and so on; objects given as { id, address, seconds ago }. Returns the verdict, the object,
-- how many listings were asked for, and how many objects were read.
local function look(api, listings, echo, deep)
  local operation, habits = creating(api)
  local wanted = { email = address, role = api == "cvat" and "worker" or "member" }
  local native = { request = function()
    return { url = "https://example.com/", headers = {}, body = cjson.encode(wanted) }
  end }
  local entry = pending_creates.enter(native, operation, habits, wanted, convoke.now())
  entry.deep = deep or false
  local asked, read = 0, 0
  local function each()
    asked = asked + 1
    local listing, at = listings[asked] or listings[#listings], 0
    return function()
      at = at + 1
      local row = listing[at]
      if not row then return nil end
      read = read + 1
      return shows[api](row[1], row[2], row[3])
    end
  end
  local verdict, object = judge.look(entry, server_clock.new(), echo, each, error, error)
  pending_creates.leave(entry, false)
  return verdict, object, asked, read
end

-- Rows of other people, one older than the other.
local function others(count, from)
  local rows = {}
  for i = 1, count do
    rows[i] = { ("other%d"):format(i), ("other%dx@example.com"):format(i), from + i }
  end
  return rows
end

local function with(rows, at, row)
  table.insert(rows, at, row)
  return rows
end

local own = { "own", address, -3 } -- made after the call began

describe("a look after the API has said that there is one", function()
  it("reads a long listing once more: what was removed has moved what came after it", function()
    for _, api in ipairs { "cvat", "gencove" } do
      local verdict, object, asked = look(api, { others(150, -100),
        with(others(150, -100), 120, own) }, true)
      assert.equal("made", verdict, api)
      assert.equal("own", object.id or object.key)
      assert.equal(2, asked)
    end
  end)

  it("reads a listing of one page only once", function()
    local verdict, _, asked = look("gencove", { others(80, -100), { own } }, true)
    assert.equal("nothing", verdict)
    assert.equal(1, asked)
  end)

  it("reads no listing again that has shown the object", function()
    local verdict, _, asked = look("gencove", { with(others(150, -100), 120, own) }, true)
    assert.equal("made", verdict)
    assert.equal(1, asked)
  end)
end)

describe("a look for what a lost answer may have made", function()
  it("reads a listing only once", function()
    local verdict, _, asked = look("gencove", { others(150, -200) }, false)
    assert.equal("nothing", verdict)
    assert.equal(1, asked)
  end)

  it("asks for two more Dates at most, though they tell nothing new", function()
    local operation, habits = creating "gencove"
    local wanted = { email = address, role = "member" }
    local native = { request = function() -- while it is there the call goes on
      return { url = "https://example.com/", headers = {}, body = cjson.encode(wanted) }
    end }
    local entry = pending_creates.enter(native, operation, habits, wanted, convoke.now())
    local vague = { is_vague = function() return true end,
      may_be_older = function() return true end }
    local dates = 0
    judge.look(entry, setmetatable(vague, { __index = server_clock.new() }), false, function()
      local left = { shows.gencove("own", address, -3) }
      return function() return table.remove(left) end
    end, function()
      dates = dates + 1
      return true
    end, error)
    pending_creates.leave(entry, false)
    assert.equal(2, dates)
  end)

  it("takes none of two that both show all that was asked for", function()
    local twins = { own, { "other", address, -3 } }
    for _, api in ipairs { "cvat", "gencove" } do
      for _, echo in ipairs { true, false } do
        assert.equal("unclear", (look(api, { twins }, echo)), api)
      end
    end
  end)

  it("reads on behind old objects until a page of them shows an order", function()
    for _, place in ipairs { 2, 20, 90 } do
      local verdict, object = look("gencove", { with(others(150, 3600), place, own) }, false)
      assert.equal("made", verdict, place)
      assert.equal("own", object.id)
    end
  end)

  it("ends with the page that shows an order and something old", function()
    for _, api in ipairs { "cvat", "gencove" } do
      local verdict, _, _, read = look(api, { others(500, 3600) }, false)
      assert.equal("nothing", verdict, api)
      assert.equal(100, read, api)
    end
  end)

  it("reads all of a long listing that is in no order", function()
    local mixed = others(300, 3600)
    mixed[1], mixed[50] = mixed[50], mixed[1]
    local verdict, object = look("gencove", { with(mixed, 290, own) }, false)
    assert.equal("made", verdict)
    assert.equal("own", object.id)
  end)
end)
