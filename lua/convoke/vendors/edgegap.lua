--- Edgegap: its error bodies, what a repeated deletion says.

local errors = require "convoke.errors"

local edgegap = { creates = {}, done = {} }

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

return edgegap
