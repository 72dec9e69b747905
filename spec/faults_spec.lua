-- Everything that a network and a server can do to a call: whatever it is, the call ends in time
-- with the right value, or with an error that tells the truth about what may have happened.

local faults = require "spec.support.faults"
local raw_server = require "spec.support.raw_server"
local socket = require "socket"
local wire = require "spec.support.wire"

local operations, case, stride = faults.operations, faults.case, faults.stride
local set_acts, try, try_all = faults.set_acts, faults.try, faults.try_all
local no_content, sized, whole = wire.no_content, wire.sized, wire.whole

setup(faults.start)
teardown(faults.stop)

-- What a cut answer is taken for.
local function expected_of_cut(name, size, first, rest)
  if size < #first then return "network unknown" end
  -- HTTP cannot tell that something is missing, JSON can.
  if name == "until the end" then return "decode unknown" end
  -- But for the very last byte, everything has come, and the sign of the end, too.
  if name:find "chunks" and size == #first + #rest - 1 then
    return { right = true, ["network unknown"] = true }
  end
  return "network unknown"
end

-- The step after a whole answer to an operation.
local function ending_of(of, name)
  return { of.body and name == "until the end" and "close" or "again" }
end

describe("an answer", function()
  for _, way in ipairs(wire.framings) do
    local name, framing = way[1], way[2]

    it("that comes " .. name .. " is right when it is whole", function()
      try_all(function(of)
        local first, rest = no_content, ""
        if of.body then first, rest = framing(of.body) end
        return { whole = { { { "send", first .. rest }, ending_of(of, name) } } }
      end, { where = name, expect = "right" })
    end)

    it("that comes " .. name .. " is an error when it is cut after any byte", function()
      local acts, cases = {}, {}
      for i, of in ipairs(operations) do
        local first, rest = no_content, ""
        if of.body then first, rest = framing(of.body) end
        acts["cut" .. i] = { { { "cut", first .. rest } } }
        for size = i % stride, #first + #rest - 1, stride do
          cases[#cases + 1] = case(of, { act = "cut" .. i, number = size,
            where = ("%s, %d bytes of %d"):format(name, size, #first + #rest),
            expect = expected_of_cut(name, size, first, rest) })
        end
      end
      set_acts(acts)
      try(cases)
    end)
  end

  it("that says no and is cut is an error whose outcome is unknown", function()
    local text = raw_server.answer(422, '{"errors":[{"code":"x","message":"y"}],"message":"no"}')
    local acts, cases = { no = { { { "cut", text } } } }, {}
    for i, of in ipairs(operations) do
      for size = i % stride, #text - 1, stride do
        cases[#cases + 1] = case(of, { act = "no", number = size, where = size .. " bytes of a 422",
          expect = "network unknown" })
      end
      cases[#cases + 1] = case(of, { act = "no", number = #text, where = "a whole 422",
        expect = "http refused", status = 422 })
    end
    set_acts(acts)
    try(cases)
  end)
end)

-- Connections -------------------------------------------------------------------------------------

