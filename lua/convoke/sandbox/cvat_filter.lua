--- Choosing and ordering CVAT's invitations: the list's queries `filter` (JSON Logic), `owner`,
-- `search` and `sort`.

local django = require "convoke.sandbox.django"
local json = require "convoke.sandbox.json"

local filter = {}

local function bad(text)
  django.refuse(400, json.array { "filter: " .. text })
end

local readers = {
  owner = function(invitation) return invitation.owner.username end,
  user_id = function(invitation) return invitation.membership.user.id end,
  accepted = function(invitation) return invitation.membership.is_active end,
}

local evaluate

-- JSON Logic gives a bare argument where the list has one element.
local function arguments(value)
  return json.is_array(value) and value or { value }
end

local operators = {}

operators["var"] = function(args)
  local reader = readers[args[1]]
  if not reader then bad(("%s is not supported"):format(tostring(args[1]))) end
  return reader
end

operators["=="] = function(args)
  local left, right = evaluate(args[1]), evaluate(args[2])
  return function(invitation) return left(invitation) == right(invitation) end
end

operators["!"] = function(args)
  local inner = evaluate(args[1])
  return function(invitation) return not inner(invitation) end
end

operators["and"] = function(args)
  local parts = {}
  for i, one in ipairs(args) do parts[i] = evaluate(one) end
  return function(invitation)
    for _, part in ipairs(parts) do
      if not part(invitation) then return false end
    end
    return true
  end
end

operators["or"] = function(args)
  local parts = {}
  for i, one in ipairs(args) do parts[i] = evaluate(one) end
  return function(invitation)
    for _, part in ipairs(parts) do
      if part(invitation) then return true end
    end
    return false
  end
end

-- Turns a rule into a function of an invitation.
function evaluate(rule)
  if not json.is_object(rule) then
    return function() return rule end
  end
  local name, args = next(rule)
  if not operators[name] or next(rule, name) ~= nil then
    bad(("%s operation isn't supported"):format(tostring(name)))
  end
  return operators[name](arguments(args))
end

-- The test a `filter` query asks for.
local function rule_test(text)
  if not text or text == "" then return function() return true end end
  local rule = json.decode(text)
  if not json.is_object(rule) then bad("Json syntax should be used") end
  return evaluate(rule)
end

local sorters = {
  owner = function(invitation) return invitation.owner.username end,
  created_date = function(invitation) return invitation.created end,
}

local function sort(list, order)
  local sign, field = order:match("^(%-?)(.*)$")
  local key = sorters[field]
  if not key then
    sign, key = "-", sorters.created_date
  end
  table.sort(list, function(a, b)
    if sign == "-" then a, b = b, a end
    if key(a) ~= key(b) then return key(a) < key(b) end
    return a.position < b.position
  end)
end

--- Applies the list's queries.
-- @param invitations array
-- @return array, chosen and ordered
function filter.apply(invitations, query)
  local test, search = rule_test(query:get("filter")), (query:get("search") or ""):lower()
  local owner = query:get("owner")
  local out = {}
  for _, invitation in ipairs(invitations) do
    local name = invitation.owner.username
    if test(invitation) and name:lower():find(search, 1, true) and (not owner or owner == name) then
      out[#out + 1] = invitation
    end
  end
  sort(out, query:get("sort") or "-created_date")
  return out
end

return filter
