--- Keys and certificates for servers of specs, made for the occasion.

local certificates = {}

local unpack = table.unpack or unpack -- luacheck: ignore 143 113

local hour = 3600

local function distinguished(name)
  return require("openssl.x509.name").new():add("CN", name)
end

--- A key and a certificate.
-- @param name  the subject
-- @param wish  table, all optional: `servers`, array of the host names and addresses it is for;
--   `from`, `to`, when it is valid, in seconds from now; `authority`, it may sign others; `signer`,
--   who signs it, as this function has returned it, else itself; `purpose`, its extended key use
-- @return table: key, certificate, name
function certificates.make(name, wish)
  local signer = wish.signer
  local key = require("openssl.pkey").new { type = "EC", curve = "prime256v1" }
  local certificate = require("openssl.x509").new()
  certificate:setVersion(3)
  certificate:setSerial(require("openssl.bignum").new(math.random(2 ^ 30)))
  certificate:setSubject(distinguished(name))
  certificate:setIssuer(distinguished(signer and signer.name or name))
  certificate:setLifetime(os.time() + (wish.from or -hour), os.time() + (wish.to or 24 * hour))
  certificate:setBasicConstraints { CA = wish.authority or false }
  if wish.servers then
    local alternatives = require("openssl.x509.altname").new()
    for _, server in ipairs(wish.servers) do
      alternatives:add(server:match "^[%d.]+$" and "IP" or "DNS", server)
    end
    certificate:setSubjectAlt(alternatives)
  end
  if wish.purpose then
    certificate:addExtension(require("openssl.x509.extension").new("extendedKeyUsage",
      wish.purpose))
  end
  certificate:setPublicKey(key)
  certificate:sign(signer and signer.key or key)
  return { key = key, certificate = certificate, name = name }
end

--- Keys and certificates as PEM, made by the Lua that servers have.
-- @param text  of a program, for which `make` is certificates.make(); it writes them
-- @return each of what it has written
function certificates.pem(text)
  local program = "local make = require('spec.support.certificates').make; " .. text
  local pipe = assert(io.popen(require("spec.support.child_server").command(program)))
  local written = {}
  for each in pipe:read("*a"):gmatch "%-+BEGIN.-%-+END[^\n]*\n" do written[#written + 1] = each end
  pipe:close()
  return unpack(written)
end

--- One for a server of that name or address, which is its own authority.
function certificates.for_server(name)
  return certificates.make(name, { servers = { name }, authority = true })
end

--- What a server needs to speak TLS with it.
-- @param made      what make() has returned
-- @param protocol  "TLS" (unless said) or "TLSv1_2"
function certificates.context(made, protocol)
  local context = require("openssl.ssl.context").new(protocol or "TLS", true)
  context:setPrivateKey(made.key)
  context:setCertificate(made.certificate)
  return context
end

return certificates
