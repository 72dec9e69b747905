local core = require "convoke.core"
local convoke = require "convoke"
local reference = require "spec.support.reference"

local function collect(list, member)
  local values = {}
  for i, entry in ipairs(list) do values[i] = entry[member] end
  return values
end

local function find(list, member, value)
  for _, entry in ipairs(list) do
    if entry[member] == value then return entry end
  end
end

-- The names under which programs call the operations, by the reference pages' names.
local public_names = {
  clerk = {
    create_invitation = "invitations.create",
    list_invitations = "invitations.list",
    revoke_invitation = "invitations.revoke",
  },
  convex = {
    api_run_admins_create_user_profile_post = "admins.create_user_profile",
    api_run_editor_snapshots_create_post = "editor_snapshots.create",
    api_run_invite_codes_apply_invite_code_post = "invite_codes.apply_invite_code",
    api_run_sessions_create_post = "sessions.create",
    api_run_sessions_end_session_post = "sessions.end_session",
    api_run_sessions_start_session_post = "sessions.start_session",
  },
  cvat = {
    invitations_create = "invitations.create",
    invitations_destroy = "invitations.delete",
    invitations_list = "invitations.list",
    invitations_partial_update = "invitations.update",
    invitations_retrieve = "invitations.get",
  },
  edgegap = {
    delete_users_session = "sessions.remove_users",
    get_session = "sessions.get",
    get_users_session = "sessions.users",
    list_sessions = "sessions.list",
    put_users_session = "sessions.add_users",
    session_delete = "sessions.delete",
    session_post = "sessions.create",
    sessions_bulk_stop = "sessions.bulk_stop",
  },
  gencove = {
    invitations_create = "invitations.create",
    invitations_delete = "invitations.delete",
    invitations_list = "invitations.list",
    invitations_token_read = "invitations.read_token",
    invitations_token_update = "invitations.accept",
  },
}

local catalogue = core.catalogue()

