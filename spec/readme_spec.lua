-- Runs what README.md shows: every Lua block in a Lua of its own against the sandbox, and compares
-- what it prints with the text block that follows. `...` in a text block stands for anything.

local command_line = require "spec.support.command"
local convoke = require "convoke"

local function read(name)
  local file = assert(io.open(name))
  local text = file:read "*a"
  file:close()
  return text
end

-- Arrays of { language, text, line } in the order of the page.
local function blocks_of(page)
  local blocks, block = {}, nil
  local number = 0
  for line in (page .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    local language = line:match "^```(%l+)$"
    if language then
      block = { language = language, lines = {}, line = number }
    elseif line == "```" then
      block.text = table.concat(block.lines, "\n") .. "\n"
      blocks[#blocks + 1] = block
      block = nil
    elseif block then
      block.lines[#block.lines + 1] = line
    end
  end
  return blocks
end

local prelude = [[
local convoke = require "convoke"
local clerk = convoke.clerk {}
]]

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- Whether `text` is `pattern`, in which `...` stands for anything within a line.
local function matches(text, pattern)
  local escaped = pattern:gsub("%p", "%%%0"):gsub("%%%.%%%.%%%.", "[^\n]*")
  return text:find("^" .. escaped .. "$") ~= nil
end

describe("README.md", function()
  local page = read "README.md"
  local blocks = blocks_of(page)
  local sandbox, environment

  setup(function()
    sandbox = require("convoke.sandbox").start {}
    environment = {
      CLERK_API_URL = sandbox.clerk.url:gsub("/v1$", ""),
      CLERK_SECRET_KEY = sandbox.clerk.secret_key,
      CONVEX_URL = sandbox.convex.url,
      CONVEX_TOKEN = sandbox.convex.token,
      EDGEGAP_API_URL = sandbox.edgegap.url,
      EDGEGAP_API_TOKEN = sandbox.edgegap.token,
      GENCOVE_HOST = sandbox.gencove.url:gsub("/api/v2$", ""),
      GENCOVE_JWT = sandbox.gencove.jwt,
    }
  end)

  teardown(function() sandbox:stop() end)

  before_each(function() sandbox:reset() end)

  local function run(source)
    local script = os.tmpname()
    local file = assert(io.open(script, "w"))
    file:write(source:find 'require "convoke"' and "" or prelude, source)
    file:close()
    local words = { "env" }
    for name, value in pairs(environment) do words[#words + 1] = name .. "=" .. quote(value) end
    words[#words + 1] = os.getenv "LUA" or "lua5.4"
    words[#words + 1] = script .. " 2>&1"
    local pipe = assert(io.popen(table.concat(words, " ")))
    local output = pipe:read "*a"
    pipe:close()
    os.remove(script)
    return output
  end

  -- Runs commands of a shell in a folder of their own; returns what they print on both channels.
  local function run_shell(text)
    local folder = os.tmpname()
    os.remove(folder)
    local script = ("cd %s && mkdir %s && cd %s || exit 1\nroot=$OLDPWD\n"):format(
      quote(require("lfs").currentdir()), folder, folder)
      .. ('convoke() { %s "$@"; }\n'):format(command_line.prefix(environment, "$root/"))
      .. "exec 2>&1\n" .. text .. ("cd / && rm -r %s\n"):format(folder)
    local pipe = assert(io.popen(script))
    local output = pipe:read "*a"
    pipe:close()
    return output
  end

  local tried = 0
  for i, block in ipairs(blocks) do
    if block.language == "lua" then
      tried = tried + 1
      it(("shows in line %d a script that prints what follows it"):format(block.line), function()
        local expected = blocks[i + 1]
        assert.equal("text", expected and expected.language)
        for library in block.text:gmatch 'require "(%l+)"' do
          if not pcall(require, library) then return pending("no " .. library) end
        end
        local output = run(block.text)
        assert.is_true(matches(output, expected.text),
          "it printed:\n" .. output .. "instead of:\n" .. expected.text)
      end)
    elseif block.language == "shell" then
      tried = tried + 1
      it(("shows in line %d commands that print what follows them"):format(block.line), function()
        local output = run_shell(block.text)
        assert.is_true(matches(output, blocks[i + 1].text),
          "it printed:\n" .. output .. "instead of:\n" .. blocks[i + 1].text)
      end)
    elseif block.language == "sh" then
      it(("names in line %d commands that there are"):format(block.line), function()
        for command in block.text:gmatch "[^\n]+" do
          local target = assert(command:match "^make (%l+)$", "no command of ours: " .. command)
          local status = os.execute("make -n " .. target .. " >/dev/null 2>&1")
          assert.is_true(status == true or status == 0, command)
        end
      end)
    end
  end

  it("names files that there are", function()
    local named = 0
    for path in page:gmatch "`(%l+/[%w_./-]*)`" do
      named = named + 1
      local built = "build/" .. (os.getenv "LUA" or "lua5.4"):match "[^/]*$" .. "/"
      local file = io.open((path:gsub("^build/lua5%.4/", built))) -- folders open, too
      assert.is_truthy(file, path)
      file:close()
    end
    assert.is_true(named >= 5)
  end)

  it("shows scripts", function() assert.is_true(tried >= 18) end)

  it("lists at the top every section, by the name that its heading has", function()
    local headings, listed = {}, {}
    for name in page:gmatch "\n##+ ([^\n]+)" do
      headings[name:lower():gsub("[^%w ]", ""):gsub(" ", "-")] = true
    end
    for anchor in page:gmatch "%]%(#([%w-]+)%)" do
      assert.is_true(headings[anchor], anchor)
      listed[anchor] = true
    end
    for anchor in pairs(headings) do assert.is_true(listed[anchor], anchor) end
  end)

  it("gives the parameters of every operation, marked where they are required", function()
    for _, operation in ipairs(convoke.operations) do
      local row = page:match(("\n| `%s` |([^\n]*)"):format(operation.name:gsub("%p", "%%%0")))
      assert.is_truthy(row, operation.name)
      local names = {}
      for _, param in ipairs(operation.params) do
        if not param.alias_of then
          names[#names + 1] = ("`%s%s`"):format(param.name, param.required and "*" or "")
        end
      end
      assert.equal(table.concat(names, " "), row:match "^ (.-) |")
      for _, field in ipairs(operation.answer.fields or {}) do
        assert.matches("`" .. field.name .. "`", row, 1, true)
      end
    end
  end)

  it("names every counter, every field of a plan of faults and every example", function()
    for name in pairs(convoke.stats()) do assert.matches("`" .. name .. "`", page, 1, true) end
    for name in read("lua/convoke/sandbox/faults.lua"):gmatch "\n%-%-   ([%l_]+)  ?%s*%l" do
      assert.matches("`" .. name .. "`", page, 1, true)
    end
    for name in require("lfs").dir "examples" do
      if name:sub(1, 1) ~= "." then assert.matches("`examples/" .. name, page, 1, true) end
    end
  end)

  it("lists every operation with its verb and the vendor's name", function()
    for _, operation in ipairs(convoke.operations) do
      local row = ("%%.%s:%s[%%({][^|]*|[^|]*| `%s` |"):format(operation.resource,
        operation.verb, operation.id)
      local verb_row = (":%s[%%({][^|]*|[^|]*| `%s` |"):format(operation.verb, operation.id)
      local extra_row = ("\n| `%s` |[^\n]*| `%s` |\n"):format(operation.name, operation.id)
      assert.is_truthy(page:find(row) or page:find(verb_row) or page:find(extra_row, 1, true)
        or page:find(extra_row), operation.name)
    end
  end)
end)
