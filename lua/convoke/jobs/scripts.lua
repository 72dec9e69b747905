--- The scripts that a Redis server runs for a store of jobs. Each is one change that happens as a
-- whole, at the time of the server, and may be asked for again when its answer was lost.
--
-- What there is, for a job "spring" and the prefix "convoke" (`redis-cli` can ask it at any time;
-- times are seconds since 1970 by the server's clock):
--
--   convoke:jobs              set: the names of the jobs
--   {convoke:spring}:job      hash: version, api ("clerk"), operation, settings (JSON: limits,
--                             timeout, retries; never a credential), made_at, paused (1), loaded
--                             (1: all rows have been read once), held_until (the API has asked to
--                             wait until then), rows (how many were added), readings
--                             (how often a source was begun to be read), lease (milliseconds:
--                             what a worker holds longer than that is for others)
--   {convoke:spring}:rows     stream: entry 7-0 is row 7, with line, key and params (JSON), or with
--                             line, bad (what is wrong with it), at. Its group "workers" delivers
--                             them; XPENDING tells who holds which, and since when
--   {convoke:spring}:row:7    hash, once it was claimed: state, fence (how often it was claimed:
--                             only the last claim may write), sent_at, ended_at, looks (claims that
--                             looked for what an earlier one may have made), object (id of what was
--                             made), status, code, error; line: where it is now, if it was moved;
--                             not_before: when a row in state sent may be taken up again; call:
--                             what it stands for. No such field: a call of its own; "batch": a call
--                             of several rows; "none": it is another of those, or its call is
--                             counted and it waits; "refused": that, too, and the API has refused
--                             the call of several; "look": it is looked for
--   {convoke:spring}:keys     hash: key of a row -> its number, the line where it was found last,
--                             and which reading found it there first
--   {convoke:spring}:bad      hash: line that is no row -> number of the row that tells so, and the
--                             last reading that found it so
--   {convoke:spring}:again    sorted set: rows that were claimed and are pending again
--   {convoke:spring}:refused  set of numbers of rows; so are :made and :unknown, and :invalid
--   {convoke:spring}:objects  hash: id of what was made -> number of the row
--   {convoke:spring}:counts   hash: state -> how many rows
--   {convoke:spring}:calls    hash: how many rows that are sent stand for "batch", "look", "none"
--   {convoke:spring}:ended    hash: second -> how many rows have ended in it, of late
--   {convoke:spring}:pace:*   sorted set: calls that have ended lately, for limits of all calls;
--                             instead of * the name of an operation
--   {convoke:spring}:asked:W  what worker W ("machine:process:number") was given last
--   {convoke:spring}:retry:T  how many rows a retry has made pending

local scripts = {}

--- Of the keys above. A job of a newer version is refused.
scripts.version = 1

local prelude = [[
local call, number, job = redis.call, tonumber, KEYS[1]
local tag = string.sub(job, 1, -4)
local rows, counts, again = tag .. 'rows', tag .. 'counts', tag .. 'again'
local time = call('TIME')
local now = number(time[1]) + number(time[2]) / 1000000
local listed = { refused = true, invalid = true, made = true, unknown = true }

local function stamp(seconds) return string.format('%.6f', seconds) end

local changes = {} -- of fields that count, by hashes

local function add_to(hash, field, change)
  local fields = changes[hash] or {}
  changes[hash] = fields
  fields[field] = (fields[field] or 0) + change
end

local function count(state, change) add_to(counts, state, change) end

-- Carries out what was counted until now.
local function write_counts()
  for hash, fields in pairs(changes) do
    for field, change in pairs(fields) do
      if change ~= 0 then call('HINCRBY', hash, field, change) end
    end
  end
  changes = {}
end
]]

-- All but the first script need the job.
local there = [[
if call('EXISTS', job) == 0 then return redis.error_reply('NOJOB the job is not in the store') end
]]

-- ARGV: name of the call that takes several rows, or ""; how many limits; those, each three words:
-- scope, count, seconds. The arguments of the script follow from `rest` on.
local limits = [[
local batch_scope, rest = ARGV[1], 3 + 3 * ARGV[2]

local function each_limit(f)
  for i = 3, rest - 1, 3 do f(ARGV[i], number(ARGV[i + 1]), number(ARGV[i + 2])) end
end

-- Whether a limit counts calls of a kind: 'call', of one row; 'batch', of several; 'look', of
-- another operation, to find what a row has made.
local function is_for(scope, kind)
  return scope == '*' or kind == (scope == batch_scope and 'batch' or 'call')
end

-- Counts a call that has ended, once for each name.
local function count_call(kind, name)
  each_limit(function(scope)
    if is_for(scope, kind) then call('ZADD', tag .. 'pace:' .. scope, stamp(now), name) end
  end)
end

-- Calls FUNCTION(scope) that returns how many calls are under way which a limit counts: the rows
-- that are sent, for those may reach the API at any moment until they are answered.
local function calls_under_way()
  local sent = number(call('HGET', counts, 'sent') or 0)
  if batch_scope == '' then return function() return sent end end
  local found = call('HMGET', tag .. 'calls', 'batch', 'look', 'none')
  local batches, looks, none = number(found[1] or 0), number(found[2] or 0), number(found[3] or 0)
  return function(scope)
    if scope == batch_scope then return batches end
    return sent - none - (scope == '*' and 0 or batches + looks)
  end
end
]]

local pace = limits .. [[
-- How many rows may be sent now, at most `most`: limits count calls under way, and what has ended
-- within their time.
-- @param kind  of call
-- @param each  rows that one takes
-- @param own   kind of the call under way that is to be this one; or nil
local function room(most, kind, each, own)
  local standing = call('HMGET', job, 'paused', 'held_until')
  if standing[1] == '1' or number(standing[2] or 0) > now then return 0 end
  local under_way = calls_under_way()
  each_limit(function(scope, limit, per)
    if not is_for(scope, kind) then return end
    local sent = under_way(scope) - (own and is_for(scope, own) and 1 or 0)
    local lately = call('ZCOUNT', tag .. 'pace:' .. scope, '(' .. stamp(now - per), '+inf')
    most = math.min(most, each * (limit - sent - lately))
  end)
  return math.max(most, 0)
end

-- The time before which there is no room for one call more, where that can be told: the end of a
-- hold, or when each limit that is full has let go of as many calls as are too many. As room().
local function room_at(kind, own)
  local held = number(call('HGET', job, 'held_until') or 0)
  local turn = held > now and held or nil
  local under_way = calls_under_way()
  each_limit(function(scope, limit, per)
    if not is_for(scope, kind) then return end
    local key, since = tag .. 'pace:' .. scope, '(' .. stamp(now - per)
    local sent = under_way(scope) - (own and is_for(scope, own) and 1 or 0)
    local over = sent + call('ZCOUNT', key, since, '+inf') - limit
    local last = over >= 0 and call('ZRANGE', key, since, '+inf', 'BYSCORE', 'LIMIT', over, 1,
      'WITHSCORES')[2]
    if last then turn = math.max(turn or 0, number(last) + per) end
  end)
  return turn and stamp(turn) or ''
end

-- When more calls of a kind may begin than now, at the earliest: at the end of a hold, or when the
-- oldest call that counts is out of its window. '' where nothing says.
local function next_turn(kind)
  local held = number(call('HGET', job, 'held_until') or 0)
  local turn = held > now and held or nil
  each_limit(function(scope, _, per)
    if not is_for(scope, kind) then return end
    local first = call('ZRANGE', tag .. 'pace:' .. scope, '(' .. stamp(now - per), '+inf',
      'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')[2]
    if first then turn = math.min(turn or math.huge, number(first) + per) end
  end)
  return turn and stamp(turn) or ''
end
]]

local fences = [[
-- The state of a row whose last claim this is, or nil; and what call it stands for.
local function claimed(n, fence)
  local row = call('HMGET', tag .. 'row:' .. n, 'fence', 'state', 'call')
  return row[1] == fence and row[2], row[3] or nil
end

-- How many milliseconds leases last: never less than any worker has counted on.
local function lease_of(seconds)
  local lease, wanted = number(call('HGET', job, 'lease') or 0), math.ceil(seconds * 1000)
  if lease < wanted then call('HSET', job, 'lease', wanted) end
  return math.max(lease, wanted)
end

-- Counts that a row which is sent stands for another call than before.
local function count_kind(before, kind)
  if before then add_to(tag .. 'calls', before == 'refused' and 'none' or before, -1) end
  if kind then add_to(tag .. 'calls', kind == 'refused' and 'none' or kind, 1) end
end

-- Has a row that is sent stand for another call.
local function stand_for(n, before, kind)
  if before == kind then return end
  count_kind(before, kind)
  if kind then
    call('HSET', tag .. 'row:' .. n, 'call', kind)
  else
    call('HDEL', tag .. 'row:' .. n, 'call')
  end
end
]]

-- The end of claims, of which each is ten arguments: row, fence, state, seconds until somebody may
-- look it up (else ""), object, status, code, error, 1 when the object was found by looking (2 when
-- the API has refused the row's call of several), and kind of its last call (else "").
local ends = [[
local acked = {}

-- Ends a claim. Returns 1; or 0: the claim is another's, or the object another row's.
local function finish(at)
  local n, fence, state, after, object, status, code, why, mark, kind = unpack(ARGV, at, at + 9)
  local row = tag .. 'row:' .. n
  if kind ~= '' then count_call(kind, n .. ':' .. fence) end
  local before, stood = claimed(n, fence)
  if not before then return 0 end
  if before ~= 'sent' then return 1 end -- asked again
  if mark == '1' and object ~= '' then
    if (call('HGET', tag .. 'objects', object) or n) ~= n then return 0 end
  end
  call('HDEL', row, 'object', 'status', 'code', 'error', 'call', 'not_before')
  local fields = { 'state', state }
  for field, value in pairs { object = object, status = status, code = code, error = why } do
    if value ~= '' then
      fields[#fields + 1] = field
      fields[#fields + 1] = value
    end
  end
  if state == 'sent' then
    local idle = math.max(0, lease_of(0) - math.floor(number(after) * 1000))
    call('XCLAIM', rows, 'workers', 'nobody', 0, n .. '-0', 'IDLE', idle, 'JUSTID')
    local stands = mark == '2' and 'refused' or 'none'
    count_kind(stood, stands)
    for _, word in ipairs { 'call', stands, 'not_before', stamp(now + number(after)) } do
      fields[#fields + 1] = word
    end
  else
    acked[#acked + 1] = n .. '-0'
    count_kind(stood, nil)
    count('sent', -1)
    count(state, 1)
    if state == 'pending' then
      call('ZADD', again, n, n)
    else
      fields[#fields + 1] = 'ended_at'
      fields[#fields + 1] = stamp(now)
      add_to(tag .. 'ended', string.format('%d', math.floor(now)), 1)
    end
    if listed[state] then call('SADD', tag .. state, n) end
  end
  call('HSET', row, unpack(fields))
  if object ~= '' then call('HSET', tag .. 'objects', object, n) end
  return 1
end

-- Ends all claims from an argument on.
local function finish_all(first)
  local ended = {}
  for at = first, #ARGV, 10 do ended[#ended + 1] = finish(at) end
  if acked[1] then call('XACK', rows, 'workers', unpack(acked)) end
  write_counts()
  return ended
end
]]

--- Finds or makes a job. ARGV: version, api, operation, settings; or nothing.
scripts.open = prelude .. [[
if ARGV[1] and call('EXISTS', job) == 0 then
  call('XGROUP', 'CREATE', rows, 'workers', '0', 'MKSTREAM')
  call('HSET', job, 'version', ARGV[1], 'api', ARGV[2], 'operation', ARGV[3], 'settings', ARGV[4],
    'made_at', stamp(now), 'rows', 0)
end
return { stamp(now), call('HMGET', job, 'version', 'api', 'operation', 'settings', 'paused',
  'loaded', 'made_at') }
]]

--- Sets fields of the job. ARGV: name, value, ...
scripts.set = prelude .. there .. [[
call('HSET', job, unpack(ARGV))
return { stamp(now) }
]]

--- Lets no worker begin a row for a time. ARGV: seconds
scripts.hold = prelude .. there .. [[
local held = number(call('HGET', job, 'held_until') or 0)
call('HSET', job, 'held_until', stamp(math.max(held, now + number(ARGV[1]))))
return { stamp(now) }
]]

--- Makes a consumer of the group. ARGV: worker
scripts.enter = prelude .. there .. [[
call('XGROUP', 'CREATECONSUMER', rows, 'workers', ARGV[1])
return { stamp(now) }
]]

--- Removes it; what it holds is for others at once. ARGV: worker
scripts.leave = prelude .. there .. fences .. [[
local lease = lease_of(0)
while true do
  local held = call('XPENDING', rows, 'workers', '-', '+', 100, ARGV[1])
  if #held == 0 then break end
  for _, entry in ipairs(held) do
    call('XCLAIM', rows, 'workers', 'nobody', 0, entry[1], 'IDLE', lease, 'JUSTID')
  end
end
call('XGROUP', 'DELCONSUMER', rows, 'workers', ARGV[1])
call('DEL', tag .. 'asked:' .. ARGV[1])
return { stamp(now) }
]]

--- Begins to read a source. Returns the number of this reading.
scripts.read = prelude .. there .. [[
return { stamp(now), call('HINCRBY', job, 'readings', 1) }
]]

--- Adds rows, those that are there already excepted. ARGV: number of the reading; for each row its
-- line, key and params. Returns for each 0, or what there was: its line, and the reading that found
-- it there.
scripts.add = prelude .. there .. [[
local pending, had = 0, {}
for i = 2, #ARGV, 3 do
  local line, key, at = ARGV[i], ARGV[i + 1], (i + 1) / 3
  local before = call('HGET', tag .. 'keys', key)
  if before then
    had[at] = { string.match(before, '^%d+:(%d+):(%d+)') }
  else
    local n = call('HINCRBY', job, 'rows', 1)
    call('XADD', rows, n .. '-0', 'line', line, 'key', key, 'params', ARGV[i + 2])
    call('HSET', tag .. 'keys', key, n .. ':' .. line .. ':' .. ARGV[1])
    pending, had[at] = pending + 1, 0
  end
end
count('pending', pending)
write_counts()
return { stamp(now), had }
]]

--- Tells what else there is of lines. ARGV: number of the reading; 1 when these are the last of the
-- source: what earlier readings have found bad is so no longer; then for each "bad", line, what is
-- wrong; or "moved", line, key of the row that is there now.
scripts.amend = prelude .. there .. [[
local amend, reading = {}, number(ARGV[1])

-- The row that tells of a bad line, and the last reading that found it; or nil.
local function bad_at(line)
  local n, found = string.match(call('HGET', tag .. 'bad', line) or '', '^(%d+):(%d+)')
  return n, number(found)
end

function amend.bad(line, why)
  local n, found = bad_at(line)
  if n then
    call('HSET', tag .. 'row:' .. n, 'error', why)
  else
    n, found = call('HINCRBY', job, 'rows', 1), 0
    call('XADD', rows, n .. '-0', 'line', line, 'bad', why, 'at', stamp(now))
    count('invalid', 1)
  end
  call('HSET', tag .. 'bad', line, n .. ':' .. math.max(found, reading))
end

function amend.moved(line, key)
  local n = string.match(call('HGET', tag .. 'keys', key), '^%d+')
  call('HSET', tag .. 'keys', key, n .. ':' .. line .. ':' .. ARGV[1])
  call('HSET', tag .. 'row:' .. n, 'line', line)
end

local function remove_bad()
  for _, line in ipairs(call('HKEYS', tag .. 'bad')) do
    local n, found = bad_at(line)
    if found < reading then
      call('HDEL', tag .. 'bad', line)
      call('XDEL', rows, n .. '-0')
      call('DEL', tag .. 'row:' .. n)
      count('invalid', -1)
    end
  end
end

for i = 3, #ARGV, 3 do
  local what = ARGV[i]
  amend[what](ARGV[i + 1], ARGV[i + 2])
end
if ARGV[2] == '1' then
  remove_bad()
  call('HSET', job, 'loaded', 1)
end
write_counts()
return { stamp(now) }
]]

--- Counts a call that has ended. ARGV: limits; kind, name
scripts.count_call = prelude .. there .. limits .. [[
count_call(ARGV[rest], ARGV[rest + 1])
return { stamp(now) }
]]

--- Whether a claim may make a further call. One that stands for none stands for that from then on.
-- ARGV: limits; row, fence, kind. Returns 1 or 0, and when that may change, or ''.
scripts.has_room = prelude .. there .. pace .. fences .. [[
local n, fence, kind = unpack(ARGV, rest)
local state, before = claimed(n, fence)
if state ~= 'sent' then return { stamp(now), 0, '' } end
local own = batch_scope ~= '' and before or 'call' -- without batches each row that is sent counts
if own == 'none' or own == 'refused' then own = nil end
if room(1, kind, 1, own) == 0 then return { stamp(now), 0, room_at(kind, own) } end
stand_for(n, before, before and kind == 'look' and 'look' or nil)
write_counts()
return { stamp(now), 1, '' }
]]

-- Gives rows to a worker. ARGV: limits; worker, seconds of the lease, number of the question, how
-- many. A question that is asked again is given the same rows.
local claims = prelude .. there .. pace .. fences .. [[
local worker, seconds, asked, most = unpack(ARGV, rest, rest + 3)
most = number(most)
local lease, given = lease_of(number(seconds)), {}

local function give(n, fields, row)
  given[#given + 1] = { n, fields[4], fields[6], row[1], row[2], row[3], row[4] }
  asked = asked .. ' ' .. n .. ' ' .. row[1]
end

local function entry_of(n)
  return call('XRANGE', rows, n .. '-0', n .. '-0')[1]
end

local function give_again(is_lost)
  local before = call('GET', tag .. 'asked:' .. worker)
  if not before or string.match(before, '^%S+') ~= asked then return false end
  for n, fence in string.gmatch(before, ' (%d+) (%d+)') do
    local state, kind = claimed(n, fence)
    if state == 'sent' then
      call('XCLAIM', rows, 'workers', worker, 0, n .. '-0', 'JUSTID') -- its lease begins anew
      local row = is_lost and call('HMGET', tag .. 'row:' .. n, 'fence', 'sent_at', 'looks')
        or { fence, false, false }
      row[4] = kind or false
      give(n, entry_of(n)[2], row)
    end
  end
  return true
end

local function remember()
  if #given > 0 then
    call('SET', tag .. 'asked:' .. worker, asked, 'PX', math.max(lease, 600000))
  end
end
]]

--- Ends claims, and gives rows that are pending. ARGV, further: how many rows travel in one call; 1
-- where the last ones, too few for that, are wanted, too; claims that end. Also returns how things
-- stand: how many are open, paused, when more may begin, and what ending has returned. Of rows that
-- travel together the first one stands for their call.
scripts.claim = claims .. ends .. [[
local size, all = number(ARGV[rest + 4]), ARGV[rest + 5] == '1'
local ended = finish_all(rest + 6)
local kind = size > 1 and 'batch' or 'call'

local function kind_at(i)
  if size > 1 then return i % size == 1 and 'batch' or 'none' end
end

local function begin(entry)
  local n = string.match(entry[1], '^%d+')
  local row, stands = tag .. 'row:' .. n, kind_at(#given + 1)
  local fence = call('HINCRBY', row, 'fence', 1)
  if stands then
    call('HSET', row, 'state', 'sent', 'sent_at', stamp(now), 'call', stands)
    count_kind(nil, stands)
  else
    call('HSET', row, 'state', 'sent', 'sent_at', stamp(now))
  end
  give(n, entry[2], { string.format('%d', fence) })
end

local function begin_again(left)
  for _, n in ipairs(call('ZRANGE', again, 0, left - 1)) do
    call('ZREM', again, n)
    begin(call('XCLAIM', rows, 'workers', worker, 0, n .. '-0', 'FORCE')[1])
  end
end

-- Returns whether there may be more.
local function begin_new(left)
  local got = call('XREADGROUP', 'GROUP', 'workers', worker, 'COUNT', left, 'STREAMS', rows, '>')
  for _, entry in ipairs(got and got[1][2] or {}) do
    if entry[2][3] == 'bad' then
      call('XACK', rows, 'workers', entry[1])
    else
      begin(entry)
    end
  end
  return got and true
end

local turn
if give_again() then
  for i, row in ipairs(given) do stand_for(row[1], row[7] or nil, kind_at(i)) end
else
  local left = room(most, kind, size)
  if not all then
    left = math.min(left, number(call('HGET', counts, 'pending') or 0))
    left = left - left % size
  end
  if left > 0 then begin_again(left) end
  for look = 1, 20 do
    if #given >= left or not begin_new(left - #given) then break end
    if look == 20 then turn = stamp(now + 0.01) end -- bad rows only: there may be more behind them
  end
  count('pending', -#given)
  count('sent', #given)
  remember()
end
write_counts()
turn = turn or next_turn(kind)
local open = call('HMGET', counts, 'pending', 'sent')
return { stamp(now), given, number(open[1] or 0) + number(open[2] or 0),
  call('HGET', job, 'paused') == '1' and 1 or 0, turn, ended }
]]

--- Gives rows whose leases are over, and forgets what is old. A call of several rows whose worker
-- is gone has ended for all that is known.
scripts.claim_lost = claims .. [[
-- Leaves a row to nobody for some seconds more.
local function put_off(id, seconds)
  local idle = math.max(0, lease - math.floor(seconds * 1000))
  call('XCLAIM', rows, 'workers', 'nobody', 0, id, 'IDLE', idle, 'JUSTID')
end

local function begin(entry)
  local n = string.match(entry[1], '^%d+')
  local row = tag .. 'row:' .. n
  local later = call('HGET', row, 'not_before')
  if number(later or 0) > now then return put_off(entry[1], number(later) - now) end
  local fence, looks = call('HINCRBY', row, 'fence', 1), call('HINCRBY', row, 'looks', 1)
  local found = call('HMGET', row, 'sent_at', 'call')
  local kind = found[2] or nil
  if kind == 'batch' or kind == 'look' then
    count_call(kind, n .. ':' .. fence - 1)
    stand_for(n, kind, 'none')
    kind = 'none'
  end
  give(n, entry[2], { string.format('%d', fence), found[1], looks, kind or false })
end

if not give_again(true) then
  local at = '0-0'
  repeat
    local got = call('XAUTOCLAIM', rows, 'workers', worker, lease, at, 'COUNT', most - #given)
    at = got[1]
    for _, entry in ipairs(got[2]) do begin(entry) end
  until at == '0-0' or #given >= most
  write_counts()
  remember()
end

local longest, scopes = 0, {}
each_limit(function(scope, _, per)
  longest = math.max(longest, per)
  scopes[#scopes + 1] = scope
end)
for _, scope in ipairs(scopes) do -- 5 seconds longer than the limits say: servers' clocks differ
  call('ZREMRANGEBYSCORE', tag .. 'pace:' .. scope, '-inf', stamp(now - longest - 5))
end
if call('HLEN', tag .. 'ended') > 300 then
  for _, second in ipairs(call('HKEYS', tag .. 'ended')) do
    if number(second) < now - 120 then call('HDEL', tag .. 'ended', second) end
  end
end
for _, consumer in ipairs(call('XINFO', 'CONSUMERS', rows, 'workers')) do
  -- name, pending, idle: workers that are gone
  if consumer[4] == 0 and consumer[6] > lease and consumer[2] ~= worker then
    call('XGROUP', 'DELCONSUMER', rows, 'workers', consumer[2])
  end
end
return { stamp(now), given }
]]

--- Makes claims last longer, all of them or none. ARGV: worker, seconds; row, fence of each.
-- Returns 1, or 0: one is another's.
scripts.renew = prelude .. there .. fences .. [[
local ids = {}
lease_of(number(ARGV[2]))
for i = 3, #ARGV, 2 do
  if claimed(ARGV[i], ARGV[i + 1]) ~= 'sent' then return { stamp(now), 0 } end
  ids[#ids + 1] = ARGV[i] .. '-0'
end
ids[#ids + 1] = 'JUSTID'
call('XCLAIM', rows, 'workers', ARGV[1], 0, unpack(ids))
return { stamp(now), 1 }
]]

--- Ends claims. ARGV: limits; claims. Returns what became of each.
scripts.finish = prelude .. there .. limits .. fences .. ends .. [[
return { stamp(now), finish_all(rest) }
]]

--- How many rows are in each state. ARGV: seconds. Returns states and counts in turn, how many have
-- ended a second in the last so many seconds, paused, and how many workers there are.
scripts.counts = prelude .. there .. fences .. [[
local seconds, lately, since = {}, 0, now
for second = math.floor(now) - number(ARGV[1]) + 1, math.floor(now) do
  seconds[#seconds + 1] = string.format('%d', second)
end
for i, ended in ipairs(call('HMGET', tag .. 'ended', unpack(seconds))) do
  lately = lately + number(ended or 0)
  if ended then since = math.min(since, number(seconds[i])) end
end
local lease, workers = lease_of(0), 0
for _, consumer in ipairs(call('XINFO', 'CONSUMERS', rows, 'workers')) do
  if consumer[2] ~= 'nobody' and consumer[6] <= math.max(lease, 1000) then workers = workers + 1 end
end
return { stamp(now), call('HGETALL', counts), stamp(lately / math.max(now - since, 0.001)),
  call('HGET', job, 'paused') == '1' and 1 or 0, workers }
]]

--- What of limits is used. ARGV: limits. Returns for each when calls that count have ended, and how
-- many are under way.
scripts.used = prelude .. there .. limits .. [[
local used, under_way = {}, calls_under_way()
each_limit(function(scope, _, per)
  local found = call('ZRANGE', tag .. 'pace:' .. scope, '(' .. stamp(now - per), '+inf', 'BYSCORE',
    'WITHSCORES')
  local times = {}
  for i = 2, #found, 2 do times[i / 2] = found[i] end
  used[#used + 1] = { times, under_way(scope) }
end)
return { stamp(now), used }
]]

--- Rows in the order in which they were added. ARGV: number of the row before, how many.
scripts.rows = prelude .. there .. [[
local found = {}
for i, entry in ipairs(call('XRANGE', rows, '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])) do
  local n = string.match(entry[1], '^%d+')
  found[i] = { n, entry[2], call('HMGET', tag .. 'row:' .. n, 'state', 'fence', 'object', 'status',
    'code', 'error', 'sent_at', 'ended_at', 'line') }
end
return { stamp(now), found }
]]

--- Makes some rows of a state pending again. ARGV: state, name of the retry. Returns how many are
-- left, and how many of this retry are pending.
scripts.retry = prelude .. there .. [[
local state, sum = ARGV[1], tag .. 'retry:' .. ARGV[2]
local popped = call('SPOP', tag .. state, 500)
for _, n in ipairs(popped) do
  local row = tag .. 'row:' .. n
  local object = call('HGET', row, 'object')
  if object and call('HGET', tag .. 'objects', object) == n then
    call('HDEL', tag .. 'objects', object)
  end
  call('HDEL', row, 'sent_at', 'ended_at', 'looks', 'object', 'status', 'code', 'error')
  call('HSET', row, 'state', 'pending')
  call('ZADD', again, n, n)
end
count(state, -#popped)
count('pending', #popped)
write_counts()
local total = call('INCRBY', sum, #popped)
call('EXPIRE', sum, 3600)
return { stamp(now), call('SCARD', tag .. state), total }
]]

return scripts
