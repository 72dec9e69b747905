--- The catalogue in Lua tables, an API at a time, made when somebody asks for it: most programs use
-- one API only.

local core = require "convoke.core"

local catalogue = {}

local apis, operations = {}, nil

-- What an operation can do; its facts are its own fields.
local Operation = {}
local operation_metatable = { __index = Operation, __name = "convoke.operation" }

function operation_metatable.__tostring(operation)
  return ("%s (%s %s)"):format(operation.name, operation.method, operation.path)
end

--- What a call would send; nothing is sent.
-- @param params  table of all its parameters, path values among them; or nil
-- @param with    a client of the API; or options of its constructor, where a credential may be
--   missing; nil: the environment's
-- @return table: method, url, headers (texts by name; secrets as "$CLERK_SECRET_KEY"), body (text
--   or nil); or nil and the error of the call. Raises for misuse, as a call does.
function Operation:dry(params, with)
  return require("convoke.client").dry(self, params, with)
end

--- The curl command that sends the same request; takes what dry() takes.
-- @return text of several lines; or nil, err
function Operation:curl(params, with)
  return require("convoke.client").curl(self, params, with)
end

--- The names of all APIs, sorted.
catalogue.names = core.api_names()

--- One API, always the same table; its fields are described in csrc/lua/catalogue.h.
-- @param name  such as "clerk"
function catalogue.api(name)
  local api = apis[name]
  if not api then
    api = core.api(name)
    for _, operation in ipairs(api.operations) do setmetatable(operation, operation_metatable) end
    apis[name] = api
  end
  return api
end

--- Whether a value is an operation, of convoke.operations or of a document.
function catalogue.is_operation(value)
  if type(value) ~= "table" then return false end
  if getmetatable(value) == operation_metatable then return true end
  for _, name in ipairs { "api", "id", "name", "method", "path" } do
    if type(rawget(value, name)) ~= "string" then return false end
  end
  return true
end

--- An API's operations by the vendor's names ("create_invitation"), by ours ("invitations.create")
-- and, of a document, by their places ("GET /users").
function catalogue.by_name(api)
  local known = {}
  for _, operation in ipairs(api.operations) do
    local place = operation.method .. " " .. operation.path
    if operation.is_of_document then known[place] = operation end
    known[operation.name:match "%.(.*)"] = operation
    known[operation.id] = operation
  end
  return known
end

--- An array of the operations of all APIs.
function catalogue.operations()
  if operations then return operations end
  local all = {}
  for _, name in ipairs(catalogue.names) do
    for _, operation in ipairs(catalogue.api(name).operations) do all[#all + 1] = operation end
  end
  operations = all
  return all
end

local by_full_name

--- The operation with our name ("clerk.invitations.create"), or nil.
function catalogue.find(name)
  if not by_full_name then
    by_full_name = {}
    for _, operation in ipairs(catalogue.operations()) do
      by_full_name[operation.name] = operation
    end
  end
  return by_full_name[name]
end

local of_functions = setmetatable({}, { __mode = "k" })

-- An API of a document holds its methods, and would be held for ever by what is known of them.
local weak = { __mode = "v" }

--- Remembers that a method of clients calls an operation, so that help(clerk.invitations.create)
-- can tell which one that is.
-- @param api    of the operation
-- @param walks  "each" or "all", where it walks its pages, or "wait"; or nil
function catalogue.note_method(method, operation, api, walks)
  of_functions[method] = setmetatable({ operation = operation, api = api, walks = walks }, weak)
end

--- The operation that a method calls, its API and, where it walks pages or waits, its own name; or
-- nil.
function catalogue.operation_of(method)
  local known = of_functions[method]
  if known then return known.operation, known.api, known.walks end
end

--- How an operation is called: "clerk.invitations:create", "convex:query".
function catalogue.spelling(operation, verb)
  local of = operation.resource and operation.api .. "." .. operation.resource or operation.api
  return of .. ":" .. (verb or operation.verb)
end

return catalogue
