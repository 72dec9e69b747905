-- The wakeup: a thread that waits for a descriptor and sends bytes over a loopback connection.

local core = require "convoke.core"
local limit = require "spec.support.limit"
local socket = require "socket"

describe("the wakeup", function()
  local wakeup, port, key, watched, other
  before_each(function()
    local listener = assert(socket.bind("127.0.0.1", 0))
    watched = assert(socket.connect("127.0.0.1", (select(2, listener:getsockname()))))
    other = assert(listener:accept())
    listener:close()
    wakeup, port, key = core.wakeup()
    assert(wakeup, port)
  end)
  after_each(function()
    wakeup:close()
    watched:close()
    other:close()
  end)

  local function connect(text)
    local connection = assert(socket.connect("127.0.0.1", port))
    connection:settimeout(2)
    connection:send(text)
    return connection
  end

  local function silent(connection, seconds)
    return socket.select({ connection }, nil, seconds)[1] == nil
  end

  it("sends a byte once each time it is armed, when the descriptor is readable", function()
    local connection = connect(key)
    for _ = 1, 3 do
      assert.truthy(wakeup:arm(watched:getfd()))
      assert.truthy(silent(connection, 0.05))
      other:send "x"
      assert.equal("!", connection:receive(1))
      assert.truthy(silent(connection, 0.05)) -- though the descriptor is still readable
      watched:receive(1)
    end
    connection:close()
  end)

  it("sends one after the time that it was given, too", function()
    local connection = connect(key)
    local start = socket.gettime()
    wakeup:arm(watched:getfd(), 0.1)
    assert.equal("!", connection:receive(1))
    local seconds = socket.gettime() - start
    assert.truthy(seconds >= 0.09 and seconds < limit(1), seconds)
    connection:close()
  end)

  it("may be armed before anybody is connected", function()
    other:send "x"
    wakeup:arm(watched:getfd())
    local connection = connect(key)
    assert.equal("!", connection:receive(1))
    connection:close()
  end)

  it("is heard by nobody who does not know its key", function()
    local stranger = connect(("\0"):rep(#key))
    assert.equal("closed", (select(2, stranger:receive(1))))
    stranger:close()
    local connection = connect(key)
    other:send "x"
    wakeup:arm(watched:getfd())
    assert.equal("!", connection:receive(1))
    connection:close()
  end)

  it("waits for its key for a moment only", function()
    connect(key:sub(1, 3)):close() -- gone before it was told
    local silent_stranger = connect ""
    local connection = connect(key)
    other:send "x"
    wakeup:arm(watched:getfd())
    connection:settimeout(10)
    assert.equal("!", connection:receive(1))
    assert.equal("closed", (select(2, silent_stranger:receive(1))))
    silent_stranger:close()
    connection:close()
  end)

  it("ends at once, whatever it waits for", function()
    local start = socket.gettime()
    core.wakeup():close() -- nobody has connected
    local connection = connect(key)
    wakeup:arm(watched:getfd())
    socket.sleep(0.05)
    wakeup:close()
    wakeup:close()
    assert.equal("closed", (select(2, connection:receive(1))))
    assert.falsy(wakeup:arm(watched:getfd()))
    assert.truthy(socket.gettime() - start < limit(1))
    connection:close()
  end)
end)
