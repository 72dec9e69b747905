--- Each of the 27 operations once: how it is called, and what the server answers. The servers and
-- the C programs get their paths and bodies from what convoke would send.

local answers = require "spec.programs.bench.answers"
local convoke = require "convoke"

local operations = {}

local SESSION, TOKEN = "950dd2eaff09-S", "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"
local UUID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
local KEY = ("k3Y9"):rep(16)

local function repeated(text, times)
  local list = {}
  for i = 1, times do list[i] = text end
  return table.concat(list, ",")
end

local cvat_invitation = ('{"key":"%s","created_date":"2024-11-20T00:00:00Z","owner":{"url":'
  .. '"http://localhost/api/users/1","id":1,"username":"admin","first_name":"Ada","last_name":'
  .. '"Lovelace"},"role":"worker","user":{"url":"http://localhost/api/users/2","id":2,"username":'
  .. '"guest","first_name":"","last_name":""},"organization":1,"expired":false,'
  .. '"organization_info":{"id":1,"slug":"team"}}'):format(KEY)
local gencove_status = ('{"id":"%s","status":"pending","created":"2024-11-20T00:00:00Z",'
  .. '"actor":{"id":"%s","name":"Ada Lovelace"}}'):format(UUID, UUID)
local gencove_invitation = ('{"id":"%s","email":"guest@example.com","last_status":%s,'
  .. '"expires":"2024-12-20T00:00:00Z","role":"member"}'):format(UUID, gencove_status)
local gencove_details = ('{"token":"%s","last_status":%s,"expires":"2024-12-20T00:00:00Z",'
  .. '"organization":{"id":"%s","name":"Analytical Engines"},"role":"member"}')
  :format(TOKEN, gencove_status, UUID)
local edgegap_session = ('{"session_id":"%s","custom_id":null,"status":"Ready","ready":true,'
  .. '"linked":true,"kind":"Seat","user_count":2,"deployment_request_id":"93924761ccde",'
  .. '"webhook_url":null}'):format(SESSION)
local edgegap_users = '{"session_users":[{"ip":"192.0.2.1","latitude":45.5,"longitude":-73.5},'
  .. '{"ip":"192.0.2.2","latitude":45.4,"longitude":-73.6}]}'
local edgegap_details = edgegap_session:gsub("}$", ',"app_version":3,"create_time":'
  .. '"2024-11-20 00:00:00.000000","elapsed":12,"error":null,"session_users":[{"ip":"192.0.2.1",'
  .. '"latitude":45.5,"longitude":-73.5}],"session_ips":[{"ip":"192.0.2.1"}],"deployment":'
  .. '{"request_id":"93924761ccde","public_ip":"192.0.2.9","status":"Status.READY","ready":true,'
  .. '"whitelisting_active":false,"fqdn":"93924761ccde.pr.example.net","ports":{"game":{"external":'
  .. '31504,"internal":7777,"protocol":"UDP","name":"game","tls_upgrade":false,"link":'
  .. '"93924761ccde.pr.example.net:31504","proxy":31504}},"location":{"city":"Montreal","country":'
  .. '"Canada","continent":"North America","administrative_division":"Quebec","timezone":'
  .. '"America/Toronto","latitude":45.5,"longitude":-73.5},"tags":["ranked"],"sockets":10,'
  .. '"sockets_usage":2,"is_joinable_by_session":true}}')

local function convex(value) return '{"status":"success","value":' .. value .. ',"logLines":[]}' end

