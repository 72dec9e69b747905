-- What `make check` proves of the tree's structure: that each proof holds for the tree as it is,
-- and that it notices a fault that is planted in a small tree.

local lfs = require "lfs"

local here = lfs.currentdir()
local lua = os.getenv "LUA" or arg and arg[-1] or "lua5.4"
local cc = "${CC:-cc}"

-- Runs a command in a folder; returns whether it succeeded and what it printed.
local function run(folder, command)
  local pipe = io.popen(("cd '%s' && env -u LD_PRELOAD sh -c '%s' 2>&1; echo $?")
    :format(folder, command))
  local output, status = pipe:read("*a"):match "^(.-)(%d+)\n$"
  pipe:close()
  return status == "0", output
end

-- A folder with these files, by path.
local function tree(files)
  local root = os.tmpname()
  os.remove(root)
  finally(function() os.execute("rm -rf " .. root) end)
  os.execute(("mkdir -p %s && cd %s && mkdir csrc lua spec examples .ci"):format(root, root))
  for path, text in pairs(files) do
    os.execute(("mkdir -p '%s/%s'"):format(root, path:match "^(.*)/" or "."))
    local file = assert(io.open(root .. "/" .. path, "w"))
    file:write(text)
    file:close()
  end
  return root
end

local function prove(name, files, ...)
  return run(files and tree(files) or here,
    ("%s %s/.ci/%s.lua %s"):format(lua, here, name, table.concat({ ... }, " ")))
end

describe("the core specs", function()
  local function core_specs(files)
    local _, names = run(files and tree(files) or here,
      ("%s %s/spec/programs/core_specs.lua"):format(lua, here))
    return names
  end

  it("neither name a library of a host or server nor load one by a module", function()
    assert.equal("spec/a_spec.lua\nspec/b_spec.lua\n", core_specs {
      ["spec/a_spec.lua"] = 'local server = require("spec.support.server").start()\n',
      ["spec/b_spec.lua"] = 'convoke.use "tasks" -- and not "luv"\n',
      ["spec/c_spec.lua"] = 'it("goes on", function() convoke.use "luv" end)\n',
      ["spec/d_spec.lua"] = 'local found, uv = pcall(require, "luv")\n',
      ["spec/e_spec.lua"] = 'local client = require "spec.support.client"\n',
      ["spec/f_spec.lua"] = 'local nginx = require "spec.support.nginx"\n',
      ["spec/g_spec.lua"] = 'local one = require("openssl.pkey").new()\n',
      ["spec/support/server.lua"] = 'local function child()\n  require "cqueues"\nend\n',
      ["spec/support/client.lua"] = 'local send = require "spec.support.send"\n',
      ["spec/support/send.lua"] = 'local request = require "http.request"\n',
      ["spec/support/nginx.lua"] = "return {}\n",
    })
  end)

  it("hold most of the specs, and not those of the hosts", function()
    local names = core_specs()
    for _, name in ipairs { "call", "client", "decode", "encode", "lifetime", "transfer" } do
      assert.match("spec/" .. name .. "_spec.lua\n", names, 1, true)
    end
    for _, name in ipairs { "hosts", "hosts_lost", "openresty", "sandbox_clerk" } do
      assert.is_nil(names:find("spec/" .. name .. "_spec.lua", 1, true), name)
    end
  end)
end)

local function assert_fault(expected, name, files, ...)
  local ok, output = prove(name, files, ...)
  assert.match(expected, output)
  assert.is_false(ok)
end

-- `count` lines of C or Lua, each another one; `prefix` makes them differ from other ones in shape.
local function lines(count, prefix)
  local list = {}
  for i = 1, count do
    list[i] = ("    %s(%s);"):format(prefix or "call", ("a, "):rep(i) .. "a")
  end
  return table.concat(list, "\n")
end

