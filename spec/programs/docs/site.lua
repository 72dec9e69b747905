--- The reference as HTML: pages of Markdown in, a folder of pages out. pandoc reads the Markdown of
-- all of them at once, which takes a second where one by one would take a minute.

local site = {}

local mark = "convokepagebreak"

local here = "spec/programs/docs/"

-- Text ----------------------------------------------------------------------------------------

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function escape(text)
  return (text:gsub("[&<>\"]", entities))
end

--- The name that a heading has in an address, as GitHub makes it.
function site.anchor(heading)
  return (heading:lower():gsub("[^%w _-]", ""):gsub(" ", "-"))
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

-- Pages -------------------------------------------------------------------------------------------

-- The HTML of each page, by one run of pandoc.
local function convert(pages)
  local source, target = os.tmpname(), os.tmpname()
  local parts = {}
  for i, page in ipairs(pages) do parts[i] = page.text end
  write(source, table.concat(parts, ("\n\n%s\n\n"):format(mark)))
  local command = "pandoc --from gfm --to html5 --wrap none --output %s %s"
  local status = os.execute(command:format(target, source))
  assert(status == true or status == 0, "pandoc failed")
  local html = read(target)
  os.remove(source)
  os.remove(target)
  local fragments, from = {}, 1
  local line = "<p>" .. mark .. "</p>"
  repeat
    local first, last = html:find(line, from, true)
    fragments[#fragments + 1] = html:sub(from, (first or 0) - 1)
    from = (last or 0) + 1
  until not first
  assert(#fragments == #pages, "pandoc lost a page")
  return fragments
end

-- Gives headings the names of their texts: pandoc's are unique among all pages together.
local function name_headings(html)
  return (html:gsub('<h(%d) id="[^"]*">(.-)</h%d>', function(level, text)
    local plain = text:gsub("<[^>]*>", "")
    return ('<h%s id="%s">%s</h%s>'):format(level, site.anchor(plain), text, level)
  end))
end

-- Gives each cell the heading of its column, which stands above it where there is room, and before
-- it on a phone.
local function label_cells(html)
  return (html:gsub("<table>.-</table>", function(found)
    local labels = {}
    for text in found:gmatch "<th[^>]*>(.-)</th>" do
      labels[#labels + 1] = text:gsub("<[^>]*>", "")
    end
    return (found:gsub("<tr[^>]*>.-</tr>", function(row)
      local column = 0
      return (row:gsub("<td[^>]*>", function()
        column = column + 1
        return ('<td data-label="%s">'):format(labels[column] or "")
      end))
    end))
  end))
end

local function sections_of(html)
  local links = {}
  for anchor, text in html:gmatch '<h2 id="([^"]*)">(.-)</h2>' do
    links[#links + 1] = ('<a href="#%s">%s</a>'):format(anchor, text)
  end
  if #links < 3 then return "" end
  return '<nav class="sections">' .. table.concat(links, " · ") .. "</nav>\n"
end

local function frame(title, body, version, up)
  return ([[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
<link rel="stylesheet" href="style.css">
</head>
<body>
<header><a class="name" href="index.html">convoke</a> <a href="index.html">Reference</a>%s</header>
<main>
%s
</main>
<footer>convoke %s</footer>
</body>
</html>
]]):format(escape(title), up and (' <a href="%s">%s</a>'):format(up.file, escape(up.title)) or "",
    body, version)
end

local function list_of(links)
  local lines = {}
  for i, link in ipairs(links) do
    lines[i] = ('<li><a href="%s">%s</a> <span>%s</span></li>'):format(link.file,
      link.is_code and "<code>" .. escape(link.title) .. "</code>" or escape(link.title),
      escape(link.summary or ""))
  end
  return '<ul class="list">\n' .. table.concat(lines, "\n") .. "\n</ul>"
end

-- The index: groups of links, and a field that filters them where there is JavaScript.
local function index(groups, version)
  local parts = { "<h1>convoke</h1>",
    "<p>Sessions, invitations and mutations of Convex, Edgegap, CVAT, Gencove and Clerk, from Lua, "
      .. "the shell and C.</p>",
    '<p hidden><input id="search" type="search" aria-label="Search operations and topics" '
      .. 'placeholder="Search: revoke, session users, pace ..."></p>',
    '<p id="none" hidden>Nothing has all of these words.</p>' }
  for _, group in ipairs(groups) do
    local heading = group.file and ('<a href="%s">%s</a>'):format(group.file, escape(group.title))
      or escape(group.title)
    parts[#parts + 1] = ("<section>\n<h2>%s</h2>\n%s\n</section>"):format(heading,
      list_of(group.links))
  end
  parts[#parts + 1] = "<script>\n" .. read(here .. "search.js") .. "</script>"
  return frame("convoke", table.concat(parts, "\n"), version)
end

--- Writes the folder.
-- @param folder   that is there
-- @param pages    array of { file = "errors.html", title, text (Markdown), up (a page
--   above it: { file, title }) or nil }
-- @param groups   of the index: array of { title, file (or nil), links = array of { file, title,
--   summary, is_code } }
-- @param version  of convoke
-- @param reader   function(pages) that returns the HTML of each; nil: pandoc
function site.write(folder, pages, groups, version, reader)
  for i, html in ipairs((reader or convert)(pages)) do
    local page = pages[i]
    html = label_cells(name_headings(html))
    html = html:gsub("</h1>\n", function(line) return line .. sections_of(html) end, 1)
    write(folder .. "/" .. page.file, frame(page.title .. " - convoke", html, version,
      page.up))
  end
  write(folder .. "/style.css", read(here .. "style.css"))
  write(folder .. "/index.html", index(groups, version))
end

return site