-- api, resource, verb, arguments, answer (none: 204)
operations.list = {
  { "clerk", "invitations", "create", { { email_address = "player1@example.com",
    public_metadata = { team = "red", level = 7 }, notify = false, expires_in_days = 7 } },
    answers.invitation_of "$request_id" }, -- nginx knows 32 hexadecimal digits of each request
  { "clerk", "invitations", "list", { { status = "pending", limit = 10 } },
    '{"data":[' .. repeated(answers.invitation, 10) .. '],"total_count":10}' },
  { "clerk", "invitations", "revoke", { "inv_2p1Qb7Yx0sKc9dLm3nR0001" }, answers.invitation },
  { "convex", "admins", "create_user_profile", { { role = "admin" } },
    convex '{"_id":"j57p","_creationTime":1732060800000.25,"userId":"j57u","role":"admin"}' },
  { "convex", "invite_codes", "apply_invite_code", { { code = "WELCOME" } }, convex "null" },
  { "convex", "sessions", "create", { { questionId = "k17q", agentThreadId = "thread-1",
    assistantId = "assistant-1", functionName = "twoSum",
    inputParameters = { "nums", "target" } } },
    convex '"j57session"' },
  { "convex", "sessions", "start_session", { { sessionId = "j57session" } }, convex "null" },
  { "convex", "editor_snapshots", "create", { { sessionId = "j57session",
    editor = { language = "lua", content = ("local sum = 0\n"):rep(40), lastUpdated = 1732060800000,
      functionName = "twoSum", inputParameters = { "nums", "target" } },
    terminal = { output = ("ok\n"):rep(20), isError = false, executionTime = 12.5 } } },
    convex "null" },
  { "convex", "sessions", "end_session", { { sessionId = "j57session" } }, convex "null" },
  { "cvat", "invitations", "create", { { email = "guest@example.com", role = "worker" } },
    cvat_invitation },
  { "cvat", "invitations", "get", { KEY }, cvat_invitation },
  { "cvat", "invitations", "list", { { page_size = 10 } },
    '{"count":6,"next":null,"previous":null,"results":[' .. repeated(cvat_invitation, 6)
      .. "]}" }, -- a word of nginx's has at most 4 KiB
  { "cvat", "invitations", "update", { KEY, { role = "worker" } }, cvat_invitation },
  { "cvat", "invitations", "delete", { KEY } },
  { "gencove", "invitations", "create", { { email = "guest@example.com", role = "member" } },
    gencove_invitation },
  { "gencove", "invitations", "list", { { status = "pending", limit = 10 } },
    '{"meta":{"count":10,"next":null,"previous":null},"results":['
      .. repeated(gencove_invitation, 10) .. "]}" },
  { "gencove", "invitations", "delete", { UUID } },
  { "gencove", "invitations", "read_token", { TOKEN }, gencove_details },
  { "gencove", "invitations", "accept", { TOKEN, { organization = { name = "Engines" } } },
    gencove_details },
  { "edgegap", "sessions", "create", { { app_name = "arena", version_name = "v1.4.2",
    geo_ip_list = { { ip = "192.0.2.1", latitude = 45.5, longitude = -73.5 },
      { ip = "192.0.2.2", latitude = 45.4, longitude = -73.6 } },
    location = { latitude = 45.5, longitude = -73.5 }, city = "Montreal", country = "Canada",
    continent = "North America", administrative_division = "Quebec", region = "Quebec",
    selectors = { { tag = "ranked", tag_only = false, env = { key = "MODE", value = "ranked" } },
      { tag = "season-4", tag_only = true } },
    webhook_url = "https://hooks.example.com/edgegap?game=arena",
    filters = { { field = "city", values = { "Montreal", "Toronto" }, filter_type = "any" } },
    skip_telemetry = true } },
    ('{"session_id":"%s","custom_id":null,"app":"arena","version":"v1.4.2","selectors":[{"tag":'
      .. '"ranked","tag_only":false,"env":{"key":"MODE","value":"ranked"}}],"webhook_url":null}')
      :format(SESSION) },
  { "edgegap", "sessions", "get", { SESSION }, edgegap_details },
  { "edgegap", "sessions", "add_users", { SESSION, { ip_list = { "192.0.2.2" } } }, edgegap_users },
  { "edgegap", "sessions", "users", { SESSION }, edgegap_users },
  { "edgegap", "sessions", "remove_users", { SESSION, { ip_list = { "192.0.2.1" } } },
    edgegap_users },
  { "edgegap", "sessions", "list", { { limit = 10 } }, '{"data":[' .. repeated(edgegap_session, 10)
    .. '],"total_count":10,"pagination":{"number":1,"next_page_number":null,'
    .. '"previous_page_number":null,"paginator":{"num_pages":1},"has_next":false,'
    .. '"has_previous":false}}' },
  { "edgegap", "sessions", "delete", { SESSION },
    ('{"message":"The session will be deleted.","session_id":"%s","custom_id":null}')
      :format(SESSION) },
  { "edgegap", "sessions", "bulk_stop", { { filters = { { field = "session_id",
    filter_type = "any", values = { SESSION } } } } },
    ('{"processable":[{"session_id":"%s"}]}'):format(SESSION) },
}
local of_pages = 0 -- the extra operations are not measured
for _, operation in ipairs(convoke.operations) do
  if not operation.extra then of_pages = of_pages + 1 end
