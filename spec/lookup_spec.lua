-- An unknown outcome is settled by looking, where the API lets one look.

local cjson = require "cjson"
local convoke = require "convoke"

local sandbox, clients

setup(function()
  sandbox = require("convoke.sandbox").start { cvat = "2.15" }
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
  local kept = {}

  teardown(function()
    for name, original in pairs(kept) do cjson[name] = original end
    cjson.decode_max_depth(1000)
  end)

  it("is found again whatever the program has made of lua-cjson", function()
    cjson.decode_max_depth(2)
    local function hostile() error("the program's own function was called", 0) end
    for _, name in ipairs { "decode", "encode", "new" } do
      kept[name], cjson[name] = cjson[name], hostile
    end
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
