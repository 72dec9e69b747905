--- A server with certificates of many kinds, each on a port of its own, made for the occasion by an
-- authority of its own. It runs in a process of its own, which ends with its parent.
--
--   local server = tls_server.start()
--   server.ports        -- kind -> port; see `kinds`
--   server.authority    -- the name of a file with the authority's certificate
--   server:seen()       -- what requests had as X-Case, each with how many times; and forgets them
--   server:stop()
--
-- A request is answered with its header X-Answer as the body, or with 204 without one. The header
-- X-End ends the connection after that: "length", a body with a Content-Length; "whole", one
-- without it, as TLS has it; "cut", one without it and without the end of TLS.

local certificates = require "spec.support.certificates"
local child_server = require "spec.support.child_server"
local compile = require "spec.support.compile"

local tls_server = {}

-- The child ---------------------------------------------------------------------------------------

local hour = 3600

-- What is odd about the certificates, see certificates.make(); `by`, who signs.
local kinds = {
  good = {},
  expired = { from = -48 * hour, to = -hour },
  future = { from = hour },
  stranger = { servers = { "example.com", "192.0.2.1" } },
  alone = { by = "itself" },
  foreign = { by = "another" },
  client = { purpose = "clientAuth" },
}

-- Writes what a request asks for. Returns whether the connection goes on.
local function answer(connection, request, end_tls)
  local body, ending = request.headers["x-answer"], request.headers["x-end"]
  local close = ending and "Connection: close\r\n" or ""
  if not body then
    connection:write("HTTP/1.1 204 No Content\r\n", close, "\r\n")
  elseif ending and ending ~= "length" then
    connection:write("HTTP/1.1 200 OK\r\n\r\n", body)
  else
    local length = ("Content-Length: %d\r\n"):format(#body)
    connection:write("HTTP/1.1 200 OK\r\n", length, close, "\r\n", body)
  end
  connection:flush()
  if ending == "whole" then end_tls(connection:checktls()) end
  return not ending
end

-- (No iterators and no pcall around what waits: Lua 5.1 could not wait there.)
local function serve(connection, context, seen, end_tls)
  if not connection:starttls(context) then return end
  while true do
    local request = child_server.read_request(connection)
    if not request then return end
    local case = request.headers["x-case"] or ""
    seen[case] = (seen[case] or 0) + 1
    if not answer(connection, request, end_tls) then return end
  end
end

-- Tells whoever connects what was seen, and forgets it.
local function tell(connection, seen)
  for case, count in pairs(seen) do
    connection:write(("%s %d\n"):format(case, count))
    seen[case] = nil
  end
  connection:flush()
end

--- The child's program.
-- @param library  of tls_end.c
function tls_server.main(library)
  local child, seen = child_server.new(), {}
  local end_tls = assert(package.loadlib(library, "end"))
  local authority = certificates.make("Authority of a spec", { authority = true })
  local signers = { another = certificates.make("Another authority", { authority = true }) }
  for kind, wish in pairs(kinds) do
    wish.servers = wish.servers or { "localhost", "127.0.0.1" }
    if wish.by ~= "itself" then wish.signer = signers[wish.by] or authority end
    local made = certificates.make("Server of a spec, " .. kind, wish)
    local context = certificates.context(made)
    child:listen(kind, function(connection) serve(connection, context, seen, end_tls) end, "bf")
  end
  child:listen("seen", function(connection) tell(connection, seen) end, "bf")
  child:run(authority.certificate:toPEM())
end

-- The parent --------------------------------------------------------------------------------------

local methods = {}
methods.__index = methods

--- What has been asked since: X-Case -> how many times.
function methods:seen()
  local connection = self.process:connect "seen"
  local seen = {}
  for line in function() return (connection:receive "*l") end do
    local case, count = line:match "^(.*) (%d+)$"
    seen[case] = tonumber(count)
  end
  connection:close()
  return seen
end

--- Ends the server.
function methods:stop()
  self.process:stop()
end

--- Starts the server.
function tls_server.start()
  local library = compile("tls_end", nil, true)
  local process = child_server.start("spec.support.tls_server", library)
  os.remove(library)
  return setmetatable({ process = process, ports = process.ports,
    authority = process.certificate }, methods)
end

return tls_server
