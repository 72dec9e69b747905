local convoke = require "convoke"
local raw_server = require "spec.support.raw_server"
local retry = require "convoke.call.retry"

local real_chance = retry.chance

-- Chance that gives these numbers in turn, the last one from then on.
local function set_chance(...)
  local numbers, count = { ... }, 0
  retry.chance = function()
    count = count + 1
    return numbers[math.min(count, #numbers)]
  end
end

after_each(function() retry.chance = real_chance end)

local create = { name = "clerk.invitations.create", idempotent = false }
local list = { name = "clerk.invitations.list", idempotent = true }

local function http(status, outcome)
  return { kind = "http", status = status, outcome = outcome }
end

describe("the pause before a repeat", function()
  it("doubles from half a second up to eight seconds", function()
    set_chance(0)
    local pauses = {}
    for attempt = 1, 8 do pauses[attempt] = retry.pause(attempt) end
    assert.same({ 0.5, 1, 2, 4, 8, 8, 8, 8 }, pauses)
    assert.equal(8, retry.pause(2000)) -- 2 ^ 1999 is infinite
  end)

  it("is shortened by up to a half, by chance", function()
    set_chance(0, 0.25, 0.5, 1 - 2 ^ -53)
    local pauses = {}
    for i = 1, 4 do pauses[i] = retry.pause(3) end
    assert.same({ 2, 1.75, 1.5 }, { pauses[1], pauses[2], pauses[3] })
    assert.is_true(pauses[4] >= 1 and pauses[4] < 1.0001)
  end)

  it("is different from time to time", function()
    local seen, count = {}, 0
    for _ = 1, 100 do
      local pause = retry.pause(5)
      assert.is_true(pause > 3.999 and pause <= 8)
      if not seen[pause] then seen[pause], count = true, count + 1 end
    end
    assert.is_true(count > 90, count)
  end)

  it("differs between programs that start at the same moment", function()
    local script = [[
      local retry = require "convoke.call.retry"
      for attempt = 1, 3 do io.write(retry.pause(attempt), " ") end]]
    local function pauses_of_a_program()
      local file = assert(io.popen(("%s -e '%s'"):format(raw_server.interpreter(), script)))
      local written = file:read "*a"
      file:close()
      return written
    end
    local pauses = pauses_of_a_program()
    assert.truthy(pauses:find "^%d%.%d+ %d%.%d+ %d%.%d+ $")
    assert.is_not.equal(pauses, pauses_of_a_program())
  end)

  it("takes nothing from the program's own random numbers", function()
    local function numbers(f)
      math.randomseed(5)
      f()
      return { math.random(), math.random() }
    end
    assert.same(numbers(function() end), numbers(function() retry.pause(1) end))
  end)

  it("is what the server asks for, whatever chance says", function()
    set_chance(0.5)
    for _, seconds in ipairs { 0, 1, 17, 3600 } do
      assert.equal(seconds, retry.pause(4, seconds))
    end
  end)
end)

describe("a repeat", function()
  it("is made of what can do no harm", function()
    local rows = { -- error; whether a create is repeated, whether a list is
      { http(429, "refused"), true, true },
      { http(503, "refused"), true, true },
      { http(503, "unknown"), false, true },
      { http(500, "unknown"), false, true },
      { http(502, "unknown"), false, true },
      { http(504, "unknown"), false, true },
      { http(408, "unknown"), false, true },
      { http(501, "refused"), false, false },
      { http(400, "refused"), false, false },
      { http(401, "refused"), false, false },
      { http(404, "refused"), false, false },
      { http(409, "refused"), false, false },
      { http(422, "refused"), false, false },
      { http(200, "refused"), false, false },
      { http(303, "unknown"), false, false },
      { { kind = "resolve", outcome = "not_sent" }, true, true },
      { { kind = "connect", outcome = "not_sent" }, true, true },
      { { kind = "timeout", outcome = "not_sent" }, true, true },
      { { kind = "network", outcome = "not_sent" }, true, true },
      { { kind = "timeout", outcome = "unknown" }, false, true },
      { { kind = "network", outcome = "unknown" }, false, true },
      { { kind = "resolve", outcome = "unknown" }, false, true },
      { { kind = "connect", outcome = "unknown" }, false, true },
      { { kind = "tls", outcome = "unknown" }, false, false },
      { { kind = "tls", outcome = "not_sent" }, false, false },
      { { kind = "decode", outcome = "unknown" }, false, false },
      { { kind = "too_large", outcome = "unknown" }, false, false },
      { { kind = "invalid", outcome = "not_sent" }, false, false },
      { { kind = "cancelled", outcome = "not_sent" }, false, false },
      { { kind = "memory", outcome = "not_sent" }, false, false },
    }
    for _, row in ipairs(rows) do
      local err = row[1]
      local what = ("%s %s %s"):format(err.kind, tostring(err.status), err.outcome)
      assert.equal(row[2], retry.allowed(create, err, {}) == true, "create: " .. what)
      assert.equal(row[3], retry.allowed(list, err, {}) == true, "list: " .. what)
    end
  end)

  -- Plans it by a clock that stands at `now`.
  local function plan(more)
    local given = { err = http(429, "refused"), attempt = 1, retries = 2, now = 100, deadline = 130,
      budget = retry.budget() }
    for name, value in pairs(more) do given[name] = value end
    local seconds, why = retry.plan(create, given.err, given.attempt, given.retries,
      given.deadline - given.now, { budget = given.budget, vendor = {} })
    return seconds or why, given.budget.tokens
  end

  it("is made as long as there are retries left", function()
    set_chance(0)
    assert.equal(0.5, (plan { attempt = 1 }))
    assert.equal(1, (plan { attempt = 2 }))
    assert.equal("retries", (plan { attempt = 3 }))
    assert.equal("retries", (plan { retries = 0 }))
  end)

  it("is made where its pause ends before the deadline", function()
    set_chance(0)
    assert.equal(0.5, (plan { now = 129.25 }))
    assert.equal("deadline", (plan { now = 129.5 }))
    assert.equal("deadline", (plan { now = 131 }))
    local err = http(503, "refused")
    err.retry_after = 29
    assert.equal(29, (plan { err = err }))
    assert.equal("deadline", (plan { err = err, now = 101 }))
  end)

  it("costs its price, and only if it is made", function()
    local budget = retry.budget()
    local full = budget.tokens
    assert.equal("final", (plan { err = http(400, "refused"), budget = budget }))
    assert.equal("retries", (plan { attempt = 3, budget = budget }))
    assert.equal("deadline", (plan { now = 130, budget = budget }))
    assert.equal(full, budget.tokens)
    plan { budget = budget }
    assert.equal(full - 5, budget.tokens)
  end)
end)

describe("the retry budget", function()
  it("pays for a hundred repeats, and is given back by successes", function()
    local budget = retry.budget()
    for _ = 1, 100 do assert.is_true(budget:take()) end
    assert.is_false(budget:take())
    assert.equal(0, budget.tokens)
    for _ = 1, 4 do budget:give() end
    assert.is_false(budget:take())
    budget:give()
    assert.is_true(budget:take())
    assert.is_false(budget:take())
  end)

  it("does not grow beyond what it began with", function()
    local budget = retry.budget()
    local full = budget.tokens
    budget:give()
    assert.equal(full, budget.tokens)
    budget:take()
    for _ = 1, 100 do budget:give() end
    assert.equal(full, budget.tokens)
  end)

  -- A client whose server says what `answers` does; and what it was asked.
  local function client_of(next_status)
    local sent = 0
    return convoke.clerk { url = "http://127.0.0.1:1", secret_key = "sk_test_1234567890",
      transport = { send = function()
        sent = sent + 1
        local status = next_status(sent)
        return { status = status, headers = { ["Retry-After"] = status == 429 and "0" or nil },
          body = status == 200 and "[]" or "{}" }
      end } }, function() return sent end
  end

  it("of a client ends the repeats of all its calls, and errors say so", function()
    local client, sent = client_of(function() return 429 end)
    local _, err = client.invitations:list({}, { retries = 300 })
    assert.equal(101, sent())
    assert.equal(101, err.attempts)
    assert.is_true(err.budget_empty)
    assert.truthy(tostring(err):find("retry budget empty", 1, true), tostring(err))
    _, err = client.invitations:create { email_address = "ada@example.com" }
    assert.equal(102, sent())
    assert.equal(1, err.attempts)
    assert.truthy(tostring(err):find("(1 attempt, retry budget empty)", 1, true), tostring(err))
  end)

  it("of a client is refilled by its successes", function()
    local client, sent = client_of(function(n) return (n <= 101 or n > 106) and 429 or 200 end)
    client.invitations:list({}, { retries = 300 })
    for _ = 1, 5 do assert(client.invitations:list {}) end
    local _, err = client.invitations:list {}
    assert.equal(108, sent()) -- one repeat
    assert.is_true(err.budget_empty)
  end)

  it("is not named where it is not why", function()
    local client = client_of(function() return 429 end)
    local _, err = client.invitations:list {}
    assert.equal(3, err.attempts)
    assert.is_nil(err.budget_empty)
    assert.is_nil(tostring(err):find("budget", 1, true))
  end)
end)
