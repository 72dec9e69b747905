local convoke = require "convoke"

local id = "inv_29w9IptNja3mP8GDXpquBwN2qR9"
local trace = "0123456789abcdef0123456789abcdef"
local key = "sk_test_0123456789abcdefghijABCDEFGHIJ"

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
