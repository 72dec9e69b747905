--- Calls in flight, in tasks, when the Lua state is closed.

local memory = require "memory"
local convoke = require "convoke"

require("convoke.tasks").report = function() end
memory.answer "HTTP/1.1 200 Words\r\nContent-Length: 1000\r\n\r\n" -- and never the rest
local client = convoke.clerk { url = memory.url, secret_key = "text_of_nobody", max_in_flight = 2 }
convoke.pollfd()
for _ = 1, 4 do
  convoke.spawn(function() client.invitations:list { limit = 1 } end)
end
for _ = 1, 3 do convoke.step() end
