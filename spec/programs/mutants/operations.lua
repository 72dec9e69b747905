-- Mutants of the operations beyond the reference pages. See core.lua for the fields.
return {
  {
    name = "more: a list as body is sent as an object",
    file = "csrc/lua/prepare.c",
    from = "bool has_body = p->operation->has_body && !p->operation->whole_body;",
    to = "bool has_body = p->operation->has_body;",
    spec = "clerk_more",
  },
  {
    name = "more: a bulk create may have any number of rows",
    file = "csrc/lua/encode.c",
    from = "schema->max_length > 0 && count > schema->max_length",
    to = "false",
    spec = "clerk_more",
  },
  {
    name = "more: the first path value stands for all of them",
    file = "csrc/lua/prepare.c",
    from = "lua_rawgeti(L, arg_path, p->paths);",
    to = "lua_rawgeti(L, arg_path, 1);",
    spec = "clerk_more",
  },
  {
    name = "more: a look does not know the path of what it looks for",
    file = "lua/convoke/lookup/pending_creates.lua",
    from = "read_path(request.url, operation, params)",
    to = "",
    spec = "clerk_more",
  },
  {
    name = "more: a repeated deletion from the waitlist is an error",
    file = "lua/convoke/vendors/clerk.lua",
    from = 'clerk.done["clerk.waitlist_entries.delete"] = {',
    to = "local _ = {",
    spec = "clerk_more",
  },
  {
    name = "more: a bulk create is sent again",
    file = "csrc/apis/clerk_more.c",
    from = [[.verb = "create_bulk",
        .summary = "Create up to 10 invitations in one request",]],
    to = [[.verb = "create_bulk",
        .idempotent = true,
        .summary = "Create up to 10 invitations in one request",]],
    spec = "clerk_more",
  },
}
