--- E-mail addresses as servers normalise them: without surrounding spaces, in small letters, the
-- domain in punycode (RFC 3492, RFC 5891).

local addresses = {}

local floor = math.floor

-- Punycode ------------------------------------------------

local base, least, most, skew, damp = 36, 1, 26, 38, 700
local first_bias, first_code = 72, 128

local function adapt(delta, points, is_first)
  delta = is_first and floor(delta / damp) or floor(delta / 2)
  delta = delta + floor(delta / points)
  local k = 0
  while delta > floor((base - least) * most / 2) do
    delta = floor(delta / (base - least))
    k = k + base
  end
  return k + floor((base - least + 1) * delta / (delta + skew))
end

local function digit(value)
  return string.char(value < 26 and 97 + value or 22 + value) -- a to z, 0 to 9
end

-- Appends a number as digits of variable length.
local function put_number(output, number, bias)
  local k = base
  while true do
    local threshold = math.max(least, math.min(most, k - bias))
    if number < threshold then break end
    output[#output + 1] = digit(threshold + (number - threshold) % (base - threshold))
    number = floor((number - threshold) / (base - threshold))
    k = k + base
  end
  output[#output + 1] = digit(number)
end

--- The punycode of a label, without "xn--".
-- @param codes  array of Unicode code points
function addresses.punycode(codes)
  local output = {}
  for _, code in ipairs(codes) do
    if code < 128 then output[#output + 1] = string.char(code) end
  end
  local basic = #output
  local handled = basic
  if basic > 0 then output[#output + 1] = "-" end
  local code, delta, bias = first_code, 0, first_bias
  while handled < #codes do
    local following = math.huge
    for _, each in ipairs(codes) do
      if each >= code and each < following then following = each end
    end
    delta = delta + (following - code) * (handled + 1)
    code = following
    for _, each in ipairs(codes) do
      if each < code then delta = delta + 1 end
      if each == code then
        put_number(output, delta, bias)
        bias = adapt(delta, handled + 1, handled == basic)
        delta, handled = 0, handled + 1
      end
    end
    delta, code = delta + 1, code + 1
  end
  return table.concat(output)
end

-- Letters ------------------------------------------------

-- The code points of a UTF-8 text, or nil where it is none.
local function decode_utf8(text)
  local codes, position = {}, 1
  while position <= #text do
    local first = text:byte(position)
    local size = first < 0x80 and 1 or first < 0xC2 and 0 or first < 0xE0 and 2
      or first < 0xF0 and 3 or first < 0xF5 and 4 or 0
    if size == 0 then return nil end
    local code = size == 1 and first or first % 2 ^ (7 - size)
    for i = 1, size - 1 do
      local byte = text:byte(position + i)
      if not byte or byte < 0x80 or byte > 0xBF then return nil end
      code = code * 64 + byte % 64
    end
    codes[#codes + 1] = floor(code)
    position = position + size
  end
  return codes
end

-- Capital letters by ranges: first, last, what makes the small one of them; with a step of 2 only
-- every second is a capital.
local capitals = {
  { 0x41, 0x5A, 32 }, { 0xC0, 0xD6, 32 }, { 0xD8, 0xDE, 32 }, { 0x100, 0x12E, 1, 2 },
  { 0x132, 0x136, 1, 2 }, { 0x139, 0x147, 1, 2 }, { 0x14A, 0x176, 1, 2 }, { 0x178, 0x178, -121 },
  { 0x179, 0x17D, 1, 2 }, { 0x386, 0x386, 38 }, { 0x388, 0x38A, 37 }, { 0x38C, 0x38C, 64 },
  { 0x38E, 0x38F, 63 }, { 0x391, 0x3AB, 32 }, { 0x400, 0x40F, 80 }, { 0x410, 0x42F, 32 },
  { 0x460, 0x480, 1, 2 }, { 0x48A, 0x4BE, 1, 2 }, { 0x4D0, 0x52E, 1, 2 }, { 0x531, 0x556, 48 },
  { 0x1E00, 0x1E94, 1, 2 }, { 0x1EA0, 0x1EFE, 1, 2 },
}

-- The small letter of a code point; wide forms count as the ordinary ones.
local function small(code)
  if code >= 0xFF01 and code <= 0xFF5E then code = code - 0xFEE0 end
  for _, range in ipairs(capitals) do
    if code >= range[1] and code <= range[2] and (code - range[1]) % (range[4] or 1) == 0 then
      return code + range[3]
    end
  end
  return code
end

-- Whether a code point's normal form is beyond us: accents of their own, capitals of rare scripts.
local function is_hard(code)
  return (code >= 0x300 and code <= 0x36F) or (code >= 0x180 and code <= 0x24F)
    or (code >= 0x530 and code < 0x590) or code == 0x130 or code == 0x1E9E
    or (code >= 0x10A0 and code < 0x1E00) or (code >= 0x1F00 and code < 0x2C00)
    or (code >= 0x2C00 and code < 0x2E00) or (code >= 0xA640 and code < 0xABFF) or code >= 0xF900
end

local function encode_utf8(code)
  if code < 0x80 then return string.char(code) end
  if code < 0x800 then return string.char(0xC0 + floor(code / 64), 0x80 + code % 64) end
  if code < 0x10000 then
    return string.char(0xE0 + floor(code / 4096), 0x80 + floor(code / 64) % 64, 0x80 + code % 64)
  end
  return string.char(0xF0 + floor(code / 262144), 0x80 + floor(code / 4096) % 64,
    0x80 + floor(code / 64) % 64, 0x80 + code % 64)
end

-- Older servers write a sharp s as two and a final sigma as any other.
local old_letters = { [0xDF] = { 0x73, 0x73 }, [0x3C2] = { 0x3C3 } }

-- The small letters of a text as code points, or nil; and whether that is beyond doubt.
local function small_letters(text, as_of_old)
  local codes, letters, sure = decode_utf8(text), {}, true
  if not codes then return nil, false end
  for _, code in ipairs(codes) do
    local letter = small(code)
    if is_hard(code) and letter == code then sure = false end
    for _, each in ipairs(as_of_old and old_letters[letter] or { letter }) do
      letters[#letters + 1] = each
    end
  end
  return letters, sure
end

-- A label of a domain as it goes over the wire, and whether that is beyond doubt.
local function wire_label(label, as_of_old)
  if not label:find "[\128-\255]" then return label:lower(), true end
  local codes, sure = small_letters(label, as_of_old)
  if not codes then return label, false end
  local plain = true
  for _, code in ipairs(codes) do plain = plain and code < 128 end
  if plain then return string.char((table.unpack or unpack)(codes)), sure end
  return "xn--" .. addresses.punycode(codes), sure
end

local function normal_mailbox(mailbox)
  if not mailbox:find "[\128-\255]" then return mailbox:lower(), true end
  local codes, sure = small_letters(mailbox)
  if not codes then return mailbox, false end
  for i, code in ipairs(codes) do codes[i] = encode_utf8(code) end
  return table.concat(codes), sure
end

-- Other full stops of domains: ideographic, wide, half-width.
local function with_plain_dots(domain)
  return (domain:gsub("\227\128\130", "."):gsub("\239\188\142", "."):gsub("\239\189\161", "."))
end

local function normal_domain(domain, as_of_old)
  local labels, sure = {}, true
  for label in with_plain_dots(domain):gsub("%.$", ""):gmatch "[^.]*" do
    if label ~= "" then
      local wire, known = wire_label(label, as_of_old)
      labels[#labels + 1], sure = wire, sure and known
    end
  end
  return table.concat(labels, "."), sure
end

-- Mailbox, domain (nil: there is none) and whether both are beyond doubt.
local function split(address, as_of_old)
  local text = address:match "^%s*(.-)%s*$"
  local mailbox, domain = text:match "^(.*)@([^@]*)$"
  if not mailbox then return normal_mailbox(text), nil, true end
  local box, box_sure = normal_mailbox(mailbox)
  local wire, domain_sure = normal_domain(domain, as_of_old)
  return box, wire, box_sure and domain_sure
end

-- Comparing ------------------------------------------------

local beyond_ascii = "[\128-\255%s]" -- or a space

--- An address as servers normalise it.
function addresses.normal(address)
  if not address:find(beyond_ascii) then
    local text = address:lower()
    return text:byte(-1) == 46 and text:sub(1, -2) or text -- a full stop at the end
  end
  local mailbox, domain = split(address)
  return domain and mailbox .. "@" .. domain or mailbox
end

--- What stands before the last @ of an address, normalised.
function addresses.mailbox(address)
  return (split(address))
end

--- Whether two texts are the same address.
-- @return true; false; or nil where that cannot be told
function addresses.same(one, other)
  if type(one) ~= "string" or type(other) ~= "string" then return false end
  if not one:find(beyond_ascii) and not other:find(beyond_ascii) then -- as almost all are
    return addresses.normal(one) == addresses.normal(other)
  end
  local box, domain, sure = split(one)
  local other_box, other_domain, other_sure = split(other)
  if box == other_box and domain == other_domain then return true end
  if not (domain and other_domain) then return false end
  if box == other_box then
    local _, old = split(one, true)
    local _, other_old = split(other, true)
    if old == other_domain or domain == other_old then return true end
  end
  -- Without all of Unicode's tables some letters have no normal form here.
  if not (sure and other_sure) and (box == other_box or domain == other_domain) then return nil end
  return false
end

return addresses
