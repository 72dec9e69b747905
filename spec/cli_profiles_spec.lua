-- The command: where addresses and credentials come from.

local command = require "spec.support.command"
local json = require "convoke.sandbox.json"
local raw_server = require "spec.support.raw_server"

describe("profiles of the command", function()
  local server, config

  setup(function()
    server = raw_server.start()
    server:play { raw_server.always(raw_server.answer(200, "[]")) }
    config = os.tmpname()
  end)

  teardown(function()
    server:stop()
    os.remove(config)
  end)

  local function write(text)
    local file = assert(io.open(config, "w"))
    file:write((text:gsub("URL", server.url)))
    file:close()
  end

  local function run(arguments, env)
    local all = { CONVOKE_CONFIG = config }
    for name, value in pairs(env or {}) do all[name] = value end
    return command.run(arguments, { env = all })
  end

  -- The key that the server got with the call.
  local function key_sent(arguments, env)
    server:play { raw_server.always(raw_server.answer(200, "[]")) }
    local status, _, told = run(arguments, env)
    assert.equal(0, status, told)
    local requests = server:requests()
    return requests[#requests].head:match "Authorization: Bearer ([^\r\n]*)"
  end

  local function whoami(arguments, env)
    local status, said = run("whoami -o json " .. arguments, env)
    assert.equal(0, status)
    local rows = {}
    for _, row in ipairs(json.decode(said)) do rows[row.option] = row end
    return rows, said
  end

  local two = [[return { default = "home", profiles = {
    home = { clerk = { url = "URL", secret_key = { env = "HOME_KEY" } } },
    work = { clerk = { url = "URL", secret_key = { command = "echo sk_test_work1234" } } },
  } }]]

  it("give addresses, and secrets out of variables and commands", function()
    write(two)
    assert.equal("sk_test_home1234",
      key_sent("clerk invitations list", { HOME_KEY = "sk_test_home1234" }))
    assert.equal("sk_test_work1234", key_sent "clerk invitations list --profile work")
  end)

  it("come after the environment, but before it when they are asked for by name", function()
    write(two)
    local env = { CLERK_SECRET_KEY = "sk_test_env1234", HOME_KEY = "sk_test_home1234" }
    assert.equal("sk_test_env1234", key_sent("clerk invitations list", env))
    assert.equal("sk_test_work1234", key_sent("--profile work clerk invitations list", env))
    assert.equal("sk_test_home1234", key_sent("clerk invitations list --profile=home", env))
  end)

  it("are shown by whoami without a secret, and without running a command", function()
    local ran = os.tmpname()
    finally(function() os.remove(ran) end)
    write(([[return { profiles = { work = { clerk = { url = "URL",
      secret_key = { command = "echo ran >>%s; echo sk_test_work1234" } } } } }]]):format(ran))
    local rows = whoami "clerk --profile work"
    assert.same({ api = "clerk", option = "url", value = server.url, from = "profile work" },
      rows.url)
    assert.equal("hidden", rows.secret_key.value)
    assert.matches("^the command `echo ran .*`, as profile work says$", rows.secret_key.from)
    assert.equal("", io.open(ran):read "*a")
    local said
    rows, said = whoami("clerk", { CLERK_SECRET_KEY = "sk_test_env1234" })
    assert.equal("$CLERK_SECRET_KEY", rows.secret_key.from)
    assert.equal("the API's own", rows.url.from)
    assert.is_nil(said:find("env1234", 1, true))
  end)

  it("are shown by whoami without the password of a proxy", function()
    write [[return { profiles = { work = { clerk = { proxy = "http://me:pass-word@proxy:1" } } } }]]
    local rows, said = whoami "clerk --profile work"
    assert.equal("http://[redacted]@proxy:1", rows.proxy.value)
    assert.is_nil(said:find("pass-word", 1, true))
  end)

  it("are shown by whoami without a secret that stands where none should", function()
    write [[return { profiles = { work = { clerk = { secert_key = "sk_test_work1234" } } } }]]
    local status, said, told = run "whoami clerk --profile work"
    assert.equal(2, status)
    assert.equal("", said)
    assert.matches("clerk: unknown option secert_key; did you mean secret_key%?", told)
    write "return { profiles = {} }"
    local rows = whoami("clerk", { CLERK_API_URL = "https://me:pass-word@clerk.example" })
    assert.equal("https://[redacted]@clerk.example", rows.url.value)
  end)

  it("leave nothing unsaid by whoami: what is missing is named", function()
    write "return { profiles = {} }"
    local rows = whoami "cvat"
    assert.matches("set %$CVAT_URL", rows.url.from)
    assert.matches("set %$CVAT_ACCESS_TOKEN", rows.credential.from)
    write [[return { default = "a", profiles = {
      a = { clerk = { secret_key = { env = "NOT_SET_X" } } } } }]]
    assert.equal("not set", whoami("clerk").secret_key.value)
  end)

  it("show no secret in a dry run, and run no command for one", function()
    write [[return { profiles = { work = { cvat = { url = "URL",
      access_token = { command = "echo ran >&2" } } } } }]]
    local status, said, told = run "cvat invitations list --profile work --dry-run"
    assert.equal(0, status)
    assert.equal("", told)
    assert.matches("$CVAT_ACCESS_TOKEN", said, 1, true)
  end)

  it("that are wrong end the command with 2 and words", function()
    for text, pattern in pairs {
      ["return { profiles = { work = { clerk = { secret_key = 'sk_test_1' } } } }"] =
        "secret_key of profile work is a secret: name where it comes from",
      ["return { profiles = { work = { cvat = {} } } }"] = "profile work says nothing of clerk",
      ["return { profiles = { work = { cvat = {}, clrek = {} } } }"] =
        "profile work: there is no API clrek; did you mean clerk%?",
      ["return { profiles = { wrok = {} } }"] = "there is no profile work in .*\n  Known are: wrok",
      ["return { profiles = { work = { clerk = { uri = 'x' } } } }"] =
        "clerk: unknown option uri; did you mean url%?",
      ["return { profiles = { work = { clerk = { secret_key = { env = 'NOT_SET_X' } } } } }"] =
        "takes secret_key from %$NOT_SET_X, which is not set",
      ["return { profiles = { work = { clerk = { secret_key = { command = 'exit 1' } } } } }"] =
        "takes secret_key from a command that says nothing: exit 1",
      ["return {"] = "expected",
      ["return 1"] = "what it returns must be a table",
      ["os.execute 'true'"] = "nil value",
    } do
      write(text)
      local status, said, told = run "clerk invitations list --profile work"
      assert.equal(2, status, text .. told)
      assert.equal("", said)
      assert.matches(pattern, told)
      assert.is_nil(told:find("sk_test_1", 1, true))
    end
    if _VERSION ~= "Lua 5.1" then -- which does not tell how a command has ended
      write [[return { profiles = { work = { clerk = {
        secret_key = { command = "echo sk_test_1; exit 3" } } } } }]]
      local _, _, said = run "clerk invitations list --profile work"
      assert.matches("takes secret_key from a command that fails: echo sk_test_1; exit 3", said)
    end
    assert.matches("/: cannot be read", select(3, run("whoami", { CONVOKE_CONFIG = "/" })))
    local status, _, told = run("clerk invitations list",
      { CONVOKE_CONFIG = "/nonexistent/config" })
    assert.equal(2, status)
    assert.matches("cannot be read %(%$CONVOKE_CONFIG names it%)", told)
  end)
end)
