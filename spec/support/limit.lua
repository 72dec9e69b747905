--- How long something may take by the clock on the wall.
--
-- A machine that has other work, too, takes longer, whatever we do: `make test` has loose limits.
-- `make timing`, beside which nothing else is to run, holds the same specs to them.

local exact = os.getenv "CONVOKE_TIMING" ~= nil

--- @param seconds  that it may take on a quiet machine
-- @return how many are let pass
return function(seconds)
  return exact and seconds or 5 * seconds + 1
end
