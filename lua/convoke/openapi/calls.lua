--- What calls of documents' operations have beside those of the built-in ones: a credential that
-- may be missing, another media type, a key that makes repeats harmless.

local core = require "convoke.core"
local errors = require "convoke.errors"
local rules = require "convoke.options"

local calls = {}

-- A random UUID (RFC 9562, version 4).
local function uuid()
  return (("xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx"):gsub("[xy]", function(c)
    local digit = math.floor(core.chance() * 16)
    return ("%x"):format(c == "x" and digit or 8 + digit % 4)
  end))
end

local function refuse(operation, field, message)
  return nil, errors.invalid(operation, { { field = field, message = message } })
end

--- The operation and options that a call is made with.
-- @param state      of the client
-- @param operation  of the list
-- @param params     table or nil
-- @param options    checked
-- @return operation and options; or nil and the error
function calls.begin(state, operation, params, options)
  if options.content_type then
    local variant, wrong = state.api.compiler:variant(operation, options.content_type)
    if not variant then return refuse(operation, "content_type", wrong) end
    operation = variant
  end
  local missing = state.unmet and state.unmet[operation.security]
  if missing then
    return refuse(operation, "credential", "is missing: the operation needs " .. missing)
  end
  local key = operation.idempotency_key
  local needs_key = key and not (params and params[key] ~= nil)
  local uploads = operation.body_form == "multipart" or operation.body_form == "raw"
  local by_pieces = operation.has_events or options.sink or uploads
  if needs_key or by_pieces then
    options = rules.copy(options)
    if needs_key then options.defaults = { [key] = uuid() } end
    if uploads then options.sources = {} end
    if by_pieces then options.try = require("convoke.call.streams").try end
  end
  if options.idempotent ~= nil and options.idempotent ~= operation.idempotent then
    operation = setmetatable({ idempotent = options.idempotent }, { __index = operation })
  end
  return operation, options
end

return calls
