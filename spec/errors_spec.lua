-- Errors: what an answer that is no success tells.

local answers = require "spec.support.answers"
local canned = require "spec.support.canned"
local cjson = require "cjson"
local convoke = require "convoke"
local reference = require "spec.support.reference"
local raw_server = require "spec.support.raw_server"

local alone, change, credentials = canned.alone, canned.change, canned.credentials
local check, client, is_one_line, refused = canned.check, canned.client, canned.one_line,
  canned.refused

-- The vendors' shapes -----------------------------------------------------------------------------

-- api, status, body -> what the error says
local shapes = {
  { "clerk", 400, [[{"errors":[{"code":"duplicate_record","message":"duplicate",
      "long_message":"There is a pending invitation.","meta":{"email_addresses":["a@b.c"]}}],
      "clerk_trace_id":"7f3a"}]],
    { code = "duplicate_record", message = "There is a pending invitation.", request_id = "7f3a",
      fields = "none", outcome = "refused" } },
  { "clerk", 422, [[{"errors":[
      {"code":"form_param_missing","message":"is missing","long_message":"",
       "meta":{"param_name":"email_address"}},
      {"code":"form_param_unknown","message":"is unknown","meta":{"param_name":"mail"}}]}]],
    { code = "form_param_missing", message = "is missing; is unknown", request_id = "none",
      fields = { { field = "email_address", message = "is missing" },
        { field = "mail", message = "is unknown" } } } },
  { "clerk", 422, [[{"errors":[{"code":"form_param_missing","message":"","long_message":"",
      "meta":{"param_name":"email_address"}}],"meta":{"x":1}}]],
    { code = "form_param_missing",
      fields = { { field = "email_address", message = "form_param_missing" } } } },
  { "clerk", 401, [[{"errors":[{"code":"clerk_key_invalid","message":"The provided key is invalid.",
      "clerk_trace_id":"on-each"}]}]],
    { code = "clerk_key_invalid", request_id = "on-each", outcome = "refused" } },
  { "clerk", 429, [[{"errors":[]}]], { code = "none", message = "too many requests" } },
  { "clerk", 500, [[{"errors":[{"code":"internal_clerk_error","message":"Oops"}]}]],
    { code = "internal_clerk_error", message = "Oops", outcome = "unknown" } },
  { "clerk", 503, [[{"errors":[{"code":"service_unavailable","message":"Later"}]}]],
    { code = "service_unavailable", outcome = "unknown" } },
  { "clerk", 422, [[{"errors":null,"clerk_trace_id":null}]],
    { code = "none", message = "not processable", request_id = "none", fields = "none" } },
  { "clerk", 422, [[{"errors":[null,7,"x",{"code":7,"message":null,"meta":null},
      {"code":null,"message":null,"meta":{"param_name":"notify"}}]}]],
    { code = "none", fields = { { field = "notify", message = "" } } } },
  { "clerk", 400, [["just text"]], { code = "none", message = "bad request", data = "just text" } },
  { "clerk", 400, [[null]], { message = "bad request", data = "none" } },

  { "cvat", 400, [[{"email":["No email address."],"role":["\"king\" is not a valid choice."]}]],
    { code = "none", message = 'email: No email address.; role: "king" is not a valid choice.',
      fields = { { field = "email", message = "No email address." },
        { field = "role", message = '"king" is not a valid choice.' } } } },
  { "cvat", 400, [[{"non_field_errors":["Both are wrong.","Really."]}]],
    { message = "Both are wrong.; Really.", fields = "none" } },
  { "cvat", 400, [[{"owner":{"name":["No.","Too long."]},"list":[{},{"x":["Bad."]}]}]],
    { fields = { { field = "list[2].x", message = "Bad." },
        { field = "owner.name", message = "No." },
        { field = "owner.name", message = "Too long." } } } },
  { "cvat", 400, [=[["The user is a member of the organization already."]]=],
    { message = "The user is a member of the organization already.", fields = "none" } },
  { "cvat", 400, [[{"detail":"JSON parse error - Expecting value"}]],
    { message = "JSON parse error - Expecting value", fields = "none" } },
  { "cvat", 401, [[{"detail":"Invalid token."}]],
    { message = "Invalid token.", outcome = "refused" } },
  { "cvat", 403, [[{"detail":"CSRF Failed: CSRF token missing."}]],
    { message = "CSRF Failed: CSRF token missing." } },
  { "cvat", 404, [[{"detail":"Not found."}]], { message = "Not found." } },
  { "cvat", 403, [[{"message":"You should be an active member in the organization"}]],
    { message = "You should be an active member in the organization" } },
  { "cvat", 400, [[{"message":["Too long."]}]],
    { message = "message: Too long.", fields = { { field = "message", message = "Too long." } } } },
  { "cvat", 406, [[{"detail":"Could not satisfy the request Accept header."}]],
    { message = "Could not satisfy the request Accept header." } },
  { "cvat", 500, [["Email backend is not configured."]],
    { message = "Email backend is not configured.", outcome = "unknown" } },
  { "cvat", 400, [=[[]]=], { message = "bad request", fields = "none" } },
  { "cvat", 400, [[{"detail":null,"code":null}]], { message = "bad request", code = "none" } },
  { "cvat", 503, [[{"detail":"Busy"}]], { message = "Busy", outcome = "unknown" } },

  { "gencove", 400, [[{"email":["Enter a valid email address."]}]],
    { fields = { { field = "email", message = "Enter a valid email address." } } } },
  { "gencove", 400, [[{"email":"Enter a valid email address."}]],
    { fields = { { field = "email", message = "Enter a valid email address." } } } },
  { "gencove", 400, [=[["Invited already."]]=], { message = "Invited already.", fields = "none" } },
  { "gencove", 400, [[{"detail":"No such role."}]], { message = "No such role." } },
  { "gencove", 400, [[{"error":"No such role."}]], { message = "No such role.", fields = "none" } },
  { "gencove", 401, [[{"detail":"Given token not valid for any token type","code":"token_not_valid",
      "messages":[{"token_class":"AccessToken","token_type":"access","message":"expired"}]}]],
    { code = "token_not_valid", message = "Given token not valid for any token type",
      fields = "none" } },
  { "gencove", 503, [[{"maintenance":true,"maintenance_eta":"2022-10-21T17:00:00",
      "maintenance_message":"We are moving."}]],
    { code = "maintenance", message = "We are moving. (expected back 2022-10-21T17:00:00)",
      outcome = "refused" } },
  { "gencove", 503, [[{"maintenance":true,"maintenance_eta":null,"maintenance_message":null}]],
    { code = "maintenance", message = "down for maintenance", outcome = "refused" } },
  { "gencove", 503, [[{"detail":"no maintenance"}]], { code = "none", outcome = "unknown" } },

  { "edgegap", 400, [[{"message":"App version is disabled"}]],
    { code = "none", message = "App version is disabled", outcome = "refused" } },
  { "edgegap", 400, [[{"errors":{"app_name":"'app_name' is a required property"},
      "message":"Input payload validation failed"}]],
    { message = "Input payload validation failed: app_name: 'app_name' is a required property",
      fields = { { field = "app_name", message = "'app_name' is a required property" } } } },
  { "edgegap", 409, [[{"message":"Conflict"}]], { message = "Conflict", outcome = "refused" } },
  { "edgegap", 500, [[{"details":"Broken"}]], { message = "Broken", outcome = "unknown" } },
  { "edgegap", 404, [[{"message":["x"],"errors":"y"}]],
    { message = "not found", fields = "none" } },
  { "edgegap", 404, [=[[1,2]]=], { message = "not found" } },

  { "convex", 400, [[{"code":"BadJsonBody","message":"Not JSON"}]],
    { code = "BadJsonBody", message = "Not JSON", outcome = "refused" } },
  { "convex", 400, [[{"code":"BadFormat","message":"Got xml"}]],
    { code = "BadFormat", outcome = "unknown" } }, -- found out after the function has run
  { "convex", 401, [[{"code":"Unauthenticated","message":"Could not verify OIDC token"}]],
    { code = "Unauthenticated", outcome = "refused" } },
  { "convex", 429, [[{"code":"TooManyConcurrentRequests","message":"Too many"}]],
    { code = "TooManyConcurrentRequests", outcome = "refused" } },
  { "convex", 500, [[{"code":"InternalServerError","message":"Try again later."}]],
    { code = "InternalServerError", outcome = "unknown" } },
  { "convex", 503, [[{"code":"OptimisticConcurrencyControlFailure","message":"Conflict"}]],
    { code = "OptimisticConcurrencyControlFailure", outcome = "refused" } },
  { "convex", 503, [[{"code":"Overloaded","message":"Busy"}]], { outcome = "unknown" } },
  { "convex", 408, "", { message = "the server gave up waiting", outcome = "unknown" } },
  { "convex", 400, [[{"code":null,"message":null}]], { code = "none", message = "bad request" } },
}

