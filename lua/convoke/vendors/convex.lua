--- Convex: its error bodies, what stands around the values of its answers, calls by name.

local core = require "convoke.core"
local errors = require "convoke.errors"
local version = require "convoke.version"

local convex = {
  creates = {},
  done = {},
  -- Codes of refusals that come after the function has run.
  executed_codes = { BadFormat = true },
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

-- Calls by name ------------------------------------------------

--- Adds to the methods of clients those that call any function of a deployment by its kind, a
-- mutation, a query or an action: client:mutation("module:function", args, options).
-- @param methods     name -> method of the client
-- @param operations  of the API
-- @param by_id       id of an operation -> its method
function convex.add_methods(methods, operations, by_id)
  for _, operation in ipairs(operations) do
    if operation.envelope == "named" then
      methods[operation.verb] = function(self, name, args, options)
        return by_id[operation.id](self, { path = name, args = args }, options)
      end
    end
  end
end

return convex
