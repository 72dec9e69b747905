-- The commands around the build, run as a user runs them.

local lfs = require "lfs"

local here = lfs.currentdir()
local lua = os.getenv "LUA" or arg and arg[-1] or "lua5.4"

-- Runs a shell command; returns whether it succeeded and what it printed, on both channels.
-- Without the paths, flags and preloaded libraries that a surrounding make has set.
local function run(command, settings)
  local clean = "env -u MAKEFLAGS -u CFLAGS -u LDFLAGS -u LD_PRELOAD -u LUA_PATH -u LUA_CPATH "
  local name = os.tmpname()
  local file = assert(io.open(name, "w"))
  file:write(command, "\n")
  file:close()
  local pipe = io.popen(("%s %s sh -e %s 2>&1 </dev/null; echo $?; rm %s")
    :format(clean, settings or "", name, name))
  local text = pipe:read "*a"
  pipe:close()
  local output, status = text:match "^(.-)(%d+)\n$"
  return status == "0", output
end

local function fresh_folder()
  local name = os.tmpname()
  os.remove(name)
  assert(lfs.mkdir(name))
  finally(function() run("rm -rf " .. name) end)
  return name
end

local ask = "'print(require(\"convoke\").operations[1].name)'"

describe("a core built for another Lua", function()
  -- Has another Lua load the core of the Lua under test; returns what it says, or nil: not there.
  local function load_by(other, preload)
    if not run("command -v " .. other) then return nil end
    local _, said = run(([[
      eval "$(make -s --no-print-directory LUA=%s env)"
      %s %s -e 'print(pcall(require, "convoke"))']]):format(lua, preload or "", other))
    return said
  end

  it("is refused with a message that says so", function()
    local version = rawget(_G, "jit") and "lua5.1" or "lua" .. _VERSION:match "%d%.%d"
    local tried = 0
    for _, other in ipairs { "lua5.1", "lua5.3", "lua5.4", "lua5.5" } do
      local said = other ~= version and load_by(other)
      if said then
        tried = tried + 1
        assert.match("^false%s+convoke: its core was built for another Lua", said)
      end
    end
    assert(tried > 0 or not run "command -v lua5.3", "no other Lua")
  end)

  if tonumber(_VERSION:match "%d%.%d") >= 5.4 then
    it("is refused, too, where nothing is missing when it is loaded", function()
      local library = require "spec.support.compile" "newer_lua"
      local said = load_by("lua5.3", "LD_PRELOAD=" .. library)
      os.remove(library)
      if not said then return pending "no Lua 5.3" end
      assert.match("^false%s+convoke: its core was built for another Lua", said)
      assert.match("version mismatch", said)
    end)
  end
end)

