-- The command `convoke doctor`: what calls depend on, and what is wrong with it.

local certificates = require "spec.support.certificates"
local command = require "spec.support.command"
local convoke = require "convoke"
local json = require "convoke.sandbox.json"
local raw_server = require "spec.support.raw_server"
local tls_server = require "spec.support.tls_server"

local key = "sk_test_doctor1234567"
local unset = "unset SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE http_proxy https_proxy HTTPS_PROXY "
  .. "HTTP_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY;"

local trusted -- a file with a certificate that is good

setup(function()
  trusted = os.tmpname()
  local file = assert(io.open(trusted, "wb"))
  file:write(certificates.pem "io.write(make('good', {}).certificate:toPEM())")
  file:close()
end)

teardown(function() os.remove(trusted) end)

-- Runs it; returns its rows by part and name, its exit status, and all that it said.
local function examine(arguments, env)
  local all = { SSL_CERT_FILE = trusted }
  for name, value in pairs(env or {}) do all[name] = value end
  local status, said, told = command.run("doctor -o json " .. arguments,
    { env = all, before = unset })
  assert.equal("", told)
  local rows = {}
  for _, row in ipairs(json.decode(said)) do
    rows[row.part] = rows[row.part] or {}
    rows[row.part][row.name] = row
  end
  return rows, status, said
end

-- A file with that text, which is removed when the test ends.
local function file_of(text)
  local name = os.tmpname()
  local file = assert(io.open(name, "wb"))
  file:write(text)
  file:close()
  finally(function() os.remove(name) end)
  return name
end

local function says(row, state, ...)
  assert.equal(state, row.state, row.found)
  for _, part in ipairs { ... } do
    assert.matches(part, row.found .. "\n" .. tostring(row.advice), 1, true)
  end
end

