--- What it takes to start: the time of require "convoke" in a fresh process, its processor time,
-- and the time that the first client takes, for which libcurl is loaded, with all that it needs.

local socket = require "socket" -- for its clock

local started, processor = socket.gettime(), os.clock()
local convoke = require "convoke"
local ended, used = socket.gettime(), os.clock() - processor
convoke.clerk { secret_key = "sk_test_start" }
print(("convoke=%.6f processor=%.6f client=%.6f"):format(ended - started, used,
  socket.gettime() - ended))
