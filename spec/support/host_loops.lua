--- Loops of others for specs: what runs in them, and a ticker that shows that they go on.
--
--   hosts    name -> function(f, tick) that returns when f has ended; tick is called meanwhile
--   together name -> function(functions) that returns when all of them have ended
--   missing  name -> why that host cannot be tried, or nil

local assert = require "luassert"
local convoke = require "convoke"
local engine = require "convoke.engine"

local cqueues = require "cqueues"
local has_copas, copas = pcall(require, "copas")
local has_luv, uv = pcall(require, "luv")

--- How a host runs a function beside a ticker, until the function has ended.
local loops = { hosts = {}, missing = {} }
local hosts = loops.hosts

function hosts.cqueues(f, tick)
  local controller, ended = cqueues.new(), false
  controller:wrap(function()
    f()
    ended = true
  end)
  controller:wrap(function()
    while not ended do
      tick()
      cqueues.sleep(0.005)
    end
  end)
  assert(controller:loop())
end

function hosts.luv(f, tick)
  local timer = uv.new_timer()
  timer:start(0, 5, tick)
  assert(coroutine.resume(coroutine.create(function()
    f()
    timer:close()
  end)))
  uv.run()
end

function hosts.copas(f, tick)
  local ended = false
  copas.addthread(function()
    f()
    ended = true
  end)
  local stop = convoke.now() + 20
  while not ended and convoke.now() < stop do
    tick()
    copas.step(0.005)
  end
  while engine.busy() do copas.step(0.005) end
  copas.step(0)
end

--- How a host runs functions side by side until all have ended: name -> function(functions).
loops.together = {}
local together = loops.together

function together.cqueues(functions)
  local controller = cqueues.new()
  for _, f in ipairs(functions) do controller:wrap(f) end
  assert(controller:loop())
end

function together.luv(functions)
  for _, f in ipairs(functions) do assert(coroutine.resume(coroutine.create(f))) end
  uv.run()
end

together.copas = has_copas and function(functions)
  local alive = #functions
  for _, f in ipairs(functions) do
    copas.addthread(function()
      f()
      alive = alive - 1
    end)
  end
  local stop = convoke.now() + 20
  while (alive > 0 or engine.busy()) and convoke.now() < stop do copas.step(0.1) end
  copas.step(0)
end or nil

function together.tasks(functions)
  convoke.run(function()
    for _, f in ipairs(functions) do convoke.spawn(f) end
  end)
end

loops.missing.copas = not has_copas and "copas is not there" or nil
loops.missing.luv = not has_luv and "luv is not there" or nil

return loops
