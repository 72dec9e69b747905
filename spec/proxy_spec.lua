-- Whether it was a proxy that failed, and where its address comes from.

local convoke = require "convoke"
local raw_server = require "spec.support.raw_server"

local server
setup(function() server = raw_server.start() end)
teardown(function() server:stop() end)

local elsewhere = "https://api.example.invalid"
local refusing = "http://127.0.0.1:1"

-- What a call says that goes to `options.url`.
local function message_of(options)
  options.token, options.retries = "0b9c6d7e-1111", 0
  local value, err = convoke.edgegap(options).sessions:list {}
  assert.is_nil(value)
  return err.message
end

-- The same in a process with these variables and none other of proxies.
local function message_with(variables, url)
  local script = ([[io.write(select(2, require("convoke").edgegap { url = %q, allow_http = true,
    token = "0b9c6d7e-1111", retries = 0 }.sessions:list {}).message)]]):format(url)
  local names = "-u http_proxy -u https_proxy -u HTTPS_PROXY -u all_proxy -u ALL_PROXY -u no_proxy"
  local pipe = io.popen(("env %s %s %s -e %s 2>&1"):format(names, variables,
    raw_server.quote(raw_server.interpreter()), raw_server.quote(script)))
  local said = pipe:read "*a"
  pipe:close()
  return said
end

local function blames(message, where)
  assert.equal(" (of the proxy that " .. where .. " names)", message:match " %(of the proxy.*$",
    message)
end

local function blames_none(message)
  assert.is_nil(message:find("of the proxy", 1, true), message)
end

describe("a proxy that fails is told from the server:", function()
  it("one that refuses the connection", function()
    blames(message_of { url = elsewhere, proxy = refusing }, "the option proxy")
  end)

  it("one whose name is not known", function()
    blames(message_of { url = elsewhere, proxy = "http://proxy.invalid:3128" }, "the option proxy")
  end)

  it("one whose address is no good, which may hold a password", function()
    for _, proxy in ipairs { "http://me:pass-word@127.0.0.1:99999", "http://me:pass-word @a:1",
        "foo://me:pass-word@127.0.0.1:1" } do
      local message = message_of { url = elsewhere, proxy = proxy }
      blames(message, "the option proxy")
      assert.is_nil(message:find("pass-word", 1, true), message)
    end
  end)

  it("one that makes no tunnel", function()
    for _, status in ipairs { 403, 407, 502 } do
      server:play { { { "receive" }, { "send", raw_server.answer(status, "no") } } }
      blames(message_of { url = elsewhere, proxy = server.url }, "the option proxy")
    end
  end)

  it("one of the environment, by its variable", function()
    local set = "%s=" .. refusing
    for _, name in ipairs { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" } do
      blames(message_with(set:format(name), elsewhere), name)
    end
    blames(message_with(set:format "http_proxy", "http://api.example.invalid"), "http_proxy")
    local both = ("https_proxy=%s all_proxy=http://127.0.0.1:2"):format(refusing)
    blames(message_with(both, elsewhere), "https_proxy")
  end)
end)

describe("a server that fails is not taken for its proxy:", function()
  it("one behind a tunnel", function()
    server:play { { { "receive" }, { "send", "HTTP/1.1 200 Connection established\r\n\r\n" } } }
    blames_none(message_of { url = elsewhere, proxy = server.url })
  end)

  it("one that no_proxy names", function()
    local variables = ("https_proxy=%s no_proxy=127.0.0.1"):format "http://127.0.0.2:1"
    blames_none(message_with(variables, "https://127.0.0.1:1"))
  end)

  it("one on this machine, which plain http reaches without a proxy of the environment", function()
    blames_none(message_with("http_proxy=" .. refusing, refusing))
  end)
end)
