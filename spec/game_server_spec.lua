-- The game server of examples/game-server: built by the line in its comment, run against a sandbox.

local yields_anywhere = require("spec.support.lua").yields_anywhere
local sandbox = require "convoke.sandbox"

local function capture(command)
  local pipe = assert(io.popen(command .. " 2>&1; echo status $?"))
  local text = pipe:read "*a"
  pipe:close()
  local output, status = text:match "^(.*)status (%d+)\n$"
  return output, tonumber(status)
end

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- Where this Lua has found the core.
local function core_file()
  for template in package.cpath:gmatch "[^;]+" do
    local name = template:gsub("%?", "convoke/core")
    local file = io.open(name)
    if file then
      file:close()
      return name
    end
  end
end

-- The compiler's line in main.c, for the Lua and the core that run this spec.
local function compiler_line(program)
  local file = assert(io.open "examples/game-server/main.c")
  local text = file:read "*a"
  file:close()
  local line = assert(text:match "\n %*%s+(cc [^\n]+)")
  local function replace(what, by)
    local count
    line, count = line:gsub(what:gsub("%p", "%%%0"), (by:gsub("%%", "%%%%")))
    assert(count > 0, what .. " is not in the line")
  end
  local lua = rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match "%d%.%d"
  replace("build/game-server", quote(program))
  replace('"$PWD"/build/lua5.4/convoke/core.so', quote(core_file()))
  replace("--libs lua5.4", "--libs " .. lua)
  return line
end

describe("the game server", function()
  local upstream, program
  setup(function()
    upstream = sandbox.start()
    program = os.tmpname()
    local output, status = capture("env -u LD_PRELOAD " .. compiler_line(program))
    assert.equal(0, status, output)
  end)
  teardown(function()
    upstream:stop()
    os.remove(program)
  end)
  before_each(function() upstream:reset() end)

  local function run(question)
    local environment = {
      LUA_PATH = package.path, LUA_CPATH = package.cpath,
      EDGEGAP_API_URL = upstream.edgegap.url, EDGEGAP_API_TOKEN = upstream.edgegap.token,
      CONVEX_URL = upstream.convex.url, CONVEX_TOKEN = upstream.convex.token,
    }
    local words = { "env -u LUA_PATH_5_4 -u LUA_CPATH_5_4" }
    for name, value in pairs(environment) do words[#words + 1] = quote(name .. "=" .. value) end
    words[#words + 1] = ("%s examples/game-server/game.lua arena 1.0 %s"):format(program, question)
    return capture(table.concat(words, " "))
  end

  it("opens a session, moves players in and out and reports, while no frame stalls", function()
    if not yields_anywhere then return pending "plain Lua 5.1" end
    upstream:fault { api = "edgegap", delay = 0.1, times = 20 }
    local output, status = run(upstream.convex.question_id)
    assert.equal(0, status, output)
    for _, said in ipairs { "it is ready", "203.0.113.20 is in", "203.0.113.21 is in",
      "203.0.113.20 is out", "203.0.113.21 is out", "the match is recorded", "is deleted" } do
      assert.truthy(output:find(said, 1, true), output)
    end
    local frames = tonumber(output:match "(%d+) frames")
    local late = tonumber(output:match "from  16666 us +(%d+)")
    assert.truthy(frames > 60, output)
    assert.equal(0, late, output)
    local books = upstream:books "convex"
    assert.equal(1, #books.sessions)
    assert.equal("completed", books.sessions[1].status)
  end)

  it("deletes the session and says what is wrong when a report is refused", function()
    if not yields_anywhere then return pending "plain Lua 5.1" end
    local output, status = run "nonsense"
    assert.equal(1, status, output)
    assert.truthy(output:find("the game failed: convex.sessions.create", 1, true), output)
    assert.truthy(output:find("is deleted", 1, true), output)
  end)
end)
