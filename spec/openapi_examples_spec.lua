-- The programs of examples/openapi: one needs no server, the others call public APIs, here a server
-- that judges each request against the API's document.

local raw_server = require "spec.support.raw_server"

local quote = raw_server.quote
local folder = "../shared/documents/"

local function output_of(command)
  local pipe = io.popen(command .. " 2>&1; echo status $?")
  local text = pipe:read "*a"
  pipe:close()
  return text:match "^(.*)status (%d+)\n$"
end

-- A Python that has what the judge needs, or nil.
local function find_python()
  for _, python in ipairs { os.getenv "PYTHON" or "python3", "build/exam/venv/bin/python" } do
    local _, status = output_of(python .. " -c 'import aiohttp, jsonschema_rs, rstr'")
    if status == "0" then return python end
  end
end

describe("the examples of OpenAPI documents", function()
  local lua = ("env %s"):format(quote(raw_server.interpreter()))

  it("call an API that is answered in the program", function()
    local said, status = output_of(lua .. " examples/openapi/library.lua")
    assert.equal("0", status, said)
    assert.matches('POST https://library.example/v1/books\t{"tags":%["new"%],"title":"Lua"}', said)
    assert.matches("\n7\tLua\n", said)
  end)

  -- Runs a program with a document before the judge; returns what it says.
  local function judged(program, document, arguments)
    local python = find_python()
    local file = io.open(folder .. document)
    if not (file and python) then
      return pending(file and "the Python modules of the exam (make exam brings them)"
        or "the folder ../shared/documents")
    end
    file:close()
    local cache = os.tmpname()
    os.remove(cache)
    local command = ("env XDG_CACHE_HOME=%s GITHUB_TOKEN=x MUSEUM_MUSEUM_PLACEHOLDER_AUTH=a:b "
      .. "PYTHON=%s spec/programs/openapi/judged %s %s %s examples/openapi/%s %s %s"):format(
      quote(cache), quote(python), folder .. "exam", folder .. document, lua, program,
      folder .. document, arguments)
    local said, status = output_of(command)
    os.execute("rm -rf " .. quote(cache))
    assert.equal("0", status, said)
    return said
  end

  it("call a museum as its document says", function()
    local said = judged("museum.lua", "museum.json", "")
    if not said then return end
    assert.matches("\njudged: 7 called, 0 refused, 0 unknown\n", said)
    assert.matches("price must be a number, not string", said)
  end)

  it("call GitHub as its document says", function()
    local said = judged("github.lua", "github.reduced.json", "lua lua")
    if not said then return end
    assert.matches("\njudged: 3 called, 0 refused, 0 unknown\n", said)
    assert.matches("state must be one of: open, closed, all", said)
    assert.matches('Bearer $GITHUB_TOKEN"', said, 1, true)
  end)
end)
