-- Streams of events in the loops of others: who waits for an event keeps nobody else waiting.

local convoke = require "convoke"
local loops = require "spec.support.host_loops"
local nginx = require "spec.support.nginx"
local raw_server = require "spec.support.raw_server"


local document = { openapi = "3.1.0", info = { title = "Streams", version = "1" }, paths = {
  ["/watch"] = { get = { operationId = "watch", responses = { ["200"] = { description = "",
    content = { ["text/event-stream"] = {} } } } } } } }

describe("a stream of events", function()
  local server

  setup(function() server = raw_server.start() end)
  teardown(function() server:stop() end)

  -- Each connection sends three events, with time for others between them.
  local function send_three()
    local script = { { "receive" },
      { "send", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" } }
    for i = 1, 3 do
      script[#script + 1] = { "send", ("data: %d\n\n"):format(i) }
      script[#script + 1] = { "sleep", 0.05 }
    end
    server:play { script }
  end

  for name, run in pairs(loops.together) do
    it("is read in coroutines of " .. name, function()
      send_three()
      convoke.use(name)
      local client = convoke.openapi(document) { url = server.url }
      local seen, order = {}, {}
      local function read(who)
        local stream = assert(client:call "watch")
        local event = stream:read()
        while event do
          seen[who] = (seen[who] or "") .. event.data
          order[#order + 1] = who
          event = stream:read()
        end
      end
      run { function() read "a" end, function() read "b" end }
      client:close()
      convoke.use "tasks"
      assert.same({ a = "123", b = "123" }, seen)
      assert.not_equal("aaabbb", table.concat(order))
      assert.equal(0, convoke.stats().in_flight)
    end)
  end

  it("is read in OpenResty", function()
    local missing = nginx.missing()
    if missing then
      pending("is not tried here: " .. missing)
      return
    end
    send_three()
    local web = nginx.start {
      http = ([[init_by_lua_block {
        convoke = require "convoke"
        require "convoke.call.streams"
        client = convoke.openapi('{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":'
          .. '{"/watch":{"get":{"operationId":"watch","responses":{"200":{"description":"",'
          .. '"content":{"text/event-stream":{}}}}}}}}') { url = %q }
        local _ = client.watch -- is worked out before workers start
        assert(client:dry "watch")
      }]]):format(server.url),
      server = [[location = /read { content_by_lua_block {
        local stream, err = client:call "watch"
        if not stream then return ngx.say(tostring(err)) end
        for event in stream do ngx.print(event.data) end
      } }]],
    }
    local status, body = web:get "/read"
    web:stop()
    assert.same({ 200, "123" }, { status, body })
  end)
end)
