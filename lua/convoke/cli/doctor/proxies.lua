--- What `convoke doctor` says of the environment's proxies.

local text = require "convoke.cli.text"

local proxies = {}

-- In libcurl's order: of the two spellings of a name the first one counts.
local names = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" }
local others = { HTTPS_PROXY = "https_proxy", ALL_PROXY = "all_proxy" }

local function value_of(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

--- A proxy's address without the name and the password in it; nil: it cannot be read, and may be
-- a secret as a whole.
function proxies.shown(address)
  local scheme, rest = address:match "^(%a[%w+.-]*://)(.*)$"
  local user, host = (rest or address):match "^(.*@)(.*)$"
  host = host or rest or address
  local is_host = host:find "^[%w._-]+:?%d*/?$" or host:find "^%[[%x:.]+%]:?%d*/?$"
  if not is_host then return nil end
  return (scheme or "") .. (user and "[redacted]@" or "") .. host
end

--- Adds a row for each variable that is set.
-- @param add  function(row)
function proxies.add(add)
  local any = false
  local function tell(row)
    any = true
    add(row)
  end
  for _, name in ipairs(names) do
    local value = value_of(name)
    local before = others[name] and value_of(others[name])
    local shown = value and proxies.shown(value)
    if value and not shown then
      tell { name = name, state = "wrong", found = "set, but no address of a proxy (not shown)",
        advice = "It is written http://HOST:PORT, or http://NAME:PASSWORD@HOST:PORT." }
    elseif value then
      tell { name = name, state = before and "note" or "ok",
        found = shown .. (before and (", not used: %s comes first"):format(others[name]) or "") }
    end
  end
  if value_of "HTTP_PROXY" and not value_of "http_proxy" then
    tell { name = "HTTP_PROXY", state = "note", found = "set, and not read",
      advice = "libcurl reads http_proxy, in small letters, for addresses with http." }
  end
  for _, name in ipairs { "no_proxy", "NO_PROXY" } do
    local value = value_of(name)
    if value then tell { name = name, state = "ok", found = text.visible(value) } end
  end
  if not any then add { name = "environment", state = "ok", found = "names none" } end
end

return proxies
