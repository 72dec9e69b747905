local cjson = require "cjson"
local convoke = require "convoke"
local raw_server = require "spec.support.raw_server"
local sandbox = require "convoke.sandbox"

-- The listings of the four ways to page, against the sandbox --------------------------------------

local function names(iterator, field)
  local found = {}
  for each in iterator do found[#found + 1] = each[field] end
  return found
end

local function sorted(list)
  local copy = {}
  for i, value in ipairs(list) do copy[i] = value end
  table.sort(copy)
  return copy
end

local listings = {
  clerk = {
    open = function(s)
      return convoke.clerk { url = s.clerk.url, secret_key = s.clerk.secret_key }
    end,
    make = function(c, i)
      return assert(c.invitations:create { email_address = ("u%d@example.com"):format(i) }).id
    end,
    resource = "invitations", field = "id", size = "limit", place = "offset",
  },
  cvat = {
    open = function(s)
      return convoke.cvat { url = s.cvat.url, token = s.cvat.token, org = s.cvat.org }
    end,
    make = function(c, i)
      return assert(c.invitations:create { role = "worker",
        email = ("u%d@example.com"):format(i) }).key
    end,
    resource = "invitations", field = "key", size = "page_size", place = "page",
  },
  edgegap = {
    open = function(s) return convoke.edgegap { url = s.edgegap.url, token = s.edgegap.token } end,
    make = function(c) return assert(c.sessions:create { app_name = "game" }).session_id end,
    resource = "sessions", field = "session_id", size = "limit", place = "page",
  },
  gencove = {
    open = function(s)
      return convoke.gencove { url = s.gencove.url, api_key = s.gencove.api_key }
    end,
    make = function(c, i)
      return assert(c.invitations:create { email = ("u%d@example.com"):format(i) }).id
    end,
    resource = "invitations", field = "id", size = "limit", place = "offset",
    none = { status = "revoked" }, -- the sandbox begins with an invitation to be accepted
  },
}

describe("each", function()
  local s, clients, made = nil, {}, {}
  setup(function()
    s = sandbox.start { cvat = "2.15" }
    for api, listing in pairs(listings) do
      clients[api] = listing.open(s)
      made[api] = {}
    end
  end)
  teardown(function() s:stop() end)

  local function each(api, params, options)
    return clients[api][listings[api].resource]:each(params, options)
  end

  local function requests(api)
    local count = 0
    for _, request in ipairs(s:requests(api)) do
      if request.method == "GET" then count = count + 1 end
    end
    return count
  end

  for api, listing in pairs(listings) do
    it("of " .. api .. " ends at once where there is nothing", function()
      local before = requests(api)
      local iterator = each(api, listing.none)
      assert.equal(before, requests(api)) -- nothing is asked before it is needed
      assert.is_nil(iterator())
      assert.is_nil(iterator())
      assert.equal(before + 1, requests(api))
    end)

    it("of " .. api .. " gives every element once, from all pages", function()
      made[api] = names(each(api), listing.field)
      for i = #made[api] + 1, 25 do made[api][i] = listing.make(clients[api], i) end
      -- Pages after the first one begin with the last element of the one before. Page numbers
      -- allow that for some sizes only, which are longer than 1 and shorter than 7.
      local by_number = listing.place == "page"
      for size, pages in pairs { [1] = by_number and 17 or 25, [7] = by_number and 5 or 4,
          [24] = 2, [25] = 1, [26] = 1 } do
        local before = requests(api)
        local found = names(each(api, { [listing.size] = size }), listing.field)
        assert.same(sorted(made[api]), sorted(found))
        -- where only a short page tells the end, a full last page costs one request more
        local is_full = size == 1 or size == 7 or size == 25
        local most = api == "clerk" and is_full and pages + 1 or pages
        assert.equal(most, requests(api) - before, "page size " .. size)
      end
      assert.same(sorted(made[api]), sorted(names(each(api), listing.field)))
    end)

    it("of " .. api .. " begins where it is told", function()
      local all = names(each(api), listing.field)
      local start = listing.place == "page" and 3 or 20
      local found = names(each(api, { [listing.size] = 10, [listing.place] = start }),
        listing.field)
      assert.same({ all[21], all[22], all[23], all[24], all[25] }, found)
    end)

    it("of " .. api .. " does not change its parameters, and may be used twice", function()
      local params = { [listing.size] = 10 }
      assert.equal(25, #names(each(api, params), listing.field))
      assert.same({ [listing.size] = 10 }, params)
      assert.equal(25, #names(each(api, params), listing.field))
    end)

    it("of " .. api .. " raises the error of a page in the middle", function()
      local iterator = each(api, { [listing.size] = 10 }, { retries = 0 })
      for _ = 1, 10 do assert.is_table(iterator()) end
      s:fault { api = api, method = "GET", status = 500 }
      local ok, err = pcall(iterator)
      assert.is_false(ok)
      assert.equal("http", err.kind)
      assert.equal(500, err.status)
      assert.equal(("%s.%s.list"):format(api, listing.resource), err.operation)
      -- the error is of one moment; the page can still be had
      assert.equal(15, #names(iterator, listing.field))
    end)

    it("of " .. api .. " tries a page again as other calls do", function()
      s:fault { api = api, method = "GET", status = 429, retry_after = 0 }
      assert.equal(25, #names(each(api, { [listing.size] = 20 }), listing.field))
    end)

    it("of " .. api .. " raises what is wrong with its parameters", function()
      local ok, err = pcall(each(api, { nonsense = 1 }))
      assert.is_false(ok)
      assert.equal("invalid", err.kind)
      ok, err = pcall(each(api, { [listing.place] = "second" }))
      assert.is_false(ok)
      assert.equal("invalid", err.kind)
    end)
  end

  it("of clerk walks the other shape of its listing, too", function()
    assert.same(names(each "clerk", "id"), names(each("clerk", { paginated = true, limit = 10 }),
      "id"))
  end)

  it("of cvat asks for all at once where it is told to", function()
    local before = requests "cvat"
    assert.equal(25, #names(each("cvat", { page_size = "all" }), "key"))
    assert.equal(before + 1, requests "cvat")
  end)
end)

-- Listings that only a bad server makes -----------------------------------------------------------

-- A client whose server gives these bodies one after the other, the last one again and again; and
-- the addresses that were asked for.
local function canned(api, bodies)
  local urls = {}
  local options = { retries = 0, transport = { send = function(request)
    urls[#urls + 1] = request.url
    if #urls > 50 then error "an endless loop" end
    local body = bodies[math.min(#urls, #bodies)]
    return { status = 200, body = type(body) == "table" and cjson.encode(body) or body }
  end } }
  if api == "clerk" then options.secret_key = "sk_test_1234567890" end
  if api == "gencove" then options.api_key = "key-1234567890" end
  if api == "cvat" or api == "edgegap" then options.token = "token-1234567890" end
  if api == "cvat" then options.url = "https://cvat.example.com" end
  return convoke[api](options)[listings[api].resource], urls
end

local function fails(api, bodies, after)
  local resource = canned(api, bodies)
  local iterator = resource:each { [listings[api].size] = 2 }
  for _ = 1, after or 0 do assert.is_table(iterator()) end
  local ok, err = pcall(iterator)
  assert.is_false(ok)
  assert.is_table(err, tostring(err))
  assert.equal("decode", err.kind)
  assert.truthy(tostring(err):find(err.operation, 1, true))
  return err
end

-- A page of two elements; the second page of a listing has others than the first.
local function page_of(api, link, number)
  local items, field = {}, listings[api].field
  for i = 1, 2 do items[i] = { [field] = ("%d"):format(2 * (number or 1) - 2 + i) } end
  if api == "cvat" then return { count = 9, next = link, results = items } end
  if api == "gencove" then return { meta = { next = link }, results = items } end
  return { data = items,
    pagination = { next_page_number = link, has_next = type(link) == "number" } }
end

describe("a listing", function()
  it("takes only the number from a link, never the host", function()
    for _, host in ipairs { "http://evil.example", "http://127.0.0.1:1", "ftp://x", "" } do
      local link = host .. "/api/x?page=2&page_size=9"
      local page = page_of("cvat", nil)
      page.results[3] = { key = "3" }
      local resource, urls = canned("cvat", { page_of("cvat", link), page })
      assert.same({ "1", "2", "3" }, names(resource:each { page_size = 2 }, "key"))
      assert.same({ "https://cvat.example.com/api/invitations?page_size=2",
        "https://cvat.example.com/api/invitations?page=1&page_size=3" }, urls)
      page = page_of("gencove", nil)
      page.results[3] = { id = "3" }
      resource, urls = canned("gencove", { page_of("gencove", host .. "/x?limit=7&offset=2"),
        page })
      assert.same({ "1", "2", "3" }, names(resource:each { limit = 2 }, "id"))
      assert.truthy(urls[2]:find("^https://api%.gencove%.com/api/v2/invitations/%?"))
      assert.truthy(urls[2]:find("offset=1", 1, true) and urls[2]:find("limit=2", 1, true))
    end
  end)

  it("goes on by counting where the link has no number", function()
    local resource, urls = canned("cvat", { page_of("cvat", "http://x/?cursor=abc"),
      page_of("cvat", nil, 2), page_of("cvat", nil) })
    assert.same({ "1", "2", "3", "4" }, names(resource:each(), "key"))
    assert.truthy(urls[2]:find("page=2&page_size=2", 1, true))
    resource, urls = canned("edgegap", { { data = { { session_id = "s" } },
      pagination = { has_next = true } }, { data = {} } })
    assert.equal(1, #names(resource:each(), "session_id"))
    assert.truthy(urls[2]:find("page=2&limit=1", 1, true))
  end)

  it("that leads back, or nowhere, raises instead of going round", function()
    for _, link in ipairs { "http://x/?page=1", "http://x/?page=0" } do
      fails("cvat", { page_of("cvat", link) })
    end
    fails("cvat", { page_of("cvat", "http://x/?page=2"), page_of("cvat", "http://x/?page=2") }, 2)
    fails("cvat", { page_of("cvat", "http://x/?page=3"), page_of("cvat", "http://x/?page=2") }, 2)
    fails("gencove", { page_of("gencove", "http://x/?offset=0") })
    fails("gencove", { page_of("gencove", "?offset=2"), page_of("gencove", "?offset=2") }, 2)
    for _, number in ipairs { 1, 0, -3, "2", true } do
      fails("edgegap", { page_of("edgegap", number) })
    end
    fails("clerk", { { { id = "1" }, { id = "2" } } }, 2)
    fails("edgegap", { page_of("edgegap", 2) }, 2)
  end)

  it("of empty pages that promise more raises", function()
    fails("cvat", { { count = 9, next = "http://x/?page=2", results = {} } })
    fails("gencove", { { meta = { next = "http://x/?offset=2" }, results = {} } })
    fails("edgegap", { { data = {}, pagination = { has_next = true } } })
    fails("edgegap", { { data = {}, pagination = { next_page_number = 2 } } })
    fails("clerk", { { data = {}, total_count = 3 } })
  end)

  it("that says in no readable way whether there is more raises", function()
    for _, kind in ipairs { true, false, 7, "text" } do
      fails("gencove", { { meta = kind, results = { { id = "i" } } } })
      fails("edgegap", { { data = { { session_id = "s" } }, pagination = kind } })
    end
    for _, number in ipairs { 1e300, 2.5, 2 ^ 53 } do
      fails("edgegap", { page_of("edgegap", number) })
    end
  end)

  it("whose answer is no list raises, and never looks like a short one", function()
    for api in pairs(listings) do
      for _, body in ipairs { "null", '{"errors":[{"code":"x"}]}', '{"results":7,"data":7}',
          '{"results":null,"data":null,"a":1}', '{"results":{"a":1},"data":{"a":1}}' } do
        fails(api, { body })
      end
    end
    for _, api in ipairs { "cvat", "gencove", "edgegap" } do fails(api, { "{}" }) end
  end)

  it("whose elements cannot be told apart raises", function()
    for api in pairs(listings) do
      local page = { { name = "ada" } }
      local err = fails(api, { { data = page, results = page } })
      assert.truthy(err.message:find("has no " .. listings[api].field, 1, true))
    end
  end)

  it("ends, or raises, where what should tell of more tells nothing", function()
    for _, nonsense in ipairs { 7, true, "next", { 7 }, { next = 7 }, { next = true } } do
      for _, name in ipairs { "meta", "pagination", "next", "total_count" } do
        for api in pairs(listings) do
          local page = page_of(api, nil)
          if name ~= "next" or type(nonsense) == "table" then page[name] = nonsense end
          local resource = canned(api, { page, { results = {}, data = {} } })
          local ok, err = pcall(names, resource:each(), "id")
          assert.truthy(ok or type(err) == "table" and err.kind == "decode", tostring(err))
        end
      end
    end
  end)

  it("of nothing at all raises", function()
    local server = raw_server.start()
    finally(function() server:stop() end)
    server:play { raw_server.always "HTTP/1.1 204 No Content\r\n\r\n" }
    local c = convoke.clerk { url = server.url, secret_key = "sk_test_1234567890" }
    local ok, err = pcall(c.invitations:each())
    assert.is_false(ok)
    assert.equal("decode", err.kind)
  end)

  it("ends where the next page is null", function()
    for api in pairs { cvat = 1, gencove = 1, edgegap = 1 } do
      local resource, urls = canned(api, { page_of(api, cjson.null) })
      assert.equal(2, #names(resource:each(), listings[api].field))
      assert.equal(1, #urls)
    end
    local resource = canned("gencove", { { results = { { id = "1" } } } })
    assert.equal(1, #names(resource:each(), "id"))
    resource = canned("gencove", { { meta = cjson.null, results = { { id = "1" } } } })
    assert.equal(1, #names(resource:each(), "id"))
    resource = canned("edgegap", { { data = { { session_id = "1" } }, pagination = cjson.null } })
    assert.equal(1, #names(resource:each(), "session_id"))
  end)

  it("keeps to the total where the answer tells it, whatever the size of its pages", function()
    local resource, urls = canned("clerk", { { data = { { id = "1" } }, total_count = 3 },
      { data = { { id = "2" }, { id = "3" } }, total_count = 3 },
      { data = { { id = "1" }, { id = "2" }, { id = "3" } }, total_count = 3 } })
    assert.same({ "1", "2", "3" }, names(resource:each { paginated = true }, "id"))
    assert.equal(3, #urls) -- pages of one element cannot overlap: all is looked at once more
    assert.truthy(urls[2]:find("offset=1", 1, true))
    assert.falsy(urls[3]:find("offset=", 1, true))
  end)
end)
