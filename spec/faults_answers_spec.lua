-- Answers that are wrong: in their lengths, their heads, their bodies and the values in them. See
-- faults_spec.lua.

local answers = require "spec.support.answers"
local convoke = require "convoke"
local faults = require "spec.support.faults"
local wire = require "spec.support.wire"

local operations, case = faults.operations, faults.case
local set_acts, try = faults.set_acts, faults.try
local apis = { "clerk", "convex", "cvat", "edgegap", "gencove" }
local head, sized, whole = wire.head, wire.sized, wire.whole

setup(faults.start)
teardown(faults.stop)

-- Declares a test for each row: what it is; function(of) that returns the text of an answer, and
-- the value if it is not the ordinary one, or a text that is the same for all; what is expected;
-- and what follows: "close" unless it says otherwise. Operations without a body are left out,
-- unless the row is `bare`; only one of each API is tried where it is for a `few`. It may have
-- `status` and `times` (that the text is sent).
local function declare(rows)
  for _, row in ipairs(rows) do
    local name, text_of, expect, ending = row[1], row[2], row[3], row[4] or "close"
    it(name, function()
      local acts, cases, seen = {}, {}, {}
      for i, of in ipairs(operations) do
        if (of.body or row.bare) and not (row.few and seen[of.api]) then
          seen[of.api] = true
          local act, text, value = "act", text_of, nil
          if type(text_of) == "function" then
            act, text, value = "act" .. i, text_of(of)
          end
          acts[act] = { { { "send", text, row.times }, { ending } } }
          cases[#cases + 1] = case(of, { act = act, where = name, expect = expect,
            timeout = ending == "hold" and 0.8 or nil, status = row.status, value = value })
        end
      end
      set_acts(acts)
      try(cases, ending == "hold" and 256 or nil)
    end)
  end
end

-- An answer with these header lines about its length.
local function with(lines, shorter)
  return function(of)
    local size = #of.body
    local values = { size = size, less = size - 1, more = size + 1, x = ("%x"):format(size) }
    return head((lines:gsub("{(%l+)}", values))) .. of.body:sub(1, -1 - (shorter or 0))
  end
end

local function length(value)
  return with("Content-Length: " .. value .. "\r\n")
end

