-- The sandbox takes the same time for a request however much it holds, and its lists hold what was
-- put into them.

local endpoint = require "convoke.sandbox.endpoint"
local json = require "convoke.sandbox.json"
local sequence = require "convoke.sandbox.sequence"
local web = require "convoke.sandbox.web"

local function request(method, target, authorization, data)
  local path, query = target:match "^([^?]*)%??(.*)$"
  return { method = method, target = target, path = path, query_text = query,
    query = web.values(query), body = data and json.encode(data) or "", connection = 1,
    origin = "http://127.0.0.1:1", headers = { authorization = authorization,
      host = "127.0.0.1:1", ["content-type"] = data and "application/json" or nil } }
end

local function address(i) return ("player%d@example.com"):format(i) end

local strings = json.array { "x" }

-- API -> what makes one thing, and what pages and single things are then asked for.
local work = {
  clerk = function(given, i)
    return request("POST", "/v1/invitations", "Bearer " .. given.secret_key,
      { email_address = address(i) })
  end,
  gencove = function(given, i)
    return request("POST", "/api/v2/invitations/", "Api-Key " .. given.api_key,
      { email = address(i) })
  end,
  cvat = function(given, i)
    return request("POST", "/api/invitations?org=" .. given.org, "Token " .. given.token,
      { role = "worker", email = address(i) })
  end,
  edgegap = function(given, i)
    return request("POST", "/v1/session", "token " .. given.token, { app_name = "game",
      ip_list = json.array { ("192.0.2.%d"):format(i % 250), "192.0.2.251" } })
  end,
  convex = function(given)
    return request("POST", "/api/run/sessions/create", "Bearer " .. given.token, {
      args = { questionId = given.question_id, agentThreadId = "t", assistantId = "a",
        functionName = "f", inputParameters = strings }, format = "json" })
  end,
}

local reading = {
  clerk = function(given)
    return request("GET", "/v1/invitations?limit=10", "Bearer " .. given.secret_key)
  end,
  gencove = function(given)
    return request("GET", "/api/v2/invitations/?limit=10", "Api-Key " .. given.api_key)
  end,
  cvat = function(given)
    return request("GET", "/api/invitations?org=" .. given.org, "Token " .. given.token)
  end,
  edgegap = function(given, made)
    return request("GET", "/v1/session/" .. made.session_id, "token " .. given.token)
  end,
  convex = function(given, made)
    return request("POST", "/api/run/sessions/endSession", "Bearer " .. given.token,
      { args = { sessionId = made.value }, format = "json" })
  end,
}

local alone = { convex = true, edgegap = true } -- read after each create, not only where counted

local creates, window = 5000, 500

-- Makes 5,000 things and asks for something after each; returns how many hundred steps of Lua the
-- first 500 took and the last 500, and the server. (Steps are the same whatever else the machine
-- does; times are not.)
local function count_steps(api)
  local module = require("convoke.sandbox." .. api)
  local server = endpoint.new(module,
    module.read_options and module.read_options { cvat = "2.15" })
  local given, steps = server.service.credentials, 0
  local function in_window(i)
    if i == 1 or i == creates - window + 1 then
      steps = 0
      debug.sethook(function() steps = steps + 1 end, "", 100)
    end
  end
  local first
  for i = 1, creates do
    local create = work[api](given, i)
    in_window(i)
    local made = server:answer(create)
    if made.status >= 300 then error(made.body) end
    server.clock:advance(1)
    if alone[api] or i <= window or i > creates - window then
      local found = server:answer(reading[api](given, json.decode(made.body)))
      if found.status >= 300 then error(found.body) end
    end
    if i == window then
      debug.sethook()
      first = steps
    end
  end
  debug.sethook()
  return first, steps, server
end

