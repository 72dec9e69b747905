--- OpenResty: calls yield to nginx, so that a worker goes on with its other requests.
--
-- nginx lets Lua wait for nginx's own connections only. So while calls are in flight, one timer of
-- the worker reads from a loopback connection. A thread (see core.wakeup) sends a byte there
-- whenever the engine has work. With nothing in flight there is neither timer nor thread.

local core = require "convoke.core"
local ngx = ngx -- luacheck: globals ngx
local semaphore = require "ngx.semaphore"

local host = { name = "openresty" }

local LINGER = 1 -- seconds that timer and thread stay when there is nothing to do
local TICK = 0.005 -- seconds between two looks where there is no wakeup
local START = 0.1 -- seconds that the timer may take to begin: nginx drops it when too many run
local PATIENCE = 60 -- seconds; then look whether a call has finished unnoticed
local LONGEST = 2 ^ 31 - 1 -- milliseconds that nginx can wait

local can_wait = {
  rewrite = true, server_rewrite = true, access = true, content = true, timer = true,
  preread = true, ssl_cert = true, ssl_session_fetch = true, ssl_client_hello = true,
}

local driving = false -- false, "soon" or "now": the timer runs
local used = false -- something was begun since the timer last looked
local waits_for_work = false -- the timer does, for as long as that takes

local function check_phase()
  local phase = ngx.get_phase()
  if can_wait[phase] then return end
  error(("convoke: nginx cannot wait for a call in its phase %s; make it in a timer: "
    .. "ngx.timer.at(0, function() ... end)"):format(phase), 0)
end

function host.running()
  check_phase()
  return { woken = false }
end

local function look(engine)
  core.step()
  engine.dispatch()
  engine.announce() -- a task of ours may go on, which is for the timer to see to
end

-- Semaphores that nobody waits for. One may have been posted to once too often: park() may return
-- early.
local free, free_count = {}, 0

local function take_semaphore()
  if free_count == 0 then return assert(semaphore.new()) end
  free_count = free_count - 1
  return free[free_count + 1]
end

local function give_semaphore(token)
  free_count = free_count + 1
  free[free_count], token.semaphore = token.semaphore, nil
end

function host.park(token)
  if not token.woken then
    token.semaphore = token.semaphore or take_semaphore()
    local patience = driving == "now" and PATIENCE or driving == "soon" and START or TICK
    local woken, why = token.semaphore:wait(patience)
    if not woken and why ~= "timeout" then error("convoke: " .. why, 0) end
    if not woken then
      local engine = require "convoke.engine"
      if driving == "soon" then driving = false end
      host.drive(engine)
    end
  end
  if token.semaphore then give_semaphore(token) end
  token.woken = false
end

function host.wake(token)
  token.woken = true
  if token.semaphore then token.semaphore:post() end
end

function host.sleep(seconds)
  ngx.sleep(seconds)
end

--- Has the timer look when what it waits for has ended without it: somebody else has taken the
-- answer, and the descriptor would never tell.
function host.rest()
  if waits_for_work then core.alarm(0) end
end

-- A wakeup and the connection on which its bytes arrive; or nil and why not.
local function new_wakeup()
  local wakeup, port, key = core.wakeup()
  if not wakeup then return nil, port end
  local connection = ngx.socket.tcp()
  connection:settimeouts(1000, 1000, LONGEST)
  local ok, why = connection:connect("127.0.0.1", port)
  if ok then ok, why = connection:send(key) end
  if ok then return wakeup, connection end
  connection:close()
  wakeup:close()
  return nil, why
end

local function listen(engine, wakeup, connection)
  local resting = false
  while true do
    engine.turn()
    local busy = engine.busy()
    if resting and not used and not busy then return end
    resting = not busy
    if resting and ngx.worker.exiting() then return end
    used = false
    if not wakeup then
      ngx.sleep(TICK)
    else
      wakeup:arm(engine.pollfd(), resting and LINGER or nil)
      waits_for_work = not resting
      local rung, why = connection:receive(1)
      waits_for_work = false
      if not rung then
        ngx.log(ngx.WARN, "convoke: looks for finished calls from time to time only: ", why)
        wakeup = nil
      end
    end
  end
end

local function run(_, engine)
  if driving == "now" then return end -- another one was quicker
  driving = "now"
  local wakeup, connection = new_wakeup()
  if not wakeup then
    ngx.log(ngx.WARN, "convoke: looks for finished calls from time to time only: ", connection)
  end
  local ok, why = pcall(listen, engine, wakeup, connection)
  driving = false
  if wakeup then
    connection:close()
    wakeup:close()
  end
  if not ok then error(why, 0) end
end

function host.drive(engine)
  used = true
  if not driving then
    check_phase()
    driving = ngx.timer.at(0, run, engine) and "soon" or false
  end
  look(engine) -- sends now what there is to send
end

return host
