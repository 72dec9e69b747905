--- The time of a store, which all its programs have in common. A store knows how many seconds it is
-- ahead of this program's clock (`ahead`).

local core = require "convoke.core"

local store_clock = {}

--- The time of a store, in seconds since 1970 as it counts them.
function store_clock.now(store)
  return core.clocks() + store.ahead
end

--- The moment of core.clocks() that a time of a store was, and the time of day then.
function store_clock.clocks_at(store, time)
  local clock, wall = core.clocks()
  local ago = store_clock.now(store) - time
  return clock - ago, wall - ago
end

return store_clock
