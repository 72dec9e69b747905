local behaviours = require "spec.support.job_behaviours"
local convoke = require "convoke"
local files = require "spec.support.job_files"
local hiredis = require "convoke.jobs.hiredis"
local redis_server = require "spec.support.redis_server"

describe("jobs in Redis", function()
  local missing = redis_server.missing()
  if missing then
    pending("are not tried: " .. missing, function() end)
    return
  end

  local server

  setup(function() server = redis_server.start(redis_server.durable) end)
  teardown(function() server:stop() end)

  local given = behaviours({ setup = setup, teardown = teardown, before_each = before_each,
    after_each = after_each, it = it }, function() return server:new_store() end,
    function() return server:contents() end)

  local new_job, people = given.new_job, given.people

  -- Asks for settings of the server, and again for what they were before.
  local function with(settings, f)
    local before = {}
    for name, value in pairs(settings) do
      before[name] = server:ask("CONFIG", "GET", name):match "\n(.*)$" or ""
      server:ask("CONFIG", "SET", name, value)
    end
    local done, why = pcall(f)
    for name, value in pairs(before) do server:ask("CONFIG", "SET", name, value) end
    assert(done, why)
  end

  -- What a job warned of.
  local function warning_of(job)
    local write = io.stderr
    io.stderr = { write = function() end } -- luacheck: ignore
    local done, report = pcall(job.run, job)
    io.stderr = write -- luacheck: ignore
    return assert(done and report).warning
  end

  it("say what can be lost where the server does not write at once", function()
    assert.is_nil(warning_of(new_job { rows = people(1) }))
    with({ appendfsync = "everysec" }, function()
      assert.matches("%(appendfsync everysec%): when its machine ends, calls",
        warning_of(new_job { rows = people(2) }))
    end)
    with({ appendonly = "no" }, function()
      assert.matches("keeps no append%-only file", warning_of(new_job { rows = people(3) }))
    end)
    with({ maxmemory = "1gb", ["maxmemory-policy"] = "allkeys-lru" }, function()
      assert.matches("may throw away rows", warning_of(new_job { rows = people(4) }))
    end)
  end)

  it("do nothing twice when the server's answers are lost, by a client of the program's own",
    function()
      local connection, asked = assert(hiredis.open(server:address())), 0
      local job, path = new_job { rows = people(40), limit = 8, rate = { 1000, per = 1 },
        command = function(...)
          local reply, why, kind = connection:command(...)
          asked = asked + 1
          if asked > 12 and asked % 3 == 0 then return nil, "closed" end -- it has been done
          if reply == nil then return kind == "answer" and false or nil, why end
          return reply
        end }
      local report
      convoke.run(function()
        local running = convoke.spawn(function() report = assert(job:run()) end)
        local deadline = convoke.now() + 10
        repeat convoke.sleep(0.05) until report or convoke.now() > deadline
        job:stop() -- of what nobody remembers to have claimed nothing comes
        running:await()
      end)
      connection:close()
      assert.equal(40, report.done)
      assert.equal(40, given.posts())
      local csv = files.path ".csv"
      assert.equal(40, assert(convoke.job({ name = "spring", store = path }):report(csv)).total)
      for row in convoke.rows(csv) do assert.equal("1", row.attempts) end
    end)

  it("end when the server has lost them, and are not begun anew", function()
    given.sandbox:fault { api = "clerk", method = "POST", delay = 0.05, every = 1 }
    local job, path = new_job { rows = people(40), limit = 4 }
    local report, err
    convoke.run(function()
      local running = convoke.spawn(function() return job:run() end)
      repeat convoke.sleep(0.01) until given.posts() >= 8
      server:ask "FLUSHALL"
      report, err = running:await()
    end)
    assert.is_nil(report)
    assert.matches("the job is not in the store", tostring(err))
    assert.is_true(given.posts() < 20)
    report, err = convoke.job({ name = "spring", store = path }):status()
    assert.is_nil(report)
    assert.matches("has no job spring", tostring(err))
  end)

  it("need no script that the server has forgotten", function()
    given.sandbox:fault { api = "clerk", method = "POST", delay = 0.02, every = 1 }
    local job = new_job { rows = people(40), limit = 4 }
    convoke.run(function()
      local running = convoke.spawn(function() return job:run() end)
      repeat convoke.sleep(0.01) until given.posts() >= 8
      server:ask("SCRIPT", "FLUSH")
      assert.equal(40, assert(running:await()).done)
    end)
  end)

  it("are refused when a newer convoke or another program has made them", function()
    local job, path = new_job { rows = people(1) }
    local prefix = path:match "prefix=(.*)"
    assert(job:run())
    server:ask("HSET", ("{%s:spring}:job"):format(prefix), "version", 2)
    assert.matches("the job spring was made by a newer convoke", tostring(select(2, job:run())))
    server:ask("SET", ("{%s:autumn}:job"):format(prefix), "something")
    local err = select(2, new_job({ name = "autumn", store = path, rows = people(1) }):run())
    assert.equal("store", err.kind)
    assert.matches("WRONGTYPE", tostring(err))
  end)

  it("show no password, and keep to their database and prefix", function()
    server:ask("ACL", "SETUSER", "ann", "on", ">s3cret/", "~*", "+@all")
    local address = ("redis://ann:s3cret%%2f@127.0.0.1:%d/5?prefix=mine"):format(server.port)
    local job = new_job { rows = people(3), store = address }
    assert.equal(3, assert(job:run()).done)
    assert.is_nil(tostring(job):find("s3cret", 1, true))
    local err = select(2, new_job({ store = (address:gsub("s3cret", "s4cret")) }):run())
    assert.matches("WRONGPASS", tostring(err))
    assert.is_nil(tostring(err):find("s4cret", 1, true))
    for key in server:ask("-n", 5, "KEYS", "*"):gmatch "[^\n]+" do
      assert.is_true(key == "mine:jobs" or key:find("{mine:spring}:", 1, true) == 1, key)
    end
  end)

  it("take rows that are larger together than a command may be", function()
    local store = assert(require "convoke.jobs.redis"(server:new_store()))
    assert(store:open_job("large", { api = "clerk", operation = "invitations:create",
      settings = "{}" }))
    local rows, params = {}, ("x"):rep(5000000)
    for i = 1, 15 do rows[i] = { line = i, key = "key " .. i, params = params } end
    rows[16] = { line = 16, fault = "is no row" }
    for _ = 1, 2 do -- what is added again is there once
      assert.is_true(store:add(rows, true))
      local counts = assert(store:counts(60))
      assert.equal(15, counts.pending)
      assert.equal(1, counts.invalid)
    end
    assert.is_true(assert(store:open_job "large").loaded)
    store:close()
  end)

  it("say when nobody is there", function()
    local address = ("redis://127.0.0.1:%d/0"):format(require("spec.support.nginx").free_port())
    local status, err = convoke.job({ name = "a", store = address }):status()
    assert.is_nil(status)
    assert.equal("store", err.kind)
    assert.matches(address, tostring(err), 1, true)
  end)
end)
