--- Every operation while memory runs out: the first time and later, once and for good.
--
-- A run is one call during which the chance number k of a source to fail fails. It has to end
-- with a right result, with an error object or with Lua's "not enough memory"; its outcome has to
-- be what the server saw; what is sent has to be what is always sent; the same call has to work
-- right after it; and when the client is closed as much memory has to be in use as before.
--
-- Run by main.c. Global `argument`: how many chances of a row are tried at most; nil: all.

local memory = require "memory"
local convoke = require "convoke"
local engine = require "convoke.engine"
local cases = require "spec.programs.memory.cases"

if rawget(_G, "jit") then jit.off() end -- what it has compiled does not survive a want of memory

local most = tonumber(argument) or math.huge -- luacheck: ignore 113
local only = os.getenv "ONLY" -- cases with these words in their names; nil: all
local forever = 2 ^ 50
local passed, failed = 0, 0
local enough = 40 -- failures are as good as all

-- Where lua-cjson lies; package.searchpath is not in Lua 5.1.
for template in package.cpath:gmatch "[^;]+" do
  local name = template:gsub("%?", "cjson")
  local file = io.open(name)
  if file then
    file:close()
    memory.keep(name)
    break
  end
end

-- Telling ------------------------------------------------

local function dump(value)
  if type(value) ~= "table" then return tostring(value) end
  local names, parts = {}, {}
  for name in pairs(value) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for i, name in ipairs(names) do parts[i] = tostring(name) .. "=" .. dump(value[name]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function report(what, complaint)
  if not complaint then
    passed = passed + 1
    return
  end
  failed = failed + 1
  print(("FAILED %s: %s"):format(what, complaint:sub(1, 400)))
  if failed == enough then
    print(("%d passed, %d failed"):format(passed, failed))
    error "enough"
  end
end

-- What is right ------------------------------------------------

local function is_memory_error(message)
  return type(message) == "string"
    and (message:find "not enough memory" or message:find "no memory or file descriptor") ~= nil
end

-- What libcurl says when an allocation of its own has failed; it has no one word for that.
local kinds_of = {
  lua = { memory = true },
  core = { memory = true },
  curl = { memory = true, resolve = true, connect = true, network = true, too_large = true },
  action = { memory = true, network = true },
  watch = { memory = true, network = true },
  ruin = { memory = true, network = true, too_large = true },
}

local kinds_seen = setmetatable({}, { __index = function(all, source)
  all[source] = {}
  return all[source]
end })

-- Errors tell how long they took, which is never the same.
local function without_time(value)
  if type(value) == "table" and value.elapsed then value.elapsed = 0 end
  return value
end

-- What a call ended with and what it sent, as one text.
local function end_of(value, err)
  local _, _, request = memory.requests()
  return dump(value == nil and without_time(err) or value) .. "\n" .. request
end

-- What is wrong with an error for a source's failures, or nil.
local function judge_error(source, err)
  if type(err) ~= "table" then return "no error object: " .. tostring(err) end
  kinds_seen[source][err.kind] = (kinds_seen[source][err.kind] or 0) + 1
  if not kinds_of[source][err.kind] then return "a wrong error: " .. dump(err) end
  if err.message == "" or err.message == nil then return "no message" end
  if err.outcome == "not_sent" and err.status then return "an answer to nothing: " .. dump(err) end
end

-- What is wrong with how a call ended, or nil.
local function judge(case, source, value, err)
  local begun = memory.requests() -- of which the server saw the beginning
  if end_of(value, err) == case.right then return nil end
  if value ~= nil then return "a wrong answer or request: " .. end_of(value) end
  local complaint = judge_error(source, err)
  if complaint then return complaint end
  begun = begun - math.max(0, (err.attempts or 0) - 1) -- what was refused before
  if err.outcome == "not_sent" and begun > 0 and not case.requests then
    return "had been sent: " .. tostring(err)
  end
  if err.outcome == "unknown" and begun == 0 then return "was never sent: " .. tostring(err) end
end

-- The same for many calls at once, given their values and errors.
local function judge_many(case, source, values, errors)
  local begun, may_have_come = memory.requests(), 0
  for i = 1, values.n do
    local err = errors[i]
    local complaint = err and judge_error(source, err)
    if complaint then return complaint end
    if not err and dump(values[i]) ~= case.one then return "a wrong answer: " .. dump(values[i]) end
    if not err or err.outcome == "unknown" then may_have_come = may_have_come + 1 end
  end
  if may_have_come ~= begun then
    return ("%d requests came, but %d calls say so: %s"):format(begun, may_have_come,
      dump(errors))
  end
end

-- What a call that is over has left behind, or nil.
local function left_behind()
  -- Tasks go on whatever has become of those who drove them.
  local well, why = pcall(convoke.run, function() end)
  if not well then return "cannot run any more: " .. tostring(why) end
  local stats = convoke.stats()
  if stats.in_flight > 0 then return "left in flight: " .. stats.in_flight end
  if stats.queued > 0 then return "left in the queue: " .. stats.queued end
  if engine.busy() then return "left somebody waiting" end
  convoke.step()
  if convoke.timeout() == 0 then return "left work that is never done" end
end

-- Rows ------------------------------------------------

-- Steps through the chances: all of them, or some, the first and the last among them.
local function chances_of(count, limit)
  local step = math.max(1, (count - 1) / (math.min(most, limit or most) - 1))
  local at = 1 - step
  return function()
    at = at + step
    if at < count + 0.5 then return math.floor(at + 0.5) end
  end
end

local function times(more)
  return more == 0 and "once" or more == 1 and "twice" or "from then on"
end

-- What is in use when nobody uses anything.
local function settle()
  collectgarbage()
  collectgarbage()
  return { core = memory.live "core", curl = memory.live "curl",
    descriptors = memory.descriptors() }
end

local function compare(case, before, now)
  -- How many connections libcurl keeps after many calls at once is another matter; and a call that
  -- failed may be missing among those that the core keeps for further use.
  local unsteady = case.many or case.unsteady or case.loose
  if now.curl < before.curl then before.curl = now.curl end -- it has closed one that was idle
  if now.core <= before.core and (unsteady or now.curl == before.curl)
    and now.descriptors <= before.descriptors + (unsteady and 4 or 0) then
    return nil
  end
  return ("%d blocks of the core's left, %d of libcurl's, %d descriptors"):format(
    now.core - before.core, now.curl - before.curl, now.descriptors - before.descriptors)
end

-- One run of a case. Returns what is wrong or nil, and how many chances to fail there were.
local function run_once(case, source, k, more)
  memory.answer(case.answers())
  local call, close = case.make()
  if case.warm then call() end
  memory.answer(case.answers())
  local good, failures, count, value, err = memory.try(source, k, more, call)
  local complaint
  if good and not case.loose then
    complaint = (case.many and judge_many or judge)(case, source, value, err)
  elseif not good and not is_memory_error(value) then
    complaint = "raised " .. tostring(value)
  end
  complaint = complaint or left_behind()
  memory.answer(case.answers())
  local well, again, why = pcall(call)
  if not complaint and not well then
    complaint = "raised when called again: " .. tostring(again)
  elseif not complaint and end_of(again, why) ~= case.right and not case.loose then
    complaint = "went wrong when called again: " .. end_of(again, why)
  elseif failures == 0 and k <= count and not (case.unsteady or case.loose) then
    complaint = "nothing failed"
  end
  pcall(call) -- a connection that was used twice holds a block less than a new one
  close()
  return complaint, count
end

-- All runs of a case whose failures come from one source; `more` chances fail together with one.
local function row(case, source, more)
  local what = ("%s, %s %s"):format(case.name, source, times(more))
  local complaint, count = run_once(case, source, forever, 0)
  if complaint then return report(what, "without a failure: " .. complaint) end
  local before = settle()
  for k in chances_of(count, case.limit) do
    local name = ("%s, %d of %d"):format(what, k, count)
    complaint = run_once(case, source, k, more)
    local now = settle()
    complaint = complaint or compare(case, before, now)
    report(name, complaint)
    if complaint then before = now end
  end
end

-- All runs of a script, each in a Lua state of its own, which fails and then has to do.
local function row_of_states(case, source, more)
  local what = ("%s, %s %s"):format(case.name, source, times(more))
  local _, _, count = memory.state(source, forever, 0, case.script)
  local before = settle()
  for k in chances_of(count, 200) do
    local good, _, _, first, second = memory.state(source, k, more, case.script)
    local complaint = not good and not is_memory_error(first) and "raised " .. first
      or second and "raised when run again: " .. second .. "; first: " .. tostring(first)
    local now, patience = settle(), 100
    -- LuaJIT loses a file that it has no memory to load.
    if source == "lua" then before.descriptors = now.descriptors end
    -- A thread of libcurl's that looks up a name (it takes 127.0.0.1 for one when it has no memory
    -- for an address) outlives the state.
    while compare(case, before, now) and patience > 0 do
      convoke.sleep(0.02)
      now, patience = settle(), patience - 1
    end
    complaint = complaint or compare(case, before, now)
    report(("%s, %d of %d"):format(what, k, count), complaint)
    if complaint then before = now end
  end
end

local function sweep(case)
  local try_all = row
  local server = case.server and case.server()
  if case.script then
    try_all = row_of_states
    memory.setenv("MEMORY_URL", server and server.url)
    memory.setenv("SSL_CERT_FILE", server and server.certificate)
  else
    memory.answer(case.answers())
    local call, close = case.make()
    case.right = end_of(call())
    close()
    if case.many then case.one = case.right:match "^{1=(.-}),2=" end
  end
  for _, source in ipairs(case.sources or { "lua", "core", "curl" }) do
    try_all(case, source, 0)
    if source == "lua" then try_all(case, source, 1) end -- Lua collects garbage and tries again
    try_all(case, source, forever)
  end
  if server then server:stop() end
end

for _, case in ipairs(cases) do
  if not only or case.name:find(only, 1, true) then sweep(case) end
end

for source in pairs(kinds_of) do
  if next(kinds_seen[source]) then
    print(("errors when %s fails: %s"):format(source, dump(kinds_seen[source])))
  end
end
print(("%d passed, %d failed"):format(passed, failed))
return failed == 0
