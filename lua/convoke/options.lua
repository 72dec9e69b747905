--- The options of constructors and of calls: what there is, and what each must be.

local misuse = require "convoke.misuse"

local options = {}

local raise, suggestion = misuse.raise, misuse.suggestion

local function is_number_from(least)
  return function(value)
    return type(value) == "number" and value >= least and value < math.huge
  end
end

local function is_whole_from(least)
  return function(value)
    return type(value) == "number" and value >= least and value < 2 ^ 53 and value % 1 == 0
  end
end

local function is(kind)
  return function(value) return type(value) == kind end
end

local function is_text(value)
  return type(value) == "string" and value ~= "" and not value:find("[%z\r\n]")
end

local positive = { function(v) return is_number_from(0)(v) and v > 0 end, "a number above 0" }
local whole = { is_whole_from(0), "a whole number from 0" }
local text = { is_text, "a string" }
local text_or_empty = { function(v) return v == "" or is_text(v) end, "a string" }
local text_or_false = { function(v) return v == false or is_text(v) end, "a string or false" }

-- name -> { check, what it must be }
local common_options = {
  url = text,
  timeout = positive,
  connect_timeout = positive,
  retries = whole,
  rate = { function() return true end, "" }, -- checked by make_pace(), as the next one
  rate_dict = { function() return true end, "" },
  proxy = text,
  ca_file = text,
  cert = text,
  key = text,
  user_agent = text,
  max_response_bytes = { is_whole_from(1), "a whole number from 1" },
  max_in_flight = { is_whole_from(1), "a whole number from 1" },
  http_version = { function(v) return v == "1.1" or v == "2" end, 'the string "1.1" or "2"' },
  transport = {
    function(v) return type(v) == "table" and type(v.send) == "function" end,
    "a table with a function send",
  },
  allow_http = { is "boolean", "a boolean" },
  log = { is "function", "a function" },
  hooks = { function() return true end, "" }, -- checked by build()
}

local call_options = {
  timeout = positive,
  retries = whole,
  deadline = { is_number_from(0), "a number" },
  headers = { is "table", "a table" },
  allow_empty = { is "boolean", "a boolean" },
  reconcile = { is "boolean", "a boolean" },
  traceparent = text,
  tracestate = text,
}

--- Raises unless an option is known and what it must be.
-- @param where  for the message
-- @param known  name -> { check, what it must be }
function options.check(where, known, name, value)
  local rule = known[name]
  if not rule then
    raise(("%s: unknown option %s%s"):format(where, tostring(name), suggestion(name, known)))
  end
  if not rule[1](value) then
    raise(("%s: option %s must be %s"):format(where, name, rule[2]))
  end
end

--- A copy of a table.
function options.copy(rules)
  local copied = {}
  for name, rule in pairs(rules) do copied[name] = rule end
  return copied
end

-- What a client's option or a call's may be that stands in for a parameter or a header. An empty
-- text means something to a parameter.
local function field_rule(field)
  if field.type == "integer" then return whole end
  if field.default then return text_or_false end
  return field.param and text_or_empty or text
end

--- The options of one call to an API: name -> rule.
function options.of_calls(api)
  local known = options.copy(call_options)
  for _, field in ipairs(api.client_fields or {}) do
    if field.param then known[field.option] = field_rule(field) end
  end
  if api.securities then -- of a document's operations
    known.content_type, known.idempotent = text, { is "boolean", "a boolean" }
    known.sink = { is "function", "a function" }
  end
  return known
end

--- The options of an API's constructor: name -> rule.
function options.of_clients(api)
  local known = options.copy(common_options)
  local anything = { function() return true end, "a string" } -- checked with the credential
  for _, auth in ipairs(api.auths) do
    known[auth.option] = anything
    if auth.partner then known[auth.partner] = anything end
  end
  for _, field in ipairs(api.client_fields or {}) do
    known[field.option] = field_rule(field)
  end
  if api.securities then
    local security = require "convoke.openapi.security"
    for name in pairs(security.options(api.auths)) do known[name] = anything end
  end
  return known
end

return options
