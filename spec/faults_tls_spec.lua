-- Faults of TLS: handshakes that go wrong, certificates that are no good, and connections that
-- break at any byte. See faults_spec.lua.

local faults = require "spec.support.faults"
local http2_server = require "spec.support.http2_server"
local raw_server = require "spec.support.raw_server"
local tls_server = require "spec.support.tls_server"
local wire = require "spec.support.wire"

local operations, case, try = faults.operations, faults.case, faults.try

local server, other

setup(function()
  other = raw_server.start() -- before those whose ends it would keep open
  server = tls_server.start()
end)

teardown(function()
  server:stop()
  other:stop()
end)

-- Tries every operation with clients that trust the spec's authority, or what `trusted` says.
local function try_at(url, fields, limit, trusted)
  local clients = faults.new_clients(url, { ca_file = trusted or server.authority })
  local cases = {}
  for i, of in ipairs(operations) do
    cases[i] = case(of, {})
    for name, value in pairs(fields) do cases[i][name] = value end
    cases[i].headers = { ["X-Answer"] = of.body, ["X-Case"] = tostring(i),
      ["X-End"] = fields.ending }
  end
  try(cases, limit, clients)
  faults.close(clients)
end

-- Handshakes --------------------------------------------------------------------------------------

-- The beginning of a ServerHello.
local hello = "\22\3\3\0\122\2\0\0\118\3\3" .. ("r"):rep(40)

local handshakes = {
  { "silence", {}, "timeout not_sent" },
  { "half a handshake, then silence", { { "send", hello } }, "timeout not_sent" },
  { "an end", { { "close" } }, "tls not_sent" },
  { "a reset", { { "reset" }, { "close" } }, "tls not_sent" },
  { "half a handshake, then an end", { { "send", hello }, { "close" } }, "tls not_sent" },
  { "half a handshake, then a reset", { { "send", hello }, { "sleep", 0.02 }, { "reset" },
    { "close" } }, "tls not_sent" },
  { "an alert", { { "send", "\21\3\3\0\2\2\40" }, { "close" } }, "tls not_sent" },
  { "plain HTTP", { { "send", wire.sized "{}" }, { "close" } }, "tls not_sent" },
  { "rubbish", { { "send", "\0\255\1\254" }, { "send", ("\200"):rep(500) }, { "close" } },
    "tls not_sent" },
  { "an endless record", { { "send", "\22\3\3\255\255" }, { "send", ("\2"):rep(70000) },
    { "close" } }, "tls not_sent" },
}

