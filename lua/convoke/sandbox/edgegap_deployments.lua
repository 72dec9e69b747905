--- Edgegap's deployments and their tags. They are those that are made as such; the ones below
-- sessions are the sessions' own.

local clock_text = require("convoke.sandbox.clock").plain
local errors = require "convoke.sandbox.edgegap_errors"
local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local web = require "convoke.sandbox.web"

local deployments = {}

local SEEKING, READY_AFTER = 0.1, 0.3 -- seconds from creation
local CRASHING = "crashing" -- an application whose deployments end in error after a while
local REFUSED = "unplaceable" -- one whose deployments are in error at once: 422

local message = errors.message
local text = { type = "string" }
local number = { type = "number" }

local tag_shape = { type = "object", required = { "name" },
                    fields = { name = { type = "string", length = { 1, 40 } } } }

local hook = { type = "object", required = { "url" }, fields = { url = text } }

local create_shape = { type = "object", required = { "application", "version", "users" }, fields = {
  application = text, version = text,
  users = { type = "array", items = { type = "object", required = { "user_type", "user_data" },
    fields = { user_type = { type = "string", words = { "ip_address", "geo_coordinates" } },
      user_data = { type = "object", fields = { ip_address = text, latitude = number,
                                                longitude = number } } } } },
  resources = { type = "object", required = { "cpu_units", "memory_mib" },
                fields = { cpu_units = { type = "integer" }, memory_mib = { type = "integer" } } },
  environment_variables = { type = "array", items = { type = "object",
    required = { "key", "value", "is_hidden" },
    fields = { key = text, value = text, is_hidden = { type = "boolean" } } } },
  tags = { type = "array", items = text },
  webhook_on_ready = hook, webhook_on_error = hook, webhook_on_terminated = hook,
} }

local bulk_shape = { type = "object", required = { "filters" }, fields = {
  filters = { type = "array", items = errors.filter {
    type = "string", words = { "request_id", "deployment_tags" } } },
} }

-- The word for the state in which a deployment is now.
local function state_of(service, one)
  if one.stopped then return "TERMINATED" end
  if one.application == REFUSED then return "ERROR" end
  local age = service.clock:now() - one.created
  if age < SEEKING then return "SEEKING" end
  if age < READY_AFTER then return "DEPLOYING" end
  return one.application == CRASHING and "ERROR" or "READY"
end

local function tag_names(one)
  local names = json.array()
  for i, tag in ipairs(one.tags) do names[i] = tag.name end
  return names
end

local function ports_of(one)
  return { gameport = { name = "gameport", link = one.id .. ".pr.edgegap.net:31000",
    internal = 7777, external = 31000, protocol = "UDP", tls_upgrade = false } }
end

local function render(service, one)
  local state = state_of(service, one)
  local ready = state == "READY"
  return {
    request_id = one.id, fqdn = one.id .. ".pr.edgegap.net",
    public_ip = ready and "203.0.113.9" or "", app_name = one.application,
    app_version = one.version, current_status = "Status." .. state, running = ready,
    start_time = clock_text(one.created), tags = tag_names(one),
    elapsed_time = math.floor(service.clock:now() - one.created), max_duration = 60,
    error = state == "ERROR", ports = ready and ports_of(one) or nil,
    error_detail = state == "ERROR" and "The container has exited" or nil,
    location = ready and { city = "Montreal", country = "Canada", continent = "North America",
      administrative_division = "Quebec", timezone = "Eastern Time", latitude = 45.508888,
      longitude = -73.561668 } or nil,
  }
end

