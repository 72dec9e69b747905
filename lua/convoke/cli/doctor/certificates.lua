--- What `convoke doctor` says of the certificates that are trusted.

local certificates = {}

local most_bytes = 16 * 1024 * 1024

-- Base64 ------------------------------------------------

local digits = {}
for i = 0, 63 do
  local all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  digits[all:sub(i + 1, i + 1)] = i
end

local function bytes_of(base64)
  return (base64:gsub("[^%w+/]", ""):gsub("(.)(.)(.)(.)", function(a, b, c, d)
    local number = ((digits[a] * 64 + digits[b]) * 64 + digits[c]) * 64 + digits[d]
    return string.char(math.floor(number / 65536), math.floor(number / 256) % 256, number % 256)
  end))
end

-- Reading ------------------------------------------------

-- When a certificate ends, as "YYYYMMDDhhmmss"; nil: it does not say so. Its validity is the first
-- place where two times follow each other: of DER's type 23 with two digits of the year, or of 24
-- with four.
local function ending_of(base64)
  local kind, _, time =
    bytes_of(base64):match "[\23\24][\13\15]%d+Z([\23\24])([\13\15])(%d+)Z"
  if kind == "\23" then time = (time < "50" and "20" or "19") .. time end
  return time
end

--- How many certificates a text has, and how many of them have expired.
-- @param text  PEM
function certificates.count(text)
  local count, expired, now = 0, 0, os.date "!%Y%m%d%H%M%S"
  local pattern = "%-%-%-%-%-BEGIN [TRUSED ]*CERTIFICATE%-%-%-%-%-(.-)%-%-%-%-%-END"
  for base64 in text:gmatch(pattern) do
    local ending = ending_of(base64)
    count = count + 1
    if ending and ending < now then expired = expired + 1 end
  end
  return count, expired
end

--- Looks at a file of certificates.
-- @param path    of the file
-- @param whose   text: who names it
-- @param remedy  what to do where it is no good
-- @return a row: state, found, advice
function certificates.look_at(path, whose, remedy)
  local file = io.open(path, "rb")
  local text = file and file:read(most_bytes)
  if file then file:close() end
  local where = ("%s (%s)"):format(path, whose)
  if not text then
    return { state = "wrong", found = where .. " cannot be read", advice = remedy }
  end
  local count, expired = certificates.count(text)
  if count == 0 then
    return { state = "wrong", found = where .. " holds no certificate in PEM", advice = remedy }
  end
  local found = ("%s: %d certificate%s, %s expired"):format(where, count, count == 1 and "" or "s",
    expired == 0 and "none" or tostring(expired))
  if expired == count then return { state = "wrong", found = found, advice = remedy } end
  return { state = "ok", found = found }
end

--- Adds a row for each place.
-- @param add      function(row)
-- @param ca_file  what libcurl trusts of itself, or nil
function certificates.add(add, ca_file)
  local own = os.getenv "SSL_CERT_FILE"
  local row
  if own == "" then
    row = { state = "wrong", found = "SSL_CERT_FILE is set, but empty",
      advice = "No https call works with it: unset it." }
  elseif own then
    row = certificates.look_at(own, "SSL_CERT_FILE",
      "No https call works with it. Set SSL_CERT_FILE to a file of certificates, or unset it.")
  elseif ca_file then
    row = certificates.look_at(ca_file, "libcurl's own",
      "No https call works without it. Install it (Debian: apt install ca-certificates), or name "
      .. "another one in SSL_CERT_FILE.")
  else
    row = { state = "note", found = "libcurl's own, of which it tells no file" }
  end
  row.name = "file"
  add(row)
  for _, name in ipairs { "CURL_CA_BUNDLE", "SSL_CERT_DIR" } do
    if (os.getenv(name) or "") ~= "" then
      add { name = name, state = "note", found = "set, and not read",
        advice = ("The program curl reads %s, its library does not. convoke reads SSL_CERT_FILE.")
          :format(name) }
    end
  end
end

return certificates
