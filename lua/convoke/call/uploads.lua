--- Bodies of requests that are read piece by piece while they are sent, from functions and files.

local engine = require "convoke.engine"

local uploads = {}

local enough = 65536 -- bytes to give at once

local Upload = {}
Upload.__index = Upload

-- How a file is read: size and a function that goes back to where it stands now, where it can.
local function of_file(file, size)
  local start = file:seek "cur"
  local stop = start and file:seek "end"
  local source = {}
  if stop and file:seek("set", start) then
    if stop > start then source.size = size or stop - start end -- else it may be no ordinary file
    function source.rewind() return file:seek("set", start) end
  end
  function source.read(left)
    return file:read(left and math.max(1, math.min(left, enough)) or enough)
  end
  return source
end

local function is_whole(value)
  return type(value) == "number" and value >= 0 and value % 1 == 0 and value < 2 ^ 53
end

-- A source of a request: read(left), which returns a piece, nothing at the end, or nil and why; its
-- size in bytes and rewind(), each or nil. Or nil and what is wrong with it.
local function open(value)
  local data, size, rewind = value, nil, nil
  if type(value) == "table" then data, size, rewind = value.data, value.size, value.rewind end
  if size ~= nil and not is_whole(size) then return nil, "has a size that is no number of bytes" end
  if type(data) == "function" then return { read = data, size = size, rewind = rewind } end
  if io.type(data) ~= "file" then return nil, "is a closed file" end
  return of_file(data, size)
end

--- The body of a request that has sources.
-- @param sources  array of: bytes of the prepared text before a source, the source, ...
-- @param whole    how many bytes that text has
-- @return an upload; its field `size` is that of the whole body, or nil. nil and what is wrong
function uploads.new(sources, whole)
  local steps, at, size = {}, 1, whole
  for i = 1, #sources, 2 do
    local source, wrong = open(sources[i + 1])
    if not source then return nil, wrong end
    steps[#steps + 1] = { from = at, to = sources[i] }
    steps[#steps + 1] = source
    at = sources[i] + 1
    size = size and source.size and size + source.size
  end
  steps[#steps + 1] = { from = at, to = whole }
  return setmetatable({ steps = steps, at = 1, size = size }, Upload)
end

-- The next piece of a source; nil at its end; or nil and what went wrong.
local function piece_of(source)
  local given = source.given or 0
  local left = source.size and source.size - given
  local fine, text, why = engine.protected(source.read, left)
  if not fine then return nil, "the reader raised an error: " .. tostring(text) end
  if text == nil and why ~= nil then return nil, "the reader failed: " .. tostring(why) end
  if text ~= nil and type(text) ~= "string" then
    return nil, ("the reader gave no string, but a %s"):format(type(text))
  end
  source.given = given + #(text or "")
  if left and (#(text or "") > left or (text == nil and left > 0)) then
    return nil, ("the reader gave %s than the %.0f bytes that were promised"):format(
      text and "more" or "less", source.size)
  end
  return text
end

--- Gives a call the next pieces of its body.
-- @return nothing, or what went wrong
function Upload:fill(native)
  local given = 0
  while given < enough do
    local step = self.steps[self.at]
    if not step then
      native:give()
      return nil
    end
    local is_over = true
    if step.from then
      if step.to >= step.from then native:give(step.from, step.to) end
      given = given + step.to - step.from + 1
    else
      local text, wrong = piece_of(step)
      if wrong then return wrong end
      if text then native:give(text) end
      given, is_over = given + #(text or ""), text == nil
    end
    if is_over then self.at = self.at + 1 end
  end
end

--- Whether all sources can begin again.
function Upload:can_repeat()
  for _, step in ipairs(self.steps) do
    if not (step.from or step.rewind) then return false end
  end
  return true
end

--- Begins again.
-- @return nothing, or what went wrong
function Upload:begin_again(native)
  for _, step in ipairs(self.steps) do
    step.given = nil
    if step.rewind then
      local fine, why = engine.protected(step.rewind)
      if not fine then return "the reader cannot begin again: " .. tostring(why) end
    end
  end
  self.at = 1
  native:begin_again()
end

return uploads
