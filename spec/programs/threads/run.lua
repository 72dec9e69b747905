-- Runs the program built from main.c against a sandbox: lua run.lua PROGRAM COUNT

local sandbox = require("convoke.sandbox").start {}
local command = ("CLERK_API_URL=%s CLERK_SECRET_KEY=%s setarch -R %s "
    .. "spec/programs/threads/work.lua %d")
  :format(sandbox.clerk.url:gsub("/v1$", ""), sandbox.clerk.secret_key, arg[1], arg[2])
local first, _, code = os.execute(command)
sandbox:stop()
os.exit((first == true or first == 0) and 0 or code or 1)
