--- Addresses of Redis and Valkey servers:
--   redis://[[user]:password@]host[:port][/database][?prefix=...], rediss:// the same with TLS,
--   redis+unix://[[user]:password@]/path[?database=...&prefix=...]
--
-- They hold a password, so no message quotes one.

local address = {}

local default_port = "6379"
local schemes = { ["redis"] = true, ["rediss"] = true, ["redis+unix"] = true }

-- Undoes percent escapes; nil where that leaves a zero byte, which no part of an address may have.
local function decode(text)
  if not text then return nil end
  local plain = text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end)
  if plain:find("%z") then return nil, true end
  return plain
end

-- Takes "user:password" apart.
local function read_login(text, found)
  if not text then return true end
  local user, password = text:match "^([^:]*):(.*)$"
  if not password or password == "" then
    return nil, "a login is user:password or :password, each percent-encoded"
  end
  local bad_user, bad_password
  found.user, bad_user = decode(user ~= "" and user or nil)
  found.password, bad_password = decode(password)
  if bad_user or bad_password then return nil, "a login has no zero bytes" end
  return true
end

local function read_place(text, found)
  local host, rest = text:match "^%[([%x:.%%]+)%](.*)$"
  if not host then host, rest = text:match "^([^%[%]:]*)(.*)$" end
  if not host or host == "" then return nil, "the host is missing" end
  local port = rest == "" and default_port or rest:match "^:(%d+)$"
  if not port or #port > 5 or tonumber(port) < 1 or tonumber(port) > 65535 then
    return nil, "a port is a number from 1 to 65535"
  end
  found.host, found.port = decode(host), port
  if not found.host then return nil, "a host has no zero bytes" end
  return true
end

local function read_database(text, found)
  if not text or text == "" then return true end
  if not text:find "^%d+$" or #text > 9 then return nil, "a database is a number" end
  found.database = text
  return true
end

local function read_query(text, found)
  for pair in (text or ""):gmatch "[^&]+" do
    local name, value = pair:match "^(%w+)=(.*)$"
    if name == "prefix" then
      found.prefix = decode(value)
      if not found.prefix then return nil, "a prefix has no zero bytes" end
    elseif name == "database" and found.scheme == "redis+unix" then
      local fine, why = read_database(value, found)
      if not fine then return nil, why end
    else
      return nil, "behind the ? may stand prefix=..."
        .. (found.scheme == "redis+unix" and " and database=..." or " only")
    end
  end
  return true
end

local function read_rest(rest, found)
  local front, query = rest:match "^([^?]*)%??(.*)$"
  local place, path = front:match "^([^/]*)(.*)$"
  local login, host = place:match "^(.*)@([^@]*)$"
  local fine, why = read_login(login, found)
  if not fine then return nil, why end
  if found.scheme == "redis+unix" then
    found.path = decode(path)
    if not found.path or #path < 2 or (host or place) ~= "" then
      return nil, "the path of a socket is missing"
    end
  else
    fine, why = read_place(host or place, found)
    if fine then fine, why = read_database(path:match "^/?(.*)$", found) end
    if not fine then return nil, why end
  end
  return read_query(query, found)
end

-- What may be shown of an address.
local function name_of(found)
  local database = found.database or "0"
  if found.path then return ("redis+unix://%s?database=%s"):format(found.path, database) end
  local host = found.host:find(":", 1, true) and "[" .. found.host .. "]" or found.host
  return ("%s://%s:%s/%s"):format(found.scheme, host, found.port, database)
end

--- Takes an address apart.
-- @return scheme, host and port or path, user, password, database and prefix where they are given,
--   all of them strings; name: the address without login and prefix; or nil and what is wrong
function address.read(text)
  local scheme, rest = text:match "^([%a+]+)://(.*)$"
  scheme = scheme and scheme:lower()
  if not schemes[scheme] then
    return nil, "an address of Redis begins with redis://, rediss:// or redis+unix://"
  end
  local found = { scheme = scheme }
  local fine, why = read_rest(rest, found)
  if not fine then return nil, "the address of Redis: " .. why end
  found.name = name_of(found)
  return found
end

return address
