local convoke = require "convoke"
local hooks = require "convoke.observe.hooks"
local raw_server = require "spec.support.raw_server"
local tasks = require "convoke.tasks"
local vendor_server = require "spec.support.vendor_server"

local answer = raw_server.answer
local listed = answer(200, '{"data":[],"total_count":0}', "Clerk-Trace-Id: t1\r\n")

local fields = { "hook", "id", "api", "operation", "method", "path", "looks_for", "started",
  "elapsed", "attempt", "status", "kind", "outcome", "code", "message", "request_id", "error",
  "seconds", "reason", "verdict", "value", "meta", "settled" }

describe("hooks", function()
  local server, reports, report

  setup(function() server = raw_server.start() end)
  teardown(function() server:stop() end)
  before_each(function()
    reports, report = {}, tasks.report
    tasks.report = function(message) reports[#reports + 1] = message end
  end)
  after_each(function()
    tasks.report = report
    convoke.hooks = {}
    assert.is_false(hooks.shared)
  end)

  -- Plays one answer after the other on one connection, the last one from then on.
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
    options.url, options.secret_key = options.url or server.url, "sk_test_1234567890"
    options.retries = options.retries or 0
    return convoke.clerk(options)
  end

  -- A table of all hooks, and the list of copies of what they are told.
  local function recorder()
    local told, all = {}, {}
    for _, name in ipairs(hooks.names) do
      all[name] = function(event)
        local copy = {}
        for _, field in ipairs(fields) do copy[field] = event[field] end
        told[#told + 1] = copy
      end
    end
    return all, told
  end

  local function names_of(told)
    local names = {}
    for i, event in ipairs(told) do names[i] = event.hook end
    return table.concat(names, " ")
  end

  describe("of a client", function()
    it("are told of a call, its attempt and its end, with what is known of them", function()
      play(listed)
      local all, told = recorder()
      assert(clerk { hooks = all }.invitations:list())
      assert.equal("call attempt done", names_of(told))
      for _, event in ipairs(told) do
        assert.equal("clerk", event.api)
        assert.equal("clerk.invitations.list", event.operation)
        assert.equal("GET", event.method)
        assert.equal("/invitations", event.path)
        assert.equal(told[1].id, event.id)
        assert.is_nil(event.looks_for)
        assert.is_true(event.elapsed >= 0 and event.started <= convoke.now())
      end
      assert.equal(0, told[1].attempt)
      assert.is_nil(told[1].outcome)
      assert.equal(1, told[2].attempt)
      assert.is_true(told[2].seconds > 0)
      local done = told[3]
      assert.equal("done", done.outcome)
      assert.equal(200, done.status)
      assert.equal("t1", done.request_id)
      assert.same({ data = {}, total_count = 0 }, done.value)
    end)

    it("are told of an error by the fields that it has", function()
      play(answer(404, '{"errors":[{"code":"resource_not_found","message":"not found"}],'
        .. '"clerk_trace_id":"t2"}'))
      local all, told = recorder()
      local _, err = clerk { hooks = all }.invitations:revoke "inv_1"
      assert.equal("call attempt done", names_of(told))
      local done = told[3]
      for _, name in ipairs { "status", "kind", "outcome", "code", "message", "request_id" } do
        assert.equal(err[name], done[name])
        assert.is_not_nil(done[name])
      end
      assert.equal(err, done.error)
      assert.is_nil(done.value)
    end)

    it("are told of waits and repeats and their reasons", function()
      play(answer(503, "{}"), listed)
      local all, told = recorder()
      local retry = require "convoke.call.retry"
      local chance = retry.chance
      retry.chance = function() return 0.99 end
      assert(clerk { hooks = all, retries = 1 }.invitations:list())
      retry.chance = chance
      assert.equal("call attempt wait retry attempt done", names_of(told))
      assert.equal(503, told[2].status)
      assert.equal("backoff", told[3].reason)
      assert.is_true(told[3].seconds > 0.2 and told[3].seconds < 0.3)
      assert.equal("failed", told[4].reason)
      assert.equal(2, told[5].attempt)
      assert.is_nil(told[5].reason)
      assert.is_nil(told[6].kind)
    end)

    it("are told of a time that the API named", function()
      play(answer(429, "{}", "Retry-After: 1\r\n"), listed)
      local all, told = recorder()
      assert(clerk { hooks = all, retries = 1 }.invitations:list())
      assert.equal("call attempt retry wait attempt done", names_of(told))
      assert.equal("held", told[3].reason)
      assert.equal("retry_after", told[4].reason)
      assert.is_true(told[4].seconds > 0.9 and told[4].seconds <= 1)
    end)

    it("are told of a wait for a turn", function()
      play(listed, listed)
      local all, told = recorder()
      local client = clerk { hooks = all, rate = { 1, per = 0.2 } }
      assert(client.invitations:list())
      assert(client.invitations:list())
      assert.equal("call attempt done call wait attempt done", names_of(told))
      assert.equal("turn", told[5].reason)
    end)

    it("are told of parameters that are refused here, and of no attempt", function()
      local all, told = recorder()
      clerk { hooks = all }.invitations:list { limit = "many" }
      convoke.cvat { url = server.url, token = "t0ken1234567890", hooks = all }
        .invitations:list({ org_id = 5 }, { org = "a" })
      assert.equal("call done call done", names_of(told))
      assert.equal("invalid", told[2].kind)
      assert.equal("not_sent", told[2].outcome)
      assert.equal("invalid", told[4].kind)
    end)

    it("are told of looks, which are calls of their own", function()
      local vendors = vendor_server.start()
      local all, told = recorder()
      local world = vendors:case { api = "clerk", fates = { "lost" } }
      local value, err, meta = convoke.clerk { url = world.url, secret_key = "sk_test_1234567890",
        hooks = all }.invitations:create { email_address = "ada@example.com" }
      vendors:stop()
      assert(value, err)
      local looks = 0
      local own = {}
      for _, event in ipairs(told) do
        if event.looks_for then
          looks = looks + 1
          assert.equal("clerk.invitations.create", event.looks_for)
          assert.equal("clerk.invitations.list", event.operation)
          assert.not_equal(told[1].id, event.id)
        else
          own[#own + 1] = event
        end
      end
      assert.is_true(looks >= 3)
      local verdicts = {}
      for _, event in ipairs(own) do verdicts[#verdicts + 1] = event.verdict end
      assert.equal("found", verdicts[#verdicts])
      assert.equal("settle", own[#own - 1].hook)
      assert.equal("look-up", own[#own].settled)
      assert.equal("look-up", meta.settled)
      assert.equal(value, own[#own].value)
    end)

    it("are told of the end of a call that an error stops", function()
      local all, told = recorder()
      local client = clerk { hooks = all, transport = { send = function() error "stop" end } }
      assert.error_matches(function() client.invitations:list() end, "stop")
      assert.equal("call done", names_of(told))
      assert.equal("cancelled", told[2].kind)
      assert.equal("unknown", told[2].outcome)
    end)

    it("are given a table whose fields can be walked, where Lua asks for that", function()
      if _VERSION == "Lua 5.1" then return end
      play(listed)
      local seen = {}
      local client = clerk { hooks = { done = function(event)
        for name, value in pairs(event) do seen[name] = { value } end
        for _, name in ipairs(fields) do
          if name ~= "elapsed" then assert.same(seen[name], event[name] and { event[name] }) end
        end
      end } }
      assert(client.invitations:list())
      assert.same({}, reports)
      assert.same({ "/invitations" }, seen.path)
      assert.same({ "t1" }, seen.request_id)
    end)

    it("that raise change nothing and are reported once, with no secret", function()
      play(listed, listed, listed)
      local client = clerk { hooks = {
        call = function() error "sk_test_1234567890" end,
        attempt = function() error {} end,
        done = function() error "full" end,
      } }
      for _ = 1, 3 do assert(client.invitations:list()) end
      assert.equal(1, #reports)
      assert.matches("^convoke%.clerk: the function hooks%.call failed: .*%*%*%*", reports[1])
      assert.is_nil(reports[1]:find("sk_test_1234567890", 1, true))
    end)

    it("cannot yield, and the report says so", function()
      play(listed, listed)
      local client = clerk { hooks = { done = function() coroutine.yield() end } }
      assert(convoke.run(function() return client.invitations:list() end))
      assert.equal(1, #reports)
      assert.matches("hooks%.done yielded", reports[1])
    end)

    it("run in the coroutine of the caller", function()
      play(listed)
      local here, there
      local client = clerk { hooks = { done = function() there = coroutine.running() end } }
      convoke.run(function()
        here = coroutine.running()
        client.invitations:list()
      end)
      assert.equal(here, there)
    end)

    it("that make calls are not told of these", function()
      play(listed, listed, listed)
      local count, other = 0, nil
      local client = clerk { hooks = { call = function()
        count = count + 1
        assert(other.invitations:list())
      end } }
      other = clerk { hooks = { call = function() count = count + 100 end } }
      assert(client.invitations:list())
      assert.equal(1, count)
      assert.same({}, reports)
    end)

    it("that are misspelt or no functions raise with the nearest name", function()
      local function raised(value)
        local ok, why = pcall(clerk, { hooks = value })
        assert.is_false(ok)
        return why
      end
      assert.matches("convoke%.clerk: option hooks has no atempt; did you mean attempt%?",
        raised { atempt = print })
      assert.matches("option hooks must have a function for done", raised { done = 5 })
      assert.matches("option hooks must be a table of functions", raised(print))
    end)
  end)

  describe("of all clients", function()
    it("are told of calls to every API from then on, and no longer when taken away", function()
      play(listed, answer(200, "{}"), listed)
      local names = {}
      local client, edgegap = clerk {}, convoke.edgegap { url = server.url, token = "t0ken123456" }
      convoke.hooks.done = function(event) names[#names + 1] = event.operation end
      assert(client.invitations:list())
      edgegap.sessions:list()
      convoke.hooks.done = nil
      assert(client.invitations:list())
      assert.same({ "clerk.invitations.list", "edgegap.sessions.list" }, names)
    end)

    it("can be set all at once, and stand beside those of a client", function()
      play(listed, listed)
      local all, told = recorder()
      local own, own_told = recorder()
      convoke.hooks = all
      local client = clerk { hooks = own }
      assert(client.invitations:list())
      assert.equal("call attempt done", names_of(told))
      assert.equal("call attempt done", names_of(own_told))
      convoke.hooks = {}
      assert(client.invitations:list())
      assert.equal(3, #told)
      assert.equal(6, #own_told)
    end)

    it("show what is set", function()
      local function f() end
      convoke.hooks = { retry = f }
      assert.equal(f, convoke.hooks.retry)
      assert.is_nil(convoke.hooks.done)
      assert.equal("convoke.hooks", tostring(convoke.hooks))
    end)

    it("that are misspelt or no functions raise", function()
      local function refuse(change, words) assert.error_matches(change, words) end
      refuse(function() convoke.hooks.finished = print end, "convoke%.hooks has no finished")
      refuse(function() convoke.hooks.done = 1 end, "must have a function for done")
      refuse(function() convoke.hooks = { done = 1 } end, "must have a function for done")
      refuse(function() convoke.hooks = 1 end, "must be a table")
    end)

    it("that raise are reported once for all clients", function()
      play(listed, listed)
      convoke.hooks.done = function() error "full" end
      assert(clerk {}.invitations:list())
      assert(clerk {}.invitations:list())
      assert.equal(1, #reports)
      assert.matches("^convoke: the function hooks%.done failed: .*full", reports[1])
    end)
  end)
end)
