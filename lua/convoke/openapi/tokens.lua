--- Tokens of OAuth 2 for programs (client credentials, RFC 6749, 4.4): fetched, and fetched again
-- when they are over. A token is not kept in Lua.

local core = require "convoke.core"

local tokens = {}

local margin = 30 -- seconds that a token is given up before its end
local unknown_life = 300 -- seconds, where the server does not say how long one is good

-- The document of a token endpoint.
local function document(path, in_body)
  local fields = { grant_type = { type = "string" }, scope = { type = "string" } }
  if in_body then
    fields.client_id, fields.client_secret = { type = "string" }, { type = "string" }
  end
  return { openapi = "3.1.0", info = { title = "tokens", version = "1" },
    security = not in_body and { { basic = {} } } or nil,
    components = { securitySchemes = { basic = { type = "http", scheme = "basic" } } },
    paths = { [path] = { post = { operationId = "fetch", ["x-idempotent"] = true,
      requestBody = { required = true, content = { ["application/x-www-form-urlencoded"] = {
        schema = { type = "object", properties = fields } } } },
      responses = { ["200"] = { description = "", content = { ["application/json"] = {
        schema = { type = "object", required = { "access_token" }, properties = {
          access_token = { type = "string" }, expires_in = { type = "number" } } } } } } } } } } }
end

-- The text of the option `scopes`.
local function scope_of(scopes)
  return type(scopes) == "table" and table.concat(scopes, " ") or scopes
end

--- A function that gives tokens, as the option of a renewable credential may be one.
-- @param auth     of the catalogue, with `token_url`
-- @param given    table: client_id, client_secret, scopes (a text or an array), token_url (where
--   the document's is not the one), in_body (whether the server takes the pair in the body only)
-- @param options  of the client that it is for: how servers are reached
-- @return the function; and a function that says whether the token it gave last is still good. nil
--   and what is wrong with `given`
function tokens.source(auth, given, options)
  local url = given.token_url or auth.token_url
  if type(given.client_id) ~= "string" or type(given.client_secret) ~= "string" then
    return nil, "needs client_id and client_secret"
  end
  if type(url) ~= "string" or core.address((url:gsub("[?#].*$", ""))) then
    return nil, "needs token_url, an address"
  end
  local origin, path = url:match "^(%a[%w+.-]*://[^/?#]*)([^#]*)"
  if path:sub(1, 1) ~= "/" then path = "/" .. path end
  local own = { url = origin, retries = options.retries, timeout = options.timeout,
    transport = options.transport, proxy = options.proxy, ca_file = options.ca_file,
    cert = options.cert, key = options.key, allow_http = options.allow_http }
  local extra = {}
  if given.in_body then
    extra.client_id, extra.client_secret = given.client_id, given.client_secret
  else
    own.basic = { given.client_id, given.client_secret }
  end
  local described = document(path, given.in_body)
  local client = require("convoke.openapi").load(described, { name = "tokens" })(own)
  local good_until = -math.huge

  local function fetch()
    local body = { grant_type = "client_credentials", scope = scope_of(given.scopes) }
    for name, value in pairs(extra) do body[name] = value end
    local answer, err = client:call("fetch", body)
    if not answer then return nil, tostring(err) end
    local life = type(answer.expires_in) == "number" and answer.expires_in or unknown_life
    good_until = core.now() + math.max(life - margin, life / 2)
    return answer.access_token
  end

  return fetch, function() return core.now() < good_until end
end

return tokens
