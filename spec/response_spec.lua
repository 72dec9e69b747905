-- Answers of all kinds that HTTP knows, and their limits.

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

-- Without looking for what a lost answer has left behind: that is lookup_spec's matter.
local function create(c, options)
  options = options or {}
  options.reconcile = false
  return c.invitations:create({ email_address = "ada@example.com" }, options)
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

local function gzip(command)
  local pipe = assert(io.popen(command .. " | gzip -9", "r"))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

describe("the third value of a success", function()
  it("tells status, attempts, time and request id", function()
    local c = clerk { always(answer(200, invitation, "Clerk-Trace-Id: t-1\r\nCF-Ray: r-1\r\n")) }
    local value, err, meta = create(c)
    assert.equal("inv_1", value.id)
    assert.is_nil(err)
    assert.equal(200, meta.status)
    assert.equal(1, meta.attempts)
    assert.equal("t-1", meta.request_id)
    within(0, meta.elapsed, 1)
    assert.is_nil(meta.log_lines)
  end)

  if _VERSION ~= "Lua 5.1" then
    it("shows just that when one looks what is in it", function()
      local c = clerk { always(answer(200, invitation, "Clerk-Trace-Id: t-1\r\n")) }
      local _, _, meta = create(c)
      local shown = {}
      for name, value in pairs(meta) do shown[name] = type(value) end
      assert.same({ status = "number", attempts = "number", elapsed = "number",
        request_id = "string", headers = "table" }, shown)
    end)
  end

  it("has the headers, looked up in any case, repeated ones joined", function()
    local c = clerk { always(answer(200, invitation, "X-Thing:  one \r\nx-thing:two\r\nX-Empty:\r\n"
      .. ": nameless\r\n")) }
    local _, _, meta = create(c)
    for _, name in ipairs { "x-thing", "X-Thing", "X-THING" } do
      assert.equal("one, two", meta.headers[name])
    end
    assert.equal("", meta.headers["X-Empty"])
    assert.equal("application/json", meta.headers["Content-Type"])
    assert.is_nil(meta.headers["X-Absent"])
    assert.is_nil(meta.headers["X-Thin"])
    assert.is_nil(meta.headers["X-Things"])
    assert.is_nil(meta.headers[1])
    assert.equal(meta.headers, meta.headers)
  end)

  it("has the headers of this call after another one was made", function()
    local c = clerk { { { "receive" }, { "send", answer(200, invitation, "X-N: 1\r\n") },
      { "receive" }, { "send", answer(200, invitation, "X-N: 2\r\n") } } }
    local _, _, first = create(c)
    local _, _, second = create(c)
    c:close()
    collectgarbage()
    assert.equal("2", second.headers["x-n"])
    assert.equal("1", first.headers["x-n"])
  end)
end)

