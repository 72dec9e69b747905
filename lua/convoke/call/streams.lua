--- Tries of calls that go piece by piece: whose body is read while it is sent, or whose answer is
-- handed over as it comes, a stream of events, which becomes an iterator, or what a function of the
-- caller's, the sink, takes.

local attempt = require "convoke.call.attempt"
local core = require "convoke.core"
local engine = require "convoke.engine"
local errors = require "convoke.errors"
local events = require "convoke.call.events"
local misuse = require "convoke.misuse"
local response = require "convoke.call.response"
local uploads = require "convoke.call.uploads"

local streams = {}

local now = core.now

-- Pieces ------------------------------------------------

-- How long one may wait for the next piece, in seconds: `timeout` counts anew with each.
local function patience(run)
  local given = run.options.deadline
  local timeout = run.options.timeout or run.state.timeout
  return given and math.min(timeout, given - now()) or timeout
end

-- The error of a call that is in flight no more.
local function failure_of(run)
  local kind, message, sent, status = run.native:failure()
  if not kind then return nil end
  if kind == "timeout" then message = "nothing more came in time" end
  return response.failure(run.operation, kind, message, sent, status)
end

--- Waits until there is something to do for a call in flight that goes by pieces, or it has ended.
-- Raises what stopped the caller; then the call is over.
-- @param run  the call, see run.lua
-- @return nothing, or the error that it ends with
function streams.await(run)
  local native, seconds = run.native, patience(run)
  if native:awaited() then misuse.raise "convoke: another coroutine waits for this answer" end
  local _, left = native:revoked()
  if left then
    return response.failure(run.operation, "cancelled", "left to the process that forked", true)
  end
  if seconds <= 0 then
    engine.cancel(native)
    return response.failure(run.operation, "timeout", "the deadline has passed", true)
  end
  local owner, token = engine.begin()
  local waited, why = engine.send(native, seconds, owner, token)
  if waited == nil then error(why, 0) end
end

-- The next piece of the answer; nil at its end; or nil and an error.
local function next_piece(run)
  local native = run.native
  while true do
    local text = native:take()
    if text then return text end
    if native:done() then return nil, failure_of(run) end
    local err = streams.await(run)
    if err then return nil, err end
  end
end

-- Sinks ------------------------------------------------

-- The error of a function of the caller's that failed, which ends the call.
function streams.failed(run, what, why)
  engine.cancel(run.native)
  local words = run.native:redact((tostring(why):match "^[^\r\n]*"))
  return response.failure(run.operation, "cancelled", ("%s: %s"):format(what, words), true,
    run.native:by_pieces())
end

-- Hands the answer to the sink. Returns as a try does.
local function pour(run, status)
  local sink = run.options.sink
  while true do
    local text, err = next_piece(run)
    if not text then return not err or nil, err, status end
    run.retries, run.renewed = 0, true -- what the sink has it would get again
    local fine, result, why = engine.protected(sink, text)
    if not fine then return nil, streams.failed(run, "the sink raised an error", result) end
    if not result and why ~= nil then return nil, streams.failed(run, "the sink failed", why) end
  end
end

-- Streams of events ------------------------------------------------

local Stream = {}
Stream.__index = Stream

--- The next event: { data =, event =, id =, retry = }; nil at the end of the stream; or nil and the
-- error. What a caller waits for longest is its `timeout`.
function Stream:read()
  if getmetatable(self) ~= Stream then misuse.raise "call it with a colon: stream:read" end
  local run, parser = self.run, self.parser
  while run do
    local event, wrong = parser:next()
    if event then return event end
    local text, err
    if wrong then
      engine.cancel(run.native)
      err = response.failure(run.operation, "too_large", wrong, true, self.status)
    else
      text, err = next_piece(run)
    end
    if text then
      parser:feed(text)
    else
      if err then err.attempts, err.elapsed = run.attempts, now() - run.started end
      self.run, run, self.err = nil, nil, err or false
    end
  end
  return nil, self.err or nil
end

--- Ends the stream, whose connection is closed.
function Stream:close()
  local run = self.run
  self.run, self.err = nil, false
  if run then engine.cancel(run.native) end
end

Stream.__close = Stream.close

--- The next event, or nil at the end; raises the error. So `for event in stream do` reads them all.
function Stream:__call()
  local event, err = self:read()
  if err then error(err, 0) end
  return event
