-- Values in requests: from Lua to JSON with every fault found.

local answers = require "spec.support.answers"
local cjson = require "cjson"
local convoke = require "convoke"
local echo_server = require "spec.support.echo_server"
local refusals = require "spec.support.refusals"

local null, array, object = convoke.null, convoke.array, convoke.object
local has_integers = math.type ~= nil

describe("values", function()
  local server, clerk, convex, cvat, edgegap, gencove

  setup(function()
    server = echo_server.start()
    local url = server.url
    clerk = convoke.clerk { url = url, secret_key = "sk_test_1", retries = 0 }
    convex = convoke.convex { url = url, token = "token", retries = 0 }
    cvat = convoke.cvat { url = url, token = "token", retries = 0 }
    edgegap = convoke.edgegap { url = url, token = "token", retries = 0 }
    gencove = convoke.gencove { url = url, api_key = "token", retries = 0 }
  end)
  teardown(function() server:stop() end)

  before_each(function()
    server:answer { body = answers.any }
    server:requests()
  end)

  -- The JSON text of free-form values as they arrive.
  local function written(metadata)
    local answer, err = clerk.invitations:create { email_address = "a", public_metadata = metadata }
    assert.is_nil(err and tostring(err))
    assert.is_table(answer)
    local body = server:request().body
    return (body:match '^{"email_address":"a","public_metadata":(.*)}$')
  end

  local function written_one(value)
    return (written { v = value }:match '^{"v":(.*)}$')
  end

  local function refused(...) return refusals.all(server, ...) end
  local function refused_one(...) return refusals.one(server, ...) end

  -- Free-form metadata that is refused.
  local function metadata_refused(field, words, metadata)
    refused_one(field, words,
      clerk.invitations:create { email_address = "a", public_metadata = metadata })
  end

  describe("in requests", function()
    it("that are absent stay absent", function()
      assert(clerk.invitations:create { email_address = "a" })
      assert.equal('{"email_address":"a"}', server:request().body)
    end)

    it("of convoke.null are sent as null where the field allows it", function()
      assert.equal(cjson.null, null)
      assert(clerk.invitations:create { email_address = "a", notify = null,
        ignore_existing = cjson.null, expires_in_days = null })
      assert.equal('{"email_address":"a","notify":null,"ignore_existing":null,'
        .. '"expires_in_days":null}', server:request().body)
    end)

    it("of convoke.null are refused where the field does not allow it", function()
      refused_one("redirect_url", "may not be null",
        clerk.invitations:create { email_address = "a", redirect_url = null })
      refused_one("public_metadata", "may not be null",
        clerk.invitations:create { email_address = "a", public_metadata = null })
      refused_one("ip_list", "may not be null", edgegap.sessions:add_users("s", { ip_list = null }))
      refused_one("ip_list[2]", "may not be null",
        edgegap.sessions:add_users("s", { ip_list = { "1.2.3.4", null } }))
      refused_one("status", "null", clerk.invitations:list { status = null })
      refused_one("invitation_id", "null", clerk.invitations:revoke(null))
      refused_one("terminal.executionTime", "may not be null", convex.editor_snapshots:create {
        sessionId = "s",
        editor = { language = "", content = "", lastUpdated = 0, functionName = "",
          inputParameters = {} },
        terminal = { output = "", isError = false, executionTime = null },
      })
    end)

    it("that are empty tables are [] in array fields and {} in object fields", function()
      assert(edgegap.sessions:add_users("s", { ip_list = {} }))
      assert.equal('{"ip_list":[]}', server:request().body)
      assert.equal("{}", written {})
      assert.equal('{"v":{}}', written { v = {} })
      assert.equal('{"v":[]}', written { v = array {} })
      assert.equal('{"v":[]}', written { v = array() })
      assert.equal('{"v":{}}', written { v = object {} })
      assert.equal("{}", written(object {}))
    end)

    it("of free form are arrays or objects as marked, or as their keys are", function()
      assert.equal("[1,2]", written_one { 1, 2 })
      assert.equal('[{"a":1}]', written_one { { a = 1 } })
      assert.equal("[null,null]", written_one { null, null })
      assert.equal("null", written_one(null))
      assert.equal("[[]]", written_one(array { array {} }))
      assert.equal("[[],{}]", written_one { array {}, object {} })
      local t = {}
      assert.equal(t, array(t))
      assert.equal(t, object(t))
      assert.equal("{}", written_one(t))
      assert.equal("[]", written_one(array(t)))
    end)

    it("whose names are a field's but for a zero byte are refused", function()
      local _, err = clerk.invitations:create { email_address = "a", ["email_address\0x"] = "b" }
      assert.equal("invalid", err.kind)
      assert.matches("its name has a zero byte", err.message)
    end)

    it("that are marked but not so are refused", function()
      metadata_refused("public_metadata.v", "must be a list", { v = array { a = 1 } })
      metadata_refused("public_metadata.v", "no text", { v = object { 1 } })
      metadata_refused("public_metadata", "must be an object, not a list", array {})
      refused_one("ip_list", "must be a list, not an object",
        edgegap.sessions:add_users("s", { ip_list = object {} }))
      refused_one("location", "must be an object, not a list",
        edgegap.sessions:create { app_name = "a", location = array {} })
    end)

    it("cannot be marked when they have a metatable of their own, or are no tables", function()
      assert.is_false(pcall(array, setmetatable({}, {})))
      assert.is_false(pcall(object, setmetatable({}, {})))
      assert.is_false(pcall(array, "x"))
      assert.is_false(pcall(object, 5))
    end)

    it("that are whole numbers have no point and no exponent", function()
      assert.equal("0", written_one(0))
      assert.equal("-7", written_one(-7))
      assert.equal("3", written_one(3.0))
      assert.equal("1732060800000", written_one(1732060800000))
      assert.equal("1732060800000", written_one(1732060800000.0))
      assert.equal("9007199254740992", written_one(9007199254740992))
      assert.equal("-123456789012345", written_one(-123456789012345))
    end)

    if has_integers then
      it("that are 64-bit integers arrive to the last digit", function()
        assert.equal("9223372036854775807", written_one(math.maxinteger))
        assert.equal("-9223372036854775808", written_one(math.mininteger))
        assert.equal("9007199254740993", written_one(9007199254740993))
      end)
    end

    it("that are fractions have the shortest form that reads back equal", function()
      assert.equal("0.1", written_one(0.1))
      assert.equal("-0.5", written_one(-0.5))
      assert.equal("0.3333333333333333", written_one(1 / 3))
      assert.equal("3.141592653589793", written_one(math.pi))
      assert.equal("1e100", written_one(1e100))
      assert.equal("1.5e-7", written_one(1.5e-7))
      assert.equal("5e-324", tostring(tonumber(written_one(5e-324)) == 5e-324 and "5e-324"))
      assert.equal("1.7976931348623157e308", written_one(1.7976931348623157e308))
      assert.equal("0.30000000000000004", written_one(0.1 + 0.2))
      assert.equal(2 ^ 63, tonumber(written_one(2 ^ 63)))
      assert.equal(-math.huge, 1 / tonumber((written_one(-0.0):gsub("^-0$", "-0.0"))))
    end)

    it("that are numbers read back equal, whatever they are", function()
      math.randomseed(7)
      local numbers = {}
      for i = 1, 2000 do
        numbers[i] = (math.random() - 0.5) * 10 ^ math.random(-300, 300)
        if i % 4 == 0 then numbers[i] = math.random(1, 2 ^ 31 - 1) * math.random(1, 2 ^ 21) end
        if i % 7 == 0 then numbers[i] = math.random(-999, 999) / 100 end
      end
      local text = written_one(numbers)
      local back, longest = {}, 0
      for number in text:gmatch "[^%[%],]+" do
        back[#back + 1] = tonumber(number)
        longest = math.max(longest, #number)
        assert(number:match "^%-?%d+$" or number:match "^%-?%d+%.?%d*e?%-?%d*$", number)
        assert.is_nil(number:match "^%-?0%d")
      end
      assert.equal(#numbers, #back)
      for i = 1, #numbers do
        if numbers[i] ~= back[i] then error(("%.17g became %.17g"):format(numbers[i], back[i])) end
      end
      assert.is_true(longest <= 24)
    end)

    it("that are strings are escaped as JSON wants", function()
      assert.equal([["\"\\\b\f\n\r\t\u0000\u0001\u000b\u001f/]] .. '\127"',
        written_one('"\\\b\f\n\r\t\0\1\11\31/\127'))
      assert.equal('"é€𝄞"', written_one "é€𝄞")
      assert.equal('"\226\128\168"', written_one "\226\128\168") -- a line separator
      assert.equal('{"a\\"b\\u0000":1}', written { ['a"b\0'] = 1 })
      assert.equal('""', written_one "")
    end)

    it("that are strings read back equal, whatever they are", function()
      math.randomseed(11)
      local sample = { "é", "ß", "€", "𝄞", '"', "\\", "/", "\0", "\n", "\127", "a", " ",
        "</script>" }
      local strings = {}
      for i = 1, 300 do
        local parts = {}
        for j = 1, math.random(0, 40) do
          parts[j] = math.random() < 0.5 and sample[math.random(#sample)]
            or string.char(math.random(0, 127))
        end
        strings[i] = table.concat(parts)
      end
      assert.same(strings, cjson.decode(written_one(strings)))
    end)

    it("of any shape read back equal", function()
      math.randomseed(13)
      local function value(depth)
        local kind = math.random(depth > 4 and 4 or 6)
        if kind == 1 then return math.random(-1000, 1000) / 8 end
        if kind == 2 then return ("k"):rep(math.random(0, 9)) end
        if kind == 3 then return math.random() < 0.5 end
        if kind == 4 then return null end
        local made = {}
        for i = 1, math.random(1, 5) do
          made[kind == 5 and i or "k" .. i .. ("%c\"."):rep(i % 3)] = value(depth + 1)
        end
        return made
      end
      for _ = 1, 60 do
        local metadata = { v = value(0) }
        assert.same(metadata, cjson.decode(written(metadata)))
      end
    end)

    it("may be nested to two hundred levels, and no deeper", function()
      local function nested(levels)
        local made = { 1 }
        for _ = 2, levels do made = { made } end
        return made
      end
      assert.equal(("["):rep(190) .. "1" .. ("]"):rep(190), written_one(nested(190)))
      local lines = refused(clerk.invitations:create { email_address = "a",
        public_metadata = { v = nested(250) } })
      assert.equal(1, #lines)
      assert(lines[1]:find("200 levels", 1, true))
      refused(clerk.invitations:create { email_address = "a",
        public_metadata = { v = nested(100000) } })
    end)

    it("that hold themselves are refused", function()
      local loop = {}
      loop.self = loop
      metadata_refused("public_metadata.self", "contains itself", loop)
      local list = {}
      list[1] = { list }
      metadata_refused("public_metadata.v[1][1]", "contains itself", { v = list })
      local params = { email_address = "a" }
      params.public_metadata = params
      local points = {}
      points[1] = points
      refused_one("geo_ip_list[1]", "contains itself",
        edgegap.sessions:create { app_name = "a", geo_ip_list = points })
      refused_one("public_metadata.public_metadata", "contains itself",
        clerk.invitations:create(params))
      local shared = { 1 }
      assert.equal("[[1],[1]]", written_one { shared, shared })
    end)

    it("that JSON cannot hold are refused with their path", function()
      metadata_refused("public_metadata.v", "function", { v = print })
      local thread = coroutine.create(function() end)
      metadata_refused("public_metadata.v[2]", "thread", { v = { 1, thread } })
      metadata_refused("public_metadata.v", "userdata", { v = io.stdout })
      metadata_refused("public_metadata.v", "finite", { v = 0 / 0 })
      metadata_refused("public_metadata.v", "finite", { v = math.huge })
      metadata_refused("public_metadata.v", "finite", { v = -math.huge })
      metadata_refused("public_metadata.v", "holes", { v = { 1, nil, 3 } })
      metadata_refused("public_metadata.v", "holes", { v = { [2] = 1 } })
      metadata_refused("public_metadata.v", "mixes", { v = { 1, a = 2 } })
      metadata_refused("public_metadata.v", "neither", { v = { [1.5] = 1 } })
      metadata_refused("public_metadata.v", "neither", { v = { [0] = 1 } })
      metadata_refused("public_metadata.v", "neither", { v = { [true] = 1 } })
      metadata_refused("public_metadata", "not a list", { 1, 2 })
      metadata_refused("public_metadata.v", "UTF-8", { v = "\255" })
      metadata_refused("public_metadata", "UTF-8", { ["\255"] = 1 })
      metadata_refused("public_metadata.v[1]", "Convex", { v = { convoke.bytes "x" } })
    end)

    it("that are not UTF-8 in any way are refused", function()
      for _, text in ipairs { "\128", "\192\128", "\193\191", "\194", "\224\128\128", "\226\130",
        "\237\160\128", "\240\128\128\128", "\244\144\128\128", "\245\128\128\128", "a\254b" } do
        metadata_refused("public_metadata.v", "UTF-8", { v = text })
      end
      refused_one("email_address", "UTF-8", clerk.invitations:create { email_address = "\255" })
      refused_one("query", "UTF-8", clerk.invitations:list { query = "\255" })
      refused_one("invitation_id", "UTF-8", clerk.invitations:revoke "\255")
    end)

    it("that are required and missing are named", function()
      refused_one("email_address", "required", clerk.invitations:create())
      refused_one("email_address", "required", clerk.invitations:create {})
      refused_one("invitation_id", "required", clerk.invitations:revoke())
      refused_one("invitation_id", "required", clerk.invitations:revoke(nil))
      refused_one("invitation_id", "required", clerk.invitations:revoke {})
      refused_one("path", "required", convex:mutation())
      refused_one("filters", "required", edgegap.sessions:bulk_stop {})
      refused_one("filters[1].values", "required", edgegap.sessions:bulk_stop { filters = {
        { field = "session_id", filter_type = "any" } } })
      refused_one("organization.name", "required",
        gencove.invitations:accept("t", { organization = {} }))
    end)

    it("of wrong types are named with what is wanted", function()
      refused_one("email_address", "a string, not number",
        clerk.invitations:create { email_address = 5 })
      refused_one("notify", "a boolean, not string",
        clerk.invitations:create { email_address = "a", notify = "true" })
      refused_one("expires_in_days", "a number, not string",
        clerk.invitations:create { email_address = "a", expires_in_days = "30" })
      refused_one("public_metadata", "an object, not string",
        clerk.invitations:create { email_address = "a", public_metadata = "{}" })
      refused_one("ip_list", "a list, not string",
        edgegap.sessions:add_users("s", { ip_list = "1.2.3.4" }))
      refused_one("ip_list[2]", "a string, not number",
        edgegap.sessions:add_users("s", { ip_list = { "a", 2 } }))
      refused_one("location.latitude", "a number, not string",
        edgegap.sessions:create { app_name = "a", location = { latitude = "1", longitude = 2 } })
      refused_one("selectors[1].env", "an object, not boolean",
        edgegap.sessions:create { app_name = "a", selectors = { { tag = "t", env = true } } })
      refused_one("limit", "a number, not string", clerk.invitations:list { limit = "10" })
      refused_one("paginated", "a boolean, not number", clerk.invitations:list { paginated = 1 })
      refused_one("session_id", "a string, not number", edgegap.sessions:get(5))
      refused_one("session_id", "a string, not boolean", edgegap.sessions:get(false))
      refused_one("args", "an object, not number", convex:mutation("m:f", 5))
      refused_one("args", "an object, not a list", convex:mutation("m:f", { 1, 2 }))
      refused_one("page_size", "a number or one of: all",
        cvat.invitations:list { page_size = "most" })
    end)

    it("that are lists with holes, names or odd positions are refused", function()
      local function users(list) return edgegap.sessions:add_users("s", { ip_list = list }) end
      refused_one("ip_list", "holes", users { "a", nil, "c" })
      refused_one("ip_list", "not an object", users { a = "b" })
      refused_one("ip_list", "no positions", users { "a", n = 1 })
      refused_one("ip_list", "no positions", users { [1.5] = "a" })
      refused_one("ip_list", "no positions", users { [0] = "a", "b" })
      refused_one("ip_list", "int64", users(convoke.int64(1)))
      refused_one("ip_list", "Convex value", users(convoke.bytes "a"))
    end)

    it("that are whole numbers by contract may not be anything else", function()
      local function days(n)
        return clerk.invitations:create { email_address = "a", expires_in_days = n }
      end
      for _, n in ipairs { 1.5, 0 / 0, math.huge, -math.huge, 1e300, 30.000001 } do
        refused_one("expires_in_days", "whole number", days(n))
      end
      assert(days(30.0))
      assert.equal('{"email_address":"a","expires_in_days":30}', server:request().body)
      refused_one("limit", "whole number", clerk.invitations:list { limit = 1.5 })
      refused_one("org_id", "whole number", cvat.invitations:list { org_id = 0 / 0 })
    end)

    it("out of bounds are refused with the bounds", function()
      local function days(n)
        return clerk.invitations:create { email_address = "a", expires_in_days = n }
      end
      for _, n in ipairs { 0, 366, -5, 1e15 } do
        refused_one("expires_in_days", "from 1 to 365", days(n))
      end
      for _, n in ipairs { 1, 365 } do assert(days(n)) end
      server:requests()
      refused_one("limit", "from 1 to 500", clerk.invitations:list { limit = 501 })
      refused_one("offset", "at least 0", clerk.invitations:list { offset = -1 })
      refused_one("page", "at least 1", edgegap.sessions:list { page = 0 })
      refused_one("limit", "at least 1", gencove.invitations:list { limit = 0 })
    end)

    it("outside a closed set of words are refused with the words", function()
      refused_one("template_slug", "invitation, waitlist_invitation",
        clerk.invitations:create { email_address = "a", template_slug = "letter" })
      refused_one("status", "pending, accepted, revoked, expired",
        clerk.invitations:list { status = "Pending" })
      refused_one("role", "worker, supervisor, maintainer, owner",
        cvat.invitations:create { role = "king", email = "a@b.example" })
      local filters = {
        { field = "session_id", values = { "a" }, filter_type = "any" },
        { field = "session_id", values = { "a" }, filter_type = "none" },
      }
      refused_one("filters[2].filter_type", "any, all, not",
        edgegap.sessions:bulk_stop { filters = filters })
      refused_one("role", "admin, user", convex.admins:create_user_profile { role = "" })
    end)

    it("of a wrong length are refused, counted in characters", function()
      local function tag(text)
        return edgegap.sessions:create { app_name = "a", selectors = { { tag = text } } }
      end
      refused_one("selectors[1].tag", "must not be empty", tag "")
      refused_one("selectors[1].tag", "at most 20 characters", tag(("x"):rep(21)))
      assert(tag(("é"):rep(20)))
      server:requests()
      refused_one("email", "must not be empty", gencove.invitations:create { email = "" })
    end)

    it("of closed models may have no other fields, and the nearest is named", function()
      local _, err = refused(clerk.invitations:create { email_adress = "a" })
      local messages = {}
      for _, fault in ipairs(err.fields) do messages[fault.field] = fault.message end
      assert(messages.email_adress:find("did you mean email_address?", 1, true))
      assert(messages.email_address:find("required", 1, true))
      refused_one("location.lattitude", "did you mean latitude?", edgegap.sessions:create {
        app_name = "a", location = { latitude = 1, longitude = 2, lattitude = 3 } })
      refused_one("filters[1].xyz", "is not a field", edgegap.sessions:bulk_stop { filters = {
        { field = "session_id", values = { "s" }, filter_type = "any", xyz = 1 } } })
      refused_one("Status", "did you mean status?", clerk.invitations:list { Status = "pending" })
      refused_one("anything", "is not a field", clerk.invitations:revoke("inv", { anything = 1 }))
    end)

    it("at positions of a parameter table are refused", function()
      local lines = refused(clerk.invitations:create { "a@b.example" })
      assert.equal(2, #lines)
      local _, err = refused(clerk.invitations:list { "pending" })
      assert(err.fields[1].message:find("key 1", 1, true))
    end)

    it("with many faults are refused with all of them at once", function()
      local lines = refused(edgegap.sessions:create {
        version_name = 5,
        ip_list = { "a", 2, false },
        geo_ip_list = { { ip = "a" }, "b" },
        selectors = { { tag = "", tag_only = 1, env = { kye = "a", value = 2 } } },
        location = { latitude = 0 / 0, longitude = 1 },
        skip_telemetry = "no",
        unknown_one = true,
      })
      local fields = {}
      for i, line in ipairs(lines) do fields[i] = line:match "^(.-): " end
      assert.same({
        "app_name", "geo_ip_list[1].latitude", "geo_ip_list[1].longitude", "geo_ip_list[2]",
        "ip_list[2]", "ip_list[3]", "location.latitude", "selectors[1].env.key",
        "selectors[1].env.kye", "selectors[1].env.value", "selectors[1].tag",
        "selectors[1].tag_only", "skip_telemetry", "unknown_one", "version_name",
      }, fields)
    end)

    it("with faults under odd names are named so that they can be told apart", function()
      metadata_refused('public_metadata["a b"]', "function", { ["a b"] = print })
      metadata_refused('public_metadata["a.b"]', "function", { ["a.b"] = print })
      metadata_refused('public_metadata[""]', "function", { [""] = print })
      metadata_refused('public_metadata["1"]', "function", { ["1"] = print })
      metadata_refused('public_metadata["\\n"]', "function", { ["\n"] = print })
      local _, err = refused(clerk.invitations:create { email_address = "a",
        public_metadata = { [("é"):rep(100)] = print } })
      -- What is named is text, of whole characters.
      assert(clerk.invitations:create { email_address = err.fields[1].field })
    end)

    it("under names that are no text at all are refused without harm", function()
      for _, name in ipairs { ("\128"):rep(200), "\255", ("a\0"):rep(100) } do
        local lines = refused(clerk.invitations:list { [name] = 1 })
        assert.equal(1, #lines)
      end
    end)

    it("with a thousand faults are refused without harm", function()
      local list = {}
      for i = 1, 1000 do list[i] = i end
      local lines = refused(edgegap.sessions:add_users("s", { ip_list = list }))
      assert.equal(1000, #lines)
    end)

    it("that are false are values, not absent ones", function()
      assert(clerk.invitations:create { email_address = "a", notify = false })
      assert.equal('{"email_address":"a","notify":false}', server:request().body)
      assert.equal("false", written_one(false))
    end)

    it("of large sizes arrive whole", function()
      local text = ("0123456789"):rep(200000)
      assert.equal(text, cjson.decode(written_one(text)))
    end)

    it("that look like more than they are stay text", function()
      assert(clerk.invitations:create { email_address = 'a","notify":true,"x":"' })
      local body = cjson.decode(server:request().body)
      assert.same({ email_address = 'a","notify":true,"x":"' }, body)
    end)
  end)
end)