end
assert(#operations.list == of_pages)

--- The creates whose bodies are an API's largest, by API.
operations.largest = {
  clerk = { "clerk", "invitations", "create", { { email_address = "player1@example.com",
    public_metadata = { team = "red", level = 7, roles = { "captain", "scout" },
      badges = { first = true, fair = true }, note = ("welcome back; "):rep(8) },
    redirect_url = "https://game.example.com/welcome?from=invitation", notify = false,
    ignore_existing = true, expires_in_days = 7, template_slug = "invitation" } } },
}
for _, operation in ipairs(operations.list) do
  local api, resource, verb = operation[1], operation[2], operation[3]
  if verb == "create" and not operations.largest[api]
    and (api ~= "convex" or resource == "editor_snapshots") then
    operations.largest[api] = operation
  end
end

-- All clients talk to one server; what is behind its address is theirs.
local function options(api, url)
  local settings = {
    clerk = { url = url .. "/v1", secret_key = "sk_test_bench" },
    convex = { url = url, token = "bench" },
    cvat = { url = url, token = "bench", org = "team" },
    gencove = { url = url, api_key = "bench" },
    edgegap = { url = url, token = "0b9c6d7e-1111-2222-3333-444455556666" },
  }
  return settings[api]
end

--- Clients of all APIs, by name.
-- @param url       of the server
-- @param settings  further options for all of them, or nil
function operations.clients(url, settings)
  local clients = {}
  for _, api in ipairs { "clerk", "convex", "cvat", "gencove", "edgegap" } do
    local all = options(api, url)
    for name, value in pairs(settings or {}) do all[name] = value end
    clients[api] = convoke[api](all)
  end
  return clients
end

local unpack = table.unpack or unpack

--- Makes a call of the list.
function operations.call(clients, operation)
  local group = clients[operation[1]][operation[2]]
  return group[operation[3]](group, unpack(operation[4]))
end

-- What convoke would send: method, path with query, path, body.
local function requested(operation)
  local seen
  local transport = { send = function(request)
    seen = request
    return nil, { kind = "network", sent = false }
  end }
  local clients = operations.clients("http://127.0.0.1:1", { transport = transport, retries = 0 })
  operations.call(clients, operation)
  local whole = seen.url:match "^http://[^/]+(/.*)$"
  return { method = seen.method, whole = whole, path = whole:match "^[^?]+", body = seen.body }
end

--- The requests of operations, a line for each: method, path, and JSON where there is a body.
function operations.lines(list)
  local lines = {}
  for i, operation in ipairs(list) do
    local request = requested(operation)
    lines[i] = ("%s %s %s\n"):format(request.method, request.whole, request.body or "")
  end
  return table.concat(lines)
end

--- nginx's locations that answer all of them.
function operations.locations()
  local by_path, paths = {}, {}
  for _, operation in ipairs(operations.list) do
    local request = requested(operation)
    if not by_path[request.path] then
      by_path[request.path] = {}
      paths[#paths + 1] = request.path
    end
    local conditions = by_path[request.path]
    conditions[#conditions + 1] = ("      if ($request_method = %s) { return %s; }"):format(
      request.method, operation[5] and ("200 '%s'"):format(operation[5]) or "204")
  end
  for i, path in ipairs(paths) do
    local list = path == "/v1/invitations"
      and "      if ($arg_limit = 500) { rewrite ^ /list.json last; }\n" or ""
    paths[i] = ("    location = %s {\n%s%s\n    }"):format(path, list,
      table.concat(by_path[path], "\n"))
  end
  return table.concat(paths, "\n")
end

return operations
