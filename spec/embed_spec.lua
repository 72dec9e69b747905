-- convoke.h: what C programs with Lua inside call in each frame.

local compile = require "spec.support.compile"
local quote = require("spec.support.raw_server").quote

local interpreter = os.getenv "LUA" or "lua5.4"

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

describe("convoke.h", function()
  local library

  setup(function()
    library = compile("embed", os.getenv "LUA_PC" or interpreter:match "[^/]*$")
  end)
  teardown(function() os.remove(library) end)

  -- Runs Lua text in a process of its own; returns what it printed on both channels.
  local function run(text)
    local prelude = ([[
      package.path, package.cpath = %q, %q
      local core = require "convoke.core"
      local embed = assert(package.loadlib(%q, "luaopen_embed"))()
      local function step(budget) return embed.step(%q, budget or -1) end
      local function pollfd() return embed.pollfd(%q) end
      local function begin()
        local call = assert(core.client("clerk", { address = "http://127.0.0.1:1", user_agent = "e",
          connect_timeout = 5, max_response_bytes = 1000, max_in_flight = 0, http_version = 0,
          direct = true }):prepare(0, { email_address = "ada@example.com" }))
        call:submit(5)
        return call
      end
    ]]):format(package.path, package.cpath, library, core_file(), core_file())
    local name = os.tmpname()
    local file = assert(io.open(name, "w"))
    file:write(prelude, text)
    file:close()
    local pipe = assert(io.popen(("timeout 20 %s %s 2>&1"):format(quote(interpreter), name)))
    local said = pipe:read "*a"
    pipe:close()
    os.remove(name)
    return said
  end

  it("has nothing to do and nothing to watch before the first call", function()
    assert.equal("0 -1\n", run "io.write(step(), ' ', pollfd(), '\\n')")
  end)

  it("drives the core where no Lua drives it", function()
    assert.equal("true 0 connect\n", run [[
      local call = begin()
      local fd, in_flight = pollfd(), nil
      repeat in_flight = step(1000) until in_flight == 0
      io.write(tostring(fd >= 0), " ", in_flight, " ", (call:failure()), "\n")
    ]])
  end)

  it("drives tasks, too, with convoke loaded", function()
    assert.equal("true 0 7\n", run [[
      local convoke = require "convoke"
      local result
      convoke.spawn(function()
        convoke.sleep(0.01)
        result = 7
      end)
      while not result do step(1000) end
      io.write(tostring(pollfd() == convoke.pollfd()), " ", step(), " ", result, "\n")
    ]])
  end)

  it("says what an error in Lua was and does what is to be done below it", function()
    assert.equal("convoke: no step\nconvoke: an error\ntrue connect\n", run [[
      io.stdout:setvbuf "no"
      local call = begin()
      local once = true
      core.embed(function()
        if once then
          once = false
          error("no step", 0)
        end
        return core.step() or core.in_flight()
      end, function() error {} end)
      step()
      local fd = pollfd()
      while step() > 0 do end
      io.write(tostring(fd >= 0), " ", (call:failure()), "\n")
    ]])
  end)
end)
