--- What the Lua under test can do.
return {
  -- Plain Lua 5.1 cannot yield across pcall, iterators and metamethods.
  yields_anywhere = _VERSION ~= "Lua 5.1" or rawget(_G, "jit") ~= nil,
}
