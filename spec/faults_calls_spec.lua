-- What calls do about faults: trying again, renewing credentials, not following redirects, settling
-- what may have happened. See faults_spec.lua.

local answers = require "spec.support.answers"
local convoke = require "convoke"
local faults = require "spec.support.faults"
local lfs = require "lfs"
local raw_server = require "spec.support.raw_server"
local wire = require "spec.support.wire"

local operations, case, stride = faults.operations, faults.case, faults.stride
local set_acts, try, try_all = faults.set_acts, faults.try, faults.try_all
local whole = wire.whole

setup(faults.start)
teardown(faults.stop)

-- Steps that answer with a refusal and keep the connection.
local function refuse(status, lines, body)
  return { { "send", raw_server.answer(status, body or '{"message":"no"}', lines) }, { "again" } }
end

local function succeed(of)
  return { { "send", whole(of) }, { "again" } }
end

local function find(name)
  for _, of in ipairs(operations) do
    if of.name == name then return of end
  end
end

describe("Retry-After", function()
  local now = "Date: Sun, 06 Nov 1994 08:49:00 GMT\r\n"
  local rows = { -- what it is, header lines, seconds to wait at least, or `back` what comes back
    { "0", "Retry-After: 0\r\n", 0 },
    { "one second", "Retry-After: 1\r\n", 1 },
    { "a date that is near", now .. "Retry-After: Sun, 06 Nov 1994 08:49:01 GMT\r\n", 1 },
    { "a date that is over", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 0 },
    { "rubbish", "Retry-After: soon\r\n", 0.2 },
    { "negative", "Retry-After: -5\r\n", 0.2 },
    { "a fraction", "Retry-After: 1.5\r\n", 0.2 },
    { "more digits than there are seconds", "Retry-After: 99999999999999999999999\r\n", 0.2 },
    { "longer than the deadline", "Retry-After: 3600\r\n", back = 3600 },
    { "enormous", "Retry-After: 99999999999\r\n", back = 99999999999 },
    { "a date that is far", now .. "Retry-After: Mon, 06 Nov 2090 08:49:00 GMT\r\n",
      back = 3029529600 },
  }

  -- Tries all rows with a status, each with a client of its own: a 429 holds others of that client.
  local function try_rows(status)
    local acts, cases, clients = {}, {}, {}
    for i, of in ipairs(operations) do
      -- 503 may come after all was done; only what is idempotent is asked for again.
      local retried = status == 429 or of.operation.idempotent
      for j, row in ipairs(rows) do
        local name, again = ("act%d-%d"):format(i, j), retried and not row.back
        acts[name] = { refuse(status, row[2]), succeed(of) }
        clients[name] = faults.client(of.api, faults.server.url, { retries = 1 })
        cases[#cases + 1] = case(of, { act = name, where = ("%d, %s"):format(status, row[1]),
          client = clients[name], reconcile = false, asked = again and 2 or 1,
          expect = again and "right" or status == 429 and "http refused" or "http unknown",
          check = function(_, meta, seconds)
            if meta.attempts ~= 2 then return "attempts: " .. meta.attempts end
            if seconds < row[3] * 0.99 then return ("waited %g s only"):format(seconds) end
          end,
          check_error = function(err, seconds)
            if seconds > 10 then return ("waited %g s"):format(seconds) end
            if row.back and err.retry_after ~= row.back then
              return "retry_after: " .. tostring(err.retry_after)
            end
          end })
      end
    end
    set_acts(acts)
    try(cases, 256)
    faults.close(clients)
  end

  it("of a 429 is obeyed where it fits the deadline, and else given back", function()
    try_rows(429)
  end)

  it("of a 503 is so for what is idempotent, and always given back", function()
    try_rows(503)
  end)
end)