describe("an error answer", function()
  for i, row in ipairs(shapes) do
    local api, status, body, expected = row[1], row[2], row[3], row[4]
    it(("of %s with %d is read by the vendor's shape (%d)"):format(api, status, i), function()
      local err = refused(api, status, body)
      check(err, { kind = "http", status = status, attempts = 1 })
      check(err, expected)
      assert.is_string(err.message)
      assert.truthy(is_one_line(err):find(status, 1, true))
    end)
  end

  it("keeps the decoded answer as data and no raw body", function()
    local err = refused("edgegap", 400, [[{"message":"no","more":{"n":1}}]])
    assert.same({ message = "no", more = { n = 1 } }, err.data)
    assert.is_nil(err.body)
  end)

  it("has the vendor's request id from a header where the body has none", function()
    assert.equal("abc", refused("clerk", 500, "{}", { ["Clerk-Trace-Id"] = "abc" }).request_id)
    assert.equal("ray", refused("clerk", 500, "{}", { ["CF-RAY"] = "ray" }).request_id)
    assert.equal("body", refused("clerk", 500, '{"clerk_trace_id":"body","errors":[]}',
      { ["clerk-trace-id"] = "abc" }).request_id)
    assert.equal("r-1", refused("cvat", 400, "[]", { ["x-request-id"] = "r-1" }).request_id)
    assert.equal("r-2", refused("gencove", 400, "[]", { ["X-Request-Id"] = "r-2" }).request_id)
    assert.is_nil(refused("cvat", 400, "[]", { ["X-Request-Id-Not"] = "r-1" }).request_id)
    assert.equal("r-3", refused("convex", 400, "{}", { ["Convex-Request-Id"] = "r-3" }).request_id)
  end)

  it("of a transport that gives no texts for headers, or no status, is misuse", function()
    for _, headers in ipairs { { "x" }, { [true] = "x" }, { ["X-A"] = true }, { ["X-A"] = {} } } do
      assert.is_false(pcall(change.edgegap, canned.answering("edgegap", 200, "{}", headers)))
    end
    assert.is_false(pcall(change.edgegap, canned.answering("edgegap", nil, "{}")))
    assert.is_false(pcall(change.edgegap, canned.answering("edgegap", "200", "{}")))
    assert(change.edgegap(canned.answering("edgegap", 200, '{"session_id":"s"}',
      { ["X-Number"] = 7 })))
  end)

  it("prints as one line with status, code, message, request and attempts", function()
    local err = refused("clerk", 400, [[{"errors":[{"code":"duplicate_record",
      "message":"line\r\none\ttwo"}],"clerk_trace_id":"7f3a"}]])
    assert.equal("clerk.invitations.create: 400 duplicate_record: line one two"
      .. " (request 7f3a, 1 attempt)", tostring(err))
    assert.equal("failed: " .. tostring(err), "failed: " .. err)
  end)

  it("with a status that nobody knows still has words", function()
    for _, status in ipairs { 101, 199, 300, 304, 402, 418, 451, 499, 507, 599, 600, 999 } do
      local err = refused("edgegap", status, "")
      check(err, { kind = "http", status = status })
      assert.truthy(#err.message > 0)
    end
  end)

  it("whose body is JSON, but no object, has words, too", function()
    for api in pairs(credentials) do
      for _, body in ipairs { "null", "7", "true", "false", '"text"', '""', "[]", "[7]", "{}" } do
        for _, status in ipairs { 302, 400, 404, 500, 503 } do
          local err = refused(api, status, body)
          check(err, { kind = "http", status = status,
            outcome = status >= 400 and status < 500 and "refused" or "unknown" })
          assert.truthy(#err.message > 0, api .. " " .. body)
        end
      end
    end
  end)

  -- What takes milliseconds took minutes once: as long as the cube of the length.
  it("is read in no time, whatever is in it", function()
    local started, many = os.clock(), 65536
    for _, text in ipairs { ("\n"):rep(many) .. "x", "a" .. (" "):rep(many) .. "x",
        "Uncaught ConvexError " .. (" "):rep(many) .. ("{"):rep(many),
        "ArgumentValidationError: " .. ("required field `"):rep(many / 16) } do
      refused("convex", 200, { status = "error", errorMessage = text })
    end
    for _, text in ipairs { "<title>" .. (" "):rep(many), ("<title"):rep(many), ("<"):rep(many),
        ("<title>a "):rep(many), "<title>a" .. (" <"):rep(many) } do
      refused("clerk", 502, text)
    end
    assert.truthy(os.clock() - started < 10)
  end)

  it("names its fields no longer than they are read", function()
    local many = {}
    for i = 1, 5000 do many["field" .. i] = "wrong" end
    local err = refused("cvat", 400, { [("\195\164"):rep(100000)] = many })
    assert.equal(100, #err.fields)
    assert.truthy(#err.fields[1].field < 300 and #tostring(err) < 50000)
    local name = err.fields[1].field
    assert.truthy(name:find "^\195\164" and name:find "\164%.%.%.%.field")
    assert.equal(100, #refused("edgegap", 400, { errors = many }).fields)
  end)

  it("says refused only where the status is certain", function()
    for status, outcome in pairs { [101] = "unknown", [302] = "unknown", [400] = "refused",
        [404] = "refused", [408] = "unknown", [409] = "refused", [429] = "refused",
        [500] = "unknown", [501] = "refused", [502] = "unknown", [503] = "unknown",
        [504] = "unknown", [520] = "unknown", [599] = "unknown", [700] = "unknown" } do
      assert.equal(outcome, refused("edgegap", status, "{}").outcome, status)
    end
  end)
end)

-- Answers that are another's ----------------------------------------------------------------------

describe("a success that holds nothing of what was promised", function()
  -- What a network's login page, a proxy or a wrong address may say instead.
  local strange = { '{"login":"http://portal.example.com/"}', '{"error":"login required","code":7}',
    '{"status":"ok"}' }

  local function ask(operation, body)
    local c = canned.answering(operation.api, 200, body)
    return c:call(operation.id, answers.arguments[operation.name], alone)
  end

  local function knows(schema, name)
    for _, field in ipairs(schema.fields or {}) do
      if field.name == name and field.required then return true end
    end
  end

  for _, operation in ipairs(reference) do
    if answers.arguments[operation.name] then
      it("is no answer to " .. operation.name, function()
        for _, body in ipairs(strange) do
          local value, err = ask(operation, body)
          if knows(operation.answer, "status") and body:find('"status"', 1, true) then
            assert.equal("ok", value.status) -- one field of it is enough
          else
            assert.is_nil(value, body)
            check(err, { kind = "decode", status = 200, outcome = "unknown", attempts = 1 })
          end
        end
      end)

      it("and one that holds a single promised field is one to " .. operation.name, function()
        local fields = operation.answer.fields or {}
        for _, field in ipairs(fields) do
          local one = { [field.name] = convoke.array {} }
          local required = false
          for _, other in ipairs(fields) do required = required or other.required end
          if operation.api ~= "convex" and (field.required or not required) then
            local value, err = ask(operation, cjson.encode(one))
            assert.is_table(value, tostring(err))
          end
        end
      end)
    end
  end

  it("leaves a create to be looked for, and a listing that it answers proves nothing", function()
    local asked = 0
    local c = client("gencove", { retries = 2, transport = { send = function()
      asked = asked + 1
      return { status = 200, body = strange[1] }
    end } })
    local value, err = c.invitations:create { email = "a@example.com" }
    assert.is_nil(value)
    check(err, { kind = "decode", outcome = "unknown" })
    assert.is_true(asked > 1)
  end)
end)

-- Redirects ---------------------------------------------------------------------------------------

describe("a redirect", function()
  local statuses = { 300, 301, 302, 303, 304, 305, 307, 308 }

  it("after a call that changes something may have come after the change", function()
    for _, status in ipairs(statuses) do
      for api in pairs(change) do
        local err = refused(api, status, "", { Location = "/elsewhere" })
        check(err, { kind = "http", status = status, outcome = "unknown", attempts = 1 })
      end
      for _, call in ipairs {
        function(c) return c.sessions:add_users("s", { ip_list = { "192.0.2.1" } }) end,
        function(c) return c.sessions:delete "s" end,
      } do
        local _, err = call(canned.answering("edgegap", status, ""))
        check(err, { kind = "http", status = status, outcome = "unknown" })
      end
      local _, err = canned.answering("cvat", status, "").invitations:update("k", {})
      check(err, { kind = "http", status = status, outcome = "unknown" })
    end
  end)

  it("after a call that reads is a refusal", function()
    for _, status in ipairs(statuses) do
      local _, err = canned.answering("edgegap", status, "").sessions:list()
      check(err, { kind = "http", status = status, outcome = "refused" })
    end
  end)

  it("is said to lead where it leads, without what may be a secret", function()
    local long = ("t0ken"):rep(8)
    for location, shown in pairs {
      ["/elsewhere"] = "/elsewhere",
      ["https://login.example.com:8443/portal"] = "https://login.example.com:8443/portal",
      ["https://ada:pa55word@example.com/a?token=abc#tok"] = "https://example.com/a",
      ["//ada:pa55word@example.com/?token=abc"] = "//example.com/",
      ["/invitations/" .. long .. "/"] = "/invitations/.../",
      ["/token/aaaaaaaa.bbbbbbbbb.cccccccc"] = "/token/...",
      ["?token=abc"] = "",
    } do
      local err = refused("edgegap", 303, "", { Location = location })
      local words = "moved" .. (shown ~= "" and " to " .. shown or "")
        .. " (redirects are not followed)"
      assert.equal(words, err.message)
    end
    assert.equal("moved (redirects are not followed)", refused("edgegap", 303, "").message)
    local secret = credentials.edgegap.token
    local err = refused("edgegap", 303, "", { Location = "/" .. secret:sub(1, 36) })
    assert.is_nil(tostring(err):find(secret, 1, true))
    err = refused("edgegap", 303, "", { Location = "/" .. ("x/"):rep(4000) })
    assert.truthy(#err.message < 300)
  end)
end)

-- Retry-After -------------------------------------------------------------------------------------

describe("Retry-After", function()
  local function seconds(value, date)
    local headers = { ["retry-after"] = value, Date = date }
    return refused("clerk", 429, '{"errors":[]}', headers).retry_after
  end

  it("is read as seconds", function()
    assert.equal(0, seconds "0")
    assert.equal(120, seconds "120")
    assert.equal(120, seconds "  120 ")
    assert.equal("3600", tostring(seconds "3600"))
    assert.equal(999999999, seconds "999999999")
  end)

  it("is read as a date, by the server's clock", function()
    local now = "Sun, 06 Nov 1994 08:49:00 GMT"
    assert.equal(37, seconds("Sun, 06 Nov 1994 08:49:37 GMT", now))
    assert.equal(37, seconds("Sunday, 06-Nov-94 08:49:37 GMT", now))
    assert.equal(37, seconds("Sun Nov  6 08:49:37 1994", now))
    assert.equal(86400, seconds("Mon, 07 Nov 1994 08:49:00 GMT", now))
    assert.equal(0, seconds("Sun, 06 Nov 1994 08:48:59 GMT", now))
    assert.equal(3, seconds("Thu, 29 Feb 2024 00:00:01 GMT", "Wed, 28 Feb 2024 23:59:58 GMT"))
  end)

  it("is read as a date by our own clock where the server tells none", function()
    assert.equal(0, seconds "Sun, 06 Nov 1994 08:49:37 GMT")
    local later = seconds(os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + 100))
    assert.truthy(later >= 98 and later <= 100, tostring(later))
    later = seconds(os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + 100), "rubbish")
    assert.truthy(later >= 98 and later <= 100, tostring(later))
  end)

  it("is ignored where it is rubbish", function()
    for _, value in ipairs { "", "soon", "-5", "1.5", "+3", "0x10", "1e3", "12 34", "nan",
        "99999999999999999999999", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 28:49:37 GMT", "Sun, 06 Nov", ("9"):rep(300), ("x"):rep(10000) } do
      assert.is_nil(seconds(value), value)
    end
  end)
end)

-- Bodies that are not what they should be ---------------------------------------------------------

describe("a body that cannot be read", function()
  local server, options
  setup(function()
    server = raw_server.start()
    options = { url = server.url }
  end)
  teardown(function() server:stop() end)

  local function answered(api, text)
    server:play { { { "receive" }, { "send", text } } }
    local c = client(api, options)
    local value, err = change[api](c)
    c:close()
    return value, err
  end

  local page = "<!doctype html>\n<html><head><title>502 Bad\n Gateway</title></head>"
    .. "<body><h1>Bad Gateway</h1></body></html>"

  for api in pairs(credentials) do
    it("of " .. api .. " is shown by its first bytes, whatever the status", function()
      for _, body in ipairs { page, '{"id":"inv_1","cut', "plain\r\ntext" } do
        for _, status in ipairs { 200, 201, 302, 400, 404, 429, 500, 502 } do
          local value, err = answered(api, raw_server.answer(status, body))
          assert.is_nil(value)
          check(err, { kind = status < 300 and "decode" or "http", status = status, body = body,
            outcome = status >= 400 and status < 500 and "refused" or "unknown", data = "none",
            attempts = 1 })
          is_one_line(err)
          if body == page then assert.truthy(err.message:find("502 Bad Gateway", 1, true)) end
        end
      end
    end)

    it("of " .. api .. " may be empty", function()
      for _, body in ipairs { "", " \r\n\t" } do
        for _, status in ipairs { 200, 201, 400, 404, 500 } do
          local value, err = answered(api, raw_server.answer(status, body))
          assert.is_nil(value)
          check(err, { kind = status < 300 and "decode" or "http", status = status })
          assert.truthy(#err.message > 0)
        end
      end
    end)

    it("of " .. api .. " may be JSON of another kind", function()
      for _, body in ipairs { "7", '"text"', "true", "[1]", "[null]", '[{"id":1}]' } do
        local value, err = answered(api, raw_server.answer(200, body))
        assert.is_nil(value)
        check(err, { kind = "decode", outcome = "unknown", status = 200, body = body })
      end
    end)

    it("of " .. api .. " may be rubbish to JSON", function()
      for _, body in ipairs { "\0\1\2\255\254", '{"a":1}\0', ("["):rep(5000), '{"a":NaN}',
          '{"a":1}}', "{'a':1}", '{"a":"\\ud800"}x', ("\195"):rep(5000) } do
        local value, err = answered(api, raw_server.answer(200, body))
        assert.is_nil(value)
        check(err, { kind = "decode", outcome = "unknown" })
        assert.equal(body:sub(1, 4096), err.body)
        is_one_line(err)
        assert.truthy(#tostring(err) < 1000)
      end
    end)
  end

  it("is kept up to 4 KiB", function()
    local _, err = answered("clerk", raw_server.answer(502, ("0123456789"):rep(1000)))
    assert.equal(4096, #err.body)
    assert.equal(200, #err.message)
  end)

  it("of markup alone leaves the status to speak", function()
    local _, err = answered("clerk", raw_server.answer(502, "<html><body></body></html>"))
    assert.equal("bad gateway", err.message)
  end)

  it("does not break a character of the message in two", function()
    local _, err = answered("clerk", raw_server.answer(502, "x" .. ("\195\164"):rep(300)))
    assert.truthy(err.message:match "^x(\195\164)" and #err.message <= 200)
    assert.equal("\164", err.message:sub(-1))
  end)

  it("is no trouble where the answer is none: 204", function()
    local text = "HTTP/1.1 204 No Content\r\nX-Note: yes\r\n\r\n"
    server:play { { { "receive" }, { "send", text }, { "again" } } }
    local value, err, meta = client("gencove", options).invitations:delete "id-1"
    assert.equal(true, value)
    assert.is_nil(err)
    assert.equal(204, meta.status)
    assert.equal("yes", meta.headers["x-NOTE"])
    assert.equal(true, (client("cvat", options).invitations:delete "key"))
    assert.equal(true, (client("clerk", options).invitations:revoke "inv_1"))
  end)

  it("is one where false comes and nothing was promised, for false would be no success", function()
    server:play { raw_server.always(raw_server.answer(200, "false")) }
    for _, api in ipairs { "cvat", "gencove" } do
      local value, err = client(api, options).invitations:delete("id-1", {}, alone)
      assert.is_nil(value)
      check(err, { kind = "decode", outcome = "unknown", status = 200 })
    end
  end)

  it("is no trouble where the answer is null", function()
    server:play { raw_server.always(raw_server.answer(200, "null")) }
    local value, err, meta = client("clerk", options).invitations:revoke "inv_1"
    assert.equal(convoke.null, value)
    assert.is_nil(err)
    assert.equal(200, meta.status)
  end)
end)
