--- Two programs, each a process of its own, that invite the same people at once through the storm's
-- proxy: nobody is told something untrue about what the other has made.
--
--   lua spec/programs/storm/two_programs.lua SEED COUNT
--
--   local report = two_programs.run { seed = 7, count = 100 }
--   report.faults   -- what was wrong, as texts: none is good
--   report.counts   -- how the calls of both ended
--
-- Each program makes `count` creates at each API, for the same addresses in the same order. For
-- every second address they ask for the same, for the others for something that differs in what the
-- answer shows.

local cjson = require "cjson"
local convoke = require "convoke"

local two_programs = {}

local apis = { "clerk", "gencove", "cvat" }
local names = { "red", "blue" } -- of the programs
local roles = { gencove = { red = "member", blue = "owner" },
  cvat = { red = "worker", blue = "supervisor" } }

local function asks_the_same(number) return number % 2 == 0 end

local function address_of(number) return ("both%dx@storm.example"):format(number) end

-- What a program asks for, for an address.
local function fields(api, name, number)
  local shown = asks_the_same(number) and "red" or name
  if api == "clerk" then
    return { email_address = address_of(number), public_metadata = { team = shown } }
  end
  return { email = address_of(number), role = roles[api][shown] }
end

-- What an object shows of that, by the books.
local function shows(api, object)
  if api == "clerk" then return object.public_metadata.team end
  return object.role == roles[api].red and "red" or "blue"
end

local function connect(access, options)
  local function with(own)
    for name, value in pairs(options) do own[name] = value end
    return own
  end
  return {
    clerk = convoke.clerk(with { url = access.clerk.url, secret_key = access.clerk.secret_key }),
    gencove = convoke.gencove(with { url = access.gencove.url, api_key = access.gencove.api_key }),
    cvat = convoke.cvat(with { url = access.cvat.url, token = access.cvat.token,
      org = access.cvat.org }),
  }
end

-- The program -------------------------------------------------------------------------------------

