-- Answers that are handed over piece by piece: streams of events, and answers for a sink.

local convoke = require "convoke"
local raw_server = require "spec.support.raw_server"

local function document(media)
  return { openapi = "3.1.0", info = { title = "Streams", version = "1" }, paths = {
    ["/watch"] = { get = { operationId = "watch", responses = { ["200"] = { description = "",
      content = media or { ["text/event-stream"] = {} } } } } },
    ["/file"] = { get = { operationId = "file", responses = { ["200"] = { description = "",
      content = { ["application/octet-stream"] = {} } } } } } } }
end

local function head(kind, more)
  return ("HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%s\r\n"):format(kind, more or "")
end

local stream_head = head("text/event-stream; charset=utf-8", "X-Request-Id: r-1\r\n")

describe("an answer by pieces", function()
  local server

  setup(function() server = raw_server.start() end)
  teardown(function() server:stop() end)

  local function client(options, media)
    local given = { url = server.url, retries = 0 }
    for name, value in pairs(options or {}) do given[name] = value end
    return convoke.openapi(document(media))(given)
  end

  -- What the server sends to each connection before it closes.
  local function send(...)
    local script = { { "receive" } }
    for _, text in ipairs { ... } do
      script[#script + 1] = { "send", text }
      script[#script + 1] = { "sleep", 0.01 }
    end
    server:play { script }
  end

  -- What the server sends to each connection, which stays open.
  local function send_and_hold(...)
    local script = { { "receive" } }
    for _, text in ipairs { ... } do script[#script + 1] = { "send", text } end
    script[#script + 1] = { "hold" }
    server:play { script }
  end

  local function all_events(stream)
    local found = {}
    for event in stream do found[#found + 1] = event end
    return found
  end

  describe("that is a stream of events", function()
    it("is an iterator over them, each as it comes", function()
      send_and_hold(stream_head, "data: one\n\n", "data: tw")
      local stream, err, meta = client():call("watch")
      assert.is_nil(err)
      assert.equal("r-1", meta.request_id)
      assert.equal(200, meta.status)
      assert.same({ data = "one", event = "message" }, stream())
      stream:close()
    end)

    it("is read as WHATWG says", function()
      send(stream_head, "\239\187\191: hello\r\ndata: a\r", "\ndata:b\rdata\r\r\n",
        "event: add\nid: 7\nretry: 250\ndata:  x\n\n", "id: 8\n\ndata: y\n\n",
        "event: gone\n\nid\nretry: 1x\nunknown: z\ndata:\n\n",
        "id: a\0b\ndata: z\n\ndata: cut\n")
      assert.same({
        { data = "a\nb\n", event = "message" },
        { data = " x", event = "add", id = "7", retry = 250 },
        { data = "y", event = "message", id = "8", retry = 250 },
        { data = "", event = "message", retry = 250 },
        { data = "z", event = "message", retry = 250 },
      }, all_events(assert(client():call("watch"))))
    end)

    it("is the same wherever its pieces are cut", function()
      local text = "\239\187\191data: a\r\ndata: A\r\n\r\nevent: b\rdata: c\r\r"
        .. "id: 1\ndata: d\ndata: e\n\n"
      for size = 1, 7 do
        local parser = require("convoke.call.events").parser(1000)
        local found = {}
        for at = 1, #text, size do
          parser:feed(text:sub(at, at + size - 1))
          local event = parser:next()
          while event do
            found[#found + 1] = event
            event = parser:next()
          end
        end
        assert.same({ { data = "a\nA", event = "message" }, { data = "c", event = "b" },
          { data = "d\ne", event = "message", id = "1" } }, found)
      end
    end)

    it("raises the error that it ends with, and read() returns it", function()
      local cut = head("text/event-stream", "Content-Length: 1000\r\n")
      send(cut, "data: one\n\n")
      local stream = assert(client():call("watch"))
      assert.equal("one", stream().data)
      local ok, err = pcall(stream)
      assert.is_false(ok)
      assert.equal("network", err.kind)
      assert.equal("unknown", err.outcome)
      assert.equal(200, err.status)
      local event, again = stream:read()
      assert.is_nil(event)
      assert.equal(err, again)
    end)

    it("may be silent for no longer than its timeout, which counts anew with each piece", function()
      send_and_hold(stream_head, "data: one\n\n")
      local stream = assert(client():call("watch", {}, { timeout = 0.3 }))
      assert.equal("one", stream().data)
      local _, err = stream:read()
      assert.equal("timeout", err.kind)
      local script = { { "receive" }, { "send", stream_head } }
      for i = 1, 6 do
        script[#script + 1] = { "send", ("data: %d\n\n"):format(i) }
        script[#script + 1] = { "sleep", 0.2 }
      end
      server:play { script }
      assert.equal(6, #all_events(assert(client():call("watch", {}, { timeout = 1 }))))
    end)

    it("ends at the call's deadline", function()
      send_and_hold(stream_head, "data: one\n\n")
      local stream = assert(client():call("watch", {}, { deadline = convoke.now() + 0.5 }))
      assert.equal("one", stream().data)
      local _, err = stream:read()
      assert.equal("timeout", err.kind)
      local late, why = stream:read()
      assert.is_nil(late)
      assert.equal(err, why)
    end)

    it("is closed by close(), and then its turn is another call's", function()
      send_and_hold(stream_head, "data: one\n\n")
      local c = client { max_in_flight = 1 }
      local stream = assert(c:call("watch"))
      assert.equal("one", stream().data)
      assert.equal(1, convoke.stats().in_flight)
      stream:close()
      assert.equal(0, convoke.stats().in_flight)
      assert.is_nil(stream())
      server:wait_for_end()
      local other = assert(c:call("watch"))
      assert.equal("one", other().data)
      other:close()
    end)

    it("is closed where the loop over it is left, in Lua 5.4", function()
      send_and_hold(stream_head, "data: one\n\n")
      local c = client()
      for event in c:call("watch") do
        if event.data == "one" then break end
      end
      if _VERSION >= "Lua 5.4" then
        assert.equal(0, convoke.stats().in_flight)
        assert.has_error(function()
          for _ in assert(c:call("watch")) do error("left", 0) end
        end, "left")
      end
      c:close()
      assert.equal(0, convoke.stats().in_flight)
    end)

    it("is closed once nobody can reach it", function()
      send_and_hold(stream_head, "data: one\n\n")
      local c = client()
      assert.equal("one", c:call("watch")().data)
      collectgarbage()
      collectgarbage()
      assert.equal(0, convoke.stats().in_flight)
      server:wait_for_end()
    end)

    it("ends with its client, and with convoke.drain", function()
      send_and_hold(stream_head, "data: one\n\n")
      local c = client()
      local stream = assert(c:call("watch"))
      assert.equal("one", stream().data)
      c:close()
      local _, err = stream:read()
      assert.equal("cancelled", err.kind)
      stream = assert(client():call("watch"))
      assert.equal("one", stream().data)
      assert.equal(1, convoke.drain(0))
      assert.equal("cancelled", select(2, stream:read()).kind)
    end)

    it("does not come faster than it is read", function()
      local event = "data: " .. ("x"):rep(10000) .. "\n\n"
      server:play { { { "receive" }, { "send", stream_head }, { "send", event, 2000 } } }
      local stream = assert(client():call("watch"))
      for _ = 1, 100 do convoke.sleep(0.005) end
      assert.equal(1, server:count_open()) -- it has more to send
      local count = 0
      collectgarbage()
      local before, most = collectgarbage "count", 0
      for each in stream do
        count = count + 1
        assert.equal(10000, #each.data)
        if count % 400 == 0 then
          collectgarbage()
          most = math.max(most, collectgarbage "count" - before)
        end
      end
      assert.equal(2000, count)
      assert.is_true(most < 10000, most) -- KiB, of 20 MB
    end)

    it("has no event larger than max_response_bytes", function()
      for _, line in ipairs { "data: " .. ("x"):rep(3000), ("data: x\n"):rep(400) } do
        send_and_hold(stream_head, "data: " .. ("y"):rep(900) .. "\n\n", line)
        local stream = assert(client { max_response_bytes = 1000 }:call("watch"))
        assert.equal(900, #stream().data)
        local _, err = stream:read()
        assert.equal("too_large", err.kind)
        assert.equal(0, convoke.stats().in_flight)
      end
      send(stream_head, (": still here\n"):rep(1000), "data: z\n\n")
      assert.equal("z", client { max_response_bytes = 1000 }:call("watch")().data)
    end)

    it("is read by tasks while others go on", function()
      send(stream_head, "data: 1\n\n", "data: 2\n\n", "data: 3\n\n")
      local c, seen, turns = client(), {}, 0
      convoke.run(function()
        local ticker = convoke.spawn(function()
          while true do
            turns = turns + 1
            convoke.sleep(0.001)
          end
        end)
        local stream = assert(c:call("watch"))
        local event = stream:read() -- in Lua 5.1 no loop's iterator can wait in a task
        while event do
          seen[#seen + 1] = event.data
          event = stream:read()
        end
        ticker:cancel()
      end)
      assert.same({ "1", "2", "3" }, seen)
      assert.is_true(turns > 1)
    end)

    it("ends as cancelled for a task that is cancelled", function()
      send_and_hold(stream_head, "data: one\n\n")
      local c, err = client(), nil
      convoke.run(function()
        local task = convoke.spawn(function()
          local stream = assert(c:call("watch"))
          stream:read()
          err = select(2, stream:read())
        end)
        while convoke.stats().in_flight == 0 do convoke.sleep(0.001) end
        convoke.sleep(0.05)
        task:cancel()
        pcall(task.await, task)
      end)
      assert.equal("cancelled", err.kind)
      assert.equal(0, convoke.stats().in_flight)
    end)

    it("is for one coroutine at a time", function()
      send_and_hold(stream_head)
      local stream = assert(client():call("watch"))
      convoke.run(function()
        local first = convoke.spawn(function() return stream:read() end)
        convoke.sleep(0)
        convoke.sleep(0)
        local ok, why = pcall(stream.read, stream)
        assert.is_false(ok)
        assert.matches("another coroutine waits", why)
        first:cancel()
      end)
    end)

    it("may fail before it begins as other calls do", function()
      server:play { { { "receive" }, { "send", raw_server.answer(503, '{"message":"later"}') },
        { "receive" }, { "send", raw_server.answer(500, '{"message":"broken"}') } },
        { { "receive" }, { "send", raw_server.answer(503, "{}") }, { "close" } } }
      local _, err = client():call("watch")
      assert.equal("later", err.message)
      assert.equal(503, err.status)
      server:play { { { "receive" }, { "send", raw_server.answer(503, "{}") }, { "close" } },
        { { "receive" }, { "send", stream_head }, { "send", "data: x\n\n" }, { "close" } } }
      local stream, _, meta = client { retries = 1 }:call("watch")
      assert.equal("x", stream().data)
      assert.equal(2, meta.attempts)
    end)

    it("is a value where the server answers with JSON instead", function()
      local media = { ["application/json"] = { schema = { type = "object", properties = {
        n = { type = "integer" } } } }, ["text/event-stream"] = {} }
      server:play { { { "receive" }, { "send", raw_server.answer(200, '{"n":1}',
        "Content-Type: application/json\r\n") }, { "again" } } }
      assert.equal(1, assert(client({}, media):call("watch")).n)
      assert.matches("\nAccept: application/json, text/event%-stream;q=0.5\n",
        server:requests()[1].head .. "\n")
      send(stream_head, "data: x\n\n")
      assert.equal("x", client({}, media):call("watch")().data)
    end)

    it("comes from a transport of the program's own, too", function()
      local c = client { transport = { send = function()
        return { status = 200, headers = { ["Content-Type"] = "text/event-stream" },
          body = "data: 1\n\ndata: 2\n\n" }
      end } }
      assert.equal(2, #all_events(assert(c:call("watch"))))
    end)
  end)

  describe("for a sink", function()
    local function size_head(size)
      return head("application/octet-stream", ("Content-Length: %d\r\n"):format(size))
    end

    it("is handed to it as it comes, and never there as a whole", function()
      local piece = ("x"):rep(65536)
      server:play { { { "receive" }, { "send", size_head(65536 * 320) }, { "send", piece, 320 } } }
      local size, largest = 0, 0
      local value, err, meta = client { max_response_bytes = 1000 }:call("file", nil, {
        sink = function(text)
          size, largest = size + #text, math.max(largest, #text)
        end })
      assert.is_nil(err)
      assert.is_true(value)
      assert.equal(200, meta.status)
      assert.equal(65536 * 320, size)
      assert.is_true(largest < 300000)
    end)

    it("may be empty", function()
      send(size_head(0))
      assert.is_true(client():call("file", {}, { sink = error }))
    end)

    it("ends the call where it raises, or returns nil and why", function()
      for _, sink in ipairs { function() error("disk full", 0) end,
          function() return nil, "disk full" end, function() error({}) end } do
        send_and_hold(size_head(100), "abc")
        local value, err = client():call("file", nil, { sink = sink })
        assert.is_nil(value)
        assert.equal("cancelled", err.kind)
        assert.equal("unknown", err.outcome)
        assert.equal(200, err.status)
        assert.matches("the sink", err.message)
        assert.equal(0, convoke.stats().in_flight)
        server:wait_for_end()
      end
    end)

    it("is not asked for what is an error, and not repeated once it has something", function()
      send(raw_server.answer(404, '{"message":"no such file"}'))
      local taken = 0
      local function sink(text) taken = taken + #text end
      local _, err = client():call("file", nil, { sink = sink })
      assert.equal("no such file", err.message)
      assert.equal(0, taken)
      server:play { { { "receive" }, { "send", size_head(100) .. "abc" }, { "close" } } }
      _, err = client { retries = 2 }:call("file", nil, { sink = sink })
      assert.equal("network", err.kind)
      assert.equal(1, err.attempts)
      assert.equal(3, taken)
    end)

    it("may wait itself, in a task", function()
      send(size_head(6), "abc", "def")
      local c, found = client(), {}
      convoke.run(function()
        assert(c:call("file", nil, { sink = function(text)
          convoke.sleep(0.001)
          found[#found + 1] = text
        end }))
      end)
      assert.equal("abcdef", table.concat(found))
    end)
  end)
end)
