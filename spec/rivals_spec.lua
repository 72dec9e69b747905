-- Creates that go on at the same time, some of which lose their answers: what one has made is never
-- taken for another's.

local cjson = require "cjson"
local socket = require "socket"
local convoke = require "convoke"

-- A server in this process: it holds invitations and lists them newest first. `answer(request,
-- create)` says what becomes of a POST: it may call create(), which makes what was asked for, and
-- returns a status and a body, or nil when the answer is lost.
local Server = {}
Server.__index = Server

local lost = { kind = "network", message = "the answer got lost" }

local function iso(time)
  local whole = math.floor(time)
  return os.date("!%Y-%m-%dT%H:%M:%S", whole) .. (".%06dZ"):format(math.floor((time - whole) * 1e6))
end

-- API -> how an invitation looks, from the number, the time and the fields of its request
local shows = {
  clerk = function(number, time, asked)
    return { object = "invitation", id = "inv_" .. number, email_address = asked.email_address,
      public_metadata = asked.public_metadata or cjson.decode "{}", status = "pending",
      created_at = math.floor(time * 1000), updated_at = math.floor(time * 1000) }
  end,
  gencove = function(number, time, asked)
    return { id = "id-" .. number, email = asked.email, role = asked.role or "member",
      last_status = { status = "pending", created = iso(time) } }
  end,
  cvat = function(number, time, asked, server)
    local mailbox = asked.email:match "^[^@]*"
    local name, i = mailbox, 0
    while server.names[name] do
      i = i + 1
      name = mailbox .. i
    end
    server.names[name] = true
    return { key = "key-" .. number, role = asked.role, user = { username = name },
      created_date = iso(time) }
  end,
}

-- A page of the listing, from the number of invitations before it and how many it may have.
local pages = {
  clerk = function(_, items) return items end,
  gencove = function(server, items, offset, limit)
    local more = offset + limit < #server.held
    return { results = items, meta = { count = #server.held,
      next = more and ("http://x/?offset=%d"):format(offset + limit) or nil } }
  end,
  cvat = function(server, items, offset, limit)
    local more = offset + limit < #server.held
    return { results = items, count = #server.held,
      next = more and ("http://x/?page=%d"):format(math.floor(offset / limit) + 2) or nil }
  end,
}

local function start(api, answer)
  return setmetatable({ api = api, answer = answer, held = {}, names = {}, number = 0, looks = 0 },
    Server)
end

function Server:create(asked, time)
  self.number = self.number + 1
  local made = shows[self.api](self.number, time or socket.gettime(), asked, self)
  table.insert(self.held, 1, made)
  return made
end

