--- Examples of operations, made from the catalogue: Lua that runs as it is where a client bears its
-- API's name, as in the REPL. Against a fresh sandbox most of them succeed, too.

local catalogue = require "convoke.catalogue"
local words = require "convoke.help.words"

local example = {}

-- What to write ------------------------------------------------

-- Values that look like what they are for; the sandbox knows those that must be there already. By
-- the parameter's name, after its API's or operation's where that makes a difference.
local texts = {
  email = "ada@example.com", email_address = "ada@example.com", ip = "192.0.2.1",
  user_ip = "192.0.2.2", ip_address = "192.0.2.1", app_name = "game", application = "game",
  version = "v1", name = "blue", tag_name = "blue", key = "the-key", applies_to = "organization",
  password = "a long password", url = "https://example.com/hook", code = "sandbox-user-code",
  path = "testing:read", questionId = "j57sandboxquestion00000000000000", language = "lua",
  content = "return {}", functionName = "twoSum", agentThreadId = "thread-1",
  assistantId = "assistant-1", output = "", token = "sandbox-invitation-token", slug = "team",
  stop_key = "the-key", user_type = "ip_address", refresh_token = "the-refresh-token",
  expired_token = "the-expired-token", values = "the-id", value = "the-id",
  inputParameters = "nums", inputParameter = "nums",
  template_name = "sandbox", field = "session_id", continent = "Europe",
  ["clerk.organization_id"] = "org_sandbox", ["clerk.user_id"] = "user_sandbox",
  ["clerk.role"] = "org:member", ["gencove.role"] = "member",
  ["clerk.request_origin"] = "https://example.com",
  ["cvat.email"] = "greta@example.com", ["cvat.password"] = "sandbox-password",
  ["cvat.username"] = "olivia",
  ["gencove.jwt.create.email"] = "ann@example.com",
  ["gencove.jwt.create.password"] = "sandbox-password",
}

local formats = { uuid = "0b9c6d7e-1111-2222-3333-444455556666", email = "ada@example.com",
  uri = "https://example.com/" }

-- Parameters that are worth a place in an example although they are not required.
local optional = {
  ["clerk.invitations.create"] = { "public_metadata" }, ["clerk.sessions.list"] = { "user_id" },
  ["clerk.invitations.list"] = { "status" }, ["cvat.invitations.update"] = { "role" },
  ["cvat.auth.login"] = { "username" },
  ["edgegap.sessions.create"] = { "ip_list" }, ["gencove.invitations.list"] = { "status" },
}

local objects = { public_metadata = '{ team = "red" }',
  user_data = '{ ip_address = "192.0.2.1" }' }

local function quote(text) return ("%q"):format(text) end

local function singular_of(name)
  return name:find "ies$" and name:gsub("ies$", "y") or name:gsub("s$", "")
end

local value_of -- below

local function is_name(text) return text:find "^[%a_][%w_]*$" ~= nil end

local function pair(name, value)
  return (is_name(name) and name or "[" .. quote(name) .. "]") .. " = " .. value
end