describe("a short-lived credential", function()
  local ways = { convex = "token", cvat = "token", edgegap = "token", gencove = "jwt" }

  -- Tries operations with credentials that a server refuses once, or always.
  local function refused(times)
    local acts, cases, clients = {}, {}, {}
    for i, of in ipairs(operations) do
      local name = "act" .. i
      acts[name] = { noted = true, refuse(401), times > 1 and refuse(401) or succeed(of) }
      local option = ways[of.api]
      local credentials = not option and faults.credentials[of.api] or { [option] = function(again)
        return ("secret-%d-%s"):format(i, again and "second" or "first")
      end }
      clients[i] = faults.client(of.api, faults.server.url, { credentials = credentials })
      cases[i] = case(of, { act = name, number = i, client = clients[i], where = times .. " x 401",
        asked = option and 2 or 1, attempts = option and 2 or 1,
        expect = option and times == 1 and "right" or "http refused" })
    end
    set_acts(acts)
    try(cases)
    faults.close(clients)
    local asked = {}
    for _, request in ipairs(faults.server:requests()) do
      local i = tonumber(request.head:match "X%-Act: act(%d+)")
      asked[i] = (asked[i] or 0) + 1
      if ways[operations[i].api] then
        local which, other = "first", "second"
        if asked[i] == 2 then which, other = other, which end
        assert.truthy(request.head:find(("secret-%d-%s"):format(i, which), 1, true), request.head)
        assert.is_nil(request.head:find(other, 1, true))
      end
    end
  end

  it("is renewed after a 401, and the call made again", function() refused(1) end)
  it("is renewed only once", function() refused(2) end)
end)

local function is_get(of) return of.operation.method == "GET" end

describe("a redirect", function()
  local other

  setup(function()
    other = raw_server.start()
    other:play { raw_server.always(wire.sized "{}") }
  end)
  teardown(function() other:stop() end)

  it("is not followed, here or elsewhere, and no credential goes there", function()
    local targets = { "/elsewhere", "https://127.0.0.1:" .. other.port .. "/",
      "http://127.0.0.1:" .. other.port .. "/", "http://localhost:" .. other.port .. "/",
      "//127.0.0.1:" .. other.port .. "/", "" }
    local acts, cases = {}, {}
    for _, status in ipairs { 300, 301, 302, 303, 305, 307, 308 } do
      for i, target in ipairs(targets) do
        local name = ("act%d-%d"):format(status, i)
        acts[name] = { refuse(status, "Location: " .. target .. "\r\n", "") }
        for _, of in ipairs(operations) do
          cases[#cases + 1] = case(of, { act = name, where = ("%d to %q"):format(status, target),
            expect = is_get(of) and "http refused" or "http unknown", status = status,
            retries = 2, reconcile = false })
        end
      end
    end
    set_acts(acts)
    try(cases)
    assert.equal(0, other:connections())
  end)
end)

-- Connections that end ----------------------------------------------------------------------------

describe("a kept connection", function()
  -- Makes two calls after each other for each operation; the connection may end in between.
  local function twice(where, acts_of, expect_of, asked_of, between)
    for _, of in ipairs(operations) do
      set_acts { act = acts_of(of) }
      local opened = convoke.stats().connections_opened
      try { case(of, { act = "act", id = "x", where = where .. " (1)", expect = "right" }) }
      if between then faults.server:wait_for_end() end
      try { case(of, { act = "act", id = "x", where = where .. " (2)", expect = expect_of(of),
        asked = asked_of(of) }) }
      assert.truthy(convoke.stats().connections_opened > opened)
    end
  end

  it("that was closed between two calls does no harm", function()
    for _, ending in ipairs { "close", "reset" } do
      twice(ending .. " between", function(of)
        return { { { "send", whole(of) }, { ending }, { "close" } }, succeed(of) }
      end, function() return "right" end, function() return 2 end, true)
    end
  end)

  -- libcurl may ask again by itself, which is let be for what only reads; it need not.
  it("that ends in the middle of a call is not taken for granted", function()
    for _, ending in ipairs { "close", "reset" } do
      twice(ending .. " in the middle", function(of)
        return { succeed(of), { { ending }, { "close" } }, succeed(of) }
      end, function(of)
        return is_get(of) and { right = true, ["network unknown"] = true } or "network unknown"
      end, function(of) return not is_get(of) and 2 end)
    end
  end)

  it("that ends amid an answer is an error", function()
    for _, ending in ipairs { "close", "reset" } do
      twice(ending .. " amid an answer", function(of)
        return { succeed(of), { { "send", whole(of):sub(1, -5) }, { "sleep", 0.01 }, { ending },
          { "close" } }, succeed(of) }
      end, function() return "network unknown" end, function() return 2 end)
    end
  end)
end)

