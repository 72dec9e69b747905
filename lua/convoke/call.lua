--- The life of one call: prepare, send, wait, read, and again where that is allowed.

local core = require "convoke.core"
local engine = require "convoke.engine"
local errors = require "convoke.errors"
local retry = require "convoke.retry"

local call = {}

--- Seconds of a clock that never goes back; deadlines are given in it.
call.now = core.now

-- Sending ------------------------------------------------

-- Sends a prepared call and waits for its end. Returns like native:failure().
local function send(native, seconds)
  engine.check()
  if not native:submit(seconds) then return "memory", "not enough memory", false end
  engine.wait(native)
  return native:failure()
end

--- The transport that is built in: sends a request table that a client made.
-- A transport of one's own can pass requests on to it. The credential is only in what it sends,
-- never in the table.
call.transport = {}

local natives = setmetatable({}, { __mode = "k" }) -- request table -> native call, seconds

--- Sends a request; returns { status =, headers =, body = }, or nil and an error's fields
-- (kind, message, sent).
function call.transport.send(request)
  local own = natives[request]
  if not own then error("convoke.transport.send: not a request made by a client", 2) end
  local native = own.native
  local kind, message, sent, status = send(native, own.seconds)
  if kind then return nil, { kind = kind, message = message, sent = sent, status = status } end
  return { status = (native:answer()), headers = native:headers(), body = native:body() }
end

-- One try through a transport of the user's own. Returns like native:failure().
local function send_by(transport, native, seconds)
  local request = native:request()
  request.timeout = seconds
  natives[request] = { native = native, seconds = seconds }
  local response, err = transport.send(request)
  natives[request] = nil
  if type(response) == "table" then
    if type(response.status) ~= "number" then
      error("convoke: the transport's answer has no status", 0)
    end
    native:respond(response.status, response.headers, response.body)
    return native:failure()
  end
  if type(err) ~= "table" then err = { message = err } end
  local sent = err.sent
  if sent == nil then sent = true end
  return err.kind or "network", tostring(err.message or "the transport failed"), sent, err.status
end

-- Reading ------------------------------------------------

local not_sent = { resolve = true, connect = true, tls = true, invalid = true }

-- What a refusal by status means for what was asked: `refused` only where that is certain.
local function outcome_of(api, status, code)
  if status < 200 then return "unknown" end
  if status == 503 then
    for _, known in ipairs(api.not_executed_codes or {}) do
      if known == code then return "refused" end
    end
    return "unknown"
  end
  if status == 408 or (status >= 500 and status ~= 501 and status ~= 505) then return "unknown" end
  return "refused"
end

local headers_metatable = {
  --- Headers are looked up in any case.
  __index = function(headers, name)
    return type(name) == "string" and rawget(headers, name:lower()) or nil
  end,
}

-- What stands around the value of an answer; the headers are read when they are asked for.
local meta_metatable = {
  __index = function(meta, name)
    if name ~= "headers" then return nil end
    local headers = setmetatable(rawget(meta, 1):headers(), headers_metatable)
    rawset(meta, "headers", headers)
    return headers
  end,
}

local function request_id_of(api, native, body_id)
  if body_id then return body_id end
  for _, name in ipairs(api.request_id_headers or {}) do
    local id = native:header(name)
    if id then return id end
  end
end

-- Whether an application failed inside an answer that the protocol calls a success (Convex; 560
-- is that of older servers).
local function failed_inside(operation, status, data)
  return operation.envelope and (status == 560 or data.status == "error")
end

-- The error for an answer that says no, or that says nothing one can read.
local function refusal(state, operation, native, status, data, fault)
  local api = state.api
  local err = errors.read(api.error_shape, data)
  err.status = status
  err.operation = operation.name
  err.request_id = request_id_of(api, native, err.request_id)
  err.retry_after = native:retry_after()
  if fault then
    local body = native:body(errors.most_text)
    err.body = body ~= "" and body or nil
    err.message = errors.describe_text(body)
  end
  if status >= 200 and status < 300 and fault then
    err.kind, err.outcome = "decode", "unknown"
    err.message = fault == "empty" and "the answer is empty"
      or ("the answer cannot be read (%s): %s"):format(fault, err.message or "")
  else
    err.kind = "http"
    err.outcome = not fault and failed_inside(operation, status, data) and "refused"
      or outcome_of(api, status, err.code)
    err.message = err.message or errors.phrase(status)
  end
  return errors.new(err)
end

