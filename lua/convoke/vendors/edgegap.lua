--- Edgegap: its error bodies, what a repeated deletion says.

local errors = require "convoke.errors"

local edgegap = { creates = {}, done = {}, leaves = {}, waits = {} }

local text_or_nil = errors.text_or_nil

-- {"message":"..","errors":{"field":".."}}; `details` is known from the vendor's own client
function edgegap.read_error(data, facts)
  local rows = {}
  if type(data.errors) == "table" then errors.add_fields(rows, data.errors) end
  facts.fields = rows
  facts.message = text_or_nil(data.message) or text_or_nil(data.details)
  if #rows > 0 then
    facts.message = (facts.message and facts.message .. ": " or "") .. errors.summarize(rows)
  end
end

edgegap.done["edgegap.sessions.delete"] = {
  says_so = function(err) return err.status == 404 or err.status == 410 end,
  value = function(id, err) return { session_id = id, message = err.message } end,
}

local function is_gone(err) return err.status == 404 or err.status == 410 end

edgegap.done["edgegap.deployments.stop"] = {
  says_so = is_gone,
  value = function(_, err) return { message = err.message } end,
}
edgegap.done["edgegap.deployments.stop_self"] = {
  says_so = function(err) return err.status == 404 end,
  value = function(_, err) return { message = err.message } end,
}
for _, name in ipairs { "deployment_tags.delete", "relay_sessions.delete",
    "relay_sessions.revoke_user" } do
  edgegap.done["edgegap." .. name] = { says_so = function(err) return err.status == 404 end }
end

-- A refusal after which something is there nevertheless: a deployment in error.
edgegap.leaves["edgegap.deployments.create"] = function(status, data)
  return status == 422 and type(data) == "table" and type(data.request_id) == "string" and data
    or nil
end

-- Waiting ------------------------------------------------

-- A vendor's word for a state, in small letters and without what may stand before it
-- ("Status.READY", "STATUS_READY", "Ready").
local function word_of(text)
  return (tostring(text or ""):lower():gsub("^status[._]", ""))
end

local hopeless = { error = true, unprocessable = true }

edgegap.waits["edgegap.sessions.get"] = {
  first = 0.2, longest = 10, patience = 60, state = "ready",
  word = function(session) return session.status end,
  states = {
    ready = function(session) return session.ready == true end,
    linked = function(session) return session.linked == true end,
  },
  failed = function(session)
    local reason = text_or_nil(session.error)
    return (reason or hopeless[word_of(session.status)]) and (reason or session.status) or nil
  end,
}

edgegap.waits["edgegap.deployments.get"] = {
  first = 2, longest = 10, patience = 180, state = "ready", gone = "terminated",
  word = function(deployment) return deployment.current_status end,
  states = {
    ready = function(deployment)
      if deployment.error == true then return false end
      return deployment.running == true or word_of(deployment.current_status) == "ready"
    end,
    terminated = function(deployment)
      return word_of(deployment.current_status) == "terminated"
    end,
  },
  failed = function(deployment, wanted)
    if wanted == "terminated" then return nil end
    local word = word_of(deployment.current_status)
    if deployment.error ~= true and word ~= "error" and word ~= "terminated" then return nil end
    return text_or_nil(deployment.error_detail) or "it is in state " .. word
  end,
}

edgegap.waits["edgegap.relay_sessions.get"] = {
  first = 2, longest = 10, patience = 180, state = "ready",
  word = function(session) return session.status end,
  states = {
    ready = function(session) return session.ready == true end,
    linked = function(session) return session.linked == true end,
  },
  failed = edgegap.waits["edgegap.sessions.get"].failed,
}

return edgegap
