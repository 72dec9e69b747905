--- The storm: many invitations, made and some removed again, all at once through a proxy that
-- breaks what it can, and an audit of the results against the sandbox's own books.
--
--   local report = storm.run { seed = 7, count = 10000 }
--   report.faults   -- what was wrong, as texts: none is good
--   report.counts   -- how the calls ended
--
-- The plan (addresses, kinds) depends on the seed alone, the proxy's part as proxy.c says.

local all_of = require "spec.support.all"
local convoke = require "convoke"
local counters = require "spec.programs.storm.counts"
local proxies = require "spec.programs.storm.proxy"
local traces = require "spec.programs.storm.traces"

local storm = {}

local apis = { "clerk", "gencove", "cvat" }
local longest_delay = 1 -- seconds, and more than the proxy keeps a request back

-- Chance: the same numbers from the same seed in every Lua.
local function chance_from(seed)
  local state = seed * 7919 % 2147483646 + 1
  return function(limit)
    state = state * 16807 % 2147483647
    return state % limit
  end
end

-- The plan ----------------------------------------------------------------------------------------

-- Kinds of calls, with how many in a hundred draws; a draw gives one call or two, one right after
-- the other:
--   fresh   an address that nobody has
--   stood   an address that was invited before the storm
--   twins   two calls for one address
--   kin     two addresses whose mailboxes differ by a digit at the end, as the names do that CVAT
--           gives to accounts when one is taken
--   namesake  two addresses with the same mailbox in different domains
local kinds = { { "stood", 4 }, { "twins", 2 }, { "kin", 4 }, { "namesake", 4 }, { "fresh", 86 } }

local function draw_kind(chance)
  local number = chance(100)
  for _, kind in ipairs(kinds) do
    if number < kind[2] then return kind[1] end
    number = number - kind[2]
  end
end

