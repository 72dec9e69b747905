-- The sandbox's CVAT 2.15, called by a plain HTTP client. What other versions do otherwise is in
-- sandbox_cvat_versions_spec.lua.

local basexx = require "basexx"
local client = require "spec.support.sandbox_client"
local json = require "convoke.sandbox.json"
local sandbox = require "convoke.sandbox"
local signing = require "convoke.sandbox.cvat_signing"
local web = require "convoke.sandbox.web"

local TYPE = "application/vnd.cvat+json"

describe("the sandbox's CVAT", function()
  local server, cvat, anyone, owner

  setup(function()
    server = sandbox.start { cvat = "2.15" }
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
      assert.equal("ada@example.com", made.user.username)
      assert.equal(owner.org_id, made.organization)
      assert.equal(owner.org, made.organization_info.slug)
      assert.is_false(made.expired)
      assert.is_nil(made.email)
    end)

    it("makes a new user of an unknown address and uses a known one", function()
      local before = #server:books("cvat").users
      local new = invite "Max@Elsewhere.EXAMPLE"
      assert.equal("Max@Elsewhere.EXAMPLE", new.json.user.username)
      assert.is_false(new.json.expired)
      local users = server:books("cvat").users
      assert.equal(before + 1, #users)
      assert.equal("Max@elsewhere.example", users[#users].email)
      assert.is_true(users[#users].is_active)
      local known = invite(owner.outsider_email)
      assert.equal("greta", known.json.user.username)
      assert.equal(json.null, known.json.expired)
      assert.equal(before + 1, #server:books("cvat").users)
    end)

    local function failed(answer)
      assert.equal(500, answer.status, answer.body)
      assert.matches("^text/html", answer.headers:get "content-type")
      assert.matches("<h1>Server Error %(500%)</h1>", answer.body)
      assert.is_nil(answer.headers:get "allow")
    end

    it("trips over bodies that are no objects, and over endless addresses", function()
      for _, body in ipairs { "[]", "1", '"worker"', "null" } do
        failed(cvat("POST", "/api/invitations", { body = body,
          headers = { ["content-type"] = "application/json" } }))
      end
      failed(invite(("a"):rep(250) .. "@b.example"))
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

    it("takes JSON, and no other types", function()
      local form = "application/x-www-form-urlencoded"
      refused(cvat("POST", "/api/invitations", { body = "role=worker&email=a%40example.com",
        headers = { ["content-type"] = form } }), 415,
        ('Unsupported media type "%s" in request.'):format(form))
      refused(cvat("POST", "/api/invitations", { body = "{}" }), 415,
        'Unsupported media type "" in request.')
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
    it("is read and deleted by its key, and not changed", function()
      local made = invite("ada@example.com").json
      local path = "/api/invitations/" .. made.key
      assert.equal(made.key, cvat("GET", path).json.key)
      local changed = cvat("PATCH", path, { json = { role = "maintainer" } })
      assert.equal(500, changed.status)
      assert.matches("^text/html", changed.headers:get "content-type")
      assert.equal("worker", cvat("GET", path).json.role)
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
      local made = invite(owner.invitee_email).json
      local path = "/api/invitations/" .. made.key .. "?accepted=1"
      assert.equal(403, cvat("PATCH", path).status)
      server:advance(8 * 24 * 60 * 60, "cvat") -- run out, which does not matter here
      local answer = cvat("PATCH", path, { headers = as(owner.invitee_token) })
      assert.equal(200, answer.status, answer.body)
      local memberships = server:books("cvat").memberships
      assert.is_true(memberships[#memberships].is_active)
    end)

    it("expires seven days after it was sent", function()
      local path = "/api/invitations/" .. invite("ada@example.com").json.key
      server:advance(7 * 24 * 60 * 60, "cvat")
      assert.is_true(cvat("GET", path).json.expired)
      assert.equal(204, cvat("POST", path .. "/resend").status)
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
      for i, one in ipairs(answer.json.results) do out[i] = one.user.username:match "^[^@]*" end
      return table.concat(out, " ")
    end

    it("pages by number, ten at a time, with absolute links", function()
      for i = 1, 12 do invite(("u%d@example.com"):format(i)) end
      local first = list("search=").json
      assert.equal(12, first.count)
      assert.equal(10, #first.results)
      assert.equal("u12@example.com", first.results[1].user.username)
      assert.equal(json.null, first.previous)
      assert.matches("^http://127.0.0.1:%d+/api/invitations%?page=2&search=$", first.next)
      local second = list("page=2").json
      assert.equal(2, #second.results)
      assert.equal(json.null, second.next)
      assert.matches("/api/invitations$", second.previous)
      assert.equal(12, #list("page_size=all").json.results)
      assert.equal(5, #list("page_size=5").json.results)
      assert.equal(10, #list("page_size=none").json.results)
      assert.equal(10, #list("page_size=0").json.results)
      assert.equal(2, #list("page=last").json.results)
      for _, page in ipairs { "3", "0", "x", "" } do
        refused(list("page=" .. page), 404, "Invalid page.")
      end
    end)

    it("writes the words of links in alphabetical order, with those it does not know", function()
      for i = 1, 3 do invite(("u%d@example.com"):format(i)) end
      local answer = list("x=a+b&page_size=1&page=2&org=sandbox&b=%C3%A4&x=1").json
      assert.matches("%?b=%%C3%%A4&org=sandbox&page=3&page_size=1&x=a%+b&x=1$", answer.next)
      assert.matches("%?b=%%C3%%A4&org=sandbox&page_size=1&x=a%+b&x=1$", answer.previous)
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
      assert.equal("c a", rule '{"in":["liv",{"var":"owner"}]}')
      assert.equal("b", rule '{"in":[{"var":"owner"},["max","wes"]]}')
      assert.equal("c b a", rule '{"!!":{"var":"owner"}}')
      assert.equal("b", rule '{"<":[{"var":"owner"},"n"]}')
      assert.equal("c a", rule '{"<=":["n",{"var":"owner"},"p"]}')
      assert.equal("c b a", rule '{"==":[{"var":"accepted"},false]}')
      assert.equal("", rule '{"==":[{"var":"accepted"},"True"]}')
      assert.equal("b", rule '{"==":[{"var":"user_id"},7]}')
      assert.equal("b", names "search=m%20a,x")
      assert.equal("c b a", names "accepted=true&user_id=7") -- not yet words of the query
    end)

    it("words what is wrong with a filter, or trips over it", function()
      local function rule(text) return list("filter=" .. web.encode(text)) end
      for text, message in pairs {
        ["owner"] = "filter: Json syntax should be used",
        ["{}"] = "filter shouldn't be empty",
        ["[]"] = "filter shouldn't be empty",
        ['{"xor":[1,2]}'] = "filter: xor operation with [1, 2] arguments is not implemented",
        ['{"==":[{"var":"owner"}]}']
          = "filter: == operation with [{'var': 'owner'}] arguments is not implemented",
        ['{"==":[{"var":"role"},"x"]}'] = "filter: 'role' term is not supported",
        ['{"==":[{"of":"role"},"x"]}'] = "filter: 'var' term is not supported",
      } do
        refused(rule(text), 400, message)
      end
      for _, text in ipairs { "1", '"owner"', "null", '{"and":[]}', '{"==":["x",{"var":"owner"}]}',
          '{"==":[{"var":"user_id"},"x"]}', '{"==":[{"var":"accepted"},"maybe"]}',
          '{"!":[{"var":"owner"}]}', '{"var":"nothing"}', '{"<":[{"var":"owner"},null]}' } do
        local answer = rule(text)
        assert.equal(500, answer.status, text)
        assert.matches("^text/html", answer.headers:get "content-type")
      end
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
      refused(list("?org=Sandbox"), 404, "Sandbox organization does not exist.")
      refused(list("?org=" .. owner.other_org), 403,
              "You do not have permission to perform this action.")
      refused(cvat("GET", "/api/invitations/none?org=" .. owner.other_org, { headers = {
        ["x-organization"] = false } }), 404, "Not found.")
      assert.equal(500, list("?org_id=abc").status)
      assert.equal(0, list("?org_id=").json.count) -- the personal one
    end)
  end)

  describe("logins", function()
    local function list(headers, query)
      return anyone("GET", "/api/invitations" .. (query or ""), { headers = headers })
    end

    local function basic(name, password)
      return "Basic " .. basexx.to_base64(name .. ":" .. password)
    end

    it("are token, basic or session, and no access token yet", function()
      assert.equal(200, list(as(owner.token)).status)
      assert.equal(200, list { authorization = basic(owner.username, owner.password) }.status)
      assert.is_nil(owner.access_token)
      assert.equal(200, list { cookie = "sessionid=" .. owner.session_id }.status)
    end)

    it("are refused with 401 when missing or wrong", function()
      local missing = "Authentication credentials were not provided."
      local cases = {
        { {}, missing }, { { cookie = "sessionid=unknown" }, missing },
        { { authorization = "Nonsense x" }, missing },
        { as("wrong"), "Invalid token." },
        { { authorization = "Bearer sandbox-access-token" }, missing },
        { { authorization = "Token" }, "Invalid token header. No credentials provided." },
        { { authorization = basic(owner.username, "wrong") }, "Invalid username/password." },
        { { authorization = "Basic !" }, "Invalid username/password." },
        { { authorization = "Basic" }, "Invalid basic header. No credentials provided." },
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
      local user = { id = 1, username = owner.username }
      local function sign(path)
        local url = owner.url .. path
        return signing.sign(owner.signing_key, user, url, os.time())
      end
      local path = "/api/invitations?org=sandbox&page=1"
      local signature = sign(path)
      assert.equal(200, list({}, "?org=sandbox&page=1&sign=" .. signature).status)
      assert.equal(200, list({}, "?sign=" .. signature .. "&org=sandbox&page=1").status)
      refused(list({}, "?org=sandbox&page=2&sign=" .. signature), 401, "Invalid signature.")
      refused(list({}, "?sign=nonsense"), 401, "Invalid signature.")
      user.username = "nobody"
      refused(list({}, "?org=sandbox&page=1&sign=" .. sign(path)), 401, "Invalid signature.")
      server:advance(31, "cvat")
      refused(list({}, "?org=sandbox&page=1&sign=" .. signature), 401, "This URL has expired.")
    end)

    it("by signed address are written as the server's own library writes them", function()
      -- Made by Django 3.2.25 (django.core.signing) and furl.
      assert.equal("eyJ1c2VyX2lkIjoxLCJ1c2VybmFtZSI6Im9saXZpYSJ9:1r31eq:"
        .. "W0yn-7AmtybDCv7lcoa_PQKExSu-IiUC9SDzL01MXh4",
        signing.sign("sandbox-signing-key-0000000000000001", { id = 1, username = "olivia" },
          "http://127.0.0.1:8902/api/invitations?org=sandbox", 1700000000.5))
    end)

    it("give no signature to anybody", function()
      local answer = anyone("POST", "/api/auth/signing", { json = { url = "/api/invitations" },
                                                           headers = as(owner.token) })
      assert.equal(500, answer.status)
      assert.matches("^text/html", answer.headers:get "content-type")
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
      assert.same({ "Unable to log in with provided credentials." }, answer.json.non_field_errors)
      assert.equal(owner.token, anyone("POST", "/api/auth/login", { json = {
        email = "Olivia@Example.com", password = owner.password } }).json.key)
      for _, fields in ipairs { {}, { username = "olivia" }, { password = "x" } } do
        refused(anyone("POST", "/api/auth/login", { json = fields }), 400,
          'Must include either "username" or "email" and "password".')
      end
    end)

    it("may be tried a hundred times a minute by somebody who has none", function()
      local function try(headers)
        return anyone("POST", "/api/auth/login", { json = {}, headers = headers })
      end
      for _ = 1, 100 do assert.equal(400, try().status) end
      local answer = try()
      assert.equal(429, answer.status)
      assert.matches("^%d+$", answer.headers:get "retry-after")
      assert.equal(400, try(as(owner.token)).status)
      server:advance(61, "cvat")
      assert.equal(400, try().status)
    end)

    it("by token open a session too", function()
      assert.matches("^sessionid=", list(as(owner.token)).headers:get("set-cookie"))
    end)

    it("end with /api/auth/logout, for everyone who uses the token", function()
      local cookie = { ["x-csrftoken"] = owner.csrf_token,
        cookie = "sessionid=" .. owner.session_id .. "; csrftoken=" .. owner.csrf_token }
      local answer = anyone("POST", "/api/auth/logout", { headers = cookie })
      assert.equal(200, answer.status)
      assert.same({ detail = "Successfully logged out." }, answer.json)
      assert.equal(401, list(cookie).status)
      refused(list(as(owner.token)), 401, "Invalid token.")
      refused(anyone("POST", "/api/auth/logout", { headers = as(owner.token) }), 401,
        "Invalid token.")
      assert.equal(401, anyone("POST", "/api/auth/logout").status)
      local key = anyone("POST", "/api/auth/login", { json = {
        username = owner.username, password = owner.password } }).json.key
      assert.not_equal(owner.token, key)
      assert.equal(200, list(as(key)).status)
      anyone("POST", "/api/auth/logout", { headers = as(key) })
      assert.equal(401, list(as(key)).status)
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
      local key = invite("ada@example.com").json.key
      local answer = cvat("PUT", "/api/invitations/" .. key)
      refused(answer, 405, 'Method "PUT" not allowed.')
      assert.equal("GET, PATCH, DELETE, HEAD, OPTIONS", answer.headers:get("allow"))
      answer = cvat("GET", "/api/invitations/" .. key .. "/resend")
      refused(answer, 405, 'Method "GET" not allowed.')
      assert.equal("POST, OPTIONS", answer.headers:get("allow"))
      assert.equal(401, anyone("PUT", "/api/invitations").status)
    end)

    it("for other methods on a list are its page for failures", function()
      for _, path in ipairs { "/api/invitations", "/api/memberships", "/api/organizations" } do
        for _, method in ipairs { "PUT", "DELETE", "FOO" } do
          local answer = cvat(method, path)
          assert.equal(500, answer.status)
          assert.matches("^text/html", answer.headers:get "content-type")
        end
      end
    end)

    it("that fail by plan are the server's own page, or a proxy's", function()
      for status, title in pairs { [500] = "Server Error (500)", [502] = "502" } do
        server:fault { api = "cvat", status = status }
        local answer = cvat("GET", "/api/invitations")
        assert.equal(status, answer.status)
        assert.truthy(answer.body:find("<h1>" .. title .. "</h1>", 1, true), answer.body)
      end
    end)

    it("name the methods of their path, and the request", function()
      local answer = cvat("GET", "/api/invitations", { headers = { ["x-request-id"] = "mine" } })
      assert.equal("GET, POST, HEAD, OPTIONS", answer.headers:get "allow")
      local id = answer.headers:get "x-request-id"
      assert.matches("^%x+%-%x+%-4%x+%-%x+%-%x+$", id)
      assert.not_equal(id, cvat("GET", "/api/invitations").headers:get "x-request-id")
      assert.matches("^%x+%-", cvat("GET", "/api/nothing").headers:get "x-request-id")
      assert.equal("GET, POST, HEAD, OPTIONS",
        anyone("GET", "/api/invitations").headers:get "allow") -- a refusal
    end)

    it("tell about the server without a login, about the user with one", function()
      local about = anyone("GET", "/api/server/about")
      assert.equal(200, about.status)
      assert.equal("2.15.0", about.json.version)
      assert.is_string(about.json.name)
      assert.is_string(about.json.description)
      assert.is_nil(about.json.logo_url)
      local self = cvat("GET", "/api/users/self").json
      assert.equal(owner.username, self.username)
      assert.equal("olivia@example.com", self.email)
      assert.same({ "user" }, self.groups)
      assert.equal(json.null, self.last_login)
      assert.matches("^%d+%-%d+%-%d+T", self.date_joined)
    end)
  end)
end)