-- Makes the creates of one program; returns api -> number -> { id = } or { outcome =, text = }.
local function invite(plan)
  local clients, results = connect(plan.access, { retries = 4 }), {}
  convoke.run(function()
    local calls = {}
    for _, api in ipairs(apis) do
      results[api] = {}
      for number = 1, plan.count do
        calls[#calls + 1] = function()
          local value, err = clients[api].invitations:create(fields(api, plan.name, number))
          results[api][number] = value and { id = value.id or value.key }
            or { outcome = err.outcome, text = tostring(err) }
        end
      end
    end
    convoke.all(calls, { limit = 32 })
  end)
  for _, client in pairs(clients) do client:close() end
  return results
end

local function read_json(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return cjson.decode(text)
end

local function write_json(path, value)
  local file = assert(io.open(path, "w"))
  file:write(cjson.encode(value))
  file:close()
end

--- The program of one of the two: reads its plan from a file and writes its results there.
function two_programs.main(path)
  write_json(path, invite(read_json(path)))
end

-- The audit ------------------------------------------------

-- What the sandbox holds: api -> address -> array of { id =, shows = }.
local function read_books(sandbox)
  local all = {}
  for _, api in ipairs(apis) do
    local books, by_address, addresses = sandbox:books(api), {}, {}
    for _, user in ipairs(api == "cvat" and books.users or {}) do
      addresses[user.id] = user.email
    end
    for _, each in ipairs(books.invitations) do
      local address = each.email_address or each.email or addresses[each.user.id]
      local list = by_address[address] or {}
      by_address[address] = list
      list[#list + 1] = { id = each.id or each.key, shows = shows(api, each) }
    end
    all[api] = by_address
  end
  return all
end

-- What is wrong with what one program was told about an address, or nil.
local function fault_of(result, wanted, object, told_other)
  if result.id then
    if not object or result.id ~= object.id then return "was given what is not there" end
    if object.shows ~= wanted then return "was given what it has not asked for" end
  elseif result.outcome ~= "unknown" and object and object.shows == wanted then
    -- Where both ask for the same, it may be the other's, who knows it.
    if not told_other then return "was told " .. result.outcome .. " of what is there" end
  end
end

--- Compares what both were told with the books.
-- @param results  program -> api -> number -> { id = } or { outcome =, text = }
-- @param books    api -> address -> array of { id =, shows = }
-- @return table: faults (texts), counts (how calls ended)
function two_programs.audit(results, books, count)
  local report = { faults = {}, counts = { made = 0, shared = 0, refused = 0, not_sent = 0,
    unknown = 0 } }
  local function add(name) report.counts[name] = report.counts[name] + 1 end
  local function complain(api, number, name, text)
    local result = results[name][api][number]
    report.faults[#report.faults + 1] = ("%s, %s: %s %s (%s)"):format(api, address_of(number),
      name, text, result.id or result.text)
  end
  for _, api in ipairs(apis) do
    for number = 1, count do
      local held = books[api][address_of(number)] or {}
      local red, blue = results.red[api][number], results.blue[api][number]
      if #held > 1 then complain(api, number, "red", "and blue made " .. #held) end
      if red.id and blue.id then add "shared" end
      for _, name in ipairs(names) do
        local result, other = red, blue
        if name == "blue" then result, other = blue, red end
        add(result.id and "made" or result.outcome)
        local told_other = asks_the_same(number) and (other.id or other.outcome == "unknown")
        local wanted = asks_the_same(number) and "red" or name
        local text = fault_of(result, wanted, held[1], told_other)
        if text then complain(api, number, name, text) end
      end
    end
  end
  return report
end

-- The whole ------------------------------------------------

local function port_of(url) return tonumber(url:match ":(%d+)") end

local quote = require("spec.support.raw_server").quote

-- Starts a program; returns its process and the file of its plan and results.
local function start(access, name, count)
  local path = os.tmpname()
  write_json(path, { access = access, name = name, count = count })
  local program = ("package.path, package.cpath = %q, %q; "
    .. "require('spec.programs.storm.two_programs').main(%q)")
    :format(package.path, package.cpath, path)
  local lua = require("spec.support.raw_server").interpreter()
  return assert(io.popen(("exec %s -e %s"):format(quote(lua), quote(program)))), path
end

--- Runs both programs.
-- @param options  seed, count (addresses at each API)
-- @return what audit() returns
function two_programs.run(options)
  local sandbox = require("convoke.sandbox").start { cvat = "2.15" }
  local targets, access, processes, results = {}, {}, {}, {}
  for i, api in ipairs(apis) do targets[i] = port_of(sandbox[api].url) end
  local proxy = require("spec.programs.storm.proxy").start(options.seed, targets)
  for i, api in ipairs(apis) do
    access[api] = {}
    for name, value in pairs(sandbox[api]) do access[api][name] = value end
    access[api].url = sandbox[api].url:gsub(":%d+", ":" .. proxy.ports[i], 1)
  end
  for i, name in ipairs(names) do
    local process, path = start(access, name, options.count)
    processes[i] = { process = process, path = path, name = name }
  end
  for _, each in ipairs(processes) do
    local said = each.process:read "*a"
    each.process:close()
    assert(said == "", said)
    results[each.name] = read_json(each.path)
    os.remove(each.path)
  end
  require("socket").sleep(1) -- what the proxy has kept back comes, too
  local report = two_programs.audit(results, read_books(sandbox), options.count)
  proxy:stop()
  sandbox:stop()
  return report
end

local function report_to_people()
  local seed, count = tonumber(arg[1]) or 0, tonumber(arg[2]) or 1000
  if seed == 0 then seed = os.time() % 100000 + 1 end
  print(("storm of two programs: seed %d, %d addresses at each of %d APIs"):format(seed, count,
    #apis))
  local report = two_programs.run { seed = seed, count = count }
  for _, name in ipairs { "made", "shared", "refused", "not_sent", "unknown" } do
    print(("  %-24s%d"):format(name, report.counts[name]))
  end
  for i = 1, math.min(20, #report.faults) do print("    " .. report.faults[i]) end
  print(#report.faults == 0 and "storm of two programs: nobody was told anything untrue"
    or "storm of two programs: FAILED")
  os.exit(#report.faults == 0 and 0 or 1)
end

if arg and arg[0] and arg[0]:find "two_programs%.lua$" then report_to_people() end

return two_programs
