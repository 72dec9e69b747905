-- Traces: spans of calls and attempts, and the headers that carry a trace on.

local convoke = require "convoke"
local hooks = require "convoke.observe.hooks"
local raw_server = require "spec.support.raw_server"
local retry = require "convoke.call.retry"
local tasks = require "convoke.tasks"
local vendor_server = require "spec.support.vendor_server"

local answer = raw_server.answer
local listed = answer(200, '{"data":[],"total_count":0}', "Clerk-Trace-Id: t1\r\n")

local TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
local traceparent = ("00-%s-%s-01"):format(TRACE, PARENT)

describe("traces", function()
  local server, spans, trace, reports, report, chance

  setup(function() server = raw_server.start() end)
  teardown(function() server:stop() end)
  before_each(function()
    reports, report, chance = {}, tasks.report, retry.chance
    tasks.report = function(message) reports[#reports + 1] = message end
    retry.chance = function() return 0.99 end
    server:play { raw_server.always(listed) }
  end)
  after_each(function()
    if trace then trace:stop() end
    trace, tasks.report, retry.chance = nil, report, chance
    convoke.hooks = {}
    assert.is_false(hooks.tracer)
    assert.is_false(tasks.inherit)
  end)

  -- Begins traces whose spans are kept.
  local function begin(options)
    options, spans = options or {}, {}
    function options.sink(finished)
      for _, span in ipairs(finished) do spans[#spans + 1] = span end
    end
    trace = convoke.trace(options)
  end

  local function clerk(options)
    options = options or {}
    options.url, options.secret_key = options.url or server.url, "sk_test_1234567890"
    options.retries = options.retries or 0
    return convoke.clerk(options)
  end

  -- Plays one answer after the other on one connection.
  local function play(...)
    local script = {}
    for _, text in ipairs { ... } do
      script[#script + 1] = { "receive" }
      script[#script + 1] = { "send", text }
    end
    server:play { script }
  end

  -- The values of a header in the requests that came.
  local function sent(name)
    local values = {}
    for i, request in ipairs(server:requests()) do
      values[i] = request.head:match("\n" .. name .. ": ([^\r\n]*)") or false
    end
    return values
  end

  local function ids_of(header)
    local trace_id, span_id, flags = header:match "^00%-(%x+)%-(%x+)%-(%x%x)$"
    assert(trace_id, header)
    assert.equal(32, #trace_id)
    assert.equal(16, #span_id)
    return trace_id, span_id, flags
  end

  describe("have", function()
    it("a span for a call and one for its attempt, as OpenTelemetry names things", function()
      begin()
      local before = os.time()
      assert(clerk().invitations:list({ status = "pending" }))
      assert.equal(2, #spans)
      local attempt, call = spans[1], spans[2]
      assert.equal("clerk.invitations.list", call.name)
      assert.equal("internal", call.kind)
      assert.is_nil(call.parent_id)
      assert.is_nil(call.failed)
      assert.same({ ["convoke.operation"] = "clerk.invitations.list", ["convoke.outcome"] = "done",
        ["convoke.attempts"] = 1, ["convoke.request_id"] = "t1" }, call.attributes)
      assert.equal("GET /invitations", attempt.name)
      assert.equal("client", attempt.kind)
      assert.equal(call.trace_id, attempt.trace_id)
      assert.equal(call.span_id, attempt.parent_id)
      assert.is_nil(attempt.failed)
      assert.same({ ["http.request.method"] = "GET", ["server.address"] = "127.0.0.1",
        ["server.port"] = server.port, ["url.full"] = server.url .. "/invitations?status=pending",
        ["url.template"] = "/invitations", ["http.response.status_code"] = 200,
        ["network.protocol.version"] = "1.1", ["convoke.operation"] = "clerk.invitations.list",
        ["convoke.outcome"] = "done" }, attempt.attributes)
      assert.is_true(call.started <= attempt.started and attempt.started < attempt.ended)
      assert.is_true(attempt.ended <= call.ended)
      assert.is_true(call.started > before - 5 and call.ended < os.time() + 5)
    end)

    it("a span for each attempt, with what came of it and how often it was sent before", function()
      play(answer(503, "{}"), answer(429, "{}"), listed)
      begin()
      assert(clerk { retries = 2 }.invitations:list())
      assert.equal(4, #spans)
      local statuses, resends, types = {}, {}, {}
      for i = 1, 3 do
        local attributes = spans[i].attributes
        statuses[i] = attributes["http.response.status_code"]
        resends[i] = attributes["http.request.resend_count"] or 0
        types[i] = attributes["error.type"] or ""
        assert.equal(spans[i].failed, i < 3 or nil)
        assert.is_nil(spans[i].message)
        assert.equal(spans[4].span_id, spans[i].parent_id)
      end
      assert.same({ 503, 429, 200 }, statuses)
      assert.same({ 0, 1, 2 }, resends)
      assert.same({ "503", "429", "" }, types)
      local call = spans[4]
      assert.is_nil(call.failed)
      assert.equal(3, call.attributes["convoke.attempts"])
      local names = {}
      for i, event in ipairs(call.events) do
        names[i] = event.name .. " " .. event.attributes["convoke.reason"]
        assert.is_true(event.time >= call.started and event.time <= call.ended)
      end
      assert.same({ "convoke.wait backoff", "convoke.retry failed", "convoke.wait backoff",
        "convoke.retry failed" }, names)
    end)

    it("the kind of an error that is no status, and its words", function()
      begin()
      local refused = clerk { url = "http://127.0.0.1:1" }
      local _, err = refused.invitations:list()
      assert.equal("connect", err.kind)
      for i = 1, 2 do
        assert.is_true(spans[i].failed)
        assert.equal("connect", spans[i].attributes["error.type"])
        assert.equal("not_sent", spans[i].attributes["convoke.outcome"])
        assert.matches("connect", spans[i].message)
      end
      assert.is_nil(spans[1].attributes["http.response.status_code"])
      assert.is_nil(spans[1].attributes["network.protocol.version"])
      assert.equal(1, spans[1].attributes["server.port"])
    end)

    it("the status of a refusal, its code, and none of the vendor's words", function()
      play(answer(404, '{"errors":[{"code":"resource_not_found","message":"no a@example.com"}]}'))
      begin()
      clerk().invitations:revoke "inv_1"
      for i = 1, 2 do
        assert.equal("404", spans[i].attributes["error.type"])
        assert.is_true(spans[i].failed)
        assert.is_nil(spans[i].message)
      end
      assert.equal("resource_not_found", spans[2].attributes["convoke.code"])
      assert.equal("POST /invitations/{invitation_id}/revoke", spans[1].name)
      assert.matches("/invitations/inv_1/revoke$", spans[1].attributes["url.full"])
    end)

    it("an error in the call alone where an application fails inside of an answer", function()
      play(answer(200, '{"status":"error","errorMessage":"no","errorData":{}}'))
      begin()
      convoke.convex { url = server.url, token = "t0ken1234567890", retries = 0 }
        :mutation("a:b", {})
      assert.is_nil(spans[1].failed)
      assert.is_true(spans[2].failed)
      assert.equal("200", spans[2].attributes["error.type"])
    end)

    it("no error where the caller has cancelled", function()
      server:play { { { "receive" }, { "hold" } } }
      begin()
      convoke.run(function()
        local task = convoke.spawn(function() return clerk().invitations:list() end)
        convoke.sleep(0.05)
        task:cancel()
        pcall(task.await, task)
      end)
      assert.equal(2, #spans)
      for i = 1, 2 do
        assert.is_nil(spans[i].failed)
        assert.is_nil(spans[i].attributes["error.type"])
      end
    end)

    it("an attempt, too, that an error has stopped", function()
      begin()
      local client = clerk { transport = { send = function() error "stop" end } }
      assert.error_matches(function() client.invitations:list() end, "stop")
      assert.equal(2, #spans)
      assert.equal("client", spans[1].kind)
      assert.equal(1, spans[2].attributes["convoke.attempts"])
      assert.equal("unknown", spans[2].attributes["convoke.outcome"])
    end)

    it("no attempt where nothing was sent", function()
      begin()
      clerk().invitations:list { limit = "many" }
      assert.equal(1, #spans)
      assert.equal("invalid", spans[1].attributes["error.type"])
      assert.equal(0, spans[1].attributes["convoke.attempts"])
    end)

    it("a look's calls within the call that looks, and marked", function()
      local vendors = vendor_server.start()
      local world = vendors:case { api = "clerk", fates = { "lost" } }
      begin()
      local value, err = convoke.clerk { url = world.url, secret_key = "sk_test_1234567890" }
        .invitations:create { email_address = "ada@example.com" }
      vendors:stop()
      assert(value, err)
      local call, ids, looks = spans[#spans], {}, 0
      assert.equal("clerk.invitations.create", call.name)
      assert.equal("look-up", call.attributes["convoke.settled"])
      for _, span in ipairs(spans) do
        assert.equal(call.trace_id, span.trace_id)
        assert.is_nil(ids[span.span_id])
        ids[span.span_id] = span
      end
      for _, span in ipairs(spans) do
        local looks_for = span.attributes["convoke.looks_for"]
        if span.name == "clerk.invitations.list" then
          looks = looks + 1
          assert.equal(call.span_id, span.parent_id)
        end
        assert.equal(span.attributes["convoke.operation"] == "clerk.invitations.list"
          and "clerk.invitations.create" or nil, looks_for)
        assert.is_true(span == call or ids[span.parent_id] ~= nil)
      end
      assert.is_true(looks >= 3)
      assert.equal("convoke.settle", call.events[#call.events].name)
      assert.equal("found", call.events[#call.events].attributes["convoke.verdict"])
    end)

    it("the path of a free request in its address only", function()
      play(answer(200, "{}"))
      begin()
      assert(clerk():request("GET", "/users/user_1"))
      assert.equal("GET", spans[1].name)
      assert.is_nil(spans[1].attributes["url.template"])
      assert.matches("/users/user_1$", spans[1].attributes["url.full"])
    end)

    it("the whole path of what is called where the client's address has one", function()
      begin()
      assert(clerk { url = server.url .. "/v1" }.invitations:list())
      assert.equal("GET /v1/invitations", spans[1].name)
      assert.equal("/v1/invitations", spans[1].attributes["url.template"])
    end)

    it("addresses without secrets and what is personal in their query", function()
      begin()
      local client = clerk()
      local function shown(query, path)
        client:request("GET", path or "/x", { query = query })
        return spans[#spans - 1].attributes["url.full"]:match "/x(.*)$"
      end
      for _, name in ipairs { "token", "access_token", "__clerk_ticket", "Ticket",
        "X-Amz-Signature", "sig", "key", "api_key", "apiKey", "code", "password", "filter[email]",
        "email_address" } do
        local text = shown { [name] = "hidden" }
        assert.is_nil(text:find("hidden", 1, true), text)
        assert.matches("=REDACTED$", text)
      end
      assert.equal("?a=b&query=REDACTED&z=1", shown { a = "b", query = "ada@example.com", z = 1 })
      assert.equal("?code_of=a&monkey=b", shown { monkey = "b", code_of = "a" })
      assert.is_nil(shown({}, "/x/sk_test_1234567890"):find("1234567890", 1, true))
    end)

    it("addresses without secrets in their path", function()
      begin()
      local client = convoke.gencove { url = server.url .. "/api", api_key = "k-123", retries = 0 }
      client.invitations:read_token "to/ken"
      assert.equal(server.url .. "/api/invitations-token/REDACTED",
        spans[1].attributes["url.full"])
      local edgegap = convoke.edgegap { url = server.url, token = "t-123", retries = 0 }
      edgegap.deployments:stop_self("d1", "st0p")
      assert.equal(server.url .. "/v1/self/stop/d1/REDACTED", spans[3].attributes["url.full"])
      client.invitations:delete "11111111-aaaa-4bbb-8ccc-222222222222"
      assert.matches("/api/invitations/11111111%-", spans[5].attributes["url.full"])
    end)

    it("ids that hooks are told, too", function()
      begin()
      local told = {}
      local client = clerk { hooks = {
        call = function(event) told[1] = event.trace_id .. event.span_id end,
        done = function(event) told[2] = event.trace_id .. event.span_id end,
      } }
      assert(client.invitations:list())
      local id = spans[2].trace_id .. spans[2].span_id
      assert.same({ id, id }, told)
    end)

    it("ids of their own, that leave the program's random numbers alone", function()
      begin()
      local seen = {}
      for _ = 1, 3 do
        math.randomseed(7)
        local expected = math.random()
        math.randomseed(7)
        assert(clerk().invitations:list())
        assert.equal(expected, math.random())
        for _, span in ipairs(spans) do
          assert.matches("^%x+$", span.span_id)
          seen[span.span_id], seen[span.trace_id] = true, true
        end
      end
      local count = 0
      for _ in pairs(seen) do count = count + 1 end
      assert.equal(9, count)
    end)
  end)

  describe("carry on", function()
    it("each attempt's own id in the header traceparent", function()
      play(answer(503, "{}"), listed)
      begin()
      assert(clerk { retries = 1 }.invitations:list())
      local headers = sent "traceparent"
      assert.equal(2, #headers)
      for i = 1, 2 do
        local trace_id, span_id, flags = ids_of(headers[i])
        assert.equal(spans[i].trace_id, trace_id)
        assert.equal(spans[i].span_id, span_id)
        assert.equal("01", flags)
      end
      assert.not_equal(headers[1], headers[2])
    end)

    it("the trace that a call's options name, and its tracestate", function()
      begin()
      assert(clerk().invitations:list({}, { traceparent = traceparent,
        tracestate = "rojo=00f067aa0ba902b7 ,, congo=t61rcWkgMzE" }))
      assert.equal(PARENT, spans[2].parent_id)
      local trace_id, span_id = ids_of(sent("traceparent")[1])
      assert.equal(TRACE, trace_id)
      assert.equal(spans[1].span_id, span_id)
      assert.same({ "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE" }, sent "tracestate")
      for i = 1, 2 do assert.equal(sent("tracestate")[1], spans[i].tracestate) end
    end)

    it("the trace that the function parent names", function()
      local current = traceparent
      begin { parent = function() return current, "a=b" end }
      local client = clerk()
      assert(client.invitations:list())
      assert.equal(PARENT, spans[2].parent_id)
      assert.same({ "a=b" }, sent "tracestate")
      current = nil
      assert(client.invitations:list())
      assert.is_nil(spans[4].parent_id)
      assert.not_equal(TRACE, spans[4].trace_id)
      current = traceparent
      assert(client.invitations:list({}, { traceparent = traceparent:gsub("b7ad", "beef") }))
      assert.equal("beef6b7169203331", spans[6].parent_id)
    end)

    it("a trace of their own where a traceparent is none", function()
      begin()
      local client = clerk()
      local bad = { "rubbish", "", "00", traceparent .. "-", traceparent .. "-what", " ",
        traceparent:upper(), traceparent:gsub("^00", "ff"), traceparent:gsub("^00", "0"),
        traceparent:gsub("^00", "0x"), traceparent:gsub("01$", "1"), traceparent:gsub("01$", "0g"),
        traceparent:gsub("%-01$", ""), traceparent:gsub("%-", "_"),
        traceparent:gsub(TRACE, ("0"):rep(32)), traceparent:gsub(PARENT, ("0"):rep(16)),
        traceparent:gsub(TRACE, TRACE:sub(2)), traceparent:gsub(TRACE, TRACE .. "0"),
        traceparent:gsub(PARENT, PARENT:sub(2)), traceparent .. "," .. traceparent,
        traceparent:gsub("^00", "cc") .. ".what" }
      for i, text in ipairs(bad) do
        if text ~= "" then
          assert(client.invitations:list({}, { traceparent = text, tracestate = "a=b" }))
          local headers = sent "traceparent"
          local trace_id = ids_of(headers[#headers])
          assert.not_equal(TRACE, trace_id, i)
          assert.is_nil(spans[#spans].parent_id)
          local states = sent "tracestate"
          assert.is_false(states[#states])
        end
      end
    end)

    it("a trace of a version to come, by the version that they know", function()
      begin()
      local client = clerk()
      for _, text in ipairs { traceparent:gsub("^00", "cc"),
        traceparent:gsub("^00", "01") .. "-what", "\t" .. traceparent .. " " } do
        assert(client.invitations:list({}, { traceparent = text }))
        local headers = sent "traceparent"
        local trace_id, _, flags = ids_of(headers[#headers])
        assert.equal(TRACE, trace_id)
        assert.equal("01", flags)
      end
    end)

    it("the flags that are known: sampled, and that the trace's id is random", function()
      begin()
      local client = clerk()
      local function flags_after(flags)
        assert(client.invitations:list({}, { traceparent = traceparent:gsub("01$", flags) }))
        local headers = sent "traceparent"
        return (select(3, ids_of(headers[#headers])))
      end
      assert.equal("03", flags_after "03")
      assert.equal("03", flags_after "ff")
      assert.equal("01", flags_after "09")
      assert.equal("01", flags_after "05")
      assert.equal("00", flags_after "04")
      assert.equal("02", flags_after "02")
      assert.equal("00", flags_after "00")
    end)

    it("a tracestate that is none not at all", function()
      begin()
      local client = clerk()
      local many = {}
      for i = 1, 33 do many[i] = "k" .. i .. "=v" end
      local good = { ("a"):rep(256) .. "=" .. ("v"):rep(256), "1a-_*/@=x", "t@v=  y", "a=b, ,c=d",
        table.concat(many, ",", 1, 32) }
      local bad = { "a", "A=b", "=b", "a=", "a=b=c", "a =b", "a=\1", "a=b;\127", "a=b,c", ",",
        ("a"):rep(257) .. "=b", "a=" .. ("v"):rep(257), table.concat(many, ",") }
      for _, text in ipairs(good) do
        assert(client.invitations:list({}, { traceparent = traceparent, tracestate = text }))
        local states = sent "tracestate"
        assert.equal((text:gsub(", ,", ",")), states[#states])
      end
      for _, text in ipairs(bad) do
        assert(client.invitations:list({}, { traceparent = traceparent, tracestate = text }))
        local states = sent "tracestate"
        assert.is_false(states[#states], text)
        assert.equal(TRACE, spans[#spans].trace_id)
      end
    end)

    it("nothing where they are told not to, and still make spans", function()
      begin { propagate = false }
      assert(clerk().invitations:list({}, { traceparent = traceparent, tracestate = "a=b" }))
      assert.same({ false }, sent "traceparent")
      assert.same({ false }, sent "tracestate")
      assert.equal(TRACE, spans[2].trace_id)
    end)

    it("the trace by a transport of the user's own, too", function()
      begin()
      local seen
      local client = clerk { transport = { send = function(request)
        seen = request.headers.traceparent
        return { status = 200, headers = {}, body = '{"data":[],"total_count":0}' }
      end } }
      assert(client.invitations:list())
      assert.equal(spans[1].span_id, (select(2, ids_of(seen))))
      assert.is_nil(spans[1].attributes["network.protocol.version"])
    end)

    it("in place of a traceparent among a call's headers", function()
      begin()
      assert(clerk().invitations:list({}, { headers = { Traceparent = traceparent } }))
      assert.same({ spans[1].span_id }, { (select(2, ids_of(sent("traceparent")[1]))) })
    end)
  end)

  describe("are recorded", function()
    it("as the parent was", function()
      begin { sample = 0 }
      local client = clerk()
      assert(client.invitations:list())
      assert.equal(0, #spans)
      assert.matches("%-00$", sent("traceparent")[1])
      assert(client.invitations:list({}, { traceparent = traceparent }))
      assert.equal(2, #spans)
      trace:stop()
      begin { sample = 1 }
      assert(client.invitations:list({}, { traceparent = traceparent:gsub("01$", "00") }))
      assert.equal(0, #spans)
      local headers = sent "traceparent"
      local trace_id, span_id = ids_of(headers[3])
      assert.equal(TRACE, trace_id)
      assert.not_equal(PARENT, span_id)
      assert.equal(1, trace:stats().calls)
    end)

    it("in the share that is asked for, decided by their ids", function()
      begin { sample = 0.5 }
      local client = clerk()
      for _ = 1, 40 do assert(client.invitations:list()) end
      local recorded = 0
      for _, header in ipairs(sent "traceparent") do
        local trace_id, _, flags = ids_of(header)
        local chosen = tonumber(trace_id:sub(19, 19), 16) >= 0
        assert.is_true(chosen)
        assert.equal(tonumber(trace_id:sub(-13, -13), 16) >= 8 and "01" or "00", flags)
        recorded = recorded + (flags == "01" and 1 or 0)
      end
      assert.equal(2 * recorded, #spans)
      assert.is_true(recorded > 3 and recorded < 37) -- less likely than one in 10 million
    end)
  end)

  describe("of tasks that interleave", function()
    it("never mix up whose call is whose", function()
      server:play { { { "receive" }, { "sleep", 0.02 }, { "send", listed }, { "again" } } }
      local current = setmetatable({}, { __mode = "k" }) -- coroutine -> its traceparent
      begin { parent = function() return current[coroutine.running()] end }
      local client, parents = clerk(), {}
      convoke.run(function()
        for i = 1, 20 do
          convoke.spawn(function()
            local trace_id, span_id = ("%032x"):format(i), ("%016x"):format(i)
            current[coroutine.running()] = ("00-%s-%s-01"):format(trace_id, span_id)
            for _ = 1, 2 do assert(client.invitations:list()) end
            parents[span_id] = trace_id
          end)
        end
      end)
      local calls, by_id = 0, {}
      for _, span in ipairs(spans) do by_id[span.span_id] = span end
      for _, span in ipairs(spans) do
        if span.kind == "internal" then
          calls = calls + 1
          assert.equal(parents[span.parent_id], span.trace_id)
        else
          assert.equal(by_id[span.parent_id].trace_id, span.trace_id)
        end
      end
      assert.equal(40, calls)
      local headers = sent "traceparent"
      assert.equal(40, #headers)
      for _, header in ipairs(headers) do
        local trace_id, span_id = ids_of(header)
        assert.equal(by_id[span_id].trace_id, trace_id)
      end
    end)

    it("go on in the trace of what has spawned them", function()
      local outside = true
      begin { parent = function() return outside and traceparent or nil end }
      local client = clerk()
      convoke.run(function()
        outside = false
        client.invitations:list()
        convoke.all { function() client.invitations:list() end }
      end)
      assert.equal(4, #spans)
      for _, span in ipairs(spans) do assert.equal(TRACE, span.trace_id) end
      assert.equal(PARENT, spans[4].parent_id)
    end)
  end)

  describe("touch no result", function()
    it("where parent or sink raise, which is reported once", function()
      trace = convoke.trace { parent = function() error "no parent" end,
        sink = function() error "full" end }
      local client = clerk()
      for _ = 1, 2 do assert(client.invitations:list()) end
      assert.equal(2, #reports)
      assert.matches("convoke%.trace: the function parent failed: .*no parent", reports[1])
      assert.matches("convoke%.trace: the function sink failed: .*full", reports[2])
      assert.equal(4, trace:stats().failed)
      assert.equal(4, trace:stats().spans)
    end)

    it("where they yield", function()
      trace = convoke.trace { parent = coroutine.yield, sink = coroutine.yield }
      assert(convoke.run(function() return clerk().invitations:list() end))
      assert.equal(2, #reports)
      assert.matches("yield", reports[1])
    end)

    it("and are not made of what a sink calls", function()
      local client, count = clerk(), 0
      trace = convoke.trace { sink = function()
        count = count + 1
        assert(client.invitations:list())
      end }
      assert(client.invitations:list())
      assert.equal(1, count)
      assert.same({}, reports)
    end)
  end)

  it("end when they are stopped, and begin again", function()
    begin()
    local client = clerk()
    assert(client.invitations:list())
    assert.matches("^convoke%.trace %(a function%)$", tostring(trace))
    assert.is_true(trace:stop())
    assert.is_true(trace:stop())
    assert.matches("stopped", tostring(trace))
    assert(client.invitations:list())
    assert.equal(2, #spans)
    begin()
    assert(client.invitations:list())
    assert.equal(2, #spans)
    assert.same({ calls = 1, spans = 2, exported = 0, queued = 0, rejected = 0, failed = 0,
      dropped = 0, requests = 0 }, trace:stats())
  end)

  it("tell only of calls that begin while they are on", function()
    begin()
    local first = trace
    convoke.run(function()
      local task = convoke.spawn(function() return clerk().invitations:list() end)
      convoke.sleep(0)
      first:stop()
      begin()
      task:await()
    end)
    assert.equal(0, #spans)
  end)

  it("refuse what they are not given rightly", function()
    local function refuse(options, words)
      local ok, why = pcall(convoke.trace, options)
      assert.is_false(ok)
      assert.matches(words, why)
    end
    refuse("x", "options must be a table")
    refuse({ sampel = 1 }, "unknown option sampel; did you mean sample%?")
    refuse({ sample = 2 }, "option sample must be a number from 0 to 1")
    refuse({ sample = 0 / 0 }, "option sample must be")
    refuse({ headers = { a = 1 } }, "option headers must be a table of strings by name")
    refuse({ resource = { a = {} } }, "option resource must be")
    refuse({ batch = 0 }, "option batch must be a whole number from 1")
    refuse({ sink = print, url = "http://127.0.0.1" }, "options sink and url cannot be given")
    begin()
    refuse({ sink = print }, "there are traces already")
    assert.error_matches(function() trace.flush() end, "call it with a colon: trace:flush")
    assert.error_matches(function() trace:flush(-1) end, "seconds must be a number from 0")
  end)
end)
