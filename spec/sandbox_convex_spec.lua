-- The sandbox's Convex deployment, called by a plain HTTP client.

local basexx = require "basexx"
local client = require "spec.support.sandbox_client"
local json = require "convoke.sandbox.json"
local sandbox = require "convoke.sandbox"

local MINUTE = 60

describe("the sandbox's Convex", function()
  local server, convex, anyone
  local as_user -- the header that makes a call the second user's

  setup(function()
    server = sandbox.start()
    as_user = { authorization = "Bearer " .. server.convex.user_token }
    convex = client.for_api(server.convex.url,
                            { authorization = "Bearer " .. server.convex.token })
    anyone = client.for_api(server.convex.url)
  end)

  teardown(function() server:stop() end)
  before_each(function() server:reset("convex") end)

  -- Calls "module:function"; returns the decoded answer of a 200.
  local function run(name, args, headers)
    local answer = convex("POST", "/api/run/" .. name:gsub(":", "/"),
                          { json = { args = args, format = "json" }, headers = headers })
    assert.equal(200, answer.status, answer.body)
    return answer.json, answer
  end

  local function value_of(name, args, headers)
    local answer = run(name, args, headers)
    assert.equal("success", answer.status, answer.errorMessage)
    return answer.value
  end

  -- The failed answer of a function, after checking its outer form.
  local function failure(name, args, headers)
    local answer = run(name, args, headers)
    assert.equal("error", answer.status)
    assert.matches("^%[Request ID: %x+%] Server Error\n.", answer.errorMessage)
    assert.is_nil(answer.value)
    return answer
  end

  local function session_args()
    return { questionId = server.convex.question_id, agentThreadId = "t", assistantId = "a",
             functionName = "f", inputParameters = json.array { "nums" } }
  end

  local function snapshot_args(session)
    return { sessionId = session,
      editor = { language = "python", content = "x", lastUpdated = 1, functionName = "f",
                 inputParameters = json.array() },
      terminal = { output = "", isError = false } }
  end

  describe("the app's functions", function()
    it("give an admin the caller's own profile, unchanged", function()
      local profile = value_of("admins:createUserProfile", { role = "user" })
      assert.equal("admin", profile.role)
      assert.is_string(profile._id)
      assert.is_string(profile.userId)
      assert.is_true(profile._creationTime > 1.7e12)
    end)

    it("refuse callers who are no admins", function()
      local answer = failure("admins:createUserProfile", { role = "user" }, as_user)
      assert.equal("UNAUTHORIZED", answer.errorData.code)
      assert.equal("Sorry, you must be a admin perform this operation.", answer.errorData.message)
    end)

    it("apply invite codes, again and again, with a log line", function()
      for _ = 1, 2 do
        local answer, raw = run("inviteCodes:applyInviteCode",
                                { code = server.convex.admin_invite_code }, as_user)
        assert.equal("success", answer.status)
        assert.matches('"value":null', raw.body, 1, true)
        assert.matches("Applying invite code", answer.logLines[1])
      end
      assert.equal("admin", value_of("admins:createUserProfile", { role = "user" }, as_user).role)
      value_of("inviteCodes:applyInviteCode", { code = server.convex.invite_code }, as_user)
      assert.equal("UNAUTHORIZED",
                   failure("admins:createUserProfile", { role = "user" }, as_user).errorData.code)
      assert.equal("InviteCodeNotFound",
                   failure("inviteCodes:applyInviteCode", { code = "no" }).errorData.code)
    end)

    it("leave out the log lines when there are none", function()
      assert.is_nil(run("admins:createUserProfile", { role = "user" }).logLines)
    end)

    it("carry a session through its life", function()
      local id = value_of("sessions:create", session_args())
      assert.is_string(id)
      assert.equal(1, #server:books("convex").editorSnapshots)
      local answer, raw = run("sessions:startSession", { sessionId = id })
      assert.equal("success", answer.status)
      assert.matches('"value":null', raw.body, 1, true)
      value_of("sessions:startSession", { sessionId = id })
      assert.is_string(value_of("editorSnapshots:create", snapshot_args(id)))
      value_of("sessions:endSession", { sessionId = id })
      value_of("sessions:endSession", { sessionId = id })
      assert.matches("Uncaught Error: Session already completed",
                     failure("sessions:startSession", { sessionId = id }).errorMessage)
    end)

    it("end a session ten minutes after its start", function()
      local id = value_of("sessions:create", session_args())
      server:advance(60 * MINUTE, "convex")
      assert.equal("not_started", server:books("convex").sessions[1].status)
      value_of("sessions:startSession", { sessionId = id })
      server:advance(9 * MINUTE, "convex")
      assert.equal("in_progress", server:books("convex").sessions[1].status)
      server:advance(2 * MINUTE, "convex")
      assert.equal("completed", server:books("convex").sessions[1].status)
      assert.is_string(value_of("sessions:create", session_args()))
    end)

    it("allow one active session a user, saying so in text only", function()
      value_of("sessions:create", session_args())
      local answer = failure("sessions:create", session_args())
      assert.is_nil(answer.errorData)
      assert.matches('{"name":"ActiveSessionAlreadyExists",', answer.errorMessage, 1, true)
      assert.matches("is not a supported Convex type.", answer.errorMessage, 1, true)
      local args = session_args() -- the question is looked for after that
      args.questionId = "j" .. ("0"):rep(31)
      assert.matches("ActiveSessionAlreadyExists", failure("sessions:create", args).errorMessage)
      assert.is_string(value_of("sessions:create", session_args(), as_user))
    end)

    it("know nothing of a question or session that is missing or another's", function()
      local args = session_args()
      args.questionId = "j" .. ("0"):rep(31)
      assert.matches("Uncaught Error: Question not found\n    at handler",
                     failure("sessions:create", args).errorMessage)
      local id = value_of("sessions:create", session_args(), as_user)
      for _, name in ipairs { "sessions:startSession", "sessions:endSession" } do
        assert.matches("Uncaught Error: Session not found",
                       failure(name, { sessionId = id }).errorMessage)
      end
    end)

    it("want a signed-in user, each of them", function()
      local calls = {
        ["admins:createUserProfile"] = { role = "user" },
        ["inviteCodes:applyInviteCode"] = { code = "x" },
        ["sessions:create"] = session_args(),
        ["sessions:startSession"] = { sessionId = "k" .. ("0"):rep(31) },
        ["sessions:endSession"] = { sessionId = "k" .. ("0"):rep(31) },
        ["editorSnapshots:create"] = snapshot_args("k" .. ("0"):rep(31)),
      }
      for name, args in pairs(calls) do
        for _, value in ipairs { false, "Convex " .. server.convex.deploy_key } do
          local answer = failure(name, args, { authorization = value })
          assert.equal("UNAUTHORIZED", answer.errorData.code)
          assert.equal("Sorry, you must be logged in to perform this operation.",
                       answer.errorData.message)
        end
      end
    end)

    it("check their arguments before anything else", function()
      local args = session_args()
      args.assistantId = nil
      local missing = failure("sessions:create", args, { authorization = false })
      assert.is_nil(missing.errorData)
      assert.matches("ArgumentValidationError: Object is missing the required field `assistantId`",
                     missing.errorMessage, 1, true)
      args = session_args()
      args.extra = 1
      assert.matches("Object contains extra field `extra`",
                     failure("sessions:create", args).errorMessage, 1, true)
      assert.matches("Path: .role", failure("admins:createUserProfile", { role = "king" })
        .errorMessage, 1, true)
      args = snapshot_args(server.convex.question_id)
      assert.matches('does not match the table name in validator `v.id("sessions")`',
                     failure("editorSnapshots:create", args).errorMessage, 1, true)
      args = snapshot_args("k" .. ("0"):rep(31))
      args.terminal.executionTime = json.null
      assert.matches("Path: .terminal.executionTime",
                     failure("editorSnapshots:create", args).errorMessage, 1, true)
      args = snapshot_args("k" .. ("0"):rep(31))
      args.editor.inputParameters = {}
      assert.matches("Path: .editor.inputParameters",
                     failure("editorSnapshots:create", args).errorMessage, 1, true)
      args.editor.inputParameters = json.array { 1 }
      assert.matches("Path: .editor.inputParameters[0]",
                     failure("editorSnapshots:create", args).errorMessage, 1, true)
    end)
  end)

  describe("values", function()
    local function echo(text, format)
      local answer = anyone("POST", "/api/run/testing/echo", {
        headers = { ["content-type"] = "application/json" },
        body = ('{"args":%s,"format":"%s"}'):format(text, format or "json") })
      assert.equal(200, answer.status, answer.body)
      return answer.body:match('"value":(.*)}$') or answer.json.errorMessage
    end

    it("come back as they went", function()
      for _, text in ipairs { '{}', '{"a":[]}', '{"a":{}}', '{"a":null}', '{"a":true}',
                              '{"a":"\195\169"}', '{"a":[1.5,[2.5]]}', '{"_a":"x"}' } do
        assert.equal(text, echo(text))
      end
      assert.equal('{"a":3.0}', echo '{"a":3}')
      assert.equal('{"a":1726905997123.456}', echo '{"a":1726905997123.456}')
    end)

    it("are Int64, bytes and special floats by their wrappers", function()
      assert.equal('{"a":"1"}', echo '{"a":{"$integer":"AQAAAAAAAAA="}}')
      assert.equal('{"a":"-1"}', echo '{"a":{"$integer":"//////////8="}}')
      assert.equal('{"a":"-9223372036854775808"}', echo '{"a":{"$integer":"AAAAAAAAAIA="}}')
      assert.equal('{"a":"9223372036854775807"}', echo '{"a":{"$integer":"/////////38="}}')
      assert.equal('{"a":"aGk="}', echo '{"a":{"$bytes":"aGk="}}')
      assert.equal('{"a":"NaN"}', echo '{"a":{"$float":"AAAAAAAA+H8="}}')
      assert.equal('{"a":"Infinity"}', echo '{"a":{"$float":"AAAAAAAA8H8="}}')
      assert.equal('{"a":"-Infinity"}', echo '{"a":{"$float":"AAAAAAAA8P8="}}')
      assert.equal('{"a":-0.0}', echo '{"a":{"$float":"AAAAAAAAAIA="}}')
    end)

    it("keep their wrappers in the encoded format", function()
      for _, inner in ipairs { '{"$integer":"AQAAAAAAAAA="}', '{"$bytes":"aGk="}',
                               '{"$float":"AAAAAAAA8P8="}', '{"$float":"AAAAAAAAAIA="}' } do
        assert.equal('{"a":' .. inner .. "}", echo('{"a":' .. inner .. "}", "convex_encoded_json"))
      end
    end)

    it("are refused with reserved keys and malformed wrappers", function()
      for _, inner in ipairs { '{"$a":1}', '{"$integer":"AQ=="}', '{"$integer":1}',
                               '{"$integer":"AQAAAAAAAAA=","b":1}', '{"$float":"AAAAAAAA8D8="}',
                               '{"$bytes":"*"}' } do
        assert.matches("Invalid arguments for testing:echo", echo('{"a":' .. inner .. "}"), 1, true)
      end
    end)

    it("thrown as application errors arrive whatever they are", function()
      for _, text in ipairs { '"text"', "1.5", "null", "[]", '{"code":"X"}' } do
        local answer = anyone("POST", "/api/run/testing/fail", {
          headers = { ["content-type"] = "application/json" },
          body = '{"args":{"data":' .. text .. "}}" })
        assert.equal("error", answer.json.status)
        assert.matches('"errorData":' .. text, answer.body, 1, true)
        assert.matches("Uncaught ConvexError: ", answer.json.errorMessage, 1, true)
      end
    end)
  end)

  describe("the HTTP layer", function()
    local function refused(answer, status, code)
      assert.equal(status, answer.status, answer.body)
      assert.equal(code, answer.json.code)
      assert.is_string(answer.json.message)
    end

    local function with(value)
      return anyone("POST", "/api/run/testing/echo", { json = { args = {} },
        headers = { authorization = value } })
    end

    it("serves /api/mutation like /api/run, for any path", function()
      for _, path in ipairs { "testing:echo", "testing.js:echo" } do
        local answer = anyone("POST", "/api/mutation", { json = { path = path,
          args = { a = "b" }, format = "json" } })
        assert.equal("b", answer.json.value.a, answer.body)
      end
      refused(anyone("POST", "/api/mutation", { json = { args = {} } }), 400, "BadJsonBody")
      refused(anyone("POST", "/api/mutation", { json = { path = "..:x", args = {} } }), 400,
              "BadConvexFunctionIdentifier")
    end)

    it("reads the authorization header's form", function()
      refused(with "abc", 400, "InvalidHeaderFailure")
      refused(with "Token x", 400, "InvalidAdminKey")
      refused(with "Convex wrong-key", 401, "BadAdminKey")
      refused(with "Bearer nonsense", 401, "InvalidAuthHeader")
      refused(with "Bearer a.b.c", 401, "InvalidAuthHeader")
      local function claims(text)
        return with("Bearer a." .. basexx.to_url64(text) .. ".c")
      end
      refused(claims "{}", 401, "InvalidAuthHeader")
      refused(claims '{"iss":"https://example.com","aud":"convex"}', 401, "NoAuthProvider")
      local issuer = '{"iss":"https://cute-boar-83.clerk.accounts.dev","aud":%s}'
      refused(claims(issuer:format '"other"'), 401, "NoAuthProvider")
      refused(claims(issuer:format '["other","convex"]'), 401, "Unauthenticated")
      assert.equal(200, with("Bearer " .. server.convex.token).status)
      assert.equal(200, with("convex " .. server.convex.deploy_key).status)
    end)

    it("takes a deploy key with or without its name, and as a query without the header", function()
      local key = server.convex.deploy_key
      assert.equal(200, with("Convex " .. key:match "|(.*)$").status)
      assert.equal(200, with("Convex prod:another|" .. key:match "|(.*)$").status)
      local function by_query(text)
        return anyone("POST", "/api/run/testing/echo?adminKey=" .. text, { json = { args = {} } })
      end
      refused(by_query "wrong", 401, "BadAdminKey")
      assert.equal(200, by_query(key:gsub("|", "%%7C"):gsub(":", "%%3A")).status)
    end)

    it("lets a deploy key act as a user", function()
      local key, issuer = server.convex.deploy_key, "https://cute-boar-83.clerk.accounts.dev"
      local function as(user)
        return anyone("POST", "/api/run/admins/createUserProfile", {
          json = { args = { role = "user" } },
          headers = { authorization = ("Convex %s:%s"):format(key, user) } })
      end
      local function user(text) return as(basexx.to_base64(text)) end
      local admin, plain = "user_sandbox_admin", "user_sandbox_plain"
      local by_subject = '{"issuer":"%s","subject":"%s"}'
      local by_identifier = '{"tokenIdentifier":"%s|%s"}'
      for _, form in ipairs { by_subject, by_identifier } do
        assert.equal(admin, user(form:format(issuer, admin)).json.value.userId)
      end
      assert.equal("Sorry, you must be a admin perform this operation.",
        user(by_subject:format(issuer, plain)).json.errorData.message)
      for _, wrong in ipairs { "{", "[]", "{}", '{"issuer":"x"}', '{"subject":7,"issuer":"x"}' } do
        refused(user(wrong), 400, "HeaderParseFailure")
      end
      refused(as "?", 400, "HeaderParseFailure")
    end)

    it("wants a JSON body with args", function()
      local function post(body, content_type)
        return anyone("POST", "/api/run/testing/echo", { body = body, headers = {
          ["content-type"] = content_type or "application/json" } })
      end
      refused(post('{"args":{}}', "text/plain"), 400, "BadJsonBody")
      for _, body in ipairs { "", "{", "[]", "{}", '{"args":{},"format":1}' } do
        refused(post(body), 400, "BadJsonBody")
      end
      refused(post('{"args":{},"format":"xml"}'), 400, "BadFormat")
      assert.equal("error", post('{"args":[]}').json.status)
    end)

    it("puts arguments that are no list into one", function()
      for _, args in ipairs { "null", "1", '"x"', "{}", "[null]", "[{}]" } do
        local answer = anyone("POST", "/api/run/testing/echo", {
          body = '{"args":' .. args .. "}", headers = { ["content-type"] = "application/json" } })
        assert.equal(200, answer.status)
        assert.equal("success", answer.json.status)
      end
      assert.matches("ArgumentValidationError", failure("questions:getAll", json.null).errorMessage)
    end)

    it("refuses in the server's order: version, header, body, then path and key", function()
      local function post(path, body, headers)
        headers["content-type"] = headers["content-type"] or "application/json"
        return anyone("POST", path, { body = body, headers = headers })
      end
      local bad = { ["convex-client"] = "x", authorization = "abc" }
      refused(post("/api/query", "{", bad), 400, "InvalidClientVersion")
      bad["convex-client"] = nil
      refused(post("/api/query", "{", bad), 400, "InvalidHeaderFailure")
      bad.authorization = "Convex wrong:e30="
      refused(post("/api/query", "{", bad), 400, "HeaderParseFailure")
      bad.authorization = "Convex wrong"
      refused(post("/api/query", "{", bad), 400, "BadJsonBody")
      local body = '{"path":"..:x","args":{}}'
      refused(post("/api/query", body, bad), 400, "BadConvexFunctionIdentifier")
      refused(post("/api/function", body, bad), 401, "BadAdminKey")
      refused(post("/api/run/x", '{"args":{}}', bad), 401, "BadAdminKey")
      bad.authorization = "Bearer " .. server.convex.token
      refused(post("/api/function", body, bad), 403, "BadDeployKey")
    end)

    it("checks the client's version when it is told", function()
      local function version(text)
        return anyone("POST", "/api/run/testing/echo", { json = { args = {} },
          headers = { ["convex-client"] = text } })
      end
      for _, text in ipairs { "python-0.7.0", "convoke-0.1.0", "mine-today" } do
        assert.equal(200, version(text).status)
      end
      refused(version("nonsense"), 400, "InvalidClientVersion")
      for _, text in ipairs { "npm-0.19.1", "npm-cli-0.18.0", "actions-today", "python-0.0.2",
                              "rust-0.0.1" } do
        local answer = version(text)
        refused(answer, 400, "ClientVersionUnsupported")
        assert.matches("is no longer supported", answer.json.message)
        assert.equal("Unsupported", answer.headers:get "x-convex-deprecation-state")
      end
      local old = version "python-0.2.0"
      assert.equal(200, old.status)
      assert.equal("UpgradeRequired", old.headers:get "x-convex-deprecation-state")
      assert.is_nil(version("npm-0.19.2").headers:get "x-convex-deprecation-state")
    end)

    it("writes values to old clients of the vendor's in the encoded format", function()
      local body = '{"path":"testing:read","args":{"n":{"$integer":"AQAAAAAAAAA="}}}'
      local function number(client_name, path)
        local answer = anyone("POST", path or "/api/query", { body = body, headers = {
          ["content-type"] = "application/json", ["convex-client"] = client_name } })
        return answer.json.value.n
      end
      assert.equal("1", number(nil))
      assert.equal("1", number "npm-1.4.1")
      assert.equal("AQAAAAAAAAA=", number("npm-1.4.0")["$integer"])
      assert.equal("AQAAAAAAAAA=", number("python-0.4.9")["$integer"])
      assert.equal("1", number("npm-1.4.0", "/api/run/testing/read"))
    end)

    it("declares a query by GET that nobody can call", function()
      refused(anyone("GET", "/api/query?path=testing:read&args=%7B%7D"), 400, "BadQueryArgs")
      refused(anyone("GET", "/api/query"), 400, "BadQueryArgs")
    end)

    it("does not know other functions, paths and methods", function()
      local answer = failure("nothing:here", {})
      assert.is_nil(answer.errorData)
      assert.matches("Could not find function for 'nothing:here'. Did you forget to run",
        answer.errorMessage, 1, true)
      answer = anyone("POST", "/api/mutation", { json = { path = "nothing:here", args = {} } }).json
      assert.matches("Could not find public function for 'nothing:here'.$", answer.errorMessage)
      refused(anyone("POST", "/api/run/sessions", { json = { args = {} } }), 400,
              "MissingIdentifier")
      refused(anyone("POST", "/api/run/a%20b/c", { json = { args = {} } }), 400,
              "BadConvexFunctionIdentifier")
      assert.equal(404, anyone("GET", "/nothing").status)
      assert.equal(405, anyone("GET", "/api/run/sessions/create").status)
    end)

    it("has the older 560 and an empty 408 among its planned faults", function()
      server:fault { api = "convex", status = 560 }
      local answer = with(false)
      assert.equal(560, answer.status)
      assert.equal("error", answer.json.status)
      server:fault { api = "convex", status = 408 }
      answer = with(false)
      assert.equal(408, answer.status)
      assert.equal("", answer.body)
    end)
  end)
end)
