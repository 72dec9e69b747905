-- Edgegap's operations beyond the reference page, and waiting, against the sandbox.

local convoke = require "convoke"
local sandbox = require "convoke.sandbox"

describe("Edgegap beyond the reference page", function()
  local s, edgegap, deployments
  setup(function() s = sandbox.start() end)
  teardown(function() s:stop() end)
  before_each(function()
    s:reset "edgegap"
    edgegap = convoke.edgegap { url = s.edgegap.url, token = s.edgegap.token }
    deployments = edgegap.deployments
  end)

  local users = { { user_type = "ip_address", user_data = { ip_address = "192.0.2.1" } } }

  local function start(application, tags)
    return deployments:create { application = application or "game", version = "v1",
      users = users, tags = tags }
  end

  local function refused(status, value, err)
    assert.is_nil(value)
    assert.equal(status, err.status)
    assert.equal("refused", err.outcome)
  end

  describe("deployments", function()
    it("are created, read, listed and stopped", function()
      local id = assert(start("game", { "red" })).request_id
      local one = assert(deployments:get(id))
      assert.equal("Status.SEEKING", one.current_status)
      assert.is_false(one.running)
      s:advance(1, "edgegap")
      one = assert(deployments:get(id))
      assert.is_true(one.running)
      assert.equal(7777, one.ports.gameport.internal)
      assert.same({ "red" }, one.tags)
      assert.equal("utf-8", assert(deployments:logs(id)).encoding)
      local listed = assert(deployments:list { limit = 5 })
      assert.equal(1, listed.total_count)
      assert.equal(id, listed.data[1].request_id)
      local stopped = assert(deployments:stop(id))
      assert.equal(id, stopped.deployment_summary.request_id)
      refused(410, deployments:stop(id))
      assert.same({}, (assert(deployments:all())))
      refused(400, deployments:get "none")
      local other = assert(start()).request_id
      local _, _, meta = deployments:stop(other) -- while it starts
      assert.equal(202, meta.status)
      local third = assert(start()).request_id
      assert(deployments:stop_self(third, "key"))
      refused(404, deployments:stop_self(third, "key"))
    end)

    it("that are in error at once were made all the same", function()
      local made, err, more = start "unplaceable"
      assert.is_nil(made)
      assert.is_nil(more)
      assert.equal(422, err.status)
      assert.equal("made", err.outcome)
      assert.equal(1, err.attempts)
      assert.equal("ERROR", assert(deployments:get(err.value.request_id)).current_status
        :match "%u+$")
    end)

    it("are not created twice where an answer is lost", function()
      s:fault { api = "edgegap", method = "POST", status = 502, body = "x", execute = true }
      local made, err = start()
      assert.is_nil(made)
      assert.equal("unknown", err.outcome)
      assert.equal(1, #assert(deployments:all()))
    end)

    it("are stopped by filters, which must not be empty", function()
      for i = 1, 5 do assert(start("game", { i < 4 and "red" or "blue" })) end
      local _, err = deployments:bulk_stop { filters = {} }
      assert.equal("invalid", err.kind)
      _, err = deployments:bulk_stop { filters = { { field = "session_id", values = { "a" },
        filter_type = "any" } } }
      assert.equal("invalid", err.kind)
      local stopped = assert(deployments:bulk_stop { filters = { { field = "deployment_tags",
        values = { "red" }, filter_type = "any" } } })
      assert.equal(3, #stopped.processable)
      assert.equal(2, #assert(deployments:all { limit = 1 }))
    end)

    it("are stopped one by one in a loop over all of them", function()
      for _ = 1, 25 do assert(start()) end
      local seen = 0
      for one in deployments:each { limit = 10 } do
        seen = seen + 1
        assert(deployments:stop(one.request_id))
      end
      assert.equal(25, seen)
    end)

    it("that a stop has reached count as stopped though its answer was lost", function()
      local id = assert(start()).request_id
      s:fault { api = "edgegap", method = "DELETE", status = 502, body = "x", execute = true }
      assert.is_string(assert(deployments:stop(id)).message)
    end)

    it("keep to the documented limits", function()
      local limits = {}
      for _, operation in ipairs(convoke.operations) do
        if operation.api == "edgegap" then limits[operation.name] = operation.limits end
      end
      assert.same({ { 40, per = 1 } }, limits["edgegap.deployments.create"])
      assert.same({ { 20, per = 1 } }, limits["edgegap.deployments.get"])
      assert.same({ { 10, per = 1 } }, limits["edgegap.deployments.list"])
      local paced = convoke.edgegap { url = s.edgegap.url, token = s.edgegap.token,
        rate = "documented", timeout = 0.5 }
      local late
      for _ = 1, 11 do
        local _, err = paced.deployments:list {}
        late = err
      end
      assert.equal("not_sent", late.outcome)
    end)
  end)

  it("tags deployments", function()
    local id, tags = assert(start("game", { "a" })).request_id, edgegap.deployment_tags
    assert.equal("b", assert(tags:create(id, { name = "b" })).name)
    refused(409, tags:create(id, { name = "b" }))
    assert.equal("b", assert(tags:get(id, "b")).name)
    assert.equal("c/d", assert(tags:update(id, "b", { name = "c/d" })).name)
    assert.equal("c/d", assert(tags:get(id, "c/d")).name)
    local names = {}
    for tag in tags:each(id, { limit = 1 }) do names[#names + 1] = tag.name end
    assert.same({ "a", "c/d" }, names)
    assert.is_true(tags:delete(id, "a"))
    refused(404, tags:delete(id, "a"))
    s:fault { api = "edgegap", method = "DELETE", status = 502, body = "x", execute = true }
    assert.is_true(tags:delete(id, "c/d"))
    local _, err = tags:create(id, { name = ("x"):rep(41) })
    assert.equal("invalid", err.kind)
  end)

  it("lists beacons, on pages that do not tell of others", function()
    assert.equal(12, #assert(edgegap.beacons:all()))
    assert.equal(1, #s:requests "edgegap") -- it was shorter than it could be
    assert.equal(12, #assert(edgegap.beacons:all { limit = 5 }))
    assert.equal(12, #assert(edgegap.beacons:all { limit = 4 }))
    assert.equal(2, assert(edgegap.beacons:list { page = 2 }).count)
  end)

  it("relays sessions", function()
    local relays = edgegap.relay_sessions
    local made = assert(relays:create { users = { { ip = "192.0.2.1" } },
      filters = { { field = "region", values = { "eu" }, filter_type = "any" } } })
    assert.is_false(made.ready)
    assert.is_true(made.authorization_token > 3500589645)
    local let_in = assert(relays:authorize_user { session_id = made.session_id,
      user_ip = "192.0.2.2" })
    assert.equal("192.0.2.2", let_in.session_user.ip_address)
    refused(409, relays:authorize_user { session_id = made.session_id, user_ip = "192.0.2.2" })
    assert.is_true(relays:revoke_user { session_id = made.session_id,
      authorization_token = let_in.session_user.authorization_token })
    assert.equal(1, #assert(relays:get(made.session_id)).session_users)
    assert.equal(1, #assert(relays:all()))
    assert.equal("relay.example.net",
      assert(relays:wait(made.session_id, { pause = 0.05 })).relay.host)
    assert.is_true(relays:delete(made.session_id))
    refused(404, relays:delete(made.session_id))
  end)

  describe("wait", function()
    it("looks until a session is ready", function()
      local id = assert(edgegap.sessions:create { app_name = "game" }).session_id
      local session, err, meta = edgegap.sessions:wait(id, { timeout = 10, ["until"] = "linked" })
      assert.is_nil(err)
      assert.is_true(session.ready)
      assert.equal(200, meta.status)
      local looks = 0
      for _, request in ipairs(s:requests "edgegap") do
        if request.method == "GET" then looks = looks + 1 end
      end
      assert.is_true(looks >= 2 and looks <= 4, looks)
    end)

    it("looks until a deployment is ready, and until it is gone", function()
      local id = assert(start()).request_id
      assert.is_true(assert(deployments:wait(id, { pause = 0.05 })).running)
      assert(deployments:stop(id))
      assert.equal("Status.TERMINATED",
        assert(deployments:wait(id, { ["until"] = "terminated" })).current_status)
      s:fault { api = "edgegap", method = "GET", status = 404 }
      assert.is_true(deployments:wait(id, { ["until"] = "terminated" }))
      local _, err = deployments:wait(id)
      assert.equal("refused", err.outcome)
      assert.equal("it is in state terminated", err.message)
    end)

    it("ends at once, with the vendor's reason, when it will never be", function()
      local id = assert(start "crashing").request_id
      local started = convoke.now()
      local one, err = deployments:wait(id, { pause = 0.1, timeout = 10 })
      assert.is_nil(one)
      assert.equal("The container has exited", err.message)
      assert.equal("Status.ERROR", err.code)
      assert.equal(id, err.data.request_id)
      assert.is_true(convoke.now() - started < 9)
      local ips = {}
      for i = 1, 17 do ips[i] = "192.0.2." .. i end
      id = assert(edgegap.sessions:create { app_name = "game", ip_list = ips }).session_id
      one, err = edgegap.sessions:wait(id, { timeout = 10 })
      assert.is_nil(one)
      assert.equal("Unprocessable", err.code)
      assert.equal("No deployment has enough sockets", err.message)
      refused(404, edgegap.sessions:wait "none")
    end)

    it("says after its time what is still missing", function()
      s:fault { api = "edgegap", method = "GET", every = 1, status = 200,
        body = '{"session_id":"x","status":"Waiting","ready":false,"linked":false,"kind":"Seat",'
          .. '"user_count":0,"app_version":1,"create_time":"","elapsed":0}',
        headers = { ["content-type"] = "application/json" } }
      local _, err = edgegap.sessions:wait("x", { timeout = 0.4 })
      s:clear_faults "edgegap"
      assert.equal("timeout", err.kind)
      assert.equal("unknown", err.outcome)
      assert.equal("not ready after 0.4 seconds (Waiting): it may still become so", err.message)
      assert.equal("Waiting", err.data.status)
    end)

    it("goes on after failures that pass, and waits as long as it is told", function()
      local id = assert(start()).request_id
      local own = convoke.edgegap { url = s.edgegap.url, token = s.edgegap.token, retries = 0 }
      s:fault { api = "edgegap", method = "GET", status = 503, times = 2 }
      assert.is_true(assert(own.deployments:wait(id, { pause = 0.02 })).running)
      s:fault { api = "edgegap", method = "GET", status = 429, retry_after = 60 }
      local _, err = own.deployments:wait(id, { timeout = 1 })
      assert.equal(429, err.status)
      assert.equal(60, err.retry_after)
      own:close()
    end)

    it("lets other tasks go on, and is cancelled with its own", function()
      convoke.run(function()
        local id, ticks = assert(start()).request_id, 0
        local task = convoke.spawn(function() return deployments:wait(id, { pause = 0.05 }) end)
        while task:status() ~= "done" and ticks < 1000 do
          ticks = ticks + 1
          convoke.sleep(0.01)
        end
        assert.is_true(ticks > 3)
        assert.is_true(assert(task:await()).running)
        local never = convoke.spawn(function()
          return deployments:wait(assert(start()).request_id, { pause = 30 })
        end)
        convoke.sleep(0.05)
        local cancelled = convoke.now()
        never:cancel()
        repeat convoke.sleep(0.01) until never:status() ~= "waiting" and never:status() ~= "running"
        assert.is_true(convoke.now() - cancelled < 10)
      end)
    end)

    it("raises what is misuse", function()
      local function raises(text, ...)
        local ok, err = pcall(deployments.wait, deployments, ...)
        assert.is_false(ok)
        assert.truthy(tostring(err):find(text, 1, true), tostring(err))
      end
      raises("did you mean timeout?", "x", { timeot = 1 })
      raises("option timeout must be a number from 0", "x", { timeout = -1 })
      raises("option until must be one of: ready, terminated", "x", { ["until"] = "linked" })
      raises("options must be a table", "x", 5)
      raises("too many arguments", "x", {}, 1)
      edgegap:close()
      raises("closed", "x")
    end)
  end)
end)
