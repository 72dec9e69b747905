-- Databases of stores: SQLite in a thread, below what jobs make of it.

local convoke = require "convoke"
local database = require "convoke.jobs.database"
local engine = require "convoke.engine"
local files = require "spec.support.job_files"
local native = require "spec.support.native"
local process = require "spec.support.process"

local statement = database.statement

describe("a store", function()
  local form = { application_id = 7, version = 1, schema = "CREATE TABLE a(x, y)" }
  local file

  before_each(function() file = assert(database.open(files.path(), form)) end)

  after_each(function()
    file:close()
    assert.is_false(engine.busy())
    files.remove()
  end)

  teardown(process.remove)

  it("keeps values as they are", function()
    assert(file:ask { statement("INSERT INTO a VALUES(?1, ?2), (?3, ?4), (?5, ?6)",
      9007199254740991, 0.5, "a\0b", "", nil, true) })
    local rows = assert(file:ask { statement "SELECT x, y FROM a" })[1]
    assert.equal(9007199254740991, rows[1][1])
    assert.equal(0.5, rows[1][2])
    assert.equal("a\0b", rows[2][1])
    assert.equal("", rows[2][2])
    assert.is_nil(rows[3][1])
    assert.equal(1, rows[3][2])
  end)

  it("runs the statements of a batch all or not at all, beside those of others", function()
    local said = {}
    convoke.run(function()
      for i = 1, 20 do
        convoke.spawn(function()
          local results, why = file:ask { statement("INSERT INTO a VALUES(?1, 1)", i),
            statement(i % 2 == 0 and "INSERT INTO a VALUES(0, 2)" or "INSERT INTO b VALUES(1)") }
          said[i] = results and results[1].changes or why
        end)
      end
    end)
    for i = 1, 20 do
      if i % 2 == 0 then
        assert.equal(1, said[i])
      else
        assert.matches("no such table: b", said[i])
      end
    end
    assert.equal(20, assert(file:ask { statement "SELECT count(*) FROM a" })[1][1][1])
  end)

  it("lets tasks go on while it works", function()
    local turns, answer = 0, nil
    convoke.run(function()
      local asking = convoke.spawn(function()
        answer = file:ask { statement("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
          .. " FROM n WHERE i < 2000000) SELECT count(*) FROM n") }
      end)
      while asking:status() == "waiting" or asking:status() == "running" do
        turns = turns + 1
        convoke.sleep(0.001)
      end
    end)
    assert.equal(2000000, answer[1][1][1])
    assert.is_true(turns > 10, turns .. " turns")
  end)

  it("makes the descriptor readable for hosts once something has happened", function()
    local answer
    convoke.spawn(function() answer = file:ask { statement "SELECT 1" } end)
    convoke.step(0)
    assert.is_true(native.readable(convoke.pollfd(), 5))
    repeat convoke.step() until answer
    assert.is_false(native.readable(convoke.pollfd(), 0))
  end)

  it("is not loaded before it is needed, and is its maker's after a fork", function()
    local said = native.run("", process.prelude() .. ([[
      local convoke = require "convoke"
      local function loaded()
        local maps = io.open "/proc/self/maps"
        local text = maps and maps:read "*a" or ""
        if maps then maps:close() end
        return text:find("libsqlite3", 1, true) ~= nil
      end
      io.write(tostring(loaded()), " ")
      local database = require "convoke.jobs.database"
      local file = assert(database.open(%q, { application_id = 7, version = 1,
        schema = "CREATE TABLE a(x, y)" }))
      assert(file:ask { database.statement "INSERT INTO a VALUES(1, 2)" })
      local child = process.fork()
      if child == 0 then
        local rows, why = file:ask { database.statement "SELECT 1" }
        io.stdout:write(tostring(rows), " ", why:match "belongs to the process that forked" or why)
        io.stdout:flush()
        process.exit(0)
      end
      process.wait(child)
      io.write(" ", #assert(file:ask { database.statement "SELECT * FROM a" })[1], "\n")
      file:close()
    ]]):format(files.path()))
    assert.equal("false nil belongs to the process that forked 1\nexit 0\n", said)
  end)

  it("ends what it was given when it is closed, and what asks a closed one is told", function()
    local path = files.path()
    local other = assert(database.open(path, form))
    local said
    convoke.spawn(function()
      said = { other:ask { statement "INSERT INTO a VALUES(1, 2)" } }
    end)
    convoke.step(0)
    other:close()
    repeat convoke.step() until said
    assert.matches("the store was closed before its answer came", said[2])
    assert.matches("the store is closed", select(2, other:ask { statement "SELECT 1" }))
    local again = assert(database.open(path, form))
    assert.equal(1, assert(again:ask { statement "SELECT count(*) FROM a" })[1][1][1])
    again:close()
  end)
end)
