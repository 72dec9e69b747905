-- Recordings: what an API answered is kept in a file, and answers later without the network.

local convoke = require "convoke"
local cqueues = require "cqueues"
local raw_server = require "spec.support.raw_server"
local sandbox = require "convoke.sandbox"

local answer, always = raw_server.answer, raw_server.always

local server, raw, file
setup(function() server, raw = sandbox.start(), raw_server.start() end)
teardown(function()
  server:stop()
  raw:stop()
end)
before_each(function() file = os.tmpname() os.remove(file) end)
after_each(function() os.remove(file) end)

local function write(name, text)
  local handle = assert(io.open(name, "wb"))
  handle:write(text)
  handle:close()
end

local function contents()
  local handle = assert(io.open(file, "rb"))
  local text = handle:read "*a"
  handle:close()
  return text
end

local function tape(options) return convoke.cassette(file, options) end

-- A client of the sandbox that records.
local function recording(options, more)
  local given = { url = server.clerk.url, secret_key = server.clerk.secret_key,
    transport = tape(options) }
  for name, value in pairs(more or {}) do given[name] = value end
  return convoke.clerk(given), given.transport
end

-- A client without a credential that answers from the file.
local function replaying(options)
  options = options or {}
  options.mode = options.mode or "replay"
  local transport = tape(options)
  return convoke.clerk { transport = transport }, transport
end

-- A recording of one exchange of clerk.request and more, as text.
local function recording_of(...)
  local exchanges = {}
  for i, parts in ipairs { ... } do
    exchanges[i] = ('{ "operation": "clerk.request", "request": { %s }, %s }'):format(parts[1],
      parts[2] or '"answer": { "status": 200, "headers": {}, "json": {"a":1} }')
  end
  return ('{ "convoke cassette": 1, "exchanges": [%s] }'):format(table.concat(exchanges, ","))
end

local counter = 0
local function fresh_address()
  counter = counter + 1
  return ("ada%d@example.com"):format(counter)
end

