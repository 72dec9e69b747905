--- Fails when a call takes more instructions than budget.lua allows: `make check`.

local guard = {}

--- What is wrong with a count, or nil.
-- @param budget  as budget.lua has it
-- @param name    of the workload
-- @param count   instructions of a call
-- @return a line, and whether the count is too high (else too low for the budget to be of use)
function guard.judge(budget, name, count)
  local allowed, thousands = budget.thousands[name], count / 1000
  if not allowed then return ("%s has no budget"):format(name), true end
  if thousands > allowed * (1 + budget.margin) then
    return ("%s takes %.1f thousand instructions, %.1f %% more than its budget of %g"):format(name,
      thousands, (thousands / allowed - 1) * 100, allowed), true
  end
  if thousands < allowed * (1 - budget.margin) then
    return ("%s takes %.1f thousand instructions; its budget of %g can be lowered"):format(name,
      thousands, allowed), false
  end
end

--- Why the budget says nothing about this machine, or nil.
function guard.incomparable(budget, here)
  for _, name in ipairs { "architecture", "lua", "libcurl" } do
    local wanted = budget.counted_with[name]
    if here[name] ~= wanted then
      return ("the budget is for %s %s, and here is %s"):format(name, wanted, tostring(here[name]))
    end
  end
end

-- Counts again what seems too dear: a busy machine can only add.
local function least_count(instructions, workload, budget, port)
  local least = math.huge
  for _ = 1, 3 do
    least = math.min(least, instructions.of_call(workload, "convoke", port))
    local _, too_high = guard.judge(budget, workload.name, least)
    if not too_high then break end
  end
  return least
end

local function main()
  local budget = require "spec.programs.bench.budget"
  local instructions = require "spec.programs.bench.instructions"
  local run = require "spec.programs.bench.run"
  local why_not = guard.incomparable(budget, {
    architecture = run.capture("uname -m"):match "%S+",
    lua = _VERSION,
    libcurl = run.capture("pkg-config --modversion libcurl"):match "^%d+%.%d+",
  })
  if why_not then
    print("not counted: " .. why_not)
    return true
  end
  local port, stop = run.server(1)
  local passed = true
  for _, workload in ipairs(instructions.workloads) do
    local count = least_count(instructions, workload, budget, port)
    local line, too_high = guard.judge(budget, workload.name, count)
    if too_high then passed = false end
    print(line or ("%s takes %.1f thousand instructions"):format(workload.name, count / 1000))
  end
  stop()
  return passed
end

if arg and arg[0] and arg[0]:find "guard%.lua$" then
  if not main() then
    print("What has become dearer? If it is worth it, say so and change "
      .. "spec/programs/bench/budget.lua.")
    os.exit(1)
  end
end

return guard
