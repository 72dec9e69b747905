--- convoke: sessions, invitations and mutations of five HTTP APIs.

-- A core that was built for another Lua lacks functions of this one, or is of another version.
local loaded, core = pcall(require, "convoke.core")
if not loaded then
  local reason = tostring(core)
  local is_foreign = reason:find "undefined symbol: lua" or reason:find "[Ss]ymbol not found.*_lua"
    or reason:find "version mismatch"
  if not is_foreign then error(core, 0) end
  local this = rawget(_G, "jit") and "LuaJIT" or _VERSION
  error(("convoke: its core was built for another Lua than this one (%s); "
    .. "build it with `make LUA=...`, or install it for this Lua\n%s"):format(this, reason), 0)
end
local attempt = require "convoke.call.attempt"
local catalogue = require "convoke.catalogue"
local client = require "convoke.client"
local engine = require "convoke.engine"
local hooks = require "convoke.observe.hooks"
local run = require "convoke.call.run"
local tasks = require "convoke.tasks"

engine.set_scheduler(tasks.scheduler)

---@type convoke
local convoke = {
  version = require "convoke.version",

  --- JSON's null; the same value as `cjson.null`.
  null = core.null,

  --- convoke.array(t), convoke.object(t): mark a table of a free-form value; both return it.
  array = core.array,
  object = core.object,

  --- convoke.int64(n), convoke.bytes(s): values that only Convex knows.
  int64 = core.int64,
  bytes = core.bytes,

  --- Seconds of the clock that deadlines are given in.
  now = core.now,

  --- Tasks: run(f, ...), spawn(f, ...), all({f1, f2, ...}, { limit = n }), sleep(seconds).
  run = tasks.run,
  spawn = tasks.spawn,
  all = tasks.all,
  sleep = tasks.sleep,

  --- drain([seconds]): begins nothing new, waits for the calls under way, and returns how many were
  -- left after that time; those are cancelled.
  drain = require "convoke.drain",

  --- use(host): makes calls yield to "cqueues", "copas", "luv", "openresty" or a host of one's own.
  use = engine.use,

  --- step([budget]): works on calls and tasks without waiting, for about `budget` seconds; returns
  -- how many calls are in flight.
  step = engine.step,

  --- pollfd(): a descriptor, readable when there is work for step(); events(): "r"; timeout():
  -- seconds until there is work by time, or nil.
  pollfd = engine.pollfd,
  events = function() return "r" end,
  timeout = engine.timeout,

  --- stats(): counters of this Lua state: calls in_flight now, and those of them that wait for
  -- their turn: queued; and since its start started, finished, failed, cancelled, retried,
  -- connections_opened, connections_reused, bytes_sent, bytes_received.
  stats = function()
    local stats = core.stats()
    stats.retried = run.retried
    return stats
  end,

  --- log(options): writes what calls do as lines or JSON.
  log = function(...) return require("convoke.observe.log").set(...) end,

  --- metrics([options]): counts what calls do; the object's text is for Prometheus.
  metrics = function(...) return require("convoke.observe.metrics").begin(...) end,

  --- openapi(source [, options]): a constructor of clients of any API that has an OpenAPI document.
  openapi = function(...) return require("convoke.openapi").load(...) end,

  --- The built-in transport, for transports that pass requests on: send(request).
  transport = attempt.transport,
}

for _, name in ipairs(catalogue.names) do
  convoke[name] = client.constructor(name)
end

-- What few programs need is made when it is first asked for:
local later = {
  -- an array of all operations as data;
  operations = catalogue.operations,
  -- many calls that must all be done, once each;
  job = function() return require "convoke.jobs.job" end,
  -- rows of a file, for jobs;
  rows = function() return require "convoke.jobs.rows" end,
  -- trace { ... }: spans of calls, for OpenTelemetry;
  trace = function() return require "convoke.observe.trace" end,
  -- a transport that keeps what an API answered in a file, and answers from it later;
  cassette = function() return require "convoke.observe.cassette" end,
  -- show(value [, err]): prints a value as indented Lua, or an error in lines that say what to do;
  show = function() return require "convoke.show" end,
  -- help([x]): prints help about a client, resource, verb, operation, error, option or name.
  help = function() return require "convoke.help" end,
}

-- convoke.hooks, functions that are told of the calls of all clients, are set one by one or all at
-- once.
setmetatable(convoke, {
  __index = function(self, name)
    if name == "hooks" then return hooks.face end
    local make = later[name]
    if not make then return nil end
    self[name] = make()
    return self[name]
  end,
  __newindex = function(self, name, value)
    if name ~= "hooks" then return rawset(self, name, value) end
    local fault = hooks.set_all(value)
    if fault then error(fault, 2) end
  end,
})

-- What C programs drive us by.
core.embed(engine.step, engine.pollfd)

-- OpenResty is recognised by itself.
local ngx = rawget(_G, "ngx")
if type(ngx) == "table" and ngx.get_phase then convoke.use "openresty" end

-- A log without a change to the program.
local level = os.getenv "CONVOKE_LOG"
if level then require("convoke.observe.log").from_environment(level) end

return convoke
