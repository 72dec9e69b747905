--- The file of a cassette: JSON that people can read and compare.
--
--   { "convoke cassette": 1, "exchanges": [ ... ] }, each exchange with
--     operation  "clerk.invitations.create"
--     request    method, path (below the client's address, with the query),
--                and the body as json, text or hex
--     answer     status, headers, and the body as json, text or hex; or
--     failure    kind, message, sent: there was no answer

local bodies = require "convoke.observe.cassette.bodies"
local core = require "convoke.core"
local strike = require "convoke.observe.cassette.strike"

local cassette_file = {}

local format = 1
local mark_of_format = "convoke cassette"
local quote = bodies.quote
local kinds = { "json", "text", "hex" }

-- Reading ------------------------------------------------

-- A member of an object, which must be of a kind; nil where there is none and it may be missing.
local function member(tree, node, name, kind, may_miss)
  local child = tree:member(node, name)
  if not child then
    if may_miss then return nil end
    error(("%s/%s is missing"):format(tree:pointer(node), name), 0)
  end
  local is = tree:kind(child)
  if kind and is ~= kind then
    error(("%s is %s, not %s"):format(tree:pointer(child), is, kind), 0)
  end
  return child
end

local function text_of(tree, node, name, may_miss)
  local child = member(tree, node, name, "string", may_miss)
  return child and tree:read(child)
end

-- The body among the members of a request or an answer: its kind and text, or nothing.
local function read_body(tree, node)
  for _, kind in ipairs(kinds) do
    local child = tree:member(node, kind)
    if child and kind == "json" then return kind, tree:text(child) end
    if child then return kind, text_of(tree, node, kind) end
  end
end

local function read_exchange(tree, node)
  if tree:kind(node) ~= "object" then error(tree:pointer(node) .. " is no object", 0) end
  local request = member(tree, node, "request", "object")
  local exchange = { operation = text_of(tree, node, "operation"), raw = tree:text(node),
    method = text_of(tree, request, "method"), path = text_of(tree, request, "path") }
  exchange.kind, exchange.text = read_body(tree, request)
  local failure = member(tree, node, "failure", "object", true)
  if failure then
    local sent = member(tree, failure, "sent", "boolean")
    exchange.failure = { kind = text_of(tree, failure, "kind"),
      message = text_of(tree, failure, "message"), sent = tree:read(sent) }
    return exchange
  end
  local answer = member(tree, node, "answer", "object")
  local headers = {}
  local names, nodes = tree:members(member(tree, answer, "headers", "object"))
  for i, name in ipairs(names) do
    if tree:kind(nodes[i]) ~= "string" then
      error(tree:pointer(nodes[i]) .. " is no string", 0)
    end
    headers[name] = tree:read(nodes[i])
  end
  local status = tonumber(tree:text(member(tree, answer, "status", "number")))
  if status % 1 ~= 0 or status < 100 or status > 599 then
    error(tree:pointer(answer) .. "/status is no status of HTTP", 0)
  end
  exchange.answer = { status = math.floor(status), headers = headers }
  exchange.answer.kind, exchange.answer.text = read_body(tree, answer)
  return exchange
end

local function read_all(tree)
  if tree:kind(0) ~= "object" or not tree:member(0, mark_of_format) then
    error("is no cassette", 0)
  end
  local version = tonumber(tree:text(member(tree, 0, mark_of_format, "number")))
  if version ~= format then
    error(("has format %s, and this convoke knows format %d"):format(
      tree:text(tree:member(0, mark_of_format)), format), 0)
  end
  local exchanges = {}
  local _, nodes = tree:members(member(tree, 0, "exchanges", "array"))
  for i, node in ipairs(nodes) do exchanges[i] = read_exchange(tree, node) end
  return exchanges
end

--- Reads a cassette.
-- @return array of exchanges: operation, method, path, kind and text of the body, answer or
--   failure, raw (their text); and the highest number of what was struck out; or nil: there is no
--   such file; or nil and what is wrong with it
function cassette_file.read(name)
  local file, why, code = io.open(name, "rb")
  if not file then
    if code == 2 then return nil end -- ENOENT
    return nil, "cannot be read: " .. why
  end
  local text = file:read "*a"
  file:close()
  if not text then return nil, "cannot be read" end
  local tree, fault, at, pointer = core.tree(text)
  if not tree then return nil, ("is no JSON: %s at byte %d (#%s)"):format(fault, at, pointer) end
  local fine, exchanges = pcall(read_all, tree)
  if not fine then return nil, tostring(exchanges) end
  return exchanges, strike.highest(text)
end

-- Writing ------------------------------------------------

local function add_body(members, kind, text)
  if not kind then return end
  members[#members + 1] = ('"%s": %s'):format(kind, kind == "json" and text or quote(text))
end

local function sorted_headers(headers)
  local names, parts = {}, {}
  for name in pairs(headers) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do
    parts[i] = ("%s: %s"):format(quote(name), quote(headers[name]))
  end
  return parts[1] and "{ " .. table.concat(parts, ", ") .. " }" or "{}"
end

--- An exchange as JSON text; its secrets are struck out already.
-- @param exchange  as cassette_file.read() returns it, without `raw`
function cassette_file.write_exchange(exchange)
  local request = { ('"method": %s'):format(quote(exchange.method)),
    ('"path": %s'):format(quote(exchange.path)) }
  add_body(request, exchange.kind, exchange.text)
  local result
  if exchange.failure then
    local failure = exchange.failure
    result = ('"failure": { "kind": %s, "message": %s, "sent": %s }'):format(quote(failure.kind),
      quote(failure.message), tostring(failure.sent))
  else
    local answer = exchange.answer
    local members = { ('"status": %d'):format(answer.status),
      '"headers": ' .. sorted_headers(answer.headers) }
    add_body(members, answer.kind, answer.text)
    result = '"answer": { ' .. table.concat(members, ",\n        ") .. " }"
  end
  return ('{ "operation": %s,\n      "request": { %s },\n      %s }'):format(
    quote(exchange.operation), table.concat(request, ", "), result)
end

--- Writes a cassette: all of it, or nothing where that fails.
-- @param texts  an array of exchanges as JSON text
-- @return true; or nil and why not
function cassette_file.write(name, texts)
  local new = name .. ".new"
  local file, why = io.open(new, "wb")
  if not file then return nil, why end
  local body = #texts > 0 and "\n    " .. table.concat(texts, ",\n    ") .. "\n  " or ""
  local done
  done, why = file:write(('{ "%s": %d,\n  "exchanges": [%s] }\n'):format(mark_of_format, format,
    body))
  local closed, other = file:close()
  if done and closed then
    done, why = os.rename(new, name)
    if done then return true end
  end
  os.remove(new)
  return nil, why or other
end

return cassette_file
