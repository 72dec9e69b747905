--- From nothing to the first answer: everything is loaded and made here. The environment may name
-- another server, MEMORY_URL.

local memory = require "memory"
local convoke = require "convoke"
local samples = require "spec.programs.memory.samples"

local url = os.getenv "MEMORY_URL"
local name = url and "clerk.invitations.create" or "gencove.invitations.list"
local credential = url and "secret_key" or "api_key"

-- libcurl has no one word for a shortage of memory.
local what_it_may_be = { memory = true, resolve = true, connect = true, network = true,
  too_large = true, tls = url ~= nil }

for _, operation in ipairs(convoke.operations) do
  if operation.name == name then
    memory.answer(samples.answer(operation))
    local client = convoke[operation.api] { url = url or memory.url, retries = 0,
      [credential] = "text_of_nobody" }
    local answer, err = client:call(operation.id, samples.params(operation))
    client:close()
    if not answer then
      error((what_it_may_be[err.kind] and "not enough memory: " or "") .. tostring(err), 0)
    end
  end
end
