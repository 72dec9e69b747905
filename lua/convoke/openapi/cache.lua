--- What was read of a document, kept in a file, so that the next program has it sooner.
--
-- The file holds the parts of a document, each as JSON text by itself: an operation, a schema. They
-- are read when they are first asked for. It holds data and no code; whatever it says is checked as
-- the document is. It counts only as long as the document, and the files that it refers to, have
-- the same bytes, which their hashes show. A small file beside it says when they had which hash, so
-- that a document that nobody has touched since is not read for that.

local cjson = require "cjson"
local core = require "convoke.core"
local operations = require "convoke.openapi.operations"
local source = require "convoke.openapi.source"
local version = require "convoke.version"

local cache = {}

local format = "2 of convoke " .. version

-- What rows hold, see operations.rows(): texts, those that their names are, and what few have.
local declared = { "method", "path", "item", "address", "own_id", "summary" }
local made = { "id", "resource", "verb" }
local others = { "tags", "security", "deprecated", "marked" }

local codec = cjson.new()
codec.encode_sparse_array(true)

local function is_table(value) return type(value) == "table" end

--- The name of the file for a document; nil: a table has none.
-- @param folder  where such files are
-- @param given   see source.open()
function cache.place(folder, given)
  if is_table(given) then return nil end
  local what = given
  if not source.is_text(given) and given:sub(1, 1) ~= "/" then
    what = (os.getenv "PWD" or "") .. "/" .. given
  end
  return ("%s/%s.cache"):format(folder, core.digest(("convoke openapi"):sub(1, 15) .. "\0", what))
end

-- Reading ------------------------------------------------

local function name_of_seen(place) return (place:gsub("%.cache$", ".seen")) end

-- What the hashes of files were at which stamps, see core.stamp(): name -> both. It is kept like
-- the cache itself, by this user alone.
local function read_seen(place)
  local records = core.records(name_of_seen(place))
  local seen = records and records:read()
  return is_table(seen) and seen.format == format and is_table(seen.files) and seen.files or {}
end

local function write_seen(place, files)
  local recorder = core.recorder(name_of_seen(place))
  local text = codec.encode { format = format, files = files }
  if recorder then recorder:finish(recorder:add(text)) end
end

-- Whether the document and the files it refers to have the bytes that the cache was made of.
-- @param place  of the cache, beside which it is noted what was seen; nil: all files are read
local function is_of(facts, key, given, place)
  if not is_table(facts) or facts.format ~= format or not is_table(facts.files)
    or not is_table(facts.trees) or not is_table(facts.notes) then
    return false
  end
  local seen, now, is_new = place and read_seen(place) or {}, {}, false
  for name, digest in pairs(facts.files) do
    local is_own = name == ""
    local what = is_own and given or name
    local is_file = not (is_own and source.is_text(given))
    local stamp = is_file and place and core.stamp(what) -- before the file is read
    now[name] = stamp and digest .. " " .. stamp or nil
    if not stamp or seen[name] ~= now[name] then
      if core.digest(key, what, is_file) ~= digest then return false end
      is_new = is_new or stamp
    end
  end
  if is_new then write_seen(place, now) end
  return facts.files[""] ~= nil
end

-- A document by its cache.
local Cached = setmetatable({}, { __index = source.class })
Cached.__index = Cached

local damaged = {} -- is raised where the file has something else than was written
local deepest = 4 -- lists within each other

-- Reads the document itself from now on: what was kept of it is damaged.
function Cached:give_up()
  os.remove(self.place)
  local is_same = is_of(self.facts, self.records:key(), self.given)
  local other, why = nil, "the document was changed while it was used"
  if is_same then other, why = source.open(self.given) end
  if not other then error({ document = why }, 0) end
  self.root, self.trees, self.texts = other.root, other.trees, other.texts
  return setmetatable(self, source.class)
end

-- What the part is called that a token of a JSON pointer names.
local function name_of(token)
  return (token:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end)
    :gsub("~1", "/"):gsub("~0", "~"))
end

-- The list at a place: name -> place of a part, or less than 0: of a list.
function Cached:list(at)
  local list = self.lists[at]
  if not list then
    list = self.records:read(at)
    if not is_table(list) then error(damaged) end
    self.lists[at] = list
  end
  return list
end

-- Where the part is that an address is in, and the pointer within it; nil: there is none.
function Cached:locate(address)
  local file, pointer = address:match "^(.-)#(.*)$"
  local at, position = self.facts.trees[file], 1
  while type(at) == "number" and at < 0 and position <= #pointer do
    local token, behind = pointer:match("^/([^/]*)()", position)
    if not token then return nil end
    at, position = self:list(-at)[name_of(token)], behind
  end
  if type(at) ~= "number" then return nil end
  return at, pointer:sub(position)
end

-- The value of a part, or of all parts of a list.
function Cached:value(at, pointer, depth)
  if at < 0 then
    local whole = {}
    for name, place in pairs(depth < deepest and self:list(-at) or {}) do
      whole[name] = self:value(place, "", depth + 1)
    end
    return whole
  end
  local tree = self.records:tree(at)
  if not tree then error(damaged) end
  local node = tree:find(pointer)
  if node then return tree:read(node) end
end

-- The value at an address; nil: there is none, or why it cannot be read.
function Cached:find(address)
  local at, pointer = self:locate(address)
  if at then return self:value(at, pointer, 1) end
