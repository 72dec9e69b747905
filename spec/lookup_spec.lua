-- An unknown outcome is settled by looking, where the API lets one look.

local cjson = require "cjson"
local convoke = require "convoke"
local pending_creates = require "convoke.lookup.pending_creates"
local judge = require "convoke.lookup.judge"
local server_clock = require "convoke.lookup.server_clock"

local sandbox, clients

setup(function()
  sandbox = require("convoke.sandbox").start {}
  clients = {
    clerk = convoke.clerk(sandbox.clerk.secret_key and {
      url = sandbox.clerk.url, secret_key = sandbox.clerk.secret_key }),
    gencove = convoke.gencove { url = sandbox.gencove.url, api_key = sandbox.gencove.api_key },
    cvat = convoke.cvat { url = sandbox.cvat.url, token = sandbox.cvat.token,
      org = sandbox.cvat.org },
    edgegap = convoke.edgegap { url = sandbox.edgegap.url, token = sandbox.edgegap.token },
  }
end)

teardown(function()
  for _, client in pairs(clients) do client:close() end
  sandbox:stop()
end)

before_each(function() sandbox:reset() end)

local odd_objects = { '{}', '{"id":7,"key":{},"created_at":true,"created_date":1,"last_status":1}',
  '{"created_at":"2024-11-20T10:00:00Z","created_date":"2024-99-99T99:99:99Z","last_status":{}}',
  '{"email_address":1,"email":[],"user":"ada","role":"worker","created_at":1e300}', '[]',
  '{"id":"i","user":{"username":7},"last_status":{"created":5},"created_at":-1}' }

local address = "ada@example.com"

-- api -> how to create an invitation for the address, the object's id, and what the API says
-- when there is one already
local creates = {
  clerk = {
    create = function(options)
      return clients.clerk.invitations:create({ email_address = address }, options)
    end,
    create_by = function(params) return clients.clerk.invitations:create(params) end,
    other_field = "email",
    id = "id",
    refused = function(err) assert.equal("duplicate_record", err.code) end,
  },
  gencove = {
    create = function(options)
      return clients.gencove.invitations:create({ email = address }, options)
    end,
    create_by = function(params) return clients.gencove.invitations:create(params) end,
    other_field = "email_address",
    id = "id",
    refused = function(err) assert.equal(400, err.status) end,
  },
  cvat = {
    create = function(options)
      return clients.cvat.invitations:create({ email = address, role = "worker" }, options)
    end,
    create_by = function(params) return clients.cvat.invitations:create(params) end,
    other_field = "email_address",
    role = "worker",
    id = "key",
    refused = function(err)
      assert.equal(400, err.status)
      assert.truthy(err.message:find "member of the organization already")
    end,
  },
}

