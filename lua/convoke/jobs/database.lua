--- A SQLite file for tasks: statements are run by a thread of the store (core.store), and whoever
-- asks is parked until they have happened.

local answers = require "convoke.jobs.answers"
local core = require "convoke.core"

local database = {}

local Database = {}
Database.__index = Database

local pack = table.pack or function(...) return { n = select("#", ...), ... } end

--- One statement for Database:ask().
-- @param sql  one of at most 64 texts, whatever the values are: they are kept prepared
-- @param ...  the values of its ?1, ?2, ...: nil, booleans, numbers, strings
function database.statement(sql, ...)
  local made = pack(sql, ...)
  made.n = made.n - 1
  return made
end

--- Opens a file, which is made where it is not there.
-- @param path  of the file
-- @param form  application_id, version, schema: what makes a file ours
-- @return a database, or nil and why there is none; what is wrong with the file the first answer of
--   Database:ask() says
function database.open(path, form)
  local native, why = core.store(path, form.application_id, form.version, form.schema)
  if not native then return nil, why end
  local seen_to = answers.open(native)
  if not seen_to then
    native:close()
    return nil, path .. ": too many stores are open"
  end
  return setmetatable({ native = native, answers = seen_to, path = path }, Database)
end

--- Runs statements, which happen all or not at all, and durably.
-- @param statements  array of database.statement(); or of the like with `each`, which is run for
--   each set of so many values, where null stands for nil
-- @return an array: for each the array of its rows, each an array of its columns, with `changes`,
--   how many rows it has changed; of one with sets one row, which tells that for each set; or nil
--   and why nothing has happened
function Database:ask(statements)
  if self.closed then return nil, self.path .. ": the store is closed" end
  if self.native:is_parents() then
    return nil, self.path .. ": the store belongs to the process that forked this one"
  end
  return self.answers:ask(statements)
end

--- Closes the file; what was asked before happens first.
function Database:close()
  if self.closed then return end
  self.closed = true
  self.answers:close(self.path .. ": the store was closed before its answer came")
end

return database
