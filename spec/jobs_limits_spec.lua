-- What a store of jobs lets begin, and when, while limits are full.

local convoke = require "convoke"
local files = require "spec.support.job_files"
local redis_server = require "spec.support.redis_server"
local sandbox_server = require "convoke.sandbox"
local stores = require "convoke.jobs.stores"

local operation = "clerk.invitations.create"

-- Declares what stores of both kinds do.
local function behaviours(new_address)
  local store
  after_each(function()
    store:close()
    files.remove()
  end)

  -- A worker's store with some rows, and claims of them that last a twentieth of a second.
  local function open(limits, rows)
    store = assert(stores.open(new_address()))
    assert(store:open_job("limits", { api = "clerk", operation = operation, settings = "{}" }))
    store:limit(limits)
    assert(store:enter(function() return false end, function() end))
    local added = {}
    for i = 1, rows do added[i] = { key = "row " .. i, line = i, params = "{}" } end
    assert(store:add(added, true))
    return assert(store:claim(rows, 0.05))
  end

  -- The rows that nobody holds any more.
  local function take_lost()
    convoke.sleep(0.06)
    return assert(store:claim_lost(9, 0.05))
  end

  it("tells when there is room again: once each limit that is full has let go", function()
    local claims = open({ { "*", 2, per = 1000 }, { operation, 3, per = 5000 } }, 1)
    for _ = 1, 3 do assert(store:count_call(false)) end
    for is_look, expected in pairs { [false] = 5000, [true] = 1000 } do
      local has_room, seconds = store:has_room(is_look, claims[1])
      assert.is_false(has_room)
      assert.is_true(seconds > expected - 10 and seconds <= expected, tostring(seconds))
    end
    assert(store:hold(7000))
    local _, seconds = store:has_room(false, claims[1])
    assert.is_true(seconds > 6990 and seconds <= 7000, tostring(seconds))
  end)

  it("tells of each call that is counted, those too that have ended together", function()
    local claims = open({ { "*", 9, per = 1000 }, { operation, 9, per = 1000 } }, 3)
    local ended = {}
    for i = 1, 3 do
      ended[i] = { claim = claims[i], result = { state = "done", calls = "call" } }
    end
    assert(store:claim(0, 10, true, ended))
    for _, limit in ipairs(store:used()) do
      assert.equal(3, #limit.times)
      assert.equal(0, limit.under_way)
    end
  end)

  it("counts a call once, however often its row is taken up without making another", function()
    local claims = open({ { "*", 9, per = 1000 }, { operation, 9, per = 1000 } }, 1)
    assert(store:finish(claims[1], { state = "sent", again = 0, calls = "call" }))
    for _ = 1, 3 do
      claims = take_lost()
      assert.equal("none", claims[1].split)
      assert(store:finish(claims[1], { state = "sent", again = 0 }))
    end
    assert.equal(1, #store:used()[2].times)
  end)

  it("counts a call that a worker leaves which took its row up", function()
    local claims = open({ { "*", 9, per = 1000 }, { operation, 9, per = 1000 } }, 1)
    assert(store:finish(claims[1], { state = "sent", again = 0, calls = "call" }))
    claims = take_lost()
    assert.is_true(store:has_room(false, claims[1]))
    assert.is_nil(take_lost()[1].split)
  end)

  it("gives a row that waits only when its time has come", function()
    local claims = open({ { operation, 9, per = 1000 } }, 2)
    assert(store:finish(claims[1], { state = "sent", again = 100, calls = "call" }))
    assert(store:finish(claims[2], { state = "sent", again = 0.2, calls = "call" }))
    assert.same({}, take_lost())
    convoke.sleep(0.2)
    claims = take_lost()
    assert.equal(1, #claims)
    assert.equal("row 2", claims[1].key)
  end)
end

describe("the limits of jobs in SQLite files", function()
  behaviours(function() return files.path() end)
end)

describe("the limits of jobs in Redis", function()
  local missing = redis_server.missing()
  if missing then
    pending("are not tried: " .. missing, function() end)
    return
  end
  local server
  setup(function() server = redis_server.start(redis_server.durable) end)
  teardown(function() server:stop() end)
  behaviours(function() return server:new_store() end)
end)

describe("the limits of jobs", function()
  it("count each request once, though a repeat has to wait", function()
    local sandbox = sandbox_server.start()
    local clerk = convoke.clerk { url = sandbox.clerk.url, secret_key = sandbox.clerk.secret_key }
    sandbox:fault { api = "clerk", method = "POST", cut = 0, times = 1 }
    local path = files.path()
    local job = convoke.job { name = "limits", store = path, client = clerk, key = "email",
      operation = "invitations.create", rows = { { email = "ada@example.com" } },
      params = function(row) return { email_address = row.email } end, timeout = 2,
      rate = { 100, per = 1000, ["invitations.create"] = { 1, per = 1000 } } }
    local used, row
    convoke.run(function()
      local running = convoke.spawn(function() return job:run() end)
      repeat convoke.sleep(0.01) until job:status().total == 1
      local store = stores.open(path)
      store:open_job "limits"
      store:limit(job.limits)
      local deadline = convoke.now() + 60
      repeat
        convoke.sleep(0.05)
        row = store:rows(0, 1)[1]
      until convoke.now() > deadline or row.error and row.error:find "its turn comes after"
      used = store:used()
      store:close()
      job:stop()
      running:await()
    end)
    assert.equal("sent", row.state)
    assert.matches("its turn comes after the deadline", row.error)
    assert.equal(#sandbox:requests "clerk", #used[1].times)
    assert.equal(1, #used[2].times)
    clerk:close()
    sandbox:stop()
    files.remove()
  end)
end)
