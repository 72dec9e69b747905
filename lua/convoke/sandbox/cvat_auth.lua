--- How CVAT knows its callers: tokens, sessions with CSRF protection, basic, signed addresses.

local django = require "convoke.sandbox.django"
local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local signing = require "convoke.sandbox.cvat_signing"
local web = require "convoke.sandbox.web"

local auth = {}

local MOST_STRANGERS, WINDOW = 100, 60 -- requests without a login, in so many seconds

local SAFE = { GET = true, HEAD = true, OPTIONS = true }

--- Refuses with 401.
local function unauthorized(text)
  django.detail(401, text, { ["www-authenticate"] = "Token" })
end

local function user_by(service, field, value)
  return service.user_by[field][value]
end

local function active(user)
  if not user.is_active then unauthorized("User inactive or deleted.") end
  return user
end

-- The second word of an Authorization header when the first is `keyword` (any case).
local function credential(request, keyword, kind)
  local words = {}
  for word in (request.headers.authorization or ""):gmatch("%S+") do words[#words + 1] = word end
  if not words[1] or words[1]:lower() ~= keyword then return nil end
  if #words == 1 then
    unauthorized(("Invalid %s header. No credentials provided."):format(kind))
  end
  if #words > 2 then
    unauthorized(("Invalid %s header. Token string should not contain spaces."):format(kind))
  end
  return words[2]
end

--- Opens a session for a user; the same one again while it is known.
-- @return headers that set its cookies
function auth.open_session(service, user)
  local session = service.session_of[user.id]
  if not session then
    session = { id = ids.lower(32), csrf = ids.alphanumeric(32), user = user }
    service.session_of[user.id], service.sessions[session.id] = session, session
  end
  return {
    "sessionid=" .. session.id .. "; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax",
    "csrftoken=" .. session.csrf .. "; Max-Age=31449600; Path=/; SameSite=Lax",
  }
end

-- The ways in, in the server's order; each returns a user, nil (not this way) or refuses.
local ways = {}

function ways.token(service, request)
  local key = credential(request, "token", "token")
  if not key then return nil end
  local user = active(user_by(service, "token", key) or unauthorized("Invalid token."))
  if not service.sessions[web.cookies(request).sessionid or ""] then
    request.set_cookies = auth.open_session(service, user)
  end
  return user
end

function ways.access_token(service, request)
  if not service.version.takes_access_tokens then return nil end
  local key = credential(request, "bearer", "token")
  if not key then return nil end
  return active(user_by(service, "access_token", key) or unauthorized("Invalid token."))
end

function ways.signature(service, request)
  local sign = service.version.takes_signatures and request.query:get "sign"
  if not sign or sign == "" then return nil end
  local url = request.origin .. request.path .. "?" .. request.query_text
  local signer, why = signing.read(service.signing_key, sign, url, service.clock:now())
  if not signer then unauthorized(why) end
  local user = type(signer) == "table" and service.users[signer.user_id]
  if not user or user.username ~= signer.username then unauthorized "Invalid signature." end
  return active(user)
end

local function check_csrf(request, cookie)
  if SAFE[request.method] then return end
  local header = request.headers["x-csrftoken"]
  if not cookie then django.detail(403, "CSRF Failed: CSRF cookie not set.") end
  if not header then django.detail(403, "CSRF Failed: CSRF token missing.") end
  if header ~= cookie then
    django.detail(403, "CSRF Failed: CSRF token from the 'X-Csrftoken' HTTP header incorrect.")
  end
end

function ways.session(service, request)
  local cookies = web.cookies(request)
  local session = cookies.sessionid and service.sessions[cookies.sessionid]
  if not session or not session.user.is_active then return nil end
  check_csrf(request, cookies.csrftoken)
  return session.user
end

function ways.basic(service, request)
  local word = credential(request, "basic", "basic")
  if not word then return nil end
  local name, password = web.basic_credentials(word)
  local user = name and user_by(service, "username", name)
  if not user or not user.password or user.password ~= password then
    unauthorized("Invalid username/password.")
  end
  return active(user)
end

local ORDER = { "token", "access_token", "signature", "session", "basic" }

--- Finds out who calls; refuses when nobody known does and a login is needed.
-- @return user or nil
function auth.authenticate(service, request, required)
  for _, way in ipairs(ORDER) do
    local user = ways[way](service, request)
    if user then return user end
  end
  if required then unauthorized("Authentication credentials were not provided.") end
end

-- Refuses callers without a login that ask too often.
local function throttle_strangers(service)
  local now, recent = service.clock:now(), {}
  for _, time in ipairs(service.strangers) do
    if time > now - WINDOW then recent[#recent + 1] = time end
  end
  service.strangers = recent
  if #recent >= MOST_STRANGERS then auth.throttled(recent[1] + WINDOW - now) end
  recent[#recent + 1] = now
end

--- Refuses with 429.
-- @param seconds number, until the next request is taken
function auth.throttled(seconds)
  seconds = math.ceil(seconds)
  django.detail(429, ("Request was throttled. Expected available in %d seconds."):format(seconds),
    { ["retry-after"] = tostring(seconds) })
end

-- A field of a login, or nil when it says nothing.
local function filled(value)
  return type(value) == "string" and value ~= "" and value or nil
end

--- POST /api/auth/login: the user's token, and a session.
function auth.login(service, request)
  if not request.user then throttle_strangers(service) end
  local data = django.data(request, not service.version.takes_forms)
  if not json.is_object(data) then data = {} end
  local name, email, password = filled(data.username), filled(data.email), filled(data.password)
  if not password or not (name or email) then
    django.refuse(400,
      json.array { 'Must include either "username" or "email" and "password".' })
  end
  local user = name and user_by(service, "username", name)
    or email and user_by(service, "email", email:lower())
  if not user or user.password ~= password then
    django.refuse(400, { non_field_errors = json.array {
      "Unable to log in with provided credentials." } })
  end
  if not user.token then
    user.token = ids.hex(40)
    service.user_by.token[user.token] = user
  end
  user.last_login = service.clock:now()
  request.set_cookies = auth.open_session(service, user)
  return 200, { key = user.token }
end

--- POST /api/auth/logout: the caller's token and the request's session end.
function auth.logout(service, request)
  local user = request.user
  if user.token then service.user_by.token[user.token] = nil end
  user.token = nil
  local session = service.sessions[web.cookies(request).sessionid or ""]
  if session then
    service.sessions[session.id], service.session_of[session.user.id] = nil, nil
  end
  request.set_cookies = nil
  return 200, { detail = "Successfully logged out." }
end

--- POST /api/auth/signing: has never worked.
function auth.signing()
  django.page(500)
end

return auth
