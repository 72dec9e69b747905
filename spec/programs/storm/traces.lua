--- What traces tell of a storm, compared with what the calls returned, with the clients' log and
-- with the requests that the sandbox has received.
--
--   local traces = require("spec.programs.storm.traces").begin()
--   ... the storm ...
--   traces.stop()
--   traces.faults(calls, sandbox)   -- what does not agree, as texts

local convoke = require "convoke"

local traces = {}

-- Adds to a count by name.
local function add(counts, name, number) counts[name] = (counts[name] or 0) + (number or 1) end

local function outcome_of(value, err) return value and "done" or err.outcome end

-- What the calls say: how many creates and removals ended so, how many attempts they took.
local function counts_of_calls(calls)
  local counts = {}
  for _, call in ipairs(calls) do
    add(counts, call.api .. " create " .. outcome_of(call.id, call.err))
    add(counts, call.api .. " create attempts", call.attempts)
    if call.removal then
      add(counts, call.api .. " remove " .. outcome_of(call.removal.done, call.removal.err))
    end
    for _, try in ipairs(call.tries) do
      add(counts, call.api .. (try.verb == "create" and " create sent " or " look sent ")
        .. (try.what:match "^%d+$" or "nothing"))
    end
  end
  return counts
end

local verbs = { create = "create", revoke = "remove", delete = "remove" }

-- What spans say of the same.
local function counts_of_spans(spans)
  local counts = {}
  for _, span in ipairs(spans) do
    local attributes = span.attributes
    local api, resource, verb = attributes["convoke.operation"]:match "^(%w+)%.(%w+)%.(%w+)$"
    local what = attributes["convoke.looks_for"] and "look" or verbs[verb]
    local status, failure = attributes["http.response.status_code"], attributes["error.type"]
    if failure and not failure:find "^%d+$" then status = nil end -- it came, but not all of it
    if span.kind == "internal" and what ~= "look" then
      add(counts, ("%s %s %s"):format(api, what, attributes["convoke.outcome"]))
      if what == "create" then
        add(counts, api .. " create attempts", attributes["convoke.attempts"])
      end
    elseif span.kind == "client" and resource == "invitations" and what ~= "remove" then
      add(counts, ("%s %s sent %s"):format(api, what, status or "nothing"))
    end
  end
  return counts
end

-- Spans whose ids are not their own, or whose parents are somewhere else.
local function check_tree(spans, fault)
  local by_id = {}
  for _, span in ipairs(spans) do
    if by_id[span.span_id] then fault("twice the span " .. span.span_id) end
    by_id[span.span_id] = span
  end
  for _, span in ipairs(spans) do
    local parent = by_id[span.parent_id]
    local is_root = span.kind == "internal" and not span.attributes["convoke.looks_for"]
    if is_root ~= (parent == nil) or (parent and parent.trace_id ~= span.trace_id) then
      fault(("the span %s %s is nobody's"):format(span.name, span.span_id))
    end
  end
  return by_id
end

-- Requests that the sandbox has received of which no span tells, or another one.
local function check_requests(sandbox, by_id, fault)
  local compared = 0
  for _, api in ipairs { "clerk", "gencove", "cvat" } do
    for _, request in ipairs(sandbox:requests(api)) do
      local trace_id, span_id = (request.headers.traceparent or ""):match "^00%-(%x+)%-(%x+)%-01$"
      local span = by_id[span_id]
      if trace_id and not (span and span.kind == "client" and span.trace_id == trace_id
        and span.attributes["http.request.method"] == request.method) then
        fault(("no span tells of %s %s %s"):format(api, request.method, request.path))
      end
      compared = compared + (trace_id and 1 or 0)
    end
  end
  if compared == 0 then fault "the sandbox knows of none" end
end

--- Begins to gather spans.
function traces.begin()
  local spans, self = {}, {}
  local trace = convoke.trace { sink = function(finished)
    for _, span in ipairs(finished) do spans[#spans + 1] = span end
  end }

  function self.stop() trace:stop() end

  --- What does not agree. `calls`: as storm.audit() takes them.
  function self.faults(calls, sandbox)
    local faults = {}
    local function fault(text) faults[#faults + 1] = "traces: " .. text end
    local told, seen = counts_of_calls(calls), counts_of_spans(spans)
    for name in pairs(seen) do told[name] = told[name] or 0 end
    for name, number in pairs(told) do
      if seen[name] ~= number then
        fault(("%s: %s, and not %d"):format(name, tostring(seen[name]), number))
      end
    end
    check_requests(sandbox, check_tree(spans, fault), fault)
    if trace:stats().spans ~= #spans then fault "some are lost" end
    return faults
  end

  return self
end

return traces