describe("a server that dies before it answers", function()
  it("is asked again for what is idempotent, and never for what is not", function()
    local clients = faults.new_clients(faults.server.url, { retries = 2 })
    local acts, cases = {}, {}
    for i, of in ipairs(operations) do
      local idempotent = of.operation.idempotent
      for _, ending in ipairs { "close", "reset" } do
        local name = ending .. i
        acts[name] = { { { ending }, { "close" } }, succeed(of) }
        cases[#cases + 1] = case(of, { act = name, where = ending, client = clients[of.api],
          reconcile = false, expect = idempotent and "right" or "network unknown",
          asked = idempotent and 2 or 1,
          check = function(_, meta)
            if meta.attempts ~= 2 then return "attempts: " .. meta.attempts end
          end })
      end
    end
    set_acts(acts)
    try(cases, 256)
    faults.close(clients)
  end)

  it("after it took something away is believed when that is gone", function()
    local gone = {
      ["clerk.invitations.revoke"] = refuse(400, nil,
        '{"errors":[{"code":"invitation_already_revoked","message":"m"}]}'),
      ["cvat.invitations.delete"] = refuse(404),
      ["gencove.invitations.delete"] = refuse(404),
      ["edgegap.sessions.delete"] = refuse(404),
    }
    local clients = faults.new_clients(faults.server.url, { retries = 2 })
    local acts, cases = {}, {}
    for name, steps in pairs(gone) do
      local of = find(name)
      acts[name] = { { { "close" } }, steps }
      cases[#cases + 1] = case(of, { act = name, where = "gone", client = clients[of.api],
        expect = { right = true, ["a wrong value"] = true }, asked = 2,
        check = function(value) if not value then return "no value" end end })
      acts[name .. "-first"] = { steps }
      cases[#cases + 1] = case(of, { act = name .. "-first", where = "gone before",
        client = clients[of.api], expect = "http refused", asked = 1 })
    end
    set_acts(acts)
    try(cases)
    faults.close(clients)
  end)
end)

-- Creates that are looked up ----------------------------------------------------------------------

-- For each: what makes the parameters of its own; the listing that shows the object, with a number
-- in the place of a time that only the server can fill in; how many looks that show nothing let it
-- be asked for again.
local looked_up = {
  ["clerk.invitations.create"] = {
    arguments = function(n) return { email_address = ("u%dx@example.com"):format(n) } end,
    listing = '[{"object":"invitation","id":"inv_{number}","status":"pending","created_at":1999,'
      .. '"email_address":"u{number}x@example.com","public_metadata":{},"updated_at":1999}]',
    none = "[]",
    looks = 1,
    id = function(value, n) return value.id == "inv_" .. n end,
  },
  ["gencove.invitations.create"] = {
    arguments = function(n) return { email = ("u%dx@example.com"):format(n) } end,
    listing = '{"meta":{"count":1,"next":null},"results":[{"id":"id-{number}","role":"viewer",'
      .. '"email":"u{number}x@example.com",'
      .. '"last_status":{"status":"pending","created":"{time}"}}]}',
    none = '{"meta":{"count":0,"next":null},"results":[]}',
    looks = 4, -- nobody says that it makes no second one
    id = function(value, n) return value.id == "id-" .. n end,
  },
  ["cvat.invitations.create"] = {
    arguments = function(n) return { email = ("u%dx@example.com"):format(n), role = "worker" } end,
    listing = '{"count":1,"next":null,"results":[{"key":"key-{number}","role":"worker",'
      .. '"created_date":"{time}","user":{"username":"u{number}x","id":1},"organization":1}]}',
    none = '{"count":0,"next":null,"results":[]}',
    looks = 1,
    id = function(value, n) return value.key == "key-" .. n end,
  },
}

