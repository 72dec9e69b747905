--- What a collector of OpenTelemetry takes: requests to export traces, read strictly by the
-- protocol's schema (opentelemetry-proto 1.x, JSON).
--
--   local spans, resource = otlp.read(body)   -- raises, and says where, for what is not right
--   spans[1].attributes["url.full"]
--
-- A span has the fields that it has in JSON, but attributes by name, and times as numbers of
-- seconds.

local cjson = require "cjson"
local json = require "convoke.sandbox.json"

local otlp = {}

local function fault(where, what) error(("%s: %s"):format(where, what), 0) end

-- What each field must be: a function(value, where) that returns how it is read.
local checks = {}

local function is_text(value, where)
  if type(value) ~= "string" then fault(where, "is no text") end
  return value
end

local function is_filled(value, where)
  if is_text(value, where) == "" then fault(where, "is empty") end
  return value
end

local function id_of(digits)
  return function(value, where)
    is_text(value, where)
    if #value ~= digits or value:find "[^%da-f]" then fault(where, "is no id: " .. value) end
    if not value:find "[^0]" then fault(where, "is an id of zeroes") end
    return value
  end
end

-- 64-bit numbers are decimal texts.
local function is_time(value, where)
  is_text(value, where)
  if not value:find "^[1-9]%d*$" or #value ~= 19 then
    fault(where, "is no time in nanoseconds: " .. value)
  end
  return tonumber(value:sub(1, 10)) + tonumber(value:sub(11)) / 1e9
end

local function is_number(least, most)
  return function(value, where)
    if type(value) ~= "number" or value % 1 ~= 0 or value < least or value > most then
      fault(where, "is no number that it may be: " .. tostring(value))
    end
    return value
  end
end

local function object(fields, required)
  return function(value, where)
    if type(value) ~= "table" or value[1] ~= nil then fault(where, "is no object") end
    local read = {}
    for name, member in pairs(value) do
      if not fields[name] then fault(where, "has no field " .. tostring(name)) end
      read[name] = fields[name](member, where .. "." .. name)
    end
    for _, name in ipairs(required or {}) do
      if read[name] == nil then fault(where, "has no " .. name) end
    end
    return read
  end
end

local function array(check)
  return function(value, where)
    if type(value) ~= "table" or next(value) ~= nil and value[1] == nil then
      fault(where, "is no array")
    end
    local read = {}
    for i, member in ipairs(value) do read[i] = check(member, ("%s[%d]"):format(where, i)) end
    return read
  end
end

local values = {
  stringValue = is_text,
  boolValue = function(value, where)
    if type(value) ~= "boolean" then fault(where, "is no boolean") end
    return value
  end,
  intValue = function(value, where)
    if not is_text(value, where):find "^%-?%d+$" then fault(where, "is no whole number") end
    return tonumber(value)
  end,
  doubleValue = function(value, where)
    if type(value) ~= "number" then fault(where, "is no number") end
    return value
  end,
}

local function is_value(value, where)
  local kind, member = next(type(value) == "table" and value or {})
  if not values[kind] then fault(where, "is no value") end
  if next(value, kind) ~= nil then fault(where, "is more than one value") end
  return values[kind](member, where)
end

local is_pair = object({ key = is_filled, value = is_value }, { "key", "value" })

local function are_attributes(list, where)
  local read = {}
  for _, pair in ipairs(array(is_pair)(list, where)) do
    if read[pair.key] ~= nil then fault(where, "has twice " .. pair.key) end
    read[pair.key] = pair.value
  end
  return read
end

local is_status = object { code = is_number(0, 2), message = is_text }
local is_event = object({ timeUnixNano = is_time, name = is_filled, attributes = are_attributes,
  droppedAttributesCount = is_number(0, 2 ^ 32 - 1) }, { "timeUnixNano", "name" })
local whole_span = object({
  traceId = id_of(32), spanId = id_of(16), parentSpanId = id_of(16), traceState = is_filled,
  flags = is_number(0, 2 ^ 32 - 1), name = is_filled, kind = is_number(1, 5),
  startTimeUnixNano = is_time, endTimeUnixNano = is_time, attributes = are_attributes,
  droppedAttributesCount = is_number(0, 2 ^ 32 - 1), events = array(is_event),
  droppedEventsCount = is_number(0, 2 ^ 32 - 1), status = is_status,
}, { "traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano" })

local function is_span(value, where)
  local span = whole_span(value, where)
  if span.startTimeUnixNano > span.endTimeUnixNano then fault(where, "ends before it starts") end
  span.attributes = span.attributes or {}
  return span
end

local is_scope = object({ name = is_filled, version = is_text, attributes = are_attributes,
  droppedAttributesCount = is_number(0, 2 ^ 32 - 1) }, { "name" })
local is_resource = object { attributes = are_attributes }
local are_scope_spans = object({ scope = is_scope, spans = array(is_span), schemaUrl = is_text },
  { "spans" })
local are_resource_spans = object({ resource = is_resource, scopeSpans = array(are_scope_spans),
  schemaUrl = is_text }, { "scopeSpans" })
checks.request = object({ resourceSpans = array(are_resource_spans) }, { "resourceSpans" })

--- Reads the body of a request.
-- @return its spans, and the attributes of the resource by name; raises for what is not right
function otlp.read(body)
  if not json.is_utf8(body) then fault("the body", "is no UTF-8") end
  local read = checks.request(cjson.decode(body), "request")
  local spans, resource = {}, {}
  for _, of_resource in ipairs(read.resourceSpans) do
    resource = of_resource.resource and of_resource.resource.attributes or {}
    for _, of_scope in ipairs(of_resource.scopeSpans) do
      if #of_scope.spans == 0 then fault("request", "holds no spans") end
      for _, span in ipairs(of_scope.spans) do spans[#spans + 1] = span end
    end
  end
  return spans, resource
end

--- The spans of all requests of a raw_server, in the order in which they came, and the resource of
-- the last one.
function otlp.spans(requests)
  local all, resource = {}, nil
  for _, request in ipairs(requests) do
    assert(request.head:find "^POST ", request.head)
    assert(request.head:find "\nContent%-Type: application/json\n", request.head)
    local spans
    spans, resource = otlp.read(request.body)
    for _, span in ipairs(spans) do all[#all + 1] = span end
  end
  return all, resource
end

return otlp
