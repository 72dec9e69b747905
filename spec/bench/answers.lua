--- What the servers of the measurements answer: an invitation of 300 bytes, and a list of 500.

local answers = {}

local SIZE = 300

-- The url is as long as the whole is to have its size.
local function invitation(number)
  local text = ('{"id":"inv_2p1Qb7Yx0sKc9dLm3nR%04d","object":"invitation",'
    .. '"email_address":"player%d@example.com","public_metadata":{"team":"red","level":7},'
    .. '"revoked":false,"status":"pending","url":"https://accounts.example.com/%s",'
    .. '"expires_at":1734652800000,"created_at":1732060800000,"updated_at":1732060800000}')
    :format(number, number, "%s")
  return (text:gsub("%%s", ("x"):rep(SIZE + 2 - #text)))
end

answers.invitation = invitation(1)
assert(#answers.invitation == SIZE)

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
