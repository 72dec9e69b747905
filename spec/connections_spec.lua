-- Connections that are kept, and what is sent over them.

local any_answer = require("spec.support.answers").any
local convoke = require "convoke"
local lfs = require "lfs"
local native = require "spec.support.native"
local raw_server = require "spec.support.raw_server"
local socket = require "socket"

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

-- The rise of the counters while f(...) runs.
local function counted(f, ...)
  local before, rise = convoke.stats(), {}
  f(...)
  for name, value in pairs(convoke.stats()) do rise[name] = value - before[name] end
  return rise
end

local function run(text) return native.run(server.url, text) end

-- Descriptors of this process: number -> what it is, for those that match.
local function descriptors(pattern)
  local found, count = {}, 0
  for name in lfs.dir "/proc/self/fd" do
    local target = lfs.symlinkattributes("/proc/self/fd/" .. name, "target")
    if target and target:match(pattern) then
      found[tonumber(name)] = target
      count = count + 1
    end
  end
  return found, count
end

describe("connections", function()
  it("are kept and used again, by all clients of the state", function()
    local c = clerk { always(answer(200, invitation)) }
    local rise = counted(function()
      for _ = 1, 10 do assert(create(c)) end
      for _ = 1, 10 do assert(create(clerk(nil, { secret_key = "sk_test_another" }))) end
    end)
    assert.equal(20, rise.started)
    assert.equal(20, rise.finished)
    assert.equal(1, rise.connections_opened)
    assert.equal(19, rise.connections_reused)
    assert.equal(0, rise.failed)
    assert.equal(0, convoke.stats().in_flight)
    assert.equal(1, server:connections())
    assert.truthy(rise.bytes_sent > 0 and rise.bytes_received >= 20 * #invitation)
  end)

  it("that the server closed between calls are opened anew", function()
    local c = clerk { { { "receive" }, { "send", answer(200, invitation) } } }
    for i = 1, 5 do
      local value, err, meta = create(c)
      assert(value, tostring(err))
      assert.equal(1, meta.attempts)
      assert.equal(i, server:connections())
      socket.sleep(0.01)
    end
    assert.equal(5, #server:requests())
  end)

  it("that were reset between calls are opened anew, however often", function()
    local c = clerk { { { "receive" }, { "send", answer(200, invitation) }, { "reset" } } }
    for i = 1, 20 do
      assert.equal("inv_1", assert(create(c)).id)
      assert.equal(i, server:connections())
      server:wait_for_end()
    end
  end)

  it("that the server does not want to keep are not used again", function()
    local c = clerk { always(answer(200, invitation, "Connection: close\r\n")) }
    for _ = 1, 3 do assert(create(c)) end
    assert.equal(3, server:connections())
  end)

  it("on which an answer contradicts itself about its length are not trusted", function()
    for _, lines in ipairs { "Content-Length: 11\r\nContent-Length: 10",
        "Content-Length: 10\r\nContent-Length: 11", "Content-Length: 11x",
        "Content-Length: +11", "Content-Length: 99999999999999999999", "Content-Length:" } do
      local text = "HTTP/1.1 200 OK\r\n" .. lines .. '\r\n\r\n{"id":"x"} '
      local c = clerk { { { "receive" }, { "send", text } }, always(answer(200, invitation)) }
      local value, err = create(c)
      assert.is_nil(value, lines)
      assert.equal("network", err.kind)
      assert.equal("unknown", err.outcome)
      assert.equal("inv_1", create(c).id)
    end
    local same = "Content-Length: 010\r\ncontent-length:10 "
    local text = "HTTP/1.1 200 OK\r\n" .. same .. '\r\n\r\n{"id":"x"}'
    assert.equal("x", create(clerk { always(text) }).id)
  end)

  it("that die with a create on them do not make it happen twice", function()
    for _, ending in ipairs { { "close" }, { "reset" } } do
      local script = { { "receive" }, { "send", answer(200, invitation) }, { "receive" } }
      if ending[1] == "reset" then script[4] = ending end
      local c = clerk({ script, always(answer(200, invitation)) }, { retries = 5 })
      assert(create(c))
      local value, err = create(c)
      assert.is_nil(value)
      assert.equal("network", err.kind)
      assert.equal("unknown", err.outcome)
      assert.equal(1, err.attempts)
      assert.equal(2, #server:requests())
    end
  end)

  it("that die before a create is whole on them do not make it happen twice", function()
    local c = clerk({ { { "receive" }, { "send", answer(200, invitation) }, { "receive", 1 },
      { "reset" } }, always(answer(200, invitation)) }, { retries = 5 })
    assert(create(c))
    local value, err = create(c)
    assert.is_nil(value)
    assert.equal("unknown", err.outcome)
    assert.equal(1, #server:requests())
  end)

  it("of unsafe calls that change something are never doubled, whichever API", function()
    local kept = { { "receive" }, { "send", answer(200, "{}") }, { "receive" } }
    local clients = {
      cvat = { convoke.cvat { url = server.url, token = "0123456789", retries = 3 },
        function(c) return c.invitations:update "key" end },
      gencove = { convoke.gencove { url = server.url, api_key = "0123456789", retries = 3 },
        function(c) return c.invitations:accept "token" end },
      edgegap = { convoke.edgegap { url = server.url, token = "0123456789", retries = 3 },
        function(c) return c.sessions:create { app_name = "game" } end },
      convex = { convoke.convex { url = server.url, retries = 3 },
        function(c) return c:mutation "a:b" end },
    }
    for api, pair in pairs(clients) do
      server:play { kept, always(answer(200, "{}")) }
      pair[2](pair[1])
      local value, err = pair[2](pair[1])
      assert.is_nil(value, api)
      assert.equal("unknown", err.outcome)
      assert.equal(2, #server:requests(), api)
    end
  end)

  it("that timed out are not used again: no call reads another's answer", function()
    local c = clerk { { { "receive" }, { "sleep", 0.25 }, { "send", answer(200, '{"id":"old"}') },
      { "hold" } }, always(answer(200, '{"id":"new"}')) }
    local value, err = create(c, { timeout = 0.1 })
    assert.is_nil(value)
    assert.equal("timeout", err.kind)
    for _ = 1, 6 do
      assert.equal("new", create(c).id)
      socket.sleep(0.05)
    end
    assert.equal(2, server:connections())
  end)

  it("with more on them than was asked for are not trusted", function()
    local c = clerk { { { "receive" }, { "send", answer(200, '{"id":"first"}')
      .. answer(200, '{"id":"stray"}') }, { "hold" } }, always(answer(200, '{"id":"second"}')) }
    assert.equal("first", create(c).id)
    assert.equal("second", create(c).id)
  end)

  it("are not left behind by failures", function()
    local scripts = { { { "receive" } }, { { "receive" }, { "reset" } }, {}, { { "receive" },
      { "send", "rubbish" } }, { { "receive" }, { "send", answer(200, "{}"):sub(1, -2) } },
      { { "receive" }, { "hold" } }, { { "receive" }, { "send", answer(302, "") }, { "hold" } } }
    local c = clerk(scripts)
    create(c)
    collectgarbage()
    collectgarbage()
    local _, before = descriptors "."
    for _ = 1, 5 do
      for _, script in ipairs(scripts) do
        server:play { script }
        create(c, { timeout = 0.02 })
      end
    end
    c:close()
    local _, after = descriptors "."
    assert.truthy(after <= before + 4, ("%d, then %d"):format(before, after))
  end)

  it("are not handed down to programs that are started", function()
    server:play { always(answer(200, invitation)) }
    local output = run [[
      local convoke = require "convoke"
      local c = convoke.clerk { url = url, secret_key = "sk_test_1234567890" }
      assert(c.invitations:create { email_address = "ada@example.com" })
      local function list(process)
        local pipe = io.popen("ls -l /proc/" .. process .. "/fd")
        local listing = pipe:read "*a"
        pipe:close()
        return listing
      end
      local own, handed_down = list "$PPID", list "self"
      local port, connections, inherited = ("%04X"):format(url:match "%d+$"), 0, 0
      for line in io.lines "/proc/net/tcp" do
        local words = {}
        for word in line:gmatch "%S+" do words[#words + 1] = word end
        if words[3]:match ":(%x+)$" == port and words[4] == "01" then
          local one = "socket:[" .. words[10] .. "]"
          if own:find(one, 1, true) then connections = connections + 1 end
          if handed_down:find(one, 1, true) then inherited = inherited + 1 end
        end
      end
      print(connections, inherited)
    ]]
    assert.equal("1\t0\nexit 0\n", output)
  end)
end)

describe("requests", function()
  it("with PUT, PATCH and DELETE carry their bodies, and others none", function()
    server:play { always(answer(200, any_answer)) }
    local edgegap = convoke.edgegap { url = server.url, token = "0123456789" }
    assert(edgegap.sessions:add_users("s", { ip_list = { "192.0.2.1" } }))
    assert(edgegap.sessions:remove_users("s", { ip_list = { "192.0.2.1" } }))
    assert(edgegap.sessions:users "s")
    assert(edgegap.sessions:delete "s")
    assert(convoke.gencove({ url = server.url, api_key = "0123456789" }).invitations:accept "t")
    assert(clerk().invitations:revoke "inv_1")
    local seen = {}
    for i, request in ipairs(server:requests()) do
      seen[i] = request.head:match "^%S+ %S+" .. " " .. request.body
      local size = request.head:match "\nContent%-Length: (%d+)"
      local has_type = request.head:find("\nContent-Type: application/json", 1, true) ~= nil
      assert.equal(request.body ~= "", has_type)
      assert.equal(#request.body, tonumber(size or 0))
      assert.is_nil(request.head:find("Expect", 1, true))
      assert.is_nil(request.head:find("Transfer-Encoding", 1, true))
    end
    assert.same({
      'PUT /v1/session/s/users {"ip_list":["192.0.2.1"]}',
      'DELETE /v1/session/s/users {"ip_list":["192.0.2.1"]}',
      "GET /v1/session/s/users ",
      "DELETE /v1/session/s ",
      "PATCH /invitations-token/t {}",
      "POST /invitations/inv_1/revoke ",
    }, seen)
  end)

  it("of megabytes arrive whole", function()
    local c = clerk { always(answer(200, invitation)) }
    local text = ("0123456789abcdef"):rep(200000)
    assert(c.invitations:create { email_address = "a@example.com",
      public_metadata = { text = text } })
    local request = server:requests()[1]
    assert.truthy(request.body:find(text, 1, true))
    assert.truthy(#request.body < #text + 100)
  end)

  it("that are answered before they are whole do not confuse the next", function()
    local refusal = answer(413, "{}", "Connection: close\r\n")
    local c = clerk { { { "receive", 100 }, { "send", refusal } }, always(answer(200, invitation)) }
    local _, err = c.invitations:create { email_address = "a@example.com",
      public_metadata = { text = ("x"):rep(3000000) } }
    assert.truthy(err.status == 413 or err.outcome == "unknown", tostring(err))
    assert(create(c))
  end)
end)
