--- What is done while memory runs out. Each case has a `name` and
--   make()     returns what is called and what closes it again, or
--   script     that is run in Lua states of its own;
--   answers()  returns what the server says, request by request;
--   warm       true: has been called before, so that clients and connections are there;
--   many       true: what is called returns arrays of values and of errors;
--   requests   true: it makes several requests, of which the first ones may have gone well;
--   server()   starts the server that a script is to call, instead of the usual one;
--   unsteady   true: a thread allocates, too, and a chance that failed last time may not come;
--   loose      true: it ends in more than one way;
--   limit      the most chances of a row that are tried;
--   sources    of failures, where they are not all three sources of memory.

local cjson = require "cjson"
local core = require "convoke.core"
local memory = require "memory"
local convoke = require "convoke"
local samples = require "spec.programs.memory.samples"

local cases = {}
local all_sources = { "lua", "core", "curl", "action", "watch", "ruin" }

local credentials = {
  clerk = { secret_key = "sk_test_of_nobody" },
  convex = { token = "token-of-nobody" },
  cvat = { username = "nobody", password = "password-of-nobody" },
  edgegap = { token = "token-of-nobody" },
  gencove = { api_key = "key-of-nobody" },
}

local function construct(api, more)
  local options = { url = memory.url, timeout = 10, retries = 0 }
  for name, value in pairs(credentials[api]) do options[name] = value end
  for name, value in pairs(more or {}) do options[name] = value or nil end
  return convoke[api](options)
end

local apis, operations = {}, {} -- names in order; operations by API and by name
for _, operation in ipairs(convoke.operations) do
  local api = operation.api
  if not operation.extra then
    if not operations[api] then
      operations[api] = {}
      apis[#apis + 1] = api
    end
    table.insert(operations[api], operation)
    operations[operation.name] = operation
  end
end

-- Adds a case in which f(client, operation, params) is called, for one client.
local function add(what, operation, answers, f, more)
  local params = samples.params(operation)
  local case = { name = operation.name .. what, warm = true, answers = answers }
  function case.make()
    local client = construct(operation.api, more)
    return function() return f(client, operation, params) end, function() client:close() end
  end
  cases[#cases + 1] = case
  return case
end

-- Without looking for what was made: that would be other requests.
local function call(client, operation, params)
  return client:call(operation.id, params, { reconcile = false })
end

local function right_answer(operation)
  local answer = samples.answer(operation)
  return function() return answer end
end

for _, api in ipairs(apis) do
  for _, operation in ipairs(operations[api]) do
    add("", operation, right_answer(operation), call)
  end
end

-- One operation of each API in other ways.
for _, api in ipairs(apis) do
  local operation = operations[api][1]
  local answer, refusal = samples.answer(operation), samples.refusal(api)

  local params = samples.params(operation)
  cases[#cases + 1] = { name = operation.name .. ", the first call",
    answers = right_answer(operation), make = function()
      local client
      return function()
        client = construct(api)
        return call(client, operation, params)
      end, function() if client then client:close() end end
    end, sources = all_sources }

  add(", refused", operation, function() return refusal end, call)

  add(", asked again", operation, function() return samples.again(), answer end, call,
    { retries = 1 })

  add(", in a task", operation, right_answer(operation), function(...)
    return convoke.run(call, ...)
  end)
end

local function invitation(id)
  return samples.http(200, ('[{"id":"%s"}]'):format(id))
end

local list = operations["clerk.invitations.list"]
local create = operations["clerk.invitations.create"]
local read_token = operations["gencove.invitations.read_token"]

add(", every page", list, function()
  return invitation "inv_1", invitation "inv_2", samples.http(200, "[]")
end, function(client)
  local ids = {}
  local listed, why = pcall(function()
    for each in client.invitations:each { limit = 1 } do ids[#ids + 1] = each.id end
  end)
  if listed then return ids end
  if type(why) == "string" then error(why, 0) end
  return nil, why
end).requests = true

add(", through a transport of one's own", create, right_answer(create), call,
  { transport = { send = function(request) return convoke.transport.send(request) end } })

add(", by the name of a host", create, right_answer(create), call,
  { url = memory.named_url, allow_http = true }).unsteady = true

require("convoke.tasks").report = function() end -- some task dies before it is awaited

-- The credential is asked for twice, because the first one is refused.
add(", with a credential that has to be renewed", read_token, function()
  return samples.http(401, '{"detail":"expired"}'), samples.answer(read_token)
end, call, { api_key = false, jwt = function(refused)
  return refused and "fresh.token.of-nobody" or "stale.token.of-nobody"
end })

local mutation = operations["convex.sessions.start_session"] -- for its credential and answer
add(", any mutation", mutation, right_answer(mutation), function(client)
  return client:mutation("module:function", { id = convoke.int64(12), raw = convoke.bytes "bytes",
    tags = convoke.array {}, ["a field"] = convoke.object {} })
end)

add(", cancelled", create, right_answer(create), function(client, _, params)
  return convoke.run(function()
    local task = convoke.spawn(call, client, create, params)
    convoke.sleep(0)
    task:cancel()
    return select(2, pcall(task.await, task))
  end)
end).loose = true

-- The answer says nothing, and what was made is looked up.
add(", looked up", create, function()
  local made = samples.params(create)
  made.id, made.status, made.created_at = "inv_1", "pending", math.floor(os.time() * 1000 + 2000)
  return samples.http(500, "{}"), samples.http(200, cjson.encode { made })
end, function(client, operation, params)
  return client:call(operation.id, params, { timeout = 0.3 })
end, { retries = 1 }).loose = true
cases[#cases].limit = 8 -- because of the pauses

cases[#cases + 1] = { name = "a wakeup", sources = { "lua", "core" },
  answers = right_answer(create), make = function()
    return function()
      local wakeup, why = core.wakeup()
      if not wakeup then error("not enough memory: " .. why, 0) end
      wakeup:close()
      return true
    end, function() end
  end }

cases[#cases + 1] = { name = "the core alone", script = "spec/programs/memory/core.lua" }
cases[#cases + 1] = { name = "left in flight", script = "spec/programs/memory/leave.lua" }
cases[#cases + 1] = { name = "from the start", script = "spec/programs/memory/start.lua" }
cases[#cases + 1] = { name = "from the start, over TLS", script = "spec/programs/memory/start.lua",
  server = function() return require("spec.support.http2_server").start(0) end,
  sources = { "core", "curl", "action", "watch", "ruin" } }

for _, api in ipairs(apis) do
  local operation = operations[api][1]
  local many = add(", many at once", operation, right_answer(operation), function(client, _, given)
    local calls = {}
    for i = 1, 5 do calls[i] = function() return call(client, operation, given) end end
    local values, errors = convoke.run(convoke.all, calls)
    for i = 1, errors.n do
      if errors[i] and not values[i] and type(errors[i]) ~= "table" then error(errors[i], 0) end
    end
    return values, errors
  end, { max_in_flight = 3 })
  many.many, many.sources = true, all_sources
end

return cases
