-- Proves that no two object files need each other, however many others lie between: a file can be
-- read, tested and replaced together with what it calls, and with nothing else.
-- Run as `lua .ci/circles.lua build/lua5.4`; prints each circle once and fails.

local folder = assert(arg[1], "the folder that holds the object files")

local home = {}   -- symbol -> the object file that defines it
local wanted = {} -- object file -> the symbols that it needs

-- POSIX format: "file: name letter value size"; a small letter is a symbol that only its file sees.
local command = ("find '%s' -name '*.o' | sort | xargs nm -A -P"):format(folder)
local symbols = assert(io.popen(command))
for line in symbols:lines() do
  local path, name, letter = line:match "^(.-)%.o: (%S+) (%a)"
  if path then
    path = path:sub(#folder + 2)
    wanted[path] = wanted[path] or {}
    if letter == "U" then
      wanted[path][name] = true
    elseif letter:find "%u" then
      home[name] = path
    end
  end
end
symbols:close()

local paths = {}
local needs = {} -- object file -> sorted list of the object files that it calls
for path, names in pairs(wanted) do
  local seen, list = {}, {}
  for name in pairs(names) do
    local other = home[name]
    if other and other ~= path and not seen[other] then
      seen[other] = true
      list[#list + 1] = other
    end
  end
  table.sort(list)
  needs[path] = list
  paths[#paths + 1] = path
end
table.sort(paths)
assert(#paths > 0, "no object files below " .. folder)

local state, trail = {}, {} -- path -> "open" while what it needs is walked, then "done"
local circles = 0

local function walk(path)
  if state[path] == "done" then return end
  trail[#trail + 1] = path
  if state[path] == "open" then
    local first = 1
    while trail[first] ~= path do first = first + 1 end
    print("a circle: " .. table.concat(trail, " > ", first))
    circles = circles + 1
  else
    state[path] = "open"
    for _, other in ipairs(needs[path]) do walk(other) end
    state[path] = "done"
  end
  trail[#trail] = nil
end

for _, path in ipairs(paths) do walk(path) end
if circles > 0 then os.exit(1) end
