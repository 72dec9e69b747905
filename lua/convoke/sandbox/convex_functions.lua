--- The functions of the Convex deployment: the app's six mutations, its queries, and some for tests
-- of any deployment. Each has `args` (field name to validator), `run(state, call, args)`, a `kind`,
-- and `internal` where only deploy keys may call it.

local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local values = require "convoke.sandbox.convex_values"

local functions = {}

local SESSION_LENGTH = 10 * 60 -- seconds

-- Ids are 32 characters; the first one stands for the table.
local tables = { questions = "j", sessions = "k", editorSnapshots = "m", userProfiles = "n" }

--- The one question of a fresh deployment.
functions.question_id = "j57sandboxquestion00000000000000"

--- A new id of a table (string).
function functions.new_id(name)
  return tables[name] .. ids.lower(31)
end

--- Raises an application error (a thrown ConvexError) with any value as its data.
local function throw(data)
  error({ convex_error = true, data = data }, 0)
end

--- Raises a plain error, whose text only development deployments show.
local function throw_text(text)
  error({ plain_error = true, text = text }, 0)
end

-- ---------------------------------------------------------------------------------------------
-- Validators: functions of value and path; they return nil or what is wrong.

local function mismatch(path, value, validator)
  return ("Value does not match validator.\nPath: %s\nValue: %s\nValidator: %s")
    :format(path, json.encode(values.write(value, true)), validator)
end

local function of_type(kind, validator)
  return function(value, path)
    if values.type(value) ~= kind then return mismatch(path, value, validator) end
  end
end

local v = {
  string = of_type("string", "v.string()"),
  number = of_type("float64", "v.float64()"),
  boolean = of_type("boolean", "v.boolean()"),
  any = function() end,
}

function v.optional(validator)
  return { optional = validator }
end

function v.id(name)
  return function(value, path)
    if values.type(value) ~= "string" then
      return mismatch(path, value, ('v.id("%s")'):format(name))
    end
    if not value:find("^" .. tables[name] .. "%w+$") or #value ~= 32 then
      return ("Value does not match the table name in validator `v.id(\"%s\")`.\nPath: %s")
        :format(name, path)
    end
  end
end

function v.words(...)
  local words = { ... }
  return function(value, path)
    for _, word in ipairs(words) do
      if value == word then return nil end
    end
    return mismatch(path, value,
      'v.union(v.literal("' .. table.concat(words, '"), v.literal("') .. '"))')
  end
end

function v.array(item)
  return function(value, path)
    if values.type(value) ~= "array" then return mismatch(path, value, "v.array(...)") end
    for i, one in ipairs(value) do
      local why = item(one, ("%s[%d]"):format(path, i - 1))
      if why then return why end
    end
  end
end

