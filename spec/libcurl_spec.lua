-- libcurl is loaded when it is first needed, not before.

local compile = require "spec.support.compile"
local preloaded = require "spec.support.preloaded"
local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"

local server

-- Runs Lua text in a process of its own; returns what it prints. Unless `folder` is nil, libraries
-- are looked for there first.
local function run(text, folder)
  local prelude = ([[
    local convoke = require "convoke"
    local function client() return convoke.clerk { url = %q, secret_key = "sk_test_1" } end
    local function call() return client().invitations:list {} ~= nil end
    local function refusal(f, ...)
      local well, why = pcall(f, ...)
      return not well and why or "none"
    end
  ]]):format(server.url)
  return preloaded("", prelude .. text,
    folder and ("LD_LIBRARY_PATH='%s':\"$LD_LIBRARY_PATH\""):format(folder))
end

describe("libcurl", function()
  setup(function()
    server = raw_server.start()
    server:play { { { "receive" }, { "send", raw_server.answer(200, "[]") }, { "again" } } }
  end)
  teardown(function() server:stop() end)

  local maps = io.open "/proc/self/maps"
  if maps then
    maps:close()
    it("is not in the process until the first client is made", function()
      assert.equal("false\ntrue\n", run [[
        local function there()
          local maps = assert(io.open "/proc/self/maps")
          local text = maps:read "*a"
          maps:close()
          return text:find("libcurl", 1, true) ~= nil
        end
        print(there())
        client()
        print(there())
      ]])
    end)
  end

  it("is loaded for what needs an engine without a client, too", function()
    assert.equal("true\tnumber\n", run [[
      local slept = convoke.run(function()
        convoke.sleep(0.01)
        return true
      end)
      print(slept, type(convoke.pollfd()))
    ]])
  end)

  it("is there in both processes when the first client is made after a fork", function()
    finally(process.remove)
    assert.equal("true\n0\n", run(process.prelude() .. [[
      local child = process.fork()
      if child == 0 then process.exit(call() and 0 or 1) end
      print(call())
      print(process.wait(child))
    ]]))
  end)

  describe("that is not to be had", function()
    local folder, file

    before_each(function()
      folder = os.tmpname()
      os.remove(folder)
      assert(require("lfs").mkdir(folder))
      file = folder .. "/libcurl.so.4"
    end)
    after_each(function()
      os.remove(file)
      os.remove(folder)
    end)

    local function lay(text)
      local handle = assert(io.open(file, "wb"))
      handle:write(text)
      handle:close()
    end

    it("is named, with the loader's words, where a client is made, and may be had later", function()
      lay "this is no library"
      local output = run(([[
        print(refusal(client))
        print(convoke.stats().in_flight, convoke.timeout(), convoke.step())
        print(refusal(convoke.pollfd))
        os.remove %q
        print(call())
      ]]):format(file), folder)
      assert.match("^[^\n]+:%d+: convoke%.clerk: libcurl cannot be loaded: [^\n]*libcurl%.so%.4: "
        .. "[^\n]+\n0\tnil\t0\n[^\n]*libcurl cannot be loaded: [^\n]*libcurl%.so%.4: [^\n]+\n"
        .. "true\n$", output)
    end)

    it("is refused when it lacks what convoke calls, and may be had later", function()
      local library = compile "clocks" -- any that is no libcurl
      local handle = assert(io.open(library, "rb"))
      lay(handle:read "*a")
      handle:close()
      os.remove(library)
      local output = run(([[
        print(refusal(client))
        os.remove %q
        print(call())
      ]]):format(file), folder)
      assert.match("^[^\n]+:%d+: convoke%.clerk: libcurl cannot be used: libcurl%.so%.4 lacks "
        .. "curl_[%w_]+\ntrue\n$", output)
    end)
  end)
end)
