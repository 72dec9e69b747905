--- What a Convex deployment answers where a request never reaches a function: code and message.

local web = require "convoke.sandbox.web"

local errors = {}

local bad_deploy_key = "The provided deploy key was invalid for this deployment. Double check that "
  .. "the environment this key was generated for matches the desired deployment."

local messages = {
  BackendIsNotRunning = "Cannot perform this operation when the backend is not running",
  BadAdminKey = "The provided admin key was invalid for this instance",
  BadDeployKey = bad_deploy_key,
  HeaderParseFailure = "Malformed Authorization header.",
  InternalServerError = "Your request couldn't be completed. Try again later.",
  InvalidAdminKey = "Invalid admin key",
  InvalidAuthHeader = "Could not parse JWT payload. Check that the token is a valid JWT format "
    .. "with three base64-encoded parts separated by dots.",
  InvalidHeaderFailure = "Invalid authentication header",
  MissingIdentifier = "Path or function name not provided in path, e.g. /api/run/messages/list",
  OptimisticConcurrencyControlFailure = 'Documents read from or written to the "sessions" table '
    .. "changed while this mutation was being run and on every subsequent retry. "
    .. "See https://docs.convex.dev/error#1",
  TooManyConcurrentRequests =
    "Too many concurrent requests. Your backend is limited to 16 concurrent mutations.",
  Unauthenticated = "Could not verify OIDC token claim. Check that the token signature is valid "
    .. "and the token hasn't expired.",
}

--- An answer that refuses.
-- @param code the server's word for it
-- @param message text; nil: the usual one
function errors.refusal(status, code, message)
  return web.json(status, { code = code, message = message or messages[code] or code })
end

return errors
