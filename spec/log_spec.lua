local cjson = require "cjson"
local convoke = require "convoke"
local dump = require "convoke.observe.dump"
local hooks = require "convoke.observe.hooks"
local raw_server = require "spec.support.raw_server"
local tasks = require "convoke.tasks"

local quote = raw_server.quote

describe("convoke.log", function()
  local lines, told, reports, report

  local function sink(line, level)
    lines[#lines + 1] = line
    told[#told + 1] = level
  end

  before_each(function()
    lines, told, reports, report = {}, {}, {}, tasks.report
    tasks.report = function(message) reports[#reports + 1] = message end
  end)
  after_each(function()
    tasks.report = report
    convoke.log(false)
    assert.is_false(hooks.shared)
  end)

  -- A client whose answers are given: each { status, body, headers }, the last one from then on.
  local function client(api, options, ...)
    local answers, place = { ... }, 0
    options.url, options.retries = "http://127.0.0.1:9", options.retries or 0
    options.transport = { send = function()
      place = math.min(place + 1, #answers)
      local answer = answers[place]
      return { status = answer[1], body = answer[2], headers = answer[3] }
    end }
    return convoke[api](options)
  end

  local function clerk(...)
    return client("clerk", { secret_key = "sk_test_1234567890", retries = 1 }, ...)
  end

  local listed = { 200, '{"data":[],"total_count":0}', { ["Clerk-Trace-Id"] = "t1" } }
  local missing = { 404, '{"errors":[{"code":"gone","message":"no\\nsuch \\"thing\\""}]}',
    { ["Clerk-Trace-Id"] = "t2" } }

  local function all() return table.concat(lines, "\n") end

  it("writes a line for each call, with what it is known by", function()
    convoke.log { sink = sink }
    assert(clerk(listed).invitations:list())
    assert.equal(1, #lines)
    assert.matches("^time=%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ level=info event=done call=%d+ "
      .. "operation=clerk%.invitations%.list method=GET path=/invitations attempt=1 status=200 "
      .. "outcome=done request_id=t1 elapsed=%d%.%d%d%d$", lines[1])
    assert.same({ "info" }, told)
  end)

  it("writes of a failure what is wrong, in one line", function()
    convoke.log { level = "warn", sink = sink }
    local one = clerk(listed, missing)
    assert(one.invitations:list())
    one.invitations:revoke "inv_1"
    assert.equal(1, #lines)
    assert.matches("level=warn event=done .* status=404 kind=http outcome=refused code=gone "
      .. 'request_id=t2 elapsed=%S+ message="no\\nsuch \\"thing\\""$', lines[1])
    assert.same({ "warn" }, told)
  end)

  it("writes repeats with their reason, and every event where that is asked for", function()
    local held = { 429, "{}", { ["Retry-After"] = "1" } }
    convoke.log { sink = sink }
    assert(clerk(held, listed).invitations:list())
    assert.matches("event=retry .*attempt=1 reason=held\n.*event=wait .*reason=retry_after "
      .. "seconds=[01]%.%d+\n.*event=done .*attempt=2", all())
    assert.equal(3, #lines)
    lines = {}
    convoke.log { level = "debug", sink = sink }
    assert(clerk(listed).invitations:list())
    assert.matches("event=call .*\n.*event=attempt .*status=200 .*\n.*event=done", all())
    assert.equal(3, #lines)
  end)

  it("marks the calls of a look", function()
    convoke.log { level = "debug", sink = sink }
    local place = 0
    local one = convoke.clerk { url = "http://127.0.0.1:9", secret_key = "sk_test_1234567890",
      retries = 1, timeout = 3, transport = { send = function(request)
        place = place + 1
        if request.method == "POST" then return nil, { kind = "network", message = "cut" } end
        return { status = 200, body = "[]", headers = {} }
      end } }
    one.invitations:create { email_address = "ada@example.com" }
    assert.matches("event=done [^\n]*operation=clerk%.invitations%.list [^\n]*"
      .. "look_for=clerk%.invitations%.create", all())
    assert.matches("event=wait [^\n]*reason=look", all())
    assert.matches("event=settle [^\n]*verdict=", all())
  end)

  it("writes an object of JSON where that is asked for", function()
    convoke.log { format = "json", sink = sink }
    clerk(missing).invitations:revoke "inv_1"
    local record = cjson.decode(lines[1])
    assert.equal("warn", record.level)
    assert.equal("done", record.event)
    assert.equal(404, record.status)
    assert.equal('no\nsuch "thing"', record.message)
    assert.equal("t2", record.request_id)
    assert.is_nil(lines[1]:find("\n", 1, true))
  end)

  it("strikes secrets of an answer out of messages, and of paths", function()
    convoke.log { level = "debug", sink = sink }
    clerk({ 500, 'no JSON {"password": "hunter22", "t":"eyJhbGci.eyJzdWIi.sig"' }):request("GET",
      "/accept/eyJhbGci.eyJzdWIi.sig")
    assert.matches("message=", all())
    assert.matches("path=/accept/%[hidden%] ", all())
    assert.is_nil(all():find "hunter22")
    assert.is_nil(all():find "eyJ")
  end)

  it("changes no result when its sink raises or yields, and says so once", function()
    convoke.log { level = "debug", sink = function() error "full" end }
    for _ = 1, 2 do assert(clerk(listed).invitations:list()) end
    assert.equal(1, #reports)
    assert.matches("^convoke: the function convoke%.log failed: .*full", reports[1])
    convoke.log { sink = function() coroutine.yield() end }
    assert(convoke.run(function() return clerk(listed).invitations:list() end))
    assert.equal(2, #reports)
    assert.matches("the function convoke%.log yielded", reports[2])
  end)

  it("takes the place of what was asked for before, and can be ended", function()
    convoke.log { sink = error }
    convoke.log { sink = sink }
    assert(clerk(listed).invitations:list())
    convoke.log(false)
    assert(clerk(listed).invitations:list())
    assert.equal(1, #lines)
    assert.same({}, reports)
  end)

  it("says what is wrong with its options", function()
    local function refuse(options, words)
      local ok, why = pcall(convoke.log, options)
      assert.is_false(ok)
      assert.matches(words, why)
    end
    refuse({ leevl = "info" }, "convoke%.log: unknown option leevl; did you mean level%?")
    refuse({ level = "all" }, "option level must be one of: warn, info, debug, trace")
    refuse({ sink = io.stderr }, "option sink must be a function")
    refuse({ format = "xml" }, 'option format must be the string "text" or "json"')
    refuse("info", "options must be a table or false")
  end)

  describe("with the level trace", function()
    local password, escaped = "hunter22 & co", "\\u0068unter22 \\u0026 co"

    local function login(...)
      return client("gencove", { api_key = "gencove-key-1234" }, ...).jwt:create {
        email = "ada@example.com", password = password, otp_token = "424242" }
    end

    it("shows requests and answers, without any secret", function()
      convoke.log { level = "trace", sink = sink }
      login { 200, ('{"access":"abcd.efgh","refresh":{"a":["wxyz"]},"pass\\u0077ord":"s3cr3tt",'
        .. '"seen":"%s","url":'
        .. '"https://x.example/go?__clerk_ticket=tick3t&a=1","n":12}'):format(escaped),
        { ["Set-Cookie"] = "session=c00kie", Location = "/?p=hunter22%20%26%20co", Plain = "yes" } }
      local text = all()
      assert.matches("> POST http://127%.0%.0%.1:9/jwt%-create/\n", text)
      assert.matches('> {"email":"ada@example%.com",', text)
      assert.matches("< 200\n", text)
      assert.matches("< plain: yes\n", text)
      assert.matches('"seen":"%[hidden%]"', text)
      assert.matches('__clerk_ticket=%[hidden%]&a=1","n":12}', text)
      for _, secret in ipairs { "hunter22", "u0068", "424242", "abcd", "wxyz", "tick3t", "c00kie",
        "s3cr3tt", "gencove-key-1234" } do
        assert.is_nil(text:find(secret, 1, true), secret)
      end
    end)

    it("shows no token in a path, nor where an answer repeats it", function()
      convoke.log { level = "trace", sink = sink }
      client("gencove", { api_key = "gencove-key-1234" },
        { 404, '{"detail":"nobody knows t0ken x"}' }).invitations:read_token "t0ken x"
      assert.matches("> GET http://127%.0%.0%.1:9/invitations%-token/%[hidden%]\n", all())
      assert.matches('< {"detail":"nobody knows %[hidden%]"}', all())
    end)

    it("shows them as JSON", function()
      convoke.log { level = "trace", format = "json", sink = sink }
      login { 200, '{"access":"abcd.efgh","n":12}' }
      local record = cjson.decode(lines[2])
      assert.equal("attempt", record.event)
      assert.equal("POST", record.request.method)
      assert.equal(200, record.answer.status)
      assert.equal('{"access":"[hidden]","n":12}', record.answer.body)
      assert.equal("[hidden]", cjson.decode(record.request.body).password)
    end)

    it("strikes the credential out of whatever shows it", function()
      convoke.log { level = "trace", sink = sink }
      client("gencove", { api_key = "gencove-key-1234" }, { 200,
        '{"a":"gencove-key-1234","b":"\\u0067encove-key-1234","c":"gencove%2dkey%2d1234",'
        .. '"d":"Bearer gencove-key-12345"}' }):request("GET", "/x")
      assert.matches("< {", all())
      for _, secret in ipairs { "encove-key", "encove%2dkey", "12345" } do
        assert.is_nil(all():find(secret, 1, true), secret)
      end
    end)

    it("cuts bodies and headers, and shows no half secret and no line break", function()
      convoke.log { level = "trace", sink = sink }
      local function body_of(body)
        lines = {}
        client("gencove", { api_key = "gencove-key-1234" }, { 200, body,
          { Long = ("h"):rep(1000), ["Content-Type"] = "text/plain" } }):request("GET", "/x")
        for _, line in ipairs(lines) do
          assert.is_nil(line:find("\n", 1, true))
          assert.is_true(#line < dump.most_body + 100)
        end
        return all()
      end
      assert.matches("h %[cut%]\n", body_of "a\nb\27[31m")
      assert.matches("a\\nb\\x1b", all())
      assert.matches("x %[cut%]\n", body_of(("x"):rep(5000)))
      assert.is_nil(body_of('"' .. ("x"):rep(65528) .. "gencove-key-1234"):find "gencove%-k")
      assert.is_nil(body_of('{"a":"' .. ("\\u0078"):rep(20000)):find "u0078u")
      assert.is_nil(body_of('{"password":"' .. ("y"):rep(70000)):find "yyyy")
      assert.matches("%[no text%]", body_of "\255\254\0")
    end)

    it("tells of an attempt without an answer what was sent", function()
      convoke.log { level = "trace", sink = sink }
      local one = convoke.clerk { url = "http://127.0.0.1:9", secret_key = "sk_test_1234567890",
        retries = 0, transport = { send = function() return nil, { message = "cut" } end } }
      one.invitations:list()
      assert.matches("> GET http://127%.0%.0%.1:9/invitations", all())
      assert.is_nil(all():find "\n< ")
    end)
  end)

  describe("by CONVOKE_LOG", function()
    local script = [[
      local convoke = require "convoke"
      %s
      convoke.clerk { url = "http://127.0.0.1:9", secret_key = "sk_test_1234567890", retries = 0,
        transport = { send = function() return { status = 404, body = "{}", headers = {} } end } }
        .invitations:list()]]

    local function run(level, line)
      local text = ("package.path, package.cpath = %q, %q\n"):format(package.path, package.cpath)
        .. script:format(line or "")
      local preloaded = os.getenv "LD_PRELOAD"
      local pipe = assert(io.popen(("env CONVOKE_LOG=%s %s %s -e %s 2>&1"):format(quote(level),
        preloaded and "LD_PRELOAD=" .. quote(preloaded) or "", quote(raw_server.interpreter()),
        quote(text))))
      local printed = pipe:read "*a"
      pipe:close()
      return printed
    end

    it("begins without a change to the program", function()
      assert.matches("^time=%S+ level=warn event=done [^\n]*status=404[^\n]*\n$", run "warn")
      assert.matches("event=attempt", run "debug")
      assert.matches("\n> GET http", run "trace")
      assert.equal("", run "off")
      assert.equal("", run "")
    end)

    it("counts more than the level that the program names, but its sink stays", function()
      local printed = run("debug", [[convoke.log { level = "warn", sink = function(line)
        io.stderr:write("mine ", line, "\n") end }]])
      assert.matches("^mine time=%S+ level=debug event=call", printed)
    end)

    it("says what it may be", function()
      assert.matches("^convoke: CONVOKE_LOG must be one of: warn, info, debug, trace; it is all\n",
        run "all")
    end)
  end)
end)
