-- How the versions of CVAT differ that the sandbox imitates, and CVAT's memberships. What 2.15 does
-- else is in sandbox_cvat_spec.lua.

local basexx = require "basexx"
local client = require "spec.support.sandbox_client"
local json = require "convoke.sandbox.json"
local sandbox = require "convoke.sandbox"
local signing = require "convoke.sandbox.cvat_signing"
local web = require "convoke.sandbox.web"

local TYPE = "application/vnd.cvat+json"

local server, cvat, anyone, owner

-- Starts a sandbox for the tests of a block.
local function runs(options)
  setup(function()
    server = sandbox.start(options)
    owner = server.cvat
    cvat = client.for_api(owner.url, { authorization = "Token " .. owner.token,
                                       accept = TYPE, ["x-organization"] = owner.org })
    anyone = client.for_api(owner.url, { accept = TYPE })
  end)
  teardown(function() server:stop() end)
  before_each(function() server:reset "cvat" end)
end

local function invite(address, headers, role)
  return cvat("POST", "/api/invitations", { json = { email = address, role = role or "worker" },
                                            headers = headers })
end

local function refused(answer, status, text)
  assert.equal(status, answer.status, answer.body)
  assert.equal(TYPE, answer.headers:get "content-type")
  assert.equal(text, type(answer.json) == "string" and answer.json or answer.json.detail
    or answer.json[1])
  return answer
end

-- A page of HTML with a status, which the framework had no part in.
local function paged(answer, status, title)
  assert.equal(status, answer.status, answer.body)
  assert.matches("^text/html", answer.headers:get "content-type")
  assert.truthy(answer.body:find("<h1>" .. title .. "</h1>", 1, true), answer.body)
end

local function as(token, organization)
  return { authorization = "Token " .. token, ["x-organization"] = organization or false }
end

describe("the sandbox's CVAT", function()
  it("is of version 2.2, 2.15 or 2.80, and of no other", function()
    local one = sandbox.start()
    finally(function() one:stop() end)
    local about = client.send("GET", one.cvat.url .. "/api/server/about",
      { headers = { accept = TYPE, authorization = "Token " .. one.cvat.token } })
    assert.equal("2.2.0", about.json.version)
    for _, wrong in ipairs { "2.8", "3", "default" } do
      assert.has_error(function() sandbox.start { cvat = wrong } end,
        ("the sandbox did not start: no CVAT %s: there are 2.2, 2.15 and 2.80"):format(wrong))
    end
  end)
end)

