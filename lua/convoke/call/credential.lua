--- Credentials that a function of the user's gives, because they are short-lived.

local errors = require "convoke.errors"
local response = require "convoke.call.response"

local credential = {}

--- Asks the function for a credential, which the client's calls carry from now on.
-- @param state      of the client
-- @param operation  of the catalogue, for the error
-- @param refused    whether the one before was refused
-- @return true; or nil and the error
function credential.renew(state, operation, refused)
  local from = state.credential
  local ok, value, reason = pcall(from.source, refused)
  if state.closed then return nil, response.closed(operation) end
  if not ok and value == "not enough memory" then error(value, 0) end -- which is not its fault
  local fault
  if not ok then
    fault = "failed: " .. tostring(value)
  elseif type(value) ~= "string" then
    fault = "gave no string" .. (reason and ": " .. tostring(reason) or "")
  else
    local good, what = state.native:credential(from.position, value, from.partner)
    if good then return true end
    fault = "gave a credential that " .. what
  end
  return nil, errors.invalid(operation, { { field = from.option, message = fault } })
end

return credential