describe("a connection whose TLS begins with", function()
  for _, row in ipairs(handshakes) do
    it(row[1] .. " carries nothing", function()
      local script = { { "receive", 5 } }
      for _, step in ipairs(row[2]) do script[#script + 1] = step end
      script[#script + 1] = { "hold" }
      other:play { script }
      local held = row[3]:find "timeout" ~= nil
      try_at("https://127.0.0.1:" .. other.port, { where = row[1], expect = row[3],
        timeout = held and 0.7 or nil }, held and 256 or nil)
    end)
  end
end)

-- Certificates ------------------------------------------------------------------------------------

local function url_of(kind, host)
  return ("https://%s:%d"):format(host or "127.0.0.1", server.ports[kind])
end

describe("a certificate", function()
  it("that is good is accepted, for the name and the address", function()
    for _, host in ipairs { "127.0.0.1", "localhost" } do
      try_at(url_of("good", host), { where = "good, " .. host, expect = "right" })
    end
    local seen = server:seen()
    for i in ipairs(operations) do assert.equal(2, seen[tostring(i)]) end
  end)

  for kind, what in pairs { expired = "that has expired", future = "that is not valid yet",
      stranger = "for another host", alone = "that vouches for itself",
      foreign = "of an unknown authority", client = "that is not for servers" } do
    it(what .. " is refused before anything is sent", function()
      try_at(url_of(kind), { where = kind, expect = "tls not_sent" })
      assert.same({}, server:seen())
    end)
  end

  it("of the spec's authority is refused by who does not know that", function()
    local clients = faults.new_clients(url_of "good")
    try({ case(operations[1], { where = "unknown", expect = "tls not_sent" }) }, 1, clients)
    faults.close(clients)
    assert.same({}, server:seen())
  end)

  it("is refused although the client has good connections to that host", function()
    for _, kind in ipairs { "good", "expired", "good", "foreign" } do
      try_at(url_of(kind), { where = kind, expect = kind == "good" and "right" or "tls not_sent" })
    end
    server:seen()
  end)
end)

-- Cuts --------------------------------------------------------------------------------------------

describe("an answer over TLS", function()
  before_each(function() server:seen() end)

  -- Makes calls through connections that end after so many bytes of the server's: 0, `step`, ...
  -- `most`; `limit` at once. Returns how many calls had which verdict, and the verdicts by case.
  local function cut(options)
    local scripts, cases, ends, counts = {}, {}, {}, {}
    local clients = faults.new_clients("https://localhost:" .. other.port,
      { ca_file = options.authority or server.authority })
    for size = options.first or 0, options.most, options.step * faults.stride do
      local script = { { "tunnel", options.port, size } }
      for _, step in ipairs(options.ending) do script[#script + 1] = step end
      scripts[#scripts + 1] = script
      local id, of = tostring(#scripts), options.of or operations[#scripts % #operations + 1]
      cases[#cases + 1] = case(of, { where = "cut " .. id, timeout = options.timeout, id = id,
        headers = { ["X-Answer"] = of.body, ["X-Case"] = id, ["X-End"] = options.x_end },
        value = options.value,
        expect = { right = true, ["tls not_sent"] = true, ["network unknown"] = true,
          ["network not_sent"] = true, ["connect not_sent"] = true,
          ["decode unknown"] = options.x_end == "whole",
          ["timeout unknown"] = options.timeout ~= nil,
          ["timeout not_sent"] = options.timeout ~= nil },
        note = function(what)
          ends[id] = what
          counts[what] = (counts[what] or 0) + 1
        end })
    end
    other:play(scripts)
    try(cases, options.limit or 32, clients)
    faults.close(clients)
    return counts, ends
  end

  -- What was not sent was not seen, what is right was seen once; nothing was seen twice.
  local function compare(ends)
    local seen = server:seen()
    for id, what in pairs(ends) do
      local count = seen[id] or 0
      assert.truthy(count <= 1 and (what ~= "right" or count == 1), what)
      if what:find "not_sent" then assert.equal(0, count, id) end
    end
  end

  it("is an error wherever it is cut, and says whether the request was sent", function()
    for _, ending in ipairs { { { "close" } }, { { "reset" }, { "close" } } } do
      local counts, ends = cut { port = server.ports.good, ending = ending, step = 3, most = 3000,
        x_end = "length" }
      compare(ends)
      for _, what in ipairs { "right", "tls not_sent", "network unknown" } do
        assert.truthy(counts[what], what)
      end
    end
  end)

  it("without a length is right only where it is whole", function()
    try_at(url_of "good", { where = "whole", ending = "whole", expect = "right" })
    server:seen()
    local counts, ends = cut { port = server.ports.good, ending = { { "close" } }, step = 5,
      most = 3000, x_end = "whole" }
    compare(ends)
    assert.truthy(counts.right and counts["network unknown"])
  end)

  it("ends with the deadline wherever it stops", function()
    local counts, ends = cut { port = server.ports.good, ending = { { "hold" } }, step = 16,
      most = 3000, x_end = "length", timeout = 2, limit = 64 }
    compare(ends)
    for _, what in ipairs { "right", "timeout not_sent", "timeout unknown" } do
      assert.truthy(counts[what], what)
    end
  end)

  it("and HTTP/2 is an error wherever it is cut", function()
    local h2 = http2_server.start(0)
    finally(function() h2:stop() end)
    for _, ending in ipairs { { { "close" } }, { { "reset" }, { "close" } } } do
      -- One after another, for they would share a connection. (A handshake that is safe from
      -- quantum computers, as OpenSSL 3.5 makes it, is longer by 1,100 bytes.)
      local counts = cut { port = tonumber(h2.url:match "%d+$"), ending = ending, step = 5,
        most = 3600, limit = 1, authority = h2.certificate, of = operations[1],
        value = { object = "invitation", id = "inv_1", status = "pending" } }
      for _, what in ipairs { "right", "tls not_sent", "network unknown" } do
        assert.truthy(counts[what], what)
      end
    end
  end)
end)

describe("all these cases", function()
  it("are thousands", function() faults.report("faults of TLS", 3500) end)
end)
