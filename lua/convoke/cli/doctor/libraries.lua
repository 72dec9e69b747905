--- What `convoke doctor` says of programs and libraries.

local core = require "convoke.core"

-- Modules that are needed for a part only: name, what lacks without it, Debian's package.
local modules = {
  { "argparse", "Calls from the shell need it", "lua-argparse" },
  { "readline", "Without it the REPL has no completion and no history", "lua-readline" },
}
local loops = { "cqueues", "copas", "luv" }

-- Whether a module is there, its version (a text, or nil), and what is wrong with it where it is
-- there and of no use.
local function find(name)
  local done, module = pcall(require, name)
  if done then
    local version = type(module) == "table" and (module._VERSION or module.version)
    return true, type(version) == "string" and version or nil
  end
  local why = tostring(module)
  if why:find(("module '%s' not found"):format(name), 1, true) then return false end
  return false, nil, why:match "^[^\n]*"
end

local function lua_version()
  local jit = rawget(_G, "jit")
  return jit and jit.version or _VERSION
end

local function add_libcurl(add, versions)
  local about = versions.libcurl
  if not about then
    return add { name = "libcurl", state = "wrong", found = versions.libcurl_fault,
      advice = "Nothing can be called without it. Install it (Debian: apt install libcurl4)." }
  end
  local found = { about.version,
    about.http2 and ("HTTP/2 by nghttp2 " .. about.http2):gsub(" $", "") or "no HTTP/2",
    about.gzip and "gzip" or "no gzip", about.ipv6 and "IPv6" or "no IPv6",
    "names looked up by " .. about.resolver }
  local is_blocking = about.resolver == "blocking"
  if is_blocking then found[5] = "names looked up in a way that blocks" end
  add { name = "libcurl", state = is_blocking and "warning" or "ok",
    found = table.concat(found, ", "), advice = is_blocking and "All other calls stand still "
      .. "while a name is looked up. Use a libcurl with a threaded resolver or c-ares." or nil }
  add { name = "TLS", state = about.tls and "ok" or "wrong", found = about.tls or "none",
    advice = not about.tls and "No https address can be called. Use a libcurl with TLS." or nil }
end

--- Adds a row for each.
-- @param add       function(row)
-- @param versions  as core.versions() tells them
return function(add, versions)
  add { name = "convoke", state = "ok", found = require "convoke.version" }
  add { name = "Lua", state = "ok", found = lua_version() .. ", waits by " .. core.poller }
  add_libcurl(add, versions)
  add { name = "lua-cjson", state = "ok", found = tostring(require("cjson")._VERSION) }
  add { name = "SQLite", state = versions.sqlite and "ok" or "note",
    found = versions.sqlite or versions.sqlite_fault, advice = not versions.sqlite
      and "Jobs need it for journals in files (Debian: apt install libsqlite3-0)." or nil }
  add { name = "hiredis", state = versions.hiredis and "ok" or "note",
    found = versions.hiredis or versions.hiredis_fault, advice = not versions.hiredis
      and "Jobs need it for journals in Redis (Debian 12: apt install libhiredis0.14)." or nil }
  for _, module in ipairs(modules) do
    local there, version, fault = find(module[1])
    add { name = module[1], state = there and "ok" or fault and "warning" or "note",
      found = there and (version or "found") or fault or "not found", advice = not there
        and ("%s (Debian: apt install %s)."):format(module[2], module[3]) or nil }
  end
  local found = {}
  for _, name in ipairs(loops) do
    if find(name) then found[#found + 1] = name end
  end
  add { name = "event loops", state = found[1] and "ok" or "note",
    found = found[1] and table.concat(found, ", ") or "none found, which is fine: calls block, "
      .. "or yield in convoke's own tasks" }
end
