--- Invites annotators into a CVAT organisation, one mail address a line.
--
--   CVAT_URL=https://app.cvat.ai CVAT_ACCESS_TOKEN=... \
--     lua5.4 cvat-invite-annotators.lua ORGANISATION FILE [ROLE]
--
-- CVAT_USERNAME with CVAT_PASSWORD do instead of the access token. ORGANISATION is its short name;
-- FILE is - for standard input; ROLE is worker unless given (supervisor, maintainer).
-- Running it again is harmless: who is a member already is told apart from what went wrong.
-- Exit status: 0 when everybody is invited or a member, 1 when not, 2 for wrong usage.

local convoke = require "convoke"

local organisation, file_name, role = arg[1], arg[2], arg[3] or "worker"
if not file_name or #arg > 3 then
  io.stderr:write("usage: cvat-invite-annotators.lua ORGANISATION FILE [ROLE]\n")
  os.exit(2)
end

local function fail(message)
  message = tostring(message):gsub("^%S+:%d+: ", "") -- a raised one names a line of this file
  io.stderr:write("cvat-invite-annotators: ", message, "\n")
  os.exit(1)
end

local url = os.getenv "CVAT_URL" or fail "CVAT_URL must hold the server's address"
local ok, cvat = pcall(convoke.cvat, {
  url = url,
  org = organisation,
  username = os.getenv "CVAT_USERNAME", -- without them the access token is looked up
  password = os.getenv "CVAT_PASSWORD",
})
if not ok then fail(cvat) end

local file, why = io.stdin, nil
if file_name ~= "-" then file, why = io.open(file_name) end
if not file then fail(why) end

local counts = { invited = 0, member = 0, FAILED = 0 }
local function note(outcome, address, message)
  counts[outcome] = counts[outcome] + 1
  print(("%-8s %s%s"):format(outcome, address, message and ": " .. message or ""))
end

-- CVAT has no machine word for this refusal.
local function is_member_already(err)
  return err.status == 400 and err.message:find("is a member of the organization already", 1, true)
end

for line in file:lines() do
  local address = line:gsub("#.*", ""):match "^%s*(.-)%s*$"
  if address ~= "" then
    local invitation, err = cvat.invitations:create { email = address, role = role }
    if invitation then
      note("invited", address)
    elseif is_member_already(err) then
      note("member", address)
    elseif err.status == 400 then
      note("FAILED", address, err.message)
    else
      fail(err) -- no login, no right, no such organisation or no server: the next would fail too
    end
  end
end

print(("%d invited, %d members before, %d failed"):format(counts.invited, counts.member,
  counts.FAILED))
os.exit(counts.FAILED == 0 and 0 or 1)
