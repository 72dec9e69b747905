--- A server that imitates the creates and listings of Clerk, Gencove and CVAT as faithfully as
-- badly: its clocks, its replicas and what becomes of a request are the spec's choice.
--
--   local server = vendor_server.start()
--   local case = server:case { api = "clerk", fates = { "lost" }, date_ahead = 0.2 }
--   ... call case.url ...
--   case:books()   -- { objects = { { owner =, id =, ... } }, creates = 1, lists = 2 }
--   server:stop()
--
-- A case is a world of its own. Its fields, all but `api` optional:
--   fates          what becomes of the first create, the second and so on; the last one stays:
--     "answered"        executed and answered
--     "lost"            executed, the connection is cut
--     "dropped"         not executed, the connection is cut
--     { "late", n }     cut; executed when n listings have been asked for since
--     { "answer", status, body, executed }   answered so by something that is not the API
--   created_ahead  seconds by which times of creation are ahead of the true time
--   date_ahead     the same for the header Date; false: there is none
--   asleep         seconds that pass after the first create and before all else: the caller sleeps
--   lag            so many listings show nothing of what is made meanwhile
--   stored_as      how any address is stored, if not as it was typed
--   before         what others have made: array of { ago = seconds before the first create, and
--     fields of a create }
--   rival          the fields of another's create that is executed right before the first one
--   accepts_more   Gencove's way with a second invitation: it makes another
--   names          how CVAT names accounts: "address" (the default), "mailbox" or "nickname"
--
-- It runs in a process of its own.

local child_server = require "spec.support.child_server"
local cjson = require "cjson"

local vendor_server = {}


-- What the vendors make and show ------------------------------------------------------------------

local function iso(time)
  local whole = math.floor(time)
  local micro = math.floor((time - whole) * 1000000)
  return os.date("!%Y-%m-%dT%H:%M:%S", whole) .. (".%06dZ"):format(micro)
end

-- JSON of an array, an empty one too.
local function encode_list(items)
  local texts = {}
  for i, item in ipairs(items) do texts[i] = cjson.encode(item) end
  return "[" .. table.concat(texts, ",") .. "]"
end

