--- The catalogue in Lua tables, an API at a time, made when somebody asks for it: most programs use
-- one API only.

local core = require "convoke.core"

local catalogue = {}

local apis, operations = {}, nil

--- The names of all APIs, sorted.
catalogue.names = core.api_names()

--- One API, always the same table; its fields are described in csrc/lua/catalogue.h.
-- @param name  such as "clerk"
function catalogue.api(name)
  apis[name] = apis[name] or core.api(name)
  return apis[name]
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

return catalogue
