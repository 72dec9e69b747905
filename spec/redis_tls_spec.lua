-- Connections to Redis with TLS, where hiredis has it.

local certificates = require "spec.support.certificates"
local hiredis = require "convoke.jobs.hiredis"
local preloaded = require "spec.support.preloaded"
local redis_server = require "spec.support.redis_server"

local missing = redis_server.missing()
local refusal
if not missing then
  local connection, why = hiredis.open "rediss://127.0.0.1:1"
  refusal = why
  if connection then connection:close() end
end

describe("a connection to Redis with TLS", function()
  if missing then return pending(missing) end

  if refusal then
    it("is refused where hiredis has none, with the reason", function()
      assert.matches("^rediss://127%.0%.0%.1:1/0: .", refusal)
      assert.is_true(refusal:find "TLS needs hiredis 1.0 or newer; here is libhiredis.so" ~= nil
        or refusal:find "TLS needs libhiredis_ssl: " ~= nil
        or refusal:find "hiredis cannot be loaded" ~= nil, refusal)
    end)
    return
  end

  local server, port, trusted
  local files = {}

  local function write(text)
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(text)
    file:close()
    files[#files + 1] = path
    return path
  end

  setup(function()
    local authority, certificate, key = certificates.pem [[
      local authority = make("an authority of the specs", { authority = true })
      local made = make("redis", { servers = { "127.0.0.1" }, signer = authority })
      io.write(authority.certificate:toPEM(), made.certificate:toPEM(), made.key:toPEM "private")]]
    trusted = write(authority)
    port = redis_server.free_port()
    server = redis_server.start { ["tls-port"] = port, requirepass = "open-sesame",
      ["tls-cert-file"] = write(certificate),
      ["tls-key-file"] = write(key), ["tls-ca-cert-file"] = trusted,
      ["tls-auth-clients"] = "no" }
  end)

  teardown(function()
    redis_server.stop_all()
    for _, path in ipairs(files) do os.remove(path) end
  end)

  -- What a program prints that trusts the authority, or the one of `other`.
  local function run(host, text, other, seconds)
    return preloaded("", ([[
      local convoke = require "convoke"
      local connection = assert(require("convoke.jobs.hiredis").open(
        "rediss://:open-sesame@%s:%d/3", { connect_timeout = %g }))
    ]]):format(host, port, seconds or 20) .. text .. "\nconnection:close()",
      "SSL_CERT_FILE=" .. (other or trusted))
  end

  it("is made with a server whose certificate is for its name", function()
    assert.equal(("rediss://127.0.0.1:%d/3\nOK\n5000000\n1000\n"):format(port), run("127.0.0.1", [[
      print(connection)
      print((connection:command("SET", "large", ("x"):rep(5000000))))
      print(#connection:command("GET", "large"))
      local right = 0
      convoke.run(function()
        for i = 1, 100 do
          convoke.spawn(function()
            for turn = 1, 10 do
              local reply = connection:command("ECHO", i * turn)
              if reply == tostring(i * turn) then right = right + 1 end
            end
          end)
        end
      end)
      print(right)
    ]]))
  end)

  it("is not made with one for another name, of another authority, or without TLS", function()
    local ping = [[
      local reply, why, kind = connection:command "PING"
      print(reply, why:match "TLS: .*" or why, kind)
    ]]
    assert.matches("^nil\tTLS: .*[Hh]ost.*\tconnection\n$", run("localhost", ping))
    assert.matches("^nil\tTLS: .*certificate.*\tconnection\n$", run("127.0.0.1", ping, "/dev/null"))
    port = server.port
    assert.matches("^nil\t.*\tconnection\n$", run("127.0.0.1", ping, trusted, 0.5))
  end)
end)
