-- The example for the people of a CSV file; spec/programs/jobs/invite.lua takes 5,000 of them.

local files = require "spec.support.job_files"

describe("examples/clerk-invite-csv.lua", function()
  after_each(files.remove)

  it("reports rightly, stopped five times, with bad rows and broken exchanges", function()
    local said = files.start [[
      arg = { "40", "3" }
      dofile "spec/programs/jobs/invite.lua"
    ]]:wait()
    assert.matches("invited, %d refused, 1 bad, %d unknown, 0 left\n", said)
    assert.matches("invite: the report is right\n$", said)
  end)
end)
