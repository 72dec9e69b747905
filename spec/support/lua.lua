--- What the Lua under test can do.

local version = tonumber(_VERSION:match "%d%.%d")

return {
  -- Plain Lua 5.1 cannot yield across pcall, iterators and metamethods.
  yields_anywhere = version > 5.1 or rawget(_G, "jit") ~= nil,
  closes_variables = version >= 5.4, -- local file <close> = ...
  generational = version >= 5.4, -- has a collector that looks at young objects first
}
