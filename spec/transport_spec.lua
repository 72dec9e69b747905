local any_answer = require("spec.support.answers").any
local convoke = require "convoke"
local core = require "convoke.core"
local lfs = require "lfs"
local limit = require "spec.support.limit"
local process = require "spec.support.process"
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

-- A process of its own ----------------------------------------------------------------------------

-- Runs Lua text with this process's paths; `url` is a global in it. Returns what it printed, ending
-- with its exit status.
local function run(text)
  local prelude = ("package.path, package.cpath = %q, %q; url = %q; ")
    :format(package.path, package.cpath, server.url)
  local name = os.tmpname()
  local file = assert(io.open(name, "w"))
  file:write(prelude, text)
  file:close()
  local pipe = assert(io.popen(("%s %s 2>&1; echo exit $?"):format(
    raw_server.quote(raw_server.interpreter()), name), "r"))
  local output = pipe:read "*a"
  pipe:close()
  os.remove(name)
  return output
end

-- For such a text: a native client and the Clerk operation to create an invitation.
local native_prelude = [[
  local function with_finalizer(f)
    if not newproxy then return setmetatable({}, { __gc = f }) end
    local object = newproxy(true)
    getmetatable(object).__gc = f
    return object
  end
  at_end = function() end
  first = with_finalizer(function() at_end() end) -- older than the engine, so it outlives it
  local core = require "convoke.core"
  require "convoke"
  local function new_client(max_in_flight)
    return core.client("clerk", { address = url, user_agent = "spec", connect_timeout = 5,
      max_response_bytes = 1000000, max_in_flight = max_in_flight or 0, http_version = 0,
      direct = true })
  end
  local function prepare(client)
    return assert(client:prepare(0, { email_address = "ada@example.com" }))
  end
  local function step_until(done, seconds)
    local stop = core.now() + (seconds or 2)
    while not done() and core.now() < stop do core.wait(0.01) end
  end
]]

local function run_native(text)
  return run(native_prelude .. text)
end

-- The same in this process.
local function new_client(max_in_flight, address)
  return core.client("clerk", { address = address or server.url, user_agent = "spec",
    connect_timeout = 5, max_response_bytes = 1000000, max_in_flight = max_in_flight or 0,
    http_version = 0, direct = true })
end

local function prepare(client)
  return assert(client:prepare(0, { email_address = "ada@example.com" }))
end

local function step_until(done, seconds)
  local stop = core.now() + (seconds or 2)
  while not done() and core.now() < stop do core.wait(0.01) end
  return done()
end

local function readable(fd, seconds)
  local set = { getfd = function() return fd end, dirty = function() return false end }
  return socket.select({ set }, nil, seconds)[1] ~= nil
