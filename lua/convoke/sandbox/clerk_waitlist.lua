--- Clerk's waitlist.

local errors = require "convoke.sandbox.clerk_errors"
local ids = require "convoke.sandbox.ids"
local json = require "convoke.sandbox.json"
local lists = require "convoke.sandbox.clerk_lists"
local web = require "convoke.sandbox.web"

local waitlist = {}

local MOST_ROWS = 50 -- of a bulk request
local STATUSES = { pending = true, invited = true, completed = true, rejected = true }
local ORDERS = { created_at = true, email_address = true, invited_at = true }

local fields = {
  email_address = { test = function(v) return type(v) == "string" and web.is_email(v) end,
                    wants = "a valid email address" },
  notify = { test = function(v) return type(v) == "boolean" end, wants = "a boolean",
             nullable = true },
}

local function render(service, entry)
  return {
    object = "waitlist_entry", id = entry.id, email_address = entry.email_address,
    status = entry.status, is_locked = false, created_at = entry.created_at,
    updated_at = entry.updated_at,
    invitation = entry.invitation and service:render_invitation(entry.invitation) or json.null,
  }
end

-- The entry of an address; a new one where there is none.
local function put(service, address)
  local entry = service.waitlist_by_address[address:lower()]
  if not entry then
    local now = service.clock:milliseconds()
    service.waitlist_count = service.waitlist_count + 1
    entry = { id = "wle_" .. ids.alphanumeric(27), email_address = address, status = "pending",
              created_at = now, updated_at = now, position = service.waitlist_count }
    table.insert(service.waitlist, entry)
    service.waitlist_by_id[entry.id], service.waitlist_by_address[address:lower()] = entry, entry
  end
  return render(service, entry)
end

local function create(service, request)
  local data, refusal = errors.body_object(request)
  if not data then return refusal end
  local faults = errors.check_fields(data, fields, { "email_address" })
  if #faults > 0 then return errors.reply(422, faults) end
  return web.json(200, put(service, data.email_address))
end

local function create_bulk(service, request)
  local rows, refusal = errors.body_rows(request, MOST_ROWS)
  if not rows then return refusal end
  local seen, made = {}, json.array()
  for _, row in ipairs(rows) do
    local faults = errors.check_fields(row, fields, { "email_address" })
    if #faults > 0 then return errors.reply(422, faults) end
    local address = row.email_address:lower()
    if seen[address] then
      return errors.bad_parameter("form_param_duplicate", "email_address", "duplicate values",
        "email_address contains duplicate values")
    end
    seen[address] = true
  end
  for i, row in ipairs(rows) do made[i] = put(service, row.email_address) end
  return web.json(200, made)
end

local function list(service, request)
  local text, found = (request.query:get "query" or ""):lower(), {}
  for _, entry in ipairs(service.waitlist) do
    if text == "" or entry.email_address:lower():find(text, 1, true)
      or entry.id:lower():find(text, 1, true) then
      found[#found + 1] = entry
    end
  end
  return lists.answer(request, found, {
    statuses = STATUSES, orders = ORDERS,
    status_of = function(entry) return entry.status end,
    render = function(entry) return render(service, entry) end,
  })
end

-- Wraps a handler, which gets the entry that the path names, unless it is past these statuses.
local function of_entry(handler, refused)
  return function(service, request)
    local entry = service.waitlist_by_id[request.values.waitlist_entry_id]
    if not entry then return errors.problem("resource_not_found", "Resource not found") end
    if refused[entry.status] then
      return errors.problem("waitlist_entry_already_" .. entry.status)
    end
    return handler(service, request, entry)
  end
end

local function delete(service, _, entry)
  for i, one in ipairs(service.waitlist) do
    if one == entry then table.remove(service.waitlist, i) end
  end
  service.waitlist_by_id[entry.id] = nil
  service.waitlist_by_address[entry.email_address:lower()] = nil
  return web.json(200, { object = "waitlist_entry", id = entry.id, deleted = true })
end

local function invite(service, request, entry)
  local data, refusal = errors.body_object(request)
  if not data then return refusal end
  local again = data.ignore_existing
  if again ~= nil and again ~= json.null and type(again) ~= "boolean" then
    return errors.bad_parameter("form_param_value_invalid", "ignore_existing", "is invalid",
                                "ignore_existing is invalid")
  end
  if again ~= true then
    if entry.status == "invited" then return errors.problem "waitlist_entry_already_invited" end
    refusal = service:refuse_existing { entry.email_address }
    if refusal then return refusal end
  end
  local now = service.clock:milliseconds()
  entry.status, entry.updated_at, entry.invited_at = "invited", now, now
  entry.invitation = service:make_invitation(request, { email_address = entry.email_address })
  return web.json(200, render(service, entry))
end

local function reject(service, _, entry)
  entry.status, entry.updated_at = "rejected", service.clock:milliseconds()
  return web.json(200, render(service, entry))
end

local below = "/v1/waitlist_entries/{waitlist_entry_id}"

--- The routes, see router.new().
waitlist.routes = {
  { "GET", "/v1/waitlist_entries", list },
  { "POST", "/v1/waitlist_entries", create },
  { "POST", "/v1/waitlist_entries/bulk", create_bulk },
  { "DELETE", below, of_entry(delete, { invited = true, completed = true, rejected = true }) },
  { "POST", below .. "/invite", of_entry(invite, { completed = true }) },
  { "POST", below .. "/reject", of_entry(reject, { rejected = true, completed = true }) },
}

--- Gives a service what is kept here.
function waitlist.begin(service)
  service.waitlist, service.waitlist_by_id, service.waitlist_by_address = {}, {}, {}
  service.waitlist_count = 0
end

--- Adds what the service holds to its books.
function waitlist.add_books(service, books)
  books.waitlist_entries = json.array()
  for i, entry in ipairs(service.waitlist) do books.waitlist_entries[i] = render(service, entry) end
end

return waitlist
