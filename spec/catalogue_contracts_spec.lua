-- The catalogue beside the vendors' contracts, the first ones and the newest, and beside the
-- reference pages.

local core = require "convoke.core"
local convoke = require "convoke"
local openapi = require "spec.support.openapi"

local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$"
local shared = here .. "/../../shared/"

local function read_file(path)
  local file = io.open(path)
  if not file then return nil end
  local content = file:read "*a"
  file:close()
  return content
end

local function find(list, member, value)
  for _, entry in ipairs(list) do
    if entry[member] == value then return entry end
  end
end

-- Where the catalogue says something else than the contract's OpenAPI document, and why.
-- `contract` and `ours` are the two values; nil: not stated.
local differences = {
  {
    operations = { "clerk.invitations.create" },
    fact = "params.expires_in_days:default", contract = nil, ours = "30",
    reason = "the document tells the default in words only",
  },
  {
    operations = { "clerk.invitations.create" },
    fact = "params.template_slug:default", contract = nil, ours = "invitation",
    reason = "the document tells the default in words only",
  },
  {
    operations = { "clerk.invitations.revoke" },
    fact = "answer.status:enum", contract = "revoked", ours = "accepted expired pending revoked",
    reason = "one model of an invitation serves all answers; this one is always revoked",
  },
  {
    operations = { "clerk.invitations.revoke" },
    fact = "answer.revoked:enum", contract = "true", ours = nil,
    reason = "one model of an invitation serves all answers; this one is always revoked",
  },
  {
    operations = {
      "convex.invite_codes.apply_invite_code", "convex.sessions.end_session",
      "convex.sessions.start_session",
    },
    fact = "answer:type", contract = "object", ours = "null",
    reason = "the functions return nothing; OpenAPI 3.0 has no type for null alone",
  },
  {
    operations = {
      "convex.invite_codes.apply_invite_code", "convex.sessions.end_session",
      "convex.sessions.start_session",
    },
    fact = "answer:nullable", contract = "true", ours = nil,
    reason = "the functions return nothing; OpenAPI 3.0 has no type for null alone",
  },
  {
    operations = { "convex.editor_snapshots.create" },
    fact = "params.editor:model", contract = nil, ours = "Editor",
    reason = "the document leaves the object without a name",
  },
  {
    operations = { "convex.editor_snapshots.create" },
    fact = "params.terminal:model", contract = nil, ours = "Terminal",
    reason = "the document leaves the object without a name",
  },
  {
    operations = { "cvat.invitations.create", "cvat.invitations.get", "cvat.invitations.update" },
    fact = "answer.owner:nullable", contract = nil, ours = "true",
    reason = "null once the owner's account is deleted; a bare $ref cannot say so",
  },
  {
    operations = { "cvat.invitations.list" },
    fact = "answer.results[].owner:nullable", contract = nil, ours = "true",
    reason = "null once the owner's account is deleted; a bare $ref cannot say so",
  },
  {
    operations = { "cvat.memberships.list" },
    fact = "params.sort:default", contract = nil, ours = "-id",
    reason = "the contract page tells the default, the document does not",
  },
  {
    operations = { "cvat.server.about" },
    fact = "credential", contract = "none", ours = nil,
    reason = "server version 2.2 wants one",
  },
  {
    operations = { "cvat.server.about" },
    fact = "errors", contract = "", ours = "401",
    reason = "server version 2.2 refuses callers without a login",
  },
  {
    operations = { "cvat.invitations.list", "cvat.memberships.list", "cvat.organizations.list" },
    fact = "params.page_size:also", contract = nil, ours = "all",
    reason = "the server takes the word, which the document's integer hides",
  },
  {
    operations = { "cvat.invitations.list", "cvat.memberships.list", "cvat.organizations.list" },
    fact = "params.page_size:default", contract = nil, ours = "10",
    reason = "the document tells the default in words only",
  },
  {
    operations = { "cvat.invitations.list", "cvat.memberships.list", "cvat.organizations.list" },
    fact = "params.page:default", contract = nil, ours = "1",
    reason = "pages count from 1; the document does not state the default",
  },
  {
    operations = { "cvat.invitations.list" },
    fact = "params.sort:default", contract = nil, ours = "-created_date",
    reason = "the contract page tells the default, the document does not",
  },
  {
    operations = { "gencove.invitations.accept" },
    fact = "params.organization:model",
    contract = "InviteOrganization", ours = "InviteOrganizationRequest",
    reason = "without the id, which only the server writes, it is another model",
  },
  {
    operations = { "gencove.invitations.list" },
    fact = "answer.meta:model", contract = nil, ours = "PageMeta",
    reason = "the document leaves the object without a name",
  },
}

