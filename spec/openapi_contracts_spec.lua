-- The vendors' contracts, loaded as documents: the same requests, and the same values of answers,
-- as of the clients that are built in. What a document cannot say is left out: how lost answers are
-- looked up, and what Convex wraps around values.

local answers = require "spec.support.answers"
local canned = require "spec.support.canned"
local cjson = require "cjson"
local convoke = require "convoke"
local echo_server = require "spec.support.echo_server"
local reference = require "spec.support.reference"

local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$" or "."
local contracts = here .. "/../../shared/contracts/"

-- The credentials of each document's clients that send what the built-in ones send.
local credentials = {
  clerk = { bearerAuth = "sk_test_1234567890" },
  convex = { bearerAuth = "user-token-1234567890" },
  cvat = { tokenAuth = "Token 0123456789abcdef" },
  edgegap = { apiKey = "token 11111111-2222-3333-4444-555555555555" },
  gencove = { ApiKey = "Api-Key key-1234567890" },
}

local function copy(values)
  local copied = {}
  for name, value in pairs(values or {}) do copied[name] = value end
  return copied
end

-- What a body says, in which Convex's format may be another. One that the document does not require
-- is left out where it would be empty.
local function body_of(request)
  if request.body == "" then return {} end
  local body = cjson.decode(request.body)
  body.format = nil
  return body
end

describe("a contract loaded as a document", function()
  local server, documents = nil, {}

  setup(function()
    server = echo_server.start()
    for api in pairs(credentials) do
      local name = contracts .. api .. ".openapi.json"
      local file = io.open(name)
      if file then
        file:close()
        documents[api] = convoke.openapi(name)
      end
    end
  end)
  teardown(function() server:stop() end)

  -- The values of a reference operation for a document's one.
  local function params_of(operation)
    local values = copy(answers.arguments[operation.name])
    if operation.api == "convex" then return { args = values, format = "json" } end
    return values
  end

  for _, operation in ipairs(reference) do
    it("sends and reads what is built in: " .. operation.name, function()
      local construct = documents[operation.api]
      if not construct then
        pending "the folder of the contracts is missing"
        return
      end
      local options = copy(credentials[operation.api])
      options.url, options.retries = server.url, 0
      local text, value = answers.whole(operation)
      server:answer { status = text and 200 or 204, body = text,
        headers = { ["Content-Type"] = "application/json" } }
      server:requests()
      local own = canned.client(operation.api, { url = server.url })
      local values = copy(answers.arguments[operation.name])
      assert(own:call(operation.id, values, canned.alone))
      local expected = server:request()
      local got = assert(construct(options):call(operation.method .. " " .. operation.path,
        params_of(operation)))
      local request = server:request()
      assert.equal(expected.method, request.method)
      assert.equal(expected.target, request.target)
      assert.equal(expected.headers.authorization, request.headers.authorization)
      assert.same(body_of(expected), body_of(request))
      if operation.api ~= "convex" and text then
        assert.is_true(answers.same(value, got), cjson.encode(got))
      end
    end)
  end
end)
