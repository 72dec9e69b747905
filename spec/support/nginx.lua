--- A real nginx with its Lua module, below a directory of its own and on a free port.
--
--   local server = nginx.start { http = "init_by_lua_block {...}", server = "location / {...}" }
--   local status, body = server:get "/path"
--   server:reload()
--   server:stop()
--
-- nginx's Lua is LuaJIT: it finds modules where the LuaJIT that runs the spec does. Under another
-- Lua NGINX_LUA names the build for LuaJIT, as a template of package.cpath.

local lfs = require "lfs"
local socket = require "socket"

local nginx = {}

local is_jit, build = rawget(_G, "jit"), os.getenv "NGINX_LUA"

--- Where nginx's Lua finds modules.
nginx.path = is_jit and package.path or ("%s/lua/?.lua;%s/lua/?/init.lua;;"):format(
  lfs.currentdir(), lfs.currentdir())
nginx.cpath = is_jit and package.cpath or build and build .. ";;"

local PATIENCE = 10 -- seconds that starting, stopping and requests may take

local function capture(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- The lines that load the Lua module where nginx has it as a file of its own.
function nginx.load_lines()
  local folder = capture("nginx -V"):match "%-%-modules%-path=(%S+)"
  local lines = {}
  for _, name in ipairs { "ndk_http_module.so", "ngx_http_lua_module.so" } do
    local file = folder and folder .. "/" .. name
    if file and lfs.attributes(file) then lines[#lines + 1] = ("load_module %s;"):format(file) end
  end
  return table.concat(lines, "\n")
end

--- Why there is no nginx for this Lua, or nil when there is one.
function nginx.missing()
  if not is_jit and not build then
    return "nginx's Lua is LuaJIT: run the specs with LUA=luajit"
  end
  local version = capture "nginx -V"
  if not version:find "nginx version" then return "nginx is not installed" end
  if nginx.load_lines() == "" and not version:find "lua" then return "nginx has no Lua module" end
end

--- A port on which nobody listens.
function nginx.free_port()
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  listener:close()
  return port
end

local function wait_until(condition, what)
  local stop = socket.gettime() + PATIENCE
  repeat
    if condition() then return end
    socket.sleep(0.02)
  until socket.gettime() > stop
  error(what, 3)
end

-- Below a directory that the worker's user cannot write to.
local template = [[
%s
daemon on;
worker_processes %d;
%s
pid nginx.pid;
error_log error.log notice;
worker_shutdown_timeout 30s;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_requests 1000000;
  lua_package_path "%s";
  lua_package_cpath "%s";
  %s
  server {
    listen 127.0.0.1:%d backlog=1024;
    default_type application/json;
    %s
  }
}
]]

local methods = {}
methods.__index = methods

local function write_configuration(self, settings)
  local file = assert(io.open(self.folder .. "/nginx.conf", "w"))
  if settings.text then
    file:write((settings.text:gsub("127%.0%.0%.1:8080", "127.0.0.1:" .. self.port)))
    file:close()
    return
  end
  local is_root = capture("id -u"):match "%d+" == "0"
  local user = is_root and ("user %s;"):format(settings.user or "nobody nogroup") or ""
  file:write(template:format(nginx.load_lines(), settings.workers or 2,
    user .. (settings.main or ""), nginx.path, nginx.cpath, settings.http or "",
    self.port, settings.server or ""))
  file:close()
end

--- Starts nginx.
-- @param settings  http, server, main: text for these places of the configuration; workers: number.
--   Or text: all of it, where 127.0.0.1:8080 becomes the free port. environment: name to value
-- @return an object with `port`, `url` and the methods below
function nginx.start(settings)
  local folder = os.tmpname()
  os.remove(folder)
  assert(lfs.mkdir(folder))
  local self = setmetatable({ folder = folder, port = nginx.free_port() }, methods)
  self.url = "http://127.0.0.1:" .. self.port
  write_configuration(self, settings)
  os.execute("chmod 755 " .. folder)
  local words = { "env" }
  for name, value in pairs(settings.environment or {}) do
    words[#words + 1] = quote(name .. "=" .. value)
  end
  words[#words + 1] = ("nginx -p %s/ -c nginx.conf -e error.log"):format(quote(folder))
  local said = capture(table.concat(words, " "))
  local function up() -- the master listens before it has workers
    local connection = socket.connect("127.0.0.1", self.port)
    if connection then connection:close() end
    return connection and self:pid() and #self:workers() >= (settings.workers or 1)
  end
  wait_until(up, "nginx did not start: " .. said .. self:log())
  return self
end

--- The master process, or nil.
function methods:pid()
  local file = io.open(self.folder .. "/nginx.pid")
  local pid = file and tonumber(file:read "*l")
  if file then file:close() end
  return pid
end

--- What the error log holds.
function methods:log()
  local file = io.open(self.folder .. "/error.log")
  local text = file and file:read "*a" or ""
  if file then file:close() end
  return text
end

-- The parent of a process, or nil when it is gone.
local function parent_of(pid)
  local file = io.open("/proc/" .. pid .. "/stat")
  local text = file and file:read "*a"
  if file then file:close() end
  return text and tonumber(text:match "^.*%) %a (%d+)")
end

--- The worker processes that run now, as an array.
function methods:workers()
  local pids, master = {}, tonumber(self:pid())
  for name in lfs.dir "/proc" do
    if name:match "^%d+$" and parent_of(name) == master then pids[#pids + 1] = tonumber(name) end
  end
  table.sort(pids)
  return pids
end

--- Has the workers replaced by new ones, as `nginx -s reload` does.
function methods:reload()
  os.execute("kill -HUP " .. self:pid())
end

--- Sends a request on a connection of its own; read() of the result gives status and body.
-- @param path     with its query
-- @param headers  array of header lines, or nil
-- @param form     a form to be posted, or nil
function methods:send(path, headers, form)
  local connection = assert(socket.connect("127.0.0.1", self.port))
  connection:settimeout(PATIENCE)
  local lines = { (form and "POST " or "GET ") .. path .. " HTTP/1.0", "Host: here" }
  for _, line in ipairs(headers or {}) do lines[#lines + 1] = line end
  if form then
    lines[#lines + 1] = "Content-Type: application/x-www-form-urlencoded"
    lines[#lines + 1] = "Content-Length: " .. #form
  end
  assert(connection:send(table.concat(lines, "\r\n") .. "\r\n\r\n" .. (form or "")))
  local request = { connection = connection }
  function request.read()
    local text, why, part = connection:receive "*a"
    connection:close()
    text = text or part
    local status, body = text:match "^HTTP/1%.%d (%d+).-\r\n\r\n(.*)$"
    if not status then error("no answer from nginx: " .. tostring(why) .. "\n" .. self:log(), 2) end
    return tonumber(status), (body:gsub("\n$", ""))
  end
  return request
end

--- One request. Returns status and body.
function methods:get(...)
  return self:send(...).read()
end

--- Ends nginx and removes its directory. Harmless when that is done already.
function methods:stop()
  local pid = self:pid()
  if pid then
    os.execute("kill -TERM " .. pid)
    wait_until(function() return not self:pid() end, "nginx did not stop")
  end
  os.execute("rm -rf " .. quote(self.folder))
end

return nginx