-- Where the first documents lack what the newest ones say.
local first_differences = {
  {
    operations = {
      "cvat.invitations.create", "cvat.invitations.get", "cvat.invitations.update",
    },
    fact = "answer.accepted:type", contract = nil, ours = "boolean",
    reason = "newer servers tell it; the document is of the reference page's age",
  },
  {
    operations = {
      "cvat.invitations.create", "cvat.invitations.get", "cvat.invitations.update",
    },
    fact = "answer.accepted:required", contract = nil, ours = "false",
    reason = "newer servers tell it; the document is of the reference page's age",
  },
  {
    operations = { "cvat.invitations.list" },
    fact = "answer.results[].accepted:type", contract = nil, ours = "boolean",
    reason = "newer servers tell it; the document is of the reference page's age",
  },
  {
    operations = { "cvat.invitations.list" },
    fact = "answer.results[].accepted:required", contract = nil, ours = "false",
    reason = "newer servers tell it; the document is of the reference page's age",
  },
  {
    operations = { "gencove.invitations.list" },
    fact = "errors", contract = "401 403 429 503", ours = "400 401 403 429 503",
    reason = "other listings of the server answer 400 to a bad query",
  },
  {
    operations = { "edgegap.sessions.users", "edgegap.sessions.remove_users" },
    fact = "errors", contract = "400 401 403 429 500", ours = "400 401 403 404 429 500",
    reason = "there may be no such session",
  },
  {
    operations = { "edgegap.sessions.add_users" },
    fact = "errors", contract = "400 401 403 422 429 500", ours = "400 401 403 404 422 429 500",
    reason = "there may be no such session",
  },
}

-- Patterns narrow texts of answers, and answers are never checked.
for _, where in ipairs { "owner", "user", "organization_info" } do
  local field = where == "organization_info" and "slug" or "username"
  local pattern = field == "slug" and "^[-a-zA-Z0-9_]+$" or "^[\\w.@+-]+$"
  local reason = "patterns narrow answers only, and answers are read as they come"
  for _, verb in ipairs { "create", "get", "update", "list" } do
    table.insert(differences, {
      operations = { "cvat.invitations." .. verb },
      fact = (verb == "list" and "answer.results[]." or "answer.") .. where .. "." .. field
        .. ":pattern",
      contract = pattern, ours = nil, reason = reason,
    })
  end
end

for operation, field in pairs {
  ["cvat.memberships.get"] = "answer.user", ["cvat.memberships.list"] = "answer.results[].user",
  ["cvat.organizations.list"] = "answer.results[].owner",
} do
  table.insert(differences, {
    operations = { operation }, fact = field .. ".username:pattern",
    contract = "^[\\w.@+-]+$", ours = nil,
    reason = "patterns narrow answers only, and answers are read as they come",
  })
end

local function applies(difference, operation)
  for _, name in ipairs(difference.operations) do
    if name == operation.name then return true end
  end
  return false
end

