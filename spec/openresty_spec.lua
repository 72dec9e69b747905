-- OpenResty: a real nginx with its Lua module, two workers unless a test says otherwise.

local exposition = require "spec.support.exposition"
local lfs = require "lfs"
local limit = require "spec.support.limit"
local nginx = require "spec.support.nginx"
local sandbox = require "convoke.sandbox"
local socket = require "socket"

local missing = nginx.missing()
if missing then
  describe("OpenResty", function()
    pending("is not tried here: " .. missing, function() end)
  end)
  return
end

local upstream
local servers = {} -- those of failed tests are still to be stopped
setup(function() upstream = sandbox.start() end)
teardown(function()
  upstream:stop()
  for _, server in ipairs(servers) do server:stop() end
end)

local function start_nginx(settings)
  local server = nginx.start(settings)
  servers[#servers + 1] = server
  return server
end

-- Lua text for init_by_lua: a client, and what the locations below use. Modules that are loaded
-- when they are first needed are loaded here: the workers' user may not be able to read the tree.
local function prelude()
  return ([[
    convoke = require "convoke"
    cjson = require "cjson"
    require "convoke.call.waiting"
    require "convoke.vendors.edgegap"
    client = convoke.clerk { url = %q, secret_key = %q, retries = 0 }
    function list()
      local value, err = client.invitations:list {}
      return value and "an answer" or tostring(err)
    end
  ]]):format(upstream.clerk.url, upstream.clerk.secret_key)
end

local function start(settings)
  settings.http = ("init_by_lua_block { %s %s }\n%s"):format(prelude(), settings.init or "",
    settings.http or "")
  return start_nginx(settings)
end

local function location(path, lines)
  return ("location = %s { %s }\n"):format(path, lines)
end

local function content(path, text)
  return location(path, ("content_by_lua_block { %s }"):format(text))
end

local function elapsed(f, ...)
  local began = socket.gettime()
  f(...)
  return socket.gettime() - began
end

-- How many threads a process has, and how many descriptors.
local function entries(pid, folder)
  local count = 0
  for name in lfs.dir(("/proc/%d/%s"):format(pid, folder)) do
    if name:match "%d" then count = count + 1 end
  end
  return count
end

local function settles(condition, seconds)
  local stop = socket.gettime() + (seconds or 5)
  repeat
    if condition() then return true end
    socket.sleep(0.05)
  until socket.gettime() > stop
  return false
end

local common = content("/list", "ngx.say(list())")
  .. content("/ping", "ngx.say 'pong'")
  .. content("/pid", "ngx.say(ngx.worker.pid())")
  .. content("/stats", "ngx.say(cjson.encode(convoke.stats()))")

describe("in OpenResty a call", function()
  local server
  setup(function()
    server = start { workers = 1, server = common
      .. location("/access", "access_by_lua_block { ngx.ctx.said = list() }"
        .. " content_by_lua_block { ngx.say(ngx.ctx.said) }")
      .. location("/rewrite", "rewrite_by_lua_block { ngx.ctx.said = list() }"
        .. " content_by_lua_block { ngx.say(ngx.ctx.said) }")
      .. content("/timer", [[
        local done, said = require("ngx.semaphore").new()
        ngx.timer.at(0, function() said = list() done:post() end)
        done:wait(5)
        ngx.say(said)]])
      .. content("/threads", [[
        local threads, said = {}, {}
        for i = 1, 20 do threads[i] = ngx.thread.spawn(list) end
        for i = 1, 20 do said[i] = select(2, ngx.thread.wait(threads[i])) end
        ngx.say(table.concat(said, ","))]])
      .. content("/tasks", [[
        local values = convoke.all({ list, list, function() convoke.sleep(0.1) return list() end })
        local task = convoke.spawn(function() error("on purpose", 0) end)
        local _, why = pcall(task.await, task)
        local ran = convoke.run(function() return list() end)
        ngx.say(values[1], ",", values[2], ",", values[3], ",", why:match "^[^\n]*", ",", ran)]])
      .. content("/coroutine", [[
        ngx.say(coroutine.wrap(function() coroutine.yield(list()) end)())]])
      .. content("/pcall", "ngx.say(select(2, pcall(list)))")
      .. content("/sleep", "convoke.sleep(0.3) ngx.say 'slept'")
      .. content("/each", [[
        client.invitations:create { email_address = "a@b.example" }
        client.invitations:create { email_address = "c@d.example" }
        local addresses = {}
        for each in client.invitations:each { limit = 1 } do
          addresses[#addresses + 1] = each.email_address
        end
        table.sort(addresses)
        ngx.say(table.concat(addresses, " "))]])
      .. content("/timeout", [[
        local _, err = client.invitations:list({}, { timeout = 0.2 })
        ngx.say(err.kind, " ", err.outcome)]])
      .. content("/retry", [[
        local _, err = client.invitations:list({}, { retries = 1 })
        ngx.say(err and tostring(err) or "an answer")]])
      .. content("/close", [[
        local own = convoke.clerk { url = "]] .. upstream.clerk.url .. [[", secret_key = "sk_x" }
        local thread = ngx.thread.spawn(function() return own.invitations:list() end)
        ngx.sleep(0.1)
        own:close()
        local _, _, err = ngx.thread.wait(thread)
        ngx.say(err.kind)]])
      .. content("/ready", ([[
        local edgegap = convoke.edgegap { url = %q, token = %q, retries = 0 }
        local made = assert(edgegap.deployments:create { application = "game", version = "v1",
          users = { { user_type = "ip_address", user_data = { ip_address = "192.0.2.1" } } } })
        local ready = assert(edgegap.deployments:wait(made.request_id,
          { pause = 0.02, timeout = 30 }))
        ngx.say(ready.running)]]):format(upstream.edgegap.url, upstream.edgegap.token))
    }
  end)
  teardown(function() server:stop() end)
  before_each(function() upstream:clear_faults() end)

  for _, phase in ipairs { "list", "access", "rewrite", "timer", "coroutine", "pcall" } do
    it("is answered in /" .. phase, function()
      local status, body = server:get("/" .. phase)
      assert.equal("an answer", body)
      assert.equal(200, status)
    end)
  end

  it("runs beside others in light threads", function()
    upstream:fault { api = "clerk", delay = 0.2, times = 20 }
    local body
    local seconds = elapsed(function() body = select(2, server:get "/threads") end)
    assert.equal(("an answer,"):rep(19) .. "an answer", body)
    assert.truthy(seconds >= 0.2 and seconds < limit(1), seconds)
  end)

  it("runs in tasks, too", function()
    upstream:fault { api = "clerk", delay = 0.2, times = 3 }
    local body
    local seconds = elapsed(function() body = select(2, server:get "/tasks") end)
    assert.equal("an answer,an answer,an answer,on purpose,an answer", body)
    assert.truthy(seconds >= 0.3 and seconds < limit(0.6), seconds)
  end)

  it("never blocks the worker", function()
    upstream:fault { api = "clerk", delay = 0.6 }
    local slow = server:send "/list"
    socket.sleep(0.05)
    local worst = 0
    for _ = 1, 20 do worst = math.max(worst, elapsed(server.get, server, "/ping")) end
    assert.truthy(worst < limit(0.3), worst)
    assert.same({ 200, "an answer" }, { slow.read() })
  end)

  it("shares connections with those of other requests", function()
    server:get "/list"
    local cjson = require "cjson"
    local function stats()
      local _, body = server:get "/stats"
      return cjson.decode(body)
    end
    local before = stats()
    for _ = 1, 10 do server:get "/list" end
    local after = stats()
    assert.equal(10, after.finished - before.finished)
    assert.equal(before.connections_opened, after.connections_opened)
  end)

  it("is made for every page of a listing", function()
    upstream:reset "clerk"
    local _, body = server:get "/each"
    assert.equal("a@b.example c@d.example", body)
  end)

  it("obeys its timeout", function()
    upstream:fault { api = "clerk", delay = 2 }
    local body
    local seconds = elapsed(function() body = select(2, server:get "/timeout") end)
    assert.equal("timeout unknown", body)
    assert.truthy(seconds < limit(1), seconds)
  end)

  it("ends as cancelled when its client is closed", function()
    upstream:fault { api = "clerk", delay = 2 }
    local _, body = server:get "/close"
    assert.equal("cancelled", body)
  end)

  it("lets the worker go on in the pause before it is repeated, and in convoke.sleep", function()
    upstream:fault { api = "clerk", status = 500, times = 1 }
    local first, second = server:send "/retry", server:send "/sleep"
    socket.sleep(0.05)
    assert.truthy(elapsed(server.get, server, "/ping") < limit(0.2))
    assert.same({ 200, "an answer" }, { first.read() })
    assert.same({ 200, "slept" }, { second.read() })
  end)

  it("lets the worker go on between the looks of a wait", function()
    upstream:reset "edgegap" -- the log of its requests, too
    upstream:fault { api = "edgegap", method = "GET", status = 503, every = 1 }
    local waiting = server:send "/ready"
    -- a create and three looks
    assert.truthy(settles(function() return #upstream:requests "edgegap" >= 4 end, 25))
    assert.same({ 200, "pong" }, { server:get "/ping" })
    upstream:advance(1, "edgegap")
    upstream:clear_faults "edgegap"
    assert.same({ 200, "true" }, { waiting.read() })
  end)

  it("is finished when the client has gone away meanwhile", function()
    upstream:fault { api = "clerk", delay = 0.4, times = 5 }
    local _, pid = server:get "/pid"
    for _ = 1, 5 do
      local request = server:send "/list"
      socket.sleep(0.02)
      request.connection:close()
    end
    assert.truthy(settles(function()
      local _, body = server:get "/stats"
      return body:find('"in_flight":0', 1, true)
    end))
    assert.same({ 200, "an answer" }, { server:get "/list" })
    assert.same({ 200, pid }, { server:get "/pid" })
  end)

  it("costs next to nothing while it waits, and nothing is left running afterwards", function()
    local pid = server:workers()[1]
    local function processor_time()
      local total, list = 0, io.popen("cat /proc/" .. pid .. "/task/*/schedstat")
      for line in list:lines() do total = total + tonumber(line:match "^%d+") / 1e9 end
      list:close()
      return total
    end
    upstream:fault { api = "clerk", delay = 1.5 }
    local slow = server:send "/list"
    socket.sleep(0.2)
    local before = processor_time()
    socket.sleep(1)
    assert.truthy(processor_time() - before < 0.02)
    slow.read()
    assert.truthy(settles(function() return entries(pid, "task") == 1 end), "a thread is left")
  end)
end)

describe("OpenResty", function()
  it("uses in every worker a client that was made before they were forked", function()
    local server = start { workers = 2, server = content("/who",
      "ngx.sleep(0.02) ngx.say(ngx.worker.pid(), ' ', list())") }
    local seen, count = {}, 0
    for _ = 1, 20 do
      local requests = {}
      for i = 1, 8 do requests[i] = server:send "/who" end
      for i = 1, 8 do
        local _, body = requests[i].read()
        local pid = assert(body:match "^(%d+) an answer$", body)
        if not seen[pid] then seen[pid], count = true, count + 1 end
      end
      if count == 2 then break end
    end
    server:stop()
    assert.equal(2, count)
  end)

  describe("with rate_dict", function()
    local server
    setup(function()
      local client = ("convoke.clerk { url = %q, secret_key = %q, retries = 0, ")
        :format(upstream.clerk.url, upstream.clerk.secret_key)
      server = start { workers = 2, http = "lua_shared_dict pace 1m;\nlua_shared_dict fast 1m;\n"
        .. "lua_shared_dict holds 1m;",
        init = "few = " .. client .. "rate_dict = 'pace', rate = { 5, per = 3600 } }\n"
          .. "fast = " .. client .. "rate_dict = 'fast', rate = { 3, per = 0.5 } }\n"
          .. "held = " .. client .. "rate_dict = 'holds' }\n" .. [[
            function call(client, seconds)
              ngx.sleep(0.02)
              local _, err = client.invitations:list({}, { timeout = seconds })
              local when = err and (err.retry_after or 0) > 50 and "later" or "now"
              ngx.say(ngx.worker.pid(), " ", err and err.outcome .. " " .. err.kind or "done", " ",
                when)
            end]],
        server = content("/few", "call(few, 5)") .. content("/fast", "call(fast, 30)")
          .. content("/held", "call(held, 5)") .. content("/unknown", [[
            ngx.say(select(2, pcall(convoke.clerk, { secret_key = "sk_x", rate_dict = "no" })))]]) }
    end)
    before_each(function() upstream:reset "clerk" end)

    -- Asks many times at once until both workers have answered; returns how many times which words
    -- came, and of how many workers.
    local function ask(path)
      local words, workers, seen = {}, 0, {}
      for _ = 1, 20 do
        local requests = {}
        for i = 1, 8 do requests[i] = server:send(path) end
        for i = 1, 8 do
          local _, body = requests[i].read()
          local pid, said = body:match "^(%d+) (.*)$"
          if not seen[pid] then seen[pid], workers = true, workers + 1 end
          words[said] = (words[said] or 0) + 1
        end
        if workers == 2 then break end
      end
      return words, workers
    end

    it("lets the workers make no more calls together than the pace allows", function()
      local words, workers = ask "/few"
      assert.equal(2, workers)
      assert.equal(5, words["done now"])
      words["done now"] = nil
      assert.is_number(words["not_sent timeout later"])
      words["not_sent timeout later"] = nil
      assert.is_nil(next(words))
      assert.equal(5, #upstream:requests "clerk")
    end)

    it("lets the calls of all workers wait for their turn", function()
      local words
      local seconds = elapsed(function() words = ask "/fast" end)
      local calls = #upstream:requests "clerk"
      assert.same({ ["done now"] = calls }, words)
      assert.truthy(seconds >= (math.ceil(calls / 3) - 1) * 0.5, seconds)
    end)

    it("holds all workers back after one was told when to ask again", function()
      upstream:fault { api = "clerk", status = 429, retry_after = 600, times = 1 }
      server:get "/held"
      local words, workers = ask "/held"
      assert.equal(2, workers)
      assert.is_number(words["not_sent timeout later"])
      words["not_sent timeout later"] = nil
      assert.is_nil(next(words))
      assert.equal(1, #upstream:requests "clerk")
    end)

    it("says which dictionary is missing", function()
      local _, body = server:get "/unknown"
      assert.match("convoke.clerk: option rate_dict names no shared dictionary of nginx; "
        .. "declare it: lua_shared_dict no 1m;$", body)
    end)
  end)

  describe("with metrics in a dictionary", function()
    local server
    setup(function()
      server = start { workers = 2, http = "lua_shared_dict counts 1m;\nlua_shared_dict few 12k;",
        init = ("client = convoke.clerk { url = %q, secret_key = %q, retries = 0 }\n"):format(
          upstream.clerk.url, upstream.clerk.secret_key)
          .. "metrics = convoke.metrics { dict = 'counts' }",
        server = content("/call", [[
            ngx.sleep(0.02)
            client.invitations:list { limit = ngx.var.arg_limit or 1 }
            ngx.say(ngx.worker.pid())]])
          .. content("/metrics", "ngx.say(ngx.worker.pid()) ngx.print(metrics:text())")
          .. content("/stopped", [[
            convoke.metrics():stop()
            ngx.say(select(2, pcall(convoke.metrics, { dict = "no" })))]])
          .. content("/full", [[
            local number, dict = 0, ngx.shared.few
            while dict:safe_set("other " .. number, ("x"):rep(200)) do number = number + 1 end
            require("convoke.tasks").report = ngx.say
            metrics:stop()
            convoke.metrics { dict = "few" }
            for _ = 1, 2 do ngx.say(client.invitations:list() and "done") end]]) }
    end)

    -- Asks many at once until both workers have answered. Returns what was answered, by worker, and
    -- how many times was asked.
    local function ask(path)
      local by_worker, asked, workers = {}, 0, 0
      while workers < 2 and asked < 400 do
        local requests = {}
        for i = 1, 8 do requests[i] = server:send(path) end
        for i = 1, 8 do
          local _, body = requests[i].read()
          local pid, rest = body:match "^(%d+)\n?(.*)$"
          if not by_worker[pid] then workers = workers + 1 end
          by_worker[pid] = rest
        end
        asked = asked + 8
      end
      assert.equal(2, workers)
      return by_worker, asked
    end

    it("counts the calls of all workers, and each tells the same", function()
      local _, calls = ask "/call"
      local _, others = ask "/call?limit=wrong"
      for _, text in pairs((ask "/metrics")) do
        local families = exposition.read(text .. "\n")
        local function sum(name, labels, suffix)
          return exposition.sum(families, name, labels, suffix)
        end
        assert.equal(calls, sum("convoke_calls_total", { outcome = "done" }))
        assert.equal(others, sum("convoke_calls_total", { kind = "invalid" }))
        assert.equal(calls, sum("convoke_attempts_total", { result = "200" }))
        assert.equal(calls + others, sum("convoke_call_duration_seconds", nil, "_count"))
        assert.equal(0, sum "convoke_calls_in_flight")
        assert.equal(1, sum("convoke_retry_budget_ratio", { api = "clerk" }))
        assert.truthy(sum "convoke_connections_opened_total" >= 2)
        assert.truthy(sum "convoke_received_bytes_total" >= calls)
        assert.equal(0, sum "convoke_sent_bytes_total")
        assert.equal(1, #families.convoke_sent_bytes_total.samples)
      end
    end)

    it("says once that the dictionary is full, and calls go on", function()
      local _, body = server:get "/full"
      assert.match("^convoke: the function convoke.metrics failed: [^\n]*the dictionary is full; "
        .. "it must be larger[^\n]*\ndone\ndone$", body)
    end)

    it("says which dictionary is missing", function()
      local _, body = server:get "/stopped"
      assert.match("convoke.metrics: option dict names no shared dictionary of nginx; "
        .. "declare it: lua_shared_dict no 1m;$", body)
    end)
  end)

  it("replaces its workers while calls are in flight, and these end well", function()
    local server = start { workers = 2, server = common }
    local old = server:workers()
    upstream:fault { api = "clerk", delay = 0.7, times = 4 }
    local requests = {}
    for i = 1, 4 do requests[i] = server:send "/list" end
    socket.sleep(0.1)
    server:reload()
    local answers = {}
    for i = 1, 4 do answers[i] = { requests[i].read() } end
    local after = { server:get "/list" }
    local gone = settles(function()
      for _, pid in ipairs(server:workers()) do
        if pid == old[1] or pid == old[2] then return false end
      end
      return true
    end)
    local log = server:log()
    server:stop()
    for i = 1, 4 do assert.same({ 200, "an answer" }, answers[i]) end
    assert.same({ 200, "an answer" }, after)
    assert.truthy(gone, "an old worker is still there")
    assert.falsy(log:find("[alert]", 1, true), log)
  end)

  it("ends a request whose client has gone when it looks for that", function()
    local server = start { workers = 1, server = "lua_check_client_abort on;\n" .. common
      .. content("/abort", [[
        ngx.on_abort(function() gone = (gone or 0) + 1 ngx.exit(499) end)
        ngx.say(list())]])
      .. content("/gone", "ngx.say(gone or 0)") }
    upstream:fault { api = "clerk", delay = 1.5, times = 6 }
    for i = 1, 6 do
      local request = server:send(i % 2 == 0 and "/abort" or "/list")
      socket.sleep(0.1)
      request.connection:close()
    end
    local noticed = settles(function() return select(2, server:get "/gone") == "3" end)
    local ended = settles(function()
      return select(2, server:get "/stats"):find('"in_flight":0', 1, true)
    end)
    local answer = { server:get "/list" }
    local log = server:log()
    server:stop()
    assert.truthy(noticed and ended, log)
    assert.same({ 200, "an answer" }, answer)
  end)

  it("leaves nothing behind when every request has a Lua state of its own", function()
    -- A worker loads the modules itself here, perhaps from a folder of which only its owner reads.
    local server = start_nginx { workers = 1, user = "root", http = "lua_code_cache off;",
      server = content("/list", prelude() .. " ngx.say(list())") }
    local pid = server:workers()[1]
    local answers = {}
    for i = 1, 3 do answers[i] = { server:get "/list" } end
    local function settled() return entries(pid, "task") == 1 end
    local quiet = settles(settled, 20)
    socket.sleep(0.1)
    local before = entries(pid, "fd")
    for i = 4, 8 do answers[i] = { server:get "/list" } end
    quiet = quiet and settles(function() return settled() and entries(pid, "fd") <= before end, 20)
    local after = entries(pid, "fd")
    server:stop()
    for i = 1, 8 do assert.same({ 200, "an answer" }, answers[i]) end
    assert.truthy(quiet, ("%d descriptors, then %d"):format(before, after))
  end)

  it("lets timer and thread end when its answer was taken by others", function()
    local server = start { workers = 1, server = common .. content("/stepped", [[
      local asking = ngx.thread.spawn(list)
      ngx.sleep(0.2) -- now the thread waits for the answer
      while convoke.stats().in_flight > 0 do convoke.step(0) end
      ngx.say(select(2, ngx.thread.wait(asking)))]]) }
    local pid = server:workers()[1]
    upstream:fault { api = "clerk", delay = 0.4, every = 1 }
    local answers, gone = {}, {}
    for i = 1, 5 do -- the thread may have seen it, too
      answers[i] = select(2, server:get "/stepped")
      gone[i] = settles(function() return entries(pid, "task") == 1 end)
    end
    upstream:clear_faults()
    server:stop()
    for i = 1, 5 do assert.equal("an answer", answers[i]) end
    for i = 1, 5 do assert.is_true(gone[i], i) end
  end)

  it("needs no file that the workers' user could write", function()
    local server = start { workers = 1, server = common }
    local pid = server:workers()[1]
    local answer = { server:get "/list" }
    local own = {}
    for name in lfs.dir(("/proc/%d/fd"):format(pid)) do
      local target = name:match "%d"
        and lfs.symlinkattributes(("/proc/%d/fd/%s"):format(pid, name), "target")
      if target and target:sub(1, 1) == "/" then own[#own + 1] = target end
    end
    local folder = server.folder
    server:stop()
    assert.same({ 200, "an answer" }, answer)
    for _, target in ipairs(own) do
      assert.truthy(target == "/dev/null" or target == folder .. "/error.log", target)
    end
  end)

  it("makes calls go on without its wakeup, too", function()
    local server = start { workers = 1, init = [[
      package.loaded["convoke.core"].wakeup = function() return nil, "none today" end
    ]], server = common }
    local answers = {}
    for i = 1, 3 do answers[i] = { server:get "/list" } end
    local log = server:log()
    server:stop()
    for i = 1, 3 do assert.same({ 200, "an answer" }, answers[i]) end
    assert.truthy(log:find("none today", 1, true))
  end)

  it("makes calls go on when nginx has no timer left for us", function()
    local server = start { workers = 1, http = "lua_max_running_timers 1;", server = common
      .. content("/occupy", "ngx.timer.at(0, function() ngx.sleep(3) end) ngx.say 'yes'") }
    server:get "/occupy"
    local answer
    local seconds = elapsed(function() answer = { server:get "/list" } end)
    server:stop()
    assert.same({ 200, "an answer" }, answer)
    assert.truthy(seconds < limit(1.5), seconds)
  end)

  it("says where a call cannot be made, and what to do", function()
    local try = "local _, why = pcall(list) said = said or {} said[ngx.get_phase()] = why "
    local server = start { workers = 1, init = try, http = ([[
      init_worker_by_lua_block { %s }
      upstream balanced {
        server 0.0.0.1;
        balancer_by_lua_block { %s require("ngx.balancer").set_current_peer("127.0.0.1", port) }
      }
    ]]):format(try, try), server = common
      .. location("/phases", ([[
        set_by_lua_block $x { %s return "" }
        content_by_lua_block { port = ngx.var.server_port ngx.say "phases" }
        header_filter_by_lua_block { %s }
        body_filter_by_lua_block { %s }
        log_by_lua_block { %s }
      ]]):format(try, try, try, try))
      .. location("/balanced", "proxy_pass http://balanced/ping;")
      .. content("/said", "ngx.say(cjson.encode(said))") }
    server:get "/phases"
    local balanced = { server:get "/balanced" }
    local _, body = server:get "/said"
    local answer = { server:get "/list" }
    server:stop()
    local said = require("cjson").decode(body)
    for _, phase in ipairs { "init", "init_worker", "set", "header_filter", "body_filter", "log",
      "balancer" } do
      assert.truthy(said[phase], phase .. ": nothing was said")
      assert.truthy(said[phase]:find("phase " .. phase, 1, true), said[phase])
      assert.truthy(said[phase]:find("ngx.timer.at", 1, true), said[phase])
    end
    assert.same({ 200, "pong" }, balanced)
    assert.same({ 200, "an answer" }, answer)
  end)
end)

describe("the gateway of examples/openresty", function()
  local server
  setup(function()
    local file = assert(io.open "examples/openresty/nginx.conf")
    local text = file:read "*a"
    file:close()
    server = start_nginx { text = text, environment = {
      LUA_PATH = lfs.currentdir() .. "/examples/openresty/?.lua;" .. nginx.path,
      LUA_CPATH = nginx.cpath,
      GATEWAY_KEY = "open sesame",
      CLERK_API_URL = upstream.clerk.url,
      CLERK_SECRET_KEY = upstream.clerk.secret_key,
      CONVEX_URL = upstream.convex.url,
      CONVEX_TOKEN = upstream.convex.token,
    } }
  end)
  teardown(function() server:stop() end)
  before_each(function() upstream:reset() end)

  local function join(form, key)
    local status, body = server:get("/join", { "X-Gateway-Key: " .. (key or "open sesame") }, form)
    return status, require("cjson").decode(body)
  end

  it("asks Clerk and Convex at the same time and answers JSON", function()
    upstream:fault { api = "clerk", delay = 0.4 }
    upstream:fault { api = "convex", delay = 0.4 }
    local status, answer
    local seconds = elapsed(function()
      status, answer = join "email=ada@example.com&code=sandbox-user-code"
    end)
    assert.equal(200, status)
    assert.equal("pending", answer.invitation.status)
    assert.same({ applied = true }, answer.code)
    assert.truthy(seconds >= 0.4 and seconds < limit(0.75), seconds)
  end)

  it("lets nobody in without the key, and asks nobody then", function()
    local status, answer = join("email=ada@example.com&code=sandbox-user-code", "wrong")
    assert.equal(401, status)
    assert.truthy(answer.error)
    assert.same({}, upstream:requests "clerk")
  end)

  it("tells what was refused, and what was not", function()
    local status, answer = join "email=ada@example.com&code=nonsense"
    assert.equal(502, status)
    assert.equal("pending", answer.invitation.status)
    assert.equal("InviteCodeNotFound", answer.code.error)
    assert.equal(400, (join "email=ada@example.com"))
  end)

  it("serves /metrics", function()
    local function counted()
      local status, text = server:get "/metrics"
      assert.equal(200, status)
      return exposition.sum(exposition.read(text .. "\n"), "convoke_calls_total")
    end
    local before = counted()
    join "email=ada@example.com&code=sandbox-user-code"
    assert.equal(before + 2, counted())
  end)
end)
