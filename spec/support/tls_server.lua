--- A server with certificates of many kinds, each on a port of its own, made for the occasion by an
-- authority of its own. It runs in a process of its own, which ends with its parent.
--
--   local server = tls_server.start()
--   server.ports        -- kind -> port; see `kinds`
--   server.authority    -- the name of a file with the authority's certificate
--   server:seen()       -- what requests had as X-Case, each with how many times; and forgets them
--   server:stop()
--
-- A request is answered with its header X-Answer as the body, or with 204 without one. The header
-- X-End ends the connection after that: "length", a body with a Content-Length; "whole", one
-- without it, as TLS has it; "cut", one without it and without the end of TLS.

local socket = require "socket"

local tls_server = {}

-- The child ---------------------------------------------------------------------------------------

local hour = 3600

-- What is odd about the certificates: `name`, `address` they are for; `from`, `to`, in seconds from
-- now; `by`, who signs.
local kinds = {
  good = {},
  expired = { from = -48 * hour, to = -hour },
  future = { from = hour },
  stranger = { name = "example.com", address = "192.0.2.1" },
  alone = { by = "itself" },
  foreign = { by = "another" },
  client = { purpose = "clientAuth" },
}

local function distinguished(name)
  return require("openssl.x509.name").new():add("CN", name)
end

-- A certificate: { key =, certificate =, name = }.
local function certify(name, wish, authority)
  local x509, pkey = require "openssl.x509", require "openssl.pkey"
  local key = pkey.new { type = "EC", curve = "prime256v1" }
  local certificate = x509.new()
  certificate:setVersion(3)
  certificate:setSerial(require("openssl.bignum").new(math.random(2 ^ 30)))
  certificate:setSubject(distinguished(name))
  certificate:setIssuer(distinguished(authority and authority.name or name))
  certificate:setLifetime(os.time() + (wish.from or -hour), os.time() + (wish.to or 24 * hour))
  certificate:setBasicConstraints { CA = wish.authority or false }
  if not wish.authority then
    local alternatives = require("openssl.x509.altname").new()
    alternatives:add("DNS", wish.name or "localhost")
    alternatives:add("IP", wish.address or "127.0.0.1")
    certificate:setSubjectAlt(alternatives)
  end
  if wish.purpose then
    certificate:addExtension(require("openssl.x509.extension").new("extendedKeyUsage",
      wish.purpose))
  end
  certificate:setPublicKey(key)
  certificate:sign(authority and authority.key or key)
  return { key = key, certificate = certificate, name = name }
end

-- One request: its headers by name in small letters, or nil at the end.
local function read_request(connection)
  if not connection:read "*l" then return nil end
  local headers = {}
  while true do
    local line = connection:read "*l"
    if not line then return nil end
    local name, value = line:match "^([^:]+): *(.-)\r?$"
    if not name then break end
    headers[name:lower()] = value
  end
  local size = tonumber(headers["content-length"] or 0)
  if size > 0 and not connection:read(size) then return nil end
  return headers
end

