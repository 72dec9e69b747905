-- CVAT's operations beyond the reference page, against the sandbox.

local convoke = require "convoke"
local sandbox = require "convoke.sandbox"

describe("CVAT beyond the reference page", function()
  local s, owner, invitee
  setup(function() s = sandbox.start { cvat = "2.80" } end)
  teardown(function() s:stop() end)
  before_each(function()
    s:reset "cvat"
    owner = convoke.cvat { url = s.cvat.url, token = s.cvat.token, org = s.cvat.org }
    invitee = convoke.cvat { url = s.cvat.url, token = s.cvat.invitee_token }
  end)

  local function invite(email)
    return assert(owner.invitations:create { role = "worker",
      email = email or s.cvat.invitee_email }).key
  end

  local function refused(status, message, value, err)
    assert.is_nil(value)
    assert.equal(status, err.status)
    assert.equal("refused", err.outcome)
    assert.truthy(err.message:find(message, 1, true), err.message)
  end

  it("accepts an invitation, as the invitee alone", function()
    local key = invite()
    refused(403, "permission", owner.invitations:accept(key))
    assert.same({ organization_slug = "sandbox" }, (assert(invitee.invitations:accept(key))))
    refused(400, "already accepted", invitee.invitations:accept(key))
    refused(404, "Not found", invitee.invitations:accept "none")
    refused(400, "already accepted", owner.invitations:resend(key))
  end)

  it("accepts no invitation that has run out, until it is sent again", function()
    local key = invite()
    s:advance(8 * 24 * 60 * 60, "cvat")
    refused(400, "Your invitation is expired", invitee.invitations:accept(key))
    assert.is_true(owner.invitations:resend(key))
    assert(invitee.invitations:accept(key))
    s:advance(8 * 24 * 60 * 60, "cvat") -- which is looked at before whether it was accepted
    refused(400, "Your invitation is expired", invitee.invitations:accept(key))
  end)

  it("declines an invitation, after which the person can be invited again", function()
    local key = invite()
    refused(403, "permission", owner.invitations:decline(key))
    assert.is_true(invitee.invitations:decline(key))
    refused(404, "Not found", invitee.invitations:decline(key))
    key = invite()
    assert(invitee.invitations:accept(key))
    assert.is_true(invitee.invitations:decline(key)) -- which throws the member out
    invite()
  end)

  it("takes what a repeat says for done where the first answer was lost", function()
    local key = invite()
    s:fault { api = "cvat", method = "POST", status = 502, body = "x", execute = true }
    assert.same({}, (assert(invitee.invitations:accept(key))))
    s:fault { api = "cvat", method = "POST", status = 502, body = "x", execute = true }
    assert.is_true(invitee.invitations:decline(key))
  end)

  it("tells about the server and the caller, and finds an organization by its slug", function()
    local about = assert(owner.server:about())
    assert.equal("2.80.0", about.version)
    assert.is_string(about.logo_url)
    local me = assert(owner.users:self())
    assert.equal(s.cvat.username, me.username)
    assert.same({ "user" }, me.groups)
    local found = assert(owner.organizations:list { slug = s.cvat.org })
    assert.equal(1, found.count)
    assert.equal(s.cvat.org_id, found.results[1].id)
    assert.equal(0, assert(owner.organizations:list { slug = s.cvat.other_org }).count)
    assert.equal(s.cvat.org, assert(owner.organizations:all())[1].slug)
  end)

  it("finds the membership of an invitation, and takes both back", function()
    local key = invite "ada@example.com"
    local found = assert(owner.memberships:list { user = "ada@example.com" }).results
    assert.equal(1, #found)
    local one = found[1]
    assert.equal(key, one.invitation)
    assert.is_nil(one.joined_date)
    assert.is_false(one.is_active)
    assert.same(one, (assert(owner.memberships:get(one.id))))
    assert.is_true(owner.memberships:delete(one.id))
    refused(404, "Not found", owner.memberships:delete(one.id))
    refused(404, "Not found", owner.invitations:get(key))
    invite "ada@example.com"
    refused(403, "permission", owner.memberships:delete(1)) -- an owner stays
  end)

  it("walks all memberships, whatever the loop ends meanwhile", function()
    for i = 1, 25 do invite(("u%d@example.com"):format(i)) end
    local seen = {}
    for one in owner.memberships:each { role = "worker", page_size = 4 } do
      seen[#seen + 1] = one.user.username
      assert(owner.memberships:delete(one.id))
    end
    assert.equal(26, #seen) -- with wes, who was there before
    assert.equal(2, #assert(owner.memberships:all()))
  end)

  it("logs in without the client's credential, and out for everyone", function()
    local client = convoke.cvat { url = s.cvat.url, token = "0123456789" }
    refused(401, "Invalid token", client.invitations:list())
    refused(400, "Unable to log in",
      client.auth:login { username = s.cvat.username, password = "wrong" })
    refused(400, "Must include", client.auth:login { password = "wrong" })
    local login = { username = s.cvat.username, password = s.cvat.password }
    local key = assert(client.auth:login(login)).key
    assert.equal(s.cvat.token, key)
    local other = convoke.cvat { url = s.cvat.url, token = key }
    assert(other.invitations:list())
    assert.same({ detail = "Successfully logged out." }, (assert(owner.auth:logout())))
    refused(401, "Invalid token", other.invitations:list())
    assert.not_equal(key, assert(client.auth:login(login)).key)
  end)

  it("asks for no credential to log in with, and shows no password", function()
    local asked, lines = 0, {}
    local function token()
      asked = asked + 1
      return s.cvat.token
    end
    local client = convoke.cvat { url = s.cvat.url, token = token,
      log = function(line) lines[#lines + 1] = line end }
    assert(client.auth:login { username = s.cvat.username, password = s.cvat.password })
    s:fault { api = "cvat", method = "POST", status = 401 }
    local _, err = client.auth:login { username = s.cvat.username, password = "not-this-one" }
    assert.equal(401, err.status)
    assert.equal(1, err.attempts)
    assert.equal(0, asked)
    for _, request in ipairs(s:requests "cvat") do assert.is_nil(request.headers.authorization) end
    assert.is_nil((tostring(err) .. table.concat(lines)):find("not-this-one", 1, true))
  end)

  it("logs out and ends a membership once, though the answer was lost", function()
    invite "ada@example.com"
    local id = assert(owner.memberships:list { user = "ada@example.com" }).results[1].id
    s:fault { api = "cvat", method = "DELETE", status = 502, body = "x", execute = true }
    assert.is_true(owner.memberships:delete(id))
    s:fault { api = "cvat", method = "POST", status = 502, body = "x", execute = true }
    assert.same({}, (assert(owner.auth:logout())))
  end)

  it("keeps to what is known of the server's limits", function()
    local limits = {}
    for _, operation in ipairs(convoke.operations) do limits[operation.name] = operation.limits end
    assert.same({ { 5, per = 3600 } }, limits["cvat.invitations.resend"])
    assert.same({ { 100, per = 60 } }, limits["cvat.auth.login"])
    assert.same({}, limits["cvat.invitations.create"])
    local key = invite()
    local client = convoke.cvat { url = s.cvat.url, token = s.cvat.token, rate = "documented" }
    for _ = 1, 5 do assert(client.invitations:resend(key, { org = s.cvat.org })) end
    local sent, err = client.invitations:resend(key, { org = s.cvat.org }, { timeout = 0.2 })
    assert.is_nil(sent)
    assert.equal("not_sent", err.outcome)
    assert.is_true(err.retry_after > 3000)
  end)

  it("sends no invitation twice by itself, and is told when it may again", function()
    local key = invite()
    s:fault { api = "cvat", method = "POST", status = 502, body = "x", execute = true }
    local sent, err = owner.invitations:resend(key)
    assert.is_nil(sent)
    assert.equal("unknown", err.outcome)
    assert.equal(1, err.attempts)
    for _ = 1, 4 do assert.is_true(owner.invitations:resend(key)) end
    sent, err = owner.invitations:resend(key, {}, { timeout = 2 })
    assert.is_nil(sent)
    assert.equal(429, err.status)
    assert.is_true(err.retry_after > 3500)
    s:advance(3601, "cvat")
    local other = convoke.cvat { url = s.cvat.url, token = s.cvat.token, org = s.cvat.org }
    assert.is_true(other.invitations:resend(key))
  end)
end)
