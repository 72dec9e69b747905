--- Credentials that a function of the user's gives, because they are short-lived.

local engine = require "convoke.engine"
local errors = require "convoke.errors"
local response = require "convoke.call.response"

local credential = {}

--- Asks the function for a credential, which the call carries from now on, and so do the client's
-- next ones.
-- @param state      of the client
-- @param operation  of the catalogue, for the error
-- @param native     the call, whose address the function is told: a signature is of one address
-- @param refused    whether the one before was refused
-- @return true; or nil and the error. In a coroutine of plain Lua 5.1 what the function raises is
--   raised.
function credential.renew(state, operation, native, refused)
  local from = state.credential
  if from.is_fresh and not refused and from.is_fresh() then return true end
  local ok, value, reason = engine.protected(from.source, refused, native:url()) -- it may wait
  if state.closed then return nil, response.closed(operation) end
  if not ok and value == "not enough memory" then error(value, 0) end -- which is not its fault
  local fault
  if not ok then
    fault = "failed: " .. tostring(value)
  elseif type(value) ~= "string" then
    fault = "gave no string" .. (reason and ": " .. tostring(reason) or "")
  else
    local good, what
    if from.set then
      good, what = from.set(value)
    else
      good, what = state.native:credential(from.position, value, from.partner)
    end
    if good then
      native:renew(state.native)
      return true
    end
    fault = "gave a credential that " .. what
  end
  return nil, errors.invalid(operation, { { field = from.option, message = fault } })
end

return credential
