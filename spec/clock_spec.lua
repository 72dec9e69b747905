-- What is asked of the system's clocks and timers.

local compile = require "spec.support.compile"
local core = require "convoke.core"
local preloaded = require "spec.support.preloaded"
local raw_server = require "spec.support.raw_server"

describe("the engine", function()
  local server, library

  setup(function()
    server = raw_server.start()
    library = compile "clocks"
  end)
  teardown(function()
    server:stop()
    os.remove(library)
  end)

  local function run(text)
    local answers = raw_server.always(raw_server.answer(200, "[]"))
    server:play { answers, answers, answers, answers }
    return preloaded(library, ([[
      local convoke = require "convoke"
      local socket = require "socket"
      local clerk = convoke.clerk { url = "http://127.0.0.1:%s/v1", retries = 0,
        secret_key = "sk_test_1234567890" }
      local function list() assert(clerk.invitations:list {}) end
    ]]):format(server.port) .. text)
  end

  it("sets a timer for few of many calls, though each has its deadline", function()
    if core.poller ~= "epoll" then return pending "it uses no timer of the system" end
    local output = run [[
      local left = 1000
      for _ = 1, 4 do
        convoke.spawn(function()
          for _ = 1, 250 do
            list()
            left = left - 1
          end
        end)
      end
      local fd = convoke.pollfd()
      local descriptor = { getfd = function() return fd end, dirty = function() return false end }
      while left > 0 do
        socket.select({ descriptor }, nil, 5)
        convoke.step()
      end
    ]]
    local count = tonumber(output:match "^timers set: (%d+)\n$")
assert.is_true(count ~= nil and count < 1000, output)
  end)

  it("uses no connection again that has long been idle", function()
    assert.equal("1\n1\n2\n", run [[
      local function opened() list() print(convoke.stats().connections_opened) end
      opened() opened()
      os.getenv "FORWARD_30"
      opened()
    ]])
  end)
end)

describe("a create that is looked up", function()
  local vendor_server = require "spec.support.vendor_server"
  local server, library

  setup(function()
    server = vendor_server.start()
    library = compile "clocks"
  end)
  teardown(function()
    server:stop()
    os.remove(library)
  end)

  -- What becomes of a create whose answer is lost, when a setting is made right after.
  local function create(case, setting)
    local world = server:case(case)
    local output = preloaded(library, ([[
      local convoke = require "convoke"
      local clerk
      clerk = convoke.clerk { url = %q, secret_key = "sk_test_1234567890", log = function(line)
        if line:find "invitations.create" and not line:find "look" then os.getenv "%s" end
      end }
      local made, err = clerk.invitations:create { email_address = "ada@example.com" }
      io.stdout:write(made and "made " .. made.id or err.outcome)
    ]]):format(world.url, setting))
    return output:gsub("timers set:.*", ""), world.books()
  end

  it("is found after the machine slept, for a clock that goes on meanwhile counts", function()
    for _, date in ipairs { 0, false } do
      local said, books = create({ api = "clerk", fates = { "lost", "answered" },
        date_ahead = date, asleep = 4 }, "SUSPEND_4")
      assert.equal("made " .. books.objects[1].id, said)
      assert.equal(1, #books.objects)
    end
  end)

  it("is never refused where our time of day is set meanwhile", function()
    for _, setting in ipairs { "SET_10", "SET_-10", "SET_3600" } do
      for _, date in ipairs { 0, false } do
        local said, books = create({ api = "clerk", fates = { "lost", "answered" },
          date_ahead = date }, setting)
        local found = "made " .. books.objects[1].id
        assert.truthy(said == found or not date and said == "unknown", said)
      end
    end
  end)
end)
