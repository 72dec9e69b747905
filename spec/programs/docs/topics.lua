--- The pages of topics: the sections of README.md, a page each, with links between them.

local site = require "spec.programs.docs.site"

local topics = {}

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

-- Calls visit(line, level of the heading or nil, its text) for each line; code has no headings.
local function each_line(text, visit)
  local in_code = false
  for line in text:gmatch "(.-)\n" do
    if line:find "^```" then in_code = not in_code end
    local signs, heading = line:match "^(#+) (.+)$"
    visit(line, not in_code and signs and #signs or nil, heading)
  end
end

-- The pages with their lines, and which page holds which anchor.
local function split(text)
  local pages, place = {}, {}
  local page
  each_line(text, function(line, level, heading)
    if level and level <= 2 then
      local anchor = site.anchor(heading)
      local file = level == 1 and "overview.html" or anchor .. ".html"
      page = { file = file, title = level == 1 and "Overview" or heading, lines = {} }
      pages[#pages + 1] = page
      place[anchor] = file
      line = "# " .. page.title
    elseif level then
      place[site.anchor(heading)] = page.file .. "#" .. site.anchor(heading)
      line = line:sub(2)
    end
    page.lines[#page.lines + 1] = line
  end)
  return pages, place
end

-- The first sentence of a page that begins with text, without signs; else "".
local function summary_of(page)
  local words = {}
  for i = 3, #page.lines do
    local line = page.lines[i]
    if line == "" then break end
    words[#words + 1] = line
  end
  local text = table.concat(words, " "):gsub("%[(.-)%]%(.-%)", "%1"):gsub("`", "")
  local sentence = text:match "^%a.-%.%f[%s%z]" or ""
  return #sentence <= 110 and sentence or ""
end

-- Names of operations become links to their pages.
local function link_operations(line, operations)
  return (line:gsub("`([%l_]+%.[%l_.]+)`", function(name)
    return operations[name] and ("[`%s`](%s.html)"):format(name, name)
  end))
end

--- The pages of a README.
-- @param path        of the file
-- @param operations  set of the names of operations that have a page
-- @return array of { file, title, summary, text }
function topics.pages(path, operations)
  local pages, place = split(read(path))
  for _, page in ipairs(pages) do
    page.summary = summary_of(page)
    local in_code = false
    for i, line in ipairs(page.lines) do
      if line:find "^```" then in_code = not in_code end
      if not in_code then
        line = line:gsub("%]%(#([%w_-]+)%)", function(anchor)
          return ("](%s)"):format(assert(place[anchor], "no section " .. anchor))
        end)
        page.lines[i] = link_operations(line, operations)
      end
    end
    page.text = table.concat(page.lines, "\n") .. "\n"
  end
  return pages
end

return topics