describe("a cassette", function()
  it("answers what it has recorded without credential and network", function()
    local address = fresh_address()
    local function use(client)
      local made, _, meta = client.invitations:create { email_address = address,
        public_metadata = { n = convoke.int64 "9007199254740993", empty = convoke.array {} } }
      local again, err = client.invitations:create { email_address = address }
      local listed = client.invitations:list { query = address }
      made.url, listed[1].url = nil, nil -- they hold a ticket, which is struck out
      return { made, meta.status, meta.request_id, again == nil, err.code, err.status,
        tostring(err), listed }
    end
    local client, transport = recording()
    local recorded = use(client)
    assert.is_true(transport:close())
    assert.equal(3, #transport.new)
    assert.same(recorded, use(replaying()))
    assert.same({}, recorded[1].public_metadata.empty)
  end)

  it("asks for a credential where it records", function()
    for _, mode in ipairs { "record", "auto" } do
      assert.error_matches(function() convoke.clerk { transport = tape { mode = mode } } end,
        "credential is missing")
    end
  end)

  it("does not ask for what a credential function would give while it only replays", function()
    write(file, (recording_of { '"method": "GET", "path": "/a"' }:gsub("clerk%.request",
      "edgegap.request")))
    local edgegap = convoke.edgegap { transport = tape { mode = "replay" },
      token = function() error "was asked" end }
    assert.same({ a = 1 }, edgegap:request("GET", "/a"))
  end)

  it("records without a credential what needs none", function()
    write(file, recording_of { '"method": "GET", "path": "/a"' })
    raw:play { always(answer(200, '{"status":"success","value":7,"logLines":[]}')) }
    local transport = tape()
    local convex = convoke.convex { url = raw.url, transport = transport }
    local value, err = convex:query("a:b", {})
    assert.equal(7, value, tostring(err))
    assert.equal(1, #transport.new)
  end)

  it("answers what it knows and records the rest, if it is let", function()
    local one, other = fresh_address(), fresh_address()
    local client, transport = recording()
    assert(client.invitations:create { email_address = one })
    transport:close()
    client, transport = recording()
    assert.truthy(assert(client.invitations:create { email_address = one }).id)
    assert(client.invitations:create { email_address = other })
    assert.equal(1, #transport.new)
    transport:close()
    client, transport = replaying()
    assert(client.invitations:create { email_address = other })
    assert(client.invitations:create { email_address = one })
    assert.equal(0, transport:unused())
  end)

  it("sends nothing that it does not know where there is no credential", function()
    write(file, recording_of { '"method": "GET", "path": "/a"' })
    raw:play { always(answer(200, "{}")) }
    local client = convoke.clerk { url = raw.url, transport = tape() }
    assert.same({ a = 1 }, client:request("GET", "/a"))
    local value, err = client:request("GET", "/b")
    assert.same({ "invalid", "not_sent" }, { value == nil and err.kind, err.outcome })
    assert.matches("without a credential", err.message)
    assert.equal(0, #raw:requests())
  end)

  it("is given to clients of addresses that nobody named", function()
    write(file, '{ "convoke cassette": 1, "exchanges": [ { "operation": "convex.query", '
      .. '"request": { "method": "POST", "path": "/api/query", "json": {"path":"a:b","args":[{}],'
      .. '"format":"convex_encoded_json"} }, "answer": { "status": 200, "headers": {}, "json": '
      .. '{"status":"success","value":7,"logLines":[]} } } ] }')
    local convex = convoke.convex { transport = tape { mode = "replay" } }
    local value, err = convex:query("a:b", {})
    assert.equal(7, value, tostring(err))
  end)

  it("compares operation, path, query and body, in whatever order they are written", function()
    write(file, recording_of { '"method": "POST", "path": "/a?x=1&y=2", '
      .. '"json": {"p":{"q":[1,"two"],"r":null},"s":true}' })
    local body = convoke.object { s = true,
      p = convoke.object { r = convoke.null, q = { 1, "two" } } }
    local function ask(method, path, query, sent)
      local client = replaying()
      return client:request(method, path, { query = query, body = sent })
    end
    assert.same({ a = 1 }, ask("POST", "/a", { y = 2, x = 1 }, body))
    local texts = {}
    for i, given in ipairs { { "PUT", "/a", { x = 1, y = 2 }, body },
      { "POST", "/b", { x = 1, y = 2 }, body }, { "POST", "/a", { x = 1, y = 3 }, body },
      { "POST", "/a", { x = 1, y = 2 }, { s = true } } } do
      local value, err = ask(given[1], given[2], given[3], given[4])
      assert.is_nil(value)
      texts[i] = err.message
    end
    assert.matches("nearest is number 1: method is PUT, recorded POST", texts[1], 1, true)
    assert.matches("path/1 is b, recorded a", texts[2], 1, true)
    assert.matches("query/y is 3, recorded 2", texts[3], 1, true)
    assert.matches('body/p/q/0 is absent, recorded 1; body/p/q/1 is absent, recorded "two"',
      texts[4], 1, true)
  end)

  it("leaves out of the comparison what it is told to ignore", function()
    write(file, recording_of { '"method": "GET", "path": "/a?at=1&b=2"' })
    local client = replaying { ignore = { "query/at" } }
    assert.same({ a = 1 }, client:request("GET", "/a", { query = { at = 99, b = 2 } }))
  end)

  it("gives each exchange once, in the order of the requests", function()
    local function result(n)
      return ('"answer": { "status": 200, "headers": {}, "json": {"n":%d} }'):format(n)
    end
    local request = '"method": "GET", "path": "/a"'
    local text = recording_of({ request, result(1) }, { request, result(2) })
    write(file, text)
    local client, transport = replaying()
    assert.same({ 1, 1, 2, 0 }, { client:request("GET", "/a").n, transport:unused(),
      client:request("GET", "/a").n, transport:unused() })
    local _, err = client:request("GET", "/a")
    assert.matches("has been given already", err.message)
    client = replaying { repeats = true }
    for _, n in ipairs { 1, 2, 2, 2 } do assert.equal(n, client:request("GET", "/a").n) end
    assert.equal(text, contents())
  end)

  it("keeps failures, too", function()
    local client, transport = recording({}, { url = "http://127.0.0.1:1", retries = 0 })
    local _, err = client.invitations:revoke "inv_1"
    transport:close()
    local _, same = replaying().invitations:revoke("inv_1", nil, { retries = 0 })
    for _, name in ipairs { "kind", "outcome", "message" } do
      assert.equal(err[name], same[name])
    end
    assert.same({ "connect", "not_sent" }, { same.kind, same.outcome })
  end)

  it("keeps what is no text byte by byte", function()
    local bytes = "\0\1\255\254 and so on\r\n"
    raw:play { always(answer(200, bytes, "Date: then\r\nSet-Cookie: a=b\r\n")) }
    local client, transport = recording({}, { url = raw.url })
    local _, err = client:request("POST", "/a", { body = "\255\0" })
    transport:close()
    local _, same = replaying():request("POST", "/a", { body = "\255\0" })
    assert.same({ err.kind, err.body }, { same.kind, same.body })
    assert.truthy(contents():find('"hex": "ff00"', 1, true))
    assert.same({ status = 200, headers = { date = "then", ["content-type"] = "application/json" },
      body = bytes }, tape({ mode = "replay" }).send { operation = "clerk.request",
      method = "POST", path = "/a", body = "\255\0", headers = {} })
  end)

  it("gives numbers to their last digit", function()
    write(file, recording_of { '"method": "GET", "path": "/a"',
      '"answer": { "status": 200, "headers": {}, "json": {"n":9007199254740993,"x":1.50} }' })
    local value = replaying():request("GET", "/a")
    assert.same({ "9007199254740993", "1.5" }, { tostring(value.n), tostring(value.x) })
  end)

  it("keeps the headers that it is told to keep", function()
    raw:play { always(answer(200, "{}", "X-Total: 7\r\nX-Other: 8\r\n")) }
    local client, transport = recording({ headers = { "X-Total" } }, { url = raw.url })
    assert(client:request("GET", "/a"))
    transport:close()
    local _, _, meta = replaying():request("GET", "/a")
    assert.equal("7", meta.headers["x-total"])
    assert.is_nil(meta.headers["x-other"])
  end)

  it("takes no time for the waits of what it gives", function()
    write(file, recording_of(
      { '"method": "GET", "path": "/a"',
        '"answer": { "status": 429, "headers": { "retry-after": "15" }, "json": {} }' },
      { '"method": "GET", "path": "/a"',
        '"answer": { "status": 503, "headers": {}, "json": {} }' },
      { '"method": "GET", "path": "/a"' }))
    local client = convoke.clerk { transport = tape { mode = "replay" }, timeout = 30 }
    local value, _, meta = client:request("GET", "/a")
    assert.same({ { a = 1 }, 3 }, { value, meta.attempts })
    assert.is_true(meta.elapsed < 14)
  end)

  it("answers many tasks and the coroutines of other hosts", function()
    local exchanges = {}
    for i = 1, 30 do
      exchanges[i] = { ('"method": "GET", "path": "/%d"'):format(i),
        ('"answer": { "status": 200, "headers": {}, "json": {"n":%d} }'):format(i) }
    end
    write(file, recording_of((unpack or table.unpack)(exchanges))) -- luacheck: ignore 143
    local function ask_all(start, run)
      local client, transport = replaying()
      for i = 30, 1, -1 do
        start(function() assert.equal(i, assert(client:request("GET", "/" .. i)).n) end)
      end
      run()
      assert.equal(0, transport:unused())
    end
    convoke.run(function() ask_all(convoke.spawn, function() convoke.sleep(0.01) end) end)
    local loop = cqueues.new()
    ask_all(function(f) loop:wrap(f) end, function() assert(loop:loop()) end)
  end)
end)

describe("what is struck out of a cassette", function()
  it("is what the user names, wherever it stands, and comes back as the program's own", function()
    local address, other = fresh_address(), "Bob+1@Example.org"
    local options = { strike = { "email_address" } }
    local function use(client, whose)
      local made = assert(client.invitations:create { email_address = whose })
      local again, err = client.invitations:create { email_address = whose }
      assert.is_nil(again)
      local listed = assert(client.invitations:list { query = whose })
      return made.email_address, listed.data and listed.data[1].email_address
        or listed[1].email_address, err.message
    end
    local client, transport = recording(options)
    use(client, address)
    transport:close()
    assert.is_nil(contents():find(address, 1, true))
    assert.is_nil(contents():find("example.com", 1, true))
    local made, listed, message = use(replaying(options), other)
    assert.same({ other, other }, { made, listed })
    assert.truthy(message:find(other, 1, true))
  end)

  it("stays apart where two values are", function()
    local options = { strike = { "email_address" } }
    local one, two = fresh_address(), fresh_address()
    local client, transport = recording(options)
    assert(client.invitations:create { email_address = one })
    assert(client.invitations:create { email_address = two })
    assert(client.invitations:list { query = one })
    transport:close()
    client = replaying(options)
    assert(client.invitations:create { email_address = "x@example.org" })
    assert(client.invitations:create { email_address = "y@example.org" })
    local _, err = client.invitations:list { query = "y@example.org" }
    assert.equal("invalid", err.kind)
    assert.equal("x@example.org",
      client.invitations:list({ query = "x@example.org" })[1].email_address)
  end)

  it("is not taken for the same where two values were recorded", function()
    write(file, recording_of { '"method": "POST", "path": "/a", '
      .. '"json": {"from":{"email":"[struck 1]"},"to":{"email":"[struck 2]"}}' })
    local function ask(from, to)
      local client = replaying { strike = { "email" } }
      return client:request("POST", "/a", { body = { from = { email = from },
        to = { email = to } } })
    end
    assert.same({ a = 1 }, ask("x@example.org", "y@example.org"))
    local _, err = ask("x@example.org", "x@example.org")
    assert.equal("invalid", err.kind)
  end)

  it("is what logins give, of each vendor", function()
    local names = { "key", "access", "refresh", "token", "refreshToken", "session-token", "JWT" }
    local members = {}
    for i, name in ipairs(names) do members[i] = ('"%s":"hidden %s"'):format(name, name) end
    raw:play { always(answer(200, "{" .. table.concat(members, ",") .. "}")) }
    local client, transport = recording({}, { url = raw.url })
    assert(client:request("POST", "/login", { body = { Password = "hidden here" } }))
    transport:close()
    assert.is_nil(contents():find("hidden", 1, true))
  end)

  it("is a token in a path, whatever the answer", function()
    local given = { url = server.gencove.url, api_key = server.gencove.api_key,
      transport = tape { mode = "record", strike = { "invitation_id" } } }
    local client = convoke.gencove(given)
    local _, missing = client.invitations:read_token "nobody's token"
    local _, gone = client.invitations:delete "11111111-aaaa-4bbb-8ccc-222222222222"
    assert(client.invitations:read_token(server.gencove.invitation_token))
    given.transport:close()
    for _, secret in ipairs { "nobody", "11111111", server.gencove.invitation_token } do
      assert.is_nil(contents():find(secret, 1, true), secret)
    end
    client = convoke.gencove { transport = tape { mode = "replay", strike = { "invitation_id" } } }
    assert.equal(tostring(missing),
      tostring(select(2, client.invitations:read_token "another's token")))
    assert.equal(gone.status, select(2,
      client.invitations:delete "33333333-aaaa-4bbb-8ccc-444444444444").status)
    assert.equal("my own +/token", client.invitations:read_token("my own +/token").token)
  end)

  it("is so in what came before it was known", function()
    raw:play { always(answer(200, "{}")) }
    local client, transport = recording({ mode = "record", strike = { "email" } },
      { url = raw.url })
    assert(client:request("GET", "/a", { query = { search = "grace@example.com" } }))
    assert(client:request("POST", "/a", { body = { email = "grace@example.com" } }))
    transport:close()
    assert.truthy(contents():find("/a?search=[struck 1]", 1, true))
    assert.is_nil(contents():find("grace", 1, true))
  end)

  it("is struck out of the midst of a text only where it is long enough", function()
    raw:play { always(answer(200, '{"password":"ab","said":"a crab","again":"ab"}')) }
    local client, transport = recording({}, { url = raw.url })
    assert(client:request("GET", "/a"))
    transport:close()
    assert.truthy(contents():find('{"password":"[struck 1]","said":"a crab","again":"[struck 1]"}',
      1, true))
  end)

  it("is what fits the user's patterns", function()
    local address = fresh_address()
    local client, transport = recording { patterns = { "[%w%.%+%-]+@[%w%.%-]+%.%a+" } }
    assert(client.invitations:create { email_address = address })
    transport:close()
    assert.is_nil(contents():find("@", 1, true))
  end)

  it("is each secret, in whatever form it comes", function()
    local function percent(text)
      return (text:gsub("[^%w]", function(c) return ("%%%02x"):format(c:byte()) end))
    end
    local function escaped(text)
      return (text:gsub(".", function(c) return ("\\u%04x"):format(c:byte()) end))
    end
    local function base64(text) return (require("basexx").to_base64(text)) end
    math.randomseed(7)
    local alphabet = [[abcXYZ012-_.~/+=&% "'\<>]]
    local function secret()
      local text = { "S3" }
      for i = 2, math.random(8, 24) do
        local at = math.random(#alphabet)
        text[i] = alphabet:sub(at, at)
      end
      return table.concat(text)
    end
    for _ = 1, 40 do
      os.remove(file)
      local key, password = secret():gsub(" ", "_"), secret()
      local token, ticket, mail = secret(), secret(), secret() .. "@example.com"
      local said = ('{"accessToken":"%s","refresh":["%s"],"said":"%s and %s, %s",'
        .. '"url":"http://h/?ticket=%s","mail":"%s"}'):format(escaped(token), escaped(token),
        escaped(password), escaped(percent(password)), escaped(key), escaped(percent(ticket)),
        escaped(mail))
      raw:play { always(answer(200, said, "Set-Cookie: a=" .. percent(password) .. "\r\nX-Key: "
        .. percent(key) .. "\r\nLocation: /x?ticket=" .. percent(ticket) .. "\r\n")) }
      local client, transport = recording({ strike = { "email" } },
        { url = raw.url, secret_key = key })
      assert(client:request("POST", "/a", { query = { ticket = ticket, q = token },
        body = { password = password, deep = { { email = mail, note = "x" .. mail } } } }))
      client:request("POST", "/form", {
        body = "password=" .. percent(password):gsub("%%20", "+"),
        headers = { ["Content-Type"] = "application/x-www-form-urlencoded" } })
      client:request("GET", "/" .. percent(token))
      transport:close()
      local text = contents()
      local lowered = text:lower()
      for _, hidden in ipairs { key, password, token, ticket, mail } do
        for _, form in ipairs { hidden, percent(hidden), base64(hidden), escaped(hidden),
          (hidden:gsub('[\\"]', "\\%0")) } do
          assert.is_nil(lowered:find(form:lower(), 1, true), form .. " in " .. text)
        end
      end
    end
  end)
end)

describe("the file of a cassette", function()
  it("is refused where it is none, or from a newer convoke", function()
    for text, why in pairs {
      ["not json"] = "no JSON",
      ["{}"] = "is no cassette",
      ['{"log":{"version":"1.2"}}'] = "is no cassette",
      ['{"convoke cassette":2,"exchanges":[]}'] = "has format 2",
      ['{"convoke cassette":1}'] = "/exchanges is missing",
      ['{"convoke cassette":1,"exchanges":[7]}'] = "/exchanges/0 is no object",
      [recording_of { '"method": 7, "path": "/a"' }] = "/exchanges/0/request/method is number",
      [recording_of { '"method": "GET", "path": "/a"',
        '"answer": { "status": 1e9, "headers": {} }' }] = "no status",
      [recording_of { '"method": "GET", "path": "/a"' }:sub(1, -9)] = "no JSON",
      [("["):rep(100000)] = "no JSON",
    } do
      write(file, text)
      for _, mode in ipairs { "replay", "auto" } do
        local fine, err = pcall(tape, { mode = mode })
        assert.is_false(fine)
        assert.equal("invalid", err.kind)
        assert.truthy(err.message:find(why, 1, true), err.message)
        assert.truthy(err.message:find(file, 1, true))
      end
    end
  end)

  it("has to be there for what only replays", function()
    local fine, err = pcall(tape, { mode = "replay" })
    assert.is_false(fine)
    assert.matches("there is no such recording", err.message)
  end)

  it("is written whole or not at all", function()
    write(file, recording_of { '"method": "GET", "path": "/a"' })
    local before = contents()
    local lfs = require "lfs"
    assert(lfs.mkdir(file .. ".new")) -- so that nothing can be written there
    raw:play { always(answer(200, "{}")) }
    local said = {}
    local old = io.stderr
    -- luacheck: push ignore 122
    io.stderr = { write = function(_, ...) said[#said + 1] = table.concat { ... } end }
    local client, transport = recording({}, { url = raw.url })
    local value = client:request("GET", "/b")
    client:request("GET", "/c")
    local saved, err = transport:save()
    io.stderr = old
    -- luacheck: pop
    lfs.rmdir(file .. ".new")
    assert.truthy(value)
    assert.is_nil(saved)
    assert.equal("store", err.kind)
    assert.matches("cannot be written", err.message)
    assert.equal(1, #said)
    assert.equal(before, contents())
    assert.is_true(transport:save())
    assert.equal(2, select(2, contents():gsub('"path": "/[bc]"', "")))
  end)

  it("is written when the program ends without a word", function()
    raw:play { always(answer(200, "{}")) }
    local script = os.tmpname()
    write(script, ([[
      local convoke = require "convoke"
      local client = convoke.clerk { url = %q, secret_key = "sk_test_1",
        transport = convoke.cassette(%q) }
      for i = 1, 12 do assert(client:request("GET", "/" .. i)) end
    ]]):format(raw.url, file))
    local status = os.execute((os.getenv "LUA" or "lua5.4") .. " " .. script)
    os.remove(script)
    assert.is_true(status == true or status == 0)
    assert.equal(12, select(2, contents():gsub('"operation"', "")))
  end)

  it("shows in its name how much was used", function()
    write(file, recording_of { '"method": "GET", "path": "/a"' })
    local client, transport = replaying()
    client:request("GET", "/a")
    assert.equal(("convoke.cassette %s: replay, 1 of 1 replayed, 0 new"):format(file),
      tostring(transport))
  end)
end)

describe("the options of a cassette", function()
  it("are checked", function()
    for _, wrong in ipairs { { { mode = "reply" }, "mode must be" }, { { stike = {} }, "strike" },
      { { patterns = { "%" } }, "patterns must be" }, { { patterns = { "a*" } }, "empty text" },
      { { ignore = "body" }, "ignore must be" }, { "auto", "must be a table" } } do
      assert.error_matches(function() tape(wrong[1]) end, wrong[2])
    end
    assert.error_matches(function() convoke.cassette() end, "file name is missing")
  end)
end)
