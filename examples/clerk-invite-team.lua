--- Invites a team to an application by Clerk, one mail address a line.
--
--   CLERK_SECRET_KEY=sk_... lua5.4 clerk-invite-team.lua FILE [REDIRECT_URL]
--
-- FILE is - for standard input; empty lines and what follows a # do not count. Running it again is
-- harmless: who has been invited, or has joined, is told apart from what went wrong.
-- Exit status: 0 when everybody has an invitation or an account, 1 when not, 2 for wrong usage.

local convoke = require "convoke"

local file_name, redirect_url = arg[1], arg[2]
if not file_name or #arg > 2 then
  io.stderr:write("usage: clerk-invite-team.lua FILE [REDIRECT_URL]\n")
  os.exit(2)
end

local function fail(message)
  message = tostring(message):gsub("^%S+:%d+: ", "") -- a raised one names a line of this file
  io.stderr:write("clerk-invite-team: ", message, "\n")
  os.exit(1)
end

-- The addresses of a file, each once.
local function read_addresses(name)
  local file, why = io.stdin, nil
  if name ~= "-" then file, why = io.open(name) end
  if not file then fail(why) end
  local addresses, seen = {}, {}
  for line in file:lines() do
    local address = line:gsub("#.*", ""):match "^%s*(.-)%s*$"
    if address ~= "" and not seen[address:lower()] then
      seen[address:lower()] = true
      addresses[#addresses + 1] = address
    end
  end
  return addresses
end

local ok, clerk = pcall(convoke.clerk, {}) -- the key comes from the environment
if not ok then fail(clerk) end

-- Refusals that mean there is nothing left to do.
local settled = {
  duplicate_record = "invited before",
  form_identifier_exists = "has an account",
}

local addresses = read_addresses(file_name)
local invited, before, failed = 0, 0, 0
for _, address in ipairs(addresses) do
  local invitation, err = clerk.invitations:create {
    email_address = address,
    redirect_url = redirect_url,
  }
  if invitation then
    invited = invited + 1
    print(("%-15s %s"):format("invited", address))
  elseif settled[err.code] then
    before = before + 1
    print(("%-15s %s"):format(settled[err.code], address))
  elseif err.status == 401 or err.status == 403 then
    fail(err) -- the others would be refused as well
  elseif err.status == 429 then
    fail(("too many invitations; run it again in %s seconds"):format(err.retry_after or "some"))
  else
    failed = failed + 1
    local doubt = err.outcome == "unknown" and " (it may have been sent)" or ""
    print(("%-15s %s: %s%s"):format("FAILED", address, err.message, doubt))
  end
end

print(("%d invited, %d before, %d failed"):format(invited, before, failed))
os.exit(failed == 0 and 0 or 1)
