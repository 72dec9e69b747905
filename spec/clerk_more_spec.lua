-- Clerk's operations beyond the reference page, against the sandbox: bulk and organization
-- invitations, sessions, the waitlist.

local convoke = require "convoke"
local sandbox = require "convoke.sandbox"

describe("Clerk beyond the reference page", function()
  local s, clerk, org, user
  setup(function() s = sandbox.start() end)
  teardown(function() s:stop() end)
  before_each(function()
    s:reset "clerk"
    s:clear_faults "clerk"
    org, user = s.clerk.organization_id, s.clerk.user_id
    clerk = convoke.clerk { url = s.clerk.url, secret_key = s.clerk.secret_key }
  end)

  local function refused(code, status, value, err)
    assert.is_nil(value)
    assert.equal(code, err.code)
    assert.equal(status, err.status)
    assert.equal("refused", err.outcome)
  end

  local function address(i) return ("u%d@example.com"):format(i) end

  local function rows(from, to, more)
    local list = {}
    for i = from, to do
      list[#list + 1] = { email_address = address(i) }
      for name, value in pairs(more or {}) do list[#list][name] = value end
    end
    return list
  end

  local function names(list)
    local found = {}
    for i, one in ipairs(list) do found[i] = one.email_address end
    table.sort(found)
    return table.concat(found, " ")
  end

  describe("a bulk create", function()
    it("makes an invitation of each row", function()
      local made = assert(clerk.invitations:create_bulk(rows(1, 10, { public_metadata = { a = 1 },
        redirect_url = convoke.null })))
      assert.equal(10, #made)
      assert.equal("pending", made[1].status)
      assert.equal(1, made[10].public_metadata.a)
      assert.equal(10, #assert(clerk.invitations:all()))
      local again = assert(clerk:call("CreateBulkInvitations", { body = rows(11, 11) }))
      assert.equal(address(11), again[1].email_address)
    end)

    it("is checked before it is sent", function()
      local function invalid(field, params)
        local value, err = clerk.invitations:create_bulk(params)
        assert.is_nil(value)
        assert.equal("invalid", err.kind)
        assert.equal(field, err.fields[1].field)
      end
      invalid("body", rows(1, 11))
      invalid("body", { body = {} })
      invalid("body", {})
      invalid("body[2].email_address", { { email_address = "a@b.de" }, {} })
      invalid("body[1].nonsense", { { email_address = "a@b.de", nonsense = 1 } })
      assert.equal(0, #s:requests "clerk")
    end)

    it("is refused as a whole, with all addresses that are invited", function()
      assert(clerk.invitations:create { email_address = address(2) })
      refused("duplicate_record", 400, clerk.invitations:create_bulk(rows(1, 3)))
      assert.equal(1, #assert(clerk.invitations:all()))
      local list = rows(1, 3, { ignore_existing = true })
      assert.equal(3, #assert(clerk.invitations:create_bulk(list)))
      refused("form_identifier_exists", 422,
        clerk.invitations:create_bulk { { email_address = "member@example.com" } })
    end)

    it("is never sent again once it may have happened", function()
      s:fault { api = "clerk", method = "POST", status = 502, body = "x", execute = true }
      local value, err = clerk.invitations:create_bulk(rows(1, 2))
      assert.is_nil(value)
      assert.equal("unknown", err.outcome)
      assert.equal(1, err.attempts)
      assert.equal(2, #assert(clerk.invitations:all()))
    end)
  end)

  describe("an organization's invitations", function()
    local function invite(i, more)
      local params = { email_address = address(i), role = "org:member" }
      for name, value in pairs(more or {}) do params[name] = value end
      return clerk.organization_invitations:create(org, params)
    end

    it("are created, read, listed and revoked", function()
      local made = assert(invite(1, { inviter_user_id = user, private_metadata = { k = true },
        expires_in_days = 3 }))
      assert.equal("organization_invitation", made.object)
      assert.equal("org:member", made.role)
      assert.equal(user, made.inviter_id)
      assert.is_true(made.private_metadata.k)
      assert.equal(3 * 86400000, made.expires_at - made.created_at)
      local invitations = clerk.organization_invitations
      assert.same(made, (assert(invitations:get(org, made.id))))
      assert.same(made, (assert(invitations:get { organization_id = org,
        invitation_id = made.id })))
      assert.same(made, (assert(invitations:get(org, { invitation_id = made.id }))))
      assert(invite(2, { notify = false }))
      local listed = assert(invitations:list(org, { status = "pending" }))
      assert.equal(2, listed.total_count)
      assert.is_nil(listed.data[1].url)
      assert.equal(1, assert(invitations:list(org, { email_address = address(1) })).total_count)
      local revoked = assert(invitations:revoke(org, made.id, { requesting_user_id = user }))
      assert.equal("revoked", revoked.status)
      refused("organization_invitation_not_pending", 404, invitations:revoke(org, made.id))
      refused("resource_not_found", 404, invitations:get(org, "orginv_none"))
      refused("resource_not_found", 404, invitations:list "org_none")
      refused("not_a_member_in_organization", 403, invite(3, { inviter_user_id = "user_x" }))
      refused("organization_invitation_not_unique", 400, invite(2))
      refused("already_a_member_in_organization", 400,
        invitations:create(org, { email_address = "member@example.com", role = "org:admin" }))
    end)

    it("are walked, of one organization, of all and of a user", function()
      local made = assert(clerk.organization_invitations:create_bulk(org,
        rows(1, 10, { role = "org:admin" })))
      assert.equal(10, made.total_count)
      assert.equal(10, #made.data)
      for i = 11, 25 do assert(invite(i)) end
      local all = assert(clerk.organization_invitations:all(org, { limit = 7 }))
      assert.equal(25, #all)
      local seen = 0
      for one in clerk.organization_invitations:each(org, { status = "pending", limit = 4 }) do
        seen = seen + 1
        assert(clerk.organization_invitations:revoke(org, one.id))
      end
      assert.equal(25, seen)
      assert.equal(0, assert(clerk.organization_invitations:list_pending(org)).total_count)
      local wide = assert(clerk:all("ListInstanceOrganizationInvitations", { query = "u25@" }))
      assert.equal(1, #wide)
      assert.equal("Sandbox", wide[1].public_organization_data.name)
      assert.equal(0, #assert(clerk:all("UsersGetOrganizationInvitations", user)))
      assert.equal(0, assert(clerk.organization_invitations:list_of_user(user)).total_count)
      refused("resource_not_found", 404, clerk.organization_invitations:list_of_user "user_x")
      refused("resource_not_found", 404, clerk.organization_invitations:create("org_x",
        { email_address = "a@b.de", role = "org:member" }))
    end)

    it("are looked for where the answer to a create is lost", function()
      s:fault { api = "clerk", method = "POST", status = 502, body = "x", execute = true }
      local made, err, meta = invite(1)
      assert.is_nil(err)
      assert.equal(address(1), made.email_address)
      assert.equal("look-up", meta.settled)
      assert.equal(1, #assert(clerk.organization_invitations:all(org)))
      s:fault { api = "clerk", method = "POST", status = 502, body = "x" }
      made, err, meta = invite(2)
      assert.is_nil(err)
      assert.equal(address(2), made.email_address)
      assert.equal(2, meta.attempts) -- it was not there, and was sent again
      s:fault { api = "clerk", method = "POST", status = 500, body = "x", execute = true }
      made, err = invite(3)
      assert.is_nil(made)
      assert.equal("made", err.outcome)
      assert.equal(address(3), err.value.email_address)
      s:fault { api = "clerk", method = "POST", status = 502, body = "x", execute = true }
      made, err = clerk.organization_invitations:create({ organization_id = org,
        email_address = address(4), role = "org:member" }, { reconcile = false })
      assert.is_nil(made)
      assert.equal("unknown", err.outcome)
    end)

    it("refuse path values that are given twice or not at all", function()
      local _, err = clerk.organization_invitations:create(org, { organization_id = org,
        email_address = "a@b.de", role = "r" })
      assert.equal("invalid", err.kind)
      assert.equal("organization_id is given twice", err.message)
      _, err = clerk.organization_invitations:get(org)
      assert.equal("invitation_id is required", err.message)
      _, err = clerk.organization_invitations:get()
      assert.equal("invalid", err.kind)
      assert.equal(2, #err.fields)
      assert.error_matches(function()
        clerk.organization_invitations:get(org, "i", {}, {}, 1)
      end, "too many arguments")
    end)
  end)

  describe("sessions", function()
    it("are created, read, listed and revoked", function()
      local made = assert(clerk.sessions:create { user_id = user })
      assert.equal("active", made.status)
      assert.same(made, (assert(clerk.sessions:get(made.id))))
      assert(clerk.sessions:create { user_id = user })
      assert.equal(2, #assert(clerk.sessions:list { user_id = user }))
      assert.equal(2, assert(clerk.sessions:list { user_id = user, paginated = true }).total_count)
      assert.equal(1, #assert(clerk.sessions:list { client_id = made.client_id,
        status = "active" }))
      local seen = 0
      for one in clerk.sessions:each { user_id = user, status = "active", limit = 1 } do
        seen = seen + 1
        assert.equal("revoked", assert(clerk.sessions:revoke(one.id)).status)
      end
      assert.equal(2, seen)
      assert.equal("revoked", assert(clerk.sessions:revoke(made.id)).status) -- it does no harm
      refused("form_param_missing", 422, clerk.sessions:list {})
      refused("resource_not_found", 404, clerk.sessions:create { user_id = "user_x" })
      refused("resource_not_found", 404, clerk.sessions:get "sess_x")
    end)

    it("are not created twice where an answer is lost", function()
      s:fault { api = "clerk", method = "POST", status = 502, body = "x", execute = true }
      local made, err = clerk.sessions:create { user_id = user }
      assert.is_nil(made)
      assert.equal("unknown", err.outcome)
      assert.equal(1, #assert(clerk.sessions:list { user_id = user }))
    end)

    it("give tokens, which only old versions of the API verify", function()
      local session = assert(clerk.sessions:create { user_id = user })
      local token = assert(clerk.sessions:create_token(session.id, { expires_in_seconds = 60 }))
      assert.equal("token", token.object)
      assert.matches("^%w+%.%w+%.%w+$", token.jwt)
      assert(clerk.sessions:create_token_from_template(session.id, "sandbox"))
      refused("resource_not_found", 404,
        clerk.sessions:create_token_from_template(session.id, "other"))
      local new = convoke.clerk { url = s.clerk.url, secret_key = s.clerk.secret_key,
        api_version = "2026-05-12" }
      refused("operation_deprecated", 410, new.sessions:verify(session.id, { token = token.jwt }))
      local old = convoke.clerk { url = s.clerk.url, secret_key = s.clerk.secret_key,
        api_version = "2024-10-01" }
      assert.equal(session.id, assert(old.sessions:verify(session.id, { token = token.jwt })).id)
      refused("invalid_session_token", 400, old.sessions:verify(session.id, { token = "x.y.z" }))
    end)

    it("are refreshed once for a token that has run out", function()
      local session = assert(clerk.sessions:create { user_id = user })
      local params = { expired_token = "a.b.c", request_origin = "https://example.com",
        refresh_token = s:books("clerk").sessions[1].refresh_token, format = "cookie" }
      local answer = assert(clerk.sessions:refresh(session.id, params))
      assert.equal("cookies", answer.object)
      assert.matches("^__session=", answer.cookies[1])
      refused("session_refresh_expired_session_token_consumed", 401,
        clerk.sessions:refresh(session.id, params))
      refused("invalid_session_token", 400, clerk.sessions:refresh("sess_x", params))
      params.refresh_token = "rt_other"
      refused("invalid_session_token", 400, clerk.sessions:refresh(session.id, params))
    end)
  end)

  describe("the waitlist", function()
    it("takes addresses, once each, and invites, rejects and deletes them", function()
      local waitlist = clerk.waitlist_entries
      local made = assert(waitlist:create { email_address = address(1), notify = false })
      assert.equal("pending", made.status)
      assert.equal(made.id, assert(waitlist:create { email_address = address(1) }).id)
      assert.equal(3, #assert(waitlist:create_bulk(rows(1, 3))))
      assert.equal(address(1) .. " " .. address(2) .. " " .. address(3), names(waitlist:all()))
      local invited = assert(waitlist:invite(made.id))
      assert.equal("invited", invited.status)
      assert.equal(address(1), invited.invitation.email_address)
      refused("waitlist_entry_already_invited", 409, waitlist:invite(made.id))
      assert(waitlist:invite(made.id, { ignore_existing = true }))
      local second = assert(waitlist:list { query = address(2) }).data[1]
      assert.equal("rejected", assert(waitlist:reject(second.id)).status)
      refused("waitlist_entry_already_rejected", 409, waitlist:reject(second.id))
      local third = assert(waitlist:list { status = "pending" }).data[1]
      local gone = assert(waitlist:delete(third.id))
      assert.is_true(gone.deleted)
      refused("resource_not_found", 404, waitlist:delete(third.id))
      refused("form_param_duplicate", 422, waitlist:create_bulk { { email_address = "a@b.de" },
        { email_address = "A@b.de" } })
      refused("waitlist_entry_already_invited", 409, waitlist:delete(made.id))
      assert.equal(2, #assert(waitlist:all { order_by = "+email_address", limit = 1 }))
    end)

    it("knows what a repeat says once the answer to the first call is lost", function()
      local entries = assert(clerk.waitlist_entries:create_bulk(rows(1, 3)))
      s:fault { api = "clerk", method = "DELETE", status = 502, body = "x", execute = true }
      assert.is_true(assert(clerk.waitlist_entries:delete(entries[1].id)).deleted)
      s:fault { api = "clerk", method = "POST", status = 502, body = "x", execute = true }
      assert.equal("rejected", assert(clerk.waitlist_entries:reject(entries[2].id)).status)
      s:fault { api = "clerk", method = "POST", status = 502, body = "x", execute = true }
      local _, err = clerk.waitlist_entries:invite(entries[3].id)
      assert.equal("unknown", err.outcome) -- a repeat could send a second e-mail
      assert.equal(1, err.attempts)
    end)

    it("deletes all in a loop over what is there", function()
      assert(clerk.waitlist_entries:create_bulk(rows(1, 30)))
      local seen = 0
      for entry in clerk.waitlist_entries:each { limit = 10 } do
        seen = seen + 1
        assert(clerk.waitlist_entries:delete(entry.id))
      end
      assert.equal(30, seen)
    end)
  end)

  it("keeps to the documented limits of each operation", function()
    local limits = {}
    for _, operation in ipairs(convoke.operations) do
      if operation.api == "clerk" then limits[operation.id] = operation.limits[1] end
    end
    assert.same({ 25, per = 3600 }, limits.CreateBulkInvitations)
    assert.same({ 250, per = 3600 }, limits.CreateOrganizationInvitation)
    assert.same({ 50, per = 3600 }, limits.CreateOrganizationInvitationBulk)
    assert.is_true(limits.GetSession.shared)
    local paced = convoke.clerk { url = s.clerk.url, secret_key = s.clerk.secret_key,
      rate = "documented", timeout = 5 }
    for i = 1, 25 do assert(paced.invitations:create_bulk(rows(i, i))) end
    local nothing, err = paced.invitations:create_bulk(rows(26, 26))
    assert.is_nil(nothing)
    assert.equal("not_sent", err.outcome)
    assert.is_true(err.retry_after > 3000)
    assert(paced.invitations:list {}) -- others go on
  end)
end)
