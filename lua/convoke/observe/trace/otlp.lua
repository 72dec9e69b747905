--- OTLP: spans as the OpenTelemetry protocol writes them in JSON, and what collectors answer.

local cjson = require "cjson"
local version = require "convoke.version"

local otlp = {}

local encode = cjson.encode

-- Values ------------------------------------------------

local longest = 1024 -- bytes of a text; longer ones are cut

-- What valid UTF-8 beyond ASCII is made of (RFC 3629).
local sequences = { "^[\194-\223][\128-\191]", "^\224[\160-\191][\128-\191]",
  "^[\225-\236\238\239][\128-\191][\128-\191]", "^\237[\128-\159][\128-\191]",
  "^\240[\144-\191][\128-\191][\128-\191]", "^[\241-\243][\128-\191][\128-\191][\128-\191]",
  "^\244[\128-\143][\128-\191][\128-\191]" }

local function sequence_at(text, from)
  for _, sequence in ipairs(sequences) do
    local found = text:match(sequence, from)
    if found then return found end
  end
end

-- A text that protobuf takes: one byte that is no UTF-8 would have it refuse the whole batch.
local function clean(text)
  local parts, from = {}, 1
  while from <= #text do
    local part = text:match("^[%z\1-\127]+", from) or sequence_at(text, from)
    parts[#parts + 1] = part or "\239\191\189" -- U+FFFD
    from = from + (part and #part or 1)
  end
  return table.concat(parts)
end

-- Spans are written as text at once, without a table for each value: calls pay for it.

local function quote(text)
  if #text > longest then text = text:sub(1, longest) end
  if text:find '[%c"\\\127-\255]' then return encode(clean(text)) end
  return '"' .. text .. '"'
end

-- Adds a value to the parts of a text. 64-bit integers are texts in protobuf's JSON.
local function add_value(parts, value)
  local at = #parts
  if type(value) == "number" and value % 1 == 0 and math.abs(value) < 2 ^ 53 then
    parts[at + 1], parts[at + 2], parts[at + 3] = '{"intValue":"', ("%d"):format(value), '"}}'
  elseif type(value) == "number" then
    parts[at + 1], parts[at + 2], parts[at + 3] = '{"doubleValue":', encode(value), "}}"
  elseif type(value) == "boolean" then
    parts[at + 1], parts[at + 2], parts[at + 3] = '{"boolValue":', tostring(value), "}}"
  else
    parts[at + 1], parts[at + 2], parts[at + 3] = '{"stringValue":', quote(value), "}}"
  end
end

-- Attributes by name as the text of an array.
local function attributes_of(attributes)
  local parts = {}
  for name, value in pairs(attributes) do
    parts[#parts + 1] = parts[1] and ',{"key":' or '{"key":'
    parts[#parts + 1] = quote(name)
    parts[#parts + 1] = ',"value":'
    add_value(parts, value)
  end
  return "[" .. table.concat(parts) .. "]"
end

-- Nanoseconds of a time in seconds: more digits than a double holds.
local function nanoseconds(time)
  local seconds = math.floor(time)
  return ("%d%09d"):format(seconds, math.floor((time - seconds) * 1e9))
end

-- Spans ------------------------------------------------

local kinds = { internal = 1, client = 3 }

local function event_of(event)
  return ('{"timeUnixNano":"%s","name":%s,"attributes":%s}'):format(nanoseconds(event.time),
    quote(event.name), attributes_of(event.attributes))
end

--- A span as JSON text.
-- @param span  as trace.lua makes it
function otlp.span(span)
  local rest = ""
  if span.parent_id then rest = rest .. ',"parentSpanId":"' .. span.parent_id .. '"' end
  if span.tracestate then rest = rest .. ',"traceState":' .. encode(span.tracestate) end
  if span.events then
    local texts = {}
    for i, event in ipairs(span.events) do texts[i] = event_of(event) end
    rest = rest .. ',"events":[' .. table.concat(texts, ",") .. "]"
    if span.dropped_events then
      rest = rest .. (',"droppedEventsCount":%d'):format(span.dropped_events)
    end
  end
  if span.failed then
    local message = span.message and ',"message":' .. quote(span.message) or ""
    rest = rest .. ',"status":{"code":2' .. message .. "}"
  end
  return ('{"traceId":"%s","spanId":"%s","name":%s,"kind":%d,"flags":%d,"startTimeUnixNano":"%s",'
    .. '"endTimeUnixNano":"%s","attributes":%s%s}'):format(span.trace_id, span.span_id,
    quote(span.name), kinds[span.kind], span.flags, nanoseconds(span.started),
    nanoseconds(span.ended), attributes_of(span.attributes), rest)
end

--- What stands around the spans of a request: the text before them and the text behind.
-- @param resource  attributes of the program, by name
function otlp.frame(resource)
  return ('{"resourceSpans":[{"resource":{"attributes":%s},"scopeSpans":[{"scope":{"name":'
    .. '"convoke","version":"%s"},"spans":['):format(attributes_of(resource), version), "]}]}]}"
end

-- Answers ------------------------------------------------

--- How many spans a collector has rejected of those that it was sent, and what it says of them.
-- @param data  its decoded answer, or nil
function otlp.rejected(data)
  local partial = type(data) == "table" and data.partialSuccess
  if type(partial) ~= "table" then return 0 end
  local count = tonumber(tostring(partial.rejectedSpans)) or 0
  return math.max(count, 0), type(partial.errorMessage) == "string" and partial.errorMessage or nil
end

-- The environment ------------------------------------------------

local function variable(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

-- A variable of the exporter: that of traces, or that of all signals.
local function exporter_variable(name)
  return variable("OTEL_EXPORTER_OTLP_TRACES_" .. name) or variable("OTEL_EXPORTER_OTLP_" .. name)
end

local function decode(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- Values by name of a text "name=value,name=value", whose bytes may be percent-encoded.
local function pairs_of(text)
  local found = {}
  for part in (text or ""):gmatch "[^,]+" do
    local name, value = part:match "^%s*([^=]-)%s*=%s*(.-)%s*$"
    if name and name ~= "" then found[decode(name)] = decode(value) end
  end
  return found
end

-- A number of milliseconds as seconds.
local function seconds_of(text)
  local number = tonumber(text)
  return number and number >= 0 and number < math.huge and number / 1000 or nil
end

local function whole_of(text)
  local number = tonumber(text)
  return number and number >= 1 and number % 1 == 0 and number < 2 ^ 31 and number or nil
end

-- The share of traces that samplers of the environment record, and whether they heed parents.
local function sampler()
  local name = variable "OTEL_TRACES_SAMPLER"
  local rest = name and name:gsub("^parentbased_", "")
  local share = rest == "always_on" and 1 or rest == "always_off" and 0
  if rest == "traceidratio" then
    share = tonumber(variable "OTEL_TRACES_SAMPLER_ARG" or "1")
    if not (share and share >= 0 and share <= 1) then share = 1 end
  end
  if not share then return nil, true end
  return share, rest ~= name
end

--- What the environment says, by the names of the options of convoke.trace(); and is_disabled,
-- alone (what a parent says of sampling does not count).
function otlp.environment()
  local base = variable "OTEL_EXPORTER_OTLP_ENDPOINT"
  local sample, heeds_parent = sampler()
  local timeout = seconds_of(exporter_variable "TIMEOUT")
  local resource = pairs_of(variable "OTEL_RESOURCE_ATTRIBUTES")
  return {
    url = variable "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
      or base and base:gsub("/*$", "") .. "/v1/traces",
    headers = pairs_of(exporter_variable "HEADERS"),
    timeout = timeout ~= 0 and timeout or nil,
    ca_file = exporter_variable "CERTIFICATE", cert = exporter_variable "CLIENT_CERTIFICATE",
    key = exporter_variable "CLIENT_KEY",
    service = variable "OTEL_SERVICE_NAME" or resource["service.name"], resource = resource,
    interval = seconds_of(variable "OTEL_BSP_SCHEDULE_DELAY"),
    queue = whole_of(variable "OTEL_BSP_MAX_QUEUE_SIZE"),
    batch = whole_of(variable "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"),
    sample = sample, alone = not heeds_parent,
    is_disabled = (variable "OTEL_SDK_DISABLED" or ""):lower() == "true",
  }
end

return otlp
