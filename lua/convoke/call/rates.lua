--- Reading the option `rate`: how many calls a client may begin.

local core = require "convoke.core"

local rates = {}

local form = '{ count, per = seconds }, such by the names of operations, or "documented"'

local function is_whole_from_1(value)
  return type(value) == "number" and value >= 1 and value < 2 ^ 53 and value % 1 == 0
end

local function is_seconds(value)
  return type(value) == "number" and value > 0 and value < math.huge
end

local function is_limit(value)
  if type(value) ~= "table" or not is_whole_from_1(value[1]) or not is_seconds(value.per) then
    return false
  end
  for name in pairs(value) do
    if name ~= 1 and name ~= "per" then return false end
  end
  return true
end

-- How an operation may be named -> its full name; and the names that are for people.
local function names_of(api)
  local known, shown = {}, {}
  for _, operation in ipairs(api.operations) do
    local short = operation.name:sub(#api.name + 2)
    known[operation.name], known[operation.id], known[short] = operation.name, operation.name,
      operation.name
    shown[#shown + 1] = short
  end
  table.sort(shown)
  return known, shown
end

-- The limits that the contract names, see convoke.operations. Of those that depend on the kind of
-- credential the one for this one, or the lowest where one cannot tell.
local function documented(api, credential)
  local shared, own, chosen, lowest = {}, {}, nil, nil
  for _, operation in ipairs(api.operations) do
    for _, limit in ipairs(operation.limits) do
      if not limit.shared then
        own[operation.name] = own[operation.name] or {}
        table.insert(own[operation.name], limit)
      elseif not limit.credential then
        shared[limit[1] .. "/" .. limit.per] = limit
      else
        local prefix = limit.credential
        if type(credential) == "string" and credential:sub(1, #prefix) == prefix then
          chosen = limit
        end
        if not lowest or limit[1] / limit.per < lowest[1] / lowest.per then lowest = limit end
      end
    end
  end
  local all = { chosen or lowest }
  for _, limit in pairs(shared) do all[#all + 1] = limit end
  if not all[1] and not next(own) then return nil, "documented" end
  return all, own
end

--- What documented limits depend on of a credential: its beginning, or nil.
function rates.kind(api, credential)
  if type(credential) ~= "string" then return nil end
  for _, operation in ipairs(api.operations) do
    for _, limit in ipairs(operation.limits) do
      local prefix = limit.credential
      if prefix and credential:sub(1, #prefix) == prefix then return prefix end
    end
  end
end

--- Reads the option.
-- @param api         of the catalogue
-- @param rate        what was given
-- @param credential  of the client, or its kind: documented limits can depend on that
-- @return an array of limits that all calls share, and name of an operation -> array of limits of
--   its own, as pace.new() takes them; or nil and what is wrong
function rates.read(api, rate, credential)
  if rate == "documented" then
    local all, own = documented(api, credential)
    if all then return all, own end
    return nil, ("cannot be %q: no limits are documented for this API; give numbers"):format(rate)
  end
  if type(rate) ~= "table" or next(rate) == nil then return nil, "must be " .. form end
  local all, own = {}, {}
  if rate[1] ~= nil or rate.per ~= nil then
    all[1] = { rate[1], per = rate.per }
    if not is_limit(all[1]) then return nil, "must be " .. form end
  end
  local known, shown = names_of(api)
  for name, limit in pairs(rate) do
    if name ~= 1 and name ~= "per" then
      local full = known[name]
      if not full then
        local nearest = type(name) == "string" and core.nearest(name, shown)
        return nil, ("names no operation: %s; %s"):format(tostring(name), nearest
          and "did you mean " .. nearest .. "?" or "known are: " .. table.concat(shown, ", "))
      end
      if not is_limit(limit) then
        return nil, ("must have { count, per = seconds } for %s"):format(name)
      end
      if own[full] then return nil, ("names %s twice"):format(full) end
      own[full] = { { limit[1], per = limit.per } }
    end
  end
  return all, own
end

return rates
