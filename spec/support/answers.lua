--- What each operation is asked for in specs, and what it may be answered: arguments that it
-- accepts and answers made from the catalogue's models, whole or with one thing wrong.

local cjson = require "cjson"
local core = require "convoke.core"

local answers = {}

--- Values that each operation accepts, by its Lua name.
answers.arguments = {
  ["clerk.invitations.create"] = { email_address = "a@example.com" },
  ["clerk.invitations.list"] = {},
  ["clerk.invitations.revoke"] = { invitation_id = "inv_1" },
  ["convex.admins.create_user_profile"] = { role = "user" },
  ["convex.editor_snapshots.create"] = { sessionId = "s",
    editor = { language = "lua", content = "", lastUpdated = 1, functionName = "f",
      inputParameters = {} },
    terminal = { output = "", isError = false } },
  ["convex.invite_codes.apply_invite_code"] = { code = "c" },
  ["convex.sessions.create"] = { questionId = "q", agentThreadId = "t", assistantId = "a",
    functionName = "f", inputParameters = {} },
  ["convex.sessions.start_session"] = { sessionId = "s" },
  ["convex.sessions.end_session"] = { sessionId = "s" },
  ["cvat.invitations.create"] = { role = "worker", email = "a@example.com" },
  ["cvat.invitations.get"] = { key = "k" },
  ["cvat.invitations.list"] = {},
  ["cvat.invitations.update"] = { key = "k" },
  ["cvat.invitations.delete"] = { key = "k" },
  ["edgegap.sessions.create"] = { app_name = "game" },
  ["edgegap.sessions.get"] = { session_id = "s" },
  ["edgegap.sessions.list"] = {},
  ["edgegap.sessions.delete"] = { session_id = "s" },
  ["edgegap.sessions.users"] = { session_id = "s" },
  ["edgegap.sessions.add_users"] = { session_id = "s", ip_list = { "192.0.2.1" } },
  ["edgegap.sessions.remove_users"] = { session_id = "s", ip_list = { "192.0.2.1" } },
  ["edgegap.sessions.bulk_stop"] = { filters = { { field = "session_id", values = { "s" },
    filter_type = "any" } } },
  ["gencove.invitations.create"] = { email = "a@example.com" },
  ["gencove.invitations.list"] = {},
  ["gencove.invitations.delete"] = { invitation_id = "i" },
  ["gencove.invitations.read_token"] = { token = "t" },
  ["gencove.invitations.accept"] = { token = "t" },
  ["clerk.sessions.create"] = { user_id = "u" },
  ["cvat.invitations.resend"] = { key = "k" },
  ["edgegap.deployments.get"] = { deployment_id = "d" },
  ["gencove.organization_users.list"] = {},
}

--- An answer to every operation that has a body.
answers.any = '{"status":"success","value":null,"id":"inv_1","role":"worker","results":[],'
  .. '"data":[],"session_id":"s","session_users":[],"processable":[]}'

-- Answers as trees --------------------------------------------------------------------------------

-- A node: { text = JSON } or { open =, close =, members }; a member has `node`, and in an object
-- `key`. `drops` says that a null in the node's place means that the member is absent.

local plain = { string = '"text"', boolean = "true", integer = "1732060800000", number = "-0.5",
  null = "null" }

local build

local function build_list(schema)
  return { open = "[", close = "]", { node = build(schema.items or { type = "string" }) } }
end

local function build_object(schema)
  local node = { open = "{", close = "}" }
  for i, field in ipairs(schema.fields) do
    node[i] = { key = field.name, node = build(field) }
    node[i].node.drops = true
  end
  return node
end

-- An object without a model: of its items by name, or of anything.
local function build_map(schema)
  local node = build(schema.items or { type = "string" })
  return { open = "{", close = "}", { key = "name", node = node } }
end

function build(schema)
  if schema.type == "array" then return build_list(schema) end
  if schema.type == "either" or schema.fields then return build_object(schema) end
  if schema.type == "object" or schema.type == "map" then return build_map(schema) end
  if schema.enum then return { text = cjson.encode(schema.enum[1]) } end
  return { text = assert(plain[schema.type], schema.type) }
end

-- The JSON of a tree; `replaced` is a node of it and `text` what stands in its place.
local function encode(node, replaced, text)
  if node == replaced then return text end
  if node.text then return node.text end
  local parts = {}
  for i, member in ipairs(node) do
    parts[i] = (member.key and cjson.encode(member.key) .. ":" or "")
      .. encode(member.node, replaced, text)
  end
  return node.open .. table.concat(parts, ",") .. node.close
end

-- The Lua value of a tree, in the same way.
local function value_of(node, replaced, text)
  local json = node == replaced and text or node.text
  if json then
    if json == "null" and node.drops then return nil end
    return core.read(json)
  end
  local value = {}
  for i, member in ipairs(node) do
    value[member.key or i] = value_of(member.node, replaced, text)
  end
  return value
end

local function walk(node, path, visit)
  visit(node, path)
  for i, member in ipairs(node) do walk(member.node, path .. "." .. (member.key or i), visit) end
end

-- All answers' trees of an operation: a list may be plain or a page of one.
local function trees(operation)
  local schema = operation.answer
  if schema.type == "null" and operation.api ~= "convex" then return {} end
  if schema.type == "either" then return { build_object(schema), build_list(schema) } end
  return { build(schema) }
end

-- Convex wraps what a function returns.
local function wrap(operation, text)
  if operation.api ~= "convex" then return text end
  return ('{"status":"success","value":%s,"logLines":[]}'):format(text)
end

--- The JSON of a whole answer and its value in Lua; nothing where the answer has no body.
function answers.whole(operation)
  local tree = trees(operation)[1]
  if tree then return wrap(operation, encode(tree)), value_of(tree) end
end

--- Calls f(where, text, JSON, value, at the top) for every answer with another JSON value at one
-- place.
-- @param others  array of JSON values
function answers.each_wrong(operation, others, f)
  for _, tree in ipairs(trees(operation)) do
    walk(tree, "", function(node, path)
      for _, other in ipairs(others) do
        f(path, other, wrap(operation, encode(tree, node, other)), value_of(tree, node, other),
          node == tree)
      end
    end)
  end
end

-- A tree of any value.
local function tree_of(value)
  if type(value) ~= "table" then return { text = cjson.encode(value) } end
  local list = #value > 0
  local node, keys = list and { open = "[", close = "]" } or { open = "{", close = "}" }, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys)
  for i, key in ipairs(keys) do
    node[i] = { key = not list and key or nil, node = tree_of(value[key]) }
  end
  return node
end

--- Calls f(where, text, JSON) for every text with another JSON value at one place of it.
function answers.each_wrong_in(text, others, f)
  local tree = tree_of(cjson.decode(text))
  walk(tree, "", function(node, path)
    for _, other in ipairs(others) do f(path, other, encode(tree, node, other)) end
  end)
end

-- Comparing ---------------------------------------------------------------------------------------

--- Whether two values are the same, tables by their members.
function answers.same(one, other)
  if type(one) ~= "table" or type(other) ~= "table" then return one == other end
  for key, value in pairs(one) do
    if not answers.same(value, other[key]) then return false end
  end
  for key in pairs(other) do
    if one[key] == nil then return false end
  end
  return true
end

return answers
