--- Instructions a call, counted by callgrind: the figure that is the same on a busy machine.
--
--   make instructions              prints the table
--   make instructions ONLY=create  only rows whose name has this
--
-- Each program makes n calls and, in another process, 2n; the difference is that of n calls,
-- without start and end. The profiles of the second stay in build/bench/callgrind.*, for
-- callgrind_annotate. The server runs outside and is ahead of a client that valgrind slows down:
-- its answers wait for it. It takes a millisecond even so, lest a client find its answer the moment
-- it has asked, or not.

local run = require "spec.programs.bench.run"

local instructions = {}

local lua = os.getenv "LUA" or "lua5.4"

local function convoke(words)
  return lua .. " spec/programs/bench/clients/convoke.lua " .. words
end

local function rival(words)
  return run.folder .. "/rival " .. words
end

--- What is counted: name, number of calls, and the programs by their column: convoke; rivals in C,
-- see rivals/main.c; and `cjson`, lua-cjson alone, which reads the answer and no more.
instructions.workloads = {
  { name = "create, blocking", calls = 500, programs = {
    convoke = convoke "workload=create warmup=200",
    careful = rival "kind=careful workload=create warmup=200",
    perform = rival "kind=perform workload=create warmup=200",
    easyjson = rival "kind=easyjson workload=create warmup=200",
    easy = rival "kind=easy workload=create warmup=200" } },
  { name = "create, hooks", calls = 500, programs = {
    convoke = convoke "workload=create warmup=200 hooks=true" } },
  { name = "create, metrics", calls = 500, programs = {
    convoke = convoke "workload=create warmup=200 metrics=true" } },
  { name = "create, trace", calls = 500, programs = {
    convoke = convoke "workload=create warmup=200 trace=true" } },
  { name = "create, 64 tasks", calls = 1280, programs = {
    convoke = convoke "workload=create width=64 warmup=640",
    careful = rival "kind=careful workload=create width=64 warmup=640",
    perform = rival "kind=perform workload=create width=64 warmup=640",
    bare = rival "kind=bare workload=create width=64 warmup=640" } },
  { name = "list of 500", calls = 10, programs = {
    convoke = convoke "workload=list warmup=5",
    careful = rival "kind=careful workload=list warmup=5",
    easyjson = rival "kind=easyjson workload=list warmup=5",
    cjson = lua .. " spec/programs/bench/clients/decode.lua plain=true warmup=5",
    easy = rival "kind=easy workload=list warmup=5" } },
}

-- What a call of convoke's may take at most of another program's: workload, column, part.
local goals = {
  { "create, blocking", "careful", 0.9 },
  { "create, blocking", "perform", 1 },
  { "create, 64 tasks", "careful", 0.9 },
  { "create, 64 tasks", "perform", 1 },
  { "list of 500", "cjson", 0.8 },
}

local columns = { "convoke", "careful", "perform", "bare", "easyjson", "easy", "cjson" }

-- The C library picks its string functions by the processor; with these it takes those for any.
local any_processor = "glibc.cpu.hwcaps=-AVX2,-AVX,-BMI1,-BMI2,-ERMS,-FSRM,-LZCNT,-MOVBE,-RTM,"
  .. "-SSE4_1,-SSE4_2,-SSSE3,-AVX_Fast_Unaligned_Load"

-- Only what a program needs of the environment, so that the stack begins where it always does.
local function environment()
  local words = { "env -i GLIBC_TUNABLES=" .. any_processor }
  for _, name in ipairs { "PATH", "LUA_PATH", "LUA_CPATH" } do
    words[#words + 1] = ("%s='%s'"):format(name, os.getenv(name) or "")
  end
  return table.concat(words, " ")
end

local function count(program, calls, port, profile)
  local preload = program:find(lua, 1, true) == 1
    and " LD_PRELOAD=" .. run.folder .. "/still.so" or ""
  local text = run.capture(("%s%s valgrind --tool=callgrind --callgrind-out-file=%s %s"
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

--- Counts, and prints a table by report.lua or a stand-in.
-- @return workload name -> column -> instructions
function instructions.table(report, only)
  local port, stop = run.server(1)
  local titles, found = { { "workload", 18 } }, {}
  for _, column in ipairs(columns) do titles[#titles + 1] = { column, 8 } end
  local row = report.table(titles)
  for _, workload in ipairs(instructions.workloads) do
    if workload.name:find(only or "", 1, true) then
      local cells, counts = { workload.name }, {}
      for i, column in ipairs(columns) do
        if workload.programs[column] then
          counts[column] = instructions.of_call(workload, column, port)
          cells[i + 1] = ("%.1f"):format(counts[column] / 1000)
        end
      end
      row(cells)
      found[workload.name] = counts
    end
  end
  stop()
  return found
end

-- Says beside its goal what a call takes of another program's.
local function tell_goals(found)
  for _, goal in ipairs(goals) do
    local counts = found[goal[1]]
    if counts then
      local part = counts.convoke / counts[goal[2]]
      print(("%s: %.3f of %s, at most %.2f wanted: %s"):format(goal[1], part, goal[2], goal[3],
        part <= goal[3] and "met" or "missed"))
    end
  end
end

if arg and arg[0] and arg[0]:find "instructions%.lua$" then
  print "thousands of instructions a call"
  tell_goals(instructions.table(require "spec.programs.bench.report", arg[1]))
end

return instructions
