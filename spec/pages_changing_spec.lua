-- Listings that change while they are walked: what is there all the time is given exactly once.

local cjson = require "cjson"
local convoke = require "convoke"
local sandbox = require "convoke.sandbox"

-- The vendors' servers, in the sandbox ------------------------------------------------------------

local function address(i) return ("u%d@example.com"):format(i) end

local vendors = {
  clerk = {
    open = function(s)
      return convoke.clerk { url = s.clerk.url, secret_key = s.clerk.secret_key }
    end,
    make = function(c, i)
      return assert(c.invitations:create { email_address = address(i) }).id
    end,
    remove = function(c, id) assert(c.invitations:revoke(id)) end,
    resource = "invitations", field = "id", size = "limit",
  },
  cvat = {
    open = function(s)
      return convoke.cvat { url = s.cvat.url, token = s.cvat.token, org = s.cvat.org }
    end,
    make = function(c, i)
      return assert(c.invitations:create { role = "worker", email = address(i) }).key
    end,
    remove = function(c, id) assert(c.invitations:delete(id)) end,
    resource = "invitations", field = "key", size = "page_size",
  },
  edgegap = {
    open = function(s) return convoke.edgegap { url = s.edgegap.url, token = s.edgegap.token } end,
    make = function(c) return assert(c.sessions:create { app_name = "game" }).session_id end,
    remove = function(c, id) assert(c.sessions:delete(id)) end,
    resource = "sessions", field = "session_id", size = "limit",
  },
  gencove = {
    open = function(s)
      return convoke.gencove { url = s.gencove.url, api_key = s.gencove.api_key }
    end,
    make = function(c, i) return assert(c.invitations:create { email = address(i) }).id end,
    remove = function(c, id) assert(c.invitations:delete(id)) end,
    resource = "invitations", field = "id", size = "limit", params = { status = "pending" },
  },
}

local function params_of(vendor, size)
  local params = { [vendor.size] = size }
  for name, value in pairs(vendor.params or {}) do params[name] = value end
  return params
end

-- How often each element came.
local function count(times, id) times[id] = (times[id] or 0) + 1 end

