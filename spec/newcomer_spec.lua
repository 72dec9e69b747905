-- What somebody does who has never read a page about convoke: typed in a terminal.

local command = require "spec.support.command"
local compile = require "spec.support.compile"

local interpreter = os.getenv "LUA" or "lua5.4"

describe("a newcomer at a terminal", function()
  local library, terminal, said, home

  setup(function()
    library = compile("terminal", os.getenv "LUA_PC" or interpreter:match "[^/]*$")
    terminal = assert(package.loadlib(library, "luaopen_terminal"))()
    home = os.tmpname()
    os.remove(home)
    os.execute("mkdir -p " .. home .. "/bin")
    local main = assert(package.searchpath and package.searchpath("convoke.cli.main", package.path)
      or "lua/convoke/cli/main.lua")
    local file = assert(io.open(home .. "/bin/convoke", "w"))
    file:write(("#!/bin/sh\nexec %s '%s' \"$@\"\n"):format(interpreter,
      main:sub(1, 1) == "/" and main or os.getenv "PWD" .. "/" .. main))
    file:close()
    os.execute("chmod 755 " .. home .. "/bin/convoke")
  end)

  teardown(function()
    os.remove(library)
    os.execute(("kill $(cat %s/pid) 2>/dev/null"):format(home))
    os.execute("rm -r " .. home)
  end)

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

  local function line(text, answer)
    terminal.write(text .. "\n")
    return expect(answer)
  end

  -- A terminal's shell starts the sanitizer's library too late.
  local sanitized = (os.getenv "LD_PRELOAD" or ""):find "asan"

  it("finds out how to invite somebody, does it offline, and again in the shell", function()
    local why = sanitized and "not under the address sanitizer" or command.cannot_serve()
    if why then return pending(why) end
    finally(terminal.close)
    said = ""
    terminal.open(("cd %s && HOME=%s TERM=dumb PS1='$ ' PATH=%s/bin:$PATH exec env "
      .. "-u CLERK_SECRET_KEY -u CLERK_API_URL -u CONVOKE_HISTORY -u ENV sh -i"):format(home, home,
      home))
    expect "$ "
    line("convoke --help", "convoke repl --sandbox")
    expect "$ "
    line("convoke repl --sandbox", "Nothing leaves this machine.")
    expect "> "
    line('help "invite"', "clerk.invitations:create ")
    expect "> "
    line("help(clerk.invitations.create)", "email_address    string; required.")
    expect "\nExample\r\n  clerk.invitations:create {"
    expect "In a shell: convoke help clerk invitations create"
    expect "> "
    line("clerk.invitations:create { email_address = 'ada@example.com' }",
      '\n  email_address = "ada@example.com",')
    expect '\n  status = "pending",'
    expect "> "
    line("clerk:curl('create_invitation', { email_address = 'ada@example.com' })",
      "\ncurl 'http://")
    expect [[--data-raw '{"email_address":"ada@example.com"}']]
    expect "> "
    line('help "sandbox"', "convoke sandbox --shell >sandbox.env &")
    expect "> "
    terminal.write "\4"
    expect "$ "
    line("convoke help clerk invitations create", "--email_address")
    expect "$ "
    line("convoke sandbox --shell >sandbox.env & echo $! >pid", "$ ")
    line("until grep -q SANDBOX_TOKEN sandbox.env; do sleep 0.1; done; . ./sandbox.env; "
      .. "echo re''ady", "\nready")
    expect "$ "
    line("convoke clerk invitations create --email_address ada@example.com --curl", "curl 'http")
    expect "$ "
    line("convoke clerk invitations create --email_address ada@example.com -o csv >made.csv; "
      .. "echo st''atus $?", "\nstatus 0")
    expect "$ "
    line("convoke clerk invitations list --all -o csv --fields email_address,status >all.csv; "
      .. "cat all.csv; echo en''d", "\nend")
    terminal.close()
    local function read(name)
      local file = assert(io.open(home .. "/" .. name))
      local text = file:read "*a"
      file:close()
      return text
    end
    assert.equal("email_address,status\nada@example.com,pending\n", (read "all.csv":gsub("\r", "")))
    assert.truthy(read "made.csv":find("ada@example.com", 1, true))
    if pcall(require, "readline") then
      assert.truthy(read ".convoke_history":find("help(clerk.invitations.create)", 1, true))
    end
  end)
end)
