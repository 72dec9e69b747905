--- Dry runs: the request of a call as a table or as a curl command, and nothing is sent.
--
-- Secrets stand there as the environment variables that clients read ($CLERK_SECRET_KEY), or would
-- read if there were one ($CVAT_PASSWORD).

local access = require "convoke.access"

local dry = {}

local function variable_of(api, option)
  return "$" .. (api.name .. "_" .. option):upper()
end

--- The variable that stands for a credential, such as "$CLERK_SECRET_KEY".
-- @param api     of the catalogue
-- @param auth    one of its auths
-- @param option  of the constructor: the auth's own, or its partner's
function dry.variable(api, auth, option)
  local named = option == auth.option and auth.environment and auth.environment[1]
  return named and "$" .. named or variable_of(api, option)
end

-- The credentials that a request carries: auths of the catalogue. Clients of a document may send
-- several with one request; where they stand, the core has struck them out.
local function auths_in(state, operation, request)
  local api = state.api
  if not api.securities then return operation.no_credential and {} or { state.auth } end
  local found = {}
  for _, auth in ipairs(api.auths) do
    local header = request.headers[auth.name]
    local struck = auth.place == "query" and request.url:find("[?&]" .. auth.name
      .. "=%[redacted%]") or header == (auth.prefix or "") .. "[redacted]"
    if struck then found[#found + 1] = auth end
  end
  return found
end

local auths_of = setmetatable({}, { __mode = "k" }) -- request -> what auths_in() returned

-- Requests as tables ------------------------------------------------

local request_metatable = { __name = "convoke.request" }

local function sorted_names(headers)
  local names = {}
  for name in pairs(headers) do names[#names + 1] = name end
  table.sort(names)
  return names
end

--- As an HTTP message reads: the method and the address, the headers, an empty line, the body.
function request_metatable.__tostring(request)
  local lines = { request.method .. " " .. request.url }
  for _, name in ipairs(sorted_names(request.headers)) do
    lines[#lines + 1] = name .. ": " .. request.headers[name]
  end
  if request.body then
    lines[#lines + 1] = ""
    lines[#lines + 1] = request.body
  end
  return table.concat(lines, "\n")
end

-- The variables of a user name and a password, which a document's have in one.
local function pair_of(api, auth)
  local value = dry.variable(api, auth, auth.option)
  return auth.partner and value .. ":" .. dry.variable(api, auth, auth.partner) or value
end

-- Puts the variables of a credential where the credential goes.
local function show_credential(request, api, auth)
  local headers = request.headers
  local value = dry.variable(api, auth, auth.option)
  local partner = auth.partner and dry.variable(api, auth, auth.partner)
  if auth.place == "header" then
    headers[auth.name] = auth.prefix .. value
  elseif auth.place == "basic" then
    headers[auth.name] = ("%sbase64(%s)"):format(auth.prefix, pair_of(api, auth))
  elseif auth.place == "cookie" then
    headers.Cookie = ("%s=%s; csrftoken=%s"):format(auth.name, value, partner)
    headers["X-CSRFToken"] = partner
    headers.Referer = request.url:match "^%a+://[^/]*" .. "/"
  else
    local struck = auth.name .. "=[redacted]"
    local from, to = request.url:find(struck, 1, true)
    local shown = auth.name .. "=" .. value
    if from then
      request.url = request.url:sub(1, from - 1) .. shown .. request.url:sub(to + 1)
    else
      request.url = request.url .. (request.url:find("?", 1, true) and "&" or "?") .. shown
    end
  end
end

--- The request of a prepared call.
-- @param state      of the client
-- @param operation  of the catalogue
-- @param native     the call, as the core has it
-- @return table: method, url, headers (texts by name), body (text, or nil where none is sent); its
--   tostring() is the request as a person reads it
function dry.request(state, operation, native)
  local request = native:request()
  request.url = native:redact(request.url)
  request.body = request.body and native:redact(request.body)
  local auths = auths_in(state, operation, request)
  for _, auth in ipairs(auths) do show_credential(request, state.api, auth) end
  auths_of[request] = auths
  if state.address == access.no_address then
    local api = state.api
    local address = (api.url_environment and "$" .. api.url_environment or variable_of(api, "url"))
      .. (api.url_suffix or "")
    local size = #access.no_address
    request.url = address .. request.url:sub(size + 1)
    if request.headers.Referer then request.headers.Referer = address .. "/" end
  end
  return setmetatable(request, request_metatable)
end

-- Requests as commands ------------------------------------------------

-- A text as one word of a shell, in which the variables of this request are filled in.
-- @param variables  set of their names, with the sign
local function quote(text, variables)
  local parts, has_variable, from = {}, false, 1
  local function add_plain(part) parts[#parts + 1] = part:gsub('[\\"`$]', "\\%0") end
  for at, name, next_at in text:gmatch "()(%$[%u%d_]+)()" do
    if variables[name] then
      add_plain(text:sub(from, at - 1))
      parts[#parts + 1] = text:find("^[%w_]", next_at) and "${" .. name:sub(2) .. "}" or name
      has_variable, from = true, next_at
    end
  end
  if not has_variable then return "'" .. text:gsub("'", "'\\''") .. "'" end
  add_plain(text:sub(from))
  return '"' .. table.concat(parts) .. '"'
end

-- The variables that a request of the client may hold.
local function variables_of(state, auths)
  local api, variables = state.api, {}
  for _, auth in ipairs(auths) do
    variables[dry.variable(api, auth, auth.option)] = true
    if auth.partner then variables[dry.variable(api, auth, auth.partner)] = true end
  end
  if state.address == access.no_address then
    variables[api.url_environment and "$" .. api.url_environment or variable_of(api, "url")] = true
  end
  return variables
end

-- The credential that a header is of, in which variables are filled in; others stay as they are.
local function credential_of(auths, name)
  for _, auth in ipairs(auths) do
    local is_its = auth.place ~= "cookie" and auth.place ~= "query" and name == auth.name
    if auth.place == "cookie" then
      is_its = name == "Cookie" or name == "X-CSRFToken" or name == "Referer"
    end
    if is_its then return auth end
  end
end

--- The command that sends the same request with curl.
-- @param state    of the client
-- @param request  as dry.request() returned it
-- @return text of several lines, for a shell
function dry.command(state, request)
  local auths, none = auths_of[request], {}
  local variables = variables_of(state, auths)
  local words = { "curl " .. quote(request.url, variables) }
  local function add(option, text, known)
    words[#words + 1] = option .. " " .. quote(text, known)
  end
  local method = request.method
  if request.url:find "[%[%]{}]" then words[#words + 1] = "--globoff" end
  if method == "HEAD" then
    words[#words + 1] = "--head" -- with --request curl would wait for a body
  elseif method ~= (request.body and "POST" or "GET") then
    words[#words + 1] = "--request " .. method
  end
  for _, file in ipairs(state.files) do add("--" .. file.option, file.path, none) end
  for _, auth in ipairs(auths) do
    if auth.place == "basic" then add("--user", pair_of(state.api, auth), variables) end
  end
  for _, name in ipairs(sorted_names(request.headers)) do
    local value = request.headers[name]
    local auth = credential_of(auths, name)
    local is_user = auth and auth.place == "basic"
    if not is_user and name ~= "User-Agent" then
      -- Without its value curl takes a header for one to leave out.
      local line = value == "" and name .. ";" or name .. ": " .. value
      add("--header", line, auth and variables or none)
    end
  end
  if request.body then
    add("--data-raw", request.body, none)
  elseif method == "POST" or method == "PUT" or method == "PATCH" then
    add("--header", "Content-Length: 0", none)
  end
  return table.concat(words, " \\\n  ")
end

return dry
