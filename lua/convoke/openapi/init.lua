--- Clients of any API that has an OpenAPI document, 3.0 or 3.1.

local cache = require "convoke.openapi.cache"
local client = require "convoke.client"
local core = require "convoke.core"
local misuse = require "convoke.misuse"
local names = require "convoke.openapi.names"
local operations = require "convoke.openapi.operations"
local rates = require "convoke.call.rates"
local security = require "convoke.openapi.security"
local source = require "convoke.openapi.source"
local types = require "convoke.openapi.types"
local vendor = require "convoke.openapi.vendor"

local openapi = {}

local unpack = table.unpack or unpack

local request_id_headers = { "X-Request-Id", "Request-Id", "X-GitHub-Request-Id",
  "X-Correlation-Id", "X-Trace-Id", "CF-Ray" }

local function is_table(value) return type(value) == "table" end

-- Options ------------------------------------------------

local known_options = { name = { "string" }, server = { "number", "table", "string" },
  only = { "table" }, resources = { "table", "function" }, limits = { "table" },
  paging = { "table" }, cache = { "string" } }
local forms = { server = "a number, a table or an address" }

local function check_options(options)
  for name, value in pairs(options) do
    local kinds = known_options[name]
    if not kinds then
      local sorted = {}
      for known in pairs(known_options) do sorted[#sorted + 1] = known end
      table.sort(sorted)
      local near = type(name) == "string" and core.nearest(name, sorted)
      misuse.raise(("convoke.openapi: unknown option %s; %s"):format(tostring(name),
        near and "did you mean " .. near .. "?" or "known are: " .. table.concat(sorted, ", ")))
    end
    local fits = false
    for _, kind in ipairs(kinds) do fits = fits or type(value) == kind end
    if not fits then
      misuse.raise(("convoke.openapi: option %s must be %s"):format(name,
        forms[name] or "a " .. table.concat(kinds, " or a ")))
    end
  end
end

-- What the document is ------------------------------------------------

-- Raises for what is no document that is read here.
local function check_version(src)
  local root = src.root
  if root:kind(0) ~= "object" then types.refuse "#: it is no OpenAPI document: no object" end
  local version, swagger = src:at "#/openapi", src:at "#/swagger"
  if swagger ~= nil then
    types.refuse(("#/swagger: it is of version %s; convert it to OpenAPI 3, for example by "
      .. "`npx swagger2openapi in.json -o out.json`"):format(tostring(swagger)))
  elseif version ~= nil and type(version) ~= "string" then
    types.refuse "#/openapi: the version is no text"
  elseif version == nil then
    types.refuse "#/openapi: it is no OpenAPI document: the version is missing"
  elseif not version:find "^3%.[01]%f[%D]" then
    types.refuse(("#/openapi: version %s is not read, but 3.0 and 3.1"):format(version))
  end
  local paths = root:find "/paths"
  if paths and root:kind(paths) ~= "object" then types.refuse "#/paths: it is no object" end
  if not paths and version:find "^3%.0" then types.refuse "#/paths: it is missing" end
end

local function check_references(root)
  local bad = root:references()
  if bad[1] then
    local row = bad[1]
    types.refuse(("#%s: %s %s%s"):format(row.pointer, row.ref, row.fault,
      #bad > 1 and (" (and %d more)"):format(#bad - 1) or ""))
  end
end

-- Servers ------------------------------------------------

-- Whether an address has a scheme.
local function is_whole(url) return url:find "^%a[%w+.-]*://" ~= nil end

local most_url = 4096 -- bytes of an address, and of what is filled in

-- The address of a server, with its variables filled in; nil where it has none.
local function url_of(server, given, base)
  if not is_table(server) or type(server.url) ~= "string" or #server.url > most_url then
    return nil
  end
  local variables = is_table(server.variables) and server.variables or {}
  local url = server.url:gsub("{([^}]*)}", function(name)
    local value = given[name]
    if value == nil and is_table(variables[name]) then value = variables[name].default end
    value = value ~= nil and tostring(value) or nil
    return value and #value <= most_url and value or "{" .. name .. "}"
  end)
  if not is_whole(url) then
    if not base then return nil end
    url = url:sub(1, 1) == "/" and base:match "^(%a[%w+.-]*://[^/]*)" .. url or base .. "/" .. url
  end
  url = url:gsub("/+$", "")
  return core.address(url) == nil and url or nil
end

-- Raises for values of a server's variables that it does not have.
local function check_variables(server, given)
  local variables = is_table(server) and is_table(server.variables) and server.variables or {}
  for name, value in pairs(given) do
    local variable = variables[name]
    if type(name) == "string" and not variable then
      local known = {}
      for each in pairs(variables) do known[#known + 1] = each end
      local near = core.nearest(name, known) -- another may be of an operation's own server
      if near then
        misuse.raise(("convoke.openapi: option server: the server has no variable %s; did you mean "
          .. "%s?"):format(name, near))
      end
    elseif is_table(variable) and is_table(variable.enum) then
      local words, fits = {}, false
      for i, word in ipairs(variable.enum) do
        words[i] = tostring(word)
        fits = fits or words[i] == tostring(value)
      end
      if not fits then
        misuse.raise(("convoke.openapi: option server: %s must be one of: %s"):format(name,
          table.concat(words, ", ")))
      end
    end
  end
end

-- The address that clients reach where none is given, and the variables of servers that the user
-- sets.
local function choose_server(src, wanted)
  local servers, given = src:at "#/servers", {}
  if is_table(wanted) then given = wanted end
  local position = type(wanted) == "number" and wanted or is_table(wanted) and wanted[1] or 1
  if type(wanted) == "string" then return wanted:gsub("/+$", ""), given end
  local server = is_table(servers) and servers[position]
  if wanted ~= nil and type(wanted) ~= "table" and not server then
    misuse.raise("convoke.openapi: option server: the document has no server " .. tostring(wanted))
  end
  check_variables(server, given)
  return url_of(server, given), given
end

-- What the option `only` names: ids and tags, as a set. Raises for one that no operation has.
local function wanted_of(only, rows)
  if not only then return nil end
  local known, wanted = {}, {}
  for _, row in ipairs(rows) do
    if row.own_id then known[row.own_id] = true end
    for _, tag in ipairs(is_table(row.tags) and row.tags or {}) do
      if type(tag) == "string" then known[tag] = true end
    end
  end
  for _, name in ipairs(only) do
    if not known[name] then
      misuse.raise(("convoke.openapi: option only: no operation has the tag or id %s%s"):format(
        tostring(name), misuse.suggestion(name, known)))
    end
    wanted[name] = true
  end
  return wanted
end

-- Loading ------------------------------------------------

-- The sets of schemes that operations ask for: key -> number, and the alternatives by number: first
-- what all ask for, then what many do.
local function read_securities(src, rows, schemes, auth_count)
  local counts, found, keys, all = {}, {}, {}, {}
  local function add(alternatives, count)
    if not is_table(alternatives) or #alternatives == 0 then return end
    local key = security.key(alternatives)
    if not counts[key] then found[#found + 1] = { key = key, alternatives = alternatives } end
    counts[key] = (counts[key] or 0) + count
  end
  local default = src:at "#/security"
  if not next(schemes) then default = { { token = {} }, {} } end
  add(default, #rows + 1)
  for _, row in ipairs(rows) do add(row.security, 1) end
  table.sort(found, function(one, other)
    if counts[one.key] ~= counts[other.key] then return counts[one.key] > counts[other.key] end
    return one.key < other.key
  end)
  for i, each in ipairs(found) do keys[each.key], all[i] = auth_count + i, each.alternatives end
  return keys, all, default
end

local function read_schemes(src)
  local schemes = {}
  local value = src:at "#/components/securitySchemes"
  for name, scheme in pairs(is_table(value) and value or {}) do
    local found, why = src:follow(scheme, "#/components/securitySchemes/" .. types.token(name))
    if not found then types.refuse(why) end
    if is_table(found) then schemes[name] = found end
  end
  return schemes
end

-- The name of the API: told, or that of the file, or its title.
local function name_of(options, src, title)
  if options.name then return names.snake(options.name) end
  local file = src.name and src.name:match "([^/]+)$"
  if file then return names.snake((file:gsub("%.[%a]+$", ""))) end
  return names.snake(title or "api")
end

-- Opens a document and lists its operations, by the cache where there is one of it.
local function open(given, options, note)
  local place = options.cache and cache.place(options.cache, given)
  local src, rows, notes
  if place then src, rows, notes = cache.open(place, given) end
  if src then
    for _, row in ipairs(notes) do note(row[1], row[2], row[3]) end
    return src, rows
  end
  local why
  src, why = source.open(given)
  if not src then types.refuse(why) end
  check_version(src)
  check_references(src.root)
  notes = {}
  rows = operations.rows(src, function(...)
    notes[#notes + 1] = { ... }
    note(...)
  end)
  return src, rows, place and function()
    cache.write(place, src, rows, not (options.only or options.resources), notes)
  end
end

local function load(given, options)
  local unsupported = {}
  local function note(place, what, consequence)
    unsupported[#unsupported + 1] = { place = place, what = what, consequence = consequence }
  end
  local src, rows, keep = open(given, options, note)
  local title = src:at "#/info/title"
  local name = name_of(options, src, title)
  local schemes = read_schemes(src)
  local auths = security.read(schemes, name:upper(), note)
  local url, variables = choose_server(src, options.server)
  local keys, securities, default_security = read_securities(src, rows, schemes, #auths)
  local api = {
    name = name, title = type(title) == "string" and title or name, url = url,
    url_environment = name:upper() .. "_URL", accept = "application/json", anonymous = true,
    request_id_headers = request_id_headers, auths = auths, securities = securities,
  }
  local list, compiler, doubles = operations.list {
    source = src, rows = rows, name = name, is_old = src:at "#/openapi":find "^3%.0" ~= nil,
    only = wanted_of(options.only, rows),
    rules = options.resources, note = note, paging = options.paging,
    securities = keys, default_security = default_security,
    server_of = function(row, operation)
      local servers = operation.servers
      if servers == nil and src:has(row.item .. "/servers") then
        servers = src:at(row.item .. "/servers")
      end
      return is_table(servers) and url_of(servers[1], variables, url) or nil
    end,
  }
  api.operations, api.doubles = list, doubles
  api.handle = core.document(2 * #list, api) -- and variants with other bodies
  api.compiler = compiler
  compiler.document = api.handle
  if keep then keep() end
  return api, compiler, unsupported
end

-- Gives the operations the limits that the option names, in the form of the option `rate`.
local function set_limits(api, given)
  local shared, own = rates.read(api, given)
  if not shared then misuse.raise("convoke.openapi: option limits " .. own) end
  for _, operation in ipairs(api.operations) do
    operation.limits = { unpack(own[operation.name] or {}) }
    for _, limit in ipairs(shared) do
      table.insert(operation.limits, { limit[1], per = limit.per, shared = true })
    end
  end
end

-- The constructor ------------------------------------------------

local apis = setmetatable({}, { __mode = "k" }) -- constructor -> API

--- The API whose clients a constructor makes, of the shape of convoke.catalogue.api(); or nil.
function openapi.api_of(construct) return apis[construct] end

local most_broken = 100 -- operations; a document that means harm may make each take long

-- What is not supported, place by place. Which parts of a document that are is known once all
-- operations have been looked at.
local function look_at_all(api, unsupported)
  local broken = 0
  for _, operation in ipairs(api.operations) do
    local fine, why = pcall(function() return operation.params end)
    broken = broken + (fine and 0 or 1)
    if broken > most_broken then
      unsupported[#unsupported + 1] = { place = "#/paths", what = "too many broken operations",
        consequence = "the rest is not looked at" }
      break
    elseif not fine then
      unsupported[#unsupported + 1] = { what = tostring(why):gsub("^[%w_]+: ", ""),
        place = "#/paths/" .. types.token(operation.path) .. "/" .. operation.method:lower(),
        consequence = "the operation cannot be called" }
    end
  end
  table.sort(unsupported, function(one, other)
    if one.place ~= other.place then return one.place < other.place end
    return one.what < other.what
  end)
  return unsupported
end

--- Reads an OpenAPI document and makes a constructor of clients of it, as convoke.clerk is one.
-- @param given    a file's name, JSON or YAML text, or a decoded table
-- @param options  table or nil: name, server (number or variables), only (array of tags and
--   operation ids), resources, paging, limits (what the option `rate` of clients means by
--   "documented", in the form of that option), cache (a folder for what was read, so that it is
--   read faster the next time)
-- @return a function-like table: call it with the options of a client; its fields are `operations`,
--   as convoke.operations is, `unsupported`, an array of { place =, what =, consequence = }, and
--   `title`. Raises for a document that is none, or has something wrong with it, and says where by
--   a JSON pointer.
function openapi.load(given, options)
  options = options or {}
  if type(given) ~= "string" and not is_table(given) then
    misuse.raise "convoke.openapi: the document must be a file's name, a text or a table"
  end
  if not is_table(options) then misuse.raise "convoke.openapi: options must be a table" end
  check_options(options)
  local fine, api, compiler, unsupported = pcall(load, given, options)
  if fine and options.limits then set_limits(api, options.limits) end
  if fine and options.paging then
    local wrong = require("convoke.openapi.paging").fault(options.paging, api.operations)
    if wrong then misuse.raise("convoke.openapi: option paging: " .. wrong) end
  end
  if not fine then
    local why = api
    if is_table(why) and why.document then
      misuse.raise("convoke.openapi: " .. why.document)
    end
    error(why, 0)
  end
  local habits = vendor.new()
  local construct = client.constructor_of(api, habits)
  compiler.methods.__index = client.previews_of(api, habits)
  local made = { operations = api.operations, title = api.title, name = api.name }
  --- The same operation with another media type for its body; or nil and what is wrong with that.
  function made.variant(operation, media) return api.compiler:variant(operation, media) end
  apis[made] = api
  api.construct = construct
  return setmetatable(made, {
    __call = function(_, ...) return construct(...) end,
    __index = function(self, name)
      if name ~= "unsupported" then return nil end
      self.unsupported = look_at_all(api, unsupported)
      return self.unsupported
    end,
    __tostring = function() return "convoke.openapi: " .. api.title end,
  })
end

return openapi
