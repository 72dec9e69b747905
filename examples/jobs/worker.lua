--- A worker of a job that any number of machines share by means of Redis or Valkey.
--
--   CLERK_SECRET_KEY=sk_... lua5.4 worker.lua redis://host:6379/0 [people.csv]
--
-- One of them is given a CSV file with a column `email` and adds its people; the others need
-- nothing but the store and a key. They come and go as they like: what one leaves others do.
-- The one with the file writes people.csv.report at the end. Exit status: 0 when each person has
-- been invited, 1 when not, 2 for wrong usage, 3 when it could not work at all. start.sh tries it
-- on one machine.

local convoke = require "convoke"

local store, path = arg[1], arg[2]
if not store or arg[3] then
  io.stderr:write("usage: worker.lua STORE [FILE]\n")
  os.exit(2)
end

local clerk = convoke.clerk {} -- the key comes from the environment

local job = convoke.job {
  name = "invite",
  store = store,
  client = clerk,
  operation = "invitations.create",
  rows = path and convoke.rows(path, { format = "csv" }),
  key = "email",
  params = function(row) return { email_address = row.email, notify = false } end,
  rate = path and { 50, per = 1 } or nil, -- of all workers together
}

-- Somebody else is about to add the rows.
while not path and assert(job:status()).total == 0 do convoke.sleep(0.1) end

local report, err = job:run()
if not report then
  io.stderr:write("worker: ", tostring(err), "\n")
  os.exit(3)
end
if path then assert(job:report(path .. ".report")) end
print(("%d invited, %d refused, %d bad, %d unknown, %d left"):format(report.done, report.refused,
  report.invalid, report.unknown, report.pending + report.sent))
os.exit(report.done == report.total and 0 or 1)
