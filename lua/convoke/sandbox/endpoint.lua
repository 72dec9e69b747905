--- One API behind one port: its state, clock, planned faults, request log and control path.

local clock = require "convoke.sandbox.clock"
local faults = require "convoke.sandbox.faults"
local json = require "convoke.sandbox.json"
local router = require "convoke.sandbox.router"
local web = require "convoke.sandbox.web"

local endpoint = {}
endpoint.__index = endpoint

local LOG_LENGTH = 200 -- requests kept
local LOGGED_BODY = 1024 * 1024 -- bytes of a body kept

--- A new endpoint for an API module.
-- An API module has `name`, `base` (path its addresses begin with) and `new(clock, settings)`,
-- which gives a service: `answer(self, request)`, `books(self)`, `problem(self, status)` and
-- `credentials`.
-- @param api      API module
-- @param settings what its `read_options`, if it has one, made of the sandbox's options; or nil
function endpoint.new(api, settings)
  local self = setmetatable({ api = api, settings = settings }, endpoint)
  self:reset()
  return self
end

--- Back to the state at the start: data, clock, faults and log.
function endpoint:reset()
  self.clock = clock.new()
  self.service = self.api.new(self.clock, self.settings)
  self.faults = {}
  self.log = json.array()
end

-- The entries of a log that are kept; it is cut once in LOG_LENGTH requests.
local function last_of(log)
  return web.slice(log, math.max(#log - LOG_LENGTH, 0), LOG_LENGTH)
end

local function log_body(body)
  local kept = body:sub(1, LOGGED_BODY)
  if json.is_utf8(kept) then return kept end
  return (kept:gsub("[\128-\255]", "?")) -- the log travels as JSON, which has no such bytes
end

--- The time for a Date header, by this API's clock.
function endpoint:date()
  return clock.http(self.clock:now())
end

function endpoint:record(request)
  local entry = {
    method = request.method, target = request.target, path = request.path,
    query = request.query_text, headers = request.headers, body = log_body(request.body),
    body_size = #request.body, connection = request.connection, time = self.clock:now(),
  }
  if #self.log >= 2 * LOG_LENGTH then self.log = last_of(self.log) end
  table.insert(self.log, entry)
  return entry
end

-- The service's true answer; a fault of the sandbox itself shows its trace to who tests with it.
function endpoint:work(request)
  local ok, reply = xpcall(function() return self.service:answer(request) end, debug.traceback)
  if ok then return reply end
  return web.reply(500, "text/plain; charset=utf-8", "sandbox fault: " .. tostring(reply))
end

--- Answers a request.
-- @param request table: method, target, path, query_text, query, headers (lower-case name to
--   value), body, origin (`http://host:port`), connection (number)
-- @return reply (see web.reply), which may carry `delay`, `cut` and `cut_body`, or `stop`:
--   true when the process shall end after this answer
function endpoint:answer(request)
  if request.path:sub(1, 10) == "/_control/" then return self:control(request) end
  local entry = self:record(request)
  local plan = faults.take(self.faults, request, self.clock:now())
  local reply
  if not plan or faults.executes(plan) then reply = self:work(request) end
  if plan then
    if plan.status then
      reply = faults.reply(plan, function(status) return self.service:problem(status) end)
    end
    reply = reply or web.reply(503)
    reply.delay, reply.cut, reply.cut_body = plan.delay, plan.cut, plan.cut_body
  end
  entry.status = reply.status
  return reply
end

-- ---------------------------------------------------------------------------------------------
-- The control path

local done = {}

local function control_data(request)
  if request.body == "" then return {} end
  local value, why = json.decode(request.body)
  if value == nil then return nil, "not JSON: " .. why end
  if not json.is_object(value) then return nil, "an object is expected" end
  return value
end

local controls = router.new {
  { "POST", "/_control/reset", function(self)
    self:reset()
    return done
  end },
  { "POST", "/_control/clock", function(self, data)
    if type(data.advance) ~= "number" then return nil, "advance (seconds) is missing" end
    self.clock:advance(data.advance)
    return { now = self.clock:now() }
  end },
  { "POST", "/_control/faults", function(self, data)
    local plan, why = faults.read(data)
    if not plan then return nil, why end
    table.insert(self.faults, plan)
    return done
  end },
  { "DELETE", "/_control/faults", function(self)
    self.faults = {}
    return done
  end },
  { "POST", "/_control/stop", function(self)
    self.stopping = true
    return done
  end },
  { "GET", "/_control/books", function(self) return self.service:books() end },
  { "GET", "/_control/requests", function(self) return last_of(self.log) end },
}

--- Opens the control path to whoever knows the token.
-- @param token string
-- @param port integer, where requests arrive
function endpoint:open_control(token, port)
  self.authorization = "Bearer " .. token
  self.hosts = { ["127.0.0.1:" .. port] = true, ["localhost:" .. port] = true }
end

-- Why a request may not control the sandbox: status and words. Pages in a browser send an Origin,
-- and a name of theirs that leads to this machine is in Host.
local function refusal_of(self, headers)
  if headers.origin then return 403, "the control path is not for web pages" end
  if not self.hosts[(headers.host or ""):lower()] then return 403, "another host is asked for" end
  if headers.authorization ~= self.authorization then
    return 401, "the control path wants Authorization: Bearer and the sandbox's control_token"
  end
end

function endpoint:control(request)
  local status, refused = refusal_of(self, request.headers)
  if status then return web.json(status, { error = refused }) end
  local route = controls:find(request.method, request.path)
  if not route then return web.json(404, { error = "no such control" }) end
  local data, why = control_data(request)
  if not data then return web.json(400, { error = why }) end
  local answer
  answer, why = route[3](self, data)
  if not answer then return web.json(400, { error = why }) end
  local reply = web.json(200, answer)
  reply.stop = self.stopping
  return reply
end

return endpoint
