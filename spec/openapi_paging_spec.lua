-- Listings of OpenAPI documents: how their pages are found to follow each other.

local cjson = require "cjson"
local convoke = require "convoke"

local string_type, integer = { type = "string" }, { type = "integer" }
local element = { type = "object", properties = { id = { type = "integer" } } }

-- A document with one listing: its query parameters by name, and the schema of its answer.
local function document(params, schema)
  local list = {}
  for name, of in pairs(params) do
    list[#list + 1] = { name = name, ["in"] = "query", schema = of }
  end
  return { openapi = "3.0.3", info = { title = "Lists", version = "1" },
    servers = { { url = "http://127.0.0.1:9" } },
    paths = { ["/things"] = { get = { operationId = "list", tags = { "things" }, parameters = list,
      responses = { ["200"] = { description = "", content = { ["application/json"] = {
        schema = schema } } } } } } } }
end

local function object(fields) return { type = "object", properties = fields } end

-- The query of an address: name -> text.
local function query_of(url)
  local values = {}
  for name, value in (url:match "%?(.*)$" or ""):gmatch "([^&=]+)=([^&]*)" do
    values[name] = value:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  end
  return values
end

-- Walks a listing of 25 elements; `serve(query, slice)` answers a page: a table, and headers.
-- `slice(first, count)` gives elements, from 0.
local function walk(made, serve, params, options)
  local asked = 0
  local function slice(first, count)
    local found = setmetatable({}, cjson.empty_array_mt)
    for i = first, math.min(first + count, 25) - 1 do found[#found + 1] = { id = i } end
    return found
  end
  local function send(request)
    asked = asked + 1
    local body, headers = serve(query_of(request.url), slice, request)
    local text = type(body) == "table" and next(body) == nil and "[]" or cjson.encode(body)
    return { status = 200, body = text, headers = headers }
  end
  local client = convoke.openapi(made, options) { retries = 0, transport = { send = send } }
  local found, err = client.things:all(params)
  if not found then return nil, err end
  local ids = {}
  for i, each in ipairs(found) do ids[i] = each.id end
  return ids, asked
end

local all = {}
for i = 0, 24 do all[#all + 1] = i end

describe("a listing of an OpenAPI document", function()
  it("goes on by the id of the last element where the answer says that there are more", function()
    assert.same(all, (walk(document({ starting_after = integer, limit = { type = "integer",
      maximum = 10 } }, object { data = { type = "array", items = element },
        has_more = { type = "boolean" } }), function(query, slice)
          local first = query.starting_after and tonumber(query.starting_after) + 1 or 0
          assert.equal("10", query.limit)
          return { data = slice(first, 10), has_more = first + 10 < 25 }
        end)))
  end)

  it("goes on by a marker that the answer gives", function()
    assert.same(all, (walk(document({ marker = string_type, limit = integer }, object {
      entries = { type = "array", items = element }, next_marker = string_type }),
      function(query, slice)
        local first = tonumber(query.marker or "0")
        return { entries = slice(first, 10), next_marker = first + 10 < 25 and tostring(first + 10)
          or nil }
      end)))
  end)

  it("goes on by an address that the answer gives, keeping what the caller asks for", function()
    local params = { Page = integer, PageToken = string_type, filter = string_type }
    assert.same(all, (walk(document(params, object {
      things = { type = "array", items = element }, next_page_uri = string_type }),
      function(query, slice)
        assert.equal("a b", query.filter)
        local page = tonumber(query.Page or "0")
        assert.equal(page > 0 and "t" .. page or nil, query.PageToken)
        return { things = slice(page * 10, 10), next_page_uri = page < 2
          and ("/things?PageToken=t%d&Page=%d&filter=other"):format(page + 1, page + 1) or nil }
      end, { filter = "a b" })))
  end)

  it("goes on by the Link header", function()
    assert.same(all, (walk(document({ after = string_type, per_page = integer },
      { type = "array", items = element }), function(query, slice)
        local first = tonumber(query.after or "0")
        local link = ("<https://elsewhere/things?after=%d>; "
          .. 'rel="next", <https://elsewhere/things>; rel="first"'):format(first + 10)
        return slice(first, 10), first + 10 < 25 and { Link = link } or nil
      end)))
  end)

  it("goes on by counting elements or pages", function()
    assert.same(all, (walk(document({ offset = integer, limit = integer }, object {
      data = { type = "array", items = element }, total_count = integer }), function(query, slice)
        return { data = slice(tonumber(query.offset or "0"), tonumber(query.limit or "10")),
          total_count = 25 }
      end)))
    local ten = { type = "integer", default = 10 }
    assert.same(all, (walk(document({ page = integer, per_page = ten },
      { type = "array", items = element }), function(query, slice)
        local size = tonumber(query.per_page)
        return slice((tonumber(query.page or "1") - 1) * size, size)
      end)))
    assert.same(all, (walk(document({ page = integer, limit = { type = "integer", default = 10 } },
      { type = "array", items = { type = "object" } }), function(query, slice)
        local size = tonumber(query.limit)
        return slice((tonumber(query.page or "1") - 1) * size, size)
      end)))
  end)

  it("goes on as the user tells", function()
    assert.same(all, (walk(document({ from = integer }, object { found = { type = "array",
      items = element }, info = object { following = integer } }), function(query, slice)
        local first = tonumber(query.from or "0")
        return { found = slice(first, 10), info = { following = first + 10 < 25 and first + 10
          or nil } }
      end, nil, { paging = { list = { style = "next", items = "found", place = "from",
        next = "info.following" } } })))
  end)

  it("ends with an error where the server sends it round and round", function()
    local found, err = walk(document({ cursor = string_type }, object { data = { type = "array",
      items = element }, next_cursor = string_type }), function(query, slice)
        return { data = slice(0, 1), next_cursor = query.cursor == "a" and "b" or "a" }
      end)
    assert.is_nil(found)
    assert.equal("decode", err.kind)
    assert.matches("does not go on", err.message)
  end)

  it("has no pages where nothing says so", function()
    local client = convoke.openapi(document({ q = string_type }, { type = "array",
      items = element })) {}
    assert.has_error(function() client.things:all() end)
    assert.has_error(function() client:each("list") end)
  end)
end)
