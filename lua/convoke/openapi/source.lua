--- Documents as they lie on the disk or in memory: where they come from, and what stands where.
--
-- A document stays JSON text, with an index in C; only what is asked for becomes a table. Parts are
-- known by their address, "#/components/schemas/Pet", and those of another file by its name before
-- that.

local cjson = require "cjson"
local core = require "convoke.core"

local source = {}

local most_bytes = 256 * 1024 * 1024
local most_values = 3000000 -- of a table, each as often as it is held
local most_steps = 64 -- from one reference to the next

local Source = {}
Source.__index = Source

-- Reading ------------------------------------------------

local function read_file(name)
  local file, why = io.open(name, "rb")
  if not file then return nil, "cannot be read: " .. why end
  local size = file:seek "end"
  if not size or not file:seek "set" or size > 0 and not file:read(1) then
    file:close()
    return nil, "cannot be read: it is a folder, or another thing that is no file"
  end
  if size > most_bytes then
    file:close()
    return nil, ("has %d bytes, more than %d"):format(size, most_bytes)
  end
  file:seek "set"
  local text = file:read(size > 0 and size or 1)
  file:close()
  return text or ""
end

-- How many values a value holds, those of a table as often as that is held. `known`: by table.
local function size_of(value, depth, known)
  if type(value) ~= "table" then return 1 end
  if known[value] then return known[value] end
  if depth > 200 then error("it is nested too deep, or holds itself", 0) end
  local size = 1
  for _, member in pairs(value) do size = size + size_of(member, depth + 1, known) end
  known[value] = size
  return size
end

-- A table with every key a text or a position, as JSON has them; YAML's numbers are keys of
-- objects, too.
local function plain_copy(value)
  if type(value) ~= "table" then return value end
  local count, copied = 0, {}
  for _ in pairs(value) do count = count + 1 end
  local is_array = count > 0 and #value == count
  if getmetatable(value) == getmetatable(core.array {}) then is_array = true end
  for key, member in pairs(value) do
    copied[is_array and key or tostring(key)] = plain_copy(member)
  end
  if is_array and count == 0 then return core.array {} end
  return copied
end

-- JSON text of a decoded document.
local function text_of(value)
  local fine, size = pcall(size_of, value, 0, {})
  if not fine then return nil, size end
  if size > most_values then return nil, ("holds more than %d values"):format(most_values) end
  local codec = cjson.new()
  codec.encode_max_depth(250)
  codec.encode_sparse_array(true)
  local text
  fine, text = pcall(codec.encode, plain_copy(value))
  if not fine then return nil, "cannot be written as JSON: " .. tostring(text) end
  return text
end

-- JSON text of what is JSON or YAML.
local function json_of(text)
  text = text:gsub("^\239\187\191", "")
  if text:find "^%s*[{%[]" then return text end
  local found, module = pcall(require, "yaml")
  if found and module.parser then
    return require("convoke.openapi.yaml").to_json(module.parser, text)
  end
  local load = found and (module.load or module.eval)
  if not load then
    return nil, "is no JSON, and YAML needs the Lua module lyaml (Debian: lua-yaml), or yaml"
  end
  local fine, value = pcall(load, text)
  if not fine then return nil, "is neither JSON nor YAML: " .. tostring(value):sub(1, 200) end
  if type(value) ~= "table" then return nil, "is no OpenAPI document" end
  return text_of(value)
end

-- The tree of a text, or of the file of that name; false: the file is not JSON from its first byte.
local function index(text, is_file)
  local tree, why, byte, pointer = core.tree(text, is_file)
  if tree == false then return false end
  if not tree then
    return nil, ("is no JSON: %s at byte %d (#%s)"):format(why, byte, pointer)
  end
  return tree
end

-- The tree of a file. Large ones never become strings of Lua's. nil and why not; the text of the
-- file where the tree has another one.
local function open_file(name)
  local tree, why = index(name, true)
  if tree ~= false then return tree, why end
  local given, text
  given, why = read_file(name)
  if given then text, why = json_of(given) end
  if not text then return nil, why end
  tree, why = index(text)
  return tree, why, given
