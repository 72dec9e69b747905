--- Usage: lua spec/programs/editors/main.lua CHECKER [COUNT [SEED]]
-- Lets EmmyLua's checker (emmylua_check) read correct calls of every operation, in which it must
-- find nothing, and wrong ones, of which it must find 95 %.

local calls = require "spec.programs.editors.calls"
local cjson = require "cjson"
local convoke = require "convoke"

local checker, count, seed = arg[1], tonumber(arg[2] or 200), tonumber(arg[3] or 7)
local folder = "build/editors"
local names = require("convoke.catalogue").names

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

-- What the checker says about a program: an array of { line, code, message }.
local function check(name, text)
  local place = folder .. "/" .. name
  os.execute("mkdir -p " .. place)
  write(place .. "/" .. name .. ".lua", text)
  write(place .. "/.emmyrc.json", cjson.encode {
    workspace = { library = { assert(os.getenv "PWD") .. "/lua/convoke/meta" } },
    runtime = { version = "Lua5.4" },
  })
  local report = place .. "/report.json"
  os.remove(report)
  os.execute(("%s --output-format json --output %s %s >%s/log 2>&1"):format(checker, report, place,
    place))
  local found = {}
  for _, file in ipairs(cjson.decode(read(report))) do
    for _, one in ipairs(file.diagnostics) do
      found[#found + 1] = { line = one.range.start.line + 1, code = one.code, message = one.message,
        severity = one.severity }
    end
  end
  return found
end

local function line_of(text, number)
  for line in text:gmatch "(.-)\n" do
    number = number - 1
    if number == 0 then return line end
  end
end

local function try_correct()
  local text, total = calls.correct(convoke.operations, names)
  local found = check("correct", text)
  for _, one in ipairs(found) do
    print(("  %s: %s\n    %s"):format(one.code, one.message, line_of(text, one.line)))
  end
  print(("%d correct calls of %d operations: %d diagnostics"):format(total, #convoke.operations,
    #found))
  return #found == 0
end

local function try_wrong()
  local text, by_line = calls.wrong(convoke.operations, names, count, seed)
  local seen, codes = {}, {}
  for _, one in ipairs(check("wrong", text)) do
    if not seen[one.line] then codes[one.code] = (codes[one.code] or 0) + 1 end
    seen[one.line] = true
  end
  local totals, hits, sum = {}, {}, 0
  for line, kind in pairs(by_line) do
    totals[kind] = (totals[kind] or 0) + 1
    if seen[line] then
      hits[kind] = (hits[kind] or 0) + 1
      sum = sum + 1
    else
      print(("  not found (%s): %s"):format(calls.kinds[kind], line_of(text, line)))
    end
  end
  for kind, name in ipairs(calls.kinds) do
    print(("  %-32s %d of %d found"):format(name, hits[kind] or 0, totals[kind] or 0))
  end
  for code, times in pairs(codes) do print(("  by %s: %d"):format(code, times)) end
  print(("%d of %d wrong calls found: %.1f %%"):format(sum, count, 100 * sum / count))
  return sum >= 0.95 * count
end

local good = try_correct()
good = try_wrong() and good
os.exit(good and 0 or 1, true)
