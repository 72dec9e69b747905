--- One try: a prepared call is sent, by libcurl or by a transport of the user's own, and what came
-- of it is read.

local core = require "convoke.core"
local engine = require "convoke.engine"
local pending_creates = require "convoke.lookup.pending_creates"
local response = require "convoke.call.response"

local attempt = {}

local begin, send = engine.begin, engine.send
local answer = core.Call.answer
local failure, read = response.failure, response.read

--- Ends a call that an error has stopped: nothing of it stays in flight or under way.
-- @param native  the call as the core has it
-- @param entry   of pending_creates, or nil
-- @param in_doubt  whether it may have happened
function attempt.abandon(native, entry, in_doubt)
  pcall(engine.abandon, native) -- it may be over already
  if entry then pending_creates.leave(entry, in_doubt) end
end

-- Transports ------------------------------------------------

--- The transport that is built in: sends a request table that a client made.
-- A transport of one's own can pass requests on to it. The credential is only in what it sends,
-- never in the table.
attempt.transport = {}

-- request table -> native call, seconds, state of the client
local natives = setmetatable({}, { __mode = "k" })

--- Sends a request; returns { status =, headers =, body = }, or nil and an error's fields
-- (kind, message, sent).
function attempt.transport.send(request)
  local own = natives[request]
  if not own then error("convoke.transport.send: not a request made by a client", 2) end
  local native = own.native
  if own.state.lacks_credential then
    return nil, { kind = "invalid", sent = false,
      message = "this client was made without a credential or an address, and can send nothing" }
  end
  local sent, why = send(native, own.seconds, begin())
  if sent == nil then error(why, 0) end
  if not sent then return nil, { kind = "memory", message = why, sent = false } end
  local kind, message, left, status = native:failure()
  if kind then return nil, { kind = kind, message = message, sent = left, status = status } end
  return { status = (native:answer()), headers = native:headers(), body = native:body() }
end

--- Strikes the credential of a request out of a text, for those who keep requests.
-- @param request  that a transport was given, which has not returned yet
function attempt.redact(request, text)
  return natives[request].native:redact(text)
end

--- The path of a request's operation, such as "/invitations/{key}"; nil: no client has made it.
function attempt.template_of(request)
  local own = natives[request]
  return own and own.template
end

--- Sends by the client's transport. Returns nothing, or the error of a try without an answer.
function attempt.by_transport(state, operation, native, seconds)
  local request = native:request()
  request.timeout, request.operation = seconds, operation.name
  request.path = request.url:sub(#state.address + 1)
  natives[request] = { native = native, seconds = seconds, state = state,
    template = operation.path }
  local came, err = state.transport.send(request)
  natives[request] = nil
  if type(came) == "table" then
    if type(came.status) ~= "number" then
      error("convoke: the transport's answer has no status", 0)
    end
    native:respond(came.status, came.headers, came.body)
    return nil
  end
  if type(err) ~= "table" then err = { message = err } end
  local sent = err.sent
  if sent == nil then sent = true end
  local message = native:redact(tostring(err.message or "the transport failed"))
  return failure(operation, err.kind or "network", message, sent, err.status)
end

-- Trying ------------------------------------------------

--- Sends a call and reads what came of it. Raises what stopped the caller while it waited; then the
-- call is over.
-- @param state      of the client
-- @param operation  of the catalogue
-- @param native     the call, prepared
-- @param seconds    that it may take
-- @param entry      of pending_creates, which is told when the call is on the wire; or nil
-- @return value, err, status, log lines
function attempt.once(state, operation, native, seconds, entry)
  if state.transport then
    if entry then entry.on_wire = true end
    local err = attempt.by_transport(state, operation, native, seconds)
    if entry then entry.on_wire = false end
    if err then return nil, err end
    return read(state, operation, native, answer(native))
  end
  local owner, token = begin()
  if entry then entry.on_wire = true end
  local sent, why = send(native, seconds, owner, token)
  if not sent then
    if sent == nil then
      attempt.abandon(native, entry, true)
      error(why, 0)
    end
    if entry then entry.on_wire = false end
    return nil, failure(operation, "memory", why, false)
  end
  local status, data, fault = answer(native)
  if status and not fault and status >= 200 and status < 300 and not operation.envelope then
    return data, nil, status -- as almost all are
  end
  if entry then entry.on_wire = false end
  return read(state, operation, native, status, data, fault)
end

return attempt
