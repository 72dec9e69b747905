-- Whether the specs notice when a promise is broken.
--   LUA spec/programs/mutants/main.lua [ONLY [PART [LANES]]]
-- The lists hold small changes of the code, each with the spec that has to fail under it. A change
-- is made in a copy of the tree below build/mutants, of which each lane has its own. It is killed
-- when its spec fails, does not end, or crashes; the same spec has to pass without the change. Some
-- changes break a spec only when threads or processes meet in an order that is likely and not sure:
-- a mutant that its spec passes is tried twice more before it counts as one that survives.
--   ONLY   runs the mutants whose names contain this text
--   PART   such as 3/10: every tenth mutant, beginning with the third
--   LANES  how many run at a time (2)

local lfs = require "lfs"

local only, part, lanes = arg[1] or "", arg[2] or "", tonumber(arg[3]) or 2
local lane = tonumber(os.getenv "CONVOKE_MUTANTS_LANE")
local lua = os.getenv "LUA" or "lua5.4"
local root = "build/mutants"
local patience = 120 -- seconds for the specs of one mutant
local tries = 3 -- of a mutant until it counts as one that survives

local list = {}
for _, name in ipairs { "core", "calls", "command", "doctor", "faces", "generated", "jobs",
    "jobs_redis", "listings", "observe", "openapi", "operations", "pace", "recordings", "redis",
    "traces", "waiting" } do
  for _, mutant in ipairs(dofile("spec/programs/mutants/" .. name .. ".lua")) do
    list[#list + 1] = mutant
  end
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

local function run(command)
  local status = os.execute(command)
  return status == true or status == 0 -- Lua 5.1 returns a number
end

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- The text of a file with a mutant's change in it, or nil and why it cannot be made.
local function mutate(text, mutant)
  local first, last = text:find(mutant.from, 1, true)
  if not first then return nil, "its text is not in " .. mutant.file end
  if text:find(mutant.from, first + 1, true) then
    return nil, "its text is in " .. mutant.file .. " more than once"
  end
  local changed = text:sub(1, first - 1) .. mutant.to .. text:sub(last + 1)
  if mutant.file:find "%.lua$" then
    local loaded, reason = (loadstring or load)(changed)
    if not loaded then return nil, reason end
  end
  return changed
end

-- Notes which mutants can be run: not those whose name has occurred before, whose change cannot be
-- made, or whose spec is not there. Calls report(mutant, why) for those; returns their count.
-- The lanes have to come to the same list as who began them, because jobs go by their number.
local function check_list(report)
  local faults, names = 0, {}
  for _, mutant in ipairs(list) do
    local changed, why
    if lfs.attributes(mutant.file) then
      changed, why = mutate(read(mutant.file), mutant)
    else
      why = "there is no such file as " .. mutant.file
    end
    if names[mutant.name] then changed, why = nil, "there are two of this name" end
    local spec = "spec/" .. mutant.spec .. "_spec.lua"
    if not lfs.attributes(spec) then changed, why = nil, "there is no " .. spec end
    names[mutant.name] = true
    if not changed then
      faults = faults + 1
      report(mutant, why)
    end
    mutant.applies = changed ~= nil
  end
  return faults
end

-- The mutants that ONLY and PART ask for.
local function selected()
  local share, of = part:match "^(%d+)/(%d+)$"
  assert(share or part == "", "PART is a number of parts, such as 3/10")
  local found = {}
  for i, mutant in ipairs(list) do
    local in_part = not share or (i - 1) % tonumber(of) == (tonumber(share) - 1) % tonumber(of)
    if mutant.applies and in_part and mutant.name:find(only, 1, true) then
      found[#found + 1] = mutant
    end
  end
  return found
end

-- The specs of a mutant as busted's arguments: only the test, where one is named.
local function arguments(mutant)
  local filter = mutant.test and mutant.test:gsub("%p", "%%%0")
  return (filter and "--filter=" .. quoted(filter) .. " " or "") .. "spec/" .. mutant.spec
    .. "_spec.lua"
end

-- What has to be run: each spec without a change, and each mutant.
local function jobs_of(mutants)
  local jobs, seen = {}, {}
  for _, mutant in ipairs(mutants) do
    local specs = arguments(mutant)
    if not seen[specs] then
      seen[specs] = true
      jobs[#jobs + 1] = { specs = specs }
    end
    jobs[#jobs + 1] = { mutant = mutant, specs = specs }
  end
  return jobs
end

-- A lane ----------------------------------------------------

local copy = lane and ("%s/lane-%d"):format(root, lane)

local function make_copy()
  assert(run(("rm -rf %s && mkdir -p %s/build"):format(copy, copy)))
  assert(run(("tar cf - --exclude=./build --exclude=./.git --exclude=node_modules . | "
    .. "tar xf - -C %s && cp -a build/%s %s/build/"):format(copy, lua:match "[^/]*$", copy)))
end

local function in_copy(command, log)
  return run(("cd %s && env -u LUA_PATH -u LUA_CPATH -u MAKEFLAGS -u MFLAGS -u MAKELEVEL "
    .. "sh -c %s >>%s 2>&1 </dev/null"):format(copy, quoted(command), quoted(log)))
end

-- Runs specs in the copy. Returns "pass", "fail", or "none" when no test has run.
local function test(specs, log)
  local passed = in_copy(([[eval "$(make -s LUA=%s env)"; timeout -k 5 %d %s spec/run.lua %s]])
    :format(lua, patience, lua, specs), log)
  if not passed then return "fail" end
  return read(log):find "[1-9]%d* successe?s? /" and "pass" or "none"
end

-- Makes a change in the copy, builds, runs the specs and takes the change back.
local function try(mutant, specs, log)
  local path = copy .. "/" .. mutant.file
  local original = read(path)
  local in_c = mutant.file:find "%.[ch]$"
  local kept = ("%s/lane-%d-kept"):format(root, lane)
  if in_c then -- with the times that make goes by
    assert(run(("rm -rf %s && cp -a %s/build/%s %s"):format(kept, copy, lua:match "[^/]*$", kept)))
    assert(run(("cp -p %s %s.source"):format(path, kept)))
  end
  write(path, (mutate(original, mutant)))
  local result
  if in_c and not in_copy("make -s LUA=" .. lua, log) then
    result = "no build"
  else
    result = test(specs, log)
  end
  if in_c then
    local built = ("%s/build/%s"):format(copy, lua:match "[^/]*$")
    assert(run(("rm -rf %s && cp -a %s %s && cp -p %s.source %s"):format(built, kept, built, kept,
      path)))
  else
    write(path, original)
  end
  return result
end

local function work_off(jobs)
  make_copy()
  local here = lfs.currentdir()
  for number, job in ipairs(jobs) do
    if lfs.mkdir(("%s/claims/%d"):format(root, number)) then -- whoever makes it has the job
      local log = ("%s/%s/logs/%d.log"):format(here, root, number)
      write(log, "")
      local started = os.time()
      local tried, result = 0
      repeat
        tried = tried + 1
        result = job.mutant and try(job.mutant, job.specs, log) or test(job.specs, log)
      until not job.mutant or result ~= "pass" or tried == tries
      write(("%s/results/%d"):format(root, number), result)
      if job.mutant then
        local word = result == "fail" and "killed" or result == "pass" and "SURVIVED"
          or result == "none" and "NO TEST" or "DOES NOT BUILD"
        print(("%-14s  %s (%s, %d s%s)"):format(word, job.mutant.name, job.specs,
          os.time() - started, tried > 1 and ", try " .. tried or ""))
      elseif result ~= "pass" then
        print(("FAILS ALREADY   %s (%s)"):format(job.specs, log))
      end
      io.stdout:flush()
    end
  end
end

-- All -------------------------------------------------------

local faults = check_list(function(mutant, why)
  if not lane then print(("DOES NOT APPLY  %s: %s"):format(mutant.name, why)) end
end)
local jobs = jobs_of(selected())
if lane then return work_off(jobs) end

assert(run(("rm -rf %s && mkdir -p %s/claims %s/results %s/logs"):format(root, root, root, root)))
local commands = {}
for number = 1, lanes do
  commands[number] = ("CONVOKE_MUTANTS_LANE=%d %s %s %s %s &"):format(number, lua, arg[0],
    quoted(only), quoted(part))
end
run(table.concat(commands, " ") .. " wait")

local killed, sound = 0, {}
for number, job in ipairs(jobs) do
  local file = io.open(("%s/results/%d"):format(root, number))
  local result = file and file:read "*a"
  if file then file:close() end
  if not job.mutant then
    sound[job.specs] = result == "pass"
  elseif result == "fail" and sound[job.specs] then
    killed = killed + 1
  else
    faults = faults + 1
    print(("not killed: %s; see %s/logs/%d.log"):format(job.mutant.name, root, number))
  end
end
print(("%d passed, %d failed"):format(killed, faults))
os.exit(faults == 0 and killed > 0)
