-- What was sent decides: libcurl reconnects by itself when a kept connection dies, and fails as if
-- nothing had been sent. Once a byte of a request may have left, its outcome is unknown, and it is
-- not sent again.

local answers = require "spec.support.answers"
local compile = require "spec.support.compile"
local convoke = require "convoke"
local faults = require "spec.support.faults"
local http2_server = require "spec.support.http2_server"
local preloaded = require "spec.support.preloaded"
local raw_server = require "spec.support.raw_server"
local wire = require "spec.support.wire"

local whole = wire.whole

local server

setup(function() server = raw_server.start() end)
teardown(function() server:stop() end)

local function is_get(of) return of.operation.method == "GET" end

local function find(name)
  for _, of in ipairs(faults.operations) do
    if of.name == name then return of end
  end
end

-- One more call; returns "right", or kind and outcome, and the error.
local function perform(client, of, options)
  local value, err = client:call(of.operation.id, of.arguments, options)
  if value ~= nil then return answers.same(value, of.value) and "right" or "another value" end
  return err.kind .. " " .. err.outcome, err
end

-- The script of a connection that serves one call and ends once it has got the next one, with the
-- server out of reach from then on, for some seconds or for good.
local function dying(of, ending, seconds)
  return { { "receive" }, { "send", whole(of) }, { "receive" }, { "outage", ending, seconds } }
end

local endings = { "close", "reset" } -- libcurl reconnects after the first, and may after the other