describe("a connection", function()
  local other

  setup(function() other = raw_server.start() end)
  teardown(function() other:stop() end)

  -- Tries every operation once, or more often, with clients for an address.
  local function try_at(url, fields, times, limit)
    local others, cases = faults.new_clients(url, fields.options), {}
    for _ = 1, times or 1 do
      for _, of in ipairs(operations) do
        local own = case(of, {})
        for key, value in pairs(fields) do own[key] = value end
        cases[#cases + 1] = own
      end
    end
    faults.try(cases, limit, others)
    faults.close(others)
  end

  it("that is refused was not used", function()
    local closed = assert(socket.tcp())
    assert(closed:bind("127.0.0.1", 0))
    local _, port = closed:getsockname()
    for scheme in ("http https"):gmatch "%a+" do
      try_at(scheme .. "://127.0.0.1:" .. port,
        { where = "refused, " .. scheme, expect = "connect not_sent" })
    end
    closed:close()
  end)

  it("that nobody accepts ends with connect_timeout", function()
    local full = assert(socket.tcp())
    assert(full:bind("127.0.0.1", 0))
    assert(full:listen(0))
    local _, port = full:getsockname()
    local waiting = {} -- what the system accepts by itself
    for i = 1, 4 do
      waiting[i] = socket.tcp()
      waiting[i]:settimeout(0)
      waiting[i]:connect("127.0.0.1", port)
    end
    try_at("http://127.0.0.1:" .. port, { where = "not accepted", expect = "timeout not_sent",
      options = { connect_timeout = 0.5 } }, 1, 256)
    for _, each in ipairs(waiting) do each:close() end
    full:close()
  end)

  it("that ends as soon as it is there leaves nothing but an error", function()
    -- A reset may come before the connection is known to be there, and before anything was sent.
    local either = { ["network unknown"] = true, ["network not_sent"] = true,
      ["connect not_sent"] = true }
    other:play { { { "reset" } } }
    try_at(other.url, { where = "reset", expect = either }, 5)
    other:play { {} }
    try_at(other.url, { where = "closed", expect = either }, 5)
  end)

  it("that stays silent ends with the deadline", function()
    other:play { { { "hold" } } }
    try_at(other.url, { where = "silent", expect = "timeout unknown", timeout = 0.7 }, 1, 256)
  end)
end)

-- Pace --------------------------------------------------------------------------------------------

describe("a slow answer", function()
  it("is as good as a fast one, a byte at a time", function()
    local acts = {}
    try_all(function(of)
      acts = {}
      for i, way in ipairs(wire.framings) do
        local first, rest = no_content, ""
        if of.body then first, rest = way[2](of.body) end
        local text = first .. rest
        -- The last two bytes at once: libcurl takes the last chunk for whole before its last byte
        -- has come, which the next call on the connection would find.
        acts["trickle" .. i .. "-"] = { { { "trickle", text:sub(1, -3), 0 },
          { "send", text:sub(-2) }, ending_of(of, way[1]) } }
      end
      return acts
    end, { expect = "right" })
  end)

  it("is as good as a fast one, whatever interim answers come before", function()
    try_all(function(of)
      local text = whole(of)
      local hints = "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n"
      return {
        one = { { { "send", "HTTP/1.1 100 Continue\r\n\r\n" .. text }, { "again" } } },
        late = { { { "send", "HTTP/1.1 100 Continue\r\n\r\n" }, { "sleep", 0.05 },
          { "send", text }, { "again" } } },
        hundred = { { { "send", hints, 100 }, { "send", text }, { "again" } } },
      }
    end, { expect = "right" })
  end)

  it("ends with the deadline while its head comes byte by byte", function()
    try_all(function(of)
      return { slow = { { { "trickle", whole(of), 0.1 } } } }
    end, { expect = "timeout unknown", timeout = 0.8 }, 256)
  end)

  it("ends with the deadline wherever it stops", function()
    local acts, cases = {}, {}
    for i, of in ipairs(operations) do
      local text = whole(of)
      acts["stop" .. i] = { { { "cut", text }, { "hold" } } }
      for part = 0, 15 do
        cases[#cases + 1] = case(of, { act = "stop" .. i, timeout = 0.8,
          number = math.floor(#text * part / 16), expect = "timeout unknown",
          where = ("stops after %d/16"):format(part) })
      end
    end
    set_acts(acts)
    try(cases, 256)
  end)

  -- A byte that comes in the last millisecond makes libcurl forget the deadline.
  it("ends with the deadline when its last byte comes just before that", function()
    local acts, cases = {}, {}
    for i = 0, 40 do
      acts["late" .. i] = { { { "send", sized("{}   "):sub(1, -3) },
        { "sleep", 0.195 + i * 0.0002 }, { "send", " " }, { "hold" } } }
      for _, of in ipairs(operations) do
        cases[#cases + 1] = case(of, { act = "late" .. i, timeout = 0.2, where = "late " .. i,
          expect = "timeout unknown" })
      end
    end
    set_acts(acts)
    try(cases, 256)
  end)

  it("ends with the deadline where interim answers never do", function()
    try_all(function()
      return { flood = { { { "trickle", ("HTTP/1.1 100 Continue\r\n\r\n"):rep(100), 0.02 } } } }
    end, { expect = "timeout unknown", timeout = 0.8 }, 256)
  end)

  it("is not waited for before the body is sent: 100 Continue may never come", function()
    -- The server answers only what it has got whole.
    set_acts { whole = { noted = true, { { "send", sized '{"id":"inv_1"}' }, { "again" } } } }
    local value = faults.clients.clerk.invitations:create({ email_address = "a@example.com",
      public_metadata = { text = ("x"):rep(2000000) } }, { headers = { ["X-Act"] = "whole 1 0" } })
    faults.total = faults.total + 1
    assert.same({ id = "inv_1" }, value)
    assert.is_nil(faults.server:requests()[1].head:lower():find("expect", 1, true))
  end)
end)

describe("all these cases", function()
  it("are thousands", function() faults.report("faults", 38000) end)
end)
