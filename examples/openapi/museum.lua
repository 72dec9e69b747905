-- Calls the museum of Redocly's examples by its OpenAPI document
-- (https://github.com/Redocly/museum-openapi-example): when it is open, an event, a ticket.
--   lua5.4 examples/openapi/museum.lua museum.json [ADDRESS]
--
-- Its credential is a pair, from MUSEUM_MUSEUM_PLACEHOLDER_AUTH="user:password".

local convoke = require "convoke"

local document = assert(arg[1], "usage: museum.lua DOCUMENT [ADDRESS]")

local museum = convoke.openapi(document, { name = "museum" }) { url = arg[2] }

for _, day in ipairs(assert(museum.operations:get_museum_hours { limit = 3 })) do
  print(("%s: open from %s to %s"):format(day.date, day.timeOpen, day.timeClose))
end

local event = assert(museum.events:create_special {
  name = "Night of the moths", location = "The garden", price = 0,
  eventDescription = "Lamps, sheets, and who comes to see them",
  dates = { "2026-06-20", "2026-06-27" },
})
print("planned: " .. event.name)

-- What the document does not allow is refused here, and nothing is sent.
print(select(2, museum.events:create_special { name = "Night of the moths", price = "free" }))

local events = assert(museum.events:list_special { startDate = "2026-06-01", limit = 10 })
for _, each in ipairs(events) do
  print("listed: " .. each.name)
end
assert(museum.events:update_special(event.eventId, { price = 5 }))

local ticket = assert(museum.tickets:buy_museum {
  ticketType = "event", eventId = event.eventId, ticketDate = "2026-06-20",
  email = "ada@example.com",
})
local picture = assert(museum.tickets:get_code(ticket.ticketId))
print(("a picture of %d bytes"):format(#picture))

assert(museum.events:delete_special(event.eventId))
print "called off"
