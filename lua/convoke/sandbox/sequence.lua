--- A list in the order in which its items came. Taking an item out, counting, and cutting out a
-- page hardly cost more the more there are: items stand in blocks that are skipped as a whole.

local json = require "convoke.sandbox.json"

local sequence = {}
sequence.__index = sequence

local SIZE = 256 -- items of a full block

--- A new list, empty. `count` is how many items it holds.
function sequence.new()
  return setmetatable({ count = 0, blocks = {}, block_of = {} }, sequence)
end

--- Adds an item (any value, once) at the end.
function sequence:append(item)
  local block = self.blocks[#self.blocks]
  if not block or block.filled >= SIZE then
    block = { filled = 0 }
    self.blocks[#self.blocks + 1] = block
  end
  block.filled = block.filled + 1
  block[#block + 1] = item
  self.block_of[item] = block
  self.count = self.count + 1
end

--- Takes an item out. Returns whether it was there.
function sequence:remove(item)
  local block = self.block_of[item]
  if not block then return false end
  self.block_of[item] = nil
  self.count = self.count - 1
  for i, one in ipairs(block) do
    if one == item then
      table.remove(block, i)
      return true
    end
  end
end

--- Iterates over the items, the last ones first if `backwards`. Nothing may be added or taken out
-- meanwhile.
function sequence:each(backwards)
  local blocks, at, i = self.blocks, backwards and #self.blocks or 1, nil
  local step = backwards and -1 or 1
  return function()
    while blocks[at] do
      local block = blocks[at]
      i = i and i + step or backwards and #block or 1
      if block[i] ~= nil then return block[i] end
      at, i = at + step, nil
    end
  end
end

--- A page: an array of at most `limit` items after the first `offset`, the last ones first if
-- `backwards`.
function sequence:slice(offset, limit, backwards)
  local out, blocks, skipped = json.array(), self.blocks, 0
  local from, to, step = 1, #blocks, 1
  if backwards then from, to, step = #blocks, 1, -1 end
  for at = from, to, step do
    local block = blocks[at]
    local first = math.max(offset - skipped, 0) + 1 -- in this block
    for i = first, #block do
      if #out == limit then return out end
      out[#out + 1] = block[backwards and #block + 1 - i or i]
    end
    skipped = skipped + #block
    if #out == limit then return out end
  end
  return out
end

return sequence
