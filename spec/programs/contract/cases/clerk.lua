local convoke = require "convoke"

local id = "inv_29w9IptNja3mP8GDXpquBwN2qR9"
local trace = "0123456789abcdef0123456789abcdef"
local key = "sk_test_0123456789abcdefghijABCDEFGHIJ"

local organization, org, user = "clerk.organization_invitations.", "org_1", "user_1"
local create, list, revoke = "clerk.invitations.create", "clerk.invitations.list",
  "clerk.invitations.revoke"

return {
  credentials = {
    { list, name = "secret_key", client = { secret_key = key },
      shows = { "authorization: Bearer " .. key } },
  },

  calls = {
    { create, { email_address = "ada@example.com" } },
    { create, { email_address = "ada+red team@example.com", notify = false,
                public_metadata = { team = "rød & grøn", seats = 3, nested = { list = { 1, 2 } } },
                redirect_url = "https://example.com/welcome?from=mail&name=Zo%C3%AB",
                ignore_existing = true, expires_in_days = 365, template_slug = "invitation" } },
    { create, { email_address = "björk@example.com", public_metadata = {},
                notify = convoke.null, ignore_existing = convoke.null,
                expires_in_days = convoke.null, template_slug = "waitlist_invitation" } },
    { list, {} },
    { list, { status = "pending", query = "ada @ ÿ/?#&=+%", order_by = "+email_address",
              paginated = true, limit = 500, offset = 0 }, prefer = "example=paginated" },
    { list, { status = "expired", order_by = "-created_at", paginated = false, limit = 1,
              offset = 20 }, prefer = "example=plain" },
    { revoke, id },
    { revoke, "inv/ä b?c#d" },
  },

  extras = {
    { "clerk.invitations.create_bulk", { body = {
      { email_address = "ada@example.com", public_metadata = convoke.null, redirect_url =
        convoke.null, notify = convoke.null, ignore_existing = true, expires_in_days = 365,
        template_slug = "waitlist_invitation" },
      { email_address = "björk@example.com", public_metadata = { a = { 1 } } } } } },
    { organization .. "create", org, { email_address = "ada@example.com", role = "org:member",
      inviter_user_id = user, public_metadata = {}, private_metadata = { a = true },
      redirect_url = "https://example.com", expires_in_days = 1, notify = false } },
    { organization .. "create", org, { email_address = "ada@example.com", role = "org:member",
      inviter_user_id = convoke.null, public_metadata = convoke.null, expires_in_days =
      convoke.null, private_metadata = convoke.null, redirect_url = convoke.null,
      notify = convoke.null } },
    { organization .. "create_bulk", org, { body = { { email_address = "a@b.de", role = "r" } } } },
    { organization .. "list", org, { status = "expired", email_address = "a+b@example.com",
      order_by = "+email_address", limit = 500, offset = 1 } },
    { organization .. "list_pending", org, { limit = 1, offset = 0 } },
    { organization .. "list_all", { query = "a b", status = "revoked", limit = 7, offset = 3,
      order_by = "-created_at" } },
    { organization .. "list_of_user", user, { status = "accepted", limit = 5, offset = 0 } },
    { organization .. "get", org, "orginv/ä b" },
    { organization .. "revoke", org, "orginv_1", { requesting_user_id = user } },
    { organization .. "revoke", org, "orginv_1" },
    { "clerk.sessions.list", { client_id = "client_1", user_id = user, status = "active",
      paginated = false, limit = 1, offset = 2 }, prefer = "example=plain" },
    { "clerk.sessions.list", { user_id = user, paginated = true }, prefer = "example=paginated" },
    { "clerk.sessions.create", { user_id = user, active_organization_id = org } },
    { "clerk.sessions.get", "sess_1" },
    { "clerk.sessions.revoke", "sess_1" },
    { "clerk.sessions.refresh", "sess_1", { expired_token = "a.b.c", refresh_token = "rt",
      request_origin = "https://example.com", request_headers = { Accept = { "a" } },
      format = "token", request_originating_ip = convoke.null, suffixed_cookies = true },
      prefer = "example=token" },
    { "clerk.sessions.refresh", "sess_1", { expired_token = "a.b.c", refresh_token = "rt",
      request_origin = "https://example.com", format = "cookie" }, prefer = "example=cookies" },
    { "clerk.sessions.create_token", "sess_1", { expires_in_seconds = 30 } },
    { "clerk.sessions.create_token", "sess_1", { expires_in_seconds = convoke.null } },
    { "clerk.sessions.create_token_from_template", "sess_1", "my template", {} },
    { "clerk.sessions.verify", "sess_1", { token = "a.b.c" } },
    { "clerk.waitlist_entries.list", { query = "x", status = "completed", order_by = "invited_at",
      limit = 10, offset = 0 } },
    { "clerk.waitlist_entries.create", { email_address = "a@b.de", notify = convoke.null } },
    { "clerk.waitlist_entries.create_bulk", { body = { { email_address = "a@b.de",
      notify = false } } } },
    { "clerk.waitlist_entries.invite", "wle_1", { ignore_existing = convoke.null } },
    { "clerk.waitlist_entries.reject", "wle_1" },
    { "clerk.waitlist_entries.delete", "wle_1" },
  },

  refusals = {
    { create, { email_address = "email@example.com" },
      prefer = "code=400, example=duplicate_record",
      expect = { kind = "http", outcome = "refused", status = 400, code = "duplicate_record",
                 message = "There are already pending invitations for the following email "
                   .. "addresses: email@example.com",
                 request_id = trace, attempts = 1, operation = create, retry_after = false } },
    { create, { email_address = "not an address" },
      prefer = "code=422",
      expect = { kind = "http", status = 422, code = "form_param_format_invalid",
                 fields = { { field = "email_address",
                              message = "email_address must be a valid email address." } } } },
    { create, { email_address = "ada@example.com" },
      prefer = "code=500",
      expect = { kind = "http", outcome = "unknown", status = 500,
                 code = "internal_clerk_error" } },
    { list, {},
      prefer = "code=401",
      expect = { kind = "http", outcome = "refused", status = 401, code = "clerk_key_invalid",
                 message = "The provided Clerk Secret Key is invalid. Make sure that your Clerk "
                   .. "Secret Key is correct." } },
    { list, {},
      prefer = "code=429",
      expect = { kind = "http", outcome = "refused", status = 429, code = "too_many_requests",
                 message = "Too many requests, retry later", retry_after = 2 } },
    { revoke, id,
      prefer = "code=404",
      expect = { kind = "http", status = 404, code = "resource_not_found",
                 message = "No invitation was found with id inv_x." } },
    { revoke, id,
      prefer = "code=400, example=invitation_already_accepted",
      expect = { status = 400, code = "invitation_already_accepted", request_id = false } },
  },
}
