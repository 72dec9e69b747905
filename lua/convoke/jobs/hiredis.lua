--- A connection to a Redis or Valkey server for tasks: a thread of core.redis talks with the
-- server, by means of hiredis, and whoever asks is parked until the answer is there. Where a
-- program brings a client of its own (a function), that one is asked.

local address = require "convoke.jobs.address"
local answers = require "convoke.jobs.answers"
local core = require "convoke.core"
local foreign = require "convoke.jobs.foreign"

local hiredis = {}

local Connection = {}
Connection.__index = Connection

local defaults = { timeout = 10, connect_timeout = 5 }
local longest = 86400 -- seconds

-- The options with the defaults; nil and what is wrong.
local function read_options(options)
  local read = { timeout = defaults.timeout, connect_timeout = defaults.connect_timeout }
  for name, value in pairs(options or {}) do
    if name == "command" then
      if type(value) ~= "function" then return nil, "command is a function" end
    elseif not defaults[name] then
      return nil, "there is no option " .. tostring(name)
    elseif type(value) ~= "number" or not (value >= 0.001 and value <= longest) then
      return nil, name .. " is a number of seconds from 0.001 to 86400"
    end
    read[name] = value
  end
  return read
end

--- Sends a command and waits for its answer.
-- @param ...  its name and its arguments, strings or numbers
-- @return the reply: a string, an integer, an array, or false for nil; within an array an error is
--   a table whose `error` is its text. Or nil, a text and a kind: "answer" where the server has
--   refused the command (the text is the server's) or the login; "connection" where there is no
--   answer: whether the command was carried out is unknown. After that the connection is made
--   again for the next command, later and later while that fails.
function Connection:command(...)
  if self.closed then return nil, self.name .. ": the connection is closed", "connection" end
  if self.native:is_parents() then
    return nil, self.name .. ": the connection belongs to the process that forked this one",
      "connection"
  end
  local reply, why, kind = self.answers:ask(...)
  if reply == nil and kind ~= "answer" then return nil, self.name .. ": " .. why, "connection" end
  return reply, why, kind
end

--- Closes it. Commands in flight end at once, with kind "connection".
function Connection:close()
  if self.closed then return end
  self.closed = true
  self.answers:close "the connection was closed before the answer came"
end

function Connection:__tostring() return self.name end

--- Opens a connection. It is made for the first command, whose answer says what is wrong with it.
-- @param text     address, as in convoke.jobs.address
-- @param options  or nil:
--   timeout: seconds that a command may take, 10;
--   connect_timeout: seconds until a connection is made and logged in, 5;
--   command: a client of the program's own instead: function(name, ...) that returns what
--     lua-resty-redis does, a reply (nil is a userdata), false and an error of the server, or nil
--     and an error of the connection. It logs in and chooses the database itself; of the address
--     only the prefix counts.
-- @return a connection, whose `prefix` is the address's or nil; or nil and why there is none
function hiredis.open(text, options)
  local place, fault = address.read(text)
  if not place then return nil, fault end
  local read, wrong = read_options(options)
  if not read then return nil, place.name .. ": " .. wrong end
  if read.command then
    return foreign.open(read.command, place.name, place.prefix)
  end
  place.timeout, place.connect_timeout = read.timeout, read.connect_timeout
  place.tls = place.scheme == "rediss" and "yes" or nil
  local native, why = core.redis(place)
  if not native then return nil, place.name .. ": " .. why end
  local seen_to = answers.open(native)
  if not seen_to then
    native:close()
    return nil, place.name .. ": too many stores are open"
  end
  return setmetatable({ native = native, answers = seen_to, name = place.name,
    prefix = place.prefix }, Connection)
end

return hiredis
