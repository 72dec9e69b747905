-- The sandbox as a server: its clock, its JSON, its control path, connections, and what it makes of
-- clients that misbehave.

local cqueues = require "cqueues"
local client = require "spec.support.sandbox_client"
local json = require "convoke.sandbox.json"
local sandbox = require "convoke.sandbox"
local socket = require "socket"
local web = require "convoke.sandbox.web"

local unpack = table.unpack or unpack -- luacheck: ignore

describe("the sandbox's clock", function()
  it("shows in the Date of every answer, moved or not", function()
    local server = sandbox.start {}
    finally(function() server:stop() end)
    local core = require "convoke.core"
    local clerk = require("convoke").clerk { url = server.clerk.url,
      secret_key = server.clerk.secret_key }
    local function date()
      local _, _, meta = assert(clerk.invitations:list {})
      return assert(core.http_date(meta.headers.date))
    end
    assert.is_true(math.abs(date() - os.time()) <= 2)
    server:advance(86400)
    assert.is_true(math.abs(date() - os.time() - 86400) <= 2)
  end)
end)

describe("the sandbox's JSON", function()
  it("keeps apart [] and {}, null and absence, integers and floats", function()
    local text = '{"a":[],"b":{},"c":null,"d":1732060800000,"e":0.1}'
    assert.equal(text, json.encode(assert(json.decode(text))))
  end)

  it("refuses what is not JSON", function()
    for _, text in ipairs { "", "{", "[1,]", '{"a":1,}', "{a:1}", "'a'", "01", "1.", ".5", "+1",
                            "NaN", '"\1"', '"\\x"', '"\\ud800"', '"\255"', "nul", "1 2", "// x\n1",
                            ("["):rep(100000), "1e999" } do
      local value, why = json.decode(text)
      assert.is_nil(value, text)
      assert.is_string(why)
    end
  end)

  it("writes numbers so that they read back equal", function()
    for _, n in ipairs { 0.1, 1 / 3, 1e300, 5e-324, 2 ^ 53, -7, 1726905997123.456 } do
      assert.equal(n, json.decode(json.encode(n)))
    end
  end)

  it("reads escapes, surrogate pairs included", function()
    assert.equal('"/\\\n\195\169\240\159\152\128', json.decode([["\"\/\\\n\u00e9\ud83d\ude00"]]))
  end)
end)

