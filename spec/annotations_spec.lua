-- The annotations for editors in lua/convoke/meta/: they say what the library does.

local convoke = require "convoke"
local generated = require "spec.programs.docs.generated"
local catalogue = require "convoke.catalogue"
local lfs = require "lfs"

local folder = "lua/convoke/meta/"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function sorted(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- The names in the lines of a text that match a pattern, as a set.
local function names_in(text, pattern)
  local names = {}
  for name in text:gmatch(pattern) do names[name] = true end
  return names
end

-- The lines of a class, its own included.
local function class(text, name)
  local line = "%-%-%-@class " .. name:gsub("%p", "%%%0")
  return assert(text:match("\n(" .. line .. "[:\n ].-)\n\n"), name)
end

-- The names of the fields that a class allows, which stand in table<"name"|..., any>.
local function allowed(text, name)
  local list = assert(class(text, name):match "table<([^,]*), any>", name)
  return sorted(names_in(list, '"([^"]+)"'))
end

-- What a raised message names as known.
local function known_of(f, ...)
  local raised, message = pcall(f, ...)
  assert.is_false(raised)
  local list = assert(message:match "known are: (.*)$", message)
  return sorted(names_in(list, "[%w_]+"))
end

describe("the annotations for editors", function()
  local module = read(folder .. "convoke.lua")

  it("are what the catalogue says: after a change of it run `make meta`", function()
    local files = generated.files()
    for path, text in pairs(files) do
      local file = io.open(path, "rb")
      local found = file and file:read "*a"
      if file then file:close() end
      assert.is_true(found == text, path .. " is stale: run `make meta`")
    end
    files[folder .. "convoke.lua"] = true
    for name in lfs.dir(folder) do
      assert.is_truthy(name:sub(1, 1) == "." or files[folder .. name], name .. " is of no API")
    end
  end)

  it("load as Lua of any version", function()
    for name in lfs.dir(folder) do
      if name:sub(1, 1) ~= "." then assert(loadfile(folder .. name)) end
    end
  end)

  it("name what the module has, and nothing else", function()
    local real, named = {}, names_in(module, "\nfunction convoke%.([%w_]+)")
    for name in pairs(convoke) do real[name] = true end
    -- What is made when it is first asked for.
    local later = assert(read "lua/convoke/init.lua":match "\nlocal later = (%b{})")
    for name in pairs(names_in(later, "\n  ([%l_]+) =")) do real[name] = true end
    real.hooks = true
    for name in pairs(names_in(class(module, "convoke"), "@field ([%w_]+)")) do
      named[name] = true
    end
    for _, name in ipairs(catalogue.names) do
      local text = read(folder .. name .. ".lua") .. "\n"
      assert.matches("---@field " .. name .. " fun(", class(text, "convoke"), 1, true)
      named[name] = true
    end
    assert.same(sorted(real), sorted(named))
  end)

  it("name every option of a client", function()
    for _, name in ipairs(catalogue.names) do
      local known = known_of(convoke[name], { zzzzzzzzzzzzzzzzzz = 1 })
      local text = read(folder .. name .. ".lua")
      assert.same(known, allowed(text, ("convoke.%s.Options"):format(name)))
    end
  end)

  it("name every option of a call", function()
    local wrong = { zzzzzzzzzzzzzzzzzz = 1 }
    local clerk = convoke.clerk { secret_key = "sk_test_1" }
    local known = known_of(clerk.invitations.list, clerk.invitations, {}, wrong)
    assert.same(known, allowed(module, "convoke.CallOptions"))
    local cvat = convoke.cvat { url = "https://cvat.example", token = "t" }
    known = known_of(cvat.invitations.list, cvat.invitations, {}, wrong)
    assert.same(known, allowed(read(folder .. "cvat.lua"), "convoke.cvat.CallOptions"))
    known = known_of(clerk.request, clerk, "GET", "/", nil, wrong)
    assert.same(known, allowed(module, "convoke.FreeOptions"))
  end)

  it("name every resource and verb that a client has", function()
    local clients = {
      clerk = convoke.clerk { secret_key = "sk_test_1" },
      convex = convoke.convex { url = "https://convex.example" },
      cvat = convoke.cvat { url = "https://cvat.example", token = "t" },
      edgegap = convoke.edgegap { token = "t" },
      gencove = convoke.gencove {},
    }
    local common = names_in(module, "\nfunction client:([%w_]+)")
    for _, name in ipairs(catalogue.names) do
      local client, text = clients[name], read(folder .. name .. ".lua")
      local known = known_of(function() return client.zzzzzzzzzzzzzzzzzz end)
      local named = names_in(class(text, ("convoke.%s.Client"):format(name)), "@field ([%w_]+)")
      for resource in pairs(named) do
        local verbs = known_of(function() return client[resource].zzzzzzzzzzzzzzzzzz end)
        assert.same(verbs, sorted(names_in(text, "\nfunction " .. resource .. ":([%w_]+)")))
      end
      for method in pairs(names_in(text, "\nfunction client:([%w_]+)")) do named[method] = true end
      for method in pairs(common) do named[method] = true end
      -- Those of paged listings are there, and of no use, where the API has none.
      for _, method in ipairs { "each", "all" } do named[method] = true end
      assert.same(known, sorted(named), name)
      client:close()
    end
  end)

  it("name the fields of errors that README names", function()
    local named = names_in(class(module, "convoke.Error"), "@field ([%w_]+)")
    local rows = read "README.md":match "\n| field | what it says |\n| %-%-%- | %-%-%- |\n(.-)\n\n"
    local count = 0
    for row in rows:gmatch "[^\n]+" do
      for name in row:match "^| (.-) |":gmatch "`([%l_]+)`" do
        assert.is_true(named[name], name)
        count = count + 1
      end
    end
    assert.is_true(count >= 12)
  end)

  it("name every hook", function()
    local hooks = require "convoke.observe.hooks"
    local names = {}
    for _, name in ipairs(hooks.names) do names[name] = true end
    assert.same(sorted(names), allowed(module, "convoke.Hooks"))
    assert.same(sorted(names), sorted(names_in(class(module, "convoke.Hooks"), "@field ([%w_]+)")))
  end)

  it("name what a job is made of", function()
    local source = read "lua/convoke/jobs/job.lua"
    local known = names_in(assert(source:match "\nlocal known = (%b{})"), "\n  ([%l_]+) =")
    assert.same(sorted(known), allowed(module, "convoke.JobSpec"))
    local methods = names_in(module, "\nfunction job:([%w_]+)")
    for name in pairs(methods) do
      assert.is_truthy(source:find("\nfunction Job:" .. name .. "(", 1, true), name)
    end
  end)

  it("name the methods of operations", function()
    local methods = {}
    for name, value in pairs(getmetatable(convoke.operations[1]).__index) do
      if type(value) == "function" then methods[name] = true end
    end
    assert.same(sorted(methods), sorted(names_in(module, "\nfunction operation:([%w_]+)")))
  end)

  it("name the methods of tasks and the counters", function()
    local task = convoke.spawn(function() end)
    local methods = {}
    for name, value in pairs(getmetatable(task).__index) do
      if type(value) == "function" and not name:find "^__" then methods[name] = true end
    end
    task:await()
    assert.same(sorted(methods), sorted(names_in(module, "\nfunction task:([%w_]+)")))
    local counters = names_in(class(module, "convoke.Stats"), "@field ([%w_]+)")
    assert.same(sorted(convoke.stats()), sorted(counters))
  end)
end)
