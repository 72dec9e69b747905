--- What jobs do whose rows travel several to a call (batch = 10), whatever the kind of their store.

local assert = require "luassert"
local convoke = require "convoke"
local engine = require "convoke.engine"
local files = require "spec.support.job_files"
local sandbox_server = require "convoke.sandbox"
local worker_text = require "spec.support.job_worker"

--- Declares the specs, within describe().
-- @param busted  its functions: setup, teardown, before_each, after_each, it
-- @param kind    of store: new_store(), pass_leases(store, job, program), as job_kills.lua has them
-- @return a table for specs of one kind: sandbox, new_job(changes), people(count), posts(),
--   assert_once(count), reported(name)
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
    assert.is_false(engine.busy())
    files.remove()
  end)

  local function new_job(changes)
    local spec = { name = "spring", store = store, client = clerk, batch = 10, key = "email",
      operation = "invitations.create", params = function(row)
        return { email_address = row.email, public_metadata = { n = row.n } }
      end }
    for name, value in pairs(changes or {}) do spec[name] = value end
    return convoke.job(spec)
  end

  local function people(count)
    local rows = {}
    for i = 1, count do rows[i] = { email = ("P%d@example.com"):format(i), n = i } end
    return rows
  end

  -- How many calls there were: of batches, and of single rows.
  local function posts()
    local bulk, single = 0, 0
    for _, request in ipairs(sandbox:requests "clerk") do
      if request.method == "POST" and request.path:find "/bulk$" then
        bulk = bulk + 1
      elseif request.method == "POST" then
        single = single + 1
      end
    end
    return bulk, single
  end

  local function invited()
    local counts = {}
    for _, each in ipairs(sandbox:books("clerk").invitations) do
      local n = each.public_metadata.n
      if n then counts[n] = (counts[n] or 0) + 1 end
    end
    return counts
  end

  -- That each of the rows of people() is invited, once.
  local function assert_once(count)
    local counts = invited()
    for i = 1, count do assert.equal(1, counts[i], i) end
  end

  -- The rows of a job's report, by their keys.
  local function reported(name)
    local csv, rows = files.path ".csv", {}
    assert(new_job({ name = name }):report(csv))
    for row in convoke.rows(csv) do rows[row.key] = row end
    return rows
  end

  it("make a call for ten rows, with a result for each", function()
    local report = assert(new_job({ rows = people(25) }):run())
    assert.equal(25, report.done)
    assert.same({ 3, 0 }, { posts() })
    local ids, rows = {}, reported()
    for _, each in ipairs(sandbox:books("clerk").invitations) do
      ids[each.email_address] = each.id
    end
    for i = 1, 25 do
      local key = ("P%d@example.com"):format(i)
      assert.equal(ids[key], rows[key].id)
    end
  end)

  it("find each row's result whatever the order of the answer", function()
    sandbox:fault { api = "clerk", method = "POST", status = 200, times = 1, body = "["
      .. '{"object":"invitation","id":"inv_2","email_address":"p2@example.com","status":"pending",'
      .. '"public_metadata":{"n":2},"created_at":1,"updated_at":1},'
      .. '{"object":"invitation","id":"inv_1","email_address":"p1@example.com","status":"pending",'
      .. '"public_metadata":{"n":1},"created_at":1,"updated_at":1}]',
      headers = { ["content-type"] = "application/json" } }
    local report = assert(new_job({ rows = people(3) }):run())
    assert.equal(3, report.done)
    local rows = reported()
    assert.equal("inv_1", rows["P1@example.com"].id)
    assert.equal("inv_2", rows["P2@example.com"].id)
    -- The third one was not in the answer: it was looked for, and sent by itself.
    assert.same({ nil, nil, 1 }, invited())
    assert.same({ 1, 1 }, { posts() })
  end)

  it("look up each row of a call whose answer was lost", function()
    sandbox:fault { api = "clerk", method = "POST", times = 1, execute = true, cut = 0 }
    sandbox:fault { api = "clerk", method = "POST", times = 1, cut = 0 }
    local report = assert(new_job({ rows = people(20) }):run())
    assert.equal(20, report.done)
    assert_once(20)
    assert.same({ 2, 10 }, { posts() })
  end)

  it("tell which rows of a call the API refuses, and make the others", function()
    local rows = people(10)
    rows[4].email = "nonsense"
    rows[7].email = "member@example.com"
    local report = assert(new_job({ rows = rows }):run())
    assert.equal(8, report.done)
    assert.equal(2, report.refused)
    local told = reported()
    assert.equal("form_param_format_invalid", told.nonsense.code)
    assert.equal("form_identifier_exists", told["member@example.com"].code)
    assert.same({ 1, 10 }, { posts() })
  end)

  it("tell which rows cannot be sent at all, and send the others together", function()
    local report = assert(new_job({ rows = people(10), params = function(row)
      return { email_address = row.email, expires_in_days = row.n == 5 and 1000 or nil }
    end }):run())
    assert.equal(9, report.done)
    assert.equal(1, report.invalid)
    assert.matches("expires_in_days", reported()["P5@example.com"].error)
    assert.same({ 1, 0 }, { posts() })
  end)

  local function wait_for_requests()
    local deadline = convoke.now() + 20
    while #sandbox:requests "clerk" == 0 do
      assert(convoke.now() < deadline, "it took too long")
      convoke.sleep(0.01)
    end
  end

  local function start(timeout)
    return files.start(worker_text { url = sandbox.clerk.url, key = sandbox.clerk.secret_key,
      store = store, rows = 10, timeout = timeout, batch = 10 })
  end

  it("look up what a program leaves that is killed in the midst of a call", function()
    sandbox:fault { api = "clerk", method = "POST", delay = 2, times = 1 }
    local worker = start(15)
    wait_for_requests()
    worker:signal "KILL"
    worker:wait()
    assert.equal(10, new_job { name = "storm" }:status().sent)
    kind.pass_leases(store, "storm", worker)
    assert.equal(10, assert(new_job({ name = "storm" }):run()).done)
    assert_once(10)
    assert.same({ 1, 0 }, { posts() })
  end)

  it("are neither sent again nor overwritten by a program that comes to life again", function()
    sandbox:fault { api = "clerk", method = "POST", delay = 0.2, times = 1 }
    local worker = start(1)
    wait_for_requests()
    worker:signal "STOP"
    kind.pass_leases(store, "storm")
    assert.equal(10, assert(new_job({ name = "storm" }):run()).done)
    local before = reported "storm"
    worker:signal "CONT"
    worker:wait()
    assert.same(before, reported "storm")
    assert_once(10)
    assert.same({ 1, 0 }, { posts() })
  end)

  it("tell which rows ask for what a row of another call has made", function()
    local rows = people(20)
    rows[15].email = rows[3].email
    local function run(first, last)
      local part = {}
      for i = first, last do part[#part + 1] = rows[i] end
      return assert(new_job({ rows = part, key = function(row) return row.n end }):run())
    end
    assert.equal(10, run(1, 10).done)
    local report = run(11, 20)
    assert.equal(19, report.done)
    assert.equal(1, report.refused)
    assert.equal("duplicate_record", reported()["15"].code)
    assert.same({ 2, 10 }, { posts() })
  end)

  it("are sent together again when the API wants them later", function()
    sandbox:fault { api = "clerk", method = "POST", status = 429, retry_after = 0.1, times = 1 }
    assert.equal(10, assert(new_job({ rows = people(10) }):run()).done)
    assert_once(10)
    assert.same({ 2, 0 }, { posts() })
    local requests = sandbox:requests "clerk"
    assert.is_true(requests[2].time - requests[1].time < 10) -- one failure, whatever its rows
  end)

  it("tell when they will have ended by what of their limit is used", function()
    local job = new_job { rows = people(60), rate = { ["invitations.create_bulk"] = { 2,
      per = 1000 }, ["invitations.create"] = { 1, per = 5000 } } }
    local status
    convoke.run(function()
      local running = convoke.spawn(function() return job:run() end)
      local deadline = convoke.now() + 20
      repeat
        convoke.sleep(0.02)
        status = job:status()
      until status.done == 20 and status.pending == 40 or convoke.now() > deadline
      job:stop()
      running:await()
    end)
    -- Two calls a window: the last two of four begin when the second window from now does.
    assert.is_true(status.seconds_left > 1980 and status.seconds_left <= 2000)
    assert.equal(0.02, status.rate)
  end)

  it("keep the pace of such calls, and that of single ones", function()
    sandbox:fault { api = "clerk", method = "POST", path = "/v1/invitations/bulk", times = 1,
      status = 422 }
    sandbox:fault { api = "clerk", method = "POST", delay = 0.2, every = 1 }
    local job = new_job { rows = people(40), limit = 16, rate = {
      ["invitations.create_bulk"] = { 2, per = 0.8 }, ["invitations.create"] = { 4, per = 0.8 } } }
    local other = convoke.job { name = "spring", store = store, client = clerk }
    convoke.run(function()
      local running = convoke.spawn(function() return job:run() end)
      local deadline = convoke.now() + 5
      repeat convoke.sleep(0.01) until other:status() or convoke.now() > deadline
      other:run()
      assert.equal(40, running:await().done)
    end)
    local times = { bulk = {}, single = {} }
    for _, request in ipairs(sandbox:requests "clerk") do
      local list = times[request.path:find "/bulk$" and "bulk" or "single"]
      if request.method == "POST" then list[#list + 1] = request.time end
    end
    assert.same({ 4, 10 }, { #times.bulk, #times.single })
    for i = 3, 4 do assert.is_true(times.bulk[i] - times.bulk[i - 2] >= 0.79) end
    for i = 5, 10 do assert.is_true(times.single[i] - times.single[i - 4] >= 0.79) end
  end)

  given.new_job, given.people, given.posts = new_job, people, posts
  given.assert_once, given.reported = assert_once, reported
  return given
end
