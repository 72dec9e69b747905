-- Help about clients, resources, verbs, operations, errors, options and names: convoke.help.

local catalogue = require "convoke.catalogue"
local client = require "convoke.client"
local convoke = require "convoke"
local example = require "convoke.help.example"
local help = require "convoke.help"
local repl = require "convoke.repl"
local sandbox = require "convoke.sandbox"
local words = require "convoke.help.words"

local load_text = loadstring or load -- luacheck: ignore 113

local function has(text, part)
  assert.is_truthy(text:find(part, 1, true), ("no %q in:\n%s"):format(part, text))
end

describe("help about an operation", function()
  it("has every section, every parameter and every field of the answer", function()
    for _, operation in ipairs(convoke.operations) do
      local text = help.text(operation)
      for _, title in ipairs { "Parameters", "Answer", "Errors", "Limits", "Example",
        "Reference" } do
        has(text, "\n" .. title .. "\n")
      end
      has(text, operation.id)
      has(text, operation.method .. " " .. operation.path)
      local params = text:match "\nParameters\n(.-)\n\nAnswer\n"
      local function check(fields, depth)
        for _, field in ipairs(fields) do
          has(params, field.name)
          for _, word in ipairs(field.enum or {}) do has(params, ("%q"):format(word)) end
          for _, bound in ipairs { field.minimum or false, field.maximum or false } do
            if bound then has(params, ("%d"):format(bound)) end
          end
          local inner = field.fields or field.items and field.items.fields
          if inner and depth < 2 then check(inner, depth + 1) end
        end
      end
      check(operation.params, 0)
      local answer = text:match "\nAnswer\n(.-)\n\nErrors\n"
      for _, field in ipairs(operation.answer.fields or {}) do has(answer, field.name) end
      local faults = text:match "\nErrors\n(.-)\n\nLimits\n"
      for _, status in ipairs(operation.errors) do has(faults, tostring(status)) end
    end
  end)

  it("says of each parameter its type, default and words, and whether it is required", function()
    local text = help.text "clerk.invitations.create"
    has(text, "email_address    string; required. Address to invite")
    has(text, "expires_in_days  integer, 1 to 365, or null; default 30. Validity in days")
    has(text, 'template_slug    "invitation" or "waitlist_invitation"; default "invitation".')
    has(text, "100 calls in 3600 s, of this operation")
    has(text, "a lost answer is settled by looking")
    has(help.text "clerk.invitations.list", "clerk.invitations:each(params)")
    has(help.text "cvat.invitations.get", "org_id and org cannot be given together.")
    has(help.text "cvat.invitations.get", "another way to say org. Organization number")
  end)

  it("fits into 80 columns", function()
    for _, operation in ipairs(convoke.operations) do
      for line in help.text(operation):gmatch "[^\n]+" do
        assert.is_true(#line <= 80 or line:find "assert%(" ~= nil, line)
      end
    end
  end)
end)

describe("an example", function()
  local server, globals

  setup(function()
    server = sandbox.start()
    globals = setmetatable({}, { __index = _G })
    for name, made in pairs(repl.sandbox_clients(server)) do globals[name] = made end
    function globals.assert(value, err) -- Lua 5.1's own raises no table
      if not value then error(err, 0) end
      return value
    end
  end)

  teardown(function() server:stop() end)

  -- Runs an example. Returns what its last line, a call, returns.
  local function run(operation)
    local spelling = operation.resource and catalogue.spelling(operation) or operation.api .. ":"
    local lines = "\n" .. example.of(operation)
    local before, last = lines:match("^(.*)\n(" .. spelling:gsub("%p", "%%%0") .. ".*)$")
    local text = assert(before, lines) .. "\nreturn " .. last
    local chunk
    if setfenv then -- luacheck: ignore 113
      chunk = setfenv(assert(load_text(text)), globals) -- luacheck: ignore 113
    else
      chunk = assert(load(text, "=example", "t", globals))
    end
    return chunk()
  end

  -- What cannot be had by calls alone: mails, other people's logins, what newer versions lack.
  local wants_more = { ["clerk.sessions.refresh"] = true, ["clerk.sessions.verify"] = true }

  it("runs for every operation, and succeeds for those that need nobody else", function()
    local refused, count = {}, 0
    for _, operation in ipairs(convoke.operations) do
      server:reset(operation.api)
      local ok, answer, err = pcall(run, operation)
      count = count + 1
      if not ok or answer == nil then
        err = ok and err or answer
        assert.equal("convoke.error", (getmetatable(err) or {}).__name, tostring(err))
        assert.not_equal("invalid", err.kind, tostring(err))
        refused[#refused + 1] = operation
      end
    end
    for _, operation in ipairs(refused) do
      assert.is_true(operation.extra, operation.name .. "'s example fails")
    end
    assert.is_true(#refused <= count / 6, #refused .. " examples fail")
    for name in pairs(wants_more) do assert.is_table(catalogue.find(name)) end
  end)
end)

describe("help", function()
  local clerk, edgegap

  setup(function()
    clerk = convoke.clerk { url = "https://clerk.example", secret_key = "sk_test_s3cret" }
    edgegap = convoke.edgegap { token = "s3cret" }
  end)

  it("tells of clients, resources and verbs, without their secrets", function()
    local text = help.text(clerk)
    for _, part in ipairs { "https://clerk.example", ".invitations", "create_bulk",
      "secret_key", "CLERK_SECRET_KEY", ":curl(name, ...)" } do
      has(text, part)
    end
    assert.is_nil(text:find "s3cret")
    has(help.text(clerk.invitations), "Make the link of a pending invitation unusable")
    assert.equal(help.text "clerk.invitations.revoke", help.text(clerk.invitations.revoke))
    has(help.text(clerk.invitations.each), "an iterator over every page")
    has(help.text(edgegap.sessions.wait), "looks again and again until it is ready")
    has(help.text(edgegap.sessions), "wait(id")
    assert.equal(help.text "convex", help.text(convoke.convex))
    has(help.text(convoke.spawn), "begins a task")
    for name, value in pairs(convoke) do
      if type(value) == "function" then has(help.text(value), "convoke." .. name) end
    end
  end)

  it("tells of a document's clients as of those of the catalogue", function()
    local shop = convoke.openapi({
      openapi = "3.1.0", info = { title = "The Shop", version = "1" },
      servers = { { url = "https://shop.example" } },
      paths = { ["/orders/{id}"] = { get = { operationId = "orders/get", summary = "Read an order",
        parameters = {
          { name = "id", ["in"] = "path", required = true, schema = { type = "string" } },
          { name = "view", ["in"] = "query", schema = { type = "string", enum = { "full" } } },
        },
        responses = { ["200"] = { description = "it", content = { ["application/json"] = {
          schema = { type = "object", properties = { total = { type = "integer" } } } } } } },
      } } },
    }, { name = "shop" })
    local of_shop = shop { token = "s3cret" }
    has(help.text(of_shop), "The Shop")
    has(help.text(of_shop.orders), "Read an order")
    for _, page in ipairs { help.text(of_shop.orders.get), help.text(shop.operations[1]) } do
      has(page, "shop.orders:get(id [, params [, options]])")
      has(page, 'view  "full"')
      has(page, "total  integer")
      has(page, '\n  shop.orders:get("id")\n')
    end
    local complete = require "convoke.repl.complete"
    local globals = { shop = of_shop }
    assert.same({ "orders" }, (complete("shop.o", nil, globals)))
    assert.same({ "get" }, (complete("shop.orders:", nil, globals)))
    assert.same({ "view" }, (complete('shop.orders:get("1", { v', nil, globals)))
    assert.same({ "full" }, (complete('shop.orders:get("1", { view = "', nil, globals)))
    assert.same({ "orders/get" }, (complete('shop:call("', nil, globals)))
    assert.same({ "content_type" }, (complete('shop.orders:get("1", {}, { con', nil, globals)))
  end)

  it("tells of a document's constructor and its options", function()
    local shop = convoke.openapi({ openapi = "3.1.0", info = { title = "The Shop", version = "1" },
      paths = { ["/a"] = { get = { operationId = "getA", responses = {} } } } }, { name = "shop" })
    has(help.text(shop), "The Shop")
    has(help.text(shop), "SHOP_TOKEN")
    local complete = require "convoke.repl.complete"
    assert.same({ "token" }, (complete("shop { to", nil, { shop = shop })))
    assert.same({ "token" }, (complete("s.hop { to", nil, { s = { hop = shop } })))
  end)

  it("knows every name of the catalogue", function()
    for _, name in ipairs(catalogue.names) do
      has(help.text(name), "Resources and their verbs")
      for _, operation in ipairs(catalogue.api(name).operations) do
        local page = help.text(operation)
        assert.equal(page, help.text(operation.name))
        assert.equal(page, help.text((operation.name:gsub("%.", " "))))
        assert.equal(page, help.text(catalogue.spelling(operation)))
        has(help.text(operation.id), (operation.summary:match "^%S+"))
        if operation.resource then
          has(help.text(name .. "." .. operation.resource), operation.verb)
        end
        for _, param in ipairs(operation.params) do
          has(help.text(param.name), param.name)
        end
      end
    end
  end)

  it("knows each kind of error that editors know", function()
    local file = assert(io.open "lua/convoke/meta/convoke.lua")
    local kinds = file:read("*a"):match "alias convoke%.Kind\n(.-)\n\n"
    file:close()
    local count = 0
    for kind in kinds:gmatch '| "([^"]+)"' do
      count = count + 1
      assert.is_string(words.kinds[kind], kind)
    end
    assert.is_true(count >= 12)
  end)

  it("knows every option, kind, outcome and field of errors", function()
    for _, name in ipairs(catalogue.names) do
      for _, option in ipairs(client.options(catalogue.api(name))) do
        assert.is_nil(help.text(option):find "Nothing is called", option)
      end
    end
    for _, of in ipairs { words.client_options, words.call_options, words.kinds, words.outcomes,
      words.error_fields, words.functions } do
      for name in pairs(of) do assert.is_nil(help.text(name):find "Nothing is called", name) end
    end
    has(help.text "errors", "not_sent")
    has(help.text "options", "max_in_flight")
  end)

  it("tells of an error what it means", function()
    local _, err = clerk.invitations:create {}
    local text = help.text(err)
    has(text, "email_address  is required")
    has(text, "invalid. Refused here")
  end)

  it("finds what a word is about, and the nearest name", function()
    local text = help.text "invite"
    has(text, "clerk.invitations:create")
    has(text, "gencove.invitations:create")
    has(help.text "invitations_list", "cvat.invitations:list")
    has(help.text "clerk.invitations.crate", "Did you mean clerk.invitations.create?")
    has(help.text(), "clerk")
    has(help.text(convoke), "Clerk Backend API")
    assert.truthy(help.text(42))
    assert.truthy(help.text(nil))
  end)

  it("is loaded when it is first asked for", function()
    local interpreter = os.getenv "LUA" or "lua5.4"
    local pipe = assert(io.popen(interpreter .. [[ -e '
      local convoke = require "convoke"
      local before = {}
      for name in pairs(package.loaded) do before[name] = true end
      local early = before["convoke.help"] or before["convoke.show"]
      local text = convoke.help.text "clerk"
      print(early and "early" or "later", #text > 100, type(convoke.show.text(1)))']]))
    local said = pipe:read "*a"
    pipe:close()
    assert.equal("later\ttrue\tstring\n", said)
  end)
end)
