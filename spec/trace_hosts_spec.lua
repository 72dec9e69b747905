-- Traces in every host: whose call is whose, and when a loop ends.

local convoke = require "convoke"
local engine = require "convoke.engine"
local loops = require "spec.support.host_loops"
local nginx = require "spec.support.nginx"
local otlp = require "spec.support.otlp"
local raw_server = require "spec.support.raw_server"
local socket = require "socket"

local answer, always = raw_server.answer, raw_server.always
local listed = answer(200, '{"data":[],"total_count":0}')
local slow = { { "receive" }, { "sleep", 0.02 }, { "send", listed }, { "again" } }

describe("traces in a host", function()
  local api, collector, trace, clerk

  setup(function() api, collector = raw_server.start(), raw_server.start() end)
  teardown(function()
    api:stop()
    collector:stop()
  end)
  before_each(function()
    api:play { slow }
    collector:play { always(answer(200, "{}")) }
    clerk = convoke.clerk { url = api.url, secret_key = "sk_test_1234567890", retries = 0 }
  end)
  after_each(function()
    if trace then trace:stop(0) end
    trace = nil
    convoke.drain(0)
    clerk:close()
    convoke.use "tasks"
    assert.is_false(engine.busy())
  end)

  for name, run in pairs(loops.together) do
    it("are not mixed up between coroutines of " .. name, function()
      local current = setmetatable({}, { __mode = "k" }) -- coroutine -> its traceparent
      convoke.use(name)
      trace = convoke.trace { url = collector.url, interval = 0.05,
        parent = function() return current[coroutine.running()] end }
      local functions, traces = {}, {}
      for i = 1, 12 do
        traces[("%016x"):format(i)] = ("%032x"):format(i)
        functions[i] = function()
          current[coroutine.running()] = ("00-%032x-%016x-01"):format(i, i)
          for _ = 1, 2 do assert(clerk.invitations:list()) end
        end
      end
      run(functions)
      if name == "tasks" then assert.is_true(trace:flush()) end
      assert.equal(48, trace:stats().exported) -- the loop has ended, and all is sent
      local spans, calls, by_id = otlp.spans(collector:requests()), 0, {}
      for _, span in ipairs(spans) do by_id[span.spanId] = span end
      for _, span in ipairs(spans) do
        if span.kind == 1 then
          calls = calls + 1
          assert.equal(traces[span.parentSpanId], span.traceId)
        else
          assert.equal(by_id[span.parentSpanId].traceId, span.traceId)
        end
      end
      assert.equal(24, calls)
      for _, request in ipairs(api:requests()) do
        local trace_id, span_id = request.head:match "\ntraceparent: 00%-(%x+)%-(%x+)%-01"
        assert.equal(by_id[span_id].traceId, trace_id)
      end
    end)

    it("do not keep a loop of " .. name .. " from ending without a collector", function()
      convoke.use(name)
      trace = convoke.trace { url = "http://127.0.0.1:1", interval = 0.05 }
      run { function() assert(clerk.invitations:list()) end }
      local stats = trace:stats()
      assert.equal(2, stats.queued)
      assert.equal(1, stats.requests)
    end)
  end
end)

-- nginx -------------------------------------------------------------------------------------------

local missing = nginx.missing()
if missing then
  describe("traces in OpenResty", function()
    pending("are not tried here: " .. missing, function() end)
  end)
  return
end

