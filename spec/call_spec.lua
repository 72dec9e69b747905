-- The life of a call: deadline, tries, failures, misuse.

local convoke = require "convoke"
local limit = require "spec.support.limit"
local raw_server = require "spec.support.raw_server"
local socket = require "socket"

local answer, always = raw_server.answer, raw_server.always
local invitation = '{"id":"inv_1","object":"invitation","created_at":1732060800000}'

local server
setup(function() server = raw_server.start() end)
teardown(function() server:stop() end)

-- A client of the raw server, which plays these scripts.
local function clerk(scripts, more)
  if scripts then server:play(scripts) end
  local options = { url = server.url, secret_key = "sk_test_1234567890", retries = 0, timeout = 5 }
  for name, value in pairs(more or {}) do options[name] = value end
  return convoke.clerk(options)
end

local function convex(scripts, more)
  server:play(scripts)
  local options = { url = server.url, retries = 0, timeout = 5 }
  for name, value in pairs(more or {}) do options[name] = value end
  return convoke.convex(options)
end

-- Without looking for what a lost answer has left behind: that is lookup_spec's matter.
local function create(c, options)
  options = options or {}
  options.reconcile = false
  return c.invitations:create({ email_address = "ada@example.com" }, options)
end

local function create_session(c, options)
  return c.sessions:create({ questionId = "q", agentThreadId = "t", assistantId = "a",
    functionName = "f", inputParameters = {} }, options)
end

-- Compares the named members of an error; "none" stands for nil.
local function check(err, expected)
  assert.is_table(err)
  for name, value in pairs(expected) do
    if value == "none" then
      assert.is_nil(err[name], name .. " of " .. tostring(err))
    else
      assert.same(value, err[name], name .. " of " .. tostring(err))
    end
  end
end

-- Calls f(...) and returns the seconds it took and its results.
local function timed(f, ...)
  local start = socket.gettime()
  local value, err, meta = f(...)
  return socket.gettime() - start, value, err, meta
end

local function within(least, seconds, most)
  assert.truthy(seconds >= least and seconds <= limit(most),
    ("%.3f s, not between %.3f and %.3f"):format(seconds, least, most))
end

-- An address where nobody listens.
local function refusing_address()
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  listener:close()
  return "http://127.0.0.1:" .. port
end

