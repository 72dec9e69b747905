-- The command: how it prints results.

local command = require "spec.support.command"
local convoke = require "convoke"
local json = require "convoke.sandbox.json"
local raw_server = require "spec.support.raw_server"

local function invitation(number, more)
  local fields = { object = "invitation", id = ("inv_%d"):format(number),
    email_address = ("p%d@example.com"):format(number), public_metadata = {},
    status = "pending", created_at = 1700000000000 + number, updated_at = 1700000000000 }
  for name, value in pairs(more or {}) do fields[name] = value end
  return fields
end

describe("what the command prints", function()
  local server, environment

  setup(function()
    server = raw_server.start()
    environment = { CLERK_API_URL = server.url, CLERK_SECRET_KEY = "sk_test_secret1234" }
  end)

  teardown(function() server:stop() end)

  -- Has the server answer so, one answer after another.
  local function serve(...)
    local script = {}
    for i, body in ipairs { ... } do
      script[2 * i - 1] = { "receive" }
      script[2 * i] = { "send", raw_server.answer(200, type(body) == "string" and body
        or json.encode(body)) }
    end
    server:play { script }
  end

  local function run(arguments, env)
    local all = {}
    for name, value in pairs(environment) do all[name] = value end
    for name, value in pairs(env or {}) do all[name] = value end
    return command.run(arguments, { env = all })
  end

  local function list(arguments, ...)
    serve(json.array { ... })
    local status, said, told = run("clerk invitations list " .. arguments)
    assert.equal(0, status, told)
    return said, told
  end

  it("is JSON in the order of the model, and unknown fields behind it", function()
    local said = list("", invitation(1, { zebra = 1, apple = json.array { 1, "x" } }))
    assert.equal('[{"object":"invitation","id":"inv_1","email_address":"p1@example.com",'
      .. '"public_metadata":{},"status":"pending","created_at":1700000000001,'
      .. '"updated_at":1700000000000,"apple":[1,"x"],"zebra":1}]\n', said)
  end)

  it("is the same value as the API's, whatever it holds", function()
    local deep = { empty = json.array {}, none = {}, null = json.null,
      text = 'a"\\\n\27é',
      number = -0.1, big = 9007199254740991, yes = true,
        nested = json.array { { a = json.array { {} } } } }
    local said = list("-o json", invitation(1, { public_metadata = deep }))
    assert.same(deep, json.decode(said)[1].public_metadata)
    assert.is_nil(said:find("\27", 1, true))
  end)

  it("is JSON, a value a line, with jsonl", function()
    local said = list("-o jsonl --fields id,status", invitation(1), invitation(2))
    assert.equal('{"id":"inv_1","status":"pending"}\n{"id":"inv_2","status":"pending"}\n', said)
  end)

  it("is quoted as RFC 4180 says with csv, fields inside others as JSON", function()
    local said = list("-o csv --fields id,email_address,public_metadata,public_metadata.team",
      invitation(1, { email_address = 'a "b", c', public_metadata = { team = "red\nblue" } }),
      invitation(2))
    assert.equal('id,email_address,public_metadata,public_metadata.team\n'
      .. 'inv_1,"a ""b"", c","{""team"":""red\\nblue""}","red\nblue"\n'
      .. 'inv_2,p2@example.com,{},\n', said)
  end)

  it("has a head with csv, even where there is nothing", function()
    assert.equal("object,id,email_address,public_metadata,revoked,status,url,expires_at,created_at,"
      .. "updated_at\n", (list "-o csv"))
    assert.equal("[]\n", (list "-o json"))
    assert.equal("", (list "-o jsonl"))
    assert.equal("", (list "-o lines"))
  end)

  it("is texts with tabs between them with lines, and a line never breaks", function()
    local said = list("-o lines --fields id,email_address", invitation(1,
      { email_address = "a\n\tb\27[\194\155m" }))
    assert.equal("inv_1\ta\\n\\tb\\x1b[\\x9bm\n", said)
  end)

  it("is a chunk that Lua can load with lua", function()
    local said = list("-o lua", invitation(1, { public_metadata = { ["a b"] = "\0\n\"", ["end"] = 2,
      null = json.null, list = json.array { 1, 2 } } }))
    local value = assert((loadstring or load)(said))()
    assert.equal("inv_1", value[1].id)
    assert.same({ ["a b"] = "\0\n\"", ["end"] = 2, null = convoke.null, list = { 1, 2 } },
      value[1].public_metadata)
  end)

  it("is a table with a column for each field that says something", function()
    local said = list("-o table", invitation(1), invitation(2,
      { email_address = "long-name@example.com" }))
    assert.equal([[
id     email_address          status   created_at        updated_at        public_metadata
inv_1  p1@example.com         pending  2023-11-14 22:13  2023-11-14 22:13  {}
inv_2  long-name@example.com  pending  2023-11-14 22:13  2023-11-14 22:13  {}
]], said)
  end)

  it("is a table of names and values for one object", function()
    serve(invitation(1))
    local _, said = run [[clerk invitations create --email_address a@b.co -o table \
      --fields id,status]]
    assert.equal("id      inv_1\nstatus  pending\n", said)
  end)

  it("cuts the cells of a table at the width of COLUMNS, by what a terminal shows", function()
    serve(json.array { invitation(1, { email_address = ("ö"):rep(40) }),
      invitation(2, { email_address = ("漢"):rep(40) }) })
    local _, said = run("clerk invitations list -o table --fields id,email_address,status",
      { COLUMNS = "40" })
    assert.equal("id     email_address             status\n"
      .. "inv_1  " .. ("ö"):rep(23) .. "…  pending\n"
      .. "inv_2  " .. ("漢"):rep(11) .. "…   pending\n", said)
  end)

  it("leaves whole what stands beside a list, unless rows or fields are wanted", function()
    local page = { data = json.array { invitation(1) }, total_count = 1 }
    serve(page)
    local _, said = run "clerk invitations list --paginated"
    assert.equal(1, json.decode(said).total_count)
    serve(page)
    _, said = run "clerk invitations list --paginated --fields id"
    assert.equal('[{"id":"inv_1"}]\n', said)
    serve(page)
    _, said = run "clerk invitations list --paginated -o lines --fields id"
    assert.equal("inv_1\n", said)
  end)

  it("prints values that only Convex knows", function()
    local body = json.encode { status = "success",
      value = { int = { ["$integer"] = "/////////38=" },
      bytes = { ["$bytes"] = "AAEC" }, nan = { ["$float"] = "AAAAAAAA+H8=" }, half = 0.5 } }
    local convex = { CONVEX_URL = server.url }
    serve(body)
    local _, said = run("convex query --path a:b", convex)
    assert.equal('{"bytes":"AAEC","half":0.5,"int":9223372036854775807,"nan":"NaN"}\n', said)
    serve(body)
    _, said = run("convex query --path a:b -o lua", convex)
    local value = assert((loadstring or load)(said))()
    assert.equal(convoke.int64 "9223372036854775807", value.int)
    assert.equal("\0\1\2", value.bytes:raw())
  end)

  describe("with --all", function()
    -- A first page of two, after which the server lets wait.
    local function begin(arguments)
      local page = raw_server.answer(200, json.encode(json.array { invitation(1), invitation(2) }))
      server:play { { { "receive" }, { "send", page }, { "receive" }, { "sleep", 3 } } }
      local pipe = io.popen(("echo $$; exec %s clerk invitations list --all --limit 2 -v "
        .. "--retries 0 %s 2>&1"):format(command.prefix(environment), arguments), "r")
      local id = pipe:read "*l"
      return pipe, function()
        os.execute("kill -9 " .. id)
        pipe:close()
      end
    end

    for format, lines in pairs {
      jsonl = { '{"id":"inv_1"}', '{"id":"inv_2"}' }, csv = { "id", "inv_1", "inv_2" },
      lines = { "inv_1", "inv_2" }, table = { "id", "inv_1", "inv_2" },
    } do
      it("prints the first page before the second has come, as " .. format, function()
        local pipe, stop = begin("--fields id -o " .. format)
        finally(stop)
        assert.matches("^%* attempt 1: ", pipe:read "*l")
        for _, line in ipairs(lines) do assert.equal(line, pipe:read "*l") end
      end)
    end

    it("prints one document with json, whose pages are one list", function()
      serve(json.array { invitation(1), invitation(2) }, json.array { invitation(2),
        invitation(3) },
        json.array { invitation(3) })
      local status, said = run "clerk invitations list --all --limit 2 --fields id"
      assert.equal(0, status)
      assert.same({ { id = "inv_1" }, { id = "inv_2" }, { id = "inv_3" } }, json.decode(said))
    end)

    it("prints a whole document although a later page fails, and says so", function()
      local page = raw_server.answer(200, json.encode(json.array { invitation(1), invitation(2) }))
      server:play { { { "receive" }, { "send", page }, { "receive" },
        { "send", raw_server.answer(401, '{"errors":[]}') } } }
      local status, said, told = run "clerk invitations list --all --limit 2 --fields id"
      assert.equal(3, status)
      assert.same({ { id = "inv_1" }, { id = "inv_2" } }, json.decode(said))
      assert.matches("401", told, 1, true)
    end)
  end)

  describe("with -v", function()
    it("tells each attempt and wait on standard error", function()
      server:play { { { "receive" }, { "send", raw_server.answer(503, "{}") }, { "receive" },
        { "send", raw_server.answer(200, "[]") } } }
      local status, said, told = run "clerk invitations list -v"
      assert.equal(0, status)
      assert.equal("[]\n", said)
      assert.matches("^%* attempt 1: GET /invitations: 503 in [%d.]+ s\n%* waits [%d.]+ s "
        .. "before the next attempt\n%* sends it again: the attempt failed\n"
        .. "%* attempt 2: GET /invitations: 200 in [%d.]+ s\n$", told)
    end)

    it("given twice tells the headers, and no secret", function()
      server:play { { { "receive" }, { "send", raw_server.answer(200, "[]",
        "Set-Cookie: session=let-me-in\r\nX-Seen: sk_test_secret1234\r\n") } } }
      local status, _, told = run "clerk invitations list -vv"
      assert.equal(0, status)
      assert.matches("\n> Authorization: Bearer %[redacted%]\n", told)
      assert.matches("< 200\n", told)
      assert.matches("< set%-cookie: %[redacted%]\n", told)
      assert.matches("< x%-seen: %*+\n", told)
      assert.is_nil(told:find("secret1234", 1, true))
      assert.is_nil(told:find("let-me-in", 1, true))
    end)
  end)
end)