-- Writes what a request asks for. Returns whether the connection goes on.
local function answer(connection, request)
  local body, ending = request["x-answer"], request["x-end"]
  local close = ending and "Connection: close\r\n" or ""
  if not body then
    connection:write("HTTP/1.1 204 No Content\r\n", close, "\r\n")
  elseif ending and ending ~= "length" then
    connection:write("HTTP/1.1 200 OK\r\n\r\n", body)
  else
    local length = ("Content-Length: %d\r\n"):format(#body)
    connection:write("HTTP/1.1 200 OK\r\n", length, close, "\r\n", body)
  end
  connection:flush()
  if ending == "whole" then connection:shutdown "w" end
  return not ending
end

-- (No iterators and no pcall around what waits: Lua 5.1 could not wait there.)
local function serve(connection, context, seen)
  if not connection:starttls(context) then return end
  while true do
    local request = read_request(connection)
    if not request then return end
    local case = request["x-case"] or ""
    seen[case] = (seen[case] or 0) + 1
    if not answer(connection, request) then return end
  end
end

-- Serves connections with handle(connection). Returns the port.
local function listen(cq, handle)
  local cqueues_socket = require "cqueues.socket"
  local listener = assert(cqueues_socket.listen { host = "127.0.0.1", port = 0, nodelay = true })
  assert(listener:listen())
  cq:wrap(function()
    while true do
      local connection = listener:accept()
      connection:setmode("b", "bf")
      connection:onerror(function(_, _, why) return why end)
      cq:wrap(function()
        handle(connection)
        connection:close()
      end)
    end
  end)
  local _, _, port = listener:localname()
  return port
end

-- Tells whoever connects what was seen, and forgets it.
local function tell(connection, seen)
  for case, count in pairs(seen) do
    connection:write(("%s %d\n"):format(case, count))
    seen[case] = nil
  end
  connection:flush()
end

--- The child's program: prints "kind port" lines, the authority's certificate and an empty line.
function tls_server.main()
  local cqueues, signal = require "cqueues", require "cqueues.signal"
  local cq, seen = cqueues.new(), {}
  signal.ignore(signal.SIGPIPE)
  local authority = certify("Authority of a spec", { authority = true })
  local signers = { another = certify("Another authority", { authority = true }) }
  for kind, wish in pairs(kinds) do
    local signer = wish.by ~= "itself" and (signers[wish.by] or authority) or nil
    local made = certify("Server of a spec, " .. kind, wish, signer)
    local context = require("openssl.ssl.context").new("TLS", true)
    context:setPrivateKey(made.key)
    context:setCertificate(made.certificate)
    local port = listen(cq, function(connection) serve(connection, context, seen) end)
    io.stdout:write(kind, " ", port, "\n")
  end
  local port = listen(cq, function(connection) tell(connection, seen) end)
  io.stdout:write("seen ", port, "\n", authority.certificate:toPEM(), "\n")
  io.stdout:flush()
  cq:wrap(function()
    cqueues.poll { pollfd = 0, events = "r" } -- the parent is gone
    os.exit(0)
  end)
  while true do cq:loop() end
end

-- The parent --------------------------------------------------------------------------------------

local methods = {}
methods.__index = methods

--- What has been asked since: X-Case -> how many times.
function methods:seen()
  local connection = assert(socket.connect("127.0.0.1", self.ports.seen))
  connection:settimeout(10)
  local seen = {}
  for line in function() return (connection:receive "*l") end do
    local case, count = line:match "^(.*) (%d+)$"
    seen[case] = tonumber(count)
  end
  connection:close()
  return seen
end

--- Ends the server.
function methods:stop()
  self.process:close()
  os.remove(self.authority)
end

--- Starts the server.
function tls_server.start()
  local quote = require("spec.support.raw_server").quote
  local fifo = os.tmpname()
  os.remove(fifo)
  os.execute("mkfifo -m 600 " .. fifo)
  local program = ("package.path, package.cpath = %q, %q; "
    .. "require('spec.support.tls_server').main()"):format(package.path, package.cpath)
  local process = assert(io.popen(("exec %s -e %s >%s"):format(
    quote(require("spec.support.raw_server").interpreter()), quote(program), fifo), "w"))
  local pipe = assert(io.open(fifo, "r"))
  local ports, pem = {}, {}
  for line in pipe:lines() do
    if line == "" then break end
    local kind, port = line:match "^(%l+) (%d+)$"
    if kind then ports[kind] = tonumber(port) else pem[#pem + 1] = line end
  end
  pipe:close()
  os.remove(fifo)
  assert(ports.seen, "the TLS server did not start")
  local authority = os.tmpname()
  local file = assert(io.open(authority, "w"))
  file:write(table.concat(pem, "\n"), "\n")
  file:close()
  return setmetatable({ process = process, ports = ports, authority = authority }, methods)
end

return tls_server
