--- Making the call that the command line asks for.

local convoke = require "convoke"
local core = require "convoke.core"
local errors = require "convoke.errors"
local exit = require "convoke.cli.exit"
local names = require "convoke.cli.names"
local output = require "convoke.cli.output"
local pages = require "convoke.pages"
local profiles = require "convoke.cli.profiles"
local report = require "convoke.cli.report"
local text = require "convoke.cli.text"

local call = {}

-- Misuse that the library raises is the user's: a missing credential, an address that is none.
local function checked(f, ...)
  local done, value, more = pcall(f, ...)
  if done then return value, more end
  if exit.is_stop(value) or type(value) ~= "string" then error(value, 0) end
  exit.usage(report.misuse(value))
end

local function client_options(api, common, is_dry)
  local options = profiles.options(api, common.profile, is_dry)
  options.timeout = common.timeout or options.timeout
  options.retries = common.retries or options.retries
  if not is_dry and common.verbose > 0 then
    require("convoke.cli.verbose").add(common.verbose, options)
  end
  return options
end

local function make_client(api, common)
  local options = client_options(api, common, false)
  return checked(api.construct or convoke[api.name], options)
end

-- Shows an error; returns the status.
local function fail(err)
  output.flush()
  report.error(err)
  return exit.of(err)
end

-- Prints the request and sends nothing.
local function preview(api, operation, params, common)
  local how = common.curl and operation.curl or operation.dry
  local shown, err = checked(how, operation, params, client_options(api, common, true))
  if not shown then return fail(err) end
  output.write(tostring(shown), "\n")
  return exit.status.done
end

-- Whether the names that --fields gives are in the model; a likely slip ends the command.
local function check_fields(operation, fields, schema)
  if not (fields and schema and schema.fields) then return end
  local known = {}
  for i, field in ipairs(schema.fields) do known[i] = field.name end
  for _, name in ipairs(fields) do
    local head, found = name:match "^[^.]+", false
    for _, each in ipairs(known) do found = found or each == head or each == name end
    local nearest = not found and core.nearest(head or name, known)
    if nearest then
      exit.usage(("%s answers with no field %s"):format(names.words(operation), name),
        ("Did you mean %s?"):format(nearest))
    end
  end
end

-- Ends what was printed piece by piece. Returns the exit status.
local function conclude(writer, err)
  writer:finish()
  if err then return fail(err) end
  return core.interrupted() and exit.status.interrupted or exit.status.done
end

-- Prints the elements of every page, each page before the next one is asked for.
local function walk(client, operation, params, writer)
  local function fetch(query)
    writer:page()
    output.flush()
    if core.interrupted() then return nil end
    return client:call(operation.id, query)
  end
  local function broken(message)
    return errors.new { kind = "decode", outcome = "unknown", operation = operation.name,
      message = message }
  end
  local next_item = pages.walk(operation, params, fetch, broken)
  writer:begin()
  local item, err
  repeat
    item, err = next_item()
    if item ~= nil then writer:item(item) end
  until item == nil
  return conclude(writer, err)
end

-- Whether an answer is shown as its elements: where the format has rows, or fields of them are
-- wanted.
local function is_shown_as_list(common, writer, items, answer)
  if not items then return false end
  return items == answer or common.fields ~= nil or not (writer.whole_answers)
end

local function print_answer(operation, answer, common, writer)
  local items = pages.items(operation, answer)
  if not items and text.is_list(answer, operation.answer) then items = answer end
  if not is_shown_as_list(common, writer, items, answer) then
    return writer:value(answer, operation.answer)
  end
  writer:begin()
  for _, item in ipairs(items) do writer:item(item) end
  writer:finish()
end

-- Prints the events of a stream, each when it comes.
local function follow(stream, writer)
  local event, err
  writer:begin()
  repeat
    event, err = stream:read()
    if event then
      writer:item(event)
      writer:page()
      output.flush()
    end
  until event == nil or core.interrupted()
  stream:close()
  return conclude(writer, err)
end

local function perform(api, operation, params, common)
  local schema = text.items_schema(operation.answer)
  local is_list = operation.paging or operation.answer.type == "array"
  check_fields(operation, common.fields, is_list and schema or operation.answer)
  local writer = output.new(common.output, { schema = is_list and schema or nil,
    fields = common.fields,
    key = operation.item_id, tell = report.note })
  local client = make_client(api, common)
  core.catch_interrupts("\nconvoke: what is under way is finished first; "
    .. "Ctrl-C again stops at once\n")
  if common.all then return walk(client, operation, params, writer) end
  local answer, err = checked(client.call, client, operation.id, params)
  if err then
    if err.outcome == "made" and err.value ~= nil then
      print_answer(operation, err.value, common, writer)
    end
    return fail(err)
  end
  if operation.has_events and type(answer) == "table" and answer.read then
    return follow(answer, writer)
  end
  print_answer(operation, answer, common, writer)
  return exit.status.done
end

--- Makes a call, or shows its request.
-- @param api, operation  of the catalogue
-- @param params          table
-- @param common          see parser.read()
-- @return the exit status
function call.run(api, operation, params, common)
  if common.all and not operation.paging then
    exit.usage(("%s has no pages, so there is no --all"):format(names.words(operation)))
  end
  if common.dry_run or common.curl then return preview(api, operation, params, common) end
  return perform(api, operation, params, common)
end

return call
