--- The shared dictionaries of nginx, in which its workers keep things together.

local shared_dict = {}

--- Finds a dictionary.
-- @param name  what an option was given
-- @return the dictionary; or nil and what is wrong with the option
function shared_dict.find(name)
  if type(name) ~= "string" or name == "" then return nil, "must be the name of a dictionary" end
  local ngx = rawget(_G, "ngx")
  if type(ngx) ~= "table" or not ngx.shared then
    return nil, "is for OpenResty: nothing else has shared dictionaries"
  end
  local dict = ngx.shared[name]
  if dict then return dict end
  return nil, ("names no shared dictionary of nginx; declare it: lua_shared_dict %s 1m;")
    :format(name)
end

return shared_dict
