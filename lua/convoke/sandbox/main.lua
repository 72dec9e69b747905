--- The sandbox as a program: serves the five APIs until stopped.
--
--   lua main.lua [--port N] [--shell] [--with-parent] [--request-timeout S] [--idle-timeout S]
--     [--cvat VERSION] [--no-cvat-mail]
--
-- It prints one JSON line with the addresses, credentials and its control token on standard output,
-- with --shell `export` lines of the variables that clients read. Port N is Clerk's, the others
-- follow (default: free ones). With --with-parent it ends when its standard input does. CVAT is of
-- version 2.2, or 2.15 or 2.80; with --no-cvat-mail it cannot send mail.

-- `require` passes the module's name, the command line does not.
if ... ~= "convoke.sandbox.main" then
  local root = arg[0]:match("^(.*)convoke/sandbox/main%.lua$") or ""
  package.path = root .. "?.lua;" .. root .. "?/init.lua;" .. package.path
  local _, why = pcall(require("convoke.sandbox").main, arg)
  io.stderr:write("sandbox: ", tostring(why), "\n")
  os.exit(1)
end

local json = require "convoke.sandbox.json"

-- What serves is loaded once the arguments are known to be right.
local cqueues, signal, rand, server

local function load_server()
  local found, why = pcall(require, "http.server")
  if not found then
    error("the sandbox needs lua-http (Debian and Ubuntu: apt install lua-http; "
      .. "elsewhere: luarocks install http): " .. tostring(why):match("[^\n]*"), 0)
  end
  cqueues = require "cqueues"
  signal = require "cqueues.signal"
  rand = require "openssl.rand"
  server = require "convoke.sandbox.server"
end

local APIS = { "clerk", "convex", "cvat", "gencove", "edgegap" }

local USAGE = "usage: main.lua [--port N] [--shell] [--with-parent] [--request-timeout S] "
  .. "[--idle-timeout S] [--cvat VERSION] [--no-cvat-mail]"

local numbers = { ["--port"] = "port", ["--request-timeout"] = "request_timeout",
                  ["--idle-timeout"] = "idle_timeout" }

local texts = { ["--cvat"] = "cvat" }

-- Words that stand alone: the option that each sets, and to what.
local flags = { ["--with-parent"] = { "with_parent", true }, ["--shell"] = { "shell", true },
                ["--no-cvat-mail"] = { "cvat_mail", false } }

local function read_arguments(arguments)
  local options, i = { port = 0 }, 1
  while arguments[i] do
    local word = arguments[i]
    if flags[word] then
      options[flags[word][1]] = flags[word][2]
    elseif texts[word] then
      i = i + 1
      options[texts[word]] = arguments[i] or error(word .. " wants a word\n" .. USAGE, 0)
    elseif numbers[word] then
      i = i + 1
      options[numbers[word]] = tonumber(arguments[i])
      if not options[numbers[word]] then error(word .. " wants a number\n" .. USAGE, 0) end
    else
      error("unknown argument " .. word .. "\n" .. USAGE, 0)
    end
    i = i + 1
  end
  return options
end

-- A name in the environment, the API, what of it (which not every version has), and what is cut off
-- its end.
local VARIABLES = {
  { "CLERK_API_URL", "clerk", "url", "/v1" }, { "CLERK_SECRET_KEY", "clerk", "secret_key" },
  { "CONVEX_URL", "convex", "url" }, { "CONVEX_DEPLOY_KEY", "convex", "deploy_key" },
  { "CONVEX_TOKEN", "convex", "token" },
  { "CVAT_URL", "cvat", "url" }, { "CVAT_ACCESS_TOKEN", "cvat", "access_token" },
  { "CVAT_USERNAME", "cvat", "username" }, { "CVAT_PASSWORD", "cvat", "password" },
  { "EDGEGAP_API_URL", "edgegap", "url" }, { "EDGEGAP_API_TOKEN", "edgegap", "token" },
  { "GENCOVE_HOST", "gencove", "url", "/api/v2" }, { "GENCOVE_API_KEY", "gencove", "api_key" },
}

local function shell_lines(told)
  local lines = {}
  for _, variable in ipairs(VARIABLES) do
    local name, api, what, ending = variable[1], variable[2], variable[3], variable[4]
    local value = told[api][what]
    if ending then value = value:sub(1, -#ending - 1) end
    if value then lines[#lines + 1] = ("export %s='%s'"):format(name, value) end
  end
  lines[#lines + 1] = ("export CONVOKE_SANDBOX_TOKEN='%s'"):format(told.control_token)
  return table.concat(lines, "\n")
end

local function hex(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

-- Listens on every port; returns what the first line tells.
local function listen_all(cq, options)
  local told = { control_token = hex(rand.bytes(24)) }
  for i, name in ipairs(APIS) do
    local api, settings = require("convoke.sandbox." .. name), nil
    if api.read_options then
      local why
      settings, why = api.read_options(options)
      if not settings then error(why, 0) end
    end
    local port = options.port ~= 0 and options.port + i - 1 or 0
    local listener, why = server.listen(cq, api, {
      port = port, request_timeout = options.request_timeout, idle_timeout = options.idle_timeout,
      control_token = told.control_token, settings = settings,
    })
    if not listener then error(("cannot listen on port %d: %s"):format(port, tostring(why)), 0) end
    local entry = { url = listener.origin .. api.base }
    for key, value in pairs(listener.endpoint.service.credentials) do entry[key] = value end
    told[name] = entry
  end
  return told
end

-- Ends the process on a signal, or when the parent has closed our standard input.
local function watch_for_the_end(cq, options)
  signal.ignore(signal.SIGPIPE)
  signal.block(signal.SIGTERM, signal.SIGINT)
  -- With a parent Ctrl-C is the parent's: what goes on there may need us yet.
  local listener = options.with_parent and signal.listen(signal.SIGTERM)
    or signal.listen(signal.SIGTERM, signal.SIGINT)
  cq:wrap(function()
    listener:wait()
    os.exit(0)
  end)
  if options.with_parent then
    cq:wrap(function()
      cqueues.poll { pollfd = 0, events = "r" }
      os.exit(0)
    end)
  end
end

--- Runs the program.
-- @param arguments array of strings
-- Returns never; raises when it cannot start.
return function(arguments)
  local options = read_arguments(arguments)
  load_server()
  math.randomseed(os.time() + math.floor(cqueues.monotime() * 1e6) % 1000000)
  local cq = cqueues.new()
  local told = listen_all(cq, options)
  watch_for_the_end(cq, options)
  io.stdout:write(options.shell and shell_lines(told) or json.encode(told), "\n")
  io.stdout:flush()
  while true do
    -- An error ends only the coroutine it came from; the server goes on.
    local ok, why = cq:loop()
    if not ok then io.stderr:write("sandbox: ", tostring(why), "\n") end
  end
end
