--- What the servers of the measurements answer: an invitation of 300 bytes, and a list of 500.

local answers = {}

local SIZE = 300

-- What ids begin with, and the digits that the server changes from answer to answer.
local HEAD, DIGITS = "2p1Qb7Yx0sKc9dLm3nRt5v", "0000000001"

-- The url is as long as the whole is to have its size.
local function invitation(number)
  local text = ('{"id":"inv_%s%010d","object":"invitation",'
    .. '"email_address":"player%d@example.com","public_metadata":{"team":"red","level":7},'
    .. '"revoked":false,"status":"pending","url":"https://a.example/%s",'
    .. '"expires_at":1734652800000,"created_at":1732060800000,"updated_at":1732060800000}')
    :format(HEAD, number, number, "%s")
  return (text:gsub("%%s", ("x"):rep(SIZE + 2 - #text)))
end

answers.invitation = invitation(1)
assert(#answers.invitation == SIZE)

--- The same with something else for what is unique in the id: 32 letters and digits.
function answers.invitation_of(unique)
  return (answers.invitation:gsub(HEAD .. DIGITS, (unique:gsub("%%", "%%%%"))))
end

local list = {}
for i = 1, 500 do list[i] = invitation(i) end
answers.list = '{"data":[' .. table.concat(list, ",") .. '],"total_count":500}'

--- Writes a text to a file.
function answers.write(file, text)
  local handle = assert(io.open(file, "wb"))
  handle:write(text)
  handle:close()
end

return answers