describe("convoke doctor looks at", function()
  it("libraries: their versions, and whether those that not all need are there", function()
    local rows, status = examine "--offline"
    local libraries = rows.libraries
    assert.equal(0, status)
    says(libraries.convoke, "ok", convoke.version)
    says(libraries["lua-cjson"], "ok", require("cjson")._VERSION)
    assert.matches("^%d+%.%d+%.%d+.*, HTTP/2 by nghttp2 %d.*, names looked up by ",
      libraries.libcurl.found)
    assert.matches("%a+/%d", libraries.TLS.found)
    assert.matches(rawget(_G, "jit") and "^LuaJIT" or "^" .. _VERSION, libraries.Lua.found)
    for _, name in ipairs { "SQLite", "hiredis", "argparse", "readline", "event loops" } do
      assert.is_truthy(libraries[name], name)
    end
  end)

  it("modules that are missing or broken, and tells what lacks and what to install", function()
    local without = [[local all = require
      function require(name)
        if name == "readline" then error("module 'readline' not found:\n\tno file") end
        if name == "argparse" then error("undefined symbol: lua_pushfoo") end
        return all(name)
      end]]
    local rows, status = examine("--offline", { LUA_INIT = without })
    assert.equal(0, status)
    says(rows.libraries.readline, "note", "not found", "apt install lua-readline")
    says(rows.libraries.argparse, "warning", "undefined symbol: lua_pushfoo")
  end)

  describe("certificates:", function()
    local good, expired, far

    setup(function()
      good, expired, far = certificates.pem [[
        local hour = 3600
        for _, wish in ipairs { {}, { from = -9 * hour, to = -hour },
            { to = 40 * 365 * 24 * hour } } do
          io.write(make("doctor", wish).certificate:toPEM())
        end]]
    end)

    local function look_at(text)
      local name = file_of(text)
      local rows, status = examine("--offline", { SSL_CERT_FILE = name })
      local row = rows.certificates.file
      assert.equal(name .. " (SSL_CERT_FILE)", row.found:sub(1, #name + 16))
      assert.equal(row.state == "wrong" and 1 or 0, status)
      return row
    end

    it("how many there are, and how many have expired", function()
      says(look_at(good), "ok", ": 1 certificate, none expired")
      says(look_at("# a comment\n" .. good .. expired .. far), "ok", ": 3 certificates, 1 expired")
    end)

    it("a file in which none is good", function()
      says(look_at(expired), "wrong", ": 1 certificate, 1 expired", "unset it")
      says(look_at "no certificate", "wrong", "holds no certificate", "Set SSL_CERT_FILE")
    end)

    it("a file that is not there, and a folder", function()
      for _, name in ipairs { "/nonexistent/ca.pem", "/" } do
        local rows, status = examine("--offline", { SSL_CERT_FILE = name })
        assert.equal(1, status)
        says(rows.certificates.file, "wrong", name .. " (SSL_CERT_FILE) cannot be read")
      end
    end)

    it("a variable that is empty, with which nothing is trusted", function()
      local rows, status = examine("--offline", { SSL_CERT_FILE = "" })
      assert.equal(1, status)
      says(rows.certificates.file, "wrong", "SSL_CERT_FILE is set, but empty", "unset it")
    end)

    it("variables that only the program curl reads", function()
      local rows, status = examine("--offline", { CURL_CA_BUNDLE = "/nonexistent/ca.pem" })
      assert.equal(0, status)
      says(rows.certificates.CURL_CA_BUNDLE, "note", "not read", "convoke reads SSL_CERT_FILE")
    end)

    it("those that libcurl trusts of itself, unless SSL_CERT_FILE names others", function()
      local _, said = command.run("doctor --offline -o lines", { before = unset })
      assert.matches("\ncertificates\tfile\t%a+\t[^\n]*libcurl's own", said)
    end)
  end)

  it("proxies of the environment, without names and passwords", function()
    local rows, status, said = examine("--offline", {
      https_proxy = "http://me:p@ss-word@proxy.example:3128", HTTPS_PROXY = "http://other:1",
      all_proxy = "me:p%40ss-word@[::1]:1080", http_proxy = "http://me:p/ss-word",
      no_proxy = "localhost,.example.com" })
    assert.equal(1, status)
    says(rows.proxies.https_proxy, "ok", "http://[redacted]@proxy.example:3128")
    says(rows.proxies.HTTPS_PROXY, "note", "http://other:1, not used: https_proxy comes first")
    says(rows.proxies.all_proxy, "ok", "[redacted]@[::1]:1080")
    says(rows.proxies.http_proxy, "wrong", "no address of a proxy", "http://HOST:PORT")
    says(rows.proxies.no_proxy, "ok", "localhost,.example.com")
    assert.is_nil(said:find("ss-word", 1, true))
    assert.is_nil(said:find("me:", 1, true))
    says(examine("--offline", { HTTP_PROXY = "http://a:1" }).proxies.HTTP_PROXY, "note", "not read")
  end)

  describe("profiles:", function()
    local function with(text, arguments, env)
      local all = { CONVOKE_CONFIG = file_of(text) }
      for name, value in pairs(env or {}) do all[name] = value end
      return examine("--offline " .. (arguments or ""), all)
    end

    it("which there are", function()
      local rows, status = with [[return { default = "home", profiles = {
        home = { clerk = { secret_key = { env = "HOME_KEY" } } }, work = {} } }]]
      assert.equal(1, status)
      says(rows.credentials.profiles, "ok", ": home, work (default: home)")
      says(rows.credentials.clerk, "wrong", "takes secret_key from $HOME_KEY, which is not set")
    end)

    it("and runs no command that gives a secret, nor shows it", function()
      local ran = file_of ""
      local rows, status, said = with(([[return { default = "a", profiles = { a = { clerk = {
        secret_key = { command = "echo %s >>%s" } } } } }]]):format(key, ran))
      assert.equal(0, status)
      says(rows.credentials.clerk, "ok", "secret_key from a command, as profile a says")
      assert.equal("", io.open(ran):read "*a")
      assert.is_nil(said:find(key, 1, true))
    end)

    it("what is wrong with them, without what Lua quotes of the file", function()
      for text, wanted in pairs {
        ["return { profiles = { a = { clerk = { secret_key = '" .. key .. "' } } } }"] =
          "secret_key of profile a is a secret: name where it comes from",
        ["return { profiles = { a = { clark = {} } } }"] = "no API clark\nDid you mean clerk?",
        ["return { profiles = { a = { cvat = { uri = 'x' } } } }"] = "unknown option uri",
        ["return { profiles = { a = { cvat = { timeout = 'x' } } } }"] = "must be a number above 0",
        ["return { default = 'b', profiles = { a = {} } }"] = "The default is none of them",
        ["return { " .. key .. " " .. key] = ":1: ",
        ["return 1"] = "must be a table",
      } do
        local rows, status, said = with(text)
        assert.equal(1, status, text)
        says(rows.credentials.profiles, "wrong", wanted)
        assert.is_nil(said:find(key, 1, true))
      end
    end)

    it("the one that --profile names", function()
      local text = [[return { profiles = { a = { clerk = { secret_key = { env = "A_KEY" } } } } }]]
      local rows, status = with(text, "clerk --profile a", { A_KEY = key })
      assert.equal(0, status)
      says(rows.credentials.clerk, "ok", "secret_key from $A_KEY, as profile a says")
      rows, status = with(text, "clerk --profile b")
      assert.equal(1, status)
      says(rows.credentials.clerk, "wrong", "there is no profile b", "Known are: a")
    end)
  end)

  it("credentials: whether they are set, never what they are", function()
    local rows, status, said = examine("--offline", { CLERK_SECRET_KEY = key,
      EDGEGAP_API_TOKEN = "", CVAT_USERNAME = "eve", CVAT_PASSWORD = key .. "2" })
    assert.equal(1, status)
    says(rows.credentials.clerk, "ok", "secret_key from $CLERK_SECRET_KEY")
    says(rows.credentials.edgegap, "note", "$EDGEGAP_API_TOKEN is empty",
      "$EDGEGAP_API_KEY is not set")
    says(rows.credentials.cvat, "wrong", "an address is missing")
    says(rows.credentials.gencove, "note", "none, which is allowed")
    assert.is_nil(said:find(key, 1, true))
  end)

  it("credentials that no request could carry, and addresses where none may go", function()
    for wanted, env in pairs {
      ["CLERK_SECRET_KEY "] = { CLERK_SECRET_KEY = key .. "\n" },
      ["plain http"] = { CLERK_SECRET_KEY = key, CLERK_API_URL = "http://clerk.example" },
      ["must not hold a user name or password"] = { CLERK_SECRET_KEY = key,
        CLERK_API_URL = "https://me:" .. key .. "@clerk.example" },
    } do
      local rows, status, said = examine("clerk --offline", env)
      assert.equal(1, status)
      says(rows.credentials.clerk, "wrong", wanted)
      assert.is_nil(said:find(key, 1, true))
    end
  end)
end)

describe("convoke doctor tests connections:", function()
  local server, secure

  setup(function()
    server = raw_server.start() -- before the one whose ends it would keep open
    secure = tls_server.start()
  end)

  teardown(function()
    secure:stop()
    server:stop()
  end)

  local function url_of(kind) return ("https://127.0.0.1:%d"):format(secure.ports[kind]) end

  -- Tests Edgegap at that address; returns the row and the exit status.
  local function test(url, env, arguments)
    local all = { EDGEGAP_API_URL = url, EDGEGAP_API_TOKEN = key, SSL_CERT_FILE = secure.authority }
    for name, value in pairs(env or {}) do all[name] = value end
    local rows, status, said = examine("edgegap " .. (arguments or ""), all)
    assert.is_nil(said:find(key, 1, true))
    return rows.connections.edgegap, status
  end

  local function serve(...) server:play { { { "receive" }, ... } } end

  it("one that is good, with the time of each phase", function()
    local row, status = test(url_of "good")
    assert.equal(0, status, row.found)
    says(row, "ok", url_of "good" .. " reached in ")
    assert.equal(204, row.status)
    for _, phase in ipairs { "resolve", "connect", "tls", "first_byte" } do
      assert.is_true(row[phase] >= 0 and row[phase] < 10, phase)
    end
    serve { "send", raw_server.answer(404, "") }
    row, status = test(server.url)
    assert.equal(0, status, row.found)
    assert.equal(404, row.status)
    assert.is_nil(row.tls)
  end)

  it("by one request for headers that has no credential", function()
    serve { "send", raw_server.answer(404, "") }
    test(server.url, { EDGEGAP_API_URL = server.url .. "/base" })
    local requests = server:requests()
    assert.equal(1, #requests)
    assert.matches("^HEAD /base/ HTTP/1%.1%s", requests[1].head)
    assert.is_nil(requests[1].head:lower():find("authorization", 1, true))
    assert.is_nil(requests[1].head:find(key, 1, true))
  end)

  it("none when it is told to stay offline", function()
    serve { "send", raw_server.answer(404, "") }
    local rows, status = examine("--offline", { CLERK_API_URL = server.url,
      CLERK_SECRET_KEY = key })
    assert.equal(0, status)
    assert.is_nil(rows.connections)
    assert.same({}, server:requests())
  end)

  it("one that is refused", function()
    local row, status = test "https://127.0.0.1:1"
    assert.equal(1, status)
    says(row, "wrong", "https://127.0.0.1:1: ", "Nothing listens there")
    assert.equal("connect", row.kind)
    assert.is_nil(row.connect)
  end)

  it("one to a name that is not known", function()
    local row, status = test "https://api.example.invalid"
    assert.equal(1, status)
    says(row, "wrong", "The name is not known here")
    assert.equal("resolve", row.kind)
  end)

  it("one whose certificate is no good, by what is wrong with it", function()
    for kind, wanted in pairs { expired = "The server's certificate has expired",
        future = "this machine's clock", foreign = "name the file of its authority",
        alone = "name the file of its authority", stranger = "for another host" } do
      local row, status = test(url_of(kind))
      assert.equal(1, status, kind)
      says(row, "wrong", wanted)
      assert.equal("tls", row.kind)
    end
  end)

  it("one to a server that speaks no TLS", function()
    server:play { { { "receive", 5 }, { "send", "HTTP/1.1 400 Bad Request\r\n\r\n" } } }
    local row = test((server.url:gsub("^http:", "https:")))
    says(row, "wrong", "look at the port of the address")
  end)

  it("one with certificates that cannot be read", function()
    local row = test(url_of "good", { SSL_CERT_FILE = "/nonexistent/ca.pem" })
    says(row, "wrong", "see Certificates")
  end)

  it("one on which nothing comes, by how far it was", function()
    server:play { { { "receive", 5 }, { "hold" } } }
    local row, status = test((server.url:gsub("^http:", "https:")), nil, "--timeout 0.7")
    assert.equal(1, status)
    says(row, "wrong", "TLS", "a firewall or a proxy")
    serve { "hold" }
    row = test(server.url, nil, "--timeout 0.7")
    says(row, "wrong", "no answer came")
    assert.equal("timeout", row.kind)
  end)

  it("one through a proxy that refuses", function()
    serve { "send", raw_server.answer(403, "no") }
    local row, status = test("https://api.example.invalid", { https_proxy = server.url })
    assert.equal(1, status)
    says(row, "wrong", "of the proxy that https_proxy names", "The proxy is at fault")
    row = test("https://api.example.invalid", { https_proxy = "http://127.0.0.1:1" })
    says(row, "wrong", "The proxy is at fault")
    local secret = "http://me:" .. key .. " @127.0.0.1:1"
    says(test("https://api.example.invalid", { https_proxy = secret }), "wrong",
      "The proxy is at fault")
    serve { "send", raw_server.answer(407, "no") }
    row = test("http://api.example.invalid", { http_proxy = server.url })
    says(row, "wrong", "asks for a name and a password", "The proxy is at fault")
  end)

  it("one to a server that has a fault or is slow, or whose clock is another", function()
    serve { "send", raw_server.answer(503, "") }
    local row, status = test(server.url)
    assert.equal(0, status)
    says(row, "warning", "which answers 503")
    serve({ "sleep", 2.1 }, { "send", raw_server.answer(200, "") })
    row = test(server.url, nil, "--timeout 60")
    says(row, "warning", "the server or a proxy is slow")
    assert.is_true(row.first_byte >= 2)
    serve { "send", "HTTP/1.1 200 OK\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT\r\n"
      .. "Content-Length: 0\r\n\r\n" }
    row = test(server.url)
    says(row, "warning", "the server's", "set this machine's clock")
  end)

  it("those of APIs that nobody has set up do not count, unless they are named", function()
    serve { "send", raw_server.answer(404, "") }
    local env = { https_proxy = "http://127.0.0.1:1", CLERK_API_URL = server.url,
      CLERK_SECRET_KEY = key }
    local rows, status = examine("", env)
    assert.equal(0, status)
    says(rows.connections.clerk, "ok")
    says(rows.connections.edgegap, "warning", "The proxy is at fault")
    says(rows.connections.cvat, "note", "there is no address")
    serve { "send", raw_server.answer(404, "") }
    assert.equal(1, select(2, examine("clerk edgegap", env)))
    env.CLERK_SECRET_KEY, env.CLERK_API_URL = "", ""
    assert.equal(1, select(2, examine("", env)))
  end)
end)

describe("convoke doctor", function()
  it("writes a report for people, with a last line that sums it up", function()
    local status, said = command.run("doctor --offline", { before = unset,
      env = { SSL_CERT_FILE = trusted } })
    assert.equal(0, status)
    for _, part in ipairs { "\nCertificates\n", "\nProxies\n", "\nCredentials\n",
        "\n  ok       convoke        " .. convoke.version .. "\n" } do
      assert.matches(part, "\n" .. said, 1, true)
    end
    assert.matches("\n\nNothing is wrong%.\n$", said)
    for line in said:gmatch "[^\n]+" do
      assert.is_nil(line:find "[\27\t]")
    end
    status, said = command.run("doctor --offline", { before = unset,
      env = { SSL_CERT_FILE = "/nonexistent/ca.pem", CURL_CA_BUNDLE = "x" } })
    assert.equal(1, status)
    assert.matches("\n\n1 thing is wrong%.\n$", said)
  end)

  it("names what it does not know", function()
    for arguments, wanted in pairs {
      ["clark"] = "there is no API clark\n  Did you mean clerk%?",
      ["--ofline"] = "unknown option %-%-ofline\n  See: convoke doctor %-%-help",
      ["-o xml"] = "unknown format xml",
      ["--timeout soon"] = "wants a number above 0, not soon",
      ["--timeout"] = "wants a value",
    } do
      local status, said, told = command.run("doctor " .. arguments)
      assert.equal(2, status)
      assert.equal("", said)
      assert.matches(wanted, told)
    end
  end)
end)