describe("the sandbox", function()
  local server, clerk, convex

  setup(function()
    server = sandbox.start { request_timeout = 1, idle_timeout = 2 }
    clerk = client.for_api(server.clerk.url,
                           { authorization = "Bearer " .. server.clerk.secret_key })
    convex = client.for_api(server.convex.url)
  end)

  teardown(function() server:stop() end)
  before_each(function() server:reset() end)

  local function invite(address, options)
    options = options or {}
    options.json = { email_address = address }
    return clerk("POST", "/invitations", options)
  end

  describe("control path", function()
    it("shows the books and puts them back to the start", function()
      assert.equal(200, invite("ada@example.com").status)
      local before = server:books("clerk").invitations
      assert.equal(1, #before)
      assert.equal("ada@example.com", before[1].email_address)
      server:reset()
      assert.equal(0, #server:books("clerk").invitations)
    end)

    it("resets one API alone", function()
      invite("ada@example.com")
      server:reset("edgegap")
      assert.equal(1, #server:books("clerk").invitations)
    end)

    it("shows the requests as they came", function()
      clerk("GET", "/invitations?query=a%2Bb", { headers = { ["x-test"] = "yes" } })
      invite("ada@example.com")
      local log = server:requests("clerk")
      assert.equal(2, #log)
      assert.equal("GET", log[1].method)
      assert.equal("/v1/invitations?query=a%2Bb", log[1].target)
      assert.equal("/v1/invitations", log[1].path)
      assert.equal("query=a%2Bb", log[1].query)
      assert.equal("yes", log[1].headers["x-test"])
      assert.equal(200, log[1].status)
      assert.equal('{"email_address":"ada@example.com"}', log[2].body)
    end)

    it("moves the clock", function()
      invite("ada@example.com")
      server:advance(31 * 24 * 60 * 60, "clerk")
      assert.equal("expired", clerk("GET", "/invitations").json[1].status)
    end)

    it("refuses controls it does not have and plans it cannot read", function()
      assert.has_error(function() server:fault { api = "clerk", statsu = 500 } end)
      assert.has_error(function() server:fault { api = "clerk", status = "500" } end)
      assert.has_error(function() server:books("nobody") end)
      local origin = server.clerk.url:gsub("/v1$", "")
      local headers = { authorization = "Bearer " .. server.control_token }
      assert.equal(404, client.send("POST", origin .. "/_control/nothing",
        { headers = headers }).status)
      assert.equal(400, client.send("POST", origin .. "/_control/clock",
        { body = "{", headers = headers }).status)
    end)

    -- A control request with some headers; returns its status.
    local function controlled(headers, method, path)
      local origin = server.clerk.url:gsub("/v1$", "")
      return client.send(method or "POST", origin .. "/_control/" .. (path or "reset"),
        { headers = headers }).status
    end

    it("wants the token that only its starter knows", function()
      invite("ada@example.com")
      local token = server.control_token
      assert.matches("^%x+$", token)
      assert.is_true(#token >= 32)
      local other = sandbox.start()
      finally(function() other:stop() end)
      for _, given in ipairs { "", "Bearer ", "Bearer " .. token:sub(1, -2),
          "Bearer " .. token .. "0", "Basic " .. token, token, "Bearer " .. server.clerk.secret_key,
          "Bearer " .. other.control_token } do
        for _, path in ipairs { "reset", "clock", "faults", "stop", "nothing" } do
          assert.equal(401, controlled({ authorization = given }, "POST", path))
        end
        assert.equal(401, controlled({ authorization = given }, "GET", "books"))
      end
      assert.equal(401, controlled())
      assert.equal(1, #server:books("clerk").invitations)
      assert.equal(200, controlled { authorization = "Bearer " .. token })
      assert.equal(0, #server:books("clerk").invitations)
    end)

    it("is closed to web pages and to names that only lead here", function()
      invite("ada@example.com")
      local port = server.clerk.url:match(":(%d+)")
      local authorization = "Bearer " .. server.control_token
      for _, host in ipairs { "evil.example.com", "evil.example.com:" .. port, "127.0.0.1",
          "127.0.0.1:1", "localhost.evil.example.com:" .. port } do
        assert.equal(403, controlled { authorization = authorization, [":authority"] = host })
      end
      for _, origin in ipairs { "http://evil.example.com", "null", "http://localhost:" .. port } do
        assert.equal(403, controlled { authorization = authorization, origin = origin })
      end
      assert.equal(1, #server:books("clerk").invitations)
      for _, host in ipairs { "127.0.0.1:" .. port, "localhost:" .. port, "LOCALHOST:" .. port } do
        assert.equal(200, controlled { authorization = authorization, [":authority"] = host })
      end
    end)
  end)

  describe("connections", function()
    local get = "GET /v1/invitations HTTP/1.1\r\nHost: x\r\n\r\n"

    local function status_lines(text)
      local out = {}
      for status in text:gmatch("HTTP/1%.1 (%d%d%d)") do out[#out + 1] = status end
      return table.concat(out, " ")
    end

    it("are kept alive", function()
      local connection = client.connect(server.clerk.url)
      for _ = 1, 3 do
        connection:send(get)
        assert.matches("^HTTP/1.1 401", connection:receive("*l"))
        local length
        repeat
          local line = connection:receive("*l")
          length = line:match("^[Cc]ontent%-[Ll]ength: (%d+)") or length
        until line == ""
        connection:receive(tonumber(length))
      end
      connection:close()
      local log = server:requests("clerk")
      assert.equal(3, #log)
      assert.equal(log[1].connection, log[3].connection)
    end)

    it("answer pipelined requests in order", function()
      local last = get:gsub("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
      server:fault { api = "clerk", status = 503, delay = 0.2 }
      assert.equal("503 401 401", status_lines(client.raw(server.clerk.url, get .. get .. last)))
    end)

    it("are served many at a time", function()
      local cq, done = cqueues.new(), 0
      for i = 1, 64 do
        cq:wrap(function()
          assert.equal(200, invite(("user%d@example.com"):format(i)).status)
          done = done + 1
        end)
      end
      assert(cq:loop())
      cq:close()
      assert.equal(64, done)
      assert.equal(64, #server:books("clerk").invitations)
    end)

    it("end when they are idle, and when a request stops half way", function()
      local started = socket.gettime()
      assert.equal("", client.raw(server.clerk.url, ""))
      assert.is_true(socket.gettime() - started < 6)
      assert.matches("408", status_lines(client.raw(server.clerk.url, "GET /v1/invi")))
      assert.equal("408", status_lines(client.raw(server.clerk.url,
        "POST /v1/invitations HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc")))
    end)

    it("answer rubbish with 400 or nothing, never by dying", function()
      local rubbish = {
        "\0\1\2\3\4\5\6\7\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\22\3\1\2\0\1\0\1\252\3\3",
        "GET / HTTP/1.1\r\nbad header\r\n\r\n", "GET / HTTP/1.1\r\nname : value\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: nonsense,,;\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
        "GET / HTTP/1.1\r\nTE: ;;;\r\n\r\n",
      }
      for _, bytes in ipairs(rubbish) do
        local connection = client.connect(server.clerk.url)
        connection:send(bytes)
        connection:shutdown("send")
        local text, _, part = connection:receive("*a")
        connection:close()
        assert.is_nil(status_lines(text or part):match("[23]%d%d"), bytes)
      end
      assert.equal(200, clerk("GET", "/invitations").status)
    end)

    it("refuse too many and too long headers with 431 or 400", function()
      local many = "GET / HTTP/1.1\r\n" .. ("X-A: b\r\n"):rep(500) .. "\r\n"
      assert.equal("431", status_lines(client.raw(server.clerk.url, many)))
      local long = "GET / HTTP/1.1\r\nX-A: " .. ("b"):rep(200000) .. "\r\n\r\n"
      assert.matches("^4%d%d$", status_lines(client.raw(server.clerk.url, long)))
      local fine = client.send("GET", server.clerk.url .. "/invitations",
                               { headers = { ["x-long"] = ("b"):rep(30000) } })
      assert.equal(401, fine.status)
    end)
  end)

  describe("bodies", function()
    it("of 16 MiB are read, in one piece or in chunks", function()
      local text = ("x"):rep(16 * 1024 * 1024 - 40)
      local answer = convex("POST", "/api/run/testing/echo", { json = { args = { a = text } } })
      assert.equal(200, answer.status)
      assert.equal(#text, #answer.json.value.a)
      local chunk = ("%x\r\n%s\r\n"):format(20, '{"args":{"a":"bcde"}')
      local chunked = "POST /api/run/testing/echo HTTP/1.1\r\nConnection: close\r\n"
        .. "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        .. chunk .. "1\r\n}\r\n0\r\n\r\n"
      assert.matches('"a":"bcde"', client.raw(server.convex.url, chunked))
    end)

    it("beyond that are refused with 413, the answer arriving", function()
      local answer = convex("POST", "/api/run/testing/echo",
                            { body = ("x"):rep(17 * 1024 * 1024) })
      assert.equal(413, answer.status)
      assert.equal("Content Too Large\n", answer.body)
    end)

    it("announced with Expect: 100-continue are asked for", function()
      local connection = client.connect(server.clerk.url)
      connection:send("POST /v1/invitations HTTP/1.1\r\nContent-Length: 2\r\n"
        .. "Expect: 100-continue\r\n\r\n")
      assert.matches("^HTTP/1.1 100", connection:receive("*l"))
      connection:receive("*l")
      connection:send("{}")
      assert.matches("^HTTP/1.1 401", connection:receive("*l"))
      connection:close()
    end)
  end)

  describe("given any value", function()
    local values = { '""', '"x"', '"a@example.com"', "0", "-1", "1.5", "1e300", "true", "null",
                     "[]", "[[]]", "{}", '{"$bytes":"aGk="}', '{"a":{"b":[null]}}',
                     '["1.1.1.1"]' }

    -- Calls an operation with the credentials of its API; whatever is sent, the server has not
    -- stumbled itself. (What makes CVAT stumble gets CVAT's own page.)
    local function try(api, method, path, body)
      local keys = { clerk = "Bearer " .. server.clerk.secret_key,
                     cvat = "Token " .. server.cvat.token,
                     gencove = "Api-Key " .. server.gencove.api_key,
                     edgegap = "token " .. server.edgegap.token,
                     convex = "Bearer " .. server.convex.token }
      local answer = client.send(method, server[api].url .. path, { body = body, headers = {
        authorization = keys[api], ["content-type"] = "application/json" } })
      local said = path .. " " .. (body or "") .. ": " .. answer.body
      assert.is_true(answer.status < (api == "cvat" and 501 or 500), said)
      assert.is_nil(answer.body:find("sandbox fault", 1, true), said)
    end

    -- A body in which one field holds the i-th value and the others something else each time.
    local function body_with(names, chosen, i)
      local fields = {}
      for k, name in ipairs(names) do
        local value = values[k == chosen and i or (i + k) % #values + 1]
        fields[k] = ('"%s":%s'):format(name, value)
      end
      return "{" .. table.concat(fields, ",") .. "}"
    end

    it("in a body, has an answer", function()
      local targets = {
        { "clerk", "POST", "/invitations", { "email_address", "public_metadata", "redirect_url",
          "notify", "expires_in_days", "template_slug" } },
        { "gencove", "POST", "/invitations/", { "email", "role" } },
        { "gencove", "PATCH", "/invitations-token/" .. server.gencove.invitation_token,
          { "role" } },
        { "gencove", "POST", "/jwt-create/", { "email", "password" } },
        { "gencove", "POST", "/jwt-refresh/", { "refresh" } },
        { "cvat", "POST", "/api/invitations?org=sandbox", { "email", "role" } },
        { "cvat", "POST", "/api/auth/login", { "username", "email", "password" } },
        { "cvat", "POST", "/api/auth/signing", { "url" } },
        { "edgegap", "POST", "/v1/session", { "app_name", "ip_list", "geo_ip_list", "selectors",
          "filters", "location", "deployment_request_id" } },
        { "edgegap", "POST", "/v1/sessions/bulk-stop", { "filters" } },
        { "convex", "POST", "/api/mutation", { "path", "args", "format" } },
        { "convex", "POST", "/api/run/testing/echo", { "args", "format" } },
        { "convex", "POST", "/api/run/sessions/create", { "args" } },
      }
      for _, target in ipairs(targets) do
        local api, method, path, names = unpack(target)
        for i, value in ipairs(values) do
          try(api, method, path, value)
          for chosen in ipairs(names) do try(api, method, path, body_with(names, chosen, i)) end
        end
      end
    end)

    it("in a query, has an answer", function()
      for _, value in ipairs { "", "%", "\0", "\255", "{}", "[]", '{"==":[]}', '{"var":{}}',
                               '{"and":1}', "99999999999999999999", "-1", "+1" } do
        value = web.encode(value)
        for _, name in ipairs { "filter", "search", "sort", "page", "page_size", "org_id" } do
          try("cvat", "GET", "/api/invitations?" .. name .. "=" .. value)
        end
        for _, name in ipairs { "limit", "offset", "query", "order_by", "status", "page" } do
          try("clerk", "GET", "/invitations?" .. name .. "=" .. value)
          try("gencove", "GET", "/invitations/?" .. name .. "=" .. value)
          try("edgegap", "GET", "/v1/sessions?" .. name .. "=" .. value)
        end
      end
    end)
  end)

  it("answers HEAD like GET, without a body", function()
    local answer = clerk("HEAD", "/invitations")
    assert.equal(200, answer.status)
    assert.equal("", answer.body)
  end)
end)
