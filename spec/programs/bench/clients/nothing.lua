--- A Lua that does nothing: what it takes by itself; see plan.lua.

local plan = require "spec.programs.bench.clients.plan"

plan.print(0, 0, 0)
