--- A local server that behaves as the five vendors do, for tests, demos and offline work.
--
--   local sandbox = require("convoke.sandbox").start()
--   local clerk = convoke.clerk { url = sandbox.clerk.url, secret_key = sandbox.clerk.secret_key }
--   ...
--   sandbox:stop()
--
-- The server runs in a process of its own, which ends with this one however this one ends.

local json = require "convoke.sandbox.json"

local sandbox = {}

-- Debian's lua-http is pure Lua but installed under 5.1 only.
local SHARED_PATH = "/usr/share/lua/5.1/?.lua;/usr/share/lua/5.1/?/init.lua"
local CONTROL_TIMEOUT = 10 -- seconds

-- Options passed on to the child: with a value, and words for what they are when false.
local VALUES = { "port", "request_timeout", "idle_timeout", "cvat" }
local WORDS_FOR_FALSE = { cvat_mail = "--no-cvat-mail" }

local methods = {}
local object_mt = { __index = methods, __name = "convoke.sandbox" }

function object_mt:__tostring()
  return ("convoke.sandbox (%s)"):format(self.process and "running" or "stopped")
end

-- ---------------------------------------------------------------------------------------------
-- The child process

-- The interpreter that runs this script: the first word of its command line.
local function running_interpreter()
  local words, i = rawget(_G, "arg"), 0
  if type(words) ~= "table" then return nil end
  while words[i - 1] do i = i - 1 end
  return i < 0 and words[i] or nil
end

