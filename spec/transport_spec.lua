-- A transport of one's own in the place of the network.

local convoke = require "convoke"
local raw_server = require "spec.support.raw_server"

local answer, always = raw_server.answer, raw_server.always
local invitation = '{"id":"inv_1","object":"invitation"}'
local secret = "sk_test_1234567890"

local server
setup(function() server = raw_server.start() end)
teardown(function() server:stop() end)

local function clerk(scripts, more)
  if scripts then server:play(scripts) end
  local options = { url = server.url, secret_key = secret, retries = 0, timeout = 5 }
  for name, value in pairs(more or {}) do options[name] = value end
  return convoke.clerk(options)
end

-- Without looking for what a lost answer has left behind.
local function create(c, options)
  options = options or {}
  options.reconcile = false
  return c.invitations:create({ email_address = "ada@example.com" }, options)
end

describe("a transport of one's own", function()
  local function through(send, more)
    local options = { transport = { send = send } }
    for name, value in pairs(more or {}) do options[name] = value end
    return clerk(nil, options)
  end

  it("gets the whole request, without the credential", function()
    local seen
    local c = through(function(request)
      seen = request
      return { status = 200, headers = { ["X-From"] = "memory" }, body = invitation }
    end)
    local value, err, meta = create(c, { headers = { ["X-Mine"] = "yes" }, timeout = 3 })
    assert.equal("inv_1", value.id)
    assert.is_nil(err)
    assert.equal("memory", meta.headers["x-from"])
    assert.equal(1, meta.attempts)
    assert.equal("POST", seen.method)
    assert.equal(server.url .. "/invitations", seen.url)
    assert.equal('{"email_address":"ada@example.com"}', seen.body)
    assert.equal("yes", seen.headers["X-Mine"])
    assert.equal("application/json", seen.headers["Content-Type"])
    assert.truthy(seen.timeout > 2 and seen.timeout <= 3)
    for _, text in pairs(seen.headers) do assert.is_nil(text:find(secret, 1, true)) end
  end)

  it("may answer with any status, and is asked again as the network would be", function()
    local count = 0
    local c = through(function()
      count = count + 1
      if count < 3 then
        return { status = 429, headers = { ["retry-after"] = "0" }, body = "{}" }
      end
      return { status = 200, body = invitation }
    end, { retries = 2 })
    local _, _, meta = create(c)
    assert.equal(3, meta.attempts)
    local _, err = create(through(function() return { status = 404 } end))
    assert.equal(404, err.status)
    assert.equal("not found", err.message)
  end)

  it("may fail, and then nobody knows what happened unless it says so", function()
    local _, err = create(through(function() return nil end))
    assert.equal("network", err.kind)
    assert.equal("unknown", err.outcome)
    _, err = create(through(function() return nil, "the cable is out" end))
    assert.equal("the cable is out", err.message)
    _, err = create(through(function()
      return nil, { kind = "timeout", message = "too slow", sent = false }
    end))
    assert.equal("timeout", err.kind)
    assert.equal("not_sent", err.outcome)
    _, err = create(through(function() return nil, { kind = "connect" } end))
    assert.equal("unknown", err.outcome)
  end)

  it("keeps to max_response_bytes", function()
    local _, err = create(through(function() return { status = 200, body = ("x"):rep(101) } end,
      { max_response_bytes = 100 }))
    assert.equal("too_large", err.kind)
    assert.equal(200, err.status)
  end)

  it("may pass requests on, and see answers and failures", function()
    server:play { always(answer(200, invitation, "X-N: 1\r\n")) }
    local log = {}
    local c = through(function(request)
      local response, err = convoke.transport.send(request)
      log[#log + 1] = response and response.status .. response.headers["x-n"] .. response.body
        or err.kind
      return response, err
    end)
    local value, _, meta = create(c)
    assert.equal("inv_1", value.id)
    assert.equal("1", meta.headers["X-N"])
    assert.same({ "2001" .. invitation }, log)
    local head = server:requests()[1].head
    assert.truthy(head:find("Authorization: Bearer " .. secret, 1, true))
    server:play { { { "receive" } } }
    local _, err = create(c)
    assert.equal("network", err.kind)
    assert.equal("unknown", err.outcome)
    assert.equal("network", log[2])
  end)

  it("may change an answer that it passed on", function()
    server:play { always(answer(500, "{}")) }
    local c = through(function(request)
      assert.equal(500, convoke.transport.send(request).status)
      return { status = 200, body = invitation }
    end)
    assert.equal("inv_1", create(c).id)
  end)

  it("may make calls of its own", function()
    server:play { always(answer(200, invitation)) }
    local inner = clerk()
    local c = through(function() return { status = 200,
      body = ('{"id":"%s"}'):format(create(inner).id .. "!") } end)
    assert.equal("inv_1!", create(c).id)
  end)

  it("cannot pass on a request that no client made", function()
    for _, request in ipairs { {}, { method = "GET", url = server.url } } do
      local ok, err = pcall(convoke.transport.send, request)
      assert.is_false(ok)
      assert.truthy(err:find("not a request made by a client", 1, true))
    end
    local kept
    create(through(function(request)
      kept = request
      return { status = 200, body = "{}" }
    end))
    assert.is_false((pcall(convoke.transport.send, kept)))
  end)
end)
