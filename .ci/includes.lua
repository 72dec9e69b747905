-- Holds csrc to its structure: which folder may include which, one header a file, and no circle.
-- Usage: lua5.4 .ci/includes.lua; it prints what is wrong and ends with status 1.

-- A folder may include itself and those named here: the farther down, the less it knows.
local allowed = {
  base = {},
  catalogue = { "base" },
  apis = { "catalogue" },
  http = { "base", "catalogue" },
  transfer = { "base", "catalogue", "http" },
  store = { "base", "transfer" },
  lua = { "base", "catalogue", "http", "transfer", "store" },
}

local files, includes = {}, {}
local wrong = {}

local function complain(text, ...)
  wrong[#wrong + 1] = text:format(...)
end

local function folder_of(path)
  return path:match "^([^/]+)/" or "."
end

local function read(path)
  local found = {}
  for line in io.lines("csrc/" .. path) do
    local name = line:match '^%s*#%s*include%s+"([^"]+)"'
    if name then found[#found + 1] = name end
  end
  return found
end

local list = assert(io.popen "cd csrc && find . -name '*.[ch]' | sort")
for line in list:lines() do
  local path = line:gsub("^%./", "")
  files[path] = true
  includes[path] = read(path)
end
list:close()

-- The public header stands in no folder; only what implements it may include it.
local function check_direction(path, name)
  local from, to = folder_of(path), folder_of(name)
  if not files[name] then
    complain("%s includes %s, which is not written from csrc on", path, name)
  elseif to == "." then
    if from ~= "lua" then complain("%s includes %s: only lua/ implements it", path, name) end
  elseif from ~= to then
    for _, one in ipairs(allowed[from] or {}) do
      if one == to then return end
    end
    complain("%s includes %s: %s/ may not know %s/", path, name, from, to)
  end
end

-- Each C file but a vendor's, a poller's and the module's has a header of its own name.
local function check_header(path)
  local stem = path:match "^(.*)%.c$"
  if not stem or files[stem .. ".h"] then return end
  if stem:find "^apis/" or stem:find "^transfer/poller_" then return end
  if stem == "lua/module" then return end -- what Lua calls when it loads the module
  complain("%s has no header of its own", path)
end

local state = {} -- path -> "open" while its includes are walked, then "done"

local function find_circle(path, trail)
  if state[path] == "done" then return end
  if state[path] == "open" then
    return complain("a circle: %s > %s", table.concat(trail, " > "), path)
  end
  state[path] = "open"
  trail[#trail + 1] = path
  for _, name in ipairs(includes[path] or {}) do find_circle(name, trail) end
  -- A file needs what its header's functions are written in.
  local source = path:match "^(.*)%.h$"
  if source and files[source .. ".c"] then
    for _, name in ipairs(includes[source .. ".c"]) do
      if name ~= path then find_circle(name, trail) end
    end
  end
  trail[#trail] = nil
  state[path] = "done"
end

local paths = {}
for path in pairs(files) do paths[#paths + 1] = path end
table.sort(paths)
for _, path in ipairs(paths) do
  if path ~= "convoke.h" and not allowed[folder_of(path)] then
    complain("%s stands in no folder that the structure knows", path)
  end
  for _, name in ipairs(includes[path]) do check_direction(path, name) end
  check_header(path)
  find_circle(path, {})
end

for _, line in ipairs(wrong) do print(line) end
if #wrong > 0 then os.exit(1) end
