local convoke = require "convoke"
local exposition = require "spec.support.exposition"
local hooks = require "convoke.observe.hooks"
local raw_server = require "spec.support.raw_server"
local retry = require "convoke.call.retry"
local tasks = require "convoke.tasks"
local vendor_server = require "spec.support.vendor_server"

local answer = raw_server.answer
local listed = answer(200, '{"data":[],"total_count":0}')
local call, attempt = "convoke_calls_total", "convoke_attempts_total"

describe("metrics", function()
  local server, metrics

  setup(function() server = raw_server.start() end)
  teardown(function() server:stop() end)
  before_each(function() metrics = convoke.metrics() end)
  after_each(function()
    metrics:stop()
    convoke.hooks = {}
    assert.is_false(hooks.shared)
  end)

  local function play(...)
    local script = {}
    for _, text in ipairs { ... } do
      script[#script + 1] = { "receive" }
      script[#script + 1] = { "send", text }
    end
    script[#script + 1] = { "receive" }
    script[#script + 1] = { "close" }
    server:play { script }
  end

  local function clerk(options)
    options = options or {}
    options.url, options.secret_key = options.url or server.url, "sk_test_1234567890"
    options.retries = options.retries or 0
    return convoke.clerk(options)
  end

  local function read() return exposition.read(metrics:text()) end

  local function sum(name, labels, suffix) return exposition.sum(read(), name, labels, suffix) end

  -- A transport that answers by a status, or fails as a kind.
  local function transport(status, kind)
    return { send = function()
      if kind then return nil, { kind = kind, message = "no", sent = false } end
      return { status = status, headers = { ["content-type"] = "application/json" },
        body = '{"data":[],"total_count":0}' }
    end }
  end

  it("are a text that Prometheus reads, before any call and after some", function()
    assert.equal(0, sum(call))
    play(listed, answer(404, "{}"))
    local client = clerk()
    assert(client.invitations:list())
    client.invitations:revoke "inv_1"
    assert.equal(tostring(metrics), metrics:text())
    assert.equal(2, sum(call, { api = "clerk" }))
    assert.equal(1, sum(call, { operation = "clerk.invitations.list", outcome = "done",
      kind = "none", purpose = "call" }))
    assert.equal(1, sum(call, { operation = "clerk.invitations.revoke", outcome = "refused",
      kind = "http" }))
    assert.equal(1, sum(attempt, { result = "200" }))
    assert.equal(1, sum(attempt, { result = "404" }))
  end)

  it("hold how long calls took, in buckets", function()
    play(listed)
    assert(clerk().invitations:list())
    local name = "convoke_call_duration_seconds"
    assert.equal(1, sum(name, { operation = "clerk.invitations.list" }, "_count"))
    assert.equal(1, sum(name, { le = "+Inf" }, "_bucket"))
    local took = sum(name, nil, "_sum")
    assert.is_true(took > 0)
    for _, sample in ipairs(read()[name].samples) do
      if sample.suffix == "_bucket" and sample.labels.le ~= "+Inf" then
        assert.equal(took <= tonumber(sample.labels.le) and 1 or 0, sample.value)
      end
    end
  end)

  it("count repeats and waits by their reasons", function()
    play(answer(503, "{}"), answer(429, "{}", "Retry-After: 1\r\n"), listed)
    assert(clerk({ retries = 2 }).invitations:list())
    assert.equal(1, sum(call))
    assert.equal(3, sum(attempt))
    assert.equal(1, sum("convoke_retries_total", { reason = "failed" }))
    assert.equal(1, sum("convoke_retries_total", { reason = "held" }))
    assert.equal(1, sum("convoke_waits_total", { reason = "backoff" }))
    assert.equal(1, sum("convoke_waits_total", { reason = "retry_after" }))
  end)

  it("count looks apart from calls, and what they found", function()
    local vendors = vendor_server.start()
    local world = vendors:case { api = "clerk", fates = { "lost" } }
    local client = convoke.clerk { url = world.url, secret_key = "sk_test_1234567890" }
    local value, err = client.invitations:create { email_address = "ada@example.com" }
    vendors:stop()
    assert(value, err)
    assert.equal(1, sum(call, { purpose = "call" }))
    assert.is_true(sum(call, { purpose = "look", operation = "clerk.invitations.list" }) > 0)
    assert.equal(1, sum("convoke_looks_total", { verdict = "found" }))
  end)

  it("hold bytes and connections of the Lua state", function()
    play(listed, listed)
    local client = clerk()
    for _ = 1, 2 do assert(client.invitations:list()) end
    local stats = convoke.stats()
    assert.equal(stats.bytes_sent, sum "convoke_sent_bytes_total")
    assert.equal(stats.bytes_received, sum "convoke_received_bytes_total")
    assert.equal(stats.connections_opened, sum "convoke_connections_opened_total")
    assert.equal(stats.connections_reused, sum "convoke_connections_reused_total")
  end)

  it("tell how many calls are under way and wait now, and for what", function()
    local in_flight, in_attempt, in_wait = "convoke_calls_in_flight", nil, nil
    local later = transport(200)
    local client = clerk({ retries = 1, transport = { send = function(request)
      in_attempt = read()
      if in_wait then return later.send(request) end
      return { status = 503, body = "{}" }
    end } })
    convoke.hooks.wait = function() in_wait = read() end
    assert(client.invitations:list())
    assert.equal(1, exposition.sum(in_wait, in_flight))
    assert.equal(1, exposition.sum(in_wait, "convoke_calls_waiting"))
    assert.equal(1, exposition.sum(in_wait, "convoke_calls_waiting", { reason = "backoff" }))
    assert.equal(1, exposition.sum(in_attempt, in_flight))
    assert.equal(0, exposition.sum(in_attempt, "convoke_calls_waiting"))
    assert.equal(0, sum(in_flight))
  end)

  it("do not count an attempt after a wait for its turn as waiting", function()
    local in_attempt
    local later = transport(200)
    local client = clerk({ rate = { 1, per = 0.05 }, transport = { send = function(request)
      in_attempt = read()
      return later.send(request)
    end } })
    for _ = 1, 2 do assert(client.invitations:list()) end
    assert.equal(1, sum("convoke_waits_total", { reason = "turn" }))
    assert.equal(0, exposition.sum(in_attempt, "convoke_calls_waiting"))
  end)

  it("forget calls whose coroutine was thrown away", function()
    local co = coroutine.create(function()
      clerk({ transport = { send = function() coroutine.yield() end } }).invitations:list()
    end)
    coroutine.resume(co)
    if sum "convoke_calls_in_flight" == 0 then return end -- this Lua cannot yield there
    co = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.equal(0, sum "convoke_calls_in_flight")
  end)

  it("tell how much of the retry budget is left, of the client that has least", function()
    local budgets = retry.budgets -- of other specs' clients
    retry.budgets = {}
    local one = clerk({ transport = transport(503), retries = 1 })
    local other = clerk()
    assert.equal(1, sum("convoke_retry_budget_ratio", { api = "clerk" }))
    one.invitations:list()
    assert.equal(0.99, sum("convoke_retry_budget_ratio", { api = "clerk" }))
    assert.is_table(other)
    retry.budgets = budgets
  end)

  it("have labels of small sets only, whatever a program or a server does", function()
    for status = 100, 999, 7 do
      clerk({ transport = transport(status) }).invitations:list()
      clerk({ transport = transport(nil, "kind " .. status) }).invitations:list()
      clerk({ transport = transport(200) }):request("GET", "/path/" .. status)
    end
    local families = read()
    local results = {}
    for _, sample in ipairs(families[attempt].samples) do results[sample.labels.result] = true end
    local count = 0
    for _ in pairs(results) do count = count + 1 end
    assert.is_true(count < 25, count)
    assert.is_true(results.other)
    assert.is_true(exposition.sum(families, call, { kind = "other" }) > 100)
    assert.is_true(exposition.sum(families, call, { operation = "clerk.request" }) > 100)
    assert.is_nil(metrics:text():find("/path/", 1, true))
  end)

  it("put operations into one when there are too many of them", function()
    local observer = hooks.shared[1].hooks
    for i = 1, 3000 do
      observer.done { api = "doc", operation = "doc.list" .. i, outcome = "done", elapsed = 1 }
    end
    local families = read()
    assert.equal(3000, exposition.sum(families, call))
    assert.is_true(#families[call].samples <= 1001)
    assert.equal(2000, exposition.sum(families, call, { operation = "other", api = "other" }))
  end)

  it("escape what an API's document calls its operations", function()
    local name = 'doc.a"b\\c\nd'
    hooks.shared[1].hooks.done { api = "doc", operation = name, outcome = "done", elapsed = 1 }
    assert.equal(1, sum(call, { operation = name }))
  end)

  it("can be had as a table", function()
    play(listed)
    assert(clerk().invitations:list())
    local families = metrics:table()
    assert.same({ { labels = { api = "clerk", operation = "clerk.invitations.list",
      purpose = "call", outcome = "done", kind = "none" }, value = 1 } }, families[call])
    local took = families.convoke_call_duration_seconds[1]
    assert.equal(1, took.count)
    assert.is_true(took.sum > 0)
    assert.equal(1, took.buckets[#took.buckets].count)
    assert.equal(math.huge, took.buckets[#took.buckets].le)
  end)

  it("are the same object each time, until they are stopped", function()
    assert.equal(metrics, convoke.metrics())
    play(listed, listed)
    local client = clerk()
    assert(client.invitations:list())
    assert.equal(1, sum(call))
    metrics:stop()
    assert(client.invitations:list())
    assert.equal(1, sum(call))
    metrics = convoke.metrics()
    assert.equal(0, sum(call))
  end)

  it("say what is wrong with their options", function()
    local function raised(options)
      local ok, why = pcall(convoke.metrics, options)
      assert.is_false(ok)
      return why
    end
    assert.matches("convoke%.metrics: unknown option dicts; did you mean dict%?",
      raised { dicts = 1 })
    assert.matches("convoke%.metrics: options must be a table", raised "dict")
    assert.matches("is counting already, without a dictionary", raised { dict = "calls" })
    metrics:stop()
    assert.matches("option dict is for OpenResty", raised { dict = "calls" })
    assert.matches("option dict must be the name of a dictionary", raised { dict = 5 })
  end)

  it("stand beside hooks, and report nothing", function()
    local reports, report = {}, tasks.report
    tasks.report = function(message) reports[#reports + 1] = message end
    play(listed)
    local told = 0
    convoke.hooks.done = function() told = told + 1 end
    assert(clerk().invitations:list())
    clerk().invitations:list { limit = "many" }
    tasks.report = report
    assert.equal(2, told)
    assert.equal(1, sum(call, { kind = "invalid", outcome = "not_sent" }))
    assert.same({}, reports)
  end)
end)
