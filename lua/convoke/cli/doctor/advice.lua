--- What to do where a connection fails, in the words of `convoke doctor`.

local advice = {}

--- Seconds as people read them.
function advice.time(seconds)
  if seconds >= 1 then return ("%.1f s"):format(seconds) end
  return ("%.0f ms"):format(math.max(seconds * 1000, 1))
end

--- For a proxy that is the fault.
advice.proxy = "The proxy is at fault, not the API. Mend its address, name and password in the "
  .. "variable or the option that names it; where none is needed, unset it."

-- Patterns of libcurl's messages about TLS, whichever library it uses, in small letters, and what
-- to do.
local of_tls = {
  { "not yet valid", "The certificate is not valid yet: look whether this machine's clock is "
    .. "right." },
  { "expired", "The server's certificate has expired: tell who runs it, if this machine's clock "
    .. "is right." },
  { "problem with the ssl ca cert", "The file of certificates is no good: see Certificates." },
  { "adding trust anchors", "The file of certificates is no good: see Certificates." },
  { "setting certificate", "The file of certificates is no good: see Certificates." },
  { "no alternative certificate subject", "The certificate is for another host: look at the "
    .. "address." },
  { "does not match", "The certificate is for another host: look at the address." },
  { "self.signed", "authority" },
  { "issuer", "authority" },
  { "certificate", "authority" },
  { "wrong version", "The server speaks no TLS there: look at the port of the address." },
}

local authority = "Nobody whom this machine trusts has signed the certificate. If it is one of "
  .. "your own or of your company's proxy, name the file of its authority: "
  .. "export SSL_CERT_FILE=/path/to/authority.pem"

local of_kind = {
  resolve = "The name is not known here. Look for typing errors in the address, and whether this "
    .. "machine has a network; where only a proxy leads out, set https_proxy.",
  connect = "Nothing listens there, or a firewall refuses. Look at the address and its port; "
    .. "where only a proxy leads out, set https_proxy.",
  network = "The connection broke. A firewall, a proxy or a balancer between may do that; try "
    .. "again.",
}

-- What did not come in time, by how far the connection was.
local function of_timeout(row)
  if not row.resolve then
    return "No server of names answers. Look at /etc/resolv.conf and the network."
  elseif row.connect and (row.tls or row.url:find "^http:") then
    return "The connection is good, but no answer came: the server or a proxy is overloaded."
  end
  -- Most versions of libcurl tell when it was connected only after the handshake of TLS.
  return "No connection was made, or its handshake of TLS stands still: a firewall or a proxy "
    .. "between may drop what is sent. Where only a proxy leads out, set https_proxy."
end

--- What to do where a connection failed.
-- @param kind     of the failure
-- @param message  for people
-- @param row      with the phases that it came to
function advice.of_failure(kind, message, row)
  if message:find("(of the proxy that", 1, true) then return advice.proxy end
  if kind == "timeout" then return of_timeout(row) end
  if kind ~= "tls" then return of_kind[kind] end
  local lower = message:lower():gsub("%(trusting .*$", "")
  for _, pair in ipairs(of_tls) do
    if lower:find(pair[1]) then return pair[2] == "authority" and authority or pair[2] end
  end
  return "The handshake of TLS failed. Look at the port of the address; a firewall or a proxy "
    .. "between may have ended it."
end

local of_slow = {
  resolve = "the server of names is slow; see /etc/resolv.conf",
  connect = "the way there is long, or loses packets",
  tls = "the way there is long, or a proxy looks into the connection",
  first_byte = "the server or a proxy is slow",
}

--- What to say of a connection that took long.
function advice.of_slow(row)
  local worst
  for phase in pairs(of_slow) do
    if row[phase] and (not worst or row[phase] > row[worst]) then worst = phase end
  end
  return ("Most of the time went where %s."):format(of_slow[worst])
end

return advice