function v.object(fields)
  return function(value, path)
    if values.type(value) ~= "object" then return mismatch(path, value, "v.object({...})") end
    local where = path ~= "" and "\nPath: " .. path or ""
    local names = {}
    for name in pairs(fields) do names[#names + 1] = name end
    table.sort(names)
    for _, name in ipairs(names) do
      local field = fields[name]
      local optional = type(field) == "table"
      if value[name] == nil and not optional then
        return ("Object is missing the required field `%s`. Consider wrapping the field validator "
          .. "in `v.optional(...)` if this is expected.%s"):format(name, where)
      end
      if value[name] ~= nil then
        local why = (optional and field.optional or field)(value[name], path .. "." .. name)
        if why then return why end
      end
    end
    for name in pairs(value) do
      if not fields[name] then
        return ("Object contains extra field `%s` that is not in the validator.%s")
          :format(name, where)
      end
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- Data

--- The tables of a fresh deployment. `admin` (user id) has an admin profile.
function functions.new_state(clock, admin)
  local state = { clock = clock, profiles = {}, sessions = {}, editorSnapshots = {},
                  latest = {}, -- user -> the newest session; the others are completed
                  sessions_of = {}, snapshots_of = {}, -- user, session -> array, the oldest first
                  questions = {}, inviteCodes = {} }
  state.questions[functions.question_id] = {
    _id = functions.question_id, _creationTime = clock:now() * 1000, title = "Two Sum",
    difficulty = 1, category = "arrays",
  }
  state.inviteCodes["sandbox-admin-code"] = "admin"
  state.inviteCodes["sandbox-user-code"] = "user"
  functions.set_role(state, admin, "admin")
  return state
end

--- The tables as they are now, which later calls do not change.
function functions.copy_state(state)
  local copy, sessions = {}, {}
  local function copy_rows(rows, row_of)
    local out = {}
    for id, row in pairs(rows) do out[id] = row_of(row) end
    return out
  end
  local function same(row) return row end
  local function fields_of(row) return copy_rows(row, same) end
  for name, rows in pairs(state) do copy[name] = rows end
  copy.profiles = copy_rows(state.profiles, fields_of)
  copy.sessions = copy_rows(state.sessions, function(row)
    sessions[row] = fields_of(row)
    return sessions[row]
  end)
  local function session_of(row) return sessions[row] end
  copy.latest = copy_rows(state.latest, session_of)
  copy.sessions_of = copy_rows(state.sessions_of, function(rows)
    return copy_rows(rows, session_of)
  end)
  copy.editorSnapshots = fields_of(state.editorSnapshots)
  copy.snapshots_of = copy_rows(state.snapshots_of, fields_of)
  return copy
end

--- Gives a user a profile with a role; returns the profile.
function functions.set_role(state, user, role)
  local profile = state.profiles[user]
  if not profile then
    profile = { _id = functions.new_id("userProfiles"), _creationTime = state.clock:now() * 1000,
                userId = user }
    state.profiles[user] = profile
  end
  profile.role = role
  return profile
end

-- Ends a session whose ten minutes are over.
local function settle(state, session)
  local finish = session.startTime and session.startTime + SESSION_LENGTH
  if session.status == "in_progress" and state.clock:now() >= finish then
    session.status, session.endTime = "completed", finish
  end
  return session
end

--- All sessions as they stand now (table, id to session).
function functions.settled_sessions(state)
  for _, session in pairs(state.sessions) do settle(state, session) end
  return state.sessions
end

local function require_user(call)
  if not call.user then
    throw { code = "UNAUTHORIZED",
            message = "Sorry, you must be logged in to perform this operation." }
  end
  return call.user
end

local function own_session(state, call, id)
  local session = state.sessions[id]
  if not session or session.userId ~= require_user(call) then throw_text("Session not found") end
  return settle(state, session)
end

local function add_to(lists, key, row)
  lists[key] = lists[key] or {}
  table.insert(lists[key], row)
end

local function add_snapshot(state, session_id, editor, terminal)
  local id = functions.new_id("editorSnapshots")
  state.editorSnapshots[id] = { _id = id, _creationTime = state.clock:milliseconds(),
                                sessionId = session_id, editor = editor, terminal = terminal }
  add_to(state.snapshots_of, session_id, state.editorSnapshots[id])
  return id
end

-- ---------------------------------------------------------------------------------------------
-- The functions

functions.list = {}

functions.list["admins:createUserProfile"] = {
  args = v.object { role = v.words("admin", "user") },
  run = function(state, call)
    local profile = state.profiles[require_user(call)]
    if not profile or profile.role ~= "admin" then
      throw { code = "UNAUTHORIZED",
              message = "Sorry, you must be a admin perform this operation." }
    end
    return profile
  end,
}

functions.list["inviteCodes:applyInviteCode"] = {
  args = v.object { code = v.string },
  run = function(state, call, args)
    local user, role = require_user(call), state.inviteCodes[args.code]
    if not role then throw { code = "InviteCodeNotFound", message = "Invite code not found" } end
    local profile = functions.set_role(state, user, role)
    call.log(("[LOG] 'Applying invite code \"%s\" to profile %s with role %s'")
      :format(args.code, profile._id, role))
    return json.null
  end,
}

functions.list["editorSnapshots:create"] = {
  args = v.object {
    sessionId = v.id "sessions",
    editor = v.object { language = v.string, content = v.string, lastUpdated = v.number,
                        functionName = v.string, inputParameters = v.array(v.string) },
    terminal = v.object { output = v.string, isError = v.boolean,
                          executionTime = v.optional(v.number) },
  },
  run = function(state, call, args)
    require_user(call)
    return add_snapshot(state, args.sessionId, args.editor, args.terminal)
  end,
}

functions.list["sessions:create"] = {
  args = v.object { questionId = v.id "questions", agentThreadId = v.string,
                    assistantId = v.string, functionName = v.string,
                    inputParameters = v.array(v.string) },
  run = function(state, call, args)
    local user = require_user(call)
    local latest = state.latest[user]
    if latest and settle(state, latest).status ~= "completed" then
      -- The app returns its error instead of throwing it, and the server cannot serialize that.
      throw_text('ConvexError {"name":"ConvexError","data":{"name":"ActiveSessionAlreadyExists",'
        .. '"message":"You already have an active session"}} is not a supported Convex type.')
    end
    if not state.questions[args.questionId] then throw_text("Question not found") end
    local id = functions.new_id("sessions")
    state.sessions[id] = { _id = id, _creationTime = state.clock:milliseconds(), userId = user,
                           questionId = args.questionId, agentThreadId = args.agentThreadId,
                           assistantId = args.assistantId,
                           status = "not_started" }
    state.latest[user] = state.sessions[id]
    add_to(state.sessions_of, user, state.sessions[id])
    add_snapshot(state, id,
      { language = "python", content = "", lastUpdated = state.clock:milliseconds(),
        functionName = args.functionName, inputParameters = args.inputParameters },
      { output = "", isError = false })
    return id
  end,
}

functions.list["sessions:startSession"] = {
  args = v.object { sessionId = v.id "sessions" },
  run = function(state, call, args)
    require_user(call)
    local session = own_session(state, call, args.sessionId)
    if session.status == "completed" then throw_text("Session already completed") end
    if session.status == "not_started" then
      session.status, session.startTime = "in_progress", state.clock:now()
    end
    return json.null
  end,
}

functions.list["sessions:endSession"] = {
  args = v.object { sessionId = v.id "sessions" },
  run = function(state, call, args)
    require_user(call)
    local session = own_session(state, call, args.sessionId)
    session.status = "completed"
    session.endTime = session.endTime or state.clock:now()
    return json.null
  end,
}

-- Queries -------------------------------------------------------------------------------------

local function add_query(name, args, run, internal)
  functions.list[name] = { kind = "query", args = args, run = run, internal = internal }
end

-- A session as the app stores it.
local function show_session(state, session)
  settle(state, session)
  local times = { startTime = session.startTime, endTime = session.endTime }
  return { _id = session._id, _creationTime = session._creationTime, userId = session.userId,
           questionId = session.questionId, agentThreadId = session.agentThreadId,
           assistantId = session.assistantId, sessionStatus = session.status,
           sessionStartTime = times.startTime and times.startTime * 1000,
           sessionEndTime = times.endTime and times.endTime * 1000 }
end

-- The caller's sessions, the oldest first; of other users nothing is seen.
local function sessions_of_caller(state, call, user)
  if require_user(call) ~= user then return {} end
  return state.sessions_of[user] or {}
end

local function own_snapshots(state, call, session_id)
  local session = state.sessions[session_id]
  if not session or session.userId ~= require_user(call) then return {} end
  return state.snapshots_of[session_id] or {}
end

local by_user = v.object { userId = v.string }
local by_session = v.object { sessionId = v.id "sessions" }

add_query("sessions:getActiveSession", by_user, function(state, call, args)
  local all = sessions_of_caller(state, call, args.userId)
  local latest = all[#all]
  return latest and settle(state, latest).status ~= "completed" and show_session(state, latest)
    or json.null
end)

add_query("sessions:getByUserId", by_user, function(state, call, args)
  local out = json.array()
  for i, session in ipairs(sessions_of_caller(state, call, args.userId)) do
    local question = state.questions[session.questionId]
    out[i] = show_session(state, session)
    out[i].question = { title = question.title, difficulty = question.difficulty,
                        category = question.category }
  end
  return out
end)

add_query("sessions:getById", by_session, function(state, call, args)
  require_user(call)
  return show_session(state, own_session(state, call, args.sessionId))
end)

add_query("sessions:exists", v.object { sessionId = v.string }, function(state, call, args)
  local session = state.sessions[args.sessionId]
  return require_user(call) == (session and session.userId)
end)

add_query("editorSnapshots:getLatestSnapshotBySessionId", by_session, function(state, call, args)
  require_user(call)
  local all = own_snapshots(state, call, args.sessionId)
  if not all[1] then throw { name = "NoSnapshotFound", message = "No snapshot found" } end
  return all[#all]
end)

add_query("editorSnapshots:getSnapshots", by_session, function(state, call, args)
  require_user(call)
  local out = json.array()
  for i, snapshot in ipairs(own_snapshots(state, call, args.sessionId)) do out[i] = snapshot end
  return out
end)

add_query("editorSnapshots:getById", v.object { snapshotId = v.optional(v.id "editorSnapshots") },
  function(state, call, args)
    require_user(call)
    return args.snapshotId and state.editorSnapshots[args.snapshotId] or json.null
  end)

add_query("userProfiles:getUserProfile", v.object {}, function(state, call)
  return { profile = state.profiles[require_user(call)] }
end)

add_query("questions:getById", v.object { questionId = v.optional(v.id "questions") },
  function(state, _, args)
    return args.questionId and state.questions[args.questionId] or json.null
  end)

add_query("questions:getAll", v.object {}, function(state)
  local out = json.array()
  for _, question in pairs(state.questions) do out[#out + 1] = question end
  return out
end)

-- For tests of any deployment --------------------------------------------------------------------

local function echo(_, _, args) return args end

functions.list["testing:echo"] = { args = v.any, run = echo }
functions.list["testing:act"] = { kind = "action", args = v.any, run = echo }
add_query("testing:read", v.any, echo)
add_query("testing:internal", v.any, echo, true)

functions.list["testing:fail"] = {
  args = v.object { data = v.any },
  run = function(_, _, args) throw(args.data) end,
}

for _, entry in pairs(functions.list) do entry.kind = entry.kind or "mutation" end

return functions