end

--- See source.lua.
function Cached:at(address)
  local known = self.values[address]
  if known ~= nil then return known end
  if not self.facts.trees[address:match "^(.-)#"] then return source.class.at(self, address) end
  local good, value, why = pcall(self.find, self, address)
  if not good and value ~= damaged then error(value, 0) end
  if not good then return self:give_up():at(address) end
  if value == nil then return nil, address .. (why and ": " .. why or " names nothing") end
  self.values[address] = value
  return value
end

--- See source.lua.
function Cached:has(address) return self:at(address) ~= nil end

-- Rows, by their columns; nil: these are none.
local function rows_of(columns)
  if not is_table(columns) then return nil end
  local rows, count = {}, #(columns.path or {})
  for _, names in ipairs { declared, made } do
    for _, name in ipairs(names) do
      local column = columns[name]
      if not is_table(column) or #column ~= count then return nil end
    end
  end
  local c = columns
  for i = 1, count do -- in one go, so that no table grows
    rows[i] = { method = c.method[i], path = c.path[i], item = c.item[i], address = c.address[i],
      own_id = c.own_id[i] or nil, summary = c.summary[i] or nil, id = c.id[i],
      resource = c.resource[i], verb = c.verb[i] }
  end
  for _, name in ipairs(others) do
    for i, value in pairs(columns[name]) do
      local row = rows[tonumber(i)]
      if row then row[name] = value end
    end
  end
  return rows
end

local function open(place, given)
  local records = core.records(place)
  local facts = records and records:read()
  if not (facts and is_of(facts, records:key(), given, place)) then return nil end
  local rows = rows_of(records:read(facts.rows))
  if not rows then return nil end
  local src = { records = records, facts = facts, place = place, given = given, lists = {},
    trees = {}, texts = {}, values = {}, name = not source.is_text(given) and given or nil }
  return setmetatable(src, Cached), rows
end

--- A document by its cache.
-- @param place  of the file
-- @param given  see source.open()
-- @return what stands for a source, its rows and what these noted, see cache.write(); or nil:
--   there is no cache of the document as it is now
function cache.open(place, given)
  local good, src, rows = pcall(open, place, given)
  if good and src then return src, rows, src.facts.notes end
end

-- Writing ------------------------------------------------

-- How many levels of members stand alone in each member of a document; elsewhere it is one part.
local levels_of = { paths = 2, components = 2 }

-- Writes a node, or each of its members by itself and a list of them. Returns its place, less than
-- 0: of a list.
local function add(recorder, tree, node, levels)
  local members, nodes = nil, nil
  if levels > 0 and tree:kind(node) == "object" then members, nodes = tree:members(node) end
  if not (members and members[1]) then return recorder:add(tree, node) end
  local list = {}
  for i, name in ipairs(members) do
    local deeper = node == 0 and levels_of[name] or node ~= 0 and levels - 1 or 0
    list[name] = add(recorder, tree, nodes[i], deeper)
  end
  return -recorder:add(codec.encode(list))
end

-- Reads all files that a document refers to. Returns whether all of them are there.
local function read_files(src)
  local seen, left = { [""] = true }, { "" }
  while left[1] do
    local file = table.remove(left)
    local tree = src:tree(file)
    if not tree then return false end
    for _, row in ipairs(select(2, tree:references())) do
      local name = src:address(row.ref, file .. "#"):match "^(.-)#"
      if not seen[name] and not name:find "^%a[%w+.-]*:" then
        seen[name], left[#left + 1] = true, name
      end
    end
  end
  return true
end

-- The rows by columns, which are read faster, named as they are where no option says otherwise.
local function columns_of(rows, is_named)
  if not is_named then
    local copied = {}
    for i, row in ipairs(rows) do
      copied[i] = {}
      for _, names in ipairs { declared, others } do
        for _, name in ipairs(names) do copied[i][name] = row[name] end
      end
    end
    rows = copied
    operations.name(rows, nil, function() end)
  end
  local columns = {}
  for _, names in ipairs { declared, made } do
    for _, name in ipairs(names) do
      columns[name] = {}
      for i, row in ipairs(rows) do columns[name][i] = row[name] or false end
    end
  end
  for _, name in ipairs(others) do
    columns[name] = {}
    for i, row in ipairs(rows) do columns[name][tostring(i)] = row[name] end
  end
  return columns
end

local function write(recorder, src, rows, is_named, notes)
  local key = recorder:key()
  local facts = { format = format, files = {}, trees = {}, notes = notes,
    rows = recorder:add(codec.encode(columns_of(rows, is_named))) }
  for file, tree in pairs(src.trees) do
    facts.files[file] = core.digest(key, src.texts[file] or tree)
    facts.trees[file] = add(recorder, tree, 0, 1)
  end
  return recorder:finish(recorder:add(codec.encode(facts)))
end

--- Keeps what was read of a document. Nothing happens where that cannot be.
-- @param place  of the file
-- @param src    see source.open()
-- @param rows   see operations.rows()
-- @param is_named  whether the rows are named as they are where no option says otherwise
-- @param notes  what operations.rows() noted: an array of { place, what, consequence }
function cache.write(place, src, rows, is_named, notes)
  if not read_files(src) then return end
  local recorder = core.recorder(place)
  if recorder and not pcall(write, recorder, src, rows, is_named, notes) then recorder:close() end
end

return cache
