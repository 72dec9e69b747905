--- What jobs do, whatever the kind of their store.

local assert = require "luassert"
local convoke = require "convoke"
local engine = require "convoke.engine"
local files = require "spec.support.job_files"
local sandbox_server = require "convoke.sandbox"

local unpack = table.unpack or unpack -- luacheck: ignore 143 113

--- Declares the specs, within describe().
-- @param busted     its functions: setup, teardown, before_each, after_each, it
-- @param new_store  function that returns the address of a store where nothing is yet
-- @param contents   function(address) that returns all that the store has written, as text
-- @return a table for specs of one kind: sandbox, clerk, new_job(changes), people(count), posts(),
--   invited()
return function(busted, new_store, contents)
  local it = busted.it
  local given = {}
  local sandbox, clerk, clients

  busted.setup(function()
    sandbox = sandbox_server.start()
    given.sandbox = sandbox
  end)
  busted.teardown(function() sandbox:stop() end)

  local function new_client(options)
    options = options or {}
    options.url, options.secret_key = sandbox.clerk.url, options.secret_key
      or sandbox.clerk.secret_key
    local made = convoke.clerk(options)
    clients[#clients + 1] = made
    return made
  end

  busted.before_each(function()
    sandbox:reset()
    sandbox:clear_faults()
    clients = {}
    clerk = new_client()
    given.clerk = clerk
  end)

  busted.after_each(function()
    for _, each in ipairs(clients) do each:close() end
    assert.equal(0, convoke.stats().in_flight)
    assert.is_false(engine.busy())
    files.remove()
  end)

  local function people(count)
    local rows = {}
    for i = 1, count do rows[i] = { email = ("p%d@example.com"):format(i), n = i } end
    return rows
  end

  local function new_job(changes)
    local spec = { name = "spring", client = clerk, operation = "invitations.create",
      key = "email", params = function(row)
        return { email_address = row.email, public_metadata = { n = row.n } }
      end }
    for name, value in pairs(changes) do spec[name] = value end
    spec.store = spec.store or new_store()
    return convoke.job(spec), spec.store
  end

  -- How many invitations there are for each address that rows of people() have.
  local function invited()
    local counts, total = {}, 0
    for each in clerk.invitations:each {} do
      if each.email_address:find "^p%d+@example%.com$" then
        counts[each.email_address] = (counts[each.email_address] or 0) + 1
        total = total + 1
      end
    end
    return counts, total
  end

  local function posts()
    local count = 0
    for _, request in ipairs(sandbox:requests "clerk") do
      if request.method == "POST" then count = count + 1 end
    end
    return count
  end

  it("make the call of each row, and report", function()
    local job, path = new_job { rows = people(40) }
    local report = assert(job:run())
    assert.equal(40, report.done)
    assert.equal(40, report.total)
    assert.equal(0, report.pending + report.sent + report.refused + report.unknown)
    assert.is_false(report.interrupted)
    local counts, total = invited()
    assert.equal(40, total)
    for i = 1, 40 do assert.equal(1, counts[("p%d@example.com"):format(i)]) end
    local csv = files.path ".csv"
    assert.equal(40, job:report(csv).done)
    local seen = 0
    for row in convoke.rows(csv) do
      seen = seen + 1
      assert.equal("done", row.state)
      assert.equal(("p%s@example.com"):format(row.line), row.key)
      assert.matches("^inv_", row.id)
      assert.equal("1", row.attempts)
      assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$", row.ended_at)
    end
    assert.equal(40, seen)
    assert.is_nil(contents(path):find(sandbox.clerk.secret_key, 1, true))
  end)

  it("do nothing twice when they are run again", function()
    local job = new_job { rows = people(10) }
    assert(job:run())
    local before = posts()
    assert.equal(10, job:run().done)
    assert.equal(before, posts())
  end)

  it("tell of bad rows with their lines, and of rows that the API refuses", function()
    local path = files.write("email,n\np1@example.com,1\nbroken\n,3\np1@example.com,4\nnonsense,5\n"
      .. "p2@example.com,6\np3@example.com,7\n", ".csv")
    local job = new_job { rows = convoke.rows(path), params = function(row)
      if row.n == "7" then return nil, "seven is not wanted" end
      if row.n == "6" then error "six is odd" end
      return { email_address = row.email }
    end }
    local report = assert(job:run())
    assert.equal(1, report.done)
    assert.equal(5, report.invalid)
    assert.equal(1, report.refused)
    local csv, lines = files.path ".csv", {}
    assert(job:report(csv))
    for row in convoke.rows(csv) do lines[tonumber(row.line)] = row end
    assert.equal("has 1 fields, the header has 2", lines[3].error)
    assert.equal("has no email", lines[4].error)
    assert.equal("its key is that of line 2", lines[5].error)
    assert.equal("refused", lines[6].state)
    assert.equal("form_param_format_invalid", lines[6].code)
    assert.equal("422", lines[6].status)
    assert.matches("six is odd", lines[7].error)
    assert.equal("params: seven is not wanted", lines[8].error)
    assert.equal(5, job:run().invalid)
  end)

  -- Runs a job with the lines of a file that is written anew. Returns its report, the lines by the
  -- rows' keys, and what is wrong with bad lines.
  local function run_file(store, lines)
    local path = files.write("email,n\n" .. table.concat(lines, "\n") .. "\n", ".csv")
    local report = assert(new_job({ rows = convoke.rows(path), store = store }):run())
    local csv, at, bad = files.path ".csv", {}, {}
    assert(new_job({ store = store }):report(csv))
    for row in convoke.rows(csv) do
      local line = tonumber(row.line)
      if row.key ~= "" then at[row.key] = line else bad[line] = row.error end
    end
    return report, at, bad
  end

  local function lines_of(...)
    local lines = {}
    for i, n in ipairs { ... } do
      lines[i] = n == 0 and "broken" or ("p%d@example.com,%d"):format(n, n)
    end
    return lines
  end

  local double = "its key is that of line %d"

  it("take a file that was changed as it is now", function()
    local store = new_store()
    local _, _, bad = run_file(store, lines_of(1, 2, 0, 3, 4, 2, 5))
    assert.same({ [4] = "has 1 fields, the header has 2", [7] = double:format(3) }, bad)
    -- Bad lines are mended, or bad in another way.
    bad = select(3, run_file(store, lines_of(1, 2, 1, 3, 4, 7, 5)))
    assert.same({ [4] = double:format(2) }, bad)
    bad = select(3, run_file(store, lines_of(1, 2, 6, 3, 4, 7, 5)))
    assert.same({}, bad)
    run_file(store, lines_of(1, 2, 6, 3, 4, 7, 5, 0))
    bad = select(3, run_file(store, lines_of(1, 2, 6, 3, 4, 7, 5)))
    assert.same({}, bad)
    -- Rows are moved up, down, by different numbers of lines, and turned around.
    local report, at
    for _, order in ipairs { { 1, 3, 4, 7, 5, 6 }, { 8, 1, 3, 4, 7, 5, 6 },
        { 8, 1, 3, 9, 10, 4, 7, 6 }, { 6, 7, 4, 10, 9, 3, 1, 8, 5, 2 }, { 2, 6, 7, 4 } } do
      report, at, bad = run_file(store, lines_of(unpack(order)))
      assert.same({}, bad)
      for i, n in ipairs(order) do assert.equal(i + 1, at[("p%d@example.com"):format(n)]) end
    end
    assert.equal(10, report.done)
    assert.equal(10, report.total)
    assert.equal(10, posts())
  end)

  it("tell of bad lines, however many read them at the same time", function()
    local rows = people(110) -- of which 50 are told to the store together
    rows[2], rows[52] = {}, {}
    -- Two read them. Each waits before rows 1, 51 and 105 until the other has asked for some row.
    local function read(waits)
      local asked, store = { 0, 0 }, new_store()
      local function reader(i)
        local at = 0
        return function()
          at = at + 1
          asked[i] = at
          while asked[3 - i] < (waits[i][at] or 0) do convoke.sleep(0.005) end
          return rows[at]
        end
      end
      convoke.run(function()
        for i = 1, 2 do
          convoke.spawn(function()
            assert(new_job({ rows = convoke.rows(reader(i)), store = store }):run())
          end)
        end
      end)
      return new_job({ store = store }):status().invalid
    end
    -- The second begins later, tells of line 52 earlier, and ends later.
    local first, second = { [51] = 101 }, { [1] = 51, [105] = 111 }
    assert.equal(2, read { first, second })
    assert.equal(2, read { second, first })
  end)

  it("tell of a row that comes twice, wherever the file was changed", function()
    local store = new_store()
    run_file(store, lines_of(6, 7, 4, 3))
    for _, case in ipairs {
      { { 6, 12, 4, 3, 7 }, {} }, -- was taken out, and is back
      { { 6, 7, 4, 3, 6 }, { [6] = double:format(2) } }, -- of what is as it was
      { { 1, 6, 7, 4, 6, 7 }, { [6] = double:format(3), [7] = double:format(4) } }, -- has moved
      { { 1, 6, 7, 4, 3, 11, 11 }, { [8] = double:format(7) } }, -- is new
    } do
      local _, at, bad = run_file(store, lines_of(unpack(case[1])))
      assert.same(case[2], bad)
      assert.equal(case[1][1] == 6 and 2 or 3, at["p6@example.com"])
    end
    assert.equal(7, posts())
    -- In one reading of many rows, too: they are added some at a time.
    local many = {}
    for i = 1, 120 do many[i] = 20 + i end
    many[#many + 1] = 21
    many[#many + 1] = 140
    store = new_store()
    local bad = select(3, run_file(store, lines_of(unpack(many))))
    assert.same({ [122] = double:format(2), [123] = double:format(121) }, bad)
    table.insert(many, 1, 10)
    bad = select(3, run_file(store, lines_of(unpack(many))))
    assert.same({ [123] = double:format(3), [124] = double:format(122) }, bad)
  end)

  it("keep parameters as they are, and never a secret", function()
    local job, path = new_job { rows = { { email = "p1@example.com" } }, params = function(row)
      return { email_address = row.email, public_metadata = { none = convoke.null,
        list = convoke.array {}, half = 0.5, text = 'a"\n\\', nested = { { deep = true } } } }
    end }
    assert.equal(1, job:run().done)
    for each in clerk.invitations:each { query = "p1@example.com" } do
      local metadata = each.public_metadata
      assert.equal(convoke.null, metadata.none)
      assert.same({}, metadata.list)
      assert.equal(0.5, metadata.half)
      assert.equal('a"\n\\', metadata.text)
      assert.is_true(metadata.nested[1].deep)
    end
    assert.is_nil(contents(path):find("sk_test", 1, true))
  end)

  it("are told at once that all rows lack the column of the key", function()
    local path = files.write("emial,team\np1@example.com,red\n", ".csv")
    local job = new_job { rows = convoke.rows(path) }
    local report, err = job:run()
    assert.is_nil(report)
    assert.equal("invalid", err.kind)
    assert.equal("not_sent", err.outcome)
    assert.matches(" has no column email; did you mean emial%?", tostring(err))
    assert.equal(0, job:status().total)
    path = files.write(("x"):rep(5000) .. "\nv\n", ".csv")
    err = select(2, new_job({ rows = convoke.rows(path) }):run())
    assert.is_true(#tostring(err) < 300)
  end)

  it("keep objects that look like the marks with which the store writes values", function()
    local metadata = { ["$convoke"] = { "int64", "no number" }, other = convoke.int64 "7",
      inner = { ["$convoke"] = { "object", { ["$convoke"] = 1 } } } }
    local job = new_job { rows = { { email = "p1@example.com" } }, params = function(row)
      return { email_address = row.email, public_metadata = metadata }
    end }
    assert.equal(1, assert(job:run()).done)
    for each in clerk.invitations:each { query = "p1@example.com" } do
      local kept = each.public_metadata
      assert.same({ "int64", "no number" }, kept["$convoke"])
      assert.equal("7", tostring(kept.other))
      assert.same({ ["$convoke"] = { "object", { ["$convoke"] = 1 } } }, kept.inner)
    end
  end)

  it("tell of rows with text that is not UTF-8, and send nothing of them", function()
    local path = files.write("email,team\np1@example.com,caf\233\n\252@example.com,\n"
      .. "p2@example.com,caf\195\169\n", ".csv")
    local job = new_job { rows = convoke.rows(path), params = function(row)
      return { email_address = "p" .. row.email, public_metadata = { team = row.team } }
    end }
    local report = assert(job:run())
    assert.equal(1, report.done)
    assert.equal(2, report.invalid)
    local csv, lines = files.path ".csv", {}
    assert(job:report(csv))
    for row in convoke.rows(csv) do lines[tonumber(row.line)] = row end
    assert.equal("has text that is not UTF-8", lines[2].error)
    assert.equal("has text that is not UTF-8", lines[3].error)
    assert.equal("done", lines[4].state)
    assert.equal(1, posts())
  end)

  it("need no function where the rows are there already", function()
    local job, path = new_job { rows = people(5) }
    assert(job:run())
    local other = convoke.job { name = "spring", store = path, client = clerk }
    assert.equal(5, assert(other:run()).done)
    local watcher = convoke.job { name = "spring", store = path }
    local status = assert(watcher:status())
    assert.equal(5, status.done)
    assert.equal(0, status.workers)
  end)

  it("wait while they are paused, and go on", function()
    local job, path = new_job { rows = people(5) }
    local steering = convoke.job { name = "spring", store = path, client = clerk,
      operation = "invitations.create" }
    assert.is_true(steering:pause())
    local before = posts()
    local report
    convoke.run(function()
      local running = convoke.spawn(function() return job:run() end)
      repeat convoke.sleep(0.01) until steering:status().total == 5
      convoke.sleep(0.1)
      assert.equal(5, steering:status().pending)
      assert.equal(before, posts())
      assert.is_true(steering:status().paused)
      assert.is_true(steering:resume())
      report = running:await()
    end)
    assert.equal(5, report.done)
  end)

  it("settle lost answers as calls do", function()
    sandbox:fault { api = "clerk", method = "POST", every = 3, execute = true, cut = 0 }
    local report = assert(new_job { rows = people(20), timeout = 20 }:run())
    assert.equal(20, report.done)
    assert.equal(20, (select(2, invited())))
  end)

  it("send rows again that were never sent, and stop for a credential that is refused", function()
    local wrong = new_client { secret_key = "sk_test_wrong" }
    local job, path = new_job { rows = people(5), client = wrong, limit = 2 }
    local report, err = job:run()
    assert.is_nil(report)
    assert.equal(401, err.status)
    assert.equal(5, job:status().pending)
    assert.equal(5, new_job({ rows = people(5), store = path }):run().done)
  end)

  it("keep a pace that all share", function()
    local rate = { 5, per = 0.6 }
    local job, path = new_job { rows = people(20), rate = rate, limit = 8 }
    local other = convoke.job { name = "spring", store = path, client = clerk }
    local function run_other()
      local deadline = convoke.now() + 5
      repeat convoke.sleep(0.01) until other:status() or convoke.now() > deadline
      return other:run()
    end
    convoke.run(function()
      local one, two = convoke.spawn(function() return job:run() end), convoke.spawn(run_other)
      assert.equal(20, one:await().done)
      two:await()
    end)
    local times = {}
    for _, request in ipairs(sandbox:requests "clerk") do
      if request.method == "POST" then times[#times + 1] = request.time end
    end
    assert.equal(20, #times)
    for i = 6, #times do
      assert.is_true(times[i] - times[i - 5] >= 0.59, ("%d calls in %.3f s"):format(6,
        times[i] - times[i - 5]))
    end
  end)

  it("tell when they will have ended by what of a limit is used", function()
    local job = new_job { rows = people(17), rate = { 5, per = 1000 } }
    local status
    convoke.run(function()
      local running = convoke.spawn(function() return job:run() end)
      repeat
        convoke.sleep(0.02)
        status = job:status()
      until status.done == 5 and status.pending == 12
      job:stop()
      running:await()
    end)
    -- Five calls a window: the last of twelve begins when the third window from now does.
    assert.is_true(status.seconds_left > 2980 and status.seconds_left <= 3000)
  end)

  it("hold all workers back for a Retry-After", function()
    sandbox:fault { api = "clerk", method = "POST", status = 429, retry_after = 1, times = 1 }
    sandbox:fault { api = "clerk", method = "POST", delay = 0.1, every = 1 }
    local _, path = new_job {}
    local report
    convoke.run(function()
      for i = 1, 2 do -- as two programs would, each with a client of its own
        convoke.spawn(function()
          report = assert(new_job({ rows = people(12), store = path, client = new_client(),
            limit = 1 }):run())
        end)
        if i == 1 then convoke.sleep(0.02) end
      end
    end)
    assert.equal(12, report.done)
    local times, held = {}, 0
    for _, request in ipairs(sandbox:requests "clerk") do
      if request.method == "POST" then times[#times + 1] = request.time end
    end
    assert.equal(13, #times)
    for i = 2, #times do
      local since = times[i] - times[1]
      if since > 0.4 and since < 0.95 then held = held + 1 end
    end
    assert.equal(0, held)
  end)

  it("are of one operation, and say so", function()
    local _, path = new_job { rows = people(1) }
    assert(new_job({ rows = people(1), store = path }):run())
    local _, err = new_job({ rows = people(1), store = path, operation = "invitations.revoke" })
      :run()
    assert.matches("the job spring in .* is of clerk.invitations.create", tostring(err))
    _, err = convoke.job({ name = "autumn", store = path }):status()
    assert.matches("has no job autumn", tostring(err))
  end)

  it("try again what is asked for, and want a yes where that may double", function()
    sandbox:fault { api = "clerk", method = "POST", status = 422, times = 2 }
    local job = new_job { rows = people(4) }
    assert.equal(2, job:run().refused)
    assert.equal(2, job:retry())
    assert.equal(4, job:run().done)
    assert.error_matches(function() job:retry { "unknown" } end, "say { yes = true }")
    assert.error_matches(function() job:retry { "done" } end, "cannot be tried again")
    assert.equal(0, job:retry({ "unknown" }, { yes = true }))
  end)

  it("say before they start that they outlast what they make", function()
    local job = new_job { rows = people(3), rate = { 1, per = 16 * 86400 }, limit = 1 }
    local warned
    local write = io.stderr
    io.stderr = { write = function(_, ...) warned = table.concat { ... } end } -- luacheck: ignore
    local done, why = pcall(convoke.run, function()
      local running = convoke.spawn(function() return job:run() end)
      repeat convoke.sleep(0.01) until warned
      job:stop()
      running:await()
    end)
    io.stderr = write -- luacheck: ignore
    assert(done, why)
    assert.matches("at this rate it takes 48 days, but what it makes is good for 30 days only",
      warned)
  end)

  given.new_job, given.people, given.posts, given.invited = new_job, people, posts, invited
  return given
end
