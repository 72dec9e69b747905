-- Mutants of the command. See core.lua for the fields.
return {
  { name = "command: what is printed goes to whatever has the number of a closed stream",
    file = "lua/convoke/cli/main.lua",
    from = "  hold_standard_streams()\n  local done", to = "  local _ = hold_standard_streams\n  local done",
    spec = "cli", test = "gives the numbers of closed standard streams" },
  {
    name = "command: the last flush passes unnoticed",
    file = "lua/convoke/cli/main.lua",
    from = "    if flushed then return status end",
    to = "    if true then return status end",
    spec = "cli",
    test = "cannot be written",
  },
  {
    name = "command: a call that is wrong ends as not sent",
    file = "lua/convoke/cli/exit.lua",
    from = [[  if err.kind == "invalid" then return exit.status.usage end
]],
    to = "",
    spec = "cli",
    test = "called wrongly",
  },
  {
    name = "command: what was made is not printed",
    file = "lua/convoke/cli/call.lua",
    from = [[if err.outcome == "made" and err.value ~= nil then]],
    to = "if false then",
    spec = "cli",
    test = "6 when it was made",
  },
  {
    name = "command: a page waits for the next one",
    file = "lua/convoke/cli/call.lua",
    from = [[    writer:page()
    output.flush()
]],
    to = "",
    spec = "cli_output",
    test = "before the second has come",
  },
  {
    name = "command: Ctrl-C asks for the next page",
    file = "lua/convoke/cli/call.lua",
    from = [[    if core.interrupted() then return nil end
]],
    to = "",
    spec = "cli_terminal",
    test = "asks for no further page",
  },
  {
    name = "command: an interrupted walk is done",
    file = "lua/convoke/cli/call.lua",
    from = "return core.interrupted() and exit.status.interrupted or exit.status.done",
    to = "return exit.status.done",
    spec = "cli_terminal",
    test = "asks for no further page",
  },
  {
    name = "command: a fault closes no list",
    file = "lua/convoke/cli/call.lua",
    from = [[  writer:finish()
  if err then return fail(err) end]],
    to = [[  if err then return fail(err) end
  writer:finish()]],
    spec = "cli_output",
    test = "a later page fails",
  },
  {
    name = "command: an element alone is no array",
    file = "lua/convoke/cli/values.lua",
    from = [[  if schema.type == "array" then return read_array(texts, schema, name) end
]],
    to = "",
    spec = "cli",
    test = "arrays",
  },
  {
    name = "command: a hyphen begins an option",
    file = "lua/convoke/cli/parser.lua",
    from = [[    self.plain[#self.plain + 1] = ("--%s=%s"):format(option.name, value or self:next_value(name))
]],
    to = [[    self.plain[#self.plain + 1] = "--" .. option.name
    self.plain[#self.plain + 1] = value or self:next_value(name)
]],
    spec = "cli",
    test = "called wrongly",
  },
  {
    name = "command: an option hides the parameter of its name",
    file = "lua/convoke/cli/parser.lua",
    from = [[  if not rest and options.named(name) then return nil end
]],
    to = [[  if options.named(rest or name) then return nil end
]],
    spec = "cli",
    test = "param.NAME",
  },
  {
    name = "command: a document beats the command line",
    file = "lua/convoke/cli/parser.lua",
    from = [[  for name, value in pairs(on_line) do params[name] = value end
]],
    to = [[  for name, value in pairs(on_line) do
    if params[name] == nil then params[name] = value end
  end
]],
    spec = "cli",
    test = "lets options change",
  },
  {
    name = "command: a control character reaches the terminal",
    file = "lua/convoke/cli/text.lua",
    from = [[(value:gsub("\194([\128-\159])", function(c) return ("\\x%02x"):format(c:byte()) end))
]],
    to = [[value
]],
    spec = "cli_output",
  },
  {
    name = "command: tabs stay in lines",
    file = "lua/convoke/cli/output.lua",
    from = "local function line_cell(value, schema) return text.visible((text.plain(value, schema))) end",
    to = "local function line_cell(value, schema) return (text.plain(value, schema)) end",
    spec = "cli_output",
    test = "a line never breaks",
  },
  {
    name = "command: a quote in CSV stands alone",
    file = "lua/convoke/cli/output.lua",
    from = [[cell:gsub('"', '""')]],
    to = [[cell:gsub('"', '"')]],
    spec = "cli_output",
    test = "RFC 4180",
  },
  {
    name = "command: wide characters take one column",
    file = "lua/convoke/cli/table.lua",
    from = "if code >= range[1] and code <= range[2] then return 2 end",
    to = "if code >= range[1] and code <= range[2] then return 1 end",
    spec = "cli_output",
    test = "what a terminal shows",
  },
  {
    name = "command: colours in spite of NO_COLOR",
    file = "lua/convoke/cli/output.lua",
    from = [[(no_colour == nil or no_colour == "") and ]],
    to = "",
    spec = "cli_terminal",
    test = "NO_COLOR",
  },
  {
    name = "command: -vv shows cookies",
    file = "lua/convoke/cli/verbose.lua",
    from = [[["set-cookie"] = true, ]],
    to = "",
    spec = "cli_output",
    test = "no secret",
  },
  {
    name = "command: a misspelt secret of a profile is shown",
    file = "lua/convoke/cli/profiles.lua",
    from = "if not known[option] then -- which may be a misspelt secret",
    to = "if not known then",
    spec = "cli_profiles",
    test = "a secret that stands where none should",
  },
  {
    name = "command: whoami shows the password of an address",
    file = "lua/convoke/cli/whoami.lua",
    from = [[gsub("//[^/?#]*@", "//[redacted]@")]],
    to = [[gsub("//[^/?#]*@", "%0")]],
    spec = "cli_profiles",
    test = "a secret that stands where none should",
  },
  {
    name = "command: a secret may stand in a profile",
    file = "lua/convoke/cli/profiles.lua",
    from = [[  if is_secret then
]],
    to = [[  if false then
]],
    spec = "cli_profiles",
    test = "that are wrong",
  },
  {
    name = "command: the environment beats a profile that was asked for",
    file = "lua/convoke/cli/profiles.lua",
    from = [[  if wanted then first, second = second, first end
]],
    to = "",
    spec = "cli_profiles",
    test = "before it when they are asked for",
  },
  {
    name = "command: a profile's misspelt API is passed over",
    file = "lua/convoke/cli/profiles.lua",
    from = "if slip then bad(",
    to = "if false then bad(",
    spec = "cli_profiles",
    test = "that are wrong",
  },
  {
    name = "command: a dry run fetches secrets",
    file = "lua/convoke/cli/profiles.lua",
    from = "if is_dry and secrets[option] then",
    to = "if false then",
    spec = "cli_profiles",
    test = "run no command",
  },
  {
    name = "command: whoami shows secrets",
    file = "lua/convoke/cli/whoami.lua",
    from = [[secrets[option] and (source.is_missing and "not set" or "hidden")
      or tostring]],
    to = "tostring",
    spec = "cli_profiles",
  },
  {
    name = "command: aliases are offered",
    file = "lua/convoke/cli/completion.lua",
    from = "not param.alias_of and ",
    to = "",
    spec = "cli_completion",
    test = "not an alias",
  },
  {
    name = "command: bash gets the option again",
    file = "lua/convoke/cli/completion.lua",
    from = [[if shell == "bash" then return word:sub(cut + 1) end]],
    to = [[if shell == "bash" then return word end]],
    spec = "cli_completion",
    test = "in bash",
  },
  {
    name = "command: the second Ctrl-C is ignored",
    file = "csrc/lua/terminal.c",
    from = [[    if (interrupts++ > 0)
        _exit]],
    to = [[    if (interrupts++ > 9)
        _exit]],
    spec = "cli_terminal",
    test = "twice",
  },
  {
    name = "command: a terminal is taken for a pipe",
    file = "csrc/lua/terminal.c",
    from = "known && (S_ISFIFO",
    to = "known || (S_ISFIFO",
    spec = "cli_terminal",
    test = "does not read parameters",
  },
}
