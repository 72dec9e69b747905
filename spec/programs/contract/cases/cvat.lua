local key = "q8GWTPiR1Vz9DDO6MPJsS9dbqMwbqdtXwq7fiB6GPEV6pPiSs7hPHh0zW5LlQhGW"
local token = "0123456789abcdef0123456789abcdef01234567"

local create, list, get = "cvat.invitations.create", "cvat.invitations.list",
  "cvat.invitations.get"
local update, delete = "cvat.invitations.update", "cvat.invitations.delete"

local json_type = "accept: application/vnd.cvat+json"
local guest = { role = "worker", email = "guest@example.com" }

return {
  credentials = {
    { list, name = "token", client = { token = token },
      shows = { "authorization: Token " .. token, json_type }, hides = { "cookie" } },
    { list, name = "token by a function", client = { token = function() return token end },
      shows = { "authorization: Token " .. token } },
    { list, name = "access_token", client = { access_token = "pat-0123456789" },
      shows = { "authorization: Bearer pat-0123456789" } },
    { list, name = "username and password",
      client = { username = "Aladdin", password = "open sesame" },
      shows = { "authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" } },
    { create, guest, name = "session_id and csrf_token",
      client = { session_id = "session-0123456789", csrf_token = "csrf-0123456789" },
      shows = { "cookie: sessionid=session-0123456789; csrftoken=csrf-0123456789",
                "x-csrftoken: csrf-0123456789" },
      hides = { "authorization" } },
    { list, name = "signature", client = { signature = "dGVzdA:1oEXmP:a/b+c=" },
      hides = { "authorization", "cookie" } },
    { list, name = "organisation of the client", client = { token = token, org = "my-org" },
      shows = { "authorization: Token " .. token } },
  },

  calls = {
    { list, {} },
    { list, { org = "my-org", filter = '{"==":[{"var":"owner"},"jürgen & co"]}', page = 1,
              page_size = 100, search = "jürgen ?#/+%", sort = "-created_date" } },
    { list, { org_id = 2, sort = "owner" } },
    { list, { ["X-Organization"] = "my-org" } },
    { list, {}, name = "organisation of the call", options = { org = "my-org" } },
    { create, guest },
    { create, { role = "supervisor", email = "guest.2@example.com", org = "my-org" } },
    { create, { role = "maintainer", email = "guest+1@example.com", org_id = 2 } },
    { create, { role = "owner", email = "guest@example.com", ["X-Organization"] = "my-org" } },
    { get, key },
    { get, "ä/b c?d#e", { org = "" } },
    { get, key, { org_id = 2 } },
    { get, key, { ["X-Organization"] = "my-org" } },
    { update, key, {} },
    { update, key, { role = "supervisor", email = "guest@example.com", org = "my-org" } },
    { update, key, { org_id = 2 } },
    { update, key, { ["X-Organization"] = "my-org" } },
    { delete, key },
    { delete, key, { org = "my-org" } },
    { delete, key, { org_id = 2 } },
    { delete, key, { ["X-Organization"] = "my-org" } },
  },

  extras = {
    { "cvat.invitations.accept", key, { org = "team" } },
    { "cvat.invitations.decline", key, { org_id = 7 } },
    { "cvat.invitations.resend", key, { ["X-Organization"] = "team" } },
  },

  refusals = {
    { create, guest,
      prefer = "code=400, example=field",
      expect = { kind = "http", outcome = "refused", status = 400,
                 message = "email: Enter a valid email address.",
                 fields = { { field = "email", message = "Enter a valid email address." } } } },
    { create, guest,
      prefer = "code=400, example=member",
      expect = { kind = "http", status = 400, fields = false,
                 message = "The user is a member of the organization already." } },
    { list, {},
      prefer = "code=401, example=token",
      expect = { kind = "http", outcome = "refused", status = 401, message = "Invalid token." } },
    { update, key, {},
      prefer = "code=403, example=csrf",
      expect = { kind = "http", status = 403, message = "CSRF Failed: CSRF token missing." } },
    { list, { page = 99 },
      prefer = "code=404",
      expect = { kind = "http", status = 404, message = "Invalid page." } },
    { get, key,
      prefer = "code=404",
      expect = { kind = "http", status = 404, message = "Not found." } },
    { delete, key,
      prefer = "code=429",
      expect = { kind = "http", outcome = "refused", status = 429, retry_after = 12,
                 message = "Request was throttled. Expected available in 12 seconds." } },
  },
}
