--- The vendors' habits about creates: how to look for what one has made, how an object is
-- recognised, and how a repeat says that it has been done before.

local cjson = require "cjson"
local core = require "convoke.core"

local lookup_ways = {}

-- Loaded with the first look: most programs never look.
local function addresses() return require "convoke.addresses" end

--- How well an object fits what a call asked for: it is one for another address; it is for this
-- address, but shows something else than was asked, so that it is another's; it cannot be told; it
-- is probably for this address; it shows all that was asked. Only the last is taken as it is.
lookup_ways.fits = { not_at_all = 0, differs = 1, perhaps = 2, nearly = 3, surely = 4 }
local fits = lookup_ways.fits

-- Comparing what was asked with what is shown -----------------------------------------------------

local function same_number(one, other)
  return one == other or one + 0.0 == other + 0.0 -- the request was read with fewer digits
end

-- Whether two free-form values say the same; null and absence are one. nil: that cannot be told.
local function same_value(one, other)
  if one == cjson.null then one = nil end
  if other == cjson.null then other = nil end
  if one == other then return true end
  if type(one) == "number" and type(other) == "number" then return same_number(one, other) end
  if type(one) == "userdata" or type(other) == "userdata" then return nil end
  if type(one) ~= "table" or type(other) ~= "table" then return false end
  local told = true
  local function compare(member, its_like)
    local same = same_value(member, its_like)
    if same == false or told == false then told = false
    elseif same == nil then told = nil end
  end
  for name, member in pairs(one) do compare(member, other[name]) end
  for name, member in pairs(other) do
    if one[name] == nil then compare(nil, member) end
  end
  return told
end

-- The fit of an object by its address and by the fields that it shows: true, false or nil for each.
-- Returns whether it is for the same address, too.
local function judge_fields(address, ...)
  local fit = address and fits.surely or fits.perhaps
  for i = 1, select("#", ...) do
    local same = select(i, ...)
    if same == false then return address and fits.differs or fits.not_at_all, address end
    if same == nil then fit = fits.perhaps end
  end
  return fit, address
end

-- A field that need be neither asked for nor shown.
local function same_if_shown(asked, shown)
  if shown == nil or shown == cjson.null then return true end
  if asked == nil or asked == cjson.null or asked == "" then return shown == "" or nil end
  return same_value(asked, shown)
end

-- Ways to look ------------------------------------------------

-- Each way:
--   id            the field that has an object's
--   list          the operation to look with
--   query(params, turn)  its parameters at the first look, the second and so on, and whether what
--     is listed comes newest first
--   fit(object, params)  see above, and whether the object is for the same address: true, "likely"
--     or nil
--   time(object)  when it was made, in seconds, or nil
--   many(params)  whether a second one is made beside the first
--   exclusive     a second one is refused while the first is there
--   refusal(err)  whether a refusal says that one is there
--   names_only    calls for different addresses may look alike in what is listed
local ways = {}
lookup_ways.ways = ways -- operation name -> how to look for what it makes

local function never() return false end

-- Whether an invitation runs out as was asked; a day more or less is rounding.
local function same_days(params, object)
  local days, from, to = params.expires_in_days, object.created_at, object.expires_at
  if type(days) ~= "number" or type(from) ~= "number" or type(to) ~= "number" then return true end
  return math.abs((to - from) / 86400000 - days) <= 1 or nil -- older servers know one length only
end

ways["clerk.invitations.create"] = {
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
    if same == false then return fits.not_at_all end
    local metadata = object.public_metadata
    if metadata ~= nil and metadata ~= cjson.null then
      metadata = same_value(metadata, params.public_metadata or {})
    else
      metadata = params.public_metadata == nil or next(params.public_metadata) == nil or nil
    end
    return judge_fields(same, metadata, same_days(params, object),
      same_if_shown(params.redirect_url, object.redirect_url))
  end,
  time = function(object)
    local time = object.created_at
    return type(time) == "number" and time / 1000 or nil
  end,
  many = function(params) return params.ignore_existing == true end,
  exclusive = true,
  refusal = function(err) return err.code == "duplicate_record" end,
}

ways["gencove.invitations.create"] = {
  list = "invitations_list",
  id = "id",
  query = function() return { status = "pending" }, false end,
  fit = function(object, params)
    local same = nil -- an address may be null
    if object.email ~= nil then same = addresses().same(object.email, params.email) end
    if same == false then return fits.not_at_all end
    local role = params.role
    local as_asked = role == nil or role == "" or same_value(role, object.role)
    return judge_fields(same, as_asked)
  end,
  time = function(object)
    local status = object.last_status
    return type(status) == "table" and core.date_time(status.created) or nil
  end,
  many = never,
  exclusive = false, -- what a second one does is not documented
  refusal = function(err) return err.status == 400 end,
}

ways["cvat.invitations.create"] = {
  list = "invitations_list",
  id = "key",
  query = function(params)
    return { org = params.org, org_id = tonumber(params.org_id), sort = "-created_date",
      ["X-Organization"] = params["X-Organization"] }, true
  end,
  -- Answers carry no address. An account made for an invitation is named after the address, with
  -- digits behind it when that name is taken; an older account in any way its owner likes.
  fit = function(object, params)
    if type(object.user) ~= "table" or type(params.email) ~= "string" then
      return fits.not_at_all
    end
    local name, fit, same = object.user.username, fits.perhaps, nil
    if type(name) == "string" then
      local mailbox = addresses().mailbox(params.email)
      local small = addresses().normal(name)
      if addresses().same(name, params.email) then
        fit, same = fits.surely, true
      elseif small == mailbox then
        fit, same = fits.surely, "likely"
      elseif small:sub(1, #mailbox) == mailbox and small:sub(#mailbox + 1):find "^%d+$" then
        fit = fits.nearly
      end
    end
    if object.role == params.role then return fit, same end
    return same == true and fits.differs or fits.not_at_all, same
  end,
  time = function(object) return core.date_time(object.created_date) end,
  many = never,
  exclusive = true,
  names_only = true,
  refusal = function(err)
    return err.status == 400 and type(err.message) == "string"
      and err.message:find("member of the organization already", 1, true) ~= nil
  end,
}

-- What is gone already ------------------------------------------------

--- How a repeat says that what was asked for has been done before: operation name ->
-- function(err).
lookup_ways.gone = {
  ["clerk.invitations.revoke"] = function(err) return err.code == "invitation_already_revoked" end,
  ["cvat.invitations.delete"] = function(err) return err.status == 404 end,
  ["gencove.invitations.delete"] = function(err) return err.status == 404 end,
  ["edgegap.sessions.delete"] = function(err) return err.status == 404 or err.status == 410 end,
}

return lookup_ways
