-- The sandbox's Edgegap, called by a plain HTTP client.

local client = require "spec.support.sandbox_client"
local json_array = require("convoke.sandbox.json").array
local sandbox = require "convoke.sandbox"
local socket = require "socket"

describe("the sandbox's Edgegap", function()
  local server, edgegap

  setup(function()
    server = sandbox.start()
    edgegap = client.for_api(server.edgegap.url,
                             { authorization = "token " .. server.edgegap.token })
  end)

  teardown(function() server:stop() end)
  before_each(function() server:reset("edgegap") end)

  -- Creates a session and returns its id.
  local function create(fields)
    local body = { app_name = "demo" }
    for name, value in pairs(fields or {}) do body[name] = value end
    local answer = edgegap("POST", "/v1/session", { json = body })
    assert.equal(200, answer.status, answer.body)
    return answer.json.session_id
  end

  local function get(id)
    return edgegap("GET", "/v1/session/" .. id).json
  end

  local function become_ready()
    server:advance(1, "edgegap")
  end

  local function refused(answer, status)
    assert.equal(status, answer.status, answer.body)
    assert.is_string(answer.json.message)
    return answer.json
  end

  local function ips(answer)
    assert.equal(200, answer.status, answer.body)
    local out = {}
    for i, user in ipairs(answer.json.session_users) do out[i] = user.ip end
    return table.concat(out, " ")
  end

  local function many(count)
    local list = json_array()
    for i = 1, count do list[i] = "10.0.0." .. i end
    return list
  end

  describe("create", function()
    it("answers 200 and the session's id", function()
      local answer = edgegap("POST", "/v1/session", { json = { app_name = "demo",
        version_name = "v1.0", ip_list = json_array { "1.2.3.4" },
        selectors = json_array { { tag = "blue", env = { key = "A", value = "b" } } } } })
      assert.equal(200, answer.status)
      assert.matches("^%x+%-S$", answer.json.session_id)
      assert.equal("demo", answer.json.app)
      assert.equal("v1.0", answer.json.version)
      assert.equal("blue", answer.json.selectors[1].tag)
    end)

    it("leaves out, as all answers do, what there is nothing to say of", function()
      local made = edgegap("POST", "/v1/session", { json = { app_name = "demo" } })
      local path = "/v1/session/" .. made.json.session_id
      local got, listed = edgegap("GET", path), edgegap("GET", "/v1/sessions")
      for _, answer in ipairs { made, got, edgegap("DELETE", path) } do
        assert.is_nil(answer.body:find("null", 1, true), answer.body)
      end
      assert.is_nil(listed.body:match('"data":(%b[])'):find("null", 1, true))
    end)

    it("refuses bodies of the wrong shape, naming the field", function()
      local wrong = {
        { "{}", "app_name", "'app_name' is a required property" },
        { '{"app_name":7}', "app_name", "7 is not of type 'string'" },
        { '{"app_name":"a","ip_list":"x"}', "ip_list", "'x' is not of type 'array'" },
        { '{"app_name":"a","ip_list":[1]}', "ip_list.0", "1 is not of type 'string'" },
        { '{"app_name":"a","webhook_url":null}', "webhook_url", "None is not of type 'string'" },
        { '{"app_name":"a","selectors":[{"tag":""}]}', "selectors.0.tag", "'' is too short" },
        { '{"app_name":"a","geo_ip_list":[{"ip":"x","latitude":1}]}', "geo_ip_list.0.longitude",
          "'longitude' is a required property" },
        { '{"app_name":"a","filters":[{"field":"f","values":[],"filter_type":"some"}]}',
          "filters.0.filter_type", "'some' is not one of ['any', 'all', 'not']" },
      }
      for _, case in ipairs(wrong) do
        local answer = edgegap("POST", "/v1/session", { body = case[1], headers = {
          ["content-type"] = "application/json" } })
        local body = refused(answer, 400)
        assert.equal("Input payload validation failed", body.message)
        assert.equal(case[3], body.errors[case[2]], answer.body)
      end
    end)

    it("refuses what is no JSON", function()
      refused(edgegap("POST", "/v1/session", { body = "{", headers = {
        ["content-type"] = "application/json" } }), 400)
      refused(edgegap("POST", "/v1/session", { body = "app_name=demo", headers = {
        ["content-type"] = "application/x-www-form-urlencoded" } }), 400)
      refused(edgegap("POST", "/v1/session"), 400)
    end)

    it("refuses a version that is switched off and a deployment nobody knows", function()
      refused(edgegap("POST", "/v1/session", { json = { app_name = "demo",
        version_name = "v0.1" } }), 400)
      refused(edgegap("POST", "/v1/session", { json = { app_name = "demo",
        deployment_request_id = "nothing" } }), 400)
    end)

    it("makes two sessions when asked twice", function()
      assert.not_equal(create(), create())
      assert.equal(2, edgegap("GET", "/v1/sessions").json.total_count)
    end)
  end)

  describe("a session", function()
    it("waits, and is ready a moment later", function()
      local id = create { ip_list = json_array { "1.2.3.4" } }
      local session = get(id)
      assert.equal("Waiting...", session.status)
      assert.is_false(session.ready)
      assert.is_false(session.linked)
      assert.is_nil(session.deployment)
      socket.sleep(0.4)
      session = get(id)
      assert.equal("Ready", session.status)
      assert.is_true(session.ready)
      assert.is_true(session.linked)
      assert.equal("Seat", session.kind)
      assert.equal(1, session.user_count)
      assert.equal("1.2.3.4", session.session_users[1].ip)
      assert.matches("^%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d%.%d%d%d%d%d%d$", session.create_time)
      assert.equal(0, session.elapsed)
      local deployment = session.deployment
      assert.matches("^%x+$", deployment.request_id)
      assert.is_string(deployment.fqdn)
      assert.is_string(deployment.public_ip)
      assert.is_false(deployment.whitelisting_active)
      assert.equal(7777, deployment.ports["7777"].internal)
      assert.equal(1, deployment.sockets_usage)
    end)

    it("keeps coordinates of its users", function()
      local id = create { geo_ip_list = json_array { { ip = "5.6.7.8", latitude = 45.5,
                                                       longitude = -73.56 } } }
      assert.equal(-73.56, get(id).session_users[1].longitude)
    end)

    it("shares a deployment with others while there are sockets", function()
      local one, two = create { ip_list = many(10) }, create { ip_list = many(6) }
      local three = create { ip_list = many(1) }
      become_ready()
      local first = get(one).deployment.request_id
      assert.equal(first, get(two).deployment.request_id)
      assert.not_equal(first, get(three).deployment.request_id)
      refused(edgegap("POST", "/v1/session", { json = { app_name = "demo",
        ip_list = many(1), deployment_request_id = first } }), 409)
    end)

    it("is unprocessable when no deployment can hold it", function()
      local id = create { ip_list = many(17) }
      become_ready()
      local session = get(id)
      assert.equal("Unprocessable", session.status)
      assert.is_false(session.ready)
      assert.is_string(session.error)
    end)

    it("is deleted once: 200, then 410; an unknown one is 404", function()
      local id = create()
      local answer = edgegap("DELETE", "/v1/session/" .. id)
      assert.equal(200, answer.status)
      assert.equal(id, answer.json.session_id)
      assert.is_string(answer.json.message)
      refused(edgegap("DELETE", "/v1/session/" .. id), 410)
      refused(edgegap("DELETE", "/v1/session/unknown-S"), 404)
      refused(edgegap("GET", "/v1/session/" .. id), 404)
      refused(edgegap("GET", "/v1/session/" .. id .. "/users"), 404)
    end)
  end)

  describe("users", function()
    it("are shown, added to and taken from, with JSON bodies", function()
      local id = create { ip_list = json_array { "1.1.1.1" } }
      local path = "/v1/session/" .. id .. "/users"
      assert.equal("1.1.1.1", ips(edgegap("GET", path)))
      local two = { json = { ip_list = json_array { "2.2.2.2", "1.1.1.1" } } }
      assert.equal("1.1.1.1 2.2.2.2", ips(edgegap("PUT", path, two)))
      local gone = { json = { ip_list = json_array { "1.1.1.1", "9.9.9.9" } } }
      assert.equal("2.2.2.2", ips(edgegap("DELETE", path, gone)))
      assert.equal(1, get(id).user_count)
    end)

    it("need a list", function()
      local path = "/v1/session/" .. create() .. "/users"
      for _, method in ipairs { "PUT", "DELETE" } do
        refused(edgegap(method, path), 400)
        assert.equal("'ip_list' is a required property",
                     refused(edgegap(method, path, { json = {} }), 400).errors.ip_list)
      end
    end)

    it("are refused with 422 when no socket is free", function()
      local id = create { ip_list = many(15) }
      become_ready()
      get(id)
      local path = "/v1/session/" .. id .. "/users"
      local function add(...)
        return edgegap("PUT", path, { json = { ip_list = json_array { ... } } })
      end
      refused(add("1.1.1.1", "2.2.2.2"), 422)
      assert.equal(200, add("1.1.1.1").status)
    end)
  end)

  describe("list", function()
    it("shows active sessions page by page", function()
      local ids = {}
      for i = 1, 5 do ids[i] = create() end
      edgegap("DELETE", "/v1/session/" .. ids[1])
      local answer = edgegap("GET", "/v1/sessions?limit=3")
      assert.equal(4, answer.json.total_count)
      assert.equal(3, #answer.json.data)
      assert.equal(ids[2], answer.json.data[1].session_id)
      local pagination = answer.json.pagination
      assert.equal(1, pagination.number)
      assert.equal(2, pagination.next_page_number)
      assert.equal(2, pagination.paginator.num_pages)
      assert.is_true(pagination.has_next)
      assert.is_false(pagination.has_previous)
      assert.matches('"previous_page_number":null', answer.body, 1, true)
      local last = edgegap("GET", "/v1/sessions?limit=3&page=2").json
      assert.equal(1, #last.data)
      assert.is_false(last.pagination.has_next)
      assert.equal(1, last.pagination.previous_page_number)
      assert.equal(0, #edgegap("GET", "/v1/sessions?page=9").json.data)
    end)

    it("refuses pages that cannot be", function()
      for _, query in ipairs { "page=0", "page=x", "limit=0", "limit=-1" } do
        refused(edgegap("GET", "/v1/sessions?" .. query), 400)
      end
    end)
  end)

  describe("bulk stop", function()
    local one, two, three

    before_each(function()
      one = create { selectors = json_array { { tag = "red" }, { tag = "big" } },
                     ip_list = many(16) }
      two = create { selectors = json_array { { tag = "blue" } }, ip_list = many(16) }
      three = create { ip_list = many(16) }
      become_ready()
      edgegap("GET", "/v1/sessions")
    end)

    local function stop(filters)
      local answer = edgegap("POST", "/v1/sessions/bulk-stop", { json = {
        filters = json_array(filters) } })
      assert.equal(200, answer.status, answer.body)
      local out = {}
      for i, entry in ipairs(answer.json.processable) do out[i] = entry.session_id end
      return out
    end

    local function rule(field, filter_type, ...)
      return { field = field, filter_type = filter_type, values = json_array { ... } }
    end

    it("takes any, all and not over ids", function()
      assert.same({ one, two }, stop { rule("session_id", "any", one, two, "unknown") })
      assert.same({}, stop { rule("session_id", "any", one) })
      assert.same({}, stop { rule("session_id", "all", three, two) })
      assert.same({ three }, stop { rule("session_id", "not", "unknown") })
    end)

    it("knows deployments by id and tags", function()
      assert.same({ one }, stop { rule("deployment_tags", "all", "red", "big") })
      assert.same({}, stop { rule("deployment_tags", "all", "blue", "big") })
      local request_id = get(three).deployment.request_id
      assert.same({ three }, stop { rule("request_id", "any", request_id) })
    end)

    it("wants every filter to hold, and without any stops all", function()
      assert.same({ two }, stop { rule("session_id", "not", one),
                                  rule("deployment_tags", "any", "blue", "red") })
      assert.same({ one, three }, stop {})
      refused(edgegap("DELETE", "/v1/session/" .. one), 410)
    end)

    it("refuses filters of the wrong shape", function()
      for _, body in ipairs { "{}", '{"filters":{}}',
        '{"filters":[{"field":"name","values":[],"filter_type":"any"}]}',
        '{"filters":[{"field":"session_id","values":"x","filter_type":"any"}]}',
        '{"filters":[{"field":"session_id","filter_type":"any"}]}' } do
        refused(edgegap("POST", "/v1/sessions/bulk-stop", { body = body, headers = {
          ["content-type"] = "application/json" } }), 400)
      end
    end)
  end)

  describe("everywhere", function()
    it("checks the token first: 401 malformed, 403 unknown", function()
      local token = server.edgegap.token
      local function status(value)
        local answer = edgegap("GET", "/v1/nothing", { headers = { authorization = value } })
        assert.is_string(answer.json.message)
        return answer.status
      end
      for _, value in ipairs { false, token, "Bearer " .. token, "token", "token a b" } do
        assert.equal(401, status(value))
      end
      assert.equal(403, status("token wrong"))
      assert.equal(404, status("token " .. token))
    end)

    it("does not know other paths and methods", function()
      refused(edgegap("GET", "/v1/nothing"), 404)
      refused(edgegap("GET", "/v1/sessions/"), 404)
      local answer = edgegap("PATCH", "/v1/session/x")
      refused(answer, 405)
      assert.equal("GET, DELETE", answer.headers:get("allow"))
    end)
  end)
end)
