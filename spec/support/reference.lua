--- The 27 operations of the reference pages.

local convoke = require "convoke"

local reference = {}

for _, operation in ipairs(convoke.operations) do
  if not operation.extra then reference[#reference + 1] = operation end
end

return reference
