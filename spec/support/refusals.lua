--- What a call returns that was refused here, with nothing sent to `server`, an echo server.

local assert = require "luassert"

local refusals = {}

--- The faults of a refused call, as `field: message` lines in alphabetical order.
function refusals.all(server, ok, err)
  assert.is_nil(ok)
  assert.equal("invalid", err.kind)
  assert.equal("not_sent", err.outcome)
  assert.equal(0, err.attempts)
  assert.is_nil(err.status)
  assert.is_string(err.message)
  assert.is_nil(tostring(err):find("[\r\n]"))
  assert.equal(0, #server:requests())
  local lines = {}
  for i, fault in ipairs(err.fields) do
    assert.is_string(fault.field)
    assert.is_string(fault.message)
    assert.is_not_nil(err.message:find(fault.field, 1, true) or i > 5 or nil)
    lines[i] = fault.field .. ": " .. fault.message
  end
  table.sort(lines)
  return lines, err
end

--- One fault, whose field and words of the message are as given.
function refusals.one(server, field, words, ...)
  local lines, err = refusals.all(server, ...)
  assert.same(1, #lines, table.concat(lines, "\n"))
  assert.equal(field, err.fields[1].field)
  assert(err.fields[1].message:find(words, 1, true), err.fields[1].message)
end

return refusals