describe("an answer", function()
  local ok = "HTTP/1.1 200 OK\r\n"

  it("may come in every way that HTTP knows", function()
    for what, text in pairs {
      ["HTTP/1.0 until the end"] = "HTTP/1.0 200 OK\r\n\r\n" .. invitation,
      ["until the end"] = ok .. "Connection: close\r\n\r\n" .. invitation,
      ["without a reason"] = "HTTP/1.1 200\r\nContent-Length: " .. #invitation .. "\r\n\r\n"
        .. invitation,
      ["chunks and a trailer"] = ok .. "Transfer-Encoding: chunked\r\n\r\n5;note=x\r\n"
        .. invitation:sub(1, 5) .. "\r\n" .. ("%x"):format(#invitation - 5) .. "\r\n"
        .. invitation:sub(6) .. "\r\n0\r\nX-After: yes\r\n\r\n",
      ["bare line feeds"] = "HTTP/1.1 200 OK\nContent-Length: " .. #invitation .. "\n\n"
        .. invitation,
      ["interim answers"] = "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
        .. "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" .. answer(200, invitation),
      ["another media type"] = ok .. "Content-Type: text/plain\r\nContent-Length: " .. #invitation
        .. "\r\n\r\n" .. invitation,
    } do
      local value, err, meta = create(clerk { { { "receive" }, { "send", text } } })
      assert(value, what .. ": " .. tostring(err))
      assert.equal("inv_1", value.id)
      assert.equal("1732060800000", tostring(value.created_at):gsub("%.0$", ""), nil)
      assert.equal(200, meta.status)
      assert.is_nil(meta.headers["X-Early"])
    end
  end)

  it("may be compressed", function()
    local packed = gzip("printf '%s' '" .. invitation .. "'")
    local text = ok .. "Content-Encoding: gzip\r\nContent-Length: " .. #packed .. "\r\n\r\n"
      .. packed
    assert.equal("inv_1", assert(create(clerk { { { "receive" }, { "send", text } } })).id)
  end)

  it("compressed and cut is no success", function()
    local packed = gzip("printf '%s' '" .. invitation .. "'")
    for size = 0, #packed - 12 do
      local part = packed:sub(1, size)
      local text = ok .. "Content-Encoding: gzip\r\nContent-Length: " .. #part .. "\r\n\r\n" .. part
      local value, err = create(clerk { { { "receive" }, { "send", text } } })
      assert.is_nil(value, size)
      assert.truthy(err.kind == "decode" or err.kind == "network", tostring(err))
      check(err, { outcome = "unknown" })
    end
  end)

  it("cut at any byte is no success", function()
    local whole = answer(200, invitation)
    local c = clerk()
    local interim = "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"
    whole = interim .. whole
    for size = 0, #whole - 1 do
      server:play { { { "receive" }, { "send", whole:sub(1, size) } } }
      local value, err = create(c)
      assert.is_nil(value, size)
      check(err, { kind = "network", outcome = "unknown", attempts = 1 })
    end
  end)
end)

describe("redirects", function()
  local other
  setup(function() other = raw_server.start() end)
  teardown(function() other:stop() end)

  it("are not followed and show the credential to nobody", function()
    for _, status in ipairs { 300, 301, 302, 303, 305, 307, 308 } do
      for _, target in ipairs { other.url .. "/invitations", server.url .. "/elsewhere",
          "/elsewhere", "//127.0.0.1:" .. other.port .. "/", "file:///etc/passwd" } do
        other:play { always(answer(200, invitation)) }
        local c = clerk({ always(answer(status, "", "Location: " .. target .. "\r\n")) },
          { retries = 2 })
        local value, err = create(c)
        assert.is_nil(value)
        check(err, { kind = "http", status = status, outcome = "unknown", attempts = 1 })
        assert.equal(1, #server:requests())
        assert.equal(0, other:connections())
      end
    end
  end)
end)

describe("max_response_bytes", function()
  local list = "[" .. ("1,"):rep(499) .. "1]" -- 1001 bytes
  local function get(scripts, most)
    local c = clerk(scripts, { max_response_bytes = most })
    return c.invitations:list {}
  end

  it("lets answers of that size through and stops larger ones", function()
    local script = always(answer(200, list))
    assert(get({ script }, #list))
    local value, err = get({ script }, #list - 1)
    assert.is_nil(value)
    check(err, { kind = "too_large", status = 200, outcome = "unknown", attempts = 1 })
    assert.truthy(tostring(err):find("max_response_bytes", 1, true))
    check(select(2, get({ script }, 1)), { kind = "too_large" })
  end)

  it("stops answers without end", function()
    local endless = { { "receive" }, { "send", "HTTP/1.1 200 OK\r\n\r\n" },
      { "send", (" "):rep(65536), 1000 } }
    local seconds, value, err = timed(get, { endless }, 1000000)
    assert.is_nil(value)
    check(err, { kind = "too_large" })
    within(0, seconds, 1)
    endless = { { "receive" }, { "send", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" },
      { "send", "10000\r\n" .. (" "):rep(65536) .. "\r\n", 1000 } }
    check(select(2, get({ endless }, 1000000)), { kind = "too_large" })
  end)

  it("counts what comes out of a compressed answer", function()
    local bomb = gzip "head -c 20000000 /dev/zero"
    assert.truthy(#bomb < 30000)
    local text = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " .. #bomb
      .. "\r\n\r\n" .. bomb
    collectgarbage()
    local before = collectgarbage "count"
    local value, err = get({ { { "receive" }, { "send", text } } }, 100000)
    assert.is_nil(value)
    check(err, { kind = "too_large", outcome = "unknown" })
    assert.truthy(collectgarbage "count" - before < 2000)
  end)

  it("holds for refusals, too", function()
    local _, err = get({ always(answer(404, list)) }, 1000)
    check(err, { kind = "too_large", status = 404 })
  end)

  it("does not harm the next call", function()
    local c = clerk({ always(answer(200, list)) }, { max_response_bytes = 1000 })
    check(select(2, c.invitations:list {}), { kind = "too_large" })
    server:play { always(answer(200, "[]")) }
    assert.same({}, c.invitations:list {})
  end)
end)

describe("headers", function()
  it("may be many", function() -- libcurl takes 5,000 since 8.14
    local lines = {}
    for i = 1, 4900 do lines[i] = ("X-%d: %d\r\n"):format(i, i) end
    local _, err, meta = create(clerk { always(answer(200, invitation, table.concat(lines))) })
    assert.is_nil(err)
    assert.equal("4900", meta.headers["x-4900"])
  end)

  it("that are too many or too long end the call as too_large", function()
    for _, headers in ipairs { ("X-Long: " .. ("x"):rep(1000) .. "\r\n"):rep(300),
        "X-Long: " .. ("x"):rep(150000) .. "\r\n", "X-Long: " .. ("x"):rep(1000000) .. "\r\n" } do
      local text = answer(200, invitation, headers)
      local value, err = create(clerk { { { "receive" }, { "send", text }, { "hold" } } })
      assert.is_nil(value)
      check(err, { kind = "too_large", outcome = "unknown", attempts = 1 })
      assert.truthy(tostring(err):find("headers", 1, true), tostring(err))
    end
  end)

  it("of interim answers without end end it, too", function()
    local flood = { { "receive" }, { "send", "HTTP/1.1 100 Continue\r\n\r\n", 200000 } }
    local seconds, value, err = timed(create, clerk { flood })
    assert.is_nil(value)
    check(err, { kind = "too_large", outcome = "unknown" })
    within(0, seconds, 1)
  end)
end)
