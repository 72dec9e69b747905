-- The rockspec lists every file by name; this compares its lists with the tree.

local lfs = require "lfs"

-- Returns all files below `folder` whose names end in `ending`, sorted.
local function files_below(folder, ending)
  local found = {}
  local function walk(path)
    for name in lfs.dir(path) do
      local full = path .. "/" .. name
      if name:sub(1, 1) ~= "." then
        if lfs.attributes(full, "mode") == "directory" then
          walk(full)
        elseif name:sub(-#ending) == ending then
          found[#found + 1] = full
        end
      end
    end
  end
  walk(folder)
  table.sort(found)
  return found
end

local function read_rockspec(path)
  local spec = {}
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  local chunk = assert((loadstring or load)(text, "@" .. path, "t", spec))
  if setfenv then setfenv(chunk, spec) end
  chunk()
  return spec
end

describe("the rockspec", function()
  local spec = read_rockspec "rockspec/convoke-scm-1.rockspec"
  local modules = spec.build.modules

  it("compiles every C file of the tree, with one poller", function()
    local wanted, pollers = {}, 0
    for _, path in ipairs(files_below("csrc", ".c")) do
      if not path:find "poller_kqueue" then wanted[#wanted + 1] = path end
    end
    for _, path in ipairs(modules["convoke.core"].sources) do
      if path:find "/poller_" then pollers = pollers + 1 end
    end
    local listed = {}
    for i, path in ipairs(modules["convoke.core"].sources) do listed[i] = path end
    table.sort(listed)
    assert.same(wanted, listed)
    assert.equal(1, pollers)
  end)

  it("installs every Lua file of the tree under the name that require looks for", function()
    local wanted, listed = {}, {}
    for _, path in ipairs(files_below("lua", ".lua")) do
      local name = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
      wanted[name] = path
    end
    for name, what in pairs(modules) do
      if type(what) == "string" then listed[name] = what end
    end
    assert.same(wanted, listed)
  end)

  it("asks for nothing at run time but Lua, libcurl and lua-cjson", function()
    assert.same({ "lua >= 5.1, < 5.5", "lua-cjson" }, spec.dependencies)
    local libraries = {}
    for name in pairs(spec.external_dependencies) do libraries[#libraries + 1] = name end
    assert.same({ "CURL" }, libraries)
  end)
end)
