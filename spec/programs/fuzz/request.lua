-- Requests of all operations from any values: refused with faults, or sent as what was given.

local fuzz = ...

local cjson = require "cjson"
local core = require "convoke.core"
local judge = require "spec.programs.fuzz.judge"

fuzz.words(require "spec.programs.fuzz.words")

local base = "https://api.example.com:8443/base/v1"
local catalogue = core.catalogue()
local apis = {}
for _, name in ipairs { "clerk", "convex", "cvat", "edgegap", "gencove" } do
  apis[#apis + 1] = catalogue.apis[name]
end

-- One client for each way to prove oneself, and one without.
local clients = {}
for _, api in ipairs(apis) do
  local all = {}
  for way = 0, #api.auths do
    all[#all + 1] = core.client(api.name, { address = base, user_agent = "fuzz",
      connect_timeout = 5, max_response_bytes = 1000, max_in_flight = 0, http_version = 0,
      headers = api.name == "clerk" and { ["Clerk-API-Version"] = "2024-10-01" } or nil })
    if way > 0 then assert(all[#all]:credential(way, "secret1", "partner1")) end
  end
  clients[api.name] = all
end

local never_chosen = {}
for _, name in ipairs { "authorization", "connection", "content-length", "cookie", "expect", "host",
  "transfer-encoding", "upgrade", "x-csrftoken" } do never_chosen[name] = true end

local function check_faults(faults)
  assert(#faults > 0, "refused without a fault")
  for _, fault in ipairs(faults) do
    assert(type(fault.field) == "string" and fault.field ~= "", "a fault of no field")
    assert(type(fault.message) == "string" and fault.message ~= "", "a fault that says nothing")
  end
end

local int64 = getmetatable(core.int64(0))

local function as_text(value)
  if math.type(value) == "float" then return nil, value end
  if getmetatable(value) == int64 then -- its bytes count, whatever was put in place of its text
    return tostring((string.unpack("<i8", rawget(value, 1))))
  end
  return tostring(value)
end

local function check_text(name, value, text)
  local wanted, number = as_text(value)
  if number then
    assert(tonumber(text) == number, name .. " is another number: " .. text)
  else
    assert(text == wanted, ("%s: %q became %q"):format(name, tostring(wanted), text))
  end
end

-- The path: what the template says, with the values amid it and no more segments than that.
local function check_path(operation, given, path)
  local pattern = operation.path:gsub("[%-%.%+]", "%%%0"):gsub("{[^}]+}", "([^/?#]+)")
  local values = { path:match("^/base/v1" .. pattern .. "$") }
  assert(values[1], "another path: " .. path)
  for i, name in ipairs(operation.path_params) do
    check_text(name, given[name], fuzz.unescape(values[i]))
  end
end

local function check_query(operation, given, query, way)
  local found = {}
  for pair in (query or ""):gmatch "[^&]+" do
    local name, text = pair:match "^([^=]*)=([^=]*)$"
    assert(name, "no pair: " .. pair)
    name = fuzz.unescape(name)
    assert(not found[name], "twice in the query: " .. name)
    found[name] = fuzz.unescape(text)
  end
  if way and way.place == "query" then
    assert(found[way.name] == "secret1", "the credential is gone")
    found[way.name] = nil
  end
  for _, param in ipairs(operation.params) do
    local value = given[param.name]
    if param.where == "query" and value ~= nil then
      assert(found[param.name], "not in the query: " .. param.name)
      check_text(param.name, value, found[param.name])
      found[param.name] = nil
    end
  end
  assert(next(found) == nil, "not asked for: " .. tostring(next(found)))
end

local function check_headers(operation, given, lines, chosen)
  local found = {}
  for _, line in ipairs(lines) do
    local name, value = line:match "^([^%z\1-\32\127-\255()<>@,;:\\\"/%[%]?={}]+): (.*)$"
    assert(name, "no header: " .. line)
    assert(not value:find "[%z\r\n]", "a line break in " .. name)
    name = name:lower()
    assert(not found[name] and not never_chosen[name], "twice, or not the caller's: " .. name)
    found[name] = value
  end
  assert(found.accept and found["user-agent"], "a header is missing")
  assert((found["content-type"] == "application/json") == operation.body, "the content type")
  local overridden = {}
  for name, value in pairs(chosen or {}) do
    overridden[name:lower()] = true
    assert(found[name:lower()], "not sent: " .. name)
    assert(type(value) == "string" and not value:find "[%z\r\n]" and value:find "[^ \t]",
      "such a header is no header: " .. name)
  end
  for _, param in ipairs(operation.params) do
    local value = given[param.name]
    if param.where == "header" and value ~= nil and not overridden[param.name:lower()] then
      check_text(param.name, value, found[param.name:lower()])
    end
  end
end

-- Takes off what was put around fields, and what was sent in place of absent ones.
local function take_off(fields, given, decoded)
  for _, field in ipairs(fields) do
    local name, value = field.name, given[field.name]
    if field.listed and field.where ~= "path" then
      assert(#decoded[name] == 1, name .. " is in no list of one")
      decoded[name] = decoded[name][1]
    end
    if field.filled and value == nil then
      local sent = decoded[name]
      assert(type(sent) == "table" and next(sent) == nil or sent == field.default,
        name .. " is not sent as its default")
      decoded[name] = nil
    end
    local elements = field.items and field.items.fields
    for i, element in ipairs(elements and value or {}) do
      take_off(elements, element, decoded[name][i])
    end
  end
end

local function check_body(operation, given, body)
  if not operation.body then
    assert(body == "", "a body that nobody asked for")
    return
  end
  assert(utf8.len(body), "the body is not UTF-8")
  local decoded = cjson.decode(body)
  if operation.envelope == "run" or operation.envelope == "named" then
    assert(decoded.format == "convex_encoded_json", "no format")
    decoded.format = nil
  end
  if operation.envelope == "run" then
    assert(next(decoded, (next(decoded))) == nil, "more than args")
    decoded = decoded.args
  end
  if operation.whole_body then
    judge.same("body", given.body, decoded)
    return
  end
  take_off(operation.params, given, decoded)
  local wanted = {}
  for _, param in ipairs(operation.params) do
    local value = given[param.name]
    if param.where == "body" then
      wanted[param.name] = value
      if type(value) == "table" and next(value) == nil and param.type == "array" then
        assert(body:find(("%q:[]"):format(param.name), 1, true), "an empty list is none any more")
      end
    end
  end
  judge.same("body", wanted, decoded)
end

local function is_blank(list)
  for _, text in ipairs(list) do
    if type(text) ~= "string" or text:match "^[^%z]*":find "[^ \t\r\n]" then return false end
  end
  return true
end

-- What the catalogue says of such values, whatever the core thinks.
local function is_allowed(api, operation, given, allow_empty)
  local known, convex = {}, api.error_shape == "convex"
  for _, param in ipairs(operation.params) do
    known[param.name] = true
    local value = given[param.name]
    if value == nil then
      if param.required then return false, param.name .. " is absent" end
    elseif not judge.allows(param, value, convex and param.where == "body") then
      return false, param.name .. " may not be " .. judge.show(value)
    elseif param.where ~= "body" and value == cjson.null then
      return false, param.name .. " is null"
    end
  end
  for name in pairs(given) do
    if not known[name] then return false, tostring(name) .. " is unknown" end
  end
  for _, pair in ipairs(operation.exclusions or {}) do
    local one, other = given[pair.one], given[pair.other]
    if one ~= nil and other ~= nil and not (pair.equal_is_fine and one == other) then
      return false, pair.one .. " excludes " .. pair.other
    end
  end
  local whole = operation.non_empty and given[operation.non_empty]
  if not whole or allow_empty then return true end
  if is_blank(whole) then return false, "empty" end
  for _, element in ipairs(whole) do
    if is_blank(element[operation.non_empty_member]) then return false, "empty inside" end
  end
  return true
end

local function some_headers()
  local headers = {}
  for _ = 1, fuzz.below(3) do
    local name = fuzz.text()
    headers[name] = fuzz.below(8) == 7 and fuzz.any() or fuzz.text()
  end
  return headers
end

return function()
  local api = apis[fuzz.below(#apis) + 1]
  local operation = api.operations[fuzz.below(#api.operations) + 1]
  local way = fuzz.below(#api.auths + 1)
  local client = clients[api.name][way + 1]
  local options = fuzz.below(256)
  local params, path = fuzz.params(api.name, operation.index)
  if type(path) == "table" then path = nil end -- an array of path values, which clients make
  local headers = options & 3 == 3 and some_headers() or nil
  local defaults = options & 12 == 12 and api.name == "cvat" and { org = fuzz.text() } or nil
  local allow_empty = options & 16 == 16

  local name = operation.path_params and operation.path_params[1]
  local twice = path ~= nil and params[name] ~= nil
  local call, faults
  if path ~= nil then
    call, faults = client:prepare(operation.index, params, defaults, headers, allow_empty, path)
  else
    call, faults = client:prepare(operation.index, params, defaults, headers, allow_empty)
  end
  if not call then return check_faults(faults) end

  assert(not twice, "the path value was given twice")
  if path ~= nil then params[name] = path end
  local allowed, why = is_allowed(api, operation, params, allow_empty)
  assert(allowed, why)
  if defaults and params.org == nil and params.org_id == nil
    and (params["X-Organization"] == nil) then
    for _, param in ipairs(operation.params) do
      if param.name == "org" then params.org = defaults.org end
    end
  end
  local url, lines, body = fuzz.request(call)
  local parts = assert(fuzz.url(url), "no address: " .. url)
  assert(parts.scheme == "https" and parts.host == "api.example.com" and parts.port == "8443"
    and not parts.user and not parts.password and not parts.fragment, "another server: " .. url)
  check_path(operation, params, parts.path)
  check_query(operation, params, parts.query, not operation.no_credential and api.auths[way])
  check_headers(operation, params, lines, headers)
  check_body(operation, params, body)
end
