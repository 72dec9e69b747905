--- The whole reference: which pages there are, and what is in the index.

local catalogue = require "convoke.catalogue"
local examples = require "spec.programs.docs.examples"
local reference = require "spec.programs.docs.reference"
local topics = require "spec.programs.docs.topics"
local tour = require "spec.programs.docs.tour"

local book = {}

local function code(text) return "`" .. text .. "`" end

local function cell(text) return (text:gsub("|", "\\|")) end

local function rows_of_options(api)
  local rows = { "| option | environment | what |", "| --- | --- | --- |" }
  local function add(option, variables, what)
    local names = {}
    for i, name in ipairs(variables or {}) do names[i] = code(name) end
    rows[#rows + 1] = ("| %s | %s | %s |"):format(code(option), table.concat(names, ", "),
      cell(what))
  end
  add("url", api.url_environment and { api.url_environment },
    api.url and "The address; " .. code(api.url) .. " unless given" or "The address")
  for _, auth in ipairs(api.auths) do
    add(auth.option, auth.environment, auth.summary
      .. (auth.partner and ("; goes together with `%s`"):format(auth.partner) or ""))
  end
  for _, field in ipairs(api.client_fields) do
    add(field.option, nil, field.summary
      .. (field.default and ("; %s unless given"):format(code(field.default)) or ""))
  end
  return table.concat(rows, "\n")
end

-- The page of an API: its client, and its operations.
local function vendor_page(api)
  local parts = { "# " .. api.title, ("`convoke.%s { ... }` makes a client. Beside the options "
    .. "that [all clients](clients-and-credentials.html) have it takes these:"):format(api.name),
    "## Options", rows_of_options(api), "## Operations" }
  local rows = { "| operation | request | what |", "| --- | --- | --- |" }
  for _, operation in ipairs(api.operations) do
    rows[#rows + 1] = ("| [`%s`](%s.html) | `%s %s` | %s |"):format(operation.name, operation.name,
      operation.method, operation.path, cell(operation.summary))
  end
  parts[#parts + 1] = table.concat(rows, "\n")
  return table.concat(parts, "\n\n") .. "\n"
end

--- Gathers all pages, for which it runs the tour in a sandbox.
-- @return array of pages as site.write() wants them, the groups of its index, and the examples:
--   name of an operation -> as examples.add() makes them
function book.gather()
  local found = examples.add(tour.record())
  local pages, groups, names = {}, {}, {}
  for name in pairs(found) do names[name] = true end
  local list = {}
  for _, page in ipairs(topics.pages("README.md", names)) do
    pages[#pages + 1] = page
    list[#list + 1] = { file = page.file, title = page.title, summary = page.summary }
  end
  groups[1] = { title = "Topics", links = list }
  for _, name in ipairs(catalogue.names) do
    local api, vendor = catalogue.api(name), require("convoke.vendors." .. name)
    local group = { title = api.title, file = name .. ".html", links = {} }
    groups[#groups + 1] = group
    pages[#pages + 1] = { file = group.file, title = api.title, text = vendor_page(api) }
    for _, operation in ipairs(api.operations) do
      local example = assert(found[operation.name],
        operation.name .. " is not in examples/quickstart.lua, where all examples come from")
      local page = { file = operation.name .. ".html", title = operation.name,
        operation = operation, up = group, text = reference.page(operation, vendor, example) }
      pages[#pages + 1] = page
      group.links[#group.links + 1] = { file = page.file, title = page.title,
        summary = operation.summary, is_code = true }
    end
  end
  return pages, groups, found
end

return book
