--- Who calls a Convex deployment, and by which client: headers, tokens, keys and versions.
-- Each reading function returns nil and an answer when it refuses.

local basexx = require "basexx"
local json = require "convoke.sandbox.json"
local refusal = require("convoke.sandbox.convex_errors").refusal

local callers = {}

local ISSUER, AUDIENCE = "https://cute-boar-83.clerk.accounts.dev", "convex"

--- The user who is an admin from the start.
callers.admin = "user_sandbox_admin"

-- Tokens of two users, {"iss": ISSUER, "aud": AUDIENCE, "sub": user} in the middle, and the
-- deployment's key.
local JWT = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.%s.c2FuZGJveA"
local CLAIMS = "eyJpc3MiOiJodHRwczovL2N1dGUtYm9hci04My5jbGVyay5hY2NvdW50cy5kZXYiLCJhdWQiOiJjb252"
  .. "ZXgiLCJzdWIiOiJ1c2VyX3NhbmRib3hf"
local TOKEN = JWT:format(CLAIMS .. "YWRtaW4ifQ")
local USER_TOKEN = JWT:format(CLAIMS .. "cGxhaW4ifQ")
local DEPLOY_KEY = "dev:posh-chihuahua-941|sandboxsandboxsandbox"

local users = { [TOKEN] = callers.admin, [USER_TOKEN] = "user_sandbox_plain" }

--- What programs are given to call with.
callers.credentials = { token = TOKEN, user_token = USER_TOKEN, deploy_key = DEPLOY_KEY }

-- ---------------------------------------------------------------------------------------------
-- Credentials

local function decode(from, text)
  local ok, decoded = pcall(basexx[from], text)
  local value = ok and decoded and json.decode(decoded)
  return json.is_object(value) and value or nil
end

-- The user that a deploy key acts as, from the text behind it: base64 of JSON.
local function acting_user(text)
  local user = decode("from_base64", text)
  if not user then return nil end
  if type(user.tokenIdentifier) == "string" then return user.tokenIdentifier:match "[^|]*$" end
  return type(user.issuer) == "string" and type(user.subject) == "string" and user.subject or nil
end

-- A key is `<type>:<name>|<secret>`, of which the secret alone counts; a user may stand behind it.
local function read_key(text)
  local secret, user_text = text:gsub("^[^|]*|", ""):match "^([^:]*):?(.*)$"
  if user_text == "" then return { key = secret } end
  local user = acting_user(user_text)
  if not user then return nil, refusal(400, "HeaderParseFailure") end
  return { key = secret, user = user }
end

--- Reads who says to call, from the header or, without one, the query: nothing is checked yet.
-- @return { key, user } or { token } or {}
function callers.read(request)
  local header = request.headers.authorization
  if not header then
    local key = request.query:get "adminKey"
    return key and { key = (key:gsub("^[^|]*|", "")) } or {}
  end
  if #header < 7 then return nil, refusal(400, "InvalidHeaderFailure") end
  local scheme, secret = header:sub(1, 7):lower(), header:sub(8)
  if scheme == "convex " then return read_key(secret) end
  if scheme == "bearer " and secret ~= "" then return { token = secret:match "^%s*(.-)%s*$" } end
  return nil, refusal(400, "InvalidAdminKey")
end

local function is_among(value, list)
  if not json.is_array(list) then return value == list end
  for _, one in ipairs(list) do
    if one == value then return true end
  end
  return false
end

local function authenticate_token(token)
  local middle = token:match("^[^.]+%.([%w_-]+)%.[^.]+$")
  local claims = middle and decode("from_url64", middle)
  if not claims then return nil, refusal(401, "InvalidAuthHeader") end
  if type(claims.iss) ~= "string" then
    return nil, refusal(401, "InvalidAuthHeader", "Missing issuer claim ('iss') in JWT payload. "
      .. "The JWT must include an 'iss' claim that matches one of your configured auth providers.")
  end
  if claims.iss ~= ISSUER or not is_among(AUDIENCE, claims.aud) then
    return nil, refusal(401, "NoAuthProvider", ("No auth provider found matching the given token. "
      .. "Check that your JWT's issuer and audience match one of your configured providers: "
      .. "[OIDC(domain=%s, app_id=%s)]"):format(ISSUER, AUDIENCE))
  end
  if not users[token] then return nil, refusal(401, "Unauthenticated") end
  return { user = users[token] }
