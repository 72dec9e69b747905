-- No secret is seen: not in errors, texts, meta, logs or requests shown to others, and not by
-- walking through everything that Lua can reach, whatever a server sends back.

local answers = require "spec.support.answers"
local cjson = require "cjson"
local convoke = require "convoke"
local echo_server = require "spec.support.echo_server"

local function base64(text) return (require("basexx").to_base64(text)) end

local function percent(text)
  return (text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- A JSON string with everything escaped that may be.
local function escaped(text)
  return (text:gsub(".", function(c) return ("\\u%04x"):format(c:byte()) end))
end

-- Calls for each of `visit`'s texts: every string in a value, whatever it is made of.
local function each_text(value, visit, seen)
  seen = seen or {}
  if type(value) == "string" then return visit(value) end
  if value == nil or seen[value] then return end
  seen[value] = true
  if type(value) == "table" then
    for key, member in next, value do
      each_text(key, visit, seen)
      each_text(member, visit, seen)
    end
  end
  visit(tostring(value))
end

-- The same by reversed text, so that looking for a secret does not keep one.
local function holds(value, backwards)
  local found
  each_text(value, function(text)
    if text:reverse():find(backwards, 1, true) then found = text end
  end)
  return found
end

local first, second = 'sk_Test/1"\\+é=&%x', "p4rtner<>/+'%\"z"

-- Secrets with characters that are written in more than one way, where the form allows them.
local ways = {
  { api = "clerk", options = { secret_key = first } },
  { api = "convex", options = { token = first } },
  { api = "convex", options = { deploy_key = "prod:x|" .. first },
    secrets = { "prod:x|" .. first } },
  { api = "cvat", options = { access_token = first } },
  { api = "cvat", options = { token = first } },
  { api = "cvat", options = { username = "ada", password = second },
    secrets = { second, base64("ada:" .. second) } },
  { api = "cvat",
    options = { session_id = "s3ssion/of/ada/+'%z", csrf_token = "t0ken/for/ada/+'%z" },
    secrets = { "s3ssion/of/ada/+'%z", "t0ken/for/ada/+'%z" } },
  { api = "cvat", options = { signature = "1pQ:s1gn/+=&%z" },
    secrets = { "1pQ:s1gn/+=&%z", percent "1pQ:s1gn/+=&%z" } },
  { api = "gencove", options = { api_key = first } },
  { api = "gencove", options = { jwt = first } },
  { api = "edgegap", options = { token = first } },
  { api = "edgegap", options = { token = function() return first end }, name = "a function" },
}

local function name_of(way)
  local names = {}
  for name in pairs(way.options) do names[#names + 1] = name end
  table.sort(names)
  return ("%s with %s %s"):format(way.api, table.concat(names, " and "), way.name or "")
end

-- A secret as a server or a proxy may write it.
local function other_forms(secret)
  return {
    percent(secret),
    (secret:gsub("[^%w]", function(c) return ("%%%02x"):format(c:byte()) end)),
    (secret:gsub(".", function(c) return ("%%%02X"):format(c:byte()) end)),
    base64(secret),
    base64("v=" .. secret .. ";"),
    base64("ada:" .. secret .. ":b"),
    (base64("Bearer " .. secret):gsub("%+", "-"):gsub("/", "_"):gsub("=", "")),
  }
end

local try = {
  clerk = function(client) return client.invitations:list() end,
  convex = function(client) return client.sessions:end_session { sessionId = "s" } end,
  cvat = function(client) return client.invitations:list() end,
  gencove = function(client) return client.invitations:list() end,
  edgegap = function(client) return client.sessions:list() end,
}

-- Bodies in which a vendor, or what stands before it, might send a text back.
local function echoes(text)
  local function json(form)
    return {
      '{"errors":[{"code":"x","message":"' .. form .. '","long_message":"' .. form
        .. '","meta":{"param_name":"' .. form .. '"}}],"clerk_trace_id":"' .. form .. '"}',
      '{"detail":"' .. form .. '","code":"' .. form .. '"}',
      '{"email":["' .. form .. '"],"' .. form .. '":["no"]}',
      '["' .. form .. '"]',
      '"' .. form .. '"',
      '{"message":"' .. form .. '","errors":{"' .. form .. '":"' .. form .. '"}}',
      '{"code":"' .. form .. '","message":"' .. form .. '"}',
      '{"status":"error","errorMessage":"[Request ID: ' .. form .. '] Server Error\\nUncaught '
        .. form .. '","errorData":{"code":"' .. form .. '","more":["' .. form .. '"]},'
        .. '"logLines":["' .. form .. '"]}',
      '{"maintenance":true,"maintenance_message":"' .. form .. '","maintenance_eta":"' .. form
        .. '"}',
      '{"status":"' .. form .. '","value":1}',
    }
  end
  local bodies = {
    "<html><title>" .. text .. "</title><body>" .. text .. "</body></html>",
    text,
    "Authorization: Bearer " .. text .. "\n",
    ("x"):rep(4096 - #text + 3) .. text,
  }
  local plain = cjson.encode(text):sub(2, -2)
  for _, form in ipairs { plain, plain:gsub("\\/", "/"), escaped(text) } do
    if type(form) == "string" then
      for _, body in ipairs(json(form)) do bodies[#bodies + 1] = body end
    end
  end
  return bodies
end

describe("a secret", function()
  local server, logged, traced, trace

  setup(function() server = echo_server.start() end)
  teardown(function() server:stop() end)
  before_each(function()
    logged, traced = {}, {}
    trace = convoke.trace { sink = function(spans) traced[#traced + 1] = spans end }
  end)
  after_each(function() trace:stop() end)

  local function client_by(way, extra)
    local options = { url = server.url, retries = 0,
      log = function(...) logged[#logged + 1] = { ... } end }
    for name, value in pairs(way.options) do options[name] = value end
    for name, value in pairs(extra or {}) do options[name] = value end
    return convoke[way.api](options)
  end

  local function secrets_of(way) return way.secrets or { first } end

  local function assert_hidden(way, what, ...)
    local values = { n = select("#", ...), ... }
    for _, secret in ipairs(secrets_of(way)) do
      for i = 1, values.n do
        local text = holds(values[i], secret:reverse())
        assert(not text, ("%s shows it: %s"):format(what, tostring(text)))
      end
    end
  end

  for _, way in ipairs(ways) do
    describe("of " .. name_of(way), function()
      it("is not in a refusal that sends it back", function()
        local client = client_by(way)
        for _, secret in ipairs(secrets_of(way)) do
          for _, body in ipairs(echoes(secret)) do
            for _, status in ipairs { 200, 400, 401, 500, 503, 560 } do
              server:answer { status = status, body = body }
              local value, err, meta = try[way.api](client)
              if not value then
                assert_hidden(way, status .. " " .. body:sub(1, 300), err, meta)
                assert_hidden(way, "as text " .. body:sub(1, 300), tostring(err), "" .. err)
              elseif meta then
                local _ = meta.headers
                assert_hidden(way, "meta after " .. body:sub(1, 300), meta)
              end
            end
          end
        end
        assert_hidden(way, "log", logged)
        assert_hidden(way, "traces", traced)
        assert.is_true(#logged > 0 and #traced > 0)
      end)

      it("is not in headers that send it back", function()
        local client = client_by(way)
        for _, secret in ipairs(secrets_of(way)) do
          local headers = {}
          for _, name in ipairs { "X-Request-Id", "Clerk-Trace-Id", "Convex-Request-Id", "cf-ray",
            "Location", "Set-Cookie", "WWW-Authenticate", "Retry-After", "X-Echo" } do
            headers[name] = secret
          end
          for _, status in ipairs { 200, 302, 400, 401, 503 } do
            local body = way.api == "convex" and '{"status":"success","value":null,"logLines":["'
              .. cjson.encode(secret):sub(2, -2) .. '"]}' or answers.any
            server:answer { status = status, headers = headers, body = body }
            local value, err, meta = try[way.api](client)
            assert.is_true((status == 200) == (value ~= nil))
            local _ = meta and meta.headers and meta.headers["x-echo"]
            assert_hidden(way, "status " .. status, err, meta, logged)
          end
        end
        assert_hidden(way, "traces", traced)
      end)

      it("is not in answers that write it in another form", function()
        local client = client_by(way)
        for _, secret in ipairs(secrets_of(way)) do
          for _, form in ipairs(other_forms(secret)) do
            -- What stands beside the secret in base64 may stay, and two characters shared with it.
            local middle = form:find("%%") and form or form:sub(11, -7)
            for _, status in ipairs { 200, 400 } do
              server:answer { status = status, headers = { ["X-Echo"] = "<" .. form .. ">",
                ["X-Request-Id"] = form }, body = status == 200 and answers.any
                or '{"detail":"' .. form .. '","message":"' .. form .. '"}' }
              local value, err, meta = try[way.api](client)
              local _ = meta and meta.headers["x-echo"]
              for _, seen in ipairs { err or false, meta or false, logged, traced } do
                local shown = holds(seen, middle:reverse())
                assert(not shown, ("%s is shown: %s"):format(form, tostring(shown)))
              end
              assert.is_truthy(value or holds(err, "***"))
            end
          end
        end
      end)

      it("is not in failures of the connection", function()
        server:answer { raw = "rubbish " .. secrets_of(way)[1] .. "\r\n\r\n" }
        local value, err = try[way.api](client_by(way))
        assert.is_nil(value)
        assert_hidden(way, "a broken answer", err)
        server:answer { headers = { ["Content-Encoding"] = "gzip" }, body = secrets_of(way)[1] }
        value, err = try[way.api](client_by(way))
        assert.is_nil(value)
        assert_hidden(way, "an answer that cannot be unpacked", err)
        value, err = try[way.api](client_by(way, { url = "http://127.0.0.1:1" }))
        assert.is_nil(value)
        assert_hidden(way, "a refused connection", err)
        value, err = try[way.api](client_by(way, { url = "https://nowhere.invalid" }))
        assert.is_nil(value)
        assert_hidden(way, "an unknown host", err)
        local names = { clerk = "list_invitations", convex = "mutation", cvat = "invitations_list",
          edgegap = "get_session", gencove = "invitations_list" }
        local _, invalid = client_by(way):call(names[way.api], { nothing = 1 })
        assert.equal("invalid", invalid.kind)
        assert_hidden(way, "a fault of the caller", invalid)
        assert_hidden(way, "traces", traced)
      end)

      it("is not shown by clients, counters or closed clients", function()
        local client = client_by(way)
        server:answer { body = answers.any }
        assert(try[way.api](client))
        if way.name then way.options.token() end
        local resource = rawget(client, "invitations") or client.sessions
        assert_hidden(way, "the client", tostring(client), tostring(resource), convoke.stats())
        for _, part in next, client do assert_hidden(way, "a part", tostring(part)) end
        client:close()
        local ok, message = pcall(try[way.api], client)
        assert.is_false(ok)
        assert_hidden(way, "the message of a closed client", message, tostring(client))
      end)

      it("is not in requests that other transports see", function()
        local seen = {}
        local transport = { send = function(request)
          seen[#seen + 1] = request
          return { status = 200, headers = {}, body = answers.any }
        end }
        try[way.api](client_by(way, { transport = transport }))
        assert.equal(1, #seen)
        assert_hidden(way, "the request", seen)
        assert_hidden(way, "traces", traced)
        local shown
        each_text(seen, function(text) shown = shown or text:find("[redacted]", 1, true) end)
        assert.is_truthy(shown)
      end)

      it("is not in answers of other transports that send it back, nor in their errors", function()
        for _, secret in ipairs(secrets_of(way)) do
          local sends = {
            function()
              return { status = 400, headers = { ["X-Request-Id"] = secret }, body = secret }
            end,
            function() return nil, { kind = "network", message = "failed with " .. secret } end,
            function() return nil, "failed with " .. secret end,
          }
          for _, send in ipairs(sends) do
            local value, err = try[way.api](client_by(way, { transport = { send = send } }))
            assert.is_nil(value)
            assert_hidden(way, "the error", err)
          end
        end
        assert_hidden(way, "traces", traced)
      end)
    end)
  end

  it("of a proxy is not in errors", function()
    local client = convoke.clerk { url = "https://nowhere.invalid", secret_key = "sk_test_1",
      proxy = "http://user:pr0xysecret@127.0.0.1:1", retries = 0 }
    local value, err = client.invitations:list()
    assert.is_nil(value)
    assert.is_nil(holds(err, ("pr0xysecret"):reverse()))
    assert.is_nil(holds(tostring(client), ("pr0xysecret"):reverse()))
    client = convoke.clerk { url = "https://nowhere.invalid", secret_key = "sk_test_1",
      proxy = "http://user:pr0xysecret@nowhere.invalid", retries = 0 }
    value, err = client.invitations:list()
    assert.is_nil(value)
    assert.is_nil(holds(err, ("pr0xysecret"):reverse()))
  end)

  it("that was renewed is not in errors, nor is the one before", function()
    local asked = 0
    local client = convoke.edgegap { url = server.url, retries = 0, token = function()
      asked = asked + 1
      return "renewed_secret_" .. asked
    end }
    local body = '{"message":"renewed_secret_1 renewed_secret_2 are no good"}'
    server:answer { status = 401, body = body }
    local value, err = client.sessions:list()
    assert.is_nil(value)
    assert.equal(2, asked)
    assert.is_nil(holds(err, ("renewed_secret_2"):reverse()))
    assert.is_nil(holds(err, ("renewed_secret_1"):reverse()))
  end)

  it("too short to be one does not strike out half an error", function()
    server:answer { status = 400, body = '{"detail":"a bad word"}' }
    local _, err = convoke.cvat { url = server.url, username = "ada", password = "a" }
      .invitations:list()
    assert.equal("a bad word", err.message)
  end)

  it("of four characters is struck out, wherever it stands", function()
    for _, words in ipairs { "abcd is it", "it is abcd", "abcd", "xabcdabcdx" } do
      server:answer { status = 400, body = ('{"detail":"%s"}'):format(words) }
      local _, err = convoke.cvat { url = server.url, username = "ada", password = "abcd" }
        .invitations:list()
      assert.equal(words:gsub("abcd", "****"), err.message)
    end
  end)

  it("is struck out in the base64 of addresses, too", function()
    local secret = "~~~~????>>>>~~~~????>>>>"
    local form = base64(secret):gsub("%+", "-"):gsub("/", "_")
    assert.is_truthy(form:find "%-.*_" and not form:find "=")
    server:answer { status = 400, body = ('{"detail":"it is %s."}'):format(form) }
    local _, err = convoke.gencove { url = server.url, api_key = secret }.invitations:list()
    assert.equal("it is " .. ("*"):rep(#form) .. ".", err.message)
  end)

  it("does not strike out what only resembles it", function()
    for _, words in ipairs { "%73%65%63%72%65", "c2VjcmU", "secre%", "%", "%7", "c2Vj cmV0" } do
      server:answer { status = 400, body = ('{"detail":"%s"}'):format(words) }
      local _, err = convoke.cvat { url = server.url, username = "ada", password = "secret" }
        .invitations:list()
      assert.equal(words, err.message)
    end
  end)

  it("does not hide what a success means", function()
    server:answer { body = '{"results":[{"key":"k","role":"worker"}]}' }
    local answer = convoke.cvat { url = server.url, username = "ada", password = "worker" }
      .invitations:list()
    assert.equal("worker", answer.results[1].role)
  end)

  -- Everything that can be reached from some values, by any means that Lua has. Returns what
  -- `visit` returned for the texts among it.
  local function walk(roots, visit)
    local seen, queue, found = {}, roots, {}
    for _, own in ipairs { seen, queue, found } do seen[own] = true end
    local function add(value)
      local kind = type(value)
      if kind == "string" then found[#found + 1] = visit(value) end
      if kind == "table" or kind == "function" or kind == "userdata" or kind == "thread" then
        if not seen[value] then
          seen[value] = true
          queue[#queue + 1] = value
        end
      end
    end
    local function add_frames(thread)
      local level = 0
      while true do
        local info = debug.getinfo(thread, level, "f")
        if not info then return end
        add(info.func)
        local i = 1
        while true do
          local name, value = debug.getlocal(thread, level, i)
          if not name then break end
          add(value)
          i = i + 1
        end
        level = level + 1
      end
    end
    while #queue > 0 do
      local value = table.remove(queue)
      add(debug.getmetatable(value))
      if type(value) == "table" then
        for key, member in next, value do
          add(key)
          add(member)
        end
      elseif type(value) == "function" then
        local i = 1
        while true do
          local name, upvalue = debug.getupvalue(value, i)
          if not name then break end
          add(upvalue)
          i = i + 1
        end
        if debug.getfenv then add(debug.getfenv(value)) end
      elseif type(value) == "userdata" then
        if debug.getuservalue then add((debug.getuservalue(value, 1))) end
        if debug.getfenv then add(debug.getfenv(value)) end
      else
        add_frames(value)
      end
    end
    return found
  end

  -- A secret that nothing but its receiver keeps.
  local letters = "zqxwcevrbtnymuplokijahgsfd"
  local function backwards(n) return letters:sub(n, n + 14) end

  it("of a client cannot be reached from Lua", function()
    local clients, errors = {}, {}
    local function use(n, api, option, partner, transport)
      local client = convoke[api] { url = server.url, retries = 0, transport = transport,
        [option] = backwards(n):reverse(), [partner or 1] = partner and backwards(n + 1):reverse() }
      server:answer { status = 400, body = "{}" }
      local _, err = try[api](client)
      clients[#clients + 1], errors[#errors + 1] = client, err
      server:answer { body = answers.any }
      local _, _, meta = try[api](client)
      local _ = meta.headers
      errors[#errors + 1] = meta
      server:requests()
    end
    local kept = {}
    local transport = { send = function(request)
      kept[#kept + 1] = request
      return convoke.transport.send(request)
    end }
    use(1, "clerk", "secret_key")
    use(2, "cvat", "username", "password")
    use(4, "cvat", "session_id", "csrf_token", transport)
    use(6, "cvat", "signature", nil, transport)
    use(7, "edgegap", "token")
    collectgarbage()
    collectgarbage()
    local reachable, control = 0, false
    local known = { "control" .. 5 }
    local roots = { debug.getregistry(), clients, errors, kept, known, convoke }
    local shown = walk(roots, function(text)
      reachable = reachable + 1
      control = control or text == "control5"
      for n = 1, 7 do
        -- A user name is no secret.
        if n ~= 2 and text:reverse():find(backwards(n), 1, true) then return text end
      end
    end)
    assert.is_true(control)
    assert.is_true(reachable > 1000)
    assert.same({}, shown)
  end)
end)
