-- Values in requests to Convex.

local answers = require "spec.support.answers"
local convoke = require "convoke"
local echo_server = require "spec.support.echo_server"
local refusals = require "spec.support.refusals"

local null, array = convoke.null, convoke.array

describe("values", function()
  local server, convex

  setup(function()
    server = echo_server.start()
    convex = convoke.convex { url = server.url, token = "token", retries = 0 }
  end)
  teardown(function() server:stop() end)

  before_each(function()
    server:answer { body = answers.any }
    server:requests()
  end)

  local function convex_written(value)
    server:answer { body = '{"status":"success","value":null}' }
    assert(convex:mutation("m:f", { v = value }))
    return (server:request().body:match
      '^{"path":"m:f","args":%[{"v":(.*)}%],"format":"convex_encoded_json"}$')
  end

  local function refused(...) return refusals.all(server, ...) end
  local function refused_one(...) return refusals.one(server, ...) end

  describe("for Convex", function()
    local function bytes_of(text) return text:match '^{"%$%a+":"([%w+/=]*)"}$' end

    it("have wrappers for 64-bit integers", function()
      assert.equal('{"$integer":"AQAAAAAAAAA="}', convex_written(convoke.int64(1)))
      assert.equal('{"$integer":"//////////8="}', convex_written(convoke.int64(-1)))
      assert.equal('{"$integer":"AAAAAAAAAAA="}', convex_written(convoke.int64(0)))
      assert.equal('{"$integer":"/////////38="}',
        convex_written(convoke.int64 "9223372036854775807"))
      assert.equal('{"$integer":"AAAAAAAAAIA="}',
        convex_written(convoke.int64 "-9223372036854775808"))
      assert.equal('{"$integer":"AQAAAAAAIAA="}', convex_written(convoke.int64 "9007199254740993"))
      assert.equal("-5", tostring(convoke.int64(-5)))
    end)

    it("refuse what is no 64-bit integer", function()
      for _, value in ipairs { 1.5, 0 / 0, math.huge, 2 ^ 63, "", "-", "x", "1x", "1.0", "0x10",
        " 1", "9223372036854775808", "5\0", true, {} } do
        assert.is_false(pcall(convoke.int64, value), tostring(value))
      end
      assert.is_false(pcall(convoke.int64))
    end)

    if rawget(_G, "jit") then
      it("take LuaJIT's 64-bit integers", function()
        local ffi = require "ffi"
        assert.equal('{"$integer":"AQAAAAAAIAA="}',
          convex_written(convoke.int64(ffi.new("int64_t", 2 ^ 53) + 1)))
      end)
    end

    it("have wrappers for bytes", function()
      assert.equal('{"$bytes":""}', convex_written(convoke.bytes ""))
      assert.equal('{"$bytes":"/w=="}', convex_written(convoke.bytes "\255"))
      assert.equal('{"$bytes":"AAEC"}', convex_written(convoke.bytes "\0\1\2"))
      assert.equal("bytes(3)", tostring(convoke.bytes "abc"))
      assert.is_false(pcall(convoke.bytes, 5))
      assert.is_false(pcall(convoke.bytes))
    end)

    it("have bytes that decode to what was given, of any length", function()
      local decode = require("basexx").from_base64
      math.randomseed(17)
      for size = 0, 40 do
        local made = {}
        for i = 1, size do made[i] = string.char(math.random(0, 255)) end
        local bytes = table.concat(made)
        assert.equal(bytes, decode(bytes_of(convex_written(convoke.bytes(bytes)))))
      end
    end)

    it("have wrappers for the floats that JSON lacks", function()
      assert.equal('{"$float":"AAAAAAAA8H8="}', convex_written(math.huge))
      assert.equal('{"$float":"AAAAAAAA8P8="}', convex_written(-math.huge))
      assert.equal('{"$float":"AAAAAAAAAIA="}', convex_written(-1 / math.huge))
      local nan = require("basexx").from_base64(bytes_of(convex_written(0 / 0)))
      assert.equal(8, #nan)
      assert.equal(127, nan:byte(8) % 128)
      assert.is_true(nan:byte(7) >= 0xf8)
      assert.equal("0", convex_written(0))
      assert.equal("1.5", convex_written(1.5))
    end)

    it("may be anywhere in the arguments", function()
      assert.equal('[{"$integer":"AQAAAAAAAAA="},{"$bytes":"eA=="}]',
        convex_written { convoke.int64(1), convoke.bytes "x" })
      assert.equal("[]", convex_written(array {}))
      assert.equal("{}", convex_written {})
      assert.equal("null", convex_written(null))
    end)

    it("may not have names that begin with $", function()
      refused_one('args["$integer"]', "$", convex:mutation("m:f", { ["$integer"] = "x" }))
      refused_one('args.v["$x"]', "$", convex:mutation("m:f", { v = { ["$x"] = 1 } }))
    end)

    it("that were tampered with are refused, not sent", function()
      local wrapper = convoke.int64(1)
      for i = 1, 3 do wrapper[i] = nil end
      refused(convex:mutation("m:f", { v = wrapper }))
      refused(convex:mutation("m:f", { v = setmetatable({}, getmetatable(convoke.int64(1))) }))
      refused(convex:mutation("m:f", { v = setmetatable({ "$x", {} },
        getmetatable(convoke.int64(1))) }))
      wrapper = convoke.int64(1)
      wrapper[1] = "\255"
      refused_one("args.v", "changed", convex:mutation("m:f", { v = wrapper }))
    end)

    it("are wrapped in the envelope, arguments or not", function()
      server:answer { body = '{"status":"success","value":null}' }
      assert(convex:mutation "m:f")
      assert.equal('{"path":"m:f","args":[{}],"format":"convex_encoded_json"}',
        server:request().body)
      assert(convex:mutation("m:f", {}))
      assert.equal('{"path":"m:f","args":[{}],"format":"convex_encoded_json"}',
        server:request().body)
      assert(convex.sessions:end_session { sessionId = "s" })
      assert.equal('{"args":{"sessionId":"s"},"format":"convex_encoded_json"}',
        server:request().body)
    end)

    it("that are typed stay typed", function()
      server:answer { body = '{"status":"success","value":"id"}' }
      assert.equal("id", (convex.editor_snapshots:create {
        sessionId = "s",
        editor = { language = "lua", content = "x\n", lastUpdated = 1732060800000.5,
          functionName = "f", inputParameters = {} },
        terminal = { output = "", isError = false },
      }))
      assert.equal('{"args":{"sessionId":"s","editor":{"language":"lua","content":"x\\n",'
        .. '"lastUpdated":1732060800000.5,"functionName":"f","inputParameters":[]},'
        .. '"terminal":{"output":"","isError":false}},"format":"convex_encoded_json"}',
        server:request().body)
      refused_one("editor.inputParameters[3]", "a string", convex.editor_snapshots:create {
        sessionId = "s",
        editor = { language = "lua", content = "", lastUpdated = 1, functionName = "f",
          inputParameters = { "a", "b", 3 } },
        terminal = { output = "", isError = false },
      })
    end)
  end)
end)
