--- Clients whose server is one canned answer, and what comes of it.

local assert = require "luassert"
local cjson = require "cjson"
local convoke = require "convoke"

local canned = {}

--- Options for the constructor of each API.
canned.credentials = {
  clerk = { secret_key = "sk_test_1234567890" },
  convex = { token = "user-token-1234567890", url = "http://127.0.0.1:9" },
  cvat = { token = "0123456789abcdef", url = "http://127.0.0.1:9" },
  edgegap = { token = "11111111-2222-3333-4444-555555555555" },
  gencove = { api_key = "key-1234567890" },
}

--- A client of the API with credentials and without repeats.
function canned.client(api, more)
  local options = { retries = 0 }
  for name, value in pairs(canned.credentials[api]) do options[name] = value end
  for name, value in pairs(more or {}) do options[name] = value end
  return convoke[api](options)
end

--- A client that gets this answer to whatever it asks.
function canned.answering(api, status, body, headers)
  return canned.client(api, { transport = { send = function()
    return { status = status, body = body, headers = headers }
  end } })
end

--- Options of calls that do not look for what a lost answer has left behind.
canned.alone = { reconcile = false }

--- One call of each API that changes something: name -> function of a client.
canned.change = {
  clerk = function(c)
    return c.invitations:create({ email_address = "a@example.com" }, canned.alone)
  end,
  convex = function(c)
    return c.sessions:create { questionId = "q", agentThreadId = "t", assistantId = "a",
      functionName = "f", inputParameters = {} }
  end,
  cvat = function(c)
    return c.invitations:create({ role = "worker", email = "a@example.com" }, canned.alone)
  end,
  edgegap = function(c) return c.sessions:create { app_name = "game" } end,
  gencove = function(c) return c.invitations:create({ email = "a@example.com" }, canned.alone) end,
}

--- The error of that call where this is the answer.
function canned.refused(api, status, body, headers)
  if type(body) == "table" then body = cjson.encode(body) end
  local value, err = canned.change[api](canned.answering(api, status, body, headers))
  assert.is_nil(value)
  assert.is_table(err)
  return err
end

--- Compares the named members of an error; "none" stands for nil.
function canned.check(err, expected)
  for name, value in pairs(expected) do
    if value == "none" then
      assert.is_nil(err[name], name)
    else
      assert.same(value, err[name], name)
    end
  end
end

--- The error as text, which is one line and names the operation.
function canned.one_line(err)
  local line = tostring(err)
  assert.is_nil(line:find "[%c]", line)
  assert.truthy(line:find(err.operation, 1, true), line)
  return line
end

return canned