local function object(fields, operation)
  local pairs_of = {}
  for _, field in ipairs(fields) do
    if field.required then
      pairs_of[#pairs_of + 1] = pair(field.name, value_of(field, field.name, operation))
    end
  end
  return #pairs_of == 0 and "{}" or "{ " .. table.concat(pairs_of, ", ") .. " }"
end

local function array(schema, name, operation)
  local items, values = schema.items or { type = "any" }, {}
  local singular = singular_of(name:gsub("_list$", ""))
  for i = 1, math.max(1, schema.min_length or 0) do
    values[i] = value_of(items, singular, operation)
  end
  return "{ " .. table.concat(values, ", ") .. " }"
end

-- A value of a schema, written in Lua.
function value_of(schema, name, operation)
  if schema.enum then return quote(schema.enum[1]) end
  local kind = schema.type
  if kind == "string" then
    local text = texts[operation.name .. "." .. name] or texts[operation.api .. "." .. name]
      or texts[name] or name:find "url" and texts.url or formats[schema.format]
      or name:gsub("([%u])", "-%1"):lower():gsub("_", "-")
    return quote(text)
  end
  if kind == "integer" then return tostring(schema.minimum or 1) end
  if kind == "number" then return "1.5" end
  if kind == "boolean" then return "true" end
  if kind == "array" then return array(schema, name, operation) end
  if objects[name] then return objects[name] end
  if schema.fields then return object(schema.fields, operation) end
  return kind == "any" and quote "anything" or "{}"
end

-- What must be there first ------------------------------------------------

-- What makes the thing that a parameter names: an operation, and the field of its answer that is
-- the value ("": the answer itself). By the names of the API and the parameter; others are made
-- by the `create` of their resource.
local makers = {
  ["convex.sessionId"] = { "convex.sessions.create", "" },
  ["edgegap.deployment_id"] = { "edgegap.deployments.create", "request_id" },
  ["edgegap.authorization_token"] = { "edgegap.relay_sessions.authorize_user",
    "session_user.authorization_token" },
  ["gencove.jwt.verify.token"] = { "gencove.jwt.create", "access" },
  ["gencove.refresh"] = { "gencove.jwt.create", "refresh" },
  ["edgegap.tag_name"] = { "edgegap.deployment_tags.create", "name" },
  ["clerk.organization_id"] = false, ["clerk.user_id"] = false, ["gencove.token"] = false,
  ["clerk.template_name"] = false, ["edgegap.stop_key"] = false, ["gencove.applies_to"] = false,
}

local function field_of(answer, name)
  for _, wanted in ipairs { name, "id", "key", "token", "request_id" } do
    for _, field in ipairs(answer.fields or {}) do
      if field.name == wanted then return wanted end
    end
  end
end

-- The operation that makes what a parameter of another one names, and the field that tells it.
local function maker_of(operation, param)
  local known = makers[operation.name .. "." .. param.name]
  if known == nil then known = makers[operation.api .. "." .. param.name] end
  if known == false then return nil end
  if known then return catalogue.find(known[1]), known[2] end
  local names_a_thing = param.where == "path" or param.name:find "_id$"
  if not names_a_thing or operation.verb == "create" or not operation.resource then return nil end
  local create = catalogue.find(("%s.%s.create"):format(operation.api, operation.resource))
  local field = create and field_of(create.answer, param.name)
  if field then return create, field end
end

-- Putting it together ------------------------------------------------

local function wanted_names(operation)
  local wanted = {}
  for _, name in ipairs(optional[operation.name] or {}) do wanted[name] = true end
  return wanted
end

-- The values of an operation's parameters, and the calls that must come before.
local function values_of(operation, steps, made)
  local values, wanted = {}, wanted_names(operation)
  for _, param in ipairs(operation.params) do
    if param.required or wanted[param.name] then
      local maker, field = maker_of(operation, param)
      local value
      if maker and maker ~= operation then
        local name = made[maker]
        if not name then
          local call = example.call(maker, steps, made)
          name = maker.verb:match "^create" and singular_of(maker.resource:match "[^_]*$")
            or "answer"
          made[maker] = name
          steps[#steps + 1] = ("%s = assert(%s)"):format(name, call)
        end
        value = field == "" and name or name .. "." .. field
      else
        value = value_of(param, param.name, operation)
      end
      values[#values + 1] = { name = param.name, where = param.where, value = value }
    end
  end
  return values
end

--- The text of one call, such as `clerk.invitations:revoke(invitation.id)`.
-- @param steps  array to which the lines are added that must run before
-- @param made   operation -> name of the variable that holds what it made
function example.call(operation, steps, made)
  local spelling, path, fields = catalogue.spelling(operation), {}, {}
  local list
  for _, each in ipairs(values_of(operation, steps, made)) do
    if each.where == "path" then
      path[#path + 1] = each.value
    elseif operation.whole_body then
      list = each.value
    else
      fields[#fields + 1] = pair(each.name, each.value)
    end
  end
  if not operation.resource then -- its own method may take other arguments
    for i, value in ipairs(path) do
      table.insert(fields, i, pair(operation.path_params[i], value))
    end
    path, spelling = {}, ('%s:call("%s", %%s)'):format(operation.api, operation.id)
  end
  local params = list or #fields > 0 and "{ " .. table.concat(fields, ", ") .. " }" or nil
  if not operation.resource then return spelling:format(params or "{}") end
  if #path == 0 then return params and spelling .. " " .. params or spelling .. " {}" end
  path[#path + 1] = params
  return ("%s(%s)"):format(spelling, table.concat(path, ", "))
end

-- The parts of a table's text, at the commas that stand in no table within.
local function split(fields)
  local parts, depth, from = {}, 0, 1
  for at, c in fields:gmatch "()([{},])" do
    depth = depth + (c == "{" and 1 or c == "}" and -1 or 0)
    if c == "," and depth == 0 then
      parts[#parts + 1] = fields:sub(from, at - 1)
      from = at + 2
    end
  end
  parts[#parts + 1] = fields:sub(from)
  return parts
end

-- A line that is too long, with each field of its table in a line of its own.
local function fold(line, indent)
  local before, fields, after = line:match "^(.-{) (.*) (}%)*)$"
  if #line + #indent <= 78 or not before then return line end
  local inner = indent .. "  "
  local parts = split(fields)
  for i, part in ipairs(parts) do parts[i] = inner .. fold(part, inner) .. "," end
  return before .. "\n" .. table.concat(parts, "\n") .. "\n" .. indent .. after
end

--- An example of an operation.
-- @param operation  of convoke.operations
-- @return Lua text of one or more lines, of which the last one is the call
function example.of(operation)
  if words.examples[operation.name] then return words.examples[operation.name] end
  local steps = {}
  local call = example.call(operation, steps, {}) -- which adds the steps before it
  steps[#steps + 1] = call
  for i, step in ipairs(steps) do steps[i] = fold(step, "") end
  return table.concat(steps, "\n")
end

return example