end

--- Checks what callers.read() has read.
-- @return table: `user` or nil; `is_admin`, whether a deploy key came
function callers.authenticate(given)
  if given.token then return authenticate_token(given.token) end
  if not given.key then return {} end
  if given.key ~= DEPLOY_KEY:match "|(.*)$" then return nil, refusal(401, "BadAdminKey") end
  return { user = given.user, is_admin = true }
end

-- ---------------------------------------------------------------------------------------------
-- Versions of clients

local NPM = {
  unsupported = { 0, 19, 1 }, deprecated = { 0, 19, 1 }, plain_since = { 1, 4, 1 },
  advice = "Update your Convex npm version with `npx convex update` or `npm update`.",
}
local PYTHON = {
  unsupported = { 0, 0, 2 }, deprecated = { 0, 2, 0 }, plain_since = { 0, 5, 0 },
  advice = "Update your Convex python version with `pip install --upgrade convex`.",
}
local RUST = {
  unsupported = { 0, 0, 1 }, deprecated = { 0, 0, 1 },
  advice = "Update your Convex rust version with `cargo update -p convex` or by updating "
    .. "`Cargo.toml`.",
}

-- The vendor's own clients, whose old versions are refused; any other one may call.
local own_clients = { npm = NPM, ["npm-cli"] = NPM, actions = NPM, python = PYTHON,
                      ["python-convex"] = PYTHON, rust = RUST }

-- Whether version `one` (an array) is `other` or older.
local function is_at_most(one, other)
  for i = 1, 3 do
    if one[i] ~= other[i] then return one[i] < other[i] end
  end
  return true
end

-- Takes `name-1.2.3-beta.1` apart: name and version { 1, 2, 3, text = }; the version's text alone
-- where it is no semantic one.
local function take_apart(text)
  local at = 1
  while true do
    at = text:find("-", at, true)
    if not at then break end
    local version = text:sub(at + 1)
    local a, b, c, rest = version:match "^(%d+)%.(%d+)%.(%d+)(.*)$"
    if a and (rest == "" or rest:find "^[-+][%w.+-]+$") then
      return text:sub(1, at - 1):lower(), { tonumber(a), tonumber(b), tonumber(c), text = version }
    end
    at = at + 1
  end
  local name, version = text:match "^([^-]*)%-(.*)$"
  return name and name:lower(), { text = version }
end

--- What a request's `Convex-Client` means.
-- @return table: `encoded`, whether values are written in the encoded format where none is named;
--   `state` and `message` for the headers that tell old clients about it, or nil; `refused`, an
--   answer or nil. Or nil and an answer
function callers.client(request)
  local text = request.headers["convex-client"]
  if not text then return {} end
  local name, version = take_apart(text)
  if not name then
    return nil, refusal(400, "InvalidClientVersion", ("Failed to parse client version string: "
      .. "'%s'. Expected format is {client_name}-{semver}, e.g. my-esolang-client-0.0.1")
      :format(text))
  end
  local known = own_clients[name]
  if not known then return {} end
  local numbered = version[1] ~= nil
  if not numbered or is_at_most(version, known.unsupported) then
    local message = ("The Convex %s package at version %s is no longer supported. %s")
      :format(name, version.text, known.advice)
    return { state = "Unsupported", message = message,
             refused = refusal(400, "ClientVersionUnsupported", message) }
  end
  local encoded = known.plain_since and version.text ~= table.concat(known.plain_since, ".")
    and is_at_most(version, known.plain_since)
  if not is_at_most(version, known.deprecated) then return { encoded = encoded } end
  return { encoded = encoded, state = "UpgradeRequired", message =
    ("The Convex %s package at %s is deprecated and will no longer be supported soon. When this "
      .. "version is no longer supported, requests to Convex will fail, so it is best to upgrade "
      .. "and redeploy your application as soon as possible. %s")
    :format(name, version.text, known.advice) }
end

return callers