describe("traces in OpenResty", function()
  local api, collector, server

  setup(function()
    api, collector = raw_server.start(), raw_server.start()
    api:play { slow }
    collector:play { always(answer(200, "{}")) }
    local function content(path, text)
      return ("location = %s { content_by_lua_block { %s } }\n"):format(path, text)
    end
    server = nginx.start { workers = 1, http = ([[
      init_by_lua_block {
        convoke = require "convoke"
        cjson = require "cjson"
        clerk = convoke.clerk { url = %q, secret_key = "sk_test_1234567890", retries = 0 }
        trace = convoke.trace { url = %q, interval = 0.05 }
        function list() return clerk.invitations:list() and "listed" end
      }]]):format(api.url, collector.url),
      server = content("/list", "ngx.say(list())")
        .. content("/threads", [[
          local threads = {}
          for i = 1, 3 do threads[i] = ngx.thread.spawn(list) end
          for i = 1, 3 do ngx.thread.wait(threads[i]) end
          ngx.say "listed"]])
        .. content("/tasks", [[
          convoke.all { list, function() convoke.sleep(0.01) return list() end, list }
          ngx.say "listed"]])
        .. content("/later", [[
          convoke.spawn(function() convoke.sleep(0.1) list() end)
          ngx.say "listed"]])
        .. content("/timer", [[
          local done = require("ngx.semaphore").new()
          ngx.timer.at(0, function() list() done:post() end)
          done:wait(5)
          ngx.say "listed"]])
        .. content("/stats", "ngx.say(cjson.encode(trace:stats()))")
        .. content("/flush", "ngx.say(tostring(trace:flush()))")
        .. [[location = /log {
          content_by_lua_block { ngx.say "said" }
          log_by_lua_block { ngx.log(ngx.WARN, "in the log phase: ", select(2, pcall(list))) }
        }]] }
  end)
  teardown(function()
    server:stop()
    api:stop()
    collector:stop()
  end)

  -- Sends requests, each in a trace of its own, all at once, and waits for their spans: nobody
  -- flushes. Returns the spans of each one's trace, and all.
  -- @param calls  of each request in its trace; nil: they are in others
  local function ask(path, count, calls)
    api:play { slow }
    collector:play { always(answer(200, "{}")) }
    local asked = {}
    for i = 1, count do
      asked[i] = server:send(path, { ("traceparent: 00-%032x-%016x-01"):format(i, i),
        "tracestate: n=" .. i })
    end
    for i = 1, count do
      local _, body = asked[i].read()
      assert.equal("listed", body)
    end
    local stop, spans, found = socket.gettime() + 10, nil, nil
    local function is_complete()
      for i = 1, count do
        if #found[i] < 2 * (calls or 0) then return false end
      end
      return calls or #spans >= 2 * count
    end
    repeat
      socket.sleep(0.02)
      spans, found = otlp.spans(collector:requests()), {}
      for i = 1, count do found[i] = {} end
      for _, span in ipairs(spans) do
        local i = tonumber(span.traceId, 16)
        if found[i] then found[i][#found[i] + 1] = span end
      end
    until is_complete() or socket.gettime() > stop
    return found, spans
  end

  -- Makes sure that the spans of each request are so many calls with an attempt each.
  local function check(path, count, calls)
    for i, spans in ipairs(ask(path, count, calls)) do
      assert.equal(2 * calls, #spans)
      local by_id = {}
      for _, span in ipairs(spans) do by_id[span.spanId] = span end
      for _, span in ipairs(spans) do
        assert.equal("n=" .. i, span.traceState)
        if span.kind == 1 then
          assert.equal(("%016x"):format(i), span.parentSpanId)
          assert.equal(0x301, span.flags) -- the parent is somewhere else
        else
          assert.equal(1, by_id[span.parentSpanId].kind)
        end
      end
    end
  end

  it("go on from the header of the request that makes the call", function()
    check("/list", 8, 1)
  end)

  it("do so in the light threads of a request, too", function()
    check("/threads", 4, 3)
  end)

  it("do so in tasks, whichever request drives them", function()
    check("/tasks", 4, 3)
  end)

  it("do so in tasks that outlive their request", function()
    check("/later", 3, 1)
  end)

  it("begin anew in a timer", function()
    local found, spans = ask("/timer", 2)
    assert.equal(0, #found[1] + #found[2])
    assert.equal(4, #spans)
  end)

  it("are flushed by a request that waits, and counted", function()
    ask("/list", 1, 1)
    local _, flushed = server:get "/flush"
    assert.equal("true", flushed)
    local _, stats = server:get "/stats"
    assert.matches('"queued":0', stats)
    assert.matches('"dropped":0', stats)
    assert.matches('"failed":0', stats)
  end)

  it("block nothing in the log phase, where no call can be made", function()
    local _, body = server:get "/log"
    assert.equal("said", body)
    check("/list", 1, 1)
    assert.matches("in the log phase: .*nginx cannot wait for a call in its phase log",
      server:log())
  end)
end)