-- Steps that answer with a listing.
local function fill(text)
  return { { "fill", 200, (text:gsub("1999", "{milliseconds}")) }, { "again" } }
end

describe("a create whose answer got lost", function()
  local clients = {}

  after_each(function()
    faults.close(clients)
    clients = {}
  end)

  -- A case whose client asks for an act by its address: what it lists carries no header of ours.
  local function lookup_case(of, way, act, number, fields)
    fields.id = ("%s-%d"):format(act, number)
    fields.client = faults.client(of.api, ("%s/act/%s/%s/%d"):format(faults.server.url, act,
      fields.id, number), { retries = 2 })
    clients[#clients + 1] = fields.client
    fields.arguments = way.arguments(number)
    fields.where = fields.where or ("%s %d"):format(act, number)
    return case(of, fields)
  end

  -- Calls f(operation, way, acts, cases) for each of those creates, then tries all cases.
  local function each_way(f)
    local acts, cases = {}, {}
    for name, way in pairs(looked_up) do f(find(name), way, acts, cases) end
    set_acts(acts)
    try(cases, 256)
  end

  it("is looked up wherever the answer was cut, and asked for once", function()
    each_way(function(of, way, acts, cases)
      acts[of.api] = { { { "cut", whole(of) } }, fill(way.listing) }
      for size = 0, #whole(of) - 1, stride do
        cases[#cases + 1] = lookup_case(of, way, of.api, size, { asked = 2,
          expect = { right = true, ["a wrong value"] = true },
          check = function(value)
            if not way.id(value, size) then return "another object" end
          end })
      end
    end)
  end)

  it("is asked for again where nothing was made", function()
    each_way(function(of, way, acts, cases)
      acts[of.api] = { { { "cut", whole(of) } } }
      for _ = 1, way.looks do table.insert(acts[of.api], fill(way.none)) end
      table.insert(acts[of.api], succeed(of))
      for size = 0, #whole(of) - 1, 8 * stride do
        cases[#cases + 1] = lookup_case(of, way, of.api, size, { asked = way.looks + 2,
          expect = "right" })
      end
    end)
  end)

  it("stays unknown where the listing is lost, too, or cut", function()
    local listings = {
      dead = { { "close" } },
      rubbish = { { "send", "rubbish" } },
      page = { { "send", wire.sized "<html>" }, { "again" } },
      none = { { "send", wire.no_content }, { "again" } },
      refused = refuse(403),
      failed = refuse(500),
    }
    each_way(function(of, way, acts, cases)
      for name, steps in pairs(listings) do
        local act = of.api .. "-" .. name
        acts[act] = { { { "close" } }, steps }
        cases[#cases + 1] = lookup_case(of, way, act, 1, { asked = false, retries = 1,
          expect = "network unknown" })
      end
      acts[of.api] = { { { "close" } }, { { "cut", wire.sized(way.listing) } } }
      for size = 0, #wire.sized(way.listing) - 1, 8 * stride do
        cases[#cases + 1] = lookup_case(of, way, of.api, size, { asked = false, retries = 1,
          expect = "network unknown" })
      end
    end)
  end)

  it("ends well or unknown whatever is in the listing", function()
    local others = { "null", "true", "0", "-1.5", "1e300", '""', '"text"', "[]", "{}", "[null]",
      '{"a":1}', '"2026-02-30T25:61:61Z"', '"9999999999999-01-01T00:00:00Z"' }
    each_way(function(of, way, acts, cases)
      answers.each_wrong_in(way.listing, others, function(place, json, listing)
        local act = of.api .. #cases
        acts[act] = { { { "close" } }, fill(listing), succeed(of) }
        cases[#cases + 1] = lookup_case(of, way, act, 1, { asked = false,
          where = ("%s at %q"):format(json, place),
          expect = { right = true, ["a wrong value"] = true, ["network unknown"] = true } })
      end)
    end)
  end)
