--- A server of bare sockets: every byte that it sends, and when, is the spec's choice.
--
--   local server = raw_server.start()
--   server:play { { { "receive" }, { "send", raw_server.answer(200, "{}") }, { "close" } } }
--   ... call server.url ...
--   local requests = server:requests()   -- { { connection =, head =, body = }, ... }
--   server:stop()
--
-- A script is the list of steps for one connection; `play` takes the scripts of the connections to
-- come, and the last one serves all further ones. Steps:
--   { "receive" }                 reads a whole request and notes it
--   { "receive", n }              reads n bytes
--   { "send", text [, times] }    sends the text (so many times)
--   { "trickle", text, seconds }  sends it byte by byte, with that pause after each
--   { "sleep", seconds }
--   { "again" }                   starts the script anew, on the same connection
--   { "hold" }                    waits until the other end closes
--   { "reset" }                   ends the connection by a reset
--   { "close" }                   ends it in the ordinary way
--   { "tunnel", port, n }         passes bytes on to that port and n bytes of what comes back
--   { "outage", ending, seconds } ends every connection by "reset" or "close" and refuses new ones
--                                 for so long, or, without the number, until `play`
--   { "limit", limit, text }      sends the text so many times (limit.count) in so many seconds
--                                 (limit.per), and else a 429 that says when to come again
--   { "act" }                     reads a request and does what it asks for, as follows
-- At the end of its script a connection is closed. The server is a process of its own, so that
-- blocking calls can be made to it; it ends when the control connection does.
--
-- Where many calls are made at once a request itself names what it wants to meet:
--
--   server:acts { lost = { { { "close" } }, { { "send", text }, { "again" } } } }
--   server:play { { { "act" }, { "again" } } }
--   ... call server.url with the header "X-Act: lost 17 0", or server.url .. "/act/lost/17/0" ...
--   server:served()
--
-- An act is an array of steps for each request of a case, the last one for all further ones. The
-- case is the second word; each has a count of its own. The third is a number for the steps
--   { "cut", text }               sends so many bytes of the text
--   { "fill", status, body }      sends an answer with {number}, {milliseconds}, {time} filled in
-- Unless an act ends by "again", the connection is closed after it.

local socket = require "socket"

local raw_server = {}

local PATIENCE = 10 -- seconds that starting and control messages may take

-- What the two processes tell each other ----------------------------------------------------------