describe("make check", function()
  for _, name in ipairs { "headers", "includes", "repeats", "sizes" } do
    it("holds for the tree: " .. name, function()
      local ok, output = prove(name)
      assert.equal("", output)
      assert.is_true(ok)
    end)
  end

  describe("of includes", function()
    it("notices that a folder includes what it may not know", function()
      assert_fault("base/one.h includes http/two.h: base/ may not know http/", "includes", {
        ["csrc/base/one.h"] = '#include "http/two.h"\n',
        ["csrc/http/two.h"] = "\n",
      })
    end)

    it("notices that two headers include each other", function()
      assert_fault("a circle: base/one.h > base/two.h", "includes", {
        ["csrc/base/one.h"] = '#include "base/two.h"\n',
        ["csrc/base/two.h"] = '#include "base/one.h"\n',
      })
    end)

    it("notices a C file without a header of its own", function()
      assert_fault("base/one.c has no header of its own", "includes",
        { ["csrc/base/one.c"] = "\n" })
    end)
  end)

  describe("of calls", function()
    -- Compiles these C files into the folder `out` and looks for circles among the objects.
    local function find_circles(files)
      local root = tree(files)
      local ok, output = run(root, "mkdir out; for file in *.c; do " .. cc ..
        " -c -o out/${file%.c}.o $file || exit 1; done")
      assert.is_true(ok, output)
      return run(root, ("%s %s/.ci/circles.lua out"):format(lua, here))
    end

    it("notices that files call each other, by whatever way round", function()
      local ok, output = find_circles {
        ["one.c"] = "void two(void); void one(void) { two(); }\n",
        ["two.c"] = "void three(void); void two(void) { three(); }\n",
        ["three.c"] = "void one(void); void three(void) { one(); }\n",
      }
      assert.match("a circle: one > two > three > one", output)
      assert.is_false(ok)
    end)

    it("takes no offence at files that call each other in one direction", function()
      local ok, output = find_circles {
        ["one.c"] = "void two(void); void three(void); void one(void) { two(); three(); }\n",
        ["two.c"] = "void three(void); void two(void) { three(); }\n",
        ["three.c"] = "void three(void) { }\n",
      }
      assert.equal("", output)
      assert.is_true(ok)
    end)

    it("notices that there are no objects to look at", function()
      local ok, output = prove("circles", { ["out/none"] = "" }, "out")
      assert.match("no object files", output)
      assert.is_false(ok)
    end)
  end)

  describe("of sizes", function()
    it("notices a file of more than 700 lines", function()
      for _, path in ipairs { "csrc/base/a.c", "lua/convoke/a.lua", "spec/a_spec.lua" } do
        local ok, output = prove("sizes", { [path] = ("\n"):rep(700) })
        assert.equal("", output)
        assert.is_true(ok)
        assert_fault(path .. " has 701 lines, 700 is the limit", "sizes",
          { [path] = ("\n"):rep(701) })
      end
    end)

    it("notices a function of more than 60 lines in C", function()
      local text = "static int longest(int a,\n                   int b)\n{\n%s\n}\n"
      assert.is_true(prove("sizes", { ["csrc/a.c"] = text:format(lines(56)) }))
      assert_fault("csrc/a.c:1: longest has 61 lines", "sizes",
        { ["csrc/a.c"] = text:format(lines(57)) })
    end)

    it("notices a function of more than 60 lines in Lua", function()
      -- The words that open and close blocks count in code alone.
      local text = [==[
local words = "function if" -- do
--[[ repeat ]] local long = [=[ function ]=]
local function short() end
local function longest(n)
  if n then while n do n = nil end else repeat n = true until n end
%s
end
]==]
      assert.is_true(prove("sizes", { ["lua/a.lua"] = text:format(lines(57)) }))
      assert_fault("lua/a.lua:4: longest has 61 lines", "sizes",
        { ["lua/a.lua"] = text:format(lines(58)) })
    end)
  end)

  describe("of repeats", function()
    it("notices eleven lines that stand twice", function()
      assert_fault("lua/b.lua:1 repeats 11 lines of csrc/a.c:2", "repeats", {
        ["csrc/a.c"] = "void f(void)\n" .. lines(11) .. "\n",
        ["lua/b.lua"] = lines(11) .. "\n",
      })
    end)

    it("notices them under other names, and laid out otherwise", function()
      local again = lines(11, "other"):gsub("; *\n", "; /* one more\n of them */\n\n\t")
      assert_fault("csrc/b.c:1 repeats 11 lines of csrc/a.c:1", "repeats",
        { ["csrc/a.c"] = lines(11), ["csrc/b.c"] = again })
    end)

    it("lets ten lines stand twice", function()
      local ok, output = prove("repeats", { ["csrc/a.c"] = lines(10) .. "\nthe_end();\n",
        ["lua/b.lua"] = "begin();\n" .. lines(10) })
      assert.equal("", output)
      assert.is_true(ok)
    end)

    it("lets lines stand that differ in more than three words", function()
      local text = ("%s\n"):rep(11)
      local function numbered(...)
        local words = { ... }
        for i = #words + 1, 11 do words[i] = "same()" .. (";"):rep(i) end
        return text:format((table.unpack or unpack)(words, 1, 11)) -- luacheck: ignore
      end
      assert_fault("repeats 11 lines", "repeats",
        { ["csrc/a.c"] = numbered("a", "b", "c"), ["csrc/b.c"] = numbered("d", "e", "f") })
      local ok, output = prove("repeats",
        { ["csrc/a.c"] = numbered("a", "b", "c", "g"),
          ["csrc/b.c"] = numbered("d", "e", "f", "h") })
      assert.equal("", output)
      assert.is_true(ok)
    end)
  end)

  describe("of headers", function()
    local sound = "/*\n * One.\n */\n#ifndef CVK_BASE_ONE_H\n#define CVK_BASE_ONE_H\n\n%s\n\n"
      .. "#endif\n"

    it("takes no offence at one that says what it is for and what its functions do", function()
      local ok, output = prove("headers",
        { ["csrc/base/one.h"] = sound:format "/* Adds one. */\nint cvk_one(int number);" })
      assert.equal("", output)
      assert.is_true(ok)
    end)

    it("notices a function without a comment", function()
      assert_fault("csrc/base/one.h:9: cvk_two has no comment of its own", "headers", {
        ["csrc/base/one.h"] = sound:format
          "/* Adds one. */\nint cvk_one(int number);\nint cvk_two(int number);",
      })
    end)

    it("notices a guard that another header may have, too", function()
      assert_fault("csrc/base/two.h: the guard is not CVK_BASE_TWO_H", "headers",
        { ["csrc/base/two.h"] = sound:format "" })
    end)

    it("notices one that does not say what it is for", function()
      assert_fault("csrc/base/one.h:1: does not begin with what it is for", "headers",
        { ["csrc/base/one.h"] = sound:format(""):gsub("^.-%*/\n", "") })
    end)
  end)
end)
