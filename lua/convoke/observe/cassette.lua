--- Cassettes: transports that keep what an API answered in a file, and answer from it later.
--
-- A request is like a recorded one where their operations, methods, paths, queries and bodies are
-- the same; the order of a query's parts and of an object's members does not matter. Each recorded
-- exchange answers once, in the order in which the requests were sent.

local attempt = require "convoke.call.attempt"
local bodies = require "convoke.observe.cassette.bodies"
local cassette_file = require "convoke.observe.cassette.file"
local errors = require "convoke.errors"
local misuse = require "convoke.misuse"
local secret_names = require "convoke.observe.secret_names"
local strike = require "convoke.observe.cassette.strike"

local raise, suggestion = misuse.raise, misuse.suggestion

local modes = { auto = true, record = true, replay = true }

-- Headers of answers that are kept; what else comes may be secret, and nothing here reads it.
local kept_headers = { ["content-type"] = true, date = true, link = true, location = true,
  ["retry-after"] = true }
local kept_patterns = { "request%-?id", "trace%-?id", "rate%-?limit" }

local most_shown = 60 -- bytes of a value in a message

local Cassette = {}
Cassette.__index = Cassette

-- Matching ------------------------------------------------

-- The parts of a request by their places: "path/2" -> "[struck 1]", "query/limit" -> "10".
-- @param request  operation, method, path, kind and text of the body
local function parts_of(request, ignored)
  local parts = { operation = request.operation, method = request.method }
  local path, query = request.path:match "^([^?]*)%??(.*)$"
  local count = 0
  for segment in path:gmatch "[^/]+" do
    count = count + 1
    parts["path/" .. count] = segment
  end
  for pair in query:gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=?(.*)$"
    local place = "query/" .. name
    parts[place] = parts[place] and parts[place] .. "&" .. value or value
  end
  if request.kind then bodies.flatten(request.kind, request.text, parts) end
  for place in pairs(ignored) do parts[place] = nil end
  return parts
end

