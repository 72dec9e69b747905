-- What was read of an OpenAPI document, kept in a folder: the next client is there sooner, and
-- nothing else is different.

local convoke = require "convoke"
local core = require "convoke.core"
local lfs = require "lfs"
local raw_server = require "spec.support.raw_server"

local quote = raw_server.quote

local function write(name, text)
  local file = assert(io.open(name, "wb"))
  file:write(text)
  file:close()
end

local function read(name)
  local file = assert(io.open(name, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local text_of_shop = [[
{ "openapi": "3.1.0", "info": { "title": "The shop", "version": "1" },
  "servers": [ { "url": "https://shop.example/v1" } ],
  "paths": {
    "/things/{id}": {
      "parameters": [ { "name": "id", "in": "path", "required": true,
        "schema": { "type": "integer" } } ],
      "get": { "operationId": "getThing", "tags": ["things"], "summary": "Reads one",
        "responses": { "200": { "description": "one", "content": { "application/json":
          { "schema": { "$ref": "#/components/schemas/a~1b" } } } } } },
      "put": { "operationId": "setThing", "tags": ["things"], "deprecated": true,
        "requestBody": { "content": { "application/json": { "schema":
          { "$ref": "#/components/schemas/Same%20thing" } } } },
        "responses": { "204": { "description": "done" } } } },
    "/odd": { "post": { "operationId": "getThing", "security": [ {}, { "key": [] } ],
      "parameters": [ { "$ref": "parts.json#/of" } ],
      "responses": { "2XX": { "$ref": "#/paths/~1things~1%7Bid%7D/get/responses/200" } } } },
    "/gone": { "get": { "operationId": "x", "responses": {} } } },
  "components": {
    "securitySchemes": { "key": { "type": "apiKey", "in": "header", "name": "X-Key" },
      "other": { "type": "mutualTLS" } },
    "schemas": { "a/b": { "type": "object", "properties": { "name": { "type": "string" } } },
      "Same thing": { "type": "object", "required": ["name"], "properties": { "name":
        { "type": "string", "multipleOf": 2, "description": "a \"quoted\"  text" } } } } } }
]]

describe("the cache of an OpenAPI document", function()
  local folder, cache, document

  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(lfs.mkdir(folder))
    cache, document = folder .. "/cache", folder .. "/shop.json"
    write(document, text_of_shop)
    write(folder .. "/parts.json", '{"of":{"name":"q","in":"query","schema":{"type":"string"}}}')
  end)
  after_each(function() os.execute("rm -rf " .. quote(folder)) end)

  -- The files in the folder. What was seen of documents is noted some time after they are written.
  -- @param with_notes  those of that, too
  local function files(with_notes)
    local found = {}
    for name in lfs.dir(cache) do
      local counts = name:sub(1, 1) ~= "." and (with_notes or not name:find "%.seen$")
      if counts then found[#found + 1] = cache .. "/" .. name end
    end
    return found
  end

  local function load(more, given)
    local options = { cache = cache }
    for name, value in pairs(more or {}) do options[name] = value end
    return convoke.openapi(given or document, options)
  end

  -- All that a constructor tells and its client sends.
  local function told(construct)
    local lines = { construct.title, construct.name }
    for _, operation in ipairs(construct.operations) do
      local rows = { operation.name, operation.id, operation.method, operation.path,
        tostring(operation.summary), tostring(operation.deprecated),
        tostring(operation.idempotent), tostring(operation.no_credential) }
      for _, param in ipairs(operation.params) do
        rows[#rows + 1] = ("%s %s %s %s"):format(param.name, param.where, param.type,
          tostring(param.required))
      end
      for _, field in ipairs(operation.answer.fields or {}) do rows[#rows + 1] = field.name end
      lines[#lines + 1] = table.concat(rows, " ")
    end
    for _, row in ipairs(construct.unsupported) do
      lines[#lines + 1] = ("%s: %s: %s"):format(row.place, row.what, row.consequence)
    end
    local client = construct { key = "secret" }
    lines[#lines + 1] = tostring(assert(client:dry("things.get_things_by_id", 7)))
    lines[#lines + 1] = tostring(assert(client:dry("post_odd", { q = "a b" })))
    lines[#lines + 1] = tostring(select(2, client:dry("setThing", 7, { nme = "x" })))
    return table.concat(lines, "\n")
  end

  -- Runs f while no document can be read but by the cache.
  local function without_documents(f)
    local tree = core.tree
    core.tree = function() error "the document was read" end
    local good, value = pcall(f)
    core.tree = tree
    assert(good, value)
    return value
  end

  local function is_used(more, given)
    local tree = core.tree
    core.tree = function() error "the document was read" end
    local good = pcall(load, more, given)
    core.tree = tree
    return good
  end

  it("makes the same client without reading the document", function()
    local plain = told(convoke.openapi(document))
    assert.matches("other: security schemes of type mutualTLS", plain)
    assert.matches("multipleOf", plain)
    assert.matches("getThing, which #/paths", plain)
    assert.equal(plain, told(load()))
    assert.equal(1, #files())
    assert.equal(plain, without_documents(function() return told(load()) end))
  end)

  it("is readable by its owner alone", function()
    load()
    assert.equal("rw-------", lfs.attributes(files()[1], "permissions"))
    assert.equal("rwx------", lfs.attributes(cache, "permissions"))
  end)

  it("serves whatever options name and choose", function()
    load { resources = { things = "goods" }, name = "acme" }
    local plain = told(convoke.openapi(document))
    without_documents(function()
      assert.equal(plain, told(load()))
      local some = load { only = { "things" }, resources = { things = "goods" }, name = "acme" }
      assert.equal(2, #some.operations)
      assert.equal("acme.goods.get_thing", some.operations[1].name)
    end)
  end)

  it("is that of a text, too, and there is none of a table", function()
    local text = text_of_shop:gsub("parts.json#/of", "#/components/parameters/q")
      :gsub('"schemas"', '"parameters": { "q": { "name": "q", "in": "query" } }, %0')
    load(nil, text)
    assert.equal(1, #files())
    assert.is_true(is_used(nil, text))
    assert.is_false(is_used(nil, text .. " "))
    load(nil, { openapi = "3.1.0", info = { title = "a", version = "1" }, paths = {} })
    assert.equal(1, #files())
  end)

  it("counts no more when the document or a file of it has changed", function()
    load()
    write(document, (text_of_shop:gsub("Reads one", "Reads two")))
    assert.is_false(is_used())
    assert.equal("Reads two", load().operations[1].summary)
    assert.is_true(is_used())
    write(folder .. "/parts.json", '{"of":{"name":"z","in":"query","schema":{"type":"string"}}}')
    assert.is_false(is_used())
    assert.equal("z", load().operations[3].params[1].name)
    assert.is_true(is_used())
    assert.equal(1, #files())
  end)

  -- How often a file is read for its hash while f runs.
  local function hashes_of_files(f)
    local digest, count = core.digest, 0
    core.digest = function(key, text, is_file)
      count = count + (is_file and 1 or 0)
      return digest(key, text, is_file)
    end
    local good, why = pcall(f)
    core.digest = digest
    assert(good, why)
    return count
  end

  local function sleep_until_trusted()
    local before = os.time()
    while not core.stamp(document) do
      if os.time() - before > 15 then
        pending "a file system whose times say when a file was written"
      end
      convoke.sleep(0.1)
    end
  end

  it("is known to be good without reading the document where no file was touched since", function()
    load()
    assert.equal(2, hashes_of_files(load)) -- just written: times do not tell yet
    sleep_until_trusted()
    assert.equal(2, hashes_of_files(load))
    local names = files(true)
    assert.equal(2, #names)
    for _, name in ipairs(names) do
      assert.equal("rw-------", lfs.attributes(name, "permissions"))
    end
    assert.equal(0, hashes_of_files(load))
    assert.is_true(is_used())
    for _, name in ipairs(names) do write(name, "damaged") end
    assert.equal("Reads one", load().operations[1].summary)
  end)

  it("notices a file that was rewritten, whatever its size and its own time say", function()
    local function set(text)
      write(document, (text_of_shop:gsub("Reads one", text)))
      lfs.touch(document, 1000000000, 1000000000)
    end
    set "Reads one"
    load()
    sleep_until_trusted()
    load()
    assert.equal(0, hashes_of_files(load))
    set "Reads two"
    sleep_until_trusted()
    assert.equal("Reads two", load().operations[1].summary)
  end)

  it("does not take the times of files that were just written for a proof", function()
    for i = 1, 20 do -- within one tick of the clock, at times
      write(document, (text_of_shop:gsub("Reads one", ("Reads %03d"):format(i))))
      assert.is_nil(core.stamp(document))
      assert.equal(("Reads %03d"):format(i), load().operations[1].summary)
    end
    assert.is_nil(core.stamp "/nonexistent")
    assert.is_nil(core.stamp "/dev/null")
  end)

  it("is not kept of a document that lacks a file", function()
    os.remove(folder .. "/parts.json")
    load()
    assert.is_nil(lfs.attributes(cache))
  end)

  it("is written anew where it is damaged, cut or something else", function()
    local plain = told(load())
    local name = files()[1]
    local whole = read(name)
    local function expect_mended(bytes)
      write(name, bytes)
      assert.equal(plain, told(load()))
    end
    for at = 1, #whole, 41 do
      local byte = whole:byte(at)
      expect_mended(whole:sub(1, at - 1) .. string.char((byte + 1) % 256) .. whole:sub(at + 1))
    end
    for size = 0, #whole - 1, math.floor(#whole / 15) do expect_mended(whole:sub(1, size)) end
    expect_mended(whole .. "x")
    expect_mended "{}"
    assert.is_true(is_used())
    assert.equal(1, #files())
  end)

  it("gives way to the document where a part of it proves damaged", function()
    local plain = told(load())
    local name = files()[1]
    local whole = read(name)
    local at = assert(whole:find("quoted", 1, true))
    write(name, whole:sub(1, at - 1) .. "Z" .. whole:sub(at + 1))
    local construct = without_documents(load)
    assert.equal(plain, told(construct))
    assert.is_nil(lfs.attributes(name))
    assert.equal(plain, told(load()))
    assert.is_true(is_used())
  end)

  it("says so where the document changes after its damaged cache was opened", function()
    load()
    local name = files()[1]
    local whole = read(name)
    local at = assert(whole:find("quoted", 1, true))
    write(name, whole:sub(1, at - 1) .. "Z" .. whole:sub(at + 1))
    local construct = load()
    write(document, (text_of_shop:gsub("Reads one", "Reads two")))
    local good, why = pcall(told, construct)
    assert.is_false(good)
    assert.matches("changed while it was used", why)
  end)

  it("is not taken from a file that others may write, nor through a link", function()
    load()
    local name = files()[1]
    os.execute("chmod 620 " .. quote(name))
    assert.is_false(is_used())
    load()
    assert.equal("rw-------", lfs.attributes(name, "permissions"))
    assert.is_true(is_used())
    os.rename(name, folder .. "/elsewhere")
    assert(lfs.link(folder .. "/elsewhere", name, true))
    assert.is_false(is_used())
    load()
    assert.equal("file", lfs.symlinkattributes(name, "mode"))
    assert.is_true(is_used())
  end)

  it("costs nothing but time where it cannot be kept", function()
    local plain = told(convoke.openapi(document))
    write(cache, "a file, no folder")
    assert.equal(plain, told(load()))
    assert.equal("a file, no folder", read(cache))
    cache = "/nonexistent/folder/cache"
    assert.equal(plain, told(load()))
  end)

  -- Runs a program with the document; returns what it printed.
  local function program(before)
    local code = ("package.path, package.cpath = %q, %q; local c = require 'convoke'.openapi(%q, "
      .. "{ cache = %q }) print(c.title, #c.operations)"):format(package.path, package.cpath,
      document, cache)
    return io.popen(("%s %s -e %s"):format(before or "", quote(raw_server.interpreter()),
      quote(code)), "r")
  end

  it("leaves nothing behind on a disk that is full", function()
    write(document, (text_of_shop:gsub("Reads one", ("long "):rep(20000))))
    local pipe = program "trap '' XFSZ; ulimit -f 1;"
    assert.equal("The shop\t4\n", pipe:read "*a")
    pipe:close()
    assert.equal(0, #files())
  end)

  it("is whole whatever number of programs write it at once", function()
    local pipes = {}
    for i = 1, 5 do pipes[i] = program() end
    for _, pipe in ipairs(pipes) do
      assert.equal("The shop\t4\n", pipe:read "*a")
      pipe:close()
    end
    assert.equal(1, #files())
    assert.is_true(is_used())
  end)
end)

describe("core.digest", function()
  it("is SipHash-1-3, of a text, of a tree's text and of a file", function()
    local key = ("\0"):rep(16)
    -- As Python's hash() has it with PYTHONHASHSEED=0.
    for text, digest in pairs { a = "407448d2b89b1813", convoke = "abf1b6467a31a65e",
        ["0123456789abcdef"] = "1d42b30f7e060c24", [("x"):rep(100000)] = "cc1f2205fb1aebac" } do
      local name = os.tmpname()
      write(name, text)
      assert.equal(digest, core.digest(key, text))
      assert.equal(digest, core.digest(key, name, true))
      os.remove(name)
    end
    assert.equal(core.digest(key, "[ 1 ]"), core.digest(key, core.tree "[ 1 ]"))
    assert.is_nil(core.digest(key, "/nonexistent", true))
    assert.is_nil(core.digest(key, "/dev/zero", true))
  end)
end)