local function create(service, request)
  local data, refusal = errors.read_body(request, create_shape)
  if not data then return refusal end
  if not data.users[1] then return message(400, "At least one user is needed") end
  local now, tags = service.clock:now(), {}
  for i, name in ipairs(data.tags or {}) do
    tags[i] = { name = name, create_time = clock_text(now), last_updated = clock_text(now) }
  end
  local all = service.servers
  local one = { id = ids.hex(12), application = data.application, version = data.version,
                created = now, tags = tags }
  all[#all + 1], service.server_by_id[one.id] = one, one
  if one.application == REFUSED then
    return web.json(422, { request_id = one.id,
                           message = "A deployment has been created, but is in error" })
  end
  return web.json(202, { request_id = one.id })
end

-- Wraps a handler, which gets the deployment that the path names. An unknown one is a 400.
local function of_deployment(handler)
  return function(service, request)
    local one = service.server_by_id[request.values.deployment_id]
    if not one then return message(400, "Deployment not found") end
    return handler(service, request, one)
  end
end

local function list(service, request)
  local active = {}
  for _, one in ipairs(service.servers) do
    if not one.stopped then active[#active + 1] = one end
  end
  local page, refusal = errors.page(request, #active)
  if not page then return refusal end
  local data = json.array()
  for i, one in ipairs(web.slice(active, page.offset, page.limit)) do
    local shown = render(service, one)
    data[i] = { request_id = one.id, fqdn = shown.fqdn, ready = shown.running, ports = shown.ports,
                start_time = shown.start_time, public_ip = shown.public_ip, tags = shown.tags }
  end
  return web.json(200, { data = data, total_count = #active, pagination = page.pagination })
end

local function stop(service, _, one)
  if one.stopped then return message(410, "Deployment already terminated") end
  local starting = state_of(service, one) ~= "READY"
  one.stopped = true
  local words = one.id .. " - Delete request will be processed soon"
  if starting then return web.json(202, { message = words }) end
  return web.json(200, { message = words, deployment_summary = render(service, one) })
end

local function bulk_stop(service, request)
  local data, refusal = errors.read_body(request, bulk_shape)
  if not data then return refusal end
  local stopped = json.array()
  for _, one in ipairs(service.servers) do
    local chosen = not one.stopped
    for _, rule in ipairs(data.filters) do
      local texts = rule.field == "request_id" and { one.id } or tag_names(one)
      chosen = chosen and errors.passes(texts, rule)
    end
    if chosen then
      one.stopped = true
      stopped[#stopped + 1] = { request_id = one.id }
    end
  end
  return web.json(202, { processable = stopped })
end

-- Tags ------------------------------------------------

local function find_tag(one, name)
  for i, tag in ipairs(one.tags) do
    if tag.name == name then return tag, i end
  end
end

local function create_tag(service, request, one)
  local data, refusal = errors.read_body(request, tag_shape)
  if not data then return refusal end
  if find_tag(one, data.name) then return message(409, "The tag exists already") end
  local now = clock_text(service.clock:now())
  local tag = { name = data.name, create_time = now, last_updated = now }
  one.tags[#one.tags + 1] = tag
  return web.json(200, tag)
end

local function list_tags(_, request, one)
  local page, refusal = errors.page(request, #one.tags)
  if not page then return refusal end
  local tags = json.array()
  for i, tag in ipairs(web.slice(one.tags, page.offset, page.limit)) do tags[i] = tag end
  return web.json(200, { tags = tags, total_count = #one.tags, pagination = page.pagination })
end

local function of_tag(handler)
  return of_deployment(function(service, request, one)
    local tag, position = find_tag(one, request.values.tag_name)
    if not tag then return message(404, "Tag not found") end
    return handler(service, request, one, tag, position)
  end)
end

local function update_tag(service, request, one, tag)
  local data, refusal = errors.read_body(request, tag_shape)
  if not data then return refusal end
  local other = find_tag(one, data.name)
  if other and other ~= tag then return message(409, "The tag exists already") end
  tag.name, tag.last_updated = data.name, clock_text(service.clock:now())
  return web.json(200, tag)
end

local function delete_tag(_, _, one, _, position)
  table.remove(one.tags, position)
  return web.reply(204)
end

local tags = "/v1/deployments/{deployment_id}/tags"

--- The routes, see router.new().
deployments.routes = {
  { "POST", "/v2/deployments", create },
  { "GET", "/v1/status/{deployment_id}", of_deployment(function(service, _, one)
    return web.json(200, render(service, one))
  end) },
  { "GET", "/v1/deployments", list },
  { "DELETE", "/v1/stop/{deployment_id}", of_deployment(stop) },
  { "POST", "/v1/deployments/bulk-stop", bulk_stop },
  { "DELETE", "/v1/self/stop/{deployment_id}/{stop_key}", of_deployment(function(_, _, one)
    if one.stopped then return message(404, "Deployment not found") end
    one.stopped = true
    return web.json(200, {})
  end) },
  { "GET", "/v1/deployment/{deployment_id}/container-logs", of_deployment(function(_, _, one)
    return web.json(200, { logs = "listening on 7777\n" .. one.id, encoding = "utf-8" })
  end) },
  { "POST", tags, of_deployment(create_tag) },
  { "GET", tags, of_deployment(list_tags) },
  { "GET", tags .. "/{tag_name}", of_tag(function(_, _, _, tag) return web.json(200, tag) end) },
  { "PATCH", tags .. "/{tag_name}", of_tag(update_tag) },
  { "DELETE", tags .. "/{tag_name}", of_tag(delete_tag) },
}

--- Gives a service what is kept here.
function deployments.begin(service)
  service.servers, service.server_by_id = {}, {}
end

--- Adds what the service holds to its books.
function deployments.add_books(service, books)
  books.deployments = json.array()
  for i, one in ipairs(service.servers) do books.deployments[i] = render(service, one) end
end

return deployments
