--- What -v tells on standard error: attempts, looks and waits; and with -vv the headers.

local convoke = require "convoke"
local text = require "convoke.cli.text"

local verbose = {}

local reasons = {
  turn = "for its turn", retry_after = "as the API asks", backoff = "before the next attempt",
  look = "before looking whether it was done", failed = "the attempt failed",
  held = "the time that the API named is over", credential = "with a new credential",
  ["nothing found"] = "nothing was found",
}

local function say(line) io.stderr:write("* ", text.visible(line), "\n") end

local tellers = {}

function tellers.wait(event)
  say(("waits %.3g s %s"):format(event.seconds or 0, reasons[event.reason] or event.reason))
end

function tellers.attempt(event)
  local kind = event.kind
  local what = kind and kind ~= "http" and ("%s: %s"):format(kind,
    event.message) or tostring(event.status)
  say(("attempt %d%s: %s %s: %s in %.3f s"):format(event.attempt,
    event.looks_for and " of a look" or "", event.method, event.path, what, event.seconds))
end

function tellers.settle(event)
  say(("looked whether it was done: %s in %.3f s"):format(event.verdict, event.seconds))
end

function tellers.retry(event)
  say("sends it again: " .. (reasons[event.reason] or event.reason))
end

-- Headers whose values let somebody in.
local hidden = { ["set-cookie"] = true, cookie = true, authorization = true,
  ["x-csrftoken"] = true }

local function say_headers(mark, headers)
  local names = {}
  for name in pairs(headers) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local value = tostring(headers[name])
    if hidden[name:lower()] and not value:find("[redacted]", 1, true) then value = "[redacted]" end
    io.stderr:write(mark, " ", text.visible(name .. ": " .. value), "\n")
  end
end

-- A transport that shows the head of what passes.
local transport = {}

function transport.send(request)
  io.stderr:write("> ", text.visible(request.method .. " " .. request.url), "\n")
  say_headers(">", request.headers)
  local answer, failure = convoke.transport.send(request)
  if answer then
    io.stderr:write("< ", tostring(answer.status), "\n")
    say_headers("<", answer.headers)
  end
  return answer, failure
end

--- Adds to a client's options what makes it tell.
-- @param level    how often -v was given
-- @param options  of the constructor, which are changed
function verbose.add(level, options)
  if level > 0 then options.hooks = tellers end
  if level > 1 then options.transport = transport end
end

return verbose
