--- OpenResty: calls of convoke against a client made of cosockets for this purpose, and where it is
-- installed against lua-resty-http, all in one worker and towards an upstream that answers after
-- 20 ms. Run it by LuaJIT with the build's paths:
--
--   eval "$(make -s env LUA=luajit)" && luajit spec/programs/bench/openresty.lua [SECONDS [tick]]
--
-- With `tick` there is no wakeup: the worker looks for finished calls every few milliseconds.
-- Prints calls a second and processor time a call at several numbers of calls in flight, the
-- processor time of a worker while one call waits, and how long other requests of a busy worker
-- take.

local nginx = require "spec.support.nginx"
local socket = require "socket"

local missing = nginx.missing()
if missing then
  print("skipped: " .. missing)
  os.exit(0)
end

local SECONDS = tonumber(arg and arg[1]) or 4
local no_wakeup = arg and arg[2] == "tick" and [[
  package.loaded["convoke.core"].wakeup = function() return nil, "not wanted" end
]] or ""

local upstream = nginx.start {
  workers = 1,
  server = [[
    location / { content_by_lua_block {
      ngx.sleep(tonumber(ngx.var.arg_offset) / 1000)
      local text = '{"data":[{"id":"inv_1","object":"invitation","email_address":"a@b.example",'
        .. '"public_metadata":{},"revoked":false,"status":"pending","created_at":1732060800000,'
        .. '"updated_at":1732060800000}],"total_count":1}'
      ngx.header.content_length = #text
      ngx.print(text)
    } }
  ]],
}

local gateway = nginx.start {
  workers = 1,
  http = ([[
    lua_max_running_timers 4096;
    init_by_lua_block {
      convoke = require "convoke"
      %s
      cjson = require "cjson"
      port = %d
      client = convoke.clerk {
        url = "http://127.0.0.1:" .. port .. "/v1", secret_key = "sk_test_bench", retries = 0,
      }
      local calls = {}
      function calls.convoke(milliseconds)
        return client.invitations:list { offset = milliseconds }
      end

      local receive_head = function(sock)
        local status = assert(sock:receive "*l")
        local size
        while true do
          local line = assert(sock:receive "*l")
          if line == "" then return tonumber(status:sub(10, 12)), size end
          local name, value = line:match "^([^:]+): *(.*)$"
          if name:lower() == "content-length" then size = tonumber(value) end
        end
      end

      function calls.cosocket(milliseconds)
        local sock = ngx.socket.tcp()
        sock:settimeout(30000)
        assert(sock:connect("127.0.0.1", port, { pool_size = 512 }))
        assert(sock:send { "GET /v1/invitations?offset=", milliseconds, " HTTP/1.1",
          "\r\nHost: 127.0.0.1\r\nAccept: application/json",
          "\r\nAuthorization: Bearer sk_test_bench\r\n\r\n" })
        local status, size = receive_head(sock)
        local body = assert(sock:receive(size))
        sock:setkeepalive(60000, 512)
        assert(status == 200)
        return cjson.decode(body)
      end

      local found, resty = pcall(require, "resty.http")
      calls.resty = found and function(milliseconds)
        local client = resty.new()
        client:set_timeout(30000)
        local answer = assert(client:request_uri("http://127.0.0.1:" .. port
          .. "/v1/invitations?offset=" .. milliseconds, {
            headers = { Accept = "application/json", Authorization = "Bearer sk_test_bench" },
            keepalive_timeout = 60000, keepalive_pool = 512,
          }))
        assert(answer.status == 200)
        return cjson.decode(answer.body)
      end or nil
      function has(name) return tostring(calls[name] ~= nil) end

      -- Calls one after the other in each of so many light threads, for a time.
      function load(name, width, seconds)
        local stop, count = ngx.now() + seconds, 0
        local one = calls[name]
        local function work()
          while ngx.now() < stop do
            assert(one(20))
            count = count + 1
          end
        end
        local threads = {}
        for i = 1, width do threads[i] = ngx.thread.spawn(work) end
        for i = 1, width do assert(ngx.thread.wait(threads[i])) end
        return count
      end
      function wait_once(name, milliseconds) return calls[name](tonumber(milliseconds)) end
    }
  ]]):format(no_wakeup, upstream.port),
  server = [[
    location /load { content_by_lua_block {
      ngx.say(load(ngx.var.arg_name, tonumber(ngx.var.arg_width), tonumber(ngx.var.arg_seconds)))
    } }
    location /wait { content_by_lua_block {
      ngx.say(tostring(assert(wait_once(ngx.var.arg_name, ngx.var.arg_ms))))
    } }
    location /has { content_by_lua_block { ngx.say(has(ngx.var.arg_name)) } }
    location /ping { content_by_lua_block { ngx.say "pong" } }
  ]],
}

-- Processor time of a worker with all its threads, seconds.
local function processor_time(pid)
  local total = 0
  local list = io.popen("cat /proc/" .. pid .. "/task/*/schedstat")
  for line in list:lines() do total = total + tonumber(line:match "^%d+") / 1e9 end
  list:close()
  return total
end

local worker = gateway:workers()[1]

local function measure(name, width)
  local before, started = processor_time(worker), socket.gettime()
  local _, body = gateway:get(("/load?name=%s&width=%d&seconds=%g"):format(name, width, SECONDS))
  local count = assert(tonumber(body), body)
  local seconds = socket.gettime() - started
  return count / seconds, (processor_time(worker) - before) / count
end

local ok, why = pcall(function()
  local names, order = { "cosocket", "convoke" }, {}
  local _, has_resty = gateway:get "/has?name=resty"
  if has_resty == "true" then table.insert(names, 2, "resty") end
  for _ = 1, 3 do
    for _, name in ipairs(names) do order[#order + 1] = name end
  end
  print("in flight   client       calls/s   us of processor a call   ratio of calls/s")
  for _, width in ipairs { 1, 16, 64, 256 } do
    local rates = {}
    for _, name in ipairs(order) do
      local rate, cost = measure(name, width)
      if not rates[name] or rate > rates[name].rate then
        rates[name] = { rate = rate, cost = cost }
      end
    end
    for _, name in ipairs(names) do
      print(("%9d   %-10s %9.1f   %22.1f   %16.3f"):format(width, name, rates[name].rate,
        rates[name].cost * 1e6, rates[name].rate / rates.cosocket.rate))
    end
  end

  socket.sleep(1.5)
  local waiting = gateway:send "/wait?name=convoke&ms=3000"
  socket.sleep(0.3)
  local before = processor_time(worker)
  socket.sleep(2)
  print(("\nprocessor while one call waits: %.3f %% of a core"):format(
    (processor_time(worker) - before) / 2 * 100))
  assert(waiting.read() == 200)

  local busy = gateway:send(("/load?name=convoke&width=64&seconds=%g"):format(SECONDS))
  local times = {}
  for i = 1, 200 do
    local started = socket.gettime()
    gateway:get "/ping"
    times[i] = (socket.gettime() - started) * 1000
    socket.sleep(0.005)
  end
  busy.read()
  table.sort(times)
  print(("other requests while 64 calls are in flight: median %.2f ms, 99 %% %.2f ms, most %.2f ms")
    :format(times[100], times[198], times[200]))
end)
gateway:stop()
upstream:stop()
if not ok then error(why, 0) end
