-- After client:close() and collection no copy of a credential is left in the memory of the process:
-- not Lua's (whose allocator wipes here), not the core's, not libcurl's.

local compile = require "spec.support.compile"
local echo_server = require "spec.support.echo_server"
local http2_server = require "spec.support.http2_server"

local interpreter = os.getenv "LUA" or "lua5.4"
local sanitized = (os.getenv "LD_PRELOAD" or ""):find "asan" -- which has memory without end
local testable = io.open "/proc/self/maps" and not sanitized

local function hide(text)
  return (text:gsub(".", function(c) return ("%02x"):format((c:byte() + 113) % 256) end))
end

local function base64(text) return (require("basexx").to_base64(text)) end

-- Long enough that blocks grow while it is written into them.
local SECRET = ("Kq7Zx1Wv9Ty3"):rep(15)
local PARTNER = ("pB5nM8sD2fG6"):rep(15)

-- Options with the hidden texts, what must not be found, and how the request shows them.
local ways = {
  { name = "a bearer token", api = "clerk", options = { secret_key = SECRET } },
  { name = "a token", api = "edgegap", options = { token = SECRET } },
  { name = "an API key", api = "gencove", options = { api_key = SECRET } },
  { name = "a password", api = "cvat", options = { username = "ada", password = SECRET },
    found = { SECRET, base64("ada:" .. SECRET) } },
  { name = "a cookie", api = "cvat", options = { session_id = SECRET, csrf_token = PARTNER },
    found = { SECRET, PARTNER } },
  { name = "a signature", api = "cvat", options = { signature = SECRET .. "=" },
    found = { SECRET } },
}

-- In the child: use(more) makes a client, calls it and closes it; at the end copies are counted.
local PRELUDE = [[
  local wiped = assert(package.loadlib(LIBRARY, "luaopen_wiped"))()
  local convoke = require "convoke"
  local function options_of(more)
    local options = { url = URL, retries = 0, ca_file = CA_FILE, timeout = 20 }
    for name, text in pairs(HIDDEN) do options[name] = wiped.show(text) end
    for name, value in pairs(more or {}) do options[name] = value end
    return options
  end
  local function new(more) return convoke[API](options_of(more)) end
  local size = 0 -- of bodies, that libcurl's blocks grow behind the credential in more ways
  local function try(client)
    size = (size + 700) % 8000
    if API == "edgegap" then return client.sessions:list() end
    if API == "clerk" then return client.invitations:create { email_address = "a@example.com",
      redirect_url = "https://example.com/" .. ("x"):rep(size) } end
    return client.invitations:list()
  end
  local function many(client)
    convoke.run(function()
      local tasks = {}
      for i = 1, 8 do tasks[i] = convoke.spawn(try, client) end
      for i = 1, 8 do tasks[i]:await() end
    end)
  end
  local function use(more)
    local client = new(more)
    many(client)
    try(client)
    client:close()
  end
  local function count()
    collectgarbage()
    collectgarbage()
    collectgarbage()
    local found = 0
    for _, hidden in ipairs(FOUND) do found = found + wiped.copies(hidden) end
    return found
  end
]]