end

-- Looking things up ------------------------------------------------

local function folder_of(name)
  return name:match "^(.*/)[^/]*$" or ""
end

-- The tree of a file, by its name; "" is the document itself. nil and why not.
function Source:tree(file)
  local tree = self.trees[file]
  if tree then return tree end
  if file:find "^%a[%w+.-]*:" then
    return nil, "is on another machine, where nothing is fetched from"
  end
  local why, given
  tree, why, given = open_file(file)
  if not tree then return nil, why end
  self.trees[file], self.texts[file] = tree, given
  return tree
end

--- The address that a reference means where it stands.
-- @param ref   such as "#/components/schemas/Pet" or "pet.json#/Pet"
-- @param from  address of what holds it
function Source:address(ref, from)
  local file = from:match "^(.-)#"
  local name, pointer = ref:match "^([^#]*)#?(.*)$"
  if name ~= "" then
    local folder = folder_of(file ~= "" and file or self.name or "")
    file = name:sub(1, 1) == "/" and name or (folder .. name):gsub("/%./", "/"):gsub("^%./", "")
  end
  return file .. "#" .. pointer
end

--- The tree and the node that an address names; nil and why there are none.
function Source:node(address)
  local file, pointer = address:match "^(.-)#(.*)$"
  local tree, why = self:tree(file)
  if not tree then return nil, ("%s: the file %s"):format(address, why) end
  local node = tree:find(pointer)
  if not node then return nil, address .. " names nothing" end
  return tree, node
end

--- What stands at an address: decoded, the same table each time. nil and why there is nothing.
function Source:at(address)
  local known = self.values[address]
  if known ~= nil then return known end
  local tree, node = self:node(address)
  if not tree then return nil, node end
  local value, why = tree:read(node)
  if why then return nil, address .. ": " .. why end
  self.values[address] = value
  return value
end

--- Whether something stands at an address: "#/paths/~1pets/parameters".
function Source:has(address)
  return self:node(address) ~= nil
end

--- Follows references from a value until it is none.
-- @param value    decoded
-- @param address  where it stands
-- @return the value and its address; or nil and what is wrong
function Source:follow(value, address)
  for _ = 1, most_steps do
    if type(value) ~= "table" or type(value["$ref"]) ~= "string" then return value, address end
    local target = self:address(value["$ref"], address)
    local found, why = self:at(target)
    if found == nil then return nil, ("%s/$ref: %s"):format(address, why) end
    value, address = found, target
  end
  return nil, address .. ": references lead to references without an end"
end

--- The members of what stands at an address of the document itself, in the order of the text.
-- @return an array of { name =, node = }, empty where it is no object
function Source:members(node)
  local names, nodes = self.root:members(node)
  local rows = {}
  for i, name in ipairs(names or {}) do rows[i] = { name = name, node = nodes[i] } end
  return rows
end

-- Opening ------------------------------------------------

--- Whether a string is the text of a document and no file's name.
function source.is_text(given)
  return (given:find "^%s*[{%[]" or given:find "\n" or given:find "^\239\187\191") ~= nil
end

--- Opens a document.
-- @param given  a file's name, JSON or YAML text, or a decoded table
-- @return a source; or nil and what is wrong with it. Its fields: root and trees (by file name),
--   see core.tree(); texts: by file name, what was given where the tree has another text; values,
--   by address; name of the file, or nil
function source.open(given)
  local text, why, name, tree, other
  if type(given) == "string" and not given:find "%S" then
    return nil, "the document is empty"
  elseif type(given) == "table" then
    text, why = text_of(given)
  elseif source.is_text(given) then
    text, why = json_of(given)
  else
    name = given
    tree, why, other = open_file(given)
  end
  if text then tree, why = index(text) end
  if not tree then return nil, (name or "the document") .. " " .. why end
  return setmetatable({ root = tree, trees = { [""] = tree }, values = {}, name = name,
    texts = { [""] = other or type(given) == "string" and not name and given or nil } }, Source)
end

source.class = Source

return source
