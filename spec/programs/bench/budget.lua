--- How many thousands of instructions a call may take: what `make check` holds the code to.
--
-- Whoever changes a figure says in the commit why: what became dearer and what it is good for, or
-- what was saved. `make instructions` shows where the code stands.

return {
  --- What the figures were counted with; with anything else they are not comparable.
  counted_with = { lua = "Lua 5.4", libcurl = "7.88", architecture = "x86_64" },

  --- Two runs differ by less than one in a hundred: how calls come together in one turn of the loop
  -- depends on time. The rest is for compilers and for small changes of libraries.
  margin = 0.03,

  thousands = {
    ["create, blocking"] = 154,
    ["create, hooks"] = 170, -- all six, each told by a protected call
    ["create, metrics"] = 182, -- three hooks, which count in tables
    ["create, trace"] = 278, -- two spans, with ids, times and attributes
    ["create, 64 tasks"] = 160,
    ["list of 500"] = 7100,
  },
}
