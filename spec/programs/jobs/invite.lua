--- examples/clerk-invite-csv.lua with many people, some of whose rows are bad and some of whom were
-- invited before, at a sandbox that breaks one exchange in five, stopped five times and run again:
-- the last report must say what the sandbox's books say.
--
--   lua spec/programs/jobs/invite.lua [ROWS [SEED]]
--
-- The example keeps the vendor's limits, 100 invitations an hour; here it is told to keep none.

local convoke = require "convoke"
local files = require "spec.support.job_files"

local rows, seed = tonumber(arg[1]) or 5000, tonumber(arg[2]) or 7
math.randomseed(seed)

local sandbox = require("convoke.sandbox").start()
local clerk = convoke.clerk { url = sandbox.clerk.url, secret_key = sandbox.clerk.secret_key }

-- People ------------------------------------------------

local expected = {} -- line of the file -> state
local lines, at = { "email,team" }, 1
local counts = { done = 0, invalid = 0, refused = 0 }

sandbox:advance(-3600, "clerk") -- an hour ago
for i = 1, rows do
  local address, state = ("p%d@example.com"):format(i), "done"
  local line = address .. ',"red, or\nblue"'
  local _, breaks = lines[#lines]:gsub("\n", "")
  if i % 50 == 3 then
    line, state = address, "invalid" -- a field is missing
  elseif i % 50 == 13 then
    line, state = ("nobody%d,red"):format(i), "refused" -- by the API: it is no address
  elseif i % 50 == 23 then
    assert(clerk.invitations:create { email_address = address })
    state = "refused"
  end
  at = at + 1 + breaks
  lines[#lines + 1], expected[at] = line, state
  counts[state] = counts[state] + 1
end
sandbox:advance(3600, "clerk")
local before = #sandbox:books("clerk").invitations
local people = files.write(table.concat(lines, "\n") .. "\n", ".csv")

-- Running ------------------------------------------------

for i, execute in ipairs { true, false } do
  sandbox:fault { api = "clerk", method = "POST", chance = 0.1, seed = seed + i, cut = 0,
    execute = execute }
end

local function start()
  return files.start(([[
    local convoke = require "convoke"
    local make = convoke.job
    convoke.job = function(spec)
      spec.rate, spec.progress = nil, false
      return make(spec)
    end
    arg = { %q }
    dofile "examples/clerk-invite-csv.lua"
  ]]):format(people), ("export CLERK_API_URL=%s CLERK_SECRET_KEY=%s;"):format(sandbox.clerk.url,
    sandbox.clerk.secret_key))
end

local job = convoke.job { name = "invite", store = people .. ".db", client = clerk }

local function ended()
  local status = job:status()
  return status and status.total - status.pending - status.sent or 0
end

local program = start()
for stop = 1, 5 do
  local goal, deadline = rows * stop / 6, convoke.now() + 300
  while ended() < goal do
    assert(convoke.now() < deadline, "it took too long")
    convoke.sleep(0.02)
  end
  program:signal(stop % 2 == 1 and "KILL" or "INT")
  program:wait()
  program = start()
end
local said = program:wait()

-- Comparing ------------------------------------------------

local faults = 0
local function complain(...)
  faults = faults + 1
  if faults <= 20 then print("  " .. string.format(...)) end
end

local made = {}
for _, invitation in ipairs(sandbox:books("clerk").invitations) do
  made[invitation.email_address] = (made[invitation.email_address] or 0) + 1
end
local seen, unknown = 0, 0
for row in convoke.rows(people .. ".report", { format = "csv" }) do
  seen = seen + 1
  local state, count = expected[tonumber(row.line)], made[row.key] or 0
  if count > 1 then complain("%s was invited %d times", row.key, count) end
  if row.state == "unknown" then
    unknown = unknown + 1
  elseif row.state ~= state then
    complain("line %s (%s) is %s, not %s: %s", row.line, row.key, row.state, state, row.error)
  end
  if row.state == "done" and count ~= 1 then complain("%s was not invited", row.key) end
end
if seen ~= rows then complain("the report has %d rows", seen) end
local total = #sandbox:books("clerk").invitations
if total - before > counts.done then complain("%d were invited", total - before) end
local summary = ("%d invited, %d refused, %d bad, "):format(counts.done, counts.refused,
  counts.invalid)
if unknown == 0 and said:sub(1, #summary) ~= summary then complain("it said: %s", said) end

print(("invite: seed %d, %d rows, stopped 5 times: %s"):format(seed, rows, said:gsub("\n", "")))
for _, ending in ipairs { ".db", ".report" } do os.remove(people .. ending) end
for _, ending in ipairs { "-wal", "-shm", "-workers" } do os.remove(people .. ".db" .. ending) end
clerk:close()
sandbox:stop()
files.remove()
print(faults == 0 and "invite: the report is right" or "invite: FAILED")
os.exit(faults == 0 and 0 or 1)
