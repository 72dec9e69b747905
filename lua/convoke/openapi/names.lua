--- What operations of a document are called: `client.resource:verb`.
--
-- The resource is the first tag of an operation; where it has none, the first segment of its path
-- that is neither a version nor a value. The verb is the operation's id in snake case, without the
-- words of the resource; without an id it is made of the method and the path. Where several
-- operations of a resource would have the same verb, all of them keep the whole id, and where that
-- is the same, too, the method and path are added. So a name depends on no order, and
-- `client:call(id, ...)` reaches each of them.

local names = {}

-- What Lua or a client has a meaning for already.
local taken_verbs = { ["and"] = true, ["break"] = true, ["do"] = true, ["else"] = true,
  ["elseif"] = true, ["end"] = true, ["false"] = true, ["for"] = true, ["function"] = true,
  ["goto"] = true, ["if"] = true, ["in"] = true, ["local"] = true, ["nil"] = true, ["not"] = true,
  ["or"] = true, ["repeat"] = true, ["return"] = true, ["then"] = true, ["true"] = true,
  ["until"] = true, ["while"] = true }
local taken_resources = { call = true, request = true, each = true, all = true, close = true }
for word in pairs(taken_verbs) do taken_resources[word] = true end

--- The words of a name: "GetAccountByID" and "get-account-by-id" are get, account, by, id.
function names.words(text)
  local spaced = text:gsub("(%l)(%u)", "%1 %2"):gsub("(%u)(%u%l)", "%1 %2")
    :gsub("(%d)(%u)", "%1 %2")
  local words = {}
  for word in spaced:gmatch "[%w\128-\255]+" do
    words[#words + 1] = word:gsub("[\128-\255]+", "x"):lower()
  end
  return words
end

--- A name in snake case; "x" before one that would begin with a digit.
function names.snake(text)
  local joined = table.concat(names.words(text), "_")
  if joined == "" then return "x" end
  return joined:find "^%d" and "x" .. joined or joined
end

-- A word as it is compared: "accounts" is the same as "account".
local function stem(word)
  if #word > 4 and word:sub(-3) == "ies" then return word:sub(1, -4) .. "y" end
  if #word > 3 and word:sub(-1) == "s" and word:sub(-2) ~= "ss" then return word:sub(1, -2) end
  return word
end

-- Takes the words of the resource, in a row, out of those of an id, once.
local function without(words, resource)
  local taken = names.words(resource)
  local count = #taken
  for start = 1, #words - count + 1 do
    local same = true
    for i = 1, count do same = same and stem(words[start + i - 1]) == stem(taken[i]) end
    if same then
      local left = {}
      for i, word in ipairs(words) do
        if i < start or i >= start + count then left[#left + 1] = word end
      end
      return left
    end
  end
  return words
end

local function resource_of_path(path)
  for segment in path:gsub("[#?].*$", ""):gmatch "[^/]+" do
    if not segment:find "{" and not segment:find "^v%d[%d.]*$" and segment:find "%a" then
      return segment
    end
  end
  return "root"
end

-- "get_users_by_id" of GET /users/{id}.
local function id_of(method, path)
  local words = { method:lower() }
  for segment in path:gmatch "[^/]+" do
    for value in segment:gmatch "{([^}]*)}" do words[#words + 1] = "by " .. value end
    words[#words + 1] = segment:gsub("{[^}]*}", " ")
  end
  return names.snake(table.concat(words, " "))
end

local function verb_of(row, resource)
  if not row.given_id then return names.snake(row.id) end
  local left = without(names.words(row.given_id), resource)
  local verb = table.concat(left, "_")
  if verb == "" then verb = row.method:lower() end
  return verb:find "^%d" and "x" .. verb or verb
end

local function free_of(taken, name)
  return taken[name] and name .. "_" or name
end

-- The rule of the user for a row: a resource's name for a tag or path segment, or a function.
local function ruled(rules, row, key)
  if type(rules) == "function" then return rules(row) end
  return rules and rules[key]
end

--- Names the operations of a document.
-- @param rows   array of operations: method, path, tags, given_id (or nil); gets `id`, `resource`
--   and `verb`
-- @param rules  a table: tag or path segment -> name of the resource; or a function(row) that
--   returns a resource and a verb, either of which may be nil; or nil
function names.assign(rows, rules)
  for _, row in ipairs(rows) do
    row.id = row.given_id or id_of(row.method, row.path)
    local key = row.tags and type(row.tags[1]) == "string" and row.tags[1] or nil
    key = key or resource_of_path(row.path)
    local resource, verb = ruled(rules, row, key)
    row.resource = free_of(taken_resources, names.snake(resource or key))
    row.verb = verb and names.snake(verb) or verb_of(row, resource or key)
  end
  local function resolve(longer)
    local by_name = {}
    for _, row in ipairs(rows) do
      local name = row.resource .. "." .. row.verb
      by_name[name] = by_name[name] or {}
      table.insert(by_name[name], row)
    end
    for _, same in pairs(by_name) do
      for _, row in ipairs(#same > 1 and same or {}) do row.verb = longer(row) end
    end
  end
  resolve(function(row) return names.snake(row.id) end)
  resolve(function(row) return row.verb .. "_" .. id_of(row.method, row.path) end)
  local seen = {}
  for _, row in ipairs(rows) do -- two that differ in punctuation only
    row.verb = free_of(taken_verbs, row.verb)
    local verb, count = row.verb, 1
    while seen[row.resource .. "." .. row.verb] do
      count = count + 1
      row.verb = verb .. "_" .. count
    end
    seen[row.resource .. "." .. row.verb] = true
  end
end

return names