-- api -> show(object), list(objects shown) as JSON, status of a create, refusal of a second one
local vendors = {
  clerk = {
    status = 200,
    show = function(object)
      return { object = "invitation", id = object.id, email_address = object.address,
        public_metadata = object.fields.public_metadata or {}, status = "pending",
        created_at = math.floor(object.created * 1000), updated_at = 1 }
    end,
    list = encode_list,
    refusal = '{"errors":[{"code":"duplicate_record","message":"duplicate","long_message":""}]}',
  },
  gencove = {
    status = 201,
    show = function(object)
      return { id = object.id, email = object.address, role = object.fields.role or "member",
        last_status = { status = "pending", created = iso(object.created) } }
    end,
    list = function(shown) return '{"meta":{},"results":' .. encode_list(shown) .. "}" end,
    refusal = '{"email":["A pending invitation for this email address exists already."]}',
  },
  cvat = {
    status = 201,
    show = function(object)
      return { key = object.id, created_date = iso(object.created), role = object.fields.role,
        organization = 1, user = { id = 1, username = object.name } }
    end,
    list = function(shown)
      return ('{"count":%d,"results":%s}'):format(#shown, encode_list(shown))
    end,
    refusal = '["The user is a member of the organization already."]',
  },
}

-- The name of the account of an address; what is taken gets a number.
local function name_for(case, address)
  if case.names == "nickname" then return "nick" .. #case.objects end
  local name = case.names == "mailbox" and address:match "^[^@]*" or address
  local taken, free, number = {}, name, 0
  for _, object in ipairs(case.objects) do taken[object.name] = true end
  while taken[free] do
    number = number + 1
    free = name .. number
  end
  return free
end

-- A case's world ------------------------------------------------

local function address_of(case, fields)
  return case.stored_as or fields.email_address or fields.email
end

local function add(case, owner, fields, time)
  local address = address_of(case, fields)
  local id = ("%s_%d_%d"):format(case.api, case.number, #case.objects + 1)
  local object = { owner = owner, id = id, fields = fields, address = address,
    created = time + (case.created_ahead or 0), visible_from = case.lists + (case.lag or 0) }
  object.name = name_for(case, address)
  case.objects[#case.objects + 1] = object
  return object
end

local function is_there(case, fields)
  local address = address_of(case, fields)
  for _, object in ipairs(case.objects) do
    if object.address == address then return true end
  end
  return false
end

-- Does what the API does; returns status and body.
local function execute(case, owner, fields, time)
  local vendor = vendors[case.api]
  local allowed = fields.ignore_existing or case.accepts_more
  if not allowed and is_there(case, fields) then return 400, vendor.refusal end
  return vendor.status, cjson.encode(vendor.show(add(case, owner, fields, time)))
end

-- What stood there and what others do at the same moment.
local function set_scene(case, time)
  for _, other in ipairs(case.before or {}) do
    add(case, "another", other.fields, time - other.ago).visible_from = 0
  end
  if case.rival then execute(case, "another", case.rival, time) end
end

local function answer_create(case, body, time)
  local fields = cjson.decode(body)
  case.creates = case.creates + 1
  if case.creates == 1 then set_scene(case, time) end
  local fates = case.fates or { "answered" }
  local fate = fates[math.min(case.creates, #fates)]
  if fate == "answered" then return execute(case, "caller", fields, time) end
  if fate == "lost" then execute(case, "caller", fields, time) end
  if fate[1] == "late" then
    case.waiting[#case.waiting + 1] = { fields = fields, at = case.lists + fate[2] }
  elseif fate[1] == "answer" then
    if fate[4] then execute(case, "caller", fields, time) end
    return fate[2], fate[3]
  end
end

local function answer_list(case, target, time)
  case.lists = case.lists + 1
  for _, late in ipairs(case.waiting) do
    if late.at == case.lists then execute(case, "caller", late.fields, time) end
  end
  local wanted = target:match "[?&]query=([^&]*)"
  wanted = wanted and wanted:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end)
  local shown, vendor = {}, vendors[case.api]
  for i = #case.objects, 1, -1 do -- newest first
    local object = case.objects[i]
    local matches = not wanted or object.address:find(wanted, 1, true)
    if matches and object.visible_from < case.lists then shown[#shown + 1] = vendor.show(object) end
  end
  return 200, vendor.list(shown)
end

-- The child ------------------------------------------------

local cases = {}

local function control(target, body)
  if target:find "^/case" then
    local case = cjson.decode(body)
    case.objects, case.waiting, case.lists, case.creates = {}, {}, 0, 0
    cases[#cases + 1] = case
    case.number = #cases
    return 200, cjson.encode { number = #cases }
  end
  local case = cases[tonumber(target:match "%d+")]
  return 200, cjson.encode { objects = case.objects, creates = case.creates, lists = case.lists }
end

local function time_for(case)
  local slept = case and case.creates > 0 and case.asleep or 0
  return require("socket").gettime() + slept
end

local function answer(method, target, body)
  local number = target:match "^/(%d+)/"
  if not number then return nil, control(target, body) end
  local case = cases[tonumber(number)]
  if method == "POST" then return case, answer_create(case, body, time_for(case)) end
  return case, answer_list(case, target, time_for(case))
end

local function serve(connection)
  while true do
    local request = child_server.read_request(connection)
    if not request then return end
    local case, status, text = answer(request.method, request.target, request.body)
    if not status then return end
    local ahead = case and case.date_ahead or 0
    local date = case and case.date_ahead == false and "" or "Date: "
      .. os.date("!%a, %d %b %Y %H:%M:%S GMT", math.floor(time_for(case) + ahead))
      .. "\r\n"
    connection:write(("HTTP/1.1 %d Words\r\nContent-Type: application/json\r\n%s"
      .. "Content-Length: %d\r\n\r\n%s"):format(status, date, #text, text))
  end
end

--- The child's program.
function vendor_server.main()
  local child = child_server.new()
  child:listen("port", serve)
  child:run()
end

-- The parent ------------------------------------------------

local function ask(server, target, body)
  local connection = server.process:connect "port"
  assert(connection:send(("POST %s HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s"):format(target, #body,
    body)))
  local size
  repeat
    local line = assert(connection:receive "*l")
    size = tonumber(line:match "^Content%-Length: (%d+)") or size
  until line == ""
  local text = assert(connection:receive(size))
  connection:close()
  return cjson.decode(text)
end

local methods = {}
methods.__index = methods

--- A new world; see above for what it may be made of.
-- @return table: url, for a client; books(), what it holds: objects (owner "caller" or "another"),
--   creates and lists, how many of them were asked for
function methods:case(fields)
  local number = ask(self, "/case", cjson.encode(fields)).number
  return { url = ("http://127.0.0.1:%d/%d"):format(self.port, number), books = function()
    return ask(self, "/books/" .. number, "")
  end }
end

--- Ends the server.
function methods:stop()
  self.process:stop()
end

--- Starts the server.
function vendor_server.start()
  local process = child_server.start "spec.support.vendor_server"
  return setmetatable({ process = process, port = process.ports.port }, methods)
end

return vendor_server
