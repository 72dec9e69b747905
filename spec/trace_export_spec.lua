-- Traces on their way to a collector, whose place a server takes that reads strictly.

local convoke = require "convoke"
local core = require "convoke.core"
local engine = require "convoke.engine"
local otlp = require "spec.support.otlp"
local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"
local retry = require "convoke.call.retry"
local tasks = require "convoke.tasks"

local answer, always = raw_server.answer, raw_server.always
local listed = answer(200, '{"data":[],"total_count":0}')
local accepted = answer(200, "{}")

describe("the exporter of traces", function()
  local api, collector, trace, clerk, reports, report, getenv, chance, environment

  setup(function() api, collector = raw_server.start(), raw_server.start() end)
  teardown(function()
    api:stop()
    collector:stop()
  end)
  before_each(function()
    reports, report, getenv, chance, environment = {}, tasks.report, os.getenv, retry.chance, {}
    tasks.report = function(message) reports[#reports + 1] = message end
    retry.chance = function() return 0.99 end
    os.getenv = function(name) -- luacheck: ignore 122
      if name:find "^OTEL_" then return environment[name] end
      return getenv(name)
    end
    api:play { always(listed) }
    collector:play { always(accepted) }
    clerk = convoke.clerk { url = api.url, secret_key = "sk_test_1234567890", retries = 0 }
  end)
  after_each(function()
    if trace then trace:stop(0) end
    trace, tasks.report, retry.chance = nil, report, chance
    os.getenv = getenv -- luacheck: ignore 122
    clerk:close()
    convoke.drain(0)
  end)

  local function begin(options)
    options = options or {}
    options.url = options.url or collector.url .. "/v1/traces"
    options.interval = options.interval or 0
    trace = convoke.trace(options)
  end

  local function list(times)
    for _ = 1, times or 1 do assert(clerk.invitations:list()) end
  end

  local function settles(condition)
    local stop = convoke.now() + 20
    while not condition() and convoke.now() < stop do convoke.sleep(0.01) end
    assert.is_true(condition())
  end

  local function received() return otlp.spans(collector:requests()) end

  it("sends spans as OTLP wants them in JSON", function()
    begin { service = "inviter", resource = { ["host.name"] = "a", count = 3, share = 0.5,
      on = true } }
    api:play { { { "receive" }, { "send", answer(503, "{}") }, { "receive" }, { "send", listed },
      { "again" } } }
    convoke.clerk { url = api.url, secret_key = "sk_test_1234567890", retries = 1 }
      .invitations:list({}, { tracestate = "a=b",
        traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03" })
    assert.is_true(trace:flush())
    local spans, resource = received()
    assert.equal(3, #spans)
    local attempt, again, call = spans[1], spans[2], spans[3]
    assert.equal(3, attempt.kind)
    assert.equal(1, call.kind)
    assert.equal(2, attempt.status.code)
    assert.is_nil(again.status)
    assert.is_nil(call.status)
    assert.equal(503, attempt.attributes["http.response.status_code"])
    assert.equal("503", attempt.attributes["error.type"])
    assert.equal(1, again.attributes["http.request.resend_count"])
    assert.equal(call.spanId, attempt.parentSpanId)
    assert.equal("b7ad6b7169203331", call.parentSpanId)
    assert.equal("a=b", call.traceState)
    assert.equal(0x103, attempt.flags)
    assert.equal(3, call.flags)
    assert.is_true(call.startTimeUnixNano <= attempt.startTimeUnixNano)
    assert.is_true(attempt.endTimeUnixNano <= again.startTimeUnixNano)
    assert.is_true(again.endTimeUnixNano <= call.endTimeUnixNano)
    assert.equal("convoke.wait", call.events[1].name)
    assert.is_number(call.events[1].attributes["convoke.seconds"])
    assert.same({ ["service.name"] = "inviter", ["host.name"] = "a", count = 3, share = 0.5,
      on = true, ["telemetry.sdk.name"] = "convoke", ["telemetry.sdk.language"] = "lua",
      ["telemetry.sdk.version"] = convoke.version }, resource)
    assert.matches("^POST /v1/traces HTTP", collector:requests()[1].head)
  end)

  it("sends texts that are no UTF-8 as such that are, and long ones cut", function()
    begin()
    api:play { always(answer(200, '{"data":[],"total_count":0}',
      "Clerk-Trace-Id: \255\192\128a\195\188\226\130\172\240\159\152\128\237\160\128\r\n")) }
    list()
    api:play { always(answer(200, '{"data":[],"total_count":0}',
      "Clerk-Trace-Id: " .. ("x"):rep(5000) .. "\r\n")) }
    list()
    assert.is_true(trace:flush())
    local spans = received()
    local bad = "\239\191\189"
    assert.equal(bad .. bad .. bad .. "a\195\188\226\130\172\240\159\152\128" .. bad:rep(3),
      spans[2].attributes["convoke.request_id"])
    assert.equal(1024, #spans[4].attributes["convoke.request_id"])
  end)

  it("never traces itself, and keeps one request at a time", function()
    collector:play { { { "receive" }, { "sleep", 0.05 }, { "send", accepted }, { "again" } } }
    begin()
    list(20)
    assert.is_true(trace:flush())
    local stats = trace:stats()
    assert.equal(20, stats.calls)
    assert.equal(40, stats.spans)
    assert.equal(40, stats.exported)
    assert.equal(stats.requests, #collector:requests())
    local spans = received()
    assert.equal(40, #spans)
    for _, span in ipairs(spans) do
      assert.equal("clerk.invitations.list", span.attributes["convoke.operation"])
    end
    local connections = {}
    for _, request in ipairs(collector:requests()) do connections[request.connection] = true end
    assert.is_nil(next(connections, (next(connections)))) -- all by one
  end)

  it("sends while calls go on that block, without a flush", function()
    begin { batch = 4 }
    list(1)
    settles(function()
      list(1)
      return trace:stats().exported >= 8
    end)
  end)

  it("sends in batches, and not before the interval is over", function()
    begin { interval = 3600, batch = 10 }
    list(1) -- at once: it is the first
    settles(function() return trace:stats().exported == 2 end)
    list(4)
    assert.equal(8, trace:stats().queued)
    assert.equal(1, trace:stats().requests)
    list(2) -- 12 spans
    settles(function() return trace:stats().exported == 12 end)
    assert.equal(2, trace:stats().queued)
    assert.is_true(trace:flush())
    assert.equal(3, #collector:requests())
  end)

  it("sends what is left once the interval is over, in a loop that goes on", function()
    begin { interval = 0.05 }
    convoke.run(function()
      list(1)
      settles(function() return trace:stats().exported == 2 end)
      list(1)
      settles(function() return trace:stats().exported == 4 end)
    end)
    assert.is_false(engine.busy())
  end)

  it("drops and counts what is too much, and says so once", function()
    begin { url = "http://127.0.0.1:1", queue = 5 }
    list(4)
    local stats = trace:stats()
    assert.equal(5, stats.queued)
    assert.equal(3, stats.dropped)
    assert.equal(8, stats.spans)
    assert.equal(1, #reports)
    assert.matches("^convoke%.trace: spans are lost: more than 5 wait", reports[1])
  end)

  it("waits as long as a collector says that is too busy, and sends the same again", function()
    collector:play { { { "receive" }, { "send", answer(429, "{}", "Retry-After: 1\r\n") },
      { "receive" }, { "send", accepted }, { "again" } } }
    begin()
    local before = convoke.now()
    list(1)
    assert.is_true(trace:flush())
    assert.is_true(convoke.now() - before >= 0.99)
    local requests = collector:requests()
    assert.equal(2, #requests)
    assert.equal(requests[1].body, requests[2].body)
    assert.equal(2, trace:stats().exported)
  end)

  it("keeps to that in a flush that comes later, too", function()
    collector:play { { { "receive" }, { "send", answer(429, "{}", "Retry-After: 600\r\n") },
      { "again" } } }
    begin()
    list(1)
    assert.is_nil(trace:flush(0.2))
    assert.equal(1, #collector:requests())
    assert.is_nil(trace:flush(0.05))
    assert.equal(1, #collector:requests())
  end)

  it("tries again after a failure that may pass, until it has tried five times", function()
    collector:play { { { "receive" }, { "send", answer(503, "{}") }, { "close" } } }
    begin()
    list(1)
    local pause = retry.pause
    retry.pause = function() return 0.01 end
    local done, why = trace:flush()
    retry.pause = pause
    assert.is_nil(done)
    assert.matches("^spans were lost %(the collector answered 503%)$", why)
    assert.equal(5, #collector:requests())
    assert.equal(2, trace:stats().failed)
    assert.equal(0, trace:stats().queued)
    assert.equal(1, #reports)
  end)

  it("loses what a collector refuses, and goes on with the rest", function()
    collector:play { { { "receive" }, { "send", answer(400, "{}") }, { "receive" },
      { "send", accepted }, { "again" } } }
    begin()
    list(1)
    local done, why = trace:flush()
    assert.is_nil(done)
    assert.matches("answered 400", why)
    list(1)
    assert.is_true(trace:flush())
    local stats = trace:stats()
    assert.equal(2, stats.failed)
    assert.equal(2, stats.exported)
    assert.equal(2, #collector:requests())
  end)

  it("counts what a collector rejects of a request, and does not send it again", function()
    collector:play { always(answer(200,
      '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}')) }
    begin()
    list(1)
    local done = trace:flush()
    assert.is_nil(done)
    local stats = trace:stats()
    assert.equal(1, stats.rejected)
    assert.equal(1, stats.exported)
    assert.equal(1, stats.requests)
    assert.matches("rejects some: too old", reports[1])
  end)

  it("goes on after an outage of the collector", function()
    begin { timeout = 5 }
    collector:outage("reset", nil)
    list(3)
    assert.is_nil(trace:flush(0.05))
    assert.equal(6, trace:stats().queued)
    collector:play { always(accepted) }
    assert.is_true(trace:flush())
    assert.equal(6, #received())
  end)

  it("does not keep calls waiting where the collector does not answer", function()
    collector:play { { { "receive" }, { "hold" } } }
    begin { timeout = 600 }
    list(5)
    local before = convoke.now()
    list(5)
    assert.is_true(convoke.now() - before < 60)
    local done, why = trace:flush(0.05)
    assert.is_nil(done)
    assert.matches("20 spans are left", why)
    assert.is_true(convoke.now() - before < 60)
  end)

  it("keeps no loop going for a trace that was stopped", function()
    collector:play { { { "receive" }, { "sleep", 0.1 }, { "send", accepted }, { "again" } } }
    begin { interval = 3600 }
    list(2) -- the first is on its way, the second waits
    assert.is_nil(trace:stop(0))
    settles(function() return core.in_flight() == 0 end)
    assert.equal(2, trace:stats().exported)
    assert.equal(2, trace:stats().queued)
    assert.is_false(engine.busy())
  end)

  it("leaves no request behind that nobody can end", function()
    collector:play { { { "receive" }, { "hold" } } }
    begin { timeout = 600 }
    list(1)
    assert.equal(1, core.in_flight())
    assert.is_true(engine.busy())
    assert.equal(1, convoke.drain(0))
    assert.is_false(engine.busy())
    collector:play { always(accepted) }
    assert.is_true(trace:flush())
    assert.equal(2, #received())
  end)

  it("leaves to the parent of a fork what is the parent's", function()
    local name = os.tmpname()
    local file = assert(io.open(name, "w"))
    file:write(process.prelude(), [[
      local convoke = require "convoke"
      local trace = convoke.trace { url = arg[2], interval = 3600 }
      local clerk = convoke.clerk { url = arg[1], secret_key = "sk_test_1234567890" }
      local function list() return clerk.invitations:list() end
      assert(list()) -- begins a request
      assert(list()) -- waits
      local task = convoke.spawn(list)
      convoke.step()
      local child = process.fork()
      if child == 0 then
        pcall(task.await, task)
        assert(trace:stats().calls == 0 and trace:stats().queued == 0)
        assert(list())
        assert(trace:flush())
        assert(trace:stats().exported == 2)
        process.exit(0)
      end
      assert(task:await())
      assert(process.wait(child) == 0)
      assert(trace:flush())
      print(trace:stats().exported)
    ]])
    file:close()
    local pipe = io.popen(("timeout 30 %s %s '%s' '%s' 2>&1"):format(
      os.getenv "LUA" or "lua5.4", name, api.url, collector.url))
    local output = pipe:read "*a"
    pipe:close()
    os.remove(name)
    process.remove()
    assert.equal("6\n", output)
    local seen = {}
    local spans = received()
    for _, span in ipairs(spans) do
      assert.is_nil(seen[span.spanId])
      seen[span.spanId] = true
    end
    assert.equal(8, #spans)
  end)

  describe("is set up", function()
    it("by the environment", function()
      environment = { OTEL_EXPORTER_OTLP_ENDPOINT = collector.url .. "/base/",
        OTEL_EXPORTER_OTLP_HEADERS = "api-key=s3cret%201, x-two = 2,rubbish",
        OTEL_SERVICE_NAME = "named", OTEL_RESOURCE_ATTRIBUTES = "service.name=other,a.b=c%20d",
        OTEL_EXPORTER_OTLP_TRACES_TIMEOUT = "5000", OTEL_BSP_MAX_EXPORT_BATCH_SIZE = "1" }
      trace = convoke.trace {}
      list(1)
      assert.is_true(trace:flush())
      local requests = collector:requests()
      assert.equal(2, #requests)
      assert.matches("^POST /base/v1/traces HTTP", requests[1].head)
      assert.matches("\napi%-key: s3cret 1\n", requests[1].head)
      assert.matches("\nx%-two: 2\n", requests[1].head)
      local _, resource = received()
      assert.equal("named", resource["service.name"])
      assert.equal("c d", resource["a.b"])
      trace:stop()
      environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = collector.url
      environment.OTEL_EXPORTER_OTLP_TRACES_HEADERS = "x-two=3"
      trace = convoke.trace { service = "chosen" }
      list(1)
      assert.is_true(trace:flush())
      requests = collector:requests()
      assert.matches("^POST / HTTP", requests[3].head)
      assert.matches("\nx%-two: 3\n", requests[3].head)
      assert.is_nil(requests[3].head:find("api-key", 1, true))
      assert.equal("chosen", select(2, received())["service.name"])
    end)

    it("by the environment's sampler", function()
      local function calls_recorded(name, argument, options)
        environment.OTEL_TRACES_SAMPLER, environment.OTEL_TRACES_SAMPLER_ARG = name, argument
        begin()
        assert(clerk.invitations:list({}, options))
        local count = trace:stats().spans
        trace:stop()
        return count
      end
      local function flagged(flags)
        return { traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-" .. flags }
      end
      assert.equal(2, calls_recorded(nil))
      assert.equal(0, calls_recorded "always_off")
      assert.equal(0, calls_recorded("always_off", nil, flagged "01"))
      assert.equal(2, calls_recorded("always_on", nil, flagged "00"))
      assert.equal(0, calls_recorded("parentbased_always_on", nil, flagged "00"))
      assert.equal(2, calls_recorded("parentbased_always_off", nil, flagged "01"))
      assert.equal(0, calls_recorded "parentbased_always_off")
      assert.equal(0, calls_recorded("traceidratio", "0"))
      assert.equal(2, calls_recorded("traceidratio", "1", flagged "00"))
      assert.equal(2, calls_recorded("traceidratio", "rubbish"))
      assert.equal(2, calls_recorded "what")
    end)

    it("not at all where the environment says so", function()
      environment.OTEL_SDK_DISABLED = "true"
      begin()
      list(1)
      assert.equal(0, trace:stats().calls)
      assert.is_nil(api:requests()[1].head:find("traceparent", 1, true))
    end)

    it("with no header over plain http to another machine", function()
      local function refuse(options, words)
        local ok, why = pcall(convoke.trace, options)
        assert.is_false(ok)
        assert.matches(words, why)
        assert.is_nil(why:find("s3cret", 1, true))
      end
      local headers = { ["api-key"] = "s3cret" }
      refuse({ url = "http://collector.example:4318", headers = headers }, "plain http")
      refuse({ url = "http://127.0.0.1:4318", headers = { ["api-key"] = "s3cret\n" } }, "api%-key")
      refuse({ url = "collector:4318" }, "url must begin with https:// or http://")
      refuse({ url = "http://a/b?c=d" }, "url must not have a query")
      refuse({ url = "http://a", headers = { a = "1", b = "2", c = "3", d = "4", e = "5" } },
        "at most 4 headers")
      trace = convoke.trace { url = "http://collector.invalid:4318" }
      trace:stop(0)
      trace = convoke.trace { url = "http://collector.invalid:4318", headers = headers,
        allow_http = true }
    end)
  end)

  it("tells nobody what its headers hold", function()
    local secret = "s3cret-of-the-collector"
    collector:play { always(answer(200,
      '{"partialSuccess":{"rejectedSpans":1,"errorMessage":"' .. secret .. '"}}')) }
    begin { headers = { authorization = "Bearer " .. secret } }
    list(1)
    local _, why = trace:flush()
    assert.matches("%*%*%*", why)
    for _, text in ipairs { why, reports[1], trace:stats().why, tostring(trace) } do
      assert.is_nil(text:find(secret, 1, true))
    end
    assert.matches("\n[Aa]uthorization: Bearer " .. secret:gsub("%-", "%%-"),
      collector:requests()[1].head)
  end)
end)