-- Lua source of a value made of tables, strings, numbers and booleans.
local function dump(value)
  if type(value) == "string" then return ("%q"):format(value) end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for key, member in pairs(value) do
    parts[#parts + 1] = ("[%s]=%s"):format(dump(key), dump(member))
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function undump(text)
  return assert((loadstring or load)("return " .. text))()
end

local function frame(value)
  local text = dump(value)
  return #text .. "\n" .. text
end

-- The server's process ----------------------------------------------------------------------------

-- Coroutines yield what they wait for: a connection and "read" or "write", or a moment to sleep to.
local tasks = {} -- coroutine -> { connection =, what =, at = }

local function resume(task, ...)
  tasks[task] = nil
  local ok, connection, what = coroutine.resume(task, ...)
  if not ok then
    io.stderr:write("raw server: ", tostring(connection), "\n")
    os.exit(1)
  elseif coroutine.status(task) ~= "dead" then
    tasks[task] = what and { connection = connection, what = what } or { at = connection }
  end
end

local function sleep(seconds)
  coroutine.yield(socket.gettime() + seconds)
end

-- Returns the text, or nil when the other end closed.
local function receive(connection, pattern)
  local part
  repeat
    local text, why
    text, why, part = connection:receive(pattern, part)
    if text then return text end
    if why == "timeout" then coroutine.yield(connection, "read") end
  until why ~= "timeout"
end

local function send(connection, text)
  local first = 1
  while first <= #text do
    local last, why, partly = connection:send(text, first)
    if not last and why ~= "timeout" then return nil end
    first = (last or partly) + 1
    if not last then coroutine.yield(connection, "write") end
  end
  return true
end

-- A body in chunks.
local function receive_chunks(connection)
  local parts = {}
  while true do
    local size = tonumber(receive(connection, "*l") or "", 16)
    if not size then return nil end
    parts[#parts + 1] = size > 0 and receive(connection, size) or nil
    if not receive(connection, "*l") then return nil end
    if size == 0 then return table.concat(parts) end
  end
end

local function receive_request(connection)
  local lines = {}
  repeat
    local line = receive(connection, "*l")
    if not line then return nil end
    lines[#lines + 1] = line
  until line == ""
  local head = table.concat(lines, "\n")
  local size = tonumber(head:lower():match("\ncontent%-length: *(%d+)") or 0)
  local chunked = head:lower():find("\ntransfer-encoding: chunked", 1, true)
  local body = chunked and receive_chunks(connection)
  if not chunked then body = size > 0 and receive(connection, size) or "" end
  return body and { head = head, body = body }
end

local state = { scripts = {}, connections = 0, requests = {}, acts = {}, served = {} }
local open = {} -- task that plays a script -> what is known of it: see below
local listen, stop_listening

-- Each step returns true, or nothing where the script ends. It gets the connection, what is known
-- of it (its `number`; `act`, the number that a request gave; `other` and
-- `back`, of a tunnel) and what the script says.
local steps = {}

function steps.receive(connection, about, size)
  if size then return receive(connection, size) and true end
  local request = receive_request(connection)
  if not request then return nil end
  request.connection = about.number
  state.requests[#state.requests + 1] = request
  return true
end

function steps.send(connection, _, text, times)
  for _ = 1, times or 1 do
    if not send(connection, text) then return nil end
  end
  return true
end

function steps.trickle(connection, _, text, seconds)
  for i = 1, #text do
    if not send(connection, text:sub(i, i)) then return nil end
    sleep(seconds)
  end
  return true
end

function steps.sleep(_, _, seconds)
  sleep(seconds)
  return true
end

function steps.hold(connection)
  repeat until not receive(connection, 1)
end

function steps.reset(connection)
  connection:setoption("linger", { on = true, timeout = 0 })
end

function steps.close() end

function steps.cut(connection, about, text)
  return send(connection, text:sub(1, about.act))
end

function steps.fill(connection, about, status, body)
  local now = math.floor(socket.gettime() * 1000)
  local second = math.floor(now / 1000)
  local values = { number = about.act, milliseconds = ("%d"):format(now),
    time = os.date("!%Y-%m-%dT%H:%M:%S", second) .. (".%03dZ"):format(now - second * 1000) }
  return send(connection, raw_server.answer(status, (body:gsub("{(%l+)}", values))))
end

-- Windows stand side by side, the first one begins with the first request; all connections share
-- them.
function steps.limit(connection, _, limit, text)
  local now = socket.gettime()
  if now >= state.window_ends then
    state.window_ends, state.served_in_window = now + limit.per, 0
  end
  state.served_in_window = state.served_in_window + 1
  if state.served_in_window <= limit.count then return send(connection, text) end
  return send(connection, raw_server.answer(429, "{}",
    ("Retry-After: %d\r\n"):format(math.ceil(limit.per))))
end

-- Passes bytes on, at most so many, until an end closes.
local function pass(from, to, most)
  while most > 0 do
    local text, why, part = from:receive(math.min(most, 8192))
    text = text or part
    most = most - #text
    if #text > 0 and not send(to, text) or (why and why ~= "timeout") then return nil end
    if #text == 0 then coroutine.yield(from, "read") end
  end
  return true
end

function steps.tunnel(connection, about, port, most)
  local other = assert(socket.connect("127.0.0.1", port))
  about.other = other
  other:settimeout(0)
  other:setoption("tcp-nodelay", true)
  local back = coroutine.create(pass)
  about.back = back
  resume(back, connection, other, math.huge)
  local whole = pass(other, connection, most)
  tasks[back] = nil
  other:close()
  return whole
end

local function close_all(by_reset)
  for task, about in pairs(open) do
    tasks[task], open[task] = nil, nil
    if by_reset then steps.reset(about.connection) end
    about.connection:close()
    if about.other then
      about.other:close()
      tasks[about.back] = nil
    end
  end
end

local function outage(ending, seconds)
  stop_listening() -- first: who finds its connection ended is to find nobody who accepts another
  close_all(ending == "reset")
  if not seconds then return end
  resume(coroutine.create(function()
    sleep(seconds)
    listen()
  end))
end

-- (From a task of its own: this one is among those that end.)
function steps.outage(_, _, ending, seconds)
  resume(coroutine.create(function()
    sleep(0)
    outage(ending, seconds)
  end))
  sleep(3600)
end

-- Does what the next request asks for.
function steps.act(connection, about)
  local request = receive_request(connection)
  if not request then return nil end
  local name, case, number = request.head:match "^%u+ /act/([^/]+)/([^/]+)/(%d+)"
  if not name then name, case, number = request.head:match "\n[Xx]%-[Aa]ct: (%S+) (%S+) (%d+)" end
  local act, served = state.acts[name], (state.served[case] or 0) + 1
  if not act then return nil end -- a late one that was meant for those before
  state.served[case] = served
  if act.noted then state.requests[#state.requests + 1] = request end
  about.act = tonumber(number)
  for _, step in ipairs(act[math.min(served, #act)]) do
    if step[1] == "again" then return true end
    if not steps[step[1]](connection, about, step[2], step[3]) then return nil end
  end
end

local function play(about, script)
  local position, connection = 1, about.connection
  while script[position] do
    local step = script[position]
    position = position + 1
    if step[1] == "again" then
      position = 1
    elseif not steps[step[1]](connection, about, step[2], step[3]) then
      break
    end
  end
  connection:close()
  open[coroutine.running()] = nil
end

local function accept_all()
  while true do
    local connection = state.listener:accept()
    if connection then
      connection:settimeout(0)
      connection:setoption("tcp-nodelay", true)
      state.connections = state.connections + 1
      local number = state.connections
      local script = state.scripts[number] or state.scripts[#state.scripts] or {}
      local task = coroutine.create(play)
      open[task] = { connection = connection, number = number }
      resume(task, open[task], script)
    else
      coroutine.yield(state.listener, "read")
    end
  end
end

local accepting -- the task that does

function listen()
  if state.listener then return end
  state.listener = assert(socket.bind("127.0.0.1", state.port or 0, 256))
  local _
  _, state.port = state.listener:getsockname()
  state.listener:settimeout(0)
  accepting = coroutine.create(accept_all)
  resume(accepting)
end

function stop_listening()
  if not state.listener then return end
  tasks[accepting] = nil
  state.listener:close()
  state.listener = nil
end

local commands = {}

function commands.play(scripts)
  close_all(false)
  listen()
  state.scripts, state.connections, state.requests = scripts, 0, {}
  state.window_ends, state.served_in_window = 0, 0
  return true
end

function commands.outage(how)
  outage(how.ending, how.seconds)
  return true
end

function commands.reset()
  close_all(true)
  return true
end

function commands.count_open()
  local count = 0
  for _ in pairs(open) do count = count + 1 end
  return count
end

function commands.acts(acts)
  state.acts, state.served = acts, {}
  return true
end

function commands.served()
  return state.served
end

function commands.report()
  return { connections = state.connections, requests = state.requests }
end

-- Obeys until the other process is gone.
local function obey(control)
  while true do
    local size = receive(control, "*l")
    local text = size and receive(control, tonumber(size))
    if not text then os.exit(0) end
    local message = undump(text)
    send(control, frame(commands[message[1]](message[2])))
  end
end

local function wait_for_work()
  local readers, writers, earliest = {}, {}, nil
  for _, wish in pairs(tasks) do
    if wish.at then
      earliest = math.min(wish.at, earliest or wish.at)
    else
      local list = wish.what == "read" and readers or writers
      list[#list + 1] = wish.connection
    end
  end
  local pause = earliest and math.max(0, earliest - socket.gettime())
  local readable, writable = socket.select(readers, writers, pause)
  local now, ready = socket.gettime(), {}
  for task, wish in pairs(tasks) do
    local set = wish.what == "read" and readable or writable
    if wish.at and wish.at <= now or not wish.at and set[wish.connection] then
      ready[#ready + 1] = task
    end
  end
  for _, task in ipairs(ready) do
    if tasks[task] then resume(task) end -- else one before it has ended it
  end
end

--- The server's process: serves until the process that listens on `port` is gone.
function raw_server.serve(port)
  local control = assert(socket.connect("127.0.0.1", port))
  control:settimeout(0)
  listen()
  resume(coroutine.create(function()
    send(control, state.port .. "\n")
    obey(control)
  end))
  while true do wait_for_work() end
end

-- The spec's side ---------------------------------------------------------------------------------

local methods = {}

local function ask(self, ...)
  assert(self.control:send(frame { ... }))
  local size = assert(self.control:receive "*l", "the raw server is gone")
  return undump(assert(self.control:receive(tonumber(size))))
end

--- Sets the scripts for the connections to come, closes those that are open and forgets what
-- was noted.
-- @param scripts  array of scripts
function methods:play(scripts)
  ask(self, "play", scripts)
end

--- Ends all connections by a reset.
function methods:reset()
  ask(self, "reset")
end

--- Requests received since `play`: array of { connection =, head =, body = }; head's lines end
-- with "\n".
function methods:requests()
  return ask(self, "report").requests
end

--- How many connections came since `play`.
function methods:connections()
  return ask(self, "report").connections
end

--- Sets the acts that requests can ask for, by name, and forgets the cases. An act with `noted` has
-- its requests noted.
function methods:acts(acts)
  ask(self, "acts", acts)
end

--- How many requests each case has made since `acts`: case -> number.
function methods:served()
  return ask(self, "served")
end

--- Ends every connection and refuses new ones.
-- @param ending   "reset" or "close"
-- @param seconds  how long; nil: until `play`
function methods:outage(ending, seconds)
  ask(self, "outage", { ending = ending, seconds = seconds })
end

--- How many connections have a script that has not ended.
function methods:count_open()
  return ask(self, "count_open")
end

--- Waits until all connections are closed.
function methods:wait_for_end()
  while self:count_open() > 0 do socket.sleep(0.001) end
end

--- Ends the server.
function methods:stop()
  self.control:close()
end

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- The interpreter that runs this script: the first word of its command line.
local function interpreter()
  local words, i = rawget(_G, "arg") or {}, 0
  while words[i - 1] do i = i - 1 end
  return i < 0 and words[i] or os.getenv "LUA" or "lua5.4"
end

raw_server.interpreter = interpreter
raw_server.quote = quote

--- Starts a server; it closes every connection until `play` says more.
-- @return an object with `port`, `url` ("http://127.0.0.1:PORT") and the methods above
function raw_server.start()
  local listener = assert(socket.bind("127.0.0.1", 0, 1))
  local _, port = listener:getsockname()
  local program = ("package.path, package.cpath = %q, %q; "
    .. "require('spec.support.raw_server').serve(%d)"):format(package.path, package.cpath, port)
  os.execute(("%s -e %s >/dev/null </dev/null &"):format(quote(interpreter()), quote(program)))
  listener:settimeout(PATIENCE)
  local control = assert(listener:accept())
  listener:close()
  control:settimeout(PATIENCE)
  control:setoption("tcp-nodelay", true)
  local own_port = assert(tonumber(control:receive "*l"), "the raw server did not start")
  return setmetatable({ control = control, port = own_port,
    url = "http://127.0.0.1:" .. own_port }, { __index = methods })
end

--- The text of an answer.
-- @param status   number
-- @param body     string or nil; with its Content-Length
-- @param headers  string or nil: more header lines, each with its "\r\n"
function raw_server.answer(status, body, headers)
  body = body or ""
  local head = ("HTTP/1.1 %d Words\r\nContent-Type: application/json\r\nContent-Length: %d\r\n")
    :format(status, #body)
  return head .. (headers or "") .. "\r\n" .. body
end

--- The script that answers every request of a connection with the same text.
function raw_server.always(answer)
  return { { "receive" }, { "send", answer }, { "again" } }
end

--- An address where nobody answers: the connections that it may have waiting are there already.
-- @return the address, and a function that gives it up
function raw_server.silent_address()
  local listener = assert(socket.bind("127.0.0.1", 0, 0))
  local _, port = listener:getsockname()
  local held = { listener }
  for i = 2, 4 do
    held[i] = socket.tcp()
    held[i]:settimeout(0)
    held[i]:connect("127.0.0.1", port)
  end
  socket.sleep(0.05)
  return "http://127.0.0.1:" .. port, function()
    for _, one in ipairs(held) do one:close() end
  end
end

return raw_server
