-- Connections to Redis in the loops of others: none of them is held up.

local convoke = require "convoke"
local engine = require "convoke.engine"
local hiredis = require "convoke.jobs.hiredis"
local loops = require "spec.support.host_loops"
local nginx = require "spec.support.nginx"
local redis_server = require "spec.support.redis_server"

local missing = redis_server.missing()
if not missing then
  local connection, why = hiredis.open "redis://127.0.0.1:1"
  missing = why
  if connection then connection:close() end
end

-- Whether Debian's package lua-nginx-redis is there.
local function has_client()
  for _, folder in ipairs { "nginx", "resty" } do
    local file = io.open("/usr/share/lua/5.1/" .. folder .. "/redis.lua")
    if file then return file:close() end
  end
end

describe("a connection to Redis", function()
  if missing then return pending(missing) end

  local server

  setup(function() server = redis_server.start() end)
  teardown(redis_server.stop_all)

  for name, host in pairs(loops.hosts) do
    it("parks its caller in " .. name .. ", and the loop goes on", function()
      if loops.missing[name] then return pending(loops.missing[name]) end
      convoke.use(name)
      local connection = assert(hiredis.open(server:address()))
      local ticks, said = 0, {}
      host(function()
        said[1] = connection:command "PING"
        said[2] = connection:command("BLPOP", "empty", 0.3)
        said[3] = connection:command("ECHO", "later")
      end, function() ticks = ticks + 1 end)
      connection:close()
      convoke.use "tasks"
      assert.same({ "PONG", false, "later" }, said)
      assert.is_true(ticks > 10, ticks .. " ticks")
      assert.is_false(engine.busy())
    end)
  end

  describe("in OpenResty", function()
    local why = nginx.missing() or not has_client() and "lua-nginx-redis is not there"
    if why then return pending(why) end

    local upstream, web

    -- Clients of nginx's sockets, as README has them. What is loaded here is read by root: the
    -- workers' user may not be able to.
    local prelude = [[
      init_by_lua_block {
        convoke = require "convoke"
        hiredis = require "convoke.jobs.hiredis"
        for _, name in ipairs { "job", "redis", "sqlite", "work", "progress", "rows", "signal" } do
          require("convoke.jobs." .. name)
        end
        require "convoke.call.waiting"
        require "convoke.call.turns"
        require "convoke.lookup.addresses"
        cjson = require "cjson"
        client = convoke.clerk { url = "%s", secret_key = "%s" }
        function command(name, ...)
          local found, redis = pcall(require, "resty.redis")
          if not found then redis = require "nginx.redis" end
          local connection = redis:new()
          local connected, why = connection:connect("127.0.0.1", %d)
          if not connected then return nil, why end
          local reply, fault = connection[name:lower()](connection, ...)
          connection:set_keepalive()
          return reply, fault
        end
      }
    ]]

    setup(function()
      upstream = require("convoke.sandbox").start()
      local function location(path, text)
        return ("location %s { content_by_lua_block { %s } }\n"):format(path, text)
      end
      web = nginx.start {
        http = prelude:format(upstream.clerk.url, upstream.clerk.secret_key, server.port),
        server = location("/own", ([[
          local connection = assert(hiredis.open "%s")
          ngx.say(connection:command("SET", "from", "nginx"), " ",
            tostring(connection:command("BLPOP", "empty", 0.05)))
          connection:close()
        ]]):format(server:address())) .. location("/foreign", ([[
          local connection = assert(hiredis.open("%s", { command = command }))
          ngx.say(connection:command("GET", "from"))
          ngx.say(tostring((connection:command("GET", "nothing"))))
          ngx.say(select(3, connection:command("LPUSH", "from", 1)))
          ngx.say(cjson.encode(connection:command("EVAL",
            "return { 1, false, { 'x' }, redis.error_reply 'ERR odd' }", 0)))
        ]]):format(server:address())) .. location("/job", ([[
          local rows = {}
          for i = 1, 20 do rows[i] = { email = ("p%%d@example.com"):format(i) } end
          local report, err = convoke.job({ name = "spring", client = client, key = "email",
            operation = "invitations.create", batch = tonumber(ngx.var.arg_batch),
            store = "%s?prefix=" .. ngx.var.arg_prefix,
            command = ngx.var.arg_own ~= "1" and command or nil, rows = rows,
            params = function(row) return { email_address = ngx.var.arg_prefix .. row.email } end
          }):run()
          ngx.say(report and report.done or tostring(err))
        ]]):format(server:address())),
      }
    end)

    teardown(function()
      web:stop()
      upstream:stop()
    end)

    it("has its own thread, and takes a client of nginx's sockets as well", function()
      assert.equal("OK false", select(2, web:get "/own"))
      assert.equal('nginx\nfalse\nanswer\n[1,false,["x"],{"error":"ERR odd"}]',
        select(2, web:get "/foreign"))
    end)

    it("serves jobs, by either, and those with batches", function()
      assert.equal("20", select(2, web:get "/job?prefix=a&own=1"))
      assert.equal("20", select(2, web:get "/job?prefix=b"))
      upstream:reset()
      assert.equal("20", select(2, web:get "/job?prefix=c&batch=10"))
      local calls = {}
      for i, request in ipairs(upstream:requests "clerk") do calls[i] = request.path end
      assert.same({ "/v1/invitations/bulk", "/v1/invitations/bulk" }, calls)
    end)
  end)
end)
