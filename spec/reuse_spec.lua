-- What happens on a connection between two calls: bytes that nobody asked for, and its end.

local convoke = require "convoke"
local http2_server = require "spec.support.http2_server"
local late_server = require "spec.support.late_server"
local raw_server = require "spec.support.raw_server"

local server, clients
local kinds = { "plain", "tls12", "tls13" }

setup(function() server = late_server.start() end)
teardown(function() server:stop() end)

before_each(function() clients = {} end)
after_each(function()
  for _, client in ipairs(clients) do client:close() end
end)

-- A client of that kind of connection, HTTP/1.1.
local function client(constructor, kind, options)
  options.url, options.retries, options.timeout = server.urls[kind], 0, 20
  options.http_version = "1.1"
  if kind ~= "plain" then options.ca_file = server.authority end
  clients[#clients + 1] = constructor(options)
  return clients[#clients]
end

local function clerk(kind, who)
  return client(convoke.clerk, kind, { secret_key = "sk_test_" .. who })
end

local calls = 0

-- Creates something of its own with the headers; checks that the first try brought its own answer.
-- Returns the answer's meta and the e-mail address.
local function create(api, who, headers)
  calls = calls + 1
  local email = ("call%d@example.com"):format(calls)
  local value, err, meta = api.invitations:create({ email_address = email },
    { headers = headers, reconcile = false })
  assert(value, tostring(err))
  assert.equal(email, value.email_address)
  assert.equal("Bearer sk_test_" .. who, value.token)
  assert.equal(1, meta.attempts)
  return meta, email
end

-- Each of the requests that were reported was made once; returns how many there were.
local function count_once(report)
  local count = 0
  for name, times in pairs(report.requests) do
    assert.equal(1, times, name)
    count = count + 1
  end
  return count
end

describe("bytes that come after an answer", function()
  local extras = { "answer", "garbage", "chunk", "half" }
  local first = { "sized", "chunked" }

  for _, kind in ipairs(kinds) do
    it("never become another call's answer, over " .. kind, function()
      local ada, bob = clerk(kind, "ada"), clerk(kind, "bob")
      server:report()
      for i = 1, 168 do
        for who, api in pairs { ada = ada, bob = bob } do
          create(api, who, { ["X-Later"] = extras[i % 4 + 1], ["X-Answer"] = first[i % 2 + 1] })
          server:wait()
        end
      end
      local report = server:report()
      assert.equal(336, count_once(report))
      assert.equal(336, report.connections)
    end)

    it("harm nobody after an answer without a body, over " .. kind, function()
      local cvat = client(convoke.cvat, kind, { token = "a_token" })
      server:report()
      for i = 1, 40 do
        local value, err, meta = cvat.invitations:delete("key" .. i, {}, { headers = {
          ["X-Answer"] = "204", ["X-Later"] = extras[i % 4 + 1] } })
        assert.is_true(value, tostring(err))
        assert.equal(1, meta.attempts)
        server:wait()
      end
      local report = server:report()
      assert.equal(40, count_once(report))
      assert.equal(40, report.connections)
    end)

    it("close the connection where they come with the answer, over " .. kind, function()
      local api = clerk(kind, "ada")
      for _, packet in ipairs { "same", "next" } do
        for _, answer in ipairs(first) do
          for _, extra in ipairs(extras) do
            create(api, "ada")
            server:report()
            create(api, "ada", { ["X-Later"] = extra, ["X-Packet"] = packet,
              ["X-Answer"] = answer })
            server:wait()
            create(api, "ada")
            assert.equal(1, server:report().connections, packet .. answer .. extra)
          end
        end
      end
    end)

    it("close it after an answer without a body, too, over " .. kind, function()
      local cvat = client(convoke.cvat, kind, { token = "a_token" })
      for i, extra in ipairs(extras) do
        local headers = { ["X-Answer"] = "204" }
        assert(cvat.invitations:delete("one" .. i, {}, { headers = headers }))
        server:report()
        headers["X-Later"], headers["X-Packet"] = extra, "same"
        assert(cvat.invitations:delete("two" .. i, {}, { headers = headers }))
        server:wait()
        headers["X-Later"] = nil
        assert(cvat.invitations:delete("three" .. i, {}, { headers = headers }))
        assert.equal(1, server:report().connections, extra)
      end
    end)

    it("do not come at all, and the connection is kept, over " .. kind, function()
      local ada, bob = clerk(kind, "ada"), clerk(kind, "bob")
      local cvat = client(convoke.cvat, kind, { token = "a_token" })
      create(ada, "ada")
      server:report()
      for i = 1, 20 do
        create(ada, "ada", { ["X-Answer"] = first[i % 2 + 1] })
        create(bob, "bob")
        assert(cvat.invitations:delete("key" .. i, {}, { headers = { ["X-Answer"] = "204" } }))
      end
      local report = server:report()
      assert.equal(60, count_once(report))
      assert.equal(0, report.connections)
    end)
  end
end)

describe("a server that ends the connection after each answer", function()
  for _, kind in ipairs(kinds) do
    it("gets each create once, over a new one, over " .. kind, function()
      local api = clerk(kind, "ada")
      server:report()
      for _ = 1, 300 do
        create(api, "ada", { ["X-Later"] = "close" })
        server:wait()
      end
      local report = server:report()
      assert.equal(300, count_once(report))
      assert.is_true(report.connections >= 299) -- the first may go over one that was there
    end)
  end

  it("by a reset gets each create once, over a new one", function()
    local raw = raw_server.start()
    finally(function() raw:stop() end)
    local api = convoke.clerk { url = raw.url, secret_key = "sk_test_ada", retries = 0 }
    raw:play { { { "receive" }, { "send", raw_server.answer(200, '{"id":"inv_1"}') },
      { "reset" } } }
    for i = 1, 100 do
      local value, err, meta = api.invitations:create({ email_address = "ada@example.com" },
        { reconcile = false })
      assert(value, tostring(err))
      assert.equal(1, meta.attempts)
      assert.equal(i, raw:connections())
      raw:wait_for_end()
    end
    api:close()
  end)
end)

describe("a call that finds its connection stale", function()
  local raw, api
  local silent = { { "receive" }, { "hold" } }

  before_each(function()
    raw = raw_server.start()
    api = convoke.clerk { url = raw.url, secret_key = "sk_test_ada", retries = 0, timeout = 20,
      max_in_flight = 1 }
  end)
  after_each(function()
    api:close()
    raw:stop()
  end)

  local function create_in(seconds)
    return api.invitations:create({ email_address = "ada@example.com" },
      { timeout = seconds, reconcile = false })
  end

  -- A kept connection over which an answer that nobody asked for has come, and then its end.
  local function make_stale(scripts)
    local answer = raw_server.answer(200, '{"id":"inv_1"}')
    table.insert(scripts, 1, { { "receive" }, { "send", answer }, { "receive" }, { "send", answer },
      { "sleep", 0.001 }, { "send", answer }, { "close" } })
    raw:play(scripts)
    assert(create_in(20))
    assert(create_in(20))
    raw:wait_for_end()
  end

  it("ends by its deadline where the fresh one is silent, as unknown", function()
    make_stale { silent }
    local _, err = create_in(0.3)
    assert.equal("timeout", err.kind)
    assert.equal("unknown", err.outcome)
    assert.equal(1, err.attempts)
    assert.equal(2, raw:connections())
    assert.equal(3, #raw:requests())
  end)

  it("is not sent where the server takes no fresh one", function()
    make_stale {}
    raw:outage { ending = "end", seconds = 60 }
    local _, err = create_in(20)
    assert.equal("connect", err.kind)
    assert.equal("not_sent", err.outcome)
    assert.equal(1, err.attempts)
  end)

  it("can be cancelled, and another has its turn", function()
    make_stale { silent, raw_server.always(raw_server.answer(200, '{"id":"inv_2"}')) }
    convoke.run(function()
      local first = convoke.spawn(create_in, 20)
      repeat convoke.sleep(0.01) until #raw:requests() == 3
      local second = convoke.spawn(create_in, 20)
      first:cancel()
      assert.equal("inv_2", second:await().id)
      local _, err = first:await()
      assert.equal("cancelled", err.kind)
    end)
  end)
end)

describe("an idle HTTP/2 connection", function()
  local shared

  setup(function() shared = http2_server.start(0) end)
  teardown(function() shared:stop() end)

  local function create_at(url, headers)
    local api = convoke.clerk { url = url, secret_key = "sk_test_ada", retries = 0, timeout = 20,
      ca_file = shared.certificate }
    local before = convoke.stats().connections_opened
    local value, err, meta = api.invitations:create({ email_address = "ada@example.com" },
      { headers = headers, reconcile = false })
    api:close()
    assert(value, tostring(err))
    assert.equal(1, meta.attempts)
    assert.equal("2", meta.headers["x-version"])
    return convoke.stats().connections_opened - before
  end

  for _, ending in ipairs { "goaway", "goaway close", "close" } do
    it("that the server ends by " .. ending .. " carries no call any more", function()
      for _ = 1, 40 do
        create_at(shared.url, { ["X-After"] = ending })
        shared:followed()
        assert.equal(1, create_at(shared.url))
      end
    end)
  end

  -- libcurl 8.22 and later leave it unread, with whatever else may have come.
  local function reads_pings()
    local pipe = io.popen "pkg-config --modversion libcurl"
    local major, minor = pipe:read("*a"):match "^(%d+)%.(%d+)"
    pipe:close()
    return tonumber(major) * 100 + tonumber(minor) < 822
  end

  it("that has brought a ping is used again", function()
    create_at(shared.url)
    local opened = 0
    for _ = 1, 40 do
      opened = opened + create_at(shared.url, { ["X-After"] = "ping" })
      shared:followed()
    end
    if reads_pings() then assert.equal(0, opened) end
  end)

  for _, ending in ipairs { "reset", "end" } do
    it("that breaks by " .. ending .. " carries no call any more", function()
      local tunnel = raw_server.start()
      finally(function() tunnel:stop() end)
      local script = { { { "tunnel", tonumber(shared.url:match "%d+$"), 1e9 } } }
      local url = "https://localhost:" .. tunnel.port
      tunnel:play(script)
      for _ = 1, 40 do
        assert.equal(1, create_at(url))
        if reads_pings() then assert.equal(0, create_at(url)) end
        if ending == "reset" then tunnel:reset() else tunnel:play(script) end
      end
    end)
  end
end)
