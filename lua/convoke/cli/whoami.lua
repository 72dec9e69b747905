--- `convoke whoami`: which addresses and credentials would be used, and from where. Secrets are not
-- shown, and no command that gives one is run.

local exit = require "convoke.cli.exit"
local options = require "convoke.cli.options"
local output = require "convoke.cli.output"
local profiles = require "convoke.cli.profiles"
local proxies = require "convoke.cli.doctor.proxies"
local report = require "convoke.cli.report"

local whoami = {}

local usage = [[
Usage: convoke whoami [API] [--profile NAME] [-o FORMAT]

Shows which addresses and credentials calls would use, and where they come from:
the environment first, then the default profile; with --profile that one first.
Profiles stand in
   %s
or the file that $CONVOKE_CONFIG names:

   return {
     default = "work",
     profiles = {
       work = {
         clerk = { secret_key = { command = "pass show clerk" } },
         cvat = { url = "https://cvat.example.com",
                  access_token = { env = "WORK_CVAT_TOKEN" } },
       },
     },
   }
]]

-- The rows of one API.
local function rows_of(api, profile)
  local sources, named = profiles.sources(api, profile)
  local rows = {}
  local function add(option, value, from)
    rows[#rows + 1] = { api = api.name, option = option, value = value, from = from }
  end
  local url = sources.url
  if url then
    local shown = (url.value or "?"):gsub("//[^/?#]*@", "//[redacted]@")
    add("url", shown, url.text)
  elseif api.url then
    add("url", api.url, "the API's own")
  else
    add("url", "", ("nowhere: set $%s"):format(api.url_environment or api.name:upper() .. "_URL"))
  end
  local secrets, sorted = profiles.secrets(api), {}
  for option in pairs(sources) do
    if option ~= "url" then sorted[#sorted + 1] = option end
  end
  table.sort(sorted)
  for _, option in ipairs(sorted) do
    local source = sources[option]
    local value = secrets[option] and (source.is_missing and "not set" or "hidden")
      or tostring(source.value or "?")
    if option == "proxy" then value = proxies.shown(value) or "hidden" end
    add(option, value, source.text)
  end
  if not profiles.has_credential(api, sources) then
    add("credential", "", api.anonymous and "none, which is allowed" or "nowhere: set $"
      .. table.concat(profiles.variables(api), " or $"))
  end
  return rows, named
end

local schema = { type = "object", fields = { { name = "api", type = "string" },
  { name = "option", type = "string" }, { name = "value", type = "string" },
  { name = "from", type = "string" } } }

--- `convoke whoami ...`. Returns the exit status.
function whoami.run(words)
  local apis, given = options.read(words, "whoami")
  if given.help then
    output.write(usage:format((profiles.path())))
    return exit.status.done
  end
  local writer = output.new(given.output, { schema = schema, tell = report.note })
  writer:begin()
  for _, api in ipairs(apis) do
    for _, row in ipairs((rows_of(api, given.profile))) do writer:item(row) end
  end
  writer:finish()
  return exit.status.done
end

return whoami
