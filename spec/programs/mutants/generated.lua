-- Mutants of what is made from the catalogue: annotations for editors, and the reference.
return {
  {
    name = "annotations: a class of parameters allows fields of any name",
    file = "lua/convoke/help/annotations.lua",
    from = [[for _, field in ipairs(fields) do names[#names + 1] = field.name end]],
    to = "for _ = 1, 0 do names[1] = fields end",
    spec = "annotations",
    test = "run `make meta`",
  },
  {
    name = "annotations: an option of all clients is not known",
    file = "lua/convoke/meta/convoke.lua",
    from = "---@field user_agent? string",
    to = "---@field user_agents? string",
    spec = "annotations",
    test = "run `make meta`",
  },
  {
    name = "docs: a page has an empty section",
    file = "spec/programs/docs/reference.lua",
    from = [["There is none: a lost answer is settled by a repeat."]],
    to = [[""]],
    spec = "docs",
    test = "with all sections",
  },
  {
    name = "docs: examples have path values in no order",
    file = "spec/programs/docs/examples.lua",
    from = [[parts[i] = as_lua(params[name], "", 0)]],
    to = [[table.insert(parts, 1, as_lua(params[name], "", 0))]],
    spec = "docs",
    test = "examples in Lua that work",
  },
  {
    name = "docs: what a link names is not looked for",
    file = "spec/programs/docs/topics.lua",
    from = [[place[site.anchor(heading)] = page.file .. "#" .. site.anchor(heading)]],
    to = [[place[site.anchor(heading)] = site.anchor(heading) .. ".html"]],
    spec = "docs",
    test = "links to pages that there are",
  },
}
