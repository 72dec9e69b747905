--- Traces: what calls do, told to a collector of OpenTelemetry, or shown where none is named.
--
--   CLERK_SECRET_KEY=... OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 lua5.4
-- examples/traces.lua

local convoke = require "convoke"

local options = { service = "invitations", resource = { ["deployment.environment.name"] = "try" } }

if not os.getenv "OTEL_EXPORTER_OTLP_ENDPOINT" then
  function options.sink(spans)
    for _, span in ipairs(spans) do
      print(("%s %s %s %.0f ms"):format(span.trace_id, span.span_id, span.name,
        (span.ended - span.started) * 1000))
    end
  end
end

local trace = convoke.trace(options)
local clerk = convoke.clerk {}

-- Two listings at once, each in a trace of its own. A program with spans of its own names the one
-- around a call by `traceparent`, or all of them by the option `parent` of convoke.trace.
local lists, errors = convoke.all {
  function() return clerk.invitations:list { status = "pending" } end,
  function() return clerk.invitations:list { status = "accepted" } end,
}

local sent, why = trace:stop() -- what waits would be lost with the program
for i, status in ipairs { "pending", "accepted" } do
  print(status, lists[i] and #lists[i] or errors[i])
end
print(sent and trace:stats().spans .. " spans" or why)
