--- Instructions a call, counted by callgrind: the figure that is the same on a busy machine.
--
--   make instructions              prints the table
--   make instructions ONLY=create  only rows whose name has this
--
-- Each program makes n calls and, in another process, 2n; the difference is that of n calls, without
-- start and end. The profiles of the second stay in build/bench/callgrind.*, for callgrind_annotate.
-- The server runs outside and is ahead of a client that valgrind slows down: its answers wait for
-- it. It takes a millisecond even so, lest a client find its answer the moment it has asked, or not.

local run = require "spec.bench.run"

local instructions = {}

local unpack = table.unpack or unpack
local lua = os.getenv "LUA" or "lua5.4"

local function convoke(words)
  return lua .. " spec/bench/clients/convoke.lua " .. words
end

local function rival(words)
  return run.folder .. "/rival " .. words
end

--- What is counted: name, number of calls, and the programs by their column.
instructions.workloads = {
  { name = "create, blocking", calls = 1000, programs = {
    convoke = convoke "workload=create warmup=200",
    careful = rival "kind=careful workload=create warmup=200",
    easyjson = rival "kind=easyjson workload=create warmup=200",
    easy = rival "kind=easy workload=create warmup=200" } },
  { name = "create, 64 tasks", calls = 1920, programs = {
    convoke = convoke "workload=create width=64 warmup=640",
    careful = rival "kind=careful workload=create width=64 warmup=640",
    bare = rival "kind=bare workload=create width=64 warmup=640" } },
  { name = "list of 500", calls = 20, programs = {
    convoke = convoke "workload=list warmup=5",
    careful = rival "kind=careful workload=list warmup=5",
    easyjson = rival "kind=easyjson workload=list warmup=5",
    easy = rival "kind=easy workload=list warmup=5" } },
}

local columns = { "convoke", "careful", "bare", "easyjson", "easy" }

-- Only what a program needs of the environment, and addresses that do not vary: hashes of pointers
-- would.
local function environment()
  local words = { "env -i" }
  for _, name in ipairs { "PATH", "LUA_PATH", "LUA_CPATH" } do
    words[#words + 1] = ("%s='%s'"):format(name, os.getenv(name) or "")
  end
  return table.concat(words, " ")
end

local function count(program, calls, port, profile)
  local preload = program:find(lua, 1, true) == 1 and " LD_PRELOAD=" .. run.folder .. "/still.so" or ""
  local text = run.capture(("%s%s setarch -R valgrind --tool=callgrind --callgrind-out-file=%s %s"
    .. " url=http://127.0.0.1:%d/v1 calls=%d"):format(environment(), preload, profile, program,
    port, calls))
  return tonumber(text:match "Collected : (%d+)") or error(text)
end

--- Instructions of one call.
function instructions.of_call(workload, column, port)
  local program, calls = workload.programs[column], workload.calls
  local profile = ("%s/callgrind.%s.%s"):format(run.folder, workload.name:gsub("%W+", "-"), column)
  local once = count(program, calls, port, "/dev/null")
  local twice = count(program, 2 * calls, port, profile)
  return (twice - once) / calls
end

--- The table, as text, while it is being made.
function instructions.print(only)
  local port, stop = run.server(1)
  print("thousands of instructions a call")
  print(("%-18s" .. ("%10s"):rep(#columns)):format("", unpack(columns)))
  for _, workload in ipairs(instructions.workloads) do
    if workload.name:find(only or "", 1, true) then
      io.write(("%-18s"):format(workload.name))
      for _, column in ipairs(columns) do
        io.write(workload.programs[column]
          and ("%10.1f"):format(instructions.of_call(workload, column, port) / 1000)
          or ("%10s"):format "")
        io.flush()
      end
      print()
    end
  end
  stop()
end

if arg and arg[0] and arg[0]:find "instructions%.lua$" then instructions.print(arg[1]) end

return instructions
