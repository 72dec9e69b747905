--- The kinds of stores of jobs: which one an address means.

local address = require "convoke.jobs.address"

local stores = {}

--- What an address means.
-- @param text  path of a SQLite file, or address of Redis
-- @return the module of its store, and the address without its login; or nil, what is wrong
function stores.find(text)
  if text == ":memory:" or text:find "^file:" then -- which SQLite would not take for a path
    return nil, "a store is a file, and has to outlive the program: " .. text .. " is no path"
  end
  if not text:find "^[%w+.-]+://" then return "convoke.jobs.sqlite", text end
  local found, why = address.read(text)
  if not found then return nil, why end
  return "convoke.jobs.redis", found.name
end

--- Opens a store.
-- @param text     which stores.find() knows
-- @param command  see convoke.job; or nil
-- @return the store; or nil, why
function stores.open(text, command)
  return require((stores.find(text)))(text, command)
end

return stores
