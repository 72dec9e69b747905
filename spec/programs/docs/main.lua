--- Usage: lua spec/programs/docs/main.lua meta|pages
-- Writes what is made from the catalogue: the annotations below lua/convoke/meta/, or the reference
-- below build/docs/.

local generated = require "spec.programs.docs.generated"

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

local targets = {}

function targets.meta()
  for path, text in pairs(generated.files()) do write(path, text) end
end

function targets.pages()
  local book = require "spec.programs.docs.book"
  local site = require "spec.programs.docs.site"
  local folder = "build/docs"
  os.execute(("rm -rf %s && mkdir -p %s/man"):format(folder, folder))
  local pages, groups = book.gather()
  site.write(folder, pages, groups, require "convoke.version")
  require("spec.programs.docs.manual").write(folder .. "/man", require "convoke.version")
  print(("%d pages in %s/index.html"):format(#pages + 1, folder))
end

local target = targets[arg[1]] or error("usage: main.lua meta|pages", 0)
target()
