-- Reading answers: from JSON text to Lua values, exactly.

local convoke = require "convoke"
local core = require "convoke.core"
local lfs = require "lfs"

local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$" or "spec"
local suite = here .. "/../../shared/json-tests"
local has_integers = math.type ~= nil
local null, array, object, int64 = convoke.null, convoke.array, convoke.object, convoke.int64

local function read(text)
  local value, fault = core.read(text)
  assert.is_nil(fault)
  return value
end

local function fault_of(text)
  local value, fault = core.read(text)
  assert.is_nil(value)
  return fault
end

-- A client of each API whose transport brings `body` and keeps what was sent in `sent`.
local function canned(api, options)
  local client = { sent = {} }
  options.retries = 0
  options.transport = { send = function(request)
    client.sent[#client.sent + 1] = request
    return { status = client.status or 200, headers = {}, body = client.body }
  end }
  client.it = convoke[api](options)
  return client
end

local function file_text(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

describe("JSON text", function()
  if lfs.attributes(suite, "mode") == "directory" then
    describe("of the public test suite", function()
      local names = {}
      for name in lfs.dir(suite) do
        if name:find "%.json$" then names[#names + 1] = name end
      end
      table.sort(names)

      it("is accepted and refused as the suite says", function()
        local wrong, seen = {}, 0
        for _, name in ipairs(names) do
          local value, fault = core.read(file_text(suite .. "/" .. name))
          seen = seen + 1
          if name:find "^y_" and value == nil then wrong[#wrong + 1] = name .. ": " .. fault end
          if name:find "^n_" and value ~= nil then wrong[#wrong + 1] = name .. " was read" end
          assert(value == nil or fault == nil, name)
          if fault then assert.match(" at byte %d+$", fault) end
        end
        assert.same({}, wrong)
        assert.is_true(seen >= 318)
      end)

      it("where either is allowed, is refused unless its value is certain", function()
        local accepted = {}
        for _, name in ipairs(names) do
          if name:find "^i_" and core.read(file_text(suite .. "/" .. name)) ~= nil then
            accepted[#accepted + 1] = name
          end
        end
        assert.same({
          "i_number_double_huge_neg_exp.json", -- is 0
          "i_number_real_underflow.json", -- is 0
          "i_number_too_big_neg_int.json",
          "i_number_too_big_pos_int.json",
          "i_number_very_big_negative_int.json",
        }, accepted)
      end)
    end)
  end

  it("names what is wrong and the byte where it is", function()
    assert.equal("a string without its closing quote at byte 6", fault_of '{"a":"b')
    assert.equal("a wrong escape in a string at byte 3", fault_of '["\\x"]')
    assert.equal("text after the value at byte 4", fault_of "{} x")
    assert.equal("an end where a value should be at byte 1", fault_of "")
    assert.equal("a control character in a string at byte 3", fault_of '["\n"]')
    assert.equal("a string that is not valid UTF-8 at byte 2", fault_of '"\255"')
    assert.equal("an object without a key at byte 8", fault_of '{"a":1,}')
    assert.equal("a key without a colon at byte 6", fault_of '{"a" 1}')
    for _, text in ipairs { "[01]", "[-00]", "[00.5]" } do
      assert.match("^a number that begins with a zero too many at byte %d$", fault_of(text))
    end
  end)

  it("holds strings with every escape", function()
    assert.equal('"\\/\b\f\n\r\t', read [["\"\\\/\b\f\n\r\t"]])
    assert.equal("\0a\195\169\226\130\172\240\157\132\158",
      read [["\u0000\u0061\u00e9\u20AC\uD834\uDD1E"]])
    for size = 0, 70 do -- over the ends of what is looked at together
      local text = ("x"):rep(size)
      assert.equal(text, read('"' .. text .. '"'))
      assert.equal(text .. "\n" .. text, read('"' .. text .. "\\n" .. text .. '"'))
      assert.equal(text .. "é", read('"' .. text .. 'é"'))
    end
    local long = ("é\n"):rep(5000)
    assert.equal(long, read('"' .. long:gsub("\n", "\\n") .. '"'))
  end)

  it("has half surrogate pairs refused", function()
    for _, text in ipairs { [["\ud800"]], [["\udc00"]], [["\ud800\u0041"]], [["\ud800x"]] } do
      assert.match("^a wrong escape", fault_of(text))
    end
  end)

  it("takes the last of equal keys", function()
    assert.equal(2, read('{"a":1,"a":2}').a)
    assert.equal(null, read('{"a":1,"a":null}').a)
    local clerk = canned("clerk", { secret_key = "sk_test_1" })
    clerk.body = '{"id":"a","id":"b","url":"u","url":null,"\\u0069d":"c"}'
    assert.same({ id = "c" }, (clerk.it.invitations:revoke "inv"))
  end)

  it("may be nested two hundred levels, and no deeper", function()
    local function nested(levels) return ("["):rep(levels) .. ("]"):rep(levels) end
    assert.is_table(read(nested(200)))
    assert.match("^a value nested too deep", fault_of(nested(201)))
    assert.match("^a value nested too deep", fault_of(nested(1000000)))
  end)

  it("is not read beyond its end", function()
    for _, text in ipairs { "[1", "[1,", '{"a"', '{"a":', "tru", "-", "1.", "1e", '"\\u00', "[" } do
      assert.is_string(fault_of(text))
    end
  end)
end)

describe("numbers of JSON text", function()
  -- How a number prints that must be exact.
  local function exact(text)
    local value = read("[" .. text .. "]")[1]
    if type(value) == "number" then return ("%d"):format(value) end
    return tostring(value)
  end

  it("that are whole are exact over all of 64 bits", function()
    for _, text in ipairs { "0", "7", "-7", "9007199254740991", "9007199254740992",
      "9007199254740993", "-9007199254740993", "9223372036854775807", "-9223372036854775808",
      "1732060800000", "999999999999999999" } do
      assert.equal(text, exact(text))
    end
  end)

  if has_integers then
    it("that are whole are integers, with a fraction or exponent floats", function()
      assert.equal("integer", math.type(read "5"))
      assert.equal("float", math.type(read "5.0"))
      assert.equal("float", math.type(read "5e2"))
      assert.equal("float", math.type(read "-0"))
    end)
  else
    it("beyond what a double holds are int64 values", function()
      assert.equal("number", type(read "9007199254740992"))
      assert.equal(int64 "9007199254740993", read "9007199254740993")
      assert.is_true(read "9007199254740993" < read "9007199254740995")
    end)
  end

  it("beyond 64 bits are the nearest double", function()
    assert.equal(2 ^ 63, read "9223372036854775808")
    assert.equal(-2 ^ 63 * 2, read "-18446744073709551616")
    assert.equal(1e30, read "1000000000000000000000000000000")
  end)

  it("with fractions are the nearest double", function()
    for text, value in pairs { ["0.1"] = 0.1, ["-2.5e-3"] = -0.0025, ["1e22"] = 1e22,
      ["1e23"] = 1e23, ["123456789012345678e-5"] = 1234567890123.45678,
      ["2.2250738585072014e-308"] = 2.2250738585072014e-308, ["5e-324"] = 5e-324,
      ["1.7976931348623157e308"] = 1.7976931348623157e308, ["9007199254740993.0"] = 2 ^ 53,
      ["0.30000000000000004"] = 0.1 + 0.2, ["1.00000000000000011102230246251565"] = 1 } do
      assert.equal(value, read(text), text)
    end
    local half = "1.00000000000000011102230246251565404236316680908203125" -- between two doubles
    assert.equal(1, read(half))
    assert.equal(1 + 2 ^ -52, read(half .. ("0"):rep(800) .. "1"))
    assert.equal(-math.huge, 1 / read "-0.0")
    assert.match("^a number too large", fault_of "1e309")
  end)

  it("are read the same in a locale whose decimal point is a comma", function()
    local before = os.setlocale(nil, "numeric")
    local changed
    for _, name in ipairs { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE" } do
      changed = changed or os.setlocale(name, "numeric")
    end
    local value = read "0.1234567890123456789"
    os.setlocale(before, "numeric")
    assert.equal(0.12345678901234568, value)
  end)

  it("that a model calls a number are floats, whatever their text", function()
    local edgegap = canned("edgegap", { token = "t" })
    edgegap.body = '{"session_users":[{"ip":"a","latitude":45,"longitude":9007199254740993}]}'
    local user = assert(edgegap.it.sessions:users "s").session_users[1]
    assert.equal(45, user.latitude)
    assert.equal(2 ^ 53, user.longitude)
    if has_integers then assert.equal("float", math.type(user.latitude)) end
  end)

  it("that a model calls an integer are exact, or the answer cannot be read", function()
    local clerk = canned("clerk", { secret_key = "sk_test_1" })
    clerk.body = '{"id":"i","created_at":9007199254740993}'
    assert.equal("9007199254740993", tostring(clerk.it.invitations:revoke("i").created_at))
    clerk.body = '{"id":"i","created_at":1.5e3,"updated_at":2.5}'
    local invitation = clerk.it.invitations:revoke "i"
    assert.equal("1500", tostring(invitation.created_at))
    assert.equal(2.5, invitation.updated_at)
    clerk.body = '{"id":"i","created_at":9223372036854775808}'
    local value, err = clerk.it.invitations:revoke "i"
    assert.is_nil(value)
    assert.equal("decode", err.kind)
    assert.match("an integer beyond 64 bits at byte 24", err.message, 1, true)
  end)
end)

describe("free-form values of answers", function()
  it("bear the marks of arrays and objects at every depth", function()
    local value = read '{"a":[],"b":{},"c":[{"d":[]}]}'
    local list, names = getmetatable(array {}), getmetatable(object {})
    assert.equal(names, getmetatable(value))
    assert.equal(list, getmetatable(value.a))
    assert.equal(names, getmetatable(value.b))
    assert.equal(list, getmetatable(value.c))
    assert.equal(list, getmetatable(value.c[1].d))
  end)

  it("hold convoke.null at every depth, in unknown fields too", function()
    local clerk = canned("clerk", { secret_key = "sk_test_1" })
    clerk.body = '{"id":"i","public_metadata":{"a":null,"b":[null,{"c":null}]},"new":{"a":null}}'
    local invitation = assert(clerk.it.invitations:revoke "i")
    assert.equal(null, invitation.public_metadata.a)
    assert.equal(null, invitation.public_metadata.b[1])
    assert.equal(null, invitation.public_metadata.b[2].c)
    assert.equal(null, invitation.new.a)
  end)
end)

describe("what is read", function()
  -- The same text again, through any operation with a free-form field.
  it("can be sent again unchanged to Clerk", function()
    local clerk = canned("clerk", { secret_key = "sk_test_1" })
    for _, text in ipairs { '{"tags":[]}', '{"n":9007199254740993}', '{"o":{}}', '{"x":null}',
      '{"deep":[[],{"a":[null]}]}', '{"f":0.1}', '{"z":-9223372036854775808}' } do
      clerk.body = '{"id":"i","public_metadata":' .. text .. "}"
      local invitation = assert(clerk.it.invitations:revoke "i")
      assert(clerk.it.invitations:create { email_address = "a",
        public_metadata = invitation.public_metadata })
      assert.equal('{"email_address":"a","public_metadata":' .. text .. "}",
        clerk.sent[#clerk.sent].body)
    end
  end)

  it("stays what it is when it is emptied", function()
    local clerk = canned("clerk", { secret_key = "sk_test_1" })
    clerk.body = '{"id":"i","public_metadata":{"tags":["x"],"o":{"a":1}}}'
    local metadata = assert(clerk.it.invitations:revoke "i").public_metadata
    metadata.tags[1], metadata.o.a = nil, nil
    assert(clerk.it.invitations:create { email_address = "a", public_metadata = metadata })
    local body = clerk.sent[#clerk.sent].body
    assert.is_truthy(body:find('"tags":[]', 1, true), body)
    assert.is_truthy(body:find('"o":{}', 1, true), body)
  end)

  it("can be sent again unchanged to Convex, with its own types", function()
    local convex = canned("convex", { url = "http://127.0.0.1:1" })
    for _, text in ipairs { '{"$integer":"AQAAAAAAIAA="}', '{"$bytes":"AAEC"}', '{"$bytes":""}',
      '{"$float":"AAAAAAAA8H8="}', '{"$float":"AAAAAAAA8P8="}', '{"$float":"AAAAAAAAAIA="}',
      "[]", "{}", "[null]", "7", "0.5", '"7"' } do
      convex.body = '{"status":"success","value":{"v":' .. text .. "}}"
      local value = assert(convex.it:query("m:f", {}))
      assert(convex.it:mutation("m:f", value))
      assert.equal('{"path":"m:f","args":[{"v":' .. text .. '}],"format":"convex_encoded_json"}',
        convex.sent[#convex.sent].body)
    end
  end)

  it("can be sent again unchanged to Edgegap, CVAT and Gencove", function()
    local edgegap = canned("edgegap", { token = "t" })
    edgegap.body = '{"session_id":"s","status":"Ready","filters":[],"selectors":[]}'
    local session = assert(edgegap.it.sessions:get "s")
    assert.same({}, session.filters)
    assert(edgegap.it.sessions:create { app_name = "g", filters = session.filters,
      selectors = session.selectors })
    local body = edgegap.sent[#edgegap.sent].body
    assert.is_truthy(body:find('"filters":[]', 1, true), body)
    assert.is_truthy(body:find('"selectors":[]', 1, true), body)
    local cvat = canned("cvat", { url = "http://127.0.0.1:1", token = "t" })
    cvat.body = '{"role":"worker","organization_info":{"ids":[],"n":9007199254740993}}'
    local invitation = assert(cvat.it.invitations:get "k")
    assert.equal("9007199254740993", tostring(invitation.organization_info.n))
    local gencove = canned("gencove", { api_key = "k" })
    gencove.body = '{"meta":{"count":0,"extra":{"a":[]}},"results":[]}'
    local page = assert(gencove.it.invitations:list {})
    assert.equal(getmetatable(array {}), getmetatable(page.meta.extra.a))
  end)
end)

describe("values of Convex", function()
  local convex

  before_each(function() convex = canned("convex", { url = "http://127.0.0.1:1" }) end)

  local function queried(text)
    convex.body = '{"status":"success","value":' .. text .. "}"
    return (convex.it:query("m:f", {}))
  end

  it("are int64 values where they are Int64, on every Lua", function()
    local value = queried '{"$integer":"BwAAAAAAAAA="}'
    assert.equal(int64(7), value)
    assert.equal("7", tostring(value))
    assert.equal(7, value:tonumber())
    assert.is_true(value < int64(8))
    assert.is_true(queried '{"$integer":"/////////38="}' == int64 "9223372036854775807")
  end)

  it("are floats where they are Float64", function()
    assert.equal(7, queried "7")
    if has_integers then assert.equal("float", math.type(queried "7")) end
    local nan = queried '{"$float":"AAAAAAAA+H8="}'
    assert.is_true(nan ~= nan)
    assert.equal(math.huge, queried '{"$float":"AAAAAAAA8H8="}')
    assert.equal(-math.huge, 1 / queried '{"$float":"AAAAAAAAAIA="}')
  end)

  it("are bytes where they are Bytes", function()
    local value = queried '{"$bytes":"AAEC"}'
    assert.equal("\0\1\2", value:raw())
    assert.equal(convoke.bytes "\0\1\2", value)
  end)

  it("are kept as they come where the wrapper is unknown or wrong", function()
    assert.same({ ["$set"] = { 1 } }, queried '{"$set":[1]}')
    assert.same({ ["$integer"] = "AQ==" }, queried '{"$integer":"AQ=="}')
    assert.same({ ["$bytes"] = "A" }, queried '{"$bytes":"A"}')
    assert.same({ ["$integer"] = "BwAAAAAAAAA=", b = 1 },
      queried '{"$integer":"BwAAAAAAAAA=","b":1}')
  end)

  it("are in errors, too", function()
    convex.body = '{"status":"error","errorMessage":"m",'
      .. '"errorData":{"n":{"$integer":"BwAAAAAAAAA="}}}'
    local value, err = convex.it:mutation("m:f", {})
    assert.is_nil(value)
    assert.equal(int64(7), err.data.n)
  end)

  if has_integers then
    it("that a Float64 cannot hold are refused, and an int64 is named", function()
      for _, n in ipairs { 9007199254740993, math.maxinteger, -9007199254740993 } do
        local value, err = convex.it:mutation("m:f", { n = n })
        assert.is_nil(value)
        assert.equal("invalid", err.kind)
        assert.equal("args.n", err.fields[1].field)
        assert.match("convoke.int64", err.message, 1, true)
      end
      convex.body = '{"status":"success","value":null}'
      assert(convex.it:mutation("m:f", { n = math.mininteger }))
      assert(convex.it:mutation("m:f", { n = 9007199254740992 }))
    end)
  end

  it("beyond the vendor's limits are refused before anything is sent", function()
    local function refused(args, words)
      local value, err = convex.it:mutation("m:f", args)
      assert.is_nil(value)
      assert.equal("invalid", err.kind)
      assert.is_truthy(err.message:find(words, 1, true), err.message)
    end
    local deep = {}
    for _ = 1, 64 do deep = { deep } end
    refused({ v = deep }, "64 levels")
    local long, wide = {}, {}
    for i = 1, 8193 do long[i] = i end
    for i = 1, 1025 do wide["f" .. i] = i end
    refused({ v = long }, "8192 elements")
    refused({ v = wide }, "1024 fields")
    refused({ ["é"] = 1 }, "printable ASCII")
    refused({ [("x"):rep(1025)] = 1 }, "1024 bytes")
    refused({ ["$a"] = 1 }, "$")
    assert.equal(0, #convex.sent)
    long[8193], wide.f1025 = nil, nil
    convex.body = '{"status":"success","value":null}'
    assert(convex.it:mutation("m:f", { a = long, b = wide }))
  end)
end)

describe("int64 values", function()
  it("compare exactly among themselves", function()
    local one, other = int64 "9007199254740993", int64 "9007199254740992"
    assert.is_true(one == int64 "9007199254740993")
    assert.is_false(one == other)
    assert.is_true(other < one)
    assert.is_true(other <= one)
    assert.is_false(one < other)
    assert.is_true(int64(-1) < int64(0))
    assert.equal(one, int64(one))
  end)

  it("are sent with every digit wherever a number goes", function()
    local clerk = canned("clerk", { secret_key = "sk_test_1" })
    clerk.body = '{"id":"i"}'
    assert(clerk.it.invitations:create { email_address = "a", expires_in_days = int64(7),
      public_metadata = { n = int64 "9223372036854775807" } })
    assert.equal('{"email_address":"a","public_metadata":{"n":9223372036854775807},'
      .. '"expires_in_days":7}', clerk.sent[1].body)
    local _, err = clerk.it.invitations:create { email_address = "a", expires_in_days = int64(400) }
    assert.equal("expires_in_days", err.fields[1].field)
    clerk.body = "[]"
    assert(clerk.it.invitations:list { limit = int64(20) })
    assert.match("limit=20$", clerk.sent[#clerk.sent].url)
  end)
end)

describe("answers in a program that has changed lua-cjson", function()
  local cjson = require "cjson"
  local kept, hostile = {}, function() error("the program's own function was called", 0) end

  setup(function()
    cjson.decode_max_depth(2)
    for _, name in ipairs { "decode", "encode", "new" } do
      kept[name], cjson[name] = cjson[name], hostile
    end
  end)

  teardown(function()
    for name, original in pairs(kept) do cjson[name] = original end
    cjson.decode_max_depth(1000)
  end)

  it("are the same, and can be sent again", function()
    local clerk = canned("clerk", { secret_key = "sk_test_1" })
    clerk.body = '{"id":"i","public_metadata":{"a":[[[[{"b":[]}]]]],"n":null}}'
    local made = clerk.it.invitations:create { email_address = "a" }
    assert.same({ { { { { b = {} } } } } }, made.public_metadata.a)
    assert.equal(null, made.public_metadata.n)
    assert(clerk.it.invitations:create { email_address = "a",
      public_metadata = { v = made.public_metadata.a } })
    assert.is_truthy(clerk.sent[2].body:find('{"v":[[[[{"b":[]}]]]]}', 1, true))
  end)

  it("are the same errors", function()
    local clerk = canned("clerk", { secret_key = "sk_test_1" })
    clerk.status = 422
    clerk.body = '{"errors":[{"code":"c","message":"m","meta":{"a":{"b":[[1]]}}}]}'
    local _, err = clerk.it.invitations:create { email_address = "a" }
    assert.equal("c", err.code)
    local convex = canned("convex", { url = "https://a.convex.cloud", token = "token" })
    local thrown = '{"name":"ConvexError","data":{"code":"TAKEN","more":[[[]]]}}'
    convex.body = ('{"status":"error","errorMessage":"Uncaught Error: ConvexError %s"}')
      :format((thrown:gsub('"', '\\"')))
    _, err = convex.it:mutation("m:f", {})
    assert.equal("TAKEN", err.code)
  end)
end)
