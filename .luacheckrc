-- Must load on Lua 5.1, LuaJIT, 5.3 and 5.4.
std = "max"
max_line_length = 100
exclude_files = { "build", "spec/programs/contract/node_modules" }
files["spec/*_spec.lua"] = { std = "max+busted" }
files["rockspec/*.rockspec"] = { std = "rockspec" }
-- Annotations: long lines, functions without bodies.
files["lua/convoke/meta/*.lua"] = { max_line_length = false, unused = false }
files["spec/programs/mutants/*.lua"] = { max_line_length = false } -- they hold lines of other files
