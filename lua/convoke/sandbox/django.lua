--- The habits of Django REST framework that CVAT and Gencove share: reading a body, checking
-- fields, wording errors.

local json = require "convoke.sandbox.json"
local web = require "convoke.sandbox.web"

local django = {}

--- Raises a refusal that `django.protect` turns into an answer.
-- @param status integer
-- @param body JSON value
-- @param headers table or nil
function django.refuse(status, body, headers)
  error({ refusal = true, status = status, body = body, headers = headers }, 0)
end

--- Refuses with the framework's usual `{"detail": text}`.
function django.detail(status, text, headers)
  django.refuse(status, { detail = text }, headers)
end

local titles = { [400] = "Bad Request", [500] = "Server Error" }

--- Refuses with the page of HTML that Django answers where the framework is not asked.
-- @param status integer, 400 or 500
function django.page(status)
  local title = ("%s (%d)"):format(titles[status], status)
  error({ refusal = true, reply = web.reply(status, "text/html; charset=utf-8", ([[

<!doctype html>
<html lang="en">
<head>
  <title>%s</title>
</head>
<body>
  <h1>%s</h1><p></p>
</body>
</html>
]]):format(title, title)) }, 0)
end

--- Runs `f(...)`; returns its answer, or the answer of the refusal it raised.
-- @param render function(status, body, headers) making an answer
function django.protect(render, f, ...)
  local ok, reply = pcall(f, ...)
  if ok then return reply end
  if type(reply) == "table" and reply.refusal then
    if reply.reply then return reply.reply end
    return render(reply.status, reply.body, reply.headers)
  end
  error(reply, 0)
end

-- Fields of a multipart form; file parts are read as text, which is all that is needed here.
local function multipart(request)
  local boundary = request.headers["content-type"]:match('boundary="?([^";]+)')
  if not boundary then
    django.detail(400, "Multipart form parse error - Invalid boundary in multipart: None")
  end
  local out, body = {}, "\r\n" .. request.body
  local mark = "\r\n--" .. boundary
  local at = select(2, body:find(mark, 1, true))
  while at do
    local from, to = body:find(mark, at + 1, true)
    if not from then break end
    local head, value = body:sub(at + 1, from - 1):match("^\r\n(.-)\r\n\r\n(.*)$")
    local name = head and head:match('[; ]name="([^"]*)"')
    if name then out[name] = value end
    at = to
  end
  return out
end

-- How bodies of each type are read.
local parsers = {}

parsers["application/json"] = function(request)
  local value, why, at = json.decode(request.body)
  if value == nil then
    django.detail(400,
      ("JSON parse error - %s: line 1 column %d (char %d)"):format(why, at, at - 1))
  end
  return value
end

parsers["application/x-www-form-urlencoded"] = function(request)
  local out, form = {}, web.values(request.body)
  for name in pairs(form.by_name) do out[name] = form:get(name) end
  return out
end

parsers["multipart/form-data"] = multipart

--- The request's data: the JSON value or the form's fields, `{}` without a body.
-- @param request request
-- @param json_only true where forms are not taken
function django.data(request, json_only)
  if request.body == "" then return {} end
  local given = request.headers["content-type"] or ""
  local kind = web.media_type(given)
  local parse = (not json_only or kind == "application/json") and parsers[kind]
  if not parse then
    django.detail(415, ('Unsupported media type "%s" in request.'):format(given))
  end
  return parse(request)
end

local UUID = "^" .. ("%x"):rep(8) .. ("%-" .. ("%x"):rep(4)):rep(3) .. "%-" .. ("%x"):rep(12) .. "$"
local booleans = { [true] = true, [false] = false, ["true"] = true, ["false"] = false }

-- Checks one field; returns its value, or nil and what is wrong.
local function check_field(value, rule)
  if value == nil then
    if rule.required then return nil, "This field is required." end
    return rule.default
  end
  if value == json.null then return nil, "This field may not be null." end
  if rule.boolean then
    if booleans[value] == nil then return nil, "Must be a valid boolean." end
    return booleans[value]
  end
  if rule.choices then
    for _, choice in ipairs(rule.choices) do
      if value == choice then return value end
    end
    local shown = type(value) == "table" and json.encode(value) or tostring(value)
    return nil, ('"%s" is not a valid choice.'):format(shown)
  end
  if type(value) == "number" then value = json.number_text(value) end
  if type(value) ~= "string" then return nil, "Not a valid string." end
  value = value:match("^%s*(.-)%s*$")
  if value == "" and not rule.blank then return nil, "This field may not be blank." end
  if rule.max and #value > rule.max then
    return nil, ("Ensure this field has no more than %d characters."):format(rule.max)
  end
  if rule.uuid and not value:find(UUID) then return nil, "Must be a valid UUID." end
  if rule.email and not web.is_email(value) then return nil, "Enter a valid email address." end
  return value
end

--- Checks fields as a serializer does; refuses with 400 and a message list a field.
-- Unknown fields are ignored, as the framework does.
-- @param data the request's data
-- @param rules table, field name to { required, blank, email, uuid, boolean, max, choices,
--   default }
-- @return table, field name to value
function django.fields(data, rules)
  if not json.is_object(data) then
    local kind = json.is_array(data) and "list" or data == json.null and "NoneType"
      or ({ string = "str", number = "int", boolean = "bool" })[type(data)]
    django.refuse(400, { non_field_errors = json.array {
      ("Invalid data. Expected a dictionary, but got %s."):format(kind) } })
  end
  local out, faults = {}, {}
  for name, rule in pairs(rules) do
    local value, why = check_field(data[name], rule)
    if why then faults[name] = json.array { why } end
    out[name] = value
  end
  if next(faults) then django.refuse(400, faults) end
  return out
end

--- The HTML page Django answers for a path no view serves.
function django.not_found_page()
  return web.reply(404, "text/html; charset=utf-8", [[

<!doctype html>
<html lang="en">
<head>
  <title>Not Found</title>
</head>
<body>
  <h1>Not Found</h1><p>The requested resource was not found on this server.</p>
</body>
</html>
]])
end

--- Runs the route of a request: an unknown path is Django's 404 page, a path that only lacks its
-- final slash is redirected to it.
-- @param service table with `.router`
-- @param request request; gets `.values`
-- @return the route, or nil and an answer; a known path with another method gives a route (its
--   fourth value, "needs a login", is true, and so is `is_unmapped`) whose handler refuses with 405
function django.route(service, request)
  local route, found = service.router:find(request.method, request.path)
  if route then
    request.values = found
    return route
  end
  if #found > 0 then
    local allowed = table.concat(found, ", ")
    return { request.method, request.path, function()
      django.detail(405, ('Method "%s" not allowed.'):format(request.method), { allow = allowed })
    end, true, is_unmapped = true }
  end
  local slashed, other = service.router:find(request.method, request.path .. "/")
  if slashed or #other > 0 then
    local query = request.query_text ~= "" and "?" .. request.query_text or ""
    return nil, web.reply(301, "text/html; charset=utf-8", "",
                          { location = request.path .. "/" .. query })
  end
  return nil, django.not_found_page()
end

return django
