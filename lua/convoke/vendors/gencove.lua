--- Gencove: how to look for an invitation, what a repeated deletion says.

local core = require "convoke.core"
local django = require "convoke.vendors.django"
local fits = require "convoke.lookup.fits"

local gencove = { creates = {}, done = {} }

gencove.read_error = django.read_error
gencove.errors_can_be_text = true

local levels = fits.levels

-- Loaded with the first look: most programs never look.
local function addresses() return require "convoke.lookup.addresses" end

gencove.creates["gencove.invitations.create"] = {
  list = "invitations_list",
  id = "id",
  query = function() return { status = "pending" }, false end,
  fit = function(object, params)
    local same = nil -- an address may be null
    if object.email ~= nil then same = addresses().same(object.email, params.email) end
    if same == false then return levels.not_at_all end
    local role = params.role
    local as_asked = role == nil or role == "" or fits.same_value(role, object.role)
    return fits.judge(same, as_asked)
  end,
  time = function(object)
    local status = object.last_status
    return type(status) == "table" and core.date_time(status.created) or nil
  end,
  many = function() return false end,
  exclusive = false, -- what a second one does is not documented
  refusal = function(err) return err.status == 400 end,
}

gencove.done["gencove.invitations.delete"] = {
  says_so = function(err) return err.status == 404 end,
}

gencove.done["gencove.jwt.logout"] = {
  -- An access token that has ended meanwhile is refused with the same status and code.
  says_so = function(err)
    return err.status == 401 and type(err.message) == "string"
      and err.message:find("blacklisted", 1, true) ~= nil
  end,
  value = function() return {} end, -- the token is the caller's own
}

return gencove
