--- From nothing to the first answer: everything is loaded and made here.

local memory = require "memory"
local convoke = require "convoke"
local samples = require "spec.memory.samples"

local what_it_may_be = { memory = true, resolve = true, connect = true, network = true,
  too_large = true }

for _, operation in ipairs(convoke.operations) do
  if operation.name == "gencove.invitations.list" then
    memory.answer(samples.answer(operation))
    local client = convoke.gencove { url = memory.url, api_key = "key-of-nobody", retries = 0 }
    local answer, err = client:call(operation.id, samples.params(operation))
    client:close()
    if not answer then
      error(what_it_may_be[err.kind] and "not enough memory" or tostring(err), 0)
    end
  end
end
