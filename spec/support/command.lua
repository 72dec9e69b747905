--- The command `convoke`, run as a person or a script runs it: in a process of its own.
--
--   local command = require "spec.support.command"
--   local status, said, told = command.run("clerk invitations list", { env = { ... } })

local raw_server = require "spec.support.raw_server"

local command = {}

local quote = raw_server.quote
local main = "lua/convoke/cli/main.lua"

-- Variables that would let a call go elsewhere than a spec says.
local cleared = { "CLERK_API_URL", "CLERK_SECRET_KEY", "CONVEX_URL", "CONVEX_DEPLOY_KEY",
  "CONVEX_TOKEN", "CVAT_URL", "CVAT_ACCESS_TOKEN", "CVAT_USERNAME", "CVAT_PASSWORD",
  "EDGEGAP_API_URL", "EDGEGAP_API_TOKEN", "EDGEGAP_API_KEY", "GENCOVE_HOST", "GENCOVE_API_KEY",
  "GENCOVE_JWT", "NO_COLOR", "COLUMNS" }

--- The words before which the command's arguments stand, as text for a shell.
-- @param env   table of variables, or nil
-- @param root  what stands before paths of the tree, as text for a shell; nil: it is run there
function command.prefix(env, root)
  local words = { "env" }
  for _, name in ipairs(cleared) do words[#words + 1] = "-u " .. name end
  if not root then words[#words + 1] = "-u CONVOKE_CONFIG" end
  words[#words + 1] = "XDG_CONFIG_HOME=/nonexistent"
  for name, value in pairs(env or {}) do words[#words + 1] = name .. "=" .. quote(value) end
  -- A sanitizer's library, which a shell or a terminal between may have lost.
  local preloaded = os.getenv "LD_PRELOAD"
  if preloaded then words[#words + 1] = "LD_PRELOAD=" .. quote(preloaded) end
  words[#words + 1] = quote(raw_server.interpreter())
  words[#words + 1] = ("-e %s"):format(quote(("package.path, package.cpath = %q, %q")
    :format(package.path, package.cpath)))
  words[#words + 1] = (root or "") .. main
  return table.concat(words, " ")
end

local function contents(name)
  local file = assert(io.open(name, "rb"))
  local text = file:read "*a"
  file:close()
  os.remove(name)
  return text
end

--- Why it cannot serve the sandbox with the Lua under test; nil where it can.
function command.cannot_serve()
  local program = ("package.path, package.cpath = %q, %q; io.write(pcall(require, 'http.server') "
    .. "and '' or 'this Lua has no lua-http')"):format(package.path, package.cpath)
  local pipe = assert(io.popen(quote(raw_server.interpreter()) .. " -e " .. quote(program)))
  local why = pipe:read "*a"
  pipe:close()
  return why ~= "" and why or nil
end

--- Runs it and waits for its end.
-- @param arguments  text as a shell reads it
-- @param how        table or nil: env (variables by name), input (text on standard input; without
--   it
--   that is empty), before (shell text that is run first)
-- @return exit status, what it printed on standard output, and on standard error
function command.run(arguments, how)
  how = how or {}
  local out, err, input = os.tmpname(), os.tmpname(), nil
  local feed = "</dev/null"
  if how.input then
    input = os.tmpname()
    local file = assert(io.open(input, "wb"))
    file:write(how.input)
    file:close()
    feed = "<" .. input
  end
  local pipe = io.popen(("%s %s %s >%s 2>%s %s; echo $?"):format(how.before or "",
    command.prefix(how.env), arguments, out, err, feed), "r")
  local status = tonumber(pipe:read "*a")
  pipe:close()
  if input then os.remove(input) end
  return status, contents(out), contents(err)
end

--- Variables with which it calls a sandbox.
function command.environment(sandbox)
  return {
    CLERK_API_URL = sandbox.clerk.url:gsub("/v1$", ""), CLERK_SECRET_KEY = sandbox.clerk.secret_key,
    CONVEX_URL = sandbox.convex.url, CONVEX_TOKEN = sandbox.convex.token,
    CVAT_URL = sandbox.cvat.url, CVAT_USERNAME = sandbox.cvat.username,
    CVAT_PASSWORD = sandbox.cvat.password,
    EDGEGAP_API_URL = sandbox.edgegap.url, EDGEGAP_API_TOKEN = sandbox.edgegap.token,
    GENCOVE_HOST = sandbox.gencove.url:gsub("/api/v2$", ""),
    GENCOVE_API_KEY = sandbox.gencove.api_key,
  }
end

return command