describe("the sandbox's CVAT 2.2", function()
  runs {}

  it("invites only those who have an account", function()
    local answer = invite "ada@example.com"
    refused(answer, 400, "You cannot invite an user with ada@example.com email. "
      .. "It is not a valid email in the system.")
    assert.equal(5, #server:books("cvat").users)
    local known = invite(owner.outsider_email)
    assert.equal(201, known.status)
    assert.equal("greta", known.json.user.username)
  end)

  it("says neither when an invitation runs out nor more of its organization", function()
    local made = invite(owner.outsider_email).json
    assert.equal(owner.org_id, made.organization)
    for _, name in ipairs { "expired", "organization_info", "accepted" } do
      assert.is_nil(made[name])
    end
  end)

  it("checks the fields of a PATCH and then ignores them", function()
    local path = "/api/invitations/" .. invite(owner.invitee_email).json.key
    local changed = cvat("PATCH", path, { json = { role = "maintainer" } })
    assert.equal(200, changed.status, changed.body)
    assert.equal("worker", changed.json.role)
    assert.equal(200, cvat("PATCH", path).status)
    assert.equal(400, cvat("PATCH", path, { json = { role = "king" } }).status)
    refused(cvat("PATCH", path, { headers = as(owner.invitee_token) }), 403,
      "You do not have permission to perform this action.")
    assert.equal(200, cvat("PATCH", path .. "?accepted", {
      headers = as(owner.invitee_token) }).status)
    local memberships = server:books("cvat").memberships
    assert.is_true(memberships[#memberships].is_active)
  end)

  it("has no accept, decline and resend", function()
    local path = "/api/invitations/" .. invite(owner.invitee_email).json.key
    for _, verb in ipairs { "accept", "decline", "resend" } do
      paged(cvat("POST", path .. "/" .. verb), 404, "Not Found")
    end
  end)

  it("takes forms as well as JSON", function()
    local address = web.encode(owner.outsider_email)
    local answer = cvat("POST", "/api/invitations", { body = "role=worker&email=" .. address,
      headers = { ["content-type"] = "application/x-www-form-urlencoded" } })
    assert.equal(201, answer.status, answer.body)
    answer = cvat("POST", "/api/invitations", { headers = {
        ["content-type"] = 'multipart/form-data; boundary="x"' },
      body = '--x\r\nContent-Disposition: form-data; name="role"\r\n\r\nking\r\n--x--\r\n' })
    assert.equal(400, answer.status)
    assert.equal('"king" is not a valid choice.', answer.json.role[1])
    answer = cvat("POST", "/api/invitations", { body = "x", headers = {
      ["content-type"] = "application/offset+octet-stream" } }) -- read as nothing
    assert.equal("This field is required.", answer.json.role[1])
    refused(cvat("POST", "/api/invitations", { body = "x", headers = {
      ["content-type"] = "text/plain" } }), 415, 'Unsupported media type "text/plain" in request.')
  end)

  it("reads a body before it looks at the organization", function()
    refused(cvat("POST", "/api/invitations?org=nowhere", { body = "x", headers = {
      ["content-type"] = "text/plain", ["x-organization"] = false } }), 415,
      'Unsupported media type "text/plain" in request.')
  end)

  it("filters by the owner alone, and ignores other words", function()
    invite(owner.outsider_email)
    local function list(query) return cvat("GET", "/api/invitations?" .. query) end
    assert.equal(1, list("owner=nobody&accepted=false&user_id=99").json.count)
    assert.equal(1, list("filter=" .. web.encode '{"==":[{"var":"owner"},"olivia"]}').json.count)
    refused(list("filter=" .. web.encode '{"==":[{"var":"accepted"},true]}'), 400,
      "filter: 'accepted' term is not supported")
    assert.equal(1, #list("page_size=all").json.results)
  end)

  it("answers a page to a wrong name of the organization, and a reason to who is no member",
    function()
      local function list(query, header)
        return cvat("GET", "/api/invitations" .. query, { headers = {
          ["x-organization"] = header or false } })
      end
      for _, query in ipairs { "?org=nowhere", "?org_id=99", "?org_id=1&org=sandbox" } do
        paged(list(query), 400, "Bad Request (400)")
      end
      paged(list("?org=sandbox", "other"), 400, "Bad Request (400)")
      paged(list "?org_id=abc", 500, "Server Error (500)")
      assert.equal(200, list("?org_id=", "sandbox").status) -- as if it were not there
      refused(list("?org=" .. owner.other_org), 403,
        "You should be an active member in the organization.")
    end)

  it("takes tokens, passwords, sessions and signatures, and tells of no access token", function()
    local function list(headers, query)
      return anyone("GET", "/api/invitations" .. (query or ""), { headers = headers })
    end
    assert.equal(200, list(as(owner.token)).status)
    assert.equal(200, list { authorization = "Basic "
      .. basexx.to_base64(owner.username .. ":" .. owner.password) }.status)
    assert.equal(200, list { cookie = "sessionid=" .. owner.session_id }.status)
    assert.equal(200, list({}, "?sign=" .. signing.sign(owner.signing_key,
      { id = 1, username = owner.username }, owner.url .. "/api/invitations", os.time())).status)
    assert.is_nil(owner.access_token)
    refused(list { authorization = "Bearer sandbox-access-token" }, 401,
      "Authentication credentials were not provided.")
    paged(anyone("POST", "/api/auth/signing", { json = { url = "/x" },
      headers = as(owner.token) }), 500, "Server Error (500)")
  end)

  it("is called with signatures that a function makes for each address", function()
    local convoke = require "convoke"
    local signed = convoke.cvat { url = owner.url, org = owner.org, signature = function(_, url)
      return signing.sign(owner.signing_key, { id = 1, username = owner.username }, url, os.time())
    end }
    local key = assert(signed.invitations:create { email = owner.outsider_email,
                                                   role = "worker" }).key
    assert(signed.invitations:create { email = owner.invitee_email, role = "worker" })
    local count = 0
    for _ in signed.invitations:each { page_size = 1 } do count = count + 1 end
    assert.equal(2, count)
    assert.is_true(signed.invitations:delete(key))
    local fixed = convoke.cvat { url = owner.url, signature = signing.sign(owner.signing_key,
      { id = 1, username = owner.username }, owner.url .. "/api/invitations", os.time()) }
    assert(fixed.invitations:list())
    local value, err = fixed.invitations:list { page = 1 }
    assert.is_nil(value)
    assert.equal("Invalid signature.", err.message)
  end)

  it("tells about itself to users only, and does not number requests", function()
    local answer = refused(anyone("GET", "/api/server/about"), 401,
      "Authentication credentials were not provided.")
    assert.equal("GET, HEAD, OPTIONS", answer.headers:get "allow")
    answer = cvat("GET", "/api/server/about")
    assert.equal(200, answer.status)
    assert.is_nil(answer.headers:get "x-request-id")
    assert.is_nil(answer.json.logo_url)
  end)

  it("neither shows nor ends memberships that nobody has accepted", function()
    invite(owner.invitee_email)
    assert.equal(3, cvat("GET", "/api/memberships").json.count)
    local memberships = server:books("cvat").memberships
    local path = "/api/memberships/" .. memberships[#memberships].id
    local forbidden = "You do not have permission to perform this action."
    refused(cvat("GET", path), 403, forbidden)
    refused(cvat("DELETE", path), 403, forbidden)
    refused(cvat("DELETE", "/api/memberships/2", { headers = as(owner.maintainer_token) }), 403,
      forbidden) -- maintainers may not leave
    assert.equal(3, cvat("GET", "/api/memberships?user=nobody").json.count) -- not yet a word of it
  end)
end)

describe("the sandbox's CVAT 2.80", function()
  runs { cvat = "2.80" }

  it("has no PATCH", function()
    local path = "/api/invitations/" .. invite("ada@example.com").json.key
    for _, query in ipairs { "", "?accepted" } do
      local answer = refused(cvat("PATCH", path .. query), 405, 'Method "PATCH" not allowed.')
      assert.equal("GET, DELETE, HEAD, OPTIONS", answer.headers:get "allow")
    end
  end)

  it("shows and filters by whether an invitation is accepted", function()
    assert.is_false(invite("ada@example.com").json.accepted)
    assert.is_true(invite(owner.outsider_email).json.accepted)
    local function names(query)
      local out = {}
      for i, one in ipairs(cvat("GET", "/api/invitations?" .. query).json.results) do
        out[i] = one.user.username
      end
      return table.concat(out, " ")
    end
    assert.equal("greta", names "accepted=true")
    assert.equal("ada@example.com", names "accepted=False")
    assert.equal("greta", names "user_id=4")
    assert.equal("", names "owner=max")
  end)

  it("takes access tokens, which outlive a logout, and no signatures", function()
    local function list(headers, query)
      return anyone("GET", "/api/invitations" .. (query or ""), { headers = headers })
    end
    local bearer = { authorization = "Bearer " .. owner.access_token }
    assert.equal(200, list(bearer).status)
    refused(list { authorization = "Bearer wrong" }, 401, "Invalid token.")
    assert.equal(200, anyone("POST", "/api/auth/logout", { headers = bearer }).status)
    assert.equal(200, list(bearer).status)
    assert.is_nil(owner.signing_key)
    refused(list({}, "?sign=" .. signing.sign("sandbox-signing-key-0000000000000001",
      { id = 1, username = owner.username }, owner.url .. "/api/invitations", os.time())), 401,
      "Authentication credentials were not provided.")
    paged(cvat("POST", "/api/auth/signing", { json = { url = "/x" } }), 404, "Not Found")
  end)

  it("shows at most 500 in a page", function()
    for i = 1, 11 do assert.equal(201, invite(("u%d@example.com"):format(i)).status) end
    assert.equal(10, #cvat("GET", "/api/invitations?page_size=all").json.results)
    assert.equal(11, #cvat("GET", "/api/invitations?page_size=501").json.results)
    local pages = require "convoke.sandbox.cvat_pages"
    local _, answer = pages.answer({ version = { largest_page = 500 } },
      { query = web.values "page_size=501", origin = "", path = "" }, 600,
      function(_, limit) return { limit } end, function(limit) return limit end)
    assert.same({ 500 }, answer.results)
  end)

  it("tells about itself with a logo and a second title", function()
    local about = anyone("GET", "/api/server/about").json
    assert.equal("2.80.0", about.version)
    assert.matches("^http://127.0.0.1:%d+/", about.logo_url)
    assert.is_string(about.subtitle)
  end)
end)

describe("the sandbox's CVAT that cannot send mail", function()
  runs { cvat = "2.15", cvat_mail = false }
  local no_mail = "Email backend is not configured."

  it("fails after it has made what was asked for", function()
    refused(invite "ada@example.com", 500, no_mail)
    local made = cvat("GET", "/api/invitations").json.results[1]
    assert.equal("ada@example.com", made.user.username)
    assert.equal(json.null, made.expired)
    refused(invite "ada@example.com", 400, "The user is a member of the organization already.")
    refused(cvat("POST", ("/api/invitations/%s/resend"):format(made.key)), 500, no_mail)
    assert.equal(json.null, cvat("GET", "/api/invitations").json.results[1].expired)
  end)

  it("invites who needs no mail", function()
    assert.equal(201, invite(owner.outsider_email).status)
  end)
end)

describe("the sandbox's CVAT 2.2 that cannot send mail", function()
  runs { cvat_mail = false }

  it("has none to send", function()
    assert.equal(201, invite(owner.outsider_email).status)
    assert.equal(201, invite(owner.invitee_email).status)
  end)
end)

describe("the memberships of the sandbox's CVAT", function()
  runs { cvat = "2.15" }
  local forbidden = "You do not have permission to perform this action."

  local function list(query, headers)
    local answer = cvat("GET", "/api/memberships?" .. query, { headers = headers })
    assert.equal(200, answer.status, answer.body)
    local out = {}
    for i, one in ipairs(answer.json.results) do out[i] = one.user.username end
    return table.concat(out, " ")
  end

  it("are listed with those that nobody has accepted, for who manages alone", function()
    local key = invite("ada@example.com").json.key
    assert.equal("ada@example.com wes max olivia", list "")
    assert.equal("wes max olivia", list("", as(owner.worker_token, owner.org)))
    assert.equal("wes", list("", as(owner.worker_token))) -- outside: one's own
    assert.equal("", list("org=", as(owner.worker_token)))
    local one = cvat("GET", "/api/memberships?user=ada@example.com").json.results[1]
    assert.equal(key, one.invitation)
    assert.equal(json.null, one.joined_date)
    assert.is_false(one.is_active)
    assert.equal(owner.org_id, one.organization)
    one = cvat("GET", "/api/memberships/1").json
    assert.equal("olivia", one.user.username)
    assert.equal(json.null, one.invitation)
    assert.matches("^%d+%-%d+%-%d+T", one.joined_date)
  end)

  it("are found by user, role and words", function()
    assert.equal("max", list "user=max")
    assert.equal("wes", list "role=worker")
    assert.equal("max olivia wes", list "sort=user")
    assert.equal("max", list "search=main")
    assert.equal("olivia", list("filter=" .. web.encode '{"==":[{"var":"id"},1]}'))
    assert.equal("max", list "page_size=1&page=2")
  end)

  it("are hidden from those they do not concern", function()
    refused(cvat("GET", "/api/memberships", { headers = as(owner.outsider_token, owner.org) }),
      403, forbidden)
    refused(cvat("GET", "/api/memberships/1", { headers = as(owner.outsider_token) }), 403,
      forbidden)
    refused(cvat("GET", "/api/memberships/99"), 404, "Not found.")
    refused(cvat("GET", "/api/memberships/1", { headers = as(owner.token, "") }), 404,
      "Not found.")
  end)

  it("end with their invitation, after which the person can be invited anew", function()
    local key = invite("ada@example.com").json.key
    local id = cvat("GET", "/api/memberships?user=ada@example.com").json.results[1].id
    local path = "/api/memberships/" .. id
    refused(cvat("DELETE", path, { headers = as(owner.worker_token, owner.org) }), 403, forbidden)
    assert.equal(204, cvat("DELETE", path, { headers = as(owner.maintainer_token) }).status)
    refused(cvat("DELETE", path), 404, "Not found.")
    refused(cvat("GET", "/api/invitations/" .. key), 404, "Not found.")
    assert.equal(201, invite("ada@example.com").status)
  end)

  it("end by the rules of the roles", function()
    refused(cvat("DELETE", "/api/memberships/1"), 403, forbidden) -- an owner stays
    refused(cvat("DELETE", "/api/memberships/1", { headers = as(owner.maintainer_token) }), 403,
      forbidden)
    assert.equal(204, cvat("DELETE", "/api/memberships/3", {
      headers = as(owner.worker_token) }).status) -- leaves
    assert.equal(204, cvat("DELETE", "/api/memberships/2").status)
    assert.equal("olivia", list "")
  end)

  it("decide which organizations one sees", function()
    local answer = cvat("GET", "/api/organizations").json
    assert.equal(1, answer.count)
    local one = answer.results[1]
    assert.equal(owner.org, one.slug)
    assert.equal(owner.org_id, one.id)
    assert.equal("olivia", one.owner.username)
    assert.same({}, one.contact)
    local function count(query, token)
      return cvat("GET", "/api/organizations?" .. query, { headers = as(token) }).json.count
    end
    assert.equal(0, count("slug=" .. owner.other_org, owner.token))
    assert.equal(1, count("slug=" .. owner.other_org, owner.outsider_token))
    assert.equal(1, count("search=sand", owner.worker_token))
  end)
end)
