-- Bodies that are read piece by piece while they are sent: from functions and open files.

local convoke = require "convoke"
local raw_server = require "spec.support.raw_server"

local fine = { ["200"] = { description = "", content = { ["application/json"] = {} } } }

local document = { openapi = "3.1.0", info = { title = "Uploads", version = "1" },
  components = { securitySchemes = { key = { type = "http", scheme = "bearer" } } },
  security = { {}, { key = {} } }, paths = {
    ["/raw"] = { put = { operationId = "raw", responses = fine, requestBody = { required = true,
      content = { ["application/octet-stream"] = {} } } } },
    ["/post"] = { post = { operationId = "post", responses = fine, requestBody = {
      content = { ["application/octet-stream"] = {} } } } },
    ["/form"] = { post = { operationId = "form", responses = fine, requestBody = { content = {
      ["multipart/form-data"] = { schema = { type = "object", properties = {
        title = { type = "string" }, file = { type = "string", format = "binary" },
        more = { type = "array", items = { type = "string", format = "binary" } } } } } } } } } } }

local ok = raw_server.answer(200, "{}", "Content-Type: application/json\r\n")

describe("a body that is read while it is sent", function()
  local server

  setup(function() server = raw_server.start() end)
  teardown(function() server:stop() end)
  before_each(function() server:play { { { "receive" }, { "send", ok }, { "again" } } } end)
  after_each(function() assert.equal(0, convoke.stats().in_flight) end)

  local function client(options)
    local given = { url = server.url, retries = 0 }
    for name, value in pairs(options or {}) do given[name] = value end
    return convoke.openapi(document)(given)
  end

  -- A function that gives these pieces one after another.
  local function reader(...)
    local pieces, at = { ... }, 0
    return function()
      at = at + 1
      return pieces[at]
    end
  end

  local function file_of(text)
    local file = io.tmpfile()
    file:write(text)
    file:seek "set"
    return file
  end

  it("comes from a function, in chunks or with the size that is told", function()
    local c = client()
    assert(c:call("raw", { body = reader("abc", "", ("x"):rep(200000), "end") }))
    assert(c:call("raw", { body = { data = reader("abc", "end"), size = 6 } }))
    local first, second = server:requests()[1], server:requests()[2]
    assert.equal("abc" .. ("x"):rep(200000) .. "end", first.body)
    assert.matches("\nTransfer%-Encoding: chunked\n", first.head .. "\n")
    assert.matches("\nContent%-Type: application/octet%-stream\n", first.head .. "\n")
    assert.equal("abcend", second.body)
    assert.matches("\nContent%-Length: 6\n", second.head .. "\n")
    assert.not_matches("Expect", second.head)
  end)

  it("comes from an open file, from where that stands, with its size", function()
    local text = ("0123456789"):rep(30000)
    local file = file_of(text)
    file:seek("set", 5)
    assert(client():call("raw", { body = file }))
    local request = server:requests()[1]
    assert.equal(text:sub(6), request.body)
    assert.matches("\nContent%-Length: 299995\n", request.head .. "\n")
    local pipe = io.popen "printf 'from a pipe'"
    assert(client():call("raw", { body = pipe }))
    assert.equal("from a pipe", server:requests()[2].body)
    file:close()
    local _, err = client():call("raw", { body = file })
    assert.equal("invalid", err.kind)
  end)

  it("has parts of both kinds beside texts", function()
    assert(client():call("form", { title = "t", file = { data = file_of "one", filename = "a.txt",
      type = "text/plain" }, more = { reader("t", "wo"), "three" } }))
    local request = server:requests()[1]
    local boundary = request.head:match "boundary=([%w-]+)"
    assert.truthy(request.body:find(('--%s\r\nContent-Disposition: form-data; name="file"; '
      .. 'filename="a.txt"\r\nContent-Type: text/plain\r\n\r\none\r\n--%s\r\n'):format(boundary,
      boundary), 1, true))
    assert.truthy(request.body:find("octet-stream\r\n\r\ntwo\r\n", 1, true))
    assert.truthy(request.body:find("octet-stream\r\n\r\nthree\r\n", 1, true))
    assert.equal("--" .. boundary .. "--\r\n", request.body:sub(-#boundary - 6))
  end)

  it("is never there as a whole", function()
    server:play { { { "receive" }, { "send", ok } } }
    local left, piece = 320, ("x"):rep(65536)
    collectgarbage()
    local before, most = collectgarbage "count", 0
    assert(client():call("raw", { body = { size = 320 * 65536, data = function()
      if left % 64 == 0 then
        collectgarbage()
        most = math.max(most, collectgarbage "count" - before)
      end
      left = left - 1
      return left >= 0 and piece or nil
    end } }))
    assert.is_true(most < 5000, most) -- KiB, of 20 MB
    assert.equal(320 * 65536, #server:requests()[1].body)
  end)

  it("ends the call where the reader fails, and nothing is repeated", function()
    for i, read in ipairs { function() error("disk gone", 0) end,
        function() return nil, "disk gone" end, function() return 7 end } do
      local _, err = client { retries = 2 }:call("post", { body = read })
      assert.equal("cancelled", err.kind)
      assert.equal("not_sent", err.outcome)
      assert.equal(1, err.attempts)
      assert.matches(i == 3 and "no string, but a number" or "disk gone", err.message)
    end
    local count = 0
    local _, err = client { retries = 2 }:call("post", { body = function()
      count = count + 1
      if count > 3 then return nil, "disk gone" end
      return ("x"):rep(100000)
    end })
    assert.equal("cancelled", err.kind)
    assert.equal("unknown", err.outcome)
    assert.equal(1, err.attempts)
    assert.matches("disk gone", err.message)
  end)

  it("must be as long as was told", function()
    for _, size in ipairs { 2, 4 } do
      local _, err = client():call("raw", { body = { data = reader "abc", size = size } })
      assert.equal("cancelled", err.kind)
      assert.matches("than the %d bytes that were promised", err.message)
    end
    local _, err = client():call("raw", { body = { data = reader "abc", size = -1 } })
    assert.equal("invalid", err.kind)
  end)

  describe("when the first try fails", function()
    local function fail_first(...)
      server:play { { ... }, { { "receive" }, { "send", ok }, { "again" } } }
    end

    it("is sent again from its beginning where it can begin again", function()
      for _, body in ipairs { file_of "abc", { data = reader("abc", nil, "abc"),
          rewind = function() end } } do
        fail_first({ "receive" }, { "send", raw_server.answer(503, "{}") }, { "close" })
        local _, _, meta = assert(client { retries = 1 }:call("raw", { body = body }))
        assert.equal(2, meta.attempts)
        assert.equal("abc", server:requests()[2].body)
      end
    end)

    it("is not sent again where it cannot", function()
      fail_first({ "receive" }, { "send", raw_server.answer(503, "{}") }, { "close" })
      local _, err = client { retries = 2 }:call("raw", { body = reader "abc" })
      assert.equal(503, err.status)
      assert.equal(1, err.attempts)
      fail_first({ "receive" }, { "close" })
      _, err = client { retries = 2 }:call("raw", { body = reader "abc" })
      assert.equal("network", err.kind)
      assert.equal("unknown", err.outcome)
      assert.equal(1, err.attempts)
      local asked = 0
      fail_first({ "receive" }, { "send", raw_server.answer(401, "{}") }, { "close" })
      _, err = client { retries = 2, key = function()
        asked = asked + 1
        return "key-" .. asked
      end, allow_http = true }:call("raw", { body = reader "abc" })
      assert.equal(401, err.status)
      assert.equal(1, err.attempts)
    end)

    it("is sent again where nothing of it had left", function()
      server:outage("close", 0.3)
      local _, _, meta = assert(client { retries = 5, timeout = 10 }:call("post",
        { body = reader "abc" }))
      assert.is_true(meta.attempts > 1)
      assert.equal("abc", server:requests()[1].body)
    end)
  end)

  it("stops where the server answers before it has all", function()
    server:play { { { "receive", 1000 }, { "send", raw_server.answer(413, '{"message":"too much"}',
      "Connection: close\r\n") }, { "hold" } } }
    local given = 0
    local _, err = client():call("raw", { body = function()
      given = given + 1
      return given < 2000 and ("x"):rep(65536) or nil
    end })
    assert.equal(413, err.status)
    assert.equal("too much", err.message)
    assert.is_true(given < 1000)
  end)

  it("waits for a reader that waits, while others go on", function()
    local turns = 0
    convoke.run(function()
      local ticker = convoke.spawn(function()
        while true do
          turns = turns + 1
          convoke.sleep(0.001)
        end
      end)
      local count = 0
      assert(client():call("raw", { body = function()
        convoke.sleep(0.01)
        count = count + 1
        return count <= 3 and "abc" or nil
      end }))
      ticker:cancel()
    end)
    assert.is_true(turns > 3)
    assert.equal("abcabcabc", server:requests()[1].body)
  end)

  it("is a whole body for a transport of the program's own", function()
    local seen
    local c = client { transport = { send = function(request)
      seen = request.body
      return { status = 200, headers = { ["Content-Type"] = "application/json" }, body = "{}" }
    end } }
    assert(c:call("raw", { body = reader("abc", "def") }))
    assert.equal("abcdef", seen)
    assert(c:call("raw", { body = { data = reader(("x"):rep(100000), "y"), size = 100001 } }))
    assert.equal(100001, #seen)
  end)

  it("is shown by no preview", function()
    local request, err = client():dry("raw", { body = reader "abc" })
    assert.is_nil(request)
    assert.equal("invalid", err.kind)
  end)
end)