describe("the tree", function()
  it("holds only Lua files that the Lua under test can read", function()
    local names = assert(io.popen -- what makes cases for `make fuzz` has operators of Lua 5.3
      "find lua spec examples .ci -name '*.lua' -not -path 'spec/programs/fuzz/*'")
    local count, wrong = 0, {}
    for name in names:lines() do
      local _, why = loadfile(name)
      count, wrong[#wrong + 1] = count + 1, why
    end
    names:close()
    assert.same({}, wrong)
    assert(count > 100)
  end)
end)

describe("make", function()
  it("has nothing to do when everything is built", function()
    assert.is_true(run("make LUA=" .. lua))
    local ok, output = run("make LUA=" .. lua)
    assert.is_true(ok)
    assert.match("[Nn]othing to be done", output)
  end)

  it("env gives the paths with which a plain interpreter finds the build from anywhere", function()
    local ok, output = run(([[
      eval "$(make -s --no-print-directory LUA=%s env)"
      cd / && %s -e %s]]):format(lua, lua, ask))
    assert.is_true(ok, output)
    assert.match("^clerk.invitations.create%s", output)
  end)

  it("env keeps what the user's own paths hold", function()
    local ok, output = run(("make -s --no-print-directory LUA=%s env"):format(lua),
      "LUA_PATH='/my/own/?.lua;;' LUA_CPATH='/my/own/?.so;;'")
    assert.is_true(ok, output)
    assert.match("LUA_PATH='[^\n]*/my/own/%?%.lua;;'", output)
    assert.match("LUA_CPATH='[^\n]*/my/own/%?%.so;;'", output)
  end)

  it("install puts all where this Lua looks below its prefix, uninstall takes it away", function()
    local root = fresh_folder()
    local version = _VERSION:match "%d%.%d"
    local ok, output = run(("make LUA=%s PREFIX=/usr DESTDIR=%s install"):format(lua, root))
    assert.is_true(ok, output)
    ok, output = run(([[
      export LUA_PATH='%s/usr/share/lua/%s/?.lua;%s/usr/share/lua/%s/?/init.lua;;'
      export LUA_CPATH='%s/usr/lib/lua/%s/?.so;;'
      cd / && %s -e %s]])
      :format(root, version, root, version, root, version, lua, ask))
    assert.is_true(ok, output)
    assert.match("^clerk.invitations.create%s", output)
    assert.equal("file", lfs.attributes(root .. "/usr/include/convoke.h", "mode"))

    ok, output = run(("make LUA=%s PREFIX=/usr DESTDIR=%s uninstall"):format(lua, root))
    assert.is_true(ok, output)
    local _, left = run(("find %s -type f"):format(root))
    assert.equal("", left)
  end)

  it("install brings the command, which finds its modules from anywhere", function()
    local root = fresh_folder()
    local ok, output = run(("make LUA=%s PREFIX=%s/it install"):format(lua, root))
    assert.is_true(ok, output)
    ok, output = run(("cd / && %s/it/bin/convoke help clerk invitations create"):format(root))
    assert.is_true(ok, output)
    assert.match("^Usage: convoke clerk invitations create ", output)
    ok, output = run(("make LUA=%s PREFIX=%s/it uninstall; find %s -type f")
      :format(lua, root, root))
    assert.is_true(ok)
    assert.is_nil(output:find("\n/", 1, true), output)
  end)

  it("env puts the command on the PATH", function()
    local ok, output = run(([[
      eval "$(make -s --no-print-directory LUA=%s env)"
      cd / && convoke --version]]):format(lua))
    assert.is_true(ok, output)
    assert.equal("convoke " .. require "convoke.version" .. "\n", output)
  end)

  it("install brings licence, man page and convoke.pc to where LIBDIR and DESTDIR say", function()
    local root = fresh_folder()
    local where = ("LUA=%s PREFIX=/opt/it LIBDIR=/opt/it/lib64 DESTDIR=%s"):format(lua, root)
    local ok, output = run(("make %s install"):format(where))
    assert.is_true(ok, output)
    for _, name in ipairs { "share/doc/convoke/LICENSE", "share/man/man3/convoke.3",
                            "lib64/pkgconfig/convoke.pc", "include/convoke.h",
                            ("lib64/lua/%s/convoke/core.so"):format(_VERSION:match "%d%.%d") } do
      assert.equal("file", lfs.attributes(root .. "/opt/it/" .. name, "mode"), name)
    end
    ok, output = run(("! grep -r '@' %s/opt/it/lib64/pkgconfig && make %s uninstall")
      :format(root, where))
    assert.is_true(ok, output)
    local _, left = run(("find %s -type f"):format(root))
    assert.equal("", left)
  end)

  local embedded = [[
    #include <convoke.h>
    #include <lauxlib.h>
    #include <lualib.h>
    #include <stdio.h>
    int main(void)
    {
        lua_State *L = luaL_newstate();
        luaL_openlibs(L);
        lua_getglobal(L, "package");
        lua_getfield(L, -1, "preload");
        lua_pushcfunction(L, luaopen_convoke_core);
        lua_setfield(L, -2, "convoke.core");
        if (luaL_dostring(L, "return require('convoke').version"))
            return puts(lua_tostring(L, -1)), 1;
        printf("%s %s %d\n", lua_tostring(L, -1), CONVOKE_VERSION, convoke_step(L, 0));
        lua_close(L);
        return 0;
    }
  ]]

  it("install lets a C program carry the core along, by what pkg-config says of it", function()
    local root = fresh_folder()
    local source = assert(io.open(root .. "/program.c", "w"))
    source:write(embedded)
    source:close()
    local version = require "convoke.version"
    local ok, output = run(([[
      make -s LUA=%s PREFIX=%s/it install >/dev/null
      export PKG_CONFIG_PATH=%s/it/lib/pkgconfig && cd %s
      cc program.c $(pkg-config --cflags --libs convoke) -o program
      rm %s/it/lib/lua/*/convoke/core.so
      export LUA_PATH="$(pkg-config --variable=lua_path convoke);;"
      cd / && %s/program]]):format(lua, root, root, root, root, root))
    assert.is_true(ok, output)
    assert.equal(("%s %s 0\n"):format(version, version), output)
  end)

  it("has one version, which module, header, man page and pkg-config's file agree on", function()
    local version = require "convoke.version"
    local major, minor, patch = version:match "^(%d+)%.(%d+)%.(%d+)$"
    local ok, header = run "cat csrc/convoke.h"
    assert.is_true(ok)
    assert.matches(('CONVOKE_VERSION "%s"'):format(version), header, 1, true)
    for name, number in pairs { MAJOR = major, MINOR = minor, PATCH = patch } do
      assert.matches(("CONVOKE_VERSION_%s %s\n"):format(name, number), header, 1, true)
    end
    local _, page = run "head -1 csrc/convoke.3"
    assert.matches(('"convoke %s"'):format(version), page, 1, true)
    local root = fresh_folder()
    assert.is_true(run(("make LUA=%s PREFIX=/it DESTDIR=%s install"):format(lua, root)))
    local _, said = run(("PKG_CONFIG_PATH=%s/it/lib/pkgconfig pkg-config --modversion convoke")
      :format(root))
    assert.equal(version .. "\n", said)
    local _, changes = run "cat CHANGELOG.md"
    assert.matches("\n## " .. version .. " ", changes, 1, true)
  end)

  it("works in a folder whose name holds a space", function()
    local folder = fresh_folder() .. "/two words"
    assert(lfs.mkdir(folder))
    assert.is_true(run(("cp -R Makefile .ci csrc lua '%s'"):format(folder)))
    local ok, output = run(([[
      cd '%s' && make -s LUA=%s
      eval "$(make -s --no-print-directory LUA=%s env)"
      cd / && %s -e %s]]):format(folder, lua, lua, lua, ask))
    assert.is_true(ok, output)
    assert.match("clerk.invitations.create%s", output)
  end)

  -- A copy of what is built, for which a package is missing that there is not, and an apt-get that
  -- does no more than note that root asked it. Runs a command there; returns whether it succeeded,
  -- what it printed, and whether apt-get was asked.
  local function run_without_package(command)
    local folder = fresh_folder()
    local ok, output = run(([[
      cp -R Makefile .ci csrc lua %s && cd %s && mkdir bin
      echo 'run cmd:no-such-command no-such-package' >>.ci/packages
      printf '#!/bin/sh\ntouch %s/asked\nexit 1\n' >bin/apt-get
      printf '#!/bin/sh\necho 0\n' >bin/id && chmod +x bin/*
      PATH="%s/bin:$PATH" %s]]):format(folder, folder, folder, folder, command))
    return ok, output, lfs.attributes(folder .. "/asked") ~= nil
  end

  it("alone installs nothing, and names what is missing and the command that brings it", function()
    for _, goal in ipairs { "", "all", "install DESTDIR=nowhere", "repl" } do
      local ok, output, asked = run_without_package(("make LUA=%s %s"):format(lua, goal))
      assert.is_false(ok)
      assert.match("apt%-get install no%-such%-package\n", output)
      assert.is_false(asked, goal)
    end
  end)

  it("has demo and test install what is missing", function()
    for _, goal in ipairs { "demo", "test" } do
      local ok, output, asked = run_without_package(("make LUA=%s %s"):format(lua, goal))
      assert.is_false(ok)
      assert.match("Installing no%-such%-package\n", output)
      assert.is_true(asked, goal)
    end
  end)

  it("help lists what it makes in groups, a line each", function()
    local ok, output = run "make help"
    assert.is_true(ok)
    for _, group in ipairs { "Use", "Test", "Measure" } do
      assert.match("\n" .. group .. "\n  make ", "\n" .. output)
    end
    local file = assert(io.open "Makefile")
    for target in file:read("*a"):gmatch "\n(%l+):[^\n]*\n\t" do
      assert.match("\n  make " .. target .. " +%S", output)
    end
    file:close()
    for line in output:gmatch "[^\n]+" do assert.is_true(#line <= 110, line) end
  end)

  it("clean leaves nothing behind, and nothing that LuaRocks has built either", function()
    local folder = fresh_folder()
    local ok, output = run(([[
      cp -R Makefile .ci csrc lua %s && cd %s && find . | sort >before
      mkdir -p convoke build/x && touch convoke/core.so csrc/base/buffer.o csrc/apis/clerk.o \
        convoke-scm-1.linux-x86_64.rock build/x/y
      make -s clean && find . | sort | grep -v before | diff - before \
        | grep -v '^[0-9]' | grep -v ' ./before$']]):format(folder, folder))
    assert.equal("", output)
    assert.is_false(ok) -- grep had no line to print
  end)

  local maps = io.open "/proc/self/maps"
  if maps then
    maps:close()
    it("builds for a libcurl of one's own, which is found again where it is", function()
      local folder = fresh_folder()
      local ok, output = run(([[
        cp -R Makefile .ci csrc lua %s
        cd %s && mkdir own && library=$(pkg-config --variable=libdir libcurl)
        cp "$library"/libcurl.so own/libcurl.so.4 && ln -s libcurl.so.4 own/libcurl.so
        printf 'Name: libcurl\nDescription: own\nVersion: 8\nLibs: -L%%s -lcurl\nCflags: %%s\n' \
          "$PWD/own" "$(pkg-config --cflags libcurl)" >own/libcurl.pc
        PKG_CONFIG_PATH=own make -s LUA=%s
        eval "$(make -s --no-print-directory LUA=%s env)"
        cd / && %s -e 'require("convoke").clerk { secret_key = "sk_test_1" }
          for line in io.lines "/proc/self/maps" do print(line) end' | grep libcurl]])
        :format(folder, folder, lua, lua, lua))
      assert.is_true(ok, output)
      for path in output:gmatch "/[^\n]*libcurl[^\n]*" do
        assert.equal(folder .. "/own/libcurl.so.4", path)
      end
    end)
  end
end)

describe("the lists of specs", function()
  -- Fails for each name that is not a spec's. Returns how many there were.
  local function check_names(names)
    local count = 0
    for name in names:gsub("\\\n", " "):gmatch "[^%s$]%S*" do
      if name:find "^[%l_]+$" then
        assert.equal("file", lfs.attributes(("spec/%s_spec.lua"):format(name), "mode"), name)
        count = count + 1
      end
    end
    return count
  end

  local function text_of(path)
    local file = assert(io.open(path))
    local text = file:read "*a"
    file:close()
    return text
  end

  it("of the Makefile and of .ci/run name specs that there are", function()
    local lists = 0
    for names in text_of("Makefile"):gmatch "%(call specs,([%l_ \\\n]+)%)" do
      assert.is_true(check_names(names) > 0)
      lists = lists + 1
    end
    for names in text_of(".ci/run"):gmatch '\n%l+="([%l_ $]+)"' do
      assert.is_true(check_names(names:gsub("%$%l+", "")) > 0)
      lists = lists + 1
    end
    assert.is_true(lists >= 6, lists)
  end)
end)

describe(".ci/install", function()
  -- A folder with the few commands that every system has, as the only one on the PATH.
  local function bare_path()
    local folder = fresh_folder()
    local commands = { "bash", "sh", "env", "awk", "sed", "cat", "dirname", "paste", "id" }
    for _, command in ipairs(commands) do
      assert.is_true(run(("ln -s \"$(command -v %s)\" %s"):format(command, folder)))
    end
    return "PATH=" .. folder
  end

  it("names the packages and stops where there is no apt", function()
    local ok, output = run(here .. "/.ci/install build lua5.4 run", bare_path())
    assert.is_false(ok)
    assert.match("libcurl4%-openssl%-dev", output)
    assert.match("liblua5%.4%-dev", output)
    assert.match("lua%-cjson", output)
    assert.match("no apt here", output)
  end)

  it("says nothing when nothing is missing", function()
    local ok, output = run(".ci/install build test", "LUA=" .. lua)
    assert.is_true(ok, output)
    assert.equal("", output)
  end)

  it("takes of several names of a package the first that this Debian has", function()
    local folder = fresh_folder()
    local ok, output = run(([[
      cp -R .ci %s && cd %s && mkdir bin
      echo 'run cmd:no-such-command its-old-name|its-name|its-new-name' >>.ci/packages
      printf '#!/bin/sh\n[ $2 = its-name ] && echo Candidate: 2 || echo "Candidate: (none)"\n' \
        >bin/apt-cache && chmod +x bin/*
      LUA=%s PATH="%s/bin:$PATH" .ci/install --name run]]):format(folder, folder, lua, folder))
    assert.is_false(ok)
    assert.match("apt%-get install its%-name\n", output)
  end)

  it("refuses a group that it does not know", function()
    local ok, output = run(".ci/install nonsense")
    assert.is_false(ok)
    assert.match("no group 'nonsense'", output)
  end)
end)
