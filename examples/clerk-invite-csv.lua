--- Invites the people of a CSV file by Clerk, each once, however often it is stopped.
--
--   CLERK_SECRET_KEY=sk_... lua5.4 clerk-invite-csv.lua people.csv
--
-- The file has a header with a column `email`; other columns become public metadata. What was done
-- is in people.csv.db: run it again and it goes on. people.csv.report says what became of each row.
-- Exit status: 0 when each row has been invited, 1 when not, 2 for wrong usage.

local convoke = require "convoke"

local path = arg[1]
if not path or arg[2] then
  io.stderr:write("usage: clerk-invite-csv.lua FILE\n")
  os.exit(2)
end

local clerk = convoke.clerk {} -- the key comes from the environment

local job = convoke.job {
  name = "invite",
  store = path .. ".db",
  client = clerk,
  operation = "invitations.create",
  rows = convoke.rows(path),
  key = "email",
  params = function(row)
    local metadata = {}
    for column, value in pairs(row) do
      if column ~= "email" then metadata[column] = value end
    end
    return { email_address = row.email, public_metadata = metadata }
  end,
  rate = "documented",
  progress = true,
}

local report, err = job:run()
if not report then
  io.stderr:write("clerk-invite-csv: ", tostring(err), "\n")
  os.exit(1)
end
assert(job:report(path .. ".report"))
print(("%d invited, %d refused, %d bad, %d unknown, %d left"):format(report.done, report.refused,
  report.invalid, report.unknown, report.pending + report.sent))
os.exit(report.done == report.total and 0 or 1)
