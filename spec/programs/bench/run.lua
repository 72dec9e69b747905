--- Starts programs and servers for the measurements. Binaries are in build/bench, see the Makefile.

local answers = require "spec.programs.bench.answers"
local core = require "convoke.core"

local run = { folder = "build/bench" }

--- Runs a command; returns what it printed, standard error too. Raises if it failed.
function run.capture(command)
  local pipe = assert(io.popen("{ " .. command .. "\n} 2>&1; echo status $?"))
  local text = pipe:read "*a"
  pipe:close()
  local printed, status = text:match "^(.*)status (%d+)\n$"
  if status ~= "0" then error(command .. "\nfailed:\n" .. printed, 2) end
  return printed
end

--- The numbers that a program printed as name=value.
function run.numbers(text)
  local numbers = {}
  for name, value in text:gmatch "(%w+)=([%d.]+)" do numbers[name] = tonumber(value) end
  return numbers
end

--- A path that is good in any directory.
function run.absolute(path)
  return path:sub(1, 1) == "/" and path or run.capture("pwd"):match "^(.-)\n" .. "/" .. path
end

--- Blocks for a time.
function run.rest(seconds)
  local stop = core.now() + seconds
  while core.now() < stop do core.wait(stop - core.now()) end
end

--- A file that holds a text.
function run.file(name, text)
  name = run.folder .. "/" .. name
  answers.write(name, text)
  return name
end

--- Starts the server that answers by heart.
-- @param milliseconds  before each answer
-- @return its port, and a function that stops it
function run.server(milliseconds)
  local port_file = run.file("port", "")
  local pipe = assert(io.popen(("exec %s/server %s %s %d >%s"):format(run.folder,
    run.file("answer.json", answers.invitation), run.file("list.json", answers.list),
    milliseconds or 0, port_file), "w"))
  local port
  for _ = 1, 500 do
    for line in io.lines(port_file) do port = tonumber(line) end
    if port then return port, function() pipe:close() end end
    run.rest(0.01)
  end
  error "the server did not start"
end

return run
