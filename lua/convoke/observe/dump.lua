--- Requests and answers as texts for people, for `convoke.log { level = "trace" }`: cut, with
-- secrets struck out.
--
-- Struck are values that have the name of a secret, in headers, paths, queries, forms and JSON,
-- whatever escapes they are written with; what looks like a token, wherever it stands; and the
-- client's credential. An answer that shows a secret of its request is struck, too.

local cjson = require "cjson.safe"
local secret_names = require "convoke.observe.secret_names"

local dump = {}

--- Bytes of a body, and of the value of a header, that are shown.
dump.most_body, dump.most_header = 4096, 256

local mark = "[hidden]"
local is_secret = secret_names.holds

-- Texts ------------------------------------------------

local function unescape_percent(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- Strikes what looks like a token, and the values of secret names in queries and forms.
local function strike_text(text)
  text = text:gsub("%f[%w]eyJ[%w_-]+%.[%w_-]+%.?[%w_-]*", mark):gsub("[sp]k_%a+_[%w_-]+", mark)
  text = text:gsub("([Bb]earer )[^%s\"',]+", "%1" .. mark):gsub("([Bb]asic )[%w+/=_-]+",
    "%1" .. mark)
  text = text:gsub("://[^/@%s\"]*@", "://" .. mark .. "@")
  -- From the beginning of a word on: else a long one would be read once for each of its letters.
  return (text:gsub("%f[%w_%%.%-%[%]]([%w_%%.%-%[%]]+)=([^&%s\"'<>]*)", function(name, value)
    if value ~= "" and is_secret(unescape_percent(name)) then return name .. "=" .. mark end
  end))
end

-- A striker of one exchange: what it has struck it knows again.
local Striker = {}
Striker.__index = Striker

local function new_striker(redact)
  return setmetatable({ redact = redact, secrets = {} }, Striker)
end

-- Remembers a secret. Shorter ones would strike out half an answer.
function Striker:learn(value)
  if #value >= 4 then self.secrets[#self.secrets + 1] = value end
end

-- Strikes a text without escapes.
function Striker:text(text)
  local struck = strike_text(self.redact(text))
  for _, secret in ipairs(self.secrets) do
    local at, stop = struck:find(secret, 1, true)
    while at do
      struck = struck:sub(1, at - 1) .. mark .. struck:sub(stop + 1)
      at, stop = struck:find(secret, at + #mark, true)
    end
  end
  return struck
end

-- A text that may be percent-encoded: struck whole where only its decoded form shows a secret.
function Striker:value(text)
  local struck = self:text(text)
  if struck ~= text or not text:find "%%%x%x" then return struck end
  local decoded = unescape_percent(text)
  return self:text(decoded) ~= decoded and mark or text
end

-- Where the value ends that begins at a position, which lists and objects may make long.
local function end_of_value(text, at)
  local depth, first = 0, at
  while at <= #text do
    local c = text:sub(at, at)
    if c == '"' then
      at = at + 1
      while at <= #text and text:sub(at, at) ~= '"' do
        at = at + (text:sub(at, at) == "\\" and 2 or 1)
      end
    elseif c == "[" or c == "{" then
      depth = depth + 1
    elseif c == "]" or c == "}" then
      if depth == 0 then return at - 1 end
      depth = depth - 1
    elseif depth == 0 and (c == "," or c:find "%s" and at > first) then
      return at - 1
    end
    if depth == 0 and c:find '["%]}]' then return at end
    at = at + 1
  end
  return #text
end

-- The value that a piece of JSON stands for; nil: it is none.
local function decode(text)
  local list = cjson.decode("[" .. text .. "]")
  return list and list[1]
end

-- Strikes JSON, which may be cut or none at all.
function Striker:json(text)
  local out, at = {}, 1
  while at <= #text do
    local quote = text:find('"', at, true)
    if not quote then break end
    out[#out + 1] = text:sub(at, quote - 1)
    local stop = math.min(end_of_value(text, quote), #text)
    local token = text:sub(quote, stop)
    local decoded = decode(token)
    if not decoded then -- cut, or no JSON: nobody knows what its escapes hide
      decoded = token:sub(2)
      if token:find("\\", 1, true) then token, decoded = '"' .. mark .. '"', "" end
    end
    local colon = text:match("^%s*:%s*()", stop + 1)
    at = stop + 1
    if colon and is_secret(decoded) then
      local value_end = end_of_value(text, colon)
      local value = text:sub(colon, value_end)
      local secret = decode(value)
      if type(secret) == "string" or type(secret) == "number" then
        self:learn(type(secret) == "string" and secret or value)
      end
      if value ~= "null" and value ~= "true" and value ~= "false" then
        value = '"' .. mark .. '"'
      end
      out[#out + 1] = text:sub(quote, colon - 1) .. value
      at = value_end + 1
    else
      local struck = self:value(decoded)
      out[#out + 1] = struck == decoded and token or cjson.encode(struck)
    end
  end
  out[#out + 1] = self:text(text:sub(at))
  return table.concat(out)
end

-- Parts of exchanges ------------------------------------------------

local most_read = 65536 -- bytes of a body that are looked at
local longest_half = 1024 -- bytes at the end of those that may be half a secret

local function is_text(text)
  local rest = text:gsub("[\194-\223][\128-\191]", ""):gsub("[\224-\239][\128-\191][\128-\191]", "")
    :gsub("[\240-\244][\128-\191][\128-\191][\128-\191]", "")
  return not rest:find "[%z\128-\255]"
end

-- The first bytes of a text, without half a character at the end.
local function cut(text, most)
  return (text:sub(1, most):gsub("[\192-\255][\128-\191]*$", "")) .. " [cut]"
end

-- A body, cut.
local function body_of(striker, body)
  if not body or body == "" then return nil end
  local most = dump.most_body
  if #body > most_read then body, most = cut(body, most_read), nil end
  if not is_text(body) then return "[no text]" end
  local is_json = body:find '^%s*[%[{"]'
  local text = is_json and striker:json(body) or striker:value(body)
  most = most or math.min(dump.most_body, #text - longest_half)
  return #text > most and cut(text, most) or text
end

local function headers_of(striker, headers)
  local shown = {}
  for name, value in pairs(headers) do
    value = is_secret(name) and mark or striker:value(tostring(value))
    if not is_text(value) then value = "[no text]" end
    shown[name] = #value > dump.most_header and cut(value, dump.most_header) or value
  end
  return shown
end

-- Learns the secrets of a form or a query.
local function learn_pairs(striker, text)
  for name, value in text:gmatch "([^&?=]+)=([^&]*)" do
    if is_secret(unescape_percent(name)) then
      striker:learn(unescape_percent((value:gsub("+", " "))))
    end
  end
end

-- Learns the secrets of a path.
-- @param template  path of the operation
local function learn_path(striker, template, url)
  secret_names.in_path(template, url, function(name, value)
    if not is_secret(name) then return end
    striker:learn(value)
    striker:learn(unescape_percent(value))
  end)
end

local plain = new_striker(function(text) return text end)

--- A text, in which there may be JSON, without what has a secret's name or looks like one.
function dump.text(text)
  plain.secrets = {}
  return plain:json(text)
end

--- What an attempt has sent and what came.
-- @param native  the call as the core has it
-- @param status  of the answer, or nil: none came
-- @param template  path of the operation, with the names of its values in braces
-- @return { method =, url =, headers =, body = }; and { status =, headers =, body = }, or nil
function dump.exchange(native, status, template)
  local request = native:request()
  local striker = new_striker(function(text) return native:redact(text) end)
  learn_path(striker, template, request.url)
  learn_pairs(striker, request.url:match "%?(.*)" or "")
  local body = request.body
  if body and not body:find '^%s*[%[{"]' then learn_pairs(striker, body) end
  -- The bodies first: then their secrets are known.
  local sent = { method = request.method, body = body_of(striker, body) }
  sent.url, sent.headers = striker:value(request.url), headers_of(striker, request.headers)
  if not status then return sent, nil end
  local came = { status = status, body = body_of(striker, native:body(most_read + 1)) }
  came.headers = headers_of(striker, native:headers())
  return sent, came
end

return dump
