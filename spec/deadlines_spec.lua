-- Deadlines of many calls. The programs here run by a clock of their own (own_clock.c): a second is
-- one of processor time, on a busy machine as well, and waiting takes no time.

local compile = require "spec.support.compile"
local core = require "convoke.core"
local preloaded = require "spec.support.preloaded"
local raw_server = require "spec.support.raw_server"

local unpack = table.unpack or unpack
local longest = 0.05 -- seconds that a call may take longer than its deadline

describe("a deadline", function()
  if core.poller ~= "epoll" then return pending "the clock of these specs knows epoll only" end

  local library

  setup(function() library = compile("own_clock", "libcurl") end)
  teardown(function() os.remove(library) end)

  -- As many descriptors as may be had.
  local unlimited = [[sh -c 'ulimit -S -n "$(ulimit -H -n)"; exec env "$@"' sh]]

  -- Runs Lua text with that clock; returns the numbers and words that it prints, in order.
  -- It has silent(n, options): a client whose server takes n connections and never answers;
  -- list(client, options, deadline): a call, and by how much it was late; spawn and now.
  local function run(text)
    local output = preloaded(library, [[
      local convoke = require "convoke"
      local socket = require "socket"
      local now, spawn = convoke.now, convoke.spawn
      local latest, earliest, kinds, kept = -math.huge, math.huge, {}, {}
      local function client_of(url, options)
        options.url, options.retries, options.secret_key = url, 0, "sk_test_1"
        return convoke.clerk(options)
      end
      local function silent(n, options)
        local listener = assert(socket.bind("127.0.0.1", 0, n))
        local _, port = listener:getsockname()
        kept[#kept + 1] = listener
        return client_of(("http://127.0.0.1:%d/v1"):format(port), options or {})
      end
      local function list(client, options, deadline)
        local _, err = client.invitations:list({}, options)
        local late = now() - deadline
        kinds[err.kind] = (kinds[err.kind] or 0) + 1
        if err.kind == "cancelled" then return end
        latest, earliest = math.max(latest, late), math.min(earliest, late)
      end
    ]] .. text, unlimited)
    local words = {}
    for word in output:gmatch "%S+" do words[#words + 1] = tonumber(word) or word end
    assert(words[#words - 2] == "passed", output)
    return words
  end

  it("is kept to the millisecond, from one millisecond to eleven days", function()
    local earliest, latest, timeouts, cancelled = unpack(run [[
      math.randomseed(7)
      local client = silent(64, { max_in_flight = 1 })
      convoke.run(function()
        for i = 1, 1500 do
          local timeout = math.ceil(10 ^ (math.random() * 9)) / 1000
          local task = spawn(function() list(client, { timeout = timeout }, now() + timeout) end)
          if i % 3 == 0 then
            spawn(function()
              convoke.sleep(math.random() * timeout)
              task:cancel()
            end)
          end
          if i % 10 == 0 then convoke.sleep(10 ^ (math.random() * 6) / 1000) end
        end
      end)
      print(earliest, latest, kinds.timeout, kinds.cancelled)
    ]])
    assert.is_true(earliest > -1e-5 and latest < longest, earliest .. " to " .. latest)
    assert.is_true(timeouts > 900 and cancelled > 300)
  end)

  it("of one call is kept while thousands begin and end", function()
    local latest, timeouts = unpack(run [[
      local clients = { silent(3000), silent(3000), silent(64, { max_in_flight = 1 }) }
      convoke.run(function()
        for i = 1, 6000 do
          spawn(function()
            local timeout = 0.1 + i % 40 * 0.05
            list(clients[i % 3 + 1], { timeout = timeout }, now() + timeout)
          end)
        end
      end)
      print(latest, kinds.timeout)
    ]])
    assert.equal(6000, timeouts)
    assert.is_true(latest < longest, latest)
  end)

  it("costs what one among few costs where it falls together with thousands", function()
    local function cost(calls, options)
      return run(([[
        local clients, deadline = {}, now() + 20
        for i = 1, 4 do clients[i] = silent(1000, %s) end
        convoke.run(function()
          for i = 1, %d do
            spawn(list, clients[i %% 4 + 1], { timeout = 60, deadline = deadline }, deadline)
          end
        end)
        print(now() - deadline, kinds.timeout)
      ]]):format(options, calls))[1] / calls
    end
    local few, many = cost(1000, "{}"), cost(4000, "{}")
    assert.is_true(many < 2.5 * few, ("%g and %g"):format(few, many))
    few, many = cost(2000, "{ max_in_flight = 8 }"), cost(16000, "{ max_in_flight = 8 }")
    assert.is_true(many < 2.5 * few, ("%g and %g"):format(few, many))
  end)

  it("falls together with others without libcurl passing over its messages", function()
    local address, close = raw_server.silent_address()
    local words = run(([[
      local client = client_of(%q, { connect_timeout = 3 })
      local deadline = now() + 10
      convoke.run(function()
        for _ = 1, 400 do spawn(list, client, { timeout = 60, deadline = deadline }, now() + 3) end
      end)
      print(kinds.timeout)
    ]]):format(address))
    close()
    assert.same({ 400, "passed", "over:", 0 }, words)
  end)
end)
