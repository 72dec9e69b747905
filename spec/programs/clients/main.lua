--- Runs the vendors' own clients against the sandbox.
--
--   lua main.lua PROGRAMS PYTHON [WORD]
--
-- PROGRAMS is the folder where the programs lie, those in JavaScript in its folder js, beside their
-- clients; PYTHON the one with a folder a client for Python. With a WORD only the programs run
-- whose names hold it. Each gets a sandbox of its own, whose address and credentials are in the
-- environment variable SANDBOX (JSON), and prints "ok" or "FAIL" with a text for each case, and
-- "end" when it came to its end.
--
-- Of the operations in the catalogue, a program has to reach each one that its client has; requests
-- with a header X-Beside-The-Client do not count. Prints a line a case; the exit status is 1 when
-- one failed or none ran.

local convoke = require "convoke"
local json = require "convoke.sandbox.json"
local sandboxes = require "convoke.sandbox"

local LONGEST = 60 -- seconds that a program may run

-- A program: its file; the API; `python`, the folder of its client, where it is in Python; `lacks`,
-- the operations that its client does not have; `start`, options of the sandbox (default: none).
local programs = {
  { "clerk.mjs", api = "clerk", lacks = {
    "organization_invitations.list_pending", "organization_invitations.list_all",
  } },
  { "clerk_api.py", api = "clerk", python = "clerk-backend-api", lacks = { "sessions.verify" } },
  -- It calls the app's functions by /api/mutation, not by addresses of their own.
  { "convex.mjs", api = "convex", lacks = {
    "admins.create_user_profile", "editor_snapshots.create", "invite_codes.apply_invite_code",
    "sessions.create", "sessions.end_session", "sessions.start_session", "run", "query_batch",
  } },
  { "gencove_cli.py", api = "gencove", python = "gencove", lacks = {
    "invitations.create", "invitations.delete", "invitations.list", "invitations.read_token",
    "invitations.accept", "organization_users.create", "organization_users.update",
    "organization_roles.get", "roles.list", "user.register", "user.activate", "jwt.verify",
    "jwt.logout",
  } },
  { "cvat.py", api = "cvat", python = "cvat-sdk-2.3.0", start = { cvat = "2.2" }, lacks = {
    "invitations.accept", "invitations.decline", "invitations.resend",
  } },
  { "cvat.py", api = "cvat", python = "cvat-sdk-2.15.0", start = { cvat = "2.15" }, lacks = {} },
  { "cvat.py", api = "cvat", python = "cvat-sdk-2.80.0", start = { cvat = "2.80" }, lacks = {
    "invitations.update",
  } },
}

local passed, failed = 0, 0

local function report(good, text)
  if good then passed = passed + 1 else failed = failed + 1 end
  print((good and "ok    " or "FAIL  ") .. text)
end

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function command_of(program, entry)
  local file, prefix = program[1], "SANDBOX=" .. quote(json.encode(entry))
  local runner = "node " .. quote(arg[1] .. "/js/" .. file)
  if program.python then
    prefix = prefix .. " PYTHONPATH=" .. quote(arg[2] .. "/" .. program.python)
    runner = "python3 -W ignore " .. quote(arg[1] .. "/" .. file)
  end
  return ("%s timeout %d %s 2>&1"):format(prefix, LONGEST, runner)
end

-- Runs a program and tells its cases on.
-- @param name    of the program and its client
-- @param entry   what the sandbox told of the API
local function run(program, name, entry)
  local pipe = assert(io.popen(command_of(program, entry)))
  local last
  for line in pipe:lines() do
    local outcome, text = line:match "^(%u*%l*) +(.*)$"
    if outcome == "ok" or outcome == "FAIL" then
      report(outcome == "ok", name .. " " .. text)
    elseif line ~= "end" then
      print(line)
    end
    last = line
  end
  pipe:close()
  report(last == "end", name .. " came to its end")
end

-- The operation of an API that a request asks for; where several fit, the one with fewest values in
-- its path.
local function operation_of(operations, method, path)
  local best, fewest
  for _, operation in ipairs(operations) do
    local pattern, values = operation.path:gsub("%p", "%%%0"):gsub("%%{.-}", "[^/]+")
    if operation.method == method and path:find("^" .. pattern .. "$")
      and (not best or values < fewest) then
      best, fewest = operation, values
    end
  end
  return best
end

-- The names of an API's operations that requests asked for (set).
local function reached_by(requests, operations, base)
  local reached = {}
  for _, request in ipairs(requests) do
    local operation = operation_of(operations, request.method, request.path:sub(#base + 1))
    if operation and not request.headers["x-beside-the-client"] then
      reached[operation.name] = true
    end
  end
  return reached
end

-- Reports whether the operations that were not reached are those that the client lacks.
local function judge_coverage(program, name, sandbox)
  local operations, expected, found = {}, {}, {}
  for _, operation in ipairs(convoke.operations) do
    if operation.api == program.api then operations[#operations + 1] = operation end
  end
  local base = sandbox[program.api].url:match "^%w+://[^/]+(.*)$"
  local reached = reached_by(sandbox:requests(program.api), operations, base)
  for _, operation in ipairs(operations) do
    if not reached[operation.name] then found[#found + 1] = operation.name end
  end
  for i, lacking in ipairs(program.lacks) do expected[i] = program.api .. "." .. lacking end
  table.sort(expected)
  table.sort(found)
  local good = table.concat(expected, " ") == table.concat(found, " ")
  report(good, name .. " reached every operation that its client has")
  if not good then
    print("      not reached: " .. table.concat(found, ", "))
    print("      lacking:     " .. table.concat(expected, ", "))
  end
end

for _, program in ipairs(programs) do
  local name = program[1] .. (program.python and " with " .. program.python or "")
  if name:find(arg[3] or "", 1, true) then
    local sandbox = sandboxes.start(program.start)
    local entry = sandbox[program.api]
    entry.control_token = sandbox.control_token
    run(program, name, entry)
    judge_coverage(program, name, sandbox)
    sandbox:stop()
  end
end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0 and passed > 0 and 0 or 1)
