--- Traces: a span for each call and one for each of its attempts, as OpenTelemetry's conventions
-- for HTTP clients have them, and the headers that carry the trace on (W3C Trace Context).

local context = require "convoke.observe.trace.context"
local core = require "convoke.core"
local exporter = require "convoke.observe.trace.exporter"
local hooks = require "convoke.observe.hooks"
local misuse = require "convoke.misuse"
local otlp = require "convoke.observe.trace.otlp"
local rules = require "convoke.options"
local secret_names = require "convoke.observe.secret_names"
local tasks = require "convoke.tasks"

local now = core.now
local ngx = rawget(_G, "ngx")

local most_events = 128 -- of a span
local is_local, is_remote = 0x100, 0x300 -- flags of OTLP: where the parent of a span is

-- Says once that a function of the user's has failed.
local function report(self, name, why)
  if self.reported[name] then return end
  self.reported[name] = true
  pcall(tasks.report, ("convoke.trace: the function %s %s (said once; results are not touched)")
    :format(name, hooks.words_of(why)))
end

-- Parents ------------------------------------------------

local asked = { traceparent = nil, tracestate = nil } -- what ask() has found

local function read_nginx() return ngx.var.http_traceparent, ngx.var.http_tracestate end

-- What the request says that runs in nginx; nothing outside of one.
local function ask_nginx()
  local inside, parent, state = pcall(read_nginx)
  if inside then return parent, state, is_remote end
end

-- The parent of what begins now: what the program says; in a task what its spawner had; in nginx
-- what the request says, and never in a task, since tasks go on in whatever request drives them.
-- @return traceparent, tracestate, where it is
local function find_parent(self)
  if self.parent then
    asked.traceparent, asked.tracestate = nil, nil
    local failed, why = hooks.tell(self.ask, asked)
    if failed then report(self, "parent", why) end
    if not failed and asked.traceparent ~= nil then
      return asked.traceparent, asked.tracestate, 0
    end
  end
  local inherited = tasks.inherited()
  if inherited then return inherited[1], inherited[2], inherited[3] end
  if inherited == nil and ngx then return ask_nginx() end
end

-- Whether a trace that begins here is recorded: decided by its id, so that others who decide by it
-- decide alike.
local function is_chosen(share, trace_id)
  return share >= 1 or tonumber(trace_id:sub(-13), 16) >= (1 - share) * 16 ^ 13
end

-- Addresses ------------------------------------------------

-- Whether no span shows a part of an address: secrets, codes of logins, e-mail addresses.
local function is_hidden(name, value)
  name = name:gsub("%%%x%x", "-")
  local plain = secret_names.plain(name)
  return secret_names.ends(name) or plain == "code" or plain:find "email$" ~= nil
    or plain:find "emailaddress$" ~= nil or value:find("@", 1, true) ~= nil
    or value:find("%40", 1, true) ~= nil
end

-- An address without what is secret or personal in its path and its query.
-- @param template  path of the operation
local function clean_url(url, template)
  url = secret_names.in_path(template, url, function(name, value)
    if is_hidden(name, value) then return "REDACTED" end
  end)
  local path, query = url:match "^([^?]*)%?(.*)$"
  if not path then return url end
  query = query:gsub("([^&=]+)=([^&]*)", function(name, value)
    if is_hidden(name, value) then return name .. "=REDACTED" end
  end)
  return path .. "?" .. query
end

local ports = { http = 80, https = 443 }

-- The host and the port of an address.
local function server_of(url)
  local scheme, authority = url:match "^(%a+)://([^/?#]*)"
  if not scheme then return nil end
  local host, port = authority:match "^%[([^%]]*)%]:?(%d*)$"
  if not host then host, port = authority:match "^([^:]*):?(%d*)$" end
  return host, tonumber(port) or ports[scheme:lower()]
end

-- Spans ------------------------------------------------

local messages = { resolve = true, connect = true, tls = true, timeout = true, network = true }

-- Notes what went wrong: by the status where it says so, else by the kind of the error. What the
-- caller has cancelled is no error. Words of a vendor, who may repeat what it was sent, are left
-- out.
local function set_error(span, kind, status, message)
  if kind == nil or kind == "cancelled" then return end
  span.failed = true
  span.attributes["error.type"] = kind == "http" and status and tostring(status) or kind
  if messages[kind] then span.message = message end
end

