--- The text of a program that works on a job at a sandbox, for specs that kill it.

local WORKER = [[
local convoke = require "convoke"
local settings = %s
if settings.set then os.getenv("SET_" .. settings.set) end -- see clocks.c
local clerk = convoke.clerk { url = settings.url, secret_key = settings.key, connect_timeout = 2,
  allow_http = true }
local last = 0
local job = convoke.job { name = "storm", store = settings.store, client = clerk,
  operation = "invitations.create", key = "email", limit = 8, timeout = settings.timeout,
  rate = settings.rate, batch = settings.batch,
  rows = function()
    last = last + 1
    if last <= settings.rows then
      return { email = ("p%%d@example.com"):format(last), n = last }
    end
  end,
  params = function(row)
    return { email_address = row.email, public_metadata = { n = row.n } }
  end }
local report, err = job:run()
if not report then print(err) os.exit(1) end
print(("%%d done, %%d refused, %%d made, %%d unknown, %%d left%%s"):format(report.done,
  report.refused, report.made, report.unknown, report.pending + report.sent,
  report.interrupted and ", interrupted" or ""))
]]

--- @param settings  url, key (of the sandbox's Clerk), store, rows (how many), timeout; batch,
--   rate, or nil; set, or nil: seconds that the time of day is put forward, where clocks.c is
--   preloaded
return function(settings)
  local parts = {}
  for name, value in pairs(settings) do
    local text = type(value) == "string" and ("%q"):format(value)
      or type(value) == "table" and ("{ %d, per = %g }"):format(value[1], value.per)
      or tostring(value)
    parts[#parts + 1] = name .. " = " .. text
  end
  return WORKER:format("{ " .. table.concat(parts, ", ") .. " }")
end
