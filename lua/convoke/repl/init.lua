--- The REPL: an interactive Lua with convoke in it, in which answers are printed so that a person
-- can read them.
--
--   require("convoke.repl").start { sandbox = true }

local catalogue = require "convoke.catalogue"
local convoke = require "convoke"
local core = require "convoke.core"
local errors = require "convoke.errors"
local help = require "convoke.help"
local reader = require "convoke.repl.reader"
local show = require "convoke.show"

local repl = {}

local load_text = loadstring or load -- luacheck: ignore 113

-- What is evaluated ------------------------------------------------

local function is_unfinished(why) return why:find "near '?<eof>'?$" ~= nil end

-- A chunk of what was typed: a function; or nil and what is wrong; then whether more may follow.
local function compile(text)
  local expression = text:gsub("^%s*=", "")
  local chunk, why_no_expression = load_text("return " .. expression, "=input")
  if chunk then return chunk end
  local why
  chunk, why = load_text(text, "=input")
  if chunk then return chunk end
  return nil, why, is_unfinished(why) or is_unfinished(why_no_expression)
end

-- What was raised, without the place when that is the only line that was typed.
local function show_raised(raised)
  if errors.is(raised) then return show.error_text(raised) end
  local text = type(raised) == "string" and raised or show.text(raised)
  return (text:gsub("^input:1: ", ""))
end

-- A value as text; of a text that has several lines, such as a curl command, the text itself.
local function show_value(value)
  if type(value) == "string" and value:find("\n", 1, true) then return value end
  return show.text(value)
end

-- What a chunk returned, as text to print, or nil; and what `_` is from now on.
local function show_results(count, first, second, third)
  if count == 0 then return nil end
  if first == nil and errors.is(second) then return show.error_text(second), second end
  local is_answer = second == nil and count >= 2 and type(third) == "table"
  if count == 1 or is_answer then return show_value(first), first end
  return nil, first
end

local function print_results(ok, ...)
  if not ok then
    io.stdout:write(show_raised((...)), "\n")
    return
  end
  local count = select("#", ...)
  local text, last = show_results(count, ...)
  if count > 0 then rawset(_G, "_", last) end
  if text then
    io.stdout:write(text, "\n")
  else
    for i = 1, count do io.stdout:write(show_value((select(i, ...))), "\n") end
  end
end

-- What stands ready ------------------------------------------------

-- Options of clients of the sandbox.
local taken = { clerk = { "secret_key" }, convex = { "token" }, cvat = { "token", "org" },
  edgegap = { "token" }, gencove = { "api_key" } }

--- Clients that go to a sandbox and nowhere else, by the names of their APIs.
function repl.sandbox_clients(sandbox)
  local clients = {}
  for name, options in pairs(taken) do
    local own = { url = sandbox[name].url }
    for _, option in ipairs(options) do own[option] = sandbox[name][option] end
    clients[name] = convoke[name](own)
  end
  return clients
end

-- Clients are made when their name is first used, by what the environment says.
local function lazy_clients()
  if getmetatable(_G) then return end
  setmetatable(_G, { __index = function(globals, name)
    for _, known in ipairs(catalogue.names) do
      if known == name then
        local client = convoke[name] {}
        rawset(globals, name, client)
        return client
      end
    end
  end })
end

local function banner(has_sandbox, completes)
  local lua = rawget(_G, "jit") and "LuaJIT" or _VERSION
  local names = table.concat(catalogue.names, ", ")
  local lines = { ("convoke %s, %s. help() says what there is, %sCtrl-D ends."):format(
    convoke.version, lua, completes and "Tab completes, " or "") }
  if has_sandbox then
    lines[2] = ("Clients of a sandbox are ready: %s.\nNothing leaves this machine."):format(names)
  else
    lines[2] = ("%s take their credentials from the environment;\n"):format(names)
      .. "convoke.clerk { secret_key = ... } makes a client by hand."
  end
  return table.concat(lines, "\n")
end

-- Secrets ------------------------------------------------

-- Whether a line gives a credential as text. Such a line is not kept.
local function holds_secret(line)
  for _, name in ipairs(catalogue.names) do
    for _, auth in ipairs(catalogue.api(name).auths) do
      for _, option in ipairs { auth.option, auth.partner } do
        if line:find(option .. "%s*=%s*[\"'%[]") then return true end
      end
    end
  end
  return false
end

-- The loop ------------------------------------------------

local function nothing() end

-- Reads what is typed up to where it is whole. Returns a chunk; nil and what is wrong; or false at
-- the end.
local function read_chunk(input)
  local line, interrupted = input.read "> "
  if not line then return interrupted and nothing or false end
  local text = line
  while true do
    if text:find "^%s*$" then return nothing end
    local chunk, why, is_open = compile(text)
    if chunk or not is_open then
      if not holds_secret(text) then input.remember((text:gsub("%s*\n%s*", " "))) end
      return chunk, why
    end
    line, interrupted = input.read ">> "
    if interrupted then return nothing end
    if not line then return nil, why end
    text = text .. "\n" .. line
  end
end

local function loop(input)
  while true do
    local chunk, why = read_chunk(input)
    if chunk == false then return end
    if chunk then
      print_results(pcall(core.interruptible, chunk))
    else
      io.stdout:write((why:gsub("^input:1: ", "")), "\n")
    end
  end
end

-- Whether a person types on the standard input.
local function is_terminal()
  local ended, _, status = os.execute "test -t 0"
  return ended == true or ended == 0 and (status == nil or status == 0)
end

local function history_file()
  local home = os.getenv "HOME"
  return os.getenv "CONVOKE_HISTORY" or home and home .. "/.convoke_history" or nil
end

--- Runs a REPL on the standard input until that ends.
-- @param options  table or nil: sandbox (boolean): clients of all vendors are ready, and go to a
--   sandbox of this program's own
-- Raises where the sandbox cannot start.
function repl.start(options)
  local sandbox
  if options and options.sandbox then
    sandbox = require("convoke.sandbox").start()
    for name, client in pairs(repl.sandbox_clients(sandbox)) do rawset(_G, name, client) end
    rawset(_G, "sandbox", sandbox)
  else
    lazy_clients()
  end
  rawset(_G, "convoke", convoke)
  rawset(_G, "help", help)
  rawset(_G, "show", show)
  local typed = is_terminal()
  local input = reader.new { is_terminal = typed, history = history_file() }
  if typed then io.stdout:write(banner(sandbox ~= nil, input.completes), "\n") end
  if typed and not input.completes then
    io.stdout:write "(The module readline, in Debian lua-readline, would complete names here.)\n"
  end
  core.interrupts(typed)
  local ok, why = pcall(loop, input)
  core.interrupts(false)
  if typed then io.stdout:write "\n" end
  input.close()
  if sandbox then sandbox:stop() end
  if not ok then error(why, 0) end
end

return repl
