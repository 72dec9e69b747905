-- Errors of Convex: a function that failed, and what it answers when it has too much to do.

local canned = require "spec.support.canned"
local cjson = require "cjson"
local convoke = require "convoke"
local raw_server = require "spec.support.raw_server"

local check, client, is_one_line, refused = canned.check, canned.client, canned.one_line,
  canned.refused

-- Convex ------------------------------------------------------------------------------------------

local function convex_error(message, data, more)
  return ('{"status":"error","errorMessage":%s%s%s}'):format(cjson.encode(message),
    data and ',"errorData":' .. data or "", more or "")
end

describe("a Convex function that failed", function()
  local shown = "[Request ID: 5d3a] Server Error"

  it("is an error with the thrown code, message and data, whatever the status", function()
    for _, status in ipairs { 200, 560 } do
      local err = refused("convex", status, convex_error(shown,
        '{"code":"UNAUTHORIZED","message":"Sorry","extra":[1,null]}', ',"logLines":["a","b"]'))
      check(err, { kind = "http", status = status, outcome = "refused", code = "UNAUTHORIZED",
        message = "Sorry", request_id = "5d3a", log_lines = { "a", "b" },
        data = { code = "UNAUTHORIZED", message = "Sorry", extra = { 1, convoke.null } } })
      assert.equal(("convex.sessions.create: %d UNAUTHORIZED: Sorry (request 5d3a, 1 attempt)")
        :format(status), tostring(err))
    end
  end)

  it("may have thrown any JSON value", function()
    local function thrown(json) return refused("convex", 200, convex_error(shown, json)) end
    check(thrown '"too late"', { data = "too late", message = "too late", code = "none" })
    check(thrown "7", { data = 7, message = "Server Error" })
    check(thrown "false", { data = false, message = "Server Error" })
    check(thrown "null", { data = convoke.null, message = "Server Error" })
    check(thrown "[1,2]", { data = { 1, 2 }, message = "Server Error" })
    check(thrown '""', { data = "", message = "Server Error" })
    check(thrown '{"name":"ActiveSession","message":"One is active"}',
      { code = "ActiveSession", message = "One is active" })
    check(thrown '{"code":7,"message":null}', { code = "none", message = "Server Error" })
  end)

  it("shows the text that a development deployment adds, without the stack", function()
    local err = refused("convex", 200, convex_error(shown
      .. "\nUncaught Error: Question not found\n    at handler (../convex/sessions.ts:10:4)\n"))
    check(err, { message = "Question not found", code = "none", request_id = "5d3a" })
  end)

  it("names the argument that validation refused", function()
    local err = refused("convex", 200, convex_error(shown .. "\nArgumentValidationError: Object is "
      .. "missing the required field `questionId`. Consider wrapping the field validator.\n\n"
      .. "Object: {}\nValidator: v.object({questionId: v.id(\"questions\")})"))
    check(err, { code = "ArgumentValidationError" })
    assert.equal("questionId", err.fields[1].field)
    is_one_line(err)
    err = refused("convex", 200, convex_error("ArgumentValidationError: Value does not match "
      .. "validator.\nPath: .editor.lastUpdated\nValue: \"x\"\nValidator: v.float64()"))
    assert.equal("editor.lastUpdated", err.fields[1].field)
  end)

  it("is read the same whatever the program has set in lua-cjson", function()
    finally(function() cjson.decode_max_depth(1000) end)
    cjson.decode_max_depth(1)
    local err = refused("convex", 200, convex_error(shown .. "\nUncaught Error: ConvexError "
      .. '{"name":"ConvexError","data":{"code":"TAKEN","message":"There is one"}}'))
    check(err, { code = "TAKEN", message = "There is one" })
  end)

  it("may have returned its ConvexError instead of throwing it", function()
    local err = refused("convex", 200, convex_error(shown .. "\nUncaught Error: ConvexError "
      .. '{"name":"ConvexError","data":{"name":"ActiveSessionAlreadyExists","message":"You have '
      .. 'one"}} is not a supported Convex type.'))
    check(err, { code = "ActiveSessionAlreadyExists", message = "You have one",
      data = { name = "ActiveSessionAlreadyExists", message = "You have one" } })
  end)

  it("is readable without its parts", function()
    check(refused("convex", 200, convex_error(shown)), { message = "Server Error" })
    check(refused("convex", 200, '{"status":"error"}'), { message = "Server Error" })
    check(refused("convex", 200, '{"status":"error","errorMessage":null}'),
      { message = "Server Error" })
    check(refused("convex", 200, '{"status":"error","errorMessage":{"a":1},"logLines":null}'),
      { message = "Server Error", log_lines = "none" })
    check(refused("convex", 560, "<html>"),
      { kind = "http", status = 560, body = "<html>", outcome = "unknown" })
  end)

  it("is told apart from an answer without a status", function()
    for _, body in ipairs { '{}', '{"value":1}', '{"status":"new","value":"x"}', '[]', '"success"',
        'null', '7' } do
      check(refused("convex", 200, body), { kind = "decode", outcome = "unknown", status = 200 })
    end
  end)

  it("is told apart from an answer whose body got lost", function()
    for _, body in ipairs { "", " \r\n" } do
      local value, err = canned.answering("convex", 200, body)
        .sessions:end_session { sessionId = "s" }
      assert.is_nil(value)
      check(err, { kind = "decode", outcome = "unknown", status = 200 })
    end
  end)

  it("that returns nothing gives null, and its log lines where there are any", function()
    local c = canned.answering("convex", 200, '{"status":"success","value":null,"logLines":["x"]}')
    local value, err, meta = c.sessions:end_session { sessionId = "s" }
    assert.equal(convoke.null, value)
    assert.is_nil(err)
    assert.same({ "x" }, meta.log_lines)
    c = canned.answering("convex", 200, '{"status":"success","logLines":null}')
    value, err, meta = c.sessions:end_session { sessionId = "s" }
    assert.equal(convoke.null, value)
    assert.is_nil(err)
    assert.is_nil(meta.log_lines)
  end)
end)

-- Codes ------------------------------------------------------------------------------------------

describe("a 503 of Convex", function()
  local server
  setup(function() server = raw_server.start() end)
  teardown(function() server:stop() end)

  -- What becomes of a mutation whose first answer is a 503 with that code.
  local function mutate(code)
    local refusal = raw_server.answer(503, ('{"code":"%s","message":"Busy"}'):format(code))
    local success = raw_server.answer(200, '{"status":"success","value":7}')
    server:play { { { "receive" }, { "send", refusal }, { "receive" }, { "send", success } } }
    return client("convex", { url = server.url, retries = 1 }):mutation("a:b", {})
  end

  it("is tried again where its code says that nothing was executed", function()
    for _, code in ipairs { "ExpiredInQueue", "WorkerOverloaded", "ExecuteFullError",
      "IsolateNotClean", "InitialPermitTimeoutError", "UpstreamConnectError", "CommitterFullError",
      "AuthProviderDiscoveryFailed", "OptimisticConcurrencyControlFailure" } do
      local value, err, meta = mutate(code)
      assert.is_nil(err, code)
      assert.equal(7, value)
      assert.equal(2, meta.attempts)
    end
  end)

  it("leaves the outcome unknown where its code says less", function()
    for _, code in ipairs { "InternalServerError", "TableSummariesUnavailable", "Whatever" } do
      local value, err = mutate(code)
      assert.is_nil(value)
      check(err, { outcome = "unknown", code = code, attempts = 1 })
    end
  end)
end)
