-- Calls GitHub by the OpenAPI document that it publishes (npm: @octokit/openapi, or
-- https://github.com/github/rest-api-description).
--   GITHUB_TOKEN=... lua5.4 examples/openapi/github.lua DOCUMENT OWNER REPOSITORY [ADDRESS]
--
-- It has 13 MB and 1,223 operations: what was read of it is kept in a folder for the next time.

local convoke = require "convoke"

local document, owner, repo, address = arg[1], arg[2], arg[3], arg[4]
assert(repo, "usage: github.lua DOCUMENT OWNER REPOSITORY [ADDRESS]")

local github = convoke.openapi(document, {
  name = "github",
  cache = (os.getenv "XDG_CACHE_HOME" or os.getenv "HOME" .. "/.cache") .. "/convoke",
}) { url = address }

local found = assert(github.repos:get(owner, repo))
print(("%s: %d open issues"):format(found.full_name, found.open_issues_count))

-- Every page of a listing, as the header Link says; here the first five issues.
local count = 0
for issue in github:each("issues/list-for-repo", { owner = owner, repo = repo, state = "open" }) do
  count = count + 1
  print(("#%d %s"):format(issue.number, issue.title))
  if count == 5 then break end
end

-- A word that the document does not know is refused here, and nothing is sent.
print(select(2, github:call("issues/list-for-repo", owner, repo, { state = "opne" })))

-- What would be sent, as a curl command: an issue is not made each time that somebody tries this.
print(github:curl("issues/create", { owner = owner, repo = repo, title = "Found by an example",
  labels = { "example" } }))

local page = assert(github.markdown:render { text = "*it works*" })
print(("rendered: %d bytes"):format(#page))