describe("the sandbox", function()
  local jit = rawget(_G, "jit")
  setup(function() if jit then jit.off() end end) -- compiled code counts no steps
  teardown(function() if jit then jit.on() end end)

  for _, api in ipairs { "clerk", "convex", "cvat", "gencove" } do
    it("takes as long for the 5,000th create and page of " .. api .. " as for the first", function()
      local first, last = count_steps(api)
      assert.is_true(first > 500)
      assert.is_true(last <= 1.1 * first, ("%d steps, then %d"):format(first, last))
    end)
  end

  it("does so for sessions of Edgegap, and fills deployments in turn", function()
    local first, last, server = count_steps "edgegap"
    assert.is_true(last <= 1.1 * first, ("%d steps, then %d"):format(first, last))
    local used, sessions = {}, server.service:books().sessions
    assert.equal(creates, #sessions)
    for i, session in ipairs(sessions) do
      local id = session.deployment.request_id
      used[id] = (used[id] or 0) + #session.session_users
      if used[id] > 16 or session.deployment.sockets_usage ~= 16 then
        error(("session %d: %d of %s"):format(i, used[id], session.deployment.sockets_usage))
      end
      if i > 8 and sessions[i - 8].deployment.request_id == id then error "not in turn" end
    end
    local count = 0
    for _ in pairs(used) do count = count + 1 end
    assert.equal(creates * 2 / 16, count)
  end)

  it("does not look at each invitation of Clerk for one address", function()
    local _, _, server = count_steps "clerk"
    local steps, key = 0, "Bearer " .. server.service.credentials.secret_key
    debug.sethook(function() steps = steps + 1 end, "", 100)
    local answer = server:answer(request("GET", "/v1/invitations?query=player4321%40example.com",
      key))
    debug.sethook()
    assert.equal(address(4321), json.decode(answer.body)[1].email_address)
    assert.is_true(steps < 50, steps .. " hundred steps") -- five thousand take 1,000 and more
  end)

  it("finds room on the oldest deployment of Edgegap that has some again", function()
    local server = endpoint.new(require "convoke.sandbox.edgegap")
    local token = "token " .. server.service.credentials.token
    local function make(users)
      local list = json.array {}
      for i = 1, users do list[i] = "192.0.2." .. i end
      local answer = server:answer(request("POST", "/v1/session", token,
        { app_name = "game", ip_list = list }))
      local id = json.decode(answer.body).session_id
      server.clock:advance(1)
      local shown = json.decode(server:answer(request("GET", "/v1/session/" .. id, token)).body)
      return id, shown.deployment.request_id
    end
    local ids, on = {}, {}
    for i = 1, 6 do ids[i], on[i] = make(16) end
    for _, i in ipairs { 4, 2, 5 } do
      assert.equal(200, server:answer(request("DELETE", "/v1/session/" .. ids[i], token)).status)
    end
    for _, i in ipairs { 2, 4, 5 } do assert.equal(on[i], (select(2, make(16)))) end
    local small = make(6)
    local _, where = make(9)
    assert.equal(where, (select(2, make(1))))
    server:answer(request("DELETE", "/v1/session/" .. small, token))
    assert.equal(where, (select(2, make(6))))
    local _, older = make(5)
    local _, newer = make(12)
    assert.are_not.equal(older, newer)
    assert.equal(older, (select(2, make(3)))) -- though the newer one has less room left over
  end)
end)

describe("a sequence", function()
  it("is the list that a plain table would be", function()
    math.randomseed(7)
    for _ = 1, 20 do
      local list, plain = sequence.new(), {}
      for i = 1, math.random(0, 1500) do
        if #plain > 0 and math.random() < 0.4 then
          assert.is_true(list:remove(table.remove(plain, math.random(#plain))))
        else
          plain[#plain + 1] = { i }
          list:append(plain[#plain])
        end
      end
      assert.equal(#plain, list.count)
      assert.is_false(list:remove {})
      local i = 0
      local same = true
      for item in list:each() do
        i = i + 1
        same = same and plain[i] == item
      end
      assert.equal(#plain, i)
      for item in list:each(true) do
        same = same and plain[i] == item
        i = i - 1
      end
      assert.equal(0, i)
      for _ = 1, 20 do
        local offset, limit = math.random(0, #plain + 3), math.random(300)
        local page, back = list:slice(offset, limit), list:slice(offset, limit, true)
        for k = 1, limit + 1 do
          local inside = k <= limit
          same = same and page[k] == (inside and plain[offset + k] or nil)
            and back[k] == (inside and plain[#plain + 1 - offset - k] or nil)
        end
      end
      assert.is_true(same)
    end
  end)
end)
