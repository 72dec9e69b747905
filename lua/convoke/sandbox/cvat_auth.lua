--- How CVAT knows its callers: tokens, sessions with CSRF protection, basic, signed addresses.

local django = require "convoke.sandbox.django"
local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local web = require "convoke.sandbox.web"

local auth = {}

local SIGNATURE_LIFE = 30 -- seconds

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
  local key = credential(request, "bearer", "token")
  if not key then return nil end
  return active(user_by(service, "access_token", key) or unauthorized("Invalid token."))
end

-- An address in one normal form, without its signature.
local function normal_address(request_or_url)
  local base, query = request_or_url:match("^([^?]*)%??(.*)$")
  local list = {}
  for _, pair in ipairs(web.values(query).list) do
    if pair[1] ~= "sign" then list[#list + 1] = pair end
  end
  return #list > 0 and base .. "?" .. web.query_text(list) or base
end

function ways.signature(service, request)
  local sign = request.query:get("sign")
  if not sign or sign == "" then return nil end
  local signed = service.signatures[sign]
  local url = request.origin .. request.path .. "?" .. request.query_text
  if not signed or signed.url ~= normal_address(url) then unauthorized("Invalid signature.") end
  if service.clock:now() >= signed.expires then unauthorized("This URL has expired.") end
  return active(signed.user)
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
  if not name then
    unauthorized("Invalid basic header. Credentials not correctly base64 encoded.")
  end
  local user = user_by(service, "username", name)
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

--- POST /api/auth/login: the user's token, and a session.
function auth.login(service, request)
  local data = django.fields(django.data(request), {
    username = { blank = true }, email = { blank = true }, password = { required = true } })
  local user = user_by(service, "username", data.username) or user_by(service, "email", data.email)
  if not user or not user.password or user.password ~= data.password then
    django.refuse(400, { non_field_errors = json.array {
      "Unable to log in with provided credentials." } })
  end
  user.token = user.token or ids.hex(40)
  request.set_cookies = auth.open_session(service, user)
  return 200, { key = user.token }
end

--- POST /api/auth/logout: the session of the request ends.
function auth.logout(service, request)
  local session = service.sessions[web.cookies(request).sessionid or ""]
  if session then
    service.sessions[session.id], service.session_of[session.user.id] = nil, nil
  end
  return 200, { detail = "Successfully logged out." }
end

--- POST /api/auth/signing: an address that carries a signature, good for 30 seconds.
function auth.signing(service, request)
  local data = django.data(request)
  local url = json.is_object(data) and data.url
  if type(url) ~= "string" or url == "" then
    django.refuse(400, json.array { "Please provide `url` parameter" })
  end
  if url:sub(1, 1) == "/" then url = request.origin .. url end
  url = normal_address(url)
  local sign = ids.alphanumeric(43)
  service.signatures[sign] = { url = url, user = request.user,
                               expires = service.clock:now() + SIGNATURE_LIFE }
  return 200, url .. (url:find("?", 1, true) and "&" or "?") .. "sign=" .. sign
end

return auth
