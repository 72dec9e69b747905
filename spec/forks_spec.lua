-- What a fork leaves to the child: nothing of its parent's, at whatever moment it comes.

local http2_server = require "spec.support.http2_server"
local limit = require "spec.support.limit"
local native = require "spec.support.native"
local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"
local sandbox = require "convoke.sandbox"

local interpreter = os.getenv "LUA" or "lua5.4"
local has_proc = io.open "/proc/self/stat" ~= nil

-- A client, calls, and what is open, as "number kind" lines.
local PRELUDE = [[
  local convoke = require "convoke"
  local lfs = require "lfs"
  local options = { url = arg[1], secret_key = "sk_test_1234567890",
    ca_file = arg[2] ~= "" and arg[2] or nil }
  local function list(clerk) return clerk.invitations:list { limit = 1 } end
  local function open_descriptors()
    local lines = {}
    for name in lfs.dir "/proc/self/fd" do
      local target = lfs.symlinkattributes("/proc/self/fd/" .. name, "target")
      if target and name:match "%d" and not target:match "^/proc/.*/fd$" then
        lines[#lines + 1] = name .. " " .. target
      end
    end
    table.sort(lines)
    return table.concat(lines, "\n")
  end
  local function step_until(done)
    while not done() do convoke.step(0.001) end
  end
]]

describe("a fork", function()
  local prelude

  setup(function() prelude = process.prelude() .. PRELUDE end)
  teardown(process.remove)

  local function run(program, url, ca_file)
    local name = os.tmpname()
    local file = assert(io.open(name, "w"))
    file:write(prelude, program)
    file:close()
    local pipe = io.popen(("timeout 30 %s %s '%s' '%s' 2>&1; echo status $?"):format(interpreter,
      name, url, ca_file or ""))
    local output, status = pipe:read("*a"):match "^(.*)status (%d+)\n$"
    pipe:close()
    os.remove(name)
    assert.equal("0", status, output)
    return output
  end

  -- In the child, while a call of the parent waits: what it has open that was not before the first
  -- call. Then it ends in all ways that there are, and the parent goes on over its connection.
  local AMID = [[
    local before = open_descriptors()
    local clerk = convoke.clerk(options)
    assert(list(clerk))
    local fd = convoke.pollfd()
    local opened = convoke.stats().connections_opened
    for turn = 1, 3 do
      local waiting = convoke.spawn(list, clerk)
      for _ = 1, 5 do convoke.step() end
      assert(convoke.stats().in_flight == 1)
      local child = process.fork()
      if child == 0 then
        if open_descriptors() ~= before then
          print(before .. "\nnow\n" .. open_descriptors())
          process.exit(1)
        end
        if turn == 1 then process.exit(0) end
        local value, err = waiting:await()
        assert(value == nil and err.kind == "cancelled" and err.outcome == "unknown")
        assert(list(clerk))
        clerk:close()
        collectgarbage()
        os.exit(0, true)
      end
      assert(process.wait(child) == 0)
      assert(waiting:await())
      assert(convoke.pollfd() == fd)
      assert(list(clerk))
    end
    print(convoke.stats().connections_opened - opened)
  ]]

  if has_proc then
    it("leaves the child nothing open, and the parent its connections", function()
      local server = raw_server.start()
      finally(function() server:stop() end)
      local fine = raw_server.answer(200, "[]")
      server:play { { { "receive" }, { "sleep", 0.1 }, { "send", fine }, { "again" } } }
      assert.equal("0\n", run(AMID, server.url))
      assert.equal(3, server:connections()) -- the parent's, and one for each child that asked
    end)

    it("sends nothing over the parent's TLS connections", function()
      local server = http2_server.start(0.1)
      finally(function() server:stop() end)
      local revoke = "list = function(clerk) return clerk.invitations:revoke 'inv_1' end\n"
      assert.equal("0\n", run(revoke .. AMID, server.url, server.certificate))
    end)
  end

  it("in a pause between two tries lets the parent alone go on", function()
    local server = sandbox.start()
    finally(function() server:stop() end)
    for _, status in ipairs { 429, 503 } do
      server:reset "clerk"
      server:fault { api = "clerk", path = "/v1/invitations", method = "POST", status = status,
        retry_after = status == 429 and 1 or nil, times = 1 }
      local output = run([[
        options.secret_key = "]] .. server.clerk.secret_key .. [["
        local clerk = convoke.clerk(options)
        local task = convoke.spawn(function()
          return clerk.invitations:create { email_address = "forked@example.com" }
        end)
        local sleeper = convoke.spawn(function() convoke.sleep(0.01) return "slept" end)
        step_until(function()
          return convoke.stats().finished == 1 and convoke.stats().in_flight == 0
        end)
        convoke.step()
        local child = process.fork()
        local value, err = task:await()
        if child == 0 then
          print(value, err.kind, err.outcome, convoke.stats().started, sleeper:await())
          process.exit(0)
        end
        print(process.wait(child), value and value.status or tostring(err))
      ]], server.clerk.url)
      assert.matches("^nil\tcancelled\tunknown\t0\tslept\n0\t", output)
      local creates = 0
      for _, request in ipairs(server:requests "clerk") do
        if request.method == "POST" then creates = creates + 1 end
      end
      assert.is_true(creates <= 2, status)
    end
  end)
end)

describe("a fork", function()
  local answer, always = raw_server.answer, raw_server.always
  local invitation = '{"id":"inv_1","object":"invitation"}'
  local server, fork_prelude

  setup(function()
    server = raw_server.start()
    fork_prelude = process.prelude() .. [[
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
  ]]
  end)
  teardown(function()
    server:stop()
    process.remove()
  end)

  it("leaves the parent's connections to the parent", function()
    server:play { always(answer(200, invitation)) }
    local output = native.run(server.url, fork_prelude .. [[
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
    local output = native.run(server.url, fork_prelude .. [[
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
      local output = native.run_core(server.url, fork_prelude .. [[
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
