-- Jobs in Redis whose rows travel several to a call (batch = 10).

local behaviours = require "spec.support.job_batch_behaviours"
local convoke = require "convoke"
local hiredis = require "convoke.jobs.hiredis"
local job_redis = require "spec.support.job_redis"
local open_store = require "convoke.jobs.redis"
local redis_server = require "spec.support.redis_server"

describe("jobs in Redis with batches", function()
  local missing = redis_server.missing()
  if missing then
    pending("are not tried: " .. missing, function() end)
    return
  end

  local server

  setup(function() server = redis_server.start(redis_server.durable) end)
  teardown(function() server:stop() end)

  local given = behaviours({ setup = setup, teardown = teardown, before_each = before_each,
    after_each = after_each, it = it }, {
    new_store = function() return server:new_store() end,
    pass_leases = function(...) job_redis.pass_leases(server, ...) end,
  })

  local scope = "clerk.invitations.create_bulk"

  -- A store whose job has so many rows that travel ten to a call, and limits.
  local function filled(count, limits)
    local store = assert(open_store(given.store))
    assert(store:open_job("spring", { api = "clerk", operation = "clerk.invitations.create",
      settings = "{}" }))
    store:limit(limits or {}, { size = 10, scope = scope })
    local rows = {}
    for i = 1, count do rows[i] = { line = i, key = "key " .. i, params = "{}" } end
    assert(store:add(rows, true))
    return store
  end

  -- How many milliseconds row `n` has been held.
  local function idle_of(n)
    return tonumber(server:ask("XPENDING", job_redis.key(given.store, "spring", "rows"), "workers",
      n .. "-0", n .. "-0", 1):match "\n(%d+)\n%d+$")
  end

  it("ask little of the server: to claim and to record ten rows is one question", function()
    local connection, asked = assert(hiredis.open(server:address())), 0
    local job = given.new_job { rows = given.people(200), limit = 1,
      command = function(name, ...)
        if name == "EVALSHA" then asked = asked + 1 end
        local reply, why, kind = connection:command(name, ...)
        if reply == nil then return kind == "answer" and false or nil, why end
        return reply
      end }
    assert.equal(200, assert(job:run()).done)
    connection:close()
    assert.same({ 20, 0 }, { given.posts() })
    assert.is_true(asked < 60, asked .. " questions")
  end)

  it("do nothing twice when the server's answers are lost", function()
    local connection, asked = assert(hiredis.open(server:address())), 0
    local job = given.new_job { rows = given.people(80), limit = 2, rate = { 1000, per = 1 },
      command = function(...)
        local reply, why, kind = connection:command(...)
        asked = asked + 1
        if asked > 12 and asked % 2 == 0 then return nil, "closed" end -- it has been done
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
    assert.equal(80, report.done)
    given.assert_once(80)
    assert.same({ 8, 0 }, { given.posts() })
    for _, row in pairs(given.reported()) do assert.equal("1", row.attempts) end
  end)

  it("renew the leases of all their rows, or of none", function()
    local store, other = filled(10), filled(0)
    local claims = assert(store:claim(10, 20))
    assert.equal(10, #claims)
    local rows = job_redis.key(given.store, "spring", "rows")
    for n = 1, 10 do
      server:ask("XCLAIM", rows, "workers", store.worker, 0, n .. "-0", "IDLE", 15000, "JUSTID")
    end
    assert.is_true(store:renew(claims, 20))
    for n = 1, 10 do assert.is_true(idle_of(n) < 15000) end
    for n = 1, 9 do
      server:ask("XCLAIM", rows, "workers", store.worker, 0, n .. "-0", "IDLE", 15000, "JUSTID")
    end
    server:ask("XCLAIM", rows, "workers", "nobody", 0, "10-0", "IDLE", 20000, "JUSTID")
    assert.equal("10", assert(other:claim_lost(5, 20))[1].id)
    assert.is_false(store:renew(claims, 20))
    for n = 1, 9 do assert.is_true(idle_of(n) >= 15000) end
    store:close()
    other:close()
  end)

  it("begin their leases anew when a lost answer is given again", function()
    local store = filled(10)
    assert.equal(10, #assert(store:claim(10, 20)))
    server:ask("XCLAIM", job_redis.key(given.store, "spring", "rows"), "workers", store.worker, 0,
      "4-0", "IDLE", 15000, "JUSTID")
    store.asked = store.asked - 1
    assert.equal(10, #assert(store:claim(10, 20)))
    assert.is_true(idle_of(4) < 15000)
    store:close()
  end)

  it("wait for rows that fill a call, until there are no more", function()
    local store = filled(17)
    assert.equal(10, #assert(store:claim(40, 20)))
    assert.equal(0, #assert(store:claim(40, 20)))
    assert.equal(7, #assert(store:claim(40, 20, true)))
    store:close()
  end)

  it("record any number of results at once", function()
    local store, ended = filled(230, { { scope, 1000, per = 1000 } }), {}
    for i, claim in ipairs(assert(store:claim(230, 20, true))) do
      ended[i] = { claim = claim, result = { state = "done", object = "inv_" .. i } }
    end
    assert.equal(23, store:used()[1].under_way)
    ended[120].claim.fence = "7" -- it is somebody else's
    local claims, standing = store:claim(10, 20, true, ended)
    assert.equal(0, #claims)
    assert.equal(1, standing.open)
    assert.equal(230, #standing.ended)
    for i = 1, 230 do assert.equal(i ~= 120, standing.ended[i]) end
    local counts = store:counts(60)
    assert.same({ 229, 1 }, { counts.done, counts.sent })
    assert.equal(0, store:used()[1].under_way)
    store:close()
  end)

  it("count a call whose program is gone, once", function()
    local store, other = filled(20, { { scope, 2, per = 1000 } }), filled(0)
    other:limit(store.limits, store.batch)
    assert.equal(10, #assert(store:claim(10, 20)))
    assert.same({ times = {}, under_way = 1 }, store:used()[1])
    job_redis.pass_leases(server, given.store, "spring")
    local lost = assert(other:claim_lost(4, 20))
    assert.equal(4, #lost)
    for _, claim in ipairs(lost) do assert.is_truthy(claim.split) end
    assert.equal(6, #assert(other:claim_lost(10, 20)))
    local used = store:used()[1]
    assert.equal(0, used.under_way)
    assert.equal(1, #used.times)
    assert.equal(10, #assert(other:claim(20, 20)))
    store:close()
    other:close()
  end)
end)
