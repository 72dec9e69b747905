local convoke = require "convoke"
local core = require "convoke.core"
local engine = require "convoke.engine"
local pace = require "convoke.call.pace"
local raw_server = require "spec.support.raw_server"

local answer = raw_server.answer

-- A world with a clock of its own -----------------------------------------------------------------

-- Numbers from 0 to below 1 that look like chance and are the same on every machine.
local function dice(seed)
  return function()
    seed = (seed * 16807) % 2147483647
    return seed / 2147483647
  end
end

-- Coroutines that wait by that clock. With `chance` those that are due at the same time go on in
-- any order, and each somewhat late, as on a busy machine.
local function new_world(limits, own, chance)
  local world = { time = 1000, begun = {}, asleep = {}, rounds = 0 }
  local set = 0 -- times so far

  local function wake(native)
    if native.until_when <= world.time then return end
    set = set + 1
    native.until_when, native.number = world.time, set
  end

  world.pace = pace.new(function() return world.time end, wake, limits, own)

  -- Lets a call of an operation arrive now.
  function world:call(name, deadline, more)
    local native = { name = name, until_when = -math.huge }
    for key, value in pairs(more or {}) do native[key] = value end
    local function wait(seconds)
      set = set + 1
      native.until_when, native.number = self.time + seconds, set
      coroutine.yield()
      return not native.cancelled
    end
    native.coroutine = coroutine.create(function()
      local ticket = self.pace:enter(name, deadline or math.huge, native, native.alone)
      local verdict, seconds = self.pace:await(ticket, wait)
      self.pace:leave(ticket)
      native.verdict, native.seconds, native.ended = verdict, seconds, self.time
      if verdict then self.begun[#self.begun + 1] = native end
    end)
    self.asleep[native] = true
    self:resume(native)
    return native
  end

  function world:resume(native)
    if native.dead then return end
    assert(coroutine.resume(native.coroutine))
    if coroutine.status(native.coroutine) == "dead" then self.asleep[native] = nil end
  end

  function world:cancel(native)
    native.cancelled = true
    self:resume(native)
  end

  -- Goes on until nobody waits, or until a time.
  function world:run(stop)
    while true do
      local earliest, due = math.huge, {}
      for native in pairs(self.asleep) do
        if not native.dead and native.until_when < earliest then earliest = native.until_when end
      end
      if earliest == math.huge or earliest > (stop or math.huge) then break end
      self.time = math.max(self.time, earliest) + (chance and chance() * 0.01 or 0)
      for native in pairs(self.asleep) do
        if not native.dead and native.until_when <= self.time then due[#due + 1] = native end
      end
      self.rounds = self.rounds + 1
      for _, native in ipairs(due) do native.place = chance and chance() or native.number end
      table.sort(due, function(a, b) return a.place < b.place end)
      for _, native in ipairs(due) do
        if self.asleep[native] and native.until_when <= self.time then self:resume(native) end
      end
    end
    if stop then self.time = math.max(self.time, stop) end
  end

  return world
end

local function names(natives)
  local list = {}
  for i, native in ipairs(natives) do list[i] = native.label or native.name end
  return table.concat(list, " ")
end

-- Most calls that began within a window of so many seconds, wherever that lies; `matches` picks.
local function most_within(begun, per, matches)
  local times, most, first = {}, 0, 1
  for _, native in ipairs(begun) do
    if matches(native) then times[#times + 1] = native.ended end
  end
  for last = 1, #times do
    while times[last] - times[first] >= per do first = first + 1 end
    most = math.max(most, last - first + 1)
  end
  return most
end

local function all() return true end

describe("a limit", function()
  it("is never exceeded in any window, and used to the full", function()
    for _, limit in ipairs { { 1, per = 0.5 }, { 7, per = 3 }, { 100, per = 10 } } do
      for seed = 1, 3 do
        local chance = dice(seed * 7919)
        local world = new_world({ limit }, nil, chance)
        for _ = 1, 3 * limit[1] + 5 do
          world:call("a")
          if chance() < 0.3 then world:run(world.time + chance() * limit.per / limit[1]) end
        end
        world:run()
        assert.equal(3 * limit[1] + 5, #world.begun)
        assert.equal(limit[1], most_within(world.begun, limit.per, all))
      end
    end
  end)

  it("of an operation and one for all hold both", function()
    local chance = dice(4711)
    local own = { a = { { 4, per = 2 } }, b = { { 30, per = 60 } } }
    local world = new_world({ { 10, per = 2 } }, own, chance)
    for _ = 1, 100 do
      local which = chance()
      world:call(which < 0.5 and "a" or which < 0.75 and "b" or "c")
      world:run(world.time + chance() * 0.2)
    end
    world:run()
    assert.equal(100, #world.begun)
    assert.equal(10, most_within(world.begun, 2, all))
    assert.equal(4, most_within(world.begun, 2, function(n) return n.name == "a" end))
    assert.is_true(most_within(world.begun, 60, function(n) return n.name == "b" end) <= 30)
  end)

  it("does not hold back other operations than its own", function()
    local world = new_world(nil, { a = { { 1, per = 3600 } } })
    for _ = 1, 3 do world:call "a" end
    for _ = 1, 3 do world:call "b" end
    assert.equal("a b b b", names(world.begun))
  end)
end)

describe("turns", function()
  it("come in the order of arrival, whoever wakes first", function()
    for seed = 1, 5 do
      local chance = dice(seed * 104729)
      local world = new_world({ { 3, per = 1 } }, nil, chance)
      for i = 1, 40 do
        world:call(chance() < 0.5 and "a" or "b", nil, { label = i })
        if chance() < 0.2 then world:run(world.time + chance()) end
      end
      world:run()
      for i, native in ipairs(world.begun) do assert.equal(i, native.label) end
      assert.equal(40, #world.begun)
    end
  end)

  it("that come after the deadline end the call at once, and say when they would come", function()
    local world = new_world { { 2, per = 10 } }
    for _ = 1, 4 do world:call("a", world.time + 15) end
    local fifth = world:call("a", world.time + 15)
    assert.is_nil(fifth.verdict)
    assert.equal(20, fifth.seconds)
    assert.equal(world.time, fifth.ended)
    local sixth = world:call("a", world.time + 20.5)
    world:run()
    assert.is_true(sixth.verdict)
    assert.equal(5, #world.begun)
  end)

  it("that come after the deadline by a limit for all are known at once as well", function()
    local world = new_world { { 2, per = 10 } }
    for _, name in ipairs { "a", "b", "a", "b", "a" } do world:call(name) end
    assert.equal(20, world:call("c", world.time + 19).seconds)
  end)

  it("are passed on by those that are cancelled", function()
    local world = new_world { { 1, per = 10 } }
    local calls = {}
    for i = 1, 5 do calls[i] = world:call("a", nil, { label = i }) end
    world:cancel(calls[2])
    world:cancel(calls[4])
    world:run()
    assert.equal("1 3 5", names(world.begun))
    assert.equal(calls[1].ended + 20, calls[5].ended)
    assert.is_false(calls[2].verdict)
  end)

  it("are not waited for where a coroutine is never resumed again", function()
    local world = new_world { { 1, per = 10 } }
    local calls = {}
    for i = 1, 4 do calls[i] = world:call("a", nil, { label = i }) end
    calls[2].dead = true -- and is not collected
    world:run()
    assert.equal("1 3 4", names(world.begun))
    assert.is_true(calls[3].ended <= calls[1].ended + 21.5)
    assert.is_true(calls[4].ended <= calls[3].ended + 11.5)
  end)

  it("are not waited for where a coroutine was collected", function()
    local world = new_world { { 1, per = 10 } }
    world:call("a", nil, { label = 1 })
    world.asleep[world:call("a", nil, { label = 2 })] = nil
    collectgarbage()
    collectgarbage()
    world:run(1010.5)
    world:call("a", nil, { label = 3 })
    assert.equal("1 3", names(world.begun))
  end)

  it("come at once to a call that blocks, as the limits allow", function()
    local world = new_world { { 2, per = 10 } }
    for i = 1, 4 do world:call("a", nil, { label = i }) end
    world:call("a", nil, { label = "blocking", alone = true })
    world:run()
    assert.equal("1 2", names(world.begun):sub(1, 3))
    assert.equal(5, #world.begun)
    assert.equal(2, most_within(world.begun, 10, all))
    assert.is_true(world.begun[3].label == "blocking" or world.begun[4].label == "blocking")
  end)

  it("of many that may begin together come together", function()
    local world = new_world()
    world.pace:hold("a", 5)
    for i = 1, 500 do world:call("a", nil, { label = i }) end
    local wakes = 0
    local wake = world.pace.wake
    function world.pace.wake(native)
      wakes = wakes + 1
      wake(native)
    end
    world:run(1005)
    assert.equal(500, #world.begun)
    assert.equal(1005, world.begun[500].ended)
    assert.is_true(wakes <= 2 * 500, wakes)
    assert.is_true(world.rounds <= 3, world.rounds) -- a program that ticks has one a tick
  end)
end)

describe("an error of a debug hook", function()
  -- Lets a call of the world ask for its turn while a hook raises after so many instructions.
  -- Returns whether it did.
  local function interrupt(world, count)
    local native, ticket = { until_when = math.huge }, nil
    local victim = coroutine.create(function()
      ticket = world.pace:enter("a", math.huge, native)
      world.pace:check(ticket)
    end)
    debug.sethook(victim, function()
      debug.sethook()
      if coroutine.running() == victim then error "interrupted" end -- LuaJIT has one hook for all
    end, "", count)
    local raised = not coroutine.resume(victim)
    debug.sethook()
    if ticket then world.pace:leave(ticket) end
    return raised
  end

  it("at any instruction leaves turns to the others, and the limits hold", function()
    local was_on = rawget(_G, "jit") and jit.status() -- hooks do not see compiled code
    if was_on then jit.off() end
    local interrupted = 0
    for count = 1, 800 do
      local world = new_world({ { 2, per = 1 } }, { a = { { 3, per = 2 } } })
      local before = count % 2 == 0 and 3 or 0
      for i = 1, before do world:call(i % 2 == 0 and "b" or "a") end
      if interrupt(world, math.ceil(count / 2)) then interrupted = interrupted + 1 end
      for i = 1, 3 do world:call(i % 2 == 0 and "b" or "a") end
      world:run()
      assert.equal(before + 3, #world.begun, count)
      assert.is_true(most_within(world.begun, 1, all) <= 2, count)
      assert.is_true(world.time < 1015, count)
    end
    if was_on then jit.on() end
    assert.is_true(interrupted > 100, interrupted)
  end)
end)

describe("a hold", function()
  it("lets no call of the operation begin before its end", function()
    local world = new_world()
    world.pace:hold("a", 30)
    world.pace:hold("a", 10) -- a shorter one changes nothing
    world:call "a"
    world:call "b"
    world:run()
    assert.equal("b a", names(world.begun))
    assert.equal(1030, world.begun[2].ended)
  end)

  it("of all operations lets nothing begin", function()
    local world = new_world()
    world:call "a"
    world.pace:hold(nil, 30)
    world:call "b"
    world:run()
    assert.equal("a b", names(world.begun))
    assert.equal(1030, world.begun[2].ended)
  end)

  it("that grows ends those at once that cannot outlast it", function()
    local world = new_world()
    world.pace:hold("a", 5)
    local short, long = world:call("a", world.time + 20), world:call "a"
    world:run(1002)
    world.pace:hold("a", 60)
    world:run()
    assert.is_nil(short.verdict)
    assert.equal(60, short.seconds)
    assert.equal(1002, short.ended)
    assert.equal(1062, long.ended)
  end)

  it("and its limits keep nothing of the many operations that called", function()
    local world = new_world { { 2, per = 1 } }
    for i = 1, 20 do world:call("operation " .. i, i == 20 and 1000.5) end
    world:run()
    assert.same({ 19, {} }, { #world.begun, world.pace.lanes })
  end)

  it("leaves nothing behind once it is over", function()
    local world = new_world()
    world.pace:hold("a", 5)
    world:call "a"
    world:run(1004)
    assert.is_false(world.pace:is_over())
    world:run()
    world.pace:hold("a", 5) -- no call waits for it
    world.time = world.time + 5
    assert.is_true(world.pace:is_over())
    assert.is_false(new_world({ { 1, per = 1 } }).pace:is_over())
  end)
end)

-- Calls -------------------------------------------------------------------------------------------

local invitation = '{"id":"inv_1","object":"invitation","created_at":1732060800000}'

-- A transport that gives these answers in turn, the last one from then on; `sent` has the paths.
local function playing(answers, sent)
  local count = 0
  return { send = function(request)
    count = count + 1
    sent[#sent + 1] = request.method .. " " .. request.url:match "^%w+://[^/]+(/[^?]*)"
    local given = answers[math.min(count, #answers)]
    return { status = given[1], headers = given[3] or {}, body = given[2] }
  end }
end

local function client_of(answers, more)
  local sent = {}
  local options = { url = "http://127.0.0.1:1", secret_key = "sk_test_1234567890", timeout = 20,
    transport = playing(answers, sent) }
  for name, value in pairs(more or {}) do options[name] = value end
  return convoke.clerk(options), sent
end

local function create(client, options)
  return client.invitations:create({ email_address = "ada@example.com" }, options)
end

local throttled = { 429, "{}", { ["Retry-After"] = "1" } }
local function throttled_for(seconds) return { 429, "{}", { ["Retry-After"] = seconds } } end
local made, listed = { 200, invitation }, { 200, "[]" }

describe("a 429 with Retry-After", function()
  it("costs none of the retries", function()
    local client, sent = client_of({ throttled, throttled, throttled_for "0", made },
      { retries = 1 })
    local value, err, meta = create(client)
    assert.is_nil(err)
    assert.equal("inv_1", value.id)
    assert.equal(4, meta.attempts)
    assert.equal(4, #sent)
    client = client_of({ throttled, throttled_for "0" }, { retries = 1 })
    value, err = create(client)
    assert.is_nil(value)
    assert.equal(3, err.attempts)
  end)

  it("costs nothing of the retry budget", function()
    local answers = {}
    for i = 1, 101 do answers[i] = throttled_for "0" end -- at a price
    answers[102], answers[103] = throttled, made
    local client, sent = client_of(answers)
    local _, err = create(client, { retries = 300 })
    assert.is_true(err.budget_empty)
    assert(create(client))
    assert.equal(103, #sent)
  end)

  it("with a date holds until then", function()
    local client = client_of { { 429, "{}", { Date = "Sat, 28 Nov 2026 00:00:00 GMT",
      ["Retry-After"] = "Sat, 28 Nov 2026 00:00:01 GMT" } }, made }
    local _, err, meta = create(client)
    assert.is_nil(err)
    assert.equal(2, meta.attempts)
  end)

  it("is returned where the caller wants no retries", function()
    local client, sent = client_of({ throttled, made }, { retries = 0 })
    local _, err = create(client)
    assert.equal(429, err.status)
    assert.equal(1, err.retry_after)
    assert.equal("refused", err.outcome)
    assert.equal(1, #sent)
  end)

  it("is returned at once where it lasts beyond the deadline", function()
    local client, sent = client_of { throttled_for "30" }
    local _, err = create(client)
    assert.equal(429, err.status)
    assert.equal(30, err.retry_after)
    assert.equal("refused", err.outcome)
    assert.truthy(tostring(err):find("retry after 30 s", 1, true), tostring(err))
    assert.equal(1, #sent)
  end)

  it("ends other calls of the operation at once: not sent, and when to come again", function()
    local client, sent = client_of { throttled_for "30", listed }
    create(client)
    local _, err = create(client)
    assert.equal("timeout", err.kind)
    assert.equal("not_sent", err.outcome)
    assert.equal(0, err.attempts)
    assert.is_true(err.retry_after > 25 and err.retry_after <= 30, err.retry_after)
    assert.truthy(tostring(err):find "%(retry after %d+%.?%d* s%)", tostring(err))
    assert.equal(1, #sent)
  end)

  it("does not hold other operations, where each has a limit of its own", function()
    local client, sent = client_of { throttled_for "30", listed }
    create(client)
    assert.same({}, (assert(client.invitations:list {})))
    assert.equal(2, #sent)
  end)

  it("holds the whole client where the limit is shared", function()
    local sent = {}
    local client = convoke.convex { url = "http://127.0.0.1:1", timeout = 20,
      transport = playing({ throttled_for "30" }, sent) }
    client:mutation "a:b"
    local _, err = client.sessions:start_session { sessionId = "s" }
    assert.equal("timeout", err.kind)
    assert.equal("not_sent", err.outcome)
    assert.equal(1, #sent)
  end)

  it("without a time to wait is tried again at a price", function()
    local client, sent = client_of({ throttled_for "0" }, { retries = 2 })
    local _, err = create(client)
    assert.equal(429, err.status)
    assert.equal(3, err.attempts)
    assert.equal(3, #sent)
  end)

  it("does not make an earlier try certain", function()
    local client = client_of { { 502, "<html>" }, throttled_for "30" }
    local _, err = client.invitations:revoke "inv_1"
    assert.equal("unknown", err.outcome)
    assert.equal(30, err.retry_after)
  end)

  it("holds tasks, which can be cancelled", function()
    local client, sent = client_of { throttled_for "5", made }
    create(client, { timeout = 2 })
    convoke.run(function()
      local value, err
      local task = convoke.spawn(function() value, err = create(client) end)
      convoke.sleep(0.05)
      task:cancel()
      repeat convoke.sleep(0.01) until err
      assert.is_nil(value)
      assert.equal("cancelled", err.kind)
      assert.equal("not_sent", err.outcome)
    end)
    assert.equal(1, #sent)
  end)

  it("holds tasks, which end with their client", function()
    local client, sent = client_of { throttled_for "5", made }
    create(client, { timeout = 2 })
    convoke.run(function()
      local value, err
      local task = convoke.spawn(function() value, err = create(client) end)
      convoke.sleep(0.05)
      client:close()
      task:await()
      assert.is_nil(value)
      assert.equal("cancelled", err.kind)
      assert.truthy(err.message:find("closed", 1, true))
    end)
    assert.equal(1, #sent)
  end)

  it("leaves no trace once it is over", function()
    local client, sent = client_of { throttled, made }
    create(client)
    for _ = 1, 5 do assert(create(client)) end
    assert.equal(7, #sent)
    assert.is_nil(engine.timeout())
  end)
end)

describe("the option rate", function()
  local function refuses(rate, text, options)
    options = options or { secret_key = "sk_test_1234567890" }
    options.rate = rate
    local ok, err = pcall(convoke.clerk, options)
    assert.is_false(ok)
    assert.truthy(tostring(err):find(text, 1, true), tostring(err))
  end

  it("wants a count and seconds, and operations that exist", function()
    for _, wrong in ipairs { 7, "fast", {}, { 100 }, { per = 1 }, { 0, per = 1 }, { 1.5, per = 1 },
        { 1, per = 0 }, { 1, per = -1 }, { 1, per = math.huge }, { "100", per = 10 }, true } do
      refuses(wrong, "option rate must be { count, per = seconds }")
    end
    refuses({ ["invitations.create"] = { 100 } }, "for invitations.create")
    refuses({ ["invitations.create"] = { 100, pre = 10 } }, "for invitations.create")
    refuses({ ["invitations.crate"] = { 100, per = 1 } }, "did you mean invitations.create?")
    local slow = { 1, per = 1 }
    refuses({ ["invitations.create"] = slow, create_invitation = slow }, "twice")
    refuses({ 100, per = 1, pre = slow }, "names no operation: pre; known are:")
  end)

  it("can name an operation as the vendor does", function()
    local names_of_it = { "create_invitation", "invitations.create", "clerk.invitations.create" }
    for _, name in ipairs(names_of_it) do
      local client, sent = client_of({ made }, { rate = { [name] = { 1, per = 3600 } } })
      assert(create(client))
      local _, err = create(client)
      assert.equal("timeout", err.kind, name)
      assert.is_true(err.retry_after > 3590, name)
      assert.equal(1, #sent)
    end
  end)

  it("ends a call at once whose turn comes after its deadline", function()
    local client, sent = client_of({ made }, { rate = { 2, per = 60 } })
    for _ = 1, 2 do assert(create(client)) end
    local _, err = create(client)
    assert.equal("timeout", err.kind)
    assert.equal("not_sent", err.outcome)
    assert.equal(0, err.attempts)
    assert.is_true(err.retry_after > 50 and err.retry_after <= 60)
    assert.equal(2, #sent)
  end)

  it("counts every try", function()
    local client, sent = client_of({ { 503, "{}" }, listed }, { rate = { 3, per = 60 } })
    assert(client.invitations:list {})
    assert.equal(2, #sent)
    assert(client.invitations:list {})
    local _, err = client.invitations:list {}
    assert.equal("timeout", err.kind)
    assert.equal(3, #sent)
  end)

  it("lets calls begin in the order in which tasks made them", function()
    local bodies = {}
    local client = client_of({ made }, { rate = { 5, per = 0.2 }, transport = {
      send = function(request)
        bodies[#bodies + 1] = request.body:match "ada(%d+)"
        return { status = 200, headers = {}, body = invitation }
      end } })
    convoke.run(function()
      for i = 1, 20 do
        convoke.spawn(function()
          assert(client.invitations:create { email_address = ("ada%d@example.com"):format(i) })
        end)
      end
    end)
    assert.equal("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20", table.concat(bodies, " "))
  end)

  it("lets no call take for its own what was made while it waited for its turn", function()
    local posts, other = 0, nil
    local client = client_of({ made }, { rate = { ["invitations.create"] = { 1, per = 1.5 } },
      transport = { send = function(request)
        local now = ("%.0f"):format(core.time() * 1000)
        if request.method == "GET" then return { status = 200, body = "[" .. other .. "]" } end
        posts = posts + 1
        if posts == 2 then return { status = 502, body = "<html>" } end
        return { status = 200, body = ('{"id":"inv_1","email_address":"ada@example.com",'
          .. '"status":"pending","created_at":%s}'):format(now) }
      end } })
    assert(create(client))
    other = ('{"id":"inv_2","email_address":"ada@example.com","status":"pending",'
      .. '"created_at":%.0f}'):format(core.time() * 1000 + 300)
    local value, err = create(client)
    assert.is_nil(value)
    assert.equal("unknown", err.outcome)
    assert.equal(2, posts)
  end)

  it("keeps convoke.drain waiting for no call that has not begun", function()
    local client, sent = client_of({ made }, { rate = { 1, per = 15 } })
    local errors = {}
    convoke.run(function()
      assert(create(client))
      for i = 1, 3 do
        convoke.spawn(function()
          local _, err = create(client, { timeout = 100 })
          errors[i] = err
        end)
      end
      convoke.sleep(0.05)
      local started = convoke.now()
      assert.equal(0, convoke.drain(14))
      assert.is_true(convoke.now() - started < 10)
    end)
    for i = 1, 3 do
      assert.equal("cancelled", errors[i].kind)
      assert.equal("not_sent", errors[i].outcome)
      assert.truthy(errors[i].message:find("drain", 1, true))
    end
    assert.equal(1, #sent)
  end)

  it("can be what is documented, by the kind of key", function()
    local function begun(key)
      local client, sent = client_of({ listed }, { rate = "documented", secret_key = key })
      repeat until not client.invitations:list({}, { timeout = 5 })
      return #sent
    end
    assert.equal(100, begun "sk_test_1234567890")
    assert.equal(1000, begun "sk_live_1234567890")
    assert.equal(100, begun "another_1234567890")
    local client, sent = client_of({ made }, { rate = "documented", secret_key = "sk_live_123456" })
    for _ = 1, 100 do assert(create(client)) end
    local _, err = create(client)
    assert.equal("timeout", err.kind)
    assert.is_true(err.retry_after > 3500)
    assert.equal(100, #sent)
  end)

  it("cannot be what is documented where nothing is", function()
    local ok, err = pcall(convoke.gencove, { api_key = "k", rate = "documented" })
    assert.is_false(ok)
    assert.truthy(tostring(err):find("no limits are documented for this API", 1, true))
  end)

  it("is told by the catalogue", function()
    local limits = {}
    for _, operation in ipairs(convoke.operations) do limits[operation.name] = operation.limits end
    assert.same({ { 100, per = 3600 },
      { 1000, per = 10, shared = true, credential = "sk_live_" },
      { 100, per = 10, shared = true, credential = "sk_test_" } },
      limits["clerk.invitations.create"])
    assert.equal(2, #limits["clerk.invitations.list"])
    assert.same({}, limits["edgegap.sessions.create"])
  end)
end)

describe("a thousand creates by 32 tasks", function()
  local count = os.getenv "CONVOKE_STRIDE" and 300 or 1000
  local server
  setup(function() server = raw_server.start() end)
  teardown(function() server:stop() end)

  -- Makes them; returns how many errors there were, and the last one.
  local function make(client)
    local failed, last, following = 0, nil, 0
    convoke.run(function()
      for _ = 1, 32 do
        convoke.spawn(function()
          while following < count do
            following = following + 1
            local value, err = client.invitations:create {
              email_address = ("player%d@example.com"):format(following) }
            if not value then failed, last = failed + 1, err end
          end
        end)
      end
    end)
    return failed, last
  end

  it("all succeed where a server allows 100 a second, at no cost to the retry budget", function()
    server:play { { { "receive" }, { "limit", { count = 100, per = 1 }, answer(200, invitation) },
      { "again" } } }
    local client = convoke.clerk { url = server.url, secret_key = "sk_test_1234567890" }
    local failed, err = make(client)
    assert.equal(0, failed, tostring(err))
    local refused = #server:requests() - count
    assert.is_true(refused >= count / 100 - 1, refused) -- the server did refuse
    client:close()
  end)
end)
