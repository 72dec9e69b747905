-- The command at a terminal: tables, colours, Ctrl-C, and the commands that run on.

local command = require "spec.support.command"
local compile = require "spec.support.compile"
local json = require "convoke.sandbox.json"
local raw_server = require "spec.support.raw_server"

describe("the command at a terminal", function()
  local server, library, terminal, environment, said

  setup(function()
    server = raw_server.start()
    library = compile("terminal", os.getenv "LUA_PC" or raw_server.interpreter():match "[^/]*$")
    terminal = assert(package.loadlib(library, "luaopen_terminal"))()
    environment = { CLERK_API_URL = server.url, CLERK_SECRET_KEY = "sk_test_1234567890",
      TERM = "xterm" }
  end)

  teardown(function()
    server:stop()
    os.remove(library)
  end)

  local is_open = false

  before_each(function() said = "" end)

  after_each(function()
    if is_open then terminal.close() end
    is_open = false
  end)

  -- Runs it in a terminal of so many columns; its exit status is printed behind what it says.
  local function open(arguments, columns, env)
    local all = {}
    for name, value in pairs(environment) do all[name] = value end
    for name, value in pairs(env or {}) do all[name] = value end
    is_open = true
    terminal.open(("trap : INT; stty cols %d; %s %s; echo status=$?"):format(columns or 80,
      command.prefix(all), arguments))
  end

  -- Waits for a text on the terminal.
  local function expect(text)
    for _ = 1, 200 do
      if said:find(text, 1, true) then return end
      local more = terminal.read(0.1)
      if not more then break end
      said = said .. more
    end
    assert(said:find(text, 1, true), ("no %q in %q"):format(text, said))
  end

  -- All that it printed until its end, and its exit status.
  local function finish()
    expect "status="
    terminal.close()
    is_open = false
    local all, status = said:match "^(.*)status=(%d+)"
    return all:gsub("\r\n", "\n"), tonumber(status)
  end

  local function invitation(number)
    return { id = ("inv_%d"):format(number), object = "invitation", status = "pending",
      email_address = ("person%d@example.com"):format(number),
      public_metadata = { text = ("long "):rep(20) }, created_at = 1700000000000,
      updated_at = 1700000000000, url = "https://example.com/" .. ("x"):rep(60) }
  end

  local function serve(value)
    server:play { raw_server.always(raw_server.answer(200, json.encode(value))) }
  end

  it("prints a table by itself, with a bold head, that fits", function()
    serve(json.array { invitation(1), invitation(2) })
    for _, columns in ipairs { 40, 80, 132 } do
      open("clerk invitations list", columns)
      local all, status = finish()
      said = ""
      assert.equal(0, status)
      assert.matches("^\27%[1mid  +email_address", all)
      assert.matches("\ninv_2  person2@example.com", all)
      for line in all:gsub("\27%[[%d;]*m", ""):gmatch "[^\n]+" do
        local plain = line:gsub("\226\128\166", ".")
        assert.is_true(#plain <= columns or line:find "^%(not shown" ~= nil, line)
      end
    end
  end)

  it("says which columns have no room, on standard error", function()
    serve(json.array { invitation(1) })
    open("clerk invitations list 2>/dev/null", 60)
    assert.is_nil(finish():find("not shown", 1, true))
    said = ""
    open("clerk invitations list", 60)
    assert.matches("%(not shown: .*url; %-%-fields or %-o json shows them%)", (finish()))
  end)

  it("has no colours where NO_COLOR is set, nor in what is no terminal", function()
    serve(json.array { invitation(1) })
    open("clerk invitations list", 80, { NO_COLOR = "1" })
    assert.is_nil(finish():find("\27", 1, true))
    said = ""
    open("clerk invitations list -o table | cat", 80)
    assert.is_nil(finish():find("\27", 1, true))
    said = ""
    open "clerk invitations creat"
    assert.matches("^\27%[1;31mconvoke:\27%[0m ", (finish()))
  end)

  it("shows the doctor's report in colours, and folds it", function()
    local address = environment.CLERK_API_URL
    finally(function() environment.CLERK_API_URL = address end)
    environment.CLERK_API_URL = "https://127.0.0.1:1"
    for _, columns in ipairs { 70, 80, 132 } do
      open("doctor clerk", columns, { SSL_CERT_FILE = "/nonexistent/ca.pem" })
      local all, status = finish()
      said = ""
      assert.equal(1, status)
      assert.matches("^\27%[1mLibraries\27%[0m\n  \27%[32mok     \27%[0m  convoke ", all)
      assert.matches("\n  \27%[1;31mwrong  \27%[0m  clerk  ", all)
      assert.matches("\n\27%[1;31m%d things are wrong%.\27%[0m\n$", all)
      for line in all:gsub("\27%[[%d;]*m", ""):gmatch "[^\n]+" do
        local word = line:match "^ +(%S+)$" -- one that is too long stands alone
        assert.is_true(#line <= columns or word ~= nil, line)
      end
    end
    open("doctor --offline", 80, { NO_COLOR = "1", SSL_CERT_FILE = "" })
    assert.is_nil(finish():find("\27", 1, true))
  end)

  it("never cuts JSON", function()
    serve(json.array { invitation(1) })
    open("clerk invitations list -o json", 40)
    local all = finish()
    assert.same(invitation(1), json.decode(all)[1])
    assert.matches('^%[\n  {\n    "object": "invitation",\n', all)
  end)

  it("says so where there is nothing", function()
    serve(json.array {})
    open "clerk invitations list"
    assert.equal("(nothing there)\n", (finish()))
    said = ""
    server:play { raw_server.always(raw_server.answer(200, '{"status":"success","value":{}}')) }
    open("convex query --path a:b", 80, { CONVEX_URL = server.url })
    assert.equal("(nothing there)\n", (finish()))
  end)

  it("does not read parameters from the terminal", function()
    open "clerk invitations create"
    local _, status = finish()
    assert.equal(2, status)
  end)

  describe("after Ctrl-C", function()
    local answer = raw_server.answer(200, json.encode(json.array { invitation(1), invitation(2) }))

    -- Has a call under way whose answer takes as long.
    local function begin(arguments, seconds)
      server:play { { { "receive" }, { "sleep", seconds }, { "send", answer }, { "receive" },
        { "send", answer } } }
      open("clerk invitations list -vv -o lines --fields id " .. arguments)
      expect "> GET"
      terminal.write "\003"
      expect "what is under way is finished first"
    end

    it("finishes what is under way, and tells how it went", function()
      begin("", 2)
      local all, status = finish()
      assert.equal(0, status)
      assert.matches("inv_1\ninv_2\n", all)
    end)

    it("asks for no further page, and ends with 130", function()
      begin("--all --limit 2", 2)
      local all, status = finish()
      assert.equal(130, status)
      assert.matches("inv_1\ninv_2\n", all)
      assert.equal(1, #server:requests())
    end)

    it("typed twice stops at once, with 130", function()
      begin("", 60)
      terminal.write "\003"
      local all, status = finish()
      assert.equal(130, status)
      assert.is_nil(all:find("inv_1", 1, true))
    end)
  end)

  it("serves the sandbox until it is stopped", function()
    local why = command.cannot_serve()
    if why then return pending(why) end
    open "sandbox --shell"
    expect "export CONVOKE_SANDBOX_TOKEN="
    expect "export CLERK_SECRET_KEY='sk_test_"
    terminal.write "\003"
    local _, status = finish()
    assert.equal(0, status)
  end)

  it("starts the REPL, offline where that is wanted", function()
    if (os.getenv "LD_PRELOAD" or ""):find "asan" then return pending "readline leaks 4 bytes" end
    open "repl --sandbox"
    expect "> "
    said = ""
    terminal.write "'it ' .. 'is ' .. tostring(clerk)\n"
    expect '/v1)"'
    assert.matches("it is convoke.clerk (http://127.0.0.1:", said, 1, true)
    said = said:match '/v1%)"(.*)$'
    expect "> "
    terminal.write "\004"
    local _, status = finish()
    assert.equal(0, status)
  end)
end)
