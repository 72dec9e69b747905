--- Which deployment of a version is the first that has room for so many: deployments stand in heaps
-- by how many sockets of theirs are free, the oldest on top.

local room = {}
room.__index = room

--- For deployments of `sockets` sockets, of which each user takes one.
function room.new(sockets)
  local heaps = {}
  for free = 1, sockets do heaps[free] = { holds = {} } end
  return setmetatable({ sockets = sockets, heaps = heaps, free_of = {} }, room)
end

local function push(heap, item)
  if heap.holds[item] then return end
  heap.holds[item] = true
  local at = #heap + 1
  while at > 1 do
    local up = math.floor(at / 2)
    if heap[up].number <= item.number then break end
    heap[at], at = heap[up], up
  end
  heap[at] = item
end

local function pop(heap)
  heap.holds[heap[1]] = nil
  local last = table.remove(heap)
  local size, at = #heap, 1
  if size == 0 then return end
  while true do
    local down = 2 * at
    if down > size then break end
    if down < size and heap[down + 1].number < heap[down].number then down = down + 1 end
    if heap[down].number >= last.number then break end
    heap[at], at = heap[down], down
  end
  heap[at] = last
end

--- Notes how many sockets of a deployment are free now.
function room:note(deployment, free)
  if self.free_of[deployment] == free then return end
  self.free_of[deployment] = free
  if free > 0 then push(self.heaps[free], deployment) end
end

--- The deployment with the lowest `number` of those with room for so many users, or nil.
function room:first(users)
  local found
  for free = math.max(users, 1), self.sockets do
    local heap = self.heaps[free]
    -- What is on top may have another count of free sockets by now.
    while heap[1] and self.free_of[heap[1]] ~= free do pop(heap) end
    if heap[1] and (not found or heap[1].number < found.number) then found = heap[1] end
  end
  return found
end

return room
