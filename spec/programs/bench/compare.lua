--- Clients against each other: in each round every one runs once, there and back, so that what else
-- the machine does falls on all of them.

local report = require "spec.programs.bench.report"
local run = require "spec.programs.bench.run"

local compare = {}

local lua = os.getenv "LUA" or "lua5.4"
local own = lua .. " spec/programs/bench/clients/"
local python = "/usr/bin/python3 -B spec/programs/bench/clients/" -- where Debian's packages are

--- How each client is started, and how many calls it makes in about half a second.
compare.clients = {
  convoke = { command = own .. "convoke.lua", calls = 8000 },
  ["convoke, 64 in flight"] = { command = own .. "convoke.lua", calls = 8000 },
  ["a: bare multi loop"] = { command = run.folder .. "/rival kind=bare", calls = 16000 },
  ["b: careful C, JSON"] = { command = run.folder .. "/rival kind=careful", calls = 12000 },
  ["c: easy_perform"] = { command = run.folder .. "/rival kind=easy", calls = 16000 },
  ["c: the same, JSON"] = { command = run.folder .. "/rival kind=easyjson", calls = 12000 },
  ["convoke, decoding"] = { command = own .. "decode.lua", calls = 200 },
  ["lua-cjson alone"] = { calls = 200,
    command = own .. "decode.lua plain=true" },
  ["d: lua-http, kept"] = { command = own .. "lua_http.lua", calls = 4000 },
  ["e: socket.http"] = { command = own .. "luasocket.lua", calls = 1500 },
  ["e: socket, own HTTP"] = { calls = 16000,
    command = own .. "luasocket.lua kept=true" },
  ["f: requests"] = { command = python .. "with_requests.py", calls = 800 },
  ["f: aiohttp"] = { command = python .. "with_aiohttp.py", calls = 1500 },
}

local function once(name, words, scale)
  local client = compare.clients[name]
  local text = run.capture(("%s calls=%d %s"):format(client.command,
    math.max(1, math.floor(client.calls * scale)), words))
  local numbers = run.numbers(text)
  local calls = numbers.calls
  return { cpu = numbers.cpu / calls * 1e6, wall = numbers.wall / calls * 1e6,
    peak = numbers.peak / 1024, rss = numbers.rss }
end

local function backwards(list)
  local turned = {}
  for i, item in ipairs(list) do turned[#list + 1 - i] = item end
  return turned
end

-- One figure of every round.
local function each(rounds, name, field)
  local list = {}
  for i, results in ipairs(rounds) do list[i] = results[name][field] end
  return list
end

-- The middle of the quotients within each round.
local function ratio(rounds, name, base)
  local list = {}
  for i, results in ipairs(rounds) do list[i] = results[name].cpu / results[base].cpu end
  return report.median(list)
end

--- Runs clients and prints a table.
-- @param setting  names: array of clients, the first of them convoke; words: for all of them;
--   rounds; scale: of the numbers of calls; own: name -> words for this client alone
-- @return name -> { cpu, wall, peak, ratio (convoke's processor time in terms of this one's) }
function compare.run(setting)
  local rounds = {}
  for round = 1, setting.rounds or 5 do
    local results = {}
    for _, name in ipairs(round % 2 == 1 and setting.names or backwards(setting.names)) do
      local words = setting.words .. " " .. (setting.own and setting.own[name] or "")
      results[name] = once(name, words, setting.scale or 1)
    end
    rounds[round] = results
  end
  local row = report.table { { "client", 20 }, { "µs CPU", 8 }, { "least", 7 }, { "most", 7 },
    { "convoke/it", 10 }, { "least", 6 }, { "most", 6 }, { "µs wall", 8 }, { "peak MiB", 8 } }
  local found = {}
  for _, name in ipairs(setting.names) do
    local cpu, least, most = report.median(each(rounds, name, "cpu"))
    local wall = report.median(each(rounds, name, "wall"))
    local peak = report.median(each(rounds, name, "peak"))
    local share, lowest, highest = ratio(rounds, setting.names[1], name)
    row { name, ("%.1f"):format(cpu), ("%.1f"):format(least), ("%.1f"):format(most),
      ("%.2f"):format(share), ("%.2f"):format(lowest), ("%.2f"):format(highest),
      ("%.1f"):format(wall), ("%.1f"):format(peak) }
    found[name] = { cpu = cpu, wall = wall, peak = peak, ratio = share }
  end
  return found
end

return compare
