-- Connections to Redis and Valkey: against a real server, and against one that sends whatever a
-- test says.

local convoke = require "convoke"
local engine = require "convoke.engine"
local hiredis = require "convoke.jobs.hiredis"
local native = require "spec.support.native"
local process = require "spec.support.process"
local redis_server = require "spec.support.redis_server"

local missing = redis_server.missing()
if not missing then
  local connection, why = hiredis.open "redis://127.0.0.1:1"
  missing = why
  if connection then connection:close() end
end

-- Runs functions as tasks, side by side.
local function side_by_side(functions)
  convoke.run(function()
    for _, f in ipairs(functions) do convoke.spawn(f) end
  end)
end

describe("a connection to Redis", function()
  if missing then return pending(missing) end

  local server, connection

  setup(function() server = redis_server.start() end)

  teardown(function()
    redis_server.stop_all()
    process.remove()
  end)

  before_each(function() connection = assert(hiredis.open(server:address())) end)

  after_each(function()
    connection:close()
    assert.is_false(engine.busy())
  end)

  it("gives replies of every type", function()
    assert.equal("PONG", connection:command "PING")
    assert.equal("OK", connection:command("SET", "key", "a\r\n\0b"))
    assert.equal("a\r\n\0b", connection:command("GET", "key"))
    assert.equal("", connection:command("ECHO", ""))
    assert.equal(5, connection:command("STRLEN", "key"))
    assert.is_false(connection:command("GET", "nothing"))
    assert.same({ 1, "x", false, {}, { { "deep" } }, { error = "ERR odd" } }, connection:command(
      "EVAL", "return { 1, 'x', false, {}, { { 'deep' } }, redis.error_reply 'ERR odd' }", 0))
    assert.is_false(connection:command("BLPOP", "nothing", 0.001)) -- an array that is nil
  end)

  it("writes numbers with all their digits", function()
    assert.equal("9007199254740991", connection:command("ECHO", 9007199254740991))
    assert.equal("-3", connection:command("ECHO", -3.0))
    assert.equal(0.1 + 0.2, tonumber(connection:command("ECHO", 0.1 + 0.2)))
    assert.equal(1e300, tonumber(connection:command("ECHO", 1e300)))
    assert.equal(9007199254740991, connection:command("INCRBY", "number", 9007199254740991))
  end)

  it("refuses arguments that are neither strings nor numbers", function()
    assert.has_error(function() connection:command("SET", "key", true) end)
    assert.has_error(function() connection:command() end)
    assert.equal("PONG", connection:command "PING")
  end)

  it("tells an error of the server in the server's words", function()
    local reply, why, kind = connection:command("NONSENSE", "x")
    assert.is_nil(reply)
    assert.matches("^ERR unknown command", why)
    assert.equal("answer", kind)
  end)

  it("pipelines what many tasks ask, and gives each its own answer", function()
    local said, tasks = {}, {}
    for i = 1, 100 do
      tasks[i] = function()
        for turn = 1, 5 do
          local mine = i .. "/" .. turn
          local reply = connection:command("ECHO", mine)
          said[#said + 1] = reply == mine
        end
      end
    end
    side_by_side(tasks)
    assert.equal(500, #said)
    for _, right in ipairs(said) do assert.is_true(right) end
  end)

  it("lets others go on while the server takes its time, and steps of a loop never wait", function()
    local said
    local waiting = convoke.spawn(function() said = connection:command("BLPOP", "empty", 0.3) end)
    convoke.step(0.001)
    local quick, frames = assert(hiredis.open(server:address())), 0
    assert.equal("PONG", quick:command "PING")
    while said == nil do
      convoke.step(0.001)
      frames = frames + 1
    end
    waiting:await()
    assert.is_false(said)
    assert.is_true(frames > 50, frames .. " frames")
    quick:close()
  end)

  it("makes the descriptor readable for hosts once an answer is there", function()
    local said
    convoke.spawn(function() said = connection:command "PING" end)
    convoke.step(0)
    assert.is_true(native.readable(convoke.pollfd(), 5))
    repeat convoke.step() until said
    assert.is_false(native.readable(convoke.pollfd(), 0))
  end)

  it("is made by a socket in the file system, too", function()
    local other = assert(hiredis.open(server:unix_address() .. "?database=4"))
    assert.equal("OK", other:command("SET", "where", "four"))
    other:close()
    other = assert(hiredis.open(server:address { database = 4 }))
    assert.equal("four", other:command("GET", "where"))
    assert.is_false(connection:command("GET", "where"))
    other:close()
    other = assert(hiredis.open "redis+unix:///nowhere/at/all")
    assert.same({ nil, "redis+unix:///nowhere/at/all?database=0: No such file or directory",
      "connection" }, { other:command "PING" })
    other:close()
  end)

  it("takes replies of many megabytes, and none of more than 64", function()
    assert.equal(33554432, connection:command("SETRANGE", "large", 33554431, "!"))
    local text = connection:command("GET", "large")
    assert.equal(33554432, #text)
    assert.equal("\0!", text:sub(-2))
    text = nil -- luacheck: ignore
    assert.equal(67108865, connection:command("SETRANGE", "large", 67108864, "!"))
    local reply, why, kind = connection:command("GET", "large")
    assert.is_true(reply == nil)
    assert.matches("larger than 64 MiB", why)
    assert.equal("connection", kind)
    assert.equal(1, connection:command("DEL", "large"))
    assert.has_error(function() connection:command("ECHO", ("x"):rep(67108865)) end)
  end)

  it("answers what is in flight when it is closed, and a closed one is told", function()
    local said
    local waiting = convoke.spawn(function() said = { connection:command("BLPOP", "empty", 0) } end)
    convoke.step(0)
    connection:close()
    waiting:await()
    assert.is_nil(said[1])
    assert.matches("closed before the answer came", said[2])
    assert.equal("connection", said[3])
    assert.same({ nil, tostring(connection) .. ": the connection is closed", "connection" },
      { connection:command "PING" })
    connection:close()
  end)

  it("serves a task whose turn was cancelled, and those behind it", function()
    local other
    local waiting = convoke.spawn(function() connection:command("BLPOP", "empty", 0.1) end)
    convoke.step(0)
    waiting:cancel()
    convoke.run(function() other = connection:command "PING" end)
    assert.equal("PONG", other)
    pcall(waiting.await, waiting)
  end)

  it("ends with the state where nobody closes it, and loads hiredis only now", function()
    assert.equal("false\ttrue\tPONG\nexit 0\n", native.run(server:address(), [[
      local convoke = require "convoke"
      local function loaded()
        local maps = io.open "/proc/self/maps"
        local text = maps and maps:read "*a" or "libhiredis"
        if maps then maps:close() end
        return text:find("libhiredis", 1, true) ~= nil
      end
      local hiredis = require "convoke.jobs.hiredis"
      io.write(tostring(loaded()), "\t")
      local connection = assert(hiredis.open(url))
      print(loaded(), (connection:command "PING"))
      convoke.spawn(function() connection:command("BLPOP", "empty", 0) end)
      convoke.step(0)
      connection = nil
      collectgarbage()
    ]]))
  end)

  it("is its maker's after a fork, whose child is told so", function()
    assert.equal("child\tbelongs to the process that forked\tconnection\n"
      .. "asked before\tleft to the process that forked\n"
      .. "asked before\tlate\nparent\tPONG\nexit 0\n",
      native.run(server:address(), process.prelude() .. [[
        local convoke = require "convoke"
        local connection = assert(require("convoke.jobs.hiredis").open(url))
        assert(connection:command "PING")
        local task = convoke.spawn(function()
          local reply, why = connection:command("EVAL", "return 'late'", 0)
          print("asked before", reply or why:match "left to .*")
          io.stdout:flush()
        end)
        convoke.run(function()
          local child = process.fork()
          if child == 0 then
            local _, why, kind = connection:command "PING"
            print("child", why:match "belongs to the process that forked", kind)
            io.stdout:flush()
            task:await()
            connection:close()
            process.exit(0)
          end
          process.wait(child)
          print("parent", (connection:command "PING"))
        end)
        connection:close()
      ]]))
  end)

  it("goes on after the server has closed it for being idle", function()
    local watcher = assert(hiredis.open(server:address()))
    local id = connection:command("CLIENT", "ID")
    assert.equal(1, watcher:command("CLIENT", "KILL", "ID", id))
    local stop = convoke.now() + 10
    repeat -- the server closes when it comes round to it
      local list = watcher:command("CLIENT", "LIST", "ID", id)
    until not list:find("id=" .. ("%d"):format(id), 1, true) or convoke.now() > stop
    assert.equal("PONG", connection:command "PING")
    watcher:close()
  end)

  it("sees to eight at once, and says so", function()
    local more, one, why = {}, nil, nil
    for _ = 1, 8 do
      one, why = hiredis.open(server:address())
      more[#more + 1] = one
    end
    assert.is_nil(one)
    assert.matches("too many stores are open", why)
    for _, made in ipairs(more) do made:close() end
    assert.equal("PONG", connection:command "PING")
  end)

  it("refuses options that it does not have", function()
    for name, value in pairs { timeout = 0, connect_timeout = "x", command = 1, colour = 2 } do
      local none, why = hiredis.open(server:address(), { [name] = value })
      assert.is_nil(none)
      assert.matches(name, why)
    end
  end)
end)

describe("a login at Redis", function()
  if missing then return pending(missing) end

  local server

  setup(function()
    server = redis_server.start { requirepass = "open-sesame" }
    local connection = assert(hiredis.open(server:address { password = "open-sesame" }))
    assert.equal("OK", connection:command("ACL", "SETUSER", "ada", "on", ">p@ss word", "~*",
      "+@all"))
    connection:close()
  end)

  teardown(redis_server.stop_all)

  local function ask(how, ...)
    local connection = assert(hiredis.open(server:address(how)))
    local shown = tostring(connection)
    local said = { connection:command(...) }
    connection:close()
    for _, text in ipairs { shown, said[1] or said[2] } do
      assert.is_nil(text:find("sesame", 1, true))
    end
    return said
  end

  it("takes a password, alone or with a user, and a database", function()
    assert.same({ "default" }, ask({ password = "open-sesame" }, "ACL", "WHOAMI"))
    assert.same({ "ada" }, ask({ user = "ada", password = "p%40ss%20word" }, "ACL", "WHOAMI"))
    local said = ask({ password = "open-sesame", database = 5 }, "CLIENT", "INFO")
    assert.matches(" db=5 ", said[1])
  end)

  it("that is refused says so, each time, and nothing is sent", function()
    assert.same({ nil, "the server refuses the login (WRONGPASS)", "answer" },
      ask({ password = "sesame-street" }, "SET", "key", "x"))
    assert.same({ nil, "the server refuses the login (WRONGPASS)", "answer" },
      ask({ user = "eve", password = "sesame-street" }, "SET", "key", "x"))
    assert.same({ nil, "the server refuses the database: ERR DB index is out of range", "answer" },
      ask({ password = "open-sesame", database = 99 }, "SET", "key", "x"))
    local said = ask({}, "SET", "key", "x")
    assert.matches("^NOAUTH", said[2])
    assert.equal("answer", said[3])
    assert.same({ false }, ask({ password = "open-sesame" }, "GET", "key"))
  end)

  it("is made again with each connection", function()
    local address = server:address { password = "open-sesame", database = 2 }
    local connection = assert(hiredis.open(address))
    assert.equal("OK", connection:command("SET", "kept", "in two"))
    connection:command "QUIT"
    local reply, _, kind
    repeat
      reply, _, kind = connection:command("GET", "kept") -- the server may be about to close it
    until kind ~= "connection"
    assert.equal("in two", reply)
    connection:close()
  end)
end)

describe("a Redis that goes away", function()
  if missing then return pending(missing) end

  local server, connection

  before_each(function()
    server = redis_server.start()
    connection = assert(hiredis.open(server:address(), { timeout = 5 }))
    assert.equal("PONG", connection:command "PING")
  end)

  after_each(function()
    connection:close()
    redis_server.stop_all()
    assert.is_false(engine.busy())
  end)

  it("by a kill, leaves what is in flight unknown; once it is back all goes on", function()
    local said, tasks = {}, {}
    for i = 1, 100 do
      tasks[i] = function()
        local reply, why, kind = connection:command("BLPOP", "empty", 0)
        said[i] = { reply, why, kind }
      end
    end
    tasks[101] = function()
      convoke.sleep(0.05)
      server:signal "KILL"
    end
    side_by_side(tasks)
    server:wait()
    for i = 1, 100 do
      assert.is_nil(said[i][1])
      assert.is_nil(said[i][2]:find "no answer within")
      assert.equal("connection", said[i][3])
    end
    local _, why, kind = connection:command "PING"
    assert.matches("Connection refused", why)
    assert.equal("connection", kind)
    server:restart()
    local reply
    repeat reply = connection:command "PING" until reply
    assert.equal("PONG", reply)
  end)

  it("by a stop, is given up after the time for a command, and taken up again", function()
    local hasty = assert(hiredis.open(server:address(), { timeout = 0.2, connect_timeout = 0.2 }))
    assert.equal("PONG", hasty:command "PING")
    server:signal "STOP"
    local frames, said, started = 0, nil, convoke.now()
    local waiting = convoke.spawn(function() said = { hasty:command("INCR", "count") } end)
    while not said do
      convoke.step(0.001)
      frames = frames + 1
    end
    waiting:await()
    assert.is_true(frames > 50, frames .. " frames")
    assert.same({ nil, tostring(hasty) .. ": no answer within 0.2 s", "connection" }, said)
    -- The system takes the connection for the server, which then says nothing.
    local again = assert(hiredis.open(server:address { database = 1 },
      { timeout = 10, connect_timeout = 0.2 }))
    assert.same({ nil, tostring(again) .. ": no connection within 0.2 s", "connection" },
      { again:command "PING" })
    again:close()
    assert.is_true(convoke.now() - started < 8)
    server:signal "CONT"
    local reply
    repeat reply = hasty:command "PING" until reply
    assert.equal("PONG", reply)
    hasty:close()
  end)
end)

describe("an address of Redis", function()
  it("is taken apart", function()
    local read = require("convoke.jobs.address").read
    assert.same({ scheme = "redis", host = "db", port = "6379", name = "redis://db:6379/0" },
      read "redis://db")
    assert.same({ scheme = "redis", host = "::1", port = "7000", user = "ad:a", password = "p@/w",
      database = "3", prefix = "a b", name = "redis://[::1]:7000/3" },
      read "redis://ad%3Aa:p%40%2Fw@[::1]:7000/3?prefix=a%20b")
    assert.same({ scheme = "redis+unix", path = "/a b", password = "p", database = "2",
      name = "redis+unix:///a b?database=2" }, read "redis+unix://:p@/a%20b?database=2")
  end)

  it("that is wrong is refused without its password", function()
    for text, words in pairs {
      ["http://a"] = "begins with redis://", ["redis://:sesame@"] = "host is missing",
      ["redis://:sesame@a:0"] = "from 1 to 65535", ["redis://:sesame@a:x"] = "from 1 to 65535",
      ["redis://:sesame@a/x"] = "database is a number", ["redis://sesame@a"] = "user:password",
      ["redis://:sesame@a?x=1"] = "prefix", ["redis://:se%00same@a"] = "zero bytes",
      ["redis+unix://:sesame@a"] = "path of a socket",
    } do
      local none, why = hiredis.open(text)
      assert.is_nil(none)
      assert.matches(words, why)
      assert.is_nil(why:find("sesame", 1, true))
    end
  end)
end)
