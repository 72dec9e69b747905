-- How a job shows how it gets on: on a terminal and elsewhere.

local command = require "spec.support.command"
local compile = require "spec.support.compile"
local files = require "spec.support.job_files"
local progress = require "convoke.jobs.progress"
local raw_server = require "spec.support.raw_server"
local start = require("convoke.sandbox").start

describe("the progress of a job", function()
  local sandbox, library, terminal

  setup(function()
    sandbox = start()
    library = compile("terminal", os.getenv "LUA_PC" or raw_server.interpreter():match "[^/]*$")
    terminal = assert(package.loadlib(library, "luaopen_terminal"))()
  end)

  teardown(function()
    sandbox:stop()
    os.remove(library)
  end)

  after_each(files.remove)

  -- What a job of eight rows prints at a terminal whose width changes in the midst of it.
  -- @param output  where its standard output goes, as text for a shell; nil: nowhere
  local function run(columns, later, output)
    local lines = { "email_address" }
    for i = 1, 8 do lines[i + 1] = ("p%d@example.com"):format(i) end
    local people = files.write(table.concat(lines, "\n") .. "\n", ".csv")
    sandbox:reset()
    sandbox:fault { api = "clerk", method = "POST", delay = 0.4, every = 1 }
    local environment = command.environment(sandbox)
    environment.TERM = "xterm"
    local flag = files.path ".flag"
    terminal.open(("stty cols %d; (until [ -e %s ]; do sleep 0.05; done; stty cols %d </dev/tty) &"
      .. " %s job run %s --operation 'clerk invitations create' --rows %s --key email_address"
      .. " --limit 1 %s; echo status=$?"):format(columns, flag, later, command.prefix(environment),
      files.path(), people, output or ">/dev/null"))
    local said = ""
    for _ = 1, 300 do
      local more = terminal.read(0.1)
      if not more then break end
      said = said .. more
      if said:find "job: [2-9] done" then io.open(flag, "w"):close() end
      if said:find "status=%d" then break end
    end
    terminal.close()
    sandbox:clear_faults()
    return said
  end

  it("is one line that is written over, as wide as the terminal is now", function()
    local said = run(100, 40)
    local shown = assert(said:match "^(.-)\r\nstatus=0", said)
    local widest, narrow = 0, 0
    for text in shown:gmatch "\r([^\r]*)" do
      local line = assert(text:match "^(.*)\27%[K$", text) -- what stood there is not cleared before
      assert.is_nil(line:find "[%c]")
      assert.is_true(#line < 100)
      widest = math.max(widest, #line)
      if #line < 40 then narrow = narrow + 1 end
    end
    assert.is_true(widest >= 40)
    assert.is_true(narrow > 0)
    assert.matches("%[#+%.*%] job: %d+ done, %d+ left", shown)
  end)

  it("says how it ended, once", function()
    local said = run(100, 100, "")
    assert.matches("8 done, 0 left[^\r]*\27%[K\r\nstatus=0", said)
  end)

  it("is a line every 30 s where there is no terminal", function()
    local written = {}
    local view = progress.new("spring", { write = function(_, ...)
      written[#written + 1] = table.concat { ... }
    end, flush = function() end })
    assert.is_false(view.is_terminal)
    assert.equal(30, view.every)
    view.show { done = 3, refused = 0, invalid = 1, made = 0, unknown = 0, pending = 5, sent = 1,
      total = 10, rate = 100 / 3600, seconds_left = 240 }
    assert.same({ "spring: 3 done, 1 invalid, 6 left, 100/h, ends in 4 min\n" }, written)
  end)
end)
