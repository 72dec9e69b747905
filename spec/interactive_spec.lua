-- Ctrl-C in an interactive Lua, typed in a terminal.

local compile = require "spec.support.compile"
local raw_server = require "spec.support.raw_server"

local interpreter = os.getenv "LUA" or "lua5.4"

describe("Ctrl-C in an interactive Lua", function()
  local server, library, terminal, said

  setup(function()
    server = raw_server.start()
    library = compile("terminal", os.getenv "LUA_PC" or interpreter:match "[^/]*$")
    terminal = assert(package.loadlib(library, "luaopen_terminal"))()
  end)

  teardown(function()
    server:stop()
    os.remove(library)
  end)

  local program

  before_each(function()
    server:play { raw_server.always(raw_server.answer(200, "[]")) }
    program = os.tmpname()
    local file = assert(io.open(program, "w"))
    file:write(([[
      convoke = require "convoke"
      clerk = convoke.clerk { url = %q, secret_key = "sk_test_1234567890", timeout = 10 }
      function list() return clerk.invitations:list { limit = 1 } end
      counts = {}
      function begin()
        for i = 1, 8 do
          counts[i] = 0
          convoke.spawn(function()
            while true do
              assert(list())
              counts[i] = counts[i] + 1
              if i > 4 then convoke.sleep(0.001) end
            end
          end)
        end
      end
      function spin()
        print("spin" .. "ning")
        while true do convoke.step() end
      end
      function wait(f)
        print("wait" .. "ing")
        return convoke.run(f)
      end
      -- Whether every task goes on.
      function look()
        local before = {}
        for i = 1, 8 do before[i] = counts[i] end
        local stop, all = convoke.now() + 5, nil
        repeat
          convoke.step()
          all = true
          for i = 1, 8 do all = all and counts[i] > before[i] + 1 end
        until all or convoke.now() > stop
        return all and list() and convoke.spawn(list):await() and convoke.drain(5)
      end
      print("rea" .. "dy")
    ]]):format(server.url))
    file:close()
    terminal.open(("TERM=dumb exec %s -i %s"):format(interpreter, program))
    said = ""
  end)

  after_each(function()
    terminal.close()
    os.remove(program)
  end)

  -- Waits for a text on the terminal.
  local function expect(text)
    for _ = 1, 200 do
      local from, to = said:find(text, 1, true)
      if from then
        said = said:sub(to + 1)
        return
      end
      local more = terminal.read(0.1)
      if not more then break end
      said = said .. more
    end
    error(("no %q in %q"):format(text, said), 2)
  end

  -- A terminal's shell starts the sanitizer's library too late.
  local sanitized = (os.getenv "LD_PRELOAD" or ""):find "asan"

  it("comes back to the prompt fifty times, and every task goes on", function()
    if rawget(_G, "jit") then return pending "a hook is for all of LuaJIT: it ends a task" end
    if sanitized then return pending "not under the address sanitizer" end
    expect "ready"
    terminal.write "begin()\n"
    for turn = 1, 50 do
      terminal.write "spin()\n"
      expect "spinning"
      terminal.read(turn % 7 / 1000) -- at another moment each time
      terminal.write "\003"
      expect "interrupted!"
    end
    terminal.write "print('all' .. '=', look())\n"
    expect "all=\t0"
  end)

  it("cancels what run() was running, and tells so whoever waits for it", function()
    if sanitized then return pending "not under the address sanitizer" end
    expect "ready"
    for _ = 1, 5 do
      server:play { { { "receive" }, { "sleep", 60 } } }
      terminal.write "wait(function() told = select(2, list()) end)\n"
      expect "waiting"
      for _ = 1, 50 do
        if server:requests()[1] then break end
        terminal.read(0.02)
      end
      terminal.write "\003"
      expect "interrupted!"
      server:play { raw_server.always(raw_server.answer(200, "[]")) }
      terminal.write "convoke.step() print('told' .. '=', told.kind, told.message)\n"
      expect "told=\tcancelled\tinterrupted: "
      terminal.write "print('next' .. '=', convoke.run(function() return list() and 'fine' end))\n"
      expect "next=\tfine"
    end
  end)
end)
