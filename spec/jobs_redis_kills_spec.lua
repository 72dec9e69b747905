-- Programs on several machines work on a job in Redis, and are killed, stopped and interrupted; or
-- Redis is.

local convoke = require "convoke"
local compile = require "spec.support.compile"
local files = require "spec.support.job_files"
local job_redis = require "spec.support.job_redis"
local kills = require "spec.support.job_kills"
local open_store = require "convoke.jobs.redis"
local redis_server = require "spec.support.redis_server"

describe("jobs in Redis, when programs end in the midst of them,", function()
  local missing = redis_server.missing()
  if missing then
    pending("are not tried: " .. missing, function() end)
    return
  end

  local server

  setup(function() server = redis_server.start(redis_server.durable) end)
  teardown(function() server:stop() end)

  local function pass_leases(store, job, program)
    job_redis.pass_leases(server, store, job, program)
  end

  local given = kills({ setup = setup, teardown = teardown, before_each = before_each,
    after_each = after_each, it = it }, {
    new_store = function() return server:new_store() end,
    pass_leases = pass_leases,
    abandon = function(store, job)
      local opened = assert(open_store(store))
      assert(opened:open_job(job))
      assert.is_true(#opened:claim(100, 1) > 0)
      opened:close()
      pass_leases(store, job)
    end,
  })
  local start, new_job, status, wait_until = given.start, given.new_job, given.status,
    given.wait_until

  it("lose nothing and do nothing twice when Redis is killed and comes back", function()
    given.sandbox:fault { api = "clerk", method = "POST", delay = 0.03, every = 1 }
    local rows = 60
    local workers = { start(rows), start(rows) }
    wait_until(function() return status().done >= 10 end)
    server:signal "KILL"
    server:wait()
    convoke.sleep(0.5) -- what is under way ends; nothing else begins
    local before = #given.sandbox:requests "clerk"
    convoke.sleep(0.5)
    assert.equal(before, #given.sandbox:requests "clerk")
    server:restart()
    local back = convoke.now()
    wait_until(function() return #given.sandbox:requests "clerk" > before end)
    assert.is_true(convoke.now() - back < 2)
    for _, worker in ipairs(workers) do
      assert.matches("60 done, 0 refused, 0 made, 0 unknown, 0 left\n$", worker:wait())
    end
    given.check_books(rows)
  end)

  it("send nothing more once Redis refuses to note it, and go on when it does not", function()
    given.sandbox:fault { api = "clerk", method = "POST", delay = 0.03, every = 1 }
    local rows = 40
    local worker = start(rows)
    wait_until(function() return status().done >= 8 end)
    server:ask("ACL", "SETUSER", "default", "-evalsha")
    local said = worker:wait()
    server:ask("ACL", "SETUSER", "default", "+evalsha")
    assert.matches("store: redis://.* NOPERM", said)
    local posts = #given.sandbox:books("clerk").invitations
    local standing = status()
    assert.is_true(posts < rows)
    assert.is_true(posts <= standing.sent + standing.done)
    pass_leases(given.store, "storm")
    assert.matches("40 done", start(rows):wait())
    given.check_books(rows)
  end)

  it("go by the server's clock, whatever the clocks of the workers say", function()
    local clocks = compile "clocks"
    local function run_all(rows)
      local workers = {}
      for i, seconds in ipairs { -300, 300 } do
        workers[i] = start(rows, { rate = { 10, per = 0.5 }, set = seconds },
          ("LD_PRELOAD=%s${LD_PRELOAD:+:$LD_PRELOAD}"):format(clocks))
      end
      for _, worker in ipairs(workers) do
        assert.matches(rows .. " done, 0 refused, 0 made, 0 unknown, 0 left\n", worker:wait())
      end
    end
    run_all(30)
    local csv = files.path ".csv"
    assert(new_job():report(csv))
    for row in convoke.rows(csv) do assert.equal("1", row.attempts) end -- no lease seemed over
    given.sandbox:fault { api = "clerk", method = "POST", chance = 0.2, seed = 3, execute = true,
      cut = 0 }
    local rows = 50
    run_all(rows)
    os.remove(clocks)
    given.check_books(rows)
    local times = {}
    for _, request in ipairs(given.sandbox:requests "clerk") do
      if request.method == "POST" then times[#times + 1] = request.time end
    end
    for i = 11, #times do assert.is_true(times[i] - times[i - 10] >= 0.49) end
  end)
end)
