--- Which names of fields, headers and parts of addresses say that their value is a secret.

local secret_names = {}

local words = { "password", "passwd", "passphrase", "passcode", "secret", "secretkey", "token",
  "ticket", "apikey", "adminkey", "privatekey", "stopkey", "accesskey", "accesskeyid", "sessionkey",
  "credential", "credentials", "authorization", "cookie", "csrf", "signature", "jwt", "otp",
  "backupcode" }
local whole = { access = true, refresh = true, key = true, auth = true, sig = true, pin = true }

--- A name without what separates its words, in lower case: accessToken, access-token and
-- ACCESS_TOKEN are one.
function secret_names.plain(name)
  return (name:lower():gsub("[^%w]", ""))
end

--- Whether a name ends as those of secrets do: access_token does, token_type does not.
function secret_names.ends(name)
  local plain = secret_names.plain(name):gsub("%d+$", "")
  if whole[plain] then return true end
  for _, word in ipairs(words) do
    if plain:sub(-#word) == word then return true end
  end
  return false
end

--- Whether a name has such a word anywhere: for those who would rather hide too much.
function secret_names.holds(name)
  local plain = secret_names.plain(name)
  if whole[plain] then return true end
  for _, word in ipairs(words) do
    if plain:find(word, 1, true) then return true end
  end
  return false
end

--- Replaces values of a path that stand in an address.
-- @param template  path of an operation, such as "/invitations/{key}"; or nil
-- @param address   that ends with such a path, a query aside
-- @param change    function(name, value as it is written there) that returns what is to stand there
--   instead; or nil: the value stays
-- @return the address
function secret_names.in_path(template, address, change)
  if not (template and template:find("{", 1, true)) then return address end
  local path, rest = address:match "^([^?#]*)(.*)$"
  local pattern = template:gsub("[^%w{}]", "%%%0"):gsub("{.-}", "([^/]+)") .. "$"
  local found = { path:find(pattern) } -- first, last, values
  if not found[1] then return address end
  local at = 2
  local changed = template:gsub("{(.-)}", function(name)
    at = at + 1
    return (change(name, found[at]) or found[at])
  end)
  return path:sub(1, found[1] - 1) .. changed .. rest
end

return secret_names
