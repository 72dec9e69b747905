-- Loops that end, lose their handles or are dropped while calls wait: the next call works.

local raw_server = require "spec.support.raw_server"
local has_copas = pcall(require, "copas")

local interpreter = os.getenv "LUA" or "lua5.4"

local PRELUDE = [[
  local convoke = require "convoke"
  local engine = require "convoke.engine"
  local clerk = convoke.clerk { url = arg[1], secret_key = "sk_test_1234567890", timeout = 5 }
  local function list() return clerk.invitations:list { limit = 1 } end
  local ended = {}
  local function call(name)
    return function()
      local value, err = list()
      ended[#ended + 1] = name .. " " .. (value and "fine" or err.kind)
    end
  end
  -- The next thing that the host's driver does fails, as by an interrupt.
  local function break_driver()
    local turn = engine.turn
    engine.turn = function()
      engine.turn = turn
      error("interrupted!", 0)
    end
  end
]]

-- Runs a program in a process of its own; returns what it printed and its exit status.
local function run_program(server, program)
  local name = os.tmpname()
  local file = assert(io.open(name, "w"))
  file:write(PRELUDE, program)
  file:close()
  local pipe = io.popen(("timeout 20 %s %s '%s' 2>&1; echo status $?"):format(interpreter, name,
    server.url))
  local output = pipe:read "*a"
  pipe:close()
  os.remove(name)
  return output
end

describe("a lost loop of", function()
  local server

  setup(function() server = raw_server.start() end)
  teardown(function() server:stop() end)

  -- Runs a program; returns how its calls ended, one a line.
  local function run(program)
    server:play { { { "receive" }, { "sleep", 0.05 }, { "send", raw_server.answer(200, "[]") },
      { "again" } } }
    return run_program(server, program .. "\nprint(table.concat(ended, ', '))\n")
  end

  describe("luv", function()
    local function runs(program, expected)
      local output = run([[
        local uv = require "luv"
        convoke.use "luv"
        local function begin(name) assert(coroutine.resume(coroutine.create(call(name)))) end
        local function close_all()
          uv.walk(function(handle)
            if not handle:is_closing() then handle:close() end
          end)
        end
      ]] .. program)
      assert.equal(expected .. "\nstatus 0\n", output)
    end

    it("whose handles uv.walk has closed: the next call is answered, as those before it", function()
      runs([[
        begin "first"
        close_all()
        begin "second"
        uv.run()
        begin "third"
        uv.run()
        close_all()
        begin "fourth"
        close_all()
        uv.run()
        begin "fifth"
        uv.run()
        table.sort(ended)
      ]], "fifth fine, first fine, fourth fine, second fine, third fine")
    end)

    it("that was closed and made anew: the next call is answered by the new one", function()
      runs([[
        begin "dropped"
        close_all()
        uv.run()
        assert(uv.loop_close())
        package.loaded.luv = nil
        uv = require "luv"
        begin "next"
        local before = #ended
        uv.run()
        table.sort(ended)
        print(before)
        print(table.concat(ended, ", "))
        io.stdout:flush()
        os.exit(0, false) -- luv itself crashes at the end of a state that has had two loops
      ]], "0\ndropped fine, next fine")
    end)

    it("that has ended: what goes on outside of it leaves the program an end", function()
      runs([[
        begin "inside"
        uv.run()
        convoke.spawn(call "outside"):await()
        begin "again"
        uv.run()
        convoke.spawn(call "at last"):await()
      ]], "inside fine, outside fine, again fine, at last fine")
    end)

    it("that has not begun: what goes on before takes nothing of it along", function()
      runs([[
        local called = false
        local timer = uv.new_timer()
        timer:start(0, 0, function()
          called = true
          timer:close()
        end)
        convoke.spawn(call "outside"):await()
        ended[2] = tostring(called)
        uv.run()
        ended[3] = tostring(called)
      ]], "outside fine, false, true")
    end)

    it("that was stopped: the next one goes on", function()
      runs([[
        begin "first"
        uv.stop()
        uv.run()
        begin "second"
        uv.run()
        table.sort(ended)
      ]], "first fine, second fine")
    end)

    it("that was closed: calls block", function()
      runs([[
        begin "first"
        close_all()
        uv.run()
        assert(uv.loop_close())
        begin "second"
        begin "third"
        table.sort(ended)
      ]], "first fine, second fine, third fine")
    end)
  end)

  describe("cqueues", function()
    local function runs(program, expected)
      local output = run([[
        local cqueues = require "cqueues"
        convoke.use "cqueues"
      ]] .. program)
      assert.equal(expected .. "\nstatus 0\n", output)
    end

    it("that is collected, or closed, with calls in flight: the next call is answered", function()
      runs([[
        for i = 1, 3 do
          local controller = cqueues.new()
          controller:wrap(call "dropped")
          controller:step(0)
          assert(convoke.stats().in_flight == i)
          if i == 2 then controller:close() end
        end
        collectgarbage()
        collectgarbage()
        local controller = cqueues.new()
        controller:wrap(call "next")
        assert(controller:loop())
        repeat convoke.step() until convoke.stats().in_flight == 0
        assert(not engine.busy())
      ]], "next fine")
    end)

    it("whose driver was stopped by an error: the next call has another", function()
      runs([[
        local controller = cqueues.new()
        break_driver()
        controller:wrap(call "first")
        assert(not controller:loop())
        controller:wrap(call "second")
        assert(controller:loop())
        table.sort(ended)
      ]], "first fine, second fine")
    end)
  end)

  if has_copas then
    it("copas whose driver was stopped by an error: the next call has another", function()
      local output = run [[
        local copas = require "copas"
        convoke.use "copas"
        local function loop_until(count)
          local stop = convoke.now() + 10
          while #ended < count and convoke.now() < stop do copas.step(0.1) end
        end
        break_driver()
        local stderr = io.stderr
        copas.addthread(function()
          (copas.setErrorHandler or function() end)(function() end)
          call "first"()
        end)
        copas.addthread(call "second")
        loop_until(2)
      ]]
      assert.matches("second fine", output)
      assert.matches("first fine", output)
      assert.matches("status 0\n$", output)
    end)
  end
end)

describe("a program ends with a call in flight in", function()
  local server

  setup(function() server = raw_server.start() end)
  teardown(function() server:stop() end)

  local hosts = {
    luv = [[convoke.use "luv" coroutine.wrap(list)() require("luv").run "nowait"]],
    cqueues = [[
      convoke.use "cqueues"
      local controller = require("cqueues").new()
      controller:wrap(list)
      controller:step(0)
    ]],
    copas = has_copas and [[
      convoke.use "copas"
      local copas = require "copas"
      copas.addthread(list)
      copas.step(0)
    ]] or nil,
  }

  for host, program in pairs(hosts) do
    it(host, function()
      server:play { { { "receive" }, { "hold" } } }
      local output = run_program(server, program .. "print(convoke.stats().in_flight)")
      assert.equal("1\nstatus 0\n", output)
    end)
  end
end)
