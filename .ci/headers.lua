-- Proves that each header says what it is for, is guarded by a name made from its path, and has a
-- comment right above each function that it declares.
-- Run from the project's folder; prints what is missing and fails.

local wrong = 0

local function complain(...)
  print(string.format(...))
  wrong = wrong + 1
end

local function check(path)
  local lines = {}
  for line in io.lines("csrc/" .. path) do lines[#lines + 1] = line end
  if lines[1] ~= "/*" then complain("csrc/%s:1: does not begin with what it is for", path) end
  local guard = path == "convoke.h" and "CONVOKE_H" or "CVK_" .. path:upper():gsub("%W", "_")
  local guarded = false
  for number, line in ipairs(lines) do
    guarded = guarded or line == "#ifndef " .. guard and lines[number + 1] == "#define " .. guard
    local name = line:match "^[%a_][%w_ *]-([%w_]+)%("
    -- What stands in for a function of Lua's own is described in Lua's manual.
    if name and not line:find "^typedef" and not name:find "^lua" then
      local above = number - 1
      while lines[above] and lines[above]:find "^#" do above = above - 1 end
      if not (lines[above] and lines[above]:find "%*/$") then
        complain("csrc/%s:%d: %s has no comment of its own", path, number, name)
      end
    end
  end
  if not guarded then complain("csrc/%s: the guard is not %s", path, guard) end
end

local list = assert(io.popen "cd csrc && find . -name '*.h' | sort")
for path in list:lines() do check((path:gsub("^%./", ""))) end
list:close()

if wrong > 0 then os.exit(1) end
