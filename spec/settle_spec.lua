-- What looking tells about a create whose answer got lost: only what is proved, whatever clocks,
-- replicas and other programs do.

local convoke = require "convoke"
local core = require "convoke.core"
local errors = require "convoke.errors"
local pending_creates = require "convoke.lookup.pending_creates"
local retry = require "convoke.call.retry"
local server_clock = require "convoke.lookup.server_clock"
local settle = require "convoke.lookup.settle"
local vendor_server = require "spec.support.vendor_server"

local apis = { "clerk", "gencove", "cvat" }
local address = "ada{n}x@example.com" -- a number of its own for each case

-- api -> a client for a case; what a create asks for, and how another program asks for something
-- else for the same address; the field that has an object's id
local vendors = {
  clerk = {
    connect = function(options)
      options.secret_key = "sk_test_1234567890"
      return convoke.clerk(options)
    end,
    fields = function(email, other)
      return { email_address = email, public_metadata = { team = other and "blue" or "red" } }
    end,
    id = "id",
  },
  gencove = {
    connect = function(options)
      options.api_key = "key-1234567890"
      return convoke.gencove(options)
    end,
    fields = function(email, other)
      return { email = email, role = other and "admin" or "member" }
    end,
    id = "id",
  },
  cvat = {
    connect = function(options)
      options.token = "0123456789abcdef"
      return convoke.cvat(options)
    end,
    fields = function(email, other)
      return { email = email, role = other and "supervisor" or "worker" }
    end,
    id = "key",
  },
}

-- How a call ended: "made", by an answer; "found", by looking; or what its error says.
local function ending(value, err, meta)
  if value then return meta.settled == "look-up" and "found" or "made" end
  return err.outcome == "made" and "failed, made" or err.outcome
end

-- What is untrue about an end, by what the server holds; nil: nothing.
local function lie(vendor, situation, result, books)
  local own, given = 0, nil
  local told = result.value or result.err.value
  local id = told and told[vendor.id]
  for _, object in ipairs(books.objects) do
    if object.owner == "caller" then own = own + 1 end
    if object.id == id then given = object end
  end
  if own > 1 then return ("%d were made"):format(own) end
  local outcome = result.err and result.err.outcome
  if own > 0 and (outcome == "refused" or outcome == "not_sent") then
    return "it was made, and the caller told " .. outcome
  end
  if told and not given then return "the caller was given what nobody has made" end
  if given and given.owner ~= "caller" and not situation.shared then
    return "the caller was given another's"
  end
end

local failure_page = "<html><title>Server Error (500)</title></html>"
local failure_text = '"Email backend is not configured."'

