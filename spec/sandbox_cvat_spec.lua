-- The sandbox's CVAT, called by a plain HTTP client.

local basexx = require "basexx"
local client = require "spec.support.sandbox_client"
local json = require "convoke.sandbox.json"
local sandbox = require "convoke.sandbox"
local web = require "convoke.sandbox.web"

local TYPE = "application/vnd.cvat+json"

describe("the sandbox's CVAT", function()
  local server, cvat, anyone, owner

  setup(function()
    server = sandbox.start()
    owner = server.cvat
    cvat = client.for_api(owner.url, { authorization = "Token " .. owner.token,
                                       accept = TYPE, ["x-organization"] = owner.org })
    anyone = client.for_api(owner.url, { accept = TYPE })
  end)

  teardown(function() server:stop() end)
  before_each(function() server:reset("cvat") end)

  local function invite(address, role, headers)
    return cvat("POST", "/api/invitations", { json = { email = address, role = role or "worker" },
                                              headers = headers })
  end

  local function refused(answer, status, text)
    assert.equal(status, answer.status, answer.body)
    assert.equal(TYPE, answer.headers:get("content-type"))
    assert.equal(text, answer.json.detail or answer.json[1])
    return answer
  end

  local function as(token)
    return { authorization = "Token " .. token }
  end

  describe("create", function()
    it("answers 201 and the invitation as it is read", function()
      local answer = invite("ada@example.com", "supervisor")
      assert.equal(201, answer.status, answer.body)
      assert.equal(TYPE, answer.headers:get("content-type"))
      local made = answer.json
      assert.equal(64, #made.key)
      assert.matches("^%w+$", made.key)
      assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d+Z$", made.created_date)
      assert.equal(owner.username, made.owner.username)
      assert.matches("^http://127.0.0.1:%d+/api/users/1$", made.owner.url)
      assert.equal("supervisor", made.role)
      assert.equal("ada", made.user.username)
      assert.equal(owner.org_id, made.organization)
      assert.equal(owner.org, made.organization_info.slug)
      assert.is_false(made.expired)
      assert.is_nil(made.email)
    end)

    it("makes a new user of an unknown address and uses a known one", function()
      local before = #server:books("cvat").users
      assert.equal("max1", invite("max@elsewhere.example").json.user.username)
      local known = invite(owner.outsider_email)
      assert.equal("greta", known.json.user.username)
      assert.equal(json.null, known.json.expired)
      assert.equal(before + 1, #server:books("cvat").users)
    end)

    it("words what is wrong with the fields as the framework does", function()
      local answer = cvat("POST", "/api/invitations", { json = { role = "king", email = "ada" } })
      assert.equal(400, answer.status)
      assert.equal('"king" is not a valid choice.', answer.json.role[1])
      assert.equal("Enter a valid email address.", answer.json.email[1])
      answer = cvat("POST", "/api/invitations", { json = {} })
      assert.equal("This field is required.", answer.json.role[1])
      assert.equal("This field is required.", answer.json.email[1])
    end)

    it("refuses who is a member already, even after the invitation is gone", function()
      local made = invite("ada@example.com").json
      local text = "The user is a member of the organization already."
      refused(invite("ADA@example.com"), 400, text)
      assert.equal(204, cvat("DELETE", "/api/invitations/" .. made.key).status)
      refused(invite("ada@example.com"), 400, text)
    end)

    it("follows the roles", function()
      local forbidden = "You do not have permission to perform this action."
      refused(invite("a@example.com", "owner"), 403, forbidden)
      assert.equal(201, invite("b@example.com", "maintainer").status)
      refused(invite("c@example.com", "maintainer", as(owner.maintainer_token)), 403, forbidden)
      assert.equal(201, invite("d@example.com", "supervisor", as(owner.maintainer_token)).status)
      refused(invite("e@example.com", "worker", as(owner.worker_token)), 403, forbidden)
    end)

    it("needs an organization", function()
      local text = "You do not have permission to perform this action."
      refused(invite("a@example.com", "worker", { ["x-organization"] = false }), 403, text)
      refused(cvat("POST", "/api/invitations?org=", { json = {},
        headers = { ["x-organization"] = false } }), 403, text)
    end)

    it("takes forms, and no other types", function()
      local answer = cvat("POST", "/api/invitations", { body = "role=worker&email=a%40example.com",
        headers = { ["content-type"] = "application/x-www-form-urlencoded" } })
      assert.equal(201, answer.status, answer.body)
      local text = cvat("POST", "/api/invitations", { body = "x", headers = {
        ["content-type"] = "text/plain" } })
      refused(text, 415, 'Unsupported media type "text/plain" in request.')
      local broken = cvat("POST", "/api/invitations", { body = "{", headers = {
        ["content-type"] = "application/json" } })
      assert.equal(400, broken.status)
      assert.matches("^JSON parse error %- ", broken.json.detail)
    end)
  end)

  describe("one invitation", function()
    it("is read, changed and deleted by its key", function()
      local made = invite("ada@example.com").json
      local path = "/api/invitations/" .. made.key
      assert.equal(made.key, cvat("GET", path).json.key)
      local changed = cvat("PATCH", path, { json = { role = "maintainer" } })
      assert.equal(200, changed.status, changed.body)
      assert.equal("worker", changed.json.role) -- checked and then ignored
      assert.equal(200, cvat("PATCH", path).status)
      assert.equal(400, cvat("PATCH", path, { json = { role = "king" } }).status)
      local gone = cvat("DELETE", path)
      assert.equal(204, gone.status)
      assert.equal("", gone.body)
      for _, method in ipairs { "GET", "PATCH", "DELETE" } do
        refused(cvat(method, path), 404, "Not found.")
      end
    end)

    it("is hidden from those it does not concern", function()
      local made = invite(owner.outsider_email).json
      local path = "/api/invitations/" .. made.key
      local elsewhere = { ["x-organization"] = false }
      refused(cvat("GET", path, { headers = { authorization = "Token " .. owner.worker_token } }),
              404, "Not found.")
      elsewhere.authorization = "Token " .. owner.outsider_token
      assert.equal(200, cvat("GET", path, { headers = elsewhere }).status)
      refused(cvat("DELETE", path, { headers = elsewhere }), 403,
              "You do not have permission to perform this action.")
    end)

    it("is accepted by the invitee alone", function()
      local made = invite(owner.outsider_email).json
      local path = "/api/invitations/" .. made.key .. "?accepted=1"
      assert.equal(403, cvat("PATCH", path).status)
      local answer = cvat("PATCH", path, { headers = as(owner.outsider_token) })
      assert.equal(200, answer.status, answer.body)
    end)

    it("expires seven days after it was sent", function()
      local path = "/api/invitations/" .. invite("ada@example.com").json.key
      server:advance(7 * 24 * 60 * 60, "cvat")
      assert.is_true(cvat("GET", path).json.expired)
      cvat("PATCH", path)
      assert.is_false(cvat("GET", path).json.expired)
    end)
  end)

  describe("list", function()
    local function list(query, headers)
      return cvat("GET", "/api/invitations?" .. query, { headers = headers })
    end

    local function names(query)
      local answer = list(query)
      assert.equal(200, answer.status, answer.body)
      local out = {}
      for i, one in ipairs(answer.json.results) do out[i] = one.user.username end
      return table.concat(out, " ")
    end

    it("pages by number, ten at a time, with absolute links", function()
      for i = 1, 12 do invite(("u%d@example.com"):format(i)) end
      local first = list("search=").json
      assert.equal(12, first.count)
      assert.equal(10, #first.results)
      assert.equal("u12", first.results[1].user.username)
      assert.equal(json.null, first.previous)
      assert.matches("^http://127.0.0.1:%d+/api/invitations%?.*page=2", first.next)
      local second = list("page=2").json
      assert.equal(2, #second.results)
      assert.equal(json.null, second.next)
      assert.matches("/api/invitations$", second.previous)
      assert.equal(12, #list("page_size=all").json.results)
      assert.equal(5, #list("page_size=5").json.results)
      assert.equal(10, #list("page_size=none").json.results)
      assert.equal(10, #list("page_size=0").json.results)
      for _, page in ipairs { "3", "0", "x" } do
        refused(list("page=" .. page), 404, "Invalid page.")
      end
    end)

    it("is empty without being an error", function()
      assert.equal('{"count":0,"next":null,"previous":null,"results":[]}', list("").body)
    end)

    it("filters, searches and sorts", function()
      invite("a@example.com")
      invite("b@example.com", "worker", as(owner.maintainer_token))
      invite("c@example.com")
      assert.equal("a b c", names("sort=created_date"))
      assert.equal("c b a", names("sort=-created_date"))
      assert.equal("b a c", names("sort=owner"))
      assert.equal("c b a", names("sort=nonsense"))
      assert.equal("b", names("search=MA"))
      assert.equal("b", names("owner=max"))
      local function rule(text) return names("filter=" .. web.encode(text)) end
      assert.equal("b", rule '{"==":[{"var":"owner"},"max"]}')
      assert.equal("c a", rule '{"!":{"==":[{"var":"owner"},"max"]}}')
      assert.equal("", rule '{"and":[{"==":[{"var":"owner"},"max"]},{"==":[{"var":"owner"},"x"]}]}')
      assert.equal("c b a",
        rule '{"or":[{"==":[{"var":"owner"},"max"]},{"==":[{"var":"owner"},"olivia"]}]}')
      refused(list("filter=owner"), 400, "filter: Json syntax should be used")
      assert.equal(400, list("filter=" .. web.encode '{"unknown":[1]}').status)
      assert.equal(400, list("filter=" .. web.encode '{"==":[{"var":"role"},"x"]}').status)
    end)

    it("shows managers everything, others what concerns them", function()
      invite(owner.outsider_email)
      invite("b@example.com", "worker", as(owner.maintainer_token))
      assert.equal(2, list("", as(owner.maintainer_token)).json.count)
      assert.equal(0, list("", as(owner.worker_token)).json.count)
      local outsider = as(owner.outsider_token)
      outsider["x-organization"] = false
      assert.equal(1, list("", outsider).json.count)
      assert.equal(0, list("org=", outsider).json.count)
    end)
  end)

  describe("the organization", function()
    local function list(query, header)
      return cvat("GET", "/api/invitations" .. query, { headers = {
        ["x-organization"] = header or false } })
    end

    it("is named by header, slug or id", function()
      assert.equal(200, list("", owner.org).status)
      assert.equal(200, list("?org=" .. owner.org).status)
      assert.equal(200, list("?org=" .. owner.org, owner.org).status)
      assert.equal(200, list("?org_id=" .. owner.org_id).status)
    end)

    it("is refused when named twice", function()
      local both = 'You cannot specify "org_id" query parameter with "org" query parameter or '
        .. '"X-Organization" HTTP header at the same time.'
      refused(list("?org_id=1", owner.org), 400, both)
      refused(list("?org_id=1&org=" .. owner.org), 400, both)
      refused(list("?org=" .. owner.org, "other"), 400, 'You cannot specify "org" query parameter '
        .. 'and "X-Organization" HTTP header with different values.')
    end)

    it("must exist and have the caller as a member", function()
      refused(list("?org=nowhere"), 404, "nowhere organization does not exist.")
      refused(list("?org_id=99"), 404, "99 organization does not exist.")
      refused(list("?org=" .. owner.other_org), 403,
              "You should be an active member in the organization.")
    end)
  end)

  describe("logins", function()
    local function list(headers, query)
      return anyone("GET", "/api/invitations" .. (query or ""), { headers = headers })
    end

    local function basic(name, password)
      return "Basic " .. basexx.to_base64(name .. ":" .. password)
    end

    it("are token, basic, access token or session", function()
      assert.equal(200, list(as(owner.token)).status)
      assert.equal(200, list { authorization = basic(owner.username, owner.password) }.status)
      assert.equal(200, list { authorization = "Bearer " .. owner.access_token }.status)
      assert.equal(200, list { cookie = "sessionid=" .. owner.session_id }.status)
    end)

    it("are refused with 401 when missing or wrong", function()
      local missing = "Authentication credentials were not provided."
      local cases = {
        { {}, missing }, { { cookie = "sessionid=unknown" }, missing },
        { { authorization = "Nonsense x" }, missing },
        { as("wrong"), "Invalid token." },
        { { authorization = "Bearer wrong" }, "Invalid token." },
        { { authorization = "Token" }, "Invalid token header. No credentials provided." },
        { { authorization = basic(owner.username, "wrong") }, "Invalid username/password." },
        { { authorization = "Basic !" },
          "Invalid basic header. Credentials not correctly base64 encoded." },
      }
      for _, case in ipairs(cases) do
        local answer = refused(list(case[1]), 401, case[2])
        assert.equal("Token", answer.headers:get("www-authenticate"))
      end
    end)

    it("by session need the CSRF token on writes", function()
      local function write(cookie, token)
        return anyone("POST", "/api/invitations?org=" .. owner.org, {
          json = { email = "ada@example.com", role = "worker" },
          headers = { cookie = "sessionid=" .. owner.session_id .. cookie,
                      ["x-csrftoken"] = token } })
      end
      local pair = "; csrftoken=" .. owner.csrf_token
      refused(write("", owner.csrf_token), 403, "CSRF Failed: CSRF cookie not set.")
      refused(write(pair), 403, "CSRF Failed: CSRF token missing.")
      refused(write(pair, "other"), 403,
              "CSRF Failed: CSRF token from the 'X-Csrftoken' HTTP header incorrect.")
      assert.equal(201, write(pair, owner.csrf_token).status)
    end)

    it("by signed address hold for that address and thirty seconds", function()
      local function sign(path)
        local answer = anyone("POST", "/api/auth/signing", { json = { url = path },
                                                             headers = as(owner.token) })
        assert.equal(200, answer.status, answer.body)
        return answer.json
      end
      local url = sign("/api/invitations?org=sandbox&page=1")
      local signature = url:match("sign=(%w+)$")
      local full = { headers = { accept = TYPE } }
      assert.equal(200, client.send("GET", url, full).status)
      assert.equal(200, list({}, "?sign=" .. signature .. "&org=sandbox&page=1").status)
      refused(list({}, "?org=sandbox&page=2&sign=" .. signature), 401, "Invalid signature.")
      refused(list({}, "?sign=nonsense"), 401, "Invalid signature.")
      server:advance(30, "cvat")
      refused(client.send("GET", url, full), 401, "This URL has expired.")
      refused(anyone("POST", "/api/auth/signing", { json = {}, headers = as(owner.token) }), 400,
              "Please provide `url` parameter")
    end)

    it("are made by /api/auth/login, with cookies", function()
      local answer = anyone("POST", "/api/auth/login", { json = {
        username = owner.username, password = owner.password } })
      assert.equal(200, answer.status, answer.body)
      assert.equal(owner.token, answer.json.key)
      local cookies = {}
      for name, value in answer.headers:each() do
        if name == "set-cookie" then cookies[#cookies + 1] = value:match("^[^;]+") end
      end
      assert.equal(200, list { cookie = table.concat(cookies, "; ") }.status)
      answer = anyone("POST", "/api/auth/login", { json = { username = "olivia", password = "x" } })
      assert.equal(400, answer.status)
      assert.is_string(answer.json.non_field_errors[1])
    end)

    it("by token open a session too", function()
      assert.matches("^sessionid=", list(as(owner.token)).headers:get("set-cookie"))
    end)

    it("end with /api/auth/logout", function()
      local cookie = { ["x-csrftoken"] = owner.csrf_token,
        cookie = "sessionid=" .. owner.session_id .. "; csrftoken=" .. owner.csrf_token }
      assert.equal(200, anyone("POST", "/api/auth/logout", { headers = cookie }).status)
      assert.equal(401, list(cookie).status)
    end)
  end)

  describe("answers", function()
    local function with_accept(value)
      return cvat("GET", "/api/invitations", { headers = { accept = value } })
    end

    it("are the vendor's type or a page, never plain JSON", function()
      for _, value in ipairs { TYPE, TYPE .. "; version=2.0", "*/*", "text/plain, */*;q=0.1" } do
        local answer = with_accept(value)
        assert.equal(200, answer.status)
        assert.equal(TYPE, answer.headers:get("content-type"))
      end
      assert.matches("^text/html", with_accept("text/html").headers:get("content-type"))
      refused(with_accept("application/json"), 406, "Could not satisfy the request Accept header.")
      refused(with_accept(TYPE .. "; version=9.9"), 406, 'Invalid version in "Accept" header.')
    end)

    it("for unknown paths are HTML, for other methods 405", function()
      for _, path in ipairs { "/api/invitations/", "/api/nothing", "/" } do
        local answer = cvat("GET", path)
        assert.equal(404, answer.status)
        assert.matches("^text/html", answer.headers:get("content-type"))
      end
      local answer = cvat("PUT", "/api/invitations")
      refused(answer, 405, 'Method "PUT" not allowed.')
      assert.equal("GET, POST", answer.headers:get("allow"))
      assert.equal(401, anyone("PUT", "/api/invitations").status)
    end)

    it("tell about the server without a login, about the user with one", function()
      local about = anyone("GET", "/api/server/about")
      assert.equal(200, about.status)
      assert.matches("^%d+%.%d+%.%d+$", about.json.version)
      assert.equal(owner.username, cvat("GET", "/api/users/self").json.username)
    end)
  end)
end)
