-- Values in answers, as the models of the APIs have them.

local answers = require "spec.support.answers"
local cjson = require "cjson"
local convoke = require "convoke"
local echo_server = require "spec.support.echo_server"

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

  local function answered(body)
    server:answer { body = body }
  end

  describe("in answers", function()
    local function read(body, call)
      answered(body)
      local value, err = (call or function()
        return clerk.invitations:revoke "inv"
      end)()
      assert.is_nil(err and tostring(err))
      return value
    end

    local function mutate(value)
      return read('{"status":"success","value":' .. value .. "}", function()
        return convex:mutation "m:f"
      end)
    end

    local function assert_integer(expected, value)
      assert.equal(expected, value)
      if has_integers then assert.equal("integer", math.type(value)) end
    end

    it("that are whole are integers", function()
      local answer = read '{"id":"inv_1","created_at":1732060800000,"updated_at":1.7320608e12}'
      assert_integer(1732060800000, answer.created_at)
      assert_integer(1732060800000, answer.updated_at)
      assert.equal("1732060800000", ("%d"):format(answer.created_at))
      if has_integers then assert.equal("1732060800000", tostring(answer.created_at)) end
    end)

    it("that are whole are integers in unknown and in free-form fields too", function()
      local answer = read '{"new":5,"public_metadata":{"a":[1,2.5,{"b":-3}]},"more":{"c":7}}'
      assert_integer(5, answer.new)
      assert_integer(1, answer.public_metadata.a[1])
      assert.equal(2.5, answer.public_metadata.a[2])
      assert_integer(-3, answer.public_metadata.a[3].b)
      assert_integer(7, answer.more.c)
    end)

    it("that are numbers by contract stay numbers", function()
      local answer = read('{"session_users":[{"ip":"a","latitude":45,"longitude":-73.5}]}',
        function() return edgegap.sessions:users "s" end)
      assert.equal(45, answer.session_users[1].latitude)
      assert.equal(-73.5, answer.session_users[1].longitude)
      if has_integers then
        assert.equal("float", math.type(answer.session_users[1].latitude))
      end
    end)

    it("that are null are nil in models", function()
      local answer = read '{"id":"a","expires_at":null,"url":null,"revoked":null}'
      assert.same({ id = "a" }, answer)
      answer = read('{"count":1,"next":null,"results":[{"key":"k","owner":null}]}', function()
        return cvat.invitations:list()
      end)
      assert.same({ count = 1, results = { { key = "k" } } }, answer)
    end)

    it("that are null are convoke.null where they mean something", function()
      local answer = read '{"public_metadata":{"a":null,"b":[null]}}'
      assert.equal(null, answer.public_metadata.a)
      assert.equal(null, answer.public_metadata.b[1])
      assert.equal(null, mutate "null")
      assert.same({ null, { a = null } }, mutate '[null,{"a":null}]')
      assert.equal(null, read '{"status":"success","value":null}' and null)
    end)

    it("that are null as a whole are convoke.null", function()
      assert.equal(null, read "null")
      server:answer { body = '{"status":"success","value":null}' }
      assert.equal(null, (convex.sessions:start_session { sessionId = "s" }))
    end)

    it("that nobody knows yet are kept", function()
      local answer = read '{"id":"a","status":"postponed","brand_new":{"deep":["x"]},"flag":false}'
      assert.equal("postponed", answer.status)
      assert.same({ deep = { "x" } }, answer.brand_new)
      assert.is_false(answer.flag)
    end)

    it("of other types than promised are taken as they are", function()
      local answer = read '{"id":5,"created_at":"yesterday","public_metadata":[1],"revoked":"no"}'
      assert_integer(5, answer.id)
      assert.equal("yesterday", answer.created_at)
      assert.same({ 1 }, answer.public_metadata)
      assert.equal("no", answer.revoked)
      answer = read('{"count":"3","results":{"a":null}}', function()
        return cvat.invitations:list()
      end)
      assert.equal("3", answer.count)
      assert.is_table(answer.results)
      answer = read('{"session_id":"s","deployment":"none","session_users":{"x":{"ip":null}}}',
        function() return edgegap.sessions:get "s" end)
      assert.equal("none", answer.deployment)
      answer = read('{"kind":7,'
        .. '"deployment":{"ports":{"game":{"external":30000,"proxy":null}},"fqdn":1}}',
        function() return edgegap.sessions:get "s" end)
      assert.same({ ports = { game = { external = 30000 } }, fqdn = 1 }, answer.deployment)
      assert_integer(30000, answer.deployment.ports.game.external)
    end)

    it("of Clerk's two list shapes are both understood", function()
      local function list() return clerk.invitations:list() end
      assert.same({}, read("[]", list))
      local answer = read('[{"id":"a","created_at":1,"url":null}]', list)
      assert.same({ { id = "a", created_at = 1 } }, answer)
      assert_integer(1, answer[1].created_at)
      answer = read('{"data":[{"id":"a","created_at":1e3,"url":null}],"total_count":1}', list)
      assert.same({ data = { { id = "a", created_at = 1000 } }, total_count = 1 }, answer)
      assert_integer(1000, answer.data[1].created_at)
    end)

    it("of another kind as a whole are an error that shows them", function()
      for _, body in ipairs { "5", '"text"', "true", "[1,2]" } do
        answered(body)
        local value, err, meta = clerk.invitations:revoke "inv"
        assert.is_nil(value)
        assert.is_nil(meta)
        assert.equal("decode", err.kind)
        assert.equal("unknown", err.outcome)
        assert.equal(200, err.status)
        assert.equal(body, err.body)
      end
    end)

    it("of free form may be anything", function()
      assert.equal("text", mutate '"text"')
      assert.is_true(mutate "true")
      assert.equal(2.5, mutate "2.5")
      assert.equal(12, mutate "12")
      assert.same({}, mutate "[]")
      assert.same({ a = { 1, { b = "é" } } }, mutate '{"a":[1,{"b":"\\u00e9"}]}')
      assert.equal("9223372036854775807", mutate '"9223372036854775807"')
      assert.equal("NaN", mutate '"NaN"')
    end)

    it("that are false are no failure", function()
      answered '{"status":"success","value":false}'
      local value, err, meta = convex:mutation "m:f"
      assert.is_false(value)
      assert.is_nil(err)
      assert.equal(200, meta.status)
    end)

    it("with large numbers keep them as near as they come", function()
      assert.equal(2 ^ 63, mutate "9223372036854775808")
      assert.equal(1e300, mutate "1e300")
      assert.equal(-2 ^ 53, mutate "-9007199254740992")
    end)

    it("that are empty are true where nothing was promised", function()
      server:answer { status = 204 }
      assert.is_true((gencove.invitations:delete "inv"))
      assert.is_true((cvat.invitations:delete "inv"))
    end)

    it("nested too deep are an error, not a crash", function()
      answered('{"public_metadata":' .. ("["):rep(100000) .. ("]"):rep(100000) .. "}")
      local value, err = clerk.invitations:revoke "inv"
      assert.is_nil(value)
      assert.equal("decode", err.kind)
    end)

    it("are plain tables, those of free form marked as what they are", function()
      local answer = read '{"id":"a","public_metadata":{"list":[1]}}'
      assert.is_nil(getmetatable(answer))
      assert.equal(getmetatable(object {}), getmetatable(answer.public_metadata))
      assert.equal(getmetatable(array {}), getmetatable(answer.public_metadata.list))
    end)

    it("can be sent back", function()
      local metadata = { list = { 1, 2.5, null }, deep = { text = "é", yes = true }, n = 5 }
      local text = written(metadata)
      local answer = read('{"public_metadata":' .. text .. "}")
      server:requests()
      assert.same(metadata, answer.public_metadata)
      assert.same(cjson.decode(text), cjson.decode(written(answer.public_metadata)))
    end)
  end)
end)
