--- What the APIs made with Django's REST framework (CVAT, Gencove) have in common: error bodies.

local errors = require "convoke.errors"

local django = {}

local all_text, text_or_nil = errors.all_text, errors.text_or_nil

-- Text that the framework uses for one field of the body only.
local whole_body = { non_field_errors = true, __all__ = true, detail = true }

-- {"detail":"..","code":".."}, ["..", ".."], "..", {"field":[".."]}, {"error":".."},
-- {"message":".."}, maintenance
function django.read_error(data, facts)
  if type(data) == "string" then
    facts.message = text_or_nil(data)
    return
  end
  if data.maintenance == true then
    facts.code = "maintenance"
    facts.message = text_or_nil(data.maintenance_message) or "down for maintenance"
    if text_or_nil(data.maintenance_eta) then
      facts.message = ("%s (expected back %s)"):format(facts.message, data.maintenance_eta)
    end
    return
  end
  if data[1] ~= nil then
    facts.message = all_text(data)
    return
  end
  facts.code = text_or_nil(data.code)
  facts.message = all_text(data.detail) or all_text(data.non_field_errors)
  if facts.message and data.detail ~= nil then return end
  local rows, named = {}, {}
  for key, value in pairs(data) do
    if not whole_body[key] then named[key] = value end
  end
  for _, key in ipairs { "error", "message" } do
    if next(named) == key and next(named, key) == nil and text_or_nil(named[key]) then
      facts.message = named[key] -- a lone text under such a name is no field
      return
    end
  end
  errors.add_fields(rows, named)
  facts.fields = rows
  facts.message = facts.message or text_or_nil(errors.summarize(rows))
end

return django
