-- Every example of the contracts is read as what it is.

local answers = require "spec.support.answers"
local canned = require "spec.support.canned"
local cjson = require "cjson"
local convoke = require "convoke"

local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$"
local contracts = here .. "/../../shared/contracts/"

local check, is_one_line = canned.check, canned.one_line

-- The vendors' own examples -----------------------------------------------------------------------

local function read_document(api)
  local file = io.open(contracts .. api .. ".openapi.json")
  if not file then return nil end
  local text = file:read "*a"
  file:close()
  return cjson.decode(text)
end

local function resolve(document, node)
  while node["$ref"] do
    local target = document
    for step in node["$ref"]:gmatch "[^#/]+" do target = target[step] end
    node = target
  end
  return node
end

-- Calls f(status, text, where) for every example of an operation's answers.
local function each_example(document, path, method, f)
  for status, response in pairs(document.paths[path][method:lower()].responses) do
    for media, content in pairs(resolve(document, response).content or {}) do
      local only = content.example and { value = content.example }
      local examples = content.examples or { only = only }
      for name, example in pairs(examples) do
        local value = resolve(document, example).value
        local text = media:find "json" and cjson.encode(value) or value
        f(tonumber(status), text, ("%s %s %s"):format(status, media, name))
      end
    end
  end
end

describe("every example of the contracts", function()
  for api in pairs(canned.credentials) do
    local document = read_document(api)
    if not document then
      pending("of " .. api .. ": the folder of the contracts is missing")
    end
    for _, operation in ipairs(document and convoke.operations or {}) do
      local described = operation.api == api and document.paths[operation.path]
      if described and described[operation.method:lower()] then
        it("of " .. operation.name .. " is a value or an error with words", function()
          local count = 0
          each_example(document, operation.path, operation.method, function(status, text, where)
            count = count + 1
            local c = canned.answering(api, status, text)
            local value, err, meta = c:call(operation.id, answers.arguments[operation.name],
              canned.alone)
            if status < 300 and not text:find('"status":"error"', 1, true) then
              assert(value, tostring(err) .. " " .. where)
              assert.equal(status, meta.status)
              return
            end
            assert.is_nil(value, where)
            check(err, { kind = "http", status = status, operation = operation.name })
            assert.truthy(#err.message > 0, where)
            assert.is_nil(err.message:find "userdata", where)
            assert.truthy(err.body or err.data ~= nil, where)
            if text:sub(1, 1) ~= "<" then assert.is_nil(err.body, where) end
            if api == "clerk" then assert.is_string(err.code, where) end
            is_one_line(err)
          end)
          assert.truthy(count > 0)
        end)
      end
    end
  end
end)
