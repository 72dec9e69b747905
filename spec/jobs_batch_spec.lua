-- Jobs whose rows travel several to a call (batch = 10).

local behaviours = require "spec.support.job_batch_behaviours"
local files = require "spec.support.job_files"

describe("jobs with batches", function()
  local new_job = behaviours({ setup = setup, teardown = teardown, before_each = before_each,
    after_each = after_each, it = it }, { new_store = files.path, pass_leases = files.pass_leases })
    .new_job

  it("are only of operations that have a call for several", function()
    assert.error_matches(function() new_job { operation = "invitations.revoke", rows = {} } end,
      "option batch: clerk.invitations.revoke has no call for several rows")
    assert.error_matches(function() new_job { batch = 11, rows = {} } end,
      "option batch: clerk.invitations.create_bulk takes 10 rows at most")
  end)
end)