local Tracer = {}
Tracer.__index = Tracer

-- Counts begin anew in the child of a fork.
local function counts_of(self)
  local forks = core.forks()
  if self.forks ~= forks then
    self.forks, self.counts = forks, { calls = 0, spans = 0, failed = 0 }
  end
  return self.counts
end

-- What is known of a call while it goes on: its span; `wall`, the time at which it began;
-- tracestate; spans, those that have ended, or false: it is not recorded; attempt, the span of the
-- one under way; prefix, the path of its client's address.
local function new_record(self, state, event, parent, tracestate, place)
  local trace_id, parent_id, sampled, random = context.read(parent)
  if not trace_id then
    trace_id, tracestate, place = context.trace_id(), nil, is_local
    sampled = is_chosen(self.sample, trace_id)
  else
    tracestate = context.state(tracestate)
    if self.alone then sampled = is_chosen(self.sample, trace_id) end
  end
  local flags = context.flags(sampled, random)
  local wall = core.time()
  return { wall = wall, started = event.started, forks = core.forks(), flags = flags,
    tracestate = tracestate, spans = sampled and {}, attempt = false,
    prefix = sampled and state.address:match "^%a+://[^/]*(.*)$",
    span = { trace_id = trace_id, span_id = context.span_id(), parent_id = parent_id,
      tracestate = tracestate, flags = flags + place, name = event.operation, kind = "internal",
      started = wall, attributes = { ["convoke.operation"] = event.operation } } }
end

-- The time now, so that spans of one call lie within each other whatever the clock is set to.
local function time_of(record)
  return record.wall + (now() - record.started)
end

--- A call begins.
-- @param options  of the call, or nil
function Tracer:begin(state, event, options)
  local within = options and options.within and self.open[options.within]
  local parent, tracestate, place
  if within then
    parent = context.write(within.span.trace_id, within.span.span_id, within.flags)
    tracestate, place = within.tracestate, is_local
  elseif options and options.traceparent then
    parent, tracestate, place = options.traceparent, options.tracestate, 0
  else
    parent, tracestate, place = find_parent(self)
  end
  local record = new_record(self, state, event, parent, tracestate, place)
  if event.looks_for then record.span.attributes["convoke.looks_for"] = event.looks_for end
  event.trace_id, event.span_id = record.span.trace_id, record.span.span_id
  self.open[event] = record
end

--- An attempt is about to be sent.
function Tracer:send(native, event)
  local record = self.open[event]
  if not record then return end
  local call = record.span
  local span_id = call.span_id
  if record.spans then
    local method, number = event.method, event.attempt
    local url = clean_url(native:redact(native:url()), event.path)
    local host, port = server_of(url)
    local is_free = event.operation == event.api .. ".request" -- with a path of the caller's
    span_id = context.span_id()
    record.attempt = { trace_id = call.trace_id, span_id = span_id, parent_id = call.span_id,
      tracestate = call.tracestate, flags = record.flags + is_local,
      name = is_free and method or method .. " " .. record.prefix .. event.path, kind = "client",
      started = time_of(record), attributes = {
        ["http.request.method"] = method, ["server.address"] = host, ["server.port"] = port,
        ["url.full"] = url, ["url.template"] = not is_free and record.prefix .. event.path or nil,
        ["http.request.resend_count"] = number > 1 and number - 1 or nil,
        ["convoke.operation"] = event.operation, ["convoke.looks_for"] = event.looks_for } }
  end
  if not self.propagate then return end
  native:set_header("traceparent", context.write(call.trace_id, span_id, record.flags))
  if record.tracestate then native:set_header("tracestate", record.tracestate) end
end

