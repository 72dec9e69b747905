--- Real Redis servers for specs, each below a directory of its own: of redis-server, or of
-- valkey-server where that is installed alone.
--
--   local server = redis_server.start { requirepass = "secret" }
--   ... server:ask("GET", "key"), server:contents() ...
--   ... server:address { user =, password =, database =, prefix = }, server:unix_address() ...
--   server:signal "STOP"; server:signal "KILL"; server:restart()
--   redis_server.stop_all()

local quote = require("spec.support.raw_server").quote
local lfs = require "lfs"
local socket = require "socket"

local redis_server = {}

local PATIENCE = 20 -- seconds until a server must be there
local running = {}

local methods = {}
methods.__index = methods

local function output_of(command)
  local stream = assert(io.popen(command))
  local text = stream:read "*l"
  stream:close()
  return text
end

local program

--- Why there is no server or no client, or nil when there are both.
function redis_server.missing()
  program = program or output_of "command -v redis-server || command -v valkey-server"
  if not program then return "neither redis-server nor valkey-server is installed" end
  local connection, why = require("convoke.jobs.hiredis").open "redis://127.0.0.1:1"
  if not connection then return why end
  connection:close()
end

--- A port on which nobody listens.
function redis_server.free_port()
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  listener:close()
  return port
end

-- Whether it serves: its socket is made after it has got its port, which another program may have
-- taken meanwhile.
local function answers(self)
  if not lfs.attributes(self.folder .. "/socket") then return false end
  local connection = socket.connect("127.0.0.1", self.port)
  if not connection then return false end
  connection:settimeout(1)
  connection:send "PING\r\n"
  local line = connection:receive "*l"
  connection:close()
  return line ~= nil
end

-- Ends with this process, where there is a program that sees to it.
local function launch(self)
  os.remove(self.folder .. "/socket")
  local words = { program, "--bind 127.0.0.1", "--port", self.port, "--dir", quote(self.folder),
    "--unixsocket", quote(self.folder .. "/socket"), "--logfile", quote(self.folder .. "/log"),
    "--daemonize no", "--save ''" }
  for name, value in pairs(self.settings) do words[#words + 1] = ("--%s %s"):format(name, value) end
  local command = "echo $$; if command -v setpriv >/dev/null; "
    .. "then %s exec setpriv --pdeathsig KILL %s; else %s exec %s; fi"
  local line = table.concat(words, " ") .. " >/dev/null 2>&1"
  self.output = assert(io.popen(command:format(self.before, line, self.before, line), "r"))
  self.pid = assert(tonumber(self.output:read "*l"))
end

local function has_ended(self)
  local file = io.open(("/proc/%d/stat"):format(self.pid))
  local text = file and file:read "*a" or ") Z"
  if file then file:close() end
  return text:find "%) Z" ~= nil -- nobody has waited for it yet
end

-- Launches it, and waits until it serves. Returns whether it does.
local function comes_up(self)
  launch(self)
  running[self] = true
  local stop = socket.gettime() + PATIENCE
  while not answers(self) do
    if socket.gettime() > stop or has_ended(self) then return false end
    socket.sleep(0.01)
  end
  return true
end

--- Starts it again, on the same port, after signal "KILL" and wait(), say.
function methods:restart()
  if not comes_up(self) then error("the server did not start: " .. self:log(), 2) end
end

function methods:log()
  local file = io.open(self.folder .. "/log")
  local text = file and file:read "*a" or ""
  if file then file:close() end
  return text
end

--- Starts a server.
-- @param settings  of its configuration, name -> value; or nil
-- @param before    assignments for the shell that begins it; or nil
function redis_server.start(settings, before)
  assert(not redis_server.missing())
  local self = setmetatable({ folder = os.tmpname(), settings = settings or {},
    before = before or "", stores = 0 }, methods)
  os.remove(self.folder)
  assert(os.execute("mkdir " .. quote(self.folder)))
  for _ = 1, 5 do
    self.port = redis_server.free_port()
    if comes_up(self) then return self end
    self:signal "KILL"
    self:wait() -- another program may have taken the port
  end
  error("the server did not start: " .. self:log(), 2)
end

--- Settings of a server that loses nothing.
redis_server.durable = { appendonly = "yes", appendfsync = "always" }

--- Its address, without login and with database 0 unless `how` says otherwise.
function methods:address(how)
  how = how or {}
  local login = how.password and ("%s:%s@"):format(how.user or "", how.password) or ""
  return ("redis://%s127.0.0.1:%d/%s%s"):format(login, self.port, how.database or "",
    how.prefix and "?prefix=" .. how.prefix or "")
end

--- The address of a store in it where nothing is yet.
function methods:new_store()
  self.stores = self.stores + 1
  return self:address { prefix = "s" .. self.stores }
end

--- What it answers to a command, as redis-cli prints it; errors, too.
function methods:ask(...)
  local words = {}
  for i, word in ipairs { ... } do words[i] = quote(tostring(word)) end
  local stream = assert(io.popen(("redis-cli -p %d %s 2>&1"):format(self.port,
    table.concat(words, " "))))
  local text = stream:read "*a"
  stream:close()
  return (text:gsub("\n$", ""))
end

--- What its append-only file holds.
function methods:contents()
  local stream = assert(io.popen("cat " .. quote(self.folder) .. "/appendonlydir/*.aof"))
  local text = stream:read "*a"
  stream:close()
  return text
end

function methods:unix_address()
  return "redis+unix://" .. self.folder .. "/socket"
end

--- Sends it a signal, such as "KILL" or "STOP".
function methods:signal(name)
  os.execute(("kill -%s %d 2>/dev/null"):format(name, self.pid))
end

--- Waits until it has ended.
function methods:wait()
  if not running[self] then return end
  running[self] = nil
  self.output:close()
end

--- Ends it and removes its directory. Harmless when that is done already.
function methods:stop()
  self:signal "KILL"
  self:wait()
  os.execute("rm -rf " .. quote(self.folder))
end

--- Ends all that still run.
function redis_server.stop_all()
  local all = {}
  for server in pairs(running) do all[#all + 1] = server end
  for _, server in ipairs(all) do server:stop() end
end

return redis_server
