-- Connections to Redis against a server that sends whatever a test says, or is not there at all;
-- and through a client of the program's own.

local compile = require "spec.support.compile"
local convoke = require "convoke"
local engine = require "convoke.engine"
local hiredis = require "convoke.jobs.hiredis"
local preloaded = require "spec.support.preloaded"
local raw_server = require "spec.support.raw_server"

local missing
do
  local connection, why = hiredis.open "redis://127.0.0.1:1"
  missing = why
  if connection then connection:close() end
end

local PING = "*1\r\n$4\r\nPING\r\n"

describe("a connection to Redis", function()
  if missing then return pending(missing) end

  local server, connection

  setup(function() server = raw_server.start() end)
  teardown(function() server:stop() end)

  -- The server plays these scripts; the address has what `login` says.
  local function open(scripts, login, options)
    server:play(scripts)
    connection = assert(hiredis.open(("redis://%s127.0.0.1:%d%s"):format(login or "", server.port,
      login and "/1" or ""), options))
  end

  after_each(function()
    if connection then connection:close() end
    connection = nil
    assert.is_false(engine.busy())
  end)

  local function serve(text)
    return { { "receive", #PING }, { "send", text }, { "hold" } }
  end

  it("reads replies that come byte by byte", function()
    local text = "*4\r\n$5\r\nab\r\nc\r\n:-12\r\n*2\r\n$-1\r\n+OK\r\n-ERR odd\r\n"
    open { { { "receive", #PING }, { "trickle", text, 0.001 }, { "hold" } } }
    assert.same({ "ab\r\nc", -12, { false, "OK" }, { error = "ERR odd" } },
      connection:command "PING")
  end)

  it("breaks off where the server sends no replies of its protocol", function()
    local deep = ("*1\r\n"):rep(9) .. ":1\r\n"
    for text, words in pairs {
      ["HTTP/1.1 400 Bad Request\r\n\r\n"] = 'got "H" as reply type byte',
      ["\0\1\2\3"] = "as reply type byte",
      ["$x\r\n"] = "", ["$-2\r\n"] = "", ["*-5\r\n"] = "", [":1x\r\n"] = "",
      ["*99999999999999999999\r\n"] = "", ["$99999999999999999999\r\n"] = "",
      [deep] = "", ["%1\r\n+a\r\n+b\r\n"] = "", ["_\r\n"] = "", [",1.5\r\n"] = "", ["#t\r\n"] = "",
      [">1\r\n+a\r\n"] = "", ["~1\r\n+a\r\n"] = "", ["(12\r\n"] = "",
    } do
      open { serve(text) }
      local reply, why, kind = connection:command "PING"
      assert.is_nil(reply, text)
      assert.matches(words, why, 1, true)
      assert.equal("connection", kind)
      connection:close()
    end
  end)

  it("takes an array of any size that is announced for what comes of it", function()
    open({ serve "*2000000000\r\n:1\r\n" }, nil, { timeout = 0.1 })
    assert.same({ nil, tostring(connection) .. ": no answer within 0.1 s", "connection" },
      { connection:command "PING" })
  end)

  it("breaks off where the server sends what nobody asked for", function()
    open({ serve "+PONG\r\n+MORE\r\n", serve "+PONG\r\n" }, nil, { timeout = 2 })
    assert.equal("PONG", connection:command "PING")
    assert.equal("PONG", connection:command "PING")
    assert.equal(2, server:connections())
  end)

  it("tells one whose server closes in the midst of a reply that there is none", function()
    open { { { "receive", #PING }, { "send", "$10\r\nabc" }, { "close" } } }
    assert.same({ nil, tostring(connection) .. ": the server has closed the connection",
      "connection" }, { connection:command "PING" })
  end)

  it("sends again what had not been sent when a connection broke, and only that", function()
    local large = ("x"):rep(2 ^ 20)
    local size = #("*2\r\n$4\r\nECHO\r\n$1048576\r\n") + 2 ^ 20 + 2
    local echo = { { "receive", size }, { "send", "+again\r\n" }, { "again" } }
    open { { { "receive", 10 }, { "sleep", 0.1 }, { "reset" } }, echo }
    local lost, answered = 0, 0
    convoke.run(function()
      for _ = 1, 40 do
        convoke.spawn(function()
          local reply, _, kind = connection:command("ECHO", large)
          if reply == "again" then answered = answered + 1 end
          if kind == "connection" then lost = lost + 1 end
        end)
      end
    end)
    assert.equal(40, lost + answered)
    assert.is_true(lost >= 1, lost .. " lost")
    assert.is_true(answered >= 1, answered .. " answered")
  end)

  it("rests between attempts, longer and longer", function()
    open { { { "close" } } }
    local started = convoke.now()
    for _ = 1, 5 do
      local reply, _, kind = connection:command "PING"
      assert.is_nil(reply)
      assert.equal("connection", kind)
    end
    -- At least half of 100, 200 and 400 milliseconds before the third, fourth and fifth.
    assert.is_true(convoke.now() - started >= 0.34)
  end)

  it("gives up on a server that cannot be reached by the time for connecting", function()
    local url, give_up = raw_server.silent_address()
    connection = assert(hiredis.open("redis://" .. url:match "//(.*)", { connect_timeout = 0.1 }))
    local reply, _, kind = connection:command "PING"
    assert.is_nil(reply)
    assert.equal("connection", kind)
    give_up()
  end)

  it("shows no password that a server sends back", function()
    local auth = "*2\r\n$4\r\nAUTH\r\n$13\r\nopen-sesame-1\r\n"
    local select = "*2\r\n$6\r\nSELECT\r\n$1\r\n1\r\n"
    local refusals = {
      ["-ERR unknown command 'AUTH', with args beginning with: 'open-sesame-1'\r\n"]
        = "the server refuses the login (ERR)",
      ["-open-sesame-1\r\n"] = "the server refuses the login ()",
      ["-OPEN\r\n"] = "the server refuses the login (OPEN)",
      ["-ERR Client sent AUTH, but no password is set\r\n"]
        = "the server refuses the login (ERR): it has no password",
    }
    for text, words in pairs(refusals) do
      open({ { { "receive", #auth + #select }, { "send", text }, { "hold" } } }, ":open-sesame-1@")
      assert.same({ nil, words, "answer" }, { connection:command "PING" })
      connection:close()
    end
    open({ { { "receive", #auth + #select }, { "send", "+OK\r\n+OK\r\n" }, { "receive", #PING },
      { "send", "-ERR you said open-sesame-1\r\n" }, { "receive", #PING },
      { "send", "*1\r\n-ERR open-sesame-1\r\n" }, { "hold" } } }, ":open-sesame-1@")
    assert.same({ nil, "ERR you said *************", "answer" }, { connection:command "PING" })
    assert.same({ { error = "ERR *************" } }, (connection:command "PING"))
  end)

  it("takes a server that is full for one that is away", function()
    for _, login in ipairs { "", ":open-sesame-1@" } do
      open({ { { "receive", #PING }, { "send", "-ERR max number of clients reached\r\n" },
        { "hold" } } }, login ~= "" and login or nil)
      assert.same({ nil, tostring(connection) .. ": the server takes no more clients",
        "connection" }, { connection:command "PING" })
      connection:close()
    end
  end)

  it("sends nothing before the database is chosen", function()
    local select = "*2\r\n$6\r\nSELECT\r\n$1\r\n7\r\n"
    server:play { { { "receive", #select }, { "sleep", 0.05 },
      { "send", "-ERR DB index is out of range\r\n" }, { "receive" }, { "hold" } } }
    connection = assert(hiredis.open(("redis://127.0.0.1:%d/7"):format(server.port)))
    local said = {}
    convoke.run(function()
      for i = 1, 10 do
        convoke.spawn(function() said[i] = { connection:command("SET", "key", i) } end)
      end
    end)
    for i = 1, 10 do
      assert.same({ nil, "the server refuses the database: ERR DB index is out of range",
        "answer" }, said[i])
    end
    server:wait_for_end()
    assert.same({}, server:requests())
  end)
end)

describe("the name of a Redis server", function()
  if missing then return pending(missing) end

  it("that nobody knows is said so", function()
    local connection = assert(hiredis.open "redis://no-such-host.invalid")
    local reply, why, kind = connection:command "PING"
    assert.is_nil(reply)
    assert.matches("^redis://no%-such%-host%.invalid:6379/0: .", why)
    assert.equal("connection", kind)
    connection:close()
  end)

  it("whose look-up takes long holds up neither the time for connecting nor a close", function()
    local library = compile("slow_resolver", "libcurl")
    assert.equal("no connection within 0.2 s\tconnection\nno connection within 0.2 s\tconnection\n"
      .. "closed\tfalse\n", preloaded(library, [[
        local convoke = require "convoke"
        local started = convoke.now()
        local connection = assert(require("convoke.jobs.hiredis").open("redis://a.slow.test:1",
          { connect_timeout = 0.2 }))
        for _ = 1, 2 do
          local _, why, kind = connection:command "PING"
          print(why:match ": (.*)", kind)
        end
        connection:close()
        print("closed", convoke.now() - started > 5)
        io.stdout:flush()
        os.exit(0, true)
      ]]))
    os.remove(library)
  end)
end)

describe("a client of Redis of the program's own", function()
  local NULL = io.stdout -- a userdata, as ngx.null is

  local function ask(command, ...)
    local connection = assert(hiredis.open("redis://:open-sesame@db/3?prefix=p:",
      { command = command }))
    assert.equal("redis://db:6379/3", tostring(connection))
    assert.equal("p:", connection.prefix)
    return connection, { connection:command(...) }
  end

  it("is given the words of a command, and what it returns is put into our form", function()
    local given
    local function answer(...)
      local results = { n = select("#", ...), ... }
      return function(...)
        given = { ... }
        return (unpack or table.unpack)(results, 1, results.n) -- luacheck: std max
      end
    end
    local _, said = ask(answer "OK", "SET", "key", 9007199254740991, 0.5)
    assert.same({ "OK" }, said)
    assert.same({ "SET", "key", "9007199254740991", "0.5" }, given)
    assert.same({ false }, select(2, ask(answer(NULL), "GET")))
    assert.same({ 7 }, select(2, ask(answer(7), "INCR")))
    assert.same({ { "a", false, { false }, { error = "ERR x" }, {} } },
      select(2, ask(answer { "a", NULL, { NULL }, { false, "ERR x" }, {} }, "EVAL")))
    assert.same({ nil, "ERR odd", "answer" }, select(2, ask(answer(false, "ERR odd"), "GET")))
    assert.same({ nil, "timeout", "connection" }, select(2, ask(answer(nil, "timeout"), "GET")))
    assert.same({ nil, "no reply", "connection" }, select(2, ask(answer(), "GET")))
  end)

  it("is not asked after a close", function()
    local connection = ask(function() return "OK" end, "PING")
    connection:close()
    assert.same({ nil, "redis://db:6379/3: the connection is closed", "connection" },
      { connection:command "PING" })
  end)
end)
