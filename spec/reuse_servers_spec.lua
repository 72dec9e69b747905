-- Connections to servers of other people's making are kept and used again: what these send unasked,
-- tickets of TLS above all, comes with the first answer.

local certificates = require "spec.support.certificates"
local convoke = require "convoke"
local lfs = require "lfs"
local nginx = require "spec.support.nginx"
local socket = require "socket"

local folder, stop

local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  file:close()
  return folder .. "/" .. name
end

before_each(function()
  folder, stop = os.tmpname(), function() end
  os.remove(folder)
  assert(lfs.mkdir(folder))
  local made = certificates.for_server "127.0.0.1"
  local certificate, key = made.certificate:toPEM(), made.key:toPEM "private"
  write("certificate.pem", certificate)
  write("key.pem", key)
  write("both.pem", key .. certificate)
  write("invitations", "[]")
end)

after_each(function()
  stop()
  os.execute("rm -r " .. folder)
end)

local function has(command)
  local pipe = io.popen("command -v " .. command .. " 2>/dev/null")
  local found = pipe:read "*l"
  pipe:close()
  return found ~= nil
end

-- How many connections 30 calls take.
local function connections_of(port)
  local api = convoke.clerk { url = "https://127.0.0.1:" .. port, secret_key = "sk_test_ada",
    ca_file = folder .. "/certificate.pem", http_version = "1.1", retries = 0, timeout = 20 }
  local before = convoke.stats().connections_opened
  for _ = 1, 30 do assert(api.invitations:list {}) end
  api:close()
  return convoke.stats().connections_opened - before
end

local function wait_for(port)
  for _ = 1, 1000 do
    local connection = socket.connect("127.0.0.1", port)
    if connection then return connection:close() end
    socket.sleep(0.01)
  end
  error "the server did not start"
end

for version, name in pairs { tls12 = "TLSv1.2", tls13 = "TLSv1.3" } do
  describe("a connection of " .. name .. " to", function()
    it("nginx (OpenSSL) is used again", function()
      if not has "nginx" then return pending "nginx is not installed" end
      local server = nginx.start { text = ([[
daemon on;
worker_processes 1;
pid nginx.pid;
error_log error.log;
events { }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {
    listen 127.0.0.1:8080 ssl;
    ssl_certificate FOLDER/certificate.pem;
    ssl_certificate_key FOLDER/key.pem;
    ssl_protocols VERSION;
    location / { default_type application/json; return 200 "[]"; }
  }
}
]]):gsub("FOLDER", folder):gsub("VERSION", name) }
      stop = function() server:stop() end
      assert.equal(1, connections_of(server.port))
    end)

    it("lighttpd (GnuTLS) is used again", function()
      if not (has "lighttpd" and lfs.attributes "/usr/lib/lighttpd/mod_gnutls.so") then
        return pending "lighttpd and its module for GnuTLS are not installed"
      end
      local port = nginx.free_port()
      write("lighttpd.conf", ([[
server.modules = ("mod_gnutls")
server.document-root = "FOLDER"
server.bind = "127.0.0.1"
server.port = PORT
server.pid-file = "FOLDER/pid"
server.errorlog = "FOLDER/log"
mimetype.assign = ("" => "application/json")
ssl.engine = "enable"
ssl.pemfile = "FOLDER/both.pem"
ssl.openssl.ssl-conf-cmd = ("MinProtocol" => "VERSION", "MaxProtocol" => "VERSION")
]]):gsub("FOLDER", folder):gsub("PORT", tostring(port)):gsub("VERSION", name))
      os.execute("lighttpd -f " .. folder .. "/lighttpd.conf >/dev/null 2>&1")
      wait_for(port)
      stop = function() os.execute(("kill $(cat %s/pid)"):format(folder)) end
      assert.equal(1, connections_of(port))
    end)

    it("a server in Go is used again", function()
      if not has "go" then return pending "Go is not installed" end
      local program = folder .. "/tls_server"
      os.execute(("env -u LD_PRELOAD go build -o %s spec/support/tls_server.go 2>/dev/null")
        :format(program))
      assert(lfs.attributes(program), "go build failed")
      local process = io.popen(("exec env -u LD_PRELOAD %s %s %s %s >%s"):format(program,
        folder .. "/certificate.pem", folder .. "/key.pem", version, folder .. "/port"), "w")
      stop = function() process:close() end
      local port
      for _ = 1, 1000 do
        local file = io.open(folder .. "/port")
        port = file and tonumber((file:read "*l"))
        if file then file:close() end
        if port then break end
        socket.sleep(0.01)
      end
      assert.equal(1, connections_of(assert(port, "the server did not start")))
    end)
  end)
end
