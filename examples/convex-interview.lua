--- Records an interview session in a Convex app: starts it, hands in the code, ends it.
--
--   CONVEX_URL=https://....convex.cloud CONVEX_TOKEN=... \
--     lua5.4 convex-interview.lua QUESTION_ID FUNCTION FILE...
--
-- CONVEX_TOKEN is the user's token. Each FILE is a state of the candidate's code and becomes a
-- snapshot, in that order. The session is ended even when a snapshot is refused.
-- Exit status: 0 when everything is recorded, 1 when not, 2 for wrong usage.

local convoke = require "convoke"

local question, function_name = arg[1], arg[2]
if #arg < 3 then
  io.stderr:write("usage: convex-interview.lua QUESTION_ID FUNCTION FILE...\n")
  os.exit(2)
end

local function fail(message)
  message = tostring(message):gsub("^%S+:%d+: ", "") -- a raised one names a line of this file
  io.stderr:write("convex-interview: ", message, "\n")
  os.exit(1)
end

local languages = { lua = "lua", py = "python", js = "javascript", ts = "typescript" }

-- Reads all files first: an interview shall not stop over a misspelt name.
local states = {}
for i = 3, #arg do
  local file, why = io.open(arg[i], "rb")
  if not file then fail(why) end
  states[#states + 1] = { language = languages[arg[i]:match "%.(%w+)$"] or "text",
                          content = file:read "*a", name = arg[i] }
  file:close()
end

local token = os.getenv "CONVEX_TOKEN" or fail "CONVEX_TOKEN must hold the user's token"
local ok, convex = pcall(convoke.convex, { token = token })
if not ok then fail(convex) end

local function take_snapshot(session, state)
  return convex.editor_snapshots:create {
    sessionId = session,
    editor = {
      language = state.language,
      content = state.content,
      lastUpdated = os.time() * 1000,
      functionName = function_name,
      inputParameters = {},
    },
    terminal = { output = "", isError = false },
  }
end

local session, err = convex.sessions:create {
  questionId = question,
  agentThreadId = "convex-interview",
  assistantId = "convex-interview",
  functionName = function_name,
  inputParameters = {},
}
if not session then
  fail(err.code == "ActiveSessionAlreadyExists" and "end the session that is active first" or err)
end
print("session  " .. session)

local started, fault = convex.sessions:start_session { sessionId = session }
for _, state in ipairs(started and states or {}) do
  local snapshot
  snapshot, fault = take_snapshot(session, state)
  if not snapshot then break end
  print(("snapshot %s  %s"):format(snapshot, state.name))
end

local ended, end_fault = convex.sessions:end_session { sessionId = session }
if fault then fail(fault) end
if not ended then fail(end_fault) end
print "ended"
