-- The reference that `make docs` writes: every operation has a page with all sections, and the
-- examples on the pages work.

local book = require "spec.programs.docs.book"
local catalogue = require "convoke.catalogue"
local manual = require "spec.programs.docs.manual"
local reference = require "spec.programs.docs.reference"
local site = require "spec.programs.docs.site"
local tour = require "spec.programs.docs.tour"
local trials = require "spec.programs.docs.trials"
local lfs = require "lfs"

-- CONVOKE_DOCS=all tries every example. Without it those in Lua are tried, and a third of the
-- commands, another one each day.
local share = os.getenv "CONVOKE_DOCS" == "all" and 1 or 3
local turn = math.floor(os.time() / 86400) % share

describe("the reference", function()
  local pages, groups, examples

  setup(function() pages, groups, examples = book.gather() end)

  it("has a page for every operation, with all sections in order and none empty", function()
    local by_name = {}
    for _, page in ipairs(pages) do by_name[page.title] = page end
    for _, operation in ipairs(catalogue.operations()) do
      local text = assert(by_name[operation.name], operation.name).text
      local headings = {}
      for part in (text:gsub("\n## ", "\0") .. "\0"):gmatch "([^%z]*)%z" do
        local heading, body = part:match "^([^\n]+)\n(.*)$"
        if heading:sub(1, 2) ~= "# " then headings[#headings + 1] = heading end
        assert.is_truthy(heading:sub(1, 2) == "# " or body:find "%w",
          operation.name .. ": " .. heading)
      end
      assert.same(reference.sections, headings, operation.name)
      for _, kind in ipairs { "lua", "shell", "curl" } do
        assert.is_truthy(text:find("\n" .. examples[operation.name][kind] .. "```", 1, true),
          operation.name .. " shows no example: " .. kind)
      end
    end
  end)

  it("names every parameter and what it may be", function()
    for _, page in ipairs(pages) do
      for _, param in ipairs(page.operation and page.operation.params or {}) do
        local row = page.text:match("\n| `" .. param.name:gsub("%p", "%%%0") .. "`([^\n]*)")
        assert.is_truthy(row, page.title .. ": " .. param.name)
        assert.equal(param.required, row:find("**required**", 1, true) ~= nil)
        for _, word in ipairs(param.enum or {}) do
          assert.is_truthy(#param.enum == 1 or row:find("`" .. word .. "`", 1, true), word)
        end
      end
    end
  end)

  it("links to pages that there are, and the index to all of them", function()
    local files, listed = { ["index.html"] = true }, {}
    for _, page in ipairs(pages) do files[page.file] = true end
    for _, page in ipairs(pages) do
      for target in page.text:gmatch "%]%(([%w_.-]+%.html)[#)]" do
        assert.is_true(files[target], page.file .. " links to " .. target)
      end
    end
    for _, group in ipairs(groups) do
      if group.file then listed[group.file] = true end
      for _, link in ipairs(group.links) do listed[link.file] = true end
    end
    for _, page in ipairs(pages) do assert.is_true(listed[page.file], page.file) end
  end)

  it("can be read without JavaScript: the index holds every link, and hides none", function()
    local folder = os.tmpname()
    os.remove(folder)
    assert(lfs.mkdir(folder))
    finally(function() os.execute("rm -r " .. folder) end)
    site.write(folder, pages, groups, "1.2.3", function(list)
      local fragments = {}
      for i, page in ipairs(list) do fragments[i] = ("<h1>%s</h1>\n"):format(page.title) end
      return fragments
    end)
    local file = assert(io.open(folder .. "/index.html"))
    local html = file:read "*a"
    file:close()
    local plain = html:gsub("<script>.-</script>", "")
    for _, page in ipairs(pages) do
      assert.is_truthy(plain:find(('<a href="%s">'):format(page.file), 1, true), page.file)
      assert.equal("file", lfs.attributes(folder .. "/" .. page.file, "mode"))
    end
    local hidden = 0
    for _ in plain:gmatch "<[^>]* hidden[^>]*>" do hidden = hidden + 1 end
    assert.equal(2, hidden) -- the field and what it says when it finds nothing
  end)

  it("has man pages of the command and of each API, in which nothing is missing", function()
    local texts = {}
    for _, page in ipairs(manual.pages()) do
      texts[("%s(%d)"):format(page.name, page.section)] = page.text
    end
    for _, operation in ipairs(catalogue.operations()) do
      local heading = "\n## " .. operation.name:gsub("_", "\\_") .. "\n"
      local text = texts[("convoke-%s(3)"):format(operation.api)]
      local part = assert(text:match(heading:gsub("%p", "%%%0") .. "(.-)\n#"), operation.name)
      for _, param in ipairs(operation.params) do
        assert.is_truthy(part:find("`" .. param.name .. "`", 1, true), param.name)
      end
    end
    for _, option in ipairs(require("convoke.cli.options").list) do
      assert.is_truthy(texts["convoke(1)"]:find("\\--" .. option.name, 1, true), option.name)
    end
    for _, command in ipairs(require("convoke.cli.names").commands) do
      assert.is_truthy(texts["convoke(1)"]:find("\n`" .. command[1] .. "`\n", 1, true), command[1])
    end
    for _, status in pairs(require("convoke.cli.exit").status) do
      assert.is_truthy(texts["convoke(1)"]:find("\n" .. status .. "\n:", 1, true), status)
    end
  end)

  -- Goes through the tour with the examples in the place of its calls.
  local function try(kind, is_wanted)
    local tried, count = {}, 0
    tour.run(function(call)
      local name = call.operation.name
      if tried[name] or not is_wanted(call.operation) then return call.proceed() end
      tried[name], count = true, count + 1
      return trials.make(examples[name], kind, call)
    end)
    return count
  end

  local function is_of_share(operation)
    return (operation.index + #operation.api) % share == turn
  end

  it("shows examples in Lua that work in the sandbox", function()
    local count = try("lua", function() return true end)
    assert.equal(#catalogue.operations(), count)
  end)

  it("shows commands of convoke that work in the sandbox", function()
    assert.is_true(try("shell", is_of_share) >= #catalogue.operations() / share / 2)
  end)

  it("shows commands with curl that work in the sandbox", function()
    assert.is_true(try("curl", is_of_share) >= #catalogue.operations() / share / 2)
  end)
end)
