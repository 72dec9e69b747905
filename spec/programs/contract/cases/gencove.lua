local id = "2d5b5b0e-6f1c-4f0f-8f43-1b2b8f7b3c21"
local api_key, jwt = "0123abcd.456789efghij", "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoxfQ.c2lnbmF0dXJl"

local create, list, delete = "gencove.invitations.create", "gencove.invitations.list",
  "gencove.invitations.delete"
local read, accept = "gencove.invitations.read_token", "gencove.invitations.accept"

return {
  credentials = {
    { list, name = "api_key", client = { api_key = api_key },
      shows = { "authorization: Api-Key " .. api_key } },
    { list, name = "api_key with its word", client = { api_key = "Api-Key " .. api_key },
      shows = { "authorization: Api-Key " .. api_key } },
    { list, name = "jwt", client = { jwt = jwt }, shows = { "authorization: Bearer " .. jwt } },
    { list, name = "jwt by a function", client = { jwt = function() return jwt end },
      shows = { "authorization: Bearer " .. jwt } },
    { read, "abc123", name = "none", client = {}, hides = { "authorization" } },
    { list, name = "none where one is needed", client = {}, hides = { "authorization" },
      expect = { kind = "http", status = 401 } },
  },

  calls = {
    { list, {} },
    { list, { status = "pending", limit = 200, offset = 400 } },
    { list, { status = "all", limit = 1, offset = 0 } },
    { create, { email = "email@example.com" } },
    { create, { email = "email+tag@example.com", role = "" } },
    { create, { email = "email@example.com", role = "größter Leser" } },
    { delete, id },
    { read, "abc123" },
    { read, "ä/b c?d#e" },
    { accept, "abc123", {} },
    { accept, "ä/b c?d#e", { role = "member", organization = { name = "Exämple & Co" } } },
  },

  refusals = {
    { create, { email = "email@example.com" },
      prefer = "code=400, example=field",
      expect = { kind = "http", outcome = "refused", status = 400,
                 message = "email: Enter a valid email address.",
                 fields = { { field = "email", message = "Enter a valid email address." } } } },
    { create, { email = "email@example.com" },
      prefer = "code=400, example=list",
      expect = { kind = "http", status = 400, fields = false,
                 message = "Something is wrong with this request." } },
    { accept, "abc123", {},
      prefer = "code=400, example=detail",
      expect = { kind = "http", status = 400, message = "Something is wrong with this request." } },
    { list, {},
      prefer = "code=401, example=token",
      expect = { kind = "http", outcome = "refused", status = 401, code = "token_not_valid",
                 message = "Given token not valid for any token type" } },
    { read, "abc123",
      prefer = "code=404",
      expect = { kind = "http", status = 404, message = "Not found." } },
    { delete, id,
      prefer = "code=403",
      expect = { kind = "http", status = 403,
                 message = "You do not have permission to perform this action." } },
    { create, { email = "email@example.com" },
      prefer = "code=429",
      expect = { kind = "http", outcome = "refused", status = 429, retry_after = 10,
                 message = "Request was throttled. Expected available in 10 seconds." } },
    { create, { email = "email@example.com" },
      prefer = "code=503",
      expect = { kind = "http", status = 503, code = "maintenance", retry_after = 3600,
                 message = "Gencove is currently undergoing maintenance. "
                   .. "(expected back 2022-10-21T17:00:00)" } },
  },
}