describe("the catalogue", function()
  it("holds the 27 operations of the reference pages", function()
    assert.equal(27, #reference)
  end)

  it("gives each operation its public name", function()
    local expected, names = {}, {}
    for api, ids in pairs(public_names) do
      for id, name in pairs(ids) do expected[api .. "." .. name] = id end
    end
    for _, operation in ipairs(reference) do
      assert.is_nil(names[operation.name], operation.name .. " stands twice")
      names[operation.name] = operation.id
    end
    assert.same(expected, names)
  end)

  it("lists the operations by API name", function()
    local apis = collect(convoke.operations, "api")
    local sorted = collect(convoke.operations, "api")
    table.sort(sorted)
    assert.same(sorted, apis)
  end)

  it("has mutations of any deployment beyond the 27", function()
    local mutation = find(catalogue.apis.convex.operations, "id", "mutation")
    assert.is_true(mutation.extra)
    assert.equal("convex.mutation", mutation.name)
    assert.equal("POST /api/mutation", mutation.method .. " " .. mutation.path)
    assert.equal("named", mutation.envelope)
    assert.is_true(mutation.body)
    assert.is_false(mutation.safe)
    assert.is_false(mutation.idempotent)
    assert.equal("any", mutation.answer.type)
    assert.same({ 200 }, mutation.success)
    local path, args = mutation.params[1], mutation.params[2]
    assert.same({ "path", "string", true }, { path.name, path.type, path.required })
    assert.same({ "args", "object", false }, { args.name, args.type, args.required })
    assert.equal(mutation.name, find(convoke.operations, "id", "mutation").name)
  end)

  it("knows the credentials of each constructor and the variables they come from", function()
    local found = {}
    for name, api in pairs(catalogue.apis) do
      found[name] = {}
      for i, auth in ipairs(api.auths) do
        found[name][i] = ("%s%s %s %s%s"):format(auth.option,
          auth.partner and "+" .. auth.partner or "", auth.prefix or auth.name .. "=",
          table.concat(auth.environment, ","), auth.renewable and "(renewable)" or "")
      end
    end
    assert.same({
      clerk = { "secret_key Bearer  CLERK_SECRET_KEY" },
      convex = { "token Bearer  (renewable)", "deploy_key Convex  CONVEX_DEPLOY_KEY" },
      cvat = {
        "access_token Bearer  CVAT_ACCESS_TOKEN(renewable)",
        "token Token  (renewable)",
        "username+password Basic  ",
        "session_id+csrf_token sessionid= (renewable)",
        "signature sign= (renewable)",
      },
      edgegap = { "token token  EDGEGAP_API_TOKEN,EDGEGAP_API_KEY(renewable)" },
      gencove = { "api_key Api-Key  GENCOVE_API_KEY", "jwt Bearer  (renewable)" },
    }, found)
  end)

  it("knows the address of each API and the variable it comes from", function()
    local found = {}
    for name, api in pairs(catalogue.apis) do
      found[name] = { api.url or "-", api.url_environment or "-", api.url_suffix or "-" }
    end
    assert.same({
      clerk = { "https://api.clerk.com/v1", "CLERK_API_URL", "/v1" },
      convex = { "-", "CONVEX_URL", "-" },
      cvat = { "-", "-", "-" },
      edgegap = { "https://api.edgegap.com", "EDGEGAP_API_URL", "-" },
      gencove = { "https://api.gencove.com/api/v2", "GENCOVE_HOST", "/api/v2" },
    }, found)
  end)

  it("lets a Clerk client choose the version of the API, and a CVAT client the organization",
    function()
      local version = catalogue.apis.clerk.client_fields[1]
      assert.equal("api_version Clerk-API-Version string 2026-05-12",
        ("%s %s %s %s"):format(version.option, version.header, version.type, version.default))
      assert.same({ "org", "org_id" }, collect(catalogue.apis.cvat.client_fields, "option"))
    end)

  it("numbers the operations of an API as its own tables do", function()
    for _, api in pairs(catalogue.apis) do
      for position, operation in ipairs(api.operations) do
        assert.equal(position - 1, operation.index)
      end
    end
  end)

  it("says of each operation and parameter what it is", function()
    for _, operation in ipairs(convoke.operations) do
      assert.truthy(#operation.summary > 0)
      for _, param in ipairs(operation.params) do
        assert.truthy(#param.summary > 0)
        assert.truthy(param.where == "path" or param.where == "query" or param.where == "header"
          or param.where == "body")
      end
    end
  end)

  it("has the fields of a model once, wherever it is", function()
    local fields, times = {}, {}
    local function look(schema, api)
      local name = schema.model and api .. "." .. schema.model
      if name then
        fields[name] = fields[name] or schema.fields
        times[name] = (times[name] or 0) + 1
        assert.equal(fields[name], schema.fields)
        for _, field in ipairs(schema.fields) do look(field, api) end
      end
      if schema.items then look(schema.items, api) end
    end
    for _, operation in ipairs(convoke.operations) do
      for _, param in ipairs(operation.params) do look(param, operation.api) end
      look(operation.answer, operation.api)
    end
    local most = 0
    for _, count in pairs(times) do most = math.max(most, count) end
    assert.is_true(most > 1)
  end)

  it("puts the path parameters first, in the order of the path, and demands them", function()
    for _, operation in ipairs(convoke.operations) do
      local in_path = {}
      for name in operation.path:gmatch "{([^}]+)}" do table.insert(in_path, name) end
      assert.same(in_path, operation.path_params)
      for position, param in ipairs(operation.params) do
        assert.equal(position <= #in_path, param.where == "path")
        if position <= #in_path then
          assert.equal(in_path[position], param.name)
          assert.is_true(param.required)
        end
      end
    end
  end)

  it("sends a body wherever a parameter goes into one, and nowhere with GET", function()
    for _, operation in ipairs(convoke.operations) do
      if find(operation.params, "where", "body") then assert.is_true(operation.body) end
      if operation.method == "GET" then assert.is_false(operation.body) end
    end
  end)

  it("takes reading for safe, and nothing else", function()
    for name, api in pairs(catalogue.apis) do
      for _, operation in ipairs(api.operations) do
        local reads = operation.method == "GET"
          or name == "convex" and operation.verb:find "^query" ~= nil
          or operation.name == "gencove.jwt.verify"
        assert.equal(reads, operation.safe, operation.name)
      end
    end
  end)

  it("takes for idempotent what is safe, and not what adds, sends or matches anew", function()
    local adds = {
      create = true, update = true, add_users = true, bulk_stop = true, accept = true,
    }
    for _, operation in ipairs(reference) do
      assert.equal(not adds[operation.verb], operation.idempotent, operation.name)
    end
    local harmless = {} -- those of the extra ones that do more than read
    for _, operation in ipairs(convoke.operations) do
      if operation.extra and operation.idempotent and not operation.safe then
        harmless[#harmless + 1] = operation.name
      end
    end
    assert.same({
      "clerk.organization_invitations.revoke", "clerk.sessions.revoke",
      "clerk.sessions.create_token", "clerk.sessions.create_token_from_template",
      "clerk.sessions.verify", "clerk.waitlist_entries.delete", "clerk.waitlist_entries.reject",
      "cvat.invitations.accept", "cvat.invitations.decline", "cvat.memberships.delete",
      "cvat.auth.login", "cvat.auth.logout",
      "edgegap.deployments.stop", "edgegap.deployments.stop_self", "edgegap.deployment_tags.delete",
      "edgegap.relay_sessions.delete", "edgegap.relay_sessions.revoke_user",
      "gencove.organization_users.update", "gencove.user.activate", "gencove.jwt.create",
      "gencove.jwt.refresh", "gencove.jwt.logout",
    }, harmless)
    for _, api in pairs(catalogue.apis) do
      for _, operation in ipairs(api.operations) do
        if operation.safe then assert.is_true(operation.idempotent, operation.name) end
      end
    end
  end)

  it("knows how each listing goes on", function()
    local needs = {
      offset = { params = { "limit", "offset" }, answer = "data" },
      next_page = { params = { "page" }, answer = "next" },
      next_offset = { params = { "offset" }, answer = "meta" },
      number = { params = { "page" }, answer = "pagination" },
      short_page = { params = { "page", "limit" }, answer = "locations" },
    }
    for _, operation in ipairs(convoke.operations) do
      local lists = operation.verb == "list" or operation.verb:find "^list_" ~= nil
      assert.equal(lists, operation.paging ~= nil, operation.name)
      assert.equal(lists, operation.item_id ~= nil, operation.name)
      if operation.paging then
        for _, name in ipairs(needs[operation.paging].params) do
          assert.equal("integer", find(operation.params, "name", name).type)
        end
        local items = find(operation.answer.fields, "name", needs[operation.paging].answer)
        assert.truthy(items)
        for _, field in ipairs(operation.answer.fields) do
          if field.type == "array" and field.items.fields then items = field end
        end
        assert.truthy(find(items.items.fields, "name", operation.item_id), operation.name)
      end
    end
  end)

  it("refers only to parameters that exist", function()
    for _, operation in ipairs(convoke.operations) do
      for _, exclusion in ipairs(operation.exclusions or {}) do
        assert.truthy(find(operation.params, "name", exclusion.one))
        assert.truthy(find(operation.params, "name", exclusion.other))
      end
      if operation.non_empty then
        assert.equal("array", find(operation.params, "name", operation.non_empty).type)
      end
    end
    for _, api in pairs(catalogue.apis) do
      for _, field in ipairs(api.client_fields) do
        assert.truthy(field.header or field.param)
        for _, operation in ipairs(field.param and api.operations or {}) do
          local param = find(operation.params, "name", field.param)
          if param or not operation.extra then assert.equal(field.type, param.type) end
        end
      end
    end
  end)

  it("knows one documented way to name CVAT's organization, and two others", function()
    local aliases = {}
    for _, operation in ipairs(convoke.operations) do
      for _, param in ipairs(operation.params) do
        if param.alias_of then
          aliases[param.name] = param.alias_of
          assert.equal("cvat", operation.api)
          assert.is_nil(find(operation.params, "name", param.alias_of).alias_of)
          assert.is_false(param.required)
        end
      end
    end
    assert.same({ ["X-Organization"] = "org", org_id = "org" }, aliases)
  end)

  it("lets one organization context exclude another where a CVAT operation has them", function()
    for _, operation in ipairs(catalogue.apis.cvat.operations) do
      local has_one = find(operation.params, "name", "org") ~= nil
      if not operation.extra then assert.is_true(has_one) end
      assert.same(not has_one and {} or {
        { one = "org_id", other = "org", equal_is_fine = false },
        { one = "org_id", other = "X-Organization", equal_is_fine = false },
        { one = "org", other = "X-Organization", equal_is_fine = true },
      }, operation.exclusions or {})
    end
  end)

  it("gives defaults as Lua values", function()
    local create = find(convoke.operations, "name", "clerk.invitations.create")
    assert.equal(true, find(create.params, "name", "notify").default)
    assert.equal(false, find(create.params, "name", "ignore_existing").default)
    assert.equal(30, find(create.params, "name", "expires_in_days").default)
    assert.equal("30", tostring(find(create.params, "name", "expires_in_days").default))
    assert.equal("invitation", find(create.params, "name", "template_slug").default)
    assert.is_nil(find(create.params, "name", "redirect_url").default)
    local invite = find(convoke.operations, "name", "gencove.invitations.create")
    assert.equal("", find(invite.params, "name", "role").default)
    local mutation = find(catalogue.apis.convex.operations, "id", "mutation")
    assert.equal("{}", find(mutation.params, "name", "args").default)
  end)

  it("knows the name that was meant, if it is near and not beyond measure", function()
    local long, many = ("x"):rep(64), {}
    for i = 1, 100 do many[i] = "name" .. i end
    assert.equal("name7", core.nearest("nam7", many))
    assert.is_nil(core.nearest(long, { long }))
    assert.equal("xy", core.nearest("xx", { long, "xy" }))
    assert.is_nil(core.nearest("", { "a" }))
  end)

  it("has no other APIs", function()
    local ok, message = pcall(core.client, "nobody", {})
    assert.is_false(ok)
    assert.truthy(message:find("no such API", 1, true))
  end)

  it("is built afresh, so that no one's change reaches another", function()
    core.catalogue().apis.clerk.operations[1].params[1].name = "changed"
    assert.equal("email_address", core.catalogue().apis.clerk.operations[1].params[1].name)
    assert.are_not.equal(core.catalogue(), core.catalogue())
  end)
end)
