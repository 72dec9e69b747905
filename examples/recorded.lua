--- Recordings: prints who is invited. What Clerk answers first is kept in a file; from then
-- on the answers come from there, without network and without a key.
--
--   CLERK_SECRET_KEY=sk_... lua5.4 recorded.lua invitations.json
--   lua5.4 recorded.lua invitations.json
--
-- Addresses of people are struck out of the file.

local convoke = require "convoke"

local path = arg[1]
if not path or arg[2] then
  io.stderr:write("usage: recorded.lua FILE\n")
  os.exit(2)
end

local cassette = convoke.cassette(path, { strike = { "email_address" } })
local clerk = convoke.clerk { transport = cassette }

for invitation, err in clerk.invitations:each() do
  if err then
    io.stderr:write(tostring(err), "\n")
    os.exit(1)
  end
  print(invitation.status, invitation.email_address)
end
assert(cassette:close())
print(cassette)