describe("a deadline", function()
  it("ends a call that nobody answers", function()
    local c = clerk({ { { "receive" }, { "hold" } } }, { timeout = 0.2, retries = 5 })
    local seconds, value, err = timed(create, c)
    within(0.19, seconds, 0.6)
    assert.is_nil(value)
    check(err, { kind = "timeout", outcome = "unknown", attempts = 1, status = "none" })
    assert.equal("the deadline passed before an answer came (0.2 s)", err.message)
    within(0.19, err.elapsed, 0.6)
    assert.equal(1, #server:requests())
  end)

  it("is for the whole answer, however it trickles", function()
    local c = clerk({ { { "receive" }, { "trickle", answer(200, invitation), 0.01 } } },
      { timeout = 0.3 })
    local seconds, _, err = timed(create, c)
    within(0.29, seconds, 0.7)
    check(err, { kind = "timeout", outcome = "unknown" })
  end)

  it("leaves time for an answer that comes byte by byte", function()
    local c = clerk { { { "receive" }, { "trickle", answer(200, invitation), 0.0005 } } }
    assert.equal("inv_1", assert(create(c)).id)
  end)

  it("is over all tries and pauses", function()
    local c = clerk({ { { "receive" } } }, { timeout = 0.6, retries = 50 })
    local seconds, _, err = timed(c.invitations.list, c.invitations, {})
    within(0, seconds, 0.9)
    check(err, { kind = "network" })
    assert.truthy(err.attempts <= 3)
  end)

  it("may be set for one call", function()
    local c = clerk { { { "receive" }, { "hold" } } }
    local seconds, _, err = timed(create, c, { timeout = 0.1 })
    within(0.09, seconds, 0.5)
    check(err, { kind = "timeout" })
    seconds, _, err = timed(create, c, { deadline = convoke.now() + 0.15 })
    within(0.13, seconds, 0.5)
    check(err, { kind = "timeout" })
    seconds = timed(create, c, { deadline = convoke.now() + 100, timeout = 0.1 })
    within(0.09, seconds, 0.5)
  end)

  it("is over looking for what a lost answer has left, too", function()
    local c = clerk({ { { "receive" } }, { { "receive" }, { "hold" } } },
      { retries = 2, timeout = 30 })
    local value, err = c.invitations:create({ email_address = "ada@example.com" },
      { timeout = 1 })
    assert.is_nil(value)
    assert.equal("unknown", err.outcome)
    within(0.9, err.elapsed, 1.8)
    assert.equal(2, #server:requests())
  end)

  it("that has passed sends nothing", function()
    local c = clerk({ always(answer(200, invitation)) }, { retries = 3 })
    local _, err = create(c, { deadline = convoke.now() })
    check(err, { kind = "timeout", outcome = "not_sent", attempts = 0 })
    _, err = create(c, { deadline = 0 })
    check(err, { kind = "timeout", outcome = "not_sent", attempts = 0 })
    assert.equal(0, server:connections())
  end)

  it("may be tiny or enormous", function()
    local c = clerk({ always(answer(200, invitation)) })
    for _, timeout in ipairs { 1e-9, 0.0005 } do
      local _, err = create(c, { timeout = timeout })
      if err then check(err, { kind = "timeout" }) end
    end
    for _, timeout in ipairs { 1e6, 1e9, 1e15, 1e300 } do
      assert(create(c, { timeout = timeout }))
      assert(create(clerk(nil, { connect_timeout = timeout, timeout = timeout })))
    end
    assert(create(clerk(nil, { connect_timeout = 1e-3 })))
  end)

  it("for connecting ends before that of the call, with nothing sent", function()
    local url, release = raw_server.silent_address()
    finally(release)
    local c = clerk(nil, { url = url, connect_timeout = 0.2 })
    local seconds, _, err = timed(create, c)
    within(0.15, seconds, 0.8)
    check(err, { kind = "timeout", outcome = "not_sent", attempts = 1 })
  end)

  it("of the call ends connecting, too", function()
    local url, release = raw_server.silent_address()
    finally(release)
    local seconds, _, err = timed(create, clerk(nil, { url = url, timeout = 0.2 }))
    within(0.19, seconds, 0.6)
    check(err, { kind = "timeout", outcome = "not_sent" })
  end)
end)

-- The same answer to every request, with a request to come back at once.
local function passing(status, body)
  return { always(answer(status, body or "{}", "Retry-After: 0\r\n")) }
end

describe("a second try", function()
  it("is made where the answer says that it may help", function()
    local function tries(call, ...)
      call(...)
      return #server:requests()
    end
    local function revoke(c) return c.invitations:revoke "inv_1" end
    local twice = { retries = 1 }
    -- status -> tries of a create, and of an idempotent operation
    for status, expected in pairs { [400] = { 1, 1 }, [401] = { 1, 1 }, [404] = { 1, 1 },
        [408] = { 1, 2 }, [409] = { 1, 1 }, [422] = { 1, 1 }, [429] = { 2, 2 }, [500] = { 1, 2 },
        [501] = { 1, 1 }, [502] = { 1, 2 }, [503] = { 1, 2 }, [504] = { 1, 2 },
        [302] = { 1, 1 } } do
      assert.equal(expected[1], tries(create, clerk(passing(status), twice)), status .. " create")
      assert.equal(expected[2], tries(revoke, clerk(passing(status), twice)), status .. " revoke")
    end
    assert.equal(1, tries(revoke, clerk(passing(200, "<html>"), twice)))
    assert.equal(2, tries(create_session, convex(passing(503,
      '{"code":"OptimisticConcurrencyControlFailure","message":"x"}'), twice)))
    assert.equal(1, tries(create_session, convex(passing(503, '{"code":"Busy"}'), twice)))
  end)

  it("is made at most `retries` times, and counted", function()
    for retries = 0, 3 do
      local c = clerk(passing(429, '{"errors":[]}'), { retries = retries })
      local _, err = create(c)
      check(err, { kind = "http", status = 429, attempts = retries + 1, outcome = "refused" })
      assert.equal(retries + 1, #server:requests())
    end
    local c = clerk(passing(429), { retries = 3 })
    local _, err = create(c, { retries = 1 })
    check(err, { attempts = 2 })
    c = convoke.clerk { url = server.url, secret_key = "sk_test_1234567890" }
    server:play(passing(429))
    _, err = create(c)
    check(err, { attempts = 3 })
  end)

  it("may bring what the first one did not", function()
    local c = clerk({ { { "receive" }, { "send", answer(429, "{}", "Retry-After: 0\r\n") },
      { "receive" }, { "send", answer(200, invitation) } } }, { retries = 2 })
    local value, err, meta = create(c)
    assert.equal("inv_1", value.id)
    assert.is_nil(err)
    assert.equal(2, meta.attempts)
    local requests = server:requests()
    assert.equal(requests[1].body, requests[2].body)
    assert.equal(requests[1].head, requests[2].head)
  end)

  it("comes after a pause of up to half a second, which may be half of that by chance", function()
    local c = clerk({ { { "receive" } }, always(answer(200, "[]")) }, { retries = 2 })
    local seconds, value, _, meta = timed(c.invitations.list, c.invitations, {})
    assert.same({}, value)
    assert.equal(2, meta.attempts)
    within(0.24, seconds, 0.7)
    within(0.24, meta.elapsed, 0.7)
  end)

  it("comes when the server asked for it", function()
    local c = clerk({ { { "receive" }, { "send", answer(429, "{}", "Retry-After: 1\r\n") },
      { "receive" }, { "send", answer(200, invitation) } } }, { retries = 1 })
    local seconds, value, _, meta = timed(create, c)
    assert.equal("inv_1", value.id)
    assert.equal(2, meta.attempts)
    within(0.99, seconds, 1.4)
  end)

  it("does not come to grief by a listing that cannot be read", function()
    for _, listing in ipairs { "null", "[7]", "[null]", "[[]]", '{"data":null}', '{"errors":[]}',
        '[{"id":null,"email_address":7,"created_at":"x"}]' } do
      local c = clerk { { { "receive" }, { "send", answer(200, "<html>") }, { "receive" },
        { "send", answer(200, listing) }, { "again" } } }
      local value, err = c.invitations:create({ email_address = "a@example.com" }, { timeout = 1 })
      assert.is_nil(value, listing)
      check(err, { kind = "decode", outcome = "unknown", attempts = 1 })
    end
  end)

  it("is left to the caller where the server's wish does not fit the deadline", function()
    for _, wish in ipairs { 6, 3600, 999999999 } do
      local c = clerk({ always(answer(429, "{}", "Retry-After: " .. wish .. "\r\n")) },
        { retries = 2, timeout = 5 })
      local seconds, _, err = timed(create, c)
      within(0, seconds, 0.5)
      check(err, { status = 429, retry_after = wish, attempts = 1, outcome = "refused" })
      assert.equal(1, #server:requests())
    end
  end)

  it("is made for anything that could not be sent", function()
    local c = clerk(nil, { url = refusing_address(), retries = 1 })
    local seconds, _, err = timed(create, c)
    check(err, { kind = "connect", outcome = "not_sent", attempts = 2, status = "none" })
    within(0.24, seconds, 0.8)
  end)

  it("is never made for a create that may have arrived", function()
    local scripts = {
      ["closed after the request"] = { { "receive" } },
      ["reset after the request"] = { { "receive" }, { "reset" } },
      ["cut in the head"] = { { "receive" }, { "send", "HTTP/1.1 200 OK\r\nContent-" } },
      ["cut in the body"] = { { "receive" }, { "send", answer(200, invitation):sub(1, -9) } },
      ["no HTTP"] = { { "receive" }, { "send", "SSH-2.0-OpenSSH_9.2\r\n" } },
    }
    for what, script in pairs(scripts) do
      local seconds, _, err = timed(create, clerk({ script }, { retries = 5 }))
      assert.equal(1, #server:requests(), what)
      check(err, { kind = "network", outcome = "unknown", attempts = 1 })
      within(0, seconds, 0.2)
    end
  end)

  it("does not make an earlier unknown outcome certain", function()
    local c = clerk({ { { "receive" } }, always(answer(404, "{}")) }, { retries = 2 })
    local _, err = c.invitations:revoke "inv_1"
    check(err, { status = 404, attempts = 2, outcome = "unknown" })
    c = clerk({ { { "receive" } }, always(answer(429, "{}", "Retry-After: 60\r\n")) },
      { retries = 2 })
    _, err = c.invitations:revoke "inv_1"
    check(err, { status = 429, attempts = 2, outcome = "unknown" })
    -- reading changes nothing, whatever became of it
    c = clerk({ { { "receive" } }, always(answer(404, "{}")) }, { retries = 2 })
    _, err = c.invitations:list {}
    check(err, { status = 404, attempts = 2, outcome = "refused" })
  end)
end)

describe("a credential from a function", function()
  local function renewed(scripts, source)
    return convex(scripts, { token = source })
  end
  local denied = answer(401, '{"code":"Unauthenticated","message":"expired"}')
  local granted = answer(200, '{"status":"success","value":"id-1"}')

  it("is asked again after a 401, and the call is repeated once", function()
    local asked = 0
    local c = renewed({ { { "receive" }, { "send", denied }, { "receive" }, { "send", granted } } },
      function()
        asked = asked + 1
        return "token-number-" .. asked
      end)
    local value, err, meta = create_session(c)
    assert.equal("id-1", value)
    assert.is_nil(err)
    assert.equal(2, meta.attempts)
    assert.equal(2, asked)
    local requests = server:requests()
    assert.truthy(requests[1].head:find("Authorization: Bearer token-number-1\n", 1, true))
    assert.truthy(requests[2].head:find("Authorization: Bearer token-number-2\n", 1, true))
    assert.is_nil(requests[2].head:find("token-number-1", 1, true))
  end)

  it("is not asked a third time", function()
    local asked = 0
    local c = renewed({ always(denied) }, function()
      asked = asked + 1
      return "token-number-" .. asked
    end)
    local _, err = create_session(c, { retries = 5 })
    check(err, { kind = "http", status = 401, code = "Unauthenticated", attempts = 2 })
    assert.equal(2, #server:requests())
    assert.equal(2, asked)
  end)

  it("that gives none keeps the call at home, and says why", function()
    for _, source in ipairs { function() return nil, "the vault is closed" end,
        function() error("the vault is closed", 0) end } do
      local c = renewed({ always(granted) }, source)
      local _, err = create_session(c)
      check(err, { kind = "invalid", outcome = "not_sent", attempts = 0 })
      assert.equal("token", err.fields[1].field)
      assert.truthy(tostring(err):find("the vault is closed", 1, true))
      assert.equal(0, #server:requests())
    end
  end)
end)

describe("a failure", function()
  it("of the name lookup is resolve, and nothing was sent", function()
    local c = clerk(nil, { url = "https://" .. ("x"):rep(70) .. ".example" })
    local _, err = create(c)
    check(err, { kind = "resolve", outcome = "not_sent", attempts = 1 })
  end)

  it("to connect is connect, and nothing was sent", function()
    local _, err = create(clerk(nil, { url = refusing_address() }))
    check(err, { kind = "connect", outcome = "not_sent", attempts = 1 })
  end)

  it("of TLS is tls, and nothing was sent", function()
    for _, script in ipairs { { { "receive", 1 }, { "send", answer(200, "{}") } },
        { { "receive", 5 } }, { { "receive", 5 }, { "reset" } },
        { { "receive", 1 }, { "send", "\21\3\1\0\2\2\40" } } } do
      server:play { script }
      local c = clerk(nil, { url = server.url:gsub("http", "https") })
      local _, err = create(c)
      check(err, { kind = "tls", outcome = "not_sent", attempts = 1 })
      assert.equal(0, #server:requests())
    end
  end)

  it("of a connection that ends at once is network", function()
    for _, script in ipairs { {}, { { "reset" } } } do
      local _, err = create(clerk { script })
      check(err, { attempts = 1, status = "none" })
      -- a reset may come before connect() has looked at its result
      assert.truthy(err.kind == "network" or err.kind == "connect", tostring(err))
      assert.truthy(err.outcome == "unknown" or err.outcome == "not_sent")
    end
  end)

  it("to say what HTTP demands is network or decode, with an unknown outcome", function()
    local ok = "HTTP/1.1 200 OK\r\n"
    for what, text in pairs {
      ["two lengths"] = ok .. "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
      ["a negative length"] = ok .. "Content-Length: -2\r\n\r\n{}",
      ["a length of letters"] = ok .. "Content-Length: two\r\n\r\n{}",
      ["a header without a colon"] = answer(200, invitation, "Weird header\r\n"),
      ["a length too great"] = ok .. "Content-Length: 999\r\n\r\n" .. invitation,
      ["a bad chunk"] = ok .. "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
      ["a chunk too great"] = ok .. "Transfer-Encoding: chunked\r\n\r\n"
        .. "fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
      ["chunks without end"] = ok .. "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
      ["an unknown encoding"] = ok .. "Content-Encoding: magic\r\nContent-Length: 2\r\n\r\n{}",
      ["gzip that is none"] = ok .. "Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!",
      ["HTTP/0.9"] = invitation,
      ["another protocol"] = "220 mail ESMTP\r\n",
      ["binary rubbish"] = ("\0\255\1\254"):rep(100),
    } do
      local value, err = create(clerk { { { "receive" }, { "send", text } } })
      assert.is_nil(value, what)
      assert.truthy(err.kind == "network" or err.kind == "decode", what .. ": " .. tostring(err))
      check(err, { outcome = "unknown", attempts = 1 })
      assert.is_nil(tostring(err):find "%c")
    end
  end)
end)

describe("misuse raises one error that names the place", function()
  local function raises(wanted, f, ...)
    local ok, message = pcall(f, ...)
    assert.is_false(ok)
    assert.is_string(message)
    assert.truthy(message:find(wanted, 1, true), message)
    assert.is_nil(message:find("\n", 1, true), message)
    assert.truthy(message:find("^[^:]*call_spec%.lua:%d+: "), message)
  end

  local function with_sockets(f)
    local c = clerk { always(answer(200, invitation)) }
    f(c)
    assert.equal(0, server:connections())
  end

  it("for wrong arguments", function()
    with_sockets(function(c)
      raises("params must be a table", function() c.invitations:create "ada@example.com" end)
      raises("params must be a table", function() c.invitations:list(7) end)
      raises("too many arguments", function() c.invitations:list({}, {}, {}) end)
      raises("too many arguments", function() c.invitations:revoke("a", {}, {}, {}) end)
      raises("options must be a table", function() c.invitations:list({}, 7) end)
      raises("params must be a table", function() c.invitations:each(7) end)
      raises("did you mean timeout", function() c.invitations:list({}, { timeot = 1 }) end)
      raises("did you mean timeout", function() c.invitations:each({}, { timeot = 1 }) end)
      raises("option timeout must be", function() c.invitations:list({}, { timeout = "1" }) end)
      for _, timeout in ipairs { 0, -1, math.huge, 0 / 0 } do
        raises("option timeout must be", function() c.invitations:list({},
          { timeout = timeout }) end)
      end
      raises("option retries must be", function() c.invitations:list({}, { retries = 1.5 }) end)
      raises("option headers must be", function() c.invitations:list({}, { headers = "x" }) end)
    end)
  end)

  it("for two organizations of one call", function()
    local c = convoke.cvat { url = server.url, token = "0123456789", org = "red" }
    raises("cannot be given together", function()
      c.invitations:list({}, { org = "blue", org_id = 7 })
    end)
  end)

  it("for names that are not there", function()
    with_sockets(function(c)
      raises("did you mean create", function() return c.invitations.creat end)
      raises("did you mean invitations", function() return c.invitation end)
      raises("did you mean create_invitation", function() c:call "create_invitatio" end)
      raises("has no operation nil", function() c:call() end)
      raises("did you mean secret_key", function() convoke.clerk { secret_kye = "x" } end)
      raises("options must be a table", function() convoke.clerk "sk" end)
    end)
  end)

  it("for a point where a colon belongs", function()
    with_sockets(function(c)
      raises("colon", function() c.invitations.create { email_address = "a@example.com" } end)
      raises("colon", function() c.invitations.each() end)
      raises("colon", function() c.close() end)
      raises("colon", function() c.call("create_invitation", {}) end)
    end)
  end)

  it("for a closed client", function()
    with_sockets(function(c)
      local resource, each = c.invitations, c.invitations:each()
      c:close()
      c:close()
      raises("closed", function() resource:list() end)
      raises("closed", function() c.invitations:each() end)
      raises("closed", function() c:call("create_invitation", {}) end)
      raises("closed", function() for _ in each do error "never" end end)
      assert.truthy(tostring(c):find("closed", 1, true))
    end)
  end)

  it("for a transport that brings no answer", function()
    local function through(send)
      local c = clerk(nil, { transport = { send = send } })
      return function() return create(c) end
    end
    assert.is_false((pcall(through(function() return {} end))))
    assert.is_false((pcall(through(function() return { status = "200" } end))))
    assert.is_false((pcall(through(function() return { status = 200, body = {} } end))))
    assert.is_false((pcall(through(function() error "broken" end))))
  end)
end)
