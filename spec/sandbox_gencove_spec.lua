-- The sandbox's Gencove, called by a plain HTTP client.

local client = require "spec.support.sandbox_client"
local sandbox = require "convoke.sandbox"

local DAY = 24 * 60 * 60
local UUID = "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$"
local ISO = "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%d%d%d%dZ$"

describe("the sandbox's Gencove", function()
  local server, gencove, anyone

  setup(function()
    server = sandbox.start()
    gencove = client.for_api(server.gencove.url,
                             { authorization = "Api-Key " .. server.gencove.api_key })
    anyone = client.for_api(server.gencove.url)
  end)

  teardown(function() server:stop() end)
  before_each(function() server:reset("gencove") end)

  local function invite(address, role)
    return gencove("POST", "/invitations/", { json = { email = address, role = role } })
  end

  -- The token that would be in the mail.
  local function token_of(id)
    for _, invitation in ipairs(server:books("gencove").invitations) do
      if invitation.id == id then return invitation.token end
    end
  end

  describe("create", function()
    it("answers 201 and an invitation", function()
      local answer = invite("ada@example.com")
      assert.equal(201, answer.status, answer.body)
      local made = answer.json
      assert.matches(UUID, made.id)
      assert.equal("ada@example.com", made.email)
      assert.equal("member", made.role)
      assert.matches(ISO, made.expires)
      assert.equal("pending", made.last_status.status)
      assert.matches(UUID, made.last_status.id)
      assert.matches(ISO, made.last_status.created)
      assert.is_string(made.last_status.actor.name)
    end)

    it("lets the server choose an empty role and keeps a given one", function()
      assert.equal("member", invite("ada@example.com", "").json.role)
      assert.equal("admin", invite("bob@example.com", "admin").json.role)
    end)

    it("takes forms as well as JSON", function()
      local function create(content_type, body)
        return gencove("POST", "/invitations/", { body = body, headers = {
          ["content-type"] = content_type } })
      end
      local answer = create("application/x-www-form-urlencoded", "email=ada%40example.com")
      assert.equal("ada@example.com", answer.json.email)
      answer = create("multipart/form-data; boundary=xx",
        '--xx\r\nContent-Disposition: form-data; name="email"\r\n\r\nbob@example.com\r\n--xx--\r\n')
      assert.equal("bob@example.com", answer.json.email)
    end)

    it("words what is wrong with a field as the framework does", function()
      local wrong = {
        { "{}", "This field is required." }, { '{"email":null}', "This field may not be null." },
        { '{"email":""}', "This field may not be blank." },
        { '{"email":"ada"}', "Enter a valid email address." },
        { '{"email":["a@example.com"]}', "Not a valid string." },
      }
      for _, case in ipairs(wrong) do
        local answer = gencove("POST", "/invitations/", { body = case[1], headers = {
          ["content-type"] = "application/json" } })
        assert.equal(400, answer.status, answer.body)
        assert.equal(case[2], answer.json.email[1])
      end
    end)

    it("refuses other bodies with 400 and 415", function()
      local json_type = { ["content-type"] = "application/json" }
      local broken = gencove("POST", "/invitations/", { body = "{", headers = json_type })
      assert.equal(400, broken.status)
      assert.matches("^JSON parse error", broken.json.detail)
      local list = gencove("POST", "/invitations/", { body = "[]", headers = json_type })
      assert.matches("got list", list.json.non_field_errors[1])
      local text = gencove("POST", "/invitations/", { body = "x", headers = {
        ["content-type"] = "text/plain" } })
      assert.equal(415, text.status)
    end)

    it("refuses a pending duplicate and a member with 400", function()
      local made = invite("ada@example.com").json
      assert.equal(400, invite("ADA@example.com").status)
      gencove("PATCH", "/invitations-token/" .. token_of(made.id))
      local answer = invite("ada@example.com")
      assert.equal(400, answer.status)
      assert.is_string(answer.json[1])
    end)
  end)

  describe("list", function()
    it("shows the newest first, with their count", function()
      invite("ada@example.com")
      local answer = gencove("GET", "/invitations/")
      assert.equal(200, answer.status)
      assert.equal(2, answer.json.meta.count) -- one is there from the start
      assert.equal("ada@example.com", answer.json.results[1].email)
      assert.matches('"next":null,"previous":null', answer.body, 1, true)
    end)

    it("pages by limit and offset with absolute addresses", function()
      for i = 1, 4 do invite(("user%d@example.com"):format(i)) end
      local seen, url = {}, server.gencove.url .. "/invitations/?limit=2"
      for _ = 1, 3 do
        local page = client.send("GET", url, { headers = {
          authorization = "Api-Key " .. server.gencove.api_key } }).json
        for _, one in ipairs(page.results) do seen[#seen + 1] = one.email end
        url = page.meta.next
      end
      assert.equal(5, #seen)
      assert.is_not_string(url)
      local middle = gencove("GET", "/invitations/?limit=2&offset=2&status=all").json.meta
      assert.matches("^http://127.0.0.1:%d+/api/v2/invitations/%?.*offset=4", middle.next)
      assert.matches("status=all", middle.next)
      assert.not_matches("offset", middle.previous)
    end)

    it("filters by status", function()
      local gone = invite("gone@example.com").json
      gencove("DELETE", "/invitations/" .. gone.id)
      server:advance(31 * DAY, "gencove")
      invite("ada@example.com")
      local function count(status)
        return gencove("GET", "/invitations/?status=" .. status).json.meta.count
      end
      assert.equal(1, count "pending")
      assert.equal(1, count "expired")
      assert.equal(1, count "revoked")
      assert.equal(0, count "accepted")
      assert.equal(3, count "all")
      local answer = gencove("GET", "/invitations/?status=gone")
      assert.equal(400, answer.status)
      assert.is_string(answer.json.status[1])
    end)
  end)

  describe("delete", function()
    it("answers 204 without a body, then 404", function()
      local made = invite("ada@example.com").json
      local answer = gencove("DELETE", "/invitations/" .. made.id)
      assert.equal(204, answer.status)
      assert.equal("", answer.body)
      answer = gencove("DELETE", "/invitations/" .. made.id)
      assert.equal(404, answer.status)
      assert.equal("Not found.", answer.json.detail)
      assert.equal(404, gencove("DELETE", "/invitations/nonsense").status)
    end)

    it("refuses an accepted invitation with 400", function()
      local made = invite("ada@example.com").json
      gencove("PATCH", "/invitations-token/" .. token_of(made.id))
      assert.equal(400, gencove("DELETE", "/invitations/" .. made.id).status)
    end)
  end)

  describe("the token of an invitation", function()
    it("is read without a login", function()
      local answer = anyone("GET", "/invitations-token/" .. server.gencove.invitation_token)
      assert.equal(200, answer.status, answer.body)
      assert.equal(server.gencove.invitation_token, answer.json.token)
      assert.equal("pending", answer.json.last_status.status)
      assert.is_string(answer.json.organization.name)
      assert.equal(404, anyone("GET", "/invitations-token/unknown").status)
    end)

    it("accepts with a login, with or without a body, once", function()
      local path = "/invitations-token/" .. server.gencove.invitation_token
      assert.equal(401, anyone("PATCH", path, { json = {} }).status)
      local answer = gencove("PATCH", path, { json = {} })
      assert.equal(200, answer.status, answer.body)
      assert.equal("accepted", answer.json.last_status.status)
      assert.equal(400, gencove("PATCH", path).status)
      local made = invite("ada@example.com").json
      assert.equal(200, gencove("PATCH", "/invitations-token/" .. token_of(made.id)).status)
    end)

    it("does not accept when expired or revoked", function()
      local made = invite("ada@example.com").json
      local token = token_of(made.id)
      gencove("DELETE", "/invitations/" .. made.id)
      assert.equal(400, gencove("PATCH", "/invitations-token/" .. token).status)
      server:advance(31 * DAY, "gencove")
      local path = "/invitations-token/" .. server.gencove.invitation_token
      assert.equal("expired", anyone("GET", path).json.last_status.status)
      assert.equal(400, gencove("PATCH", path).status)
    end)
  end)

  describe("logins", function()
    it("are an API key or a token, each with its word", function()
      local function status(value)
        return anyone("GET", "/invitations/", { headers = { authorization = value } }).status
      end
      assert.equal(200, status("Bearer " .. server.gencove.jwt))
      assert.equal(200, status("Api-Key " .. server.gencove.api_key))
      assert.equal(401, status(server.gencove.api_key))
      assert.equal(401, status("Api-Key wrong"))
      assert.equal(401, status("Token " .. server.gencove.api_key))
    end)

    it("that are missing or bad are refused in the vendor's words", function()
      local missing = anyone("GET", "/invitations/")
      assert.equal(401, missing.status)
      assert.equal("Authentication credentials were not provided.", missing.json.detail)
      assert.equal('Bearer realm="api"', missing.headers:get("www-authenticate"))
      for _, path in ipairs { "/invitations/",
                              "/invitations-token/" .. server.gencove.invitation_token } do
        local bad = anyone("GET", path, { headers = { authorization = "Bearer a.b.c" } })
        assert.equal(401, bad.status)
        assert.equal("token_not_valid", bad.json.code)
        assert.equal("AccessToken", bad.json.messages[1].token_class)
      end
    end)

    it("come before anything else", function()
      assert.equal(401, anyone("POST", "/invitations/", { body = "{" }).status)
      assert.equal(401, anyone("PUT", "/invitations/").status)
    end)

    it("give tokens that expire and are refreshed", function()
      local account = { email = server.gencove.email, password = server.gencove.password }
      local answer = anyone("POST", "/jwt-create/", { json = account })
      assert.equal(200, answer.status, answer.body)
      local function status(token)
        return anyone("GET", "/invitations/", { headers = { authorization = "Bearer " .. token } })
          .status
      end
      assert.equal(200, status(answer.json.access))
      server:advance(3600, "gencove")
      assert.equal(401, status(answer.json.access))
      local again = anyone("POST", "/jwt-refresh/", { json = { refresh = answer.json.refresh } })
      assert.equal(200, status(again.json.access))
      server:advance(2 * DAY, "gencove")
      local over = anyone("POST", "/jwt-refresh/", { json = { refresh = answer.json.refresh } })
      assert.equal(401, over.status)
      assert.equal("token_not_valid", over.json.code)
    end)

    it("refuse a wrong password and missing fields", function()
      local answer = anyone("POST", "/jwt-create/", { json = { email = "a@b.c", password = "x" } })
      assert.equal(401, answer.status)
      answer = anyone("POST", "/jwt-create/", { json = {} })
      assert.equal("This field is required.", answer.json.password[1])
    end)
  end)

  describe("paths", function()
    it("without their slash are redirected to it", function()
      for _, method in ipairs { "GET", "POST" } do
        local answer = anyone(method, "/invitations?limit=1")
        assert.equal(301, answer.status)
        assert.equal("/api/v2/invitations/?limit=1", answer.headers:get("location"))
      end
    end)

    it("nobody serves are HTML pages, other methods 405", function()
      local answer = gencove("DELETE", "/invitations/x/")
      assert.equal(404, answer.status)
      assert.matches("^text/html", answer.headers:get("content-type"))
      answer = gencove("PUT", "/invitations/")
      assert.equal(405, answer.status)
      assert.equal('Method "PUT" not allowed.', answer.json.detail)
      assert.equal("GET, POST", answer.headers:get("allow"))
    end)
  end)
end)