-- One line for each fact on which the two disagree; the listed differences as such lines too.
local function disagreements(operation, contract)
  local ours, theirs = openapi.facts(operation), openapi.facts(contract)
  local found, names = {}, {}
  for name in pairs(ours) do names[name] = true end
  for name in pairs(theirs) do names[name] = true end
  for name in pairs(names) do
    if ours[name] ~= theirs[name] then
      table.insert(found, ("%s: contract %s, ours %s")
        :format(name, tostring(theirs[name]), tostring(ours[name])))
    end
  end
  table.sort(found)
  return found
end

-- @param ...  lists of differences
local function listed(operation, ...)
  local lines = {}
  for _, list in ipairs { ... } do
    for _, difference in ipairs(list) do
      if applies(difference, operation) then
        table.insert(lines, ("%s: contract %s, ours %s")
          :format(difference.fact, tostring(difference.contract), tostring(difference.ours)))
      end
    end
  end
  table.sort(lines)
  return lines
end

local catalogue = core.catalogue()

local function absent(what, description)
  local message = what .. " is not here: NOT COMPARED with " .. description
  io.stderr:write("\n*** ", message, " ***\n")
  pending(message)
end

for api_name, api in pairs(catalogue.apis) do
  describe("the contract of " .. api_name, function()
    local path = shared .. "contracts/" .. api_name .. ".openapi.json"
    if not read_file(path) then
      absent(path, "the contract of " .. api_name)
      return
    end
    local contract = openapi.read(path)

    for _, operation in ipairs(api.operations) do
      if not operation.extra then
        it("agrees with " .. operation.name .. " but for the listed differences", function()
          local theirs = contract.operations[operation.method .. " " .. operation.path]
          assert.truthy(theirs, "no such path and method in the contract")
          assert.same(listed(operation, differences, first_differences),
            disagreements(operation, theirs))
        end)
      end
    end

    it("has no operation that the catalogue lacks", function()
      local ours = {}
      for _, operation in ipairs(api.operations) do
        ours[operation.method .. " " .. operation.path] = true
      end
      for name in pairs(contract.operations) do assert.is_true(ours[name], name) end
    end)

    it("answers in the media type that is asked for", function()
      for _, operation in pairs(contract.operations) do
        assert.equal(operation.media_type and api.accept, operation.media_type)
      end
    end)

    it("lists the address that is the default", function()
      if api.url then assert.is_true(contract.servers[api.url]) end
    end)

    it("takes credentials where the catalogue puts them", function()
      local ours = {}
      for _, auth in ipairs(api.auths) do
        ours[auth.place == "basic" and "basic authorization"
          or auth.place .. " " .. auth.name:lower()] = true
      end
      assert.same(contract.credentials, ours)
    end)

    it("lets callers without credentials in where the catalogue does", function()
      local anonymous = false
      for _, operation in pairs(contract.operations) do
        anonymous = anonymous or operation.anonymous
      end
      assert.equal(anonymous, api.anonymous)
    end)
  end)
end

-- The newest documents have the operations of the reference pages, too, with a few more statuses.

-- Where the catalogue says something else than these; `differences` hold here, too.
local newest_differences = {
  {
    operations = { "convex.mutation", "convex.query", "convex.action", "convex.query_at_ts",
      "convex.call_function", "convex.run" },
    fact = "params.args:type", contract = "any", ours = "object",
    reason = "one object; the server puts it into a list, as it does anything else",
  },
  {
    operations = { "convex.mutation", "convex.query", "convex.action", "convex.query_at_ts",
      "convex.call_function", "convex.run" },
    fact = "params.args:required", contract = "true", ours = "false",
    reason = "an empty object is sent where there are none",
  },
  {
    operations = { "convex.mutation", "convex.query", "convex.action", "convex.query_at_ts",
      "convex.call_function", "convex.run" },
    fact = "params.args:default", contract = nil, ours = "{}",
    reason = "an empty object is sent where there are none",
  },
  {
    operations = { "convex.query_batch" },
    fact = "params.queries[].args:type", contract = "any", ours = "object",
    reason = "as in a single call",
  },
  {
    operations = { "convex.query_batch" },
    fact = "params.queries[].args:required", contract = "true", ours = "false",
    reason = "as in a single call",
  },
  {
    operations = { "convex.query_batch" },
    fact = "params.queries[].args:default", contract = nil, ours = "{}",
    reason = "as in a single call",
  },
  {
    operations = { "convex.query_batch" },
    fact = "params.queries[].format:default", contract = nil, ours = "convex_encoded_json",
    reason = "values keep their types, which the server's own default loses",
  },
  {
    operations = { "cvat.invitations.create", "cvat.invitations.list",
      "cvat.invitations.update" },
    fact = "errors", contract = "400 401 403 404 429 500", ours = "400 401 403 404 429",
    reason = "any server may answer 500, which the reference page does not name",
  },
}