local function shell_quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- The child's program text. Another interpreter than this one also looks for modules where it does
-- by itself, and for compiled ones only there.
local function child_program(options, same_interpreter)
  local arguments = { "'--with-parent'" }
  for _, name in ipairs(VALUES) do
    if options[name] then
      arguments[#arguments + 1] = ("%q, %q")
        :format("--" .. name:gsub("_", "-"), tostring(options[name]))
    end
  end
  for name, word in pairs(WORDS_FOR_FALSE) do
    if options[name] == false then arguments[#arguments + 1] = ("%q"):format(word) end
  end
  local lines = { same_interpreter
    and ("package.path, package.cpath = %q, %q"):format(package.path, package.cpath)
    or ("package.path = %q .. package.path"):format(package.path .. ";") }
  lines[#lines + 1] = "local function main(...) require('convoke.sandbox').main { ... } end"
  lines[#lines + 1] = ("local _, why = pcall(main, %s)"):format(table.concat(arguments, ", "))
  lines[#lines + 1] = "io.stdout:write(tostring(why), '\\n')"
  return table.concat(lines, "; ")
end

local function child_command(options, fifo)
  local running = running_interpreter()
  local lua = options.lua or os.getenv "CONVOKE_SANDBOX_LUA" or running or os.getenv "LUA"
    or "lua5.4"
  -- The shell opens the pipe before it looks for the interpreter, so reading it never hangs.
  local program = child_program(options, lua == running)
  return ("exec %s -e %s >%s 2>&1")
    :format(shell_quote(lua), shell_quote(program), shell_quote(fifo))
end

-- A new folder that is closed to other users, with a pipe in it: what the child says first holds
-- its control token, and nobody may stand between. mkdir makes no folder that is there already,
-- whoever knew its name. Returns nil when it cannot be made.
local function make_folder()
  local name = os.tmpname()
  os.remove(name)
  local shell = io.popen(("mkdir -m 700 %s && mkfifo -m 600 %s && echo made")
    :format(shell_quote(name), shell_quote(name .. "/pipe")), "r")
  local made = shell and shell:read "*a" == "made\n"
  if shell then shell:close() end
  return made and name or nil
end

-- Starts the child; returns its standard input and all it said first.
local function spawn(options)
  local folder = make_folder()
  if not folder then return nil, "no pipe could be made in the folder for temporary files" end
  local fifo = folder .. "/pipe"
  local process, why = io.popen(child_command(options, fifo), "w")
  local pipe = process and io.open(fifo, "r")
  local line = pipe and pipe:read("*l")
  local rest = pipe and not (line and line:sub(1, 1) == "{") and pipe:read("*a") or ""
  if pipe then pipe:close() end
  os.remove(fifo)
  os.remove(folder)
  return process, (line or tostring(why)) .. (rest ~= "" and "\n" .. rest or "")
end

--- Starts a sandbox.
-- @param options table or nil: `port` (integer; Clerk's port, the others follow; default free
--   ones), `lua` (interpreter; default what the environment variable CONVOKE_SANDBOX_LUA names, or
--   else the running one), `request_timeout` and `idle_timeout` (seconds a request may take to
--   arrive and a connection may be idle), `cvat` (version of CVAT: "2.2", which is the default,
--   "2.15" or "2.80"), `cvat_mail` (false: CVAT cannot send mail)
-- @return an object with `.clerk`, `.convex`, `.cvat`, `.gencove`, `.edgegap` (`url` and
--   credentials) and `.control_token`, as in the line the program prints, and the methods below.
-- Raises when the server cannot start, and for an unknown option.
function sandbox.start(options)
  options = options or {}
  for name in pairs(options) do
    local known = name == "lua" or WORDS_FOR_FALSE[name] ~= nil
    for _, value in ipairs(VALUES) do known = known or name == value end
    if not known then error("unknown option " .. tostring(name), 2) end
  end
  local process, said = spawn(options)
  local told = json.decode(said)
  if not told then
    if process then process:close() end
    error("the sandbox did not start: " .. said, 2)
  end
  local self = setmetatable({ process = process, origins = {} }, object_mt)
  for name, entry in pairs(told) do
    self[name] = entry
    if name ~= "control_token" then self.origins[name] = entry.url:match("^%w+://[^/]+") end
  end
  return self
end

--- Runs the server in this process; the program behind `make sandbox`.
-- @param arguments array of strings, see main.lua
-- Returns never; raises when it cannot start.
function sandbox.main(arguments)
  package.path = package.path .. ";" .. SHARED_PATH
  return require("convoke.sandbox.main")(arguments or {})
end

-- ---------------------------------------------------------------------------------------------
-- The control path

-- One request on a connection of its own; returns the answer's text, or nil. By cqueues, in one of
-- its coroutines:
local function talk(socket, host, port, text)
  local connection = socket.connect(host, port)
  connection:settimeout(CONTROL_TIMEOUT)
  connection:onerror(function(_, _, code) return code end)
  connection:setmode("b", "bn")
  local answer = connection:write(text) and connection:read("*a")
  connection:close()
  return answer
end

-- By LuaSocket:
local function talk_blocking(socket, host, port, text)
  local connection = assert(socket.connect(host, port))
  connection:settimeout(CONTROL_TIMEOUT)
  local answer = connection:send(text) and connection:receive "*a"
  connection:close()
  return answer
end

-- By cqueues, on an event loop that ends with the call, or by LuaSocket, where this Lua has no
-- cqueues and another one runs the server.
local function ask(host, port, text)
  local found, socket = pcall(require, "cqueues.socket")
  if not found then return talk_blocking(require "socket", host, port, text) end
  local loop, answer = require("cqueues").new(), nil
  loop:wrap(function() answer = talk(socket, host, port, text) end)
  loop:loop()
  loop:close()
  return answer
end

-- Sends a request and waits for its answer.
-- @return status and body, or nil and why
local function exchange(origin, token, method, path, body)
  local text = ("%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nAuthorization: Bearer %s\r\n"
    .. "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s")
    :format(method, path, origin:match("//(.*)$"), token, #body, body)
  local host, port = origin:match("^http://([^:/]+):(%d+)$")
  local answer = ask(host, tonumber(port), text) or ""
  local status, content = answer:match("^HTTP/1%.1 (%d+).-\r\n\r\n(.*)$")
  if not status then return nil, "no answer from the sandbox" end
  return tonumber(status), content
end

local function control(self, api, method, path, data)
  local origin = self.origins[api] or error("no such API: " .. tostring(api), 3)
  local status, answer = exchange(origin, self.control_token, method, "/_control/" .. path,
                                  json.encode(data or {}))
  if not status then error(answer, 3) end
  local value = json.decode(answer)
  if status ~= 200 then error(value and value.error or answer, 3) end
  return value
end

-- The APIs a call is about: the named one or all.
local function named(self, api)
  if api then return { api } end
  local all = {}
  for name in pairs(self.origins) do all[#all + 1] = name end
  return all
end

--- Back to the state at the start (data, clock, faults, request log). `api`: only that one.
function methods:reset(api)
  for _, name in ipairs(named(self, api)) do control(self, name, "POST", "reset") end
end

--- Moves the clock by `seconds`. `api`: only that one's.
function methods:advance(seconds, api)
  for _, name in ipairs(named(self, api)) do
    control(self, name, "POST", "clock", { advance = seconds })
  end
end

--- Plans a fault for the next matching requests of one API.
-- @param plan table: `api` (name) and the fields listed in faults.lua: method, path, times,
--   every, chance, seed, rate, per, status, body, headers, execute, delay, cut, cut_body,
--   retry_after
function methods:fault(plan)
  local copy = {}
  for name, value in pairs(plan) do
    if name ~= "api" then copy[name] = value end
  end
  control(self, plan.api, "POST", "faults", copy)
end

--- Forgets the planned faults. `api`: only that one's.
function methods:clear_faults(api)
  for _, name in ipairs(named(self, api)) do control(self, name, "DELETE", "faults") end
end

--- What one API holds, as data, to compare with results. `json.null` stands for null.
-- @param api string
-- @return table
function methods:books(api)
  return control(self, api, "GET", "books")
end

--- The last requests one API received (at most 200), oldest first.
-- @param api string
-- @return array of { method, target, path, query, headers (lower-case names), body, body_size,
--   connection (number: equal for requests on one connection), time, status }
function methods:requests(api)
  return control(self, api, "GET", "requests")
end

--- Ends the server. Harmless when it has ended already.
function methods:stop()
  local process = self.process
  if not process then return end
  self.process = nil
  -- Something else may hold the pipe open, so the server is told, not only left.
  pcall(exchange, self.origins.clerk, self.control_token, "POST", "/_control/stop", "{}")
  process:close()
end

return sandbox
