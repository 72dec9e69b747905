-- The words that the Tab key offers in the REPL.

local catalogue = require "convoke.catalogue"
local client = require "convoke.client"
local complete = require "convoke.repl.complete"
local convoke = require "convoke"

describe("completion", function()
  local globals

  setup(function()
    globals = { convoke = convoke, string = string, print = print, help = print,
      clerk = convoke.clerk { url = "http://127.0.0.1:1", secret_key = "sk_test_1" },
      made = { id = 1, inner = { deep = true } } }
    globals.invitations = globals.clerk.invitations
  end)

  -- Asserts that each of the words is offered, in full and from its first letter on.
  local function offers(line, words, after)
    local all = complete(line, nil, globals)
    local set = {}
    for _, word in ipairs(all) do set[word] = true end
    for _, word in ipairs(words) do
      assert.is_true(set[word], ("%s is not offered in %s"):format(word, line))
      local begun = line .. word:sub(1, 1)
      local some, from = complete(begun .. (after or ""), #begun, globals)
      assert.equal(#line + 1, from)
      for _, each in ipairs(some) do assert.equal(word:sub(1, 1), each:sub(1, 1)) end
      local found = table.concat(some, " ")
      assert.truthy(found:find(word, 1, true), word)
    end
  end

  it("knows every API, resource and verb, with and without a client of its name", function()
    offers("", catalogue.names)
    offers("x = convoke.", catalogue.names)
    for _, operation in ipairs(convoke.operations) do
      if operation.resource then
        offers(operation.api .. ".", { operation.resource })
        local path = ("assert(%s.%s:"):format(operation.api, operation.resource)
        offers(path, { operation.verb }, " {}")
        if operation.paging and operation.verb == "list" then offers(path, { "each", "all" }) end
      else
        offers(operation.api .. ":", { operation.verb })
      end
      offers(operation.api .. ':call("', { operation.id })
    end
    offers("edgegap.sessions:", { "wait" })
    offers("invitations:", { "create" })
  end)

  -- Goes through fields and those within them: each name and each word is offered.
  local function check_fields(line, fields, depth)
    for _, field in ipairs(fields) do
      local is_name = field.name:find "^[%a_][%w_]*$"
      local name = is_name and field.name or ('["%s"]'):format(field.name)
      local offered = complete(line, nil, globals)
      assert.truthy(("\n" .. table.concat(offered, "\n") .. "\n"):find("\n" .. name .. "\n", 1,
        true), line .. name)
      local enum = field.enum or field.items and field.items.enum
      local value = line .. name .. " = "
      if is_name and field.enum then offers(value .. '"', enum) end
      if is_name and not field.enum and enum then offers(value .. '{ "', enum) end
      if is_name and field.enum then
        assert.truthy(table.concat(complete(value, nil, globals), " "):find('"' .. enum[1] .. '"',
          1, true))
      end
      if is_name and field.fields and depth < 2 then
        check_fields(value .. "{ ", field.fields, depth + 1)
      end
      if is_name and field.items and field.items.fields and depth < 2 then
        check_fields(value .. "{ { ", field.items.fields, depth + 1)
      end
    end
  end

  it("knows every parameter and every word of an enum, however deep", function()
    for _, operation in ipairs(convoke.operations) do
      check_fields(('print(%s:call("%s", { '):format(operation.api, operation.id),
        operation.params, 0)
      if operation.resource then
        local spelling = catalogue.spelling(operation)
        check_fields(spelling .. " { ", operation.params, 0)
        check_fields(spelling .. "({ ", operation.params, 0)
        local rest = {}
        for _, param in ipairs(operation.params) do
          if param.where ~= "path" then rest[#rest + 1] = param end
        end
        check_fields(spelling .. "(" .. ('"x", '):rep(#operation.path_params) .. "{ ", rest, 0)
        for _, param in ipairs(rest) do
          if operation.whole_body and param.where == "body" then
            check_fields(spelling .. "(" .. ('"x", '):rep(#operation.path_params) .. "{ { ",
              param.items.fields, 1)
          end
        end
      end
    end
  end)

  it("knows the options of constructors and of calls", function()
    for _, name in ipairs(catalogue.names) do
      offers(("convoke.%s { "):format(name), client.options(catalogue.api(name)))
    end
    offers("clerk.invitations:list({}, { ", { "timeout", "retries", "headers" })
    offers('clerk.invitations:revoke("inv_1", {}, { ', { "timeout" })
    offers('cvat.invitations:get("key", {}, { ', { "org" })
    offers('clerk:request("GET", "/users", { ', { "query", "headers", "body" })
  end)

  it("leaves out parameters that are given, and only those", function()
    local words = complete('clerk.invitations:create { email_address = "notify", notify = true, ')
    local found = " " .. table.concat(words, " ") .. " "
    assert.is_nil(found:find(" email_address ", 1, true))
    assert.is_nil(found:find(" notify ", 1, true))
    assert.truthy(found:find(" template_slug ", 1, true))
  end)

  it("knows globals, fields and keywords", function()
    offers("", { "print", "made", "function", "return" })
    offers("string.", { "format", "rep" })
    offers("x = made.", { "id", "inner" })
    offers("made.inner.", { "deep" })
    offers("convoke.", { "spawn", "show", "help", "operations" })
    offers('help "', { "clerk", "clerk.invitations.create", "timeout", "options" })
  end)

  it("is silent in comments and in texts that mean nothing", function()
    for _, line in ipairs { "-- cl", "x = 'cl", 'print("cl', "x = [[ cl", "clerk.nothing.",
      "nothing:", "unknown.field." } do
      assert.same({}, (complete(line, nil, globals)), line)
    end
  end)

  it("fails for no line, wherever the cursor stands", function()
    local signs = { "clerk", ".", ":", "{", "}", "(", ")", "[", "]", "=", ",", '"', "'", " ",
      "invitations", "create", "status", "1.5e3", "..", "--", "[[", "\\", "~=" }
    local state = 42
    local function chance(most)
      state = (state * 1103515245 + 12345) % 2147483648
      return math.floor(state / 65536) % most + 1
    end
    for _ = 1, 5000 do
      local parts = {}
      for i = 1, chance(12) do parts[i] = signs[chance(#signs)] end
      local line = table.concat(parts)
      local words, from = complete(line, chance(#line), globals)
      assert.is_table(words)
      assert.is_number(from)
    end
  end)

  it("sends nothing, calls nothing and takes less than 10 ms", function()
    local strict = setmetatable({ thing = setmetatable({}, { __index = error, __pairs = error }) },
      { __index = error })
    complete("thing.x", nil, strict)
    complete("thing:y", nil, strict)
    complete("cle", nil, strict)
    local before = convoke.stats().started
    local began = os.clock()
    for _ = 1, 50 do
      complete("edgegap.sessions:create { selectors = { { env = { k", nil, globals)
      complete("", nil, globals)
      complete('help "', nil, globals)
    end
    assert.is_true((os.clock() - began) / 150 < 0.010)
    assert.equal(before, convoke.stats().started)
  end)
end)
