--- What it takes to start: the time of require "convoke" in a fresh process, and how much of it is
-- the loading of libcurl, with the libraries that it needs in turn; and the processor time of both.
--   libcurl=FILE  loads libcurl first, and says how long that took, too

local socket = require "socket" -- for its clock

local file = (arg[1] or ""):match "^libcurl=(.*)$"
local started, processor = socket.gettime(), os.clock()
if file then assert(package.loadlib(file, "*")) end
local loaded = socket.gettime()
require "convoke"
local ended = socket.gettime()
print(("libcurl=%.6f convoke=%.6f processor=%.6f"):format(loaded - started, ended - loaded,
  os.clock() - processor))