-- The calls to come: array of { api =, address =, kind =, number = }.
local function plan(count, chance)
  local calls, serial = {}, 0
  local function add(api, kind, address)
    calls[#calls + 1] = { number = #calls + 1, api = api, kind = kind, address = address }
  end
  while #calls < count do
    serial = serial + 1
    local api, kind = apis[serial % #apis + 1], draw_kind(chance)
    if #calls + 1 == count and kind ~= "stood" then kind = "fresh" end
    local mailbox = ("%s%dx"):format(kind, serial)
    add(api, kind, mailbox .. "@storm.example")
    if kind == "twins" then
      add(api, kind, mailbox .. "@storm.example")
    elseif kind == "kin" then
      add(api, kind, mailbox .. "1@storm.example")
    elseif kind == "namesake" then
      add(api, kind, mailbox .. "@elsewhere.example")
      local one, other = calls[#calls - 1], calls[#calls]
      one.namesake, other.namesake = other, one
    end
  end
  return calls
end

-- The calls ---------------------------------------------------------------------------------------

-- api -> the fields of a create
local fields = {
  clerk = function(call)
    return { email_address = call.address, public_metadata = { number = call.number } }
  end,
  gencove = function(call) return { email = call.address } end,
  cvat = function(call) return { email = call.address, role = "worker" } end,
}

local function connect(sandbox, ports, options)
  local function url(api)
    return ports and sandbox[api].url:gsub(":%d+", ":" .. ports[api], 1) or sandbox[api].url
  end
  local function with(own)
    for name, value in pairs(options) do own[name] = value end
    return own
  end
  return {
    clerk = convoke.clerk(with { url = url "clerk", secret_key = sandbox.clerk.secret_key }),
    gencove = convoke.gencove(with { url = url "gencove", api_key = sandbox.gencove.api_key }),
    cvat = convoke.cvat(with { url = url "cvat", token = sandbox.cvat.token,
      org = sandbox.cvat.org }),
  }
end

local function close(clients)
  for _, client in pairs(clients) do client:close() end
end

local id_fields = { clerk = "id", gencove = "id", cvat = "key" }

local function make(clients, call)
  local value, err, meta = clients[call.api].invitations:create(fields[call.api](call))
  call.id = value and value[id_fields[call.api]]
  call.err, call.attempts = err, meta and meta.attempts or err and err.attempts
end

-- Removes what a call has made; not before a try that the proxy has kept back has come, too: it
-- would make another.
local function remove(clients, call)
  convoke.sleep(longest_delay)
  local invitations = clients[call.api].invitations
  local verb = call.api == "clerk" and "revoke" or "delete"
  local value, err = invitations[verb](invitations, call.id)
  call.removal = { done = value ~= nil, err = err }
end

-- One in so many of those that were made is removed again.
local removed_share = 8

-- Makes all calls, so many at a time.
local function make_all(clients, calls, tasks, options)
  convoke.run(function()
    local position = 0
    for _ = 1, math.min(tasks, #calls) do
      convoke.spawn(function()
        while position < #calls do
          position = position + 1
          local call = calls[position]
          call.tries, call.retries, call.timeout = {}, options.retries, options.timeout
          storm.current[coroutine.running()] = call
          make(clients, call)
          storm.current[coroutine.running()] = nil
          if call.id and call.number % removed_share == 0 then remove(clients, call) end
        end
      end)
    end
  end)
end

storm.current = setmetatable({}, { __mode = "k" }) -- coroutine -> the call that it makes

-- The clients' log: notes for the running call each try of its own and of its look-ups.
local function note(line)
  local verb, what = line:match "%.invitations%.(%w+) %S+ %S+ (%S+) in "
  local call = storm.current[coroutine.running()]
  if call then call.tries[#call.tries + 1] = { verb = verb, what = what } end
end

-- The audit ---------------------------------------------------------------------------------------

-- api -> function(books): the invitations as array of { id =, address =, number =, removed = }
local readers = {
  clerk = function(books)
    local found = {}
    for i, each in ipairs(books.invitations) do
      found[i] = { id = each.id, address = each.email_address,
        number = each.public_metadata.number, removed = each.status == "revoked" }
    end
    return found
  end,
  gencove = function(books)
    local found = {}
    for i, each in ipairs(books.invitations) do
      found[i] = { id = each.id, address = each.email,
        removed = each.last_status.status == "revoked" }
    end
    return found
  end,
  cvat = function(books)
    local found, addresses = {}, {}
    for _, user in ipairs(books.users) do addresses[user.id] = user.email end
    for i, each in ipairs(books.invitations) do
      found[i] = { id = each.key, address = addresses[each.user.id] }
    end
    return found
  end,
}

-- What the sandbox holds: api -> address -> array of what was made for it.
local function read_books(sandbox)
  local all = {}
  for _, api in ipairs(apis) do
    local by_address = {}
    for _, entry in ipairs(readers[api](sandbox:books(api))) do
      local list = by_address[entry.address] or {}
      by_address[entry.address], list[#list + 1] = list, entry
    end
    all[api] = by_address
  end
  return all
end

-- Why a call could not know how it ended, or nil where it should have known.
local function why_unknown(call)
  local last = call.tries[#call.tries]
  if (call.err.elapsed or 0) > call.timeout - 2 then return "no time left" end
  if last.verb == "create" then return nil end
  if last.what ~= "200" then return "the look-up failed" end
  if call.err.budget_empty then return "no repeats left in the budget" end
  if call.attempts > call.retries then return "no tries left" end -- it may be executed later yet
  -- A member's invitation may be gone: the storm deletes some, and the membership stays.
  if call.api == "cvat" and call.err.status == 400 then return "a member without an invitation" end
  -- What CVAT lists has no address, only a name that fits both.
  local other = call.api == "cvat" and call.namesake
  if other and other.err and other.err.outcome == "unknown" then return "two that look alike" end
end

-- What is wrong with the end of a removal, or nil. CVAT's books forget what is removed.
local function fault_of_removal(removal, entry)
  local gone = entry == nil or entry.removed == true
  if removal.done then return not gone and "reported as removed, but there" or nil end
  local certain = removal.err.outcome ~= "unknown"
  return certain and gone and "removed, but reported as not removed" or nil
end

-- What is wrong with a call's being reported as made, or nil.
local function fault_of_success(call, entry, stood, taken)
  if not entry then
    -- What was removed CVAT's books forget.
    if call.removal and call.api == "cvat" then return nil end
    return "reported as made, but missing or another's"
  end
  if call.id == stood then return "an older one was taken for the new one" end
  if taken[call.id] then return "reported as made twice" end
  if entry.number and entry.number ~= call.number then
    return "another call's was taken for its own"
  end
end

-- The ends of calls for one address, compared with what stands in the books for it.
local function audit_address(report, calls, held)
  local function fault(text)
    local told = {}
    for i, call in ipairs(calls) do told[i] = storm.describe(call) end
    report.faults[#report.faults + 1] = ("%s: %s; held: %d; %s"):format(calls[1].address, text,
      #held, table.concat(told, " | "))
  end
  local function check(why)
    if why then fault(why) end
  end
  local ids, taken, live, unknown, made = {}, {}, 0, 0, 0
  for _, entry in ipairs(held) do
    ids[entry.id] = entry
    if not entry.removed then live = live + 1 end
  end
  local stood = calls[1].stood
  local before = stood and 1 or 0
  if live > 1 or #held > #calls then fault "doubled" end
  for _, call in ipairs(calls) do
    if call.id then
      made = made + 1
      check(fault_of_success(call, ids[call.id], stood, taken))
      check(call.removal and fault_of_removal(call.removal, ids[call.id]))
      taken[call.id] = true
    elseif call.err.outcome == "unknown" then
      unknown = unknown + 1
      local why = why_unknown(call)
      check(not why and "reported as unknown, but a look-up could tell")
      why = why or "no good reason"
      report.reasons[why] = (report.reasons[why] or 0) + 1
    end
  end
  if made == 0 and #held > before then
    if unknown == 0 then fault "refused, but made" end
    report.counts.unknown_made = report.counts.unknown_made + math.min(unknown, 1)
  end
end

--- A call's end and its tries, in a line.
function storm.describe(call)
  local tries = {}
  for i, try in ipairs(call.tries) do tries[i] = try.verb .. " " .. try.what end
  return ("%s #%d %s: %s (%s)"):format(call.api, call.number, call.kind,
    call.id or tostring(call.err) .. " [" .. call.err.outcome .. "]", table.concat(tries, ", "))
end

local function count_ends(report, calls)
  local counts = report.counts
  local function add(name, number) counts[name] = (counts[name] or 0) + (number or 1) end
  for _, call in ipairs(calls) do
    local last = call.tries[#call.tries]
    if call.id then
      add "made"
      if last and last.verb == "list" then add "found" end
      if call.attempts > 1 then add "repeated" end
    else
      add(call.err.outcome)
      if call.err.outcome ~= "unknown" and call.kind ~= "stood" and call.kind ~= "twins" then
        add "given_up"
      end
      if call.kind == "stood" and call.err.outcome == "refused" then add "stood" end
    end
    if call.removal then
      add(call.removal.done and "removed" or "not_removed")
      if not call.removal.done and call.removal.err.outcome == "unknown" then
        add "unknown_removals"
      end
    end
    for _, try in ipairs(call.tries) do add(try.verb == "create" and "creates" or "lists") end
  end
end

--- Compares the ends of calls with the books.
-- @param calls  array of { api =, address =, kind =, number =, tries =, retries =, timeout =,
--   attempts =, id = or err = }; `stood`, the id of what was there before; `namesake`, the call
--   that is one; `removal`, { done =, err = }, of what it has made
-- @param books  api -> address -> array of { id =, number =, removed = }
-- @return table: faults (array of texts); counts, how the calls ended; reasons, why calls could not
--   know how they ended -> how many
function storm.audit(calls, books)
  local report = { faults = {}, reasons = {}, counts = { made = 0, found = 0, repeated = 0,
    refused = 0, not_sent = 0, unknown = 0, stood = 0, given_up = 0, unknown_made = 0, creates = 0,
    lists = 0, removed = 0, not_removed = 0, unknown_removals = 0 } }
  local order, by_address = {}, {}
  for _, call in ipairs(calls) do
    local key = call.api .. " " .. call.address
    if not by_address[key] then
      by_address[key], order[#order + 1] = {}, key
    end
    table.insert(by_address[key], call)
  end
  for _, key in ipairs(order) do
    local group = by_address[key]
    audit_address(report, group, books[group[1].api][group[1].address] or {})
  end
  count_ends(report, calls)
  return report
end

-- The whole ---------------------------------------------------------------------------------------

local function port_of(url) return tonumber(url:match ":(%d+)") end

-- Invites, in good weather, the addresses that shall stand there before the storm.
local function invite_before(sandbox, calls)
  local clients, stood = connect(sandbox, nil, {}), {}
  for _, call in ipairs(calls) do
    if call.kind == "stood" then
      local early = { api = call.api, address = call.address, number = 0 }
      stood[#stood + 1] = function()
        make(clients, early)
        call.stood = assert(early.id, early.err)
      end
    end
  end
  convoke.run(function() all_of(stood, { limit = 8 }) end)
  close(clients)
end

--- Runs a storm.
-- @param options  seed, count (calls), tasks (64), retries (6), timeout (30 seconds)
-- @return what audit() returns, with fates (what the proxy did), seconds (of the storm itself),
--   calls, and counters, what hooks, metrics and the books count; where these disagree is among the
--   faults
function storm.run(options)
  local calls = plan(options.count, chance_from(options.seed))
  local sandbox = require("convoke.sandbox").start { cvat = "2.15" }
  local ports, targets = {}, {}
  for i, api in ipairs(apis) do targets[i] = port_of(sandbox[api].url) end
  invite_before(sandbox, calls)
  local proxy = proxies.start(options.seed, targets)
  for i, api in ipairs(apis) do ports[api] = proxy.ports[i] end
  local own = { log = note, retries = options.retries or 6, timeout = options.timeout or 30 }
  local clients = connect(sandbox, ports, own)
  local gathered, finish_counting = traces.begin(), counters.begin()
  local started = convoke.now()
  make_all(clients, calls, options.tasks or 64, own)
  local seconds = convoke.now() - started
  gathered.stop()
  convoke.sleep(longest_delay)
  close(clients)
  local books = read_books(sandbox)
  local report = storm.audit(calls, books)
  report.counters = finish_counting()
  report.counters.books = counters.of_books(calls, books)
  for _, fault in ipairs(counters.disagreements(report.counters)) do
    report.faults[#report.faults + 1] = "counters disagree: " .. fault
  end
  for _, fault in ipairs(gathered.faults(calls, sandbox)) do
    report.faults[#report.faults + 1] = fault
  end
  report.calls, report.seconds, report.fates = calls, seconds, proxy:counts()
  proxy:stop()
  sandbox:stop()
  return report
end

return storm
