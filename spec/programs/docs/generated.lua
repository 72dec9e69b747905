--- What is made from the catalogue and kept in the tree.

local annotations = require "convoke.help.annotations"
local catalogue = require "convoke.catalogue"
local own_methods = require "spec.programs.docs.own_methods"

local generated = {}

local folder = "lua/convoke/meta/"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

--- The files that `make meta` writes: path -> text.
function generated.files()
  local files = {}
  local texts = annotations.make(catalogue, read(folder .. "convoke.lua"), function(name)
    return require("convoke.vendors." .. name)
  end, own_methods.arguments)
  for name, text in pairs(texts) do files[folder .. name .. ".lua"] = text end
  return files
end

return generated
