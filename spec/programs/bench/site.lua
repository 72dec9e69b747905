--- nginx as the server of the measurements: plain HTTP/1.1, and HTTP/2 or 1.1 over TLS with a
-- certificate of an authority of our own.

local answers = require "spec.programs.bench.answers"
local nginx = require "spec.support.nginx"
local operations = require "spec.programs.bench.operations"
local run = require "spec.programs.bench.run"

local site = {}

-- In HTTP/2 the body is read before the answer goes out: nginx ends the stream otherwise while
-- libcurl still sends, which takes it for an error at times.
local template = [[
%s
daemon on;
worker_processes 1;
worker_rlimit_nofile 32768;
%s
pid nginx.pid;
error_log error.log error;
events { worker_connections 16384; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  client_body_buffer_size 64k;
  server {
    listen 127.0.0.1:8080 backlog=16384;
    default_type application/json;
    location = /list.json { root %s; }
%s
  }
  server {
    listen 127.0.0.1:%d ssl http2 backlog=16384;
    default_type application/json;
    ssl_certificate %s/server.pem;
    ssl_certificate_key %s/server.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:sessions:1m;
    location = /v1/invitations { content_by_lua_block {
      ngx.req.read_body()
      local text = '%s' .. ngx.var.request_id .. '%s'
      ngx.header.content_length = #text
      ngx.print(text)
    } }
  }
}
]]

-- An authority and a certificate of its for 127.0.0.1 and localhost.
local function make_certificates(folder)
  run.capture(([[set -e; cd %s
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
      -subj "/CN=authority of the measurements" -keyout ca.key -out ca.pem
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost \
      -keyout server.key -out server.csr
    echo "subjectAltName=DNS:localhost,IP:127.0.0.1" >server.ext
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
      -extfile server.ext -out server.pem]]):format(folder))
end

--- Starts it.
-- @return an object with `plain` and `tls` (addresses), `ca` (file), and stop()
function site.start()
  local folder = run.absolute(run.folder)
  make_certificates(folder)
  run.file("list.json", answers.list)
  local tls_port = nginx.free_port()
  -- The worker reads below our folder, wherever that is.
  local user = run.capture "id -u":match "%d+" == "0" and "user root;" or ""
  local before, after = answers.invitation_of("|"):match "^(.-)|(.*)$"
  local server = nginx.start { workers = 1, text = template:format(nginx.load_lines(),
    user, folder, operations.locations(), tls_port, folder, folder, before, after) }
  return { plain = server.url, tls = "https://127.0.0.1:" .. tls_port, ca = folder .. "/ca.pem",
    stop = function() server:stop() end }
end

return site
