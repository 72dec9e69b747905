-- Calls an API by its OpenAPI document, as if convoke had been made for it. Needs no server: what
-- would be sent is shown, and answered here.
--   lua5.4 examples/openapi/library.lua

local convoke = require "convoke"

local folder = arg[0]:match "^(.*/)" or ""

-- In place of a server: shows each request, and answers what the document promises.
local function answer(request)
  print(request.method .. " " .. request.url, request.body or "")
  local answers = {
    GET = { status = 200, body = '{"data":[{"id":7,"title":"Lua"}],"total_count":1}' },
    POST = { status = 201, body = '{"id":8,"title":"Lua","tags":["new"]}' },
  }
  return answers[request.method] or { status = 204 }
end

local new_client = convoke.openapi(folder .. "library.json")
for _, operation in ipairs(new_client.operations) do
  print(operation.name, operation.method, operation.path, operation.summary)
end

local library = new_client { token = "secret", transport = { send = answer } }
local book = assert(library.books:create { title = "Lua", tags = { "new" } })
print(book.id, book.title, book.tags[1])
for _, each in ipairs(assert(library.books:list { tags = { "new", "old" }, limit = 10 }).data) do
  print(each.id, each.title)
end
assert(library.books:upload_cover(book.id, { picture = { data = "...", filename = "lua.png",
  type = "image/png" } }))
assert(library:call("deleteBook", book.id))