-- The places of parts, sorted.
local function places_of(parts)
  local places = {}
  for place in pairs(parts) do places[#places + 1] = place end
  table.sort(places)
  return places
end

-- Whether a text is nothing but one value that was struck out.
local function is_struck(shape) return shape == "[struck]" or shape == '"[struck]"' end

-- Adds to `pairs_of` the numbers of what stands for the same in a recorded part and in that of a
-- request. Returns whether the two are alike.
local function compare(striker, recorded, asked, pairs_of)
  if asked == nil then return false end
  local shape, numbers = strike.split(recorded)
  local other, own = strike.split(asked)
  if shape ~= other and is_struck(shape) and not own[1] then
    local value = asked:match '^"(.*)"$' or asked
    striker:learn(value)
    other, own = strike.split(striker:out(asked))
  end
  if shape ~= other then return false end
  for i, number in ipairs(numbers) do pairs_of[#pairs_of + 1] = { number, own[i] } end
  return true
end

-- The places at which a request differs from a recorded one, and the pairs of numbers of what was
-- struck out of both.
local function differences(self, exchange, parts, places)
  exchange.parts = exchange.parts or parts_of(exchange, self.ignored)
  exchange.places = exchange.places or places_of(exchange.parts)
  local differing, pairs_of = {}, {}
  for _, place in ipairs(exchange.places) do
    if not compare(self.striker, exchange.parts[place], parts[place], pairs_of) then
      differing[#differing + 1] = place
    end
  end
  for _, place in ipairs(places) do
    if exchange.parts[place] == nil then differing[#differing + 1] = place end
  end
  return differing, pairs_of
end

-- Takes the values of a request for those that were struck out of a recorded one. false: that
-- contradicts what they stood for before.
local function bind(striker, pairs_of)
  local of_number, of_own = {}, {}
  for _, pair in ipairs(pairs_of) do
    local number, own = pair[1], pair[2]
    if not striker:may_bind(number, own) or (of_number[number] or own) ~= own
      or (of_own[own] or number) ~= number then
      return false
    end
    of_number[number], of_own[own] = own, number
  end
  for number, own in pairs(of_number) do striker:bind(number, own) end
  return true
end

-- The recorded exchange that answers a request, or nil.
local function find(self, parts, places)
  local again
  for _, exchange in ipairs(self.by_operation[parts.operation] or {}) do
    if not exchange.used or self.repeats then
      local differing, pairs_of = differences(self, exchange, parts, places)
      if not differing[1] and bind(self.striker, pairs_of) then
        if not exchange.used then return exchange end
        again = exchange
      end
    end
  end
  return again
end

-- Why there is no answer --------------------------------------------

local function shown(part)
  if part == nil then return "absent" end
  part = strike.split(part)
  return #part <= most_shown and part or part:sub(1, most_shown) .. "..."
end

-- The error of a request that no recorded one is like.
local function unmatched(self, parts, places)
  local nearest, fewest, place_of_it
  for i, exchange in ipairs(self.recorded) do
    local differing = differences(self, exchange, parts, places)
    local far = #differing + (exchange.operation == parts.operation and 0 or 1000)
    if not fewest or far < fewest then
      nearest, fewest, place_of_it = exchange, far, i
    end
  end
  local words = { ("%s: no recorded request is like this one"):format(self.file) }
  if not nearest then
    words[2] = "nothing is recorded"
  elseif fewest >= 1000 then
    words[2] = "none is of this operation"
  else
    local differing = differences(self, nearest, parts, places)
    if not differing[1] then
      words[1] = ("%s: what is recorded for this request has been given already"):format(self.file)
    end
    for i = 1, math.min(#differing, 3) do
      words[#words + 1] = ("%s%s is %s, recorded %s"):format(
        i == 1 and ("the nearest is number %d: "):format(place_of_it) or "", differing[i],
        shown(parts[differing[i]]), shown(nearest.parts[differing[i]]))
    end
    if #differing > 3 then words[#words + 1] = ("and %d more"):format(#differing - 3) end
  end
  return { kind = "invalid", sent = false, message = table.concat(words, "; ") }
end

-- The values of a request's path that are secret by their names, as they are written there.
local function secrets_of_path(striker, request)
  local secrets = {}
  secret_names.in_path(attempt.template_of(request), request.path, function(name, value)
    if striker:is_secret(name) then secrets[#secrets + 1] = value end
  end)
  return secrets
end

-- Replaying ------------------------------------------------

local function give(self, exchange)
  exchange.used = true
  self.replayed = self.replayed + 1
  local function back(text)
    return strike.back(text, function(number) return self.striker:value_of(number) end)
  end
  local failure, answer = exchange.failure, exchange.answer
  if failure then
    return nil, { kind = failure.kind, message = back(failure.message), sent = failure.sent }
  end
  local headers = {}
  for name, value in pairs(answer.headers) do headers[name] = back(value) end
  return { status = answer.status, headers = headers,
    body = answer.kind and bodies.give_back(answer.kind, answer.text, back) or "" }
end

-- A request as it is compared, with its secrets struck out.
local function of_request(self, request)
  local striker, body = self.striker, request.body
  striker:look_at(request.path)
  for _, secret in ipairs(secrets_of_path(striker, request)) do striker:learn_segment(secret) end
  local kind, text
  if body then
    local content_type = request.headers["Content-Type"]
    bodies.look_at(striker, body, content_type)
    kind, text = bodies.keep(striker, body, content_type)
  end
  return parts_of({ operation = request.operation, method = request.method, kind = kind,
    text = text, path = striker:out(request.path) }, self.ignored)
end

-- Recording ------------------------------------------------

local function keeps_header(self, name)
  if kept_headers[name] or self.headers[name] then return true end
  for _, pattern in ipairs(kept_patterns) do
    if name:find(pattern) then return true end
  end
  return false
end

-- Sends a request, and keeps it with what came of it.
local function record(self, request)
  local exchange = { operation = request.operation, method = request.method,
    path_secrets = secrets_of_path(self.striker, request) }
  self.new[#self.new + 1] = exchange -- here, as the order is that of the requests
  local answer, err = attempt.transport.send(request)
  local function redact(text) return attempt.redact(request, text) end
  exchange.type = request.headers["Content-Type"]
  exchange.path, exchange.body = redact(request.path), request.body
  if exchange.body then exchange.body = bodies.redact(exchange.body, redact) end
  if answer then
    local headers = {}
    for name, value in pairs(answer.headers) do
      if keeps_header(self, name:lower()) then headers[name:lower()] = redact(value) end
    end
    exchange.answer = { status = answer.status, headers = headers,
      body = answer.body and answer.body ~= "" and bodies.redact(answer.body, redact) or nil }
  elseif err.kind ~= "invalid" then
    exchange.failure = { kind = err.kind, sent = err.sent ~= false,
      message = redact(tostring(err.message)) }
  end
  if #self.new >= self.next_save then
    self.next_save = #self.new + math.ceil(#self.new / 8)
    self:save()
  end
  return answer, err
end

-- Notes all secrets of a new exchange.
local function look_at(striker, exchange)
  striker:look_at(exchange.path)
  for _, secret in ipairs(exchange.path_secrets) do striker:learn_segment(secret) end
  if exchange.body then bodies.look_at(striker, exchange.body, exchange.type) end
  local answer = exchange.answer
  if not answer then return end
  for name, value in pairs(answer.headers) do striker:look_at(value, name) end
  if answer.body then bodies.look_at(striker, answer.body, answer.headers["content-type"]) end
end

-- A new exchange as the file has it.
local function text_of(striker, exchange)
  local kept = { operation = exchange.operation, method = exchange.method,
    path = striker:out(exchange.path) }
  if exchange.body then
    kept.kind, kept.text = bodies.keep(striker, exchange.body, exchange.type)
  end
  local answer, failure = exchange.answer, exchange.failure
  if failure then
    kept.failure = { kind = failure.kind, message = striker:out(failure.message),
      sent = failure.sent }
  else
    local headers = {}
    for name, value in pairs(answer.headers) do headers[name] = striker:out(value) end
    kept.answer = { status = answer.status, headers = headers }
    if answer.body then
      kept.answer.kind, kept.answer.text =
        bodies.keep(striker, answer.body, headers["content-type"])
    end
  end
  return cassette_file.write_exchange(kept)
end

--- Writes what is new into the file: all of it, or nothing where that fails. It happens by itself
-- now and then, and at the end.
-- @return true; or nil and the error
function Cassette:save()
  local ended = {}
  for _, exchange in ipairs(self.new) do
    if exchange.answer or exchange.failure then ended[#ended + 1] = exchange end
  end
  if self.mode == "replay" or #ended == self.saved then return true end
  for _, exchange in ipairs(ended) do look_at(self.striker, exchange) end
  local texts = {}
  for i, exchange in ipairs(self.recorded) do texts[i] = exchange.raw end
  for _, exchange in ipairs(ended) do texts[#texts + 1] = text_of(self.striker, exchange) end
  local done, why = cassette_file.write(self.file, texts)
  if done then
    self.saved = #ended
    return true
  end
  local err = errors.new { kind = "store", outcome = "not_sent", operation = "convoke.cassette",
    message = ("%s: cannot be written: %s"):format(self.file, tostring(why)) }
  if not self.told then io.stderr:write(tostring(err), "\n") end
  self.told = true
  return nil, err
end

Cassette.close = Cassette.save
Cassette.__close = Cassette.save

--- How many recorded exchanges have not been given.
function Cassette:unused()
  local count = 0
  for _, exchange in ipairs(self.recorded) do
    if not exchange.used then count = count + 1 end
  end
  return count
end

function Cassette:__tostring()
  return ("convoke.cassette %s: %s, %d of %d replayed, %d new"):format(self.file, self.mode,
    self.replayed, #self.recorded, #self.new)
end

-- Making one ------------------------------------------------

local function is_list(value)
  if type(value) ~= "table" then return false end
  for _, text in ipairs(value) do
    if type(text) ~= "string" then return false end
  end
  return true
end

local function is_pattern_list(value)
  if not is_list(value) then return false end
  for _, pattern in ipairs(value) do
    if not pcall(string.find, "", pattern) or ("").find("", pattern) then return false end
  end
  return true
end

local rules = {
  mode = { function(v) return modes[v] == true end, '"auto", "record" or "replay"' },
  strike = { is_list, "a list of names" },
  patterns = { is_pattern_list, "a list of Lua patterns that do not fit an empty text" },
  ignore = { is_list, 'a list of places, such as "body/sent_at"' },
  headers = { is_list, "a list of names" },
  repeats = { function(v) return type(v) == "boolean" end, "a boolean" },
}

local function set_of(list, change)
  local set = {}
  for _, name in ipairs(list or {}) do set[change and change(name) or name] = true end
  return set
end

-- Has a cassette saved when the program ends without having done so.
local function save_at_end(self)
  local function save() self:save() end
  if newproxy then -- luacheck: ignore 113
    self.at_end = newproxy(true) -- luacheck: ignore 113
    getmetatable(self.at_end).__gc = save
  end
end

Cassette.__gc = Cassette.save

local function fail(file, why)
  error(errors.new { kind = "invalid", outcome = "not_sent", operation = "convoke.cassette",
    message = ("%s: %s"):format(file, why) }, 0)
end

--- Makes a cassette, to be given to clients as their option `transport`. Raises where the file
-- cannot be used: without a transport a client would go to the network.
-- @param file     its name
-- @param options  mode: "replay" answers from the file only, "record" writes it anew, "auto" (the
--   default) answers what it knows and records the rest; strike: names of fields and parts of
--   addresses whose values are struck out; patterns: of Lua's, for values anywhere; ignore: places
--   of requests that are not compared; headers: more headers of answers that are kept; repeats:
--   whether a recorded exchange may answer again once all that are alike have answered
-- @return the cassette: send, save, close, unused
local function new(file, options)
  if type(file) ~= "string" or file == "" then raise "convoke.cassette: a file name is missing" end
  options = options or {}
  if type(options) ~= "table" then raise "convoke.cassette: options must be a table" end
  for name, value in pairs(options) do
    local rule = rules[name]
    if not rule then
      raise(("convoke.cassette: unknown option %s%s"):format(tostring(name),
        suggestion(name, rules)))
    end
    if not rule[1](value) then
      raise(("convoke.cassette: option %s must be %s"):format(name, rule[2]))
    end
  end
  local mode = options.mode or "auto"
  local recorded, last
  if mode ~= "record" then
    recorded, last = cassette_file.read(file)
    if not recorded and last then fail(file, last) end
    if not recorded and mode == "replay" then fail(file, "there is no such recording") end
  end
  local self = { file = file, mode = mode, recorded = recorded or {}, by_operation = {}, new = {},
    saved = 0, next_save = 1, replayed = 0, ignored = set_of(options.ignore),
    headers = set_of(options.headers, string.lower), repeats = options.repeats,
    striker = strike.new(options.strike, options.patterns, last),
    -- For clients: whether they may do without a credential, ask for none, and pause for no time.
    has_answers = recorded ~= nil, sends_nothing = mode == "replay", instant = mode == "replay" }
  for _, exchange in ipairs(self.recorded) do
    local list = self.by_operation[exchange.operation] or {}
    self.by_operation[exchange.operation], list[#list + 1] = list, exchange
  end

  --- See README, "Transports".
  function self.send(request)
    if mode == "record" then return record(self, request) end
    local parts = of_request(self, request)
    local places = places_of(parts)
    local exchange = find(self, parts, places)
    if exchange then return give(self, exchange) end
    if mode == "replay" then return nil, unmatched(self, parts, places) end
    return record(self, request)
  end

  save_at_end(self)
  return setmetatable(self, Cassette)
end

return new
