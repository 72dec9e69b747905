--- `convoke doctor`: looks at what calls depend on, and says what is wrong and what to do. It
-- changes nothing, sends no credential and shows no secret.

local certificates = require "convoke.cli.doctor.certificates"
local core = require "convoke.core"
local exit = require "convoke.cli.exit"
local options = require "convoke.cli.options"
local output = require "convoke.cli.output"
local proxies = require "convoke.cli.doctor.proxies"
local report = require "convoke.cli.report"
local settings = require "convoke.cli.doctor.settings"
local sheet = require "convoke.cli.doctor.sheet"

local doctor = {}

local usage = [[
Usage: convoke doctor [API...] [--offline] [--timeout SECONDS] [--profile NAME]
                      [-o FORMAT]

Looks at what calls depend on and says what is wrong, and what to do: libraries,
certificates, proxies, profiles, credentials, and the connection to each API. It
sends each API one request for headers, without a credential, and changes
nothing. No secret is shown, and no command that gives one is run.

   --offline          Test no connection
   --timeout SECONDS  What each test of a connection may take (default 10)
   --profile NAME     Address and credential of this profile
   -o FORMAT          table, json, jsonl, csv, lines or lua, for programs

Its exit status is 1 where something is wrong, else 0. A connection that fails
counts for an API that is named or has been set up, and where none is, for all.
]]

local schema = { type = "object", fields = {} }
for i, name in ipairs { "part", "name", "state", "found", "advice", "url", "status", "kind",
    "resolve", "connect", "tls", "first_byte" } do
  schema.fields[i] = { name = name, type = "string" }
end
for i = 9, 12 do schema.fields[i].type = "number" end
schema.fields[7].type = "integer"

-- Where the rows go: begin(part), add(row), finish(); for a person, or in a format.
local function new_writer(format)
  if not format then return sheet.new() end
  local writer, part = output.new(format, { schema = schema, tell = report.note }), nil
  writer:begin()
  return {
    begin = function(name) part = name:lower() end,
    add = function(row)
      row.part = part
      writer:item(row)
    end,
    finish = function() writer:finish() end,
  }
end

-- The seconds that the option --timeout gives.
local function seconds_of(given)
  if not given then return 10 end
  local seconds = tonumber(given)
  if seconds and seconds > 0 and seconds < math.huge then return seconds end
  exit.usage("--timeout wants a number above 0, not " .. given)
end

-- Tests connections; those that fail do no harm where nobody has set the API up.
local function test(add, targets, seconds, is_named)
  local any, tested = false, {}
  for _, target in ipairs(targets) do
    any = any or target[2].is_used
    if target[2].address then
      tested[#tested + 1] = target
    else
      add { name = target[1].name, state = "note", found = "not tested: there is no address" }
    end
  end
  local used = {}
  for _, target in ipairs(tested) do used[target[1].name] = target[2].is_used end
  require("convoke.cli.doctor.connections").add(function(row)
    local counts = is_named or not any or used[row.name]
    if row.state == "wrong" and not counts then row.state = "warning" end
    add(row)
  end, tested, seconds)
end

--- `convoke doctor ...`. Returns the exit status.
function doctor.run(words)
  local apis, given, is_named = options.read(words, "doctor", { offline = true })
  if given.help then
    output.write(usage)
    return exit.status.done
  end
  local seconds = seconds_of(given.timeout)
  local writer, wrong = new_writer(given.output), 0
  local function add(row)
    if row.state == "wrong" then wrong = wrong + 1 end
    writer.add(row)
  end
  local versions = core.versions()
  writer.begin "Libraries"
  require "convoke.cli.doctor.libraries"(add, versions)
  writer.begin "Certificates"
  certificates.add(add, versions.libcurl and versions.libcurl.ca_file)
  writer.begin "Proxies"
  proxies.add(add)
  writer.begin "Credentials"
  local targets = {}
  if settings.add_file(add) then
    for i, api in ipairs(apis) do
      targets[i] = { api, settings.add_api(add, api, given.profile) }
    end
  end
  if not given.offline and versions.libcurl then
    writer.begin "Connections"
    test(add, targets, seconds, is_named)
  end
  writer.finish()
  return wrong > 0 and exit.status.fault or exit.status.done
end

return doctor
