-- Jobs in the loops of others: none of them is held up by a file.

local convoke = require "convoke"
local database = require "convoke.jobs.database"
local engine = require "convoke.engine"
local files = require "spec.support.job_files"
local loops = require "spec.support.host_loops"
local nginx = require "spec.support.nginx"
local sandbox_server = require "convoke.sandbox"

local count = 60

describe("a job", function()
  local sandbox, clerk, store

  setup(function() sandbox = sandbox_server.start() end)
  teardown(function() sandbox:stop() end)

  before_each(function()
    sandbox:reset()
    store = files.path()
    clerk = convoke.clerk { url = sandbox.clerk.url, secret_key = sandbox.clerk.secret_key }
  end)

  after_each(function()
    clerk:close()
    convoke.use "tasks"
    assert.is_false(engine.busy())
    files.remove()
  end)

  local function new_job()
    local last = 0
    return convoke.job { name = "host", store = store, client = clerk, key = "email_address",
      operation = "invitations.create", rows = function()
        last = last + 1
        return last <= count and { email_address = ("p%d@example.com"):format(last) } or nil
      end }
  end

  for name, host in pairs(loops.hosts) do
    it("runs in " .. name .. ", and the loop goes on", function()
      if loops.missing[name] then return pending(loops.missing[name]) end
      convoke.use(name)
      local ticks, report = 0, nil
      sandbox:fault { api = "clerk", method = "POST", delay = 0.1, times = count }
      host(function() report = assert(new_job():run()) end, function() ticks = ticks + 1 end)
      assert.equal(count, report.done)
      assert.is_true(ticks > 10, ticks .. " ticks")
    end)
  end

  it("holds up no frame of a game while another program has its file to itself", function()
    sandbox:fault { api = "clerk", method = "POST", delay = 0.1, times = count }
    local running = convoke.spawn(function() return new_job():run() end)
    repeat convoke.step() until #sandbox:requests "clerk" > 0
    local other = assert(database.open(store, require "convoke.jobs.schema"))
    local blocking = convoke.spawn(function()
      return other:ask { database.statement("UPDATE job SET paused = 0 WHERE 1000000 = (WITH"
        .. " RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)"
        .. " SELECT count(*) FROM n)") }
    end)
    local frames = 0 -- while the file is locked
    while running:status() ~= "done" do
      convoke.step(0.001)
      if blocking:status() ~= "done" then frames = frames + 1 end
    end
    assert.equal(1, assert(blocking:await())[1].changes)
    other:close()
    assert.equal(count, running:await().done)
    assert.is_true(frames > 50, frames .. " frames")
  end)

  it("runs in a timer of nginx, and requests are answered meanwhile", function()
    local why = nginx.missing()
    if why then return pending(why) end
    sandbox:fault { api = "clerk", method = "POST", delay = 0.1, times = count }
    -- What is loaded here is read by root: the workers' user may not be able to.
    local web = nginx.start { http = ([[
      lua_shared_dict said 1m;
      init_by_lua_block {
        convoke = require "convoke"
        require "convoke.jobs.job"
        require "convoke.jobs.sqlite"
        clerk = convoke.clerk { url = %q, secret_key = %q }
      }
      init_worker_by_lua_block {
        if ngx.worker.id() ~= 0 then return end
        ngx.timer.at(0, function()
          local rows = {}
          for i = 1, %d do rows[i] = { email_address = "p" .. i .. "@example.com" } end
          local job = convoke.job { name = "host", store = %q, client = clerk, rows = rows,
            operation = "invitations.create", key = "email_address" }
          local report, err = job:run()
          ngx.shared.said:set("report", report and report.done .. " done" or tostring(err))
        end)
      }
    ]]):format(sandbox.clerk.url, sandbox.clerk.secret_key, count, store), server = [[
      location /said { content_by_lua_block { ngx.say(ngx.shared.said:get "report" or "nothing") } }
    ]] }
    local answers, deadline = 0, convoke.now() + 20
    local function ask()
      answers = answers + 1
      return select(2, web:get "/said")
    end
    local said = ask()
    while said == "nothing" and convoke.now() < deadline do said = ask() end
    web:stop()
    assert.equal(count .. " done", said)
    assert.is_true(answers > 2)
  end)
end)
