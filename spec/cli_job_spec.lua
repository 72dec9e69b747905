-- The command's `job`: jobs from the shell.

local cjson = require "cjson"
local command = require "spec.support.command"
require "convoke" -- before its parts
local database = require "convoke.jobs.database"
local files = require "spec.support.job_files"
local schema = require "convoke.jobs.schema"
local start = require("convoke.sandbox").start

describe("the command's job", function()
  local sandbox, environment, store, people

  setup(function()
    sandbox = start()
    environment = command.environment(sandbox)
  end)

  teardown(function() sandbox:stop() end)

  before_each(function()
    sandbox:reset()
    store = files.path()
    people = files.write("email,team\np1@example.com,red\nbroken\np2@example.com,\n", ".csv")
  end)

  after_each(files.remove)

  local function run(arguments, how)
    how = how or {}
    how.env = environment
    return command.run("job " .. arguments, how)
  end

  local function run_people(more)
    return run(("run %s --operation 'clerk invitations create' --rows %s --key email %s")
      :format(store, people, more))
  end

  it("makes a call for each row, and its exit status is the outcome", function()
    local status, said, told = run_people "--map email_address=email"
    assert.equal(2, status) -- a row is invalid
    assert.equal("job: 2 done, 1 invalid, 0 left", said:match "^(.-left)")
    assert.equal("", told:match "error" or "")
    status, said = run("report " .. store)
    assert.equal(0, status)
    assert.matches("2,p1@example.com,done,inv_", said)
    assert.matches("3,,invalid,,0,,,\"has 1 fields, the header has 2\"", said)
    status, said = run("status " .. store)
    assert.equal(0, status)
    assert.matches("^job: 2 done, 1 invalid, 0 left", said)
    people = files.write("email\np1@example.com\np2@example.com\n", ".csv")
    store = files.path()
    status, said = run_people "--map=email_address=email --quiet"
    assert.equal(3, status)
    assert.matches("^job: 0 done, 2 refused", said)
  end)

  it("takes a Lua text for parameters, and works on what is there", function()
    local status = run_people("--name spring --quiet --params '"
      .. "return { email_address = row.email, public_metadata = { team = row.team } }'")
    assert.equal(2, status)
    local body = sandbox:requests("clerk")[1].body
    assert.is_truthy(body:find('"team"', 1, true), body)
    local said
    status, said = run("work " .. store .. " --quiet")
    assert.equal(2, status)
    assert.matches("^spring: 2 done, 1 invalid, 0 left", said)
  end)

  it("ends with a fault where working raises, and does not hang", function()
    run_people "--map email_address=email --quiet"
    local file = database.open(store, schema)
    assert(file:ask { database.statement("UPDATE row SET state = 'pending', params = ?1",
      '{"$convoke":["int64","no number"]}') })
    file:close()
    local status, said, told = run("work " .. store, { before = "timeout 15" })
    assert.equal(1, status)
    assert.equal("", said)
    assert.matches("^convoke: internal fault: [^\n]*not a whole number[^\n]*\n$", told)
    assert.is_nil(told:find("traceback", 1, true))
  end)

  it("reads cells of CSV as the types of their parameters say, and never a file", function()
    local text = "email_address,expires_in_days,notify,public_metadata,redirect_url\n"
      .. 'p1@example.com,30,false,"{""team"":""red""}",\np2@example.com,soon,,,@/etc/hostname\n'
    local all = text:match("^[^\n]*"):gsub("[%w_]+", " --map %0=%0"):gsub(",", "")
    for _, map in ipairs { "", all } do
      files.remove()
      sandbox:reset()
      people = files.write(text, ".csv")
      store = files.path()
      local about = ("run %s --operation 'clerk invitations create' --rows %s --quiet "
        .. "--key email_address"):format(store, people)
      local status, said = run(about .. map)
      assert.equal(2, status)
      assert.matches("^job: 1 done, 1 invalid", said)
      local sent = sandbox:requests "clerk"
      assert.same({ email_address = "p1@example.com", expires_in_days = 30, notify = false,
        public_metadata = { team = "red" } }, cjson.decode(sent[1].body))
      assert.is_nil(sent[2])
      said = select(2, run("report " .. store))
      assert.matches("expires_in_days must be a number, not string", said)
    end
  end)

  it("tells how it stands, and what became of each row, as JSON", function()
    run_people "--map email_address=email --quiet"
    local status, said = run("status " .. store .. " -o json")
    assert.equal(0, status)
    local standing = cjson.decode(said)
    assert.same({ "job", 3, 2, 1, 0, false }, { standing.name, standing.total, standing.done,
      standing.invalid, standing.pending, standing.paused })
    assert.equal("job", cjson.decode((select(2, run("status -ojson " .. store)))).name)
    status, said = run("report " .. store .. " --output=json")
    assert.equal(0, status)
    local rows = cjson.decode(said)
    assert.equal(3, #rows)
    for _, row in ipairs(rows) do
      assert.equal(({ [2] = "done", [3] = "invalid", [4] = "done" })[row.line], row.state)
    end
    local path = files.path ".jsonl"
    assert.equal(0, (run(("report %s %s"):format(store, path))))
    local lines = 0
    for line in io.lines(path) do
      lines = lines + 1
      assert.is_number(cjson.decode(line).line)
    end
    assert.equal(3, lines)
    local _, _, told = run("report " .. store .. " -o yaml")
    assert.matches("%-%-output must be one of csv, json, jsonl, not yaml", told)
  end)

  it("wants a yes before it may double something", function()
    run_people "--map email_address=email --quiet"
    local status, said, told = run("retry " .. store .. " --unknown")
    assert.equal(2, status)
    assert.equal("", said)
    assert.matches("may have been done, and would be done twice", told)
    assert.matches("%-%-yes", told)
    status, said = run("retry " .. store .. " --unknown --yes")
    assert.equal(0, status)
    assert.equal("0 rows are pending again\n", said)
  end)

  it("pauses and resumes", function()
    run_people "--map email_address=email --quiet"
    assert.equal(0, (run("pause " .. store)))
    assert.matches("paused", select(2, run("status " .. store)))
    assert.equal(0, (run("resume " .. store)))
    assert.is_nil(select(2, run("status " .. store)):find "paused")
  end)

  it("says what is wrong with how it was called", function()
    local function fault(arguments)
      local status, said, told = run(arguments)
      assert.equal(2, status)
      assert.equal("", said)
      return told
    end
    assert.matches("there is no such file", fault "status /nowhere/x.db")
    assert.matches("job has no stauts", fault "stauts x.db")
    assert.matches("Did you mean %-%-operation", fault "run x.db --opration x")
    assert.matches("%-%-operation must name one", fault "run x.db --rows a.csv")
    assert.matches("%-%-rows is missing", fault "run x.db --operation 'clerk invitations create'")
    assert.matches("such as 100/3600", fault("run x.db --operation 'clerk invitations create' "
      .. "--rows a.csv --key a --rate fast"))
    assert.matches("^Usage: convoke job run STORE", select(2, run "--help"))
    assert.matches("%-%-yes takes no value", fault "retry x.db --unknown --yes=no")
    assert.matches("unknown option %-q", fault "run -q")
    assert.matches("unknown option %-%-%-", fault "status --- x.db")
    assert.matches("a store is a file, and has to outlive", fault "status :memory:")
    local told = select(3, run_people "--map email_address=emial")
    assert.matches(" has no column emial; did you mean email%?\n  Nothing was sent. See: "
      .. "convoke job %-%-help", told)
    told = select(3, run_people "--params 'return {'")
    assert.matches("%-%-params is no Lua: %-%-params:1: ", told)
    assert.equal(0, #sandbox:requests "clerk")
  end)
end)
