-- Prints the core specs: those in whose process nothing of a host or server is loaded, so that they
-- run wherever there are a Lua, libcurl, lua-cjson, busted and LuaSocket. Servers that they talk to
-- have processes, and may have a Lua, of their own (CONVOKE_SANDBOX_LUA).
-- Usage: lua5.4 spec/programs/core_specs.lua
--
-- A spec is one of them unless it names, as a module to require or a host to use, something of
-- `outside`, or a module of this tree that requires such a thing as soon as it is loaded itself.

local outside = { "cqueues", "copas", "luv", "http", "openssl", "ngx", "resty" }

local function is_outside(module)
  for _, name in ipairs(outside) do
    if module == name or module:sub(1, #name + 1) == name .. "." then return true end
  end
  return module == "spec.support.nginx"
end

local function read(path)
  local file = io.open(path)
  local text = file and file:read "*a"
  if file then file:close() end
  return text
end

-- Where a module of this tree is, as the Makefile has it; nil for those of others.
local function text_of(module)
  local path = module:gsub("%.", "/")
  return read("lua/" .. path .. ".lua") or read("lua/" .. path .. "/init.lua")
    or read(path .. ".lua")
end

local needs = {} -- of modules: whether they are outside or load what is

-- Whether one of these lines requires or uses what is outside.
local function names_outside(text, whole)
  for line in text:gmatch "[^\n]+" do
    if whole or line:match "^%l" then
      for word, module in line:gmatch "(%l+)[%s,(]*[\"']([%w_.]+)[\"']" do
        if (word == "require" or word == "use") and needs(module) then return true end
      end
    end
  end
  return false
end

needs = setmetatable({}, { __call = function(self, module)
  if is_outside(module) then return true end
  if self[module] == nil then
    self[module] = false -- for circles
    local text = text_of(module)
    self[module] = text ~= nil and names_outside(text, false)
  end
  return self[module]
end })

local names = assert(io.popen "ls spec/*_spec.lua")
for name in names:lines() do
  if not names_outside(read(name), true) then print(name) end
end
names:close()