-- Situations, each with
--   case     see vendor_server.lua
--   ends     how the call may end, for all vendors or for each
--   typed    its address
--   shared   it may be given what another program has asked for in the same words
--   creates, lists  how many of these requests may be sent
--   before, rival   what others have made or make: "same", the very same, or "other", something
--     else for the same address
--   params   more of them for Clerk
--   apis     the vendors that it is about
local situations = {
  { "the answer is lost", case = { fates = { "lost" } }, ends = "found", creates = 1, lists = 3 },
  { "nothing was executed", case = { fates = { "dropped", "answered" } }, ends = "made",
    creates = 2 },
  { "every answer is lost", case = { fates = { "lost" }, lag = 1 }, ends = "found" },
  { "the listing lags behind by two looks", case = { fates = { "lost", "answered" }, lag = 2 },
    ends = "found" },
  { "the listing shows it never", case = { fates = { "lost", "answered" }, lag = 99 },
    ends = "unknown" },
  { "Date is 200 ms ahead", case = { fates = { "lost", "answered" }, date_ahead = 0.2 },
    ends = "found unknown" },
  { "Date is 1.5 s ahead", case = { fates = { "lost", "answered" }, date_ahead = 1.5 },
    ends = "found unknown" },
  { "Date is 1.5 s behind", case = { fates = { "lost", "answered" }, date_ahead = -1.5 },
    ends = "found" },
  { "Date is a minute behind the clock that counts", ends = "found",
    case = { fates = { "lost", "answered" }, created_ahead = 60 } },
  { "there is no Date and the clock is 1.5 s behind", ends = "unknown",
    case = { fates = { "lost", "answered" }, date_ahead = false, created_ahead = -1.5 } },
  { "there is no Date and the clock is a minute behind", ends = "unknown",
    case = { fates = { "lost", "answered" }, date_ahead = false, created_ahead = -60 } },
  { "there is no Date and the clock is 1.5 s ahead", ends = "found",
    case = { fates = { "lost", "answered" }, date_ahead = false, created_ahead = 1.5 } },
  { "all the server's clocks are an hour behind", ends = "found",
    case = { fates = { "lost" }, date_ahead = -3600, created_ahead = -3600 } },
  { "all the server's clocks are an hour ahead", ends = "found",
    case = { fates = { "lost" }, date_ahead = 3600, created_ahead = 3600 } },
  { "the address is stored in small letters", ends = "found",
    typed = "Ada{n}x.Lovelace@Example.COM",
    case = { fates = { "lost", "answered" }, stored_as = "ada{n}x.lovelace@example.com" } },
  { "the address is stored as it was typed", typed = "Ada{n}x.Lovelace@Example.COM", ends = "found",
    case = { fates = { "lost", "answered" } } },
  { "the address is stored without the spaces around it", typed = " ada{n}x@example.com ",
    ends = "found", case = { fates = { "lost", "answered" }, stored_as = "ada{n}x@example.com" } },
  { "the address is stored in punycode", typed = "Ada{n}x@MÜNCHEN.example", ends = "found",
    case = { fates = { "lost", "answered" }, stored_as = "ada{n}x@xn--mnchen-3ya.example" } },
  { "the address is stored in a form that we do not know", ends = "unknown",
    typed = "ada{n}x@mu\204\136nchen.example",
    case = { fates = { "lost", "answered" }, stored_as = "ada{n}x@xn--mnchen-3ya.example" },
    apis = { gencove = true } },
  { "the create is executed during the first look", ends = "found made",
    case = { fates = { { "late", 1 }, "answered" } } },
  { "the create is executed two looks later", ends = "found made",
    case = { fates = { { "late", 2 }, "answered" } } },
  { "the create is executed two looks later, and more are accepted", ends = "found",
    case = { fates = { { "late", 2 }, "answered" }, accepts_more = true },
    params = { ignore_existing = true }, apis = { clerk = true, gencove = true } },
  { "nothing was executed, and more are accepted", ends = { clerk = "unknown", gencove = "made" },
    case = { fates = { "dropped", "answered" }, accepts_more = true },
    params = { ignore_existing = true }, apis = { clerk = true, gencove = true } },
  { "another program has made one an hour before", before = { ago = 3600, "other" },
    case = { fates = { "lost", "answered" } }, ends = "refused" },
  { "another program has made the very same an hour before", before = { ago = 3600, "same" },
    case = { fates = { "lost", "answered" } }, ends = "refused" },
  { "another program has made one right before, and Date is 300 ms behind", ends = "refused",
    before = { ago = 0.2, "other" },
    case = { fates = { "lost", "answered" }, date_ahead = -0.3 } },
  { "another program has made the very same 4 s before, and Date is 300 ms behind",
    before = { ago = 4, "same" }, ends = "refused unknown",
    case = { fates = { "lost", "answered" }, date_ahead = -0.3 } },
  { "another program has made the very same 2 s before, and Date is 300 ms ahead",
    before = { ago = 2, "same" }, ends = "refused unknown",
    case = { fates = { "lost", "answered" }, date_ahead = 0.3 } },
  { "another program has made the very same 5 s before, and there is no Date",
    before = { ago = 5, "same" }, ends = "unknown",
    case = { fates = { "lost", "answered" }, date_ahead = false } },
  { "another program makes one at the same moment", rival = "other", ends = "refused",
    case = { fates = { "lost", "answered" } } },
  { "another program makes the very same at the same moment", rival = "same", shared = true,
    case = { fates = { "lost", "answered" } }, ends = "found" },
  { "the server fails with words after it has made it", ends = "failed, made", creates = 1,
    case = { fates = { { "answer", 500, failure_text, true }, "answered" } } },
  { "the server fails with a page after it has made it", ends = "failed, made", creates = 1,
    case = { fates = { { "answer", 500, failure_page, true }, "answered" } } },
  { "the server fails after it has made it, and the listing lags", ends = "failed, made",
    creates = 1,
    case = { fates = { { "answer", 500, failure_text, true }, "answered" }, lag = 2 } },
  { "the server fails and has made nothing", ends = "unknown", creates = 1,
    case = { fates = { { "answer", 500, failure_page }, "answered" } } },
  { "a gateway answers 502 and it was made", ends = "found", creates = 1,
    case = { fates = { { "answer", 502, failure_page, true }, "answered" } } },
  { "a gateway answers 504 and nothing was made", ends = "made", creates = 2,
    case = { fates = { { "answer", 504, failure_page }, "answered" } } },
  { "the repeat of what is executed late is not allowed", ends = "found",
    case = { fates = { { "late", 1 }, { "answer", 403, "{}" } } } },
  { "the repeat of what is executed very late is not allowed", ends = "unknown",
    case = { fates = { { "late", 9 }, { "answer", 403, "{}" } } } },
  { "the account has a name of its own", ends = "unknown", apis = { cvat = true },
    case = { fates = { "lost", "answered" }, names = "nickname" } },
  { "the account is named after the mailbox", ends = "found", apis = { cvat = true },
    case = { fates = { "lost", "answered" }, names = "mailbox" } },
}

