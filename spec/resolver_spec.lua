-- Looking up names: it takes time in a thread of its own, and holds up nobody.

local compile = require "spec.support.compile"
local convoke = require "convoke"
local preloaded = require "spec.support.preloaded"
local raw_server = require "spec.support.raw_server"

describe("a slow look-up of a name", function()
  local server, library

  setup(function()
    server = raw_server.start()
    library = compile("slow_resolver", "libcurl")
  end)

  teardown(function()
    server:stop()
    os.remove(library)
  end)

  -- Runs Lua text with the slow name service; returns what it prints.
  local function run(text, environment)
    server:play { raw_server.always(raw_server.answer(200, "[]")) }
    local started = convoke.now()
    local output = preloaded(library, ([[
      local convoke = require "convoke"
      local function client(host)
        return convoke.clerk { url = ("http://%%s:%s/v1"):format(host), retries = 0,
          secret_key = "sk_test_1234567890", allow_http = true }
      end
      local slow, quick = client "name.slow.test", client "127.0.0.1"
      local started = convoke.now()
      local function late() return convoke.now() - started > 4 end
    ]]):format(server.port) .. text, environment)
    -- Closing the state does not wait, either.
    assert.is_true(environment ~= nil or convoke.now() - started < 5)
    return output
  end

  it("ends by the deadline, not by the name service's pleasure", function()
    assert.equal("timeout\tnot_sent\tfalse\n", run [[
      local _, err = slow.invitations:list({}, { timeout = 0.2 })
      print(err.kind, err.outcome, late())
    ]])
  end)

  -- Until libcurl 7.87 to take a call out of it is to wait for its look-up.
  for environment, libcurl in pairs { [""] = "", ["OLD_LIBCURL=1"] = ", with an older libcurl" } do
    it("holds up neither other calls nor those who cancel" .. libcurl, function()
      assert.equal("quick\ttrue\nslow\tcancelled\tnot_sent\nlate\tfalse\n", run([[
        convoke.run(function()
          local task = convoke.spawn(function()
            local _, err = slow.invitations:list {}
            print("slow", err.kind, err.outcome)
          end)
          convoke.sleep(0.1)
          print("quick", quick.invitations:list {} ~= nil)
          task:cancel()
          pcall(task.await, task)
        end)
        print("late", late())
      ]], environment ~= "" and environment or nil))
    end)
  end
end)
