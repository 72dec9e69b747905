--- Operations without a resource, whose methods of clients take arguments of their own: Convex's,
-- as lua/convoke/vendors/convex.lua has them.

local own_methods = {}

local name_and_args = { "path", "args" }

-- Which parameters the arguments are, in their order.
local arguments = { mutation = name_and_args, query = name_and_args, action = name_and_args,
  call_function = name_and_args, run = name_and_args, query_ts = {},
  query_at_ts = { "path", "args", "ts" }, query_batch = { "queries" } }

--- The names of the parameters that the method's arguments are; nil where it takes what other
-- methods do.
function own_methods.arguments(operation)
  return not operation.resource and arguments[operation.verb] or nil
end

--- The parameters of a call.
-- @param values  the arguments, in order
-- @return table, and the options that came after them
function own_methods.to_params(operation, values)
  local params, names = {}, arguments[operation.verb]
  for i, name in ipairs(names) do params[name] = values[i] end
  if operation.verb == "run" then
    local module, own_name = params.path:match "^(.*):([^:]*)$"
    params = { module = module or params.path, ["function"] = own_name or "default",
      args = params.args }
  end
  return params, values[#names + 1]
end

--- The arguments of a call, in order.
function own_methods.from_params(operation, params)
  local values = {}
  for i, name in ipairs(arguments[operation.verb]) do values[i] = params[name] end
  if operation.verb == "run" then
    local name = ("%s:%s"):format(params.module or "module", params["function"] or "default")
    values = { name, params.args }
  end
  return values
end

return own_methods