describe("a call that was executed before its kept connection died", function()
  -- Makes two calls of each operation, the second one as the server dies for so many seconds;
  -- f(of, verdict, err, ending).
  local function each_of(operations, options, seconds, f)
    local clients = faults.new_clients(server.url, options)
    finally(function() faults.close(clients) end)
    for _, ending in ipairs(endings) do
      for _, of in ipairs(operations) do
        server:play { dying(of, ending, seconds), raw_server.always(whole(of)) }
        assert.equal("right", perform(clients[of.api], of), of.name)
        local verdict, err = perform(clients[of.api], of, { reconcile = false })
        f(of, verdict, err, ending)
      end
    end
  end

  it("is unknown where the reconnect is refused, whatever libcurl calls that", function()
    each_of(faults.operations, {}, nil, function(of, verdict, err, ending)
      local known = verdict == "connect unknown" or verdict == "network unknown"
      assert.is_true(known, of.name .. ": " .. verdict)
      assert.truthy(ending == "reset" or err.message:find "^the connection was closed"
        or err.message:find "^after the request had left: ", err.message)
      assert.equal(2, #server:requests(), of.name)
    end)
  end)

  it("is not sent again when the server is back, unless it only reads", function()
    local operations = { find "edgegap.sessions.get" } -- each that reads pauses here
    for _, of in ipairs(faults.operations) do
      if not of.operation.idempotent then operations[#operations + 1] = of end
    end
    each_of(operations, { retries = 3 }, 0.1, function(of, verdict, err)
      local requests = #server:requests()
      if of.operation.idempotent then
        assert.equal("right", verdict, of.name)
        assert.equal(3, requests, of.name)
      else
        assert.truthy(verdict:find " unknown$", of.name .. ": " .. verdict)
        assert.equal(2, requests, of.name)
        assert.equal(1, err.attempts, of.name)
      end
    end)
  end)

  it("makes libcurl open no connection to send it again, unless it only reads", function()
    local clients = faults.new_clients(server.url)
    finally(function() faults.close(clients) end)
    for _, of in ipairs(faults.operations) do
      server:play { { { "receive" }, { "send", whole(of) }, { "receive" }, { "close" } },
        raw_server.always(whole(of)) }
      assert.equal("right", perform(clients[of.api], of), of.name)
      assert.equal(is_get(of) and "right" or "network unknown", perform(clients[of.api], of),
        of.name)
      assert.equal(is_get(of) and 2 or 1, server:connections(), of.name)
    end
  end)

  it("is settled by looking when the server is back, and not refused for itself", function()
    local of = find "clerk.invitations.create"
    local client = faults.client("clerk", server.url, { retries = 5 })
    finally(function() client:close() end)
    local address = of.arguments.email_address
    local listing = ('[{"object":"invitation","id":"inv_7","status":"pending","public_metadata":{},'
      .. '"created_at":{milliseconds},"updated_at":1,"email_address":"%s"}]'):format(address)
    server:play { dying(of, "close", 0.3),
      { { "receive" }, { "fill", 200, listing }, { "again" } } }
    assert(client.invitations:create { email_address = "first@example.com" })
    local value, err, meta = client.invitations:create { email_address = address }
    assert.is_nil(err)
    assert.equal("inv_7", value.id)
    assert.equal(1, meta.attempts)
    for i, request in ipairs(server:requests()) do
      assert.equal(i <= 2 and "POST" or "GET", request.head:match "^%u+")
    end
  end)
end)

describe("what only reads, sent again by libcurl over a connection", function()
  local of = find "clerk.invitations.list"

  -- The second connection plays the script; returns the verdict of the second call.
  local function reconnect(script, options)
    local client = faults.client("clerk", server.url, options)
    finally(function() client:close() end)
    server:play { { { "receive" }, { "send", whole(of) }, { "receive" }, { "close" } }, script }
    assert.equal("right", perform(client, of))
    return perform(client, of)
  end

  it("that answers is right", function()
    assert.equal("right", reconnect(raw_server.always(whole(of))))
    assert.equal(3, #server:requests())
  end)

  it("that dies as well is unknown", function()
    assert.equal("network unknown", reconnect { { "close" } })
  end)

  it("that stands still is unknown when the time is over", function()
    assert.equal("timeout unknown", reconnect({ { "hold" } }, { timeout = 0.3 }))
  end)
end)

describe("a name that is found no more when libcurl reconnects", function()
  local library, clocks

  setup(function()
    library, clocks = compile("slow_resolver", "libcurl"), compile "clocks"
  end)

  teardown(function()
    os.remove(library)
    os.remove(clocks)
  end)

  it("does not make a call not sent that has been", function()
    for _, name in ipairs { "edgegap.sessions.create", "clerk.invitations.list" } do
      local of = find(name)
      server:play { { { "receive" }, { "send", whole(of) }, { "receive" }, { "hold" } },
        { { "receive" }, { "outage", "close" } } }
      -- libcurl remembers for a minute where a name leads: the clock is put forward meanwhile.
      local output = preloaded(clocks .. ":" .. library, ([[
        local convoke = require "convoke"
        local port, api, name = %d, %q, %q
        local answers = require "spec.support.answers"
        local function client(host, api)
          return require("spec.support.faults").client(api,
            ("http://%%s:%%d"):format(host, port), { allow_http = true, timeout = 300 })
        end
        local one, other = client("name.gone.test", api), client("127.0.0.1", "clerk")
        local id
        for _, each in ipairs(convoke.operations) do
          if each.name == name then id = each.id end
        end
        assert(one:call(id, answers.arguments[name]))
        convoke.run(function()
          convoke.spawn(function()
            local _, err = one:call(id, answers.arguments[name])
            print(err.kind, err.outcome, err.message)
          end)
          convoke.sleep(0.2)
          os.getenv "FORWARD_70"
          other.invitations:list {}
        end)
      ]]):format(server.port, of.api, name))
      assert.truthy(output:find "^%l+\tunknown\t", output)
      if name == "clerk.invitations.list" then
        assert.truthy(output:find("^resolve\tunknown\tafter the request had left: "), output)
      end
      assert.equal(3, #server:requests())
    end
  end)
end)

describe("over TLS", function()
  local tls

  setup(function() tls = http2_server.start(0) end)
  teardown(function() tls:stop() end)

  local create, list = find "clerk.invitations.create", find "clerk.invitations.list"

  local function client(options)
    options.ca_file = tls.certificate
    return faults.client("clerk", "https://localhost:" .. server.port, options)
  end

  -- Makes a call that is never answered, and once the server has it ends the connection, with the
  -- server out of reach for so many seconds. Returns the verdict, how many requests came, and the
  -- error.
  local function die_under(of, options, ending, seconds, after)
    server:play { { { "tunnel", tls.port, 1e9 } }, after or { { "tunnel", tls.port, 1e9 } } }
    local clerk = client(options)
    finally(function() clerk:close() end)
    assert(clerk.invitations:create { email_address = "first@example.com" })
    local before, verdict, err = tls:count(), nil, nil
    convoke.run(function()
      convoke.spawn(function()
        verdict, err = perform(clerk, of, { headers = { ["X-Act"] = "hold" }, reconcile = false })
      end)
      while tls:count() == before do convoke.sleep(0.01) end
      server:outage(ending, seconds)
    end)
    return verdict, tls:count() - before, err
  end

  for _, version in ipairs { "1.1", "2" } do
    describe("and HTTP/" .. version, function()
      it("a create is unknown where the reconnect is refused", function()
        for _, ending in ipairs(endings) do
          local verdict, count = die_under(create, { http_version = version }, ending)
          assert.truthy(verdict == "network unknown" or verdict == "connect unknown", verdict)
          assert.equal(1, count)
        end
      end)

      it("a create is not sent again to a server that is back", function()
        for _, ending in ipairs(endings) do
          local verdict, count, err = die_under(create, { http_version = version, retries = 3 },
            ending, 0.1)
          assert.truthy(verdict == "network unknown" or verdict == "connect unknown", verdict)
          assert.equal(1, count)
          assert.equal(1, err.attempts)
        end
      end)

      it("a handshake that fails when libcurl reconnects makes nothing not sent", function()
        for _, ending in ipairs(endings) do
          local verdict = die_under(list, { http_version = version }, ending, 0,
            { { "send", "HTTP/1.1 400 Bad Request\r\n\r\n" } })
          assert.truthy(verdict:find " unknown$", verdict)
        end
      end)
    end)
  end

  it("a stream of HTTP/2 that the server refuses is unknown, and sent once", function()
    local clerk = faults.client("clerk", tls.url, { ca_file = tls.certificate, retries = 3 })
    finally(function() clerk:close() end)
    for _ = 1, 2 do -- on a new connection, and on a kept one
      local before = tls:count()
      local verdict = perform(clerk, create,
        { headers = { ["X-Act"] = "refuse" }, reconcile = false })
      assert.equal("network unknown", verdict)
      assert.equal(1, tls:count() - before)
      assert(clerk.invitations:create { email_address = "first@example.com" })
    end
  end)
end)

describe("through a proxy", function()
  local tls

  setup(function() tls = http2_server.start(0) end)
  teardown(function() tls:stop() end)

  local create = find "clerk.invitations.create"
  local granted = "HTTP/1.1 200 Connection established\r\n\r\n"

  local function client(options)
    options.ca_file, options.proxy = tls.certificate, server.url
    return faults.client("clerk", tls.url, options)
  end

  it("what asks the proxy for a tunnel is no part of the request", function()
    local refusals = {
      ["refused"] = { { "receive" }, { "send", raw_server.answer(502, "no") }, { "close" } },
      ["closed"] = { { "receive" }, { "close" } },
      ["reset"] = { { "receive" }, { "reset" }, { "close" } },
      ["without TLS behind it"] = { { "receive" }, { "send", granted .. "no TLS\r\n\r\n" } },
    }
    for what, script in pairs(refusals) do
      server:play { script }
      local clerk = client {}
      local _, err = clerk.invitations:create(create.arguments)
      clerk:close()
      assert.equal("not_sent", err.outcome, what .. ": " .. tostring(err))
      assert.truthy(server:requests()[1].head:find "^CONNECT localhost:%d+ ", what)
    end
  end)

  it("what was not sent is sent again", function()
    server:play { { { "receive" }, { "close" } },
      { { "receive" }, { "send", granted }, { "tunnel", tls.port, 1e9 } } }
    local clerk = client { retries = 1 }
    finally(function() clerk:close() end)
    local _, err, meta = clerk.invitations:create(create.arguments)
    assert.is_nil(err)
    assert.equal(2, meta.attempts)
  end)

  it("a call that went by a kept tunnel is unknown when the proxy dies", function()
    for i = 1, 4 do
      server:play { { { "receive" }, { "send", granted }, { "tunnel", tls.port, 1e9 } } }
      local clerk = client { http_version = i <= 2 and "1.1" or "2", retries = 2 }
      assert(clerk.invitations:create(create.arguments))
      local before, verdict = tls:count(), nil
      convoke.run(function()
        convoke.spawn(function()
          verdict = perform(clerk, create, { headers = { ["X-Act"] = "hold" }, reconcile = false })
        end)
        while tls:count() == before do convoke.sleep(0.01) end
        server:outage(endings[i % 2 + 1], 0.1)
      end)
      clerk:close()
      assert.truthy(verdict == "network unknown" or verdict == "connect unknown", verdict)
      assert.equal(1, tls:count() - before)
    end
  end)
end)

describe("a transport of one's own", function()
  local kinds = { "resolve", "connect", "tls", "timeout", "network", "memory", "cancelled" }

  local function calls_of(fields, name)
    local count, of = 0, find(name)
    local client = faults.client(of.api, "http://127.0.0.1:1", { retries = 1, transport = {
      send = function()
        count = count + 1
        return nil, fields
      end,
    } })
    local verdict = perform(client, of, { reconcile = false })
    client:close()
    return count, verdict
  end

  it("decides by `sent`, which is taken for true, whatever kind of failure it tells of", function()
    for _, kind in ipairs(kinds) do
      for _, name in ipairs { "clerk.invitations.create", "edgegap.sessions.create" } do
        local count, verdict = calls_of({ kind = kind, message = "no" }, name)
        assert.equal(kind .. " unknown", verdict)
        assert.equal(1, count, kind)
        count, verdict = calls_of({ kind = kind, message = "no", sent = true }, name)
        assert.equal(kind .. " unknown", verdict)
        assert.equal(1, count, kind)
        count, verdict = calls_of({ kind = kind, message = "no", sent = false }, name)
        local passing = kind ~= "tls" and kind ~= "memory" and kind ~= "cancelled"
        assert.equal(kind .. " not_sent", verdict)
        assert.equal(passing and 2 or 1, count, kind)
      end
    end
  end)

  it("has what only reads repeated, though it was sent", function()
    assert.equal(2, (calls_of({ kind = "connect", message = "no" }, "clerk.invitations.list")))
  end)
end)
