--- Reads lines that a person types: by the module `readline` where it is installed (history,
-- editing, completion), else as they come.

local complete = require "convoke.repl.complete"
local core = require "convoke.core"
local engine = require "convoke.engine"
local scheduler = require("convoke.tasks").scheduler

local reader = {}

-- Plain ------------------------------------------------

local function plain(is_terminal)
  local self = {}

  --- The next line; nil at the end of the input; or nil and "interrupted".
  function self.read(prompt)
    if is_terminal then
      io.stdout:write(prompt)
      io.stdout:flush()
      local ready, why
      repeat ready, why = core.await_input(3600) until ready or why
      if why then
        io.stdout:write "\n"
        return nil, why
      end
    end
    return io.stdin:read "*l"
  end

  function self.remember() end
  function self.close() end

  return self
end

-- With readline ------------------------------------------------

local most_lines = 1000 -- of the history file

-- The words for readline, which replaces what stands between its own breaks by one of them.
local function matches(line, to)
  local words, from = complete(line, to)
  return words, from
end

local function with_readline(readline, history)
  local self = { completes = true }
  readline.set_readline_name "convoke"
  readline.set_options { completion = true, auto_add = false, histfile = history or "",
    keeplines = most_lines }
  readline.set_complete_function(function(line, from, to)
    local ok, words, begins = pcall(matches, line, to)
    if not ok then return {} end
    local kept = line:sub(from, begins - 1) -- of readline's word what is before ours
    readline.set_completion_append_character ""
    for i, word in ipairs(words) do words[i] = kept .. word end
    return words
  end)

  -- By the interface that gives one character after the other: calls and tasks go on meanwhile, and
  -- Ctrl-C takes a line away.
  function self.read(prompt)
    local is_whole, line
    readline.handler_install(prompt, function(text)
      is_whole, line = true, text
      readline.handler_remove()
    end)
    while not is_whole do
      local is_busy = scheduler.busy()
      local seconds = is_busy and (engine.timeout() or 1) or 3600
      local ready, why = core.await_input(seconds, is_busy and engine.pollfd() or nil)
      if ready then
        readline.read_char()
      elseif why then
        readline.handler_remove()
        io.stdout:write "\n"
        return nil, why
      elseif is_busy then
        engine.step(0.01)
      end
    end
    return line
  end

  function self.remember(line) readline.add_history(line) end

  function self.close()
    if history then pcall(readline.save_history) end
  end

  return self
end

--- A reader: read(prompt) returns a line or nil, remember(line) puts one into the history, close()
-- writes that to its file; `completes`: Tab completes names.
-- @param options  is_terminal: whether a person types; history: the file of the history, or nil
function reader.new(options)
  local found, readline = pcall(require, "readline")
  if options.is_terminal and found then return with_readline(readline, options.history) end
  return plain(options.is_terminal)
end

return reader
