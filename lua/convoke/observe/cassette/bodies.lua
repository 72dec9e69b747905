--- Bodies as recordings keep them: JSON as JSON, other text as text, the rest in hexadecimal
-- digits.

local core = require "convoke.core"

local bodies = {}

local named = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

--- A text as a string of JSON. It must be UTF-8.
function bodies.quote(text)
  return '"' .. text:gsub('[%c"\\\127]', function(c)
    return named[c] or ("\\u%04x"):format(c:byte())
  end) .. '"'
end

local quote = bodies.quote

-- JSON text anew, in the order in which it stands, with other strings and numbers.
-- @param change  function(kind, text, name): "string" or "number", its text, and the field's name
local function rewrite(tree, node, change, name)
  local kind = tree:kind(node)
  if kind == "string" then
    local text = tree:read(node)
    local changed = text and change(kind, text, name) or text
    return changed == text and tree:text(node) or quote(changed)
  elseif kind == "number" then
    local text = tree:text(node)
    return change(kind, text, name) or text
  elseif kind ~= "object" and kind ~= "array" then
    return tree:text(node)
  end
  local names, nodes = tree:members(node)
  local parts = {}
  for i, child in ipairs(nodes) do
    if kind == "object" then
      parts[i] = quote(change("string", names[i]) or names[i]) .. ":"
        .. rewrite(tree, child, change, names[i])
    else
      parts[i] = rewrite(tree, child, change, name)
    end
  end
  return (kind == "object" and "{%s}" or "[%s]"):format(table.concat(parts, ","))
end

local function is_utf8(text)
  local tree = core.tree(quote(text))
  if tree then tree:close() end
  return tree ~= nil and not text:find "[%z\1-\8\14-\31]"
end

-- What a body is: "json", "text" or "hex", and its tree where it is JSON. The caller closes that: a
-- recording is also saved while its Lua state is being closed.
local function kind_of(body)
  if body:find "^%s*[%[{\"]" then
    local tree = core.tree(body)
    if tree then return "json", tree end
  end
  return is_utf8(body) and "text" or "hex"
end

-- The multipart body with the same boundary whatever program wrote it.
local function with_plain_boundary(body, content_type)
  local boundary = content_type and content_type:match "^multipart/.-boundary=\"?([^\";]+)"
  if not boundary then return body end
  local at, pieces = 1, {}
  while true do
    local first, last = body:find(boundary, at, true)
    if not first then break end
    pieces[#pieces + 1] = body:sub(at, first - 1)
    at = last + 1
  end
  pieces[#pieces + 1] = body:sub(at)
  return table.concat(pieces, "boundary")
end

-- Calls each(name, value) for each field of a form.
local function each_field(body, content_type, each)
  if content_type and content_type:find "^multipart/" then
    for name, value in body:gmatch 'name="([^"]*)"[^\n]*\r\n\r\n(.-)\r\n%-%-' do
      each(name, value)
    end
  end
end

--- Notes what is secret in a body.
-- @param striker       see strike.lua
-- @param content_type  or nil
function bodies.look_at(striker, body, content_type)
  local kind, tree = kind_of(body)
  if kind == "json" then
    rewrite(tree, 0, function(what, text, name)
      if what == "string" then striker:look_at(text, name) end
    end)
    tree:close()
    return
  end
  striker:look_at("?" .. body) -- it may be a form
  each_field(body, content_type, function(name, value) striker:look_at(value, name) end)
end

--- A body without the client's own credential.
-- @param redact  function(text) that strikes it out
function bodies.redact(body, redact)
  local kind, tree = kind_of(body)
  if kind ~= "json" then return redact(body) end
  local text = rewrite(tree, 0, function(_, each) return redact(each) end)
  tree:close()
  return text
end

--- A body as a recording keeps it, without its secrets: its kind and its text.
function bodies.keep(striker, body, content_type)
  local kind, tree = kind_of(body)
  local text
  if kind == "json" then
    text = rewrite(tree, 0, function(what, each, name)
      if what == "string" then return striker:out(each) end
      return striker:is_named(name) and "0" or each
    end)
    tree:close()
    return kind, text
  end
  text = striker:out(with_plain_boundary(body, content_type))
  if kind == "text" then return kind, text end
  return kind, (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

--- The body that was kept, with this program's values in the places of those that were struck out.
-- @param kind  as keep() returns it
-- @param back  function(text) that puts them in
function bodies.give_back(kind, text, back)
  if kind == "json" then
    local tree = core.tree(text)
    return rewrite(tree, 0, function(what, each) return what == "string" and back(each) or nil end)
  end
  if kind == "hex" then
    text = text:gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end)
  end
  return back(text)
end

--- Puts the values of a body into a table, each under its place: "body/limits/0" -> '"a"'. Objects
-- whose members stand in another order give the same.
-- @param into  place -> text
function bodies.flatten(kind, text, into)
  if kind ~= "json" then
    into.body = text
    return
  end
  local tree = core.tree(text)
  local function walk(node)
    local what = tree:kind(node)
    if what == "object" or what == "array" then
      local _, nodes = tree:members(node)
      for _, child in ipairs(nodes) do walk(child) end
      if nodes[1] then return end
    end
    into["body" .. tree:pointer(node)] = what == "string" and quote(tree:read(node))
      or tree:text(node)
  end
  walk(0)
end

return bodies
