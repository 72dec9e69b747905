-- HTTP/2 over TLS: calls share one connection, and nothing else changes.

local all_of = require "spec.support.all"
local convoke = require "convoke"
local http2_server = require "spec.support.http2_server"
local limit = require "spec.support.limit"
local raw_server = require "spec.support.raw_server"

describe("a server that speaks HTTP/2 over TLS", function()
  local server

  setup(function() server = http2_server.start(0.05) end)
  teardown(function() server:stop() end)

  local function client(options)
    options.url = server.url
    options.secret_key = "sk_test_1234567890"
    return convoke.clerk(options)
  end

  local function create(clerk)
    return clerk.invitations:create { email_address = "ada@example.com" }
  end

  -- Makes calls at once; returns how many connections they took, and what they were told.
  local function burst(clerk, count)
    local before = convoke.stats().connections_opened
    local versions, seconds = {}, convoke.now()
    convoke.run(function()
      local function work()
        local value, err, meta = create(clerk)
        assert.is_nil(err)
        assert.equal("inv_1", value.id)
        versions[meta.headers["x-version"]] = true
      end
      local all = {}
      for i = 1, count do all[i] = work end
      all_of(all)
    end)
    return convoke.stats().connections_opened - before, versions, convoke.now() - seconds
  end

  it("gets all calls over one connection, at once", function()
    local clerk = client { ca_file = server.certificate }
    finally(function() clerk:close() end)
    assert(create(clerk))
    local opened, versions, seconds = burst(clerk, 60)
    assert.equal(0, opened)
    assert.same({ ["2"] = true }, versions)
    assert.is_true(seconds < limit(60 * 0.05 / 3))
  end)

  it("is spoken to by HTTP/1.1 where that is wanted", function()
    local clerk = client { ca_file = server.certificate, http_version = "1.1" }
    finally(function() clerk:close() end)
    local opened, versions = burst(clerk, 4)
    assert.equal(4, opened)
    assert.same({ ["1.1"] = true }, versions)
  end)

  it("is not trusted without its certificate, and the error says what was trusted", function()
    local clerk = client {}
    finally(function() clerk:close() end)
    local value, err = create(clerk)
    assert.is_nil(value)
    assert.equal("tls", err.kind)
    assert.equal("not_sent", err.outcome)
    assert.truthy(err.message:find("trusting ", 1, true))
  end)

  it("is not trusted by the system's certificates either, and the error names those", function()
    local getenv = os.getenv
    local function without(name) return name ~= "SSL_CERT_FILE" and getenv(name) or nil end
    os.getenv = without -- luacheck: ignore 122
    local clerk = client {}
    os.getenv = getenv -- luacheck: ignore 122
    finally(function() clerk:close() end)
    local _, err = create(clerk)
    assert.equal("tls", err.kind)
    assert.truthy(err.message:find "%(trusting [^)]+%)")
  end)

  it("is held against the system's certificates without these being read each time", function()
    -- Processor time of a call.
    local function cost(clerk, calls)
      local before, message = os.clock(), nil
      for _ = 1, calls do
        local _, err = create(clerk)
        assert.equal("tls", err.kind)
        message = err.message
      end
      return (os.clock() - before) / calls, message:match "%(trusting ([^)]+)%)$"
    end
    local clerk = client { retries = 0 }
    local seconds, file = cost(clerk, 8)
    clerk:close()
    if not file:find "^/" then return pending "libcurl names no file" end
    clerk = client { retries = 0, ca_file = file:gsub("/([^/]+)$", "/./%1") } -- of another name
    local each_time = cost(clerk, 4)
    clerk:close()
    if each_time < 0.005 then return pending "the system trusts few" end
    assert.is_true(seconds < each_time / 2)
  end)

  it("gets nothing from a client whose own certificate cannot be read", function()
    for _, name in ipairs { "cert", "key" } do
      local clerk = client { ca_file = server.certificate, cert = server.certificate,
        [name] = "/nowhere/" .. name }
      finally(function() clerk:close() end)
      local value, err = create(clerk)
      assert.is_nil(value)
      assert.equal("tls", err.kind)
      assert.equal("not_sent", err.outcome)
    end
  end)

  it("gets no call over a connection that stands still since another timed out", function()
    local tunnel = raw_server.start()
    finally(function() tunnel:stop() end)
    local clerk = convoke.clerk { url = "https://localhost:" .. tunnel.port, retries = 0,
      secret_key = "sk_test_1234567890", ca_file = server.certificate, timeout = 10 }
    local port = tonumber(server.url:match "%d+$")
    for size = 1000, 2600, 200 do
      tunnel:play { { { "tunnel", port, size }, { "hold" } }, { { "tunnel", port, 1e9 } } }
      local value, err
      repeat
        value, err = clerk.invitations:create({ email_address = "a@example.com" },
          { timeout = 0.3 })
      until not value
      assert.equal("timeout", err and err.kind)
      assert(create(clerk))
    end
    clerk:close()
  end)

  it("gets none over it while others still wait there, and then shares one again", function()
    local tunnel = raw_server.start()
    finally(function() tunnel:stop() end)
    local clerk = convoke.clerk { url = "https://localhost:" .. tunnel.port, retries = 0,
      secret_key = "sk_test_1234567890", ca_file = server.certificate }
    local port = tonumber(server.url:match "%d+$")
    tunnel:play { { { "tunnel", port, 3000 }, { "hold" } }, { { "tunnel", port, 1e9 } } }
    local function call(timeout)
      return clerk.invitations:create({ email_address = "a@example.com" }, { timeout = timeout })
    end
    assert(call(3))
    convoke.run(function()
      local others, timed_out = {}, 0
      for i = 1, 60 do others[i] = convoke.spawn(call, 1.5) end
      convoke.sleep(0.05) -- what the tunnel still lets through is theirs
      local _, err = call(0.5)
      assert.equal("timeout", err.kind)
      local stop, versions = convoke.now() + 2.5, {}
      while convoke.now() < stop do -- never without a call in flight
        local pair = all_of { function() return select(3, assert(call(3))) end,
          function() convoke.sleep(0.01) return select(3, assert(call(3))) end }
        for _, meta in ipairs(pair) do versions[#versions + 1] = meta.headers["x-version"] end
      end
      for _, other in ipairs(others) do
        if not other:await() then timed_out = timed_out + 1 end
      end
      assert.truthy(timed_out > 10)
      assert.equal("1.1", versions[1])
      assert.equal("2", versions[#versions])
    end)
    clerk:close()
  end)

  it("ends calls by their deadline, one by one", function()
    local clerk = client { ca_file = server.certificate, retries = 0 }
    finally(function() clerk:close() end)
    assert(create(clerk))
    convoke.run(function()
      local late = convoke.spawn(function()
        return clerk.invitations:create({ email_address = "a@example.com" }, { timeout = 0.01 })
      end)
      local value = create(clerk)
      local _, err = late:await()
      assert.equal("timeout", err.kind)
      assert.equal("unknown", err.outcome)
      assert.equal("inv_1", value.id)
    end)
  end)
end)
