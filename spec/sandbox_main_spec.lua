-- Starting the sandbox, from Lua and as a program.

local json = require "convoke.sandbox.json"
local sandbox = require "convoke.sandbox"
local socket = require "socket"

local unpack = table.unpack or unpack -- luacheck: ignore

describe("starting the sandbox", function()
  it("gives an address and credentials for each API", function()
    local server = sandbox.start()
    finally(function() server:stop() end)
    for _, api in ipairs { "clerk", "convex", "cvat", "gencove", "edgegap" } do
      assert.matches("^http://127%.0%.0%.1:%d+", server[api].url)
    end
    assert.matches("/v1$", server.clerk.url)
    assert.matches("/api/v2$", server.gencove.url)
    assert.matches("^sk_test_", server.clerk.secret_key)
  end)

  it("takes five ports in a row from the one it is given", function()
    local first, started, server
    for attempt = 1, 5 do -- one of the ports may be taken
      first = 10000 + (math.floor(socket.gettime() * 1000) + attempt * 997) % 20000
      started, server = pcall(sandbox.start, { port = first })
      if started then break end
    end
    assert(started, server)
    finally(function() server:stop() end)
    for i, api in ipairs { "clerk", "convex", "cvat", "gencove", "edgegap" } do
      assert.equal(tostring(first + i - 1), server[api].url:match(":(%d+)"))
    end
  end)

  it("says why when the interpreter cannot be run", function()
    assert.has_error(function() sandbox.start { lua = "/nonexistent/lua" } end)
    local _, why = pcall(sandbox.start, { lua = "/nonexistent/lua" })
    assert.matches("the sandbox did not start: .*/nonexistent/lua", why)
  end)

  -- Runs a Lua text in another process with these programs before all others in its PATH: name ->
  -- shell script; `settings`: environment variables as the shell has them, or nil. Returns what it
  -- printed.
  local function run_beside(programs, text, settings)
    local pipe = io.popen("mktemp -d", "r")
    local folder = pipe:read "*l"
    pipe:close()
    for name, script in pairs(programs) do
      local file = assert(io.open(folder .. "/" .. name, "w"))
      file:write("#!/bin/sh\n", script, "\n")
      file:close()
      os.execute("chmod +x " .. folder .. "/" .. name)
    end
    local interpreter = require("spec.support.raw_server").interpreter()
    local program = ("package.path = %q; package.cpath = %q; "):format(package.path, package.cpath)
      .. text
    pipe = io.popen(("PATH=%s:$PATH %s %s -e '%s' 2>&1"):format(folder, settings or "", interpreter,
      program:gsub("'", "'\\''")), "r")
    local said = pipe:read "*a"
    pipe:close()
    os.execute("rm -r " .. folder)
    return said
  end

  it("takes the Lua that CONVOKE_SANDBOX_LUA names", function()
    local lua = os.getenv "CONVOKE_SANDBOX_LUA" or require("spec.support.raw_server").interpreter()
    local said = run_beside({ ["spare-lua"] = ('echo ran >"$0.out"; exec %s "$@"'):format(lua) }, [[
      local one = require("convoke.sandbox").start()
      local ran = io.popen('cat "$(command -v spare-lua).out"'):read "*l"
      print(#one:requests "clerk", ran)
      one:stop() ]], "CONVOKE_SANDBOX_LUA=spare-lua")
    assert.equal("0\tran\n", said)
  end)

  it("is told and asked by LuaSocket where the Lua that started it has no cqueues", function()
    local said = run_beside({}, [[
      for _, name in ipairs { "cqueues", "cqueues.socket" } do
        package.preload[name] = function() error(name .. " is not there") end
      end
      local one = require("convoke.sandbox").start()
      one:advance(3600)
      one:reset "clerk"
      print(#one:requests "clerk", type(one:books "clerk"))
      one:stop() ]])
    assert.equal("0\ttable\n", said)
  end)

  it("meets its starter in a folder that is closed to others", function()
    local said = run_beside({ mkfifo = [[
      for last; do :; done
      stat -c "folder %a %u" "$(dirname "$last")" >&2
      PATH=/usr/bin:/bin exec mkfifo "$@" ]] },
      [[local one = require("convoke.sandbox").start() one:stop() print "stopped"]])
    local pipe = io.popen("id -u", "r")
    local user = pipe:read "*l"
    pipe:close()
    assert.matches("folder 700 " .. user, said)
    assert.matches("stopped", said)
  end)

  it("does not start where its pipe cannot be made", function()
    local said = run_beside({ mkfifo = "echo cannot: exists >&2; exit 1" },
      [[print(pcall(require("convoke.sandbox").start))]])
    assert.matches("^[^\n]*cannot: exists", said)
    assert.matches("false\t.*the sandbox did not start", said)
  end)

  describe("as a program", function()
    local function run_main(arguments)
      local out = os.tmpname()
      local interpreter = os.getenv "CONVOKE_SANDBOX_LUA"
        or require("spec.support.raw_server").interpreter()
      local main = package.searchpath and package.searchpath("convoke.sandbox.main", package.path)
        or "lua/convoke/sandbox/main.lua"
      local pipe = io.popen(("%s %s %s >%s 2>&1 </dev/null & echo $!"):format(interpreter, main,
        arguments, out), "r")
      local id = pipe:read "*l"
      pipe:close()
      local function text()
        local file = assert(io.open(out))
        local all = file:read "*a"
        file:close()
        return all
      end
      return text, function()
        os.execute("kill " .. id)
        os.remove(out)
      end
    end

    local function wait_for(text, pattern)
      local deadline = socket.gettime() + 20
      while not text():find(pattern) and socket.gettime() < deadline do socket.sleep(0.02) end
      return text()
    end

    it("prints one line with addresses, credentials and its control token", function()
      local text, stop = run_main ""
      finally(stop)
      local line = wait_for(text, "\n")
      local told = json.decode(line)
      assert.matches("^%x+$", told.control_token)
      for _, api in ipairs { "clerk", "convex", "cvat", "gencove", "edgegap" } do
        assert.matches("^http://127%.0%.0%.1:%d+", told[api].url)
      end
    end)

    it("tells a shell of no access token where CVAT takes none, but of a password", function()
      local text, stop = run_main "--shell"
      finally(stop)
      local lines = wait_for(text, "CONVOKE_SANDBOX_TOKEN='%x+'\n")
      assert.not_matches("CVAT_ACCESS_TOKEN", lines)
      assert.matches("CVAT_USERNAME='olivia'\nexport CVAT_PASSWORD='sandbox%-password'", lines)
    end)

    it("prints lines for a shell with --shell", function()
      local text, stop = run_main "--shell --cvat 2.80"
      finally(stop)
      local lines = wait_for(text, "CONVOKE_SANDBOX_TOKEN='%x+'\n")
      local file = os.tmpname()
      local handle = assert(io.open(file, "w"))
      handle:write(lines)
      handle:close()
      local interpreter = require("spec.support.raw_server").interpreter()
      local program = ("package.path, package.cpath = %q, %q; "):format(package.path, package.cpath)
        .. [[local convoke = require "convoke"
        for _, client in ipairs { convoke.clerk {}, convoke.gencove {},
            convoke.cvat { url = os.getenv "CVAT_URL" } } do
          assert(client.invitations:list {})
        end
        assert(convoke.edgegap {}.sessions:list {})
        assert(convoke.convex {}:mutation("testing:echo", {}))
        print "all five" ]]
      local pipe = io.popen((". %s; %s -e '%s' 2>&1"):format(file, interpreter, program), "r")
      local said = pipe:read "*a"
      pipe:close()
      os.remove(file)
      assert.equal("all five\n", said)
      for line in lines:gmatch "[^\n]+" do assert.matches("^export [%u_]+='[^']*'$", line) end
    end)
  end)

  it("refuses options it does not have", function()
    assert.has_error(function() sandbox.start { prot = 8900 } end, "unknown option prot")
  end)

  it("names the package when lua-http is missing", function()
    local loaded = package.loaded["http.server"]
    local path = package.path
    package.loaded["http.server"] = nil
    package.preload["http.server"] = function() error "not here" end
    local ok, why = pcall(sandbox.main, {})
    package.loaded["http.server"], package.preload["http.server"] = loaded, nil
    package.path = path
    assert.is_false(ok)
    assert.matches("^the sandbox needs lua%-http .*apt install lua%-http", why)
    assert.not_matches("\n", why)
  end)

  it("says why when a port is taken", function()
    local server = sandbox.start()
    finally(function() server:stop() end)
    local port = tonumber(server.clerk.url:match(":(%d+)"))
    local ok, why = pcall(sandbox.start, { port = port })
    assert.is_false(ok)
    assert.matches("cannot listen on port " .. port, why, 1, true)
  end)

  it("stops, twice if need be, and then answers no more", function()
    local server = sandbox.start()
    server:stop()
    server:stop()
    local host, port = server.clerk.url:match("//([^:]+):(%d+)")
    assert.is_nil(socket.connect(host, tonumber(port)))
  end)

  it("ends with its parent, even when that is killed", function()
    local out = os.tmpname()
    finally(function() os.remove(out) end)
    local interpreter = arg[-1] or "lua5.4"
    local i = -1
    while arg[i] do
      interpreter = arg[i]
      i = i - 1
    end
    -- The child is a Lua that starts a sandbox, tells its address and kills itself.
    local program = ("package.path = %q; package.cpath = %q; ")
      :format(package.path, package.cpath)
      .. "io.stdout:write(require('convoke.sandbox').start().clerk.url) io.stdout:flush() "
      .. "os.execute('kill -9 $PPID')"
    os.execute(("%s -e '%s' >%s 2>/dev/null"):format(interpreter, program:gsub("'", "'\\''"), out))
    local file = assert(io.open(out))
    local url = file:read("*a")
    file:close()
    local host, port = url:match("//([^:]+):(%d+)")
    assert.is_string(port, "the child did not start a sandbox: " .. url)
    local connection
    for _ = 1, 50 do
      connection = socket.connect(host, tonumber(port))
      if not connection then break end
      connection:close()
      socket.sleep(0.05)
    end
    assert.is_nil(connection)
  end)
end)