local function end_attempt(record)
  local span = record.attempt
  span.ended = time_of(record)
  record.attempt, record.spans[#record.spans + 1] = false, span
  return span
end

--- It has ended.
function Tracer:attempt(native, event)
  local record = self.open[event]
  if not (record and record.attempt) then return end
  local span = end_attempt(record)
  local attributes, status, kind = span.attributes, event.status, event.kind
  attributes["http.response.status_code"] = status
  attributes["network.protocol.version"] = native:protocol()
  attributes["convoke.outcome"] = event.outcome
  if kind ~= "http" or (status and status >= 400) then -- an answer may say no in other ways, too
    set_error(span, kind, status, event.message)
  end
end

--- A wait, a repeat, or the end of a look.
function Tracer:note(event, name)
  local record = self.open[event]
  if not (record and record.spans) then return end
  local span = record.span
  span.events = span.events or {}
  if #span.events >= most_events then
    span.dropped_events = (span.dropped_events or 0) + 1
    return
  end
  span.events[#span.events + 1] = { name = "convoke." .. name,
    time = time_of(record), attributes = { ["convoke.reason"] = event.reason,
      ["convoke.seconds"] = event.seconds, ["convoke.verdict"] = event.verdict } }
end

-- Hands the spans of a call on.
local function hand_on(self, spans)
  local counts = counts_of(self)
  counts.spans = counts.spans + #spans
  if self.exporter then
    for _, span in ipairs(spans) do self.exporter:add(span) end
    pcall(self.exporter.kick, self.exporter)
    return
  end
  local failed, why = hooks.tell(self.sink, spans)
  if not failed then return end
  counts.failed = counts.failed + #spans
  report(self, "sink", why)
end

--- A call is over.
function Tracer:done(event)
  local record = self.open[event]
  self.open[event] = nil
  -- In the child of a fork the calls of the parent are the parent's to tell.
  if not record or record.forks ~= core.forks() then return end
  local counts = counts_of(self)
  counts.calls = counts.calls + 1
  if not record.spans then return end
  if record.attempt then end_attempt(record) end -- an error has stopped it
  local span, spans = record.span, record.spans
  local attributes = span.attributes
  span.ended = time_of(record)
  attributes["convoke.outcome"], attributes["convoke.attempts"] = event.outcome, event.attempt
  attributes["convoke.request_id"], attributes["convoke.code"] = event.request_id, event.code
  attributes["convoke.settled"] = event.settled
  set_error(span, event.kind, event.status, event.message)
  spans[#spans + 1] = span
  hand_on(self, spans)
end

-- What users see ------------------------------------------------

local function is_number(least, most)
  return function(value) return type(value) == "number" and value >= least and value <= most end
end

local function is_texts(value)
  if type(value) ~= "table" then return false end
  for name, text in pairs(value) do
    if type(name) ~= "string" or type(text) ~= "string" then return false end
  end
  return true
end

local function is_values(value)
  if type(value) ~= "table" then return false end
  for name, member in pairs(value) do
    local kind = type(member)
    if type(name) ~= "string" then return false end
    if kind == "number" and member - member ~= 0 then return false end
    if kind ~= "string" and kind ~= "boolean" and kind ~= "number" then return false end
  end
  return true
end

local function is(kind)
  return function(value) return type(value) == kind end
end

local a_function = { is "function", "a function" }
local a_text = { function(v) return type(v) == "string" and v ~= "" end, "a string" }
local a_count = { function(v) return is_number(1, 2 ^ 31)(v) and v % 1 == 0 end,
  "a whole number from 1" }

-- name -> { check, what it must be }
local known = {
  url = a_text, headers = { is_texts, "a table of strings by name" }, sink = a_function,
  parent = a_function, sample = { is_number(0, 1), "a number from 0 to 1" },
  propagate = { is "boolean", "a boolean" }, service = a_text,
  resource = { is_values, "a table of strings, numbers and booleans by name" },
  queue = a_count, batch = a_count, interval = { is_number(0, 3600), "a number from 0 to 3600" },
  timeout = { function(v) return is_number(0, 3600)(v) and v > 0 end, "a number above 0" },
  ca_file = a_text, cert = a_text, key = a_text, proxy = a_text,
  allow_http = { is "boolean", "a boolean" },
}

local Trace = {}
Trace.__index, Trace.__name = Trace, "convoke.trace"

local tracers = setmetatable({}, { __mode = "k" }) -- trace -> its tracer

local function tracer_of(trace, name)
  return tracers[trace] or misuse.raise("call it with a colon: trace:" .. name)
end

local function check_seconds(name, seconds)
  if seconds ~= nil and not is_number(0, math.huge)(seconds) then
    misuse.raise(("trace:%s: seconds must be a number from 0"):format(name))
  end
  return seconds or 10
end

--- Sends the spans that wait, without regard to the interval.
-- @param seconds  that this may take; nil: 10
-- @return true; or nil and why not: spans are left, or were lost meanwhile
function Trace:flush(seconds)
  local tracer = tracer_of(self, "flush")
  seconds = check_seconds("flush", seconds)
  if not tracer.exporter then return true end
  return tracer.exporter:flush(seconds)
end

--- What became of spans so far.
-- @return table: calls, that have ended; spans, that were made of them; exported, that a collector
--   took; queued, that wait; rejected, by a collector that took others; failed, for no collector
--   took them, or because the sink raised; dropped, because too many waited; requests, to the
--   collector; why, the last failure's text, or nil
function Trace:stats()
  local tracer = tracer_of(self, "stats")
  local own, to_collector = counts_of(tracer), tracer.exporter
  local stats = { calls = own.calls, spans = own.spans, exported = 0, queued = 0, rejected = 0,
    failed = own.failed, dropped = 0, requests = 0 }
  if to_collector then
    stats.queued, stats.why = to_collector:size(), to_collector.why
    for name, count in pairs(to_collector.counts) do stats[name] = count end
  end
  return stats
end

--- Makes no more spans, and sends those that wait. Harmless when that is done already.
-- @return as flush() does
function Trace:stop(seconds)
  local tracer = tracer_of(self, "stop")
  seconds = check_seconds("stop", seconds)
  if hooks.tracer == tracer then
    hooks.trace(false)
    tasks.inherit = false
  end
  local sent, why = self:flush(seconds)
  if tracer.exporter then tracer.exporter:stop() end
  return sent, why
end

Trace.__close = function(self) self:stop() end

function Trace:__tostring()
  local tracer = tracers[self]
  return ("convoke.trace (%s%s)"):format(tracer and tracer.where or "?",
    hooks.tracer == tracer and "" or ", stopped")
end

-- The exporter that the options and the environment ask for, and where it sends.
local function new_exporter(options, environment)
  local url = options.url or environment.url or "http://localhost:4318/v1/traces"
  local function choose(name, default) return options[name] or environment[name] or default end
  local resource = { ["service.name"] = "unknown_service:lua", ["telemetry.sdk.name"] = "convoke",
    ["telemetry.sdk.language"] = "lua", ["telemetry.sdk.version"] = require "convoke.version" }
  for _, given in ipairs { environment.resource, { ["service.name"] = environment.service },
    options.resource or {}, { ["service.name"] = options.service } } do
    for name, value in pairs(given) do resource[name] = value end
  end
  local queue = choose("queue", 2048)
  return exporter.new { url = url, headers = choose("headers", {}), resource = resource,
    queue = queue, batch = math.min(choose("batch", 512), queue), interval = choose("interval", 1),
    timeout = choose("timeout", 10), reach = { ca_file = choose "ca_file", cert = choose "cert",
      key = choose "key", proxy = options.proxy, allow_http = options.allow_http } }, url
end

local function check_options(options)
  if type(options) ~= "table" then misuse.raise "convoke.trace: options must be a table" end
  for name, value in pairs(options) do rules.check("convoke.trace", known, name, value) end
  if options.sink then
    for _, name in ipairs { "url", "headers", "queue", "batch", "interval", "timeout" } do
      if options[name] ~= nil then
        misuse.raise(("convoke.trace: options sink and %s cannot be given together"):format(name))
      end
    end
  end
  if hooks.tracer then
    misuse.raise "convoke.trace: there are traces already; stop those first: trace:stop()"
  end
end

--- Makes spans of all calls that begin from now on, and sends them to a collector.
-- @param options  table, see README; what is not given the environment says (OTEL_...)
-- @return an object: flush(), stats(), stop()
return function(options)
  options = options or {}
  check_options(options)
  local environment = otlp.environment()
  local tracer = setmetatable({ open = setmetatable({}, { __mode = "k" }), parent = options.parent,
    sample = options.sample or environment.sample or 1, sink = options.sink, reported = {},
    alone = not options.sample and environment.alone, propagate = options.propagate ~= false,
    where = "a function", forks = nil, counts = nil }, Tracer)
  if options.parent then
    function tracer.ask(into) into.traceparent, into.tracestate = options.parent() end
  end
  if not options.sink then tracer.exporter, tracer.where = new_exporter(options, environment) end
  local trace = setmetatable({}, Trace)
  tracers[trace] = tracer
  if environment.is_disabled then return trace end
  hooks.trace(tracer)
  function tasks.inherit()
    local parent, state, place = find_parent(tracer)
    return parent and { parent, state, place } or false
  end
  return trace
end
