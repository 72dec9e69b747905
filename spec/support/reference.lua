--- The 27 operations of the reference pages; `beyond` is a sample of the others.

local convoke = require "convoke"

local reference = { beyond = {} }

-- One of each kind of request: it creates, reads, lists, changes and answers nothing.
local sample = { ["clerk.sessions.create"] = true, ["edgegap.deployments.get"] = true,
  ["gencove.organization_users.list"] = true, ["cvat.invitations.resend"] = true }

for _, operation in ipairs(convoke.operations) do
  if not operation.extra then reference[#reference + 1] = operation end
  if sample[operation.name] then table.insert(reference.beyond, operation) end
end

return reference
