-- The command: calls of operations, their parameters, and exit statuses.

local command = require "spec.support.command"
local json = require "convoke.sandbox.json"
local raw_server = require "spec.support.raw_server"
local start = require("convoke.sandbox").start

describe("the command", function()
  local sandbox, environment

  setup(function()
    sandbox = start()
    environment = command.environment(sandbox)
  end)

  teardown(function() sandbox:stop() end)

  before_each(function() sandbox:reset() end)

  local function run(arguments, how)
    how = how or {}
    how.env = how.env or environment
    return command.run(arguments, how)
  end

  -- The body of the last request that an API got.
  local function last_request(api)
    local requests = sandbox:requests(api or "clerk")
    return requests[#requests]
  end

  local function sent(api) return json.decode(last_request(api).body) end

  describe("with an operation's name", function()
    it("creates what its options say and prints the answer as JSON", function()
      local status, said, told = run [[clerk invitations create --email_address ada@example.com \
        --public_metadata '{"team":"red"}' --expires_in_days 7 --notify false]]
      assert.equal("", told)
      assert.equal(0, status)
      local answer = json.decode(said)
      assert.equal("ada@example.com", answer.email_address)
      assert.equal("pending", answer.status)
      assert.same({ email_address = "ada@example.com", public_metadata = { team = "red" },
        expires_in_days = 7, notify = false }, sent())
    end)

    it("takes path values in their place, or by their names", function()
      local _, said = run [[clerk invitations create --email_address ada@example.com \
        -o lines --fields id]]
      local id = said:match "^(inv_%w+)\n$"
      assert.is_string(id, said)
      local status, revoked = run("clerk invitations revoke " .. id)
      assert.equal(0, status)
      assert.equal("revoked", json.decode(revoked).status)
      assert.equal(3, (run("clerk invitations revoke --invitation_id " .. id)))
      assert.matches("/invitations/" .. id .. "/revoke$", last_request().path)
    end)

    it("takes the vendor's name, hyphens for underscores, and options in front", function()
      assert.equal(0, (run "clerk list_invitations"))
      assert.equal(0, (run "-o csv clerk organization-invitations list-all --order-by=-created_at"))
      assert.equal("-created_at", (last_request().query:match "order_by=([^&]+)"))
    end)

    it("takes operations that belong to no resource", function()
      local status, said = run [[convex mutation --path testing:echo --args '{"a":"b"}']]
      assert.equal(0, status)
      assert.same({ a = "b" }, json.decode(said))
    end)

    it("prints nothing but true for an answer that is empty", function()
      local _, key = run(([[cvat invitations create --org %s --role worker \
        --email %s -o lines --fields key]]):format(sandbox.cvat.org, sandbox.cvat.invitee_email))
      local status, said = run(("cvat invitations delete --org %s %s"):format(
        sandbox.cvat.org, (key:gsub("%s+$", ""))))
      assert.equal(0, status)
      assert.equal("true\n", said)
    end)
  end)

  describe("reads parameters", function()
    local function dry(arguments, how)
      local status, said, told = run(arguments .. " --dry-run", how)
      assert.equal(0, status, told)
      return json.decode(said:match "\n\n(.*)$")
    end

    it("from fields inside them, as JSON where they can be read so", function()
      assert.same({ email_address = "a@b.co", public_metadata = { team = "red", level = 3,
        deep = { down = true }, zip = "01234", name = "7" } }, dry
        [[clerk invitations create --email_address a@b.co --public_metadata '{"team":"blue"}' \
          --public_metadata.team red --public_metadata.level=3 --public_metadata.deep.down true \
          --public_metadata.zip 01234 --public_metadata.name '"7"']])
    end)

    it("that are arrays from one text of JSON, or from elements", function()
      local as_json = dry [[edgegap sessions add_users ses1 --ip_list '["1.2.3.4","5.6.7.8"]']]
      assert.same({ "1.2.3.4", "5.6.7.8" }, as_json.ip_list)
      assert.same(as_json,
        dry "edgegap sessions add_users ses1 --ip_list 1.2.3.4 --ip_list 5.6.7.8")
      assert.same({ "1.2.3.4" }, dry("edgegap sessions add_users ses1 --ip_list 1.2.3.4").ip_list)
    end)

    it("that are booleans without a value, and denied by no-", function()
      assert.is_true(dry("clerk invitations create --email_address a@b.co --notify").notify)
      assert.is_false(dry("clerk invitations create --no-notify --email_address a@b.co").notify)
      assert.equal(json.null,
        dry("clerk invitations create --notify null --email_address a@b.co").notify)
    end)

    it("exactly, however many digits a number has", function()
      local status, said = run [[clerk invitations create --email_address a@b.co \
        --public_metadata.id 9223372036854775807 --dry-run]]
      assert.equal(0, status)
      assert.matches('{"id":9223372036854775807}', said, 1, true)
    end)

    it("from a file or standard input, and lets options change them", function()
      local all = '{"email_address":"ada@example.com","expires_in_days":3}'
      local file = os.tmpname()
      finally(function() os.remove(file) end)
      local handle = assert(io.open(file, "w"))
      handle:write(all)
      handle:close()
      assert.same(json.decode(all), dry("clerk invitations create @" .. file))
      assert.same(json.decode(all), dry("clerk invitations create -", { input = all }))
      assert.same(json.decode(all), dry("clerk invitations create", { input = all }))
      assert.equal(4, dry("clerk invitations create --expires_in_days 4 -",
        { input = all }).expires_in_days)
      assert.same({ email_address = "a@b.co", public_metadata = { email_address = "ada@example.com",
        expires_in_days = 3 } },
        dry("clerk invitations create --email_address a@b.co --public_metadata @" .. file))
    end)

    it("that begin with a hyphen or with @", function()
      local status, said = run [[clerk invitations list --order_by -created_at --query @@ada \
        --dry-run]]
      assert.equal(0, status)
      assert.matches("order_by=-created_at", said, 1, true)
      assert.matches("query=%40ada", said, 1, true)
    end)

    it("by --param.NAME where the command has an option of that name", function()
      assert.equal("a@b.co",
        dry("clerk invitations create --param.email_address a@b.co").email_address)
      local params, common = require("convoke.cli.parser").read({ name = "a.b.c", summary = "",
        path_params = {}, params = { { name = "output", type = "string", where = "body" },
          { name = "all", type = "object", where = "body" } } },
        { "--param.output", "x", "--output", "csv", "--param.all.b", "1" })
      assert.same({ output = "x", all = { b = 1 } }, params)
      assert.equal("csv", common.output)
      assert.is_false(common.all)
      assert.equal("red", dry([[clerk invitations create --email_address a@b.co \
        --param.public_metadata.team red]]).public_metadata.team)
    end)

    it("of operations whose whole body is an array", function()
      local status = run([[clerk invitations create_bulk -]],
        { input = '[{"email_address":"a@example.com"},{"email_address":"b@example.com"}]' })
      assert.equal(0, status)
      assert.equal(2, #sent())
    end)
  end)

  describe("shows, without sending anything,", function()
    it("the request as text, with the secret as a variable", function()
      local status, said = run "clerk invitations revoke inv_1 --dry-run"
      assert.equal(0, status)
      assert.matches("^POST http://127%.0%.0%.1:%d+/v1/invitations/inv_1/revoke\n", said)
      assert.matches("Authorization: Bearer $CLERK_SECRET_KEY", said, 1, true)
      assert.is_nil(said:find(sandbox.clerk.secret_key, 1, true))
      assert.same({}, sandbox:requests "clerk")
    end)

    it("the curl command that sends the same", function()
      local status, said = run "clerk invitations create --email_address ada@example.com --curl"
      assert.equal(0, status)
      local pipe = io.popen(("unset LD_PRELOAD; CLERK_SECRET_KEY=%s; %s -s"):format(
        sandbox.clerk.secret_key,
        (said:gsub("\n$", ""))))
      local answer = json.decode(pipe:read "*a")
      pipe:close()
      assert.equal("ada@example.com", answer.email_address)
      assert.same({ email_address = "ada@example.com" }, sent())
    end)

    it("a request of a client that has neither address nor key", function()
      local status, said = run("cvat invitations list --dry-run", { env = {} })
      assert.equal(0, status)
      assert.matches("^GET $CVAT_URL/", said)
    end)
  end)

  describe("ends with", function()
    local create = "clerk invitations create --email_address ada@example.com"

    it("0 when it is done", function() assert.equal(0, (run(create))) end)

    it("2 when it is called wrongly, which it says on standard error alone", function()
      for arguments, pattern in pairs {
        [create .. " --emial_address x"] =
          "unknown option %-%-emial_address\n  Did you mean %-%-email_address%?",
        ["clerk invitatons create"] = "clerk has no invitatons\n  Did you mean invitations%?",
        ["clerk invitations creat"] = "clerk invitations has no creat\n  Did you mean create%?",
        ["clark invitations create"] = "no API or command clark\n  Did you mean clerk%?",
        ["clerk invitations"] = "wants a verb\n  Known are: create, list",
        ["clerk"] = "wants a resource and a verb\n  Known are: invitations, ",
        ["clerk invitations revoke"] = "invitation_id is required",
        ["clerk invitations revoke a b"] = "what is b for%? this takes invitation_id",
        ["clerk invitations revoke a --invitation_id b"] = "invitation_id is given twice",
        [create .. " --expires_in_days soon"] = "expires_in_days must be",
        [create .. " --expires_in_days 999"] = "expires_in_days must be",
        [create .. " --notify maybe"] = "what is maybe for",
        [create .. " --notify=maybe"] = "%-%-notify must be true or false, not maybe",
        [create .. " --public_metadata '{team'"] = "%-%-public_metadata: this is not JSON",
        [create .. " --email_address x"] = "%-%-email_address is given twice",
        [create .. " --template_slug"] = "%-%-template_slug wants a value",
        [create .. " @/nonexistent"] = "cannot read /nonexistent",
        [create .. " -o xml"] = "%-%-output must be one of table, json, .*, not xml",
        [create .. " --timeout -1"] = "%-%-timeout must be a number of seconds above 0, not %-1",
        [create .. " --retries 1.5"] = "%-%-retries must be a whole number from 0",
        [create .. " --all"] = "clerk invitations create has no pages",
        [create .. " --fields statsu"] = "no field statsu\n  Did you mean status%?",
        ["--frobnicate " .. create] = "unknown option %-%-frobnicate",
      } do
        local status, said, told = run(arguments)
        assert.equal(2, status, arguments .. "\n" .. told)
        assert.equal("", said)
        assert.matches(pattern, told)
      end
      assert.same({}, sandbox:requests "clerk")
    end)

    it("2 when a credential is missing, and names it", function()
      local status, said, told = run(create,
        { env = { CLERK_API_URL = environment.CLERK_API_URL } })
      assert.equal(2, status)
      assert.equal("", said)
      assert.matches("^convoke: clerk: a credential is missing: .*CLERK_SECRET_KEY", told)
    end)

    it("3 when the API refuses it", function()
      sandbox:fault { api = "clerk", status = 422 }
      local status, said, told = run(create)
      assert.equal(3, status)
      assert.equal("", said)
      assert.matches("^convoke: clerk.invitations.create: 422 ", told)
      assert.matches("\n  The API said no, and nothing was done.\n$", told)
    end)

    it("4 when nobody knows whether it was done", function()
      sandbox:fault { api = "clerk", path = "/v1/sessions", cut = 0, execute = true, times = 10 }
      local status, _, told = run "clerk sessions create --user_id user_1 --retries 0"
      assert.equal(4, status)
      assert.matches("look before you call again", told)
    end)

    it("5 when it was not sent", function()
      local status, _, told = run(create .. " --retries 0",
        { env = { CLERK_API_URL = "http://127.0.0.1:1", CLERK_SECRET_KEY = "sk_test_1" } })
      assert.equal(5, status)
      assert.matches("Nothing was sent: calling again is safe", told)
    end)

    it("6 when it was made though the API failed, and prints what was made", function()
      sandbox:fault { api = "clerk", method = "POST", status = 500, execute = true }
      local status, said, told = run(create)
      assert.equal(6, status)
      assert.equal("ada@example.com", json.decode(said).email_address)
      assert.matches("It was made all the same", told)
    end)

    it("1 when the result cannot be written", function()
      local file = io.open("/dev/full", "w")
      if not file then return pending "no /dev/full" end
      file:close()
      local prefix = command.prefix(environment)
      local pipe = io.popen(prefix .. " clerk invitations list 2>&1 >/dev/full; echo $?")
      local told = pipe:read "*a"
      pipe:close()
      assert.matches("^convoke: cannot write the result: .*\n1\n$", told)
    end)
  end)

  it("gives the numbers of closed standard streams to nothing else", function()
    local pipe = io.popen(command.prefix(environment)
      .. " clerk invitations list 2>&1 >&- <&-; echo $?")
    local told = pipe:read "*a"
    pipe:close()
    -- A descriptor of libcurl's or ours would be told of as an invalid argument, or written to.
    assert.equal("convoke: cannot write the result: Bad file descriptor\n1\n", told)
  end)

  it("waits and repeats as --timeout and --retries say", function()
    sandbox:fault { api = "clerk", delay = 30 }
    local status, _, told = run "clerk invitations list --timeout 0.2 --retries 0"
    assert.is_true(status == 4 or status == 5, status)
    assert.matches("timeout.*1 attempt", told)
    sandbox:clear_faults()
    sandbox:fault { api = "clerk", status = 503, times = 3 }
    assert.not_equal(0, (run "clerk invitations list --retries 0"))
    assert.equal(0, (run "clerk invitations list --retries 2"))
  end)

  it("names what it lacks without argparse", function()
    local server = raw_server.quote("package.preload.argparse = function() error 'not here' end")
    local prefix = command.prefix(environment):gsub("lua/convoke/cli/main.lua$",
      (("-e %s %%0"):format(server):gsub("%%", "%%%%")):gsub("%%%%0", "%%0"))
    local pipe = io.popen(prefix .. " clerk invitations list 2>&1; echo $?")
    local told = pipe:read "*a"
    pipe:close()
    assert.matches("^convoke: the command needs the Lua module argparse", told)
    assert.matches("\n.*apt install lua%-argparse.*\n1\n$", told)
  end)
end)
