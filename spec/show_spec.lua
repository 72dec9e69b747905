-- Values and errors as people read them: convoke.show.

local convoke = require "convoke"
local errors = require "convoke.errors"
local show = require "convoke.show"

local load_text = loadstring or load -- luacheck: ignore 113

-- The value that a shown text is, with the library's own values in it.
local function read(text)
  _G.convoke = convoke
  local chunk, why = load_text("return " .. text)
  local ok, value = pcall(assert(chunk, why))
  _G.convoke = nil
  return assert(ok and value)
end

describe("a value that is shown", function()
  it("is Lua that gives the value again", function()
    local value = { id = "inv_1", count = 3, part = 0.1, yes = true, ["X-Name"] = "a\n\"b\"\0c",
      ["end"] = { 1, 2, { deep = {} } }, [10] = "ten", nothing = convoke.null }
    assert.same(value, read(show.text(value)))
    assert.equal(convoke.null, read(show.text(value)).nothing)
    for _, one in ipairs { 1, -0.5, 2 ^ 60, 1e300, math.huge, -math.huge, "text", true } do
      assert.equal(one, read(show.text(one)))
    end
    assert.equal("0/0", show.text(0 / 0))
    assert.equal("nil", show.text(nil))
  end)

  it("keeps its marks, and the values that only Convex knows", function()
    local value = { empty = convoke.array {}, fields = convoke.object {},
      big = convoke.int64 "9007199254740993", raw = convoke.bytes "ab\0c",
      free = convoke.object { tags = convoke.array { "red" }, none = convoke.array {} } }
    local text = show.text(value)
    local again = read(text)
    for _, name in ipairs { "empty", "fields", "free", "big", "raw" } do
      assert.equal(getmetatable(value[name]), getmetatable(again[name]), name)
    end
    assert.equal(value.big, again.big)
    assert.equal("ab\0c", again.raw:raw())
    assert.equal(getmetatable(value.empty), getmetatable(again.free.none))
    -- What the content says itself is not said again.
    assert.truthy(text:find('tags = { "red" }', 1, true))
  end)

  it("is cut where it is long, between characters", function()
    local text = show.text { long = ("€"):rep(400), list = {} }
    local begun = text:match 'long = "(.*)%.%.%." %-%-%[%[ of 1,200 bytes %]%]'
    assert.is_true(#begun >= 30 and begun:gsub("€", "") == "", begun)
    assert.is_true(#text < 140)
    local list = {}
    for i = 1, 1234 do list[i] = { id = i } end
    text = show.text(list)
    assert.truthy(text:find("{ id = 20 },\n  -- and 1,214 more\n}", 1, true))
    local fields = {}
    for i = 1, 100 do fields["f" .. i] = i end
    assert.truthy(show.text(fields):find("-- and 40 more fields", 1, true))
    local deep = {}
    local inner = deep
    for _ = 1, 50 do
      inner.next = {}
      inner = inner.next
    end
    assert.truthy(show.text(deep):find("{} --[[ deeper ]]", 1, true))
  end)

  it("may hold itself", function()
    local value = { inner = {} }
    value.inner.outer = value
    assert.truthy(show.text(value):find("outer = {} --[[ _ again ]]", 1, true))
    local twice = { 7 }
    assert.same({ a = { 7 }, b = { 7 } }, read(show.text { a = twice, b = twice }))
  end)

  it("fits into its width", function()
    local value = { name = "a name", list = {}, more = {} }
    for i = 1, 20 do value.list[i] = i * 1000 end
    for i = 1, 8 do value.more[i] = { number = i, text = ("x"):rep(20) } end
    for _, width in ipairs { 60, 80, 120 } do
      for line in show.text(value, { width = width }):gmatch "[^\n]+" do
        assert.is_true(#line <= width, line)
      end
    end
  end)

  it("calls no metamethod of a stranger's but its tostring", function()
    local stranger = setmetatable({}, { __index = error, __pairs = error, __len = error,
      __tostring = function() return "a stranger" end })
    assert.equal("{ <a stranger> }", (show.text { stranger }:gsub("%s+", " "):gsub(",", "")))
  end)

  it("is named where it is a client, a resource or an operation's method", function()
    local clerk = convoke.clerk { url = "https://clerk.example", secret_key = "sk_test_s3cret" }
    assert.equal("<clerk.invitations:create>\n  Create an invitation and, unless notify is false, "
      .. "e-mail it", show.text(clerk.invitations.create))
    assert.truthy(show.text(clerk.invitations.each):find("<clerk.invitations:each>", 1, true))
    assert.truthy(show.text({ clerk.invitations.create }):find("<clerk.invitations:create>,", 1,
      true))
    local text = show.text(clerk)
    assert.truthy(text:find("<convoke.clerk (https://clerk.example)>", 1, true))
    assert.truthy(text:find("invitations", 1, true))
    assert.truthy(show.text(clerk.invitations):find("create, create_bulk, each", 1, true))
    assert.is_nil((text .. show.text { clerk }):find "s3cret")
  end)
end)

describe("an error that is shown", function()
  local clerk

  setup(function()
    clerk = convoke.clerk { url = "http://127.0.0.1:1", secret_key = "sk_test_1", retries = 0 }
  end)

  it("is one line, then its fields, then what to do", function()
    local _, err = clerk.invitations:create { expires_in_days = 400 }
    assert.equal("clerk.invitations.create: invalid\n"
      .. "  email_address    is required\n"
      .. "  expires_in_days  must be from 1 to 365\n"
      .. 'Nothing was sent. Mend this and call again; help "clerk.invitations.create" says\n'
      .. "what it takes.", show.text(err))
  end)

  -- The last lines for an error of the fields.
  local function advice(fields)
    fields.kind, fields.operation = fields.kind or "http", fields.operation
      or "clerk.invitations.create"
    return (show.error_text(errors.new(fields)):match "\n(.*)":gsub("\n", " "))
  end

  it("says by its outcome what to do", function()
    assert.equal("Nothing was sent. It is safe to call again.",
      advice { kind = "connect", outcome = "not_sent" })
    assert.equal("Nothing was sent. Call again after 12.5 s.",
      advice { kind = "timeout", outcome = "not_sent", message = "x", retry_after = 12.5 })
    assert.truthy(advice { status = 401, outcome = "refused" }:find "credential")
    assert.truthy(advice { status = 429, outcome = "refused", retry_after = 3 }:find "after 3 s")
    assert.truthy(advice { outcome = "unknown" }:find("clerk.invitations:list {}", 1, true))
    assert.truthy(advice { outcome = "unknown", operation = "edgegap.sessions.delete" }
      :find "safe to call again")
    assert.truthy(advice { outcome = "made", value = {} }:find "Do not call again")
  end)

  it("says nothing twice", function()
    local text = show.error_text(errors.new { kind = "http", status = 422, outcome = "refused",
      operation = "cvat.invitations.create", message = "email: is not valid",
      fields = { { field = "email", message = "is not valid" } } })
    local _, count = text:gsub("is not valid", "")
    assert.equal(1, count)
    local other = show.error_text(errors.new { kind = "http", status = 422, outcome = "refused",
      operation = "cvat.invitations.create", message = "something else",
      fields = { { field = "email", message = "is not valid" } } })
    assert.truthy(other:find("422: something else\n  email  is not valid\n", 1, true))
  end)

  it("is printed by convoke.show as a call returns it", function()
    local printed = {}
    local print_before = print
    _G.print = function(text) printed[#printed + 1] = text end
    convoke.show(clerk.invitations:list {})
    convoke.show(42)
    _G.print = print_before
    assert.truthy(printed[1]:find "^clerk.invitations.list: connect: .*\nNothing was sent%.")
    assert.equal("42", printed[2])
  end)
end)
