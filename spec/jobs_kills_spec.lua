-- Programs that work on a job are killed, stopped and interrupted; what the sandbox's books say
-- must be what the store says.

local convoke = require "convoke"
local files = require "spec.support.job_files"
local kills = require "spec.support.job_kills"

describe("jobs, when programs end in the midst of them,", function()
  local given = kills({ setup = setup, teardown = teardown, before_each = before_each,
    after_each = after_each, it = it }, {
    new_store = files.path,
    pass_leases = files.pass_leases,
    abandon = function(store)
      files.change(store, "UPDATE row SET state = 'sent', lease = 0, sent_at = 1")
    end,
  })
  local start, new_job, status = given.start, given.new_job, given.status

  it("take up at once what a dead program has left", function()
    -- The answer comes only after the program is gone.
    given.sandbox:fault { api = "clerk", method = "POST", delay = 1, times = 4 }
    local worker = start(4)
    given.wait_until(function() return #given.sandbox:requests "clerk" >= 4 end)
    worker:signal "KILL"
    worker:wait()
    assert.equal(4, status().sent)
    local before = convoke.now()
    assert.equal(4, assert(new_job():run()).done)
    assert.is_true(convoke.now() - before < 5)
    given.check_books(4)
  end)

  it("tell by the time of a call what it has made from what was there before", function()
    given.sandbox:advance(-60, "clerk")
    assert.matches("2 done", start(2):wait())
    given.sandbox:advance(60, "clerk")
    -- As if the first call had begun 30 s before that was made, and the second one 30 s after.
    files.change(given.store, "UPDATE row SET state = 'sent', lease = 0, object = NULL,"
      .. " sent_at = sent_at - CASE key WHEN 'p1@example.com' THEN 90 ELSE 30 END")
    local csv, states = files.path ".csv", {}
    assert(new_job():run())
    assert(new_job():report(csv))
    for row in convoke.rows(csv) do states[row.key] = row.state end
    assert.same({ ["p1@example.com"] = "done", ["p2@example.com"] = "refused" }, states)
  end)

  it("send nothing more once the disk is full, and go on when it is not", function()
    -- Files may grow to 200 KiB.
    local said = start(400, nil, "trap '' XFSZ; ulimit -f 400;"):wait()
    assert.matches("store: .*/", said)
    local posts = #given.sandbox:books("clerk").invitations
    local standing = status()
    assert.is_true(posts < 400)
    assert.is_true(posts <= standing.sent + standing.done,
      ("%d were sent, and %d noted"):format(posts, standing.sent + standing.done))
    assert.matches("400 done", start(400):wait())
    given.check_books(400)
  end)

  it("send nothing where the file cannot be written to", function()
    assert.matches("3 done", start(3):wait())
    local folder, before = files.path ".folder", #given.sandbox:requests "clerk"
    os.execute(("mkdir %s && mv %s* %s"):format(folder, given.store, folder))
    os.execute(("chmod 444 %s/* && chmod 555 %s"):format(folder, folder))
    -- Whom permissions do not keep from writing, a mount does.
    local mount = ("unshare -m sh -c 'mount --bind %s %s && mount -o remount,ro,bind %s && exec"
      .. ' "$0" "$@"\''):format(folder, folder, folder)
    local writes = io.open(folder .. "/x", "w") ~= nil
    local can_mount = writes and io.popen(mount .. " echo yes 2>&1"):read "*l" == "yes"
    local said
    if can_mount or not writes then
      said = start(5, { store = folder .. given.store:match "/[^/]*$" }, nil,
        can_mount and mount or nil):wait()
    end
    os.execute(("chmod 755 %s && rm -r %s"):format(folder, folder))
    if not said then return pending "unshare: no mount can be made" end
    assert.matches("store: .*/", said)
    assert.equal(before, #given.sandbox:requests "clerk")
  end)
end)
