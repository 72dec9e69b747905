--- What must hold when programs that work on a job are killed, stopped and interrupted: what the
-- sandbox's books say is what the store says.

local assert = require "luassert"
local convoke = require "convoke"
local files = require "spec.support.job_files"
local sandbox_server = require "convoke.sandbox"
local worker_text = require "spec.support.job_worker"

--- Declares the specs, within describe().
-- @param busted  its functions: setup, teardown, before_each, after_each, it
-- @param kind    of store: new_store(), an address where nothing is yet; pass_leases(store, job,
--   program): what the job's rows that are sent count for as if their leases were over, those of a
--   program that was killed, or all; abandon(store, job): rows that are pending become what a
--   program leaves that is killed before it has the answer
-- @return a table for specs of one kind: sandbox, store, start(rows, changes, before,
--   through), new_job(changes), status(), wait_until(done), check_books(rows)
return function(busted, kind)
  local it = busted.it
  local given = {}
  local sandbox, clerk, store

  busted.setup(function()
    sandbox = sandbox_server.start()
    given.sandbox = sandbox
  end)
  busted.teardown(function() sandbox:stop() end)

  busted.before_each(function()
    sandbox:reset()
    sandbox:clear_faults()
    clerk = convoke.clerk { url = sandbox.clerk.url, secret_key = sandbox.clerk.secret_key }
    store = kind.new_store()
    given.store = store
  end)

  busted.after_each(function()
    clerk:close()
    files.remove()
  end)

  local function start(rows, changes, before, through)
    local settings = { url = sandbox.clerk.url, key = sandbox.clerk.secret_key, store = store,
      rows = rows, timeout = 15 }
    for name, value in pairs(changes or {}) do settings[name] = value end
    return files.start(worker_text(settings), before, through)
  end

  local function new_job(changes)
    local spec = { name = "storm", store = store, client = clerk,
      operation = "invitations.create" }
    for name, value in pairs(changes or {}) do spec[name] = value end
    return convoke.job(spec)
  end

  local function status()
    return new_job():status() or { done = 0, sent = 0, pending = 0, total = 0 }
  end

  local function wait_until(done)
    local deadline = convoke.now() + 20
    while not done() do
      assert(convoke.now() < deadline, "it took too long")
      convoke.sleep(0.005)
    end
  end

  -- Compares the report with the books: each row that is done was made once, what is not known is
  -- made once at most, and what was not done is not there.
  local function check_books(rows)
    local counts = {}
    for each in clerk.invitations:each {} do
      counts[each.email_address] = (counts[each.email_address] or 0) + 1
    end
    local csv = files.path ".csv"
    assert(new_job():report(csv))
    local seen = 0
    for row in convoke.rows(csv) do
      seen = seen + 1
      local count = counts[row.key] or 0
      assert.is_true(count <= 1, row.key .. " was invited twice")
      if row.state == "done" or row.state == "made" then assert.equal(1, count, row.key) end
      if row.state == "refused" or row.state == "invalid" then assert.equal(0, count, row.key) end
    end
    assert.equal(rows, seen)
  end

  it("lose nothing and do nothing twice, however often they are killed", function()
    sandbox:fault { api = "clerk", method = "POST", chance = 0.1, seed = 5, execute = true,
      cut = 0 }
    sandbox:fault { api = "clerk", method = "POST", chance = 0.1, seed = 6, cut = 0 }
    local rows = 150
    local workers = { start(rows), start(rows) }
    for kill = 1, 6 do
      local before = status().done
      wait_until(function()
        local now = status()
        return now.done >= math.min(before + 8, rows - 20) or now.done >= rows - 10
      end)
      local at = kill % 2 + 1
      workers[at]:signal "KILL"
      workers[at]:wait()
      kind.pass_leases(store, "storm", workers[at])
      workers[at] = start(rows)
    end
    for _, worker in ipairs(workers) do
      assert.equal("150 done, 0 refused, 0 made, 0 unknown, 0 left\n", worker:wait())
    end
    check_books(rows)
  end)

  it("do not send what a stopped program holds before its lease is over", function()
    sandbox:fault { api = "clerk", method = "POST", delay = 0.3, times = 2 }
    local worker = start(2)
    wait_until(function() return #sandbox:requests "clerk" >= 2 end)
    worker:signal "STOP"
    local job = new_job()
    convoke.run(function()
      local running = convoke.spawn(function() return job:run() end)
      convoke.sleep(1.5)
      assert.equal(2, job:status().sent)
      worker:signal "CONT"
      assert.equal(2, running:await().done)
    end)
    worker:wait()
    check_books(2)
  end)

  it("do not let a revived program overwrite or send what others have taken over", function()
    sandbox:fault { api = "clerk", method = "POST", delay = 0.2, times = 2 }
    local worker = start(2, { timeout = 1 })
    wait_until(function() return #sandbox:requests "clerk" >= 2 end)
    worker:signal "STOP"
    kind.pass_leases(store, "storm") -- of 1 + 15 seconds
    assert.equal(2, assert(new_job({ timeout = 15 }):run()).done)
    local csv = files.path ".csv"
    assert(new_job():report(csv))
    worker:signal "CONT"
    worker:wait()
    local again = files.path ".csv"
    assert(new_job():report(again))
    assert.equal(files.read(csv), files.read(again))
    check_books(2)
  end)

  it("leave as unknown, and list, what cannot be looked up", function()
    local convex = convoke.convex { url = sandbox.convex.url, token = sandbox.convex.token }
    local function run()
      return assert(convoke.job({ name = "play", store = store, client = convex,
        operation = "mutation", key = "id", rows = { { id = 1 } },
        params = function() return { path = "messages:send", args = { body = "hi" } } end }):run())
    end
    sandbox:fault { api = "convex", method = "POST", times = 1, cut = 0 }
    assert.equal(1, run().unknown)
    local sent = #sandbox:requests "convex"
    local job = convoke.job { name = "play", store = store }
    assert.equal(1, job:retry({ "unknown" }, { yes = true }))
    -- As a program leaves it that is killed before it has the answer.
    kind.abandon(store, "play")
    assert.equal(1, run().unknown)
    assert.equal(sent, #sandbox:requests "convex")
    local csv = files.path ".csv"
    assert(job:report(csv))
    for row in convoke.rows(csv) do
      assert.equal("unknown", row.state)
      assert.matches("ended before it had the answer", row.error)
    end
    convex:close()
  end)

  it("end what is under way after Ctrl-C, and go on later", function()
    sandbox:fault { api = "clerk", method = "POST", delay = 0.1, every = 1 }
    local worker = start(100)
    wait_until(function() return status().done >= 8 end)
    worker:signal "INT"
    local said = worker:wait()
    assert.matches("storm: ending what is under way; run it again to go on", said, 1, true)
    assert.matches("left, interrupted\n$", said)
    local left = status()
    assert.equal(0, left.sent)
    assert.is_true(left.pending > 0)
    sandbox:clear_faults()
    assert.equal(100, assert(new_job():run()).done)
    check_books(100)
  end)

  given.start, given.new_job, given.status = start, new_job, status
  given.wait_until, given.check_books = wait_until, check_books
  return given
end
