--- CVAT: how to look for an invitation, what a repeated deletion says.

local core = require "convoke.core"
local django = require "convoke.vendors.django"
local fits = require "convoke.lookup.fits"

local cvat = { creates = {}, done = {} }

cvat.read_error = django.read_error
cvat.errors_can_be_text = true

local levels = fits.levels

-- Loaded with the first look: most programs never look.
local function addresses() return require "convoke.lookup.addresses" end

cvat.creates["cvat.invitations.create"] = {
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
      return levels.not_at_all
    end
    local name, fit, same = object.user.username, levels.perhaps, nil
    if type(name) == "string" then
      local mailbox = addresses().mailbox(params.email)
      local small = addresses().normal(name)
      if addresses().same(name, params.email) then
        fit, same = levels.surely, true
      elseif small == mailbox then
        fit, same = levels.surely, "likely"
      elseif small:sub(1, #mailbox) == mailbox and small:sub(#mailbox + 1):find "^%d+$" then
        fit = levels.nearly
      end
    end
    if object.role == params.role then return fit, same end
    return same == true and levels.differs or levels.not_at_all, same
  end,
  time = function(object) return core.date_time(object.created_date) end,
  many = function() return false end,
  exclusive = true,
  names_only = true,
  same_address = function(one, other) return addresses().same(one.email, other.email) end,
  refusal = function(err)
    return err.status == 400 and type(err.message) == "string"
      and err.message:find("member of the organization already", 1, true) ~= nil
  end,
}

cvat.done["cvat.invitations.delete"] = {
  says_so = function(err) return err.status == 404 end,
}

cvat.done["cvat.invitations.decline"] = cvat.done["cvat.invitations.delete"]

cvat.done["cvat.memberships.delete"] = cvat.done["cvat.invitations.delete"]

-- A token that has ended is not known any more.
cvat.done["cvat.auth.logout"] = {
  says_so = function(err) return err.status == 401 end,
  value = function() return {} end,
}

cvat.done["cvat.invitations.accept"] = {
  says_so = function(err)
    return err.status == 400 and type(err.message) == "string"
      and err.message:find("already accepted", 1, true) ~= nil
  end,
  value = function() return {} end, -- which organization it was is not told
}

return cvat
