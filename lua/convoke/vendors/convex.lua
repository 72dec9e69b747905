--- Convex: its error bodies, what stands around the values of its answers, calls by name.

local core = require "convoke.core"
local errors = require "convoke.errors"
local version = require "convoke.version"

-- Operations that may call an action. Those do things elsewhere, which nobody undoes; what a
-- mutation has done is undone when it fails.
local may_be_action = { action = true, ["function"] = true, run = true }

local convex = {
  creates = {},
  done = {},
  -- Codes of refusals that may come after the function has done something, by operation.
  executed_codes = {
    BadFormat = function() return true end,
    SystemTimeoutError = function(operation)
      return operation.free ~= nil or may_be_action[operation.id] == true
    end,
  },
  -- Codes of refusals that pass, whatever their status.
  passing_codes = { SystemTimeoutError = true },
  -- Goes with every request. The server refuses old versions of the clients that it knows, and a
  -- text without a dash; any other name is fine.
  headers = { ["Convex-Client"] = "convoke-" .. version },
}

local null, text_or_nil = core.null, errors.text_or_nil

local function is_table(value) return type(value) == "table" end

-- The text without white space at its end. ("%s+$" would look at a run from each of its places.)
local function without_end(text)
  return text:match "^.*%S" or ""
end

-- The text of a development deployment: the request's id, "Server Error", then what was thrown.
local function read_convex_text(text, facts)
  facts.request_id = text:match("^%[Request ID: ([^%]]+)%]")
  local rest = text:gsub("^%[Request ID: [^%]]+%]%s*", "")
  local thrown = rest:gsub("^Server Error%s*", ""):gsub("^Uncaught ", "")
  thrown = without_end(thrown:gsub("\n[^%S\n]+at .*$", ""))
  local class, message = thrown:match("^(%a*Error):%s*(.*)$")
  if class then
    if class ~= "Error" then facts.code = class end
    thrown = message
  end
  facts.message = text_or_nil(thrown) or text_or_nil(rest) or "Server Error"
  local field = thrown:match("required field [`\"']([^`\"']+)[`\"']")
    or thrown:match("extra field [`\"']([^`\"']+)[`\"']")
    or thrown:match("Path: %.([^%s]+)")
  if facts.code == "ArgumentValidationError" and field then
    facts.fields = { { field = field, message = thrown:match("^[^\n]*") } }
  end
  -- An application error that was returned, not thrown, comes as text with JSON in it.
  local json = thrown:match("^ConvexError%s+(%b{})")
  local value = json and core.read(json)
  if is_table(value) and is_table(value.data) then return value.data end
end

-- {"status":"error","errorMessage","errorData"} with 200 and 560, else {"code","message"}
function convex.read_error(data, facts)
  if data.errorMessage == nil and data.status ~= "error" then
    facts.code = text_or_nil(data.code)
    facts.message = text_or_nil(data.message)
    return
  end
  local hidden = read_convex_text(text_or_nil(data.errorMessage) or "", facts)
  local thrown = data.errorData
  facts.log_lines = is_table(data.logLines) and data.logLines or nil
  if thrown == nil then thrown = hidden end
  facts.data = thrown
  if is_table(thrown) then
    facts.code = text_or_nil(thrown.code) or text_or_nil(thrown.name) or facts.code
    facts.message = text_or_nil(thrown.message) or facts.message
  elseif type(thrown) == "string" then
    facts.message = text_or_nil(thrown) or facts.message
  end
end

-- Answers ------------------------------------------------

--- Whether an application has failed inside an answer that the protocol calls a success (560 is
-- that of older servers).
-- @param status  of HTTP
-- @param data    the decoded body, or nil
function convex.has_failed(status, data)
  return status == 560 or (is_table(data) and data.status == "error")
end

--- Takes the value out of what stands around it.
-- @param data  the decoded body: {"status": "success", "value": ..., "logLines": [...]}
-- @return the value, null where there is none, and its log lines or nil; or nothing where that is
--   no such body, and what is wrong with it
function convex.unwrap(data)
  if data.status ~= "success" then return nil, nil, "no status in it" end
  local value = data.value
  if value == nil then value = null end
  return value, is_table(data.logLines) and data.logLines or nil
end

--- Takes apart an answer with the results of several functions.
-- @param data    {"results": [{"status": "success", "value", "logLines"}, {"status": "error"}]}
-- @param refuse  function(result) that makes the error of one that has failed
-- @return an array with { value, log_lines } or { err } for each; or nil and what is wrong
function convex.unwrap_each(data, refuse)
  if not is_table(data) or not is_table(data.results) then return nil, "no results in it" end
  local all = {}
  for i, result in ipairs(data.results) do
    if not is_table(result) then return nil, "a result that is no object" end
    if result.status == "success" then
      local value = result.value
      if value == nil then value = null end
      all[i] = { value = value, log_lines = result.logLines }
    else
      all[i] = { err = refuse(result) }
    end
  end
  return all
end

-- Calls by name ------------------------------------------------

-- Methods that do not take what stands in the catalogue: client:mutation("module:function", args,
-- options) calls a function by its name.
-- @param call  calls the operation: call(client, params, options)
local function by_name(call)
  return function(self, name, args, options)
    return call(self, { path = name, args = args }, options)
  end
end

local ways = { mutation = by_name, query = by_name, action = by_name, call_function = by_name }

-- client:run("module:function", args, options)
function ways.run(call)
  return function(self, name, args, options)
    local module, own_name = tostring(name):match "^(.*):([^:]*)$"
    return call(self, { module = module or name, ["function"] = own_name or "default",
      args = args }, options)
  end
end

-- client:query_ts(options)
function ways.query_ts(call)
  return function(self, options) return call(self, nil, options) end
end

-- client:query_at_ts("module:function", args, ts, options)
function ways.query_at_ts(call)
  return function(self, name, args, ts, options)
    return call(self, { path = name, args = args, ts = ts }, options)
  end
end

-- client:query_batch({ { path = "module:function", args = args }, ... }, options)
function ways.query_batch(call)
  return function(self, queries, options) return call(self, { queries = queries }, options) end
end

--- Adds to the methods of clients those that call any function of a deployment.
-- @param methods     name -> method of the client
-- @param operations  of the API
-- @param by_id       id of an operation -> its method
function convex.add_methods(methods, operations, by_id)
  for _, operation in ipairs(operations) do
    local way = ways[operation.verb]
    if way and not operation.resource then methods[operation.verb] = way(by_id[operation.id]) end
  end
end

return convex
