--- A small gateway: who shows its key may have somebody join the team. That takes an invitation by
-- Clerk and an invite code in a Convex app, both asked at the same time.

local cjson = require "cjson.safe"
local convoke = require "convoke"
local ngx = ngx -- luacheck: globals ngx

local gateway = {}

local key = os.getenv "GATEWAY_KEY" or error("GATEWAY_KEY must hold what callers have to show", 0)
local token = os.getenv "CONVEX_TOKEN" or error("CONVEX_TOKEN must hold a user's token", 0)

-- Clients may be made here, before nginx forks: they connect in each worker at the first call.
local clerk = convoke.clerk { timeout = 10 }
local convex = convoke.convex { token = token, timeout = 10 }

-- What the calls of all workers do, counted in the dictionary that nginx.conf declares.
local metrics = convoke.metrics { dict = "convoke_metrics" }

local function answer(status, value)
  ngx.status = status
  ngx.say(cjson.encode(value))
  return ngx.exit(status)
end

--- The access phase: only callers with the key go on.
function gateway.check()
  if ngx.req.get_headers()["X-Gateway-Key"] ~= key then
    return answer(401, { error = "X-Gateway-Key is missing or wrong" })
  end
end

local function invite(email)
  return clerk.invitations:create { email_address = email }
end

local function apply(code)
  return convex.invite_codes:apply_invite_code { code = code }
end

-- What the caller is told about a call that failed; the log gets all of it.
local function failure(err)
  ngx.log(ngx.WARN, tostring(err))
  return { error = err.code or err.kind, message = err.message, retry_after = err.retry_after }
end

--- The content phase: `email` and `code` of the form.
function gateway.join()
  ngx.req.read_body()
  local form = ngx.req.get_post_args()
  if type(form.email) ~= "string" or type(form.code) ~= "string" then
    return answer(400, { error = "email and code are needed" })
  end
  local inviting = ngx.thread.spawn(invite, form.email)
  local applying = ngx.thread.spawn(apply, form.code)
  local _, invitation, refused = ngx.thread.wait(inviting)
  local _, applied, failed = ngx.thread.wait(applying)
  answer(invitation and applied and 200 or 502, {
    invitation = invitation and { id = invitation.id, status = invitation.status }
      or failure(refused),
    code = applied and { applied = true } or failure(failed),
  })
end

--- What Prometheus asks for.
function gateway.metrics()
  ngx.header.content_type = "text/plain; version=0.0.4"
  ngx.print(metrics:text())
end

return gateway