end

function Stream:__tostring()
  return ("convoke: events of %s (%s)"):format(self.name, self.run and "open" or "closed")
end

-- Trying ------------------------------------------------

-- Sends the call and waits until there is something to do, or it has ended. Returns an error where
-- it was not sent.
local function send(run, seconds)
  local native = run.native
  local owner, token = engine.begin()
  local sent, why = engine.send(native, seconds, owner, token)
  if sent == nil then error(why, 0) end
  if not sent then return response.failure(run.operation, "memory", why, false) end
end

-- Opens the sources of the body, before the first try. Returns an error or nothing.
local function open_sources(run)
  local upload, wrong = uploads.new(run.options.sources, run.native:prepared_size())
  if not upload then
    return errors.invalid(run.operation, { { field = "body", message = wrong } })
  end
  run.upload = upload
end

-- Gives the first pieces of the body, for a try. Returns an error or nothing.
local function begin_body(run)
  local native, upload, wrong = run.native, run.upload, nil
  if native:was_read() then wrong = upload:begin_again(native) end
  if not wrong and native:hungry() then wrong = upload:fill(native) end
  if wrong then
    run.retries, run.renewed = 0, true
    return response.failure(run.operation, "cancelled", native:redact(wrong), false)
  end
end

-- Gives the rest of it while it is sent, and waits until the answer has begun, or the call has
-- ended. Returns an error or nothing.
local function send_body(run)
  local native = run.native
  while not native:done() and not (native:by_pieces() and not native:hungry()) do
    local wrong = native:hungry() and run.upload:fill(native)
    if wrong then
      run.retries, run.renewed = 0, true
      return streams.failed(run, "the body ended", wrong)
    end
    local err = streams.await(run)
    if err then return err end
  end
end

-- Has the client's transport send the call, whose body and answer it has as a whole.
local function send_by_transport(run, seconds, wanted)
  local native = run.native
  native:flow("whole", run.upload ~= nil)
  if run.upload then
    local wrong
    repeat wrong = run.upload:fill(native) until wrong or not run.upload.steps[run.upload.at]
    if wrong then
      return response.failure(run.operation, "cancelled", native:redact(wrong), false)
    end
    native:absorb()
    run.upload, run.options.sources = nil, nil
  end
  local err = attempt.by_transport(run.state, run.operation, native, seconds)
  native:flow(wanted)
  return err
end

-- Sends the call and waits until its answer has begun, or it has ended. Returns an error or
-- nothing.
local function exchange(run, seconds, wanted)
  local native, upload = run.native, run.upload
  native:flow(wanted, upload ~= nil, upload and upload.size)
  local err = upload and begin_body(run) or send(run, seconds)
  if not upload or err then return err end
  err = send_body(run)
  if native:was_read() and not upload:can_repeat() then run.retries, run.renewed = 0, true end
  return err
end

--- Makes one try of a call whose body or answer may go by pieces.
-- @param run      the call, see run.lua
-- @param seconds  until the answer has to begin
-- @return value, err, status, log lines; the value is a stream of events, or true where a sink has
--   taken the answer, or else what other calls return
function streams.try(run, seconds)
  local native, state, options = run.native, run.state, run.options
  local wanted = options.sink and "pieces" or run.operation.has_events and "events" or "whole"
  local err
  if options.sources and options.sources[1] and not run.upload then err = open_sources(run) end
  if err then return nil, err end
  if wanted == "whole" and not run.upload then
    return attempt.once(state, run.operation, native, seconds)
  end
  local go = state.transport and send_by_transport or exchange
  err = go(run, seconds, wanted)
  if err then return nil, err end
  local status = native:by_pieces()
  if not status then return response.read(state, run.operation, native, native:answer()) end
  if run.options.sink then return pour(run, status) end
  engine.streams[native] = true
  return setmetatable({ run = run, parser = events.parser(state.max_response_bytes),
    status = status, name = run.operation.name, err = false }, Stream), nil, status
end

--- Passes on what a call returned, and a stream once more as a fourth value: a generic `for` of Lua
-- 5.4 closes it at the end of the loop, however that ends.
function streams.closing(value, err, meta)
  if getmetatable(value) == Stream then return value, err, meta, value end
  return value, err, meta
end

return streams
