-- CVAT's operations beyond the reference page, against the sandbox.

local convoke = require "convoke"
local sandbox = require "convoke.sandbox"

describe("CVAT beyond the reference page", function()
  local s, owner, invitee
  setup(function() s = sandbox.start() end)
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
