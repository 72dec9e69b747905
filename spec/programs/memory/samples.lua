--- Parameters and answers of every operation, made from the catalogue.

local cjson = require "cjson"

local samples = {}

local texts = { email = "ada@example.com", uuid = "0b9c6d7e-1111-2222-3333-444455556666" }

local sample -- below

local function object(fields)
  local value = {}
  for _, field in ipairs(fields) do value[field.name] = sample(field) end
  return value
end

-- A value of a schema.
function sample(schema)
  local kind = schema.type
  if schema.enum then return schema.enum[1] end
  if kind == "string" then
    local text = texts[schema.format] or "text of " .. (schema.name or "a field")
    return text .. ("x"):rep((schema.min_length or 0) - #text)
  end
  if kind == "integer" then return schema.minimum or 7 end
  if kind == "number" then return 1.5 end
  if kind == "boolean" then return true end
  if kind == "array" or kind == "either" then
    return { sample(schema.items or { type = "any" }) }
  end
  if kind == "null" then return cjson.null end
  if schema.fields then return object(schema.fields) end
  return { one = 1, two = { deep = "er", list = { 1, 2.5, "three", true } } }
end

--- Parameters of an operation: all of them that may stand together.
function samples.params(operation)
  local params, excluded = {}, {}
  for _, pair in ipairs(operation.exclusions or {}) do excluded[pair.other] = true end
  for _, param in ipairs(operation.params) do
    if not excluded[param.name] then params[param.name] = sample(param) end
  end
  return params
end

--- The text of an answer.
local function http(status, body, headers)
  return ("HTTP/1.1 %d Words\r\nContent-Type: application/json\r\nX-Request-Id: req_1\r\n"
    .. "%sContent-Length: %d\r\n\r\n%s"):format(status, headers or "", #body, body)
end

--- An answer that the operation promises.
function samples.answer(operation)
  if operation.envelope then
    return http(200, cjson.encode { status = "success", logLines = { "one", "two" },
      value = sample(operation.answer) })
  end
  if operation.answer.type == "null" then
    return "HTTP/1.1 204 Gone\r\nX-Request-Id: req_1\r\n\r\n"
  end
  return http(200, cjson.encode(sample(operation.answer)))
end

local refusals = {
  clerk = [[{"errors":[{"code":"duplicate_record","message":"no","long_message":"No, indeed",
    "meta":{"param_name":"email_address"}}],"clerk_trace_id":"trace_1"}]],
  convex = [[{"status":"error","errorMessage":"[Request ID: 1f] Server Error\nUncaught ConvexError:
    {\"code\":\"X\"}","errorData":{"code":"FORBIDDEN","message":"no"},"logLines":["one"]}]],
  cvat = [[{"email":["Enter a valid address."],"more":{"deep":["No."]}}]],
  edgegap = [[{"message":"no","errors":{"app_name":"unknown"}}]],
  gencove = [[{"detail":"no","code":"not_good"}]],
}

--- A refusal as the API words it.
function samples.refusal(api)
  return http(api == "convex" and 200 or 400, refusals[api])
end

--- An answer that asks to be asked again at once.
function samples.again()
  return http(429, "{}", "Retry-After: 0\r\n")
end

samples.http = http

return samples
