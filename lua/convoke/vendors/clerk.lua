--- Clerk: its error bodies, how to look for an invitation, what a repeated revocation says.
--
-- A vendor's habits are in such a file and nowhere else. It returns a table of
--   read_error(data, facts)  fills `facts` with the fields of an error that a decoded body tells
--   errors_can_be_text       whether a body may be a text instead of a table
--   creates  name of an operation -> how to look for what it makes:
--     id            the field that has an object's
--     list          the id of the operation to look with
--     query(params, turn)  its parameters at the first look, the second and so on, and whether what
--       is listed comes newest first
--     fit(object, params)  a level of lookup/fits.lua, and whether the object is for the same
--       address: true, "likely" or nil
--     time(object)  when it was made, in seconds since 1970, or nil
--     many(params)  whether a second one is made beside the first
--     exclusive     a second one is refused while the first is there
--     refusal(err)  whether a refusal says that one is there
--     lasts(params)  seconds that what is made is good for; or no such function
--     bulk          { operation =, most = }: the short name of the operation that makes up to so
--       many, given an array of params, and answers with an array of objects; or nil
--     names_only    calls for different addresses may look alike in what is listed; then there is
--       same_address(params, other params)
--   done     name of an operation -> how a repeat says that all has been done before:
--     says_so(err)
--     value(id, err)  what the call returns then; absent: true
--   leaves   name of an operation -> function(status, data): what a refusal says that is there all
--     the same, or nil; or no such table
--   waits    name of an operation that reads -> how to wait for what it reads, as in
--     call/waiting.lua; or no such table
--   executed_codes  code of a refusal -> function(operation): whether something may be done all the
--     same; or no such table
--   passing_codes  code of a refusal -> true: a repeat helps, whatever the status is; or no such
--     table
--   has_failed(status, data), unwrap(data), unwrap_each(data, refuse)  where values stand in an
--     envelope, see convex.lua
--   add_methods(methods, operations, by_id)  where clients have methods of their own, see there

local core = require "convoke.core"
local errors = require "convoke.errors"
local fits = require "convoke.lookup.fits"

local clerk = { creates = {}, done = {} }

local null = core.null
local levels, text_or_nil = fits.levels, errors.text_or_nil

-- Loaded with the first look: most programs never look.
local function addresses() return require "convoke.lookup.addresses" end

local function is_table(value) return type(value) == "table" end

-- {"errors":[{"code","message","long_message","meta":{"param_name"}}],"clerk_trace_id"}
function clerk.read_error(data, facts)
  local list = is_table(data.errors) and data.errors or {}
  local texts, rows = {}, {}
  facts.request_id = text_or_nil(data.clerk_trace_id)
  for _, item in ipairs(list) do
    if is_table(item) then
      local text = text_or_nil(item.long_message) or text_or_nil(item.message)
      local field = is_table(item.meta) and text_or_nil(item.meta.param_name)
      facts.code = facts.code or text_or_nil(item.code)
      facts.request_id = facts.request_id or text_or_nil(item.clerk_trace_id)
      texts[#texts + 1] = text
      if field then
        rows[#rows + 1] = { field = field, message = text or text_or_nil(item.code) or "" }
      end
    end
  end
  facts.message = text_or_nil(table.concat(texts, "; "))
  facts.fields = rows
end

-- Whether an invitation runs out as was asked; a day more or less is rounding.
local function same_days(params, object)
  local days, from, to = params.expires_in_days, object.created_at, object.expires_at
  if type(days) ~= "number" or type(from) ~= "number" or type(to) ~= "number" then return true end
  return math.abs((to - from) / 86400000 - days) <= 1 or nil -- older servers know one length only
end

local function or_empty(metadata)
  if metadata == nil or metadata == null then return {} end
  return metadata
end

clerk.creates["clerk.invitations.create"] = {
  list = "list_invitations",
  id = "id",
  -- The search may know an address only as it was typed, or only as it is stored: where these
  -- are two, every second look takes what is newest.
  query = function(params, turn)
    local typed = params.email_address
    local stored = type(typed) == "string" and addresses().normal(typed) or nil
    if stored ~= typed and turn % 2 == 0 then return { status = "pending" }, true end
    return { status = "pending", query = stored }, false
  end,
  fit = function(object, params)
    local same = addresses().same(object.email_address, params.email_address)
    if same == false then return levels.not_at_all end
    local metadata = object.public_metadata
    if metadata ~= nil and metadata ~= null then
      metadata = fits.same_value(metadata, params.public_metadata or {})
    else
      metadata = params.public_metadata == nil or next(params.public_metadata) == nil or nil
    end
    return fits.judge(same, metadata, same_days(params, object),
      fits.same_if_shown(params.redirect_url, object.redirect_url))
  end,
  time = function(object)
    local time = object.created_at
    return type(time) == "number" and time / 1000 or nil
  end,
  many = function(params) return params.ignore_existing == true end,
  exclusive = true,
  refusal = function(err) return err.code == "duplicate_record" end,
  lasts = function(params) return (tonumber(params.expires_in_days) or 30) * 86400 end,
  bulk = { operation = "invitations.create_bulk", most = 10 },
}

-- An invitation into an organization; the listing finds the address itself.
clerk.creates["clerk.organization_invitations.create"] = {
  list = "ListOrganizationInvitations",
  id = "id",
  query = function(params, turn)
    local typed = params.email_address
    local stored = type(typed) == "string" and addresses().normal(typed) or nil
    local query = { organization_id = params.organization_id, status = "pending" }
    if stored ~= typed and turn % 2 == 0 then return query, true end
    query.email_address = stored
    return query, false
  end,
  fit = function(object, params)
    local same = addresses().same(object.email_address, params.email_address)
    if same == false then return levels.not_at_all end
    return fits.judge(same, fits.same_value(object.role, params.role),
      fits.same_value(object.public_metadata or {}, or_empty(params.public_metadata)),
      same_days(params, object),
      fits.same_value(or_empty(object.private_metadata), or_empty(params.private_metadata)),
      fits.same_if_shown(params.inviter_user_id, object.inviter_id))
  end,
  time = clerk.creates["clerk.invitations.create"].time,
  many = function() return false end,
  exclusive = true,
  refusal = function(err) return err.code == "organization_invitation_not_unique" end,
  lasts = clerk.creates["clerk.invitations.create"].lasts,
}

clerk.done["clerk.waitlist_entries.delete"] = {
  says_so = function(err) return err.status == 404 end,
  value = function(id) return { id = id, object = "waitlist_entry", deleted = true } end,
}

clerk.done["clerk.waitlist_entries.reject"] = {
  says_so = function(err) return err.code == "waitlist_entry_already_rejected" end,
  value = function(id) return { id = id, object = "waitlist_entry", status = "rejected" } end,
}

clerk.done["clerk.invitations.revoke"] = {
  says_so = function(err) return err.code == "invitation_already_revoked" end,
  value = function(id)
    return { id = id, status = "revoked", revoked = true, object = "invitation" }
  end,
}

return clerk