-- Another program's wish, for a case.
local function of_others(vendor, typed, what)
  return vendor.fields(typed, what == "other")
end

local number = 0

local function run_situation(server, api, situation)
  number = number + 1
  local function numbered(text) return text and (text:gsub("{n}", number)) end
  local vendor, typed, case = vendors[api], numbered(situation.typed or address), { api = api }
  for name, value in pairs(situation.case) do case[name] = value end
  case.stored_as = numbered(case.stored_as)
  if situation.before then
    case.before = { { ago = situation.before.ago,
      fields = of_others(vendor, typed, situation.before[1]) } }
  end
  if situation.rival then case.rival = of_others(vendor, typed, situation.rival) end
  local world = server:case(case)
  local client = vendor.connect { url = world.url, retries = situation.retries }
  local params = vendor.fields(typed)
  if api == "clerk" then
    for name, value in pairs(situation.params or {}) do params[name] = value end
  end
  local value, err, meta = client.invitations:create(params)
  client:close()
  return { api = api, situation = situation, value = value, err = err, meta = meta, world = world }
end

-- What is wrong with an end, or nil.
local function fault(result)
  local situation, vendor = result.situation, vendors[result.api]
  local books = result.world.books()
  local ends = situation.ends
  if type(ends) == "table" then ends = ends[result.api] end
  local ended = ending(result.value, result.err, result.meta)
  local found = ended == ends
  if ends:find "^%l+ %l+$" then found = ends:find(ended, 1, true) end
  local wrong = lie(vendor, situation, result, books)
    or not found and ("it ended %s, not %s"):format(ended, ends)
    or situation.creates and books.creates > situation.creates
      and ("%d creates were sent"):format(books.creates)
    or situation.lists and books.lists > situation.lists
      and ("%d listings were asked for"):format(books.lists)
  if not wrong then return nil end
  return ("%s: %s (%s)"):format(result.api, wrong, tostring(result.err or result.value[vendor.id]))
end

