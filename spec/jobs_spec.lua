local behaviours = require "spec.support.job_behaviours"
local convoke = require "convoke"
local files = require "spec.support.job_files"
local lfs = require "lfs"

local unpack = table.unpack or unpack -- luacheck: ignore 143 113

describe("jobs", function()
  local given = behaviours({ setup = setup, teardown = teardown, before_each = before_each,
    after_each = after_each, it = it }, files.path, files.read)
  local new_job, people = given.new_job, given.people

  it("refuse files of others and of newer versions, and say so", function()
    local path = files.write("this is no database at all, but long enough to look at", ".db")
    local report, err = new_job({ rows = people(1), store = path }):run()
    assert.is_nil(report)
    assert.equal("store", err.kind)
    assert.matches("file is not a database", tostring(err))
    local database = require "convoke.jobs.database"
    local schema = require "convoke.jobs.schema"
    local function make(id, version)
      local file = files.path()
      local made = database.open(file, { application_id = id, version = version,
        schema = "CREATE TABLE a(b)" })
      assert(made:ask { database.statement "SELECT 1" })
      made:close()
      return select(2, new_job({ rows = people(1), store = file }):run())
    end
    assert.matches("is a SQLite file of another program", tostring(make(77, 1)))
    assert.matches("was made by a newer convoke",
      tostring(make(schema.application_id, schema.version + 1)))
    assert.matches("unable to open database file",
      tostring(select(2, new_job({ rows = people(1), store = "/nowhere/x.db" }):status())))
    assert.equal(0, given.posts())
  end)

  it("open their file once for all tasks that ask at the same time", function()
    local job, path = new_job { rows = people(1) }
    assert(job:run())
    collectgarbage "stop" -- what nobody closes stays open
    convoke.run(function()
      for _ = 1, 40 do convoke.spawn(function() assert(job:status()) end) end
    end)
    local open = 0
    for fd in lfs.dir "/proc/self/fd" do
      local target = lfs.symlinkattributes("/proc/self/fd/" .. fd, "target")
      if target and target:find(path, 1, true) then open = open + 1 end
    end
    collectgarbage "restart"
    assert.equal(0, open)
  end)

  it("see who works on the file by whatever link it is opened", function()
    local path, link, first = files.path(), files.path(), files.path()
    assert(os.execute(("ln -s %s %s && ln -s $(basename %s) %s"):format(path, first, first, link)))
    given.sandbox:fault { api = "clerk", method = "POST", delay = 0.5 }
    local job = new_job { rows = people(1), store = link } -- the file is not there yet
    local status
    convoke.run(function()
      local running = convoke.spawn(function() return assert(job:run()) end)
      while given.posts() == 0 and running:status() ~= "failed" do convoke.sleep(0.01) end
      status = assert(convoke.job({ name = "spring", store = path }):status())
      assert.equal(1, running:await().done)
    end)
    assert.equal(1, status.workers)
    assert.equal(1, given.posts())
  end)

  it("leave no task behind when an error ends the one that claims rows", function()
    given.sandbox:fault { api = "clerk", method = "POST", delay = 0.05 }
    local job = new_job { rows = people(60), limit = 2 }
    local store
    local ended, why = pcall(convoke.run, function()
      local running = convoke.spawn(function() return job:run() end)
      repeat convoke.sleep(0.001) until given.posts() > 0
      store = job.store
      store.claim = function() error("no more", 0) end
      running:await()
    end)
    store:close() -- in coroutines of Lua 5.1 nobody can do that after an error
    assert.is_false(ended)
    assert.matches("no more", tostring(why))
  end)

  it("run a statement of a file for many sets of values, for all or for none", function()
    local database = require "convoke.jobs.database"
    local file = assert(database.open(files.path(), { application_id = 7, version = 1,
      schema = "CREATE TABLE a(b UNIQUE, c)" }))
    local null = convoke.null
    local function add(values, words)
      local sets = { "INSERT INTO a VALUES(?1, ?2)" .. words, unpack(values) }
      sets.n, sets.each = #values, 2
      return file:ask { sets, database.statement "SELECT count(*) FROM a" }
    end
    local results = assert(add({ 1, null, 1, null, 2, "x" }, " ON CONFLICT DO NOTHING"))
    assert.same({ { 1, 0, 1 }, changes = 2 }, results[1])
    assert.same({ 2 }, results[2][1])
    local failed, why = add({ 3, null, 1, null, 4, null }, "")
    assert.is_nil(failed)
    assert.matches("UNIQUE constraint failed", why)
    assert.same({ 1 }, assert(file:ask { database.statement(
      "SELECT count(*) = 2 AND sum(c IS NULL) = 1 FROM a") })[1][1])
    file:close()
  end)

  it("say that it is the report that cannot be written", function()
    local job = new_job { rows = people(1) }
    assert(job:run())
    for _, target in ipairs { "/dev/full", "/nowhere/report.csv" } do
      local written, err = job:report(target)
      assert.is_nil(written)
      assert.matches("the report cannot be written: .*" .. target, tostring(err))
    end
    local file = assert(io.open("/dev/full", "wb"))
    file:setvbuf "no"
    assert.matches("the report cannot be written: No space left",
      tostring(select(2, job:report(file))))
    file:close()
  end)

  it("raise for misuse", function()
    assert.error_matches(function() convoke.job { name = "a", store = "a.db", row = 1 } end,
      "unknown option row; did you mean rows%?")
    assert.error_matches(function() convoke.job { store = "a.db" } end, "option name is missing")
    assert.error_matches(function() new_job { rows = {}, operation = "invitation.create" } end,
      "did you mean invitations.create%?")
    assert.error_matches(function() new_job { rows = {}, store = "mongo://host/0" } end,
      "option store: an address of Redis begins with redis://")
    for _, store in ipairs { ":memory:", "file:a.db?mode=memory" } do
      assert.error_matches(function() new_job { rows = {}, store = store } end,
        "option store: a store is a file, and has to outlive the program: " .. store, 1, true)
    end
    assert.error_matches(function() convoke.job({ name = "a", store = "a.db" }):run() end,
      "options client and operation are missing")
  end)
end)
