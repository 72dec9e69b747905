-- The command: completion, in the shells themselves, and help.

local command = require "spec.support.command"
local convoke = require "convoke"
local limit = require "spec.support.limit"
local raw_server = require "spec.support.raw_server"
local socket = require "socket"

local quote = raw_server.quote

local function capture(text)
  local pipe = io.popen(text .. " 2>&1")
  local said = pipe:read "*a"
  pipe:close()
  return said
end

describe("completion of the command", function()
  -- What may stand in the place of the last word.
  local function complete(words, env)
    local _, said = command.run("__complete fish " .. words, { env = env })
    local found = {}
    for word in said:gmatch "([^\t\n]*)\t[^\n]*\n" do found[#found + 1] = word end
    return found
  end

  it("knows APIs, resources, verbs and commands", function()
    assert.same({ "clerk", "convex", "cvat", "completion" }, complete "c")
    assert.same({ "invitations" }, complete "clerk inv")
    assert.same({ "create", "create_bulk" }, complete "clerk invitations cr")
    assert.same({ "mutation" }, complete "convex mu")
    assert.same({ "create", "create_bulk" }, complete "help clerk invitations cr")
    assert.same({ "bash", "zsh", "fish" }, complete "completion ''")
    assert.same({ "gencove" }, complete "whoami g")
    assert.same({ "gencove" }, complete "doctor g")
    assert.same({ "--offline", "--profile" }, complete "doctor --")
    assert.same({ "resume", "retry", "report" }, complete "job re")
  end)

  it("knows every operation and every parameter that is not an alias", function()
    for _, position in ipairs { 1, 30, #convoke.operations } do
      local operation = convoke.operations[position]
      local found = {}
      for _, word in ipairs(complete((operation.name:gsub("%.", " ")) .. " --")) do
        found[word] = true
      end
      for _, param in ipairs(operation.params) do
        assert.equal(param.alias_of == nil, found["--" .. param.name] ~= nil, param.name)
      end
      assert.is_true(found["--output"] and found["--dry-run"])
    end
    for _, word in ipairs(complete "cvat invitations list --") do
      assert.not_equal("--X-Organization", word)
    end
  end)

  it("knows words of enums, booleans, formats and fields", function()
    assert.same({ "pending", "accepted", "revoked", "expired" },
      complete "clerk invitations list --status ''")
    assert.same({ "--status=pending" }, complete "clerk invitations list --status=p")
    assert.same({ "true" }, complete "clerk invitations create --notify t")
    assert.same({ "json", "jsonl" }, complete "clerk invitations list -o js")
    assert.same({ "id,status" }, complete "clerk invitations list --fields id,st")
    assert.same({}, complete "clerk invitations list --query p")
  end)

  it("offers no option twice, and --all for listings only", function()
    local found = complete "clerk invitations create --email_address x --"
    for _, word in ipairs(found) do
      assert.not_equal("--email_address", word)
      assert.not_equal("--all", word)
    end
    assert.same({ "--all" }, complete "clerk invitations list --al")
  end)

  it("knows the names of profiles", function()
    local config = os.tmpname()
    finally(function() os.remove(config) end)
    local file = assert(io.open(config, "w"))
    file:write "return { profiles = { work = {}, home = {} } }"
    file:close()
    local env = { CONVOKE_CONFIG = config }
    assert.same({ "home", "work" }, complete("clerk invitations list --profile ''", env))
    assert.same({ "work" }, complete("whoami --profile w", env))
  end)

  describe("in a shell", function()
    local folder

    -- A folder with the command in it, for the shells' PATH.
    setup(function()
      folder = os.tmpname()
      os.remove(folder)
      assert(os.execute("mkdir " .. folder))
      local file = assert(io.open(folder .. "/convoke", "w"))
      file:write("#!/bin/sh\nexec ", command.prefix {}, ' "$@"\n')
      file:close()
      os.execute("chmod +x " .. folder .. "/convoke")
    end)

    teardown(function() os.execute("rm -r " .. folder) end)

    local function run_in(shell, script)
      if capture("command -v " .. shell) == "" then return nil end
      local path = folder .. "/script"
      local file = assert(io.open(path, "w"))
      file:write(script)
      file:close()
      return capture(("env -u LD_PRELOAD PATH=%s:$PATH HOME=%s %s %s"):format(folder, folder,
        shell, quote(path)))
    end

    it("works in bash, also behind an equals sign", function()
      local said = run_in("bash", [[
        source <(convoke completion bash)
        complete -p convoke
        try() {
          COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
          _convoke 2>/dev/null
          echo "${COMPREPLY[*]}"
        }
        try convoke clerk inv
        try convoke clerk invitations list --status ""
        try convoke clerk invitations list --status = pe
        try convoke clerk invitations create --email
      ]])
      if not said then return pending "no bash" end
      assert.equal("complete -o default -F _convoke convoke\ninvitations\n"
        .. "pending accepted revoked expired\npending\n--email_address\n", said)
    end)

    it("works in zsh", function()
      local said = run_in("zsh -f", [[
        autoload -Uz compinit && compinit -u -D
        source <(convoke completion zsh)
        echo "$_comps[convoke]"
        _describe() { print -l -- "${(@P)3}" }
        words=(convoke clerk invitations list --status pe) CURRENT=6
        _convoke
        words=(convoke clerk invitations create --email) CURRENT=5
        _convoke
      ]])
      if not said or said:find "not found" then return pending "no zsh" end
      assert.equal("_convoke\npending\n--email_address:Address to invite\n", said)
    end)

    it("works in fish", function()
      local said = run_in("fish --no-config", [[
        convoke completion fish | source
        complete -C "convoke clerk invitations list --status p"
        complete -C "convoke clerk inv"
        complete -C "convoke cl"
      ]])
      if not said or said:find "not found" then return pending "no fish" end
      assert.equal("pending\ninvitations\nclerk\tClerk Backend API\n", said)
    end)
  end)
end)

describe("help of the command", function()
  local function run(arguments)
    local status, said, told = command.run(arguments)
    assert.equal(0, status, told)
    assert.equal("", told)
    for line in said:gmatch "[^\n]*" do assert.is_true(#line <= 80, line) end
    return said
  end

  it("names every API and command on its first page", function()
    local said = run ""
    assert.equal(said, run "--help")
    assert.equal(said, run "help")
    for _, name in ipairs { "clerk", "convex", "cvat", "edgegap", "gencove", "whoami", "doctor",
      "completion", "sandbox", "repl", "help" } do
      assert.matches("\n   " .. name .. " ", said)
    end
  end)

  it("of an API or a resource lists its operations", function()
    assert.matches("\n   invitations revoke  ", run "help clerk")
    assert.equal(run "help cvat invitations", run "cvat invitations --help")
    assert.is_nil(run("help clerk invitations"):find("sessions", 1, true))
  end)

  it("of an operation has parameters with types, defaults, bounds and words", function()
    local said = run "clerk invitations create --help"
    assert.matches("^Usage: convoke clerk invitations create %-%-email_address TEXT %[options%]\n",
      said)
    assert.matches("%-%-email_address TEXT +Address to invite %(required%)", said)
    assert.matches("%-%-notify true|false +Whether to send the e%-mail %(default true%)", said)
    assert.matches("%-%-expires_in_days N +Validity in days %(1 to 365, default 30%)", said)
    assert.matches("%-%-template_slug invitation|waitlist_invitation\n", said)
    assert.is_nil(said:find("--all", 1, true))
    assert.matches("%-%-all ", run "clerk invitations list -h")
  end)

  it("tells with the word help what it answers with, its errors and limits, too", function()
    local said = run "help clerk invitations create"
    for _, part in ipairs { "\nAnswer\n", "\nErrors\n", "\nLimits\n", "\nExample in Lua\n" } do
      assert.matches(part, said, 1, true)
    end
  end)

  it("is there for every operation, by its own parser", function()
    local exit = require "convoke.cli.exit"
    local parser = require "convoke.cli.parser"
    for _, operation in ipairs(convoke.operations) do
      local text = parser.make(operation, 80):get_help()
      for _, param in ipairs(operation.params) do
        local option = "--" .. parser.option_of(param):gsub("%p", "%%%0")
        assert.equal(param.alias_of == nil, text:find(option .. " ") ~= nil, operation.name)
      end
      local read, common = pcall(parser.read, operation, { "--help" })
      assert.is_true(read, not exit.is_stop(common) and common or common.message)
    end
  end)

  it("of a command is what its --help says", function()
    for _, name in ipairs { "whoami", "doctor", "completion", "sandbox", "repl" } do
      local said = run("help " .. name)
      assert.matches("^Usage: convoke " .. name, said)
      assert.equal(said, run(name .. " --help"))
    end
  end)

  it("is named by a command that is given wrong words", function()
    for arguments, pattern in pairs {
      ["sandbox --prot 1"] =
        "^convoke: unknown argument %-%-prot\n  See: convoke sandbox %-%-help\n",
      ["repl --sandbix"] = "^convoke: unknown argument %-%-sandbix\n  Known is: %-%-sandbox\n",
      ["completion tcsh"] = "^convoke: there is no completion for tcsh\n  .*zsh",
      ["whoami clark"] = "^convoke: there is no API clark\n  Did you mean clerk%?\n",
      ["whoami --frobnicate"] = "^convoke: unknown option %-%-frobnicate\n",
    } do
      local status, said, told = command.run(arguments)
      assert.equal(2, status, told)
      assert.equal("", said)
      assert.matches(pattern, told)
    end
  end)

  it("says what is meant where there is nothing of that name", function()
    local status, said, told = command.run "help clark"
    assert.equal(2, status)
    assert.equal("", said)
    assert.matches("Did you mean clerk%?", told)
  end)

  it("comes in 30 ms", function()
    local line = command.prefix {} .. " edgegap sessions create --help >/dev/null"
    local best = math.huge
    for _ = 1, 10 do
      local started = socket.gettime()
      os.execute(line)
      best = math.min(best, socket.gettime() - started)
    end
    assert.is_true(best < limit(0.03), ("%.3f s"):format(best))
  end)

  it("tells its version", function()
    assert.equal("convoke " .. convoke.version .. "\n", run "--version")
  end)
end)