describe("a create that is settled by looking", function()
  local server, results

  setup(function()
    server = vendor_server.start()
    results = {}
    -- All at once: most of the time they wait for their next look.
    convoke.run(function()
      for _, api in ipairs(apis) do
        for _, situation in ipairs(situations) do
          if not situation.apis or situation.apis[api] then
            convoke.spawn(function()
              local result = run_situation(server, api, situation)
              results[#results + 1] = result
            end)
          end
        end
      end
    end)
  end)

  teardown(function() server:stop() end)

  for _, situation in ipairs(situations) do
    it("tells no lie where " .. situation[1], function()
      local faults, count = {}, 0
      for _, result in ipairs(results) do
        if result.situation == situation then
          count = count + 1
          faults[#faults + 1] = fault(result) or nil
        end
      end
      assert.is_true(count > 0)
      assert.equal("", table.concat(faults, "\n"))
    end)
  end
end)

describe("a look", function()
  local server

  setup(function() server = vendor_server.start() end)
  teardown(function() server:stop() end)

  -- What a create returns, the lines of its log, and what the server holds then.
  local function create(api, case, options)
    local vendor, lines = vendors[api], {}
    case.api = api
    local world = server:case(case)
    local client = vendor.connect { url = world.url,
      log = function(line) lines[#lines + 1] = line end }
    local value, err = client.invitations:create(vendor.fields "ada@example.com", options)
    client:close()
    return value, err, lines, world.books()
  end

  it("is called one in the log", function()
    for _, api in ipairs(apis) do
      local _, err, lines = create(api, { fates = { "lost" } })
      assert.is_nil(err)
      assert.truthy(lines[1]:find("%(attempt 1%)$"), lines[1])
      for i = 2, #lines do
        local wanted = "%s.invitations.list GET .* 200 .*, look%%-up for %s.invitations.create%%)$"
        assert.truthy(lines[i]:find(wanted:format(api, api)), lines[i])
      end
      assert.is_true(#lines >= 2 and #lines <= 4, #lines)
    end
  end)

  it("costs one request where the server's clock is known", function()
    local vendor = vendors.clerk
    local world = server:case { api = "clerk", fates = { "answered", "lost" } }
    local client = vendor.connect { url = world.url }
    assert(client.invitations:create(vendor.fields "ada@example.com"))
    local _, err, meta = client.invitations:create(vendor.fields "bo@example.com")
    client:close()
    assert.is_nil(err)
    assert.equal("look-up", meta.settled)
    assert.equal(1, world.books().lists)
  end)

  it("says in a line that what failed was made all the same", function()
    local _, err = create("cvat", { fates = { { "answer", 500, failure_text, true } } })
    assert.equal("made", err.outcome)
    assert.equal("ada@example.com", err.value.user.username)
    assert.equal("cvat.invitations.create: 500: Email backend is not configured. "
      .. "(made all the same, 1 attempt)", tostring(err))
  end)

  it("explains a refusal by what is far down in a listing", function()
    local before = { { ago = 3600, fields = vendors.cvat.fields "ada@example.com" } }
    for i = 1, 120 do
      before[#before + 1] = { ago = 1800,
        fields = vendors.cvat.fields(("other%dx@example.com"):format(i)) }
    end
    local _, err, _, books = create("cvat", { fates = { "lost", "answered" }, before = before })
    assert.equal("refused", err.outcome)
    assert.equal(2, books.creates)
  end)

  it("leaves the outcome unknown where the deadline ends it", function()
    for _, api in ipairs(apis) do
      for _, timeout in ipairs { 0.4, 1 } do
        local value, err, _, books = create(api, { fates = { "lost", "answered" }, lag = 99 },
          { timeout = timeout })
        assert.is_nil(value)
        assert.equal("unknown", err.outcome)
        assert.is_true(err.elapsed < timeout + 3)
        assert.equal(1, #books.objects)
      end
    end
  end)
end)

describe("the number of looks", function()
  local native = { request = function()
    return { url = "https://example.com/", headers = {}, body = '{"email":"ada@example.com"}' }
  end }

  -- Looks for what a create has made where every listing gives what `list` returns. Returns the
  -- verdict, how many listings were asked for, and what is left of the retry budget.
  local function look(retries, then_repeat, list)
    local api, operation = core.catalogue().apis.gencove, nil
    for _, each in ipairs(api.operations) do
      if each.name == "gencove.invitations.create" then operation = each end
    end
    local habits = require("convoke.vendors.gencove").creates[operation.name]
    local looks, budget = 0, retry.budget()
    local run = { retries = retries, deadline = core.now() + 3600, operation = operation,
      options = {}, entry = pending_creates.enter(native, operation, habits,
        { email = "ada@example.com" }, core.now()),
      state = { api = api, vendor = {}, clock = server_clock.new(), budget = budget } }
    local function perform(_, listing)
      looks = looks + 1
      return list(listing)
    end
    local function pause() return true end
    local function tell() end
    local verdict = settle.new(perform, pause, tell)(run, {}, false, then_repeat)
    pending_creates.leave(run.entry, false)
    return verdict, looks, budget.full - budget.tokens
  end

  local function fail(listing)
    return nil, errors.new { kind = "http", status = 503, outcome = "unknown",
      operation = listing.name, message = "away" }
  end

  local function show_nothing()
    return { results = {}, meta = {} }, nil, { status = 200, headers = {} }
  end

  it("is two more than the retries where looking fails for a moment", function()
    for retries = 1, 4 do
      local verdict, looks, spent = look(retries, nil, fail)
      assert.equal("unclear", verdict)
      assert.equal(retries + 2, looks)
      assert.equal(5 * (retries + 1), spent) -- a look more costs as much as a repeat
    end
  end)

  it("is two more than the retries where nothing is there and nothing can be repeated", function()
    for retries = 1, 4 do
      local verdict, looks, spent = look(retries, nil, show_nothing)
      assert.equal("nothing", verdict)
      assert.equal(retries + 2, looks)
      assert.equal(0, spent)
    end
  end)

  it("is one where the create can be sent again without harm", function()
    assert.same({ "nothing", 1, 0 }, { look(2, "at once", show_nothing) })
  end)

  it("is four at most before a create is sent again that may make a second one", function()
    assert.same({ "nothing", 3, 0 }, { look(1, "later", show_nothing) })
    assert.same({ "nothing", 4, 0 }, { look(9, "later", show_nothing) })
  end)
end)