describe("an answer whose Content-Length", function()
  declare {
    { "is too large is an error at the end", length "{more}", "network unknown" },
    { "is too large is waited for until the deadline", length "{more}", "timeout unknown", "hold" },
    { "is too small ends there", length "{less}", "decode unknown" },
    { "is nothing is empty", length "0", "decode unknown" },
    { "is negative is an error", length "-1", "network unknown" },
    { "is huge is an error", length "9223372036854775807", "network unknown" },
    { "is enormous is an error", length "99999999999999999999999", "network unknown" },
    { "is no number is an error", length "many", "network unknown" },
    { "has a sign is an error", length "+{size}", "network unknown" },
    { "is hexadecimal is an error", length "0x{x}", "network unknown" },
    { "is followed by rubbish is an error", length "{size}x", "network unknown" },
    { "is absent text is an error", length "", "network unknown" },
    { "comes twice is right", length "{size}\r\nContent-Length: {size}", "right", "again" },
    { "comes twice, smaller first, is an error", length "{less}\r\nContent-Length: {size}",
      "network unknown" },
    { "comes twice, smaller last, is an error", length "{size}\r\nContent-Length: {less}",
      "network unknown" },
    { "comes twice, larger first, is an error", length "{more}\r\nContent-Length: {size}",
      "network unknown" },
    { "comes twice, larger last, is an error", length "{size}\r\nContent-Length: {more}",
      "network unknown" },
    { "comes with chunks does not count", function(of)
      return head "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"
        .. wire.chunked(of.body, 30)
    end, "right", "again" },
    { "is larger than the packed body is an error", function(of)
      local packed = wire.gzip(of.body)
      return head(("Content-Encoding: gzip\r\nContent-Length: %d\r\n"):format(#packed + 1))
        .. packed
    end, "network unknown" },
  }
end)

-- An answer in chunks with other text for it.
local function in_chunks(change)
  return function(of)
    return head "Transfer-Encoding: chunked\r\n" .. change(of.body, ("%x"):format(#of.body))
  end
end

describe("an answer in chunks", function()
  declare {
    { "with an extension and trailers is right", in_chunks(function(body, size)
      return size .. ";name=value\r\n" .. body .. "\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n"
    end), "right", "again" },
    { "with leading zeros is right", in_chunks(function(body, size)
      return "000000" .. size .. "\r\n" .. body .. "\r\n0\r\n\r\n"
    end), "right", "again" },
    { "whose size overflows is an error", in_chunks(function(body)
      return "ffffffffffffffffffff\r\n" .. body .. "\r\n0\r\n\r\n"
    end), "network unknown" },
    { "whose size wraps to the right one is an error", in_chunks(function(body, size)
      return "10000000000000" .. ("0"):rep(3 - #size) .. size .. "\r\n" .. body .. "\r\n0\r\n\r\n"
    end), "network unknown" },
    { "whose size is huge is an error", in_chunks(function(body)
      return "7fffffffffffffff\r\n" .. body .. "\r\n0\r\n\r\n"
    end), "network unknown" },
    { "whose size is negative is an error", in_chunks(function(body, size)
      return "-" .. size .. "\r\n" .. body .. "\r\n0\r\n\r\n"
    end), "network unknown" },
    { "whose size is no number is an error", in_chunks(function(body)
      return "size\r\n" .. body .. "\r\n0\r\n\r\n"
    end), "network unknown" },
    { "whose size is absent is an error", in_chunks(function(body)
      return "\r\n" .. body .. "\r\n0\r\n\r\n"
    end), "network unknown" },
    { "that is longer than its size is an error", in_chunks(function(body)
      return ("%x\r\n"):format(#body - 5) .. body .. "\r\n0\r\n\r\n"
    end), "network unknown" },
    { "that is shorter than its size is an error", in_chunks(function(body)
      return ("%x\r\n"):format(#body + 5) .. body .. "\r\n0\r\n\r\n"
    end), "network unknown" },
    { "without any is empty", in_chunks(function() return "0\r\n\r\n" end), "decode unknown",
      "again" },
    { "with endless trailers is an error", in_chunks(function(body, size)
      return size .. "\r\n" .. body .. "\r\n0\r\n"
        .. ("X-Trailer: " .. ("x"):rep(80) .. "\r\n"):rep(5000)
    end), "too_large unknown" },
    { "with an endless extension is an error", in_chunks(function(_, size)
      return size .. ";" .. ("x"):rep(300000)
    end), "network unknown" },
    { "coded in an unknown way is an error", function(of)
      return head "Transfer-Encoding: rot13\r\n" .. of.body
    end, "decode unknown" },
  }
end)

describe("an answer whose head", function()
  local function begin(line)
    return function(of)
      return (whole(of):gsub("^[^\r]*", (line:gsub("%%", "%%%%"))))
    end
  end
  local function headed(lines)
    return function(of)
      return (whole(of):gsub("\r\n", function() return "\r\n" .. lines end, 1))
    end
  end
  declare {
    { "is absent, as of old, is an error", "<html>HTTP/0.9</html>\r\n",
      "network unknown", bare = true },
    { "is absent before JSON is an error", '{"status":"success"}\n',
      "network unknown", bare = true },
    { "is rubbish is an error", ("\0\255\254\1\r\n\200"):rep(100), "network unknown", bare = true },
    { "is endless rubbish is an error", "\1\2\3\4\5\6\7", "network unknown", bare = true,
      times = 50000 },
    { "is empty lines is an error", ("\r\n"):rep(1000), "network unknown", bare = true },
    { "is of HTTP/1.0 is right", begin "HTTP/1.0 200 OK", "right" },
    { "has no words is right", begin "HTTP/1.1 200", "right", "again" },
    { "has many words is right", begin("HTTP/1.1 200 " .. ("words "):rep(2000)), "right", "again" },
    { "is of an unknown version is an error", begin "HTTP/7.3 200 OK", "network unknown",
      bare = true },
    { "has a status with letters is an error", begin "HTTP/1.1 2x0 OK", "network unknown",
      bare = true },
    { "has a status of two digits is an error", begin "HTTP/1.1 20 OK", "network unknown",
      bare = true },
    { "has no status is an error", begin "HTTP/1.1", "network unknown", bare = true },
    { "has the status 0 is an error", begin "HTTP/1.1 000 OK", "network unknown", bare = true },
    { "has the status 999 is a refusal that may have happened", begin "HTTP/1.1 999 OK",
      "http unknown", "again", status = 999 },
    { "offers another protocol that nobody wanted is an error",
      "HTTP/1.1 101 Switching Protocols\r\n" .. "Upgrade: x\r\nConnection: Upgrade\r\n\r\n\1\2\3",
      { ["http unknown"] = true, ["network unknown"] = true }, bare = true },
    { "is an interim answer alone is an error", "HTTP/1.1 100 Continue\r\n\r\n",
      "network unknown", bare = true },
    { "is an endless row of interim answers is an error",
      "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n",
      "too_large unknown", bare = true, times = 8000 },
    { "has a line that is no header is an error", headed "what is this\r\n", "network unknown" },
    { "has a header without a name is right", headed ": value\r\n", "right", "again" },
    { "has a header in several lines is right", headed "X-Long: one\r\n two\r\n\tthree\r\n",
      "right", "again" },
    { "has a NUL in a header is an error", headed "X-Nul: a\0b\r\n", "network unknown" },
    { "has bytes of all kinds in headers is right", headed "X-\200\255: \1\2\127\200\r\n", "right",
      "again" },
    { "has lines that end like those of Unix is right", function(of)
      local first, rest = whole(of):match "^(.-\r\n\r\n)(.*)$"
      return first:gsub("\r", "") .. rest
    end, "right", "again", bare = true },
    { "has 10,000 headers is right or too large", headed(("X-Header: value\r\n"):rep(10000)),
      { right = true, ["too_large unknown"] = true }, "again", bare = true },
    { "has a megabyte of headers is too large", "HTTP/1.1 200 OK\r\n"
      .. ("X-Header: " .. ("v"):rep(90) .. "\r\n"):rep(10000) .. "Content-Length: 2\r\n\r\n{}",
      "too_large unknown", bare = true, few = true },
    { "has a header of a megabyte is too large", "HTTP/1.1 200 OK\r\nX-Header: "
      .. ("v"):rep(1000000) .. "\r\nContent-Length: 2\r\n\r\n{}",
      "too_large unknown", bare = true, few = true },
    { "has a header that never ends is too large", "HTTP/1.1 200 OK\r\nX-Header: "
      .. ("v"):rep(1000000), "too_large unknown", bare = true, few = true },
    { "says that there is no content is so, whatever follows", function(of)
      return wire.no_content:gsub("\r\n\r\n", "\r\nContent-Length: 5\r\n\r\n")
        .. (of.body or "{}"), true
    end, "right", "again", status = 204, bare = true },
  }
end)


-- A body in gzip's format, or what `change` makes of it.
local function packed(change)
  return function(of)
    local bytes = change and change(wire.gzip(of.body)) or wire.gzip(of.body)
    return sized(bytes, "Content-Encoding: gzip\r\n")
  end
end

describe("a packed answer", function()
  local bomb = wire.filter("head -c 40000000 /dev/zero | gzip -9 -n -c", "")
  local double_bomb = wire.filter("head -c 200000000 /dev/zero | gzip -n -c | gzip -n -c", "")
  declare {
    { "is right", packed(), "right", "again" },
    { "of megabytes of nothing is too large", sized(bomb, "Content-Encoding: gzip\r\n"),
      "too_large unknown", few = true },
    { "of megabytes, packed twice, is too large",
      sized(double_bomb, "Content-Encoding: gzip, gzip\r\n"), "too_large unknown", few = true },
    { "that is packed twice is right", function(of)
      return sized(wire.gzip(wire.gzip(of.body)), "Content-Encoding: gzip, gzip\r\n")
    end, "right", "again" },
    { "that was not packed is an error", function(of)
      return sized(of.body, "Content-Encoding: gzip\r\n")
    end, "decode unknown" },
    { "of rubbish is an error", sized(("\200\1\2"):rep(50), "Content-Encoding: gzip\r\n"),
      "decode unknown" },
    { "with a wrong beginning is an error", packed(function(bytes)
      return "\31\139\8\255\255" .. bytes
    end), "decode unknown" },
    { "with wrong bytes within is an error", packed(function(bytes)
      return bytes:sub(1, 20) .. ("\255"):rep(10) .. bytes:sub(31)
    end), "decode unknown" },
    { "with a wrong sum is an error", packed(function(bytes)
      return bytes:sub(1, -9) .. "\1\2\3\4" .. bytes:sub(-4)
    end), "decode unknown" },
    { "in an unknown way is an error", function(of)
      return sized(of.body, "Content-Encoding: rot13\r\n")
    end, "decode unknown" },
    { "in too many ways is an error", function(of)
      return sized(of.body, "Content-Encoding: gzip, gzip, gzip, gzip, gzip, gzip, gzip\r\n")
    end, "decode unknown" },
    { "in no way at all is right", function(of)
      return sized(of.body, "Content-Encoding: identity\r\n")
    end, "right", "again" },
  }

  it("that lacks its end is right only where all of the value is there", function()
    local acts, cases = {}, {}
    for i, of in ipairs(operations) do
      local bytes = of.body and wire.gzip(of.body) or ""
      for size = 1, #bytes - 1, math.max(3, faults.stride) do
        local name = ("%d-%d"):format(i, size)
        acts[name] = { { { "send", sized(bytes:sub(1, size), "Content-Encoding: gzip\r\n") },
          { "again" } } }
        cases[#cases + 1] = case(of, { act = name, where = ("%d bytes of gzip"):format(size),
          expect = { ["decode unknown"] = true, right = size >= #bytes - 10 } })
      end
    end
    set_acts(acts)
    try(cases)
  end)
end)

-- A body of this text instead, or of what `change` makes of the right one.
local function instead(change)
  return function(of)
    return sized(type(change) == "function" and change(of.body) or change)
  end
end

describe("a body that", function()
  declare {
    { "is empty is an error", sized "", "decode unknown", "again" },
    { "is blank is an error", sized " \r\n\t ", "decode unknown", "again" },
    { "is a page is an error", sized "<!doctype html><title>Welcome</title>", "decode unknown",
      "again" },
    { "begins with a byte order mark is an error",
      instead(function(body) return "\239\187\191" .. body end), "decode unknown", "again" },
    { "is UTF-16 is an error",
      instead(function(body) return "\255\254" .. body:gsub(".", "%0\0") end),
      "decode unknown", "again" },
    { "comes twice is an error", instead(function(body) return body .. body end),
      "decode unknown", "again" },
    { "is followed by a NUL is an error", instead(function(body) return body .. "\0" end),
      "decode unknown", "again" },
    { "is followed by a comment is an error", instead(function(body) return body .. "//" end),
      "decode unknown", "again" },
    { "is surrounded by space is right", instead(function(body) return "\r\n " .. body .. "\n" end),
      "right", "again" },
    { "is nested too deep is an error", sized(("["):rep(300) .. ("]"):rep(300)),
      "decode unknown", "again" },
    { "never stops nesting is an error", sized(('{"a":'):rep(100000)), "decode unknown", "again" },
    { "is a megabyte of brackets is an error", sized(("["):rep(1000000)), "decode unknown",
      "again", few = true },
    { "is NaN is an error", sized "NaN", "decode unknown", "again" },
    { "is a number that overflows is an error", sized "1e999", "decode unknown", "again" },
    { "has words that JSON has not is an error", sized '{"a":Infinity}', "decode unknown",
      "again" },
    { "has a hexadecimal number is an error", sized '{"a":0x10}', "decode unknown", "again" },
    { "has half of a character's escape is an error", sized '{"a":"\\ud800"}', "decode unknown",
      "again" },
    { "has an unknown escape is an error", sized '{"a":"\\x41"}', "decode unknown", "again" },
    { "has a string that never ends is an error", sized('{"a":"' .. ("x"):rep(100000)),
      "decode unknown", "again" },
    { "is larger than allowed is an error", head "" .. '"' .. ("x"):rep(10000),
      "too_large unknown", few = true, times = 1700 },
  }
end)

-- Values of another kind --------------------------------------------------------------------------

local others = { "null", "true", "false", "0", "-1.5", "2.5e-7", "9007199254740991", '""', '"text"',
  '"\\u0000"', "[]", "{}", "[1]", "[null]", '[["a"],{"b":{}}]', '{"a":1}',
  ("["):rep(150) .. ("]"):rep(150) }

if faults.stride > 1 then others = { "null", "0", '"text"', "[null]", '{"a":1}' } end

local first_kinds = { ["{"] = "table", ["["] = "list", ['"'] = "string" }

-- Whether an object with none of an answer's fields can be one: where its model requires nothing
-- the empty one can.
local function may_lack(operation, json)
  local answer = operation.answer
  if operation.api == "convex" or not answer.fields and answer.type ~= "null" then return true end
  if answer.type == "either" and json == "[]" then return true end
  if json == "{}" then
    for _, field in ipairs(answer.fields or {}) do
      if field.required then return false end
    end
    return true
  end
  return json:sub(1, 1) ~= "{"
end

-- What becomes of another JSON value in the place of the whole answer.
local function expected_at_top(operation, json)
  local kind = operation.answer.type
  local is = first_kinds[json:sub(1, 1)] or json
  if json == "[]" then is = "list" end
  local good = is == "null" or (kind == "null" and is ~= "false")
    or (kind == "string" and is == "string")
    or (kind == "object" and is == "table")
    or (kind == "either" and (is == "table" or is == "list"))
  return good and may_lack(operation, json) and "right" or "decode unknown"
end

describe("a value of another kind", function()
  local function collect(of, acts, cases)
    answers.each_wrong(of.operation, others, function(place, json, text, value, at_top)
      local name = of.name .. #cases
      acts[name] = { { { "send", sized(text) }, { "again" } } }
      if value == nil then value = convoke.null end
      cases[#cases + 1] = case(of, { act = name, where = ("%s at %q"):format(json, place),
        value = value, expect = at_top and expected_at_top(of.operation, json)
          or "right" })
    end)
  end

  for _, api in ipairs(apis) do
    it("in any field of an answer of " .. api .. " is kept, and null is absent", function()
      for _, of in ipairs(operations) do
        if of.api == api then
          local acts, cases = {}, {}
          collect(of, acts, cases)
          set_acts(acts)
          try(cases)
        end
      end
    end)
  end

  it("around the value of a Convex function is no value", function()
    local acts, cases = {}, {}
    for _, of in ipairs(operations) do
      if of.api == "convex" then
        answers.each_wrong_in(of.body, others, function(place, json, text)
          local name = of.name .. #cases
          acts[name] = { { { "send", sized(text) }, { "again" } } }
          local expect = (place == "" or place == ".status") and "decode unknown"
            or place:find "^.logLines" and "right" or false
          if expect then
            cases[#cases + 1] = case(of, { act = name, where = json .. " at " .. place,
              expect = expect })
          end
        end)
      end
    end
    set_acts(acts)
    try(cases)
  end)
end)

-- Refusals of each API in full.
local refusals = {
  clerk = '{"errors":[{"code":"c","message":"m","long_message":"l","meta":{"param_name":"p"},'
    .. '"clerk_trace_id":"t"}],"meta":{"x":1},"clerk_trace_id":"t"}',
  convex = '{"code":"c","message":"m"}',
  cvat = '{"detail":"d","code":"c","non_field_errors":["n"],"email":["e",{"f":["g"]}],'
    .. '"x":{"y":"z"}}',
  edgegap = '{"message":"m","details":"d","errors":{"app_name":"a","list":["l"],"x":{"y":"z"}}}',
  gencove = '{"maintenance":true,"maintenance_message":"m","maintenance_eta":"e","detail":"d",'
    .. '"code":"c","messages":[{"token_class":"t","message":"m"}],"error":"e","email":["e"]}',
}
local convex_failure = '{"status":"error","errorMessage":"[Request ID: r] Server Error",'
  .. '"errorData":{"code":"c","name":"n","message":"m","x":[1]},"logLines":["l"]}'

describe("a refusal", function()
  local function collect(of, template, begin, expect_of)
    local acts, cases = {}, {}
    answers.each_wrong_in(template, others, function(place, json, text)
      local name = ("act%d"):format(#cases)
      acts[name] = { { { "send", begin .. ("Content-Length: %d\r\n\r\n"):format(#text) .. text },
        { "again" } } }
      cases[#cases + 1] = case(of, { act = name, where = ("%s at %q"):format(json, place),
        expect = expect_of(place) })
    end)
    set_acts(acts)
    try(cases)
  end

  for _, api in ipairs(apis) do
    it("of " .. api .. " is one whatever is in its fields", function()
      for _, of in ipairs(operations) do
        if of.api == api then
          collect(of, refusals[api], "HTTP/1.1 400 Bad Request\r\n", function()
            return "http refused"
          end)
        end
      end
    end)
  end

  it("by a Convex function is one whatever is in its fields", function()
    for _, of in ipairs(operations) do
      if of.api == "convex" then
        collect(of, convex_failure, "HTTP/1.1 200 OK\r\n", function(place)
          return (place == "" or place == ".status") and "decode unknown" or "http refused"
        end)
      end
    end
  end)
end)

describe("a listing", function()
  -- Walks through pages that are always the same. Returns what is wrong, or nil.
  local function walk(of, name)
    local resource = faults.clients[of.api][of.operation.resource]
    local options, count = { headers = { ["X-Act"] = name .. " 1 0" } }, 0
    local ok, err = pcall(function()
      for _ in resource:each({}, options) do
        count = count + 1
        if count == 5 then break end
      end
    end)
    if ok then return end
    if type(err) ~= "table" or err.kind ~= "decode" or err.outcome ~= "unknown" then
      return tostring(err)
    end
  end

  for _, of in ipairs(operations) do
    if of.operation.verb == "list" then
      it("of " .. of.api .. " goes on or raises an error object, whatever is in it", function()
        local acts, places = {}, {}
        answers.each_wrong(of.operation, others, function(place, json, text)
          places[#places + 1] = ("%s at %q"):format(json, place)
          acts["act" .. #places] = { { { "send", sized(text) }, { "again" } } }
        end)
        set_acts(acts)
        for i, place in ipairs(places) do
          assert.is_nil(walk(of, "act" .. i), place)
        end
        faults.total = faults.total + #places
      end)
    end
  end
end)

describe("all these cases", function()
  it("are thousands", function() faults.report("faults in answers", 15900) end)
end)
