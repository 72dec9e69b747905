--- Trace contexts: what the headers traceparent and tracestate say (W3C Trace Context), and ids.

local core = require "convoke.core"

local context = {}

local ZERO_TRACE, ZERO_SPAN = ("0"):rep(32), ("0"):rep(16)

-- Ids ------------------------------------------------

--- A random id of a span, 16 hexadecimal digits.
function context.span_id()
  local id = core.random_id()
  return id ~= ZERO_SPAN and id or context.span_id()
end

--- A random id of a trace, 32 hexadecimal digits.
function context.trace_id()
  return context.span_id() .. core.random_id()
end

-- traceparent ------------------------------------------------

-- The flags that are known: sampled (1), and random (2), which belongs to the trace id and stays as
-- it came.
local function flags_of(digits)
  local low = tonumber(digits:sub(2), 16) % 4
  return low % 2 == 1, low >= 2
end

--- Reads a traceparent. Of a version to come only the part that this one knows is read.
-- @return trace id, span id, whether it is sampled, whether the trace id is random; or nil: it is
--   none
function context.read(text)
  if type(text) ~= "string" then return nil end
  text = text:match "^[ \t]*(.-)[ \t]*$"
  local version, trace_id, span_id, flags, rest =
    text:match "^([%da-f][%da-f])%-([%da-f]+)%-([%da-f]+)%-([%da-f][%da-f])(.*)$"
  if not version or version == "ff" or #trace_id ~= 32 or #span_id ~= 16 then return nil end
  if trace_id == ZERO_TRACE or span_id == ZERO_SPAN then return nil end
  if rest ~= "" and (version == "00" or rest:sub(1, 1) ~= "-") then return nil end
  local sampled, random = flags_of(flags)
  return trace_id, span_id, sampled, random
end

--- The flags of a span as a number.
function context.flags(sampled, random)
  return (sampled and 1 or 0) + (random and 2 or 0)
end

--- Writes a traceparent.
function context.write(trace_id, span_id, flags)
  return ("00-%s-%s-%02x"):format(trace_id, span_id, flags)
end

-- tracestate ------------------------------------------------

local most_members = 32

local function is_member(member)
  local key, value = member:match "^([%l%d][%l%d_%-*/@]*)=([ -~]*)$"
  return key and #key <= 256 and #value <= 256 and value ~= "" and not value:find "[,=]"
end

--- A tracestate as it is passed on: without the empty members, which may be there, and blanks
-- around members; nil: there is none that could be passed on.
function context.state(text)
  if type(text) ~= "string" then return nil end
  local members = {}
  for part in text:gmatch "[^,]+" do
    local member = part:match "^[ \t]*(.-)[ \t]*$"
    if member ~= "" then
      if not is_member(member) then return nil end
      members[#members + 1] = member
    end
  end
  if #members == 0 or #members > most_members then return nil end
  return table.concat(members, ",")
end

return context
