-- Gencove's operations beyond the reference page, against the sandbox: the organization, its users
-- and their roles, accounts, logins.

local convoke = require "convoke"
local sandbox = require "convoke.sandbox"

describe("Gencove beyond the reference page", function()
  local s, gencove, nobody
  setup(function() s = sandbox.start() end)
  teardown(function() s:stop() end)
  before_each(function()
    s:reset "gencove"
    s:clear_faults "gencove"
    gencove = convoke.gencove { url = s.gencove.url, api_key = s.gencove.api_key }
    nobody = convoke.gencove { url = s.gencove.url }
  end)

  local function refused(status, message, value, err)
    assert.is_nil(value)
    assert.equal(status, err.status)
    assert.equal("refused", err.outcome)
    assert.truthy(err.message:find(message, 1, true), err.message)
  end

  local function lose_next(status)
    s:fault { api = "gencove", method = "POST", status = status, body = "x", execute = true }
  end

  local function log_in(email, password)
    return nobody.jwt:create { email = email or s.gencove.email,
      password = password or s.gencove.password }
  end

  -- What the sandbox's books know of the user with an address.
  local function in_books(email)
    for _, user in ipairs(s:books("gencove").users) do
      if user.email == email then return user end
    end
  end

  -- Makes an account that can log in; `more`: further parameters of the registration.
  local function register(email, more)
    local params = { email = email, password = "sandbox-password" }
    for name, value in pairs(more or {}) do params[name] = value end
    local user = assert(nobody.user:register(params))
    local known = in_books(email)
    assert(nobody.user:activate { uid = known.uid, token = known.activation_token })
    return user.id
  end

  describe("the organization", function()
    it("is read, with the caller's role in it, and so is the caller", function()
      local organization = assert(gencove.organization:get())
      assert.equal("Example Org", organization.name)
      assert.equal(0, organization.archive_period_days)
      assert.is_false(organization.account_on_hold)
      assert.is_nil(organization.organization_type)
      local role = organization.roles.organization
      assert.equal("owner", role.name)
      assert.same(role, (assert(gencove.organization_roles:get(role.id))))
      refused(404, "Not found", gencove.organization_roles:get(organization.id))
      local user = assert(gencove.user:get())
      assert.equal(s.gencove.email, user.email)
      assert.is_true(user.uploads_enabled)
    end)

    it("is closed to who has no login, and to who does not belong to it", function()
      refused(401, "credentials were not provided", nobody.organization:get())
      register("other@example.com", { organization_name = "Others" })
      local other = convoke.gencove { url = s.gencove.url,
        jwt = assert(log_in("other@example.com")).access }
      assert.equal("other@example.com", assert(other.user:get()).email)
      refused(403, "permission", other.organization:get())
      refused(403, "permission", other.invitations:list {})
    end)

    it("has roles, whose names are listed by what they are for", function()
      local names = {}
      for role in gencove.roles:each("organization", { limit = 1 }) do
        names[#names + 1] = role.name
      end
      assert.same({ "owner", "admin", "member" }, names)
      assert.equal("viewer", assert(gencove.roles:all "project")[2].name)
      local _, err = gencove.roles:list "planet"
      assert.equal("invalid", err.kind)
    end)
  end)

  describe("the organization's users", function()
    it("are those who have accepted an invitation, by a login or by registering", function()
      assert.equal(1, #assert(gencove.organization_users:all()))
      assert(gencove.invitations:accept(s.gencove.invitation_token, {}))
      local joined = assert(gencove.organization_users:list { search = "INVITEE@" }).results
      assert.equal("member", joined[1].roles.organization.name)
      local made = assert(gencove.invitations:create { email = "new@example.com", role = "admin" })
      local token
      for _, one in ipairs(s:books("gencove").invitations) do
        if one.id == made.id then token = one.token end
      end
      register("new@example.com", { invitation_token = token, name = "Newton" })
      joined = assert(gencove.organization_users:list { search = "newton" }).results
      assert.equal("admin", joined[1].roles.organization.name)
      assert.is_true(joined[1].is_active)
      assert.equal("accepted", assert(nobody.invitations:read_token(token)).last_status.status)
      refused(400, "not valid", nobody.user:register { email = "late@example.com",
        password = "long enough", invitation_token = token })
    end)

    it("are walked page by page", function()
      local seen = {}
      for i = 1, 12 do
        local id = register(("u%d@example.com"):format(i))
        assert(gencove.organization_users:create { user = id, role = "member" })
      end
      for user in gencove.organization_users:each { limit = 5 } do
        assert.is_nil(seen[user.id])
        seen[user.id], seen.count = true, (seen.count or 0) + 1
      end
      assert.equal(13, seen.count)
      assert.equal(12, #assert(gencove:all("organization_users_list", { search = "@example.com",
        offset = 1, limit = 200 })))
    end)

    it("are given a role each", function()
      local id = register "grace@example.com"
      local role = assert(gencove.organization_users:create { user = id, role = "admin" })
      assert.same({ id = role.id, name = "admin" },
        (assert(gencove.organization_roles:get(role.id))))
      refused(400, "unique set",
        gencove.organization_users:create { user = id, role = "admin" })
      assert(gencove.organization_users:create { user = id, role = "owner" })
      refused(404, "Not found", gencove.organization_roles:get(role.id))
      refused(404, "Not found", gencove.organization_users:create { role = "owner",
        user = "00000000-0000-4000-8000-000000000000" })
      refused(400, "does not exist", gencove.organization_users:create { user = id, role = "x" })
    end)

    it("are renamed and taken out, which ends what they log in with", function()
      local id = register "eve@example.com"
      assert(gencove.organization_users:create { user = id, role = "member" })
      local tokens = assert(log_in("eve@example.com"))
      local eve = convoke.gencove { url = s.gencove.url, jwt = tokens.access }
      assert.equal("Eve", assert(gencove.organization_users:update(id, { name = "Eve" })).name)
      assert.equal("Eve", assert(eve.user:get()).name)
      s:fault { api = "gencove", method = "PATCH", status = 502, body = "x", execute = true }
      local out, _, meta = gencove.organization_users:update(id, { is_active = false })
      assert.is_false(out.is_active)
      assert.equal(2, meta.attempts) -- a repeat does no harm
      refused(401, "inactive", eve.user:get())
      refused(401, "No active account", log_in("eve@example.com"))
      refused(404, "Not found", gencove.organization_users:update(gencove.organization:get().id))
      local _, err = gencove.organization_users:update(id, { is_active = "no" })
      assert.equal("invalid", err.kind)
    end)

    it("are given no role twice where an answer is lost", function()
      local id = register "grace@example.com"
      lose_next(502)
      local _, err = gencove.organization_users:create { user = id, role = "admin" }
      assert.equal("unknown", err.outcome)
      assert.equal(1, err.attempts)
      local user = assert(gencove.organization_users:list { search = id }).results[1]
      assert.equal("admin", user.roles.organization.name) -- which tells whether it was done
    end)
  end)

  describe("an account", function()
    it("is registered, activated once, and logs in then", function()
      local user = assert(nobody.user:register { email = "grace@example.com",
        password = "sandbox-password", name = "Grace" })
      assert.equal("Grace", user.name)
      assert.is_nil(user.invitation_token)
      refused(401, "No active account", log_in("grace@example.com"))
      local known = in_books "grace@example.com"
      refused(400, "Invalid token", nobody.user:activate { uid = known.uid, token = "x" })
      refused(400, "Invalid user id", nobody.user:activate { uid = "x", token = "x" })
      local mail = { uid = known.uid, token = known.activation_token }
      assert.same(mail, (assert(nobody.user:activate(mail))))
      refused(403, "Stale token", nobody.user:activate(mail))
      assert.is_string(assert(log_in("grace@example.com")).access)
      refused(400, "already exists", nobody.user:register { email = "GRACE@example.com",
        password = "another-password" })
      refused(400, "too short", nobody.user:register { email = "a@b.de", password = "short" })
    end)

    it("is not registered twice where an answer is lost", function()
      lose_next(502)
      local _, err = nobody.user:register { email = "g@example.com", password = "long enough" }
      assert.equal("unknown", err.outcome)
      assert.equal(1, err.attempts)
    end)

    it("stays in doubt where the repeat of an activation is refused", function()
      assert(nobody.user:register { email = "g@example.com", password = "long enough" })
      local known = in_books "g@example.com"
      lose_next(502)
      local _, err = nobody.user:activate { uid = known.uid, token = known.activation_token }
      assert.equal(403, err.status)
      assert.equal("unknown", err.outcome)
      assert.is_true(in_books("g@example.com").is_active)
    end)
  end)

  describe("a login", function()
    it("is verified and refreshed, and ends", function()
      local tokens = assert(log_in())
      assert.same({}, (assert(nobody.jwt:verify { token = tokens.access })))
      assert(nobody.jwt:verify { token = tokens.refresh })
      refused(401, "invalid or expired", nobody.jwt:verify { token = "a.b.c" })
      local again = assert(nobody.jwt:refresh { refresh = tokens.refresh }).access
      local ann = convoke.gencove { url = s.gencove.url, jwt = again }
      assert.equal(s.gencove.email, assert(ann.user:get()).email)
      refused(401, "not provided", nobody.jwt:logout { refresh = tokens.refresh })
      assert.same({ refresh = tokens.refresh },
        (assert(ann.jwt:logout { refresh = tokens.refresh })))
      refused(401, "blacklisted", nobody.jwt:refresh { refresh = tokens.refresh })
      refused(401, "blacklisted", ann.jwt:logout { refresh = tokens.refresh })
      refused(401, "No active account", log_in(nil, "wrong"))
    end)

    it("goes without the client's credential, which would only be in the way", function()
      local tokens = assert(log_in())
      local late = convoke.gencove { url = s.gencove.url, jwt = "one.that.ended" }
      assert(late.jwt:create { email = s.gencove.email, password = s.gencove.password })
      assert(late.jwt:refresh { refresh = tokens.refresh })
      assert(late.jwt:verify { token = tokens.access })
      for _, request in ipairs(s:requests "gencove") do
        assert.is_nil(request.headers.authorization, request.path)
      end
      assert.is_nil((late.user:get()))
      local requests = s:requests "gencove"
      assert.equal("Bearer one.that.ended", requests[#requests].headers.authorization)
    end)

    it("can be refreshed by the function that gives a client its token", function()
      local tokens, asked = assert(log_in()), 0
      local ann
      ann = convoke.gencove { url = s.gencove.url, jwt = function()
        asked = asked + 1
        return assert(ann.jwt:refresh { refresh = tokens.refresh }).access
      end }
      assert.equal(s.gencove.email, assert(ann.user:get()).email)
      assert.equal(1, asked)
      refused(401, "No active account", ann.jwt:create { email = "x@example.com", password = "x" })
      assert.equal(1, asked) -- that refusal is not about the client's token
    end)

    it("is repeated where an answer is lost, and its end is taken for done", function()
      lose_next(502)
      local tokens, _, meta = log_in()
      assert.is_string(tokens.refresh)
      assert.equal(2, meta.attempts)
      lose_next(502)
      assert.is_string(assert(nobody.jwt:refresh { refresh = tokens.refresh }).access)
      lose_next(502)
      assert(nobody.jwt:verify { token = tokens.access })
      lose_next(502)
      assert.same({}, (assert(gencove.jwt:logout { refresh = tokens.refresh })))
      refused(401, "blacklisted", nobody.jwt:refresh { refresh = tokens.refresh })
    end)

    it("is not taken for ended where the access token was refused", function()
      local tokens = assert(log_in())
      s:fault { api = "gencove", method = "POST", status = 502, body = "x" }
      s:fault { api = "gencove", method = "POST", status = 401, body =
        '{"detail":"Given token not valid for any token type","code":"token_not_valid"}' }
      local ended, err = gencove.jwt:logout { refresh = tokens.refresh }
      assert.is_nil(ended)
      assert.equal("unknown", err.outcome)
      assert(nobody.jwt:refresh { refresh = tokens.refresh })
    end)
  end)
end)
