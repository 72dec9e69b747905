-- The sandbox's Clerk, called by a plain HTTP client.

local client = require "spec.support.sandbox_client"
local json = require "convoke.sandbox.json"
local sandbox = require "convoke.sandbox"

local DAY = 24 * 60 * 60

describe("the sandbox's Clerk", function()
  local server, clerk

  setup(function()
    server = sandbox.start()
    clerk = client.for_api(server.clerk.url,
                           { authorization = "Bearer " .. server.clerk.secret_key })
  end)

  teardown(function() server:stop() end)
  before_each(function() server:reset("clerk") end)

  local function invite(address, fields)
    local body = { email_address = address }
    for name, value in pairs(fields or {}) do body[name] = value end
    return clerk("POST", "/invitations", { json = body })
  end

  -- The answer's only error, after checking status and code.
  local function refused(answer, status, code)
    assert.equal(status, answer.status, answer.body)
    local err = answer.json.errors[1]
    assert.equal(code, err.code)
    assert.is_string(err.message)
    assert.is_string(err.long_message)
    assert.matches("^%x+$", answer.json.clerk_trace_id)
    assert.equal(answer.json.clerk_trace_id, answer.headers:get("clerk-trace-id"))
    return err
  end

  local function addresses(path)
    local answer = clerk("GET", path)
    assert.equal(200, answer.status, answer.body)
    local out = {}
    for i, one in ipairs(answer.json) do out[i] = one.email_address end
    return table.concat(out, " ")
  end

  describe("create", function()
    it("answers 200 and an invitation with integer milliseconds", function()
      local answer = invite("ada@example.com", { public_metadata = { team = "red" } })
      assert.equal(200, answer.status)
      assert.equal("application/json", answer.headers:get("content-type"))
      local made = answer.json
      assert.equal("invitation", made.object)
      assert.matches("^inv_%w+$", made.id)
      assert.equal("ada@example.com", made.email_address)
      assert.equal("red", made.public_metadata.team)
      assert.equal("pending", made.status)
      assert.is_nil(made.revoked)
      assert.matches("^http://.*ticket=", made.url)
      assert.matches('"created_at":%d%d%d%d%d%d%d%d%d%d%d%d%d[,}]', answer.body)
      assert.equal(made.created_at, made.updated_at)
      assert.equal(30 * DAY * 1000, made.expires_at - made.created_at)
    end)

    it("has an empty object for metadata nobody gave", function()
      assert.matches('"public_metadata":{}', invite("ada@example.com").body, 1, true)
    end)

    it("takes all optional fields, null where they allow it", function()
      local answer = invite("ada@example.com", {
        redirect_url = "https://example.com/join", notify = json.null, ignore_existing = json.null,
        expires_in_days = 1, template_slug = "waitlist_invitation",
      })
      assert.equal(200, answer.status, answer.body)
      assert.equal(DAY * 1000, answer.json.expires_at - answer.json.created_at)
    end)

    it("leaves out the link when nobody is notified", function()
      assert.is_nil(invite("ada@example.com", { notify = false }).json.url)
    end)

    it("wants an address", function()
      for _, body in ipairs { "{}", "", '{"email_address":null}' } do
        local answer = clerk("POST", "/invitations",
                             { body = body, headers = { ["content-type"] = "application/json" } })
        local err = refused(answer, 422, "form_param_missing")
        assert.equal("email_address", err.meta.param_name)
      end
    end)

    it("refuses fields it does not know", function()
      local err = refused(invite("ada@example.com", { role = "admin" }), 422, "form_param_unknown")
      assert.equal("role", err.meta.param_name)
    end)

    it("refuses values of the wrong form, naming the field", function()
      local wrong = {
        { "email_address", "ada" }, { "email_address", "a b@example.com" }, { "email_address", 7 },
        { "public_metadata", json.array() }, { "public_metadata", json.null },
        { "public_metadata", "x" }, { "redirect_url", "not a url" }, { "redirect_url", json.null },
        { "notify", "yes" }, { "ignore_existing", 1 }, { "expires_in_days", 0 },
        { "expires_in_days", 366 }, { "expires_in_days", 1.5 }, { "expires_in_days", "3" },
        { "template_slug", "other" },
      }
      for _, pair in ipairs(wrong) do
        local answer = invite("ada@example.com", { [pair[1]] = pair[2] })
        local err = refused(answer, 422, "form_param_format_invalid")
        assert.equal(pair[1], err.meta.param_name)
      end
      assert.equal(0, #server:books("clerk").invitations)
    end)

    it("tells all faults at once", function()
      local answer = invite("nobody", { notify = 3, foo = 1 })
      assert.equal(422, answer.status)
      assert.equal(3, #answer.json.errors)
    end)

    it("wants JSON, and says so by content type and by text", function()
      refused(clerk("POST", "/invitations", { body = '{"email_address":"a@example.com"}',
        headers = { ["content-type"] = "text/plain" } }), 415, "unsupported_content_type")
      for _, body in ipairs { "{", "[]", '"x"', "null" } do
        refused(clerk("POST", "/invitations", { body = body,
          headers = { ["content-type"] = "application/json" } }), 400, "request_body_invalid")
      end
    end)

    it("refuses a second pending invitation for an address", function()
      invite("ada@example.com")
      local err = refused(invite("Ada@example.com"), 400, "duplicate_record")
      assert.same({ "Ada@example.com" }, { err.meta.email_addresses[1] })
      assert.equal(200, invite("ada@example.com", { ignore_existing = true }).status)
    end)

    it("takes an address again once its invitation is revoked or expired", function()
      local made = invite("ada@example.com").json
      clerk("POST", "/invitations/" .. made.id .. "/revoke")
      assert.equal(200, invite("ada@example.com").status)
      server:advance(31 * DAY, "clerk")
      assert.equal(200, invite("ada@example.com").status)
    end)

    it("refuses the address of a user", function()
      local member = server:books("clerk").users[1]
      local err = refused(invite(member), 422, "form_identifier_exists")
      assert.equal("email_address", err.meta.param_name)
      assert.equal(200, invite(member, { ignore_existing = true }).status)
    end)
  end)

  describe("an invitation's link", function()
    it("accepts it, once, and makes a user", function()
      local made = invite("ada@example.com").json
      assert.equal(200, client.send("GET", made.url).status)
      assert.equal(404, client.send("GET", made.url).status)
      assert.equal("accepted", clerk("GET", "/invitations").json[1].status)
      refused(invite("ada@example.com"), 422, "form_identifier_exists")
    end)

    it("is dead when the invitation is expired or revoked", function()
      local old = invite("ada@example.com", { expires_in_days = 1 }).json
      server:advance(DAY, "clerk")
      local new = invite("bob@example.com").json
      clerk("POST", "/invitations/" .. new.id .. "/revoke")
      assert.equal(404, client.send("GET", old.url).status)
      assert.equal(404, client.send("GET", new.url).status)
    end)
  end)

  describe("revoke", function()
    it("answers the revoked invitation", function()
      local made = invite("ada@example.com").json
      local answer = clerk("POST", "/invitations/" .. made.id .. "/revoke")
      assert.equal(200, answer.status)
      assert.equal("revoked", answer.json.status)
      assert.is_true(answer.json.revoked)
      assert.equal(made.id, answer.json.id)
    end)

    it("refuses what is revoked, accepted or unknown", function()
      local one, two = invite("ada@example.com").json, invite("bob@example.com").json
      clerk("POST", "/invitations/" .. one.id .. "/revoke")
      refused(clerk("POST", "/invitations/" .. one.id .. "/revoke"), 400,
              "invitation_already_revoked")
      client.send("GET", two.url)
      refused(clerk("POST", "/invitations/" .. two.id .. "/revoke"), 400,
              "invitation_already_accepted")
      local err = refused(clerk("POST", "/invitations/inv_%2Fx/revoke"), 404, "resource_not_found")
      assert.equal("No invitation was found with id inv_/x.", err.long_message)
    end)

    it("takes an expired one", function()
      local made = invite("ada@example.com").json
      server:advance(31 * DAY, "clerk")
      assert.equal(200, clerk("POST", "/invitations/" .. made.id .. "/revoke").status)
    end)
  end)

  describe("list", function()
    before_each(function()
      invite("ann@example.com", { expires_in_days = 30 })
      invite("bob@example.com", { expires_in_days = 1 })
      invite("cid@example.com", { expires_in_days = 20 })
      local revoked = invite("dot@example.com").json
      clerk("POST", "/invitations/" .. revoked.id .. "/revoke")
      client.send("GET", invite("eve@example.com").json.url)
      server:advance(2 * DAY, "clerk")
    end)

    it("is an array of all but the revoked, newest first", function()
      assert.equal("eve@example.com cid@example.com bob@example.com ann@example.com",
                   addresses("/invitations"))
    end)

    it("filters by status, which may be repeated", function()
      assert.equal("cid@example.com ann@example.com", addresses("/invitations?status=pending"))
      assert.equal("bob@example.com", addresses("/invitations?status=expired"))
      assert.equal("dot@example.com", addresses("/invitations?status=revoked"))
      assert.equal("eve@example.com dot@example.com",
                   addresses("/invitations?status=revoked&status=accepted"))
    end)

    it("matches query on address and id", function()
      assert.equal("cid@example.com", addresses("/invitations?query=CID"))
      local id = clerk("GET", "/invitations").json[4].id
      assert.equal("ann@example.com", addresses("/invitations?query=" .. id))
      assert.equal("", addresses("/invitations?query=%25"))
    end)

    it("matches query on any part of an address", function()
      invite("acid@example.com")
      invite("ed@example.com")
      for query, found in pairs {
        ["cid@example.com"] = "acid@example.com cid@example.com", ["ACID@"] = "acid@example.com",
        ["d@exam"] = "ed@example.com acid@example.com cid@example.com", ["dot@"] = "",
        ["ed@"] = "ed@example.com", ["xed@"] = "", ["cid@example.net"] = "", ["cid@a@b"] = "",
      } do
        assert.equal(found, addresses("/invitations?query=" .. query:gsub("@", "%%40")))
      end
      assert.equal("dot@example.com", addresses("/invitations?query=dot%40&status=revoked"))
      assert.equal("cid@example.com",
        addresses("/invitations?query=cid%40&status=revoked&status=pending&offset=1"))
    end)

    it("orders by the field and direction asked for", function()
      assert.equal("ann@example.com bob@example.com cid@example.com eve@example.com",
                   addresses("/invitations?order_by=%2Bemail_address"))
      assert.equal("bob@example.com cid@example.com",
                   addresses("/invitations?order_by=expires_at&limit=2"))
      assert.equal("ann@example.com",
                   addresses("/invitations?order_by=%2Bcreated_at&limit=1"))
    end)

    it("pages by limit and offset, in both shapes", function()
      assert.equal("cid@example.com bob@example.com", addresses("/invitations?limit=2&offset=1"))
      assert.equal("[]", clerk("GET", "/invitations?offset=9").body)
      local page = clerk("GET", "/invitations?paginated=true&limit=1").json
      assert.equal(1, #page.data)
      assert.equal(4, page.total_count)
    end)

    it("refuses values it cannot use", function()
      for _, query in ipairs { "limit=0", "limit=501", "limit=x", "limit=1.5", "offset=-1",
                               "offset=", "status=gone", "order_by=name", "order_by=+created_at",
                               "paginated=maybe" } do
        refused(clerk("GET", "/invitations?" .. query), 400, "malformed_request_parameters")
      end
    end)

    it("gives ten by default", function()
      for i = 1, 12 do invite(("more%d@example.com"):format(i)) end
      assert.equal(10, #clerk("GET", "/invitations").json)
    end)
  end)

  describe("everywhere", function()
    local function with(headers, path)
      return clerk("GET", path or "/invitations", { headers = headers })
    end

    it("checks the key first", function()
      refused(with { authorization = false }, 401, "authorization_header_format_invalid")
      refused(with { authorization = "Token x" }, 401, "authorization_header_format_invalid")
      refused(with { authorization = "Bearer sk_test_wrong" }, 401, "clerk_key_invalid")
      refused(with({ authorization = "Bearer x" }, "/nothing"), 401, "clerk_key_invalid")
      refused(clerk("POST", "/invitations", { body = "{", headers = {
        authorization = "Bearer x" } }), 401, "clerk_key_invalid")
    end)

    it("takes a version by header or query, not both, and a known one", function()
      assert.equal(200, with({ ["clerk-api-version"] = "2026-05-12" }).status)
      assert.equal(200, with({}, "/invitations?__clerk_api_version=2021-02-05").status)
      refused(with({ ["clerk-api-version"] = "2026-05-12" },
                   "/invitations?__clerk_api_version=2026-05-12"), 400, "api_version_invalid")
      refused(with { ["clerk-api-version"] = "1999-01-01" }, 400, "api_version_invalid")
    end)

    it("does not know other paths and methods", function()
      refused(clerk("GET", "/invitation"), 404, "resource_not_found")
      refused(clerk("GET", "/invitations/"), 404, "resource_not_found")
      local answer = clerk("DELETE", "/invitations")
      assert.equal(405, answer.status)
      assert.equal("POST, GET", answer.headers:get("allow"))
    end)

    it("sends a trace id with successes too", function()
      assert.matches("^%x+$", clerk("GET", "/invitations").headers:get("clerk-trace-id"))
    end)
  end)
end)
