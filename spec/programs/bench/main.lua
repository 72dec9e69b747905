--- What convoke costs beside what its users would otherwise use: `make bench`.
--
--   make bench                     everything, about seven minutes; writes build/bench.md
--   make bench ONLY=tls            sections whose name has this
--   make bench ROUNDS=9            more rounds than five

local clients = require "spec.programs.bench.compare"
local goals = require "spec.programs.bench.goals"
local instructions = require "spec.programs.bench.instructions"
local jobs = require "spec.programs.bench.jobs"
local memory = require "spec.programs.bench.memory"
local operations = require "spec.programs.bench.operations"
local report = require "spec.programs.bench.report"
local run = require "spec.programs.bench.run"
local site = require "spec.programs.bench.site"
local waiting = require "spec.programs.bench.waiting"

local only = os.getenv "ONLY" or ""
local rounds = tonumber(os.getenv "ROUNDS") or 5
local CONNECTIONS = 256 -- that a client may have, however much it has in flight

local A, B, C, CJ = "a: bare multi loop", "b: careful C, JSON", "c: easy_perform",
  "c: the same, JSON"
local AIOHTTP, SIXTY_FOUR = "f: aiohttp", "convoke, 64 in flight"

local sections = {}

local function section(name, f) sections[#sections + 1] = { name = name, run = f } end

-- Compares, for the goals under a name.
local function compare(found, key, setting)
  setting.rounds = setting.rounds or rounds
  found[key] = clients.run(setting)
end

section("sequential", function(found, server)
  report.title "One call after another"
  compare(found, "sequential", {
    names = { "convoke", C, CJ, A, B, "d: lua-http, kept", "e: socket.http", "e: socket, own HTTP",
      "f: requests", AIOHTTP },
    words = "workload=create warmup=200 url=" .. server.plain .. "/v1" })
end)

for _, width in ipairs { 16, 64, 256, 1000, 10000 } do
  section("flight" .. width, function(found, server)
    local connections = math.min(width, CONNECTIONS)
    report.title(("%d in flight, %d connections"):format(width, connections))
    local names = { "convoke", A, B }
    names[4] = width <= 1000 and AIOHTTP or SIXTY_FOUR
    compare(found, "flight" .. width, { names = names, scale = width > 1000 and 2.5 or 1,
      rounds = width == 64 and rounds + 2 or nil,
      own = { [SIXTY_FOUR] = "width=64 connections=64" },
      words = ("workload=create width=%d connections=%d warmup=%d url=%s/v1"):format(width,
        connections, math.max(200, 2 * connections), server.plain) })
  end)
end

section("connections1000", function(found, server)
  report.title "1000 in flight, each on a connection of its own"
  compare(found, "connections1000", { names = { "convoke", A, B }, rounds = 3,
    words = "workload=create width=1000 warmup=2000 url=" .. server.plain .. "/v1" })
end)

section("tls", function(found, server)
  local words = ("workload=create http=1.1 ca=%s url=%s/v1"):format(server.ca, server.tls)
  report.title "TLS, HTTP/1.1, one call after another"
  compare(found, "tls", { names = { "convoke", C, CJ, "f: requests" }, scale = 0.5,
    words = words .. " warmup=200", rounds = 3 })
  report.title "TLS, HTTP/1.1, 64 in flight"
  compare(found, "tls64", { names = { "convoke", A, B, AIOHTTP }, scale = 0.5, rounds = 3,
    words = words .. " width=64 warmup=500" })
end)

section("http2", function(found, server)
  report.title "TLS, HTTP/2, 100 streams of one connection"
  compare(found, "http2", { names = { "convoke", A, B }, rounds = 3,
    words = ("workload=create width=100 connections=100 warmup=500 http=2 ca=%s url=%s/v1"):format(
      server.ca, server.tls) })
end)

section("list", function(found, server)
  report.title "A list of 500 invitations, 150 KB, one call after another"
  compare(found, "list", { names = { "convoke", C, CJ, B, "d: lua-http, kept",
    "e: socket, own HTTP", "f: requests" }, scale = 0.015,
    own = { [C] = "calls=2000", ["f: requests"] = "calls=150" },
    words = "workload=list warmup=10 url=" .. server.plain .. "/v1" })
  report.title "Decoding that list, without a network"
  compare(found, "decode", { names = { "convoke, decoding", "lua-cjson alone" },
    words = "warmup=10" })
end)

section("largest", function(found, server)
  for _, api in ipairs { "clerk", "convex", "cvat", "edgegap", "gencove" } do
    local lines = operations.lines { operations.largest[api] }
    local file = run.file("largest." .. api, lines)
    report.title(("The largest create of %s (%d bytes), 64 in flight"):format(api,
      #lines:match " ({.*})"))
    compare(found, "largest " .. api, { names = { "convoke", B }, scale = 0.5, rounds = 3,
      own = { convoke = "workload=requests api=" .. api, [B] = "requests=" .. file },
      words = "width=64 warmup=500 url=" .. server.plain })
  end
end)

section("operations", function(found, server)
  local file = run.file("operations", operations.lines(operations.list))
  report.title "The 27 operations in turn, one call after another"
  compare(found, "operations", { names = { "convoke", CJ }, scale = 0.5, rounds = 3,
    own = { convoke = "workload=requests", [CJ] = "requests=" .. file },
    words = "warmup=270 url=" .. server.plain })
end)

section("start", function(found) memory.start(found) end)
section("memory", function(found, server) memory.of_calls(found, server) end)
section("pauses", function(found, server) waiting.pauses(found, server) end)
section("idle", function(found) waiting.idle(found) end)
section("jobs", function(found) jobs.run(found, rounds) end)
section("openresty", function(found) waiting.openresty(found) end)

section("instructions", function(found)
  report.title "Thousands of instructions a call"
  found.instructions = instructions.table(report)
end)

local legend = {
  "Clients: (a) a bare C loop around `curl_multi_socket_action` and epoll, without JSON; (b)",
  "the same written with care: handles reused, bodies written and answers read into",
  "structures by jansson; (c) `curl_easy_perform` on one handle, without JSON and with it as",
  "in (b); (d) lua-http on one kept connection; (e) luasocket, by its `socket.http` with a",
  "connection a call, and by HTTP of one's own on one kept connection; (f) Python's requests",
  "and aiohttp. They run in turn, in fresh processes; what they do to warm up is the same and",
  "is not counted. Connections are kept; no client has more than %d of them unless that is",
  "said. What is in flight beyond that waits in a queue of the client: convoke's are tasks,",
  "those of the C programs no more than a number.",
  "",
  "\"µs CPU\" is processor time of the client a call, user and system: the median of %d",
  "rounds, beside the least and the most. \"convoke/it\" is the median of convoke's processor",
  "time in terms of that client's, round by round.",
}

local function version(command, pattern)
  return run.capture(command):match(pattern) or "?"
end

-- What is being measured, and by what.
local function introduce()
  report.say "# What convoke costs"
  report.say ""
  report.say(("Server: nginx %s, one worker, on the loopback interface; its answer is an invitation"
    .. " of 300 bytes."):format(version("nginx -v", "nginx/(%S+)")))
  report.say(table.concat(legend, "\n"):format(CONNECTIONS, rounds))
  report.say ""
  report.say(("%s, libcurl %s, Python %s, %s cores of %s, %s when it began: other load makes times"
    .. " longer and spreads them."):format(_VERSION,
    version("pkg-config --modversion libcurl", "%S+"),
    version("/usr/bin/python3 --version", "%d%S+"), version("nproc", "%d+"),
    version("uname -m", "%S+"), version("uptime", "load average.*%d")))
end

local function main()
  local found, started = {}, os.time()
  introduce()
  local server = site.start()
  local ok, why = xpcall(function()
    for _, each in ipairs(sections) do
      if each.name:find(only, 1, true) then each.run(found, server) end
    end
  end, debug.traceback)
  server.stop()
  if not ok then error(why, 0) end
  goals.table(found)
  report.say ""
  report.say(("It took %d seconds."):format(os.time() - started))
  report.write "build/bench.md"
  print "\nThis is build/bench.md, too."
end

main()