-- What the newest documents describe and the catalogue leaves out, and why.
local left_out = {
  convex = {
    ["GET /api/query"] = "the server refuses every call",
    ["GET /api/{version}/sync"] = "it is a WebSocket",
  },
}

for api_name, api in pairs(catalogue.apis) do
  describe("the newest contract of " .. api_name, function()
    local path = shared .. "contracts/today/" .. api_name .. ".openapi.json"
    if not read_file(path) then
      absent(path, "the newest contract of " .. api_name)
      return
    end
    local ours = {}
    for _, operation in ipairs(api.operations) do
      ours[operation.method .. " " .. operation.path] = operation
    end
    local contract = openapi.read(path, function(method, route)
      return ours[method .. " " .. route] ~= nil
    end)

    for route, operation in pairs(ours) do
      it("agrees with " .. operation.name, function()
        local theirs = contract.operations[route]
        assert.truthy(theirs, "no such path and method in the contract")
        local function without_names(lines)
          local rest = {}
          for _, line in ipairs(lines) do
            -- models may have names of their own
            if not line:find("^[^ ]+:model: ") then rest[#rest + 1] = line end
          end
          return rest
        end
        assert.same(without_names(listed(operation, differences, newest_differences)),
          without_names(disagreements(operation, theirs)))
      end)
    end

    it("has no operation that the catalogue lacks", function()
      openapi.read(path, function(method, route)
        local name = method .. " " .. route
        local reason = left_out[api_name] and left_out[api_name][name]
        assert.is_true((ours[name] ~= nil) ~= (reason ~= nil), name)
        return false
      end)
    end)
  end)
end

describe("the list of differences", function()
  it("names only operations that exist, and a reason", function()
    for _, list in ipairs { differences, first_differences, newest_differences } do
      for _, difference in ipairs(list) do
        assert.truthy(#difference.reason > 0)
        for _, name in ipairs(difference.operations) do
          assert.truthy(find(convoke.operations, "name", name), name)
        end
      end
    end
  end)
end)

describe("the reference pages", function()
  local pages = {
    convex = "000_167fbf4dc45c064d.txt",
    edgegap = "001_27d22b5e8d46a0a5.txt",
    cvat = "002_0da66da0d3287bdb.txt",
    gencove = "003_33b1c4813a859400.txt",
    clerk = "004_a35764301546a897.txt",
  }
  for api_name, file in pairs(pages) do
    local page = read_file(shared .. "seeds/" .. file)
    if not page then
      absent(file, "the reference page of " .. api_name)
    else
      it("have the operations of " .. api_name .. " in the same order", function()
        local on_page, ours = {}, {}
        for id, method, path in page:gmatch "%[%*%*([%w_]+)%*%*%]%b() | %*%*(%u+)%*%* (%S+)" do
          table.insert(on_page, id .. " " .. method .. " " .. path)
        end
        for _, operation in ipairs(convoke.operations) do
          if operation.api == api_name and not operation.extra then
            table.insert(ours, operation.id .. " " .. operation.method .. " " .. operation.path)
          end
        end
        assert.truthy(#on_page > 0)
        assert.same(on_page, ours)
      end)
    end
  end
end)