end)

-- Nothing left ------------------------------------------------------------------------------------

describe("faults", function()
  local sanitized = (os.getenv "LD_PRELOAD" or ""):find "asan"

  local function sockets()
    local count = 0
    for name in lfs.dir "/proc/self/fd" do
      local target = lfs.symlinkattributes("/proc/self/fd/" .. name, "target")
      if target and target:find "^socket:" then count = count + 1 end
    end
    return count
  end

  local function resident()
    local file = assert(io.open "/proc/self/statm")
    local pages = file:read "*a":match "^%d+ (%d+)"
    file:close()
    return pages * 4 -- KiB
  end

  -- What is in use once everything is over: KiB of Lua's, KiB in all, sockets.
  local function used()
    set_acts { whole = { succeed(operations[1]) } }
    try { case(operations[1], { act = "whole", where = "after", expect = "right" }) }
    collectgarbage()
    collectgarbage()
    assert.equal(0, convoke.stats().in_flight)
    return collectgarbage "count", resident(), sockets()
  end

  local function round()
    try_all(function(of)
      local text = whole(of)
      return {
        whole = { succeed(of) },
        cut = { { { "send", text:sub(1, -4) } } },
        begun = { { { "send", text:sub(1, 30) } } },
        reset = { { { "send", text:sub(1, -4) }, { "reset" }, { "close" } } },
        dead = { { { "close" } } },
        stop = { { { "send", text:sub(1, -4) }, { "hold" } } },
        rubbish = { { { "send", "\200\1\2", 3000 } } },
        head = { { { "send", "HTTP/1.1 200 OK\r\n" }, { "send", "X: " .. ("y"):rep(95) .. "\r\n",
          3000 } } },
        refusal = { refuse(400) },
        page = { { { "send", "HTTP/1.1 500 No\r\n\r\n" }, { "send", "<p>text", 3000 } } },
        nesting = { { { "send", wire.head "" }, { "send", "[", 10000 } } },
        gzip = { { { "send", wire.sized(("\31\139\8"):rep(100), "Content-Encoding: gzip\r\n") } } },
      }
    end, { expect = setmetatable({}, { __index = function() return true end }), timeout = 0.3,
      asked = false }, 128)
  end

  it("leave neither memory nor descriptors behind", function()
    round()
    local lua_before, before, sockets_before = used()
    for _ = 1, 3 do round() end
    local lua_after, after, sockets_after = used()
    -- libcurl 8.23 keeps some 15 to 30 connections, now more and now fewer. What one kind of fault
    -- left behind would be a socket for each operation in each round.
    assert.truthy(sockets_after <= math.max(sockets_before, 60),
      ("%d sockets, then %d"):format(sockets_before, sockets_after))
    assert.truthy(lua_after < lua_before + 400, -- what is remembered of creates
      ("%g KiB of Lua's, then %g"):format(lua_before, lua_after))
    -- What is free may stay in reserve for long: of the sanitizer, of a slow collector, of LuaJIT.
    if not sanitized and stride == 1 and not rawget(_G, "jit") then
      assert.truthy(after < before + 8192, ("%d KiB, then %d"):format(before, after))
    end
  end)
end)

describe("all these cases", function()
  it("are thousands", function() faults.report("faults in calls", 4500) end)
end)