-- The value of a finished call, or nil and the error.
local function read(state, operation, native)
  local status, data, fault = native:answer()
  local success = status >= 200 and status < 300
  if fault == "empty" and success and (status == 204 or operation.answer.type == "null") then
    return true, nil, status
  end
  if fault or not success or failed_inside(operation, status, data) then
    return nil, refusal(state, operation, native, status, data, fault), status
  end
  if operation.envelope then
    if data.status ~= "success" then
      return nil, refusal(state, operation, native, status, data, "no status in it"), status
    end
    local value = data.value
    if value == nil then value = call.null end
    return value, nil, status, type(data.logLines) == "table" and data.logLines or nil
  end
  return data, nil, status
end

local function failure(operation, kind, message, sent, status)
  return errors.new {
    kind = kind,
    outcome = (sent and not not_sent[kind]) and "unknown" or "not_sent",
    operation = operation.name,
    message = message,
    status = status,
  }
end

-- Performing ------------------------------------------------

-- One try. Returns value, err, status, log lines.
local function try(state, operation, native, seconds)
  local kind, message, sent, status
  if state.transport then
    kind, message, sent, status = send_by(state.transport, native, seconds)
  else
    state.calls[native] = true
    kind, message, sent, status = send(native, seconds)
    state.calls[native] = nil
  end
  if kind then return nil, failure(operation, kind, message, sent, status) end
  return read(state, operation, native)
end

local function log(state, operation, err, status, attempt, seconds)
  if not state.log then return end
  state.log(("%s %s %s %s in %.3f s (attempt %d)"):format(operation.name, operation.method,
    operation.path, err and err.kind ~= "http" and err.kind or status, seconds, attempt))
end

-- Asks the function that gives a short-lived credential. Returns true, or nil and an error.
local function renew(state, operation, refused)
  local ok, value, reason = pcall(state.credential.source, refused)
  local fault
  if not ok then
    fault = "failed: " .. tostring(value)
  elseif type(value) ~= "string" then
    fault = "gave no string" .. (reason and ": " .. tostring(reason) or "")
  else
    local credential = state.credential
    local good, what = state.native:credential(credential.way, value, credential.partner)
    if good then return true end
    fault = "gave a credential that " .. what
  end
  local option = state.credential.option
  return nil, errors.invalid(operation, { { field = option, message = fault } })
end

--- Makes one call.
-- @param state      of the client (see client.lua)
-- @param operation  of the catalogue
-- @param params     table or nil
-- @param options    checked table: timeout, retries, deadline, headers, allow_empty, defaults
-- @param ...        path values
-- @return value, nil, meta; or nil, err
function call.perform(state, operation, params, options, ...)
  local started = core.now()
  local deadline = started + (options.timeout or state.timeout)
  if options.deadline and options.deadline < deadline then deadline = options.deadline end
  local retries = options.retries or state.retries
  local attempt, renewed, unsettled = 0, false, false
  local source = state.credential and state.credential.source
  if source then
    local ok, err = renew(state, operation, false)
    if not ok then return nil, err end
  end
  local function prepare(...)
    return state.native:prepare(operation.index, params, options.defaults or state.defaults,
      options.headers, options.allow_empty, ...)
  end
  local native, faults = prepare(...)
  if not native then return nil, errors.invalid(operation, faults) end
  while true do
    local before = core.now()
    local value, err, status, log_lines
    if before >= deadline then
      err = failure(operation, "timeout", "the deadline has passed", false)
    else
      attempt = attempt + 1
      value, err, status, log_lines = try(state, operation, native, deadline - before)
      log(state, operation, err, status, attempt, core.now() - before)
    end
    if not err then
      local meta = { native, status = status, attempts = attempt, elapsed = core.now() - started,
        request_id = request_id_of(state.api, native), log_lines = log_lines }
      return value, nil, setmetatable(meta, meta_metatable)
    end
    err.attempts = attempt
    err.elapsed = core.now() - started
    -- An earlier try may have happened, whatever became of this one.
    if unsettled and (err.outcome == "not_sent" or operation.method ~= "GET") then
      err.outcome = "unknown"
    end
    unsettled = err.outcome == "unknown"
    local pause
    if source and not renewed and err.status == 401 then
      renewed = true
      if not renew(state, operation, true) then return nil, err end
      native = prepare(...)
    elseif attempt > 0 and attempt <= retries and retry.allowed(operation, err) then
      pause = retry.pause(attempt, err.retry_after)
      if core.now() + pause >= deadline then return nil, err end
      engine.sleep(pause)
    else
      return nil, err
    end
  end
end

return call
