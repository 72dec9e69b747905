--- The command line of clients in Lua, and what they print; the same as the C programs have.

local plan = { url = "http://127.0.0.1:8080/v1", workload = "create", width = 1, calls = 1000,
  warmup = 100 }

for _, word in ipairs(arg) do
  local name, value = word:match "^(%w+)=(.*)$"
  if not name then error("name=value is wanted, not " .. word) end
  plan[name] = tonumber(value) or value
end
plan.connections = plan.connections or plan.width

-- KiB, from a line of /proc/self/status
local function memory(name)
  for line in io.lines "/proc/self/status" do
    local amount = line:match("^" .. name .. ":%s*(%d+)")
    if amount then return tonumber(amount) end
  end
end

--- The body of call `number`.
function plan.invitation(number)
  return { email_address = ("player%d@example.com"):format(number),
    public_metadata = { team = "red", level = 7 }, notify = false, expires_in_days = 7 }
end

--- Prints what calls have cost.
function plan.print(calls, processor, wall)
  print(("calls=%d cpu=%.6f wall=%.6f rss=%d peak=%d"):format(calls, processor, wall,
    memory "VmRSS", memory "VmHWM"))
end

--- Calls perform(calls) for the warm-up and then for what is measured, whose cost it prints.
-- @param clock  gives seconds that go by
function plan.measure(perform, clock)
  perform(1) -- whether it is HTTP/2 is known from now on
  perform(plan.warmup)
  collectgarbage()
  local wall, processor = clock(), os.clock() -- user and system
  perform(plan.calls)
  plan.print(plan.calls, os.clock() - processor, clock() - wall)
end

return plan
