--- Reading what came of a try: a value, or the error that says what happened.

local core = require "convoke.core"
local errors = require "convoke.errors"

local response = {}

--- Whether the request of an operation is a GET or a HEAD, which change nothing.
function response.is_get(operation)
  return operation.method == "GET" or operation.method == "HEAD"
end

-- What a refusal by status means for what was asked: `refused` only where that is certain. A
-- redirect often says that the work is done (303 above all), and nothing is done by reading.
local function outcome_of(state, operation, status, code)
  local api, executed_codes = state.api, state.vendor.executed_codes
  local executed = executed_codes and executed_codes[code]
  if status < 200 or (executed and executed(operation)) then return "unknown" end
  if status < 400 then return response.is_get(operation) and "refused" or "unknown" end
  if status == 503 then
    for _, known in ipairs(api.not_executed_codes or {}) do
      if known == code then return "refused" end
    end
    return "unknown"
  end
  if status == 408 or (status >= 500 and status ~= 501 and status ~= 505) then return "unknown" end
  return "refused"
end

-- A copy of what came from outside without secrets: a server may send back what it was sent.
local function hide(native, value)
  if type(value) == "string" then return native:redact(value) end
  if type(value) ~= "table" then return value end
  local copy = {}
  for name, member in pairs(value) do copy[hide(native, name)] = hide(native, member) end
  return setmetatable(copy, getmetatable(value)) -- its mark as an array, an object or an int64
end

-- Headers and the rest around a value ------------------------------------------------

local headers_metatable = {
  --- Headers are looked up in any case.
  __index = function(headers, name)
    return type(name) == "string" and rawget(headers, name:lower()) or nil
  end,
}

-- The vendor's trace id; `header(from, name)` looks a header up.
local function request_id_of(api, header, from)
  for _, name in ipairs(api.request_id_headers or {}) do
    local id = header(from, name)
    if id then return id end
  end
end

--- The metatable of the third value that calls to an API return. What has to be looked up among the
-- headers, whose text is at 1, is looked up when somebody reads it.
-- @param api  of the catalogue
function response.meta_of(api)
  local metatable = {}

  function metatable.__index(meta, name)
    local value
    if name == "headers" then
      value = setmetatable(core.headers(rawget(meta, 1)), headers_metatable)
    elseif name == "request_id" then
      value = request_id_of(api, core.header, rawget(meta, 1))
    end
    if value then rawset(meta, name, value) end
    return value
  end

  --- Shows what is documented, where the Lua version looks for this (5.1 does not).
  function metatable.__pairs(meta)
    local shown = { headers = meta.headers, request_id = meta.request_id }
    for name, value in next, meta do
      if type(name) == "string" then shown[name] = value end
    end
    return next, shown, nil
  end

  return metatable
end

-- Errors ------------------------------------------------

--- The error of a try that brought no answer. What was `sent` decides about its outcome, not how it
-- ended: a kept connection may die after the request was executed, and the reconnect be refused.
-- @param operation  of the catalogue
-- @param kind       of the error
-- @param message    for people
-- @param sent       whether a byte of the request may have left
-- @param status     of HTTP, where one had come; or nil
function response.failure(operation, kind, message, sent, status)
  return errors.new {
    kind = kind,
    outcome = sent and "unknown" or "not_sent",
    operation = operation.name,
    message = message,
    status = status,
  }
end

--- The error of a call whose client was closed before it was sent.
function response.closed(operation)
  return response.failure(operation, "cancelled", "the client was closed", false)
end

-- Whether an application failed inside an answer that the protocol calls a success.
local function failed_inside(state, operation, status, data)
  return operation.envelope and state.vendor.has_failed(status, data)
end

-- The error for an answer that says no, or that says nothing one can read; `fault` is what is wrong
-- with it then.
local function refusal(state, operation, native, status, data, fault)
  local api = state.api
  local err = hide(native, errors.read(state.vendor, data))
  err.status = status
  err.operation = operation.name
  err.request_id = err.request_id or request_id_of(api, native.header, native)
  err.retry_after = native:retry_after()
  if fault then
    local body = native:body(errors.most_text)
    err.body = body ~= "" and body or nil
    err.message = errors.describe_text(body)
  end
  if status >= 200 and status < 300 and fault then
    err.kind, err.outcome = "decode", "unknown"
    err.message = fault == "empty" and "the answer is empty"
      or ("the answer cannot be read (%s)"):format(fault)
        .. (err.message and ": " .. err.message or "")
  else
    err.kind = "http"
    err.outcome = not fault and failed_inside(state, operation, status, data) and "refused"
      or outcome_of(state, operation, status, err.code)
    if status >= 300 and status < 400 then
      err.message = errors.redirection(native:header "Location")
        .. (err.message and ": " .. err.message or "")
    end
    err.message = err.message or errors.phrase(status)
  end
  local leaves = state.vendor.leaves and state.vendor.leaves[operation.name]
  local left = leaves and not fault and leaves(status, data)
  if left then err.outcome, err.value = "made", hide(native, left) end
  return errors.new(err)
end

-- Reading ------------------------------------------------

-- The value of an answer in an envelope, or nil and the error.
local function unwrap(state, operation, native, status, data)
  local value, log_lines, fault
  if operation.envelope == "each" then
    value, fault = state.vendor.unwrap_each(data, function(one)
      return refusal(state, operation, native, status, one)
    end)
  else
    value, log_lines, fault = state.vendor.unwrap(data)
  end
  if fault then return nil, refusal(state, operation, native, status, data, fault), status end
  return value, nil, status, log_lines and hide(native, log_lines)
end

--- Reads what came of a call that has ended.
-- @param state      of the client
-- @param operation  of the catalogue
-- @param native     the call as the core has it
-- @param status, data, fault  as native:answer() gave them
-- @return value, err, status, log lines of an application
function response.read(state, operation, native, status, data, fault)
  if not status then return nil, response.failure(operation, native:failure()) end
  local success = status >= 200 and (status < 300 or (status < 400 and operation.redirects))
  if success and not fault and not operation.envelope then return data, nil, status end
  local bare = status == 204 or operation.free
    or (operation.answer.type == "null" and not operation.envelope)
    or (operation.bodiless and (operation.bodiless[status] or operation.bodiless[0]
      or operation.bodiless[math.floor(status / 100)]))
  if fault == "empty" and success and bare then return true, nil, status end
  if fault or not success or failed_inside(state, operation, status, data) then
    return nil, refusal(state, operation, native, status, data, fault), status
  end
  if operation.free then return data, nil, status end
  return unwrap(state, operation, native, status, data)
end

return response
