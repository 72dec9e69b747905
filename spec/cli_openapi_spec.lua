-- The command for any API that has an OpenAPI document: `convoke openapi FILE ...`.

local command = require "spec.support.command"
local echo_server = require "spec.support.echo_server"
local lfs = require "lfs"

local document = "examples/openapi/library.json"

describe("convoke openapi", function()
  local server, cache

  setup(function()
    server = echo_server.start()
    cache = os.tmpname()
    os.remove(cache)
    assert(lfs.mkdir(cache))
  end)
  teardown(function()
    server:stop()
    os.execute("rm -rf " .. cache)
  end)
  before_each(function()
    server:answer { body = '{"id":7,"title":"Programming in Lua","author":null}' }
    server:requests()
  end)

  local function run(arguments, more)
    local how = more or {}
    local env = { LIBRARY_URL = server.url, LIBRARY_BEARER_AUTH = "secret", XDG_CACHE_HOME = cache }
    for name, value in pairs(how.env or {}) do env[name] = value or nil end
    how.env = env
    return command.run("openapi " .. arguments, how)
  end

  it("calls an operation by its resource and verb and prints the answer", function()
    local status, said, told = run(document .. " books get 7")
    assert.equal("", told)
    assert.equal(0, status)
    assert.matches('"title": ?"Programming in Lua"', said)
    local request = server:request()
    assert.equal("/books/7", request.target)
    assert.equal("Bearer secret", request.headers.authorization)
  end)

  it("calls an operation by its id, with parameters of all kinds", function()
    server:answer { body = '{"data":[],"total_count":0}' }
    assert.equal(0, (run(document .. " listBooks --author 'a b' --tags x --tags y --limit 3")))
    assert.equal("/books?author=a%20b&tags=x,y&limit=3", server:request().target)
    server:answer { status = 201, body = '{"id":8,"title":"x"}' }
    assert.equal(0, (run(document .. " books create -o json --title=x")))
    assert.equal('{"title":"x"}', server:request().body)
  end)

  it("prints every page with --all, and chosen fields as CSV", function()
    server:answer({ body = '{"data":[{"id":1,"title":"a"},{"id":2,"title":"b"}],"total_count":3}' },
      { body = '{"data":[{"id":3,"title":"c"}],"total_count":3}' })
    local status, said = run(document .. " books list --limit 2 --all --fields id,title -o csv")
    assert.equal(0, status)
    assert.equal("id,title\n1,a\n2,b\n3,c\n", (said:gsub("\r", "")))
  end)

  it("sends the bytes of a file", function()
    local name = cache .. "/picture"
    local file = assert(io.open(name, "wb"))
    file:write "a\0b\n"
    file:close()
    server:answer { status = 204, body = "" }
    assert.equal(0, (run(document .. " books upload_cover 7 --picture @" .. name)))
    assert.matches("\r\n\r\na%zb\n\r\n", server:request().body)
  end)

  it("ends with the status that the outcome has", function()
    local status, _, told = run(document .. " books create --titel x")
    assert.equal(2, status)
    assert.matches("Did you mean %-%-title", told)
    server:answer { status = 404, body = '{"message":"gone"}' }
    status, _, told = run(document .. " books get 9")
    assert.equal(3, status)
    assert.matches("gone", told)
    status, _, told = run(document .. " books get 9", { env = { LIBRARY_BEARER_AUTH = "" } })
    assert.equal(2, status)
    assert.matches("bearerAuth", told)
    status, _, told = run "/nonexistent.json books get 9"
    assert.equal(2, status)
    assert.matches("nonexistent.json cannot be read", told)
    status, _, told = run(document .. " boks get 9")
    assert.equal(2, status)
    assert.matches("Did you mean books", told)
  end)

  it("shows the request without sending it, and the credential by its variable", function()
    local status, said = run(document .. " books get 7 --dry-run")
    assert.equal(0, status)
    assert.matches("GET http://[%w.:]+/books/7", said)
    assert.is_nil(said:find("secret", 1, true))
    status, said = run(document .. " books get 7 --curl")
    assert.equal(0, status)
    assert.matches("curl", said)
    assert.matches("$LIBRARY_BEARER_AUTH", said, 1, true)
    assert.equal(0, #server:requests())
  end)

  it("reaches the server that --server tells, by address, number or variable", function()
    local env = { LIBRARY_URL = "" }
    local function address(words)
      local status, said, told = run(words .. " --dry-run", { env = env })
      assert.equal("", told)
      assert.equal(0, status)
      return said:match "GET (%S+)"
    end
    assert.equal("https://library.example/v1/books/7", address(document .. " books get 7"))
    assert.equal("https://other.example/v2/books/7",
      address("--server https://other.example/v2 " .. document .. " books get 7"))
    local name = cache .. "/many.json"
    local file = assert(io.open(name, "w"))
    file:write [[{ "openapi": "3.1.0", "info": { "title": "Many", "version": "1" }, "servers": [
      { "url": "https://{region}.example", "variables": { "region": { "default": "eu" } } },
      { "url": "https://second.example" } ],
      "paths": { "/a": { "get": { "operationId": "getA", "responses": {} } } } }]]
    file:close()
    assert.equal("https://eu.example/a", address(name .. " getA"))
    assert.equal("https://us.example/a", address(name .. " getA --server region=us"))
    assert.equal("https://second.example/a", address(name .. " getA --server=2"))
    local status, _, told = run(name .. " getA --server 3", { env = env })
    assert.equal(2, status)
    assert.matches("no server 3", told)
  end)

  it("tells what there is, of an operation with its parameters and answer", function()
    local status, said = run(document)
    assert.equal(0, status)
    assert.matches("^Library\n", said)
    assert.matches("Usage: convoke openapi examples/openapi/library.json RESOURCE VERB", said)
    assert.matches("books create +Adds a book", said)
    status, said = run(document .. " books list --help")
    assert.equal(0, status)
    assert.matches("Usage: convoke openapi examples/openapi/library.json books list", said)
    assert.matches("%-%-limit N", said)
    assert.matches("%-%-server", said)
    status, said = command.run("help openapi " .. document .. " books get",
      { env = { XDG_CACHE_HOME = cache } })
    assert.equal(0, status)
    assert.matches("\nAnswer\n", said)
    status, said = run "--help"
    assert.equal(0, status)
    assert.matches("^Usage: convoke openapi FILE", said)
    assert.equal(2, (run ""))
  end)

  it("completes what the document has", function()
    local function completed(words)
      local _, said = command.run("__complete bash openapi " .. words,
        { env = { XDG_CACHE_HOME = cache } })
      local found = {}
      for word in said:gmatch "[^\n]+" do found[word] = true end
      return found
    end
    assert.is_true(completed(document .. " bo").books)
    assert.is_true(completed(document .. " books ''").create)
    assert.is_true(completed(document .. " books list --l")["--limit"])
    assert.is_true(completed(document .. " books list --s")["--server"])
    assert.same({}, completed "/nonexistent.json ''")
  end)

  it("prints the events of a stream", function()
    local name = cache .. "/events.json"
    local file = assert(io.open(name, "w"))
    file:write [[{ "openapi": "3.1.0", "info": { "title": "Library", "version": "1" }, "paths": {
      "/events": { "get": { "operationId": "watch", "responses": { "200": { "content": {
        "text/event-stream": {} } } } } } } }]]
    file:close()
    server:answer { body = "data: one\n\nid: 7\ndata: two\n\n",
      headers = { ["Content-Type"] = "text/event-stream" } }
    local status, said, told = run(name .. " watch -o jsonl", { env = { EVENTS_URL = server.url } })
    assert.equal("", told)
    assert.equal(0, status)
    local lines = {}
    for line in said:gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.equal(2, #lines)
    assert.matches('"data":"one"', lines[1])
    assert.matches('"id":"7"', lines[2])
  end)

  it("prints annotations of a client, which are Lua", function()
    local status, said = run(document .. " --annotations")
    assert.equal(0, status)
    assert((loadstring or load)(said))
    for _, line in ipairs { "---@field title string at least 1 characters",
      "---@param id integer|convoke.Int64", "function books:get(id, params, options) end",
      "---@return fun(): convoke.library.Book?",
      '---@param id "createBook"|"deleteBook"|"getBook"|"listBooks"|"uploadCover"',
      "---@overload fun(options?: convoke.library.Options): convoke.library.Client" } do
      assert.is_truthy(said:find("\n" .. line .. "\n", 1, true), line)
    end
  end)

  it("tells models apart in annotations that have one name, or hold themselves", function()
    local name = cache .. "/odd.json"
    local file = assert(io.open(name, "w"))
    file:write [[{ "openapi": "3.1.0", "info": { "title": "Odd", "version": "1" }, "paths": {
      "/end/{the-id}": { "post": { "tags": ["end"], "operationId": "makeEnd", "parameters": [
        { "name": "the-id", "in": "path", "required": true, "schema": { "type": "string" } } ],
        "requestBody": { "content": { "application/json": { "schema": { "type": "object",
          "properties": { "tree": { "$ref": "#/components/schemas/a-tree" } } } } } },
        "responses": { "200": { "content": { "application/json": { "schema": { "type": "object",
          "properties": { "one": { "title": "Box", "type": "object", "properties": { "a": {} } },
            "two": { "title": "Box", "properties": { "b": {} } } } } } } } } } } },
      "components": { "schemas": { "a-tree": { "type": "object", "properties": { "left":
        { "$ref": "#/components/schemas/a-tree" }, "kind": { "enum": ["x", "y"] } } } } } }]]
    file:close()
    local status, said = run(name .. " --annotations")
    assert.equal(0, status)
    assert((loadstring or load)(said))
    for _, line in ipairs { "---@field one? convoke.odd.Box", "---@field two? convoke.odd.Box2",
      "---@class convoke.odd.Box2", "---@field left? convoke.odd.a_treeParams",
      '---@field kind? "x"|"y"', "function end_:make(the_id, params, options) end" } do
      assert.is_truthy(said:find("\n" .. line .. "\n", 1, true), line)
    end
  end)

  it("keeps what it read of the document, below the user's cache", function()
    run(document .. " books get 7")
    local count = 0
    for name in lfs.dir(cache .. "/convoke") do
      if name:find "%.cache$" then count = count + 1 end
    end
    assert.is_true(count >= 1)
  end)
end)