describe("a credential in memory", function()
  local library, plain, tls

  if not testable then
    pending("can be looked for with /proc, without a sanitizer's memory", function() end)
    return
  end

  setup(function()
    library = compile("wiped", os.getenv "LUA_PC" or interpreter:match "[^/]*$")
    plain, tls = echo_server.start(), echo_server.start "localhost"
  end)

  teardown(function()
    plain:stop()
    tls:stop()
    os.remove(library)
  end)

  local function literal(value)
    if type(value) ~= "table" then return ("%q"):format(value) end
    local parts = {}
    for key, member in pairs(value) do
      parts[#parts + 1] = ("[%s] = %s"):format(
        type(key) == "number" and key or ("%q"):format(key), literal(member))
    end
    return "{ " .. table.concat(parts, ", ") .. " }"
  end

  -- Runs a program after the prelude; returns what it prints.
  local function run(way, server, program)
    local hidden, found = {}, {}
    for name, text in pairs(way.options) do hidden[name] = hide(text) end
    for i, text in ipairs(way.found or { SECRET }) do found[i] = hide(text) end
    local text = ("local LIBRARY, API, URL, CA_FILE, HIDDEN, FOUND = %q, %q, %q, %s, %s, %s\n")
      :format(library, way.api, server.url,
        server.certificate and ("%q"):format(server.certificate) or "nil",
        literal(hidden), literal(found))
    local name = os.tmpname()
    local file = assert(io.open(name, "w"))
    file:write(text, PRELUDE, program, " io.stdout:flush() os.exit(0)")
    file:close()
    local pipe = io.popen(("timeout 60 %s %s 2>&1"):format(interpreter, name))
    local output = pipe:read "*a"
    pipe:close()
    os.remove(name)
    return output
  end

  -- How many requests showed each of the texts.
  local function shown(way, server)
    local times = 0
    for _, request in ipairs(server:requests()) do
      local all = true
      local texts = way.options.password and { way.found[2] } or way.found or { SECRET }
      for _, text in ipairs(texts) do all = all and request.raw:find(text, 1, true) end
      times = times + (all and 1 or 0)
    end
    return times
  end

  it("is found by this spec while its client is there", function()
    for _, way in ipairs(ways) do
      local output = run(way, plain, [[
        local client = new()
        print(count() > 0)
        client:close()
      ]])
      assert.equal("true\n", output)
    end
  end)

  for _, way in ipairs(ways) do
    it(("is gone after calls over plain http, for %s"):format(way.name), function()
      plain:answer { body = "{}" }
      plain:requests()
      assert.equal("0\n", run(way, plain, "use() print(count())"))
      assert.equal(9, shown(way, plain))
    end)

    it(("is gone after calls over TLS, for %s"):format(way.name), function()
      tls:answer { body = "{}" }
      tls:requests()
      assert.equal("0\n", run(way, tls, 'use { http_version = "1.1" } print(count())'))
      assert.equal(9, shown(way, tls))
    end)
  end

  -- nghttp2 has its memory from libcurl since 8.12; an older one frees its copy of a header, a name
  -- and a value with a zero byte between them, as it is.
  it("is gone after calls over HTTP/2, but for nghttp2's copies", function()
    local server = http2_server.start(0)
    local way = { api = "clerk", options = { secret_key = SECRET },
      found = { "uthorization: Bearer " .. SECRET } }
    local program = [[
      assert(select(3, try(new())).headers["x-version"] == "2")
      collectgarbage()
      use()
      print(count())
    ]]
    local output = run(way, { url = server.url, certificate = server.certificate }, program)
    server:stop()
    assert.equal("0\n", output)
  end)

  it("is gone after answers that refuse or redirect", function()
    for _, answer in ipairs {
      { status = 401, body = "{}" },
      { status = 303, headers = { Location = "/other" } },
      { raw = "rubbish\r\n\r\n" },
    } do
      plain:answer(answer)
      assert.equal("0\n", run(ways[1], plain, "use() print(count())"))
    end
  end)

  it("is gone after connections that failed", function()
    for _, url in ipairs { "http://127.0.0.1:1", "https://127.0.0.1:1", "https://no.invalid",
      (plain.url:gsub("http", "https")) } do
      assert.equal("0\n", run(ways[1], { url = url }, "use() print(count())"))
    end
  end)

  it("is gone after calls that were cancelled, waiting or under way", function()
    plain:answer { raw = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{" } -- never all of it
    for _, way in ipairs(ways) do
      assert.equal("0\n", run(way, plain, [[
        local client = new { max_in_flight = 2 }
        local tasks = {}
        for i = 1, 6 do tasks[i] = convoke.spawn(try, client) end
        for _ = 1, 50 do convoke.step(0.002) end
        for i = 1, 6 do tasks[i]:cancel() end
        client:close()
        client, tasks = nil, nil
        for _ = 1, 20 do convoke.step(0.01) end -- a slow machine gets little done in one
        print(count())
      ]]))
    end
  end)

  it("is gone when its client is closed amid calls", function()
    plain:answer { body = "{}" }
    assert.equal("0\n", run(ways[1], plain, [[
      local client = new()
      local tasks = {}
      for i = 1, 6 do tasks[i] = convoke.spawn(try, client) end
      convoke.step()
      client:close()
      client = nil
      for i = 1, 6 do tasks[i]:await() end
      tasks = nil
      print(count())
    ]]))
  end)

  it("is gone when its client was only collected", function()
    plain:answer { body = "{}" }
    assert.equal("0\n", run(ways[1], plain, [[
      local function leave() many(new()) end
      leave()
      print(count())
    ]]))
  end)

  it("is gone when it was renewed, as is the one before", function()
    plain:answer({ status = 401, body = "{}" }, { body = "{}" })
    local way = { api = "edgegap", options = { first = SECRET, second = PARTNER },
      found = { SECRET, PARTNER } }
    plain:requests()
    assert.equal("0\n", run(way, plain, [[
      local turn = 0
      local function renew()
        turn = turn + 1
        return wiped.show(turn == 1 and HIDDEN.first or HIDDEN.second)
      end
      local client = convoke.edgegap { url = URL, retries = 0, token = renew }
      try(client)
      client:close()
      client = nil
      print(count())
    ]]))
    local requests = plain:requests()
    assert.is_truthy(requests[1].raw:find(SECRET, 1, true))
    assert.is_truthy(requests[2].raw:find(PARTNER, 1, true))
  end)

  it("is gone when it was a proxy's, with the connections to that", function()
    plain:answer { headers = { Connection = "close" }, body = "{}" }
    local way = { api = "clerk", options = { secret_key = SECRET },
      found = { PARTNER, base64("ada:" .. PARTNER), SECRET } }
    plain:requests()
    local program = ([[
      do
        local proxy = "http://ada:" .. wiped.show(%q) .. "@127.0.0.1:%d"
        use { url = "http://127.0.0.1:1", proxy = proxy }
      end
      print(count())
    ]]):format(hide(PARTNER), plain.port)
    assert.equal("0\n", run(way, plain, program))
    assert.is_truthy(plain:requests()[1].raw:find(base64("ada:" .. PARTNER), 1, true))
  end)
end)