-- The ids of all invitations that the server holds.
local function ids(api)
  local found = {}
  local next_one = clients[api].invitations:each {}
  local each = next_one()
  while each do -- plain Lua 5.1 lets no `for` wait in a task
    found[#found + 1] = each[creates[api].id]
    each = next_one()
  end
  return found
end

local lost = { -- ways to lose an answer
  { name = "cut before the first byte", status = 502, cut = 0 },
  { name = "cut in the middle", status = 502, cut = 40 },
  { name = "taken for a bad gateway", status = 502, body = "<html>bad gateway</html>" },
}

-- Cases that wait for looks more than they work, so that those of the APIs run side by side.

local ran = {} -- case -> API -> the error that it has raised

-- The test of one API by a case, a function of an API and its row in `creates`. The first test of a
-- case runs it for all APIs.
local function test(api, what, case)
  if not ran[what] then
    local names, calls = {}, {}
    for each, row in pairs(creates) do
      names[#names + 1] = each
      calls[#calls + 1] = function() case(each, row) end
    end
    ran[what] = {}
    convoke.run(function()
      local _, errors = convoke.all(calls)
      for i, each in ipairs(names) do ran[what][each] = errors[i] end
    end)
  end
  if ran[what][api] then error(ran[what][api], 0) end
end

for name in pairs(creates) do
  describe("a lost answer to a create of " .. name, function()
    local function case(what, body)
      it(what, function() test(name, what, body) end)
    end

    for _, way in ipairs(lost) do
      case("is found again when it was " .. way.name, function(api, row)
        local before = #ids(api)
        sandbox:fault { api = api, method = "POST", execute = true, cut = way.cut,
          status = way.status, body = way.body }
        local value, err, meta = row.create()
        assert.is_nil(err)
        assert.equal(before + 1, #ids(api))
        assert.truthy(table.concat(ids(api), " "):find(value[row.id], 1, true))
        assert.equal(1, meta.attempts)
      end)

      case("is asked for again when nothing was made and it was " .. way.name, function(api, row)
        local before = #ids(api)
        sandbox:fault { api = api, method = "POST", execute = false, cut = way.cut,
          status = way.status, body = way.body }
        local value, err, meta = row.create()
        assert.is_nil(err)
        assert.equal(before + 1, #ids(api))
        assert.truthy(value[row.id])
        assert.equal(2, meta.attempts)
      end)

      case("is the refusal where one stood there before and it was " .. way.name, function(api, row)
        local first = assert(row.create())
        local before = #ids(api)
        sandbox:fault { api = api, method = "POST", execute = true, cut = way.cut,
          status = way.status, body = way.body }
        local value, err = row.create()
        assert.is_nil(value)
        row.refused(err)
        assert.equal("refused", err.outcome)
        assert.equal(before, #ids(api))
        assert.truthy(table.concat(ids(api), " "):find(first[row.id], 1, true))
      end)
    end

    case("is found again although the caller's table has changed meanwhile", function(api, row)
      sandbox:fault { api = api, method = "POST", execute = true, cut = 0, status = 502,
        delay = 0.2 }
      local before = #ids(api)
      local params = { email = address, email_address = address, role = row.role }
      params[row.other_field] = nil
      local task = convoke.spawn(row.create_by, params)
      convoke.sleep(0.1)
      for key in pairs(params) do params[key] = "changed@example.com" end
      local value, err, meta = task:await()
      assert.is_nil(err)
      assert.equal(1, meta.attempts)
      assert.equal(before + 1, #ids(api))
      assert.truthy(table.concat(ids(api), " "):find(value[row.id], 1, true))
    end)

    case("is found again whatever headers the caller has added", function(api, row)
      local before = #ids(api)
      sandbox:fault { api = api, method = "POST", execute = true, cut = 0, status = 502 }
      local value, err, meta = row.create { headers = { email = "other@example.com",
        email_address = "other@example.com", role = "owner" } }
      assert.is_nil(err)
      assert.equal(1, meta.attempts)
      assert.equal(before + 1, #ids(api))
      assert.truthy(table.concat(ids(api), " "):find(value[row.id], 1, true))
    end)

    case("stays unknown where nobody is to look", function(api, row)
      for _, options in ipairs { { reconcile = false }, { retries = 0 } } do
        sandbox:reset(api)
        sandbox:fault { api = api, method = "POST", execute = true, cut = 0 }
        local value, err = row.create(options)
        assert.is_nil(value)
        assert.equal("unknown", err.outcome)
        assert.equal(1, err.attempts)
      end
    end)

    case("is settled in words even where the listing holds odd objects", function(api)
      local options = { clerk = { secret_key = "sk_test_1" }, gencove = { api_key = "key" },
        cvat = { token = "token", url = "http://127.0.0.1:1" } }
      local calls = {}
      for i, object in ipairs(odd_objects) do
        calls[i] = function()
          local given = { retries = 1, transport = { send = function(request)
            if request.method == "POST" then return { status = 502 } end
            local list = ("[%s,%s]"):format(object, object)
            local page = '{"data":%s,"results":%s,"count":2}'
            return { status = 200, body = api == "clerk" and list or page:format(list, list) }
          end } }
          for key, value in pairs(options[api]) do given[key] = value end
          local params = { email = address, role = "worker" }
          if api == "clerk" then params = { email_address = address } end
          if api == "gencove" then params.role = nil end
          local made, err = convoke[api](given).invitations:create(params)
          assert.is_nil(made)
          assert.equal("unknown", err.outcome)
        end
      end
      local _, errors = convoke.all(calls)
      for i = 1, #calls do assert.is_nil(errors[i]) end
    end)

    case("is looked for again when looking fails for a moment", function(api, row)
      sandbox:fault { api = api, method = "POST", execute = true, cut = 0 }
      sandbox:fault { api = api, method = "GET", status = 503, times = 3 } -- a list's three tries
      local value, err, meta = row.create()
      assert.is_nil(err)
      assert.truthy(table.concat(ids(api), " "):find(value[row.id], 1, true))
      assert.equal(1, meta.attempts)
    end)

    case("stays unknown where looking fails", function(api, row)
      sandbox:fault { api = api, method = "POST", execute = true, cut = 0 }
      sandbox:fault { api = api, method = "GET", status = 403, times = 9 }
      local value, err = row.create()
      assert.is_nil(value)
      assert.equal("unknown", err.outcome)
    end)
  end)
end

describe("a lost answer to a create with nested values", function()
  teardown(function() cjson.decode_max_depth(1000) end)

  it("is found again whatever the program has set lua-cjson to", function()
    cjson.decode_max_depth(2)
    sandbox:fault { api = "clerk", method = "POST", execute = true, cut = 0, status = 502 }
    local metadata = { one = { two = { three = { 4 } } } }
    local value, err = clients.clerk.invitations:create { email_address = address,
      public_metadata = metadata }
    assert.is_nil(err)
    assert.same(metadata, value.public_metadata)
    assert.same({ value.id }, ids "clerk")
  end)
end)

describe("a look for what a call with headers of its own has made", function()
  it("is made with them: they may say whose invitations are listed", function()
    local organisations = {}
    local cvat = convoke.cvat { url = "http://127.0.0.1:1", token = "token", retries = 1,
      transport = { send = function(request)
        if request.method == "POST" then return { status = 502 } end
        for name, value in pairs(request.headers) do
          if name:lower() == "x-organization" then table.insert(organisations, value) end
        end
        return { status = 403 }
      end } }
    cvat.invitations:create({ email = address, role = "worker" },
      { headers = { ["x-organization"] = "lab" } })
    cvat:close()
    assert.same({ "lab" }, organisations)
  end)
end)

describe("a lost answer where duplicates are allowed", function()
  local function create()
    return clients.clerk.invitations:create { email_address = address, ignore_existing = true }
  end

  it("stays unknown when one stood there before", function()
    assert(create())
    sandbox:fault { api = "clerk", method = "POST", execute = true, cut = 0 }
    local value, err = create()
    assert.is_nil(value)
    assert.equal("unknown", err.outcome)
    assert.equal(2, #ids "clerk")
  end)

  it("is found again when none stood there", function()
    sandbox:fault { api = "clerk", method = "POST", execute = true, cut = 0 }
    assert(create())
    assert.equal(1, #ids "clerk")
  end)
end)

describe("a lost answer to what removes", function()
  local function lose(api, method)
    sandbox:fault { api = api, method = method, execute = true, cut = 0 }
  end

  it("counts as done when the repeat says that it is gone", function()
    local invitation = assert(creates.clerk.create())
    lose("clerk", "POST")
    local revoked = assert(clients.clerk.invitations:revoke(invitation.id))
    assert.equal(invitation.id, revoked.id)
    assert.equal("revoked", revoked.status)

    local key = assert(creates.cvat.create()).key
    lose("cvat", "DELETE")
    assert.equal(true, clients.cvat.invitations:delete(key))

    local id = assert(creates.gencove.create()).id
    lose("gencove", "DELETE")
    assert.equal(true, clients.gencove.invitations:delete { invitation_id = id })

    local session = assert(clients.edgegap.sessions:create { app_name = "game" })
    lose("edgegap", "DELETE")
    local deleted = assert(clients.edgegap.sessions:delete(session.session_id))
    assert.equal(session.session_id, deleted.session_id)
  end)

  it("is no excuse for what was never there", function()
    local value, err = clients.gencove.invitations:delete "7b6ff8a7-97f1-4d4b-a4a2-3c1d57ab1bd9"
    assert.is_nil(value)
    assert.equal(404, err.status)
    assert.equal("refused", err.outcome)
  end)
end)

describe("what is known of the creates of a program", function()
  local leave = pending_creates.leave

  -- The entry of a call that waits for its answer.
  local function enter(...)
    local entry = pending_creates.enter(...)
    entry.on_wire = true
    return entry
  end
  local operation = { name = "clerk.invitations.create", params = {} }
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
    local of_cvat = { name = "cvat.invitations.create", params = {} }
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
    local of_cvat = { name = "cvat.invitations.create", params = {} }
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
    local of_cvat = { name = "cvat.invitations.create", params = {} }
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
