--- Accepts an invitation into a Gencove organisation, given the token of its link.
--
--   GENCOVE_JWT=... lua5.4 gencove-accept.lua TOKEN [--yes]
--
-- Shows the invitation, which takes no login, and asks before it accepts unless --yes is given.
-- Accepting is done as the person whom GENCOVE_JWT (an access token) or GENCOVE_API_KEY stands for.
-- Exit status: 0 when the invitation is accepted, 1 when not, 2 for wrong usage.

local convoke = require "convoke"

local token, yes = arg[1], arg[2] == "--yes"
if not token or #arg > (yes and 2 or 1) then
  io.stderr:write("usage: gencove-accept.lua TOKEN [--yes]\n")
  os.exit(2)
end

local function fail(message)
  message = tostring(message):gsub("^%S+:%d+: ", "") -- a raised one names a line of this file
  io.stderr:write("gencove-accept: ", message, "\n")
  os.exit(1)
end

local ok, gencove = pcall(convoke.gencove, { jwt = os.getenv "GENCOVE_JWT" })
if not ok then fail(gencove) end

local function read()
  local invitation, err = gencove.invitations:read_token(token)
  if invitation then return invitation end
  fail(err.status == 404 and "there is no such invitation" or err)
end

local function status_of(invitation)
  return invitation.last_status and invitation.last_status.status or "unknown"
end

local invitation = read()
print("organisation  " .. invitation.organization.name)
print("role          " .. invitation.role)
print("expires       " .. (invitation.expires or "never"))
print("status        " .. status_of(invitation))

if status_of(invitation) == "accepted" then os.exit(0) end
if status_of(invitation) ~= "pending" then
  fail("this invitation is " .. status_of(invitation) .. "; ask for a new one")
end
if not yes then
  io.write("Accept? [y/N] ")
  local answer = io.read() or ""
  if not answer:lower():match "^%s*y" then fail "not accepted" end
end

local accepted, err = gencove.invitations:accept(token, {})
if not accepted and err.outcome == "unknown" then
  accepted = status_of(read()) == "accepted" -- the answer was lost, so look
end
if not accepted then
  fail(err.status == 401 and "log in first: GENCOVE_JWT or GENCOVE_API_KEY (" .. err .. ")" or err)
end
print("accepted")
