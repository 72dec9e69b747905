-- The rockspec lists every file by name; this compares its lists with the tree.

local lfs = require "lfs"

-- Returns the paths of all files below `folder` that end in `ending`, hidden ones left out.
local function files_below(folder, ending, found)
  found = found or {}
  for name in lfs.dir(folder) do
    local path = folder .. "/" .. name
    if name:sub(1, 1) ~= "." then
      if lfs.attributes(path, "mode") == "directory" then
        files_below(path, ending, found)
      elseif name:sub(-#ending) == ending then
        found[#found + 1] = path
      end
    end
  end
  return found
end

local function read_rockspec(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  local spec = {}
  local chunk = assert((loadstring or load)(text, "@" .. path, "t", spec))
  if setfenv then setfenv(chunk, spec) end
  chunk()
  return spec
end

-- Returns what has to change in `listed` so that it says what `wanted` says, a line each.
local function differences(wanted, listed)
  local lines = {}
  for key, path in pairs(wanted) do
    if listed[key] ~= path then lines[#lines + 1] = "add " .. path end
  end
  for key, path in pairs(listed) do
    if wanted[key] ~= path then lines[#lines + 1] = "remove " .. path end
  end
  table.sort(lines)
  return lines
end

describe("the rockspec", function()
  local spec = read_rockspec "rockspec/convoke-scm-1.rockspec"
  local modules = spec.build.modules

  it("compiles every C file of the tree", function()
    local wanted, listed = {}, {}
    for _, path in ipairs(files_below("csrc", ".c")) do wanted[path] = path end
    for _, path in ipairs(modules["convoke.core"].sources) do listed[path] = path end
    assert.same({}, differences(wanted, listed))
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
    assert.same({}, differences(wanted, listed))
  end)

  it("of the release differs from it by version and source only", function()
    local version = require "convoke.version"
    local release = read_rockspec(("rockspec/convoke-%s-1.rockspec"):format(version))
    assert.equal(version .. "-1", release.version)
    assert.equal("v" .. version, release.source.tag)
    assert.matches("^git%+https://", release.source.url)
    release.version, release.source = spec.version, spec.source
    assert.same(spec, release, "after a change of the clone's rockspec run: make rockspec")
  end)

  it("asks for nothing at run time but Lua, libcurl and lua-cjson", function()
    assert.same({ "lua >= 5.1, < 5.6", "lua-cjson" }, spec.dependencies)
    local libraries = {}
    for name in pairs(spec.external_dependencies) do libraries[#libraries + 1] = name end
    assert.same({ "CURL" }, libraries)
  end)
end)