end

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
      local pipe = io.popen "ls -l /proc/self/fd"
      local listing = pipe:read "*a"
      pipe:close()
      local port, connections, inherited = ("%04X"):format(url:match "%d+$"), 0, 0
      for line in io.lines "/proc/net/tcp" do
        local words = {}
        for word in line:gmatch "%S+" do words[#words + 1] = word end
        if words[3]:match ":(%x+)$" == port and words[4] == "01" then
          connections = connections + 1
          local mine = "socket:[" .. words[10] .. "]"
          if listing:find(mine, 1, true) then inherited = inherited + 1 end
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

describe("a blocking call", function()
  it("can be made wherever Lua code runs", function()
    local c = clerk { always(answer(200, invitation)) }
    local function id() return assert(create(c)).id end
    assert.equal("inv_1", coroutine.wrap(id)())
    assert.equal("inv_1", coroutine.wrap(function() return coroutine.wrap(id)() end)())
    assert.equal("inv_1", select(2, pcall(id)))
    assert.equal("<inv_1>", (("x"):gsub("x", function() return "<" .. id() .. ">" end)))
    local object = setmetatable({}, { __index = id, __tostring = id, __lt = function()
      return id() == "inv_1"
    end })
    assert.equal("inv_1", object.anything)
    assert.equal("inv_1", tostring(object))
    assert.truthy(object < setmetatable({}, getmetatable(object)))
    local list = { 2, 1 }
    table.sort(list, function(a, b) return id() and a < b end)
    assert.same({ 1, 2 }, list)
    local left = 2
    for each in function()
      left = left - 1
      return left >= 0 and id() or nil
    end do
      assert.equal("inv_1", each)
    end
  end)

  it("survives the death of the coroutine that made one", function()
    local c = clerk { always(answer(200, invitation)) }
    for _ = 1, 5 do
      local task = coroutine.create(function()
        create(c)
        coroutine.yield()
      end)
      assert(coroutine.resume(task))
      task = nil -- luacheck: ignore
      collectgarbage()
      assert(create(c))
    end
  end)

  it("works while the collector runs at every moment", function()
    local c = clerk { always(answer(200, invitation, "X-A: b\r\n")) }
    local hook, mask, count = debug.gethook()
    debug.sethook(function() collectgarbage() end, "", 40)
    local ok, err = pcall(function()
      for _ = 1, 3 do
        local value, _, meta = create(c)
        assert(value.id == "inv_1" and meta.headers["x-a"] == "b")
        local _, refusal = c.invitations:create {}
        assert(refusal.kind == "invalid")
      end
    end)
    debug.sethook(hook, mask, count)
    assert(ok, err)
  end)

  it("leaves nothing in memory", function()
    local c = clerk { always(answer(200, invitation)) }
    local function used()
      collectgarbage()
      collectgarbage()
      return collectgarbage "count"
    end
    for _ = 1, 50 do create(c) end
    local before = used()
    for _ = 1, 200 do create(c) end
    assert.truthy(used() < before + 20, ("%g, then %g KiB"):format(before, used()))
  end)
end)

describe("the descriptor", function()
  it("tells those that wait on it when there is work, so that stepping then is enough", function()
    server:play { { { "receive" }, { "sleep", 0.05 },
      { "trickle", answer(200, invitation), 0.001 } } }
    local fd = core.pollfd()
    local call = prepare(new_client())
    call:submit(5)
    local turns = 0
    while not call:done() and turns < 1000 do
      assert.truthy(readable(fd, 2), "nothing for two seconds")
      core.step()
      turns = turns + 1
    end
    assert.truthy(call:done())
    assert.equal(200, (call:answer()))
    while core.finished() do end
    local wakes = 0 -- of a timer that was armed for what is over by now
    while wakes < 10 and readable(fd, 0.25) do
      core.step()
      wakes = wakes + 1
    end
    assert.truthy(wakes <= 2, wakes)
  end)

  it("tells of deadlines, too", function()
    server:play { { { "receive" }, { "hold" } } }
    local fd = core.pollfd()
    local call = prepare(new_client())
    call:submit(0.15)
    local start = core.now()
    while not call:done() and core.now() < start + 5 do
      assert.truthy(readable(fd, 1))
      core.step()
    end
    assert.equal("timeout", (call:failure()))
    assert.truthy(core.now() - start < limit(0.6))
    while core.finished() do end
  end)

  it("stays readable while finished calls wait to be taken", function()
    server:play { always(answer(200, invitation)) }
    local fd = core.pollfd()
    local call = prepare(new_client())
    call:submit(5)
    assert.truthy(readable(fd, 0)) -- there is work at once
    assert.truthy(step_until(function() return call:done() end))
    assert.truthy(readable(fd, 0))
    assert.truthy(readable(fd, 0))
    assert.equal(0, core.timeout())
    assert.equal(call, core.finished())
    assert.is_nil(core.finished())
    core.step()
    assert.is_false(readable(fd, 0))
  end)

  it("is not armed for calls that nobody watches", function()
    if core.poller ~= "epoll" then return pending "there is no timer descriptor" end
    server:play { always(answer(200, invitation)) }
    local output = run [[
      local convoke = require "convoke"
      local c = convoke.clerk { url = url, secret_key = "sk_test_1234567890" }
      for _ = 1, 20 do assert(c.invitations:create { email_address = "ada@example.com" }) end
      local lfs = require "lfs"
      for name in lfs.dir "/proc/self/fd" do
        local target = lfs.symlinkattributes("/proc/self/fd/" .. name, "target")
        if target and target:find "timerfd" then
          local text = io.open("/proc/self/fdinfo/" .. name):read "*a"
          print("ticks", text:match "ticks: *(%d+)", text:match "it_value: *(%b())")
        end
      end
    ]]
    assert.equal("ticks\t0\t(0, 0)\nexit 0\n", output)
  end)

  it("and all others come with the first call, not with require", function()
    local output = run [[
      local lfs = require "lfs"
      local function count()
        local number = 0
        for name in lfs.dir "/proc/self/fd" do number = number + 1 end
        return number
      end
      local before = count()
      local convoke = require "convoke"
      local c = convoke.clerk { url = url, secret_key = "sk_test_1234567890" }
      local stats, timeout, step = convoke.stats(), convoke.timeout(), convoke.step()
      print(count() - before, stats.started, timeout, step)
    ]]
    assert.equal("0\t0\tnil\t0\nexit 0\n", output)
  end)
end)

describe("a call in flight", function()
  it("is held by the engine alone", function()
    server:play { { { "receive" }, { "sleep", 0.1 }, { "send", answer(200, invitation) } } }
    local client = new_client()
    local weak = setmetatable({}, { __mode = "v" })
    coroutine.wrap(function()
      weak.call = prepare(client)
      weak.call:submit(5)
      core.step()
    end)()
    client = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.truthy(weak.call)
    local taken
    step_until(function()
      taken = taken or core.finished()
      return taken
    end)
    assert.equal(weak.call, taken)
    assert.equal(200, (taken:answer()))
    taken = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.is_nil(weak.call)
  end)

  it("goes on when its client is closed", function()
    server:play { always(answer(200, invitation)) }
    local client = new_client()
    local call = prepare(client)
    call:submit(5)
    client:close()
    assert.truthy(step_until(function() return call:done() end))
    assert.equal(200, (call:answer()))
    while core.finished() do end
  end)

  it("ends when it is cancelled, at whatever moment", function()
    local client = new_client()
    for steps = 0, 6 do
      server:play { { { "receive" }, { "hold" } } }
      local call = prepare(client)
      call:submit(5)
      for _ = 1, steps do core.wait(0.002) end
      call:cancel()
      assert.truthy(call:done())
      assert.equal("cancelled", (call:failure()))
      call:cancel()
      assert.is_nil(core.finished())
      assert.truthy(step_until(function() return core.stats().in_flight == 0 end), steps)
      if steps == 0 then assert.equal(0, #server:requests()) end
    end
  end)

  it("cannot be sent a second time, nor after it was cancelled", function()
    server:play { { { "receive" }, { "hold" } } }
    local client = new_client()
    for steps = 0, 3 do
      local call = prepare(client)
      call:submit(5)
      assert.is_false((pcall(call.submit, call, 5)))
      assert.is_false((pcall(call.respond, call, 200)))
      for _ = 1, steps do core.wait(0.002) end
      call:cancel()
      assert.is_false((pcall(call.submit, call, 5)))
      assert.truthy(step_until(function() return core.stats().in_flight == 0 end))
      assert.is_false((pcall(call.submit, call, 5)))
      assert.equal("cancelled", (call:failure()))
    end
  end)

  -- The first connection of a process, with a time of libcurl's own a millisecond earlier: then it
  -- goes on until its next one.
  it("keeps a deadline that libcurl misses", function()
    local url, release = raw_server.silent_address()
    finally(release)
    assert.equal("timeout exit 0", (run_native(([[
      url = %q
      local call, began = prepare(new_client()), core.now()
      call:submit(0.201)
      while not call:done() do core.wait(10) end
      assert(core.now() - began < 2, core.now() - began)
      io.write((call:failure()), " ")
    ]]):format(url)):gsub("%s+$", "")))
  end)

  describe("by a handle that was used before", function()
    local rest = answer(200, invitation):match "^[^\n]*\n(.*)$"
    local long = ("x"):rep(40000)
    local answers = {
      answer(200, invitation),
      "HTTP/1.1 200 OK\r\nX-Long: " .. long .. "\r\n" .. rest,
      "HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\n\tc\r\n" .. rest,
      "HTTP/1.1 100 Continue\r\n\r\n" .. answer(200, invitation),
      "HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n" .. answer(200, invitation),
    }

    local function make(client)
      local call = prepare(client)
      call:submit(5)
      assert.truthy(step_until(function() return call:done() end))
      while core.finished() do end
      return call
    end

    it("an answer is as it was sent", function()
      local until_the_end = "HTTP/1.1 200 OK\r\n\r\n" .. invitation
      for _, one in ipairs(answers) do
        for i = 0, #answers do
          server:play { { { "receive" }, { "send", one }, { "receive" },
            { "send", answers[i] or until_the_end } } }
          local client = new_client(1)
          for _ = 1, 2 do
            local call = make(client)
            assert.is_nil((call:failure()))
            assert.equal(invitation, call:body())
          end
        end
      end
    end)

    -- libcurl 7.83.0 to 8.0.1 would write into memory that it has freed.
    it("an answer that begins amid a header is none", function()
      for _, before in ipairs(answers) do
        for _, folded in ipairs { " folded", "\tfolded: x", " " .. long, " " } do
          for _, start in ipairs { "", "HTTP/1.1 100 Continue\r\n\r\n" } do
            local broken = start .. "HTTP/1.1 200 OK\r\n" .. folded .. "\r\n" .. rest
            local client = new_client(1)
            server:play { { { "receive" }, { "send", before }, { "receive" }, { "send", broken } } }
            for _ = 1, 2 do
              assert.equal(invitation, make(client):body())
              assert.equal("network", (make(client):failure()))
            end
            server:play { { { "receive" }, { "send", broken } } }
            assert.equal("network", (make(new_client(1)):failure()))
          end
        end
      end
    end)
  end)

  it("beyond max_in_flight waits for its turn", function()
    server:play { { { "receive" }, { "sleep", 0.03 }, { "send", answer(200, invitation) },
      { "again" } } }
    local client, calls = new_client(2), {}
    for i = 1, 6 do
      calls[i] = prepare(client)
      calls[i]:submit(5)
    end
    calls[4]:cancel()
    assert.truthy(step_until(function() return core.stats().in_flight == 0 end))
    assert.truthy(server:connections() <= 2)
    assert.equal(5, #server:requests())
    assert.equal("cancelled", (calls[4]:failure()))
    for _, i in ipairs { 1, 2, 3, 5, 6 } do assert.equal(200, (calls[i]:answer())) end
    while core.finished() do end
  end)

  it("cancelled before libcurl looks at it counts nothing of an earlier one", function()
    server:play { always(answer(200, invitation)) }
    local client = new_client()
    local one, other = prepare(client), prepare(client)
    one:submit(5)
    assert.truthy(step_until(function() return one:done() end))
    local rise = counted(function()
      other:submit(5)
      other:cancel()
    end)
    assert.equal(1, rise.cancelled)
    for _, name in ipairs { "connections_opened", "connections_reused", "bytes_sent",
      "bytes_received" } do
      assert.equal(0, rise[name], name)
    end
    while core.finished() do end
  end)

  it("that has ended is not submitted again before it is handed over", function()
    server:play { always(answer(200, invitation)) }
    local call = prepare(new_client())
    call:submit(5)
    assert.truthy(step_until(function() return call:done() end))
    assert.has_error(function() call:submit(5) end)
    assert.equal(call, (core.finished()))
    assert.is_nil((core.finished()))
    call:submit(5)
    assert.truthy(step_until(function() return call:done() end))
    assert.equal(call, (core.finished()))
    assert.equal(0, core.stats().in_flight)
  end)

  it("has its turn though the one before it ended by its deadline between two steps", function()
    server:play { { { "receive" }, { "hold" } }, always(answer(200, invitation)) }
    local client = new_client(1)
    local late, waiting = prepare(client), prepare(client)
    late:submit(0.1)
    waiting:submit(5)
    for _ = 1, 5 do core.step() end
    socket.sleep(0.3)
    assert.truthy(step_until(function() return waiting:done() end, 3))
    assert.equal("timeout", (late:failure()))
    assert.equal(200, (waiting:answer()))
    while core.finished() do end
  end)

  it("waits for its turn as long as it may, whatever the others do", function()
    server:play { { { "receive" }, { "hold" } } }
    local clients, first, waiting = {}, {}, {}
    for i = 1, 3 do
      clients[i] = new_client(1)
      first[i] = prepare(clients[i])
      first[i]:submit(5)
    end
    for i, seconds in ipairs { 0.05, 0.2, 5 } do -- the latest queue is looked at first
      waiting[i] = { prepare(clients[i]), prepare(clients[i]) }
      waiting[i][1]:submit(seconds)
      waiting[i][2]:submit(seconds * 2)
    end
    core.step()
    assert.equal(6, core.stats().queued)
    for i = 1, 2 do
      for _, call in ipairs(waiting[i]) do
        assert.truthy(step_until(function() return call:done() end, 2))
        assert.equal("timeout", (call:failure()))
      end
    end
    assert.equal(2, core.stats().queued)
    for _, call in ipairs(waiting[3]) do
      assert.is_false(call:done())
      call:cancel()
    end
    for i = 1, 3 do first[i]:cancel() end
    assert.truthy(step_until(function() return core.stats().in_flight == 0 end))
    while core.finished() do end
  end)

  it("begins after a look at the clock, and not together with many others", function()
    server:play { { { "receive" }, { "hold" } } }
    local client, calls = new_client(), {}
    for i = 1, 20 do
      calls[i] = prepare(client)
      calls[i]:submit(5)
    end
    local steps, left = 0, core.stats().queued
    while left > 0 do
      local before = left
      core.step(0)
      steps, left = steps + 1, core.stats().queued
      assert.is_true(before - left <= 2, before - left)
      assert.is_true(steps <= 20)
    end
    for _, call in ipairs(calls) do call:cancel() end
    assert.truthy(step_until(function() return core.stats().in_flight == 0 end))
    while core.finished() do end
  end)

  it("gets its answer while many others wait to begin", function()
    server:play { always(answer(200, invitation)) }
    local client, nobodys = new_client(), new_client(0, "http://127.0.0.1:1")
    local answered, refused = {}, {}
    for i = 1, 30 do
      answered[i] = prepare(client)
      answered[i]:submit(5)
    end
    for _ = 1, 30 do core.step(0) end
    socket.sleep(0.3) -- the answers come
    for i = 1, 2000 do
      refused[i] = prepare(nobodys)
      refused[i]:submit(30)
    end
    local queued = core.stats().queued
    local left = #answered
    while left > 0 and core.stats().queued > 0 do
      core.step(0.004)
      while left > 0 and answered[left]:done() do left = left - 1 end
    end
    assert.equal(0, left)
    assert.is_true(core.stats().queued > queued / 4, core.stats().queued)
    for _, call in ipairs(refused) do call:cancel() end
    assert.truthy(step_until(function() return core.stats().in_flight == 0 end))
    while core.finished() do end
  end)

  it("leaves its connection open, but not for long where fewer are needed", function()
    local many, turns = 120, 1000
    local script = {}
    for turn = 1, turns do
      script[#script + 1] = { "receive" }
      if turn <= 2 then script[#script + 1] = { "sleep", 0.5 } end
      script[#script + 1] = { "send", answer(200, invitation) }
    end
    server:play { script }
    local client = new_client()
    local function make(count)
      for _ = 1, count do prepare(client):submit(10) end
      assert.truthy(step_until(function() return core.stats().in_flight == 0 end, 10))
      while core.finished() do end
    end
    local before, opened = select(2, descriptors "^socket:"), core.stats().connections_opened
    make(many)
    make(many)
    assert.equal(many, core.stats().connections_opened - opened)
    for _ = 1, turns - 2 do make(1) end
    assert.is_true(select(2, descriptors "^socket:") - before < many * 0.8)
    assert.equal(many, core.stats().connections_opened - opened)
  end)

  it("that waits too long for its turn was not sent", function()
    server:play { { { "receive" }, { "hold" } } }
    local client = new_client(1)
    local first, second = prepare(client), prepare(client)
    first:submit(1)
    second:submit(0.05)
    assert.truthy(step_until(function() return second:done() end, 0.5))
    local kind, _, sent = second:failure()
    assert.equal("timeout", kind)
    assert.is_false(sent)
    first:cancel()
    assert.truthy(step_until(function() return core.stats().in_flight == 0 end))
    while core.finished() do end
  end)

  it("does no harm when the state is closed", function()
    server:play { { { "receive" }, { "sleep", 0.02 }, { "send", answer(200, invitation) },
      { "hold" } } }
    for name, text in pairs {
      ["submitted"] = "",
      ["under way"] = "core.wait(0.01); core.step()",
      ["finished, not taken"] = "step_until(function() return call:done() end)",
      ["cancelled"] = "call:cancel()",
      ["cancelled under way"] = "core.wait(0.01); call:cancel(); core.step()",
      ["forgotten"] = "call, client = nil, nil; collectgarbage(); collectgarbage()",
      ["closed"] = "client:close()",
      ["waiting for its turn"] = "client = new_client(1); for _ = 1, 5 do call = prepare(client) "
        .. "call:submit(5) end; core.wait(0.01)",
      ["and finalizers want more"] = "local other = prepare(client); at_end = function() "
        .. "pcall(other.submit, other, 5); pcall(core.step); pcall(core.wait, 0); "
        .. "pcall(core.finished); pcall(call.cancel, call); pcall(client.close, client) end; "
        .. "last = with_finalizer(function() at_end() end)",
    } do
      local output = run_native("local client = new_client(); local call = prepare(client); "
        .. "call:submit(5)\n" .. text .. "\nprint 'end'")
      assert.equal("end\nexit 0\n", output, name)
    end
  end)
end)

describe("a fork", function()
  local fork_prelude
  setup(function() fork_prelude = process.prelude() .. [[
    local convoke = require "convoke"
    local c = convoke.clerk { url = url, secret_key = "sk_test_1234567890", retries = 0,
      max_in_flight = 1 }
    local function create() return assert(c.invitations:create { email_address = "a@b.c" }).id end
    -- Runs f in a child; returns when it has ended.
    local function in_child(f)
      local child = process.fork()
      if child == 0 then
        local ok, err = pcall(f)
        if not ok then print(err) end
        process.exit(0)
      end
      process.wait(child)
    end
  ]] end)
  teardown(process.remove)

  it("leaves the parent's connections to the parent", function()
    server:play { always(answer(200, invitation)) }
    local output = run(fork_prelude .. [[
      create()
      in_child(function()
        print("child", create(), create(), convoke.stats().connections_opened)
      end)
      print("parent", create(), convoke.stats().connections_opened)
    ]])
    assert.equal("child\tinv_1\tinv_1\t1\nparent\tinv_1\t1\nexit 0\n", output)
    local requests = server:requests()
    assert.equal(4, #requests)
    assert.equal(2, server:connections())
    assert.equal(requests[1].connection, requests[4].connection)
  end)

  it("in the midst of a look-up leaves nothing that keeps the descriptor readable", function()
    local output = run(fork_prelude .. [[
      local socket = require "socket"
      local away = convoke.clerk { url = "http://nothing.invalid/v1", retries = 0,
        secret_key = "sk_test_1234567890", allow_http = true }
      local set = { getfd = convoke.pollfd, dirty = function() return false end }
      local task = convoke.spawn(function() print(select(2, away.invitations:list {}).kind) end)
      convoke.step()
      convoke.step()
      local child = process.fork()
      if child == 0 then
        socket.sleep(1)
        process.exit(0)
      end
      task:await()
      local woken = 0
      for _ = 1, 50 do
        if socket.select({ set }, nil, 0.005)[1] then woken = woken + 1 end
        convoke.step()
      end
      print(woken < 25 or woken)
      process.wait(child)
    ]])
    assert.equal("resolve\ntrue\nexit 0\n", output)
  end)

  it("drops what was in flight in the child and lets the parent have its answer", function()
    for what, action in pairs {
      ["does nothing"] = "",
      ["makes a call"] = "create()",
      ["cancels it"] = "call:cancel()",
      ["closes the client"] = "client:close(); c:close()",
      ["collects it"] = "call, client = nil, nil; collectgarbage(); collectgarbage()",
      ["steps"] = "core.step(); core.finished(); core.wait(0.01)",
      ["waits for it"] = "step_until(function() return call:done() end); print((call:failure()))",
    } do
      -- longer than libcurl goes without looking again by itself
      server:play { { { "receive" }, { "sleep", 0.3 }, { "send", answer(200, invitation) },
        { "receive" }, { "send", answer(200, invitation) } }, always(answer(200, invitation)) }
      local output = run_native(fork_prelude .. [[
        local client = new_client()
        local call = prepare(client)
        call:submit(2)
        for _ = 1, 5 do core.wait(0.01) end
        in_child(function() ]] .. action .. [[ end)
        local start = core.now()
        step_until(function() return call:done() end)
        print("parent", (call:failure() or call:answer()),
          core.now() - start < ]] .. limit(0.5) .. [[)
        print(create())
      ]])
      local expected = "parent\t200\ttrue\ninv_1\nexit 0\n"
      if what == "waits for it" then expected = "cancelled\n" .. expected end
      assert.equal(expected, output, "the child " .. what)
    end
  end)
end)

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
