--- Random identifiers in the forms the vendors use.

local ids = {}

local LETTERS = "abcdefghijklmnopqrstuvwxyz"
local ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" .. LETTERS

-- `n` random characters of `alphabet`.
local function draw(n, alphabet)
  local out = {}
  for i = 1, n do
    local at = math.random(#alphabet)
    out[i] = alphabet:sub(at, at)
  end
  return table.concat(out)
end

--- `n` letters and digits, both cases.
function ids.alphanumeric(n)
  return draw(n, ALPHANUMERIC)
end

--- `n` lower-case letters and digits.
function ids.lower(n)
  return draw(n, "0123456789" .. LETTERS)
end

--- `n` lower-case hexadecimal digits.
function ids.hex(n)
  return draw(n, "0123456789abcdef")
end

--- A version 4 UUID.
function ids.uuid()
  return ids.hex(8) .. "-" .. ids.hex(4) .. "-4" .. ids.hex(3) .. "-" .. draw(1, "89ab")
    .. ids.hex(3) .. "-" .. ids.hex(12)
end

return ids
