-- The REPL, typed at in a terminal.

local compile = require "spec.support.compile"
local convoke = require "convoke"
local limit = require "spec.support.limit"

local interpreter = os.getenv "LUA" or "lua5.4"

describe("the REPL", function()
  local library, terminal, said, home
  local is_open = false

  setup(function()
    library = compile("terminal", os.getenv "LUA_PC" or interpreter:match "[^/]*$")
    terminal = assert(package.loadlib(library, "luaopen_terminal"))()
    home = os.tmpname()
    os.remove(home)
    os.execute("mkdir " .. home)
  end)

  teardown(function()
    os.remove(library)
    os.execute("rm -r " .. home)
  end)

  -- A terminal's shell starts the sanitizer's library too late.
  local sanitized = (os.getenv "LD_PRELOAD" or ""):find "asan"
  local has_readline = pcall(require, "readline")

  -- Waits for a text on the terminal; returns what came before it.
  local function expect(text)
    for _ = 1, 150 do
      local from, to = said:find(text, 1, true)
      if from then
        local before = said:sub(1, from - 1)
        said = said:sub(to + 1)
        return before
      end
      local more = terminal.read(0.1)
      if not more then break end
      said = said .. more
    end
    error(("no %q in %q"):format(text, said), 2)
  end

  -- Starts one. `before`: Lua that runs first; or nil.
  local function open(options, before)
    local program = ([[%s require("convoke.repl").start { %s }]]):format(before or "", options)
    said, is_open = "", true
    terminal.open(("TERM=dumb COLUMNS=80 HOME=%s CONVOKE_HISTORY= exec env -u CONVOKE_HISTORY "
      .. "-u CLERK_SECRET_KEY %s -e '%s'"):format(home, interpreter, program))
  end

  -- Types a line at the next prompt, and expects what comes then.
  local function line(text, answer)
    expect "> "
    terminal.write(text .. "\n")
    if answer then return expect(answer) end
  end

  local function close()
    if is_open then terminal.close() end
    is_open = false
  end

  after_each(close)

  -- Types Ctrl-D at the prompt. Returns whether the program ends.
  local function ends()
    expect "> "
    terminal.write "\4"
    for _ = 1, 100 do
      if not terminal.read(0.1) then return true end
    end
    return false
  end

  -- Types Tab after a text, and expects what readline makes of it.
  local function completes(text, whole)
    terminal.write(text .. "\t")
    expect(whole)
    terminal.write "\21" -- takes the line away
  end

  it("has clients of all vendors ready, and prints answers and errors for people", function()
    if sanitized then return pending "not under the address sanitizer" end
    open "sandbox = true"
    line("clerk.invitations:create { email_address = 'ada@example.com', "
      .. 'public_metadata = { a = 1 } }',
      '\n  email_address = "ada@example.com",\r\n')
    expect "public_metadata = convoke.object { a = 1 },"
    line("print(_.status)", "\npending")
    line('clerk.invitations:create { email_address = "ada@example.com" }',
      "\nclerk.invitations.create: 400 duplicate_record: ")
    expect "\nThe API refused; nothing was done."
    line("_.code", '\n"duplicate_record"')
    line("clerk.invitations:create { expires_in_days = 400 }",
      "\n  expires_in_days  must be from 1 to 365\r\nNothing was sent.")
    line("#cvat.invitations:list({}).results + #gencove.invitations:list({}).results", "\n")
    line("print(#edgegap.sessions:list({}).data, convex)", "\n0\tconvoke.convex (http://127.0.0.1:")
    line("error 'mine'", "\nmine\r\n")
    line("clerk.invitatons", "\nconvoke.clerk has no invitatons; did you mean invitations?")
    line("for i = 1, 2 do")
    line("print('i' .. i)")
    line("end", "\ni1\r\ni2\r\n")
    line("1 +")
    line("2", "\n3\r\n")
    line("x y", "'y'\r\n")
    line("= 6 * 7", "\n42\r\n")
    assert.is_true(ends())
  end)

  it("starts in half a second, with the clients of a sandbox", function()
    if sanitized then return pending "not under the address sanitizer" end
    local began = convoke.now()
    open "sandbox = true"
    expect "> "
    assert.is_true(convoke.now() - began < limit(0.5))
  end)

  it("completes what the catalogue knows, and helps", function()
    if sanitized then return pending "not under the address sanitizer" end
    if not has_readline then return pending "readline is not installed for this Lua" end
    open "sandbox = true"
    expect "> "
    completes("convoke.cle", "convoke.clerk")
    completes("edgeg", "edgegap")
    completes("clerk.inv", "clerk.invitations")
    completes("x = clerk.invitations:rev", "x = clerk.invitations:revoke")
    completes("clerk.invitations:create { email", "{ email_address")
    completes("clerk.invitations:create { notify = true, templ", "notify = true, template_slug")
    completes('clerk.invitations:list { status = "exp', 'status = "expired')
    completes('clerk.invitations:list { status="exp', 'status="expired')
    completes('edgegap.sessions:create { filters = { { filter_type = "an', 'filter_type = "any')
    completes("cvat.invitations:create({ ema", "cvat.invitations:create({ email")
    completes('clerk:curl("create_inv', 'clerk:curl("create_invitation')
    completes('help "gencove.invitations.ac', 'help "gencove.invitations.accept')
    terminal.write "clerk.invitations:\t\t" -- the second one lists them
    expect "clerk.invitations:create_bulk"
    terminal.write "\21help(clerk.invitations.create)\n"
    expect "email_address    string; required. Address to invite"
    expect "\nExample\r\n"
    expect "create_invitation, as the reference of"
    line('clerk:curl("create_invitation", { email_address = "ada@example.com" })',
      '\n  --header "Authorization: Bearer $CLERK_SECRET_KEY" \\\r\n')
  end)

  it("comes back to the prompt when Ctrl-C is typed, and all goes on", function()
    if sanitized then return pending "not under the address sanitizer" end
    open "sandbox = true"
    line "sandbox:fault { api = 'clerk', delay = 60, times = 1 }"
    for _ = 1, 4 do
      -- LuaJIT does not look at hooks in what it has compiled.
      line("print('turn' .. 'ing') while true do tostring(1) print() end", "\nturning")
      terminal.write "\3"
      expect "interrupted!"
    end
    line("print('call' .. 'ing') clerk.invitations:list({}, { timeout = 50 })", "\ncalling")
    terminal.read(0.05)
    terminal.write "\3"
    expect "interrupted!"
    for _ = 1, 3 do
      expect "> "
      terminal.write "what is not wanted"
      expect "wanted"
      terminal.write "\3"
    end
    line("if true then")
    expect ">> "
    terminal.write "\3"
    line("clerk.invitations:list {}", "\n{}\r\n")
    line("print('still ' .. 'here')", "\nstill here")
  end)

  it("works at tasks while nobody types", function()
    if sanitized then return pending "not under the address sanitizer" end
    if not has_readline then return pending "readline is not installed for this Lua" end
    open "sandbox = true"
    line("t = convoke.spawn(function() convoke.sleep(0.05) clerk.invitations:list {} "
      .. "print('by ' .. 'itself') end)")
    expect "by itself"
    terminal.write "t:status()\n" -- the prompt is there already
    expect '\n"done"'
  end)

  it("remembers lines from one time to the next, but none with a secret", function()
    if sanitized then return pending "not under the address sanitizer" end
    if not has_readline then return pending "readline is not installed for this Lua" end
    open "sandbox = false"
    line("print('first ' .. 'line')", "\nfirst line")
    line "x = convoke.clerk { secret_key = 'sk_test_s3cret' }"
    line "y = convoke.cvat { username = 'a', password = \"s3cret\", url = 'http://127.0.0.1:1' }"
    line("print(x)", "\nconvoke.clerk (")
    assert.is_true(ends())
    close()
    local file = assert(io.open(home .. "/.convoke_history"))
    local text = file:read "*a"
    file:close()
    assert.truthy(text:find("print('first ' .. 'line')", 1, true))
    assert.is_nil(text:find "s3cret")
    open "sandbox = false"
    expect "> "
    terminal.write "\16\16\n" -- back two lines
    expect "\nfirst line"
  end)

  it("names the credential that is missing where a client is first used", function()
    if sanitized then return pending "not under the address sanitizer" end
    open "sandbox = false"
    line("clerk.invitations:list {}", "\nconvoke.clerk: a credential is missing: "
      .. "give the option secret_key (or the environment variable CLERK_SECRET_KEY)")
    line("nothing", "\nnil")
  end)

  it("works without readline, too", function()
    if sanitized then return pending "not under the address sanitizer" end
    open("sandbox = true", "package.preload.readline = function() error() end;")
    line("clerk.invitations:list {}", "\n{}\r\n")
    line("if true then")
    line("print('o' .. 'k') end", "\nok")
    for _ = 1, 3 do
      expect "> "
      terminal.write "\3"
    end
    line("print('turn' .. 'ing') while true do tostring(1) print() end", "\nturning")
    terminal.write "\3"
    expect "interrupted!"
    line("print('still ' .. 'here')", "\nstill here")
  end)

  it("reads a program from a pipe, without prompts", function()
    local pipe = assert(io.popen(("printf '1 + 1\\nx = 5\\nx\\n' | %s -e '%s'"):format(interpreter,
      'require("convoke.repl").start()')))
    local text = pipe:read "*a"
    pipe:close()
    assert.equal("2\n5\n", text)
  end)
end)