describe("each, while its listing changes,", function()
  local s
  setup(function() s = sandbox.start { cvat = "2.15" } end)
  teardown(function() s:stop() end)

  for api, vendor in pairs(vendors) do
    -- A client of a new service that holds so many elements, whose ids it returns.
    local function filled(many)
      s:reset(api)
      local c, ids = vendor.open(s), {}
      for i = 1, many do ids[i] = vendor.make(c, i) end
      return c, ids
    end

    it("of " .. api .. " gives a loop all that it removes", function()
      for _, size in ipairs { 1, 2, 3, 7, 29, 30, 31 } do
        local c, ids = filled(30)
        local times = {}
        for element in c[vendor.resource]:each(params_of(vendor, size)) do
          local id = element[vendor.field]
          count(times, id)
          vendor.remove(c, id)
        end
        for _, id in ipairs(ids) do assert.equal(1, times[id], "page size " .. size) end
        assert.same({}, c[vendor.resource]:all(params_of(vendor, size)))
      end
    end)

    it("of " .. api .. " skips nothing and repeats nothing where others make and remove", function()
      for _, size in ipairs { 2, 3, 5, 8 } do
        local c, ids = filled(24)
        local times, left, made, seen = {}, {}, 24, 0
        for _, id in ipairs(ids) do left[id] = true end
        for element in c[vendor.resource]:each(params_of(vendor, size)) do
          count(times, element[vendor.field])
          seen = seen + 1
          if seen % 2 == 0 then -- remove the one that came just before, and what comes much later
            local victim = next(left)
            left[victim] = nil
            vendor.remove(c, victim)
          end
          if seen % 3 == 0 and made < 40 then
            made = made + 1
            vendor.make(c, made)
          end
          if seen > 200 then error "an endless loop" end
        end
        for id in pairs(left) do assert.equal(1, times[id], "page size " .. size) end
        for _, often in pairs(times) do assert.equal(1, often, "page size " .. size) end
      end
    end)

    it("of " .. api .. " begins where it is told, though what it gives is removed", function()
      for size, start in pairs { [5] = 10, [1] = 5 } do
        local c = filled(12)
        local all = c[vendor.resource]:all(vendor.params)
        local params = params_of(vendor, size)
        local by_offset = api == "clerk" or api == "gencove"
        params[by_offset and "offset" or "page"] = by_offset and start or start / size + 1
        local expected, found = {}, {}
        for i = start + 1, #all do expected[#expected + 1] = all[i][vendor.field] end
        for element in c[vendor.resource]:each(params) do
          found[#found + 1] = element[vendor.field]
          if size > 1 then vendor.remove(c, found[#found]) end
        end
        assert.same(expected, found)
      end
    end)
  end
end)

-- Any server --------------------------------------------------------------------------------------

-- A server in this process: a listing of numbers, in falling order, that changes with each request.
-- It gives at most `cap` elements a page.
local function changing(api, cap, many, change)
  local list, shown = {}, 0
  for i = 1, many do list[i] = many + 1 - i end
  local function answer(query)
    local size = math.min(tonumber(query.limit or query.page_size), cap)
    local page = tonumber(query.page or 1)
    local start = tonumber(query.offset or (page - 1) * size)
    local items = {}
    for i = start + 1, math.min(start + size, #list) do
      items[#items + 1] = { [vendors[api].field] = ("%d"):format(list[i]) }
    end
    local more = start + size < #list
    if api == "clerk" then return { data = items, total_count = #list } end
    if api == "gencove" then
      return { results = items, meta = { next = more and "/?offset=" .. start + size or nil } }
    end
    if api == "cvat" then
      if page > 1 and start >= #list then return { detail = "Invalid page." }, 404 end
      return { results = items, next = more and "/?page=" .. page + 1 or nil }
    end
    return { data = items, pagination = { next_page_number = more and page + 1 or nil } }
  end
  local options = { retries = 0, transport = { send = function(request)
    local query = {}
    for name, value in request.url:gmatch "[?&]([%w_]+)=([^&]*)" do query[name] = value end
    shown = shown + 1
    if shown > 20000 then error "an endless loop" end
    local data, status = answer(query)
    change(list, shown)
    local body = cjson.encode(data):gsub('("%a+"):{}', { ['"data"'] = '"data":[]',
      ['"results"'] = '"results":[]' })
    return { status = status or 200, body = body }
  end } }
  if api == "clerk" then options.secret_key = "sk_test_1234567890" end
  if api == "gencove" then options.api_key = "key-1234567890" end
  if api == "cvat" or api == "edgegap" then options.token = "token-1234567890" end
  if api == "cvat" then options.url = "https://cvat.example.com" end
  return convoke[api](options)[vendors[api].resource], list
end

-- Numbers from 0 to below `n`, the same ones for the same seed on every Lua.
local function chance_of(seed)
  local state = seed * 7919 + 17
  return function(n)
    state = (state * 69069 + 1) % 2 ^ 32
    return math.floor(state / 65536) % n
  end
end

describe("a walk over a listing that changes with each request", function()
  for api, vendor in pairs(vendors) do
    it("of " .. api .. " gives what stays exactly once, and nothing twice", function()
      for seed = 1, 60 do
        local chance = chance_of(seed)
        local most, gone, last = 5 + chance(60), {}, 1000
        local resource = changing(api, 1000, most, function(list)
          for _ = 1, chance(4) do
            if #list > 0 then gone[table.remove(list, 1 + chance(#list))] = true end
          end
          if last < 1020 and chance(3) == 0 then
            last = last + 1
            table.insert(list, 1, last)
          end
        end)
        local times = {}
        local size = 1 + chance(12)
        for _, element in ipairs(assert(resource:all { [vendor.size] = size })) do
          count(times, tonumber(element[vendor.field]))
        end
        local what = ("seed %d, page size %d"):format(seed, size)
        for i = 1, most do
          if not gone[i] then assert.equal(1, times[i], what) end
        end
        for _, often in pairs(times) do assert.equal(1, often, what) end
      end
    end)

    it("of " .. api .. " copes with a server whose pages are small", function()
      for cap = 1, 4 do
        local resource, list = changing(api, cap, 30, function() end)
        local times = {}
        for element in resource:each { [vendor.size] = 10 } do
          local number = tonumber(element[vendor.field])
          count(times, number)
          for i, one in ipairs(list) do
            if one == number then table.remove(list, i) end
          end
        end
        for i = 1, 30 do assert.equal(1, times[i], "pages of " .. cap) end
      end
    end)
  end

  it("raises where nothing that small pages show stays", function()
    local last = 100
    local resource = changing("clerk", 1, 5, function(list)
      for i = 1, #list do
        last = last + 1
        list[i] = last
      end
    end)
    local found, err = resource:all()
    assert.is_nil(found)
    assert.equal("decode", err.kind)
    assert.truthy(err.message:find("changes faster", 1, true))
  end)
end)

describe("all", function()
  it("returns the error that each raises", function()
    local nowhere = convoke.clerk { url = "http://127.0.0.1:1", secret_key = "sk_test_1",
      retries = 0 }
    local found, err = nowhere.invitations:all()
    assert.is_nil(found)
    assert.equal("connect", err.kind)
    assert.equal("clerk.invitations.list", err.operation)
  end)

  it("and each are had by a listing's id, too", function()
    local resource = changing("edgegap", 1000, 5, function() end)
    assert.equal(5, #resource:all())
    local s = sandbox.start { cvat = "2.15" }
    finally(function() s:stop() end)
    local c = vendors.gencove.open(s)
    vendors.gencove.make(c, 1)
    assert.equal(2, #c:all "invitations_list")
    assert.equal(1, #c:all("invitations_list", { status = "pending", offset = 1 }))
    local found = 0
    for _ in c:each("invitations_list", { limit = 1 }, { timeout = 5 }) do found = found + 1 end
    assert.equal(2, found)
    assert.error_matches(function() c:each "invitation_list" end,
      "no listing invitation_list; did you mean invitations_list?", 1, true)
    assert.error_matches(function() c:each "invitations_create" end, "no listing")
    assert.error_matches(function() c:all("invitations_list", {}, {}, 1) end, "too many arguments")
    local convex = convoke.convex { url = "http://127.0.0.1:1" }
    assert.error_matches(function() convex:all "query" end, "none of its listings has pages")
  end)
end)
