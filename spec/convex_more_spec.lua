-- What a Convex deployment has beyond the app's six mutations: any function by its name, queries as
-- of a time and in batches; against the sandbox.

local convoke = require "convoke"
local sandbox = require "convoke.sandbox"

local USER = "user_sandbox_admin"

describe("Convex beyond the reference page", function()
  local s, convex, admin
  setup(function() s = sandbox.start() end)
  teardown(function() s:stop() end)
  before_each(function()
    s:reset "convex"
    s:clear_faults "convex"
    convex = convoke.convex { url = s.convex.url, token = s.convex.token }
    admin = convoke.convex { url = s.convex.url, deploy_key = s.convex.deploy_key }
  end)

  local function refused(status, what, value, err)
    assert.is_nil(value)
    assert.equal(status, err.status)
    assert.equal("refused", err.outcome)
    if err.code ~= what then assert.truthy(err.message:find(what, 1, true), err.message) end
  end

  local function create()
    return assert(convex.sessions:create { questionId = s.convex.question_id,
      agentThreadId = "t", assistantId = "a", functionName = "f", inputParameters = { "x" } })
  end

  local function snapshot(session, content)
    return assert(convex.editor_snapshots:create { sessionId = session,
      editor = { language = "lua", content = content, lastUpdated = 1, functionName = "f",
                 inputParameters = {} },
      terminal = { output = "", isError = false } })
  end

  local function refuse_next(code, status)
    s:fault { api = "convex", method = "POST", status = status or 400,
      body = ('{"code":"%s","message":"m"}'):format(code) }
  end

  describe("the app's queries", function()
    it("tell what became of a session", function()
      assert.equal(convoke.null, (convex:query("sessions:getActiveSession", { userId = USER })))
      local id = create()
      local active = assert(convex:query("sessions:getActiveSession", { userId = USER }))
      assert.equal(id, active._id)
      assert.equal("t", active.agentThreadId)
      assert.equal("not_started", active.sessionStatus)
      assert.is_nil(active.sessionStartTime)
      assert(convex.sessions:start_session { sessionId = id })
      assert(convex.sessions:end_session { sessionId = id })
      local ended = assert(convex:query("sessions:getById", { sessionId = id }))
      assert.equal("completed", ended.sessionStatus)
      assert.is_true(ended.sessionEndTime >= ended.sessionStartTime)
      assert.is_true(convex:query("sessions:exists", { sessionId = id }))
      assert.is_false(convex:query("sessions:exists", { sessionId = "none" }))
      local all = assert(convex:query("sessions:getByUserId", { userId = USER }))
      assert.equal("Two Sum", all[1].question.title)
    end)

    it("tell what became of a snapshot", function()
      local id = create()
      local last = snapshot(id, "x")
      local args = { sessionId = id }
      local name = "editorSnapshots:getLatestSnapshotBySessionId"
      assert.equal("x", assert(convex:query(name, args)).editor.content)
      assert.equal(2, #assert(convex:query("editorSnapshots:getSnapshots", args)))
      local found = assert(convex:query("editorSnapshots:getById", { snapshotId = last }))
      assert.equal(id, found.sessionId)
      assert.equal(convoke.null, (convex:query "editorSnapshots:getById"))
    end)

    it("show nothing of other users", function()
      local id = create()
      local other = convoke.convex { url = s.convex.url, token = s.convex.user_token }
      assert.equal(convoke.null, (other:query("sessions:getActiveSession", { userId = USER })))
      refused(200, "Session not found", other:query("sessions:getById", { sessionId = id }))
      refused(200, "NoSnapshotFound",
        other:query("editorSnapshots:getLatestSnapshotBySessionId", { sessionId = id }))
      refused(200, "UNAUTHORIZED", admin:query("sessions:exists", { sessionId = id }))
      assert.equal("admin",
        assert(convex:query "userProfiles:getUserProfile").profile.role)
      assert.same({}, (assert(other:query "userProfiles:getUserProfile")))
      local question = assert(admin:query "questions:getAll")[1]
      assert.same(question,
        (assert(admin:query("questions:getById", { questionId = question._id }))))
    end)
  end)

  describe("run", function()
    it("calls a function of whatever kind by its name", function()
      local id = create()
      assert.equal(convoke.null, (convex:run("sessions:startSession", { sessionId = id })))
      assert.equal("in_progress",
        assert(convex:run("sessions:getById", { sessionId = id })).sessionStatus)
      assert.equal(convoke.int64(7), assert(convex:run("testing:act", { n = convoke.int64(7) })).n)
      refused(200, "Could not find function for 'dir/none:default'", convex:run "dir/none")
      refused(200, "Could not find public function", convex:run "testing:internal")
      assert(admin:run("testing:internal", {}))
      assert(convex:call("run", { module = "testing", ["function"] = "echo", args = { a = 1 } }))
    end)

    it("is sent once where it may have happened", function()
      s:fault { api = "convex", method = "POST", status = 502, body = "x", execute = true }
      local _, err = convex:run("testing:echo", {})
      assert.equal("unknown", err.outcome)
      assert.equal(1, err.attempts)
    end)
  end)

  describe("call_function", function()
    it("takes a deploy key, and calls internal functions, too", function()
      assert.equal("x", assert(admin:call_function("testing:internal", { a = "x" })).a)
      refused(403, "BadDeployKey", convex:call_function("testing:read", {}))
      refused(200, "Could not find public function", admin:query("testing:internal", {}))
      refused(200, "in component c",
        admin:call("function", { path = "testing:read", componentPath = "c" }))
      assert(admin:call("function", { path = "testing:read", componentPath = convoke.null }))
      refused(200, "is defined as Query", admin:mutation("testing:read", {}))
    end)
  end)

  describe("query_at_ts", function()
    it("sees the state as of the time that query_ts has given", function()
      local id = create()
      local before = assert(convex:query_ts()).ts
      assert.equal(12, #before)
      assert(convex.sessions:start_session { sessionId = id })
      snapshot(id, "later")
      local after = assert(convex:query_ts()).ts
      assert(convex.sessions:end_session { sessionId = id })
      local function status_at(ts)
        return assert(convex:query_at_ts("sessions:getById", { sessionId = id }, ts)).sessionStatus
      end
      assert.equal("not_started", status_at(before))
      assert.equal("in_progress", status_at(after))
      assert.equal("completed", status_at(assert(convex:query_ts()).ts))
      assert.equal(1, #assert(convex:query_at_ts("editorSnapshots:getSnapshots",
        { sessionId = id }, before)))
      assert.equal(2, #assert(convex:query("editorSnapshots:getSnapshots", { sessionId = id })))
    end)

    it("goes without a credential where it asks for the time only", function()
      local late = convoke.convex { url = s.convex.url, token = "a.b.c" }
      local ts = assert(late:query_ts { timeout = 5 }).ts
      refused(401, "InvalidAuthHeader", late:query_at_ts("questions:getAll", {}, ts))
      local requests = s:requests "convex"
      assert.is_nil(requests[1].headers.authorization)
    end)

    it("fails for a time that is too old, and for none", function()
      local ts = assert(convex:query_ts()).ts
      s:advance(31, "convex")
      local _, err = convex:query_at_ts("questions:getAll", {}, ts, { retries = 0 })
      assert.equal(503, err.status)
      assert.equal("InternalServerError", err.code)
      _, err = convex:query_at_ts("questions:getAll", {}, "////////fw==", { retries = 0 })
      assert.equal(500, err.status)
      _, err = convex:query_at_ts("questions:getAll", {}, "today")
      assert.equal("invalid", err.kind)
      assert.equal("ts", err.fields[1].field)
    end)
  end)

  describe("query_batch", function()
    it("gives a value or an error for each query, in their order", function()
      local results = assert(convex:query_batch {
        { path = "testing:read", args = { n = convoke.int64(-1), list = {} } },
        { path = "sessions:getById", args = { sessionId = create() } },
        { path = "sessions:nope" },
        { path = "editorSnapshots:getById" },
        { path = "testing:read", args = { n = convoke.int64(5) }, format = "json" },
      })
      assert.equal(5, #results)
      assert.equal(convoke.int64(-1), results[1].value.n)
      assert.equal("not_started", results[2].value.sessionStatus)
      local err = results[3].err
      assert.is_nil(results[3].value)
      assert.equal("http", err.kind)
      assert.equal("refused", err.outcome)
      assert.equal("convex.query_batch", err.operation)
      assert.equal("Could not find public function for 'sessions:nope'.", err.message)
      assert.is_string(err.request_id)
      assert.equal(convoke.null, results[4].value)
      assert.equal("5", results[5].value.n)
      assert.equal(0, #assert(convex:query_batch {}))
      assert.equal(2, #assert(convex:call("query_batch",
        { queries = { { path = "questions:getAll" }, { path = "x:y" } } })))
    end)

    it("writes the queries as single ones are written", function()
      assert(convex:query_batch { { path = "a:b" }, { path = "a:b", args = { x = 1 } } })
      local requests = s:requests "convex"
      assert.equal('{"queries":[{"path":"a:b","args":[{}],"format":"convex_encoded_json"},'
        .. '{"path":"a:b","args":[{"x":1.0}],"format":"convex_encoded_json"}]}',
        (requests[#requests].body:gsub('"x":1([^.])', '"x":1.0%1')))
    end)

    it("is checked, and fails as a whole where one query is none", function()
      local _, err = convex:query_batch { { path = "a:b" }, { arg = {} } }
      assert.equal("invalid", err.kind)
      assert.equal("queries[2].path", err.fields[1].field)
      refused(400, "BadConvexFunctionIdentifier",
        convex:query_batch { { path = "questions:getAll" }, { path = "..:x" } })
    end)

    it("is repeated where an answer is lost", function()
      s:fault { api = "convex", method = "POST", status = 502, body = "x" }
      local results, _, meta = convex:query_batch { { path = "questions:getAll" } }
      assert.equal(1, #results[1].value)
      assert.equal(2, meta.attempts)
    end)

    it("is an answer that cannot be read where it holds no results", function()
      for _, body in ipairs { '{"status":"success"}', '{"results":7}', '{"results":[7]}',
        "null" } do
        s:fault { api = "convex", method = "POST", status = 200, body = body }
        local _, err = convex:query_batch({ { path = "questions:getAll" } }, { retries = 0 })
        assert.equal("decode", err.kind)
      end
    end)
  end)

  describe("a function that the server has given up on", function()
    it("is called again where it can have changed nothing", function()
      refuse_next "SystemTimeoutError"
      local value, _, meta = convex:mutation("testing:echo", { a = 1 })
      assert.equal(1, value.a)
      assert.equal(2, meta.attempts)
      refuse_next "SystemTimeoutError"
      assert(convex:query("testing:read", {}))
      refuse_next "SystemTimeoutError"
      assert.is_string(create())
    end)

    it("may have acted where it is an action", function()
      for _, call in ipairs { "action", "run" } do
        refuse_next "SystemTimeoutError"
        local _, err = convex[call](convex, "testing:act", {})
        assert.equal("unknown", err.outcome)
        assert.equal(1, err.attempts)
      end
      refuse_next "SystemTimeoutError"
      local _, err = convex:request("POST", "/api/action", { body = { path = "a:b", args = {} } })
      assert.equal("unknown", err.outcome)
    end)
  end)
end)
