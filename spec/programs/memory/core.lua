--- The core alone: loaded, its engine made, a call in flight when the Lua state is closed.

local core = require "convoke.core"
core.pollfd()
local client = core.client("clerk", { address = "http://127.0.0.1:1", user_agent = "nobody",
  connect_timeout = 1, max_response_bytes = 1, max_in_flight = 0, http_version = 0,
  headers = { one = "1" }, ca_file = "none", proxy = "http://127.0.0.1:1" })
assert(client:credential(1, "sk_test_of_nobody"))
local call = assert(client:prepare(1))
local sent, why = call:submit(1)
if not sent then error(why, 0) end
