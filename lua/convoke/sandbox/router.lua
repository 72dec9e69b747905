--- Route tables: `{ "POST", "/invitations/{id}/revoke", handler }`.

local web = require "convoke.sandbox.web"

local router = {}
router.__index = router

local function segments(path)
  local out = {}
  for segment in (path .. "/"):gmatch("(.-)/") do out[#out + 1] = segment end
  return out
end

--- A router over an array of routes.
-- A segment `{name}` takes one segment, `{name*}` as the last one takes all that is left.
-- @param routes array of { method, template, handler, ... }
function router.new(routes)
  local self = setmetatable({ routes = {} }, router)
  for i, route in ipairs(routes) do
    self.routes[i] = { method = route[1], parts = segments(route[2]), route = route }
  end
  return self
end

local function match(parts, given)
  local values = {}
  for i, part in ipairs(parts) do
    local name, star = part:match("^{([%w_]+)(%*?)}$")
    if star == "*" then
      values[name] = table.concat(given, "/", i)
      return given[i] and values
    elseif name then
      if not given[i] or given[i] == "" then return nil end
      values[name] = web.decode(given[i])
    elseif part ~= given[i] then
      return nil
    end
  end
  return #parts == #given and values or nil
end

--- Finds the route of a request.
-- @param method string; HEAD is looked up as GET
-- @param path string, still percent-encoded
-- @return route and values (table); or nil and the methods this path does have (array, empty when
--   the path is unknown)
function router:find(method, path)
  local given, allowed = segments(path), {}
  if method == "HEAD" then method = "GET" end
  for _, entry in ipairs(self.routes) do
    local values = match(entry.parts, given)
    if values then
      if entry.method == method then return entry.route, values end
      allowed[#allowed + 1] = entry.method
    end
  end
  return nil, allowed
end

return router
