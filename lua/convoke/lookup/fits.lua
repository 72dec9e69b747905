--- How well an object of a listing fits what a create has asked for; each vendor's file judges by
-- these.

local null = require("convoke.core").null

local fits = {}

--- How well an object fits what a call asked for:
--   not_at_all  it is for another address
--   differs     it is for this address, but shows something else than was asked: it is another's
--   perhaps     nobody can tell
--   nearly      it is probably for this address
--   surely      it shows all that was asked
fits.levels = { not_at_all = 0, differs = 1, perhaps = 2, nearly = 3, surely = 4 }
local levels = fits.levels

local function same_number(one, other)
  return one == other or one + 0.0 == other + 0.0 -- the request was read with fewer digits
end

--- Whether two free-form values say the same; null and absence are one.
-- @return true or false; nil: that cannot be told
function fits.same_value(one, other)
  if one == null then one = nil end
  if other == null then other = nil end
  if one == other then return true end
  if type(one) == "number" and type(other) == "number" then return same_number(one, other) end
  if type(one) == "userdata" or type(other) == "userdata" then return nil end
  if type(one) ~= "table" or type(other) ~= "table" then return false end
  local told = true
  local function compare(member, its_like)
    local same = fits.same_value(member, its_like)
    if same == false or told == false then told = false
    elseif same == nil then told = nil end
  end
  for name, member in pairs(one) do compare(member, other[name]) end
  for name, member in pairs(other) do
    if one[name] == nil then compare(nil, member) end
  end
  return told
end

--- Judges an object by its address and by the fields that it shows.
-- @param address  whether it is the one that was asked for: true, false, or nil: nobody can tell
-- @param ...      the same for each field
-- @return its level, and whether it is for the same address
function fits.judge(address, ...)
  local fit = address and levels.surely or levels.perhaps
  for i = 1, select("#", ...) do
    local same = select(i, ...)
    if same == false then return address and levels.differs or levels.not_at_all, address end
    if same == nil then fit = levels.perhaps end
  end
  return fit, address
end

--- Whether a field shows what was asked for; it may be absent from both. Returns what same_value()
-- does.
function fits.same_if_shown(asked, shown)
  if shown == nil or shown == null then return true end
  if asked == nil or asked == null or asked == "" then return shown == "" or nil end
  return fits.same_value(asked, shown)
end

return fits
