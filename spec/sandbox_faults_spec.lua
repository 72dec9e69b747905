-- Faults that the sandbox is told to make.

local cqueues = require "cqueues"
local client = require "spec.support.sandbox_client"
local json = require "convoke.sandbox.json"
local sandbox = require "convoke.sandbox"

local unpack = table.unpack or unpack -- luacheck: ignore

describe("the sandbox", function()
  local server, clerk

  setup(function()
    server = sandbox.start { request_timeout = 1, idle_timeout = 2 }
    clerk = client.for_api(server.clerk.url,
                           { authorization = "Bearer " .. server.clerk.secret_key })
  end)

  teardown(function() server:stop() end)
  before_each(function() server:reset() end)

  local function invite(address, options)
    options = options or {}
    options.json = { email_address = address }
    return clerk("POST", "/invitations", options)
  end

  describe("planned faults", function()
    it("answer in the vendor's words, as often as planned", function()
      server:fault { api = "clerk", status = 429, retry_after = 2, times = 2 }
      for _ = 1, 2 do
        local answer = clerk("GET", "/invitations")
        assert.equal(429, answer.status)
        assert.equal("2", answer.headers:get("retry-after"))
        assert.equal("too_many_requests", answer.json.errors[1].code)
      end
      assert.equal(200, clerk("GET", "/invitations").status)
    end)

    it("apply to the method and path they name", function()
      server:fault { api = "clerk", status = 500, method = "POST", path = "/v1/invitations$" }
      server:fault { api = "clerk", status = 503, path = "/revoke$" }
      assert.equal(200, clerk("GET", "/invitations").status)
      assert.equal(503, clerk("POST", "/invitations/inv_x/revoke").status)
      assert.equal(500, invite("ada@example.com").status)
    end)

    it("come before the work, or after it when told so", function()
      server:fault { api = "clerk", status = 500, method = "POST" }
      assert.equal(500, invite("ada@example.com").status)
      assert.equal(0, #server:books("clerk").invitations)
      server:fault { api = "clerk", status = 500, method = "POST", execute = true }
      assert.equal(500, invite("ada@example.com").status)
      assert.equal(1, #server:books("clerk").invitations)
    end)

    it("send the body and headers they are given", function()
      server:fault { api = "clerk", status = 502, body = "<html>", headers = {
        ["Content-Type"] = "text/html" } }
      local answer = clerk("GET", "/invitations")
      assert.equal("<html>", answer.body)
      assert.equal("text/html", answer.headers:get("content-type"))
      server:fault { api = "clerk", status = 200, body = { hello = json.null } }
      assert.equal('{"hello":null}', clerk("GET", "/invitations").body)
    end)

    it("cut the answer where they are told, with or without the work done", function()
      local line = ("POST /v1/invitations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
        .. "Content-Type: application/json\r\nContent-Length: 28\r\n\r\n%s")
        :format(server.clerk.secret_key, '{"email_address":"a@b.test"}')
      server:fault { api = "clerk", cut = 0 }
      assert.equal("", client.raw(server.clerk.url, line))
      assert.equal(0, #server:books("clerk").invitations)
      server:fault { api = "clerk", cut = 0, execute = true }
      assert.equal("", client.raw(server.clerk.url, line))
      assert.equal(1, #server:books("clerk").invitations)
      server:reset()
      server:fault { api = "clerk", cut = 20 }
      assert.equal(20, #client.raw(server.clerk.url, line))
      server:reset()
      server:fault { api = "clerk", cut_body = 5 }
      assert.matches("\r\n\r\n.....$", client.raw(server.clerk.url, line))
    end)

    it("delay one answer while others go on", function()
      server:fault { api = "clerk", delay = 0.6, path = "/v1/invitations" }
      local started, slow, fast = cqueues.monotime(), nil, nil
      local cq = cqueues.new()
      cq:wrap(function()
        clerk("GET", "/invitations")
        slow = cqueues.monotime() - started
      end)
      cq:wrap(function()
        cqueues.sleep(0.1)
        clerk("GET", "/invitations")
        fast = cqueues.monotime() - started
      end)
      assert(cq:loop())
      cq:close()
      assert.is_true(slow >= 0.6, "slow: " .. slow)
      assert.is_true(fast < 0.5, "fast: " .. fast)
    end)

    -- The statuses of so many lists, as digits: "2" for 200, "4" for 429, "5" for 503.
    local function statuses(count)
      local digits = {}
      for i = 1, count do
        digits[i] = tostring(clerk("GET", "/invitations").status):sub(1, 1)
      end
      return table.concat(digits)
    end

    it("come at every nth request, as often as planned", function()
      server:fault { api = "clerk", status = 503, every = 3 }
      assert.equal("225225225", statuses(9))
      server:clear_faults()
      server:fault { api = "clerk", status = 503, every = 2, times = 2 }
      assert.equal("25252222", statuses(8))
      server:clear_faults()
      server:fault { api = "clerk", status = 503, every = 2, method = "POST" }
      assert.equal("2222", statuses(4))
    end)

    it("come by chance, the same again with the same seed", function()
      local function draw(seed)
        server:clear_faults()
        server:fault { api = "clerk", status = 503, chance = 0.3, seed = seed }
        return statuses(100)
      end
      local first = draw(42)
      assert.equal(first, draw(42))
      assert.are_not.equal(first, draw(43))
      local _, count = first:gsub("5", "")
      assert.is_true(count >= 10 and count <= 50, "faults: " .. count)
      server:clear_faults()
      server:fault { api = "clerk", status = 503, chance = 0 }
      server:fault { api = "clerk", status = 500, chance = 1 }
      assert.equal(500, clerk("GET", "/invitations").status)
    end)

    it("keep a limit of rate, in the vendor's words and with Retry-After", function()
      server:fault { api = "clerk", rate = 3, per = 60, path = "/v1/invitations" }
      assert.equal("22244", statuses(5))
      local answer = clerk("GET", "/invitations")
      assert.equal("too_many_requests", answer.json.errors[1].code)
      local wait = tonumber(answer.headers:get "retry-after")
      assert.is_true(wait >= 1 and wait <= 60)
      assert.equal(429, invite("ada@example.com").status)
      assert.equal(0, #server:books("clerk").invitations)
      server:advance(wait, "clerk")
      assert.equal("2224", statuses(4))
    end)

    it("are refused where their numbers make no sense", function()
      for _, plan in ipairs { { every = 0 }, { every = 1.5 }, { chance = 2 }, { chance = -0.1 },
          { seed = 3 }, { per = 1 }, { rate = 1, per = 0 }, { rate = -1 }, { times = 0 },
          { rate = 0.5 } } do
        plan.api = "clerk"
        assert.has_error(function() server:fault(plan) end)
      end
    end)

    it("are forgotten on request", function()
      server:fault { api = "clerk", status = 500, times = 100 }
      server:clear_faults()
      assert.equal(200, clerk("GET", "/invitations").status)
    end)
  end)

end)