function Server:list(request)
  self.looks = self.looks + 1
  local function number(name) return tonumber(request.url:match("[?&]" .. name .. "=(%d+)")) end
  local limit = number "limit" or number "page_size" or 100
  local offset = number "offset" or ((number "page" or 1) - 1) * limit
  local items = {}
  for i = offset + 1, math.min(#self.held, offset + limit) do items[#items + 1] = self.held[i] end
  if self.shift then self:create(self.shift) end -- others create between two pages, or remove
  if offset == 0 and (self.removals or 0) > 0 then
    self.removals = self.removals - 1
    for _ = 1, 10 do table.remove(self.held, 1) end
  end
  local body = cjson.encode(pages[self.api](self, items, offset, limit))
  return { status = 200, headers = {}, body = (body:gsub("^{}$", "[]"):gsub("%[{}%]", "[]")
    :gsub('"results":{}', '"results":[]')) }
end

function Server:send(request)
  if request.method == "GET" then return self:list(request) end
  local asked = cjson.decode(request.body)
  local status, body = self.answer(asked, function() return self:create(asked) end, self)
  if not status then return nil, lost end
  return { status = status, headers = {}, body = cjson.encode(body) }
end

function Server:client(options)
  local given = { clerk = { secret_key = "sk_test_nobody" }, gencove = { api_key = "key" },
    cvat = { token = "token", url = "http://127.0.0.1:1", org = "sandbox" } }
  local own = given[self.api]
  own.transport = { send = function(request) return self:send(request) end }
  for name, value in pairs(options or {}) do own[name] = value end
  return convoke[self.api](own)
end

-- Calls each function in a task of its own, all at once; returns their { value, err, meta }.
local function at_once(functions)
  local results = {}
  convoke.run(function()
    local tasks = {}
    for i, f in ipairs(functions) do
      tasks[i] = convoke.spawn(function() results[i] = { f() } end)
    end
    for _, task in ipairs(tasks) do task:await() end
  end)
  return results
end

local function duplicate(api)
  if api == "clerk" then
    return 400, { errors = { { code = "duplicate_record", message = "duplicate" } } }
  end
  if api == "gencove" then return 400, { email = { "A pending invitation exists already." } } end
  return 400, { "The user is a member of the organization already." }
end

-- An answer that refuses what is there already and else does as `plan[address][try]` says:
-- "lost" (made, but the answer is lost), "lost late" (some time later), "nothing" (lost before it
-- was made), a number of seconds after which the answer comes; nothing, at once.
local function refusing(api, plan)
  local made, tries = {}, {}
  return function(asked, create)
    local address = asked.email_address or asked.email
    tries[address] = (tries[address] or 0) + 1
    local what = (plan[address] or {})[tries[address]]
    if what == "nothing" then return nil end
    if made[address] then return duplicate(api) end
    made[address] = true
    local value = create()
    if what == "lost late" then convoke.sleep(1.5) end
    if what == "lost" or what == "lost late" then return nil end
    if what then convoke.sleep(what) end
    return api == "clerk" and 200 or 201, value
  end
end

describe("looking for what a lost answer told", function()
  it("takes an object that is seen on two pages for one", function()
    local server = start("gencove", refusing("gencove", { ["ada@example.com"] = { "lost" } }))
    local client = server:client()
    for i = 1, 150 do server:create({ email = ("old%d@example.com"):format(i) }) end
    server.answer = (function(answer)
      return function(asked, create)
        local status, body = answer(asked, create)
        for i = 1, 99 do server:create({ email = ("new%d@example.com"):format(i) }) end
        server.shift = { email = "late@example.com" }
        return status, body
      end
    end)(server.answer)
    local value, err = client.invitations:create { email = "ada@example.com" }
    assert.is_nil(err)
    assert.equal("ada@example.com", value.email)
    client:close()
  end)

  it("misses nothing that others' removals have moved", function()
    local server = start("gencove", refusing("gencove", { ["ada@example.com"] = { "lost" } }))
    local client = server:client()
    local answer = server.answer
    function server.answer(asked, create)
      local status, body = answer(asked, create)
      while #server.held < 156 do server:create({ email = "other@example.com" }) end
      return status, body
    end
    for _ = 1, 50 do server:create({ email = "older@example.com" }, socket.gettime() - 3600) end
    server.removals = 2
    local value, err = client.invitations:create { email = "ada@example.com" }
    assert.is_nil(err)
    assert.equal("ada@example.com", value.email)
    client:close()
  end)

  for api, fields in pairs { gencove = { email = "ada@example.com" },
    cvat = { email = "ada@example.com", role = "worker" } } do
    it("reads no further than the call's beginning at " .. api, function()
      local server = start(api, refusing(api, { ["ada@example.com"] = { "lost" } }))
      local client = server:client()
      for i = 1, 1000 do
        server:create({ email = ("old%d@example.com"):format(i), role = "worker" },
          socket.gettime() - 3600 + i)
      end
      local value, err = client.invitations:create(fields)
      assert.is_nil(err)
      assert.equal(1, server.looks)
      assert.equal(server.held[1].key or server.held[1].id, value.key or value.id)
      client:close()
    end)
  end

  it("reads all where the listing is in no order", function()
    local server = start("gencove", refusing("gencove", { ["ada@example.com"] = { "lost" } }))
    local client = server:client()
    for i = 1, 1000 do
      server:create({ email = ("old%d@example.com"):format(i) },
        socket.gettime() - 3600 + i * 7 % 997)
    end
    function server:create(asked)
      self.create = nil
      local made = self:create(asked)
      table.insert(self.held, table.remove(self.held, 1)) -- the oldest are first, say
      return made
    end
    local value, err = client.invitations:create { email = "ada@example.com" }
    assert.is_nil(err)
    assert.equal(server.held[#server.held].id, value.id)
    assert.is_true(server.looks >= 11)
    client:close()
  end)
end)

describe("two creates for one address at once", function()
  it("are told apart by what they ask for", function()
    local server = start("clerk",
      refusing("clerk", { ["ada@example.com"] = { "lost late", "nothing" } }))
    local client = server:client()
    local function create(number)
      return function()
        return client.invitations:create { email_address = "ada@example.com",
          public_metadata = { number = number } }
      end
    end
    local results = at_once { create(1), create(2) }
    assert.equal("inv_1", results[1][1].id)
    assert.is_nil(results[2][1])
    assert.equal("duplicate_record", results[2][2].code)
    assert.equal("refused", results[2][2].outcome)
    client:close()
  end)

  it("are not both given what one of them still waits for", function()
    local server = start("gencove",
      refusing("gencove", { ["ada@example.com"] = { 2, "nothing" } }))
    local client = server:client()
    local function create()
      return client.invitations:create { email = "ada@example.com" }
    end
    local results = at_once { create, create }
    assert.equal("id-1", results[1][1].id)
    assert.is_nil(results[2][1])
    assert.equal("refused", results[2][2].outcome)
    client:close()
  end)
end)

describe("a create that raised", function()
  -- Raises at the first request, whose call is kept from the collector; loses the second answer.
  local function create_after(raising)
    local server = start("clerk", refusing("clerk", { ["ada@example.com"] = { "lost" } }))
    local client = server:client()
    local send = server.send
    function server.send(...)
      server.send = send
      return raising(...)
    end
    local function create(options)
      return client.invitations:create({ email_address = "ada@example.com" }, options)
    end
    collectgarbage "stop"
    local raised = not pcall(create)
    local value, err = create { timeout = 3 }
    collectgarbage "restart"
    assert.is_true(raised)
    assert.is_nil(err)
    assert.equal("inv_1", value.id)
    client:close()
  end

  it("waits for no answer any more, as far as others are concerned", function()
    create_after(function() error "broken" end)
    create_after(function() return { status = "none" } end)
    create_after(function() return { status = 200, headers = { 1 } } end)
  end)
end)

describe("CVAT, whose answers carry no address,", function()
  local function create(client, address, options)
    return function()
      return client.invitations:create({ email = address, role = "worker" }, options)
    end
  end

  it("is asked again where names are alike", function()
    local server = start("cvat", refusing("cvat",
      { ["ada@one.example"] = { "lost" }, ["ada@two.example"] = { "nothing" } }))
    local client = server:client()
    local results = at_once { create(client, "ada@one.example"), create(client, "ada@two.example") }
    assert.is_nil(results[2][2])
    assert.equal("key-2", results[2][1].key)
    assert.is_nil(results[1][2])
    assert.equal("key-1", results[1][1].key)
    client:close()
  end)

  it("is told apart when another call with a name like it has found its end", function()
    local nothing = "nothing"
    local server = start("cvat", refusing("cvat",
      { ["cat@one.example"] = { "lost" }, ["cat@two.example"] = { nothing, nothing, nothing } }))
    local client = server:client { retries = 4 }
    local results = at_once { create(client, "cat@one.example"), create(client, "cat@two.example") }
    assert.is_nil(results[1][2])
    assert.equal("key-1", results[1][1].key)
    assert.is_nil(results[2][2])
    assert.equal("key-2", results[2][1].key)
    client:close()
  end)

  it("settles nothing where two lost answers are about names that are alike", function()
    local server = start("cvat", refusing("cvat",
      { ["ada@one.example"] = { "lost" }, ["ada@two.example"] = { "lost" } }))
    local client = server:client()
    local results = at_once { create(client, "ada@one.example"), create(client, "ada@two.example") }
    for i = 1, 2 do
      assert.is_nil(results[i][1])
      assert.equal("unknown", results[i][2].outcome)
    end
    client:close()
  end)

  it("is not misread when an address looks like an account's name with a number", function()
    local server = start("cvat", refusing("cvat",
      { ["ada@example.com"] = { "nothing" }, ["ada1@example.com"] = { 2 } }))
    local client = server:client()
    local results = at_once { create(client, "ada1@example.com"),
      create(client, "ada@example.com") }
    assert.equal("key-1", results[1][1].key)
    assert.equal("ada", results[2][1].user.username)
    client:close()
  end)

  it("gives back what it made under a name with a number", function()
    local server = start("cvat", refusing("cvat", { ["eve@example.com"] = { "lost" } }))
    server.names.eve = true
    local client = server:client()
    local value, err, meta = create(client, "eve@example.com")()
    assert.is_nil(err)
    assert.equal("eve1", value.user.username)
    assert.equal(2, meta.attempts)
    client:close()
  end)

  it("settles nothing where an account's name says nothing", function()
    local server = start("cvat", refusing("cvat", { ["eve@example.com"] = { "lost" } }))
    local client = server:client()
    local shown = server.create
    function server:create(asked)
      local made = shown(self, asked)
      made.user.username = "countess"
      return made
    end
    local value, err = create(client, "eve@example.com")()
    assert.is_nil(value)
    assert.equal("unknown", err.outcome)
    client:close()
  end)
end)

it("no call is given what another was given, however many there were in between", function()
  local server = start("gencove", nil)
  local client = server:client { timeout = 600, retries = 1 } -- for 5,000 calls
  local first, made = true, nil
  server.answer = function(asked, create)
    if asked.email ~= "ada@example.com" then return 201, create() end
    if not first then
      if made then return duplicate "gencove" end
      made = true
      return 201, create()
    end
    first = false
    repeat convoke.sleep(0.01) until server.number == 5000
    return nil
  end
  local lost_one = function() return client.invitations:create { email = "ada@example.com" } end
  local others = function()
    local mine = assert(client.invitations:create { email = "ada@example.com" })
    for i = 2, 5000 do
      assert(client.invitations:create { email = ("guest%d@example.com"):format(i) })
    end
    return mine
  end
  local results = at_once { lost_one, others }
  assert.equal("id-1", results[2][1].id)
  assert.is_nil(results[1][1])
  assert.equal("refused", results[1][2].outcome)
  client:close()
end)

describe("a refusal after a lost answer", function()
  local function answering(first)
    local tries = 0
    return function(_, create)
      tries = tries + 1
      if tries == 1 then return nil end
      -- The first one is carried out at the last moment.
      if first == "lost" and tries == 3 then create() end
      return 429, { errors = { { code = "too_many_requests" } } }
    end
  end

  local function create(first)
    local server = start("clerk", answering(first))
    local client = server:client { retries = 2 }
    local result = at_once { function()
      return client.invitations:create { email_address = "ada@example.com" }
    end }[1]
    client:close()
    return result
  end

  it("is none for certain where nothing is found in the end: listings may lag", function()
    local result = create "nothing"
    assert.is_nil(result[1])
    assert.equal(429, result[2].status)
    assert.equal("unknown", result[2].outcome)
  end)

  it("is none where it is found in the end", function()
    local result = create "lost"
    assert.is_nil(result[2])
    assert.equal("inv_1", result[1].id)
  end)
end)
